import datetime
import json
import random
from itertools import product

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.utils import timezone

from cities.days import today
from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import (
    Application,
    Call,
    ConflictDeclaration,
    ConflictOverride,
    Decision,
    Edition,
    HistoryEntry,
    OutboxMessage,
    Ranking,
    Shortlisting,
)
from cities.services.announcement import announce
from cities.services.decision import (
    DecisionRefused,
    balance,
    compute_ranking,
    correct,
    decide,
    decide_rest,
    flaws,
    groups_of,
    is_sound,
    lines_of,
    rank,
    ranking_inputs,
    shortlist,
    standing_decisions,
    standings,
    undecided,
)
from tests.conftest import person
from tests.factories.calls import make_application, make_assignment, make_call, make_evaluation, make_evaluator
from tests.factories.decisions import ACT, days, make_decision, make_eligible
from tests.history_guards import unguarded

S, R, N = "shortlisted", "reserve", "not-shortlisted"
YES, NO = "designated", "not-designated"


@pytest.fixture
def call(network) -> Call:
    return make_call("decision")


@pytest.fixture
def besancon(call, decision_officer) -> Application:
    return make_eligible(call)


def reviewed(application: Application, *scores: tuple[int, int, int], prefix: str = "") -> list:
    """One review a triple of scores, each by a person of their own."""
    made = []
    for number, values in enumerate(scores, 1):
        user = person(f"{prefix or application.reference}.evaluator.{number}@example.org")
        assignment = make_assignment(application, make_evaluator(user), "submitted")
        made.append(make_evaluation(assignment, *values))
    return made


# Ranking


def test_a_ranking_orders_by_the_median_in_each_field_and_region(call, decision_officer):
    first = make_eligible(call)
    second = make_eligible(call, "Coimbra", "PT")
    third = make_eligible(call, "Tours", "FR", field="music")
    reviewed(first, (5, 5, 5), (3, 3, 3), (4, 4, 4))
    reviewed(second, (5, 5, 5), (5, 5, 5), (1, 1, 1))
    reviewed(third, (2, 2, 2))
    ranking = compute_ranking(call=call, by=decision_officer)
    rows = {row["application"]: row for row in ranking.rows}
    assert [row["application"] for row in ranking.rows] == [second.pk, first.pk, third.pk]
    assert (rows[first.pk]["median"], rows[first.pk]["spread"]) == ("80.00", "40.00")
    assert (rows[second.pk]["median"], rows[second.pk]["spread"]) == ("100.00", "80.00")
    assert [rows[one.pk]["place_in_field"] for one in (first, second, third)] == [2, 1, 1]
    assert [rows[one.pk]["place_in_region"] for one in (first, second, third)] == [2, 1, 3]
    # Three by experts do not make up for the one of a member city.
    assert [rows[one.pk]["missing"] for one in (first, second, third)] == [1, 1, 2]
    assert rows[second.pk]["is_diverging"]


def test_equal_medians_share_a_place_and_are_marked(call, decision_officer):
    towns = [make_eligible(call, name) for name in ("Besançon", "Tours", "Brest", "Orange")]
    for town, score in zip(towns, (3, 4, 4, 1), strict=True):
        reviewed(town, (score, score, score))
    rows = {row["application"]: row for row in compute_ranking(call=call, by=decision_officer).rows}
    assert [(rows[t.pk]["place_in_field"], rows[t.pk]["is_tied_in_field"]) for t in towns] == [
        (3, False),
        (1, True),
        (1, True),
        (4, False),
    ]


def test_without_a_review_there_is_no_place(call, besancon, decision_officer):
    (row,) = compute_ranking(call=call, by=decision_officer).rows
    assert (row["median"], row["spread"], row["place_in_field"], row["is_tied_in_field"]) == (None, None, None, False)
    assert row["missing"] == 3


def test_a_ranking_follows_from_its_stored_inputs_alone(call, decision_officer):
    for number, name in enumerate(("Besançon", "Tours", "Brest")):
        reviewed(make_eligible(call, name), (number, 4, 3), (5, number, 1))
    ranking = compute_ranking(call=call, by=decision_officer)
    ranking.refresh_from_db()
    assert is_sound(ranking)
    assert rank(json.loads(json.dumps(ranking.inputs))) == ranking.rows
    shuffled = ranking.inputs | {"applications": list(ranking.inputs["applications"])}
    random.Random(7).shuffle(shuffled["applications"])
    assert rank(shuffled) == ranking.rows
    ranking.inputs["applications"][0]["reviews"][0]["total"] = "99.00"
    assert not is_sound(ranking)


