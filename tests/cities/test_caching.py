import datetime

import pytest
from django.db import connection

from cities import caching
from cities.models import City, Edition

pytestmark = pytest.mark.usefixtures("network")

ADDRESS = "/en/cities/?q=lyon"


def test_a_page_seen_before_costs_one_query(client, django_assert_num_queries):
    first = client.get(ADDRESS)
    with django_assert_num_queries(1):
        again = client.get(ADDRESS)
    assert again.content == first.content
    assert again.headers["ETag"] == first.headers["ETag"]


def test_an_unchanged_page_is_not_sent_again(client, django_assert_num_queries):
    etag = client.get(ADDRESS).headers["ETag"]
    with django_assert_num_queries(1):
        response = client.get(ADDRESS, headers={"If-None-Match": etag})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == etag


@pytest.mark.parametrize(
    "change",
    [
        lambda: City.objects.get(slug="lyon").save(),
        lambda: City.objects.filter(slug="lyon").update(name_en="Lugdunum"),
        lambda: connection.cursor().execute("UPDATE cities_city SET name_en = 'Lugdunum' WHERE slug = 'lyon'"),
    ],
)
def test_a_change_by_any_road_makes_the_page_anew(client, change):
    before = client.get(ADDRESS).headers["ETag"]
    number = Edition.current()
    change()
    assert Edition.current() > number
    after = client.get(ADDRESS, headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["ETag"] != before


def test_a_new_name_shows_at_once(client):
    client.get(ADDRESS)
    City.objects.filter(slug="lyon").update(name_en="Lugdunum")
    assert "Lugdunum" in client.get(ADDRESS).content.decode()


def test_a_new_day_makes_the_page_anew(client, monkeypatch):
    before = client.get(ADDRESS).headers["ETag"]
    monkeypatch.setattr(caching, "today", lambda: datetime.date(2030, 1, 1))
    assert client.get(ADDRESS).headers["ETag"] != before


def test_languages_and_hosts_do_not_share_pages(client):
    pages = {
        client.get("/en/cities/?q=lyon").headers["ETag"],
        client.get("/fr/cities/?q=lyon").headers["ETag"],
        client.get("/en/cities/?q=lyon", headers={"host": "localhost"}).headers["ETag"],
    }
    assert len(pages) == 3


def test_what_a_visitor_is_shown_never_comes_from_someone_signed_in(client, officer, signed_in):
    staff = signed_in(officer).get(ADDRESS)
    visitor = client.get(ADDRESS)
    assert "ETag" not in staff.headers
    assert staff.headers["Cache-Control"] == "private, no-cache"
    assert visitor.headers["Cache-Control"] == "public, no-cache"
    assert "Cookie" in visitor.headers["Vary"]
    assert "/admin/" not in visitor.content.decode()
    assert "/admin/" in staff.content.decode()
    assert "/admin/" in signed_in(officer).get(ADDRESS).content.decode()


def test_errors_are_not_kept(client):
    assert client.get("/en/cities/?page=999").status_code == 404
    assert "ETag" not in client.get("/en/cities/?page=999").headers


@pytest.mark.parametrize("name", ["PUBLISHER", "CONTACT_EMAIL", "SITE_ADDRESS", "API_RATE"])
def test_a_setting_that_pages_show_makes_another_release(settings, tmp_path, name):
    (tmp_path / "requirements.txt").touch()
    settings.BASE_DIR = tmp_path
    before = caching._release()
    setattr(settings, name, "another")
    assert caching._release() != before
