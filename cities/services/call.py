"""What happens to a call: copied, published, extended, rescheduled, cancelled, archived."""

import datetime
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..days import PARIS, until_in_words
from ..exceptions import NetworkError, TransitionNotAllowed
from ..models import (
    Applicant,
    Application,
    Call,
    CallDocument,
    CommissionOfficer,
    Country,
    CreativeField,
    Criterion,
    Extension,
    HistoryEntry,
    Mandate,
    OfferedField,
    PrivateFile,
    Question,
    Section,
)
from ..people import Person
from .history import record
from .locking import locked
from .outbox import write_mail
from .private_file import store

Status = Call.Status
Phase = Call.Phase
Verb = HistoryEntry.Verb

INSTANTS = (
    "opens_at",
    "national_deadline_at",
    "closes_at",
    "screening_until",
    "evaluation_until",
    "decision_at",
    "announce_at",
)
LATER_INSTANTS = INSTANTS[3:]
"""Those that can still be moved once the call is published."""

MISSING = {
    "en": gettext_lazy("%(what)s: the text in English is missing."),
    "fr": gettext_lazy("%(what)s: the text in French is missing."),
}


class CallRefused(NetworkError):
    """A call cannot be copied, published, extended or moved as asked."""


def taken_by_a_page(slug: str) -> str:
    """Why no call can have this address, in a sentence; nothing when one can."""
    if slug in Call.RESERVED:
        return _("Another page has the address “%(slug)s”: choose another.") % {"slug": slug}
    return ""


def name_of(instant: str) -> Any:
    """What an instant of a call is called on screen."""
    column: Any = Call._meta.get_field(instant)
    return column.verbose_name


# Drafts


def shifted(instant: datetime.datetime, years: int) -> datetime.datetime:
    """The same date and time of the clock in Paris, some years later; 29 February becomes 1 March where there is none.

    Counted in Paris: midnight stays midnight, whatever summer time does in the other year.
    """
    local = instant.astimezone(PARIS)
    try:
        return local.replace(year=local.year + years)
    except ValueError:
        return local.replace(year=local.year + years, month=3, day=1)


@transaction.atomic
def copy_call(*, call: Call, slug: str, year: int, by: Person | None) -> Call:
    """A new draft with the rules, the form, the criteria and the documents of another call, its dates moved by whole
    years. Fields that ended meanwhile are left out, fields that the network got meanwhile are offered.

    Raises CallRefused when the address is taken.
    """
    if why := taken_by_a_page(slug):
        raise CallRefused(why)
    if Call.objects.filter(slug=slug).exists():
        raise CallRefused(_("There is a call with the address “%(slug)s” already.") % {"slug": slug})
    source = Call.objects.get(pk=call.pk)
    skipped = {"id", "slug", "year", "status", "published_at", "announced_at", "version", "created_at", *INSTANTS}
    values = {
        field.attname: getattr(source, field.attname)
        for field in Call._meta.concrete_fields
        if field.name not in skipped
    }
    years = year - source.year
    instants = {name: shifted(getattr(source, name), years) for name in INSTANTS}
    copied = Call.objects.create(slug=slug, year=year, **values, **instants)
    copied.priority_fields.set(source.priority_fields.all())
    _copy_form(source, copied)
    # Fields: a choice of the earlier call stays, unless the network itself changed.
    offered = set(source.fields.values_list("pk", flat=True))
    for field in CreativeField.objects.valid(copied.announce_at.astimezone(PARIS).date()):
        if field.pk in offered or not field.is_valid_on(source.announce_at.astimezone(PARIS).date()):
            OfferedField.objects.create(call=copied, field=field)
    record(Verb.CALL_COPIED, on=copied, by=by, changes={"copied_from": [None, source.slug]})
    return copied


