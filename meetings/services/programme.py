"""The programme of an annual meeting: sessions without a clash, and the places that are booked in them.

A change of the programme holds the meeting's row, so that what was looked at stays true until it is written; the
database refuses the same clashes (`Session`, `SessionSpeaker`). A place is taken under the lock of the session, then
of the registration; who cancels holds the latter too, and gives all its places back.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cities.days import in_words, period_in_words
from cities.exceptions import NetworkError
from cities.models import Designation, HistoryEntry
from cities.people import Person
from cities.services.edits import keep_baseline, sign_edit
from cities.services.history import record
from cities.services.locking import locked
from cities.services.outbox import write_mail

from ..models import Meeting, Registration, Room, Session, SessionPlace, SessionSpeaker, Speaker

Kind = Session.Kind
Verb = HistoryEntry.Verb
OVER = (*Meeting.HELD, Meeting.Status.CANCELLED)


class ProgrammeRefused(NetworkError):
    """A session cannot be put where it was asked, or lacks what its kind needs."""


class BookingRefused(NetworkError):
    """A place in a session cannot be booked as asked."""


# Times in words, at the place


def local_time(instant: datetime.datetime, meeting: Meeting) -> str:
    """The hour at the place: "09:00"."""
    return date_format(instant.astimezone(meeting.zone), _("H:i"))


def local_end(instant: datetime.datetime, meeting: Meeting) -> str:
    """The hour of an end; midnight is the end of the day before: "24:00"."""
    local = instant.astimezone(meeting.zone)
    return _("24:00") if local.time() == datetime.time() else local_time(instant, meeting)


def last_day(session: Session) -> datetime.date:
    """The day at the place on which a session ends; of midnight, the one that it ends."""
    return (session.ends_at - datetime.timedelta.resolution).astimezone(session.meeting.zone).date()


def day_in_words(day: datetime.date) -> str:
    """ "Tuesday 1 June 2027"."""
    return _("%(weekday)s %(day)s") % {"weekday": date_format(day, "l"), "day": in_words(day)}


def when(session: Session) -> str:
    """ "Tuesday 1 June 2027, 09:00–10:30", at the place; the second day is named where there is one."""
    meeting = session.meeting
    first, last = session.starts_at.astimezone(meeting.zone), last_day(session)
    begins, ends = local_time(session.starts_at, meeting), local_end(session.ends_at, meeting)
    words = {"day": day_in_words(first.date()), "begins": begins, "ends": ends}
    if first.date() == last:
        return _("%(day)s, %(begins)s–%(ends)s") % words
    words["end_day"] = in_words(last)
    return _("%(day)s, %(begins)s – %(end_day)s, %(ends)s") % words


def short_when(session: Session) -> str:
    """For a table: "Tue 1 Jun 2027, 09:00–10:30"."""
    local = session.starts_at.astimezone(session.meeting.zone)
    return _("%(day)s, %(begins)s–%(ends)s") % {
        "day": date_format(local.date(), _("D j M Y")),
        "begins": local_time(session.starts_at, session.meeting),
        "ends": local_end(session.ends_at, session.meeting),
    }


def offset_in_words(local: datetime.datetime) -> str:
    """How far a clock is from universal time: "UTC+1", "UTC−3:30", "UTC"."""
    minutes = int((local.utcoffset() or datetime.timedelta()).total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"


def at_the_place(naive: datetime.datetime, meeting: Meeting) -> datetime.datetime:
    """The instant at which clocks at the place show a time; of one that they show twice, the first.

    Raises ProgrammeRefused for a time that is left out when clocks are put forward.
    """
    instant = naive.replace(tzinfo=meeting.zone, fold=0)
    if instant.astimezone(datetime.UTC).astimezone(meeting.zone).replace(tzinfo=None) != naive:
        raise ProgrammeRefused(
            _("There is no %(time)s on %(day)s in this time zone: clocks are put forward then.")
            % {"time": date_format(naive, _("H:i")), "day": in_words(naive.date())}
        )
    return instant


# What keeps a session from its place


@dataclass(frozen=True)
class Obstacle:
    """A fact of a session that cannot stand, and why, in a sentence."""

    fact: str
    sentence: str


def obstacles(session: Session, speakers: Iterable[Speaker] = ()) -> list[Obstacle]:
    """Why a session cannot stand as it is; nothing when it can. Saved or not, it has all its facts."""
    if session.ends_at <= session.starts_at:
        return [Obstacle("ends_at", _("The session ends before it begins."))]
    return [
        *_out_of_the_days(session),
        *_misfits(session),
        *_room_clashes(session),
        *(Obstacle("speakers", sentence) for sentence in speaker_clashes(session, speakers)),
        *_booked_already(session),
    ]


def _out_of_the_days(session: Session) -> Iterator[Obstacle]:
    meeting = session.meeting
    if not (meeting.start_date and meeting.end_date):
        yield Obstacle("starts_at", _("The days of the meeting are not known yet: give them first, on its own page."))
        return
    first = session.starts_at.astimezone(meeting.zone).date()
    if first < meeting.start_date or last_day(session) > meeting.end_date:
        yield Obstacle(
            "starts_at",
            _("The session is outside the days of the meeting, %(days)s: it would be on %(when)s.")
            % {"days": period_in_words(meeting.start_date, meeting.end_date), "when": when(session)},
        )


def _misfits(session: Session) -> Iterator[Obstacle]:
    if session.kind == Kind.SUB_NETWORK and session.field is None:
        yield Obstacle("field", _("A session of a sub-network has a creative field: choose it."))
    if session.kind != Kind.SUB_NETWORK and session.field is not None:
        yield Obstacle("field", _("Only a session of a sub-network has a creative field: leave it out."))
    if session.room.meeting_id != session.meeting_id:
        yield Obstacle("room", _("“%(room)s” is a room of another meeting.") % {"room": session.room})
    most = session.room.places
    if most is not None and session.places is not None and session.places > most:
        yield Obstacle(
            "places",
            ngettext(
                "“%(room)s” has %(most)s place: no more can be booked.",
                "“%(room)s” has %(most)s places: no more can be booked.",
                most,
            )
            % {"room": session.room, "most": most},
        )


def _others(session: Session) -> models.QuerySet[Session]:
    """The other sessions of the meeting while this one lasts."""
    found = Session.objects.filter(
        meeting=session.meeting_id, starts_at__lt=session.ends_at, ends_at__gt=session.starts_at
    )
    return found.exclude(pk=session.pk).select_related("meeting")


def _room_clashes(session: Session) -> Iterator[Obstacle]:
    for other in _others(session).filter(room=session.room_id):
        yield Obstacle(
            "room",
            _("“%(other)s” is in “%(room)s” at that time: %(when)s.")
            % {"other": other.title, "room": session.room, "when": when(other)},
        )


def speaker_clashes(session: Session, speakers: Iterable[Speaker]) -> list[str]:
    """Which of the speakers speak elsewhere then, a sentence each; and who is none of this meeting's."""
    chosen = list(speakers)
    sentences = [
        _("%(name)s is a speaker of another meeting.") % {"name": one.name}
        for one in chosen
        if one.meeting_id != session.meeting_id
    ]
    held = SessionSpeaker.objects.filter(speaker__in=chosen, session__in=_others(session))
    for one in held.select_related("speaker", "session__meeting").order_by("starts_at", "pk"):
        sentences.append(
            _("%(name)s speaks in “%(other)s” at that time: %(when)s.")
            % {"name": one.speaker.name, "other": one.session.title, "when": when(one.session)}
        )
    return sentences


