"""The technical examination: what officers confirm, what follows from it, and who is told when."""

import datetime
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation

from cities.acts import readable
from cities.days import PARIS
from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import Application, Call, HistoryEntry, OutboxMessage, Reason, Screening, ScreeningItem, Snapshot
from cities.services import screening as service
from cities.services.checklist import check
from rvcu.models import User
from tests.conftest import person
from tests.factories.calls import DAY, make_application, make_call, make_endorsement

Status = Screening.Status
Result = ScreeningItem.Result
Verb = HistoryEntry.Verb
S = Application.Status


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(NetworkError) as refused:
        act()
    return str(refused.value)


def submitted(phase: str = "screening", **call) -> Application:
    """A submitted application of a call without a form, of which all that is computed is in order."""
    application = make_application(
        make_call(phase, form=False, **call), owner=person("owner@example.org"), status=S.SUBMITTED
    )
    make_endorsement(application, "endorsed")
    return application


def confirm(application: Application, by: User, result: str = Result.PASS, only: list[str] | None = None) -> None:
    """Every item, or some, as computed; what is not computed as given."""
    found = {
        str(line.code): (line.computed or result, "")
        for line in service.checklist(application)
        if only is None or line.code in only
    }
    service.note_items(application=application, found=found, by=by)


def note_item(*, application: Application, code: str, result: str, by: User, note: str = "") -> ScreeningItem:
    (item,) = service.note_items(application=application, found={code: (result, note)}, by=by)
    return item


@pytest.fixture
def second(db) -> User:
    return person("second.officer@example.org", "officer")


@pytest.fixture
def frozen(monkeypatch) -> Callable[[datetime.datetime], None]:
    def at(instant: datetime.datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: instant)

    return at


# The checklist


def test_every_reason_is_an_item_beside_what_is_computed(network, officer):
    application = submitted()
    lines = service.checklist(application)
    assert [line.code for line in lines] == list(Reason)
    assert {line.code: line.computed for line in lines} == {
        finding.code: finding.result for finding in check(application)
    }
    assert not any(line.item or line.is_confirmed for line in lines)
    # Looking stores nothing.
    assert not Screening.objects.exists()
    assert service.screening_of(application).pk is None


def test_an_item_keeps_who_found_what_and_what_was_computed_then(network, officer, second):
    application = submitted()
    item = note_item(application=application, code=Reason.IN_TIME, result=Result.PASS, by=officer)
    assert (item.computed, item.by, item.note) == (Result.PASS, officer, "")
    act = HistoryEntry.objects.about(application).get()
    assert (act.verb, act.changes) == (Verb.EXAMINED, {"in-time": [None, "pass"]})
    # The same again leaves no further line.
    note_item(application=application, code=Reason.IN_TIME, result=Result.PASS, by=second)
    assert HistoryEntry.objects.about(application).count() == 1
    note_item(application=application, code=Reason.IN_TIME, result=Result.FAIL, note="The clock was wrong.", by=second)
    assert HistoryEntry.objects.about(application).first().changes == {"in-time": ["pass", "fail"]}
    assert ScreeningItem.objects.get().by == second


@pytest.mark.parametrize(("language", "finding"), [("en", "in order"), ("fr", "conforme")])
def test_the_history_says_items_and_findings_in_words(network, officer, language, finding):
    note_item(application=submitted(), code=Reason.IN_TIME, result=Result.PASS, by=officer)
    with translation.override(language):
        (entry,) = readable([HistoryEntry.objects.get(verb="screening.examined")])
        (line,) = entry.lines
        assert (line.label, str(line.new)) == (str(Reason.IN_TIME.label), finding)


def test_another_finding_than_the_computed_one_needs_words(network, officer):
    application = submitted()
    note = {"application": application, "code": Reason.IN_TIME, "result": Result.FAIL, "by": officer}
    assert refusal(lambda: note_item(**note)) == (
        "You find another than what was computed. Say why in a note: received before the deadline."
    )
    assert not ScreeningItem.objects.exists()
    with translation.override("fr"):
        assert refusal(lambda: note_item(**note)) != ""
    assert note_item(**note, note="By the postmark.").note == "By the postmark."


