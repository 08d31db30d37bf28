"""Import of the annual meetings, beside `cities.services.importing`."""

from collections import defaultdict
from typing import Any

from cities.models import City
from cities.services.importing import Change, Loader, Network, Report, Rows
from cities.services.tables import Folder, Row

from ..models import Meeting, MeetingChange, MeetingHost

FIGURES = ("participants", "cities_represented", "mayors")
CHANGES = "meeting_changes.csv"


def write_meetings(loader: Loader, rows: Rows, changes: Rows) -> None:
    """Write what read_meetings() and read_changes() read without a fault; cities and countries come first."""
    meetings = loader.upsert(
        Meeting,
        lambda meeting: meeting.edition,
        [(row, edition, without_hosts(values)) for row, edition, values in rows],
        "meetings.csv",
    )
    cities = City.objects.in_bulk(field_name="slug")
    held = defaultdict(list)
    for host in MeetingHost.objects.select_related("city").order_by("position", "pk"):
        held[host.meeting_id].append(host)
    for row, edition, values in rows:
        meeting = meetings[edition]
        given = [
            MeetingHost(meeting=meeting, position=position, city=cities.get(slug), name_en=name_en, name_fr=name_fr)
            for position, (slug, name_en, name_fr) in enumerate(values["hosts"])
        ]
        write_hosts(loader, row, meeting, held[meeting.pk], given)
    write_changes(loader, changes)


def write_changes(loader: Loader, rows: Rows) -> None:
    """Write what moved meetings before the portal knew of them; what staff did here is not touched."""
    editions = dict(Meeting.objects.values_list("edition", "pk"))
    by_staff = MeetingChange.objects.exclude(by=None).values_list("pk", flat=True)
    keys: dict[Any, Any] = {meeting: edition for edition, meeting in editions.items()}
    own = set(by_staff)
    loader.upsert(
        MeetingChange,
        lambda change: (
            (change.pk,)
            if change.pk in own
            else (keys[change.meeting_id], change.kind, change.year_from, change.year_to)
        ),
        [(row, key, values | {"meeting_id": editions[key[0]]}) for row, key, values in rows],
        CHANGES,
    )


def without_hosts(values: dict) -> dict:
    return {name: value for name, value in values.items() if name != "hosts"}


def write_hosts(loader: Loader, row: Row, meeting: Meeting, held: list[MeetingHost], given: list[MeetingHost]) -> None:
    """Make the hosts of a meeting those of its row, unless staff changed them since the last import."""
    now, then = as_text(held), as_text(given)
    before = meeting.imported.get("hosts", "")
    by_staff = now not in (before, then) and not loader.force
    if by_staff:
        loader.report.kept.append(
            f"{row.file}, line {row.line}, hosts: kept {now!r} as changed by staff; the file has {then!r}"
        )
    elif now != then:
        MeetingHost.objects.filter(meeting=meeting).delete()
        MeetingHost.objects.bulk_create(given)
        if before:
            report_hosts(loader.report, row, meeting, [now, then])
    if before != then:
        meeting.imported["hosts"] = then
        Meeting.objects.filter(pk=meeting.pk).update(imported=meeting.imported)


def report_hosts(report: Report, row: Row, meeting: Meeting, change: list[str]) -> None:
    """Put changed hosts down with the other changes of the meeting's row, of which there may be none so far."""
    known = next((known for known in report.changed if known.obj is meeting), None)
    if known is None:
        known = Change(row, meeting, {})
        report.changed.append(known)
        report.unchanged[row.file] -= 1
    known.changes["hosts"] = change


def as_text(hosts: list[MeetingHost]) -> str:
    """Hosts as one text, to compare and to report: "krakow (Kraków, Cracovie); katowice (Katowice, Katowice)"."""
    return "; ".join(
        f"{host.city.slug if host.city else ''} ({host.name_en}, {host.name_fr})".strip() for host in hosts
    )


