"""Every item of the technical examination that is computed: in order, not in order, not applicable, and its words."""

import datetime
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from cities.models import (
    Application,
    ApplicationDocument,
    Call,
    City,
    Country,
    CreativeField,
    Endorsement,
    Extension,
    Photo,
    Question,
    Reason,
    ScreeningItem,
    Snapshot,
)
from cities.services.checklist import check, completeness, failures
from tests.conftest import person
from tests.factories.applications import add_file, add_photo, complete_application
from tests.factories.calls import DAY, make_application, make_call, make_endorsement

Result = ScreeningItem.Result
Status = Application.Status
pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def owner(network):
    return person("owner@example.org")


@pytest.fixture
def application(owner) -> Application:
    return complete_application(owner=owner)


def fresh(application: Application) -> Application:
    return Application.objects.get(pk=application.pk)


def found(application: Application, code: Reason, **fields):
    return next(finding for finding in check(fresh(application), **fields) if finding.code == code)


def set_answer(application: Application, key: str, value, **fields) -> None:
    application.answers.filter(question__key=key).update(value=value, **fields)


def test_a_complete_application_has_no_failure(application):
    findings = check(application)
    assert [finding.code for finding in findings] == list(Reason)
    assert failures(findings) == []
    assert {finding.code for finding in findings if not finding.applies} == {Reason.COOLOFF}
    assert completeness(application).is_complete


def too_late(application):
    Call._base_manager.filter(pk=application.pk)
    return {"at": application.call.closes_at}


def not_of_unesco(application):
    Country.objects.filter(pk="FR").update(unesco_status="none")


def named_as_a_member(application):
    Application.objects.filter(pk=application.pk).update(name_en="LYON", sort_key="lyon")


def without_field(application):
    Application.objects.filter(pk=application.pk).update(field=None)


def field_not_offered(application):
    other = CreativeField.objects.get(slug="music")
    other.pk, other.slug, other.name_en, other.name_fr, other.position = None, "dance", "Dance", "Danse", 99
    other.save(force_insert=True)
    Application.objects.filter(pk=application.pk).update(field=other)


def in_another_language(application):
    Application.objects.filter(pk=application.pk).update(language="de")


def question_left_out(application):
    application.answers.filter(question__key="presentation").delete()


def without_signed_form(application):
    application.documents.filter(kind="signed-form").update(replaced_at=timezone.now())


def text_too_long(application):
    set_answer(application, "presentation", "word " * 101)


def without_mayors_letter(application):
    application.documents.filter(kind="mayors-letter").update(replaced_at=timezone.now())


def endorsement_asked_for(application):
    Endorsement.objects.update(status="requested", place=None)


def endorsement_declined(application):
    Endorsement.objects.update(status="declined", place=None)


def never_shared(application):
    Endorsement.objects.all().delete()


def endorsed_in_another_field(application):
    Endorsement.objects.update(field=CreativeField.objects.get(slug="music"))


def country_full(application):
    Endorsement.objects.update(status="requested", place=None)
    for place, name in enumerate(("Tours", "Rennes"), 1):
        field = {1: "music", 2: "film"}[place]
        other = make_application(application.call, name, field=field)
        make_endorsement(other, Endorsement.Status.ENDORSED, place=place)


def one_letter_less(application):
    application.documents.filter(pk=application.documents.filter(kind="support-letter").first().pk).delete()


def one_photo_less(application):
    application.photo_uses.first().delete()


def photo_without_words(application):
    application.photo_uses.filter(position=2).update(alt_fr="")


def photo_without_grant(application):
    Photo.objects.filter(applicationphoto_uses__position=1).update(granted_on=None)


def grant_withdrawn(application):
    Photo.objects.filter(applicationphoto_uses__position=1).update(withdrawn_at=timezone.now())


def budget_off(application):
    set_answer(application, "budget", application.answers.get(question__key="budget").value | {"total": "99999"})


def too_many_initiatives(application):
    set_answer(application, "local", application.answers.get(question__key="local").value * 4)


