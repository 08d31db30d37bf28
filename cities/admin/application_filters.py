"""Filters of the list of applications. Their parameters are part of saved addresses: they keep their names."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Application, Assignment, Call, Country, CreativeField, Endorsement, Region, Screening
from ..people import Person
from ..text import words

Status = Application.Status


class Filter(admin.SimpleListFilter):
    """A filter by a fixed set of choices; an unknown one in an address filters nothing."""

    options: tuple[tuple[str, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(self.options)

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        value = self.value()
        return self.chosen(request, queryset, value) if value and value in dict(self.lookup_choices) else queryset

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        raise NotImplementedError


class CallFilter(Filter):
    title = gettext_lazy("call")
    parameter_name = "call"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(call.slug, f"{call.slug} · {call.title}") for call in Call.objects.defer("introduction_en")]

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        return queryset.filter(call__slug=value)


class PhaseFilter(Filter):
    title = gettext_lazy("phase of the call")
    parameter_name = "phase"
    options = tuple((phase.value, phase.label) for phase in Call.Phase if phase not in ("draft", "scheduled"))

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        calls = Call.objects.prefetch_related("extensions")
        return queryset.filter(call__in=[call.pk for call in calls if call.phase() == value])


class StatusFilter(Filter):
    title = gettext_lazy("status")
    parameter_name = "status"
    options = tuple(Status.choices)

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        return queryset.filter(status=value)


class EndorsementFilter(Filter):
    title = gettext_lazy("endorsement")
    parameter_name = "endorsement"
    options = (
        ("missing", gettext_lazy("not in force")),
        ("none", gettext_lazy("not asked for")),
        *Endorsement.Status.choices,
    )

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        match value:
            case "missing":
                return queryset.exclude(Exists(Endorsement.objects.in_force().filter(application=OuterRef("pk"))))
            case "none":
                return queryset.filter(endorsement=None)
        return queryset.filter(endorsement__status=value)


def to_examine(rows: models.QuerySet) -> models.QuerySet:
    """Those that an officer examines: submitted, and neither concluded nor waiting for a second officer."""
    open_ones = Q(screening=None) | Q(screening__status=Screening.Status.OPEN)
    return rows.filter(open_ones, status=Status.SUBMITTED)


def waiting_for_second(rows: models.QuerySet, reader: Person) -> models.QuerySet:
    """Those that a colleague proposed to find ineligible."""
    return rows.filter(screening__status=Screening.Status.PROPOSED).exclude(screening__proposed_by=reader)


class ScreeningFilter(Filter):
    title = gettext_lazy("technical examination")
    parameter_name = "screening"
    options = (
        ("to-examine", gettext_lazy("to examine")),
        ("second", gettext_lazy("waiting for a second officer, not you")),
        ("proposed", gettext_lazy("ineligibility proposed")),
        ("concluded", gettext_lazy("concluded")),
    )

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        match value:
            case "to-examine":
                return to_examine(queryset)
            case "second":
                return waiting_for_second(queryset, request.user)
        return queryset.filter(screening__status=value)


class ReturnedFilter(Filter):
    title = gettext_lazy("returned for completion")
    parameter_name = "returned"
    options = (
        ("yes", gettext_lazy("with the city now")),
        ("over", gettext_lazy("its time is over")),
        ("was", gettext_lazy("was returned once")),
    )

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        if value == "was":
            return queryset.filter(screening__returned_at__isnull=False)
        returned = queryset.filter(status=Status.RETURNED)
        return returned.filter(return_until__lte=timezone.now()) if value == "over" else returned


class ReviewsFilter(Filter):
    title = gettext_lazy("reviews")
    parameter_name = "reviews"
    options = (
        ("unassigned", gettext_lazy("too few evaluators")),
        ("missing", gettext_lazy("too few reviews")),
        ("overdue", gettext_lazy("a review is overdue")),
        ("complete", gettext_lazy("all reviews")),
    )

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        own = Assignment.objects.filter(application=OuterRef("pk"))
        if value == "overdue":
            return queryset.filter(Exists(own.filter(status__in=Assignment.WAITED_FOR, due_at__lte=timezone.now())))
        states = Assignment.ACTIVE if value == "unassigned" else Assignment.DONE
        count = own.filter(status__in=states).order_by().values("application").annotate(n=Count("pk")).values("n")
        counted = queryset.annotate(counted=Coalesce(Subquery(count), 0)).filter(status=Status.ELIGIBLE)
        wanted = F("call__expert_reviews") + F("call__city_reviews")
        return counted.filter(counted__gte=wanted) if value == "complete" else counted.filter(counted__lt=wanted)


class FieldFilter(Filter):
    title = gettext_lazy("creative field")
    parameter_name = "field"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(field.slug, field.name) for field in CreativeField.objects.all()] + [("none", _("not chosen yet"))]

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        return queryset.filter(field=None) if value == "none" else queryset.filter(field__slug=value)


class RegionFilter(Filter):
    title = gettext_lazy("region")
    parameter_name = "region"
    options = tuple(Region.choices)

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        return queryset.filter(country__region=value)


class ApplicantCountryFilter(Filter):
    """Only the countries that have an application."""

    title = gettext_lazy("country")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        countries = Country.objects.filter(Exists(Application.objects.filter(country=OuterRef("pk"))))
        return sorted(((country.pk, country.name) for country in countries), key=lambda choice: words(choice[1]))

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        return queryset.filter(country=value)


class LanguageFilter(Filter):
    title = gettext_lazy("language of the application")
    parameter_name = "language"
    options = (("en", gettext_lazy("English")), ("fr", gettext_lazy("French")))

    def chosen(self, request: HttpRequest, queryset: models.QuerySet, value: str) -> models.QuerySet:
        return queryset.filter(language=value)
