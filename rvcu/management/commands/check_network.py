from django.core.management.base import BaseCommand, CommandError

from cities.services.checking import Comparison, compare_totals, faults

WIDTHS = (10, 15, 6, 7, 8, 9, 8, 6, 8)
HEADINGS = ("day", "what", "cities", "missing", "official", "countries", "official", "fields", "official")


class Command(BaseCommand):
    help = "Compare the network in the database with the official totals, and its rows with each other."

    def handle(self, *args, **options) -> None:
        self.stdout.write(line(HEADINGS))
        found = []
        for comparison in compare_totals():
            text = line(cells(comparison))
            if comparison.differences:
                found.append(f"{comparison.total.day}, {comparison.what}: {'; '.join(comparison.differences)}.")
                self.stdout.write(self.style.ERROR(f"{text}  differs"))
            else:
                self.stdout.write(f"{text}  agrees")
        found += faults()
        for fault in found:
            self.stderr.write(self.style.ERROR(fault))
        if found:
            raise CommandError(f"The network is not as it should be; faults found: {len(found)}.")
        self.stdout.write(self.style.SUCCESS("The network agrees with every official total, and with itself."))


def cells(comparison: Comparison) -> tuple[object, ...]:
    """One comparison as a line of the table; a dash where UNESCO gave no number."""
    total = comparison.total
    official = ["–" if number is None else number for number in (total.countries, total.fields)]
    return (
        total.day,
        comparison.what,
        comparison.cities,
        total.missing,
        total.cities,
        comparison.countries,
        official[0],
        comparison.fields,
        official[1],
    )


def line(values: tuple[object, ...]) -> str:
    left, right = values[:2], values[2:]
    return "  ".join(
        [f"{value!s:<{width}}" for value, width in zip(left, WIDTHS, strict=False)]
        + [f"{value!s:>{width}}" for value, width in zip(right, WIDTHS[2:], strict=True)]
    )