def too_many_links(application):
    set_answer(application, "links", [{"label": "x", "url": "https://example.org/"}] * 5)


def submitted_by_another_team(application):
    make_application(application.call, application.name_en, status=Status.SUBMITTED, field="music")


def not_committed(application):
    set_answer(application, "reports", False)


FAILURES: list[tuple[Reason, Callable, str]] = [
    (Reason.IN_TIME, too_late, "The time was over"),
    (Reason.MEMBER_STATE, not_of_unesco, "France is neither a Member State nor an Associate Member of UNESCO."),
    (Reason.NOT_A_MEMBER, named_as_a_member, "Section city, question 1.1: Lyon is a member of the network already."),
    (Reason.FIELD_OFFERED, without_field, "Section city, question 1.2: No creative field is chosen."),
    (Reason.FIELD_OFFERED, field_not_offered, "does not offer the field “Dance”"),
    (Reason.LANGUAGE, in_another_language, "This call takes no applications in that language."),
    (Reason.COMPLETE, question_left_out, "Section presentation, question 3.1: There is no answer yet."),
    (Reason.COMPLETE, without_signed_form, "The form signed by the mayor is missing."),
    (Reason.WITHIN_LIMITS, text_too_long, "100 words are allowed, it has 101"),
    (Reason.MAYORS_LETTER, without_mayors_letter, "Section annexes, question 6.2: The letter of the mayor is missing."),
    (Reason.ENDORSED, never_shared, "has not been asked yet: share the application with it"),
    (Reason.ENDORSED, endorsement_asked_for, "The National Commission has not answered yet."),
    (Reason.ENDORSED, endorsement_declined, "The National Commission does not endorse the application."),
    (Reason.ENDORSED, endorsed_in_another_field, "endorsed the field “Music”, which is not the application’s"),
    (Reason.COUNTRY_CAP, country_full, "The country has no place left: 2 other applications are endorsed."),
    (Reason.SUPPORT_LETTERS, one_letter_less, "asks for 2 letters of support; there so far: 1"),
    (Reason.PHOTOS, one_photo_less, "asks for 3 photos; there so far: 2"),
    (Reason.PHOTOS, photo_without_words, "Photo 2 lacks its words in both languages, or its credit."),
    (Reason.PHOTOS, photo_without_grant, "The right to show photo 1 is not noted."),
    (Reason.PHOTOS, grant_withdrawn, "The right to show photo 1 is not noted."),
    (Reason.BUDGET, budget_off, "The sources add up to 100,000: 1 more than the total of 99,999."),
    (Reason.INITIATIVES, too_many_initiatives, "The call takes at most 3 initiatives."),
    (Reason.LINKS, too_many_links, "At most 4 links are allowed."),
    (Reason.ONLY_ONE, submitted_by_another_team, "was submitted in this call: 2027-002"),
    (Reason.COMMITMENTS, not_committed, "question 7.1: This commitment is not made."),
]


@pytest.mark.parametrize(
    ("code", "spoil", "sentence"), FAILURES, ids=[f"{code.value}-{spoil.__name__}" for code, spoil, _s in FAILURES]
)
def test_each_item_fails_with_a_sentence_that_says_where(application, code, spoil, sentence):
    assert found(application, code).result == Result.PASS
    fields = spoil(application) or {}
    finding = found(application, code, **fields)
    assert finding.result == Result.FAIL
    assert any(sentence in one for one in finding.sentences), finding.sentences


def test_a_failure_is_told_under_its_own_item_alone(application):
    text_too_long(application)
    budget_off(application)
    too_many_initiatives(application)
    too_many_links(application)
    codes = {finding.code for finding in failures(check(fresh(application)))}
    # The costs of four initiatives no longer add up either.
    assert codes == {Reason.WITHIN_LIMITS, Reason.BUDGET, Reason.INITIATIVES, Reason.LINKS}


