"""The pages of a bid: who opens them, what they say, that nothing typed is lost, and what stands on My page."""

import datetime
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cities.forms.draft import plain
from cities.models import City, Coordinator, Designation
from cities.services.waiting import desks_of, tasks_of
from cities.views.my import mandates_of
from meetings.models import Ballot, BidCity, HostBid, HostCall, OpenSeat
from meetings.services.bid import set_letter
from meetings.services.waiting import meeting_desks, with_tasks
from rvcu.models import User
from tests.conftest import mandate, sign_in
from tests.factories.hosting import DAY, make_ballot, make_bid, make_host_call, make_meeting, make_registration
from tests.factories.hosting import open_for_registration as open_registration

Status = HostBid.Status
BEGIN = "/en/my/hosting/lyon/19/"


@pytest.fixture
def call(network) -> HostCall:
    return make_host_call("open")


@pytest.fixture
def bid(call) -> HostBid:
    return make_bid(call)


@pytest.fixture
def writer(coordinator, signed_in) -> Client:
    return signed_in(coordinator)


def overview(bid: HostBid) -> str:
    return f"/en/my/bids/{bid.pk}/"


def page(bid: HostBid) -> str:
    return f"/en/my/bids/{bid.pk}/form/"


def form_of(client: Client, address: str) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    data = client.get(address).context["draft"].data
    return {name: "" if value is None else str(value) for name, value in data.items()}


def letter() -> SimpleUploadedFile:
    return SimpleUploadedFile("letter.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")


def text_of(response) -> str:
    return response.content.decode()


# Who


@pytest.mark.parametrize(
    ("persona", "reads", "writes", "speaks"),
    [
        ("coordinator", 200, 200, 200),
        ("alternate", 200, 200, 200),
        ("editor", 200, 200, 403),
        ("other_coordinator", 404, 404, 404),
        ("former_coordinator", 404, 404, 404),
        ("commission_officer", 404, 404, 404),
        ("evaluator", 404, 404, 404),
        ("officer", 404, 404, 404),
    ],
)
def test_who_opens_what(request, bid, signed_in, persona, reads, writes, speaks):
    client = signed_in(request.getfixturevalue(persona))
    assert client.get(overview(bid)).status_code == reads
    assert client.get(page(bid)).status_code == writes
    for act in ("submit", "withdraw"):
        assert client.get(f"{overview(bid)}{act}/").status_code == speaks
    posted = {200: 302}.get(speaks, speaks)
    assert client.post(f"{overview(bid)}take-back/").status_code == posted
    assert client.get(BEGIN).status_code == speaks
    assert HostBid.objects.get().status == Status.DRAFT


def test_a_visitor_is_asked_to_sign_in(client, bid):
    for address in (overview(bid), page(bid), BEGIN, f"{overview(bid)}submit/"):
        assert client.get(address).url.startswith("/en/account/login/?next=/en/my/")


def test_a_city_that_was_asked_reads_and_does_not_write(bid, other_coordinator, signed_in):
    asked = BidCity.objects.create(bid=bid, city=City.objects.get(slug="ostersund"))
    client = signed_in(other_coordinator)
    assert "Read and answer" in text_of(client.get(overview(bid)))
    assert client.get(page(bid)).status_code == 403
    assert client.get(f"/en/my/bids/cities/{asked.pk}/").status_code == 200
    editor = mandate_of("editor.ostersund@example.org", "ostersund", "editor")
    assert sign_in(editor).get(f"/en/my/bids/cities/{asked.pk}/").status_code == 403


def mandate_of(email: str, city: str, role: str) -> User:
    user = User.objects.create_user(email, "the password of the tests")
    mandate(user, city, role)
    return user


def test_an_ended_mandate_closes_the_bid_at_once(bid, coordinator, writer):
    form = form_of(writer, page(bid))
    Coordinator.objects.filter(user=coordinator).update(ends_at=timezone.now())
    assert writer.post(page(bid), form | {"venue": "Another"}).status_code == 404
    assert HostBid.objects.get().venue == "The town hall"


