"""Bids to host: begun in an open call for hosts, joined by other cities, handed in, examined, withdrawn.

Whatever ties a city to a bid happens under the lock of the call for hosts, so that no city takes part in two.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cities.days import PARIS, from_in_words, to_the_second, until_in_words
from cities.exceptions import MandateRefused, NetworkError, TransitionNotAllowed
from cities.models import City, HistoryEntry, PrivateFile
from cities.people import Person
from cities.services.history import record
from cities.services.locking import locked
from cities.services.moderation import Incomplete
from cities.services.outbox import write_mail
from cities.services.partnership import speakers
from cities.services.private_file import store

from ..models import Ballot, BidCity, HostBid, HostCall
from .host_call import RUN

Status = HostBid.Status
Verb = HistoryEntry.Verb

WORD_LENGTH = 2000
OPTIONAL = ("dates_note", "venues")
"""What a bid may leave open."""
REQUIRED = tuple(name for name in HostBid.PARTS if name not in OPTIONAL)


class BidRefused(NetworkError):
    """A bid cannot be begun, joined, changed, handed in or examined as asked."""


class AlreadyBegun(BidRefused):
    """The city leads a bid in this call already: `bid` is the one."""

    def __init__(self, bid: HostBid) -> None:
        super().__init__(_("Your city leads a bid in this call already: go on with that one."))
        self.bid = bid


class TooLate(BidRefused):
    """It was received after the last instant of the call."""

    def __init__(self, received_at: datetime.datetime, end: datetime.datetime) -> None:
        super().__init__(
            _("It was received on %(received)s, and could be submitted until %(end)s. What was typed stays readable.")
            % {"received": to_the_second(received_at), "end": until_in_words(end)}
        )


def _held(bid: HostBid) -> HostBid:
    """The bid as it is now, its call before it, held until the transaction ends."""
    host_call = locked(bid.host_call)
    stored = locked(bid)
    stored.host_call = host_call
    return stored


def move_bid(bid: HostBid, to: Status, *, verb: HistoryEntry.Verb, by: Person | None, **fields: Any) -> HostBid:
    """Bring a bid to a status, with the columns that change along with it; inside the caller's transaction.

    For the verbs here, and the ballot's. Raises TransitionNotAllowed when that does not follow from the status it has.
    """
    stored = locked(bid)
    if to not in HostBid.TRANSITIONS.get(Status(stored.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the bid is “%(status)s” now.") % {"status": stored.get_status_display()}
        )
    before, stored.status = stored.status, to
    for name, value in fields.items():
        setattr(stored, name, value)
    stored.save(update_fields=["status", *fields, "updated_at"])
    record(verb, on=stored, by=by, changes={"status": [before, stored.status]})
    return stored


# Who may, and when


def _check_speaks(by: Person, bid: HostBid) -> None:
    if not by.has_perm("meetings.submit_bid", bid):
        raise MandateRefused(_("Only the focal point and the alternates of the lead city do this."))


def _check_answers(by: Person, one: BidCity) -> None:
    if not by.has_perm("meetings.answer_bid", one):
        raise MandateRefused(
            _("Only the focal point and the alternates of %(city)s answer for it.") % {"city": one.city.name}
        )


def _check_open(host_call: HostCall, at: datetime.datetime) -> None:
    """Raise BidRefused when a call takes no bids at an instant; says since when, or from when on."""
    match host_call.phase(at):
        case HostCall.Phase.OPEN:
            return
        case HostCall.Phase.SCHEDULED:
            raise BidRefused(
                _("The call for hosts opens on %(instant)s.") % {"instant": from_in_words(host_call.opens_at)}
            )
        case HostCall.Phase.EXAMINATION:
            raise BidRefused(
                _("The call for hosts closed on %(instant)s.") % {"instant": until_in_words(host_call.closes_at)}
            )
    raise BidRefused(
        _("The call for hosts is “%(status)s”: it takes no bids.") % {"status": host_call.get_status_display()}
    )


def _check_writable(bid: HostBid) -> None:
    if not bid.is_editable:
        raise TransitionNotAllowed(bid.why_closed)


def _check_member(city: City) -> None:
    if not City.objects.members().filter(pk=city.pk).exists():
        raise BidRefused(_("%(city)s is no member of the network now.") % {"city": city.name})


def cities_no_longer_members(bid: HostBid, on: datetime.date | None = None) -> list[City]:
    """The cities of a bid that are no members on a day (today in Paris by default)."""
    cities = [one.city for one in bid.standing_cities]
    members = City.objects.members(on).filter(pk__in=[city.pk for city in cities])
    known = set(members.order_by().values_list("pk", flat=True))
    return [city for city in cities if city.pk not in known]


def bid_of(host_call: HostCall, city: City) -> HostBid | None:
    """The bid that a city leads, or has joined, in a call; None when there is none that stands."""
    found = BidCity.objects.filter(bid__host_call=host_call, city=city, left_at=None).exclude(
        bid__status=Status.WITHDRAWN
    )
    one = next((one for one in found.select_related("bid__lead").order_by("-is_lead") if one.is_confirmed), None)
    return one.bid if one else None


def _check_free(host_call: HostCall, city: City) -> None:
    """Raise BidRefused for a city that takes part in a bid of the call. The call is locked, so that none joins two."""
    other = bid_of(host_call, city)
    if other is None:
        return
    if other.lead_id == city.pk:
        raise BidRefused(
            _("%(city)s leads a bid in this call already: it withdraws that one first.") % {"city": city.name}
        )
    raise BidRefused(
        _("%(city)s takes part in the bid of %(lead)s already: it leaves that one first.")
        % {"city": city.name, "lead": other.lead.name}
    )


# Beginning


@transaction.atomic
def begin_bid(*, host_call: HostCall, city: City, by: Person) -> HostBid:
    """Begin the bid that a member city leads, as a draft.

    Raises MandateRefused for who does not speak for the city; BidRefused when the city is no member, takes part in
    another bid, or the call is not open; AlreadyBegun with the bid that it leads.
    """
    held = locked(host_call)
    _check_member(city)
    if not by.has_perm("meetings.begin_bid", city):
        raise MandateRefused(_("Only the focal point and the alternates of a city begin a bid."))
    own = bid_of(held, city)
    if own and own.lead_id == city.pk:
        raise AlreadyBegun(own)
    _check_free(held, city)
    _check_open(held, timezone.now())
    languages = [code for code, _name in settings.LANGUAGES]
    language = getattr(by, "language", "")
    bid = HostBid.objects.create(
        host_call=held,
        lead=city,
        language=language if language in languages else languages[0],
        start_date=held.meeting.start_date,
        end_date=held.meeting.end_date,
        created_by=by,
    )
    BidCity.objects.create(bid=bid, city=city, is_lead=True)
    record(Verb.BID_BEGUN, on=bid, by=by, changes={"status": [None, Status.DRAFT.value], "city": [None, city.slug]})
    return bid


# The cities of a joint bid


@transaction.atomic
def ask_city(*, bid: HostBid, city: City, by: Person) -> BidCity:
    """Ask a member city to join a bid; mails those who speak for it.

    Raises MandateRefused, TransitionNotAllowed when the bid can no longer be changed, BidRefused for a city that is no
    member or was asked already, and when the bid has as many cities as the call allows.
    """
    stored = _held(bid)
    _check_speaks(by, stored)
    _check_writable(stored)
    standing = stored.standing_cities
    if any(one.city_id == city.pk for one in standing):
        raise BidRefused(_("%(city)s has been asked already.") % {"city": city.name})
    _check_member(city)
    if len(standing) >= stored.host_call.most_cities:
        raise BidRefused(too_many(stored.host_call))
    asked = BidCity.objects.create(bid=stored, city=city)
    record(Verb.BID_CITY_ASKED, on=stored, by=by, changes={"city": [None, city.slug]})
    tell("bid-city-asked", stored, [city], partner=city, answer=asked)
    return asked


def too_many(host_call: HostCall) -> str:
    """Why no other city can join, in a sentence."""
    if host_call.most_cities == 1:
        return _("In this call a city bids alone.")
    return _("At most %(most)s cities bid together in this call.") % {"most": host_call.most_cities}


def _held_city(one: BidCity) -> BidCity:
    """The city of a bid as it is now, held with the bid and its call."""
    bid = _held(one.bid)
    stored = locked(one)
    stored.bid = bid
    if stored.left_at is not None:
        raise TransitionNotAllowed(_("%(city)s is no longer part of this bid.") % {"city": stored.city.name})
    return stored


@transaction.atomic
def confirm(*, bid_city: BidCity, by: Person) -> BidCity:
    """A city says that it bids together with the one that asked; mails those who speak for the lead.

    Raises MandateRefused, TransitionNotAllowed when it was answered or the bid can no longer be changed, BidRefused
    when the city is no member any more or takes part in another bid of the call.
    """
    stored = _held_city(bid_city)
    _check_answers(by, stored)
    if stored.is_confirmed:
        raise TransitionNotAllowed(_("%(city)s has confirmed already.") % {"city": stored.city.name})
    _check_writable(stored.bid)
    _check_member(stored.city)
    _check_free(stored.bid.host_call, stored.city)
    stored.confirmed_at, stored.confirmed_by = timezone.now(), by
    stored.save(update_fields=["confirmed_at", "confirmed_by"])
    record(Verb.BID_CITY_JOINED, on=stored.bid, by=by, changes={"city": [None, stored.city.slug]})
    tell("bid-city-confirmed", stored.bid, [stored.bid.lead], partner=stored.city)
    return stored


@transaction.atomic
def decline(*, bid_city: BidCity, by: Person, word: str = "") -> BidCity:
    """A city says that it does not join a bid, with a word that goes into the mail to the lead and nowhere else.

    Raises MandateRefused, TransitionNotAllowed when it has confirmed.
    """
    stored = _held_city(bid_city)
    _check_answers(by, stored)
    if stored.is_confirmed:
        raise TransitionNotAllowed(_("%(city)s has confirmed already.") % {"city": stored.city.name})
    _end(stored, by)
    tell("bid-city-declined", stored.bid, [stored.bid.lead], partner=stored.city, word=_short(word))
    return stored


@transaction.atomic
def leave(*, bid_city: BidCity, by: Person, word: str = "") -> BidCity:
    """A city that has confirmed leaves a bid that is still a draft; mails the lead.

    Raises MandateRefused, TransitionNotAllowed once the bid is submitted, and for the lead, which withdraws its bid.
    """
    stored = _held_city(bid_city)
    _check_answers(by, stored)
    if stored.is_lead:
        raise TransitionNotAllowed(_("The lead city cannot leave its own bid: it withdraws it."))
    if not stored.is_confirmed:
        raise TransitionNotAllowed(_("%(city)s has not joined yet: it declines.") % {"city": stored.city.name})
    if stored.bid.is_waiting and stored.bid.host_call.takes_bids():
        raise TransitionNotAllowed(
            _("The bid is submitted: a city leaves it only after the lead city has taken it back.")
        )
    if stored.bid.status != Status.DRAFT:
        raise TransitionNotAllowed(stored.bid.why_closed)
    _end(stored, by)
    tell("bid-city-left", stored.bid, [stored.bid.lead], partner=stored.city, word=_short(word))
    return stored


@transaction.atomic
def remove_city(*, bid_city: BidCity, by: Person) -> BidCity:
    """The lead no longer wants a city in its draft, or withdraws the question; mails that city.

    Raises MandateRefused, TransitionNotAllowed once the bid is submitted, and for the lead itself.
    """
    stored = _held_city(bid_city)
    _check_speaks(by, stored.bid)
    if stored.is_lead:
        raise TransitionNotAllowed(_("The lead city cannot leave its own bid: it withdraws it."))
    if stored.bid.status != Status.DRAFT:
        raise TransitionNotAllowed(stored.bid.why_closed)
    was_confirmed = stored.is_confirmed
    _end(stored, by)
    tell("bid-city-removed", stored.bid, [stored.city], partner=stored.city, was_confirmed=was_confirmed)
    return stored


def _end(one: BidCity, by: Person) -> None:
    one.left_at = timezone.now()
    one.save(update_fields=["left_at"])
    record(Verb.BID_CITY_LEFT, on=one.bid, by=by, changes={"city": [one.city.slug, None]})


def _short(word: str) -> str:
    return word.strip()[:WORD_LENGTH]


# Letters


def may_send_letter(by: Person, one: BidCity) -> bool:
    """Whether a person sends the letter of a city's mayor: its own coordinators, and those of the lead for all."""
    if not by.has_perm("meetings.write_bid", one.bid):
        return False
    own = City.objects.coordinated_by(by).filter(pk__in=[one.city_id, one.bid.lead_id])
    return own.exists()


