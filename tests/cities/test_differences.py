"""What changed between two days: told of spells, of the database, on the page and in files."""

import csv
import datetime
import io
import json
from datetime import date

import pytest
from django.utils import timezone

from cities.models import City, CreativeField, Designation
from cities.services.designation import change_field, end_designation
from cities.services.differences import Change, Kind, Spell, changes_between, differences
from cities.services.present import read_of

BEFORE, AFTER = date(2020, 1, 1), date(2022, 1, 1)
A, B, C = 1, 2, 3


def spell(field: int, starts_on: str, ends_on: str | None = None) -> Spell:
    return Spell(7, field, date.fromisoformat(starts_on), "day", date.fromisoformat(ends_on) if ends_on else None)


def told(*spells: Spell) -> list[tuple]:
    found = differences(spells, BEFORE, AFTER)
    return [(one.kind, one.field_before, one.field_after, one.on.isoformat()) for one in found]


@pytest.mark.parametrize(
    ("spells", "expected"),
    [
        ([], []),
        ([spell(A, "2010-01-01")], []),
        ([spell(A, "2021-05-05")], [(Kind.JOINED, None, A, "2021-05-05")]),
        # Both days count.
        ([spell(A, "2022-01-01")], [(Kind.JOINED, None, A, "2022-01-01")]),
        ([spell(A, "2020-01-01")], []),
        ([spell(A, "2022-01-02")], []),
        ([spell(A, "2010-01-01", "2020-01-01")], [(Kind.LEFT, A, None, "2020-01-01")]),
        ([spell(A, "2010-01-01", "2022-01-01")], []),
        ([spell(A, "2010-01-01", "2019-12-31")], []),
        # Came and went.
        ([spell(A, "2020-05-05", "2021-05-05")], []),
        # Left and came back, to the same field or another, once or twice.
        (
            [spell(A, "2010-01-01", "2020-06-30"), spell(A, "2021-01-01")],
            [(Kind.REJOINED, A, A, "2021-01-01")],
        ),
        (
            [spell(A, "2010-01-01", "2020-06-30"), spell(B, "2021-01-01", "2021-03-31"), spell(C, "2021-04-01")],
            [(Kind.REJOINED, A, C, "2021-01-01")],
        ),
        # Moved once, twice, and back.
        (
            [spell(A, "2010-01-01", "2020-06-30"), spell(B, "2020-07-01")],
            [(Kind.MOVED, A, B, "2020-07-01")],
        ),
        (
            [spell(A, "2010-01-01", "2020-06-30"), spell(B, "2020-07-01", "2021-01-31"), spell(C, "2021-02-01")],
            [(Kind.MOVED, A, C, "2021-02-01")],
        ),
        (
            [spell(A, "2010-01-01", "2020-06-30"), spell(B, "2020-07-01", "2021-01-31"), spell(A, "2021-02-01")],
            [],
        ),
        # Moved and left; joined and moved.
        (
            [spell(A, "2010-01-01", "2020-06-30"), spell(B, "2020-07-01", "2021-01-31")],
            [(Kind.LEFT, A, None, "2021-01-31")],
        ),
        (
            [spell(A, "2020-05-05", "2021-01-31"), spell(B, "2021-02-01")],
            [(Kind.JOINED, None, B, "2020-05-05")],
        ),
    ],
)
def test_a_city_between_two_days(spells, expected):
    assert told(*spells) == expected


def test_lyon_moved_between_the_30th_and_the_31st(network):
    first, last = date(2023, 10, 30), date(2023, 10, 31)
    lyon = City.objects.get(slug="lyon")
    changes = changes_between(first, last)
    fields = {field.slug: field.pk for field in CreativeField.objects.all()}
    moved = [change for change in changes if change.kind is Kind.MOVED]
    assert Change(Kind.MOVED, lyon.pk, fields["media-arts"], fields["literature"], last) in moved
    joined = sum(change.kind is Kind.JOINED for change in changes)
    left = sum(change.kind is Kind.LEFT for change in changes)
    assert City.objects.members(last).count() == City.objects.members(first).count() + joined - left


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2004, 1, 1), date(2016, 4, 28)), (date(2016, 4, 28), date(2023, 12, 31)), (date(2016, 4, 28),) * 2],
)
def test_the_changes_lead_from_one_day_s_members_to_the_other_s(network, first, last, django_assert_num_queries):
    with django_assert_num_queries(1):
        changes = changes_between(first, last)

    def members(day: date) -> dict[int, int]:
        return dict(Designation.objects.in_force(day).values_list("city", "field"))

    state = members(first)
    for change in changes:
        assert state.get(change.city) == change.field_before
        state[change.city] = change.field_after
    assert {city: field for city, field in state.items() if field is not None} == members(last)


