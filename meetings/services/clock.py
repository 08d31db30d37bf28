"""What the clock and the sender of mails of `cities` do for meetings; `MeetingsConfig.ready` hands it to them."""

from collections.abc import Callable

from cities.models import OutboxMessage

from .ballot import close_due_ballots, open_due_ballots, remind_voters
from .meeting import close_due_registrations
from .registration import new_form_secret, new_secret, remove_personal_data

DUTIES: tuple[Callable[[], int], ...] = (
    close_due_ballots,
    open_due_ballots,
    remind_voters,
    close_due_registrations,
    remove_personal_data,
)
"""In their order; all before the mails leave."""
SECRETS: dict[str, Callable[[OutboxMessage], str]] = {
    OutboxMessage.Secret.REGISTRATION: new_secret,
    OutboxMessage.Secret.REGISTRATION_FORM: new_form_secret,
}
"""What makes the secret of a link, by its kind (`OutboxMessage.Secret`)."""
