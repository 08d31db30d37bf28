"""Measure the staff's list of applications at 100 and at 10,000: `make bench ARGS=--applications`.

In a throwaway SQLite database, by the test client, one request at a time. Times are medians of the
process, which others on the machine disturb little; what counts is their ratio.
"""

import statistics
import time

from django.contrib.auth.models import Group
from django.test import Client
from django.test.utils import setup_test_environment

from rvcu.models import User
from tests.factories.calls import make_call

from .synthetic import fill_applications

SIZES = (100, 10_000)
QUERIES = ("", "status=eligible", "screening=to-examine&o=2", "reviews=missing", "q=ka", "p=2")
ROUNDS = 15
PASSWORD = "the password of the measurement"


def main() -> None:
    setup_test_environment()
    officer = User.objects.create_user("officer@example.org", PASSWORD, is_staff=True)
    officer.groups.add(Group.objects.get(name="officer"))
    client = Client()
    client.force_login(officer)
    call = make_call("evaluation")
    found: dict[int, dict[str, float]] = {}
    for size in SIZES:
        fill_applications(call, size - call.applications.count(), by=officer)
        found[size] = {query: median_of(client, query) for query in QUERIES}
    small, large = SIZES
    print(f"{'query':28} {small:>10,} {large:>10,}  ratio")
    worst = 0.0
    for query in QUERIES:
        ratio = found[large][query] / found[small][query]
        worst = max(worst, ratio)
        print(f"{query or 'no filter':28} {found[small][query]:8.1f}ms {found[large][query]:8.1f}ms {ratio:5.2f}x")
    print(f"The aim is 3x at most: {'met' if worst <= 3 else 'missed'}.")


def median_of(client: Client, query: str) -> float:
    times = []
    for _round in range(ROUNDS + 1):
        start = time.process_time()
        response = client.get(f"/admin/cities/application/?{query}")
        times.append((time.process_time() - start) * 1000)
        if response.status_code != 200:
            raise SystemExit(f"{query}: answered {response.status_code}")
    return statistics.median(times[1:])  # the first one compiles templates
