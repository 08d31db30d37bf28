"""Import of the network from data files: countries, fields, cities, designations, official totals, themes.

Rows are found by their key (the slug of a city, also a former one). What staff changed since the last import is kept
and reported unless `force` is given; what left the files stays. The caller provides the transaction.
"""

import datetime
import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..days import EVER, FIRST_DAY, today
from ..models import (
    City,
    Country,
    CreativeField,
    Designation,
    FormerSlug,
    HistoryEntry,
    OfficialTotal,
    Precision,
    Region,
    Theme,
    set_member_since,
)
from ..models.city import RESERVED_SLUGS
from ..models.creative_field import COLOUR, PATH
from ..people import Person
from ..text import SLUG
from .edits import keep_baseline, sign_edit
from .history import record
from .tables import Folder, Progress, Row

BELONG_TOGETHER = (
    ("latitude", "longitude"),
    ("starts_on", "starts_precision"),
    ("ends_on", "end_reason"),
    ("year", "start_date", "end_date"),
)
"""Columns of which an import keeps all when staff changed one: half of either side's values would make no sense."""


Rows = list[tuple[Row, Any, dict[str, Any]]]
"""Rows of a file, each with the key of its instance and the values of its columns."""

DERIVED = {Designation: ("member_since", "member_since_precision")}
"""Columns that the importer works out besides those of the files."""


@dataclass
class Change:
    """What an import did, or would do, to one row of a file."""

    row: Row
    obj: Any
    changes: dict[str, list[Any]]


@dataclass
class Report:
    created: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unchanged: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    changed: list[Change] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def wrote(self) -> bool:
        return bool(self.changed or any(self.created.values()))


@dataclass
class Loader:
    """Writes rows as model instances, keeping what staff changed since the last import."""

    folder: Folder
    force: bool = False
    progress: Progress = lambda rows, label: iter(rows)
    report: Report = field(default_factory=Report)

    def merge(
        self, existing: dict[Any, Any], rows: Rows, model: type[Any]
    ) -> tuple[dict[Any, Any], list[Any], list[Change]]:
        """Lay the values of each row over the instance with its key, in memory.

        Returns the instances of the rows by key, the new ones, and the changed ones. Values are column values; a date
        is kept in `imported` as text.
        """
        found: dict[Any, Any] = {}
        new: list[Any] = []
        changed: list[Change] = []
        for row, key, values in rows:
            obj = existing.get(key)
            given = {name: plain(value) for name, value in values.items()}
            if obj is None:
                obj = model(**values, imported=given)
                new.append(obj)
            else:
                changes = self._merge_one(row, obj, values)
                # A value that staff keep is remembered as the file gives it, so that it is reported each time.
                imported = obj.imported | given
                if obj.imported != imported or changes:
                    obj.imported = imported
                    changed.append(Change(row, obj, changes))
                else:
                    self.report.unchanged[row.file] += 1
            found[key] = obj
        return found, new, changed

    def _merge_one(self, row: Row, obj: Any, values: dict[str, Any]) -> dict[str, list[Any]]:
        changes = {}
        kept = self.kept(obj, values)
        for name, value in values.items():
            current = getattr(obj, name)
            if current == value:
                continue
            if name in kept:
                self.report.kept.append(
                    f"{row.file}, line {row.line}, {name}: kept {plain(current)!r} as changed by staff; "
                    f"the file has {plain(value)!r}"
                )
            else:
                changes[name] = [plain(current), plain(value)]
                setattr(obj, name, value)
        return changes

    def kept(self, obj: Any, values: dict[str, Any]) -> set[str]:
        """The columns of an instance whose values staff changed since the last import, or gave without any."""
        if self.force:
            return set()
        names = {name for name in values if changed_by_staff(obj, name)}
        for group in BELONG_TOGETHER:
            if names.intersection(group):
                names.update(group)
        return names

    def outcome(self, obj: Any | None, values: dict[str, Any], name: str) -> Any:
        """The value that a column will have once `values` are laid over the instance (None: a new one)."""
        return getattr(obj, name) if obj and name in self.kept(obj, values) else values[name]

    def distinct(self, existing: dict[Any, Any], rows: Rows, *columns: str) -> None:
        """Refuse a row that would share its values in these columns with another, of the file or of the database."""
        listed = {key for _row, key, _values in rows}
        holders = {
            tuple(getattr(obj, name) for name in columns): f"belongs already to {obj} ({key}), which is not in the file"
            for key, obj in existing.items()
            if key not in listed
        }
        for row, key, values in rows:
            value = tuple(self.outcome(existing.get(key), values, name) for name in columns)
            if value[0] and value in holders:
                row.refuse(columns[0], holders[value])
            holders.setdefault(value, f"stands already in line {row.line}")

    def save(self, model: type[Any], new: list[Any], changed: list[Change], label: str) -> None:
        """Write what merge() found; new rows in bulk, changed ones with their edit history."""
        for obj in new:
            if hasattr(obj, "set_derived"):
                obj.set_derived()
        batch = 500
        for start in self.progress(range(0, len(new), batch), label):
            model._default_manager.bulk_create(new[start : start + batch])
        for change in changed:
            if not change.changes:
                # What staff keep: no edit, so no line in the history of edits either.
                model._default_manager.filter(pk=change.obj.pk).update(imported=change.obj.imported)
                continue
            if hasattr(model, "history"):
                keep_baseline(change.obj)
                sign_edit(change.obj, None, "import")
            # No other column: staff may have written since the rows were read.
            change.obj.save(update_fields=[*change.changes, "imported", *DERIVED.get(model, ())])
        self.report.created[label] += len(new)
        self.report.changed += [change for change in changed if change.changes]

    def upsert(self, model: type[Any], key: Callable[[Any], Any], rows: Rows, label: str) -> dict[Any, Any]:
        """merge() with all rows of the model, then save(); returns the instances by key."""
        found, new, changed = self.merge({key(obj): obj for obj in model._default_manager.all()}, rows, model)
        self.save(model, new, changed, label)
        return found


