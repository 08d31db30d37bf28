from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from cities.filters import Directory
from cities.views.directory import CARDS, PAGE_SIZE
from rvcu.urls import urlpatterns as real

_ready: dict[str, dict] = {}


def ready(request: HttpRequest) -> HttpResponse:
    """The directory's own template; what it shows was found at the first request and is only rendered since."""
    query = request.META["QUERY_STRING"]
    if query not in _ready:
        found = Directory(request.GET)
        page = found.page(request.GET.get("page", "1"), PAGE_SIZE[CARDS])
        context = {"directory": found, "form": found.form, "layout": CARDS, "page": page}
        _ready[query] = context
        render(request, "cities/directory.html", context)  # fills all that is computed once
    return render(request, "cities/directory.html", _ready[query])


urlpatterns = [path("ready/", ready), *real]
