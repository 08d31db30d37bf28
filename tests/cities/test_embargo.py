"""Bar 4: two databases alike but for the decisions tell everybody else the same, to the last byte.

Every address is asked twice by the same person at the same frozen instant: before anything is decided, and after the
decision officer ranked, shortlisted and decided through the pages of the admin. Status, headers and bodies have to be
equal once CSRF tokens are masked, and so has every table but those under embargo.
"""

import datetime
import re
import types
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.http import HttpResponse
from django.template import defaulttags
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import cache, timesince, timezone, translation
from PIL import Image

from cities.models import (
    Application,
    Call,
    City,
    Decision,
    Designation,
    Endorsement,
    HistoryEntry,
    OutboxMessage,
    Photo,
    PrivateFile,
    Ranking,
    Shortlisting,
)
from cities.services.announcement import announce
from cities.services.clock import tick
from rvcu.models import User
from tests.conftest import person, sign_in
from tests.factories.calls import (
    make_assignment,
    make_call,
    make_endorsement,
    make_evaluation,
    make_evaluator,
)
from tests.factories.decisions import make_eligible
from tests.rvcu.test_access import walk

PERSONAS = (
    "visitor",
    "coordinator",
    "applicant",
    "evaluator",
    "commission_officer",
    "officer",
    "auditor",
    "administrator",
    "superuser",
)
STAFF = ("officer", "auditor", "administrator", "superuser")
THOROUGH = ("officer", "superuser")
"""Who also tries every filter and order that the lists of the admin offer: who uses them, and who may the most."""
SEALED = (Decision, Ranking, Shortlisting)

Answer = tuple[int, dict[str, str], bytes]


# The clock


