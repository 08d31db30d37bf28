"""The pages to register, change and cancel: who sees what, what a link opens, what is kept of bad input."""

import datetime
import hashlib
import re

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from cities.models import City, OutboxMessage
from meetings.models import Meeting, MeetingQuestion, Registration, RegistrationRequest
from meetings.services.registration import default_questions
from tests.factories.hosting import DAY, make_meeting, make_registration, open_for_registration

pytestmark = pytest.mark.usefixtures("network")
Status = Registration.Status
ASK = "/en/meetings/19/register/"
CITY = "/en/my/meetings/19/lyon/"


@pytest.fixture
def meeting(network) -> Meeting:
    meeting = open_for_registration(make_meeting(hosts=["krakow"]))
    default_questions(meeting)
    return meeting


def question(meeting: Meeting, purpose: str) -> str:
    return f"q-{meeting.questions.get(purpose=purpose).pk}"


def secret(row: Registration | RegistrationRequest, known: str = "the-token") -> str:
    """Has a link open a row, as if its mail had left."""
    row.secret_sha256 = hashlib.sha256(known.encode()).hexdigest()
    row.save(update_fields=["secret_sha256"])
    return known


def asked(meeting: Meeting, email: str = "expert@example.org") -> str:
    """The address of the form for an address that asked for it."""
    token = secret(RegistrationRequest.objects.create(meeting=meeting, email=email))
    return f"{ASK}{token}/"


def text(response) -> str:
    return " ".join(response.content.decode().split())


def kept_by_nobody(response) -> bool:
    headers = response.headers
    return (
        "no-store" in headers["Cache-Control"]
        and headers["Referrer-Policy"] == "same-origin"
        and headers["X-Robots-Tag"] == "noindex"
    )


PERSON = {"name": "A delegate", "email": "delegate@example.org", "function": "Curator", "language": "fr"}
EXPERT = {"name": "An expert", "organization": "An institute", "language": "en"}


# A visitor asks for the form


def test_a_visitor_gives_an_address_and_gets_a_link(meeting, client):
    page = client.get(ASK)
    assert kept_by_nobody(page)
    assert "Registration is open until:" in text(page)
    assert "Experts, observers and press" in text(page)
    answer = client.post(ASK, {"email": "expert@example.org"})
    assert (answer.status_code, answer.url) == (302, f"{ASK}?sent=1")
    assert "Look into your mailbox." in text(client.get(answer.url))
    assert OutboxMessage.objects.get().template == "registration-form"


def test_the_answer_is_the_same_whether_the_address_is_known(meeting, client):
    make_registration(meeting, "known@example.org", city="")
    answers = []
    for email in ("known@example.org", "unknown@example.org"):
        visitor = Client()
        answer = visitor.post(ASK, {"email": email})
        page = visitor.get(answer.url)
        shown = re.sub(r'data-now="[^"]+"', "", page.content.decode())
        answers.append((answer.status_code, answer.url, page.status_code, shown))
    assert answers[0] == answers[1]


def test_a_bad_address_is_said_and_kept(meeting, client):
    page = client.post(ASK, {"email": "no address"})
    assert page.status_code == 200
    assert "This is not an e-mail address." in text(page)
    assert 'value="no address"' in text(page)
    assert not OutboxMessage.objects.exists()


def test_a_flood_from_one_sender_is_held_back(meeting, client):
    for number in range(20):
        assert client.post(ASK, {"email": f"expert{number}@example.org"}).status_code == 302
    page = client.post(ASK, {"email": "expert99@example.org"})
    assert page.status_code == 429
    assert "Too many links were asked for from here." in text(page)


@pytest.mark.parametrize(
    ("status", "sentence", "has_form"),
    [
        ("planned", "Registration for this meeting is not open yet.", False),
        ("host-selected", "Registration for this meeting is not open yet.", False),
        ("registration-closed", "Are you registered?", True),
        ("held", "This meeting is over.", False),
        ("outcome-published", "This meeting is over.", False),
        ("cancelled", "This meeting is cancelled.", False),
    ],
)
def test_each_state_of_a_meeting_has_its_page(meeting, client, coordinator, signed_in, status, sentence, has_form):
    Meeting.objects.filter(pk=meeting.pk).update(status=status)
    page = client.get(ASK)
    assert sentence in text(page)
    assert ("<form" in text(page).split("<main")[1].split("</main")[0]) == has_form
    assert client.get(asked(meeting)).status_code == 200
    own = signed_in(coordinator)
    for address in (ASK, CITY):
        page = own.get(address)
        assert page.status_code == 200
        assert "?as=" not in text(page)
    own.post(f"{CITY}?as=delegate", PERSON)
    client.post(f"{asked(meeting, 'other@example.org')}?as=expert", EXPERT)
    assert not Registration.objects.exists()


