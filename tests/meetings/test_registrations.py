"""Registering, the waiting list, changing, cancelling, the entrance, and forgetting."""

import datetime
import itertools
import json

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.utils import timezone, translation

from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import City, HistoryEntry, OutboxMessage
from cities.services.clock import DUTIES, tick
from cities.services.history import flaws
from cities.services.privacy import erase, holdings
from cities.services.sending import send_due
from meetings.models import (
    Meeting,
    MeetingQuestion,
    Registration,
    RegistrationRequest,
    SessionPlace,
    SessionSpeaker,
    Speaker,
)
from meetings.services import registration as service
from meetings.services.registration import (
    SELF,
    AlreadyRegistered,
    LinkClosed,
    RegistrationRefused,
    Unanswered,
    add_usual_questions,
    answer_for,
    ask_for_form,
    cancel_registration,
    change_places,
    change_registration,
    check_in,
    default_questions,
    note_visa_letter,
    participants,
    places_of,
    questions_for,
    register,
    registration_by_secret,
    remove_personal_data,
    request_by_secret,
    undo_check_in,
    waiting_number,
    waiting_numbers,
)
from tests.conftest import person
from tests.factories.hosting import DAY, make_meeting, make_registration, make_session, open_for_registration

Capacity, Purpose, Status, Verb = (
    Registration.Capacity,
    MeetingQuestion.Purpose,
    Registration.Status,
    HistoryEntry.Verb,
)
SECOND = datetime.timedelta(seconds=1)
pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def meeting(network) -> Meeting:
    return open_for_registration(make_meeting(hosts=["lyon"]))


@pytest.fixture
def lyon(network) -> City:
    return City.objects.get(slug="lyon")


@pytest.fixture
def delegate(meeting, lyon, coordinator):
    """Registers another delegate of Lyon, or whoever else."""
    numbers = itertools.count(1)

    def made(**fields) -> Registration:
        number = next(numbers)
        known = {"capacity": Capacity.DELEGATE, "city": lyon, "by": coordinator}
        known |= {"name": f"Delegate {number}", "email": f"delegate{number}@example.org"}
        return register(meeting=meeting, **known | fields)

    return made


def limit(meeting: Meeting, places: int | None, per_city: int = 50) -> Meeting:
    Meeting.objects.filter(pk=meeting.pk).update(places=places, per_city=per_city)
    meeting.refresh_from_db()
    return meeting


def asked(meeting: Meeting, email: str = "expert@example.org") -> RegistrationRequest:
    return RegistrationRequest.objects.create(meeting=meeting, email=email)


def templates() -> list[str]:
    return list(OutboxMessage.objects.order_by("pk").values_list("template", flat=True))


def sent_tokens(pattern: str) -> list[str]:
    """Send what is due; the secrets of the links in it."""
    mail.outbox.clear()
    send_due()
    return [part.split("/")[0] for one in mail.outbox for part in one.body.split(pattern)[1:]]


# Registering


def test_a_coordinator_registers_a_delegate_who_gets_a_mail(meeting, lyon, coordinator, delegate):
    stored = delegate(function="Deputy mayor", on_list=True, language="fr")
    assert (stored.status, stored.place, stored.city_place, stored.per_city) == (Status.REGISTERED, 1, 1, 3)
    assert (stored.registered_by, stored.user, stored.city) == (coordinator, None, lyon)
    message = OutboxMessage.objects.get()
    assert (message.to, message.language, message.secret) == ("delegate1@example.org", "fr", "registration")
    assert "Dear" not in message.body
    assert message.subject.startswith("Conférence annuelle") or "19" in message.subject
    entry = HistoryEntry.objects.get(verb=Verb.REGISTERED)
    assert entry.changes == {"capacity": [None, "delegate"], "status": [None, "registered"]}
    assert entry.actor == coordinator


@pytest.mark.parametrize("capacity", SELF)
def test_whoever_comes_for_no_city_registers_by_the_link_that_proved_the_address(meeting, capacity):
    request = asked(meeting)
    stored = register(meeting=meeting, capacity=capacity, name="An expert", email="other@example.org", request=request)
    assert (stored.email, stored.city, stored.registered_by) == ("expert@example.org", None, None)
    request.refresh_from_db()
    assert request.used_at is not None
    with pytest.raises(LinkClosed):
        register(meeting=meeting, capacity=capacity, name="Again", request=request)


def test_a_link_opens_one_meeting_alone(meeting):
    other = open_for_registration(make_meeting(20, hosts=["lyon"]))
    with pytest.raises(LinkClosed):
        register(meeting=other, capacity=Capacity.PRESS, name="A reporter", request=asked(meeting))


def test_who_is_signed_in_registers_with_the_own_address(meeting, evaluator):
    known = {"meeting": meeting, "capacity": Capacity.EXPERT, "name": "An evaluator", "by": evaluator}
    with pytest.raises(RegistrationRefused, match="with their own address"):
        register(**known, email="somebody.else@example.org")
    stored = register(**known, email="Evaluator@Example.org")
    assert (stored.user, stored.email) == (evaluator, "evaluator@example.org")


