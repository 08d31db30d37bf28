"""Bids to host: begun, joined by other cities, handed in, examined, withdrawn; who may, when, and what is refused."""

import datetime
import itertools

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.translation import override

from cities.exceptions import MandateRefused, NetworkError, TransitionNotAllowed, UploadRefused
from cities.models import City, Designation, HistoryEntry, OutboxMessage, PrivateFile
from cities.services.moderation import Incomplete, save_draft
from meetings.models import BidCity, HostBid, HostCall
from meetings.services import bid as service
from tests.conftest import mandate, person
from tests.factories.hosting import DAY, make_ballot, make_bid, make_host_call

Status = HostBid.Status
PDF = b"%PDF-1.4\n%%EOF\n"
SECOND = datetime.timedelta(seconds=1)


def pdf(content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile("letter.pdf", content, "application/pdf")


@pytest.fixture
def call(network) -> HostCall:
    return make_host_call("open")


@pytest.fixture
def bid(call) -> HostBid:
    return make_bid(call)


@pytest.fixture
def ready(bid, coordinator) -> HostBid:
    """A bid of Lyon that can be submitted."""
    service.set_letter(bid_city=bid.cities.get(), upload=pdf(), by=coordinator)
    return HostBid.objects.get(pk=bid.pk)


def ostersund() -> City:
    return City.objects.get(slug="ostersund")


def fresh(bid: HostBid) -> HostBid:
    return HostBid.objects.get(pk=bid.pk)


def mails(template: str) -> list[str]:
    return sorted(OutboxMessage.objects.filter(template=template).values_list("to", flat=True))


def verbs(bid: HostBid) -> list[str]:
    return list(HistoryEntry.objects.about(bid).order_by("number").values_list("verb", flat=True))


def leave_network(slug: str, on: datetime.date) -> None:
    Designation.objects.filter(city__slug=slug, ends_on=None).update(ends_on=on, end_reason="withdrawn")


def say(refused: pytest.ExceptionInfo) -> str:
    return str(refused.value)


# Beginning


def test_a_member_begins_a_bid_and_leads_it(call, coordinator, lyon):
    begun = service.begin_bid(host_call=call, city=lyon, by=coordinator)
    assert (begun.status, begun.lead, begun.created_by, begun.version) == (Status.DRAFT, lyon, coordinator, 0)
    assert (begun.start_date, begun.end_date) == (call.meeting.start_date, call.meeting.end_date)
    (one,) = begun.cities.all()
    assert (one.city, one.is_lead, one.is_confirmed) == (lyon, True, True)
    assert verbs(begun) == [HistoryEntry.Verb.BID_BEGUN]


@pytest.mark.parametrize("persona", ["editor", "other_coordinator", "former_coordinator", "officer", "evaluator"])
def test_only_who_speaks_for_the_city_begins(request, call, lyon, persona):
    with pytest.raises(MandateRefused) as refused:
        service.begin_bid(host_call=call, city=lyon, by=request.getfixturevalue(persona))
    assert say(refused) == "Only the focal point and the alternates of a city begin a bid."
    assert HostBid.objects.count() == 0


def test_an_alternate_begins(call, alternate, lyon):
    assert service.begin_bid(host_call=call, city=lyon, by=alternate).lead == lyon


def test_a_former_member_does_not_begin(call, coordinator, lyon):
    leave_network("lyon", timezone.localdate() - DAY)
    with pytest.raises(service.BidRefused) as refused:
        service.begin_bid(host_call=call, city=lyon, by=coordinator)
    assert say(refused) == "Lyon is no member of the network now."


def test_a_city_leads_one_bid_in_a_call(call, bid, coordinator, lyon):
    with pytest.raises(service.AlreadyBegun) as refused:
        service.begin_bid(host_call=call, city=lyon, by=coordinator)
    assert refused.value.bid == bid
    assert say(refused) == "Your city leads a bid in this call already: go on with that one."
    HostBid.objects.update(status=Status.WITHDRAWN)
    assert service.begin_bid(host_call=call, city=lyon, by=coordinator).pk != bid.pk


def test_a_city_that_joined_another_bid_begins_none(call, coordinator, lyon):
    make_bid(call, "ostersund", "lyon")
    with pytest.raises(service.BidRefused) as refused:
        service.begin_bid(host_call=call, city=lyon, by=coordinator)
    assert say(refused) == "Lyon takes part in the bid of Östersund already: it leaves that one first."


def test_a_city_that_was_only_asked_begins_its_own(call, coordinator, lyon):
    other = make_bid(call, "ostersund")
    BidCity.objects.create(bid=other, city=lyon)
    assert service.begin_bid(host_call=call, city=lyon, by=coordinator).lead == lyon


@pytest.mark.parametrize(
    ("phase", "sentence"),
    [
        ("scheduled", "The call for hosts opens on "),
        ("examination", "The call for hosts closed on "),
        ("ballot", "The call for hosts is “ballot”: it takes no bids."),
        ("decided", "The call for hosts is “decided”: it takes no bids."),
    ],
)
def test_a_bid_begins_while_the_call_is_open(network, coordinator, lyon, phase, sentence):
    with pytest.raises(service.BidRefused) as refused:
        service.begin_bid(host_call=make_host_call(phase), city=lyon, by=coordinator)
    assert say(refused).startswith(sentence)


# The cities of a joint bid


def test_a_city_is_asked_confirms_and_its_answer_is_mailed(bid, coordinator, other_coordinator, alternate):
    asked = service.ask_city(bid=bid, city=ostersund(), by=coordinator)
    assert not asked.is_confirmed
    assert mails("bid-city-asked") == [other_coordinator.email]
    body = OutboxMessage.objects.get(template="bid-city-asked").body
    assert f"/fr/my/bids/cities/{asked.pk}/" in body
    done = service.confirm(bid_city=asked, by=other_coordinator)
    assert (done.is_confirmed, done.confirmed_by) == (True, other_coordinator)
    assert mails("bid-city-confirmed") == [alternate.email, coordinator.email]
    assert verbs(bid) == [HistoryEntry.Verb.BID_CITY_ASKED, HistoryEntry.Verb.BID_CITY_JOINED]
    assert str(fresh(bid)) == "Lyon and Östersund"


def test_a_city_declines_with_a_word_that_is_kept_nowhere(bid, coordinator, other_coordinator):
    asked = service.ask_city(bid=bid, city=ostersund(), by=coordinator)
    service.decline(bid_city=asked, by=other_coordinator, word="Not this year.")
    asked.refresh_from_db()
    assert asked.left_at is not None
    assert "Not this year." in OutboxMessage.objects.get(template="bid-city-declined").body
    assert not HistoryEntry.objects.filter(reason__contains="Not this").exists()
    again = service.ask_city(bid=bid, city=ostersund(), by=coordinator)
    assert again.pk != asked.pk


def test_a_city_that_joined_leaves_a_draft(call, coordinator, other_coordinator):
    bid = make_bid(call, "lyon", "ostersund")
    service.leave(bid_city=bid.cities.get(is_lead=False), by=other_coordinator, word="Sorry.")
    assert [one.city.slug for one in fresh(bid).standing_cities] == ["lyon"]
    assert "Sorry." in OutboxMessage.objects.get(template="bid-city-left").body


def test_the_lead_goes_on_without_a_city(call, coordinator, other_coordinator):
    bid = make_bid(call, "lyon", "ostersund")
    service.remove_city(bid_city=bid.cities.get(is_lead=False), by=coordinator)
    assert mails("bid-city-removed") == [other_coordinator.email]
    assert "sans Östersund" in OutboxMessage.objects.get(template="bid-city-removed").subject


def refusals_of_cities(bid: HostBid, lead_fp, partner_fp) -> dict[str, tuple[type, object]]:
    lead, partner = bid.cities.get(is_lead=True), bid.cities.get(is_lead=False)
    return {
        "Östersund has been asked already.": lambda: service.ask_city(bid=bid, city=ostersund(), by=lead_fp),
        "Östersund has confirmed already.": lambda: service.confirm(bid_city=partner, by=partner_fp),
        "The lead city cannot leave its own bid: it withdraws it.": lambda: service.leave(bid_city=lead, by=lead_fp),
        "Only the focal point and the alternates of Östersund answer for it.": lambda: service.confirm(
            bid_city=partner, by=lead_fp
        ),
        "Only the focal point and the alternates of the lead city do this.": lambda: service.remove_city(
            bid_city=partner, by=partner_fp
        ),
    }


def test_what_does_not_fit_is_refused_with_a_sentence(call, coordinator, other_coordinator):
    bid = make_bid(call, "lyon", "ostersund")
    for sentence, act in refusals_of_cities(bid, coordinator, other_coordinator).items():
        with pytest.raises(NetworkError) as refused:
            act()
        assert say(refused) == sentence
    partner = bid.cities.get(is_lead=False)
    with pytest.raises(TransitionNotAllowed, match="has confirmed already"):
        service.decline(bid_city=partner, by=other_coordinator)
    with pytest.raises(TransitionNotAllowed, match="cannot leave its own bid"):
        service.remove_city(bid_city=bid.cities.get(is_lead=True), by=coordinator)
    service.leave(bid_city=partner, by=other_coordinator)
    for verb, who in ((service.leave, other_coordinator), (service.remove_city, coordinator)):
        with pytest.raises(TransitionNotAllowed) as refused:
            verb(bid_city=partner, by=who)
        assert say(refused) == "Östersund is no longer part of this bid."
    assert HistoryEntry.objects.about(bid).count() == 1


def test_who_has_not_joined_declines_and_does_not_leave(bid, coordinator, other_coordinator):
    asked = service.ask_city(bid=bid, city=ostersund(), by=coordinator)
    with pytest.raises(TransitionNotAllowed) as refused:
        service.leave(bid_city=asked, by=other_coordinator)
    assert say(refused) == "Östersund has not joined yet: it declines."


def test_only_members_are_asked_and_join(bid, coordinator, other_coordinator):
    asked = service.ask_city(bid=bid, city=ostersund(), by=coordinator)
    leave_network("ostersund", timezone.localdate() - DAY)
    with pytest.raises(service.BidRefused, match="Östersund is no member of the network now"):
        service.confirm(bid_city=asked, by=other_coordinator)
    service.remove_city(bid_city=asked, by=coordinator)
    with pytest.raises(service.BidRefused, match="Östersund is no member of the network now"):
        service.ask_city(bid=bid, city=ostersund(), by=coordinator)


def test_no_more_cities_than_the_call_allows(network, coordinator):
    call = make_host_call("open", most_cities=2)
    bid = make_bid(call, "lyon", "krakow")
    with pytest.raises(service.BidRefused) as refused:
        service.ask_city(bid=bid, city=ostersund(), by=coordinator)
    assert say(refused) == "At most 2 cities bid together in this call."


def test_where_cities_bid_alone_none_is_asked(network, coordinator):
    bid = make_bid(make_host_call("open", most_cities=1))
    with pytest.raises(service.BidRefused) as refused:
        service.ask_city(bid=bid, city=ostersund(), by=coordinator)
    assert say(refused) == "In this call a city bids alone."


def test_a_city_joins_one_bid_only(call, coordinator, other_coordinator):
    first, second = make_bid(call, "lyon"), make_bid(call, "krakow")
    asked = [BidCity.objects.create(bid=bid, city=ostersund()) for bid in (first, second)]
    service.confirm(bid_city=asked[0], by=other_coordinator)
    with pytest.raises(service.BidRefused) as refused:
        service.confirm(bid_city=asked[1], by=other_coordinator)
    assert say(refused) == "Östersund takes part in the bid of Lyon already: it leaves that one first."
    HostBid.objects.filter(pk=first.pk).update(status=Status.WITHDRAWN)
    assert service.confirm(bid_city=asked[1], by=other_coordinator).is_confirmed


def test_who_leads_a_bid_joins_no_other(call, coordinator, other_coordinator):
    make_bid(call, "ostersund")
    asked = BidCity.objects.create(bid=make_bid(call, "lyon"), city=ostersund())
    with pytest.raises(service.BidRefused) as refused:
        service.confirm(bid_city=asked, by=other_coordinator)
    assert say(refused) == "Östersund leads a bid in this call already: it withdraws that one first."


def test_a_submitted_bid_is_taken_back_before_a_city_leaves(call, coordinator, other_coordinator):
    bid = make_bid(call, "lyon", "ostersund", status=Status.SUBMITTED)
    partner = bid.cities.get(is_lead=False)
    with pytest.raises(TransitionNotAllowed) as refused:
        service.leave(bid_city=partner, by=other_coordinator)
    assert say(refused) == "The bid is submitted: a city leaves it only after the lead city has taken it back."
    with pytest.raises(TransitionNotAllowed) as refused:
        service.remove_city(bid_city=partner, by=coordinator)
    assert say(refused) == "This bid is submitted: take it back to change it."
    with pytest.raises(TransitionNotAllowed, match="take it back to change it"):
        service.ask_city(bid=bid, city=City.objects.get(slug="krakow"), by=coordinator)


def test_nothing_is_asked_or_confirmed_after_the_closing(network, coordinator, other_coordinator):
    bid = make_bid(make_host_call("examination"), "lyon")
    asked = BidCity.objects.create(bid=bid, city=ostersund())
    for act in (
        lambda: service.confirm(bid_city=asked, by=other_coordinator),
        lambda: service.ask_city(bid=bid, city=City.objects.get(slug="krakow"), by=coordinator),
        lambda: service.set_letter(bid_city=bid.cities.get(is_lead=True), upload=pdf(), by=coordinator),
    ):
        with pytest.raises(TransitionNotAllowed, match="nothing can be changed in this bid any more"):
            act()
    service.decline(bid_city=asked, by=other_coordinator)


@pytest.mark.parametrize("persona", ["editor", "former_coordinator", "officer", "evaluator", "other_coordinator"])
def test_who_does_not_speak_for_the_lead_asks_and_removes_nobody(request, call, persona):
    bid, by = make_bid(call, "lyon", "krakow"), request.getfixturevalue(persona)
    for act in (
        lambda: service.ask_city(bid=bid, city=ostersund(), by=by),
        lambda: service.remove_city(bid_city=bid.cities.get(is_lead=False), by=by),
        lambda: service.submit_bid(bid=bid, by=by),
        lambda: service.take_back_bid(bid=bid, by=by),
        lambda: service.withdraw_bid(bid=bid, by=by),
    ):
        with pytest.raises(MandateRefused) as refused:
            act()
        assert say(refused) == "Only the focal point and the alternates of the lead city do this."


# Letters


def test_a_letter_takes_the_place_of_the_one_before(bid, coordinator):
    one = bid.cities.get()
    first = service.set_letter(bid_city=one, upload=pdf(), by=coordinator).letter
    second = service.set_letter(bid_city=one, upload=pdf(b"%PDF-1.7\n%%EOF\n"), by=coordinator).letter
    assert first.pk != second.pk
    assert (second.kind, second.city.slug) == (PrivateFile.Kind.HOST_BID, "lyon")
    service.remove_letter(bid_city=one, by=coordinator)
    service.remove_letter(bid_city=one, by=coordinator)
    one.refresh_from_db()
    assert one.letter is None
    assert verbs(bid) == ["bid.letter_added", "bid.letter_added", "bid.letter_removed"]


@pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.4 broken"])
def test_a_letter_is_a_whole_pdf(bid, coordinator, content):
    with pytest.raises(UploadRefused):
        service.set_letter(bid_city=bid.cities.get(), upload=pdf(content), by=coordinator)


def test_the_letter_comes_after_the_confirmation(bid, coordinator):
    asked = service.ask_city(bid=bid, city=ostersund(), by=coordinator)
    with pytest.raises(service.BidRefused) as refused:
        service.set_letter(bid_city=asked, upload=pdf(), by=coordinator)
    assert say(refused) == "Östersund has not confirmed yet: its letter comes after that."


def test_who_sends_which_letter(call, coordinator, editor, other_coordinator, officer, former_coordinator):
    bid = make_bid(call, "lyon", "ostersund")
    lead, partner = bid.cities.get(is_lead=True), bid.cities.get(is_lead=False)
    for by in (coordinator, editor, other_coordinator):
        assert service.set_letter(bid_city=partner, upload=pdf(), by=by).letter
    assert service.set_letter(bid_city=lead, upload=pdf(), by=editor).letter
    with pytest.raises(MandateRefused) as refused:
        service.set_letter(bid_city=lead, upload=pdf(), by=other_coordinator)
    assert say(refused) == "Only the coordinators of Lyon and of the lead city change this letter."
    for by in (officer, former_coordinator):
        with pytest.raises(MandateRefused):
            service.remove_letter(bid_city=partner, by=by)


def test_who_reads_a_letter(call, coordinator, other_coordinator, officer, evaluator, former_coordinator):
    krakow = person("coordinator.krakow@example.org")
    mandate(krakow, "krakow", "focal-point")
    bid = make_bid(call, "lyon", "krakow")
    letter = service.set_letter(bid_city=bid.cities.get(is_lead=True), upload=pdf(), by=coordinator).letter

    def readers() -> list[str]:
        people = {
            "lyon": coordinator,
            "krakow": krakow,
            "ostersund": other_coordinator,
            "officer": officer,
            "evaluator": evaluator,
            "former": former_coordinator,
        }
        return [name for name, who in people.items() if PrivateFile.objects.visible_to(who).filter(pk=letter.pk)]

    assert readers() == ["lyon", "krakow"]
    HostBid.objects.update(status=Status.SUBMITTED, submitted_at=timezone.now())
    assert readers() == ["lyon", "krakow", "officer"]


# What is missing


def test_an_empty_bid_says_all_that_is_missing(call, coordinator, lyon):
    begun = service.begin_bid(host_call=call, city=lyon, by=coordinator)
    HostBid.objects.update(start_date=None, end_date=None)
    found = service.lacks(fresh(begun))
    assert [lack.field for lack in found[:-1]] == [name for name in service.REQUIRED if name != "language"]
    assert found[0].sentence == "Summary in English: still to be filled in."
    assert (found[-1].sentence, found[-1].field) == ("The letter of the mayor of Lyon is missing.", "")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"visas": "word " * 151}, "Help with visas: This text is too long: 150 words are allowed, it has 151."),
        ({"as_typed": {"budget_total": "a lot"}}, "Budget, in all: what was typed cannot be taken over."),
        ({"end_date": datetime.date(2020, 1, 1)}, "The last day is before the first."),
        (
            {"start_date": timezone.localdate(), "end_date": timezone.localdate()},
            "The first day comes after the ballot: give a later one.",
        ),
        ({"summary_fr": ""}, "Summary in French: still to be filled in."),
        ({"venue_places": None}, "Persons the main venue holds: still to be filled in."),
    ],
)
def test_what_is_wrong_is_said(ready, fields, sentence):
    assert service.missing(ready) == []
    HostBid.objects.update(**fields)
    assert service.missing(fresh(ready)) == [sentence]


