"""Who works with whom on a day: the links of the cooperation page, as the edges of a graph."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ..cooperation_filters import Cooperation
from ..forms.cooperation import CooperationForm
from ..models import City, Initiative, Region
from ..services.last_change import cooperation_changed_on
from .base import BadQuery, Column, Dataset, Extract, Kind, Row, Rows
from .naming import Naming


def _end(of: str, city: Any) -> tuple[Column, ...]:
    """The columns of one end of a link, "a" or "b"."""
    return (
        Column(f"city_{of}", city, is_always_known=True),
        Column(f"city_{of}_en", _("Its name in English"), is_always_known=True),
        Column(f"city_{of}_fr", _("Its name in French, the English one where there is no other"), is_always_known=True),
        Column(f"country_{of}", _("Its country, two letters of ISO 3166"), is_always_known=True),
        Column(f"country_{of}_en", _("Its country in English"), is_always_known=True),
        Column(f"country_{of}_fr", _("Its country in French"), is_always_known=True),
        Column(f"region_{of}", _("Its region of UNESCO, the key"), is_always_known=True, choices=tuple(Region.values)),
        Column(f"region_{of}_en", _("Its region in English"), is_always_known=True),
        Column(f"region_{of}_fr", _("Its region in French"), is_always_known=True),
        Column(f"field_{of}", _("Its creative field on the day, the key"), is_always_known=True),
        Column(f"field_{of}_en", _("Its creative field in English"), is_always_known=True),
        Column(f"field_{of}_fr", _("Its creative field in French"), is_always_known=True),
    )


COOPERATION = Dataset(
    name="cooperation",
    title=_("Cooperation in the UNESCO Creative Cities Network"),
    key=("city_a", "city_b"),
    name_columns=("city_a_en", "city_a_fr"),
    parameters=tuple(CooperationForm.base_fields),
    columns=(
        *_end("a", _("One of two cities that work together, its key: the first of both by the alphabet")),
        *_end("b", _("The other one, its key")),
        Column("initiatives", _("How many initiatives link them"), Kind.INTEGER, is_always_known=True),
        Column("initiative_slugs", _("The initiatives that link them, their keys"), Kind.LIST, is_always_known=True),
        Column(
            "is_demonstration",
            _("Whether one of them is invented, for a demonstration of the portal"),
            Kind.BOOLEAN,
            is_always_known=True,
        ),
    ),
)


def edge_rows(pairs: Iterable[tuple[int, int]], asked: Cooperation) -> Iterator[Row]:
    """Links as rows, in their order; two queries. Which end comes first does not depend on the language."""
    pairs, naming = list(pairs), Naming.known(asked.creative_fields)
    linking = {pair: asked.graph.links[min(pair), max(pair)] for pair in pairs}
    wanted = frozenset().union(*linking.values())
    slug_of = dict(Initiative.objects.filter(pk__in=wanted).order_by().values_list("pk", "slug"))
    for pair, initiatives in linking.items():
        a, b = sorted((asked.city_of[pk] for pk in pair), key=lambda city: city.slug)
        yield {
            **_end_of("a", a, naming),
            **_end_of("b", b, naming),
            "initiatives": len(initiatives),
            "initiative_slugs": sorted(slug_of[pk] for pk in initiatives),
            "is_demonstration": not asked.demonstrations.isdisjoint(initiatives),
        }


def _end_of(of: str, city: City, naming: Naming) -> Row:
    known = {
        "city": city.slug,
        "city_en": city.name_en,
        "city_fr": city.name_fr or city.name_en,
        **naming.countries[city.country_id],
        **naming.fields[city.current.field_id],
    }
    # "country_en" of the first city: "country_a_en".
    return {
        f"{name[:-3]}_{of}{name[-3:]}" if name[-3:] in ("_en", "_fr") else f"{name}_{of}": known[name] for name in known
    }


def cooperation_extract(query: QueryDict, *, language: str, address: str = "", with_invented: bool = True) -> Extract:
    """The links that a query of the cooperation page selects, by the names of their cities. Raises BadQuery.

    Which of its tables the page would show, and how sorted, changes nothing here.
    """
    with override(language):
        asked = Cooperation(query, with_invented=with_invented)
        if not asked.is_valid or asked.day is None:
            raise BadQuery(asked.form.errors)
        pairs = asked.pairs
    return Extract(
        dataset=COOPERATION,
        rows=Rows(pairs, partial(edge_rows, asked=asked), partial(len, pairs)),
        language=language,
        address=address,
        query=query.urlencode(),
        as_of=asked.day,
        last_change=cooperation_changed_on(asked.day),
    )
