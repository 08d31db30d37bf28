from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..access import needs
from ..exceptions import NetworkError, TransitionNotAllowed
from ..forms.draft import SEEN, seen_of
from ..forms.profile import ProfileDraft
from ..models import City, HistoryEntry, ProfilePhoto, ProfileRevision
from ..services.difference import compare_photos, differences, photo_differences
from ..services.moderation import DraftConflict, Incomplete, take_back
from ..services.profile import NothingToSubmit, confirm_profile, draft_of, open_draft, submit_profile
from .draft import (
    clashing,
    forget_unsent,
    is_autosave,
    is_unchanged,
    keeps_typed,
    not_saved,
    save_typed,
    saved,
    unsent,
)
from .my import own_city

SIDES = tuple(f"{text}_{language}" for text in ProfileRevision.TEXTS for language in ("en", "fr"))
TEXTS = {
    "presentation": (
        gettext_lazy("Presentation"),
        gettext_lazy("The city and its creative field, for readers who know neither."),
    ),
    "added_value": (
        gettext_lazy("Added value"),
        gettext_lazy("What the city gives to the network, and what it gains from it."),
    ),
}
LISTS = {
    "links": (gettext_lazy("Social links"), gettext_lazy("The city’s pages elsewhere.")),
    "venues": (gettext_lazy("Key venues"), gettext_lazy("Where the creative field can be met in the city.")),
    "events": (gettext_lazy("Key events"), gettext_lazy("Festivals, fairs and prizes that come back.")),
}


@keeps_typed("cities:my_profile")
@needs("cities.edit_profile", of=own_city)
def my_profile(request: HttpRequest, city: City) -> HttpResponse:
    """The form of a city's profile; what is sent to it becomes a draft."""
    if request.method != "POST":
        return page(request, city, ProfileDraft(draft_of(city), unsent(request), more=request.GET.get("more", "")))
    if "discard" in request.POST:
        forget_unsent(request)
        return redirect("cities:my_profile", city.slug)
    return receive(request, city, submitting="submit" in request.POST)


