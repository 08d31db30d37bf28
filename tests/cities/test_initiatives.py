import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.http import QueryDict
from django.test import Client

from cities.days import today
from cities.exceptions import NetworkError
from cities.forms.initiative import InitiativeDraft
from cities.initiative_filters import Initiatives
from cities.models import City, Designation, Initiative, InitiativeRevision, OutboxMessage, Partnership, Theme
from cities.services.initiative import begin_revision, start_initiative
from cities.services.moderation import publish, reject, request_changes, save_draft, submit
from rvcu.models import User

pytestmark = pytest.mark.usefixtures("network")

Status = InitiativeRevision.Status
LYON, OSTERSUND = "lyon", "ostersund"


def city(slug: str) -> City:
    return City.objects.get(slug=slug)


def themes(*slugs: str) -> set[int]:
    return set(Theme.objects.filter(slug__in=slugs).values_list("pk", flat=True))


def written(
    by: User, lead: str = LYON, title: str = "Books on the river", chosen=("sharing",), **columns
) -> Initiative:
    """An initiative whose draft has all that publication needs."""
    initiative = start_initiative(lead=city(lead), title_en=title, title_fr=f"{title} (fr)", by=by)
    values = {"text_en": "Cities read together.", "first_year": 2021, "themes": themes(*chosen), **columns}
    save_draft(initiative.last_revision, values=values, seen=0, by=by)
    return initiative


def published(by: User, **fields) -> Initiative:
    initiative = written(by, **fields)
    publish(submit(initiative.last_revision, by=by), by=by)
    return Initiative.objects.get(pk=initiative.pk)


def partner(initiative: Initiative, slug: str, status: str = "confirmed") -> Partnership:
    return Partnership.objects.create(initiative=initiative, city=city(slug), status=status)


def form_of(initiative: Initiative, **changes: str) -> dict[str, str]:
    """What a browser sends from the form, with some of it changed."""
    data = InitiativeDraft(InitiativeRevision.objects.filter(initiative=initiative).latest("number")).data
    return {name: str(value) for name, value in {**data, **changes}.items() if value is not None}


def address(initiative: Initiative, *rest: str) -> str:
    return "/en/my/initiatives/" + "/".join([str(initiative.pk), *rest]) + "/"


# Themes


def test_the_themes_shipped():
    kinds = list(Theme.objects.values_list("kind", flat=True))
    assert (kinds.count("area"), kinds.count("objective"), kinds.count("sdg")) == (6, 6, 17)
    assert Theme.objects.get(slug="sdg-11").label == "11 Sustainable cities and communities"
    assert not Theme.objects.filter(name_fr="").exists()


# A draft's way


def test_a_coordinator_begins_one_with_a_title(coordinator, signed_in):
    client = signed_in(coordinator)
    assert client.get("/en/my/cities/lyon/initiatives/new/").status_code == 200
    data = {"title_en": "Books & “rivers”: Part 1", "title_fr": ""}
    first, again = (client.post("/en/my/cities/lyon/initiatives/new/", data) for _click in range(2))
    initiative = Initiative.objects.get()
    assert first.url == again.url == address(initiative)
    assert (initiative.slug, initiative.lead.slug) == ("books-rivers-part-1", LYON)
    revision = initiative.last_revision
    assert (revision.number, revision.status, revision.created_by) == (1, Status.DRAFT, coordinator)


def test_without_a_title_it_says_so(coordinator, signed_in):
    response = signed_in(coordinator).post("/fr/my/cities/lyon/initiatives/new/", {"title_en": " ", "title_fr": ""})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["title_fr"]
    assert not Initiative.objects.exists()


def test_a_former_member_leads_no_new_one(coordinator, signed_in):
    Designation.objects.filter(city__slug=LYON, ends_on=None).update(ends_on="2024-05-31", end_reason="withdrawn")
    response = signed_in(coordinator).post("/en/my/cities/lyon/initiatives/new/", {"title_en": "Books"})
    assert "Only a member city can lead an initiative." in response.content.decode()
    assert not Initiative.objects.exists()


