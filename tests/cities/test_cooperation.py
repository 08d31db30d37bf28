import datetime
import re

import pytest
from django.core.cache import caches
from hypothesis import given
from hypothesis import strategies as st

from cities.geo import bow
from cities.models import City, Coordinator, Designation, Initiative, InitiativeRevision, Partnership
from cities.services.cooperation import Graph, Node, Tie

# The graph: six cities, worked out by hand
#
#   1 film, africa      leads 10 with 2 and 3, and 11 with 2
#   2 film, africa
#   3 music, europe     leads 12 with 1 and 4
#   4 music, asia
#   5 film, europe      no partner
#   6 design, asia      partner of 99, who is no member

NODES = [
    Node(1, "film", "africa"),
    Node(2, "film", "africa"),
    Node(3, "music", "europe"),
    Node(4, "music", "asia"),
    Node(5, "film", "europe"),
    Node(6, "design", "asia"),
]
TIES = [Tie(10, 1, 2), Tie(10, 1, 3), Tie(11, 1, 2), Tie(12, 3, 1), Tie(12, 3, 4), Tie(13, 99, 6), Tie(14, 5, 5)]


@pytest.fixture
def graph() -> Graph:
    return Graph.of(NODES, TIES)


def test_links_are_pairs_of_members_with_their_initiatives(graph):
    assert graph.links == {(1, 2): {10, 11}, (1, 3): {10, 12}, (3, 4): {12}}
    assert graph.shared_initiatives == {10, 11, 12}


def test_a_city_is_told_by_its_partners(graph):
    told = {
        city: (
            graph.degree(city),
            graph.in_other_regions(city),
            graph.in_other_fields(city),
            graph.initiatives(city),
        )
        for city in range(1, 7)
    }
    assert told == {
        1: (2, 1, 1, 3),
        2: (1, 0, 0, 2),
        3: (2, 2, 1, 2),
        4: (1, 1, 0, 1),
        5: (0, 0, 0, 0),
        6: (0, 0, 0, 0),
    }


def test_the_figures(graph):
    assert graph.connected == {1, 2, 3, 4}
    assert graph.isolated == {5, 6}
    assert graph.reaching == 3
    assert graph.reaching_share == 50
    assert graph.across_regions == 2
    assert graph.across_fields == 1


def test_the_matrices(graph):
    assert graph.matrix("region") == {
        ("africa", "africa"): 1,
        ("africa", "europe"): 1,
        ("europe", "africa"): 1,
        ("europe", "asia"): 1,
        ("asia", "europe"): 1,
    }
    assert graph.matrix("field") == {
        ("film", "film"): 1,
        ("film", "music"): 1,
        ("music", "film"): 1,
        ("music", "music"): 1,
    }
    assert graph.linked_by("region") == {"africa": 2, "europe": 2, "asia": 1}
    assert graph.linked_by("field") == {"film": 2, "music": 2}


def test_chosen_cities_keep_their_partners_elsewhere(graph):
    africa = graph.among(regions=["africa"])
    assert africa.chosen == {1, 2}
    assert set(africa.links) == {(1, 2), (1, 3)}
    assert africa.degree(1) == 2
    assert africa.reaching_share == 50
    film_in_europe = graph.among(fields=["film"], regions=["europe"])
    assert (film_in_europe.isolated, film_in_europe.links) == ({5}, {})
    assert graph.among(fields=["film", "music"]).chosen == {1, 2, 3, 4, 5}
    assert graph.among(fields=["nothing"]).reaching_share == 0


def test_no_city_gives_no_figure():
    nothing = Graph.of([], [])
    assert (nothing.reaching_share, nothing.links, nothing.isolated, nothing.shared_initiatives) == (
        0,
        {},
        set(),
        set(),
    )


CITIES = st.integers(0, 12)


@given(
    st.lists(
        st.builds(Node, CITIES, st.sampled_from(["film", "music"]), st.sampled_from(["africa", "asia", "europe"])),
        unique_by=lambda node: node.city,
    ),
    st.lists(st.builds(Tie, st.integers(0, 5), CITIES, CITIES), max_size=40),
)
def test_what_holds_for_every_graph(nodes, ties):
    graph = Graph.of(nodes, ties)
    cities = [node.city for node in nodes]
    assert sum(graph.degree(city) for city in cities) == 2 * len(graph.links)
    assert len(graph.connected) + len(graph.isolated) == len(cities)
    assert graph.reaching <= len(graph.connected)
    assert 0 <= graph.reaching_share <= 100
    assert sum(graph.in_other_regions(city) for city in cities) == 2 * graph.across_regions
    assert sum(graph.in_other_fields(city) for city in cities) == 2 * graph.across_fields
    for by, across in (("region", graph.across_regions), ("field", graph.across_fields)):
        matrix = graph.matrix(by)
        assert all(matrix[b, a] == count for (a, b), count in matrix.items())
        within = sum(count for (a, b), count in matrix.items() if a == b)
        between = sum(count for (a, b), count in matrix.items() if a < b)
        assert (within, between) == (len(graph.links) - across, across)
        assert sum(graph.linked_by(by).values()) == len(graph.links) + across
    # Choosing splits the cities and never a link's two ends.
    parts = [graph.among(regions=[region]) for region in ("africa", "asia", "europe")]
    assert sum(len(part.chosen) for part in parts) == len(cities)
    assert {pair for part in parts for pair in part.links} == set(graph.links)