def read_meetings(folder: Folder, network: Network) -> Rows:
    """The meetings by edition, each with its `hosts`; faults are noted in the folder."""
    rows = folder.rows(
        "meetings.csv",
        "edition hosts hosts_en hosts_fr country planned_year year start_date end_date status note source",
        optional="participants cities_represented mayors figures_source",
    )
    folder.unique(rows, "edition")
    read = []
    for row in rows:
        values: dict[str, Any] = {
            "edition": row.integer("edition", 1, 999, required=True),
            "country_id": row.choice("country", network.codes, "country"),
            "planned_year": row.integer("planned_year", 2004, 2100, required=True),
            "year": row.integer("year", 2004, 2100, required=True),
            "start_date": row.day("start_date"),
            "end_date": row.day("end_date"),
            "status": row.choice("status", Meeting.Status.values, "status"),
            "note": row.text("note"),
            "source": row.text("source", limit=300),
            "hosts": read_hosts(row, network.addresses),
        }
        values |= {name: row.integer(name, 0, 100_000) for name in FIGURES if name in row.values}
        if "figures_source" in row.values:
            values["figures_source"] = row.text("figures_source", limit=300)
            if not values["figures_source"] and any(values.get(name) is not None for name in FIGURES):
                row.refuse("figures_source", "is empty beside figures")
        start, end = values["start_date"], values["end_date"]
        if (start is None) != (end is None):
            row.refuse("end_date", "first and last day come together")
        if start and end and end < start:
            row.refuse("end_date", f"is before the first day, {start}")
        if start and values["year"] and start.year != values["year"]:
            row.refuse("start_date", f"is not in {values['year']}")
        read.append((row, values["edition"], values))
    return read


def read_changes(folder: Folder, meetings: Rows) -> Rows:
    """What moved the meetings of meetings.csv, by edition, kind and years; faults are noted in the folder.

    A folder with meetings of its own need not say what moved them.
    """
    if not (folder.path / CHANGES).exists() and (folder.path / "meetings.csv").exists():
        return []
    rows = folder.rows(
        CHANGES,
        "edition kind decided_on year_from year_to start_from end_from start_to end_to"
        " hosts_from_en hosts_from_fr hosts_to_en hosts_to_fr reason_en reason_fr source",
    )
    folder.unique(rows, "edition", "kind", "year_from", "year_to")
    editions = {edition for _row, edition, _values in meetings}
    read = []
    for row in rows:
        edition = row.integer("edition", 1, 999, required=True)
        if edition and edition not in editions:
            row.refuse("edition", "is no edition of meetings.csv")
        values: dict[str, Any] = {"kind": row.choice("kind", MeetingChange.Kind.values, "kind")}
        for name in ("decided_on", "start_from", "end_from", "start_to", "end_to"):
            values[name] = row.day(name)
        for name in ("year_from", "year_to"):
            values[name] = row.integer(name, 2004, 2100)
        for name in ("hosts_from_en", "hosts_from_fr", "hosts_to_en", "hosts_to_fr", "source"):
            values[name] = row.text(name, limit=300)
        for name in ("reason_en", "reason_fr"):
            values[name] = row.text(name)
        if bool(values["reason_en"]) != bool(values["reason_fr"]):
            row.refuse("reason_fr", "a reason is given in both languages or in none")
        read.append((row, (edition, values["kind"], values["year_from"], values["year_to"]), values))
    return read


def read_hosts(row: Row, addresses: dict[str, str]) -> list[tuple[str, str, str]]:
    """The hosts of a row: address, English and French name. A place that never was a member has no address."""
    names_en, names_fr = (parts(row.text(column, required=True)) for column in ("hosts_en", "hosts_fr"))
    slugs = parts(row.text("hosts")) if row.values["hosts"] else [""] * len(names_en)
    if not len(slugs) == len(names_en) == len(names_fr):
        row.refuse("hosts", "hosts, hosts_en and hosts_fr do not name as many places")
        return []
    for slug in slugs:
        if slug and slug not in addresses:
            row.refuse("hosts", f"{slug!r} is no known city")
        if slug and slugs.count(slug) > 1:
            row.refuse("hosts", f"names {slug!r} more than once")
    for column, names in (("hosts_en", names_en), ("hosts_fr", names_fr)):
        if not all(0 < len(name) <= 100 for name in names):
            row.refuse(column, "has a name that is empty or longer than 100 characters")
    return list(zip([addresses.get(slug, "") for slug in slugs], names_en, names_fr, strict=True))


def parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";")]
