"""The public initiatives, as their list selects them."""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from itertools import batched
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ..days import PARIS
from ..initiative_filters import InitiativeFilter, Initiatives
from ..models import InitiativeRevision, Partnership, Theme
from ..models.initiative import InitiativeQuerySet
from ..services.last_change import initiatives_changed_on
from .base import BadQuery, Column, Dataset, Extract, Kind, Row, Rows
from .naming import (
    CHUNK,
    COUNTRY,
    IS_DEMONSTRATION,
    REGION,
    Naming,
    Pages,
    linked_country,
    linked_place,
    linked_property,
    told,
    told_where_known,
)

THEMES = {Theme.Kind.AREA: "areas", Theme.Kind.OBJECTIVE: "objectives", Theme.Kind.SDG: "sdgs"}
"""The column of each kind of theme."""


def linked(row: Row) -> dict[str, Any]:
    """An initiative as a project, which schema.org counts among organisations."""
    node: dict[str, Any] = {
        "@type": "Project",
        "@id": row["url_en"],
        "identifier": row["slug"],
        "name": told(row["title_en"], row["title_fr"]),
        "description": told_where_known(row, "text"),
        "url": row["url_en"],
        "location": {
            "@type": "City",
            "identifier": row["lead"],
            "name": told(row["lead_en"], row["lead_fr"]),
            "containedInPlace": linked_country(row),
            **linked_place(row),
        },
        "keywords": [slug for column in THEMES.values() for slug in row[column]],
        "additionalProperty": [linked_property("partners", slug) for slug in row["partners"]],
    }
    for name, year in (("foundingDate", row["first_year"]), ("dissolutionDate", row["last_year"])):
        if year is not None:
            node[name] = str(year)
    if row["is_demonstration"]:
        node["additionalProperty"].append(linked_property("is_demonstration", True))
    return node


INITIATIVES = Dataset(
    name="initiatives",
    title=_("Initiatives of the UNESCO Creative Cities Network"),
    key=("slug",),
    name_columns=("title_en", "title_fr"),
    has_places=True,
    linked=linked,
    parameters=tuple(InitiativeFilter.base_filters),
    columns=(
        Column("slug", _("Address of the initiative here, its key"), is_always_known=True),
        Column("title_en", _("Title in English, the French one where there is no other"), is_always_known=True),
        Column("title_fr", _("Title in French, the English one where there is no other"), is_always_known=True),
        Column("text_en", _("Text in English")),
        Column("text_fr", _("Text in French")),
        Column("first_year", _("Year in which it began or begins"), Kind.INTEGER),
        Column("last_year", _("Year in which it ended or ends; none while it goes on"), Kind.INTEGER),
        Column("lead", _("City that leads it, its key"), is_always_known=True),
        Column("lead_en", _("City that leads it, in English"), is_always_known=True),
        Column("lead_fr", _("City that leads it, in French"), is_always_known=True),
        *COUNTRY,
        *REGION,
        Column("latitude", _("Latitude of the city that leads it, in degrees (WGS 84)"), Kind.NUMBER),
        Column("longitude", _("Longitude of the city that leads it, in degrees (WGS 84)"), Kind.NUMBER),
        Column("partners", _("Cities that confirmed that they are partners, their keys"), Kind.LIST),
        Column("areas", _("Areas of action, their keys"), Kind.LIST),
        Column("objectives", _("Objectives of the network, their keys"), Kind.LIST),
        Column("sdgs", _("Sustainable Development Goals, their keys"), Kind.LIST),
        Column("published_on", _("Day on which the text was published, in Paris"), Kind.DATE),
        IS_DEMONSTRATION,
        Column("url_en", _("Page of the initiative here, in English"), Kind.ADDRESS, is_always_known=True),
        Column("url_fr", _("Page of the initiative here, in French"), Kind.ADDRESS, is_always_known=True),
    ),
)


def initiative_rows(initiatives: InitiativeQuerySet, themes: list[Theme]) -> Iterator[Row]:
    """Public initiatives as rows, in their order.

    Two queries, and two for every `CHUNK` of rows: their partners and their themes.
    """
    naming, pages = Naming.known(), Pages("cities:initiative")
    found = initiatives.values_list(
        *("pk", "published", "slug", "is_demonstration"),
        *("lead__slug", "lead__name_en", "lead__name_fr", "lead__country", "lead__latitude", "lead__longitude"),
        *("published__title_en", "published__title_fr", "published__text_en", "published__text_fr"),
        *("published__first_year", "published__last_year", "published__decided_at"),
    )
    for chunk in batched(found.iterator(CHUNK), CHUNK):
        partners = _partners([row[0] for row in chunk])
        chosen = _chosen([row[1] for row in chunk], themes)
        for pk, revision, slug, is_demonstration, lead, english, french, country, *facts in chunk:
            latitude, longitude, title_en, title_fr, text_en, text_fr, first, last, decided_at = facts
            yield {
                "slug": slug,
                "title_en": title_en or title_fr,
                "title_fr": title_fr or title_en,
                "text_en": text_en,
                "text_fr": text_fr,
                "first_year": first,
                "last_year": last,
                "lead": lead,
                "lead_en": english,
                "lead_fr": french or english,
                **naming.countries[country],
                "latitude": latitude,
                "longitude": longitude,
                "partners": partners[pk],
                **{column: chosen[revision, kind] for kind, column in THEMES.items()},
                "published_on": decided_at.astimezone(PARIS).date() if decided_at else None,
                "is_demonstration": is_demonstration,
                **pages.of(slug),
            }


def _partners(initiatives: list[int]) -> dict[int, list[str]]:
    """The keys of the confirmed partners of each, in their order."""
    found = defaultdict(list)
    rows = Partnership.objects.public().filter(initiative__in=initiatives).order_by("city__slug")
    for pk, slug in rows.values_list("initiative", "city__slug"):
        found[pk].append(slug)
    return found


def _chosen(revisions: list[int], themes: list[Theme]) -> dict[tuple[int, str], list[str]]:
    """The keys of the themes of each text, by kind, in the order of the themes."""
    through = InitiativeRevision.themes.through._default_manager
    rows = through.filter(initiativerevision__in=revisions).values_list("theme", "initiativerevision")
    of_theme = defaultdict(list)
    for pk, revision in rows:
        of_theme[pk].append(revision)
    found = defaultdict(list)
    for theme in themes:
        for revision in of_theme[theme.pk]:
            found[revision, theme.kind].append(theme.slug)
    return found


def initiative_extract(query: QueryDict, *, language: str, address: str = "") -> Extract:
    """The public initiatives that a query of their list selects, in its order. Raises BadQuery."""
    with override(language):
        found = Initiatives(query)
        if not found.is_valid:
            raise BadQuery(found.form.errors)
        results = found.results
    return Extract(
        dataset=INITIATIVES,
        rows=Rows(results, partial(initiative_rows, themes=found.themes), results.order_by().count),
        language=language,
        address=address,
        query=query.urlencode(),
        last_change=initiatives_changed_on(),
    )
