"""What a further edition of a day changed: the rows that came, went or are others than in the edition before."""

import csv
from pathlib import Path

from cities.datasets import Dataset
from cities.writers.table import ABOUT

from .reading import contents

SIDES = ("came", "went", "changed")
NAMED_IN_HISTORY = 20
"""So many rows of a list that a correction changed are named in the history; the manifest names all."""


def changed_rows(before: Path, after: Path) -> dict[str, dict[str, list[str]]]:
    """By the name of each list that is not the same in two folders, the keys of the rows that differ.

    A list that the former folder does not have, or no longer, is left out.
    """
    found = {}
    for listed in contents():
        name = f"{listed.dataset.name}.csv"
        if not (before / name).is_file():
            continue
        old, new = (rows_by_key(listed.dataset, folder / name) for folder in (before, after))
        sides = {
            "came": sorted(new.keys() - old.keys()),
            "went": sorted(old.keys() - new.keys()),
            "changed": sorted(key for key in old.keys() & new.keys() if old[key] != new[key]),
        }
        if any(sides.values()):
            found[listed.dataset.name] = sides
    return found


def rows_by_key(dataset: Dataset, path: Path) -> dict[str, dict[str, str]]:
    """The rows of a CSV file, without what each says of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            "/".join(row[name] for name in dataset.key): {
                name: value for name, value in row.items() if name not in ABOUT
            }
            for row in csv.DictReader(file)
        }


def named(of: dict[str, list[str]], side: str) -> str:
    """The rows of a list before or after a correction; one that changed is on both sides."""
    keys = sorted([*of[side], *of["changed"]])
    return ", ".join(keys[:NAMED_IN_HISTORY]) + (" …" if len(keys) > NAMED_IN_HISTORY else "")
