"""The application's form, for its team: begun from the open call, a page a section, read and taken away whole."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..access import for_everyone, needs
from ..attachment import JSON, attachment
from ..exceptions import MandateRefused, NetworkError
from ..forms.application import AddressForm, BeginForm, Sheet
from ..models import Applicant, Application, Call, Section
from ..models.endorsement import Endorsement
from ..people import Person
from ..rules import team_roles
from ..services.answering import Closed, Progress, Saved, Step, closed_because, progress, save_answers
from ..services.application import AlreadyBegun, begin_application
from ..services.dossier import content_for, head_for_display, sections_for_display
from ..services.invitation import ask_to_begin
from ..services.limits import is_over_limit, sender
from ..services.wordfile import DOCX, as_docx
from .draft import forget_unsent, is_autosave, keeps_typed, not_saved, saved_in_words, unsent

LINKS_AN_HOUR = 10
"""Links to begin with that one sender may ask for."""
BEGIN_A_DAY = 20


# What the views are about


def known_application(user: Person, pk: int) -> Application:
    """An application that a person may know of; raises Http404."""
    known = Application.objects.visible_to(user).select_related("call", "country", "field")
    return get_object_or_404(known.prefetch_related("call__extensions"), pk=pk)


def known_section(user: Person, pk: int, section: str) -> Application:
    """An application with the section of its form that the address names (`opened`); raises Http404."""
    application: Any = known_application(user, pk)
    sections = Section.objects.filter(call=application.call_id).prefetch_related("questions")
    application.opened = get_object_or_404(sections, key=section)
    return application


def known_export(user: Person, pk: int, fmt: str) -> Application:
    if fmt not in ("docx", "json"):
        raise Http404
    application: Any = known_application(user, pk)
    application.format = fmt
    return application


# Looking at a form before anybody answers it


def section_to_preview(user: Person, slug: str, section: str) -> Section:
    """A section of any call, for the secretariat; raises Http404."""
    if not user.has_perm("cities.view_call"):
        raise Http404
    sections = Section.objects.select_related("call").prefetch_related("questions")
    return get_object_or_404(sections, call__slug=slug, key=section)


@needs("cities.view_call", of=section_to_preview)
def call_preview(request: HttpRequest, section: Section) -> HttpResponse:
    """A page of a call's form as an applicant will find it, with nothing to save."""
    call = section.call
    own = next(iter({get_language() or ""} & set(call.languages)), call.languages[0])
    sections = list(call.sections.all())
    number = next(nth for nth, one in enumerate(sections) if one.pk == section.pk)
    return render(
        request,
        "cities/application/preview.html",
        {
            "call": call,
            "section": section,
            "sections": sections,
            "number": number + 1,
            "previous": sections[number - 1] if number else None,
            "next": sections[number + 1] if number + 1 < len(sections) else None,
            "sheet": Sheet(Application(call=call, language=own), section),
            "lacking": {},
        },
    )


# Beginning