@pytest.mark.parametrize("who", ["other_coordinator", "former_coordinator", "evaluator", "auditor"])
def test_nobody_else_registers_for_a_city(meeting, lyon, who, request):
    with pytest.raises(RegistrationRefused, match="Only the coordinators of a city"):
        register(
            meeting=meeting,
            capacity=Capacity.DELEGATE,
            city=lyon,
            name="A delegate",
            email="delegate@example.org",
            by=request.getfixturevalue(who),
        )
    assert not Registration.objects.exists()


def test_nobody_registers_for_a_city_by_a_link(meeting, lyon):
    with pytest.raises(RegistrationRefused, match="Only the coordinators of a city"):
        register(meeting=meeting, capacity=Capacity.MAYOR, city=lyon, name="A mayor", request=asked(meeting))


def test_without_a_proof_of_the_address_nobody_is_registered(meeting):
    with pytest.raises(RegistrationRefused, match="with their own address"):
        register(meeting=meeting, capacity=Capacity.EXPERT, name="An expert", email="expert@example.org")


@pytest.mark.parametrize("capacity", Capacity.values)
def test_the_secretariat_registers_anybody(meeting, lyon, officer, capacity):
    city = lyon if capacity in Registration.OF_A_CITY else None
    stored = register(
        meeting=meeting, capacity=capacity, city=city, name="Somebody", email="some.body@example.org", by=officer
    )
    assert stored.capacity == capacity


@pytest.mark.parametrize(("capacity", "has_city"), [("expert", True), ("delegate", False)])
def test_a_capacity_fits_the_city(meeting, lyon, officer, capacity, has_city):
    with pytest.raises(RegistrationRefused, match="A city is given for its mayor, focal point and delegates"):
        register(
            meeting=meeting,
            capacity=capacity,
            city=lyon if has_city else None,
            name="Somebody",
            email="some.body@example.org",
            by=officer,
        )


def test_a_meeting_takes_the_capacities_that_it_names(meeting, delegate):
    Meeting.objects.filter(pk=meeting.pk).update(capacities=["mayor"])
    with pytest.raises(RegistrationRefused, match="no registrations in this capacity"):
        delegate()
    assert delegate(capacity=Capacity.MAYOR).capacity == Capacity.MAYOR


def test_a_city_has_one_mayor(delegate):
    first = delegate(capacity=Capacity.MAYOR)
    with pytest.raises(RegistrationRefused, match="The mayor of Lyon is registered already"):
        delegate(capacity=Capacity.MAYOR)
    cancel_registration(registration=first, by=first.registered_by)
    assert delegate(capacity=Capacity.MAYOR).capacity == Capacity.MAYOR


def test_a_city_that_is_no_member_registers_nobody(meeting, officer):
    city = City.objects.get(slug="lyon")
    ended = {"ends_on": timezone.localdate() - DAY, "end_reason": "withdrawn"}
    city.designations.filter(ends_on=None).update(**ended)
    with pytest.raises(RegistrationRefused, match="is not a member of the network today"):
        register(
            meeting=meeting,
            capacity=Capacity.DELEGATE,
            city=city,
            name="A delegate",
            email="delegate@example.org",
            by=officer,
        )


def test_an_address_is_registered_once_whatever_its_case(meeting, delegate):
    delegate(email="Same@Example.org")
    with pytest.raises(AlreadyRegistered, match="registered already"):
        delegate(email="same@example.ORG")
    other = open_for_registration(make_meeting(20, hosts=["lyon"]))
    with pytest.raises(AlreadyRegistered):
        register(meeting=meeting, capacity=Capacity.PRESS, name="Same", request=asked(meeting, "same@example.org"))
    stored = register(meeting=other, capacity=Capacity.PRESS, name="Same", request=asked(other, "same@example.org"))
    assert stored.status == Status.REGISTERED


@pytest.mark.parametrize(
    ("fields", "sentence"), [({"name": "  "}, "Give the name"), ({"email": " "}, "Give an e-mail address")]
)
def test_name_and_address_are_needed(delegate, fields, sentence):
    with pytest.raises(RegistrationRefused, match=sentence):
        delegate(**fields)
    assert not OutboxMessage.objects.exists()


# When


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Meeting.Status.PLANNED, "not open yet"),
        (Meeting.Status.HOST_SELECTED, "not open yet"),
        (Meeting.Status.REGISTRATION_CLOSED, "is closed"),
        (Meeting.Status.HELD, "is closed"),
        (Meeting.Status.OUTCOME_PUBLISHED, "is closed"),
        (Meeting.Status.CANCELLED, "is cancelled"),
    ],
)
def test_only_an_open_meeting_takes_registrations(meeting, delegate, status, sentence):
    Meeting.objects.filter(pk=meeting.pk).update(status=status)
    with pytest.raises(RegistrationRefused, match=sentence):
        delegate()