@pytest.fixture
def frozen(monkeypatch) -> datetime.datetime:
    """An instant at which everything of a test happens, also for those who say how long ago."""
    instant = timezone.now().replace(microsecond=0)

    class Stopped(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return instant.astimezone(tz) if tz else instant.replace(tzinfo=None)

    monkeypatch.setattr(timezone, "now", lambda: instant)
    # The tag {% now %} asks by itself.
    monkeypatch.setattr(defaulttags, "datetime", Stopped)
    monkeypatch.setattr(cache, "time", types.SimpleNamespace(time=instant.timestamp))
    stopped = types.SimpleNamespace(**{name: getattr(datetime, name) for name in ("timedelta", "date", "UTC")})
    monkeypatch.setattr(timesince, "datetime", types.SimpleNamespace(**vars(stopped), datetime=Stopped))
    return instant


# The world: three applications that wait for a decision, and somebody of every kind who may be curious


@pytest.fixture
def call(network, frozen) -> Call:
    return make_call("decision", priority_regions=["africa"], tells_ineligible="with-announcement")


@pytest.fixture
def applicant(network) -> User:
    return person("owner.besancon@example.org", name="Owner of Besançon")


@pytest.fixture
def superuser(db) -> User:
    return User.objects.create_superuser("superuser@example.org", "the password of the tests")


@pytest.fixture
def applications(call, applicant, evaluator, coordinator, commission_officer, decision_officer) -> list[Application]:
    """Designated, not designated, and not designated with the rest."""
    besancon = make_eligible(call, owner=applicant, language="fr")
    tours = make_eligible(call, "Tours", field="music")
    coimbra = make_eligible(call, "Coimbra", "PT")
    make_eligible(call, "Nevers", status="ineligible", field="film")
    for place, one in enumerate((besancon, tours), 1):
        make_endorsement(one, Endorsement.Status.ENDORSED, place=place)
    own = evaluator.evaluator_mandates.get() if hasattr(evaluator, "evaluator_mandates") else None
    own = own or evaluator._meta.apps.get_model("cities.Evaluator").objects.get(user=evaluator)
    make_evaluation(make_assignment(coimbra, own, "submitted"), 4, 4, 4)
    second = make_evaluator(person("second.evaluator@example.org"))
    make_evaluation(make_assignment(besancon, second, "submitted"), 5, 5, 5)
    picture = BytesIO()
    Image.new("RGB", (8, 6)).save(picture, "JPEG")
    photo = Photo(application=besancon, width=800, height=600, sha256="0" * 64, uploaded_by=applicant)
    for size in ("large", "small"):
        getattr(photo, size).save(f"{size}.jpg", SimpleUploadedFile("a.jpg", picture.getvalue()), save=False)
    photo.save()
    return [besancon, tours, coimbra]


@pytest.fixture
def clients(request, applications, decision_officer) -> dict[str, Client]:
    """Who is curious, signed in before anything is decided; as the decision officer once was, which accounts show."""
    sign_in(decision_officer)
    return {
        persona: Client() if persona == "visitor" else sign_in(request.getfixturevalue(persona)) for persona in PERSONAS
    }


def decide_everything(call: Call, applications: list[Application], officer: User) -> None:
    """All that a decision officer does, through the pages of the admin."""
    client = sign_in(officer)
    besancon, tours, _coimbra = applications
    desk = f"/admin/cities/decision/calls/{call.pk}/"
    act = {"reference": "DG/2026/17", "decided_on": timezone.localdate().isoformat(), "decider": "Director-General"}
    signed = SimpleUploadedFile("act.pdf", b"%PDF-1.4 the act %%EOF", "application/pdf")

    def done(response: Any) -> None:
        assert response.status_code == 302, response.context["errors"]

    done(client.post(f"{desk}ranking/"))
    done(client.post(f"{desk}shortlist/?application={besancon.pk}&application={tours.pk}", {"standing": "shortlisted"}))
    address = "/admin/cities/decision/applications/{}/"
    done(client.post(address.format(besancon.pk), act | {"outcome": "not-designated", "upload": signed}))
    decision = Decision.objects.get()
    done(
        client.post(
            f"/admin/cities/decision/{decision.pk}/correct/",
            act | {"outcome": "designated", "reason": "A clerical error.", "known_file": str(decision.file_id)},
        )
    )
    done(client.post(address.format(tours.pk), act | {"outcome": "designated"}))
    remaining = client.get(f"{desk}rest/").context["adminform"].form["remaining"].value()
    done(client.post(f"{desk}rest/", act | {"remaining": remaining}))
    for page in ("", "?by=region", "announce/", "press/", "press/file/?language=fr&format=csv"):
        assert client.get(desk + page).status_code == 200
    assert Decision.objects.standing().count() == 3
    assert PrivateFile.objects.filter(kind="decision").count() == 1


# Every address


def candidates(name: str, key: str, call: Call, known: dict[str, list[Any]]) -> list[Any]:
    """What may stand in an address: rows that exist, and the candidate city, which has no page yet."""
    if key == "slug":
        if ":call" in name:
            return [call.slug]
        return ["film"] if name.endswith(":field") else ["besancon", "lyon"]
    if key == "pk":
        for beginning, rows in known.items():
            if name.startswith(beginning):
                return rows
        return [1]
    if key == "city":
        # The row of a city in a bid, or a city.
        return ["besancon", "lyon"] if name.endswith(("my_bid_begin", "my_registrations")) else [1]
    return {
        "iso2": ["FR"],
        "country": ["FR"],
        "day": [timezone.localdate()],
        "name": ["manifest.json"],
        "extension": ["csv", "xlsx", "json", "geojson", "kml", "jsonld"],
        "language": ["en", "fr"],
        "edition": [12],
        "token": ["unknown"],
        "number": [1],
        "document": [1],
        "mandate": [1],
        "invitation": [1],
        "section": ["cities"] if name == "sitemap_part" else ["presentation"],
        "fmt": ["json", "docx"],
        "size": ["small"],
        "key": ["unknown"],
        "uidb36": ["1"],
    }[key]


def public_addresses(call: Call, known: dict[str, list[Any]]) -> Iterator[str]:
    for name, route, _view in walk():
        if name.startswith("admin:") or name in ("account_logout", "set_language"):
            continue
        keys = re.findall(r"<(?:\w+:)?(\w+)>", route) or re.findall(r"\(\?P<(\w+)>", route)
        filled: list[dict[str, Any]] = [{}]
        for key in keys:
            filled = [one | {key: value} for one in filled for value in candidates(name, key, call, known)]
        for arguments in filled:
            yield reverse(name, kwargs=arguments)
    for language in ("en", "fr"):
        for query in ("cities/?q=besan", "cities/?field=literature&country=FR", "network/statistics/", "cities/map/"):
            yield f"/{language}/{query}"
    yield "/en/cities/coimbra/"
    yield "/en/nowhere/"


def admin_addresses(call: Call, applications: list[Application]) -> Iterator[str]:
    objects: dict[str, list[Any]] = {}
    for model in admin.site._registry:
        if model in SEALED:
            objects[model._meta.model_name] = [1, 2, 3, 4]
        else:
            objects[model._meta.model_name] = list(
                model._default_manager.order_by("-pk").values_list("pk", flat=True)[:2]
            )
    objects["application"] = [one.pk for one in applications[:2]]
    for name, _route, _view in walk():
        if not name.startswith("admin:") or name in ("admin:", "admin:logout", "admin:autocomplete"):
            continue
        model = name.split("_")[1] if name.count("_") > 1 else ""
        try:
            yield reverse(name)
        except NoReverseMatch:
            for pk in objects.get(model, []):
                try:
                    yield reverse(name, args=[pk])
                except NoReverseMatch:
                    continue
    for model, model_admin in admin.site._registry.items():
        changelist = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        if model_admin.search_fields:
            yield f"{changelist}?q=besan"
        for field in model_admin.autocomplete_fields:
            where = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}&field_name={field}"
            yield f"/admin/autocomplete/?{where}&term=besan"
    for name in ("application", "decision", "city", "call"):
        yield f"/admin/autocomplete/?app_label=cities&model_name=decision&field_name={name}&term=besan"
    yield f"/admin/cities/decision/calls/{call.pk + 1000}/"


