"""Assignments: every transition, planning, what the clock does, and what officers see."""

import datetime
import itertools

import pytest
from django.utils import timezone

from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import (
    Assignment,
    Call,
    City,
    ConflictDeclaration,
    Evaluation,
    Evaluator,
    HistoryEntry,
    OutboxMessage,
    Score,
)
from cities.services import assignment as service
from cities.services.conflict import candidates
from cities.services.evaluation import Given, evaluation_of, reopen_evaluation, save_evaluation, submit_evaluation
from cities.services.mandate import begin_mandate, describe_evaluator
from tests.conftest import person, sign_in
from tests.factories.calls import DAY, make_application, make_assignment, make_call, make_evaluation, make_evaluator

Status = Assignment.Status


@pytest.fixture
def call(network) -> Call:
    return make_call("evaluation")


@pytest.fixture
def application(call):
    return make_application(call, status="eligible")


@pytest.fixture
def expert(network):
    return make_evaluator(person("expert@example.org", name="Expert"))


def end_evaluation(call: Call) -> None:
    now = timezone.now()
    Call.objects.filter(pk=call.pk).update(
        screening_until=now - 2 * DAY, evaluation_until=now - DAY, decision_at=now + DAY, announce_at=now + 2 * DAY
    )


# Every pair of states


def bring(assignment: Assignment, to: str, officer) -> None:
    """The verb that leads to a state."""
    expert = assignment.user
    match to:
        case Status.INVITED:
            service.ask(assignments=[assignment], by=officer)
        case Status.ACCEPTED:
            service.accept(assignment=assignment, by=expert)
        case Status.IN_PROGRESS if assignment.status in Assignment.DONE:
            reopen_evaluation(assignment=assignment, reason="Say more.", by=officer)
        case Status.IN_PROGRESS:
            given = Given(scores={"heritage": (3, "Old.")})
            save_evaluation(assignment=assignment, given=given, seen=evaluation_of(assignment).version, by=expert)
        case Status.SUBMITTED:
            submit_evaluation(assignment=assignment, by=expert)
        case Status.LOCKED:
            end_evaluation(assignment.application.call)
            service.lock(assignment=assignment)
        case Status.DECLINED:
            service.decline_assignment(assignment=assignment, by=expert)
        case Status.RECUSED:
            service.recuse(assignment=assignment, by=expert)
        case Status.ABSTAINED:
            service.abstain(assignment=assignment, reason="Too close.", by=expert)
        case Status.REPLACED:
            service.take_back(assignment=assignment, by=officer)
        case Status.EXPIRED:
            Assignment.objects.filter(pk=assignment.pk).update(due_at=timezone.now() - DAY)
            end_evaluation(assignment.application.call)
            service.expire(assignment=assignment)
        case _:
            raise NotImplementedError(to)


PAIRS = [pair for pair in itertools.product(Status, Status) if pair[1] != Status.PROPOSED]


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=lambda status: status.value)
def test_every_pair_of_states(before, after, application, expert, officer):
    assignment = make_assignment(application, expert, before)
    if before in (*Assignment.EDITABLE, *Assignment.DONE):
        evaluation = make_evaluation(assignment, 5, 4, 3)
        evaluation.comment = "A sound plan."
        evaluation.save()
    allowed = after in Assignment.TRANSITIONS.get(before, set())
    if before == after == Status.IN_PROGRESS:
        return  # saving once more is no transition
    if allowed:
        bring(assignment, after, officer)
        assignment.refresh_from_db()
        assert assignment.status == after
        entry = HistoryEntry.objects.about(assignment).first()
        if (before, after) != (Status.ACCEPTED, Status.IN_PROGRESS):
            assert entry.changes["status"] == [before, after]
    else:
        with pytest.raises(NetworkError) as refusal:
            bring(assignment, after, officer)
        assert str(refusal.value).endswith(".")
        assignment.refresh_from_db()
        assert assignment.status == before


def test_a_refusal_names_the_state(application, expert, officer):
    assignment = make_assignment(application, expert, Status.LOCKED)
    with pytest.raises(TransitionNotAllowed, match="the assignment is “locked” now"):
        service.take_back(assignment=assignment, by=officer)