def test_the_inputs_name_no_person(call, besancon, decision_officer):
    reviewed(besancon, (1, 2, 3))
    text = json.dumps(ranking_inputs(call))
    assert "evaluator" not in text
    assert "example.org" not in text


def test_a_ranking_is_kept_again_only_when_something_changed(call, besancon, decision_officer):
    first = compute_ranking(call=call, by=decision_officer)
    assert compute_ranking(call=call, by=decision_officer) == first
    reviewed(besancon, (1, 2, 3))
    second = compute_ranking(call=call, by=decision_officer)
    assert [one.number for one in Ranking.objects.filter(call=call)] == [second.number, first.number] == [2, 1]


def test_reviews_that_are_not_submitted_do_not_count(call, besancon, decision_officer):
    user = person("slow.evaluator@example.org")
    make_evaluation(make_assignment(besancon, make_evaluator(user), "in-progress"), 5, 5, 5)
    (row,) = compute_ranking(call=call, by=decision_officer).rows
    assert row["reviews"] == 0


def test_edge_l_a_review_whose_author_is_conflicted_by_now_counts_no_more(call, besancon, decision_officer, officer):
    _kept, tied = reviewed(besancon, (5, 5, 5), (0, 0, 0))
    assert compute_ranking(call=call, by=decision_officer).rows[0]["median"] == "50.00"
    ConflictDeclaration.objects.create(application=besancon, user=tied.assignment.user)
    assert compute_ranking(call=call, by=decision_officer).rows[0]["median"] == "100.00"
    ConflictOverride.objects.create(
        application=besancon,
        user=tied.assignment.user,
        conflict="declared",
        reason="A misunderstanding.",
        proposed_by=officer,
        agreed_by=decision_officer,
        agreed_at=timezone.now(),
    )
    assert compute_ranking(call=call, by=decision_officer).rows[0]["median"] == "50.00"


def test_the_number_of_queries_of_a_ranking_does_not_grow(call, decision_officer, django_assert_num_queries):
    names = iter(["Besançon", "Tours", "Brest", "Orange", "Nevers", "Auch"])
    reviewed(make_eligible(call, next(names)), (1, 2, 3))
    with django_assert_num_queries(15):
        ranking_inputs(call)
    for name in names:
        reviewed(make_eligible(call, name), (1, 2, 3), (4, 4, 4))
    with django_assert_num_queries(15):
        ranking_inputs(call)


def test_only_decision_officers_rank_and_not_while_the_call_is_open(call, decision_officer, officer, administrator):
    for user in (officer, administrator):
        with pytest.raises(DecisionRefused, match="Only decision officers"):
            compute_ranking(call=call, by=user)
    still_open = make_call("open", slug="2029", year=2029)
    with pytest.raises(DecisionRefused, match="still open"):
        compute_ranking(call=still_open, by=decision_officer)


# Shortlist


@pytest.mark.parametrize(("before", "after"), list(product((None, S, R, N), (S, R, N))))
def test_every_pair_of_standings(call, besancon, decision_officer, before, after):
    if before:
        shortlist(application=besancon, standing=before, reason="", by=decision_officer)
    if before == after:
        with pytest.raises(TransitionNotAllowed, match="stands there already"):
            shortlist(application=besancon, standing=after, reason="Again.", by=decision_officer)
        return
    if before:
        with pytest.raises(DecisionRefused, match="Say why"):
            shortlist(application=besancon, standing=after, reason=" ", by=decision_officer)
    shortlist(application=besancon, standing=after, reason="The jury said so.", by=decision_officer)
    assert standings(call)[besancon.pk].standing == after
    assert Shortlisting.objects.count() == (2 if before else 1)


@pytest.mark.parametrize("outcome", [YES, NO])
@pytest.mark.parametrize("standing", [S, R, N])
def test_after_a_decision_the_shortlist_is_closed(call, besancon, decision_officer, outcome, standing):
    make_decision(besancon, decision_officer, outcome)
    with pytest.raises(TransitionNotAllowed, match="decision on Besançon already"):
        shortlist(application=besancon, standing=standing, reason="Later.", by=decision_officer)


def test_the_shortlist_waits_for_the_end_of_the_evaluation(network, decision_officer):
    call = make_call("evaluation")
    application = make_eligible(call)
    with pytest.raises(DecisionRefused, match="The evaluation goes on until"):
        shortlist(application=application, standing=S, reason="", by=decision_officer)


