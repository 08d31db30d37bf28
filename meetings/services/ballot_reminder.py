"""Staff remind the focal points of cities that have not voted, besides the reminders that the clock sends."""

from django.db import transaction
from django.utils.translation import gettext as _

from cities.days import today
from cities.models import City, Coordinator
from cities.people import Person
from cities.services.locking import locked
from cities.services.once import once
from cities.services.outbox import write_mail

from ..models import Ballot, OpenSeat
from .ballot import BallotRefused
from .host_call import check_runs_hosting


def waiting_cities() -> list[tuple[City, Person | None]]:
    """The cities that have not voted in the open ballot, by name, each with its focal point if it has one now."""
    seats = OpenSeat.objects.filter(has_voted=False).select_related("city__country")
    mandates = Coordinator.objects.reachable().focal_points().filter(city__in=seats.order_by().values("city"))
    persons = {mandate.city_id: mandate.user for mandate in mandates}
    return [(seat.city, persons.get(seat.city_id)) for seat in seats]


@transaction.atomic
def remind_now(*, ballot: Ballot, by: Person) -> int:
    """Write to the focal points of all cities that have not voted; gives how many. Once a day at most.

    Raises HostCallRefused for whoever is no officer, BallotRefused when the ballot takes no votes, when it was done
    today, and when nobody is left to be reminded. Nothing is recorded: history knows of a ballot only its opening, its
    closing and its totals.
    """
    check_runs_hosting(by)
    stored = locked(ballot)
    if not stored.takes_votes():
        raise BallotRefused(_("This ballot takes no votes: there is nobody to remind."))
    waiting = [(city, person) for city, person in waiting_cities() if person is not None]
    if not waiting:
        raise BallotRefused(_("There is nobody to remind: every city that has a focal point has voted."))
    if not once(f"ballot-staff-reminder/{stored.pk}/{today().isoformat()}"):
        raise BallotRefused(_("A reminder was sent today already. The next one can leave tomorrow."))
    for city, person in waiting:
        context = {"ballot": stored, "host_call": stored.host_call, "city": city}
        write_mail("ballot-reminder", to=person, context=context)
    return len(waiting)
