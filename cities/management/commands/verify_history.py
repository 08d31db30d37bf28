from django.core.management.base import BaseCommand, CommandError

from cities.checks import missing_triggers
from cities.services.decision import flaws as decision_flaws
from cities.services.history import Head, flaws, head
from cities.services.integrity import snapshot_flaws


class Command(BaseCommand):
    help = (
        "Verify the chain of the history, that of the decisions and the hashes of submitted applications, and that the"
        " database still keeps them append-only."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--head",
            dest="anchor",
            help="the head printed by an earlier run, as <count>:<hash>: a shorter or rewritten chain is refused",
        )

    def handle(self, *args, anchor: str | None = None, **options) -> None:
        found = [f"The trigger {name} is missing: rows can be changed." for name in missing_triggers()]
        found += flaws(parse_head(anchor) if anchor else None)
        found += [*snapshot_flaws(), *decision_flaws()]
        for flaw in found:
            self.stderr.write(self.style.ERROR(flaw))
        if found:
            raise CommandError(f"The history is not whole: {len(found)} flaws.")
        self.stdout.write(self.style.SUCCESS("The history is whole. Its head:"))
        self.stdout.write(str(head()))


def parse_head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a head: give <count>:<hash>, as this command prints it.") from None
