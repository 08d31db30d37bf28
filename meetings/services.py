"""Import of the annual meetings, beside `cities.services.importing`."""

from collections import defaultdict

from cities.models import City, Country, FormerSlug
from cities.services.importing import Change, Loader
from cities.services.tables import Folder, Row

from .models import Meeting, MeetingHost


def load_meetings(loader: Loader) -> None:
    """Write the meetings and their hosts; raises ImportRefused with every fault. Cities and countries come first."""
    rows = read_meetings(loader.folder, set(Country.objects.values_list("pk", flat=True)))
    cities = {former.slug: former.city for former in FormerSlug.objects.select_related("city")}
    cities |= City.objects.in_bulk(field_name="slug")
    hosts = {row.line: read_hosts(row, cities) for row, _edition, _values in rows}
    loader.folder.refuse_if_faulty()
    meetings = loader.upsert(Meeting, lambda meeting: meeting.edition, rows, "meetings.csv")
    held = defaultdict(list)
    for host in MeetingHost.objects.select_related("city").order_by("position", "pk"):
        held[host.meeting_id].append(host)
    for row, edition, _values in rows:
        meeting = meetings[edition]
        load_hosts(loader, row, meeting, held[meeting.pk], hosts[row.line])


def load_hosts(loader: Loader, row: Row, meeting: Meeting, held: list[MeetingHost], given: list[dict]) -> None:
    """Make the hosts of a meeting those of its row, all or none: hosts that staff changed since the last import stay."""
    new = [MeetingHost(meeting=meeting, position=position, **host) for position, host in enumerate(given)]
    now, then = as_text(held), as_text(new)
    before = meeting.imported.get("hosts", "")
    by_staff = now not in (before, then) and not loader.force
    if by_staff:
        loader.report.kept.append(
            f"{row.file}, line {row.line}, hosts: kept {now!r} as changed by staff; the file has {then!r}"
        )
    elif now != then:
        MeetingHost.objects.filter(meeting=meeting).delete()
        MeetingHost.objects.bulk_create(new)
        if before:
            loader.report.changed.append(Change(row, meeting, {"hosts": [now, then]}))
    if before != then:
        meeting.imported["hosts"] = then
        Meeting.objects.filter(pk=meeting.pk).update(imported=meeting.imported)


def as_text(hosts: list[MeetingHost]) -> str:
    """Hosts as one text, to compare and to report: "krakow (Kraków, Cracovie); katowice (Katowice, Katowice)"."""
    return "; ".join(
        f"{host.city.slug if host.city else ''} ({host.name_en}, {host.name_fr})".strip() for host in hosts
    )


def read_meetings(folder: Folder, countries: set[str]) -> list[tuple[Row, int | None, dict]]:
    rows = folder.rows(
        "meetings.csv",
        "edition hosts hosts_en hosts_fr country planned_year year start_date end_date status note source",
    )
    folder.unique(rows, "edition")
    read = []
    for row in rows:
        values = {
            "edition": row.integer("edition", 1, 999, required=True),
            "country_id": row.choice("country", countries, "country"),
            "planned_year": row.integer("planned_year", 2004, 2100, required=True),
            "year": row.integer("year", 2004, 2100, required=True),
            "start_date": row.day("start_date"),
            "end_date": row.day("end_date"),
            "status": row.choice("status", Meeting.Status.values, "status"),
            "note": row.text("note"),
            "source": row.text("source", limit=300),
        }
        start, end = values["start_date"], values["end_date"]
        if (start is None) != (end is None):
            row.refuse("end_date", "first and last day come together")
        if start and end and end < start:
            row.refuse("end_date", f"is before the first day, {start}")
        if start and values["year"] and start.year != values["year"]:
            row.refuse("start_date", f"is not in {values['year']}")
        read.append((row, values["edition"], values))
    return read


def read_hosts(row: Row, cities: dict[str, City]) -> list[dict]:
    """The hosts of a row: one name in each language a host; the slugs are empty for a place that never was a member."""
    names_en, names_fr = (parts(row.text(column, required=True)) for column in ("hosts_en", "hosts_fr"))
    slugs = parts(row.text("hosts")) if row.values["hosts"] else [""] * len(names_en)
    if not len(slugs) == len(names_en) == len(names_fr):
        row.refuse("hosts", "hosts, hosts_en and hosts_fr do not name as many places")
        return []
    for slug in slugs:
        if slug and slug not in cities:
            row.refuse("hosts", f"{slug!r} is no known city")
        if slug and slugs.count(slug) > 1:
            row.refuse("hosts", f"names {slug!r} more than once")
    for column, names in (("hosts_en", names_en), ("hosts_fr", names_fr)):
        if not all(0 < len(name) <= 100 for name in names):
            row.refuse(column, "has a name that is empty or longer than 100 characters")
    return [
        {"city": cities.get(slug), "name_en": name_en, "name_fr": name_fr}
        for slug, name_en, name_fr in zip(slugs, names_en, names_fr, strict=True)
    ]


def parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";")]
