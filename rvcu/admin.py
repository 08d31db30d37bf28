from functools import partial
from typing import Any

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.admin import UserSession
from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_tasks_db.admin import DBTaskResult

from cities.admin.base import LinksMixin
from cities.admin.operations import Operation, OperationsAdmin, OperationsMixin, posted
from cities.days import in_words, today
from cities.forms.act import ActForm
from cities.forms.day import DayField
from cities.models import HistoryEntry
from cities.people import Person
from cities.rules import GROUP_NAMES, GROUPS_EXPLAINED
from cities.services.history import record
from cities.services.privacy import erase, is_erased, mandates_in_force
from cities.services.second_factor import take_away_second_factor

from .models import DataSnapshot, User
from .snapshots.publishing import Publication, publish_snapshot

# Groups carry membership only; what each may do stands in the rules and nowhere else. The other tables belong to
# persons, or to machines: their addresses, second factors and sessions are no business of staff.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession, DBTaskResult])


OWN_ACCOUNT = _(
    "This is your own account: its rights are changed by another administrator; your address, your password and your "
    "second factor are under “Account”, at the top of the page."
)


class GroupsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, group: Group) -> str:
        return str(GROUPS_EXPLAINED.get(group.name, group.name))


class PersonCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page gives the focus to its first field by itself; and the address is not that of who is typing.
        self.fields["email"].widget.attrs = {"maxlength": 254, "autocomplete": "off"}


class PersonPasswordForm(AdminPasswordChangeForm):
    # Of the framework's own words there is no French.
    usable_password_help_text = _("Whether the person can sign in with a password.")  # type: ignore[assignment]  # lazy


class PersonChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "password", "name", "language", "is_active", "is_staff", "is_superuser", "groups")


class ErasePersonForm(ActForm):
    understood = forms.BooleanField(label=_("The person asked for it, and I am sure who asked."))
    fieldsets = ((None, {"fields": ("understood",)}),)

    def act(self, *, by: Person) -> Person:
        return self.verb(by=by)


