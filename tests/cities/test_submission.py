"""Sharing, submission, receipts, withdrawal: every pair of the machine that goes through these, and every refusal."""

import datetime
import hashlib
import json
import re

import pytest
from django.test import Client
from django.utils import timezone, translation

from cities.exceptions import MandateRefused, NetworkError, TransitionNotAllowed
from cities.models import (
    Answer,
    Applicant,
    Application,
    Call,
    City,
    Endorsement,
    Extension,
    HistoryEntry,
    OutboxMessage,
    Photo,
    PlannedInitiative,
    Screening,
    Snapshot,
)
from cities.services.clock import DUTIES
from cities.services.history import flaws
from cities.services.submission import (
    LETTERS,
    AlreadySubmitted,
    NotInOrder,
    SubmissionRefused,
    TooLate,
    find_receipt,
    new_receipt,
    remind_of_drafts,
    share,
    submit,
    withdraw,
)
from tests.conftest import person
from tests.factories.applications import complete_application
from tests.factories.calls import (
    DAY,
    a_designation,
    add_applicant,
    make_application,
    make_call,
    make_commission_officer,
)

Status, Role = Application.Status, Applicant.Role
SECOND = datetime.timedelta(seconds=1)
pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def owner(network):
    return person("owner@example.org", name="Owner of the Tests")


@pytest.fixture
def editor_of(network):
    return person("application.editor@example.org")


@pytest.fixture
def reader_of(network):
    return person("reader@example.org", language="fr")


@pytest.fixture
def application(owner, editor_of, reader_of) -> Application:
    """An application that could be submitted, with a team of three."""
    application = complete_application(owner=owner)
    add_applicant(application, editor_of, Role.EDITOR)
    add_applicant(application, reader_of, Role.READER)
    return application


@pytest.fixture
def draft(owner) -> Application:
    """One that was just begun and named."""
    return make_application(make_call(), owner=owner)


def put(application: Application, status: str, **fields) -> None:
    """Bring an application to a status directly."""
    if status not in ("draft", "withdrawn"):
        fields.setdefault("submitted_at", timezone.now())
    if status == Status.DESIGNATED:
        fields["designation"] = a_designation()
    Application.objects.filter(pk=application.pk).update(status=status, **fields)
    application.refresh_from_db()


def mails(template: str) -> list[str]:
    return sorted(OutboxMessage.objects.filter(template=template).values_list("to", flat=True))


def phase(application: Application, **moved: datetime.timedelta) -> Call:
    """Move instants of the call, past the trigger that freezes them."""
    call = Call.objects.get(pk=application.call_id)
    Call.objects.filter(pk=call.pk).update(status="draft")
    Call.objects.filter(pk=call.pk).update(**{name: timezone.now() + delta for name, delta in moved.items()})
    Call.objects.filter(pk=call.pk).update(status="published")
    application.refresh_from_db()
    return Call.objects.get(pk=call.pk)


# Every pair of the machine through the verbs of the team


@pytest.mark.parametrize("before", list(Status))
def test_submission_from_every_status(application, owner, before):
    put(application, before, return_until=timezone.now() + DAY if before == Status.RETURNED else None)
    if before in (Status.DRAFT, Status.RETURNED):
        assert submit(application=application, by=owner).number == 1
        application.refresh_from_db()
        assert application.status == Status.SUBMITTED
    else:
        with pytest.raises(TransitionNotAllowed) as refused:
            submit(application=application, by=owner)
        assert (
            str(refused.value) == f"This cannot be done: the application is “{application.get_status_display()}” now."
        )
        assert Snapshot.objects.count() == 0


@pytest.mark.parametrize("before", list(Status))
def test_withdrawal_from_every_status(application, owner, before):
    put(application, before)
    if Status.WITHDRAWN in Application.TRANSITIONS.get(before, set()):
        assert withdraw(application=application, by=owner).status == Status.WITHDRAWN
    else:
        with pytest.raises(TransitionNotAllowed) as refused:
            withdraw(application=application, by=owner)
        assert "This cannot be done" in str(refused.value)


