import datetime
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client, TransactionTestCase

import cities
from cities.models import Edition
from cities.rules import GROUPS
from rvcu.models import User

from .history_guards import history_unguarded

SHIPPED = Path(cities.__file__).parent / "data"
APRIL_2016 = datetime.date(2016, 4, 28)


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
def administrator(db: None) -> User:
    return person("administrator@example.org", "administrator")


@pytest.fixture
def auditor(db: None) -> User:
    return person("auditor@example.org", "auditor")


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


# Data


@pytest.fixture
def network(db: None) -> None:
    """The real network, as shipped."""
    call_command("import_network", verbosity=0)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """A copy of the shipped data files, to be spoilt."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "data"))


@pytest.fixture(autouse=True)
def empty_page_cache() -> None:
    caches["pages"].clear()


# Tests with real transactions clean up by emptying all tables, which the history refuses


@pytest.fixture(autouse=True, scope="session")
def history_can_be_cleaned_up() -> Iterator[None]:
    clean_up = TransactionTestCase._fixture_teardown

    def with_history(self) -> None:
        with history_unguarded():
            clean_up(self)
        # What the migrations put in.
        Edition.objects.get_or_create()
        Group.objects.bulk_create([Group(name=name) for name in GROUPS], ignore_conflicts=True)

    TransactionTestCase._fixture_teardown = with_history
    yield
    TransactionTestCase._fixture_teardown = clean_up
