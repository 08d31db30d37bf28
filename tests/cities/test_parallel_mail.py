"""Several senders, several ticks at once (PostgreSQL, real connections)."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from cities.days import today
from cities.models import City, Coordinator, Reminder
from cities.services.clock import tick
from cities.services.sending import send_due
from tests.conftest import mandate, person

from .test_outbox import written
from .test_tick import days, invitation, photo


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_mail_once(monkeypatch):
    sent: list[str] = []
    barrier = threading.Barrier(4)
    monkeypatch.setattr(EmailMessage, "send", lambda self: sent.append(self.to[0]))
    wanted = [f"person{number}@example.org" for number in range(30)]
    for address in wanted:
        written(to=address)

    def run(_number: int) -> int:
        barrier.wait()
        try:
            return send_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(run, range(4))) == 30
    assert sorted(sent) == sorted(wanted)


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_do_everything_once(monkeypatch):
    call_command("import_network", verbosity=0)
    user, officer = person("focal.point@example.org"), person("administrator@example.org", "administrator")
    for slug in ("lyon", "bologna", "ostersund"):
        mandate(user, slug, Coordinator.Role.FOCAL_POINT)
        photo(City.objects.get(slug=slug), today())
    invitation(officer, expires_at=timezone.now() - days(400))
    barrier = threading.Barrier(4)

    def run(_number: int) -> dict[str, int | None]:
        barrier.wait()
        try:
            return tick()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(run, range(4)))
    assert None not in {count for result in done for count in result.values()}
    assert sum(result["remind_to_confirm"] for result in done) == 3
    assert sum(result["remind_of_photos"] for result in done) == 3
    assert len(mail.outbox) == 6
    assert Reminder.objects.count() == 6
