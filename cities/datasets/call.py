"""The public calls for applications: where each stands, its instants and its rules."""

import datetime
from collections.abc import Iterable, Iterator
from functools import partial

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Call
from ..services.call import grouped
from ..services.last_change import call_phase_began, calls_changed_on
from .base import Column, Dataset, Extract, Kind, Row, Rows
from .naming import IS_DEMONSTRATION, Pages

INSTANTS = {
    "opens_at": _("When it opens"),
    "national_deadline_at": _("Until when National Commissions endorse, more time for all included"),
    "closes_at": _("Until when applications are submitted, more time for all included"),
    "screening_until": _("Until when the secretariat examines the applications"),
    "evaluation_until": _("Until when experts and member cities evaluate"),
    "decision_at": _("From when on it is decided; until then a city can withdraw its application"),
    "announce_at": _("When the designations are planned to be announced"),
    "announced_at": _("When the designations were announced"),
}
NUMBERS = {
    "max_endorsed": _("Applications that a National Commission endorses, at most; none: no limit"),
    "max_designated": _("Cities that a country has designated, at most; none: no limit"),
    "min_local": _("Local initiatives of the action plan, at least"),
    "max_local": _("Local initiatives of the action plan, at most"),
    "min_international": _("International initiatives of the action plan, at least"),
    "max_international": _("International initiatives of the action plan, at most"),
    "support_letters": _("Letters of support"),
    "photos": _("Photos"),
    "max_links": _("Links, at most"),
    "expert_reviews": _("Reviews by experts"),
    "city_reviews": _("Reviews by member cities"),
    "return_days": _("Days in which an application with gaps is completed; 0: none is returned"),
    "cooloff_failures": _("Unsuccessful applications in a row before a pause; 0: no pause"),
    "cooloff_calls": _("Calls that the pause lasts"),
}
UNLIMITED = ("max_endorsed", "max_designated")
DIFFER = {
    "endorsed_fields_differ": _("Whether a country’s endorsements are in different creative fields"),
    "designated_fields_differ": _("Whether a country’s designations are in different creative fields"),
}
PUBLIC_PHASES = tuple(phase.value for phase in Call.Phase if phase != Call.Phase.DRAFT)

CALLS = Dataset(
    name="calls",
    title=_("Calls for applications to the UNESCO Creative Cities Network"),
    key=("slug",),
    name_columns=("title_en", "title_fr"),
    columns=(
        Column("slug", _("Address of the call here, its key"), is_always_known=True),
        Column("title_en", _("Title in English"), is_always_known=True),
        Column("title_fr", _("Title in French, the English one where there is no other"), is_always_known=True),
        Column("year", _("Year"), Kind.INTEGER, is_always_known=True),
        Column("phase", _("Where it stands now, the key"), is_always_known=True, choices=PUBLIC_PHASES),
        *(
            Column(name, words, Kind.INSTANT, is_always_known=name != "announced_at")
            for name, words in INSTANTS.items()
        ),
        Column("languages", _("Languages of applications, two letters of ISO 639"), Kind.LIST, is_always_known=True),
        Column("fields", _("Creative fields in which cities can apply, their keys"), Kind.LIST),
        Column("priority_regions", _("Under-represented regions of UNESCO, their keys"), Kind.LIST),
        Column("priority_fields", _("Under-represented creative fields, their keys"), Kind.LIST),
        *(Column(name, words, Kind.INTEGER, is_always_known=name not in UNLIMITED) for name, words in NUMBERS.items()),
        *(Column(name, words, Kind.BOOLEAN, is_always_known=True) for name, words in DIFFER.items()),
        IS_DEMONSTRATION,
        Column("url_en", _("Page of the call here, in English"), Kind.ADDRESS, is_always_known=True),
        Column("url_fr", _("Page of the call here, in French"), Kind.ADDRESS, is_always_known=True),
    ),
)


def call_rows(calls: Iterable[Call], now: datetime.datetime) -> Iterator[Row]:
    """Public calls as rows, with where they stand at an instant."""
    pages = Pages("cities:call")
    for call in calls:
        instants = {name: getattr(call, name) for name in INSTANTS}
        instants |= {"national_deadline_at": call.endorses_until(None), "closes_at": call.closes_for_all}
        yield {
            "slug": call.slug,
            "title_en": call.title_en,
            "title_fr": call.title_fr or call.title_en,
            "year": call.year,
            "phase": str(call.phase(now)),
            **{name: at.astimezone(datetime.UTC) if at else None for name, at in instants.items()},
            "languages": call.languages,
            "fields": [field.slug for field in call.fields.all()],
            "priority_regions": list(call.priority_regions),
            "priority_fields": [field.slug for field in call.priority_fields.all()],
            **{name: getattr(call, name) for name in (*NUMBERS, *DIFFER)},
            "is_demonstration": call.is_demonstration,
            **pages.of(call.slug),
        }


def call_extract(query: QueryDict, *, language: str, address: str = "") -> Extract:
    """All public calls, as their page lists them: nothing can be asked of them."""
    now = timezone.now()
    public = Call.objects.public().prefetch_related("fields", "priority_fields")
    calls = [call for rows in grouped(public, now).values() for call, _phase in rows]
    return Extract(
        dataset=CALLS,
        rows=Rows(calls, partial(call_rows, now=now), partial(len, calls)),
        language=language,
        address=address,
        query=query.urlencode(),
        last_change=calls_changed_on(now),
    )


def calls_move() -> list[datetime.datetime | None]:
    """What no edition counts: where a call stands changes at instants. One query."""
    return [call_phase_began(timezone.now())]
