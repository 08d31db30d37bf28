"""The application's form in a browser: nothing typed is lost, whatever goes away; keyboard and axe."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from cities.models import Answer, Application
from rvcu.models import User
from tests.conftest import person, sign_in
from tests.factories.calls import answer, make_application, make_call, make_endorsement

from .conftest import DESK, PHONE
from .test_pages import findings

TEXT = "#id_q-presentation-text"
SAVED = "[data-draft-status][data-state=saved]"
KEPT = "[data-draft-status][data-state=kept]"
TYPED = "Typed at the last moment."


@pytest.fixture
def owner(site: str) -> User:
    return person("owner.besancon@example.org", name="Owner of Besançon")


@pytest.fixture
def application(owner: User) -> Application:
    return make_application(make_call(), owner=owner)


@pytest.fixture
def at_work(quiet: Page, site: str, owner: User) -> Page:
    return enter(quiet, site, owner)


def enter(page: Page, site: str, user: User) -> Page:
    value = sign_in(user).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": value, "url": site}])
    return page


def address(site: str, application: Application, key: str = "presentation", language: str = "en") -> str:
    return f"{site}/{language}/my/applications/{application.pk}/form/{key}/"


def unplug(page: Page) -> None:
    """From here on the server cannot be reached."""
    page.context.set_offline(True)


def kill(page: Page) -> Page:
    """The window is gone; another one opens, with the server back."""
    page.close()
    page.context.set_offline(False)
    return page.context.new_page()


def test_it_saves_itself_also_when_the_page_is_left(at_work, site, application):
    at_work.goto(address(site, application))
    at_work.fill(TEXT, TYPED)
    expect(at_work.locator(f"{TEXT}-words")).to_contain_text("5")
    expect(at_work.locator(SAVED)).to_be_visible(timeout=15000)
    at_work.fill(TEXT, f"{TYPED} And more.")
    at_work.goto(f"{site}/en/my/applications/{application.pk}/")  # before the pause is over
    for _moment in range(100):
        # What is sent on leaving is not waited for by the page that follows.
        if Answer.objects.get().version == 2:
            break
        at_work.wait_for_timeout(100)
    at_work.goto(address(site, application))
    expect(at_work.locator(TEXT)).to_have_value(f"{TYPED} And more.")
    assert Answer.objects.get().version == 2


def test_the_server_is_killed_and_the_browser_too(at_work, site, application):
    at_work.goto(address(site, application))
    unplug(at_work)
    at_work.fill(TEXT, TYPED)
    expect(at_work.locator(KEPT)).to_be_visible(timeout=15000)
    again = kill(at_work)
    assert not Answer.objects.exists()
    again.goto(address(site, application))
    expect(again.locator(TEXT)).to_have_value("")
    again.click("[data-restore]")
    expect(again.locator(TEXT)).to_have_value(TYPED)
    expect(again.locator(SAVED)).to_be_visible(timeout=15000)
    assert Answer.objects.get().value == TYPED
    at_work.said.clear()  # the browser reports the refused connection


def test_what_is_typed_before_the_script_is_there_is_saved_too(at_work, site, application):
    held: list[Route] = []
    at_work.route("**/edit*.js", lambda route: held.append(route))
    at_work.goto(address(site, application), wait_until="commit")
    at_work.fill(TEXT, TYPED)
    assert not Answer.objects.exists()
    held.pop().continue_()
    expect(at_work.locator(SAVED)).to_be_visible(timeout=15000)
    assert Answer.objects.get().value == TYPED


def test_rows_that_were_added_come_back_too(at_work, site, application):
    at_work.goto(address(site, application, "facts"))
    at_work.click("button[name=more][value=q-events]")
    unplug(at_work)
    at_work.fill("#id_q-events-2-name", "Third row")
    expect(at_work.locator(KEPT)).to_be_visible(timeout=15000)
    again = kill(at_work)
    again.goto(address(site, application, "facts"))
    again.wait_for_url("**?rows=3")
    again.click("[data-restore]")
    expect(again.locator("#id_q-events-2-name")).to_have_value("Third row")
    expect(again.locator(SAVED)).to_be_visible(timeout=15000)
    assert Answer.objects.get().value[0]["name"] == "Third row"
    at_work.said.clear()


def test_the_session_ends_while_typing(at_work, site, application, owner):
    at_work.goto(address(site, application))
    at_work.context.clear_cookies(name="sessionid")
    at_work.fill(TEXT, TYPED)
    expect(at_work.locator("[data-draft-status][data-state=signed-out]")).to_be_visible(timeout=15000)
    enter(at_work, site, owner)
    at_work.goto(address(site, application))
    at_work.click("[data-restore]")
    expect(at_work.locator(TEXT)).to_have_value(TYPED)
    expect(at_work.locator(SAVED)).to_be_visible(timeout=15000)
    at_work.said.clear()  # the browser reports the answer 401


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_deadline_passes_while_typing(at_work, site, owner, language):
    end = timezone.now() + datetime.timedelta(seconds=5)
    application = make_application(make_call(closes_at=end, national_deadline_at=end), owner=owner)
    page = address(site, application, language=language)
    at_work.goto(page)
    at_work.wait_for_timeout(max((end - timezone.now()).total_seconds() * 1000 + 300, 0))
    at_work.fill(TEXT, TYPED)
    expect(at_work.locator("[data-draft-status][data-state=closed]")).to_be_visible(timeout=15000)
    at_work.said.clear()  # the browser reports the answer 409
    at_work.reload()
    # What can still be done is said, and the text is offered, to be copied; however often one comes back.
    for _visit in range(2):
        expect(at_work.locator("#closed")).to_be_visible()
        expect(at_work.locator(".error-summary a[href*='/export/docx/']")).to_be_visible()
        at_work.click("[data-restore]")
        expect(at_work.locator(TEXT)).to_have_value(TYPED)
        assert findings(at_work) == []
        at_work.reload()
    assert not Answer.objects.exists()


def test_two_windows_meet_in_one_question(at_work, site, application):
    at_work.goto(address(site, application))
    other = at_work.context.new_page()
    other.goto(address(site, application))
    other.fill(TEXT, "Theirs.")
    expect(other.locator(SAVED)).to_be_visible(timeout=15000)
    at_work.fill(TEXT, "Mine.")
    expect(at_work.locator("[data-draft-status][data-state=conflict]")).to_be_visible(timeout=15000)
    at_work.click("button[name=save]")
    expect(at_work.locator(".error-summary")).to_be_focused()
    expect(at_work.locator(".clash")).to_contain_text("Theirs.")
    expect(at_work.locator(TEXT)).to_have_value("Mine.")
    assert findings(at_work) == []
    at_work.click("button[name=save]")
    expect(at_work.locator(".clash")).to_have_count(0)
    assert Answer.objects.get().value == "Mine."
    at_work.said.clear()  # the browser reports the answers 409


def test_a_section_is_answered_by_the_keyboard_alone(at_work, site, application):
    at_work.goto(address(site, application))
    at_work.focus(TEXT)
    at_work.keyboard.type("Clocks.")
    at_work.keyboard.press("Tab")  # past it: nothing is irrelevant here
    at_work.keyboard.press("Tab")
    at_work.keyboard.type("Rivers.")
    for _step in range(25):
        at_work.keyboard.press("Tab")
        if at_work.evaluate("document.activeElement.id") == "id_q-sdgs-goal-11":
            at_work.keyboard.press("Space")
        if at_work.evaluate("document.activeElement.name") == "next":
            break
    at_work.keyboard.press("Enter")
    at_work.wait_for_url("**/form/facts/**")
    values = dict(Answer.objects.values_list("question__key", "value"))
    assert values == {"presentation": "Clocks.", "assets": "Rivers.", "sdgs": [11]}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_pages_of_an_application(at_work, site, application, language):
    at_work.context.add_cookies([{"name": "django_language", "value": language, "url": site}])
    base = f"{site}/{language}/my/applications/{application.pk}/"

    def look(path: str) -> None:
        at_work.goto(path)
        for size in (DESK, PHONE):
            at_work.set_viewport_size(size)
            assert findings(at_work) == [], path
            assert at_work.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path

    keys = ("city", "contacts", "presentation", "facts", "plan", "annexes", "commitments")
    for path in ("", "read/", *(f"form/{key}/" for key in keys)):
        look(base + path)
    answer(application, "presentation", "word " * 200)
    answer(application, "facts", [{"name": "Jobs", "value": "12", "year": "2024", "source": "the census"}])
    answer(application, "budget", {"currency": "EUR", "total": "5"}, as_typed={"currency": "E", "total": "much"})
    answer(application, "local", [{"title": "A", "partner_cities": ["lyon"], "sdgs": [4]}])
    make_endorsement(application, "endorsed")
    for path in ("", "read/", "form/presentation/", "form/facts/", "form/plan/", "form/city/"):
        look(base + path)
    look(f"{site}/{language}/calls/2027/apply/")
    look(f"{site}/{language}/my/")
    at_work.context.clear_cookies(name="sessionid")
    look(f"{site}/{language}/calls/2027/apply/")
