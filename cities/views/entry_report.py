from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..forms.entry_report import EntryReportForm
from ..models import City
from ..services.limits import is_over_limit

REPORTS_AN_HOUR = 5


def report(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell staff that something in a city's entry is wrong."""
    city = get_object_or_404(City.objects.select_related("country"), slug=slug)
    form = EntryReportForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and form.cleaned_data["subject"]:
            return redirect("cities:report_received", slug)
        if form.is_valid() and is_over_limit(request, "report", limit=REPORTS_AN_HOUR, seconds=3600):
            form.add_error(None, _("Several reports came from your address within an hour. Send the next one later."))
            status = 429
        elif form.is_valid():
            form.instance.city = city
            form.instance.language = get_language()
            form.save()
            return redirect("cities:report_received", slug)
    return render(request, "cities/report.html", {"city": city, "form": form}, status=status)


def report_received(request: HttpRequest, slug: str) -> HttpResponse:
    city = get_object_or_404(City.objects.select_related("country"), slug=slug)
    return render(request, "cities/report_received.html", {"city": city})
