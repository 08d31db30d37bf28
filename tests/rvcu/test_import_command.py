import csv
import datetime
import shutil

import pytest
from django.core.management import CommandError, call_command

from cities.models import City, Country, CreativeField, Designation, Edition, FormerSlug, HistoryEntry, OfficialTotal
from cities.services.checking import compare_totals, faults
from cities.services.history import flaws
from meetings.models import Meeting, MeetingChange, MeetingHost
from tests.factories import CityFactory, DataFolder

pytestmark = pytest.mark.django_db

MODELS = (Country, CreativeField, City, FormerSlug, Designation, OfficialTotal, Meeting, MeetingHost, MeetingChange)
EDITS = (Country.history, CreativeField.history, City.history, Meeting.history)


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path)


@pytest.fixture
def run(capsys):
    """Runs the import of a folder and returns what it printed."""

    def import_network(folder, **options):
        call_command("import_network", str(getattr(folder, "path", folder)), **options)
        return capsys.readouterr().out.splitlines()

    return import_network


@pytest.fixture
def refused(capsys):
    """Runs an import that must be refused and leave everything as it was; returns the faults that it printed."""

    def import_network(folder):
        before = everything()
        with pytest.raises(CommandError, match="Nothing was imported"):
            call_command("import_network", str(folder.path))
        assert everything() == before
        return capsys.readouterr().err.splitlines()

    return import_network


def everything() -> list:
    managers = [model.objects for model in (*MODELS, HistoryEntry, Edition)]
    return [list(manager.order_by("pk").values()) for manager in managers] + [
        list(manager.order_by("history_id").values()) for manager in EDITS
    ]


def test_the_network_shipped(run, capsys):
    call_command("import_network")
    assert capsys.readouterr().out.splitlines() == [
        "1090 rows were created, 0 changed, 0 are as in the files; 0 values of staff kept."
    ]
    counts = {model: model.objects.count() for model in MODELS}
    assert counts == {
        Country: 207,
        CreativeField: 8,
        City: 405,
        FormerSlug: 0,
        Designation: 406,
        OfficialTotal: 15,
        Meeting: 18,
        MeetingHost: 19,
        MeetingChange: 2,
    }
    before = everything()
    call_command("import_network")
    assert capsys.readouterr().out.splitlines() == [
        "0 rows were created, 0 changed, 1090 are as in the files; 0 values of staff kept."
    ]
    assert everything() == before


def test_what_is_shown_of_the_data_shipped(network):
    assert not City.objects.filter(population_source__icontains="memory").exists()
    assert not City.objects.exclude(population=None).filter(population_source="").exists()
    assert not City.objects.filter(latitude=None).exists()
    assert [city.slug for city in City.objects.exclude(local_name="") if city.local_name == city.name_en] == []
    local = dict(
        City.objects.filter(slug__in=["sapporo", "seoul", "cairo", "huaian", "prague"]).values_list(
            "slug", "local_name"
        )
    )
    assert local == {"sapporo": "札幌", "seoul": "서울", "cairo": "القاهرة", "huaian": "淮安", "prague": "Praha"}


def test_an_import_is_in_the_history(run, folder):
    run(folder)
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.actor, entry.reason) == (HistoryEntry.Verb.IMPORTED, None, "import_network")
    assert set(entry.changes) == {
        "countries.csv",
        "fields.csv",
        "cities.csv",
        "designations.csv",
        "official_totals.csv",
        "meetings.csv",
        "meeting_changes.csv",
        "themes.csv",
    }
    run(folder)
    assert HistoryEntry.objects.count() == 1
    folder.replace("designations.csv", "2015-12-11,day,,", "2015-12-11,day,2024-05-31,withdrawn")
    run(folder)
    santos = Designation.objects.get(city__slug="santos")
    assert HistoryEntry.objects.about(santos).get().changes == {
        "ends_on": [None, "2024-05-31"],
        "end_reason": ["", "withdrawn"],
    }
    assert list(flaws()) == []


