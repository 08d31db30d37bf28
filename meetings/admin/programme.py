"""The programme as a workplace: rooms, speakers, sessions, and each day as a grid of rooms and hours."""

import datetime
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cities.admin.base import NetworkAdmin
from cities.admin.operations import OperationsMixin, posted
from cities.forms.seen import SeenForm

from ..forms.programme import CopySessionForm, SessionForm, SpeakerRowForm, SpeakersFormSet
from ..models import Meeting, Room, Session, SessionPlace, SessionSpeaker, Speaker
from ..services.programme import (
    Line,
    ProgrammeRefused,
    at_the_place,
    audience,
    day_in_words,
    local_time,
    room_renamed,
    save_session,
    short_when,
    when,
)

FIRST_HOUR, LAST_HOUR = 9, 18
"""What the grid shows at least."""


def in_hand(request: HttpRequest) -> Meeting | None:
    """The meeting that a page about the programme is asked about: `?meeting=`, or the next one."""
    asked = request.GET.get("meeting", "")
    if asked.isdecimal():
        return Meeting.objects.filter(pk=asked[:9]).first()
    return Meeting.objects.next() or Meeting.objects.first()


def plain_choice(found: Any, name: str) -> Any:
    """A choice of rows without the stock buttons: only a room or a speaker is added in passing, none is removed so."""
    if found is not None and hasattr(found.widget, "can_add_related"):
        found.widget.can_add_related = name in ("room", "speaker")
        found.widget.can_change_related = found.widget.can_delete_related = found.widget.can_view_related = False
    return found


