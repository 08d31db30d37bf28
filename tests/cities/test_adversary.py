"""What somebody with bad intentions, or bad luck, tries: each attempt is one test."""

import datetime
import logging
from collections.abc import Callable
from functools import partial
from io import BytesIO

import pytest
from allauth.account.forms import default_token_generator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string
from PIL import Image

from cities.exceptions import TransitionNotAllowed
from cities.models import (
    City,
    Coordinator,
    Edition,
    Initiative,
    InitiativeRevision,
    Invitation,
    OutboxMessage,
    Partnership,
    ProfileRevision,
    Reminder,
)
from cities.services import clock, photo
from cities.services.invitation import invite, new_token
from cities.services.moderation import publish, reject, request_changes, save_draft, submit, take_back
from cities.services.outbox import retry, write_mail
from cities.services.partnership import ask, confirm, decline, end
from cities.services.photo import withdraw_grant
from cities.services.privacy import erase
from cities.services.profile import confirm_profile, draft_of, open_draft, submit_profile
from cities.services.second_factor import take_away_second_factor
from cities.services.sending import send_due
from rvcu.models import User
from tests.conftest import mandate, person, sign_in

from .test_initiatives import form_of as form_of_initiative
from .test_initiatives import published as published_initiative
from .test_initiatives import written as written_initiative
from .test_moderation import published
from .test_photos import files, granted, stored, use  # noqa: F401  fixtures
from .test_profile import PAGE, form_of, send

PASSWORD = "the password of the tests"
ANSWER = {"name": "New Editor", "language": "en", "password": "a long and good one", "again": "a long and good one"}
SIGN_IN = "/en/account/login/"


@pytest.fixture(autouse=True)
def no_attempts_yet(db) -> None:
    cache.clear()


@pytest.fixture
def lyon(network) -> City:
    return City.objects.get(slug="lyon")


@pytest.fixture
def writer(coordinator) -> Client:
    return sign_in(coordinator)


def other_city() -> City:
    return City.objects.get(slug="ostersund")


def link_of(invitation: Invitation) -> str:
    return f"/en/account/invitation/{new_token(invitation)}/"


def to_editor(by: User, city: City, email: str = "new.editor@example.org") -> Invitation:
    return invite(
        kind=Invitation.Kind.COORDINATOR,
        email=email,
        language="en",
        by=by,
        city=city,
        role=Coordinator.Role.EDITOR,
    )


# Sessions, passwords, secrets


def test_the_session_of_an_accepted_invitation_is_listed_and_ends_like_any_other(lyon, coordinator, administrator):
    there = Client()
    there.post(link_of(to_editor(coordinator, lyon)), ANSWER)
    user = User.objects.get(email="new.editor@example.org")
    assert there.get("/en/my/").status_code == 200
    assert list(UserSession.objects.filter(user=user).values_list("session_key", flat=True)) == [
        there.session.session_key
    ]
    user.authenticator_set.create(type="totp", data={})
    take_away_second_factor(user, by=administrator, reason="called back")
    assert there.get("/en/my/").status_code == 302


def test_the_session_changes_its_key_with_the_invitation(lyon, coordinator):
    there = Client()
    there.post(PAGE, {"presentation_en": "typed before"})
    before = there.session.session_key
    there.post(link_of(to_editor(coordinator, lyon)), ANSWER)
    assert there.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.parametrize(
    "spelt",
    [lambda n: {"HTTP_HOST": f"testserver:{8000 + n}"}, lambda n: {"HTTP_HOST": ["testserver", "localhost"][n % 2]}],
)
def test_the_name_of_the_host_gives_no_more_attempts_on_an_account(network, coordinator, spelt):
    for number in range(5):
        Client().post(SIGN_IN, {"login": coordinator.email, "password": "wrong"}, **spelt(number))
    refused = Client().post(SIGN_IN, {"login": coordinator.email, "password": PASSWORD}, **spelt(6))
    assert "Too many attempts" in refused.content.decode()


