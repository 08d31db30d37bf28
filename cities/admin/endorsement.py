"""What National Commissions said, by call and country, with the places used; letters that came on paper."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..days import until_in_words
from ..forms.endorsement import PaperLetterForm, PaperWithdrawalForm, recordable
from ..models import Application, Call, Country, Endorsement
from ..services.endorsement import desk, may_be_withdrawn, quota_in_words, withdraw_endorsement
from .application import Part, add_part
from .mandate import link_to
from .operations import Operation, OperationsAdmin, posted

RECORD = "cities.record_endorsement"
Status = Endorsement.Status


class OfCallFilter(admin.SimpleListFilter):
    title = gettext_lazy("call")
    parameter_name = "call"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        calls = Call.objects.filter(pk__in=Endorsement.objects.order_by().values("call"))
        return [(call.slug, call.title) for call in calls]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(call__slug=self.value()) if self.value() else queryset


class OfCountryFilter(admin.SimpleListFilter):
    title = gettext_lazy("country")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        countries = Country.objects.filter(pk__in=Endorsement.objects.order_by().values("country"))
        found = [(country.pk, country.name) for country in countries]
        return sorted(found, key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(country=self.value()) if self.value() else queryset


class WithPlaces(ChangeList):
    """The places of each row's country, read once for the whole page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        wanted = {(row.call_id, row.country_id) for row in rows}
        in_force = Endorsement.objects.in_force().filter(
            call__in={call for call, _country in wanted}, country__in={country for _call, country in wanted}
        )
        taken: dict[tuple[int, str], list[Any]] = {pair: [] for pair in wanted}
        for one in in_force.select_related("field").order_by("place"):
            taken.setdefault((one.call_id, one.country_id), []).append(one.field)
        for row in rows:
            fields = taken[row.call_id, row.country_id]
            row.places = quota_in_words(len(fields), row.call.max_endorsed, fields)
        self.result_list = rows


@admin.register(Endorsement)
class EndorsementAdmin(OperationsAdmin):
    list_display = ("application", "country", "field", "state", "places_of_country", "decided_at")
    list_select_related = ("application__call", "call", "country", "field")
    list_filter = (OfCallFilter, "status", OfCountryFilter, "on_paper")
    search_fields = ("application__name_en", "application__name_fr", "country__name_en", "country__name_fr")
    search_help_text = gettext_lazy("A name of the city or of the country.")
    ordering = ("-call__opens_at", "country__sort_key_en", "rank", "pk")
    fields = (
        "application_link",
        "country",
        "state",
        "field",
        "places_of_country",
        "until",
        "rank",
        "letter_link",
        "on_paper",
        "received_on",
        "reason",
        "note",
        "requested_at",
        "decided_by",
        "decided_at",
    )

    def heading(self, obj: Any) -> str:
        return f"{obj.application.name} · {obj.get_status_display()}"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related(*self.list_select_related, "letter", "decided_by")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithPlaces

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, endorsement: Endorsement) -> str:
        return endorsement.get_status_display()

    @admin.display(description=gettext_lazy("places of the country"))
    def places_of_country(self, endorsement: Any) -> str:
        if hasattr(endorsement, "places"):
            return endorsement.places
        return desk(endorsement.country, endorsement.call).sentence

    @admin.display(description=gettext_lazy("endorsements until"))
    def until(self, endorsement: Endorsement) -> str:
        return until_in_words(endorsement.call.endorses_until(endorsement.application))

    @admin.display(description=gettext_lazy("application"))
    def application_link(self, endorsement: Endorsement) -> Any:
        url = reverse("admin:cities_application_change", args=[endorsement.application_id])
        return format_html('<a href="{}">{}</a>', url, endorsement.application)

    @admin.display(description=gettext_lazy("letter"))
    def letter_link(self, endorsement: Endorsement) -> Any:
        return link_to(endorsement.letter)

    # Operations

    def get_urls(self) -> list:
        return [
            self.page_at("record/", "record", self.record_view),
            self.page_at("<path:object_id>/withdraw/", "withdraw", self.withdraw_view),
            *super().get_urls(),
        ]

    def list_operations(self, request: HttpRequest) -> list[Operation]:
        if not request.user.has_perm(RECORD):
            return []
        return [Operation(self.url_of("record"), _("Record a letter received on paper"))]

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        if not request.user.has_perm(RECORD, obj):
            return []
        found = record_operations(request, obj.application)
        if obj.is_in_force and may_be_withdrawn(obj.application):
            found.append(Operation(self.url_of("withdraw", obj.pk), _("Record a withdrawal received on paper")))
        return found

    def record_view(self, request: HttpRequest) -> HttpResponse:
        """Staff write down what came by post: the day it came counts for the deadline."""
        if not request.user.has_perm(RECORD):
            raise PermissionDenied
        named = request.GET.get("application", "")
        form = PaperLetterForm(
            posted(request),
            request.FILES or None,
            initial={"application": named} if named.isdecimal() else None,
        )
        return self.run_operation(
            request,
            form,
            title=_("Record a letter received on paper"),
            what_happens=[
                _("The application is endorsed in its creative field, and takes one of the places of its country."),
                _("Places, fields and deadline hold as for an endorsement here; the day of receipt counts."),
                _("The team of the city and the National Commission are told by mail."),
            ],
            button=_("Record the endorsement"),
            done=lambda endorsement: (
                _("%(city)s is endorsed: %(places)s.")
                % {
                    "city": endorsement.application.name,
                    "places": desk(endorsement.country, endorsement.call).sentence,
                }
            ),
        )

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endorsement = self.get_subject(request, object_id, RECORD)
        if not (endorsement.is_in_force and may_be_withdrawn(endorsement.application)):
            return self.turned_away(request, endorsement, _("There is no endorsement here that can be withdrawn."))
        return self.run_operation(
            request,
            PaperWithdrawalForm(posted(request), verb=partial(withdraw_endorsement, endorsement=endorsement)),
            title=_("Record that the endorsement of %(city)s is withdrawn") % {"city": endorsement.application.name},
            what_happens=[
                _("Its place is free at once. After the deadline nobody can take it any more."),
                _("The team of the city gets your words by mail."),
            ],
            button=_("Withdraw the endorsement"),
            done=lambda stored: _("The endorsement of %(city)s is withdrawn.") % {"city": stored.application.name},
            original=endorsement,
        )


def record_operations(request: HttpRequest, application: Application) -> list[Operation]:
    """The button on the page of an application whose endorsement may still come on paper."""
    if not request.user.has_perm(RECORD, application) or not recordable().filter(pk=application.pk).exists():
        return []
    url = f"{reverse('admin:cities_endorsement_record')}?application={application.pk}"
    return [Operation(url, _("Record a letter received on paper"))]


add_part(Part(operations=record_operations))
