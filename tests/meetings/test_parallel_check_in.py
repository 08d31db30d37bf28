"""Officers at two doors, each with a connection of their own (PostgreSQL)."""

import pytest
from django.core.management import call_command

from cities.exceptions import TransitionNotAllowed
from cities.models import HistoryEntry
from meetings.models import Registration
from meetings.services.registration import cancel_registration, check_in
from tests.conftest import person
from tests.factories.hosting import make_meeting, make_registration, open_for_registration
from tests.parallel import at_once

FEW = 12


@pytest.fixture
def delegate(transactional_db) -> Registration:
    call_command("import_network", verbosity=0)
    return make_registration(open_for_registration(make_meeting(hosts=["lyon"])))


def test_of_officers_who_check_in_the_same_person_one_does(delegate):
    officers = [person(f"officer.{number}@example.org", "officer") for number in range(FEW)]
    outcomes = at_once(
        lambda number: check_in(registration=Registration.objects.get(pk=delegate.pk), by=officers[number]), FEW
    )
    assert len([one for one in outcomes if isinstance(one, Registration)]) == 1
    assert len([one for one in outcomes if isinstance(one, TransitionNotAllowed)]) == FEW - 1
    acts = HistoryEntry.objects.about(delegate)
    assert acts.get().verb == HistoryEntry.Verb.CHECKED_IN
    delegate.refresh_from_db()
    assert delegate.checked_in_by == acts.get().actor


def test_who_is_checked_in_while_somebody_cancels_is_either_there_or_cancelled(delegate):
    officers = [person(f"officer.{number}@example.org", "officer") for number in range(2)]
    verbs = (check_in, cancel_registration)
    outcomes = at_once(
        lambda number: verbs[number](registration=Registration.objects.get(pk=delegate.pk), by=officers[number]), 2
    )
    assert len([one for one in outcomes if isinstance(one, Registration)]) == 1
    delegate.refresh_from_db()
    assert delegate.is_checked_in != (delegate.status == Registration.Status.CANCELLED)