@pytest.mark.parametrize(
    "spelt", [str.upper, lambda email: email.replace("i", "ı"), lambda email: email.replace("s", "ſ")]
)
def test_other_letters_give_no_more_attempts_on_an_account(network, coordinator, spelt):
    person("alias@example.org")
    for _attempt in range(5):
        Client().post(SIGN_IN, {"login": spelt("alias@example.org"), "password": "wrong"})
    refused = Client().post(SIGN_IN, {"login": "alias@example.org", "password": PASSWORD})
    assert "Too many attempts" in refused.content.decode()


def test_a_link_to_a_new_password_goes_to_the_address_of_now_only(administrator):
    """Staff send again what failed; meanwhile the person left that mailbox, perhaps because it is not theirs alone."""
    user = person("before@example.org")
    message = write_mail(
        "account-password-reset-key", to=user, secret=OutboxMessage.Secret.PASSWORD_RESET, secret_of=user.pk
    )
    OutboxMessage.objects.filter(pk=message.pk).update(status=OutboxMessage.Status.GIVEN_UP)
    user.email = "after@example.org"
    user.save()
    retry(message, by=administrator)
    send_due()
    message.refresh_from_db()
    assert (message.status, mail.outbox) == (OutboxMessage.Status.WITHDRAWN, [])


def test_the_log_holds_no_link_that_opens_something(lyon, coordinator, editor, caplog):
    link = link_of(to_editor(coordinator, lyon))
    token = link.split("/")[-2]
    reset = default_token_generator.make_token(coordinator)
    (mask,) = settings.LOGGING["handlers"]["console"]["filters"]
    handler = logging.StreamHandler()
    handler.addFilter(import_string(settings.LOGGING["filters"][mask]["()"])())
    attempts = [
        lambda: sign_in(editor).get(link),
        lambda: Client(enforce_csrf_checks=True).post(link, ANSWER),
        lambda: Client(enforce_csrf_checks=True).post(f"/fr/account/password/reset/key/1-{reset}/"),
        lambda: Client().get(f"{link}more/"),
    ]
    for attempt in attempts:
        caplog.clear()
        attempt()
        assert caplog.records
        for found in caplog.records:
            handler.filter(found)
            text = handler.format(found)
            assert "/account/" in text
            assert token not in text
            assert reset not in text


def test_visitors_cannot_fill_the_table_of_sessions(network):
    text = "x" * 150_000
    before = Session.objects.count()
    for _attempt in range(40):
        assert Client().post(PAGE, {"presentation_en": text}).status_code == 302
    assert Session.objects.count() - before <= 20


# What a form may write


def test_hidden_fields_write_nothing_that_the_form_does_not_offer(lyon, writer, other_coordinator):
    send(
        writer,
        presentation_en="Ours.",
        status="published",
        number="99",
        version="99",
        is_demonstration="on",
        city=str(other_city().pk),
        decided_by=str(other_coordinator.pk),
        reason="none",
        contact_name="Somebody",
    )
    draft = ProfileRevision.objects.get()
    assert (draft.city, draft.status, draft.number, draft.version) == (lyon, "draft", 1, 1)
    assert (draft.is_demonstration, draft.decided_by, draft.reason, draft.contact_name) == (False, None, "", "")


def test_hidden_fields_of_an_initiative_write_nothing(lyon, coordinator, writer):
    initiative = written_initiative(coordinator)
    form = form_of_initiative(initiative, title_en="Ours", status="published", slug="mine", published="1")
    writer.post(f"/en/my/initiatives/{initiative.pk}/", form | {"initiative": "1", "is_demonstration": "on"})
    initiative = Initiative.objects.get()
    revision = InitiativeRevision.objects.get()
    assert (revision.title_en, revision.status) == ("Ours", "draft")
    assert (initiative.published, initiative.is_demonstration, initiative.slug) == (None, False, "books-on-the-river")


BAD_ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt://example.org/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    'https://example.org/"onmouseover=alert(1)',
    "https://example.org/\njavascript:alert(1)",
    "//example.org/",
    "ftp://example.org/",
]


