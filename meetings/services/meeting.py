"""What moves a meeting: its hosts, its registration, other dates or another place, and what it leaves behind.

A meeting is locked before all that hangs on it: calls for hosts, bids, ballots, registrations, sessions.
"""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from cities.days import PARIS, today, until_in_words
from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import City, Coordinator, Country, HistoryEntry, PrivateFile
from cities.people import Person
from cities.services.edits import keep_baseline, sign_edit
from cities.services.history import record
from cities.services.locking import locked
from cities.services.outbox import write_mail
from cities.services.private_file import store

from ..models import (
    HostCall,
    Meeting,
    MeetingChange,
    MeetingDocument,
    MeetingHost,
    Registration,
    Session,
    SessionSpeaker,
)

RUN = "meetings.run_meeting"
Status = Meeting.Status
Verb = HistoryEntry.Verb
Kind = MeetingChange.Kind

OF_THE_PLACE = ("venue", "address", "practical_en", "practical_fr", "website")
"""What is true of a place alone, and so is emptied when a meeting leaves it."""
WITH_A_HOST = (Status.HOST_SELECTED, Status.REGISTRATION_OPEN, Status.REGISTRATION_CLOSED)


class MeetingRefused(NetworkError):
    """A meeting cannot be moved, or its registration opened, as asked."""


@dataclass(frozen=True)
class Place:
    """Who hosts: a city, or a place that never was a member and has only its names."""

    city: City | None = None
    name_en: str = ""
    name_fr: str = ""

    @classmethod
    def of(cls, host: "City | Place") -> "Place":
        return cls(host, host.name_en, host.name_fr) if isinstance(host, City) else host

    @property
    def key(self) -> tuple[int | None, str, str]:
        return (self.city.pk, "", "") if self.city else (None, self.name_en, self.name_fr)


@dataclass(frozen=True)
class Figures:
    """Who came to a meeting; what is not known is None."""

    participants: int | None = None
    cities: int | None = None
    mayors: int | None = None
    counted: bool = False
    """Counted at the entrance; otherwise as reported."""
    source: str = ""

    def __bool__(self) -> bool:
        return any((self.participants, self.cities, self.mayors))


def figures(meeting: Meeting) -> Figures:
    """Who came: as reported, or else counted from the check-in. One query at most, none before the meeting begins."""
    return figures_of([meeting])[meeting.pk]


def figures_of(meetings: Sequence[Meeting]) -> dict[int, Figures]:
    """Who came to each of the meetings, by its key; one query at most."""
    found = {}
    to_count = []
    for meeting in meetings:
        reported = (meeting.participants, meeting.cities_represented, meeting.mayors)
        found[meeting.pk] = Figures()
        if any(number is not None for number in reported):
            found[meeting.pk] = Figures(*reported, source=meeting.figures_source)
        elif meeting.start_date and meeting.start_date <= today():
            found[meeting.pk] = Figures(0, 0, 0, counted=True)
            to_count.append(meeting.pk)
    came = Registration.objects.filter(meeting__in=to_count, checked_in_at__isnull=False).order_by()
    counted = came.values_list("meeting").annotate(
        came=models.Count("pk"),
        from_cities=models.Count("city", distinct=True),
        as_mayors=models.Count("pk", filter=models.Q(capacity=Registration.Capacity.MAYOR)),
    )
    for pk, participants, cities, mayors in counted if to_count else ():
        found[pk] = Figures(participants, cities, mayors, counted=True)
    return found


def closed_by_the_clock(now: datetime.datetime) -> list[datetime.datetime | None]:
    """The instants at which registrations closed that nobody has closed by an act yet; one query."""
    over = Meeting.objects.filter(status=Status.REGISTRATION_OPEN, registration_closes_at__lte=now)
    return list(over.order_by("edition").values_list("registration_closes_at", flat=True))


