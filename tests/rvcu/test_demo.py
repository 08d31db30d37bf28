import io
import json

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client

from cities.models import (
    City,
    CommissionOfficer,
    Coordinator,
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
)
from cities.services.demo_people import ACCOUNTS, COORDINATOR, EDITOR, FORMER, INVITED, OTHER, SHIPPED
from cities.services.history import flaws
from rvcu.management.commands.demo import STAFF
from rvcu.models import User

COUNTED: list[type[Model]] = [
    City,
    CommissionOfficer,
    Coordinator,
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
    get_user_model(),
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


def test_french_texts_have_their_narrow_spaces():
    def texts(value):
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from texts(inner) if isinstance(inner, dict | list) else [(name, inner)]
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner)

    for name, text in texts(json.loads(SHIPPED.read_text())):
        if name.endswith("_fr"):
            for sign in ":;!?":
                assert text.count(sign) == text.count(f"\u202f{sign}") + text.count("https:"), text


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