def _copy_form(source: Call, copied: Call) -> None:
    for section in source.sections.prefetch_related("questions"):
        questions = list(section.questions.all())
        section.pk, section.call = None, copied
        section._state.adding = True
        section.save()
        for question in questions:
            question.pk, question.section = None, section
            question._state.adding = True
        Question.objects.bulk_create(questions)
    for rows in (source.criteria.all(), source.documents.all()):
        parts: list[Any] = list(rows)
        for part in parts:
            part.pk, part.call = None, copied
            part._state.adding = True
        rows.model._default_manager.bulk_create(parts)


# What keeps a call from being published


def obstacles(call: Call, at: datetime.datetime | None = None) -> list[str]:
    """Why a call cannot be published at an instant (now by default), a sentence each; nothing when it can."""
    at = at or timezone.now()
    return [
        *filter(None, [taken_by_a_page(call.slug)]),
        *_languages_missing(call, "title", _("The call")),
        *_said_once(call, "introduction", _("The introduction")),
        *_about_instants(call, at),
        *_about_rules(call),
        *_about_fields(call),
        *_about_form(call),
        *_about_criteria(call),
        *_about_documents(call),
    ]


def _languages_missing(row: Any, name: str, what: str) -> Iterator[str]:
    for code, sentence in MISSING.items():
        if not getattr(row, f"{name}_{code}").strip():
            yield str(sentence) % {"what": what}


def _said_once(row: Any, name: str, what: str) -> Iterator[str]:
    """Words that need not be there, but if they are, then in both languages."""
    if any(getattr(row, f"{name}_{code}").strip() for code in MISSING):
        yield from _languages_missing(row, name, what)


def _about_instants(call: Call, at: datetime.datetime) -> Iterator[str]:
    values = [getattr(call, name) for name in INSTANTS]
    if values != sorted(values) or call.opens_at >= call.national_deadline_at:
        yield _(
            "The dates are out of order: opening, endorsements, closing, examination, evaluation, decision,"
            " announcement."
        )
    # What is marked as a demonstration is there to be tried at once.
    if call.opens_at < at and not call.is_demonstration:
        yield _("The opening lies in the past: nobody could have known of it.")
    for name in INSTANTS[1:]:
        if getattr(call, name) <= at:
            yield _("This date lies in the past: %(name)s.") % {"name": name_of(name)}


def _about_rules(call: Call) -> Iterator[str]:
    if not call.expert_reviews + call.city_reviews:
        yield _("No review is asked for: give a number of reviews by experts or by member cities.")
    if call.max_endorsed and call.max_designated and call.max_designated > call.max_endorsed:
        yield _("More designations than endorsements are allowed a country.")


def _about_fields(call: Call) -> Iterator[str]:
    fields = list(call.fields.all())
    if not fields:
        yield _("No creative field is offered.")
    day = call.announce_at.astimezone(PARIS).date()
    for field in fields:
        if not field.is_valid_on(day):
            yield _("%(field)s is no field of the network on the day of the announcement.") % {"field": field.name}


def _must_be_asked(call: Call) -> dict[str, str]:
    """The kinds of questions that the form needs, with why."""
    Kind = Question.Kind  # noqa: N806  a class
    needed = {
        Kind.CITY: _("without it the city has no name and no place"),
        Kind.FIELD: _("without it nothing can be submitted"),
        Kind.CONTACTS: _("without it nobody can be written to"),
        Kind.DOCUMENTS: _("without it the letters cannot be handed in"),
    }
    if call.photos:
        needed[Kind.PHOTOS] = _("the rules ask for photos")
    if call.min_local:
        needed[Kind.LOCAL] = _("the rules ask for local initiatives")
    if call.min_international:
        needed[Kind.INTERNATIONAL] = _("the rules ask for international initiatives")
    return {str(kind): why for kind, why in needed.items()}


