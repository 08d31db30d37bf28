import datetime

import pytest
from django.http import QueryDict

from cities import filters
from cities.filters import Directory
from cities.models import City
from tests.bench.synthetic import fill

pytestmark = pytest.mark.usefixtures("network")


def directory(query: str = "") -> Directory:
    return Directory(QueryDict(query))


def slugs(query: str) -> list[str]:
    return [city.slug for city in directory(query).results]


def counts(query: str, group: str) -> dict[str, int]:
    return {option.value: option.count for option in directory(query).facets[group].options}


# What is found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ostersund", ["ostersund"]),
        ("q=%C3%96STERSUND", ["ostersund"]),
        ("q=seoul", ["seoul"]),
        ("q=S%C3%A9oul", ["seoul"]),
        ("q=lodz", ["lodz"]),
        ("q=wroclaw", ["wroclaw"]),
        ("q=kirsehir", ["kirsehir"]),
        ("q=sanliurfa", ["sanliurfa"]),
        ("q=huai'an", ["huaian"]),
        ("q=huai’an", ["huaian"]),
        ("q=札幌", ["sapporo"]),
        ("q=saint+etienne", ["saint-etienne"]),
        ("q=lyon+zzz", []),
    ],
)
def test_search_finds_names_in_any_spelling(query, found):
    assert slugs(query) == found


def test_search_finds_countries_in_both_languages():
    brazilian = sorted(City.objects.filter(country="BR").values_list("slug", flat=True))
    assert len(brazilian) == 15
    assert sorted(slugs("q=bresil")) == sorted(slugs("q=Brazil")) == sorted(slugs("q=BR%C3%89SIL")) == brazilian


@pytest.mark.parametrize("query", ["q=san", "q=san&sort=-since&region=latin-america-caribbean", "q=a&page=2"])
def test_few_matches_and_many_give_the_same_page(query, monkeypatch):
    pages = []
    for few in (0, 500):
        monkeypatch.setattr(filters, "FEW", few)
        pages.append(directory(query).page(QueryDict(query).get("page", "1"), 5).object_list)
    assert pages[0] == pages[1] != []


def test_every_word_must_begin_a_word():
    assert "lyon" in slugs("q=ly+fra")
    assert slugs("q=yon") == []


def test_filters_of_one_group_add_up_and_groups_narrow():
    film, music = set(slugs("field=film")), set(slugs("field=music"))
    assert (len(film), len(music)) == (30, 84)
    assert set(slugs("field=film&field=music")) == film | music
    assert set(slugs("field=film&region=africa")) < film
    assert slugs("field=film&country=fr") == slugs("field=film&country=FR") == ["cannes"]


@pytest.mark.parametrize(
    ("query", "cities", "countries"),
    [
        ("", 405, 108),
        ("as_of=2016-04-28", 116, 54),
        ("as_of=2014-12-31", 69, 32),
        ("as_of=2017-12-31", 180, 72),
        ("as_of=2023-12-31", 350, 105),
        ("as_of=2004-10-13", 0, 0),
        ("as_of=0001-01-01", 0, 0),
    ],
)
def test_the_network_on_a_day(query, cities, countries):
    found = directory(query)
    assert (found.count, len(found.tally.countries)) == (cities, countries)
    assert found.results.count() == cities


def test_lyon_changes_its_field_overnight_and_stays_a_member_since_2008():
    before, after = (directory(f"q=lyon&as_of={day}").results.get() for day in ("2023-10-30", "2023-10-31"))
    assert (before.current.field_id, after.current.field_id) == tuple(
        field.pk for slug in ("media-arts", "literature") for field in directory().creative_fields if field.slug == slug
    )
    assert before.current.member_since == after.current.member_since == datetime.date(2008, 6, 1)
    assert slugs("year=2008&q=lyon") == ["lyon"]
    assert slugs("year=2023&q=lyon") == []


@pytest.mark.parametrize(
    ("sort", "first", "last"),
    [
        ("name", "aberystwyth", "zibo"),
        ("-name", "zibo", "aberystwyth"),
        ("since", "edinburgh", None),
        ("country", "kabul", None),
    ],
)
def test_order(sort, first, last):
    found = slugs(f"sort={sort}")
    assert len(found) == 405
    names = [city.sort_key_en for city in City.objects.order_by("sort_key_en")]
    if last:
        assert City.objects.get(slug=found[0]).sort_key_en == (names if sort == "name" else names[::-1])[0]
        assert City.objects.get(slug=found[-1]).sort_key_en == (names[::-1] if sort == "name" else names)[0]
    else:
        dated = {city.slug: city.current.member_since for city in City.objects.members().with_current()}
        keys = {city.slug: city.country.sort_key_en for city in City.objects.select_related("country")}
        key = dated if sort == "since" else keys
        assert [key[slug] for slug in found] == sorted(key[slug] for slug in found)


# Counts