def test_only_the_evaluator_answers(application, expert, officer):
    assignment = make_assignment(application, expert)
    other = person("other@example.org")
    for verb in (service.accept, service.decline_assignment, service.recuse):
        with pytest.raises(TransitionNotAllowed, match="no longer yours"):
            verb(assignment=assignment, by=other)
    expert.ends_at = timezone.now()
    expert.save()
    with pytest.raises(TransitionNotAllowed, match="no longer yours"):
        service.accept(assignment=assignment, by=expert.user)


# Assigning


def test_assigning_plans_and_asking_tells(application, expert, officer):
    assignment = service.assign(application=application, evaluator=expert, by=officer)
    assert (assignment.status, assignment.due_at) == (Status.PROPOSED, application.call.evaluation_until)
    assert OutboxMessage.objects.count() == 0
    assert sign_in(expert.user).get(f"/en/my/evaluations/{assignment.pk}/").status_code == 404
    second = make_assignment(make_application(application.call, "Tours", status="eligible"), expert, Status.PROPOSED)
    service.ask(assignments=[assignment, second], by=officer)
    mail = OutboxMessage.objects.get()
    assert mail.subject == "You are asked to evaluate 2 applications"
    assert "Besançon (France)" in mail.body
    assert "Tours (France)" in mail.body


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status": "submitted"}, "Only an eligible application is evaluated; this one is “submitted”."),
        (
            {"language": "fr"},
            "Expert does not read the language of the application (French), and it has no translation.",
        ),
        ({"field": "film"}, "Expert evaluates in the field Literature; the application is in Film."),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(change, sentence, call, expert, officer):
    expert.reads_french = False
    expert.save()
    application = make_application(call, **{"status": "eligible", **change})
    with pytest.raises(service.AssignmentRefused) as refusal:
        service.assign(application=application, evaluator=expert, by=officer)
    assert sentence in refusal.value.sentences


def test_load_twice_and_the_end_are_refused(call, application, expert, officer):
    expert.max_load = 1
    expert.save()
    service.assign(application=application, evaluator=expert, by=officer)
    with pytest.raises(service.AssignmentRefused, match="Expert has this application already"):
        service.assign(application=application, evaluator=expert, by=officer)
    tours = make_application(call, "Tours", status="eligible")
    with pytest.raises(service.AssignmentRefused, match="as many applications as agreed: 1 of 1"):
        service.assign(application=tours, evaluator=expert, by=officer)
    with pytest.raises(service.AssignmentRefused, match="ends before the day given"):
        service.assign(application=tours, evaluator=expert, by=officer, due_at=call.evaluation_until + DAY)
    end_evaluation(call)
    tours.refresh_from_db()
    with pytest.raises(service.AssignmentRefused, match="The evaluation of this call has ended"):
        service.assign(application=tours, evaluator=expert, by=officer)


def test_who_gave_it_back_can_be_asked_again_by_hand(application, expert, officer):
    assignment = make_assignment(application, expert)
    service.decline_assignment(assignment=assignment, reason="Ill.", by=expert.user)
    assert service.plan(application.call).assignments == []
    assert service.assign(application=application, evaluator=expert, by=officer).status == Status.PROPOSED


def test_a_declared_conflict_stays(application, expert, officer):
    service.recuse(assignment=make_assignment(application, expert), text="My brother lives there.", by=expert.user)
    assert ConflictDeclaration.objects.get().text == "My brother lives there."
    with pytest.raises(service.AssignmentRefused, match="declared a conflict"):
        service.assign(application=application, evaluator=expert, by=officer)
    assert "brother" not in str(list(HistoryEntry.objects.values_list("changes", "reason")))


# Planning


def experts(number: int, *, panel: str = "experts", **fields) -> list[Evaluator]:
    city = City.objects.get(slug="ostersund") if panel == "cities" else None
    return [
        make_evaluator(person(f"{panel}.{one}@example.org", name=f"{panel} {one}"), panel=panel, city=city, **fields)
        for one in range(number)
    ]


def test_a_plan_gives_all_reviews_evenly_and_alike_each_time(call, officer, django_assert_num_queries):
    applications = [make_application(call, f"Town {n}", country="PT", status="eligible") for n in range(9)]
    experts(3)
    experts(2, panel="cities")
    plan = service.plan(call)
    assert plan.unsolved == []
    assert len(plan.assignments) == 9 * 3
    assert sorted(plan.loads.values()) == [4, 5, 6, 6, 6]
    assert service.plan(call).digest == plan.digest
    made = service.apply_plan(plan=plan, by=officer)
    assert {one.status for one in made} == {Status.PROPOSED}
    assert service.plan(call).assignments == []
    for count in (1, 9):
        Assignment.objects.all().delete()
        for application in applications[count:]:
            application.status = "withdrawn"
            application.save()
        with django_assert_num_queries(16):
            service.plan(call)
        for application in applications:
            application.status = "eligible"
            application.save()


