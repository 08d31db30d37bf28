"""What moves a meeting: every pair of states, every refusal, who is told, and what stays to be read."""

import datetime
from functools import partial
from itertools import product
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.translation import override

from cities.days import today
from cities.exceptions import TransitionNotAllowed, UploadRefused
from cities.models import City, Country, HistoryEntry, OutboxMessage, PrivateFile
from cities.services.clock import DUTIES, tick
from cities.services.history import flaws
from cities.services.private_file import files_visible_to
from meetings.models import Meeting, MeetingChange, MeetingDocument, Objective, Registration, SessionSpeaker, Speaker
from meetings.services.meeting import (
    Figures,
    MeetingRefused,
    Place,
    add_document,
    cancel_meeting,
    choose_hosts,
    close_due_registrations,
    close_registration,
    end_of,
    figures,
    give_up_host,
    hold,
    number_told,
    open_registration,
    postpone,
    publish_outcome,
    relocate,
    remove_document,
    reopen_registration,
    reschedule_registration,
    show_document,
)
from tests.conftest import person
from tests.factories.hosting import (
    DAY,
    HOUR,
    make_bid,
    make_host_call,
    make_meeting,
    make_registration,
    make_session,
)

pytestmark = pytest.mark.django_db

Status = Meeting.Status
Verb = HistoryEntry.Verb
WHY = {"reason_en": "The hall is flooded.", "reason_fr": "La salle est inondée."}
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def city(slug: str) -> City:
    return City.objects.get(slug=slug)


def stands(status: str, **fields: Any) -> Meeting:
    """A meeting in Lyon, next year, where it may go any way that its state allows."""
    meeting = make_meeting(hosts=["lyon"], **fields)
    meeting.status = status
    meeting.registration_closes_at = timezone.now() + 10 * DAY
    meeting.personal_data_until = (meeting.end_date or today()) + 90 * DAY
    meeting.save()
    Objective.objects.create(meeting=meeting, text_en="Meet.", text_fr="Se réunir.")
    return meeting


def last_year() -> dict[str, Any]:
    year = today().year - 1
    return {
        "year": year,
        "planned_year": year,
        "start_date": datetime.date(year, 6, 1),
        "end_date": datetime.date(year, 6, 4),
    }


def attempt(meeting: Meeting, to: str, by: Any) -> None:
    """Do what leads to a state."""
    soon = timezone.now() + 5 * DAY
    again = meeting.status == Status.REGISTRATION_CLOSED
    {
        Status.PLANNED: partial(give_up_host, **WHY),
        Status.HOST_SELECTED: partial(choose_hosts, hosts=[city("lyon")]),
        Status.REGISTRATION_OPEN: partial(reopen_registration if again else open_registration, closes_at=soon),
        Status.REGISTRATION_CLOSED: close_registration,
        Status.HELD: hold,
        Status.OUTCOME_PUBLISHED: publish_outcome,
        Status.CANCELLED: partial(cancel_meeting, **WHY),
    }[Status(to)](meeting=meeting, by=by)


# Every pair of states


@pytest.mark.parametrize(("before", "to"), list(product(Status, Status)))
def test_every_pair_of_states(network, officer, before, to):
    meeting = stands(before, **(last_year() if to == Status.HELD else {}))
    if to in Meeting.TRANSITIONS.get(before, set()):
        attempt(meeting, to, officer)
        meeting.refresh_from_db()
        assert meeting.status == to
        entry = HistoryEntry.objects.about(meeting).first()
        assert (entry.changes["status"], entry.actor) == ([before, to], officer)
    else:
        entries = HistoryEntry.objects.count()
        with pytest.raises(TransitionNotAllowed, match=f"the meeting is “{before.label}” now"):
            attempt(meeting, to, officer)
        meeting.refresh_from_db()
        assert (meeting.status, HistoryEntry.objects.count()) == (before, entries)
        assert not OutboxMessage.objects.exists()
    assert list(flaws()) == []


