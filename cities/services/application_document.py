"""Documents of an application. One that is replaced or taken out stays: what was submitted names it by its hash."""

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..exceptions import MandateRefused, NetworkError, TransitionNotAllowed
from ..models import Application, ApplicationDocument, HistoryEntry, PrivateFile
from ..people import Person
from . import private_file
from .answering import closed_because
from .history import record
from .locking import locked

Kind = ApplicationDocument.Kind
Verb = HistoryEntry.Verb

ONE_ONLY = (Kind.SIGNED_FORM, Kind.MAYORS_LETTER)
"""A new one takes the place of the one before."""
MOST = 10
"""So many documents of one kind at a time."""


class DocumentRefused(NetworkError):
    """A document cannot be added or taken out as asked."""


@transaction.atomic
def add_document(
    *,
    application: Application,
    kind: str,
    upload: UploadedFile,
    by: Person,
    signatory_name: str = "",
    signatory_function: str = "",
    signatory_email: str = "",
    replaces: ApplicationDocument | None = None,
) -> ApplicationDocument:
    """Add a document (PDF) to an application that can be changed; staff add translations, at any time.

    A second form or letter of the mayor takes the place of the first; so does any for the one that it `replaces`.
    Of a letter it is asked who signed it: such a person evaluates nothing here. Raises MandateRefused for who does
    not write here, TransitionNotAllowed when it can no longer be changed, DocumentRefused, UploadRefused.
    """
    stored = locked(application)
    _check_may_change(stored, kind, by)
    signatory_name = signatory_name.strip()
    if kind in ApplicationDocument.SIGNED and not signatory_name:
        raise DocumentRefused(_("Say who signed the letter."))
    current = stored.documents.filter(kind=kind, replaced_at=None)
    gone = current if kind in ONE_ONLY else current.none()
    if replaces is not None:
        gone |= current.filter(pk=replaces.pk)
    if current.count() - gone.count() >= MOST:
        raise DocumentRefused(
            _("There are %(count)d documents of this kind already: take one out first.") % {"count": MOST}
        )
    # Last: the file is written at once, and no rollback takes it away.
    file = private_file.store(kind=PrivateFile.Kind.APPLICATION, upload=upload, by=by, taken=("PDF",))
    for document in list(gone):
        _take_out(document, by)
    added = ApplicationDocument.objects.create(
        application=stored,
        kind=kind,
        file=file,
        signatory_name=signatory_name,
        signatory_function=signatory_function.strip(),
        signatory_email=signatory_email,
        added_by=by,
    )
    record(Verb.DOCUMENT_ADDED, on=stored, by=by, changes={str(kind): [None, file.sha256]})
    return added


@transaction.atomic
def remove_document(*, document: ApplicationDocument, by: Person) -> ApplicationDocument:
    """Take a document out of an application that can be changed; its row and its file stay.

    Raises MandateRefused, TransitionNotAllowed as `add_document`; taken out twice it is taken out once.
    """
    application = locked(document.application)
    _check_may_change(application, document.kind, by)
    stored = locked(document)
    stored.application = application
    if stored.is_current:
        _take_out(stored, by)
    return stored


def _check_may_change(application: Application, kind: str, by: Person) -> None:
    if kind == Kind.TRANSLATION:
        if not by.has_perm("cities.screen", application) or application.submitted_at is None:
            raise MandateRefused(
                gettext_lazy("Only officers of the secretariat add translations, after the submission.")
            )
        return
    if not by.has_perm("cities.write_application", application):
        raise MandateRefused(gettext_lazy("Only those who write this application can change it."))
    if not application.is_editable:
        raise TransitionNotAllowed(closed_because(application))


def _take_out(document: ApplicationDocument, by: Person) -> None:
    document.replaced_at = timezone.now()
    document.save(update_fields=["replaced_at"])
    record(Verb.DOCUMENT_REMOVED, on=document.application, by=by, changes={document.kind: [document.file.sha256, None]})
