"""What changed between two days: as a page, and as a file like every other list."""

import datetime
from itertools import pairwise
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from cities.caching import public_page
from cities.datasets.difference import CHANGES, Changes, difference_extract
from cities.downloads import file_view, given
from cities.filters import with_query
from cities.forms.difference import DaysForm, query_of
from cities.models.bilingual import content_languages
from cities.services.differences import Kind
from cities.services.present import present
from cities.writers import FORMATS

from .data_views import KINDS
from .models import DataSnapshot

data_changes_file = file_view(CHANGES, difference_extract)

DAY = datetime.timedelta(days=1)


@public_page
def data_changes(request: HttpRequest) -> HttpResponse:
    """Who joined, left or moved between two days. A day that cannot be read shows nothing, with 200."""
    if any("" in values for _name, values in request.GET.lists()):
        return HttpResponseRedirect(with_query(request.path, given(request.GET).urlencode()))
    form = DaysForm(request.GET)
    days = list(DataSnapshot.objects.order_by("day").values_list("day", flat=True).distinct())
    context: dict[str, Any] = {
        "form": form,
        "days": form.days,
        "cohorts": [(day, query_of(day - DAY, day)) for day, _cities in present().cohorts][::-1],
        "snapshot_days": [(first, last, query_of(first, last)) for first, last in pairwise(days)],
    }
    if form.days:
        query = query_of(*form.days)
        context |= parts(Changes.between(*form.days, language=content_languages()[0])) | {
            "query": query,
            "dataset": CHANGES,
            "columns": [(column, KINDS[column.kind]) for column in CHANGES.columns],
            "files": [
                (one, with_query(reverse("data_changes_file", args=[one.extension]), query))
                for one in FORMATS.values()
                if one.takes(CHANGES)
            ],
        }
    return render(request, "data/changes.html", context)


def parts(changes: Changes) -> dict[str, Any]:
    """The changes as the page tells them: each with its city and its fields, by what happened."""
    told = {
        kind.value: [
            (change, city, changes.fields.get(change.field_before), changes.fields.get(change.field_after))
            for change, city in changes.of(kind)
        ]
        for kind in Kind
    }
    return {"parts": told, "changed": len(changes.found)}
