"""Several people at once on the mandates and invitations of one city (PostgreSQL, real connections)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import OperationalError

from cities.exceptions import MandateRefused, NetworkError
from cities.models import City, Coordinator, FocalPointChange, Invitation
from cities.services import focal_point_change as changes
from cities.services.history import flaws
from cities.services.invitation import accept, accept_with_new_account, invite, new_token
from cities.services.mandate import begin_mandate, end_mandate
from cities.services.privacy import erase
from rvcu.models import User
from tests.conftest import mandate, person
from tests.parallel import WRITERS, at_once

Kind, Role = Invitation.Kind, Coordinator.Role


@pytest.fixture
def focal_point(transactional_db):
    call_command("import_network", verbosity=0)
    user = person("coordinator.lyon@example.org")
    mandate(user, "lyon", Role.FOCAL_POINT)
    return user


def lyon() -> City:
    return City.objects.get(slug="lyon")


def succeeded(outcomes: list[object]) -> list[object]:
    assert all(isinstance(outcome, NetworkError) for outcome in outcomes if isinstance(outcome, Exception)), outcomes
    return [outcome for outcome in outcomes if not isinstance(outcome, Exception)]


def test_a_link_used_by_many_at_once_makes_one_account_and_one_mandate(focal_point):
    invitation = invite(
        kind=Kind.COORDINATOR, email="e@example.org", language="en", by=focal_point, city=lyon(), role=Role.EDITOR
    )
    token = new_token(invitation)
    outcomes = at_once(
        lambda number: accept_with_new_account(token=token, name=f"N{number}", password="a long one", language="en")
    )
    assert len(succeeded(outcomes)) == 1
    assert User.objects.filter(email="e@example.org").count() == 1
    assert Coordinator.objects.in_force().filter(role=Role.EDITOR).count() == 1
    assert list(flaws()) == []


def test_an_account_accepts_once(focal_point):
    owner = person("owner@example.org")
    invitation = invite(
        kind=Kind.COORDINATOR, email=owner.email, language="en", by=focal_point, city=lyon(), role=Role.EDITOR
    )
    token = new_token(invitation)
    assert len(succeeded(at_once(lambda number: accept(token=token, by=owner)))) == 1
    assert Coordinator.objects.filter(user=owner).count() == 1


def test_two_invitations_of_one_person_make_one_account(focal_point):
    officer = person("officer@example.org", "officer")
    cities = list(City.objects.exclude(slug="lyon").order_by("slug")[:WRITERS])
    tokens = [
        new_token(
            invite(kind=Kind.COORDINATOR, email="e@example.org", language="en", by=officer, city=city, role=Role.EDITOR)
        )
        for city in cities
    ]
    outcomes = at_once(
        lambda number: accept_with_new_account(token=tokens[number], name="N", password="a long one", language="en")
    )
    assert len(succeeded(outcomes)) == 1
    assert User.objects.filter(email="e@example.org").count() == 1


def test_of_many_new_focal_points_one_begins(focal_point):
    officer = person("officer@example.org", "officer")
    end_mandate(mandate=Coordinator.objects.get(user=focal_point), by=officer)
    people = [person(f"p{number}@example.org") for number in range(WRITERS)]
    outcomes = at_once(
        lambda number: begin_mandate(
            user=people[number], by=officer, kind=Kind.COORDINATOR, city=lyon(), role=Role.FOCAL_POINT
        )
    )
    assert len(succeeded(outcomes)) == 1
    assert Coordinator.objects.in_force().filter(city__slug="lyon").count() == 1


def test_an_invitation_sent_by_many_clicks_is_one(focal_point):
    outcomes = at_once(
        lambda number: invite(
            kind=Kind.COORDINATOR, email="e@example.org", language="en", by=focal_point, city=lyon(), role=Role.EDITOR
        )
    )
    assert len(succeeded(outcomes)) == 1
    assert Invitation.objects.count() == 1


def test_a_change_is_decided_once_and_hands_over_once(focal_point):
    officer = person("officer@example.org", "officer")
    new = person("new@example.org")
    mandate(new, "lyon", Role.ALTERNATE)
    letter = SimpleUploadedFile("letter.pdf", b"%PDF-1.7 %%EOF")
    change = changes.request_change(
        city=lyon(), email=new.email, name="N", language="en", letter=letter, by=focal_point
    )

    def decide(number: int) -> object:
        change = FocalPointChange.objects.get()
        match number % 3:
            case 0:
                return changes.approve_change(change=change, by=officer)
            case 1:
                return changes.refuse_change(change=change, reason="No.", by=officer)
        return changes.withdraw_change(change=change, by=focal_point)

    (decided,) = succeeded(at_once(decide))
    change.refresh_from_db()
    holder = new if change.status == "approved" else focal_point
    assert decided.status == change.status
    assert Coordinator.objects.in_force().get(city__slug="lyon", role=Role.FOCAL_POINT).user == holder


def test_who_is_handing_over_invites_nobody_meanwhile(focal_point):
    """Whatever comes first: no invitation of the old focal point outlives the mandate."""
    officer = person("officer@example.org", "officer")
    held = Coordinator.objects.get(user=focal_point)

    def act(number: int) -> object:
        if number == WRITERS // 2:
            return end_mandate(mandate=held, by=officer)
        return invite(
            kind=Kind.COORDINATOR,
            email=f"e{number}@example.org",
            language="en",
            by=focal_point,
            city=lyon(),
            role=Role.EDITOR,
        )

    outcomes = at_once(act)
    assert all(isinstance(outcome, MandateRefused) for outcome in outcomes if isinstance(outcome, Exception))
    assert not Invitation.objects.open().exists()
    assert list(flaws()) == []


def test_an_erasure_and_the_mandates_that_begin_meanwhile_do_not_wait_for_each_other(focal_point):
    officer = person("officer@example.org", "officer")
    cities = list(City.objects.members().exclude(slug="lyon")[:WRITERS])

    def act(number: int) -> object:
        if number == WRITERS // 2:
            return erase(focal_point, by=focal_point)
        scope = {"kind": Kind.COORDINATOR, "city": cities[number], "role": Role.EDITOR}
        return begin_mandate(user=focal_point, by=officer, **scope)

    for city in cities[::2]:
        mandate(focal_point, city.slug, Role.ALTERNATE)
    outcomes = at_once(act)
    assert not [outcome for outcome in outcomes if isinstance(outcome, OperationalError)]
    focal_point.refresh_from_db()
    assert not focal_point.is_active
    assert list(flaws()) == []