# Beginning


def test_a_bid_is_begun_once(call, writer):
    assert "Begin the bid" in text_of(writer.get(BEGIN))
    first = writer.post(BEGIN)
    second = writer.post(BEGIN)
    assert first.url == second.url == overview(HostBid.objects.get())
    assert "go on with that one" in text_of(writer.get(first.url))


def test_where_no_call_is_there_is_nothing(network, writer):
    assert writer.get(BEGIN).status_code == 404
    make_host_call("scheduled", publish=False)
    assert writer.get(BEGIN).status_code == 404


def test_a_closed_call_says_so(network, writer):
    make_host_call("examination")
    assert "This call takes no bids now." in text_of(writer.get(BEGIN))
    response = writer.post(BEGIN)
    assert response.status_code == 409
    assert "The call for hosts closed on" in text_of(response)


def test_a_former_member_begins_nothing(call, writer):
    Designation.objects.filter(city__slug="lyon", ends_on=None).update(
        ends_on=timezone.localdate() - DAY, end_reason="withdrawn"
    )
    assert writer.get(BEGIN).status_code == 403
    assert "Begin a bid" not in text_of(writer.get("/en/my/cities/lyon/"))
    assert "Begin the profile" in text_of(writer.get("/en/my/"))


# The overview


def test_what_lacks_leads_to_its_field(bid, writer):
    HostBid.objects.update(accommodation="")
    body = text_of(writer.get(overview(bid)))
    assert f'href="{page(bid)}#id_accommodation"' in body
    assert "The letter of the mayor is missing." in body
    assert 'id="id_accommodation"' in text_of(writer.get(page(bid)))


@pytest.mark.parametrize(
    ("status", "phase", "words"),
    [
        (Status.DRAFT, "open", "Draft, not submitted yet"),
        (Status.DRAFT, "examination", "Not submitted in time"),
        (Status.SUBMITTED, "open", "Take it back"),
        (Status.SUBMITTED, "examination", "The secretariat examines it."),
        (Status.ELIGIBLE, "examination", "Eligible: the members will vote on it"),
        (Status.INELIGIBLE, "examination", "No venue."),
        (Status.ON_BALLOT, "ballot", "To the ballot"),
        (Status.SELECTED, "decided", "The members chose this bid"),
        (Status.NOT_SELECTED, "decided", "The members chose another bid"),
        (Status.WITHDRAWN, "open", "Withdrawn"),
    ],
)
def test_each_state_has_its_words(network, writer, status, phase, words):
    bid = make_bid(make_host_call(phase), status=status, reason_en="No venue.", reason_fr="Pas de lieu.")
    response = writer.get(overview(bid))
    assert words in text_of(response)
    assert ("Withdraw the bid" in text_of(response)) == (
        status not in (Status.SELECTED, Status.NOT_SELECTED, Status.WITHDRAWN)
    )
    assert writer.get(overview(bid).replace("/en/", "/fr/")).status_code == 200


def test_a_letter_comes_and_goes(bid, writer):
    one = bid.cities.get()
    address = f"{overview(bid)}cities/{one.pk}/letter/"
    response = writer.post(address, {"letter": SimpleUploadedFile("l.pdf", b"nothing")})
    assert response.status_code == 422
    assert f'href="#id_letter_{one.pk}_letter"' in text_of(response)
    assert "The file is no PDF inside" in text_of(response)
    assert writer.post(address).status_code == 422
    assert writer.post(address, {"letter": letter()}).status_code == 302
    body = text_of(writer.get(overview(bid)))
    assert "Take the letter out" in body
    one.refresh_from_db()
    assert writer.get(one.letter.get_absolute_url()).status_code == 200
    assert writer.post(f"{address}remove/").status_code == 302
    assert "The letter of the mayor is missing." in text_of(writer.get(overview(bid)))


