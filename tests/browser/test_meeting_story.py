"""An annual meeting from the call for hosts to the entrance hall, in both languages.

Two bids, one of them joint; the real members vote and tie, the run-off decides; the two hosts' edition takes
registrations, and a delegate is checked in. The clock is moved; every key step goes through the pages, and what they
add nothing to is filled in beside them. On PostgreSQL the members vote over fifty connections at once.
"""

import datetime
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import icalendar
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cities.days import PARIS
from cities.models import City, Coordinator
from cities.services.clock import tick
from cities.services.demo_people import letter
from meetings.models import Ballot, BidCity, HostBid, HostCall, Meeting, Registration
from meetings.services.ballot import cast_vote
from meetings.services.bid import begin_bid, set_letter, submit_bid
from rvcu.models import User
from tests.conftest import mandate, person, sign_in
from tests.factories.hosting import FILLED

from .conftest import DESK, PHONE
from .test_call_story import Clock, link_to

DAY = datetime.timedelta(days=1)
CONNECTIONS = 50
SUBMIT = ".submit-row input[type=submit]"
SUMMARY = {"en": "Two cities, one train apart.", "fr": "Deux villes, à un train l’une de l’autre."}
DELEGATE = "delegate.lyon@example.org"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def story(site: str, clock: Clock) -> SimpleNamespace:
    """A planned meeting, and a focal point for each member city."""
    cache.clear()
    role = Coordinator.Role.FOCAL_POINT
    people = {"officer": person("officer@example.org", "officer", language="en")}
    for name, slug in (("lyon", "lyon"), ("enghien", "enghien-les-bains"), ("ostersund", "ostersund")):
        people[name] = person(f"coordinator.{name}@example.org", name=f"Coordinator of {name}")
        mandate(people[name], slug, role)
    others = City.objects.members().exclude(slug__in=["lyon", "enghien-les-bains", "ostersund"])
    # One person may be the focal point of several cities; each city has one vote all the same.
    several = person("coordinator.several@example.org")
    began = timezone.now() - 400 * DAY
    Coordinator.objects.bulk_create(Coordinator(user=several, city=city, role=role, begins_at=began) for city in others)
    year = timezone.now().year + 2
    meeting = Meeting.objects.create(
        edition=19,
        year=year,
        planned_year=year,
        start_date=datetime.date(year, 6, 12),
        end_date=datetime.date(year, 6, 15),
        personal_data_until=datetime.date(year, 12, 31),
        country=City.objects.get(slug="lyon").country,
    )
    return SimpleNamespace(site=site, meeting=meeting, several=several, **people)


@pytest.fixture
def opened(browser: Browser, story: SimpleNamespace) -> Iterator[Callable[..., Page]]:
    """Opens a page of a browser of its own, signed in as somebody."""
    contexts: list[BrowserContext] = []

    def open_page(user: User | None, language: str = "en", size: Any = DESK) -> Page:
        context = browser.new_context(viewport=size, reduced_motion="reduce", locale=language)
        contexts.append(context)
        cookies: list[Any] = [{"name": "django_language", "value": language, "url": story.site}]
        if user is not None:
            value = sign_in(user).cookies["sessionid"].value
            cookies.append({"name": "sessionid", "value": value, "url": story.site})
        context.add_cookies(cookies)
        page = context.new_page()
        page.set_default_timeout(30000)
        return page

    yield open_page
    for context in contexts:
        context.close()


