from .ballot import Ballot, BallotOption, OpenSeat, OpenVote, Seat, Vote, seats_of
from .bid import BidCity, HostBid
from .host_call import HostCall, HostCriterion, Rescheduling
from .meeting import Meeting, MeetingChange, MeetingDocument, MeetingHost, MeetingQuerySet, Objective
from .programme import Room, Session, SessionPlace, SessionSpeaker, Speaker
from .registration import MeetingQuestion, Registration, RegistrationRequest

__all__ = [
    "Ballot",
    "BallotOption",
    "BidCity",
    "HostBid",
    "HostCall",
    "HostCriterion",
    "Meeting",
    "MeetingChange",
    "MeetingDocument",
    "MeetingHost",
    "MeetingQuerySet",
    "MeetingQuestion",
    "Objective",
    "OpenSeat",
    "OpenVote",
    "Registration",
    "RegistrationRequest",
    "Rescheduling",
    "Room",
    "Seat",
    "Session",
    "SessionPlace",
    "SessionSpeaker",
    "Speaker",
    "Vote",
    "seats_of",
]
