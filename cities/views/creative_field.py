from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from ..caching import public_page
from ..datasets.creative_field import fields_of
from ..forms.day import DayForm
from ..models import City, CreativeField, Designation
from ..models.bilingual import content_languages
from ..services.figures import Figures
from ..services.world import world_map


@public_page
def field_list(request: HttpRequest) -> HttpResponse:
    """The fields that have a member on the day, with their counts, and those that a city could join."""
    form = DayForm.of(request.GET)
    figures = Figures.on(form.day) if form.day else None
    rows = fields_of(figures) if figures else []
    return render(request, "cities/field_list.html", {"form": form, "day": form.day, "figures": figures, "rows": rows})


@public_page
def field(request: HttpRequest, slug: str) -> HttpResponse:
    entry = get_object_or_404(CreativeField, slug=slug)
    form = DayForm.of(request.GET)
    cities: list[City] = []
    figures = first = None
    if form.day:
        name = f"sort_key_{content_languages()[0]}"
        members = City.objects.members(on=form.day).with_current()
        # "current" is a relation that members() adds, unknown to the type checker.
        of_field = members.filter(current__field=entry)  # type: ignore[misc]  # a relation that on() adds
        cities = list(of_field.order_by(f"country__{name}", name))
        figures = Figures.on(form.day, Designation.objects.filter(field=entry))
        first = next(iter(figures.firsts("field", [entry])), None)
    context = {
        "field": entry,
        "form": form,
        "day": form.day,
        "cities": cities,
        "figures": figures,
        "first": first,
        "map": world_map(cities) if cities else None,
    }
    return render(request, "cities/field.html", context)
