"""Photos: what is taken in, how it is cleaned, who may see it, and the right to show it.

A picture is never kept as it came. It is decoded and written anew, so that whatever else was in the file (where it
was taken, by whom, a script behind the picture) stays outside.
"""

import datetime
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from typing import Any, BinaryIO

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from PIL import Image, ImageCms, ImageOps

from ..exceptions import NetworkError, TransitionNotAllowed, UploadRefused
from ..models import (
    Application,
    ApplicationPhoto,
    City,
    HistoryEntry,
    InitiativePhoto,
    InitiativeRevision,
    Photo,
    PhotoUse,
    ProfilePhoto,
    ProfileRevision,
)
from ..models.photo import LARGE, SMALL
from ..models.profile import PHOTOS
from ..people import Person
from .history import record
from .locking import locked

MEGABYTES = 10
MAX_PIXELS = 50_000_000
MAX_SIDE = 12_000
MIN_LONG_SIDE, MIN_SHORT_SIDE = 800, 600
QUALITY = 85
MAX_PROFILE_BYTES = 2**20
FORMATS = ("JPEG", "PNG", "WEBP")
DECODED = {*FORMATS, "MPO"}
"""A phone's JPEG with a second picture behind the first is called MPO: the first is taken."""

SCALED_WELL = {"RGB", "RGBA", "CMYK", "L", "LA"}
"""Modes whose pixels can be averaged as they are."""

# What Pillow itself warns of and, at twice as much, refuses from the header.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

Revision = ProfileRevision | InitiativeRevision


# Reading what somebody sent


def _opened(data: bytes) -> Image.Image:
    """The picture, its header read and nothing more; raises UploadRefused."""
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UploadRefused(_too_many_pixels()) from None
    except Exception:  # a decoder that strangers feed raises whatever it likes
        raise UploadRefused(
            _("This is not a JPEG, PNG or WebP picture, whatever its name says. Save it as JPEG and send it again.")
        ) from None
    if image.format not in DECODED:
        raise UploadRefused(_("This is not a JPEG, PNG or WebP picture. Save it as JPEG and send it again."))
    return image


def _too_many_pixels() -> str:
    return _("The picture has too many pixels: at most %(side)s a side and %(total)s million in all.") % {
        "side": number_format(MAX_SIDE, force_grouping=True),
        "total": MAX_PIXELS // 1_000_000,
    }


def _checked(data: bytes) -> Image.Image:
    """The picture after all that its header tells; raises UploadRefused."""
    image = _opened(data)
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise UploadRefused(_too_many_pixels())
    if max(width, height) < MIN_LONG_SIDE or min(width, height) < MIN_SHORT_SIDE:
        raise UploadRefused(
            _("The picture is too small: %(width)d × %(height)d pixels. It needs at least %(long)d × %(short)d.")
            % {"width": width, "height": height, "long": MIN_LONG_SIDE, "short": MIN_SHORT_SIDE}
        )
    return image


def _decoded(data: bytes) -> Image.Image:
    """The picture itself, upright, in sRGB, on white and without anything that came along; raises UploadRefused."""
    _checked(data)
    try:
        _opened(data).verify()
        image = _checked(data)
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise UploadRefused(_("This picture moves. Send one that stands still."))
        # A large JPEG is decoded at half, a quarter or an eighth of its size, as long as that is enough.
        image.draft(None, (LARGE, LARGE))
        image.load()
        if image.mode in SCALED_WELL and "transparency" not in image.info:
            # Before anything copies it: fifty million pixels, a small file perhaps, take 200 MB each time.
            image.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS)
        return _in_srgb(ImageOps.exif_transpose(image))
    except UploadRefused:
        raise
    except Exception:  # as above
        raise UploadRefused(
            _("The file is damaged or incomplete: the picture in it cannot be read to its end. Send it again.")
        ) from None


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile") or b""
    if image.mode.startswith("I") or image.mode == "F":
        # Sixteen bits of grey; a conversion would cut off all but the darkest.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
        profile = b""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image).convert("RGB")
    elif image.mode not in {"RGB", "CMYK"}:
        image = image.convert("RGB")
    if 0 < len(profile) <= MAX_PROFILE_BYTES:
        # Colours of a camera's wider gamut would otherwise turn pale. A profile that does not fit is left aside.
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            image = converted or image
    return image.convert("RGB")


