"""What belongs around the data: a README, a description for programs, the manifest, the sums, an archive of all."""

import shutil
import stat
import zipfile
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from cities.datasets import Dataset
from cities.datasets.base import LICENCE, LICENCE_ADDRESS, credit, in_both_languages
from cities.writers.plain import dumped

from ..models import DataSnapshot
from .corrections import SIDES
from .data_package import TITLE, data_package
from .reading import LANGUAGE, contents
from .storage import READ_ONLY, File, sealed, write

README, PACKAGE, MANIFEST, SUMS = "README.txt", "datapackage.json", "manifest.json", "SHA256SUMS"
AROUND = frozenset({README, PACKAGE, MANIFEST, SUMS})
FIRST_YEAR_OF_ZIP = 1980
PIECE = 1024 * 1024


def pack(snapshot: DataSnapshot, data: list[File], folder: Path) -> list[File]:
    """Write what belongs around the data; all files, as the row names them."""
    datasets = [listed.dataset for listed in contents()]
    files = [*data, write(folder / README, [readme(snapshot, datasets).encode()])]
    version = f"{snapshot.day.isoformat()}-{snapshot.edition}"
    package = data_package(datasets, {file["name"]: file for file in files}, version=version)
    files.append(write(folder / PACKAGE, [dumped(package).encode()]))
    files.sort(key=lambda file: file["name"])
    files.append(write(folder / MANIFEST, [manifest(snapshot, files)]))
    sums = "".join(f"{file['sha256']}  {file['name']}\n" for file in files)
    files.append(write(folder / SUMS, [sums.encode()]))
    files.append(archive(snapshot, files, folder))
    return files


def manifest(snapshot: DataSnapshot, files: list[File]) -> bytes:
    """What the snapshot is and which files it has; the same bytes for the same row."""
    english, french = in_both_languages(TITLE)
    with override(LANGUAGE):
        whom = credit()
    content = {
        "title": english,
        "title_fr": french,
        "publisher": settings.PUBLISHER,
        "day": snapshot.day,
        "edition": snapshot.edition,
        "corrects_edition": snapshot.edition - 1 or None,
        "reason": snapshot.reason,
        "changes": {name: {side: snapshot.changes[name][side] for side in SIDES} for name in sorted(snapshot.changes)},
        "cities": snapshot.cities,
        "last_change": snapshot.last_change,
        "licence": LICENCE,
        "licence_url": LICENCE_ADDRESS,
        "credit": whom,
        "source": settings.SITE_ADDRESS + snapshot.get_manifest_url(),
        "history_head": snapshot.history_head,
        "files": [{name: file[name] for name in ("name", "size", "sha256")} for file in files],
    }
    return f"{dumped(content)}\n".encode()


def readme(snapshot: DataSnapshot, datasets: list[Dataset]) -> str:
    """What is in the folder, in both languages."""
    texts = []
    for language in ("en", "fr"):
        with override(language):
            context = {
                "snapshot": snapshot,
                "datasets": datasets,
                "licence": LICENCE,
                "licence_url": LICENCE_ADDRESS,
                "credit": credit(),
                "source": settings.SITE_ADDRESS + snapshot.get_manifest_url(),
            }
            texts.append(render_to_string("data/readme.txt", context).strip())
    return "\n\n--\n\n".join(texts) + "\n"


def archive(snapshot: DataSnapshot, files: list[File], folder: Path) -> File:
    """All files in one, under one folder, dated by the snapshot's day."""
    stem = f"rvcu-{snapshot.day.isoformat()}-{snapshot.edition}"
    path = folder / f"{stem}.zip"
    when = (max(snapshot.day.year, FIRST_YEAR_OF_ZIP), snapshot.day.month, snapshot.day.day, 0, 0, 0)
    with zipfile.ZipFile(path, "w") as packed:
        for file in files:
            entry = zipfile.ZipInfo(f"{stem}/{file['name']}", when)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = (stat.S_IFREG | READ_ONLY) << 16
            with (folder / file["name"]).open("rb") as content, packed.open(entry, "w") as target:
                shutil.copyfileobj(content, target, PIECE)
    return sealed(path)
