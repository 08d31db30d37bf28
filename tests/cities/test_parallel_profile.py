"""Coordinators of one city who write at the same time, each with a connection of their own (PostgreSQL)."""

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client

from cities.models import City, Coordinator, HistoryEntry, ProfileRevision
from cities.services import moderation
from cities.services.moderation import DraftConflict
from cities.services.profile import confirm_profile, open_draft, restore, submit_profile
from tests.conftest import mandate, person
from tests.parallel import WRITERS, at_once

from .test_profile import PAGE, form_of


@pytest.fixture
def writers(transactional_db):
    call_command("import_network", verbosity=0)
    users = [person(f"editor.{number}@example.org") for number in range(WRITERS)]
    for number, user in enumerate(users):
        mandate(user, "lyon", Coordinator.Role.EDITOR if number else Coordinator.Role.FOCAL_POINT)
    return users


@pytest.fixture
def lyon(writers):
    return City.objects.get(slug="lyon")


def test_all_who_begin_at_once_work_on_one_draft(writers, lyon):
    drafts = at_once(lambda number: open_draft(lyon, writers[number]))
    assert {draft.pk for draft in drafts} == {ProfileRevision.objects.get().pk}


def test_of_those_who_save_at_once_one_wins_and_the_others_are_told(writers, lyon):
    draft = open_draft(lyon, writers[0])

    def save(number):
        values = {"presentation_en": f"By writer {number}."}
        return moderation.save_draft(draft, values=values, seen=0, by=writers[number])

    outcomes = at_once(save)
    saved = [outcome for outcome in outcomes if isinstance(outcome, ProfileRevision)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, DraftConflict)]
    assert (len(saved), len(refused)) == (1, WRITERS - 1)
    # Whoever was refused is shown what won.
    assert {refusal.stored.presentation_en for refusal in refused} == {saved[0].presentation_en}
    draft.refresh_from_db()
    assert (draft.presentation_en, draft.version) == (saved[0].presentation_en, 1)


def test_windows_that_save_at_once_lose_nothing(writers, lyon):
    clients = [Client() for _writer in writers]
    for client, user in zip(clients, writers, strict=True):
        client.force_login(user)
    forms = [form_of(client) | {"added_value_fr": f"Écrit par {number}."} for number, client in enumerate(clients)]
    pages = at_once(lambda number: clients[number].post(PAGE, forms[number]))
    assert sorted(page.status_code for page in pages) == [302] + [409] * (WRITERS - 1)
    stored = ProfileRevision.objects.get().added_value_fr
    for number, page in enumerate(pages):
        if page.status_code == 409:
            body = page.content.decode()
            assert stored in body
            assert f"Écrit par {number}." in body


def test_a_double_click_submits_once(writers, lyon):
    draft = open_draft(lyon, writers[0])
    draft = moderation.save_draft(draft, values={"presentation_en": "Books."}, seen=0, by=writers[0])
    outcomes = at_once(lambda number: submit_profile(draft, by=writers[0]))
    assert {outcome.status for outcome in outcomes} == {"submitted"}
    assert HistoryEntry.objects.about(draft).count() == 1


def test_the_city_confirms_once(writers, lyon):
    at_once(lambda number: confirm_profile(lyon, by=writers[0]))
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.CONFIRMED).count() == 1


def test_who_publishes_and_who_goes_back_do_not_wait_for_each_other(writers, lyon):
    officer = person("officer@example.org", "officer")
    texts = []
    for number in range(3):
        draft = open_draft(lyon, writers[0])
        values = {"presentation_en": f"Text {number}.", "website": f"https://example.org/{number}/"}
        draft = moderation.submit(moderation.save_draft(draft, values=values, seen=0, by=writers[0]), by=writers[0])
        texts.append(draft if number == 2 else moderation.publish(draft, by=officer))
    outcomes = at_once(
        lambda number: restore(texts[0], by=officer) if number % 2 else moderation.publish(texts[2], by=officer)
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, OperationalError)]
    lyon.refresh_from_db()
    assert lyon.website == ProfileRevision.objects.public(lyon).website
