"""The admin as a workplace for applications: the list, the file of each, the start page, many at once."""

import csv
import datetime
import io
import json

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cities.models import (
    Application,
    Assignment,
    Call,
    ConflictOverride,
    Decision,
    HistoryEntry,
    OutboxMessage,
    Screening,
    Shortlisting,
    Snapshot,
)
from cities.models.history import NO_HASH
from cities.services.dossier import content
from cities.services.draft_reminder import ReminderRefused, remind_team
from cities.services.history import record
from tests.bench.synthetic import fill_applications
from tests.conftest import person, sign_in
from tests.factories.calls import (
    add_applicant,
    answer,
    make_application,
    make_assignment,
    make_call,
    make_endorsement,
    make_evaluation,
    make_evaluator,
)
from tests.history_guards import all_unguarded

pytestmark = pytest.mark.django_db

LIST = "/admin/cities/application/"
SECRETARIAT = ("officer", "decision_officer", "administrator", "auditor")
Status = Application.Status


@pytest.fixture
def staff(officer):
    return sign_in(officer)


@pytest.fixture
def team(db):
    return person("team@example.org", language="fr")


@pytest.fixture
def call(network):
    return make_call("screening")


@pytest.fixture
def submitted(call, team):
    """A submitted application of Besançon, with a snapshot."""
    application = make_application(call, owner=team, status=Status.SUBMITTED)
    keep_snapshot(application, team)
    return application


def keep_snapshot(application, by, **answers):
    snapshot = Snapshot(
        application=application,
        number=application.snapshots.count() + 1,
        at=timezone.now(),
        by=by,
        content=json.loads(json.dumps(content(application))),
        receipt=f"R-{application.pk}-{application.snapshots.count() + 1}",
    )
    snapshot.sha256 = snapshot.computed_sha256()
    snapshot.save()
    return snapshot


def decide(application, by, outcome="designated"):
    """A decision written directly."""
    last = Decision.objects.order_by("number").last()
    decision = Decision(
        call=application.call,
        application=application,
        outcome=outcome,
        reference="DECISION-SECRET-7",
        decided_on=datetime.date(2026, 11, 1),
        decider="the Director-General",
        at=timezone.now(),
        by=by,
        number=(last.number if last else 0) + 1,
        previous_hash=last.hash if last else NO_HASH,
    )
    decision.hash = decision.computed_hash()
    decision.save()
    return decision


def page_of(application):
    return f"{LIST}{application.pk}/change/"


def listed(client, query=""):
    return [row.name for row in client.get(f"{LIST}?{query}").context["cl"].result_list]


def labels(response):
    return [str(operation.label) for operation in response.context["operations"]]


# Who


@pytest.mark.parametrize("who", SECRETARIAT)
@pytest.mark.parametrize("path", ["", "export/", "{pk}/change/", "{pk}/print/"])
def test_the_secretariat_looks_at_all(request, submitted, who, path):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(LIST + path.format(pk=submitted.pk)).status_code == 200


@pytest.mark.parametrize("path", ["", "export/", "{pk}/change/", "{pk}/print/", "{pk}/remind/"])
def test_nobody_else_gets_in(submitted, team, client, path):
    address = LIST + path.format(pk=submitted.pk)
    assert client.get(address).status_code == 302
    assert "/login/" in sign_in(team).get(address).url


@pytest.mark.parametrize("who", SECRETARIAT)
def test_nobody_writes_or_deletes_an_application_by_hand(request, submitted, who):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(page_of(submitted), {"name_en": "Elsewhere"}).status_code == 403
    assert client.post(f"{LIST}{submitted.pk}/delete/", {"post": "yes"}).status_code == 403
    submitted.refresh_from_db()
    assert submitted.name_en == "Besançon"


def test_an_auditor_reads_and_has_no_buttons(submitted, auditor):
    client = sign_in(auditor)
    draft = make_application(make_call("open", slug="2029"), "Tours")
    assert labels(client.get(page_of(submitted))) == []
    assert labels(client.get(page_of(draft))) == []
    assert client.get(f"{LIST}{draft.pk}/remind/").status_code == 403
    chosen = {"action": "remind_selected", "_selected_action": [draft.pk], "confirmed": "yes"}
    client.post(LIST, chosen)
    assert not OutboxMessage.objects.exists()


