"""Rows as JSON: what is known of the file, then the rows under the dataset's name."""

import json
from collections.abc import Iterator
from itertools import batched

from django.core.serializers.json import DjangoJSONEncoder

from ..datasets import Extract

BATCH = 250


def dumped(value: object) -> str:
    """One value as JSON in UTF-8, the same bytes for the same value."""
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))


def write_json(extract: Extract) -> Iterator[bytes]:
    """One object: what stands in every file, then the list of rows, a line each."""
    opening = dumped(extract.about).removesuffix("}")
    yield f"{opening},\n{dumped(extract.dataset.name)}:[".encode()
    comma = ""
    for rows in batched(extract.rows, BATCH):
        yield (comma + ",".join(f"\n{dumped(row)}" for row in rows)).encode()
        comma = ","
    yield b"\n]}\n"
