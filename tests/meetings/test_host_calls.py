"""Calls for hosts: what their verbs allow and refuse, what freezes, who is told, the public pages."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import Error, connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from cities.days import today
from cities.exceptions import TransitionNotAllowed, UploadRefused
from cities.models import City, Coordinator, HistoryEntry, OutboxMessage
from meetings.models import Ballot, BidCity, HostBid, HostCall, HostCriterion, Meeting, Rescheduling
from meetings.services.ballot import cancel_on_ballot
from meetings.services.host_call import (
    INSTANTS,
    HostCallRefused,
    cancel_host_call,
    copy_host_call,
    decide_without_ballot,
    hosting_of,
    moves_of,
    obstacles,
    publish_host_call,
    reschedule_host_call,
    sign_agreement,
    take_back_host_call,
)
from tests.conftest import mandate, person
from tests.factories import CityFactory
from tests.factories.hosting import DAY, HOUR, make_ballot, make_bid, make_host_call, make_meeting
from tests.factories.meetings import MeetingHostFactory

Status = HostCall.Status
Verb = HistoryEntry.Verb
SECOND = datetime.timedelta(seconds=1)

pytestmark = pytest.mark.django_db


def page(host_call: HostCall, language: str = "en") -> str:
    return f"/{language}/meetings/{host_call.meeting.edition}/hosting/"


def pdf(name: str = "agreement.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.7 %%EOF", "application/pdf")


def anew(host_call: HostCall) -> HostCall:
    return HostCall.objects.get(pk=host_call.pk)


@pytest.fixture
def at(monkeypatch):
    """Lets the clock stand still at an instant."""

    def stand(instant: datetime.datetime) -> datetime.datetime:
        monkeypatch.setattr("django.utils.timezone.now", lambda: instant)
        return instant

    return stand


@pytest.fixture
def draft(network) -> HostCall:
    return make_host_call("scheduled", publish=False)


# The machine

MOVES = {
    Status.PUBLISHED: lambda call, by: publish_host_call(host_call=call, by=by),
    Status.DRAFT: lambda call, by: take_back_host_call(host_call=call, reason="Too early.", by=by),
    Status.CANCELLED: lambda call, by: cancel_host_call(host_call=call, reason="No budget.", by=by),
    Status.DECIDED: lambda call, by: decide_without_ballot(host_call=call, reason="No bid came.", by=by),
}
VERBS = {
    Status.PUBLISHED: Verb.HOST_CALL_PUBLISHED,
    Status.DRAFT: Verb.HOST_CALL_TAKEN_BACK,
    Status.CANCELLED: Verb.HOST_CALL_CANCELLED,
    Status.DECIDED: Verb.HOST_CALL_DECIDED,
}


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", MOVES)
def test_every_pair_of_statuses(network, officer, before, after):
    call = make_host_call("examination" if after == Status.DECIDED else "scheduled", publish=False)
    HostCall.objects.filter(pk=call.pk).update(status=before)
    # From the ballot only the ballot decides, which has tests of its own.
    by_hand = (before, after) != (Status.BALLOT, Status.DECIDED)
    if after in HostCall.TRANSITIONS.get(before, set()) and by_hand:
        moved = MOVES[after](call, officer)
        assert moved.status == anew(call).status == after
        entry = HistoryEntry.objects.about(call).latest("number")
        assert (entry.verb, entry.changes) == (VERBS[after], {"status": [before, after]})
        assert entry.actor == officer
    else:
        with pytest.raises(TransitionNotAllowed) as refusal:
            MOVES[after](call, officer)
        said = f"This cannot be done: the call for hosts is “{before.label}” now."
        assert str(refusal.value) == (said if by_hand else "Members vote, or have voted: the ballot decides.")
        assert anew(call).status == before
        assert not HistoryEntry.objects.about(call).exists()


def test_no_verb_leads_to_a_ballot_without_a_ballot():
    assert set(MOVES) == set(Status) - {Status.BALLOT}


ACTS = {
    "publish": lambda call, by: publish_host_call(host_call=call, by=by),
    "take back": lambda call, by: take_back_host_call(host_call=call, reason="A reason.", by=by),
    "cancel": lambda call, by: cancel_host_call(host_call=call, reason="A reason.", by=by),
    "decide": lambda call, by: decide_without_ballot(host_call=call, reason="A reason.", by=by),
    "copy": lambda call, by: copy_host_call(host_call=call, meeting=call.meeting, by=by),
    "agree": lambda call, by: sign_agreement(host_call=call, signed_on=today(), file=None, by=by),
    "reschedule": lambda call, by: reschedule_host_call(
        host_call=call, closes_at=call.closes_at + DAY, reason_en="So.", reason_fr="Voilà.", by=by
    ),
}


@pytest.mark.parametrize("persona", ["auditor", "coordinator", "evaluator"])
@pytest.mark.parametrize("act", ACTS)
def test_only_officers_run_hosting(draft, request, act, persona):
    with pytest.raises(HostCallRefused, match=r"^Only officers of the secretariat do this\.$"):
        ACTS[act](draft, request.getfixturevalue(persona))
    assert not HistoryEntry.objects.about(draft).exists()


def test_a_call_that_has_opened_is_no_draft_again(network, officer, at):
    call = make_host_call("scheduled")
    at(call.opens_at)
    with pytest.raises(TransitionNotAllowed) as refusal:
        take_back_host_call(host_call=call, reason="A mistake.", by=officer)
    assert str(refusal.value) == (
        "The call for hosts has opened: cities rely on it, and its rules stay. Reschedule it, or cancel it."
    )
    at(call.opens_at - SECOND)
    assert take_back_host_call(host_call=call, reason="A mistake.", by=officer).is_draft


@pytest.mark.parametrize("verb", [take_back_host_call, cancel_host_call])
def test_a_reason_is_asked_for(network, officer, verb):
    with pytest.raises(HostCallRefused, match=r"^Give a reason\.$"):
        verb(host_call=make_host_call("scheduled"), reason="  ", by=officer)


# What is published is frozen, whoever writes


def test_rules_and_criteria_are_frozen_by_the_database(draft, officer):
    call = publish_host_call(host_call=draft, by=officer)
    other = make_meeting(30)
    changes = {
        "meetings_hostcall": [
            f"UPDATE meetings_hostcall SET meeting_id = {other.pk}",
            "UPDATE meetings_hostcall SET bidders_vote = NOT bidders_vote",
            "UPDATE meetings_hostcall SET quorum_percent = 99",
            "UPDATE meetings_hostcall SET runoff_hours = 1",
            "UPDATE meetings_hostcall SET most_rounds = 9",
            "UPDATE meetings_hostcall SET most_cities = 9",
            "UPDATE meetings_hostcall SET status = 'draft', most_cities = 9",
        ],
        "meetings_hostcriterion": [
            "UPDATE meetings_hostcriterion SET text_en = 'Anything'",
            "DELETE FROM meetings_hostcriterion",
            "INSERT INTO meetings_hostcriterion (host_call_id, position, text_en, text_fr)"
            f" VALUES ({call.pk}, 9, 'Late', 'Tard')",
        ],
    }
    for statements in changes.values():
        for statement in statements:
            with pytest.raises(Error, match="frozen"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
    assert [one.text_en for one in call.criteria.all()] == ["Rooms", "Access"]
    # A draft again, it can be edited again.
    take_back_host_call(host_call=call, reason="A mistake.", by=officer)
    assert HostCall.objects.filter(pk=call.pk).update(most_cities=2)
    assert HostCriterion.objects.filter(host_call=call).update(text_en="Anything") == 2


# Obstacles


def test_a_whole_draft_has_no_obstacle(draft):
    assert obstacles(draft) == []


def put(**values):
    def change(call: HostCall) -> None:
        for name, value in values.items():
            setattr(call, name, value)

    return change


OBSTACLES = {
    "The introduction: the text in English is missing.": put(introduction_en=" "),
    "The introduction: the text in French is missing.": put(introduction_fr=""),
    "The opening lies in the past: nobody could have known of it.": lambda call: put(opens_at=timezone.now() - HOUR)(
        call
    ),
    "This date lies in the past: closes.": lambda call: put(
        opens_at=timezone.now() - 2 * DAY, closes_at=timezone.now() - DAY
    )(call),
    "The dates are out of order: opening, closing, opening of the ballot, its closing.": lambda call: put(
        ballot_opens_at=call.closes_at - SECOND
    )(call),
    "There is no criterion: say what a host must offer.": lambda call: call.criteria.all().delete(),
    "Criterion “Access”: the text in French is missing.": lambda call: call.criteria.filter(position=2).update(
        text_fr=""
    ),
    "A host is sought only for a meeting that is planned; this one is “host selected”.": lambda call: put(
        status=Meeting.Status.HOST_SELECTED
    )(call.meeting),
    "The meeting has a host already: Lyon.": lambda call: MeetingHostFactory(
        meeting=call.meeting, name_en="Lyon", name_fr="Lyon"
    ),
}


@pytest.mark.parametrize("sentence", OBSTACLES)
def test_every_obstacle_has_its_sentence(draft, officer, sentence):
    OBSTACLES[sentence](draft)
    assert sentence in obstacles(draft)
    if "out of order" in sentence:
        # The database holds no such row.
        return
    draft.meeting.save()
    draft.save()
    with pytest.raises(HostCallRefused) as refusal:
        publish_host_call(host_call=draft, by=officer)
    assert str(refusal.value).startswith("The call cannot be published yet. ")
    assert sentence in str(refusal.value)
    assert anew(draft).is_draft


def test_a_demonstration_may_have_opened(draft):
    draft.is_demonstration = True
    draft.opens_at = timezone.now() - DAY
    assert obstacles(draft) == []


def test_a_meeting_has_one_call_for_hosts_at_a_time(draft, officer):
    with pytest.raises(Error), transaction.atomic():
        make_host_call("scheduled", publish=False, meeting=draft.meeting)
    cancelled = make_host_call("scheduled", meeting=make_meeting(30))
    cancel_host_call(host_call=cancelled, reason="No budget.", by=officer)
    assert make_host_call("scheduled", meeting=cancelled.meeting).pk


# Mails


def test_publishing_tells_all_focal_points_of_members_in_their_language(draft, officer):
    mandate(person("focal.lyon@example.org"), "lyon", Coordinator.Role.FOCAL_POINT)
    mandate(person("focal.ostersund@example.org", language="fr"), "ostersund", Coordinator.Role.FOCAL_POINT)
    mandate(person("alternate@example.org"), "lyon", Coordinator.Role.ALTERNATE)
    mandate(person("gone@example.org", is_active=False), "bergen", Coordinator.Role.FOCAL_POINT)
    former = CityFactory(name_en="Formerly", country=draft.meeting.country)
    mandate(person("former@example.org"), former.slug, Coordinator.Role.FOCAL_POINT)
    publish_host_call(host_call=draft, by=officer)
    mails = {mail.to: mail for mail in OutboxMessage.objects.all()}
    assert set(mails) == {"focal.lyon@example.org", "focal.ostersund@example.org"}
    assert {mail.status for mail in mails.values()} == {OutboxMessage.Status.APPROVED}
    assert "/en/meetings/19/hosting/" in mails["focal.lyon@example.org"].body
    assert "Who will host?" in mails["focal.lyon@example.org"].subject
    assert "/fr/meetings/19/hosting/" in mails["focal.ostersund@example.org"].body
    assert mails["focal.ostersund@example.org"].subject.startswith("Qui accueillera")


def test_a_demonstration_troubles_nobody(draft, coordinator, officer):
    HostCall.objects.filter(pk=draft.pk).update(is_demonstration=True)
    publish_host_call(host_call=draft, by=officer)
    assert not OutboxMessage.objects.exists()


def test_cancelling_tells_who_speaks_for_a_bidding_city(
    network, coordinator, alternate, editor, other_coordinator, officer
):
    call = make_host_call("open")
    bid = make_bid(call, "lyon", "ostersund")
    BidCity.objects.filter(bid=bid, city__slug="ostersund").update(confirmed_at=None)
    bergen = make_bid(call, "bergen")
    HostBid.objects.filter(pk=bergen.pk).update(status=HostBid.Status.WITHDRAWN)
    mandate(person("withdrawn@example.org"), "bergen", Coordinator.Role.FOCAL_POINT)
    cancel_host_call(host_call=call, reason="The meeting is put off.", by=officer)
    mails = {mail.to: mail for mail in OutboxMessage.objects.all()}
    assert set(mails) == {coordinator.email, alternate.email, other_coordinator.email}
    assert "The meeting is put off." in mails[coordinator.email].body
    assert "/fr/meetings/19/hosting/" in mails[other_coordinator.email].body


def test_while_members_vote_the_ballot_goes_first(network, officer):
    call = make_host_call("ballot")
    make_ballot(call, make_bid(call, "lyon"), make_bid(call, "bergen"), electorate=[City.objects.get(slug="lyon")])
    with pytest.raises(TransitionNotAllowed, match=r"^Members are voting: annul the ballot first\.$"):
        cancel_host_call(host_call=call, reason="No budget.", by=officer)
    assert cancel_on_ballot(host_call=call, reason="No budget.", by=officer).status == Status.CANCELLED
    assert Ballot.objects.get().status == Ballot.Status.ANNULLED


# Other dates


def reschedule(call: HostCall, by, **instants) -> HostCall:
    return reschedule_host_call(
        host_call=call, reason_en="Budgets are late.", reason_fr="Les budgets tardent.", by=by, **instants
    )


def test_rescheduling_is_kept_told_and_recorded(network, coordinator, officer):
    call = make_host_call("open")
    make_bid(call, "lyon")
    later = call.closes_at + 2 * DAY
    moved = reschedule(call, officer, closes_at=later, opens_at=call.opens_at)
    assert moved.closes_at == anew(call).closes_at == later
    kept = Rescheduling.objects.get()
    assert (kept.reason_en, kept.reason_fr, kept.by) == ("Budgets are late.", "Les budgets tardent.", officer)
    assert moves_of(call) == [(kept, [("closes", call.closes_at, later)])]
    entry = HistoryEntry.objects.about(call).get()
    assert entry.verb == Verb.HOST_CALL_RESCHEDULED
    assert set(entry.changes) == {"closes_at"}
    assert entry.reason == "Budgets are late."
    mail = OutboxMessage.objects.get()
    assert mail.to == coordinator.email
    assert "Budgets are late." in mail.body


@pytest.mark.parametrize(
    ("phase", "change", "sentence"),
    [
        ("open", {"opens_at": 1}, "This instant has passed and stays: opens."),
        ("examination", {"closes_at": 40}, "This instant has passed and stays: closes."),
        ("open", {"closes_at": -1}, "The call for hosts is open: time can be added, not taken away."),
        ("open", {"ballot_opens_at": -60}, "This date lies in the past: ballot opens."),
        ("open", {}, "Nothing would change."),
        (
            "open",
            {"closes_at": 15},
            "The dates are out of order: opening, closing, opening of the ballot, its closing.",
        ),
    ],
)
def test_what_rescheduling_refuses(network, officer, phase, change, sentence):
    call = make_host_call(phase)
    instants = {name: getattr(call, name) + days * DAY for name, days in change.items()}
    with pytest.raises(HostCallRefused) as refusal:
        reschedule(call, officer, **instants)
    assert str(refusal.value) == sentence
    assert not Rescheduling.objects.exists()
    assert all(getattr(anew(call), name) == getattr(call, name) for name in INSTANTS)


def test_before_it_opens_it_can_close_earlier(network, officer):
    call = make_host_call("scheduled")
    assert reschedule(call, officer, closes_at=call.closes_at - DAY).closes_at == call.closes_at - DAY


def test_a_ballot_that_was_not_ready_in_time_gets_other_dates(network, officer, at):
    call = make_host_call("examination")
    at(call.ballot_closes_at + DAY)
    now = call.ballot_closes_at + DAY
    moved = reschedule(call, officer, ballot_opens_at=now + DAY, ballot_closes_at=now + 9 * DAY)
    assert moved.ballot_opens_at == now + DAY


@pytest.mark.parametrize("phase", ["ballot", "decided"])
def test_once_the_ballot_is_open_the_dates_stay(network, officer, phase):
    call = make_host_call(phase)
    with pytest.raises(TransitionNotAllowed) as refusal:
        reschedule(call, officer, ballot_closes_at=timezone.now() + 60 * DAY)
    assert str(refusal.value) == "Only a published call for hosts whose ballot has not opened can be rescheduled."


@pytest.mark.parametrize("reasons", [("", "Voilà."), ("So.", " ")])
def test_the_reason_is_given_in_both_languages(network, officer, reasons):
    call = make_host_call("open")
    with pytest.raises(HostCallRefused, match=r"^Give a reason, in both languages\.$"):
        reschedule_host_call(
            host_call=call, closes_at=call.closes_at + DAY, reason_en=reasons[0], reason_fr=reasons[1], by=officer
        )
    with pytest.raises(TypeError):
        reschedule(call, officer, decided_at=timezone.now())


# Without a ballot


@pytest.mark.parametrize(
    ("phase", "status", "sentence"),
    [
        ("open", None, "The call for hosts has not closed: a bid can still come."),
        ("examination", "submitted", "A bid is not examined yet."),
        ("examination", "eligible", "There is an eligible bid: the members vote on it."),
    ],
)
def test_what_a_ballot_is_due_for_is_not_decided_without(network, officer, phase, status, sentence):
    call = make_host_call(phase)
    if status:
        make_bid(call, "lyon", status=status)
    with pytest.raises(HostCallRefused) as refusal:
        decide_without_ballot(host_call=call, reason="No bid.", by=officer)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("status", ["draft", "ineligible", "withdrawn"])
def test_without_an_eligible_bid_it_ends_without_a_host(network, officer, status):
    call = make_host_call("examination")
    make_bid(call, "lyon", status=status)
    assert decide_without_ballot(host_call=call, reason="No bid.", by=officer).status == Status.DECIDED
    assert HistoryEntry.objects.about(call).get().reason == "No bid."
    assert Meeting.objects.get(pk=call.meeting_id).status == Meeting.Status.PLANNED


# Copies


def test_a_copy_takes_rules_criteria_and_dates_moved_by_years(network, officer):
    call = make_host_call("decided", quorum_percent=30, bidders_vote=False, most_rounds=2, note="Old.")
    meeting = make_meeting(30, year=call.meeting.year + 2, start_date=None, end_date=None)
    copied = copy_host_call(host_call=call, meeting=meeting, by=officer)
    assert copied.is_draft
    assert (copied.meeting, copied.quorum_percent, copied.bidders_vote, copied.most_rounds, copied.note) == (
        meeting,
        30,
        False,
        2,
        "",
    )
    assert copied.introduction_fr == "Accueillez-nous."
    assert copied.opens_at.year == call.opens_at.year + 2
    assert [one.text_fr for one in copied.criteria.all()] == ["Rooms (fr)", "Access (fr)"]
    entry = HistoryEntry.objects.about(copied).get()
    assert (entry.verb, entry.changes) == (Verb.HOST_CALL_COPIED, {"copied_from": [None, 19]})


def test_what_copying_refuses(draft, officer):
    with pytest.raises(HostCallRefused) as refusal:
        copy_host_call(host_call=draft, meeting=draft.meeting, by=officer)
    assert str(refusal.value) == "Another call for hosts of this meeting is in preparation or runs."
    held = make_meeting(30, status=Meeting.Status.HELD)
    with pytest.raises(HostCallRefused) as refusal:
        copy_host_call(host_call=draft, meeting=held, by=officer)
    assert str(refusal.value) == "A host is sought only for a meeting that is planned; this one is “held”."


# The agreement


@pytest.fixture
def decided(network) -> HostCall:
    call = make_host_call("decided")
    make_bid(call, "lyon", "ostersund", status="selected", summary_fr="")
    make_bid(call, "bergen", status="not-selected")
    make_bid(call, "kyiv", status="ineligible")
    return call


def test_the_agreement_is_noted_and_kept(decided, officer, auditor, coordinator, signed_in):
    signed = sign_agreement(host_call=decided, signed_on=today() - DAY, file=pdf(), by=officer)
    assert signed.agreement_signed_on == today() - DAY
    entry = HistoryEntry.objects.about(decided).get()
    assert entry.verb == Verb.AGREEMENT_SIGNED
    assert entry.changes["agreement_signed_on"] == [None, (today() - DAY).isoformat()]
    assert "agreement.pdf" in entry.changes
    address = signed.agreement.get_absolute_url()
    assert signed_in(auditor).get(address).status_code == 200
    assert signed_in(coordinator).get(address).status_code == 404
    # Another day, the same text.
    assert sign_agreement(host_call=decided, signed_on=today(), file=None, by=officer).agreement == signed.agreement


def test_what_an_agreement_is_refused_for(decided, officer):
    with pytest.raises(HostCallRefused, match="cannot be signed on a day that has not come yet"):
        sign_agreement(host_call=decided, signed_on=today() + DAY, file=None, by=officer)
    with pytest.raises(UploadRefused):
        sign_agreement(host_call=decided, signed_on=today(), file=SimpleUploadedFile("a.pdf", b"no"), by=officer)
    HostBid.objects.filter(status="selected").update(status="not-selected")
    with pytest.raises(HostCallRefused, match="nobody to agree with"):
        sign_agreement(host_call=decided, signed_on=today(), file=None, by=officer)


# The public page


def test_a_draft_is_shown_to_the_secretariat_alone(draft, client, signed_in, officer, coordinator):
    assert client.get(page(draft)).status_code == 404
    assert signed_in(coordinator).get(page(draft)).status_code == 404
    shown = signed_in(officer).get(page(draft))
    assert "Preview." in shown.content.decode()
    assert shown["X-Robots-Tag"] == "noindex"
    assert "no-store" in shown["Cache-Control"]
    assert client.get("/en/meetings/99/hosting/").status_code == 404


def test_the_page_follows_the_instants_not_the_data(network, client, at):
    call = make_host_call("scheduled")
    assert "Member cities can bid from:" in client.get(page(call)).content.decode()
    at(call.opens_at)
    assert "Open. Member cities can bid until:" in client.get(page(call)).content.decode()
    at(call.closes_at)
    assert "The secretariat examines them" in client.get(page(call)).content.decode()
    at(call.ballot_opens_at)
    shown = client.get(page(call))
    assert "The ballot has not opened yet." in shown.content.decode()
    assert set(shown["Cache-Control"].split(", ")) == {"no-cache", "public"}


RULES = {
    "Cities that bid vote too.": {},
    "Cities with a bid on the ballot do not vote.": {"bidders_vote": False},
    "No number of votes is asked for. A blank vote is for no bid.": {},
    "At least 30 % of the cities that may vote have to vote": {"quorum_percent": 30},
    "there is 1 round": {"most_rounds": 1},
    "after 3 rounds that end so": {},
    "A run-off after a tie lasts 72 hours.": {},
    "leads a bid of up to 3 cities": {},
    "Each city bids alone.": {"most_cities": 1},
    "What this does not protect from": {},
}


@pytest.mark.parametrize("sentence", RULES)
def test_the_page_says_the_rules_in_words(network, client, sentence):
    call = make_host_call("open", **RULES[sentence])
    assert sentence in client.get(page(call)).content.decode().replace("\xa0", " ")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_shows_instants_with_weekday_for_a_script_to_translate(network, client, language):
    midnight = datetime.datetime(2027, 7, 1, tzinfo=datetime.UTC) - 2 * HOUR
    call = make_host_call(
        "scheduled",
        publish=False,
        opens_at=midnight - 30 * DAY,
        closes_at=midnight,
        ballot_opens_at=midnight + DAY,
        ballot_closes_at=midnight + 9 * DAY,
    )
    HostCall.objects.filter(pk=call.pk).update(status=Status.PUBLISHED)
    shown = client.get(page(call, language)).content.decode()
    words = {"en": "Wednesday 30 June 2027, 24:00 (end of the day)", "fr": "mercredi 30 juin 2027"}
    assert words[language] in shown
    assert '<time datetime="2027-06-30T22:00:00Z" data-instant>' in shown
    assert ("Rooms (fr)" if language == "fr" else "Rooms") in shown


def test_new_dates_stand_with_their_reasons(network, client, officer):
    call = make_host_call("open")
    reschedule(call, officer, closes_at=call.closes_at + DAY)
    assert "The reason: Budgets are late." in client.get(page(call)).content.decode()
    assert "Les budgets tardent." in client.get(page(call, "fr")).content.decode()


def test_bids_are_named_after_the_decision_only(network, client):
    call = make_host_call("ballot")
    bids = [make_bid(call, "lyon", "ostersund"), make_bid(call, "bergen"), make_bid(call, "kyiv", status="ineligible")]
    make_ballot(call, *bids[:2], electorate=[])
    shown = client.get(page(call)).content.decode()
    assert "Lyon and" not in shown
    assert "Bergen" not in shown
    for bid in bids:
        assert client.get(f"{page(call)}bids/{bid.pk}/").status_code == 404


def test_after_the_decision_winner_losers_and_results_are_public(decided, client):
    ballot = make_ballot(decided, electorate=[])
    Ballot.objects.filter(pk=ballot.pk).update(
        status="closed", closed_at=timezone.now(), outcome="selected", cast=3, blank=0, counting={}, seats=9
    )
    HostCall.objects.filter(pk=decided.pk).update(status=Status.DECIDED)
    shown = client.get(page(decided)).content.decode()
    assert "The members chose Lyon and Östersund." in shown
    assert shown.index("Selected by the members") < shown.index("Not selected")
    assert "Bergen" in shown
    assert "Kyiv" not in shown
    assert ballot.get_absolute_url() in shown
    assert "3 votes of 9" in shown
    assert "choisi Lyon et Östersund" in client.get(page(decided, "fr")).content.decode()


def test_what_ended_without_a_host_says_so(network, client, officer):
    call = make_host_call("examination")
    decide_without_ballot(host_call=call, reason="No bid.", by=officer)
    assert "Over. There was no bid to vote on." in client.get(page(call)).content.decode()
    again = make_host_call("scheduled", meeting=call.meeting)
    shown = client.get(page(again)).content.decode()
    assert "Member cities can bid from:" in shown
    assert "Earlier calls for hosts of this meeting" in shown


def test_who_speaks_for_a_member_begins_a_bid_from_the_page(network, coordinator, editor, client, signed_in):
    call = make_host_call("open")
    begin = reverse("meetings:my_bid_begin", args=["lyon", 19])
    assert begin in signed_in(coordinator).get(page(call)).content.decode()
    for nobody in (client, signed_in(editor)):
        assert begin not in nobody.get(page(call)).content.decode()
    bid = make_bid(call, "lyon")
    assert bid.get_absolute_url() in signed_in(coordinator).get(page(call)).content.decode()


def test_the_page_costs_the_same_for_few_and_many(network, client, django_assert_num_queries):
    call = make_host_call("decided")
    make_bid(call, "lyon", status="selected")
    with django_assert_num_queries(10):
        client.get(page(call))
    cities = City.objects.members().exclude(slug__in=["lyon"]).order_by("pk")[:30]
    for city in cities:
        make_bid(call, city.slug, "lyon", status="not-selected")
    HostCall.objects.filter(pk=call.pk).update(status="draft")
    HostCriterion.objects.bulk_create(
        HostCriterion(host_call=call, position=n, text_en="More", text_fr="Plus") for n in range(3, 30)
    )
    HostCall.objects.filter(pk=call.pk).update(status="decided")
    with django_assert_num_queries(10):
        client.get(page(call))


# A bid to read


def test_the_public_reads_names_summary_days_and_venue_only(decided, client):
    bid = HostBid.objects.get(status="selected")
    shown = client.get(f"{page(decided)}bids/{bid.pk}/").content.decode()
    for public in ("Lyon and Östersund", "Come to us.", "The town hall", "Selected by the members"):
        assert public in shown
    for private in ("Hotels.", "The city pays.", "250000", "Sessions.", "Letters."):
        assert private not in shown
    ineligible = HostBid.objects.get(status="ineligible")
    assert client.get(f"{page(decided)}bids/{ineligible.pk}/").status_code == 404
    assert client.get(f"/en/meetings/18/hosting/bids/{bid.pk}/").status_code == 404


def read(call: HostCall, bid: HostBid, client) -> int:
    return client.get(f"{page(call)}bids/{bid.pk}/").status_code


def test_who_reads_a_bid_before(network, client, signed_in, coordinator, editor, other_coordinator, officer, auditor):
    call = make_host_call("open")
    bid = make_bid(call, "lyon")
    own = [signed_in(coordinator), signed_in(editor)]
    assert [read(call, bid, one) for one in own] == [200, 200]
    # Of a draft the secretariat knows that it exists.
    assert [read(call, bid, signed_in(one)) for one in (officer, auditor)] == [403, 403]
    assert [read(call, bid, one) for one in (client, signed_in(other_coordinator))] == [404, 404]
    HostBid.objects.filter(pk=bid.pk).update(status="submitted", submitted_at=timezone.now())
    assert [read(call, bid, signed_in(one)) for one in (officer, auditor)] == [200, 200]
    assert read(call, bid, signed_in(other_coordinator)) == 404
    HostBid.objects.filter(pk=bid.pk).update(status="on-ballot")
    shown = signed_in(other_coordinator).get(f"{page(call)}bids/{bid.pk}/")
    assert "Hotels." in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert read(call, bid, client) == 404


# The edition's page


def test_the_edition_s_page_tells_by_status_alone(decided, network):
    assert hosting_of(make_meeting(31)) is None
    hosting = hosting_of(decided.meeting)
    assert hosting.selected.names == "Lyon and Östersund"
    assert [bid.names for bid in hosting.others] == ["Bergen"]
    with translation.override("fr"):
        assert hosting.selected.names == "Lyon et Östersund"
    draft = make_host_call("scheduled", publish=False, meeting=make_meeting(32))
    assert hosting_of(draft.meeting) is None
