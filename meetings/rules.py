"""Who may do what with meetings; see `cities.rules`."""

from typing import Any

import rules

from cities.models import City, Coordinator
from cities.people import Person
from cities.rules import can_edit, is_coordinator, is_focal_point, is_secretariat, roles_in, speaks_for_city

from .models import BidCity, HostBid, OpenSeat, Registration


@rules.predicate
def coordinates_a_member(user: Person, obj: Any = None) -> bool:
    """For coordinators of a city that is a member today."""
    own = City.objects.coordinated_by(user).order_by().values("pk")
    return City.objects.members().filter(pk__in=own).exists()


@rules.predicate
def coordinates_a_voter(user: Person, obj: Any = None) -> bool:
    """For coordinators of a city on the roll of the open ballot, which keeps its vote when it leaves the network."""
    own = City.objects.coordinated_by(user).order_by().values("pk")
    return OpenSeat.objects.filter(city__in=own).exists()


@rules.predicate
def is_member(user: Person, city: City | None) -> bool:
    return city is not None and City.objects.members().filter(pk=city.pk).exists()


@rules.predicate
def reads_bid(user: Person, bid: HostBid | None) -> bool:
    """Of a draft the secretariat knows that it exists, not what it says."""
    return bid is not None and HostBid.objects.readable_by(user).filter(pk=bid.pk).exists()


@rules.predicate
def writes_bid(user: Person, bid: HostBid | None) -> bool:
    """For coordinators of the lead, and of a city that has confirmed."""
    if bid is None:
        return False
    cities = [one.city for one in bid.standing_cities if one.is_confirmed]
    return any(roles_in(user, city) for city in cities)


@rules.predicate
def speaks_for_bid(user: Person, bid: HostBid | None) -> bool:
    """For who speaks for the lead city."""
    return bid is not None and bool(roles_in(user, bid.lead) & set(Coordinator.SPEAKERS))


@rules.predicate
def answers_for_bid_city(user: Person, one: BidCity | None) -> bool:
    return one is not None and bool(roles_in(user, one.city) & set(Coordinator.SPEAKERS))


@rules.predicate
def is_own_registration(user: Person, registration: Registration | None) -> bool:
    return registration is not None and user.is_active and registration.user_id == user.pk


@rules.predicate
def is_of_own_city(user: Person, registration: Registration | None) -> bool:
    return registration is not None and registration.city is not None and bool(roles_in(user, registration.city))


PERMISSIONS = {
    "meetings.view_meeting": is_secretariat,
    "meetings.add_meeting": can_edit,
    "meetings.change_meeting": can_edit,
    "meetings.run_meeting": can_edit,
    "meetings.view_meetinghost": is_secretariat,
    "meetings.add_meetinghost": can_edit,
    "meetings.change_meetinghost": can_edit,
    "meetings.delete_meetinghost": can_edit,
    "meetings.view_meetingchange": is_secretariat,
    "meetings.view_objective": is_secretariat,
    "meetings.add_objective": can_edit,
    "meetings.change_objective": can_edit,
    "meetings.delete_objective": can_edit,
    "meetings.view_meetingdocument": is_secretariat | coordinates_a_member,
    # hosting
    "meetings.view_hostcall": is_secretariat,
    "meetings.add_hostcall": can_edit,
    "meetings.change_hostcall": can_edit,  # of a draft; a published one is changed by operations
    "meetings.delete_hostcall": can_edit,  # of a draft
    "meetings.run_hosting": can_edit,
    "meetings.view_hostbid": is_secretariat,
    "meetings.read_bid": reads_bid,
    "meetings.begin_bid": speaks_for_city & is_member,
    "meetings.write_bid": writes_bid,
    "meetings.submit_bid": speaks_for_bid,
    "meetings.answer_bid": answers_for_bid_city,
    # ballots
    "meetings.view_ballot": is_secretariat,
    "meetings.follow_ballot": is_secretariat | coordinates_a_member | coordinates_a_voter,
    "meetings.vote": is_focal_point,
    # registration
    "meetings.view_meetingquestion": is_secretariat,
    "meetings.add_meetingquestion": can_edit,
    "meetings.change_meetingquestion": can_edit,
    "meetings.delete_meetingquestion": can_edit,
    "meetings.view_registration": is_secretariat,
    "meetings.run_registration": can_edit,
    "meetings.register_for_city": is_coordinator,
    "meetings.read_participants": is_secretariat | coordinates_a_member,
    "meetings.manage_registration": is_own_registration | is_of_own_city,
    # programme
    **{
        f"meetings.{act}_{model}": is_secretariat if act == "view" else can_edit
        for model in ("room", "speaker", "session", "sessionspeaker")
        for act in ("view", "add", "change", "delete")
    },
    "meetings.view_sessionplace": is_secretariat,
}
for name, predicate in PERMISSIONS.items():
    rules.add_perm(name, predicate)
