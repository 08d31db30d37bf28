import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, connection, transaction
from django.db.models import F, ProtectedError

from cities.models import City, Country, CreativeField, Designation, Edition, OfficialTotal
from meetings.models import Meeting, MeetingHost
from tests.factories import (
    CityFactory,
    CountryFactory,
    CreativeFieldFactory,
    DesignationFactory,
    MeetingFactory,
    MeetingHostFactory,
)

pytestmark = pytest.mark.django_db

OVERLAP = "designation_one_at_a_time"
TABLE = Designation._meta.db_table


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.fixture
def spell():
    """A designation from 2015-12-11 to 2020-06-30."""
    return DesignationFactory(ends_on=day("2020-06-30"), end_reason="withdrawn")


def unique(name: str, *columns: str) -> str:
    """What the database says when a unique constraint is broken: SQLite names the columns, not the constraint."""
    return name if connection.vendor == "postgresql" else "UNIQUE constraint failed: " + ", ".join(columns)


@pytest.fixture
def refused():
    """Runs an act that the database must refuse, in the name of a constraint."""

    def run(name, act):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            act()

    return run


# One designation at a time

OVERLAPS = [
    ("2015-12-11", "2020-06-30"),
    ("2015-12-11", None),
    ("2004-10-01", None),
    ("2004-10-01", "2015-12-11"),
    ("2020-06-30", "2020-06-30"),
    ("2020-06-30", None),
    ("2016-01-01", "2016-01-01"),
]


def another(spell, starts_on, ends_on, **fields):
    starts_on, ends_on = day(starts_on), ends_on and day(ends_on)
    return DesignationFactory.build(
        city=spell.city,
        field=spell.field,
        starts_on=starts_on,
        ends_on=ends_on,
        end_reason="withdrawn" if ends_on else "",
        **fields,
    )


@pytest.mark.parametrize(("starts_on", "ends_on"), OVERLAPS)
def test_an_overlap_is_refused_on_insert(spell, refused, starts_on, ends_on):
    refused(OVERLAP, another(spell, starts_on, ends_on).save)
    assert Designation.objects.get() == spell


@pytest.mark.parametrize(("starts_on", "ends_on"), OVERLAPS)
def test_a_form_tells_an_overlap_in_a_sentence(spell, starts_on, ends_on):
    with pytest.raises(ValidationError) as error:
        another(spell, starts_on, ends_on).full_clean()
    assert error.value.messages == ["The city has another designation in these days."]


@pytest.mark.parametrize(("starts_on", "ends_on"), [("2020-07-01", None), ("2004-10-01", "2015-12-10")])
def test_adjacent_days_are_allowed(spell, starts_on, ends_on):
    new = another(spell, starts_on, ends_on)
    new.full_clean()
    new.save()
    assert Designation.objects.count() == 2


def test_another_city_has_its_own_days(spell):
    DesignationFactory(field=spell.field, starts_on=spell.starts_on)
    assert Designation.objects.count() == 2


def test_nothing_follows_a_designation_without_an_end(refused):
    spell = DesignationFactory()
    refused(OVERLAP, another(spell, "9999-12-31", None).save)


def test_a_designation_may_change_without_meeting_itself(spell):
    spell.ends_on = None
    spell.end_reason = ""
    spell.full_clean()
    spell.save()
    assert Designation.objects.get().ends_on is None


@pytest.fixture
def pair(spell):
    later = another(spell, "2020-07-01", None)
    later.save()
    return spell, later


def test_an_overlap_is_refused_on_update(pair, refused):
    earlier, later = pair
    earlier.ends_on = day("2020-07-01")
    refused(OVERLAP, earlier.save)
    later.starts_on = later.member_since = day("2020-06-30")
    refused(OVERLAP, later.save)
    with pytest.raises(ValidationError, match="The city has another designation in these days"):
        later.full_clean()


def test_an_overlap_is_refused_when_a_designation_moves_to_another_city(pair, refused):
    other = DesignationFactory(field=pair[0].field)
    refused(OVERLAP, lambda: Designation.objects.filter(pk=other.pk).update(city=pair[0].city))


