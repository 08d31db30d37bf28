import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db.models.fetch_modes import FETCH_RAISE
from django.utils.translation import override

from cities.models import City, CreativeField, Designation, OfficialTotal, Precision, set_member_since
from cities.models.bilingual import in_language
from cities.text import words
from tests.factories import CityFactory, CountryFactory, CreativeFieldFactory, DesignationFactory

pytestmark = pytest.mark.django_db


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.fixture
def lyon():
    """A city with a month to begin with, a move to another field, and a gap after it left."""
    city = CityFactory(slug="lyon", name_en="Lyon", name_fr="Lyon")
    designations = [
        DesignationFactory.build(
            city=city,
            field=CreativeFieldFactory(slug=field),
            starts_on=day(starts_on),
            starts_precision=precision,
            ends_on=ends_on and day(ends_on),
            end_reason=reason,
        )
        for field, starts_on, precision, ends_on, reason in (
            ("media-arts", "2008-05-01", Precision.MONTH, "2023-10-30", "field-change"),
            ("literature", "2023-10-31", Precision.DAY, "2024-12-31", "withdrawn"),
            ("film", "2025-01-02", Precision.DAY, None, ""),
        )
    ]
    set_member_since(designations)
    for designation in designations:
        designation.save()
    return city


# Membership


@pytest.mark.parametrize(
    ("on", "field", "since", "precision"),
    [
        ("2008-04-30", None, None, None),
        ("2008-05-01", "media-arts", "2008-05-01", "month"),
        ("2023-10-30", "media-arts", "2008-05-01", "month"),
        ("2023-10-31", "literature", "2008-05-01", "month"),
        ("2024-12-31", "literature", "2008-05-01", "month"),
        ("2025-01-01", None, None, None),
        ("2025-01-02", "film", "2025-01-02", "day"),
        ("2999-01-01", "film", "2025-01-02", "day"),
    ],
)
def test_members_on_a_day(lyon, on, field, since, precision):
    found = [
        (city.slug, city.current.field.slug, city.current.member_since, city.current.member_since_precision)
        for city in City.objects.members(on=day(on)).with_current()
    ]
    assert found == ([("lyon", field, day(since), precision)] if field else [])


def test_members_today(lyon, monkeypatch):
    monkeypatch.setattr("cities.models.city.today", lambda: day("2025-01-01"))
    monkeypatch.setattr("cities.models.designation.today", lambda: day("2025-01-01"))
    assert not City.objects.members().exists()
    assert not Designation.objects.in_force().exists()
    monkeypatch.setattr("cities.models.city.today", lambda: day("2025-01-02"))
    monkeypatch.setattr("cities.models.designation.today", lambda: day("2025-01-02"))
    assert City.objects.members().get() == lyon
    assert Designation.objects.in_force().get().field.slug == "film"


def test_a_designation_tells_whether_it_follows_another(lyon):
    assert [designation.follows_another for designation in lyon.designations.order_by("starts_on")] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("size", [1, 3])
def test_members_take_one_query_and_lines_about_them_no_more(django_assert_num_queries, size):
    for _n in range(size):
        DesignationFactory()
    with django_assert_num_queries(1):
        cities = list(City.objects.members(on=day("2016-01-01")).with_current().fetch_mode(FETCH_RAISE))
        lines = [(city.name, city.country.name, city.current.field.name) for city in cities]
    assert len(lines) == size


def test_before_the_first_member_there_is_none(network):
    assert City.objects.members(on=day("2004-10-13")).count() == 0
    assert list(City.objects.members(on=day("2004-10-14")).values_list("slug", flat=True)) == ["edinburgh"]
    counts = {
        on: City.objects.members(on=day(on)).count()
        for on in ("2014-12-31", "2016-04-28", "2017-12-31", "2019-12-31", "2021-12-31", "2023-12-31", "2025-12-31")
    }
    assert list(counts.values()) == [69, 116, 180, 246, 295, 350, 405]
    lyon = {
        on: City.objects.members(on=day(on)).with_current().get(slug="lyon").current
        for on in ("2023-10-30", "2023-10-31")
    }
    assert [(current.field.slug, current.member_since.year) for current in lyon.values()] == [
        ("media-arts", 2008),
        ("literature", 2008),
    ]


@pytest.mark.parametrize(
    ("precision", "on", "allowed"),
    [
        ("day", "2015-12-11", True),
        ("month", "2015-12-01", True),
        ("month", "2015-12-11", False),
        ("year", "2015-01-01", True),
        ("year", "2015-12-01", False),
    ],
)
def test_which_days_stand_for_a_precision(precision, on, allowed):
    assert Precision(precision).allows(day(on)) is allowed


# Search


def slugs(text: str) -> list[str]:
    return sorted(City.objects.search(text).values_list("slug", flat=True))