@keeps_typed("cities:my_profile")
@needs("cities.edit_profile", of=own_city)
def my_profile_submit(request: HttpRequest, city: City) -> HttpResponse:
    """Hands the draft to staff: with what the form says, or as it is stored where no form is sent along."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if SEEN in request.POST:
        return receive(request, city, submitting=True)
    return hand_in(request, city, draft_of(city))


def receive(request: HttpRequest, city: City, *, submitting: bool) -> HttpResponse:
    """Save what a window sent, then submit it if asked to."""
    draft = ProfileDraft(draft_of(city), request.POST)
    automatic = is_autosave(request)
    if draft.revision.is_waiting and is_unchanged(draft):
        return hand_in(request, city, draft.revision) if submitting else after(city)  # a double click
    try:
        stored = save_typed(draft, lambda: open_draft(city, by=request.user), by=request.user, sides=SIDES)
    except DraftConflict as conflict:
        forget_unsent(request)
        return conflicting(request, city, draft, conflict)
    except TransitionNotAllowed as refusal:
        if automatic:
            return not_saved("closed", str(refusal))
        draft.own_errors.append(str(refusal))
        return page(request, city, draft, failed=True, status=409)
    if automatic:
        return saved(draft, stored)
    forget_unsent(request)
    if submitting:
        # The second click after a publication at once finds nothing left to do, and says nothing.
        is_late = stored.pk is None and request.POST.get(SEEN) != seen_of(stored)
        return hand_in(request, city, stored, quiet=is_late)
    if more := request.POST.get("more", ""):
        return after(city, f"more={more}", anchor=more)
    if stored.as_typed:
        messages.warning(
            request, _("The draft is saved. What is marked is kept as you typed it: correct it before you submit.")
        )
    else:
        messages.success(request, _("The draft is saved. The public sees it once you submit it and staff publish it."))
    return after(city)


def after(city: City, query: str = "", *, anchor: str = "") -> HttpResponse:
    """To the form, which drops the copy that the browser kept."""
    address = reverse("cities:my_profile", args=[city.slug])
    query = f"saved=1&{query}" if query else "saved=1"
    return redirect(f"{address}?{query}#{anchor}" if anchor else f"{address}?{query}")


def hand_in(request: HttpRequest, city: City, stored: ProfileRevision, *, quiet: bool = False) -> HttpResponse:
    try:
        if stored.pk is None:
            raise NothingToSubmit(_("The text says what is public already: there is nothing to submit."))
        done = submit_profile(stored, by=request.user)
    except Incomplete as refusal:
        draft = ProfileDraft(stored)
        too_long = stored.too_long()
        draft.add_errors(too_long)
        draft.own_errors += [sentence for sentence in refusal.missing if sentence not in too_long.values()]
        return page(request, city, draft, failed=True)
    except NetworkError as refusal:
        if not quiet:
            messages.info(request, str(refusal))
        return after(city)
    if done.is_waiting:
        messages.success(
            request, _("Submitted. Staff look at it and write to you; until then the public sees the text from before.")
        )
    else:
        messages.success(request, _("Published: a change of links, events and the like needs no look by staff."))
    return after(city)


def conflicting(request: HttpRequest, city: City, draft: ProfileDraft, conflict: DraftConflict) -> HttpResponse:
    """Somebody saved in between: both texts, the own one still in the form; saving again after seeing them wins."""
    stored = ProfileRevision.objects.select_related("updated_by", "city").get(pk=conflict.stored.pk)
    who = stored.updated_by or _("Somebody")
    if is_autosave(request):
        return not_saved(
            "conflict",
            _("%(who)s saved this draft after you opened it. Press “Save the draft” to see both texts.") % {"who": who},
        )
    clashes = clashing(draft, stored)
    return page(request, city, draft, conflict={"stored": stored, "clashes": clashes}, status=409)


def page(
    request: HttpRequest,
    city: City,
    draft: ProfileDraft,
    *,
    conflict: dict[str, Any] | None = None,
    failed: bool = False,
    status: int = 200,
) -> HttpResponse:
    revision: ProfileRevision = draft.revision
    waits = revision.is_waiting and not draft.is_sent
    before = revision.predecessor() if waits else None
    last = revision.siblings().exclude(pk=revision.pk).order_by("-number").first()
    context = {
        "city": city,
        "revision": revision,
        "draft": draft,
        "form": draft.form,
        "texts": [
            {
                "name": name,
                "label": label,
                "help": words,
                "stale": revision.stale_side(name),
                "sides": [(language, draft.form[f"{name}_{language}"]) for language in ("en", "fr")],
            }
            for name, (label, words) in TEXTS.items()
        ],
        "lists": [
            {"name": name, "label": label, "help": words, "rows": draft.rows[name]}
            for name, (label, words) in LISTS.items()
        ],
        "key": f"{request.user.pk}:profile:{city.slug}",
        "waits": waits,
        "differences": differences(before, revision) if waits else [],
        "photos": photo_differences(before, revision) if waits else [],
        "rejected": last if last and last.status == ProfileRevision.Status.REJECTED and not revision.pk else None,
        "conflict": conflict,
        "errors": draft.errors(),
        "failed": failed,
        "unsent": unsent(request) is not None and not failed,
        "form_address": reverse("cities:my_profile", args=[city.slug]),
        "submit_address": reverse("cities:my_profile_submit", args=[city.slug]),
        "take_back_address": reverse("cities:my_profile_take_back", args=[city.slug]),
        "photos_address": reverse("cities:my_profile_photos", args=[city.slug]),
    }
    return render(request, "my/profile.html", context, status=status)


@needs("cities.edit_profile", of=own_city)
def my_profile_take_back(request: HttpRequest, city: City) -> HttpResponse:
    """Makes a draft again of what waits for staff."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    revision = draft_of(city)
    if revision.is_waiting:
        try:
            take_back(revision, by=request.user)
        except NetworkError as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, _("Taken back: it is a draft again."))
    elif not revision.pk:
        messages.warning(request, _("There is nothing to take back: staff have decided."))
    return redirect("cities:my_profile", city.slug)


@needs("cities.edit_profile", of=own_city)
def my_profile_history(request: HttpRequest, city: City) -> HttpResponse:
    """All texts of a city's profile, each with what it changed and what happened to it."""
    revisions: list[Any] = list(
        ProfileRevision.objects.filter(city=city)
        .select_related("created_by", "updated_by")
        .prefetch_related(Prefetch("photo_uses", ProfilePhoto.objects.select_related("photo")))
        .order_by("number")
    )
    acts: dict[str, list[HistoryEntry]] = {}
    about = HistoryEntry.objects.filter(
        object_type=ProfileRevision._meta.label_lower, object_id__in=[str(revision.pk) for revision in revisions]
    )
    for act in about.select_related("actor").order_by("number"):
        acts.setdefault(act.object_id, []).append(act)
    published = None
    for revision in revisions:
        revision.before = published
        revision.differences = differences(published, revision)
        revision.photo_changes = compare_photos(
            published.photo_uses.all() if published else [], revision.photo_uses.all()
        )
        revision.acts = acts.get(str(revision.pk), [])
        if revision.status == ProfileRevision.Status.PUBLISHED:
            published = revision
    context = {"city": city, "revisions": revisions[::-1], "public": published}
    return render(request, "my/profile_history.html", context)


@needs("cities.confirm_profile", of=own_city)
def my_confirm(request: HttpRequest, city: City) -> HttpResponse:
    """The focal point says that the page is still true."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    confirm_profile(city, by=request.user)
    messages.success(request, _("Thank you: the page says that it was confirmed today."))
    return redirect("cities:my_city", city.slug)
