"""What National Commissions say to applications: places, fields, deadlines, their desk, letters on paper, reminders."""

import datetime
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.utils import timezone, translation

from cities.days import PARIS
from cities.exceptions import NetworkError, TransitionNotAllowed, UploadRefused
from cities.models import (
    Application,
    Call,
    CommissionOfficer,
    Country,
    CreativeField,
    Endorsement,
    Extension,
    HistoryEntry,
    OutboxMessage,
    PrivateFile,
)
from cities.services import endorsement as service
from cities.services.call import extend_call
from rvcu.models import User
from tests.conftest import person
from tests.factories.calls import (
    DAY,
    add_applicant,
    make_application,
    make_call,
    make_commission_officer,
    make_endorsement,
)

Status = Endorsement.Status
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
NAMES = ("Besançon", "Tours", "Nantes", "Rennes", "Dijon", "Nancy")


def letter(content: bytes = PDF, name: str = "letter.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


def asked(call: Call, name: str = "Besançon", country: str = "FR", **fields) -> Endorsement:
    """A draft that was shared with its Commission, which has not answered."""
    fields.setdefault("shared_at", timezone.now())
    return make_endorsement(make_application(call, name, country, **fields))


def endorse(endorsement: Endorsement, by: User, **fields) -> Endorsement:
    return service.endorse(endorsement=endorsement, letter=fields.pop("letter", letter()), by=by, **fields)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(NetworkError) as refused:
        act()
    return str(refused.value)


@pytest.fixture
def commission(commission_officer) -> User:
    return commission_officer


@pytest.fixture
def owner(db) -> User:
    return person("owner@example.org")


@pytest.fixture
def frozen(monkeypatch) -> Callable[[datetime.datetime], None]:
    def at(instant: datetime.datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: instant)

    return at


# Endorsing


def test_an_endorsement_takes_the_lowest_place_and_keeps_the_field_the_letter_and_a_trace(commission, owner):
    call = make_call()
    endorsement = asked(call, owner=owner)
    stored = endorse(endorsement, commission, note=" Ask the mayor. ")
    assert (stored.status, stored.place, stored.cap, stored.fields_differ) == (Status.ENDORSED, 1, 2, True)
    assert (stored.field.slug, stored.note, stored.on_paper) == ("literature", "Ask the mayor.", False)
    assert (stored.decided_by, stored.letter.kind) == (commission, PrivateFile.Kind.ENDORSEMENT)
    act = HistoryEntry.objects.about(stored).get()
    assert (act.verb, act.actor) == (HistoryEntry.Verb.ENDORSED, commission)
    assert act.changes == {
        "status": ["requested", "endorsed"],
        "place": [None, 1],
        "field": [None, "literature"],
        "letter": [None, stored.letter.sha256],
    }
    (mail,) = OutboxMessage.objects.all()
    assert (mail.user, mail.template) == (owner, "endorsement-endorsed")
    assert "Besançon" in mail.subject
    assert "Ask the mayor" not in mail.body


def test_the_second_place_is_taken_and_a_freed_one_again(commission):
    call = make_call()
    first, second, third = (
        asked(call, name, field=field) for name, field in zip(NAMES, ("film", "music", "design"), strict=False)
    )
    assert [endorse(one, commission).place for one in (first, second)] == [1, 2]
    service.withdraw_endorsement(endorsement=first, reason="Another city.", by=commission)
    assert endorse(third, commission).place == 1
    assert service.desk(third.country, call).sentence == "2 of 2 used, Design, Music taken"


def test_edge_a_third_endorsement_racing_with_the_second(commission):
    """The third alone here; fifty at once in test_parallel_endorsement."""
    call = make_call()
    first, second, third = (
        asked(call, name, field=field) for name, field in zip(NAMES, ("film", "music", "design"), strict=False)
    )
    endorse(first, commission)
    endorse(second, commission)
    assert refusal(lambda: endorse(third, commission)) == (
        "All 2 places of the country are used: Besançon, Tours. Withdraw an endorsement to free one."
    )
    third.refresh_from_db()
    assert (third.status, third.place, third.letter) == (Status.REQUESTED, None, None)
    assert PrivateFile.objects.count() == 2
    # The database holds it against whoever writes past the service.
    for place in (2, 3):
        with pytest.raises(IntegrityError), transaction.atomic():
            Endorsement.objects.filter(pk=third.pk).update(
                status=Status.ENDORSED, place=place, field=third.application.field
            )


def test_edge_b_the_same_field_twice(commission):
    call = make_call()
    first, second = asked(call, "Besançon"), asked(call, "Tours")
    endorse(first, commission)
    assert refusal(lambda: endorse(second, commission)) == (
        "The field is taken: Besançon is endorsed in Literature, and the endorsements of a country are in different"
        " fields."
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Endorsement.objects.filter(pk=second.pk).update(
            status=Status.ENDORSED, place=2, fields_differ=True, field=second.application.field
        )


def test_where_the_call_says_so_a_field_is_endorsed_twice_and_without_a_cap_all(commission):
    call = make_call(endorsed_fields_differ=False, max_endorsed=None)
    places = [endorse(asked(call, name), commission).place for name in NAMES]
    assert places == [1, 2, 3, 4, 5, 6]


def test_one_place_has_its_own_sentence(commission):
    call = make_call(max_endorsed=1)
    endorse(asked(call, "Besançon"), commission)
    assert refusal(lambda: endorse(asked(call, "Tours", field="film"), commission)) == (
        "The place of the country is used: Besançon. Withdraw that endorsement to free it."
    )


def test_places_are_a_country_s_and_a_call_s(commission):
    make_commission_officer(commission, "PT")
    call, other = make_call(), make_call(slug="2029", year=2029)
    for one in (asked(call), asked(call, "Coimbra", "PT"), asked(other)):
        assert endorse(one, commission).place == 1


def test_edge_p_an_associate_member_endorses_as_any_other(network):
    officer = person("commission.fo@example.org")
    make_commission_officer(officer, "FO")
    assert Country.objects.get(pk="FO").unesco_status == Country.UnescoStatus.ASSOCIATE
    assert endorse(asked(make_call(), "Tórshavn", "FO"), officer).place == 1


def test_edge_q_an_endorsement_follows_a_country_whose_code_changes(commission):
    """A new code is a new row of the country; what pointed to the old one is moved, and the places with it."""
    call = make_call()
    for name, field in zip(NAMES[:2], ("film", "music"), strict=True):
        endorse(asked(call, name, field=field), commission)
    third = asked(call, "Nantes", field="design")
    old = Country.objects.get(pk="FR")
    names = {"name_en": "France (new code)", "name_fr": "France (nouveau code)"}
    new = Country.objects.create(iso2="QX", iso3="QXX", region=old.region, unesco_status=old.unesco_status, **names)
    with pytest.raises(models.ProtectedError):
        old.delete()
    for model in (Application, Endorsement, CommissionOfficer):
        model.objects.filter(country=old).update(country=new)
    found = service.desk(new, call)
    assert (found.used, found.sentence) == (2, "2 of 2 used, Film, Music taken")
    assert service.desk(old, call).rows == []
    third.refresh_from_db()
    assert "All 2 places" in refusal(lambda: endorse(third, commission))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\xff\xd8\xff\xe0 a picture", "The file is no PDF inside, whatever its name says."),
        (b"%PDF-1.4 and no end", "The PDF breaks off before its end."),
    ],
)
def test_a_letter_is_a_pdf_by_its_content(commission, content, sentence):
    endorsement = asked(make_call())
    with pytest.raises(UploadRefused, match=sentence):
        endorse(endorsement, commission, letter=letter(content))
    endorsement.refresh_from_db()
    assert (endorsement.status, PrivateFile.objects.count()) == (Status.REQUESTED, 0)


