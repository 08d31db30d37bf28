import io
import json

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client

from cities.models import (
    Application,
    Assignment,
    Call,
    City,
    CommissionOfficer,
    Coordinator,
    Endorsement,
    Evaluator,
    HistoryEntry,
    Initiative,
    InitiativeRevision,
    Invitation,
    OutboxMessage,
    Partnership,
    Photo,
    ProfileConfirmation,
    ProfileRevision,
    Snapshot,
)
from cities.services import decision, demo_applications
from cities.services.announcement import announce
from cities.services.checklist import check, completeness, failures
from cities.services.demo_people import COMMISSION, COORDINATOR, EDITOR, EVALUATOR, FORMER, INVITED, OTHER, SHIPPED
from cities.services.endorsement import endorse
from cities.services.history import flaws
from cities.services.submission import submit
from meetings.models import (
    Ballot,
    BidCity,
    HostBid,
    HostCall,
    HostCriterion,
    Meeting,
    MeetingDocument,
    MeetingHost,
    MeetingQuestion,
    OpenSeat,
    OpenVote,
    Registration,
    Room,
    Session,
    SessionSpeaker,
    Speaker,
)
from meetings.services import demo_meetings
from meetings.services.ballot import cast_vote, turnout
from meetings.services.registration import register
from rvcu.management.commands.demo import ACCOUNTS, STAFF
from rvcu.models import User

COUNTED: list[type[Model]] = [
    Application,
    Assignment,
    Call,
    City,
    CommissionOfficer,
    Coordinator,
    Endorsement,
    Evaluator,
    HistoryEntry,
    Initiative,
    InitiativeRevision,
    Invitation,
    OutboxMessage,
    Partnership,
    Photo,
    ProfileConfirmation,
    ProfileRevision,
    Snapshot,
    get_user_model(),
    Ballot,
    BidCity,
    HostBid,
    HostCall,
    HostCriterion,
    Meeting,
    MeetingDocument,
    MeetingHost,
    MeetingQuestion,
    OpenSeat,
    OpenVote,
    Registration,
    Room,
    Session,
    SessionSpeaker,
    Speaker,
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "VAR_DIR", tmp_path)
    monkeypatch.setitem(
        settings.STORAGES, "private", settings.STORAGES["private"] | {"OPTIONS": {"location": tmp_path / "files"}}
    )
    monkeypatch.setenv("SITE_ADDRESS", settings.SITE_ADDRESS)
    return tmp_path


def prepare() -> str:
    said = io.StringIO()
    call_command("demo", "--prepare-only", stdout=said)
    return said.getvalue()


def password(folder, email: str) -> str:
    return dict(line.split() for line in (folder / "demo-accounts").read_text().splitlines())[email]


@pytest.fixture
def demo(db, folder) -> str:
    """What the demo said when it was prepared."""
    return prepare()


def test_it_is_refused_in_production(monkeypatch, db):
    monkeypatch.setattr(settings, "MODE", "production")
    with pytest.raises(CommandError, match="refused with production settings"):
        call_command("demo", "--prepare-only")
    assert not User.objects.exists()


def test_a_second_one_completes_and_adds_nothing(demo, folder):
    counts = {model: model._default_manager.count() for model in COUNTED}
    assert prepare() == demo
    assert {model: model._default_manager.count() for model in COUNTED} == counts
    # The first one broke off before its last initiative, and the file of passwords was lost.
    last = Initiative.objects.filter(is_demonstration=True).latest("pk")
    last.revisions.all().delete()
    last.delete()
    (folder / "demo-accounts").unlink()
    assert prepare() != demo
    counts.pop(HistoryEntry)
    assert {model: model._default_manager.count() for model in counts} == counts
    for email in [*STAFF, *(account.email for account in ACCOUNTS)]:
        assert User.objects.get(email=email).check_password(password(folder, email))


def test_every_account_is_told_and_has_its_mandates(demo, folder):
    for email in [*STAFF, *(account.email for account in ACCOUNTS)]:
        secret = password(folder, email)
        assert email in demo
        assert secret in demo
        assert User.objects.get(email=email).check_password(secret)
        assert email.endswith("@example.org")
    assert (folder / "demo-accounts").stat().st_mode & 0o077 == 0

    def cities(account) -> set[str]:
        mandates = Coordinator.objects.in_force().filter(user__email=account.email)
        return {f"{mandate.city.slug} {mandate.role}" for mandate in mandates}

    assert cities(COORDINATOR) == {"lyon focal-point", "enghien-les-bains focal-point"}
    assert cities(EDITOR) == {"lyon editor"}
    assert cities(OTHER) == {"ostersund focal-point"}
    assert cities(FORMER) == set()
    assert Coordinator.objects.filter(user__email=FORMER.email, city__slug="lyon").exists()
    assert Invitation.objects.open().get(email=INVITED).role == "editor"