def test_a_city_is_asked_confirms_and_leaves(bid, writer, other_coordinator, signed_in):
    partner = signed_in(other_coordinator)
    assert writer.post(f"{overview(bid)}cities/", {"city": "paris"}).status_code == 422
    assert writer.post(f"{overview(bid)}cities/", {"city": "ostersund"}).status_code == 302
    asked = bid.cities.get(is_lead=False)
    answer = f"/en/my/bids/cities/{asked.pk}/"
    body = text_of(partner.get(answer))
    assert "The town hall" in body
    assert "Lyon asked Östersund to bid together" in body
    assert partner.post(answer, {"answer": "confirm"}).url == overview(bid)
    assert partner.post(answer, {"answer": "confirm"}).url == answer
    assert "has confirmed already" in text_of(partner.get(answer))
    assert partner.get(page(bid)).status_code == 200
    assert partner.post(answer, {"answer": "no", "word": "Sorry."}).url == "/en/my/cities/ostersund/"
    assert "is no longer part of this bid" in text_of(partner.get(answer))
    assert "The town hall" not in text_of(partner.get(answer))
    assert partner.get(page(bid)).status_code == 404


def test_a_question_is_withdrawn(bid, writer):
    one = BidCity.objects.create(bid=bid, city=City.objects.get(slug="ostersund"))
    address = f"{overview(bid)}cities/{one.pk}/remove/"
    assert writer.post(address).url == overview(bid)
    assert writer.post(address).status_code == 404
    assert "Östersund is no longer part of the bid." in text_of(writer.get(overview(bid)))


def test_a_city_is_not_asked_without_end(bid, writer):
    for _time in range(5):
        writer.post(f"{overview(bid)}cities/", {"city": "ostersund"})
        BidCity.objects.filter(is_lead=False).delete()
    response = writer.post(f"{overview(bid)}cities/", {"city": "ostersund"})
    assert response.status_code == 409
    assert "Ask again tomorrow." in text_of(response)


# The form


def test_every_part_is_saved(call, writer, coordinator):
    bid = make_bid(call, **dict.fromkeys(HostBid.WORDS, ""), budget_total=None, venue_places=None)
    typed = {
        **{name: f"Words on {name}." for name in HostBid.WORDS},
        "language": "fr",
        "start_date": "2027-06-10",
        "end_date": "2027-06-13",
        "dates_note": "Not in July.",
        "venue": "The mill",
        "venue_places": "1 200",
        "budget_total": "250 000,50",
        "budget_currency": "mad",
    }
    response = writer.post(page(bid), form_of(writer, page(bid)) | typed)
    assert response.url == f"{page(bid)}?saved=1"
    stored = HostBid.objects.get()
    assert {name: str(getattr(stored, name)) for name in typed} == typed | {
        "venue_places": "1200",
        "budget_total": "250000.50",
        "budget_currency": "MAD",
    }
    assert (stored.version, stored.updated_by, stored.as_typed) == (1, coordinator, {})
    assert "Nobody outside the cities of the bid reads it" in text_of(writer.get(page(bid)))
    # What is shown again, sent back as it is, changes nothing.
    writer.post(page(bid), form_of(writer, page(bid)))
    assert HostBid.objects.get().version == 1


BAD = {
    "start_date": "in June",
    "venue_places": "many",
    "budget_total": "about a lot",
    "budget_currency": "euros",
    "venue": "x" * 201,
}


def test_a_draft_keeps_what_it_cannot_take_over(bid, writer):
    writer.post(page(bid), form_of(writer, page(bid)) | BAD | {"venues": "Two rooms."})
    stored = HostBid.objects.get()
    assert (stored.as_typed, stored.venues, stored.venue) == (BAD, "Two rooms.", "The town hall")
    body = text_of(writer.get(page(bid)))
    assert all(f'value="{typed}"' in body for typed in BAD.values())
    assert "Kept as you typed it, to be corrected before you submit" in body
    response = writer.get(f"{overview(bid)}submit/")
    assert {lack.field for lack in response.context["lacks"]} == {*BAD, ""}


