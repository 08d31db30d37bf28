"""The acts that make, move, correct and end designations; nothing else writes them but the import of data files.

Each locks the city, so that two acts on one city queue, and does all that it does in one transaction. Days are calendar
days in Paris and never later than today's.
"""

import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ..days import FIRST_DAY, today
from ..exceptions import DesignationRefused
from ..models import City, CreativeField, Designation, HistoryEntry, Precision, set_member_since
from ..people import Person
from .city import refuse_former_slug_of_another, refuse_unfit_slug
from .edits import sign_edit
from .history import record
from .locking import locked

ONE_DAY = datetime.timedelta(days=1)
WAYS_OUT = (Designation.EndReason.WITHDRAWN, Designation.EndReason.REMOVED)
"""Why a membership ends; a move to another field is `change_field`, which ends no membership."""


@transaction.atomic
def admit(
    *,
    city: City,
    field: CreativeField,
    starts_on: datetime.date,
    precision: str,
    source: str,
    reason: str,
    by: Person,
) -> City:
    """Take a new city into the network: writes the unsaved `city`, its first designation and the history.

    Raises AddressRefused for its slug, DesignationRefused for the rest: the day, the field, a name that the country
    already has, a missing source or reason.
    """
    _refuse_without(reason, source)
    _refuse_day(starts_on, precision)
    _refuse_field(field, starts_on)
    refuse_unfit_slug(city.slug)
    _clean(city)
    sign_edit(city, by, reason)
    try:
        with transaction.atomic():
            city.save(force_insert=True)
    except IntegrityError:
        raise DesignationRefused(_("Such a city was added in this moment; look for it in the list.")) from None
    refuse_former_slug_of_another(city.slug, city)
    designation = _begin(city, [], field, starts_on, precision, source)
    record(
        HistoryEntry.Verb.ADMITTED,
        on=city,
        by=by,
        changes={"slug": [None, city.slug]} | _beginning(designation),
        reason=reason,
    )
    return city


@transaction.atomic
def designate(
    *,
    city: City,
    field: CreativeField,
    starts_on: datetime.date,
    precision: str,
    source: str,
    reason: str,
    by: Person,
) -> Designation:
    """Take a former member back: writes the new designation and the history.

    Raises DesignationRefused when the city is a member, was one on or after the day, or the day, the field, the source
    or the reason will not do.
    """
    _refuse_without(reason, source)
    _refuse_day(starts_on, precision)
    _refuse_field(field, starts_on)
    city, designations = _locked(city)
    for other in designations:
        if other.ends_on is None:
            raise DesignationRefused(
                _("%(city)s is a member already, in %(field)s. Move it to another field instead.")
                % {"city": city, "field": other.field}
            )
        if other.ends_on >= starts_on:
            raise DesignationRefused(
                _("%(city)s was a member until %(day)s: the new designation can only begin after that day.")
                % {"city": city, "day": date_format(other.ends_on)}
            )
    designation = _begin(city, designations, field, starts_on, precision, source)
    record(HistoryEntry.Verb.DESIGNATED, on=designation, by=by, changes=_beginning(designation), reason=reason)
    return designation


@transaction.atomic
def end_designation(
    *,
    designation: Designation,
    ends_on: datetime.date,
    end_reason: str,
    is_public: bool,
    reason: str,
    by: Person,
) -> Designation:
    """End a membership with the last day `ends_on`; `is_public` shows `end_reason` (one of WAYS_OUT) to readers.

    Raises DesignationRefused when the designation has ended, or the day or a reason will not do.
    """
    _refuse_without(reason)
    _city, designations = _locked(designation.city)
    designation = next(known for known in designations if known.pk == designation.pk)
    if designation.ends_on is not None:
        raise DesignationRefused(
            _("This designation already ended on %(day)s.") % {"day": date_format(designation.ends_on)}
        )
    if end_reason not in WAYS_OUT:
        raise DesignationRefused(_("Say whether the city left the network or was removed from it."))
    if ends_on > today():
        raise DesignationRefused(_("The last day is later than today."))
    if ends_on < designation.starts_on:
        raise DesignationRefused(
            _("The last day is before the first, %(day)s.") % {"day": date_format(designation.starts_on)}
        )
    _end(designation, ends_on, end_reason, is_public=is_public)
    _save_member_since(designations)
    record(
        HistoryEntry.Verb.ENDED,
        on=designation,
        by=by,
        changes={
            "ends_on": [None, ends_on.isoformat()],
            "end_reason": ["", str(end_reason)],
            "end_reason_is_public": [False, is_public],
        },
        reason=reason,
    )
    return designation


