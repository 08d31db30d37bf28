import datetime
import json
import shutil
import time

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from cities.models import (
    City,
    Coordinator,
    EntryReport,
    FocalPointChange,
    HistoryEntry,
    Initiative,
    InitiativeRevision,
    Invitation,
    OutboxMessage,
    Photo,
    PrivateFile,
    ProfilePhoto,
    ProfileRevision,
)
from cities.services.edits import keep_baseline
from cities.services.history import flaws, record
from cities.services.outbox import write_mail
from cities.services.privacy import AlreadyErased, erase, export, holdings, rows_on
from rvcu.models import User
from tests.conftest import mandate, person

NAME = "Zoé O'Quinn-Łaski"
ADDRESS = "zoe.quinn@example.org"
EARLIER = "zoe.earlier@example.org"
NEEDLES = ("quinn", "łaski", "laski", "zoe.earlier")


@pytest.fixture
def zoe(network, coordinator, settings) -> User:
    """An alternate of Lyon of whom every table knows something, and no file that another test left."""
    shutil.rmtree(settings.VAR_DIR / "files", ignore_errors=True)
    zoe = person(ADDRESS, name=NAME, language="fr")
    city = City.objects.get(slug="lyon")
    day = timezone.localdate()
    EmailAddress.objects.create(user=zoe, email=EARLIER, verified=True)
    EmailAddress.objects.update_or_create(user=zoe, email=ADDRESS, defaults={"verified": True, "primary": True})
    letter = PrivateFile(kind="mayors-letter", city=city, name=f"Letter {NAME}.pdf", uploaded_by=coordinator, size=9)
    letter.file.save("letter", ContentFile(f"We name {NAME}".encode()))
    letter.save()
    mandate(zoe, "lyon", Coordinator.Role.ALTERNATE, letter=letter)
    FocalPointChange.objects.create(
        city=city, email=ADDRESS.upper(), name=NAME, language="fr", letter=letter, requested_by=coordinator
    )
    invited = {"kind": "coordinator", "city": city, "role": "editor", "language": "fr", "invited_by": coordinator}
    expires = timezone.now() + datetime.timedelta(days=9)
    Invitation.objects.create(**invited, email=EARLIER, name="Madame Łaski", user=zoe, expires_at=expires)
    Invitation.objects.create(**invited, email=ADDRESS, name=NAME, expires_at=expires, token_hash="x" * 64)
    write_mail("account-password-changed", to=zoe)
    write_mail(
        "mandate-begun", to=coordinator, context={"mandate": zoe.coordinator_mandates.get(), "kind": "coordinator"}
    )
    OutboxMessage.objects.create(
        template="test", to=coordinator.email, language="en", subject=f"{NAME} asks", body=f"Ask {NAME} <{ADDRESS}>."
    )
    photo = Photo(city=city, width=10, height=10, sha256="0" * 64, rights_holder=NAME, granted_on=day, uploaded_by=zoe)
    photo.large.save("large.jpg", ContentFile(b"picture"))
    photo.small.save("small.jpg", ContentFile(b"picture"))
    for number, status in enumerate(("published", "draft"), start=1):
        revision = ProfileRevision.objects.create(
            city=city,
            number=number,
            status=status,
            presentation_en=f"Write to {NAME}.",
            links=[{"label": f"Blog of {NAME}", "url": "https://example.org/"}],
            contact_name=NAME,
            contact_consent=True,
            contact_email=ADDRESS,
            created_by=zoe,
            reason=f"{NAME.upper()} should look again",
        )
        ProfilePhoto.objects.create(revision=revision, photo=photo, credit=NAME, alt_en=f"{NAME} on stage")
    initiative = Initiative.objects.create(slug="together", lead=city)
    InitiativeRevision.objects.create(
        initiative=initiative, number=1, others=[{"name": NAME, "sector": "private", "url": ""}], created_by=zoe
    )
    EntryReport.objects.create(city=city, message=f"Signed: {NAME}", email=ADDRESS.upper(), language="fr")
    LogEntry.objects.create(
        user=coordinator,
        content_type=ContentType.objects.get_for_model(User),
        object_id=zoe.pk,
        object_repr="Quinn, as she was called before",
        action_flag=CHANGE,
        change_message=json.dumps([{"changed": {"fields": [NAME]}}]),
    )
    keep_baseline(city)
    city.note = f"{NAME} called"
    city.save()
    City.objects.filter(pk=city.pk).update(note=f"{NAME} called, {ADDRESS}")
    DBTaskResult.objects.create(
        args_kwargs={"args": [ADDRESS], "kwargs": {}},
        task_path="cities.tasks.send_due_mails",
        backend_name="default",
        run_after=timezone.now(),
        exception_class_path="OSError",
        traceback=f"OSError: {ADDRESS}",
    )
    half_way = SessionStore()
    half_way["account_login"] = {"email": ADDRESS}
    half_way.save()
    record(HistoryEntry.Verb.SUBMITTED, on=revision, by=zoe)
    return zoe


