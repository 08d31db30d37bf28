"""The pages of ballots: the paper for members, the vote and its one receipt, the result for everybody."""

import datetime
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.views.debug import ExceptionReporter

from cities.models import City, Coordinator, Designation, Edition, HistoryEntry, OutboxMessage
from meetings.models import Ballot, HostBid, HostCall, OpenSeat, OpenVote
from meetings.services.ballot import annul_ballot, close_ballot, open_runoff, withdraw_on_ballot
from meetings.services.counting import recount
from meetings.views import ballot as views
from rvcu.models import User
from tests.conftest import mandate, person
from tests.factories.hosting import cast, make_ballot, make_bid, make_host_call

RECEIPT = re.compile(r"\b(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}\b")
ADDRESS = "/en/meetings/19/ballot/1/"
VOTE = f"{ADDRESS}vote/"

SignIn = Callable[[User], Client]


def bids_on(call: HostCall) -> list[HostBid]:
    eligible: dict[str, Any] = {"status": HostBid.Status.ELIGIBLE}
    return [make_bid(call, "bologna", **eligible), make_bid(call, "ghent", "essaouira", **eligible)]


@pytest.fixture
def ballot(network) -> Ballot:
    call = make_host_call("ballot")
    return make_ballot(call, *bids_on(call))


def small(number: int = 5, **fields: Any) -> Ballot:
    """An open ballot of few cities, Lyon and Östersund among them."""
    call = make_host_call("ballot")
    cities = list(City.objects.filter(slug__in=("lyon", "ostersund")))
    cities += list(City.objects.members().exclude(pk__in=[city.pk for city in cities])[: number - 2])
    return make_ballot(call, *bids_on(call), electorate=cities, **fields)


def closed(ballot: Ballot, *choices: int | None) -> Ballot:
    """The ballot after these votes of the first cities of its roll."""
    for seat, choice in zip(OpenSeat.objects.select_related("city").order_by("pk"), choices, strict=False):
        cast(seat.city, choice, f"receipt of {seat.city.slug} in ballot {ballot.pk}")
    Ballot.objects.filter(pk=ballot.pk).update(closes_at=timezone.now())
    return close_ballot(ballot=Ballot.objects.get(pk=ballot.pk))


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def vote(client: Client, city: str = "lyon", choice: str = "1", address: str = VOTE, **more: str) -> Any:
    return client.post(address, {"city": city, "choice": choice, **more})


# Who sees the open ballot


@pytest.mark.parametrize(
    ("persona", "status"),
    [
        ("coordinator", 200),
        ("alternate", 200),
        ("editor", 200),
        ("other_coordinator", 200),
        ("officer", 200),
        ("auditor", 200),
        ("administrator", 200),
        ("decision_officer", 200),
        ("admin_user", 200),  # a superuser, who is there to set up, may look at every page
        ("former_coordinator", 404),
        ("commission_officer", 404),
        ("evaluator", 404),
    ],
)
def test_an_open_ballot_is_for_members_and_the_secretariat(request, ballot, signed_in, persona, status):
    response = signed_in(request.getfixturevalue(persona)).get(ADDRESS)
    assert response.status_code == status
    if status == 200:
        assert "no-store" in response["Cache-Control"]


def test_a_visitor_sees_nothing_of_an_open_ballot(ballot, client):
    for address in ("", "counting.json", "counting.csv", "check/"):
        assert client.get(f"{ADDRESS}{address}").status_code == 404
    assert client.get("/en/meetings/19/ballot/").status_code == 404
    assert client.post(f"{ADDRESS}check/", {"receipt": "receipt of lyon"}).status_code == 404
    response = vote(client)
    assert response.status_code == 302
    assert "/account/login/" in response.url
    assert OpenVote.objects.count() == 0


def test_no_file_of_an_open_ballot_is_there_for_anybody(ballot, signed_in, coordinator, officer):
    for user in (coordinator, officer):
        for address in ("counting.json", "counting.csv"):
            assert signed_in(user).get(f"{ADDRESS}{address}").status_code == 404


def test_who_checks_a_receipt_too_early_reads_until_when_to_wait(ballot, signed_in, coordinator):
    """The receipt names the address from the first minute on."""
    client = signed_in(coordinator)
    for response in (client.get(f"{ADDRESS}check/"), client.post(f"{ADDRESS}check/", {"receipt": "any"})):
        assert (response.status_code, response.url) == (302, ADDRESS)