@transaction.atomic
def set_letter(*, bid_city: BidCity, upload: UploadedFile, by: Person) -> BidCity:
    """Keep the letter of a city's mayor (PDF), in place of the one before.

    Raises MandateRefused, BidRefused for a city that has not confirmed, TransitionNotAllowed when the bid can no longer
    be changed, UploadRefused.
    """
    stored = _held_for_letter(bid_city, by)
    if not stored.is_confirmed:
        raise BidRefused(_("%(city)s has not confirmed yet: its letter comes after that.") % {"city": stored.city.name})
    before = stored.letter.sha256 if stored.letter else None
    # Last: the file is written at once, and no rollback takes it away.
    stored.letter = store(kind=PrivateFile.Kind.HOST_BID, city=stored.city, upload=upload, by=by, taken=("PDF",))
    stored.save(update_fields=["letter"])
    record(
        Verb.BID_LETTER_ADDED,
        on=stored.bid,
        by=by,
        changes={"city": [None, stored.city.slug], "letter": [before, stored.letter.sha256]},
    )
    return stored


@transaction.atomic
def remove_letter(*, bid_city: BidCity, by: Person) -> BidCity:
    """Take the letter of a city's mayor out of a bid; taken out twice it is taken out once.

    Raises MandateRefused, TransitionNotAllowed when the bid can no longer be changed.
    """
    stored = _held_for_letter(bid_city, by)
    if stored.letter is None:
        return stored
    before, stored.letter = stored.letter.sha256, None
    stored.save(update_fields=["letter"])
    record(
        Verb.BID_LETTER_REMOVED,
        on=stored.bid,
        by=by,
        changes={"city": [stored.city.slug, None], "letter": [before, None]},
    )
    return stored


