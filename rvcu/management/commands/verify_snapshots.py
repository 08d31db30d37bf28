from django.core.management.base import BaseCommand, CommandError

from rvcu.models import DataSnapshot
from rvcu.snapshots.verifying import flaws


class Command(BaseCommand):
    help = (
        "Verify every published snapshot: each file against its sum, the manifest against the database, the head that"
        " it names against the history."
    )

    def handle(self, *args, **options) -> None:
        found = list(flaws())
        for flaw in found:
            self.stderr.write(self.style.ERROR(flaw))
        if found:
            raise CommandError(f"The snapshots are not as they were published: {len(found)} flaws.")
        self.stdout.write(self.style.SUCCESS(f"All is as it was published. Snapshots: {DataSnapshot.objects.count()}."))
