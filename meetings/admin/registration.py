"""Those who come to a meeting as a workplace: lists and files of persons, each with what it needs, and single acts."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX

from cities.admin.base import PlainAdmin
from cities.admin.files import GuardedExportMixin, GuardedResource
from cities.admin.operations import Operation, OperationsAdmin, posted
from cities.attachment import attachment
from cities.days import in_words, today
from cities.exceptions import NetworkError
from cities.forms.act import ActForm
from cities.services.wordfile import DOCX

from ..forms.registration_staff import ChangeForm, QuestionForm, RegisterForm
from ..models import Meeting, MeetingQuestion, Registration
from ..services.attendance import answered, answering, matching, visa_letters, why_no_letter
from ..services.registration import (
    RUN,
    Purpose,
    answer_for,
    answers_of,
    cancel_registration,
    capacities_of,
    check_in,
    note_visa_letter,
    undo_check_in,
    waiting_number,
    waiting_numbers,
)

Status = Registration.Status


def may_run(request: HttpRequest) -> bool:
    """Whether the reader acts on registrations, and so needs addresses, answers and files. An auditor does not."""
    return request.user.has_perm(RUN)


def time_at(registration: Registration) -> str:
    """When a person was checked in, as clocks of the meeting's place showed it."""
    if registration.checked_in_at is None:
        return ""
    zone = registration.meeting.zone
    local = registration.checked_in_at.astimezone(zone)
    known = {"day": in_words(local.date()), "time": date_format(local, "H:i")}
    if local.date() == timezone.now().astimezone(zone).date():
        return _("today at %(time)s") % known
    return _("%(day)s at %(time)s") % known


def state_in_words(registration: Registration, number: int | None = None) -> str:
    """Where a registration stands; `number` is that on the waiting list."""
    if registration.is_checked_in:
        return _("checked in: %(when)s") % {"when": time_at(registration)}
    if registration.status == Status.WAITING:
        return _("on the waiting list, number %(number)s") % {"number": number or "–"}
    if registration.status == Status.CANCELLED:
        return str(registration.get_status_display())
    return _("has a place")


# Files: each with the personal data that whoever gets it needs


AT_ONCE = 5000
"""So many rows are read together: more persons than a meeting has."""


class PersonsResource(GuardedResource):
    """Rows of persons who have a place; what they answered is read from the questions of their meeting."""

    capacity = Field("get_capacity_display", column_name="capacity")
    city = Field(column_name="city")
    country = Field(column_name="country")
    labels: ClassVar[dict[str, Any]] = {
        "country": gettext_lazy("country"),
        "diet": gettext_lazy("meals"),
        "access": gettext_lazy("accessibility"),
        "other_answers": gettext_lazy("answers to further questions"),
        "passport_name": gettext_lazy("name as in the passport"),
        "nationality": gettext_lazy("nationality"),
    }

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.filter(status=Status.REGISTERED).exclude(name="")

    def dehydrate_city(self, registration: Registration) -> str:
        return registration.city.name if registration.city else ""

    def dehydrate_country(self, registration: Registration) -> str:
        return registration.city.country.name if registration.city else ""


class ParticipantsResource(PersonsResource):
    meeting = Field("meeting__edition", column_name="meeting")
    checked_in_at = Field(column_name="checked_in_at")

    def dehydrate_checked_in_at(self, registration: Registration) -> str:
        at = registration.checked_in_at
        return at.astimezone(registration.meeting.zone).strftime("%Y-%m-%d %H:%M") if at else ""

    class Meta:
        model = Registration
        chunk_size = AT_ONCE
        fields = (
            *("meeting", "code", "name", "function", "organization", "capacity", "city", "country"),
            *("on_list", "checked_in_at"),
        )
        export_order = fields
        name = gettext_lazy("participants")