# The list


@pytest.fixture
def many(call, officer, decision_officer):
    """Applications at every stage, in two calls."""
    rows = {
        "Besançon": make_application(call, status=Status.SUBMITTED),
        "Tours": make_application(call, "Tours", status=Status.SUBMITTED, field="film", language="fr"),
        "Coimbra": make_application(call, "Coimbra", "PT", status=Status.SUBMITTED, field="music"),
        "Aveiro": make_application(call, "Aveiro", "PT", status=Status.ELIGIBLE, field="music"),
        "Nkongsamba": make_application(call, "Nkongsamba", "CM", status=Status.RETURNED),
        "Gafsa": make_application(call, "Gafsa", "TN", status=Status.INELIGIBLE),
    }
    now = timezone.now()
    Application.objects.filter(pk=rows["Nkongsamba"].pk).update(return_until=now - datetime.timedelta(hours=1))
    make_endorsement(rows["Besançon"], "endorsed", 1)
    make_endorsement(rows["Tours"], "declined")
    Screening.objects.create(application=rows["Tours"], status="proposed", proposed_by=officer, proposed_at=now)
    Screening.objects.create(
        application=rows["Coimbra"], status="proposed", proposed_by=decision_officer, proposed_at=now
    )
    Screening.objects.create(application=rows["Nkongsamba"], returned_at=now)
    Screening.objects.create(
        application=rows["Gafsa"], status="concluded", proposed_by=officer, concluded_by=decision_officer
    )
    evaluator = make_evaluator(person("expert@example.org"), "music")
    make_assignment(rows["Aveiro"], evaluator, Assignment.Status.ACCEPTED, due_at=now - datetime.timedelta(days=1))
    other = make_call("open", slug="2029")
    rows["Quimper"] = make_application(other, "Quimper", field=None)
    return rows


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "Quimper Aveiro Besançon Coimbra Gafsa Nkongsamba Tours"),
        ("call=2029", "Quimper"),
        ("phase=open", "Quimper"),
        ("phase=screening&field=music", "Aveiro Coimbra"),
        ("status=submitted", "Besançon Coimbra Tours"),
        ("field=none", "Quimper"),
        ("field=film", "Tours"),
        ("region=africa", "Nkongsamba"),
        ("country=PT", "Aveiro Coimbra"),
        ("language=fr", "Tours"),
        ("endorsement=missing&status=submitted", "Coimbra Tours"),
        ("endorsement=none&country=PT", "Aveiro Coimbra"),
        ("endorsement=declined", "Tours"),
        ("endorsement=endorsed", "Besançon"),
        ("screening=to-examine", "Besançon"),
        ("screening=second", "Coimbra"),
        ("screening=proposed", "Coimbra Tours"),
        ("screening=concluded", "Gafsa"),
        ("returned=yes", "Nkongsamba"),
        ("returned=over", "Nkongsamba"),
        ("returned=was", "Nkongsamba"),
        ("reviews=unassigned", "Aveiro"),
        ("reviews=missing", "Aveiro"),
        ("reviews=overdue", "Aveiro"),
        ("reviews=complete", ""),
        ("field=dance", "Quimper Aveiro Besançon Coimbra Gafsa Nkongsamba Tours"),
        ("q=besancon", "Besançon"),
        ("q=BESAN", "Besançon"),
        ("q=portugal", "Aveiro Coimbra"),
        ("q=aveiro+portugal", "Aveiro"),
        ("q=2027-002", "Tours"),
        ("q=2027-2", "Tours"),
        ("q=cameroun", "Nkongsamba"),
        ("q=nowhere", ""),
        ("q=!!", ""),
    ],
)
def test_filters_and_search(many, staff, query, names):
    assert listed(staff, query) == names.split()


