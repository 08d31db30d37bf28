import datetime

import pytest
from django.db import transaction
from django.forms.models import model_to_dict

from cities.models import (
    City,
    Country,
    CreativeField,
    Designation,
    Edition,
    FormerSlug,
    HistoryEntry,
    OfficialTotal,
    Precision,
)
from cities.services.designation import correct_first_day
from cities.services.importing import Loader, Report, read_network, write_network
from cities.services.tables import Folder, ImportRefused
from tests.factories import CityFactory, DataFolder, DesignationFactory

pytestmark = pytest.mark.django_db

ARCHITECTURE = datetime.date(2025, 10, 31)


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path)


@pytest.fixture
def loaded(folder):
    load(folder)
    return folder


def load(folder: DataFolder, *, force: bool = False) -> Report:
    """What the command does with the files of `cities`, in one transaction."""
    loader = Loader(Folder(folder.path), force=force)
    with transaction.atomic():
        network = read_network(loader)
        loader.folder.refuse_if_faulty()
        write_network(loader, network)
    return loader.report


def faults(folder: DataFolder) -> list[str]:
    """What an import of the folder is refused for; the database must be left as it was."""
    before = everything()
    with pytest.raises(ImportRefused) as refusal:
        load(folder)
    assert everything() == before
    return str(refusal.value).splitlines()


def everything() -> dict:
    models = (Country, CreativeField, City, FormerSlug, Designation, OfficialTotal, HistoryEntry, Edition)
    return {model: list(model.objects.order_by("pk").values()) for model in models}


# What is written


def test_the_rows_are_those_of_the_files(loaded):
    lyon = City.objects.get(slug="lyon")
    assert model_to_dict(lyon, exclude=["id"]) == {
        "slug": "lyon",
        "name_en": "Lyon",
        "name_fr": "Lyon",
        "local_name": "",
        "aliases": "Lyons;Lione",
        "country": "FR",
        "latitude": 45.7485,
        "longitude": 4.8467,
        "population": 520774,
        "population_year": 2020,
        "population_source": "census",
        "website": "",
        "geonames_id": 2996944,
        "note": "",
    }
    assert lyon.search_text == " lyon france lyons lione"
    assert list(
        Designation.objects.order_by("starts_on").values_list(
            "city__slug", "field__slug", "starts_on", "starts_precision", "ends_on", "end_reason", "member_since"
        )
    ) == [
        (
            "lyon",
            "media-arts",
            datetime.date(2008, 5, 1),
            "month",
            datetime.date(2023, 10, 30),
            "field-change",
            datetime.date(2008, 5, 1),
        ),
        ("sapporo", "media-arts", datetime.date(2013, 11, 11), "day", None, "", datetime.date(2013, 11, 11)),
        ("santos", "film", datetime.date(2015, 12, 11), "day", None, "", datetime.date(2015, 12, 11)),
        ("lyon", "literature", datetime.date(2023, 10, 31), "day", None, "", datetime.date(2008, 5, 1)),
    ]
    assert Designation.objects.get(field__slug="literature").member_since_precision == Precision.MONTH
    assert CreativeField.objects.get(slug="architecture").valid_from == ARCHITECTURE
    assert list(OfficialTotal.objects.order_by("pk").values_list("day", "field__slug", "cities", "missing")) == [
        (datetime.date(2023, 12, 31), None, 4, 1),
        (datetime.date(2023, 12, 31), "film", 1, 0),
    ]


def test_a_second_import_changes_nothing(loaded):
    before = everything()
    report = load(loaded)
    assert everything() == before
    assert not report.wrote
    assert report.kept == []
    assert dict(report.unchanged) == {
        "countries.csv": 3,
        "fields.csv": 4,
        "cities.csv": 3,
        "designations.csv": 4,
        "official_totals.csv": 2,
    }


