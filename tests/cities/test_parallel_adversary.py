"""Acts that do not go together, at the same moment (PostgreSQL, real connections)."""

import pytest
from django.core.management import call_command

from cities.exceptions import NetworkError
from cities.models import City, Coordinator, HistoryEntry, Initiative, Invitation, ProfileRevision
from cities.services.history import flaws
from cities.services.initiative import start_initiative
from cities.services.invitation import accept, invite, new_token
from cities.services.mandate import end_mandate
from cities.services.moderation import publish, reject, request_changes, save_draft, submit, take_back
from cities.services.privacy import erase, is_erased
from cities.services.profile import open_draft, restore, submit_profile
from rvcu.models import User
from tests.conftest import mandate, person
from tests.parallel import WRITERS, at_once

from .test_initiatives import written
from .test_moderation import published

Status = ProfileRevision.Status
Role = Coordinator.Role


@pytest.fixture
def focal_point(transactional_db) -> User:
    call_command("import_network", verbosity=0)
    user = person("coordinator.lyon@example.org", name="Zoé Quelconque")
    mandate(user, "lyon", Role.FOCAL_POINT)
    return user


@pytest.fixture
def officer(focal_point) -> User:
    return person("officer@example.org", "officer")


def lyon() -> City:
    return City.objects.get(slug="lyon")


def refused(outcomes: list[object]) -> list[object]:
    """Those that got a sentence; anything else that went wrong fails the test."""
    wrong = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert all(isinstance(outcome, NetworkError) for outcome in wrong), wrong
    return wrong


def test_of_all_decisions_at_once_one_is_taken(focal_point, officer):
    draft = open_draft(lyon(), focal_point)
    draft = save_draft(draft, values={"presentation_en": "A city of books."}, seen=0, by=focal_point)
    draft = submit(draft, by=focal_point)
    verbs = [
        lambda: publish(draft, by=officer),
        lambda: reject(draft, reason="No.", by=officer),
        lambda: request_changes(draft, reason="More.", by=officer),
        lambda: take_back(draft, by=focal_point),
    ]
    outcomes = at_once(lambda number: verbs[number % 4]())
    assert len(refused(outcomes)) == WRITERS - 1
    assert HistoryEntry.objects.about(draft).count() == 2
    assert list(flaws()) == []


def test_what_staff_get_is_what_was_there_when_it_was_submitted(focal_point):
    draft = open_draft(lyon(), focal_point)
    draft = save_draft(draft, values={"presentation_en": "At first."}, seen=0, by=focal_point)

    def act(number: int) -> object:
        if number % 2:
            return submit_profile(draft, by=focal_point)
        return save_draft(draft, values={"presentation_en": f"Text {number}"}, seen=draft.version, by=focal_point)

    refused(at_once(act))
    stored = ProfileRevision.objects.get()
    (act_of_submission,) = HistoryEntry.objects.about(stored).filter(verb=HistoryEntry.Verb.SUBMITTED)
    assert stored.status == Status.SUBMITTED
    assert act_of_submission.changes["version"][1] == stored.version


def test_going_back_and_publishing_at_once_leave_one_order_of_texts(focal_point, officer):
    old = published(lyon(), focal_point, "The first.")
    published(lyon(), focal_point, "The second.")
    draft = open_draft(lyon(), focal_point)
    draft = save_draft(draft, values={"presentation_en": "The third."}, seen=draft.version, by=focal_point)
    submit(draft, by=focal_point)
    refused(at_once(lambda number: publish(draft, by=officer) if number % 2 else restore(old, by=officer)))
    numbers = list(ProfileRevision.objects.order_by("number").values_list("number", flat=True))
    assert len(set(numbers)) == len(numbers)
    assert not ProfileRevision.objects.open().exists()
    assert list(flaws()) == []


def test_an_invitation_is_not_accepted_after_who_sent_it_has_left(focal_point, officer):
    people = [person(f"editor-{number}@example.org") for number in range(WRITERS)]
    tokens = [
        new_token(
            invite(
                kind=Invitation.Kind.COORDINATOR,
                email=user.email,
                language="en",
                by=focal_point,
                city=lyon(),
                role=Role.EDITOR,
            )
        )
        for user in people
    ]
    held = Coordinator.objects.get(user=focal_point)

    def act(number: int) -> object:
        if number == 0:
            return end_mandate(mandate=held, by=officer)
        return accept(token=tokens[number], by=people[number])

    outcomes = at_once(act)
    refused(outcomes)
    held.refresh_from_db()
    assert held.ends_at
    assert not Coordinator.objects.filter(role=Role.EDITOR, begins_at__gt=held.ends_at).exists()
    assert not Invitation.objects.unused().exists()


def test_an_erasure_meets_everything_else(focal_point, officer):
    """Nobody waits for ever, and whatever came first: in the end nothing names the person."""
    target = person("zoe@example.org", name="Zoé Autre")
    mandate(target, "lyon", Role.EDITOR)
    tokens = [
        new_token(
            invite(
                kind=Invitation.Kind.COORDINATOR,
                email=target.email,
                language="en",
                by=officer,
                city=city,
                role=Role.EDITOR,
            )
        )
        for city in City.objects.exclude(slug="lyon").order_by("pk")[:WRITERS]
    ]
    draft = open_draft(lyon(), target)

    def act(number: int) -> object:
        match number % 4:
            case 0:
                return erase(target, by=target)
            case 1:
                return accept(token=tokens[number], by=target)
            case 2:
                return save_draft(draft, values={"added_value_en": f"Text {number}"}, seen=0, by=target)
            case _:
                return end_mandate(mandate=Coordinator.objects.get(user=target, city__slug="lyon"), by=officer)

    refused(at_once(act))
    target.refresh_from_db()
    assert is_erased(target)
    assert not Coordinator.objects.in_force().filter(user=target).exists()
    assert not Invitation.objects.filter(email__icontains="zoe").exists()
    assert list(flaws()) == []


def test_initiatives_of_one_name_each_get_an_address(focal_point, officer):
    speakers = [person(f"speaker-{number}@example.org") for number in range(WRITERS)]
    cities = list(City.objects.members().exclude(slug="lyon").order_by("pk")[:WRITERS])
    for user, city in zip(speakers, cities, strict=True):
        mandate(user, city.slug, Role.FOCAL_POINT)
    begun = at_once(
        lambda number: start_initiative(lead=cities[number], title_en="Same", title_fr="Même", by=speakers[number])
    )
    assert refused(begun) == []
    assert Initiative.objects.values("slug").distinct().count() == WRITERS
    others = [
        written(user, lead=city.slug, title=f"Other {number}")
        for number, (user, city) in enumerate(zip(speakers, cities, strict=True))
    ]
    for initiative, user in zip(others, speakers, strict=True):
        revision = initiative.last_revision
        revision = save_draft(revision, values={"title_en": "Published"}, seen=revision.version, by=user)
        submit(revision, by=user)
    assert refused(at_once(lambda number: publish(others[number].last_revision, by=officer))) == []
    assert Initiative.objects.public().count() == WRITERS
