from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cities.admin.base import LinksMixin
from cities.rules import ADMINISTRATOR, AUDITOR, DECISION_OFFICER, OFFICER

from .models import User

# Groups carry membership only; what each may do stands in the rules and nowhere else.
admin.site.unregister(Group)

GROUP_LABELS = {
    OFFICER: _("officer: edits the network, the meetings and the reports"),
    DECISION_OFFICER: _("decision officer: as an officer, and sees decisions before they are announced"),
    ADMINISTRATOR: _("administrator: as an officer, and manages accounts"),
    AUDITOR: _("auditor: sees everything, changes nothing"),
}


ROLE_NAMES = {
    OFFICER: _("officer"),
    DECISION_OFFICER: _("decision officer"),
    ADMINISTRATOR: _("administrator"),
    AUDITOR: _("auditor"),
}


class GroupsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, group: Group) -> str:
        return str(GROUP_LABELS.get(group.name, group.name))


class PersonCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page gives the focus to its first field by itself; and the address is not that of who is typing.
        self.fields["email"].widget.attrs = {"maxlength": 254, "autocomplete": "off"}


class PersonChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "password", "name", "language", "is_active", "is_staff", "is_superuser", "groups")


class RoleFilter(admin.SimpleListFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(ROLE_NAMES.items())

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class UserAdmin(LinksMixin, auth_admin.UserAdmin):
    """Accounts. Rows are never deleted: acts in the history point to them."""

    form = PersonChangeForm
    add_form = PersonCreationForm
    add_form_template = None
    list_display = ("email", "name", "role", "is_staff", "is_active", "last_login")
    list_filter = ("is_active", "is_staff", RoleFilter)
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "language")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "groups", "is_superuser")}),
        (_("Days"), {"fields": (("date_joined", "last_login"),)}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "language", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("role"), empty_value="–")
    def role(self, user: User) -> str:
        if user.is_superuser:
            return str(_("superuser"))
        return " · ".join(str(ROLE_NAMES.get(group.name, group.name)) for group in user.groups.all())

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Otherwise an administrator could take over a superuser by giving it a password.
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def formfield_for_manytomany(self, db_field: models.ManyToManyField, request: HttpRequest, **kwargs: Any):
        if db_field.name != "groups":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        return GroupsField(
            Group.objects.order_by("pk"),
            label=capfirst(db_field.verbose_name),
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
