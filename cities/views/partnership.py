"""What one city asks another: to be a partner in an initiative; and the answer."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..access import needs
from ..exceptions import NetworkError
from ..forms.initiative import AskPartnerForm, DeclineForm, InitiativeDraft
from ..models import City, Initiative, Partnership
from ..people import Person
from ..services import partnership as service
from ..services.limits import is_over_limit
from .initiative import open_state, page
from .my import own_initiative

ASKED_A_DAY = 5
"""How often one city may ask another, whatever about: each question is a mail to all who speak for it."""


def own_partnership(user: Person, pk: int) -> Partnership:
    """A partnership that one of the person's cities leads or is asked into; raises Http404."""
    own = City.objects.coordinated_by(user)
    found = Partnership.objects.filter(Q(city__in=own) | Q(initiative__lead__in=own))
    return get_object_or_404(found.select_related("city__country", "initiative__lead", "initiative__published"), pk=pk)


@needs("cities.answer_for_city", of=own_initiative)
@require_POST
def ask(request: HttpRequest, initiative: Initiative) -> HttpResponse:
    """Ask a member city to be a partner of an initiative."""
    form = AskPartnerForm(request.POST, initiative=initiative)
    if form.is_valid():
        city = form.cleaned_data["city"]
        try:
            if is_over_limit("ask", f"{initiative.lead_id} {city.pk}", limit=ASKED_A_DAY, seconds=24 * 3600):
                raise NetworkError(_("This city was asked several times today. Ask again tomorrow."))
            asked = service.ask(initiative=initiative, city=city, by=request.user)
        except NetworkError as refusal:
            form.add_error("city", str(refusal))
        else:
            city = asked.city
            if service.speakers(city).exists():
                said = _("%(city)s has been asked by mail. The partnership is public once it confirms.") % {
                    "city": city
                }
            else:
                said = _("%(city)s is noted; it has no coordinator here yet who could confirm.") % {"city": city}
            messages.success(request, said)
            return redirect("cities:my_initiative", initiative.pk)
    return page(request, initiative, InitiativeDraft(open_state(initiative)), ask_form=form)


def page_of_partnership(request: HttpRequest, partnership: Partnership, form: DeclineForm) -> HttpResponse:
    initiative, user = partnership.initiative, request.user
    is_partner = user.has_perm("cities.edit_profile", partnership.city)
    is_lead = user.has_perm("cities.edit_initiative", initiative)
    may_read_on = is_lead or partnership.status in Partnership.TAKING_PART
    revision = initiative.last_revision if may_read_on else initiative.published
    context = {
        "city": partnership.city if is_partner else initiative.lead,
        "partnership": partnership,
        "initiative": initiative,
        "lead": initiative.lead,
        "revision": revision,
        "parts": [part for part in revision.parts() if part.text and part.name not in {"title", "text"}]
        if revision
        else [],
        "is_partner": is_partner,
        "is_lead": is_lead,
        "may_answer": partnership.is_waiting and user.has_perm("cities.answer_for_city", partnership),
        "may_end": partnership.may_end and user.has_perm("cities.end_partnership", partnership),
        "form": form,
    }
    return render(request, "my/partnership.html", context)


@needs("cities.open_partnership", of=own_partnership)
def my_partnership(request: HttpRequest, partnership: Partnership) -> HttpResponse:
    """What is asked and how it stands, for both cities. Opening it answers nothing."""
    return page_of_partnership(request, partnership, DeclineForm())


@needs("cities.answer_for_city", of=own_partnership)
@require_POST
def confirm(request: HttpRequest, partnership: Partnership) -> HttpResponse:
    try:
        service.confirm(partnership=partnership, by=request.user)
    except NetworkError as refusal:
        messages.warning(request, str(refusal))
    else:
        said = _("Confirmed. Your city is named as a partner wherever the initiative is public.")
        messages.success(request, said)
    return redirect(partnership)


@needs("cities.answer_for_city", of=own_partnership)
@require_POST
def decline(request: HttpRequest, partnership: Partnership) -> HttpResponse:
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return page_of_partnership(request, partnership, form)
    try:
        service.decline(partnership=partnership, by=request.user, **form.cleaned_data)
    except NetworkError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Declined. The city that asked is told by mail."))
    return redirect(partnership)


@needs("cities.end_partnership", of=own_partnership)
@require_POST
def end(request: HttpRequest, partnership: Partnership) -> HttpResponse:
    """End a partnership, or a question, from either side."""
    speaks_for_lead = request.user.has_perm("cities.answer_for_city", partnership.initiative)
    city = partnership.initiative.lead if speaks_for_lead else partnership.city
    try:
        service.end(partnership=partnership, city=city, by=request.user)
    except NetworkError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Ended. The other city is told by mail."))
    if speaks_for_lead:
        return redirect("cities:my_initiative", partnership.initiative_id)
    return redirect(partnership)
