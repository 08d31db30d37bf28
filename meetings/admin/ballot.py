"""Ballots: the running one with its turnout and the cities that have not voted, and what staff do about it.

What was voted stands here for nobody before a ballot is closed, and the votes themselves never: the tables of the open
ballot and of its votes are no part of the administration.
"""

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from cities.admin.operations import Operation, OperationsAdmin, posted
from cities.days import short_from, short_until, until_in_words
from cities.forms.act import ActForm

from ..forms.ballot import ReasonOfBallotForm
from ..models import Ballot, HostCall
from ..services.ballot import (
    annul_ballot,
    close_ballot,
    open_ballot,
    open_runoff,
    readiness,
    tied_bids,
    turnout,
    why_no_runoff,
)
from ..services.ballot_reminder import remind_now, waiting_cities
from ..services.host_call import RUN

Status = Ballot.Status


@admin.register(Ballot)
class BallotAdmin(OperationsAdmin):
    list_display = ("ballot", "round", "state", "opened", "closes", "seats", "outcome_in_words")
    list_select_related = ("host_call__meeting",)
    list_filter = ("status",)
    ordering = ("-opened_at", "-pk")
    actions = None
    change_form_template = "admin/meetings/ballot/change_form.html"
    fields = (
        ("number", "round", "follows"),
        ("opened_in_words", "opened_by", "closed_at"),
        ("seats", "quorum"),
        "reason",
    )

    def heading(self, obj: Any) -> str:
        return f"{obj} · {obj.get_status_display()}"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("host_call__meeting", "follows", "opened_by")

    @admin.display(description=gettext_lazy("ballot"), ordering="host_call__meeting__edition")
    def ballot(self, ballot: Ballot) -> str:
        return str(ballot)

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, ballot: Ballot) -> str:
        kind = {Status.OPEN: "open", Status.ANNULLED: "cancelled"}.get(Status(ballot.status), "decided")
        return format_html(
            '<span class="state-phase state-phase-{}">{}</span>', kind, ballot.get_status_display().capitalize()
        )

    @admin.display(description=pgettext_lazy("ballot", "opened"), ordering="opened_at")
    def opened(self, ballot: Ballot) -> str:
        return short_from(ballot.opened_at)

    @admin.display(description=gettext_lazy("closes or closed"), ordering="closes_at")
    def closes(self, ballot: Ballot) -> str:
        return short_from(ballot.closed_at) if ballot.closed_at else short_until(ballot.closes_at)

    @admin.display(description=gettext_lazy("outcome"), ordering="outcome", empty_value="–")
    def outcome_in_words(self, ballot: Ballot) -> str | None:
        return ballot.get_outcome_display().capitalize() if ballot.is_closed else None

    @admin.display(description=pgettext_lazy("ballot", "opened"))
    def opened_in_words(self, ballot: Ballot) -> str:
        return short_from(ballot.opened_at)

    # The page of one

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        ballot = context["original"]
        options = ballot.options.select_related("bid__lead", "bid__host_call__meeting")
        options = options.prefetch_related("bid__cities__city").order_by("number")
        context |= {
            "ballot": ballot,
            "takes_votes": ballot.takes_votes(),
            # Of an annulled one nothing is left to be told.
            "turnout": turnout(ballot) if ballot.status != Status.ANNULLED else None,
            "waiting": waiting_cities() if ballot.is_open else [],
            "paper": [(one, reverse("admin:meetings_hostbid_change", args=[one.bid_id])) for one in options],
            "public_page": True,
        }
        context["with_focal_point"] = [(city, person) for city, person in context["waiting"] if person]
        context["without_focal_point"] = [city for city, person in context["waiting"] if not person]
        return super().render_change_form(request, context, *args, **kwargs)

    # Operations

    def get_urls(self) -> list:
        pages = {
            "remind": self.remind_view,
            "close": self.close_view,
            "annul": self.annul_view,
            "run-off": self.runoff_view,
        }
        return [
            # The name by which the page of a call for hosts leads here.
            path(
                "of/<int:host_call_id>/",
                self.admin_site.admin_view(self.of_call_view),
                name="meetings_hostcall_ballot",
            ),
            *(self.page_at(f"<path:object_id>/{name}/", name.replace("-", "_"), view) for name, view in pages.items()),
            *super().get_urls(),
        ]

    def list_operations(self, request: HttpRequest) -> list[Operation]:
        if not request.user.has_perm(RUN):
            return []
        due = HostCall.objects.filter(status=HostCall.Status.PUBLISHED, ballot_opens_at__lte=timezone.now())
        return [
            Operation(
                reverse("admin:meetings_hostcall_ballot", args=[host_call.pk]),
                _("Open the ballot: %(meeting)s") % {"meeting": host_call.meeting},
            )
            for host_call in due.select_related("meeting")
        ]

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        if not request.user.has_perm(RUN, obj):
            return []
        found = []
        if obj.is_open:
            counted = turnout(obj)
            if counted.is_complete or not obj.takes_votes():
                found.append(Operation(self.url_of("close", obj.pk), _("Close and count"), is_next=True))
            else:
                found.append(Operation(self.url_of("remind", obj.pk), _("Remind those who have not voted")))
            found.append(Operation(self.url_of("annul", obj.pk), _("Annul")))
        elif not why_no_runoff(obj):
            found.append(Operation(self.url_of("run_off", obj.pk), _("Open the run-off"), is_next=True))
        return found

    def of_call_view(self, request: HttpRequest, host_call_id: int) -> HttpResponse:
        """The last ballot of a call for hosts; where there is none yet, what opening it takes, and the act."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        host_call = get_object_or_404(HostCall.objects.select_related("meeting"), pk=host_call_id)
        last = host_call.ballots.order_by("number").last()
        if last is not None:
            return redirect(self.change_url(last))
        problems = readiness(host_call)
        title = _("Open the ballot: %(meeting)s") % {"meeting": host_call.meeting}
        if problems or not request.user.has_perm(RUN):
            context = self.admin_site.each_context(request) | {
                "title": title,
                "opts": self.opts,
                "host_call": host_call,
                "host_call_url": self.change_url(host_call),
                "problems": problems,
            }
            return TemplateResponse(request, "admin/meetings/ballot/not_ready.html", context)
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(open_ballot, host_call=host_call)),
            title=title,
            what_happens=[
                _("The eligible bids stand on the paper, and can no longer be changed."),
                _("The roll is fixed: the member cities of today. Their focal points get a mail."),
                _("Members vote until this instant: %(end)s.") % {"end": until_in_words(host_call.ballot_closes_at)},
                _("The clock does the same when its time has come: there is no need to do it by hand."),
            ],
            button=_("Open the ballot"),
            done=lambda ballot: _("The ballot is open: %(seats)s cities can vote.") % {"seats": ballot.seats},
            original=host_call,
            page_of=lambda ballot: ballot,
        )

    def remind_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        ballot = self.get_subject(request, object_id, RUN)
        if not ballot.takes_votes():
            return self.turned_away(request, ballot, _("This ballot takes no votes: there is nobody to remind."))
        waiting = waiting_cities()
        told = sum(person is not None for _city, person in waiting)
        silent = len(waiting) - told
        what_happens = [
            ngettext(
                "%(count)s focal point whose city has not voted gets a mail.",
                "%(count)s focal points whose cities have not voted get a mail.",
                told,
            )
            % {"count": told}
        ]
        if silent:
            what_happens.append(
                ngettext(
                    "%(count)s city that has not voted has no focal point: nobody is reminded there.",
                    "%(count)s cities that have not voted have no focal point: nobody is reminded there.",
                    silent,
                )
                % {"count": silent}
            )
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(remind_now, ballot=ballot)),
            title=_("Remind those who have not voted"),
            what_happens=[*what_happens, _("A reminder leaves once a day at most.")],
            button=_("Send the reminder"),
            done=lambda count: (
                ngettext("%(count)s reminder leaves.", "%(count)s reminders leave.", count) % {"count": count}
            ),
            original=ballot,
            page_of=lambda _count: ballot,
        )

    def close_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        ballot = self.get_subject(request, object_id, RUN)
        if not ballot.is_open:
            return self.turned_away(request, ballot, _("This ballot is over already."))
        if ballot.takes_votes() and not turnout(ballot).is_complete:
            return self.turned_away(request, ballot, _("Before its end a ballot can be closed when all have voted."))
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(close_ballot, ballot=ballot)),
            title=_("Close and count: %(ballot)s") % {"ballot": ballot},
            what_happens=[
                _("No vote is taken any more. The votes are counted, and everybody sees the result at once."),
                _("Roll and votes are written anew in an order that says nothing; the open ones are destroyed."),
                _("The host is chosen, or the result says why not. Focal points and bidders get it by mail."),
            ],
            button=_("Close and count"),
            done=lambda stored: _("The ballot is closed: %(outcome)s.") % {"outcome": stored.get_outcome_display()},
            original=ballot,
        )

    def annul_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        ballot = self.get_subject(request, object_id, RUN)
        if not ballot.is_open:
            return self.turned_away(request, ballot, _("Only a ballot that is open can be annulled."))
        counted = turnout(ballot)
        return self.run_operation(
            request,
            ReasonOfBallotForm(posted(request), verb=partial(annul_ballot, ballot=ballot)),
            title=_("Annul: %(ballot)s") % {"ballot": ballot},
            what_happens=[
                ngettext(
                    "All votes are destroyed uncounted, that of %(count)s city so far.",
                    "All votes are destroyed uncounted, those of %(count)s cities so far.",
                    counted.voted,
                )
                % {"count": counted.voted},
                _("A new ballot opens at once on the same bids, for the same cities."),
                _("All focal points of the roll get a mail with the reason. Everybody reads it on the ballot’s page."),
            ],
            button=_("Annul and start anew"),
            done=lambda _following: _("The ballot is annulled, and its votes are destroyed."),
            original=ballot,
            page_of=lambda following: following or ballot,
        )

    def runoff_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        ballot = self.get_subject(request, object_id, RUN)
        if why := why_no_runoff(ballot):
            return self.turned_away(request, ballot, why)
        hours = ballot.host_call.runoff_hours
        names = "; ".join(bid.names for bid in tied_bids(ballot))
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(open_runoff, ballot=ballot)),
            title=_("Open the run-off: %(ballot)s") % {"ballot": ballot},
            what_happens=[
                _("On the paper: %(names)s.") % {"names": names},
                ngettext("It is open at once, for %(count)s hour.", "It is open at once, for %(count)s hours.", hours)
                % {"count": hours},
                _("The same cities vote as in the first round. Their focal points get a mail."),
            ],
            button=_("Open the run-off"),
            done=lambda _stored: _("The run-off is open."),
            original=ballot,
        )