def plain(value: Any) -> Any:
    """A column's value as JSON keeps it."""
    return value.isoformat() if isinstance(value, datetime.date) else value


def changed_by_staff(obj: Any, name: str) -> bool:
    """Whether a column holds another value than the last import left; all do on a row that staff made."""
    if not obj.imported:
        return True
    # A column that no imported file had so far holds what new rows begin with.
    untouched = obj.imported[name] if name in obj.imported else plain(obj._meta.get_field(name).get_default())
    return plain(getattr(obj, name)) != untouched


@dataclass
class Network:
    """What the files say, and what other files can name: country codes, and cities by any address they ever had."""

    countries: Rows
    fields: Rows
    cities: Rows
    designations: Rows
    totals: Rows
    codes: set[str]
    addresses: dict[str, str]
    """Any address of a city, to today's."""


def read_network(loader: Loader) -> Network:
    """Read all files before anything is written; `loader.folder` then holds every fault, also with the database."""
    folder = loader.folder
    countries = read_countries(folder)
    in_database = {country.pk: country for country in Country.objects.all()}
    for column in ("iso3", "name_en", "name_fr"):
        loader.distinct(in_database, countries, column)
    codes = in_database.keys() | {key for _row, key, _values in countries}
    fields = read_fields(folder)
    fields_in_database = {field.slug: field for field in CreativeField.objects.all()}
    for column in ("name_en", "name_fr"):
        loader.distinct(fields_in_database, fields, column)
    known_fields = {slug: vars(field) for slug, field in fields_in_database.items()}
    known_fields |= {key: values for _row, key, values in fields}
    cities_in_database = {city.slug: city for city in City.objects.all()}
    # A city whose address staff changed is found under the one that the files know, and keeps the new one.
    readdressed = dict(FormerSlug.objects.values_list("slug", "city__slug"))
    cities = read_cities(folder, codes, readdressed)
    for column in ("name_en", "name_fr"):
        loader.distinct(cities_in_database, cities, column, "country_id")
    slugs = {slug: slug for slug in (*cities_in_database, *(key for _row, key, _values in cities))}
    designations = read_designations(folder, readdressed | slugs, known_fields)
    refuse_overlaps(loader, designations)
    totals = read_totals(folder, known_fields)
    return Network(countries, fields, cities, designations, totals, codes, readdressed | slugs)


