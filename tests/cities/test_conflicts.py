"""Conflicts of interest: one rule in two forms, overridden by two officers, and never to be inferred."""

import itertools
import random
import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from cities.models import (
    Applicant,
    Application,
    ApplicationDocument,
    Assignment,
    City,
    CommissionOfficer,
    Conflict,
    ConflictDeclaration,
    ConflictOverride,
    Coordinator,
    Evaluator,
    HistoryEntry,
    OutboxMessage,
    PrivateFile,
    Ties,
)
from cities.services import assignment as service
from cities.services.conflict import (
    ConflictRefused,
    agree_override,
    candidates,
    conflicts_between,
    in_words,
    propose_override,
)
from cities.services.evaluation import others_of, reviews, waiting_for
from cities.services.privacy import holdings
from rvcu.models import User
from tests.conftest import mandate, person, sign_in
from tests.factories.calls import (
    DAY,
    add_applicant,
    make_application,
    make_assignment,
    make_call,
    make_evaluation,
    make_evaluator,
)

Status = Assignment.Status


@pytest.fixture
def call(network):
    return make_call("evaluation")


@pytest.fixture
def expert(network) -> User:
    return person("expert@example.org", name="Expert Person")


@pytest.fixture
def application(call) -> Application:
    return make_application(call, status="eligible")


def add_letter(application: Application, **fields: Any) -> ApplicationDocument:
    by = User.objects.order_by("pk").first()
    file = PrivateFile(
        kind="application", name="letter.pdf", content_type="application/pdf", size=5, sha256="0" * 64, uploaded_by=by
    )
    file.file.save("letter.pdf", ContentFile(b"%PDF-"), save=False)
    file.save()
    known = {"kind": "mayors-letter", "file": file, "added_by": by}
    return ApplicationDocument.objects.create(application=application, **known | fields)


def tie_same_city(user: User, application: Application) -> None:
    city = City.objects.get(slug="ostersund")
    Application.objects.filter(pk=application.pk).update(former_city=city)
    mandate(user, "ostersund", Coordinator.Role.EDITOR)


def tie_same_country(user: User, application: Application) -> None:
    make_evaluator(user, "film").countries.add(application.country)


def tie_same_quota(user: User, application: Application) -> None:
    rival = make_application(application.call, "Tours", country=application.country_id)
    add_applicant(rival, user)


def tie_partner_city(user: User, application: Application) -> None:
    application.partner_cities.add(City.objects.get(slug="ostersund"))
    mandate(user, "ostersund", Coordinator.Role.EDITOR)


def tie_signatory(user: User, application: Application) -> None:
    add_letter(application, signatory_name="Somebody else", signatory_email=user.email.upper())


def tie_commission(user: User, application: Application) -> None:
    CommissionOfficer.objects.create(user=user, country=application.country)


def tie_team(user: User, application: Application) -> None:
    add_applicant(application, user, Applicant.Role.READER)


def tie_declared(user: User, application: Application) -> None:
    ConflictDeclaration.objects.create(application=application, user=user)


TIES = {
    Conflict.SAME_CITY: tie_same_city,
    Conflict.SAME_COUNTRY: tie_same_country,
    Conflict.SAME_QUOTA: tie_same_quota,
    Conflict.PARTNER_CITY: tie_partner_city,
    Conflict.SIGNATORY: tie_signatory,
    Conflict.COMMISSION: tie_commission,
    Conflict.TEAM: tie_team,
    Conflict.DECLARED: tie_declared,
}


def both_forms(user: User, application: Application) -> set[Conflict]:
    """What the pure form says, after checking that the query says the same."""
    ties = Ties.of(user)
    pure = ties.conflicts(Application.objects.get(pk=application.pk))
    found = Application.objects.filter(pk=application.pk)
    assert {one for one, holds in ties.as_query().items() if found.filter(holds).exists()} == pure
    assert found.free_of_conflict_with(user).exists() == (not pure)
    return pure