@pytest.mark.parametrize("before", list(Status))
def test_sharing_in_every_status(draft, owner, before):
    put(draft, before, return_until=timezone.now() + DAY)
    if before in Application.EDITABLE:
        assert share(application=draft, by=owner).status == Endorsement.Status.REQUESTED
    else:
        with pytest.raises(TransitionNotAllowed):
            share(application=draft, by=owner)


def test_what_an_ineligible_city_is_not_told_yet_no_refusal_tells(application, owner):
    call = phase(application)
    Call.objects.filter(pk=call.pk).update(status="draft")
    Call.objects.filter(pk=call.pk).update(status="published", tells_ineligible="with-announcement")
    application = Application.objects.get(pk=application.pk)
    put(application, Status.INELIGIBLE)
    with pytest.raises(NetworkError) as refused:
        submit(application=application, by=owner)
    assert "ineligible" not in str(refused.value)
    # As an eligible one can be.
    assert withdraw(application=application, by=owner).status == Status.WITHDRAWN
    assert not OutboxMessage.objects.filter(body__contains="ineligible").exists()


# Sharing


def test_the_commission_is_asked_once(draft, owner, commission_officer):
    make_commission_officer(person("other.commission@example.org"), "BE")
    endorsement = share(application=draft, by=owner)
    assert (endorsement.status, endorsement.call, endorsement.country_id) == ("requested", draft.call, "FR")
    draft.refresh_from_db()
    assert draft.shared_at is not None
    assert mails("application-shared") == [commission_officer.email]
    assert f"/en/my/endorsements/{endorsement.pk}/" in OutboxMessage.objects.get().body
    assert share(application=draft, by=owner) == endorsement
    assert (OutboxMessage.objects.count(), HistoryEntry.objects.about(draft).count()) == (1, 1)
    assert Application.objects.of_commission(commission_officer).get() == draft


def test_without_anybody_of_the_commission_staff_learn_of_it(draft, owner, settings):
    share(application=draft, by=owner)
    assert mails("application-shared-to-staff") == [settings.CONTACT_EMAIL]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"field": None}, "Choose the creative field first"),
        ({"name_fr": ""}, "name in English and in French first"),
    ],
)
def test_a_draft_is_shared_with_its_field_and_names(draft, owner, fields, sentence):
    Application.objects.filter(pk=draft.pk).update(**fields)
    with pytest.raises(SubmissionRefused, match=sentence):
        share(application=draft, by=owner)


def test_after_the_commission_s_deadline_nothing_is_shared(draft, owner):
    phase(draft, national_deadline_at=-SECOND)
    with pytest.raises(SubmissionRefused, match=r"The deadline of the National Commission has passed: \w+day "):
        share(application=draft, by=owner)


def test_a_withdrawn_endorsement_can_be_asked_for_anew_and_a_declined_one_not(draft, owner, commission_officer):
    endorsement = share(application=draft, by=owner)
    Endorsement.objects.update(status="withdrawn")
    assert share(application=draft, by=owner).status == "requested"
    assert len(mails("application-shared")) == 2
    Endorsement.objects.update(status="declined")
    with pytest.raises(TransitionNotAllowed, match="has declined"):
        share(application=draft, by=owner)
    assert Endorsement.objects.get() == endorsement


@pytest.mark.parametrize("verb", [share, submit, withdraw])
@pytest.mark.parametrize("who", ["editor_of", "reader_of", "officer", "commission_officer", "coordinator"])
def test_owners_alone_share_submit_and_withdraw(application, request, verb, who):
    with pytest.raises(MandateRefused, match="Only an owner of the application"):
        verb(application=application, by=request.getfixturevalue(who))


# Submission


