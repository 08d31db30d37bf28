"""The folders that snapshots are kept in, and their files: written to the disk, then only read."""

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from ..models import DataSnapshot

READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
MAKING = ".making-"
"""What the name of a folder begins with until it is whole."""

File = dict[str, Any]
"""Name, size in bytes and SHA-256 of a file."""


def root() -> Path:
    return Path(settings.VAR_DIR) / "files" / "snapshots"


def folder_of(snapshot: DataSnapshot) -> Path:
    return root() / snapshot.day.isoformat() / str(snapshot.edition)


@contextmanager
def alone(storage: Path) -> Iterator[Path]:
    """The storage, while nobody else publishes into it; folders that a killed run began are removed."""
    storage.mkdir(parents=True, exist_ok=True)
    with (storage / ".lock").open("a") as lock:
        # Let go of by the system when the process ends, however it ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in storage.glob(f"{MAKING}*"):
            shutil.rmtree(left)
        yield storage


def put(making: Path, folder: Path) -> None:
    """Give a folder its name for good, in place of what a killed run left there."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(exist_ok=True)
    making.chmod(READ_ONLY | stat.S_IWUSR | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    sync_folder(making)
    making.rename(folder)
    sync_folder(folder.parent)
    sync_folder(folder.parent.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(path: Path, pieces: Iterable[bytes]) -> File:
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    return sealed(path)


def sealed(path: Path) -> File:
    """A file that was written, on the disk and read-only from now on."""
    path.chmod(READ_ONLY)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return {"name": path.name, "size": path.stat().st_size, "sha256": sum_of(path)}


def sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
