"""What somebody would try who wants to know, or to do, more than applications and their decisions open to them."""

import json
import re
import urllib.parse
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cities.exceptions import NetworkError
from cities.models import Application, Call, City, HistoryEntry, Screening
from cities.services.assignment import assign
from cities.services.decision import compute_ranking, shortlist
from cities.services.evaluation import reopen_evaluation
from cities.services.invitation import invite
from cities.services.submission import withdraw
from tests.conftest import person, sign_in
from tests.factories.applications import add_file, add_photo
from tests.factories.calls import (
    DAY,
    add_applicant,
    make_application,
    make_assignment,
    make_call,
    make_commission_officer,
    make_endorsement,
    make_evaluator,
)
from tests.factories.decisions import make_decision, make_eligible

from .test_embargo import frozen  # noqa: F401  a fixture

Status = Application.Status

# The embargo: what lists of the admin tell to who knows how to ask

PROBES = (
    "application/?decisions__isnull={}",
    "application/?decisions={}",
    "application/?shortlistings__isnull={}",
    "application/?shortlistings={}",
    "application/?decisions__gt={}",
    "application/?designation__isnull={}",
    "call/?decisions__isnull={}",
    "call/?rankings__isnull={}",
    "call/?shortlistings__isnull={}",
    "call/?rankings={}",
    "assignment/?application__decisions__isnull={}",
    "endorsement/?application__decisions__isnull={}",
)


OFFERED = ("screening=to-examine", "endorsement=missing", "endorsement=none", "reviews=missing", "call=2027")


def test_what_a_list_offers_can_still_be_asked_for(network, auditor):
    make_eligible(make_call("decision"))
    client = sign_in(auditor)
    for query in OFFERED:
        assert client.get(f"/admin/cities/application/?{query}").status_code == 200, query


def test_no_filter_of_the_admin_tells_what_a_draft_says(network, auditor):
    draft = make_application(make_call(), website="https://besancon.example.org", population=120_000)
    city = City.objects.get(slug="lyon")
    draft.partner_cities.add(city)
    client = sign_in(auditor)
    for query in ("website__contains=besancon", "population__gt=1", f"partner_cities={city.pk}", "documents__isnull=0"):
        assert client.get(f"/admin/cities/application/?{query}").status_code == 400, query
    assert client.get(f"/admin/cities/city/?named_by_applications={draft.pk}").status_code == 400


def told(response: Any) -> tuple[int, Any]:
    if response.status_code != 200:
        return response.status_code, response.headers.get("Location")
    return 200, [row.pk for row in response.context["cl"].result_list]


def test_no_filter_of_the_admin_asks_for_what_is_under_embargo(network, decision_officer, auditor):
    call = make_call("decision")
    first, second = make_eligible(call), make_eligible(call, "Coimbra", "PT")
    client = sign_in(auditor)
    values = (0, 1, first.pk, second.pk, "True", "False")
    addresses = [f"/admin/cities/{probe.format(value)}" for probe in PROBES for value in values]
    before = [told(client.get(address)) for address in addresses]
    compute_ranking(call=call, by=decision_officer)
    shortlist(application=first, standing="shortlisted", reason="", by=decision_officer)
    make_decision(first, decision_officer)
    assert [told(client.get(address)) for address in addresses] == before


# What the examination found, where it is told with the announcement

OF_TEAM = ("", "read/", "check/", "submit/", "withdraw/", "documents/", "photos/", "team/", "form/presentation/")


def masked(response: Any) -> tuple[int, str | None, str]:
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"', "", response.content.decode())
    return response.status_code, response.headers.get("Location"), body


