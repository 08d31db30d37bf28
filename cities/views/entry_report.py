from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..access import for_everyone
from ..forms.entry_report import EntryReportForm
from ..services.limits import is_over_limit, sender
from .city import by_address

REPORTS_AN_HOUR = 5


@for_everyone
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell staff that something in a city's entry is wrong."""
    city = by_address(slug)
    form = EntryReportForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and form.cleaned_data["subject"]:
            return redirect("cities:report_received", city.slug)
        if form.is_valid() and is_over_limit("report", sender(request), limit=REPORTS_AN_HOUR, seconds=3600):
            form.add_error(None, _("Several reports came from your address within an hour. Send the next one later."))
            status = 429
        elif form.is_valid():
            form.instance.city = city
            form.instance.language = get_language()
            form.save()
            return redirect("cities:report_received", city.slug)
    return render(request, "cities/report.html", {"city": city, "form": form}, status=status)


@for_everyone
def report_received(request: HttpRequest, slug: str) -> HttpResponse:
    city = by_address(slug)
    return render(request, "cities/report_received.html", {"city": city})
