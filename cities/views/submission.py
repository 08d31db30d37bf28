"""An application leaves its team: the self-check, sharing, submission, its receipt, withdrawal."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from ..access import for_everyone, needs
from ..attachment import JSON, attachment
from ..exceptions import NetworkError
from ..forms.submission import ReceiptForm, WithdrawForm
from ..models import Application, Snapshot
from ..people import Person
from ..services.checklist import check, failures
from ..services.dossier import content
from ..services.endorsement import commission_of
from ..services.limits import is_over_limit, sender
from ..services.submission import AlreadySubmitted, NotInOrder, find_receipt, share, submit, withdraw
from .application import known_application

LOOKED_UP_AN_HOUR = 30


def known_snapshot(user: Person, pk: int, number: int) -> Application:
    """An application with the submission that the address names (`opened`); raises Http404."""
    application: Any = known_application(user, pk)
    snapshots = application.snapshots.select_related("by")
    application.opened = get_object_or_404(snapshots, number=number)
    return application


@needs("cities.own_application", of=known_application)
def my_application_share(request: HttpRequest, application: Application) -> HttpResponse:
    if request.method == "POST":
        try:
            share(application=application, by=request.user)
        except NetworkError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("The National Commission sees the application now, and is asked to endorse it.")
            )
    return redirect("cities:my_application", application.pk)


@needs("cities.work_on_application", of=known_application)
def my_application_check(request: HttpRequest, application: Application) -> HttpResponse:
    """What the technical examination would find now: the very function that it uses."""
    findings = check(application)
    context = {"application": application, "findings": findings, "failures": failures(findings)}
    return render(request, "cities/application/check.html", context | {"now": timezone.now()})


@needs("cities.own_application", of=known_application)
def my_application_submit(request: HttpRequest, application: Application) -> HttpResponse:
    """What will be sent, and the check of it; a POST submits."""
    # Before anything is waited for: who asks in time is in time.
    received_at = timezone.now()
    refusal, status = "", 200
    if request.method == "POST":
        try:
            snapshot = submit(application=application, by=request.user, received_at=received_at)
        except AlreadySubmitted as already:
            messages.info(request, str(already))
            return redirect("cities:my_application_receipt", application.pk, already.snapshot.number)
        except NotInOrder:
            refusal, status = _("Nothing was submitted: what stands below is not in order yet."), 409
        except NetworkError as refused:
            refusal, status = str(refused), 409
        else:
            messages.success(request, _("The application is submitted. This is its receipt."))
            return redirect("cities:my_application_receipt", application.pk, snapshot.number)
    application.refresh_from_db(fields=["status", "return_until"])
    if application.status_told not in Application.EDITABLE and not refusal:
        return redirect("cities:my_application", application.pk)
    findings = check(application, at=received_at)
    return render(
        request,
        "cities/application/submit.html",
        {
            "application": application,
            "content": content(application),
            "findings": findings,
            "failures": failures(findings),
            "refusal": refusal,
            "has_commission": bool(commission_of(application.country)),
            "now": received_at,
        },
        status=status,
    )


@needs("cities.own_application", of=known_application)
def my_application_withdraw(request: HttpRequest, application: Application) -> HttpResponse:
    """Ask whether an application is to be withdrawn, and withdraw it."""
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            withdraw(application=application, by=request.user, reason=form.cleaned_data["reason"])
        except NetworkError as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, _("The application is withdrawn. What you wrote stays readable."))
            return redirect("cities:my_application", application.pk)
    if application.status == Application.Status.WITHDRAWN:
        return redirect("cities:my_application", application.pk)
    context = {"application": application, "form": form}
    return render(request, "cities/application/withdraw.html", context, status=status)


# Receipts


@needs("cities.read_receipt", of=known_snapshot)
def my_application_receipt(request: HttpRequest, application: Any) -> HttpResponse:
    """The receipt of a submission, to be printed."""
    context = {"application": application, "snapshot": application.opened}
    return render(request, "cities/application/receipt.html", context)


@needs("cities.read_receipt", of=known_snapshot)
def my_application_receipt_file(request: HttpRequest, application: Any) -> HttpResponse:
    """What was submitted, byte for byte as it was hashed: `sha256sum` of the file gives the hash of the receipt."""
    snapshot: Snapshot = application.opened
    return attachment(snapshot.as_hashed(), JSON, f"{application.reference}-{snapshot.number}.json")


@for_everyone
def receipt(request: HttpRequest) -> HttpResponse:
    """Verify a receipt: whoever has its code learns when what was received, and nothing of what it says."""
    form = ReceiptForm(request.GET if "code" in request.GET else None)
    snapshot, status = None, 200
    if form.is_bound and form.is_valid():
        if is_over_limit("receipt", sender(request), limit=LOOKED_UP_AN_HOUR, seconds=3600):
            form.add_error(None, _("Many receipts were looked up from your address within an hour. Try again later."))
            status = 429
        else:
            snapshot = find_receipt(form.cleaned_data["code"])
            if snapshot is None:
                form.add_error("code", _("No receipt has this code. Compare it with the receipt, letter by letter."))
    response = render(request, "cities/receipt.html", {"form": form, "snapshot": snapshot}, status=status)
    add_never_cache_headers(response)
    return response