def test_the_whole_text_is_saved(coordinator, signed_in):
    initiative = start_initiative(lead=city(LYON), title_en="Books", title_fr="", by=coordinator)
    data = form_of(
        initiative,
        title_fr="Livres",
        text_fr="Des villes lisent.",
        first_year="2022",
        last_year="2024",
        **{
            "theme-sharing": "on",
            "theme-sdg-11": "on",
            "theme-objective-access": "on",
            "others-0-name": "A university",
            "others-0-sector": "academia",
            "others-0-url": "example.org/university",
            "links-0-label": "Report",
            "links-0-url": "https://example.org/report",
        },
    )
    client = signed_in(coordinator)
    response = client.post(address(initiative), data)
    assert response.url == f"{address(initiative)}?saved=1"
    revision = initiative.last_revision
    assert (revision.title, revision.first_year, revision.last_year, revision.version) == ("Books", 2022, 2024, 1)
    assert {theme.slug for theme in revision.themes.all()} == {"sharing", "sdg-11", "objective-access"}
    assert revision.others == [{"name": "A university", "sector": "academia", "url": "https://example.org/university"}]
    assert revision.links == [{"label": "Report", "url": "https://example.org/report"}]
    page = client.get(address(initiative)).content.decode()
    assert 'value="A university"' in page
    assert 'name="theme-sdg-11"' in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"first_year": "12"}, "Give a year from 1990"),
        ({"first_year": "abc"}, "Enter a whole number."),
        ({"first_year": "2024", "last_year": "2020"}, "The last year is before the first."),
        ({"last_year": "2020"}, "Give the first year too."),
        ({"others-0-name": "A bank"}, "Choose the sector of the partner."),
        ({"others-0-name": "A bank", "others-0-sector": "army"}, "Select a valid choice."),
        ({"links-0-label": "Report"}, "Give the address, or remove the row."),
        ({"links-0-label": "x", "links-0-url": "javascript:alert(1)"}, "This is no address of a page"),
    ],
)
def test_what_cannot_be_read_is_kept_as_typed_and_not_submitted(coordinator, signed_in, changes, sentence):
    initiative = start_initiative(lead=city(LYON), title_en="Books", title_fr="", by=coordinator)
    client = signed_in(coordinator)
    client.post(address(initiative), form_of(initiative, title_fr="Livres", **changes))
    revision = initiative.last_revision
    assert revision.title_fr == "Livres"
    assert revision.as_typed
    page = client.get(address(initiative)).content.decode()
    assert sentence in page
    assert all(f'value="{value}"' in page or value == "army" for value in changes.values())
    client.post(address(initiative, "submit"), form_of(initiative))
    assert initiative.last_revision.status == Status.DRAFT


def test_too_many_words_are_saved_but_not_submitted(coordinator, signed_in):
    initiative = written(coordinator)
    client = signed_in(coordinator)
    response = client.post(address(initiative, "submit"), form_of(initiative, text_en="word " * 601))
    assert "600 words are allowed, it has 601" in response.content.decode()
    assert initiative.last_revision.status == Status.DRAFT
    assert len(initiative.last_revision.text_en.split()) == 601


def test_an_incomplete_one_is_not_submitted_and_says_what_is_missing(coordinator, signed_in):
    initiative = start_initiative(lead=city(LYON), title_en="Books", title_fr="", by=coordinator)
    page = signed_in(coordinator).post(address(initiative, "submit")).content.decode()
    for sentence in (
        "Give the title in both languages.",
        "Write the text in at least one language.",
        "Say in which year it began or begins.",
        "Choose at least one area of action.",
    ):
        assert sentence in page
    assert initiative.last_revision.status == Status.DRAFT


def test_submit_take_back_submit_twice(coordinator, signed_in):
    initiative, client = written(coordinator), signed_in(coordinator)
    data = form_of(initiative, text_en="Newer words.")
    assert client.post(address(initiative, "submit"), data).status_code == 302
    assert client.post(address(initiative, "submit"), data).status_code == 302
    revision = initiative.last_revision
    assert (revision.status, revision.text_en) == (Status.SUBMITTED, "Newer words.")
    assert "Take it back" in client.get(address(initiative)).content.decode()
    refused = client.post(address(initiative), form_of(initiative, text_en="Later words."))
    assert refused.status_code == 409
    assert "Later words." in refused.content.decode()
    client.post(address(initiative, "take-back"))
    assert initiative.last_revision.status == Status.DRAFT
    assert client.post(address(initiative, "take-back")).status_code == 302


