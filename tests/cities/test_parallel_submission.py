"""Many submit at once, and withdraw while others submit (PostgreSQL, real connections)."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from cities.exceptions import NetworkError
from cities.models import Application, Endorsement, HistoryEntry, OutboxMessage, PlannedInitiative, Snapshot
from cities.services.history import flaws
from cities.services.submission import AlreadySubmitted, share, submit, withdraw
from rvcu.models import User
from tests.conftest import person
from tests.factories.applications import complete_application
from tests.factories.calls import make_application, make_call
from tests.parallel import at_once

FIFTY = 50


@pytest.fixture
def owner(transactional_db) -> User:
    call_command("import_network", verbosity=0)
    return person("owner@example.org")


def test_fifty_double_submissions_are_one(owner):
    application = complete_application(owner=owner)
    received = timezone.now()
    outcomes = at_once(
        lambda number: submit(application=Application.objects.get(pk=application.pk), by=owner, received_at=received),
        FIFTY,
    )
    made = [outcome for outcome in outcomes if isinstance(outcome, Snapshot)]
    assert len(made) == 1
    assert all(isinstance(outcome, (Snapshot, AlreadySubmitted)) for outcome in outcomes), outcomes
    assert Snapshot.objects.count() == 1
    assert PlannedInitiative.objects.count() == 2
    assert OutboxMessage.objects.filter(template="application-submitted").count() == 1
    assert HistoryEntry.objects.filter(verb="application.submitted", object_type="cities.application").count() == 1
    assert list(flaws()) == []


def test_of_many_teams_of_one_city_one_submits(owner):
    call = make_call(max_endorsed=None, endorsed_fields_differ=False, publish=True)
    teams = [complete_application(call, person(f"owner.{number}@example.org"), place=number) for number in range(1, 9)]
    outcomes = at_once(
        lambda number: submit(
            application=Application.objects.get(pk=teams[number].pk), by=teams[number].applicants.get().user
        ),
        len(teams),
    )
    assert sum(isinstance(outcome, Snapshot) for outcome in outcomes) == 1
    assert all(isinstance(outcome, (Snapshot, NetworkError)) for outcome in outcomes), outcomes


def test_shared_by_many_at_once_the_commission_is_asked_once(owner):
    application = make_application(make_call(), owner=owner)
    outcomes = at_once(lambda number: share(application=application, by=owner))
    assert all(isinstance(outcome, Endorsement) for outcome in outcomes), outcomes
    assert Endorsement.objects.count() == 1
    assert HistoryEntry.objects.filter(verb="application.shared").count() == 1


def test_withdrawn_while_it_is_submitted_it_is_withdrawn(owner):
    application = complete_application(owner=owner)
    verbs = [submit, withdraw]
    outcomes = at_once(lambda number: verbs[number % 2](application=application, by=owner))
    application.refresh_from_db()
    assert application.status == "withdrawn"
    assert Endorsement.objects.get().place is None
    assert all(not isinstance(outcome, Exception) or isinstance(outcome, NetworkError) for outcome in outcomes), (
        outcomes
    )
