"""Bids of member cities as the secretariat reads and examines them."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cities.admin.operations import Operation, OperationsAdmin, posted
from cities.forms.act import ActForm

from ..forms.host_call import NotEligibleForm
from ..models import HostBid, HostCall
from ..services.bid import cities_no_longer_members, find_bid_eligible, find_bid_ineligible, lacks
from ..services.host_call import RUN

READ = "meetings.read_bid"
Status = HostBid.Status


def checklist(bid: HostBid) -> list[tuple[str, list[str]]]:
    """What an officer examines and the portal can look up: each with what is not in order, a sentence each."""
    found = lacks(bid)
    gone = [_("%(city)s is no member of the network now.") % {"city": city} for city in cities_no_longer_members(bid)]
    return [
        (_("The cities are members of the network today"), gone),
        (_("Every city has confirmed, with a letter of its mayor"), [one.sentence for one in found if not one.field]),
        (_("The days, the venue, all texts and the budget are given"), [one.sentence for one in found if one.field]),
    ]


@admin.register(HostBid)
class HostBidAdmin(OperationsAdmin):
    only_offered = True
    change_form_template = "admin/meetings/hostbid/change_form.html"
    list_display = ("in_words", "meeting", "state", "submitted_at", "examined_at")
    list_filter = ("status", ("host_call__meeting", admin.RelatedOnlyFieldListFilter))
    search_fields = ("cities__city__search_text",)
    search_help_text = gettext_lazy("A city of the bid, by its first letters.")
    ordering = ("-host_call__opens_at", "-host_call__pk", "pk")
    fields = ("host_call", "status")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        bids: Any = super().get_queryset(request)
        return bids.with_cities().select_related("host_call__meeting", "lead", "submitted_by", "examined_by")

    @admin.display(description=gettext_lazy("bid"), ordering="lead__sort_key_en")
    def in_words(self, bid: HostBid) -> str:
        return bid.names

    @admin.display(description=gettext_lazy("annual meeting"), ordering="host_call__meeting__edition")
    def meeting(self, bid: HostBid) -> str:
        return str(bid.host_call.meeting)

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, bid: HostBid) -> str:
        return format_html('<span class="state-{}">{}</span>', bid.status, bid.get_status_display())

    # One bid

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        bid: Any = context["original"]
        # Of a draft it is known that it exists, not what it says.
        may_read = request.user.has_perm(READ, bid)
        context |= {
            "bid": bid,
            "host_call": bid.host_call,
            "host_call_url": self.change_url(bid.host_call),
            "meeting": bid.host_call.meeting,
            "cities": bid.cities.select_related("city__country", "letter", "confirmed_by"),
            "may_read": may_read,
            "parts": bid.parts() if may_read else [],
            "checklist": checklist(bid) if may_read and bid.status not in HostBid.OVER else [],
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        if not request.user.has_perm(RUN, obj) or obj.host_call.phase() != HostCall.Phase.EXAMINATION:
            return []
        follows = HostBid.TRANSITIONS.get(Status(obj.status), set())
        waits = obj.status == Status.SUBMITTED
        in_order = waits and not any(sentences for _label, sentences in checklist(obj))
        found = []
        if Status.ELIGIBLE in follows:
            found.append(Operation(self.url_of("eligible", obj.pk), _("Find it eligible"), in_order))
        if Status.INELIGIBLE in follows:
            found.append(Operation(self.url_of("ineligible", obj.pk), _("Find it ineligible"), waits and not in_order))
        return found

    # Operations

    def get_urls(self) -> list:
        return [
            self.page_at("<path:object_id>/eligible/", "eligible", self.eligible_view),
            self.page_at("<path:object_id>/ineligible/", "ineligible", self.ineligible_view),
            *super().get_urls(),
        ]

    def why_not(self, bid: HostBid, to: HostBid.Status) -> str:
        """Why nothing is to be found about a bid now, in a sentence; nothing when it can be."""
        if to not in HostBid.TRANSITIONS.get(Status(bid.status), set()):
            return _("This cannot be done: the bid is “%(status)s” now.") % {"status": bid.get_status_display()}
        if bid.host_call.phase() != HostCall.Phase.EXAMINATION:
            return _("Bids are examined once the call has closed and until the ballot opens.")
        return ""

    def eligible_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        bid = self.get_subject(request, object_id, RUN)
        if why := self.why_not(bid, Status.ELIGIBLE):
            return self.turned_away(request, bid, why)
        open_points = [sentence for _label, sentences in checklist(bid) for sentence in sentences]
        happens = [
            _("The bid is on the ballot when that opens, if its cities are still members then."),
            _("Those who speak for its cities are told by mail."),
            _("Until the ballot opens it can be found ineligible."),
        ]
        if open_points:
            happens.append(_("Look again, this is not in order: %(points)s") % {"points": " ".join(open_points)})
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(find_bid_eligible, bid=bid)),
            title=_("Find it eligible: %(bid)s") % {"bid": bid},
            what_happens=happens,
            button=_("Find it eligible"),
            done=lambda bid: _("The bid of %(bid)s is eligible.") % {"bid": bid},
            original=bid,
        )

    def ineligible_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        bid = self.get_subject(request, object_id, RUN)
        if why := self.why_not(bid, Status.INELIGIBLE):
            return self.turned_away(request, bid, why)
        return self.run_operation(
            request,
            NotEligibleForm(posted(request), verb=partial(find_bid_ineligible, bid=bid)),
            title=_("Find it ineligible: %(bid)s") % {"bid": bid},
            what_happens=[
                _("The members do not vote on this bid. The public does not learn of it."),
                _("Those who speak for its cities get the reason by mail, each in their language."),
                _("Until the ballot opens it can be found eligible after all."),
            ],
            button=_("Find it ineligible"),
            done=lambda bid: _("The bid of %(bid)s is not eligible; its cities are told why.") % {"bid": bid},
            original=bid,
        )
