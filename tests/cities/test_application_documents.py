"""Documents and photos of applications: what is taken in, what replaces what, and who reads it when."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cities.exceptions import MandateRefused, NetworkError, TransitionNotAllowed, UploadRefused
from cities.models import (
    Applicant,
    Application,
    ApplicationDocument,
    Assignment,
    Call,
    CallDocument,
    Decision,
    Endorsement,
    HistoryEntry,
    Photo,
    PrivateFile,
)
from cities.services.application_document import MOST, DocumentRefused, add_document, remove_document
from cities.services.photo import add_photo_use, store_photo
from cities.services.private_file import files_visible_to
from tests.conftest import person
from tests.factories import hostile
from tests.factories.applications import PDF, add_file, add_photo, complete_application
from tests.factories.calls import DAY, add_applicant, make_application, make_assignment, make_call, make_evaluator

Kind, Status, Role = ApplicationDocument.Kind, Application.Status, Applicant.Role
pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def owner(network):
    return person("owner@example.org")


@pytest.fixture
def draft(owner) -> Application:
    return make_application(make_call(), owner=owner)


def sent(content: bytes = PDF, name: str = "letter.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def add(application, by, kind=Kind.MAYORS_LETTER, **fields) -> ApplicationDocument:
    if kind in ApplicationDocument.SIGNED:
        fields.setdefault("signatory_name", "Mayor of the Tests")
    return add_document(application=application, kind=kind, by=by, **{"upload": sent(), **fields})


# Taking in


def test_a_letter_is_kept_with_who_signed_it(draft, owner):
    letter = add(draft, owner, signatory_name=" Anne Müller ", signatory_email="Mayor@Example.org")
    assert (letter.signatory_name, letter.signatory_key, letter.signatory_email) == (
        "Anne Müller",
        "anne0muller",
        "mayor@example.org",
    )
    assert (letter.file.kind, letter.file.content_type, letter.file.uploaded_by) == (
        "application",
        "application/pdf",
        owner,
    )
    entry = HistoryEntry.objects.about(draft).get()
    assert entry.changes == {"mayors-letter": [None, letter.file.sha256]}


@pytest.mark.parametrize("kind", ApplicationDocument.SIGNED)
def test_of_letters_it_is_asked_who_signed(draft, owner, kind):
    with pytest.raises(DocumentRefused, match="Say who signed"):
        add(draft, owner, kind, signatory_name=" ")
    assert PrivateFile.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty. Choose the document as a PDF."),
        (hostile.jpeg(), "The file is no PDF inside, whatever its name says."),
        (b"<script>alert(1)</script>", "The file is no PDF inside"),
        (b"%PDF-1.7\n1 0 obj", "breaks off before its end"),
        (b"%PDF-" + b"x" * (10 * 2**20), "larger than 10 MB"),
    ],
)
def test_only_whole_pdfs_are_taken(draft, owner, content, sentence):
    with pytest.raises(UploadRefused, match=sentence):
        add(draft, owner, upload=sent(content))
    assert ApplicationDocument.objects.count() == 0


SCANNED: list[tuple[bytes, str]] = []


def suspicious(content: bytes, name: str) -> None:
    SCANNED.append((content, name))
    raise UploadRefused("This file carries something that harms.")


def test_a_scanner_looks_into_every_document(draft, owner, settings):
    add(draft, owner)
    settings.DOCUMENT_SCANNER = f"{__name__}.suspicious"
    SCANNED.clear()
    with pytest.raises(UploadRefused, match="carries something that harms"):
        add(draft, owner, upload=sent(name="second.pdf"))
    assert SCANNED == [(PDF, "second.pdf")]
    assert PrivateFile.objects.count() == 1
    # The letter before stays: nothing took its place.
    assert ApplicationDocument.objects.get().is_current


@pytest.mark.parametrize("kind", [Kind.SIGNED_FORM, Kind.MAYORS_LETTER])
def test_a_second_one_takes_the_place_of_the_first(draft, owner, kind):
    first, second = add(draft, owner, kind), add(draft, owner, kind)
    first.refresh_from_db()
    assert (first.is_current, second.is_current) == (False, True)
    assert first.file.file.read() == PDF


def test_letters_of_support_stand_side_by_side_and_one_can_replace_another(draft, owner):
    first, second = add(draft, owner, Kind.SUPPORT_LETTER), add(draft, owner, Kind.SUPPORT_LETTER)
    third = add(draft, owner, Kind.SUPPORT_LETTER, replaces=first)
    assert set(draft.documents.filter(replaced_at=None)) == {second, third}


def test_of_one_kind_there_are_so_many(draft, owner):
    for _number in range(MOST):
        add_file(draft, owner, Kind.SUPPORT_LETTER)
    with pytest.raises(DocumentRefused, match=f"There are {MOST} documents of this kind already"):
        add(draft, owner, Kind.SUPPORT_LETTER)


def test_taken_out_it_stays_and_is_taken_out_once(draft, owner):
    document = add(draft, owner)
    for _click in range(2):
        remove_document(document=document, by=owner)
    document.refresh_from_db()
    assert not document.is_current
    assert document.file.file.read() == PDF
    assert HistoryEntry.objects.filter(verb="application.document_removed").count() == 1


@pytest.mark.parametrize("status", [status for status in Status if status != Status.DESIGNATED])
def test_documents_change_while_the_application_can(draft, owner, status):
    document = add(draft, owner)
    submitted = {} if status in ("draft", "withdrawn") else {"submitted_at": timezone.now()}
    Application.objects.filter(pk=draft.pk).update(status=status, return_until=timezone.now() + DAY, **submitted)
    if status in Application.EDITABLE:
        add(draft, owner)
        return
    for act in (lambda: add(draft, owner), lambda: remove_document(document=document, by=owner)):
        with pytest.raises(TransitionNotAllowed, match="nothing can be changed any more"):
            act()


def test_after_the_end_nothing_changes(owner):
    application = make_application(make_call("screening"), owner=owner)
    with pytest.raises(TransitionNotAllowed, match="The time is over"):
        add(application, owner)


def test_readers_and_strangers_add_nothing(draft, officer, coordinator):
    reader = person("reader@example.org")
    add_applicant(draft, reader, Role.READER)
    for who in (reader, officer, coordinator):
        with pytest.raises(MandateRefused):
            add(draft, who)


def test_officers_add_translations_after_the_submission(draft, owner, officer):
    with pytest.raises(MandateRefused, match="Only officers"):
        add(draft, officer, Kind.TRANSLATION)
    Application.objects.filter(pk=draft.pk).update(status="submitted", submitted_at=timezone.now())
    assert add(Application.objects.get(pk=draft.pk), officer, Kind.TRANSLATION).is_current
    with pytest.raises(MandateRefused, match="Only officers"):
        add(draft, owner, Kind.TRANSLATION)


# Who reads them


@pytest.fixture
def world(owner, commission_officer, evaluator, officer, auditor, decision_officer, coordinator) -> dict:
    """An application with one file of each kind, and everybody who might want it."""
    call = make_call("evaluation")
    application = make_application(call, "Besançon", country="BE", owner=owner, field="literature")
    reader = person("reader@example.org")
    add_applicant(application, reader, Role.READER)
    old = add_file(application, owner, Kind.MAYORS_LETTER, replaced_at=timezone.now()).file
    document = add_file(application, owner, Kind.MAYORS_LETTER, signatory_name="").file
    letter = add_file(application, person("commission.clerk@example.org"), Kind.SIGNED_FORM)
    endorsed = letter.file
    letter.delete()
    PrivateFile.objects.filter(pk=endorsed.pk).update(kind="endorsement")
    Endorsement.objects.create(
        application=application,
        call=call,
        country=application.country,
        field=application.field,
        letter=endorsed,
        status="endorsed",
        place=1,
        cap=2,
    )
    of_country = person("commission.be@example.org")
    commission_officer.commissionofficer_mandates.model.objects.create(user=of_country, country_id="BE")
    expert = person("expert@example.org")
    return {
        "application": application,
        "files": {"document": document, "replaced": old, "endorsement": endorsed},
        "people": {
            "owner": owner,
            "reader": reader,
            "commission": of_country,
            "other commission": commission_officer,
            "expert": expert,
            "other evaluator": evaluator,
            "officer": officer,
            "auditor": auditor,
            "decision officer": decision_officer,
            "coordinator": coordinator,
        },
        "evaluator": make_evaluator(expert),
    }


TEAM = {"owner", "reader"}
STAFF = {"officer", "auditor", "decision officer"}


def read_by(world: dict, file: str) -> set[str]:
    """Who may read a file; the rule, the list and the page say the same."""
    wanted = world["files"][file]
    listed = {name for name, user in world["people"].items() if files_visible_to(user).filter(pk=wanted.pk).exists()}
    ruled = {name for name, user in world["people"].items() if user.has_perm("cities.view_privatefile", wanted)}
    assert listed == ruled
    return listed


def test_a_draft_is_read_by_its_team_alone_until_it_is_shared(world):
    assert read_by(world, "document") == TEAM
    assert read_by(world, "replaced") == TEAM
    Application.objects.update(shared_at=timezone.now())
    assert read_by(world, "document") == read_by(world, "replaced") == TEAM | {"commission"}
    # What a Commission wrote is no draft: staff may have to look at it.
    assert read_by(world, "endorsement") == TEAM | {"commission"} | STAFF


def test_what_was_submitted_is_read_by_staff_too(world):
    Application.objects.update(shared_at=timezone.now(), submitted_at=timezone.now(), status="submitted")
    assert read_by(world, "document") == TEAM | {"commission"} | STAFF


@pytest.mark.parametrize("status", list(Assignment.Status))
def test_evaluators_read_current_documents_after_their_declaration(world, status):
    Application.objects.update(shared_at=timezone.now(), submitted_at=timezone.now(), status="eligible")
    make_assignment(Application.objects.get(), world["evaluator"], status)
    assert ("expert" in read_by(world, "document")) == (status in Assignment.OPENED)
    assert ("expert" in read_by(world, "endorsement")) == (status in Assignment.OPENED)
    assert "expert" not in read_by(world, "replaced")


def test_edge_l_an_evaluator_with_a_conflict_reads_nothing(world):
    Application.objects.update(shared_at=timezone.now(), submitted_at=timezone.now(), status="eligible")
    make_assignment(Application.objects.get(), world["evaluator"], Assignment.Status.IN_PROGRESS)
    assert "expert" in read_by(world, "document")
    # The expert turns out to have signed a letter.
    ApplicationDocument.objects.filter(replaced_at=None).update(signatory_email="expert@example.org")
    assert "expert" not in read_by(world, "document")


def test_who_left_the_team_reads_only_what_they_sent(world, owner):
    Applicant.objects.update(ends_at=timezone.now())
    assert read_by(world, "document") == {"owner"}
    assert read_by(world, "endorsement") == STAFF


def test_acts_of_decisions_are_for_decision_officers_alone_until_the_announcement(world, decision_officer):
    file = world["files"]["document"]
    PrivateFile.objects.filter(pk=file.pk).update(kind="decision", uploaded_by=world["people"]["officer"])
    ApplicationDocument.objects.filter(file=file).delete()
    application = world["application"]
    Application.objects.update(shared_at=timezone.now(), submitted_at=timezone.now(), status="eligible")
    Decision.objects.bulk_create(
        [
            Decision(
                number=1, application=application, call=application.call, outcome="designated", reference="DG/1",
                decided_on=timezone.localdate(),
                file=file, by=decision_officer, at=timezone.now(), previous_hash="0" * 64, hash="1" * 64,
                starts_on=timezone.localdate(),
            )
        ]
    )  # fmt: skip
    # Not even for the officer who sent it.
    assert read_by(world, "document") == {"decision officer"}
    Call.objects.filter(pk=application.call_id).update(status="announced", announced_at=timezone.now())
    assert read_by(world, "document") == STAFF


def test_documents_of_calls_are_for_all_once_the_call_is_public(world):
    file = world["files"]["document"]
    ApplicationDocument.objects.filter(file=file).delete()
    PrivateFile.objects.filter(pk=file.pk).update(kind="call", uploaded_by=world["people"]["decision officer"])
    CallDocument.objects.create(call=world["application"].call, title_en="Guide", language="en", file=file)
    assert read_by(world, "document") == set(world["people"])
    Call.objects.filter(pk=world["application"].call_id).update(status="draft")
    assert read_by(world, "document") == STAFF


def test_the_file_s_address_asks_who_is_asking(world, signed_in, client):
    file = world["files"]["document"]
    assert client.get(file.get_absolute_url()).status_code == 302
    assert signed_in(world["people"]["coordinator"]).get(file.get_absolute_url()).status_code == 404
    page = signed_in(world["people"]["reader"]).get(file.get_absolute_url())
    assert (page.status_code, page["X-Content-Type-Options"]) == (200, "nosniff")
    assert page["Content-Disposition"].startswith("attachment")


def test_files_are_found_in_one_query(world, django_assert_num_queries):
    # The others ask who is of the secretariat, whose city is a member, and what ties the person to applications.
    expert = world["people"]["expert"]
    for number in range(5):
        add_file(make_application(world["application"].call, f"Town {number}", country="BE"), expert, Kind.SIGNED_FORM)
    with django_assert_num_queries(11):
        assert files_visible_to(person_again(expert)).count() == 5


def person_again(user):
    return type(user).objects.get(pk=user.pk)


# The pages


def address(application, page="documents") -> str:
    return f"/en/my/applications/{application.pk}/{page}/"


def test_a_document_is_added_and_taken_out_by_the_page(draft, owner, signed_in):
    client = signed_in(owner)
    page = client.post(
        address(draft), {"kind": "mayors-letter", "file": sent(), "signatory_name": "Mayor of the Tests"}
    )
    assert page.url == address(draft)
    text = client.get(address(draft)).content.decode()
    assert "signed by Mayor of the Tests" in text
    document = ApplicationDocument.objects.get()
    assert client.post(f"{address(draft)}{document.pk}/remove/").url == address(draft)
    assert "signed by Mayor" not in client.get(address(draft)).content.decode()
    other = make_application(draft.call, "Tours")
    assert client.post(f"{address(other)}{document.pk}/remove/").status_code == 404


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Say which document it is."),
        ({"kind": "signed-form"}, "Choose a file first."),
        ({"kind": "mayors-letter", "file": sent}, "Say who signed the letter."),
        ({"kind": "signed-form", "file": lambda: sent(b"x")}, "The file is no PDF inside"),
        ({"kind": "translation", "file": sent}, "Select a valid choice"),
    ],
)
def test_what_is_refused_is_said_at_its_field(draft, owner, signed_in, given, sentence):
    data = {name: value() if callable(value) else value for name, value in given.items()}
    page = signed_in(owner).post(address(draft), data | {"signatory_function": "kept as typed"})
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert "kept as typed" in page.content.decode()


def test_readers_look_and_others_do_not(draft, owner, signed_in, commission_officer, officer, coordinator):
    reader = person("reader@example.org")
    add_applicant(draft, reader, Role.READER)
    add(draft, owner)
    client = signed_in(reader)
    page = client.get(address(draft))
    assert "Owners and editors" in page.content.decode()
    assert "Add a document" not in page.content.decode()
    assert client.post(address(draft), {"kind": "signed-form", "file": sent()}).status_code == 302
    assert ApplicationDocument.objects.count() == 1
    assert client.get(address(draft, "photos")).status_code == 403
    for who in (commission_officer, coordinator):
        assert signed_in(who).get(address(draft)).status_code == 404
    assert signed_in(officer).get(address(draft)).status_code == 403


def test_the_page_costs_the_same_for_one_and_for_thirty(draft, owner, signed_in, django_assert_num_queries):
    client = signed_in(owner)
    add_file(draft, owner, Kind.SIGNED_FORM)
    with django_assert_num_queries(14):
        client.get(address(draft))
    for _number in range(30):
        add_file(draft, owner, Kind.SUPPORT_LETTER)
    with django_assert_num_queries(14):
        client.get(address(draft))


# Photos


def test_photos_come_into_an_application_and_go(draft, owner, signed_in):
    client = signed_in(owner)
    picture = SimpleUploadedFile("x.jpg", hostile.jpeg())
    added = client.post(address(draft, "photos"), {"add": "1", "picture": picture})
    photo = Photo.objects.get()
    assert added.url == f"{address(draft, 'photos')}#photo-{photo.pk.hex}"
    assert (photo.application, photo.city) == (draft, None)
    text = client.get(address(draft, "photos")).content.decode()
    prefix = photo.pk.hex
    seen = text.split(f'name="{prefix}-seen" value="')[1].split('"')[0]
    said = {
        "seen": seen, "position": 1, "alt_en": "People", "alt_fr": "Des gens", "credit": "A. Body",
        "rights_holder": "The city", "granted": "on",
    }  # fmt: skip
    sent_words = {f"{prefix}-{name}": value for name, value in said.items()}
    assert client.post(address(draft, "photos"), sent_words | {"save": "1"}).status_code == 302
    use = draft.photo_uses.get()
    assert (use.alt_fr, use.photo.rights_holder, use.photo.is_usable) == ("Des gens", "The city", True)
    seen = client.get(address(draft, "photos")).content.decode().split(f'name="{prefix}-seen" value="')[1].split('"')[0]
    gone = client.post(address(draft, "photos"), sent_words | {f"{prefix}-seen": seen, "remove": prefix})
    assert gone.status_code == 302
    assert not draft.photo_uses.exists()


def test_the_call_says_how_many_photos(owner):
    draft = make_application(make_call(photos=1), owner=owner)
    first = store_photo(owner=draft, upload=SimpleUploadedFile("x.jpg", hostile.jpeg()), by=owner)
    add_photo_use(revision=draft, photo=first, by=owner)
    second = add_photo(draft, owner, 2)
    draft.photo_uses.filter(photo=second).delete()
    with pytest.raises(NetworkError, match="There is 1 photo already"):
        add_photo_use(revision=draft, photo=second, by=owner)


def test_the_same_picture_of_two_applications_is_two_photos(draft, owner):
    other = make_application(draft.call, "Tours")
    photos = {
        store_photo(owner=application, upload=SimpleUploadedFile("x.jpg", hostile.jpeg()), by=owner).pk
        for application in (draft, draft, other)
    }
    assert len(photos) == 2


def test_a_submitted_application_keeps_its_photos_as_they_are(owner):
    application = complete_application(owner=owner)
    Application.objects.update(status="submitted", submitted_at=timezone.now())
    with pytest.raises(TransitionNotAllowed, match="can no longer be changed"):
        add_photo_use(revision=Application.objects.get(pk=application.pk), photo=Photo.objects.first(), by=owner)


@pytest.mark.parametrize(
    ("status", "readers"),
    [("draft", {"owner", "reader"}), ("submitted", TEAM | STAFF | {"commission", "expert"})],
)
def test_who_sees_the_photos_of_an_application(world, signed_in, client, status, readers):
    application = world["application"]
    photo = add_photo(application, world["people"]["owner"])
    if status == "submitted":
        Application.objects.update(status="eligible", submitted_at=timezone.now(), shared_at=timezone.now())
        make_assignment(Application.objects.get(), world["evaluator"], Assignment.Status.ACCEPTED)
    seen = {name for name, user in world["people"].items() if signed_in(user).get(photo.small_url).status_code == 200}
    assert seen == readers
    assert client.get(photo.small_url).status_code == 404
