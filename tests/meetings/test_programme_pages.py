"""The public programme, and the pages on which places in sessions are booked."""

import datetime

import pytest
from django.urls import reverse

from cities.models import CreativeField
from meetings.models import Meeting, Registration, Room, Session, SessionPlace, SessionSpeaker, Speaker
from meetings.services.programme import book
from meetings.services.registration import _hash
from tests.conftest import person, sign_in
from tests.factories.hosting import make_meeting, make_registration, make_session

pytestmark = pytest.mark.django_db

Kind = Session.Kind
PAGE = "/en/meetings/19/programme/"


@pytest.fixture
def studio(meeting) -> Room:
    return Room.objects.create(meeting=meeting, name_en="Studio", name_fr="Atelier", position=1, is_accessible=False)


@pytest.fixture
def sessions(meeting, studio) -> dict[str, Session]:
    literature, film = (CreativeField.objects.get(slug=slug) for slug in ("literature", "film"))
    found = {
        "plenary": make_session(meeting, "Opening", 9),
        "workshop": make_session(meeting, "Workshop", 10, kind=Kind.WORKSHOP, places=2, room=studio),
        "literature": make_session(meeting, "Books", 11, kind=Kind.SUB_NETWORK, field=literature, places=9),
        "film": make_session(meeting, "Films", 12, kind=Kind.SUB_NETWORK, field=film, places=9),
        "mayors": make_session(meeting, "Forum", 14, kind=Kind.MAYORS, places=9),
        "late": make_session(meeting, "Concert", 17, 7, kind=Kind.PUBLIC),
    }
    speaker = Speaker.objects.create(meeting=meeting, name="Speaker One", function_en="Mayor", function_fr="Maire")
    opening = found["plenary"]
    SessionSpeaker.objects.create(
        session=opening, speaker=speaker, is_moderator=True, starts_at=opening.starts_at, ends_at=opening.ends_at
    )
    return found


@pytest.fixture
def delegate(meeting) -> Registration:
    """Of Lyon, a city of literature today."""
    return make_registration(meeting, user=person("delegate@example.org"))


def now_is(monkeypatch, instant: datetime.datetime) -> None:
    for module in ("meetings.views.programme", "meetings.services.programme"):
        monkeypatch.setattr(f"{module}.timezone.now", lambda: instant)


# What everybody reads


def test_the_programme_in_english(client, sessions):
    text = client.get(PAGE).content.decode()
    for part in (
        "All times are those of the place, time zone Africa/Casablanca.",
        "Tuesday 1 June 2027",
        "UTC+1",
        "6 sessions",
        "Great hall",
        "not accessible without steps",
        "Speaker One",
        "For mayors",
        "For the cities of the field Literature",
        "To be booked: 2 of 2 places free",
        ">24:00</time>",
        "field-literature",
    ):
        assert part in text
    assert "Book a place" not in text
    assert "You are registered" not in text


def test_the_programme_in_french(client, sessions):
    text = client.get(PAGE.replace("/en/", "/fr/")).content.decode()
    for part in ("Mardi 1er juin 2027", "Opening (fr)", "Grande salle", "Maire", "fuseau horaire"):
        assert part in text
    for english in ("All times", "Add to your calendar", "To be booked", "For mayors", "moderates", "Kind of session"):
        assert english not in text


def test_before_there_is_a_session_the_page_says_so(client, meeting):
    text = client.get(PAGE).content.decode()
    assert "No session is planned yet." in text
    assert "noindex" in text
    assert client.get("/en/meetings/99/programme/").status_code == 404


def test_a_session_after_midnight_in_paris_is_on_its_day_at_the_place(client, network):
    meeting = make_meeting(19, hosts=("lyon",), time_zone="America/Sao_Paulo")
    make_session(meeting, "Evening", 22)
    day = meeting.start_date
    assert f'id="day-{day.isoformat()}"' in client.get(PAGE).content.decode()
    assert "UTC−3" in client.get(PAGE).content.decode()


def test_what_is_on_and_what_is_next_is_never_stale(client, sessions, monkeypatch):
    opening = sessions["plenary"]

    def marks() -> list[str]:
        response = client.get(PAGE)
        assert "no-cache" in response["Cache-Control"]
        assert "ETag" not in response
        text = response.content.decode()
        return [mark for mark in ("Now", "Next") if f'session-mark">{mark}<' in text]

    minute = datetime.timedelta(minutes=1)
    now_is(monkeypatch, opening.starts_at - datetime.timedelta(days=2))
    assert marks() == []
    now_is(monkeypatch, opening.starts_at - minute)
    assert marks() == ["Next"]
    now_is(monkeypatch, opening.starts_at)
    assert marks() == ["Now", "Next"]
    now_is(monkeypatch, sessions["late"].starts_at + minute)
    assert marks() == ["Now"]
    now_is(monkeypatch, sessions["late"].ends_at)
    assert marks() == []


