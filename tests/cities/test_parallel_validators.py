"""What a client may keep an answer by, while others write: on PostgreSQL a write is seen later than it was done."""

import datetime
import threading
import time
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from cities import caching
from cities.models import City, Edition

ADDRESS = "/en/cities.csv?q=lyon"


@pytest.fixture
def shared_network(transactional_db, monkeypatch):
    call_command("import_network", verbosity=0)
    long_ago = timezone.now() - datetime.timedelta(days=9)
    monkeypatch.setattr(caching, "RELEASED_AT", long_ago)
    monkeypatch.setattr(caching, "today", long_ago.date)


def begin(write: Callable[[], None]) -> threading.Thread:
    """Write in a transaction of another connection, from now on."""

    def run() -> None:
        try:
            with transaction.atomic():
                write()
        finally:
            connection.close()

    writer = threading.Thread(target=run)
    writer.start()
    return writer


def test_a_date_says_nothing_of_a_write_that_is_not_seen_yet(shared_network):
    written, seen = threading.Event(), threading.Event()

    def write_slowly() -> None:
        City.objects.filter(slug="lyon").update(population=4711)
        written.set()
        seen.wait(60)

    # Two writes within a second, the second of which is not seen yet when somebody asks.
    time.sleep(1 - time.time() % 1)
    City.objects.filter(slug="lyon").update(population=1)
    slow = begin(write_slowly)
    try:
        assert written.wait(60)
        dated = Edition.objects.get().changed_at
        time.sleep(1.5)
        before = Client().get(ADDRESS)
        assert "4711" not in before.getvalue().decode()
    finally:
        seen.set()
        slow.join()
    after = Client().get(ADDRESS)
    assert "4711" in after.getvalue().decode()
    assert Edition.objects.get().changed_at.replace(microsecond=0) == dated.replace(microsecond=0)
    assert before.headers["ETag"] != after.headers["ETag"]
    # The date of the second write would be that of the first.
    assert "Last-Modified" not in before.headers


def test_a_write_that_waits_for_another_is_dated_after_it(shared_network):
    written = threading.Event()
    first: list[datetime.datetime] = []

    def write_first() -> None:
        City.objects.filter(slug="lyon").update(population=1)
        written.set()
        time.sleep(1.5)
        first.append(timezone.now())

    slow = begin(write_first)
    assert written.wait(60)
    City.objects.filter(slug="dakar").update(population=2)
    slow.join()
    assert Edition.objects.get().changed_at >= first[0]
