"""The query of a public programme: its parameters, what they select, and what each choice would leave."""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Count
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cities.filters import Chip, Facet, Selection, ValuesField

from .models import Meeting, Room, Session

GROUPS = ("kind", "room")


class ChosenFilter(django_filters.Filter):
    """Repeated parameters mean "or"."""

    field_class = ValuesField

    def filter(self, qs: Any, value: list[str]) -> Any:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class SessionFilter(django_filters.FilterSet):
    kind = ChosenFilter(label=_("Kind of session"))
    room = ChosenFilter(label=_("Room"))

    class Meta:
        model = Session
        fields: list[str] = []

    def __init__(self, data: QueryDict, queryset: Any, known: dict[str, dict[str, str]]) -> None:
        super().__init__(data, queryset=queryset)
        for name, values in known.items():
            self.form.fields[name].known = values


class Programme(Selection):
    """What one query string of a programme says and selects. Costs four queries, however many the sessions.

    With a bad value nothing is selected, and the errors stand beside their filters.
    """

    groups = GROUPS

    def __init__(self, query: QueryDict, meeting: Meeting) -> None:
        self.query, self.meeting = query, meeting
        self.creative_fields = []  # none is chosen here
        self.rooms = list(Room.objects.filter(meeting=meeting))
        self.known: dict[str, dict[str, str]] = {
            "kind": {kind.value: capfirst(str(kind.label)) for kind in Session.Kind},
            "room": {str(room.pk): room.name for room in self.rooms},
        }
        sessions = Session.objects.filter(meeting=meeting).annotate(booked=Count("bookings"))
        whole = sessions.select_related("room", "field").prefetch_related("speakers__speaker__city")
        self.filter = SessionFilter(query, whole.order_by("starts_at", "room__position", "pk"), self.known)
        self.form = self.filter.form
        self.is_valid = self.form.is_valid()
        self.values = self.form.cleaned_data

    @cached_property
    def cells(self) -> list[tuple[str, str]]:
        """Kind and room of every session of the meeting."""
        rows = Session.objects.filter(meeting=self.meeting).order_by().values_list("kind", "room_id")
        return [(kind, str(room)) for kind, room in rows]

    @property
    def is_empty(self) -> bool:
        """Whether there is no session at all yet."""
        return not self.cells

    @cached_property
    def sessions(self) -> list[Any]:
        if not self.is_valid:
            return []
        found = list(self.filter.qs)
        for session in found:
            session.meeting = self.meeting
        return found

    @cached_property
    def facets(self) -> list[Facet]:
        """A group's own choices do not narrow its own counts, as they add up."""
        kinds, rooms = self.values.get("kind"), self.values.get("room")
        counts = {
            "kind": Counter(kind for kind, room in self.cells if not rooms or room in rooms),
            "room": Counter(room for kind, room in self.cells if not kinds or kind in kinds),
        }
        return [self.facet(group, counts[group]) for group in GROUPS]

    @property
    def choices(self) -> bool:
        """Whether there is anything to choose from."""
        return bool(self.mistakes) or any(len(facet.options) > 1 or facet.selected for facet in self.facets)

    def _chips(self) -> Iterator[Chip]:
        for group in GROUPS:
            for value in self.values.get(group, ()):
                yield Chip(self.known[group][value], self.without(group, value))