class OfMeetingAdmin(NetworkAdmin):
    """What belongs to one meeting and has no public page of its own."""

    form = SeenForm
    public_page = False
    list_filter: ClassVar[Any] = (("meeting", admin.RelatedOnlyFieldListFilter),)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        meeting = in_hand(request)
        return {"meeting": meeting and meeting.pk} | super().get_changeform_initial_data(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Sessions point to it: it stays with its meeting."""
        return ("meeting",) if obj else ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return plain_choice(super().formfield_for_dbfield(db_field, request, **kwargs), db_field.name)


@admin.register(Room)
class RoomAdmin(OfMeetingAdmin):
    list_display = ("name", "meeting", "places", "is_accessible", "position")
    list_select_related = ("meeting",)
    fields = ("meeting", ("name_en", "name_fr"), ("places", "is_accessible", "position"))
    search_fields = ("name_en", "name_fr")

    @admin.display(description=gettext_lazy("room"), ordering="name_en")
    def name(self, room: Room) -> str:
        return room.name

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and {"name_en", "name_fr"} & set(form.changed_data):
            room_renamed(room=obj)


@admin.register(Speaker)
class SpeakerAdmin(OfMeetingAdmin):
    list_display = ("name", "meeting", "function_in_words", "city")
    list_select_related = ("meeting", "city")
    fieldsets = (
        (
            None,
            {
                "fields": ("meeting", "name", ("function_en", "function_fr"), "city"),
                "description": gettext_lazy("The programme is public: enter only who agreed to be named in it."),
            },
        ),
    )
    autocomplete_fields = ("city",)
    search_fields = ("name", "function_en", "function_fr")

    @admin.display(description=gettext_lazy("function"), ordering="function_en")
    def function_in_words(self, speaker: Speaker) -> str:
        return speaker.function


class SpeakersInline(admin.TabularInline):
    model = SessionSpeaker
    form = SpeakerRowForm
    formset = SpeakersFormSet
    fields = ("position", "speaker", "is_moderator")
    extra = 3
    verbose_name = gettext_lazy("speaker")
    verbose_name_plural = gettext_lazy("speakers")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return plain_choice(super().formfield_for_dbfield(db_field, request, **kwargs), db_field.name)


# A day as a grid


@dataclass
class Cell:
    """A room from a boundary on: a session over so many rows, or nothing yet."""

    room: Room
    rows: int = 1
    session: Any = None
    add_url: str = ""


@dataclass
class GridRow:
    starts_at: datetime.datetime
    label: str
    is_hour: bool
    cells: list[Cell] = field(default_factory=list)


def grid_of(meeting: Meeting, day: datetime.date, rooms: list[Room], sessions: list[Any]) -> list[GridRow]:
    """The rows of a day: one at every hour and wherever a session begins or ends, each with a cell for every room."""
    zone = meeting.zone
    midnight = datetime.datetime.combine(day, datetime.time(), zone)
    next_midnight = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), zone)
    own = [one for one in sessions if one.starts_at < next_midnight and one.ends_at > midnight]
    spans = {one.pk: (max(one.starts_at, midnight), min(one.ends_at, next_midnight)) for one in own}
    # Compared as instants: on a day when clocks change, an hour of the clock is none or two.
    edges = {edge.astimezone(datetime.UTC) for span in spans.values() for edge in span}
    hours = set()
    for hour in range(25):
        naive = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(hours=hour)
        try:
            hours.add(at_the_place(naive, meeting).astimezone(datetime.UTC))
        except ProgrammeRefused:
            continue
    around = [
        at_the_place(datetime.datetime.combine(day, datetime.time(one)), meeting) for one in (FIRST_HOUR, LAST_HOUR)
    ]
    first, last = min([around[0], *edges]), max([around[1], *edges])
    marks = sorted({one for one in hours | edges if first <= one <= last})
    rows = [GridRow(mark, local_time(mark, meeting), mark in hours) for mark in marks[:-1]]
    place_of = {mark: number for number, mark in enumerate(marks)}
    for room in rooms:
        taken: dict[int, Any] = {}
        covered: set[int] = set()
        for one in own:
            if one.room_id == room.pk:
                begins, ends = (place_of[edge.astimezone(datetime.UTC)] for edge in spans[one.pk])
                taken[begins] = Cell(room, ends - begins, one)
                covered |= set(range(begins, ends))
        for number, row in enumerate(rows):
            if number in taken:
                row.cells.append(taken[number])
            elif number not in covered:
                row.cells.append(Cell(room, add_url=add_url(meeting, room, marks[number], marks[number + 1])))
    return rows


def add_url(meeting: Meeting, room: Room, starts_at: datetime.datetime, ends_at: datetime.datetime) -> str:
    """Where a session is added, with its room and time filled in."""
    local = [one.astimezone(meeting.zone).strftime("%Y-%m-%dT%H:%M") for one in (starts_at, ends_at)]
    query = {"meeting": meeting.pk, "room": room.pk, "starts_at": local[0], "ends_at": local[1]}
    return f"{reverse('admin:meetings_session_add')}?{urlencode(query)}"


@admin.register(Session)
class SessionAdmin(OperationsMixin, NetworkAdmin):
    form = SessionForm
    inlines = (SpeakersInline,)
    change_form_template = "admin/meetings/session/change_form.html"
    change_list_template = "admin/meetings/session/change_list.html"
    list_display = ("in_words", "kind", "short_when", "room", "booked_in_words")
    list_filter = (("meeting", admin.RelatedOnlyFieldListFilter), "kind", ("field", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("meeting", "room", "field")
    search_fields = ("title_en", "title_fr", "speakers__speaker__name")
    ordering = ("-meeting__edition", "starts_at", "room__position", "pk")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "meeting",
                    ("kind", "field"),
                    "title_en",
                    "title_fr",
                    ("starts_at", "ends_at"),
                    ("room", "places"),
                    "summary_en",
                    "summary_fr",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        found = super().get_queryset(request).select_related("meeting", "room", "field")
        return found.annotate(booked=models.Count("bookings"))

    # The list

    @admin.display(description=gettext_lazy("session"), ordering="title_en")
    def in_words(self, session: Session) -> str:
        return session.title

    @admin.display(description=pgettext_lazy("session", "when"), ordering="starts_at")
    def short_when(self, session: Session) -> str:
        return short_when(session)

    @admin.display(description=pgettext_lazy("session", "when"))
    def when_in_words(self, session: Session) -> str:
        return when(session)

    @admin.display(description=gettext_lazy("booked"), empty_value="–")
    def booked_in_words(self, session: Any) -> str | None:
        if session.places is None:
            return None
        return _("%(booked)s of %(places)s") % {"booked": session.booked, "places": session.places}

    # One session

    def heading(self, obj: Any) -> str:
        return f"{obj.title} · {obj.meeting}"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who only reads sees the time in words, at the place."""
        if self.has_change_permission(request, obj):
            return self.fieldsets
        title, options = self.fieldsets[0]
        words: dict[Any, str] = {("starts_at", "ends_at"): "when_in_words"}
        return [(title, options | {"fields": [words.get(name, name) for name in options["fields"]]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("when_in_words",)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return plain_choice(super().formfield_for_dbfield(db_field, request, **kwargs), db_field.name)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A session is added to a meeting: the one asked about, or the next."""
        is_plain = request.method == "GET" and "meeting" not in request.GET
        if is_plain and self.has_add_permission(request) and (meeting := in_hand(request)):
            return redirect(f"{request.path}?{urlencode({**request.GET.dict(), 'meeting': meeting.pk})}")
        return super().add_view(request, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Written with its speakers, below."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        (speakers,) = formsets
        # Tells the log what changed; the verb writes.
        speakers.save(commit=False)
        lines = [Line(row.cleaned_data["speaker"], row.cleaned_data["is_moderator"]) for row in speakers.wanted()]
        shown = [row.instance.pk for row in speakers.forms if row.instance.pk]
        # Whom somebody else added meanwhile nobody here took away.
        added = SessionSpeaker.objects.filter(session=form.instance.pk).exclude(pk__in=shown).select_related("speaker")
        lines += [Line(one.speaker, one.is_moderator) for one in added]
        save_session(session=form.instance, speakers=lines, by=request.user)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        session: Any = context.get("original")
        meeting = session.meeting if session else context["adminform"].form.instance
        if not session:
            meeting = meeting.meeting if meeting.meeting_id else None
            context["title"] = _("Add a session: %(meeting)s") % {"meeting": meeting} if meeting else _("Add a session")
        if meeting:
            context["grid_url"] = self.grid_url(meeting, session.local_start.date() if session else None)
        if session:
            places = SessionPlace.objects.filter(session=session).select_related("registration__city")
            context |= {
                "bookings": places.order_by("place") if request.user.has_perm("meetings.view_registration") else [],
                "audience": audience(session),
                "copy_url": self.url_of("copy", session.pk) if request.user.has_perm("meetings.add_session") else "",
                "when": when(session),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    # Other pages

    def get_urls(self) -> list:
        return [
            self.page_at("grid/", "grid", self.grid_view),
            self.page_at("<path:object_id>/copy/", "copy", self.copy_view),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"grid_url": self.url_of("grid")} | (extra_context or {}))

    def grid_url(self, meeting: Meeting, day: datetime.date | None = None) -> str:
        query = {"meeting": str(meeting.pk)} | ({"day": day.isoformat()} if day else {})
        return f"{self.url_of('grid')}?{urlencode(query)}"

    def copy_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        session = self.get_subject(request, object_id, "meetings.add_session")
        shown = session.local_start.replace(tzinfo=None)
        form = CopySessionForm(posted(request), session=session, initial={"starts_at": shown, "room": session.room})
        names = {"session": session.title}
        return self.run_operation(
            request,
            form,
            title=_("Copy “%(session)s”") % names,
            what_happens=[
                _("A second session of this name is added, as long as the first, which is on %(when)s.")
                % {"when": when(session)},
                _("Titles, texts, kind and places to be booked are the same; bookings stay with the first."),
            ],
            button=_("Copy the session"),
            done=lambda copy: _("“%(session)s” is also on %(when)s.") % {"session": copy.title, "when": when(copy)},
            original=session,
            page_of=lambda copy: copy,
        )

    def grid_view(self, request: HttpRequest) -> HttpResponse:
        """A day of a programme: rooms beside each other, hours below each other."""
        if not request.user.has_perm("meetings.view_session"):
            raise PermissionDenied
        meeting = in_hand(request)
        if meeting is None:
            raise Http404
        sessions: Any = Session.objects.filter(meeting=meeting).select_related("room", "field")
        sessions = list(sessions.annotate(booked=models.Count("bookings")).prefetch_related("speakers__speaker"))
        for session in sessions:
            session.meeting = meeting
        days = self.days_of(meeting, sessions)
        asked = request.GET.get("day", "")
        day = next((one for one in days if one.isoformat() == asked), days[0] if days else None)
        rooms = list(Room.objects.filter(meeting=meeting))
        known = models.Q(status__in=Meeting.TO_COME) | models.Q(sessions__isnull=False) | models.Q(pk=meeting.pk)
        others = Meeting.objects.filter(known).distinct().order_by("-edition").prefetch_related("hosts")
        request.current_app = self.admin_site.name
        context = {
            "title": _("Programme: %(meeting)s") % {"meeting": meeting},
            "opts": self.opts,
            "meeting": meeting,
            "meetings": [(one, self.grid_url(one)) for one in others],
            "days": [(one, day_in_words(one), self.grid_url(meeting, one)) for one in days],
            "day": day,
            "rooms": rooms,
            "rows": grid_of(meeting, day, rooms, sessions) if day and rooms else [],
            "may_add": request.user.has_perm("meetings.add_session"),
            "add_room_url": f"{reverse('admin:meetings_room_add')}?{urlencode({'meeting': meeting.pk})}",
            "add_speaker_url": f"{reverse('admin:meetings_speaker_add')}?{urlencode({'meeting': meeting.pk})}",
            "add_url": f"{self.url_of('add')}?{urlencode({'meeting': meeting.pk})}",
        }
        return TemplateResponse(
            request, "admin/meetings/session/grid.html", self.admin_site.each_context(request) | context
        )

    def days_of(self, meeting: Meeting, sessions: list[Any]) -> list[datetime.date]:
        """The days of the meeting, and others on which there is a session since the meeting was moved."""
        days = {session.local_start.date() for session in sessions}
        if meeting.start_date and meeting.end_date:
            number = (meeting.end_date - meeting.start_date).days + 1
            days |= {meeting.start_date + datetime.timedelta(days=one) for one in range(number)}
        return sorted(days)
