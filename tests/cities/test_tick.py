import datetime

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from cities.days import today
from cities.models import (
    City,
    Coordinator,
    Designation,
    FocalPointChange,
    Initiative,
    InitiativeRevision,
    Invitation,
    OutboxMessage,
    Partnership,
    Photo,
    PrivateFile,
    ProfileConfirmation,
)
from cities.services import clock
from cities.services.clock import (
    DUTIES,
    empty_invitations,
    empty_mails,
    remind_of_photos,
    remind_to_confirm,
    remove_sessions,
    remove_task_results,
    tick,
)
from tests.conftest import mandate, person

Status = OutboxMessage.Status


def days(number: float) -> datetime.timedelta:
    return datetime.timedelta(days=number)


def mails(template: str) -> list[str]:
    return sorted(OutboxMessage.objects.filter(template=template).values_list("to", flat=True))


# Reminders


def test_a_partner_that_does_not_answer_is_reminded_once(lyon, coordinator, other_coordinator):
    partner = City.objects.get(slug="ostersund")
    initiative = Initiative.objects.create(slug="together", lead=lyon)
    InitiativeRevision.objects.create(initiative=initiative, number=1, title_en="Together", title_fr="Ensemble")
    asked = Partnership.objects.create(initiative=initiative, city=partner)
    tick()
    assert mails("partnership-reminder") == []
    Partnership.objects.filter(pk=asked.pk).update(asked_at=timezone.now() - days(15))
    tick()
    tick()
    assert mails("partnership-reminder") == [other_coordinator.email]


def test_a_focal_point_is_asked_once_a_year_to_confirm_the_page(lyon, coordinator, alternate, other_coordinator):
    ProfileConfirmation.objects.create(city=lyon, day=today() - days(370), by=coordinator)
    ProfileConfirmation.objects.create(
        city=City.objects.get(slug="ostersund"), day=today() - days(300), by=other_coordinator
    )
    assert (remind_to_confirm(), remind_to_confirm()) == (1, 0)
    assert mails("reminder-confirmation") == [coordinator.email]
    body = OutboxMessage.objects.get().body
    assert "http://localhost:8000/en/my/cities/lyon/" in body
    # The next year, if nobody did.
    ProfileConfirmation.objects.filter(city=lyon).update(day=today() - days(740))
    assert (remind_to_confirm(), remind_to_confirm()) == (1, 0)
    ProfileConfirmation.objects.create(city=lyon, day=today(), by=coordinator)
    assert remind_to_confirm() == 0


def test_a_page_that_nobody_confirmed_counts_from_the_mandate(lyon, coordinator):
    user = person("focal.point@example.org", language="fr")
    mandate(user, "bologna", Coordinator.Role.FOCAL_POINT, begins_at=timezone.now() - days(100))
    assert (remind_to_confirm(), remind_to_confirm()) == (1, 0)
    assert mails("reminder-confirmation") == [coordinator.email]


def test_a_former_coordinator_is_not_asked(lyon, former_coordinator):
    assert remind_to_confirm() == 0


def test_a_city_that_is_no_member_is_not_asked(lyon, coordinator):
    lyon.designations.filter(ends_on=None).update(ends_on=today() - days(1), end_reason=Designation.EndReason.values[0])
    assert remind_to_confirm() == 0


def photo(city: City, until: datetime.date | None) -> Photo:
    return Photo.objects.create(
        city=city, large="a.jpg", small="b.jpg", width=1, height=1, granted_on=today() - days(900), granted_until=until
    )


def test_a_right_to_show_a_photo_that_ends_is_told_once(lyon, coordinator, alternate):
    for until in (None, today() - days(1), today() + days(31)):
        photo(lyon, until)
    assert remind_of_photos() == 0
    photo(lyon, today() + days(30))
    photo(lyon, today())
    assert (remind_of_photos(), remind_of_photos()) == (1, 0)
    assert mails("reminder-photos") == [coordinator.email]
    assert OutboxMessage.objects.get().body.count("\n- ") == 2
    # A longer grant has an end of its own.
    Photo.objects.filter(granted_until=today()).update(granted_until=today() + days(20))
    assert (remind_of_photos(), remind_of_photos()) == (1, 0)


def test_without_a_focal_point_the_alternate_is_told_of_photos(lyon, alternate):
    photo(lyon, today())
    remind_of_photos()
    assert mails("reminder-photos") == [alternate.email]


def test_reminders_are_written_in_the_person_s_language(lyon, other_coordinator):
    photo(City.objects.get(slug="ostersund"), today())
    remind_of_photos()
    assert "http://localhost:8000/fr/my/cities/ostersund/" in OutboxMessage.objects.get().body


# What is kept for some time only