def test_the_shortlist_is_for_decision_officers_and_known_standings(besancon, decision_officer, officer):
    with pytest.raises(DecisionRefused, match="Only decision officers"):
        shortlist(application=besancon, standing=S, reason="", by=officer)
    with pytest.raises(DecisionRefused, match="Say where"):
        shortlist(application=besancon, standing="first", reason="", by=decision_officer)


def test_the_shortlist_only_grows(besancon, decision_officer):
    made = shortlist(application=besancon, standing=S, reason="", by=decision_officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Shortlisting.objects.filter(pk=made.pk).update(standing=R)
    with pytest.raises(IntegrityError), transaction.atomic():
        made.delete()


def test_the_balance_stands_beside_the_scores(network, decision_officer):
    call = make_call("decision", max_designated=1, priority_regions=["africa"])
    call.priority_fields.set(call.fields.filter(slug="music"))
    french = [make_eligible(call, name) for name in ("Besançon", "Tours")]
    gabon = make_eligible(call, "Libreville", "GA", field="music")
    make_eligible(call, "Coimbra", "PT")
    for application in (*french, gabon):
        shortlist(application=application, standing=S, reason="", by=decision_officer)
    found = balance(call)
    assert found.total == 3
    assert found.counts == {("literature", "europe-north-america"): 2, ("music", "africa"): 1}
    assert [country.pk for country in found.new_countries] == ["GA"]
    assert [(country.pk, number) for country, number in found.crowded] == [("FR", 2)]
    assert [one["label"] for one in found.regions if one["is_priority"]] == ["Africa"]
    assert [one["field"].slug for one in found.table if one["is_priority"]] == ["music"]
    assert found.foot[-1][0] == 3
    # The order knows nothing of the flags.
    inputs = ranking_inputs(call)
    Call.objects.filter(pk=call.pk).update(priority_regions=[])
    assert ranking_inputs(Call.objects.get(pk=call.pk)) == inputs


def test_the_desk_groups_by_field_and_by_region(call, decision_officer):
    make_eligible(call)
    make_eligible(call, "Libreville", "GA", field="music")
    ranking = compute_ranking(call=call, by=decision_officer)
    lines = lines_of(call, ranking)
    assert [(group.label, len(group.lines)) for group in groups_of(call, lines, "field")] == [
        ("Literature", 1),
        ("Music", 1),
    ]
    assert [group.label for group in groups_of(call, lines, "region")] == ["Africa", "Europe and North America"]


# Decisions


@pytest.mark.parametrize("standing", [None, S, R, N])
@pytest.mark.parametrize("outcome", [YES, NO])
def test_every_pair_of_standing_and_outcome(besancon, decision_officer, standing, outcome):
    if standing:
        shortlist(application=besancon, standing=standing, reason="", by=decision_officer)
    if (standing, outcome) == (N, YES):
        with pytest.raises(TransitionNotAllowed, match="was not shortlisted"):
            make_decision(besancon, decision_officer, outcome)
        return
    assert make_decision(besancon, decision_officer, outcome).outcome == outcome


@pytest.mark.parametrize(("before", "after"), list(product((YES, NO), (YES, NO))))
def test_a_second_decision_is_refused_and_a_correction_is_a_row_of_its_own(besancon, decision_officer, before, after):
    first = make_decision(besancon, decision_officer, before)
    with pytest.raises(TransitionNotAllowed, match="Correct that one instead"):
        make_decision(besancon, decision_officer, after)
    act = {**ACT, "decided_on": today(), "file": None, "reason": "A clerical error."}
    if before == after:
        with pytest.raises(DecisionRefused, match="says already"):
            correct(decision=first, outcome=after, by=decision_officer, **act)
        return
    second = correct(decision=first, outcome=after, by=decision_officer, **act)
    assert (second.supersedes, second.outcome) == (first, after)
    assert standing_decisions(besancon.call) == {besancon.pk: second}
    with pytest.raises(TransitionNotAllowed, match="corrected already"):
        correct(decision=first, outcome=after, by=decision_officer, **act)


def test_a_correction_needs_a_reason(besancon, decision_officer):
    made = make_decision(besancon, decision_officer)
    with pytest.raises(DecisionRefused, match="Say why"):
        correct(decision=made, outcome=NO, by=decision_officer, **ACT, decided_on=today(), file=None, reason=" ")


@pytest.mark.parametrize("status", sorted(set(Application.Status.values) - {"eligible", "designated"}))
def test_only_what_is_eligible_is_decided_on(call, decision_officer, status):
    application = make_application(call, status=status)
    for act in (
        lambda: make_decision(application, decision_officer),
        lambda: shortlist(application=application, standing=S, reason="", by=decision_officer),
    ):
        with pytest.raises(TransitionNotAllowed, match="is not eligible"):
            act()


def test_nothing_is_decided_before_its_instant(network, decision_officer, monkeypatch):
    call = make_call("evaluation")
    application = make_eligible(call)
    with pytest.raises(DecisionRefused, match="Nothing can be decided before"):
        make_decision(application, decision_officer)
    monkeypatch.setattr(timezone, "now", lambda: call.decision_at)
    assert make_decision(application, decision_officer).at == call.decision_at


def test_only_decision_officers_decide(besancon, officer, administrator, auditor, admin_user):
    for user in (officer, administrator, auditor, admin_user):
        with pytest.raises(DecisionRefused, match="Only decision officers"):
            make_decision(besancon, user)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"outcome": "perhaps"}, "Say whether"),
        ({"reference": " "}, "reference of the act"),
        ({"decider": ""}, "Say who decided"),
        ({"decided_on": datetime.date(2199, 1, 1)}, "later than today"),
        ({"decided_on": datetime.date(2020, 1, 1)}, "before the call closed"),
        ({"outcome": NO, "starts_on": datetime.date(2026, 11, 1)}, "belongs to a designation only"),
        ({"starts_on": datetime.date(2020, 1, 1)}, "before the call closed"),
        ({"starts_on": datetime.date(2199, 1, 1)}, "after the announcement"),
    ],
)
def test_an_act_that_lacks_something_is_refused(besancon, decision_officer, given, sentence):
    with pytest.raises(DecisionRefused, match=sentence):
        make_decision(besancon, decision_officer, **given)
    assert not Decision.objects.exists()


