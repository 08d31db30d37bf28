from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from ..models import City, ProfileConfirmation, ProfileRevision
from ..people import Person
from ..services.profile import can_be_restored, restore
from .base import PlainAdmin, ReadOnlyMixin
from .mandate import OfCityMixin
from .moderated import ModeratedAdmin


@admin.register(ProfileRevision)
class ProfileRevisionAdmin(ModeratedAdmin):
    """Profiles that cities propose: those that wait come first."""

    related = ("city__country",)
    search_fields = ("city__search_text",)
    search_help_text = gettext_lazy("The city’s name in any language, or its country.")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple:
        return queryset.filter(city__in=City.objects.search(search_term)) if search_term else queryset, False

    def may_restore(self, revision: Any) -> bool:
        return can_be_restored(revision)

    def restore(self, revision: Any, *, by: Person) -> Any:
        return restore(revision, by=by)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        context["subject_url"] = reverse("cities:city", args=[context["original"].city.slug])
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(ProfileConfirmation)
class ProfileConfirmationAdmin(OfCityMixin, ReadOnlyMixin, PlainAdmin):
    """When cities said that their page is still true."""

    list_display = ("city", "day", "by")
    list_select_related = ("city", "by")
    search_fields = ("by__name", "by__email")
    fields = ("city", "day", "by")
    date_hierarchy = "day"
