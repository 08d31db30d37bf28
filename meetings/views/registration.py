"""Registering for a meeting: by a city's coordinators, by the persons themselves, and by the links of the mails.

Pages are made anew for every request, since registration closes at an instant. What a link opens is kept by nobody on
the way, and told to no other site.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cities.access import View, for_everyone, needs
from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import City
from cities.models.bilingual import content_languages
from cities.people import Person
from cities.services.limits import is_over_limit, sender
from cities.text import sort_key

from ..forms.registration import AddressForm, RegistrationForm
from ..models import Meeting, Registration, RegistrationRequest
from ..services.calendar import name_of_file, registration_calendar
from ..services.registration import (
    SELF,
    LinkClosed,
    Places,
    RegistrationRefused,
    answers_of,
    ask_for_form,
    cancel_registration,
    capacities_of,
    participants,
    places_of,
    registration_by_secret,
    request_by_secret,
    stage_of,
    waiting_number,
    waiting_numbers,
)
from .calendar import as_calendar

LINKS_AN_HOUR = 20
Capacity = Registration.Capacity


def the_meeting(edition: int) -> Meeting:
    found = Meeting.objects.select_related("country").prefetch_related("hosts", "questions")
    return get_object_or_404(found, edition=edition)


def kept_by_nobody(view: View) -> View:
    """A page that a link of a mail opens: not stored on the way, not found by search, not told to other sites."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except LinkClosed:
            response = render(request, "meetings/registration_link_closed.html", status=404)
        add_never_cache_headers(response)
        # Not "no-referrer": with it the browser sends no origin either, which the guard of the form needs.
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex"
        return response

    return for_everyone(guarded)


def at_hand(meeting: Meeting, at: datetime.datetime) -> dict[str, Any]:
    """What the pages of a registration have in common."""
    return {"meeting": meeting, "stage": stage_of(meeting, at), "places": places_of(meeting), "now": at}


def chosen(request: HttpRequest, offered: list[Capacity]) -> Capacity | None:
    """The capacity that the address names, or the only one there is."""
    wanted = request.GET.get("as", "")
    return next((one for one in offered if one == wanted), offered[0] if len(offered) == 1 else None)


@dataclass
class Attempt:
    """Somebody who registers: in one of the capacities offered, for a city or with the own address."""

    meeting: Meeting
    offered: list[Capacity]
    own_address: bool
    city: City | None = None
    by: Person | None = None
    asked: RegistrationRequest | None = None

    def tried(self, request: HttpRequest, at: datetime.datetime) -> tuple[dict[str, Any], Registration | None]:
        """The form of the capacity chosen, as filled in; and the registration, once there is one."""
        capacity = chosen(request, self.offered)
        if capacity is None:
            return {"capacity": None, "form": None, "offered": self.offered}, None
        is_sent = request.method == "POST"
        known: dict[str, Any] = {"meeting": self.meeting, "capacity": capacity, "own_address": self.own_address}
        form = RegistrationForm(request.POST if is_sent else None, initial=self.initial(), **known)
        stored = None
        if is_sent and form.is_valid():
            try:
                stored = form.act(city=self.city, by=self.by, request=self.asked, received_at=at)
            except LinkClosed:
                raise
            except RegistrationRefused as refusal:
                form.refuse(refusal)
        return {"capacity": capacity, "form": form, "offered": self.offered}, stored

    def initial(self) -> dict[str, Any]:
        if self.by is None or not self.own_address:
            return {}
        return {"name": self.by.name, "language": self.by.language or get_language()}


# Whoever comes for no city


@kept_by_nobody
def register(request: HttpRequest, edition: int) -> HttpResponse:
    """Begin to register. A visitor gives an address and gets a link; who is signed in goes on here."""
    at, meeting = timezone.now(), the_meeting(edition)
    return _own(request, meeting, at) if request.user.is_authenticated else _ask(request, meeting, at)


def _ask(request: HttpRequest, meeting: Meeting, at: datetime.datetime) -> HttpResponse:
    known = at_hand(meeting, at)
    takes_addresses = known["stage"] in ("open", "closed")
    form = AddressForm(request.POST if request.method == "POST" and takes_addresses else None)
    known |= {"form": form, "sent": "sent" in request.GET, "offered": capacities_of(meeting, SELF)}
    status = 200
    if form.is_valid():
        if is_over_limit("register-from", sender(request), limit=LINKS_AN_HOUR, seconds=3600):
            form.add_error(None, _("Too many links were asked for from here. Try again in an hour."))
            status = 429
        else:
            try:
                ask_for_form(meeting=meeting, email=form.cleaned_data["email"], language=get_language() or "en")
            except NetworkError as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect(f"{request.path}?sent=1")
    return render(request, "meetings/register.html", known, status=status)


