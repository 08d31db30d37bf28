import csv
import datetime
import io
import json

import openpyxl
import pytest
from django.contrib import admin
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from import_export.tmp_storages import CacheStorage

from cities.days import today
from cities.forms.creative_field import contrast
from cities.formulas import guard, unguard
from cities.models import City, Country, CreativeField, Designation, EntryReport, HistoryEntry, OfficialTotal
from cities.services.designation import end_designation
from rvcu.models import User
from tests.factories import CityFactory, CreativeFieldFactory, DesignationFactory

Verb = HistoryEntry.Verb
Day = datetime.date
LIST = "/admin/cities/city/"
EVIDENCE = {"source": "a decision", "reason": "the city asked for it"}
FACTS = {"name_en": "New Place", "country": "FR", "slug": "new-place"}


def listed(response):
    return [str(obj) for obj in response.context["cl"].result_list]


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


def errors_of(response):
    return response.context["errors"]


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


@pytest.fixture
def film(db):
    return CreativeFieldFactory(slug="film", name_en="Film")


@pytest.fixture
def city(film):
    return DesignationFactory(city__slug="here", city__name_en="Here", city__population=5, field=film).city


@pytest.fixture
def report(city):
    return EntryReport.objects.create(city=city, message="The population is wrong.", language="en")


# Who


PAGES = [
    "/admin/cities/city/",
    "/admin/cities/city/{city}/change/",
    "/admin/cities/city/{city}/history/",
    "/admin/cities/city/export/",
    "/admin/cities/designation/",
    "/admin/cities/designation/{designation}/change/",
    "/admin/cities/designation/export/",
    "/admin/cities/country/",
    "/admin/cities/country/{country}/change/",
    "/admin/cities/country/{country}/history/",
    "/admin/cities/creativefield/",
    "/admin/cities/creativefield/{field}/change/",
    "/admin/cities/officialtotal/",
    "/admin/cities/entryreport/",
    "/admin/cities/entryreport/{report}/change/",
    "/admin/cities/historyentry/",
]
ACTS = [
    "/admin/cities/city/add/",
    "/admin/cities/city/import/",
    "/admin/cities/city/{city}/field/",
    "/admin/cities/city/{city}/end/",
    "/admin/cities/city/{city}/address/",
    "/admin/cities/designation/{designation}/first-day/",
    "/admin/cities/country/add/",
    "/admin/cities/country/import/",
    "/admin/cities/creativefield/add/",
    "/admin/cities/officialtotal/add/",
    "/admin/cities/entryreport/{report}/handle/",
]


@pytest.fixture
def address(city, report, film):
    keys = {
        "city": city.pk,
        "designation": city.designations.get().pk,
        "country": city.country_id,
        "field": film.pk,
        "report": report.pk,
    }
    return lambda path: path.format(**keys)


@pytest.mark.parametrize("path", [*PAGES, *ACTS])
def test_a_visitor_is_asked_to_sign_in(client, address, path):
    response = client.get(address(path))
    assert (response.status_code, response.url) == (302, f"/admin/login/?next={address(path)}")


@pytest.mark.parametrize("path", [*PAGES, *ACTS])
def test_staff_without_a_group_sees_nothing(address, signed_in, path):
    nobody = User.objects.create_user("nobody@example.org", "secret", is_staff=True)
    assert signed_in(nobody).get(address(path)).status_code == 403


def test_the_start_page_tells_staff_without_a_group_nothing(network, signed_in):
    nobody = User.objects.create_user("nobody@example.org", "secret", is_staff=True)
    page = signed_in(nobody).get("/admin/")
    assert "figures" not in page.context
    assert b"405" not in page.content


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["officer", "auditor", "administrator"])
def test_the_secretariat_sees_all(request, address, signed_in, who, path):
    assert signed_in(request.getfixturevalue(who)).get(address(path)).status_code == 200


@pytest.mark.parametrize("path", ACTS)
def test_an_auditor_changes_nothing(auditor, address, signed_in, path):
    client = signed_in(auditor)
    assert (client.get(address(path)).status_code, client.post(address(path)).status_code) == (403, 403)


@pytest.mark.parametrize("path", ACTS)
def test_an_officer_may_act(staff, address, path):
    assert staff.get(address(path)).status_code == 200