class TakeFactorForm(ActForm):
    reason = forms.CharField(
        label=_("How you made sure who asks"),
        help_text=_("Such as: called back at the number of the town hall. Kept in the history: no names."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
    )
    fieldsets = ((None, {"fields": ("reason",)}),)


def rights_of(user: User) -> dict[str, Any]:
    """What an account may do, in codes."""
    groups = ", ".join(sorted(user.groups.values_list("name", flat=True)))
    return {"is_active": user.is_active, "is_staff": user.is_staff, "is_superuser": user.is_superuser, "groups": groups}


class RoleFilter(admin.SimpleListFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(GROUP_NAMES.items())

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class UserAdmin(OperationsMixin, LinksMixin, auth_admin.UserAdmin):
    """Accounts. Rows are never deleted: acts in the history point to them."""

    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = PersonPasswordForm
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
        return " · ".join(str(GROUP_NAMES.get(group.name, group.name)) for group in user.groups.all())

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Otherwise an administrator could take over a superuser by giving it a password.
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        # What was erased stays closed.
        return not (obj is not None and is_erased(obj)) and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = (*super().get_readonly_fields(request, obj), "role")
        if obj is not None and obj == request.user:
            return (*fields, "email", "is_active", "is_staff", "is_superuser")
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """On the own account no rights and no password: nobody shuts themselves out, and one administrator remains."""
        if obj is None or (obj != request.user and self.has_change_permission(request, obj)):
            return super().get_fieldsets(request, obj)
        rights: dict[str, Any] = {"fields": ("is_active", "is_staff", "role")}
        if obj == request.user and self.has_change_permission(request, obj):
            rights["description"] = OWN_ACCOUNT
        return [
            (None, {"fields": ("email", "name", "language")}),
            (_("Rights"), rights),
            (_("Days"), {"fields": (("date_joined", "last_login"),)}),
        ]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        form.rights_before = rights_of(User.objects.get(pk=obj.pk)) if change else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Who gave or took rights stands in the history of acts; names and addresses do not."""
        super().save_related(request, form, formsets, change)
        before, after = form.rights_before, rights_of(User.objects.get(pk=form.instance.pk))
        if changes := {name: [before.get(name), after[name]] for name in after if before.get(name) != after[name]}:
            record(HistoryEntry.Verb.RIGHTS_CHANGED, on=form.instance, by=request.user, changes=changes)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if self.get_object(request, unquote(id)) == request.user:
            # Where the password of before is asked for, and none cannot be chosen.
            return redirect("account_change_password")
        return super().user_change_password(request, id, form_url)

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
        return [
            self.page_at("<path:object_id>/erase/", "erase", self.erase_view),
            self.page_at("<path:object_id>/second-factor/", "second_factor", self.take_factor_view),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        person = context.get("original")
        context |= {
            "may_erase": person is not None
            and person != request.user
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
            TakeFactorForm(posted(request), verb=partial(take_away_second_factor, person)),
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
        if is_erased(person):
            return self.turned_away(request, person, gettext("This account is empty already."))
        if person == request.user:
            return self.turned_away(
                request, person, gettext("Your own account is erased under “My data”, by yourself.")
            )
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        scopes = [str(mandate.scope) for mandate in mandates_in_force(person)]
        return self.run_operation(
            request,
            ErasePersonForm(posted(request), verb=partial(erase, person)),
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


class PublishForm(ActForm):
    day = DayField(label=_("Day"), required=True)
    reason = forms.CharField(
        label=_("What was corrected"),
        help_text=_("Only when a day is published once more. Everybody can read it: no names."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        required=False,
    )
    fieldsets = ((None, {"fields": ("day", "reason")}),)


@admin.register(DataSnapshot)
class DataSnapshotAdmin(OperationsAdmin):
    """What was published stays as it is, here and in the database; another edition can be published."""

    change_list_template = "admin/rvcu/datasnapshot/change_list.html"
    change_form_template = "admin/rvcu/datasnapshot/change_form.html"
    operation_template = "admin/rvcu/datasnapshot/publish.html"
    list_display = ("day", "edition", "cities", "published_at", "by", "reason", "address")
    list_select_related = ("by",)
    date_hierarchy = "day"
    fields = (
        *("day", "edition", "cities", "last_change", "reason", "published_at", "by", "history_head"),
        *("address", "sums"),
    )

    def get_urls(self) -> list[Any]:
        return [self.page_at("publish/", "publish", self.publish_view), *super().get_urls()]

    def list_operations(self, request: HttpRequest) -> list[Operation]:
        if not request.user.has_perm("rvcu.publish_datasnapshot"):
            return []
        return [Operation(self.url_of("publish"), _("Publish a snapshot"), is_next=True)]

    def heading(self, obj: DataSnapshot) -> str:
        return gettext("%(day)s, edition %(edition)s") % {"day": in_words(obj.day), "edition": obj.edition}

    @admin.display(description=_("public address"))
    def address(self, snapshot: DataSnapshot) -> str:
        return format_html('<a href="{0}">{0}</a>', snapshot.get_absolute_url())

    @admin.display(description=_("files, with their sums"))
    def sums(self, snapshot: DataSnapshot) -> str:
        address = snapshot.get_manifest_url()
        lines = ((address, file["name"], filesizeformat(file["size"]), file["sha256"]) for file in snapshot.files)
        line = '<li><a href="{0}{1}">{1}</a> · {2} · <code>{3}</code></li>'
        return format_html("<ul>{}</ul>", format_html_join("", line, lines))

    def publish_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("rvcu.publish_datasnapshot"):
            raise PermissionDenied
        return self.run_operation(
            request,
            PublishForm(posted(request), initial={"day": today()}, verb=publish_snapshot),
            title=gettext("Publish a snapshot"),
            what_happens=[
                gettext("All open data as of the day are written to files that stay as they are, for everybody."),
                gettext("When the newest edition of the day holds the same data, nothing is published."),
                gettext("When the day was corrected since, a further edition appears beside the former ones."),
                gettext("Today is not over: what changes until tonight makes another edition."),
            ],
            button=gettext("Publish"),
            done=told_of_publication,
            page_of=lambda publication: publication.snapshot,
            has_acted=lambda publication: publication.is_new,
        )


def told_of_publication(publication: Publication) -> str:
    known = {"day": in_words(publication.snapshot.day), "edition": publication.snapshot.edition}
    if publication.is_new:
        return gettext("Edition %(edition)s of %(day)s is published.") % known
    return gettext("Nothing was published: edition %(edition)s of %(day)s holds the same data.") % known