def test_the_last_second_counts_and_the_instant_itself_no_more(meeting, delegate):
    closes = timezone.now() + datetime.timedelta(hours=1)
    Meeting.objects.filter(pk=meeting.pk).update(registration_closes_at=closes)
    assert delegate(received_at=closes - SECOND).place == 1
    with pytest.raises(RegistrationRefused, match="Registration is closed since"):
        delegate(received_at=closes)


def test_what_arrived_in_time_is_registered_though_the_clock_closed_meanwhile(meeting, delegate):
    closes = timezone.now() - SECOND
    closed = {"status": Meeting.Status.REGISTRATION_CLOSED, "registration_closes_at": closes}
    Meeting.objects.filter(pk=meeting.pk).update(**closed)
    assert delegate(received_at=closes - SECOND).place == 1
    with pytest.raises(RegistrationRefused, match="Registration is closed since"):
        delegate(received_at=closes)


def test_what_staff_closed_early_is_closed(meeting, delegate):
    Meeting.objects.filter(pk=meeting.pk).update(status=Meeting.Status.REGISTRATION_CLOSED)
    with pytest.raises(RegistrationRefused, match=r"for this meeting is closed\."):
        delegate(received_at=timezone.now() - SECOND)


# Places


def test_a_city_has_so_many_places_waiting_or_not(meeting, delegate):
    limit(meeting, 2, per_city=3)
    rows = [delegate() for _number in range(3)]
    assert [row.status for row in rows] == [Status.REGISTERED, Status.REGISTERED, Status.WAITING]
    with pytest.raises(RegistrationRefused, match="All 3 places of Lyon are taken"):
        delegate()
    cancel_registration(registration=rows[1], by=rows[1].registered_by)
    assert delegate().city_place == 2


def test_who_finds_no_place_waits_with_a_number(meeting, delegate):
    limit(meeting, 2)
    rows = [delegate() for _number in range(4)]
    assert [(row.status, row.place, row.queued) for row in rows] == [
        ("registered", 1, None),
        ("registered", 2, None),
        ("waiting", None, 1),
        ("waiting", None, 2),
    ]
    assert [waiting_number(row) for row in rows] == [None, None, 1, 2]
    assert waiting_numbers(meeting) == {rows[2].pk: 1, rows[3].pk: 2}
    places = places_of(meeting)
    assert (places.is_full, places.free, places.waiting, places.next_number) == (True, 0, 2, 3)
    assert templates() == ["registration-made"] * 2 + ["registration-waiting"] * 2
    assert "number 2" in OutboxMessage.objects.last().subject or "number 2" in OutboxMessage.objects.first().subject


def test_a_place_given_back_goes_to_who_waits_first(meeting, delegate, coordinator):
    limit(meeting, 2)
    rows = [delegate() for _number in range(5)]
    OutboxMessage.objects.all().delete()
    cancel_registration(registration=rows[0], by=coordinator)
    for row in rows:
        row.refresh_from_db()
    assert [row.status for row in rows] == ["cancelled", "registered", "registered", "waiting", "waiting"]
    assert rows[2].place == 1
    assert sorted(templates()) == ["registration-cancelled", "registration-moved-up"]
    assert OutboxMessage.objects.get(template="registration-moved-up").to == rows[2].email
    assert [waiting_number(row) for row in rows[3:]] == [1, 2]
    moved = HistoryEntry.objects.get(verb=Verb.MOVED_UP)
    assert moved.object_id == str(rows[2].pk)


def test_who_leaves_the_waiting_list_makes_nobody_move_up(meeting, delegate, coordinator):
    limit(meeting, 1)
    rows = [delegate() for _number in range(3)]
    cancel_registration(registration=rows[1], by=coordinator)
    rows[2].refresh_from_db()
    assert (rows[2].status, waiting_number(rows[2])) == (Status.WAITING, 1)


def test_nobody_passes_those_who_wait(meeting, delegate):
    limit(meeting, 1)
    rows = [delegate() for _number in range(2)]
    # As if a place had come free without anybody moving up.
    limit(meeting, 5)
    late = delegate()
    assert (late.status, late.queued) == (Status.WAITING, rows[1].queued + 1)


def test_more_places_let_those_who_wait_move_up(meeting, delegate, officer):
    limit(meeting, 1)
    rows = [delegate() for _number in range(4)]
    stored = change_places(meeting=meeting, places=3, per_city=50, by=officer)
    assert stored.places == 3
    assert [Registration.objects.get(pk=row.pk).place for row in rows] == [1, 2, 3, None]
    change_places(meeting=meeting, places=None, per_city=50, by=officer)
    assert Registration.objects.get(pk=rows[3].pk).place == 4
    entry = HistoryEntry.objects.filter(verb=Verb.PLACES_CHANGED).order_by("number").first()
    assert entry.changes == {"places": [1, 3]}
    assert Meeting.history.filter(edition=meeting.edition).first().places is None


