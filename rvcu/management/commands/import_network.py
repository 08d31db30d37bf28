from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from tqdm import tqdm

import cities
from cities.services.importing import (
    Loader,
    Report,
    read_network,
    read_themes,
    record_import,
    write_network,
    write_themes,
)
from cities.services.tables import Folder, ImportRefused
from meetings.services.importing import read_changes, read_meetings, write_meetings

SHIPPED = Path(cities.__file__).parent / "data"


class Command(BaseCommand):
    help = "Load countries, fields, cities, designations, official totals, meetings and themes from data files."

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED, help="default: the data shipped")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        parser.add_argument("--force", action="store_true", help="overwrite what staff changed since the last import")

    def handle(self, *args, folder: Path, dry_run: bool, force: bool, verbosity: int, **options) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")

        def progress(rows, label):
            return tqdm(rows, desc=label, unit="batch", leave=False, disable=None if verbosity else True)

        loader = Loader(Folder(folder, fallback=SHIPPED), force=force, progress=progress)
        try:
            with transaction.atomic():
                # All files are read first, so that all faults are told at once.
                network = read_network(loader)
                meetings = read_meetings(loader.folder, network)
                changes = read_changes(loader.folder, meetings)
                themes = read_themes(loader.folder)
                loader.folder.refuse_if_faulty()
                write_network(loader, network)
                write_meetings(loader, meetings, changes)
                write_themes(loader, themes)
                if loader.report.wrote:
                    record_import(loader, by=None)
                transaction.set_rollback(dry_run)
        except ImportRefused as refusal:
            for problem in refusal.problems:
                self.stderr.write(self.style.ERROR(str(problem)))
            raise CommandError(
                f"Nothing was imported: {len(refusal.problems)} faults, listed above; the database is as it was."
            ) from None
        except IntegrityError as error:
            raise CommandError(
                f"Nothing was imported: the database refused it ({error}). Two rows that exchange a value that only one"
                " may have need two imports."
            ) from None
        if verbosity:
            self.tell(loader.report, "would be" if dry_run else "were")

    def tell(self, report: Report, were: str) -> None:
        for change in report.changed:
            for name, (old, new) in change.changes.items():
                self.stdout.write(f"{change.row.file}, line {change.row.line}, {name}: {old!r} → {new!r}")
        for line in report.kept:
            self.stdout.write(self.style.WARNING(line))
        created = sum(report.created.values())
        unchanged = sum(report.unchanged.values())
        self.stdout.write(
            self.style.SUCCESS(
                f"{created} rows {were} created, {len(report.changed)} changed, {unchanged} are as in the files; "
                f"{len(report.kept)} values of staff kept."
            )
        )
