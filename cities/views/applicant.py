"""The team of an application: who works on it, who is invited; for its owners, the ways to change that."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..access import needs
from ..exceptions import NetworkError
from ..forms.applicant import InviteApplicantForm
from ..models import Applicant, Application, Invitation
from ..people import Person
from ..services.invitation import send_again, withdraw
from ..services.limits import is_over_limit
from ..services.mandate import end_mandate
from .application import known_application

MAILS_A_DAY = 20
"""Invitations, also those sent again, that leave for one application in a day."""


def known_colleague(user: Person, pk: int, mandate: int) -> Application:
    """An application with the mandate that the address names (`opened`); raises Http404."""
    application: Any = known_application(user, pk)
    application.opened = get_object_or_404(application.applicants.select_related("user", "application"), pk=mandate)
    return application


def known_invitation(user: Person, pk: int, invitation: int) -> Application:
    """An application with the invitation that the address names (`opened`); raises Http404."""
    application: Any = known_application(user, pk)
    application.opened = get_object_or_404(application.invitations.select_related("application"), pk=invitation)
    return application


def show(
    request: HttpRequest, application: Application, form: InviteApplicantForm | None, status: int = 200
) -> HttpResponse:
    mandates = Applicant.objects.filter(application=application).select_related("user").order_by("begins_at", "pk")
    in_force = sorted(mandates.in_force(), key=lambda mandate: -Applicant.RANK[mandate.role])
    owners = [mandate for mandate in in_force if mandate.is_owner]
    context = {
        "application": application,
        "mandates": in_force,
        "only_owner": owners[0] if len(owners) == 1 else None,
        "ended": list(mandates.filter(ends_at__isnull=False).exclude(pk__in=[held.pk for held in in_force])),
        "invitations": list(Invitation.objects.unused().filter(application=application).order_by("-created_at")),
        "form": form,
    }
    return render(request, "cities/application/team.html", context, status=status)


@needs("cities.work_on_application", of=known_application)
def my_application_team(request: HttpRequest, application: Application) -> HttpResponse:
    """Who has which role since when, and the open invitations."""
    owns = request.user.has_perm("cities.own_application", application)
    return show(request, application, InviteApplicantForm(initial={"language": get_language()}) if owns else None)


@needs("cities.own_application", of=known_application)
def my_application_team_invite(request: HttpRequest, application: Application) -> HttpResponse:
    if request.method != "POST":
        return redirect("cities:my_application_team", application.pk)
    form = InviteApplicantForm(request.POST)
    if form.is_valid():
        if too_many_mails(application):
            form.add_error(None, _("Many invitations left for this application today. Send the next one tomorrow."))
            return show(request, application, form, status=429)
        try:
            invitation = form.act(application=application, by=request.user)
        except NetworkError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The invitation to %(email)s is on its way.") % {"email": invitation.email})
            return redirect("cities:my_application_team", application.pk)
    return show(request, application, form)


def too_many_mails(application: Application) -> bool:
    return is_over_limit("invite", f"application {application.pk}", limit=MAILS_A_DAY, seconds=24 * 3600)


def tried(request: HttpRequest, application: Application, act: Callable[[], Any], done: str) -> HttpResponse:
    """Do what is posted and go back to the team's page with what was done, or why not."""
    if request.method == "POST":
        try:
            act()
        except NetworkError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, done)
            if not request.user.has_perm("cities.work_on_application", application):
                # Who ends the own mandate sees the application no more.
                return redirect("my")
    return redirect("cities:my_application_team", application.pk)


@needs("cities.own_application", of=known_colleague)
def my_application_team_end(request: HttpRequest, application: Any) -> HttpResponse:
    """Ask whether somebody's work on the application is to end, and end it."""
    mandate: Applicant = application.opened
    if request.method == "POST":
        done = _("The mandate of %(name)s has ended.") % {"name": mandate.user}
        return tried(request, application, lambda: end_mandate(mandate=mandate, by=request.user), done)
    return render(request, "cities/application/team_end.html", {"application": application, "mandate": mandate})


@needs("cities.own_application", of=known_invitation)
def my_application_team_withdraw_invitation(request: HttpRequest, application: Any) -> HttpResponse:
    invitation: Invitation = application.opened
    done = _("The invitation to %(email)s is withdrawn: its link no longer works.") % {"email": invitation.email}
    return tried(request, application, lambda: withdraw(invitation=invitation, by=request.user), done)


@needs("cities.own_application", of=known_invitation)
def my_application_team_send_again(request: HttpRequest, application: Any) -> HttpResponse:
    invitation: Invitation = application.opened
    if request.method == "POST" and too_many_mails(application):
        messages.error(request, _("Many invitations left for this application today. Send the next one tomorrow."))
        return redirect("cities:my_application_team", application.pk)
    done = _("A new link is on its way to %(email)s; the one before no longer works.") % {"email": invitation.email}
    return tried(request, application, lambda: send_again(invitation=invitation, by=request.user), done)