def test_places_that_are_given_are_not_taken_away(meeting, delegate, officer):
    limit(meeting, 3)
    for _number in range(3):
        delegate()
    with pytest.raises(RegistrationRefused, match="3 persons have a place already"):
        change_places(meeting=meeting, places=2, per_city=50, by=officer)
    with pytest.raises(RegistrationRefused, match="1 at least"):
        change_places(meeting=meeting, places=3, per_city=0, by=officer)
    assert change_places(meeting=meeting, places=3, per_city=1, by=officer).per_city == 1
    assert Registration.objects.coming().count() == 3


def test_nothing_changed_leaves_no_trace(meeting, officer):
    change_places(meeting=meeting, places=meeting.places, per_city=meeting.per_city, by=officer)
    assert not HistoryEntry.objects.filter(verb=Verb.PLACES_CHANGED).exists()


@pytest.mark.parametrize("who", ["auditor", "coordinator"])
def test_only_the_secretariat_sets_places_and_stands_at_the_entrance(meeting, who, request, lyon):
    by = request.getfixturevalue(who)
    with pytest.raises(RegistrationRefused, match="Only the secretariat"):
        change_places(meeting=meeting, places=3, per_city=3, by=by)
    row = make_registration(meeting)
    for act in (check_in, undo_check_in, note_visa_letter):
        with pytest.raises(RegistrationRefused, match="Only the secretariat"):
            act(registration=row, by=by)


# The machine: every pair


def row_with(meeting: Meeting, status: str) -> Registration:
    cancelled = {"cancelled_at": timezone.now()} if status == Status.CANCELLED else {}
    return make_registration(meeting, status=status, **cancelled)


@pytest.mark.parametrize(("before", "to"), list(itertools.product(Status, repeat=2)))
def test_every_pair_of_states(meeting, coordinator, officer, before, to):
    """A registration is cancelled by its verb and moves up by the places; nothing else moves it."""
    row = row_with(meeting, before)
    allowed = to in Registration.TRANSITIONS.get(before, set())
    if to == Status.CANCELLED:
        if allowed:
            assert cancel_registration(registration=row, by=coordinator).status == Status.CANCELLED
        else:
            with pytest.raises(TransitionNotAllowed, match="cancelled already"):
                cancel_registration(registration=row, by=coordinator)
        return
    if allowed:
        change_places(meeting=meeting, places=9, per_city=3, by=officer)
        row.refresh_from_db()
        assert (row.status, row.place) == (Status.REGISTERED, 1)
        return
    with pytest.raises(TransitionNotAllowed, match=r"the registration is “(registered|on the waiting list|cancelled)”"):
        service._move(row, to, verb=Verb.MOVED_UP, by=officer)


# Changing and cancelling


def test_a_change_is_told_and_the_history_names_no_words(meeting, coordinator, delegate):
    row = delegate()
    OutboxMessage.objects.all().delete()
    stored = change_registration(registration=row, name="Somebody else", on_list=True, language="fr", by=coordinator)
    assert (stored.name, stored.on_list) == ("Somebody else", True)
    entry = HistoryEntry.objects.get(verb=Verb.REGISTRATION_CHANGED)
    assert entry.changes == {"name": ["…", "…"], "on_list": [False, True], "language": ["en", "fr"]}
    message = OutboxMessage.objects.get()
    assert (message.template, message.language) == ("registration-changed", "fr")
    change_registration(registration=row, name="Somebody else", by=coordinator)
    assert OutboxMessage.objects.count() == 1


def test_the_city_changes_an_address_and_the_person_does_not(meeting, coordinator, delegate, evaluator):
    row = delegate()
    (token,) = set(sent_tokens("/meetings/registration/"))
    with pytest.raises(RegistrationRefused, match="Your address cannot be changed here"):
        change_registration(registration=row, email="new@example.org")
    other = delegate()
    with pytest.raises(AlreadyRegistered):
        change_registration(registration=row, email=other.email, by=coordinator)
    with pytest.raises(RegistrationRefused, match="Give an e-mail address"):
        change_registration(registration=row, email=" ", by=coordinator)
    stored = change_registration(registration=row, email="Evaluator@example.org", by=coordinator)
    assert (stored.email, stored.user) == ("evaluator@example.org", evaluator)
    with pytest.raises(LinkClosed):
        registration_by_secret(token)
    assert OutboxMessage.objects.get(template="registration-changed").to == "evaluator@example.org"


@pytest.mark.parametrize("who", ["other_coordinator", "former_coordinator", "evaluator", "auditor"])
def test_nobody_else_changes_or_cancels(meeting, who, request):
    row, by = make_registration(meeting), request.getfixturevalue(who)
    for act in (change_registration, cancel_registration):
        with pytest.raises(RegistrationRefused, match="Only the person, the city and the secretariat"):
            act(registration=row, by=by)


