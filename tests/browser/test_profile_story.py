"""A coordinator's first days, from invitation to publication, in both languages, with and without a script."""

import re
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cities.models import City, Invitation, ProfileRevision
from cities.services import moderation
from cities.services.invitation import invite
from cities.services.profile import open_draft
from rvcu.models import User
from tests.conftest import mandate, person, sign_in

from .conftest import DESK, PHONE
from .test_pages import findings

EMAIL = "new.lyon@example.org"
PASSWORD = "a long password of the story"
ENGLISH = "Lyon has printed books since 1473."
FRENCH = "Lyon imprime des livres depuis 1473."
EDITED = "Lyon imprime et lit des livres depuis 1473."
REASON = "Name the library, please."


@pytest.fixture
def story(site: str) -> SimpleNamespace:
    """Lyon with a public text, an officer, and an invitation by mail to a new focal point."""
    cache.clear()
    officer = person("officer@example.org", "officer")
    city = City.objects.get(slug="lyon")
    draft = open_draft(city, officer)
    values = {"presentation_en": ENGLISH, "presentation_fr": FRENCH}
    draft = moderation.save_draft(draft, values=values, seen=0, by=officer)
    moderation.publish(moderation.submit(draft, by=officer), by=officer)
    return SimpleNamespace(site=site, officer=officer, city=city)