def moved_by_hours(now: datetime.datetime) -> list[object]:
    """What changes of the public meetings though no edition of the data counts it; one query.

    Which registrations the clock has closed, and how many were counted at the entrance.
    """
    here = models.Q(registrations__checked_in_at__isnull=False)
    rows = Meeting.objects.order_by("edition").annotate(
        came=models.Count("registrations", filter=here),
        from_cities=models.Count("registrations__city", filter=here, distinct=True),
        as_mayors=models.Count(
            "registrations", filter=here & models.Q(registrations__capacity=Registration.Capacity.MAYOR)
        ),
    )
    found: list[object] = []
    for edition, status, closes, *came in rows.values_list(
        "edition", "status", "registration_closes_at", "came", "from_cities", "as_mayors"
    ):
        if status == Status.REGISTRATION_OPEN and closes and closes <= now:
            found.append(closes)
        if status in Meeting.HELD and came[0]:
            found.append(f"{edition}: {came}")
    return found


# The machine


def _may(by: Person | None, meeting: Meeting) -> None:
    """Nobody in particular is the clock, or the count of a ballot."""
    if by is not None and not by.has_perm(RUN, meeting):
        raise MeetingRefused(gettext_lazy("Only the secretariat can do this."))


def _held(meeting: Meeting, by: Person | None) -> Meeting:
    """The row, held until the transaction ends; raises MeetingRefused for whom it is not to run."""
    _may(by, meeting)
    return locked(meeting)


def _check_status(meeting: Meeting, allowed: Collection[str]) -> None:
    if meeting.status not in allowed:
        raise TransitionNotAllowed(
            _("This cannot be done: the meeting is “%(status)s” now.") % {"status": meeting.get_status_display()}
        )


def _move(
    meeting: Meeting,
    to: Status,
    *,
    verb: HistoryEntry.Verb,
    by: Person | None,
    reason: str = "",
    changes: dict[str, list[Any]] | None = None,
    **fields: Any,
) -> Meeting:
    """The caller holds the row."""
    _check_status(meeting, [one for one in Status if to in Meeting.TRANSITIONS.get(one, set())])
    before = meeting.status
    _write(meeting, by=by, reason=reason, status=to, **fields)
    record(verb, on=meeting, by=by, changes={"status": [before, str(to)]} | (changes or {}), reason=reason)
    return meeting


def _write(meeting: Meeting, *, by: Person | None, reason: str = "", **fields: Any) -> None:
    """Save columns of a held row, with its edit history."""
    keep_baseline(meeting)
    sign_edit(meeting, by, reason)
    for name, value in fields.items():
        setattr(meeting, name, value)
    meeting.save(update_fields=list(fields))


def _given(reason_en: str, reason_fr: str) -> tuple[str, str]:
    if not (reason_en.strip() and reason_fr.strip()):
        raise MeetingRefused(_("Give the reason in both languages: everybody can read it."))
    return reason_en.strip(), reason_fr.strip()


def _iso(value: Any) -> Any:
    """As history keeps it: days and instants as texts."""
    return value.isoformat() if isinstance(value, datetime.date) else value


# Hosts


@transaction.atomic
def choose_hosts(
    *, meeting: Meeting, hosts: Sequence[City | Place], by: Person | None, country: Country | None = None
) -> Meeting:
    """Name who hosts a planned meeting; by nobody in particular when a ballot decided.

    The country is that of the first host that is a city of the network, unless another is given. Raises MeetingRefused
    without a host, with one named twice, where no country follows, and while a call for hosts runs.
    """
    stored = _held(meeting, by)
    _check_status(stored, [Status.PLANNED])
    if running_host_call(stored):
        raise MeetingRefused(_("A call for hosts runs for this meeting: its decision names the hosts."))
    places, country = _checked(hosts, country)
    before = _names(stored)
    _write_hosts(stored, places, by)
    changes: dict[str, list[Any]] = {"hosts": [before["en"], _names(stored)["en"]]}
    changes["country"] = [stored.country_id, country.pk]
    return _move(stored, Status.HOST_SELECTED, verb=Verb.HOST_CHOSEN, by=by, changes=changes, country=country)


def _checked(hosts: Sequence[City | Place], country: Country | None) -> tuple[list[Place], Country]:
    places = [Place.of(host) for host in hosts]
    if not places:
        raise MeetingRefused(_("Name who hosts the meeting."))
    if len({place.key for place in places}) < len(places):
        raise MeetingRefused(_("A host is named twice."))
    country = country or next((place.city.country for place in places if place.city), None)
    if country is None:
        raise MeetingRefused(_("Choose the country: none of the hosts is a city of the network."))
    return places, country