def test_too_many_words_are_saved_and_said(bid, writer):
    writer.post(page(bid), form_of(writer, page(bid)) | {"visas": "word " * 151})
    assert HostBid.objects.get().visas == ("word " * 151).strip()
    assert "150 words are allowed, it has 151" in text_of(writer.get(f"{overview(bid)}submit/"))
    assert 'data-words="150"' in text_of(writer.get(page(bid)))


def test_saving_on_goes_to_what_is_missing(bid, writer):
    response = writer.post(page(bid), form_of(writer, page(bid)) | {"venue": "The mill", "submit": "1"})
    assert response.url == f"{overview(bid)}submit/?saved=1"
    assert HostBid.objects.get().venue == "The mill"


def test_what_cannot_be_written_any_more_is_read(network, writer):
    bid = make_bid(make_host_call("examination"), status=Status.SUBMITTED)
    assert writer.get(page(bid)).url == overview(bid)


# Nothing typed is lost

WRITTEN = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TYPED = st.fixed_dictionaries(
    dict.fromkeys(("venue", "venues", "budget_total", "start_date", "summary_fr", "budget_currency"), WRITTEN)
)
HARD = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def kept(response, typed: dict[str, str]) -> bool:
    """Whether the form of an answer holds what was typed, to the character, but for line ends and ends of texts."""
    shown = response.context["draft"].data
    return all(str(plain(shown.get(name) or "")).strip() == plain(text).strip() for name, text in typed.items())


def is_stored(bid: HostBid, typed: dict[str, str]) -> bool:
    """Whether each text is in its column, as what it means, or waits as it was typed; no browser sends line ends of a
    field of one line."""
    stored = HostBid.objects.get(pk=bid.pk)

    def holds(name: str, wanted: str) -> bool:
        if name in stored.as_typed:
            return stored.as_typed[name].strip() == wanted
        value = plain(getattr(stored, name))
        return value == wanted if name in ("venue", "venues", "summary_fr") else bool(wanted) == (value is not None)

    return all(name == "budget_currency" or holds(name, plain(text).strip()) for name, text in typed.items())


@HARD
@given(typed=TYPED)
def test_whatever_is_typed_is_stored_and_shown_again(bid, writer, typed):
    assert writer.post(page(bid), form_of(writer, page(bid)) | typed).status_code == 302
    assert is_stored(bid, typed)
    writer.post(page(bid), form_of(writer, page(bid)))
    assert is_stored(bid, typed)


@HARD
@given(typed=TYPED)
def test_nothing_typed_is_lost_when_the_call_closes_meanwhile(bid, writer, typed):
    form = form_of(writer, page(bid)) | typed
    call = HostCall.objects.get(pk=bid.host_call_id)
    HostCall.objects.update(closes_at=timezone.now())
    response = writer.post(page(bid), form)
    changed = any(str(getattr(bid, name) or "") != text for name, text in typed.items())
    answer = writer.post(page(bid), form, headers={"X-Autosave": "1"})
    HostCall.objects.update(closes_at=call.closes_at)
    if response.status_code == 302:
        assert not changed or is_stored(bid, typed)
        return
    assert (response.status_code, answer.status_code, answer.json()["state"]) == (409, 409, "closed")
    assert "nothing can be changed in this bid any more" in text_of(response)
    assert kept(response, typed)
    assert HostBid.objects.get(pk=bid.pk).version == bid.version


@HARD
@given(typed=TYPED)
def test_nothing_typed_is_lost_when_the_session_is_gone(bid, coordinator, typed):
    client = sign_in(coordinator)
    form = form_of(client, page(bid)) | typed
    client.logout()
    assert client.post(page(bid), form, headers={"X-Autosave": "1"}).status_code == 401
    assert client.post(page(bid), form).url == f"/en/account/login/?next={page(bid)}"
    client.force_login(coordinator)
    response = client.get(page(bid))
    assert "You had been signed out." in text_of(response)
    assert kept(response, typed)
    client.post(page(bid), {"discard": "1"})