def test_changes_requested_are_read_above_the_text(coordinator, officer, signed_in):
    initiative = written(coordinator)
    request_changes(submit(initiative.last_revision, by=coordinator), reason="Say who pays.", by=officer)
    page = signed_in(coordinator).get(address(initiative)).content.decode()
    assert "Say who pays." in page
    assert "form-draft" in page


def test_a_published_one_is_changed_as_a_new_draft_while_the_old_stays(coordinator, officer, signed_in, client):
    initiative, coordinators = (
        published(coordinator, others=[{"name": "A", "sector": "public", "url": ""}]),
        signed_in(coordinator),
    )
    for _click in range(2):
        coordinators.post(address(initiative, "edit"))
    draft = initiative.last_revision
    assert (draft.number, draft.status, draft.others[0]["name"]) == (2, Status.DRAFT, "A")
    assert [theme.slug for theme in draft.themes.all()] == ["sharing"]
    coordinators.post(address(initiative), form_of(initiative, title_en="Books on the sea"))
    url = initiative.get_absolute_url()
    assert "Books on the river" in client.get(url).content.decode()
    publish(submit(initiative.last_revision, by=coordinator), by=officer)
    page = client.get(url).content.decode()
    assert "Books on the sea" in page
    assert Initiative.objects.get().slug == "books-on-the-river"


def test_the_address_is_made_of_the_title_first_published(coordinator):
    first, second = (published(coordinator, title="The same", text_en=text) for text in ("One.", "Two."))
    assert (first.slug, second.slug) == ("the-same", "the-same-2")
    third = written(coordinator, title="Working title")
    save_draft(third.last_revision, values={"title_en": "Ñandú & Straße"}, seen=1, by=coordinator)
    publish(submit(third.last_revision, by=coordinator), by=coordinator)
    third.refresh_from_db()
    assert third.slug == "nandu-strasse"


def test_a_rejected_one_can_begin_again(coordinator, officer):
    initiative = written(coordinator)
    reject(submit(initiative.last_revision, by=coordinator), reason="Not an initiative.", by=officer)
    again = begin_revision(initiative=initiative, by=coordinator)
    assert (again.number, again.text_en, again.status) == (2, "Cities read together.", Status.DRAFT)


# Two at once


def test_a_later_save_never_overwrites_silently(coordinator, editor, signed_in):
    initiative = written(coordinator)
    mine, theirs = form_of(initiative, text_en="Mine."), form_of(initiative, text_en="Theirs.", title_fr="Leur titre")
    signed_in(editor).post(address(initiative), theirs | {"theme-sdg-4": "on"})
    client = signed_in(coordinator)
    automatic = client.post(address(initiative), mine, headers={"X-Autosave": "1"})
    assert automatic.json()["state"] == "conflict"
    response = client.post(address(initiative), mine | {"theme-sdg-5": "on"})
    assert response.status_code == 409
    page = response.content.decode()
    assert "Theirs." in page
    assert "Mine." in page
    assert initiative.last_revision.text_en == "Theirs."
    draft = response.context["draft"]
    assert draft.data["title_fr"] == "Leur titre"
    client.post(address(initiative), {name: str(value) for name, value in draft.data.items() if value is not None})
    revision = initiative.last_revision
    assert (revision.text_en, revision.title_fr) == ("Mine.", "Leur titre")
    assert {theme.slug for theme in revision.themes.all()} == {"sharing", "sdg-4", "sdg-5"}


