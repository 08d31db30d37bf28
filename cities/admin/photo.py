from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..days import today
from ..models import HistoryEntry, Photo
from ..people import Person
from ..services.photo import soon_over, withdraw_grant
from .base import NeverDeletedMixin, OperationsMixin, PlainAdmin, ReadOnlyMixin, known_day


class GrantFilter(admin.SimpleListFilter):
    title = gettext_lazy("right to show it")
    parameter_name = "grant"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("usable", _("granted")),
            ("soon", _("ends within 60 days")),
            ("over", _("ended")),
            ("none", _("not granted yet")),
            ("withdrawn", _("withdrawn")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        match self.value():
            case "usable":
                return queryset.usable()
            case "soon":
                return soon_over(queryset).filter(granted_until__gte=today())
            case "over":
                return queryset.filter(granted_until__lt=today(), withdrawn_at=None)
            case "none":
                return queryset.filter(granted_on=None, withdrawn_at=None)
            case "withdrawn":
                return queryset.exclude(withdrawn_at=None)
        return queryset


class WithdrawForm(forms.Form):
    fieldsets = ()

    def __init__(self, *args: Any, photo: Photo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.photo = photo

    def act(self, *, by: Person) -> Photo:
        return withdraw_grant(photo=self.photo, by=by)


@admin.register(Photo)
class PhotoAdmin(ReadOnlyMixin, NeverDeletedMixin, OperationsMixin, PlainAdmin):
    """What cities sent, and whether it may be shown. Only the cities change it; staff can withdraw the right."""

    list_display = ("picture", "city", "rights_holder", "granted_on", "granted_until", "state", "uploaded_at")
    list_display_links = ("picture", "city")
    list_select_related = ("city",)
    list_filter = (GrantFilter,)
    list_per_page = 50
    search_fields = ("city__search_text", "rights_holder")
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
    readonly_fields = fields

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
        withdraw = path(
            "<path:object_id>/withdraw/", self.admin_site.admin_view(self.withdraw_view), name="cities_photo_withdraw"
        )
        return [withdraw, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        photo = context["original"]
        context |= {
            "may_withdraw": request.user.has_perm("cities.moderate", photo) and not photo.withdrawn_at,
            "acts": HistoryEntry.objects.about(photo).select_related("actor"),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        photo = self.get_subject(request, object_id, "cities.moderate")
        if photo.withdrawn_at:
            return self.turned_away(request, photo, _("The right to this photo was withdrawn already."))
        return self.run_operation(
            request,
            WithdrawForm(request.POST if request.method == "POST" else None, photo=photo),
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
