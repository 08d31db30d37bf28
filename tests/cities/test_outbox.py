import datetime
import smtplib
from contextlib import suppress
from pathlib import Path

import allauth
import pytest
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import resolve
from django.utils import timezone

from cities.admin.outbox import KINDS
from cities.exceptions import TransitionNotAllowed
from cities.models import HistoryEntry, Invitation, OutboxMessage
from cities.services import outbox, sending
from cities.services.outbox import approve, retry, withdraw, write_mail
from cities.services.sending import CLAIM, reason_of, send_due
from tests.conftest import person

Status = OutboxMessage.Status
Secret = OutboxMessage.Secret
PAGES = "/admin/cities/outboxmessage/"


@pytest.fixture
def reader(db) -> object:
    return person("reader@example.org", name="Robin O’Neill & Söhne")


def written(user=None, **fields) -> OutboxMessage:
    """A mail of one line, without a template."""
    given = {"template": "test", "user": user, "to": user.email if user else "somebody@example.org", "language": "en"}
    return OutboxMessage.objects.create(**{**given, "subject": "A subject", "body": "A text\n", **fields})


def refuse(failure: Exception):
    def send(self) -> None:
        raise failure

    return send


def let_time_pass(seconds: float) -> None:
    for message in OutboxMessage.objects.all():
        message.next_try_at -= datetime.timedelta(seconds=seconds)
        message.save(update_fields=["next_try_at"])


# Writing


def test_a_mail_is_written_in_the_language_of_the_person_and_nothing_is_escaped(reader):
    english = write_mail("account-password-changed", to=reader)
    reader.language = "fr"
    french = write_mail("account-password-changed", to=reader)
    assert english.subject == "Your password was changed"
    assert (english.language, french.language) == ("en", "fr")
    assert english.subject != french.subject
    assert "Robin O’Neill & Söhne" in english.body
    assert "http://localhost:8000/fr/account/password/reset/" in french.body
    assert "&" + "#" not in french.body


def test_the_mail_goes_only_when_the_act_is_through(reader, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        write_mail("account-password-changed", to=reader)
        assert mail.outbox == []
    assert [message.to for message in mail.outbox] == [["reader@example.org"]]
    assert OutboxMessage.objects.get().status == Status.SENT


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_undone_leaves_no_mail():
    with suppress(ZeroDivisionError), transaction.atomic():
        write_mail("account-password-changed", address="somebody@example.org")
        raise ZeroDivisionError
    assert not OutboxMessage.objects.exists()
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_an_act_stands_when_the_queue_cannot_be_reached(monkeypatch):
    monkeypatch.setattr(outbox, "SENDER", "cities.tasks.not_there")
    with transaction.atomic():
        write_mail("account-password-changed", address="somebody@example.org")
    assert OutboxMessage.objects.get().status == Status.APPROVED
    assert send_due() == 1


def test_a_held_mail_waits(reader):
    write_mail("account-password-changed", to=reader, held=True)
    assert send_due() == 0


# Sending


def test_what_is_due_is_sent_once(reader):
    written(reader)
    written(reader, next_try_at=timezone.now() + datetime.timedelta(hours=1))
    written(reader, status=Status.WITHDRAWN)
    assert (send_due(), send_due()) == (1, 0)
    (sent,) = mail.outbox
    assert (sent.subject, sent.body, sent.to) == ("A subject", "A text\n", ["reader@example.org"])
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"


def test_a_mail_that_fails_waits_longer_each_time_and_is_given_up(reader, monkeypatch, settings):
    settings.OUTBOX_ATTEMPTS = 3
    monkeypatch.setattr(EmailMessage, "send", refuse(ConnectionRefusedError()))
    message = written(reader)
    for attempt, minutes in ((1, 1), (2, 4)):
        assert (send_due(), send_due()) == (0, 0)
        message.refresh_from_db()
        assert (message.status, message.attempts, message.error) == (Status.FAILED, attempt, "ConnectionRefusedError")
        wait = message.next_try_at - timezone.now()
        assert datetime.timedelta(minutes=minutes - 1) < wait <= datetime.timedelta(minutes=minutes)
        let_time_pass(minutes * 60)
    send_due()
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.GIVEN_UP, 3)
    let_time_pass(24 * 3600)
    assert send_due() == 0


