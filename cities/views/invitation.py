from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters

from ..access import for_everyone
from ..exceptions import NetworkError
from ..forms.invitation import NewAccountForm
from ..models import Invitation
from ..services.invitation import (
    AccountExists,
    InvitationClosed,
    accept,
    accept_with_new_account,
    account_of,
    by_city,
    find,
)


@for_everyone
@sensitive_post_parameters()
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link of an invitation leads: it shows what one is invited to, and only a form's POST accepts.

    Whoever has the link read the mail, so it may tell that the address has an account. A new account is signed in;
    the owner of an old one signs in before.
    """
    try:
        response = answer(request, token, find(token))
    except InvitationClosed:
        response = render(request, "account/invitation_closed.html", status=404)
    add_never_cache_headers(response)
    # Not "no-referrer": with it the browser sends no origin either, which the guard of the form needs.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def answer(request: HttpRequest, token: str, found: Invitation) -> HttpResponse:
    account = account_of(found.email)
    if request.user.is_authenticated and request.user != account:
        return page(request, found, {"case": "another"}, status=403)
    if account is None:
        return welcome(request, token, found)
    if not request.user.is_authenticated:
        return page(request, found, {"case": "sign-in"})
    refusal = ""
    if request.method == "POST":
        try:
            accept(token=token, by=request.user)
        except InvitationClosed:
            raise
        except NetworkError as refused:
            refusal = str(refused)
        else:
            messages.success(request, _("You have accepted the invitation."))
            return redirect(first_page(found))
    return page(request, found, {"case": "accept", "refusal": refusal})


def first_page(found: Invitation) -> str:
    if found.application is not None:
        return reverse("cities:my_application", args=[found.application.pk])
    if found.call is not None:
        return reverse("cities:call_begin", args=[found.call.slug])
    return reverse("admin:index" if found.kind == Invitation.Kind.STAFF else "my")


def welcome(request: HttpRequest, token: str, found: Invitation) -> HttpResponse:
    """The form of a person without an account."""
    form = NewAccountForm(request.POST or None, invitation=found)
    if request.method == "POST" and form.is_valid():
        try:
            user = accept_with_new_account(token=token, **form.answer())
        except InvitationClosed:
            raise
        except AccountExists:
            return page(request, found, {"case": "sign-in"})
        except NetworkError as refusal:
            form.add_error(None, str(refusal))
        else:
            login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
            # As allauth does at its own sign-in: a session that is not listed could not be ended.
            UserSession.objects.create_from_request(request)
            with override(user.language):
                messages.success(request, _("Welcome. You have accepted the invitation."))
                return redirect(first_page(found))
    return page(request, found, {"case": "new", "form": form})


def page(request: HttpRequest, found: Invitation, context: dict[str, Any], status: int = 200) -> HttpResponse:
    known = {"invitation": found, "by_city": by_city(found)}
    return render(request, "account/invitation.html", known | context, status=status)