def test_an_auditor_cannot_write_through_any_form(auditor, city, signed_in):
    edit = {"name_en": "Elsewhere", "country": city.country_id}
    client = signed_in(auditor)
    assert client.post(f"{LIST}{city.pk}/change/", edit).status_code == 403
    # The library's page of one old version would save what is posted to it: here it is no page, but an unknown city.
    version = client.post(f"{LIST}{city.pk}/history/{city.history.get().pk}/", edit, follow=True)
    assert "doesn’t exist" in str(messages_of(version))
    asked = {"import_file_name": "x", "original_file_name": "x", "format": "1"}
    cache.set(f"{CacheStorage.CACHE_PREFIX}x", b"slug,name_en\nhere,Elsewhere\n")
    assert client.post("/admin/cities/city/process_import/", asked).status_code == 403
    assert client.post(f"/admin/cities/country/{city.country_id}/change/", {"name_en": "X"}).status_code == 403
    city.refresh_from_db()
    assert city.name_en == "Here"


@pytest.mark.parametrize(
    "model", [City, Designation, CreativeField, HistoryEntry], ids=lambda model: model._meta.model_name
)
def test_nobody_deletes_what_the_past_stands_on(admin_client, city, staff, model):
    staff.post(f"{LIST}{city.pk}/address/", {"slug": "there", "reason": "a new name"})
    obj = model.objects.first()
    change = reverse(f"admin:cities_{model._meta.model_name}_change", args=[obj.pk])
    assert admin_client.get(change).status_code == 200
    assert admin_client.post(change.replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    changelist = reverse(f"admin:cities_{model._meta.model_name}_changelist")
    admin_client.post(changelist, {"action": "delete_selected", "_selected_action": [obj.pk], "post": "yes"})
    assert model.objects.filter(pk=obj.pk).count() == 1


def test_a_superuser_may_act_too(admin_client, city):
    response = admin_client.post(f"{LIST}{city.pk}/address/", {"slug": "there", "reason": "a new name"})
    assert (response.status_code, City.objects.get().slug) == (302, "there")


# The list of cities


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("ostersund", ["ostersund"]),
        ("Séoul", ["seoul"]),
        ("lodz", ["lodz"]),
        ("lyon france", ["lyon"]),
        ("!!", []),
        ("nowhere at all", []),
    ],
)
def test_search_ignores_accents_and_case(network, staff, text, slugs):
    found = staff.get(LIST, {"q": text}).context["cl"].result_list
    assert [city.slug for city in found] == slugs


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 405),
        ({"field": "film"}, 30),
        ({"membership": "member"}, 405),
        ({"membership": "former"}, 0),
        ({"missing": "year"}, 2),
        ({"missing": "french-name"}, 0),
        ({"country": "FR", "field": "literature"}, 2),
        ({"country__region__exact": "arab-states", "field": "film"}, 2),
        ({"field": "dance"}, 0),
        ({"missing": "everything"}, 405),
    ],
)
def test_filters(network, staff, query, count):
    assert staff.get(LIST, query).context["cl"].result_count == count


def test_the_country_filter_lists_only_countries_with_a_city(network, staff):
    (spec,) = (spec for spec in staff.get(LIST).context["cl"].filter_specs if spec.title == "country")
    assert len(spec.lookup_choices) == 108
    assert spec.lookup_choices[0] == ("AF", "Afghanistan")


def test_columns_say_what_is_known(city, officer, staff):
    end_designation(
        designation=city.designations.get(),
        ends_on=Day(2020, 6, 30),
        end_reason="withdrawn",
        is_public=False,
        reason="a letter",
        by=officer,
    )
    DesignationFactory(
        city__name_en="Vague",
        city__name_fr="",
        city__latitude=None,
        city__longitude=None,
        starts_on=Day(2008, 6, 1),
        starts_precision="month",
        field__name_en="Music",
    )
    model_admin = admin.site.get_model_admin(City)
    rows = [
        [
            getattr(model_admin, name)(city)
            for name in ("in_english", "in_french", "field_today", "since", "membership", "missing")
        ]
        for city in staff.get(LIST).context["cl"].result_list
    ]
    assert [row[:1] + row[2:] for row in rows] == [
        ["Here", None, None, "former member, until 30 Jun 2020", ""],
        [
            "Vague",
            "Music",
            "June 2008",
            "member",
            "no French name · no coordinates · no population · first day known to the month only",
        ],
    ]