def _names(meeting: Meeting) -> dict[str, str]:
    """The hosts as they are stored, by language."""
    fresh = Meeting.objects.get(pk=meeting.pk)
    names = {}
    for language in ("en", "fr"):
        with override(language):
            names[language] = fresh.host_names
    return names


def _write_hosts(meeting: Meeting, places: Sequence[Place], by: Person | None) -> None:
    """Make the hosts these, in this order; one that stays keeps its row."""
    rows = {(row.city_id, *(("", "") if row.city_id else (row.name_en, row.name_fr))): row for row in _rows(meeting)}
    for key, row in rows.items():
        if key not in {place.key for place in places}:
            keep_baseline(row)
            sign_edit(row, by, "")
            row.delete()
    for position, place in enumerate(places):
        row = rows.get(place.key) or MeetingHost(
            meeting=meeting, city=place.city, name_en=place.name_en, name_fr=place.name_fr
        )
        if row.pk is None or row.position != position:
            keep_baseline(row)
            row.position = position
            sign_edit(row, by, "")
            row.save()


def _rows(meeting: Meeting) -> list[MeetingHost]:
    return list(MeetingHost.objects.filter(meeting=meeting).order_by("position", "pk"))


@transaction.atomic
def relocate(
    *,
    meeting: Meeting,
    hosts: Sequence[City | Place],
    country: Country | None,
    reason_en: str,
    reason_fr: str,
    by: Person,
    time_zone: str = "",
) -> Meeting:
    """Hold a meeting elsewhere: other hosts, and the reason for everybody to read.

    What was said of the former place is emptied: venue, address, practical information, website. Who registered, the
    focal points of members and those of the former hosts get the reason by mail. Raises MeetingRefused when nothing
    would change.
    """
    stored = _held(meeting, by)
    _check_status(stored, WITH_A_HOST)
    reason_en, reason_fr = _given(reason_en, reason_fr)
    places, country = _checked(hosts, country)
    if {place.key for place in places} == {Place(row.city, row.name_en, row.name_fr).key for row in _rows(stored)}:
        raise MeetingRefused(_("Nothing would change: these are its hosts already."))
    before = _names(stored)
    told = _addressees(stored)
    _write_hosts(stored, places, by)
    after = _names(stored)
    changes: dict[str, list[Any]] = {"hosts": [before["en"], after["en"]], "country": [stored.country_id, country.pk]}
    if time_zone and time_zone != stored.time_zone:
        changes["time_zone"] = [stored.time_zone, time_zone]
    _write(
        stored,
        by=by,
        reason=reason_en,
        country=country,
        time_zone=time_zone or stored.time_zone,
        **dict.fromkeys(OF_THE_PLACE, ""),
    )
    change = _note(stored, Kind.RELOCATED, (reason_en, reason_fr), by=by, hosts=(before, after))
    record(Verb.MEETING_RELOCATED, on=stored, by=by, changes=changes, reason=reason_en)
    _tell(stored, change, told | _addressees(stored))
    return stored


@transaction.atomic
def give_up_host(*, meeting: Meeting, reason_en: str, reason_fr: str, by: Person) -> Meeting:
    """Make a meeting whose hosts gave it up a planned one again, without hosts; the reason is for everybody to read."""
    stored = _held(meeting, by)
    _check_status(stored, [Status.HOST_SELECTED])
    reason_en, reason_fr = _given(reason_en, reason_fr)
    before, country = _names(stored), stored.country_id
    told = _addressees(stored)
    _write_hosts(stored, [], by)
    moved = _move(
        stored,
        Status.PLANNED,
        verb=Verb.HOST_GIVEN_UP,
        by=by,
        reason=reason_en,
        changes={"hosts": [before["en"], ""], "country": [country, None]},
        country=None,
        **dict.fromkeys(OF_THE_PLACE, ""),
    )
    change = _note(moved, Kind.RELOCATED, (reason_en, reason_fr), by=by, hosts=(before, {"en": "", "fr": ""}))
    _tell(moved, change, told)
    return moved


