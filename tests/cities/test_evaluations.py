"""Evaluations: written without loss, handed in, compared; and the evaluator's pages."""

import json
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import Assignment, Call, Evaluation, Evaluator, HistoryEntry, OutboxMessage, Score
from cities.services.evaluation import (
    Given,
    evaluation_of,
    others_of,
    reopen_evaluation,
    reviews,
    save_evaluation,
    severity,
    submit_evaluation,
)
from cities.services.moderation import DraftConflict, Incomplete
from tests.conftest import person, sign_in
from tests.factories.calls import DAY, make_application, make_assignment, make_call, make_evaluation, make_evaluator

Status = Assignment.Status


@pytest.fixture
def call(network) -> Call:
    return make_call("evaluation")


@pytest.fixture
def application(call):
    return make_application(call, "Coimbra", country="PT", status="eligible")


@pytest.fixture
def expert(network) -> Evaluator:
    return make_evaluator(person("expert@example.org", name="Expert"))


@pytest.fixture
def assignment(application, expert) -> Assignment:
    return make_assignment(application, expert, Status.ACCEPTED)


@pytest.fixture
def client(expert) -> Client:
    return sign_in(expert.user)


def address(assignment: Assignment, act: str = "", language: str = "en") -> str:
    return f"/{language}/my/evaluations/{assignment.pk}/{act}"


def whole(**changes) -> dict[str, str]:
    """What a browser sends of a complete evaluation."""
    data = {
        "score_development": "5",
        "comment_development": "",
        "score_heritage": "4",
        "comment_heritage": "Old.",
        "score_feasibility": "3",
        "comment_feasibility": "",
        "recommendation": "recommend",
        "comment": "A sound plan.",
        "seen": "0",
        "base": "{}",
    }
    return data | changes


def end_evaluation(call: Call) -> None:
    now = timezone.now()
    Call.objects.filter(pk=call.pk).update(
        screening_until=now - 2 * DAY, evaluation_until=now - DAY, decision_at=now + DAY, announce_at=now + 2 * DAY
    )


# Saving


def test_the_first_save_begins_and_versions_count(assignment, expert):
    first = save_evaluation(
        assignment=assignment, given=Given(scores={"heritage": (3, "Old.")}), seen=0, by=expert.user
    )
    assignment.refresh_from_db()
    assert (assignment.status, first.version) == (Status.IN_PROGRESS, 1)
    same = save_evaluation(assignment=assignment, given=Given(scores={"heritage": (3, "Old.")}), seen=0, by=expert.user)
    assert same.version == 1
    with pytest.raises(DraftConflict) as conflict:
        save_evaluation(assignment=assignment, given=Given(comment="Other"), seen=0, by=expert.user)
    assert conflict.value.stored.version == 1
    assert Score.objects.get(value=3).comment == "Old."


def test_nobody_else_writes_and_not_after_the_end(assignment, expert, call):
    with pytest.raises(TransitionNotAllowed, match="no longer yours"):
        save_evaluation(assignment=assignment, given=Given(comment="x"), seen=0, by=person("other@example.org"))
    end_evaluation(call)
    with pytest.raises(TransitionNotAllowed, match="The evaluation of this call has ended"):
        save_evaluation(assignment=assignment, given=Given(comment="x"), seen=0, by=expert.user)


def test_a_submission_needs_every_score_a_summary_and_words_for_a_zero(assignment, expert):
    with pytest.raises(Incomplete) as refusal:
        submit_evaluation(assignment=assignment, by=expert.user)
    assert refusal.value.missing == [
        "On development: Give a score.",
        "On heritage: Give a score.",
        "On feasibility: Give a score.",
        "Say what you recommend.",
        "Sum up your evaluation in a few sentences.",
    ]
    scores = {"development": (0, ""), "heritage": (5, ""), "feasibility": (5, "")}
    given = Given(scores=scores, recommendation="do-not", comment="No.")
    save_evaluation(assignment=assignment, given=given, seen=0, by=expert.user)
    with pytest.raises(Incomplete, match=r"On development: Say why the score is 0\."):
        submit_evaluation(assignment=assignment, by=expert.user)


def test_a_submitted_evaluation_is_closed_until_staff_open_it(assignment, expert, officer):
    make_evaluation(assignment, 5, 4, 3)
    Evaluation.objects.update(comment="Sound.")
    submitted = submit_evaluation(assignment=assignment, by=expert.user)
    assert submitted.submitted_at is not None
    with pytest.raises(TransitionNotAllowed, match="This evaluation cannot be changed: it is “submitted” now"):
        save_evaluation(assignment=assignment, given=Given(comment="x"), seen=0, by=expert.user)
    with pytest.raises(NetworkError, match="Say why, in words that help the evaluator"):
        reopen_evaluation(assignment=assignment, reason=" ", by=officer)
    reopen_evaluation(assignment=assignment, reason="Say more of the budget.", by=officer)
    assert "Say more of the budget." in OutboxMessage.objects.get().body
    assert reviews(assignment.application.call)[0].totals == []
    verbs = list(HistoryEntry.objects.about(assignment).values_list("verb", flat=True))
    assert verbs == ["assignment.reopened", "assignment.submitted"]