def test_what_could_not_be_taken_over_is_incomplete(application):
    set_answer(application, "budget", None, as_typed={"total": "about a million"})
    finding = found(application, Reason.COMPLETE)
    assert "Something could not be taken over" in finding.sentences[0]
    assert found(application, Reason.BUDGET).result == Result.PASS


def test_sentences_are_in_the_reader_s_language(application):
    question_left_out(application)
    with translation.override("fr"):
        (sentence,) = found(application, Reason.COMPLETE).sentences
    assert sentence.startswith("Partie presentation, question 3.1")


# What the form or the call does not ask for


def test_items_that_the_call_does_not_ask_for_do_not_apply(owner):
    call = make_call(support_letters=0, photos=0, max_endorsed=None, publish=False)
    kinds = [Question.Kind.BUDGET, Question.Kind.LINKS, Question.Kind.LOCAL, Question.Kind.INTERNATIONAL]
    Question.objects.filter(kind__in=[*kinds, Question.Kind.COMMITMENT]).delete()
    application = complete_application(call, owner)
    codes = {finding.code for finding in check(application) if not finding.applies}
    assert codes == {
        Reason.COUNTRY_CAP,
        Reason.SUPPORT_LETTERS,
        Reason.PHOTOS,
        Reason.BUDGET,
        Reason.INITIATIVES,
        Reason.LINKS,
        Reason.COOLOFF,
        Reason.COMMITMENTS,
    }


# In time


def test_edge_c_the_last_second_counts_and_one_second_late_does_not(application):
    end = application.call.closes_at
    second = datetime.timedelta(seconds=1)
    assert found(application, Reason.IN_TIME, at=end - second).result == Result.PASS
    assert found(application, Reason.IN_TIME, at=end).result == Result.FAIL
    Extension.objects.create(
        call=application.call, country_id="FR", closes_at=end + DAY, reason="flood", by=person("x@example.org")
    )
    assert found(application, Reason.IN_TIME, at=end + DAY - second).result == Result.PASS
    assert found(application, Reason.IN_TIME, at=end + DAY).result == Result.FAIL


def test_what_was_submitted_in_time_stays_in_time(application, owner):
    end = application.call.closes_at
    snapshot = Snapshot.objects.create(
        application=application, number=1, at=end - DAY, by=owner, content={}, sha256="", receipt="A"
    )
    Application.objects.filter(pk=application.pk).update(status="submitted", submitted_at=snapshot.at)
    assert found(application, Reason.IN_TIME, at=end + 9 * DAY).result == Result.PASS
    # Completed after the call's end, by the day that was set for that; and after that day.
    Snapshot.objects.create(
        application=application, number=2, at=end + DAY, by=owner, content={}, sha256="", receipt="B"
    )
    Application.objects.filter(pk=application.pk).update(return_until=end + 2 * DAY)
    assert found(application, Reason.IN_TIME).result == Result.PASS
    Application.objects.filter(pk=application.pk).update(return_until=end)
    assert found(application, Reason.IN_TIME).result == Result.FAIL


# Members, and cities named alike


def test_edge_h_a_city_named_like_a_member_of_another_country_may_apply(owner):
    granada = complete_application(owner=owner, name="Granada", country="US")
    assert City.objects.members().filter(name_en="Granada").count() >= 1
    assert found(granada, Reason.NOT_A_MEMBER).result == Result.PASS


def test_a_name_counts_whatever_its_accents_and_in_either_language(application):
    Application.objects.filter(pk=application.pk).update(name_en="Besançon", name_fr="lyón")
    assert found(application, Reason.NOT_A_MEMBER).result == Result.FAIL


def test_a_former_member_may_come_back_and_a_member_may_not(application, lyon):
    Application.objects.filter(pk=application.pk).update(former_city=lyon)
    assert found(application, Reason.NOT_A_MEMBER).result == Result.FAIL
    lyon.designations.filter(ends_on=None).update(ends_on=timezone.localdate() - DAY, end_reason="withdrawn")
    assert found(application, Reason.NOT_A_MEMBER).result == Result.PASS


