from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _

from ..access import for_everyone, needs
from ..exceptions import NetworkError
from ..forms.photo import PhotoUseForm, UploadForm
from ..models import Application, City, Initiative, Photo, PhotoUse
from ..people import Person
from ..services.initiative import begin_revision
from ..services.limits import is_over_limit
from ..services.photo import (
    PhotoConflict,
    add_photo_use,
    earlier_photos,
    is_public,
    remove_photo_use,
    room_for_photos,
    save_photo_uses,
    store_photo,
    uses_of,
)
from ..services.profile import draft_of, open_draft
from .application import known_application
from .my import own_city, own_initiative

PUBLIC_SECONDS = 300
"""How long a photo may be shown from a cache after the right to show it was withdrawn."""
UPLOADS_AN_HOUR = 60


@for_everyone
def photo(request: HttpRequest, pk: UUID, size: str) -> HttpResponse:
    """A photo's file: for everybody where a public text shows it, otherwise for the city and the secretariat; of an
    application, for whoever may read that."""
    if size not in {"large", "small"}:
        raise Http404
    found = get_object_or_404(Photo.objects.select_related("city", "application"), pk=pk)
    is_for_all = is_public(found)
    if not is_for_all and not request.user.has_perm("cities.view_own_photo", found):
        raise Http404
    etag = f'"{found.sha256[:32]}-{size}"'
    response: Any = get_conditional_response(request, etag=etag) if is_for_all else None
    if response is None:
        file = found.large if size == "large" else found.small
        try:
            response = FileResponse(file.open("rb"), content_type="image/jpeg")
        except FileNotFoundError:
            raise Http404 from None
        # Already as small as it gets: keeps the middleware from packing it again.
        response.headers["Content-Encoding"] = "identity"
    if is_for_all:
        response.headers["ETag"] = etag
        patch_cache_control(response, public=True, max_age=PUBLIC_SECONDS)
    else:
        add_never_cache_headers(response)
    return response


# The photos of a draft


@dataclass(frozen=True)
class Illustrated:
    """What the page is about: the text that a city works on, or the one that its next text begins from."""

    owner: City | Application
    revision: Any
    begin: Callable[[Person], Any]
    """Gives the text to be changed, begun from what is public where there is none."""
    back: str
    initiative: Initiative | None = None

    @property
    def city(self) -> City | None:
        return self.owner if isinstance(self.owner, City) else None

    @property
    def application(self) -> Application | None:
        return self.owner if isinstance(self.owner, Application) else None

    @property
    def is_editable(self) -> bool:
        if self.application is not None:
            return self.application.is_editable
        return self.revision is None or not self.revision.is_open or self.revision.is_editable

    @property
    def room(self) -> int:
        return room_for_photos(self.revision)

    @property
    def uses(self) -> list[PhotoUse]:
        return list(uses_of(self.revision)) if self.revision else []


@needs("cities.edit_profile", of=own_city)
def profile_photos(request: HttpRequest, city: City) -> HttpResponse:
    """The photos of a city's profile."""
    draft = draft_of(city)
    return photos_page(
        request,
        Illustrated(
            owner=city,
            revision=draft if draft.pk else draft.predecessor(),
            begin=lambda person: open_draft(city, person),
            back=reverse("cities:my_profile", args=[city.slug]),
        ),
    )