def test_a_plan_passes_reviews_on_where_the_first_choice_would_leave_one_out(call, officer):
    """The one who reads French is also the first choice for English: the English file has to go to the other."""
    both, english = experts(2)
    english.reads_french = False
    english.max_load = both.max_load = 1
    english.save()
    both.save()
    make_application(call, "Coimbra", country="PT", status="eligible")
    make_application(call, "Évora", country="PT", status="eligible", language="fr")
    found = {(one.application.name_en, one.evaluator.user.name) for one in service.plan(call).assignments}
    assert found == {("Coimbra", "experts 1"), ("Évora", "experts 0")}


def test_a_plan_says_why_it_cannot_be_solved(call, officer):
    expert, other = experts(2)
    expert.reads_french = False
    expert.save()
    other.countries.add("FR")
    make_application(call, "Besançon", language="fr", status="eligible")
    plan = service.plan(call)
    assert plan.assignments == []
    ((application, why),) = plan.unsolved
    assert application.name_en == "Besançon"
    assert why == [
        "2 reviews of the panel “experts” cannot be given.",
        "2 persons are appointed to it in the field Literature.",
        "Do not read the language of the application: 1.",
        "Have a conflict of interest: 1.",
        "One review of the panel “member cities” cannot be given.",
        "Nobody is appointed to this panel in the field Literature.",
    ]


def test_a_plan_that_no_longer_holds_is_refused_whole(call, officer):
    experts(2)
    make_application(call, "Coimbra", country="PT", status="eligible")
    second = make_application(call, "Évora", country="PT", status="eligible")
    plan = service.plan(call)
    assert len(plan.assignments) == 4
    second.status = "withdrawn"
    second.save()
    with pytest.raises(service.AssignmentRefused, match="this one is “withdrawn”"):
        service.apply_plan(plan=plan, by=officer)
    assert Assignment.objects.count() == 0


def test_a_review_that_a_conflict_took_out_is_planned_anew(call, application, expert):
    make_assignment(application, expert, Status.SUBMITTED)
    assert len(service.plan(call).assignments) == 0
    assert service.plan(call).unsolved[0][1][0] == "One review of the panel “experts” cannot be given."
    expert.countries.add("FR")
    assert service.plan(call).unsolved[0][1][0] == "2 reviews of the panel “experts” cannot be given."


# The clock


def test_what_is_due_is_closed_once(call, expert):
    states = (Status.INVITED, Status.ACCEPTED, Status.IN_PROGRESS, Status.SUBMITTED)
    for number, status in enumerate(states):
        make_assignment(make_application(call, f"Town {number}", status="eligible"), expert, status)
    assert service.close_due_assignments() == 0
    end_evaluation(call)
    Assignment.objects.update(due_at=timezone.now() - DAY)
    assert (service.close_due_assignments(), service.close_due_assignments()) == (4, 0)
    found = Assignment.objects.order_by("pk").values_list("status", flat=True)
    assert list(found) == [Status.EXPIRED, Status.EXPIRED, Status.EXPIRED, Status.LOCKED]


def test_an_unanswered_question_expires_when_it_is_due_and_a_begun_evaluation_does_not(call, application, expert):
    asked = make_assignment(application, expert, due_at=timezone.now())
    begun = make_assignment(
        make_application(call, "Tours", status="eligible"), expert, Status.IN_PROGRESS, due_at=timezone.now()
    )
    assert service.close_due_assignments() == 1
    asked.refresh_from_db()
    begun.refresh_from_db()
    assert (asked.status, begun.status) == (Status.EXPIRED, Status.IN_PROGRESS)