@HARD
@given(mine=TYPED, theirs=TYPED)
def test_nothing_typed_is_lost_between_two_windows(bid, writer, editor, mine, theirs):
    HostBid.objects.update(version=0, as_typed={}, venue="v", venues="v", summary_fr="v", budget_total=None)
    HostBid.objects.update(start_date=None, budget_currency="EUR")
    colleague = sign_in(editor)
    first, second = form_of(writer, page(bid)), form_of(colleague, page(bid))
    colleague.post(page(bid), second | theirs)
    saved = is_stored(bid, theirs)
    before = HostBid.objects.get(pk=bid.pk)
    response = writer.post(page(bid), first | mine)
    assert saved
    if response.status_code == 302:
        assert HostBid.objects.get(pk=bid.pk).version <= 1 or before.version == 0
        return
    assert response.status_code == 409
    assert is_stored(bid, theirs)
    shown = response.context["draft"].data
    clashes = {clash.part.name: (clash.before, clash.part.text) for clash in response.context["conflict"]["clashes"]}
    for name in mine:
        own, other = plain(mine[name]).strip(), plain(theirs[name]).strip()
        here = str(plain(shown.get(name) or "")).strip()
        # What both typed stands there twice; what one typed is in the form, or is the same for both.
        assert here in (own, other) or same_value(name, here, own, other)
        if here != other and other:
            assert name.removesuffix("_fr") in clashes or same_value(name, here, other, other)


def same_value(name: str, here: str, *others: str) -> bool:
    """Numbers, days and currencies are shown as what they mean."""
    return name in ("budget_total", "start_date", "budget_currency") and (not here or any(others))


def test_two_windows_see_both_texts(bid, writer, editor):
    colleague = sign_in(editor)
    mine, theirs = form_of(writer, page(bid)), form_of(colleague, page(bid))
    colleague.post(page(bid), theirs | {"venue": "Theirs", "programme": "Theirs alone", "budget_total": "theirs, much"})
    answer = writer.post(page(bid), mine | {"venue": "Mine"}, headers={"X-Autosave": "1"})
    assert answer.json()["state"] == "conflict"
    response = writer.post(page(bid), mine | {"venue": "Mine", "budget_total": "mine, more"})
    assert response.status_code == 409
    clashes = {clash.part.name: (clash.before, clash.part.text) for clash in response.context["conflict"]["clashes"]}
    assert clashes == {"venue": ("Theirs", "Mine"), "budget_total": ("theirs, much", "mine, more")}
    body = text_of(response)
    assert "data-autosave" not in body
    assert "editor.lyon@example.org saved it" in body
    data = {name: str(value) for name, value in response.context["draft"].data.items()}
    assert data["programme"] == "Theirs alone"
    assert writer.post(page(bid), data).status_code == 302
    stored = HostBid.objects.get()
    assert (stored.venue, stored.programme) == ("Mine", "Theirs alone")
    assert stored.as_typed == {"budget_total": "mine, more"}


@pytest.mark.parametrize("base", ["", "[]", "nonsense", '{"venue": 3}'])
def test_a_spoilt_hidden_field_overwrites_nothing(bid, writer, base):
    form = form_of(writer, page(bid)) | {"seen": "1.99", "base": base, "opened": base}
    assert writer.post(page(bid), form | {"venue": "Mine"}).status_code == 409
    assert HostBid.objects.get().venue == "The town hall"


def test_a_draft_saves_itself(bid, writer):
    form = form_of(writer, page(bid))
    for number in (1, 2):
        answer = writer.post(page(bid), form | {"venue": f"Hall {number}"}, headers={"X-Autosave": "1"}).json()
        assert answer["state"] == "saved"
        form |= answer["fields"]
        assert json.loads(form["base"])
    assert (HostBid.objects.get().venue, HostBid.objects.get().version) == ("Hall 2", 2)


def test_what_was_typed_when_the_call_closed_and_the_session_was_gone_is_still_shown(bid, coordinator, writer):
    form = form_of(writer, page(bid)) | {"venue": "The last word"}
    writer.logout()
    writer.post(page(bid), form)
    HostCall.objects.update(closes_at=timezone.now())
    writer.force_login(coordinator)
    body = text_of(writer.get(page(bid)))
    assert "The last word" in body
    assert "nothing can be changed in this bid any more" in body
    assert 'name="save"' not in body


