from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from ..models import City, Initiative, InitiativeRevision, Partnership, Theme
from .base import LinksMixin, NeverDeletedMixin, PlainAdmin, ReadOnlyMixin
from .mandate import OfCityMixin
from .moderated import ModeratedAdmin


class PublicFilter(admin.SimpleListFilter):
    title = gettext_lazy("public")
    parameter_name = "public"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("public")), ("no", gettext_lazy("never published"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() in ("yes", "no"):
            return queryset.filter(published__isnull=self.value() == "no")
        return queryset


class ThemeFilter(admin.SimpleListFilter):
    """By area of action of the public text."""

    title = gettext_lazy("area of action")
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(theme.slug, theme.name) for theme in Theme.objects.filter(kind=Theme.Kind.AREA)]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(published__themes__slug=self.value()) if self.value() else queryset


@admin.register(InitiativeRevision)
class InitiativeRevisionAdmin(ModeratedAdmin):
    """Initiatives that cities propose: those that wait come first."""

    related = ("initiative__lead__country", "initiative__published")
    list_display = ("about", "lead", "number", "status", "waits", "submitted_by", "decided_at", "decided_by")
    search_fields = ("title_en", "title_fr", "initiative__lead__search_text")
    search_help_text = gettext_lazy("A word of the title, or the lead city’s name.")

    @admin.display(description=gettext_lazy("about"))
    def about(self, revision: Any) -> str:
        return str(revision)

    @admin.display(description=gettext_lazy("lead city"), ordering="initiative__lead__sort_key_en")
    def lead(self, revision: InitiativeRevision) -> City:
        return revision.initiative.lead

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple:
        if not search_term:
            return queryset, False
        found = (
            models.Q(title_en__icontains=search_term)
            | models.Q(title_fr__icontains=search_term)
            | models.Q(initiative__lead__in=City.objects.search(search_term))
        )
        return queryset.filter(found), False

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        initiative = context["original"].initiative
        if initiative.published_id:
            context["subject_url"] = initiative.get_absolute_url()
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Initiative)
class InitiativeAdmin(OfCityMixin, ReadOnlyMixin, LinksMixin, admin.ModelAdmin):
    """The initiatives, public or not; their texts are in the queue of texts."""

    list_display = ("title", "lead", "is_public", "partners", "created_at")
    list_select_related = ("lead", "published")
    list_filter = (PublicFilter, ThemeFilter, "is_demonstration")
    search_fields = ("search_text", "slug", "published__title_en", "published__title_fr")
    city_lookups = ("lead",)
    search_help_text = gettext_lazy("A word of the title, or the lead city’s name.")
    list_per_page = 50
    fields = ("title", "slug", "lead", "published", "created_at", "is_demonstration")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        confirmed = models.Q(partnerships__status=Partnership.Status.CONFIRMED)
        count = models.Count("partnerships", filter=confirmed, distinct=True)
        return super().get_queryset(request).select_related("lead", "published").annotate(confirmed=count)

    @admin.display(description=gettext_lazy("title"))
    def title(self, initiative: Initiative) -> str:
        return str(initiative)

    @admin.display(description=gettext_lazy("public"), boolean=True, ordering="published")
    def is_public(self, initiative: Initiative) -> bool:
        return initiative.published_id is not None

    @admin.display(description=gettext_lazy("confirmed partner cities"), ordering="confirmed")
    def partners(self, initiative: Any) -> int:
        return initiative.confirmed

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        response = super().render_change_form(request, context, *args, **kwargs)
        response.context_data["public_page"] = context["original"].published_id is not None
        return response


@admin.register(Partnership)
class PartnershipAdmin(OfCityMixin, ReadOnlyMixin, PlainAdmin):
    """Who was asked and how it stands. The word of a city that declined is for the lead alone."""

    list_display = ("initiative", "lead", "city", "status", "asked_at", "answered_at")
    list_select_related = ("initiative__published", "initiative__lead", "city")
    list_filter = ("status",)
    search_fields = ("initiative__search_text", "initiative__published__title_en", "initiative__published__title_fr")
    city_lookups = ("city", "initiative__lead")
    search_help_text = gettext_lazy("A city’s name, or a word of the initiative.")
    date_hierarchy = "asked_at"
    list_per_page = 50
    fields = (
        "initiative",
        "lead",
        "city",
        "status",
        ("asked_at", "asked_by"),
        "reminded_at",
        ("answered_at", "answered_by"),
    )

    @admin.display(description=gettext_lazy("lead city"), ordering="initiative__lead__sort_key_en")
    def lead(self, partnership: Partnership) -> City:
        return partnership.initiative.lead


@admin.register(Theme)
class ThemeAdmin(NeverDeletedMixin, PlainAdmin):
    """Only the names change here: the numbers and addresses are in links, and the set is the network's and the UN's."""

    list_display = ("kind", "position", "name_en", "name_fr", "slug")
    list_display_links = ("name_en",)
    list_filter = ("kind",)
    fields = ("kind", "position", "slug", "name_en", "name_fr")
    readonly_fields = ("kind", "position", "slug")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
