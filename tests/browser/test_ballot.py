"""Ballots in a browser: a vote by the keyboard alone, two clicks, the way back; accessible in every state."""

import contextlib

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Error, Page, expect

from cities.models import City, Coordinator
from meetings.models import Ballot, HostBid, OpenSeat, OpenVote
from meetings.services.ballot import annul_ballot, close_ballot, open_runoff
from tests.conftest import mandate, person, sign_in
from tests.factories.hosting import cast, make_ballot, make_bid, make_host_call

from .conftest import DESK, PHONE
from .test_pages import findings

ADDRESS = "meetings/19/ballot/1/"
FOCAL_POINT = Coordinator.Role.FOCAL_POINT


@pytest.fixture
def ballot(site: str) -> Ballot:
    """Open, with a joint bid, a third of the cities having voted."""
    call = make_host_call("ballot", quorum_percent=20)
    eligible = {"status": HostBid.Status.ELIGIBLE}
    bids = [make_bid(call, "bologna", **eligible), make_bid(call, "ghent", "essaouira", summary_fr="", **eligible)]
    ballot = make_ballot(call, *bids, quorum=81)
    for number, city in enumerate(City.objects.exclude(slug__in=("lyon", "krakow"))[:135]):
        cast(city, number % 2 + 1)
    return ballot


@pytest.fixture
def focal_point(ballot: Ballot) -> Client:
    user = person("coordinator.lyon@example.org")
    mandate(user, "lyon", FOCAL_POINT)
    return sign_in(user)