# The rule


def test_every_kind_of_conflict_has_its_case():
    assert set(TIES) == set(Conflict)


def test_nothing_ties_a_stranger(expert, application):
    assert both_forms(expert, application) == set()


@pytest.mark.parametrize("conflict", TIES)
def test_each_tie_is_a_conflict(conflict, expert, application):
    TIES[conflict](expert, application)
    assert both_forms(expert, application) == {conflict}


def test_a_signatory_is_known_by_name_whatever_case_and_accents(application):
    signatory = person("signatory@example.org", name="Émilie DURAND")
    add_letter(application, signatory_name="Emilie Durand")
    assert both_forms(signatory, application) == {Conflict.SIGNATORY}
    assert both_forms(person("nameless@example.org"), application) == set()


def test_the_signatory_of_a_letter_that_was_replaced_is_free(expert, application):
    add_letter(application, signatory_email=expert.email, replaced_at=timezone.now())
    assert both_forms(expert, application) == set()


def test_a_tie_does_not_end_with_the_mandate(expert, application):
    """Otherwise a score that did not count would count again, and a hidden file come back into sight."""
    now = timezone.now()
    lyon = City.objects.get(slug="lyon")
    Coordinator.objects.create(
        user=expert, city=lyon, role="editor", begins_at=now - 900 * DAY, ends_at=now - 500 * DAY
    )
    assert both_forms(expert, application) == {Conflict.SAME_COUNTRY}


def test_the_evaluators_of_a_city_are_tied_to_its_country_and_to_who_names_it(expert, call):
    make_evaluator(expert, panel="cities", city=City.objects.get(slug="lyon"))
    named = make_application(call, "Coimbra", country="PT", status="eligible")
    named.partner_cities.add(City.objects.get(slug="lyon"))
    assert both_forms(expert, named) == {Conflict.PARTNER_CITY}
    assert both_forms(expert, make_application(call, "Tours", status="eligible")) == {Conflict.SAME_COUNTRY}


def test_both_forms_agree_on_generated_cases(call):
    """Every pair of ties, and many random sets of them, on several applications and persons at once."""
    chance = random.Random(4)
    sets = [set(pair) for pair in itertools.combinations(TIES, 2)]
    sets += [{one for one in TIES if chance.random() < 0.4} for _number in range(40)]
    persons, applications = [], []
    for number, wanted in enumerate(sets):
        user = person(f"tied.{number}@example.org", name=f"Tied {number}")
        application = make_application(call, f"Town {number}", country=chance.choice(["FR", "SE", "PT", "JP"]))
        for one in sorted(wanted):
            with transaction.atomic():
                try:
                    with transaction.atomic():
                        TIES[one](user, application)
                except IntegrityError:
                    pass  # two ties make the same mandate
        persons.append(user)
        applications.append(application)
    ties = Ties.of_many(persons)
    loaded = list(
        Application.objects.filter(pk__in=[one.pk for one in applications]).prefetch_related(
            "partner_cities", "documents", "conflict_declarations"
        )
    )
    generated = Application.objects.filter(pk__in=[one.pk for one in loaded])
    met = 0
    for user in persons:
        queries = ties[user.pk].as_query()
        for conflict, holds in queries.items():
            by_query = set(generated.filter(holds).values_list("pk", flat=True))
            by_hand = {one.pk for one in loaded if conflict in ties[user.pk].conflicts(one)}
            assert by_query == by_hand, (user, conflict)
            met += len(by_hand)
        free = set(generated.free_of_conflict_with(user).values_list("pk", flat=True))
        assert free == {one.pk for one in loaded if not ties[user.pk].conflicts(one)}
    assert met > 500


def test_the_ties_of_many_cost_as_much_as_those_of_one(call, expert, django_assert_num_queries):
    persons = [person(f"many.{number}@example.org") for number in range(30)]
    applications = [make_application(call, f"Town {number}", status="eligible") for number in range(30)]
    for number in (1, 30):
        with django_assert_num_queries(10):
            conflicts_between(applications[:number], persons[:number])


