"""What waits for an officer in the calls for hosts, and in the registrations for meetings.

As many queries for one bid, or one person, as for many; one for each of the two when nothing runs.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count, Q
from django.utils import timezone

from cities.people import Person

from ..models import Ballot, HostBid, HostCall, Meeting, MeetingQuestion, Registration
from .attendance import answering
from .ballot import readiness
from .host_call import RUN

Phase = HostCall.Phase


class Kind(StrEnum):
    """What there is to do. The texts stand with the start page."""

    PUBLISH = "publish"
    EXAMINE = "examine"
    NOT_READY = "not-ready"
    RUN_OFF = "run-off"
    AGREEMENT = "agreement"


@dataclass(frozen=True)
class HostingDuty:
    kind: Kind
    number: int
    host_call: HostCall
    due: datetime.datetime | None = None

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.due <= timezone.now()


def hosting_duties(reader: Person) -> list[HostingDuty]:
    """What waits in the calls for hosts, the most pressing first; for who may act on it."""
    if not reader.has_perm(RUN):
        return []
    now = timezone.now()
    unsigned = Q(status=HostCall.Status.DECIDED, agreement_signed_on=None, bids__status=HostBid.Status.SELECTED)
    found = []
    running = HostCall.objects.filter(Q(status__in=HostCall.RUNNING) | unsigned).select_related("meeting")
    for host_call in running.annotate(
        unexamined=Count("bids", filter=Q(bids__status=HostBid.Status.SUBMITTED), distinct=True)
    ):
        match host_call.phase(now):
            case Phase.DRAFT:
                found.append(HostingDuty(Kind.PUBLISH, 1, host_call, host_call.opens_at))
            case Phase.EXAMINATION if host_call.unexamined:
                found.append(HostingDuty(Kind.EXAMINE, host_call.unexamined, host_call, host_call.ballot_opens_at))
            case Phase.EXAMINATION if why := readiness(host_call, max(now, host_call.ballot_opens_at)):
                found.append(HostingDuty(Kind.NOT_READY, len(why), host_call, host_call.ballot_opens_at))
            case Phase.BALLOT if waits_for_runoff(host_call):
                found.append(HostingDuty(Kind.RUN_OFF, 1, host_call))
            case Phase.DECIDED:
                found.append(HostingDuty(Kind.AGREEMENT, 1, host_call))
    far = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    order = list(Kind)
    return sorted(found, key=lambda duty: (duty.due or far, order.index(duty.kind)))


def waits_for_runoff(host_call: HostCall) -> bool:
    """Whether the last ballot of a call ended in a tie, and no other has followed."""
    last = Ballot.objects.filter(host_call=host_call).order_by("number").last()
    return last is not None and last.outcome == Ballot.Outcome.TIE


@dataclass(frozen=True)
class RegistrationDuty:
    """Letters for a visa that are wanted for a meeting to come, by persons who have a place, and not issued yet."""

    number: int
    meeting: Meeting


def registration_duties(reader: Person) -> list[RegistrationDuty]:
    """What waits in the registrations for meetings to come, the next first; for who may act on it."""
    if not reader.has_perm("meetings.run_registration"):
        return []
    asked = MeetingQuestion.objects.filter(
        purpose=MeetingQuestion.Purpose.VISA, meeting__status__in=Meeting.TO_COME
    ).select_related("meeting")
    meetings = [question.meeting for question in asked.order_by("meeting__start_date", "meeting__edition")]
    if not meetings:
        return []
    wanted = answering(
        Registration.objects.filter(meeting__in=meetings, visa_letter_on=None).coming(),
        MeetingQuestion.Purpose.VISA,
    )
    numbers = dict(wanted.order_by().values_list("meeting").annotate(Count("pk")))
    return [RegistrationDuty(numbers[one.pk], one) for one in meetings if one.pk in numbers]
