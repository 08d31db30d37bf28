from .city import City, CityQuerySet, FormerSlug
from .country import Country, Region
from .creative_field import CreativeField
from .designation import Designation, Precision, set_member_since
from .edition import Edition
from .entry_report import EntryReport
from .history import HistoryEntry
from .initiative import Initiative, InitiativePhoto, InitiativeRevision, Partnership, Theme
from .invitation import Invitation
from .mandate import MANDATES, CommissionOfficer, Coordinator, Evaluator, FocalPointChange, Mandate
from .moderated import Moderated, Part
from .official_total import OfficialTotal
from .outbox import OutboxMessage, Reminder
from .photo import Photo, PhotoUse
from .private_file import PrivateFile
from .profile import ProfileConfirmation, ProfilePhoto, ProfileRevision

__all__ = [
    "MANDATES",
    "City",
    "CityQuerySet",
    "CommissionOfficer",
    "Coordinator",
    "Country",
    "CreativeField",
    "Designation",
    "Edition",
    "EntryReport",
    "Evaluator",
    "FocalPointChange",
    "FormerSlug",
    "HistoryEntry",
    "Initiative",
    "InitiativePhoto",
    "InitiativeRevision",
    "Invitation",
    "Mandate",
    "Moderated",
    "OfficialTotal",
    "OutboxMessage",
    "Part",
    "Partnership",
    "Photo",
    "PhotoUse",
    "Precision",
    "PrivateFile",
    "ProfileConfirmation",
    "ProfilePhoto",
    "ProfileRevision",
    "Region",
    "Reminder",
    "Theme",
    "set_member_since",
]