@for_everyone
def call_begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin an application. A visitor gives an e-mail address and gets a link; who is signed in names the city."""
    call = get_object_or_404(Call.objects.public().prefetch_related("extensions"), slug=slug)
    if request.user.is_authenticated:
        return _begin(request, call)
    return _ask(request, call)


def _ask(request: HttpRequest, call: Call) -> HttpResponse:
    is_open = call.phase() == Call.Phase.OPEN
    form = AddressForm(request.POST if request.method == "POST" and is_open else None)
    context = {"call": call, "form": form, "is_open": is_open, "sent": "sent" in request.GET}
    if not form.is_bound or not form.is_valid():
        return render(request, "cities/application/ask.html", context)
    if is_over_limit("begin-from", sender(request), limit=LINKS_AN_HOUR, seconds=3600):
        form.add_error(None, _("Too many links were asked for from here. Try again in an hour."))
        return render(request, "cities/application/ask.html", context, status=429)
    try:
        ask_to_begin(call=call, email=form.cleaned_data["email"], language=get_language() or "en")
    except NetworkError as refusal:
        form.add_error(None, str(refusal))
        return render(request, "cities/application/ask.html", context)
    return redirect(f"{request.path}?sent=1")


def _begin(request: HttpRequest, call: Call) -> HttpResponse:
    own = Application.objects.of_team(request.user).filter(call=call).select_related("call", "country")
    is_open = call.phase() == Call.Phase.OPEN
    form = BeginForm(request.POST if request.method == "POST" else None, call=call)
    if request.method == "POST" and form.is_valid():
        if is_over_limit("begun", str(request.user.pk), limit=BEGIN_A_DAY, seconds=86400):
            form.add_error(None, _("You have begun many applications today. Try again tomorrow."))
        else:
            try:
                application = begin_application(call=call, by=request.user, **form.cleaned_data)
            except AlreadyBegun as refusal:
                # Also the second of two clicks.
                messages.info(request, str(refusal))
                return redirect("cities:my_application", refusal.application.pk)
            except NetworkError as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("The application is begun. All that you type is saved as you go."))
                return redirect("cities:my_application", application.pk)
    context = {"call": call, "form": form, "own": own, "is_open": is_open or call.extensions.exists()}
    return render(request, "cities/application/begin.html", context)


# The overview


@needs("cities.read_application", of=known_application)
def my_application(request: HttpRequest, application: Application) -> HttpResponse:
    """How an application stands, what is still missing, and what to do next; others than its team read it."""
    roles = team_roles(request.user, application)
    if not roles:
        return redirect("cities:my_application_read", application.pk)
    endorsement = Endorsement.objects.filter(application=application).first()
    state = progress(application)
    team = Applicant.objects.in_force().filter(application=application).select_related("user")
    return render(
        request,
        "cities/application/overview.html",
        {
            "application": application,
            "status": application.status_told,
            "progress": state,
            "endorsement": endorsement,
            "endorse_until": application.call.endorses_until(application),
            "team": team.order_by("begins_at", "pk"),
            "next": next_step(application, state, endorsement),
            "snapshots": application.snapshots.select_related("by"),
            "writes": bool(roles & set(Applicant.WRITERS)),
            "owns": Applicant.Role.OWNER in roles,
            "now": timezone.now(),
        },
    )


def next_step(application: Application, state: Progress, endorsement: Endorsement | None) -> str:
    """What waits for the team: a name that the page has words for."""
    if application.is_late:
        return "late"
    if not application.is_editable:
        return "done"
    if application.status == Application.Status.RETURNED:
        return "complete"
    if application.shared_at is None:
        return "share" if state.percent >= 50 else "write"
    if endorsement is None or endorsement.status == Endorsement.Status.REQUESTED:
        return "write" if not state.is_complete else "wait"
    if not endorsement.is_in_force:
        return "not-endorsed"
    return "write" if not state.is_complete else "submit"


# A section


@dataclass(frozen=True)
class Place:
    """Where a section stands in the form."""

    steps: list[Step]
    number: int

    @property
    def step(self) -> Step:
        return self.steps[self.number - 1]

    @property
    def previous(self) -> Section | None:
        return self.steps[self.number - 2].section if self.number > 1 else None

    @property
    def next(self) -> Section | None:
        return self.steps[self.number].section if self.number < len(self.steps) else None


@keeps_typed("cities:my_application_section")
@needs("cities.write_application", of=known_section)
def my_application_section(request: HttpRequest, application: Any) -> HttpResponse:
    """A section's questions, to be answered; what is sent is saved question by question."""
    if request.method == "POST":
        if "discard" in request.POST:
            forget_unsent(request)
            return redirect(request.path)
        return receive(request, application, application.opened)
    sheet = Sheet(
        application,
        application.opened,
        unsent(request),
        more=request.GET.get("more", ""),
        least_rows=least_rows(request),
    )
    return show(request, sheet)