def test_one_that_fails_does_not_keep_the_others(reader, monkeypatch):
    send = EmailMessage.send

    def send_some(self) -> int:
        if self.to == ["reader@example.org"]:
            raise TimeoutError
        return send(self)

    monkeypatch.setattr(EmailMessage, "send", send_some)
    written(reader)
    written()
    assert send_due() == 1
    assert {message.to: message.status for message in OutboxMessage.objects.all()} == {
        "reader@example.org": Status.FAILED,
        "somebody@example.org": Status.SENT,
    }


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (
            smtplib.SMTPRecipientsRefused({"a@example.org": (550, b"a@example.org unknown")}),
            "SMTPRecipientsRefused 550",
        ),
        (smtplib.SMTPDataError(451, b"not now, a@example.org"), "SMTPDataError 451"),
        (OSError("a@example.org"), "OSError"),
    ],
)
def test_an_error_is_kept_and_logged_without_the_address(reader, monkeypatch, caplog, failure, reason):
    monkeypatch.setattr(EmailMessage, "send", refuse(failure))
    message = written(reader)
    send_due()
    message.refresh_from_db()
    assert message.error == reason == reason_of(failure)
    assert reason in caplog.text
    assert "example.org" not in caplog.text


class Killed(BaseException):
    """The process ends here."""


def test_a_sender_killed_before_it_could_note_leaves_the_mail_to_the_next(reader, monkeypatch):
    send = EmailMessage.send

    def send_and_die(self) -> None:
        send(self)
        raise Killed

    message = written(reader)
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", send_and_die)
        with pytest.raises(Killed):
            send_due()
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.SENDING, 1)
    assert send_due() == 0  # the claim holds
    let_time_pass(CLAIM.total_seconds())
    assert send_due() == 1
    message.refresh_from_db()
    assert (message.status, message.attempts, len(mail.outbox)) == (Status.SENT, 2, 2)  # at least once


def test_a_mail_that_kills_its_senders_is_given_up(reader, settings):
    message = written(reader, status=Status.SENDING, attempts=settings.OUTBOX_ATTEMPTS)
    assert send_due() == 0
    message.refresh_from_db()
    assert message.status == Status.GIVEN_UP


def test_nothing_is_sent_to_an_account_that_is_closed(reader):
    message = written(reader)
    reader.is_active = False
    reader.save()
    assert send_due() == 0
    message.refresh_from_db()
    assert message.status == Status.WITHDRAWN


def test_sending_costs_the_same_for_each_mail(reader, django_assert_num_queries):
    written()
    with django_assert_num_queries(8):
        send_due()
    for _number in range(30):
        written()
    # A claim with its savepoint and the mark, for each; then a look that finds nothing.
    with django_assert_num_queries(30 * 5 + 3):
        send_due()


# Secrets


def link_in(body: str) -> str:
    """The path of the first link."""
    return next(word for word in body.split() if word.startswith("http://localhost:8000/")).removeprefix(
        "http://localhost:8000"
    )


@pytest.fixture
def request_of(rf: RequestFactory):
    """The adapter's way of sending, within a request."""

    def send(template: str, user, **context) -> OutboxMessage:
        with allauth.core.context.request_context(rf.get("/")):
            get_adapter().send_mail(template, user.email, {"user": user, **context})
        return OutboxMessage.objects.latest("pk")

    return send


def test_the_link_to_a_new_password_is_made_at_sending_and_kept_nowhere(client, reader, request_of):
    message = request_of("account/email/password_reset_key", reader, key="secret-of-allauth", uid="1")
    assert "key/******/" in message.body
    assert "secret-of-allauth" not in message.body
    send_due()
    message.refresh_from_db()
    assert "key/******/" in message.body
    path = link_in(mail.outbox[0].body)
    match = resolve(path)
    assert match.url_name == "account_reset_password_from_key"
    assert match.kwargs["key"] not in str(OutboxMessage.objects.values())
    assert client.get(path, follow=True).status_code == 200