def test_what_may_be_left_open(ready):
    HostBid.objects.update(dates_note="", venues="", budget_total=0)
    assert service.missing(fresh(ready)) == []


def test_every_city_confirms_and_adds_its_letter(ready, coordinator, other_coordinator):
    asked = service.ask_city(bid=ready, city=ostersund(), by=coordinator)
    assert service.missing(fresh(ready)) == ["Östersund has not confirmed that it joins the bid."]
    service.confirm(bid_city=asked, by=other_coordinator)
    assert service.missing(fresh(ready)) == ["The letter of the mayor of Östersund is missing."]
    service.set_letter(bid_city=asked, upload=pdf(), by=other_coordinator)
    assert service.missing(fresh(ready)) == []
    with override("fr"):
        BidCity.objects.filter(pk=asked.pk).update(letter=None)
        assert service.missing(fresh(ready)) == ["Il manque la lettre du maire\u202f: Östersund."]


def test_more_cities_than_allowed_are_not_submitted(ready, coordinator):
    for slug in ("krakow", "katowice", "ostersund"):
        BidCity.objects.create(bid=ready, city=City.objects.get(slug=slug))
    assert "At most 3 cities bid together in this call." in service.missing(fresh(ready))


# Handing in


def test_a_bid_is_submitted_and_all_are_told(ready, coordinator, alternate, editor, settings):
    done = service.submit_bid(bid=ready, by=alternate)
    assert (done.status, done.submitted_by) == (Status.SUBMITTED, alternate)
    assert mails("bid-submitted") == [alternate.email, coordinator.email]
    assert mails("bid-submitted-to-staff") == [settings.CONTACT_EMAIL]
    assert verbs(ready)[-1] == HistoryEntry.Verb.BID_SUBMITTED