def _about_form(call: Call) -> Iterator[str]:
    sections = list(call.sections.prefetch_related("questions"))
    if not sections:
        yield _("The form has no section.")
    kinds: Counter[str] = Counter()
    for section in sections:
        name = section.title or section.key
        yield from _languages_missing(section, "title", _("Section “%(section)s”") % {"section": name})
        yield from _said_once(section, "help", _("Help to the section “%(section)s”") % {"section": name})
        questions = list(section.questions.all())
        if not questions:
            yield _("Section “%(section)s” has no question.") % {"section": name}
        for question in questions:
            kinds[question.kind] += 1
            yield from _about_question(question)
    if not sections:
        return
    for kind in Question.ONCE:
        if kinds[kind] > 1:
            yield _("The form asks more than once for this: %(kind)s.") % {"kind": kind.label}
    for needed, why in _must_be_asked(call).items():
        if not kinds[needed]:
            yield _("The form has no question of the kind “%(kind)s”: %(why)s.") % {
                "kind": Question.Kind(needed).label,
                "why": why,
            }


def _about_question(question: Question) -> Iterator[str]:
    name = " ".join(filter(None, [question.number, question.text or question.key]))
    yield from _languages_missing(question, "text", _("Question “%(question)s”") % {"question": name})
    yield from _said_once(question, "help", _("Help to the question “%(question)s”") % {"question": name})
    if question.kind == Question.Kind.TEXT and not question.words:
        yield _("Question “%(question)s” has no word limit.") % {"question": name}


def _about_criteria(call: Call) -> Iterator[str]:
    criteria = list(call.criteria.all())
    if not criteria:
        yield _("There is no criterion to evaluate by.")
    for criterion in criteria:
        name = criterion.name or criterion.key
        yield from _languages_missing(criterion, "name", _("Criterion “%(criterion)s”") % {"criterion": name})
        yield from _said_once(criterion, "help", _("Help to the criterion “%(criterion)s”") % {"criterion": name})


def _about_documents(call: Call) -> Iterator[str]:
    for document in call.documents.all():
        yield from _languages_missing(
            document, "title", _("Document “%(document)s”") % {"document": document.title or document.pk}
        )


# The machine