@pytest.mark.parametrize("who", ["coordinator", "alternate", "editor", "officer", "administrator"])
def test_the_city_and_the_secretariat_change_and_cancel(meeting, who, request):
    row, by = make_registration(meeting), request.getfixturevalue(who)
    assert change_registration(registration=row, name="Another", by=by).name == "Another"
    assert cancel_registration(registration=row, by=by).cancelled_at is not None


def test_a_person_changes_and_cancels_the_own_one(meeting, evaluator):
    row = make_registration(meeting, evaluator.email, city="", user=evaluator)
    assert change_registration(registration=row, function="Professor", by=evaluator).function == "Professor"
    assert cancel_registration(registration=row, by=evaluator).status == Status.CANCELLED
    assert "as you wished" in OutboxMessage.objects.get(template="registration-cancelled").body


@pytest.mark.parametrize("status", [Meeting.Status.HELD, Meeting.Status.OUTCOME_PUBLISHED, Meeting.Status.CANCELLED])
def test_after_the_meeting_a_registration_stays_as_it_is(meeting, coordinator, status):
    row = make_registration(meeting)
    Meeting.objects.filter(pk=meeting.pk).update(status=status)
    for act in (change_registration, cancel_registration):
        with pytest.raises(RegistrationRefused, match="The meeting is over"):
            act(registration=row, by=coordinator)


def test_after_registration_closed_one_still_changes_and_cancels_and_others_move_up(meeting, delegate, coordinator):
    limit(meeting, 1)
    rows = [delegate() for _number in range(2)]
    Meeting.objects.filter(pk=meeting.pk).update(status=Meeting.Status.REGISTRATION_CLOSED)
    change_registration(registration=rows[0], name="Another", by=coordinator)
    cancel_registration(registration=rows[0], by=coordinator)
    rows[1].refresh_from_db()
    assert rows[1].place == 1


def test_with_a_registration_its_places_in_sessions_go(meeting, coordinator):
    row = make_registration(meeting)
    session = make_session(meeting, places=5)
    SessionPlace.objects.create(session=session, registration=row, place=1, places=5)
    cancel_registration(registration=row, by=coordinator)
    assert not SessionPlace.objects.exists()


def test_a_cancelled_registration_is_changed_no_more(meeting, coordinator):
    row = row_with(meeting, Status.CANCELLED)
    with pytest.raises(TransitionNotAllowed, match="cancelled already"):
        change_registration(registration=row, name="Another", by=coordinator)


# At the entrance


def test_a_check_in_and_its_undoing(meeting, officer):
    row = make_registration(meeting)
    with pytest.raises(TransitionNotAllowed, match="A delegate is not checked in"):
        undo_check_in(registration=row, by=officer)
    stored = check_in(registration=row, by=officer)
    assert (stored.is_checked_in, stored.checked_in_by) == (True, officer)
    with pytest.raises(TransitionNotAllowed, match="A delegate was checked in already, on"):
        check_in(registration=row, by=officer)
    with pytest.raises(RegistrationRefused, match="Undo the check-in first"):
        cancel_registration(registration=row, by=officer)
    assert undo_check_in(registration=row, by=officer).checked_in_at is None
    verbs = list(HistoryEntry.objects.about(row).order_by("number").values_list("verb", flat=True))
    assert verbs == [Verb.CHECKED_IN, Verb.CHECK_IN_UNDONE]


@pytest.mark.parametrize(
    ("status", "sentence"), [(Status.WAITING, "on the waiting list"), (Status.CANCELLED, "is cancelled")]
)
def test_who_has_no_place_is_not_checked_in(meeting, officer, status, sentence):
    with pytest.raises(TransitionNotAllowed, match=sentence):
        check_in(registration=row_with(meeting, status), by=officer)


def test_nobody_is_checked_in_at_a_cancelled_meeting(meeting, officer):
    row = make_registration(meeting)
    Meeting.objects.filter(pk=meeting.pk).update(status=Meeting.Status.CANCELLED)
    with pytest.raises(RegistrationRefused, match="This meeting is cancelled"):
        check_in(registration=row, by=officer)


def test_a_letter_for_a_visa_is_noted_for_who_asked_for_one(meeting, officer):
    default_questions(meeting)
    visa = meeting.questions.get(purpose=Purpose.VISA)
    row = make_registration(meeting)
    with pytest.raises(RegistrationRefused, match="asked for no letter"):
        note_visa_letter(registration=row, by=officer)
    Registration.objects.filter(pk=row.pk).update(answers={str(visa.pk): True})
    stored = note_visa_letter(registration=row, by=officer)
    assert stored.visa_letter_on is not None
    assert HistoryEntry.objects.filter(verb=Verb.VISA_LETTER_ISSUED).count() == 1


# Questions


def test_only_the_secretariat_adds_the_usual_questions(meeting, officer, auditor):
    with pytest.raises(RegistrationRefused, match="Only the secretariat does this"):
        add_usual_questions(meeting=meeting, by=auditor)
    assert len(add_usual_questions(meeting=meeting, by=officer)) == 5