def test_without_a_letter_or_a_field_nothing_is_endorsed(commission):
    call = make_call()
    assert refusal(lambda: endorse(asked(call), commission, letter=None)) == (
        "Add the letter of the National Commission, as a PDF."
    )
    assert refusal(lambda: endorse(asked(call, "Tours", field=None), commission)) == (
        "Tours has not chosen a creative field yet: an endorsement is for one field."
    )


@pytest.mark.parametrize("verb", ["endorse", "decline", "withdraw_endorsement", "reopen", "save_note"])
def test_only_the_commission_of_the_country_says_anything(verb, commission, owner):
    endorsement = asked(make_call(), owner=owner)
    others = [owner, person("commission.pt@example.org"), person("former@example.org")]
    make_commission_officer(others[1], "PT")
    ended = make_commission_officer(others[2])
    CommissionOfficer.objects.filter(pk=ended.pk).update(
        begins_at=timezone.now() - 9 * DAY, ends_at=timezone.now() - DAY
    )
    words = {
        "endorse": {"letter": letter()},
        "decline": {"reason": "No."},
        "withdraw_endorsement": {"reason": "No."},
        "save_note": {"note": "No."},
    }
    for other in others:
        assert refusal(
            lambda by=other: getattr(service, verb)(endorsement=endorsement, by=by, **words.get(verb, {}))
        ) == ("Only the National Commission of the country can do this.")


