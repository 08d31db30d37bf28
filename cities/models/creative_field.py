import datetime

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from ..constraints import CountsChanges
from ..text import SLUG
from .bilingual import Bilingual
from .imported import Imported

COLOUR = "#[0-9a-f]{6}"
validate_colour = RegexValidator(rf"^{COLOUR}\Z", _("Give the colour as #rrggbb, in lower case."))
# Path data only: the text goes into a drawing that every page loads.
PATH = r"[MmLlHhVvCcSsQqTtAaZz0-9eE.,+\-\s]+"
validate_path = RegexValidator(rf"^{PATH}\Z", _("Give the path data of an SVG drawing."))


class CreativeFieldQuerySet(models.QuerySet["CreativeField"]):
    def valid(self, on: datetime.date) -> "CreativeFieldQuerySet":
        """The fields in which a city could be designated on a day."""
        return self.filter(models.Q(valid_to__gte=on) | models.Q(valid_to=None), valid_from__lte=on)


class CreativeField(Imported):
    """A creative field of the network: seven until 2025, architecture since. Rows, so that staff can add the next."""

    slug = models.SlugField(_("address"), max_length=40, unique=True)
    name_en = models.CharField(_("name in English"), max_length=60, unique=True)
    name_fr = models.CharField(_("name in French"), max_length=60, unique=True)
    summary_en = models.CharField(_("summary in English"), max_length=300, blank=True)
    summary_fr = models.CharField(_("summary in French"), max_length=300, blank=True)
    colour_light = models.CharField(
        _("colour on white"),
        max_length=7,
        validators=[validate_colour],
        help_text=_("contrast of 4.5 or more on #ffffff"),
    )
    colour_dark = models.CharField(
        _("colour on dark"), max_length=7, validators=[validate_colour], help_text=_("contrast of 5 or more on #141820")
    )
    pictogram = models.TextField(
        _("pictogram"), validators=[validate_path], help_text=_("path data on a grid of 24 by 24, drawn as a stroke")
    )
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)
    valid_from = models.DateField(_("field of the network from"))
    valid_to = models.DateField(_("until"), null=True, blank=True)

    name = Bilingual()
    summary = Bilingual()
    objects = CreativeFieldQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["imported"])

    class Meta:
        verbose_name = _("creative field")
        verbose_name_plural = _("creative fields")
        ordering = ["position", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="field_ends_after_it_begins",
                violation_error_message=_("The field ends before it begins."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    slug__regex=rf"^{SLUG}$",
                    colour_light__regex=rf"^{COLOUR}$",
                    colour_dark__regex=rf"^{COLOUR}$",
                    pictogram__regex=rf"^{PATH}$",
                ),
                name="field_can_be_drawn",
                violation_error_message=_("The address, a colour or the pictogram is not of its form."),
            ),
            CountsChanges(name="field_changes_count"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("cities:field", args=[self.slug])

    def is_valid_on(self, day: datetime.date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
