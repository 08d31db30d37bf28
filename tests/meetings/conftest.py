import datetime

import pytest

from cities.models import City
from meetings.models import Meeting, Room
from tests.factories.hosting import make_meeting, open_for_registration


@pytest.fixture
def lyon(network) -> City:
    return City.objects.get(slug="lyon")


@pytest.fixture
def meeting(network) -> Meeting:
    """Four days in June 2027 in Essaouira, whose registration is open."""
    return open_for_registration(
        make_meeting(
            hosts=("essaouira",),
            year=2027,
            planned_year=2027,
            start_date=datetime.date(2027, 6, 1),
            end_date=datetime.date(2027, 6, 4),
            time_zone="Africa/Casablanca",
        )
    )


@pytest.fixture
def hall(meeting: Meeting) -> Room:
    return Room.objects.create(meeting=meeting, name_en="Great hall", name_fr="Grande salle", places=50)