# Deadlines


def test_the_last_second_counts_and_the_next_one_is_too_late(commission, frozen):
    until = datetime.datetime(2027, 2, 15, tzinfo=PARIS)
    call = make_call(
        opens_at=until - 60 * DAY,
        national_deadline_at=until,
        closes_at=until + 15 * DAY,
        screening_until=until + 30 * DAY,
        evaluation_until=until + 60 * DAY,
        decision_at=until + 70 * DAY,
        announce_at=until + 80 * DAY,
    )
    late, last = asked(call, "Tours", field="film"), asked(call)
    frozen(until - datetime.timedelta(microseconds=1))
    assert endorse(last, commission).is_in_force
    frozen(until)
    sentence = (
        "The deadline of the National Commission has passed: Sunday 14 February 2027, 24:00 (end of the day),"
        " Paris time (UTC+1)."
    )
    assert refusal(lambda: endorse(late, commission)) == sentence
    assert refusal(lambda: service.decline(endorsement=late, reason="No.", by=commission)) == sentence
    # What was endorsed can be withdrawn, and not taken up again.
    withdrawn = service.withdraw_endorsement(endorsement=last, reason="The council said no.", by=commission)
    assert refusal(lambda: service.reopen(endorsement=withdrawn, by=commission)) == sentence
    with translation.override("fr"):
        assert "14 février 2027" in refusal(lambda: endorse(late, commission))


def test_an_extension_gives_more_time_to_whom_it_is_for(commission, officer):
    call = make_call("screening")
    own, other = asked(call), asked(call, "Tours", field="film")
    assert "The deadline of the National Commission has passed" in refusal(lambda: endorse(own, commission))
    Extension.objects.create(
        call=call,
        application=own.application,
        national_deadline_at=timezone.now() + DAY,
        reason="The letter was lost in the post.",
        by=officer,
    )
    assert "The deadline" in refusal(lambda: endorse(other, commission))
    assert endorse(own, commission).is_in_force


def test_in_a_call_that_is_cancelled_nothing_is_endorsed(commission):
    call = make_call()
    endorsement = asked(call)
    call.status = Call.Status.CANCELLED
    call.save(update_fields=["status"])
    endorsement = Endorsement.objects.get()
    assert refusal(lambda: endorse(endorsement, commission)) == "The call is “cancelled”: nothing is endorsed in it."


# Transitions


VERBS = {
    Status.ENDORSED: lambda one, by: endorse(one, by),
    Status.DECLINED: lambda one, by: service.decline(endorsement=one, reason="Not this time.", by=by),
    Status.WITHDRAWN: lambda one, by: service.withdraw_endorsement(endorsement=one, reason="It changed.", by=by),
    Status.REQUESTED: lambda one, by: service.reopen(endorsement=one, by=by),
}