def write_network(loader: Loader, network: Network) -> None:
    """Write what read_network() read without a fault, countries first."""
    loader.upsert(Country, lambda country: country.pk, network.countries, "countries.csv")
    field_of = loader.upsert(CreativeField, lambda field: field.slug, network.fields, "fields.csv")
    field_of = {field.slug: field for field in CreativeField.objects.all()} | field_of
    city_of = write_cities(loader, network.cities)
    write_designations(loader, network.designations, city_of, field_of)
    loader.upsert(
        OfficialTotal,
        lambda total: (total.day, total.field_id),
        [
            (row, (day, field_pk), {**values, "field_id": field_pk})
            for row, (day, slug), values in network.totals
            for field_pk in [field_of[slug].pk if slug else None]
        ],
        "official_totals.csv",
    )


def write_themes(loader: Loader, themes: Rows) -> None:
    """Write what read_themes() read without a fault."""
    loader.upsert(Theme, lambda theme: theme.slug, themes, "themes.csv")


def record_import(loader: Loader, by: Person | None) -> None:
    """One entry for the import, naming its files by hash, and one for each designation that it changed."""
    names = sorted({*loader.report.created, *(change.row.file for change in loader.report.changed)})
    digests = {name: [None, hashlib.sha256(loader.folder.file(name).read_bytes()).hexdigest()] for name in names}
    record(HistoryEntry.Verb.IMPORTED, by=by, changes=digests, reason="import_network")
    for change in loader.report.changed:
        if isinstance(change.obj, Designation):
            record(HistoryEntry.Verb.IMPORTED, on=change.obj, by=by, changes=change.changes, reason="import_network")


# Reading


def read_countries(folder: Folder) -> Rows:
    rows = folder.rows("countries.csv", "iso2 iso3 name_en name_fr unesco_region unesco_status names_source")
    folder.unique(rows, "iso2")
    return [
        (
            row,
            row.values["iso2"],
            {
                "iso2": row.match("iso2", "[A-Z]{2}", "a code of two capital letters"),
                "iso3": row.match("iso3", "[A-Z]{3}", "a code of three capital letters"),
                "name_en": row.text("name_en", required=True, limit=100),
                "name_fr": row.text("name_fr", required=True, limit=100),
                "region": row.choice("unesco_region", Region.values, "UNESCO region"),
                "unesco_status": row.choice("unesco_status", Country.UnescoStatus.values, "status at UNESCO"),
                "names_source": row.text("names_source", limit=200),
            },
        )
        for row in rows
    ]


def read_fields(folder: Folder) -> Rows:
    rows = folder.rows(
        "fields.csv",
        "slug name_en name_fr summary_en summary_fr colour_light colour_dark pictogram position valid_from valid_to",
    )
    folder.unique(rows, "slug")
    read: Rows = [
        (
            row,
            row.values["slug"],
            {
                "slug": row.match("slug", SLUG, "an address of small letters, digits and hyphens", limit=40),
                **{name: row.text(name, required=True, limit=60) for name in ("name_en", "name_fr")},
                **{name: row.text(name, limit=300) for name in ("summary_en", "summary_fr")},
                **{name: row.match(name, COLOUR, "a colour as #rrggbb") for name in ("colour_light", "colour_dark")},
                "pictogram": row.match("pictogram", PATH, "path data"),
                "position": row.integer("position", 0, 999, required=True),
                "valid_from": row.day("valid_from", required=True),
                "valid_to": row.day("valid_to"),
            },
        )
        for row in rows
    ]
    for row, _key, values in read:
        if values["valid_from"] and values["valid_to"] and values["valid_to"] < values["valid_from"]:
            row.refuse("valid_to", f"is before the first day, {values['valid_from']}")
    return read


def read_themes(folder: Folder) -> Rows:
    """The areas of action, the objectives and the Sustainable Development Goals that initiatives name."""
    rows = folder.rows("themes.csv", "kind slug position name_en name_fr")
    folder.unique(rows, "slug")
    folder.unique(rows, "kind", "position")
    return [
        (
            row,
            row.values["slug"],
            {
                "kind": row.choice("kind", Theme.Kind.values, "kind of theme"),
                "slug": row.match("slug", SLUG, "an address of small letters, digits and hyphens", limit=60),
                "position": row.integer("position", 1, 99, required=True),
                **{name: row.text(name, required=True, limit=200) for name in ("name_en", "name_fr")},
            },
        )
        for row in rows
    ]


