"""What the directory keeps in memory is what the database holds, at any time."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone, translation

from cities.days import PARIS, today
from cities.filters import Directory
from cities.models import City, Country, CreativeField, Designation, OfficialTotal
from cities.services.facets import cube
from cities.services.present import present, read_of

pytestmark = pytest.mark.usefixtures("network")


def said(query: str = "") -> dict[str, Any]:
    """What the directory says and selects."""
    directory = Directory(QueryDict(query))
    official = directory.official
    return {
        "names": [city.name for city in directory.page("1", 500).object_list],
        "count": directory.count,
        "facets": {
            name: [(one.value, one.label, one.count) for one in facet.options]
            for name, facet in directory.facets.items()
        },
        "cohorts": [(one.day, one.cities) for one in directory.cohorts],
        "official": official and (official.day, official.cities, official.missing),
    }


def test_a_text_finds_in_memory_what_it_finds_in_the_database():
    texts = City.objects.values_list("search_text", flat=True)
    words = sorted({word for text in texts for word in text.split()})
    assert len(words) > 1000
    sought = [word[: 1 + number % 5] for number, word in enumerate(words)][::7]
    sought += [f"{one} {other}" for one, other in zip(words[::40], words[20::40], strict=False)]
    sought += ["São Paulo", "huai'an", "l’", "Łódź", "札幌", "zzz", "san san", "-", "a-b"]
    known, found = present(), 0
    for text in sought:
        expected = set(City.objects.members().search(text).values_list("pk", flat=True))
        assert known.search(text).keys() == expected, text
        found += bool(expected)
    assert found > len(sought) / 2


def test_today_is_counted_as_any_other_day_is():
    assert sorted(present().cells) == sorted(cube(City.objects.members(on=today())))
    for query in ("", "q=san", "field=film&region=africa", "country=BR&year=2021"):
        assert said(query) == said(f"{query}&as_of={today()}")


def rename_by_hand() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cities_city SET name_en = 'Lugdunum', search_text = ' lugdunum' WHERE slug = 'lyon'")


def add_a_field() -> None:
    film = CreativeField.objects.get(slug="film")
    film.pk, film.slug, film.name_en, film.name_fr, film.position = None, "dance", "Dance", "Danse", 9
    film.save()
    lyon = Designation.objects.get(city__slug="lyon", ends_on=None)
    Designation.objects.filter(pk=lyon.pk).update(field=CreativeField.objects.get(slug="dance"))


def leave() -> None:
    yesterday = today() - datetime.timedelta(days=1)
    Designation.objects.filter(city__slug="lyon", ends_on=None).update(ends_on=yesterday, end_reason="withdrawn")


CHANGES: dict[str, Callable[[], object]] = {
    "a city's name": rename_by_hand,
    "a city's country": lambda: City.objects.filter(slug="lyon").update(country="MC"),
    "a country's name": lambda: Country.objects.filter(iso2="FR").update(name_en="Gaul"),
    "a field": add_a_field,
    "a field's name": lambda: CreativeField.objects.filter(slug="film").update(name_en="Cinema"),
    "a member less": leave,
    "a cohort": lambda: Designation.objects.filter(starts_on="2025-10-31").delete(),
    "an official total": lambda: OfficialTotal.objects.create(day=today(), cities=500, missing=9, source="a test"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("query", ["", "q=l"])
def test_a_change_by_any_road_shows_at_once(change, query):
    before = said(query)
    change()
    after = said(query)
    read_of.cache_clear()
    assert after == said(query)
    assert before != after


def test_what_was_undone_is_forgotten():
    before = said()
    with transaction.atomic():
        City.objects.filter(slug="lyon").update(name_en="Lugdunum")
        assert "Lugdunum" in said()["names"]
        transaction.set_rollback(True)
    assert said() == before
    # The edition's number is that of the change that was undone.
    City.objects.filter(slug="lyon").update(name_en="Condate")
    names = said()["names"]
    assert "Condate" in names
    assert "Lugdunum" not in names


def test_who_joins_at_midnight_is_there_though_nothing_was_written(monkeypatch):
    tomorrow = today() + datetime.timedelta(days=1)
    lyon = Designation.objects.filter(city__slug="lyon")
    lyon.exclude(ends_on=None).delete()
    lyon.update(starts_on=tomorrow, member_since=tomorrow)
    assert not said("q=lyon")["names"]
    midnight = datetime.datetime.combine(tomorrow, datetime.time(), PARIS)
    monkeypatch.setattr(timezone, "now", lambda: midnight)
    assert said("q=lyon")["names"] == ["Lyon"]
    monkeypatch.setattr(timezone, "now", lambda: midnight - datetime.timedelta(seconds=1))
    assert not said("q=lyon")["names"]


def test_each_language_has_its_names():
    english, french = ("Germany", "Literature"), ("Allemagne", "Littérature")
    for language, names in (("en", english), ("fr", french), ("en", english)):
        with translation.override(language):
            facets = said()["facets"]
        assert names[0] in [label for _code, label, _count in facets["country"]]
        assert names[1] in [str(label) for _slug, label, _count in facets["field"]]


def test_it_is_read_once_and_only_what_is_wanted(django_assert_num_queries):
    with django_assert_num_queries(2):
        assert present().creative_fields
    with django_assert_num_queries(1):
        assert present().creative_fields
    City.objects.filter(slug="lyon").update(population=1)
    with django_assert_num_queries(2):
        assert present().creative_fields