def running_host_call(meeting: Meeting) -> HostCall | None:
    """The call for hosts of a meeting that cities were told of and that is not over."""
    running = [status for status in HostCall.RUNNING if status != HostCall.Status.DRAFT]
    return HostCall.objects.filter(meeting=meeting, status__in=running).first()


# Registration


def obstacles_to_registration(meeting: Meeting) -> list[str]:
    """What keeps registration from being opened, besides where the meeting stands; a sentence each."""
    found = []
    if not _rows(meeting):
        found.append(_("It has no host."))
    if meeting.start_date is None:
        found.append(_("Its days are not known."))
    elif meeting.end_date is not None and meeting.end_date < today():
        found.append(_("Its days are over."))
    if meeting.personal_data_until is None:
        found.append(_("It does not say until when personal data are kept."))
    return found


@transaction.atomic
def open_registration(*, meeting: Meeting, closes_at: datetime.datetime, by: Person) -> Meeting:
    """Let persons register until an instant; the focal points of all member cities are told by mail.

    Raises MeetingRefused with everything that lacks, or for an instant that has passed or lies after the meeting.
    """
    stored = _held(meeting, by)
    _check_status(stored, [Status.HOST_SELECTED])
    opened = _open(stored, closes_at, by)
    for person in _focal_points(City.objects.members()):
        write_mail("meeting-registration-open", to=person, context={"meeting": opened})
    return opened


@transaction.atomic
def reopen_registration(*, meeting: Meeting, closes_at: datetime.datetime, by: Person) -> Meeting:
    """Let persons register again, until another instant; raises MeetingRefused as `open_registration`."""
    stored = _held(meeting, by)
    _check_status(stored, [Status.REGISTRATION_CLOSED])
    return _open(stored, closes_at, by)


def _open(stored: Meeting, closes_at: datetime.datetime, by: Person) -> Meeting:
    if found := obstacles_to_registration(stored):
        raise MeetingRefused(" ".join([_("Registration cannot be opened yet."), *found]))
    _check_closing(stored, closes_at)
    return _move(
        stored,
        Status.REGISTRATION_OPEN,
        verb=Verb.REGISTRATION_OPENED,
        by=by,
        changes={"registration_closes_at": [_iso(stored.registration_closes_at), _iso(closes_at)]},
        registration_closes_at=closes_at,
    )


def _check_closing(meeting: Meeting, closes_at: datetime.datetime) -> None:
    if closes_at <= timezone.now():
        raise MeetingRefused(_("Registration would close in the past."))
    if meeting.end_date is not None and closes_at > end_of(meeting.end_date, meeting):
        raise MeetingRefused(
            _("Registration would close after the meeting, which ends at this instant: %(at)s.")
            % {"at": until_in_words(end_of(meeting.end_date, meeting))}
        )


def end_of(day: datetime.date, meeting: Meeting) -> datetime.datetime:
    """The end of a day at the place of a meeting."""
    return datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), tzinfo=meeting.zone)


@transaction.atomic
def reschedule_registration(*, meeting: Meeting, closes_at: datetime.datetime, by: Person) -> Meeting:
    """Move the end of an open registration; raises MeetingRefused for an instant passed or after the meeting."""
    stored = _held(meeting, by)
    _check_status(stored, [Status.REGISTRATION_OPEN])
    before = stored.registration_closes_at
    if closes_at == before:
        raise MeetingRefused(_("Nothing would change."))
    _check_closing(stored, closes_at)
    _write(stored, by=by, registration_closes_at=closes_at)
    changes: dict[str, list[Any]] = {"registration_closes_at": [_iso(before), _iso(closes_at)]}
    record(Verb.REGISTRATION_RESCHEDULED, on=stored, by=by, changes=changes)
    return stored


@transaction.atomic
def close_registration(*, meeting: Meeting, by: Person | None = None) -> Meeting:
    """Take no more registrations; by nobody when its instant came. Those made stay, and can be changed."""
    return _move(_held(meeting, by), Status.REGISTRATION_CLOSED, verb=Verb.REGISTRATION_CLOSED, by=by)