def test_a_cancelled_meeting_says_so(client, meeting, sessions):
    Meeting.objects.filter(pk=meeting.pk).update(status="cancelled")
    text = client.get(PAGE).content.decode()
    assert "This meeting is cancelled." in text
    assert "The programme can still change." not in text


def shown(response) -> list[str]:
    return [row.session.title_en for day in response.context["days"] for row in day.rows]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["Opening", "Workshop", "Books", "Films", "Forum", "Concert"]),
        ("kind=plenary", ["Opening"]),
        ("kind=plenary&kind=mayors", ["Opening", "Forum"]),
        ("room={studio}", ["Workshop"]),
        ("room={studio}&kind=plenary", []),
        ("kind=nonsense", []),
        ("kind=plenary&room=999999", []),
        ("room=%00", []),
    ],
)
def test_the_programme_by_kind_and_room(client, sessions, studio, query, titles):
    response = client.get(f"{PAGE}?{query.format(studio=studio.pk)}")
    assert response.status_code == 200
    assert shown(response) == titles


def test_a_filter_that_cannot_be_read_says_so(client, sessions):
    text = client.get(f"{PAGE}?kind=nonsense").content.decode()
    assert "No sessions are shown, because part of the request cannot be read." in text
    assert "“nonsense” is not among the choices here." in text


def test_counts_of_one_filter_follow_the_other(client, sessions, studio):
    found = client.get(f"{PAGE}?room={studio.pk}").context["found"]
    kinds, rooms = ({option.value: option.count for option in facet.options} for facet in found.facets)
    assert kinds == {"workshop": 1}
    assert sum(rooms.values()) == 6


def many(meeting: Meeting, number: int) -> None:
    field = CreativeField.objects.get(slug="film")
    for place in range(number):
        room = Room.objects.create(meeting=meeting, name_en=f"Room {place}", name_fr=f"Salle {place}")
        session = make_session(meeting, f"Session {place}", 9, room=room, kind=Kind.SUB_NETWORK, field=field, places=9)
        speaker = Speaker.objects.create(meeting=meeting, name=f"Speaker {place}")
        SessionSpeaker.objects.create(
            session=session, speaker=speaker, starts_at=session.starts_at, ends_at=session.ends_at
        )


@pytest.mark.parametrize("number", [1, 60])
def test_the_page_costs_the_same_for_one_session_and_for_sixty(client, meeting, number, django_assert_num_queries):
    many(meeting, number)
    with django_assert_num_queries(8):
        client.get(PAGE)
    with django_assert_num_queries(8):
        client.get(PAGE.replace("/en/", "/fr/"))


@pytest.mark.parametrize("number", [1, 60])
def test_so_it_does_for_who_is_registered(meeting, delegate, number, django_assert_num_queries):
    many(meeting, number)
    client = sign_in(delegate.user)
    client.get(PAGE)
    with django_assert_num_queries(13):
        client.get(PAGE)


@pytest.mark.parametrize("number", [1, 60])
def test_the_page_of_the_edition_shows_days_and_plenaries(client, meeting, number, rf):
    for place in range(number):
        room = Room.objects.create(meeting=meeting, name_en=f"Room {place}", name_fr=f"Salle {place}")
        make_session(meeting, f"Session {place}", 9, room=room, kind=Kind.WORKSHOP)
    make_session(meeting, "Opening", 9)
    text = client.get("/en/meetings/19/").content.decode()
    assert "/en/meetings/19/programme/#day-2027-06-01" in text
    assert "Opening" in text
    assert ("and 1 other session" if number == 1 else "and 60 other sessions") in text


# Booking in the programme


def test_who_is_registered_books_and_gives_back(meeting, sessions, delegate):
    client = sign_in(delegate.user)
    workshop = sessions["workshop"]
    text = client.get(PAGE).content.decode()
    assert "You are registered as A delegate" in text
    assert text.count('aria-label="Book a place:') == 2  # workshop, own sub-network
    assert "This session is for the cities of the field Film." in text
    assert "The mayors’ forum is for mayors." in text
    response = client.post(f"{PAGE}{workshop.pk}/book/", follow=True)
    assert response.redirect_chain[-1][0] == f"{PAGE}#session-{workshop.pk}"
    text = response.content.decode()
    assert "You have a place in “Workshop”." in text
    assert "Give the place back" in text
    assert "To be booked: 1 of 2 places free" in text
    client.post(f"{PAGE}{workshop.pk}/book/")
    assert SessionPlace.objects.get().registration == delegate
    response = client.post(f"{PAGE}{workshop.pk}/leave/", follow=True)
    assert "Your place in “Workshop” is free again." in response.content.decode()
    assert not SessionPlace.objects.exists()