def test_a_dry_run_says_what_would_change_and_changes_nothing(run, folder):
    assert run(folder, dry_run=True) == [
        "19 rows would be created, 0 changed, 0 are as in the files; 0 values of staff kept."
    ]
    assert not City.objects.exists()
    assert not HistoryEntry.objects.exists()
    run(folder)
    City.objects.filter(slug="sapporo").update(name_fr="Sapporo (Hokkaido)")
    folder.replace("cities.csv", "520774", "522250")
    folder.replace("designations.csv", "2015-12-11,day,,", "2015-12-11,day,2024-05-31,withdrawn")
    folder.append("designations.csv", "santos,literature,2024-06-01,day,,,minutes")
    folder.replace("meetings.csv", "santos,Santos,Santos", "santos;,Santos;Guarujá,Santos;Guarujá")
    expected = [
        "cities.csv, line 2, population: 520774 → 522250",
        "designations.csv, line 5, ends_on: None → '2024-05-31'",
        "designations.csv, line 5, end_reason: '' → 'withdrawn'",
        "meetings.csv, line 3, hosts: 'santos (Santos, Santos)' → 'santos (Santos, Santos); (Guarujá, Guarujá)'",
        "cities.csv, line 3, name_fr: kept 'Sapporo (Hokkaido)' as changed by staff; the file has 'Sapporo'",
    ]
    before = everything()
    counts = "1 rows {} created, 3 changed, 16 are as in the files; 1 values of staff kept."
    assert run(folder, dry_run=True) == [*expected, counts.format("would be")]
    assert everything() == before
    assert run(folder) == [*expected, counts.format("were")]
    assert everything() != before
    assert run(folder) == [
        expected[-1],
        "0 rows were created, 0 changed, 20 are as in the files; 1 values of staff kept.",
    ]
    assert run(folder, force=True) == [
        "cities.csv, line 3, name_fr: 'Sapporo (Hokkaido)' → 'Sapporo'",
        "0 rows were created, 1 changed, 19 are as in the files; 0 values of staff kept.",
    ]


def test_four_files_with_their_original_columns_suffice(run, data_folder, tmp_path):
    four = tmp_path / "four"
    four.mkdir()
    for name in ("countries.csv", "designations.csv", "meetings.csv"):
        shutil.copy(data_folder / name, four)
    added = {"local_name", "population_year", "population_source"}
    header, *rows = read_csv(data_folder / "cities.csv")
    places = [place for place, name in enumerate(header) if name not in added]
    write_csv(four / "cities.csv", [[row[place] for place in places] for row in (header, *rows)])
    assert run(four) == ["1088 rows were created, 0 changed, 0 are as in the files; 0 values of staff kept."]
    assert (City.objects.count(), CreativeField.objects.count(), OfficialTotal.objects.count()) == (405, 8, 15)
    assert not City.objects.exclude(local_name="").exists()
    assert faults() == []
    # The files shipped then add what these lack, and these take nothing of it away again.
    run(data_folder)
    assert City.objects.get(slug="sapporo").local_name == "札幌"
    assert run(four) == ["0 rows were created, 0 changed, 1088 are as in the files; 0 values of staff kept."]
    assert City.objects.get(slug="sapporo").local_name == "札幌"


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(CommandError, match="is no folder"):
        call_command("import_network", str(tmp_path / "nowhere"))


# Meetings


def test_meetings_and_their_hosts(run, folder):
    run(folder)
    assert list(
        MeetingHost.objects.order_by("meeting__edition").values_list("meeting__edition", "city__slug", "name_fr")
    ) == [(1, None, "Paris"), (14, "santos", "Santos")]
    santos = Meeting.objects.get(edition=14)
    assert (santos.planned_year, santos.year, santos.start_date, santos.status) == (
        2020,
        2022,
        datetime.date(2022, 7, 18),
        "held",
    )


