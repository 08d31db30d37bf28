"""Attacks on annual meetings: what each persona could try, and what data can be brought in from outside."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from meetings.models import HostBid, Meeting, Registration
from tests.factories.hosting import (
    make_bid,
    make_host_call,
    make_meeting,
    make_registration,
    open_for_registration,
)

pytestmark = pytest.mark.usefixtures("network")
Status = HostBid.Status


# What a list of the administration can be asked for in its address


BIDS, PERSONS = "/en/admin/meetings/hostbid/", "/en/admin/meetings/registration/"


@pytest.mark.parametrize(
    "query",
    [
        "summary_en__startswith=Come",
        "budget_total__gt=1",
        "venue__icontains=hall",
        "as_typed__has_key=venue",
        "host_call__note__startswith=a",
        "cities__letter__sha256__startswith=a",
    ],
)
@pytest.mark.parametrize("who", ["officer", "auditor", "admin_user"])
def test_what_a_draft_says_cannot_be_asked_for_in_an_address(request, signed_in, who, query):
    make_bid(make_host_call("open"), "lyon")
    response = signed_in(request.getfixturevalue(who)).get(f"{BIDS}?{query}")
    assert response.status_code in (302, 400)


@pytest.mark.parametrize(
    "query",
    [
        "email__startswith=d",
        "answers__icontains=vegan",
        "secret_sha256__startswith=a",
        "user__email__startswith=a",
        "visa_letter_on__isnull=False",
        "registered_by__email__startswith=o",
    ],
)
def test_an_auditor_asks_for_no_address_and_no_answer(signed_in, auditor, query):
    make_registration(open_for_registration(make_meeting(hosts=["lyon"])))
    response = signed_in(auditor).get(f"{PERSONS}?{query}")
    assert response.status_code in (302, 400)


# Registration


@pytest.fixture
def meeting() -> Meeting:
    return open_for_registration(make_meeting(hosts=["lyon"]))


def posted(client: Client, meeting: Meeting, city: str = "lyon", **fields: Any) -> Any:
    known = {"name": "A delegate", "email": "d@example.org", "language": "en", "function": "", "organization": ""}
    return client.post(f"/en/my/meetings/{meeting.edition}/{city}/?as=delegate", known | fields)


def test_a_name_is_one_line(signed_in, coordinator, meeting):
    posted(
        signed_in(coordinator),
        meeting,
        name="A\r\nBcc: all@example.org\r\n\r\nPay here",
        function="x\ny",
        organization="a\u2028b",
    )
    stored = Registration.objects.get()
    assert (stored.name, stored.function, stored.organization) == ("A Bcc: all@example.org Pay here", "x y", "a b")


@pytest.mark.parametrize("session", ["9" * 5000, "9" * 30, "-1", "\u0661", "", "\x00", "1.5"])
def test_a_session_that_is_none_is_not_found(signed_in, coordinator, meeting, session):
    registration = make_registration(meeting)
    address = reverse("meetings:my_registration_sessions", args=[registration.pk])
    response = signed_in(coordinator).post(address, {"session": session, "act": "book"})
    assert response.status_code == 404


ODD = (
    "\x01\x0b\x1b[31m",
    "\u202egnp.exe",
    "\x00",
    "\ufffe\uffff",
    "👩‍👩‍👧" * 20,
    '=HYPERLINK("http://x")',
    "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
)


@pytest.mark.parametrize("odd", ODD)
def test_whatever_is_typed_every_page_and_file_still_opens(signed_in, coordinator, officer, meeting, odd):
    from meetings.services.registration import default_questions

    questions = default_questions(meeting)
    answers = {f"q-{one.pk}": ("on" if one.kind == "yes-no" else odd + "x") for one in questions}
    response = posted(
        signed_in(coordinator), meeting, name=f"A{odd}", function=odd, organization=odd, on_list="on", **answers
    )
    if response.status_code == 200:
        return
    stored = Registration.objects.get()
    client = signed_in(officer)
    for address in ("", "export/", "export/needs/", "export/visa/"):
        for fmt in range(2):
            response = client.post(f"{PERSONS}{address}", {"format": str(fmt)}) if address else client.get(PERSONS)
            assert response.status_code == 200, (address, fmt)
            if address:
                assert "attachment" in response.get("Content-Disposition", ""), response.content[:3000]
    for address in (f"{stored.pk}/change/", f"{stored.pk}/letter/"):
        assert client.get(f"{PERSONS}{address}").status_code == 200
    for address in ("people/", "badges/", "check-in/"):
        assert client.get(f"/en/admin/meetings/meeting/{meeting.pk}/{address}").status_code == 200
    assert signed_in(coordinator).get(f"/en/my/registrations/{stored.pk}/calendar.ics").status_code == 200
    assert signed_in(coordinator).get(f"/en/meetings/{meeting.edition}/participants/").status_code == 200
