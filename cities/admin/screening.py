"""The technical examination on the page of an application: the checklist, and what follows from it."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ..days import until_in_words
from ..forms.act import ActForm
from ..forms.screening import ChecklistForm, EligibleForm, IneligibleForm, RefuseIneligibleForm, ReturnForm
from ..models import Application, Call, Reason, Screening, ScreeningItem
from ..services.screening import (
    EXAMINED,
    agree_ineligible,
    checklist,
    completed_until,
    find_eligible,
    propose_ineligible,
    refuse_ineligible,
    return_for_completion,
    screening_of,
)
from .application import ApplicationAdmin, Part, add_part
from .operations import Operation, posted

SCREEN = "cities.screen"


def is_open(application: Application, screening: Screening) -> bool:
    """Whether the examination goes on: nothing is concluded, nor proposed."""
    return application.status in EXAMINED and screening.status == Screening.Status.OPEN


def is_proposed(application: Application, screening: Screening) -> bool:
    return application.status in EXAMINED and screening.status == Screening.Status.PROPOSED


def can_be_concluded(application: Application) -> bool:
    """Whether the call has closed for the application, and its time for completion is over."""
    return application.call.status == Call.Status.PUBLISHED and timezone.now() >= application.closes_at


def operations(request: HttpRequest, application: Application) -> list[Operation]:
    """The buttons of an examination that lead somewhere now, the usual one marked."""
    if application.status not in EXAMINED or not request.user.has_perm(SCREEN, application):
        return []
    screening = screening_of(application)
    url_of = partial(url_of_page, application)
    if is_proposed(application, screening):
        if screening.proposed_by_id == request.user.pk:
            return [Operation(url_of("refuse_ineligible"), _("Take the proposal back"))]
        return [
            Operation(url_of("agree_ineligible"), _("Agree: ineligible"), is_next=True),
            Operation(url_of("refuse_ineligible"), _("Do not agree")),
        ]
    if screening.status == Screening.Status.CONCLUDED:
        return []
    results = list(screening.items.values_list("result", flat=True)) if screening.pk else []
    is_whole = len(results) == len(Reason)
    is_submitted = application.status == Application.Status.SUBMITTED
    closed = can_be_concluded(application)
    found = [Operation(url_of("examine"), _("Examine"), is_next=not is_whole and is_submitted)]
    if closed and is_submitted and is_whole and ScreeningItem.Result.FAIL not in results:
        found.append(Operation(url_of("find_eligible"), _("Find eligible"), is_next=True))
    if closed and is_submitted and application.call.return_days and screening.returned_at is None:
        found.append(Operation(url_of("return"), _("Return for completion")))
    if closed:
        found.append(Operation(url_of("propose_ineligible"), _("Propose: ineligible")))
    return found


def url_of_page(application: Application, name: str) -> str:
    return reverse(f"admin:cities_application_{name}", args=[application.pk])


def examine_view(admin: ApplicationAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Every item: what is computed now, and what the officer finds."""
    application = admin.get_subject(request, object_id, SCREEN)
    if not is_open(application, screening_of(application)):
        return admin.turned_away(request, application, _("There is nothing to examine here now."))
    lines = checklist(application)
    form = ChecklistForm(posted(request), lines=lines, application=application)
    what = [
        _("The portal computes what it can, anew each time; you confirm each item. What needs no eyes is filled in."),
        _("Find something else than what is computed, and say why in a note."),
        _("Nothing is decided by saving: the buttons for that are on the page of the application."),
    ]
    closes_at = application.call.closes_for(application)
    if timezone.now() < closes_at:
        what.append(
            _("The call is open until %(instant)s: what is computed may still change.")
            % {"instant": until_in_words(closes_at)}
        )
    response = admin.run_operation(
        request,
        form,
        title=_("Examine %(city)s") % {"city": application.name},
        what_happens=what,
        button=_("Save the findings"),
        done=lambda _result: _("The findings are saved."),
        original=application,
        context={"checklist_form": form, "application": application},
    )
    if isinstance(response, TemplateResponse):
        response.template_name = "admin/cities/screening/examine.html"
    return response


