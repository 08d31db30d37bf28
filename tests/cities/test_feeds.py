"""The feeds of new members and of initiatives; that of the meetings is tested with their pages."""

import datetime
import xml.etree.ElementTree as ET
from typing import Any

import feedparser
import pytest
from django.test import Client

from cities.days import PARIS, today
from cities.models import City, CreativeField, Designation, Initiative, InitiativeRevision, Partnership
from cities.services.designation import admit, change_field, correct_first_day, designate, end_designation
from tests.cities.test_initiatives import partner, published
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.usefixtures("network")

ATOM = "{http://www.w3.org/2005/Atom}"
WHY = {"source": "a letter", "reason": "as decided"}
DAY = datetime.timedelta(days=1)


def read(client: Client, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    found = feedparser.parse(response.content)
    assert not found.bozo, found.get("bozo_exception")
    return found


def titles(client: Client, address: str) -> list[str]:
    return [entry.title for entry in read(client, address).entries]


def field(slug: str) -> CreativeField:
    return CreativeField.objects.get(slug=slug)


def current(slug: str) -> Designation:
    return Designation.objects.get(city__slug=slug, ends_on=None)


def besancon() -> City:
    return City(slug="besancon", name_en="Besançon", country_id="FR", latitude=47.24, longitude=6.02)


# What every feed says of itself


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("name", "page"),
    [("cities.atom", "cities/"), ("initiatives.atom", "initiatives/"), ("meetings/feed/", "meetings/")],
)
def test_a_feed_says_where_it_is_whose_it_is_and_under_what_licence(client, coordinator, language, name, page):
    published(coordinator)
    response = client.get(f"/{language}/{name}", headers={"host": "127.0.0.1"})
    root = ET.fromstring(response.content)  # noqa: S314  our own
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == response.headers["Content-Language"] == language
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {
        "self": f"http://localhost:8000/{language}/{name}",
        "alternate": f"http://localhost:8000/{language}/{page}",
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    assert root.findtext(f"{ATOM}id") == links["self"]
    assert root.findtext(f"{ATOM}rights").startswith("CC BY 4.0. ")
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "RVCU"
    entries = root.findall(f"{ATOM}entry")
    updated = [entry.findtext(f"{ATOM}updated") for entry in entries]
    assert root.findtext(f"{ATOM}updated") == max(updated)
    assert all(datetime.datetime.fromisoformat(one) <= datetime.datetime.now(PARIS) for one in updated)
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids) > 0
    assert all(one.startswith(f"tag:localhost,2026:{language}/") for one in ids)
    assert response.headers["Vary"].lower().find("cookie") == -1


@pytest.mark.parametrize(("name", "queries"), [("cities.atom", 8), ("initiatives.atom", 6)])
def test_a_feed_costs_the_same_for_few_and_for_many(client, coordinator, django_assert_num_queries, name, queries):
    published(coordinator)
    with django_assert_num_queries(queries):
        first = client.get(f"/en/{name}")
    for number in range(5):
        partner(published(coordinator, title=f"Number {number}"), "ostersund")
    with django_assert_num_queries(queries):
        again = client.get(f"/en/{name}")
    assert again.headers["ETag"] != first.headers["ETag"]
    with django_assert_num_queries(1):
        known = client.get(f"/en/{name}", headers={"If-None-Match": again.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("cities.atom?field=cinema", "field"),
        ("cities.atom?as_of=tomorrow", "as_of"),
        ("cities.atom?as_of=2999-01-01", "as_of"),
        ("cities.atom?country=%00", "country"),
        ("cities.atom?q=%21", "q"),
        ("initiatives.atom?sdg=18", "sdg"),
        ("initiatives.atom?year=12", "year"),
        ("cities.atom?feild=film", "feild"),
        ("cities.atom?field=film&page=2", "page"),
        ("initiatives.atom?region=africa", "region"),
        ("meetings/feed/?edition=12", "edition"),
    ],
)
def test_a_bad_value_is_a_problem_and_no_feed(client, language, query, parameter):
    response = client.get(f"/{language}/{query}")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert [error["parameter"] for error in response.json()["errors"]] == [parameter]


