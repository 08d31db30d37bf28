"""Mail: written in the transaction of the act that it tells of, sent after it; what staff may do with it meanwhile."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from ..exceptions import TransitionNotAllowed
from ..models import HistoryEntry, OutboxMessage
from ..people import Person
from .history import record
from .locking import locked

Status = OutboxMessage.Status
SENDER = "cities.tasks.send_due_mails"
"""By path, as the queue names it: the sender makes the secrets of invitations, which write mails themselves."""


def write_mail(
    template: str,
    *,
    to: Person | None = None,
    address: str = "",
    language: str = "",
    context: dict[str, Any] | None = None,
    secret: str = "",
    secret_of: Any = "",
    held: bool = False,
) -> OutboxMessage:
    """Put a mail into the outbox, in the caller's transaction; after the commit the sender is woken.

    `template` names `templates/mail/<template>.txt`, whose first line is the subject; it is plain text, so nothing is
    escaped, and rendered in the person's language, or in `language`. Give a person or an address. Where the text
    needs a secret link, `secret` says of what kind (`OutboxMessage.Secret`) and `secret_of` what it opens; the
    template writes `{{ token }}` in its place.
    """
    language = language or getattr(to, "language", "") or settings.LANGUAGE_CODE
    known = {"site": settings.SITE_ADDRESS, "to": to, "token": OutboxMessage.TOKEN, **(context or {})}
    with translation.override(language):
        # The loader gives Django's wrapper, which would escape: the template itself is inside it.
        text = get_template(f"mail/{template}.txt").template.render(Context(known, autoescape=False))  # type: ignore[attr-defined]
    subject, _newline, body = text.strip().partition("\n")
    message = OutboxMessage.objects.create(
        template=template,
        user=to,
        to=address or (to.email if to else ""),
        language=language,
        subject=" ".join(subject.split())[:250],
        body=body.strip() + "\n",
        secret=secret,
        secret_of=str(secret_of),
        status=Status.HELD if held else Status.APPROVED,
    )
    if not held:
        wake_sender()
    return message


def wake_sender() -> None:
    """Ask for what is due to be sent, once the transaction is through.

    When the queue cannot be reached, the act stands and the log tells: the next `tick` sends the mail.
    """
    transaction.on_commit(lambda: import_string(SENDER).enqueue(), robust=True)


@transaction.atomic
def approve(message: OutboxMessage, *, by: Person) -> OutboxMessage:
    """Let a held mail go; raises TransitionNotAllowed when it is not held."""
    if locked(message).status != Status.HELD:
        raise TransitionNotAllowed(_("This mail is not held."))
    return _move(message, Status.APPROVED, verb=HistoryEntry.Verb.MAIL_APPROVED, by=by, approved_by=by)


@transaction.atomic
def retry(message: OutboxMessage, *, by: Person) -> OutboxMessage:
    """Send again what failed, at once and with all attempts anew; raises TransitionNotAllowed for what did not."""
    stored = locked(message)
    if stored.status not in (Status.FAILED, Status.GIVEN_UP):
        raise TransitionNotAllowed(_("This mail has not failed."))
    if stored.is_empty:
        raise TransitionNotAllowed(_("The text and the address of this mail are gone: it can no longer be sent."))
    return _move(message, Status.APPROVED, verb=HistoryEntry.Verb.MAIL_RETRIED, by=by, attempts=0, error="")


@transaction.atomic
def withdraw(message: OutboxMessage, *, by: Person) -> OutboxMessage:
    """Keep a mail from leaving; raises TransitionNotAllowed when it has left, or is leaving."""
    return _move(message, Status.WITHDRAWN, verb=HistoryEntry.Verb.MAIL_WITHDRAWN, by=by)


def _move(message: OutboxMessage, to: Status, *, verb: HistoryEntry.Verb, by: Person, **fields: Any) -> OutboxMessage:
    stored = locked(message)
    if to not in OutboxMessage.TRANSITIONS.get(Status(stored.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the mail is “%(status)s” now.") % {"status": stored.get_status_display()}
        )
    before, stored.status, stored.next_try_at = stored.status, to, timezone.now()
    for name, value in fields.items():
        setattr(stored, name, value)
    stored.save(update_fields=["status", "next_try_at", *fields])
    record(verb, on=stored, by=by, changes={"status": [before, stored.status]})
    if to == Status.APPROVED:
        wake_sender()
    return stored
