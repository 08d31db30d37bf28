"""What strangers may send: so much an hour, from wherever they say they come."""

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from cities.models import EntryReport
from cities.services.limits import is_over_limit
from cities.views.entry_report import REPORTS_AN_HOUR, sender

REPORT = {"message": "The population is wrong.", "source": "", "email": "", "subject": ""}


@pytest.fixture(autouse=True)
def empty_cache(db):
    cache.clear()


def test_each_sender_has_a_number_of_slots():
    assert [is_over_limit("x", "192.0.2.1", limit=2, seconds=60) for _try in range(4)] == [False, False, True, True]
    assert not is_over_limit("x", "192.0.2.2", limit=2, seconds=60)
    assert not is_over_limit("y", "192.0.2.1", limit=2, seconds=60)


@pytest.mark.usefixtures("network")
def test_reports_beyond_the_limit_are_refused_and_keep_what_was_typed(client):
    for _n in range(REPORTS_AN_HOUR):
        assert client.post("/en/cities/lyon/report/", REPORT).status_code == 302
    refused = client.post("/en/cities/lyon/report/", REPORT)
    assert refused.status_code == 429
    assert "The population is wrong." in refused.content.decode()
    assert EntryReport.objects.count() == REPORTS_AN_HOUR


@pytest.mark.usefixtures("network")
def test_a_program_that_fills_the_trap_is_thanked_and_forgotten(client):
    assert client.post("/en/cities/lyon/report/", REPORT | {"subject": "win"}).status_code == 302
    assert EntryReport.objects.count() == 0


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "10.9.9.9, 198.51.100.7", "198.51.100.7"),
        (2, "10.9.9.9, 198.51.100.7, 203.0.113.1", "198.51.100.7"),
        (2, "203.0.113.1", "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ],
)
def test_only_trusted_proxies_are_believed(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.1")
    assert sender(request) == address


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("", ""),
    ],
)
def test_a_client_with_a_network_of_its_own_counts_once(address, counted):
    assert sender(RequestFactory().get("/", REMOTE_ADDR=address)) == counted
