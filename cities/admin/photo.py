from functools import partial
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..days import today
from ..forms.act import ActForm
from ..models import Photo
from ..models.photo import GRANT_ENDS_SOON
from ..services.photo import withdraw_grant
from .base import known_day
from .mandate import OfCityMixin
from .operations import Operation, OperationsAdmin, posted


class GrantFilter(admin.SimpleListFilter):
    title = gettext_lazy("right to show it")
    parameter_name = "grant"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("usable", _("granted")),
            ("soon", _("ends within %(days)d days") % {"days": GRANT_ENDS_SOON.days}),
            ("over", _("ended")),
            ("none", _("not granted yet")),
            ("withdrawn", _("withdrawn")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        match self.value():
            case "usable":
                return queryset.usable()
            case "soon":
                return queryset.filter(granted_until__range=(today(), today() + GRANT_ENDS_SOON), withdrawn_at=None)
            case "over":
                return queryset.filter(granted_until__lt=today(), withdrawn_at=None)
            case "none":
                return queryset.filter(granted_on=None, withdrawn_at=None)
            case "withdrawn":
                return queryset.exclude(withdrawn_at=None)
        return queryset


@admin.register(Photo)
class PhotoAdmin(OfCityMixin, OperationsAdmin):
    """What cities sent, and whether it may be shown. Only the cities change it; staff can withdraw the right."""

    list_display = ("picture", "city", "rights_holder", "granted_on", "granted_until", "state", "uploaded_at")
    list_display_links = ("picture", "city")
    list_select_related = ("city",)
    list_filter = (GrantFilter,)
    search_fields = ("rights_holder",)
    search_help_text = gettext_lazy("A name of the city, or the holder of the rights; accents do not matter.")
    fields = (
        "whole_picture",
        "city",
        "rights_holder",
        "granted_on",
        "granted_until",
        "state",
        "withdrawn_at",
        "uploaded_by",
        "uploaded_at",
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        # Those of an application stand in its file, and become the city's with the announcement.
        return super().get_queryset(request).filter(city__isnull=False)

    @admin.display(description=gettext_lazy("photo"))
    def picture(self, photo: Photo) -> str:
        return format_html('<img class="thumb" src="{}" alt="{}" loading="lazy">', photo.small_url, str(photo))

    @admin.display(description=gettext_lazy("photo"))
    def whole_picture(self, photo: Photo) -> str:
        return format_html(
            '<a href="{}"><img class="photo" src="{}" width="{}" height="{}" alt="{}"></a>',
            photo.get_absolute_url(),
            photo.small_url,
            photo.width,
            photo.height,
            str(photo),
        )

    @admin.display(description=gettext_lazy("right to show it"))
    def state(self, photo: Photo) -> str:
        if photo.withdrawn_at:
            return _("withdrawn")
        if not photo.granted_on:
            return _("not granted yet")
        if photo.is_over:
            return _("ended on %(day)s") % {"day": known_day(photo.granted_until, short=True)}
        return _("granted")

    def get_urls(self) -> list:
        return [self.page_at("<path:object_id>/withdraw/", "withdraw", self.withdraw_view), *super().get_urls()]

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        entry = Operation(reverse("admin:cities_city_change", args=[obj.city_id]), _("The city’s entry"))
        if obj.withdrawn_at or not request.user.has_perm("cities.moderate", obj):
            return [entry]
        return [Operation(self.url_of("withdraw", obj.pk), _("Withdraw the right")), entry]

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        photo = self.get_subject(request, object_id, "cities.moderate")
        if photo.withdrawn_at:
            return self.turned_away(request, photo, _("The right to this photo was withdrawn already."))
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(withdraw_grant, photo=photo)),
            title=_("Withdraw the right to a photo of %(city)s") % {"city": photo.city},
            what_happens=[
                _("The photo is hidden from the public at once, on every page; copies in caches last five minutes."),
                _("The city sees that it was withdrawn, and can take it out of its texts but not publish it again."),
                _("This cannot be undone: the city can only send the picture anew, with a new right."),
            ],
            button=_("Withdraw"),
            done=lambda photo: _("The photo of %(city)s is hidden from the public.") % {"city": photo.city},
            original=photo,
        )
