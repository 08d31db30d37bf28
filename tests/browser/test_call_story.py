"""The whole chain, from a visitor who wants to apply to a new member in the directory, in both languages.

Two candidate cities, one National Commission, two officers, a decision officer, and three evaluators of whom one is in
conflict. The clock is moved; every key step goes through the pages, and what they add nothing to is filled in beside
them.
"""

import datetime
import json
import re
from collections.abc import Callable, Collection, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cities.days import PARIS
from cities.models import (
    Application,
    ApplicationPhoto,
    Assignment,
    City,
    CommissionOfficer,
    Country,
    CreativeField,
    Evaluator,
    Reason,
)
from cities.services import demo_applications
from cities.services.application import begin_application
from cities.services.clock import tick
from cities.services.demo_call import load_demonstration_call
from cities.services.demo_people import picture
from cities.services.endorsement import endorse
from cities.services.photo import note_grant, store_photo
from cities.services.submission import share, submit
from rvcu.models import User
from tests.conftest import person, sign_in

from .conftest import DESK

DAY = datetime.timedelta(days=1)
EMAIL = "applicant.besancon@example.org"
PASSWORD = "a long password of the story"
TYPED = {
    "en": "Besançon has made watches and books for three hundred years.",
    "fr": "Besançon fait des montres et des livres depuis trois cents ans.",
}
TEXTS = json.loads(demo_applications.SHIPPED.read_text())
ENTRIES = {
    "Besançon": {"latitude": 47.2378, "longitude": 6.0241, "field": "literature", "partners": []},
    "Tours": {"latitude": 47.3941, "longitude": 0.6848, "field": "music", "partners": []},
}
IN_BROWSER = {"presentation", "objectives"}
"""The questions that the story answers by typing."""


