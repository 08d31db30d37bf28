import re

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ..exceptions import NetworkError
from ..models import CreativeField, HistoryEntry
from ..people import Person
from ..text import SLUG
from .edits import sign_edit
from .history import record

UNFIT_FIELD_SLUG = _("An address is made of small letters without accents, digits and single hyphens.")


@transaction.atomic
def add_field(*, field: CreativeField, reason: str, by: Person) -> CreativeField:
    """Add a creative field to the network: writes the unsaved `field` and the history.

    Raises NetworkError with a sentence when the reason is missing or the field's own checks fail.
    """
    if not reason.strip():
        raise NetworkError(_("Give the reason."))
    if not re.fullmatch(SLUG, field.slug):
        raise NetworkError(UNFIT_FIELD_SLUG)
    try:
        field.full_clean()
    except ValidationError as error:
        raise NetworkError(" ".join(error.messages)) from None
    sign_edit(field, by, reason)
    field.save(force_insert=True)
    record(
        HistoryEntry.Verb.FIELD_ADDED,
        on=field,
        by=by,
        changes={
            "slug": [None, field.slug],
            "name_en": [None, field.name_en],
            "name_fr": [None, field.name_fr],
            "valid_from": [None, field.valid_from.isoformat()],
        },
        reason=reason,
    )
    return field