def further(address: str, answer: Answer) -> list[str]:
    """The filters, orders and days that a list of the admin offers."""
    if not re.fullmatch(r"/admin/\w+/\w+/", address) or answer[0] != 200:
        return []
    found = re.findall(r'href="(\?[^"]*)"', answer[2].decode())
    return [address + unescape(query) for query in dict.fromkeys(found)][: 40 if address in NEAR else 3]


NEAR = {f"/admin/cities/{name}/" for name in ("application", "call", "endorsement", "assignment", "outboxmessage")}
"""Lists close to decisions, whose every filter is tried; of the others a few."""


CLOSE = "^/admin/$|app|call|decision|ranking|shortlist|assign|endorse|outbox|history|autocomplete|rvcu/user|city/"


# What an address answers

TOKENS = re.compile(
    rb'(<dcterms:\w+ [^>]*>|name="csrfmiddlewaretoken" value="|nonce="'
    rb'|"X-CSRFToken": ?"|&quot;X-CSRFToken&quot;: ?&quot;)[\w:-]+'
)


def asked(client: Client, address: str) -> Answer:
    """The answer, with whatever it would have written undone."""
    with transaction.atomic():
        response = client.get(address)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    return masked(response, body)


def masked(response: HttpResponse, body: bytes) -> Answer:
    headers = {name: value for name, value in response.items() if name.lower() != "set-cookie"}
    if body.startswith(b"PK"):
        # A document of office software notes when each part was written, and is packed the longer or shorter for it.
        headers.pop("Content-Length", None)
        with ZipFile(BytesIO(body)) as archive:
            body = b"".join(name.encode() + archive.read(name) for name in archive.namelist())
    headers["cookies"] = " ".join(sorted(set(response.cookies) - {"csrftoken"}))
    return response.status_code, headers, TOKENS.sub(rb"\1-", body)


Answers = dict[tuple[str, str], Answer]


def all_of(clients: dict[str, Client], personas: tuple[str, ...], addresses: list[str]) -> Answers:
    answers: Answers = {}
    for persona in personas:
        caches["pages"].clear()
        for address in addresses:
            answers[persona, address] = first = asked(clients[persona], address)
            if persona in THOROUGH:
                for more in further(address, first):
                    answers[persona, more] = asked(clients[persona], more)
    return answers