def test_a_value_changed_in_the_file_is_changed_in_the_row(loaded):
    loaded.replace("cities.csv", "520774,2020", "522250,2021")
    loaded.replace("countries.csv", "BR,BRA,Brazil,Brésil", "BR,BRA,Brasil,Brésil")
    loaded.replace("designations.csv", "santos,film", "santos,literature")
    report = load(loaded)
    fields = {field.slug: field.pk for field in CreativeField.objects.all()}
    assert [(change.row.file, change.row.line, change.changes) for change in report.changed] == [
        ("countries.csv", 4, {"name_en": ["Brazil", "Brasil"]}),
        ("cities.csv", 2, {"population": [520774, 522250], "population_year": [2020, 2021]}),
        ("designations.csv", 5, {"field_id": [fields["film"], fields["literature"]]}),
    ]
    assert City.objects.get(slug="lyon").population == 522250
    assert list(City.objects.search("brasil").values_list("slug", flat=True)) == ["santos"]
    assert Designation.objects.get(city__slug="santos").field.slug == "literature"
    edits = City.history.order_by("history_id").values_list("history_change_reason", "population")
    assert list(edits) == [("baseline", 520774), ("import", 522250)]


def test_what_left_the_files_stays(loaded):
    loaded.replace("designations.csv", "santos,film,2015-12-11,day,,,press release\n", "")
    loaded.write("cities.csv", "".join(loaded.read("cities.csv").splitlines(keepends=True)[:3]))
    load(loaded)
    assert set(City.objects.values_list("slug", flat=True)) == {"lyon", "sapporo", "santos"}
    assert Designation.objects.filter(city__slug="santos").count() == 1


def test_a_file_can_end_a_designation_and_begin_the_next(loaded):
    loaded.replace("designations.csv", "2015-12-11,day,,", "2015-12-11,day,2026-03-31,field-change")
    loaded.append("designations.csv", "santos,architecture,2026-04-01,day,,,minutes")
    load(loaded)
    assert list(
        Designation.objects.filter(city__slug="santos")
        .order_by("starts_on")
        .values_list("field__slug", "ends_on", "member_since")
    ) == [
        ("film", datetime.date(2026, 3, 31), datetime.date(2015, 12, 11)),
        ("architecture", None, datetime.date(2015, 12, 11)),
    ]


def test_an_earlier_designation_moves_the_first_day_of_the_ones_that_continue_it(loaded):
    loaded.append("designations.csv", "sapporo,film,2010-01-01,year,2013-11-10,field-change,archive")
    load(loaded)
    sapporo = Designation.objects.filter(city__slug="sapporo")
    assert list(sapporo.values_list("member_since", "member_since_precision")) == [
        (datetime.date(2010, 1, 1), "year"),
        (datetime.date(2010, 1, 1), "year"),
    ]
    loaded.replace("designations.csv", "2013-11-10,field-change", "2013-11-09,withdrawn")
    load(loaded)
    continued = sapporo.get(field__slug="media-arts")
    assert (continued.member_since, continued.member_since_precision) == (datetime.date(2013, 11, 11), "day")


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: "\ufeff" + text.replace("\n", "\r\n"), id="both"),
        pytest.param(lambda text: text.rstrip("\n"), id="no last line end"),
        pytest.param(lambda text: text + "\n\n", id="blank lines"),
    ],
)
def test_files_as_other_programs_write_them(loaded, spoil):
    before = everything()
    for name in ("countries.csv", "fields.csv", "cities.csv", "designations.csv", "official_totals.csv"):
        loaded.write(name, spoil(loaded.read(name)))
    assert not load(loaded).wrote
    assert everything() == before


def test_columns_can_stand_in_any_order_and_others_beside_them(loaded):
    lines = [line.split(",") for line in loaded.read("countries.csv").splitlines()]
    loaded.write("countries.csv", "\n".join(",".join(["x", *reversed(line)]) for line in lines))
    assert not load(loaded).wrote