def looks(application: Application, owner: Any, commission: Any) -> dict[str, Any]:
    """All that team and Commission are shown and refused."""
    client, found = sign_in(owner), {}
    for name in OF_TEAM:
        address = f"/en/my/applications/{application.pk}/{name}"
        found[address] = masked(client.get(address))
    found["submit"] = masked(client.post(f"/en/my/applications/{application.pk}/submit/"))
    found["share"] = masked(client.post(f"/en/my/applications/{application.pk}/share/"))
    found["after"] = masked(client.get(f"/en/my/applications/{application.pk}/"))
    found["my"] = masked(client.get("/en/my/"))
    client = sign_in(commission)
    for address in ("/en/my/commission/FR/", f"/en/my/endorsements/{application.endorsement.pk}/", "/en/my/"):
        found[f"commission {address}"] = masked(client.get(address))
    return found


@pytest.mark.parametrize(
    ("known", "hidden", "fields"),
    [
        (Status.ELIGIBLE, Status.INELIGIBLE, {}),
        (Status.RETURNED, Status.INELIGIBLE, {"return_note": "Sign it."}),
    ],
)
@pytest.mark.parametrize("phase", ["evaluation", "decision"])
def test_no_page_tells_that_an_application_was_found_ineligible(
    frozen,  # noqa: F811
    network,
    commission_officer,
    officer,
    known,
    hidden,
    fields,
    phase,
):
    owner = person("owner@example.org")
    call = make_call(phase, tells_ineligible="with-announcement", return_days=5)
    if fields:
        fields |= {"return_until": frozen - DAY}
    application = make_application(call, owner=owner, status=known, **fields)
    make_endorsement(application, "endorsed")
    returned_at = frozen - 3 * DAY if fields else None
    screening = Screening.objects.create(application=application, returned_at=returned_at)
    before = looks(application, owner, commission_officer)
    Application.objects.update(status=hidden)
    Screening.objects.filter(pk=screening.pk).update(status="concluded", reasons=["links"])
    application = Application.objects.get()
    assert looks(application, owner, commission_officer) == before


def test_another_team_of_the_city_does_not_learn_that_the_first_was_found_ineligible(network):
    owner = person("owner@example.org")
    call = make_call("screening", tells_ineligible="with-announcement")
    make_application(call, status=Status.SUBMITTED)
    second = make_application(call, owner=owner)
    client = sign_in(owner)
    address = f"/en/my/applications/{second.pk}/check/"
    assert "Another application of this city was submitted" in client.get(address).content.decode()
    Application.objects.exclude(pk=second.pk).update(status=Status.INELIGIBLE)
    assert "Another application of this city was submitted" in client.get(address).content.decode()


@pytest.mark.parametrize("status", ["eligible", "ineligible"])
def test_the_own_act_of_withdrawing_does_not_tell_what_was_found(network, status):
    owner = person("owner@example.org")
    call = make_call("evaluation", tells_ineligible="with-announcement")
    application = make_application(call, owner=owner, status=status)
    withdraw(application=application, by=owner)
    entry = HistoryEntry.objects.about(application).get(verb=HistoryEntry.Verb.APPLICATION_WITHDRAWN)
    assert entry.changes["status"] == ["submitted", "withdrawn"]


# What nothing changes any more


def put_another_in_its_place(row: Any, **other: Any) -> None:
    """Insert a row under another key that agrees with a stored one where rows may not agree; SQLite displaces then."""
    columns = {column.column: f'"{column.column}"' for column in row._meta.concrete_fields} | dict.fromkeys(other, "%s")
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{verb} INTO {row._meta.db_table} ({names}) SELECT {', '.join(columns.values())}"
            f" FROM {row._meta.db_table} WHERE id = %s",
            [*(other[name] for name in columns if name in other), row.pk],
        )


