"""Pages about the persons of one meeting, below its own: figures, the entrance on a phone, badges."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from cities.admin.operations import Operation, OperationsMixin, posted
from cities.days import in_words, today
from cities.exceptions import NetworkError
from cities.forms.act import ActForm
from cities.text import fold

from ..models import Meeting, MeetingQuestion, Registration
from ..services.attendance import attendance, here_of, matching
from ..services.registration import (
    add_usual_questions,
    check_in,
    missing_questions,
    undo_check_in,
    waiting_numbers,
)
from .registration import FILES, RUN, may_run, state_in_words

VIEW = "meetings.view_registration"
SHOWN = 25
"""So many of those found fit on a phone; more letters find fewer."""
LAST = 5
"""So many of those who came last are shown, to undo a slip of the thumb."""


@dataclass
class Found:
    """A person at the entrance."""

    registration: Any
    state: str

    @property
    def may_enter(self) -> bool:
        one = self.registration
        return one.status == Registration.Status.REGISTERED and not one.is_checked_in


class PeopleMixin(OperationsMixin):
    """For the admin of meetings."""

    def get_urls(self) -> list:
        return [
            self.page_at("<path:object_id>/people/", "people", self.people_view),
            self.page_at("<path:object_id>/check-in/", "check_in", self.check_in_view),
            self.page_at("<path:object_id>/badges/", "badges", self.badges_view),
            self.page_at("<path:object_id>/usual-questions/", "usual_questions", self.usual_questions_view),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, template: str, meeting: Meeting, context: dict[str, Any]) -> TemplateResponse:
        request.current_app = self.admin_site.name
        known = {"opts": self.opts, "meeting": meeting, "change_url": self.change_url(meeting)}
        return TemplateResponse(
            request, f"admin/meetings/meeting/{template}.html", self.admin_site.each_context(request) | known | context
        )

    # Figures

    def people_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How many come and who lacks, what they need, and where to go on."""
        meeting = self.get_subject(request, object_id, VIEW)
        of_meeting = f"?{urlencode({'meeting': meeting.pk})}"
        rows = reverse("admin:meetings_registration_changelist") + of_meeting
        return self.page(
            request,
            "people",
            meeting,
            {
                "title": _("Who comes: %(meeting)s") % {"meeting": meeting},
                "found": attendance(meeting),
                "operations": self.people_operations(request, meeting, of_meeting),
                "rows": rows,
                "questions": list(meeting.questions.all()),
                "questions_url": (
                    f"{reverse('admin:meetings_meetingquestion_changelist')}?meeting__id__exact={meeting.pk}"
                ),
                "may_run": may_run(request),
                "until": in_words(meeting.personal_data_until) if meeting.personal_data_until else "",
                "removed": in_words(localdate(removed)) if (removed := meeting.personal_data_removed_at) else "",
                "missing_questions": may_run(request) and bool(self.missing_questions(meeting)),
            },
        )

    def people_operations(self, request: HttpRequest, meeting: Meeting, query: str) -> list[Operation]:
        if not may_run(request):
            return []

        def at(name: str) -> str:
            return reverse(f"admin:meetings_registration_{name}") + query

        found = [
            Operation(at("export" if name == "participants" else f"{name}_export"), label)
            for name, (_resource, label) in FILES.items()
        ]
        found.append(Operation(self.url_of("badges", meeting.pk), _("Badges")))
        if meeting.status in (Meeting.Status.REGISTRATION_OPEN, Meeting.Status.REGISTRATION_CLOSED):
            found.append(Operation(self.url_of("places", meeting.pk), _("Change the places")))
        if meeting.takes_registrations():
            found.append(Operation(at("register"), _("Register a person")))
        found.append(Operation(self.url_of("check_in", meeting.pk), _("Entrance"), is_next=True))
        return found

    # The entrance

    def check_in_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For a phone at the door: find the person, one tap, next."""
        meeting = self.get_subject(request, object_id, RUN)
        if request.method == "POST":
            return self.at_the_door(request, meeting)
        query = request.GET.get("q", "").strip()[:100]
        rows = Registration.objects.filter(meeting=meeting).exclude(name="").select_related("city__country")
        keys = matching(rows, query, with_address=True)
        shown = self.in_order(rows, keys[:SHOWN], meeting)
        last: list[Found] = []
        if not query:
            came = rows.filter(checked_in_at__isnull=False).order_by("-checked_in_at", "-pk")
            last = [self.found(one, meeting, {}) for one in came[:LAST]]
        more = len(keys) - len(shown)
        return self.page(
            request,
            "check_in",
            meeting,
            {
                "title": _("Entrance: %(meeting)s") % {"meeting": meeting},
                "here": here_of(meeting),
                "query": query,
                "found": shown,
                "number": len(keys),
                "more": more,
                "last": last,
                "begins": in_words(meeting.start_date) if meeting.start_date and today() < meeting.start_date else "",
                "is_nav_sidebar_enabled": False,
            },
        )

    def in_order(self, rows: Any, keys: list[int], meeting: Meeting) -> list[Found]:
        by_key = rows.in_bulk(keys)
        found = [by_key[pk] for pk in keys if pk in by_key]
        is_waited = any(one.status == Registration.Status.WAITING for one in found)
        numbers = waiting_numbers(meeting) if is_waited else {}
        return [self.found(one, meeting, numbers) for one in found]

    def found(self, registration: Registration, meeting: Meeting, numbers: dict[int, int]) -> Found:
        registration.meeting = meeting
        return Found(registration, state_in_words(registration, numbers.get(registration.pk)))

    def at_the_door(self, request: HttpRequest, meeting: Meeting) -> HttpResponse:
        key = request.POST.get("registration", "")
        registration: Registration = get_object_or_404(
            Registration, meeting=meeting, pk=key[:9] if key.isdecimal() else None
        )
        is_undo = request.POST.get("act") == "undo"
        verb: Callable[..., Registration] = undo_check_in if is_undo else check_in
        try:
            stored = verb(registration=registration, by=request.user)
        except NetworkError as refusal:
            # The search stays, so that whoever stands there is found again.
            self.message_user(request, str(refusal), messages.WARNING)
            query = request.POST.get("q", "").strip()
            return redirect(f"{request.path}?{urlencode({'q': query})}" if query else request.path)
        if is_undo:
            self.message_user(request, _("%(name)s is not checked in any more.") % {"name": stored}, messages.SUCCESS)
        else:
            self.message_user(
                request,
                _("%(name)s is checked in: %(who)s.") % {"name": stored, "who": comes_as(stored)},
                messages.SUCCESS,
            )
        return redirect(request.path)

    # Badges

    def badges_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For paper: those who have a place, by city and name."""
        meeting = self.get_subject(request, object_id, RUN)
        coming = Registration.objects.filter(meeting=meeting).coming().exclude(name="")
        badges = sorted(
            coming.select_related("city__country"),
            key=lambda one: (one.city is None, fold(one.city.name) if one.city else "", fold(one.name), one.pk),
        )
        return self.page(
            request, "badges", meeting, {"title": _("Badges: %(meeting)s") % {"meeting": meeting}, "badges": badges}
        )

    # Questions

    def missing_questions(self, meeting: Meeting) -> list[dict[str, Any]]:
        return missing_questions(meeting) if meeting.status in Meeting.TO_COME else []

    def usual_questions_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Add the usual questions that a meeting has not; those who are registered are not asked again."""
        meeting = self.get_subject(request, object_id, RUN)
        missing = self.missing_questions(meeting)
        if not missing:
            return self.turned_away(request, meeting, _("The meeting asks the usual questions already, or is over."))
        names: dict[Any, Any] = dict(MeetingQuestion.Purpose.choices)
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(add_usual_questions, meeting=meeting)),
            title=_("Add the usual questions: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                _("These are added: %(names)s.")
                % {"names": ", ".join(str(names[fields["purpose"]]) for fields in missing)},
                _("Who registers from now on is asked; who is registered already can add the answers."),
            ],
            button=_("Add the usual questions"),
            done=lambda added: (
                ngettext("%(count)s question is added.", "%(count)s questions are added.", len(added))
                % {"count": len(added)}
            ),
            original=meeting,
            page_of=lambda added: meeting,
        )


def comes_as(registration: Registration) -> str:
    """ "mayor, Lyon", "expert, a university", "press"."""
    whence = registration.city.name if registration.city else registration.organization
    if not whence:
        return str(registration.get_capacity_display())
    return pgettext("registration", "%(capacity)s, %(whence)s") % {
        "capacity": registration.get_capacity_display(),
        "whence": whence,
    }
