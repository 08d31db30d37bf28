"""Import and export in the admin: three formats, the guard against formulas, edits kept in the history."""

from collections import defaultdict
from typing import Any, ClassVar

from diff_match_patch import diff_match_patch
from django import forms
from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext_lazy as _
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.formats.base_formats import CSV, JSON, XLSX
from import_export.forms import SelectableFieldsExportForm
from import_export.resources import Diff, ModelResource
from import_export.tmp_storages import CacheStorage

from ..days import today
from ..formulas import guard, unguard
from ..services.edits import keep_baseline, sign_edit

FORMATS = [XLSX, CSV, JSON]


class PlainDiff(Diff):
    """Differences as plain <ins> and <del>: the library's carry inline styles, which the site's policy forbids."""

    def as_html(self) -> list[SafeString]:
        differ = diff_match_patch()
        tags = {differ.DIFF_INSERT: "<ins>{}</ins>", differ.DIFF_DELETE: "<del>{}</del>", differ.DIFF_EQUAL: "{}"}
        cells = []
        for old, new in zip(self.left, self.right, strict=True):
            parts = differ.diff_main("" if self.new else str(old), str(new))
            differ.diff_cleanupSemantic(parts)
            cells.append(format_html_join("", "{}", ((format_html(tags[kind], text),) for kind, text in parts)))
        return cells


class GuardedResource(ModelResource):
    """A resource whose exports are safe to open in a spreadsheet and whose imports are checked like a form's."""

    columns: list[str] | None = None
    """Those of the file to import; None before there is one."""
    labels: ClassVar[dict[str, Any]] = {}
    """Names of columns that are none of the model, for whoever chooses among them."""

    @classmethod
    def get_diff_class(cls) -> type[Diff]:
        return PlainDiff

    def import_data(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        # Only what the file says is read, compared and shown.
        self.columns = dataset.headers
        return super().import_data(dataset, *args, **kwargs)

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        for key in self._meta.import_id_fields:
            if key not in (dataset.headers or []):
                raise ValueError(_("The file has no column “%s”, which says what each row is about.") % key)
            rows = defaultdict(list)
            for number, value in enumerate(dataset[key], 1):
                rows[str(value).strip()].append(str(number))
            for value, numbers in rows.items():
                if len(numbers) > 1:
                    raise ValueError(
                        _("“%(value)s” stands in several rows: %(rows)s.")
                        % {"value": value, "rows": ", ".join(numbers)}
                    )

    def get_import_fields(self) -> list:
        fields = [field for field in super().get_import_fields() if not field.readonly]
        return [field for field in fields if self.columns is None or field.column_name in self.columns]

    def export_field(self, field, instance: models.Model, **kwargs: Any) -> Any:
        return guard(super().export_field(field, instance, **kwargs))

    def import_field(
        self, field, instance: models.Model, row: dict[str, Any], is_m2m: bool = False, **kwargs: Any
    ) -> None:
        try:
            super().import_field(field, instance, row, is_m2m, **kwargs)
        except ArithmeticError:
            raise ValueError(_("“%s” is no number.") % row[field.column_name]) from None
        except ObjectDoesNotExist:
            raise ValueError(
                _("“%s” is not in the list that this column points to.") % row[field.column_name]
            ) from None

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        for name, value in row.items():
            row[name] = unguard(value.strip()) if isinstance(value, str) else value

    def before_save_instance(self, instance: models.Model, row: dict[str, Any], **kwargs: Any) -> None:
        keep_baseline(instance)
        sign_edit(instance, kwargs.get("user"), "import")


class UpdateOnlyResource(GuardedResource):
    """Corrects rows that are there; adding one takes another road, named by `refusal`."""

    refusal: Any = _("No row with this key: an import only corrects rows that are there.")

    def after_init_instance(self, instance: models.Model, new: bool, row: dict[str, Any], **kwargs: Any) -> None:
        if new:
            raise ValidationError(self.refusal)


class ColumnsForm(SelectableFieldsExportForm):
    """Format and columns of an export, the columns under the names that they have in the file."""

    def _get_field_label(self, resource: ModelResource, field_name: str) -> str:
        try:
            name = resource._meta.model._meta.get_field(field_name).verbose_name
        except FieldDoesNotExist:
            name = getattr(resource, "labels", {}).get(field_name)
            if name is None:
                return field_name
        return f"{capfirst(name)} ({field_name})"

    @property
    def media(self) -> forms.Media:
        return forms.Media()

    @property
    def columns(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if hasattr(field.field, "is_selectable_field")]

    @property
    def choices(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if not hasattr(field.field, "is_selectable_field")]


class GuardedExportMixin(ExportMixin):
    """Whoever may view a list may export it, as it is filtered."""

    formats = FORMATS
    export_form_class = ColumnsForm
    export_template_name = "admin/import_export/export.html"

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_export_filename(self, request: HttpRequest, queryset: models.QuerySet, file_format: Any) -> str:
        return f"{slugify(self.opts.verbose_name_plural)}-{today().isoformat()}.{file_format.get_extension()}"


class GuardedImportExportMixin(GuardedExportMixin, ImportExportMixin):
    """Whoever may change rows may correct many of them by a file, after a look at what would change."""

    # Not a file named by the browser in a folder that others share.
    tmp_storage_class = CacheStorage
    import_template_name = "admin/import_export/import.html"
    import_note: Any = ""

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_import_context_data(**kwargs), "import_note": self.import_note}

    def add_data_read_fail_error_to_form(self, form: forms.Form, e: Exception) -> None:
        form.add_error(
            "import_file",
            _(
                "This file cannot be read in the format chosen."
                " A csv file is in UTF-8, with commas between the columns."
            ),
        )

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        name = request.POST.get("import_file_name", "")
        if self.has_import_permission(request) and name and CacheStorage(name=name).read() is None:
            messages.error(request, _("The file is no longer kept here: choose it again."))
            return redirect(self._import_url())
        return super().process_import(request, **kwargs)

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"rollback_on_validation_errors": True, **super().get_import_data_kwargs(**kwargs)}

    def process_result(self, result, request: HttpRequest) -> HttpResponse:
        if result.has_errors() or result.has_validation_errors():
            messages.error(request, _("Nothing was imported: the data changed meanwhile. Choose the file again."))
            return redirect(self._import_url())
        return super().process_result(result, request)

    def _import_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import")