def test_a_city_that_is_no_member_any_more_gives_no_access_unless_it_is_on_the_roll(ballot, signed_in, coordinator):
    """The roll is frozen: who is on it votes."""
    Designation.objects.filter(city__slug="lyon", ends_on=None).update(
        ends_on=datetime.date(2026, 1, 1), end_reason="withdrawn"
    )
    assert signed_in(coordinator).get(ADDRESS).status_code == 200
    OpenSeat.objects.filter(city__slug="lyon").delete()
    assert signed_in(coordinator).get(ADDRESS).status_code == 404
    assert vote(signed_in(coordinator)).status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Ballot on the host", "Bologna", "Ghent and Essaouira", "Blank vote", "Paris time")),
        ("fr", ("Scrutin sur l’accueil", "Bologne", "Gand et Essaouira", "Vote blanc", "heure de Paris")),
    ],
)
def test_the_paper_has_the_bids_a_blank_vote_and_the_end(ballot, signed_in, coordinator, language, words):
    page = text(signed_in(coordinator).get(f"/{language}/meetings/19/ballot/1/"))
    for word in words:
        assert word in page
    assert page.count('type="radio"') == 3
    assert reverse("meetings:host_call_bid", args=[19, HostBid.objects.get(lead__slug="bologna").pk]) in page
    assert 'name="city" value="lyon"' in page
    # How secrecy works, and what it does not protect from.
    assert ("A city that shows its receipt shows how it voted." in page) == (language == "en")


def test_who_has_voted_is_shown_and_not_how(ballot, signed_in, coordinator):
    cast(City.objects.get(slug="krakow"), 2)
    page = text(signed_in(coordinator).get(ADDRESS))
    assert "of 405 cities has voted" in page
    assert "404 cities have not voted yet" in page
    voted = page.split("1 city has voted")[-1].split("404 cities have not voted yet")[0]
    assert "Kraków" in voted


# Who cannot vote learns why


def test_an_alternate_and_an_editor_learn_who_votes(ballot, signed_in, coordinator, alternate, editor):
    for user in (alternate, editor):
        page = text(signed_in(user).get(ADDRESS))
        assert "The vote of Lyon is cast by its focal point, coordinator.lyon@example.org, and by nobody else." in page
        assert 'type="radio"' not in page
        assert vote(signed_in(user)).status_code == 403
        assert vote(signed_in(user), confirmed="yes").status_code == 403
    assert OpenVote.objects.count() == 0


def test_a_city_without_focal_point_is_told_so(ballot, signed_in, alternate):
    page = text(signed_in(alternate).get(ADDRESS))
    assert "Lyon has no focal point now, and nobody else can cast its vote." in page


def test_staff_and_superusers_have_no_vote(ballot, signed_in, officer, admin_user):
    for user in (officer, admin_user):
        client = signed_in(user)
        assert "You follow this ballot for the secretariat." in text(client.get(ADDRESS))
        assert vote(client).status_code == 403
        assert vote(client, confirmed="yes").status_code == 403
    assert OpenVote.objects.count() == 0


def test_nobody_votes_for_another_city(ballot, signed_in, other_coordinator, coordinator):
    page = vote(signed_in(other_coordinator), city="lyon", confirmed="yes")
    assert page.status_code == 200
    assert "Choose one of the cities whose focal point you are." in text(page)
    assert OpenVote.objects.count() == 0


def test_a_former_focal_point_cannot_vote(ballot, signed_in, coordinator):
    client = signed_in(coordinator)
    assert client.get(ADDRESS).status_code == 200
    Coordinator.objects.filter(user=coordinator).update(ends_at=timezone.now())
    assert vote(client, confirmed="yes").status_code == 404
    assert OpenVote.objects.count() == 0


def test_a_bidding_city_without_vote_learns_it(network, signed_in):
    call = make_host_call("ballot", bidders_vote=False)
    bids = bids_on(call)
    make_ballot(call, *bids, electorate=list(City.objects.members().exclude(slug__in=("bologna", "ghent"))))
    user = person("bologna@example.org")
    mandate(user, "bologna", Coordinator.Role.FOCAL_POINT)
    assert "Bologna bids, and in this call bidding cities do not vote." in text(signed_in(user).get(ADDRESS))
    assert vote(signed_in(user), city="bologna").status_code == 403