def paper() -> dict[str, Any]:
    return {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": letter()}


def confirm(page: Page, address: str) -> None:
    """The page of an operation in the admin, and its button."""
    page.goto(address)
    page.click(SUBMIT)
    page.wait_for_url(re.compile(r"/change/|/ballot/"))


def at_paris(instant: datetime.datetime) -> str:
    return instant.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")


def call_for_hosts(page: Page, story: SimpleNamespace) -> HostCall:
    """Written and published in the admin."""
    now = timezone.now().replace(second=0, microsecond=0)
    page.goto(f"{story.site}/admin/meetings/hostcall/add/")
    page.select_option("#id_meeting", str(story.meeting.pk))
    page.fill("#id_introduction_en", "Host us.")
    page.fill("#id_introduction_fr", "Accueillez-nous.")
    for name, days in (("opens_at", 1), ("closes_at", 40), ("ballot_opens_at", 50), ("ballot_closes_at", 60)):
        page.fill(f"#id_{name}", at_paris(now + days * DAY))
    page.fill("#id_quorum_percent", "30")
    page.fill("#id_criteria-0-text_en", "Rooms without steps.")
    page.fill("#id_criteria-0-text_fr", "Des salles sans marche.")
    page.click("input[name=_save]")
    page.wait_for_load_state()
    call = HostCall.objects.get()
    confirm(page, f"{story.site}/admin/meetings/hostcall/{call.pk}/publish/")
    call.refresh_from_db()
    assert call.status == HostCall.Status.PUBLISHED
    return call


def joint_bid(story: SimpleNamespace, opened: Callable[..., Page], language: str) -> HostBid:
    """Lyon begins, writes, asks Enghien-les-Bains, which confirms; both letters; submitted."""
    my = f"{story.site}/{language}/my"
    lyon = opened(story.lyon, language)
    lyon.goto(f"{my}/cities/lyon/")
    lyon.click("a[href$='/my/hosting/lyon/19/']")
    lyon.click("main form[method=post] .btn-primary")
    lyon.wait_for_url(re.compile(r"/my/bids/\d+/$"))
    bid = HostBid.objects.get()
    lyon.goto(f"{my}/bids/{bid.pk}/form/")
    for name, value in FILLED.items():
        if name not in ("summary_en", "summary_fr"):
            lyon.fill(f"#id_{name}", str(value))
    for code, text in SUMMARY.items():
        lyon.fill(f"#id_summary_{code}", text)
    lyon.fill("#id_start_date", story.meeting.start_date.isoformat())
    lyon.fill("#id_end_date", story.meeting.end_date.isoformat())
    expect(lyon.locator("[data-draft-status][data-state=saved]")).to_be_visible()
    lyon.goto(f"{my}/bids/{bid.pk}/")
    lyon.select_option("form[action$='/cities/'] select", "enghien-les-bains")
    lyon.click("form[action$='/cities/'] button")
    expect(lyon.locator(".bid-cities")).to_contain_text("Enghien-les-Bains")
    asked = BidCity.objects.get(is_lead=False)
    enghien = opened(story.enghien, language)
    enghien.goto(f"{my}/")
    enghien.click(f"a[href$='/my/bids/cities/{asked.pk}/']")
    enghien.locator("main form .btn-primary").first.click()
    enghien.wait_for_load_state()
    asked.refresh_from_db()
    assert asked.is_confirmed
    lyon.goto(f"{my}/bids/{bid.pk}/")
    for one in bid.cities.all():
        lyon.locator(f"details:has(form[action$='/cities/{one.pk}/letter/']) summary").click()
        lyon.set_input_files(f"form[action$='/cities/{one.pk}/letter/'] input[type=file]", paper())
        lyon.click(f"form[action$='/cities/{one.pk}/letter/'] button")
        expect(lyon.locator(f"form[action$='/cities/{one.pk}/letter/remove/']")).to_have_count(1)
    lyon.goto(f"{my}/bids/{bid.pk}/submit/")
    lyon.click("main form .btn-primary")
    lyon.wait_for_url(re.compile(rf"/my/bids/{bid.pk}/(\?.*)?$"))
    bid.refresh_from_db()
    assert bid.status == HostBid.Status.SUBMITTED
    return bid


def other_bid(story: SimpleNamespace, call: HostCall) -> HostBid:
    """That of Östersund, by the verbs that the pages call."""
    city = City.objects.get(slug="ostersund")
    bid = begin_bid(host_call=call, city=city, by=story.ostersund)
    days = {"start_date": story.meeting.start_date, "end_date": story.meeting.end_date}
    HostBid.objects.filter(pk=bid.pk).update(**FILLED | days)
    set_letter(bid_city=bid.cities.get(), upload=upload(), by=story.ostersund)
    return submit_bid(bid=HostBid.objects.get(pk=bid.pk), by=story.ostersund)


def upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("letter.pdf", letter(), "application/pdf")


def vote_in_browser(page: Page, story: SimpleNamespace, ballot: Ballot, choice: int, language: str) -> str:
    """A focal point votes and confirms; gives the receipt."""
    page.goto(f"{story.site}/{language}/my/")
    page.locator(f"a[href$='/ballot/{ballot.number}/']").first.click()
    page.check(f"input[name=choice][value='{choice}']")
    page.click("form.ballot-paper .btn-primary")
    page.click("form.ballot-confirm .btn-primary")
    receipt = page.locator(".ballot-receipt code").inner_text()
    page.goto(f"{story.site}/{language}/meetings/19/ballot/{ballot.number}/")
    expect(page.locator("input[name=choice]")).to_have_count(0)
    return receipt


def members_vote(story: SimpleNamespace, ballot: Ballot, wanted: dict[str, int | None]) -> None:
    """Each of the other cities votes as wanted: on PostgreSQL over fifty connections at once."""
    cities = list(City.objects.filter(slug__in=wanted).order_by("?"))

    def vote(city: City) -> None:
        try:
            cast_vote(ballot=ballot, city=city, choice=wanted[city.slug], by=story.several)
        finally:
            if connection.vendor == "postgresql":
                connection.close()

    if connection.vendor == "postgresql":
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(vote, cities))
    else:
        for city in cities:
            vote(city)