def test_a_first_day_on_which_the_field_was_none_is_refused(call, decision_officer):
    application = make_eligible(call, field="music")
    application.field.valid_to = today() - days(2)
    application.field.save()
    with pytest.raises(DecisionRefused, match="no field of the network"):
        make_decision(application, decision_officer, starts_on=today())


def test_a_country_has_so_many_designations_and_each_in_another_field(call, decision_officer):
    first, same_field, second, third = (
        make_eligible(call, name, field=field)
        for name, field in (("Besançon", "literature"), ("Tours", "literature"), ("Brest", "music"), ("Auch", "film"))
    )
    make_decision(first, decision_officer)
    with pytest.raises(DecisionRefused, match="designation in Literature in this call already: Besançon"):
        make_decision(same_field, decision_officer)
    make_decision(second, decision_officer)
    with pytest.raises(DecisionRefused, match=r"all its designations in this call \(2\): Besançon, Brest"):
        make_decision(third, decision_officer)
    # A correction frees the place, and takes none that is not there.
    act = {**ACT, "decided_on": today(), "file": None, "by": decision_officer}
    correct(decision=standing_decisions(call)[first.pk], outcome=NO, reason="An error.", **act)
    taken = make_decision(same_field, decision_officer)
    assert taken.is_designation
    with pytest.raises(DecisionRefused, match="all its designations"):
        correct(decision=standing_decisions(call)[first.pk], outcome=YES, reason="Back.", **act)
    make_decision(make_eligible(call, "Coimbra", "PT"), decision_officer)


def test_without_a_limit_a_country_has_any_number(network, decision_officer):
    call = make_call("decision", max_designated=None, designated_fields_differ=False)
    for name in ("Besançon", "Tours", "Brest"):
        make_decision(make_eligible(call, name), decision_officer)
    assert call.decisions.count() == 3


def test_the_rest_is_decided_at_once_and_only_what_was_shown(call, decision_officer):
    first, *others = [make_eligible(call, name) for name in ("Besançon", "Tours", "Brest")]
    shown = undecided(call)
    make_decision(first, decision_officer)
    act = {**ACT, "decided_on": today(), "file": None, "by": decision_officer}
    with pytest.raises(DecisionRefused, match="Meanwhile"):
        decide_rest(call=call, applications=shown, **act)
    made = decide_rest(call=call, applications=others, **act)
    assert [one.outcome for one in made] == [NO, NO]
    with pytest.raises(DecisionRefused, match="Every eligible application has a decision"):
        decide_rest(call=call, applications=[], **act)


