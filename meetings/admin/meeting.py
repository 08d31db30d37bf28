"""Meetings as a workplace: facts in a plain form; what moves a meeting by operations, which say what will happen."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cities.admin.base import NetworkAdmin
from cities.admin.call import LOW_TEXTS, AtTheEnd
from cities.admin.files import GuardedExportMixin, GuardedResource
from cities.admin.operations import Operation, OperationsMixin, posted
from cities.days import in_words, today, until_in_words
from cities.forms.act import ActForm

from ..forms.meeting import (
    ClosesForm,
    DocumentForm,
    HostsForm,
    MeetingForm,
    MeetingHostForm,
    PlacesForm,
    PostponeForm,
    PublicReasonForm,
    RelocateForm,
    RemoveDocumentForm,
)
from ..models import Meeting, MeetingDocument, MeetingHost, Objective, Registration
from ..services.meeting import (
    RUN,
    WITH_A_HOST,
    add_document,
    cancel_meeting,
    choose_hosts,
    close_registration,
    figures,
    give_up_host,
    hold,
    number_told,
    obstacles_to_registration,
    postpone,
    publish_outcome,
    relocate,
    remove_document,
    reopen_registration,
    reschedule_registration,
    running_host_call,
    show_document,
)
from ..services.registration import change_places, open_with_questions, places_of
from .people import PeopleMixin

Status = Meeting.Status
OPEN_TO_EDIT = (Status.PLANNED, *Meeting.HELD)
"""While a meeting is one of these, its hosts are facts to be typed; in between operations change them, and while a call
for hosts runs its decision does."""


class MeetingHostInline(admin.StackedInline):
    model = MeetingHost
    form = MeetingHostForm
    extra = 1
    autocomplete_fields = ("city",)
    fields = (("city", "name_en", "name_fr", "position"),)

    def may_edit(self, request: HttpRequest, obj: Any) -> bool:
        is_open = obj is None or obj.status in OPEN_TO_EDIT
        if is_open and obj is not None and obj.status == Status.PLANNED and running_host_call(obj):
            return False
        return is_open and request.user.has_perm("meetings.change_meetinghost")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_edit(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_edit(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_edit(request, obj)

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "city":
            # A new member is admitted with its designation, not in passing.
            field.widget.can_add_related = False
        return field


class ObjectiveInline(admin.StackedInline):
    model = Objective
    formset: Any = AtTheEnd
    formfield_overrides = LOW_TEXTS
    extra = 0
    fields = (("position",), ("text_en", "text_fr"))
    verbose_name_plural = gettext_lazy("strategic objectives; shown once the outcome is published")


class MeetingResource(GuardedResource):
    class Meta:
        model = Meeting
        fields = (
            "edition",
            "country",
            "planned_year",
            "year",
            "start_date",
            "end_date",
            "status",
            "format",
            "theme_en",
            "theme_fr",
            "venue",
            "places",
            "per_city",
            "registration_closes_at",
            "participants",
            "cities_represented",
            "mayors",
            "figures_source",
            "source",
            "note",
        )
        name = Meeting._meta.verbose_name_plural


@admin.register(Meeting)
class MeetingAdmin(PeopleMixin, GuardedExportMixin, OperationsMixin, NetworkAdmin):
    resource_classes = [MeetingResource]
    form = MeetingForm
    inlines = (MeetingHostInline, ObjectiveInline)
    parts = ("hosts", "objectives")
    change_form_template = "admin/meetings/meeting/change_form.html"
    list_display = ("edition", "hosts_line", "country", "days", "status_now", "moved")
    list_display_links = ("edition", "hosts_line")
    list_filter = ("status", "format")
    search_fields = ("hosts__name_en", "hosts__name_fr", "hosts__city__search_text", "country__name_en", "year")
    search_help_text = gettext_lazy("A host or the country by its first letters, or the year.")
    autocomplete_fields = ("country",)
    formfield_overrides = NetworkAdmin.formfield_overrides | LOW_TEXTS
    fieldsets = (
        (None, {"fields": ("edition", "country", "format", ("theme_en", "theme_fr"))}),
        (gettext_lazy("When"), {"fields": (("planned_year", "year"), ("start_date", "end_date"), "time_zone")}),
        (
            gettext_lazy("What everybody reads"),
            {
                "fields": (
                    ("introduction_en", "introduction_fr"),
                    "venue",
                    "address",
                    ("practical_en", "practical_fr"),
                    "website",
                )
            },
        ),
        (
            gettext_lazy("Registration"),
            {"fields": (("places", "per_city"), "capacities", "registration_closes_at", "personal_data_until")},
        ),
        (
            gettext_lazy("Who came"),
            {
                "fields": (("participants", "cities_represented", "mayors"), "figures_source"),
                "description": gettext_lazy("Figures that a source reports; empty: counted from the check-in."),
            },
        ),
        (gettext_lazy("Notes"), {"fields": ("source", "note")}),
    )
    first_fieldsets = (*fieldsets[:3], fieldsets[-1])

    # The list

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        meetings: Any = super().get_queryset(request)
        return meetings.with_hosts()

    @admin.display(description=gettext_lazy("hosts"))
    def hosts_line(self, meeting: Meeting) -> str:
        return meeting.title

    @admin.display(description=gettext_lazy("days"), ordering="year")
    def days(self, meeting: Meeting) -> str:
        return meeting.period or str(meeting.year)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_now(self, meeting: Meeting) -> str:
        return format_html(
            '<span class="state-phase state-phase-{}">{}</span>', meeting.status, meeting.get_status_display()
        )

    @admin.display(description=gettext_lazy("first planned for"), empty_value="–")
    def moved(self, meeting: Meeting) -> int | None:
        return meeting.planned_year if meeting.was_moved else None

    # One meeting

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What only operations change, by where the meeting stands."""
        if obj is None:
            return []
        fields = ["edition", "registration_closes_at"]
        if obj.status in WITH_A_HOST:
            fields += ["country", "year"]
        if obj.status in Meeting.TO_COME and obj.start_date is not None:
            fields += ["year", "start_date", "end_date"]
        if obj.status not in (Status.PLANNED, Status.HOST_SELECTED):
            fields += ["places", "per_city"]
        if obj.personal_data_removed_at is not None:
            fields.append("personal_data_until")
        return fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """As declared; what is known only later is not asked for at the beginning."""
        return self.fieldsets if obj is not None else self.first_fieldsets

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        meeting: Any = context.get("original")
        if meeting is not None:
            context |= self.state_of(request, meeting)
        return super().render_change_form(request, context, *args, **kwargs)

    def state_of(self, request: HttpRequest, meeting: Meeting) -> dict[str, Any]:
        """What the page of a meeting tells beside its form."""
        return {
            "meeting": meeting,
            "operations": self.operations_on(request, meeting),
            "obstacles": obstacles_to_registration(meeting) if meeting.status == Status.HOST_SELECTED else [],
            "host_calls": meeting.host_calls.all(),
            "changes_made": meeting.changes.select_related("by"),
            "documents": meeting.documents.select_related("file"),
            "figures": figures(meeting),
            "may_run": request.user.has_perm(RUN, meeting),
        }

    # Operations

    def get_urls(self) -> list:
        pages = {
            "choose-hosts": self.choose_hosts_view,
            "relocate": self.relocate_view,
            "give-up": self.give_up_view,
            "postpone": self.postpone_view,
            "cancel": self.cancel_view,
            "open-registration": self.open_registration_view,
            "reschedule-registration": self.reschedule_registration_view,
            "close-registration": self.close_registration_view,
            "reopen-registration": self.reopen_registration_view,
            "places": self.places_view,
            "hold": self.hold_view,
            "publish-outcome": self.publish_outcome_view,
            "document": self.add_document_view,
        }
        return [
            *(self.page_at(f"<path:object_id>/{name}/", name.replace("-", "_"), view) for name, view in pages.items()),
            self.page_at("documents/<int:pk>/remove/", "document_remove", self.remove_document_view),
            self.page_at("documents/<int:pk>/show/", "document_show", self.show_document_view),
            *super().get_urls(),
        ]

    def operations_on(self, request: HttpRequest, meeting: Meeting) -> list[Operation]:
        if not request.user.has_perm(RUN, meeting):
            return []
        found: list[Operation] = []

        def add(name: str, label: str, *, is_next: bool = False) -> None:
            found.append(Operation(self.url_of(name, meeting.pk), label, is_next))

        is_over = meeting.end_date is not None and meeting.end_date < today()
        match meeting.status:
            case Status.PLANNED:
                if not running_host_call(meeting):
                    add("choose_hosts", _("Name the hosts"), is_next=not is_over)
                if meeting.hosts.all():
                    add("hold", _("It took place"), is_next=is_over)
            case Status.HOST_SELECTED:
                ready = not obstacles_to_registration(meeting)
                add("open_registration", _("Open registration"), is_next=ready)
                add("hold", _("It took place"), is_next=is_over)
            case Status.REGISTRATION_OPEN:
                add("reschedule_registration", _("Move the end of registration"))
                add("close_registration", _("Close registration"))
            case Status.REGISTRATION_CLOSED:
                add("hold", _("It took place"), is_next=is_over)
                add("reopen_registration", _("Open registration again"))
            case Status.HELD:
                add("publish_outcome", _("Publish the outcome"), is_next=True)
        if meeting.status in (Status.REGISTRATION_OPEN, Status.REGISTRATION_CLOSED):
            add("places", _("Change the places"))
        if meeting.status in Meeting.TO_COME:
            add("postpone", _("Postpone"))
            if meeting.status in WITH_A_HOST:
                add("relocate", _("Relocate"))
            if meeting.status == Status.HOST_SELECTED:
                add("give_up", _("The host gives up"))
            add("cancel", _("Cancel the meeting"))
        return found

    def subject(self, request: HttpRequest, object_id: str) -> Meeting:
        return self.get_subject(request, object_id, RUN)

    def refuse(self, request: HttpRequest, meeting: Meeting) -> HttpResponse:
        return self.turned_away(
            request,
            meeting,
            _("This cannot be done: the meeting is “%(status)s” now.") % {"status": meeting.get_status_display()},
        )

    def told(self, meeting: Meeting) -> str:
        number = number_told(meeting)
        return ngettext(
            "%(count)s person gets the reason by mail: who registered, and the focal points of the members.",
            "%(count)s persons get the reason by mail: who registered, and the focal points of the members.",
            number,
        ) % {"count": number}

    def choose_hosts_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status != Status.PLANNED:
            return self.refuse(request, meeting)
        if running_host_call(meeting):
            return self.turned_away(
                request, meeting, _("A call for hosts runs for this meeting: its decision names the hosts.")
            )
        return self.run_operation(
            request,
            HostsForm(posted(request), hosts=list(meeting.hosts.all()), verb=partial(choose_hosts, meeting=meeting)),
            title=_("Name the hosts: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                _("The page of the meeting says from now on who hosts it, and in which country."),
                _("No call for hosts can be published for it any more, unless its hosts give it up."),
                _("Nobody is told by mail."),
            ],
            button=_("Name the hosts"),
            done=lambda meeting: _("The hosts of %(meeting)s are named.") % {"meeting": meeting},
            original=meeting,
        )

    def relocate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status not in WITH_A_HOST:
            return self.refuse(request, meeting)
        return self.run_operation(
            request,
            RelocateForm(posted(request), hosts=list(meeting.hosts.all()), verb=partial(relocate, meeting=meeting)),
            title=_("Relocate: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                _("Now it is hosted by: %(hosts)s.") % {"hosts": meeting.title},
                _("Venue, address, practical information and website are emptied: they are true of the former place."),
                _("Registrations stay, and the days too: postpone it as well where they change."),
                self.told(meeting),
                _("The page of the meeting shows the former hosts and the reason, for good."),
            ],
            button=_("Relocate"),
            done=lambda meeting: _("%(meeting)s is relocated.") % {"meeting": meeting},
            original=meeting,
        )

    def give_up_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status != Status.HOST_SELECTED:
            return self.refuse(request, meeting)
        return self.run_operation(
            request,
            PublicReasonForm(posted(request), verb=partial(give_up_host, meeting=meeting)),
            title=_("The host gives up: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                _("No longer its hosts: %(hosts)s.") % {"hosts": meeting.title},
                _("The meeting is planned, without a host: another call for hosts can be published, or hosts named."),
                _("Venue, address, practical information and website are emptied: they are true of the former place."),
                self.told(meeting),
                _("The page of the meeting shows the former hosts and the reason, for good."),
            ],
            button=_("The host gives up"),
            done=lambda meeting: _("%(meeting)s has no host any more.") % {"meeting": meeting},
            original=meeting,
        )

    def postpone_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status not in Meeting.TO_COME:
            return self.refuse(request, meeting)
        what_happens = [
            _("Now its days are: %(days)s.") % {"days": meeting.period}
            if meeting.period
            else _("Now it is planned for %(year)s, without days.") % {"year": meeting.year}
        ]
        if sessions := meeting.sessions.count():
            what_happens.append(
                ngettext(
                    "%(count)s session of the programme moves by as many days, at the same hour.",
                    "%(count)s sessions of the programme move by as many days, at the same hours.",
                    sessions,
                )
                % {"count": sessions}
            )
        if meeting.personal_data_until:
            what_happens.append(_("Personal data are kept by as many days longer."))
        return self.run_operation(
            request,
            PostponeForm(posted(request), meeting=meeting, verb=partial(postpone, meeting=meeting)),
            title=_("Postpone: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                *what_happens,
                _("Registrations stay; who cannot come on the new days cancels."),
                self.told(meeting),
                _("The page of the meeting shows the former days and the reason, for good; calendars take it over."),
            ],
            button=_("Postpone"),
            done=lambda meeting: _("%(meeting)s is postponed.") % {"meeting": meeting},
            original=meeting,
        )

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status not in Meeting.TO_COME:
            return self.refuse(request, meeting)
        if running_host_call(meeting):
            return self.turned_away(request, meeting, _("A call for hosts runs for this meeting: cancel that first."))
        return self.run_operation(
            request,
            PublicReasonForm(posted(request), verb=partial(cancel_meeting, meeting=meeting)),
            title=_("Cancel the meeting: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                _("The meeting will not take place, and nothing makes it one to come again: for later days, postpone."),
                _("Nobody can register any more. Personal data of those who did leave on their day, as before."),
                self.told(meeting),
                _("The page of the meeting stays and says why it was cancelled."),
            ],
            button=_("Cancel the meeting"),
            done=lambda meeting: _("%(meeting)s is cancelled.") % {"meeting": meeting},
            original=meeting,
        )

    def open_registration_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status != Status.HOST_SELECTED:
            return self.refuse(request, meeting)
        if found := obstacles_to_registration(meeting):
            return self.turned_away(request, meeting, " ".join([_("Registration cannot be opened yet."), *found]))
        questions = meeting.questions.count()
        return self.run_operation(
            request,
            ClosesForm(posted(request), verb=partial(open_with_questions, meeting=meeting)),
            title=_("Open registration: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                self.capacity_in_words(meeting),
                ngettext(
                    "Whoever registers is asked %(count)s question besides name and address.",
                    "Whoever registers is asked %(count)s questions besides name and address.",
                    questions,
                )
                % {"count": questions}
                if questions
                else _("The usual questions are asked: meals, accessibility, letter for a visa."),
                _("Names, addresses and answers are removed on this day: %(day)s.")
                % {"day": in_words(meeting.personal_data_until)},  # type: ignore[arg-type]  # no obstacle
                _("The focal points of all member cities are told by mail."),
            ],
            button=_("Open registration"),
            done=lambda meeting: (
                _("Registration is open until: %(at)s.") % {"at": until_in_words(meeting.registration_closes_at)}
            ),
            original=meeting,
        )

    def capacity_in_words(self, meeting: Meeting) -> str:
        of_a_city = ngettext(
            "%(count)s person of one city at most", "%(count)s persons of one city at most", meeting.per_city
        ) % {"count": meeting.per_city}
        if meeting.places is None:
            return _("There is no limit of places; %(of_a_city)s.") % {"of_a_city": of_a_city}
        return ngettext(
            "There is %(count)s place; %(of_a_city)s. Who comes later waits.",
            "There are %(count)s places; %(of_a_city)s. Who comes later waits.",
            meeting.places,
        ) % {"count": meeting.places, "of_a_city": of_a_city}

    def reschedule_registration_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status != Status.REGISTRATION_OPEN:
            return self.refuse(request, meeting)
        return self.run_operation(
            request,
            ClosesForm(
                posted(request),
                initial={"closes_at": meeting.registration_closes_at},
                verb=partial(reschedule_registration, meeting=meeting),
            ),
            title=_("Move the end of registration: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                _("Now it closes: %(at)s.") % {"at": until_in_words(meeting.registration_closes_at)},  # type: ignore[arg-type]  # a constraint
                _("The page of the meeting says so at once. Nobody is told by mail."),
            ],
            button=_("Move the end"),
            done=lambda meeting: (
                _("Registration is open until: %(at)s.") % {"at": until_in_words(meeting.registration_closes_at)}
            ),
            original=meeting,
        )

    def close_registration_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status != Status.REGISTRATION_OPEN:
            return self.refuse(request, meeting)
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(close_registration, meeting=meeting)),
            title=_("Close registration: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                _("Nobody can register any more, though the day that was said has not come: %(at)s.")
                % {"at": until_in_words(meeting.registration_closes_at)},  # type: ignore[arg-type]  # a constraint
                _("Those registered can still change their answers, and cancel; who waits still moves up."),
            ],
            button=_("Close registration"),
            done=lambda meeting: _("The registration for %(meeting)s is closed.") % {"meeting": meeting},
            original=meeting,
        )

    def reopen_registration_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status != Status.REGISTRATION_CLOSED:
            return self.refuse(request, meeting)
        return self.run_operation(
            request,
            ClosesForm(posted(request), verb=partial(reopen_registration, meeting=meeting)),
            title=_("Open registration again: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                self.capacity_in_words(meeting),
                _("The page of the meeting says so at once. Nobody is told by mail."),
            ],
            button=_("Open registration again"),
            done=lambda meeting: (
                _("Registration is open until: %(at)s.") % {"at": until_in_words(meeting.registration_closes_at)}
            ),
            original=meeting,
        )

    def places_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status not in (Status.REGISTRATION_OPEN, Status.REGISTRATION_CLOSED):
            return self.refuse(request, meeting)
        places = places_of(meeting)
        waiting = Registration.objects.filter(meeting=meeting).waiting().count()
        return self.run_operation(
            request,
            PlacesForm(
                posted(request),
                initial={"places": meeting.places, "per_city": meeting.per_city},
                verb=partial(change_places, meeting=meeting),
            ),
            title=_("Change the places: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                ngettext(
                    "%(count)s person has a place; nobody loses one.",
                    "%(count)s persons have a place; nobody loses one.",
                    places.coming,
                )
                % {"count": places.coming},
                ngettext(
                    "%(count)s person waits; with more places, who came first moves up and is told by mail.",
                    "%(count)s persons wait; with more places, who came first moves up and is told by mail.",
                    waiting,
                )
                % {"count": waiting},
                _("A lower number for one city holds for those who register from now on."),
            ],
            button=_("Change the places"),
            done=lambda meeting: _("The places of %(meeting)s are changed.") % {"meeting": meeting},
            original=meeting,
        )

    def hold_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if Status.HELD not in Meeting.TRANSITIONS.get(Status(meeting.status), set()):
            return self.refuse(request, meeting)
        if not meeting.hosts.all():
            return self.turned_away(request, meeting, _("Say first who hosted the meeting, and in which country."))
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(hold, meeting=meeting)),
            title=_("It took place: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                _("The meeting counts among those held: its days and hosts are facts, which can still be corrected."),
                _("Its figures are those that you type from a source, or else counted from the check-in."),
                _("Nobody is told by mail."),
            ],
            button=_("It took place"),
            done=lambda meeting: _("%(meeting)s is noted as held.") % {"meeting": meeting},
            original=meeting,
        )

    def publish_outcome_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        if meeting.status != Status.HELD:
            return self.refuse(request, meeting)
        objectives, documents = meeting.objectives.count(), meeting.documents.count()
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(publish_outcome, meeting=meeting)),
            title=_("Publish the outcome: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                ngettext(
                    "Everybody can read the %(count)s strategic objective that the meeting set.",
                    "Everybody can read the %(count)s strategic objectives that the meeting set.",
                    objectives,
                )
                % {"count": objectives},
                ngettext(
                    "Its document stays with those who may read it now.",
                    "Its %(count)s documents stay with those who may read them now.",
                    documents,
                )
                % {"count": documents},
                _("The outcome cannot be taken back; a word in it can be corrected."),
            ],
            button=_("Publish the outcome"),
            done=lambda meeting: _("The outcome of %(meeting)s is published.") % {"meeting": meeting},
            original=meeting,
        )

    # Documents

    def add_document_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        meeting = self.subject(request, object_id)
        files = request.FILES if request.method == "POST" else None
        return self.run_operation(
            request,
            DocumentForm(posted(request), files, verb=partial(add_document, meeting=meeting)),
            title=_("Add a document: %(meeting)s") % {"meeting": meeting},
            what_happens=[
                _("The page of the meeting offers the file to those who may read it, from now on."),
                _("The file is taken as it is; a PDF made for reading aloud serves everybody."),
            ],
            button=_("Add the document"),
            done=lambda document: _("The document “%(title)s” is added.") % {"title": document.title},
            original=meeting,
            page_of=lambda document: document.meeting,
        )

    def document_of(self, request: HttpRequest, pk: int) -> MeetingDocument | None:
        document = MeetingDocument.objects.select_related("meeting", "file").filter(pk=pk).first()
        if not request.user.has_perm(RUN, document and document.meeting):
            raise PermissionDenied
        return document

    def no_document(self, request: HttpRequest) -> HttpResponse:
        self.message_user(request, _("There is no such document any more."), messages.WARNING)
        return redirect(self.url_of("changelist"))

    def show_document_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        document = self.document_of(request, pk)
        if document is None:
            return self.no_document(request)
        to = MeetingDocument.Visibility.MEMBERS if document.is_public else MeetingDocument.Visibility.PUBLIC
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(show_document, document=document, visibility=to)),
            title=(_("For member cities only: %(title)s") if document.is_public else _("Show to everybody: %(title)s"))
            % {"title": Truncator(document.title).chars(60)},
            what_happens=[
                _("Only coordinators of member cities and the secretariat can read it from now on.")
                if document.is_public
                else _("Everybody can read it from now on, without signing in.")
            ],
            button=_("For member cities only") if document.is_public else _("Show to everybody"),
            done=lambda meeting: _("It is changed who may read the document."),
            original=document.meeting,
        )

    def remove_document_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        document = self.document_of(request, pk)
        if document is None:
            return self.no_document(request)
        return self.run_operation(
            request,
            RemoveDocumentForm(posted(request), verb=partial(remove_document, document=document)),
            title=_("Remove the document: %(title)s") % {"title": Truncator(document.title).chars(60)},
            what_happens=[
                _("The page of the meeting offers this file no longer: %(name)s.") % {"name": document.file.name},
                _("The file itself is kept with the secretariat."),
            ],
            button=_("Remove the document"),
            done=lambda meeting: _("The document is removed."),
            original=document.meeting,
        )
