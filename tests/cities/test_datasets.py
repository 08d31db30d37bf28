"""What leaves as data: the same rows, order and count as the pages, and nothing that no page shows."""

import csv
import datetime
import io
import json
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cities.datasets import BadQuery, Dataset
from cities.datasets.base import LIST_SEPARATOR
from cities.datasets.call import CALLS, call_extract
from cities.datasets.city import CITIES, city_extract
from cities.datasets.cooperation import COOPERATION, cooperation_extract
from cities.datasets.country import COUNTRIES, country_extract
from cities.datasets.creative_field import FIELDS, field_extract
from cities.datasets.designation import DESIGNATIONS, designation_extract
from cities.datasets.initiative import INITIATIVES, initiative_extract
from cities.days import today
from cities.models import (
    Call,
    City,
    Country,
    CreativeField,
    Designation,
    Extension,
    Initiative,
    InitiativeRevision,
    Partnership,
    Theme,
)
from cities.services.designation import change_field, end_designation
from cities.services.last_change import initiatives_changed_on
from cities.writers.table import ABOUT
from rvcu.models import User
from tests.factories.calls import DAY, make_call

EXTRACTS = {
    "cities": city_extract,
    "designations": designation_extract,
    "fields": field_extract,
    "countries": country_extract,
    "initiatives": initiative_extract,
    "cooperation": cooperation_extract,
    "calls": call_extract,
}
DATASETS = [CITIES, DESIGNATIONS, FIELDS, COUNTRIES, INITIATIVES, COOPERATION, CALLS]
LYON_MOVED = datetime.date(2023, 10, 31)


def extract(name: str, query: str = "", language: str = "en") -> Any:
    return EXTRACTS[name](QueryDict(query), language=language, address=f"/{language}/{name}.json")


def rows(name: str, query: str = "", language: str = "en") -> list[dict[str, Any]]:
    return list(extract(name, query, language).rows)


def column(name: str, of: str, query: str = "", language: str = "en") -> list[Any]:
    return [row[of] for row in rows(name, query, language)]