@pytest.mark.parametrize("status", Status)
def test_when_it_can_be_moved_or_placed_elsewhere(network, officer, status):
    meeting = stands(status)
    days = {"start_date": meeting.start_date + DAY, "end_date": meeting.end_date + DAY, "year": meeting.year}
    verbs = [
        (partial(postpone, **days, **WHY), status in Meeting.TO_COME),
        (
            partial(relocate, hosts=[city("fabriano")], country=None, **WHY),
            status in Meeting.TO_COME and status != Status.PLANNED,
        ),
        (
            partial(reschedule_registration, closes_at=timezone.now() + 3 * DAY),
            status == Status.REGISTRATION_OPEN,
        ),
    ]
    for verb, allowed in verbs:
        if allowed:
            assert verb(meeting=meeting, by=officer).status == status
        else:
            with pytest.raises(TransitionNotAllowed, match="This cannot be done"):
                verb(meeting=meeting, by=officer)


@pytest.mark.parametrize("to", Status)
def test_only_the_secretariat_moves_a_meeting(network, auditor, coordinator, to):
    before = next((one for one in Status if to in Meeting.TRANSITIONS.get(one, set())), None)
    assert before is not None
    meeting = stands(before, **(last_year() if to == Status.HELD else {}))
    for by in (auditor, coordinator):
        with pytest.raises(MeetingRefused, match="Only the secretariat can do this"):
            attempt(meeting, to, by)
    meeting.refresh_from_db()
    assert meeting.status == before


# Hosts


def test_a_ballot_names_the_hosts_by_nobody_in_particular(network):
    meeting = make_meeting(country=None)
    choose_hosts(meeting=meeting, hosts=[city("krakow"), city("katowice")], by=None)
    meeting = Meeting.objects.get(pk=meeting.pk)
    with override("fr"):
        assert (meeting.host_names, meeting.country.pk, meeting.status) == (
            "Cracovie et Katowice",
            "PL",
            Status.HOST_SELECTED,
        )
    entry = HistoryEntry.objects.about(meeting).get()
    assert (entry.verb, entry.actor) == (Verb.HOST_CHOSEN, None)
    assert entry.changes == {
        "status": ["planned", "host-selected"],
        "hosts": ["", "Kraków and Katowice"],
        "country": [None, "PL"],
    }


def test_a_place_that_never_was_a_member_can_host(network, officer):
    meeting = make_meeting(country=None)
    london = Place(name_en="London", name_fr="Londres")
    with pytest.raises(MeetingRefused, match="Choose the country: none of the hosts is a city of the network"):
        choose_hosts(meeting=meeting, hosts=[london], by=officer)
    choose_hosts(meeting=meeting, hosts=[london], country=Country.objects.get(pk="GB"), by=officer)
    assert meeting.hosts.get().name_fr == "Londres"


@pytest.mark.parametrize(
    ("slugs", "sentence"), [([], "Name who hosts the meeting."), (["lyon", "lyon"], "A host is named twice.")]
)
def test_hosts_that_make_no_sense(network, officer, slugs, sentence):
    meeting = make_meeting(country=None)
    with pytest.raises(MeetingRefused, match=sentence):
        choose_hosts(meeting=meeting, hosts=[city(slug) for slug in slugs], by=officer)