def test_a_submission_freezes_gives_a_receipt_and_tells(application, owner, commission_officer):
    received = timezone.now()
    snapshot = submit(application=application, by=owner, received_at=received)
    application.refresh_from_db()
    assert (application.status, application.submitted_at, snapshot.at) == ("submitted", received, received)
    assert snapshot.number == 1
    stored = Snapshot.objects.get()
    assert stored.is_intact
    assert len(stored.sha256) == 64
    assert stored.content["application"]["reference"] == "2027-001"
    assert stored.content["endorsement"]["status"] == "endorsed"
    assert (len(stored.content["photos"]), len(stored.content["documents"])) == (3, 4)
    assert mails("application-submitted") == sorted(
        ["owner@example.org", "application.editor@example.org", "reader@example.org"]
    )
    assert mails("application-submitted-commission") == [commission_officer.email]
    body = OutboxMessage.objects.get(to="owner@example.org").body
    assert snapshot.receipt in body
    assert snapshot.sha256 in body
    in_french = OutboxMessage.objects.get(to="reader@example.org")
    assert "/fr/my/applications/" in in_french.body
    hashed = HistoryEntry.objects.about(stored).get()
    assert hashed.changes == {"sha256": [None, stored.sha256]}
    assert list(flaws()) == []


def test_what_changes_later_leaves_the_snapshot_alone(application, owner):
    submit(application=application, by=owner)
    Answer.objects.filter(question__key="presentation").update(value="Something else.")
    Application.objects.filter(pk=application.pk).update(name_en="Elsewhere")
    stored = Snapshot.objects.get()
    assert stored.is_intact
    assert "Something else." not in json.dumps(stored.content)


def test_the_plan_becomes_rows_anew_at_each_submission(application, owner):
    for _round in range(2):
        submit(application=application, by=owner)
        rows = PlannedInitiative.objects.filter(application=application)
        assert [(row.kind, row.position, str(row.cost), row.currency) for row in rows] == [
            ("international", 1, "50000.00", "EUR"),
            ("local", 1, "50000.00", "EUR"),
        ]
        assert list(rows.get(kind="international").partner_cities.all()) == [City.objects.get(slug="ostersund")]
        put(application, Status.RETURNED, return_until=timezone.now() + DAY)


def test_a_resubmission_after_a_return_makes_the_second_snapshot(application, owner):
    first = submit(application=application, by=owner)
    put(application, Status.RETURNED, return_until=timezone.now() + 40 * DAY)
    Answer.objects.filter(question__key="presentation").update(value="Completed.")
    # The call itself has closed meanwhile.
    second = submit(application=application, by=owner, received_at=application.call.closes_at + DAY)
    assert (first.number, second.number) == (1, 2)
    assert first.receipt != second.receipt
    assert first.sha256 != second.sha256
    assert Snapshot.objects.count() == 2


def test_a_second_click_gets_the_first_receipt(application, owner):
    snapshot = submit(application=application, by=owner)
    with pytest.raises(AlreadySubmitted) as again:
        submit(application=application, by=owner)
    assert again.value.snapshot == snapshot
    assert (Snapshot.objects.count(), len(mails("application-submitted"))) == (1, 3)


def test_edge_c_submission_at_the_last_second_and_one_second_late(application, owner):
    end = application.call.closes_at
    with pytest.raises(TooLate) as late:
        submit(application=application, by=owner, received_at=end)
    with translation.override("en"):
        assert re.match(
            r"It was received on \w+day \d+ \w+ \d{4}, \d\d:\d\d:\d\d, Paris time \(UTC\+[12]\)", str(late.value)
        )
    assert Snapshot.objects.count() == 0
    assert submit(application=application, by=owner, received_at=end - SECOND).at == end - SECOND


def test_what_arrived_in_time_is_in_time_however_long_it_waited(application, owner):
    received = timezone.now()
    phase(application, national_deadline_at=-2 * DAY, closes_at=SECOND * 0)
    with pytest.raises(TooLate):
        submit(application=application, by=owner)
    assert submit(application=application, by=owner, received_at=received - SECOND)


def test_an_extension_counts_for_whom_it_is(application, owner, officer):
    end = application.call.closes_at
    extension = {"call": application.call, "closes_at": end + DAY, "reason": "a flood", "by": officer}
    Extension.objects.create(**extension, country_id="BE")
    with pytest.raises(TooLate):
        submit(application=application, by=owner, received_at=end)
    Extension.objects.create(**extension, application=application)
    fresh = Application.objects.get(pk=application.pk)
    assert submit(application=fresh, by=owner, received_at=end + DAY - SECOND)


