"""Calls: what their verbs allow and refuse, the demonstration call, the public pages."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation

from cities.days import from_in_words, short_until, until_in_words
from cities.exceptions import NetworkError, TransitionNotAllowed, UploadRefused
from cities.models import (
    Application,
    Call,
    Country,
    CreativeField,
    Criterion,
    Extension,
    HistoryEntry,
    OfferedField,
    OutboxMessage,
    Question,
    Section,
)
from cities.services import call as calls
from cities.services.call import (
    INSTANTS,
    CallRefused,
    add_call_document,
    archive_call,
    cancel_call,
    copy_call,
    extend_call,
    obstacles,
    publish_call,
    remove_call_document,
    reschedule_call,
    take_back_call,
)
from cities.services.demo_call import load_demonstration_call
from cities.urls import urlpatterns
from tests.conftest import person
from tests.factories.calls import DAY, make_application, make_call, make_commission_officer

Status = Call.Status
Verb = HistoryEntry.Verb
PARIS = ZoneInfo("Europe/Paris")
SECOND = datetime.timedelta(seconds=1)

pytestmark = pytest.mark.django_db


def paris(*when: int) -> datetime.datetime:
    return datetime.datetime(*when, tzinfo=PARIS)


def pdf(name: str = "guide.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.7 %%EOF", "application/pdf")


@pytest.fixture
def at(monkeypatch):
    """Lets the clock stand still at an instant."""

    def stand(instant: datetime.datetime) -> datetime.datetime:
        monkeypatch.setattr("django.utils.timezone.now", lambda: instant)
        return instant

    return stand


@pytest.fixture
def draft(network) -> Call:
    return make_call("scheduled", publish=False)


def put(call: Call, status: str) -> Call:
    """The call as if it had come to a status."""
    announced = timezone.now() if status in Call.ANNOUNCED else None
    Call.objects.filter(pk=call.pk).update(status=status, announced_at=announced)
    return Call.objects.get(pk=call.pk)


# The machine

MOVES = {
    Status.PUBLISHED: lambda call, by: publish_call(call=call, by=by),
    Status.DRAFT: lambda call, by: take_back_call(call=call, reason="Too early.", by=by),
    Status.CANCELLED: lambda call, by: cancel_call(call=call, reason="No budget.", by=by),
    Status.ARCHIVED: lambda call, by: archive_call(call=call, by=by),
}
VERBS = {
    Status.PUBLISHED: Verb.CALL_PUBLISHED,
    Status.DRAFT: Verb.CALL_TAKEN_BACK,
    Status.CANCELLED: Verb.CALL_CANCELLED,
    Status.ARCHIVED: Verb.CALL_ARCHIVED,
}


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", MOVES)
def test_every_pair_of_statuses(draft, officer, before, after):
    call = put(draft, before)
    if after in Call.TRANSITIONS.get(before, set()):
        moved = MOVES[after](call, officer)
        assert moved.status == Call.objects.get(pk=call.pk).status == after
        entry = HistoryEntry.objects.latest("number")
        assert (entry.verb, entry.changes) == (VERBS[after], {"status": [before, after]})
        assert moved.version == call.version + 1
    else:
        with pytest.raises(TransitionNotAllowed) as refusal:
            MOVES[after](call, officer)
        assert str(refusal.value) == f"This cannot be done: the call is “{before.label}” now."
        assert Call.objects.get(pk=call.pk).status == before
        assert not HistoryEntry.objects.about(call).exists()


def test_a_call_that_has_opened_is_no_draft_again(network, officer, at):
    call = make_call("scheduled")
    at(call.opens_at)
    with pytest.raises(TransitionNotAllowed, match="The call has opened"):
        take_back_call(call=call, reason="A mistake.", by=officer)
    at(call.opens_at - SECOND)
    assert take_back_call(call=call, reason="A mistake.", by=officer).published_at is None


@pytest.mark.parametrize("verb", [take_back_call, cancel_call])
def test_a_reason_is_asked_for(network, officer, verb):
    with pytest.raises(CallRefused, match="Give a reason"):
        verb(call=make_call("scheduled"), reason="  ", by=officer)


def test_what_is_published_is_frozen_by_the_database(draft, officer):
    call = publish_call(call=draft, by=officer)
    for change in (
        lambda: Call.objects.filter(pk=call.pk).update(max_endorsed=9),
        lambda: Question.objects.filter(section__call=call).update(words=1),
        lambda: Criterion.objects.filter(call=call).update(weight=9),
        lambda: Section.objects.create(call=call, key="late", title_en="Late", title_fr="Tard"),
        lambda: OfferedField.objects.filter(call=call).first().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    # A draft again, it can be edited again.
    take_back_call(call=call, reason="A mistake.", by=officer)
    assert Criterion.objects.filter(call=call).update(weight=9)


def test_cancelling_tells_the_teams_and_all_commissions(network, officer):
    call = make_call()
    owner, gone = person("owner@example.org", language="fr"), person("gone@example.org")
    make_application(call, owner=owner)
    make_application(call, "Tours", owner=gone, status="withdrawn")
    make_commission_officer(person("commission.pt@example.org"), "PT")
    cancel_call(call=call, reason="The secretariat has no staff.", by=officer)
    mails = {mail.to: mail for mail in OutboxMessage.objects.all()}
    assert set(mails) == {"owner@example.org", "commission.pt@example.org"}
    assert "The secretariat has no staff." in mails["owner@example.org"].body
    assert "/fr/calls/2027/" in mails["owner@example.org"].body


# Obstacles


def test_a_whole_draft_has_no_obstacle(draft):
    assert obstacles(draft) == []


OBSTACLES = {
    "Another page has the address “receipt”: choose another.": lambda call: setattr(call, "slug", "receipt"),
    "The call: the text in French is missing.": lambda call: setattr(call, "title_fr", ""),
    "The introduction: the text in English is missing.": lambda call: setattr(call, "introduction_en", " "),
    "The opening lies in the past: nobody could have known of it.": lambda call: setattr(
        call, "opens_at", timezone.now() - DAY
    ),
    "This date lies in the past: closes.": lambda call: (
        setattr(call, "opens_at", timezone.now() - 3 * DAY),
        setattr(call, "national_deadline_at", timezone.now() - 2 * DAY),
        setattr(call, "closes_at", timezone.now() - DAY),
    ),
    "No review is asked for: give a number of reviews by experts or by member cities.": lambda call: (
        setattr(call, "expert_reviews", 0),
        setattr(call, "city_reviews", 0),
    ),
    "More designations than endorsements are allowed a country.": lambda call: setattr(call, "max_designated", 3),
    "No creative field is offered.": lambda call: call.offered_fields.all().delete(),
    "The form has no section.": lambda call: call.sections.all().delete(),
    "Section “Section contacts” has no question.": lambda call: Question.objects.filter(key="contacts").delete(),
    "Section “Section facts”: the text in French is missing.": lambda call: call.sections.filter(key="facts").update(
        title_fr=""
    ),
    "Help to the section “Section facts”: the text in French is missing.": lambda call: call.sections.filter(
        key="facts"
    ).update(help_en="Figures."),
    "Question “3.1 Question presentation”: the text in French is missing.": lambda call: Question.objects.filter(
        key="presentation"
    ).update(text_fr=""),
    "Help to the question “3.1 Question presentation”: the text in English is missing.": (
        lambda call: Question.objects.filter(key="presentation").update(help_fr="Une aide.")
    ),
    "Question “3.1 Question presentation” has no word limit.": lambda call: Question.objects.filter(
        key="presentation"
    ).update(words=None),
    "The form asks more than once for this: budget.": lambda call: Question.objects.filter(key="assets").update(
        kind="budget"
    ),
    "The form has no question of the kind “creative field”: without it nothing can be submitted.": (
        lambda call: Question.objects.filter(key="field").delete()
    ),
    "The form has no question of the kind “photos”: the rules ask for photos.": (
        lambda call: Question.objects.filter(key="photos").delete()
    ),
    "There is no criterion to evaluate by.": lambda call: call.criteria.all().delete(),
    "Criterion “On heritage”: the text in French is missing.": lambda call: call.criteria.filter(key="heritage").update(
        name_fr=""
    ),
    "Help to the criterion “On heritage”: the text in French is missing.": lambda call: call.criteria.filter(
        key="heritage"
    ).update(help_en="From 0 to 5."),
}


@pytest.mark.parametrize("sentence", OBSTACLES)
def test_each_obstacle_is_a_sentence_and_keeps_from_publishing(draft, officer, sentence):
    OBSTACLES[sentence](draft)
    assert sentence in obstacles(draft)
    if not draft.get_deferred_fields():
        draft.save()
    with pytest.raises(CallRefused) as refusal:
        publish_call(call=draft, by=officer)
    assert sentence in str(refusal.value)
    assert Call.objects.get(pk=draft.pk).is_draft


def test_edge_r_french_is_missing_while_english_is_there(draft, officer):
    Call.objects.filter(pk=draft.pk).update(title_fr="", introduction_fr="")
    with pytest.raises(CallRefused) as refusal:
        publish_call(call=draft, by=officer)
    assert "The call: the text in French is missing." in str(refusal.value)
    with translation.override("fr"):
        # What is there is shown, and says in which language.
        assert Call.objects.get(pk=draft.pk).title == "Call of the tests"


def test_a_field_that_ends_before_the_announcement_is_an_obstacle(draft):
    CreativeField.objects.filter(slug="design").update(valid_to=draft.opens_at.date())
    assert obstacles(draft) == ["Design is no field of the network on the day of the announcement."]


def test_a_document_in_one_language_is_an_obstacle(draft, officer):
    add_call_document(call=draft, title_en="Guide", title_fr="", language="en", upload=pdf(), by=officer)
    assert obstacles(draft) == ["Document “Guide”: the text in French is missing."]


def test_looking_for_obstacles_costs_the_same_for_any_form(draft, django_assert_num_queries):
    with django_assert_num_queries(5):
        obstacles(draft)
    section = draft.sections.get(key="presentation")
    Question.objects.bulk_create(
        Question(section=section, key=f"more-{n}", text_en="?", text_fr="?", words=9) for n in range(30)
    )
    with django_assert_num_queries(5):
        obstacles(draft)


# Copies


def test_a_copy_takes_over_everything_but_the_dates(draft, officer):
    add_call_document(call=draft, title_en="Guide", title_fr="Guide", language="en", upload=pdf(), by=officer)
    draft.priority_fields.set(CreativeField.objects.filter(slug="film"))
    draft.max_endorsed, draft.priority_regions = 4, ["africa"]
    draft.save()
    call = publish_call(call=draft, by=officer)
    copied = copy_call(call=call, slug="2029", year=2029, by=officer)
    assert (copied.status, copied.slug, copied.year) == (Status.DRAFT, "2029", 2029)
    assert (copied.max_endorsed, copied.priority_regions, copied.published_at) == (4, ["africa"], None)
    assert [field.slug for field in copied.priority_fields.all()] == ["film"]

    def form(one: Call) -> list[tuple]:
        return [
            (section.key, section.title_fr, *section.questions.values_list("key", "kind", "number", "words", "text_fr"))
            for section in one.sections.all()
        ]

    assert form(copied) == form(call)
    columns = ("key", "name_fr", "weight", "scale", "position")
    assert list(copied.criteria.values_list(*columns)) == list(call.criteria.values_list(*columns))
    assert copied.documents.get().file == call.documents.get().file
    entry = HistoryEntry.objects.about(copied).get()
    assert (entry.verb, entry.changes) == (Verb.CALL_COPIED, {"copied_from": [None, "2027"]})
    assert obstacles(copied) == []


def test_an_address_is_copied_to_once(draft, officer):
    with pytest.raises(CallRefused, match="There is a call with the address “2027” already"):
        copy_call(call=draft, slug="2027", year=2029, by=officer)


def test_no_call_stands_behind_another_page(draft, officer):
    beside = [str(entry.pattern).split("/")[1] for entry in urlpatterns if str(entry.pattern).startswith("calls/")]
    pages = {part for part in beside if part and not part.startswith("<")}
    assert pages == set(Call.RESERVED)
    for slug in pages:
        with pytest.raises(CallRefused, match="Another page has the address"):
            copy_call(call=draft, slug=slug, year=2029, by=officer)


def test_edge_d_summer_time_and_paris(network, officer):
    """Dates move by years of the calendar in Paris, whatever the offset from UTC is in the other year."""
    days = {
        "opens_at": paris(2026, 3, 29, 9),  # the clocks changed in this night; in 2027 on the 28th
        "national_deadline_at": paris(2026, 10, 25),  # and again
        "closes_at": paris(2026, 10, 26),
        "screening_until": paris(2026, 11, 30),
        "evaluation_until": paris(2027, 3, 28, 12),
        "decision_at": paris(2027, 4, 1),
        "announce_at": paris(2027, 10, 31, 12),
    }
    call = make_call(publish=False, **days)
    copied = copy_call(call=call, slug="2028", year=2028, by=officer)
    for name in INSTANTS:
        before, after = getattr(call, name).astimezone(PARIS), getattr(copied, name).astimezone(PARIS)
        assert after.replace(tzinfo=None) == before.replace(tzinfo=None, year=before.year + 1), name
    assert calls.shifted(paris(2028, 2, 29, 10), 1) == paris(2029, 3, 1, 10)
    # The day on which the clocks go back has 25 hours; its end is 24:00 in winter time.
    assert until_in_words(call.closes_at) == "Sunday 25 October 2026, 24:00 (end of the day), Paris time (UTC+1)"
    assert until_in_words(call.national_deadline_at) == (
        "Saturday 24 October 2026, 24:00 (end of the day), Paris time (UTC+2)"
    )


def test_edge_e_field_added_between_two_calls(network, officer):
    call = make_call(publish=False)
    OfferedField.objects.filter(call=call, field__slug="design").delete()
    year = call.announce_at.year
    ninth = CreativeField.objects.create(
        slug="games",
        name_en="Games",
        name_fr="Jeux",
        colour_light="#123456",
        colour_dark="#abcdef",
        pictogram="M0 0",
        valid_from=datetime.date(year + 1, 1, 1),
    )
    CreativeField.objects.filter(slug="film").update(valid_to=datetime.date(year, 12, 31))
    offered = set(call.fields.values_list("slug", flat=True))
    copied = copy_call(call=call, slug="2029", year=call.year + 2, by=officer)
    # The new one comes, the ended one goes, the one that was left out by choice stays out.
    assert set(copied.fields.values_list("slug", flat=True)) == offered - {"film"} | {ninth.slug}
    assert set(call.fields.values_list("slug", flat=True)) == offered


# More time


def test_more_time_for_all(network, officer):
    call = make_call()
    owner, other = person("owner@example.org"), person("submitted@example.org")
    make_application(call, owner=owner)
    make_application(call, "Tours", owner=other, status="submitted")
    make_commission_officer(person("commission.pt@example.org"), "PT")
    closes = call.closes_at + 5 * DAY
    extend_call(call=call, reason="A failure of the portal.", closes_at=closes, by=officer)
    call = Call.objects.get()
    assert call.closes_for_all == closes
    assert call.phase(closes - SECOND) == Call.Phase.OPEN
    assert call.phase(closes) == Call.Phase.SCREENING
    entry = HistoryEntry.objects.about(call).get()
    assert (entry.verb, entry.reason) == (Verb.CALL_EXTENDED, "A failure of the portal.")
    assert list(entry.changes) == ["closes_at"]
    mails = {mail.to: mail.body for mail in OutboxMessage.objects.all()}
    assert set(mails) == {"owner@example.org", "commission.pt@example.org"}
    assert until_in_words(closes) in mails["owner@example.org"]


def test_more_time_for_one_country(network, officer):
    call = make_call()
    french, portuguese = make_application(call), make_application(call, "Coimbra", "PT")
    make_commission_officer(person("commission.fr@example.org"))
    make_commission_officer(person("commission.pt@example.org"), "PT")
    deadline = call.national_deadline_at + 2 * DAY
    extend_call(
        call=call,
        reason="A strike.",
        national_deadline_at=deadline,
        closes_at=call.closes_at + DAY,
        country=Country.objects.get(pk="PT"),
        by=officer,
    )
    call = Call.objects.get()
    assert call.closes_for(portuguese) == call.closes_at + DAY
    assert call.endorses_until(portuguese) == deadline
    assert call.closes_for(french) == call.closes_for_all == call.closes_at
    assert [mail.to for mail in OutboxMessage.objects.all()] == ["commission.pt@example.org"]


def test_more_time_for_one_application_after_the_closing(network, officer, at):
    call = make_call()
    make_commission_officer(person("commission.fr@example.org"))
    mine = make_application(call, owner=person("owner@example.org"))
    make_application(call, "Tours", owner=person("other@example.org"))
    now = at(call.closes_at + DAY)
    assert mine.is_late
    extend_call(call=call, reason="A failure that we caused.", closes_at=now + DAY, application=mine, by=officer)
    mine, other = Application.objects.order_by("number")
    assert (mine.is_editable, other.is_late) == (True, True)
    # The Commission does not know of an application that was not shared with it.
    assert [mail.to for mail in OutboxMessage.objects.all()] == ["owner@example.org"]


REFUSED = {
    "The call closes for them at this instant already, or later": lambda call: {"closes_at": call.closes_at},
    "Endorsements are taken from them until this instant already, or later": lambda call: {
        "national_deadline_at": call.national_deadline_at - DAY
    },
    "Give a later closing, a later end of the endorsements, or both": lambda call: {},
    "Endorsements cannot be taken longer than applications": lambda call: {
        "national_deadline_at": call.closes_at + SECOND
    },
    "The technical examination ends before that": lambda call: {"closes_at": call.screening_until + SECOND},
    "Extend for a country or for one application, not for both": lambda call: {
        "closes_at": call.closes_at + DAY,
        "country": Country.objects.get(pk="FR"),
        "application": make_application(call),
    },
    "This application belongs to another call": lambda call: {
        "closes_at": call.closes_at + DAY,
        "application": make_application(make_call(slug="2028")),
    },
    "Only an application that is still a draft": lambda call: {
        "closes_at": call.closes_at + DAY,
        "application": make_application(call, status="submitted"),
    },
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_more_time_is_refused_with_a_sentence(network, officer, sentence):
    call = make_call()
    with pytest.raises(NetworkError, match=sentence):
        extend_call(call=call, reason="Why not.", by=officer, **REFUSED[sentence](call))
    assert not Extension.objects.exists()


def test_time_that_has_passed_is_no_more_time(network, officer, at):
    call = make_call()
    at(call.closes_at + 3 * DAY)
    with pytest.raises(CallRefused, match="The new instant lies in the past"):
        extend_call(call=call, reason="Late.", closes_at=call.closes_at + DAY, by=officer)


@pytest.mark.parametrize("status", [one for one in Status if one != Status.PUBLISHED])
def test_only_a_published_call_is_extended_or_rescheduled(draft, officer, status):
    call = put(draft, status)
    with pytest.raises(TransitionNotAllowed):
        extend_call(call=call, reason="More.", closes_at=call.closes_at + DAY, by=officer)
    with pytest.raises(TransitionNotAllowed):
        reschedule_call(call=call, reason="Later.", announce_at=call.announce_at + DAY, by=officer)


def test_edge_c_the_last_second_counts_and_the_next_does_not(network):
    call = make_call(
        closes_at=(timezone.now() + 30 * DAY).astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
    )
    last = call.closes_at - datetime.timedelta(microseconds=1)
    assert call.phase(last) == Call.Phase.OPEN
    assert list(Call.objects.open(last)) == [call]
    assert call.phase(call.closes_at) == Call.Phase.SCREENING
    assert not Call.objects.open(call.closes_at)
    # The home page goes by the day: midnight belongs to the day before.
    assert Call.objects.open_on(last.astimezone(PARIS).date()) == [call]
    assert Call.objects.open_on(call.closes_at.astimezone(PARIS).date()) == []


# Other dates


def test_what_comes_after_the_closing_can_be_moved(network, officer):
    call = make_call("evaluation")
    later = call.announce_at + 9 * DAY
    moved = reschedule_call(
        call=call,
        reason="Too few reviews.",
        evaluation_until=call.evaluation_until + 2 * DAY,
        announce_at=later,
        by=officer,
    )
    assert moved.announce_at == later
    entry = HistoryEntry.objects.about(call).get()
    assert (entry.verb, set(entry.changes)) == (Verb.CALL_RESCHEDULED, {"evaluation_until", "announce_at"})


def test_rescheduling_is_refused_with_a_sentence(network, officer):
    call = make_call("evaluation")

    def refused(**instants) -> str:
        with pytest.raises(CallRefused) as refusal:
            reschedule_call(call=call, reason="Because.", by=officer, **instants)
        return str(refusal.value)

    now = timezone.now()
    assert refused() == refused(announce_at=call.announce_at) == "Nothing would change."
    assert refused(screening_until=now + DAY) == ("This instant has passed and stays: technical examination until.")
    assert refused(evaluation_until=now - DAY) == "This date lies in the past: evaluation until."
    assert refused(announce_at=call.decision_at - DAY).startswith("The dates are out of order")
    with pytest.raises(TypeError):
        reschedule_call(call=call, reason="Because.", by=officer, closes_at=now + DAY)
    with pytest.raises(CallRefused, match="Give a reason"):
        reschedule_call(call=call, reason="", announce_at=call.announce_at + DAY, by=officer)


def test_the_examination_is_not_moved_before_an_extension(network, officer):
    call = make_call()
    extend_call(call=call, reason="A failure.", closes_at=call.screening_until, by=officer)
    with pytest.raises(CallRefused, match="closing with its extensions"):
        reschedule_call(call=call, reason="Faster.", screening_until=call.screening_until - DAY, by=officer)


# Documents


def test_documents_come_and_go_with_a_trace(network, officer):
    call = make_call()
    words = {"title_en": "Guide", "title_fr": "Guide", "language": "fr"}
    document = add_call_document(call=call, upload=pdf(), by=officer, **words)
    with pytest.raises(UploadRefused):
        add_call_document(call=call, upload=SimpleUploadedFile("guide.pdf", b"MZ"), by=officer, **words)
    remove_call_document(document=document, reason="It was out of date.", by=officer)
    assert not call.documents.exists()
    verbs = [entry.verb for entry in HistoryEntry.objects.about(call).order_by("number")]
    assert verbs == [Verb.CALL_DOCUMENT_ADDED, Verb.CALL_DOCUMENT_REMOVED]
    with pytest.raises(TransitionNotAllowed):
        add_call_document(call=put(call, Status.ARCHIVED), upload=pdf(), by=officer, **words)


# The demonstration call


def test_the_demonstration_call_is_open_whenever_it_is_loaded(network, at, capsys):
    call_command("load_demonstration_call")
    call = Call.objects.get()
    assert call.phase() == Call.Phase.OPEN
    assert call.is_demonstration
    assert capsys.readouterr().out.startswith("demonstration: open until ")
    assert load_demonstration_call() == call
    at(call.closes_at + DAY)
    again = load_demonstration_call()
    assert (again.slug, again.phase()) == ("demonstration-2", Call.Phase.OPEN)
    assert Call.objects.count() == 2


def test_the_demonstration_call_is_whole(network):
    call = load_demonstration_call()
    assert obstacles(call) == []
    assert [criterion.weight for criterion in call.criteria.all()] == [20, 15, 10, 15, 20, 10, 10]
    assert list(call.sections.values_list("key", flat=True)) == [
        *("city", "contacts", "field", "presentation", "objectives", "preparation"),
        *("assets", "plan", "commitments", "annexes"),
    ]
    questions = Question.objects.filter(section__call=call)
    assert set(questions.values_list("kind", flat=True)) == set(Question.Kind.values)
    assert not questions.filter(help_en="").exists()
    assert not questions.filter(help_fr="").exists()
    assert call.fields.count() == 8


# Instants in words


def test_instants_cannot_be_misread():
    assert until_in_words(paris(2027, 7, 1)) == "Wednesday 30 June 2027, 24:00 (end of the day), Paris time (UTC+2)"
    assert until_in_words(paris(2027, 3, 3, 18, 30)) == "Wednesday 3 March 2027, 18:30, Paris time (UTC+1)"
    assert from_in_words(paris(2027, 7, 1)) == "Thursday 1 July 2027, 00:00 (start of the day), Paris time (UTC+2)"
    assert short_until(paris(2027, 7, 1)) == "Wed 30 Jun 2027, 24:00"
    utc = datetime.datetime(2027, 6, 30, 22, tzinfo=datetime.UTC)
    assert until_in_words(utc) == until_in_words(paris(2027, 7, 1))
    with translation.override("fr"):
        assert until_in_words(paris(2027, 7, 1)) == (
            "mercredi 30 juin 2027 à 24\u202fh (fin de la journée), heure de Paris (UTC+2)"
        )
        assert (
            from_in_words(paris(2027, 7, 1, 9)) == "jeudi 1er juillet 2027 à 9\u202fh\u202f00, heure de Paris (UTC+2)"
        )


# The public pages


def page(client, name: str, call: Call | None = None, language: str = "en") -> str:
    with translation.override(language):
        address = reverse(f"cities:{name}", args=[call.slug] if call else [])
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_pages_of_a_call_in_both_languages(client, network, language, django_assert_max_num_queries):
    call = make_call()
    with translation.override(language):
        words = until_in_words(call.closes_at)
    with django_assert_max_num_queries(8):
        shown = page(client, "call", call, language)
    assert words in shown
    assert ("Appel des tests" if language == "fr" else "Call of the tests") in shown
    with django_assert_max_num_queries(4):
        asked = page(client, "call_questions", call, language)
    assert ("Question presentation (fr)" if language == "fr" else "Question presentation") in asked
    with django_assert_max_num_queries(2):
        assert call.slug in page(client, "calls", None, language)


def test_a_draft_is_for_the_secretariat_only(client, signed_in, officer, coordinator):
    call = make_call("scheduled", publish=False)
    for name in ("call", "call_questions"):
        address = reverse(f"cities:{name}", args=[call.slug])
        assert client.get(address).status_code == 404
        assert signed_in(coordinator).get(address).status_code == 404
        preview = signed_in(officer).get(address)
        assert "only the secretariat sees these pages" in preview.content.decode()
        assert "no-store" in preview["Cache-Control"]
    assert call.slug not in page(client, "calls").split("<main")[1]
    assert client.get("/sitemap.xml").content.decode().count("/en/calls/2027/") == 0


def test_a_copy_of_a_page_is_shown_only_after_asking_whether_it_holds(client, signed_in, coordinator):
    call = make_call()
    for address in (reverse("cities:calls"), reverse("cities:call", args=[call.slug])):
        assert set(client.get(address)["Cache-Control"].split(", ")) == {"public", "no-cache"}
        assert set(signed_in(coordinator).get(address)["Cache-Control"].split(", ")) == {"private", "no-cache"}


def test_the_page_follows_the_clock_within_a_day(client, network, at):
    call = make_call()
    assert "Open. Applications are taken until" in page(client, "call", call)
    at(call.closes_at)
    assert "Closed to new applications" in page(client, "call", call)
    assert "Closed to new applications" in page(client, "calls")


def test_only_extensions_for_all_are_public(client, network, officer):
    call = make_call()
    late = call.closes_at + DAY
    extend_call(call=call, reason="For one.", closes_at=late, application=make_application(call), by=officer)
    country = Country.objects.get(pk="PT")
    extend_call(call=call, reason="For Portugal.", closes_at=late, country=country, by=officer)
    shown = page(client, "call", call)
    assert "More time for all" not in shown
    assert until_in_words(late) not in shown
    extend_call(call=call, reason="For everybody.", closes_at=late + DAY, by=officer)
    shown = page(client, "call", call)
    assert "For everybody." in shown
    assert "For one." not in shown
    assert "For Portugal." not in shown
    assert until_in_words(late + DAY) in shown


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"max_endorsed": 1}, "A National Commission endorses one application at most."),
        ({"max_endorsed": None}, "A National Commission endorses as many applications as it wishes."),
        ({"takes_french": False}, "Applications are written in English."),
        ({"return_days": 10}, "it is completed within 10 days."),
        ({"support_letters": 0, "max_links": 0}, "No links are taken."),
        ({"cooloff_failures": 2, "cooloff_calls": 1}, "a city sits out one call."),
        ({"tells_ineligible": "with-announcement"}, "is told with the announcement."),
    ],
)
def test_rules_are_told_in_words_from_the_data(client, network, rules, sentence):
    assert sentence in page(client, "call", make_call(**rules))


def test_a_document_is_downloaded_by_anybody_once_the_call_is_published(client, network, officer):
    call = make_call("scheduled", publish=False)
    document = add_call_document(call=call, title_en="G", title_fr="G", language="en", upload=pdf(), by=officer)
    address = reverse("cities:call_document", args=[call.slug, document.pk])
    assert client.get(address).status_code == 404
    publish_call(call=call, by=officer)
    response = client.get(address)
    assert b"".join(response.streaming_content) == b"%PDF-1.7 %%EOF"
    assert response["Content-Disposition"] == 'attachment; filename="guide.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    other = make_call(slug="2029")
    assert client.get(reverse("cities:call_document", args=[other.slug, document.pk])).status_code == 404


@pytest.fixture
def announced(network) -> Call:
    call = make_call("decision")
    for name, country, field, status in (
        ("Besançon", "FR", "literature", "not-designated"),
        ("Tours", "FR", "gastronomy", "ineligible"),
        ("Coimbra", "PT", "literature", "not-designated"),
    ):
        make_application(call, name, country, field=field, status=status)
    make_application(call, "Aveiro", "PT", status="withdrawn", submitted_at=timezone.now() - 70 * DAY)
    make_application(call, "Guarda", "PT")  # never submitted
    return call


@pytest.mark.parametrize("staff", [False, True])
def test_there_are_no_statistics_before_the_announcement(client, announced, officer, signed_in, staff):
    reader = signed_in(officer) if staff else client
    assert reader.get(reverse("cities:call_statistics", args=[announced.slug])).status_code == 404
    assert "in figures" not in page(client, "call", announced)


def test_statistics_count_and_name_no_city(client, announced, django_assert_num_queries):
    put(announced, Status.ANNOUNCED)
    with django_assert_num_queries(5):
        shown = page(client, "call_statistics", announced)
    for name in ("Besançon", "Tours", "Coimbra", "Aveiro", "Guarda"):
        assert name not in shown
    context = client.get(reverse("cities:call_statistics", args=[announced.slug])).context
    whole = context["whole"]
    assert (whole.received, whole.examined, whole.eligible, whole.designated, whole.withdrawn) == (4, 3, 2, 0, 1)
    assert [(field.slug, tally.received) for field, tally in context["by_field"]] == [
        ("gastronomy", 1),
        ("literature", 3),
    ]
    assert [(country.pk, tally.received) for country, tally in context["by_country"]] == [("FR", 2), ("PT", 2)]
    assert "Of the applications examined, 67% were eligible and 0% led to a designation." in shown
    for number in range(30):
        make_application(announced, f"Place {number}", "IT", field="film", status="not-designated")
    with django_assert_num_queries(5):
        page(client, "call_statistics", announced)


def test_home_shows_an_open_call_and_the_sitemap_knows_it(client, network):
    assert "call-banner" not in client.get("/en/").content.decode()
    call = make_call()
    shown = client.get("/en/").content.decode()
    assert "call-banner" in shown
    assert until_in_words(call.closes_at) in shown
    assert "/en/calls/2027/" in client.get("/sitemap.xml").content.decode()
    assert "call-banner" not in client.get("/en/?as_of=2020-01-01").content.decode()


def test_a_demonstration_says_so_and_is_for_no_search_engine(client, network):
    call = load_demonstration_call()
    for name in ("call", "call_questions"):
        shown = page(client, name, call)
        assert "This call is not a real one" in shown
        assert '<meta name="robots" content="noindex">' in shown
    assert "/calls/demonstration/" not in client.get("/sitemap.xml").content.decode()