def _own(request: HttpRequest, meeting: Meeting, at: datetime.datetime) -> HttpResponse:
    """For who is signed in: the own registration, the cities that one registers for, and the form."""
    user: Person = request.user
    own = Registration.objects.filter(meeting=meeting, user=user).standing().first()
    if own is not None and request.method == "POST":
        # The second of two clicks.
        return redirect(own)
    known: dict[str, Any] = at_hand(meeting, at) | {"own": own, "form": None, "capacity": None}
    counted = Count("registrations", filter=Q(registrations__meeting=meeting) & ~Q(registrations__status="cancelled"))
    members = City.objects.members().values("pk")
    known["cities"] = list(
        City.objects.coordinated_by(request.user).filter(pk__in=members).annotate(registered=counted).order_by("pk")
    )
    if own is None and known["stage"] == "open":
        attempt = Attempt(meeting, capacities_of(meeting, SELF), own_address=True, by=request.user)
        tried, stored = attempt.tried(request, at)
        if stored is not None:
            messages.success(request, _registered(stored))
            return redirect(stored)
        known |= tried
    return render(request, "meetings/register_own.html", known)


def _registered(stored: Registration) -> str:
    if stored.status == Registration.Status.REGISTERED:
        return _("You are registered. The confirmation is on its way by mail.")
    return _("You are on the waiting list: number %(number)s. As soon as a place is free, you get a mail.") % {
        "number": waiting_number(stored)
    }


@kept_by_nobody
def register_with(request: HttpRequest, edition: int, token: str) -> HttpResponse:
    """Register by the link of a mail, which proved the address. Afterwards the page says how it stands."""
    at, meeting = timezone.now(), the_meeting(edition)
    asked = request_by_secret(token, meeting)
    own = Registration.objects.filter(meeting=meeting, email__iexact=asked.email).standing().first()
    if own is not None or asked.used_at is not None:
        if request.method == "POST":
            return redirect(request.path)
        known = {"asked": asked, "own": own, "number": own and waiting_number(own)}
        return render(request, "meetings/register_done.html", at_hand(meeting, at) | known)
    known = at_hand(meeting, at) | {"asked": asked, "form": None, "capacity": None}
    # What arrived in time counts, whatever the clock says by now.
    if known["stage"] == "open":
        attempt = Attempt(meeting, capacities_of(meeting, SELF), own_address=True, asked=asked)
        tried, stored = attempt.tried(request, at)
        if stored is not None:
            return redirect(request.path)
        known |= tried
    return render(request, "meetings/register_with.html", known)


# A city's persons


@dataclass
class Delegation:
    """Those who come to a meeting for a city."""

    meeting: Meeting
    city: City


def own_delegation(user: Person, edition: int, city: str) -> Delegation:
    """A meeting, and a city that a person is a coordinator of now; raises Http404."""
    found = get_object_or_404(City.objects.coordinated_by(user).select_related("country"), slug=city)
    return Delegation(the_meeting(edition), found)


@needs("meetings.register_for_city", of=own_delegation)
def my_registrations(request: HttpRequest, delegation: Delegation) -> HttpResponse:
    """Those who come for a city, with their places; and the form to register another one."""
    at, meeting, city = timezone.now(), delegation.meeting, delegation.city
    rows = list(Registration.objects.filter(meeting=meeting, city=city).order_by("status", "pk"))
    standing = [row for row in rows if row.is_standing]
    numbers = waiting_numbers(meeting) if any(row.queued for row in standing) else {}
    offered = capacities_of(meeting, Registration.OF_A_CITY)
    if any(row.capacity == Capacity.MAYOR for row in standing):
        offered = [one for one in offered if one != Capacity.MAYOR]
    is_member = City.objects.members().filter(pk=city.pk).exists()
    known: dict[str, Any] = at_hand(meeting, at) | {
        "city": city,
        "rows": [(row, numbers.get(row.pk)) for row in standing],
        "cancelled": [row for row in rows if not row.is_standing],
        "used": len(standing),
        "is_member": is_member,
        "is_full": len(standing) >= meeting.per_city,
        "form": None,
        "capacity": None,
    }
    # One that came from an older page gets the refusal in words.
    if is_member and known["stage"] == "open" and (not known["is_full"] or request.method == "POST"):
        attempt = Attempt(meeting, offered, own_address=False, city=city, by=request.user)
        tried, stored = attempt.tried(request, at)
        if stored is not None:
            messages.success(request, _registered_for(stored))
            return redirect("meetings:my_registrations", meeting.edition, city.slug)
        known |= tried
    elif request.method == "POST":
        messages.warning(request, _("Nobody was registered: registration is not open."))
        return redirect("meetings:my_registrations", meeting.edition, city.slug)
    return render(request, "my/registrations.html", known)


def _registered_for(stored: Registration) -> str:
    if stored.status == Registration.Status.REGISTERED:
        return _("%(name)s is registered and gets a mail.") % {"name": stored.name}
    return _("%(name)s is on the waiting list: number %(number)s. A mail tells how it goes on.") % {
        "name": stored.name,
        "number": waiting_number(stored),
    }


# One registration: of the own account or city, or by the link of the mail


def known_registration(user: Person, pk: int) -> Registration:
    """A registration that a person may know of; raises Http404."""
    visible = Registration.objects.visible_to(user).select_related("meeting__country", "city", "user")
    return get_object_or_404(visible.prefetch_related("meeting__hosts", "meeting__questions"), pk=pk)