def test_no_row_of_what_only_grows_is_displaced(network, decision_officer):
    application = make_eligible(make_call("decision"))
    snapshot = application.snapshots.get()
    ranking = compute_ranking(call=application.call, by=decision_officer)
    decision = make_decision(application, decision_officer)
    for row, other in (
        (snapshot, {"id": 99, "receipt": "another", "sha256": "0" * 64}),
        (ranking, {"id": 99, "inputs_sha256": "0" * 64}),
        (decision, {"id": 99, "number": 99, "previous_hash": "1" * 64, "hash": "2" * 64, "outcome": "not-designated"}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            put_another_in_its_place(row, **other)
        assert type(row).objects.get() == row


@pytest.mark.parametrize("other", [{"max_endorsed": 99}, {"id": 99, "max_endorsed": 99}])
def test_no_call_takes_the_place_of_one_that_was_published(network, other):
    call = make_call(form=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        put_another_in_its_place(call, **other)
    assert Call.objects.get().max_endorsed == call.max_endorsed


# Officers who evaluate


def test_an_officer_who_evaluates_neither_chooses_a_file_nor_opens_the_own_evaluation_again(network, officer):
    call = make_call("evaluation")
    application, second = make_eligible(call), make_eligible(call, "Coimbra", "PT")
    own = make_evaluator(officer)
    with pytest.raises(NetworkError, match="Nobody chooses what they evaluate themselves"):
        assign(application=application, evaluator=own, by=officer)
    assignment = make_assignment(second, own, "submitted")
    with pytest.raises(NetworkError, match="Nobody opens an evaluation of their own again"):
        reopen_evaluation(assignment=assignment, reason="To see what others wrote.", by=officer)
    colleague = person("colleague@example.org", "officer")
    assert reopen_evaluation(assignment=assignment, reason="Say more.", by=colleague).status == "in-progress"


# What is sent to a form

NASTY = {
    "nul": "a\x00b",
    "surrogate": "%ED%A0%80",
    "exponent": "1E+999999999",
    "digits": "9" * 200_000,
}


def fields_of(page: str) -> dict[str, str]:
    """The names of the fields of a form that takes answers, with what stands in them."""
    found = re.findall(r'<(?:input|textarea|select)[^>]*\bname="(q-[^"]+)"[^>]*?(?:\bvalue="([^"]*)")?[^>]*>', page)
    return dict(found)


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_that_is_sent_breaks_a_section_or_enters_it_unseen(network, nasty):
    owner = person("owner@example.org")
    application = make_application(make_call(), owner=owner)
    client = sign_in(owner)
    for section in application.call.sections.all():
        address = f"/en/my/applications/{application.pk}/form/{section.key}/"
        names = fields_of(client.get(address).content.decode())
        sent = {
            name: value if name.endswith(("-seen", "-base")) else NASTY[nasty]
            for name, value in names.items()
            if not name.endswith("-DELETE")
        }
        counts = [name for name in sent if name.endswith(("TOTAL_FORMS", "INITIAL_FORMS"))]
        for shape in (sent | dict.fromkeys(counts, "10000"), dict.fromkeys(sent, NASTY[nasty])):
            body = "&".join(
                f"{name}={value if nasty == 'surrogate' else urllib.parse.quote(value)}"
                for name, value in shape.items()
            )
            response = client.post(address, body, content_type="application/x-www-form-urlencoded")
            assert response.status_code in (200, 302, 400, 409, 413), (section.key, response.status_code)
            assert client.get(address).status_code == 200
    for name in ("", "read/", "check/", "submit/", "export/json/", "export/docx/"):
        assert client.get(f"/en/my/applications/{application.pk}/{name}").status_code == 200, name
    for answer in application.answers.all():
        kept = json.dumps([answer.value, answer.as_typed])
        assert not re.search(r"\\u0000|\\ud8", kept), kept[:300]
        assert len(kept) < 3_000_000


# Who is nobody here


STRANGERS = ("another_owner", "former_member", "reader", "commission_of_another", "former_officer", "officer", "rival")


@pytest.mark.parametrize("who", STRANGERS)
def test_keys_that_are_guessed_change_nothing(network, who, officer):
    call = make_call(tells_ineligible="with-announcement")
    owner, editor = person("owner@example.org"), person("editor@example.org")
    application = make_application(call, owner=owner, shared_at=timezone.now())
    endorsement = make_endorsement(application)
    mandate = add_applicant(application, editor, "editor")
    invitation = invite(
        kind="applicant", application=application, email="new@example.org", role="reader", language="en", by=owner
    )
    document = add_file(application, owner, "mayors-letter")
    photo = add_photo(application, owner)
    evaluator = person("evaluator@example.org")
    assignment = make_assignment(application, make_evaluator(evaluator), "accepted")
    curious = officer if who == "officer" else person("curious@example.org")
    own = None
    if who == "another_owner":
        own = make_application(make_call(slug="2029"), "Tours", owner=curious)
    elif who == "rival":
        own = make_application(call, "Nancy", owner=curious)
        make_evaluator(curious)
    elif who == "former_member":
        held = add_applicant(application, curious, "owner")
        type(held).objects.filter(pk=held.pk).update(ends_at=timezone.now() - DAY / 2)
    elif who == "reader":
        add_applicant(application, curious, "reader")
    elif who == "commission_of_another":
        make_commission_officer(curious, "PT")
    elif who == "former_officer":
        held = make_commission_officer(curious)
        type(held).objects.filter(pk=held.pk).update(begins_at=timezone.now() - 3 * DAY, ends_at=timezone.now() - DAY)
    client = sign_in(curious)
    state = world_of(application)
    base = f"/en/my/applications/{application.pk}/"
    addresses = [
        *(base + name for name in ("share/", "submit/", "withdraw/", "documents/", "photos/", "team/invite/")),
        *(f"{base}form/{section.key}/" for section in call.sections.all()),
        f"{base}documents/{document.pk}/remove/",
        f"{base}team/{mandate.pk}/end/",
        f"{base}team/invitations/{invitation.pk}/withdraw/",
        f"{base}team/invitations/{invitation.pk}/again/",
        *(f"/en/my/endorsements/{endorsement.pk}/{name}/" for name in ("endorse", "decline", "withdraw", "reopen")),
        f"/en/my/endorsements/{endorsement.pk}/note/",
        "/en/my/commission/FR/wishes/",
        *(
            f"/en/my/evaluations/{assignment.pk}/{name}"
            for name in ("", "accept/", "decline/", "recuse/", "abstain/", "submit/")
        ),
    ]
    if own is not None:
        # Through an application of one's own.
        base = f"/en/my/applications/{own.pk}/"
        addresses += [
            f"{base}documents/{document.pk}/remove/",
            f"{base}team/{mandate.pk}/end/",
            f"{base}team/invitations/{invitation.pk}/withdraw/",
            f"{base}team/invitations/{invitation.pk}/again/",
        ]
    sent = {
        "understood": "on", "reason": "No.", "role": "owner", "email": "curious@example.org", "language": "en",
        "confirm": "1", "declared": "on", "call": call.slug, f"wish-{endorsement.pk}": "1", "note": "Mine.",
        "q-presentation-seen": "0", "q-presentation-base": "", "q-presentation-text": "Mine.",
        "remove": photo.pk.hex, "kind": "mayors-letter",
    }  # fmt: skip
    for address in addresses:
        response = client.post(address, sent)
        # A reader reads the page of the documents, and is sent back to it.
        known = (302,) if who == "reader" and address.endswith("/documents/") else (403, 404)
        assert response.status_code in known, (address, response.status_code)
    assert world_of(application) == state
    if who == "reader":
        return
    files = [document.file.get_absolute_url(), f"/en/my/applications/{application.pk}/read/"]
    files += [f"/en/my/applications/{application.pk}/export/json/", f"/en/my/applications/{application.pk}/check/"]
    files += [f"/photos/{photo.pk}/small.jpg", f"/en/photos/{photo.pk}/small/"]
    for address in files:
        assert client.get(address, follow=True).status_code in (403, 404), address


def world_of(application: Application) -> list[Any]:
    """All rows of an application, as they are."""
    application.refresh_from_db()
    rows = [application, application.endorsement]
    for name in ("applicants", "invitations", "documents", "photo_uses", "assignments", "answers", "snapshots"):
        rows += list(getattr(application, name).order_by("pk"))
    return [{column.name: getattr(row, column.attname) for column in row._meta.concrete_fields} for row in rows]