class NeedsResource(PersonsResource):
    diet = Field(column_name="diet")
    access = Field(column_name="access")
    other_answers = Field(column_name="other_answers")

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Who needs nothing is not named."""
        coming = super().filter_export(queryset, **kwargs)
        found = answering(coming, Purpose.DIET) | answering(coming, Purpose.ACCESS)
        return found | answering(coming, Purpose.NONE)

    def dehydrate_diet(self, registration: Registration) -> str:
        return answer_for(registration, Purpose.DIET) or ""

    def dehydrate_access(self, registration: Registration) -> str:
        return answer_for(registration, Purpose.ACCESS) or ""

    def dehydrate_other_answers(self, registration: Registration) -> str:
        pairs = [(question, given) for question, given in answers_of(registration) if not question.purpose and given]
        return "; ".join(f"{question.text}: {_('yes') if given is True else given}" for question, given in pairs)

    class Meta:
        model = Registration
        chunk_size = AT_ONCE
        fields = ("name", "city", "diet", "access", "other_answers")
        export_order = fields
        name = gettext_lazy("meals and accessibility")


class VisaResource(PersonsResource):
    passport_name = Field(column_name="passport_name")
    nationality = Field(column_name="nationality")

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return answering(super().filter_export(queryset, **kwargs), Purpose.VISA)

    def dehydrate_passport_name(self, registration: Registration) -> str:
        return answer_for(registration, Purpose.PASSPORT_NAME) or ""

    def dehydrate_nationality(self, registration: Registration) -> str:
        return answer_for(registration, Purpose.NATIONALITY) or ""

    class Meta:
        model = Registration
        chunk_size = AT_ONCE
        fields = ("passport_name", "nationality", "email", "capacity", "city", "organization", "visa_letter_on")
        export_order = fields
        name = gettext_lazy("letters for a visa")


FILES = {
    "participants": (ParticipantsResource, gettext_lazy("Participants as a file")),
    "needs": (NeedsResource, gettext_lazy("Meals and accessibility as a file")),
    "visa": (VisaResource, gettext_lazy("Letters for a visa as a file")),
}


# Filters


class Filter(admin.SimpleListFilter):
    """Choices that stand fixed; an unknown one in an address filters nothing."""

    options: tuple[tuple[str, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(self.options)

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        value = self.value()
        return self.chosen(queryset, value) if value and value in dict(self.lookup_choices) else queryset

    def chosen(self, queryset: Any, value: str) -> models.QuerySet:
        raise NotImplementedError


class MeetingFilter(Filter):
    title = gettext_lazy("annual meeting")
    parameter_name = "meeting"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        known = Meeting.objects.filter(pk__in=Registration.objects.order_by().values("meeting"))
        return [(str(one.pk), str(one)) for one in known]

    def chosen(self, queryset: Any, value: str) -> models.QuerySet:
        return queryset.filter(meeting=value)


class HereFilter(Filter):
    title = gettext_lazy("at the entrance")
    parameter_name = "here"
    options = (("yes", gettext_lazy("checked in")), ("no", gettext_lazy("expected, not there yet")))

    def chosen(self, queryset: Any, value: str) -> models.QuerySet:
        return queryset.coming().filter(checked_in_at__isnull=value == "no")


class VisaFilter(Filter):
    title = gettext_lazy("letter for a visa")
    parameter_name = "visa"
    options = (
        ("waits", gettext_lazy("wanted, not issued yet")),
        ("issued", gettext_lazy("issued")),
        ("wanted", gettext_lazy("wanted")),
    )

    def chosen(self, queryset: Any, value: str) -> models.QuerySet:
        found: Any = answering(queryset, Purpose.VISA)
        match value:
            case "waits":
                return found.coming().filter(visa_letter_on=None)
            case "issued":
                return found.filter(visa_letter_on__isnull=False)
        return found


class NeedsFilter(Filter):
    title = gettext_lazy("needs")
    parameter_name = "needs"
    options = ((Purpose.DIET.value, gettext_lazy("meals")), (Purpose.ACCESS.value, gettext_lazy("accessibility")))

    def chosen(self, queryset: Any, value: str) -> models.QuerySet:
        return answering(queryset, value)


class WithNumbers(ChangeList):
    """The numbers on the waiting list, read once for each meeting on the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        meetings = {row.meeting_id: row.meeting for row in rows if row.status == Status.WAITING}
        numbers = {pk: nth for meeting in meetings.values() for pk, nth in waiting_numbers(meeting).items()}
        for row in rows:
            row.number = numbers.get(row.pk)
        self.result_list = rows