@pytest.mark.parametrize("url", BAD_ADDRESSES)
def test_no_link_leads_anywhere_but_to_a_page(lyon, writer, client, url):
    published(lyon, Coordinator.objects.get(city=lyon).user)
    form = form_of(writer) | {
        "website": url,
        "links-0-label": "Here",
        "links-0-url": url,
        "venues-0-name_en": "House",
        "venues-0-url": url,
        "events-0-name_en": "Feast",
        "events-0-url": url,
    }
    form |= {f"{name}-TOTAL_FORMS": "1" for name in ("links", "venues", "events")}
    writer.post(f"{PAGE}submit/", form)
    for revision in ProfileRevision.objects.all():
        kept = [
            revision.website,
            *(row["url"] for rows in (revision.links, revision.venues, revision.events) for row in rows),
        ]
        assert all(address == "" or address.startswith(("https://", "http://")) for address in kept)
        assert not any(set(address) & set("<>\n ") for address in kept)
    page = client.get("/en/cities/lyon/").content.decode()
    assert '"onmouseover' not in page
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page.lower()


EVIL = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>{{ 7|add:7 }}"


def test_what_cities_type_is_shown_as_typed_and_never_as_markup(
    lyon,
    coordinator,
    officer,
    stored,  # noqa: F811
    other_coordinator,
):
    rows = {
        "links": [{"label": EVIL, "url": "https://example.org/"}],
        "venues": [{"name_en": EVIL, "name_fr": EVIL, "url": ""}],
        "events": [{"name_en": EVIL, "name_fr": EVIL, "when_en": EVIL, "when_fr": EVIL, "url": ""}],
    }
    texts = dict.fromkeys(("presentation_fr", "added_value_en", "added_value_fr", "contact_function_en"), EVIL)
    draft = open_draft(lyon, coordinator)
    save_draft(
        draft,
        values={"presentation_en": EVIL, **texts, **rows, "contact_name": EVIL, "contact_consent": True},
        seen=0,
        by=coordinator,
    )
    use(draft, granted(stored), alt_en=EVIL, alt_fr=EVIL, credit=EVIL)
    revision = publish(submit(draft, by=coordinator), by=officer)
    waiting = open_draft(lyon, coordinator)
    save_draft(waiting, values={"presentation_en": EVIL + " more"}, seen=0, by=coordinator)
    request_changes(submit(waiting, by=coordinator), reason=EVIL, by=officer)
    initiative = published_initiative(
        coordinator, title=EVIL, others=[{"name": EVIL, "sector": "private", "url": ""}], links=rows["links"]
    )
    partnership = ask(initiative=initiative, city=other_city(), by=coordinator)
    decline(partnership=partnership, word=EVIL, by=other_coordinator)
    User.objects.filter(pk=coordinator.pk).update(name=EVIL)
    invitation = to_editor(coordinator, lyon)
    Invitation.objects.filter(pk=invitation.pk).update(name=EVIL)
    staff, city = sign_in(officer), sign_in(coordinator)
    pages = [
        (Client(), "/en/cities/lyon/"),
        (Client(), "/fr/cities/lyon/"),
        (Client(), "/en/initiatives/"),
        (Client(), initiative.get_absolute_url()),
        (Client(), link_of(invitation)),
        (city, PAGE),
        (city, f"{PAGE}history/"),
        (city, f"{PAGE}photos/"),
        (city, "/en/my/cities/lyon/"),
        (city, "/en/my/cities/lyon/team/"),
        (city, "/en/my/"),
        (city, "/en/my/acts/"),
        (city, f"/en/my/partnerships/{partnership.pk}/"),
        (city, f"/en/my/initiatives/{initiative.pk}/"),
        (staff, f"/admin/cities/profilerevision/{revision.pk}/change/"),
        (staff, f"/admin/cities/profilerevision/{waiting.pk}/change/"),
        (staff, f"/admin/cities/initiativerevision/{initiative.published_id}/change/"),
        (staff, "/admin/cities/outboxmessage/"),
        *((staff, f"/admin/cities/outboxmessage/{message.pk}/change/") for message in OutboxMessage.objects.all()),
        (staff, f"/admin/cities/invitation/{invitation.pk}/change/"),
        (staff, "/admin/cities/photo/"),
        (staff, f"/admin/cities/photo/{stored.pk}/change/"),
        (staff, "/admin/"),
    ]
    for client, address in pages:
        response = client.get(address)
        assert response.status_code == 200, address
        page = response.content.decode()
        assert "<img src=x" not in page, address
        assert "<script>alert" not in page, address
        assert "\"'><" not in page, address


