"""A process that announces in children of its own and lets them be killed: started by test_parallel_announcement.

Whoever names another duty of the clock behind the database has that one done.

Reads commands, a line each, and answers with a line when the child is gone: its signal, or "done". `statement 17`
kills right after the seventeenth SQL statement, `commit` between the commit and what follows it, `mail 1` after the
first mail was handed over; `run` kills nobody. A child that hangs is ended by the alarm clock, which is an answer too.
"""

import gc
import os
import signal
import sys
from typing import Any

import django
from django.core.mail import EmailMessage
from django.db import connection, connections, transaction
from django.urls import get_resolver
from django.utils.module_loading import import_string

ANNOUNCE = "cities.services.announcement.announce_due"
LONGEST = 60
"""Seconds that a child may take."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_after(number: int) -> Any:
    done = 0

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal done
        result = execute(sql, params, many, context)
        done += 1
        if done == number:
            die()
        return result

    return wrapper


def work(command: str, argument: str, duty: str) -> None:
    # Only now: the models need the settings.
    from cities.services.clock import tick  # noqa: PLC0415

    if command == "commit":
        commit = connection._commit

        def commit_and_die() -> None:
            announced = connection.in_atomic_block is False and bool(connection.run_on_commit)
            commit()
            if announced:
                die()

        connection._commit = commit_and_die
    if command == "mail":
        sent = 0
        send = EmailMessage.send

        def send_and_die(self: EmailMessage, *args: Any, **kwargs: Any) -> int:
            nonlocal sent
            result = send(self, *args, **kwargs)
            sent += 1
            if sent == int(argument):
                die()
            return result

        EmailMessage.send = send_and_die  # type: ignore[method-assign]
    if command == "statement":
        with connection.execute_wrapper(dying_after(int(argument))):
            import_string(duty)()
        return
    tick()


def prepare(duty: str) -> None:
    """Load what every child would load anew, by doing it once and undoing it: addresses, texts, templates."""
    __import__(get_resolver().urlconf_name)
    list(get_resolver().url_patterns)
    with transaction.atomic():
        import_string(duty)()
        transaction.set_rollback(True)
    # A connection cannot be shared with a child; memory can, as long as nobody tidies it.
    connections.close_all()
    gc.disable()
    gc.freeze()


def in_a_child(command: str, argument: str, duty: str) -> str:
    """Its signal, or its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(LONGEST)
            work(command, argument, duty)
            code = 0
        finally:
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return str(os.WTERMSIG(status))
    return f"exit {code}" if (code := os.WEXITSTATUS(status)) else "done"


def main() -> None:
    django.setup()
    database = connections.settings["default"]
    database["NAME"] = sys.argv[1]
    # One connection a child is enough, and no threads are lost in a fork.
    database["OPTIONS"].pop("pool", None)
    duty = sys.argv[2] if len(sys.argv) > 2 else ANNOUNCE
    prepare(duty)
    print("ready", flush=True)
    for line in sys.stdin:
        command, _space, argument = line.strip().partition(" ")
        print(in_a_child(command, argument, duty), flush=True)


if __name__ == "__main__":
    main()
