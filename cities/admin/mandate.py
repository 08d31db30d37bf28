"""Who has which mandate: to be looked up, and changed by operations only."""

from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..forms.act import ActForm
from ..forms.mandate import (
    AppointCommissionOfficerForm,
    AppointCoordinatorForm,
    AppointEvaluatorForm,
    AppointForm,
    DescribeEvaluatorForm,
)
from ..models import Assignment, City, CommissionOfficer, Coordinator, Evaluator, Invitation, Mandate, PrivateFile
from ..services.mandate import describe_evaluator, end_mandate
from ..text import words
from .operations import Operation, OperationsAdmin, posted


class OfCityMixin(admin.ModelAdmin):
    """Found by its own columns, such as those of the person, and by any name of a city."""

    city_lookups: tuple[str, ...] = ("city",)
    search_help_text = gettext_lazy("The person’s name or address, or a name of the city; accents do not matter.")

    def get_search_results(self, request: HttpRequest, queryset: models.QuerySet, search_term: str) -> tuple:
        if not search_term.strip():
            return queryset, False
        of_person, _duplicates = super().get_search_results(request, queryset, search_term)
        if not words(search_term):
            return of_person, False
        cities = City.objects.search(search_term).order_by()
        found = models.Q(pk__in=of_person.order_by().values("pk"))
        for lookup in self.city_lookups:
            found |= models.Q(**{f"{lookup}__in": cities})
        return queryset.filter(found), False


def link_to(letter: PrivateFile | None) -> Any:
    """A link to a letter; a dash where there is none, or where an erasure emptied it."""
    if letter is None or not letter.file:
        return "–"
    return format_html('<a href="{}">{}</a>', letter.get_absolute_url(), letter.name)


class InForceFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("in-force", _("in force")), ("ended", _("ended"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        match self.value():
            case "in-force":
                return queryset.in_force()
            case "ended":
                return queryset.filter(ends_at__lte=timezone.now())
        return queryset


def appointed_or_invited(result: Mandate | Invitation) -> str:
    if isinstance(result, Invitation):
        return _("There is no account with this address: an invitation to %(email)s is on its way.") % {
            "email": result.email
        }
    return _("The mandate of %(name)s has begun.") % {"name": result.user}


class MandateAdmin(OperationsAdmin):
    list_filter: ClassVar[Any] = (InForceFilter,)
    date_hierarchy = "begins_at"
    ordering = ("-begins_at", "-pk")
    search_fields: ClassVar[Any] = ("user__email", "user__name")
    appoint_form: type[AppointForm] = AppointForm
    appoint_title: Any = ""
    appoint_sentences: tuple[Any, ...] = ()

    def heading(self, obj: Any) -> str:
        return f"{obj.user} · {obj.scope}"

    @admin.display(description=gettext_lazy("e-mail address"), ordering="user__email")
    def email(self, mandate: Mandate) -> str:
        return mandate.user.email

    @admin.display(description=gettext_lazy("letter"))
    def letter_link(self, mandate: Mandate) -> Any:
        return link_to(mandate.letter)

    def get_urls(self) -> list:
        return [
            self.page_at("appoint/", "appoint", self.appoint_view),
            self.page_at("<path:object_id>/end/", "end", self.end_view),
            *super().get_urls(),
        ]

    def list_operations(self, request: HttpRequest) -> list[Operation]:
        if not request.user.has_perm("cities.appoint"):
            return []
        return [Operation(self.url_of("appoint"), _("Appoint or invite"))]

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        if not obj.is_in_force or not request.user.has_perm("cities.appoint"):
            return []
        return [Operation(self.url_of("end", obj.pk), _("End the mandate"))]

    def appoint_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("cities.appoint"):
            raise PermissionDenied
        return self.run_operation(
            request,
            self.appoint_form(posted(request)),
            title=str(self.appoint_title),
            what_happens=[
                _("Whoever has an account with this address is appointed at once and told by mail."),
                _("Whoever has none gets an invitation by mail; the mandate begins when they accept."),
                *map(str, self.appoint_sentences),
            ],
            button=_("Appoint or invite"),
            done=appointed_or_invited,
        )

    def end_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        mandate = self.get_subject(request, object_id, "cities.appoint")
        if not mandate.is_in_force:
            return self.turned_away(request, mandate, _("This mandate has ended already."))
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(end_mandate, mandate=mandate)),
            title=_("End the mandate of %(name)s") % {"name": mandate.user},
            what_happens=[
                _("The mandate ends now: from the next click on %(name)s can do nothing with it.")
                % {"name": mandate.user},
                _("The account stays, and so does what was done; %(name)s is told by mail.") % {"name": mandate.user},
                *self.ending_sentences(mandate),
            ],
            button=_("End the mandate"),
            done=lambda mandate: _("The mandate of %(name)s has ended.") % {"name": mandate.user},
            original=mandate,
        )

    def ending_sentences(self, mandate: Any) -> list[str]:
        return []


