"""The address of a city: a contract with every link to it, so it changes by one act that keeps the old one.

Also what the entry of a city may lack, for those who complete it.
"""

import re

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from ..exceptions import AddressRefused
from ..models import City, Designation, FormerSlug, HistoryEntry, Precision
from ..models.city import RESERVED_SLUGS, SLUG_LENGTH
from ..people import Person
from ..text import SLUG
from .edits import keep_baseline, sign_edit
from .history import record
from .locking import locked

UNFIT_SLUG = _("An address is made of small letters without accents, digits and single hyphens, 80 at most.")

MISSING = {
    "french-name": _("no French name"),
    "coordinates": _("no coordinates"),
    "population": _("no population"),
    "month": _("first day known to the month only"),
    "year": _("first day known to the year only"),
}
"""What an entry may lack: key, as in the address of a filtered list, and name."""


def lacks(key: str) -> models.Q:
    """The cities whose entry lacks one of MISSING."""
    match key:
        case "french-name":
            return models.Q(name_fr="")
        case "coordinates":
            return models.Q(latitude=None)
        case "population":
            return models.Q(population=None)
        case _:
            # A subquery and not a join, which would count a city once a designation.
            vague = Designation.objects.filter(starts_precision=Precision(key))
            return models.Q(pk__in=vague.values("city"))


def missing_counts() -> dict[str, int]:
    """How many cities lack each of MISSING, in one query."""
    return City.objects.aggregate(**{key: models.Count("pk", filter=lacks(key)) for key in MISSING})


@transaction.atomic
def readdress(*, city: City, slug: str, reason: str, by: Person) -> City:
    """Give a city another address; the old one leads to it for ever.

    Writes the city, a `FormerSlug` with the old address and the history. An address that the city itself once had
    may be taken back. Raises AddressRefused when the address is unfit or taken, or the reason is missing.
    """
    if not reason.strip():
        raise AddressRefused(_("Say why the address changes."))
    refuse_unfit_slug(slug)
    city = locked(city)
    old = city.slug
    if slug == old:
        raise AddressRefused(_("This is the address that the city already has."))
    keep_baseline(city)
    city.slug = slug
    sign_edit(city, by, reason)
    try:
        with transaction.atomic():
            city.save(update_fields=["slug"])
    except IntegrityError:
        raise AddressRefused(_("Another city has this address.")) from None
    # Looked up after the write: writers of cities queue there, so that what another one took is seen by now.
    refuse_former_slug_of_another(slug, city)
    FormerSlug.objects.filter(slug=slug, city=city).delete()
    FormerSlug.objects.create(slug=old, city=city)
    record(HistoryEntry.Verb.READDRESSED, on=city, by=by, changes={"slug": [old, slug]}, reason=reason)
    return city


def refuse_unfit_slug(slug: str) -> None:
    """Raises AddressRefused for a text that cannot be the address of a city."""
    if not re.fullmatch(SLUG, slug) or len(slug) > SLUG_LENGTH:
        raise AddressRefused(UNFIT_SLUG)
    if slug in RESERVED_SLUGS:
        raise AddressRefused(_("This address belongs to a page of the directory."))


def refuse_former_slug_of_another(slug: str, city: City) -> None:
    """Raises AddressRefused when links to another city still go through this address."""
    former = FormerSlug.objects.filter(slug=slug).exclude(city=city).select_related("city").first()
    if former:
        raise AddressRefused(_("This was once the address of %(city)s, and still leads there.") % {"city": former.city})