def test_the_columns_say_something(many, staff):
    page = staff.get(f"{LIST}?call=2027").content.decode()
    assert "2027-001" in page
    assert "1 of 2" in page
    assert "0 of 3 (overdue)" in page
    assert "waits for a second officer" in page


def test_the_usual_views_stay_in_the_call_and_know_themselves(many, staff):
    views = staff.get(f"{LIST}?call=2027&screening=second").context["views"]
    (current,) = [(str(label), address) for label, address, is_current in views if is_current]
    assert current == ("Waiting for a second officer", "?screening=second&call=2027")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_usual_view_opens(many, officer, language):
    officer.language = language
    officer.save()
    client = sign_in(officer)
    for _label, address, _is_current in client.get(LIST).context["views"]:
        assert client.get(LIST + address).status_code == 200


@pytest.mark.parametrize("number", [100, 10_000])
def test_the_list_costs_the_same_few_queries_whatever_there_is(network, staff, number, django_assert_num_queries):
    fill_applications(make_call("screening"), number, by=person("expert@example.org"))
    staff.get(LIST)
    with django_assert_num_queries(11):
        page = staff.get(LIST)
    assert page.context["cl"].result_count == number
    assert len(page.context["cl"].result_list) == 50
    with django_assert_num_queries(11):
        staff.get(f"{LIST}?reviews=missing&status=eligible&p=2&o=3")


# The file


def test_the_page_reads_like_a_file(submitted, team, staff):
    record(HistoryEntry.Verb.APPLICATION_SUBMITTED, on=submitted, by=team, changes={"status": ["draft", "submitted"]})
    make_endorsement(submitted, "endorsed", 1)
    page = staff.get(page_of(submitted))
    text = page.content.decode()
    assert page.context["title"] == "Besançon"
    for said in (
        "2027-001",
        "France",
        "Literature",
        "place 1 of 2",
        "team@example.org",
        "intact",
        "application submitted",
    ):
        assert said in text
    assert submitted.snapshots.get().receipt in text
    assert "of 18 items confirmed" in text


def test_the_page_speaks_french(submitted, officer):
    officer.language = "fr"
    officer.save()
    page = sign_in(officer).get(page_of(submitted)).content.decode()
    assert '<html lang="fr"' in page
    assert "Littérature" in page


def test_staff_read_what_was_submitted_and_not_what_is_written_since(call, team, staff):
    application = make_application(call, owner=team, status=Status.RETURNED)
    row = answer(application, "presentation", "As it was submitted.")
    keep_snapshot(application, team)
    row.value = "Being rewritten."
    row.save()
    for path in ("change", "print"):
        text = staff.get(f"{LIST}{application.pk}/{path}/").content.decode()
        assert "As it was submitted." in text
        assert "Being rewritten." not in text


@pytest.mark.parametrize("who", SECRETARIAT)
@pytest.mark.parametrize("path", ["change", "print"])
def test_nobody_of_the_secretariat_reads_a_draft(request, network, team, who, path):
    application = make_application(
        make_call("open"), owner=team, local_name="Besac", website="https://secret.example.org"
    )
    answer(application, "presentation", "A secret of the draft.", as_typed="typed and not taken over")
    page = sign_in(request.getfixturevalue(who)).get(f"{LIST}{application.pk}/{path}/")
    text = page.content.decode()
    for secret in ("A secret of the draft", "typed and not", "secret.example.org", "Besac"):
        assert secret not in text
    for known in ("France", "Literature", "required questions", "Last saved"):
        assert known in text
    assert page.context["content"] is None


def test_reviews_show_totals_spread_and_divergence(call, staff):
    application = make_application(call, status=Status.ELIGIBLE)
    for number, scores in enumerate([(5, 5, 5), (1, 1, 1)]):
        evaluator = make_evaluator(person(f"expert{number}@example.org", name=f"Expert {number}"))
        make_evaluation(make_assignment(application, evaluator, Assignment.Status.SUBMITTED), *scores)
    begun = make_evaluator(person("expert2@example.org", name="Expert 2"))
    unfinished = make_evaluation(make_assignment(application, begun, Assignment.Status.IN_PROGRESS), 3, 3, 3)
    unfinished.comment = "Not submitted yet."
    unfinished.save()
    page = staff.get(page_of(application))
    text = page.content.decode()
    assert page.context["evaluations"].spread == 80
    assert "diverging: 25 points or more" in text
    assert "100.00" in text
    assert "20.00" in text
    assert "Not submitted yet." not in text


