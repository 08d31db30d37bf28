"""The sitemap: every public page in both languages, in one file or in several."""

import datetime
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from cities import caching
from cities.models import City, Designation, Edition, FormerSlug, Initiative
from cities.services.designation import correct_first_day
from rvcu import sitemaps
from tests.cities.test_initiatives import published
from tests.factories.hosting import make_meeting

pytestmark = pytest.mark.usefixtures("network")

S = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"


def entries(client: Client, address: str = "/sitemap.xml") -> dict[str, Any]:
    """The entries of a file by their path."""
    root = ET.fromstring(client.get(address).content)  # noqa: S314  our own
    assert root.tag == f"{S}urlset"
    return {entry.findtext(f"{S}loc").removeprefix(settings.SITE_ADDRESS): entry for entry in root}


def test_every_page_is_there_in_both_languages_and_answers(client):
    found = entries(client)
    assert len(found) == 2 * sum(path.startswith("/en/") for path in found)
    assert {"/en/data/", "/fr/data/api/", "/en/data/changes/", "/fr/cities/lyon/", "/en/meetings/12/"} <= found.keys()
    for path, entry in found.items():
        language, rest = path[1:3], path[4:]
        others = {link.get("hreflang"): link.get("href") for link in entry.findall(LINK)}
        host = settings.SITE_ADDRESS
        assert others == {
            "en": f"{host}/en/{rest}",
            "fr": f"{host}/fr/{rest}",
            "x-default": f"{host}/{rest}",
        }, language
    for kind in ("", "fields/film/", "countries/FR/", "data/", "data/api/", "data/changes/", "initiatives/"):
        assert client.get(f"/fr/{kind}").status_code == 200


def test_who_is_no_member_and_what_is_invented_is_not_there(client, coordinator):
    shown, invented = published(coordinator), published(coordinator, title="Invented")
    Designation.objects.filter(city__slug="lyon", ends_on=None).update(ends_on="2024-05-31", end_reason="withdrawn")
    FormerSlug.objects.create(slug="sasayama", city=City.objects.get(slug="tamba-sasayama"))
    Initiative.objects.filter(pk=invented.pk).update(is_demonstration=True)
    meeting = make_meeting(40)
    type(meeting).objects.filter(pk=meeting.pk).update(is_demonstration=True)
    found = entries(client)
    assert f"/en/initiatives/{shown.slug}/" in found
    for path in ("cities/lyon/", "cities/sasayama/", f"initiatives/{invented.slug}/", "meetings/40/"):
        assert f"/en/{path}" not in found
    assert not [path for path in found if path.startswith(("/embed/", "/api/", "/en/my/", "/admin/"))]


def test_when_a_page_changed_is_said_only_where_it_is_known(client, officer, coordinator):
    assert [entry for entry in entries(client).values() if entry.find(f"{S}lastmod") is not None] == []
    today = timezone.now().date().isoformat()
    designation = Designation.objects.get(city__slug="sapporo")
    day = designation.starts_on + datetime.timedelta(days=1)
    correct_first_day(
        designation=designation, starts_on=day, precision="day", source="a letter", reason="as decided", by=officer
    )
    city = City.objects.get(slug="beirut")
    city.population = 7
    city.save()
    initiative = published(coordinator)
    changed = {path for path, entry in entries(client).items() if entry.findtext(f"{S}lastmod") == today}
    assert changed == {
        f"/{language}/{path}/"
        for language in ("en", "fr")
        for path in ("cities/sapporo", "cities/beirut", f"initiatives/{initiative.slug}")
    }


def test_beyond_the_length_of_a_file_there_is_an_index(client, monkeypatch):
    whole = set(entries(client))
    City.objects.filter(slug="lyon").update(population=1)  # another edition, or the file kept in memory would come
    monkeypatch.setattr(sitemaps, "ENTRIES", 500)
    monkeypatch.setattr(sitemaps.Bilingual, "limit", 500)
    root = ET.fromstring(client.get("/sitemap.xml").content)  # noqa: S314  our own
    assert root.tag == f"{S}sitemapindex"
    files = [entry.findtext(f"{S}loc").removeprefix(settings.SITE_ADDRESS) for entry in root]
    assert len(files) == len(sitemaps.SITEMAPS) + 1
    parts = [entries(client, file) for file in files]
    assert all(len(part) <= 500 for part in parts)
    assert set().union(*parts) == whole
    for address in ("/sitemap-nothing.xml", "/sitemap-cities.xml?p=3", "/sitemap-cities.xml?p=x", "/sitemap.xml?p=2"):
        assert client.get(address).status_code == (200 if address == "/sitemap.xml?p=2" else 404)


def test_it_is_made_once_and_says_when_it_changed(client, monkeypatch, django_assert_num_queries):
    long_ago = timezone.now() - 2 * caching.SETTLED
    monkeypatch.setattr(caching, "RELEASED_AT", long_ago)
    Edition.objects.update(changed_at=long_ago)
    with django_assert_num_queries(12):
        first = client.get("/sitemap.xml")
    assert first.headers["Content-Type"] == "application/xml"
    with django_assert_num_queries(1):
        assert client.get("/sitemap.xml").content == first.content
    with django_assert_num_queries(1):
        known = client.get("/sitemap.xml", headers={"If-None-Match": first.headers["ETag"]})
    assert known.status_code == 304
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert client.get("/sitemap.xml", headers=since).status_code == 304


def test_robots_find_it(client):
    assert f"Sitemap: {settings.SITE_ADDRESS}/sitemap.xml\n" in client.get("/robots.txt").content.decode()


def test_all_addresses_are_those_of_the_site_by_whatever_host_it_is_asked(client, settings, monkeypatch):
    settings.SITE_ADDRESS = "https://www.example.org"
    whole, robots = (
        client.get(f"/{name}", headers={"host": "127.0.0.1"}).text for name in ("sitemap.xml", "robots.txt")
    )
    monkeypatch.setattr(sitemaps, "ENTRIES", 500)
    monkeypatch.setattr(sitemaps.Bilingual, "limit", 500)
    City.objects.filter(slug="lyon").update(population=1)
    index, part = (
        client.get(f"/{name}", headers={"host": "127.0.0.1"}).text for name in ("sitemap.xml", "sitemap-cities.xml?p=2")
    )
    assert "<sitemapindex" in index
    for content in (whole, robots, index, part):
        addresses = re.findall(r'(?:<loc>|href="|Sitemap: )([a-z]+://[^/]+)', content)
        assert set(addresses) == {"https://www.example.org"}
