"""Snapshots of the open data: the same bytes for the same data, kept, numbered, and shown as they were published."""

import csv
import datetime
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from html import unescape
from pathlib import Path

import frictionless
import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.test import Client
from django.utils import timezone, translation

from cities.models import City, HistoryEntry
from cities.services import history
from cities.services.city import readdress
from rvcu.models import DataSnapshot
from rvcu.snapshots import packing, publishing
from rvcu.snapshots.publishing import SnapshotRefused, publish_snapshot
from rvcu.snapshots.storage import folder_of, root
from rvcu.snapshots.verifying import flaws
from tests.factories.hosting import make_meeting
from tests.history_guards import unguarded

DAY = datetime.date(2016, 4, 28)
QUERIES = 120
"""That all files of a day cost at most, each list once a format, however many rows they have."""
ADDRESS = "/data/snapshots/2016-04-28/1/"


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    return settings.VAR_DIR


@pytest.fixture
def published(network) -> DataSnapshot:
    return publish_snapshot(day=DAY).snapshot


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def correct(slug: str = "lyon") -> None:
    """What an officer does who corrects a fact."""
    City.objects.filter(slug=slug).update(population=4711)


# Publishing


def test_a_snapshot_holds_every_list_in_its_formats(published):
    names = [file["name"] for file in published.files]
    assert {f"cities.{one}" for one in ("csv", "xlsx", "json", "jsonld", "geojson", "kml")} <= set(names)
    for name in ("designations", "fields", "countries", "initiatives", "cooperation", "meetings"):
        assert {f"{name}.csv", f"{name}.json"} <= set(names)
    assert {"meetings.ics", "meetings-fr.ics", "README.txt", "datapackage.json"} <= set(names)
    assert names[-3:] == ["manifest.json", "SHA256SUMS", "rvcu-2016-04-28-1.zip"]
    assert sorted(content(folder_of(published))) == sorted(names)
    assert (published.cities, published.edition, published.reason) == (116, 1, "")


def test_frictionless_accepts_the_package_and_finds_116_cities(published, monkeypatch):
    monkeypatch.chdir(folder_of(published))
    report = frictionless.validate("datapackage.json")
    assert report.valid, report.flatten(["title", "message"])
    package = frictionless.Package("datapackage.json")
    rows = {resource.name: resource.read_rows() for resource in package.resources}
    assert len(rows["cities"]) == 116
    assert (len(rows["fields"]), len(rows["countries"])) == (7, 54)
    lyon = next(row for row in rows["cities"] if row["slug"] == "lyon")
    assert (lyon["field"], lyon["member_since"]) == ("media-arts", datetime.date(2008, 6, 1))
    assert package.to_dict()["version"] == "2016-04-28-1"


def test_sha256sum_accepts_the_sums(published):
    told = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"],  # noqa: S607  of the system
        cwd=folder_of(published),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.count(": OK") == len(published.files) - 2


def test_the_manifest_says_what_the_snapshot_is(network):
    head = str(history.head())
    published = publish_snapshot(day=DAY).snapshot
    manifest = json.loads((folder_of(published) / "manifest.json").read_text())
    assert (manifest["day"], manifest["edition"], manifest["cities"]) == ("2016-04-28", 1, 116)
    assert manifest["history_head"] == head
    assert manifest["last_change"] == "2015-12-11"
    assert manifest["licence"] == "CC BY 4.0"
    assert manifest["source"].endswith(ADDRESS)
    for file in manifest["files"]:
        path = folder_of(published) / file["name"]
        assert (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) == (file["size"], file["sha256"])


def test_the_archive_holds_every_other_file(published):
    folder = folder_of(published)
    with zipfile.ZipFile(folder / published.archive["name"]) as archive:
        packed = {Path(name).name: archive.read(name) for name in archive.namelist()}
        assert {Path(name).parent.name for name in archive.namelist()} == {"rvcu-2016-04-28-1"}
    others = content(folder)
    del others[published.archive["name"]]
    assert packed == others