def test_an_arc_is_the_same_from_either_end_and_bends_upwards():
    assert bow((0, 0), (100, 0)) == bow((100, 0), (0, 0)) == "M0 0Q50 -18 100 0"
    assert bow((5, 5), (5, 5)) == "M5 5Q5 5 5 5"
    # The longest is bent by no more than the map has room for.
    assert bow((0, 100), (1000, 100)) == "M0 100Q500 45 1000 100"


# What counts on a day


def initiative(lead: str, *partners: str, first=2020, last=None, published=True, status="confirmed") -> Initiative:
    made = Initiative.objects.create(slug=f"trial-{Initiative.objects.count()}", lead=City.objects.get(slug=lead))
    revision = InitiativeRevision.objects.create(
        initiative=made,
        number=1,
        title_en=f"Trial of {lead}",
        title_fr=f"Essai de {lead}",
        first_year=first,
        last_year=last,
        status="published" if published else "submitted",
    )
    if published:
        made.published = revision
        made.save()
    for partner in partners:
        Partnership.objects.create(initiative=made, city=City.objects.get(slug=partner), status=status)
    return made


def links(client, query: str = "") -> set[tuple[str, str]]:
    caches["pages"].clear()
    graph = client.get(f"/en/cooperation/{query}").context["graph"]
    slug_of = dict(City.objects.values_list("pk", "slug"))
    return {tuple(sorted((slug_of[a], slug_of[b]))) for a, b in graph.links}