# Together


def test_totals_median_spread_and_what_is_missing(call, application):
    values = [(5, 5, 5), (0, 0, 0), (3, 3, 3)]
    for number, scores in enumerate(values):
        evaluator = make_evaluator(person(f"expert.{number}@example.org"))
        make_evaluation(make_assignment(application, evaluator, Status.SUBMITTED), *scores)
    other = make_application(call, "Évora", country="PT", status="eligible")
    first, second = reviews(call)
    assert (first.totals, first.median, first.spread) == ([0, 60, 100], Decimal("60.00"), 100)
    assert (first.diverging, first.missing, first.missing_by_panel) == (True, 1, {"experts": 0, "cities": 1})
    assert (first.completeness, first.is_complete, first.mean) == (67, False, Decimal("53.33"))
    assert (second.application, second.missing, second.median, second.spread) == (other, 3, None, None)
    found = severity([first, second])
    assert [(one.user.email[:8], one.difference) for one in found] == [
        ("expert.1", Decimal("-80.00")),
        ("expert.2", Decimal("10.00")),
        ("expert.0", Decimal("70.00")),
    ]


def test_reviews_cost_the_same_for_1_and_30(call, django_assert_num_queries):
    costs = []
    for number in (1, 30):
        for one in range(call.applications.count(), number):
            application = make_application(call, f"Town {one}", country="PT", status="eligible")
            evaluator = make_evaluator(person(f"expert.{one}@example.org"))
            make_evaluation(make_assignment(application, evaluator, Status.SUBMITTED), 5, 4, 3)
        with django_assert_num_queries(14) as queries:
            for one in reviews(call):
                assert one.totals
        costs.append(len(queries))
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("blindness", "before", "after"), [("open", 1, 1), ("until-submitted", 0, 1), ("always", 0, 0)]
)
def test_what_evaluators_see_of_each_other(blindness, before, after, network, expert):
    call = make_call("evaluation", blindness=blindness)
    application = make_application(call, "Coimbra", country="PT", status="eligible")
    own = make_assignment(application, expert, Status.ACCEPTED)
    other = make_assignment(application, make_evaluator(person("other@example.org", name="Other")), Status.SUBMITTED)
    make_evaluation(other, 5, 4, 3)
    Evaluation.objects.update(comment="The word of the other.")
    client = sign_in(expert.user)
    assert len(others_of(own)) == before
    assert ("The word of the other." in client.get(address(own)).text) == bool(before)
    Assignment.objects.filter(pk=own.pk).update(status=Status.SUBMITTED, submitted_at=timezone.now())
    page = client.get(address(own)).text
    assert ("The word of the other." in page) == bool(after)
    assert "Other</" not in page
    assert "other@example.org" not in page


# Pages


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_declaration_comes_before_the_file(language, application, expert, client):
    assignment = make_assignment(application, expert)
    page = client.get(address(assignment, language=language)).text
    assert "Coimbra" in page
    assert 'class="dossier"' not in page
    assert client.get(f"/{language}/my/applications/{application.pk}/read/").status_code in (403, 404)
    refused = client.post(address(assignment, "accept/", language))
    assert refused.context["forms"]["accept"].errors
    client.post(address(assignment, "accept/", language), {"accept-is_free": "on"})
    assignment.refresh_from_db()
    assert (assignment.status, assignment.declared_at is not None) == (Status.ACCEPTED, True)
    page = client.get(address(assignment, language=language)).text
    assert 'class="dossier"' in page
    assert ("On development" if language == "en" else "Sur development") in page
    again = client.post(address(assignment, "accept/", language), {"accept-is_free": "on"})
    assert again.status_code == 302


@pytest.mark.parametrize(
    ("act", "status"), [("decline", Status.DECLINED), ("recuse", Status.RECUSED), ("abstain", Status.ABSTAINED)]
)
def test_it_can_be_given_back(act, status, application, expert, client):
    begun = act == "abstain"
    assignment = make_assignment(application, expert, Status.ACCEPTED if begun else Status.INVITED)
    if begun:
        refused = client.post(address(assignment, "abstain/"))
        assert refused.context["forms"]["abstain"].errors == {"reason": ["Say in a few words why."]}
    done = client.post(address(assignment, f"{act}/"), {f"{act}-reason": "In a word."})
    assert (done.status_code, done.url) == (302, "/en/my/evaluations/")
    assignment.refresh_from_db()
    assert assignment.status == status
    assert OutboxMessage.objects.get().template == "evaluation-to-staff"
    assert client.get(address(assignment)).status_code == 404