def test_the_readme_speaks_both_languages(published):
    text = (folder_of(published) / "README.txt").read_text()
    assert "as of 28 April 2016, edition 1" in text
    assert "au 28 avril 2016, édition 1" in text


def test_files_can_only_be_read(published):
    assert {path.stat().st_mode & 0o777 for path in folder_of(published).iterdir()} == {0o444}


def test_demonstrations_are_left_out(network):
    make_meeting(71, is_demonstration=True)
    make_meeting(72)
    path = folder_of(publish_snapshot(day=DAY).snapshot) / "meetings.csv"
    with path.open(newline="") as file:
        editions = {row["edition"] for row in csv.DictReader(file)}
    assert editions & {"71", "72"} == {"72"}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_same_data_give_the_same_bytes_in_two_empty_storages(network, settings, tmp_path, language):
    folders = []
    for name in ("one", "two"):
        settings.VAR_DIR = tmp_path / name
        before = transaction.savepoint_create()
        with translation.override(language):
            folders.append(content(folder_of(publish_snapshot(day=DAY).snapshot)))
        transaction.savepoint_rollback(before)
    assert folders[0] == folders[1]


def test_the_same_data_are_published_once(published, officer):
    before = content(folder_of(published))
    # The head of the history and the clock have moved on.
    history.record(HistoryEntry.Verb.MAIL_RETRIED, by=officer)
    again = publish_snapshot(day=DAY, by=officer, reason="Nothing")
    assert (again.snapshot, again.is_new) == (published, False)
    assert DataSnapshot.objects.count() == 1
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.SNAPSHOT_PUBLISHED).count() == 1
    assert content(folder_of(published)) == before
    assert [path.name for path in root().iterdir() if path.name.startswith(".making")] == []


def test_lost_files_are_made_again_to_the_same_bytes(published, storage, officer):
    before = content(folder_of(published))
    storage.rename(storage.with_name("lost"))
    history.record(HistoryEntry.Verb.MAIL_RETRIED, by=officer)
    assert not publish_snapshot(day=DAY).is_new
    assert content(folder_of(published)) == before


def test_lost_files_that_would_be_others_now_are_not_made_again(published, storage, settings, monkeypatch):
    storage.rename(storage.with_name("lost"))
    monkeypatch.setattr(packing, "readme", lambda snapshot, datasets: "Another release words it otherwise.")
    with pytest.raises(SnapshotRefused, match="bring them back"):
        publish_snapshot(day=DAY)
    assert not folder_of(published).exists()


def test_a_corrected_day_is_a_further_edition_beside_the_former(published, officer):
    before = content(folder_of(published))
    correct()
    second = publish_snapshot(day=DAY, by=officer, reason="Population of Lyon").snapshot
    assert (second.edition, second.by, second.reason) == (2, officer, "Population of Lyon")
    assert second.changes == {"cities": {"came": [], "went": [], "changed": ["lyon"]}}
    assert content(folder_of(published)) == before
    manifest = json.loads((folder_of(second) / "manifest.json").read_text())
    assert (manifest["corrects_edition"], manifest["reason"]) == (1, "Population of Lyon")
    assert manifest["changes"] == second.changes
    act = HistoryEntry.objects.about(second).get()
    assert (act.verb, act.actor, act.reason) == ("snapshot.published", officer, "Population of Lyon")
    assert act.changes["manifest.json"] == [published.manifest_sha256, second.manifest_sha256]
    assert act.changes["cities"] == ["lyon", "lyon"]
    assert list(flaws()) == []


def test_a_new_address_of_a_city_shows_as_one_that_went_and_one_that_came(published, officer):
    readdress(city=City.objects.get(slug="lyon"), slug="lyon-metropole", reason="Test", by=officer)
    changes = publish_snapshot(day=DAY).snapshot.changes
    assert changes["cities"] == {"came": ["lyon-metropole"], "went": ["lyon"], "changed": []}