def test_the_usual_questions_are_made_once_and_what_was_thrown_away_comes_back(meeting):
    made = default_questions(meeting)
    assert [one.purpose for one in made] == ["diet", "access", "visa", "passport-name", "nationality"]
    assert all(one.text_en and one.text_fr for one in made)
    assert default_questions(meeting) == []
    made[2].delete()
    assert [one.purpose for one in default_questions(meeting)] == ["visa"]


@pytest.mark.parametrize("capacity", Capacity.values)
def test_questions_depend_on_the_capacity(meeting, capacity):
    default_questions(meeting)
    MeetingQuestion.objects.create(
        meeting=meeting, position=9, text_en="Which newspaper?", text_fr="Quel journal ?", capacities=["press"]
    )
    purposes = [one.purpose for one in questions_for(meeting, capacity)]
    common = ["access", "visa", "passport-name", "nationality"]
    assert purposes == ([*common, ""] if capacity == Capacity.PRESS else ["diet", *common])


def answers(meeting: Meeting, **given) -> dict[str, object]:
    keys = {one.purpose: str(one.pk) for one in meeting.questions.all()}
    return {keys[name.replace("_", "-")]: value for name, value in given.items()}


def test_answers_to_what_is_asked_are_kept_and_nothing_else(meeting, delegate):
    default_questions(meeting)
    given = answers(meeting, diet="  vegetarian ", visa=False, nationality="Freedonian") | {"999": "stray"}
    row = delegate(answers=given)
    assert row.answers == answers(meeting, diet="vegetarian", visa=False)
    assert answer_for(row, Purpose.DIET) == "vegetarian"
    assert answer_for(row, Purpose.ACCESS) is None


def test_a_letter_for_a_visa_needs_the_passport(meeting, delegate):
    default_questions(meeting)
    with pytest.raises(Unanswered, match="Name as in the passport"):
        delegate(answers=answers(meeting, visa=True))
    with pytest.raises(Unanswered, match="Nationality"):
        delegate(answers=answers(meeting, visa=True, passport_name="A. Delegate"))
    given = answers(meeting, visa=True, passport_name="A. Delegate", nationality="Freedonian")
    assert delegate(answers=given).answers == given


@pytest.mark.parametrize("kind", MeetingQuestion.Kind.values)
def test_a_required_question_is_answered(meeting, delegate, kind):
    question = MeetingQuestion.objects.create(
        meeting=meeting, kind=kind, text_en="Do you agree?", text_fr="D’accord ?", is_required=True
    )
    with pytest.raises(Unanswered, match="Please answer: Do you agree"):
        delegate()
    assert delegate(answers={str(question.pk): "yes"}).answers


def test_registration_opens_with_the_usual_questions(network, officer):
    meeting = make_meeting(hosts=["lyon"])
    Meeting.objects.filter(pk=meeting.pk).update(personal_data_until=meeting.end_date + 90 * DAY)
    opened = service.open_with_questions(meeting=meeting, closes_at=timezone.now() + DAY, by=officer)
    assert opened.takes_registrations()
    assert opened.questions.count() == 5


# Links


def test_the_newest_mail_has_the_link_that_works(meeting, delegate, coordinator):
    row = delegate()
    (first,) = set(sent_tokens("/meetings/registration/"))
    assert registration_by_secret(first) == row
    assert OutboxMessage.objects.get().body.count(first) == 0
    change_registration(registration=row, name="Another", by=coordinator)
    (second,) = set(sent_tokens("/meetings/registration/"))
    assert registration_by_secret(second) == row
    with pytest.raises(LinkClosed, match="This link no longer works"):
        registration_by_secret(first)


def test_no_link_leaves_for_what_was_cancelled_or_has_another_address(meeting, delegate, coordinator):
    row, other = delegate(), delegate()
    cancel_registration(registration=row, by=coordinator)
    change_registration(registration=other, email="new@example.org", by=coordinator)
    sent_tokens("-")
    assert sorted((one.to[0], one.subject.split(": ")[1]) for one in mail.outbox) == [
        ("delegate1@example.org", "your registration is cancelled"),
        ("new@example.org", "your registration was changed"),
    ]


@pytest.mark.parametrize("token", ["", "unknown"])
def test_an_unknown_link_opens_nothing(meeting, token):
    make_registration(meeting)
    asked(meeting)
    with pytest.raises(LinkClosed):
        registration_by_secret(token)
    with pytest.raises(LinkClosed):
        request_by_secret(token, meeting)


def test_an_address_that_asks_gets_a_link_to_the_form(meeting):
    ask_for_form(meeting=meeting, email=" Expert@Example.org", language="fr")
    (token,) = sent_tokens("/register/")
    request = request_by_secret(token, meeting)
    assert (request.email, request.language) == ("expert@example.org", "fr")
    assert "/fr/meetings/19/register/" in mail.outbox[0].body
    with pytest.raises(LinkClosed):
        request_by_secret(token, make_meeting(20))
    ask_for_form(meeting=meeting, email="expert@example.org", language="fr")
    (newer,) = sent_tokens("/register/")
    with pytest.raises(LinkClosed):
        request_by_secret(token, meeting)
    assert request_by_secret(newer, meeting) == request


