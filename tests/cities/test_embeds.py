"""What other sites frame: the card of a city and the map."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from cities.filters import Directory
from cities.models import City, Designation, FormerSlug
from rvcu.context_processors import site

pytestmark = pytest.mark.usefixtures("network")

LYON, MAP = "/embed/en/cities/lyon/", "/embed/en/map/"


def words(client: Client, address: str) -> str:
    """The text of an embedded page, without its tags."""
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def policy(client: Client, address: str) -> dict[str, str]:
    header = client.get(address).headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in header.split(";"))


# Who may frame what


@pytest.mark.parametrize("address", [LYON, MAP, f"{MAP}?field=nothing", f"{MAP}?as_of=2016-04-28"])
def test_an_embed_may_be_framed_and_may_do_nothing_else(client, address):
    response = client.get(address)
    assert "X-Frame-Options" not in response.headers
    own, pages = policy(client, address), policy(client, "/en/")
    assert own.pop("frame-ancestors") == "*"
    assert own.pop("default-src") == "'none'"
    assert own == {"style-src": "'self'", "img-src": "'self'", "base-uri": "'none'", "form-action": "'none'"}
    assert pages["frame-ancestors"] == "'none'"
    body = response.content.decode()
    assert "<script" not in body
    assert "style=" not in body


@pytest.mark.parametrize(
    "address",
    [
        *("/en/", "/fr/cities/", "/en/cities/lyon/", "/en/cities/map/", "/en/account/login/", "/admin/login/"),
        *("/embed/de/map/", "/embed/en/cities/nowhere/", "/embed/", "/en/cities.csv", "/en/cities.atom"),
    ],
)
def test_nothing_else_may_be_framed(client, address):
    response = client.get(address)
    assert response.headers["X-Frame-Options"] == "DENY"
    assert policy(client, address)["frame-ancestors"] == "'none'"


# The same for everybody


@pytest.mark.parametrize(("address", "queries"), [(LYON, 3), ("/embed/en/cities/granada-es/", 3), (MAP, 6)])
def test_it_is_made_once_and_is_the_same_for_everybody(
    client, officer, signed_in, django_assert_num_queries, address, queries
):
    with django_assert_num_queries(queries):
        first = client.get(address)
    assert not first.cookies
    assert "Cookie" not in first.headers.get("Vary", "")
    assert "Accept-Language" not in first.headers.get("Vary", "")
    assert first.headers["Cache-Control"] == "public, no-cache"
    somebody = signed_in(officer)
    somebody.cookies["django_language"] = "fr"
    with django_assert_num_queries(1):
        again = somebody.get(address, headers={"accept-language": "fr"})
    assert again.content == first.content
    assert not again.cookies
    assert "X-Frame-Options" not in again.headers
    with django_assert_num_queries(1):
        known = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert known.status_code == 304
    assert "X-Frame-Options" not in known.headers
    assert "frame-ancestors *" in known.headers["Content-Security-Policy"]


def test_the_address_says_the_language(client):
    for language, since in (("en", "Member since June 2008"), ("fr", "Membre depuis juin 2008")):
        response = client.get(f"/embed/{language}/cities/lyon/", headers={"accept-language": "de"})
        assert response.headers["Content-Language"] == language
        assert f'<html lang="{language}">' in response.content.decode()
        assert since in words(client, f"/embed/{language}/cities/lyon/")
        assert f'href="/{language}/cities/lyon/" target="_top"' in response.content.decode()
    for language in ("de", "EN", "fr-ca", "xx"):
        assert client.get(f"/embed/{language}/map/").status_code == 404
        assert client.get(f"/embed/{language}/cities/lyon/").status_code == 404


def test_it_is_for_no_search_engine_which_finds_the_whole_page(client):
    for address, page in ((LYON, "cities/lyon/"), (f"{MAP}?utm=1&sort=name&field=film", "cities/map/?field=film")):
        body = client.get(address).content.decode()
        assert '<meta name="robots" content="noindex">' in body
        assert f'<link rel="canonical" href="http://localhost:8000/en/{page}">' in body


def test_it_is_small(client):
    assert len(client.get(LYON).content) < 1_500
    packed = client.get(MAP, headers={"accept-encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.content) < 20_000


# The card


def test_a_card_names_the_city_its_country_its_field_and_since_when(client):
    said = words(client, "/embed/en/cities/beirut/")
    assert "Beirut بيروت Lebanon Literature Member since 30 October 2019" in said
    assert "independent directory of the UNESCO Creative Cities Network" in said
    assert "CC BY 4.0" in said


def test_a_former_member_says_so(client):
    Designation.objects.filter(city__slug="lyon", ends_on=None).update(ends_on="2024-05-31", end_reason="withdrawn")
    said = words(client, LYON)
    assert "Lyon France Literature former member, until 31 May 2024" in said
    assert "Member since" not in said
    assert "left the network" not in said


def test_a_former_address_leads_to_todays(client):
    FormerSlug.objects.create(slug="sasayama", city=City.objects.get(slug="tamba-sasayama"))
    response = client.get("/embed/fr/cities/sasayama/")
    assert (response.status_code, response.url) == (301, "/embed/fr/cities/tamba-sasayama/")
    assert "X-Frame-Options" not in response.headers


def test_hostile_names_do_no_harm(client):
    City.objects.filter(slug="lyon").update(name_en='"><script>alert(1)</script>', local_name="\u202e<b>")
    body = client.get(LYON).content.decode()
    assert "<script" not in body
    assert "<b>" not in body


# The map


@pytest.mark.parametrize(
    ("query", "sentence", "cities"),
    [
        ("", "405 cities in 108 countries today", 405),
        ("?as_of=2016-04-28", "116 cities in 54 countries, as of 28 April 2016", 116),
        ("?as_of=2016-04-28&field=film&q=&page=7", "8 cities in 8 countries, as of 28 April 2016 Film", 8),
        ("?q=lyon&field=media-arts&as_of=2023-10-30", "1 city in 1 country, as of 30 October 2023", 1),
        ("?q=nowhere", "No city matches everything you chose.", 0),
        ("?as_of=2003-01-01", "No city was a member of the network on 1 January 2003.", 0),
        ("?field=cinema", "Creative field “cinema” is not among the choices here.", 0),
        ("?as_of=2999-01-01", "No cities are shown", 0),
        ("?country=%00&year=0", "No cities are shown", 0),
    ],
)
def test_the_map_shows_what_the_query_selects(client, query, sentence, cities):
    assert sentence in words(client, MAP + query)
    body = client.get(MAP + query).content.decode()
    assert body.count('class="map-point') == body.count('target="_top" data-field') == cities


def test_every_link_of_the_map_leaves_the_frame(client):
    for address in (MAP, LYON):
        links = re.findall(r"<a [^>]+>", client.get(address).content.decode())
        assert [link for link in links if 'target="_top"' not in link and 'href="#' not in link] == []


# The code to copy


def test_the_code_to_copy(rf: RequestFactory):
    city = City.objects.get(slug="lyon")
    code = render_to_string("includes/_embed.html", {**site(rf.get("/")), "city": city})
    assert "&lt;iframe src=&quot;http://localhost:8000/embed/en/cities/lyon/&quot; title=&quot;Lyon&quot;" in code
    City.objects.filter(pk=city.pk).update(name_en='" onload="alert(1)')
    city.refresh_from_db()
    code = render_to_string("includes/_embed.html", {**site(rf.get("/")), "city": city})
    assert "title=&quot;&amp;quot; onload=&amp;quot;alert(1)&quot;" in code
    directory = Directory(rf.get("/?field=film&as_of=2016-04-28&page=2").GET)
    code = render_to_string("includes/_embed.html", {**site(rf.get("/")), "directory": directory})
    assert "/embed/en/map/?field=film&amp;amp;as_of=2016-04-28&quot;" in code
