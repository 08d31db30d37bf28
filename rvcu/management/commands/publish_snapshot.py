import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cities.days import today
from cities.exceptions import NetworkError
from rvcu.snapshots.publishing import publish_snapshot


class Command(BaseCommand):
    help = (
        "Publish all open data as of a day as a snapshot that stays as it is. When the newest edition of the day holds"
        " the same data nothing is published; when the day was corrected, a further edition is."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--as-of", metavar="DAY", help="the day, as YYYY-MM-DD; today by default, which is not over"
        )
        parser.add_argument("--reason", default="", help="what was corrected, in a sentence that everybody can read")

    def handle(self, *args, as_of: str | None, reason: str, **options) -> None:
        day = parse_day(as_of) if as_of else today()
        try:
            publication = publish_snapshot(day=day, reason=reason)
        except NetworkError as refusal:
            raise CommandError(str(refusal)) from None
        snapshot = publication.snapshot
        if publication.is_new:
            self.stdout.write(self.style.SUCCESS(f"Published: {snapshot.day}, edition {snapshot.edition}."))
        else:
            self.stdout.write(f"Nothing new: edition {snapshot.edition} of {snapshot.day} holds the same data.")
        self.stdout.write(f"{settings.SITE_ADDRESS}{snapshot.get_absolute_url()}")
        self.stdout.write(f"manifest.json  sha256:{snapshot.manifest_sha256}")
        if day == today():
            self.stderr.write("The day is not over: what changes until tonight makes another edition.")


def parse_day(text: str) -> datetime.date:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise CommandError(f"{text!r} is not a day: give it as YYYY-MM-DD, for example 2016-04-28.")
    return day