def test_relocated_with_its_reason_for_good(network, officer, coordinator):
    meeting = stands(Status.REGISTRATION_OPEN, venue="Hall", practical_en="By train.", practical_fr="En train.")
    make_registration(meeting, "guest@example.org", city="", language="fr")
    assert number_told(meeting) == 2
    elsewhere = {"hosts": [city("fabriano"), city("lyon")], "country": None, "time_zone": "Europe/Rome"}
    relocate(meeting=meeting, **elsewhere, **WHY, by=officer)
    meeting = Meeting.objects.get(pk=meeting.pk)
    assert [host.city.slug for host in meeting.hosts.all()] == ["fabriano", "lyon"]
    assert (meeting.country.pk, meeting.time_zone, meeting.status) == ("IT", "Europe/Rome", Status.REGISTRATION_OPEN)
    assert (meeting.venue, meeting.practical_en, meeting.practical_fr) == ("", "", "")
    change = meeting.changes.get()
    assert (change.kind, change.by, change.reason_fr) == ("relocated", officer, "La salle est inondée.")
    with override("en"):
        assert change.in_words == "Relocated from Lyon to Fabriano and Lyon."
    with override("fr"):
        assert (change.hosts_from, change.hosts_to) == ("Lyon", "Fabriano et Lyon")
    mails = {mail.to: mail for mail in OutboxMessage.objects.all()}
    assert set(mails) == {coordinator.email, "guest@example.org"}
    assert "La salle est inondée." in mails["guest@example.org"].body
    assert "The hall is flooded." in mails[coordinator.email].body
    # The former texts stay in the edit history.
    assert meeting.history.filter(venue="Hall").exists()


def test_the_same_hosts_are_no_other_place(network, officer):
    with pytest.raises(MeetingRefused, match="these are its hosts already"):
        relocate(meeting=stands(Status.HOST_SELECTED), hosts=[city("lyon")], country=None, **WHY, by=officer)


def test_a_host_gives_up(network, officer, coordinator):
    meeting = stands(Status.HOST_SELECTED, venue="Hall")
    give_up_host(meeting=meeting, **WHY, by=officer)
    meeting = Meeting.objects.get(pk=meeting.pk)
    assert (meeting.status, meeting.country, meeting.venue, list(meeting.hosts.all())) == ("planned", None, "", [])
    with override("en"):
        assert meeting.title == "Host not known yet"
        assert meeting.changes.get().in_words == "Given up by the host: Lyon."
    assert [mail.to for mail in OutboxMessage.objects.all()] == [coordinator.email]
    choose_hosts(meeting=meeting, hosts=[city("fabriano")], by=officer)
    assert Meeting.objects.get(pk=meeting.pk).country.pk == "IT"


@pytest.mark.parametrize("missing", ["reason_en", "reason_fr"])
def test_what_everybody_reads_is_given_in_both_languages(network, officer, missing):
    why = WHY | {missing: "  "}
    meeting = stands(Status.HOST_SELECTED)
    for verb in (
        partial(give_up_host),
        partial(cancel_meeting),
        partial(relocate, hosts=[city("fabriano")], country=None),
        partial(postpone, start_date=None, end_date=None, year=meeting.year + 1),
    ):
        with pytest.raises(MeetingRefused, match="Give the reason in both languages"):
            verb(meeting=meeting, by=officer, **why)
    assert not MeetingChange.objects.filter(meeting=meeting).exists()


# Registration


def test_registration_opens_and_the_focal_points_are_told(network, officer, coordinator, alternate):
    meeting = stands(Status.HOST_SELECTED)
    closes = timezone.now() + 7 * DAY
    open_registration(meeting=meeting, closes_at=closes, by=officer)
    meeting.refresh_from_db()
    assert meeting.takes_registrations()
    assert meeting.takes_registrations(closes - datetime.timedelta(microseconds=1))
    assert not meeting.takes_registrations(closes)
    (mail,) = OutboxMessage.objects.all()
    assert (mail.to, mail.template) == (coordinator.email, "meeting-registration-open")
    assert f"/meetings/{meeting.edition}/register/" in mail.body
    entry = HistoryEntry.objects.about(meeting).first()
    assert entry.verb == Verb.REGISTRATION_OPENED


