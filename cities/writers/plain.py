"""Rows as JSON: what is known of the file, then the rows under the dataset's name."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import batched

from django.core.serializers.json import DjangoJSONEncoder

from ..datasets import Extract

BATCH = 250


def dumped(value: object) -> str:
    """One value as JSON in UTF-8, the same bytes for the same value."""
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))


def write_json(extract: Extract) -> Iterator[bytes]:
    """One object: what stands in every file, then the list of rows."""
    return write_list({**extract.about, extract.dataset.name: []}, extract.rows)


def write_list(frame: Mapping[str, object], items: Iterable[object]) -> Iterator[bytes]:
    """`frame` with `items` in its list, a line each: the list is its last value, or the last of its last value."""
    whole = dumped(frame)
    opening = whole.rstrip("]}")
    yield opening.encode()
    comma = ""
    for batch in batched(items, BATCH):
        yield (comma + ",".join(f"\n{dumped(item)}" for item in batch)).encode()
        comma = ","
    yield f"\n{whole.removeprefix(opening)}\n".encode()
