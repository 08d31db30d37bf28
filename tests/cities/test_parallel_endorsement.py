"""Commissions and officers who decide at the same time, each with a connection of their own (PostgreSQL)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import (
    Application,
    CreativeField,
    Endorsement,
    HistoryEntry,
    OutboxMessage,
    Reason,
    Screening,
    ScreeningItem,
)
from cities.services import endorsement as service
from cities.services import screening
from cities.services.history import flaws
from rvcu.models import User
from tests.conftest import person
from tests.factories.calls import make_application, make_call, make_commission_officer, make_endorsement
from tests.parallel import at_once

FIFTY = 50
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def commission(transactional_db) -> User:
    call_command("import_network", verbosity=0)
    user = person("commission.fr@example.org")
    make_commission_officer(user)
    return user


def asked(number: int, *, field: str | None, **call) -> list[Endorsement]:
    """As many shared applications; without a field each has another one than the one before."""
    slugs = list(CreativeField.objects.order_by("position").values_list("slug", flat=True))
    one = make_call(**call)
    return [
        make_endorsement(
            make_application(one, f"City {place}", field=field or slugs[place % len(slugs)], shared_at=timezone.now())
        )
        for place in range(number)
    ]


def endorse(endorsement: Endorsement, by: User) -> Endorsement:
    letter = SimpleUploadedFile("letter.pdf", PDF, "application/pdf")
    return service.endorse(endorsement=endorsement, letter=letter, by=by)


def test_of_fifty_simultaneous_endorsements_under_a_cap_of_two_exactly_two_stand(commission):
    rows = asked(FIFTY, field=None, endorsed_fields_differ=False)
    outcomes = at_once(lambda number: endorse(rows[number], commission), FIFTY)
    won = [one for one in outcomes if isinstance(one, Endorsement)]
    lost = [one for one in outcomes if not isinstance(one, Endorsement)]
    assert (len(won), {type(one) for one in lost}) == (2, {service.EndorsementRefused})
    assert all("All 2 places of the country are used" in str(one) for one in lost)
    assert sorted(Endorsement.objects.in_force().values_list("place", flat=True)) == [1, 2]
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.ENDORSED).count() == 2
    assert list(flaws()) == []


def test_of_fifty_in_different_fields_two_stand_and_each_refusal_says_which_rule(commission):
    rows = asked(FIFTY, field=None)
    outcomes = at_once(lambda number: endorse(rows[number], commission), FIFTY)
    assert sum(isinstance(one, Endorsement) for one in outcomes) == 2
    in_force = Endorsement.objects.in_force()
    assert in_force.values("field").distinct().count() == 2
    sentences = [str(one) for one in outcomes if not isinstance(one, Endorsement)]
    assert all("The field is taken" in one or "All 2 places" in one for one in sentences)


def test_of_fifty_in_one_field_one_stands(commission):
    rows = asked(FIFTY, field="film")
    outcomes = at_once(lambda number: endorse(rows[number], commission), FIFTY)
    assert sum(isinstance(one, Endorsement) for one in outcomes) == 1
    lost = [str(one) for one in outcomes if not isinstance(one, Endorsement)]
    assert all("The field is taken" in one for one in lost)
    assert list(Endorsement.objects.in_force().values_list("place", flat=True)) == [1]


def test_without_a_cap_all_fifty_stand_on_places_of_their_own(commission):
    rows = asked(FIFTY, field="film", endorsed_fields_differ=False, max_endorsed=None)
    outcomes = at_once(lambda number: endorse(rows[number], commission), FIFTY)
    assert {type(one) for one in outcomes} == {Endorsement}
    assert sorted(Endorsement.objects.in_force().values_list("place", flat=True)) == list(range(1, FIFTY + 1))


def test_fifty_clicks_on_one_button_endorse_once(commission):
    (row,) = asked(1, field="film")
    outcomes = at_once(lambda number: endorse(row, commission), FIFTY)
    assert sum(isinstance(one, Endorsement) for one in outcomes) == 1
    assert sum(isinstance(one, TransitionNotAllowed) for one in outcomes) == FIFTY - 1
    assert HistoryEntry.objects.about(row).count() == 1


def test_a_place_freed_while_others_endorse_is_given_once(commission):
    rows = asked(FIFTY, field=None, endorsed_fields_differ=False, max_endorsed=1)
    endorse(rows[0], commission)

    def act(number: int) -> Endorsement:
        if number == 0:
            return service.withdraw_endorsement(endorsement=rows[0], reason="Another city.", by=commission)
        return endorse(rows[number], commission)

    outcomes = at_once(act, FIFTY)
    assert isinstance(outcomes[0], Endorsement)
    assert Endorsement.objects.in_force().count() <= 1
    assert {type(one) for one in outcomes} <= {Endorsement, service.EndorsementRefused}


def test_of_two_clocks_one_reminds(commission):
    asked(1, field="film", national_deadline_at=timezone.now() + service.datetime.timedelta(days=5))
    Endorsement.objects.update(requested_at=timezone.now() - service.datetime.timedelta(days=9))
    assert sum(at_once(lambda number: service.remind_commissions(), 8)) == 1
    assert OutboxMessage.objects.filter(template="reminder-endorsement").count() == 1


# Two officers at once


@pytest.fixture
def officers(commission) -> list[User]:
    return [person(f"officer.{number}@example.org", "officer") for number in range(12)]


@pytest.fixture
def application(commission) -> Application:
    call = make_call("screening", form=False)
    one = make_application(call, "Besançon", status=Application.Status.SUBMITTED)
    make_endorsement(one, Endorsement.Status.ENDORSED)
    return one


def test_of_officers_who_agree_at_once_one_does(application, officers):
    screening.propose_ineligible(
        application=application, reasons=[Reason.MAYORS_LETTER], note="Not signed.", by=officers[0]
    )
    outcomes = at_once(lambda number: screening.agree_ineligible(application=application, by=officers[number]), 12)
    assert sum(isinstance(one, Screening) for one in outcomes) == 1
    assert isinstance(outcomes[0], NetworkError)
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.INELIGIBLE).count() == 1
    application.refresh_from_db()
    assert application.status == Application.Status.INELIGIBLE


def test_of_officers_who_agree_or_refuse_at_once_one_act_is_done(application, officers):
    screening.propose_ineligible(application=application, reasons=[Reason.LINKS], note="Five links.", by=officers[0])

    def act(number: int) -> Screening:
        if number % 2:
            return screening.agree_ineligible(application=application, by=officers[number])
        return screening.refuse_ineligible(application=application, note="Four.", by=officers[number])

    outcomes = at_once(act, 12)
    assert sum(isinstance(one, Screening) for one in outcomes) == 1
    assert list(flaws()) == []


def test_of_officers_who_find_eligible_at_once_one_does(application, officers):
    screening.note_items(
        application=application,
        found={str(code): (ScreeningItem.Result.PASS, "Seen.") for code in Reason},
        by=officers[0],
    )
    outcomes = at_once(lambda number: screening.find_eligible(application=application, by=officers[number]), 12)
    assert sum(isinstance(one, Screening) for one in outcomes) == 1
    assert sum(isinstance(one, TransitionNotAllowed) for one in outcomes) == 11
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.ELIGIBLE).count() == 1


def test_a_checklist_begun_by_many_at_once_is_one(application, officers):
    found = {str(Reason.LINKS): (ScreeningItem.Result.NOT_APPLICABLE, "")}
    outcomes = at_once(
        lambda number: screening.note_items(application=application, found=found, by=officers[number]), 12
    )
    assert not [one for one in outcomes if isinstance(one, Exception)]
    assert (Screening.objects.count(), ScreeningItem.objects.count()) == (1, 1)