def test_a_confirmation_does_not_outlive_what_was_computed(network, officer):
    application = submitted()
    confirm(application, officer)
    application.endorsement.status, application.endorsement.place = "withdrawn", None
    application.endorsement.save()
    line = next(line for line in service.checklist(application) if line.code == Reason.ENDORSED)
    assert (line.computed, line.has_changed, line.is_confirmed) == (Result.FAIL, True, False)
    assert refusal(lambda: service.find_eligible(application=application, by=officer)) == (
        "The file has changed since this was confirmed. Look at it again: endorsed by the National Commission, for"
        " this city and field."
    )


def test_nor_another_submission(network, officer, frozen):
    application = submitted()
    confirm(application, officer)
    assert all(line.is_confirmed for line in service.checklist(application))
    Application.objects.update(submitted_at=timezone.now())
    application.refresh_from_db()
    assert not any(line.is_confirmed for line in service.checklist(application))
    assert "The file has changed" in refusal(lambda: service.find_eligible(application=application, by=officer))


def test_only_officers_examine(network, officer, auditor, commission_officer):
    application = submitted()
    for by in (auditor, commission_officer, User.objects.get(email="owner@example.org")):
        for act in (
            lambda who=by: service.note_items(application=application, found={}, by=who),
            lambda who=by: service.find_eligible(application=application, by=who),
            lambda who=by: service.propose_ineligible(application=application, reasons=["links"], note="5", by=who),
            lambda who=by: service.agree_ineligible(application=application, by=who),
            lambda who=by: service.refuse_ineligible(application=application, note="No.", by=who),
            lambda who=by: service.return_for_completion(application=application, note="No.", by=who),
        ):
            assert refusal(act) == "Only officers of the secretariat examine applications."


# Eligible


def test_eligible_when_every_item_is_confirmed_and_none_fails(network, officer):
    application = submitted()
    find = service.find_eligible
    assert refusal(lambda: find(application=application, by=officer)).startswith("18 items are not confirmed yet:")
    confirm(application, officer, only=[code for code in Reason if code != Reason.LINKS])
    assert refusal(lambda: find(application=application, by=officer)) == (
        "1 item is not confirmed yet: number of links."
    )
    note_item(application=application, code=Reason.LINKS, result=Result.FAIL, note="Five.", by=officer)
    assert refusal(lambda: find(application=application, by=officer)) == (
        "Not in order, so the application cannot be found eligible: number of links."
    )
    note_item(application=application, code=Reason.LINKS, result=Result.NOT_APPLICABLE, by=officer)
    screening = find(application=application, by=officer, note=" Good. ")
    application.refresh_from_db()
    assert (application.status, screening.status, screening.note) == (S.ELIGIBLE, Status.CONCLUDED, "Good.")
    assert (screening.concluded_by, screening.proposed_by) == (officer, None)
    assert HistoryEntry.objects.about(application).first().verb == Verb.ELIGIBLE


def test_nothing_is_concluded_while_the_call_is_open_for_the_application(network, officer):
    application = submitted("open")
    confirm(application, officer)
    acts = (
        lambda: service.find_eligible(application=application, by=officer),
        lambda: service.propose_ineligible(application=application, reasons=["links"], note="Five.", by=officer),
    )
    for act in acts:
        assert refusal(act).startswith("The call is open until ")
        assert refusal(act).endswith("The examination can be prepared, and concluded after that.")


def test_in_a_cancelled_call_nothing_is_concluded(network, officer):
    application = submitted()
    confirm(application, officer)
    Call.objects.update(status=Call.Status.CANCELLED)
    application = Application.objects.get()
    assert refusal(lambda: service.find_eligible(application=application, by=officer)) == (
        "The call is “cancelled”: nothing is examined in it."
    )


# Ineligible: two officers


def test_another_officer_has_to_agree(network, officer, second):
    application = submitted()
    screening = service.propose_ineligible(
        application=application,
        reasons=[Reason.MAYORS_LETTER, Reason.LINKS],
        note="The letter is not signed.",
        by=officer,
    )
    assert (screening.status, screening.reasons) == (Status.PROPOSED, ["mayors-letter", "links"])
    assert {item.code: item.result for item in screening.items.all()} == {"mayors-letter": "fail", "links": "fail"}
    application.refresh_from_db()
    assert application.status == S.SUBMITTED
    assert OutboxMessage.objects.count() == 0
    assert refusal(lambda: service.agree_ineligible(application=application, by=officer)) == (
        "You proposed this yourself: another officer has to agree."
    )
    screening = service.agree_ineligible(application=application, by=second)
    application.refresh_from_db()
    assert (application.status, screening.status) == (S.INELIGIBLE, Status.CONCLUDED)
    assert (screening.proposed_by, screening.concluded_by) == (officer, second)
    verbs = list(HistoryEntry.objects.about(application).values_list("verb", flat=True))
    assert verbs == [Verb.INELIGIBLE, Verb.INELIGIBILITY_PROPOSED]


