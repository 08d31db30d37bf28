"""Cities that join, and bids that are handed in, at the same moment, each with a connection of its own (PostgreSQL)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from cities.exceptions import TransitionNotAllowed
from cities.models import City, Coordinator, HistoryEntry, OutboxMessage
from cities.services.history import flaws
from meetings.models import BidCity, HostBid, HostCall
from meetings.services import bid as service
from rvcu.models import User
from tests.conftest import mandate, person
from tests.factories.hosting import make_bid, make_host_call
from tests.parallel import at_once

TWENTY = 20


def focal_point(slug: str) -> User:
    user = person(f"coordinator.{slug}@example.org")
    mandate(user, slug, Coordinator.Role.FOCAL_POINT)
    return user


@pytest.fixture
def call(transactional_db) -> HostCall:
    call_command("import_network", verbosity=0)
    return make_host_call("open", most_cities=3)


def test_of_two_bids_that_a_city_joins_at_once_it_joins_one(call):
    by = focal_point("ostersund")
    city = City.objects.get(slug="ostersund")
    asked = [BidCity.objects.create(bid=make_bid(call, slug), city=city) for slug in ("lyon", "krakow")]
    outcomes = at_once(lambda number: service.confirm(bid_city=asked[number % 2], by=by), TWENTY)
    assert sum(isinstance(one, BidCity) for one in outcomes) == 1
    assert {type(one) for one in outcomes} <= {BidCity, service.BidRefused, TransitionNotAllowed}
    assert BidCity.objects.filter(city=city).exclude(confirmed_at=None).count() == 1
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.BID_CITY_JOINED).count() == 1
    assert list(flaws()) == []


def test_a_city_that_begins_and_joins_at_once_does_one(call):
    by, lyon = focal_point("lyon"), City.objects.get(slug="lyon")
    asked = BidCity.objects.create(bid=make_bid(call, "krakow"), city=lyon)

    def act(number: int) -> object:
        if number % 2:
            return service.begin_bid(host_call=call, city=lyon, by=by)
        return service.confirm(bid_city=asked, by=by)

    outcomes = at_once(act, TWENTY)
    assert sum(not isinstance(one, Exception) for one in outcomes) == 1
    standing = [one for one in BidCity.objects.filter(city=lyon, left_at=None) if one.is_confirmed]
    assert len(standing) == 1


def test_of_twenty_cities_asked_at_once_as_many_as_there_is_room(call):
    by = focal_point("lyon")
    bid = make_bid(call, "lyon")
    cities = list(City.objects.members().exclude(slug="lyon")[:TWENTY])
    outcomes = at_once(lambda number: service.ask_city(bid=bid, city=cities[number], by=by), TWENTY)
    assert sum(isinstance(one, BidCity) for one in outcomes) == call.most_cities - 1
    assert bid.cities.count() == call.most_cities


def test_twenty_submissions_at_once_submit_once(call):
    by = focal_point("lyon")
    bid = make_bid(call, "lyon")
    letter = SimpleUploadedFile("letter.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
    service.set_letter(bid_city=bid.cities.get(), upload=letter, by=by)
    outcomes = at_once(lambda number: service.submit_bid(bid=bid, by=by), TWENTY)
    assert sum(isinstance(one, HostBid) for one in outcomes) == 1
    assert sum(isinstance(one, TransitionNotAllowed) for one in outcomes) == TWENTY - 1
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.BID_SUBMITTED).count() == 1
    assert OutboxMessage.objects.filter(template="bid-submitted-to-staff").count() == 1
    assert list(flaws()) == []


def test_who_submits_and_withdraws_at_once_does_one_after_the_other(call):
    by = focal_point("lyon")
    bid = make_bid(call, "lyon")
    letter = SimpleUploadedFile("letter.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
    service.set_letter(bid_city=bid.cities.get(), upload=letter, by=by)
    verbs = (service.submit_bid, service.withdraw_bid)
    outcomes = at_once(lambda number: verbs[number % 2](bid=bid, by=by), TWENTY)
    assert sum(not isinstance(one, Exception) for one in outcomes) in (1, 2)
    assert HostBid.objects.get().status == HostBid.Status.WITHDRAWN
    assert list(flaws()) == []