def differences(before: dict[Any, Answer], after: dict[Any, Answer]) -> list[str]:
    found = [f"{key} is asked only once" for key in before.keys() ^ after.keys()]
    for key in before.keys() & after.keys():
        for what, old, new in zip(("status", "headers", "body"), before[key], after[key], strict=True):
            if old != new:
                old_text, new_text = f"{old!r}", f"{new!r}"
                at = next((i for i, (a, b) in enumerate(zip(old_text, new_text, strict=False)) if a != b), 0)
                at = max(at, 150)
                found.append(f"{key}: {what}: {old_text[at - 150 : at + 80]} → {new_text[at - 150 : at + 80]}")
    return found


def tables() -> dict[str, list[Any]]:
    """Whatever is stored, but for what is under embargo and what notes that the decision officer was here."""
    left_out = {"sessions.session", "usersessions.usersession", "mfa.authenticator", "rvcu.user"}
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model in SEALED or model._meta.label_lower in left_out or not model._meta.managed:
            continue
        rows = model._base_manager.order_by("pk")
        if model is PrivateFile:
            rows = rows.exclude(kind="decision")
        found[model._meta.label] = list(rows.values())
    return found


def known_rows(applications: list[Application], act: str) -> dict[str, list[Any]]:
    return {
        "cities:my_application": [applications[0].pk, applications[2].pk],
        "cities:my_endorse": list(Endorsement.objects.values_list("pk", flat=True)),
        "cities:my_evaluation": list(applications[2].assignments.values_list("pk", flat=True)),
        "photo": list(Photo.objects.values_list("pk", flat=True)),
        "cities:file": [act],
    }


@pytest.fixture
def act(monkeypatch) -> str:
    """The number that the signed act will have: its address is tried before there is one."""
    number = PrivateFile().pk
    monkeypatch.setattr(PrivateFile._meta.get_field("id"), "default", lambda: number)
    monkeypatch.setattr(PrivateFile._meta.get_field("id"), "_get_default", lambda: number)
    return number


# The test


@pytest.mark.parametrize("persona", PERSONAS)
def test_edge_m_an_embargoed_decision_changes_no_page_of_the_site(
    call, applications, clients, act, decision_officer, persona
):
    addresses = list(dict.fromkeys(public_addresses(call, known_rows(applications, act))))
    assert len(addresses) > 100
    before, kept = all_of(clients, (persona,), addresses), tables()
    decide_everything(call, applications, decision_officer)
    assert str(PrivateFile.objects.get(kind="decision").pk) == str(act)
    after = all_of(clients, (persona,), addresses)
    assert differences(before, after) == []
    assert [name for name, rows in tables().items() if rows != kept[name]] == []


@pytest.mark.parametrize("persona", STAFF)
def test_edge_m_an_embargoed_decision_changes_no_page_of_the_admin(
    call, applications, clients, decision_officer, persona
):
    addresses = list(dict.fromkeys(admin_addresses(call, applications)))
    if persona not in ("officer", "auditor"):
        # Administrators edit as officers do, a superuser meets the same pages: what may have to do with decisions.
        addresses = [address for address in addresses if re.search(CLOSE, address)]
    before = all_of(clients, (persona,), addresses)
    decide_everything(call, applications, decision_officer)
    after = all_of(clients, (persona,), addresses)
    assert differences(before, after) == []
    assert not any(
        status == 200 for (_who, address), (status, *_rest) in after.items() if "/admin/cities/decision" in address
    )


def test_for_whoever_is_not_staff_the_admin_is_the_same_too(call, applications, clients, decision_officer):
    personas = tuple(persona for persona in PERSONAS if persona not in STAFF)
    addresses = [f"/admin/cities/decision/calls/{call.pk}/", "/admin/cities/decision/1/change/", "/admin/"]
    before = all_of(clients, personas, addresses)
    decide_everything(call, applications, decision_officer)
    assert differences(before, all_of(clients, personas, addresses)) == []


