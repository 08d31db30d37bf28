"""The entrance on a phone: finding a person, one tap, and what it says when it cannot be."""

import datetime

import pytest
from django.utils import timezone, translation

from cities.models import HistoryEntry
from meetings.models import Meeting, Registration
from meetings.services.meeting import figures
from meetings.services.registration import check_in
from tests.conftest import person, sign_in
from tests.factories.hosting import make_meeting, make_registration, open_for_registration

Status = Registration.Status
pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def meeting(network) -> Meeting:
    return open_for_registration(make_meeting(hosts=["lyon"]), per_city=400)


@pytest.fixture
def delegate(meeting) -> Registration:
    return make_registration(meeting, name="Zoë Łuczak", city="krakow")


@pytest.fixture
def door(meeting) -> str:
    return f"/admin/meetings/meeting/{meeting.pk}/check-in/"


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


def found(page) -> list[str]:
    return [one.registration.name for one in page.context["found"]]


@pytest.mark.parametrize("query", ["zoe", "LUCZ", "krak", "zoe krak", "code", "c o d e"])
def test_a_person_is_found_by_name_city_or_code_without_a_script(staff, door, meeting, delegate, query):
    make_registration(meeting, "other@example.org", name="Somebody else")
    query = delegate.code.lower() if query == "code" else " ".join(delegate.code) if query == "c o d e" else query
    page = staff.get(door, {"q": query})
    assert found(page) == ["Zoë Łuczak"]
    text = page.content.decode()
    assert "Delegate" in text
    assert "<strong>Kraków</strong>, Poland" in text
    assert "Has a place" in text


def test_one_tap_checks_in_and_counts(staff, officer, door, meeting, delegate):
    page = staff.post(door, {"registration": delegate.pk, "q": "zoe"}, follow=True)
    assert page.redirect_chain == [(door, 302)]
    text = page.content.decode()
    assert "Zoë Łuczak is checked in: delegate, Kraków." in text
    assert (page.context["here"].here, page.context["here"].coming, page.context["here"].cities) == (1, 1, 1)
    assert [one.registration.pk for one in page.context["last"]] == [delegate.pk]
    delegate.refresh_from_db()
    assert delegate.checked_in_by == officer
    assert HistoryEntry.objects.about(delegate).get().verb == HistoryEntry.Verb.CHECKED_IN


def test_a_slip_of_the_thumb_is_undone(staff, door, delegate):
    staff.post(door, {"registration": delegate.pk})
    page = staff.post(door, {"registration": delegate.pk, "act": "undo"}, follow=True)
    assert "Zoë Łuczak is not checked in any more." in page.content.decode()
    delegate.refresh_from_db()
    assert not delegate.is_checked_in


def test_who_cannot_enter_is_said_in_words(staff, door, meeting, delegate):
    make_registration(meeting, "w@example.org", name="Person waiting", city="", status=Status.WAITING)
    make_registration(meeting, "c@example.org", name="Person cancelled", status=Status.CANCELLED)
    text = staff.get(door, {"q": "person"}).content.decode()
    assert "On the waiting list, number 1" in text
    assert "Cancelled" in text
    assert "Check in Person" not in text
    for name, sentence in {
        "Person waiting": "Person waiting is on the waiting list and has no place.",
        "Person cancelled": "The registration of Person cancelled is cancelled.",
    }.items():
        row = Registration.objects.get(name=name)
        page = staff.post(door, {"registration": row.pk, "q": "person"}, follow=True)
        assert sentence in page.content.decode()
        assert page.redirect_chain == [(f"{door}?q=person", 302)]


def test_the_second_officer_is_told_when_the_first_was_faster(staff, door, meeting, delegate):
    colleague = person("colleague@example.org", "officer")
    check_in(registration=delegate, by=colleague)
    text = staff.post(door, {"registration": delegate.pk}, follow=True).content.decode()
    assert "Zoë Łuczak was checked in already, on" in text
    delegate.refresh_from_db()
    assert delegate.checked_in_by == colleague
    assert HistoryEntry.objects.about(delegate).count() == 1
    shown = staff.get(door, {"q": "zoe"}).content.decode()
    assert "Checked in: today at" in shown