def test_hosts_that_staff_changed_stay(run, folder):
    run(folder)
    MeetingHost.objects.filter(name_en="Paris").update(name_en="Paris (France)")
    kept = (
        "meetings.csv, line 2, hosts: kept '(Paris (France), Paris)' as changed by staff; the file has '(Paris, Paris)'"
    )
    assert run(folder)[0] == kept
    assert MeetingHost.objects.get(city=None).name_en == "Paris (France)"
    run(folder, force=True)
    assert MeetingHost.objects.get(city=None).name_en == "Paris"


def test_a_host_whose_address_staff_changed_is_found(run, folder):
    run(folder)
    city = City.objects.get(slug="santos")
    FormerSlug.objects.create(slug="santos", city=city)
    City.objects.filter(pk=city.pk).update(slug="santos-sp")
    assert run(folder) == ["0 rows were created, 0 changed, 19 are as in the files; 0 values of staff kept."]
    for model in (MeetingChange, MeetingHost, Meeting):
        model.objects.all().delete()
    run(folder)
    assert MeetingHost.objects.get(meeting__edition=14).city == city


def test_what_moved_the_meetings_shipped(network):
    moved = {change.meeting.edition: change for change in MeetingChange.objects.select_related("meeting")}
    assert {edition: (change.kind, change.when_from, change.when_to) for edition, change in moved.items()} == {
        14: ("postponed", "2020", "18–22 July 2022"),
        15: ("postponed", "2021", "2023"),
    }
    assert {change.by for change in moved.values()} == {None}
    # No source that we know gives one.
    assert {change.reason_en for change in moved.values()} == {""}


def test_who_came_as_reported(network):
    counted = Meeting.objects.exclude(figures_source="").order_by("edition")
    assert list(counted.values_list("edition", "participants", "cities_represented", "mayors")) == [
        (10, 250, 116, 20),
        (12, 350, None, 40),
    ]
    assert not Meeting.objects.filter(figures_source="", participants__isnull=False).exists()


def test_figures_need_a_source(run, refused, folder):
    head, *rows = folder.read("meetings.csv").splitlines()
    more = [f"{head},participants,cities_represented,mayors,figures_source", *(f"{row},,,," for row in rows)]
    folder.write("meetings.csv", "\n".join([*more[:-1], f"{rows[-1]},250,116,20,press"]))
    run(folder)
    santos = Meeting.objects.get(edition=14)
    assert (santos.participants, santos.cities_represented, santos.mayors) == (250, 116, 20)
    folder.write("meetings.csv", "\n".join([*more[:-1], f"{rows[-1]},250,,-1,"]))
    assert refused(folder) == [
        "meetings.csv, line 3, figures_source: '': is empty beside figures",
        "meetings.csv, line 3, mayors: '-1': is no whole number from 0 to 100000",
    ]


def test_changes_that_staff_wrote_stay_apart(run, folder, officer):
    run(folder)
    change = MeetingChange.objects.get()
    assert (change.meeting.edition, change.year_from, change.year_to) == (14, 2020, 2022)
    own = {"meeting": change.meeting, "kind": "postponed", "year_from": 2020, "year_to": 2022, "by": officer}
    MeetingChange.objects.create(**own, reason_en="A flood.", reason_fr="Une inondation.")
    folder.replace("meeting_changes.csv", ",,,,web page", ",,A strike.,Une grève.,press")
    assert [line for line in run(folder) if "reason_en" in line] == [
        "meeting_changes.csv, line 2, reason_en: '' → 'A strike.'"
    ]
    assert sorted(MeetingChange.objects.values_list("reason_en", flat=True)) == ["A flood.", "A strike."]


