"""A network of any size with the proportions of the real one, for measurements only."""

import datetime
import random

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from cities.models import (
    Application,
    Assignment,
    Call,
    City,
    Country,
    CreativeField,
    Designation,
    Evaluator,
    HistoryEntry,
    Screening,
)
from cities.services.history import head
from cities.text import search_text, sort_key
from meetings.models import MeetingHost
from rvcu.models import User

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


def change() -> None:
    """An edit after which everything kept in memory is read anew."""
    city = City.objects.order_by("pk")[0]
    City.objects.filter(pk=city.pk).update(population=(city.population or 0) + 1)


def fill_edits() -> None:
    """An edit of every tenth city, as staff leave them."""
    history = City.history.model
    kept = {field.attname for field in history._meta.concrete_fields}
    rows = City.objects.order_by("pk").values(*(kept & {field.attname for field in City._meta.concrete_fields}))
    history.objects.bulk_create(
        [
            history(**row, history_type="~", history_date=timezone.now() - datetime.timedelta(days=1 + row["id"] % 500))
            for row in rows
            if row["id"] % 10 == 0
        ],
        batch_size=500,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


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


def fill_applications(call: Call, number: int, *, by: User) -> None:
    """Add applications to a call: two thirds eligible with an evaluator, the others with an open examination."""
    fields, countries = list(CreativeField.objects.all()), list(Country.objects.values_list("pk", flat=True))
    draw = random.Random(number)
    first = 1 + (call.applications.aggregate(last=Max("number"))["last"] or 0)
    names = ["".join(draw.choices(SYLLABLES, k=3)).title() + f" {place}" for place in range(number)]
    Application.objects.bulk_create(
        [
            Application(
                call=call,
                number=first + place,
                country_id=countries[place % len(countries)],
                name_en=name,
                name_fr=name,
                sort_key=sort_key(name),
                search_text=search_text([name]),
                field=fields[place % len(fields)],
                language="en",
                status=Application.Status.ELIGIBLE if place % 3 else Application.Status.SUBMITTED,
                submitted_at=call.opens_at,
            )
            for place, name in enumerate(names)
        ],
        batch_size=1000,
    )
    made = call.applications.filter(number__gte=first).only("pk", "status")
    evaluator, _ = Evaluator.objects.get_or_create(user=by, panel=Evaluator.Panel.EXPERTS, field=fields[0])
    Screening.objects.bulk_create(
        [Screening(application=row) for row in made if row.status == Application.Status.SUBMITTED], batch_size=1000
    )
    Assignment.objects.bulk_create(
        [
            Assignment(application=row, evaluator=evaluator, user=by, due_at=call.evaluation_until)
            for row in made
            if row.status == Application.Status.ELIGIBLE
        ],
        batch_size=1000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