def test_words(expert):
    assert in_words([Conflict.TEAM, Conflict.SAME_CITY]) == "serves the same city and works on the application"


# Overrides


def propose(application: Application, user: User, by: User, **fields: Any) -> ConflictOverride:
    known: dict[str, Any] = {"conflict": Conflict.SAME_COUNTRY, "reason": "Nobody else reads the script."}
    return propose_override(application=application, user=user, by=by, **known | fields)


def test_two_officers_override_one_conflict_and_no_other(expert, application, officer, decision_officer):
    tie_same_country(expert, application)
    override = propose(application, expert, officer)
    assert not Application.objects.free_of_conflict_with(expert).filter(pk=application.pk).exists()
    agree_override(override=override, by=decision_officer)
    assert Application.objects.free_of_conflict_with(expert).filter(pk=application.pk).exists()
    assert conflicts_between([application], [expert]) == {}
    tie_team(expert, application)
    assert conflicts_between([application], [expert]) == {(application.pk, expert.pk): {Conflict.TEAM}}
    assert not Application.objects.free_of_conflict_with(expert).filter(pk=application.pk).exists()
    verbs = set(HistoryEntry.objects.about(override).values_list("verb", flat=True))
    assert verbs == {"conflict.override_proposed", "conflict.overridden"}


def test_a_conflict_declared_anew_ends_the_override_of_the_one_before(expert, application, officer, decision_officer):
    ConflictDeclaration.objects.create(application=application, user=expert)
    override = propose(application, expert, officer, conflict=Conflict.DECLARED)
    agree_override(override=override, by=decision_officer)
    mandate = Evaluator.objects.of(expert).first() or make_evaluator(expert)
    assignment = make_assignment(application, mandate, status="accepted")
    assert Application.objects.to_evaluate(expert).filter(pk=application.pk).exists()
    service.recuse(assignment=assignment, by=expert)
    assert conflicts_between([application], [expert]) == {(application.pk, expert.pk): {Conflict.DECLARED}}


def test_an_override_is_refused_with_a_sentence(expert, application, officer, administrator, auditor):
    tie_same_country(expert, application)
    with pytest.raises(ConflictRefused, match="Say why the conflict does not matter"):
        propose(application, expert, officer, reason=" ")
    with pytest.raises(ConflictRefused, match="has no such conflict"):
        propose(application, expert, officer, conflict=Conflict.TEAM)
    with pytest.raises(ConflictRefused, match="Only officers of the secretariat"):
        propose(application, expert, auditor)
    override = propose(application, expert, officer)
    with pytest.raises(ConflictRefused, match="proposed already"):
        propose(application, expert, administrator)
    with pytest.raises(ConflictRefused, match="You proposed this yourself"):
        agree_override(override=override, by=officer)
    agree_override(override=override, by=administrator)
    with pytest.raises(ConflictRefused, match="agreed already"):
        agree_override(override=override, by=administrator)


def test_nobody_overrides_a_conflict_of_their_own(application, officer, administrator):
    tie_same_country(officer, application)
    with pytest.raises(ConflictRefused, match="of their own"):
        propose(application, officer, officer)
    override = propose(application, officer, administrator)
    with pytest.raises(ConflictRefused, match="of their own"):
        agree_override(override=override, by=officer)


def test_the_database_wants_two_officers(expert, application, officer):
    with pytest.raises(IntegrityError, match=r"conflict_override_needs_two_officers|CHECK"), transaction.atomic():
        ConflictOverride.objects.create(
            application=application,
            user=expert,
            conflict="team",
            reason="x",
            proposed_by=officer,
            agreed_by=officer,
            agreed_at=timezone.now(),
        )


# Enforced: at the candidate list, invitation, view, score and count


