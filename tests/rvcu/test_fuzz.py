"""Whatever stands in the address of a public page, the answer is a page: never an error of the server."""

from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.hosting import make_host_call, make_meeting, make_session, open_for_registration

PATHS = ["", "cities/", "cities/map/", "cities/table/", "cities/lyon/", "fields/", "fields/film/"]
PATHS += ["countries/", "countries/FR/", "network/", "network/statistics/", "meetings/", "meetings/12/", "contact/"]
PATHS += [f"meetings/40/{page}" for page in ("", "programme/", "register/", "hosting/", "calendar.ics")]
FOLDERS = ["", "cities/", "fields/", "countries/", "meetings/"]
NAMES = ["q", "field", "region", "country", "year", "as_of", "sort", "page", "kind", "room", "as", "other"]

known = st.sampled_from(
    ["film", "music", "africa", "FR", "fr", "2016", "2016-04-28", "name", "-since", "1", "2", "lyon"]
)
odd = st.sampled_from(
    ["", "0", "-1", "1e9", "9" * 40, "0000-00-00", "9999-12-31", "0001-01-01", "%", "_", "\\", "'", "\x00"]
)
values = st.one_of(known, odd, st.dates().map(str), st.text(max_size=30), st.integers().map(str))
queries = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=6)


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_query_string_breaks_a_page(client, language, settings_without_cache):
    meeting = open_for_registration(make_meeting(40, hosts=["lyon"]))
    make_session(meeting)
    make_host_call("decided", meeting=meeting)

    @settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
    @given(path=st.sampled_from(PATHS), query=queries)
    def ask(path, query):
        response = client.get(f"/{language}/{path}?{urlencode(query, errors='surrogatepass')}")
        assert response.status_code < 500
        assert response.status_code in {200, 301, 302, 404}

    ask()


@pytest.mark.usefixtures("network")
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    folder=st.sampled_from(["cities/", "fields/", "countries/", "meetings/", ""]),
    path=st.text(max_size=40),
    raw=st.binary(max_size=60),
)
def test_no_address_breaks_the_site(client, folder, path, raw):
    response = client.get(f"/en/{folder}" + path.replace("?", "").replace("#", ""), QUERY_STRING=raw.decode("latin-1"))
    assert response.status_code in {200, 301, 302, 400, 404}


@pytest.fixture
def settings_without_cache(settings):
    settings.PAGE_CACHE = False
