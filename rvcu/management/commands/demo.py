import datetime
import ipaddress
import os
import secrets
import signal
import stat
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from cities.rules import ADMINISTRATOR, AUDITOR, DECISION_OFFICER, OFFICER
from cities.services import demo_applications, demo_people
from cities.services.clock import tick
from cities.services.demo_applications import make_applications
from cities.services.demo_people import INVITED, make_demonstration
from meetings.services.demo_meetings import make_meetings
from rvcu.models import DataSnapshot, User
from rvcu.snapshots.publishing import publish_snapshot

STAFF = {
    "officer@example.org": (
        OFFICER,
        "keeps the network and its people; runs the calls: examine Olomouc, look after the evaluators",
    ),
    "second.officer@example.org": (OFFICER, "the second pair of eyes: agrees that an application is ineligible"),
    "decision.officer@example.org": (
        DECISION_OFFICER,
        "ranks, shortlists, decides and announces: five cities wait for it",
    ),
    "administrator@example.org": (ADMINISTRATOR, "as an officer, and the accounts of staff"),
    "auditor@example.org": (AUDITOR, "sees everything, changes nothing"),
}
ACCOUNTS = (*demo_people.ACCOUNTS, *demo_applications.ACCOUNTS)
APPLYING = (*demo_applications.ACCOUNTS, demo_people.COMMISSION, demo_people.EVALUATOR)
FIRST_OFFICER = next(iter(STAFF))
SNAPSHOTS = (datetime.date(2016, 4, 28), datetime.date(2023, 12, 31))
"""Days of which the demo publishes the open data: the one that the network presented itself on, and a recent one."""
A_MINUTE = 60


class Command(BaseCommand):
    help = (
        "Prepare a database with the real network, and with people, calls and applications of the demonstration, and "
        "serve it on loopback with gunicorn. Whatever is there already stays."
    )

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
        address = f"http://localhost:{port}"
        if "SITE_ADDRESS" not in os.environ:
            # Links in mails lead to the port that was asked for, in this process and in the server's.
            os.environ["SITE_ADDRESS"] = settings.SITE_ADDRESS = address
        passwords = Passwords(Path(settings.VAR_DIR) / "demo-accounts")
        passwords.replace_lost([*STAFF, *(account.email for account in ACCOUNTS)])
        make_staff(passwords)
        officer = User.objects.get(email=FIRST_OFFICER)
        make_demonstration(officer=officer, password_of=passwords.of)
        make_applications(officer=officer, password_of=passwords.of)
        make_meetings(officer=officer)
        make_snapshots(officer)
        tick()
        self.tell(address, passwords)
        if prepare_only:
            return
        self.stdout.flush()
        sys.exit(serve(f"{host}:{port}"))

    def tell(self, address: str, passwords: "Passwords") -> None:
        """Print where to go, as whom, and what to try there."""
        self.stdout.write(self.style.SUCCESS(f"\n  RVCU is at {address}/  (stop it with Ctrl+C)\n"))
        groups = {
            f"Staff sign in at {address}/admin/": {email: does for email, (_group, does) in STAFF.items()},
            f"Coordinators of member cities at {address}/en/my/ or {address}/fr/my/": {
                account.email: account.does for account in ACCOUNTS if account not in APPLYING
            },
            "Candidate cities, a National Commission and evaluators, there as well": {
                account.email: account.does for account in APPLYING
            },
        }
        for heading, accounts in groups.items():
            self.stdout.write(f"  {heading}\n")
            for email, does in accounts.items():
                self.stdout.write(f"    {email:<34} {passwords.of(email):<18} {does}")
            self.stdout.write("")
        self.stdout.write(f"  No mail leaves: read all of them at {address}/admin/cities/outboxmessage/")
        self.stdout.write(f"  (one invites {INVITED}, and its link works)\n")
        self.stdout.write(f"  Calls for applications, one open and two further on: {address}/en/calls/")
        self.stdout.write(
            f"  Annual meetings, one to register for, one in a ballot, one that seeks a host: {address}/en/meetings/"
        )
        self.stdout.write(f"  Open data, with two snapshots and what changed between them: {address}/en/data/")
        self.stdout.write("  What cities say and do here is invented, and marked as a demonstration.\n")


def serve(bind: str) -> int:
    """Serve until told to stop, and do once a minute what is due; gives the server's own code."""
    options = ["--bind", bind, "--workers", "2", "--log-level", "warning"]
    server = subprocess.Popen([sys.executable, "-m", "gunicorn", "rvcu.wsgi", *options])  # noqa: S603  no shell, and nothing of a stranger
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    while True:
        try:
            return server.wait(timeout=A_MINUTE)
        except subprocess.TimeoutExpired:
            tick()
        except KeyboardInterrupt:
            # The terminal has told the server as well.
            return server.wait()


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


class Passwords:
    """Random passwords by address, kept in a file for this user alone, so that a second demo prints the same."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.kept = dict(line.split() for line in file.read_text().splitlines()) if file.exists() else {}

    def of(self, email: str) -> str:
        """The password of an account; a new one, kept at once, when none is known."""
        if email not in self.kept:
            self.kept[email] = secrets.token_urlsafe(12)
            self.file.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
            self.file.write_text("".join(f"{email} {password}\n" for email, password in self.kept.items()))
        return self.kept[email]

    def replace_lost(self, emails: Iterable[str]) -> None:
        """Give the accounts that exist, but whose password the file does not know, a new one."""
        for user in User.objects.filter(email__in=[email for email in emails if email not in self.kept]):
            user.set_password(self.of(user.email))
            user.save(update_fields=["password"])


def make_staff(passwords: Passwords) -> None:
    """Make the accounts that are missing, each with its group."""
    for email, (group, _does) in STAFF.items():
        user = User.objects.filter(email=email).first()
        user = user or User.objects.create_user(email, passwords.of(email), is_staff=True)
        user.groups.add(Group.objects.get(name=group))


def make_snapshots(officer: User) -> None:
    """Publish the open data of the days that have no snapshot yet."""
    published = set(DataSnapshot.objects.values_list("day", flat=True))
    for day in SNAPSHOTS:
        if day not in published:
            publish_snapshot(day=day, by=officer)
