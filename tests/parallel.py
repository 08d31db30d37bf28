"""Writers in parallel, each with a connection of its own: for tests on PostgreSQL."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import IntegrityError, OperationalError, connection

from cities.exceptions import NetworkError

WRITERS = 12
TOGETHER = 50


def at_once(act: Callable[[int], Any], number: int = WRITERS) -> list[Any]:
    """Call an act with 0, 1, 2 …, the first fifty in the same moment; what each call gave, or the refusal it met.

    As many of them meet in the database as its pool has connections; the others wait for theirs.
    """
    together = min(number, TOGETHER)
    barrier = Barrier(together)

    def run(place: int) -> Any:
        try:
            if place < together:
                barrier.wait(timeout=120)
            return act(place)
        except (NetworkError, IntegrityError, OperationalError) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(together) as pool:
        return list(pool.map(run, range(number)))


def all_at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Different acts, all in the same moment; what each gave, or the refusal it met."""
    return at_once(lambda place: acts[place](), len(acts))
