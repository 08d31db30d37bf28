"""A city's profile: its form, what a draft keeps, who saved in between, and what the public reads."""

import json
import re

import pytest
from django.test import Client
from django.utils import timezone

from cities.models import City, Coordinator, HistoryEntry, Moderated, ProfileConfirmation, ProfileRevision
from cities.services import moderation
from cities.services.difference import word_difference
from cities.services.profile import confirm_profile, draft_of, open_draft
from tests.conftest import mandate

from .test_moderation import published

Status = Moderated.Status
PAGE = "/en/my/cities/lyon/profile/"
WORDS = "Lyon prints, reads and sells books."


@pytest.fixture
def writer(coordinator, signed_in) -> Client:
    return signed_in(coordinator)


def form_of(client: Client, address: str = PAGE) -> dict[str, str]:
    """What a browser would send of the page as it stands."""
    context = client.get(address).context
    return {name: value for name, value in context["draft"].data.items() if value is not False}


def send(client: Client, address: str = PAGE, form: dict | None = None, **typed):
    return client.post(address, {**(form if form is not None else form_of(client)), **typed})


def save_itself(client: Client, form: dict, **typed) -> dict:
    """As the page does; the hidden fields of the answer go into the form."""
    form.update(typed)
    response = client.post(PAGE, form, headers={"X-Autosave": "1"})
    answer = response.json()
    form.update(answer.get("fields", {}))
    return answer


def draft(city: City) -> ProfileRevision:
    return ProfileRevision.objects.open().get(city=city)


# Who


@pytest.mark.parametrize(
    ("persona", "status"),
    [
        ("coordinator", 200),
        ("alternate", 200),
        ("editor", 200),
        ("other_coordinator", 404),
        ("former_coordinator", 404),
        ("commission_officer", 404),
        ("evaluator", 404),
        ("officer", 404),
    ],
)
def test_who_may_write(request, lyon, signed_in, persona, status):
    client = signed_in(request.getfixturevalue(persona))
    assert client.get(PAGE).status_code == status
    assert client.get(f"{PAGE}history/").status_code == status
    for address in (f"{PAGE}submit/", f"{PAGE}take-back/"):
        assert client.get(address).status_code == (405 if status == 200 else 404)
        assert client.post(address).status_code == (302 if status == 200 else 404)
    assert client.post(PAGE, {"presentation_en": "Hello", "seen": "after-0"}).status_code == (
        302 if status == 200 else 404
    )
    assert ProfileRevision.objects.count() == (1 if status == 200 else 0)


def test_a_stranger_is_asked_to_sign_in(client, lyon):
    assert client.get(PAGE).url.startswith("/en/account/login/?next=/en/my/cities/lyon/profile/")


def test_an_ended_mandate_loses_the_pen_at_once(lyon, coordinator, writer):
    form = form_of(writer)
    Coordinator.objects.filter(user=coordinator).update(ends_at=timezone.now())
    assert send(writer, form=form, presentation_en="Hello").status_code == 404
    assert ProfileRevision.objects.count() == 0


# Saving


def test_looking_makes_nothing_and_the_first_save_begins_a_draft(lyon, coordinator, writer):
    form = form_of(writer)
    assert send(writer, form=form).status_code == 302
    assert ProfileRevision.objects.count() == 0
    response = send(writer, form=form, presentation_en=f"  {WORDS}\r\n\r\nMore.\x00 ")
    assert response.url == f"{PAGE}?saved=1"
    saved = draft(lyon)
    assert (saved.number, saved.version, saved.created_by) == (1, 1, coordinator)
    assert saved.presentation_en == f"{WORDS}\n\nMore."
    assert saved.website == lyon.website
    assert HistoryEntry.objects.filter(object_type="cities.profilerevision").count() == 0


