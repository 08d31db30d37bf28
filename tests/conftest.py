import datetime
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import Client, TestCase, TransactionTestCase
from django.utils import timezone, translation

import cities
from cities.models import (
    City,
    CommissionOfficer,
    Coordinator,
    CreativeField,
    Edition,
    Evaluator,
)
from cities.rules import GROUPS
from cities.services.present import read_of
from rvcu.models import User

from .history_guards import all_unguarded

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
SHIPPED = Path(cities.__file__).parent / "data"
NOT_RUN = pytest.StashKey[int]()

# Parallel writers need a server and real connections: PostgreSQL's run has them.
collect_ignore_glob = ["*/test_parallel*.py"] if connection.vendor == "sqlite" else []


# Without a browser all other tests run, and the last lines say what did not


def pytest_configure(config: pytest.Config) -> None:
    if not BROWSER and os.environ.get("CI"):
        pytest.exit("CI without Chromium would leave the browser tests out: install it.", returncode=3)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=wants_the_kept_network, reverse=True)
    if BROWSER:
        return
    in_browser = [item for item in items if "/browser/" in item.path.as_posix()]
    items[:] = [item for item in items if item not in in_browser]
    config.stash[NOT_RUN] = len(in_browser)


# Every worker of pytest-xdist collects all tests, and only the process that started them writes the last lines


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["not_run"] = session.config.stash.get(NOT_RUN, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    # A worker that crashed leaves no output.
    if output := getattr(node, "workeroutput", None):
        node.config.stash[NOT_RUN] = output["not_run"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if missing := config.stash.get(NOT_RUN, 0):
        terminalreporter.write_line(
            f"NOT RUN: {missing} browser tests, because no Chromium was found. Install one"
            " (Debian: apt-get install chromium) and run them with: make test ARGS=tests/browser",
            yellow=True,
        )


# People: officers and an auditor of the secretariat; the visitor is the plain `client`


def person(email: str, group: str = "", **fields) -> User:
    user = User.objects.create_user(email, "the password of the tests", is_staff=bool(group), **fields)
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def officer(db: None) -> User:
    return person("officer@example.org", "officer")


@pytest.fixture
def decision_officer(db: None) -> User:
    return person("decision.officer@example.org", "decision officer")


@pytest.fixture
def administrator(db: None) -> User:
    return person("administrator@example.org", "administrator")


@pytest.fixture
def auditor(db: None) -> User:
    return person("auditor@example.org", "auditor")


# Of the cities: their coordinators, and others with mandates. They need the network


def mandate(user: User, city: str, role: str, **fields) -> Coordinator:
    since = timezone.now() - datetime.timedelta(days=400)
    return Coordinator.objects.create(
        user=user, city=City.objects.get(slug=city), role=role, **{"begins_at": since, **fields}
    )


@pytest.fixture
def coordinator(network: None) -> User:
    """The focal point of Lyon."""
    user = person("coordinator.lyon@example.org")
    mandate(user, "lyon", Coordinator.Role.FOCAL_POINT)
    return user


@pytest.fixture
def alternate(network: None) -> User:
    user = person("alternate.lyon@example.org")
    mandate(user, "lyon", Coordinator.Role.ALTERNATE)
    return user


@pytest.fixture
def editor(network: None) -> User:
    user = person("editor.lyon@example.org")
    mandate(user, "lyon", Coordinator.Role.EDITOR)
    return user


@pytest.fixture
def former_coordinator(network: None) -> User:
    """Once the focal point of Lyon."""
    user = person("former.lyon@example.org")
    now = timezone.now()
    ended = {"begins_at": now - datetime.timedelta(days=900), "ends_at": now - datetime.timedelta(days=401)}
    mandate(user, "lyon", Coordinator.Role.FOCAL_POINT, **ended)
    return user


@pytest.fixture
def other_coordinator(network: None) -> User:
    """The focal point of Östersund."""
    user = person("coordinator.ostersund@example.org", language="fr")
    mandate(user, "ostersund", Coordinator.Role.FOCAL_POINT)
    return user


@pytest.fixture
def commission_officer(network: None) -> User:
    user = person("commission.fr@example.org")
    CommissionOfficer.objects.create(user=user, country_id="FR")
    return user


@pytest.fixture
def evaluator(network: None) -> User:
    user = person("evaluator@example.org")
    Evaluator.objects.create(user=user, panel="experts", field=CreativeField.objects.get(slug="literature"))
    return user


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    return sign_in


@pytest.fixture
def admin_client(admin_user: User) -> Client:
    return sign_in(admin_user)


def sign_in(user: User, client: Client | None = None) -> Client:
    """A client as after the sign-in pages; staff have a second factor and used it."""
    client = client or Client()
    client.force_login(user)
    if user.is_staff:
        kind = Authenticator.Type.TOTP
        factor, _ = Authenticator.objects.get_or_create(user=user, type=kind, defaults={"data": {}})
        session = client.session
        session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "password", "at": time.time()},
            {"method": "mfa", "at": time.time(), "id": factor.pk, "type": "totp"},
        ]
        session.save()
    return client