def test_an_overlap_is_refused_in_bulk(pair, refused):
    earlier, later = pair
    refused(
        OVERLAP,
        lambda: Designation.objects.filter(pk=earlier.pk).update(ends_on=None, end_reason=""),
    )
    refused(
        OVERLAP,
        lambda: Designation.objects.filter(pk=later.pk).update(
            starts_on=F("member_since") - datetime.timedelta(days=1), member_since=day("2004-10-01")
        ),
    )
    refused(OVERLAP, lambda: Designation.objects.bulk_create([another(earlier, "2018-01-01", "2018-12-31")]))
    refused(
        OVERLAP,
        lambda: Designation.objects.bulk_create(
            [another(earlier, "2010-01-01", "2010-12-31"), another(earlier, "2010-12-31", "2011-12-31")]
        ),
    )
    earlier.ends_on = day("2021-01-01")
    refused(OVERLAP, lambda: Designation.objects.bulk_update([earlier], ["ends_on"]))
    assert list(Designation.objects.order_by("starts_on").values_list("starts_on", "ends_on")) == [
        (day("2015-12-11"), day("2020-06-30")),
        (day("2020-07-01"), None),
    ]


def test_an_overlap_is_refused_in_plain_sql(pair, refused):
    earlier, _later = pair
    columns = ", ".join(
        f'"{field.column}"' for field in Designation._meta.concrete_fields if field.column not in ("id", "starts_on")
    )

    def insert():
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO {TABLE} ({columns}, "starts_on") '
                f"SELECT {columns}, '2015-12-12' FROM {TABLE} WHERE id = %s",
                [earlier.pk],
            )

    def update():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {TABLE} SET ends_on = '2020-07-01' WHERE id = %s", [earlier.pk])

    refused(OVERLAP, insert)
    refused(OVERLAP, update)


def test_an_overlap_is_refused_by_replace(pair):
    """SQLite by its trigger; PostgreSQL does not know the statement."""
    earlier, later = pair
    said = OVERLAP if connection.vendor == "sqlite" else "syntax error"
    with pytest.raises(Error, match=said), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE OR REPLACE {TABLE} SET ends_on = '2020-07-01' WHERE id = %s", [earlier.pk])
    assert set(Designation.objects.all()) == {earlier, later}


# The other constraints of a designation


@pytest.mark.parametrize(
    ("fields", "name", "sentence"),
    [
        (
            {"ends_on": day("2015-12-10"), "end_reason": "withdrawn"},
            "designation_ends_after_it_begins",
            "The last day is before the first.",
        ),
        (
            {"ends_on": day("2016-01-01"), "end_reason": ""},
            "designation_end_has_a_reason",
            "A last day needs a reason, and a reason a last day.",
        ),
        (
            {"ends_on": None, "end_reason": "removed"},
            "designation_end_has_a_reason",
            "A last day needs a reason, and a reason a last day.",
        ),
    ],
)
def test_the_end_of_a_designation(refused, fields, name, sentence):
    designation = DesignationFactory()
    refused(name, lambda: Designation.objects.filter(pk=designation.pk).update(**fields))
    for field, value in fields.items():
        setattr(designation, field, value)
    with pytest.raises(ValidationError) as error:
        designation.full_clean()
    assert error.value.messages == [sentence]


def test_precision_and_first_day_of_membership(refused):
    designation = Designation.objects.filter(pk=DesignationFactory().pk)
    fits = "designation_first_day_fits_its_precision"
    refused(fits, lambda: designation.update(starts_precision="hour"))
    refused(fits, lambda: designation.update(starts_precision="month", starts_on=day("2015-12-11")))
    refused(fits, lambda: designation.update(starts_precision="year", starts_on=day("2015-12-01")))
    early = day("2004-09-30")
    refused("designation_not_before_the_network", lambda: designation.update(starts_on=early, member_since=early))
    refused("designation_member_before_it_begins", lambda: designation.update(member_since=day("2015-12-12")))