def test_what_expired_keeps_its_text_in_sight_and_hands_it_on(application, expert, officer):
    assignment = make_assignment(application, expert, Status.IN_PROGRESS)
    make_evaluation(assignment, 5, 4, 3)
    Assignment.objects.update(status=Status.EXPIRED)
    page = sign_in(expert.user).get(f"/en/my/evaluations/{assignment.pk}/")
    assert "What you wrote stays here" in page.text
    assert 'class="dossier"' not in page.text
    assert not expert.user.has_perm("cities.read_application", application)
    again = service.assign(application=application, evaluator=expert, by=officer)
    service.ask(assignments=[again], by=officer)
    service.accept(assignment=again, by=expert.user)
    assert [score.value for score in Score.objects.filter(evaluation__assignment=again)] == [5, 4, 3]
    assert Evaluation.objects.count() == 2


@pytest.mark.parametrize(("days", "mails"), [(20, 0), (13, 1), (2, 1), (-1, 1)])
def test_reminders_go_once(days, mails, call, application, expert):
    due = timezone.now() + datetime.timedelta(days=days)
    earlier = timezone.now() - 30 * DAY
    make_assignment(application, expert, Status.ACCEPTED, due_at=due, invited_at=earlier)
    assert (service.remind_evaluators(), service.remind_evaluators()) == (mails, 0)
    subjects = list(OutboxMessage.objects.values_list("subject", flat=True))
    assert subjects == (["An evaluation is overdue" if days < 0 else "An evaluation is due soon"] * mails)


def test_a_reminder_by_hand_goes_once_a_day(application, expert, officer, auditor):
    assignment = make_assignment(application, expert)
    assert service.remind(assignments=[assignment], by=officer) == 1
    assert service.remind(assignments=[assignment], by=officer) == 0
    with pytest.raises(NetworkError, match="Only officers"):
        service.remind(assignments=[assignment], by=auditor)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "verb", [service.decline_assignment, service.recuse, "abstain", "taken-back", "reopened", "asked", "reminder"]
)
def test_mails_have_a_subject_in_both_languages(verb, language, application, expert, officer):
    expert.user.language = language
    expert.user.save()
    begun = verb in ("abstain", "taken-back")
    assignment = make_assignment(application, expert, Status.ACCEPTED if begun else Status.INVITED)
    match verb:
        case "abstain":
            service.abstain(assignment=assignment, reason="Ill.", by=expert.user)
        case "taken-back":
            service.take_back(assignment=assignment, by=officer)
        case "reopened":
            Assignment.objects.update(status=Status.SUBMITTED, declared_at=timezone.now())
            reopen_evaluation(assignment=assignment, reason="Say more.", by=officer)
        case "asked":
            Assignment.objects.update(status=Status.PROPOSED)
            service.ask(assignments=[assignment], by=officer)
        case "reminder":
            service.remind(assignments=[assignment], by=officer)
        case _:
            verb(assignment=assignment, by=expert.user)
    mail = OutboxMessage.objects.get()
    assert mail.subject
    assert "{" not in mail.body


# Officers


def test_candidates_come_free_first_by_load(call, application, expert):
    busy = make_evaluator(person("busy@example.org", name="Busy"))
    make_assignment(make_application(call, "Tours", status="eligible"), busy)
    tied = make_evaluator(person("tied@example.org", name="Tied"))
    tied.countries.add("FR")
    make_evaluator(person("film@example.org"), "film")
    found = candidates(application)
    assert [(one.evaluator, one.load, one.is_free) for one in found] == [
        (expert, 0, True),
        (busy, 1, True),
        (tied, 0, False),
    ]


def test_officers_plan_look_and_apply(call, officer, auditor, django_assert_max_num_queries):
    experts(2)
    application = make_application(call, "Coimbra", country="PT", status="eligible")
    client = sign_in(officer)
    page = client.get("/admin/cities/assignment/plan/")
    assert "2 assignments are planned" in page.text
    assert "Nobody is appointed to this panel" in page.text
    digest = page.context["plan"].digest
    assert "Something changed" in client.post("/admin/cities/assignment/plan/", {"digest": "other"}).text
    assert client.post("/admin/cities/assignment/plan/", {"digest": digest}).status_code == 302
    assert Assignment.objects.count() == 2
    assert "Something changed" in client.post("/admin/cities/assignment/plan/", {"digest": digest}).text
    for address in ("", "?waits=planned", "?waits=overdue", "?waits=conflict", "reviews/"):
        assert client.get(f"/admin/cities/assignment/{address}").status_code == 200
    keys = list(Assignment.objects.values_list("pk", flat=True))
    chosen = {"action": "ask_selected", "_selected_action": keys}
    assert "Each evaluator gets one mail" in client.post("/admin/cities/assignment/", chosen).text
    client.post("/admin/cities/assignment/", chosen | {"confirmed": "yes"})
    assert set(Assignment.objects.values_list("status", flat=True)) == {Status.INVITED}
    chosen["action"] = "remind_selected"
    client.post("/admin/cities/assignment/", chosen | {"confirmed": "yes"})
    assert OutboxMessage.objects.filter(template="evaluation-reminder").count() == 2
    page = client.get(f"/admin/cities/application/{application.pk}/assign/")
    assert "has this application already" in page.text
    assert client.get(f"/admin/cities/assignment/{keys[0]}/change/").status_code == 200
    assert client.post(f"/admin/cities/assignment/{keys[0]}/take-back/", {"seen": "0"}).status_code in (200, 302)
    assert sign_in(auditor).get("/admin/cities/assignment/plan/").status_code == 403
    assert sign_in(auditor).get("/admin/cities/assignment/reviews/").status_code == 200


