"""A city's profile: its draft, what is published at once, going back to an old text, the yearly confirmation."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..days import today
from ..exceptions import NetworkError
from ..models import City, HistoryEntry, ProfileConfirmation, ProfileRevision
from ..people import Person
from .difference import differences, photo_differences
from .history import record
from .locking import locked
from .moderation import publish, submit, tell_coordinators
from .photo import copy_photo_uses

COPIED = (
    *(f"{text}_{language}{end}" for text in ProfileRevision.TEXTS for language in ("en", "fr") for end in ("", "_at")),
    "links",
    "venues",
    "events",
    "contact_email",
    "contact_function_en",
    "contact_function_fr",
    "contact_name",
    "contact_consent",
)


class NothingToSubmit(NetworkError):
    """The draft says the same as what is public."""


def draft_of(city: City) -> ProfileRevision:
    """The text that the city works on; where there is none, the next one, not saved, as a copy of what is public.

    The website begins as the one in the city's entry, which staff may have corrected since.
    """
    if found := ProfileRevision.objects.open().filter(city=city).select_related("updated_by", "submitted_by").first():
        found.city = city
        return found
    last = ProfileRevision.objects.filter(city=city).order_by("-number").first()
    published = ProfileRevision.objects.published().filter(city=city).order_by("-number").first()
    draft = ProfileRevision(city=city, number=last.number + 1 if last else 1, website=city.website)
    for name in COPIED if published else ():
        setattr(draft, name, getattr(published, name))
    return draft


@transaction.atomic
def open_draft(city: City, by: Person) -> ProfileRevision:
    """The text that the city works on, begun as a copy of what is public, with its photos, if there is none."""
    # Two who begin at once get the same one.
    city = locked(city)
    draft = draft_of(city)
    if draft.pk is None:
        draft.created_by = draft.updated_by = by
        draft.save(force_insert=True)
        if published := draft.predecessor():
            copy_photo_uses(published, draft)
    return draft


def changed_parts(revision: ProfileRevision) -> set[str]:
    """The parts in which a text differs from the one that is public, "photos" among them."""
    before = revision.predecessor()
    changed = {difference.part.name for difference in differences(before, revision)}
    if any(photo.is_changed for photo in photo_differences(before, revision)):
        changed.add("photos")
    return changed


@transaction.atomic
def submit_profile(revision: ProfileRevision, *, by: Person) -> ProfileRevision:
    """Hand a draft to staff, or publish it at once; a second time does nothing.

    Raises Incomplete, NothingToSubmit, or TransitionNotAllowed when it is closed. Gives the text as it is then.
    """
    if revision.pk is None:
        raise NothingToSubmit(_("The text says what is public already: there is nothing to submit."))
    locked(revision.city)
    stored = locked(revision)
    if stored.is_waiting:
        return stored
    if stored.is_editable and not stored.missing() and not changed_parts(stored):
        raise NothingToSubmit(_("The text says what is public already: there is nothing to submit."))
    return publish_at_once_if_low_risk(stored, by=by) or submit(stored, by=by)


@transaction.atomic
def publish_at_once_if_low_risk(revision: ProfileRevision, *, by: Person) -> ProfileRevision | None:
    """Publish a draft that changes, of a public text, only parts of settings.PROFILE_PUBLISHED_AT_ONCE.

    Gives None, and does nothing, when it is none. The history says by whom it was published.
    """
    is_low_risk = (
        revision.status == ProfileRevision.Status.DRAFT
        and revision.predecessor() is not None
        and changed_parts(revision) <= set(settings.PROFILE_PUBLISHED_AT_ONCE)
    )
    if not is_low_risk:
        return None
    ProfileRevision.objects.filter(pk=revision.pk).update(submitted_at=timezone.now(), submitted_by=by)
    return publish(revision, by=by)


def can_be_restored(revision: ProfileRevision) -> bool:
    """Whether a text was public once and what is public now differs from it."""
    if revision.status != ProfileRevision.Status.PUBLISHED:
        return False
    public = revision.siblings().published().order_by("-number").first()
    if public is None or public.pk == revision.pk:
        return False
    return bool(differences(public, revision)) or any(photo.is_changed for photo in photo_differences(public, revision))


@transaction.atomic
def restore(revision: ProfileRevision, *, by: Person) -> ProfileRevision:
    """Go back to a text that was public: a copy of it is published. What the city is writing stays as it is.

    Raises NetworkError when it was never public or is so now.
    """
    locked(revision.city)
    old = ProfileRevision.objects.select_related("city").get(pk=revision.pk)
    if not can_be_restored(old):
        raise NetworkError(_("Only a text that was public, and differs from what is public now, can be restored."))
    # The public text is the published one with the highest number: what the city is writing must come after it.
    draft = ProfileRevision.objects.open().filter(city=old.city).first()
    last = ProfileRevision.objects.filter(city=old.city).order_by("-number").values_list("number", flat=True)[0]
    number = draft.number if draft else last + 1
    if draft:
        draft.number += 1
        draft.save(update_fields=["number"])
    restored = ProfileRevision(city=old.city, number=number, website=old.website, created_by=by, updated_by=by)
    for name in COPIED:
        setattr(restored, name, getattr(old, name))
    restored.is_demonstration = old.is_demonstration
    restored.status = ProfileRevision.Status.PUBLISHED
    restored.decided_at, restored.decided_by = timezone.now(), by
    restored.save(force_insert=True)
    copy_photo_uses(old, restored)
    restored.become_public()
    record(
        HistoryEntry.Verb.RESTORED,
        on=restored,
        by=by,
        changes={"status": ["", restored.status], "number": [old.number, restored.number]},
    )
    tell_coordinators("revision-restored", of=restored, by=by)
    return restored


@transaction.atomic
def confirm_profile(city: City, *, by: Person) -> ProfileConfirmation:
    """The focal point says that the city's page is still true; once a day is enough."""
    locked(city)
    confirmation, is_new = ProfileConfirmation.objects.get_or_create(city=city, day=today(), defaults={"by": by})
    if is_new:
        record(HistoryEntry.Verb.CONFIRMED, on=city, by=by, changes={"day": [None, confirmation.day.isoformat()]})
    return confirmation