def close_due_registrations() -> int:
    """Close what has reached its instant; how many."""
    closed = 0
    due = Meeting.objects.filter(status=Status.REGISTRATION_OPEN, registration_closes_at__lte=timezone.now())
    for meeting in due.order_by("pk"):
        with transaction.atomic():
            stored = locked(meeting)
            # Meanwhile it may be closed, or its end moved.
            if stored.status == Status.REGISTRATION_OPEN and not stored.takes_registrations():
                close_registration(meeting=stored)
                closed += 1
    return closed


# Held, and what it decided


@transaction.atomic
def hold(*, meeting: Meeting, by: Person) -> Meeting:
    """Say that a meeting took place; raises MeetingRefused before its last day, while it has no host or seeks one."""
    stored = _held(meeting, by)
    _check_status(stored, [one for one in Status if Status.HELD in Meeting.TRANSITIONS.get(one, set())])
    if running_host_call(stored):
        raise MeetingRefused(_("A call for hosts runs for this meeting: cancel that first."))
    if not _rows(stored) or stored.country_id is None:
        raise MeetingRefused(_("Say first who hosted the meeting, and in which country."))
    if stored.end_date is not None and stored.end_date > today():
        raise MeetingRefused(_("The meeting is not over: these are its days: %(days)s.") % {"days": stored.period})
    if stored.end_date is None and stored.year > today().year:
        raise MeetingRefused(_("The meeting is planned for a year to come."))
    return _move(stored, Status.HELD, verb=Verb.MEETING_HELD, by=by)


OUTCOMES = (MeetingDocument.Kind.CONCLUSIONS, MeetingDocument.Kind.REPORT)


@transaction.atomic
def publish_outcome(*, meeting: Meeting, by: Person) -> Meeting:
    """Show what a meeting decided: its objectives from now on. Raises MeetingRefused when there is nothing to show."""
    stored = _held(meeting, by)
    _check_status(stored, [Status.HELD])
    if not stored.objectives.exists() and not stored.documents.filter(kind__in=OUTCOMES).exists():
        raise MeetingRefused(_("There is nothing to publish: add the objectives, the conclusions or a report first."))
    return _move(stored, Status.OUTCOME_PUBLISHED, verb=Verb.OUTCOME_PUBLISHED, by=by)


# Other days, or none


@transaction.atomic
def postpone(
    *,
    meeting: Meeting,
    start_date: datetime.date | None,
    end_date: datetime.date | None,
    year: int,
    reason_en: str,
    reason_fr: str,
    by: Person,
) -> Meeting:
    """Give a meeting to come other days, or another year while its days are not known; why, everybody can read.

    Its programme moves with it, at the same hours, and the day on which personal data leave by as many days. Who
    registered, the focal points of members and those of the hosts are told by mail. Raises MeetingRefused for days
    that do not fit, or lie in the past.
    """
    stored = _held(meeting, by)
    _check_status(stored, Meeting.TO_COME)
    reason_en, reason_fr = _given(reason_en, reason_fr)
    _check_days(stored, start_date, end_date, year)
    before = {name: getattr(stored, name) for name in ("year", "start_date", "end_date")}
    after = {"year": year, "start_date": start_date, "end_date": end_date}
    fields = after | {"personal_data_until": _kept_until(stored, start_date, end_date)}
    if before["start_date"] and start_date:
        _move_programme(stored, (start_date - before["start_date"]).days, by)
    change = _note(stored, Kind.POSTPONED, (reason_en, reason_fr), by=by, days=(before, after))
    _write(stored, by=by, reason=reason_en, **fields)
    changes = {name: [_iso(before[name]), _iso(after[name])] for name in after if before[name] != after[name]}
    record(Verb.MEETING_POSTPONED, on=stored, by=by, changes=changes, reason=reason_en)
    _tell(stored, change, _addressees(stored))
    return stored


