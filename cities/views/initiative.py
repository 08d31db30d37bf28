"""Initiatives: the public list and pages, and the pages on which a city writes its own."""

from typing import Any

from django.contrib import messages
from django.core.paginator import InvalidPage
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..access import needs
from ..caching import public_page
from ..exceptions import NetworkError, TransitionNotAllowed
from ..forms.draft import SEEN
from ..forms.initiative import AskPartnerForm, InitiativeDraft, StartForm
from ..initiative_filters import Initiatives
from ..models import City, Initiative, InitiativeRevision, Partnership, Theme
from ..services.difference import Difference, word_difference
from ..services.initiative import begin_revision, start_initiative, with_membership
from ..services.moderation import DraftConflict, Incomplete, submit, take_back
from ..services.photo import photos_to_show
from .directory import without_empty
from .draft import forget_unsent, is_autosave, keeps_typed, not_saved, save_typed, saved, unsent
from .my import own_city
from .photo import own_initiative

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
            return redirect("cities:my_initiative", begun.pk)
    return render(request, "my/initiative_new.html", {"city": city, "form": form})


@keeps_typed("cities:my_initiative")
@needs("cities.edit_initiative", of=own_initiative)
def my_initiative(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    """The text of an initiative, to be written, or to be read while staff have it; and its partner cities."""
    if request.method != "POST":
        revision = open_state(initiative)
        draft = InitiativeDraft(revision, unsent(request), more=request.GET.get("more", ""))
        return page(request, initiative, draft)
    if "discard" in request.POST:
        forget_unsent(request)
        return redirect("cities:my_initiative", initiative.pk)
    return receive(request, initiative, submitting="submit" in request.POST)


@require_POST
@keeps_typed("cities:my_initiative")
@needs("cities.edit_initiative", of=own_initiative)
def submit_view(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    """Hand the draft to staff: with what the form says, or as it is stored where no form is sent along."""
    if SEEN in request.POST:
        return receive(request, initiative, submitting=True)
    return hand_in(request, initiative, open_state(initiative))


@require_POST
@needs("cities.edit_initiative", of=own_initiative)
def take_back_view(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    try:
        take_back(initiative.last_revision, by=request.user)
    except NetworkError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Taken back: it is a draft again."))
    return redirect("cities:my_initiative", initiative.pk)


@require_POST
@needs("cities.edit_initiative", of=own_initiative)
def edit_view(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    """Begin a new draft of what is public, which stays until the draft is published."""
    begin_revision(initiative=initiative, by=request.user)
    return redirect("cities:my_initiative", initiative.pk)


def open_state(initiative: Initiative) -> InitiativeRevision:
    """The newest state of the text, with the persons that its page names."""
    revision = initiative.revisions.select_related("updated_by", "submitted_by").order_by("-number")[0]
    revision.initiative = initiative
    return revision


def after(initiative: Initiative, query: str = "", *, anchor: str = "") -> HttpResponse:
    """To the form, which drops the copy that the browser kept."""
    address = reverse("cities:my_initiative", args=[initiative.pk])
    query = f"saved=1&{query}" if query else "saved=1"
    return redirect(f"{address}?{query}#{anchor}" if anchor else f"{address}?{query}")


def receive(request: HttpRequest, initiative: Initiative, *, submitting: bool) -> HttpResponse:
    """Save what a window sent, then submit it if asked to; nothing typed is lost, whatever happens."""
    draft = InitiativeDraft(open_state(initiative), request.POST)
    automatic = is_autosave(request)
    if not draft.revision.is_editable and draft.is_unchanged:
        return after(initiative)  # a double click
    try:
        stored = save_typed(draft, lambda: draft.revision, by=request.user)
    except DraftConflict as conflict:
        forget_unsent(request)
        return conflicting(request, initiative, draft, conflict)
    except TransitionNotAllowed as refusal:
        if automatic:
            return not_saved("closed", str(refusal))
        draft.own_errors.append(str(refusal))
        return page(request, initiative, draft, failed=True, status=409)
    if automatic:
        return saved(draft, InitiativeRevision.objects.get(pk=stored.pk))
    forget_unsent(request)
    if submitting:
        return hand_in(request, initiative, open_state(initiative))
    if more := request.POST.get("more", ""):
        return after(
            initiative, f"more={more}" if more in draft.lists else "", anchor=more if more in draft.lists else ""
        )
    if stored.as_typed:
        messages.warning(
            request, _("The draft is saved. What is marked is kept as you typed it: correct it before you submit.")
        )
    else:
        messages.success(request, _("The draft is saved. The public sees it once you submit it and staff publish it."))
    return after(initiative)


def hand_in(request: HttpRequest, initiative: Initiative, stored: InitiativeRevision) -> HttpResponse:
    if stored.is_waiting:
        return after(initiative)  # a double click
    try:
        submit(stored, by=request.user)
    except Incomplete as refusal:
        draft = InitiativeDraft(stored)
        too_long = stored.too_long()
        draft.add_errors(too_long)
        draft.own_errors += [sentence for sentence in refusal.missing if sentence not in too_long.values()]
        return page(request, initiative, draft, failed=True)
    except NetworkError as refusal:
        messages.info(request, str(refusal))
        return after(initiative)
    messages.success(
        request,
        _("Submitted. Staff look at it and write to you; until then the public sees the text from before."),
    )
    return after(initiative)


def conflicting(
    request: HttpRequest, initiative: Initiative, draft: InitiativeDraft, conflict: DraftConflict
) -> HttpResponse:
    """Somebody saved in between: both texts, the own one still in the form; saving again after seeing them wins."""
    stored = open_state(initiative)
    who = stored.updated_by or _("Somebody")
    if is_autosave(request):
        return not_saved(
            "conflict",
            _("%(who)s saved this draft after you opened it. Press “Save the draft” to see both texts.") % {"who": who},
        )
    context = {"stored": stored, "clashes": clashing(draft, stored)}
    return page(request, initiative, draft, conflict=context, status=409)


def clashing(draft: InitiativeDraft, stored: InitiativeRevision) -> list[Difference]:
    """Adopt what only others changed; gives the parts that were changed on both sides, theirs as `before`."""
    clashes = draft.adopt(stored)
    columns = {name: value for name, value in draft.values().items() if name not in {"as_typed", "themes"}}
    mine = InitiativeRevision(initiative=stored.initiative, number=stored.number, **columns)
    theirs = {(part.name, part.language): part.text for part in stored.parts()}
    return [
        Difference(part, was, word_difference(was, part.text))
        for part in mine.parts(draft.chosen)
        if (was := theirs[part.name, part.language]) != part.text
        and "_".join(filter(None, (part.name, part.language))) in clashes
    ]


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
    address = reverse("cities:my_initiative", args=[initiative.pk])
    form = draft.form
    context = {
        "city": initiative.lead,
        "initiative": initiative,
        "revision": revision,
        "draft": draft,
        "form": form,
        "is_read": is_read,
        "parts": [part for part in revision.parts() if part.text] if is_read else [],
        "text": {
            "name": "text",
            "label": _("Text"),
            "help": _("What the cities do, with whom, and what comes of it; for readers who know none of them."),
            "sides": [(language, form[f"text_{language}"]) for language in ("en", "fr")],
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
        "errors": draft.errors(),
        "failed": failed,
        "unsent": unsent(request) is not None and not failed,
        "form_address": address,
        "submit_address": reverse("cities:my_initiative_submit", args=[initiative.pk]),
        "take_back_address": reverse("cities:my_initiative_take_back", args=[initiative.pk]),
        "partnerships": initiative.partnerships.select_related("city__country").order_by("city__sort_key_en"),
        "may_speak": request.user.has_perm("cities.answer_for_city", initiative),
        "ask_form": ask_form or AskPartnerForm(initiative=initiative),
    }
    return render(request, "my/initiative.html", context, status=status)