def _written(image: Image.Image, side: int) -> tuple[bytes, int, int]:
    """The picture as a JPEG no larger than `side` either way, with its width and height."""
    image = image.copy()
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    image.info.clear()
    file = BytesIO()
    image.save(file, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return file.getvalue(), image.width, image.height


def _bytes_of(upload: UploadedFile | BinaryIO) -> bytes:
    size = getattr(upload, "size", None)
    if size is not None and size > MEGABYTES * 2**20:
        raise UploadRefused(_too_large())
    upload.seek(0)
    data = upload.read(MEGABYTES * 2**20 + 1)
    if not data:
        raise UploadRefused(_("The file is empty. Choose it again: perhaps it was not saved to its end."))
    if len(data) > MEGABYTES * 2**20:
        raise UploadRefused(_too_large())
    return data


def _too_large() -> str:
    return _("The file is larger than %(limit)d MB. Send a smaller one.") % {"limit": MEGABYTES}


# Photos of a city, or of an application, and of their texts


def store_photo(*, owner: City | Application, upload: UploadedFile | BinaryIO, by: Person) -> Photo:
    """Take a picture in for a city or for an application: decide by its content what it is, write it anew in two
    sizes, keep these.

    The same picture sent twice is one photo. Raises UploadRefused with a sentence. What was written is removed when
    the transaction here fails; call it outside of any other, whose failure comes too late for that.
    """
    image = _decoded(_bytes_of(upload))
    large, width, height = _written(image, LARGE)
    small, _width, _height = _written(image, SMALL)
    digest = hashlib.sha256(large).hexdigest()
    photo = Photo(width=width, height=height, sha256=digest, uploaded_by=by, **belonging_to(owner))
    try:
        with transaction.atomic():
            locked(owner)
            if known := photos_of(owner).filter(sha256=digest).first():
                return known
            photo.large.save("large.jpg", ContentFile(large), save=False)
            photo.small.save("small.jpg", ContentFile(small), save=False)
            photo.save(force_insert=True)
    except BaseException:
        for file in (photo.large, photo.small):
            if file.name:
                file.storage.delete(file.name)
        raise
    return photo


def belonging_to(owner: City | Application) -> dict[str, Any]:
    return {"application": owner} if isinstance(owner, Application) else {"city": owner}


def photos_of(owner: City | Application) -> models.QuerySet[Photo]:
    """The photos that can still be used."""
    return Photo.objects.filter(withdrawn_at=None, **belonging_to(owner))


def uses_of(revision: Any) -> models.QuerySet:
    """A text’s photos with what is said of them, in their order. An application is a text of its own."""
    return revision.photo_uses.select_related("photo").order_by("position", "pk")


def _editable(revision: Any) -> Any:
    stored = locked(revision)
    if not stored.is_editable:
        if isinstance(stored, Application):
            raise TransitionNotAllowed(_("The application can no longer be changed."))
        raise TransitionNotAllowed(_("This text is with staff now: take it back to change it."))
    return stored


def room_for_photos(revision: Any) -> int:
    """How many photos a text can have: for an application its call says so."""
    return revision.call.photos if isinstance(revision, Application) else PHOTOS


@transaction.atomic
def add_photo_use(*, revision: Any, photo: Photo, by: Person) -> PhotoUse:
    """Put one of the owner's photos at the end of a draft; one that is there stays where it is.

    What was last said of it elsewhere is said again. Raises NetworkError where there is no room for another one, or
    the right to it was withdrawn.
    """
    stored = _editable(revision)
    uses = list(uses_of(stored))
    for use in uses:
        if use.photo_id == photo.pk:
            return use
    if photo.withdrawn_at:
        raise NetworkError(_("The right to show this photo was withdrawn. Choose another one."))
    room = room_for_photos(stored)
    if len(uses) >= room:
        raise NetworkError(
            ngettext(
                "There is %(count)d photo already, and no room for more: take it out first.",
                "There are %(count)d photos already, and no room for more: take one out first.",
                room,
            )
            % {"count": room}
        )
    said: dict[str, str] = {}
    for model in (ProfilePhoto, InitiativePhoto, ApplicationPhoto):
        if earlier := model.objects.filter(photo=photo).order_by("-pk").first():
            said = {"alt_en": earlier.alt_en, "alt_fr": earlier.alt_fr, "credit": earlier.credit}
            break
    return stored.photo_uses.create(photo=photo, position=len(uses) + 1, **said)


@transaction.atomic
def remove_photo_use(*, revision: Any, photo: Photo, by: Person) -> None:
    """Take a photo out of a draft. Its owner keeps it, and can choose it again; what is published stays."""
    _editable(revision).photo_uses.filter(photo=photo).delete()


WORDS = ("alt_en", "alt_fr", "credit")
RIGHTS = ("rights_holder", "granted_on", "granted_until")


def said_of(use: PhotoUse) -> dict[str, Any]:
    """What is said of a photo in a text, and its rights."""
    return {name: getattr(use, name) for name in WORDS} | {name: getattr(use.photo, name) for name in RIGHTS}


def fingerprint(use: PhotoUse) -> str:
    """Tells whether somebody else saved what is said of a photo after it was read."""
    return hashlib.sha256(repr(sorted(said_of(use).items())).encode()).hexdigest()[:16]


class PhotoConflict(NetworkError):
    """Somebody saved other words after these were read. `stored` are the uses as they are now, by photo."""

    def __init__(self, stored: dict[Any, PhotoUse]) -> None:
        super().__init__(_("Somebody else saved these photos after you opened the page. Nothing of yours is lost."))
        self.stored = stored


@transaction.atomic
def save_photo_uses(*, revision: Any, words: dict[Any, dict[str, Any]], by: Person) -> None:
    """Write what is said of a draft's photos, and the rights to them: `words` by the photo's key.

    The rights belong to the photo and hold at once, wherever it is shown. The photos are numbered anew in the order
    of the positions given. Raises PhotoConflict, and writes nothing, where somebody saved other words since `seen`.
    """
    stored = _editable(revision)
    uses = list(uses_of(stored))
    conflicts = {
        use.photo_id: use
        for use in uses
        if (said := words.get(use.photo_id))
        and said["seen"] != fingerprint(use)
        and any(said[name] != value for name, value in said_of(use).items())
    }
    if conflicts:
        raise PhotoConflict(conflicts)
    for use in uses:
        if said := words.get(use.photo_id):
            for name in ("position", *WORDS):
                setattr(use, name, said[name])
            note_grant(photo=use.photo, by=by, **{name: said[name] for name in RIGHTS})
    for position, use in enumerate(sorted(uses, key=lambda use: (use.position, use.pk)), start=1):
        use.position = position
        use.save(update_fields=["position", *WORDS])


@transaction.atomic
def note_grant(
    *,
    photo: Photo,
    rights_holder: str,
    granted_on: datetime.date | None,
    granted_until: datetime.date | None,
    by: Person,
) -> Photo:
    """Note who holds the rights to a photo and from when to when it may be shown; no first day means not at all."""
    stored = locked(photo)
    given = {"granted_on": granted_on, "granted_until": granted_until if granted_on else None}
    changes = {
        name: [_iso(getattr(stored, name)), _iso(day)] for name, day in given.items() if getattr(stored, name) != day
    }
    if not changes and stored.rights_holder == rights_holder:
        return stored
    if stored.withdrawn_at and changes:
        raise NetworkError(_("The right to show this photo was withdrawn. Take it out, or ask the secretariat."))
    for name, value in {**given, "rights_holder": rights_holder}.items():
        setattr(stored, name, value)
    stored.save(update_fields=["rights_holder", "granted_on", "granted_until"])
    if changes:
        record(HistoryEntry.Verb.GRANT_NOTED, on=stored, by=by, changes=changes)
    return stored


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None


@transaction.atomic
def withdraw_grant(*, photo: Photo, by: Person) -> Photo:
    """Hide a photo from the public for good, because the right to show it is gone or never was."""
    stored = locked(photo)
    if stored.withdrawn_at:
        raise TransitionNotAllowed(_("The right to this photo was withdrawn already."))
    stored.withdrawn_at = timezone.now()
    stored.save(update_fields=["withdrawn_at"])
    record(
        HistoryEntry.Verb.GRANT_WITHDRAWN,
        on=stored,
        by=by,
        changes={"withdrawn_at": [None, stored.withdrawn_at.isoformat()]},
    )
    return stored


def copy_photo_uses(from_revision: Any, to_revision: Any) -> None:
    """Give a new state of a text the photos of an earlier one, with their words; those withdrawn stay behind."""
    uses: Iterable[Any] = from_revision.photo_uses.filter(photo__withdrawn_at=None).order_by("position", "pk")
    model = to_revision.photo_uses.model
    model.objects.bulk_create(
        model(
            revision=to_revision,
            photo_id=use.photo_id,
            position=position,
            alt_en=use.alt_en,
            alt_fr=use.alt_fr,
            credit=use.credit,
        )
        for position, use in enumerate(uses, start=1)
    )


# Who sees them


def photos_to_show(revision: Any) -> list[PhotoUse]:
    """A published text's photos, as far as their rights allow showing them today; one query."""
    return [use for use in uses_of(revision) if use.photo.is_usable] if revision else []


def is_public(photo: Photo) -> bool:
    """Whether anybody may see a photo: its rights allow it today, and a text uses it that the public reads now."""
    if not photo.is_usable:
        return False
    later = ProfileRevision.objects.published().filter(
        city=models.OuterRef("revision__city"), number__gt=models.OuterRef("revision__number")
    )
    in_profile = ProfilePhoto.objects.filter(
        ~models.Exists(later), photo=photo, revision__status=ProfileRevision.Status.PUBLISHED
    )
    in_initiative = InitiativePhoto.objects.filter(photo=photo, revision__initiative__published=models.F("revision"))
    return in_profile.exists() or in_initiative.exists()


def earlier_photos(revision: Any, owner: City | Application) -> models.QuerySet[Photo]:
    """The owner's photos that a draft does not use and could: the newest first."""
    used = revision.photo_uses.values("photo") if revision else []
    return photos_of(owner).exclude(pk__in=used)