def _check_days(meeting: Meeting, start: datetime.date | None, end: datetime.date | None, year: int) -> None:
    if (start is None) != (end is None) or (start and end and end < start):
        raise MeetingRefused(_("Give both days, the last not before the first, or none."))
    if start and start.year != year:
        raise MeetingRefused(_("The meeting begins in another year."))
    if (meeting.year, meeting.start_date, meeting.end_date) == (year, start, end):
        raise MeetingRefused(_("Nothing would change: these are its days already."))
    if (start and start < today()) or year < today().year:
        raise MeetingRefused(_("The meeting would take place in the past."))
    sought = running_host_call(meeting)
    if sought and start and start <= sought.ballot_closes_at.astimezone(PARIS).date():
        raise MeetingRefused(
            _("The members choose its host until this instant: %(at)s. Give later days, or cancel the call for hosts.")
            % {"at": until_in_words(sought.ballot_closes_at)}
        )
    if meeting.status == Status.REGISTRATION_OPEN:
        if end is None:
            raise MeetingRefused(_("Registration is open: close it first, or give the new days."))
        if meeting.registration_closes_at and meeting.registration_closes_at > end_of(end, meeting):
            raise MeetingRefused(_("Registration would close after the meeting: move its end first."))


def _kept_until(meeting: Meeting, start: datetime.date | None, end: datetime.date | None) -> datetime.date | None:
    """Until when personal data are kept, as long after the meeting as before."""
    until = meeting.personal_data_until
    if until is None or end is None:
        return until
    if meeting.end_date:
        until += end - meeting.end_date
    return max(until, end + datetime.timedelta(days=1))


def _move_programme(meeting: Meeting, days: int, by: Person) -> None:
    """Move all sessions by whole days, at the same hours there; the foremost first, so that none meets another."""
    sessions = Session.objects.filter(meeting=meeting).order_by("-starts_at" if days > 0 else "starts_at", "pk")
    for session in sessions if days else ():
        begins, ends = (
            (instant.astimezone(meeting.zone).replace(tzinfo=None) + datetime.timedelta(days=days)).replace(
                tzinfo=meeting.zone
            )
            for instant in (session.starts_at, session.ends_at)
        )
        keep_baseline(session)
        sign_edit(session, by, "")
        session.starts_at, session.ends_at, session.sequence = begins, ends, session.sequence + 1
        session.save(update_fields=["starts_at", "ends_at", "sequence", "updated_at"])
        SessionSpeaker.objects.filter(session=session).update(starts_at=begins, ends_at=ends)


@transaction.atomic
def cancel_meeting(*, meeting: Meeting, reason_en: str, reason_fr: str, by: Person) -> Meeting:
    """Say that a meeting will not take place, and why, for everybody to read; for ever.

    Who registered, the focal points of members and those of the hosts are told by mail. Raises MeetingRefused while a
    call for hosts runs: it is cancelled first.
    """
    stored = _held(meeting, by)
    _check_status(stored, Meeting.TO_COME)
    reason_en, reason_fr = _given(reason_en, reason_fr)
    if running_host_call(stored):
        raise MeetingRefused(_("A call for hosts runs for this meeting: cancel that first."))
    names = _names(stored)
    days = {name: getattr(stored, name) for name in ("year", "start_date", "end_date")}
    cancelled = _move(stored, Status.CANCELLED, verb=Verb.MEETING_CANCELLED, by=by, reason=reason_en)
    change = _note(
        cancelled,
        Kind.CANCELLED,
        (reason_en, reason_fr),
        by=by,
        days=(days, dict.fromkeys(days)),
        hosts=(names, {"en": "", "fr": ""}),
    )
    _tell(cancelled, change, _addressees(cancelled))
    return cancelled


def _note(
    meeting: Meeting,
    kind: Kind,
    reason: tuple[str, str],
    *,
    by: Person,
    days: tuple[dict[str, Any], dict[str, Any]] | None = None,
    hosts: tuple[dict[str, str], dict[str, str]] | None = None,
) -> MeetingChange:
    """The line that everybody can read: from what, to what, why."""
    known: dict[str, Any] = {}
    for way, values in zip(("from", "to"), days or (), strict=False):
        known |= {
            f"year_{way}": values["year"],
            f"start_{way}": values["start_date"],
            f"end_{way}": values["end_date"],
        }
    for way, names in zip(("from", "to"), hosts or (), strict=False):
        known |= {f"hosts_{way}_{language}": name[:300] for language, name in names.items()}
    return MeetingChange.objects.create(
        meeting=meeting,
        kind=kind,
        decided_on=today(),
        reason_en=reason[0],
        reason_fr=reason[1],
        by=by,
        **known,
    )