def _booked_already(session: Session) -> Iterator[Obstacle]:
    """What those who booked a place were promised."""
    stored = Session.objects.filter(pk=session.pk).first() if session.pk else None
    if stored is None or (number := SessionPlace.objects.filter(session=stored).count()) == 0:
        return
    if session.places is None or session.places < number:
        yield Obstacle(
            "places",
            ngettext(
                "%(number)s place is booked already: there cannot be fewer.",
                "%(number)s places are booked already: there cannot be fewer.",
                number,
            )
            % {"number": number},
        )
    if (session.kind, session.field_id) != (stored.kind, stored.field_id):
        yield Obstacle(
            "kind",
            ngettext(
                "%(number)s place is booked already: for whom the session is cannot change any more.",
                "%(number)s places are booked already: for whom the session is cannot change any more.",
                number,
            )
            % {"number": number},
        )


# Changes of the programme


@dataclass(frozen=True)
class Line:
    """Who speaks in a session, and how."""

    speaker: Speaker
    is_moderator: bool = False


@transaction.atomic
def save_session(*, session: Session, speakers: Sequence[Line] | None = None, by: Person) -> Session:
    """Write a session, new or changed, and its speakers in their order (None: they stay).

    The instants of its speakers follow, its `sequence` grows, and who booked a place is told of another time or room.
    Raises ProgrammeRefused, with a sentence for all that keeps it from its place.
    """
    _may(by, "meetings.change_session" if session.pk else "meetings.add_session")
    session.meeting = locked(session.meeting)
    before = locked(session) if session.pk else None
    if speakers is None:
        speakers = lines_of(before) if before else []
    if found := obstacles(session, [line.speaker for line in speakers]):
        raise ProgrammeRefused(" ".join(one.sentence for one in found))
    try:
        session.full_clean(validate_constraints=False)
    except ValidationError as refusal:
        raise ProgrammeRefused(" ".join(refusal.messages)) from refusal
    if before is None:
        session.sequence = 0
    else:
        keep_baseline(before)
        session.sequence = before.sequence + 1
    sign_edit(session, by, "")
    session.save()
    _write_speakers(session, speakers)
    if before and _place_of(before) != _place_of(session):
        _tell_of_the_move(session, before)
    return session