def test_columns_that_may_be_missing_leave_the_rows_as_they_are(loaded):
    original = [
        "slug",
        "name_en",
        "name_fr",
        "aliases",
        "country",
        "latitude",
        "longitude",
        "population",
        "geonames_id",
        "note",
    ]
    header, *rows = [line.split(",") for line in loaded.read("cities.csv").splitlines()]
    whole = loaded.read("cities.csv")
    loaded.write(
        "cities.csv",
        "\n".join(",".join(row[header.index(name)] for name in original) for row in [header, *rows]),
    )
    assert not load(loaded).wrote
    assert City.objects.get(slug="sapporo").local_name == "札幌"
    assert City.objects.get(slug="lyon").population_year == 2020
    loaded.write("cities.csv", whole.replace("札幌", "札幌市"))
    assert [change.changes for change in load(loaded).changed] == [{"local_name": ["札幌", "札幌市"]}]


def test_columns_that_come_later_are_filled(folder):
    whole = folder.read("cities.csv")
    folder.write(
        "cities.csv",
        "slug,name_en,name_fr,aliases,country,latitude,longitude,population,geonames_id,note\n"
        "lyon,Lyon,Lyon,,FR,,,,,\nsapporo,Sapporo,Sapporo,,JP,,,,,\nsantos,Santos,Santos,,BR,,,,,\n",
    )
    load(folder)
    folder.write("cities.csv", whole)
    report = load(folder)
    assert report.kept == []
    assert City.objects.get(slug="sapporo").local_name == "札幌"
    assert City.objects.get(slug="sapporo").population_source == "GeoNames"


def test_cities_without_a_french_name_are_no_duplicates(folder):
    folder.append("cities.csv", "recife,Recife,,,,BR,,,,,,,", "belem,Belém,,,,BR,,,,,,,")
    load(folder)
    assert set(City.objects.filter(name_fr="").values_list("slug", flat=True)) == {"recife", "belem"}


# What staff changed


def test_what_staff_changed_is_kept_and_told_each_time(loaded):
    lyon = City.objects.get(slug="lyon")
    lyon.name_en = "Lyons"
    lyon.save()
    expected = ["cities.csv, line 2, name_en: kept 'Lyons' as changed by staff; the file has 'Lyon'"]
    for _time in range(2):
        report = load(loaded)
        assert (report.kept, report.wrote) == (expected, False)
    assert City.objects.get(slug="lyon").name_en == "Lyons"
    assert City.history.count() == 1  # the edit of staff

    loaded.replace("cities.csv", "lyon,Lyon,Lyon", "lyon,Lugdunum,Lyon")
    assert load(loaded).kept == [
        "cities.csv, line 2, name_en: kept 'Lyons' as changed by staff; the file has 'Lugdunum'"
    ]
    assert City.history.count() == 1
    report = load(loaded, force=True)
    assert report.kept == []
    assert [change.changes for change in report.changed] == [{"name_en": ["Lyons", "Lugdunum"]}]
    assert City.objects.get(slug="lyon").name_en == "Lugdunum"


def test_the_other_columns_of_a_row_that_staff_changed_follow_the_file(loaded):
    City.objects.filter(slug="lyon").update(name_fr="Lyon (Rhône)")
    loaded.replace("cities.csv", "520774", "522250")
    load(loaded)
    lyon = City.objects.get(slug="lyon")
    assert (lyon.name_fr, lyon.population) == ("Lyon (Rhône)", 522250)


def test_a_file_that_comes_to_agree_with_staff_changes_nothing(loaded):
    City.objects.filter(slug="lyon").update(population=522250)
    loaded.replace("cities.csv", "520774", "522250")
    report = load(loaded)
    assert (report.kept, report.changed) == ([], [])
    loaded.replace("cities.csv", "522250", "523000")
    load(loaded)
    assert City.objects.get(slug="lyon").population == 523000


def test_half_of_a_pair_of_coordinates_is_never_mixed_with_the_other(loaded):
    City.objects.filter(slug="lyon").update(latitude=45.76)
    loaded.replace("cities.csv", "4.8467", "4.9")
    report = load(loaded)
    lyon = City.objects.get(slug="lyon")
    assert (lyon.latitude, lyon.longitude) == (45.76, 4.8467)
    assert report.kept == [
        "cities.csv, line 2, latitude: kept 45.76 as changed by staff; the file has 45.7485",
        "cities.csv, line 2, longitude: kept 4.8467 as changed by staff; the file has 4.9",
    ]