def test_no_text_becomes_a_header_of_a_mail(lyon, coordinator, officer):
    nasty = "Name\r\nBcc: everybody@example.org\r\n\r\nText"
    User.objects.filter(pk=coordinator.pk).update(name=nasty)
    coordinator.refresh_from_db()
    initiative = written_initiative(coordinator)
    InitiativeRevision.objects.update(title_en=nasty, title_fr=nasty)
    person_asked = person("speaker@example.org", name=nasty)
    mandate(person_asked, "ostersund", Coordinator.Role.FOCAL_POINT)
    ask(initiative=initiative, city=other_city(), by=coordinator)
    invitation = to_editor(coordinator, lyon)
    assert invitation.pk
    send_due()
    assert len(mail.outbox) == 2
    for message in mail.outbox:
        sent = message.message()
        assert sent["Bcc"] is None
        assert "\n" not in message.subject
        assert message.recipients() == message.to


def test_a_spoilt_hidden_field_is_no_error_page(lyon, writer):
    deep = "[" * 100_000
    for name in ("base", "opened", "seen"):
        assert writer.post(PAGE, form_of(writer) | {name: deep, "presentation_en": "x"}).status_code < 500
    for name in ("links", "venues", "events"):
        for value in ("-1", "x", "9" * 5000, "100000"):
            assert writer.post(PAGE, form_of(writer) | {f"{name}-TOTAL_FORMS": value}).status_code < 500


# Past the moderation


def test_a_website_that_staff_corrected_does_not_come_back_without_staff(lyon, coordinator):
    """Publishing at once looks at what the city changed; the website of the entry is another text that is public."""
    published(lyon, coordinator, website="https://taken-over.example.org/")
    draft = open_draft(lyon, coordinator)
    City.objects.filter(pk=lyon.pk).update(website="https://right.example.org/")
    save_draft(draft, values={"links": [{"label": "a", "url": "https://a.example.org/"}]}, seen=0, by=coordinator)
    assert submit_profile(draft, by=coordinator).status == "published"
    assert City.objects.get(pk=lyon.pk).website == "https://right.example.org/"
    # The next text begins with the right one, and that is shown to staff as a change.
    draft = open_draft(lyon, coordinator)
    assert draft.website == "https://right.example.org/"
    assert submit_profile(draft, by=coordinator).status == "submitted"


def test_a_text_under_review_cannot_be_changed_from_any_page(lyon, coordinator, writer, stored):  # noqa: F811
    draft = open_draft(lyon, coordinator)
    save_draft(draft, values={"presentation_en": "Seen by staff."}, seen=0, by=coordinator)
    photo = use(draft, granted(stored))
    submit(draft, by=coordinator)
    seen = [(use.alt_en, use.credit) for use in draft.photo_uses.all()]
    send(writer, presentation_en="Put in afterwards.")
    prefix = photo.photo_id.hex
    words = {"alt_en": "Other", "alt_fr": "Autre", "credit": "X", "rights_holder": "Y", "granted": "on", "seen": "x"}
    for act in ({"save": "1"}, {"remove": str(photo.photo_id)}):
        form = {f"{prefix}-{name}": value for name, value in words.items()} | act
        assert writer.post(f"{PAGE}photos/", form).status_code == 422
    draft.refresh_from_db()
    assert draft.presentation_en == "Seen by staff."
    assert [(use.alt_en, use.credit) for use in draft.photo_uses.all()] == seen


def test_words_of_a_published_photo_change_only_with_the_next_text(lyon, coordinator, officer, writer, stored):  # noqa: F811
    draft = open_draft(lyon, coordinator)
    save_draft(draft, values={"presentation_en": "Text."}, seen=0, by=coordinator)
    use(draft, granted(stored))
    public = publish(submit(draft, by=coordinator), by=officer)
    page = writer.get(f"{PAGE}photos/")
    form = {field.html_name: field.value() or "" for form in page.context["forms"] for field in form}
    (prefix,) = {name.split("-")[0] for name in form}
    writer.post(f"{PAGE}photos/", form | {f"{prefix}-alt_en": "Buy here", "save": "1"})
    assert public.photo_uses.get().alt_en == "A wall of light"
    assert open_draft(lyon, coordinator).photo_uses.get().alt_en == "Buy here"
    assert submit_profile(draft_of(lyon), by=coordinator).status == "submitted"


