from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.internal.httpkit import clean_client_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cities.models import OutboxMessage
from cities.people import Person
from cities.services.limits import sender
from cities.services.outbox import write_mail
from cities.text import fold

Secret = OutboxMessage.Secret


class AccountAdapter(DefaultAccountAdapter):
    # Those that these pages can come to; none tells whether an address has an account.
    error_messages = DefaultAccountAdapter.error_messages | {
        "duplicate_email": gettext_lazy("This is the address of your account already."),
        "email_password_mismatch": gettext_lazy(
            "Address and password do not belong together. Check both, or set a new password."
        ),
        "enter_current_password": gettext_lazy("This is not your present password."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "incorrect_code": gettext_lazy("The code is not right, or no longer valid. Enter the one that is shown now."),
        "invalid_password_reset": gettext_lazy("This link was used already, or is too old."),
        "too_many_login_attempts": gettext_lazy("Too many attempts. Wait five minutes, then try again."),
        "rate_limited": gettext_lazy("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up alone: an invitation is the way in."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where a person's day begins: staff in the administration, all others with what waits for them."""
        return reverse("admin:index" if getattr(request.user, "is_staff", False) else "my")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_index")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        return reverse("account_email" if self.request.user.is_authenticated else "account_login")

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whom limits count: the connection's own address, or the one that the farthest trusted proxy saw."""
        address = clean_client_ip(sender(request))
        if not address:
            raise PermissionDenied("No address to count attempts by: does the proxy set X-Forwarded-For?")
        return address

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By the account alone: not by the host's name and port, which the sender chooses, nor by how it is spelt."""
        return fold(credentials.get("email", ""))

    def get_reauthentication_methods(self, user: Person) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code of your app, or a recovery code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey or security key"),
        }
        return [method | {"description": words[method["id"]]} for method in super().get_reauthentication_methods(user)]

    # Mail. All of it goes through the outbox, with texts of our own, and the secrets of links are made at sending

    def send_notification_mail(
        self, template_prefix: str, user: Person, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        super().send_notification_mail(template_prefix, user, {**(context or {}), "user": user}, email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write what allauth wants to say to a person: "account/email/password_changed" is `account-password-changed`.

        Neither the IP address nor the browser of who did it is told: they would stay in the outbox.
        """
        name = template_prefix.rpartition("/")[2].replace("_", "-")
        user = context.get("user")
        secret, secret_of = "", ""
        if name == "password-reset-key" and user:
            # To the address that is kept, not to the one typed, which may only look the same.
            secret, secret_of, email = Secret.PASSWORD_RESET, user.pk, user.email
        elif name.startswith("email-confirmation"):
            secret, secret_of = Secret.ADDRESS, EmailAddress.objects.get(user=user, email__iexact=email).pk
        told: dict[str, Any] = {
            key: context[key] for key in ("timestamp", "from_email", "to_email", "deleted_email") if key in context
        }
        write_mail(f"account-{name}", to=user, address=email, context=told, secret=secret, secret_of=secret_of)


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
        "cannot_generate_recovery_codes": gettext_lazy("Set up an app or a key first: recovery codes stand in for it."),
    }

    def generate_authenticator_name(self, user: Person, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Key %(number)s") % {"number": number}