def test_the_form_saves_itself(coordinator, signed_in):
    initiative = written(coordinator)
    client = signed_in(coordinator)
    answer = client.post(address(initiative), form_of(initiative, text_fr="Oui."), headers={"X-Autosave": "1"}).json()
    assert answer["state"] == "saved"
    assert set(answer["fields"]) == {"seen", "base"}
    assert initiative.last_revision.text_fr == "Oui."
    submit(initiative.last_revision, by=coordinator)
    late = client.post(address(initiative), form_of(initiative, text_fr="Non."), headers={"X-Autosave": "1"}).json()
    assert late["state"] == "closed"


# Who may


PAGES = ["", "submit", "take-back", "edit", "partners"]


@pytest.mark.parametrize("page", PAGES)
def test_strangers_do_not_learn_that_it_exists(request, coordinator, signed_in, page):
    initiative = written(coordinator)
    for persona in ("other_coordinator", "former_coordinator", "commission_officer", "evaluator", "officer"):
        client = signed_in(request.getfixturevalue(persona))
        assert client.post(address(initiative, *filter(None, [page]))).status_code == 404
    assert Client().post(address(initiative, *filter(None, [page]))).status_code == 302
    assert initiative.last_revision.status == Status.DRAFT


def test_every_coordinator_of_the_lead_writes(coordinator, alternate, editor, signed_in):
    initiative = written(coordinator)
    for number, user in enumerate((coordinator, alternate, editor)):
        signed_in(user).post(address(initiative), form_of(initiative, text_en=f"Words {number}."))
        assert initiative.last_revision.text_en == f"Words {number}."


@pytest.mark.parametrize(
    "persona", ["coordinator", "editor", "other_coordinator", "former_coordinator", "officer", "auditor"]
)
def test_what_a_person_sees_is_what_the_rule_says(request, coordinator, persona):
    draft, public = written(coordinator), published(coordinator, title="Public")
    asked = written(coordinator, title="Asked")
    partner(asked, OSTERSUND, "asked")
    confirmed = partner(public, OSTERSUND)
    partner(public, "sapporo", "asked")
    user = request.getfixturevalue(persona)
    for model, permission in ((Initiative, "cities.read_initiative"), (Partnership, "cities.read_partnership")):
        seen = set(model.objects.visible_to(user))
        assert seen == {row for row in model.objects.all() if user.has_perm(permission, row)}
    assert (draft in Initiative.objects.visible_to(user)) is (
        persona not in {"other_coordinator", "former_coordinator"}
    )
    assert confirmed in Partnership.objects.visible_to(user)


def test_visitors_see_what_is_public(coordinator):
    written(coordinator)
    public = published(coordinator, title="Public")
    visitor = AnonymousUser()
    assert list(Initiative.objects.visible_to(visitor)) == [public]
    assert visitor.has_perm("cities.read_initiative", public)


# The public page


def test_a_draft_is_not_public(client, coordinator):
    initiative = written(coordinator)
    assert client.get(initiative.get_absolute_url()).status_code == 404
    assert client.get("/en/initiatives/").context["found"].count == 0


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_of_one(client, coordinator, language):
    initiative = published(
        coordinator,
        chosen=("sharing", "objective-access", "sdg-11"),
        last_year=2023,
        others=[
            {"name": "A bank", "sector": "private", "url": ""},
            {"name": "A school", "sector": "academia", "url": "https://example.org/"},
        ],
        links=[{"label": "Report", "url": "https://example.org/report"}],
    )
    partner(initiative, OSTERSUND)
    for slug, status in (("sapporo", "asked"), ("seoul", "declined"), ("santos", "ended")):
        partner(initiative, slug, status)
    page = client.get(f"/{language}/initiatives/{initiative.slug}/").content.decode()
    for text in (
        "Lyon",
        "stersund",
        "A bank",
        "A school",
        "2021–2023",
        "https://example.org/report",
        "area=sharing",
        "sdg=sdg-11",
    ):
        assert text in page
    for text in ("Sapporo", "Séoul", "Seoul", "Santos"):
        assert text not in page
    assert ("This text is in English only." in page or "anglais" in page) is (language == "fr")