def test_a_city_that_is_not_on_the_roll_learns_it(network, signed_in, coordinator):
    call = make_host_call("ballot")
    make_ballot(call, *bids_on(call), electorate=list(City.objects.members().exclude(slug="lyon")))
    assert "Lyon is not on the roll" in text(signed_in(coordinator).get(ADDRESS))
    assert vote(signed_in(coordinator)).status_code == 403


# Voting: chosen, confirmed, cast once


def test_a_vote_is_confirmed_and_then_cast(ballot, signed_in, coordinator):
    client = signed_in(coordinator)
    page = vote(client, choice="2")
    assert page.status_code == 200
    assert "The vote of Lyon" in text(page)
    assert "Ghent and Essaouira" in text(page)
    assert "This cannot be changed" in text(page)
    assert OpenVote.objects.count() == 0
    assert not OpenSeat.objects.get(city__slug="lyon").has_voted
    page = vote(client, choice="2", confirmed="yes")
    assert page.status_code == 200
    assert "Lyon has voted" in text(page)
    assert len(set(RECEIPT.findall(text(page)))) == 1
    assert OpenVote.objects.get().choice == 2
    assert OpenSeat.objects.get(city__slug="lyon").has_voted


def test_a_blank_vote(ballot, signed_in, coordinator):
    client = signed_in(coordinator)
    assert "Blank vote" in text(vote(client, choice="blank"))
    assert RECEIPT.search(text(vote(client, choice="blank", confirmed="yes")))
    assert OpenVote.objects.get().choice is None


def test_sent_again_it_does_not_vote_again(ballot, signed_in, coordinator):
    client = signed_in(coordinator)
    vote(client, confirmed="yes")
    for again in ({}, {"confirmed": "yes"}, {"choice": "2", "confirmed": "yes"}):
        page = vote(client, **again)
        assert page.status_code == 409
        assert "Lyon has voted already." in text(page)
        assert not RECEIPT.search(text(page))
    assert OpenVote.objects.get().choice == 1


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"city": "lyon"}, "Choose one of the bids, or the blank vote."),
        ({"city": "lyon", "choice": ""}, "Choose one of the bids, or the blank vote."),
        ({"city": "lyon", "choice": "3"}, "Choose one of the bids on this paper, or the blank vote."),
        ({"city": "lyon", "choice": "0"}, "Choose one of the bids on this paper, or the blank vote."),
        ({"city": "lyon", "choice": "1\x00"}, "Choose one of the bids on this paper, or the blank vote."),
        ({"choice": "1"}, "Choose the city whose vote you cast."),
        ({"city": "nowhere", "choice": "1"}, "Choose one of the cities whose focal point you are."),
    ],
)
def test_what_is_incomplete_gets_a_sentence(ballot, signed_in, coordinator, sent, sentence):
    for more in ({}, {"confirmed": "yes"}):
        page = signed_in(coordinator).post(VOTE, sent | more)
        assert page.status_code == 200
        assert sentence in text(page)
        assert "Your vote is not complete yet" in text(page)
    assert OpenVote.objects.count() == 0


def test_what_was_chosen_stays_chosen_when_the_city_lacks(ballot, signed_in):
    user = person("two@example.org")
    for city in ("lyon", "krakow"):
        mandate(user, city, Coordinator.Role.FOCAL_POINT)
    page = signed_in(user).post(VOTE, {"choice": "2"})
    assert 'value="2" id="id_choice_1" aria-describedby="about-2" checked' in text(page)


def test_the_focal_point_of_two_cities_votes_for_each(ballot, signed_in):
    user = person("two@example.org")
    for city in ("lyon", "krakow"):
        mandate(user, city, Coordinator.Role.FOCAL_POINT)
    client = signed_in(user)
    assert '<select name="city"' in text(client.get(ADDRESS))
    vote(client, city="krakow", choice="2", confirmed="yes")
    page = text(client.get(ADDRESS))
    assert "Kraków has voted." in page
    assert 'name="city" value="lyon"' in page
    vote(client, city="lyon", confirmed="yes")
    page = text(client.get(ADDRESS))
    assert "Lyon has voted." in page
    assert 'type="radio"' not in page
    assert sorted(OpenVote.objects.values_list("choice", flat=True)) == [1, 2]


