"""The people of a city: who coordinates it, who is invited; for the focal point, the ways to change that."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..access import needs
from ..exceptions import NetworkError, UploadRefused
from ..forms.team import FocalPointChangeForm, InviteForm
from ..models import City, Coordinator, FocalPointChange, Invitation
from ..people import Person
from ..services.focal_point_change import withdraw_change
from ..services.invitation import send_again, withdraw
from ..services.limits import is_over_limit
from ..services.mandate import CHOSEN_BY_FOCAL_POINT, end_mandate
from .my import own_city

MAILS_A_DAY = 20
"""Invitations, also those sent again, that leave for one city in a day."""


def colleague(user: Person, slug: str, pk: int) -> Coordinator:
    mandates = Coordinator.objects.select_related("city", "user").filter(city=own_city(user, slug))
    return get_object_or_404(mandates.visible_to(user), pk=pk)


def own_invitation(user: Person, slug: str, pk: int) -> Invitation:
    invitations = Invitation.objects.select_related("city").filter(city=own_city(user, slug))
    return get_object_or_404(invitations.visible_to(user), pk=pk)


def own_change(user: Person, slug: str) -> FocalPointChange:
    """The latest request of the city; raises Http404 where there never was one."""
    changes = FocalPointChange.objects.select_related("city").filter(city=own_city(user, slug)).visible_to(user)
    change = changes.order_by("-pk").first()
    if change is None:
        raise Http404
    return change


def is_told(change: FocalPointChange, in_force: list[Coordinator]) -> bool:
    """A withdrawn request is of no interest, nor one whose person is in office: the list says that."""
    status = FocalPointChange.Status(change.status)
    if status == FocalPointChange.Status.APPROVED:
        return not any(
            mandate.role == Coordinator.Role.FOCAL_POINT
            and (
                mandate.user.email.lower() == change.email.lower()
                or (change.decided_at and mandate.begins_at >= change.decided_at)
            )
            for mandate in in_force
        )
    return status != FocalPointChange.Status.WITHDRAWN


def show(request: HttpRequest, city: City, form: InviteForm | None, status: int = 200) -> HttpResponse:
    mandates = Coordinator.objects.filter(city=city).select_related("user").order_by("begins_at", "pk")
    ranks = list(Coordinator.Role)
    in_force = sorted(mandates.in_force(), key=lambda mandate: ranks.index(Coordinator.Role(mandate.role)))
    change = FocalPointChange.objects.filter(city=city).order_by("-pk").first()
    invited = Invitation.objects.unused().filter(kind=Invitation.Kind.COORDINATOR, city=city)
    context = {
        "city": city,
        "mandates": in_force,
        "ended": list(mandates.filter(ends_at__isnull=False).exclude(pk__in=[held.pk for held in in_force])),
        "invitations": list(invited.order_by("-created_at")),
        "change": change if change and is_told(change, in_force) else None,
        "may_manage": form is not None,
        "chosen_by_focal_point": CHOSEN_BY_FOCAL_POINT,
        "form": form,
    }
    return render(request, "my/team.html", context, status=status)


@needs("cities.see_team", of=own_city)
def team(request: HttpRequest, city: City) -> HttpResponse:
    """Who has which mandate since when, the open invitations and a pending change of the focal point."""
    form = (
        InviteForm(initial={"language": get_language()}) if request.user.has_perm("cities.manage_team", city) else None
    )
    return show(request, city, form)


@needs("cities.manage_team", of=own_city)
def team_invite(request: HttpRequest, city: City) -> HttpResponse:
    if request.method != "POST":
        return redirect("cities:my_team", city.slug)
    form = InviteForm(request.POST)
    if form.is_valid():
        if too_many_mails(city):
            form.add_error(None, _("Many invitations left for this city today. Send the next one tomorrow."))
            return show(request, city, form, status=429)
        try:
            invitation = form.act(city=city, by=request.user)
        except NetworkError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The invitation to %(email)s is on its way.") % {"email": invitation.email})
            return redirect("cities:my_team", city.slug)
    return show(request, city, form)


def too_many_mails(city: City) -> bool:
    return is_over_limit("invite", f"city {city.pk}", limit=MAILS_A_DAY, seconds=24 * 3600)


def tried(request: HttpRequest, city: City, act: Callable[[], Any], done: str) -> HttpResponse:
    """Do what is posted and go back to the team's page with what was done, or why not."""
    if request.method != "POST":
        return redirect("cities:my_team", city.slug)
    try:
        act()
    except NetworkError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("cities:my_team", city.slug)


@needs("cities.manage_team", of=colleague)
def team_end(request: HttpRequest, mandate: Coordinator) -> HttpResponse:
    """Ask whether a mandate is to end, and end it."""
    if request.method == "POST":
        done = _("The mandate of %(name)s has ended.") % {"name": mandate.user}
        return tried(request, mandate.city, lambda: end_mandate(mandate=mandate, by=request.user), done)
    return render(request, "my/team_end.html", {"city": mandate.city, "mandate": mandate})


@needs("cities.manage_team", of=own_invitation)
def team_withdraw(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    done = _("The invitation to %(email)s is withdrawn: its link no longer works.") % {"email": invitation.email}
    return tried(request, invitation.city, lambda: withdraw(invitation=invitation, by=request.user), done)  # type: ignore[arg-type]  # of a city


@needs("cities.manage_team", of=own_invitation)
def team_send_again(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    city = invitation.city
    assert city is not None  # noqa: S101  own_invitation gives those to a city only
    if request.method == "POST" and too_many_mails(city):
        messages.error(request, _("Many invitations left for this city today. Send the next one tomorrow."))
        return redirect("cities:my_team", city.slug)
    done = _("A new link is on its way to %(email)s; the one before no longer works.") % {"email": invitation.email}
    return tried(request, city, lambda: send_again(invitation=invitation, by=request.user), done)


@needs("cities.manage_team", of=own_city)
def team_change(request: HttpRequest, city: City) -> HttpResponse:
    """Ask for another focal point, with the mayor's letter."""
    form = FocalPointChangeForm(request.POST or None, request.FILES or None, initial={"language": get_language()})
    if request.method == "POST" and form.is_valid():
        try:
            form.act(city=city, by=request.user)
        except UploadRefused as refusal:
            form.add_error("letter", str(refusal))
        except NetworkError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The request is with the secretariat. Until it decides, nothing changes."))
            return redirect("cities:my_team", city.slug)
    return render(request, "my/team_change.html", {"city": city, "form": form})


@needs("cities.manage_team", of=own_change)
def team_change_withdraw(request: HttpRequest, change: FocalPointChange) -> HttpResponse:
    done = _("The request is withdrawn: you remain the focal point.")
    return tried(request, change.city, lambda: withdraw_change(change=change, by=request.user), done)
