"""What opens something is not in the log."""

import logging

import pytest

from rvcu.logs import MaskSecrets

OPENING = (
    "/en/account/invitation/{}/",
    "/fr/account/confirm-email/{}/",
    "/en/account/password/reset/key/{}/",
    "/en/meetings/registration/{}/",
    "/fr/meetings/registration/{}/cancel/",
    "/en/meetings/registration/{}/calendar.ics",
    "/en/meetings/19/register/{}/",
)


@pytest.mark.parametrize("address", [*OPENING, *(one.replace("/", "%2F") for one in OPENING)])
def test_the_secret_of_a_link_is_masked(address):
    record = logging.LogRecord("django", logging.WARNING, "", 1, "Not Found: %s", (address.format("a-B_c1"),), None)
    assert MaskSecrets().filter(record)
    assert record.getMessage() == f"Not Found: {address.format('******')}"


@pytest.mark.parametrize("address", ["/en/meetings/19/register/?sent=1", "/en/meetings/19/", "/en/cities/lyon/"])
def test_other_addresses_stay(address):
    record = logging.LogRecord("django", logging.WARNING, "", 1, "Not Found: %s", (address,), None)
    assert MaskSecrets().filter(record)
    assert record.getMessage() == f"Not Found: {address}"