def test_every_part_is_saved(lyon, writer):
    typed = {
        "presentation_en": WORDS,
        "presentation_fr": "Lyon imprime, lit et vend des livres.",
        "added_value_en": "Printers.",
        "added_value_fr": "Imprimeurs.",
        "website": "www.example.org",
        "links-0-label": "Library",
        "links-0-url": "https://example.org/library",
        "venues-0-name_en": "Museum",
        "venues-0-name_fr": "Musée",
        "events-0-name_fr": "Quais",
        "events-0-when_fr": "chaque printemps",
        "contact_email": "office@example.org",
        "contact_function_en": "Office of culture",
        "contact_name": "The Office",
        "contact_consent": "on",
    }
    assert send(writer, **typed).status_code == 302
    saved = draft(lyon)
    assert saved.website == "https://www.example.org"
    assert saved.links == [{"label": "Library", "url": "https://example.org/library"}]
    assert saved.venues == [{"name_en": "Museum", "name_fr": "Musée", "url": ""}]
    assert saved.events == [
        {"name_en": "", "name_fr": "Quais", "when_en": "", "when_fr": "chaque printemps", "url": ""}
    ]
    assert (saved.contact_name, saved.contact_consent, saved.as_typed) == ("The Office", True, {})
    # What is shown again, sent back as it is, changes nothing.
    assert send(writer).status_code == 302
    assert draft(lyon).version == saved.version


def test_rows_are_removed_by_a_tick_and_added_by_a_button(lyon, writer):
    send(writer, **{"links-0-label": "A", "links-0-url": "https://a.example.org/"})
    response = send(writer, **{"links-1-label": "B", "links-1-url": "https://b.example.org/", "more": "links"})
    assert response.url == f"{PAGE}?saved=1&more=links#links"
    more = writer.get(f"{PAGE}?more=links").context["draft"].rows["links"]
    assert len(more.forms) == 6
    assert send(writer, **{"links-0-DELETE": "on"}).status_code == 302
    assert draft(lyon).links == [{"label": "B", "url": "https://b.example.org/"}]


def test_a_draft_keeps_what_it_cannot_take_over(lyon, writer):
    typed = {
        "presentation_en": WORDS,
        "website": "not an address",
        "links-0-label": "Trap",
        "links-0-url": "javascript:alert(1)",
        "contact_email": "office",
    }
    send(writer, **typed)
    saved = draft(lyon)
    assert (saved.presentation_en, saved.website, saved.links, saved.contact_email) == (WORDS, lyon.website, [], "")
    page = writer.get(PAGE)
    body = page.content.decode()
    for value in ("not an address", "javascript:alert(1)", 'value="office"'):
        assert value in body
    assert {target for target, _label, _error in page.context["errors"]} == {
        "id_website",
        "id_links-0-url",
        "id_contact_email",
    }
    assert send(writer, f"{PAGE}submit/").status_code == 200
    assert draft(lyon).status == Status.DRAFT
    send(writer, website="https://example.org/", **{"links-0-DELETE": "on", "contact_email": "office@example.org"})
    assert draft(lyon).as_typed == {}


def test_nobody_is_named_without_consent(lyon, writer):
    send(writer, contact_name="A. Name", contact_consent="on")
    assert draft(lyon).contact_name == "A. Name"
    form = form_of(writer)
    del form["contact_consent"]
    send(writer, form=form)
    saved = draft(lyon)
    assert (saved.contact_name, saved.contact_consent) == ("", False)
    assert saved.as_typed == {"contact_name": "A. Name"}
    send(writer, contact_name="")
    assert draft(lyon).as_typed == {}


# The age of texts


def test_the_older_side_is_marked(lyon, coordinator, writer):
    send(writer, presentation_en=WORDS, presentation_fr="Lyon imprime.")
    assert draft(lyon).stale_side("presentation") == ""
    send(writer, presentation_fr="Lyon imprime et lit.")
    assert draft(lyon).stale_side("presentation") == "en"
    page = writer.get(PAGE).content.decode()
    assert "The English text is older than the French one." in page
    french = writer.get(PAGE.replace("/en/", "/fr/")).content.decode()
    assert 'id="stale-presentation_en"' in french
    send(writer, presentation_en="")
    assert "There is no English text yet." in writer.get(PAGE).content.decode()


def test_sides_written_in_one_sitting_are_of_one_age(lyon, writer):
    form = form_of(writer)
    save_itself(writer, form, presentation_en=WORDS)
    save_itself(writer, form, presentation_fr="Lyon imprime.")
    assert draft(lyon).stale_side("presentation") == ""
    form = form_of(writer)
    save_itself(writer, form, presentation_fr="Lyon imprime et lit.")
    assert draft(lyon).stale_side("presentation") == "en"