@pytest.mark.parametrize("before", list(Status))
@pytest.mark.parametrize("to", list(Status))
def test_every_pair_of_states(before, to, commission):
    endorsement = make_endorsement(make_application(make_call(), shared_at=timezone.now()), before)
    if before == Status.REQUESTED and to == Status.WITHDRAWN:
        # Only with the application itself: a Commission declines what it has not endorsed.
        with pytest.raises(TransitionNotAllowed, match="Nothing is endorsed yet, so nothing can be withdrawn"):
            VERBS[to](endorsement, commission)
        service.free_place(application=endorsement.application, by=commission)
    elif to in Endorsement.TRANSITIONS[before]:
        VERBS[to](endorsement, commission)
    else:
        with pytest.raises(TransitionNotAllowed) as refused:
            VERBS[to](endorsement, commission)
        assert str(refused.value) == f"This cannot be done: the endorsement is “{before.label}” now."
        endorsement.refresh_from_db()
        assert endorsement.status == before
        assert not HistoryEntry.objects.about(endorsement).exists()
        return
    endorsement.refresh_from_db()
    assert endorsement.status == to
    act = HistoryEntry.objects.about(endorsement).get()
    assert act.changes["status"] == [before.value, to.value]


def test_a_decline_needs_words_which_the_city_gets_and_the_history_does_not(commission, owner):
    endorsement = asked(make_call(), owner=owner)
    decline = service.decline
    assert refusal(lambda: decline(endorsement=endorsement, reason=" ", by=commission)) == (
        "Say why, in words that help the city."
    )
    long = "a" * 2001
    assert refusal(lambda: decline(endorsement=endorsement, reason=long, by=commission)) == (
        "Keep it shorter: at most 2000 characters."
    )
    decline(endorsement=endorsement, reason="The plan has no budget.", by=commission)
    (mail,) = OutboxMessage.objects.all()
    assert (mail.template, mail.user) == ("endorsement-declined", owner)
    assert "The plan has no budget." in mail.body
    assert HistoryEntry.objects.about(endorsement).get().reason == ""
    stored = endorse(endorsement, commission)
    assert (stored.status, stored.reason) == (Status.ENDORSED, "")


@pytest.mark.parametrize("status", [one for one in Application.Status if one != "designated"])
def test_until_when_an_endorsement_can_be_withdrawn(status, commission):
    application = make_application(make_call("screening"), status=status)
    endorsement = make_endorsement(application, Status.ENDORSED)
    withdraw = service.withdraw_endorsement
    if status in ("draft", "submitted", "returned", "withdrawn"):
        withdraw(endorsement=endorsement, reason="It changed.", by=commission)
        endorsement.refresh_from_db()
        assert (endorsement.status, endorsement.place) == (Status.WITHDRAWN, None)
        to_staff = OutboxMessage.objects.filter(template="endorsement-withdrawn-to-staff").count()
        assert to_staff == (status in ("submitted", "returned"))
    else:
        assert refusal(lambda: withdraw(endorsement=endorsement, reason="It changed.", by=commission)) == (
            "The technical examination of this application is over: the endorsement stands."
        )


@pytest.mark.parametrize("status", ["eligible", "ineligible", "withdrawn"])
def test_of_an_application_out_of_preparation_nothing_is_said_any_more(status, commission):
    call = make_call()
    endorsement = make_endorsement(make_application(call, status=status))
    sentence = {
        "withdrawn": "Besançon has withdrawn its application.",
    }.get(status, "The technical examination of this application is over: nothing changes any more.")
    assert refusal(lambda: endorse(endorsement, commission)) == sentence
    assert refusal(lambda: service.decline(endorsement=endorsement, reason="No.", by=commission)) == sentence


def test_whoever_writes_the_application_is_told_once_each_in_their_language(commission, owner):
    endorsement = asked(make_call(), owner=owner)
    editor, reader = person("editor@example.org", language="fr"), person("reader@example.org")
    add_applicant(endorsement.application, editor, "editor")
    add_applicant(endorsement.application, reader, "reader")
    endorse(endorsement, commission)
    told = {mail.user: mail for mail in OutboxMessage.objects.all()}
    assert set(told) == {owner, editor}
    assert told[editor].language == "fr"


# Wishes and notes


