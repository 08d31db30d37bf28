from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ..access import needs
from ..forms.profile import ProfileDraft
from ..models import City, HistoryEntry, ProfilePhoto, ProfileRevision
from ..services.difference import compare_photos, differences, photo_differences
from ..services.profile import confirm_profile, draft_of, open_draft, submit_profile
from .draft import (
    Writing,
    form_page,
    keeps_typed,
    shared_context,
    submit_page,
    take_back_page,
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


def writing(request: HttpRequest, city: City) -> Writing:
    return Writing(
        name="cities:my_profile",
        args=(city.slug,),
        form=ProfileDraft,
        state=partial(draft_of, city),
        begin=partial(open_draft, city, by=request.user),
        submit=partial(submit_profile, by=request.user),
        show=partial(page, request, city),
        sides=SIDES,
    )


@keeps_typed("cities:my_profile")
@needs("cities.edit_profile", of=own_city)
def my_profile(request: HttpRequest, city: City) -> HttpResponse:
    return form_page(request, writing(request, city))


@keeps_typed("cities:my_profile")
@needs("cities.edit_profile", of=own_city)
@require_POST
def my_profile_submit(request: HttpRequest, city: City) -> HttpResponse:
    return submit_page(request, writing(request, city))


@needs("cities.edit_profile", of=own_city)
@require_POST
def my_profile_take_back(request: HttpRequest, city: City) -> HttpResponse:
    return take_back_page(request, writing(request, city))


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
    context = shared_context(request, writing(request, city), draft, failed=failed) | {
        "city": city,
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
        "photos_address": reverse("cities:my_profile_photos", args=[city.slug]),
        "key": f"{request.user.pk}:profile:{city.slug}",
        "waits": waits,
        "differences": differences(before, revision) if waits else [],
        "photos": photo_differences(before, revision) if waits else [],
        "rejected": last if last and last.status == ProfileRevision.Status.REJECTED and not revision.pk else None,
        "conflict": conflict,
    }
    return render(request, "my/profile.html", context, status=status)


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
@require_POST
def my_confirm(request: HttpRequest, city: City) -> HttpResponse:
    """The focal point says that the page is still true."""
    confirm_profile(city, by=request.user)
    messages.success(request, _("Thank you: the page says that it was confirmed today."))
    return redirect("cities:my_city", city.slug)