# Cities, countries, fields, totals, meetings


@pytest.mark.parametrize("coordinates", [(90.1, 0), (-90.1, 0), (0, 180.1), (0, -180.1), (float("inf"), 0)])
def test_coordinates_on_earth(refused, coordinates):
    city = CityFactory()
    latitude, longitude = coordinates
    refused(
        "city_coordinates_on_earth",
        lambda: City.objects.filter(pk=city.pk).update(latitude=latitude, longitude=longitude),
    )
    city.latitude, city.longitude = latitude, longitude
    with pytest.raises(ValidationError) as error:
        city.full_clean()
    assert "Ensure this value is" in error.value.messages[0]


@pytest.mark.parametrize("coordinates", [(90, 180), (-90, -180), (0, 0), (None, None)])
def test_coordinates_at_the_ends_of_the_earth(coordinates):
    city = CityFactory(latitude=coordinates[0], longitude=coordinates[1])
    city.full_clean()
    city.refresh_from_db()
    assert (city.latitude, city.longitude) == coordinates


def test_a_name_stands_once_in_a_country(refused):
    city = CityFactory(name_en="Granada", name_fr="Grenade")
    refused(
        unique("city_english_name_once_a_country", "cities_city.name_en", "cities_city.country_id"),
        lambda: CityFactory(name_en="Granada", name_fr="", country=city.country),
    )
    refused(
        unique("city_french_name_once_a_country", "cities_city.name_fr", "cities_city.country_id"),
        lambda: CityFactory(name_en="Other", name_fr="Grenade", country=city.country),
    )
    CityFactory(name_en="Granada", name_fr="Grenade")
    CityFactory(name_en="A", name_fr="", country=city.country)
    CityFactory(name_en="B", name_fr="", country=city.country)
    assert City.objects.count() == 4


def test_an_address_belongs_to_one_city(refused):
    CityFactory(slug="granada")
    refused("slug", lambda: CityFactory(slug="granada"))


def test_countries(refused):
    country = Country.objects.filter(pk=CountryFactory().pk)
    refused("country_region_is_unescos", lambda: country.update(region="oceania"))
    refused("country_status_is_known", lambda: country.update(unesco_status="observer"))


def test_fields(refused):
    field = CreativeField.objects.filter(pk=CreativeFieldFactory().pk)
    refused("field_ends_after_it_begins", lambda: field.update(valid_to=day("2004-09-30")))


def test_official_totals(refused):
    field = CreativeFieldFactory()
    fields = {"day": day("2025-10-31"), "cities": 408, "missing": 3, "source": "x"}
    OfficialTotal.objects.create(**fields)
    OfficialTotal.objects.create(**fields, field=field)
    refused(
        unique("official_total_once_a_day", "cities_officialtotal.day"),
        lambda: OfficialTotal.objects.create(**fields),
    )
    refused(
        unique("official_total_once_a_field", "cities_officialtotal.day", "cities_officialtotal.field_id"),
        lambda: OfficialTotal.objects.create(**fields, field=field),
    )
    refused(
        "official_total_misses_no_more_than_it_counts",
        lambda: OfficialTotal.objects.filter(field=None).update(missing=409),
    )


def test_meetings(refused):
    meeting = MeetingFactory(start_date=day("2026-06-01"), end_date=day("2026-06-05"))
    refused(
        "meeting_ends_after_it_begins",
        lambda: Meeting.objects.filter(pk=meeting.pk).update(end_date=day("2026-05-31")),
    )
    host = MeetingHostFactory(meeting=meeting, city=CityFactory())
    refused(
        unique("meeting_host_once", "meetings_meetinghost.meeting_id", "meetings_meetinghost.city_id"),
        lambda: MeetingHostFactory(meeting=meeting, city=host.city),
    )


# What others stand on cannot be deleted