def test_edge_p_a_city_of_an_associate_member_may_apply(application):
    Country.objects.filter(pk="FR").update(unesco_status="associate")
    assert found(application, Reason.MEMBER_STATE).result == Result.PASS


# One application a city


@pytest.mark.parametrize("status", list(Status))
def test_only_applications_in_the_running_are_another_one(application, status):
    known = {"field": "music", "status": status}
    make_application(application.call, application.name_en, **known)
    failed = found(application, Reason.ONLY_ONE).is_failure
    assert failed == (status in Application.IN_THE_RUNNING)


def test_a_city_of_the_same_name_elsewhere_is_another_city(application):
    make_application(application.call, application.name_en, country="BE", status=Status.SUBMITTED)
    assert found(application, Reason.ONLY_ONE).result == Result.PASS


# The pause after unsuccessful applications


def earlier_calls(application, *statuses: str | None) -> None:
    """Calls of the years before, announced, the oldest first, with the city's outcome in each."""
    for years, status in zip(range(len(statuses), 0, -1), statuses, strict=True):
        call = make_call("decision", slug=f"{2027 - 2 * years}", year=2027 - 2 * years, form=False)
        shift = years * 700 * DAY
        names = ("opens_at", "national_deadline_at", "closes_at", "screening_until", "evaluation_until")
        moved = {name: getattr(call, name) - shift for name in names}
        Call.objects.filter(pk=call.pk).update(status="draft")
        Call.objects.filter(pk=call.pk).update(
            **moved, decision_at=call.decision_at - shift, announce_at=call.announce_at - shift
        )
        if status:
            make_application(Call.objects.get(pk=call.pk), application.name_en, status=status)
        Call.objects.filter(pk=call.pk).update(status="announced", announced_at=timezone.now() - shift)


FAILED, INELIGIBLE = Status.NOT_DESIGNATED, Status.INELIGIBLE


@pytest.mark.parametrize(
    ("outcomes", "pauses"),
    [
        ((FAILED, FAILED), True),
        ((None, FAILED), False),
        ((FAILED, FAILED, None), False),  # the pause is over
        ((FAILED, INELIGIBLE), False),  # only calls where the file was eligible count
        ((FAILED, INELIGIBLE, FAILED), True),
        ((FAILED, Status.WITHDRAWN, FAILED), True),
        ((FAILED, FAILED, None, FAILED), False),  # after a pause they count anew
        ((FAILED, FAILED, None, FAILED, FAILED), True),
    ],
)
def test_two_unsuccessful_applications_in_a_row_bring_a_pause(owner, outcomes, pauses):
    application = complete_application(make_call(cooloff_failures=2, cooloff_calls=1), owner)
    earlier_calls(application, *outcomes)
    finding = found(application, Reason.COOLOFF)
    assert finding.is_failure == pauses
    if pauses:
        assert finding.sentences == [
            "After 2 unsuccessful applications in a row the city pauses, and may apply again in a later call."
        ]


# The grant of a photo


def test_edge_t_a_photo_whose_grant_expires(application, owner):
    last = timezone.localdate() + 3 * DAY
    Photo.objects.filter(applicationphoto_uses__position=1).update(granted_until=last)
    now = timezone.now()
    assert found(application, Reason.PHOTOS).result == Result.PASS
    assert found(application, Reason.PHOTOS, at=now + 3 * DAY).result == Result.PASS
    after = found(application, Reason.PHOTOS, at=now + 4 * DAY)
    assert after.sentences == ["Section annexes, question 6.1: The right to show photo 1 has ended."]


# As many queries whatever there is


def test_the_check_costs_the_same_however_much_there_is(application, owner):
    def cost() -> int:
        looked = fresh(application)
        with CaptureQueriesContext(connection) as queries:
            check(looked)
        return len(queries)

    before = cost()
    for number in range(10):
        add_file(application, owner, ApplicationDocument.Kind.SUPPORT_LETTER)
        add_photo(application, owner, 10 + number)
        make_application(application.call, f"Town {number}", status=Status.SUBMITTED)
    assert cost() == before == 20