def test_there_is_something_of_every_state_and_all_is_marked(demo):
    assert set(ProfileRevision.objects.values_list("status", flat=True)) == {
        "published",
        "draft",
        "submitted",
        "changes-requested",
    }
    assert set(InitiativeRevision.objects.values_list("status", flat=True)) == {"published", "draft", "submitted"}
    assert set(Partnership.objects.values_list("status", flat=True)) == {"confirmed", "asked", "declined"}
    assert Partnership.objects.get(city__slug="lyon", status="asked").initiative.lead.slug == "ostersund"
    assert 6 <= Initiative.objects.public().count() <= 10
    assert ProfileRevision.objects.get(city__slug="lyon", status="draft").stale_side("presentation") == "en"
    assert OutboxMessage.objects.filter(template="partnership-asked", user__email=COORDINATOR.email).exists()
    assert not list(flaws())
    assert not Initiative.objects.filter(is_demonstration=False).exists()
    assert not ProfileRevision.objects.filter(is_demonstration=False).exists()
    for revision in InitiativeRevision.objects.all():
        assert revision.title_en.startswith("Demonstration:")
        assert revision.title_fr.startswith("Démonstration\u202f:")


def test_every_call_and_application_is_marked_and_of_towns_that_are_no_members(demo):
    phases = {call.slug: call.phase() for call in Call.objects.all()}
    assert phases == {
        "demonstration": "open",
        "demonstration-evaluation": "screening",
        "demonstration-decision": "decision",
    }
    assert not Call.objects.filter(is_demonstration=False).exists()
    assert not Application.objects.filter(is_demonstration=False).exists()
    assert set(Application.objects.values_list("status", flat=True)) == {"draft", "submitted", "eligible"}
    for application in Application.objects.all():
        assert not City.objects.filter(name_en=application.name_en).exists()
    assert all(snapshot.is_intact for snapshot in Snapshot.objects.all())
    assert not list(flaws())
    # Evaluators have something to do, and one is in conflict.
    assert held(EVALUATOR) == {"Jaffna": "in-progress", "Tours": "invited"}
    assert held(demo_applications.SECOND) == {"Jaffna": "submitted"}
    assert held(demo_applications.OF_LYON) == {"Jaffna": "invited"}
    of_lyon = User.objects.get(email=demo_applications.OF_LYON.email)
    assert Assignment.objects.filter(user=of_lyon, application__name_en="Maribor").exists()
    assert not Application.objects.visible_to(of_lyon).filter(name_en__in=["Maribor", "Tours"]).exists()


def held(account) -> dict[str, str]:
    """What an evaluator holds in the call under evaluation."""
    user = User.objects.get(email=account.email)
    assignments = Assignment.objects.held_by(user).filter(application__call__slug="demonstration-evaluation")
    return {one.application.name_en: one.status for one in assignments}


def test_what_waits_can_be_done(demo):
    # The shared application is endorsed and submitted as it is.
    application = Application.objects.get(name_en="Besançon")
    commission, applicant = (
        User.objects.get(email=account.email) for account in (COMMISSION, demo_applications.BESANCON)
    )
    assert completeness(application).is_complete
    letter = demo_applications.paper("endorsement", application, json.loads(demo_applications.SHIPPED.read_text()))
    endorse(endorsement=application.endorsement, letter=letter, by=commission)
    assert not failures(check(application))
    assert submit(application=application, by=applicant).is_intact
    half_done = completeness(Application.objects.get(name_en="Coimbra"))
    assert 20 <= half_done.percent <= 60
    # Five cities are ranked, two designated, and announced.
    call = Call.objects.get(slug="demonstration-decision")
    by = User.objects.get(email="decision.officer@example.org")
    members = City.objects.members().count()
    ranking = decision.compute_ranking(call=call, by=by)
    assert len(ranking.rows) == 5
    act = {"reference": "Demonstration 1", "decided_on": call.decision_at.date(), "decider": "Director-General"}
    for application in call.applications.all():
        outcome = "designated" if application.name_en in ("Maribor", "Mombasa") else "not-designated"
        standing = "shortlisted" if outcome == "designated" else "not-shortlisted"
        decision.shortlist(application=application, standing=standing, reason="", by=by)
        decision.decide(application=application, outcome=outcome, file=None, by=by, **act)
    announce(call=call, by=by)
    assert City.objects.members().count() == members + 2
    assert City.objects.get(slug="mombasa").country_id == "KE"
    assert OutboxMessage.objects.filter(to="main.maribor@example.org").exists()