# Handing in


def test_a_bid_is_submitted_once_and_taken_back(bid, writer, coordinator):
    set_letter(bid_city=bid.cities.get(), upload=letter(), by=coordinator)
    address = f"{overview(bid)}submit/"
    assert "All is there." in text_of(writer.get(address))
    for _click in range(2):
        assert writer.post(address).url == overview(bid)
    assert HostBid.objects.get().status == Status.SUBMITTED
    body = text_of(writer.get(overview(bid)))
    assert "The bid is submitted." in body
    assert writer.get(address).url == overview(bid)
    for _click in range(2):
        assert writer.post(f"{overview(bid)}take-back/").url == overview(bid)
    assert HostBid.objects.get().status == Status.DRAFT


def test_what_is_missing_is_listed_and_nothing_is_submitted(bid, writer):
    response = writer.post(f"{overview(bid)}submit/")
    assert response.status_code == 409
    body = text_of(response)
    assert "Nothing was submitted: what stands below is missing." in body
    assert f'href="{overview(bid)}#cities">The letter of the mayor of Lyon is missing.' in body


def test_one_second_late_is_said_on_the_page(bid, writer, coordinator):
    set_letter(bid_city=bid.cities.get(), upload=letter(), by=coordinator)
    HostCall.objects.update(closes_at=timezone.now() - datetime.timedelta(seconds=1))
    response = writer.post(f"{overview(bid)}submit/")
    assert response.status_code == 409
    assert "and could be submitted until" in text_of(response)
    assert "Nothing of what you wrote is lost." in text_of(writer.get(f"{overview(bid)}submit/"))


def test_a_withdrawal_is_confirmed_first(bid, writer):
    address = f"{overview(bid)}withdraw/"
    response = writer.post(address, {"reason": "No money."})
    assert response.status_code == 200
    assert "Tick this if you want to withdraw the bid." in text_of(response)
    assert "No money." in text_of(response)
    assert writer.post(address, {"reason": "No money.", "understood": "on"}).url == overview(bid)
    assert HostBid.objects.get().status == Status.WITHDRAWN
    assert writer.get(address).url == overview(bid)
    assert writer.post(address, {"understood": "on"}).url == overview(bid)


def test_a_bid_that_is_voted_on_says_what_its_withdrawal_means(network, writer):
    call = make_host_call("ballot")
    bid, other = make_bid(call), make_bid(call, "ostersund")
    make_ballot(call, bid, other, electorate=[bid.lead, other.lead])
    address = f"{overview(bid)}withdraw/"
    page = text_of(writer.get(address))
    assert "all votes cast so far are destroyed" in page
    assert "The public reads only that a bid was withdrawn." in page
    assert writer.post(address, {"understood": "on"}).url == overview(bid)
    assert HostBid.objects.get(pk=bid.pk).status == Status.WITHDRAWN
    assert Ballot.objects.order_by("number").first().status == Ballot.Status.ANNULLED


# My page and My city


def tasks(user) -> list[str]:
    """What of the meetings waits for a person, in the order of the page."""
    desks = desks_of(user, mandates_of(user))
    return [str(task.kind) for task in with_tasks(tasks_of(desks), meeting_desks(desks)) if hasattr(task, "template")]


def test_what_waits_stands_first_with_its_deadline(call, coordinator, alternate, editor, signed_in, lyon):
    meeting = open_registration(make_meeting(20, hosts=["seoul"]))
    other = make_bid(call, "ostersund")
    BidCity.objects.create(bid=other, city=lyon)
    assert tasks(coordinator) == ["answer-bid", "register"]
    assert tasks(alternate) == ["answer-bid", "register"]
    assert tasks(editor) == ["register"]
    make_bid(call, "lyon")
    assert tasks(editor) == ["submit-bid", "register"]
    make_registration(meeting)
    assert sorted(tasks(coordinator)) == ["answer-bid", "submit-bid"]
    body = text_of(signed_in(coordinator).get("/en/my/cities/lyon/"))
    assert "Östersund asks Lyon to host the meeting together" in body
    assert "Persons registered" in body