def test_a_link_to_the_form_ends(meeting, settings):
    ask_for_form(meeting=meeting, email="expert@example.org", language="en")
    (token,) = sent_tokens("/register/")
    age = timezone.now() - datetime.timedelta(days=settings.INVITATION_DAYS, seconds=1)
    RegistrationRequest.objects.update(requested_at=age)
    with pytest.raises(LinkClosed):
        request_by_secret(token, meeting)
    remove_personal_data()
    assert not RegistrationRequest.objects.exists()


def test_who_is_registered_and_asks_gets_the_own_link(meeting, delegate):
    row = delegate()
    OutboxMessage.objects.all().delete()
    ask_for_form(meeting=meeting, email="DELEGATE1@example.org", language="en")
    assert templates() == ["registration-link"]
    (token,) = set(sent_tokens("/meetings/registration/"))
    assert registration_by_secret(token) == row
    assert not RegistrationRequest.objects.exists()


def test_few_links_leave_for_one_address_in_a_day(meeting):
    for _number in range(5):
        ask_for_form(meeting=meeting, email="flood@example.org", language="en")
    assert templates() == ["registration-form"] * 3


def test_after_the_closing_only_who_is_registered_gets_a_link(meeting, delegate):
    delegate()
    Meeting.objects.filter(pk=meeting.pk).update(status=Meeting.Status.REGISTRATION_CLOSED)
    OutboxMessage.objects.all().delete()
    ask_for_form(meeting=meeting, email="expert@example.org", language="en")
    ask_for_form(meeting=meeting, email="delegate1@example.org", language="en")
    assert templates() == ["registration-link"]


@pytest.mark.parametrize("status", ["planned", "host-selected", "held", "outcome-published", "cancelled"])
def test_nobody_asks_before_or_after(meeting, status):
    Meeting.objects.filter(pk=meeting.pk).update(status=status)
    with pytest.raises(RegistrationRefused):
        ask_for_form(meeting=meeting, email="expert@example.org", language="en")


def test_no_link_leaves_for_a_request_that_was_used(meeting):
    ask_for_form(meeting=meeting, email="expert@example.org", language="en")
    request = RegistrationRequest.objects.get()
    register(meeting=meeting, capacity=Capacity.PRESS, name="A reporter", request=request)
    assert sent_tokens("/register/") == []


# Mails


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_mail_in_both_languages(meeting, language, coordinator, lyon, officer):
    limit(meeting, 1)
    with translation.override(language):
        known = {"meeting": meeting, "capacity": Capacity.DELEGATE, "city": lyon, "by": coordinator}
        first = register(**known, name="First", email="first@example.org", language=language)
        second = register(**known, name="Second", email="second@example.org", language=language)
        change_registration(registration=second, function="Curator", by=coordinator)
        cancel_registration(registration=first, by=coordinator)
        ask_for_form(meeting=meeting, email="second@example.org", language=language)
        ask_for_form(meeting=meeting, email="third@example.org", language=language)
    mails = {one.template: one for one in OutboxMessage.objects.all()}
    assert sorted(mails) == [
        "registration-cancelled",
        "registration-changed",
        "registration-form",
        "registration-link",
        "registration-made",
        "registration-moved-up",
        "registration-waiting",
    ]
    for one in mails.values():
        assert one.language == language
        assert one.subject.count(":") == 1
        assert [stray for stray in ("None", "\n\n\n", "{") if stray in one.body] == [], one.body
        assert ("RVCU, the portal" in one.body) == (language == "en")
    assert OutboxMessage.TOKEN + "/calendar.ics" in mails["registration-made"].body
    assert first.code in mails["registration-made"].body
    number = "number 1" if language == "en" else "numéro 1"
    assert number in mails["registration-waiting"].body
    assert number in mails["registration-changed"].body


# Those who come


def test_the_list_of_participants_names_who_agreed_and_has_a_place(meeting):
    named = make_registration(meeting, "a@example.org", on_list=True)
    make_registration(meeting, "b@example.org")
    make_registration(meeting, "c@example.org", on_list=True, status=Status.WAITING, city="ostersund")
    assert list(participants(meeting)) == [named]


# Forgetting


