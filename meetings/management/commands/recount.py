import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from meetings.models import Ballot
from meetings.services.counting import CountingError, Tally, recount

Outcome = Ballot.Outcome


class Command(BaseCommand):
    help = "Count the votes of a published ballot anew, from its counting file alone; the database is not asked."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", help="a counting.json as the page of the ballot offers it; - for the standard input"
        )

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
            data = json.loads(text, object_pairs_hook=each_once)
        except OSError as failure:
            raise CommandError(f"{file} cannot be read: {failure.strerror}.") from None
        except (ValueError, RecursionError):
            raise CommandError(f"{file} is not JSON, or names a part twice.") from None
        try:
            tally = recount(data)
        except CountingError as flaw:
            raise CommandError(str(flaw)) from None
        for one in data["options"]:
            names = ", ".join(city["name_en"] for city in one["cities"])
            self.stdout.write(f"{one['number']}. {names}: {tally.votes[one['number']]}")
        self.stdout.write(f"Blank: {tally.blank}")
        self.stdout.write(f"Votes cast: {tally.cast} of {data['seats']}; needed: {data['quorum']}")
        self.stdout.write(self.style.SUCCESS(f"{in_words(tally)} The file counts to its result: {data['sha256']}"))


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The parts by name; of two with the same one a person would read the first, and a program the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def in_words(tally: Tally) -> str:
    match tally.outcome:
        case Outcome.SELECTED:
            return f"Selected: bid {tally.winner}."
        case Outcome.TIE:
            return f"A tie between bids {', '.join(map(str, tally.tied))}."
        case Outcome.NO_QUORUM:
            return "The quorum was not reached."
    return "No bid has a vote."
