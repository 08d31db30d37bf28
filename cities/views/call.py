"""The public pages of calls. None of them asks about decisions: what is announced stands in the applications' status.

Unlike other public pages these are made anew for every request: where a call stands changes at instants within a day,
and a page that is kept by edition and day would still call it open after it closed.
"""

from typing import Any

from django.db.models import Count, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from ..access import View, for_everyone
from ..caching import asked_anew, made_anew
from ..models import Application, Call, CallDocument, Country, CreativeField, Designation, Region
from ..models.bilingual import content_languages
from ..services.call import criteria_with_share, form_of, grouped
from ..text import sort_key

Phase = Call.Phase
Status = Application.Status

UNTIL = {
    Phase.SCHEDULED: "opens_at",
    Phase.OPEN: "closes_for_all",
    Phase.SCREENING: "screening_until",
    Phase.EVALUATION: "evaluation_until",
    Phase.DECISION: "announce_at",
}
"""The instant that ends each phase, which a countdown leads to."""


def shown(view: View) -> View:
    """A page about a call that everybody may see; of a draft the secretariat, and nobody else, sees a preview."""

    def about_call(request: HttpRequest, slug: str, **named: Any) -> HttpResponse:
        call = get_object_or_404(Call.objects.visible_to(request.user).prefetch_related("extensions"), slug=slug)
        response = view(request, call, **named)
        if call.is_draft:
            add_never_cache_headers(response)
            response["X-Robots-Tag"] = "noindex"
        else:
            asked_anew(request, response)
        return response

    return for_everyone(about_call)


def at_hand(call: Call) -> dict[str, Any]:
    """What the pages of a call have in common."""
    now = timezone.now()
    phase = call.phase(now)
    return {
        "call": call,
        "now": now,
        "phase": phase,
        "is_open": phase == Phase.OPEN,
        "endorses_at": call.endorses_until(None),
        "next_instant": getattr(call, UNTIL[phase]) if phase in UNTIL else None,
    }


@made_anew
def calls(request: HttpRequest) -> HttpResponse:
    """All calls that were published: those that take applications first, then the newest."""
    now = timezone.now()
    groups = grouped(Call.objects.public(), now)
    context = {"groups": groups, "count": sum(map(len, groups.values())), "now": now}
    return render(request, "cities/calls.html", context)


@shown
def call(request: HttpRequest, call: Call) -> HttpResponse:
    """One call: its dates, its rules in words, its criteria, and how to apply."""
    context = at_hand(call) | {
        "fields": call.fields.order_by("position", "slug"),
        "priority_fields": call.priority_fields.order_by("position", "slug"),
        "criteria": criteria_with_share(call),
        "documents": call.documents.select_related("file"),
        # What one country or one city was given is between it and the secretariat.
        "extensions": [one for one in call.extensions.all() if one.country_id is None and one.application_id is None],
        "newcomers": newcomers_of(call) if call.is_announced else [],
    }
    return render(request, "cities/call.html", context)


def newcomers_of(call: Call) -> list[Designation]:
    """The designations that an announced call led to, by the names of the cities."""
    found = Designation.objects.filter(application__call=call).select_related("city__country", "field")
    return sorted(found, key=lambda designation: sort_key(designation.city.name))


@shown
def call_questions(request: HttpRequest, call: Call) -> HttpResponse:
    """What the form asks, section by section, as an applicant will read it."""
    return render(request, "cities/call_questions.html", at_hand(call) | {"form": form_of(call)})


@shown
def call_document(request: HttpRequest, call: Call, pk: int) -> Any:
    """A document of a call, to be kept."""
    document = get_object_or_404(CallDocument.objects.select_related("file"), call=call, pk=pk)
    if not document.file.file:
        raise Http404
    response = FileResponse(
        document.file.file.open("rb"),
        as_attachment=True,
        filename=document.file.name,
        content_type=document.file.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


# Statistics, once the designations are announced


class Tally:
    """How many applications were received, were eligible and led to a designation."""

    def __init__(self) -> None:
        self.received = self.withdrawn = self.ineligible = self.designated = 0

    def add(self, status: str, number: int) -> None:
        self.received += number
        if status == Status.WITHDRAWN:
            self.withdrawn += number
        elif status in (Status.DESIGNATED, Status.NOT_DESIGNATED):
            self.designated += number if status == Status.DESIGNATED else 0
        else:
            self.ineligible += number

    @property
    def examined(self) -> int:
        return self.received - self.withdrawn

    @property
    def eligible(self) -> int:
        return self.examined - self.ineligible


def tallies(call: Call) -> tuple[Tally, list[Any], list[Any], list[Any]]:
    """All together, by field, by region and by country; no name of a city is read."""
    submitted: QuerySet[Application] = Application.objects.filter(call=call, submitted_at__isnull=False)
    cells = submitted.order_by().values_list("field", "country", "status").annotate(number=Count("pk"))
    countries = {country.pk: country for country in Country.objects.filter(applications__call=call).distinct()}
    whole = Tally()
    by_field: dict[int | None, Tally] = {}
    by_region: dict[str, Tally] = {region: Tally() for region in Region.values}
    by_country: dict[str, Tally] = {}
    for field, country, status, number in cells:
        for tally in (
            whole,
            by_field.setdefault(field, Tally()),
            by_region[countries[country].region],
            by_country.setdefault(country, Tally()),
        ):
            tally.add(status, number)
    fields = [(field, by_field[field.pk]) for field in CreativeField.objects.all() if field.pk in by_field]
    name = f"sort_key_{content_languages()[0]}"
    in_order = sorted(by_country.items(), key=lambda row: (-row[1].received, getattr(countries[row[0]], name)))
    return (
        whole,
        fields,
        [(region, by_region[region.value]) for region in Region],
        [(countries[country], tally) for country, tally in in_order],
    )


@shown
def call_statistics(request: HttpRequest, call: Call) -> HttpResponse:
    """How many applied and how many succeeded; nothing before the announcement, which alone makes it known."""
    if not call.is_announced:
        raise Http404
    whole, fields, regions, countries = tallies(call)
    context = at_hand(call) | {
        "whole": whole,
        "by_field": fields,
        "by_region": regions,
        "by_country": countries,
        "most_of_fields": max((tally.received for _field, tally in fields), default=0),
        "most_of_regions": max((tally.received for _region, tally in regions), default=0),
        "most_of_countries": max((tally.received for _country, tally in countries), default=0),
    }
    return render(request, "cities/call_statistics.html", context)
