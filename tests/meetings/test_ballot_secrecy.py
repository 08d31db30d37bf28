"""What a city voted can be told from nothing that is left when its ballot is over.

Two copies of one database go through the same ballot, at the same instants, with the same random seed: the same
cities vote, through the page, with the same totals, but what they vote is swapped between them. Afterwards everything
is compared: each table's rows in the order in which they lie, with their place, the transactions that wrote and locked
them, sequences, samples of the planner, the bytes of the database file on SQLite, outbox, history, sessions, and every
line that was logged at any level. That the comparison would find a leak is shown by leaks that are put in.
"""

import datetime
import itertools
import logging
import random
import re
import shutil
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.backends.signals import connection_created
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.views.debug import ExceptionReporter

from cities.models import City, Coordinator, Edition, HistoryEntry
from cities.services import outbox
from cities.services.clock import tick
from meetings.models import Ballot, HostBid, OpenSeat, OpenVote, Vote
from meetings.services import ballot as service
from meetings.services.counting import counting_file, recount
from rvcu.models import User
from tests.conftest import mandate, person, sign_in
from tests.factories.hosting import DAY, HOUR, make_ballot, make_bid, make_host_call

pytestmark = pytest.mark.django_db(transaction=True)

VOTERS = ("bologna", "lyon", "ostersund", "krakow", "santos", "tucson")
SILENT = ("fabriano", "linz")
CHOICES: tuple[int | None, ...] = (1, 2, 1, None, 2, 1)
MINUTE = datetime.timedelta(minutes=1)


@dataclass(frozen=True)
class Cast:
    """A vote to be cast: by whom, for what, and where its random letters come from."""

    city: str
    choice: int | None
    seed: int


def plain() -> list[Cast]:
    return [Cast(city, choice, seed) for seed, (city, choice) in enumerate(zip(VOTERS, CHOICES, strict=True))]


def other_cities() -> list[Cast]:
    """The same votes in the same order, cast by other cities."""
    return [Cast(VOTERS[-1 - place], one.choice, one.seed) for place, one in enumerate(plain())]


def other_choices() -> list[Cast]:
    """The same cities in the same order, with the votes of others and their random letters."""
    votes = plain()
    return [Cast(one.city, other.choice, other.seed) for one, other in zip(votes, votes[2:] + votes[:2], strict=True)]


SWAPS = {"cities": other_cities, "choices": other_choices}


# Two databases alike


@dataclass
class World:
    ballot: int
    clients: dict[str, Client]
    """Signed in before the databases part."""
    starts: datetime.datetime
    closes: datetime.datetime


@pytest.fixture
def world(transactional_db) -> World:
    call_command("import_network", verbosity=0)
    now = timezone.now().replace(microsecond=0)
    call = make_host_call("ballot")
    bids = [make_bid(call, lead, status=HostBid.Status.ON_BALLOT) for lead in ("fabriano", "tucson")]
    electorate = list(City.objects.filter(slug__in=VOTERS + SILENT).order_by("pk"))
    closes = now + DAY
    ballot = make_ballot(call, *bids, electorate=electorate, opened_at=now - HOUR, closes_at=closes)
    clients = {}
    for slug in VOTERS:
        user = person(f"focal.point.{slug}@example.org")
        mandate(user, slug, Coordinator.Role.FOCAL_POINT)
        clients[slug] = sign_in(user)
        # What is done once at the first visit is not the vote's.
        assert clients[slug].get(ballot.get_absolute_url()).status_code == 200
    return World(ballot.pk, clients, now, closes)


@contextmanager
def copies(number: int) -> Iterator[list[str]]:
    """Copies of the test's database, to the byte; while they are there nothing tidies them up by itself."""
    settings, original = connection.settings_dict, connection.settings_dict["NAME"]
    options = settings["OPTIONS"]
    if connection.vendor == "postgresql":
        connection.close()
        connection.close_pool()
    pool = options.pop("pool", None)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        names = [f"{original}.copy{place}" for place in range(number)]
        for name in names:
            shutil.copyfile(original, name)
    else:
        names = [f"{original}_copy{place}" for place in range(number)]
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute("ALTER SYSTEM SET autovacuum = off")
            cursor.execute("SELECT pg_reload_conf()")
            # What is copied is used by nobody.
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [original])
            for name in names:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
    try:
        yield names
    finally:
        connection.close()
        settings["NAME"] = original
        if pool is not None:
            options["pool"] = pool
        if connection.vendor == "postgresql":
            with connection._nodb_cursor() as cursor:
                for name in names:
                    cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                cursor.execute("ALTER SYSTEM RESET autovacuum")
                cursor.execute("SELECT pg_reload_conf()")


