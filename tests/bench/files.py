"""Measure the whole network as a file at 400 and 40,000 cities: `make bench ARGS=--files`.

One client asks the production server on loopback. *first byte* and *first row* are medians in milliseconds of several
downloads of which nothing more is waited for, *whole* is one download; *memory* is the peak of the serving process
above what it held while idle, both as the kernel tells them. Idle is after a file of one country in each format.
"""

import re
import socket
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from .server import HOST, ask, manage, prepare, served

FORMATS = {"csv": [b"slug,", b"\ncity-"], "geojson": [b"FeatureCollection", b'"Feature"']}
"""With what the first byte and the first row of each are known by."""
ALSO = ("xlsx", "kml", "jsonld", "json")
"""Whose memory is measured as well."""
AIMS = "\nAims: first byte at the largest ≤ 2 × that at the smallest; memory ≤ 20 MB above idle."
PIECE = 64 * 1024
MEGABYTE = 1024  # of the kilobytes that the kernel tells


def until(port: int, address: str, marks: list[bytes]) -> list[float]:
    """Milliseconds until each mark has arrived; then the client goes away."""
    start = time.perf_counter()
    times: list[float] = []
    with socket.create_connection((HOST, port), timeout=60) as connection:
        connection.sendall(f"GET {address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        content = b""
        while len(times) < len(marks) and (piece := connection.recv(PIECE)):
            content += piece
            while len(times) < len(marks) and marks[len(times)] in content:
                times.append((time.perf_counter() - start) * 1000)
    if not content.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"{address}: {content[:200]!r}")
    time.sleep(0.3)  # until the server sees that nobody listens any more
    return times


def whole(port: int, address: str) -> tuple[float, int]:
    """Milliseconds and bytes of a download."""
    start, size = time.perf_counter(), 0
    with socket.create_connection((HOST, port), timeout=120) as connection:
        connection.sendall(f"GET {address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        while piece := connection.recv(PIECE):
            size += len(piece)
    return (time.perf_counter() - start) * 1000, size


def kilobytes(pid: int, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if not found:
        raise SystemExit(f"The kernel does not tell {name} of {pid}.")
    return int(found[1])


def peak_above_idle(pid: int, port: int, address: str) -> tuple[float, float, int]:
    """Megabytes above idle at the highest, then milliseconds and bytes of the download."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak so far is forgotten
    idle = kilobytes(pid, "VmRSS")
    elapsed, size = whole(port, address)
    return (kilobytes(pid, "VmHWM") - idle) / MEGABYTE, elapsed, size


def measure(name: str, url: Callable[[int], str], sizes: list[int], rounds: int, port: int) -> None:
    print(
        f"\n{name}\n  {'cities':>7}  {'':8}{'first byte':>12}{'first row':>12}{'whole':>10}{'size':>10}{'memory':>10}"
    )
    base: dict[str, float] = {}
    for size in sizes:
        environment = {"RVCU_MODE": "test", "DATABASE_URL": url(size), "DJANGO_SETTINGS_MODULE": "tests.bench.settings"}
        prepare(environment, size)
        manage(environment, "shell", "-v0", "-c", "from tests.bench.synthetic import fill_edits; fill_edits()")
        with served(port, environment) as pid:
            for extension in (*FORMATS, *ALSO):
                ask(port, f"/en/cities.{extension}?country=FR")
            # The largest first: what the process keeps of another's download would hide its own.
            memory = {one: peak_above_idle(pid, port, f"/en/cities.{one}") for one in (*FORMATS, *ALSO)}
            for extension, marks in FORMATS.items():
                found = [until(port, f"/en/cities.{extension}", marks) for _round in range(rounds)]
                byte, first = (statistics.median(times) for times in zip(*found, strict=True))
                base.setdefault(extension, byte)
                print(
                    f"  {size:>7,}  {extension:8}{byte:>6.1f}ms{byte / base[extension]:>4.1f}x{first:>10.1f}ms"
                    + told(*memory[extension]),
                    flush=True,
                )
            for extension in ALSO:
                print(f"  {size:>7,}  {extension:8}{'':24}{told(*memory[extension])}", flush=True)
            _elapsed, _status, etag, _body = ask(port, "/en/cities.csv")
            unchanged = [ask(port, "/en/cities.csv", etag) for _round in range(rounds)]
            if {status for _elapsed, status, _etag, _body in unchanged} != {304}:
                raise SystemExit("An unchanged file was sent again.")
            print(f"  {size:>7,}  {'304':8}{statistics.median(one[0] for one in unchanged):>6.1f}ms", flush=True)


def told(memory: float, elapsed: float, size: int) -> str:
    return f"{elapsed / 1000:>8.1f} s{size / 1e6:>7.1f} MB{memory:>7.1f} MB"