def test_a_refusal_is_said_on_the_page(sessions, delegate):
    response = sign_in(delegate.user).post(f"{PAGE}{sessions['mayors'].pk}/book/", follow=True)
    assert "The mayors’ forum is for mayors." in response.content.decode()
    assert not SessionPlace.objects.exists()


def test_who_is_not_registered_finds_nothing_to_book(client, sessions, coordinator, officer):
    path = f"{PAGE}{sessions['workshop'].pk}/book/"
    assert "/account/login/" in client.post(path).url
    for user in (coordinator, officer):
        signed = sign_in(user)
        assert signed.post(path).status_code == 404
        assert "Book a place" not in signed.get(PAGE).content.decode()
    assert client.get(path).status_code in (302, 405)


def test_nobody_signed_in_is_served_or_kept_for_others(client, sessions, delegate):
    signed = sign_in(delegate.user)
    assert "private" in signed.get(PAGE)["Cache-Control"]
    assert "You are registered" not in client.get(PAGE).content.decode()


# The sessions of one registration


def own_page(registration: Registration) -> str:
    return reverse("meetings:my_registration_sessions", args=[registration.pk])


@pytest.fixture
def linked(meeting) -> tuple[Registration, str]:
    """A person without an account, and the page that the link of their mail leads to."""
    token = "a secret of the tests"
    registration = make_registration(meeting, "expert@example.org", city="", name="An expert")
    Registration.objects.filter(pk=registration.pk).update(secret_sha256=_hash(token))
    return registration, reverse("meetings:registration_sessions", args=[token])


def test_a_coordinator_books_for_persons_of_the_city(sessions, delegate, coordinator):
    client = sign_in(coordinator)
    path = own_page(delegate)
    text = client.get(path).content.decode()
    assert "For A delegate." in text
    assert "Opening" not in text  # nobody has to book it
    response = client.post(path, {"session": sessions["workshop"].pk, "act": "book"}, follow=True)
    assert "A place in “Workshop” is booked." in response.content.decode()
    assert SessionPlace.objects.get().registration == delegate
    response = client.post(path, {"session": sessions["workshop"].pk, "act": "leave"}, follow=True)
    assert "The place in “Workshop” is free again." in response.content.decode()
    assert not SessionPlace.objects.exists()


def test_by_the_link_of_the_mail_one_books_without_an_account(client, sessions, linked):
    registration, path = linked
    response = client.get(path)
    assert "no-store" in response["Cache-Control"]
    response = client.post(path, {"session": sessions["workshop"].pk, "act": "book"}, follow=True)
    assert "A place in “Workshop” is booked." in response.content.decode()
    assert SessionPlace.objects.get().registration == registration
    assert client.get(path.replace("secret", "guess")).status_code == 404


@pytest.mark.parametrize("data", [{}, {"session": "x", "act": "book"}, {"session": "0", "act": "book"}])
def test_no_session_no_booking(client, sessions, linked, data):
    assert client.post(linked[1], data).status_code == 404


def test_a_session_of_another_meeting_is_not_found(client, sessions, linked):
    other = make_session(make_meeting(20, hosts=("lyon",)), places=3)
    assert client.post(linked[1], {"session": other.pk, "act": "book"}).status_code == 404


def test_an_unknown_act_does_nothing(client, sessions, linked):
    assert client.post(linked[1], {"session": sessions["workshop"].pk, "act": "x"}).status_code == 302
    assert not SessionPlace.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("coordinator", 200), ("alternate", 200), ("editor", 200), ("other_coordinator", 404), ("officer", 403)],
)
def test_whose_sessions_one_may_book(request, sessions, delegate, who, status):
    user = request.getfixturevalue(who)
    assert sign_in(user).get(own_page(delegate)).status_code == status


def test_who_waits_or_cancelled_books_nothing(meeting, sessions, coordinator):
    client = sign_in(coordinator)
    waiting = make_registration(meeting, status="waiting")
    text = client.get(own_page(waiting)).content.decode()
    assert "Sessions can be booked as soon as there is a place at the meeting." in text
    assert "Book a place" not in text


@pytest.mark.parametrize("number", [1, 60])
def test_the_page_of_a_registration_costs_the_same(client, meeting, linked, number, django_assert_num_queries):
    many(meeting, number)
    with django_assert_num_queries(7):
        client.get(linked[1])


def test_a_full_session_offers_nothing(meeting, sessions, delegate):
    for number in range(2):
        other = make_registration(meeting, f"other{number}@example.org", city="")
        book(session=sessions["workshop"], registration=other)
    text = sign_in(delegate.user).get(PAGE).content.decode()
    assert "To be booked: all places are taken" in text
    assert text.count('aria-label="Book a place:') == 1


def test_the_registration_leads_to_its_sessions(client, sessions, linked):
    _registration, path = linked
    page = client.get(path.removesuffix("sessions/")).content.decode()
    assert 'href="sessions/"' in page