def test_after_the_end_no_vote_is_taken(ballot, signed_in, coordinator):
    client = signed_in(coordinator)
    Ballot.objects.update(closes_at=timezone.now())
    page = text(client.get(ADDRESS))
    assert "The time to vote is over." in page
    assert 'type="radio"' not in page
    for more in ({}, {"confirmed": "yes"}):
        page = vote(client, **more)
        assert page.status_code == 409
        assert "The time to vote is over: no vote was cast." in text(page)
    assert OpenVote.objects.count() == 0


def test_a_vote_counts_by_when_it_arrived(ballot, signed_in, coordinator, monkeypatch):
    end = ballot.closes_at
    monkeypatch.setattr(timezone, "now", lambda: end - datetime.timedelta(microseconds=1))
    client = signed_in(coordinator)
    assert RECEIPT.search(text(vote(client, confirmed="yes")))


def test_a_vote_for_what_is_over_leads_to_the_result(network, signed_in, coordinator):
    closed(small(), 1, 1, 2)
    response = vote(signed_in(coordinator), confirmed="yes")
    assert response.status_code == 302
    assert response.url == ADDRESS


def test_who_only_asks_for_the_address_is_led_to_the_ballot(ballot, signed_in, coordinator):
    response = signed_in(coordinator).get(VOTE)
    assert response.status_code == 302
    assert response.url == ADDRESS