LISTS = {
    "/admin/cities/city/": 11,
    "/admin/cities/designation/": 12,
    "/admin/cities/country/": 9,
    "/admin/cities/creativefield/": 9,
    "/admin/cities/historyentry/": 12,
    "/admin/cities/entryreport/": 9,
}


@pytest.mark.parametrize(("path", "queries"), LISTS.items())
def test_lists_cost_the_same_with_three_cities_and_with_all(
    network, staff, officer, django_assert_num_queries, path, queries
):
    for city in City.objects.all()[:3]:
        EntryReport.objects.create(city=city, message="Wrong.", language="en")
    kept = list(City.objects.values_list("pk", flat=True)[:3])
    with django_assert_num_queries(queries):
        staff.get(path)
    Designation.objects.exclude(city__in=kept).delete()
    with django_assert_num_queries(queries):
        staff.get(path)


@pytest.mark.parametrize(
    ("text", "codes"),
    [("bresil", ["BR"]), ("FR", ["FR"]), ("cote d'ivoire", ["CI"]), ("fra", ["FR"]), ("xx", []), ("?", [])],
)
def test_countries_are_found_in_either_language_and_by_code(network, staff, text, codes):
    found = staff.get("/admin/cities/country/", {"q": text}).context["cl"].result_list
    assert [country.pk for country in found] == codes
    assert staff.get("/admin/cities/country/").context["cl"].result_count == 207


def test_countries_are_offered_while_typing(network, staff):
    asked = {"app_label": "cities", "model_name": "city", "field_name": "country", "term": "allem"}
    found = staff.get("/admin/autocomplete/", asked).json()
    assert found["results"] == [{"id": "DE", "text": "Germany"}]


# One city


def test_a_page_shows_what_is_known_of_the_city(lyon, staff):
    EntryReport.objects.create(city=lyon, message="The population is that of the metropolis.", language="fr")
    page = staff.get(f"{LIST}{lyon.pk}/change/")
    shown = [(spell.field.slug, spell.first_day, spell.last_day) for spell in page.context["designations"]]
    assert shown == [("literature", "31 October 2023", ""), ("media-arts", "June 2008", "30 October 2023")]
    content = page.content.decode()
    for text in (
        "The population is that of the metropolis.",
        "Move to another field",
        "End designation",
        "Change address",
        lyon.get_absolute_url(),
    ):
        assert text in content
    assert 'name="slug"' not in content


def test_an_auditor_is_offered_no_act(lyon, auditor, signed_in):
    content = signed_in(auditor).get(f"{LIST}{lyon.pk}/change/").content.decode()
    assert "Move to another field" not in content
    assert "Change address" not in content
    assert 'name="name_en"' not in content


def test_the_first_edit_already_shows_what_it_changed(lyon, staff, officer):
    facts = {"name_en": "Lyon", "name_fr": "Lyon", "country": "FR", "latitude": "45.75", "longitude": "4.85"}
    staff.post(f"{LIST}{lyon.pk}/change/", {**facts, "population": 520000, "population_source": "INSEE"})
    lyon.refresh_from_db()
    assert (lyon.population, lyon.population_source) == (520000, "INSEE")
    edits = list(staff.get(f"{LIST}{lyon.pk}/history/").context["page_obj"])
    assert [edit.history_user for edit in edits][:1] == [officer]
    changes = {change["field"]: (change["old"], change["new"]) for change in edits[0].history_delta_changes}
    assert changes["Population"] == ("520774", "520000")
    assert edits[1].history_change_reason == "baseline"


def test_a_change_of_address_shows_among_the_edits_too(lyon, staff):
    staff.post(f"{LIST}{lyon.pk}/address/", {"slug": "lugdunum", "reason": "a test"})
    edit = staff.get(f"{LIST}{lyon.pk}/history/").context["page_obj"][0]
    assert [(change["old"], change["new"]) for change in edit.history_delta_changes] == [("lyon", "lugdunum")]