def test_the_age_goes_on_into_the_next_text(lyon, coordinator, officer, writer):
    published(lyon, coordinator, WORDS, presentation_fr="Lyon imprime.")
    send(writer, presentation_fr="Lyon imprime et lit.")
    assert draft(lyon).stale_side("presentation") == "en"


# Limits


def test_too_many_words_are_saved_and_not_submitted(lyon, writer):
    long = "word " * 501
    send(writer, presentation_en=long)
    assert draft(lyon).presentation_en == long.strip()
    response = send(writer, f"{PAGE}submit/")
    assert response.status_code == 200
    assert "500 words are allowed, it has 501" in response.content.decode()
    assert draft(lyon).status == Status.DRAFT
    send(writer, f"{PAGE}submit/", presentation_en="word " * 500)
    assert draft(lyon).status == Status.SUBMITTED


def test_an_empty_profile_is_not_submitted(lyon, writer):
    response = send(writer, f"{PAGE}submit/", contact_email="office@example.org")
    assert "Write the presentation in at least one language." in response.content.decode()
    assert draft(lyon).contact_email == "office@example.org"


# Submitting


def test_submitting_twice_submits_once(lyon, coordinator, writer):
    form = form_of(writer) | {"presentation_en": WORDS, "submit": "1"}
    assert writer.post(f"{PAGE}submit/", form).status_code == 302
    assert writer.post(f"{PAGE}submit/", form).status_code == 302
    assert writer.post(f"{PAGE}submit/").status_code == 302
    assert draft(lyon).status == Status.SUBMITTED
    assert [entry.verb for entry in HistoryEntry.objects.about(draft(lyon))] == [HistoryEntry.Verb.SUBMITTED]


def test_publishing_at_once_twice_makes_no_second_text(lyon, coordinator, writer):
    published(lyon, coordinator)
    form = form_of(writer) | {"links-0-label": "A", "links-0-url": "https://a.example.org/"}
    for _click in range(2):
        assert writer.post(f"{PAGE}submit/", form).status_code == 302
    assert [text.status for text in ProfileRevision.objects.order_by("number")] == [Status.PUBLISHED] * 2
    assert ProfileRevision.objects.public(lyon).links == [{"label": "A", "url": "https://a.example.org/"}]
    page = writer.get(PAGE).content.decode()
    assert page.count("Published:") == 1
    assert "nothing to submit" not in page


def test_what_says_the_same_as_the_public_is_not_submitted(lyon, coordinator, writer):
    published(lyon, coordinator)
    writer.post(f"{PAGE}submit/")
    assert "there is nothing to submit" in writer.get(PAGE).content.decode()
    assert ProfileRevision.objects.count() == 1


def test_while_staff_look_it_can_be_taken_back(lyon, coordinator, writer):
    send(writer, f"{PAGE}submit/", presentation_en=WORDS)
    page = writer.get(PAGE)
    assert "With staff." in page.content.decode()
    assert "data-autosave" not in page.content.decode()
    assert writer.post(f"{PAGE}take-back/").status_code == 302
    assert writer.post(f"{PAGE}take-back/").status_code == 302
    assert draft(lyon).status == Status.DRAFT


def test_what_is_sent_while_staff_look_is_shown_and_not_saved(lyon, coordinator, writer):
    send(writer, presentation_en=WORDS)
    form = form_of(writer)
    moderation.submit(draft(lyon), by=coordinator)
    response = send(writer, form=form, presentation_en="Another window.")
    assert response.status_code == 409
    assert "Another window." in response.content.decode()
    assert "take it back to change it" in response.content.decode()
    assert save_itself(writer, form, presentation_en="Another window.")["state"] == "closed"
    assert draft(lyon).presentation_en == WORDS


def test_requested_changes_stand_above_the_text(lyon, coordinator, officer, writer):
    send(writer, f"{PAGE}submit/", presentation_en=WORDS)
    moderation.request_changes(draft(lyon), reason="Name the <library>.", by=officer)
    page = writer.get(PAGE).content.decode()
    assert page.index("Name the &lt;library&gt;.") < page.index('name="presentation_en"')
    send(writer, f"{PAGE}submit/", presentation_en=f"{WORDS} The library.")
    assert draft(lyon).status == Status.SUBMITTED