def test_wishes_are_kept_without_gaps_and_only_of_the_desk(commission):
    call = make_call()
    one, two, three = (asked(call, name, field=None) for name in NAMES[:3])
    foreign = asked(call, "Coimbra", "PT")
    wishes = {one.pk: 7, two.pk: 3, three.pk: None, foreign.pk: 1}
    service.set_wishes(country=one.country, call=call, wishes=wishes, by=commission)
    assert dict(Endorsement.objects.values_list("application__name_en", "rank")) == {
        "Tours": 1,
        "Besançon": 2,
        "Nantes": None,
        "Coimbra": None,
    }
    rows = service.desk(one.country, call).rows
    assert [row.application.name for row in rows] == ["Tours", "Besançon", "Nantes"]
    assert (
        refusal(lambda: service.set_wishes(country=foreign.country, call=call, wishes={}, by=commission))
        == "Only the National Commission of the country can do this."
    )


def test_a_note_stays_with_the_commission(commission, owner):
    endorsement = asked(make_call(), owner=owner)
    service.save_note(endorsement=endorsement, note=" Good, but late. ", by=commission)
    endorsement.refresh_from_db()
    assert endorsement.note == "Good, but late."
    assert (HistoryEntry.objects.about(endorsement).count(), OutboxMessage.objects.count()) == (0, 0)


# The quota in words


def test_the_quota_in_words(network):
    fields = {field.slug: field for field in CreativeField.objects.all()}
    say = service.quota_in_words
    assert say(0, 2, []) == "0 of 2 places used"
    assert say(0, 1, []) == "0 of 1 place used"
    assert say(1, 2, [fields["design"]]) == "1 of 2 used, Design taken"
    assert say(2, 2, [fields["design"], fields["film"]]) == "2 of 2 used, Design, Film taken"
    assert say(0, None, []) == "none endorsed yet, as many as you wish"
    assert say(1, None, [fields["design"]]) == "1 endorsed: Design"


# Letters on paper


def test_staff_record_a_letter_on_paper_that_nobody_asked_for_here(commission, officer, owner):
    application = make_application(make_call(), owner=owner)
    day = timezone.now().astimezone(PARIS).date() - 2 * DAY
    stored = service.record_on_paper(application=application, received_on=day, letter=None, by=officer)
    assert (stored.status, stored.on_paper, stored.received_on, stored.letter) == (Status.ENDORSED, True, day, None)
    assert HistoryEntry.objects.about(stored).get().changes["received_on"] == [None, day.isoformat()]
    assert set(OutboxMessage.objects.values_list("user", "template")) == {
        (owner.pk, "endorsement-endorsed"),
        (commission.pk, "endorsement-recorded"),
    }
    # It was not shared for that: the Commission cannot read it.
    application.refresh_from_db()
    assert application.shared_at is None
    assert not commission.has_perm("cities.read_application", application)


def test_on_paper_the_day_of_receipt_counts(network, officer):
    call = make_call("screening")
    endorsement = make_endorsement(make_application(call, status="submitted"))
    last = (call.national_deadline_at - datetime.timedelta(microseconds=1)).astimezone(PARIS).date()
    record = service.record_on_paper
    application = endorsement.application
    tomorrow = timezone.now().astimezone(PARIS).date() + DAY
    assert (
        refusal(lambda: record(application=application, received_on=tomorrow, letter=None, by=officer))
        == "The letter was received on a day that has not come yet."
    )
    assert "The deadline of the National Commission has passed" in refusal(
        lambda: record(application=application, received_on=last + 2 * DAY, letter=None, by=officer)
    )
    assert record(application=application, received_on=last, letter=letter(), by=officer).letter is not None


def test_only_officers_record_and_they_endorse_nothing_else(commission, officer, auditor):
    endorsement = asked(make_call())
    day = timezone.now().astimezone(PARIS).date()
    for by in (commission, auditor):
        assert (
            refusal(
                lambda who=by: service.record_on_paper(
                    application=endorsement.application, received_on=day, letter=None, by=who
                )
            )
            == "Only the secretariat records letters on paper."
        )
    assert refusal(lambda: endorse(endorsement, officer)) == "Only the National Commission of the country can do this."