def test_registration_ends_with_its_instant(meeting, client):
    Meeting.objects.filter(pk=meeting.pk).update(registration_closes_at=timezone.now() - datetime.timedelta(seconds=1))
    assert "Registration is closed since:" in text(client.get(ASK))
    assert client.post(f"{asked(meeting)}?as=expert", EXPERT).status_code == 200
    assert not Registration.objects.exists()


def test_an_unknown_meeting_is_not_found(client, meeting):
    assert client.get("/en/meetings/77/register/").status_code == 404
    assert client.get("/en/meetings/77/register/some/").status_code == 404


# By the link


def test_by_the_link_one_chooses_a_capacity_and_registers(meeting, client):
    address = asked(meeting)
    page = client.get(address)
    assert kept_by_nobody(page)
    assert "In which capacity do you come?" in text(page)
    assert "?as=expert" in text(page)
    assert "?as=delegate" not in text(page)
    form = client.get(f"{address}?as=press")
    assert "Dietary needs" not in text(form)
    assert "Accessibility needs" in text(form)
    assert "Dietary needs" in text(client.get(f"{address}?as=expert"))
    assert not Registration.objects.exists()
    given = EXPERT | {question(meeting, "diet"): "vegan"}
    answer = client.post(f"{address}?as=expert", given)
    assert (answer.status_code, answer.url) == (302, address)
    row = Registration.objects.get()
    assert (row.email, row.capacity, row.on_list) == ("expert@example.org", "expert", False)
    assert list(row.answers.values()) == ["vegan", False]
    done = client.get(address)
    assert "You are registered" in text(done)
    assert kept_by_nobody(done)
    # The second of two clicks.
    assert client.post(f"{address}?as=expert", given).status_code == 302
    assert Registration.objects.count() == 1


@pytest.mark.parametrize("capacity", ["mayor", "delegate", "focal-point", "king", ""])
def test_a_link_registers_in_no_capacity_of_a_city(meeting, client, capacity):
    page = client.post(f"{asked(meeting)}?as={capacity}", EXPERT)
    assert "In which capacity do you come?" in text(page)
    assert not Registration.objects.exists()


def test_where_one_capacity_is_taken_its_form_comes_at_once(meeting, client):
    Meeting.objects.filter(pk=meeting.pk).update(capacities=["press", "delegate"])
    page = client.get(asked(meeting))
    assert 'name="organization"' in text(page)


def test_what_lacks_is_said_at_its_field_and_what_was_typed_stays(meeting, client):
    visa, passport = question(meeting, "visa"), question(meeting, "passport-name")
    given = {"name": "", "organization": "An institute", "language": "fr", visa: "on", "on_list": "on"}
    page = client.post(f"{asked(meeting)}?as=observer", given | {passport: "A. N. Expert"})
    assert "Nobody was registered" in text(page)
    assert 'href="#id_name"' in text(page)
    assert text(page).count("Needed for the letter for a visa.") == 2  # at the nationality, and in the summary
    assert 'value="An institute"' in text(page)
    assert 'value="A. N. Expert"' in text(page)
    assert "checked" in text(page)
    assert not Registration.objects.exists()


def test_the_box_of_the_list_is_not_ticked_before(meeting, client):
    page = text(client.get(f"{asked(meeting)}?as=observer"))
    box = page.split('name="on_list"')[1].split(">")[0]
    assert "checked" not in box


def test_a_full_meeting_says_so_before_and_after(meeting, client):
    Meeting.objects.filter(pk=meeting.pk).update(places=1)
    make_registration(Meeting.objects.get(pk=meeting.pk), "first@example.org", city="")
    make_registration(meeting, "second@example.org", city="", status=Status.WAITING)
    address = asked(meeting)
    for page in (client.get(ASK), client.get(address), client.get(f"{address}?as=expert")):
        assert "Whoever registers now is number 2 on the waiting list" in text(page)
    client.post(f"{address}?as=expert", EXPERT)
    assert "You are number 2 on the waiting list." in text(client.get(address))


def test_a_link_that_was_replaced_or_is_too_old_opens_nothing(meeting, client, settings):
    asked(meeting)
    for address in (f"{ASK}unknown/", "/en/meetings/registration/unknown/"):
        page = client.get(address)
        assert page.status_code == 404
        assert "This link no longer works" in text(page)
        assert kept_by_nobody(page)
    age = timezone.now() - datetime.timedelta(days=settings.INVITATION_DAYS, seconds=1)
    RegistrationRequest.objects.update(requested_at=age)
    assert client.get(f"{ASK}the-token/").status_code == 404


