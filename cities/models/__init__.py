from .application import (
    MANDATES,
    Answer,
    Applicant,
    Application,
    ApplicationDocument,
    ApplicationPhoto,
    PlannedInitiative,
    Snapshot,
)
from .call import Call, CallDocument, Criterion, Extension, OfferedField, Question, Section
from .city import City, CityQuerySet, FormerSlug
from .conflict import Conflict, Ties
from .country import Country, Region
from .creative_field import CreativeField
from .decision import Decision, Ranking, Shortlisting
from .designation import Designation, Precision, set_member_since
from .drafted import Drafted
from .edition import Edition
from .endorsement import Endorsement
from .entry_report import EntryReport
from .evaluation import Assignment, ConflictDeclaration, ConflictOverride, Evaluation, Score
from .history import HistoryEntry
from .initiative import Initiative, InitiativePhoto, InitiativeRevision, Partnership, Theme
from .invitation import Invitation
from .mandate import CommissionOfficer, Coordinator, Evaluator, FocalPointChange, Mandate
from .moderated import Moderated, Part
from .official_total import OfficialTotal
from .outbox import OutboxMessage, Reminder
from .photo import Photo, PhotoUse
from .private_file import PrivateFile
from .profile import ProfileConfirmation, ProfilePhoto, ProfileRevision
from .screening import Reason, Screening, ScreeningItem

__all__ = [
    "MANDATES",
    "Answer",
    "Applicant",
    "Application",
    "ApplicationDocument",
    "ApplicationPhoto",
    "Assignment",
    "Call",
    "CallDocument",
    "City",
    "CityQuerySet",
    "CommissionOfficer",
    "Conflict",
    "ConflictDeclaration",
    "ConflictOverride",
    "Coordinator",
    "Country",
    "CreativeField",
    "Criterion",
    "Decision",
    "Designation",
    "Drafted",
    "Edition",
    "Endorsement",
    "EntryReport",
    "Evaluation",
    "Evaluator",
    "Extension",
    "FocalPointChange",
    "FormerSlug",
    "HistoryEntry",
    "Initiative",
    "InitiativePhoto",
    "InitiativeRevision",
    "Invitation",
    "Mandate",
    "Moderated",
    "OfferedField",
    "OfficialTotal",
    "OutboxMessage",
    "Part",
    "Partnership",
    "Photo",
    "PhotoUse",
    "PlannedInitiative",
    "Precision",
    "PrivateFile",
    "ProfileConfirmation",
    "ProfilePhoto",
    "ProfileRevision",
    "Question",
    "Ranking",
    "Reason",
    "Region",
    "Reminder",
    "Score",
    "Screening",
    "ScreeningItem",
    "Section",
    "Shortlisting",
    "Snapshot",
    "Theme",
    "Ties",
    "set_member_since",
]
