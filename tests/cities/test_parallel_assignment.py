"""Officers and evaluators who act at the same time, each with a connection of their own (PostgreSQL)."""

import pytest
from django.core.management import call_command

from cities.exceptions import NetworkError
from cities.models import Assignment, Evaluation, HistoryEntry
from cities.services import assignment as service
from cities.services.evaluation import Given, save_evaluation, submit_evaluation
from cities.services.history import flaws
from cities.services.moderation import DraftConflict
from tests.conftest import person
from tests.factories.calls import make_application, make_assignment, make_call, make_evaluation, make_evaluator
from tests.parallel import WRITERS, at_once

Status = Assignment.Status


@pytest.fixture
def call(transactional_db):
    call_command("import_network", verbosity=0)
    return make_call("evaluation")


@pytest.fixture
def expert(call):
    return make_evaluator(person("expert@example.org", name="Expert"))


@pytest.fixture
def officers(call):
    return [person(f"officer.{number}@example.org", "officer") for number in range(WRITERS)]


def test_officers_who_assign_the_same_assign_once(call, expert, officers):
    application = make_application(call, status="eligible")
    outcomes = at_once(lambda number: service.assign(application=application, evaluator=expert, by=officers[number]))
    refused = [one for one in outcomes if isinstance(one, service.AssignmentRefused)]
    assert len(refused) == WRITERS - 1
    assert all("has this application already" in str(one) for one in refused)
    assert Assignment.objects.count() == 1
    assert list(flaws()) == []


def test_no_load_is_exceeded(call, expert, officers):
    expert.max_load = 3
    expert.save()
    applications = [make_application(call, f"Town {number}", status="eligible") for number in range(WRITERS)]
    outcomes = at_once(
        lambda number: service.assign(application=applications[number], evaluator=expert, by=officers[number])
    )
    assert sum(isinstance(one, Assignment) for one in outcomes) == 3
    assert sum(isinstance(one, service.AssignmentRefused) for one in outcomes) == WRITERS - 3


def test_of_plans_carried_out_at_once_one_is(call, expert, officers):
    make_evaluator(person("second@example.org"))
    for number in range(3):
        make_application(call, f"Town {number}", country="PT", status="eligible")
    plan = service.plan(call)
    outcomes = at_once(lambda number: service.apply_plan(plan=plan, by=officers[number]))
    assert sum(isinstance(one, list) for one in outcomes) == 1
    assert sum(isinstance(one, service.AssignmentRefused) for one in outcomes) == WRITERS - 1
    assert Assignment.objects.count() == 6


def test_parallel_submissions_are_one(call, expert):
    assignment = make_assignment(make_application(call, country="PT", status="eligible"), expert, Status.IN_PROGRESS)
    make_evaluation(assignment, 5, 4, 3)
    Evaluation.objects.update(comment="Sound.")
    outcomes = at_once(lambda number: submit_evaluation(assignment=assignment, by=expert.user))
    assert sum(isinstance(one, Assignment) for one in outcomes) == 1
    assert sum(isinstance(one, NetworkError) for one in outcomes) == WRITERS - 1
    assert HistoryEntry.objects.filter(verb="assignment.submitted").count() == 1


def test_of_parallel_first_saves_one_wins_and_the_others_are_told(call, expert):
    assignment = make_assignment(make_application(call, country="PT", status="eligible"), expert, Status.ACCEPTED)
    outcomes = at_once(
        lambda number: save_evaluation(
            assignment=assignment, given=Given(comment=f"Window {number}"), seen=0, by=expert.user
        )
    )
    assert sum(isinstance(one, Evaluation) for one in outcomes) == 1
    assert sum(isinstance(one, DraftConflict) for one in outcomes) == WRITERS - 1
