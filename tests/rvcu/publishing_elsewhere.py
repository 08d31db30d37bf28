"""Makes a database with the real network at a frozen instant and publishes a day: started by other tests.

Takes the day, the instant, and perhaps how to die: `statement 17` ends the process by a signal right after the
seventeenth SQL statement of the publication, `step put` right after a function that `rvcu.snapshots.publishing` uses
was called. A child process dies; nothing of it may be seen, and the publication after all of them works.
"""

import datetime
import os
import signal
import sys
from typing import Any

import django
from django.core.management import call_command
from django.db import connection
from django.utils import timezone


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingAfter:
    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        self.left -= 1
        if self.left == 0:
            die()
        return result


def main(day: str, instant: str, *deaths: str) -> None:
    django.setup()
    # Only now: the models need the settings.
    from rvcu.models import DataSnapshot  # noqa: PLC0415
    from rvcu.snapshots import publishing  # noqa: PLC0415
    from rvcu.snapshots.verifying import flaws  # noqa: PLC0415

    timezone.now = lambda: datetime.datetime.fromisoformat(instant)
    call_command("migrate", verbosity=0)
    call_command("import_network", verbosity=0)
    for death in deaths:
        connection.close()
        child = os.fork()
        if child == 0:
            perish(publishing, death, datetime.date.fromisoformat(day))
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), f"not killed: {death}"
        assert not DataSnapshot.objects.exists(), f"half a snapshot: {death}"
    publishing.publish_snapshot(day=datetime.date.fromisoformat(day))
    assert list(flaws()) == []


def perish(publishing: Any, death: str, day: datetime.date) -> None:
    kind, _space, argument = death.partition(" ")
    if kind == "statement":
        with connection.execute_wrapper(DyingAfter(int(argument))):
            publishing.publish_snapshot(day=day)
        return
    called = getattr(publishing, argument)

    def call_and_die(*args: Any, **kwargs: Any) -> None:
        called(*args, **kwargs)
        die()

    setattr(publishing, argument, call_and_die)
    publishing.publish_snapshot(day=day)


if __name__ == "__main__":
    main(*sys.argv[1:])