def least_rows(request: HttpRequest) -> int:
    """How many rows the browser's copy of what could not be saved needs."""
    text = request.GET.get("rows", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def receive(request: HttpRequest, application: Application, section: Section) -> HttpResponse:
    sheet, automatic = Sheet(application, section, request.POST), is_autosave(request)
    given = sheet.given()
    if not given and not automatic and not application.is_editable:
        return onward(request, application, section)
    try:
        saved = save_answers(application=application, section=section, given=given, by=request.user)
    except (Closed, MandateRefused) as refusal:
        if automatic:
            return not_saved("closed", str(refusal))
        return show(request, sheet, refused=str(refusal), status=409)
    if automatic:
        return answer_to_autosave(sheet, saved)
    forget_unsent(request)
    sheet.settle(saved)
    if saved.conflicts or saved.refused:
        return show(request, sheet, status=409)
    if sheet.errors():
        messages.warning(request, _("Saved. What is marked is kept as you typed it: correct it before you submit."))
        return onward(request, application, section, stay=True)
    if not ("more" in request.POST or "next" in request.POST):
        messages.success(request, _("Saved."))
    return onward(request, application, section)


def onward(request: HttpRequest, application: Application, section: Section, *, stay: bool = False) -> HttpResponse:
    """To the page that the button named; it drops the copy that the browser kept of the page before."""
    here = reverse("cities:my_application_section", args=[application.pk, section.key])
    if more := request.POST.get("more", ""):
        if any(more == f"q-{question.key}" for question in section.questions.all()):
            return redirect(f"{here}?saved={section.key}&more={more}#question-{more.removeprefix('q-')}")
    elif "next" in request.POST and not stay:
        keys = list(Section.objects.filter(call=section.call_id).values_list("key", flat=True))
        place = keys.index(section.key) + 1
        if place < len(keys):
            following = reverse("cities:my_application_section", args=[application.pk, keys[place]])
            return redirect(f"{following}?saved={section.key}")
        return redirect(f"{reverse('cities:my_application', args=[application.pk])}?saved={section.key}")
    return redirect(f"{here}?saved={section.key}")


def answer_to_autosave(sheet: Sheet, saved: Saved) -> JsonResponse:
    fields = sheet.hidden_of(saved)
    if saved.conflicts:
        questions = ", ".join(str(answer.question) for answer in saved.conflicts.values())
        message = _(
            "Somebody, or you in another window, saved an answer that you changed here: %(questions)s. Press “Save” to"
            " see both texts. All else is saved."
        ) % {"questions": questions}
        return JsonResponse({"state": "conflict", "message": message, "fields": fields}, status=409)
    if saved.refused:
        message = " ".join(saved.refused.values())
    else:
        message = saved_in_words(as_typed=any(answer.as_typed is not None for answer in saved.answers.values()))
    return JsonResponse({"state": "saved", "message": message, "fields": fields})


def show(request: HttpRequest, sheet: Sheet, *, refused: str = "", status: int = 200) -> HttpResponse:
    application, section = sheet.application, sheet.section
    state = progress(application)
    number = next(nth for nth, step in enumerate(state.steps, 1) if step.section.pk == section.pk)
    place = Place(state.steps, number)
    is_closed = not application.is_editable
    conflicts = [form for form in sheet.forms if form.conflict]
    return render(
        request,
        "cities/application/section.html",
        {
            "application": application,
            "section": section,
            "sheet": sheet,
            "place": place,
            "progress": state,
            "lacking": {form.name: place.step.lacking.get(form.question.pk, []) for form in sheet.forms},
            "errors": sheet.errors(),
            "conflicts": conflicts,
            "is_closed": is_closed,
            "why_closed": refused or (closed_because(application) if is_closed else ""),
            "refused": refused,
            "unsent": unsent(request) is not None and status == 200,
            "key": local_key(request, application, section.key),
        },
        status=status,
    )


def local_key(request: HttpRequest, application: Application, section: str) -> str:
    """Under which the browser keeps what could not be saved."""
    return f"{request.user.pk}:application:{application.pk}:{section}"


# The whole


@needs("cities.read_application", of=known_application)
def my_application_read(request: HttpRequest, application: Application) -> HttpResponse:
    """The whole application in the order of the form, to be read or printed."""
    is_team = bool(team_roles(request.user, application))
    context = {"application": application, "content": content_for(application, is_team=is_team), "is_team": is_team}
    return render(request, "cities/application/read.html", context)


@needs("cities.read_application", of=known_export)
def my_application_export(request: HttpRequest, application: Any) -> HttpResponse:
    """The application as a file that others can open, at any time, also once nothing can be changed."""
    content = content_for(application, is_team=bool(team_roles(request.user, application)))
    name = f"{application.reference}.{application.format}"
    if application.format == "json":
        return attachment(json.dumps(content, ensure_ascii=False, indent=2), JSON, name)
    title = application.name_fr if application.language == "fr" else application.name_en
    with translation.override(application.language):
        file = as_docx(title or application.name_en, head_for_display(content), sections_for_display(content))
    return attachment(file, DOCX, name)
