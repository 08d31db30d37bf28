import ipaddress
import os
import secrets
import stat
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from cities.rules import ADMINISTRATOR, AUDITOR, OFFICER
from rvcu.models import User

STAFF = {
    "officer@example.org": (OFFICER, "keeps the members, designations and meetings"),
    "administrator@example.org": (ADMINISTRATOR, "the same, and the accounts of staff"),
    "auditor@example.org": (AUDITOR, "sees everything, changes nothing"),
}


class Command(BaseCommand):
    help = "Prepare a database with the real network and demo staff, and serve it on loopback with gunicorn."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address and port, loopback only")
        parser.add_argument("--prepare-only", action="store_true", help="do all but serve")

    def handle(self, *args, bind: str, prepare_only: bool, **options) -> None:
        if settings.MODE == "production":
            raise CommandError("The demo makes accounts with known passwords: it is refused with production settings.")
        host, port = parse(bind)
        Path(settings.VAR_DIR).mkdir(exist_ok=True)
        call_command("migrate", verbosity=0)
        call_command("import_network", verbosity=0)
        passwords = make_staff(Path(settings.VAR_DIR) / "demo-accounts")
        self.stdout.write(self.style.SUCCESS(f"\n  RVCU is at http://localhost:{port}/  (stop it with Ctrl+C)\n"))
        self.stdout.write(f"  Staff sign in at http://localhost:{port}/admin/\n")
        for email, (_group, does) in STAFF.items():
            self.stdout.write(f"    {email:<28} {passwords[email]:<24} {does}")
        self.stdout.write("")
        if prepare_only:
            return
        self.stdout.flush()
        gunicorn = [
            "-m",
            "gunicorn",
            "rvcu.wsgi",
            "--bind",
            f"{host}:{port}",
            "--workers",
            "2",
            "--log-level",
            "warning",
        ]
        os.execv(sys.executable, [sys.executable, *gunicorn])  # noqa: S606  no shell, and nothing of a stranger


def parse(bind: str) -> tuple[str, int]:
    """Read "127.0.0.1:8000"; refuses what is no loopback address."""
    host, _, port = bind.rpartition(":")
    host = {"localhost": "127.0.0.1", "": "127.0.0.1"}.get(host, host)
    try:
        is_loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback or not port.isdecimal():
        raise CommandError(f"{bind!r} is not on loopback: give an address such as 127.0.0.1:8001.")
    return host, int(port)


def make_staff(file: Path) -> dict[str, str]:
    """Make the accounts that are missing, with random passwords; the file, for this user alone, keeps them."""
    kept = dict(line.split() for line in file.read_text().splitlines()) if file.exists() else {}
    for email, (group, _does) in STAFF.items():
        user, is_new = User.objects.get_or_create(email=email, defaults={"is_staff": True})
        if is_new or email not in kept:
            kept[email] = secrets.token_urlsafe(12)
            user.set_password(kept[email])
            user.save()
        user.groups.add(Group.objects.get(name=group))
    file.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    file.write_text("".join(f"{email} {password}\n" for email, password in kept.items()))
    return kept