@pytest.mark.parametrize("conflict", TIES)
def test_a_conflict_keeps_from_the_candidates_and_from_being_assigned(conflict, expert, application, officer):
    evaluator = make_evaluator(expert)
    TIES[conflict](expert, application)
    (candidate,) = candidates(application)
    assert (candidate.is_free, candidate.conflicts) == (False, {conflict})
    assert candidate.sentences == [f"Expert Person has a conflict of interest: {conflict.label}."]
    with pytest.raises(service.AssignmentRefused, match="has a conflict of interest"):
        service.assign(application=application, evaluator=evaluator, by=officer)
    assert service.plan(application.call).assignments == []


@pytest.mark.parametrize("conflict", TIES)
def test_a_conflict_that_came_later_closes_everything(conflict, expert, application, officer):
    assignment = make_assignment(application, make_evaluator(expert), Status.SUBMITTED)
    make_evaluation(assignment, 5, 4, 3)
    assert reviews(application.call)[0].done == {"experts": 1, "cities": 0}
    TIES[conflict](expert, application)
    address = f"/en/my/evaluations/{assignment.pk}/"
    client = sign_in(expert)
    assert client.get(address).status_code == 404
    for act in ("accept", "decline", "recuse", "abstain", "submit"):
        assert client.post(f"{address}{act}/").status_code == 404
    assert not expert.has_perm("cities.evaluate", assignment)
    assert not expert.has_perm("cities.view_assignment", assignment)
    if conflict not in (Conflict.TEAM, Conflict.COMMISSION):
        assert not expert.has_perm("cities.view_application", application)
    assert waiting_for(expert) == []
    assert list(Assignment.objects.visible_to(expert)) == []
    (found,) = reviews(application.call)
    assert (found.totals, found.missing, found.reviews[0].conflict) == ([], 3, conflict.label)


def test_a_conflict_keeps_from_being_asked(expert, application, officer):
    assignment = make_assignment(application, make_evaluator(expert), Status.PROPOSED, invited_at=None)
    tie_same_country(expert, application)
    with pytest.raises(ConflictRefused, match="Expert Person cannot be asked about 2027-001 · Besançon: from the same"):
        service.ask(assignments=[assignment], by=officer)
    assert OutboxMessage.objects.count() == 0


def test_edge_l_the_evaluators_city_becomes_conflicted_after_assignment(expert, application, officer):
    """(l): named as a partner at resubmission."""
    lyon_s = make_evaluator(expert, panel="cities", city=City.objects.get(slug="ostersund"))
    assignment = make_assignment(application, lyon_s, Status.SUBMITTED)
    make_evaluation(assignment, 5, 5, 5)
    client = sign_in(expert)
    assert client.get(f"/en/my/evaluations/{assignment.pk}/").status_code == 200
    assert service.tell_of_conflicts() == 0
    application.partner_cities.add(City.objects.get(slug="ostersund"))
    assert client.get(f"/en/my/evaluations/{assignment.pk}/").status_code == 404
    assert reviews(application.call)[0].totals == []
    assert service.waiting_assignments()["conflicted"] == 1
    assert (service.tell_of_conflicts(), service.tell_of_conflicts()) == (1, 0)
    mail = OutboxMessage.objects.get()
    assert mail.subject == "An evaluator of application 2027-001 has come into a conflict of interest"
    assert "Expert" not in mail.body


def test_others_do_not_read_a_review_that_a_conflict_took_out(call, expert, application):
    own = make_assignment(application, make_evaluator(person("other@example.org")), Status.SUBMITTED)
    theirs = make_assignment(application, make_evaluator(expert), Status.SUBMITTED)
    for one in (own, theirs):
        make_evaluation(one, 5, 4, 3)
    assert [other.assignment for other, _total in others_of(own)] == [theirs]
    tie_same_country(expert, application)
    assert others_of(own) == []


# Not to be inferred


PAGES = ("my/", "my/evaluations/", "my/acts/", "my/data/", "account/")