def test_a_city_that_left_is_one_change(network, officer):
    lyon = City.objects.get(slug="lyon")
    today = timezone.localdate()
    end_designation(
        designation=lyon.designations.get(ends_on=None),
        ends_on=today - datetime.timedelta(days=40),
        end_reason=Designation.EndReason.WITHDRAWN,
        is_public=False,
        reason="Test",
        by=officer,
    )
    changes = changes_between(today - datetime.timedelta(days=60), today)
    assert [(change.kind, change.city) for change in changes] == [(Kind.LEFT, lyon.pk)]


# The page and the files


def test_the_page_names_who_joined_and_who_moved(client, network):
    text = client.get("/en/data/changes/?from=2023-10-30&to=2023-10-31").content.decode()
    assert "From 30 October 2023 to 31 October 2023" in text
    assert "Moved to another field" in text
    assert 'href="/en/cities/lyon/"' in text
    assert "changes.csv?from=2023-10-30&amp;to=2023-10-31" in text
    french = client.get("/fr/data/changes/?from=2023-10-30&to=2023-10-31").content.decode()
    assert "Du 30 octobre 2023 au 31 octobre 2023" in french


def test_days_in_the_wrong_order_are_swapped_with_a_word(client, network):
    text = client.get("/en/data/changes/?from=2023-10-31&to=2023-10-30").content.decode()
    assert "From 30 October 2023 to 31 October 2023" in text
    assert "the other way round" in text


def test_without_days_it_is_the_last_year(client, network):
    assert client.get("/en/data/changes/").status_code == 200
    answer = client.get("/en/data/changes.json")
    today = timezone.localdate()
    content = json.loads(b"".join(answer))
    assert content["to"] == today.isoformat()
    assert content["from"][:4] == str(today.year - 1)


@pytest.mark.parametrize("query", ["from=yesterday", "to=2999-01-01", "from=2023-02-30&to=2024-01-01"])
def test_a_day_that_cannot_be_read_compares_nothing(client, network, query):
    answer = client.get(f"/en/data/changes/?{query}")
    assert answer.status_code == 200
    assert "Nothing is compared" in answer.content.decode()
    refused = client.get(f"/en/data/changes.csv?{query}")
    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"


def test_what_was_typed_stays(client, network):
    text = client.get('/en/data/changes/?from="><script>&to=2024-01-01').content.decode()
    assert "&quot;&gt;&lt;script&gt;" in text
    assert "<script>&" not in text
    assert 'value="2024-01-01"' in text


def test_the_file_holds_the_same_changes(client, network):
    answer = client.get("/fr/data/changes.csv?from=2016-04-28&to=2023-12-31")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    lyon = next(row for row in rows if row["city"] == "lyon")
    assert (lyon["change"], lyon["field_before"], lyon["field_after"]) == ("moved", "media-arts", "literature")
    assert (lyon["on"], lyon["field_after_fr"]) == ("2023-10-31", "Littérature")
    content = json.loads(b"".join(client.get("/fr/data/changes.json?from=2016-04-28&to=2023-12-31")))
    assert [row["city"] for row in content["changes"]] == [row["city"] for row in rows]
    assert (content["from"], content["to"], content["as_of"]) == ("2016-04-28", "2023-12-31", "2023-12-31")


def test_few_and_many_changes_cost_the_same(client, network, django_assert_num_queries):
    for days in ("from=2004-01-01&to=2023-12-31", "from=2023-10-30&to=2023-10-31"):
        read_of.cache_clear()
        with django_assert_num_queries(7):
            client.get(f"/en/data/changes/?{days}")


def test_a_move_made_by_an_officer_shows_at_once(client, network, officer):
    address = "/en/data/changes/?from=2025-12-01&to=2026-06-01"
    assert "lyon" not in client.get(address).content.decode()
    change_field(
        city=City.objects.get(slug="lyon"),
        field=CreativeField.objects.get(slug="music"),
        on=date(2026, 1, 1),
        source="test",
        reason="Test",
        by=officer,
    )
    assert "/en/cities/lyon/" in client.get(address).content.decode()