def _show(
    request: HttpRequest, registration: Registration, template: str, address: Callable[[str], str], by: Person | None
) -> HttpResponse:
    """A registration with the form to change it; a POST changes it. `address` gives the pages beside this one."""
    own_address = by is None or (registration.user_id == by.pk and registration.city_id is None)
    if by is not None and registration.city is not None:
        own_address = not by.has_perm("meetings.register_for_city", registration)
    may_change = registration.may_be_changed()
    form = None
    if may_change:
        form = RegistrationForm(
            request.POST if request.method == "POST" else None,
            meeting=registration.meeting,
            capacity=registration.capacity,
            own_address=own_address,
            registration=registration,
        )
        if request.method == "POST" and form.is_valid():
            try:
                form.change(registration=registration, by=by)
            except TransitionNotAllowed as refusal:
                messages.warning(request, str(refusal))
                return redirect(address("registration"))
            except RegistrationRefused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("Saved."))
                return redirect(address("registration"))
    elif request.method == "POST":
        messages.warning(request, _("Nothing was changed: this registration stays as it is."))
        return redirect(address("registration"))
    known = {
        "registration": registration,
        "meeting": registration.meeting,
        "number": waiting_number(registration),
        "form": form,
        "answers": [(question, answer) for question, answer in answers_of(registration) if answer],
        "may_cancel": may_change and not registration.is_checked_in,
        "is_own": by is None or registration.user_id == by.pk,
        "city": registration.city if by is not None and not own_address else None,
        "cancel_address": address("registration_cancel"),
        "calendar_address": address("registration_calendar"),
    }
    return render(request, template, known)


def _cancel(
    request: HttpRequest, registration: Registration, template: str, address: Callable[[str], str], by: Person | None
) -> HttpResponse:
    """Ask whether to cancel; a POST cancels."""
    refusal = ""
    if request.method == "POST":
        try:
            cancel_registration(registration=registration, by=by)
        except TransitionNotAllowed as told:
            # Also the second of two clicks.
            messages.warning(request, str(told))
            return redirect(address("registration"))
        except RegistrationRefused as told:
            refusal = str(told)
        else:
            messages.success(request, _("The registration is cancelled."))
            return redirect(address("registration"))
    known = {
        "registration": registration,
        "meeting": registration.meeting,
        "refusal": refusal,
        "is_own": by is None or registration.user_id == by.pk,
        "may_cancel": registration.may_be_changed() and not registration.is_checked_in,
        "city": None
        if by is None or not by.has_perm("meetings.register_for_city", registration)
        else registration.city,
        "back": address("registration"),
    }
    return render(request, template, known)


def _calendar(registration: Registration) -> HttpResponse:
    body = registration_calendar(registration, get_language() or registration.language)
    return as_calendar(body, name_of_file(registration.meeting.edition))


def _of_account(registration: Registration) -> Callable[[str], str]:
    return lambda name: reverse(f"meetings:my_{name}", args=[registration.pk])


def _of_link(token: str) -> Callable[[str], str]:
    return lambda name: reverse(f"meetings:{name}", args=[token])


@needs("meetings.manage_registration", of=known_registration)
def my_registration(request: HttpRequest, registration: Registration) -> HttpResponse:
    """A registration of one's own, or of one's city."""
    return _show(request, registration, "my/registration.html", _of_account(registration), request.user)


@needs("meetings.manage_registration", of=known_registration)
def my_registration_cancel(request: HttpRequest, registration: Registration) -> HttpResponse:
    return _cancel(request, registration, "my/registration_cancel.html", _of_account(registration), request.user)


@needs("meetings.manage_registration", of=known_registration)
def my_registration_calendar(request: HttpRequest, registration: Registration) -> HttpResponse:
    return _calendar(registration)


@kept_by_nobody
def registration(request: HttpRequest, token: str) -> HttpResponse:
    """The own registration by the link of the newest mail: how it stands, to be changed."""
    return _show(request, registration_by_secret(token), "meetings/registration.html", _of_link(token), None)


@kept_by_nobody
def registration_cancel(request: HttpRequest, token: str) -> HttpResponse:
    return _cancel(request, registration_by_secret(token), "meetings/registration_cancel.html", _of_link(token), None)


@kept_by_nobody
def registration_calendar_by_link(request: HttpRequest, token: str) -> HttpResponse:
    return _calendar(registration_by_secret(token))


# Those who come


def meeting_for_members(user: Person, edition: int) -> Meeting:
    return the_meeting(edition)


@needs("meetings.read_participants", of=meeting_for_members)
def meeting_participants(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Who comes and agreed to be named, for coordinators of member cities and the secretariat."""
    rows = list(participants(meeting))
    of_cities = [row for row in rows if row.city]
    key = f"sort_key_{content_languages()[0]}"
    of_cities.sort(key=lambda row: (getattr(row.city, key), row.pk))
    places: Places = places_of(meeting)
    return render(
        request,
        "meetings/participants.html",
        {
            "meeting": meeting,
            "of_cities": of_cities,
            "others": sorted((row for row in rows if not row.city), key=lambda row: sort_key(row.name)),
            "unnamed": places.coming - len(rows),
            "coming": places.coming,
        },
    )
