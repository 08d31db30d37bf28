"""The API: what a program is answered, and what it is told when it asked for what there is not."""

import datetime
import json
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date

from cities import caching
from cities.days import today
from cities.models import City, CreativeField, Designation, Edition, OfficialTotal
from cities.services import limits
from cities.services.city import readdress
from rvcu.api import views
from rvcu.api.resources import RESOURCES
from tests.cities.test_initiatives import published

pytestmark = pytest.mark.usefixtures("network")

V1 = "/api/v1/"
CITIES = f"{V1}cities/"
DAY_2016 = "2016-04-28"
PROBLEM = "application/problem+json"
LISTS = tuple(RESOURCES)
OF_A_DAY = [name for name, resource in RESOURCES.items() if resource.day_parameters]
FRENCH = {"Accept-Language": "fr"}

# Queries of an answer: for the edition, the throttle, the day of the last change, and then the rows' own.
EDITION, THROTTLE, LAST_CHANGE = 1, 6, 1


def problem_of(response, status: int) -> dict:
    """The problem that an answer tells."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == PROBLEM
    problem = json.loads(response.content)
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"]
    return problem


def errors_of(response) -> dict[str, list[str]]:
    """The sentences about each parameter that could not be read."""
    return {error["parameter"]: error["messages"] for error in problem_of(response, 400)["errors"]}


def all_rows(client: Client, address: str, **query: object) -> list[dict]:
    """The rows of all pages, by the links from one to the next."""
    given = {name: value for name, value in query.items() if value}
    rows, address = [], f"{address}?{urlencode({'page_size': 500, **given})}"
    while address:
        page = client.get(address.removeprefix(configured.SITE_ADDRESS)).json()
        rows += page["results"]
        address = page["next"]
    assert page["count"] == len(rows)
    return rows


# What is answered


def test_the_root_lists_what_there_is(client):
    found = client.get(V1).json()
    assert list(found["resources"]) == [*LISTS, "statistics"]
    assert found["licence"] == "CC BY 4.0"
    for address in found["resources"].values():
        assert client.get(address.removeprefix(configured.SITE_ADDRESS)).status_code == 200


@pytest.mark.parametrize(("language", "day"), [("en", "28 April 2016"), ("fr", "28 avril 2016")])
def test_a_list_says_what_it_is_and_comes_in_pages(client, language, day):
    address = f"{CITIES}?as_of={DAY_2016}"
    response = client.get(address, headers={"Accept-Language": language})
    found = response.json()
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Language"] == found["language"] == language
    assert (found["count"], len(found["results"])) == (116, 50)
    assert (found["as_of"], found["query"], found["licence"]) == (DAY_2016, f"as_of={DAY_2016}", "CC BY 4.0")
    assert found["last_change"] == "2015-12-11"
    assert found["previous"] is None
    assert found["next"] == f"{configured.SITE_ADDRESS}{address}&page=2"
    assert found["source"] == f"{configured.SITE_ADDRESS}{address}"
    second = client.get(found["next"].removeprefix(configured.SITE_ADDRESS)).json()
    assert second["previous"] == f"{configured.SITE_ADDRESS}{address}&page=1"
    assert len(all_rows(client, CITIES, as_of=DAY_2016)) == 116


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("name", "day"), [*((name, "") for name in LISTS), *((name, DAY_2016) for name in OF_A_DAY)])
def test_rows_are_those_of_the_file(client, language, name, day, officer):
    published(officer)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    file = client.get(f"/{language}/{name}.json" + (f"?as_of={day}" if day else ""))
    content = json.loads(b"".join(file.streaming_content))
    assert all_rows(client, f"{V1}{name}/", as_of=day) == content[name]
    page = client.get(f"{V1}{name}/?page_size=9" + (f"&as_of={day}" if day else "")).json()
    about = set(content) - {name, "source"}
    assert {key: page[key] for key in about} == {key: content[key] for key in about}


def test_the_order_is_that_of_the_language(client):
    english = [row["slug"] for row in all_rows(client, CITIES)]
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "fr"
    french = [row["slug"] for row in all_rows(client, CITIES)]
    assert english != french
    assert sorted(english) == sorted(french)


def test_columns_can_be_chosen(client):
    rows = client.get(f"{CITIES}?fields=name_fr,slug&fields=field&page_size=3").json()["results"]
    assert [list(row) for row in rows] == [["slug", "name_fr", "field"]] * 3
    assert client.get(f"{CITIES}lyon/?fields=field&as_of=2023-10-30").json()["result"] == {"field": "media-arts"}
    assert client.get(f"{CITIES}lyon/?fields=field&as_of=2023-10-31").json()["result"] == {"field": "literature"}
    assert list(client.get(f"{CITIES}lyon/?fields=").json()["result"]) == RESOURCES["cities"].dataset.names


def test_every_row_with_a_key_has_an_address(client):
    for resource in RESOURCES.values():
        if resource.key:
            for row in client.get(f"{V1}{resource.name}/?page_size=3").json()["results"]:
                found = client.get(f"{V1}{resource.name}/{row[resource.key]}/").json()
                assert found["result"] == row
                assert found["title"] == str(resource.dataset.title)


def test_a_former_address_leads_to_today_s(client, officer):
    readdress(city=City.objects.get(slug="lyon"), slug="lugdunum", reason="An older name.", by=officer)
    response = client.get(f"{CITIES}lyon/?fields=slug")
    assert (response.status_code, response.headers["Location"]) == (301, f"{CITIES}lugdunum/?fields=slug")
    assert client.get(response.headers["Location"]).json()["result"] == {"slug": "lugdunum"}


def test_a_country_is_found_whatever_the_letters(client):
    response = client.get(f"{V1}countries/fr/?as_of={DAY_2016}")
    assert (response.status_code, response.headers["Location"]) == (301, f"{V1}countries/FR/?as_of={DAY_2016}")


def test_statistics_are_those_of_the_page(client):
    found = client.get(f"{V1}statistics/?as_of={DAY_2016}").json()
    assert (found["cities"], found["countries"], found["fields"]) == (116, 54, 7)
    assert sum(one["cities"] for one in found["by_field"]) == 116
    assert sum(one["cities"] for one in found["by_region"]) == 116
    assert sum(one["cities"] for one in found["by_country"]) == 116
    assert found["growth"][-1] == {"year": 2016, "members": 116, "joined": 0}
    assert found["as_of"] == DAY_2016
    now = client.get(f"{V1}statistics/").json()
    assert (now["cities"], now["official"]["cities"]) == (405, 408)
    assert client.get(f"{V1}statistics/?as_of=2004-10-01").json()["cities"] == 0


def test_before_the_first_member_there_is_an_empty_list(client):
    found = client.get(f"{CITIES}?as_of=1990-01-01").json()
    assert (found["count"], found["results"], found["next"], found["previous"]) == (0, [], None, None)
    assert found["last_change"] is None


def test_head_says_what_get_would(client):
    for address in (CITIES, f"{CITIES}lyon/", f"{V1}statistics/", V1, f"{CITIES}nowhere/"):
        got, asked = client.get(address), client.head(address)
        assert asked.content == b""
        assert (asked.status_code, asked.headers) == (got.status_code, got.headers)


def test_options_says_which_methods_there_are(client):
    for address in (V1, CITIES, f"{CITIES}lyon/", f"{V1}statistics/"):
        response = client.options(address)
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


# What it costs


@pytest.mark.parametrize("size", [1, 116])
def test_a_list_costs_the_same_for_one_row_and_for_all(client, size, django_assert_num_queries):
    with django_assert_num_queries(EDITION + THROTTLE + LAST_CHANGE + 6):
        found = client.get(f"{CITIES}?page_size={size}&as_of={DAY_2016}").json()
    assert len(found["results"]) == size


def test_one_row_costs_no_more(client, django_assert_num_queries):
    with django_assert_num_queries(EDITION + THROTTLE + LAST_CHANGE + 5):
        client.get(f"{CITIES}lyon/?as_of={DAY_2016}")


def test_statistics_cost_no_more(client, django_assert_num_queries):
    with django_assert_num_queries(EDITION + THROTTLE + LAST_CHANGE + 4):
        client.get(f"{V1}statistics/")


# What need not be sent again


@pytest.fixture
def settled(network, monkeypatch):
    """As if nothing had changed for so long that an instant tells it."""
    long_ago = timezone.now() - 2 * caching.SETTLED
    monkeypatch.setattr(caching, "RELEASED_AT", long_ago)
    Edition.objects.update(changed_at=long_ago)


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "path", ["", "cities/", "cities/lyon/", "statistics/", "countries/FR/?fields=iso2", "meetings/"]
)
def test_what_holds_is_not_sent_again(client, path, django_assert_num_queries):
    first = client.get(f"{V1}{path}")
    for condition in ({"If-None-Match": first.headers["ETag"]}, {"If-None-Match": f"W/{first.headers['ETag']}"}):
        # What of the meetings goes by the hour is one more.
        with django_assert_num_queries(EDITION + (path == "meetings/")):
            again = client.get(f"{V1}{path}", headers=condition)
        unchanged(again, first)
    # Whoever names a date need not have got anything here: whether there is anything is asked first.
    unchanged(client.get(f"{V1}{path}", headers={"If-Modified-Since": first.headers["Last-Modified"]}), first)


def unchanged(again: Any, first: Any) -> None:
    """The second answer spares the first."""
    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Last-Modified", "Cache-Control", "Content-Language"):
        assert again.headers[name] == first.headers[name]
    assert set(again.headers["Vary"].split(", ")) >= {"Accept-Language"}


def test_a_change_a_new_day_and_a_language_are_sent(client, monkeypatch):
    etag = client.get(CITIES).headers["ETag"]
    assert client.get(CITIES, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(CITIES, headers={"If-None-Match": etag, **FRENCH}).status_code == 200
    City.objects.filter(slug="lyon").update(population=1)
    changed = client.get(CITIES, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    etag = changed.headers["ETag"]
    monkeypatch.setattr(caching, "today", lambda: today() + datetime.timedelta(days=1))
    assert client.get(CITIES, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    ("path", "status"), [("cities/nowhere/", 404), ("cities/?page=999", 404), ("cities/?as_of=x", 400)]
)
def test_what_is_an_error_is_never_unchanged(client, path, status):
    problem_of(client.get(f"{V1}{path}", headers={"If-Modified-Since": http_date(timezone.now().timestamp())}), status)
    problem_of(client.get(f"{V1}{path}", headers={"If-Match": '"other"'}), status)


def test_an_error_has_no_validators(client):
    for address in (f"{CITIES}?page=999", f"{CITIES}?as_of=x"):
        assert not {"ETag", "Last-Modified"} & set(client.get(address).headers)


def test_a_condition_that_does_not_hold_is_a_problem(client):
    problem_of(client.get(CITIES, headers={"If-Match": '"other"'}), 412)


# Whoever asks


def test_who_is_signed_in_changes_nothing(client, officer, signed_in, django_assert_num_queries):
    theirs = signed_in(officer)
    theirs.cookies["django_language"] = "fr"
    client.get(CITIES)
    for address in (V1, CITIES, f"{CITIES}lyon/", f"{V1}statistics/", f"{CITIES}nowhere/"):
        got, met = client.get(address), theirs.get(address)
        assert (met.status_code, met.content, met.headers) == (got.status_code, got.content, got.headers)
        assert not {"Cookie"} & set(met.headers["Vary"].split(", "))
        assert "private" not in met.headers.get("Cache-Control", "")
    with django_assert_num_queries(EDITION + THROTTLE):
        theirs.get(V1)


@pytest.mark.parametrize("address", [V1, CITIES, f"{CITIES}?as_of=x", f"{CITIES}nowhere/", "/api/nothing/"])
def test_no_answer_sets_a_cookie_and_each_is_guarded(client, address):
    response = client.get(address)
    assert not response.cookies
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("fr", "fr"),
        ("fr-CA,en;q=0.5", "fr"),
        ("de, fr;q=0.1", "fr"),
        ("de", "en"),
        ("fr;q=0", "en"),
        ("*", "en"),
        ("", "en"),
        ("\x7f;q=x", "en"),
    ],
)
def test_the_language_is_the_one_accepted(client, asked, language):
    response = client.get(f"{CITIES}?as_of=x", headers={"Accept-Language": asked})
    assert response.headers["Content-Language"] == language
    assert "Accept-Language" in response.headers["Vary"]
    [message] = errors_of(response)["as_of"]
    assert message.startswith("Give the day" if language == "en" else "Donnez le jour")


@pytest.mark.parametrize("accepted", ["text/html", "text/csv", "application/xml", "nonsense", "application/jsonx"])
def test_there_is_json_alone(client, accepted):
    for address in (V1, CITIES, f"{CITIES}lyon/"):
        problem_of(client.get(address, headers={"Accept": accepted}), 406)


@pytest.mark.parametrize(
    "accepted", ["application/json", "*/*", "text/html, */*;q=0.1", "application/json; charset=utf-8"]
)
def test_whoever_takes_json_gets_json(client, accepted):
    assert client.get(CITIES, headers={"Accept": accepted}).headers["Content-Type"] == "application/json"


# Scripts of other sites

ELSEWHERE = {"Origin": "https://elsewhere.example"}
ALLOW = "access-control-allow-origin"


@pytest.mark.parametrize(
    "address",
    [
        V1,
        CITIES,
        f"{CITIES}nowhere/",
        "/api/nothing/",
        "/en/cities.csv",
        "/fr/cities.json",
        "/en/meetings.ics",
        "/en/data/changes.csv",
    ],
)
def test_scripts_of_other_sites_may_read_data(client, address):
    response = client.get(address, headers=ELSEWHERE)
    assert response.headers[ALLOW] == "*"
    assert "access-control-allow-credentials" not in response.headers
    shown = set(response.headers["access-control-expose-headers"].split(", "))
    assert shown >= {"ETag", "Last-Modified", "Link", "Retry-After", "Content-Disposition"}
    asked = client.options(address, headers={**ELSEWHERE, "Access-Control-Request-Method": "GET"})
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert "access-control-allow-credentials" not in asked.headers
    assert "if-none-match" in asked.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    "address",
    [
        *("/", "/en/", "/en/cities/", "/admin/", "/admin/login/", "/en/my/", "/en/account/login/", "/healthz"),
        *("/en/cities.csv/", "/en/x/cities.csv", "/en/my/api/", "/apix/", "/i18n/setlang/", "/en/my/data/file/"),
    ],
)
def test_scripts_of_other_sites_may_read_nothing_else(client, address):
    for response in (
        client.get(address, headers=ELSEWHERE),
        client.options(address, headers={**ELSEWHERE, "Access-Control-Request-Method": "GET"}),
    ):
        assert not [name for name in response.headers if name.lower().startswith("access-control")]


# Problems


@pytest.mark.parametrize(
    "path", ["nothing/", "cities/nowhere/", "fields/dance/", "countries/XX/", "initiatives/none/", "v2/"]
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_there_is_not_is_a_problem(client, path, language):
    response = client.get(f"{V1}{path}", headers={"Accept-Language": language})
    assert problem_of(response, 404)["detail"]
    assert response.headers["Content-Language"] == language


@pytest.mark.parametrize("address", ["/api/", "/api/v2/cities/", "/api/v1/cities/lyon/x/", "/api/v1/cities/%FF/"])
def test_an_unknown_address_is_a_problem_whatever_the_method(client, address):
    for method in ("get", "head", "post", "put", "delete", "patch", "options"):
        response = getattr(client, method)(address)
        assert response.status_code == 404
        assert response.headers["Content-Type"] == PROBLEM


def test_other_addresses_keep_their_pages(client):
    for address in ("/en/nothing/", "/apix/"):
        response = client.get(address)
        assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_nothing_can_be_written(method):
    client = Client(enforce_csrf_checks=True)
    for address in (V1, CITIES, f"{CITIES}lyon/", f"{V1}statistics/"):
        response = getattr(client, method)(address)
        assert problem_of(response, 405)["detail"]
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("page=abc", "page"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=1.5", "page"),
        ("page=١", "page"),
        ("page=" + "9" * 5000, "page"),
        ("page=1&page=2", "page"),
        ("page_size=0", "page_size"),
        ("page_size=501", "page_size"),
        ("page_size=x", "page_size"),
        ("fields=slug,nothing", "fields"),
        ("fields=\x00", "fields"),
        ("as_of=2999-01-01", "as_of"),
        ("as_of=28/04/2016", "as_of"),
        ("field=dance", "field"),
        ("field=film&field=dance", "field"),
        ("country=FR&country=\x00", "country"),
        ("region=nowhere", "region"),
        ("year=1066", "year"),
        ("sort=random", "sort"),
        ("q=a\x00b", "q"),
        ("q=...", "q"),
        ("q=" + "a" * 3000, "q"),
        ("format=csv", "format"),
        ("callback=x", "callback"),
        ("Q=lyon", "Q"),
        ("nothing", "nothing"),
        ("nothing=", "nothing"),
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_bad_value_is_named(client, query, wrong, language):
    pairs = [tuple(part.partition("=")[::2]) for part in query.split("&")]
    response = client.get(f"{CITIES}?{urlencode(pairs)}", headers={"Accept-Language": language})
    assert list(errors_of(response)) == [wrong]


def test_an_unknown_column_is_named(client):
    [message] = errors_of(client.get(f"{CITIES}?fields=slug,population_density"))["fields"]
    assert "population_density" in message
    assert "population_year" in message


@pytest.mark.parametrize("path", ["", "statistics/", "cities/lyon/", "fields/", "countries/"])
def test_a_parameter_of_elsewhere_is_unknown(client, path):
    assert list(errors_of(client.get(f"{V1}{path}?q=lyon"))) == ["q"]


@pytest.mark.parametrize("page", [4, 999, 10**15])
def test_beyond_the_last_page_there_is_nothing(client, page):
    address = f"{CITIES}?as_of={DAY_2016}&page="
    assert client.get(f"{address}3").status_code == 200
    problem_of(client.get(f"{address}{page}"), 404)


@pytest.mark.parametrize(
    "raw", ["q=%FF%FE", "q=%ED%A0%80", "%FF=1", "q=%", "&&&", "=", "q=lyon&q=", "field=%C3%28", "a" * 9000]
)
def test_a_damaged_query_is_no_error_of_the_server(client, raw):
    response = client.get(CITIES, QUERY_STRING=raw)
    assert response.status_code in {200, 400}
    assert response.headers["Content-Type"] in {"application/json", PROBLEM}


def test_too_many_parameters_are_a_problem(client):
    problem_of(client.get(CITIES, QUERY_STRING="&".join(["field=film"] * 1001)), 400)


def test_a_foreign_host_is_a_problem(client):
    problem_of(client.get(CITIES, headers={"Host": "elsewhere.example"}), 400)


def test_text_comes_back_as_it_is(client):
    City.objects.filter(slug="lyon").update(local_name='=1+1 "<b>‮🎬\n')
    row = client.get(f"{CITIES}lyon/?fields=local_name").json()["result"]
    assert row == {"local_name": '=1+1 "<b>‮🎬\n'}


@pytest.mark.parametrize(("language", "title"), [("en", "Something went wrong"), ("fr", "Une erreur s’est produite")])
def test_a_fault_of_ours_is_a_problem_that_tells_nothing(client, monkeypatch, language, title):
    def fails(*_args, **_kwargs):
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr(views, "statistics", fails)
    client.raise_request_exception = False
    response = client.get(f"{V1}statistics/", headers={"Accept-Language": language})
    assert problem_of(response, 500)["title"] == title
    assert "secret" not in response.text


# How often


@pytest.fixture
def rate_of_three(network, settings, monkeypatch):
    """Three answers a minute, in a minute that does not end."""
    settings.API_RATE = "3/min"
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 600_010.5))
    cache.clear()


@pytest.mark.usefixtures("rate_of_three")
@pytest.mark.parametrize("language", ["en", "fr"])
def test_whoever_asks_too_often_is_told_when_to_come_back(client, language):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    etag = client.get(CITIES).headers["ETag"]
    assert [client.get(address).status_code for address in (f"{CITIES}?x=1", V1, CITIES)] == [400, 200, 429]
    response = client.get(CITIES)
    assert problem_of(response, 429)["detail"]
    assert response.headers["Retry-After"] == "50"
    assert response.headers["Content-Language"] == language
    # What still holds costs nothing, and others are not concerned.
    assert client.get(CITIES, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(CITIES, REMOTE_ADDR="192.0.2.7").status_code == 200


@pytest.mark.usefixtures("rate_of_three")
def test_what_still_holds_is_not_counted(client, monkeypatch):
    etag = client.get(CITIES).headers["ETag"]
    for _again in range(9):
        assert client.get(CITIES, headers={"If-None-Match": etag}).status_code == 304
    assert [client.get(CITIES).status_code for _again in range(3)] == [200, 200, 429]
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 600_060.0))
    assert client.get(CITIES).status_code == 200


@pytest.mark.usefixtures("rate_of_three")
def test_being_refused_costs_two_queries(client, django_assert_num_queries):
    for _again in range(3):
        client.get(CITIES)
    with django_assert_num_queries(EDITION + 1):
        assert client.get(CITIES).status_code == HTTPStatus.TOO_MANY_REQUESTS


# What is not public yet


def test_what_is_to_come_is_in_no_answer(client):
    tomorrow = today() + datetime.timedelta(days=1)
    field = CreativeField.objects.get(slug="music")
    lyon = City.objects.get(slug="lyon")
    newcomer = City.objects.create(slug="newcomer", name_en="Newcomer", country_id="FR")
    Designation.objects.create(city=newcomer, field=field, starts_on=tomorrow, member_since=tomorrow, source="A list")
    Designation.objects.filter(city=lyon, ends_on=None).update(ends_on=tomorrow, end_reason="withdrawn")
    OfficialTotal.objects.create(day=tomorrow, cities=9999, source="A list")
    for name in (*LISTS, "statistics"):
        text = client.get(f"{V1}{name}/?page_size=500" if name in LISTS else f"{V1}{name}/").text
        assert "newcomer" not in text.lower()
        assert tomorrow.isoformat() not in text
    assert client.get(f"{V1}statistics/").json()["official"]["cities"] == 408
    assert client.get(f"{CITIES}newcomer/").status_code == 404
    assert list(errors_of(client.get(f"{V1}designations/?city=newcomer"))) == ["city"]


def test_who_left_is_known_by_a_day(client):
    lyon = City.objects.get(slug="lyon")
    yesterday = today() - datetime.timedelta(days=1)
    Designation.objects.filter(city=lyon, ends_on=None).update(ends_on=yesterday, end_reason="withdrawn")
    problem = problem_of(client.get(f"{CITIES}lyon/"), 404)
    assert "as_of" in problem["detail"]
    assert client.get(f"{CITIES}lyon/?as_of={yesterday}").json()["result"]["slug"] == "lyon"
