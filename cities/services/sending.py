"""The sender of the outbox: at least once, tried again when it fails.

A mail is claimed in a transaction of its own, then handed to the mail server outside of any, so that no lock waits for
a network, then marked. A claim runs out: a mail whose sender was killed is sent by the next one, even if it had left
already. Two senders never hold the same mail.
"""

import datetime
import logging
import smtplib
from collections.abc import Callable

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from ..models import Invitation, OutboxMessage
from .invitation import new_token

logger = logging.getLogger(__name__)

Status = OutboxMessage.Status
CLAIM = datetime.timedelta(minutes=10)
FIRST_WAIT = datetime.timedelta(minutes=1)
LONGEST_WAIT = datetime.timedelta(hours=12)


class NothingToOpen(Exception):
    """What the link of a mail would open is used, withdrawn or gone: the mail has no sense any more."""


def _invitation(message: OutboxMessage) -> str:
    invitation = Invitation.objects.open().filter(pk=message.secret_of).first()
    if invitation is None:
        raise NothingToOpen
    return new_token(invitation)


def _password_reset(message: OutboxMessage) -> str:
    user = get_user_model()._default_manager.filter(pk=message.secret_of, is_active=True).first()
    # Never to an address that the person left since: whoever reads that mailbox could take the account over.
    if user is None or user.email.lower() != message.to.lower():
        raise NothingToOpen
    return f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"


def _address(message: OutboxMessage) -> str:
    address = EmailAddress.objects.filter(pk=message.secret_of, verified=False).first()
    if address is None:
        raise NothingToOpen
    return EmailConfirmationHMAC(address).key


SECRETS: dict[str, Callable[[OutboxMessage], str]] = {
    OutboxMessage.Secret.INVITATION: _invitation,
    OutboxMessage.Secret.PASSWORD_RESET: _password_reset,
    OutboxMessage.Secret.ADDRESS: _address,
}
"""How the secret of a mail's link is made, at the moment of sending. Raises NothingToOpen."""


def send_due() -> int:
    """Send what is due, the oldest first, each mail once a call; gives how many left."""
    sent = 0
    while claimed := _claim():
        message, body = claimed
        sent += _send(message, body)
    return sent


@transaction.atomic
def _claim() -> tuple[OutboxMessage, str] | None:
    """Take the next due mail for `CLAIM`, with its whole text; None when nothing is due.

    The secret is written with the claim, so that its link works by the time it arrives.
    """
    while (
        message := OutboxMessage.objects.due().order_by("next_try_at", "pk").select_for_update(skip_locked=True).first()
    ):
        if message.attempts >= settings.OUTBOX_ATTEMPTS:
            # Its last sender was killed: perhaps by this very mail.
            message.status = Status.GIVEN_UP
            message.save(update_fields=["status"])
            continue
        message.attempts += 1
        try:
            body = _whole_text(message)
        except NothingToOpen as nothing:
            message.status, message.error = Status.WITHDRAWN, type(nothing).__name__
            message.save(update_fields=["status", "error"])
            continue
        except Exception as failure:  # one mail that cannot be made must not keep the others
            _mark_failed(message, reason_of(failure))
            continue
        message.status, message.next_try_at = Status.SENDING, timezone.now() + CLAIM
        if settings.OUTBOX_SHOWS_WHOLE_MAILS:
            message.body = body
        message.save(update_fields=["status", "next_try_at", "attempts", "body"])
        return message, body
    return None


def _whole_text(message: OutboxMessage) -> str:
    if message.is_empty or not message.to or (message.user and not message.user.is_active):
        raise NothingToOpen
    if not message.secret:
        return message.body
    with transaction.atomic():
        return message.body.replace(OutboxMessage.TOKEN, SECRETS[message.secret](message))


def _send(message: OutboxMessage, body: str) -> bool:
    mail = EmailMessage(
        message.subject,
        body,
        settings.DEFAULT_FROM_EMAIL,
        [message.to],
        headers={"Auto-Submitted": "auto-generated", "Content-Language": message.language},
    )
    try:
        mail.send()
    except Exception as failure:  # whatever it is, the mail is tried again
        _mark_failed(message, reason_of(failure))
        return False
    # A row that was emptied meanwhile stays as it is.
    OutboxMessage.objects.filter(pk=message.pk, status=Status.SENDING).update(
        status=Status.SENT, sent_at=timezone.now(), error=""
    )
    return True


def _mark_failed(message: OutboxMessage, reason: str) -> None:
    gives_up = message.attempts >= settings.OUTBOX_ATTEMPTS
    wait = min(FIRST_WAIT * 4 ** (message.attempts - 1), LONGEST_WAIT)
    OutboxMessage.objects.filter(pk=message.pk, status=message.status, attempts__lte=message.attempts).update(
        attempts=message.attempts,
        status=Status.GIVEN_UP if gives_up else Status.FAILED,
        next_try_at=timezone.now() + wait,
        error=reason,
    )
    logger.warning("Mail %s was not sent (attempt %s): %s", message.pk, message.attempts, reason)


def reason_of(failure: Exception) -> str:
    """What went wrong, by kind and the server's code alone: its words often repeat the address."""
    codes: set[int] = set()
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        codes = {code for code, _words in failure.recipients.values()}
    elif isinstance(failure, smtplib.SMTPResponseException):
        codes = {failure.smtp_code}
    return " ".join([type(failure).__name__, *map(str, sorted(codes))])