def invitation(by, **fields) -> Invitation:
    soon = timezone.now() + days(3)
    given = {"kind": "staff", "group_id": by.groups.get().pk, "email": "new@example.org", "name": "New Person"}
    return Invitation.objects.create(**{**given, "language": "en", "invited_by": by, "expires_at": soon, **fields})


def test_closed_invitations_are_emptied_after_some_time(administrator, settings):
    long_ago = timezone.now() - days(settings.INVITATIONS_KEPT_DAYS + 1)
    lately = timezone.now() - days(settings.INVITATIONS_KEPT_DAYS - 1)
    kept = [invitation(administrator), invitation(administrator, expires_at=lately)]
    emptied = [
        invitation(administrator, expires_at=long_ago),
        invitation(administrator, withdrawn_at=long_ago),
        invitation(administrator, accepted_at=long_ago),
    ]
    assert (empty_invitations(), empty_invitations()) == (3, 0)
    assert set(Invitation.objects.filter(email="", name="")) == set(emptied)
    assert set(Invitation.objects.exclude(email="")) == set(kept)


def test_closed_requests_for_another_focal_point_are_emptied_too(lyon, coordinator, settings):
    letter = PrivateFile.objects.create(kind="mayors-letter", file="x", name="x", size=1, uploaded_by=coordinator)
    decided = timezone.now() - days(settings.INVITATIONS_KEPT_DAYS + 1)
    for status in FocalPointChange.Status:
        FocalPointChange.objects.create(
            city=lyon,
            email="new@example.org",
            name="New Person",
            language="fr",
            letter=letter,
            requested_by=coordinator,
            status=status,
            decided_at=decided,
        )
    assert (empty_invitations(), empty_invitations()) == (3, 0)
    assert FocalPointChange.objects.exclude(email="").get().status == FocalPointChange.Status.SUBMITTED


def test_mails_are_emptied_after_some_time(db, settings):
    long_ago = timezone.now() - days(settings.OUTBOX_KEPT_DAYS + 1)
    for status in Status:
        OutboxMessage.objects.create(
            template="test", to="a@example.org", subject="s", body="b", language="en", status=status, sent_at=long_ago
        )
    OutboxMessage.objects.update(created_at=long_ago)
    OutboxMessage.objects.create(
        template="test", to="a@example.org", subject="s", body="b", language="en", status="sent", sent_at=timezone.now()
    )
    assert (empty_mails(), empty_mails()) == (3, 0)
    emptied = OutboxMessage.objects.filter(to="", subject="", body="")
    assert {message.status for message in emptied} == {Status.SENT, Status.WITHDRAWN, Status.GIVEN_UP}
    assert str(emptied[0]) == "test"


def test_expired_sessions_go(client, officer):
    client.force_login(officer)
    client.get("/en/")
    UserSession.objects.create(user=officer, ip="192.0.2.1", session_key="gone", user_agent="")
    key = client.session.session_key
    UserSession.objects.get_or_create(session_key=key, defaults={"user": officer, "ip": "192.0.2.1"})
    assert (remove_sessions(), remove_sessions()) == (1, 0)
    assert UserSession.objects.get().session_key == key
    Session.objects.update(expire_date=timezone.now() - days(1))
    assert remove_sessions() == 1
    assert not Session.objects.exists()


def test_old_results_of_tasks_go(db, settings):
    for status, age in (("SUCCESSFUL", 15), ("FAILED", 15), ("SUCCESSFUL", 13), ("READY", 15)):
        DBTaskResult.objects.create(
            status=status,
            args_kwargs={"args": [], "kwargs": {}},
            task_path="cities.tasks.send_due_mails",
            backend_name="default",
            run_after=timezone.now(),
            exception_class_path="",
            traceback="",
            finished_at=None if status == "READY" else timezone.now() - days(age),
        )
    assert (remove_task_results(), remove_task_results()) == (2, 0)


# The whole


def test_the_command_says_what_it_did(lyon, coordinator, capsys):
    call_command("tick")
    said = capsys.readouterr().out
    assert "remind to confirm: 1" in said
    assert "send due: 1" in said
    assert [message.to for message in mail.outbox] == [[coordinator.email]]
    call_command("tick")
    assert capsys.readouterr().out == "Nothing was due.\n"


def test_one_duty_that_fails_does_not_keep_the_others(lyon, coordinator, monkeypatch, capsys):
    def fails() -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(clock, "DUTIES", (fails, *DUTIES))
    with pytest.raises(CommandError, match="fails"):
        call_command("tick")
    assert "send due: 1" in capsys.readouterr().out
    assert len(mail.outbox) == 1


def test_a_tick_with_nothing_to_do_costs_few_queries(network, django_assert_num_queries):
    # SQLite also asks whether a ballot that is over was swept up behind.
    with django_assert_num_queries(27 if connection.vendor == "sqlite" else 26):
        tick()