def test_what_is_missing_keeps_it_back(bid, coordinator):
    with pytest.raises(Incomplete) as refused:
        service.submit_bid(bid=bid, by=coordinator)
    assert refused.value.missing == ["The letter of the mayor of Lyon is missing."]
    assert fresh(bid).status == Status.DRAFT


def test_the_last_second_counts_and_one_second_later_does_not(ready, coordinator):
    HostCall.objects.update(closes_at=timezone.now() - DAY)
    end = HostCall.objects.get().closes_at
    with pytest.raises(service.TooLate) as refused:
        service.submit_bid(bid=fresh(ready), by=coordinator, received_at=end)
    assert "and could be submitted until" in say(refused)
    with pytest.raises(service.TooLate):
        service.submit_bid(bid=fresh(ready), by=coordinator, received_at=end + SECOND)
    done = service.submit_bid(bid=fresh(ready), by=coordinator, received_at=end - SECOND)
    assert (done.status, done.submitted_at) == (Status.SUBMITTED, end - SECOND)


def test_one_second_late_is_said_to_the_second(ready, coordinator):
    end = datetime.datetime(2027, 3, 31, 22, 0, tzinfo=datetime.UTC)
    HostCall.objects.update(
        closes_at=end, ballot_opens_at=end + DAY, ballot_closes_at=end + 9 * DAY, opens_at=end - 99 * DAY
    )
    with pytest.raises(service.TooLate) as refused:
        service.submit_bid(bid=fresh(ready), by=coordinator, received_at=end + SECOND)
    assert say(refused) == (
        "It was received on Thursday 1 April 2027, 00:00:01, Paris time (UTC+2), and could be submitted until Wednesday"
        " 31 March 2027, 24:00 (end of the day), Paris time (UTC+2). What was typed stays readable."
    )