def test_the_slug_is_not_edited_with_the_facts(city, staff):
    staff.post(f"{LIST}{city.pk}/change/", {"name_en": "There", "country": city.country_id, "slug": "there"})
    city.refresh_from_db()
    assert city.slug == "here"


def test_a_name_is_taken_once_a_country(city, staff):
    other = CityFactory(country=city.country, name_en="There")
    response = staff.post(f"{LIST}{other.pk}/change/", {"name_en": "Here", "country": city.country_id})
    assert "This name is taken by a city of the same country: here." in response.content.decode()


# Operations


def test_a_city_enters_with_its_first_designation(network, staff, officer):
    film = CreativeField.objects.get(slug="film")
    asked = {**FACTS, **EVIDENCE, "field": film.pk, "starts_on": "2025-10-31", "precision": "day"}
    response = staff.post(f"{LIST}add/", asked, follow=True)
    city = City.objects.get(slug="new-place")
    assert response.redirect_chain == [(f"{LIST}{city.pk}/change/", 302)]
    assert messages_of(response) == ["New Place is a member of the network."]
    assert City.objects.members().filter(slug="new-place").count() == 1
    act = HistoryEntry.objects.first()
    assert (act.verb, act.actor, act.reason) == (Verb.ADMITTED, officer, EVIDENCE["reason"])


def test_no_city_is_added_without_a_designation(network, staff):
    response = staff.post(f"{LIST}add/", {**FACTS, "_save": "Save"})
    assert set(errors_of(response)) == {"field", "starts_on", "precision", "source", "reason"}
    assert 'value="New Place"' in response.content.decode()
    assert City.objects.filter(slug="new-place").count() == 0


def test_what_the_rules_refuse_is_said_with_what_was_typed(network, staff):
    architecture = CreativeField.objects.get(slug="architecture")
    asked = {**FACTS, **EVIDENCE, "field": architecture.pk, "starts_on": "2025-01-01", "precision": "day"}
    response = staff.post(f"{LIST}add/", asked)
    assert errors_of(response) == {"__all__": ["Architecture was no field of the network on 1 January 2025."]}
    assert 'value="2025-01-01"' in response.content.decode()


def test_a_city_moves_to_another_field(city, staff, officer):
    music = CreativeFieldFactory(slug="music", name_en="Music")
    page = staff.get(f"{LIST}{city.pk}/field/")
    assert "Here has been in Film since 11 December 2015." in page.content.decode()
    assert city.designations.count() == 1
    asked = {"field": music.pk, "on": "2023-10-31", **EVIDENCE}
    response = staff.post(f"{LIST}{city.pk}/field/", asked, follow=True)
    assert messages_of(response) == ["Here is now in Music."]
    assert HistoryEntry.objects.get().verb == Verb.FIELD_CHANGED
    assert "moved to another field" in response.content.decode()
    refused = staff.post(f"{LIST}{city.pk}/field/", {**asked, "field": city.designations.first().field_id})
    assert errors_of(refused) == {
        "__all__": ["The designation in Music began on 31 October 2023: the move can only take place after that day."]
    }


def test_a_designation_ends_and_begins_again(city, film, staff):
    ended = staff.post(
        f"{LIST}{city.pk}/end/", {"ends_on": "2020-06-30", "end_reason": "withdrawn", "reason": "a letter"}, follow=True
    )
    assert messages_of(ended) == ["The designation of Here ends on 30 June 2020."]
    assert "Designate again" in ended.content.decode()
    for operation in ("field", "end"):
        assert messages_of(staff.get(f"{LIST}{city.pk}/{operation}/", follow=True)) == ["Here is no member now."]
    asked = {"field": film.pk, "starts_on": "2020-06-01", "precision": "day", **EVIDENCE}
    refused = staff.post(f"{LIST}{city.pk}/designate/", asked)
    assert "was a member until 30 June 2020" in str(errors_of(refused)["__all__"])
    again = staff.post(f"{LIST}{city.pk}/designate/", {**asked, "starts_on": "2021-01-01"}, follow=True)
    assert messages_of(again) == ["Here is a member again, in Film."]
    assert messages_of(staff.get(f"{LIST}{city.pk}/designate/", follow=True)) == ["Here is a member now."]
    assert [act.verb for act in HistoryEntry.objects.all()] == [Verb.DESIGNATED, Verb.ENDED]


