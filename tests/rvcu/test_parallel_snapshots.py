"""Snapshots on PostgreSQL: several publications at once, and the same bytes as on SQLite."""

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from cities.models import City, HistoryEntry
from cities.services import history
from rvcu.models import DataSnapshot
from rvcu.snapshots.publishing import Publication, publish_snapshot
from rvcu.snapshots.reading import one_state
from rvcu.snapshots.storage import folder_of, root
from rvcu.snapshots.verifying import flaws
from tests.parallel import at_once

DAY = datetime.date(2016, 4, 28)
INSTANT = "2026-01-02T03:04:05+00:00"
DEATHS = ("statement 1", "statement 30", "step write_data", "step pack", "step put", "step record")
"""How runs on SQLite are killed before the one that is compared."""
ON_SQLITE = Path(__file__).with_name("publishing_elsewhere.py")


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    return settings.VAR_DIR


@pytest.fixture
def shared_network(transactional_db):
    call_command("import_network", verbosity=0)


def test_of_many_publications_of_a_day_one_is_new(shared_network):
    outcomes = at_once(lambda _number: publish_snapshot(day=DAY), 6)
    assert [outcome for outcome in outcomes if not isinstance(outcome, Publication)] == []
    assert sum(outcome.is_new for outcome in outcomes) == 1
    assert DataSnapshot.objects.count() == 1
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.SNAPSHOT_PUBLISHED).count() == 1
    assert list(flaws()) == []
    assert list(history.flaws()) == []


def test_publications_and_corrections_at_once_number_the_editions_without_a_gap(shared_network):
    def act(number: int) -> object:
        if number % 2:
            return publish_snapshot(day=DAY)
        return City.objects.filter(slug="lyon").update(population=1000 + number)

    at_once(act, 8)
    publish_snapshot(day=DAY)
    editions = list(DataSnapshot.objects.order_by("edition").values_list("edition", flat=True))
    assert editions == list(range(1, len(editions) + 1))
    assert list(flaws()) == []


def test_all_is_read_from_one_state_of_the_data(shared_network):
    def population() -> int | None:
        return City.objects.get(slug="lyon").population

    with one_state():
        before = population()
        at_once(lambda _number: City.objects.filter(slug="lyon").update(population=4711), 1)
        assert population() == before
    assert population() == 4711


def test_sqlite_gives_the_same_bytes_even_after_runs_that_were_killed(
    transactional_db, settings, tmp_path, monkeypatch
):
    assert connection.vendor == "postgresql"
    elsewhere = tmp_path / "sqlite"
    elsewhere.mkdir()
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "TEST_DB"}} | {
        "VAR_DIR": str(elsewhere),
        "RVCU_MODE": "test",
        "DJANGO_SETTINGS_MODULE": "rvcu.settings",
        "SITE_ADDRESS": settings.SITE_ADDRESS,
    }
    subprocess.run(
        [sys.executable, str(ON_SQLITE), DAY.isoformat(), INSTANT, *DEATHS],
        cwd=django_settings.BASE_DIR,
        env=environment | {"PYTHONPATH": str(django_settings.BASE_DIR)},
        check=True,
    )
    # The head of the history, which the manifest names, holds the instant of the import.
    monkeypatch.setattr(timezone, "now", lambda: datetime.datetime.fromisoformat(INSTANT))
    call_command("import_network", verbosity=0)
    here = folder_of(publish_snapshot(day=DAY).snapshot)
    there = elsewhere / here.relative_to(settings.VAR_DIR)
    assert root() in here.parents
    names = sorted(path.name for path in there.iterdir())
    assert names == sorted(path.name for path in here.iterdir())
    different = [name for name in names if (here / name).read_bytes() != (there / name).read_bytes()]
    assert different == []
