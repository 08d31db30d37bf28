"""What happens to a call for hosts: copied, published, rescheduled, cancelled, decided without a ballot, agreed."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cities.days import today
from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import City, Coordinator, HistoryEntry, PrivateFile
from cities.people import Person
from cities.services.call import shifted
from cities.services.history import record
from cities.services.locking import locked
from cities.services.outbox import write_mail
from cities.services.private_file import store

from ..models import Ballot, BidCity, HostBid, HostCall, HostCriterion, Meeting, Rescheduling

Status = HostCall.Status
Verb = HistoryEntry.Verb

RUN = "meetings.run_hosting"
INSTANTS = ("opens_at", "closes_at", "ballot_opens_at", "ballot_closes_at")
MISSING = {
    "en": gettext_lazy("%(what)s: the text in English is missing."),
    "fr": gettext_lazy("%(what)s: the text in French is missing."),
}


class HostCallRefused(NetworkError):
    """A call for hosts cannot be copied, published, moved or decided as asked."""


def name_of(instant: str) -> Any:
    """What an instant of a call for hosts is called on screen."""
    column: Any = HostCall._meta.get_field(instant)
    return column.verbose_name


def check_runs_hosting(by: Person | None) -> None:
    """Raises HostCallRefused for whoever is no officer; None is the portal itself."""
    if by is not None and not by.has_perm(RUN):
        raise HostCallRefused(_("Only officers of the secretariat do this."))


def held_host_call(host_call: HostCall) -> HostCall:
    """The row, and that of its meeting before it, held until the transaction ends."""
    meeting = locked(host_call.meeting)
    stored = locked(host_call)
    stored.meeting = meeting
    return stored


# What keeps a call for hosts from being published


def obstacles(host_call: HostCall, at: datetime.datetime | None = None) -> list[str]:
    """Why it cannot be published at an instant (now by default), a sentence each; nothing when it can."""
    at = at or timezone.now()
    return [
        *_about_meeting(host_call.meeting),
        *_about_texts(host_call),
        *_about_instants(host_call, at),
        *_about_criteria(host_call),
    ]


def _languages_missing(row: Any, name: str, what: str) -> Iterator[str]:
    for code, sentence in MISSING.items():
        if not getattr(row, f"{name}_{code}").strip():
            yield str(sentence) % {"what": what}


def _about_meeting(meeting: Meeting) -> Iterator[str]:
    if meeting.status != Meeting.Status.PLANNED:
        yield _("A host is sought only for a meeting that is planned; this one is “%(status)s”.") % {
            "status": meeting.get_status_display()
        }
    elif meeting.hosts.exists():
        yield _("The meeting has a host already: %(names)s.") % {"names": meeting.host_names}


def _about_texts(host_call: HostCall) -> Iterator[str]:
    # It need not be there, but if it is, then in both languages.
    if any(getattr(host_call, f"introduction_{code}").strip() for code in MISSING):
        yield from _languages_missing(host_call, "introduction", _("The introduction"))


def _about_instants(host_call: HostCall, at: datetime.datetime) -> Iterator[str]:
    if why := out_of_order(host_call):
        yield why
    # What is marked as a demonstration is there to be tried at once.
    if host_call.opens_at < at and not host_call.is_demonstration:
        yield _("The opening lies in the past: nobody could have known of it.")
    for name in INSTANTS[1:]:
        if getattr(host_call, name) <= at:
            yield _("This date lies in the past: %(name)s.") % {"name": name_of(name)}


def out_of_order(host_call: HostCall) -> str:
    """What is wrong with the order of its instants, in a sentence; nothing when they are in order."""
    opens, closes, ballot_opens, ballot_closes = (getattr(host_call, name) for name in INSTANTS)
    if opens < closes <= ballot_opens < ballot_closes:
        return ""
    return _("The dates are out of order: opening, closing, opening of the ballot, its closing.")


def _about_criteria(host_call: HostCall) -> Iterator[str]:
    criteria = list(host_call.criteria.all())
    if not criteria:
        yield _("There is no criterion: say what a host must offer.")
    for criterion in criteria:
        name = criterion.text or criterion.position
        yield from _languages_missing(criterion, "text", _("Criterion “%(criterion)s”") % {"criterion": name})


# Drafts


@transaction.atomic
def copy_host_call(*, host_call: HostCall, meeting: Meeting, by: Person | None) -> HostCall:
    """A new draft for a meeting with the rules, the introduction and the criteria of an earlier call for hosts.

    Its dates are moved by the years between the meetings, at the same time of day in Paris. Raises HostCallRefused
    when the meeting seeks no host, or has another call for hosts in preparation or running.
    """
    check_runs_hosting(by)
    held = locked(meeting)
    for why in _about_meeting(held):
        raise HostCallRefused(why)
    if HostCall.objects.filter(meeting=held, status__in=HostCall.RUNNING).exists():
        raise HostCallRefused(_("Another call for hosts of this meeting is in preparation or runs."))
    source = HostCall.objects.select_related("meeting").get(pk=host_call.pk)
    years = held.year - source.meeting.year
    kept = (
        "introduction_en",
        "introduction_fr",
        "bidders_vote",
        "quorum_percent",
        "runoff_hours",
        "most_rounds",
        "most_cities",
        "is_demonstration",
    )
    copied = HostCall.objects.create(
        meeting=held,
        **{name: getattr(source, name) for name in kept},
        **{name: shifted(getattr(source, name), years) for name in INSTANTS},
    )
    HostCriterion.objects.bulk_create(
        HostCriterion(host_call=copied, position=one.position, text_en=one.text_en, text_fr=one.text_fr)
        for one in source.criteria.all()
    )
    record(Verb.HOST_CALL_COPIED, on=copied, by=by, changes={"copied_from": [None, source.meeting.edition]})
    return copied


# The machine


def move_host_call(
    host_call: HostCall,
    to: HostCall.Status,
    *,
    verb: HistoryEntry.Verb,
    by: Person | None,
    reason: str = "",
    **fields: Any,
) -> HostCall:
    """Bring a call for hosts to a status and record it; raises TransitionNotAllowed. For the verbs, and the ballot's.

    Its meeting is locked before, where that changes too.
    """
    stored = locked(host_call)
    if to not in HostCall.TRANSITIONS.get(Status(stored.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the call for hosts is “%(status)s” now.") % {"status": stored.get_status_display()}
        )
    before, stored.status = stored.status, to
    for name, value in fields.items():
        setattr(stored, name, value)
    stored.save(update_fields=["status", *fields])
    record(verb, on=stored, by=by, changes={"status": [before, stored.status]}, reason=reason)
    return stored


def _given(reason: str) -> str:
    if not reason.strip():
        raise HostCallRefused(_("Give a reason."))
    return reason.strip()


@transaction.atomic
def publish_host_call(*, host_call: HostCall, by: Person | None) -> HostCall:
    """Show a draft to the public, freeze its rules and criteria, and tell the focal points of all members.

    Raises HostCallRefused naming all obstacles.
    """
    check_runs_hosting(by)
    stored = held_host_call(host_call)
    if stored.is_draft and (found := obstacles(stored, timezone.now())):
        raise HostCallRefused(_("The call cannot be published yet.") + " " + " ".join(found))
    published = move_host_call(stored, Status.PUBLISHED, verb=Verb.HOST_CALL_PUBLISHED, by=by)
    # A demonstration troubles nobody.
    if not published.is_demonstration:
        members = City.objects.members().order_by().values("pk")
        for person in Coordinator.objects.reachable().focal_points().filter(city__in=members).persons():
            write_mail("host-call-published", to=person, context={"host_call": published})
    return published


@transaction.atomic
def take_back_host_call(*, host_call: HostCall, reason: str, by: Person) -> HostCall:
    """Make a published call for hosts a draft again, before it opens; raises TransitionNotAllowed after that."""
    check_runs_hosting(by)
    stored = held_host_call(host_call)
    if stored.status == Status.PUBLISHED and timezone.now() >= stored.opens_at:
        raise TransitionNotAllowed(
            _("The call for hosts has opened: cities rely on it, and its rules stay. Reschedule it, or cancel it.")
        )
    return move_host_call(stored, Status.DRAFT, verb=Verb.HOST_CALL_TAKEN_BACK, by=by, reason=_given(reason))


@transaction.atomic
def cancel_host_call(*, host_call: HostCall, reason: str, by: Person) -> HostCall:
    """End a call for hosts for good. Those who speak for the cities of its bids get the reason by mail.

    While members vote the ballot is annulled before; raises TransitionNotAllowed when that was not done.
    """
    check_runs_hosting(by)
    stored = held_host_call(host_call)
    if Ballot.objects.open().filter(host_call=stored).exists():
        raise TransitionNotAllowed(_("Members are voting: annul the ballot first."))
    reason = _given(reason)
    told = bidders(stored)
    cancelled = move_host_call(stored, Status.CANCELLED, verb=Verb.HOST_CALL_CANCELLED, by=by, reason=reason)
    for person in told:
        write_mail("host-call-cancelled", to=person, context={"host_call": cancelled, "reason": reason})
    return cancelled


@transaction.atomic
def decide_without_ballot(*, host_call: HostCall, reason: str, by: Person) -> HostCall:
    """End a call for hosts that has closed and has no bid to vote on: without a host.

    Raises HostCallRefused while bids are taken, to be examined, or eligible.
    """
    check_runs_hosting(by)
    stored = held_host_call(host_call)
    if stored.status == Status.PUBLISHED:
        if why := why_a_ballot_is_due(stored):
            raise HostCallRefused(why)
    elif stored.status == Status.BALLOT:
        raise TransitionNotAllowed(_("Members vote, or have voted: the ballot decides."))
    return move_host_call(stored, Status.DECIDED, verb=Verb.HOST_CALL_DECIDED, by=by, reason=_given(reason))


def why_a_ballot_is_due(host_call: HostCall) -> str:
    """What keeps a published call for hosts from ending without a ballot, in a sentence; nothing when it can."""
    if timezone.now() < host_call.closes_at:
        return _("The call for hosts has not closed: a bid can still come.")
    bids = HostBid.objects.filter(host_call=host_call)
    if bids.filter(status=HostBid.Status.SUBMITTED).exists():
        return _("A bid is not examined yet.")
    if bids.filter(status=HostBid.Status.ELIGIBLE).exists():
        return _("There is an eligible bid: the members vote on it.")
    return ""


# Other dates


def can_move(host_call: HostCall, name: str, at: datetime.datetime) -> bool:
    """Whether an instant of a published call for hosts can still be moved: what has happened is not.

    The ballot opens when all is ready: until it is open, its instants can be moved though they have passed.
    """
    return name in INSTANTS[2:] or getattr(host_call, name) > at


@transaction.atomic
def reschedule_host_call(
    *, host_call: HostCall, reason_en: str, reason_fr: str, by: Person, **instants: datetime.datetime
) -> HostCall:
    """Move instants of a published call for hosts that have not passed, for a reason that everybody reads.

    Once it is open, it can close later but not earlier. Those who speak for the cities of its bids are told by mail.
    Raises HostCallRefused when nothing changes, an instant comes out of order or would lie in the past.
    """
    if unknown := set(instants) - set(INSTANTS):
        raise TypeError(f"no instants of a call for hosts: {', '.join(sorted(unknown))}")
    check_runs_hosting(by)
    stored = held_host_call(host_call)
    now = timezone.now()
    if stored.status != Status.PUBLISHED:
        raise TransitionNotAllowed(_("Only a published call for hosts whose ballot has not opened can be rescheduled."))
    if not reason_en.strip() or not reason_fr.strip():
        raise HostCallRefused(_("Give a reason, in both languages."))
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for name, value in instants.items():
        held = getattr(stored, name)
        if held == value:
            continue
        _check_movable(stored, name, value, now)
        before[name], after[name] = _iso(held), _iso(value)
        setattr(stored, name, value)
    if not after:
        raise HostCallRefused(_("Nothing would change."))
    if why := out_of_order(stored):
        raise HostCallRefused(why)
    stored.save(update_fields=list(after))
    rescheduling = Rescheduling.objects.create(
        host_call=stored, before=before, after=after, reason_en=reason_en.strip(), reason_fr=reason_fr.strip(), by=by
    )
    record(
        Verb.HOST_CALL_RESCHEDULED,
        on=stored,
        by=by,
        changes={name: [before[name], after[name]] for name in after},
        reason=rescheduling.reason_en,
    )
    for person in bidders(stored):
        write_mail("host-call-rescheduled", to=person, context={"host_call": stored, "rescheduling": rescheduling})
    return stored


def _check_movable(host_call: HostCall, name: str, value: datetime.datetime, now: datetime.datetime) -> None:
    if not can_move(host_call, name, now):
        raise HostCallRefused(_("This instant has passed and stays: %(name)s.") % {"name": name_of(name)})
    if value <= now:
        raise HostCallRefused(_("This date lies in the past: %(name)s.") % {"name": name_of(name)})
    if name == "closes_at" and host_call.opens_at <= now and value < host_call.closes_at:
        raise HostCallRefused(_("The call for hosts is open: time can be added, not taken away."))


def _iso(instant: datetime.datetime) -> str:
    return instant.astimezone(datetime.UTC).isoformat()


def moves_of(host_call: HostCall) -> list[tuple[Rescheduling, list[tuple[Any, ...]]]]:
    """The new dates of a call for hosts, the last first: each with what was moved, from when and to when."""
    return [
        (
            one,
            [
                (name_of(name), *(datetime.datetime.fromisoformat(moved[name]) for moved in (one.before, one.after)))
                for name in INSTANTS
                if name in one.after
            ],
        )
        for one in host_call.reschedulings.select_related("by")
    ]


# The agreement


def selected_bid(host_call: HostCall) -> HostBid | None:
    return host_call.bids.with_cities().filter(status=HostBid.Status.SELECTED).first()


@transaction.atomic
def sign_agreement(*, host_call: HostCall, signed_on: datetime.date, file: UploadedFile | None, by: Person) -> HostCall:
    """Note when the agreement with the selected host was signed, and keep its text, which the secretariat reads.

    What was noted before is corrected by it; a text that is kept stays unless another comes. Raises HostCallRefused
    where no host was selected or the day is to come, UploadRefused for what is no PDF.
    """
    check_runs_hosting(by)
    stored = held_host_call(host_call)
    if stored.status != Status.DECIDED or selected_bid(stored) is None:
        raise HostCallRefused(_("No host was selected: there is nobody to agree with."))
    if signed_on > today():
        raise HostCallRefused(_("The agreement cannot be signed on a day that has not come yet."))
    changes: dict[str, list[Any]] = {
        "agreement_signed_on": [
            stored.agreement_signed_on.isoformat() if stored.agreement_signed_on else None,
            signed_on.isoformat(),
        ]
    }
    stored.agreement_signed_on = signed_on
    if file is not None:
        kept = store(kind=PrivateFile.Kind.HOST_BID, upload=file, by=by, taken=("PDF",))
        changes[kept.name] = [None, kept.sha256]
        stored.agreement = kept
    stored.save(update_fields=["agreement_signed_on", "agreement"])
    record(Verb.AGREEMENT_SIGNED, on=stored, by=by, changes=changes)
    return stored


# Who is told


def bidders(host_call: HostCall) -> list[Person]:
    """Those who speak for a city of a bid that was not withdrawn, of those still to confirm too."""
    cities = (
        BidCity.objects.filter(bid__host_call=host_call, left_at=None)
        .exclude(bid__status=HostBid.Status.WITHDRAWN)
        .order_by()
        .values("city")
    )
    return Coordinator.objects.reachable().filter(city__in=cities, role__in=Coordinator.SPEAKERS).persons()


# For the pages


def with_numbers(host_calls: models.QuerySet[HostCall]) -> models.QuerySet[Any]:
    """The calls for hosts with their meetings and how many bids were begun, and handed in."""
    return host_calls.select_related("meeting").annotate(
        begun=models.Count("bids", filter=~models.Q(bids__status=HostBid.Status.WITHDRAWN)),
        received=models.Count(
            "bids",
            filter=models.Q(bids__submitted_at__isnull=False)
            & ~models.Q(bids__status__in=[HostBid.Status.DRAFT, HostBid.Status.WITHDRAWN]),
        ),
    )


@dataclass(frozen=True)
class Hosting:
    """The last public call for hosts of a meeting; once it is decided, what was voted on."""

    host_call: HostCall
    selected: HostBid | None
    others: list[HostBid]


def hosting_of(meeting: Meeting) -> Hosting | None:
    found: HostCall | None = HostCall.objects.public().filter(meeting=meeting).order_by("-pk").first()
    if found is None:
        return None
    bids = decided_bids(found)
    selected = next((bid for bid in bids if bid.status == HostBid.Status.SELECTED), None)
    return Hosting(found, selected, [bid for bid in bids if bid != selected])


def decided_bids(host_call: HostCall) -> list[HostBid]:
    """The bids that were voted on, the selected one first; nothing before the decision, and no query either."""
    if host_call.status != Status.DECIDED:
        return []
    bids = HostBid.objects.named_publicly().with_cities().filter(host_call=host_call)
    return sorted(bids, key=lambda bid: (bid.status != HostBid.Status.SELECTED, bid.pk))
