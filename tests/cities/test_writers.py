"""The formats, each read by a client that people use: what goes in comes out, whatever somebody typed."""

import datetime
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pandas
import pyogrio
import pytest
import rdflib
import shapely
from openpyxl import load_workbook
from rdflib.collection import Collection

from cities.datasets import Column, Dataset, Extract, Kind, Row, Rows
from cities.formulas import unguard
from cities.text import plain
from cities.writers import FORMATS
from cities.writers.plain import BATCH

# Of the readers themselves, at their present releases.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'generic' unit for NumPy:DeprecationWarning"),
]
SDO = rdflib.Namespace("https://schema.org/")
THINGS = Dataset(
    name="things",
    title="Things",
    key=("slug",),
    has_places=True,
    linked=lambda row: {"@type": "Thing", "@id": f"https://www.example.org/{row['slug']}", "name": row["name_en"]},
    columns=(
        Column("slug", "Key"),
        Column("name_en", "Name in English"),
        Column("name_fr", "Name in French"),
        Column("count", "How many", Kind.INTEGER),
        Column("share", "Share", Kind.NUMBER),
        Column("is_demonstration", "Invented", Kind.BOOLEAN),
        Column("day", "A day", Kind.DATE),
        Column("at", "An instant", Kind.INSTANT),
        Column("tags", "Tags", Kind.LIST),
        Column("latitude", "Latitude", Kind.NUMBER),
        Column("longitude", "Longitude", Kind.NUMBER),
    ),
)
DAY = datetime.date(2016, 4, 28)
INSTANT = datetime.datetime(2016, 4, 28, 12, 30, tzinfo=datetime.UTC)
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-2+3+cmd",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\x00=1+1",
    "＝1+1",
    "＋1",
    "－1x",
    "＠x",
    "'=already guarded",
    'a "quoted" one, with a comma; and more',
    "two\nlines\r\nand a third",
    "control \x00\x07\x1b\x7f characters \ufffe",
    "]]> <b>&amp;</b> <!-- -->",
    "<r>not the library's own</r>",
    "</Placemark>",
    "زحلة مدينة",
    "🎭 mask",
    "Łódź’s œuvre",
    "https://example.org/?a=1&b=2",
    "mailto:a@example.org",
    "{=1+1}",
    "x" * 5000,
]


def row(number: int, name: str = "Thing", **values: Any) -> Row:
    return {
        "slug": f"thing-{number}",
        "name_en": name,
        "name_fr": f"{name}",
        "count": number,
        "share": number / 8,
        "is_demonstration": number % 2 == 1,
        "day": DAY,
        "at": INSTANT,
        "tags": ["one", "two"],
        "latitude": 45.75,
        "longitude": 4.85,
        **values,
    }


def extract(rows: Any, made: Callable[[Any], Any] = iter, **about: Any) -> Extract:
    known = {"language": "en", "address": "/en/things?q=é", "as_of": DAY, "last_change": DAY} | about
    return Extract(THINGS, Rows(rows, made, lambda: len(rows)), **known)


def written(extension: str, of: Extract) -> bytes:
    return b"".join(FORMATS[extension].write(of))


def csv_names(content: bytes) -> list[str]:
    table = pandas.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, lineterminator=None)
    return [unguard(name) for name in table["name_en"]]


def xlsx_names(content: bytes) -> list[str]:
    table = pandas.read_excel(io.BytesIO(content), dtype=str, keep_default_na=False)
    return [unguard(name) for name in table["name_en"]]


def features(content: bytes) -> dict[str, list[Any]]:
    about, _keys, places, columns = pyogrio.raw.read(content)
    found = dict(zip(about["fields"], (list(column) for column in columns), strict=True))
    return found | {"geometry": list(shapely.from_wkb(places))}


def graph(content: bytes) -> rdflib.Graph:
    return rdflib.Graph().parse(data=content, format="json-ld")


def things(of: rdflib.Graph) -> list[Any]:
    """The nodes of the list, in its order."""
    return list(Collection(of, next(of.objects(predicate=SDO.itemListElement))))