def test_the_link_that_confirms_an_address_is_made_at_sending(reader, request_of):
    EmailAddress.objects.filter(user=reader).delete()
    address = EmailAddress.objects.create(user=reader, email=reader.email, primary=True)
    message = request_of("account/email/email_confirmation", reader, key="secret-of-allauth")
    send_due()
    path = link_in(mail.outbox[0].body)
    assert resolve(path).url_name == "account_confirm_email"
    assert "******" in OutboxMessage.objects.get().body
    address.verified = True
    address.save()
    again = OutboxMessage.objects.create(
        template=message.template, user=reader, to=reader.email, language="en", body="x", secret=Secret.ADDRESS,
        secret_of=str(address.pk),
    )  # fmt: skip
    assert send_due() == 0
    again.refresh_from_db()
    assert again.status == Status.WITHDRAWN


def invitation_to_staff(administrator, **fields) -> Invitation:
    group = administrator.groups.get()
    expires = timezone.now() + datetime.timedelta(days=1)
    given = {"kind": "staff", "group": group, "email": "new@example.org", "language": "en", "expires_at": expires}
    return Invitation.objects.create(invited_by=administrator, **{**given, **fields})


def test_the_token_of_an_invitation_is_made_at_sending(administrator):
    invitation = invitation_to_staff(administrator)
    message = written(body="Open ******", secret=Secret.INVITATION, secret_of=str(invitation.pk))
    send_due()
    invitation.refresh_from_db()
    message.refresh_from_db()
    token = mail.outbox[0].body.split()[-1]
    assert len(token) > 30
    assert invitation.token_hash
    assert message.body == "Open ******"
    assert token not in invitation.token_hash


def test_an_invitation_that_was_withdrawn_is_not_sent(administrator):
    invitation = invitation_to_staff(administrator, withdrawn_at=timezone.now())
    message = written(body="Open ******", secret=Secret.INVITATION, secret_of=str(invitation.pk))
    assert send_due() == 0
    message.refresh_from_db()
    assert (message.status, message.error) == (Status.WITHDRAWN, "NothingToOpen")


def test_a_mail_whose_secret_cannot_be_made_does_not_keep_the_others(administrator, monkeypatch):
    monkeypatch.setitem(
        sending.SECRETS, Secret.INVITATION, lambda message: Invitation.objects.get(pk="no number").email
    )
    invitation = invitation_to_staff(administrator)
    message = written(body="Open ******", secret=Secret.INVITATION, secret_of=str(invitation.pk))
    written()
    assert send_due() == 1
    message.refresh_from_db()
    assert (message.status, message.attempts, message.error) == (Status.FAILED, 1, "ValueError")


def test_the_demo_alone_keeps_the_whole_mail(administrator, settings):
    settings.OUTBOX_SHOWS_WHOLE_MAILS = True
    invitation = invitation_to_staff(administrator)
    message = written(body="Open ******", secret=Secret.INVITATION, secret_of=str(invitation.pk))
    send_due()
    message.refresh_from_db()
    assert message.body == mail.outbox[0].body
    assert "******" not in message.body


def test_every_kind_of_secret_can_be_made():
    assert set(sending.SECRETS) == {kind for kind in Secret if kind != Secret.NONE}


# The mails of the sign-in

OFF = {
    "account-already-exists": "nobody signs up",
    "email-confirm": "allauth sends it no more",
    "login-code": "nobody signs in by a code",
    "password-reset-code": "passwords are reset by a link",
    "unknown-account": "no mail goes to an address without an account",
}


def mails_of_allauth() -> list[str]:
    folder = Path(allauth.__file__).parent / "templates"
    found = [*folder.glob("account/email/*_message.txt"), *folder.glob("mfa/email/*_message.txt")]
    names = {path.name.removesuffix("_message.txt") for path in found} - {"base"}
    return sorted(name for name in names if name.replace("_", "-") not in OFF)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", mails_of_allauth())
