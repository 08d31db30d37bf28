from django.core.management.base import BaseCommand, CommandError

from cities.services.clock import tick


class Command(BaseCommand):
    help = (
        "Do what is due: send mail, remind, empty what has been kept long enough. To be called every few minutes by "
        "cron or a timer; running it twice, or twice at once, does nothing twice."
    )

    def handle(self, *args, verbosity: int, **options) -> None:
        done = tick()
        for duty, count in done.items():
            if verbosity > 1 or count:
                self.stdout.write(f"{duty.replace('_', ' ')}: {count}")
        if failed := [duty.replace("_", " ") for duty, count in done.items() if count is None]:
            raise CommandError(f"failed, and will be tried again by the next tick: {', '.join(failed)}")
        if verbosity and not any(done.values()):
            self.stdout.write("Nothing was due.")