class Clock:
    """The time of the server, which can be moved; within an instant it goes on as ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.real, self.ahead = timezone.now, datetime.timedelta()
        monkeypatch.setattr(timezone, "now", self.now)

    def now(self) -> datetime.datetime:
        return self.real() + self.ahead

    def move_to(self, instant: datetime.datetime) -> None:
        self.ahead = instant - self.real()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def story(site: str, clock: Clock) -> SimpleNamespace:
    """The open call, and all whom the secretariat knows before anybody applies."""
    cache.clear()
    people = {
        "officer": person("officer@example.org", "officer"),
        "second": person("second.officer@example.org", "officer"),
        "decision": person("decision.officer@example.org", "decision officer"),
        "commission": person("commission.fr@example.org", name="Officer of the Commission"),
        "expert": person("evaluator@example.org", name="First expert"),
        "other": person("second.evaluator@example.org", name="Second expert"),
        "tied": person("evaluator.lyon@example.org", name="Evaluator of Lyon"),
    }
    CommissionOfficer.objects.create(user=people["commission"], country_id="FR")
    literature = CreativeField.objects.get(slug="literature")
    for name in ("expert", "other"):
        Evaluator.objects.create(user=people[name], panel=Evaluator.Panel.EXPERTS, field=literature)
    lyon = City.objects.get(slug="lyon")
    Evaluator.objects.create(user=people["tied"], panel=Evaluator.Panel.CITIES, field=literature, city=lyon)
    return SimpleNamespace(site=site, call=load_demonstration_call(), **people)


@pytest.fixture
def opened(browser: Browser, story: SimpleNamespace) -> Iterator[Callable[..., Page]]:
    """Opens a page of a browser of its own, signed in as somebody."""
    contexts: list[BrowserContext] = []

    def open_page(user: User | None, language: str = "en") -> Page:
        context = browser.new_context(viewport=DESK, reduced_motion="reduce", locale=language)
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


def link_to(address: str, site: str) -> str:
    """The link in the last mail to somebody, on this site."""
    message = next(one for one in reversed(mail.outbox) if one.to == [address])
    found = re.search(r"https?://[^/\s]+(/\S+)", message.body)
    assert found, message.body
    return f"{site}{found[1]}"


def fill_in(application: Application, by: User, *, but: Collection[str] = ()) -> None:
    """The answers of the demonstration, except those that the story types."""
    entry = ENTRIES[application.name_en]
    answered = [key for key in TEXTS["answers"][application.language] if key not in but]
    demo_applications.place(application, entry)
    demo_applications.write_answers(application, entry | {"answered": answered}, TEXTS, by)


def letter(application: Application, kind: str) -> dict[str, Any]:
    content = demo_applications.paper(kind, application, TEXTS).read()
    return {"name": f"{kind}.pdf", "mimeType": "application/pdf", "buffer": content}


def members_shown(page: Page, story: SimpleNamespace, language: str) -> int:
    """How many members the public directory counts today."""
    page.goto(f"{story.site}/{language}/cities/")
    found = re.search(r"(\d{3}) (?:cities|villes)", page.locator("main").inner_text())
    assert found
    return int(found[1])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_from_a_visitor_to_a_new_member(story, opened, clock, language):
    site, call = story.site, story.call
    my = f"{site}/{language}/my"
    other_language = "fr" if language == "en" else "en"
    visitor = opened(None, language)
    before = members_shown(visitor, story, language)

    # A visitor gives an address on the page of the call; the link of the mail makes the account.
    visitor.goto(f"{site}/{language}/calls/{call.slug}/")
    visitor.click(f"a[href$='/calls/{call.slug}/apply/']")
    visitor.fill("#id_email", EMAIL)
    visitor.click("form .btn-primary")
    expect(visitor.locator("main [role=status]")).to_be_visible()
    applicant = opened(None, language)
    applicant.goto(link_to(EMAIL, site))
    applicant.fill("#id_name", "Applicant of Besançon")
    applicant.fill("#id_password", PASSWORD)
    applicant.fill("#id_again", PASSWORD)
    applicant.click("form .btn-primary")

    # The application begins.
    applicant.wait_for_url(re.compile(r"/apply/"))
    applicant.fill("#id_name_en", "Besançon")
    applicant.fill("#id_name_fr", "Besançon")
    applicant.select_option("#id_country", "FR")
    applicant.check(f"input[name=language][value={language}]")
    applicant.select_option("#id_field", str(CreativeField.objects.get(slug="literature").pk))
    applicant.click("form .btn-primary")
    applicant.wait_for_url(re.compile(r"/my/applications/\d+/$"))
    application = Application.objects.get()
    by = User.objects.get(email=EMAIL)
    overview = f"{my}/applications/{application.pk}/"

    # Two answers are typed, one kept by itself and one by the button; the rest is as in the demonstration.
    fill_in(application, by, but=IN_BROWSER)
    applicant.goto(f"{overview}form/presentation/")
    applicant.fill("#id_q-presentation-text", TYPED[language])
    expect(applicant.locator("[data-draft-status][data-state=saved]")).to_be_visible()
    applicant.goto(f"{overview}form/objectives/")
    applicant.fill("#id_q-objectives-text", TYPED[language])
    applicant.click("button[name=next]")
    applicant.wait_for_url(re.compile(r"/form/preparation/"))
    # The same form in the other language of the pages: nothing of the answers or the state changes.
    applicant.goto(f"{site}/{other_language}/my/applications/{application.pk}/form/presentation/")
    expect(applicant.locator("#id_q-presentation-text")).to_have_value(TYPED[language])
    applicant.goto(overview)

    # Letters and photos.
    for kind in ("signed-form", "mayors-letter", "support-letter", "support-letter"):
        applicant.goto(f"{overview}documents/?kind={kind}")
        applicant.check(f"input[name=kind][value={kind}]")
        applicant.set_input_files("#id_file", letter(application, kind))
        if kind.endswith("letter"):
            applicant.fill("#id_signatory_name", "Somebody who signs")
            applicant.fill("#id_signatory_function", "Mayor")
        applicant.click("main form.form .btn-primary")
        expect(applicant.locator(".documents").first).to_be_visible()
    assert application.documents.filter(replaced_at=None).count() == 4
    add_photos(applicant, application, by, overview)

    # Shared; the other city comes along beside the pages.
    applicant.goto(overview)
    applicant.click("form[action$='/share/'] button")
    expect(applicant.locator("form[action$='/share/']")).to_have_count(0)
    tours = the_other_city(story, language)

    # The Commission reads and endorses.
    commission = opened(story.commission, language)
    commission.goto(f"{my}/")
    commission.click("a[href*='/my/commission/FR/']")
    commission.click(f"a[href$='/my/endorsements/{application.endorsement.pk}/']")
    commission.set_input_files("form[action$='/endorse/'] input[type=file]", letter(application, "endorsement"))
    commission.click("form[action$='/endorse/'] .btn-primary")
    expect(commission.locator("form[action$='/endorse/']")).to_have_count(0)

    # Checked and submitted: the receipt can be verified by anybody.
    applicant.goto(f"{overview}check/")
    applicant.goto(f"{overview}submit/")
    applicant.click("main form .btn-primary")
    applicant.wait_for_url(re.compile(r"/receipts/1/"))
    code = applicant.locator(".receipt-code").inner_text()
    visitor.goto(f"{site}/{language}/calls/receipt/?code={code}")
    expect(visitor.locator("main")).to_contain_text(application.reference)
    application.refresh_from_db()
    assert application.status == "submitted"
    assert {answer.value for answer in application.answers.filter(question__key__in=IN_BROWSER)} == {TYPED[language]}
    applicant.goto(f"{site}/{other_language}/my/applications/{application.pk}/")
    expect(applicant.locator("a[href$='/submit/']")).to_have_count(0)

    # The call has closed: one city is found eligible, the other not, by two officers.
    clock.move_to(call.closes_at + DAY)
    tick()
    officer = opened(story.officer, language)
    file = f"{site}/admin/cities/application/{application.pk}"
    officer.goto(f"{file}/examine/")
    for item in Reason.values:
        # What the portal computed needs no eyes is filled in.
        if not officer.locator(f"input[name='result-{item}']:checked").count():
            officer.check(f"input[name='result-{item}'][value=pass]")
    officer.click(".submit-row input[type=submit]")
    officer.wait_for_url(re.compile(r"/change/"))
    officer.click(".object-tools a[href*='/find-eligible/']")
    officer.click(".submit-row input[type=submit]")
    officer.wait_for_url(re.compile(r"/change/"))
    refused = f"{site}/admin/cities/application/{tours.pk}"
    officer.goto(f"{refused}/propose-ineligible/")
    officer.check(f"input[name=reasons][value={Reason.MAYORS_LETTER}]")
    officer.fill("#id_note", "The letter is signed by somebody else.")
    officer.click(".submit-row input[type=submit]")
    officer.wait_for_url(re.compile(r"/change/"))
    second = opened(story.second, language)
    second.goto(f"{refused}/change/")
    second.click(".object-tools a[href*='/agree-ineligible/']")
    second.click(".submit-row input[type=submit]")
    second.wait_for_url(re.compile(r"/change/"))
    states = dict(Application.objects.values_list("name_en", "status"))
    assert states == {"Besançon": "eligible", "Tours": "ineligible"}

    # Two experts are asked. The one in conflict can neither be chosen nor learn of it.
    for user in (story.expert, story.other):
        officer.goto(f"{file}/assign/")
        tied_mandate = story.tied.evaluator_mandates.get().pk
        expect(officer.locator(f"input[name=evaluator][value='{tied_mandate}']")).to_have_count(0)
        officer.check(f"input[name=evaluator][value='{user.evaluator_mandates.get().pk}']")
        officer.click(".submit-row input[type=submit]")
        officer.wait_for_url(re.compile(r"/change/"))
        assignment = Assignment.objects.get(user=user)
        officer.goto(f"{site}/admin/cities/assignment/{assignment.pk}/ask/")
        officer.click(".submit-row input[type=submit]")
        officer.wait_for_url(re.compile(r"/assignment/"))
    for user, score in ((story.expert, 4), (story.other, 5)):
        evaluate(opened(user, language), my, Assignment.objects.get(user=user), score)
    tied = opened(story.tied, language)
    tied.goto(f"{my}/evaluations/")
    expect(tied.locator("main")).not_to_contain_text("Besançon")
    hidden = Assignment.objects.get(user=story.expert).pk
    for address in (f"{my}/evaluations/{hidden}/", f"{overview}read/"):
        answer = tied.goto(address)
        assert answer is not None
        assert answer.status == 404

    # Evaluated: ranked, shortlisted, decided on; and nobody outside notices.
    clock.move_to(call.decision_at + DAY)
    tick()
    decide(opened(story.decision, language), story, application)
    application.refresh_from_db()
    assert application.status == "eligible"
    assert members_shown(visitor, story, language) == before

    # Announced: one member more, in both languages, and its coordinator is invited.
    officer_of_decision = opened(story.decision, language)
    officer_of_decision.goto(f"{site}/admin/cities/decision/calls/{call.pk}/announce/")
    officer_of_decision.fill("#id_confirmation", call.slug)
    officer_of_decision.click(".submit-row input[type=submit]")
    expect(officer_of_decision.locator(".success")).to_be_visible()
    assert members_shown(visitor, story, language) == before + 1
    assert members_shown(visitor, story, other_language) == before + 1
    for shown in (language, other_language):
        visitor.goto(f"{site}/{shown}/cities/besancon/")
        expect(visitor.locator("h1")).to_contain_text("Besançon")
    application.refresh_from_db()
    assert application.status == "designated"
    assert link_to("main.besancon@example.org", site)
    tours.refresh_from_db()
    assert tours.status == "ineligible"


def add_photos(page: Page, application: Application, by: User, overview: str) -> None:
    """One photo with its words through the pages, the others beside them."""
    page.goto(f"{overview}photos/")
    content = picture(60).getvalue()
    page.set_input_files("#id_picture", {"name": "one.jpg", "mimeType": "image/jpeg", "buffer": content})
    page.click("button[name=add]")
    page.locator(".my-photo-words textarea").nth(0).fill("Readers in a library")
    page.locator(".my-photo-words textarea").nth(1).fill("Des lectrices dans une bibliothèque")
    page.locator(".my-photo-words input[name$=credit]").fill("Photographer of the story")
    page.locator(".my-photo-words input[name$=rights_holder]").fill("Photographer of the story")
    page.locator(".my-photo-words input[name$=granted]").check()
    page.click(".my-save button[name=save]")
    page.wait_for_load_state()
    assert application.photo_uses.get().is_complete
    for number in range(61, 60 + application.call.photos):
        photo = store_photo(owner=application, upload=picture(number), by=by)
        ApplicationPhoto.objects.create(application=application, photo=photo, position=number, **TEXTS["photo"])
        day = timezone.now().astimezone(PARIS).date()
        note_grant(photo=photo, rights_holder="Somebody", granted_on=day, granted_until=None, by=by)


def the_other_city(story: SimpleNamespace, language: str) -> Application:
    """Tours, submitted with an endorsement, by the verbs that the pages call."""
    by = person("applicant.tours@example.org")
    application = begin_application(
        call=story.call,
        country=Country.objects.get(pk="FR"),
        name_en="Tours",
        name_fr="Tours",
        language=language,
        field=CreativeField.objects.get(slug="music"),
        by=by,
    )
    fill_in(application, by)
    demo_applications.add_papers(application, TEXTS, by, 30)
    endorsement = share(application=application, by=by)
    endorse(
        endorsement=endorsement, letter=demo_applications.paper("endorsement", application, TEXTS), by=story.commission
    )
    submit(application=application, by=by)
    return application


def evaluate(page: Page, my: str, assignment: Assignment, score: int) -> None:
    """From the own page to the submitted evaluation."""
    page.goto(f"{my}/evaluations/")
    page.click(f"a[href$='/my/evaluations/{assignment.pk}/']")
    page.check("#id_accept-is_free")
    page.click("form[action$='/accept/'] .btn-primary")
    for criterion in assignment.application.call.criteria.all():
        page.check(f"input[name=score_{criterion.key}][value='{score}']")
    page.check("input[name=recommendation][value=recommend]")
    page.fill("#id_comment", "A plan that can be carried out.")
    page.click("button[name=submit]")
    page.click("button[name=confirm]")
    page.wait_for_load_state()
    assignment.refresh_from_db()
    assert assignment.status == "submitted"


def decide(page: Page, story: SimpleNamespace, application: Application) -> None:
    """Rank, shortlist and decide, on the desk of the decision officers."""
    desk = f"{story.site}/admin/cities/decision/calls/{story.call.pk}/"
    page.goto(desk)
    page.click("form[action$='/ranking/'] button")
    page.check(f"input[name=application][value='{application.pk}']")
    page.locator("form[action$='/shortlist/'] .submit-row input[type=submit]").click()
    page.check("input[name=standing][value=shortlisted]")
    page.click(".submit-row input[type=submit]")
    page.wait_for_url(desk)
    page.click(f"a[href*='/decision/applications/{application.pk}/']")
    page.check("input[name=outcome][value=designated]")
    page.fill("#id_reference", "DG/4.2")
    page.fill("#id_decided_on", timezone.now().astimezone(PARIS).date().isoformat())
    page.fill("#id_decider", "Director-General")
    page.click(".submit-row input[type=submit]")
    page.wait_for_url(re.compile("/decision/"))
    assert application.decisions.get().is_designation