def test_after_a_rejection_the_next_text_begins_from_the_public_one(lyon, coordinator, officer, writer):
    published(lyon, coordinator, WORDS)
    send(writer, f"{PAGE}submit/", presentation_en="Advertisement.")
    moderation.reject(draft(lyon), reason="No advertisement.", by=officer)
    page = writer.get(PAGE)
    assert "No advertisement." in page.content.decode()
    assert page.context["draft"].data["presentation_en"] == WORDS
    send(writer, presentation_en=f"{WORDS} And more.")
    assert draft(lyon).number == 3


# Nothing is lost


def test_a_draft_saves_itself(lyon, writer):
    form = form_of(writer)
    answer = save_itself(writer, form, presentation_en="Lyon")
    assert re.fullmatch(r"Saved at .+\.", answer["message"])
    assert save_itself(writer, form, presentation_en="Lyon prints", website="x y")["state"] == "saved"
    saved = draft(lyon)
    assert (saved.presentation_en, saved.as_typed, saved.version) == ("Lyon prints", {"website": "x y"}, 2)


def test_a_colleague_in_between_is_never_overwritten_unseen(lyon, coordinator, editor, writer, signed_in):
    send(writer, presentation_en=WORDS, presentation_fr="Lyon imprime.")
    colleague = signed_in(editor)
    mine, theirs = form_of(writer), form_of(colleague)
    send(colleague, form=theirs, presentation_en="Theirs in English.", added_value_en="Theirs alone.")
    assert save_itself(writer, dict(mine), presentation_en="Mine in English.")["state"] == "conflict"
    response = send(writer, form=mine, presentation_en="Mine in English.", presentation_fr="Le mien.")
    assert response.status_code == 409
    assert draft(lyon).presentation_en == "Theirs in English."
    body = response.content.decode()
    assert "editor.lyon@example.org" in body
    assert "data-autosave" not in body
    shown = response.context["conflict"]["clashes"]
    assert [(clash.before, clash.part.text) for clash in shown] == [("Theirs in English.", "Mine in English.")]
    form = dict(response.context["draft"].data)
    # What only they changed came into the form, what only I changed stayed there.
    assert (form["added_value_en"], form["presentation_fr"]) == ("Theirs alone.", "Le mien.")
    assert send(writer, form=form).status_code == 302
    saved = draft(lyon)
    assert (saved.presentation_en, saved.presentation_fr) == ("Mine in English.", "Le mien.")
    assert saved.added_value_en == "Theirs alone."


def test_two_who_begin_at_once_get_one_draft(lyon, coordinator, editor, writer, signed_in):
    colleague = signed_in(editor)
    mine, theirs = form_of(writer), form_of(colleague)
    assert send(colleague, form=theirs, presentation_en="Theirs.").status_code == 302
    assert send(writer, form=mine, presentation_en="Mine.").status_code == 409
    assert draft(lyon).presentation_en == "Theirs."


def test_a_window_from_before_a_publication_is_warned(lyon, coordinator, officer, writer):
    published(lyon, coordinator, WORDS)
    old = form_of(writer)
    send(writer, presentation_en="Second.")
    moderation.publish(moderation.submit(draft(lyon), by=coordinator), by=officer)
    response = send(writer, form=old, presentation_en="Third, from an old window.")
    assert response.status_code == 409
    assert [clash.before for clash in response.context["conflict"]["clashes"]] == ["Second."]


@pytest.mark.parametrize("base", ["", "[]", "nonsense", '{"presentation_en": 3}'])
def test_a_spoilt_hidden_field_overwrites_nothing(lyon, writer, base):
    send(writer, presentation_en=WORDS)
    form = form_of(writer) | {"seen": "1.99", "base": base, "opened": base}
    assert send(writer, form=form, presentation_en="Mine.").status_code == 409
    assert draft(lyon).presentation_en == WORDS