@pytest.fixture
def zoes_client(zoe) -> Client:
    client = Client()
    client.post("/en/account/login/", {"login": ADDRESS, "password": "the password of the tests"})
    assert client.session["_auth_user_id"] == str(zoe.pk)
    return client


def whole_database() -> str:
    """Every value of every column of every table, as text."""
    lines = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            lines += [f"{table}: {dict(zip(names, map(str, row), strict=True))}" for row in cursor.fetchall()]
    return "\n".join(lines)


def found_in(text: str) -> list[str]:
    """Where a name or an address still stands, also with its letters escaped as JSON does."""
    spelt = [*NEEDLES, *(json.dumps(needle)[1:-1] for needle in NEEDLES)]
    return [line for line in text.lower().splitlines() if any(needle in line for needle in spelt)]


# Erasure


def test_after_an_erasure_no_table_file_or_log_names_the_person(
    zoe, zoes_client, settings, caplog, capfd, django_capture_on_commit_callbacks
):
    Authenticator.objects.create(user=zoe, type="webauthn", data={"name": f"Key of {NAME}"})
    assert len(found_in(whole_database())) > 15
    with django_capture_on_commit_callbacks(execute=True):
        erase(zoe, by=zoe)
    assert found_in(whole_database()) == []
    # The database's own file aside, whose pages within this test's transaction say nothing.
    files = [path for path in (settings.VAR_DIR / "files").rglob("*") if path.is_file()]
    assert found_in("\n".join(f"{path} {path.read_text(errors='replace')}" for path in files)) == []
    assert found_in(caplog.text) == []
    assert found_in("".join(capfd.readouterr())) == []
    assert all(
        "account_login" not in session.get_decoded() and "_auth_user_id" not in session.get_decoded()
        for session in Session.objects.all()
    )
    assert not UserSession.objects.exists()
    assert list(flaws()) == []


def test_the_acts_stay_and_the_row_is_empty(zoe, coordinator):
    acts = list(HistoryEntry.objects.filter(actor=zoe).values_list("hash", flat=True))
    erase(zoe, by=zoe)
    zoe.refresh_from_db()
    assert set(acts) <= set(HistoryEntry.objects.filter(actor=zoe).values_list("hash", flat=True))
    assert HistoryEntry.objects.first().verb == HistoryEntry.Verb.PERSON_ERASED
    assert (zoe.name, zoe.is_active, zoe.has_usable_password(), zoe.language) == ("", False, False, "en")
    assert zoe.email.endswith("@erased.invalid")
    assert not EmailAddress.objects.filter(user=zoe).exists()
    assert not Coordinator.objects.in_force().filter(user=zoe).exists()
    assert not Invitation.objects.open().exists()
    assert FocalPointChange.objects.get().status == FocalPointChange.Status.WITHDRAWN


