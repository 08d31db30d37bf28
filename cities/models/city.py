import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from ..constraints import CountsChanges
from ..days import today
from ..text import SLUG, search_text, sort_key, words
from .bilingual import Bilingual
from .country import Country
from .imported import Imported
from .in_force import in_force

if TYPE_CHECKING:
    from .designation import Designation


SLUG_LENGTH = 80
RESERVED_SLUGS = frozenset({"map", "table"})
"""Addresses of pages of the directory, where a city would never be seen."""


class CityQuerySet(models.QuerySet["City"]):
    def on(self, day: datetime.date) -> "CityQuerySet":
        """All cities; lookups go through `current__…`, the designation of a day, which is null where there was none."""
        return self.annotate(current=models.FilteredRelation("designations", condition=in_force(day, "designations__")))

    def members(self, on: datetime.date | None = None) -> "CityQuerySet":
        """The member cities of a day (today's by default), each with its designation of that day as `current`.

        The one door for every public list, count, feed and file. Joins one row a city, since a city never has
        two designations at once; lookups go through `current__field`, `current__member_since`, …
        """
        # The type checker knows fields only, not the relation that `on()` adds.
        return self.on(on or today()).filter(current__isnull=False)  # type: ignore[misc]  # a relation that on() adds

    def with_current(self) -> "CityQuerySet":
        """Loads what a line about a member shows: the designation, its field, the country."""
        return self.select_related("current", "current__field", "country")

    def coordinated_by(self, user: Any) -> "CityQuerySet":
        """The cities that a person is a coordinator of now; nobody else sees anything of their workplace."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        now = timezone.now()
        still = models.Q(coordinators__ends_at=None) | models.Q(coordinators__ends_at__gt=now)
        return self.filter(still, coordinators__user=user, coordinators__begins_at__lte=now).distinct()

    def search(self, text: str) -> "CityQuerySet":
        """Cities where every word of the text begins a word of a name, an alias or the country, accents aside."""
        cities = self
        for word in words(text):
            # Cheaper than LIKE, most of all on PostgreSQL; both sides are folded.
            cities = cities.filter(GreaterThan(StrIndex("search_text", models.Value(f" {word}")), 0))
        return cities


class City(Imported):
    """A city that is or was a member: being one on a day is a fact of its designations."""

    slug = models.SlugField(_("address"), max_length=SLUG_LENGTH, unique=True)
    name_en = models.CharField(_("name in English"), max_length=100)
    name_fr = models.CharField(_("name in French"), max_length=100, blank=True)
    local_name = models.CharField(_("local name"), max_length=100, blank=True, help_text=_("as the city writes it"))
    aliases = models.TextField(
        _("other names"),
        blank=True,
        help_text=_("for search only, never shown: some are historical or imposed; separated by semicolons"),
    )
    country = models.ForeignKey(Country, models.PROTECT, related_name="cities", verbose_name=_("country"))
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    population = models.PositiveIntegerField(_("population"), null=True, blank=True, validators=[MinValueValidator(1)])
    population_year = models.PositiveSmallIntegerField(_("year of the population"), null=True, blank=True)
    population_source = models.CharField(_("source of the population"), max_length=200, blank=True)
    website = models.URLField(_("website"), blank=True)
    geonames_id = models.PositiveIntegerField(_("GeoNames number"), null=True, blank=True)
    note = models.TextField(_("note for staff"), blank=True)
    sort_key_en = models.CharField(max_length=100, editable=False, db_index=True)
    sort_key_fr = models.CharField(max_length=100, editable=False, db_index=True)
    search_text = models.TextField(editable=False)

    current: "Designation"
    """The designation in force on the day that `members()` was asked about; only its cities have one."""

    name = Bilingual()
    objects = CityQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["imported", "sort_key_en", "sort_key_fr", "search_text"])

    class Meta:
        verbose_name = _("city")
        verbose_name_plural = _("cities")
        ordering = ["sort_key_en", "slug"]
        # The directory's counts need of a city its country alone: PostgreSQL then reads the index and not the rows.
        indexes = [models.Index(fields=["country", "id"], name="city_of_country")]
        constraints = [
            models.UniqueConstraint(
                "name_en",
                "country",
                name="city_english_name_once_a_country",
                violation_error_message=_("Another city of this country has this English name."),
            ),
            models.UniqueConstraint(
                "name_fr",
                "country",
                condition=~models.Q(name_fr=""),
                name="city_french_name_once_a_country",
                violation_error_message=_("Another city of this country has this French name."),
            ),
            models.CheckConstraint(
                # Both halves by name: a comparison with NULL would let half a pair pass.
                condition=models.Q(latitude=None, longitude=None)
                | models.Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="city_coordinates_on_earth",
                violation_error_message=_("Give both coordinates in degrees, or none."),
            ),
            models.CheckConstraint(
                condition=models.Q(slug__regex=rf"^{SLUG}$") & ~models.Q(slug__in=sorted(RESERVED_SLUGS)),
                name="city_slug_is_an_address",
                violation_error_message=_("This address is no address of a city."),
            ),
            models.CheckConstraint(condition=~models.Q(name_en=""), name="city_has_an_english_name"),
            models.CheckConstraint(
                condition=models.Q(population=None) | models.Q(population__isnull=False, population__gte=1),
                name="city_population_is_positive",
            ),
            CountsChanges(name="city_changes_count"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.population_year and self.population_year > today().year:
            raise ValidationError({"population_year": _("This year is still to come.")})

    def save(self, *, update_fields=None, **kwargs) -> None:
        self.set_derived()
        if update_fields is not None:
            update_fields = {*update_fields, "sort_key_en", "sort_key_fr", "search_text"}
        super().save(update_fields=update_fields, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("cities:city", args=[self.slug])

    def set_derived(self) -> None:
        """The columns made in Python for search and order (see `cities.text`)."""
        self.sort_key_en, self.sort_key_fr = sort_key(self.name_en), sort_key(self.name_fr or self.name_en)
        self.search_text = search_text(
            [
                self.name_en,
                self.name_fr,
                self.local_name,
                self.country.name_en,
                self.country.name_fr,
                *self.aliases.split(";"),
            ]
        )

    @property
    def coordinates(self) -> tuple[float, float] | None:
        """Longitude and latitude in degrees; None where they are not known."""
        if self.longitude is None or self.latitude is None:
            return None
        return self.longitude, self.latitude

    @property
    def has_place(self) -> bool:
        return self.coordinates is not None


class FormerSlug(models.Model):
    """An address that a city once had; it leads to today's for ever."""

    slug = models.SlugField(_("former address"), max_length=80, unique=True)
    city = models.ForeignKey(City, models.CASCADE, related_name="former_slugs", verbose_name=_("city"))

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug
