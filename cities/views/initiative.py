"""Initiatives: the public list and pages, and the pages on which a city writes its own."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import InvalidPage
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..access import needs
from ..caching import public_page
from ..exceptions import NetworkError
from ..forms.initiative import AskPartnerForm, InitiativeDraft, StartForm
from ..initiative_filters import Initiatives
from ..models import City, Initiative, InitiativeRevision, Partnership, Theme
from ..services.initiative import begin_revision, start_initiative, submit_initiative, with_membership
from ..services.photo import photos_to_show
from .directory import without_empty
from .draft import Writing, form_page, keeps_typed, shared_context, submit_page, take_back_page
from .my import own_city, own_initiative

PAGE_SIZE = 24

# For the public


@public_page
def initiatives(request: HttpRequest) -> HttpResponse:
    """The initiatives that the query selects. A bad value selects none, with 200."""
    if any("" in values for _name, values in request.GET.lists()):
        query = without_empty(request.GET)
        return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)
    found = Initiatives(request.GET)
    try:
        page = found.page(request.GET.get("page", "1"), PAGE_SIZE)
    except InvalidPage:
        raise Http404(_("The list has no such page.")) from None
    return render(request, "cities/initiative_list.html", {"found": found, "form": found.form, "page": page})


@public_page
def initiative(request: HttpRequest, slug: str) -> HttpResponse:
    """One initiative, as it is published."""
    entry = get_object_or_404(Initiative.objects.public().select_related("published"), slug=slug)
    revision: Any = entry.published
    partners = Partnership.objects.confirmed().filter(initiative=entry).values("city")
    cities = with_membership(City.objects.filter(Q(pk=entry.lead_id) | Q(pk__in=partners)))
    themes = list(revision.themes.defer("imported"))
    context = {
        "initiative": entry,
        "revision": revision,
        "lead": next(city for city in cities if city.pk == entry.lead_id),
        "partners": [city for city in cities if city.pk != entry.lead_id],
        "others": others_by_sector(revision),
        "areas": [theme for theme in themes if theme.kind == Theme.Kind.AREA],
        "objectives": [theme for theme in themes if theme.kind == Theme.Kind.OBJECTIVE],
        "sdgs": [theme for theme in themes if theme.kind == Theme.Kind.SDG],
        "photos": photos_to_show(revision),
    }
    return render(request, "cities/initiative.html", context)


def others_by_sector(revision: InitiativeRevision) -> list[tuple[str, list[dict[str, str]]]]:
    """The partners that are no member cities, by sector, in the order of the sectors."""
    return [
        (str(label), rows)
        for value, label in InitiativeRevision.Sector.choices
        if (rows := [row for row in revision.others if row["sector"] == value])
    ]


# For the city that leads it


@needs("cities.edit_initiative", of=own_city)
def start(request: HttpRequest, city: City) -> HttpResponse:
    """Begin an initiative with its title."""
    form = StartForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            begun = start_initiative(lead=city, by=request.user, **form.cleaned_data)
        except NetworkError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("The initiative is begun, as a draft. Nothing is public before staff publish it.")
            )
            return redirect("cities:my_initiative", begun.pk)
    return render(request, "my/initiative_new.html", {"city": city, "form": form})


def writing(request: HttpRequest, initiative: Initiative) -> Writing:
    state = partial(open_state, initiative)
    return Writing(
        name="cities:my_initiative",
        args=(initiative.pk,),
        form=InitiativeDraft,
        state=state,
        begin=state,  # an initiative has a text from its beginning
        submit=partial(submit_initiative, by=request.user),
        show=partial(page, request, initiative),
    )


@keeps_typed("cities:my_initiative")
@needs("cities.edit_initiative", of=own_initiative)
def my_initiative(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    """The text of an initiative, to be written, or to be read while staff have it; and its partner cities."""
    return form_page(request, writing(request, initiative))


@keeps_typed("cities:my_initiative")
@needs("cities.edit_initiative", of=own_initiative)
@require_POST
def submit_view(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    return submit_page(request, writing(request, initiative))


@needs("cities.edit_initiative", of=own_initiative)
@require_POST
def take_back_view(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    return take_back_page(request, writing(request, initiative))


@needs("cities.edit_initiative", of=own_initiative)
@require_POST
def edit_view(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    """Begin a new draft of what is public, which stays until the draft is published."""
    begin_revision(initiative=initiative, by=request.user)
    return redirect("cities:my_initiative", initiative.pk)


def open_state(initiative: Initiative) -> InitiativeRevision:
    """The newest state of the text, with the persons that its page names."""
    revision = initiative.revisions.select_related("updated_by", "submitted_by").order_by("-number")[0]
    revision.initiative = initiative
    return revision


def page(
    request: HttpRequest,
    initiative: Initiative,
    draft: InitiativeDraft,
    *,
    conflict: dict[str, Any] | None = None,
    failed: bool = False,
    ask_form: AskPartnerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    revision: InitiativeRevision = draft.revision
    is_read = not revision.is_editable and not failed
    context = shared_context(request, writing(request, initiative), draft, failed=failed) | {
        "city": initiative.lead,
        "initiative": initiative,
        "is_read": is_read,
        "parts": [part for part in revision.parts() if part.text] if is_read else [],
        "text": {
            "name": "text",
            "label": _("Text"),
            "help": _("What the cities do, with whom, and what comes of it; for readers who know none of them."),
            "sides": [(language, draft.form[f"text_{language}"]) for language in ("en", "fr")],
        },
        "themes": [
            (kind, label, draft.boxes(kind))
            for kind, label in (
                (Theme.Kind.AREA, _("Areas of action (at least one)")),
                (Theme.Kind.OBJECTIVE, _("Objectives of the network that it serves")),
                (Theme.Kind.SDG, _("Sustainable Development Goals")),
            )
        ],
        "lists": [
            {"name": name, "label": label, "help": words, "rows": draft.rows[name]}
            for name, label, words in (
                ("others", _("Other partners"), _("Those that are no member cities. Cities are asked further below.")),
                ("links", _("Links"), _("Where more can be read.")),
            )
        ],
        "key": f"{request.user.pk}:initiative:{initiative.pk}",
        "waits": revision.is_waiting and not failed,
        "rejected": revision if revision.status == revision.Status.REJECTED else None,
        "conflict": conflict,
        "partnerships": initiative.partnerships.select_related("city__country").order_by("city__sort_key_en"),
        "may_speak": request.user.has_perm("cities.answer_for_city", initiative),
        "ask_form": ask_form or AskPartnerForm(initiative=initiative),
    }
    return render(request, "my/initiative.html", context, status=status)