def test_after_the_announcement_outcome_and_first_day_stay(call, besancon, decision_officer):
    made = make_decision(besancon, decision_officer)
    announce(call=call, by=decision_officer)
    act = {"decider": "Director-General", "decided_on": today(), "file": None, "by": decision_officer}
    with pytest.raises(TransitionNotAllowed, match="operations on the city"):
        correct(decision=made, outcome=NO, reference="DG/2026/17", reason="Too late.", **act)
    second = correct(decision=made, outcome=YES, reference="DG/2026/18", reason="A wrong number.", **act)
    entry = HistoryEntry.objects.about(second).get()
    assert (entry.verb, entry.reason) == ("decision.recorded", "A wrong number.")
    for verb in (
        lambda: make_decision(besancon, decision_officer),
        lambda: shortlist(application=besancon, standing=S, reason="", by=decision_officer),
        lambda: compute_ranking(call=call, by=decision_officer),
    ):
        with pytest.raises(TransitionNotAllowed, match="are announced"):
            verb()


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_a_draft_or_cancelled_call_decides_nothing(network, decision_officer, status):
    call = make_call("decision", publish=False)
    application = make_eligible(call)
    Call.objects.filter(pk=call.pk).update(status=status)
    application.refresh_from_db()
    for verb in (
        lambda: make_decision(application, decision_officer),
        lambda: shortlist(application=application, standing=S, reason="", by=decision_officer),
        lambda: compute_ranking(call=call, by=decision_officer),
        lambda: announce(call=call, by=decision_officer),
    ):
        with pytest.raises(TransitionNotAllowed, match="the call is “"):
            verb()


# The chain


def test_decisions_are_chained_and_a_change_shows(call, decision_officer):
    for name in ("Besançon", "Tours", "Brest"):
        make_decision(make_eligible(call, name), decision_officer, NO)
    assert list(flaws()) == []
    middle = Decision.objects.get(number=2)
    with unguarded(Decision):
        Decision.objects.filter(pk=middle.pk).update(outcome=YES)
    assert list(flaws()) == ["Decision 2 was changed: its content does not give its hash."]
    with unguarded(Decision):
        middle.delete()
    assert list(flaws()) == ["A decision is missing: 3 follows 1."]


def test_a_decision_is_never_changed_nor_removed(besancon, decision_officer):
    made = make_decision(besancon, decision_officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(pk=made.pk).update(outcome=NO)
    with pytest.raises(IntegrityError), transaction.atomic():
        made.delete()


# Under embargo


def test_edge_m_a_decision_leaves_no_trace_anywhere_else(call, besancon, decision_officer):
    before = Application.objects.filter(pk=besancon.pk).values().get()

    def traces() -> tuple:
        return (
            HistoryEntry.objects.count(),
            LogEntry.objects.count(),
            OutboxMessage.objects.count(),
            Edition.objects.get().number,
            Call.objects.filter(pk=call.pk).values().get(),
        )

    kept = traces()
    compute_ranking(call=call, by=decision_officer)
    shortlist(application=besancon, standing=S, reason="", by=decision_officer)
    made = make_decision(besancon, decision_officer)
    correct(decision=made, outcome=NO, reason="An error.", by=decision_officer, **ACT, decided_on=today(), file=None)
    assert traces() == kept
    assert Application.objects.filter(pk=besancon.pk).values().get() == before


@pytest.mark.parametrize("model", [Ranking, Shortlisting, Decision])
def test_what_is_under_embargo_is_seen_by_decision_officers_and_by_staff_afterwards(
    call, besancon, decision_officer, officer, administrator, auditor, admin_user, coordinator, model
):
    compute_ranking(call=call, by=decision_officer)
    shortlist(application=besancon, standing=S, reason="", by=decision_officer)
    make_decision(besancon, decision_officer)
    others = (officer, administrator, auditor, admin_user)
    assert model.objects.visible_to(decision_officer).count() == 1
    assert [model.objects.visible_to(user).count() for user in (*others, coordinator)] == [0] * 5
    announce(call=call, by=decision_officer)
    assert [model.objects.visible_to(user).count() for user in (*others, coordinator)] == [1, 1, 1, 1, 0]


def test_withdrawal_is_refused_by_the_instant_whether_there_is_a_decision_or_not(call, decision_officer):
    decided, waiting = make_eligible(call), make_eligible(call, "Tours")
    make_decision(decided, decision_officer)
    assert not decided.can_be_withdrawn
    assert not waiting.can_be_withdrawn


def test_all_refusals_are_sentences(besancon, decision_officer, officer):
    with pytest.raises(NetworkError) as refusal:
        decide(application=besancon, outcome=YES, by=officer, **ACT, decided_on=today(), file=None)
    assert str(refusal.value).endswith(".")