@contextmanager
def nothing_pruned() -> Iterator[None]:
    """Somebody reads all the time, so PostgreSQL makes no room of old rows within a page.

    Otherwise it does so whenever transactions of the whole server let it, those of other tests' databases too, and
    where the next row lies would be chance. What is compared is the more for it: every row that ever was keeps its
    place.
    """
    if connection.vendor == "sqlite":
        yield
        return
    reader = connection.copy()
    reader.ensure_connection()
    try:
        with reader.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT 1")
        yield
    finally:
        reader.close()


@contextmanager
def everything_logged() -> Iterator[list[logging.LogRecord]]:
    """Every record of every logger of the thread that answers, from the most talkative level on.

    Threads that keep connections ready, also those of earlier tests, write whenever they like.
    """
    records: list[logging.LogRecord] = []
    answering = threading.get_ident()

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == answering:
                records.append(record)

    keep, root = Keep(logging.NOTSET), logging.getLogger()
    loggers = [root, *(one for one in logging.Logger.manager.loggerDict.values() if isinstance(one, logging.Logger))]
    before = [(one, one.level, one.propagate, one.disabled) for one in loggers]
    for one in loggers:
        one.setLevel(logging.DEBUG)
        one.propagate, one.disabled = True, False
    root.addHandler(keep)
    try:
        yield records
    finally:
        root.removeHandler(keep)
        for one, level, propagate, disabled in before:
            one.setLevel(level)
            one.propagate, one.disabled = propagate, disabled


# What is left


@dataclass
class Left:
    """What a ballot that is over left behind."""

    tables: dict[str, list[Any]]
    log: list[tuple[str, str, str]]
    receipts: list[str]
    open_ids: list[str]
    files: dict[str, bytes]