def test_everything_that_keeps_registration_from_opening_is_told(network, officer):
    meeting = make_meeting(hosts=["lyon"], start_date=None, end_date=None)
    meeting.hosts.all().delete()
    with pytest.raises(MeetingRefused) as refusal:
        open_registration(meeting=meeting, closes_at=timezone.now() + DAY, by=officer)
    assert str(refusal.value) == (
        "Registration cannot be opened yet. It has no host. Its days are not known."
        " It does not say until when personal data are kept."
    )
    over = stands(Status.HOST_SELECTED, edition=20, **last_year())
    with pytest.raises(MeetingRefused, match="Its days are over"):
        open_registration(meeting=over, closes_at=timezone.now() + DAY, by=officer)


def test_registration_closes_between_now_and_the_end(network, officer):
    meeting = stands(Status.HOST_SELECTED, time_zone="Pacific/Auckland")
    last = end_of(meeting.end_date, meeting)
    assert last.utcoffset() == 12 * HOUR
    with pytest.raises(MeetingRefused, match="would close in the past"):
        open_registration(meeting=meeting, closes_at=timezone.now() - HOUR, by=officer)
    with pytest.raises(MeetingRefused, match="would close after the meeting, which ends at this instant"):
        open_registration(meeting=meeting, closes_at=last + datetime.timedelta(minutes=1), by=officer)
    open_registration(meeting=meeting, closes_at=last, by=officer)
    with pytest.raises(MeetingRefused, match="Nothing would change"):
        reschedule_registration(meeting=meeting, closes_at=last, by=officer)
    with pytest.raises(MeetingRefused, match="in the past"):
        reschedule_registration(meeting=meeting, closes_at=timezone.now() - HOUR, by=officer)
    reschedule_registration(meeting=meeting, closes_at=last - DAY, by=officer)
    meeting.refresh_from_db()
    assert meeting.registration_closes_at == last - DAY


def test_the_clock_closes_registration_once(network):
    assert DUTIES[-1].__name__ == "send_due"
    assert close_due_registrations in DUTIES
    due = stands(Status.REGISTRATION_OPEN)
    later = stands(Status.REGISTRATION_OPEN, edition=20)
    Meeting.objects.filter(pk=due.pk).update(registration_closes_at=timezone.now())
    assert Meeting.objects.get(pk=due.pk).status_in_words == "registration closed"
    assert tick()["close_due_registrations"] == 1
    assert tick()["close_due_registrations"] == 0
    due.refresh_from_db()
    later.refresh_from_db()
    assert (due.status, later.status) == (Status.REGISTRATION_CLOSED, Status.REGISTRATION_OPEN)
    assert HistoryEntry.objects.about(due).get().actor is None


# Other days


def test_postponed_with_its_reason_for_good(network, officer, coordinator):
    meeting = stands(Status.REGISTRATION_OPEN)
    make_registration(meeting, "guest@example.org", city="")
    make_registration(meeting, "gone@example.org", city="", status=Registration.Status.CANCELLED)
    start, end, until = meeting.start_date, meeting.end_date, meeting.personal_data_until
    postpone(
        meeting=meeting, start_date=start + 30 * DAY, end_date=end + 31 * DAY, year=meeting.year, **WHY, by=officer
    )
    meeting.refresh_from_db()
    assert (meeting.start_date, meeting.end_date) == (start + 30 * DAY, end + 31 * DAY)
    assert meeting.personal_data_until == until + 31 * DAY
    assert meeting.status == Status.REGISTRATION_OPEN
    change = meeting.changes.get()
    assert (change.start_from, change.end_from, change.start_to) == (start, end, start + 30 * DAY)
    with override("en"):
        assert change.in_words == f"Postponed from 1–4 June {meeting.year} to 1–5 July {meeting.year}."
    assert {mail.to for mail in OutboxMessage.objects.all()} == {coordinator.email, "guest@example.org"}
    entry = HistoryEntry.objects.about(meeting).first()
    assert (entry.verb, entry.reason) == (Verb.MEETING_POSTPONED, "The hall is flooded.")
    assert set(entry.changes) == {"start_date", "end_date"}