def test_lyon_on_both_sides_of_its_move(network):
    fields = []
    for day in (datetime.date(2023, 10, 30), datetime.date(2023, 10, 31)):
        path = folder_of(publish_snapshot(day=day).snapshot) / "cities.csv"
        with path.open(newline="") as file:
            fields += [row["field"] for row in csv.DictReader(file) if row["slug"] == "lyon"]
    assert fields == ["media-arts", "literature"]


def test_a_day_to_come_is_refused(network):
    with pytest.raises(SnapshotRefused):
        publish_snapshot(day=timezone.localdate() + datetime.timedelta(days=2))
    assert not DataSnapshot.objects.exists()


def test_before_the_first_member_there_are_no_cities(network, monkeypatch):
    snapshot = publish_snapshot(day=datetime.date(1970, 1, 1)).snapshot
    assert (snapshot.cities, snapshot.last_change) == (0, None)
    monkeypatch.chdir(folder_of(snapshot))
    assert frictionless.validate("datapackage.json").valid


def test_a_snapshot_reads_a_constant_number_of_queries(network):
    numbers = []
    for day in (datetime.date(2008, 1, 1), datetime.date(2023, 12, 31)):
        with connection.execute_wrapper(counting := Counting()):
            publish_snapshot(day=day)
        numbers.append(counting.number)
    assert numbers[0] == numbers[1] <= QUERIES


class Counting:
    number = 0

    def __call__(self, execute, sql, params, many, context):
        self.number += sql.lstrip().upper().startswith("SELECT")
        return execute(sql, params, many, context)


# Keeping


TABLE = DataSnapshot._meta.db_table


@pytest.mark.parametrize(
    "statement", [f"UPDATE {TABLE} SET reason = 'another'", f"DELETE FROM {TABLE}", f"UPDATE {TABLE} SET edition = 7"]
)
def test_the_database_refuses_to_change_a_snapshot(published, statement):
    connection.check_constraints()
    with pytest.raises(Error, match="snapshots_only_grow"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_verification_finds_nothing_where_nothing_was_touched(published, capsys):
    correct()
    publish_snapshot(day=DAY)
    call_command("verify_snapshots")
    assert "Snapshots: 2." in capsys.readouterr().out


def test_verification_finds_a_changed_a_missing_and_a_foreign_file(published, capsys):
    folder = folder_of(published)
    (folder / "cities.csv").chmod(0o644)
    (folder / "cities.csv").write_bytes((folder / "cities.csv").read_bytes().replace(b"Lyon", b"Lyom"))
    (folder / "fields.csv").unlink()
    (folder / "extra.csv").write_text("")
    with pytest.raises(CommandError, match="3 flaws"):
        call_command("verify_snapshots")
    told = capsys.readouterr().err
    assert "cities.csv was changed" in told
    assert "fields.csv is missing" in told
    assert "extra.csv does not belong there" in told


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"cities": 117}, "the manifest is not the one of the database"),
        ({"history_head": f"1:{'0' * 64}"}, "the head of the history that it names is not in the chain"),
        ({"edition": 2}, "Edition 1 of 2016-04-28 is missing"),
    ],
)
def test_verification_finds_a_changed_row(published, change, found):
    with unguarded(DataSnapshot):
        DataSnapshot.objects.update(**change)
    assert any(found in flaw for flaw in flaws())


def test_verification_does_not_mind_that_the_site_moved(published, settings):
    settings.SITE_ADDRESS, settings.PUBLISHER = "https://elsewhere.example.org", "Another publisher"
    assert list(flaws()) == []


def test_verification_finds_files_and_row_that_were_changed_together(published):
    """Whoever can write both is told by the history, which names the manifest."""
    files = [*published.files]
    forged = {**published.file("manifest.json"), "sha256": "0" * 64}
    files[files.index(published.file("manifest.json"))] = forged
    with unguarded(DataSnapshot):
        DataSnapshot.objects.update(files=files)
    assert any("the history names another manifest" in flaw for flaw in flaws())