def test_three_editions_to_come_are_marked_and_each_waits_for_something_else(demo):
    last = Meeting.objects.filter(is_demonstration=False).latest("edition").edition
    editions = Meeting.objects.filter(is_demonstration=True).order_by("edition")
    assert list(editions.values_list("edition", "status")) == [
        (last + 1, "registration-open"),
        (last + 2, "planned"),
        (last + 3, "planned"),
    ]
    registration, voting, seeking = editions
    assert list(registration.hosts.values_list("city__slug", flat=True)) == ["sapporo"]
    assert registration.registrations.filter(status="registered").count() == registration.places - 1
    assert registration.sessions.count() == 7
    assert registration.documents.get().visibility == "public"
    # The ballot is open, and its votes cannot be told from one another.
    ballot = Ballot.objects.get()
    assert (ballot.host_call.meeting, ballot.status, ballot.options.count()) == (voting, "open", 2)
    assert ballot.seats == City.objects.members().count() == OpenSeat.objects.count()
    assert turnout(ballot).voted == OpenVote.objects.count() == 4
    assert set(HostBid.objects.values_list("status", flat=True)) == {"on-ballot"}
    assert seeking.host_calls.get().phase() == "open"
    assert not HostCall.objects.filter(is_demonstration=False).exists()
    assert not list(flaws())
    for edition in editions:
        for language, word in (("en", "This meeting is not a real one"), ("fr", "Cette réunion n’est pas réelle")):
            assert word in " ".join(Client().get(f"/{language}/meetings/{edition.edition}/").content.decode().split())


def test_the_last_place_can_be_taken_and_the_joint_bid_voted_for(demo):
    lyon = City.objects.get(slug="lyon")
    coordinator = User.objects.get(email=COORDINATOR.email)
    meeting = Meeting.objects.get(is_demonstration=True, status="registration-open")
    given = {"meeting": meeting, "capacity": Registration.Capacity.DELEGATE, "city": lyon, "by": coordinator}
    assert register(name="First", email="first@example.org", **given).status == "registered"
    assert register(name="Second", email="second@example.org", **given).status == "waiting"
    ballot = Ballot.objects.get()
    assert cast_vote(ballot=ballot, city=lyon, choice=1, by=coordinator)
    assert turnout(ballot).voted == 5


def test_french_texts_have_their_narrow_spaces():
    def texts(value):
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from texts(inner) if isinstance(inner, dict | list) else [(name, str(inner))]
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner)

    applications = json.loads(demo_applications.SHIPPED.read_text())
    in_french = list(texts({"answers": applications["answers"]["fr"], "letters": applications["letters"]["fr"]}))
    shipped = (json.loads(file.read_text()) for file in (SHIPPED, demo_meetings.SHIPPED))
    for name, text in [*(one for file in shipped for one in texts(file)), *texts(applications), *in_french]:
        if name.endswith("_fr") or (name, text) in in_french:
            for sign in ":;!?":
                assert text.count(sign) == text.count(f"\u202f{sign}") + (sign == ":") * text.count("https:"), text


def test_the_sheet_of_paper_is_a_pdf():
    content = demo_applications.sheet("Lettre (Besançon)", "une ligne")
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    start = int(content.split(b"startxref\n")[1].split()[0])
    assert content[start:].startswith(b"xref")
    assert "Besançon".encode("cp1252") in content


def test_all_its_pages_open(demo, folder):
    client = Client()
    client.force_login(User.objects.get(email=COORDINATOR.email))
    public = ["cooperation/", "cooperation/?show=links", "initiatives/", "cities/lyon/", "cities/santos/"]
    public += [f"initiatives/{slug}/" for slug in Initiative.objects.public().values_list("slug", flat=True)]
    own = [
        "my/",
        "my/cities/lyon/",
        "my/cities/lyon/profile/",
        "my/cities/enghien-les-bains/profile/",
        "my/cities/lyon/team/",
        *(f"my/initiatives/{pk}/" for pk in Initiative.objects.filter(lead__slug="lyon").values_list("pk", flat=True)),
        f"my/partnerships/{Partnership.objects.get(city__slug='lyon', status='asked').pk}/",
    ]
    for language, word in (("en", "Demonstration"), ("fr", "Démonstration")):
        for address in public:
            response = Client().get(f"/{language}/{address}")
            assert response.status_code == 200, address
            assert word in response.content.decode(), address
        for address in own:
            assert client.get(f"/{language}/{address}").status_code == 200, address
    # Those of the applications.
    applications = {one.name_en: one.pk for one in Application.objects.all()}
    held = Assignment.objects.get(user__email=EVALUATOR.email, application__name_en="Jaffna")
    besancon = f"my/applications/{applications['Besançon']}/"
    opened = {
        demo_applications.BESANCON: ["my/", besancon, f"{besancon}form/plan/", f"{besancon}read/", f"{besancon}check/"],
        demo_applications.COIMBRA: ["my/", f"my/applications/{applications['Coimbra']}/photos/"],
        demo_applications.PAST: ["my/", f"my/applications/{applications['Maribor']}/receipts/1/"],
        COMMISSION: ["my/", "my/commission/FR/", f"{besancon}read/"],
        EVALUATOR: ["my/", "my/evaluations/", f"my/evaluations/{held.pk}/"],
        demo_applications.OF_LYON: ["my/", "my/evaluations/"],
    }
    for language in ("en", "fr"):
        for slug in ("", "demonstration/", "demonstration-evaluation/", "demonstration/questions/"):
            assert Client().get(f"/{language}/calls/{slug}").status_code == 200, slug
        for account, addresses in opened.items():
            client = Client()
            client.force_login(User.objects.get(email=account.email))
            for address in addresses:
                assert client.get(f"/{language}/{address}").status_code == 200, (account.email, address)
