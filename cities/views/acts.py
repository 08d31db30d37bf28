from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from ..access import for_persons
from ..acts import readable
from ..models import HistoryEntry

ACTS_A_PAGE = 50


@for_persons
def my_acts(request: HttpRequest) -> HttpResponse:
    """What a person did in the portal, newest first; it stays in sight when a mandate has ended."""
    paginator = Paginator(HistoryEntry.objects.filter(actor=request.user.pk).order_by("-number"), ACTS_A_PAGE)
    number = request.GET.get("page", "1")
    if not number.isdecimal() or not 1 <= int(number[:9]) <= paginator.num_pages:
        raise Http404
    page = paginator.page(int(number))
    acts = readable(page.object_list)
    for act in acts:
        # The counter by which windows notice each other tells a person nothing.
        act.lines = [line for name, line in zip(act.changes, act.lines, strict=True) if name != "version"]
    return render(request, "my/acts.html", {"page": page, "acts": acts})
