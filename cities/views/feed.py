"""The feeds: new members and new initiatives, each with the query of its list."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from ..caching import public_data
from ..datasets import BadQuery
from ..datasets.city import CITIES
from ..datasets.initiative import INITIATIVES
from ..downloads import asked
from ..feeds import Feed, as_feed, with_choices
from ..filters import Directory, with_query
from ..initiative_filters import Initiatives
from ..problems import with_problems
from ..services.news import Wanted, initiative_news, member_news


@public_data
@with_problems
def members(request: HttpRequest) -> HttpResponse:
    """Who joined, moved to another field or left, of those that a query of the directory names."""
    directory = Directory(asked(request.GET, CITIES.parameters))
    if not directory.is_valid or directory.day is None:
        raise BadQuery(directory.form.errors)
    chosen = {name: tuple(directory.values[name]) for name in directory.groups}
    wanted = Wanted(
        text=directory.values["q"],
        fields=chosen["field"],
        regions=chosen["region"],
        countries=chosen["country"],
        years=chosen["year"],
    )
    return as_feed(
        Feed(
            kind="members",
            title=with_choices(_("RVCU, the members"), directory),
            subtitle=_("Cities that join the network, move to another creative field or leave."),
            path=with_query(request.path, directory.selecting),
            page=with_query(reverse("cities:directory"), directory.selecting),
            news=member_news(wanted, day=directory.day),
        )
    )


@public_data
@with_problems
def initiatives(request: HttpRequest) -> HttpResponse:
    """The initiatives that a query of their list selects, by their publication."""
    found = Initiatives(asked(request.GET, INITIATIVES.parameters))
    if not found.is_valid:
        raise BadQuery(found.form.errors)
    return as_feed(
        Feed(
            kind="initiatives",
            title=with_choices(_("RVCU, the initiatives"), found),
            subtitle=_("What the member cities do together, as it is published."),
            path=with_query(request.path, found.selecting),
            page=with_query(reverse("cities:initiatives"), found.selecting),
            news=initiative_news(found.results),
        )
    )