def test_a_row_that_staff_made_is_kept_and_told(loaded):
    CityFactory(slug="metz", name_en="Metz", name_fr="Metz", country_id="FR", latitude=49.1, longitude=6.2)
    loaded.append("cities.csv", "metz,Metz,Metz,,,FR,49.1191,6.1727,,,,,")
    assert load(loaded).kept == [
        "cities.csv, line 5, latitude: kept 49.1 as changed by staff; the file has 49.1191",
        "cities.csv, line 5, longitude: kept 6.2 as changed by staff; the file has 6.1727",
    ]


def test_a_city_whose_address_staff_changed_is_found_under_the_old_one(loaded):
    FormerSlug.objects.create(slug="santos", city=City.objects.get(slug="santos"))
    City.objects.filter(slug="santos").update(slug="santos-sp")
    loaded.replace("cities.csv", "433656", "429567")
    report = load(loaded)
    assert report.kept == []
    assert City.objects.count() == 3
    assert City.objects.get(slug="santos-sp").population == 429567
    assert Designation.objects.count() == 4


def test_a_city_cannot_stand_in_the_file_under_two_addresses(loaded):
    FormerSlug.objects.create(slug="santos", city=City.objects.get(slug="santos"))
    City.objects.filter(slug="santos").update(slug="santos-sp")
    loaded.append("cities.csv", "santos-sp,Another,Autre,,,BR,,,,,,,")
    assert faults(loaded) == [
        "cities.csv, line 4, slug: 'santos': is a former address of santos-sp, which is in the file too"
    ]


def test_a_designation_that_staff_ended_stays_ended(loaded):
    Designation.objects.filter(city__slug="santos").update(ends_on="2024-05-31", end_reason="withdrawn")
    assert load(loaded).kept == [
        "designations.csv, line 5, ends_on: kept '2024-05-31' as changed by staff; the file has None",
        "designations.csv, line 5, end_reason: kept 'withdrawn' as changed by staff; the file has ''",
    ]
    santos = Designation.objects.get(city__slug="santos")
    assert (santos.ends_on, santos.end_reason) == (datetime.date(2024, 5, 31), "withdrawn")
    load(loaded, force=True)
    santos.refresh_from_db()
    assert (santos.ends_on, santos.end_reason) == (None, "")


@pytest.mark.parametrize("day", [datetime.date(2008, 4, 20), datetime.date(2008, 6, 2)], ids=["earlier", "later"])
def test_a_first_day_that_staff_corrected_is_kept_and_told(loaded, officer, day):
    media_arts = Designation.objects.get(city__slug="lyon", field__slug="media-arts")
    correct_first_day(
        designation=media_arts, starts_on=day, precision="day", source="archive", reason="found", by=officer
    )
    report = load(loaded)
    assert not report.wrote
    assert [line.split(": ")[0] for line in report.kept] == [
        f"designations.csv, line 2, {name}" for name in ("starts_on", "starts_precision", "source")
    ]
    days = Designation.objects.filter(city__slug="lyon").order_by("starts_on")
    assert list(days.values_list("starts_on", "member_since")) == [(day, day), (datetime.date(2023, 10, 31), day)]
    load(loaded, force=True)
    first = datetime.date(2008, 5, 1)
    assert list(days.values_list("starts_on", "member_since")) == [(first, first), (datetime.date(2023, 10, 31), first)]


def test_a_file_that_comes_to_know_the_first_day_that_staff_corrected(loaded, officer):
    santos = Designation.objects.get(city__slug="santos")
    day = datetime.date(2015, 12, 1)
    correct_first_day(designation=santos, starts_on=day, precision="month", source="x", reason="found", by=officer)
    loaded.replace("designations.csv", "santos,film,2015-12-11,day", "santos,film,2015-12-01,month")
    assert [line.split(": ")[0] for line in load(loaded).kept] == ["designations.csv, line 5, source"]
    santos.refresh_from_db()
    assert (santos.starts_on, santos.imported["starts_on"]) == (day, day.isoformat())


