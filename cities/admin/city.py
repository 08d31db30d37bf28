from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field

from ..acts import about_city, readable
from ..days import today
from ..forms.city import AdmitForm, CityFactsForm, ReaddressForm
from ..forms.designation import ChangeFieldForm, DesignateForm, EndDesignationForm
from ..models import City, Country, CreativeField, Designation, HistoryEntry
from ..services.city import MISSING, lacks
from ..text import words
from .base import NetworkAdmin, NeverDeletedMixin, known_day
from .files import GuardedImportExportMixin, UpdateOnlyResource
from .operations import OperationsMixin


def current_of(city: City) -> Designation | None:
    """Today's designation of a city loaded by CityAdmin; Django sets no attribute where the join found nothing."""
    return getattr(city, "current", None)


class CurrentFieldFilter(admin.SimpleListFilter):
    title = gettext_lazy("field today")
    parameter_name = "field"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(field.slug, field.name) for field in CreativeField.objects.all()]

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        return queryset.filter(current__field__slug=self.value()) if self.value() else queryset


class MembershipFilter(admin.SimpleListFilter):
    title = gettext_lazy("membership")
    parameter_name = "membership"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("member", _("member today")), ("former", _("former member"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        if self.value() in ("member", "former"):
            return queryset.filter(current__isnull=self.value() == "former")
        return queryset


class MissingFilter(admin.SimpleListFilter):
    title = gettext_lazy("what is missing")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(key, str(label)) for key, label in MISSING.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        key = self.value()
        return queryset.filter(lacks(key)) if key in MISSING else queryset


class CountryFilter(admin.SimpleListFilter):
    """Only the countries that have a city: the stock filter lists all 207."""

    title = gettext_lazy("country")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        countries = Country.objects.filter(cities__isnull=False).distinct()
        return sorted(((country.pk, country.name) for country in countries), key=lambda choice: words(choice[1]))

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        return queryset.filter(country=self.value()) if self.value() else queryset


class CityResource(UpdateOnlyResource):
    """Facts of cities, found by their address; the columns on the designation are for reading only."""

    field = Field("current__field__slug", "field", readonly=True)
    starts_on = Field("current__starts_on", "starts_on", readonly=True)
    member_since = Field("current__member_since", "member_since", readonly=True)
    refusal = gettext_lazy("No city has this address. A new member is added with “Add city”, not by an import.")

    class Meta:
        model = City
        import_id_fields = ("slug",)
        fields = (
            "slug",
            "name_en",
            "name_fr",
            "local_name",
            "aliases",
            "country",
            "field",
            "starts_on",
            "member_since",
            "latitude",
            "longitude",
            "population",
            "population_year",
            "population_source",
            "website",
            "geonames_id",
            "note",
        )
        export_order = fields
        clean_model_instances = True
        skip_unchanged = True
        name = City._meta.verbose_name_plural


@admin.register(City)
class CityAdmin(GuardedImportExportMixin, NeverDeletedMixin, OperationsMixin, NetworkAdmin):
    form = CityFactsForm
    resource_classes = [CityResource]
    import_note = gettext_lazy(
        "Corrects the facts of cities that are in the list, found by the column “slug”; columns that the file lacks "
        "stay as they are. It adds no city and changes no designation: use the operations for that. For the data "
        "files of the whole network there is the command import_network."
    )
    list_display = ("in_english", "in_french", "country_name", "field_today", "since", "membership", "missing")
    list_filter = (CurrentFieldFilter, MembershipFilter, MissingFilter, "country__region", CountryFilter)
    list_per_page = 50
    search_fields = ("search_text",)
    search_help_text = gettext_lazy("A name in any language, a former name or the country; accents do not matter.")
    autocomplete_fields = ("country",)
    readonly_fields = ("slug",)
    fieldsets = (
        (None, {"fields": ("name_en", "name_fr", "local_name", "aliases", "country", "slug")}),
        (gettext_lazy("Place"), {"fields": (("latitude", "longitude"), "geonames_id")}),
        (
            gettext_lazy("Facts"),
            {"fields": (("population", "population_year"), "population_source", "website", "note")},
        ),
    )

    # The list

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        cities: Any = super().get_queryset(request)
        vague = Designation.objects.filter(city=models.OuterRef("pk")).exclude(starts_precision="day")
        last = Designation.objects.filter(city=models.OuterRef("pk")).order_by("-starts_on")
        return (
            cities.on(today())
            .select_related("country", "current__field")
            .annotate(
                vaguest=models.Subquery(vague.order_by("-starts_precision").values("starts_precision")[:1]),
                last_day=models.Subquery(last.values("ends_on")[:1]),
            )
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple:
        if search_term.strip() and not words(search_term):
            return queryset.none(), False
        return queryset.search(search_term), False

    @admin.display(description=gettext_lazy("name in English"), ordering="sort_key_en")
    def in_english(self, city: City) -> str:
        return city.name_en

    @admin.display(description=gettext_lazy("name in French"), ordering="sort_key_fr", empty_value="–")
    def in_french(self, city: City) -> str:
        return city.name_fr

    @admin.display(description=gettext_lazy("country"), ordering="country__sort_key_en")
    def country_name(self, city: City) -> str:
        return city.country.name

    @admin.display(description=gettext_lazy("field today"), ordering="current__field__position", empty_value="–")
    def field_today(self, city: City) -> str | None:
        current = current_of(city)
        return current.field.name if current else None

    @admin.display(description=gettext_lazy("member since"), ordering="current__member_since", empty_value="–")
    def since(self, city: City) -> str | None:
        current = current_of(city)
        return known_day(current.member_since, current.member_since_precision, short=True) if current else None

    @admin.display(description=gettext_lazy("membership"), ordering="last_day")
    def membership(self, city: Any) -> str:
        if current_of(city):
            return _("member")
        return _("former member, until %(day)s") % {"day": known_day(city.last_day, short=True)}

    @admin.display(description=gettext_lazy("missing"), empty_value="–")
    def missing(self, city: Any) -> str:
        found = [
            MISSING[key]
            for key, is_missing in (
                ("french-name", not city.name_fr),
                ("coordinates", not city.has_place),
                ("population", city.population is None),
                (city.vaguest, bool(city.vaguest)),
            )
            if is_missing
        ]
        return " · ".join(map(str, found))

    # One city

    def get_readonly_fields(self, request: HttpRequest, obj: City | None = None) -> tuple[str, ...]:
        return ("slug",)

    def get_acts(self, obj: Any) -> models.QuerySet[HistoryEntry]:
        return about_city(obj, obj.designations.all())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        city: Any = context["original"]
        designations = list(city.designations.select_related("field").order_by("-starts_on"))
        for designation in designations:
            designation.first_day = known_day(designation.starts_on, designation.starts_precision)
            designation.last_day = known_day(designation.ends_on)
            designation.since = known_day(designation.member_since, designation.member_since_precision)
        context |= {
            "designations": designations,
            "former_slugs": city.former_slugs.all(),
            "reports": city.reports.waiting(),
            "acts": readable(about_city(city, designations)[:20]),
            "may_designate": request.user.has_perm("cities.designate", city),
            "may_readdress": request.user.has_perm("cities.readdress_city", city),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    # Operations

    def acts_on(self, obj: Any) -> models.QuerySet[HistoryEntry]:
        return self.get_acts(obj)

    def get_urls(self) -> list:
        operations = {
            "field": self.change_field_view,
            "end": self.end_view,
            "designate": self.designate_view,
            "address": self.readdress_view,
        }
        return [
            path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"cities_city_{name}")
            for name, view in operations.items()
        ] + super().get_urls()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """A city enters with its first designation, in one act: there is no other way to add one."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.run_operation(
            request,
            AdmitForm(request.POST or None),
            title=_("Admit a new member"),
            what_happens=[
                _("The city gets its page and is in every list from its first day on."),
                _("City and first designation are written together, with the reason, into the history."),
                _("A city that was a member before is in the list already: open it and designate it again."),
            ],
            button=_("Admit"),
            done=lambda city: _("%(city)s is a member of the network.") % {"city": city},
        )

    def change_field_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        city = self.get_subject(request, object_id, "cities.designate")
        current = current_of(city)
        if current is None:
            return self.turned_away(request, city, _("%(city)s is no member now.") % {"city": city})
        return self.run_operation(
            request,
            ChangeFieldForm(request.POST or None, city=city, current=current),
            title=_("Move %(city)s to another field") % {"city": city},
            what_happens=[
                _("%(city)s has been in %(field)s since %(day)s.")
                % {
                    "city": city,
                    "field": current.field,
                    "day": known_day(current.starts_on, current.starts_precision),
                },
                _("That designation ends on the day before the move; the new one begins on the day itself."),
                _("The membership goes on: “member since” stays %(day)s.")
                % {"day": known_day(current.member_since, current.member_since_precision)},
            ],
            button=_("Move"),
            done=lambda designation: (
                _("%(city)s is now in %(field)s.") % {"city": designation.city, "field": designation.field}
            ),
            original=city,
            page_of=lambda designation: designation.city,
        )

    def end_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        city = self.get_subject(request, object_id, "cities.designate")
        current = current_of(city)
        if current is None:
            return self.turned_away(request, city, _("%(city)s is no member now.") % {"city": city})
        return self.run_operation(
            request,
            EndDesignationForm(request.POST or None, designation=current),
            title=_("End the designation of %(city)s") % {"city": city},
            what_happens=[
                _("%(city)s stays a member in %(field)s until the last day, and is a former member after it.")
                % {"city": city, "field": current.field},
                _("It leaves today’s lists, counts and map; it stays in those of the days before."),
                _("Its page stays, with its dates; why it ended is shown there only if you say so."),
                _("To move it to another field, use that operation instead: it ends no membership."),
            ],
            button=_("End the designation"),
            done=lambda designation: (
                _("The designation of %(city)s ends on %(day)s.")
                % {"city": designation.city, "day": known_day(designation.ends_on)}
            ),
            original=city,
            page_of=lambda designation: designation.city,
        )

    def designate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        city = self.get_subject(request, object_id, "cities.designate")
        if current_of(city):
            return self.turned_away(request, city, _("%(city)s is a member now.") % {"city": city})
        return self.run_operation(
            request,
            DesignateForm(request.POST or None, city=city),
            title=_("Designate %(city)s again") % {"city": city},
            what_happens=[
                _("%(city)s was a member until %(day)s.") % {"city": city, "day": known_day(city.last_day)},
                _("Its new membership counts from the new first day, unless that is the day after the last one."),
            ],
            button=_("Designate"),
            done=lambda designation: (
                _("%(city)s is a member again, in %(field)s.") % {"city": designation.city, "field": designation.field}
            ),
            original=city,
            page_of=lambda designation: designation.city,
        )

    def readdress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        city = self.get_subject(request, object_id, "cities.readdress_city")
        return self.run_operation(
            request,
            ReaddressForm(request.POST or None, city=city, initial={"slug": city.slug}),
            title=_("Change the address of %(city)s") % {"city": city},
            what_happens=[
                _("The page of the city moves to the new address, in both languages."),
                _("The old address, %(slug)s, leads there for ever and can be given to no other city.")
                % {"slug": city.slug},
                _("The names of the city stay as they are."),
            ],
            button=_("Change the address"),
            done=lambda city: _("The address of %(city)s is now %(slug)s.") % {"city": city, "slug": city.slug},
            original=city,
        )