def test_former_members_are_named_as_such_and_the_past_stays(client, coordinator):
    initiative = published(coordinator)
    partner(initiative, OSTERSUND)
    Designation.objects.filter(city__slug__in=[LYON, OSTERSUND], ends_on=None).update(
        ends_on="2024-05-31", end_reason="withdrawn"
    )
    page = client.get(initiative.get_absolute_url()).content.decode()
    assert "no longer a member of the network" in page
    assert page.count("former member") == 2
    assert client.get("/en/initiatives/").context["found"].count == 1


def test_a_demonstration_says_so(client, coordinator):
    initiative = published(coordinator)
    Initiative.objects.update(is_demonstration=True)
    assert "Demonstration." in client.get(initiative.get_absolute_url()).content.decode()
    assert "demonstration" in client.get("/en/initiatives/").content.decode()
    assert initiative.slug not in client.get("/sitemap.xml").content.decode()


def test_city_pages_name_initiatives_and_partners_once_confirmed(client, coordinator):
    initiative = published(coordinator)
    asked = partner(initiative, OSTERSUND, "asked")
    assert initiative.get_absolute_url() in client.get("/en/cities/lyon/").content.decode()
    assert initiative.get_absolute_url() not in client.get("/en/cities/ostersund/").content.decode()
    Partnership.objects.filter(pk=asked.pk).update(status="confirmed")
    page = client.get("/en/cities/ostersund/").content.decode()
    assert initiative.get_absolute_url() in page
    assert "led by Lyon" in page
    assert "/en/cities/ostersund/" in client.get("/en/cities/lyon/").content.decode()


def test_published_ones_are_in_the_sitemap(client, coordinator):
    initiative = published(coordinator)
    body = client.get("/sitemap.xml").content.decode()
    assert f"/fr/initiatives/{initiative.slug}/</loc>" in body
    assert "/en/initiatives/</loc>" in body


# The list


@pytest.fixture
def some(coordinator: User, other_coordinator: User) -> dict[str, Initiative]:
    """Three initiatives: of literature, of gastronomy with a partner of media arts, and an old one."""
    books = published(coordinator, chosen=("sharing", "sdg-4"))
    food = published(
        other_coordinator,
        lead=OSTERSUND,
        title="Foods",
        chosen=("studies", "sharing", "sdg-2"),
        first_year=2019,
        last_year=2020,
    )
    old = published(
        coordinator, title="Éclairs", chosen=("policies", "objective-hubs"), first_year=2005, last_year=2008
    )
    partner(food, "sapporo")
    partner(books, "seoul", "asked")
    return {"books": books, "food": food, "old": old}


def found(query: str) -> set[str]:
    return {initiative.slug for initiative in Initiatives(QueryDict(query)).page("1", 24)}


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("", {"books-on-the-river", "foods", "eclairs"}),
        ("area=sharing", {"books-on-the-river", "foods"}),
        ("area=studies&area=policies", {"foods", "eclairs"}),
        ("area=sharing&sdg=sdg-2", {"foods"}),
        ("objective=objective-hubs", {"eclairs"}),
        ("field=literature", {"books-on-the-river", "eclairs"}),
        ("field=media-arts", {"foods"}),
        ("field=gastronomy", {"foods"}),
        ("country=JP", {"foods"}),
        ("country=fr", {"books-on-the-river", "eclairs"}),
        ("country=KR", set()),
        ("year=2020", {"foods"}),
        ("year=2005&year=2019", {"foods", "eclairs"}),
        ("year=2022", {"books-on-the-river"}),
        ("city=sapporo", {"foods"}),
        ("city=lyon", {"books-on-the-river", "eclairs"}),
        ("city=seoul", set()),
        ("q=eclair", {"eclairs"}),
        ("q=sapporo", {"foods"}),
        ("q=seoul", set()),
        ("q=books+lyon", {"books-on-the-river"}),
        ("q=together", {"books-on-the-river", "foods", "eclairs"}),
    ],
)
def test_what_the_filters_find(some, query, slugs):
    assert found(query) == slugs


def test_the_future_is_covered_only_by_those_that_say_so(coordinator):
    year = today().year + 2
    published(coordinator, title="Open")
    published(coordinator, title="Until then", last_year=year)
    assert found(f"year={year}") == {"until-then"}


