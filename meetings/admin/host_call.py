"""Calls for hosts as a workplace: drafts in a plain form, published ones as a file with their operations."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from cities.acts import readable
from cities.admin.base import PlainAdmin
from cities.admin.call import LOW_TEXTS, AtTheEnd, FrozenMixin
from cities.admin.operations import Operation, posted
from cities.days import from_in_words, short_from, short_until, until_in_words
from cities.forms.act import ActForm
from cities.forms.call import InstantInput, ReasonForm
from cities.models import City

from ..forms.host_call import (
    AgreementForm,
    CancelHostCallForm,
    CopyHostCallForm,
    HostCallForm,
    RescheduleHostCallForm,
)
from ..models import Ballot, HostCall, HostCriterion
from ..services.ballot import cancel_on_ballot, readiness
from ..services.host_call import (
    INSTANTS,
    RUN,
    bidders,
    copy_host_call,
    decide_without_ballot,
    moves_of,
    name_of,
    obstacles,
    publish_host_call,
    reschedule_host_call,
    selected_bid,
    sign_agreement,
    take_back_host_call,
    why_a_ballot_is_due,
    with_numbers,
)

Status = HostCall.Status
BEGINNINGS = ("opens_at", "ballot_opens_at")
"""Instants at which something begins; the others end something."""


class HostCriterionInline(admin.TabularInline):
    """The criteria: whoever may edit the call for hosts may edit them."""

    model = HostCriterion
    formset: Any = AtTheEnd
    formfield_overrides = {models.CharField: {"widget": forms.Textarea(attrs={"rows": 3})}}
    fields = ("position", "text_en", "text_fr")
    extra = 1
    fields_are_its_name = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("meetings.view_hostcall")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("meetings.change_hostcall") and (obj is None or obj.is_draft)

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(HostCall)
class HostCallAdmin(FrozenMixin, PlainAdmin):
    permission = "meetings.{}_hostcall"
    form = HostCallForm
    inlines = (HostCriterionInline,)
    change_form_template = "admin/meetings/hostcall/change_form.html"
    list_display = ("in_words", "phase_now", "opens", "closes", "votes", "begun_count", "received_count")
    list_filter = ("status", "is_demonstration")
    ordering = ("-opens_at", "-pk")
    formfield_overrides = LOW_TEXTS | {
        models.DateTimeField: {"form_class": forms.DateTimeField, "widget": InstantInput()}
    }
    actions = None
    fieldsets = (
        (None, {"fields": ("meeting", "introduction_en", "introduction_fr")}),
        (
            gettext_lazy("Dates"),
            {
                "fields": INSTANTS,
                "description": gettext_lazy(
                    "Paris time. An end at 00:00 is the end of the day before: for “until 30 June, 24:00” give"
                    " 1 July, 00:00."
                ),
            },
        ),
        (
            gettext_lazy("Rules of the bids and of the ballot"),
            {"fields": ("most_cities", "bidders_vote", "quorum_percent", ("runoff_hours", "most_rounds"))},
        ),
        (gettext_lazy("Notes"), {"fields": ("note",)}),
    )

    # The list

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return with_numbers(super().get_queryset(request))

    @admin.display(description=gettext_lazy("annual meeting"), ordering="meeting__edition")
    def in_words(self, host_call: HostCall) -> str:
        return str(host_call.meeting)

    @admin.display(description=gettext_lazy("phase"))
    def phase_now(self, host_call: HostCall) -> str:
        phase = host_call.phase()
        return format_html('<span class="state-phase state-phase-{}">{}</span>', phase.value, phase.label)

    @admin.display(description=gettext_lazy("opens"), ordering="opens_at")
    def opens(self, host_call: HostCall) -> str:
        return short_from(host_call.opens_at)

    @admin.display(description=gettext_lazy("closes"), ordering="closes_at")
    def closes(self, host_call: HostCall) -> str:
        return short_until(host_call.closes_at)

    @admin.display(description=gettext_lazy("ballot closes"), ordering="ballot_closes_at")
    def votes(self, host_call: HostCall) -> str:
        return short_until(host_call.ballot_closes_at)

    @admin.display(description=pgettext_lazy("bids", "begun"), ordering="begun")
    def begun_count(self, host_call: Any) -> int:
        return host_call.begun

    @admin.display(description=pgettext_lazy("bids", "submitted"), ordering="received")
    def received_count(self, host_call: Any) -> int:
        return host_call.received

    # One call for hosts

    def frozen(self) -> str:
        return _("This call for hosts is no longer a draft: its rules and its criteria stay as they are.")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """As declared; who only reads sees the dates as a timeline."""
        if self.has_change_permission(request, obj):
            (first, options), *others = self.fieldsets
            return [(first, options | {"fields": (*options["fields"], "seen")}), *others]
        return [(title, options) for title, options in self.fieldsets if options["fields"] != INSTANTS]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "meeting":
            # A meeting is planned on its own page, not in passing.
            field.widget.can_add_related = field.widget.can_change_related = field.widget.can_view_related = False
        return field

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        host_call: Any = context.get("original")
        if host_call is not None:
            context |= self.state_of(request, host_call)
        return super().render_change_form(request, context, *args, **kwargs)

    def state_of(self, request: HttpRequest, host_call: Any) -> dict[str, Any]:
        """What the page of a call for hosts tells beside its form."""
        now = timezone.now()
        examined = host_call.phase(now) == HostCall.Phase.EXAMINATION
        return {
            "host_call": host_call,
            "phase": host_call.phase(now),
            "operations": self.operations_on(request, host_call),
            "obstacles": obstacles(host_call, now) if host_call.is_draft else [],
            # What it will take when its instant comes.
            "readiness": readiness(host_call, max(now, host_call.ballot_opens_at)) if examined else [],
            "is_examined": examined,
            "timeline": timeline(host_call),
            "moves": moves_of(host_call),
            "bids": [
                (bid, self.change_url(bid), sum(one.is_confirmed for one in bid.standing_cities))
                for bid in host_call.bids.with_cities()
            ],
            "ballots": host_call.ballots.all(),
            "ballot_page": url_of_ballot(host_call),
            "acts": readable(self.acts_on(host_call)[:50]),
            "public_page": not host_call.is_draft,
        }

    # Operations

    def get_urls(self) -> list:
        pages = {
            "publish": self.publish_view,
            "take-back": self.take_back_view,
            "reschedule": self.reschedule_view,
            "cancel": self.cancel_view,
            "without-ballot": self.without_ballot_view,
            "agreement": self.agreement_view,
            "copy": self.copy_view,
        }
        return [
            *(self.page_at(f"<path:object_id>/{name}/", name.replace("-", "_"), view) for name, view in pages.items()),
            *super().get_urls(),
        ]

    def operations_on(self, request: HttpRequest, host_call: HostCall) -> list[Operation]:
        found = []
        if host_call.is_draft:
            for language, label in (("en", _("Preview in English")), ("fr", _("Preview in French"))):
                with translation.override(language):
                    found.append(Operation(host_call.get_absolute_url(), label))
        now = timezone.now()
        phase = host_call.phase(now)
        shows_ballot = phase in (HostCall.Phase.EXAMINATION, HostCall.Phase.BALLOT)
        if shows_ballot or host_call.ballots.exists():
            is_next = phase == HostCall.Phase.BALLOT or (
                shows_ballot and not readiness(host_call, max(now, host_call.ballot_opens_at))
            )
            found.append(Operation(url_of_ballot(host_call), _("Ballot"), is_next))
        if not request.user.has_perm(RUN, host_call):
            return found

        def add(name: str, label: str, *, is_next: bool = False) -> None:
            found.append(Operation(self.url_of(name, host_call.pk), label, is_next))

        match host_call.status:
            case Status.DRAFT:
                add("publish", _("Publish"), is_next=not obstacles(host_call, now))
            case Status.PUBLISHED:
                if now < host_call.opens_at:
                    add("take_back", _("Make it a draft again"))
                add("reschedule", _("Reschedule"))
                if not why_a_ballot_is_due(host_call):
                    add("without_ballot", _("End it without a ballot"))
                add("cancel", _("Cancel the call"))
            case Status.BALLOT:
                add("cancel", _("Cancel the call"))
            case Status.DECIDED if selected_bid(host_call):
                add("agreement", _("Note the agreement"), is_next=host_call.agreement_signed_on is None)
        add("copy", _("Copy for another meeting"))
        return found

    def publish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        host_call = self.get_subject(request, object_id, RUN)
        if not host_call.is_draft:
            return self.turned_away(request, host_call, _("This call is published already."))
        if found := obstacles(host_call):
            return self.turned_away(
                request,
                host_call,
                ngettext(
                    "The call cannot be published yet: one thing is in the way, named on its page.",
                    "The call cannot be published yet: %(count)s things are in the way, named on its page.",
                    len(found),
                )
                % {"count": len(found)},
            )
        members = City.objects.members().count()
        told = (
            _("It is a demonstration: nobody is told by mail.")
            if host_call.is_demonstration
            else _("The focal points of all member cities are told by mail, each in their language.")
        )
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(publish_host_call, host_call=host_call)),
            title=_("Publish: %(call)s") % {"call": host_call},
            what_happens=[
                _("Everybody can read the call for hosts, with its dates, its criteria and the rules of the ballot."),
                told,
                _("Bids can be begun from this instant on: %(at)s.") % {"at": from_in_words(host_call.opens_at)},
                _("Who votes is known when the ballot opens: the members of that day. Today they are %(number)s.")
                % {"number": members},
                _("Rules and criteria are frozen: nobody can change them any more, here or in the database."),
                _("Until it opens it can be made a draft again; after that it can be rescheduled or cancelled only."),
            ],
            button=_("Publish"),
            done=lambda host_call: _("%(call)s is published.") % {"call": host_call},
            original=host_call,
        )

    def take_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        host_call = self.get_subject(request, object_id, RUN)
        if host_call.phase() != HostCall.Phase.SCHEDULED:
            return self.turned_away(
                request, host_call, _("Only a published call that has not opened can be a draft again.")
            )
        return self.run_operation(
            request,
            ReasonForm(posted(request), verb=partial(take_back_host_call, host_call=host_call)),
            title=_("Make it a draft again: %(call)s") % {"call": host_call},
            what_happens=[
                _("Its public page disappears until it is published again, though its mails have left."),
                _("Its rules and its criteria can be changed again."),
                _("Published again, it is told to all focal points again."),
            ],
            button=_("Make it a draft"),
            done=lambda host_call: _("%(call)s is a draft again.") % {"call": host_call},
            original=host_call,
        )

    def reschedule_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        host_call = self.get_subject(request, object_id, RUN)
        if host_call.status != Status.PUBLISHED:
            return self.turned_away(
                request,
                host_call,
                _("Only a published call for hosts whose ballot has not opened can be rescheduled."),
            )
        return self.run_operation(
            request,
            RescheduleHostCallForm(
                posted(request), host_call=host_call, verb=partial(reschedule_host_call, host_call=host_call)
            ),
            title=_("Reschedule: %(call)s") % {"call": host_call},
            what_happens=[
                _("The new dates and the reason stand on the public page at once."),
                _("Once the call is open, it can close later, not earlier."),
                self.told(host_call),
            ],
            button=_("Reschedule"),
            done=lambda host_call: _("The dates of %(call)s are moved.") % {"call": host_call},
            original=host_call,
        )

    def told(self, host_call: HostCall) -> str:
        number = len(bidders(host_call))
        if not number:
            return _("No city has a bid in it: nobody is told by mail.")
        return ngettext(
            "One person, who speaks for a city with a bid, is told by mail.",
            "%(count)s persons, who speak for cities with bids, are told by mail.",
            number,
        ) % {"count": number}

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        host_call = self.get_subject(request, object_id, RUN)
        if Status.CANCELLED not in HostCall.TRANSITIONS.get(Status(host_call.status), set()):
            return self.turned_away(
                request, host_call, _("Only a published call for hosts that is not decided can be cancelled.")
            )
        happens = [
            _("The call for hosts ends for ever: no bid is taken or examined any more, and nothing is voted on."),
            self.told(host_call),
            _("The public page stays and says that the call is cancelled."),
            _("The meeting stays planned: another call for hosts can be begun."),
        ]
        if Ballot.objects.open().filter(host_call=host_call).exists():
            happens.insert(0, _("Members are voting: the ballot is annulled, and all votes cast are destroyed."))
        return self.run_operation(
            request,
            CancelHostCallForm(posted(request), verb=partial(cancel_on_ballot, host_call=host_call)),
            title=_("Cancel the call: %(call)s") % {"call": host_call},
            what_happens=happens,
            button=_("Cancel the call"),
            done=lambda host_call: _("%(call)s is cancelled.") % {"call": host_call},
            original=host_call,
        )

    def without_ballot_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        host_call = self.get_subject(request, object_id, RUN)
        if host_call.status != Status.PUBLISHED:
            return self.turned_away(request, host_call, _("Only a published call for hosts can end without a ballot."))
        if why := why_a_ballot_is_due(host_call):
            return self.turned_away(request, host_call, why)
        return self.run_operation(
            request,
            ReasonForm(posted(request), verb=partial(decide_without_ballot, host_call=host_call)),
            title=_("End it without a ballot: %(call)s") % {"call": host_call},
            what_happens=[
                _("There is no eligible bid: the call for hosts ends without a host."),
                _("The public page says so. Another call for hosts of this meeting can be begun."),
            ],
            button=_("End it without a ballot"),
            done=lambda host_call: _("%(call)s has ended without a host.") % {"call": host_call},
            original=host_call,
        )

    def agreement_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        host_call = self.get_subject(request, object_id, RUN)
        selected = selected_bid(host_call) if host_call.status == Status.DECIDED else None
        if selected is None:
            return self.turned_away(request, host_call, _("No host was selected: there is nobody to agree with."))
        files = request.FILES if request.method == "POST" else None
        held = {"signed_on": host_call.agreement_signed_on}
        return self.run_operation(
            request,
            AgreementForm(posted(request), files, initial=held, verb=partial(sign_agreement, host_call=host_call)),
            title=_("Note the agreement: %(names)s") % {"names": selected.names},
            what_happens=[
                _("The day is kept with the call for hosts and shown to the secretariat alone, as is the text."),
                _("What was noted before is corrected; the history keeps both."),
            ],
            button=_("Note the agreement"),
            done=lambda host_call: _("The agreement is noted."),
            original=host_call,
        )

    def copy_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        host_call = self.get_subject(request, object_id, RUN)
        return self.run_operation(
            request,
            CopyHostCallForm(posted(request), verb=partial(copy_host_call, host_call=host_call)),
            title=_("Copy: %(call)s") % {"call": host_call},
            what_happens=[
                _("A new draft takes over the introduction, the criteria and the rules of the ballot."),
                _("Its dates are moved by the years between the two meetings, at the same time of day in Paris."),
            ],
            button=_("Copy"),
            done=lambda host_call: _("The new draft is here: %(call)s.") % {"call": host_call},
            original=host_call,
        )


def url_of_ballot(host_call: HostCall) -> str:
    return reverse("admin:meetings_hostcall_ballot", args=[host_call.pk])


def timeline(host_call: HostCall) -> list[dict[str, Any]]:
    """The instants of a call for hosts in words."""
    now = timezone.now()
    return [
        {
            "name": name_of(name),
            "instant": (instant := getattr(host_call, name)),
            "words": (from_in_words if name in BEGINNINGS else until_in_words)(instant),
            "has_passed": instant <= now,
        }
        for name in INSTANTS
    ]