@pytest.fixture
def over(meeting, officer) -> Registration:
    """Somebody who was at a meeting that is long over."""
    default_questions(meeting)
    row = make_registration(
        meeting,
        function="Deputy mayor",
        organization="The city",
        answers=answers(meeting, diet="vegetarian"),
        on_list=True,
        secret_sha256="0" * 64,
        checked_in_at=timezone.now(),
        checked_in_by=officer,
        user=person("delegate@example.org"),
    )
    service._tell("registration-made", row, with_link=True)
    kind = ContentType.objects.get_for_model(Registration)
    LogEntry.objects.create(user=officer, content_type=kind, object_id=row.pk, object_repr=row.name, action_flag=CHANGE)
    asked(meeting)
    day = timezone.localdate()
    Meeting.objects.filter(pk=meeting.pk).update(
        status=Meeting.Status.HELD,
        year=(day - 100 * DAY).year,
        start_date=day - 100 * DAY,
        end_date=day - 100 * DAY,
        personal_data_until=day,
    )
    return row


def test_on_the_retention_date_persons_go_and_counts_stay(meeting, over, lyon):
    assert remove_personal_data() == 1
    over.refresh_from_db()
    emptied = [over.name, over.email, over.function, over.organization, over.secret_sha256, over.answers, over.user]
    assert emptied == ["", "", "", "", "", {}, None]
    assert (over.on_list, over.is_checked_in, over.city, over.place) == (False, True, lyon, 1)
    assert over.is_emptied
    assert str(over) == over.code
    message = OutboxMessage.objects.get()
    assert (message.status, message.to, message.body) == (OutboxMessage.Status.WITHDRAWN, "", "")
    assert LogEntry.objects.get().object_repr == "–"
    assert not RegistrationRequest.objects.exists()
    meeting.refresh_from_db()
    assert meeting.personal_data_removed_at is not None
    assert remove_personal_data() == 0
    assert HistoryEntry.objects.filter(verb=Verb.PERSONAL_DATA_REMOVED).count() == 1
    assert list(flaws()) == []


def test_a_day_before_nothing_goes(meeting, over):
    Meeting.objects.filter(pk=meeting.pk).update(personal_data_until=timezone.localdate() + DAY)
    assert remove_personal_data() == 0
    over.refresh_from_db()
    assert over.name


def test_the_clock_does_it(meeting, over):
    assert service.remove_personal_data in DUTIES
    assert tick()["remove_personal_data"] == 1


@pytest.fixture
def guest(meeting, officer):
    """An expert with an account, registered, and speaking."""
    user = person("guest@example.org", name="Ada Example")
    row = make_registration(meeting, user.email, city="", user=user, name="Dr Ada Example", on_list=True)
    session = make_session(meeting)
    speaker = Speaker.objects.create(meeting=meeting, name="Ada Example", function_en="Expert")
    SessionSpeaker.objects.create(
        session=session, speaker=speaker, starts_at=session.starts_at, ends_at=session.ends_at
    )
    return user, row


def test_a_person_is_told_the_own_registration(meeting, guest, coordinator, delegate):
    user, row = guest
    Registration.objects.filter(pk=row.pk).update(secret_sha256="9" * 64)
    row.refresh_from_db()
    told = json.dumps(holdings(user), ensure_ascii=False)
    assert "Dr Ada Example" in told
    assert "guest@example.org" in told
    assert holdings(user)["Speakers"][0]["Name"] == "Ada Example"
    delegate(name="Not Ada", email="not.ada@example.org")
    told = json.dumps(holdings(coordinator), ensure_ascii=False)
    assert "Not Ada" not in told
    assert "not.ada@example.org" not in told
    assert "Registrations" in holdings(coordinator)
    assert row.secret_sha256 not in json.dumps(holdings(user))


def test_who_is_erased_gives_the_place_back_and_speaks_no_more(meeting, guest, delegate, administrator):
    user, row = guest
    limit(meeting, 1)
    waiting = delegate()
    assert waiting.status == Status.WAITING
    erase(user, by=administrator)
    row.refresh_from_db()
    waiting.refresh_from_db()
    assert (row.status, row.name, row.email, row.user) == (Status.CANCELLED, "", "", None)
    assert waiting.place == 1
    assert not Speaker.objects.exists()
    assert not SessionSpeaker.objects.exists()
    assert "Ada" not in json.dumps(list(Speaker.history.values("name")))
    assert list(flaws()) == []


def test_who_was_there_is_erased_and_still_counts(meeting, guest, officer, administrator):
    user, row = guest
    check_in(registration=row, by=officer)
    erase(user, by=administrator)
    row.refresh_from_db()
    assert (row.status, row.name, row.is_checked_in) == (Status.REGISTERED, "", True)


def test_a_registration_by_another_address_of_the_person_goes_too(meeting, administrator):
    user = person("guest@example.org", name="Ada Example")
    row = make_registration(meeting, "guest@example.org", city="")
    request = asked(meeting, "guest@example.org")
    erase(user, by=administrator)
    row.refresh_from_db()
    assert (row.status, row.email) == (Status.CANCELLED, "")
    assert not RegistrationRequest.objects.filter(pk=request.pk).exists()


def test_refusals_are_sentences_for_the_person(meeting, delegate):
    with translation.override("fr"), pytest.raises(NetworkError) as refusal:
        delegate(name="")
    assert str(refusal.value).endswith(".")