def _move(
    call: Call, to: Status, *, verb: HistoryEntry.Verb, by: Person | None, reason: str = "", **fields: Any
) -> Call:
    stored = locked(call)
    if to not in Call.TRANSITIONS.get(Status(stored.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the call is “%(status)s” now.") % {"status": stored.get_status_display()}
        )
    before, stored.status = stored.status, to
    stored.version += 1
    for name, value in fields.items():
        setattr(stored, name, value)
    stored.save(update_fields=["status", "version", *fields])
    record(verb, on=stored, by=by, changes={"status": [before, stored.status]}, reason=reason)
    return stored


@transaction.atomic
def publish_call(*, call: Call, by: Person | None) -> Call:
    """Show a draft to the public and freeze its rules, form and criteria. Raises CallRefused naming all obstacles."""
    stored = locked(call)
    now = timezone.now()
    if stored.is_draft and (found := obstacles(stored, now)):
        raise CallRefused(_("The call cannot be published yet.") + " " + " ".join(found))
    return _move(stored, Status.PUBLISHED, verb=Verb.CALL_PUBLISHED, by=by, published_at=now)


@transaction.atomic
def take_back_call(*, call: Call, reason: str, by: Person) -> Call:
    """Make a published call a draft again, before it opens; raises TransitionNotAllowed after that."""
    stored = locked(call)
    if stored.status == Status.PUBLISHED and timezone.now() >= stored.opens_at:
        raise TransitionNotAllowed(
            _("The call has opened: cities rely on it, and its rules stay. Extend it, or cancel it.")
        )
    return _move(stored, Status.DRAFT, verb=Verb.CALL_TAKEN_BACK, by=by, reason=_given(reason), published_at=None)


@transaction.atomic
def cancel_call(*, call: Call, reason: str, by: Person) -> Call:
    """End a call that is not announced. All teams and all National Commissions get the reason by mail."""
    cancelled = _move(call, Status.CANCELLED, verb=Verb.CALL_CANCELLED, by=by, reason=_given(reason))
    running = Application.objects.filter(call=cancelled).exclude(status=Application.Status.WITHDRAWN)
    context = {"call": cancelled, "reason": reason}
    for person in _persons(_team_of(running), _reachable(CommissionOfficer)):
        write_mail("call-cancelled", to=person, context=context)
    return cancelled


@transaction.atomic
def archive_call(*, call: Call, by: Person) -> Call:
    """Put an announced call away; its pages stay."""
    return _move(call, Status.ARCHIVED, verb=Verb.CALL_ARCHIVED, by=by)


def _given(reason: str) -> str:
    if not reason.strip():
        raise CallRefused(_("Give a reason."))
    return reason.strip()


def _reachable(kind: type[Mandate]) -> models.QuerySet[Any]:
    """The mandates of a kind that are in force and whose person can be written to."""
    mandates: Any = kind._default_manager
    return mandates.in_force().filter(user__is_active=True).select_related("user")


def _team_of(applications: models.QuerySet[Application]) -> models.QuerySet[Any]:
    return _reachable(Applicant).filter(application__in=applications.order_by().values("pk"))


def _persons(*mandates: models.QuerySet[Any]) -> list[Person]:
    """Whoever holds one of the mandates, once each."""
    found = {mandate.user_id: mandate.user for rows in mandates for mandate in rows.order_by("pk")}
    return list(found.values())


# More time


def deadlines_of(
    call: Call, *, country: Country | None = None, application: Application | None = None
) -> tuple[datetime.datetime, datetime.datetime]:
    """When the call closes, and until when it takes endorsements, for all, for a country or for an application."""
    if application is not None:
        return call.closes_for(application), call.endorses_until(application)
    own = [
        one
        for one in call.extensions.all()
        if one.application_id is None and one.country_id in (None, country.pk if country else None)
    ]
    return (
        max([call.closes_at, *(one.closes_at for one in own if one.closes_at)]),
        max([call.national_deadline_at, *(one.national_deadline_at for one in own if one.national_deadline_at)]),
    )


@transaction.atomic
def extend_call(
    *,
    call: Call,
    reason: str,
    by: Person,
    closes_at: datetime.datetime | None = None,
    national_deadline_at: datetime.datetime | None = None,
    country: Country | None = None,
    application: Application | None = None,
) -> Extension:
    """Give more time for submission, for endorsement or both: to all, to one country or to one application.

    Raises CallRefused with a sentence when that is earlier than what holds now, or later than the examination.
    """
    stored = locked(call)
    reason = _given(reason)
    now = timezone.now()
    if stored.status != Status.PUBLISHED:
        raise TransitionNotAllowed(_("Only a published call that is not announced yet can be extended."))
    if country is not None and application is not None:
        raise CallRefused(_("Extend for a country or for one application, not for both at once."))
    if closes_at is None and national_deadline_at is None:
        raise CallRefused(_("Give a later closing, a later end of the endorsements, or both."))
    if application is not None:
        application = locked(application)
        _check_application(stored, application, closes_at)
    closes, endorses = deadlines_of(stored, country=country, application=application)
    _check_later(closes_at, closes, now, _("The call closes for them at this instant already, or later: %(at)s."))
    _check_later(
        national_deadline_at,
        endorses,
        now,
        _("Endorsements are taken from them until this instant already, or later: %(at)s."),
    )
    if (national_deadline_at or endorses) > (closes_at or closes):
        raise CallRefused(_("Endorsements cannot be taken longer than applications: move the closing too."))
    if closes_at and closes_at > stored.screening_until:
        raise CallRefused(
            _("The technical examination ends before that, at this instant: %(at)s. Reschedule it first.")
            % {"at": until_in_words(stored.screening_until)}
        )
    extension = Extension.objects.create(
        call=stored,
        country=country,
        application=application,
        closes_at=closes_at,
        national_deadline_at=national_deadline_at,
        reason=reason,
        by=by,
    )
    changes: dict[str, list[Any]] = {}
    for name, before, after in (
        ("closes_at", closes, closes_at),
        ("national_deadline_at", endorses, national_deadline_at),
    ):
        if after:
            changes[name] = [_iso(before), _iso(after)]
    if country is not None:
        changes["country"] = [None, country.pk]
    if application is not None:
        changes["application"] = [None, application.pk]
    record(Verb.CALL_EXTENDED, on=stored, by=by, changes=changes, reason=reason)
    _tell_of(extension)
    return extension


def _check_application(call: Call, application: Application, closes_at: datetime.datetime | None) -> None:
    if application.call_id != call.pk:
        raise CallRefused(_("This application belongs to another call."))
    if closes_at is not None and application.status != Application.Status.DRAFT:
        raise CallRefused(_("Only an application that is still a draft can be given more time to be submitted."))


def _check_later(
    wanted: datetime.datetime | None, held: datetime.datetime, now: datetime.datetime, sentence: str
) -> None:
    if wanted is None:
        return
    if wanted <= held:
        raise CallRefused(sentence % {"at": until_in_words(held)})
    if wanted <= now:
        raise CallRefused(_("The new instant lies in the past: it gives nobody more time."))


def _tell_of(extension: Extension) -> None:
    """Tell those who have more time: teams that have not submitted, and the Commissions of the countries."""
    drafts = Application.objects.filter(call=extension.call, status=Application.Status.DRAFT)
    officers = _reachable(CommissionOfficer)
    if extension.country_id:
        drafts, officers = drafts.filter(country=extension.country_id), officers.filter(country=extension.country_id)
    if extension.application:
        drafts = Application.objects.filter(pk=extension.application.pk)
        # A Commission learns of an application by being asked, not by an extension.
        shared = extension.application.shared_at is not None
        officers = officers.filter(country=extension.application.country_id) if shared else officers.none()
    for person in _persons(_team_of(drafts), officers):
        write_mail("call-extended", to=person, context={"call": extension.call, "extension": extension})


# Other dates


@transaction.atomic
def reschedule_call(*, call: Call, reason: str, by: Person, **instants: datetime.datetime) -> Call:
    """Move what comes after the closing: screening_until, evaluation_until, decision_at, announce_at.

    Raises CallRefused when nothing changes, when an instant would come out of order, or lies in the past now.
    """
    if unknown := set(instants) - set(LATER_INSTANTS):
        raise TypeError(f"not among the instants that can be moved: {', '.join(sorted(unknown))}")
    stored = locked(call)
    reason = _given(reason)
    now = timezone.now()
    if stored.status != Status.PUBLISHED:
        raise TransitionNotAllowed(_("Only a published call that is not announced yet can be rescheduled."))
    changes: dict[str, list[Any]] = {}
    for name, value in instants.items():
        before = getattr(stored, name)
        if before == value:
            continue
        label = name_of(name)
        # An application could be withdrawn until the decision; what has happened is not moved.
        if before <= now:
            raise CallRefused(_("This instant has passed and stays: %(name)s.") % {"name": label})
        if value <= now:
            raise CallRefused(_("This date lies in the past: %(name)s.") % {"name": label})
        changes[name] = [_iso(before), _iso(value)]
        setattr(stored, name, value)
    if not changes:
        raise CallRefused(_("Nothing would change."))
    latest = Extension.objects.filter(call=stored).aggregate(at=models.Max("closes_at"))["at"]
    order = [max(filter(None, [stored.closes_at, latest])), *(getattr(stored, name) for name in LATER_INSTANTS)]
    if order != sorted(order):
        raise CallRefused(
            _(
                "The dates are out of order: closing with its extensions, examination, evaluation, decision,"
                " announcement."
            )
        )
    stored.version += 1
    stored.save(update_fields=[*changes, "version"])
    record(Verb.CALL_RESCHEDULED, on=stored, by=by, changes=changes, reason=reason)
    return stored


def _iso(instant: datetime.datetime) -> str:
    return instant.astimezone(datetime.UTC).isoformat()


# Documents, which anybody may download


@transaction.atomic
def add_call_document(
    *, call: Call, title_en: str, title_fr: str, language: str, upload: UploadedFile, by: Person
) -> CallDocument:
    """Offer a file on the call's page; raises UploadRefused for what is no PDF, JPEG or PNG."""
    stored = locked(call)
    if stored.status in (Status.ARCHIVED, Status.CANCELLED):
        raise TransitionNotAllowed(_("The call is over: its documents stay as they are."))
    position = (stored.documents.aggregate(last=models.Max("position"))["last"] or 0) + 1
    file = store(kind=PrivateFile.Kind.CALL, city=None, upload=upload, by=by)
    document = CallDocument.objects.create(
        call=stored, position=position, title_en=title_en, title_fr=title_fr, language=language, file=file
    )
    record(Verb.CALL_DOCUMENT_ADDED, on=stored, by=by, changes={file.name: [None, file.sha256]})
    return document


@transaction.atomic
def remove_call_document(*, document: CallDocument, reason: str, by: Person) -> Call:
    """Take a file off the call's page. The file itself is kept, since earlier readers may refer to it.

    Raises TransitionNotAllowed when it was removed meanwhile, or the call is over.
    """
    stored = locked(document.call)
    if stored.status in (Status.ARCHIVED, Status.CANCELLED):
        raise TransitionNotAllowed(_("The call is over: its documents stay as they are."))
    file, (removed, _by_model) = document.file, stored.documents.filter(pk=document.pk).delete()
    if not removed:
        raise TransitionNotAllowed(_("There is no document to remove any more."))
    record(
        Verb.CALL_DOCUMENT_REMOVED,
        on=stored,
        by=by,
        changes={file.name: [file.sha256, None]},
        reason=_given(reason),
    )
    return stored


# What all may see

GROUPS = {
    "open": (Phase.OPEN,),
    "scheduled": (Phase.SCHEDULED,),
    "running": (Phase.SCREENING, Phase.EVALUATION, Phase.DECISION),
    "past": (Phase.ANNOUNCED, Phase.ARCHIVED, Phase.CANCELLED),
}
"""By what the phases of public calls have in common for whoever wants to apply."""


def grouped(calls: models.QuerySet[Call], now: datetime.datetime) -> dict[str, list[tuple[Call, Call.Phase]]]:
    """Public calls with their phases at an instant: those that take applications first, in each group the newest."""
    rows = [(call, call.phase(now)) for call in calls.prefetch_related("extensions")]
    return {group: [row for row in rows if row[1] in phases] for group, phases in GROUPS.items()}


# Figures for staff


def with_numbers(calls: models.QuerySet[Call]) -> models.QuerySet[Any]:
    """The calls with how many applications were begun and how many submitted, and with what `phase` reads."""
    submitted = models.Q(applications__submitted_at__isnull=False)
    return calls.prefetch_related("extensions").annotate(
        begun=models.Count("applications", distinct=True),
        received=models.Count("applications", filter=submitted, distinct=True),
    )


def criteria_with_share(call: Call) -> list[tuple[Criterion, float]]:
    """The criteria, each with its share of all weights in per cent."""
    criteria = list(call.criteria.all())
    whole = sum(criterion.weight for criterion in criteria) or 1
    return [(criterion, 100 * criterion.weight / whole) for criterion in criteria]


def form_of(call: Call) -> list[tuple[Section, list[Question]]]:
    """The sections of a call's form with their questions; two queries."""
    return [(section, list(section.questions.all())) for section in call.sections.prefetch_related("questions")]