@pytest.mark.parametrize(
    "query",
    ["", "area=sharing", "field=literature&year=2007", "q=sapporo", "city=lyon&country=FR", "sdg=sdg-2&area=policies"],
)
def test_a_count_is_what_choosing_would_leave(some, query):
    list_ = Initiatives(QueryDict(query))
    assert list_.count == len(found(query))
    for facet in list_.facets:
        for option in facet.options[:8]:
            chosen = QueryDict(query, mutable=True)
            chosen[facet.name] = option.value
            assert option.count == len(found(chosen.urlencode())), (facet.name, option.value)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("title", ["books-on-the-river", "eclairs", "foods"]),
        ("year", ["eclairs", "foods", "books-on-the-river"]),
        ("-year", ["books-on-the-river", "foods", "eclairs"]),
        ("", ["eclairs", "foods", "books-on-the-river"]),
    ],
)
def test_order(some, sort, order):
    query = f"sort={sort}" if sort else ""
    assert [initiative.slug for initiative in Initiatives(QueryDict(query)).page("1", 24)] == order


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("area=sdg-1", "area"),
        ("objective=x", "objective"),
        ("sdg=18", "sdg"),
        ("field=dance", "field"),
        ("country=XX", "country"),
        ("year=1800", "year"),
        ("year=abc", "year"),
        ("city=atlantis", "city"),
        ("city=%00", "city"),
        ("sort=size", "sort"),
        ("q=!!!", "q"),
        (f"q={'a' * 101}", "q"),
    ],
)
def test_a_bad_value_selects_nothing_and_says_why(some, client, language, query, name):
    response = client.get(f"/{language}/initiatives/?{query}")
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [name]
    for message in response.context["form"].errors[name]:
        assert message in response.content.decode().replace("&#x27;", "'")
    assert list(response.context["page"]) == []


@pytest.mark.parametrize("number", ["0", "2", "abc"])
def test_an_unknown_page_is_not_found(client, number):
    assert client.get(f"/en/initiatives/?page={number}").status_code == 404


def test_empty_parameters_are_taken_out_of_the_address(client):
    assert client.get("/en/initiatives/?q=&area=sharing").url == "/en/initiatives/?area=sharing"


def test_an_empty_list_says_what_would_be_here(client):
    assert "Here will stand" in client.get("/en/initiatives/").content.decode()


# Cost

LIST_QUERIES = 10  # the edition, fields, themes, countries; four for the counts; the page and its partners
PAGE_QUERIES = 5  # the edition, the initiative, its cities, its themes, its photos


def many(user: User, count: int) -> None:
    members = list(City.objects.members().exclude(slug=LYON)[:count])
    for number in range(count):
        initiative = published(user, title=f"Number {number}", text_en=f"Text {number}.")
        Partnership.objects.create(initiative=initiative, city=members[number], status="confirmed")


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_the_same_queries_for_one_or_many(client, coordinator, django_assert_num_queries, count):
    many(coordinator, count)
    with django_assert_num_queries(LIST_QUERIES):
        response = client.get("/en/initiatives/")
    assert response.context["found"].count == count
    with django_assert_num_queries(LIST_QUERIES):
        assert client.get("/fr/initiatives/?area=sharing&field=literature&q=text&sort=title").status_code == 200


@pytest.mark.parametrize("count", [1, 30])
def test_a_page_and_a_citys_page_cost_the_same_for_one_partner_or_many(
    client, coordinator, django_assert_num_queries, count
):
    initiative = published(coordinator)
    members = City.objects.members().exclude(slug=LYON)[:count]
    Partnership.objects.bulk_create(
        Partnership(initiative=initiative, city=member, status="confirmed") for member in members
    )
    with django_assert_num_queries(PAGE_QUERIES):
        assert client.get(initiative.get_absolute_url()).status_code == 200
    with django_assert_num_queries(CITY_QUERIES):
        assert client.get("/en/cities/lyon/").status_code == 200


CITY_QUERIES = 13


