from django.core.management.base import BaseCommand

from cities.services.demo_call import load_demonstration_call


class Command(BaseCommand):
    help = (
        "Publish the demonstration call, open from now on for two months. When one is open already, it stays and "
        "nothing is added. Needs the creative fields: run import_network first."
    )

    def handle(self, *args, verbosity: int, **options) -> None:
        call = load_demonstration_call()
        if verbosity:
            self.stdout.write(f"{call.slug}: open until {call.closes_for_all.isoformat()}")