def test_a_move_to_another_field_by_staff_stands(loaded):
    film = Designation.objects.get(city__slug="santos")
    Designation.objects.filter(pk=film.pk).update(ends_on="2024-05-31", end_reason="field-change")
    DesignationFactory(city=film.city, field=CreativeField.objects.get(slug="literature"), starts_on="2024-06-01")
    load(loaded)
    assert list(
        Designation.objects.filter(city=film.city).order_by("starts_on").values_list("field__slug", "member_since")
    ) == [("film", datetime.date(2015, 12, 11)), ("literature", datetime.date(2015, 12, 11))]
    with pytest.raises(ImportRefused, match="overlaps the designation in the database that begins on 2024-06-01"):
        load(loaded, force=True)


# What is refused

SPOILT = [
    # countries
    (
        "countries.csv",
        "BR,BRA",
        "bh,BHR,Bahrain,Bahreïn,arab-states,member,\nBR,BRA",
        ["line 4, iso2: 'bh': is not a code of two capital letters"],
    ),
    (
        "countries.csv",
        "BR,BRA",
        "BR,BHR,Bahrain,Bahreïn,arab-states,member,\nBR,BRA",
        ["line 5, iso2: 'BR': stands already in line 4"],
    ),
    ("countries.csv", "BR,BRA", "BR,BR", ["line 4, iso3: 'BR': is not a code of three capital letters"]),
    ("countries.csv", "BR,BRA", "BR,JPN", ["line 4, iso3: 'JPN': stands already in line 3"]),
    ("countries.csv", "Brazil", "Japan", ["line 4, name_en: 'Japan': stands already in line 3"]),
    ("countries.csv", "Brésil", "", ["line 4, name_fr: '': is empty"]),
    (
        "countries.csv",
        "latin-america-caribbean",
        "americas",
        ["line 4, unesco_region: 'americas': is no known UNESCO region"],
    ),
    (
        "countries.csv",
        "latin-america-caribbean,member",
        "latin-america-caribbean,observer",
        ["line 4, unesco_status: 'observer': is no known status at UNESCO"],
    ),
    ("countries.csv", "Brazil", "B" * 101, [f"line 4, name_en: '{'B' * 101}': is longer than 100 characters"]),
    # fields
    ("fields.csv", "#743c8d", "#743C8D", ["line 2, colour_light: '#743C8D': is not a colour as #rrggbb"]),
    ("fields.csv", "M3 4h18v15z", "url(x)", ["line 2, pictogram: 'url(x)': is not path data"]),
    ("fields.csv", "v15z,1,", "v15z,one,", ["line 2, position: 'one': is no whole number from 0 to 999"]),
    (
        "fields.csv",
        "4,2025-10-31,",
        "4,2025-10-31,2025-10-30",
        ["line 5, valid_to: '2025-10-30': is before the first day, 2025-10-31"],
    ),
    # A field without a first day is told once, not by its designations too.
    ("fields.csv", "1,2004-10-01", "1,", ["line 2, valid_from: '': is empty"]),
    # cities
    ("cities.csv", ",BR,", ",XX,", ["line 4, country: 'XX': is no known country"]),
    ("cities.csv", ",BR,", ",,", ["line 4, country: '': is empty"]),
    (
        "cities.csv",
        "santos,Santos,Santos,,,BR",
        "santos,Other,Autre,,,BR,,,,,,,\nsantos,Santos,Santos,,,BR",
        ["line 5, slug: 'santos': stands already in line 4"],
    ),
    (
        "cities.csv",
        "santos,Santos,Santos,,,BR",
        "recife,Santos,Recife,,,BR,,,,,,,\nsantos,Santos,Santos,,,BR",
        ["line 5, name_en: 'Santos': stands already in line 4"],
    ),
    (
        "cities.csv",
        "santos,Santos,Santos,,,BR",
        "recife,Recife,Santos,,,BR,,,,,,,\nsantos,Santos,Santos,,,BR",
        ["line 5, name_fr: 'Santos': stands already in line 4"],
    ),
    ("cities.csv", "45.7485", "90.1", ["line 2, latitude: '90.1': is no number of degrees from -90 to 90"]),
    ("cities.csv", "4.8467", "-180.5", ["line 2, longitude: '-180.5': is no number of degrees from -180 to 180"]),
    *(
        ("cities.csv", "45.7485", text, [f"line 2, latitude: {text!r}: is no number of degrees from -90 to 90"])
        for text in ("nan", "NaN", "inf", "-Infinity", "4e1", "45,7", "1_0", "٤٥", "45.", "0x2d", "45°")
        if "," not in text
    ),
    ("cities.csv", "45.7485", "", ["line 2, longitude: '4.8467': latitude and longitude come together"]),
    *(
        (
            "cities.csv",
            "520774",
            text,
            [f"line 2, population: {text!r}: is no whole number from 1 to 100000000"],
        )
        for text in ("0", "-1", "1e6", "nan", "1.5", "520 774", "٥", "100000001", "9" * 30)
    ),
    (
        "cities.csv",
        "2020,census",
        "1899,census",
        ["line 2, population_year: '1899': is no whole number from 1900 to 2026"],
    ),
    ("cities.csv", "2996944", "GN1", ["line 2, geonames_id: 'GN1': is no whole number from 1 to 1000000000"]),
    ("cities.csv", "Lyons;Lione", "Ly\x00ns", ["line 2, aliases: 'Ly\\x00ns': holds a null character"]),
    ("cities.csv", "Lyons;Lione", b"Ly\xf3n", ["line 2, aliases: 'Ly\\udcf3n': is not UTF-8"]),
    # designations
    ("designations.csv", "santos,film", "santos", ["line 5, row: 'santos': the row has 6 columns, the header 7"]),
    ("designations.csv", "santos,film", "santos,film,", ["line 5, row: 'santos': the row has 8 columns, the header 7"]),
    ("designations.csv", "santos,film", "recife,film", ["line 5, city: 'recife': is no known city"]),
    ("designations.csv", "santos,film", "santos,dance", ["line 5, field: 'dance': is no known creative field"]),
    *(
        (
            "designations.csv",
            "2015-12-11",
            text,
            [f"line 5, starts_on: {text!r}: is no date of the form 2016-04-28"],
        )
        for text in ("2015-13-11", "2015-02-29", "11/12/2015", "20151211", "2015-W50-5", "2015-2-1", "٢٠١٥-١٢-١١", "x")
    ),
    (
        "designations.csv",
        "2015-12-11",
        "2004-09-30",
        [
            "line 5, starts_on: '2004-09-30': is before the field began, 2004-10-01",
            "line 5, starts_on: '2004-09-30': is not between 2004-10-01 and today",
        ],
    ),
    (
        "designations.csv",
        "2015-12-11",
        "2999-01-01",
        ["line 5, starts_on: '2999-01-01': is not between 2004-10-01 and today"],
    ),
    (
        "designations.csv",
        "2015-12-11,day,,",
        "2015-12-11,day,2015-12-10,withdrawn",
        ["line 5, ends_on: '2015-12-10': is before the first day, 2015-12-11"],
    ),
    (
        "designations.csv",
        "2015-12-11,day,,",
        "2015-12-11,day,2016-12-10,",
        ["line 5, end_reason: '': a last day and a reason come together"],
    ),
    (
        "designations.csv",
        "2015-12-11,day,,",
        "2015-12-11,day,,withdrawn",
        ["line 5, end_reason: 'withdrawn': a last day and a reason come together"],
    ),
    (
        "designations.csv",
        "2015-12-11,day",
        "2015-12-11,month",
        ["line 5, starts_on: '2015-12-11': is not the first day of its month"],
    ),
    (
        "designations.csv",
        "2015-12-11,day",
        "2015-12-01,year",
        ["line 5, starts_on: '2015-12-01': is not the first day of its year"],
    ),
    (
        "designations.csv",
        "2015-12-11,day",
        "2015-12-11,hour",
        ["line 5, starts_precision: 'hour': is no known precision"],
    ),
    (
        "designations.csv",
        "santos,film",
        "santos,architecture",
        ["line 5, starts_on: '2015-12-11': is before the field began, 2025-10-31"],
    ),
    (
        "designations.csv",
        "2023-10-30,field-change",
        "2023-10-31,field-change",
        ["line 3, starts_on: '2023-10-31': overlaps the designation in line 2 that begins on 2008-05-01"],
    ),
    (
        "designations.csv",
        "lyon,literature,2023-10-31",
        "lyon,literature,2008-05-01",
        ["line 3, starts_on: '2008-05-01': overlaps the designation in line 2 that begins on 2008-05-01"],
    ),
    # official totals
    ("official_totals.csv", "2023-12-31,,4,3,3,1", "2023-12-31,,4,3,3,", ["line 2, missing: '': is empty"]),
    (
        "official_totals.csv",
        "2023-12-31,,4,3,3,1",
        "2023-12-31,,4,3,3,5",
        ["line 2, missing: '5': is more than the 4 cities"],
    ),
    (
        "official_totals.csv",
        "2023-12-31,film",
        "2023-12-31,dance",
        ["line 3, field: 'dance': is no known creative field"],
    ),
    ("official_totals.csv", "2023-12-31,film", "2023-12-31,", ["line 3, day: '2023-12-31': stands already in line 2"]),
]