def test_a_changed_snapshot_is_told(submitted, staff):
    with all_unguarded():
        Snapshot.objects.update(sha256="0" * 64)
    assert "the content does not give its hash" in staff.get(page_of(submitted)).content.decode()


def test_the_page_costs_the_same_with_one_review_or_five(call, staff):
    counts = []
    for number in (1, 5):
        application = make_application(call, f"Town {number}", status=Status.ELIGIBLE)
        for one in range(number):
            evaluator = make_evaluator(person(f"e{number}{one}@example.org"))
            assignment = make_assignment(application, evaluator, Assignment.Status.SUBMITTED)
            make_evaluation(assignment, 3, 3, 3)
            record(HistoryEntry.Verb.EVALUATED, on=assignment, by=evaluator.user)
        staff.get(page_of(application))
        with CaptureQueriesContext(connection) as queries:
            staff.get(page_of(application))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_neighbours_are_those_of_the_list_one_comes_from(many, staff):
    page = staff.get(f"{page_of(many['Besançon'])}?_changelist_filters=status%3Dsubmitted")
    found = page.context["neighbours"]
    assert (found["place"], found["of"], "before" in found) == (1, 3, False)
    assert found["after"].startswith(page_of(many["Coimbra"]))
    assert staff.get(found["after"]).context["neighbours"]["place"] == 2


@pytest.mark.parametrize("query", ["nonsense=1", "call__slug__regex=%28", "p=999", "o=99"])
def test_a_bad_query_of_a_list_breaks_no_file(submitted, staff, query):
    filters = query.replace("=", "%3D")
    assert staff.get(f"{page_of(submitted)}?_changelist_filters={filters}").status_code == 200
    assert staff.get(f"{LIST}export/?{query}").status_code in (200, 302)


def test_what_is_not_there_is_not_found(staff):
    assert staff.get(f"{LIST}999/print/").status_code == 404
    assert staff.get(f"{LIST}nonsense/print/").status_code == 404


# The embargo


@pytest.mark.parametrize("who", ["officer", "administrator", "auditor"])
@pytest.mark.parametrize("path", ["/admin/", LIST, "{page}", "{print}", f"{LIST}export/?format=csv"])
def test_a_decision_under_embargo_changes_no_page(request, network, decision_officer, who, path):
    application = make_application(make_call("decision"), status=Status.ELIGIBLE)
    address = path.format(page=page_of(application), print=f"{LIST}{application.pk}/print/")
    client = sign_in(request.getfixturevalue(who))
    client.get(address)

    def seen():
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        text = "\n".join(
            line
            for line in page.content.decode().splitlines()
            if "csrfmiddlewaretoken" not in line
            and "nonce" not in line
            and "stood on" not in line
            and not line.startswith("As of")
        )
        return text, len(queries), page.status_code

    before = seen()
    Shortlisting.objects.create(
        call=application.call, application=application, standing="shortlisted", by=decision_officer
    )
    decide(application, decision_officer)
    assert seen() == before


def test_decision_officers_see_the_decision_on_the_file(network, decision_officer):
    application = make_application(make_call("decision"), status=Status.ELIGIBLE)
    decide(application, decision_officer)
    client = sign_in(decision_officer)
    for path in ("change", "print"):
        text = client.get(f"{LIST}{application.pk}/{path}/").content.decode()
        assert "DECISION-SECRET-7" in text
        assert "Under embargo" in text
    assert "DECISION-SECRET-7" not in client.get(f"{LIST}export/?format=csv").content.decode()


def test_after_the_announcement_everybody_of_the_secretariat_sees_it(network, decision_officer, auditor):
    application = make_application(make_call("decision"), status=Status.NOT_DESIGNATED)
    decide(application, decision_officer, "not-designated")
    Call.objects.update(status=Call.Status.ANNOUNCED, announced_at=timezone.now())
    text = sign_in(auditor).get(page_of(application)).content.decode()
    assert "DECISION-SECRET-7" in text
    assert "Under embargo" not in text