def test_a_cancelled_call_takes_no_bid(ready, coordinator):
    HostCall.objects.update(status=HostCall.Status.CANCELLED)
    with pytest.raises(service.BidRefused) as refused:
        service.submit_bid(bid=fresh(ready), by=coordinator)
    assert say(refused) == "The call for hosts is “cancelled”: it takes no bids."


def test_every_city_is_a_member_on_the_day_in_paris(ready, coordinator, other_coordinator):
    asked = service.ask_city(bid=ready, city=ostersund(), by=coordinator)
    service.confirm(bid_city=asked, by=other_coordinator)
    service.set_letter(bid_city=asked, upload=pdf(), by=coordinator)
    day = timezone.localdate()
    leave_network("ostersund", day - DAY)
    assert service.cities_no_longer_members(fresh(ready)) == [ostersund()]
    assert service.cities_no_longer_members(fresh(ready), day - DAY) == []
    with pytest.raises(service.BidRefused) as refused:
        service.submit_bid(bid=fresh(ready), by=coordinator)
    assert say(refused) == "Only members host a meeting, and Östersund is none today."
    leave_network("lyon", day - DAY)
    with pytest.raises(service.BidRefused) as refused:
        service.submit_bid(bid=fresh(ready), by=coordinator)
    assert say(refused) == "Only members host a meeting, and these cities are none today: Lyon, Östersund."
    # A designation's last day counts.
    Designation.objects.filter(ends_on=day - DAY).update(ends_on=day)
    assert service.submit_bid(bid=fresh(ready), by=coordinator).status == Status.SUBMITTED


