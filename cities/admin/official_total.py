import datetime

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ..forms.day import not_later_than_today
from ..forms.seen import SeenForm
from ..models import OfficialTotal
from .base import DayFieldsMixin, HistoryMixin, LinksMixin


class OfficialTotalForm(SeenForm):
    def clean_day(self) -> datetime.date:
        day = self.cleaned_data["day"]
        not_later_than_today(day)
        return day


@admin.register(OfficialTotal)
class OfficialTotalAdmin(HistoryMixin, LinksMixin, DayFieldsMixin):
    form = OfficialTotalForm
    list_display = ("day", "field", "cities", "countries", "fields_counted", "missing", "source")
    list_display_links = ("day",)
    list_select_related = ("field",)
    list_filter = (("field", admin.RelatedOnlyFieldListFilter),)
    date_hierarchy = "day"
    fieldsets = ((None, {"fields": ("day", "field", ("cities", "countries", "fields"), "missing", "source")}),)

    @admin.display(description=_("creative fields"), ordering="fields", empty_value="–")
    def fields_counted(self, total: OfficialTotal) -> int | None:
        return total.fields