def test_times_are_those_of_the_place(staff, door, meeting, delegate):
    Meeting.objects.filter(pk=meeting.pk).update(time_zone="Asia/Tokyo")
    at = datetime.datetime(2026, 5, 1, 0, 12, tzinfo=datetime.UTC)
    Registration.objects.filter(pk=delegate.pk).update(checked_in_at=at)
    assert "Checked in: 1 May 2026 at 09:12" in staff.get(door, {"q": "zoe"}).content.decode()


def test_the_entrance_is_for_those_who_may_act(auditor, coordinator, signed_in, door, delegate, client):
    assert signed_in(auditor).get(door).status_code == 403
    assert signed_in(auditor).post(door, {"registration": delegate.pk}).status_code == 403
    for other in (signed_in(coordinator), client):
        assert other.get(door).status_code == 302
        assert other.post(door, {"registration": delegate.pk}).status_code == 302
    delegate.refresh_from_db()
    assert not delegate.is_checked_in


@pytest.mark.parametrize("registration", ["", "x", "0", "99999999999999999999", "other meeting"])
def test_who_is_not_of_this_meeting_is_not_found(staff, door, delegate, registration):
    if registration == "other meeting":
        other = make_registration(open_for_registration(make_meeting(20, hosts=["lyon"])))
        registration = str(other.pk)
    assert staff.post(door, {"registration": registration}).status_code == 404


def test_those_who_were_checked_in_are_the_figures_of_the_meeting(staff, door, meeting, delegate):
    mayor = make_registration(meeting, "mayor@example.org", capacity="mayor")
    make_registration(meeting, "absent@example.org", city="ostersund")
    for row in (delegate, mayor):
        staff.post(door, {"registration": row.pk})
    Meeting.objects.filter(pk=meeting.pk).update(
        start_date=timezone.now().date(), end_date=timezone.now().date(), year=timezone.now().year
    )
    meeting.refresh_from_db()
    counted = figures(meeting)
    assert (counted.participants, counted.cities, counted.mayors, counted.counted) == (2, 2, 1, True)


def test_before_the_first_day_it_says_so(staff, door, meeting, delegate):
    text = staff.get(door).content.decode()
    assert "Whoever is checked in before counts as having come." in text


def test_a_cancelled_meeting_lets_nobody_in(staff, door, meeting, delegate):
    Meeting.objects.filter(pk=meeting.pk).update(status=Meeting.Status.CANCELLED)
    text = staff.get(door, {"q": "zoe"}).content.decode()
    assert "This meeting is cancelled: nobody can be checked in." in text
    assert "Check in Zoë" not in text
    refused = staff.post(door, {"registration": delegate.pk}, follow=True).content.decode()
    assert "This meeting is cancelled." in refused


def test_the_door_speaks_french(staff, door, delegate):
    staff.cookies["django_language"] = "fr"
    with translation.override("fr"):
        text = staff.get(door, {"q": "zoe"}).content.decode()
    assert "Code, nom ou ville" in text
    assert "Enregistrer l’arrivée" in text
    assert "1 personne trouvée" in text


@pytest.mark.parametrize("number", [3, 300])
def test_a_search_costs_the_same_among_three_and_among_three_hundred(
    officer, door, meeting, number, django_assert_num_queries
):
    for nth in range(number):
        make_registration(meeting, f"p{nth}@example.org", name=f"Person {nth}")
    client = sign_in(officer)
    with django_assert_num_queries(DOOR_QUERIES):
        page = client.get(door, {"q": "person"})
    assert len(page.context["found"]) == min(number, 25)
    assert page.context["more"] == max(number - 25, 0)


DOOR_QUERIES = 12