# The machine: every pair of states that the verbs here can ask for


def acts(bid: HostBid, lead, officer) -> dict[Status, object]:
    return {
        Status.SUBMITTED: lambda: service.submit_bid(bid=bid, by=lead),
        Status.DRAFT: lambda: service.take_back_bid(bid=bid, by=lead),
        Status.WITHDRAWN: lambda: service.withdraw_bid(bid=bid, by=lead),
        Status.ELIGIBLE: lambda: service.find_bid_eligible(bid=bid, by=officer),
        Status.INELIGIBLE: lambda: service.find_bid_ineligible(bid=bid, reason_en="Why", reason_fr="Ainsi", by=officer),
    }


@pytest.mark.parametrize(
    ("before", "to"),
    list(
        itertools.product(
            Status, (Status.SUBMITTED, Status.DRAFT, Status.WITHDRAWN, Status.ELIGIBLE, Status.INELIGIBLE)
        )
    ),
)
def test_each_move_follows_from_the_state_or_is_refused(network, coordinator, officer, before, to):
    examined = to in (Status.ELIGIBLE, Status.INELIGIBLE)
    call = make_host_call("examination" if examined else "open")
    made = make_bid(call, status=before)
    BidCity.objects.update(letter=letter_of(coordinator))
    allowed = to in HostBid.TRANSITIONS.get(before, set()) and (before, to) != (Status.ON_BALLOT, Status.WITHDRAWN)
    act = acts(fresh(made), coordinator, officer)[to]
    if allowed:
        act()
        assert fresh(made).status == to
        assert HistoryEntry.objects.about(made).count() == 1
    else:
        with pytest.raises(TransitionNotAllowed) as refused:
            act()
        assert say(refused).endswith((f"the bid is “{before.label}” now.", "then decide."))
        assert fresh(made).status == before
        assert HistoryEntry.objects.about(made).count() == 0
        assert OutboxMessage.objects.count() == 0


