"""Our rows held against what UNESCO counted, and against the rules that no constraint of the database can hold."""

from collections import defaultdict
from dataclasses import dataclass

from django.db import models

from ..models import City, Designation, Edition, OfficialTotal, set_member_since
from .figures import Figures


@dataclass(frozen=True)
class Comparison:
    """An official total beside what our rows give for its day, in all or in its field."""

    total: OfficialTotal
    cities: int
    countries: int
    fields: int

    @property
    def what(self) -> str:
        return self.total.field.slug if self.total.field else "network"

    @property
    def differences(self) -> list[str]:
        """What does not agree, a clause each. The cities that no source names (`missing`) are not held against us."""
        total, missing = self.total, self.total.missing
        found = []
        if self.cities + missing != total.cities:
            found.append(f"{self.cities} cities and {missing} missing, officially {total.cities}")
        # A city that no source names can lie in one more country and be the first of its field.
        if total.countries is not None and not self.countries <= total.countries <= self.countries + missing:
            found.append(f"{self.countries} countries, officially {total.countries}")
        if total.fields is not None and not self.fields <= total.fields <= self.fields + missing:
            found.append(f"{self.fields} creative fields, officially {total.fields}")
        return found


def compare_totals() -> list[Comparison]:
    """Every official total, the oldest first, beside ours; one query a total."""
    comparisons = []
    for total in OfficialTotal.objects.select_related("field").order_by(
        "day", models.F("field__position").asc(nulls_first=True)
    ):
        designations = Designation.objects.filter(field=total.field) if total.field else None
        figures = Figures.on(total.day, designations)
        comparisons.append(Comparison(total, figures.cities, figures.countries, figures.fields))
    return comparisons


def faults() -> list[str]:
    """What is wrong with the rows themselves, a sentence each; none when all is well."""
    found = []
    if not OfficialTotal.objects.exists():
        found.append("There is no official total to compare with: run `manage.py import_network`.")
    found += [f"The city {slug} has no designation." for slug in _slugs_without_designation()]
    found += _wrong_first_days()
    editions = Edition.objects.count()
    if editions != 1:
        found.append(f"The number of changes of the data is kept in one row; the database has {editions}.")
    return found


def _slugs_without_designation() -> list[str]:
    return list(City.objects.filter(designations=None).order_by("slug").values_list("slug", flat=True))


def _wrong_first_days() -> list[str]:
    spells = defaultdict(list)
    for designation in Designation.objects.select_related("city").order_by("city__slug"):
        spells[designation.city_id].append(designation)
    found = []
    for of_city in spells.values():
        stored = {spell.pk: (spell.member_since, spell.member_since_precision) for spell in of_city}
        set_member_since(of_city)
        for spell in of_city:
            since, precision = stored[spell.pk]
            if (since, precision) != (spell.member_since, spell.member_since_precision):
                found.append(
                    f"The designation of {spell.city.slug} from {spell.starts_on} says member since {since} "
                    f"({precision}); the designations give {spell.member_since} ({spell.member_since_precision})."
                )
    return found