def test_a_first_day_is_corrected(city, staff):
    first = city.designations.get()
    page = f"/admin/cities/designation/{first.pk}/first-day/"
    assert page in staff.get(f"{LIST}{city.pk}/change/").content.decode()
    assert page in staff.get(f"/admin/cities/designation/{first.pk}/change/").content.decode()
    asked = {"starts_on": "2015-06-02", "precision": "month", **EVIDENCE}
    refused = staff.post(page, asked)
    assert "give the first day of that month or year" in str(errors_of(refused)["__all__"])
    assert 'value="2015-06-02"' in refused.content.decode()
    done = staff.post(page, {**asked, "starts_on": "2015-06-01"}, follow=True)
    assert done.redirect_chain == [(f"{LIST}{city.pk}/change/", 302)]
    assert messages_of(done) == ["The first day of Here in Film is now June 2015."]
    (change,) = (line for line in done.context["acts"][0].lines if line.label == "first day")
    assert (change.old, change.new) == ("11 December 2015", "1 June 2015")


def test_a_second_tab_does_not_act_on_what_it_no_longer_shows(city, staff, officer):
    music, design = (CreativeFieldFactory(slug=slug, name_en=slug.title()) for slug in ("music", "design"))
    seen = staff.get(f"{LIST}{city.pk}/field/").context["seen"]
    asked = {"field": music.pk, "on": "2023-10-31", "seen": seen, **EVIDENCE}
    staff.post(f"{LIST}{city.pk}/field/", asked)
    second = staff.post(f"{LIST}{city.pk}/field/", {**asked, "field": design.pk, "on": "2024-01-01"})
    assert errors_of(second)["__all__"] == [
        f"Meanwhile: moved to another field, by {officer.email}. Look at what would happen now, then confirm again."
    ]
    assert "Here has been in Music since 31 October 2023." in second.content.decode()
    again = {**asked, "field": design.pk, "on": "2024-01-01", "seen": second.context["seen"]}
    assert staff.post(f"{LIST}{city.pk}/field/", again).status_code == 302


def test_a_second_tab_does_not_undo_an_edit(city, staff):
    page = f"{LIST}{city.pk}/change/"
    seen = staff.get(page).context["adminform"].form["seen"].value()
    facts = {"name_en": "Here", "country": city.country_id, "population_source": "census"}
    assert staff.post(page, {**facts, "population": "7", "seen": seen}).status_code == 302
    late = staff.post(page, {**facts, "population": "5", "website": "https://here.example/", "seen": seen})
    assert "somebody changed this entry after you opened it" in late.content.decode()
    city.refresh_from_db()
    assert (city.population, city.website) == (7, "")


def test_an_edit_is_told_without_a_word_for_nothing(city, staff):
    City.objects.update(population=None)
    facts = {"name_en": "Here", "country": city.country_id, "population": "7", "population_source": "census"}
    staff.post(f"{LIST}{city.pk}/change/", facts)
    assert "None" not in staff.get(f"{LIST}{city.pk}/history/").content.decode()


def test_no_population_of_a_year_to_come(city, staff):
    facts = {"name_en": "Here", "country": city.country_id, "population": "7", "population_source": "census"}
    page = staff.post(f"{LIST}{city.pk}/change/", {**facts, "population_year": "2999"})
    assert "This year is still to come." in page.content.decode()


def test_an_address_changes(city, staff):
    refused = staff.post(f"{LIST}{city.pk}/address/", {"slug": "Not Fit", "reason": "x"})
    assert 'value="Not Fit"' in refused.content.decode()
    response = staff.post(f"{LIST}{city.pk}/address/", {"slug": "there", "reason": "a new name"}, follow=True)
    assert messages_of(response) == ["The address of Here is now there."]
    assert "<code>here</code>" in response.content.decode()


@pytest.mark.parametrize("operation", ["field", "end", "designate", "address"])
def test_an_operation_on_no_city_is_not_found(staff, operation):
    assert staff.get(f"{LIST}99999/{operation}/").status_code == 404
    assert staff.get(f"{LIST}x/{operation}/").status_code == 404