def test_what_selects_nothing_is_a_feed_without_entries(client):
    found = read(client, "/en/cities.atom?as_of=2004-10-02&field=")
    assert found.entries == []
    # An instant of the data, whenever it is asked for.
    assert found.feed.updated == "2004-10-01T00:00:00+02:00"
    assert read(client, "/fr/initiatives.atom").entries == []


# Members


def test_the_newest_members_come_first_and_not_without_end(client):
    found = read(client, "/en/cities.atom")
    assert len(found.entries) == 100
    newest = Designation.objects.order_by("-starts_on").first()
    assert {entry.published[:10] for entry in found.entries[:55]} == {newest.starts_on.isoformat()}
    times = [entry.published_parsed for entry in found.entries]
    assert times == sorted(times, reverse=True)


def test_the_query_of_the_directory_selects(client):
    found = read(client, "/fr/cities.atom?sort=-since&country=fr&country=BE&field=literature")
    assert found.feed.link == "http://localhost:8000/fr/cities/?field=literature&country=fr&country=BE"
    assert found.feed.title.startswith("RVCU, les membres · Littérature")
    assert found.entries[0].title == "Changement de domaine créatif\u202f: Lyon, France"
    for word in ("Arts numériques", "Littérature", "31 octobre 2023", "juin 2008"):
        assert word in found.entries[0].summary
    assert "Lyon" in titles(client, "/en/cities.atom?field=media-arts&q=lyon")[0]
    assert len(titles(client, "/en/cities.atom?field=media-arts&q=lyon")) == 2
    assert titles(client, "/en/cities.atom?q=lyon&as_of=2023-10-30") == ["New member: Lyon, France"]
    assert titles(client, "/en/cities.atom?field=film&q=lyon") == []
    assert all(entry.published.startswith("2015-") for entry in read(client, "/en/cities.atom?year=2015").entries)


@pytest.mark.parametrize(
    ("language", "title"), [("en", "RVCU, the members · Africa"), ("fr", "RVCU, les membres · Afrique")]
)
def test_a_feed_of_a_region_is_called_by_it(client, language, title):
    found = read(client, f"/{language}/cities.atom?region=africa")
    assert found.feed.title == title
    assert found.entries


def test_an_act_is_news_at_its_instant(client, officer):
    begins = today() - 4000 * DAY
    admit(city=besancon(), field=field("film"), starts_on=begins, precision="day", **WHY, by=officer)
    (entry,) = read(client, "/en/cities.atom?q=besancon").entries
    assert entry.title == "New member: Besançon, France"
    assert entry.link == "http://localhost:8000/en/cities/besancon/"
    assert read(client, "/en/cities.atom").entries[0].id == entry.id
    assert datetime.datetime.fromisoformat(entry.updated).date() > begins

    correct_first_day(designation=current("besancon"), starts_on=begins + DAY, precision="day", **WHY, by=officer)
    (corrected,) = read(client, "/en/cities.atom?q=besancon").entries
    assert (corrected.id, corrected.published) == (entry.id, entry.published)
    assert corrected.updated_parsed >= entry.updated_parsed
    assert corrected.summary != entry.summary

    change_field(city=City.objects.get(slug="besancon"), field=field("music"), on=today(), **WHY, by=officer)
    assert titles(client, "/en/cities.atom?q=besancon")[0] == "Another creative field: Besançon, France"
    assert titles(client, "/en/cities.atom?q=besancon&field=film")[0] == "Another creative field: Besançon, France"


@pytest.mark.parametrize("is_public", [True, False])
def test_an_end_is_news_after_the_last_day_and_its_reason_where_it_is_public(client, officer, is_public):
    end = {"end_reason": "withdrawn", "is_public": is_public, "reason": "a letter", "by": officer}
    end_designation(designation=current("sapporo"), ends_on=today(), **end)
    assert titles(client, "/en/cities.atom?q=sapporo") == ["New member: Sapporo, Japan"]
    end_designation(designation=current("lyon"), ends_on=today() - DAY, **end)
    entry = read(client, "/fr/cities.atom").entries[0]
    assert entry.title == "N’est plus membre\u202f: Lyon, France"
    assert ("a quitté le réseau" in entry.summary) is is_public
    assert len(titles(client, "/en/cities.atom?q=lyon")) == 3