def test_a_folder_with_meetings_of_its_own_need_not_say_what_moved_them(run, folder):
    (folder.path / "meeting_changes.csv").unlink()
    run(folder)
    assert not MeetingChange.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("14,postponed", "15,postponed", "edition: '15': is no edition of meetings.csv"),
        ("14,postponed", "14,moved", "kind: 'moved': is no known kind"),
        (",,2020,", ",,1999,", "year_from: '1999': is no whole number from 2004 to 2100"),
        (",,,,web page", ",,A strike.,,web page", "reason_fr: '': a reason is given in both languages or in none"),
    ],
)
def test_a_bad_change_is_named(refused, folder, old, new, expected):
    folder.replace("meeting_changes.csv", old, new)
    assert refused(folder) == [f"meeting_changes.csv, line 2, {expected}"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("14,santos", "1,santos", ["line 3, edition: '1': stands already in line 2"]),
        ("14,santos", "0,santos", ["line 3, edition: '0': is no whole number from 1 to 999"]),
        ("14,santos", "14,recife", ["line 3, hosts: 'recife': 'recife' is no known city"]),
        (
            "santos,Santos,Santos",
            "santos,Santos;Recife,Santos",
            ["line 3, hosts: 'santos': hosts, hosts_en and hosts_fr do not name as many places"],
        ),
        (
            "santos,Santos,Santos",
            "santos;santos,Santos;A,Santos;B",
            ["line 3, hosts: 'santos;santos': names 'santos' more than once"],
        ),
        (
            "santos,Santos,Santos",
            "santos;,Santos;,Santos;B",
            ["line 3, hosts_en: 'Santos;': has a name that is empty or longer than 100 characters"],
        ),
        (",BR,", ",XX,", ["line 3, country: 'XX': is no known country"]),
        (
            "2022-07-18",
            "2022-07-32",
            [
                "line 3, end_date: '2022-07-22': first and last day come together",
                "line 3, start_date: '2022-07-32': is no date of the form 2016-04-28",
            ],
        ),
        ("2022-07-18", "", ["line 3, end_date: '2022-07-22': first and last day come together"]),
        ("2022-07-22", "2022-07-17", ["line 3, end_date: '2022-07-17': is before the first day, 2022-07-18"]),
        ("2020,2022", "2020,2021", ["line 3, start_date: '2022-07-18': is not in 2021"]),
        ("held,postponed", "done,postponed", ["line 3, status: 'done': is no known status"]),
    ],
)
def test_a_bad_meeting_is_named(refused, folder, old, new, expected):
    (folder.path / "meeting_changes.csv").unlink()
    folder.replace("meetings.csv", old, new)
    assert refused(folder) == [f"meetings.csv, {fault}" for fault in expected]


def test_faults_of_meetings_are_told_with_those_of_the_others(run, refused, folder):
    run(folder)
    folder.replace("meetings.csv", "14,santos", "14,recife")
    folder.replace("cities.csv", ",JP,", ",XX,")
    folder.append("designations.csv", "santos,literature,2020-01-01,day,,,x")
    assert refused(folder) == [
        "cities.csv, line 3, country: 'XX': is no known country",
        "designations.csv, line 6, starts_on: '2020-01-01': "
        "overlaps the designation in line 5 that begins on 2015-12-11",
        "meetings.csv, line 3, hosts: 'recife': 'recife' is no known city",
    ]


# The check