def result(page: Page, story: SimpleNamespace, ballot: Ballot, language: str, tmp_path: Any) -> dict[str, Any]:
    """The public result, whose counting file a stranger counts again."""
    answer = page.goto(f"{story.site}/{language}/meetings/19/ballot/{ballot.number}/")
    assert answer is not None
    assert answer.status == 200
    with page.expect_download() as download:
        page.locator("a[href$='counting.json']").first.click()
    file = tmp_path / f"counting-{ballot.number}.json"
    download.value.save_as(file)
    call_command("recount", str(file), verbosity=0)
    return json.loads(file.read_text())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_from_the_call_for_hosts_to_the_entrance(story, opened, clock, language, tmp_path):
    site, meeting = story.site, story.meeting
    officer, visitor = opened(story.officer), opened(None, language)

    # A host is sought; two bids come, one of them joint; both are found eligible.
    call = call_for_hosts(officer, story)
    clock.move_to(call.opens_at + DAY)
    visitor.goto(f"{site}/{language}/meetings/19/hosting/")
    expect(visitor.locator("main")).to_contain_text("Host us." if language == "en" else "Accueillez-nous.")
    joint, alone = joint_bid(story, opened, language), other_bid(story, call)
    clock.move_to(call.closes_at + DAY)
    officer = opened(story.officer)  # sessions end in such a time
    for bid in (joint, alone):
        confirm(officer, f"{site}/admin/meetings/hostbid/{bid.pk}/eligible/")

    # All members of the day may vote. The clock opens the ballot, and nobody outside sees it.
    clock.move_to(call.ballot_opens_at)
    tick()
    first = Ballot.objects.get()
    assert first.seats == City.objects.members().count() == 405
    answer = visitor.goto(f"{site}/{language}/meetings/19/ballot/{first.number}/")
    assert answer is not None
    assert answer.status == 404
    number = {option.bid_id: option.number for option in first.options.all()}
    lyon = opened(story.lyon, language)
    receipt = vote_in_browser(lyon, story, first, number[joint.pk], language)
    vote_in_browser(opened(story.ostersund, language), story, first, number[alone.pk], language)
    vote_in_browser(opened(story.enghien, language), story, first, number[joint.pk], language)
    slugs = [
        slug
        for slug in City.objects.members().values_list("slug", flat=True)
        if slug not in ("lyon", "enghien-les-bains", "ostersund")
    ]
    # 402 others: 200 and 201 make 202 each with those above; one votes blank.
    wanted: dict[str, int | None] = dict.fromkeys(slugs[:200], number[joint.pk])
    wanted |= dict.fromkeys(slugs[200:401], number[alone.pk])
    members_vote(story, first, wanted | {slugs[401]: None})

    # All have voted: an officer closes. A tie, which everybody can count again.
    officer = opened(story.officer)
    confirm(officer, f"{site}/admin/meetings/ballot/{first.pk}/close/")
    first.refresh_from_db()
    assert (first.outcome, first.cast, first.blank) == ("tie", 405, 1)
    counted = result(visitor, story, first, language, tmp_path)
    assert counted["tally"]["votes"] == {str(number[joint.pk]): 202, str(number[alone.pk]): 202}
    visitor.goto(f"{site}/{language}/meetings/19/ballot/{first.number}/check/")
    visitor.fill("#id_receipt", receipt)
    visitor.click("main form .btn-primary")
    expect(visitor.locator("main")).to_contain_text("Enghien-les-Bains")

    # The run-off: the same cities vote, until its end; the clock closes it.
    confirm(officer, f"{site}/admin/meetings/ballot/{first.pk}/run-off/")
    second = Ballot.objects.get(number=2)
    assert (second.round, second.seats) == (2, 405)
    number = {option.bid_id: option.number for option in second.options.all()}
    vote_in_browser(lyon, story, second, number[joint.pk], language)
    wanted = dict.fromkeys(slugs[:120], number[joint.pk]) | dict.fromkeys(slugs[120:200], number[alone.pk])
    members_vote(story, second, wanted)
    clock.move_to(second.closes_at)
    tick()
    second.refresh_from_db()
    assert (second.outcome, second.cast) == ("selected", 201)
    counted = result(visitor, story, second, language, tmp_path)
    assert counted["outcome"]["winner"] == number[joint.pk]

    # The edition has two hosts, and the other bid is named.
    visitor.goto(f"{site}/{language}/meetings/19/")
    expect(visitor.locator("h1")).to_contain_text("Lyon")
    expect(visitor.locator("h1")).to_contain_text("Enghien-les-Bains")
    meeting.refresh_from_db()
    assert meeting.status == Meeting.Status.HOST_SELECTED
    visitor.goto(f"{site}/{language}/meetings/19/hosting/")
    expect(visitor.locator("main")).to_contain_text("Östersund")

    # Registration opens; Lyon registers a delegate, who gets a mail.
    officer, lyon = opened(story.officer), opened(story.lyon, language)
    officer.goto(f"{site}/admin/meetings/meeting/{meeting.pk}/open-registration/")
    officer.fill("#id_closes_at", at_paris(timezone.now() + 90 * DAY))
    officer.click(SUBMIT)
    officer.wait_for_url(re.compile("/change/"))
    lyon.goto(f"{site}/{language}/my/cities/lyon/")
    lyon.locator("a[href$='/my/meetings/19/lyon/']").first.click()
    lyon.click("a[href='?as=delegate']")
    lyon.fill("#id_name", "Delegate of Lyon")
    lyon.fill("#id_email", DELEGATE)
    lyon.check(f"input[name=language][value={language}]")
    lyon.click("form.form-register .btn-primary")
    expect(lyon.locator(".people")).to_contain_text("Delegate of Lyon")
    delegate = Registration.objects.get(email=DELEGATE)
    assert delegate.status == Registration.Status.REGISTERED

    # The delegate follows the link, needs no account, and puts the meeting into a calendar.
    phone = opened(None, language, PHONE)
    phone.goto(link_to(DELEGATE, site))
    expect(phone.locator("main")).to_contain_text(delegate.code)
    with phone.expect_download() as download:
        phone.locator("a[href$='calendar.ics']").first.click()
    calendar = icalendar.Calendar.from_ical(download.value.path().read_bytes())
    event = next(iter(calendar.walk("VEVENT")))
    assert event.decoded("DTSTART") == meeting.start_date
    assert event.decoded("DTEND") == meeting.end_date + DAY
    assert "Lyon" in event["LOCATION"]

    # At the entrance an officer finds the code and checks the delegate in.
    entrance = opened(story.officer, "en", PHONE)
    entrance.goto(f"{site}/admin/meetings/meeting/{meeting.pk}/check-in/")
    entrance.fill("input[name=q]", delegate.code)
    entrance.press("input[name=q]", "Enter")
    entrance.locator("#found form[method=post] button").first.click()
    entrance.wait_for_load_state()
    delegate.refresh_from_db()
    assert delegate.is_checked_in