def test_staff_decide_on_what_they_read_and_on_nothing_else(lyon, coordinator, officer):
    """The page of the queue is asked before the row is held: in between it can be taken back and rewritten."""
    draft = open_draft(lyon, coordinator)
    draft = save_draft(draft, values={"presentation_en": "Read by staff."}, seen=0, by=coordinator)
    read = submit(draft, by=coordinator)
    back = take_back(read, by=coordinator)
    for decide in (publish, partial(reject, reason="No."), partial(request_changes, reason="More.")):
        with pytest.raises(TransitionNotAllowed):
            decide(read, by=officer)
    back = save_draft(back, values={"presentation_en": "Another."}, seen=back.version, by=coordinator)
    again = submit(back, by=coordinator)
    for decide in (publish, partial(reject, reason="No."), partial(request_changes, reason="More.")):
        with pytest.raises(TransitionNotAllowed):
            decide(read, by=officer)
    assert publish(again, by=officer).presentation_en == "Another."


# What a partner may read


def test_a_city_that_declined_or_left_reads_no_further_drafts(lyon, coordinator, other_coordinator, officer):
    initiative = published_initiative(coordinator, text_en="What is public.")
    partnership = ask(initiative=initiative, city=other_city(), by=coordinator)
    there, page = sign_in(other_coordinator), f"/en/my/partnerships/{partnership.pk}/"
    confirm(partnership=partnership, by=other_coordinator)
    partnership.refresh_from_db()
    end(partnership=partnership, city=lyon, by=coordinator)
    sign_in(coordinator).post(f"/en/my/initiatives/{initiative.pk}/edit/")
    revision = initiative.last_revision
    save_draft(revision, values={"text_en": "Between ourselves."}, seen=0, by=coordinator)
    text = there.get(page).content.decode()
    assert "Between ourselves." not in text
    assert "What is public." in text
    # Whoever leads still sees the draft.
    assert "Between ourselves." in sign_in(coordinator).get(page).content.decode()


def test_a_city_that_declined_reads_nothing_of_what_never_was_public(coordinator, other_coordinator):
    initiative = written_initiative(coordinator, text_en="Between ourselves.")
    partnership = ask(initiative=initiative, city=other_city(), by=coordinator)
    there, page = sign_in(other_coordinator), f"/en/my/partnerships/{partnership.pk}/"
    assert "Between ourselves." in there.get(page).content.decode()
    decline(partnership=partnership, word="No.", by=other_coordinator)
    response = there.get(page)
    assert response.status_code == 200
    assert "Between ourselves." not in response.content.decode()
    assert not Initiative.objects.visible_to(other_coordinator).exists()
    assert not other_coordinator.has_perm("cities.read_initiative", initiative)


def test_nobody_floods_a_city_with_questions(lyon, coordinator, other_coordinator, writer):
    initiative = written_initiative(coordinator)
    page = f"/en/my/initiatives/{initiative.pk}/partners/"
    for _time in range(8):
        answer = writer.post(page, {"city": "ostersund"}, follow=True)
        for partnership in Partnership.objects.filter(status="asked"):
            end(partnership=partnership, city=lyon, by=coordinator)
    assert OutboxMessage.objects.filter(template="partnership-asked").count() == 5
    assert "Ask again tomorrow." in answer.content.decode()
    # Others are asked as before.
    assert writer.post(page, {"city": "montreal"}).status_code == 302


# Pictures


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
def test_a_small_file_of_many_pixels_is_made_small_before_it_is_copied(lyon, coordinator, monkeypatch, mode, files):  # noqa: F811
    picture = BytesIO()
    Image.new(mode, (6000, 3000)).save(picture, "PNG")
    seen, in_srgb = [], photo._in_srgb
    monkeypatch.setattr(photo, "_in_srgb", lambda image: seen.append(image.size) or in_srgb(image))
    kept = photo.store_photo(owner=lyon, upload=picture, by=coordinator)
    assert seen == [(2400, 1200)]
    assert (kept.width, kept.height) == (2400, 1200)


# Pages kept in memory


