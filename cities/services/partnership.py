"""Partner cities of an initiative: asked by the lead, public only once the partner has confirmed."""

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..exceptions import NetworkError, TransitionNotAllowed
from ..models import City, Coordinator, HistoryEntry, Initiative, Partnership
from ..people import Person
from .history import record
from .locking import locked
from .outbox import write_mail

Status = Partnership.Status
Verb = HistoryEntry.Verb

WORD_LENGTH = 1000


class PartnerRefused(NetworkError):
    """A city cannot be asked to be a partner."""


def speakers(city: City) -> QuerySet[Coordinator]:
    """The mandates in force of those who answer for a city."""
    return Coordinator.objects.reachable().filter(city=city, role__in=Coordinator.SPEAKERS)


def tell(template: str, partnership: Partnership, city: City) -> None:
    """A mail to each of those who speak for a city."""
    context = {
        "partnership": partnership,
        "initiative": partnership.initiative,
        "revision": partnership.initiative.last_revision,
        "lead": partnership.initiative.lead,
        "partner": partnership.city,
        "city": city,
    }
    for mandate in speakers(city):
        write_mail(template, to=mandate.user, context=context)


def _move(partnership: Partnership, to: str, *, verb: Verb, by: Person, **fields: object) -> Partnership:
    """The caller holds the row."""
    if not partnership.may_become(to):
        raise TransitionNotAllowed(
            _("This cannot be done: the partnership is “%(status)s” now.")
            % {"status": partnership.get_status_display()}
        )
    before, partnership.status = partnership.status, to
    for name, value in fields.items():
        setattr(partnership, name, value)
    partnership.save(update_fields=["status", *fields])
    record(verb, on=partnership, by=by, changes={"status": [before, to]})
    return partnership


@transaction.atomic
def ask(*, initiative: Initiative, city: City, by: Person) -> Partnership:
    """Ask a member city to be a partner; mails those who answer for it.

    A city that declined, or whose part ended, can be asked again. Raises PartnerRefused for the lead itself and for a
    city that is no member, TransitionNotAllowed for one that was asked already.
    """
    initiative = locked(initiative)
    if city.pk == initiative.lead_id:
        raise PartnerRefused(_("Your own city leads this initiative: it need not be asked."))
    members = City.objects.members()
    if not members.filter(pk=initiative.lead_id).exists():
        raise PartnerRefused(_("Only a member city can ask others to be partners."))
    if not members.filter(pk=city.pk).exists():
        raise PartnerRefused(_("%(city)s is no member of the network now.") % {"city": city})
    now = timezone.now()
    partnership = Partnership.objects.select_for_update(no_key=True).filter(initiative=initiative, city=city).first()
    if partnership is None:
        partnership = Partnership.objects.create(initiative=initiative, city=city, asked_at=now, asked_by=by)
        record(Verb.PARTNER_ASKED, on=partnership, by=by, changes={"status": [None, Status.ASKED.value]})
    elif partnership.is_waiting or partnership.is_confirmed:
        raise TransitionNotAllowed(_("%(city)s has been asked already.") % {"city": city})
    else:
        asked = {"asked_at": now, "asked_by": by, "reminded_at": None}
        cleared = {"answered_at": None, "answered_by": None, "word": ""}
        _move(partnership, Status.ASKED, verb=Verb.PARTNER_ASKED, by=by, **asked, **cleared)
    tell("partnership-asked", partnership, partnership.city)
    return partnership


@transaction.atomic
def confirm(*, partnership: Partnership, by: Person) -> Partnership:
    """The partner city says yes: the link is public with the initiative. Mails those who speak for the lead.

    Raises TransitionNotAllowed when there is nothing to answer any more, PartnerRefused when the city has left.
    """
    stored = locked(partnership)
    if stored.is_waiting and not City.objects.members().filter(pk=stored.city_id).exists():
        raise PartnerRefused(_("%(city)s is no member of the network now.") % {"city": stored.city})
    answered = {"answered_at": timezone.now(), "answered_by": by}
    _move(stored, Status.CONFIRMED, verb=Verb.PARTNER_CONFIRMED, by=by, **answered)
    tell("partnership-confirmed", stored, stored.initiative.lead)
    return stored


@transaction.atomic
def decline(*, partnership: Partnership, word: str, by: Person) -> Partnership:
    """The partner city says no, with a word for the lead alone.

    The word stays with the partnership, which can be emptied, and not in the history, which cannot. Raises
    TransitionNotAllowed, or NetworkError when the word is missing or too long.
    """
    word = word.strip()
    if not word:
        raise NetworkError(_("Say in a word why, so that the other city knows."))
    if len(word) > WORD_LENGTH:
        raise NetworkError(_("Keep it shorter: at most %(length)s characters.") % {"length": WORD_LENGTH})
    stored = locked(partnership)
    answered = {"answered_at": timezone.now(), "answered_by": by, "word": word}
    _move(stored, Status.DECLINED, verb=Verb.PARTNER_DECLINED, by=by, **answered)
    tell("partnership-declined", stored, stored.initiative.lead)
    return stored


@transaction.atomic
def end(*, partnership: Partnership, city: City, by: Person) -> Partnership:
    """One of the two cities (`city`) ends a partnership, or the lead a question; mails the other one.

    Raises TransitionNotAllowed when it has ended already.
    """
    stored = locked(partnership)
    other = stored.city if city.pk == stored.initiative.lead_id else stored.initiative.lead
    _move(stored, Status.ENDED, verb=Verb.PARTNER_ENDED, by=by)
    tell("partnership-ended", stored, other)
    return stored


def remind_unanswered() -> int:
    """Remind, once, the cities that were asked `PARTNER_REMINDER_DAYS` ago and have not answered; gives how many.

    Safe to repeat.
    """
    due = Partnership.objects.filter(
        status=Status.ASKED,
        reminded_at=None,
        asked_at__lte=timezone.now() - datetime.timedelta(days=settings.PARTNER_REMINDER_DAYS),
    )
    reminded = 0
    for number in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            # Taken by the update itself, so that of two clocks at once one reminds.
            if due.filter(pk=number).update(reminded_at=timezone.now()):
                partnership = Partnership.objects.select_related("initiative__lead", "city").get(pk=number)
                tell("partnership-reminder", partnership, partnership.city)
                reminded += 1
    return reminded