def test_counts_by_field_in_april_2016():
    assert counts("as_of=2016-04-28", "field") == {
        "crafts-folk-art": 20,
        "design": 22,
        "film": 8,
        "gastronomy": 18,
        "literature": 20,
        "media-arts": 9,
        "music": 19,
    }


@pytest.mark.parametrize(
    "query",
    [
        "",
        "field=film",
        "field=film&field=music&region=africa",
        "region=arab-states&year=2021",
        "country=FR&country=IT&field=design",
        "q=san&region=latin-america-caribbean",
        "as_of=2019-12-31&field=literature",
    ],
)
@pytest.mark.parametrize("group", ["field", "region", "country", "year"])
def test_a_count_is_what_choosing_would_leave(query, group):
    """Choosing an option alone in its group leaves exactly as many cities as its count says."""
    found = directory(query)
    without = QueryDict(query, mutable=True)
    without.pop(group, None)
    options = found.facets[group].options
    for option in options[:6]:
        chosen = without.copy()
        chosen[group] = option.value
        assert Directory(chosen).results.count() == option.count
    assert sum(option.count for option in options) == Directory(without).results.count()


def test_a_chosen_option_stays_visible_without_a_city():
    facet = directory("country=PE&country=MC").facets["country"]
    assert {option.value for option in facet.options if option.is_selected} == {"PE", "MC"}


def test_chips_take_one_filter_away_each():
    found = directory("q=san&field=film&field=music&as_of=2019-12-31&page=2")
    assert [chip.query for chip in found.chips] == [
        "field=film&field=music&as_of=2019-12-31",
        "q=san&field=music&as_of=2019-12-31",
        "q=san&field=film&as_of=2019-12-31",
        "q=san&field=film&field=music",
    ]


def test_cohorts_are_the_days_on_which_several_joined():
    days = {cohort.day.isoformat(): cohort.cities for cohort in directory().cohorts}
    assert {day: days[day] for day in ("2015-12-11", "2017-10-31", "2019-10-30", "2021-11-08", "2023-10-31")} == {
        "2015-12-11": 47,
        "2017-10-31": 64,
        "2019-10-30": 66,
        "2021-11-08": 49,
        "2023-10-31": 55,
    }


# Bad values: a message beside the filter, no results, 200


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("as_of=2016-13-45", "as_of"),
        ("as_of=28.04.2016", "as_of"),
        ("as_of=2999-01-01", "as_of"),
        ("field=dance", "field"),
        ("field=film&field=dance", "field"),
        ("region=atlantis", "region"),
        ("country=XX", "country"),
        ("year=1999", "year"),
        ("year=abc", "year"),
        ("sort=population", "sort"),
        ("q=%00", "q"),
        ("q=!!!", "q"),
        (f"q={'a' * 101}", "q"),
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("layout", ["", "table/", "map/"])
def test_a_bad_value_selects_nothing_and_says_why(client, query, name, language, layout):
    found = directory(query)
    assert list(found.form.errors) == [name]
    assert found.count == 0
    response = client.get(f"/{language}/cities/{layout}?{query}")
    assert response.status_code == 200
    for message in response.context["directory"].form.errors[name]:
        assert message in response.content.decode().replace("&#x27;", "'")
    assert response.content.decode().count('class="entry ') == 0


@pytest.mark.parametrize("number", ["0", "18", "999", "abc", "-1", "1.5"])
def test_an_unknown_page_is_not_found(client, number):
    assert client.get(f"/en/cities/?page={number}").status_code == 404


def test_empty_parameters_are_taken_out_of_the_address(client):
    response = client.get("/en/cities/?q=&as_of=&field=film&sort=")
    assert (response.status_code, response.url) == (302, "/en/cities/?field=film")
    assert client.get("/fr/cities/?q=").url == "/fr/cities/"


# Cost

QUERIES = 8  # the edition twice, fields, countries, the cube or the texts, the page, the official total, the cohorts
AT_HAND = 3  # the edition twice, the page: all else is kept until the data change


@pytest.mark.parametrize("query", ["", "q=lyon", "field=film", "as_of=2016-04-28&sort=-since", "region=africa&page=2"])
def test_the_directory_costs_the_same_queries_for_one_or_all(client, django_assert_num_queries, query):
    with django_assert_num_queries(QUERIES):
        assert client.get(f"/en/cities/?{query}").status_code == 200
    # A past day is counted each time.
    with django_assert_num_queries(AT_HAND + ("as_of" in query)):
        assert client.get(f"/en/cities/?{query}&sort=country").status_code == 200


def test_someone_signed_in_costs_two_queries_more(officer, signed_in, django_assert_max_num_queries):
    client = signed_in(officer)
    with django_assert_max_num_queries(QUERIES + 2):
        client.get("/en/cities/")


def test_four_thousand_cities_cost_the_same_queries(client, django_assert_num_queries):
    fill(4000)
    for layout, queries in (("", QUERIES), ("table/", AT_HAND)):
        with django_assert_num_queries(queries):
            assert client.get(f"/en/cities/{layout}?sort=since").status_code == 200