def read_cities(folder: Folder, countries: set[str], readdressed: dict[str, str]) -> Rows:
    """Keyed by today's address; a row that names a former one (`readdressed`: to today's) gives no address."""
    rows = folder.rows(
        "cities.csv",
        "slug name_en name_fr aliases country latitude longitude population geonames_id note",
        optional="local_name population_year population_source",
    )
    folder.unique(rows, "slug")
    slugs = {row.values["slug"] for row in rows}
    read = []
    for row in rows:
        slug = row.match("slug", SLUG, "an address of small letters, digits and hyphens", limit=80)
        if slug in RESERVED_SLUGS:
            row.refuse("slug", "is the address of a page of the directory")
        if readdressed.get(slug) in slugs:
            row.refuse("slug", f"is a former address of {readdressed[slug]}, which is in the file too")
        values = {
            **({} if slug in readdressed else {"slug": slug}),
            "name_en": row.text("name_en", required=True, limit=100),
            "name_fr": row.text("name_fr", limit=100),
            "aliases": row.text("aliases"),
            "country_id": row.choice("country", countries, "country"),
            "latitude": row.degrees("latitude", 90),
            "longitude": row.degrees("longitude", 180),
            "population": row.integer("population", 1, 100_000_000),
            "geonames_id": row.integer("geonames_id", 1, 10**9),
            "note": row.text("note"),
        }
        if "local_name" in row.values:
            values["local_name"] = row.text("local_name", limit=100)
        if "population_year" in row.values:
            values["population_year"] = row.integer("population_year", 1900, today().year)
        if "population_source" in row.values:
            values["population_source"] = row.text("population_source", limit=200)
        if bool(row.values["latitude"]) != bool(row.values["longitude"]):
            row.refuse("longitude", "latitude and longitude come together")
        read.append((row, readdressed.get(slug, slug), values))
    return read


def read_designations(folder: Folder, cities: dict[str, str], fields: dict[str, dict]) -> Rows:
    """Keyed by the city's address of today (`cities`: from any address), the first day and the field."""
    rows = folder.rows("designations.csv", "city field starts_on starts_precision ends_on end_reason source")
    read = []
    for row in rows:
        city = cities.get(row.choice("city", cities, "city"))
        field_slug = row.choice("field", fields, "creative field")
        field = fields.get(field_slug, {})
        starts_on = row.day("starts_on", required=True)
        ends_on = row.day("ends_on")
        precision = row.choice("starts_precision", Precision.values, "precision")
        reason = row.choice("end_reason", Designation.EndReason.values, "reason", required=False)
        if starts_on and precision in Precision.values and not Precision(precision).allows(starts_on):
            row.refuse("starts_on", f"is not the first day of its {precision}")
        if starts_on and not FIRST_DAY <= starts_on <= today():
            row.refuse("starts_on", f"is not between {FIRST_DAY} and today")
        if starts_on and ends_on and ends_on < starts_on:
            row.refuse("ends_on", f"is before the first day, {starts_on}")
        if bool(row.values["ends_on"]) != bool(reason):
            row.refuse("end_reason", "a last day and a reason come together")
        if starts_on and field.get("valid_from") and starts_on < field["valid_from"]:
            row.refuse("starts_on", f"is before the field began, {field['valid_from']}")
        if starts_on and field.get("valid_to") and starts_on > field["valid_to"]:
            row.refuse("starts_on", f"is after the field ended, {field['valid_to']}")
        values = {
            "starts_precision": precision,
            "ends_on": ends_on,
            "end_reason": reason,
            "source": row.text("source", required=True, limit=300),
        }
        read.append((row, (city, starts_on, field_slug), values))
    return read


