"""Decisions at once, and an announcement that is killed wherever it stands (PostgreSQL, real connections)."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from cities.exceptions import NetworkError
from cities.models import (
    Call,
    City,
    Decision,
    Designation,
    HistoryEntry,
    Invitation,
    OutboxMessage,
)
from cities.services.announcement import announce
from cities.services.decision import correct, flaws
from cities.services.history import flaws as history_flaws
from rvcu.models import User
from tests.conftest import person
from tests.factories import CountryFactory, CreativeFieldFactory
from tests.factories.calls import make_call, make_commission_officer
from tests.factories.decisions import ACT, days, make_decision, make_eligible
from tests.parallel import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = ("literature", "music", "film", "design", "gastronomy", "media-arts")
RUNNER = Path(__file__).with_name("dying_announcer.py")
PATIENCE = 90
"""Seconds after which something hangs, also on a busy machine."""


@pytest.fixture
def officers(db) -> list[User]:
    for iso2, name in (("FR", "France"), ("PT", "Portugal")):
        CountryFactory(iso2=iso2, name_en=name, name_fr=name)
    for slug in FIELDS:
        CreativeFieldFactory(slug=slug)
    return [person(f"decision.officer.{number}@example.org", "decision officer") for number in range(8)]


def test_officers_deciding_at_once_make_one_act(officers):
    application = make_eligible(make_call("decision"))
    outcomes = ["designated", "not-designated"] * 4
    results = all_at_once(
        [
            lambda officer=officer, outcome=outcome: make_decision(application, officer, outcome)
            for officer, outcome in zip(officers, outcomes, strict=True)
        ]
    )
    assert Decision.objects.count() == 1
    refusals = [str(one) for one in results if isinstance(one, NetworkError)]
    assert len(refusals) == 7
    assert {"There is a decision on Besançon already. Correct that one instead."} == set(refusals)


def test_officers_correcting_at_once_make_one_correction(officers):
    decision = make_decision(make_eligible(make_call("decision")), officers[0])
    act = {**ACT, "decided_on": decision.decided_on, "file": None, "reason": "An error."}
    results = all_at_once(
        [lambda by=by: correct(decision=decision, outcome="not-designated", by=by, **act) for by in officers]
    )
    assert sum(isinstance(one, Decision) for one in results) == 1
    assert Decision.objects.count() == 2
    assert list(flaws()) == []


def test_the_places_of_a_country_hold_when_all_are_given_at_once(officers):
    call = make_call("decision")
    names = ("Besançon", "Tours", "Brest", "Auch", "Nevers", "Orange")
    applications = [make_eligible(call, name, field=field) for name, field in zip(names, FIELDS, strict=True)]
    results = all_at_once(
        [
            lambda application=application, by=by: make_decision(application, by)
            for application, by in zip(applications, officers, strict=False)
        ]
    )
    assert sum(isinstance(one, Decision) for one in results) == 2
    assert Decision.objects.filter(outcome="designated").count() == 2
    assert list(flaws()) == []


def test_announcements_at_once_announce_once(officers):
    call = make_call("decision")
    make_decision(make_eligible(call), officers[0])
    all_at_once([lambda by=by: announce(call=call, by=by) for by in officers[:4]])
    assert Designation.objects.filter(city__slug="besancon").count() == 1
    assert OutboxMessage.objects.filter(template="announced-designated").count() == 1
    assert HistoryEntry.objects.filter(verb="call.announced", object_type="cities.call").count() == 1


# Killed, and run again


@contextmanager
def announcer(*duty: str) -> Iterator[Callable[[str], str]]:
    """Another process, with connections of its own, whose children do what they are told and die as they are told."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rvcu.settings",
        "RVCU_MODE": "test",
        "PYTHONPATH": str(RUNNER.parents[2]),
    }
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(RUNNER), connection.settings_dict["NAME"], *duty],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        # So that it and its children can be ended together, and nobody else.
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def tell(command: str) -> str:
        process.stdin.write(f"{command}\n")
        process.stdin.flush()
        return answer()

    def answer() -> str:
        # A line at a time is all that is ever said, so nothing waits in a buffer.
        said, _nothing, _nothing = select.select([process.stdout], [], [], PATIENCE)
        assert said, f"no answer in {PATIENCE} seconds"
        return process.stdout.readline().strip()

    try:
        assert answer() == "ready"
        yield tell
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def stored() -> dict[str, str]:
    """What every table holds, as a hash a table, asked at once: it is asked after each of many statements."""
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    question = " UNION ALL ".join(
        f"""SELECT '{table}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM "{table}" t""" for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(question)
        return dict(cursor.fetchall())


def test_an_announcement_killed_anywhere_and_run_again_announces_once(officers):
    call = make_call("decision", announce_at=timezone.now() - days(1))
    make_commission_officer(person("commission.fr@example.org"))
    # One of each kind: a second city would repeat the statements of the first, and twice as many take long.
    for name, outcome in (("Besançon", "designated"), ("Tours", "not-designated")):
        make_decision(make_eligible(call, name), officers[0], outcome)
    before, members = stored(), City.objects.members().count()
    killed = str(int(signal.SIGKILL))
    with announcer() as tell:
        # Whoever dies before the commit leaves nothing, so the next one finds what this one found.
        number = 0
        while stored() == before:
            number += 1
            assert tell(f"statement {number}") == killed, number
        # The last one died behind the commit, in the first statement of the sender: nothing has left.
        assert number > 60
        assert set(OutboxMessage.objects.values_list("status", flat=True)) == {"held", "approved"}
        assert tell("run") == "done"
        assert tell("run") == "done"
    check_announced_once(call, members)


def test_an_announcement_killed_between_commit_and_mail_leaves_its_mails_to_the_next(officers):
    call = make_call("decision", announce_at=timezone.now() - days(1))
    make_decision(make_eligible(call), officers[0])
    members = City.objects.members().count()
    killed = str(int(signal.SIGKILL))
    with announcer() as tell:
        assert tell("commit") == killed
        waiting = OutboxMessage.objects.filter(status="approved")
        assert waiting.count() == 2
        # The next one is killed when the first mail has left, and before that is noted.
        assert tell("mail 1") == killed
        assert OutboxMessage.objects.filter(status="sending").count() == 1
        assert tell("run") == "done"
        assert OutboxMessage.objects.filter(status="sent").count() == 1
        # A claim runs out.
        OutboxMessage.objects.filter(status="sending").update(next_try_at=timezone.now())
        assert tell("run") == "done"
    assert OutboxMessage.objects.filter(status="sent").count() == 2
    assert OutboxMessage.objects.filter(status="held").count() == 1
    assert City.objects.members().count() == members + 1
    assert Designation.objects.filter(city__slug="besancon").count() == 1
    assert list(history_flaws()) == []


def check_announced_once(call: Call, members: int) -> None:
    assert City.objects.members().count() == members + 1
    assert Designation.objects.filter(city__slug="besancon").count() == 1
    templates = OutboxMessage.objects.order_by("template", "to").values_list("template", "to")
    assert list(templates) == [
        ("announced-commission", "commission.fr@example.org"),
        ("announced-designated", "mayor.besancon@example.org"),
        ("announced-not-designated", "mayor.tours@example.org"),
        ("invitation-coordinator", "alternate.besancon@example.org"),
        ("invitation-coordinator", "main.besancon@example.org"),
    ]
    assert OutboxMessage.objects.filter(status="sent").count() == Invitation.objects.count() == 2
    assert HistoryEntry.objects.filter(verb="decision.recorded").count() == 2
    assert HistoryEntry.objects.filter(verb="call.announced", object_type="cities.call").count() == 1
    assert list(history_flaws()) == []
    assert list(flaws()) == []