def _held_for_letter(bid_city: BidCity, by: Person) -> BidCity:
    stored = _held_city(bid_city)
    if not may_send_letter(by, stored):
        raise MandateRefused(
            _("Only the coordinators of %(city)s and of the lead city change this letter.") % {"city": stored.city.name}
        )
    _check_writable(stored.bid)
    return stored


# What is missing


@dataclass(frozen=True)
class Lack:
    """Something that keeps a bid from being submitted."""

    sentence: str
    field: str = ""
    """The column where it is mended; "" for what concerns the cities of the bid."""


def lacks(bid: HostBid) -> list[Lack]:
    """What keeps a bid from being submitted, in the order of its form; then what its cities have to do."""
    found: list[Lack] = []
    too_long = bid.too_long()
    for name in HostBid.PARTS:
        column: Any = HostBid._meta.get_field(name)
        label = capfirst(column.verbose_name)
        if name in bid.as_typed:
            found.append(Lack(_("%(field)s: what was typed cannot be taken over.") % {"field": label}, name))
        elif name in REQUIRED and getattr(bid, name) in ("", None):
            found.append(Lack(_("%(field)s: still to be filled in.") % {"field": label}, name))
        elif name in too_long:
            found.append(Lack(_("%(label)s: %(sentence)s") % {"label": label, "sentence": too_long[name]}, name))
        elif sentence := _about_days(bid, name):
            found.append(Lack(sentence, name))
    return found + [Lack(sentence) for sentence in _about_cities(bid)]


