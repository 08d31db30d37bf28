"""Calls, applications and evaluations for the demo: a call that is open, one under evaluation, one before its decision.

The candidate cities exist and are not members of the network; what is said of them is invented and marked as a
demonstration. Verbs do it wherever their instants allow. What lies in the past (a call that has closed, an application
begun while it was open, an evaluation of that time) is written as rows, with an entry in the history. Each step is
left out when its result is there.
"""

import datetime
import json
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from ..days import PARIS
from ..models import (
    Answer,
    Applicant,
    Application,
    ApplicationDocument,
    ApplicationPhoto,
    Assignment,
    Call,
    City,
    Country,
    CreativeField,
    Evaluation,
    Evaluator,
    HistoryEntry,
    Invitation,
    OfferedField,
    PrivateFile,
    Question,
    Score,
    ScreeningItem,
)
from ..people import Person
from ..text import slug_of
from . import demo_call
from .application import begin_application
from .assignment import accept, ask, assign
from .demo_people import EVALUATOR, Account, Passwords, known, picture, welcome
from .endorsement import record_on_paper
from .evaluation import Given, save_evaluation, submit_evaluation
from .history import record
from .mandate import begin_mandate
from .photo import note_grant, store_photo
from .private_file import store
from .screening import checklist, find_eligible, note_items
from .submission import share, submit

SHIPPED = Path(__file__).parents[1] / "data" / "demonstration_applications.json"
DAY = datetime.timedelta(days=1)
SLUG_LENGTH = 40
FIELDS = ("literature", "music")
"""Those of the experts."""

Kind = Question.Kind
DocumentKind = ApplicationDocument.Kind
Status = Assignment.Status
Verb = HistoryEntry.Verb

BESANCON = Account(
    "applicant.besancon@example.org",
    "Applicant of Besançon",
    "fr",
    "writes for Besançon in the open call: complete and shared; submit it once commission.fr has endorsed it",
)
COIMBRA = Account(
    "applicant.coimbra@example.org",
    "Applicant of Coimbra",
    "en",
    "writes for Coimbra in the open call: half done; go on, send photos and letters, share it",
)
PAST = Account(
    "applicant.several@example.org",
    "Applicant of several cities",
    "en",
    "sent the applications that are evaluated or wait for a decision: receipts to verify",
)
SECOND = Account(
    "second.evaluator@example.org",
    "Second evaluator",
    "en",
    "expert in literature and music: has handed in the review of Jaffna",
)
OF_LYON = Account(
    "evaluator.lyon@example.org",
    "Evaluator named by Lyon",
    "en",
    "for the member cities: asked about Jaffna; meets nothing of Tours (same country) nor of Maribor (partner)",
)
ACCOUNTS = (BESANCON, COIMBRA, PAST, SECOND, OF_LYON)
TEAM_OF = {"Besançon": BESANCON, "Coimbra": COIMBRA}


def make_applications(*, officer: Person, password_of: Passwords) -> None:
    """Make what is missing: accounts, calls, applications with their endorsements, examinations and evaluations.

    Needs the real network and the persons of `demo_people`.
    """
    texts = json.loads(SHIPPED.read_text())
    demonstration = Application.objects.filter(is_demonstration=True)
    for account in (BESANCON, COIMBRA, PAST):
        enter(account, password_of)
    make_evaluators(officer, password_of)
    calls = {name: past_call(described) for name, described in texts["calls"].items()}
    for number, entry in enumerate(texts["applications"]):
        if demonstration.filter(name_en=entry["name"]).exists():
            continue
        if entry["call"] == "open":
            make_open(demo_call.load_demonstration_call(), entry, texts, number)
        else:
            make_past(calls[entry["call"]], entry, texts, number, officer)


# Accounts


def enter(account: Account, password_of: Passwords) -> Person:
    """The account of somebody whom nobody appoints: who applies."""
    users = get_user_model()._default_manager
    return known(account) or users.create_user(
        account.email, password_of(account.email), name=account.name, language=account.language
    )


def make_evaluators(officer: Person, password_of: Passwords) -> None:
    """The two experts in both fields, and one for the member cities of literature."""
    fields = {slug: CreativeField.objects.get(slug=slug) for slug in FIELDS}
    evaluator: dict[str, Any] = {"kind": Invitation.Kind.EVALUATOR, "panel": Evaluator.Panel.EXPERTS.value}
    welcome(SECOND, officer, password_of, field=fields["literature"], **evaluator)
    for account in (EVALUATOR, SECOND):
        person = known(account)
        held = set(Evaluator.objects.of(person).in_force().values_list("field__slug", flat=True))
        for slug, field in fields.items():
            if person is not None and slug not in held:
                begin_mandate(user=person, by=officer, field=field, **evaluator)
    person = enter(OF_LYON, password_of)
    if not Evaluator.objects.of(person).exists():
        begin_mandate(
            user=person,
            by=officer,
            kind=Invitation.Kind.EVALUATOR,
            panel=Evaluator.Panel.CITIES.value,
            field=fields["literature"],
            city=City.objects.get(slug="lyon"),
        )


# Calls