def test_every_mail_of_allauth_has_a_text_of_ours(reader, request_of, name, language):
    EmailAddress.objects.get_or_create(user=reader, email=reader.email)
    reader.language = language
    told = {"timestamp": timezone.now(), "from_email": "old@example.org", "to_email": "new@example.org"}
    message = request_of(f"account/email/{name}", reader, deleted_email="old@example.org", **told, ip="192.0.2.1")
    assert message.subject
    assert reader.name in message.body
    assert f"http://localhost:8000/{language}/" in message.body
    assert "192.0.2.1" not in message.body
    assert "\n\n\n" not in message.body


def test_a_new_password_is_asked_for_by_mail_and_nobody_learns_who_has_an_account(reader):
    pages = []
    for address in ("reader@example.org", "stranger@example.org"):
        response = Client().post("/en/account/password/reset/", {"email": address}, follow=True)
        pages.append((response.status_code, response.redirect_chain))
    assert pages[0] == pages[1]
    assert [message.to for message in OutboxMessage.objects.all()] == ["reader@example.org"]


# What staff may do


def test_a_held_mail_is_approved_and_goes(reader, officer, django_capture_on_commit_callbacks):
    message = write_mail("account-password-changed", to=reader, held=True)
    with django_capture_on_commit_callbacks(execute=True):
        approved = approve(message, by=officer)
    assert approved.approved_by == officer
    assert len(mail.outbox) == 1
    act = HistoryEntry.objects.about(message).get()
    assert (act.verb, act.changes) == (HistoryEntry.Verb.MAIL_APPROVED, {"status": ["held", "approved"]})


@pytest.mark.parametrize(
    ("act", "allowed"),
    [
        (approve, {Status.HELD}),
        (retry, {Status.FAILED, Status.GIVEN_UP}),
        (withdraw, {Status.HELD, Status.APPROVED, Status.FAILED, Status.GIVEN_UP}),
    ],
)
def test_what_may_be_done_in_which_state(reader, officer, act, allowed):
    for status in Status:
        message = written(reader, status=status)
        if status in allowed:
            act(message, by=officer)
        else:
            with pytest.raises(TransitionNotAllowed):
                act(message, by=officer)


def test_a_mail_sent_again_has_all_attempts_anew(reader, officer):
    message = retry(written(reader, status=Status.GIVEN_UP, attempts=8, error="OSError"), by=officer)
    assert (message.attempts, message.error) == (0, "")
    assert send_due() == 1


def test_an_emptied_mail_is_not_sent_again(officer):
    with pytest.raises(TransitionNotAllowed, match="gone"):
        retry(written(status=Status.GIVEN_UP, to="", body=""), by=officer)


# The pages of staff


@pytest.fixture
def staff(officer, signed_in) -> Client:
    return signed_in(officer)


def seen_by(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_a_page_shows_the_mail_as_it_will_look(reader, staff, settings):
    settings.OUTBOX_SHOWS_WHOLE_MAILS = False
    message = write_mail("account-password-reset-key", to=reader, secret=Secret.PASSWORD_RESET, secret_of=reader.pk)
    page = seen_by(staff, f"{PAGES}{message.pk}/change/")
    assert "Robin O’Neill &amp; Söhne" in page
    assert "key/******/" in page
    assert "The stars stand for a secret" in page
    assert '<a href="http://localhost:8000' not in page
    assert "nothing is sent" not in page


def test_in_the_demo_its_links_can_be_followed(reader, staff, settings):
    settings.OUTBOX_SHOWS_WHOLE_MAILS = True
    message = write_mail("account-password-changed", to=reader)
    for path in (PAGES, f"{PAGES}{message.pk}/change/"):
        assert "This is a demonstration: nothing is sent." in seen_by(staff, path)
    assert '<a href="http://localhost:8000/en/account/password/reset/"' in page_of(staff, message)


def page_of(client: Client, message: OutboxMessage) -> str:
    return seen_by(client, f"{PAGES}{message.pk}/change/")


@pytest.mark.parametrize(
    ("status", "acts"),
    [
        (Status.HELD, {"approve", "withdraw"}),
        (Status.APPROVED, {"withdraw"}),
        (Status.SENDING, set()),
        (Status.SENT, set()),
        (Status.FAILED, {"retry", "withdraw"}),
        (Status.GIVEN_UP, {"retry", "withdraw"}),
        (Status.WITHDRAWN, set()),
    ],
)
def test_a_page_offers_what_may_be_done(reader, staff, status, acts):
    message = written(reader, status=status)
    page = page_of(staff, message)
    offered = {act for act in ("approve", "retry", "withdraw") if f"{PAGES}{message.pk}/{act}/" in page}
    assert offered == acts


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [
        ("approve", Status.HELD, Status.APPROVED),
        ("retry", Status.GIVEN_UP, Status.APPROVED),
        ("withdraw", Status.FAILED, Status.WITHDRAWN),
    ],
)
def test_staff_act_on_one_mail(reader, staff, act, before, after):
    message = written(reader, status=before)
    path = f"{PAGES}{message.pk}/{act}/"
    assert "A subject" in seen_by(staff, path)
    assert staff.post(path, {"seen": "0"}).status_code == 302
    message.refresh_from_db()
    assert message.status == after
    again = staff.post(path, {"seen": str(HistoryEntry.objects.count())})
    assert again.status_code == 200
    assert again.context["errors"]