def test_what_is_not_in_order_is_refused_whole(application, owner):
    application.answers.filter(question__key="presentation").delete()
    application.photo_uses.first().delete()
    with pytest.raises(NotInOrder) as refused:
        submit(application=application, by=owner)
    assert [finding.code for finding in refused.value.findings] == ["complete", "photos"]
    assert "question 3.1: There is no answer yet." in str(refused.value)
    application.refresh_from_db()
    assert (application.status, Snapshot.objects.count(), PlannedInitiative.objects.count()) == ("draft", 0, 0)


def test_edge_t_a_photo_whose_grant_expired_keeps_from_submitting(application, owner):
    Photo.objects.filter(applicationphoto_uses__position=1).update(granted_until=timezone.localdate() - DAY)
    with pytest.raises(NotInOrder, match="The right to show photo 1 has ended"):
        submit(application=application, by=owner)


def test_of_two_teams_of_one_city_one_submits(application, owner):
    other = complete_application(application.call, owner=person("other@example.org"), field="music", place=2)
    submit(application=other, by=person_of(other))
    with pytest.raises(NotInOrder, match="Another application of this city was submitted in this call: 2027-002"):
        submit(application=application, by=owner)


def person_of(application: Application):
    return application.applicants.get().user


def test_edge_h_two_cities_named_alike_in_two_countries_are_two_applications(application, owner):
    other = complete_application(application.call, owner=person("other@example.org"), country="BE")
    assert submit(application=application, by=owner)
    assert submit(application=other, by=person_of(other))


@pytest.mark.parametrize("status", ["cancelled", "draft"])
def test_a_call_that_is_no_more_takes_nothing(application, owner, status):
    Call.objects.filter(pk=application.call_id).update(status=status)
    application = Application.objects.get(pk=application.pk)
    with pytest.raises(SubmissionRefused, match="The call is not open any more"):
        submit(application=application, by=owner)


def test_an_owner_whose_mandate_ended_meanwhile_submits_nothing(application, owner):
    Applicant.objects.filter(user=owner).update(ends_at=timezone.now())
    with pytest.raises(MandateRefused):
        submit(application=application, by=owner)


# Receipts


def test_receipts_cannot_be_guessed_and_can_be_read_from_paper():
    codes = {new_receipt() for _code in range(1000)}
    assert len(codes) == 1000
    assert all(re.fullmatch(rf"([{LETTERS}]{{4}}-){{4}}[{LETTERS}]{{4}}", code) for code in codes)
    assert not set("IO01") & set(LETTERS)


def test_a_receipt_is_found_however_it_is_typed(application, owner):
    snapshot = submit(application=application, by=owner)
    for typed in (snapshot.receipt, snapshot.receipt.lower(), f" {snapshot.receipt.replace('-', ' ')} "):
        assert find_receipt(typed) == snapshot
    for typed in ("", "A", snapshot.receipt[:-1], new_receipt()):
        assert find_receipt(typed) is None


def test_anybody_verifies_a_receipt_and_learns_nothing_else(application, owner, client: Client):
    snapshot = submit(application=application, by=owner)
    page = client.get("/en/calls/receipt/", {"code": snapshot.receipt.lower()})
    text = page.content.decode()
    assert page.status_code == 200
    assert "what was submitted is unchanged" in text
    assert "2027-001" in text
    assert snapshot.sha256 in text
    assert "Besan" not in text
    assert "noindex" in text
    assert "no-store" in page["Cache-Control"]
    with translation.override("fr"):
        assert client.get("/fr/calls/receipt/", {"code": snapshot.receipt}).status_code == 200
    unknown = client.get("/en/calls/receipt/", {"code": new_receipt()}).content.decode()
    assert "No receipt has this code" in unknown
    assert "Enter the code" in client.get("/en/calls/receipt/", {"code": ""}).content.decode()