def test_postponed_to_another_year_and_brought_forward(network, officer):
    meeting = stands(Status.HOST_SELECTED)
    year = meeting.year
    postpone(meeting=meeting, start_date=None, end_date=None, year=year + 1, **WHY, by=officer)
    meeting.refresh_from_db()
    assert (meeting.year, meeting.start_date, meeting.planned_year, meeting.was_moved) == (year + 1, None, year, True)
    days = {"start_date": datetime.date(year, 9, 1), "end_date": datetime.date(year, 9, 2)}
    postpone(meeting=meeting, **days, year=year, **WHY, by=officer)
    with override("en"):
        assert [change.in_words for change in meeting.changes.all()] == [
            f"Postponed from 1–4 June {year} to {year + 1}.",
            f"Brought forward from {year + 1} to 1–2 September {year}.",
        ]


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({"start_date": "06-03"}, "Give both days"),
        ({"start_date": "06-03", "end_date": "06-02"}, "the last not before the first"),
        ({"start_date": "06-01", "end_date": "06-04"}, "these are its days already"),
        ({"start_date": "06-03", "end_date": "06-04", "year": 1}, "The meeting begins in another year"),
        ({"year": -2}, "would take place in the past"),
    ],
)
def test_days_that_do_not_fit(network, officer, days, sentence):
    meeting = stands(Status.HOST_SELECTED)
    given = {
        name: datetime.date.fromisoformat(f"{meeting.year}-{days[name]}") if name in days else None
        for name in ("start_date", "end_date")
    }
    with pytest.raises(MeetingRefused, match=sentence):
        postpone(meeting=meeting, **given, year=meeting.year + days.get("year", 0), **WHY, by=officer)


def test_an_open_registration_ends_before_the_new_days_do(network, officer):
    meeting = stands(Status.REGISTRATION_OPEN)
    with pytest.raises(MeetingRefused, match="Registration is open: close it first, or give the new days"):
        postpone(meeting=meeting, start_date=None, end_date=None, year=meeting.year, **WHY, by=officer)
    Meeting.objects.filter(pk=meeting.pk).update(registration_closes_at=end_of(meeting.end_date, meeting))
    days = {"start_date": meeting.start_date - 30 * DAY, "end_date": meeting.end_date - 30 * DAY}
    with pytest.raises(MeetingRefused, match="Registration would close after the meeting: move its end first"):
        postpone(meeting=meeting, **days, year=meeting.year, **WHY, by=officer)


@pytest.mark.parametrize("days", [1, -1, 200])
def test_the_programme_moves_with_the_days_at_the_same_hours(network, officer, days):
    meeting = stands(Status.HOST_SELECTED, time_zone="Europe/Paris")
    speaker = Speaker.objects.create(meeting=meeting, name="A speaker")
    sessions = [make_session(meeting, f"Session {nth}", hour=9 + nth) for nth in range(3)]
    for day in (1, 2):
        again = make_session(meeting, f"Day {day}", hour=14 + day)
        again.starts_at, again.ends_at = again.starts_at + day * DAY, again.ends_at + day * DAY
        again.save()
        sessions.append(again)
    for session in sessions:
        SessionSpeaker.objects.create(
            session=session, speaker=speaker, starts_at=session.starts_at, ends_at=session.ends_at
        )
    before = [session.local_start for session in sessions]
    moved = datetime.timedelta(days=days)
    new = {"start_date": meeting.start_date + moved, "end_date": meeting.end_date + moved}
    postpone(meeting=meeting, **new, year=new["start_date"].year, **WHY, by=officer)
    for session, local in zip(sessions, before, strict=True):
        session.refresh_from_db()
        now = session.starts_at.astimezone(meeting.zone)
        assert now.replace(tzinfo=None) == local.replace(tzinfo=None) + moved
        assert session.sequence == 1
        assert session.speakers.get().starts_at == session.starts_at


# Cancelled