@pytest.mark.parametrize(("file", "old", "new", "expected"), SPOILT)
def test_a_bad_row_is_named(folder, file, old, new, expected):
    folder.replace(file, old, new)
    assert faults(folder) == [f"{file}, {fault}" for fault in expected]


def test_a_designation_after_the_end_of_its_field(folder):
    folder.replace("fields.csv", "1,2004-10-01,", "1,2004-10-01,2015-12-10")
    assert faults(folder) == ["designations.csv, line 5, starts_on: '2015-12-11': is after the field ended, 2015-12-10"]


def test_all_faults_are_told_at_once(loaded):
    loaded.replace("countries.csv", "BR,BRA", "BR,BR")
    loaded.replace("fields.csv", "#743c8d", "red")
    loaded.replace("cities.csv", ",FR,45.7485", ",XX,nan")
    loaded.replace("cities.csv", "Santos,Santos", b"S\xe3ntos,Santos")
    loaded.replace("designations.csv", "santos,film", "santos,dance")
    loaded.append("designations.csv", "sapporo,film,2020-01-01,day,,,x", "nowhere,film,2020-13-01,day,,,x")
    loaded.replace("official_totals.csv", "2023-12-31,film", "soon,film")
    assert faults(loaded) == [
        "cities.csv, line 2, country: 'XX': is no known country",
        "cities.csv, line 2, latitude: 'nan': is no number of degrees from -90 to 90",
        "cities.csv, line 4, name_en: 'S\\udce3ntos': is not UTF-8",
        "countries.csv, line 4, iso3: 'BR': is not a code of three capital letters",
        "designations.csv, line 5, field: 'dance': is no known creative field",
        "designations.csv, line 6, starts_on: '2020-01-01': "
        "overlaps the designation in line 4 that begins on 2013-11-11",
        "designations.csv, line 7, city: 'nowhere': is no known city",
        "designations.csv, line 7, starts_on: '2020-13-01': is no date of the form 2016-04-28",
        "fields.csv, line 2, colour_light: 'red': is not a colour as #rrggbb",
        "official_totals.csv, line 3, day: 'soon': is no date of the form 2016-04-28",
    ]


