import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from cities.models import HistoryEntry
from cities.services.history import Head, flaws, head, record
from tests.history_guards import history_unguarded

TABLE = HistoryEntry._meta.db_table

Verb = HistoryEntry.Verb
COLUMNS = ", ".join(field.column for field in HistoryEntry._meta.local_concrete_fields if not field.primary_key)


@pytest.fixture
def chain(officer):
    return [
        record(Verb.READDRESSED, on=officer, by=officer, changes={"slug": ["a", "b"]}, reason=str(n)) for n in range(5)
    ]


def test_entries_follow_each_other(chain):
    assert [entry.number for entry in chain] == [1, 2, 3, 4, 5]
    assert [entry.previous_hash for entry in chain[1:]] == [entry.hash for entry in chain[:-1]]
    assert list(flaws()) == []
    assert list(flaws(head())) == []


STATEMENTS = [
    f"UPDATE {TABLE} SET reason = 'another' WHERE number = 3",
    f"DELETE FROM {TABLE} WHERE number = 5",
    f"DELETE FROM {TABLE}",
    f"INSERT INTO {TABLE} (id, {COLUMNS}) SELECT 99, {COLUMNS} FROM {TABLE} WHERE number = 3 ON CONFLICT (number)"
    " DO UPDATE SET reason = 'x'",
]
STATEMENTS += {
    "sqlite": [
        f"REPLACE INTO {TABLE} (id, {COLUMNS}) SELECT 99, {COLUMNS} FROM {TABLE} WHERE number = 3",
        f"INSERT OR REPLACE INTO {TABLE} SELECT * FROM {TABLE} WHERE number = 3",
        f"UPDATE OR REPLACE {TABLE} SET number = 4 WHERE number = 3",
    ],
    "postgresql": [f"TRUNCATE {TABLE}", f"TRUNCATE {TABLE} CASCADE"],
}[connection.vendor]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_database_refuses_to_change_the_past(chain, statement):
    # Else PostgreSQL would refuse a TRUNCATE for the checks still to come, and not by the trigger.
    connection.check_constraints()
    with pytest.raises(Error, match="history_only_grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(flaws(Head(5, chain[-1].hash))) == []
    assert HistoryEntry.objects.count() == 5


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE {t} SET reason = 'another' WHERE number = 3", ["Entry 3 was changed"]),
        ("DELETE FROM {t} WHERE number = 3", ["Entry 3 is missing"]),
        ("DELETE FROM {t} WHERE number IN (2, 3)", ["Entry 2 to 3 is missing"]),
        ("DELETE FROM {t} WHERE number = 5", ["The chain was cut"]),
        ("DELETE FROM {t}", ["The chain was cut"]),
    ],
)
def test_verification_says_which_row(chain, statement, found):
    anchor = head()
    with history_unguarded(), connection.cursor() as cursor:
        cursor.execute(statement.format(t=TABLE))
    problems = list(flaws(anchor))
    assert len(problems) == len(found)
    assert all(problem.startswith(start) for problem, start in zip(problems, found, strict=True))


def test_verification_finds_two_entries_swapped(chain):
    with history_unguarded(), connection.cursor() as cursor:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            cursor.execute(f"UPDATE {TABLE} SET number = {new} WHERE number = {old}")
    assert any(problem.startswith("Entry 2") for problem in flaws())


def test_verification_finds_a_chain_written_anew(chain, officer):
    anchor = head()
    with history_unguarded(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")
        for _n in range(5):
            record(Verb.READDRESSED, on=officer, by=officer, reason="forged")
    assert list(flaws()) == []
    assert list(flaws(anchor)) == ["Entry 5 is not the one of the head given: the chain was rewritten."]


def test_the_command_prints_the_head_and_takes_it_back(chain, capsys):
    call_command("verify_history")
    printed = capsys.readouterr().out.splitlines()[-1]
    assert printed == f"5:{chain[-1].hash}"
    call_command("verify_history", "--head", printed)
    with pytest.raises(CommandError, match="is not a head"):
        call_command("verify_history", "--head", "nonsense")
    with pytest.raises(CommandError, match="not whole"):
        call_command("verify_history", "--head", f"6:{chain[-1].hash}")


def test_a_missing_trigger_is_found(chain, capsys):
    with history_unguarded(), pytest.raises(CommandError):
        call_command("verify_history")
    assert "history_only_grows" in capsys.readouterr().err
