"""A network of any size with the proportions of the real one, for measurements only."""

import datetime
import random

from django.db import connection
from django.utils import timezone

from cities.models import City, Country, CreativeField, Designation, HistoryEntry
from cities.services.history import head
from meetings.models import MeetingHost

SYLLABLES = ["ka", "lo", "mi", "ra", "ten", "sol", "vi", "bur", "ga", "nor", "del", "es", "fi", "hol", "ju", "pra"]


def fill(size: int, *, seed: int = 2004) -> None:
    """Replace the cities by `size` invented ones. Country, field and first day are drawn from the real rows.

    Each is drawn by itself, so that far more combinations exist than in the real network; names have two or three
    syllables and a number, aliases are as long as the real ones.
    """
    draw = random.Random(seed)
    real = list(
        Designation.objects.values_list(
            "city__country_id", "field_id", "starts_on", "starts_precision", "city__aliases"
        )
    )
    countries = [row[0] for row in real]
    fields = [row[1] for row in real]
    starts = [row[2:4] for row in real]
    aliases = [row[4] for row in real]
    country_of = Country.objects.in_bulk()
    valid_from = dict(CreativeField.objects.values_list("pk", "valid_from"))
    MeetingHost.objects.update(city=None)
    Designation.objects.all().delete()
    City.objects.all().delete()
    cities, designations = [], []
    for number in range(size):
        name = "".join(draw.choices(SYLLABLES, k=draw.randint(2, 3))).title() + f" {number}"
        city = City(
            slug=f"city-{number}",
            name_en=name,
            name_fr=name,
            country=country_of[draw.choice(countries)],
            aliases=draw.choice(aliases),
            latitude=draw.uniform(-60, 75),
            longitude=draw.uniform(-180, 180),
            population=draw.randint(5_000, 10_000_000),
        )
        city.set_derived()
        cities.append(city)
    City.objects.bulk_create(cities, batch_size=1000)
    for city in cities:
        field = draw.choice(fields)
        day, precision = draw.choice(starts)
        if day < valid_from[field]:
            day, precision = datetime.date(2025, 10, 31), "day"
        designations.append(
            Designation(
                city=city,
                field_id=field,
                starts_on=day,
                starts_precision=precision,
                source="synthetic",
                member_since=day,
                member_since_precision=precision,
            )
        )
    Designation.objects.bulk_create(designations, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def settle() -> None:
    """What PostgreSQL's autovacuum does within a minute of many new rows; measuring must not race it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")


def fill_history(count: int) -> None:
    """Add entries to the chain of acts, without the cost of a transaction each."""
    last = head()
    number, previous = last.count, last.hash
    for start in range(0, count, 5000):
        entries = []
        for _n in range(start, min(start + 5000, count)):
            number += 1
            entry = HistoryEntry(
                number=number,
                at=timezone.now(),
                verb=HistoryEntry.Verb.READDRESSED,
                object_type="cities.city",
                object_id=str(number),
                changes={"slug": [f"city-{number}", f"place-{number}"]},
                reason="synthetic",
                previous_hash=previous,
            )
            entry.hash = previous = entry.computed_hash()
            entries.append(entry)
        HistoryEntry.objects.bulk_create(entries)
