from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from ..access import for_persons, needs
from ..models import City, CommissionOfficer, Coordinator, Evaluator, Initiative
from ..people import Person
from ..services.application import applications_of
from ..services.endorsement import open_desks
from ..services.evaluation import waiting_for
from ..services.waiting import desks_of, tasks_of


def own_city(user: Person, slug: str) -> City:
    """One of the cities that a person is a coordinator of now; raises Http404."""
    return get_object_or_404(City.objects.coordinated_by(user).select_related("country"), slug=slug)


def own_initiative(user: Person, pk: int) -> Initiative:
    """An initiative of one of the cities that a person is a coordinator of now; raises Http404."""
    own = Initiative.objects.filter(lead__in=City.objects.coordinated_by(user))
    return get_object_or_404(own.select_related("lead", "published"), pk=pk)


def mandates_of(user: Person) -> list[Coordinator]:
    """A person's mandates for cities, the past ones too, the newest first."""
    return list(Coordinator.objects.of(user).select_related("city__country"))


@for_persons
def my(request: HttpRequest) -> HttpResponse:
    """What waits for a person, then the cities and mandates."""
    mandates = mandates_of(request.user)
    desks = desks_of(request.user, mandates)
    commissions = list(CommissionOfficer.objects.of(request.user).in_force().select_related("country"))
    evaluators = list(Evaluator.objects.of(request.user).in_force().select_related("field", "city"))
    return render(
        request,
        "my/my.html",
        {
            "desks": desks,
            "applications": applications_of(request.user),
            "tasks": tasks_of(desks),
            "past": [mandate for mandate in mandates if not mandate.is_in_force],
            "commissions": commissions,
            "commission_desks": open_desks(mandate.country for mandate in commissions),
            "evaluations": evaluators,
            "assignments": waiting_for(request.user) if evaluators else [],
        },
    )


@needs("cities.edit_profile", of=own_city)
def my_city(request: HttpRequest, city: City) -> HttpResponse:
    """A city's workplace: what waits, and how its profile, its initiatives, its partners and its team stand."""
    (desk,) = desks_of(request.user, mandates_of(request.user), only=city)
    context = {"city": desk.city, "desk": desk, "desks": [desk], "tasks": tasks_of([desk])}
    return render(request, "my/my_city.html", context)
