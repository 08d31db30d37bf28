from typing import Any

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.admin import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_tasks_db.admin import DBTaskResult

from cities.admin.base import LinksMixin, OperationsMixin
from cities.people import Person
from cities.rules import ADMINISTRATOR, AUDITOR, DECISION_OFFICER, OFFICER
from cities.services.privacy import erase, is_erased, mandates_in_force
from cities.services.second_factor import take_away_second_factor

from .models import User

# Groups carry membership only; what each may do stands in the rules and nowhere else. The other tables belong to
# persons, or to machines: their addresses, second factors and sessions are no business of staff.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession, DBTaskResult])

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


class ErasePersonForm(forms.Form):
    understood = forms.BooleanField(label=_("The person asked for it, and I am sure who asked."))
    fieldsets = ((None, {"fields": ("understood",)}),)

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def act(self, *, by: Person) -> Person:
        return erase(self.person, by=by)


class TakeFactorForm(forms.Form):
    reason = forms.CharField(
        label=_("How you made sure who asks"),
        help_text=_("Such as: called back at the number of the town hall. Kept in the history: no names."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
    )
    fieldsets = ((None, {"fields": ("reason",)}),)

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def act(self, *, by: Person) -> Person:
        return take_away_second_factor(self.person, by=by, reason=self.cleaned_data["reason"])


class RoleFilter(admin.SimpleListFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(ROLE_NAMES.items())

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class UserAdmin(OperationsMixin, LinksMixin, auth_admin.UserAdmin):
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

    # Erasure, and a lost second factor

    def get_urls(self) -> list:
        erase_url = path("<path:object_id>/erase/", self.admin_site.admin_view(self.erase_view), name="rvcu_user_erase")
        factor_url = path(
            "<path:object_id>/second-factor/",
            self.admin_site.admin_view(self.take_factor_view),
            name="rvcu_user_second_factor",
        )
        return [erase_url, factor_url, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        person = context.get("original")
        context |= {
            "may_erase": person is not None
            and not is_erased(person)
            and request.user.has_perm("rvcu.erase_user", person)
            and self.has_change_permission(request, person),
            "may_take_factor": person is not None
            and person != request.user
            and self.has_change_permission(request, person)
            and is_mfa_enabled(person),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def take_factor_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = self.get_subject(request, object_id, "rvcu.change_user")
        if person == request.user or not self.has_change_permission(request, person):
            raise PermissionDenied
        if not is_mfa_enabled(person):
            return self.turned_away(request, person, gettext("This account has no second factor."))
        return self.run_operation(
            request,
            TakeFactorForm(request.POST or None, person=person),
            title=gettext("Take the second factor away"),
            what_happens=[
                gettext("For persons who lost both their device and their recovery codes. Make sure that it is they."),
                gettext("Apps, keys and recovery codes are removed; all sessions end. The password stays."),
                gettext("The person is told by mail."),
            ],
            button=gettext("Take away"),
            done=lambda _person: gettext("The second factor is taken away."),
            original=person,
        )

    def erase_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = self.get_subject(request, object_id, "rvcu.erase_user")
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if is_erased(person):
            return self.turned_away(request, person, gettext("This account is empty already."))
        scopes = [str(mandate.scope) for mandate in mandates_in_force(person)]
        return self.run_operation(
            request,
            ErasePersonForm(request.POST or None, person=person),
            title=gettext("Erase this person"),
            what_happens=[
                gettext(
                    "Persons can do this themselves, under “My data”. Do it here only when they asked in another way."
                ),
                gettext("The account is emptied and closed; it cannot be opened again."),
                gettext("Name and addresses disappear from all texts, mails, invitations and requests. Letters go."),
                gettext("The acts stay, without a name. Reasons in the history are not read: look through them."),
                *([gettext("Mandates end: %(scopes)s.") % {"scopes": ", ".join(scopes)}] if scopes else []),
            ],
            button=gettext("Erase"),
            done=lambda _person: gettext("The person is erased."),
            original=person,
        )