@pytest.mark.usefixtures("network")
class TestPage:
    def test_lead_and_partners_are_linked_and_partners_not_with_each_other(self, client):
        initiative("lyon", "sapporo", "santos")
        assert links(client) == {("lyon", "sapporo"), ("lyon", "santos")}

    @pytest.mark.parametrize("status", ["asked", "declined", "ended"])
    def test_only_a_confirmed_partner_counts(self, client, status):
        initiative("lyon", "sapporo", status=status)
        assert links(client) == set()

    def test_only_a_published_initiative_counts(self, client):
        initiative("lyon", "sapporo", published=False)
        assert links(client) == set()

    def test_the_years_must_cover_the_day(self, client):
        initiative("lyon", "sapporo", first=2016, last=2018)
        assert links(client) == set()
        assert links(client, "?as_of=2015-12-31") == set()
        assert links(client, "?as_of=2016-01-01") == {("lyon", "sapporo")}
        assert links(client, "?as_of=2018-12-31") == {("lyon", "sapporo")}
        assert links(client, "?as_of=2019-01-01") == set()

    def test_both_cities_must_be_members_that_day(self, client):
        initiative("lyon", "sapporo", first=2010)
        # Sapporo joined on 11 November 2013.
        since = Designation.objects.get(city__slug="sapporo").starts_on
        assert links(client, f"?as_of={since.replace(day=since.day - 1)}") == set()
        assert links(client, f"?as_of={since}") == {("lyon", "sapporo")}

    @pytest.mark.parametrize("slug", ["lyon", "sapporo", "santos"])
    def test_a_city_s_page_names_whom_the_graph_links_it_with_today(self, client, slug):
        initiative("lyon", "sapporo", "santos")
        initiative("lyon", "ostersund", first=2016, last=2018)
        initiative("toronto", "lyon", status="asked")
        linked = {city for pair in links(client) if slug in pair for city in pair} - {slug}
        named = client.get(f"/en/cities/{slug}/").context["partner_cities"]
        assert sorted(city.slug for city in named) == sorted(linked)
        assert linked == {"lyon": {"sapporo", "santos"}}.get(slug, {"lyon"})

    def test_a_city_that_left_works_with_nobody_now(self, client):
        initiative("lyon", "sapporo")
        Designation.objects.filter(city__slug="lyon", ends_on=None).update(
            ends_on=datetime.date(2025, 12, 31), end_reason="withdrawn"
        )
        for slug in ("lyon", "sapporo"):
            assert list(client.get(f"/en/cities/{slug}/").context["partner_cities"]) == []

    def test_field_and_region_of_the_day_choose(self, client):
        initiative("lyon", "sapporo", "santos", first=2010)
        initiative("ostersund", "santos")
        assert links(client, "?region=asia-pacific") == {("lyon", "sapporo")}
        assert links(client, "?field=gastronomy") == {("ostersund", "santos")}
        assert links(client, "?field=literature&field=gastronomy") == {
            ("lyon", "sapporo"),
            ("lyon", "santos"),
            ("ostersund", "santos"),
        }
        # Lyon was a city of media arts then.
        assert links(client, "?field=literature&as_of=2020-01-01") == set()

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_without_any_link_the_page_says_so_and_lists_the_cities(self, client, language):
        response = client.get(f"/{language}/cooperation/")
        assert response.status_code == 200
        assert response.context["map"] is None
        assert len(response.context["graph"].isolated) == City.objects.members().count()
        rows = client.get(f"/{language}/cooperation/?show=isolated").context["rows"]
        assert len(rows) == City.objects.members().count()

    @pytest.mark.parametrize("language", ["en", "fr"])
    @pytest.mark.parametrize(
        "query",
        [
            "as_of=2016-13-45",
            "as_of=2999-01-01",
            "field=nothing",
            "region=EU",
            "show=everything",
            "sort=size",
            "field=film&field=%00",
            "region=<script>",
        ],
    )
    def test_a_bad_value_gets_a_sentence_and_nothing_else(self, client, language, query):
        initiative("lyon", "sapporo")
        response = client.get(f"/{language}/cooperation/?{query}")
        assert response.status_code == 200
        assert "graph" not in response.context
        body = response.content.decode()
        assert "map-point" not in body
        assert "errors-of-request" in body
        assert "<script>" not in body.replace("<script src", "")

    def test_a_day_before_the_network_says_so(self, client):
        body = client.get("/en/cooperation/?as_of=2003-01-01").content.decode()
        assert "No city was a member of the network on 1 January 2003." in body

    def test_empty_values_leave_the_address(self, client):
        response = client.get("/en/cooperation/?as_of=&field=film")
        assert (response.status_code, response.url) == (302, "/en/cooperation/?field=film")

    def test_the_table_is_sorted_by_the_address_alone(self, client):
        initiative("lyon", "sapporo", "santos")
        initiative("santos", "ostersund", "dakar")

        def order(query: str) -> list[str]:
            caches["pages"].clear()
            return [row.city.slug for row in client.get(f"/en/cooperation/{query}").context["rows"]]

        assert order("") == ["santos", "lyon", "dakar", "ostersund", "sapporo"]
        assert order("?sort=partners") == ["dakar", "ostersund", "sapporo", "lyon", "santos"]
        assert order("?sort=name") == ["dakar", "lyon", "ostersund", "santos", "sapporo"]
        assert order("?sort=-name") == order("?sort=name")[::-1]
        assert order("?sort=region")[:1] == ["dakar"]
        assert order("?sort=country") == ["santos", "lyon", "sapporo", "dakar", "ostersund"]
        assert order("?sort=-initiatives")[0] == "santos"
        body = client.get("/en/cooperation/?sort=name").content.decode()
        assert re.search(r'<th scope="col" aria-sort="ascending"><a href="\?sort=-name#table">City', body)
        assert body.count("aria-sort") == 1

    def test_the_table_of_links_names_the_initiatives(self, client):
        made = initiative("sapporo", "lyon")
        response = client.get("/fr/cooperation/?show=links")
        assert [(row.city.slug, row.partner.slug, row.initiatives) for row in response.context["links"]] == [
            ("lyon", "sapporo", [made])
        ]
        assert "Essai de sapporo" in response.content.decode()

    def test_every_link_is_an_arc_with_words(self, client):
        initiative("lyon", "sapporo", "santos")
        body = client.get("/en/cooperation/").content.decode()
        assert body.count('class="map-arc is-strong" data-ends') == 2
        assert "<title>Lyon and Sapporo, 1 initiative</title>" in body
        assert body.count('class="map-point') == 3
        assert "style=" not in body

    def test_links_keep_the_day(self, client):
        initiative("lyon", "sapporo", first=2014)
        body = client.get("/en/cooperation/?as_of=2016-04-28&region=africa").content.decode()
        assert 'href="?as_of=2016-04-28&amp;region=africa&amp;show=isolated#table"' in body
        assert 'href="/fr/cooperation/?as_of=2016-04-28&amp;region=africa"' in body

    def test_a_confirmation_shows_at_once_on_the_page_that_is_kept(self, client):
        made = initiative("lyon", "sapporo", status="asked")
        assert client.get("/en/cooperation/").context["graph"].links == {}
        made.partnerships.update(status="confirmed")
        assert len(client.get("/en/cooperation/").context["graph"].links) == 1

    @pytest.mark.parametrize(("query", "queries"), [("", 5), ("?show=isolated", 5), ("?show=links", 6)])
    @pytest.mark.parametrize("count", [1, 30])
    def test_queries_do_not_grow_with_the_graph(self, client, django_assert_num_queries, query, queries, count):
        others = list(City.objects.members().exclude(slug="lyon").values_list("slug", flat=True)[:count])
        for slug in others:
            initiative("lyon", slug)
        assert Coordinator.objects.count() == 0
        with django_assert_num_queries(queries):
            response = client.get(f"/en/cooperation/{query}")
        assert len(response.context["graph"].links) == count