def test_the_city_s_withdrawal_frees_the_place(commission, owner):
    call = make_call(max_endorsed=1)
    first, second = asked(call, owner=owner), asked(call, "Tours", field="film")
    endorse(first, commission)
    with transaction.atomic():
        service.free_place(application=first.application, by=owner)
    assert endorse(second, commission).place == 1
    act = HistoryEntry.objects.about(first).first()
    assert (act.verb, act.actor) == (HistoryEntry.Verb.ENDORSEMENT_WITHDRAWN, owner)


# Reminders


def test_commissions_are_reminded_while_something_waits(commission, frozen):
    now = timezone.now()
    call = make_call(national_deadline_at=now + 40 * DAY, closes_at=now + 50 * DAY, **later(now))
    waiting = asked(call)
    endorse(asked(call, "Tours", field="film"), commission)
    OutboxMessage.objects.all().delete()
    sent = []
    for day in range(42):
        frozen(now + day * DAY)
        assert service.remind_commissions() in (0, 1)
        assert service.remind_commissions() == 0
        if OutboxMessage.objects.count() > len(sent):
            sent.append(40 - day)
    assert sent == [30, 14, 7, 2]
    mail = OutboxMessage.objects.latest("pk")
    assert (mail.template, mail.user) == ("reminder-endorsement", commission)
    assert waiting.application.name in mail.body
    assert "Tours" not in mail.body


def later(now: datetime.datetime) -> dict[str, datetime.datetime]:
    names = ("screening_until", "evaluation_until", "decision_at", "announce_at")
    return {name: now + days * DAY for name, days in zip(names, (60, 70, 80, 90), strict=True)}


def test_after_a_standstill_the_nearest_reminder_alone_leaves_and_none_of_what_was_asked_since(commission, frozen):
    now = timezone.now()
    call = make_call(national_deadline_at=now + 40 * DAY, closes_at=now + 50 * DAY, **later(now))
    asked(call)
    frozen(now + 35 * DAY)
    assert (service.remind_commissions(), OutboxMessage.objects.count()) == (1, 1)
    Endorsement.objects.update(requested_at=now + 39 * DAY)
    frozen(now + 39 * DAY)
    assert service.remind_commissions() == 0


# The pages


@pytest.fixture
def client(commission, signed_in) -> Client:
    return signed_in(commission)


def test_the_desk_shows_the_places_the_deadline_and_every_application(client, commission):
    call = make_call()
    endorse(asked(call, field="design"), commission)
    asked(call, "Tours", field="film")
    page = client.get("/en/my/commission/FR/").content.decode()
    assert "1 of 2 used, Design taken" in page
    assert "waits for your answer" in page
    assert "% complete" in page
    assert "data-countdown" in page
    for one in Endorsement.objects.all():
        assert f"/en/my/endorsements/{one.pk}/" in page
    assert "1 place utilisée sur 2" in client.get("/fr/my/commission/FR/").content.decode()


def test_past_calls_stay_readable(client, commission):
    call = make_call("evaluation", slug="2025", year=2025)
    make_endorsement(make_application(call, "Nancy", status="eligible"), Status.ENDORSED)
    page = client.get("/en/my/commission/FR/").content.decode()
    assert "Closed for endorsements" in page
    assert "Nancy" in page
    one = client.get(f"/en/my/endorsements/{Endorsement.objects.get().pk}/").content.decode()
    assert "the endorsement stands" in one
    assert 'name="letter"' not in one


def test_an_outcome_that_is_told_with_the_announcement_does_not_show(client):
    call = make_call("screening", tells_ineligible=Call.Telling.WITH_ANNOUNCEMENT)
    pages = []
    for status in ("eligible", "ineligible"):
        Endorsement.objects.all().delete()
        Application.objects.all().delete()
        endorsement = make_endorsement(make_application(call, status=status, number=1), Status.ENDORSED)
        for address in (f"/en/my/endorsements/{endorsement.pk}/", "/en/my/commission/FR/"):
            page = client.get(address).content.decode()
            assert "eligible" not in page
            pages.append(page)
    assert len(pages) == 4


