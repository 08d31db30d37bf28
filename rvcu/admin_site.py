"""The admin's own site: its name, its start page, the order of its menu.

Apart from `rvcu.admin`, which registers into it: the site is made when it is first asked for, perhaps halfway through
that module.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from cities.acts import readable
from cities.days import today
from cities.models import (
    City,
    EntryReport,
    FocalPointChange,
    HistoryEntry,
    InitiativeRevision,
    OfficialTotal,
    OutboxMessage,
    ProfileRevision,
)
from cities.people import Person
from cities.services.city import MISSING, missing_counts
from cities.services.history import head
from cities.services.waiting_staff import Duty, Kind, Running, duties_of, running_calls
from meetings.models import Meeting
from meetings.services import waiting_staff as hosting

# The menu in the order of the day's work; what is not named follows.
ORDER = (
    "cities.Call",
    "cities.Application",
    "cities.Endorsement",
    "cities.Assignment",
    "cities.ConflictOverride",
    "cities.Ranking",
    "cities.Shortlisting",
    "cities.Decision",
    "cities.City",
    "cities.Designation",
    "cities.EntryReport",
    "cities.ProfileRevision",
    "cities.InitiativeRevision",
    "cities.FocalPointChange",
    "cities.Coordinator",
    "cities.Invitation",
    "cities.OutboxMessage",
    "cities.Evaluator",
    "cities.CommissionOfficer",
    "cities.Initiative",
    "cities.Partnership",
    "cities.Photo",
    "cities.ProfileConfirmation",
    "cities.Country",
    "cities.CreativeField",
    "cities.Theme",
    "cities.OfficialTotal",
    "cities.HistoryEntry",
    "meetings.Meeting",
    "meetings.HostCall",
    "meetings.HostBid",
    "meetings.Ballot",
    "meetings.Registration",
    "meetings.MeetingQuestion",
    "meetings.Session",
    "meetings.Speaker",
    "meetings.Room",
    "rvcu.DataSnapshot",
    "rvcu.User",
)

HEADINGS = {"rvcu.DataSnapshot": _("Open data")}
"""Of models that have nothing to do with what their app is named after."""


SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
# Where staff were going when they were sent to set up a second factor: a key of the session.
WANTED = "wanted_of_the_admin"


class RvcuAdminSite(admin.AdminSite):
    site_title = _("RVCU staff")
    site_header = _("RVCU staff")
    index_title = _("The network today")

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff who have a second factor and used it in this very session."""
        return super().has_permission(request) and (
            not settings.ADMIN_NEEDS_SECOND_FACTOR or has_used_second_factor(request)
        )

    def admin_view(self, view: Callable, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def in_the_reader_s_language(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            speak_to(request)
            return inner(request, *args, **kwargs)

        return in_the_reader_s_language

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the one page where everybody signs in; whoever has done so, to what is still missing."""
        wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
            wanted = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(wanted)
        if self.has_permission(request):
            return redirect(wanted)
        if not super().has_permission(request):
            raise PermissionDenied
        speak_to(request)
        request.session[WANTED] = wanted
        for method in get_adapter().get_reauthentication_methods(request.user):
            if method["id"].startswith("mfa_reauthenticate"):
                return redirect_to_login(wanted, method["url"])
        messages.warning(
            request,
            _("The administration asks for a second step at sign-in. Set one up here, then go on where you wanted."),
        )
        return redirect("mfa_index")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_change_password")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        # The permission to see the app, and so what the start page tells of it.
        context = state_of_the_network(request.user) if request.user.has_perm("cities") else {}
        return super().index(request, context | (extra_context or {}))

    def get_urls(self) -> list:
        return [path("help/", self.admin_view(self.help_view), name="help"), *super().get_urls()]

    def help_view(self, request: HttpRequest) -> TemplateResponse:
        """What staff do here and how, for a first day at work."""
        context = {
            "title": _("Help"),
            "may_edit": request.user.has_perm("cities.add_city"),
            "may_see_persons": request.user.has_perm("rvcu.view_user"),
        }
        return TemplateResponse(request, "admin/help.html", self.each_context(request) | context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        apps = [part for app in super().get_app_list(request, app_label) for part in _parts(app)]
        if app_label:
            # The page of an app is about what it is named after.
            apps = apps[:1]
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["model"]))
        return sorted(apps, key=lambda app: _place(app["models"][0]["model"]))


def has_used_second_factor(request: HttpRequest) -> bool:
    """Whether whoever is signed in has a second factor, and has shown it since signing in."""
    if not hasattr(request, "has_used_second_factor"):
        records = get_authentication_records(request, request.user)
        used = any(record["method"] == "mfa" for record in records)
        # A session lives longer than a factor that is taken away.
        request.has_used_second_factor = used and is_mfa_enabled(request.user, SECOND_FACTORS)  # type: ignore[attr-defined]  # kept for the request
    return request.has_used_second_factor  # type: ignore[attr-defined]  # kept for the request


def speak_to(request: HttpRequest) -> None:
    """The admin's addresses name no language: it speaks the person's, unless this browser was switched to another."""
    if request.user.is_authenticated and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = translation.get_language()


def _parts(app: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the menu shows of an app: what is left of it, then the models with a heading of their own."""
    own = [model for model in app["models"] if model["model"]._meta.label in HEADINGS]
    rest = [model for model in app["models"] if model not in own]
    if rest:
        # The address of the app would be the place of both parts.
        yield app | {"models": rest} | ({"app_url": rest[0]["admin_url"]} if own else {})
    for model in own:
        heading = HEADINGS[model["model"]._meta.label]
        yield app | {"name": heading, "app_url": model["admin_url"], "models": [model]}


def _place(model: type[models.Model]) -> int:
    label = model._meta.label
    return ORDER.index(label) if label in ORDER else len(ORDER)


# What waits of each kind is a view of the list of applications, but for what has a page of its own.
VIEWS = {
    Kind.DRAFTS: "status=draft",
    Kind.EXAMINE: "screening=to-examine",
    Kind.SECOND: "screening=second",
    Kind.RETURNED: "returned=over",
    Kind.ENDORSEMENT: "endorsement=missing&status=submitted",
    Kind.ASSIGN: "reviews=unassigned",
}
PAGES = {
    Kind.ASK: ("assignment_changelist", "?waits=planned"),
    Kind.OVERDUE: ("assignment_changelist", "?waits=overdue"),
    Kind.CONFLICT: ("assignment_changelist", "?waits=conflict"),
    Kind.OVERRIDE: ("conflictoverride_changelist", "?agreed_at__isempty=1"),
    Kind.DIVERGING: ("assignment_reviews", ""),
}


def url_of_call(running: Running) -> str:
    return reverse("admin:cities_call_change", args=[running.call.pk])


def url_of_duty(duty: Duty) -> str:
    """Where a duty is done."""
    if duty.kind in VIEWS:
        within = f"call={duty.call.slug}&" if duty.call else ""
        return f"{reverse('admin:cities_application_changelist')}?{within}{VIEWS[duty.kind]}"
    if duty.kind in PAGES or duty.call is None:
        name, query = PAGES[duty.kind]
        within = f"?call={duty.call.slug}" if duty.call else query
        return f"{reverse(f'admin:cities_{name}')}{within}"
    return reverse(
        "admin:cities_call_change" if duty.kind == Kind.PUBLISH else "admin:cities_call_decisions", args=[duty.call.pk]
    )


def url_of_hosting_duty(duty: hosting.HostingDuty) -> str:
    """Where a duty of a call for hosts is done."""
    if duty.kind == hosting.Kind.EXAMINE:
        query = f"status__exact=submitted&host_call__meeting__id__exact={duty.host_call.meeting_id}"
        return f"{reverse('admin:meetings_hostbid_changelist')}?{query}"
    return reverse("admin:meetings_hostcall_change", args=[duty.host_call.pk])


def url_of_registration_duty(duty: hosting.RegistrationDuty) -> str:
    """Where letters for a visa are written."""
    return f"{reverse('admin:meetings_registration_changelist')}?meeting={duty.meeting.pk}&visa=waits"


def state_of_the_network(reader: Person) -> dict[str, Any]:
    """What the start page tells: figures, gaps, what waits. The number of queries does not grow with the network."""
    day = today()
    figures = City.objects.members(day).aggregate(
        cities=models.Count("pk"),
        countries=models.Count("country", distinct=True),
        fields=models.Count("current__field", distinct=True),
    )
    official = OfficialTotal.objects.known(day)
    counts = missing_counts()
    running = running_calls()
    return {
        "running": [(one, url_of_call(one)) for one in running],
        "duties": [(duty, url_of_duty(duty)) for duty in duties_of(reader, running)],
        "hosting_duties": [(duty, url_of_hosting_duty(duty)) for duty in hosting.hosting_duties(reader)],
        "registration_duties": [(duty, url_of_registration_duty(duty)) for duty in hosting.registration_duties(reader)],
        "figures": figures,
        "official": official,
        "official_gap": official.cities - figures["cities"] if official else 0,
        "next_meeting": Meeting.objects.next(),
        "missing": [(key, label, counts[key]) for key, label in MISSING.items()],
        "reports": EntryReport.objects.waiting().select_related("city").order_by("created_at")[:5],
        "reports_waiting": EntryReport.objects.waiting().count(),
        "profiles_waiting": ProfileRevision.objects.waiting().count(),
        "texts_waiting": InitiativeRevision.objects.waiting().count(),
        "changes_waiting": FocalPointChange.objects.waiting().count(),
        "mails": OutboxMessage.objects.waiting_for_staff().aggregate(
            held=models.Count("pk", filter=models.Q(status=OutboxMessage.Status.HELD)),
            given_up=models.Count("pk", filter=models.Q(status=OutboxMessage.Status.GIVEN_UP)),
        ),
        "head": head(),
        "acts": readable(HistoryEntry.objects.select_related("actor")[:8], reader=reader),
    }