# Signed in


def test_who_is_signed_in_registers_with_the_own_address(meeting, evaluator, signed_in):
    own = signed_in(evaluator)
    assert "The confirmation goes to evaluator@example.org." in text(own.get(f"{ASK}?as=expert"))
    answer = own.post(f"{ASK}?as=expert", EXPERT | {"email": "another@example.org"})
    row = Registration.objects.get()
    assert answer.url == row.get_absolute_url()
    assert (row.user, row.email, row.registered_by) == (evaluator, "evaluator@example.org", evaluator)
    assert "You are registered and have a place." in text(own.get(answer.url))
    assert own.post(f"{ASK}?as=expert", EXPERT).url == row.get_absolute_url()
    assert "You are registered for this meeting." in text(own.get(ASK))


def test_a_coordinator_finds_the_way_to_the_own_city(meeting, coordinator, signed_in):
    make_registration(meeting)
    page = text(signed_in(coordinator).get(ASK))
    assert CITY in page
    assert "1 of 3 registered" in page


# A city's persons


def test_a_coordinator_registers_a_delegate(meeting, coordinator, signed_in):
    own = signed_in(coordinator)
    page = text(own.get(CITY))
    assert "0 of 3" in page
    assert "?as=mayor" in page
    assert "?as=expert" not in page
    answer = own.post(f"{CITY}?as=delegate", PERSON)
    assert (answer.status_code, answer.url) == (302, CITY)
    row = Registration.objects.get()
    assert (row.city.slug, row.language, row.registered_by, row.on_list) == ("lyon", "fr", coordinator, False)
    page = text(own.get(CITY))
    assert "A delegate is registered and gets a mail." in page
    assert "1 of 3" in page


def test_bad_input_of_a_coordinator_stays(meeting, coordinator, signed_in):
    make_registration(meeting, "delegate@example.org", city="ostersund")
    page = signed_in(coordinator).post(f"{CITY}?as=delegate", PERSON)
    assert page.status_code == 200
    assert "This address is registered already." in text(page)
    assert 'href="#id_email"' in text(page)
    assert 'value="Curator"' in text(page)
    page = signed_in(coordinator).post(f"{CITY}?as=delegate", PERSON | {"name": "x" * 151, "email": "no\x00"})
    assert page.status_code == 200
    assert Registration.objects.count() == 1


def test_a_city_whose_places_are_taken_reads_so(meeting, coordinator, signed_in):
    own = signed_in(coordinator)
    for number in range(3):
        make_registration(meeting, f"delegate{number}@example.org")
    page = text(own.get(CITY))
    assert "All 3 places of Lyon are taken." in page
    assert "?as=" not in page
    page = own.post(f"{CITY}?as=delegate", PERSON)
    assert "All 3 places of Lyon are taken." in text(page)
    assert Registration.objects.count() == 3


def test_one_mayor_is_offered_once(meeting, coordinator, signed_in):
    make_registration(meeting, capacity="mayor")
    own = signed_in(coordinator)
    assert "?as=mayor" not in text(own.get(CITY))
    own.post(f"{CITY}?as=mayor", PERSON)
    assert Registration.objects.count() == 1


def test_a_former_member_registers_nobody(meeting, coordinator, signed_in):
    lyon = City.objects.get(slug="lyon")
    lyon.designations.filter(ends_on=None).update(ends_on=timezone.localdate() - DAY, end_reason="withdrawn")
    page = signed_in(coordinator).get(CITY)
    assert "Lyon is not a member of the network today" in text(page)


PERSONAS = {
    "coordinator": 200,
    "alternate": 200,
    "editor": 200,
    "former_coordinator": 404,
    "other_coordinator": 404,
    "commission_officer": 404,
    "evaluator": 404,
}


@pytest.mark.parametrize(("who", "status"), [*PERSONAS.items(), ("officer", 404), ("auditor", 404)])
def test_the_persons_of_a_city_are_its_own(meeting, signed_in, who, status, request):
    row = make_registration(meeting)
    own = signed_in(request.getfixturevalue(who))
    assert own.get(CITY).status_code == status
    # Of a registration the secretariat knows; what it does with it is done in the administration.
    expected = 403 if who in ("officer", "auditor") else status
    for page in ("", "cancel/", "calendar.ics"):
        assert own.get(f"/en/my/registrations/{row.pk}/{page}").status_code == expected
    if expected != 200:
        own.post(f"/en/my/registrations/{row.pk}/cancel/")
        own.post(f"/en/my/registrations/{row.pk}/", PERSON)
        row.refresh_from_db()
        assert (row.status, row.function) == ("registered", "")