def lines_of(session: Session) -> list[Line]:
    """The speakers of a session as they are stored."""
    found = SessionSpeaker.objects.filter(session=session).select_related("speaker").order_by("position", "pk")
    return [Line(one.speaker, one.is_moderator) for one in found]


def _write_speakers(session: Session, lines: Sequence[Line]) -> None:
    there = {one.speaker_id: one for one in SessionSpeaker.objects.filter(session=session)}
    wanted = {line.speaker.pk for line in lines}
    SessionSpeaker.objects.filter(session=session).exclude(speaker__in=wanted).delete()
    for position, line in enumerate(lines, 1):
        one = there.get(line.speaker.pk) or SessionSpeaker(session=session, speaker=line.speaker)
        one.position, one.is_moderator = position, line.is_moderator
        one.starts_at, one.ends_at = session.starts_at, session.ends_at
        one.save()


def _place_of(session: Session) -> tuple[datetime.datetime, datetime.datetime, int]:
    return session.starts_at, session.ends_at, session.room_id


def _tell_of_the_move(session: Session, before: Session) -> None:
    before.meeting = session.meeting
    booked = SessionPlace.objects.filter(session=session).select_related("registration").order_by("place")
    for booking in booked:
        person = booking.registration
        if person.email:
            # Its own words of time are made in the person's language, by the template.
            write_mail(
                "session-moved",
                address=person.email,
                language=person.language,
                context={"session": session, "before": before, "person": person},
            )


@transaction.atomic
def copy_session(
    *, session: Session, starts_at: datetime.datetime, room: Room, with_speakers: bool = False, by: Person
) -> Session:
    """The same session once more, as long as the first, at another time or in another room. Raises ProgrammeRefused."""
    copied = ("meeting", "kind", "field", "title_en", "title_fr", "summary_en", "summary_fr", "places")
    copy = Session(**{name: getattr(session, name) for name in copied}, room=room, starts_at=starts_at)
    copy.ends_at = starts_at + (session.ends_at - session.starts_at)
    return save_session(session=copy, speakers=lines_of(session) if with_speakers else [], by=by)


@transaction.atomic
def room_renamed(*, room: Room) -> None:
    """Let the calendars take over the new name of a room."""
    Session.objects.filter(room=room).update(sequence=models.F("sequence") + 1, updated_at=timezone.now())


def _may(by: Person, permission: str) -> None:
    if not by.has_perm(permission):
        raise ProgrammeRefused(gettext_lazy("Only officers of the secretariat change the programme."))


# For whom


def audience(session: Session) -> str:
    """For whom a session is, in words; nothing where it is for all participants, or its kind says it."""
    match session.kind:
        case Kind.MAYORS:
            return _("For mayors")
        case Kind.SUB_NETWORK:
            return _("For the cities of the field %(field)s") % {"field": session.field and session.field.name}
    return ""


