"""Ballots in the administration: turnout of the running one, who lacks, operations; no vote before the closing."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from cities.models import City, Coordinator, HistoryEntry, OutboxMessage
from meetings.models import Ballot, HostBid, HostCall, OpenSeat, OpenVote, Seat, Vote
from meetings.services.ballot import BallotRefused, close_ballot
from meetings.services.ballot_reminder import remind_now, waiting_cities
from meetings.services.host_call import HostCallRefused
from tests.conftest import mandate, person
from tests.factories.hosting import cast, make_ballot, make_bid, make_host_call

LIST = "/admin/meetings/ballot/"


def bids_on(call: HostCall) -> list[HostBid]:
    eligible: dict[str, Any] = {"status": HostBid.Status.ELIGIBLE}
    return [make_bid(call, "bologna", **eligible), make_bid(call, "ghent", "essaouira", **eligible)]


def some_cities(number: int) -> list[City]:
    cities = list(City.objects.filter(slug__in=("lyon", "ostersund")))
    return cities + list(City.objects.members().exclude(pk__in=[city.pk for city in cities])[: number - 2])


@pytest.fixture
def ballot(network) -> Ballot:
    """Open, of five cities: Lyon and Östersund have focal points, where their personas are there."""
    call = make_host_call("ballot")
    return make_ballot(call, *bids_on(call), electorate=some_cities(5), quorum=3)


@pytest.fixture
def staff(officer, signed_in) -> Client:
    return signed_in(officer)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def page_of(ballot: Ballot, name: str = "change") -> str:
    return f"{LIST}{ballot.pk}/{name}/"


def end(ballot: Ballot) -> None:
    Ballot.objects.filter(pk=ballot.pk).update(closes_at=timezone.now())


def operations(content: str) -> set[str]:
    names = ("remind", "close", "annul", "run-off")
    return {name for name in names if f"/{name}/" in content}


# The tables of votes and rolls


def test_votes_and_rolls_are_no_part_of_the_administration():
    for model in (OpenSeat, OpenVote, Seat, Vote):
        assert model not in admin.site._registry
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:meetings_{model._meta.model_name}_changelist")


# The page of the running ballot


def test_the_running_ballot_tells_turnout_and_who_lacks(ballot, staff, coordinator, other_coordinator):
    cast(City.objects.get(slug="ostersund"), 1)
    page = text(staff.get(page_of(ballot)))
    assert "1 of 5 (20%)" in page
    assert "3 votes, not reached" in page
    assert "4 cities have not voted" in page
    assert "3 of them have no focal point, and so nobody who can vote:" in page
    assert "coordinator.lyon@example.org" in page
    assert "coordinator.ostersund@example.org" not in page
    assert "Bologna" in page
    assert operations(page) == {"remind", "annul"}


def test_the_page_says_when_all_have_voted_and_offers_to_close(ballot, staff):
    for city in some_cities(5):
        cast(city, 1)
    page = text(staff.get(page_of(ballot)))
    assert "5 of 5 (100%)" in page
    assert "3 votes, reached" in page
    assert "All cities on the roll have voted." in page
    assert operations(page) == {"close", "annul"}


@pytest.mark.parametrize("persona", ["officer", "administrator", "decision_officer", "auditor", "admin_user"])
def test_nobody_sees_votes_before_the_closing(request, ballot, signed_in, persona):
    client = signed_in(request.getfixturevalue(persona))
    for city in some_cities(4):
        cast(city, 1)
    looked = {}
    addresses = [LIST, page_of(ballot), page_of(ballot, "history"), page_of(ballot, "annul")]
    addresses += [f"/admin/meetings/hostcall/{ballot.host_call_id}/change/", f"{LIST}?options__votes=4"]
    for choice in (1, 2, None):
        OpenVote.objects.update(choice=choice)
        for address in addresses:
            content = text(client.get(address))
            looked.setdefault(address, set()).add(content.split("csrfmiddlewaretoken")[0])
    assert {address for address, found in looked.items() if len(found) > 1} == set()


def test_the_result_stands_here_after_the_closing(ballot, staff):
    for city in some_cities(4):
        cast(city, 1)
    end(ballot)
    close_ballot(ballot=ballot)
    page = text(staff.get(page_of(ballot)))
    assert "4 of 5 (80%)" in page
    assert "The public result, with the counting file" in page
    assert operations(page) == set()
    assert "Host selected" in text(staff.get(LIST))


def test_an_auditor_looks_and_acts_on_nothing(ballot, auditor, signed_in):
    client = signed_in(auditor)
    assert operations(text(client.get(page_of(ballot)))) == set()
    for name in ("remind", "close", "annul", "run-off"):
        assert client.get(page_of(ballot, name)).status_code == 403
        assert client.post(page_of(ballot, name), {"reason": "So."}).status_code == 403
    assert Ballot.objects.get().is_open


def test_nobody_edits_adds_or_deletes_a_ballot(ballot, admin_client):
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.get(page_of(ballot, "delete")).status_code == 403
    admin_client.post(page_of(ballot), {"seats": "1"})
    assert Ballot.objects.get().seats == 5


@pytest.mark.parametrize("number", [5, 405])
def test_the_page_costs_the_same_for_any_electorate(network, staff, number):
    call = make_host_call("ballot")
    ballot = make_ballot(call, *bids_on(call), electorate=some_cities(number) if number == 5 else None)
    staff.get(page_of(ballot))
    with CaptureQueriesContext(connection) as queries:
        assert staff.get(page_of(ballot)).status_code == 200
    assert len(queries) == 15


@pytest.mark.parametrize("rows", [1, 12])
def test_the_list_costs_the_same_for_any_number(network, staff, rows):
    call = make_host_call("ballot")
    for _row in range(rows):
        ballot = make_ballot(call, electorate=[])
        Ballot.objects.filter(pk=ballot.pk).update(status="annulled", closed_at=timezone.now())
    staff.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        assert staff.get(LIST).status_code == 200
    assert len(queries) == 10


# Opening


@pytest.fixture
def ready(network) -> HostCall:
    call = make_host_call("ballot", publish=False)
    HostCall.objects.filter(pk=call.pk).update(status=HostCall.Status.PUBLISHED)
    call.refresh_from_db()
    bids_on(call)
    return call


def test_a_ballot_is_opened_from_the_page_of_its_call(ready, staff, coordinator):
    address = reverse("admin:meetings_hostcall_ballot", args=[ready.pk])
    assert address in text(staff.get(LIST))
    page = text(staff.get(address))
    assert "The roll is fixed: the member cities of today." in page
    assert not Ballot.objects.exists()
    response = staff.post(address, {}, follow=True)
    opened = Ballot.objects.get()
    assert response.redirect_chain[-1][0] == page_of(opened)
    assert "The ballot is open: 405 cities can vote." in text(response)
    # A second click finds it open.
    assert staff.post(address, {}).url == page_of(opened)
    assert staff.get(address).url == page_of(opened)
    assert Ballot.objects.count() == 1


def test_what_keeps_a_ballot_from_being_opened_is_told(ready, staff):
    HostBid.objects.filter(lead__slug="ghent").update(status=HostBid.Status.SUBMITTED)
    address = reverse("admin:meetings_hostcall_ballot", args=[ready.pk])
    for response in (staff.get(address), staff.post(address, {})):
        assert "1 bid is not examined yet." in text(response)
    assert not Ballot.objects.exists()


def test_who_only_looks_reads_that_all_is_ready(ready, auditor, signed_in):
    address = reverse("admin:meetings_hostcall_ballot", args=[ready.pk])
    client = signed_in(auditor)
    for response in (client.get(address), client.post(address, {})):
        assert "All is ready: the ballot opens at its instant." in text(response)
    assert address not in text(client.get(LIST))
    assert not Ballot.objects.exists()


def test_the_page_of_a_call_without_ballot_is_for_staff(ready, client, coordinator, signed_in, staff):
    address = reverse("admin:meetings_hostcall_ballot", args=[ready.pk])
    assert "/login/" in client.get(address).url
    assert "/login/" in signed_in(coordinator).get(address).url
    assert staff.get(reverse("admin:meetings_hostcall_ballot", args=[99999])).status_code == 404


# Reminding


def test_those_who_have_not_voted_are_reminded_once_a_day(ballot, staff, coordinator, other_coordinator):
    cast(City.objects.get(slug="ostersund"), 1)
    OutboxMessage.objects.all().delete()
    written = HistoryEntry.objects.count()
    page = text(staff.get(page_of(ballot, "remind")))
    assert "1 focal point whose city has not voted gets a mail." in page
    assert "3 cities that have not voted have no focal point: nobody is reminded there." in page
    response = staff.post(page_of(ballot, "remind"), {}, follow=True)
    assert "1 reminder leaves." in text(response)
    assert list(OutboxMessage.objects.values_list("to", flat=True)) == ["coordinator.lyon@example.org"]
    assert HistoryEntry.objects.count() == written
    again = staff.post(page_of(ballot, "remind"), {})
    assert "A reminder was sent today already." in text(again)
    assert OutboxMessage.objects.count() == 1


def test_reminders_are_refused_with_a_sentence(ballot, staff, officer, auditor, coordinator):
    with pytest.raises(HostCallRefused, match="Only officers"):
        remind_now(ballot=ballot, by=auditor)
    cast(City.objects.get(slug="lyon"), 1)
    with pytest.raises(BallotRefused, match="every city that has a focal point has voted"):
        remind_now(ballot=ballot, by=officer)
    end(ballot)
    with pytest.raises(BallotRefused, match="This ballot takes no votes"):
        remind_now(ballot=ballot, by=officer)
    response = staff.get(page_of(ballot, "remind"), follow=True)
    assert "This ballot takes no votes: there is nobody to remind." in text(response)


def test_a_former_focal_point_or_an_inactive_one_is_not_reminded(ballot, former_coordinator):
    user = person("gone.ostersund@example.org", is_active=False)
    mandate(user, "ostersund", Coordinator.Role.FOCAL_POINT)
    assert {reader for _city, reader in waiting_cities()} == {None}


# Closing, annulling, the run-off


def test_a_ballot_is_closed_when_all_have_voted(ballot, staff):
    for city in some_cities(4):
        cast(city, 1)
    response = staff.get(page_of(ballot, "close"), follow=True)
    assert "Before its end a ballot can be closed when all have voted." in text(response)
    cast(City.objects.exclude(pk__in=[city.pk for city in some_cities(4)]).get(pk=some_cities(5)[4].pk), 2)
    assert "everybody sees the result at once" in text(staff.get(page_of(ballot, "close")))
    assert Ballot.objects.get().is_open
    response = staff.post(page_of(ballot, "close"), {}, follow=True)
    assert "The ballot is closed: host selected." in text(response)
    # Among the acts below it.
    assert "1: 4, 2: 1" in text(response)
    assert Ballot.objects.get().is_closed
    assert "This ballot is over already." in text(staff.post(page_of(ballot, "close"), {}, follow=True))


def test_a_ballot_is_annulled_with_a_reason(ballot, staff):
    cast(City.objects.get(slug="lyon"), 1)
    assert "All votes are destroyed uncounted, that of 1 city so far." in text(staff.get(page_of(ballot, "annul")))
    assert "This field is required." in text(staff.post(page_of(ballot, "annul"), {"reason": " "}))
    assert Ballot.objects.get().is_open
    response = staff.post(page_of(ballot, "annul"), {"reason": "A bid was mixed up."}, follow=True)
    annulled, following = Ballot.objects.order_by("number")
    assert annulled.reason == "A bid was mixed up."
    assert response.redirect_chain[-1][0] == page_of(following)
    assert OpenVote.objects.count() == 0
    page = text(staff.get(page_of(annulled)))
    assert "all votes were destroyed uncounted" in page
    assert "Cities that voted" not in page
    assert "Only a ballot that is open can be annulled." in text(staff.get(page_of(annulled, "annul"), follow=True))


def test_a_run_off_follows_a_tie(ballot, staff):
    response = staff.get(page_of(ballot, "run-off"), follow=True)
    assert "A run-off follows a tie" in text(response)
    for city, choice in zip(some_cities(4), (1, 1, 2, 2), strict=True):
        cast(city, choice)
    end(ballot)
    close_ballot(ballot=ballot)
    assert operations(text(staff.get(page_of(ballot)))) == {"run-off"}
    page = text(staff.get(page_of(ballot, "run-off")))
    assert "On the paper: Bologna; Ghent and Essaouira." in page
    assert "for 72 hours" in page
    response = staff.post(page_of(ballot, "run-off"), {}, follow=True)
    assert "The run-off is open." in text(response)
    runoff = Ballot.objects.get(round=2)
    assert response.redirect_chain[-1][0] == page_of(runoff)
    assert operations(text(staff.get(page_of(ballot)))) == set()
    assert "This ballot is followed by another already." in text(
        staff.post(page_of(ballot, "run-off"), {}, follow=True)
    )