# Files


def rows_of(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_export_holds_the_list_as_it_is_filtered(many, auditor):
    rows = rows_of(sign_in(auditor).get(f"{LIST}export/?status=submitted&call=2027&format=csv"))
    assert rows[0][:3] == ["reference", "call", "name_en"]
    assert [row[2] for row in rows[1:4]] == ["Besançon", "Coimbra", "Tours"]
    about = {row[0]: row[1] for row in rows[5:]}
    assert about["Query"] == "status=submitted&call=2027"
    assert set(about) == {"What", "As of", "Query", "Rows", "Licence"}


def test_the_spreadsheet_is_guarded_and_says_what_it_is(call, staff):
    make_application(call, "=HYPERLINK(1)")
    response = staff.get(f"{LIST}export/")
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    rows = list(book.worksheets[0].values)
    assert rows[1][rows[0].index("name_en")] == "'=HYPERLINK(1)"
    assert dict(book.worksheets[1].values)["Query"] == "all"
    assert "attachment" in response["Content-Disposition"]


def test_chosen_rows_are_exported(many, auditor):
    chosen = {"action": "export_selected", "_selected_action": [many["Tours"].pk]}
    book = openpyxl.load_workbook(io.BytesIO(sign_in(auditor).post(LIST, chosen).content))
    assert len(list(book.worksheets[0].values)) == 2


# Many at once


@pytest.fixture
def draft(network, team):
    return make_application(make_call("open", slug="2029"), "Quimper", owner=team)


def act(client, action, *applications, **fields):
    keys = [application.pk for application in applications]
    return client.post(LIST, {"action": action, "_selected_action": keys, **fields}, follow=True)


def test_many_are_shown_before_they_are_reminded(draft, submitted, staff):
    page = act(staff, "remind_selected", draft, submitted)
    assert page.context["chosen"] == [draft]
    assert [(application, why) for application, why in page.context["left"]] == [
        (submitted, "It is not a draft: nothing is left to submit.")
    ]
    assert not OutboxMessage.objects.exists()
    act(staff, "remind_selected", draft, confirmed="yes")
    mail = OutboxMessage.objects.get()
    assert (mail.status, mail.to, mail.language) == ("held", "team@example.org", "fr")
    assert f"/my/applications/{draft.pk}/" in mail.body
    assert "Quimper" in mail.subject


def test_a_team_is_reminded_once_a_day(draft, officer):
    remind_team(application=draft, by=officer)
    with pytest.raises(ReminderRefused, match="reminded today already"):
        remind_team(application=draft, by=officer)
    assert OutboxMessage.objects.count() == 1


def test_a_team_without_an_owner_is_not_reminded(network, officer):
    application = make_application(make_call("open"))
    add_applicant(application, person("reader@example.org"), "reader")
    with pytest.raises(ReminderRefused, match="nobody to write to"):
        remind_team(application=application, by=officer)


def test_a_late_draft_is_not_reminded(call, team, officer, staff):
    application = make_application(call, owner=team)
    with pytest.raises(ReminderRefused, match="no longer be submitted"):
        remind_team(application=application, by=officer)
    page = staff.get(f"{LIST}{application.pk}/remind/", follow=True)
    assert "It can no longer be submitted." in page.content.decode()


def test_one_team_is_reminded_from_its_page(draft, staff):
    assert "Remind the team" in labels(staff.get(page_of(draft)))
    page = staff.get(f"{LIST}{draft.pk}/remind/")
    assert "held in the outbox" in page.content.decode()
    staff.post(f"{LIST}{draft.pk}/remind/", {"seen": page.context["seen"]})
    assert OutboxMessage.objects.get().status == "held"


def test_only_a_confirmed_checklist_makes_many_eligible(submitted, staff):
    acts = HistoryEntry.objects.count()
    page = act(staff, "find_eligible_selected", submitted)
    ((_application, why),) = page.context["left"]
    assert "18 items are not confirmed yet" in why
    assert page.context["chosen"] == []
    # The look left nothing behind.
    assert not Screening.objects.exists()
    assert HistoryEntry.objects.count() == acts
    act(staff, "find_eligible_selected", submitted, confirmed="yes")
    submitted.refresh_from_db()
    assert submitted.status == Status.SUBMITTED


# The start page


def duties(client):
    return {str(duty.kind): (duty.number, url) for duty, url in client.get("/admin/").context["duties"]}


def test_the_start_page_tells_what_waits_for_this_person(many, officer, decision_officer):
    own, others = duties(sign_in(officer)), duties(sign_in(decision_officer))
    assert {kind: number for kind, (number, _url) in own.items()} == {
        "examine": 1,
        "second": 1,
        "returned": 1,
        "endorsement": 2,
        "assign": 1,
        "overdue": 1,
        "drafts": 1,
    }
    # Each waits for the colleague’s proposal and not for the own one.
    assert own["second"][0] == others["second"][0] == 1


def test_what_waits_leads_to_as_many_rows(many, staff):
    for kind, (number, url) in duties(staff).items():
        page = staff.get(url)
        assert page.status_code == 200, kind
        assert page.context["cl"].result_count == number, kind


def test_the_start_page_sorts_by_deadline(many, staff):
    found = [duty.due for duty, _url in staff.get("/admin/").context["duties"]]
    dated = [due for due in found if due]
    assert found == sorted(dated) + [None] * (len(found) - len(dated))


def test_an_override_waits_for_another_officer(many, officer, decision_officer):
    ConflictOverride.objects.create(
        application=many["Aveiro"],
        user=person("e@example.org"),
        conflict="same-country",
        reason="Nobody else.",
        proposed_by=officer,
    )
    assert "override" not in duties(sign_in(officer))
    number, url = duties(sign_in(decision_officer))["override"]
    assert number == 1
    assert sign_in(decision_officer).get(url).status_code == 200


def test_decisions_wait_for_decision_officers_alone(network, officer, decision_officer, auditor, administrator):
    application = make_application(make_call("decision", expert_reviews=0, city_reviews=0), status=Status.ELIGIBLE)
    for somebody in (officer, auditor, administrator):
        assert not {"decide", "announce"} & set(duties(sign_in(somebody)))
    client = sign_in(decision_officer)
    number, url = duties(client)["decide"]
    assert (number, client.get(url).status_code) == (1, 200)
    decide(application, decision_officer)
    assert "decide" not in duties(client)
    assert client.get(duties(client)["announce"][1]).status_code == 200


def test_a_call_in_preparation_waits_to_be_published(network, staff):
    call = make_call("scheduled", publish=False)
    assert duties(staff)["publish"][0] == 1
    assert call.title in staff.get("/admin/").content.decode()


def test_the_start_page_costs_the_same_with_one_application_or_a_hundred(network, staff):
    call = make_call("screening")
    expert = person("expert@example.org")
    counts = []
    for number in (3, 97):
        fill_applications(call, number, by=expert)
        staff.get("/admin/")
        with CaptureQueriesContext(connection) as queries:
            staff.get("/admin/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_help_page_tells_how_a_call_is_run(officer, language):
    officer.language = language
    officer.save()
    assert b'id="calls"' in sign_in(officer).get("/admin/help/").content


# Verified as a whole


def test_verification_finds_a_changed_snapshot(submitted):
    call_command("verify_history", verbosity=0)
    with all_unguarded():
        Snapshot.objects.update(content={"application": {}})
    with pytest.raises(CommandError, match="1 flaws"):
        call_command("verify_history", verbosity=0)


def test_verification_finds_a_changed_decision(network, decision_officer):
    application = make_application(make_call("decision"), status=Status.ELIGIBLE)
    decide(application, decision_officer)
    call_command("verify_history", verbosity=0)
    with all_unguarded():
        Decision.objects.update(outcome="not-designated")
    with pytest.raises(CommandError, match="1 flaws"):
        call_command("verify_history", verbosity=0)
