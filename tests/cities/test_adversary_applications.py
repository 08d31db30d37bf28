"""What somebody would try who wants to know, or to do, more than applications and their decisions open to them."""

import json
import re
import urllib.parse
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from cities.models import Application, Call, Screening
from cities.services.decision import compute_ranking, shortlist
from tests.conftest import person, sign_in
from tests.factories.calls import DAY, make_application, make_call, make_endorsement
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


def told(response: Any) -> tuple[int, Any]:
    if response.status_code != 200:
        return response.status_code, response.headers.get("Location")
    return 200, [row.pk for row in response.context["cl"].result_list]


@pytest.mark.parametrize("probe", PROBES)
def test_no_filter_of_the_admin_asks_for_what_is_under_embargo(network, decision_officer, auditor, probe):
    call = make_call("decision")
    first, second = make_eligible(call), make_eligible(call, "Coimbra", "PT")
    client = sign_in(auditor)
    addresses = [f"/admin/cities/{probe.format(value)}" for value in (0, 1, first.pk, second.pk, "True", "False")]
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


# What is sent to a form

NASTY = {
    "nul": "a\x00b",
    "surrogate": "%ED%A0%80",
    "not a number": "NaN",
    "endless": "Infinity",
    "exponent": "1E+999999999",
    "long": "x" * 1_000_000,
    "digits": "9" * 200_000,
    "json": '{"a": [[[[[[1]]]]]]}',
    "markup": "<script>alert(1)</script>",
    "arabic digits": "٣٤",
    "formula": "=1+1",
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
        for shape in (sent, sent | dict.fromkeys(counts, "10000"), dict.fromkeys(sent, NASTY[nasty])):
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
        assert "\\u0000" not in kept and "\\ud8" not in kept and "NaN" not in kept.replace('"NaN"', ""), kept[:300]
        assert len(kept) < 3_000_000