def test_receipts_are_looked_up_so_many_times_an_hour(client, settings, monkeypatch):
    monkeypatch.setattr("cities.views.submission.LOOKED_UP_AN_HOUR", 2)
    codes = [client.get("/en/calls/receipt/", {"code": new_receipt()}).status_code for _try in range(3)]
    assert codes == [200, 200, 429]


def test_the_file_of_a_receipt_has_the_hash_of_the_receipt(application, owner, signed_in):
    snapshot = submit(application=application, by=owner)
    client = signed_in(owner)
    page = client.get(f"/en/my/applications/{application.pk}/receipts/1/")
    assert snapshot.receipt in page.content.decode()
    file = client.get(f"/en/my/applications/{application.pk}/receipts/1/content/")
    assert file["Content-Disposition"] == 'attachment; filename="2027-001-1.json"'
    assert hashlib.sha256(file.content).hexdigest() == snapshot.sha256
    assert client.get(f"/en/my/applications/{application.pk}/receipts/2/").status_code == 404


# Withdrawal


def test_a_withdrawal_frees_the_place_and_tells(application, owner, commission_officer):
    moved = withdraw(application=application, by=owner, reason="No means.")
    assert (moved.status, moved.withdrawn_at is not None) == ("withdrawn", True)
    endorsement = Endorsement.objects.get()
    assert (endorsement.status, endorsement.place) == ("withdrawn", None)
    assert len(mails("application-withdrawn")) == 3
    assert mails("application-withdrawn-commission") == [commission_officer.email]
    assert "No means." in OutboxMessage.objects.filter(template="application-withdrawn").first().body
    assert "No means." not in str([entry.content() for entry in HistoryEntry.objects.all()])


def test_a_draft_that_nobody_else_saw_is_withdrawn_quietly(draft, owner, commission_officer):
    withdraw(application=draft, by=owner)
    assert mails("application-withdrawn") == [owner.email]
    assert mails("application-withdrawn-commission") == []


def test_from_the_decision_on_nothing_is_withdrawn(application, owner):
    put(application, Status.ELIGIBLE)
    phase(
        application,
        opens_at=-9 * DAY,
        national_deadline_at=-8 * DAY,
        closes_at=-7 * DAY,
        screening_until=-6 * DAY,
        evaluation_until=-5 * DAY,
        decision_at=SECOND * 30,
    )
    assert application.can_be_withdrawn
    phase(application, decision_at=-SECOND)
    with pytest.raises(SubmissionRefused, match="could be withdrawn until"):
        withdraw(application=Application.objects.get(pk=application.pk), by=owner)


# The pages


def address(application: Application, page: str) -> str:
    return f"/en/my/applications/{application.pk}/{page}/"


def test_the_check_leads_to_the_questions(application, owner, signed_in):
    application.answers.filter(question__key="presentation").delete()
    text = signed_in(owner).get(address(application, "check")).content.decode()
    assert "1 point is not in order yet." in text
    assert f"/en/my/applications/{application.pk}/form/presentation/#question-presentation" in text


def test_the_whole_way_by_its_pages(application, owner, signed_in):
    client = signed_in(owner)
    page = client.get(address(application, "submit"))
    assert "A book fair each September." in page.content.decode()
    assert "Submit the application" in page.content.decode()
    sent = client.post(address(application, "submit"))
    assert sent.url == f"/en/my/applications/{application.pk}/receipts/1/"
    again = client.post(address(application, "submit"))
    assert again.url == sent.url
    assert client.get(address(application, "submit")).url == f"/en/my/applications/{application.pk}/"
    assert "tick this" in client.post(address(application, "withdraw")).content.decode().lower()
    gone = client.post(address(application, "withdraw"), {"understood": "on", "reason": ""})
    assert gone.url == f"/en/my/applications/{application.pk}/"
    application.refresh_from_db()
    assert application.status == Status.WITHDRAWN