def test_cancelled_with_its_reason_for_good(network, officer, coordinator):
    meeting = stands(Status.HOST_SELECTED)
    cancel_meeting(meeting=meeting, **WHY, by=officer)
    meeting.refresh_from_db()
    assert meeting.is_cancelled
    change = meeting.changes.get()
    with override("en"):
        assert change.in_words == f"Cancelled; it was planned for 1–4 June {meeting.year}."
    assert change.hosts_from_en == "Lyon"
    assert [mail.to for mail in OutboxMessage.objects.all()] == [coordinator.email]
    assert "Cancelled: Annual meeting no. 19" in OutboxMessage.objects.get().subject


def test_a_running_call_for_hosts_is_cancelled_first(network, officer):
    call = make_host_call("open")
    with pytest.raises(MeetingRefused, match="A call for hosts runs for this meeting: cancel that first"):
        cancel_meeting(meeting=call.meeting, **WHY, by=officer)
    call.status = call.Status.CANCELLED
    call.save()
    assert cancel_meeting(meeting=call.meeting, **WHY, by=officer).is_cancelled


# Held


def test_a_meeting_is_held_when_it_is_over(network, officer):
    meeting = stands(Status.REGISTRATION_CLOSED)
    with pytest.raises(MeetingRefused, match="The meeting is not over: these are its days: 1–4 June"):
        hold(meeting=meeting, by=officer)
    Meeting.objects.filter(pk=meeting.pk).update(start_date=today(), end_date=today(), year=today().year)
    assert hold(meeting=meeting, by=officer).is_held
    undated = make_meeting(20, hosts=["lyon"], start_date=None, end_date=None)
    with pytest.raises(MeetingRefused, match="planned for a year to come"):
        hold(meeting=undated, by=officer)
    nowhere = make_meeting(21, country=None, **last_year())
    with pytest.raises(MeetingRefused, match="Say first who hosted the meeting"):
        hold(meeting=nowhere, by=officer)


def test_an_outcome_says_something(network, officer):
    meeting = stands(Status.HELD)
    meeting.objectives.all().delete()
    with pytest.raises(MeetingRefused, match="There is nothing to publish"):
        publish_outcome(meeting=meeting, by=officer)
    document(meeting, officer, kind=MeetingDocument.Kind.AGENDA)
    with pytest.raises(MeetingRefused, match="There is nothing to publish"):
        publish_outcome(meeting=meeting, by=officer)
    document(meeting, officer)
    assert publish_outcome(meeting=meeting, by=officer).status == Status.OUTCOME_PUBLISHED


def test_figures_are_reported_or_counted(network, django_assert_num_queries):
    meeting = stands(Status.HELD, **last_year())
    now = timezone.now()
    make_registration(meeting, "a@example.org", capacity="mayor", checked_in_at=now)
    make_registration(meeting, "b@example.org", checked_in_at=now)
    make_registration(meeting, "c@example.org", city="fabriano", checked_in_at=now)
    make_registration(meeting, "d@example.org", city="", checked_in_at=now)
    make_registration(meeting, "absent@example.org", city="krakow")
    with django_assert_num_queries(1):
        counted = figures(meeting)
    assert counted == Figures(4, 2, 1, counted=True)
    meeting.participants, meeting.figures_source = 250, "press"
    with django_assert_num_queries(0):
        assert figures(meeting) == Figures(250, None, None, counted=False, source="press")
    to_come = stands(Status.REGISTRATION_OPEN, edition=20)
    with django_assert_num_queries(0):
        assert not figures(to_come)
    assert not Figures(0, 0, 0, counted=True)


# Documents


def document(meeting: Meeting, by: Any, **fields: Any) -> MeetingDocument:
    known = {
        "kind": MeetingDocument.Kind.CONCLUSIONS,
        "title_en": "Conclusions",
        "title_fr": "Conclusions",
        "language": "en",
        "visibility": MeetingDocument.Visibility.MEMBERS,
        "upload": SimpleUploadedFile("conclusions.pdf", PDF),
    }
    return add_document(meeting=meeting, by=by, **known | fields)