@transaction.atomic
def past_call(described: dict[str, Any]) -> Call:
    """A call that closed some time ago; it asks for one photo, so that the demo is made quickly."""
    if found := Call.objects.filter(slug=described["slug"]).first():
        return found
    form = json.loads(demo_call.SHIPPED.read_text())
    words = {name: value for name, value in described.items() if name != "instants"}
    call = Call.objects.create(
        is_demonstration=True,
        priority_regions=form["priority_regions"],
        **words,
        **demo_call.instants(described["instants"], timezone.now()),
        **form["rules"] | {"photos": 1},
    )
    announced_on = call.announce_at.astimezone(PARIS).date()
    OfferedField.objects.bulk_create(
        OfferedField(call=call, field=field) for field in CreativeField.objects.valid(announced_on)
    )
    call.priority_fields.set(CreativeField.objects.filter(slug__in=form["priority_fields"]))
    demo_call.write_form(call, form)
    call.status, call.published_at = Call.Status.PUBLISHED, call.opens_at - DAY
    call.save(update_fields=["status", "published_at"])
    change: dict[str, list[Any]] = {"status": [Call.Status.DRAFT.value, call.status.value]}
    record(Verb.CALL_PUBLISHED, on=call, by=None, changes=change, reason="demonstration")
    return call


# Applications


@transaction.atomic
def make_open(call: Call, entry: dict[str, Any], texts: dict[str, Any], number: int) -> None:
    """An application that its team is writing; a complete one is shared with its Commission."""
    by = known(TEAM_OF[entry["name"]])
    if by is None:
        return
    application = begin_application(
        call=call,
        country=Country.objects.get(pk=entry["country"]),
        name_en=entry["name"],
        name_fr=entry["name"],
        language=entry["language"],
        field=CreativeField.objects.get(slug=entry["field"]),
        by=by,
    )
    place(application, entry)
    write_answers(application, entry, texts, by)
    if entry["stage"] == "draft":
        return
    add_papers(application, texts, by, number)
    share(application=application, by=by)


@transaction.atomic
def make_past(call: Call, entry: dict[str, Any], texts: dict[str, Any], number: int, officer: Person) -> None:
    """An application of a call that has closed, and what followed."""
    by = known(PAST)
    if by is None:
        return
    submitted_at = call.closes_at - 2 * DAY
    application = Application.objects.create(
        call=call,
        number=call.applications.count() + 1,
        country=Country.objects.get(pk=entry["country"]),
        name_en=entry["name"],
        name_fr=entry["name"],
        language=entry["language"],
        field=CreativeField.objects.get(slug=entry["field"]),
        shared_at=call.national_deadline_at - 10 * DAY,
        is_demonstration=True,
    )
    Applicant.objects.create(
        application=application, user=by, role=Applicant.Role.OWNER, begins_at=call.opens_at, appointed_by=by
    )
    record(Verb.APPLICATION_BEGUN, on=application, by=by, changes={"status": [None, "draft"]}, reason="demonstration")
    place(application, entry)
    write_answers(application, entry, texts, by)
    add_papers(application, texts, by, number)
    record_on_paper(
        application=application,
        received_on=(call.national_deadline_at - 5 * DAY).astimezone(PARIS).date(),
        letter=paper("endorsement", application, texts),
        by=officer,
    )
    # The verb counts from the instant at which it is told to have received the application.
    submit(application=application, by=by, received_at=submitted_at)
    application.refresh_from_db()
    if entry["stage"] == "submitted":
        return
    application = examine(application, officer)
    for email, review in entry.get("reviews", {}).items():
        evaluator = Evaluator.objects.in_force().get(user__email=email, field=application.field)
        if timezone.now() < call.evaluation_until:
            review_now(application, evaluator, review, texts, officer)
        else:
            write_review(application, evaluator, review, texts)


def place(application: Application, entry: dict[str, Any]) -> None:
    application.latitude, application.longitude = entry["latitude"], entry["longitude"]
    application.save(update_fields=["latitude", "longitude"])


def write_answers(application: Application, entry: dict[str, Any], texts: dict[str, Any], by: Person) -> None:
    """Answer all questions, or those that the entry names, in the language of the application."""
    values = texts["answers"][application.language]
    wanted = entry.get("answered")
    partners = entry["partners"]
    answers = []
    for question in Question.objects.filter(section__call=application.call_id):
        match question.kind:
            case Kind.CITY:
                value: Any = {
                    "name_en": application.name_en,
                    "name_fr": application.name_fr,
                    "latitude": str(application.latitude),
                    "longitude": str(application.longitude),
                }
            case Kind.FIELD:
                value = entry["field"]
            case _ if question.key not in values or (wanted and question.key not in wanted):
                continue
            case _:
                value = filled_in(values[question.key], application)
        if question.kind == Kind.INTERNATIONAL:
            value = [row | {"partner_cities": partners} for row in value]
        answers.append(Answer(application=application, question=question, value=value, version=1, updated_by=by))
    # The beginning has answered some of them.
    Answer.objects.bulk_create(
        answers,
        update_conflicts=True,
        unique_fields=["application", "question"],
        update_fields=["value", "version", "updated_by"],
    )
    if not wanted:
        application.partner_cities.set(City.objects.members().filter(slug__in=partners))