def test_a_visitor_signs_in_first(meeting, client):
    row = make_registration(meeting)
    for address in (CITY, row.get_absolute_url(), "/en/meetings/19/participants/"):
        assert "/account/login/" in client.get(address).url


# One registration


def test_a_city_changes_and_cancels(meeting, coordinator, signed_in):
    row, own = make_registration(meeting), signed_in(coordinator)
    address = row.get_absolute_url()
    page = text(own.get(address))
    assert 'value="delegate@example.org"' in page
    assert row.code in page
    assert own.post(address, PERSON | {"email": "new@example.org"}).url == address
    row.refresh_from_db()
    assert (row.function, row.email, row.language) == ("Curator", "new@example.org", "fr")
    assert "Saved." in text(own.get(address))
    assert "will not take part in" in text(own.get(f"{address}cancel/"))
    row.refresh_from_db()
    assert row.status == Status.REGISTERED
    assert own.post(f"{address}cancel/").url == address
    page = text(own.get(address))
    assert "This registration is cancelled." in page
    assert 'name="function"' not in page
    assert "This registration is cancelled already." in text(own.get(f"{address}cancel/"))
    own.post(f"{address}cancel/")
    own.post(address, PERSON)
    row.refresh_from_db()
    assert row.status == Status.CANCELLED


def test_a_delegate_changes_and_cancels_by_the_link(meeting, client):
    row = make_registration(meeting, function="Curator")
    address = f"/en/meetings/registration/{secret(row)}/"
    page = client.get(address)
    assert kept_by_nobody(page)
    assert 'name="email"' not in text(page)
    assert "You are registered and have a place." in text(page)
    assert client.post(address, {"name": "", "language": "en"}).status_code == 200
    answer = client.post(address, {"name": "Another", "language": "en", "on_list": "on", "email": "x@example.org"})
    assert answer.url == address
    row.refresh_from_db()
    assert (row.name, row.on_list, row.email, row.function) == ("Another", True, "delegate@example.org", "")
    assert "Saved." in text(client.get(address))
    assert client.get(f"{address}cancel/").status_code == 200
    assert kept_by_nobody(client.get(f"{address}cancel/"))
    row.refresh_from_db()
    assert row.status == Status.REGISTERED
    assert client.post(f"{address}cancel/").url == address
    assert "Your registration is cancelled." in text(client.get(address))
    assert client.get(f"{address}calendar.ics").status_code == 200