def keeps_out(session: Session, registration: Registration, fields: dict[int, int] | None = None) -> str:
    """Why a session is not for a person, a sentence; nothing when it is.

    `fields` are the fields of the member cities today, by the cities' keys; asked of the database where not given.
    """
    if session.kind == Kind.MAYORS and registration.capacity != Registration.Capacity.MAYOR:
        return _("The mayors’ forum is for mayors.")
    if session.kind == Kind.SUB_NETWORK:
        known = fields_of([registration]) if fields is None else fields
        if known.get(registration.city_id or 0) != session.field_id:
            return _("This session is for the cities of the field %(field)s.") % {
                "field": session.field and session.field.name
            }
    return ""


def fields_of(registrations: Iterable[Registration]) -> dict[int, int]:
    """The field of each city today, by their keys."""
    cities = {one.city_id for one in registrations if one.city_id}
    return dict(Designation.objects.in_force().filter(city__in=cities).order_by().values_list("city_id", "field_id"))


# Places in sessions


def free_places(session: Session, booked: int) -> int | None:
    """How many can still be booked; None where nobody has to book."""
    return None if session.places is None else max(session.places - booked, 0)


@transaction.atomic
def book(*, session: Session, registration: Registration, by: Person | None = None) -> SessionPlace:
    """Take the lowest free place of a session for a person; `by` is None for who came by the link of a mail.

    To book twice changes nothing. Raises BookingRefused with a sentence: not to be booked, over, for others, full, or
    at the time of another session that the person booked.
    """
    session, registration = _held(session, registration, by)
    if existing := SessionPlace.objects.filter(session=session, registration=registration).first():
        return existing
    _check_bookable(session, registration)
    taken = set(SessionPlace.objects.filter(session=session).values_list("place", flat=True))
    most = session.places or 0
    if len(taken) >= most:
        raise BookingRefused(_("All places in “%(session)s” are taken.") % {"session": session.title})
    place = next(number for number in range(1, most + 1) if number not in taken)
    booking = SessionPlace.objects.create(session=session, registration=registration, place=place, places=most)
    record(Verb.SESSION_BOOKED, on=registration, by=by, changes={"session": [None, session.pk]})
    return booking


@transaction.atomic
def leave(*, session: Session, registration: Registration, by: Person | None = None) -> None:
    """Give a place back, until the session begins; without one nothing happens. Raises BookingRefused."""
    session, registration = _held(session, registration, by)
    booking = SessionPlace.objects.filter(session=session, registration=registration)
    if not booking.exists():
        return
    _check_time(session)
    booking.delete()
    record(Verb.SESSION_LEFT, on=registration, by=by, changes={"session": [session.pk, None]})


def _held(session: Session, registration: Registration, by: Person | None) -> tuple[Session, Registration]:
    """Both rows, held until the transaction ends."""
    stored = locked(session)
    person = locked(registration)
    if by is not None and not by.has_perm("meetings.manage_registration", person):
        raise BookingRefused(gettext_lazy("Places are booked by the person themselves, or by the city’s coordinators."))
    if stored.meeting_id != person.meeting_id:
        raise BookingRefused(gettext_lazy("This session is one of another meeting."))
    return stored, person


def _check_time(session: Session) -> None:
    if session.meeting.status in OVER:
        raise BookingRefused(gettext_lazy("The meeting is over or cancelled: nothing is booked any more."))
    if session.starts_at <= timezone.now():
        raise BookingRefused(_("“%(session)s” has begun: nothing is booked any more.") % {"session": session.title})


def _check_bookable(session: Session, registration: Registration) -> None:
    if registration.status != Registration.Status.REGISTERED:
        raise BookingRefused(gettext_lazy("Only who has a place at the meeting books sessions."))
    if session.places is None:
        raise BookingRefused(_("Nobody has to book “%(session)s”: just come.") % {"session": session.title})
    _check_time(session)
    if why := keeps_out(session, registration):
        raise BookingRefused(why)
    overlapping = SessionPlace.objects.filter(
        registration=registration,
        session__starts_at__lt=session.ends_at,
        session__ends_at__gt=session.starts_at,
    )
    if other := overlapping.select_related("session__meeting").first():
        raise BookingRefused(
            _("You booked “%(other)s” at that time: %(when)s. Give that place back first.")
            % {"other": other.session.title, "when": when(other.session)}
        )