def test_an_officer_assigns_and_proposes_an_override_another_agrees(call, application, expert, officer, administrator):
    tied = make_evaluator(person("tied@example.org", name="Tied"))
    tied.countries.add("FR")
    client = sign_in(officer)
    address = f"/admin/cities/application/{application.pk}/"
    page = client.get(f"{address}assign/")
    assert "Expert (experts): has 0 of 6, reads English and French" in page.text
    assert "Tied has a conflict of interest: from the same country." in page.text
    assert client.post(f"{address}assign/", {"evaluator": tied.pk}).status_code == 200
    assert client.post(f"{address}assign/", {"evaluator": expert.pk}).status_code == 302
    assert Assignment.objects.get().user == expert.user
    given = {"conflict": f"{tied.user_id}/same-country", "reason": "Nobody else reads it."}
    assert client.post(f"{address}override/", given).status_code == 302
    override = application.conflict_overrides.get()
    assert client.get(f"/admin/cities/conflictoverride/{override.pk}/change/").status_code == 200
    refused = client.post(f"/admin/cities/conflictoverride/{override.pk}/agree/")
    assert "You proposed this yourself" in refused.text
    second = sign_in(administrator)
    assert second.post(f"/admin/cities/conflictoverride/{override.pk}/agree/").status_code == 302
    assert client.post(f"{address}assign/", {"evaluator": tied.pk}).status_code == 302


def test_the_list_costs_the_same_for_1_and_30(call, officer, expert, django_assert_num_queries):
    client = sign_in(officer)
    costs = []
    for number in (1, 30):
        for one in range(Assignment.objects.count(), number):
            make_assignment(make_application(call, f"Town {one}", status="eligible"), expert)
        client.get("/admin/cities/assignment/")
        with django_assert_num_queries(23) as queries:
            client.get("/admin/cities/assignment/")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_an_evaluator_is_described(expert, officer, auditor):
    describe_evaluator(evaluator=expert, countries=[], reads_english=True, reads_french=False, max_load=3, by=officer)
    expert.refresh_from_db()
    assert (expert.reads_french, expert.max_load) == (False, 3)
    with pytest.raises(NetworkError, match="reads English, French or both"):
        describe_evaluator(
            evaluator=expert, countries=[], reads_english=False, reads_french=False, max_load=3, by=officer
        )
    with pytest.raises(NetworkError, match="Only the secretariat"):
        describe_evaluator(
            evaluator=expert, countries=[], reads_english=True, reads_french=True, max_load=3, by=auditor
        )
    client = sign_in(officer)
    given = {"countries": ["FR"], "reads_english": "on", "reads_french": "on", "max_load": "4"}
    assert client.post(f"/admin/cities/evaluator/{expert.pk}/describe/", given).status_code == 302
    assert [country.pk for country in expert.countries.all()] == ["FR"]
    assert client.get("/admin/cities/evaluator/").status_code == 200


def test_an_evaluator_is_appointed_with_languages_load_and_countries(network, officer):
    user = person("new@example.org")
    mandate = begin_mandate(
        user=user,
        by=officer,
        kind="evaluator",
        panel="experts",
        field=make_evaluator(person("some@example.org")).field,
        countries=[],
        reads_french=False,
        max_load=2,
    )
    assert (mandate.reads_english, mandate.reads_french, mandate.max_load) == (True, False, 2)
