"""A process that announces in children of its own and lets them be killed: started by test_parallel_announcement.

Reads commands, a line each, and answers with a line when the child is gone: its signal, or "done". `statement 17`
kills right after the seventeenth SQL statement, `commit` between the commit and what follows it, `mail 1` after the
first mail was handed over; `run` kills nobody.
"""

import os
import signal
import sys
from typing import Any

import django
from django.core.mail import EmailMessage
from django.db import connection, connections
from django.urls import get_resolver


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


def work(command: str, argument: str) -> None:
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
            announce_alone()
        return
    tick()


def announce_alone() -> None:
    from cities.services.announcement import announce_due  # noqa: PLC0415

    announce_due()


def main() -> None:
    django.setup()
    connections.settings["default"]["NAME"] = sys.argv[1]
    # What every child would load anew.
    __import__(get_resolver().urlconf_name)
    list(get_resolver().url_patterns)
    print("ready", flush=True)
    for line in sys.stdin:
        command, _space, argument = line.strip().partition(" ")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                work(command, argument)
                code = 0
            finally:
                os._exit(code)
        _pid, status = os.waitpid(child, 0)
        answer = str(os.WTERMSIG(status)) if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        print("done" if answer == "exit 0" else answer, flush=True)


if __name__ == "__main__":
    main()
