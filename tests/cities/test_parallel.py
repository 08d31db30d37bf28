"""Several writers at once, each with a connection of its own (PostgreSQL)."""

import datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, transaction

from cities.exceptions import DesignationRefused, NetworkError
from cities.models import City, Country, CreativeField, Designation, Edition, FormerSlug, HistoryEntry
from cities.services.city import readdress
from cities.services.designation import change_field
from cities.services.history import flaws, record
from meetings.models import Meeting, MeetingHost
from tests.conftest import person
from tests.parallel import WRITERS, at_once


@pytest.fixture
def shared_network(transactional_db):
    call_command("import_network", verbosity=0)
    return person("officer@example.org", "officer")


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


def test_of_moves_to_two_fields_on_one_day_one_wins(shared_network):
    fields = CreativeField.objects.in_bulk(["music", "design"], field_name="slug")
    city = City.objects.get(slug="edinburgh")

    def move(number: int) -> object:
        return change_field(
            city=city,
            field=fields["music" if number % 2 else "design"],
            on=datetime.date(2020, 1, 1),
            source="test",
            reason="Decision of the test",
            by=shared_network,
        )

    outcomes = at_once(move)
    assert sum(isinstance(outcome, Designation) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, DesignationRefused) for outcome in outcomes) == WRITERS - 1
    assert city.designations.count() == 2
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


def test_acts_and_plain_edits_of_the_same_city_do_not_lock_each_other_out(shared_network):
    """Every writer takes the cities before the edition, so none waits for one that waits for it."""
    france = Country.objects.get(pk="FR")
    meeting = Meeting.objects.get(edition=3)
    music, literature = (CreativeField.objects.get(slug=slug) for slug in ("music", "literature"))

    def write(number: int) -> object:
        if number % 3 == 0:
            return Country.objects.get(pk=france.pk).save()
        if number % 3 == 1:
            with transaction.atomic():
                meeting.save()
                return MeetingHost.objects.create(
                    meeting=meeting, city=City.objects.get(slug="angouleme"), name_en=str(number), name_fr=str(number)
                )
        city = City.objects.get(slug="lyon")
        field = music if city.designations.latest("starts_on").field_id == literature.pk else literature
        day = datetime.date(2025, 1, 1) + datetime.timedelta(days=number)
        return change_field(city=city, field=field, on=day, source="test", reason="Test", by=shared_network)

    outcomes = at_once(write)
    assert [outcome for outcome in outcomes if isinstance(outcome, OperationalError)] == []
    assert list(flaws()) == []