def stripped(response: Any) -> tuple[int, str, list[tuple[str, str]]]:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    text = body.decode("utf-8", "replace")
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)
    text = re.sub(r'nonce="?[\w+/=-]+"?', "", text)
    headers = [(name, value) for name, value in response.items() if name not in {"Set-Cookie", "Expires"}]
    return response.status_code, text, sorted((name, re.sub(r"nonce-[\w+/=-]+", "", value)) for name, value in headers)


def seen_by(user: User, assignments: list[int], applications: list[int], files: list[Any]) -> dict[str, Any]:
    """All that a person can ask of the site about assignments, by its address."""
    client = sign_in(user, Client())
    addresses = [f"/{language}/{page}" for page in PAGES for language in ("en", "fr")]
    addresses += [f"/en/my/evaluations/{pk}/" for pk in assignments]
    addresses += [f"/en/my/applications/{pk}/{part}" for pk in applications for part in ("", "read/")]
    addresses += [f"/en/files/{pk}/" for pk in files]
    found: dict[str, Any] = {address: stripped(client.get(address)) for address in addresses}
    for pk in assignments:
        for act in ("accept", "decline", "recuse", "abstain", "submit"):
            if pk == assignments[-1]:
                address = f"/en/my/evaluations/{pk}/{act}/"
                found[f"POST {address}"] = stripped(client.post(address))
    told = holdings(user)
    found["what is held"] = {name: rows for name, rows in told.items() if name not in ("Made", "Sessions", "sessions")}
    return found


@pytest.mark.parametrize("status", [Status.PROPOSED, Status.INVITED, Status.IN_PROGRESS, Status.SUBMITTED])
@pytest.mark.parametrize("conflict", [Conflict.SAME_COUNTRY, Conflict.PARTNER_CITY, Conflict.SIGNATORY])
def test_two_databases_that_differ_in_a_conflicted_assignment_look_alike(
    conflict, status, call, expert, officer, monkeypatch, rf
):
    """The evaluator of one free and one conflicted file, against the same without the conflicted assignment."""
    evaluator = make_evaluator(expert)
    free = make_application(call, "Coimbra", country="PT", status="eligible")
    tied = make_application(call, "Besançon", status="eligible")
    TIES[conflict](expert, tied)
    letter = add_letter(tied)
    own = make_assignment(free, evaluator, Status.ACCEPTED)
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    sight = {"assignments": [own.pk, own.pk + 1], "applications": [free.pk, tied.pk], "files": [letter.file_id]}
    before = seen_by(expert, **sight)
    with transaction.atomic():
        hidden = make_assignment(tied, evaluator, status, pk=own.pk + 1)
        if status in Assignment.DONE:
            make_evaluation(hidden, 5, 5, 5)
        after = seen_by(expert, **sight)
        assert {name for name in before if before[name] != after[name]} == set()
        assert before["/en/my/evaluations/"][0] == 200
        assert "Coimbra" in before["/en/my/evaluations/"][1]
        assert f"/en/my/evaluations/{hidden.pk}/" in after
        assert after[f"/en/my/evaluations/{hidden.pk}/"][0] == 404
        OutboxMessage.objects.all().delete()
        service.remind_evaluators()
        service.remind(assignments=[own, hidden], by=officer)
        assert "Besançon" not in "".join(OutboxMessage.objects.filter(user=expert).values_list("body", flat=True))
        transaction.set_rollback(True)


def test_taking_a_conflicted_assignment_back_tells_the_person_nothing(expert, application, officer):
    tie_same_country(expert, application)
    for status in (Status.PROPOSED, Status.INVITED):
        assignment = make_assignment(application, make_evaluator(expert, "literature"), status)
        service.take_back(assignment=assignment, by=officer)
        assert OutboxMessage.objects.filter(user=expert).count() == 0
        assignment.delete()
        expert.evaluator_mandates.filter(field__slug="literature").delete()