def test_who_may_read_a_document(network, officer, auditor, coordinator, alternate, former_coordinator, evaluator):
    stranger = person("stranger@example.org")
    kept = document(stands(Status.HELD), officer)
    for user, may in (
        (officer, True),
        (auditor, True),
        (coordinator, True),
        (alternate, True),
        (former_coordinator, False),
        (evaluator, False),
        (stranger, False),
    ):
        assert MeetingDocument.objects.visible_to(user).exists() is may, user
        assert files_visible_to(user).filter(pk=kept.file_id).exists() is may, user
    show_document(document=kept, visibility=MeetingDocument.Visibility.PUBLIC, by=officer)
    assert files_visible_to(stranger).filter(pk=kept.file_id).exists()
    with pytest.raises(TransitionNotAllowed, match="Nothing would change"):
        show_document(document=kept, visibility=MeetingDocument.Visibility.PUBLIC, by=officer)


def test_a_document_is_removed_and_its_file_kept(network, officer, auditor):
    kept = document(stands(Status.HELD), officer)
    with pytest.raises(MeetingRefused, match="Give a reason"):
        remove_document(document=kept, reason=" ", by=officer)
    with pytest.raises(MeetingRefused, match="Only the secretariat"):
        remove_document(document=kept, reason="Wrong.", by=auditor)
    remove_document(document=kept, reason="The wrong file.", by=officer)
    assert not MeetingDocument.objects.exists()
    assert PrivateFile.objects.filter(pk=kept.file_id).exists()
    assert not files_visible_to(auditor).exists()
    with pytest.raises(TransitionNotAllowed, match="no document to remove"):
        remove_document(document=kept, reason="Again.", by=officer)
    assert [entry.verb for entry in HistoryEntry.objects.about(kept.meeting)] == [
        Verb.MEETING_DOCUMENT_REMOVED,
        Verb.MEETING_DOCUMENT_ADDED,
    ]


def test_what_is_no_document_is_refused(network, officer):
    with pytest.raises(UploadRefused):
        document(stands(Status.HELD), officer, upload=SimpleUploadedFile("conclusions.pdf", b"<html>"))
    assert not MeetingDocument.objects.exists()


def letter(by: Any, **kind: Any) -> PrivateFile:
    return PrivateFile.objects.create(
        **{"kind": PrivateFile.Kind.HOST_BID, "file": "files/x", "name": "letter.pdf", "size": 1, "uploaded_by": by}
        | kind
    )


def test_who_may_read_the_letters_of_a_bid(network, officer, auditor, coordinator, other_coordinator):
    """The twin of `meetings.read_bid`."""
    bid = make_bid(make_host_call("open"), "lyon", status="draft")
    own = bid.cities.get(is_lead=True)
    own.letter = letter(person("gone@example.org"))
    own.save()
    everyone = (officer, auditor, coordinator, other_coordinator, person("stranger@example.org"))

    def readers() -> set[Any]:
        found = {user for user in everyone if files_visible_to(user).filter(pk=own.letter_id).exists()}
        assert found == {user for user in everyone if user.has_perm("meetings.read_bid", bid)}
        return found

    assert readers() == {coordinator}
    bid.status, bid.submitted_at = "submitted", timezone.now()
    bid.save()
    assert readers() == {coordinator, officer, auditor}
    bid.status = "on-ballot"
    bid.save()
    assert readers() == {coordinator, officer, auditor, other_coordinator}


def test_who_may_read_an_agreement(network, officer, auditor, coordinator):
    call = make_host_call("decided")
    call.agreement = letter(person("gone@example.org"))
    call.save()
    seen = [user for user in (officer, auditor, coordinator) if files_visible_to(user).exists()]
    assert seen == [officer, auditor]
