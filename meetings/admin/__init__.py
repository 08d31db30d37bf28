from . import mails
from .ballot import BallotAdmin
from .bid import HostBidAdmin
from .host_call import HostCallAdmin
from .meeting import MeetingAdmin
from .programme import RoomAdmin, SessionAdmin, SpeakerAdmin
from .registration import MeetingQuestionAdmin, RegistrationAdmin

__all__ = [
    "BallotAdmin",
    "HostBidAdmin",
    "HostCallAdmin",
    "MeetingAdmin",
    "MeetingQuestionAdmin",
    "RegistrationAdmin",
    "RoomAdmin",
    "SessionAdmin",
    "SpeakerAdmin",
    "mails",
]