def test_staff_act_on_many_after_seeing_which(reader, staff):
    held = [written(reader, status=Status.HELD) for _number in range(3)]
    sent = written(reader, status=Status.SENT)
    chosen = {"action": "approve_selected", "_selected_action": [message.pk for message in [*held, sent]], "index": "0"}
    page = staff.post(PAGES, chosen)
    assert page.content.decode().count("“A subject”, to reader@example.org") == 4
    assert OutboxMessage.objects.filter(status=Status.HELD).count() == 3
    done = staff.post(PAGES, {**chosen, "confirmed": "yes"}, follow=True)
    said = [str(message) for message in done.context["messages"]]
    assert said == ["Done for 3 mails.", "1 mail stays as it is: its state does not allow it."]
    assert OutboxMessage.objects.filter(status=Status.APPROVED).count() == 3


def test_auditors_read_and_nobody_else_sees_the_outbox(reader, auditor, signed_in):
    message = written(reader, status=Status.HELD)
    client = signed_in(auditor)
    page = page_of(client, message)
    assert "A subject" in page
    assert "/approve/" not in page
    for act in ("approve", "retry", "withdraw"):
        assert client.post(f"{PAGES}{message.pk}/{act}/", {"seen": "0"}).status_code == 403
    chosen = {"action": "approve_selected", "_selected_action": [message.pk], "index": "0", "confirmed": "yes"}
    client.post(PAGES, chosen)
    assert signed_in(reader).get(PAGES).status_code != 200
    message.refresh_from_db()
    assert message.status == Status.HELD


def test_the_list_costs_the_same_for_one_mail_and_for_thirty(reader, staff, django_assert_num_queries):
    written(reader)
    with django_assert_num_queries(12):
        staff.get(PAGES)
    for _number in range(29):
        written(reader)
    with django_assert_num_queries(12):
        staff.get(PAGES)


def test_a_mail_is_found_by_subject_address_and_name(reader, staff):
    written(reader)
    written(subject="Another")
    for words, found in (("robin", 1), ("somebody@", 1), ("another", 1), ("example.org", 2)):
        assert staff.get(PAGES, {"q": words}).context["cl"].result_count == found


def test_the_start_page_tells_of_mails_that_wait_for_staff(reader, staff):
    assert "mail</a> waits for approval." not in seen_by(staff, "/admin/")
    written(reader, status=Status.HELD)
    written(reader, status=Status.GIVEN_UP)
    written(reader, status=Status.GIVEN_UP)
    page = seen_by(staff, "/admin/")
    assert f'<a href="{PAGES}?status__exact=held">1 mail</a> waits for approval.' in page
    assert f'<a href="{PAGES}?status__exact=given-up">2 mails</a> could not be sent' in page
    assert staff.get(PAGES, {"status__exact": "given-up"}).context["cl"].result_count == 2


def test_every_kind_of_mail_has_words():
    templates = Path(__file__).parents[2] / "templates/mail"
    kinds = {path.stem for path in templates.glob("[!_]*.txt")}
    assert set(KINDS) == kinds