def test_the_network_agrees_with_the_official_totals(network, capsys):
    found = {
        (comparison.total.day.isoformat(), comparison.what): (
            comparison.cities,
            comparison.total.missing,
            comparison.total.cities,
            comparison.countries,
            comparison.fields,
        )
        for comparison in compare_totals()
    }
    assert {key: value for key, value in found.items() if key[1] == "network"} == {
        ("2014-12-31", "network"): (69, 0, 69, 32, 7),
        ("2015-12-31", "network"): (116, 0, 116, 54, 7),
        ("2016-04-28", "network"): (116, 0, 116, 54, 7),
        ("2017-12-31", "network"): (180, 0, 180, 72, 7),
        ("2019-12-31", "network"): (246, 0, 246, 84, 7),
        ("2021-12-31", "network"): (295, 0, 295, 92, 7),
        ("2023-12-31", "network"): (350, 0, 350, 105, 7),
        ("2025-10-31", "network"): (405, 3, 408, 108, 8),
    }
    assert {what: value[0] for (_day, what), value in found.items() if what != "network"} == {
        "crafts-folk-art": 20,
        "design": 22,
        "film": 8,
        "gastronomy": 18,
        "literature": 20,
        "media-arts": 9,
        "music": 19,
    }
    call_command("check_network")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 17
    assert [line.split()[-1] for line in lines[1:-1]] == ["agrees"] * 15
    assert lines[-1] == "The network agrees with every official total, and with itself."


def checked(capsys) -> list[str]:
    """What the check finds wrong; it must fail."""
    with pytest.raises(CommandError, match="not as it should be"):
        call_command("check_network")
    return capsys.readouterr().err.splitlines()


def test_the_check_fails_on_a_city_that_is_gone(network, capsys):
    Designation.objects.filter(city__slug="reykjavik").delete()
    City.objects.get(slug="reykjavik").delete()
    assert checked(capsys) == [
        "2014-12-31, network: 68 cities and 0 missing, officially 69; 31 countries, officially 32.",
        "2015-12-31, network: 115 cities and 0 missing, officially 116.",
        "2016-04-28, network: 115 cities and 0 missing, officially 116; 53 countries, officially 54.",
        "2016-04-28, literature: 19 cities and 0 missing, officially 20.",
        "2017-12-31, network: 179 cities and 0 missing, officially 180; 71 countries, officially 72.",
        "2019-12-31, network: 245 cities and 0 missing, officially 246.",
        "2021-12-31, network: 294 cities and 0 missing, officially 295.",
        "2023-12-31, network: 349 cities and 0 missing, officially 350.",
        "2025-10-31, network: 404 cities and 3 missing, officially 408.",
    ]


def test_the_check_fails_on_rows_at_odds_with_each_other(run, folder, capsys):
    run(folder)
    call_command("check_network")
    capsys.readouterr()
    CityFactory(slug="lonely", country_id="FR")
    Designation.objects.filter(field__slug="literature").update(member_since="2023-10-31")
    assert checked(capsys) == [
        "The city lonely has no designation.",
        "The designation of lyon from 2023-10-31 says member since 2023-10-31 (month); "
        "the designations give 2008-05-01 (month).",
    ]


def test_the_check_fails_without_the_number_of_changes(run, folder, capsys):
    run(folder)
    Edition.objects.all().delete()
    assert checked(capsys) == ["The number of changes of the data is kept in one row; the database has 0."]


def test_the_check_fails_on_an_empty_database(capsys):
    assert checked(capsys) == ["There is no official total to compare with: run `manage.py import_network`."]


@pytest.mark.parametrize(
    ("values", "differences"),
    [
        ({"cities": 4, "missing": 1, "countries": 3, "fields": 3}, []),
        ({"cities": 4, "missing": 1, "countries": 4, "fields": 4}, []),
        ({"cities": 4, "missing": 1, "countries": 5, "fields": None}, ["3 countries, officially 5"]),
        ({"cities": 4, "missing": 1, "countries": 2, "fields": None}, ["3 countries, officially 2"]),
        ({"cities": 3, "missing": 0, "countries": None, "fields": 4}, ["3 creative fields, officially 4"]),
        ({"cities": 4, "missing": 0, "countries": None, "fields": None}, ["3 cities and 0 missing, officially 4"]),
    ],
)
def test_missing_cities_excuse_what_they_can(run, folder, values, differences):
    run(folder)
    OfficialTotal.objects.filter(field=None).update(**values)
    network = next(comparison for comparison in compare_totals() if comparison.what == "network")
    assert network.differences == differences