def test_the_database_wants_two_officers_too(network, officer):
    application = submitted()
    service.propose_ineligible(application=application, reasons=["links"], note="Five.", by=officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Screening.objects.update(status=Status.CONCLUDED, concluded_by=officer)


def test_a_proposal_needs_reasons_and_words_that_do_not_contradict_what_was_found(network, officer):
    application = submitted()
    propose = service.propose_ineligible
    for reasons in ([], ["unknown"]):
        assert refusal(lambda codes=reasons: propose(application=application, reasons=codes, note="x", by=officer)) == (
            "Choose the reasons for which the application is ineligible."
        )
    assert refusal(lambda: propose(application=application, reasons=["links"], note=" ", by=officer)) == (
        "Say why, in words that help the city."
    )
    long = "a" * 2001
    assert refusal(lambda: propose(application=application, reasons=["links"], note=long, by=officer)) == (
        "Keep it shorter: at most 2000 characters."
    )
    note_item(application=application, code=Reason.LINKS, result=Result.NOT_APPLICABLE, by=officer)
    assert refusal(lambda: propose(application=application, reasons=["links"], note="Five.", by=officer)) == (
        "Confirmed as in order, so no reason: number of links. Change the finding first."
    )
    assert not Screening.objects.filter(status=Status.PROPOSED).exists()


def test_a_refusal_reopens_the_examination_and_the_first_officer_may_conclude(network, officer, second):
    application = submitted()
    service.propose_ineligible(application=application, reasons=["in-time"], note="Late.", by=officer)
    assert refusal(lambda: service.refuse_ineligible(application=application, note="", by=second)) == (
        "Say why, in words that help the city."
    )
    screening = service.refuse_ineligible(application=application, note="It was in time.", by=second)
    assert (screening.status, screening.reasons, screening.proposed_by) == (Status.OPEN, [], None)
    confirm(application, officer)
    assert service.find_eligible(application=application, by=officer).concluded_by == officer


def test_who_proposed_may_take_it_back(network, officer):
    application = submitted()
    service.propose_ineligible(application=application, reasons=["links"], note="Five.", by=officer)
    assert service.refuse_ineligible(application=application, note="Four.", by=officer).status == Status.OPEN


# Returned for completion


def test_where_the_call_allows_it_a_file_is_returned_once_with_a_day(network, officer, frozen):
    application = submitted(return_days=10)
    back = service.return_for_completion
    assert refusal(lambda: back(application=application, note=" ", by=officer)) == (
        "Say why, in words that help the city."
    )
    screening = back(application=application, note="The letter is not signed.", by=officer)
    application.refresh_from_db()
    day = timezone.now().astimezone(PARIS).date() + 11 * DAY
    assert (application.status, application.return_note) == (S.RETURNED, "The letter is not signed.")
    assert application.return_until == datetime.datetime.combine(day, datetime.time(), PARIS)
    assert (screening.status, screening.returned_at is not None) == (Status.OPEN, True)
    (mail,) = OutboxMessage.objects.all()
    assert mail.template == "screening-returned"
    assert "The letter is not signed." in mail.body
    assert "24:00 (end of the day)" in mail.body
    # In the meantime nothing is found; after the last instant it is ineligible.
    propose = service.propose_ineligible
    sentence = refusal(lambda: propose(application=application, reasons=["complete"], note="No.", by=officer))
    assert sentence.startswith(("The city completes its application until ", "The call is open until "))
    frozen(application.return_until)
    assert propose(application=application, reasons=["complete"], note="No.", by=officer).status == Status.PROPOSED


def test_a_file_that_came_back_is_examined_anew_and_not_returned_again(network, officer):
    application = submitted(return_days=10)
    confirm(application, officer)
    service.return_for_completion(application=application, note="Sign it.", by=officer)
    for number, at in enumerate((application.submitted_at, timezone.now()), 1):
        Snapshot.objects.create(
            application=application, number=number, at=at, by=officer, content={}, sha256="0" * 64, receipt=str(number)
        )
    Application.objects.update(status=S.SUBMITTED, submitted_at=timezone.now())
    application.refresh_from_db()
    assert refusal(lambda: service.return_for_completion(application=application, note="Again.", by=officer)) == (
        "This application was returned for completion already: that is done once."
    )
    assert "The file has changed" in refusal(lambda: service.find_eligible(application=application, by=officer))
    confirm(application, officer)
    assert service.find_eligible(application=application, by=officer).status == Status.CONCLUDED


def test_without_days_nothing_is_returned(network, officer):
    application = submitted()
    assert refusal(lambda: service.return_for_completion(application=application, note="Sign it.", by=officer)) == (
        "This call returns no application for completion."
    )


# Who is told when


@pytest.mark.parametrize("telling", list(Call.Telling))
@pytest.mark.parametrize("outcome", ["eligible", "ineligible"])
def test_the_team_is_told_when_the_call_says(telling, outcome, network, officer, second):
    application = submitted(tells_ineligible=telling)
    if outcome == "eligible":
        confirm(application, officer)
        service.find_eligible(application=application, by=officer)
    else:
        service.propose_ineligible(application=application, reasons=["links"], note="Five links.", by=officer)
        service.agree_ineligible(application=application, by=second)
    application.refresh_from_db()
    mails = list(OutboxMessage.objects.all())
    if telling == Call.Telling.WITH_ANNOUNCEMENT:
        assert mails == []
        assert application.status_told == S.SUBMITTED
        return
    assert [(mail.template, mail.user.email) for mail in mails] == [(f"screening-{outcome}", "owner@example.org")]
    assert application.status_told == outcome
    if outcome == "ineligible":
        assert "number of links" in mails[0].body
        assert "Five links." in mails[0].body


def test_the_mail_is_in_the_language_of_the_person(network, officer, second):
    application = submitted()
    User.objects.filter(email="owner@example.org").update(language="fr")
    service.propose_ineligible(application=application, reasons=["links"], note="Cinq liens.", by=officer)
    service.agree_ineligible(application=application, by=second)
    mail = OutboxMessage.objects.get()
    assert "nombre de liens" in mail.body
    assert "number of links" not in mail.body


# Every pair of states


ACTS = {
    "eligible": lambda a, by: service.find_eligible(application=a, by=by),
    "proposed": lambda a, by: service.propose_ineligible(application=a, reasons=["links"], note="Five.", by=by),
    "agreed": lambda a, by: service.agree_ineligible(application=a, by=by),
    "refused": lambda a, by: service.refuse_ineligible(application=a, note="Four.", by=by),
    "returned": lambda a, by: service.return_for_completion(application=a, note="Sign it.", by=by),
    "items": lambda a, by: note_item(application=a, code="links", result=Result.NOT_APPLICABLE, by=by),
}
ALLOWED = {
    (S.SUBMITTED, Status.OPEN): {"eligible", "proposed", "returned", "items"},
    (S.SUBMITTED, Status.PROPOSED): {"agreed", "refused"},
    (S.RETURNED, Status.OPEN): {"proposed", "items"},
    (S.RETURNED, Status.PROPOSED): {"agreed", "refused"},
}


@pytest.mark.parametrize("status", [one for one in Application.Status if one != S.DESIGNATED])
@pytest.mark.parametrize("state", list(Status))
@pytest.mark.parametrize("act", list(ACTS))
def test_every_act_in_every_state(status, state, act, network, officer, second):
    application = submitted(return_days=10)
    if act == "eligible":
        confirm(application, officer)
    values = {"status": status, "return_until": timezone.now() - DAY if status == S.RETURNED else None}
    Application.objects.update(**values)
    application = Application.objects.get()
    _screening, _made = Screening.objects.get_or_create(application=application)
    proposed = {"proposed_by": officer, "proposed_at": timezone.now(), "reasons": ["links"]}
    Screening.objects.update(status=state, **proposed if state != Status.OPEN else {})
    acts = HistoryEntry.objects.count()
    if act in ALLOWED.get((status, state), ()):
        ACTS[act](application, second)
        after = Screening.objects.get().status
        assert after == state or after in Screening.TRANSITIONS[Status(state)]
        if act in ("eligible", "agreed", "returned"):
            assert Application.objects.get().status in Application.TRANSITIONS[status]
        assert HistoryEntry.objects.count() > acts or act == "items"
        return
    with pytest.raises(TransitionNotAllowed) as refused:
        ACTS[act](application, second)
    assert str(refused.value).endswith((" now.", " ineligible.", " refuse it first.", " again first."))
    assert (Application.objects.get().status, Screening.objects.get().status) == (status, state)
    assert HistoryEntry.objects.count() == acts


# The pages of staff


@pytest.fixture
def client(network, officer, signed_in) -> Client:
    return signed_in(officer)


def seen(application: Application) -> dict[str, str]:
    last = HistoryEntry.objects.about(application).first()
    return {"seen": str(last.number if last else 0)}


def test_an_officer_examines_and_finds_eligible_by_pages(client, officer):
    application = submitted()
    url = f"/admin/cities/application/{application.pk}/"
    assert "Examine" in client.get(f"{url}change/").content.decode()
    page = client.get(f"{url}examine/").content.decode()
    for code in Reason:
        assert f'name="result-{code}"' in page
    # What needs eyes is not filled in.
    assert page.count(" checked") < len(Reason)
    given = {f"result-{line.code}": line.computed or "pass" for line in service.checklist(application)}
    page = client.post(f"{url}examine/", given | {"result-links": "fail"} | seen(application))
    assert "say why in a note" in page.content.decode()
    page = client.post(f"{url}examine/", given | {"note-links": "None."} | seen(application), follow=True)
    assert "The findings are saved." in page.content.decode()
    assert "Find eligible" in page.content.decode()
    page = client.post(f"{url}find-eligible/", seen(application), follow=True)
    assert "Besançon is eligible." in page.content.decode()
    page = client.get(f"{url}examine/", follow=True)
    assert "There is nothing to examine here now." in page.content.decode()


def test_two_officers_find_ineligible_by_pages(client, officer, second, signed_in):
    application = submitted()
    url = f"/admin/cities/application/{application.pk}/"
    page = client.post(f"{url}propose-ineligible/", {"note": "Five."} | seen(application))
    assert "Choose the reasons" in page.content.decode()
    given = {"reasons": ["links"], "note": "Five links."}
    page = client.post(f"{url}propose-ineligible/", given | seen(application), follow=True)
    text = page.content.decode()
    assert "Another officer is to agree" in text
    assert "Take the proposal back" in text
    assert "agree-ineligible" not in text
    page = client.post(f"{url}agree-ineligible/", seen(application))
    assert "You proposed this yourself" in page.content.decode()
    other = signed_in(second)
    text = other.get(f"{url}agree-ineligible/").content.decode()
    assert "number of links" in text
    assert "Five links." in text
    page = other.post(f"{url}agree-ineligible/", seen(application), follow=True)
    assert "Besançon is ineligible." in page.content.decode()
    page = other.post(f"{url}agree-ineligible/", seen(application), follow=True)
    assert "Nothing is proposed here now." in page.content.decode()


def test_an_act_of_a_colleague_meanwhile_is_told_before_anything_is_done(client, officer, second):
    application = submitted()
    before = seen(application)
    service.propose_ineligible(application=application, reasons=["links"], note="Five.", by=second)
    service.refuse_ineligible(application=application, note="Four.", by=second)
    url = f"/admin/cities/application/{application.pk}/propose-ineligible/"
    page = client.post(url, {"reasons": ["links"], "note": "Five."} | before)
    assert "Meanwhile: ineligibility not agreed" in page.content.decode()
    assert Screening.objects.get().status == Status.OPEN


def test_returning_by_pages(client):
    application = submitted(return_days=7)
    url = f"/admin/cities/application/{application.pk}/"
    assert "Return for completion" in client.get(f"{url}change/").content.decode()
    page = client.post(f"{url}return/", {"note": "Sign it."} | seen(application), follow=True)
    assert "can complete its application until" in page.content.decode()


def test_who_may_not_examine_meets_403(network, auditor, signed_in):
    application = submitted()
    for name in ("examine", "find-eligible", "propose-ineligible", "agree-ineligible", "refuse-ineligible", "return"):
        address = f"/admin/cities/application/{application.pk}/{name}/"
        assert signed_in(auditor).get(address).status_code == 403
    assert (
        "examine/" not in signed_in(auditor).get(f"/admin/cities/application/{application.pk}/change/").content.decode()
    )
