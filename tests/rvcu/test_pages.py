import pytest

from cities.models import City, Designation, FormerSlug
from tests.factories.hosting import (
    make_ballot,
    make_host_call,
    make_meeting,
    make_registration,
    make_session,
    open_for_registration,
)

pytestmark = pytest.mark.usefixtures("network")

PAGES = {
    # address without its language: queries
    "": 9,
    "cities/": 8,
    "cities/table/": 8,
    "cities/map/": 8,
    "cities/lyon/": 12,
    "cities/granada-es/": 10,
    "cities/lyon/report/": 1,
    "fields/": 4,
    "fields/film/": 5,
    "countries/": 4,
    "countries/FR/": 6,
    "countries/MC/": 5,
    "cooperation/": 5,
    "network/": 9,
    "network/statistics/": 7,
    "data/": 36,
    "meetings/": 4,
    "meetings/12/": 12,
    "meetings/1/": 10,
    "legal/": 1,
    "privacy/": 1,
    "accessibility/": 1,
    "contact/": 1,
}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("address", PAGES)
def test_each_page_in_both_languages(client, address, language, django_assert_num_queries):
    with django_assert_num_queries(PAGES[address]):
        response = client.get(f"/{language}/{address}")
    assert response.status_code == 200
    body = response.content.decode()
    assert f'<html lang="{language}"' in body
    assert response.headers["Content-Language"] == language
    other = "fr" if language == "en" else "en"
    assert f'href="/{other}/{address}"' in body
    assert "style=" not in body
    assert "onclick" not in body


@pytest.mark.parametrize("address", ["", "cities/", "cities/table/", "cities/map/", "cities/lyon/"])
def test_meetings_under_way_cost_a_page_that_shows_none_of_them_nothing(client, address, django_assert_num_queries):
    make_ballot(make_host_call("ballot", meeting=make_meeting(40)))
    make_host_call("open", meeting=make_meeting(41))
    meeting = open_for_registration(make_meeting(42, hosts=["fabriano"]))
    make_session(meeting)
    for number in range(3):
        make_registration(meeting, f"delegate.{number}@example.org")
    with django_assert_num_queries(PAGES[address]):
        assert client.get(f"/en/{address}").status_code == 200


def test_the_root_leads_to_the_readers_language(client):
    assert client.get("/", headers={"accept-language": "fr-CA"}).url == "/fr/"
    assert client.get("/", headers={"accept-language": "de"}).url == "/en/"


@pytest.mark.parametrize(
    "address", ["", "fields/", "fields/film/", "countries/", "countries/FR/", "network/statistics/"]
)
@pytest.mark.parametrize("day", ["2016-13-45", "tomorrow", "2999-01-01", "%00"])
def test_a_bad_day_gets_a_message_and_no_figures(client, address, day):
    response = client.get(f"/en/{address}?as_of={day}")
    assert response.status_code == 200
    assert response.context["figures"] is None if "figures" in response.context else True
    assert "invalid-feedback" in response.content.decode()


@pytest.mark.parametrize("address", ["", "cities/", "network/statistics/"])
@pytest.mark.parametrize(
    ("day", "figures"),
    [("2016-04-28", ("116", "54", "7")), ("2017-12-31", ("180", "72", "7")), ("2023-12-31", ("350", "105", "7"))],
)
def test_figures_of_a_day_are_the_same_on_every_page(client, address, day, figures):
    context = client.get(f"/en/{address}?as_of={day}").context
    if address == "cities/":
        tally = context["directory"].tally
        found = (tally.cities, len(tally.countries), len(tally.fields))
    else:
        found = (context["figures"].cities, context["figures"].countries, context["figures"].fields)
    assert found == tuple(map(int, figures))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("en/cities/?as_of=2016-04-28", "116 cities in 54 countries, as of 28 April 2016"),
        ("fr/cities/?as_of=2016-04-28", "116 villes dans 54 pays, au 28 avril 2016"),
        ("en/cities/?as_of=2016-04-28&field=film", "8 cities in 8 countries, as of 28 April 2016"),
        ("en/cities/", "405 cities in 108 countries today"),
    ],
)
def test_the_directory_says_what_it_shows(client, address, sentence):
    assert sentence in " ".join(client.get(f"/{address}").content.decode().split())


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("address", ["", "cities/", "network/statistics/"])
def test_current_figures_say_what_is_missing(client, address, language):
    body = client.get(f"/{language}/{address}").content.decode()
    assert "405" in body
    assert "408" in body
    assert "108" in body


def test_a_former_address_leads_to_todays_for_ever(client):
    FormerSlug.objects.create(slug="sasayama", city=City.objects.get(slug="tamba-sasayama"))
    response = client.get("/fr/cities/sasayama/")
    assert (response.status_code, response.url) == (301, "/fr/cities/tamba-sasayama/")
    assert client.get("/fr/cities/sasayama/report/").context["city"].slug == "tamba-sasayama"


def test_a_former_member_says_so_and_is_in_the_past_only(client):
    Designation.objects.filter(city__slug="lyon", ends_on=None).update(ends_on="2024-05-31", end_reason="withdrawn")
    page = client.get("/en/cities/lyon/")
    assert page.status_code == 200
    assert "31 May 2024" in page.content.decode()
    assert "left the network" not in page.content.decode()
    assert client.get("/en/cities/?q=lyon").context["directory"].count == 0
    assert client.get("/en/cities/?q=lyon&as_of=2024-05-31").context["directory"].count == 1
    assert "/en/cities/lyon/" not in client.get("/sitemap.xml").content.decode()
    Designation.objects.filter(city__slug="lyon", end_reason="withdrawn").update(end_reason_is_public=True)
    assert "left the network" in client.get("/en/cities/lyon/").content.decode()


def test_lyon_shows_both_its_fields(client):
    body = client.get("/en/cities/lyon/").content.decode()
    assert "Media Arts" in body
    assert "Literature" in body
    assert "June 2008" in body
    assert "30 October 2023" in body


def test_names_alike_have_their_own_pages(client):
    spain, nicaragua = (City.objects.get(name_en="Granada", country=code) for code in ("ES", "NI"))
    assert spain.get_absolute_url() != nicaragua.get_absolute_url()
    assert client.get(spain.get_absolute_url()).context["city"] == spain


def test_a_country_code_in_small_letters_is_redirected(client):
    assert client.get("/en/countries/fr/?as_of=2016-04-28").url == "/en/countries/FR/?as_of=2016-04-28"
    assert client.get("/en/countries/%00/").status_code == 404
    assert client.get("/en/countries/xx/").status_code in {301, 404}
    assert client.get("/en/countries/XX/").status_code == 404


def test_the_sitemap_names_every_member_in_both_languages(client):
    body = client.get("/sitemap.xml").content.decode()
    assert body.count("/en/cities/") == body.count("/fr/cities/")
    for city in City.objects.members():
        assert f"/en/cities/{city.slug}/</loc>" in body


def test_health(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("file", ["fields.css", "fields.svg"])
def test_the_looks_of_the_fields_come_from_the_table(client, file):
    first = client.get(f"/{file}")
    for slug in ("crafts-folk-art", "architecture"):
        assert slug in first.content.decode()
    assert client.get(f"/{file}", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_headers_of_every_answer(client):
    headers = client.get("/en/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("address", ["", "cities/", "fields/", "fields/film/", "countries/", "network/statistics/"])
@pytest.mark.parametrize("day", ["2003-01-01", "2004-10-14", "2009-01-01", "2013-12-31"])
def test_days_before_the_first_official_total(client, address, day):
    assert client.get(f"/fr/{address}?as_of={day}").status_code == 200
