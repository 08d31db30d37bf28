"""The page of open data, and what every list offers to take away: files, and a line to cite it by."""

import csv
import io
import re
from html import unescape

import pandas
import pytest
from django.conf import settings
from django.test import Client

from cities.days import today
from cities.models import Designation
from cities.services.present import read_of
from cities.writers import FORMATS
from rvcu.lists import LISTS
from tests.cities.test_initiatives import partner, published
from tests.factories.calls import make_call

pytestmark = pytest.mark.usefixtures("network")

QUERIES = 36

BUTTON = re.compile(r'<li><a href="([^"]+)" type="[^"]+" rel="nofollow">')


def text_of(client: Client, address: str) -> str:
    return " ".join(unescape(client.get(address).content.decode()).split())


def buttons(client: Client, address: str) -> list[str]:
    body = client.get(address).content.decode()
    start = body.find('<div class="take-away"')
    return [unescape(found) for found in BUTTON.findall(body[start:])] if start >= 0 else []


def rows_of(client: Client, address: str) -> int:
    content = b"".join(client.get(address).streaming_content).decode()
    return len(list(csv.DictReader(io.StringIO(content))))


# The page


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_names_every_list_with_its_formats_its_columns_and_its_rows(client, language):
    response = client.get(f"/{language}/data/")
    assert response.status_code == 200
    offers = {offer.listed.name: offer for offer in response.context["offers"]}
    assert list(offers) == list(LISTS)
    body = response.content.decode()
    for name, listed in LISTS.items():
        files = [address for _form, address in offers[name].files]
        assert [file.rsplit(".")[-1] for file in files] == [
            extension for extension, form in FORMATS.items() if form.takes(listed.dataset)
        ]
        assert all(f'href="{file}"' in body for file in files)
        assert all(f"<code>{column.name}</code>" in body for column in listed.dataset.columns)
        assert offers[name].rows == rows_of(client, files[0])
    assert offers["cities"].rows == 405
    assert "CC BY 4.0" in body
    assert "GeoNames" in body
    assert "408" in body


def test_the_page_is_about_the_day_that_is_asked_for(client):
    response = client.get("/en/data/?as_of=2016-04-28")
    offers = {offer.listed.name: offer for offer in response.context["offers"]}
    assert offers["cities"].rows == 116
    assert "116 rows on 28 April 2016" in " ".join(response.content.decode().split())
    assert all(address.endswith("?as_of=2016-04-28") for _form, address in offers["cities"].files)
    # Meetings are no state of a day: their files and their number stay.
    assert offers["meetings"].files[0][1] == "/en/meetings.csv"
    assert offers["meetings"].rows == client.get("/en/data/").context["offers"][-1].rows


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("day", ["2016-13-45", "tomorrow", "2999-01-01", "%00"])
def test_a_bad_day_gets_a_sentence_and_no_lists(client, language, day):
    response = client.get(f"/{language}/data/?as_of={day}")
    assert response.status_code == 200
    assert response.context["offers"] == []
    assert "invalid-feedback" in response.content.decode()
    assert not buttons(client, f"/{language}/data/?as_of={day}")


def test_before_the_first_member_there_are_lists_without_rows(client):
    offers = client.get("/en/data/?as_of=2001-01-01").context["offers"]
    assert {offer.listed.name: offer.rows for offer in offers}["cities"] == 0


def test_the_page_costs_as_many_queries_for_few_cities_as_for_many(client, django_assert_num_queries):
    with django_assert_num_queries(QUERIES):
        client.get("/en/data/")
    read_of.cache_clear()
    with django_assert_num_queries(QUERIES):
        client.get("/en/data/?as_of=2010-01-01")


