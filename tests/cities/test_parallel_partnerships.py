"""Coordinators of one partner city who answer at the same time, each with a connection of their own (PostgreSQL)."""

import datetime

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from cities.exceptions import TransitionNotAllowed
from cities.models import City, Coordinator, HistoryEntry, Initiative, OutboxMessage, Partnership
from cities.services import partnership as service
from cities.services.history import flaws
from cities.services.initiative import begin_revision, start_initiative
from tests.conftest import mandate, person
from tests.parallel import WRITERS, at_once


@pytest.fixture
def lead(transactional_db):
    call_command("import_network", verbosity=0)
    user = person("coordinator.lyon@example.org")
    mandate(user, "lyon", Coordinator.Role.FOCAL_POINT)
    return user


@pytest.fixture
def initiative(lead) -> Initiative:
    return start_initiative(lead=City.objects.get(slug="lyon"), title_en="Books", title_fr="", by=lead)


@pytest.fixture
def speakers(lead):
    users = [person(f"alternate.{number}@example.org") for number in range(WRITERS)]
    for user in users:
        mandate(user, "ostersund", Coordinator.Role.ALTERNATE)
    return users


def test_of_parallel_answers_one_wins_and_the_others_get_a_sentence(initiative, lead, speakers):
    asked = service.ask(initiative=initiative, city=City.objects.get(slug="ostersund"), by=lead)
    OutboxMessage.objects.all().delete()

    def answer(number: int) -> object:
        if number % 2:
            return service.confirm(partnership=asked, by=speakers[number])
        return service.decline(partnership=asked, word=f"By {number}.", by=speakers[number])

    outcomes = at_once(answer)
    won = [outcome for outcome in outcomes if isinstance(outcome, Partnership)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, TransitionNotAllowed)]
    assert (len(won), len(lost)) == (1, WRITERS - 1)
    asked.refresh_from_db()
    assert (asked.status, asked.answered_by, asked.word) == (won[0].status, won[0].answered_by, won[0].word)
    assert all(won[0].get_status_display() in str(refusal) for refusal in lost)
    assert OutboxMessage.objects.count() == 1
    assert HistoryEntry.objects.about(asked).count() == 2
    assert list(flaws()) == []


def test_parallel_clicks_in_browsers_confirm_once(initiative, lead, speakers):
    asked = service.ask(initiative=initiative, city=City.objects.get(slug="ostersund"), by=lead)
    clients = [Client() for _speaker in speakers]
    for client, user in zip(clients, speakers, strict=True):
        client.force_login(user)
    pages = at_once(lambda number: clients[number].post(f"/en/my/partnerships/{asked.pk}/confirm/"))
    assert [page.status_code for page in pages] == [302] * WRITERS
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.PARTNER_CONFIRMED).count() == 1


def test_a_city_asked_in_parallel_is_asked_once(initiative, lead):
    ostersund = City.objects.get(slug="ostersund")
    outcomes = at_once(lambda number: service.ask(initiative=initiative, city=ostersund, by=lead))
    assert sum(isinstance(outcome, Partnership) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, TransitionNotAllowed) for outcome in outcomes) == WRITERS - 1
    assert Partnership.objects.count() == 1


def test_one_draft_is_begun_however_many_click(lead, initiative):
    lyon = City.objects.get(slug="lyon")
    begun = at_once(lambda number: start_initiative(lead=lyon, title_en="Twice", title_fr="", by=lead))
    assert len({initiative.pk for initiative in begun}) == 1
    initiative.revisions.update(status="rejected")
    drafts = at_once(lambda number: begin_revision(initiative=initiative, by=lead))
    assert {(draft.number, draft.pk) for draft in drafts} == {(2, drafts[0].pk)}


def test_of_two_clocks_one_reminds(initiative, lead, speakers):
    asked = service.ask(initiative=initiative, city=City.objects.get(slug="ostersund"), by=lead)
    Partnership.objects.update(asked_at=asked.asked_at - datetime.timedelta(days=settings.PARTNER_REMINDER_DAYS))
    OutboxMessage.objects.all().delete()
    assert sum(at_once(lambda number: service.remind_unanswered())) == 1
    assert OutboxMessage.objects.count() == len(speakers)