@pytest.mark.parametrize("page", ["vote", "check"])
def test_what_is_sent_is_hidden_from_reports_of_a_crash(network, signed_in, coordinator, monkeypatch, page):
    if page == "check":
        closed(small(), 1)
    else:
        small()

    def crash(*_given: Any, **_named: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(views, "cast_vote" if page == "vote" else "check_receipt", crash)
    client = signed_in(coordinator)
    client.raise_request_exception = False
    reports = []
    monkeypatch.setattr(
        "django.core.handlers.exception.handle_uncaught_exception",
        lambda request, resolver, info: (
            reports.append(ExceptionReporter(request, *info).get_traceback_text()) or HttpResponse(status=500)
        ),
    )
    sent = {"city": "lyon", "choice": "2", "confirmed": "yes", "receipt": "KEPT-APART"}
    assert client.post(f"{ADDRESS}{page}/", sent).status_code == 500
    (report,) = reports
    assert "RuntimeError" in report
    assert "KEPT-APART" not in report
    assert "choice = '2'" not in report


# The receipt: once, and nowhere else


def everything_stored() -> str:
    """All rows of all tables, and the caches, as a text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [f"{table}: {row}" for row in cursor.fetchall()]
    found += [str(getattr(cache, "_cache", "")) for cache in caches.all()]
    return "\n".join(found)


def test_the_receipt_is_in_one_answer_and_nowhere_else(ballot, signed_in, coordinator, caplog):
    client = signed_in(coordinator)
    confirm = vote(client)
    assert not RECEIPT.search(text(confirm))
    before = {session.pk: session.session_data for session in Session.objects.all()}
    written = HistoryEntry.objects.count(), OutboxMessage.objects.count(), Edition.current()
    with caplog.at_level("DEBUG"):
        answer = vote(client, confirmed="yes")
    (receipt,) = set(RECEIPT.findall(text(answer)))
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert "ETag" not in answer
    assert answer.cookies == {} or set(answer.cookies) <= {"csrftoken"}
    assert receipt not in str(answer.headers)
    assert receipt not in str(client.cookies)
    assert receipt not in caplog.text
    assert {session.pk: session.session_data for session in Session.objects.all()} == before
    assert (HistoryEntry.objects.count(), OutboxMessage.objects.count(), Edition.current()) == written
    assert receipt not in everything_stored()
    assert "messages" not in client.cookies
    for address in (ADDRESS, "/en/meetings/19/", "/en/my/"):
        assert receipt not in text(client.get(address))


def test_voting_pages_use_no_session_and_no_message(ballot, signed_in, coordinator):
    client = signed_in(coordinator)
    session = dict(client.session)
    for response in (client.get(ADDRESS), vote(client), vote(client, confirmed="yes"), vote(client)):
        assert "sessionid" not in response.cookies
        assert "messages" not in response.cookies
    assert dict(client.session) == session


def test_the_receipt_page_says_what_it_is(ballot, signed_in, coordinator):
    page = text(vote(signed_in(coordinator), confirmed="yes"))
    assert "This page is shown once." in page
    assert "how your city voted" in page
    assert f"http://testserver{ADDRESS}check/" in page
    assert OpenVote.objects.get().receipt_sha256 in page


# Nothing of the result before the closing


@pytest.mark.parametrize(
    "persona",
    [
        *("client", "coordinator", "alternate", "editor", "other_coordinator", "former_coordinator", "evaluator"),
        *("commission_officer", "officer", "decision_officer", "administrator", "auditor", "admin_user"),
    ],
)
def test_the_same_roll_with_other_votes_shows_everybody_the_same(request, ballot, signed_in, persona):
    """Two ballots that differ in the votes alone look alike, to the byte, on every page of every person."""
    client = request.getfixturevalue("client")
    if persona != "client":
        client = signed_in(request.getfixturevalue(persona))
    voters = list(City.objects.members()[:20])
    for city in voters:
        cast(city, 1)
    addresses = [ADDRESS, "/en/meetings/19/ballot/", "/en/meetings/19/", "/en/meetings/19/hosting/", "/en/meetings/"]
    addresses += ["/en/meetings/feed/", "/en/meetings.ics", "/en/", "/en/cities/bologna/", "/sitemap.xml"]
    addresses += ["/admin/", "/admin/meetings/ballot/", f"/admin/meetings/ballot/{ballot.pk}/change/"]
    addresses += [f"/admin/meetings/hostcall/{ballot.host_call_id}/change/", "/admin/meetings/hostbid/"]
    addresses += [f"/admin/meetings/ballot/{ballot.pk}/{page}/" for page in ("history", "remind", "annul")]
    if persona != "client":
        addresses.append("/en/my/")

    def look() -> dict[str, Any]:
        found = {}
        for address in addresses:
            response = client.get(address)
            content = re.sub(
                rb'name="csrfmiddlewaretoken" value="[^"]+"|data-now="[^"]+"|DTSTAMP:\S+', b"", response.content
            )
            content = re.sub(rb"data-countdown.*?</p>|<time[^>]*>|nonce-\S+|\d+ (hours|minutes|seconds)", b"", content)
            found[address] = (response.status_code, response.get("ETag"), content)
        return found

    first = look()
    OpenVote.objects.update(choice=2)
    caches["pages"].clear()
    second = look()
    assert [address for address in addresses if first[address] != second[address]] == []


def test_a_vote_changes_no_etag_of_the_public_pages(ballot, client, signed_in, coordinator):
    tags = {address: client.get(address).get("ETag") for address in ("/en/meetings/", "/en/meetings/19/", "/en/")}
    assert tags["/en/"]
    vote(signed_in(coordinator), confirmed="yes")
    assert {address: Client().get(address).get("ETag") for address in tags} == tags


# The result


def test_everybody_sees_the_result(network, client):
    closed(small(), 1, 1, 2, None)
    page = client.get(ADDRESS)
    assert page.status_code == 200
    assert "public" in page["Cache-Control"]
    content = text(page)
    assert "The member cities chose Bologna, with 2 of 4 votes." in content
    assert "of 5 cities voted: a turnout of 80%" in content
    assert "66.7%" in content  # of the votes for bids, the blank one left aside
    assert "4 cities voted" in content
    assert "1 city did not vote" in content
    assert "The ballot needs no quorum." in content
    again = client.get(ADDRESS, headers={"If-None-Match": page["ETag"]})
    assert again.status_code == 304


def test_the_result_in_french(network, client):
    closed(small(), 1, 1, 2, None)
    page = text(client.get("/fr/meetings/19/ballot/1/"))
    assert "Gand et Essaouira" in page
    assert "Résultat du scrutin" in page
    assert "Les villes membres ont choisi Bologne, par 2 voix sur 4." in page


def test_a_tie_and_its_run_off(network, client, signed_in, officer, coordinator):
    first = closed(small(), 1, 1, 2, 2)
    page = text(client.get(ADDRESS))
    assert "A tie: 2 bids have 2 votes each, and none has more." in page
    assert "A run-off between them decides." in page
    runoff = open_runoff(ballot=first, by=officer)
    page = text(client.get(ADDRESS))
    assert "A run-off between them decides." in page
    assert "ballot/2/" not in page  # open: for members
    assert "ballot/2/" in text(signed_in(coordinator).get(ADDRESS))
    assert client.get("/en/meetings/19/ballot/2/").status_code == 404
    closed(runoff, 2)
    page = text(client.get(ADDRESS))
    assert "The run-off that followed" in page
    page = text(client.get("/en/meetings/19/ballot/2/"))
    assert "The member cities chose Ghent and Essaouira, with 1 of 1 vote." in page
    assert "The roll is that of the first round." in page
    assert "Ballot 1: first round" in page


def test_the_last_tie_ends_without_a_host(network, client):
    call = make_host_call("ballot", most_rounds=1)
    closed(make_ballot(call, *bids_on(call), electorate=list(City.objects.members()[:4])), 1, 2)
    assert "It was the last round: the call ended without a host." in text(client.get(ADDRESS))


def test_a_missed_quorum_is_told_with_its_number(network, client):
    call = make_host_call("ballot", quorum_percent=75)
    closed(make_ballot(call, *bids_on(call), electorate=list(City.objects.members()[:4]), quorum=3), 1, 1)
    page = text(client.get(ADDRESS))
    assert "The quorum was not reached: 2 votes were cast, 3 were needed. No host is chosen." in page
    assert "75% of the roll, rounded up" in page


def test_blank_votes_alone_choose_nobody(network, client):
    closed(small(), None, None)
    assert "No vote was cast for any bid. No host is chosen." in text(client.get(ADDRESS))


def test_an_annulled_ballot_says_why(network, client, signed_in, coordinator, officer):
    ballot = small()
    cast(City.objects.get(slug="lyon"), 1)
    annul_ballot(ballot=ballot, reason="A bid was mixed up.", by=officer)
    page = text(client.get(ADDRESS))
    assert "A bid was mixed up." in page
    assert "All its votes were destroyed" in page
    assert "Bologna" not in page  # the public does not know yet what is voted on
    assert "The ballot that took its place" not in page
    page = text(signed_in(coordinator).get(ADDRESS))
    assert "Bologna" in page
    assert "The ballot that took its place" in page
    for address in ("counting.json", "counting.csv", "check/"):
        assert client.get(f"{ADDRESS}{address}").status_code == 404


def test_a_ballot_that_a_bid_left_says_so_and_keeps_the_words_of_the_city_for_members(
    network, client, signed_in, coordinator, officer
):
    ballot = small()
    lead = person("bologna@example.org")
    mandate(lead, "bologna", Coordinator.Role.FOCAL_POINT)
    following = withdraw_on_ballot(bid=HostBid.objects.get(lead__slug="bologna"), by=lead, reason="No money.")
    page = text(client.get(ADDRESS))
    assert "A bid that was voted on was withdrawn." in page
    assert "No money." not in page
    assert "No money." not in text(client.get("/en/meetings/19/hosting/"))
    page = text(signed_in(coordinator).get(ADDRESS))
    assert "A bid that was voted on was withdrawn." in page
    assert "No money." in page
    # An annulment by staff is told in their own words, whatever left later.
    annul_ballot(ballot=following, reason="A mistake.", by=officer)
    page = text(client.get("/en/meetings/19/ballot/2/"))
    assert "A mistake." in page
    assert "was withdrawn" not in page
    assert ballot.options.count() == 2


def test_the_list_of_ballots(network, client, signed_in, coordinator, officer):
    first = closed(small(), 1, 2)
    response = client.get("/en/meetings/19/ballot/")
    assert response.status_code == 302
    assert response.url == ADDRESS
    open_runoff(ballot=first, by=officer)
    assert client.get("/en/meetings/19/ballot/").status_code == 302
    page = text(signed_in(coordinator).get("/en/meetings/19/ballot/"))
    assert "Ballot 1: first round" in page
    assert "Ballot 2: run-off, round 2" in page
    assert client.get("/en/meetings/18/ballot/").status_code == 404
    assert client.get("/en/meetings/999/ballot/").status_code == 404
    assert client.get("/en/meetings/19/ballot/9/").status_code == 404


def test_a_second_call_for_the_meeting_goes_on_counting_its_ballots(network, client):
    closed(small(quorum=4), 1, 2)
    HostCall.objects.update(status="decided")
    call = make_host_call("ballot", meeting=HostCall.objects.get().meeting)
    second = make_ballot(call, make_bid(call, "lyon", status="eligible"), electorate=list(City.objects.members()[:4]))
    closed(second, 1)
    assert second.number == 2
    assert "The member cities chose Lyon" in text(client.get(second.get_absolute_url()))
    assert "The member cities chose Lyon" not in text(client.get(ADDRESS))


# Counting again


def test_a_stranger_recounts_from_the_files(network, client):
    closed(small(), 1, 1, 2, None)
    response = client.get(f"{ADDRESS}counting.json")
    assert response["Content-Disposition"] == 'attachment; filename="ballot-19-1.json"'
    data = json.loads(response.content)
    tally = recount(data)
    assert (tally.votes, tally.blank, tally.winner) == ({1: 2, 2: 1}, 1, 1)
    response = client.get(f"{ADDRESS}counting.csv")
    lines = response.content.decode("utf-8-sig").splitlines()
    assert response["Content-Type"].startswith("text/csv")
    assert len(lines) == 5
    assert sum(",1,Bologna" in line for line in lines) == 2
    assert sum(",2,Ghent and Essaouira" in line for line in lines) == 1
    assert sum(line.endswith(",,Blank vote") for line in lines) == 1
    assert lines[1:] == sorted(lines[1:])
    assert client.get(f"{ADDRESS}counting.xml").status_code == 404


def test_names_of_cities_cannot_be_formulas_in_the_file(network, client):
    City.objects.filter(slug="bologna").update(name_en="=HYPERLINK(1)")
    closed(small(), 1, 1)
    assert b",'=HYPERLINK(1)" in client.get(f"{ADDRESS}counting.csv").content


def test_a_receipt_is_checked_and_nothing_is_kept(network, client, settings):
    ballot = small()
    cast(City.objects.get(slug="lyon"), 2, "ABCD-EFGH")
    cast(City.objects.get(slug="ostersund"), None, "JKMN-PQRS")
    closed(ballot)
    address = f"{ADDRESS}check/"
    page = client.get(address)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    for typed in ("ABCD-EFGH", " abcd efgh ", "abcdefgh"):
        page = client.post(address, {"receipt": typed})
        assert page.status_code == 200
        assert "was counted for Ghent and Essaouira." in text(page)
        assert "no-store" in page["Cache-Control"]
        assert "ABCD-EFGH" not in text(page)
    assert "was counted as a blank vote." in text(client.post(address, {"receipt": "JKMN-PQRS"}))
    assert "No vote of this ballot has this receipt." in text(client.post(address, {"receipt": "ABCD-EFGJ"}))
    assert "Enter the receipt" in text(client.post(address, {"receipt": ""}))
    assert "ABCD-EFGH" not in everything_stored()
    assert not Session.objects.exists()


def test_receipts_are_looked_up_so_often_and_no_more(network, client):
    closed(small(), 1)
    for _time in range(30):
        assert client.post(f"{ADDRESS}check/", {"receipt": "unknown"}).status_code == 200
    page = client.post(f"{ADDRESS}check/", {"receipt": "unknown"})
    assert page.status_code == 429
    assert "Many receipts were looked up from your address within an hour." in text(page)


# The whole way: what the pages cast is what is counted and found again


def test_from_the_paper_to_the_check(network, client, signed_in, coordinator, other_coordinator):
    ballot = small()
    receipts = {}
    for user, city, choice in ((coordinator, "lyon", "1"), (other_coordinator, "ostersund", "blank")):
        answer = vote(signed_in(user), city=city, choice=choice, confirmed="yes")
        (receipts[city],) = set(RECEIPT.findall(text(answer)))
    closed(ballot)
    data = client.get(f"{ADDRESS}counting.json").json()
    assert recount(data).votes == {1: 1, 2: 0}
    check = f"{ADDRESS}check/"
    assert "was counted for Bologna." in text(client.post(check, {"receipt": receipts["lyon"].lower()}))
    assert "was counted as a blank vote." in text(
        client.post(check, {"receipt": receipts["ostersund"].replace("-", "")})
    )


# Cost


@pytest.mark.parametrize("number", [5, 405])
def test_the_open_page_costs_the_same_for_any_electorate(network, signed_in, coordinator, number):
    if number == 5:
        small()
    else:
        call = make_host_call("ballot")
        make_ballot(call, *bids_on(call))
    client = signed_in(coordinator)
    client.get(ADDRESS)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(ADDRESS).status_code == 200
    assert len(queries) == 13


@pytest.mark.parametrize("number", [5, 405])
def test_the_result_costs_the_same_for_any_electorate(network, client, number):
    if number == 5:
        closed(small(), 1, 1, 2)
    else:
        call = make_host_call("ballot")
        closed(make_ballot(call, *bids_on(call)), *[1, 2, 1, None] * 101)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(ADDRESS).status_code == 200
    assert len(queries) == 7
