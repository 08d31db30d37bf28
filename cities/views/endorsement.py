"""The desk of a National Commission: the applications of its country, their places, and what it says to each."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..access import needs
from ..exceptions import NetworkError, TransitionNotAllowed, UploadRefused
from ..forms.endorsement import DeclineForm, EndorseForm, NoteForm, WishesForm, WithdrawForm
from ..models import Call, CommissionOfficer, Country, Endorsement
from ..people import Person
from ..services.answering import progress, progress_of_many
from ..services.endorsement import Desk, desk, desks, reopen, row_of


def own_country(user: Person, iso2: str) -> Country:
    """A country for whose National Commission a person acts now; raises Http404."""
    own = CommissionOfficer.objects.of(user).in_force().order_by().values("country")
    return get_object_or_404(Country.objects.filter(pk__in=own), pk=iso2)


def own_endorsement(user: Person, pk: int) -> Endorsement:
    """What a Commission for which a person acts now is asked for; raises Http404."""
    own = CommissionOfficer.objects.of(user).in_force().order_by().values("country")
    related = ("application__call", "application__country", "application__field", "call", "country", "field", "letter")
    found = Endorsement.objects.filter(country__in=own).select_related(*related, "decided_by")
    return get_object_or_404(found, pk=pk)


# The desk


def show_desks(request: HttpRequest, country: Country, bound: WishesForm | None = None) -> HttpResponse:
    found = desks(country)
    applications = [row.application for one in found for row in one.rows if row.can_be_read]
    percent = {pk: done.percent for pk, done in progress_of_many(applications).items()} if applications else {}
    shown = []
    for one in found:
        form = bound if bound and bound.desk.call == one.call else WishesForm(desk=one)
        rows = [(row, percent.get(row.application.pk), form[f"wish-{row.endorsement.pk}"]) for row in one.rows]
        shown.append({"desk": one, "rows": rows, "is_open": one.is_open, "form": form})
    context = {
        "country": country,
        "current": [one for one in shown if one["is_open"]],
        "past": [one for one in shown if not one["is_open"]],
        "form": bound,
        "colleagues": CommissionOfficer.objects.in_force().filter(country=country).select_related("user"),
    }
    return render(request, "my/commission.html", context)


@needs("cities.endorse", of=own_country)
def my_commission(request: HttpRequest, country: Country) -> HttpResponse:
    """A country's applications in each call, the places used, the deadlines; past calls stay readable."""
    return show_desks(request, country)


@needs("cities.endorse", of=own_country)
@require_POST
def my_commission_wishes(request: HttpRequest, country: Country) -> HttpResponse:
    """Keep the order in which the Commission would choose the applications of a call."""
    slug = request.POST.get("call", "").replace("\x00", "")
    call = Call.objects.public().filter(slug=slug).first()
    if call is None:
        return redirect("cities:my_commission", country.pk)
    form = WishesForm(request.POST, desk=desk(country, call))
    if form.is_valid():
        form.act(by=request.user)
        messages.success(request, _("The order of your wishes is saved."))
        return redirect("cities:my_commission", country.pk)
    return show_desks(request, country, form)


# One application


def show(request: HttpRequest, endorsement: Endorsement, name: str = "", bound: Any = None) -> HttpResponse:
    """An application on the desk; `bound` is the form that was refused, in the place of the `name` one."""
    row = row_of(endorsement)
    here: Desk = desk(endorsement.country, endorsement.call)
    forms: dict[str, Any] = {
        "endorse": EndorseForm(auto_id="id_endorse_%s"),
        "decline": DeclineForm(auto_id="id_decline_%s"),
        "withdraw": WithdrawForm(auto_id="id_withdraw_%s"),
        "note": NoteForm(initial={"note": endorsement.note}, auto_id="id_note_%s"),
    }
    if bound is not None:
        forms[name] = bound
    context = {
        "endorsement": endorsement,
        "application": endorsement.application,
        "row": row,
        "desk": here,
        "country": endorsement.country,
        "percent": progress(endorsement.application).percent if row.can_be_read else None,
        "forms": forms,
        "form": bound,
        "refused": name,
    }
    return render(request, "my/endorsement.html", context)


def tried(
    request: HttpRequest, endorsement: Endorsement, name: str, form: Any, done: Callable[[Endorsement], str]
) -> HttpResponse:
    """Act as a form says, or show the page with what was refused; what was done already is told, not refused."""
    if form.is_valid():
        try:
            stored = form.act(endorsement=endorsement, by=request.user)
        except TransitionNotAllowed as refusal:
            messages.warning(request, str(refusal))
        except UploadRefused as refusal:
            form.add_error("letter", str(refusal))
            return show(request, endorsement, name, form)
        except NetworkError as refusal:
            form.add_error(None, str(refusal))
            return show(request, endorsement, name, form)
        else:
            messages.success(request, done(stored))
        return redirect("cities:my_endorsement", endorsement.pk)
    return show(request, endorsement, name, form)


@needs("cities.endorse", of=own_endorsement)
def my_endorsement(request: HttpRequest, endorsement: Endorsement) -> HttpResponse:
    """An application that was shared: the way to its file, the places left, and what can be said to it."""
    return show(request, endorsement)


@needs("cities.endorse", of=own_endorsement)
@require_POST
def my_endorse(request: HttpRequest, endorsement: Endorsement) -> HttpResponse:
    form = EndorseForm(request.POST, request.FILES, auto_id="id_endorse_%s")
    return tried(
        request,
        endorsement,
        "endorse",
        form,
        lambda stored: _("%(city)s is endorsed. Its team is told by mail.") % {"city": stored.application.name},
    )


@needs("cities.endorse", of=own_endorsement)
@require_POST
def my_decline(request: HttpRequest, endorsement: Endorsement) -> HttpResponse:
    form = DeclineForm(request.POST, auto_id="id_decline_%s")
    return tried(
        request,
        endorsement,
        "decline",
        form,
        lambda stored: (
            _("%(city)s is not endorsed. Its team gets your words by mail.") % {"city": stored.application.name}
        ),
    )


@needs("cities.endorse", of=own_endorsement)
@require_POST
def my_endorsement_withdraw(request: HttpRequest, endorsement: Endorsement) -> HttpResponse:
    form = WithdrawForm(request.POST, auto_id="id_withdraw_%s")
    return tried(
        request,
        endorsement,
        "withdraw",
        form,
        lambda stored: (
            _("The endorsement of %(city)s is withdrawn, and its place is free.") % {"city": stored.application.name}
        ),
    )


@needs("cities.endorse", of=own_endorsement)
@require_POST
def my_endorsement_reopen(request: HttpRequest, endorsement: Endorsement) -> HttpResponse:
    try:
        reopen(endorsement=endorsement, by=request.user)
    except NetworkError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The application waits for your answer again."))
    return redirect("cities:my_endorsement", endorsement.pk)


@needs("cities.endorse", of=own_endorsement)
@require_POST
def my_endorsement_note(request: HttpRequest, endorsement: Endorsement) -> HttpResponse:
    form = NoteForm(request.POST, auto_id="id_note_%s")
    return tried(request, endorsement, "note", form, lambda _stored: _("The note is saved."))