def content(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def context_of(client: Client, address: str) -> Any:
    caches["pages"].clear()
    return client.get(address).context


def initiative(lead: str, *partners: str, first=2020, last=None, published=True, **fields: Any) -> Initiative:
    """An initiative with confirmed partners, written directly; `published` as an instant or a truth value."""
    number = Initiative.objects.count()
    made = Initiative.objects.create(
        slug=f"trial-{number}",
        lead=City.objects.get(slug=lead),
        sort_key_en=f"trial0{number:04}",
        sort_key_fr=f"essai0{9999 - number:04}",
        is_demonstration=fields.pop("is_demonstration", False),
    )
    revision = InitiativeRevision.objects.create(
        initiative=made,
        number=1,
        title_en=f"Trial {number}",
        title_fr=f"Essai {number}",
        first_year=first,
        last_year=last,
        status="published" if published else "submitted",
        decided_at=(published if isinstance(published, datetime.datetime) else timezone.now()) if published else None,
        **fields,
    )
    revision.themes.set(Theme.objects.filter(slug__in=["sharing", "sdg-11"]))
    if published:
        made.published = revision
        made.save()
    for partner in partners:
        Partnership.objects.create(
            initiative=made,
            city=City.objects.get(slug=partner),
            status="confirmed",
            answered_at=revision.decided_at,
        )
    return made


def at_noon(*day: int) -> datetime.datetime:
    return datetime.datetime(*day, 12, tzinfo=datetime.UTC)  # type: ignore[misc]  # year, month, day


# What holds of all


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
class TestEvery:
    def test_the_columns_are_told_apart_from_what_a_file_says_of_itself(self, dataset: Dataset):
        assert len(set(dataset.names)) == len(dataset.names)
        assert not set(ABOUT) & set(dataset.names)
        assert {*dataset.key, *dataset.name_columns} <= set(dataset.names)
        assert all(str(one.description) for one in dataset.columns)

    @pytest.mark.usefixtures("network")
    def test_rows_have_the_columns_and_are_told_apart_by_the_key(self, dataset: Dataset):
        initiative("lyon", "sapporo", "santos")
        make_call()
        found = rows(dataset.name)
        assert found
        assert all(list(row) == dataset.names for row in found)
        keys = [tuple(row[name] for name in dataset.key) for row in found]
        assert len(set(keys)) == len(keys)
        for one in dataset.columns:
            values = [row[one.name] for row in found]
            if one.is_always_known:
                assert all(value not in (None, "") for value in values), one.name
            if one.choices:
                assert set(values) <= {*one.choices, ""}, one.name
            for value in values:
                assert not isinstance(value, list) or not any(LIST_SEPARATOR in text for text in value)

    @pytest.mark.usefixtures("network")
    def test_a_part_is_a_part_of_the_whole(self, dataset: Dataset):
        for lead in ("lyon", "santos", "dakar"):
            initiative(lead, "sapporo")
        make_call()
        found = extract(dataset.name)
        whole = list(found.rows)
        assert len(found.rows) == len(whole)
        assert found.rows[1:3] == whole[1:3]
        assert found.rows[len(whole) :] == []

    @pytest.mark.usefixtures("network")
    def test_both_languages_hold_the_same_rows(self, dataset: Dataset):
        initiative("lyon", "sapporo")
        make_call()
        english, french = rows(dataset.name, language="en"), rows(dataset.name, language="fr")
        assert sorted(map(str, english)) == sorted(map(str, french))

    @pytest.mark.usefixtures("network")
    def test_a_file_says_all_of_itself_in_the_language_of_its_address(self, client, dataset: Dataset):
        initiative("lyon", "sapporo")
        make_call()
        for language in ("en", "fr"):
            said = json.loads(content(client.get(f"/{language}/{dataset.name}.json")))
            assert said["language"] == language
            assert said["licence"] == "CC BY 4.0"
            assert said["source"].endswith(f"/{language}/{dataset.name}.json")
            assert said["last_change"] <= today().isoformat()
            assert said[dataset.name] == json.loads(json.dumps(said[dataset.name]))
        has_day = dataset.name not in ("initiatives", "calls")
        assert (said["as_of"] == today().isoformat()) is has_day
        assert "UNESCO" in said["title"]

    @pytest.mark.usefixtures("db")
    def test_an_empty_portal_gives_files_without_rows(self, client, dataset: Dataset):
        Designation.objects.all().delete()
        said = json.loads(content(client.get(f"/en/{dataset.name}.json")))
        fields_to_join = [] if dataset is not FIELDS else [row["cities"] for row in said["fields"]]
        assert said[dataset.name] == [] or not any(fields_to_join)
        table = list(csv.reader(io.StringIO(content(client.get(f"/en/{dataset.name}.csv")))))
        assert table[0] == [*dataset.names, *ABOUT]

    @pytest.mark.usefixtures("network")
    def test_whoever_has_it_still_gets_a_304_for_two_queries_at_most(
        self, client, dataset: Dataset, django_assert_max_num_queries
    ):
        address = f"/en/{dataset.name}.csv"
        etag = client.get(address)["ETag"]
        with django_assert_max_num_queries(2):
            assert client.get(address, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("name", "query", "parameter"),
    [
        ("designations", "as_of=2016-13-45", "as_of"),
        ("designations", "as_of=2999-01-01", "as_of"),
        ("designations", "city=paris", "city"),
        ("designations", "city=lyon&city=%00", "city"),
        ("designations", "field=knitting", "field"),
        ("designations", "region=EU", "region"),
        ("designations", "country=ZZ", "country"),
        ("designations", "sort=size", "sort"),
        ("fields", "as_of=yesterday", "as_of"),
        ("countries", "as_of=2999-01-01", "as_of"),
        ("initiatives", "area=nothing", "area"),
        ("initiatives", "year=1789", "year"),
        ("initiatives", "city=%00", "city"),
        ("initiatives", "sort=size", "sort"),
        ("cooperation", "as_of=2016-02-30", "as_of"),
        ("cooperation", "field=nothing", "field"),
        ("cooperation", "show=everything", "show"),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence(client, language, name, query, parameter):
    with pytest.raises(BadQuery):
        extract(name, query)
    response = client.get(f"/{language}/{name}.csv?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response["Content-Language"] == language
    (error,) = response.json()["errors"]
    assert error["parameter"] == parameter
    assert error["messages"][0].rstrip().endswith(".")


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("name", EXTRACTS)
def test_a_format_that_there_is_not_is_not_found(client, name):
    assert client.get(f"/en/{name}.exe").status_code == 404


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(("name", "extension"), [("designations", "jsonld"), ("fields", "geojson"), ("calls", "kml")])
def test_a_format_that_cannot_hold_it_is_not_found(client, name, extension):
    assert client.get(f"/en/{name}.{extension}").status_code == 404


# Queries: as many for few rows as for many


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("name", "queries"),
    [
        # The query itself, when it changed last, what names the rows, the rows.
        ("cities", 6),
        ("designations", 4),
        ("fields", 4),
        ("countries", 3),
        ("initiatives", 8),
        ("cooperation", 8),
        ("calls", 6),
    ],
)
@pytest.mark.parametrize("count", [1, 30])
def test_a_file_costs_as_many_queries_for_few_rows_as_for_many(name, queries, count):
    cities = list(City.objects.members().exclude(slug="lyon").values_list("slug", flat=True)[:count])
    for number, city in enumerate(cities):
        initiative("lyon", city)
        make_call(slug=f"call-{number}", form=False)
    with CaptureQueriesContext(connection) as asked:
        # As a writer does: a list would also ask how many they are.
        found = sum(1 for _row in extract(name).rows)
    assert found
    assert len(asked) == queries


# Designations


@pytest.mark.usefixtures("network")
class TestDesignations:
    def test_lyon_moved(self):
        film, books = rows("designations", "city=lyon")
        assert (film["field"], film["starts_on"], film["ends_on"], film["end_reason"]) == (
            "media-arts",
            datetime.date(2008, 6, 1),
            datetime.date(2023, 10, 30),
            "field-change",
        )
        assert film["starts_on_precision"] == film["member_since_precision"] == "month"
        assert (books["field"], books["starts_on"], books["ends_on"]) == ("literature", LYON_MOVED, None)
        assert books["member_since"] == datetime.date(2008, 6, 1)

    @pytest.mark.parametrize(("day", "ends_on"), [("2023-10-30", None), ("2023-10-31", datetime.date(2023, 10, 30))])
    def test_a_day_knows_no_later_one(self, day, ends_on):
        found = rows("designations", f"city=lyon&as_of={day}")
        assert found[0]["ends_on"] == ends_on
        assert len(found) == (1 if ends_on is None else 2)

    def test_those_in_force_are_the_members_of_the_day(self):
        for day in ("2016-04-28", "2023-10-31", today().isoformat()):
            running = [row["city"] for row in rows("designations", f"as_of={day}") if row["ends_on"] is None]
            assert sorted(running) == sorted(column("cities", "slug", f"as_of={day}"))

    def test_none_before_the_first_member(self):
        found = extract("designations", "as_of=2004-01-01")
        assert (list(found.rows), len(found.rows), found.last_change) == ([], 0, None)

    def test_a_former_member_stays_with_its_last_day(self, officer):
        left(officer, "santos", is_public=True)
        (row,) = rows("designations", "city=santos")
        assert row["ends_on"] == today() - DAY
        assert row["end_reason"] == "withdrawn"
        assert "santos" not in column("cities", "slug")

    def test_a_reason_that_is_not_public_is_not_told(self, officer):
        left(officer, "santos", is_public=False)
        (row,) = rows("designations", "city=santos")
        assert (row["ends_on"], row["end_reason"]) == (today() - DAY, "")

    def test_the_reference_of_a_decision_is_not_told(self):
        (row,) = rows("designations", "city=santos")
        assert "UNESCO" in row["designation_source"]
        Designation.objects.filter(city__slug="santos").update(imported={}, source="Letter 12 of the secretariat")
        (row,) = rows("designations", "city=santos")
        assert row["designation_source"] == ""

    def test_neither_a_beginning_nor_an_end_that_is_still_to_come_is_told(self, client):
        tomorrow = today() + DAY
        santos = Designation.objects.get(city__slug="santos")
        Designation.objects.filter(pk=santos.pk).update(
            ends_on=tomorrow, end_reason="removed", end_reason_is_public=True
        )
        before = len(rows("designations"))
        Designation.objects.create(
            city=City.objects.get(slug="santos"),
            field=santos.field,
            starts_on=tomorrow + DAY,
            source="a decision under embargo",
            member_since=tomorrow + DAY,
            member_since_precision="day",
        )
        to_come = City.objects.create(
            slug="nowhere-yet", name_en="Nowhere yet", country=Country.objects.get(pk="FR"), search_text=""
        )
        Designation.objects.create(
            city=to_come,
            field=santos.field,
            starts_on=tomorrow,
            source="a decision under embargo",
            member_since=tomorrow,
            member_since_precision="day",
        )
        (row,) = rows("designations", "city=santos")
        assert (row["ends_on"], row["end_reason"]) == (None, "")
        assert len(rows("designations")) == before
        for name in EXTRACTS:
            body = content(client.get(f"/en/{name}.csv"))
            assert "embargo" not in body
            assert "nowhere-yet" not in body
        # Whoever asks by its address learns as much as of one that there is not.
        answers = [client.get(f"/en/designations.csv?city={slug}").json() for slug in ("nowhere-yet", "nowhere-else")]
        assert [answer["errors"][0]["messages"][0].replace("yet", "else") for answer in answers] == [
            answers[1]["errors"][0]["messages"][0]
        ] * 2

    def test_what_chooses(self):
        french = set(column("designations", "country", "country=fr"))
        assert french == {"FR"}
        assert set(column("designations", "region", "region=africa")) == {"africa"}
        assert set(column("designations", "field", "field=film&field=music")) == {"film", "music"}
        assert set(column("designations", "city", "city=lyon&city=santos")) == {"lyon", "santos"}
        both = extract("designations", "country=FR&field=literature")
        assert len(both.rows) == len(list(both.rows)) > 0

    def test_the_order(self):
        starts = column("designations", "starts_on")
        assert starts == sorted(starts)
        assert column("designations", "starts_on", "sort=-since") == sorted(starts, reverse=True)
        names = City.objects.order_by("sort_key_fr", "pk").values_list("slug", flat=True)
        place_of = {slug: place for place, slug in enumerate(names)}
        found = column("designations", "city", "sort=name", "fr")
        assert found == sorted(found, key=place_of.__getitem__)
        back = column("designations", "city", "sort=-name", "fr")
        assert [place_of[slug] for slug in back] == sorted((place_of[slug] for slug in found), reverse=True)

    def test_the_last_change_is_told_by_the_data(self, officer):
        assert extract("designations", "as_of=2016-04-28").last_change == datetime.date(2015, 12, 11)
        assert extract("designations").last_change == datetime.date(2025, 10, 31)
        left(officer, "santos", is_public=False)
        assert extract("designations").last_change == today()
        assert extract("designations", "as_of=2016-04-28").last_change == datetime.date(2015, 12, 11)

    def test_what_is_put_down_late_changed_the_data_then(self, officer):
        known = (extract("designations"), extract("designations", "as_of=2016-04-28"))
        assert all(one.last_change < today() - 200 * DAY for one in known)
        left(officer, "santos", is_public=False, last=today() - 200 * DAY)
        for name in ("cities", "designations", "fields"):
            assert extract(name).last_change == today()
            assert extract(name, "as_of=2016-04-28").last_change == datetime.date(2015, 12, 11)
        change_field(
            city=City.objects.get(slug="tucson"),
            field=CreativeField.objects.get(slug="film"),
            on=datetime.date(2016, 4, 1),
            source="a letter of the city",
            by=officer,
            reason="It was overlooked.",
        )
        assert extract("cities", "as_of=2016-03-31").last_change == datetime.date(2015, 12, 11)
        assert extract("cities", "as_of=2016-04-28").last_change == today()


def left(officer: User, slug: str, *, is_public: bool, last: datetime.date | None = None) -> None:
    """The city leaves, with yesterday as its last day unless told."""
    end_designation(
        designation=Designation.objects.in_force().get(city__slug=slug),
        ends_on=last or today() - DAY,
        end_reason="withdrawn",
        is_public=is_public,
        reason="told by the city",
        by=officer,
    )


# Fields and countries


@pytest.mark.usefixtures("network")
class TestFieldsAndCountries:
    @pytest.mark.parametrize("day", ["2004-01-01", "2016-04-28", "2023-10-30", ""])
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_the_same_as_the_pages(self, client, day, language):
        query = f"as_of={day}" if day else ""
        shown = context_of(client, f"/{language}/fields/?{query}")["rows"]
        assert [(row["slug"], row["cities"]) for row in rows("fields", query, language)] == [
            (field.slug, count) for field, count in shown
        ]
        regions = context_of(client, f"/{language}/countries/?{query}")["regions"]
        assert [(row["iso2"], row["cities"]) for row in rows("countries", query, language)] == [
            (country.pk, count)
            for _region, with_members, _without, _count in regions
            for country, count in with_members
        ]

    def test_the_network_of_2016(self):
        found = extract("countries", "as_of=2016-04-28")
        assert (len(found.rows), sum(row["cities"] for row in found.rows)) == (54, 116)
        assert len([row for row in rows("fields", "as_of=2016-04-28") if row["cities"]]) == 7
        assert found.as_of == datetime.date(2016, 4, 28)

    def test_a_field_of_later_is_not_told(self):
        CreativeField.objects.create(
            slug="weaving",
            name_en="Weaving",
            name_fr="Tissage",
            colour_light="#633323",
            colour_dark="#e0a080",
            pictogram="M2 2h20v20z",
            valid_from=today() + DAY,
        )
        assert "weaving" not in column("fields", "slug")

    def test_a_country_without_a_member_is_not_told(self, officer):
        alone = next(row for row in rows("countries") if row["cities"] == 1)
        (city,) = City.objects.members().filter(country=alone["iso2"])
        left(officer, city.slug, is_public=True)
        assert alone["iso2"] not in column("countries", "iso2")
        assert alone["iso2"] in column("countries", "iso2", f"as_of={today() - DAY}")

    def test_an_edited_name_changes_the_day(self):
        before = extract("fields").last_change
        field = CreativeField.objects.get(slug="film")
        field.summary_en = "Films of all kinds."
        field.save()
        assert before == datetime.date(2025, 10, 31)
        assert extract("fields").last_change == today()

    def test_one_row_by_its_key(self):
        assert extract("fields").rows.one("slug", "film")["name_fr"] == "Film"
        assert extract("countries").rows.one("iso2", "FR")["iso3"] == "FRA"
        assert extract("countries").rows.one("iso2", "ZZ") is None


# Initiatives


@pytest.mark.usefixtures("network")
class TestInitiatives:
    @pytest.mark.parametrize("language", ["en", "fr"])
    @pytest.mark.parametrize(
        "query",
        [
            "",
            "sort=title",
            "sort=-year",
            "country=JP",
            "area=sharing&year=2021",
            "city=lyon&sort=year",
            "q=trial",
            "q=0",
        ],
    )
    def test_the_same_as_the_page(self, client, language, query):
        for number, lead in enumerate(["lyon", "santos", "sapporo", "lyon"]):
            initiative(lead, "dakar", first=2018 + number, last=2021, published=at_noon(2022, 1, 10 - number))
        shown = context_of(client, f"/{language}/initiatives/?{query}")
        found = extract("initiatives", query, language)
        assert [row["slug"] for row in found.rows] == [one.slug for one in shown["page"]]
        assert len(found.rows) == shown["found"].count

    def test_a_row(self):
        initiative("lyon", "santos", "dakar", first=2019, last=2022, published=at_noon(2024, 5, 1), text_fr="Mots.")
        (row,) = rows("initiatives")
        assert row["lead"] == "lyon"
        assert row["country_fr"] == "France"
        assert row["partners"] == ["dakar", "santos"]
        assert (row["areas"], row["objectives"], row["sdgs"]) == (["sharing"], [], ["sdg-11"])
        assert (row["first_year"], row["last_year"]) == (2019, 2022)
        assert row["published_on"] == datetime.date(2024, 5, 1)
        assert (row["text_en"], row["text_fr"]) == ("", "Mots.")
        assert row["url_fr"].endswith("/fr/initiatives/trial-0/")
        lyon = City.objects.get(slug="lyon")
        assert (row["latitude"], row["longitude"]) == (lyon.latitude, lyon.longitude)

    def test_no_draft_and_no_partner_before_it_confirmed(self, client):
        initiative("lyon", "sapporo", published=False, text_en="Not for the public yet.")
        shown = initiative("lyon", "dakar")
        for status, slug in (("asked", "santos"), ("declined", "sapporo"), ("ended", "ostersund")):
            Partnership.objects.create(initiative=shown, city=City.objects.get(slug=slug), status=status)
        (row,) = rows("initiatives")
        assert row["partners"] == ["dakar"]
        assert rows("initiatives", "city=santos") == []
        assert "Not for the public" not in content(client.get("/en/initiatives.json"))

    def test_one_taken_back_is_gone(self):
        made = initiative("lyon")
        Initiative.objects.filter(pk=made.pk).update(published=None)
        found = extract("initiatives")
        assert (list(found.rows), len(found.rows), found.last_change) == ([], 0, None)

    def test_a_former_member_still_leads_it(self, officer):
        initiative("santos", "lyon")
        left(officer, "santos", is_public=True)
        assert column("initiatives", "lead") == ["santos"]

    def test_a_demonstration_says_so(self):
        initiative("lyon", is_demonstration=True)
        assert column("initiatives", "is_demonstration") == [True]

    def test_titles_fall_back_and_texts_do_not(self):
        initiative("lyon", text_en="Words.")
        InitiativeRevision.objects.update(title_fr="")
        (row,) = rows("initiatives")
        assert (row["title_fr"], row["text_fr"]) == ("Trial 0", "")

    def test_hostile_words_stay_words(self, client):
        initiative("lyon", text_en='=cmd|"/c calc"!A1\r\n\u202eevil 🎭; a;b')
        InitiativeRevision.objects.update(title_en="=HYPERLINK(1)")
        (row,) = rows("initiatives")
        assert row["title_en"] == "=HYPERLINK(1)"
        (line,) = csv.DictReader(io.StringIO(content(client.get("/en/initiatives.csv")), newline=""))
        assert line["title_en"] == "'=HYPERLINK(1)"
        assert line["text_en"].startswith("'=cmd")

    def test_more_than_a_chunk_of_rows_keep_their_partners(self, monkeypatch):
        monkeypatch.setattr("cities.datasets.initiative.CHUNK", 2)
        for slug in ("santos", "dakar", "sapporo", "ostersund", "krakow"):
            initiative("lyon", slug)
        assert {row["slug"]: row["partners"] for row in rows("initiatives")} == {
            "trial-0": ["santos"],
            "trial-1": ["dakar"],
            "trial-2": ["sapporo"],
            "trial-3": ["ostersund"],
            "trial-4": ["krakow"],
        }

    def test_on_the_map_and_as_linked_data(self, client):
        initiative("lyon", "dakar")
        places = json.loads(content(client.get("/en/initiatives.geojson")))
        assert len(places["features"]) == 1
        assert b"<Placemark" in b"".join(client.get("/fr/initiatives.kml").streaming_content)
        (node,) = json.loads(content(client.get("/en/initiatives.jsonld")))["mainEntity"]["itemListElement"]
        assert node["@type"] == "Project"
        assert node["location"]["identifier"] == "lyon"

    def test_linked_data_says_nothing_of_what_is_not_known(self):
        initiative("lyon", first=None, text_en="Words.")
        (row,) = rows("initiatives")
        node = INITIATIVES.linked(row)
        assert not {"foundingDate", "dissolutionDate"} & node.keys()
        assert node["description"] == [{"@language": "en", "@value": "Words."}]
        field = next(row for row in rows("fields") if row["slug"] == "film") | {"summary_fr": ""}
        assert [text["@language"] for text in FIELDS.linked(field)["description"]] == ["en"]

    def test_the_last_change_is_that_of_the_texts_and_partners(self, officer):
        made = initiative("lyon", "dakar", published=at_noon(2024, 5, 1))
        assert initiatives_changed_on() == datetime.date(2024, 5, 1)
        asked = Partnership.objects.create(initiative=made, city=City.objects.get(slug="santos"))
        assert initiatives_changed_on() == datetime.date(2024, 5, 1)
        Partnership.objects.filter(pk=asked.pk).update(status="confirmed", answered_at=at_noon(2024, 6, 2))
        assert initiatives_changed_on() == datetime.date(2024, 6, 2)

    def test_a_name_that_was_corrected_changes_it_too(self):
        initiative("lyon", "dakar", published=at_noon(2024, 5, 1))
        dakar = City.objects.get(slug="dakar")
        dakar.local_name = "Ndakaaru"
        dakar.save()
        assert initiatives_changed_on() == today()


# Cooperation


@pytest.mark.usefixtures("network")
class TestCooperation:
    @pytest.mark.parametrize("language", ["en", "fr"])
    @pytest.mark.parametrize("query", ["", "field=film", "region=africa&sort=-name", "as_of=2019-06-01", "show=cities"])
    def test_the_same_links_as_the_page(self, client, language, query):
        initiative("sapporo", "lyon", "santos")
        initiative("lyon", "sapporo", "dakar", first=2018, last=2019)
        initiative("santos", "lyon", first=2019)
        pairs = "&".join(part for part in query.split("&") if part and not part.startswith(("show", "sort")))
        shown = context_of(client, f"/{language}/cooperation/?{pairs}&show=links".replace("?&", "?"))["links"]
        found = extract("cooperation", query, language)
        assert [({row["city_a"], row["city_b"]}, row["initiative_slugs"]) for row in found.rows] == [
            ({link.city.slug, link.partner.slug}, sorted(one.slug for one in link.initiatives)) for link in shown
        ]
        assert len(found.rows) == len(shown)

    def test_a_row(self):
        initiative("sapporo", "lyon")
        initiative("lyon", "sapporo")
        (row,) = rows("cooperation", language="fr")
        assert (row["city_a"], row["city_b"]) == ("lyon", "sapporo")
        assert (row["country_a_fr"], row["country_b"]) == ("France", "JP")
        assert (row["field_a"], row["field_b_en"]) == ("literature", "Media Arts")
        assert (row["region_a"], row["region_b"]) == ("europe-north-america", "asia-pacific")
        assert (row["initiatives"], row["initiative_slugs"]) == (2, ["trial-0", "trial-1"])

    def test_who_asked_is_no_link_before_the_answer(self, officer):
        made = initiative("lyon")
        asked = Partnership.objects.create(initiative=made, city=City.objects.get(slug="santos"))
        assert rows("cooperation") == []
        Partnership.objects.filter(pk=asked.pk).update(status="confirmed")
        assert column("cooperation", "city_b") == ["santos"]

    def test_a_former_member_is_linked_until_its_last_day(self, officer):
        initiative("santos", "lyon")
        left(officer, "santos", is_public=True)
        assert rows("cooperation") == []
        assert len(rows("cooperation", f"as_of={today() - DAY}")) == 1

    def test_a_demonstration_says_so(self):
        initiative("lyon", "santos", is_demonstration=True)
        initiative("lyon", "dakar")
        assert {
            row["city_a"] if row["city_a"] != "lyon" else row["city_b"]: row["is_demonstration"]
            for row in rows("cooperation")
        } == {
            "dakar": False,
            "santos": True,
        }

    def test_without_demonstrations_a_link_is_what_the_others_make_it(self):
        initiative("lyon", "santos", is_demonstration=True)
        real = initiative("lyon", "santos")
        initiative("lyon", "dakar", is_demonstration=True)
        found = list(cooperation_extract(QueryDict(), language="en", with_invented=False).rows)
        assert [(row["city_b"], row["initiative_slugs"], row["is_demonstration"]) for row in found] == [
            ("santos", [real.slug], False)
        ]

    def test_the_years_of_an_initiative_change_the_day(self):
        initiative("lyon", "santos", first=2017, last=2018, published=at_noon(2016, 5, 1))
        initiative("lyon", "dakar", first=2010, published=at_noon(2016, 5, 1))
        days = {
            day: extract("cooperation", f"as_of={day}").last_change
            for day in ("2016-12-31", "2017-05-01", "2019-05-01")
        }
        assert days == {
            "2016-12-31": datetime.date(2016, 5, 1),
            "2017-05-01": datetime.date(2017, 1, 1),
            "2019-05-01": datetime.date(2019, 1, 1),
        }


# Calls


@pytest.mark.usefixtures("network")
class TestCalls:
    def test_the_same_as_the_page(self, client):
        for phase in ("decision", "screening", "open", "evaluation", "scheduled"):
            make_call(phase, slug=phase, form=False)
        make_call(slug="old", form=False)
        Call.objects.filter(slug="old").update(status="announced", announced_at=timezone.now())
        make_call(slug="draft", form=False, publish=False)
        groups = client.get("/fr/calls/").context["groups"]
        shown = [(call.slug, phase) for of_group in groups.values() for call, phase in of_group]
        found = extract("calls")
        assert [(row["slug"], row["phase"]) for row in found.rows] == shown
        assert shown[0] == ("open", "open")
        assert len(found.rows) == 6

    def test_a_row(self, officer):
        call = make_call(title_fr="", max_designated=None, form=False)
        later = call.closes_at + DAY
        france = Country.objects.get(pk="FR")
        Extension.objects.create(call=call, closes_at=later, reason="Floods.", by=officer)
        Extension.objects.create(call=call, closes_at=later + DAY, country=france, reason="A strike.", by=officer)
        (row,) = rows("calls")
        assert row["closes_at"] == later
        assert row["closes_at"].tzinfo is datetime.UTC
        assert row["opens_at"] == call.opens_at
        assert row["announced_at"] is None
        assert row["languages"] == ["en", "fr"]
        assert row["fields"][:2] == ["crafts-folk-art", "design"]
        assert (row["max_endorsed"], row["max_designated"]) == (2, None)
        assert row["title_fr"] == "Call of the tests"

    def test_nothing_of_what_the_secretariat_keeps_to_itself(self, client, officer):
        call = make_call(form=False, is_demonstration=True)
        Extension.objects.create(call=call, closes_at=call.closes_at + DAY, reason="Floods.", by=officer)
        body = content(client.get("/en/calls.json"))
        assert '"is_demonstration":true' in body
        for word in ("spread", "blindness", "version", "Floods", "officer"):
            assert word not in body

    def test_an_instant_that_comes_makes_another_answer(self, client, monkeypatch):
        call = make_call(form=False)
        first = client.get("/en/calls.json")
        assert '"phase":"open"' in content(first)
        assert client.get("/en/calls.json", headers={"If-None-Match": first["ETag"]}).status_code == 304
        after = call.closes_at + datetime.timedelta(seconds=2)
        monkeypatch.setattr(timezone, "now", lambda: after)
        asked = {"If-None-Match": first["ETag"], "If-Modified-Since": first.get("Last-Modified", "")}
        second = client.get("/en/calls.json", headers=asked)
        assert second.status_code == 200
        assert '"phase":"screening"' in content(second)

    def test_the_last_change_follows_the_instants(self):
        call = make_call("screening", form=False)
        Call.objects.update(published_at=call.opens_at - 10 * DAY)
        assert extract("calls").last_change == call.closes_at.astimezone(timezone.get_current_timezone()).date()

    def test_more_time_for_one_country_is_no_change_for_all(self, officer):
        call = make_call("screening", form=False)
        Call.objects.update(published_at=call.opens_at - 10 * DAY)
        before = extract("calls").last_change
        Extension.objects.create(
            call=call,
            national_deadline_at=call.closes_at + DAY,
            country=Country.objects.get(pk="FR"),
            reason="A strike.",
            by=officer,
        )
        assert extract("calls").last_change == before