GAMES = {
    "name_en": "Games",
    "name_fr": "Jeux",
    "slug": "games",
    "colour_light": "#633323",
    "colour_dark": "#e79348",
    "pictogram": "M2 2h20v20z",
    "position": "9",
    "valid_from": "2026-01-01",
    "reason": "decided by the Executive Board",
}


def test_a_ninth_field_is_added(network, staff):
    response = staff.post("/admin/cities/creativefield/add/", GAMES, follow=True)
    assert messages_of(response) == ["Games is a field of the network."]
    assert 'd="M2 2h20v20z"' in response.content.decode()
    assert HistoryEntry.objects.first().verb == Verb.FIELD_ADDED


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"colour_light": "#ffee00"}, "colour_light"),
        ({"colour_dark": "#333333"}, "colour_dark"),
        ({"colour_dark": "blue"}, "colour_dark"),
        ({"slug": "film"}, "slug"),
        ({"slug": "Not fit"}, "slug"),
        ({"pictogram": '"><script>'}, "pictogram"),
        ({"reason": ""}, "reason"),
        ({"name_en": "Film"}, "name_en"),
    ],
)
def test_an_unfit_field_is_refused(network, staff, fault, field):
    response = staff.post("/admin/cities/creativefield/add/", {**GAMES, **fault})
    assert list(errors_of(response)) == [field]
    assert CreativeField.objects.count() == 8


def test_the_eight_fields_pass_their_own_form(network, staff):
    assert round(contrast("#ffffff", "#000000")) == 21
    for field in CreativeField.objects.all():
        values = {name: getattr(field, name) for name in GAMES if name not in ("slug", "reason")}
        assert staff.post(f"/admin/cities/creativefield/{field.pk}/change/", values).status_code == 302


def test_a_field_cannot_be_cut_off_from_its_designations(city, film, staff):
    values = {name: getattr(film, name) for name in GAMES if name not in ("slug", "reason")}
    page = f"/admin/cities/creativefield/{film.pk}/change/"
    for change in ({"valid_from": "2016-01-01"}, {"valid_to": "2015-01-01"}):
        response = staff.post(page, {**values, **change})
        assert "A city was designated in this field on 11 December 2015." in response.content.decode()


def test_reports_queue_until_handled(report, staff, officer):
    handled = EntryReport.objects.create(city=report.city, message="Old.", language="en")
    staff.post(f"/admin/cities/entryreport/{handled.pk}/handle/", {"answer": "Corrected."})
    queue = staff.get("/admin/cities/entryreport/").context["cl"].result_list
    assert [(row.pk, row.handled_by) for row in queue] == [(report.pk, None), (handled.pk, officer)]
    waiting = staff.get("/admin/cities/entryreport/?state=waiting").context["cl"].result_list
    assert list(waiting) == [report]
    late = staff.post(f"/admin/cities/entryreport/{handled.pk}/handle/", {"answer": "Again."}, follow=True)
    assert messages_of(late) == ["Someone has handled this report already."]


def test_reports_can_be_deleted(report, staff):
    staff.post(f"/admin/cities/entryreport/{report.pk}/delete/", {"post": "yes"})
    assert EntryReport.objects.count() == 0


def test_a_colour_may_be_typed_in_capitals(network, staff):
    staff.post("/admin/cities/creativefield/add/", {**GAMES, "colour_dark": "#E79348"})
    assert CreativeField.objects.get(slug="games").colour_dark == "#e79348"


def test_the_history_is_readable(city, staff):
    staff.post(f"{LIST}{city.pk}/address/", {"slug": "there", "reason": "a new name"})
    entry = HistoryEntry.objects.get()
    page = staff.get(f"/admin/cities/historyentry/{entry.pk}/change/").content.decode()
    for text in (entry.hash, "address changed", "a new name", "<del>here</del>", "<ins>there</ins>"):
        assert text in page
    for query in ({"verb__exact": Verb.READDRESSED}, {"actor__id__exact": entry.actor_id}, {"q": "new name"}):
        assert staff.get("/admin/cities/historyentry/", query).context["cl"].result_count == 1