def test_the_edition_moves_with_what_the_public_sees_and_with_nothing_else(
    lyon,
    coordinator,
    officer,
    other_coordinator,
    stored,  # noqa: F811
):
    def moved() -> bool:
        nonlocal before
        was, before = before, Edition.current()
        return before != was

    before = Edition.current()
    draft = open_draft(lyon, coordinator)
    save_draft(draft, values={"presentation_en": "Text."}, seen=0, by=coordinator)
    use(draft, stored)
    assert not moved()
    granted(stored)
    assert moved()
    waiting = submit(draft, by=coordinator)
    assert not moved()
    publish(waiting, by=officer)
    assert moved()
    confirm_profile(lyon, by=coordinator)
    assert moved()
    withdraw_grant(photo=stored, by=officer)
    assert moved()
    published_initiative(coordinator)
    assert moved()
    partnership = ask(initiative=Initiative.objects.get(), city=other_city(), by=coordinator)
    moved()
    confirm(partnership=partnership, by=other_coordinator)
    assert moved()
    end(partnership=partnership, city=lyon, by=coordinator)
    assert moved()


def test_a_name_that_was_erased_is_in_no_cached_page_of_any_process(lyon, coordinator, officer, client, stored):  # noqa: F811
    """Other processes have caches of their own: only the edition reaches them."""
    User.objects.filter(pk=coordinator.pk).update(name="Zoé Quelconque")
    draft = open_draft(lyon, coordinator)
    save_draft(draft, values={"presentation_en": "Text."}, seen=0, by=coordinator)
    use(draft, granted(stored), credit="Zoé Quelconque")
    publish(submit(draft, by=coordinator), by=officer)
    assert "Zoé Quelconque" in client.get("/en/cities/lyon/").content.decode()
    before = Edition.current()
    erase(User.objects.get(pk=coordinator.pk), by=officer)
    assert Edition.current() != before


def test_a_name_of_one_word_that_waits_for_consent_is_erased(lyon, coordinator, officer):
    User.objects.filter(pk=coordinator.pk).update(name="Zoé")
    draft = open_draft(lyon, coordinator)
    ProfileRevision.objects.filter(pk=draft.pk).update(as_typed={"contact_name": "zoé ", "website": "Zoé"})
    erase(User.objects.get(pk=coordinator.pk), by=officer)
    draft.refresh_from_db()
    assert draft.as_typed == {"website": "Zoé"}


def test_what_only_some_may_see_is_kept_by_no_cache(lyon, coordinator, writer, stored, client):  # noqa: F811
    for there, address in (
        (writer, f"/photos/{stored.pk}/small.jpg"),
        (writer, PAGE),
        (writer, "/en/my/"),
        (client, link_of(to_editor(coordinator, lyon))),
        (client, SIGN_IN),
    ):
        response = there.get(address)
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"], address
        assert "ETag" not in response


def test_the_public_page_never_shows_a_draft_even_to_its_writer(lyon, coordinator, writer, client):
    draft = open_draft(lyon, coordinator)
    save_draft(draft, values={"presentation_en": "Not yet public."}, seen=0, by=coordinator)
    for there in (writer, client, writer, client):
        assert "Not yet public." not in there.get("/en/cities/lyon/").content.decode()


# The clock, killed


class Killed(BaseException):
    """As SIGKILL between two statements: nothing after it runs, what was not committed is gone."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", [1, 7])
def test_a_clock_killed_after_any_statement_does_everything_once(lyon, coordinator, other_coordinator, step):
    asked = ask(initiative=written_initiative(coordinator), city=other_city(), by=coordinator)
    Partnership.objects.filter(pk=asked.pk).update(asked_at=timezone.now() - datetime.timedelta(days=30))
    OutboxMessage.objects.all().delete()
    last = 0

    def dies_at(number: int) -> Callable[..., object]:
        left = number

        def run(execute, *args):
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return execute(*args)

        return run

    for number in range(0, 400, step):
        last = number
        try:
            with connection.execute_wrapper(dies_at(number)):
                clock.tick()
        except Killed:
            continue
        break
    clock.tick()
    assert last > 10
    assert sorted(OutboxMessage.objects.values_list("template", "to")) == [
        ("partnership-reminder", other_coordinator.email),
        ("reminder-confirmation", coordinator.email),
        ("reminder-confirmation", other_coordinator.email),
    ]
    assert Reminder.objects.count() == 2