@transaction.atomic
def change_field(
    *,
    city: City,
    field: CreativeField,
    on: datetime.date,
    source: str,
    reason: str,
    by: Person,
) -> Designation:
    """Move a member to another field from the day `on`; its membership goes on unbroken.

    Ends the designation in force the day before, begins the next, writes the history. Raises DesignationRefused when
    the city is no member, the field is the same or was none on that day, or the day, the source or the reason will
    not do.
    """
    _refuse_without(reason, source)
    _refuse_day(on, Precision.DAY)
    city, designations = _locked(city)
    current = designations[-1] if designations and designations[-1].ends_on is None else None
    if current is None:
        raise DesignationRefused(_("%(city)s is no member now: designate it again instead.") % {"city": city})
    if current.field_id == field.pk:
        raise DesignationRefused(_("%(city)s is in %(field)s already.") % {"city": city, "field": field})
    _refuse_field(field, on)
    if on <= current.starts_on:
        raise DesignationRefused(
            _("The designation in %(field)s began on %(day)s: the move can only take place after that day.")
            % {"field": current.field, "day": date_format(current.starts_on)}
        )
    # The end first: the database allows no two designations at once, not even within the transaction.
    last_day = on - ONE_DAY
    _end(current, last_day, Designation.EndReason.FIELD_CHANGE, is_public=True)
    designation = _begin(city, designations, field, on, Precision.DAY, source)
    record(
        HistoryEntry.Verb.FIELD_CHANGED,
        on=city,
        by=by,
        changes={
            "field": [current.field.slug, field.slug],
            "ends_on": [None, last_day.isoformat()],
            "starts_on": [None, on.isoformat()],
        },
        reason=reason,
    )
    return designation


@transaction.atomic
def correct_first_day(
    *,
    designation: Designation,
    starts_on: datetime.date,
    precision: str,
    source: str,
    reason: str,
    by: Person,
) -> Designation:
    """Correct the first day of a designation, or how exactly it is known, on the word of a better source.

    Writes the designation, what membership follows from it, and the history. Raises DesignationRefused when nothing
    would change, the day is after the last one, in the days of the designation before or away from the day of a move
    to this field, the field was none on it, or the day, the source or the reason will not do.
    """
    _refuse_without(reason, source)
    _refuse_day(starts_on, precision)
    _city, designations = _locked(designation.city)
    place = next(place for place, known in enumerate(designations) if known.pk == designation.pk)
    designation = designations[place]
    old_day, old_precision = designation.starts_on, designation.starts_precision
    if (old_day, old_precision) == (starts_on, precision):
        raise DesignationRefused(_("This first day is the one that is known already."))
    _refuse_field(designation.field, starts_on)
    if designation.ends_on and starts_on > designation.ends_on:
        raise DesignationRefused(
            _("The first day is after the last, %(day)s.") % {"day": date_format(designation.ends_on)}
        )
    if place:
        _refuse_break(designations[place - 1], designation, starts_on)
    designation.starts_on, designation.starts_precision, designation.source = starts_on, precision, source.strip()
    set_member_since(designations)
    _clean(designation)
    # All at once: the database wants no first day before that of the membership.
    designation.save(
        update_fields=["starts_on", "starts_precision", "source", "member_since", "member_since_precision"]
    )
    _save_member_since(designations)
    record(
        HistoryEntry.Verb.CORRECTED,
        on=designation,
        by=by,
        changes={
            "starts_on": [old_day.isoformat(), starts_on.isoformat()],
            "starts_precision": [str(old_precision), str(precision)],
        },
        reason=reason,
    )
    return designation