def test_official_totals_are_kept(network, staff):
    values = {"day": "2026-10-31", "cities": 460, "countries": 110, "missing": 0, "source": "UNESCO"}
    staff.post("/admin/cities/officialtotal/add/", values)
    assert OfficialTotal.objects.known(Day(2026, 11, 22)).cities == 460
    again = staff.post("/admin/cities/officialtotal/add/", values).content.decode()
    assert "There is a total of the whole network for this day already." in again
    ahead = staff.post("/admin/cities/officialtotal/add/", {**values, "day": "2999-01-01"}).content.decode()
    assert "Choose today or an earlier day" in ahead


# Import and export


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("=1+1", "'=1+1"),
        ("+33 1 23", "'+33 1 23"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("  =x", "'  =x"),
        ("\n=x", "'\n=x"),
        ("＝x", "'＝x"),
        ("'=x", "''=x"),
        ("-34.9287", "-34.9287"),
        ("+5", "+5"),
        ("-", "'-"),
        ("Lyon", "Lyon"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("", ""),
        (-3.5, -3.5),
        (None, None),
    ],
)
def test_the_guard_against_formulas(text, guarded):
    assert guard(text) == guarded
    assert unguard(guarded) == text


def exported(client, fmt, path="/admin/cities/city/export/"):
    """The rows of an export, as the format's own reader gives them."""
    names = [name for name in client.get(path).context["form"].fields if name.startswith("cityresource_")]
    kind = ["xlsx", "csv", "json"].index(fmt)
    response = client.post(path, {"resource": "0", "format": str(kind), **dict.fromkeys(names, "on")})
    if fmt == "json":
        return json.loads(response.content)
    if fmt == "csv":
        return list(csv.DictReader(io.StringIO(response.content.decode())))
    header, *rows = openpyxl.load_workbook(io.BytesIO(response.content)).active.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize("fmt", ["xlsx", "csv", "json"])
def test_exports_are_guarded_in_every_format(city, staff, fmt):
    City.objects.update(note="=HYPERLINK(1)", aliases="-Here;There", latitude=-34.5)
    (row,) = exported(staff, fmt)
    assert (row["note"], row["aliases"]) == ("'=HYPERLINK(1)", "'-Here;There")
    assert (row["slug"], row["field"], str(row["latitude"])) == ("here", "film", "-34.5")


def test_an_export_holds_the_list_as_filtered(network, staff):
    assert len(exported(staff, "json", "/admin/cities/city/export/?field=film")) == 30


def upload(client, path, rows, *, name="rows.csv", fmt="1"):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    file = SimpleUploadedFile(name, text.getvalue().encode())
    return client.post(path, {"import_file": file, "format": fmt, "resource": "0"})


def confirm(client, response, path):
    form = response.context["confirm_form"]
    return client.post(path.replace("import/", "process_import/"), form.initial, follow=True)


def test_an_import_corrects_facts_after_a_look(city, staff, officer):
    CityFactory(slug="untouched", name_en="Untouched")
    path = "/admin/cities/city/import/"
    rows = [
        {"slug": "here", "name_fr": "Ici", "population": "7", "field": "music"},
        {"slug": "untouched", "name_fr": City.objects.get(slug="untouched").name_fr, "population": "", "field": ""},
    ]
    preview = upload(staff, path, rows)
    assert City.objects.get(slug="here").population == 5
    content = preview.content.decode()
    assert "style=" not in content
    assert "<ins>" in content
    done = confirm(staff, preview, path)
    assert done.redirect_chain == [(LIST, 302)]
    city.refresh_from_db()
    assert (city.name_fr, city.population, city.designations.get().field.slug) == ("Ici", 7, "film")
    edit = city.history.latest()
    assert (edit.history_user, edit.history_change_reason, edit.population) == (officer, "import", 7)
    assert City.objects.get(slug="untouched").history.count() == 1


def test_an_import_keeps_what_was_there_before_the_first_edit(lyon, staff):
    path = "/admin/cities/city/import/"
    confirm(staff, upload(staff, path, [{"slug": "lyon", "note": "see INSEE"}]), path)
    edits = [(edit.history_change_reason, edit.note) for edit in lyon.history.all()]
    assert edits == [("import", "see INSEE"), ("baseline", "joined in media arts; moved to literature in 2023")]


