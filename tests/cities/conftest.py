import pytest

from cities.models import City


@pytest.fixture
def lyon(network) -> City:
    return City.objects.get(slug="lyon")