@pytest.mark.parametrize(("before", "to"), list(itertools.product(Status, Status)))
def test_the_mover_knows_every_pair(network, before, to):
    bid = make_bid(make_host_call("open"), status=before)
    verb = HistoryEntry.Verb.BID_SUBMITTED
    if to in HostBid.TRANSITIONS.get(before, set()):
        assert service.move_bid(bid, to, verb=verb, by=None).status == to
    else:
        with pytest.raises(TransitionNotAllowed):
            service.move_bid(bid, to, verb=verb, by=None)
        assert fresh(bid).status == before


def letter_of(user) -> PrivateFile:
    return PrivateFile.objects.create(
        kind=PrivateFile.Kind.HOST_BID, name="l.pdf", size=1, sha256="0" * 64, uploaded_by=user, file="x"
    )


# Taking back, withdrawing


def test_a_bid_is_taken_back_until_the_call_closes(network, coordinator):
    call = make_host_call("open")
    bid = make_bid(call, status=Status.SUBMITTED, submitted_by=coordinator)
    back = service.take_back_bid(bid=bid, by=coordinator)
    assert (back.status, back.submitted_at, back.submitted_by) == (Status.DRAFT, None, None)
    HostBid.objects.update(status=Status.SUBMITTED)
    HostCall.objects.update(closes_at=timezone.now())
    with pytest.raises(TransitionNotAllowed) as refused:
        service.take_back_bid(bid=fresh(bid), by=coordinator)
    assert "a bid can be withdrawn, and no longer be changed." in say(refused)


