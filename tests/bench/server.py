"""A throwaway database and the production server before it, for measurements."""

import contextlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HOST = "127.0.0.1"
ROOT = Path(__file__).parent.parent.parent


def ask(port: int, address: str, etag: str = "") -> tuple[float, int, str, bytes]:
    """One request: milliseconds, status, ETag, body."""
    headers = {"Accept-Encoding": "gzip", "Host": "localhost"} | ({"If-None-Match": etag} if etag else {})
    start = time.perf_counter()
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    connection.request("GET", address, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return (time.perf_counter() - start) * 1000, response.status, response.headers.get("ETag", ""), body


@contextlib.contextmanager
def served(port: int, environment: dict[str, str]) -> Iterator[int]:
    """The production server, one process, on loopback; the number of the process that answers."""
    command = [sys.executable, "-m", "gunicorn", "rvcu.wsgi", "--bind", f"{HOST}:{port}", "--workers", "1"]
    process = subprocess.Popen(
        [*command, "--log-level", "error"], cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL
    )
    try:
        for _try in range(100):
            with contextlib.suppress(OSError):
                ask(port, "/healthz")
                break
            time.sleep(0.1)
        yield int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
    finally:
        process.terminate()
        process.wait(timeout=20)


def manage(environment: dict[str, str], *command: str) -> None:
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=os.environ | environment, check=True)


def prepare(environment: dict[str, str], size: int) -> None:
    """A database with a network of this size."""
    manage(environment, "migrate", "-v0")
    manage(environment, "import_network", "-v0")
    manage(environment, "shell", "-v0", "-c", f"from tests.bench.synthetic import fill, settle; fill({size}); settle()")