def test_what_belongs_to_others_stays(zoe, coordinator):
    namesake = person("namesake@example.org", name=NAME)
    erase(zoe, by=zoe)
    namesake.refresh_from_db()
    coordinator.refresh_from_db()
    assert namesake.name == NAME
    assert coordinator.email == "coordinator.lyon@example.org"
    assert OutboxMessage.objects.get(subject__endswith="asks").body == "Ask … <…>.\n"[:-1]
    published = ProfileRevision.objects.get(number=1)
    assert (published.presentation_en, published.contact_name, published.contact_email) == ("Write to ….", "", "")
    assert published.links == [{"label": "Blog of …", "url": "https://example.org/"}]
    assert City.objects.get(slug="lyon").note == "… called, …"


def test_a_photo_whose_rights_were_the_person_s_is_hidden(zoe):
    erase(zoe, by=zoe)
    photo = Photo.objects.get()
    assert photo.withdrawn_at
    assert photo.rights_holder == ""


def test_a_name_of_one_word_is_not_taken_out_of_texts(network):
    user = person("lyon@example.org", name="Lyon")
    EntryReport.objects.create(city=City.objects.get(slug="lyon"), message="Lyon has moved", language="en")
    erase(user, by=user)
    assert City.objects.get(slug="lyon").name_en == "Lyon"
    assert EntryReport.objects.get().message == "Lyon has moved"


def test_the_letter_s_row_stays_without_its_file(zoe, coordinator, signed_in, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        erase(zoe, by=zoe)
    letter = PrivateFile.objects.get()
    assert (bool(letter.file), letter.size) == (False, 9)
    assert signed_in(coordinator).get(letter.get_absolute_url()).status_code == 404


def test_an_erasure_that_fails_erases_nothing(zoe, monkeypatch):
    def fail(needles):
        raise ZeroDivisionError

    monkeypatch.setattr("cities.services.privacy._sweep", fail)
    with pytest.raises(ZeroDivisionError):
        erase(zoe, by=zoe)
    zoe.refresh_from_db()
    assert zoe.name == NAME
    with PrivateFile.objects.get().file.open("rb") as letter:
        assert letter.read() == f"We name {NAME}".encode()


def test_an_erasure_happens_once(zoe):
    erase(zoe, by=zoe)
    with pytest.raises(AlreadyErased):
        erase(zoe, by=zoe)


def test_every_reference_to_a_person_is_known(db):
    """A new table that names persons is in the report and in the sweep by itself; one of another kind needs a look."""
    tables = {model._meta.label for model in rows_on(User(pk=1, email="x@example.org", name="x"))}
    referring = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if any(field.related_model is User for field in model._meta.concrete_fields)
    }
    assert referring <= tables


# What is told


def test_a_person_reads_all_that_is_held(zoe):
    told = holdings(zoe)
    text = json.dumps(told, ensure_ascii=False)
    assert told["Persons"][0]["E-mail address"] == ADDRESS
    assert told["Persons"][0]["Groups"] == []
    assert {row["City"] for row in told["Coordinators"]} == {"Lyon"}
    for heading in ("Profiles of cities", "Photos", "Reports of errors", "Mails", "History entries", "Invitations"):
        assert told[heading], heading
    assert "the password of the tests" not in text
    assert zoe.password not in text
    assert "x" * 64 not in text


def test_of_rows_about_others_only_the_own_part_is_told(zoe, coordinator):
    told = holdings(coordinator)
    assert len(told["Invitations"]) == 2
    others = [*told["Invitations"], *told["Changes of focal points"], *told["Log entries"]]
    assert found_in("\n".join(json.dumps(row, ensure_ascii=False) for row in others)) == []
    assert told["Invitations"][0]["Invited by"] == "you"