@contextmanager
def no_number_taken() -> Iterator[None]:
    """Give back the numbers of acts that are undone within, which PostgreSQL does not; those of a decision stay."""
    sequence = "cities_historyentry_id_seq"
    if connection.vendor == "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT last_value, is_called FROM {sequence}")
        before = cursor.fetchone()
        yield
        cursor.execute("SELECT setval(%s, %s, %s)", [sequence, *before])


def told(clients: dict[str, Client]) -> dict[Any, Any]:
    """What is no page: downloads, files of lists, the clock, the verification, the next act and mail."""
    found: dict[Any, Any] = {}
    with no_number_taken(), transaction.atomic():
        for persona in PERSONAS[1:]:
            response = clients[persona].post("/en/my/data/file/")
            found[persona, "data"] = masked(response, b"".join(response) if response.streaming else response.content)
        for persona in STAFF:
            for model, model_admin in admin.site._registry.items():
                if hasattr(model_admin, "get_export_formats") and model not in SEALED:
                    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_export"
                    page = clients[persona].get(reverse(name))
                    if page.status_code != 200:
                        continue
                    form = page.context["form"]
                    ticked = {field.name: "on" for field in form if hasattr(field.field, "is_selectable_field")}
                    response = clients[persona].post(reverse(name), ticked | {"format": "1", "resource": "0"})
                    found[persona, name] = masked(response, response.content)
        verified = StringIO()
        call_command("verify_history", stdout=verified)
        found["verify_history"] = verified.getvalue()
        found["tick"] = tick()
        found["mails"] = list(OutboxMessage.objects.order_by("pk").values_list("template", "to", "subject", "body"))
        found["acts"] = list(HistoryEntry.objects.order_by("number").values_list("number", "verb", "hash"))
        transaction.set_rollback(True)
    return found


def test_downloads_exports_the_clock_and_the_history_are_the_same(
    call, applications, clients, decision_officer, monkeypatch
):
    before = told(clients)
    decide_everything(call, applications, decision_officer)
    after = told(clients)
    assert [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)] == []
    if connection.vendor == "sqlite":
        # PostgreSQL never gives a number twice, also when what took it is undone.
        assert HistoryEntry.objects.order_by("-pk").first() == HistoryEntry.objects.order_by("-number").first()


def test_after_the_announcement_all_of_it_is_there(call, applications, clients, act, decision_officer, frozen):
    decide_everything(call, applications, decision_officer)
    clients["visitor"].get("/en/cities/?q=besan")
    announce(call=call, by=decision_officer)
    caches["pages"].clear()
    visitor = clients["visitor"]
    for language in ("en", "fr"):
        with translation.override(language):
            page = visitor.get(f"/{language}/cities/?q=besan").content.decode()
            assert f"/{language}/cities/besancon/" in page
            assert visitor.get(f"/{language}/cities/besancon/").status_code == 200
            assert "Besançon" in visitor.get(f"/{language}/calls/{call.slug}/").content.decode()
    assert "/cities/besancon/" in visitor.get("/sitemap.xml").content.decode()
    assert Designation.objects.filter(application__call=call).count() == 2
    assert City.objects.members().filter(slug__in=["besancon", "tours"]).count() == 2
    for persona in ("visitor", "coordinator", "applicant", "evaluator", "commission_officer"):
        assert clients[persona].get(f"/admin/cities/decision/calls/{call.pk}/").status_code == 302
        assert clients[persona].get(reverse("cities:file", args=[act])).status_code in (302, 404)
    for persona in STAFF:
        for page in ("", "calls/{pk}/", "calls/{pk}/press/", "calls/{pk}/press/file/"):
            address = "/admin/cities/decision/" + page.format(pk=call.pk)
            assert clients[persona].get(address).status_code == 200, (persona, address)
        assert clients[persona].get(f"/admin/cities/decision/calls/{call.pk}/announce/").status_code == 403
        assert clients[persona].get(f"/admin/cities/decision/applications/{applications[0].pk}/").status_code == 403
        assert clients[persona].get(reverse("cities:file", args=[act])).status_code == 200
    own = clients["applicant"].get(reverse("cities:my_application", args=[applications[0].pk]))
    assert own.status_code == 200
