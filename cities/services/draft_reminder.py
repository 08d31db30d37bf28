"""A word to teams whose application is not submitted yet, written when an officer asks for it and held for review."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ..days import today
from ..exceptions import NetworkError
from ..models import Applicant, Application, OutboxMessage
from ..people import Person
from .locking import locked
from .once import once
from .outbox import write_mail

TEMPLATE = "application-incomplete"


class ReminderRefused(NetworkError):
    """A team cannot be reminded."""


def why_not_reminded(application: Application) -> str:
    """Why a team is not reminded: a sentence; "" when it can be. Reads the call and its extensions."""
    if application.status not in Application.EDITABLE:
        return str(_("It is not a draft: nothing is left to submit."))
    if not application.is_editable:
        return str(_("It can no longer be submitted."))
    return ""


@transaction.atomic
def remind_team(*, application: Application, by: Person) -> list[OutboxMessage]:
    """Write to the owners of an application that is not submitted yet. The mails are held until staff approve them.

    Once a day at most, whoever asks. Raises ReminderRefused when it is submitted, too late, reminded today already,
    or when nobody can be written to.
    """
    stored = locked(application)
    if why := why_not_reminded(stored):
        raise ReminderRefused(why)
    team = Applicant.objects.in_force().filter(application=stored, role=Applicant.Role.OWNER, user__is_active=True)
    owners = [mandate.user for mandate in team.select_related("user").order_by("begins_at", "pk")]
    if not owners:
        raise ReminderRefused(_("Nobody owns it at present: there is nobody to write to."))
    if not once(f"application-by-hand/{stored.pk}/{today().isoformat()}"):
        raise ReminderRefused(_("Its team was reminded today already."))
    context = {"application": stored, "closes_at": stored.closes_at}
    return [write_mail(TEMPLATE, to=owner, context=context, held=True) for owner in owners]