@admin.register(Coordinator)
class CoordinatorAdmin(OfCityMixin, MandateAdmin):
    list_display = ("user", "email", "city", "role", "begins_at", "ends_at")
    list_select_related = ("user", "city")
    list_filter = (InForceFilter, "role")
    fields = ("user", "email", "city", "role", "begins_at", "ends_at", "appointed_by", "letter_link")
    appoint_form = AppointCoordinatorForm
    appoint_title = gettext_lazy("Appoint or invite a coordinator")
    appoint_sentences = (
        gettext_lazy("An editor who becomes alternate, or an alternate who becomes focal point, leaves the old role."),
        gettext_lazy("A city has one focal point: end that mandate first, or approve the city’s own request."),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("user", "city", "letter", "appointed_by")

    def ending_sentences(self, mandate: Coordinator) -> list[str]:
        if not mandate.is_focal_point:
            return []
        return [
            _("%(city)s is then without a focal point until somebody is appointed.") % {"city": mandate.city},
            _("Open invitations that this person sent for the city are withdrawn."),
        ]


@admin.register(CommissionOfficer)
class CommissionOfficerAdmin(MandateAdmin):
    list_display = ("user", "email", "country", "begins_at", "ends_at")
    list_select_related = ("user", "country")
    search_fields = ("user__email", "user__name", "country__name_en", "country__name_fr", "=country__iso2")
    fields = ("user", "email", "country", "begins_at", "ends_at", "appointed_by", "letter_link")
    appoint_form = AppointCommissionOfficerForm
    appoint_title = gettext_lazy("Appoint or invite an officer of a National Commission")


@admin.register(Evaluator)
class EvaluatorAdmin(OfCityMixin, MandateAdmin):
    list_display = (
        "user",
        "email",
        "panel",
        "field",
        "city",
        "languages",
        "load",
        "of_countries",
        "begins_at",
        "ends_at",
    )
    list_select_related = ("user", "field", "city")
    list_filter = (InForceFilter, "panel", "field", "reads_english", "reads_french")
    fields = (*list_display, "appointed_by", "letter_link")
    appoint_form = AppointEvaluatorForm
    appoint_title = gettext_lazy("Appoint or invite an evaluator")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        held = Assignment.objects.taking_time().filter(evaluator=models.OuterRef("pk")).order_by().values("evaluator")
        load = models.Subquery(held.annotate(number=models.Count("pk")).values("number"))
        counted = super().get_queryset(request).annotate(held=Coalesce(load, 0))
        return counted.select_related("user", "field", "city", "letter", "appointed_by").prefetch_related("countries")

    @admin.display(description=gettext_lazy("languages"))
    def languages(self, evaluator: Evaluator) -> str:
        return ", ".join(str(name) for code, name in settings.LANGUAGES if evaluator.reads(code))

    @admin.display(description=gettext_lazy("load"), ordering="held")
    def load(self, evaluator: Any) -> str:
        return _("%(load)s of %(most)s") % {"load": evaluator.held, "most": evaluator.max_load}

    @admin.display(description=gettext_lazy("countries"))
    def of_countries(self, evaluator: Evaluator) -> str:
        return ", ".join(country.name for country in evaluator.countries.all()) or "–"

    def get_urls(self) -> list:
        return [self.page_at("<path:object_id>/describe/", "describe", self.describe_view), *super().get_urls()]

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        found = super().operations_on(request, obj)
        if found:
            found.insert(0, Operation(self.url_of("describe", obj.pk), _("Languages, load and countries")))
        return found

    def describe_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        evaluator = self.get_subject(request, object_id, "cities.appoint")
        names = {"name": evaluator.user}
        initial = {name: getattr(evaluator, name) for name in ("reads_english", "reads_french", "max_load")}
        verb = partial(describe_evaluator, evaluator=evaluator)
        return self.run_operation(
            request,
            DescribeEvaluatorForm(
                posted(request), verb=verb, initial=initial | {"countries": evaluator.countries.all()}
            ),
            title=_("Languages, load and countries of %(name)s") % names,
            what_happens=[
                _("From now on applications are given to %(name)s by this.") % names,
                _("A file of a country noted here closes at once, and a score of it does not count."),
            ],
            button=_("Save"),
            done=lambda _stored: _("Noted for %(name)s.") % names,
            original=evaluator,
        )
