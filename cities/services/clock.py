"""What instants demand, done once each: called by `manage.py tick`, as often as one likes.

A duty finds what is due from the data, locks row by row and marks what it did in the transaction that does it. So it
may be repeated, run twice at once or be killed at any point. Each gives how many it did.
"""

import datetime
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from ..days import PARIS, today
from ..models import City, Coordinator, FocalPointChange, Invitation, OutboxMessage, Photo
from ..people import Person
from .announcement import announce_due
from .assignment import close_due_assignments, remind_evaluators, tell_of_conflicts
from .endorsement import remind_commissions
from .once import once
from .outbox import write_mail
from .partnership import remind_unanswered
from .sending import send_due
from .submission import remind_of_drafts

logger = logging.getLogger(__name__)

Role = Coordinator.Role


def ago(days: int) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(days=days)


def coordinators(city: City, roles: Iterable[str]) -> list[Person]:
    """Who has one of the roles for a city now, the focal point first."""
    mandates = Coordinator.objects.reachable().filter(city=city, role__in=roles).order_by("begins_at")
    return [mandate.user for mandate in sorted(mandates, key=lambda mandate: not mandate.is_focal_point)]


def remind_to_confirm() -> int:
    """Ask focal points whose city's page nobody has confirmed for a year to look through it; once a year each."""
    members = City.objects.members()
    focal_points = (
        Coordinator.objects.reachable()
        .focal_points()
        .filter(city__in=members.values("pk"))
        .select_related("city")
        .annotate(confirmed_on=models.Max("city__confirmations__day"))
    )
    reminded = 0
    for mandate in focal_points:
        # A new focal point has a year, unless an earlier one confirmed the page longer ago than that.
        since = mandate.confirmed_on or mandate.begins_at.astimezone(PARIS).date()
        years = (today() - since).days // settings.CONFIRMATION_DAYS
        if years < 1:
            continue
        with transaction.atomic():
            if once(f"confirmation/{mandate.city_id}/{since.isoformat()}/{years}"):
                context = {"city": mandate.city, "confirmed_on": mandate.confirmed_on}
                write_mail("reminder-confirmation", to=mandate.user, context=context)
                reminded += 1
    return reminded


def remind_of_photos() -> int:
    """Tell focal points, once, that the right to show photos ends within a month."""
    last = today() + datetime.timedelta(days=settings.PHOTO_GRANT_REMINDER_DAYS)
    ending = defaultdict(list)
    for photo in (
        Photo.objects.usable()
        .filter(granted_until__lte=last, city__isnull=False)
        .select_related("city")
        .order_by("granted_until")
    ):
        if photo.city:
            ending[photo.city].append(photo)
    reminded = 0
    for city, photos in ending.items():
        people = coordinators(city, [Role.FOCAL_POINT]) or coordinators(city, [Role.ALTERNATE])
        if not people:
            continue
        with transaction.atomic():
            due = [photo for photo in photos if once(f"photo/{photo.pk}/{photo.granted_until}")]
            if not due:
                continue
            for person in people:
                write_mail("reminder-photos", to=person, context={"city": city, "photos": due})
            reminded += 1
    return reminded


def empty_invitations() -> int:
    """Forget name and address in invitations, and in changes of focal points, that are closed for long."""
    limit = ago(settings.INVITATIONS_KEPT_DAYS)
    invitations = Invitation.objects.filter(
        models.Q(accepted_at__lt=limit) | models.Q(withdrawn_at__lt=limit) | models.Q(expires_at__lt=limit)
    )
    changes = FocalPointChange.objects.exclude(status=FocalPointChange.Status.SUBMITTED).filter(decided_at__lt=limit)
    named = ~models.Q(email="", name="")
    return sum(rows.filter(named).update(email="", name="") for rows in (invitations, changes))


def empty_mails() -> int:
    """Forget address and text of mails that left long ago, or never will."""
    limit, Status = ago(settings.OUTBOX_KEPT_DAYS), OutboxMessage.Status  # noqa: N806  a class
    old = OutboxMessage.objects.filter(
        models.Q(status=Status.SENT, sent_at__lt=limit)
        | models.Q(status__in=[Status.WITHDRAWN, Status.GIVEN_UP], created_at__lt=limit)
    )
    return old.exclude(to="", subject="", body="").update(to="", subject="", body="")


def remove_sessions() -> int:
    """Remove the sessions that have expired, and what was noted of them."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    known = Session.objects.values("session_key")
    removed, _by_model = UserSession.objects.exclude(session_key__in=known).delete()
    return removed


def remove_task_results() -> int:
    """Remove what finished tasks left behind."""
    limit = ago(settings.TASK_RESULTS_KEPT_DAYS)
    removed, _by_model = DBTaskResult.objects.finished().filter(finished_at__lt=limit).delete()
    return removed


DUTIES: list[Callable[[], int]] = [
    announce_due,
    remind_unanswered,
    remind_commissions,
    remind_to_confirm,
    remind_of_photos,
    remind_of_drafts,
    close_due_assignments,
    tell_of_conflicts,
    remind_evaluators,
    empty_invitations,
    empty_mails,
    remove_sessions,
    remove_task_results,
    send_due,
]
"""Mail last, so that the reminders of this run leave with it."""


def hand_over(*duties: Callable[[], int]) -> None:
    """Have duties of an app that this one does not know done as well, before the mails leave."""
    DUTIES[-1:-1] = [duty for duty in duties if duty not in DUTIES]


def tick() -> dict[str, int | None]:
    """Do every duty; None stands for one that failed, which does not keep the others from being done."""
    done: dict[str, int | None] = {}
    for duty in DUTIES:
        try:
            done[duty.__name__] = duty()
        except Exception:
            logger.exception("%s failed", duty.__name__)
            done[duty.__name__] = None
    return done
