"""The pages of annual meetings in a browser, but for ballots: nothing for axe to find, in either language."""

import hashlib
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page

from cities.models import City
from meetings.models import (
    BidCity,
    HostBid,
    Meeting,
    Registration,
    RegistrationRequest,
    Session,
    SessionPlace,
)
from meetings.services.meeting import postpone
from meetings.services.registration import default_questions
from tests.conftest import mandate, person, sign_in
from tests.factories.hosting import (
    DAY,
    make_bid,
    make_host_call,
    make_meeting,
    make_registration,
    make_session,
    open_for_registration,
)

from .conftest import DESK, PHONE
from .test_ballot import FOCAL_POINT, enter
from .test_pages import findings

TOKEN = hashlib.sha256(b"the-token").hexdigest()


@pytest.fixture
def world(site: str) -> SimpleNamespace:
    """An edition to register for, one whose call for hosts is open, and one whose call is examined."""
    officer = person("officer@example.org", "officer", language="fr")
    coordinator = person("coordinator.lyon@example.org", name="Coordinator of Lyon")
    mandate(coordinator, "lyon", FOCAL_POINT)
    meeting = open_for_registration(make_meeting(hosts=["krakow", "katowice"], places=3, theme_en="Rivers"))
    postpone(
        meeting=meeting,
        start_date=meeting.start_date + DAY,
        end_date=meeting.end_date + DAY,
        year=meeting.year,
        reason_en="The hall is flooded.",
        reason_fr="La salle est inondée.",
        by=officer,
    )
    meeting = Meeting.objects.get(edition=19)
    default_questions(meeting)
    make_session(meeting, "Opening", 9)
    workshop = make_session(meeting, "Workshop", 10, kind=Session.Kind.WORKSHOP, places=2)
    delegate = make_registration(meeting, name="Delegate of Lyon", user=coordinator)
    SessionPlace.objects.create(session=workshop, registration=delegate, place=1, places=2)
    expert = make_registration(meeting, "expert@example.org", city="", secret_sha256=TOKEN)
    make_registration(meeting, "waiting@example.org", status=Registration.Status.WAITING, city="ostersund")
    RegistrationRequest.objects.create(meeting=meeting, email="press@example.org", secret_sha256=TOKEN)
    bid = make_bid(make_host_call("open", meeting=make_meeting(20)))
    BidCity.objects.create(bid=bid, city=City.objects.get(slug="ostersund"))
    partner = BidCity.objects.create(
        bid=make_bid(make_host_call("open", meeting=make_meeting(22)), "ghent"), city=City.objects.get(slug="lyon")
    )
    examined = make_host_call("examination", meeting=make_meeting(21))
    submitted = make_bid(examined, "bologna", "ghent", status=HostBid.Status.SUBMITTED)
    return SimpleNamespace(
        officer=officer,
        coordinator=coordinator,
        meeting=meeting,
        workshop=workshop,
        delegate=delegate,
        expert=expert,
        bid=bid,
        partner=partner,
        examined=examined,
        submitted=submitted,
    )


def look(page: Page, address: str) -> None:
    page.goto(address)
    for size, scheme in ((DESK, "light"), (PHONE, "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert findings(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_for_visitors(quiet, site, world, language):
    for address in (
        *("", "19/", "19/programme/", "19/programme/?kind=workshop", "19/register/", "19/register/the-token/"),
        *("registration/the-token/", "registration/the-token/cancel/", "registration/the-token/sessions/"),
        *("20/", "20/hosting/", "21/hosting/"),
    ):
        look(quiet, f"{site}/{language}/meetings/{address}")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_for_a_focal_point(quiet, site, world, language):
    enter(quiet, site, sign_in(world.coordinator))
    registration, bid = f"registrations/{world.delegate.pk}/", f"bids/{world.bid.pk}/"
    for address in (
        *("my/", "my/cities/lyon/", "my/meetings/19/lyon/", f"my/{registration}", f"my/{registration}cancel/"),
        *(
            f"my/{registration}sessions/",
            "meetings/19/participants/",
            "meetings/19/programme/",
            "meetings/19/register/",
        ),
        *(f"my/{bid}", f"my/{bid}form/", f"my/{bid}submit/", f"my/{bid}withdraw/", "my/hosting/lyon/21/"),
        *(f"my/bids/cities/{world.partner.pk}/", f"meetings/21/hosting/bids/{world.submitted.pk}/"),
    ):
        look(quiet, f"{site}/{language}/{address}")


def test_axe_finds_nothing_for_an_officer(quiet, site, world):
    """In French alone, whose words are the longer ones."""
    enter(quiet, site, sign_in(world.officer))
    meeting, call, bid = world.meeting.pk, world.examined.pk, world.submitted.pk
    for address in (
        *("meeting/", f"meeting/{meeting}/change/", f"meeting/{meeting}/people/", f"meeting/{meeting}/check-in/"),
        *(f"meeting/{meeting}/{act}/" for act in ("postpone", "relocate", "close-registration", "places")),
        *("hostcall/", "hostcall/add/", f"hostcall/{call}/change/", f"ballot/of/{call}/"),
        *("hostbid/", f"hostbid/{bid}/change/", f"hostbid/{bid}/ineligible/"),
        *("registration/", f"registration/{world.expert.pk}/change/", f"registration/{world.expert.pk}/cancel/"),
        *("session/", "session/grid/", f"session/{world.workshop.pk}/change/", "room/", "speaker/add/"),
    ):
        look(quiet, f"{site}/admin/meetings/{address}")