def test_numbers_truth_and_dates_are_such_in_a_workbook():
    book = load_workbook(io.BytesIO(written("xlsx", extract([row(1), row(2, count=None, share=None, day=None)]))))
    sheet = book["things"]
    assert [cell.value for cell in sheet[1]] == THINGS.names
    values = dict(zip(THINGS.names, (cell.value for cell in sheet[2]), strict=True))
    assert (values["count"], values["share"], values["is_demonstration"]) == (1, 0.125, True)
    assert values["day"] == datetime.datetime(2016, 4, 28)  # noqa: DTZ001  as the library gives it
    assert (values["at"], values["tags"]) == ("2016-04-28T12:30:00Z", "one;two")
    assert [sheet.cell(3, THINGS.names.index(name) + 1).value for name in ("count", "share", "day")] == [None] * 3
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:K3"


@pytest.mark.parametrize(("language", "title"), [("en", "About this file"), ("fr", "À propos de ce fichier")])
def test_a_workbook_says_what_it_is_on_a_second_sheet(language, title):
    one = extract([], language=language)
    sheet = load_workbook(io.BytesIO(written("xlsx", one)))[title]
    said = {name.value: value.value for name, value in sheet.iter_rows()}
    for name, value in one.about.items():
        assert str(said[name] or "").removesuffix(" 00:00:00") == str(value or "")
    assert said["name_en"] == "Name in English"


def test_the_same_rows_give_the_same_bytes(monkeypatch):
    first = {extension: written(extension, extract([row(1)])) for extension in FORMATS}
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    assert {extension: written(extension, extract([row(1)])) for extension in FORMATS} == first
    book = zipfile.ZipFile(io.BytesIO(first["xlsx"]))
    assert {entry.date_time[0] for entry in book.infolist()} == {1980}
    assert b"2016-04-28T00:00:00Z" in book.read("docProps/core.xml")


def test_a_workbook_without_a_last_change_has_the_same_bytes_as_well():
    one = extract([], as_of=None, last_change=None)
    assert written("xlsx", one) == written("xlsx", one)


@pytest.mark.parametrize("extension", FORMATS)
def test_a_file_of_no_rows_is_whole(extension):
    content = written(extension, extract([]))
    match extension:
        case "csv":
            assert list(pandas.read_csv(io.BytesIO(content)).columns)[: len(THINGS.names)] == THINGS.names
        case "xlsx":
            assert list(pandas.read_excel(io.BytesIO(content)).columns) == THINGS.names
        case "json":
            assert json.loads(content)["things"] == []
        case "geojson" | "kml":
            assert features(content)["geometry"] == []
        case "jsonld":
            assert things(graph(content)) == []


def test_what_somebody_typed_comes_back():
    rows = [row(number, name) for number, name in enumerate(HOSTILE)]
    shown = [plain(name) for name in HOSTILE]
    lines = [re.sub("\r\n?", "\n", name) for name in shown]
    files = {extension: written(extension, extract(rows)) for extension in FORMATS}
    assert csv_names(files["csv"]) == shown
    assert xlsx_names(files["xlsx"]) == lines
    assert [one["name_en"] for one in json.loads(files["json"])["things"]] == HOSTILE
    assert [one["properties"]["name_en"] for one in json.loads(files["geojson"])["features"]] == HOSTILE
    # The library behind it cuts white space at both ends of a text.
    assert [name.strip() for name in features(files["kml"])["name_en"]] == [name.strip() for name in lines]
    linked = graph(files["jsonld"])
    assert [str(linked.value(thing, SDO.name)) for thing in things(linked)] == HOSTILE


def test_no_cell_is_run_as_a_formula():
    rows = [row(number, name, tags=[name]) for number, name in enumerate(HOSTILE)]
    one = extract(rows, query="=1+1")
    book = load_workbook(io.BytesIO(written("xlsx", one)))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "b", "inlineStr"}
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    table = pandas.read_csv(io.BytesIO(written("csv", one)), dtype=str, keep_default_na=False)
    texts += [*table.columns, *(text for name in table.columns for text in table[name])]
    number = re.compile(r"-?[0-9.]+")
    assert not [text for text in texts if re.match(r"\s*[=+\-@＝＋－＠]|[\t\r]", text) and not number.fullmatch(text)]


def test_a_text_too_long_for_a_cell_is_cut_and_not_lost():
    book = load_workbook(io.BytesIO(written("xlsx", extract([row(1, "x" * 40_000)], query="q" * 40_000))))
    texts = [cell.value for sheet in book for line in sheet.iter_rows() for cell in line]
    assert {"x" * 32_766 + "…", "q" * 32_766 + "…"} <= set(texts)