def test_pandas_reads_every_key_as_the_page_tells_it_to(client):
    sample = re.search(r'data-language="python">(.*?)</code>', client.get("/en/data/").content.decode(), re.S)
    assert sample

    class Pandas:
        @staticmethod
        def read_csv(address: str, **options: object) -> pandas.DataFrame:
            content = b"".join(client.get(address.removeprefix(settings.SITE_ADDRESS)).streaming_content)
            return pandas.read_csv(io.BytesIO(content), **options)

    table = eval(unescape(sample[1]), {"pandas": Pandas})  # noqa: S307  what the page shows
    assert "nan" in set(table["slug"])
    assert not table["slug"].isna().any()
    assert table["website"].isna().any()
    assert table["latitude"].dtype == float


# What lists offer


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("view", ["cities/", "cities/table/", "cities/map/"])
def test_buttons_of_the_directory_keep_the_query_and_say_how_many_rows(client, view, language):
    address = f"/{language}/{view}?as_of=2016-04-28&field=film&field=music&sort=-since"
    found = buttons(client, address)
    assert found == [
        f"/{language}/cities.{extension}?as_of=2016-04-28&field=film&field=music&sort=-since" for extension in FORMATS
    ]
    assert rows_of(client, found[0]) == 27
    assert {"en": "27 cities as a file", "fr": "27 villes en fichier"}[language] in text_of(client, address)


def test_buttons_leave_the_page_of_the_list_out(client):
    assert buttons(client, "/en/cities/?page=2&q=s")[0] == "/en/cities.csv?q=s"


LINK_IN_HEAD = re.compile(r'<link rel="alternate" type="[^"]+" href="(/[^"]+)"')
PAGES = {
    "": "",
    "cities/": "field=music&as_of=2016-04-28&sort=country",
    "cities/table/": "q=s",
    "cities/map/": "region=africa",
    "fields/": "as_of=2016-04-28",
    "countries/": "as_of=2016-04-28",
    "initiatives/": "country=FR&sort=title",
    "cooperation/": "show=links&sort=name",
    "calls/": "",
    "meetings/": "",
    "data/": "as_of=2016-04-28",
    "data/changes/": "from=2016-04-28&to=2023-12-31",
}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("address", "query"), PAGES.items())
def test_every_link_to_a_file_works_whatever_else_the_address_of_the_page_carries(
    client, officer, language, address, query
):
    partner(published(officer), "enghien-les-bains")
    make_call()
    page = 2 if address == "cities/table/" else 1
    response = client.get(f"/{language}/{address}?utm_source=x&{query}&page={page}&fbclid=%22&lang=de")
    body = response.content.decode()
    files = re.findall(r'href="(/[^"]+\.(?:csv|xlsx|json|geojson|kml|jsonld|atom|ics)(?:\?[^"]*)?)"', body)
    links = {unescape(found) for found in (*files, *LINK_IN_HEAD.findall(body))}
    assert len(links) >= 2
    for link in links:
        assert client.head(link).status_code == 200, link
        assert "utm_source" not in link
        assert "page=" not in link
    for parameter in filter(None, query.split("&")):
        assert any(parameter in link for link in links), parameter


@pytest.mark.parametrize(
    "address",
    [
        "cities/?as_of=2016-13-45",
        "cities/?field=nonsense",
        "cities/?q=nowhere",
        "cities/?as_of=2001-01-01",
        "cities/map/?region=nowhere",
        "fields/?as_of=never",
        "countries/?as_of=2001-01-01",
        "cooperation/?field=nonsense",
        "initiatives/?year=12",
    ],
)
def test_where_nothing_is_listed_there_is_no_file(client, address):
    body = client.get(f"/en/{address}").content.decode()
    assert "take-away" not in body
    assert ".csv" not in body


def test_where_the_query_is_bad_there_is_nothing_to_cite(client):
    for address in ("cities/?field=nonsense", "fields/film/?as_of=never", "network/statistics/?as_of=never"):
        assert 'class="cite"' not in client.get(f"/en/{address}").content.decode()