@needs("cities.edit_initiative", of=own_initiative)
def initiative_photos(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    """The photos of an initiative."""
    last = initiative.last_revision
    return photos_page(
        request,
        Illustrated(
            owner=initiative.lead,
            revision=last if last.is_open else initiative.published or last,
            begin=lambda person: begin_revision(initiative=initiative, by=person),
            back=reverse("cities:my_initiative", args=[initiative.pk]),
            initiative=initiative,
        ),
    )


@needs("cities.write_application", of=known_application)
def application_photos(request: HttpRequest, application: Application) -> HttpResponse:
    """The photos of an application, with the right to show them."""
    return photos_page(
        request,
        Illustrated(
            owner=application,
            revision=application,
            begin=lambda person: application,
            back=reverse("cities:my_application", args=[application.pk]),
        ),
    )


def photos_page(request: HttpRequest, draft: Illustrated) -> HttpResponse:
    """Show the photos and act on what was sent: one more picture, words, an earlier photo, one less."""
    upload, forms, refusal, status = (
        UploadForm(),
        [PhotoUseForm(use=use, room=draft.room) for use in draft.uses],
        "",
        200,
    )
    if request.method == "POST":
        try:
            if "add" in request.POST:
                upload = UploadForm(request.POST, request.FILES)
                if added := take_in(request, draft, upload):
                    messages.success(request, _("The photo is here. Now say what it shows."))
                    return redirect(f"{request.path}#{anchor(added)}")
            elif "use" in request.POST:
                chosen = get_object_or_404(earlier_photos(draft.revision, draft.owner), pk=key(request.POST["use"]))
                add_photo_use(revision=draft.begin(request.user), photo=chosen, by=request.user)
                return redirect(f"{request.path}#{anchor(chosen)}")
            else:
                forms = [PhotoUseForm(request.POST, use=use, room=draft.room) for use in draft.uses]
                forms = [form if form.was_sent else PhotoUseForm(use=form.use, room=draft.room) for form in forms]
                if keep(request, draft, [form for form in forms if form.is_bound]):
                    return redirect(request.path)
            status = 422
        except NetworkError as refused:
            refusal, status = str(refused), 422
    return render(
        request,
        "my/photos.html",
        {
            "city": draft.city,
            "application": draft.application,
            "draft": draft,
            "forms": forms,
            "upload": upload,
            "refusal": refusal,
            "has_errors": bool(refusal or upload.errors or any(form.errors for form in forms)),
            "limit": draft.room,
            "has_room": len(forms) < draft.room,
            "earlier": earlier_photos(draft.revision, draft.owner)[:24] if draft.is_editable else [],
        },
        status=status,
    )


def take_in(request: HttpRequest, draft: Illustrated, upload: UploadForm) -> Photo | None:
    """The picture that was sent, put into the draft; None when the form says why not."""
    if not upload.is_valid():
        return None
    if is_over_limit("photo", str(request.user.pk), limit=UPLOADS_AN_HOUR, seconds=3600):
        upload.add_error("picture", _("You sent many pictures within an hour. Send the next one later."))
        return None
    try:
        found = store_photo(owner=draft.owner, upload=upload.cleaned_data["picture"], by=request.user)
    except NetworkError as refused:
        upload.add_error("picture", str(refused))
        return None
    add_photo_use(revision=draft.begin(request.user), photo=found, by=request.user)
    return found


def keep(request: HttpRequest, draft: Illustrated, forms: list[PhotoUseForm]) -> bool:
    """Save what is said of the photos, and take one out where that was asked; False when a form says why not."""
    # Each is asked, so that each shows its own faults.
    if [form for form in forms if not form.is_valid()]:
        return False
    revision = draft.begin(request.user)
    try:
        save_photo_uses(revision=revision, words={form.use.photo_id: form.words for form in forms}, by=request.user)
    except PhotoConflict as conflict:
        for form in forms:
            if form.use.photo_id in conflict.stored:
                form.show_conflict(conflict.stored[form.use.photo_id])
        return False
    if "remove" in request.POST:
        removed = get_object_or_404(Photo, pk=key(request.POST["remove"]), pk__in=[use.photo_id for use in draft.uses])
        remove_photo_use(revision=revision, photo=removed, by=request.user)
        said = _("The photo is out. It stays among your city’s photos, and you can choose it again.")
        messages.success(request, _("The photo is removed.") if draft.application else said)
    else:
        messages.success(request, _("The photos are saved."))
    return True


def key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def anchor(found: Photo) -> str:
    return f"photo-{found.pk.hex}"