def test_who_waits_reads_the_number_everywhere(meeting, client, coordinator, signed_in):
    Meeting.objects.filter(pk=meeting.pk).update(places=1)
    make_registration(meeting, "first@example.org", city="")
    make_registration(meeting, "second@example.org", city="", status=Status.WAITING)
    row = make_registration(meeting, status=Status.WAITING)
    page = text(client.get(f"/en/meetings/registration/{secret(row)}/"))
    assert "You are number 2 on the waiting list." in page
    own = signed_in(coordinator)
    assert "waiting list, number 2" in text(own.get(CITY))
    assert "Number 2 on the waiting list." in text(own.get(row.get_absolute_url()))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_calendar_of_a_registration(meeting, client, language):
    row = make_registration(meeting)
    response = client.get(f"/{language}/meetings/registration/{secret(row)}/calendar.ics")
    assert response["Content-Type"].startswith("text/calendar")
    assert kept_by_nobody(response)
    (event,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert event["SUMMARY"].startswith("Annual meeting" if language == "en" else "Réunion annuelle")


def test_after_the_meeting_it_is_read_only_and_emptied_it_says_so(meeting, client, coordinator, signed_in):
    row = make_registration(meeting)
    Meeting.objects.filter(pk=meeting.pk).update(status=Meeting.Status.HELD)
    own, address = signed_in(coordinator), row.get_absolute_url()
    page = text(own.get(address))
    assert "<form" not in page.split("<main")[1].split("</main")[0]
    assert own.post(address, PERSON).status_code == 302
    page = text(own.post(f"{address}cancel/"))
    assert "The meeting is over: the registration stays as it is." in page
    Registration.objects.update(name="", email="")
    assert "name, address and answers are removed" in text(own.get(address))


def test_who_is_checked_in_does_not_cancel(meeting, client, officer):
    row = make_registration(meeting, checked_in_at=timezone.now(), checked_in_by=officer)
    address = f"/en/meetings/registration/{secret(row)}/"
    assert f"{address}cancel/" not in text(client.get(address))
    assert "can no longer cancel" in text(client.get(f"{address}cancel/"))
    assert "Undo the check-in first." in text(client.post(f"{address}cancel/"))


# The list of participants


@pytest.mark.parametrize(
    ("who", "status"),
    [*(dict.fromkeys(PERSONAS, 403) | dict.fromkeys(("coordinator", "alternate", "editor"), 200)).items()],
)
def test_the_list_is_for_member_cities(meeting, signed_in, who, status, request):
    status = 200 if who == "other_coordinator" else status
    assert signed_in(request.getfixturevalue(who)).get("/en/meetings/19/participants/").status_code == status


def test_the_list_names_who_agreed_alone(meeting, coordinator, signed_in):
    own = signed_in(coordinator)
    assert "Nobody is registered yet." in text(own.get("/en/meetings/19/participants/"))
    make_registration(meeting, "a@example.org", name="Ada Named", on_list=True)
    make_registration(meeting, "b@example.org", name="Bob Hidden")
    make_registration(meeting, "c@example.org", name="Cy Expert", on_list=True, city="")
    page = text(own.get("/en/meetings/19/participants/"))
    assert "Ada Named" in page
    assert "Cy Expert" in page
    assert "Bob Hidden" not in page
    assert "@example.org" not in page.split("<main")[1]
    assert "3 persons have a place. 1 of them is not named here." in page


def test_the_page_of_the_meeting_leads_here(meeting, client, coordinator, signed_in):
    assert ASK in text(client.get("/en/meetings/19/"))
    page = text(signed_in(coordinator).get("/en/meetings/19/"))
    assert "/en/meetings/19/participants/" in page
    Meeting.objects.filter(pk=meeting.pk).update(status=Meeting.Status.HOST_SELECTED)
    assert ASK not in text(Client().get("/en/meetings/19/"))


# Both languages, and how much it costs


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_in_both_languages(meeting, client, coordinator, signed_in, language):
    row = make_registration(meeting, on_list=True)
    own, token = signed_in(coordinator), secret(row, "own")
    address = asked(meeting)
    paths = [
        (client, "/meetings/19/register/", "Register", "S’inscrire"),
        (client, address.removeprefix("/en"), "In which capacity do you come?", "En quelle qualité venez-vous"),
        (client, f"{address.removeprefix('/en')}?as=expert", "Dietary needs", "Régime alimentaire"),
        (client, f"/meetings/registration/{token}/", "You are registered", "Votre inscription est enregistrée"),
        (client, f"/meetings/registration/{token}/cancel/", "You will not take part", "Vous ne participerez pas"),
        (client, "/meetings/registration/unknown/", "This link no longer works", "Ce lien ne fonctionne plus"),
        (own, "/my/meetings/19/lyon/", "Who comes for Lyon", "Qui vient pour Lyon"),
        (own, f"/my/registrations/{row.pk}/", "Registered, with a place", "Inscription enregistrée"),
        (own, f"/my/registrations/{row.pk}/cancel/", "A mail tells the person", "informée par courriel"),
        (own, "/meetings/19/participants/", "has a place", "a une place"),
    ]
    for browser, path, english, french in paths:
        page = text(browser.get(f"/{language}{path}"))
        assert (english if language == "en" else french) in page, path


@pytest.mark.parametrize("number", [1, 30])
def test_how_many_queries_the_pages_cost(meeting, client, coordinator, signed_in, django_assert_num_queries, number):
    Meeting.objects.filter(pk=meeting.pk).update(per_city=40)
    for nth in range(number):
        make_registration(meeting, f"delegate{nth}@example.org", on_list=True, name=f"Delegate {nth}")
        make_registration(meeting, f"expert{nth}@example.org", on_list=True, city="")
        make_registration(meeting, f"late{nth}@example.org", status=Status.WAITING)
    for nth in range(2 if number == 1 else 9):
        MeetingQuestion.objects.create(meeting=meeting, position=50 + nth, text_en=f"Q{nth}", text_fr=f"Q{nth}")
    row = Registration.objects.waiting().last()
    token, address, own = secret(row, "own"), asked(meeting), signed_in(coordinator)
    with django_assert_num_queries(4):
        client.get(ASK)
    with django_assert_num_queries(6):
        client.get(f"{address}?as=expert")
    with django_assert_num_queries(4):
        client.get(f"/en/meetings/registration/{token}/")
    with django_assert_num_queries(11):
        own.get(CITY)
    with django_assert_num_queries(11):
        own.get(f"{CITY}?as=delegate")
    with django_assert_num_queries(10):
        own.get(row.get_absolute_url())
    with django_assert_num_queries(8):
        own.get("/en/meetings/19/participants/")