def test_the_focal_point_votes_until_it_has_voted(network, coordinator, alternate, signed_in, lyon):
    call = make_host_call("ballot")
    make_ballot(call, make_bid(call, "ostersund"), electorate=[lyon])
    client = signed_in(coordinator)
    assert tasks(coordinator) == ["vote"]
    assert "Lyon votes: who hosts the meeting?" in text_of(client.get("/en/my/"))
    assert tasks(alternate) == []
    assert "The focal point votes for the city." in text_of(signed_in(alternate).get("/en/my/cities/lyon/"))
    OpenSeat.objects.update(has_voted=True)
    assert tasks(coordinator) == []
    assert "your city has voted" in text_of(client.get("/en/my/cities/lyon/"))
    Ballot.objects.update(closes_at=timezone.now())
    assert "your city has voted" not in text_of(client.get("/en/my/cities/lyon/"))


def test_an_open_call_stands_on_the_page_of_the_city(call, coordinator, editor, signed_in):
    assert f'href="{BEGIN}"' in text_of(signed_in(coordinator).get("/en/my/cities/lyon/"))
    body = text_of(signed_in(editor).get("/en/my/cities/lyon/"))
    assert "The focal point or an alternate begins the bid." in body
    assert BEGIN not in body
    french = text_of(signed_in(coordinator).get("/fr/my/cities/lyon/"))
    assert "Commencer une candidature" in french


def test_without_a_call_the_page_says_what_would_be_there(network, coordinator, signed_in):
    assert "No call for hosts is open now." in text_of(signed_in(coordinator).get("/en/my/cities/lyon/"))


def test_a_former_member_sees_nothing_to_do(call, coordinator, signed_in, lyon):
    open_registration(make_meeting(20, hosts=["seoul"]))
    BidCity.objects.create(bid=make_bid(call, "ostersund"), city=lyon)
    Designation.objects.filter(city=lyon, ends_on=None).update(
        ends_on=timezone.localdate() - DAY, end_reason="withdrawn"
    )
    assert tasks(coordinator) == []
    body = text_of(signed_in(coordinator).get("/en/my/cities/lyon/"))
    for words in ("Hosting the annual meeting", "Begin a bid", "Register persons"):
        assert words not in body


def test_an_own_registration_stands_on_my_page(network, evaluator, signed_in):
    meeting = open_registration(make_meeting(20, hosts=["seoul"]))
    make_registration(meeting, city="", user=evaluator, email=evaluator.email)
    assert "My registration" in text_of(signed_in(evaluator).get("/en/my/"))


# How many queries


def test_the_overview_costs_the_same_for_one_city_and_for_three(network, writer, django_assert_num_queries):
    one = make_bid(make_host_call("open", most_cities=9))
    writer.get(overview(one))
    with django_assert_num_queries(13):
        writer.get(overview(one))
    for slug in ("krakow", "katowice"):
        BidCity.objects.create(bid=one, city=City.objects.get(slug=slug))
    with django_assert_num_queries(13):
        writer.get(overview(one))


def test_the_form_costs_a_constant_number_of_queries(bid, writer, django_assert_num_queries):
    with django_assert_num_queries(6):
        writer.get(page(bid))


@pytest.mark.parametrize("cities", [1, 30])
def test_my_page_costs_as_many_queries_for_one_city_as_for_thirty(
    call, writer, coordinator, cities, django_assert_num_queries
):
    slugs = ["lyon", *City.objects.members().exclude(slug__in=["lyon", "seoul"]).values_list("slug", flat=True)[:29]]
    for slug in slugs[:cities]:
        if slug != "lyon":
            mandate(coordinator, slug, Coordinator.Role.FOCAL_POINT)
        make_bid(call, slug)
    open_registration(make_meeting(20, hosts=["seoul"]))
    writer.get("/en/my/")
    with django_assert_num_queries(26):
        assert writer.get("/en/my/").status_code == 200
