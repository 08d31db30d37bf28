import shutil
import tempfile
from contextlib import chdir
from pathlib import Path

import polib
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Fail on a text of the project that has no French, or a doubtful one. Needs gettext's xgettext."

    def handle(self, *args, **options) -> None:
        if not shutil.which("xgettext"):
            raise CommandError("xgettext is missing, so texts cannot be collected: install the package gettext.")
        with tempfile.TemporaryDirectory() as folder:
            wanted = collect(Path(folder))
        po = polib.pofile(str(Path(settings.LOCALE_PATHS[0]) / "fr" / "LC_MESSAGES" / "django.po"))
        faults = []
        for entry in wanted:
            found = po.find(entry.msgid, msgctxt=entry.msgctxt or False)
            if found is None or found.obsolete or not found.translated():
                faults.append(f"no French: {entry.msgid!r}")
            elif found.fuzzy:
                faults.append(f"doubtful French: {entry.msgid!r}")
            elif bool(entry.msgid_plural) != bool(found.msgid_plural):
                faults.append(f"plural differs: {entry.msgid!r}")
        known = {(entry.msgid, entry.msgctxt) for entry in wanted}
        faults += [
            f"no longer in the code: {entry.msgid!r}" for entry in po if (entry.msgid, entry.msgctxt) not in known
        ]
        for fault in faults:
            self.stderr.write(self.style.ERROR(fault))
        if faults:
            raise CommandError(f"{len(faults)} texts to look at; `make messages` collects them into the .po file.")
        self.stdout.write(self.style.SUCCESS(f"{len(wanted)} texts, all in French."))


def collect(folder: Path) -> list[polib.POEntry]:
    """All texts of the project, collected into a folder of its own."""
    for name in ("cities", "meetings", "rvcu", "templates"):
        shutil.copytree(settings.BASE_DIR / name, folder / name, ignore=shutil.ignore_patterns("locale", "*.csv"))
    (folder / "locale" / "fr" / "LC_MESSAGES").mkdir(parents=True)
    with chdir(folder):
        call_command("makemessages", locale=["fr"], verbosity=0, no_location=True)
    return list(polib.pofile(str(folder / "locale" / "fr" / "LC_MESSAGES" / "django.po")))
