"""The annual meetings as data: what their pages show, in files."""

import csv
import datetime
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cities.days import PARIS, today
from cities.models import Country
from cities.writers.table import ABOUT
from meetings.datasets.meeting import MEETINGS, meeting_extract
from meetings.models import Meeting, MeetingChange, MeetingHost
from meetings.services.meeting import cancel_meeting, postpone, relocate
from tests.factories.hosting import DAY, make_meeting, make_registration

pytestmark = pytest.mark.usefixtures("network")

WHY = {"reason_en": "The hall is flooded.", "reason_fr": "La salle est inondée."}


def extract(language: str = "en") -> Any:
    return meeting_extract(QueryDict(), language=language, address=f"/{language}/meetings.json")


def row_of(edition: int, language: str = "en") -> dict[str, Any]:
    row = extract(language).rows.one("edition", edition)
    assert row
    return row


def node_of(edition: int) -> dict[str, Any]:
    assert MEETINGS.linked
    return MEETINGS.linked(row_of(edition))


def content(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_same_as_the_page(client, language):
    make_meeting(30, year=2030, planned_year=2030, start_date=None, end_date=None, is_demonstration=True)
    shown = client.get(f"/{language}/meetings/").context["meetings"]
    found = extract(language)
    assert [row["edition"] for row in found.rows] == [meeting.edition for meeting in shown]
    assert [row[f"hosts_{language}"] for row in found.rows] == [meeting.host_names for meeting in shown]
    assert len(found.rows) == len(shown) == 19
    assert row_of(30)["is_demonstration"]
    assert not row_of(18)["is_demonstration"]


def test_a_row_in_both_languages():
    row = row_of(12)
    assert row["hosts"] == ["krakow", "katowice"]
    assert (row["hosts_en"], row["hosts_fr"]) == ("Kraków and Katowice", "Cracovie et Katowice")
    assert (row["name_en"], row["name_fr"]) == ("Annual meeting no. 12", "Réunion annuelle n°\N{NO-BREAK SPACE}12")
    assert (row["country"], row["country_fr"], row["region"]) == ("PL", "Pologne", "europe-north-america")
    assert (row["start_date"], row["end_date"]) == (datetime.date(2018, 6, 12), datetime.date(2018, 6, 15))
    assert (row["participants"], row["cities_represented"], row["mayors"]) == (350, None, 40)
    assert row["figures_are_counted"] is False
    assert row["url_fr"].endswith("/fr/meetings/12/")
    assert list(row) == MEETINGS.names
    assert row == row_of(12, "fr")


def test_a_place_that_never_was_a_member_has_its_name_alone():
    row = row_of(1)
    assert (row["hosts"], row["hosts_fr"], row["start_date"], row["year"]) == ([], "Paris", None, 2008)
    assert node_of(1)["startDate"] == "2008"


def test_no_figure_where_nothing_is_known():
    row = row_of(16)
    assert (row["participants"], row["figures_are_counted"], row["figures_source"]) == (None, None, "")


def test_the_columns_are_told_apart_from_what_a_file_says_of_itself():
    assert not set(ABOUT) & set(MEETINGS.names)
    for row in extract().rows:
        for column in MEETINGS.columns:
            assert not column.is_always_known or row[column.name] not in (None, ""), column.name
            assert not column.choices or row[column.name] in {*column.choices, ""}, column.name


def test_what_moved_a_meeting(officer):
    row = row_of(14)
    assert (row["planned_year"], row["year"], row["changes"]) == (2020, 2022, ["postponed"])
    assert row["changes_en"] == "Postponed from 2020 to 18–22 July 2022."
    assert row["changes_fr"].startswith("Reportée.")
    assert node_of(14)["eventStatus"] == {"@id": "https://schema.org/EventRescheduled"}
    assert node_of(14)["previousStartDate"] == "2020"
    assert node_of(15)["eventStatus"] == {"@id": "https://schema.org/EventRescheduled"}
    assert node_of(12)["eventStatus"] == {"@id": "https://schema.org/EventScheduled"}


def test_what_staff_move_says_why(officer):
    meeting = make_meeting(19, start_date=None, end_date=None, year=today().year + 1, planned_year=today().year + 1)
    postpone(meeting=meeting, start_date=None, end_date=None, year=today().year + 2, by=officer, **WHY)
    assert node_of(19)["eventStatus"] == {"@id": "https://schema.org/EventPostponed"}
    assert row_of(19)["changes_en"].endswith("The hall is flooded.")
    assert row_of(19)["changes_fr"].endswith("La salle est inondée.")
    cancel_meeting(meeting=meeting, by=officer, **WHY)
    assert row_of(19)["changes"] == ["postponed", "cancelled"]
    assert row_of(19)["status"] == "cancelled"
    assert node_of(19)["eventStatus"] == {"@id": "https://schema.org/EventCancelled"}
    assert extract().last_change == today()


class TestRegistration:
    @pytest.fixture
    def meeting(self) -> Meeting:
        return make_meeting(
            19,
            status=Meeting.Status.REGISTRATION_OPEN,
            registration_closes_at=timezone.now() + datetime.timedelta(hours=1),
        )

    def test_it_closes_at_its_instant(self, client, meeting, monkeypatch):
        first = client.get("/en/meetings.json")
        assert '"status":"registration-open"' in content(first)
        assert client.get("/en/meetings.json", headers={"If-None-Match": first["ETag"]}).status_code == 304
        after = meeting.registration_closes_at + datetime.timedelta(seconds=2)
        monkeypatch.setattr(timezone, "now", lambda: after)
        asked = {"If-None-Match": first["ETag"], "If-Modified-Since": first.get("Last-Modified", "")}
        second = client.get("/en/meetings.json", headers=asked)
        assert second.status_code == 200
        assert '"status":"registration-closed"' in content(second)
        assert row_of(19)["registration_closes_at"] == meeting.registration_closes_at

    def test_nothing_of_it_before_it_opens(self, meeting):
        Meeting.objects.filter(pk=meeting.pk).update(status="host-selected")
        assert row_of(19)["registration_closes_at"] is None

    def test_no_person_is_in_the_file(self, client, meeting):
        make_registration(meeting, "delegate@example.org", name="Delegate of a city", on_list=True)
        body = content(client.get("/en/meetings.json"))
        assert "delegate" not in body.lower()


class TestCounted:
    @pytest.fixture
    def meeting(self) -> Meeting:
        days = {"start_date": today() - 3 * DAY, "end_date": today() - 2 * DAY}
        return make_meeting(19, status=Meeting.Status.HELD, year=(today() - 3 * DAY).year, **days)

    def test_who_came_as_counted_at_the_entrance(self, client, meeting):
        first = client.get("/en/meetings.csv")
        content(first)
        assert row_of(19)["participants"] is None
        for number in range(3):
            make_registration(meeting, f"delegate.{number}@example.org", checked_in_at=timezone.now())
        row = row_of(19)
        assert (row["participants"], row["mayors"], row["figures_are_counted"]) == (3, 0, True)
        # No edition of the data counts them, yet nobody keeps the old answer.
        asked = {"If-None-Match": first["ETag"]}
        second = client.get("/en/meetings.csv", headers=asked)
        assert second.status_code == 200
        assert "Last-Modified" not in second
        shown = client.get("/en/meetings/19/").context["figures"]
        assert (shown.participants, shown.cities, shown.mayors) == (
            row["participants"],
            row["cities_represented"],
            row["mayors"],
        )

    def test_nothing_before_it_was_held(self, meeting):
        Meeting.objects.filter(pk=meeting.pk).update(status="registration-closed", participants=12)
        assert row_of(19)["participants"] is None


def test_the_last_change_is_told_by_the_data(officer):
    # The day after the last meeting that took place.
    assert extract().last_change == datetime.date(2025, 6, 25)
    meeting = Meeting.objects.get(edition=18)
    relocate(
        meeting=meeting,
        hosts=[MeetingHost.objects.get(meeting__edition=12, position=0).city],
        country=Country.objects.get(pk="PL"),
        by=officer,
        **WHY,
    )
    assert extract().last_change == timezone.now().astimezone(PARIS).date()
    assert row_of(18)["changes"] == ["relocated"]
    assert MeetingChange.objects.filter(meeting=meeting).count() == 1


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_files(client, language):
    said = json.loads(content(client.get(f"/{language}/meetings.json")))
    assert (said["language"], said["as_of"], len(said["meetings"])) == (language, None, 18)
    lines = list(csv.DictReader(io.StringIO(content(client.get(f"/{language}/meetings.csv")), newline="")))
    assert len(lines) == 18
    assert {line["source"] for line in lines} == {said["source"].replace(".json", ".csv")}
    nodes = json.loads(content(client.get(f"/{language}/meetings.jsonld")))["mainEntity"]["itemListElement"]
    assert {node["@type"] for node in nodes} == {"Event"}
    assert client.get(f"/{language}/meetings.xlsx").status_code == 200
    assert client.get(f"/{language}/meetings.kml").status_code == 404
    # The calendar stays what it was.
    assert client.get(f"/{language}/meetings.ics")["Content-Type"].startswith("text/calendar")


def test_no_meeting_at_all(client):
    MeetingChange.objects.all().delete()
    MeetingHost.objects.all().delete()
    Meeting.objects.all().delete()
    assert json.loads(content(client.get("/en/meetings.json")))["meetings"] == []


@pytest.mark.parametrize("count", [1, 12])
def test_a_file_costs_as_many_queries_for_few_meetings_as_for_many(count):
    for edition in range(30, 30 + count):
        make_meeting(edition, status=Meeting.Status.HELD, year=2020, start_date=None, end_date=None)
    with CaptureQueriesContext(connection) as asked:
        assert sum(1 for _row in extract().rows) == 18 + count
    assert len(asked) == 6


def test_whoever_has_it_still_gets_a_304_for_two_queries(client, django_assert_num_queries):
    etag = client.get("/en/meetings.csv")["ETag"]
    with django_assert_num_queries(2):
        assert client.get("/en/meetings.csv", headers={"If-None-Match": etag}).status_code == 304