def _about_days(bid: HostBid, name: str) -> str:
    """What is wrong with the first or the last day, in a sentence."""
    if not (bid.start_date and bid.end_date):
        return ""
    if name == "end_date" and bid.end_date < bid.start_date:
        return _("The last day is before the first.")
    if name == "start_date" and bid.start_date <= bid.host_call.ballot_closes_at.astimezone(PARIS).date():
        return _("The first day comes after the ballot: give a later one.")
    return ""


def _about_cities(bid: HostBid) -> Iterable[str]:
    standing = bid.standing_cities
    if len(standing) > bid.host_call.most_cities:
        yield too_many(bid.host_call)
    for one in standing:
        if not one.is_confirmed:
            yield _("%(city)s has not confirmed that it joins the bid.") % {"city": one.city.name}
        elif one.letter_id is None:
            yield _("The letter of the mayor of %(city)s is missing.") % {"city": one.city.name}


def missing(bid: HostBid) -> list[str]:
    """What keeps a bid from being submitted, a sentence each; nothing when it can be."""
    return [lack.sentence for lack in lacks(bid)]


# Handing in


@transaction.atomic
def submit_bid(*, bid: HostBid, by: Person, received_at: datetime.datetime | None = None) -> HostBid:
    """Hand a bid in; tells those who speak for its cities, and staff.

    `received_at` is the instant at which the request arrived, so that nobody loses by waiting for another's turn: the
    last second before the end counts, the end itself does not. Raises MandateRefused for who does not speak for the
    lead, TransitionNotAllowed when it is no draft, TooLate, BidRefused when a city is no member on that day, and
    Incomplete with what is missing.
    """
    received_at = received_at or timezone.now()
    stored = _held(bid)
    _check_speaks(by, stored)
    if Status.SUBMITTED not in HostBid.TRANSITIONS.get(Status(stored.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the bid is “%(status)s” now.") % {"status": stored.get_status_display()}
        )
    if stored.host_call.phase(received_at) == HostCall.Phase.EXAMINATION:
        raise TooLate(received_at, stored.host_call.closes_at)
    _check_open(stored.host_call, received_at)
    if gone := cities_no_longer_members(stored, received_at.astimezone(PARIS).date()):
        names = ", ".join(city.name for city in gone)
        raise BidRefused(
            ngettext(
                "Only members host a meeting, and %(names)s is none today.",
                "Only members host a meeting, and these cities are none today: %(names)s.",
                len(gone),
            )
            % {"names": names}
        )
    if found := missing(stored):
        raise Incomplete(found)
    moved = move_bid(
        stored, Status.SUBMITTED, verb=Verb.BID_SUBMITTED, by=by, submitted_at=received_at, submitted_by=by
    )
    tell_all("bid-submitted", moved)
    tell_staff("bid-submitted-to-staff", moved)
    return moved


@transaction.atomic
def take_back_bid(*, bid: HostBid, by: Person) -> HostBid:
    """Make a draft again of a submitted bid, until the call closes.

    Raises MandateRefused, TransitionNotAllowed after that or when it is not submitted.
    """
    stored = _held(bid)
    _check_speaks(by, stored)
    if stored.is_waiting and not stored.host_call.takes_bids():
        raise TransitionNotAllowed(
            _("The call for hosts closed on %(instant)s: a bid can be withdrawn, and no longer be changed.")
            % {"instant": until_in_words(stored.host_call.closes_at)}
        )
    return move_bid(stored, Status.DRAFT, verb=Verb.BID_TAKEN_BACK, by=by, submitted_at=None, submitted_by=None)


# Withdrawal


def is_voted_on(bid: HostBid) -> bool:
    """Whether the members vote on this bid now."""
    return Ballot.objects.open().filter(options__bid=bid).exists()


def may_be_withdrawn(bid: HostBid) -> bool:
    """Whether nothing is decided yet in its call, and it was not withdrawn before."""
    follows = Status.WITHDRAWN in HostBid.TRANSITIONS.get(Status(bid.status), set())
    return follows and bid.host_call.status in HostCall.RUNNING


def check_withdrawal(bid: HostBid, by: Person) -> None:
    """Raise MandateRefused or TransitionNotAllowed where a person cannot withdraw a bid. The caller holds it."""
    _check_speaks(by, bid)
    if may_be_withdrawn(bid):
        return
    if bid.status in (Status.WITHDRAWN, Status.SELECTED, Status.NOT_SELECTED):
        raise TransitionNotAllowed(
            _("This cannot be done: the bid is “%(status)s” now.") % {"status": bid.get_status_display()}
        )
    raise TransitionNotAllowed(
        _("The call for hosts is “%(status)s”: no bid of it is withdrawn any more.")
        % {"status": bid.host_call.get_status_display()}
    )


@transaction.atomic
def withdraw_bid(*, bid: HostBid, by: Person, reason: str = "") -> HostBid:
    """Withdraw a bid, for good; its cities are free again. Tells them, and staff once it was submitted.

    The words of the reason go with the mails and are kept nowhere else. Raises MandateRefused, TransitionNotAllowed
    after the decision, and for a bid that is on the ballot: that is the ballot's to do (`withdraw_on_ballot`).
    """
    stored = _held(bid)
    check_withdrawal(stored, by)
    if stored.status == Status.ON_BALLOT:
        raise TransitionNotAllowed(
            _("The bid has come on the ballot meanwhile. Read what its withdrawal would mean now, then decide.")
        )
    return withdrawn(stored, by=by, reason=reason)


def withdrawn(bid: HostBid, *, by: Person, reason: str = "") -> HostBid:
    """Withdraw a bid inside the caller's transaction, who has checked that it may be; tells its cities, and staff."""
    was_handed_in = bid.submitted_at is not None
    moved = move_bid(bid, Status.WITHDRAWN, verb=Verb.BID_WITHDRAWN, by=by)
    tell_all("bid-withdrawn", moved, reason=_short(reason))
    if was_handed_in:
        tell_staff("bid-withdrawn-to-staff", moved, reason=_short(reason))
    return moved


# Examination


@transaction.atomic
def find_bid_eligible(*, bid: HostBid, by: Person) -> HostBid:
    """Officers find that a bid meets what the call asks for: it goes on the ballot. Tells its cities.

    Possible from the closing of the call until the ballot opens, also after it was found ineligible. Raises
    MandateRefused, BidRefused outside that time, TransitionNotAllowed.
    """
    stored = _held_for_examination(bid, by)
    moved = move_bid(
        stored, Status.ELIGIBLE, verb=Verb.BID_ELIGIBLE, by=by, reason_en="", reason_fr="", **_examined(by)
    )
    tell_all("bid-eligible", moved)
    return moved


@transaction.atomic
def find_bid_ineligible(*, bid: HostBid, reason_en: str, reason_fr: str, by: Person) -> HostBid:
    """Officers find that a bid does not meet what the call asks for, and say why in both languages. Tells its cities.

    Raises as `find_bid_eligible`, and BidRefused without words.
    """
    stored = _held_for_examination(bid, by)
    reason_en, reason_fr = reason_en.strip(), reason_fr.strip()
    if not (reason_en and reason_fr):
        raise BidRefused(_("Say why in both languages: the cities read it."))
    if max(len(reason_en), len(reason_fr)) > WORD_LENGTH:
        raise BidRefused(_("Keep it shorter: at most %(length)s characters.") % {"length": WORD_LENGTH})
    moved = move_bid(
        stored,
        Status.INELIGIBLE,
        verb=Verb.BID_INELIGIBLE,
        by=by,
        reason_en=reason_en,
        reason_fr=reason_fr,
        **_examined(by),
    )
    tell_all("bid-ineligible", moved)
    return moved


def _held_for_examination(bid: HostBid, by: Person) -> HostBid:
    stored = _held(bid)
    if not by.has_perm(RUN, stored.host_call):
        raise MandateRefused(_("Only officers of the secretariat examine bids."))
    match stored.host_call.phase():
        case HostCall.Phase.OPEN:
            raise BidRefused(
                _("Bids are examined once the call has closed: %(instant)s.")
                % {"instant": until_in_words(stored.host_call.closes_at)}
            )
        case HostCall.Phase.EXAMINATION:
            return stored
    raise BidRefused(
        _("The call for hosts is “%(status)s”: its bids are examined no more.")
        % {"status": stored.host_call.get_status_display()}
    )


def _examined(by: Person) -> dict[str, Any]:
    return {"examined_by": by, "examined_at": timezone.now()}


# Mails


def tell(template: str, bid: HostBid, cities: Iterable[City], **context: Any) -> None:
    """A mail to each person who speaks for one of the cities, once each."""
    known = {"bid": bid, "host_call": bid.host_call, "meeting": bid.host_call.meeting, "lead": bid.lead, **context}
    persons = {mandate.user_id: mandate.user for city in cities for mandate in speakers(city)}
    for person in persons.values():
        write_mail(template, to=person, context=known)


def tell_all(template: str, bid: HostBid, **context: Any) -> None:
    """A mail to those who speak for the cities of a bid, those that have not answered yet included."""
    tell(template, bid, [one.city for one in bid.standing_cities], **context)


def tell_staff(template: str, bid: HostBid, **context: Any) -> None:
    known = {"bid": bid, "host_call": bid.host_call, "meeting": bid.host_call.meeting, **context}
    write_mail(template, address=settings.CONTACT_EMAIL, context=known)


# For whom a call is open


def askable(bid: HostBid) -> Any:
    """The members that can be asked to join a bid."""
    asked = [one.city_id for one in bid.standing_cities]
    return City.objects.members().exclude(pk__in=asked).select_related("country")
