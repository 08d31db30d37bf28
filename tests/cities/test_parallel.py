"""Several writers at once, each with a connection of its own (PostgreSQL)."""

import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection

from cities.exceptions import NetworkError
from cities.models import City, CreativeField, Designation, Edition, FormerSlug, HistoryEntry
from cities.services.city import readdress
from cities.services.designation import change_field
from cities.services.history import flaws, record
from tests.conftest import person

WRITERS = 12


@pytest.fixture
def shared_network(transactional_db):
    call_command("import_network", verbosity=0)
    return person("officer@example.org", "officer")


def at_once(act: Callable[[int], object]) -> list[object]:
    """Run an act in parallel, all starting together; what each returned or the refusal it met."""
    barrier = Barrier(WRITERS)

    def run(number: int) -> object:
        barrier.wait()
        try:
            return act(number)
        except (NetworkError, IntegrityError) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


def test_the_chain_of_acts_stays_one(shared_network):
    before = HistoryEntry.objects.count()
    at_once(lambda number: record(HistoryEntry.Verb.READDRESSED, by=shared_network, reason=str(number)))
    assert HistoryEntry.objects.count() == before + WRITERS
    assert list(flaws()) == []


def test_one_of_many_moves_to_another_field_wins(shared_network):
    music = CreativeField.objects.get(slug="music")

    def move(_number: int) -> object:
        return change_field(
            city=City.objects.get(slug="lyon"),
            field=music,
            on=datetime.date(2026, 1, 1),
            source="test",
            reason="Decision of the test",
            by=shared_network,
        )

    outcomes = at_once(move)
    assert sum(isinstance(outcome, Designation) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NetworkError) for outcome in outcomes) == WRITERS - 1
    assert City.objects.get(slug="lyon").designations.count() == 3
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.FIELD_CHANGED).count() >= 1
    assert list(flaws()) == []


def test_overlapping_designations_cannot_be_written_at_once(shared_network):
    city = City.objects.get(slug="edinburgh")
    Designation.objects.filter(city=city).update(ends_on="2020-12-31", end_reason="withdrawn")

    def insert(number: int) -> object:
        day = datetime.date(2022, 1, 1) + datetime.timedelta(days=number)
        return Designation.objects.create(
            city=city,
            field_id=Designation.objects.filter(city=city).first().field_id,
            starts_on=day,
            source="test",
            member_since=day,
            member_since_precision="day",
        )

    outcomes = at_once(insert)
    assert sum(isinstance(outcome, Designation) for outcome in outcomes) == 1
    assert Designation.objects.filter(city=city, ends_on=None).count() == 1


def test_one_address_goes_to_one_city(shared_network):
    slugs = list(City.objects.order_by("slug").values_list("slug", flat=True)[:WRITERS])

    def rename(number: int) -> object:
        city = City.objects.get(slug=slugs[number])
        return readdress(city=city, slug="the-one", reason="Test", by=shared_network)

    outcomes = at_once(rename)
    assert sum(isinstance(outcome, NetworkError | IntegrityError) for outcome in outcomes) == WRITERS - 1
    assert City.objects.filter(slug="the-one").count() == 1
    assert FormerSlug.objects.count() == 1


def test_each_change_counts_in_the_edition(shared_network):
    before = Edition.current()
    slugs = list(City.objects.order_by("slug").values_list("slug", flat=True)[:WRITERS])
    at_once(lambda number: City.objects.filter(slug=slugs[number]).update(note="seen"))
    assert Edition.current() == before + WRITERS