def filled_in(value: Any, application: Application) -> Any:
    """A text of the demonstration with the name of the city, also within lists."""
    match value:
        case str():
            return value.replace("{city}", application.name_en).replace(
                "{slug}", slug_of(application.name_en, SLUG_LENGTH)
            )
        case dict():
            return {name: filled_in(inner, application) for name, inner in value.items()}
        case list():
            return [filled_in(inner, application) for inner in value]
    return value


def add_papers(application: Application, texts: dict[str, Any], by: Person, number: int) -> None:
    """The documents and photos that the call asks for."""
    kinds = [DocumentKind.SIGNED_FORM, DocumentKind.MAYORS_LETTER]
    kinds += [DocumentKind.SUPPORT_LETTER] * application.call.support_letters
    for nth, kind in enumerate(kinds):
        file = store(kind=PrivateFile.Kind.APPLICATION, upload=paper(kind.value, application, texts), by=by)
        signatory = f"Signatory {nth} of {application.name_en}" if kind in ApplicationDocument.SIGNED else ""
        ApplicationDocument.objects.create(
            application=application, kind=kind, file=file, added_by=by, signatory_name=signatory
        )
    photos = range(application.call.photos)
    for nth in photos:
        photo = store_photo(owner=application, upload=picture(40 + len(photos) * number + nth), by=by)
        ApplicationPhoto.objects.create(application=application, photo=photo, position=nth + 1, **texts["photo"])
        granted_on = timezone.now().astimezone(PARIS).date()
        note_grant(
            photo=photo, rights_holder=texts["photo"]["credit"], granted_on=granted_on, granted_until=None, by=by
        )


def paper(kind: str, application: Application, texts: dict[str, Any]) -> SimpleUploadedFile:
    words = texts["letters"][application.language]
    title = words[kind].replace("{city}", application.name_en)
    return SimpleUploadedFile(f"{kind}.pdf", sheet(title, words["note"]), "application/pdf")


def sheet(title: str, line: str) -> bytes:
    """A PDF of one page with two lines of text, and nothing else."""

    def shown(text: str) -> bytes:
        plain = text.replace("\u202f", " ").encode("cp1252", "replace")
        return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")

    text = b"BT /F1 20 Tf 72 740 Td (" + shown(title) + b") Tj /F1 12 Tf 0 -36 Td (" + shown(line) + b") Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
    ]
    file, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj%sendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return file + end % (table, len(file))


# Examination and evaluation


def examine(application: Application, officer: Person) -> Application:
    """Confirm what is computed, call in order what cannot be, and find the application eligible."""
    result = ScreeningItem.Result
    found = {str(line.code): (line.computed or result.PASS.value, "") for line in checklist(application)}
    note_items(application=application, found=found, by=officer)
    return find_eligible(application=application, by=officer).application


def review_now(
    application: Application, evaluator: Evaluator, review: dict[str, Any], texts: dict[str, Any], officer: Person
) -> None:
    """An evaluation of a call whose evaluation goes on, as far as it is to come."""
    assignment = assign(application=application, evaluator=evaluator, by=officer)
    if review["status"] == Status.PROPOSED:
        return
    (assignment,) = ask(assignments=[assignment], by=officer)
    if review["status"] == Status.INVITED:
        return
    by = evaluator.user
    assignment = accept(assignment=assignment, by=by)
    keys = application.call.criteria.values_list("key", flat=True)
    given = Given(
        scores={key: (value, "") for key, value in zip(keys, review["scores"], strict=False)},
        recommendation=review.get("recommendation", ""),
        comment=texts["review"][by.language] if "recommendation" in review else "",
    )
    save_evaluation(assignment=assignment, given=given, seen=0, by=by)
    if review["status"] == Status.SUBMITTED:
        submit_evaluation(assignment=assignment, by=by)


def write_review(application: Application, evaluator: Evaluator, review: dict[str, Any], texts: dict[str, Any]) -> None:
    """An evaluation of a call whose evaluation has ended, with what the history would have of it."""
    until = application.call.evaluation_until
    assignment = Assignment.objects.create(
        application=application,
        evaluator=evaluator,
        user=evaluator.user,
        status=Status.LOCKED,
        due_at=until,
        invited_at=until - 30 * DAY,
        declared_at=until - 20 * DAY,
        submitted_at=until - 10 * DAY,
    )
    evaluation = Evaluation.objects.create(
        assignment=assignment,
        recommendation=review["recommendation"],
        comment=texts["review"][evaluator.user.language],
        version=1,
    )
    criteria = application.call.criteria.all()
    Score.objects.bulk_create(
        Score(evaluation=evaluation, criterion=criterion, value=value)
        for criterion, value in zip(criteria, review["scores"], strict=True)
    )
    change: dict[str, list[Any]] = {"status": [None, Status.LOCKED.value]}
    record(Verb.EVALUATED, on=assignment, by=evaluator.user, changes=change, reason="demonstration")