def find_eligible_view(admin: ApplicationAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    application = admin.get_subject(request, object_id, SCREEN)
    if not is_open(application, screening_of(application)):
        return admin.turned_away(request, application, _("There is nothing to examine here now."))
    return admin.run_operation(
        request,
        EligibleForm(posted(request), verb=partial(find_eligible, application=application)),
        title=_("Find %(city)s eligible") % {"city": application.name},
        what_happens=[
            _("The application goes on to the evaluation. This is not taken back."),
            told(application),
        ],
        button=_("Find eligible"),
        done=lambda screening: _("%(city)s is eligible.") % {"city": screening.application.name},
        original=application,
        page_of=lambda screening: screening.application,
    )


def propose_view(admin: ApplicationAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    application = admin.get_subject(request, object_id, SCREEN)
    screening = screening_of(application)
    if not is_open(application, screening):
        return admin.turned_away(request, application, _("There is nothing to examine here now."))
    return admin.run_operation(
        request,
        IneligibleForm(posted(request), screening=screening, verb=partial(propose_ineligible, application=application)),
        title=_("Propose to find %(city)s ineligible") % {"city": application.name},
        what_happens=[
            _("Nothing is decided: another officer has to agree, or refuses with a reason."),
            _("Nobody outside the secretariat is told of the proposal."),
        ],
        button=_("Propose"),
        done=lambda screening: (
            _("Another officer is to agree that %(city)s is ineligible.") % {"city": screening.application.name}
        ),
        original=application,
        page_of=lambda screening: screening.application,
    )


def agree_view(admin: ApplicationAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    application = admin.get_subject(request, object_id, SCREEN)
    screening = screening_of(application)
    if not is_proposed(application, screening):
        return admin.turned_away(request, application, _("Nothing is proposed here now."))
    reasons = [str(Reason(code).label) for code in screening.reasons]
    return admin.run_operation(
        request,
        ActForm(posted(request), verb=partial(agree_ineligible, application=application)),
        title=_("Find %(city)s ineligible") % {"city": application.name},
        what_happens=[
            _("%(who)s proposes this for: %(reasons)s.")
            % {"who": screening.proposed_by, "reasons": ", ".join(reasons)},
            screening.note,
            _("The application is out of the running. This is not taken back."),
            told(application),
        ],
        button=_("Agree: ineligible"),
        done=lambda screening: _("%(city)s is ineligible.") % {"city": screening.application.name},
        original=application,
        page_of=lambda screening: screening.application,
    )


def refuse_view(admin: ApplicationAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    application = admin.get_subject(request, object_id, SCREEN)
    screening = screening_of(application)
    if not is_proposed(application, screening):
        return admin.turned_away(request, application, _("Nothing is proposed here now."))
    own = screening.proposed_by_id == request.user.pk
    return admin.run_operation(
        request,
        RefuseIneligibleForm(posted(request), verb=partial(refuse_ineligible, application=application)),
        title=(_("Take back the proposal on %(city)s") if own else _("Do not agree that %(city)s is ineligible"))
        % {"city": application.name},
        what_happens=[_("The examination goes on. Nobody outside the secretariat is told.")],
        button=_("Take the proposal back") if own else _("Do not agree"),
        done=lambda screening: _("The examination of %(city)s goes on.") % {"city": screening.application.name},
        original=application,
        page_of=lambda screening: screening.application,
    )


def return_view(admin: ApplicationAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    application = admin.get_subject(request, object_id, SCREEN)
    if not is_open(application, screening_of(application)):
        return admin.turned_away(request, application, _("There is nothing to examine here now."))
    until = until_in_words(completed_until(application.call, timezone.now()))
    return admin.run_operation(
        request,
        ReturnForm(posted(request), verb=partial(return_for_completion, application=application)),
        title=_("Return %(city)s for completion") % {"city": application.name},
        what_happens=[
            _("The team can change the whole application and submits it again until %(instant)s.") % {"instant": until},
            _("The team gets your words by mail. An application is returned once only."),
            _("What you have confirmed is to be confirmed again after that."),
        ],
        button=_("Return for completion"),
        done=lambda screening: (
            _("%(city)s can complete its application until %(instant)s.")
            % {
                "city": screening.application.name,
                "instant": until_in_words(screening.application.return_until),
            }
        ),
        original=application,
        page_of=lambda screening: screening.application,
    )


def told(application: Application) -> str:
    if application.call.tells_ineligible == Call.Telling.AT_ONCE:
        return _("The team is told by mail at once.")
    return _("The team is told nothing before the announcement.")


def pages(admin: ApplicationAdmin) -> list[URLPattern]:
    views: dict[str, Any] = {
        "examine": examine_view,
        "find_eligible": find_eligible_view,
        "propose_ineligible": propose_view,
        "agree_ineligible": agree_view,
        "refuse_ineligible": refuse_view,
        "return": return_view,
    }
    return [
        admin.page_at(f"<path:object_id>/{name.replace('_', '-')}/", name, partial(view, admin))
        for name, view in views.items()
    ]


add_part(Part(operations=operations, pages=pages))
