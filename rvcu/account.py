"""One's own account: the pages that allauth lacks, and what it serves, each page with the word who may open it."""

from typing import Any

from allauth.account import urls as account_urls
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import urls as mfa_urls
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from allauth.usersessions import urls as usersessions_urls
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path
from django.urls.resolvers import RoutePattern
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from cities.access import for_everyone, for_persons

from .forms import PreferencesForm

# What visitors may open: the way in, the way out, and what links in mails lead to. All else is for who is signed in.
OPEN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "mfa_login_webauthn",
}


def index(request: HttpRequest) -> HttpResponse:
    """What belongs to the account, and the state that it is in."""
    factors = Authenticator.objects.filter(user=request.user).values_list("type", flat=True)
    return render(
        request,
        "account/index.html",
        {
            "has_app": Authenticator.Type.TOTP in factors,
            "keys": sum(kind == Authenticator.Type.WEBAUTHN for kind in factors),
        },
    )


def preferences(request: HttpRequest) -> HttpResponse:
    """Name and language. The pages after it, and this browser, speak the language that was chosen."""
    form = PreferencesForm(request.POST or None, instance=request.user)
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/preferences.html", {"form": form})
    person = form.save()
    with translation.override(person.language):
        messages.success(request, _("Your preferences are saved."))
        response = redirect("account_index")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        person.language,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


class ActivateApp(ActivateTOTPView):
    """Who sets up an app types a code of it, and so has shown the second factor in this session."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        record_authentication(self.request, form.user, "mfa", type=Authenticator.Type.TOTP)
        return response


class AddKey(AddWebAuthnView):
    """Who adds a key uses it, and so has shown the second factor in this session."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        record_authentication(self.request, form.user, "mfa", type=Authenticator.Type.WEBAUTHN)
        return response


OURS = {"mfa_activate_totp": ActivateApp.as_view(), "mfa_add_webauthn": AddKey.as_view()}


def served(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[URLPattern]:
    """allauth's addresses as flat patterns, each view marked with who may open it."""
    found: list[URLPattern] = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += served(pattern.url_patterns, f"{prefix}{pattern.pattern}")
        elif isinstance(pattern.pattern, RoutePattern):
            found.append(path(f"{prefix}{pattern.pattern}", guarded(pattern), name=pattern.name))
        else:  # a regular expression, which allauth uses at the upper level only
            found.append(URLPattern(pattern.pattern, guarded(pattern), pattern.default_args, pattern.name))
    return found


def guarded(pattern: URLPattern) -> Any:
    view = OURS.get(pattern.name or "", pattern.callback)
    return for_everyone(never_cache(view)) if pattern.name in OPEN else for_persons(view)


urlpatterns = [
    path("", for_persons(index), name="account_index"),
    path("preferences/", for_persons(preferences), name="account_preferences"),
    *served(account_urls.urlpatterns),
    *served(mfa_urls.urlpatterns, "second-step/"),
    *served(usersessions_urls.urlpatterns, "sessions/"),
]