# Data

# Playwright runs an event loop in the thread of the tests, where Django would go on with other connections than
# before: a transaction begun with one was then ended, or missed, on another.
connections._connections = threading.local()


class KeptNetwork:
    """The real network, written once, in a transaction around all tests that want it; each of them is undone alone."""

    def __init__(self) -> None:
        self.is_wanted = False
        self.blocker: Any = None
        self.transaction: transaction.Atomic | None = None

    def open(self) -> None:
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        call_command("import_network", verbosity=0)

    def close(self) -> None:
        if self.transaction:
            with self.blocker.unblock():
                transaction.set_rollback(True)
                self.transaction.__exit__(None, None, None)
            self.transaction = None


KEPT = KeptNetwork()


def wants_the_kept_network(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    marker = item.get_closest_marker("django_db")
    is_transactional = "transactional_db" in names or (marker and marker.kwargs.get("transaction"))
    return "network" in names and not is_transactional


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    KEPT.is_wanted = wants_the_kept_network(item)
    if not KEPT.is_wanted:
        KEPT.close()


@pytest.fixture(autouse=True, scope="session")
def network_is_kept(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Has the network written before the transaction of the first test that wants it begins."""
    enter = TestCase._enter_atomics.__func__

    def enter_with_network(cls: type[TestCase]) -> dict[str, transaction.Atomic]:
        if KEPT.is_wanted and not KEPT.transaction:
            KEPT.open()
        return enter(cls)

    TestCase._enter_atomics = classmethod(enter_with_network)
    KEPT.blocker = django_db_blocker
    yield
    TestCase._enter_atomics = classmethod(enter)
    KEPT.close()


@pytest.fixture
def network(db: None) -> None:
    """The real network, as shipped."""
    if not KEPT.transaction:
        call_command("import_network", verbosity=0)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """A copy of the shipped data files, to be spoilt."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "data"))


@pytest.fixture(autouse=True)
def empty_memory() -> None:
    caches["pages"].clear()
    read_of.cache_clear()


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Django leaves the language of the last request active, and the next test would go on in it."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True, scope="session")
def no_session_left(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """PostgreSQL drops no database that a request of the browser is still connected to."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


# Tests with real transactions clean up by emptying all tables, which the history refuses


@pytest.fixture(autouse=True, scope="session")
def history_can_be_cleaned_up() -> Iterator[None]:
    clean_up = TransactionTestCase._fixture_teardown

    def with_history(self) -> None:
        with all_unguarded():
            clean_up(self)
        # What the migrations put in.
        Edition.objects.get_or_create()
        Group.objects.bulk_create([Group(name=name) for name in GROUPS], ignore_conflicts=True)

    TransactionTestCase._fixture_teardown = with_history
    yield
    TransactionTestCase._fixture_teardown = clean_up