@admin.register(Registration)
class RegistrationAdmin(GuardedExportMixin, OperationsAdmin):
    only_offered = True
    import_export_change_list_template = None
    change_form_template = "admin/meetings/registration/change_form.html"
    change_list_template = "admin/meetings/registration/change_list.html"
    export_template_name = "admin/meetings/registration/export.html"
    formats: Any = [XLSX, CSV]
    list_display = ("person", "capacity", "comes_for", "state", "meeting", "created_at")
    list_display_links = ("person",)
    list_filter = (MeetingFilter, "status", HereFilter, "capacity", VisaFilter, NeedsFilter)
    search_fields = ("name",)
    search_help_text = gettext_lazy(
        "First letters of the name, the organization or the city; a code; or a whole e-mail address."
    )
    ordering = ("-meeting__edition", "-created_at", "-pk")
    list_per_page = 100
    actions = ("check_in_selected", "note_letters_selected", "letters_selected", "cancel_selected")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        found = super().get_queryset(request)
        return found.select_related(
            "meeting__country", "city__country", "user", "registered_by", "checked_in_by"
        ).prefetch_related("meeting__questions", "meeting__hosts")

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        if not search_term.strip():
            return queryset, False
        found = matching(queryset, search_term, with_address=may_run(request))
        return queryset.filter(pk__in=found), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithNumbers

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Who needs what is for those who see to it."""
        return self.list_filter if may_run(request) else self.list_filter[:-2]

    def get_list_display(self, request: HttpRequest) -> Any:
        return (*self.list_display, "letter") if may_run(request) else self.list_display

    @admin.display(description=gettext_lazy("person"), ordering="name")
    def person(self, registration: Registration) -> str:
        return str(registration)

    @admin.display(description=gettext_lazy("comes for"), ordering="city__sort_key_en")
    def comes_for(self, registration: Registration) -> str:
        return registration.city.name if registration.city else registration.organization

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, registration: Any) -> str:
        number = registration.number if hasattr(registration, "number") else waiting_number(registration)
        return state_in_words(registration, number)

    @admin.display(description=gettext_lazy("letter for a visa"), ordering="visa_letter_on")
    def letter(self, registration: Registration) -> str:
        if not answer_for(registration, Purpose.VISA):
            return "–"
        if registration.visa_letter_on is None:
            return _("wanted")
        return _("issued on %(day)s") % {"day": date_format(registration.visa_letter_on, "SHORT_DATE_FORMAT")}

    @admin.display(description=gettext_lazy("checked in"))
    def checked_in(self, registration: Registration) -> str:
        if registration.checked_in_at is None:
            return "–"
        return _("%(when)s, by %(who)s") % {
            "when": time_at(registration),
            "who": registration.checked_in_by or _("the system"),
        }

    @admin.display(description=gettext_lazy("registered"))
    def registered(self, registration: Registration) -> str:
        return _("%(when)s, by %(who)s") % {
            "when": date_format(timezone.localtime(registration.created_at), "DATETIME_FORMAT"),
            "who": registration.registered_by or _("the person"),
        }

    @admin.display(description=gettext_lazy("answers"))
    def given(self, registration: Registration) -> str:
        return render_to_string(
            "admin/meetings/registration/_answers.html", {"answers": answers_of(registration), "row": registration}
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        person: list[Any] = [("person", "function"), ("capacity", "city", "organization"), "on_list"]
        stands: list[Any] = [("meeting", "state", "place", "code"), "registered"]
        if may_run(request):
            person.insert(1, ("email", "language", "user"))
            stands.append(("checked_in", "letter"))
        else:
            stands.append("checked_in")
        if obj is not None and obj.cancelled_at:
            stands.append("cancelled_at")
        found: list[Any] = [(None, {"fields": person}), (_("Registration"), {"fields": stands})]
        if may_run(request):
            found.append((_("Answers"), {"fields": ["given"]}))
        return [
            (title, {"fields": [self._openable(request, name) for name in options["fields"]]})
            for title, options in found
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        context["people_url"] = reverse("admin:meetings_meeting_people", args=[context["original"].meeting_id])
        return super().render_change_form(request, context, *args, **kwargs)

    # Files

    def has_export_permission(self, request: HttpRequest) -> bool:
        return may_run(request)

    def has_run_permission(self, request: HttpRequest) -> bool:
        return may_run(request)

    def get_export_resource_classes(self, request: HttpRequest) -> Any:
        return [FILES[getattr(request, "wanted_file", "participants")][0]]

    def get_export_filename(self, request: HttpRequest, queryset: models.QuerySet, file_format: Any) -> str:
        name = FILES[getattr(request, "wanted_file", "participants")][0].get_display_name()
        return f"{slugify(name)}-{today().isoformat()}.{file_format.get_extension()}"

    def init_request_context_data(self, request: HttpRequest, form: Any) -> dict[str, Any]:
        label = FILES[getattr(request, "wanted_file", "participants")][1]
        return super().init_request_context_data(request, form) | {"title": label}

    def file_view(self, request: HttpRequest, wanted: str) -> HttpResponse:
        request.wanted_file = wanted  # type: ignore[attr-defined]  # kept for the request
        return self.export_action(request)

    # Operations

    def get_urls(self) -> list:
        return [
            self.page_at("register/", "register", self.register_view),
            *(
                self.page_at(f"export/{name}/", f"{name}_export", partial(self.file_view, wanted=name))
                for name in FILES
                if name != "participants"
            ),
            self.page_at("<path:object_id>/edit/", "edit", self.edit_view),
            self.page_at("<path:object_id>/check-in/", "check_in", self.check_in_view),
            self.page_at("<path:object_id>/undo-check-in/", "undo_check_in", self.undo_check_in_view),
            self.page_at("<path:object_id>/cancel/", "cancel", self.cancel_view),
            self.page_at("<path:object_id>/letter-issued/", "letter_issued", self.letter_issued_view),
            self.page_at("<path:object_id>/letter/", "letter", self.letter_view),
            *super().get_urls(),
        ]

    def list_operations(self, request: HttpRequest) -> list[Operation]:
        if not may_run(request):
            return []
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        found = [
            Operation(self.url_of("export" if name == "participants" else f"{name}_export") + query, label)
            for name, (_resource, label) in FILES.items()
        ]
        return [*found, Operation(self.url_of("register") + self.of_meeting(request), _("Register a person"), True)]

    def of_meeting(self, request: HttpRequest) -> str:
        asked = request.GET.get("meeting", "")
        return f"?meeting={asked}" if asked.isdecimal() else ""

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        if not may_run(request):
            return []
        is_to_come = obj.is_standing and obj.meeting.status in Meeting.TO_COME
        found = []
        if obj.status == Status.REGISTERED and not obj.is_checked_in and not obj.meeting.is_cancelled:
            found.append(Operation(self.url_of("check_in", obj.pk), _("Check in")))
        if obj.is_checked_in:
            found.append(Operation(self.url_of("undo_check_in", obj.pk), _("Undo the check-in")))
        if not why_no_letter(obj):
            for code, label in (("en", _("Letter in English")), ("fr", _("Letter in French"))):
                found.append(Operation(f"{self.url_of('letter', obj.pk)}?language={code}", label))
            waits = obj.visa_letter_on is None
            found.append(Operation(self.url_of("letter_issued", obj.pk), _("Note the letter as issued"), waits))
        if is_to_come:
            found.append(Operation(self.url_of("edit", obj.pk), _("Change")))
            if not obj.is_checked_in:
                found.append(Operation(self.url_of("cancel", obj.pk), _("Cancel the registration")))
        return found

    def subject(self, request: HttpRequest, object_id: str) -> Registration:
        return self.get_subject(request, object_id, RUN)

    def register_view(self, request: HttpRequest) -> HttpResponse:
        """Staff register anybody: first the meeting and the capacity, then the person."""
        if not may_run(request):
            raise PermissionDenied
        running = Meeting.objects.filter(status=Meeting.Status.REGISTRATION_OPEN).prefetch_related("questions", "hosts")
        open_ones = [one for one in running if one.takes_registrations()]
        asked = request.GET.get("meeting", "")
        meeting = next((one for one in open_ones if str(one.pk) == asked), None)
        capacity = request.GET.get("capacity", "")
        if meeting is None or capacity not in capacities_of(meeting):
            chosen = [meeting] if meeting else open_ones
            request.current_app = self.admin_site.name
            return TemplateResponse(
                request,
                "admin/meetings/registration/whom.html",
                self.admin_site.each_context(request)
                | {
                    "title": _("Register a person"),
                    "opts": self.opts,
                    "meetings": [(one, capacities_of(one)) for one in chosen],
                },
            )
        label = Registration.Capacity(capacity).label
        return self.run_operation(
            request,
            RegisterForm(posted(request), meeting=meeting, capacity=capacity),
            title=_("Register a person: %(capacity)s, %(meeting)s") % {"capacity": label, "meeting": meeting},
            what_happens=[
                _("The person gets a place if one is free and nobody waits, and otherwise the last on the list."),
                _("The person is told by mail, with a link to change the registration and to cancel it."),
                _("Write down only what the person told you, and wants to be noted."),
            ],
            button=_("Register the person"),
            done=lambda stored: (
                _("%(name)s is registered: %(state)s.")
                % {"name": stored, "state": state_in_words(stored, waiting_number(stored))}
            ),
        )

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        registration = self.subject(request, object_id)
        if not registration.may_be_changed():
            return self.turned_away(request, registration, _("This registration can no longer be changed."))
        return self.run_operation(
            request,
            ChangeForm(posted(request), registration=registration),
            title=_("Change the registration of %(name)s") % {"name": registration},
            what_happens=[
                _("Capacity and city stay: for others, cancel and register anew."),
                _("The person is told by mail that something changed, not what."),
                _("With another address the links in older mails stop working."),
            ],
            button=_("Save the change"),
            done=lambda stored: _("The registration of %(name)s is changed.") % {"name": stored},
            original=registration,
        )

    def check_in_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        registration = self.subject(request, object_id)
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(check_in, registration=registration)),
            title=_("Check in %(name)s") % {"name": registration},
            what_happens=[_("The person counts among those who came. It can be undone.")],
            button=_("Check in"),
            done=lambda stored: _("%(name)s is checked in.") % {"name": stored},
            original=registration,
        )

    def undo_check_in_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        registration = self.subject(request, object_id)
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(undo_check_in, registration=registration)),
            title=_("Undo the check-in of %(name)s") % {"name": registration},
            what_happens=[_("The person counts as expected, not as come. The history keeps both acts.")],
            button=_("Undo the check-in"),
            done=lambda stored: _("%(name)s is not checked in any more.") % {"name": stored},
            original=registration,
        )

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        registration = self.subject(request, object_id)
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(cancel_registration, registration=registration)),
            title=_("Cancel the registration of %(name)s") % {"name": registration},
            what_happens=[
                self.who_moves_up(registration.meeting, [registration]),
                _("Places in sessions go with it."),
                _("The person is told by mail. Nothing takes the cancellation back; the person can register anew."),
            ],
            button=_("Cancel the registration"),
            done=lambda stored: _("The registration of %(name)s is cancelled.") % {"name": stored},
            original=registration,
        )

    def who_moves_up(self, meeting: Meeting, cancelled: Sequence[Registration]) -> str:
        """How many of those who wait get a place when these leave theirs."""
        rows = Registration.objects.filter(meeting=meeting)
        waiting = rows.waiting().exclude(pk__in=[one.pk for one in cancelled]).count()
        coming = rows.coming().exclude(pk__in=[one.pk for one in cancelled]).count()
        free = waiting if meeting.places is None else max(meeting.places - coming, 0)
        moving = min(waiting, free) if any(one.status == Status.REGISTERED for one in cancelled) else 0
        if not moving:
            return _("Nobody moves up from the waiting list.")
        return ngettext(
            "%(count)s person moves up from the waiting list, and is told by mail.",
            "%(count)s persons move up from the waiting list, and are told by mail.",
            moving,
        ) % {"count": moving}

    def letter_issued_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        registration = self.subject(request, object_id)
        if why := why_no_letter(registration):
            return self.turned_away(request, registration, why)
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(note_visa_letter, registration=registration)),
            title=_("Note the letter for a visa as issued: %(name)s") % {"name": registration},
            what_happens=[
                _("Today is noted as the day on which the signed letter left; a day noted before is replaced."),
                _("Nothing is sent: the letter is sent by you, and the person is not told by the portal."),
            ],
            button=_("Note the letter as issued"),
            done=lambda stored: _("The letter for a visa of %(name)s is noted as issued.") % {"name": stored},
            original=registration,
        )

    def letter_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The letter as a Word file, to be put on paper with a head and signed."""
        registration = self.subject(request, object_id)
        language = request.GET.get("language", "")
        if language not in ("", "en", "fr"):
            raise Http404
        if why := why_no_letter(registration):
            return self.turned_away(request, registration, why)
        return attachment(visa_letters([registration], language=language), DOCX, f"visa-{registration.code}.docx")

    # The same for many, after a page that says which

    @admin.action(description=gettext_lazy("Check in"), permissions=["run"])
    def check_in_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self.act_on_many(
            request,
            queryset,
            verb=check_in,
            fits=lambda one: one.status == Status.REGISTERED and not one.is_checked_in and not one.meeting.is_cancelled,
            title=_("Check these persons in"),
            button=_("Check in"),
            what_happens=lambda chosen: [_("They count among those who came. It can be undone, one by one.")],
        )

    @admin.action(description=gettext_lazy("Note letters for a visa as issued"), permissions=["run"])
    def note_letters_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self.act_on_many(
            request,
            queryset,
            verb=note_visa_letter,
            fits=lambda one: not why_no_letter(one),
            title=_("Note letters for a visa as issued"),
            button=_("Note the letters as issued"),
            what_happens=lambda chosen: [
                _("Today is noted as the day on which the signed letters left; days noted before are replaced."),
                _("Nothing is sent: the letters are sent by you."),
            ],
        )

    @admin.action(description=gettext_lazy("Cancel the registrations"), permissions=["run"])
    def cancel_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        def what_happens(chosen: list[Any]) -> list[str]:
            by_meeting: dict[Meeting, list[Any]] = {}
            for one in chosen:
                by_meeting.setdefault(one.meeting, []).append(one)
            return [
                *(
                    _("%(meeting)s: %(sentence)s") % {"meeting": meeting, "sentence": self.who_moves_up(meeting, rows)}
                    for meeting, rows in by_meeting.items()
                ),
                _("Everybody concerned is told by mail. Nothing takes the cancellations back."),
            ]

        return self.act_on_many(
            request,
            queryset,
            verb=cancel_registration,
            fits=lambda one: one.is_standing and not one.is_checked_in and one.meeting.status in Meeting.TO_COME,
            title=_("Cancel these registrations"),
            button=_("Cancel the registrations"),
            what_happens=what_happens,
        )

    @admin.action(description=gettext_lazy("Letters for a visa, as one Word file"), permissions=["run"])
    def letters_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        """Each in the language of its person; nothing changes by it."""
        chosen = [one for one in queryset.order_by("pk") if not why_no_letter(one)]
        try:
            return attachment(visa_letters(chosen), DOCX, f"visa-{today().isoformat()}.docx")
        except NetworkError as refusal:
            self.message_user(request, str(refusal), messages.WARNING)
            return None

    def act_on_many(
        self,
        request: HttpRequest,
        queryset: models.QuerySet,
        *,
        verb: Callable[..., Registration],
        fits: Callable[[Any], bool],
        title: str,
        button: str,
        what_happens: Callable[[list[Any]], list[str]],
    ) -> HttpResponse | None:
        # Who waits goes first, or would move up for a moment, and be told so, where others are cancelled with them.
        rows: list[Any] = sorted(queryset.order_by("pk"), key=lambda one: one.status != Status.WAITING)
        if "confirmed" not in request.POST:
            chosen = [one for one in rows if fits(one)]
            numbers = {
                pk: nth
                for meeting in {one.meeting for one in rows if one.status == Status.WAITING}
                for pk, nth in waiting_numbers(meeting).items()
            }
            for one in rows:
                one.in_words = state_in_words(one, numbers.get(one.pk))
            request.current_app = self.admin_site.name
            return TemplateResponse(
                request,
                "admin/meetings/registration/many.html",
                self.admin_site.each_context(request)
                | {
                    "title": title,
                    "opts": self.opts,
                    "chosen": chosen,
                    "others": [one for one in rows if not fits(one)],
                    "sentences": what_happens(chosen) if chosen else [],
                    "action": request.POST["action"],
                    "button": button,
                    "action_checkbox_name": admin.helpers.ACTION_CHECKBOX_NAME,
                },
            )
        done, left = 0, []
        for one in rows:
            try:
                verb(registration=one, by=request.user)
                done += 1
            except NetworkError as refusal:
                left.append(str(refusal))
        if done:
            told = ngettext("Done for %(number)s person.", "Done for %(number)s persons.", done)
            self.message_user(request, told % {"number": done}, messages.SUCCESS)
        for sentence in left:
            self.message_user(request, sentence, messages.WARNING)
        return None