def test_deletions_that_are_refused(spell):
    host = MeetingHostFactory(city=CityFactory())
    for protected in (spell.city, spell.city.country, spell.field, host.city, host.meeting.country):
        with pytest.raises(ProtectedError):
            protected.delete()
    spell.delete()
    assert Designation.objects.count() == 0


def test_the_database_itself_refuses_to_lose_a_city_with_a_designation(refused, spell):
    def delete():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM cities_city WHERE id = %s", [spell.city_id])
        connection.check_constraints()

    refused("(?i)foreign key", delete)


# The number of changes


@pytest.mark.parametrize(
    "factory",
    [CountryFactory, CreativeFieldFactory, CityFactory, DesignationFactory, MeetingFactory, MeetingHostFactory],
)
def test_every_change_of_a_row_counts(factory):
    row = factory()
    model, pk = type(row), row.pk
    table, key = model._meta.db_table, model._meta.pk.column
    field = (
        next(f.name for f in model._meta.concrete_fields if f.name in ("names_source", "summary_en", "note", "source"))
        if model is not MeetingHost
        else "name_en"
    )

    def plain_sql():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {field} = 'c' WHERE {key} = %s", [pk])

    acts = [
        lambda: model.objects.filter(pk=pk).update(**{field: "a"}),
        lambda: model.objects.bulk_update([row], [field]),
        row.save,
        plain_sql,
        lambda: model.objects.filter(pk=pk)._raw_delete(model.objects.db),
    ]
    for act in acts:
        before = Edition.current()
        act()
        assert Edition.current() > before
    before = Edition.current()
    model.objects.bulk_create([row])
    assert Edition.current() > before


def test_changes_of_official_totals_count():
    before = Edition.current()
    OfficialTotal.objects.create(day=day("2025-10-31"), cities=408, source="x")
    between = Edition.current()
    OfficialTotal.objects.all().delete()
    assert before < between < Edition.current()


def test_a_change_that_is_undone_was_none(refused):
    before = Edition.current()

    def act():
        CityFactory(slug="a")
        CityFactory(slug="a")

    refused("slug", act)
    assert Edition.current() == before


def test_half_a_pair_of_coordinates_is_refused(db):
    city = CityFactory(latitude=45.0, longitude=4.0)
    with pytest.raises(IntegrityError, match="city_coordinates_on_earth"), transaction.atomic():
        type(city).objects.filter(pk=city.pk).update(longitude=None)
    city.longitude = None
    with pytest.raises(ValidationError, match="both coordinates"):
        city.full_clean()


@pytest.mark.parametrize("slug", ["LY ON", "", "-lyon", "map", "table", "é"])
def test_a_city_has_an_address_of_its_own(refused, slug):
    city = City.objects.filter(pk=CityFactory().pk)
    refused("city_slug_is_an_address", lambda: city.update(slug=slug))


def test_facts_of_a_city_make_sense(refused):
    city = City.objects.filter(pk=CityFactory().pk)
    refused("city_has_an_english_name", lambda: city.update(name_en=""))
    refused("city_population_is_positive", lambda: city.update(population=0))


@pytest.mark.parametrize(
    "values", [{"colour_light": "red;x{}"}, {"colour_dark": "#FFFFFF"}, {"pictogram": 'M0 0"/><script>'}, {"slug": "A"}]
)
def test_a_field_can_be_drawn(refused, values):
    field = CreativeField.objects.filter(pk=CreativeFieldFactory().pk)
    refused("field_can_be_drawn", lambda: field.update(**values))


def test_codes_of_a_country(refused):
    country = Country.objects.filter(pk=CityFactory().country_id)
    refused("country_codes_are_capital_letters", lambda: country.update(iso3="zzz"))


def test_a_meeting_has_a_known_status_and_begins_in_its_year(refused):
    meeting = Meeting.objects.filter(pk=MeetingFactory().pk)
    refused("meeting_status_is_known", lambda: meeting.update(status="odd"))
    refused(
        "meeting_begins_in_its_year",
        lambda: meeting.update(year=2020, start_date=day("2021-06-01"), end_date=day("2021-06-02")),
    )