def read_totals(folder: Folder, fields: dict[str, dict]) -> Rows:
    rows = folder.rows("official_totals.csv", "day field cities countries fields missing source")
    folder.unique(rows, "day", "field")
    read: Rows = [
        (
            row,
            (row.day("day", required=True), row.choice("field", fields, "creative field", required=False)),
            {
                "day": row.day("day"),
                "cities": row.integer("cities", 0, 10**6, required=True),
                "countries": row.integer("countries", 0, 300),
                "fields": row.integer("fields", 0, 100),
                "missing": row.integer("missing", 0, 10**6, required=True),
                "source": row.text("source", required=True, limit=300),
            },
        )
        for row in rows
    ]
    for row, _key, values in read:
        if None not in (values["cities"], values["missing"]) and values["missing"] > values["cities"]:
            row.refuse("missing", f"is more than the {values['cities']} cities")
    return read


def refuse_overlaps(loader: Loader, rows: Rows) -> None:
    """Refuse a designation in whose days its city would have another one, of the file or of the database."""
    existing = under_listed_days(rows, lambda held: held.city.slug)
    spells: dict[str, list[tuple[datetime.date, datetime.date, Row | None]]] = defaultdict(list)
    listed = set()
    for row, (city, starts_on, _field), values in rows:
        if city and starts_on and bool(row.values["ends_on"]) == bool(values["ends_on"]):
            listed.add((city, starts_on))
            held = existing.get((city, starts_on))
            first, last = (
                loader.outcome(held, values | {"starts_on": starts_on}, name) for name in ("starts_on", "ends_on")
            )
            spells[city].append((first, last or EVER, row))
    for key, held in existing.items():
        if key not in listed:
            spells[key[0]].append((held.starts_on, held.ends_on or EVER, None))
    for of_city in spells.values():
        of_city.sort(key=lambda spell: (spell[0], spell[2].line if spell[2] else 0))
        last = of_city[0]
        for spell in of_city[1:]:
            refused, other = (spell[2], last) if spell[2] else (last[2], spell)
            if refused and spell[0] <= last[1]:
                where = f"in line {other[2].line}" if other[2] else "in the database"
                refused.refuse("starts_on", f"overlaps the designation {where} that begins on {other[0]}")
            last = max(last, spell, key=lambda spell: spell[1])


def under_listed_days(rows: Rows, city_key: Callable[[Designation], Any]) -> dict[tuple, Designation]:
    """All designations by city and first day, as the rows have it: today's, or the one that staff corrected since."""
    listed = {key[:2] for _row, key, _values in rows}
    found = {}
    for held in Designation.objects.select_related("city"):
        city, day, given = city_key(held), held.starts_on, held.imported.get("starts_on")
        if given and (city, day) not in listed:
            day = datetime.date.fromisoformat(given)
        found[city, day] = held
    return found


# Writing


def write_cities(loader: Loader, rows: Rows) -> dict[str, City]:
    existing = {city.slug: city for city in City.objects.select_related("country")}
    found, new, changed = loader.merge(existing, rows, City)
    countries = Country.objects.in_bulk()
    for city in new:
        city.country = countries[city.country_id]
    loader.save(City, new, changed, "cities.csv")
    return existing | found


def write_designations(loader: Loader, rows: Rows, city_of: dict[str, City], field_of: dict[str, Any]) -> None:
    """Designations are found by city and first day; the first day of a membership follows from them."""
    rows = [
        (
            row,
            (city_of[city].pk, starts_on),
            {"city_id": city_of[city].pk, "field_id": field_of[field_slug].pk, "starts_on": starts_on, **values},
        )
        for row, (city, starts_on, field_slug), values in rows
    ]
    existing = under_listed_days(rows, lambda held: held.city_id)
    found, new, changed = loader.merge(existing, rows, Designation)
    of_city = defaultdict(list)
    for designation in (existing | found).values():
        of_city[designation.city_id].append(designation)
    since = {held.pk: (held.member_since, held.member_since_precision) for held in existing.values()}
    for spells in of_city.values():
        set_member_since(spells)
    # Those that the file leaves as they are can still continue, or no longer continue, the one before.
    rewritten = {change.obj.pk for change in changed if change.changes}
    moved = [
        held
        for held in existing.values()
        if held.pk not in rewritten and since[held.pk] != (held.member_since, held.member_since_precision)
    ]
    Designation.objects.bulk_update(moved, ["member_since", "member_since_precision"])
    # Ends first: a designation that a new one follows must have its last day before the new one is written.
    loader.save(Designation, [], changed, "designations.csv")
    loader.save(Designation, new, [], "designations.csv")
