from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..access import for_persons
from ..models.initiative import TEXT_WORDS
from ..models.profile import ADDED_VALUE_WORDS, PHOTOS, PRESENTATION_WORDS


@for_persons
def my_help(request: HttpRequest) -> HttpResponse:
    """What people do here and how, for a first day: coordinators, applicants, National Commissions, evaluators."""
    limits = {
        "presentation": PRESENTATION_WORDS,
        "added_value": ADDED_VALUE_WORDS,
        "initiative": TEXT_WORDS,
        "photos": PHOTOS,
    }
    return render(request, "my/help.html", {"limits": limits})
