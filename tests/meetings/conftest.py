import pytest
from django.db import connection

from cities.models import City

# Parallel writers need a server and real connections: PostgreSQL's run has them.
collect_ignore_glob = ["test_parallel*.py"] if connection.vendor == "sqlite" else []


@pytest.fixture
def lyon(network) -> City:
    return City.objects.get(slug="lyon")
