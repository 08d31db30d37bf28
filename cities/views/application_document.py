from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from ..access import needs
from ..exceptions import NetworkError, UploadRefused
from ..forms.application_document import DocumentForm
from ..models import Application, ApplicationDocument
from ..people import Person
from ..services.application_document import remove_document
from ..services.limits import is_over_limit
from .application import known_application

UPLOADS_AN_HOUR = 60
Kind = ApplicationDocument.Kind


def known_document(user: Person, pk: int, document: int) -> Application:
    """An application with the document that the address names (`opened`); raises Http404."""
    application: Any = known_application(user, pk)
    application.opened = get_object_or_404(application.documents.select_related("application", "file"), pk=document)
    return application


@needs("cities.work_on_application", of=known_application)
def my_application_documents(request: HttpRequest, application: Application) -> HttpResponse:
    """The documents of an application, and a form to add one for who writes it."""
    may_write = request.user.has_perm("cities.write_application", application)
    form, status = None, 200
    if may_write and application.is_editable:
        form = DocumentForm(
            request.POST if request.method == "POST" else None,
            request.FILES or None,
            initial={"kind": request.GET.get("kind", "")},
        )
    if request.method == "POST":
        if form is None:
            messages.error(request, _("Nothing can be changed here any more."))
            return redirect("cities:my_application_documents", application.pk)
        if add(request, application, form):
            messages.success(request, _("The document is here."))
            return redirect("cities:my_application_documents", application.pk)
        status = 422
    documents = list(application.documents.filter(replaced_at=None).select_related("file", "added_by"))
    kinds = [(kind, [one for one in documents if one.kind == kind], wanted(kind, application)) for kind in Kind]
    context = {
        "application": application,
        "form": form,
        "kinds": [entry for entry in kinds if entry[0] in ApplicationDocument.OF_TEAM or entry[1]],
        "of_team": ApplicationDocument.OF_TEAM,
    }
    return render(request, "cities/application/documents.html", context, status=status)


def wanted(kind: Kind, application: Application) -> int:
    """How many documents of a kind the call asks for."""
    return {Kind.SIGNED_FORM: 1, Kind.MAYORS_LETTER: 1, Kind.SUPPORT_LETTER: application.call.support_letters}.get(
        kind, 0
    )


def add(request: HttpRequest, application: Application, form: DocumentForm) -> bool:
    """Add what was sent; False when the form says why not."""
    if not form.is_valid():
        return False
    if is_over_limit("document", str(request.user.pk), limit=UPLOADS_AN_HOUR, seconds=3600):
        form.add_error("file", _("You sent many documents within an hour. Send the next one later."))
        return False
    try:
        form.act(application=application, by=request.user)
    except UploadRefused as refusal:
        form.add_error("file", str(refusal))
    except NetworkError as refusal:
        form.add_error(None, str(refusal))
    else:
        return True
    return False


@needs("cities.write_application", of=known_document)
def my_application_documents_remove(request: HttpRequest, application: Any) -> HttpResponse:
    if request.method == "POST":
        try:
            remove_document(document=application.opened, by=request.user)
        except NetworkError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The document is taken out."))
    return redirect("cities:my_application_documents", application.pk)
