"""Import of the annual meetings, beside `cities.services.importing`."""

from cities.models import City, Country
from cities.services.importing import Loader
from cities.services.tables import Folder, Row

from .models import Meeting, MeetingHost


def load_meetings(loader: Loader) -> None:
    """Write the meetings and their hosts; raises ImportRefused with every fault. Cities and countries come first."""
    rows = read_meetings(loader.folder, set(Country.objects.values_list("pk", flat=True)))
    cities = City.objects.in_bulk(field_name="slug")
    hosts = {row.line: read_hosts(row, cities) for row, _edition, _values in rows}
    loader.folder.refuse_if_faulty()
    meetings = loader.upsert(Meeting, lambda meeting: meeting.edition, rows, "meetings.csv")
    has_hosts = set(MeetingHost.objects.values_list("meeting_id", flat=True))
    MeetingHost.objects.bulk_create(
        MeetingHost(meeting=meetings[edition], position=position, **host)
        for row, edition, _values in rows
        if meetings[edition].pk not in has_hosts
        for position, host in enumerate(hosts[row.line])
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
    names_en, names_fr = (row.text(column, required=True).split(";") for column in ("hosts_en", "hosts_fr"))
    slugs = row.text("hosts").split(";") if row.values["hosts"] else [""] * len(names_en)
    if not len(slugs) == len(names_en) == len(names_fr):
        row.refuse("hosts", "hosts, hosts_en and hosts_fr do not name as many places")
        return []
    for slug in slugs:
        if slug and slug not in cities:
            row.refuse("hosts", f"{slug!r} is no known city")
    return [
        {"city": cities.get(slug), "name_en": name_en, "name_fr": name_fr}
        for slug, name_en, name_fr in zip(slugs, names_en, names_fr, strict=True)
    ]