def test_a_withdrawal_tells_the_cities_and_frees_them(call, coordinator, other_coordinator, settings, lyon):
    bid = make_bid(call, "lyon", "ostersund", status=Status.SUBMITTED)
    service.withdraw_bid(bid=bid, by=coordinator, reason="No money.")
    assert mails("bid-withdrawn") == [coordinator.email, other_coordinator.email]
    assert mails("bid-withdrawn-to-staff") == [settings.CONTACT_EMAIL]
    assert all("No money." in one.body for one in OutboxMessage.objects.all())
    assert HistoryEntry.objects.about(bid).get().reason == ""
    assert service.begin_bid(host_call=call, city=ostersund(), by=other_coordinator)


def test_staff_are_not_told_of_a_draft_that_is_withdrawn(bid, coordinator):
    service.withdraw_bid(bid=bid, by=coordinator)
    assert mails("bid-withdrawn-to-staff") == []


def test_nothing_is_withdrawn_after_the_decision(network, coordinator):
    bid = make_bid(make_host_call("decided"), status=Status.INELIGIBLE)
    with pytest.raises(TransitionNotAllowed) as refused:
        service.withdraw_bid(bid=bid, by=coordinator)
    assert say(refused) == "The call for hosts is “decided”: no bid of it is withdrawn any more."


def test_a_bid_on_the_ballot_is_left_to_the_ballot(network, coordinator):
    call = make_host_call("ballot")
    bid = make_bid(call)
    make_ballot(call, bid, electorate=[bid.lead])
    with pytest.raises(TransitionNotAllowed, match="has come on the ballot"):
        service.withdraw_bid(bid=fresh(bid), by=coordinator)
    assert service.is_voted_on(fresh(bid))
    assert service.may_be_withdrawn(fresh(bid))


# Examination


@pytest.fixture
def examined(network) -> HostBid:
    return make_bid(make_host_call("examination"), "lyon", status=Status.SUBMITTED)


def test_an_officer_finds_a_bid_ineligible_and_then_eligible(examined, officer, coordinator, other_coordinator):
    done = service.find_bid_ineligible(bid=examined, reason_en=" No venue. ", reason_fr="Pas de lieu.", by=officer)
    assert (done.reason_en, done.reason_fr, done.examined_by) == ("No venue.", "Pas de lieu.", officer)
    assert "No venue." in OutboxMessage.objects.get(template="bid-ineligible").body
    done = service.find_bid_eligible(bid=fresh(examined), by=officer)
    assert (done.status, done.reason_en) == (Status.ELIGIBLE, "")
    assert mails("bid-eligible") == [coordinator.email]
    service.find_bid_ineligible(bid=fresh(examined), reason_en="x", reason_fr="x", by=officer)