def test_who_comes_back_is_told_from_who_is_new(client, officer):
    end = {"end_reason": "removed", "is_public": True, "reason": "a letter", "by": officer}
    end_designation(designation=current("lyon"), ends_on=today() - 9 * DAY, **end)
    lyon = City.objects.get(slug="lyon")
    designate(city=lyon, field=field("film"), starts_on=today(), precision="day", **WHY, by=officer)
    assert titles(client, "/en/cities.atom?q=lyon")[:2] == [
        "A member again: Lyon, France",
        "No longer a member: Lyon, France",
    ]


def test_nothing_that_is_still_to_come_is_told(client):
    city = CityFactory(slug="besancon", name_en="Besançon", country_id="FR")
    days = {"starts_on": today() + DAY, "member_since": today() + DAY, "member_since_precision": "day"}
    Designation.objects.create(city=city, field=field("film"), source="embargoed", **days)
    assert titles(client, "/en/cities.atom?q=besancon") == []


def test_names_that_no_file_may_hold_and_markup_do_no_harm(client):
    City.objects.filter(slug="lyon").update(name_en="<b>Ly\x0bon</b> & \u202eevil\U0001f4da")
    entry = read(client, "/en/cities.atom?field=literature&country=FR").entries[0]
    assert entry.title_detail.value.replace("&lt;", "<").startswith("Another creative field: ")
    raw = client.get("/en/cities.atom?field=literature&country=FR").content.decode()
    assert "&lt;b&gt;Lyon&lt;/b&gt; &amp; evil\U0001f4da" in raw
    assert "\u202e" not in raw


# Initiatives


def test_initiatives_come_by_their_first_publication(client, coordinator):
    first, second = published(coordinator), published(coordinator, title="Words & <i>rivers</i>", text_fr="Lire.")
    partner(second, "ostersund")
    partner(second, "sapporo", "asked")
    found = read(client, "/en/initiatives.atom")
    assert [entry.link for entry in found.entries] == [
        f"http://localhost:8000/en/initiatives/{one.slug}/" for one in (second, first)
    ]
    raw = client.get("/en/initiatives.atom").content.decode()
    assert "<title>Words &amp; &lt;i&gt;rivers&lt;/i&gt;</title>" in raw
    assert "Led by Lyon, France. With: Östersund. Cities read together." in found.entries[0].summary
    french = read(client, "/fr/initiatives.atom").entries[0]
    assert "Lire." in french.summary
    assert french.id != found.entries[0].id

    # A later text keeps id and place, and is newer.
    later = InitiativeRevision.objects.get(pk=first.published_id)
    InitiativeRevision.objects.filter(pk=later.pk).update(decided_at=later.decided_at + DAY)
    changed = read(client, "/en/initiatives.atom").entries
    assert {entry.id for entry in changed} == {entry.id for entry in found.entries}


def test_drafts_and_demonstrations_are_no_news(client, coordinator):
    shown = published(coordinator)
    demonstration = published(coordinator, title="Invented")
    Initiative.objects.filter(pk=demonstration.pk).update(is_demonstration=True)
    draft = published(coordinator, title="Draft")
    Initiative.objects.filter(pk=draft.pk).update(published=None)
    assert titles(client, "/en/initiatives.atom") == [shown.published.title]


def test_the_query_of_the_list_selects(client, coordinator, other_coordinator):
    published(coordinator)
    published(other_coordinator, lead="ostersund", title="Foods", chosen=("sharing", "sdg-2"))
    assert titles(client, "/en/initiatives.atom?sdg=sdg-2&sort=title") == ["Foods"]
    found = read(client, "/en/initiatives.atom?city=lyon")
    assert [entry.title for entry in found.entries] == ["Books on the river"]
    assert found.feed.title == "RVCU, the initiatives · Lyon"
    assert found.feed.link == "http://localhost:8000/en/initiatives/?city=lyon"
    assert Partnership.objects.count() == 0