# Who is told


def _focal_points(cities: Any) -> list[Person]:
    mandates = Coordinator.objects.reachable().focal_points()
    return mandates.filter(city__in=cities.order_by().values("pk")).persons()


def _addressees(meeting: Meeting) -> dict[str, tuple[Person | None, str]]:
    """Whom a change of a meeting concerns, by address: the person where one has an account, and the language."""
    hosts = City.objects.filter(hosted__meeting=meeting)
    found: dict[str, tuple[Person | None, str]] = {}
    for person in [*_focal_points(City.objects.members()), *_focal_points(hosts)]:
        found[person.email.lower()] = (person, person.language)
    registered = Registration.objects.filter(meeting=meeting).standing().exclude(email="").select_related("user")
    for one in registered.order_by("pk"):
        found.setdefault(one.email.lower(), (one.user, one.language))
    return found


def number_told(meeting: Meeting) -> int:
    """How many would get a mail if the meeting was moved now."""
    return len(_addressees(meeting))


def _tell(meeting: Meeting, change: MeetingChange, told: dict[str, tuple[Person | None, str]]) -> None:
    meeting = Meeting.objects.get(pk=meeting.pk)
    for address, (person, language) in told.items():
        write_mail(
            "meeting-changed",
            to=person,
            address=address,
            language=language,
            context={"meeting": meeting, "change": change},
        )


# Documents


@transaction.atomic
def add_document(
    *,
    meeting: Meeting,
    kind: str,
    title_en: str,
    title_fr: str,
    language: str,
    visibility: str,
    upload: UploadedFile,
    by: Person,
) -> MeetingDocument:
    """Keep a document of a meeting, public or for members; raises UploadRefused for what is no PDF, JPEG or PNG."""
    stored = _held(meeting, by)
    position = (stored.documents.aggregate(last=models.Max("position"))["last"] or 0) + 1
    file = store(kind=PrivateFile.Kind.MEETING, upload=upload, by=by)
    document = MeetingDocument.objects.create(
        meeting=stored,
        position=position,
        kind=kind,
        title_en=title_en,
        title_fr=title_fr,
        language=language,
        visibility=visibility,
        file=file,
    )
    changes: dict[str, list[Any]] = {file.name: [None, file.sha256], "visibility": [None, str(visibility)]}
    record(Verb.MEETING_DOCUMENT_ADDED, on=stored, by=by, changes=changes)
    return document


@transaction.atomic
def show_document(*, document: MeetingDocument, visibility: str, by: Person) -> Meeting:
    """Show a document to everybody, or to members alone; raises TransitionNotAllowed when it is so already."""
    stored = _held(document.meeting, by)
    own = stored.documents.filter(pk=document.pk).select_related("file").first()
    if own is None or own.visibility == visibility:
        raise TransitionNotAllowed(_("Nothing would change."))
    changes: dict[str, list[Any]] = {own.file.name: [own.visibility, str(visibility)]}
    own.visibility = visibility
    own.save(update_fields=["visibility"])
    record(Verb.MEETING_DOCUMENT_OPENED, on=stored, by=by, changes=changes)
    return stored


@transaction.atomic
def remove_document(*, document: MeetingDocument, reason: str, by: Person) -> Meeting:
    """Take a document off a meeting. The file is kept, since earlier readers may refer to it, for nobody to open.

    Raises TransitionNotAllowed when it was removed meanwhile, MeetingRefused without a reason.
    """
    stored = _held(document.meeting, by)
    if not reason.strip():
        raise MeetingRefused(_("Give a reason."))
    file, (removed, _by_model) = document.file, stored.documents.filter(pk=document.pk).delete()
    if not removed:
        raise TransitionNotAllowed(_("There is no document to remove any more."))
    record(
        Verb.MEETING_DOCUMENT_REMOVED,
        on=stored,
        by=by,
        changes={file.name: [file.sha256, None]},
        reason=reason.strip(),
    )
    return stored