@pytest.fixture(params=[True, False], ids=["script", "plain"])
def window(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = browser.new_context(java_script_enabled=request.param, viewport=DESK, reduced_motion="reduce")
    context.scripted = request.param
    yield context
    context.close()


def link_of(template: str, site: str) -> str:
    """The link in the last mail, on this site."""
    path = re.search(r"https?://[^/\s]+(/\S+)", mail.outbox[-1].body)
    assert path, template
    return f"{site}{path[1]}"


def staff_page(context: BrowserContext, story: SimpleNamespace) -> Page:
    """A page of the officer's own browser."""
    staff = context.browser.new_context(java_script_enabled=context.scripted, viewport=DESK)
    client = sign_in(story.officer)
    staff.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": story.site}])
    return staff.new_page()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_from_the_invitation_to_the_published_text(window, story, language):
    site = story.site
    invite(
        kind=Invitation.Kind.COORDINATOR,
        email=EMAIL,
        name="New Coordinator",
        language=language,
        by=story.officer,
        city=story.city,
        role="focal-point",
    )
    assert mail.outbox[-1].to == [EMAIL]
    page = window.new_page()

    # Invited by mail: the link shows, the form accepts and signs in.
    page.goto(link_of("invitation", site))
    page.fill("#id_password", PASSWORD)
    page.fill("#id_again", PASSWORD)
    page.click("form .btn-primary")
    page.wait_for_url(f"{site}/{language}/my/")

    # The French side is edited; the English one is then marked as older.
    edit = f"{site}/{language}/my/cities/lyon/profile/"
    page.goto(edit)
    assert page.input_value("#id_presentation_en") == ENGLISH
    expect(page.locator(".stale")).to_have_count(0)
    page.fill("#id_presentation_fr", EDITED)
    if window.scripted:
        expect(page.locator("#id_presentation_fr-words")).to_contain_text("8")
        expect(page.locator("[data-draft-status][data-state=saved]")).to_be_visible(timeout=15000)
        page.goto(edit)
    else:
        page.click("button[name=save]")
    expect(page.locator("#stale-presentation_en")).to_be_visible()
    expect(page.locator("#stale-presentation_fr")).to_have_count(0)

    # Submitted; what the public reads is still the text from before.
    page.click("button[name=submit]")
    expect(page.locator(".draft-state button")).to_be_visible()
    visitor = window.new_page()
    visitor.goto(f"{site}/fr/cities/lyon/")
    expect(visitor.locator("#profile")).to_be_visible()
    expect(visitor.locator(".profile")).to_contain_text(FRENCH)

    # Staff ask for changes, in words.
    staff = staff_page(window, story)
    staff.goto(f"{site}/admin/cities/profilerevision/")
    staff.click("#result_list tbody th a")
    expect(staff.locator(".difference ins")).to_contain_text("et lit")
    staff.click(".object-tools a[href$='/changes/']")
    staff.fill("#id_reason", REASON)
    staff.click(".submit-row input[type=submit]")
    staff.wait_for_url(f"{site}/admin/cities/profilerevision/")
    assert (mail.outbox[-1].to, REASON in mail.outbox[-1].body) == ([EMAIL], True)

    # The link of the mail leads to the words of staff, and to the text; it is submitted again.
    page.goto(link_of("revision-changes-requested", site))
    expect(page.locator(".draft-state blockquote")).to_contain_text(REASON)
    page.fill("#id_presentation_fr", f"{EDITED} La bibliothèque aussi.")
    page.click("button[name=submit]")
    expect(page.locator(".draft-state button")).to_be_visible()

    # Published with one click.
    staff.goto(f"{site}/admin/cities/profilerevision/")
    staff.click("#result_list tbody th a")
    staff.click(".object-tools form button")
    staff.wait_for_url(f"{site}/admin/cities/profilerevision/")
    assert mail.outbox[-1].to == [EMAIL]
    visitor.goto(f"{site}/fr/cities/lyon/")
    expect(visitor.locator(".profile")).to_contain_text("La bibliothèque aussi.")

    # The history tells it all.
    page.goto(f"{edit}history/")
    newest = page.locator("#text-2")
    expect(newest.locator("ins").first).to_contain_text("et lit")
    expect(newest.locator(".acts-line li")).to_have_count(5)
    staff.context.close()


# Parts of it that need a script


@pytest.fixture
def at_work(quiet: Page, site: str) -> Page:
    """The page of Lyon's focal point, signed in."""
    user = person("coordinator.lyon@example.org", name="Coordinator of Lyon")
    mandate(user, "lyon", "focal-point")
    return enter(quiet, site, user)


def enter(page: Page, site: str, user: User) -> Page:
    value = sign_in(user).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": value, "url": site}])
    return page


def test_what_could_not_be_saved_is_offered_back(at_work, site):
    at_work.goto(f"{site}/en/my/cities/lyon/profile/")
    at_work.route("**/profile/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    at_work.fill("#id_presentation_en", "Typed without a connection.")
    expect(at_work.locator("[data-draft-status][data-state=kept]")).to_be_visible(timeout=15000)
    at_work.said.clear()  # the browser reports the refused connection
    at_work.reload()
    at_work.said.clear()
    expect(at_work.locator("#id_presentation_en")).to_have_value("")
    at_work.unroute("**/profile/")
    at_work.click("[data-restore]")
    expect(at_work.locator("#id_presentation_en")).to_have_value("Typed without a connection.")
    expect(at_work.locator("[data-draft-status][data-state=saved]")).to_be_visible(timeout=15000)
    assert ProfileRevision.objects.get().presentation_en == "Typed without a connection."
    at_work.reload()
    expect(at_work.locator("[data-draft-offer]")).to_be_hidden()


def test_leaving_the_page_saves_what_was_typed_last(at_work, site):
    at_work.goto(f"{site}/en/my/cities/lyon/profile/")
    at_work.fill("#id_presentation_en", "Typed and left.")
    at_work.goto(f"{site}/en/cities/lyon/")
    # The browser sends it beside the next page, in its own time.
    ends = time.monotonic() + 10
    while not ProfileRevision.objects.filter(presentation_en="Typed and left.").exists() and time.monotonic() < ends:
        time.sleep(0.1)
    at_work.goto(f"{site}/en/my/cities/lyon/profile/")
    expect(at_work.locator("#id_presentation_en")).to_have_value("Typed and left.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one",
        "l’eau – vive",
        "2 000 000 d’habitants : oui !",
        "«\u202fBonjour\u202f»",
        "a\u00a0b\u3000c",
        "½ Ⅷ 文学 𝟗",
        "— – -",
    ],
)
def test_the_browser_counts_words_as_the_server_does(at_work, site, text):
    at_work.goto(f"{site}/en/my/cities/lyon/profile/")
    at_work.fill("#id_presentation_en", text)
    typed = at_work.text_content("#id_presentation_en-words")
    at_work.click("button[name=save]")
    at_work.wait_for_load_state()
    served = at_work.evaluate("fetch(location.href).then((page) => page.text())")
    assert typed in served


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_pages_of_a_profile(at_work, site, language):
    at_work.context.add_cookies([{"name": "django_language", "value": language, "url": site}])
    officer = person("officer@example.org", "officer")
    city = City.objects.get(slug="lyon")
    base = f"{site}/{language}/my/cities/lyon/profile/"

    def look(address: str) -> None:
        at_work.goto(address)
        for size in (DESK, PHONE):
            at_work.set_viewport_size(size)
            assert findings(at_work) == []
            assert at_work.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    look(base)
    at_work.fill("#id_presentation_en", ENGLISH)
    at_work.fill("#id_website", "no address")
    at_work.fill("#id_venues-0-name_fr", "Musée de l’imprimerie")
    at_work.click("button[name=save]")
    look(base)  # with what is marked
    at_work.click("button[name=submit]")
    expect(at_work.locator(".error-summary")).to_be_focused()
    assert findings(at_work) == []
    at_work.fill("#id_website", "https://example.org/")
    at_work.click("button[name=submit]")
    look(base)  # with staff
    moderation.request_changes(ProfileRevision.objects.get(), reason=REASON, by=officer)
    look(base)
    moderation.publish(moderation.submit(ProfileRevision.objects.get(), by=officer), by=officer)
    look(f"{base}history/")
    look(f"{site}/{language}/cities/lyon/")
    draft = open_draft(city, officer)
    draft = moderation.save_draft(draft, values={"presentation_en": "Anew."}, seen=0, by=officer)
    waiting = moderation.submit(draft, by=officer)
    enter(at_work, site, officer)
    for address in ("", f"{waiting.pk}/change/", f"{waiting.pk}/changes/", f"{waiting.pk}/publish/"):
        look(f"{site}/admin/cities/profilerevision/{address}")