def test_search_in_the_real_network(network):
    found = {
        text: slugs(text)
        for text in (
            "ostersund",
            "Östersund",
            "OSTERSUND",
            "seoul",
            "Séoul",
            "서울",
            "lodz",
            "Łódź",
            "wroclaw",
            "kirsehir",
            "sanliurfa",
            "huai'an",
            "huai’an",
            "huaian",
            "札幌",
            "القاهرة",
            "saint etienne",
            "saint-étienne",
            "etienne saint",
            "cologne of nowhere",
            "%",
        )
    }
    everything = sorted(City.objects.values_list("slug", flat=True))
    assert found == {
        "ostersund": ["ostersund"],
        "Östersund": ["ostersund"],
        "OSTERSUND": ["ostersund"],
        "seoul": ["seoul"],
        "Séoul": ["seoul"],
        "서울": ["seoul"],
        "lodz": ["lodz"],
        "Łódź": ["lodz"],
        "wroclaw": ["wroclaw"],
        "kirsehir": ["kirsehir"],
        "sanliurfa": ["sanliurfa"],
        "huai'an": ["huaian"],
        "huai’an": ["huaian"],
        "huaian": ["huaian"],
        "札幌": ["sapporo"],
        "القاهرة": ["cairo"],
        "saint etienne": ["saint-etienne"],
        "saint-étienne": ["saint-etienne"],
        "etienne saint": ["saint-etienne"],
        "cologne of nowhere": [],
        "%": everything,  # no word: nothing is asked for
    }
    brazilian = sorted(City.objects.filter(country="BR").values_list("slug", flat=True))
    assert slugs("brazil") == slugs("Brésil") == slugs("bresil") == brazilian
    assert len(brazilian) == 15


def test_every_city_is_found_by_each_of_its_names(network):
    missed = []
    for city in City.objects.select_related("country"):
        for text in (city.name_en, city.name_fr, city.local_name, city.country.name_en, city.country.name_fr):
            missed += [(city.slug, word) for word in words(text) if f" {word}" not in city.search_text]
    assert missed == []


def test_search_begins_words_and_wants_all_of_them():
    santa_fe = CityFactory(slug="santa-fe", name_en="Santa Fe", aliases="Villa Real;The City Different")
    assert list(City.objects.search("fe san")) == [santa_fe]
    assert list(City.objects.search("differ real")) == [santa_fe]
    assert not City.objects.search("anta").exists()
    assert not City.objects.search("santa cruz").exists()
    assert not City.objects.search("santa\x00cruz").exists()


def test_search_follows_the_names_of_a_country():
    country = CountryFactory(name_en="Turkey", name_fr="Turquie")
    city = CityFactory(country=country)
    country.name_en = "Türkiye"
    country.save(update_fields=["name_en"])
    assert list(City.objects.search("turkiye")) == list(City.objects.search("turquie")) == [city]
    assert not City.objects.search("turkey").exists()
    country.refresh_from_db()
    assert (country.sort_key_en, country.sort_key_fr) == ("turkiye", "turquie")


# Cities


def test_a_city_keeps_its_derived_columns_whatever_is_saved():
    city = CityFactory(name_en="Łódź", name_fr="")
    assert (city.sort_key_en, city.sort_key_fr) == ("lodz", "lodz")
    city.name_fr = "Éole"
    city.save(update_fields=["name_fr"])
    city.refresh_from_db()
    assert (city.sort_key_en, city.sort_key_fr) == ("lodz", "eole")
    assert list(City.objects.search("eole")) == [city]


def test_a_city_with_the_longest_name_that_grows_when_folded():
    city = CityFactory(name_en="ß" * 100)
    city.refresh_from_db()
    assert city.sort_key_en == "s" * 100


def test_cities_are_ordered_alike_on_every_database():
    for name in ("Zürich", "Évian", "Łódź", "Eger", "łeba", "Santa Fe", "San José", "Sanandaj"):
        CityFactory(name_en=name)
    assert list(City.objects.values_list("name_en", flat=True)) == [
        "Eger",
        "Évian",
        "łeba",
        "Łódź",
        "San José",
        "Sanandaj",
        "Santa Fe",
        "Zürich",
    ]


def test_names_in_the_readers_language():
    city = CityFactory(name_en="Kraków", name_fr="Cracovie")
    other = CityFactory(name_en="Lviv", name_fr="")
    with override("fr"):
        assert (city.name, str(other), in_language(other, "name")) == ("Cracovie", "Lviv", ("Lviv", "en"))
    with override("en"):
        assert (city.name, in_language(city, "name")) == ("Kraków", ("Kraków", "en"))


@pytest.mark.parametrize(("latitude", "longitude", "has_place"), [(0, 0, True), (None, None, False)])
def test_a_city_on_the_equator_has_a_place(latitude, longitude, has_place):
    assert CityFactory(latitude=latitude, longitude=longitude).has_place is has_place


# Fields and totals


@pytest.mark.parametrize(
    ("on", "valid"), [("2025-10-30", False), ("2025-10-31", True), ("2030-01-01", True), ("2030-01-02", False)]
)
def test_a_field_counts_on_both_its_days(on, valid):
    field = CreativeFieldFactory(valid_from=day("2025-10-31"), valid_to=day("2030-01-01"))
    assert field.is_valid_on(day(on)) is valid
    assert list(CreativeField.objects.valid(on=day(on))) == ([field] if valid else [])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("pictogram", 'M0 0"/><script>'),
        ("pictogram", "url(#x)"),
        ("colour_light", "red"),
        ("colour_dark", "#FFF000"),
        ("colour_light", "#ffffff\n"),
    ],
)
def test_what_is_drawn_on_every_page_is_checked(column, value):
    field = CreativeFieldFactory()
    setattr(field, column, value)
    with pytest.raises(ValidationError) as error:
        field.full_clean()
    assert set(error.value.message_dict) == {column}


def test_the_official_total_known_on_a_day(network):
    def known(on):
        total = OfficialTotal.objects.known(day(on))
        return total and (total.cities, total.missing)

    assert known("2014-12-30") is None
    assert known("2014-12-31") == (69, 0)
    assert known("2016-04-28") == (116, 0)
    assert known("2025-10-30") == (350, 0)
    assert known("2026-11-22") == (408, 3)