def test_the_form_saves_goes_on_and_submits_after_a_last_look(call, assignment, expert, client):
    following = make_assignment(make_application(call, "Évora", country="PT", status="eligible"), expert)
    saved = client.post(address(assignment), whole(next="1"))
    assert saved.url == address(following)
    assert evaluation_of(assignment).total(list(call.criteria.all())) == Decimal("86.67")
    look = client.post(address(assignment, "submit/"), whole(seen="1"))
    assert "You give 86.67 of 100 points." in look.text
    assignment.refresh_from_db()
    assert assignment.status == Status.IN_PROGRESS
    assert "look at it again" in client.post(address(assignment, "submit/"), {"confirm": "0"}, follow=True).text
    done = client.post(address(assignment, "submit/"), {"confirm": "1"}, follow=True)
    assert "Your evaluation of Coimbra is submitted. Thank you." in done.text
    assert client.post(address(assignment, "submit/"), {"confirm": "1"}).status_code == 302
    assert HistoryEntry.objects.filter(verb="assignment.submitted").count() == 1


def test_too_early_a_submission_says_what_is_missing_and_keeps_the_rest(assignment, client):
    page = client.post(address(assignment, "submit/"), whole(score_heritage="", comment=""))
    assert page.context["failed"]
    assert "On heritage: Give a score." in page.text
    assert 'href="#id_score_heritage_0"' in page.text
    assert Score.objects.get(value=5)


def test_what_cannot_be_taken_over_is_kept_as_typed(assignment, client):
    page = client.post(address(assignment), whole(score_heritage="4½", comment="x" * 10_001), follow=True)
    assert "Kept as you typed it" in page.text
    assert "x" * 10_001 in page.text
    assert evaluation_of(assignment).as_typed == {"score_heritage": "4½", "comment": "x" * 10_001}
    refused = client.post(address(assignment, "submit/"), whole(score_heritage="4½", seen="1"))
    assert refused.context["failed"]


def test_it_saves_itself(assignment, client, call):
    answer = client.post(address(assignment), whole(), headers={"X-Autosave": "1"})
    told = json.loads(answer.content)
    assert (told["state"], told["fields"]["seen"]) == ("saved", "1")
    late = client.post(address(assignment), whole(comment="Older window"), headers={"X-Autosave": "1"})
    assert (late.status_code, json.loads(late.content)["state"]) == (409, "conflict")
    end_evaluation(call)
    closed = client.post(address(assignment), whole(seen="1", comment="Late"), headers={"X-Autosave": "1"})
    assert json.loads(closed.content) == {"state": "closed", "message": "The evaluation of this call has ended."}


def test_two_windows_see_both_texts(assignment, client):
    first = client.get(address(assignment)).context["draft"].hidden
    client.post(address(assignment), whole(comment="The first window.", **first))
    page = client.post(address(assignment), whole(comment="The second window.", score_heritage="1", **first))
    assert page.status_code == 409
    assert "The first window." in page.text
    assert "The second window." in page.text
    hidden = page.context["draft"].hidden
    client.post(address(assignment), whole(comment="Both windows.", score_heritage="1", **hidden))
    assert evaluation_of(assignment).comment == "Both windows."


def test_the_deadline_passes_while_one_types(assignment, client, call):
    client.post(address(assignment), whole())
    end_evaluation(call)
    page = client.post(address(assignment), whole(comment="Typed too late.", seen="1"))
    assert page.status_code == 409
    assert "Typed too late." in page.text
    assert "The evaluation of this call has ended" in page.text
    assert "A sound plan." in client.get(address(assignment)).text


def test_who_is_signed_out_finds_what_they_typed(assignment, expert):
    client = Client()
    sent = client.post(address(assignment), whole(comment="Typed while signed out."))
    assert "/account/login/" in sent.url
    client.force_login(expert.user)
    page = client.get(address(assignment))
    assert "Typed while signed out." in page.text
    assert client.post(address(assignment), {"discard": "1"}).status_code == 302
    assert "Typed while signed out." not in client.get(address(assignment)).text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_list_and_my_page_tell_what_waits(language, call, assignment, expert, client):
    make_assignment(make_application(call, "Évora", country="PT", status="eligible"), expert)
    done = make_assignment(make_application(call, "Braga", country="PT", status="eligible"), expert, Status.SUBMITTED)
    make_evaluation(done, 5, 4, 3)
    page = client.get(f"/{language}/my/evaluations/").text
    assert all(name in page for name in ("Coimbra", "Évora", "Braga"))
    home = client.get(f"/{language}/my/").text
    assert "Évora" in home
    assert "Braga" not in home
    read = client.get(address(done, language=language)).text
    assert "data-autosave" not in read
    assert "86.67" in read or "86,67" in read


def test_the_list_costs_the_same_for_1_and_30(call, expert, client, django_assert_num_queries):
    costs = []
    for number in (1, 30):
        for one in range(Assignment.objects.count(), number):
            make_assignment(make_application(call, f"Town {one}", country="PT", status="eligible"), expert)
        client.get("/en/my/evaluations/")
        with django_assert_num_queries(8) as queries:
            client.get("/en/my/evaluations/")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_stranger_meets_404_whether_it_exists_or_not(assignment, coordinator, officer):
    for user in (coordinator, officer):
        for pk in (assignment.pk, assignment.pk + 1):
            assert sign_in(user).get(f"/en/my/evaluations/{pk}/").status_code == 404