def test_the_page_and_the_file(zoe, zoes_client):
    page = zoes_client.get("/en/my/data/")
    assert page.status_code == 200
    assert page.context["kinds"]["Photos"] == 1
    assert zoes_client.get("/en/my/data/file/").status_code == 405
    file = zoes_client.post("/en/my/data/file/")
    assert file.headers["Content-Type"] == "application/json; charset=utf-8"
    assert file.headers["Content-Disposition"].startswith('attachment; filename="rvcu-')
    assert "no-store" in file.headers["Cache-Control"]
    assert json.loads(file.content)["Persons"][0]["Name"] == NAME
    assert HistoryEntry.objects.first().verb == HistoryEntry.Verb.PERSON_EXPORTED
    assert "Personnes" in json.loads(zoes_client.post("/fr/my/data/file/").content)


def test_the_report_costs_the_same_for_one_row_and_for_thirty(
    zoe, django_assert_max_num_queries, django_assert_num_queries
):
    export(zoe)  # content types are asked for once a process
    with django_assert_max_num_queries(75) as first:
        export(zoe)
    for _number in range(30):
        write_mail("account-password-changed", to=zoe)
        record(HistoryEntry.Verb.SUBMITTED, on=zoe, by=zoe)
    with django_assert_num_queries(len(first)):
        export(zoe)


# The pages


@pytest.mark.parametrize("path", ["/en/my/data/", "/en/my/data/file/", "/en/my/erasure/"])
def test_a_stranger_is_asked_to_sign_in(client, db, path):
    for response in (client.get(path), client.post(path)):
        assert (response.status_code, "/account/login/" in response.url) == (302, True)


def let_sign_in_be_long_ago(client: Client) -> None:
    session = client.session
    for method in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        method["at"] = time.time() - 24 * 3600
    session.save()


def test_the_password_is_asked_for_anew(zoe, zoes_client):
    let_sign_in_be_long_ago(zoes_client)
    for ask in (zoes_client.get, zoes_client.post):
        response = ask("/en/my/erasure/")
        assert (response.status_code, "/account/reauthenticate/" in response.url) == (302, True)
    zoe.refresh_from_db()
    assert zoe.name == NAME
    zoes_client.post("/en/account/reauthenticate/", {"password": "the password of the tests"})
    assert zoes_client.get("/en/my/erasure/").status_code == 200


def reauthenticated(client: Client) -> Client:
    client.get("/en/account/reauthenticate/")
    client.post("/en/account/reauthenticate/", {"password": "the password of the tests"})
    return client


def test_a_person_erases_the_own_data(zoe, zoes_client):
    client = reauthenticated(zoes_client)
    page = client.get("/en/my/erasure/").content.decode()
    assert "Your mandates end:" in page
    assert "Lyon, alternate" in page
    refused = client.post("/en/my/erasure/", {})
    assert "Tick the box" in refused.content.decode()
    done = client.post("/en/my/erasure/", {"understood": "on"}, follow=True)
    assert "Your data are erased" in done.content.decode()
    assert found_in(whole_database()) == []
    assert client.get("/en/my/data/").status_code == 302
    assert not client.login(email=ADDRESS, password="the password of the tests")


def test_an_administrator_erases_a_person(zoe, administrator, officer, auditor, admin_user, signed_in):
    path = f"/admin/rvcu/user/{zoe.pk}/erase/"
    for stranger in (officer, auditor):
        assert signed_in(stranger).post(path, {"understood": "on"}).status_code == 403
    manager = signed_in(administrator)
    assert manager.post(f"/admin/rvcu/user/{admin_user.pk}/erase/", {"understood": "on"}).status_code == 403
    assert "Erase this person" in manager.get(path).content.decode()
    assert manager.post(path, {"seen": "0"}).status_code == 200
    seen = manager.get(path).context["seen"]
    assert manager.post(path, {"understood": "on", "seen": seen}).status_code == 302
    assert found_in(whole_database()) == []
    act = HistoryEntry.objects.first()
    assert (act.verb, act.actor) == (HistoryEntry.Verb.PERSON_ERASED, administrator)
    assert manager.get(path).status_code == 302
