import datetime

import pytest
from django.utils import timezone

from cities import days


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-01-31T22:59:59+00:00", "2026-01-31"),
        ("2026-01-31T23:00:00+00:00", "2026-02-01"),
        ("2026-07-31T21:59:59+00:00", "2026-07-31"),
        ("2026-07-31T22:00:00+00:00", "2026-08-01"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_today_is_the_date_in_paris_wherever_the_reader_is(monkeypatch, instant, day, zone):
    monkeypatch.setattr(timezone, "now", lambda: datetime.datetime.fromisoformat(instant))
    with timezone.override(zone):
        assert days.today() == datetime.date.fromisoformat(day)


@pytest.mark.parametrize(
    ("end", "day"),
    [
        ("2027-02-05T23:00:00+00:00", "2027-02-05"),
        ("2027-02-05T22:59:59+00:00", "2027-02-05"),
        ("2027-02-05T23:00:01+00:00", "2027-02-06"),
        ("2027-06-30T22:00:00+00:00", "2027-06-30"),
    ],
)
def test_the_last_day_before_a_midnight_is_the_one_that_ends(end, day):
    assert days.last_day(datetime.datetime.fromisoformat(end)) == datetime.date.fromisoformat(day)