def vote_all(world: World, votes: list[Cast], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each vote through the page, a minute after the other; gives the receipts that the answers showed."""
    ballot = Ballot.objects.get(pk=world.ballot)
    address = reverse("meetings:ballot_vote", args=[ballot.host_call.meeting.edition, ballot.number])
    receipts = []
    for place, one in enumerate(votes):
        instant = world.starts + place * MINUTE
        draws = random.Random(one.seed)
        monkeypatch.setattr(timezone, "now", lambda instant=instant: instant)
        monkeypatch.setattr(service, "secrets", types.SimpleNamespace(choice=draws.choice))
        number = service._number(draws)
        monkeypatch.setattr(OpenVote._meta.get_field("id"), "_get_default", lambda number=number: number)
        given = {"city": one.city, "choice": one.choice or "blank", "confirmed": "yes"}
        response = world.clients[one.city].post(address, given)
        assert response.status_code == 200, response
        assert "no-store" in response["Cache-Control"]
        receipts += re.findall(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}", response.content.decode())[:1]
    assert len(receipts) == len(votes)
    return receipts


@contextmanager
def clock_of_the_database() -> Iterator[None]:
    """Stands still: when the edition last changed differs from run to run, whatever was voted."""

    def still(connection: Any, **_signal: Any) -> None:
        if connection.vendor == "sqlite":
            connection.connection.create_function("strftime", 2, lambda _form, _now: "2027-01-01 00:00:00.000")

    connection_created.connect(still)
    yield
    connection_created.disconnect(still)


def go_through(name: str, world: World, votes: list[Cast], monkeypatch: pytest.MonkeyPatch) -> Left:
    """The ballot, in one of the copies, up to what the clock does at its end; and all that is left."""
    connection.close()
    connection.settings_dict["NAME"] = name
    for cache in caches.all():
        if cache is not caches["default"]:
            cache.clear()
    base = transaction_now()
    with (
        monkeypatch.context() as patched,
        everything_logged() as records,
        clock_of_the_database(),
        nothing_pruned(),
    ):
        receipts = vote_all(world, votes, patched)
        open_ids = [str(pk) for pk in OpenVote.objects.values_list("pk", flat=True)]
        patched.setattr(timezone, "now", lambda: world.closes)
        drawn = types.SimpleNamespace(SystemRandom=lambda: random.Random(11), Random=random.Random)
        patched.setattr(service, "random", drawn)
        # What wakes the sender would be a thread's affair in production.
        patched.setattr(outbox, "wake_sender", lambda: None)
        done = tick()
    assert done["close_due_ballots"] == 1
    assert None not in done.values(), done
    closed = Ballot.objects.get(pk=world.ballot)
    assert (closed.cast, closed.blank, list(closed.options.values_list("votes", flat=True))) == (6, 1, [3, 2])
    assert recount(counting_file(closed)).winner == 1
    log = [(record.name, record.levelname, masked(str(record.msg), name)) for record in records]
    log += [("arguments", record.levelname, masked(str(record.args), name)) for record in records]
    left = Left(tables(base), log, receipts, open_ids, files(name))
    connection.close()
    return left


CHANCE = re.compile(r"0x[0-9a-f]+|\(\d+\.\d+\)|duration[=:] ?\d+\.\d+|\d+\.\d+")


def masked(text: str, name: str) -> str:
    """Without the name of the copy, how long something took, and where an object lies in memory."""
    return CHANCE.sub("-", text.replace(name, "-"))


def transaction_now() -> int:
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        return int(cursor.fetchone()[0])


def tables(base: int) -> dict[str, list[Any]]:
    """Every row of every table as it lies there."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return sqlite_tables(cursor)
        return postgresql_tables(cursor, base)


def sqlite_tables(cursor: Any) -> dict[str, list[Any]]:
    cursor.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table' ORDER BY name")
    found: dict[str, list[Any]] = {}
    for table, root in cursor.fetchall():
        cursor.execute(f'SELECT rowid, * FROM "{table}" ORDER BY rowid')
        found[table] = [root, *cursor.fetchall()]
    return found


EDITION = Edition._meta.db_table
INSTANT = re.compile('"[^"]*"')
"""Of the edition's only row, when it was changed (see `clock_of_the_database`)."""


def postgresql_tables(cursor: Any, base: int) -> dict[str, list[Any]]:
    """Transactions since the ballot are numbered as they followed each other, because the server counts those of other
    databases with them; what was there before keeps its number."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    found: dict[str, list[Any]] = {}
    for (table,) in cursor.fetchall():
        cursor.execute("SET enable_indexscan = off")
        cursor.execute(f'SELECT ctid::text, xmin::text, xmax::text, cmin::text, t::text FROM "{table}" t ORDER BY ctid')
        found[table] = [
            (place, int(written), int(locked), command, INSTANT.sub("-", row) if table == EDITION else row)
            for place, written, locked, command, row in cursor.fetchall()
        ]
    met = {number for rows in found.values() for _, *both, _, _ in rows for number in both if number >= base}
    since = {number: nth for nth, number in enumerate(sorted(met))}
    for table, rows in found.items():
        found[table] = [
            (place, since.get(written, -written), since.get(locked, -locked), command, row)
            for place, written, locked, command, row in rows
        ]
        cursor.execute("SELECT pg_relation_size(%s::regclass)", [table])
        found[table] += cursor.fetchall()
    cursor.execute("SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2")
    found["sequences"] = cursor.fetchall()
    # Whoever samples all tables for the planner afterwards samples nothing of the open ones.
    cursor.execute(
        "SELECT tablename, attname, most_common_vals::text, histogram_bounds::text, correlation FROM pg_stats"
    )
    found["samples"] = sorted(row for row in cursor.fetchall() if row[0].startswith("meetings_"))
    return found


def files(name: str) -> dict[str, bytes]:
    """The bytes of the database."""
    if connection.vendor == "sqlite":
        connection.close()
        return {
            Path(path).name.replace(Path(name).name, ""): Path(path).read_bytes()
            for path in (name, f"{name}-wal")
            if Path(path).exists()
        }
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute(
            "SELECT f, pg_read_binary_file('base/' || d.oid || '/' || f, 0, 100000000, true)"
            " FROM pg_database d, pg_ls_dir('base/' || d.oid) f WHERE d.datname = current_database()"
        )
        return {file: bytes(content or b"") for file, content in cursor.fetchall()}


def differences(one: Left, other: Left) -> list[str]:
    found = []
    for table in sorted(one.tables.keys() | other.tables.keys()):
        rows, others = one.tables.get(table, []), other.tables.get(table, [])
        for row, another in itertools.zip_longest(rows, others):
            if row != another:
                found.append(f"{table}: {row} → {another}")
    for line, another in itertools.zip_longest(one.log, other.log):
        if line != another:
            found.append(f"log: {line} → {another}")
    if connection.vendor == "sqlite" and one.files != other.files:
        found.append("the bytes of the file")
    return found


def traces(left: Left) -> list[str]:
    """What is left of receipts and of the rows of the open ballot."""
    found = []
    said = " ".join(str(line) for line in left.log)
    for receipt in left.receipts:
        if receipt in said or service.hash_of(receipt) in said:
            found.append("a receipt in the log")
        found += [f"a receipt in {file}" for file, content in left.files.items() if receipt.encode() in content]
    for number in left.open_ids:
        plain = number.replace("-", "")
        for file, content in left.files.items():
            if plain.encode() in content or bytes.fromhex(plain) in content:
                found.append(f"a row of an open vote in {file}")
    return found


def compared(world: World, swap: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    with copies(2) as (first, second):
        one = go_through(first, world, plain(), monkeypatch)
        other = go_through(second, world, SWAPS[swap](), monkeypatch)
    assert sorted(one.receipts) == sorted(other.receipts)
    return differences(one, other) + traces(one) + traces(other)


# The bar


@pytest.mark.parametrize("swap", SWAPS)
def test_two_ballots_with_the_votes_swapped_between_cities_leave_equal_dumps(world, swap, monkeypatch):
    votes, others = {one.city: one.choice for one in plain()}, {one.city: one.choice for one in SWAPS[swap]()}
    assert votes.keys() == others.keys()
    assert votes != others
    assert compared(world, swap, monkeypatch) == []


# That the comparison finds what is there to be found


def kept_open(world: World, patch: pytest.MonkeyPatch) -> None:
    """The open tables are not emptied."""
    patch.setattr(service, "_empty", lambda: None)


def emptied_row_by_row(world: World, patch: pytest.MonkeyPatch) -> None:
    """The rows are removed and their bytes left where they are."""

    def remove() -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA secure_delete = OFF")
            for model in (OpenVote, OpenSeat):
                cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE 1 = 1')

    patch.setattr(service, "_empty", remove)
    patch.setattr(service, "_sweep", lambda ballot: True)


def votes_as_they_came(world: World, patch: pytest.MonkeyPatch) -> None:
    """The votes are written in the order in which they were cast."""
    create = Vote.objects.bulk_create

    def in_order(rows: Any) -> Any:
        place = {receipt: number for number, receipt in enumerate(physical(OpenVote, "receipt_sha256"))}
        return create(sorted(rows, key=lambda row: place[row.receipt_sha256]))

    patch.setattr(type(Vote.objects), "bulk_create", lambda self, rows: in_order(list(rows)))


def roll_as_it_came(world: World, patch: pytest.MonkeyPatch) -> None:
    """The roll is written in the order in which the cities voted."""
    when: dict[int, int] = {}
    check = service._check_vote

    def noted(ballot: Ballot, city: City, *rest: Any) -> None:
        check(ballot, city, *rest)
        when[city.pk] = len(when)

    def keep(ballot: Ballot, draw: random.Random) -> None:
        rows = sorted(OpenSeat.objects.values_list("city", "has_voted"), key=lambda row: when.get(row[0], 99))
        service.Seat.objects.bulk_create(
            service.Seat(id=service._number(draw), ballot=ballot, city_id=city, has_voted=voted) for city, voted in rows
        )
        when.clear()

    patch.setattr(service, "_check_vote", noted)
    patch.setattr(service, "_keep_roll", keep)


def physical(model: Any, column: str) -> list[Any]:
    order = "ctid" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM "{model._meta.db_table}" ORDER BY {order}')
        return [value for (value,) in cursor.fetchall()]


def numbered(world: World, patch: pytest.MonkeyPatch) -> None:
    """Each vote notes an act, without saying of whom."""
    cast = service._check_vote

    def noted(ballot: Ballot, city: City, choice: int | None, *rest: Any) -> None:
        cast(ballot, city, choice, *rest)
        service.record(HistoryEntry.Verb.CONFIRMED, on=ballot, by=None, changes={"choice": [None, choice]})

    patch.setattr(service, "_check_vote", noted)


def last_seen(world: World, patch: pytest.MonkeyPatch) -> None:
    """Who votes for the first bid is noted as having been there."""
    cast = service._check_vote

    def noted(ballot: Ballot, city: City, choice: int | None, by: User, *rest: Any) -> None:
        cast(ballot, city, choice, by, *rest)
        if choice == 1:
            User.objects.filter(pk=by.pk).update(last_login=world.starts)

    patch.setattr(service, "_check_vote", noted)


def locked_mandate(world: World, patch: pytest.MonkeyPatch) -> None:
    """The mandate of who votes for the first bid is locked: nothing but a transaction's number tells."""
    cast = service._check_vote

    def noted(ballot: Ballot, city: City, choice: int | None, by: User, *rest: Any) -> None:
        cast(ballot, city, choice, by, *rest)
        if choice == 1:
            Coordinator.objects.select_for_update().get(user=by, city=city)

    patch.setattr(service, "_check_vote", noted)


def logged(world: World, patch: pytest.MonkeyPatch) -> None:
    """A line in the log at the lowest level."""
    cast = service._check_vote

    def noted(ballot: Ballot, city: City, choice: int | None, *rest: Any) -> None:
        cast(ballot, city, choice, *rest)
        logging.getLogger("meetings").debug("vote of %s: %s", city.slug, choice)

    patch.setattr(service, "_check_vote", noted)


LEAKS: list[tuple[Callable[..., None], str]] = [
    (kept_open, "choices"),
    (emptied_row_by_row, "choices"),
    (votes_as_they_came, "choices"),
    (roll_as_it_came, "cities"),
    (numbered, "choices"),
    (last_seen, "cities"),
    (logged, "choices"),
]
if connection.vendor == "postgresql":
    # SQLite notes no transactions on rows.
    LEAKS += [(locked_mandate, "choices")]


def test_every_leak_is_found(world, monkeypatch):
    unnoticed = []
    for leak, swap in LEAKS:
        with monkeypatch.context() as patch:
            leak(world, patch)
            if not compared(world, swap, monkeypatch):
                unnoticed.append(leak.__name__)
    assert unnoticed == []


# What a sample would keep


if connection.vendor == "postgresql":  # SQLite samples no values

    def test_the_planner_keeps_no_samples_of_the_open_tables(world):
        ballot = Ballot.objects.get(pk=world.ballot)
        for number, slug in enumerate(VOTERS):
            OpenSeat.objects.filter(city__slug=slug).update(has_voted=True)
            OpenVote.objects.create(choice=number % 2 + 1, receipt_sha256=service.hash_of(slug))
        with connection.cursor() as cursor:
            for table in ("meetings_openvote", "meetings_openseat", "meetings_ballotoption"):
                cursor.execute(f"ANALYZE {table}")
            cursor.execute("SELECT DISTINCT tablename FROM pg_stats WHERE tablename LIKE 'meetings_%%'")
            sampled = {table for (table,) in cursor.fetchall()}
        assert "meetings_ballotoption" in sampled
        assert not {"meetings_openvote", "meetings_openseat"} & sampled
        assert ballot.is_open


# What a crash would tell


def report_of(failure: BaseException, request: Any = None) -> str:
    """What would be mailed or logged of a crash, with all variables; from the call that the test makes on."""
    trace = failure.__traceback__
    assert trace is not None
    report = ExceptionReporter(request, type(failure), failure, trace.tb_next or trace)
    return report.get_traceback_text() + report.get_traceback_html()


def test_the_report_of_a_crash_while_voting_holds_neither_choice_nor_receipt(world, monkeypatch):
    ballot = Ballot.objects.get(pk=world.ballot)
    # Made of parts: a report shows lines of this file as well.
    receipt = "-".join(["ABCD", "EFGH"] * 3)
    monkeypatch.setattr(service, "_new_receipt", lambda: receipt)

    def crash(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(OpenVote, "save", crash)
    address = reverse("meetings:ballot_vote", args=[ballot.host_call.meeting.edition, ballot.number])
    client = world.clients["lyon"]
    client.raise_request_exception = False
    with everything_logged() as records:
        answer = client.post(address, {"city": "lyon", "choice": "2", "confirmed": "yes"})
    assert answer.status_code == 500
    (logged_crash,) = [record for record in records if record.exc_info and record.levelname == "ERROR"]
    failure = logged_crash.exc_info[1]
    text = report_of(failure, logged_crash.request)
    assert "cast_vote" in text
    assert "out of memory" in text
    for secret in (receipt, service.hash_of(receipt), "&#x27;2&#x27;", "choice = 2", "'2'", "fabriano"):
        assert secret.lower() not in text.lower(), secret
    assert not any(receipt in str(record.__dict__) for record in records)
    assert not OpenVote.objects.exists()
    assert not OpenSeat.objects.filter(has_voted=True).exists()


def test_what_the_database_says_of_a_vote_it_refuses_is_not_passed_on(world, monkeypatch):
    ballot, lyon = Ballot.objects.get(pk=world.ballot), City.objects.get(slug="lyon")
    user = User.objects.get(email="focal.point.lyon@example.org")
    monkeypatch.setattr(service, "_new_receipt", lambda: "ABCD")
    digest = service.hash_of("ABCD")
    OpenVote.objects.create(choice=1, receipt_sha256=digest)
    with pytest.raises(service.VoteRefused, match="could not be stored, and nothing of it was") as refusal:
        service.cast_vote(ballot=ballot, city=lyon, choice=2, by=user)
    assert digest not in report_of(refusal.value)
    assert isinstance(refusal.value.__context__, DatabaseError)
    assert refusal.value.__suppress_context__
    assert not OpenSeat.objects.filter(has_voted=True).exists()