# The command


def test_the_command_prints_address_edition_and_sum(network, capsys):
    call_command("publish_snapshot", "--as-of", "2016-04-28")
    told = capsys.readouterr().out
    snapshot = DataSnapshot.objects.get()
    assert "2016-04-28, edition 1." in told
    assert ADDRESS in told
    assert snapshot.manifest_sha256 in told
    call_command("publish_snapshot", "--as-of", "2016-04-28")
    assert "Nothing new" in capsys.readouterr().out


def test_the_command_takes_today_and_says_that_it_is_not_over(network, capsys):
    call_command("publish_snapshot")
    assert "The day is not over" in capsys.readouterr().err
    assert DataSnapshot.objects.get().day == timezone.localdate()


@pytest.mark.parametrize("day", ["28.4.2016", "20160428", "2016-W17-4", "9999-12-31"])
def test_the_command_refuses_what_is_no_day_of_the_past(network, day):
    with pytest.raises(CommandError):
        call_command("publish_snapshot", "--as-of", day)
    assert not DataSnapshot.objects.exists()


# The addresses


def test_the_files_are_served_for_ever(published, client, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = client.get(f"{ADDRESS}cities.csv")
    assert b"".join(answer) == (folder_of(published) / "cities.csv").read_bytes()
    assert answer["ETag"] == f'"{published.file("cities.csv")["sha256"]}"'
    assert "immutable" in answer["Cache-Control"]
    assert "public" in answer["Cache-Control"]
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == 'attachment; filename="cities.csv"'
    assert not answer.cookies
    with django_assert_num_queries(1):
        kept = client.get(f"{ADDRESS}cities.csv", headers={"If-None-Match": answer["ETag"]})
    assert (kept.status_code, kept.content, kept["ETag"]) == (304, b"", answer["ETag"])


def test_every_file_is_there_under_its_name(published, client):
    for file in published.files:
        answer = client.get(ADDRESS + file["name"])
        assert hashlib.sha256(b"".join(answer)).hexdigest() == file["sha256"], file["name"]


def test_the_index_is_the_manifest(published, client):
    answer = client.get(ADDRESS)
    assert answer["Content-Type"] == "application/json"
    assert json.loads(b"".join(answer))["cities"] == 116


def test_a_day_leads_to_its_newest_edition(published, client):
    assert client.get("/data/snapshots/2016-04-28/").url == ADDRESS
    correct()
    publish_snapshot(day=DAY)
    assert client.get("/data/snapshots/2016-04-28/").url == "/data/snapshots/2016-04-28/2/"


NOWHERE = [
    "2016-04-29/",
    "2016-04-28/2/",
    "2016-02-30/1/",
    "20160428/1/",
    "2016-04-28/1/no-file.csv",
    "2016-04-28/1/..%2f1%2fcities.csv",
    "2016-04-28/1/../../.lock",
    "2016-04-28/1/%2e%2e/%2e%2e/.lock",
    "2016-04-28/0/cities.csv",
    "2016-04-28/99999999999999999999/cities.csv",
    "2016-04-28/1/cities.csv%00",
]


def test_what_is_no_file_of_a_snapshot_is_not_found(published, client):
    for address in NOWHERE:
        assert client.get(f"/data/snapshots/{address}").status_code == 404, address


def test_a_file_that_was_lost_is_not_found(published, client):
    (folder_of(published) / "cities.csv").unlink()
    assert client.get(f"{ADDRESS}cities.csv").status_code == 404


def test_what_a_killed_run_left_is_not_shown(network, client):
    left = root() / "2016-04-28" / "1"
    left.mkdir(parents=True)
    (left / "cities.csv").write_text("half")
    (root() / ".making-abc").mkdir()
    assert client.get(f"{ADDRESS}cities.csv").status_code == 404
    published = publish_snapshot(day=DAY).snapshot
    assert published.edition == 1
    assert list(flaws()) == []
    assert not (root() / ".making-abc").exists()


@pytest.mark.parametrize("step", ["pack", "put", "record"])
def test_a_run_that_fails_at_a_step_leaves_nothing_to_be_seen(network, client, monkeypatch, step):
    with monkeypatch.context() as broken:
        broken.setattr(publishing, step, failing)
        with pytest.raises(OSError, match="full"):
            publish_snapshot(day=DAY)
    assert not DataSnapshot.objects.exists()
    assert client.get(f"{ADDRESS}cities.csv").status_code == 404
    assert publish_snapshot(day=DAY).is_new
    assert list(flaws()) == []


def failing(*args, **kwargs):
    raise OSError("The disk is full.")


@pytest.mark.parametrize(
    ("name", "language"),
    [("meetings.ics", "en"), ("meetings-fr.ics", "fr"), ("README.txt", "en, fr"), ("cities.csv", "en")],
)
def test_a_file_is_sent_as_of_the_language_that_it_is_in(published, client, name, language):
    assert client.get(ADDRESS + name)["Content-Language"] == language


# The pages


PAGE = "/en/data/snapshots/2016-04-28/1/"


def text_of(client: Client, address: str) -> str:
    return " ".join(unescape(client.get(address).content.decode()).split())


@pytest.mark.parametrize(
    ("language", "title", "cited"),
    [
        (
            "en",
            "Open data as of 28 April 2016",
            "“Open data of the UNESCO Creative Cities Network, edition 1”, as of 28 April 2016.",
        ),
        (
            "fr",
            "Données ouvertes au 28 avril 2016",
            "« Données ouvertes du Réseau des villes créatives de l’UNESCO, édition 1 », état au 28 avril 2016.",
        ),
    ],
)
def test_a_snapshot_has_a_page_with_all_its_files_and_how_to_cite_it(
    published, client, settings, language, title, cited
):
    address = f"/{language}/data/snapshots/2016-04-28/1/"
    text = text_of(client, address)
    assert f"<h1>{title}</h1>" in text
    assert cited in text
    assert f"CC BY 4.0, {settings.SITE_ADDRESS}{address}, " in text
    addresses = [text.index(f'href="{ADDRESS}{file["name"]}"') for file in published.files]
    assert all(file["sha256"] in text for file in published.files)
    # Whoever wants all of it finds it first.
    assert min(addresses) == addresses[-1]
    assert f'href="{ADDRESS}"' in text
    assert published.history_head in text
    assert 'role="note"' not in text


def test_the_page_costs_the_same_however_many_editions_there_are(published, client, django_assert_num_queries):
    with django_assert_num_queries(2):
        client.get(PAGE)
    with django_assert_num_queries(1):
        client.get(PAGE)
    correct()
    publish_snapshot(day=DAY)
    with django_assert_num_queries(2):
        client.get(PAGE)


def test_the_page_of_a_former_edition_leads_to_the_newer_one_and_back(published, client):
    correct()
    publish_snapshot(day=DAY, reason="Population <of> Lyon")
    former = text_of(client, PAGE)
    assert "There is a newer edition of this day." in former
    assert former.count('href="/en/data/snapshots/2016-04-28/2/"') == 2
    assert "What was corrected" not in former
    newer = client.get("/en/data/snapshots/2016-04-28/2/").content.decode()
    assert "There is a newer edition" not in newer
    assert 'href="/en/data/snapshots/2016-04-28/1/"' in newer
    assert "Population &lt;of&gt; Lyon" in newer
    assert "1 row changed" in newer
    assert "<code>lyon</code>" in newer


def test_of_a_correction_of_many_rows_all_are_named(published, client):
    City.objects.update(population=1)
    second = publish_snapshot(day=DAY).snapshot
    text = text_of(client, second.get_absolute_url())
    assert "116 rows changed" in text
    assert all(f"<code>{key}</code>" in text for key in second.changes["cities"]["changed"])


def test_the_lines_that_the_page_gives_to_check_a_copy_work(published, client, tmp_path):
    lines = unescape(re.search(r"<pre[^>]*><code>(.+?)</code></pre>", client.get(PAGE).content.decode(), re.S)[1])
    fetched, *checked = lines.split("\n")
    assert fetched.startswith("curl ")
    assert fetched.endswith(f"{ADDRESS}{published.archive['name']}")
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / published.archive["name"]).write_bytes((folder_of(published) / published.archive["name"]).read_bytes())
    if shutil.which("unzip") is None:
        checked = [
            line.replace("unzip -q", f"{sys.executable} -m zipfile -e") + (" ." if "unzip" in line else "")
            for line in checked
        ]
    script = "\n".join(["set -e", *checked])
    done = subprocess.run(["sh", "-c", script], cwd=copy, capture_output=True, text=True, check=True)  # noqa: S607
    assert done.stdout.count(": OK") == 1 + len(published.files) - 2