@pytest.mark.parametrize(
    ("address", "file", "words"),
    [
        ("fields/?as_of=2016-04-28", "fields.csv?as_of=2016-04-28", "7 creative fields as a file"),
        ("countries/?as_of=2016-04-28", "countries.csv?as_of=2016-04-28", "54 countries with member cities as a file"),
        ("meetings/", "meetings.csv", "18 annual meetings as a file"),
    ],
)
def test_buttons_of_other_lists_count_what_their_file_holds(client, address, file, words):
    found = buttons(client, f"/en/{address}")
    assert found[0] == f"/en/{file}"
    assert words in text_of(client, f"/en/{address}")
    assert rows_of(client, found[0]) == int(words.split()[0])


def test_files_and_feeds_stand_in_the_head_where_programs_look(client):
    head = client.get("/fr/cities/?field=film&as_of=2016-04-28&sort=name").content.decode().partition("</head>")[0]
    for form in FORMATS.values():
        assert f'type="{form.content_type}" href="/fr/cities.{form.extension}?field=film&amp;as_of=2016-04-28' in head
    # What is new is asked for without a day in the past.
    assert 'type="application/atom+xml" href="/fr/cities.atom?field=film"' in head
    assert 'type="application/atom+xml"' in client.get("/en/").content.decode().partition("</head>")[0]


# To cite


def test_the_line_to_cite_names_the_day_and_leads_back_to_it(client):
    text = text_of(client, "/en/cities/?as_of=2016-04-28&field=film&page=1")
    title = "Members of the UNESCO Creative Cities Network (8 cities)"
    assert f"{settings.PUBLISHER}, “{title}”, as of 28 April 2016." in text
    assert f"CC BY 4.0, {settings.SITE_ADDRESS}/en/cities/?as_of=2016-04-28&field=film, read on " in text


@pytest.mark.parametrize(
    "address",
    ["cities/", "fields/", "fields/film/", "countries/", "countries/FR/", "network/statistics/", "data/"],
)
def test_the_line_to_cite_names_todays_day_where_none_was_asked_for(client, address):
    assert f"{settings.SITE_ADDRESS}/fr/{address}?as_of={today().isoformat()}" in text_of(client, f"/fr/{address}")


def test_the_line_to_cite_of_a_city_has_no_day(client):
    text = text_of(client, "/fr/cities/lyon/")
    assert f"CC BY 4.0, {settings.SITE_ADDRESS}/fr/cities/lyon/, consulté le " in text
    assert "Pour citer cette page" in text_of(client, "/fr/meetings/12/")


def test_lists_that_are_of_no_day_are_cited_without_one(client):
    make_call()
    for address in ("calls/", "meetings/", "initiatives/"):
        text = text_of(client, f"/en/{address}")
        assert ("To cite this page" in text) == (address != "initiatives/"), "there is none yet"
        assert f"{settings.SITE_ADDRESS}/en/{address}?as_of" not in text


def test_what_changed_is_cited_by_both_days_and_its_columns_are_explained(client):
    text = text_of(client, "/en/data/changes/?from=2016-04-28")
    days = f"from=2016-04-28&to={today().isoformat()}"
    assert f"CC BY 4.0, {settings.SITE_ADDRESS}/en/data/changes/?{days}, read on " in text
    assert "Creative field on the first day, its key" in text
    assert 'class="cite"' not in client.get("/en/data/changes/?from=never").content.decode()


def test_a_city_that_left_is_in_no_file_of_today_and_its_page_is_cited_all_the_same(client):
    Designation.objects.filter(city__slug="lyon", ends_on=None).update(ends_on="2024-05-31", end_reason="withdrawn")
    assert "404 cities as a file" in text_of(client, "/en/cities/")
    assert 'class="cite"' in client.get("/en/cities/lyon/").content.decode()


def test_a_hostile_query_stays_text(client):
    hostile = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E&as_of=2016-04-28"
    body = client.get(f"/en/cities/?field=film&utm={hostile}").content.decode()
    assert "<script>alert" not in body