def enter(page: Page, site: str, client: Client) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def look(page: Page) -> None:
    for size, scheme in ((DESK, "light"), (PHONE, "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def unfold(page: Page) -> None:
    closed = page.locator("details.fold:not([open]) > summary")
    while closed.count():
        closed.first.click()


def end(ballot: Ballot) -> None:
    Ballot.objects.filter(pk=ballot.pk).update(closes_at=timezone.now())
    ballot.refresh_from_db()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_while_members_vote(quiet, site, ballot, focal_point, language):
    enter(quiet, site, focal_point)
    quiet.goto(f"{site}/{language}/{ADDRESS}")
    unfold(quiet)
    look(quiet)
    # Nothing chosen.
    quiet.locator(".ballot-next button").click()
    expect(quiet.locator(".error-summary")).to_be_focused()
    look(quiet)
    quiet.locator(".error-summary a").click()
    expect(quiet.locator("#id_choice_0")).to_be_focused()
    quiet.locator("#id_choice_1").check()
    look(quiet)
    quiet.locator(".ballot-next button").click()
    look(quiet)
    quiet.locator(".ballot-confirm button").click()
    expect(quiet.locator(".ballot-receipt code")).to_be_visible()
    look(quiet)
    quiet.goto(f"{site}/{language}/{ADDRESS}")
    look(quiet)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_for_those_who_cannot_vote_or_can_twice(quiet, site, ballot, language):
    alternate = person("alternate.lyon@example.org")
    mandate(alternate, "lyon", Coordinator.Role.ALTERNATE)
    two = person("two@example.org")
    for city in ("lyon", "krakow"):
        mandate(two, city, FOCAL_POINT)
    for user in (alternate, two, person("officer@example.org", "officer")):
        quiet.context.clear_cookies()
        enter(quiet, site, sign_in(user))
        quiet.goto(f"{site}/{language}/{ADDRESS}")
        look(quiet)
    end(ballot)
    quiet.reload()
    look(quiet)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_results(quiet, site, ballot, language):
    officer = person("officer@example.org", "officer")
    cast(City.objects.get(slug="lyon"), 2, "ABCD-EFGH")
    end(ballot)
    tied = close_ballot(ballot=ballot)
    annulled = open_runoff(ballot=tied, by=officer)
    last = annul_ballot(ballot=annulled, reason="A bid was mixed up.", by=officer)
    cast(City.objects.get(slug="lyon"), 1)
    Ballot.objects.filter(pk=last.pk).update(opened_at=tied.opened_at)
    end(last)
    close_ballot(ballot=last)
    for address in ("", "1/", "2/", "3/", "1/check/"):
        quiet.goto(f"{site}/{language}/meetings/19/ballot/{address}")
        unfold(quiet)
        look(quiet)
    for receipt in ("ABCD-EFGJ", "abcdefgh"):
        quiet.locator("input[name=receipt]").fill(receipt)
        quiet.locator("form.form button").click()
        look(quiet)
    expect(quiet.locator(".ballot-found")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_in_the_administration(quiet, site, ballot, focal_point, language):
    enter(quiet, site, sign_in(person("officer@example.org", "officer", language=language)))
    base = f"{site}/admin/meetings/ballot"
    quiet.set_viewport_size(DESK)
    for address in ("", f"{ballot.pk}/change/", f"{ballot.pk}/remind/", f"{ballot.pk}/annul/"):
        quiet.goto(f"{base}/{address}")
        assert findings(quiet) == [], address
    end(ballot)
    quiet.goto(f"{base}/{ballot.pk}/close/")
    assert findings(quiet) == []
    close_ballot(ballot=ballot)
    quiet.goto(f"{base}/{ballot.pk}/change/")
    assert findings(quiet) == []


def press_until(page: Page, selector: str) -> None:
    """Tab on until the element has the focus."""
    for _step in range(60):
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(selector)


def test_a_vote_by_the_keyboard_alone(quiet, site, ballot, focal_point):
    enter(quiet, site, focal_point)
    quiet.goto(f"{site}/en/{ADDRESS}")
    press_until(quiet, "input[name=choice]")
    quiet.keyboard.press("ArrowDown")
    expect(quiet.locator("#id_choice_1")).to_be_checked()
    press_until(quiet, ".ballot-next button")
    quiet.keyboard.press("Enter")
    expect(quiet.locator("h1")).to_have_text("Confirm the vote")
    expect(quiet.locator(".ballot-chosen-name")).to_have_text("Ghent and Essaouira")
    press_until(quiet, ".ballot-confirm button")
    quiet.keyboard.press("Enter")
    expect(quiet.locator("h1")).to_have_text("Lyon has voted")
    assert OpenSeat.objects.get(city__slug="lyon").has_voted
    assert OpenVote.objects.count() == 136


def test_two_clicks_are_one_vote_and_show_its_receipt(quiet, site, ballot, focal_point):
    enter(quiet, site, focal_point)
    quiet.goto(f"{site}/en/{ADDRESS}")
    quiet.locator("#id_choice_0").check()
    quiet.locator(".ballot-next button").dblclick()
    expect(quiet.locator("h1")).to_have_text("Confirm the vote")
    assert OpenVote.objects.count() == 135
    quiet.locator(".ballot-confirm button").dblclick()
    expect(quiet.locator(".ballot-receipt code")).to_be_visible()
    assert OpenVote.objects.count() == 136


def go_back(page: Page) -> None:
    """The way back. What may not be stored the browser does not show again, and says so instead."""
    with contextlib.suppress(Error):
        page.go_back()
    page.wait_for_timeout(500)


def without_scripts(browser: Browser, site: str, client: Client) -> Page:
    page = browser.new_context(java_script_enabled=False).new_page()
    enter(page, site, client)
    return page


def test_the_way_back_and_a_reload_vote_no_second_time(browser: Browser, site, ballot, focal_point):
    page = without_scripts(browser, site, focal_point)
    page.goto(f"{site}/en/{ADDRESS}")
    page.locator("#id_choice_0").check()
    page.locator(".ballot-next button").click()
    page.locator(".ballot-confirm button").click()
    receipt = page.locator(".ballot-receipt code").inner_text()
    # Sends the same once more.
    page.reload()
    expect(page.locator(".error-summary")).to_contain_text("Lyon has voted already.")
    assert receipt not in page.content()
    page.goto(f"{site}/en/{ADDRESS}")
    expect(page.locator(".ballot-own")).to_contain_text("Lyon has voted.")
    assert page.locator("input[type=radio]").count() == 0
    go_back(page)
    assert receipt not in page.inner_text("body")
    assert OpenVote.objects.count() == 136
    page.context.close()


def test_the_way_back_from_the_receipt_leads_to_no_second_vote(quiet, site, ballot, focal_point):
    enter(quiet, site, focal_point)
    quiet.goto(f"{site}/en/{ADDRESS}")
    quiet.locator("#id_choice_0").check()
    quiet.locator(".ballot-next button").click()
    quiet.locator(".ballot-confirm button").click()
    expect(quiet.locator(".ballot-receipt code")).to_be_visible()
    receipt = quiet.locator(".ballot-receipt code").inner_text()
    quiet.get_by_role("link", name="I have kept the receipt").click()
    expect(quiet.locator(".ballot-own")).to_contain_text("Lyon has voted.")
    for _step in range(3):
        go_back(quiet)
        assert receipt not in quiet.inner_text("body")
        if quiet.locator(".ballot-confirm button").count():
            quiet.locator(".ballot-confirm button").click()
            expect(quiet.locator(".error-summary")).to_contain_text("Lyon has voted already.")
            assert receipt not in quiet.content()
    assert OpenVote.objects.count() == 136
    quiet.said.clear()  # the browser reports a refusal, and a page that it may not show again


def test_the_receipt_prints_with_all_that_explains_it(quiet, site, ballot, focal_point):
    enter(quiet, site, focal_point)
    quiet.goto(f"{site}/en/{ADDRESS}")
    quiet.locator("#id_choice_0").check()
    quiet.locator(".ballot-next button").click()
    quiet.locator(".ballot-confirm button").click()
    quiet.emulate_media(media="print")
    for selector in (".ballot-receipt code", ".ballot-once", ".receipt-address"):
        expect(quiet.locator(selector)).to_be_visible()
    expect(quiet.get_by_role("link", name="I have kept the receipt")).to_be_hidden()