def test_a_header_is_guarded_too():
    hostile = Dataset("things", "Things", (Column("=cmd", "Hostile"),), ("=cmd",))
    one = Extract(hostile, Rows([{"=cmd": 1}], iter, lambda: 1), "en", "/")
    assert written("csv", one).startswith(b"'=cmd,")
    assert load_workbook(io.BytesIO(written("xlsx", one)))["things"]["A1"].value == "'=cmd"


def test_a_row_without_a_place_counts():
    rows = [row(1, latitude=None), row(2), row(3, latitude=None, longitude=None)]
    for extension in ("geojson", "kml"):
        found = features(written(extension, extract(rows)))
        assert found["slug"] == ["thing-1", "thing-2", "thing-3"]
        assert [place and (place.x, place.y) for place in found["geometry"]] == [None, (4.85, 45.75), None]


def test_geojson_says_what_it_is_beside_its_features():
    content = json.loads(written("geojson", extract([row(1)])))
    assert list(content) == ["type", "name", "about", "features"]
    assert content["about"]["licence"] == "CC BY 4.0"
    (feature,) = content["features"]
    assert feature["type"] == "Feature"
    assert feature["id"] == "thing-1"
    assert list(feature["properties"]) == THINGS.names


@pytest.mark.parametrize(("language", "name"), [("en", "Munich"), ("fr", "Munique")])
def test_placemarks_bear_the_name_of_the_language(language, name):
    one = extract([row(1, "Munich", name_fr="Munique")], language=language)
    found = features(written("kml", one))
    assert found["Name"] == [name]
    assert (found["count"], found["share"], found["tags"]) == ([1], [0.125], ["one;two"])


def test_linked_data_says_what_it_is_and_fetches_nothing(monkeypatch):
    def refuse(*_args: Any, **_options: Any) -> None:
        raise AssertionError("something was to be fetched")

    monkeypatch.setattr("socket.socket.connect", refuse)
    one = extract([row(1)], language="fr")
    known = graph(written("jsonld", one))
    dataset = known.value(predicate=rdflib.RDF.type, object=SDO.Dataset)
    assert str(dataset) == one.about["source"]
    assert known.value(dataset, SDO.name) == rdflib.Literal("Things", lang="fr")
    assert known.value(dataset, SDO.license) == rdflib.URIRef("https://creativecommons.org/licenses/by/4.0/")
    assert known.value(dataset, SDO.creditText).language == "fr"
    assert (
        str(known.value(dataset, SDO.temporalCoverage)) == str(known.value(dataset, SDO.dateModified)) == "2016-04-28"
    )


# Piece by piece


@pytest.mark.parametrize("extension", [extension for extension in FORMATS if extension != "xlsx"])
def test_rows_are_read_as_they_are_sent(extension):
    read = []

    def made(numbers: range) -> Iterator[Row]:
        for number in numbers:
            read.append(number)
            yield row(number)

    pieces = iter(FORMATS[extension].write(extract(range(10 * BATCH), made)))
    next(pieces)
    assert read == []
    next(pieces)
    assert len(read) == BATCH
    next(pieces)
    assert len(read) == 2 * BATCH


class TestTheWorkbooksFolder:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        self.path = tmp_path

    @property
    def files(self) -> list[Any]:
        return list(self.path.rglob("*"))

    def test_is_gone_after_the_last_piece(self):
        assert written("xlsx", extract([row(1)]))
        assert self.files == []

    def test_is_gone_when_the_reader_goes_away(self):
        pieces = FORMATS["xlsx"].write(extract([row(1)]))
        next(pieces)
        assert self.files
        pieces.close()
        assert self.files == []

    def test_is_gone_when_a_row_cannot_be_read(self):
        def made(_numbers: Any) -> Iterator[Row]:
            yield row(1)
            raise ConnectionError

        with pytest.raises(ConnectionError):
            written("xlsx", extract([], made))
        assert self.files == []

    def test_is_not_made_where_nothing_is_read(self):
        FORMATS["xlsx"].write(extract([row(1)]))
        assert self.files == []


def test_formats_say_what_they_cannot_hold():
    table = Dataset("table", "Table", (Column("slug", "Key"),), ("slug",))
    assert [extension for extension, form in FORMATS.items() if form.takes(table)] == ["csv", "xlsx", "json"]
    assert list(FORMATS) == ["csv", "xlsx", "json", "geojson", "kml", "jsonld"]