def test_what_was_exported_comes_back_unchanged(city, staff):
    City.objects.update(note="=HYPERLINK(1)", aliases="'=x", population_source="-")
    (row,) = exported(staff, "csv")
    path = "/admin/cities/city/import/"
    confirm(staff, upload(staff, path, [row]), path)
    city.refresh_from_db()
    assert (city.note, city.aliases, city.population_source) == ("=HYPERLINK(1)", "'=x", "-")
    assert city.history.count() == 1


def test_an_import_adds_no_city(city, staff):
    response = upload(staff, "/admin/cities/city/import/", [{"slug": "new-place", "name_en": "New", "country": "FR"}])
    assert "confirm_form" not in response.context
    (row,) = response.context["result"].invalid_rows
    assert row.number == 1
    assert "No city has this address" in response.content.decode()


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"latitude": "95"}, "latitude"),
        ({"population": "many"}, "population"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"name_en": ""}, "name_en"),
    ],
)
def test_faults_of_an_import_are_told_by_row(city, staff, fault, field):
    CityFactory(slug="there")
    rows = [{"slug": "there", "note": "x"}, {"slug": "here", "note": "x"}]
    rows = [{**dict.fromkeys(fault, ""), **row} for row in rows]
    rows[0] |= {name: getattr(City.objects.get(slug="there"), name) or "" for name in fault}
    rows[1] |= fault
    response = upload(staff, "/admin/cities/city/import/", rows)
    (row,) = response.context["result"].invalid_rows
    assert (row.number, list(row.field_specific_errors)) == (2, [field])
    assert City.objects.filter(note="x").count() == 0


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"name_en\nHere\n", "The file has no column “slug”"),
        (b"slug,note\nhere,a\nthere,b\nhere,c\n", "“here” stands in several rows: 1, 3."),
        (b"slug,country\nhere,XX\n", "“XX” is not in the list that this column points to."),
        (b"slug,population_year\nhere,2999\n", "This year is still to come."),
        ("slug,note\nhere,été\n".encode("latin-1"), "This file cannot be read in the format chosen."),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_with_a_sentence(city, staff, content, fault):
    file = SimpleUploadedFile("rows.csv", content)
    page = staff.post("/admin/cities/city/import/", {"import_file": file, "format": "1", "resource": "0"})
    assert fault in page.content.decode()
    assert "confirm_form" not in page.context


def test_a_look_at_an_import_shows_the_columns_of_the_file_alone(city, staff):
    page = upload(staff, "/admin/cities/city/import/", [{"slug": "here", "population": "7"}])
    assert page.context["result"].diff_headers == ["slug", "population"]


def test_an_export_is_named_after_its_list_and_the_day(city, staff):
    names = [name for name in staff.get("/admin/cities/city/export/").context["form"].fields if "resource_" in name]
    response = staff.post("/admin/cities/city/export/", {"resource": "0", "format": "1", **dict.fromkeys(names, "on")})
    assert f'filename="cities-{today().isoformat()}.csv"' in response["Content-Disposition"]


def test_an_import_that_is_no_longer_kept_is_asked_for_again(city, staff):
    asked = {"import_file_name": "gone", "original_file_name": "x.csv", "format": "1", "resource": "0"}
    response = staff.post("/admin/cities/city/process_import/", asked, follow=True)
    assert messages_of(response) == ["The file is no longer kept here: choose it again."]


def test_countries_are_imported(network, staff):
    path = "/admin/cities/country/import/"
    rows = [{"iso2": "FR", "iso3": "FRA", "name_en": "France", "name_fr": "La France"}]
    confirm(staff, upload(staff, path, rows), path)
    assert Country.objects.get(pk="FR").name_fr == "La France"
    assert Country.objects.count() == 207
    refused = upload(staff, path, [{"iso2": "fr", "iso3": "FRA", "name_en": "France"}])
    assert refused.context["result"].has_validation_errors()


# The frame


def test_no_page_has_anything_inline(staff, address):
    for path in [*PAGES, *ACTS, "/admin/", "/admin/login/"]:
        content = staff.get(address(path), follow=True).content.decode()
        for inline in (" style=", " onclick=", " onchange=", "<style", "<script>"):
            assert inline not in content, (path, inline)
