from .city import City, CityQuerySet, FormerSlug
from .country import Country, Region
from .creative_field import CreativeField
from .designation import Designation, Precision, set_member_since
from .edition import Edition
from .entry_report import EntryReport
from .history import HistoryEntry
from .official_total import OfficialTotal

__all__ = [
    "City",
    "CityQuerySet",
    "Country",
    "CreativeField",
    "Designation",
    "Edition",
    "EntryReport",
    "FormerSlug",
    "HistoryEntry",
    "OfficialTotal",
    "Precision",
    "Region",
    "set_member_since",
]