@pytest.mark.parametrize("name", ["commission/FR/", "commission/PT/", "commission/ZZ/", "endorsements/{pk}/"])
def test_another_country_a_former_officer_and_the_team_meet_404(name, commission, owner, officer, signed_in):
    endorsement = asked(make_call(), owner=owner)
    other, former = person("commission.jp@example.org"), person("former@example.org")
    make_commission_officer(other, "JP")
    mandate = make_commission_officer(former)
    mandate.begins_at, mandate.ends_at = timezone.now() - 9 * DAY, timezone.now() - DAY
    mandate.save()
    address = f"/en/my/{name.format(pk=endorsement.pk)}"
    for user in (other, former, owner, officer):
        assert signed_in(user).get(address).status_code == 404, user
    expected = 404 if name.endswith(("PT/", "ZZ/")) else 200
    assert signed_in(commission).get(address).status_code == expected


def test_a_mandate_that_ends_closes_the_desk_at_once(client, commission):
    endorsement = asked(make_call())
    address = f"/en/my/endorsements/{endorsement.pk}/endorse/"
    CommissionOfficer.objects.update(ends_at=timezone.now())
    assert client.post(address, {"letter": letter()}).status_code == 404
    endorsement.refresh_from_db()
    assert endorsement.status == Status.REQUESTED


def test_endorsing_declining_and_withdrawing_in_the_browser(client, commission):
    endorsement = asked(make_call())
    base = f"/en/my/endorsements/{endorsement.pk}/"
    page = client.post(f"{base}endorse/")
    assert page.status_code == 200
    assert "Error:" in page.content.decode()
    page = client.post(f"{base}endorse/", {"letter": letter(b"no")})
    assert "The file is no PDF inside" in page.content.decode()
    page = client.post(f"{base}endorse/", {"letter": letter()}, follow=True)
    assert "Besançon is endorsed." in page.content.decode()
    # A second click says so and does nothing.
    page = client.post(f"{base}endorse/", {"letter": letter()}, follow=True)
    assert "This cannot be done: the endorsement is “endorsed” now." in page.content.decode()
    assert PrivateFile.objects.count() == 1
    assert "This field is required." in client.post(f"{base}withdraw/", {"reason": "  "}).content.decode()
    page = client.post(f"{base}withdraw/", {"reason": "The council said no."}, follow=True)
    assert "its place is free" in page.content.decode()
    page = client.post(f"{base}reopen/", follow=True)
    assert "waits for your answer again" in page.content.decode()
    page = client.post(f"{base}decline/", {"reason": "Not ready."}, follow=True)
    assert "Not ready." in page.content.decode()
    page = client.post(f"{base}note/", {"note": "Next time."}, follow=True)
    assert "Next time." in page.content.decode()
    for name in ("endorse", "decline", "withdraw", "reopen", "note"):
        assert client.get(f"{base}{name}/").status_code == 405


def test_the_cap_is_told_on_the_page(client, commission):
    call = make_call(max_endorsed=1)
    endorse(asked(call), commission)
    second = asked(call, "Tours", field="film")
    page = client.post(f"/en/my/endorsements/{second.pk}/endorse/", {"letter": letter()})
    assert "The place of the country is used: Besançon." in page.content.decode()


def test_words_that_were_refused_are_still_there(client, commission):
    endorsement = asked(make_call())
    page = client.post(f"/en/my/endorsements/{endorsement.pk}/decline/", {"reason": "a" * 2001})
    assert "a" * 2001 in page.content.decode()
    assert '<details class="decline mt" open>' in page.content.decode()


def test_wishes_are_saved_by_numbers_without_a_script(client):
    call = make_call()
    one, two = asked(call), asked(call, "Tours", field="film")
    address = "/en/my/commission/FR/wishes/"
    page = client.post(address, {"call": call.slug, f"wish-{one.pk}": "2", f"wish-{two.pk}": "1"}, follow=True)
    assert "The order of your wishes is saved." in page.content.decode()
    assert list(Endorsement.objects.order_by("rank").values_list("pk", flat=True)) == [two.pk, one.pk]
    page = client.post(address, {"call": call.slug, f"wish-{one.pk}": "first"})
    assert "Give a whole number, 1 for the first wish." in page.content.decode()
    assert 'value="first"' in page.content.decode()
    for slug in ("", "none", "2027\x00"):
        assert client.post(address, {"call": slug}).status_code in (302, 404)
    assert client.post("/en/my/commission/JP/wishes/", {"call": call.slug}).status_code == 404