@pytest.mark.parametrize(("english", "french"), [("", "x"), ("x", " "), ("", "")])
def test_a_reason_is_given_in_both_languages(examined, officer, english, french):
    with pytest.raises(service.BidRefused) as refused:
        service.find_bid_ineligible(bid=examined, reason_en=english, reason_fr=french, by=officer)
    assert say(refused) == "Say why in both languages: the cities read it."


def test_a_reason_is_not_endless(examined, officer):
    with pytest.raises(service.BidRefused) as refused:
        service.find_bid_ineligible(bid=examined, reason_en="x" * 2001, reason_fr="x", by=officer)
    assert say(refused) == "Keep it shorter: at most 2000 characters."


@pytest.mark.parametrize("persona", ["coordinator", "auditor", "evaluator", "other_coordinator"])
def test_only_officers_examine(request, examined, persona):
    by = request.getfixturevalue(persona)
    for act in (
        lambda: service.find_bid_eligible(bid=examined, by=by),
        lambda: service.find_bid_ineligible(bid=examined, reason_en="x", reason_fr="x", by=by),
    ):
        with pytest.raises(MandateRefused) as refused:
            act()
        assert say(refused) == "Only officers of the secretariat examine bids."


@pytest.mark.parametrize(
    ("phase", "sentence"),
    [
        ("open", "Bids are examined once the call has closed: "),
        ("ballot", "The call for hosts is “ballot”: its bids are examined no more."),
        ("decided", "The call for hosts is “decided”: its bids are examined no more."),
    ],
)
def test_bids_are_examined_between_the_closing_and_the_ballot(network, officer, phase, sentence):
    bid = make_bid(make_host_call(phase), status=Status.SUBMITTED)
    with pytest.raises(service.BidRefused) as refused:
        service.find_bid_eligible(bid=bid, by=officer)
    assert say(refused).startswith(sentence)


# Drafts


def test_a_draft_is_written_until_the_call_closes(bid, coordinator):
    stored = save_draft(bid, values={"venue": "The hall"}, seen=0, by=coordinator)
    assert (stored.venue, stored.version) == ("The hall", 1)
    HostCall.objects.update(closes_at=timezone.now())
    with pytest.raises(TransitionNotAllowed) as refused:
        save_draft(stored, values={"venue": "Another"}, seen=1, by=coordinator)
    assert "nothing can be changed in this bid any more" in say(refused)


@pytest.mark.parametrize(
    ("status", "call_status", "sentence"),
    [
        (Status.WITHDRAWN, "published", "This bid is withdrawn: nothing can be changed in it."),
        (Status.SUBMITTED, "published", "This bid is submitted: take it back to change it."),
        (Status.ELIGIBLE, "published", "This bid is submitted: nothing can be changed in it any more."),
        (Status.DRAFT, "cancelled", "The call for hosts takes no bids any more."),
    ],
)
def test_why_a_bid_cannot_be_written_is_said(call, status, call_status, sentence):
    bid = make_bid(call, status=status)
    HostCall.objects.update(status=call_status)
    assert not fresh(bid).is_editable
    assert fresh(bid).why_closed == sentence


def test_who_may_read_and_write(call, coordinator, alternate, editor, other_coordinator, officer, evaluator):
    bid = make_bid(call, "lyon")
    BidCity.objects.create(bid=bid, city=ostersund())
    for who in (coordinator, alternate, editor):
        assert who.has_perm("meetings.write_bid", fresh(bid))
        assert who.has_perm("meetings.read_bid", fresh(bid))
    # Asked, it reads what it is asked about, and writes once it has confirmed.
    assert other_coordinator.has_perm("meetings.read_bid", fresh(bid))
    assert not other_coordinator.has_perm("meetings.write_bid", fresh(bid))
    BidCity.objects.filter(is_lead=False).update(confirmed_at=timezone.now())
    assert other_coordinator.has_perm("meetings.write_bid", fresh(bid))
    assert not other_coordinator.has_perm("meetings.submit_bid", fresh(bid))
    for who in (officer, evaluator):
        assert not who.has_perm("meetings.read_bid", fresh(bid))
    HostBid.objects.update(status=Status.SUBMITTED, submitted_at=timezone.now())
    assert officer.has_perm("meetings.read_bid", fresh(bid))
