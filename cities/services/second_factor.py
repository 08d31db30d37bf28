"""For who lost device and recovery codes: staff take the second factor away, after making sure who asks."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ..exceptions import TransitionNotAllowed
from ..models import HistoryEntry
from ..people import Person
from .history import record
from .locking import locked
from .outbox import write_mail


@transaction.atomic
def take_away_second_factor(person: Person, *, by: Person, reason: str) -> Person:
    """Remove apps, keys and recovery codes and end all sessions; the person is told by mail.

    Raises TransitionNotAllowed when there is nothing to take away.
    """
    person = locked(person)
    factors = Authenticator.objects.filter(user=person)
    if not factors.exists():
        raise TransitionNotAllowed(_("This account has no second factor."))
    factors.delete()
    for session in UserSession.objects.filter(user=person):
        session.end()
    record(HistoryEntry.Verb.SECOND_FACTOR_TAKEN, on=person, by=by, reason=reason)
    write_mail("account-second-factor-taken", to=person)
    return person
