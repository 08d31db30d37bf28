from .cities import CityFactory, CountryFactory, CreativeFieldFactory, DesignationFactory
from .files import DataFolder
from .meetings import MeetingFactory, MeetingHostFactory

__all__ = [
    "CityFactory",
    "CountryFactory",
    "CreativeFieldFactory",
    "DataFolder",
    "DesignationFactory",
    "MeetingFactory",
    "MeetingHostFactory",
]