@pytest.mark.parametrize("where", ["2016-04-29/1/", "2016-04-28/2/", "2016-04-28/0/", "2016-02-30/1/", "20160428/1/"])
def test_where_nothing_was_published_there_is_no_page(published, client, where):
    assert client.get(f"/en/data/snapshots/{where}").status_code == 404


def test_the_sitemap_names_the_newest_edition_of_each_day(published, client):
    correct()
    publish_snapshot(day=DAY)
    text = client.get("/sitemap.xml").content.decode()
    assert "/fr/data/snapshots/2016-04-28/2/<" in text
    assert "/data/snapshots/2016-04-28/1/<" not in text


@pytest.mark.parametrize(("language", "corrected"), [("en", "corrected"), ("fr", "corrigée")])
def test_the_page_of_open_data_lists_the_snapshots(published, client, language, corrected):
    correct()
    publish_snapshot(day=DAY, reason="Population <of> Lyon")
    text = client.get(f"/{language}/data/").content.decode()
    assert corrected in text
    assert "Population &lt;of&gt; Lyon" in text
    assert f'href="/{language}{ADDRESS}"' in text
    assert f'href="/{language}{ADDRESS}#files"' in text
    assert f'href="{ADDRESS}{published.archive["name"]}"' in text


def test_an_officer_publishes_in_the_admin(network, officer, signed_in):
    client: Client = signed_in(officer)
    page = "/admin/rvcu/datasnapshot/publish/"
    assert b"stay as they are" in client.get(page).content
    refused = client.post(page, {"day": "2999-01-01", "seen": "0"})
    assert refused.status_code == 200
    assert b"2999-01-01" in refused.content
    answer = client.post(page, {"day": "2016-04-28", "reason": "", "seen": "0"}, follow=True)
    snapshot = DataSnapshot.objects.get()
    assert snapshot.by == officer
    assert snapshot.manifest_sha256 in answer.content.decode()
    again = client.post(page, {"day": "2016-04-28", "reason": "", "seen": "0"}, follow=True)
    assert '<li class="warning">Nothing was published' in again.content.decode()
    assert client.get("/admin/rvcu/datasnapshot/").status_code == 200


def test_an_auditor_looks_and_does_not_publish(published, auditor, signed_in):
    client: Client = signed_in(auditor)
    assert client.get("/admin/rvcu/datasnapshot/").status_code == 200
    page = client.get(f"/admin/rvcu/datasnapshot/{published.pk}/change/").content.decode()
    assert f'<a href="{PAGE}" class="viewsitelink">' in page
    assert client.post("/admin/rvcu/datasnapshot/publish/", {"day": "2016-04-28"}).status_code == 403
    assert client.post(f"/admin/rvcu/datasnapshot/{published.pk}/delete/").status_code == 403


def test_coordinators_reach_none_of_it(published, coordinator, signed_in):
    assert signed_in(coordinator).get("/admin/rvcu/datasnapshot/publish/").status_code in (302, 403)
