from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..models import City, Country
from ..text import words
from .base import NetworkAdmin
from .files import GuardedImportExportMixin, GuardedResource


class CountryResource(GuardedResource):
    class Meta:
        model = Country
        import_id_fields = ("iso2",)
        fields = ("iso2", "iso3", "name_en", "name_fr", "region", "unesco_status", "names_source")
        clean_model_instances = True
        skip_unchanged = True
        name = Country._meta.verbose_name_plural


class MembersFilter(admin.SimpleListFilter):
    title = _("member cities")
    parameter_name = "members"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [("yes", _("with members")), ("no", _("without members"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        match self.value():
            case "yes":
                return queryset.filter(members__gt=0)
            case "no":
                return queryset.filter(members=0)
        return queryset


@admin.register(Country)
class CountryAdmin(GuardedImportExportMixin, NetworkAdmin):
    resource_classes = [CountryResource]
    import_note = _(
        "Corrects and adds countries, found by the column “iso2”; columns that the file lacks stay as they are."
    )
    list_display = ("iso2", "in_english", "in_french", "region", "unesco_status", "member_cities")
    list_display_links = ("iso2", "in_english")
    list_filter = (MembersFilter, "region", "unesco_status")
    search_fields = ("sort_key_en",)
    search_help_text = _("A name in English or French, or an ISO code; accents do not matter.")
    fields = (("iso2", "iso3"), "name_en", "name_fr", "region", "unesco_status", "names_source")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        members = (
            City.objects.members()
            .filter(country=models.OuterRef("pk"))
            .order_by()
            .values("country")
            .annotate(count=models.Count("pk"))
            .values("count")
        )
        return super().get_queryset(request).annotate(members=Coalesce(models.Subquery(members), 0))

    def get_search_results(self, request: HttpRequest, queryset: models.QuerySet, search_term: str) -> tuple:
        if not search_term.strip():
            return queryset, False
        found = words(search_term)
        if not found:
            return queryset.none(), False
        code = search_term.strip().upper()
        in_name = models.Q()
        for word in found:
            # In a sort key every word but the first stands after a zero.
            in_name &= (
                models.Q(sort_key_en__startswith=word)
                | models.Q(sort_key_en__contains=f"0{word}")
                | (models.Q(sort_key_fr__startswith=word) | models.Q(sort_key_fr__contains=f"0{word}"))
            )
        return queryset.filter(in_name | models.Q(iso2=code) | models.Q(iso3=code)), False

    def get_readonly_fields(self, request: HttpRequest, obj: Country | None = None) -> tuple[str, ...]:
        # The key of the row: a changed one would be another country.
        return ("iso2",) if obj else ()

    @admin.display(description=_("name in English"), ordering="sort_key_en")
    def in_english(self, country: Country) -> str:
        return country.name_en

    @admin.display(description=_("name in French"), ordering="sort_key_fr")
    def in_french(self, country: Country) -> str:
        return country.name_fr

    @admin.display(description=_("member cities"), ordering="members")
    def member_cities(self, country: Any) -> int:
        return country.members