# Questions


@admin.register(MeetingQuestion)
class MeetingQuestionAdmin(PlainAdmin):
    form = QuestionForm
    list_display = ("words", "meeting", "asked_of", "kind", "use", "is_required", "position")
    list_display_links = ("words",)
    list_select_related = ("meeting",)
    list_filter = (("meeting", admin.RelatedOnlyFieldListFilter), "purpose")
    search_fields = ("text_en", "text_fr")
    ordering = ("-meeting__edition", "position", "pk")
    actions: Any = None
    """Removed one by one: each may have been answered."""
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "meeting",
                    ("text_en", "text_fr"),
                    ("help_en", "help_fr"),
                    ("kind", "purpose"),
                    "capacities",
                    ("is_required", "position"),
                ),
                "description": gettext_lazy(
                    "Ask only what is needed to hold the meeting: answers are personal data, and removed after it."
                ),
            },
        ),
    )

    @admin.display(description=gettext_lazy("question"), ordering="text_en")
    def words(self, question: MeetingQuestion) -> str:
        return question.text

    @admin.display(description=gettext_lazy("asked of"))
    def asked_of(self, question: MeetingQuestion) -> str:
        names: dict[Any, Any] = dict(Registration.Capacity.choices)
        return ", ".join(str(names[one]) for one in question.capacities if one in names) or pgettext(
            "capacities", "all"
        )

    @admin.display(description=gettext_lazy("used for"), ordering="purpose")
    def use(self, question: MeetingQuestion) -> str:
        return str(question.get_purpose_display()) if question.purpose else "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Answers point to it: it stays with its meeting."""
        return ("meeting",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        meeting = Meeting.objects.next()
        return {"meeting": meeting and meeting.pk} | super().get_changeform_initial_data(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        found: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "meeting" and found is not None:
            found.queryset = Meeting.objects.filter(status__in=Meeting.TO_COME)
            for name in ("add", "change", "delete", "view"):
                setattr(found.widget, f"can_{name}_related", False)
        return found

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Refused for a question that was answered: the answers would lose what they say."""
        question = self.get_object(request, object_id)
        number = answered(question).count() if question and self.has_delete_permission(request, question) else 0
        if question is not None and number:
            self.message_user(
                request,
                ngettext(
                    "%(count)s person answered this question: it stays.",
                    "%(count)s persons answered this question: it stays.",
                    number,
                )
                % {"count": number},
                messages.WARNING,
            )
            return redirect("admin:meetings_meetingquestion_change", question.pk)
        return super().delete_view(request, object_id, extra_context)