def _refuse_break(before: Designation, designation: Designation, starts_on: datetime.date) -> None:
    """Raises DesignationRefused when a corrected first day would touch the days before, or tear a move in two."""
    moved = before.end_reason == Designation.EndReason.FIELD_CHANGE
    follows = before.ends_on is not None and before.ends_on + ONE_DAY == designation.starts_on
    if moved and follows and starts_on != designation.starts_on:
        raise DesignationRefused(
            _("The city moved here from %(field)s, where its last day is %(day)s: another first day would break that.")
            % {"field": before.field, "day": date_format(designation.starts_on - ONE_DAY)}
        )
    if before.ends_on is None or before.ends_on >= starts_on:
        raise DesignationRefused(_("The city has another designation in these days."))


def _locked(city: City) -> tuple[City, list[Designation]]:
    """The city, locked until the end of the transaction, and its designations by first day."""
    city = locked(city)
    return city, list(city.designations.select_related("field", "city").order_by("starts_on"))


def _begin(
    city: City,
    designations: list[Designation],
    field: CreativeField,
    starts_on: datetime.date,
    precision: str,
    source: str,
) -> Designation:
    """Write a designation after those that the city has, and the first days of membership that follow from it."""
    new = Designation(city=city, field=field, starts_on=starts_on, starts_precision=precision, source=source.strip())
    designations.append(new)
    set_member_since(designations)
    _clean(new)
    new.save(force_insert=True)
    _save_member_since(designations)
    return new


def _end(designation: Designation, ends_on: datetime.date, end_reason: str, *, is_public: bool) -> None:
    designation.ends_on = ends_on
    designation.end_reason = end_reason
    designation.end_reason_is_public = is_public
    designation.save(update_fields=["ends_on", "end_reason", "end_reason_is_public"])


def _save_member_since(designations: list[Designation]) -> None:
    set_member_since(designations)
    for designation in designations:
        designation.save(update_fields=["member_since", "member_since_precision"])


def _beginning(designation: Designation) -> dict[str, list]:
    """What the history says of a new designation."""
    return {
        "field": [None, designation.field.slug],
        "starts_on": [None, designation.starts_on.isoformat()],
        "starts_precision": [None, str(designation.starts_precision)],
    }


def _refuse_without(reason: str, source: str = "unneeded") -> None:
    if not source.strip():
        raise DesignationRefused(_("Give the source."))
    if not reason.strip():
        raise DesignationRefused(_("Give the reason."))


def _refuse_day(day: datetime.date, precision: str) -> None:
    if precision not in Precision.values:
        raise DesignationRefused(_("Say how exactly the first day is known."))
    if day > today():
        raise DesignationRefused(_("The first day is later than today."))
    if day < FIRST_DAY:
        raise DesignationRefused(
            _("The first day is before the network began, on %(day)s.") % {"day": date_format(FIRST_DAY)}
        )
    if not Precision(precision).allows(day):
        raise DesignationRefused(
            _("When only the month or the year is known, give the first day of that month or year.")
        )


def _refuse_field(field: CreativeField, day: datetime.date) -> None:
    if not field.is_valid_on(day):
        raise DesignationRefused(
            _("%(field)s was no field of the network on %(day)s.") % {"field": field, "day": date_format(day)}
        )


def _clean(obj: City | Designation) -> None:
    """Raises DesignationRefused with the sentences of the model's own checks."""
    try:
        obj.full_clean()
    except ValidationError as error:
        raise DesignationRefused(" ".join(error.messages)) from None