@pytest.mark.parametrize("count", [1, 30])
def test_the_draft_costs_the_same_for_one_partner_or_many(coordinator, signed_in, django_assert_num_queries, count):
    initiative, client = written(coordinator), signed_in(coordinator)
    members = City.objects.members().exclude(slug=LYON)[:count]
    Partnership.objects.bulk_create(Partnership(initiative=initiative, city=member) for member in members)
    client.get(address(initiative))
    with django_assert_num_queries(DRAFT_QUERIES):
        assert client.get(address(initiative)).status_code == 200


DRAFT_QUERIES = 10


def test_the_network_refuses_by_sentences(coordinator):
    with pytest.raises(NetworkError, match="Say why"):
        reject(submit(written(coordinator).last_revision, by=coordinator), reason=" ", by=coordinator)


# Staff


def test_staff_publish_from_the_queue(coordinator, officer, signed_in):
    initiative = written(coordinator)
    revision = submit(initiative.last_revision, by=coordinator)
    client, queue = signed_in(officer), "/admin/cities/initiativerevision/"
    assert "Books on the river" in client.get(queue).content.decode()
    page = client.get(f"{queue}{revision.pk}/change/").content.decode()
    assert "Sharing experience and good practice" in page
    assert f"{queue}{revision.pk}/publish/" in page
    assert client.get("/admin/cities/initiative/").status_code == 200
    assert client.post(f"{queue}{revision.pk}/publish/").status_code == 302
    assert Initiative.objects.get().published == revision
    assert client.get(f"/admin/cities/initiative/{initiative.pk}/change/").status_code == 200


def test_the_mails_of_a_first_text_name_it_and_where_it_is(coordinator, officer):
    initiative = written(coordinator, title="Number 1")
    InitiativeRevision.objects.update(title_en="Quays", title_fr="Quais")
    request_changes(submit(initiative.last_revision, by=coordinator), reason="Say more.", by=officer)
    publish(submit(initiative.last_revision, by=coordinator), by=officer)
    initiative.refresh_from_db()
    assert initiative.slug == "quays"
    back, published = OutboxMessage.objects.filter(template__startswith="revision-").order_by("pk")
    assert "Quays" in back.subject
    assert published.subject == "Published: Quays"
    assert "/initiatives/quays/" in published.body


def test_an_auditor_reads_and_decides_nothing(coordinator, auditor, signed_in):
    revision = submit(written(coordinator).last_revision, by=coordinator)
    client, queue = signed_in(auditor), "/admin/cities/initiativerevision/"
    assert client.get(f"{queue}{revision.pk}/change/").status_code == 200
    for act in ("publish", "changes", "reject"):
        assert client.post(f"{queue}{revision.pk}/{act}/", {"reason": "No."}).status_code == 403
    theme = Theme.objects.get(slug="sharing")
    assert client.post(f"/admin/cities/theme/{theme.pk}/change/", {"name_en": "X", "name_fr": "X"}).status_code == 403
    revision.refresh_from_db()
    assert revision.is_waiting


def test_officers_rename_a_theme_and_the_import_keeps_it(officer, signed_in):
    theme = Theme.objects.get(slug="sharing")
    names = {"name_en": "Sharing", "name_fr": "Partage", "slug": "x", "position": "9"}
    assert signed_in(officer).post(f"/admin/cities/theme/{theme.pk}/change/", names).status_code == 302
    call_command("import_network", verbosity=0)
    theme.refresh_from_db()
    assert (theme.name_en, theme.slug, theme.position) == ("Sharing", "sharing", 1)


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(("model", "queries"), [("initiativerevision", 8), ("initiative", 10), ("partnership", 11)])
def test_the_lists_of_staff_cost_the_same_for_one_or_many(
    coordinator, officer, signed_in, django_assert_num_queries, count, model, queries
):
    members = list(City.objects.members().exclude(slug=LYON)[:count])
    for number in range(count):
        initiative = written(coordinator, title=f"Number {number}")
        submit(initiative.last_revision, by=coordinator)
        Partnership.objects.create(initiative=initiative, city=members[number])
    client = signed_in(officer)
    with django_assert_num_queries(queries):
        assert client.get(f"/admin/cities/{model}/").status_code == 200