def test_a_refused_submission_says_what_and_where(application, owner, signed_in):
    application.photo_uses.first().delete()
    page = signed_in(owner).post(address(application, "submit"))
    assert page.status_code == 409
    text = page.content.decode()
    assert "there so far: 2" in text
    assert "Submit the application</button>" not in text


def test_a_late_submission_is_told_the_instant(application, owner, signed_in):
    phase(application, national_deadline_at=-2 * DAY, closes_at=-SECOND)
    page = signed_in(owner).post(address(application, "submit"))
    assert page.status_code == 409
    assert "could be submitted until" in page.content.decode()


def test_sharing_by_its_button(draft, owner, signed_in, commission_officer):
    client = signed_in(owner)
    assert client.get(address(draft, "share")).url == f"/en/my/applications/{draft.pk}/"
    assert Endorsement.objects.count() == 0
    for _click in range(2):
        client.post(address(draft, "share"))
    assert Endorsement.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "check", "verb", "receipt"),
    [
        ("owner", 200, 302, 200),
        ("editor_of", 200, 403, 200),
        ("reader_of", 200, 403, 200),
        ("commission_officer", 403, 403, 200),
        ("officer", 403, 403, 200),
        ("auditor", 403, 403, 200),
        ("coordinator", 404, 404, 404),
        ("evaluator", 404, 404, 404),
    ],
)
def test_who_opens_the_pages(application, owner, request, signed_in, who, check, verb, receipt):
    submit(application=application, by=owner)
    client = signed_in(request.getfixturevalue(who))
    assert client.get(address(application, "check")).status_code == check
    assert client.get(address(application, "submit")).status_code == verb
    assert client.get(address(application, "receipts/1")).status_code == receipt
    assert client.get(address(application, "receipts/1/content")).status_code == receipt


def test_the_pages_cost_the_same_however_much_there_is(application, owner, signed_in, django_assert_num_queries):
    client = signed_in(owner)
    client.get(address(application, "check"))
    for number in range(12):
        make_application(application.call, f"Town {number}", status=Status.SUBMITTED)
    with django_assert_num_queries(27):
        client.get(address(application, "check"))


# The clock


def close_in(application: Application, days: float) -> None:
    phase(
        application,
        opens_at=-90 * DAY,
        national_deadline_at=-80 * DAY,
        closes_at=days * DAY,
        screening_until=99 * DAY,
        evaluation_until=99 * DAY,
        decision_at=99 * DAY,
        announce_at=99 * DAY,
    )
    Application.objects.filter(pk=application.pk).update(created_at=timezone.now() - 60 * DAY)


def test_owners_are_reminded_of_a_draft_before_the_end(application):
    assert remind_of_drafts in DUTIES
    for days, reminded in ((31, 0), (29.9, 1), (29, 1), (6.9, 1), (6, 1), (0.9, 1), (0.5, 1), (-0.1, 0)):
        close_in(application, days)
        OutboxMessage.objects.all().delete()
        assert (remind_of_drafts(), remind_of_drafts()) == (reminded, 0), days
        assert mails("application-incomplete") == ["owner@example.org"] * reminded


def test_a_draft_that_was_begun_since_is_left_in_peace(application):
    close_in(application, 6)
    Application.objects.filter(pk=application.pk).update(created_at=timezone.now() - DAY / 2)
    assert remind_of_drafts() == 0


@pytest.mark.parametrize("status", [status for status in Status if status not in (*Application.EDITABLE, "designated")])
def test_nobody_is_reminded_of_what_is_no_draft(application, status):
    close_in(application, 6)
    put(application, status)
    assert remind_of_drafts() == 0


def test_the_time_for_completion_is_reminded_of(application):
    now = timezone.now()
    put(application, Status.RETURNED, return_until=now + 6 * DAY, return_note="The budget.")
    Screening.objects.create(application=application, returned_at=now - 4 * DAY)
    assert remind_of_drafts() == 1
    assert "The budget." in OutboxMessage.objects.get(template="application-still-returned").body
    Screening.objects.update(returned_at=now)
    Application.objects.update(return_until=now + 5 * DAY)
    assert remind_of_drafts() == 0
