from django.core.validators import RegexValidator
from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from ..constraints import CountsChanges
from ..text import sort_key
from .bilingual import Bilingual
from .imported import Imported


class Region(models.TextChoices):
    """UNESCO's five regions, which are not those of the United Nations' statistics."""

    AFRICA = "africa", _("Africa")
    ARAB_STATES = "arab-states", _("Arab States")
    ASIA_PACIFIC = "asia-pacific", _("Asia and the Pacific")
    EUROPE_NORTH_AMERICA = "europe-north-america", _("Europe and North America")
    LATIN_AMERICA_CARIBBEAN = "latin-america-caribbean", _("Latin America and the Caribbean")


class Country(Imported):
    class UnescoStatus(models.TextChoices):
        MEMBER = "member", _("Member State")
        ASSOCIATE = "associate", _("Associate Member")
        NONE = "none", _("not a member of UNESCO")

    iso2 = models.CharField(
        _("ISO code (2 letters)"), max_length=2, primary_key=True, validators=[RegexValidator(r"^[A-Z]{2}\Z")]
    )
    iso3 = models.CharField(
        _("ISO code (3 letters)"), max_length=3, unique=True, validators=[RegexValidator(r"^[A-Z]{3}\Z")]
    )
    name_en = models.CharField(_("name in English"), max_length=100, unique=True)
    name_fr = models.CharField(_("name in French"), max_length=100, unique=True)
    region = models.CharField(_("UNESCO region"), max_length=30, choices=Region)
    unesco_status = models.CharField(_("status at UNESCO"), max_length=10, choices=UnescoStatus)
    names_source = models.CharField(_("source of the names"), max_length=200, blank=True)
    sort_key_en = models.CharField(max_length=100, editable=False, db_index=True)
    sort_key_fr = models.CharField(max_length=100, editable=False, db_index=True)

    name = Bilingual()
    history = HistoricalRecords(excluded_fields=["imported", "sort_key_en", "sort_key_fr"])

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering = ["sort_key_en"]
        constraints = [
            models.CheckConstraint(condition=models.Q(region__in=Region.values), name="country_region_is_unescos"),
            models.CheckConstraint(
                condition=models.Q(unesco_status__in=["member", "associate", "none"]),
                name="country_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(iso2__regex=r"^[A-Z]{2}$", iso3__regex=r"^[A-Z]{3}$"),
                name="country_codes_are_capital_letters",
            ),
            CountsChanges(name="country_changes_count"),
        ]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *, update_fields=None, **kwargs) -> None:
        """Besides the row, renews what cities derive from the country's names."""
        self.set_derived()
        if update_fields is not None:
            update_fields = {*update_fields, "sort_key_en", "sort_key_fr"}
        # Cities first, as every act locks them: the edition row, which any write takes, comes last.
        cities = list(self.cities.select_for_update(no_key=True).order_by("pk"))
        super().save(update_fields=update_fields, **kwargs)
        for city in cities:
            city.country = self
            city.set_derived()
        self.cities.bulk_update(cities, ["search_text"])

    def get_absolute_url(self) -> str:
        return reverse("cities:country", args=[self.iso2])

    def set_derived(self) -> None:
        self.sort_key_en, self.sort_key_fr = sort_key(self.name_en), sort_key(self.name_fr)
