"""The admin as a workplace for applications: the list, the file of each, the start page, many at once."""

import datetime
import json

import pytest
from django.utils import timezone

from cities.models import (
    Application,
    Assignment,
    Country,
    CreativeField,
    Decision,
    OutboxMessage,
    Screening,
    Snapshot,
)
from cities.models.history import NO_HASH
from tests.conftest import person, sign_in
from tests.factories.calls import (
    make_application,
    make_assignment,
    make_call,
    make_endorsement,
    make_evaluator,
)

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
    from cities.services.dossier import content

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


def fill(call, number):
    """Applications made in bulk, a third of them endorsed, with an examination and reviews."""
    fields, countries = list(CreativeField.objects.all()), list(Country.objects.values_list("pk", flat=True))
    Application.objects.bulk_create(
        [
            Application(
                call=call,
                number=1000 + place,
                country_id=countries[place % len(countries)],
                name_en=f"Town {place}",
                sort_key=f"town{place:05}",
                search_text=f" town {place}",
                field=fields[place % len(fields)],
                language="en",
                status=Status.ELIGIBLE if place % 3 else Status.SUBMITTED,
                submitted_at=timezone.now(),
            )
            for place in range(number)
        ],
        batch_size=1000,
    )
    made = Application.objects.filter(call=call, number__gte=1000)
    Screening.objects.bulk_create([Screening(application=row) for row in made if row.number % 3 == 0], batch_size=1000)
    evaluator = make_evaluator(person(f"expert.{call.slug}@example.org"))
    Assignment.objects.bulk_create(
        [
            Assignment(application=row, evaluator=evaluator, user=evaluator.user, due_at=call.evaluation_until)
            for row in made
            if row.number % 3
        ],
        batch_size=1000,
    )


@pytest.mark.parametrize("number", [100, 10_000])
def test_the_list_costs_the_same_few_queries_whatever_there_is(network, staff, number, django_assert_num_queries):
    fill(make_call("screening"), number)
    staff.get(LIST)
    with django_assert_num_queries(11):
        page = staff.get(LIST)
    assert page.context["cl"].result_count == number
    assert len(page.context["cl"].result_list) == 50
    with django_assert_num_queries(11):
        staff.get(f"{LIST}?reviews=missing&screening=to-examine&p=2&o=3")
