"""My page and the workplace of a city: what waits for whom, and that it costs the same for one row and for thirty."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from cities.days import today
from cities.models import (
    City,
    Coordinator,
    Initiative,
    InitiativeRevision,
    Invitation,
    Partnership,
    Photo,
    ProfileConfirmation,
    ProfileRevision,
)
from cities.services.waiting import Kind, desks_of, tasks_of

DAY = datetime.timedelta(days=1)


def tasks(user, kind: str = "") -> list:
    mandates = list(Coordinator.objects.of(user).select_related("city"))
    return [task for task in tasks_of(desks_of(user, mandates)) if kind in ("", task.kind)]


def kinds(user) -> list[str]:
    return [str(task.kind) for task in tasks(user)]


def profile(city: City, status: str = "published", number: int = 1, **fields) -> ProfileRevision:
    texts = {"presentation_en": "Lyon works with light.", "presentation_fr": "Lyon travaille la lumière."}
    decided = {"decided_at": timezone.now()} if status in ("published", "rejected", "changes-requested") else {}
    return ProfileRevision.objects.create(city=city, number=number, status=status, **{**texts, **decided, **fields})


def initiative(lead: City, status: str = "published", title: str = "Light", **fields) -> Initiative:
    made = Initiative.objects.create(slug=f"{title.lower()}-{Initiative.objects.count()}", lead=lead)
    texts = {"title_en": title, "title_fr": f"{title} (fr)", "text_en": "x", "text_fr": "x"}
    revision = InitiativeRevision.objects.create(
        initiative=made, number=1, status=status, decided_at=timezone.now(), **{**texts, **fields}
    )
    if status == "published":
        made.published = revision
        made.save()
    return made


# What waits


def test_a_city_at_its_beginning_is_helped_to_begin(coordinator, alternate, lyon):
    assert kinds(coordinator) == ["begin"]
    assert kinds(alternate) == ["begin"]


def test_a_city_without_an_alternate_is_told_unless_one_is_invited(coordinator, editor, lyon):
    profile(lyon)
    assert kinds(coordinator) == ["alternate"]
    assert kinds(editor) == []
    Invitation.objects.create(
        kind="coordinator",
        email="alternate@example.org",
        language="en",
        city=lyon,
        role="alternate",
        invited_by=coordinator,
        expires_at=timezone.now() + DAY,
    )
    assert kinds(coordinator) == []


def test_what_staff_sent_back_comes_first_with_its_reason(coordinator, signed_in, lyon):
    profile(lyon, "changes-requested", reason="Name the festival.", presentation_fr="")
    initiative(lyon, "draft")
    assert kinds(coordinator) == ["sent-back", "draft", "translate", "alternate"]
    for address in ("/en/my/", "/en/my/cities/lyon/"):
        text = signed_in(coordinator).get(address).content.decode()
        assert "Staff ask for changes" in text
        assert "Name the festival." in text


def test_the_reason_why_a_text_was_closed_is_shown_for_a_while(editor, lyon):
    revision = profile(lyon, "rejected", reason="Not about the city.")
    assert kinds(editor) == ["closed"]
    revision.decided_at = timezone.now() - 100 * DAY
    revision.save()
    assert kinds(editor) == []


def test_what_is_with_staff_waits_for_nobody_here(editor, lyon):
    profile(lyon, "submitted", presentation_fr="")
    assert kinds(editor) == []


def test_who_speaks_for_a_city_answers_those_who_name_it(coordinator, alternate, editor, other_coordinator, lyon):
    profile(lyon)
    other = City.objects.get(slug="ostersund")
    profile(other)
    Partnership.objects.create(initiative=initiative(other, "draft", title="Tables"), city=lyon)
    for person in (coordinator, alternate):
        (task,) = tasks(person)
        assert (task.kind, task.about.title, task.about.initiative.lead) == (Kind.ASKED, "Tables", other)
    assert kinds(editor) == []
    assert "asked" not in kinds(other_coordinator)
    Partnership.objects.update(status="confirmed")
    assert kinds(coordinator) == []


def test_the_page_is_to_be_confirmed_after_a_year_by_the_focal_point(coordinator, alternate, signed_in, lyon, settings):
    revision = profile(lyon)
    assert kinds(coordinator) == []
    revision.decided_at = timezone.now() - 365 * DAY
    revision.save()
    assert kinds(coordinator) == ["confirm"]
    assert kinds(alternate) == []
    text = signed_in(coordinator).get("/en/my/").content.decode()
    assert '<form method="post" action="/en/my/cities/lyon/confirm/">' in text
    old = ProfileConfirmation.objects.create(city=lyon, day=today() - 364 * DAY, by=coordinator)
    assert kinds(coordinator) == []
    old.day -= DAY
    old.save()
    assert kinds(coordinator) == ["confirm"]
    response = signed_in(coordinator).post("/en/my/cities/lyon/confirm/")
    assert response.status_code == 302
    assert kinds(coordinator) == []


def test_a_side_that_is_empty_or_older_is_to_be_written(editor, lyon):
    now = timezone.now()
    revision = profile(lyon, presentation_en_at=now, presentation_fr_at=now - DAY, added_value_fr="Un mot.")
    assert revision.stale_sides() == ["en", "fr"]
    assert [task.side for task in tasks(editor, "translate")] == ["en", "fr"]
    made = initiative(lyon, text_fr="")
    assert made.published.stale_sides() == ["fr"]
    assert [task.initiative for task in tasks(editor, "translate")] == ["", "", "Light"]


def test_of_a_draft_one_line_says_all(editor, signed_in, lyon):
    profile(lyon, "draft", presentation_en="")
    (task,) = tasks(editor)
    assert (task.kind, task.side) == (Kind.DRAFT, "en")
    assert "The English side is still empty" in signed_in(editor).get("/en/my/").content.decode()


def test_the_end_of_a_grant_is_told_in_time(editor, lyon):
    revision = profile(lyon)
    made = initiative(lyon)
    for number, (text, days) in enumerate(((revision, 61), (revision, 60), (made.published, -3))):
        photo = Photo.objects.create(
            city=lyon,
            width=1,
            height=1,
            sha256=str(number),
            granted_on=today() - 100 * DAY,
            granted_until=today() + days * DAY,
        )
        text.photo_uses.create(photo=photo, alt_en="x", alt_fr="x", credit="x")
    found = tasks(editor, "grant")
    assert [(task.day, task.initiative) for task in found] == [
        (today() - 3 * DAY, "Light"),
        (today() + 60 * DAY, ""),
    ]
    assert found[0].url == f"/en/my/initiatives/{made.pk}/photos/"


def test_only_the_newest_and_the_public_text_count(editor, lyon):
    profile(lyon, number=1, presentation_fr="")
    profile(lyon, number=2)
    assert kinds(editor) == []
    profile(lyon, "draft", number=3)
    assert kinds(editor) == ["draft"]


# The pages


def test_who_has_no_mandate_is_told_what_to_do(signed_in, django_user_model):
    person = django_user_model.objects.create_user("nobody@example.org")
    text = signed_in(person).get("/en/my/").content.decode()
    assert "no mandate yet" in text
    assert "/en/contact/" in text
    assert signed_in(person).get("/en/my/cities/lyon/").status_code == 404


def test_other_mandates_are_named(signed_in, evaluator, commission_officer):
    assert "Evaluator in Literature" in signed_in(evaluator).get("/en/my/").content.decode()
    assert "National Commission for UNESCO: France" in signed_in(commission_officer).get("/en/my/").content.decode()


def test_staff_are_shown_the_way(signed_in, officer):
    assert 'href="/admin/"' in signed_in(officer).get("/en/my/").content.decode()


def test_a_past_mandate_is_named_and_opens_nothing(signed_in, former_coordinator):
    browser = signed_in(former_coordinator)
    text = browser.get("/en/my/").content.decode()
    assert "Past mandates" in text
    assert "/en/cities/lyon/" in text
    assert "/en/my/cities/lyon/" not in text
    assert browser.get("/en/my/cities/lyon/").status_code == 404


def test_a_workplace_is_for_its_own_coordinators(client, signed_in, coordinator, editor, other_coordinator, officer):
    for person in (coordinator, editor):
        assert signed_in(person).get("/en/my/cities/lyon/").status_code == 200
    for person in (other_coordinator, officer):
        assert signed_in(person).get("/en/my/cities/lyon/").status_code == 404
    assert signed_in(coordinator).get("/en/my/cities/nowhere/").status_code == 404
    for address in ("/en/my/", "/en/my/cities/lyon/"):
        response = client.get(address)
        assert response.status_code == 302
        assert "login" in response.headers["Location"]


def test_nothing_personal_stays_in_a_cache(signed_in, coordinator):
    for address in ("/en/my/", "/en/my/cities/lyon/"):
        response = signed_in(coordinator).get(address)
        assert "no-store" in response.headers["Cache-Control"]
        assert '<meta name="robots" content="noindex">' in response.content.decode()


def test_a_mandate_ended_in_an_open_session_closes_the_workplace(signed_in, coordinator):
    browser = signed_in(coordinator)
    assert browser.get("/en/my/cities/lyon/").status_code == 200
    Coordinator.objects.filter(user=coordinator).update(ends_at=timezone.now())
    assert browser.get("/en/my/cities/lyon/").status_code == 404


def full_desks(user, cities: int, initiatives: int) -> None:
    """Cities with all that can stand on a desk."""
    slugs = City.objects.exclude(slug__in=["lyon", "ostersund"]).values_list("slug", flat=True)[: cities - 1]
    ostersund = City.objects.get(slug="ostersund")
    for slug in ["lyon", *slugs]:
        city = City.objects.get(slug=slug)
        if slug != "lyon":
            Coordinator.objects.create(user=user, city=city, role="focal-point", begins_at=timezone.now() - DAY)
        first = profile(city, decided_at=timezone.now() - 500 * DAY, presentation_fr="")
        draft = profile(city, "draft", number=2)
        ProfileConfirmation.objects.create(city=city, day=today() - 400 * DAY, by=user)
        for number in range(initiatives):
            made = initiative(city, "published" if number % 2 else "draft")
            Partnership.objects.create(initiative=made, city=ostersund)
            Partnership.objects.create(initiative=initiative(ostersund, "draft"), city=city)
            Partnership.objects.create(initiative=initiative(ostersund), city=city, status="confirmed")
            photo = Photo.objects.create(
                city=city, width=1, height=1, sha256=f"{slug}{number}", granted_on=today(), granted_until=today()
            )
            for text in (first, draft, made.revisions.get()):
                text.photo_uses.create(photo=photo, alt_en="x", alt_fr="x", credit="x")
    past = City.objects.get(slug="york")
    for number in range(cities):
        ended = {"begins_at": timezone.now() - 900 * DAY, "ends_at": timezone.now() - (500 + number) * DAY}
        Coordinator.objects.create(user=user, city=past, role="editor", **ended)


@pytest.mark.parametrize(("cities", "initiatives"), [(1, 1), (30, 1)])
def test_my_page_costs_as_many_queries_for_one_row_as_for_thirty(
    signed_in, coordinator, cities, initiatives, django_assert_num_queries
):
    full_desks(coordinator, cities, initiatives)
    browser: Client = signed_in(coordinator)
    browser.get("/en/my/")
    with django_assert_num_queries(23):
        assert browser.get("/en/my/").status_code == 200


@pytest.mark.parametrize("initiatives", [1, 30])
def test_a_workplace_costs_as_many_queries_for_one_row_as_for_thirty(
    signed_in, coordinator, initiatives, django_assert_num_queries
):
    full_desks(coordinator, 1, initiatives)
    browser: Client = signed_in(coordinator)
    browser.get("/en/my/cities/lyon/")
    with django_assert_num_queries(18):
        assert browser.get("/en/my/cities/lyon/").status_code == 200


def test_the_help_has_a_heading(coordinator, signed_in):
    assert "<h1>Help</h1>" in signed_in(coordinator).get("/en/my/help/").content.decode()


def test_a_page_not_found_leads_back_to_the_own_page(editor, signed_in, client):
    address = "/en/my/cities/ostersund/profile/"
    assert 'href="/en/my/">To my page</a>' in signed_in(editor).get(address).content.decode()
    assert "To my page" not in client.get("/en/nowhere/").content.decode()