def test_the_my_page_names_what_waits(client, commission):
    call = make_call()
    asked(call)
    page = client.get("/en/my/").content.decode()
    assert "National Commission: France" in page
    assert "0 of 2 places used" in page
    assert "/en/my/commission/FR/" in page
    assert "Besançon" in page


@pytest.mark.parametrize("rows", [1, 30])
def test_the_desk_costs_the_same_for_one_application_and_for_thirty(rows, client, django_assert_num_queries):
    call = make_call(max_endorsed=None, endorsed_fields_differ=False)
    for number in range(rows):
        asked(call, f"City {number}")
    client.get("/en/my/commission/FR/")
    with django_assert_num_queries(15):
        client.get("/en/my/commission/FR/")
    endorsement = Endorsement.objects.first()
    with django_assert_num_queries(18):
        client.get(f"/en/my/endorsements/{endorsement.pk}/")


# The admin


def test_the_admin_lists_and_records_letters_on_paper(officer, auditor, signed_in, commission):
    client = signed_in(officer)
    call = make_call()
    application = make_application(call, shared_at=timezone.now())
    url = "/admin/cities/endorsement/"
    page = client.get(f"{url}record/?application={application.pk}")
    assert f'<option value="{application.pk}" selected' in page.content.decode()
    given = {"application": application.pk, "received_on": "2026-11-20", "seen": "0"}
    page = client.post(f"{url}record/", given | {"letter": letter()}, follow=True)
    assert "Besançon is endorsed: 1 of 2 used, Literature taken." in page.content.decode()
    endorsement = Endorsement.objects.get()
    assert endorsement.letter.name == "letter.pdf"
    listed = client.get(f"{url}?call=2027&status__exact=endorsed&country=FR").content.decode()
    assert "1 of 2 used, Literature taken" in listed
    shown = client.get(f"{url}{endorsement.pk}/change/").content.decode()
    assert "Record a withdrawal received on paper" in shown
    page = client.post(f"{url}{endorsement.pk}/withdraw/", {"reason": "It wrote so.", "seen": "1"}, follow=True)
    # The page spoke of another act: it is shown anew before anything is done.
    assert "Meanwhile: application endorsed" in page.content.decode()
    seen = str(HistoryEntry.objects.about(endorsement).first().number)
    page = client.post(f"{url}{endorsement.pk}/withdraw/", {"reason": "It wrote so.", "seen": seen}, follow=True)
    assert "The endorsement of Besançon is withdrawn." in page.content.decode()
    assert signed_in(auditor).get(f"{url}record/").status_code == 403
    assert signed_in(auditor).get(f"{url}").status_code == 200


@pytest.mark.parametrize("rows", [1, 30])
def test_the_admin_list_costs_the_same_for_one_row_and_for_thirty(
    rows, network, officer, signed_in, django_assert_num_queries
):
    call = make_call()
    for number in range(rows):
        asked(call, f"City {number}")
    client = signed_in(officer)
    client.get("/admin/cities/endorsement/")
    with django_assert_num_queries(12):
        client.get("/admin/cities/endorsement/")


def test_the_button_stands_on_the_page_of_an_application(network, officer, signed_in):
    call = make_call("screening")
    application = make_application(call, status="submitted")
    page = signed_in(officer).get(f"/admin/cities/application/{application.pk}/change/").content.decode()
    assert f"/admin/cities/endorsement/record/?application={application.pk}" in page


def test_extending_a_call_for_a_country_moves_its_desk(commission, officer):
    call = make_call("screening")
    asked(call)
    france = Country.objects.get(pk="FR")
    assert not service.desk(france, call).is_open
    later = {name: timezone.now() + DAY for name in ("national_deadline_at", "closes_at")}
    extend_call(call=call, country=france, reason="A strike.", by=officer, **later)
    assert service.desk(france, Call.objects.get()).is_open