def test_what_was_typed_survives_the_end_of_the_session(lyon, coordinator, writer):
    form = form_of(writer) | {"presentation_en": WORDS}
    writer.logout()
    answer = writer.post(PAGE, form, headers={"X-Autosave": "1"})
    assert (answer.status_code, answer.json()["state"]) == (401, "signed-out")
    response = writer.post(f"{PAGE}submit/", form)
    assert response.url == f"/en/account/login/?next={PAGE}"
    writer.force_login(coordinator)
    page = writer.get(PAGE)
    assert "You had been signed out." in page.content.decode()
    assert page.context["draft"].data["presentation_en"] == WORDS
    assert ProfileRevision.objects.count() == 0
    assert send(writer).status_code == 302
    assert draft(lyon).presentation_en == WORDS
    assert "You had been signed out." not in writer.get(PAGE).content.decode()


def test_what_waits_in_the_session_can_be_thrown_away_and_is_for_its_page_only(
    lyon, coordinator, other_coordinator, writer
):
    form = form_of(writer) | {"presentation_en": WORDS}
    writer.logout()
    writer.post(PAGE, form)
    writer.force_login(other_coordinator)
    assert WORDS not in writer.get("/en/my/cities/ostersund/profile/").content.decode()
    writer.force_login(coordinator)
    writer.post(PAGE, {"discard": "1"})
    assert WORDS not in writer.get(PAGE).content.decode()


# The history page


def test_the_history_shows_each_text_with_its_difference(lyon, coordinator, officer, writer):
    published(lyon, coordinator, "A city of books.")
    send(writer, f"{PAGE}submit/", presentation_en="A city of films.")
    moderation.request_changes(draft(lyon), reason="Why films?", by=officer)
    page = writer.get(f"{PAGE}history/")
    second, first = page.context["revisions"]
    assert [act.verb for act in second.acts] == [HistoryEntry.Verb.SUBMITTED, HistoryEntry.Verb.CHANGES_REQUESTED]
    assert [difference.before for difference in second.differences] == ["A city of books."]
    assert page.context["public"] == first
    body = page.content.decode()
    for words in ("Why films?", " films.", "<ins>", "<del>"):
        assert words in body


def test_the_history_costs_the_same_with_one_and_with_thirty(lyon, coordinator, writer, django_assert_num_queries):
    published(lyon, coordinator, "Text 0")
    with django_assert_num_queries(7):
        writer.get(f"{PAGE}history/")
    for number in range(29):
        published(lyon, coordinator, f"Text {number + 1}")
    with django_assert_num_queries(7):
        assert len(writer.get(f"{PAGE}history/").context["revisions"]) == 30


def test_the_form_costs_the_same_with_one_row_and_with_twenty(lyon, coordinator, writer, django_assert_num_queries):
    send(writer, **{"venues-0-name_en": "Museum"})
    with django_assert_num_queries(6):
        writer.get(PAGE)
    venues = [{"name_en": f"Museum {number}", "name_fr": "", "url": ""} for number in range(20)]
    ProfileRevision.objects.update(venues=venues)
    with django_assert_num_queries(6):
        writer.get(PAGE)


def test_words_that_changed_are_told_apart():
    pieces = word_difference("The city of books and reading.", "The city of books, film and reading.")
    assert "".join(piece.text for piece in pieces if piece.kind != "ins") == "The city of books and reading."
    assert "".join(piece.text for piece in pieces if piece.kind != "del") == "The city of books, film and reading."
    assert {piece.kind for piece in pieces} == {"", "ins", "del"}
    assert word_difference("", "") == ()


def test_a_difference_is_found_in_time():
    word_difference("a b " * 5000, "b a " * 5000)


# Confirmation


def test_the_focal_point_confirms_once_a_day(lyon, coordinator, writer):
    for _click in range(2):
        assert writer.post("/en/my/cities/lyon/confirm/").url == "/en/my/cities/lyon/"
    assert ProfileConfirmation.objects.get().by == coordinator
    assert HistoryEntry.objects.filter(verb=HistoryEntry.Verb.CONFIRMED).count() == 1


@pytest.mark.parametrize(("persona", "status"), [("alternate", 403), ("editor", 403), ("other_coordinator", 404)])
def test_nobody_else_confirms(request, lyon, signed_in, persona, status):
    client = signed_in(request.getfixturevalue(persona))
    assert client.post("/en/my/cities/lyon/confirm/").status_code == status
    assert ProfileConfirmation.objects.count() == 0