def test_a_designation_inside_a_long_one_is_refused_wherever_it_stands(folder):
    folder.append(
        "designations.csv",
        "sapporo,film,2014-01-01,day,2014-12-31,withdrawn,x",
        "sapporo,literature,2016-01-01,day,2016-12-31,withdrawn,x",
    )
    assert faults(folder) == [
        f"designations.csv, line {line}, starts_on: '{day}': "
        "overlaps the designation in line 4 that begins on 2013-11-11"
        for line, day in ((6, "2014-01-01"), (7, "2016-01-01"))
    ]


def test_a_designation_that_overlaps_one_in_the_database_alone(loaded):
    loaded.write(
        "designations.csv",
        "city,field,starts_on,starts_precision,ends_on,end_reason,source\n"
        "santos,literature,2020-01-01,day,,,x\n"
        "sapporo,film,2010-01-01,day,2013-11-11,withdrawn,x\n",
    )
    assert faults(loaded) == [
        "designations.csv, line 2, starts_on: '2020-01-01': "
        "overlaps the designation in the database that begins on 2015-12-11",
        "designations.csv, line 3, starts_on: '2010-01-01': "
        "overlaps the designation in the database that begins on 2013-11-11",
    ]


def test_a_name_that_another_city_of_the_country_has_in_the_database(loaded):
    CityFactory(slug="recife", name_en="Recife", name_fr="Recife", country_id="BR")
    loaded.append("cities.csv", "recife-pe,Recife,Récife,,,BR,,,,,,,", "recife-fr,Recife,Recife,,,FR,,,,,,,")
    assert faults(loaded) == [
        "cities.csv, line 5, name_en: 'Recife': belongs already to Recife (recife), which is not in the file"
    ]


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        (
            "countries.csv",
            "",
            [
                f"countries.csv, line 1, {name}: '': the column is missing"
                for name in sorted(
                    ["iso2", "iso3", "name_en", "name_fr", "unesco_region", "unesco_status", "names_source"]
                )
            ],
        ),
        (
            "countries.csv",
            "iso2,iso3,name_en,name_fr,unesco_region,unesco_status\n",
            [
                "countries.csv, line 1, names_source: 'iso2,iso3,name_en,name_fr,unesco_region,unesco_status': "
                "the column is missing"
            ],
        ),
        (
            "countries.csv",
            "iso2,iso3,iso3,name_en,name_fr,unesco_region,unesco_status,names_source\n",
            [
                "countries.csv, line 1, iso3: "
                "'iso2,iso3,iso3,name_en,name_fr,unesco_region,unesco_status,names_source': "
                "the column appears more than once"
            ],
        ),
        (
            "countries.csv",
            'iso2,"iso3,name_en\n',
            ["countries.csv, line 1, header: 'iso2,\"iso3,name_en': is no CSV: unexpected end of data"],
        ),
    ],
)
def test_a_file_without_a_fit_header(loaded, file, content, expected):
    loaded.write(file, content)
    assert faults(loaded) == expected


def test_an_optional_column_twice(loaded):
    loaded.replace("cities.csv", "local_name,", "local_name,local_name,")
    assert [fault.rpartition(": ")[2] for fault in faults(loaded)] == ["the column appears more than once"]


def test_a_missing_file(folder):
    (folder.path / "fields.csv").unlink()
    assert f"fields.csv, line 0, file: '{folder.path}': No such file or directory" in faults(folder)


def test_an_unterminated_quote(loaded):
    loaded.replace("cities.csv", "sapporo,Sapporo", 'sapporo,"Sapporo')
    assert faults(loaded) == [
        "cities.csv, line 3, row: 'sapporo,\"Sapporo,Sapporo,札幌,,JP,43.0667,': is no CSV: unexpected end of data"
    ]


def test_lines_are_counted_as_an_editor_counts_them(folder):
    folder.replace("cities.csv", "2996944,", '2996944,"a note\non two lines"')
    folder.replace("cities.csv", ",BR,", ",XX,")
    assert faults(folder) == ["cities.csv, line 5, country: 'XX': is no known country"]


def test_bytes_that_are_no_text_at_all(loaded):
    loaded.write("countries.csv", bytes(range(256)) * 3)
    assert faults(loaded) != []