# What the public reads


def test_the_public_reads_the_published_text_only(client, lyon, coordinator, officer):
    assert "in its own words" not in client.get("/en/cities/lyon/").content.decode()
    draft = open_draft(lyon, coordinator)
    values = {
        "presentation_en": WORDS,
        "venues": [{"name_en": "", "name_fr": "Musée de l’imprimerie", "url": ""}],
        "events": [{"name_en": "Fair", "name_fr": "", "when_en": "each spring", "when_fr": "", "url": ""}],
        "links": [{"label": "Library", "url": "https://example.org/library"}],
        "contact_email": "office@example.org",
        "contact_name": "A. Name",
        "contact_consent": True,
    }
    draft = moderation.save_draft(draft, values=values, seen=0, by=coordinator)
    assert WORDS not in client.get("/en/cities/lyon/").content.decode()
    moderation.publish(moderation.submit(draft, by=coordinator), by=officer)
    page = client.get("/en/cities/lyon/").content.decode()
    for words in (WORDS, "Musée de l’imprimerie", "(in French)", "each spring", "office@example.org", "A. Name"):
        assert words in page
    french = client.get("/fr/cities/lyon/").content.decode()
    assert f'<div lang="en"><p>{WORDS}</p></div>' in french
    confirm_profile(lyon, by=coordinator)
    assert "Confirmed by the city on" in client.get("/en/cities/lyon/").content.decode()


def test_a_demonstration_says_so(client, lyon, coordinator):
    published(lyon, coordinator)
    ProfileRevision.objects.update(is_demonstration=True)
    assert "Demonstration: this text is not the city’s own." in client.get("/en/cities/lyon/").content.decode()


def test_a_published_profile_costs_a_constant_number_of_queries(client, lyon, coordinator, django_assert_num_queries):
    venues = [{"name_en": f"Museum {number}", "name_fr": "", "url": ""} for number in range(20)]
    published(lyon, coordinator, venues=venues)
    with django_assert_num_queries(13):
        client.get("/en/cities/lyon/")


def test_a_draft_begins_with_the_website_of_the_entry(lyon, coordinator):
    published(lyon, coordinator, website="https://old.example.org/")
    lyon.refresh_from_db()
    lyon.website = "https://corrected.example.org/"
    lyon.save()
    assert draft_of(lyon).website == "https://corrected.example.org/"
    assert open_draft(lyon, coordinator).website == "https://corrected.example.org/"


def test_digests_of_the_form_are_json(writer):
    assert json.loads(form_of(writer)["base"]).keys() >= {"presentation_en", "links", "venues"}


def test_one_person_serves_two_cities(lyon, coordinator, writer):
    mandate(coordinator, "seoul", Coordinator.Role.EDITOR)
    assert writer.get("/en/my/cities/seoul/profile/").status_code == 200
    assert writer.post("/en/my/cities/seoul/confirm/").status_code == 403


# What the page says


def test_it_says_when_it_saved_itself_in_one_sentence(writer, lyon):
    answer = save_itself(writer, form_of(writer), presentation_en=WORDS)
    assert re.fullmatch(r"Saved at \d\d:\d\d\.", answer["message"])


def test_who_saved_in_another_window_is_told_that_it_was_oneself(writer, lyon):
    first, second = form_of(writer), form_of(writer)
    send(writer, form=first, presentation_en=WORDS)
    assert "You saved this draft in another window" in save_itself(writer, second, presentation_en="Others")["message"]
    body = send(writer, form=second).content.decode()
    assert "you saved this text in another window" in body
    assert "Saved in the other window" in body
    assert "Saved by them" not in body


def test_too_long_a_text_is_told_in_french(writer, lyon):
    page = PAGE.replace("/en/", "/fr/")
    send(writer, page, presentation_en="word " * 501)
    assert "Ce texte est trop long" in send(writer, f"{page}submit/", form_of(writer, page)).content.decode()


def test_the_mark_of_the_older_side_stands_above_both_sides(writer, lyon):
    send(writer, presentation_en=WORDS)
    body = writer.get(PAGE).content.decode()
    assert body.index('id="stale-presentation_fr"') < body.index('name="presentation_en"')
