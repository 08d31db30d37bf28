"""A city's bid to host: begun, written, joined by other cities, handed in, withdrawn."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from cities.access import needs
from cities.exceptions import NetworkError, TransitionNotAllowed, UploadRefused
from cities.models import City
from cities.people import Person
from cities.services.limits import is_over_limit
from cities.services.moderation import Incomplete
from cities.services.partnership import speakers
from cities.views.draft import Writing, form_page, keeps_typed, shared_context, unsent
from cities.views.my import own_city

from ..forms.bid import AskCityForm, BidDraft, BidLetterForm, WithdrawBidForm, WordForm
from ..models import BidCity, HostBid, HostCall
from ..services import bid as service
from ..services.ballot import withdraw_on_ballot

ASKED_A_DAY = 5
"""How often one city may ask another: each question is a mail to all who speak for it."""
LETTERS_AN_HOUR = 30


# What the views are about


def whole(bids: Any) -> Any:
    """Bids with all that their pages show."""
    cities = BidCity.objects.select_related("city__country", "letter", "confirmed_by")
    related = ("host_call__meeting", "lead__country", "updated_by", "submitted_by")
    return bids.select_related(*related).prefetch_related(Prefetch("cities", cities))


def own_bid(user: Person, pk: int) -> HostBid:
    """A bid of one of the cities that a person is a coordinator of now, one that was asked too; raises Http404."""
    return get_object_or_404(whole(HostBid.objects.of_coordinator(user)), pk=pk)


def bid_with_city(user: Person, pk: int, city: int) -> HostBid:
    """An own bid with the city of it that the address names (`opened`); raises Http404."""
    bid: Any = own_bid(user, pk)
    bid.opened = get_object_or_404(BidCity.objects.filter(bid=bid, left_at=None).select_related("city"), pk=city)
    bid.opened.bid = bid
    return bid


def asked_city(user: Person, pk: int) -> BidCity:
    """What another city asks one of the person's; raises Http404."""
    own = City.objects.coordinated_by(user).order_by().values("pk")
    found = get_object_or_404(
        BidCity.objects.filter(city__in=own, is_lead=False).select_related("city__country"), pk=pk
    )
    found.bid = whole(HostBid.objects).get(pk=found.bid_id)
    return found


def city_in_call(user: Person, city: str, edition: int) -> City:
    """One of the person's cities, with the newest call for hosts of a meeting (`opened`); raises Http404."""
    own: Any = own_city(user, city)
    calls = HostCall.objects.public().filter(meeting__edition=edition).select_related("meeting")
    own.opened = get_object_or_404(calls.prefetch_related("criteria").order_by("-pk")[:1])
    return own


def acting_for(user: Person, bid: HostBid) -> City:
    """The city of a bid whose pages a person works in: the lead, where they are a coordinator of it."""
    own = set(City.objects.coordinated_by(user).order_by().values_list("pk", flat=True))
    return next((one.city for one in bid.standing_cities if one.city_id in own), bid.lead)


# Beginning


@needs("meetings.begin_bid", of=city_in_call)
def my_bid_begin(request: HttpRequest, city: Any) -> HttpResponse:
    """What a call for hosts asks, and the button that begins the city's bid."""
    host_call: HostCall = city.opened
    refusal, status = "", 200
    if request.method == "POST":
        try:
            bid = service.begin_bid(host_call=host_call, city=city, by=request.user)
        except service.AlreadyBegun as already:
            # Also the second of two clicks.
            messages.info(request, str(already))
            return redirect(already.bid)
        except NetworkError as refused:
            refusal, status = str(refused), 409
        else:
            messages.success(request, _("The bid is begun. All that you type is saved as you go."))
            return redirect(bid)
    context = {
        "city": city,
        "host_call": host_call,
        "meeting": host_call.meeting,
        "bid": service.bid_of(host_call, city),
        "is_open": host_call.takes_bids(),
        "refusal": refusal,
    }
    return render(request, "my/bid_begin.html", context, status=status)


# The overview


@needs("meetings.read_bid", of=own_bid)
def my_bid(request: HttpRequest, bid: HostBid) -> HttpResponse:
    """How a bid stands: its cities and their answers, letters, what lacks and where, the dates of the call."""
    return overview(request, bid)


def overview(
    request: HttpRequest,
    bid: HostBid,
    *,
    ask_form: AskCityForm | None = None,
    letter_form: BidLetterForm | None = None,
    letter_of: BidCity | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a bid; the forms are those that were refused, the letter's that of the city `letter_of`."""
    user = request.user
    own = set(City.objects.coordinated_by(user).order_by().values_list("pk", flat=True))
    may_write = user.has_perm("meetings.write_bid", bid)
    may_speak = user.has_perm("meetings.submit_bid", bid)
    is_draft = bid.status == HostBid.Status.DRAFT
    sends_all = may_write and bid.lead_id in own
    rows: list[dict[str, Any]] = []
    for one in bid.standing_cities:
        sends = bid.is_editable and one.is_confirmed and may_write and (sends_all or one.city_id in own)
        form = letter_form if letter_of and letter_of.pk == one.pk else BidLetterForm(auto_id=f"id_letter_{one.pk}_%s")
        rows.append({"one": one, "form": form if sends else None, "is_own": one.city_id in own})
    lacks = service.lacks(bid) if is_draft and may_write else []
    has_room = len(rows) < bid.host_call.most_cities
    asks = may_speak and bid.is_editable and has_room
    asked = next((row["one"] for row in rows if row["is_own"] and not row["one"].is_confirmed), None)
    context = {
        "bid": bid,
        "host_call": bid.host_call,
        "meeting": bid.host_call.meeting,
        "city": acting_for(user, bid),
        "rows": rows,
        "may_write": may_write,
        "may_speak": may_speak,
        "may_withdraw": may_speak and service.may_be_withdrawn(bid),
        "is_editable": bid.is_editable,
        "is_draft": is_draft,
        "in_form": [lack for lack in lacks if lack.field],
        "of_cities": [lack for lack in lacks if not lack.field],
        "ask_form": (ask_form or AskCityForm(bid=bid)) if asks else None,
        "has_room": has_room,
        "too_many": service.too_many(bid.host_call),
        "asked": asked,
        "refused": ask_form or letter_form,
        "parts": [part for part in bid.parts() if part.text],
        "key": local_key(request, bid),
    }
    return render(request, "my/bid.html", context, status=status)


# The form


def writing(request: HttpRequest, bid: HostBid) -> Writing:
    return Writing(
        name="meetings:my_bid",
        page="form",
        args=(bid.pk,),
        form=BidDraft,
        state=lambda: bid,
        begin=lambda: bid,  # a bid has a row from its beginning
        show=lambda draft, **kwargs: form_of(request, bid, draft, **kwargs),
        saved=gettext_lazy("The draft is saved. Nobody outside the cities of the bid reads it before it is submitted."),
    )


def local_key(request: HttpRequest, bid: HostBid) -> str:
    """Under which the browser keeps what could not be saved."""
    return f"{request.user.pk}:bid:{bid.pk}"


@keeps_typed("meetings:my_bid_form")
@needs("meetings.write_bid", of=own_bid)
def my_bid_form(request: HttpRequest, bid: HostBid) -> HttpResponse:
    """The text of a bid, to be written; what is sent is saved, and goes on to the last look if asked to."""
    if request.method != "POST" and not bid.is_editable and unsent(request) is None:
        return redirect(bid)
    return form_page(request, writing(request, bid))


SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (pgettext_lazy("host bid", "Days"), ("start_date", "end_date", "dates_note")),
    (pgettext_lazy("host bid", "Place"), ("venue", "venue_places", "venues", "accommodation")),
    (
        gettext_lazy("The meeting"),
        ("programme", "interpretation", "accessibility", "sustainability", "visas"),
    ),
    (gettext_lazy("Budget"), ("budget", "budget_total", "budget_currency")),
)


def form_of(
    request: HttpRequest,
    bid: HostBid,
    draft: BidDraft,
    *,
    conflict: dict[str, Any] | None = None,
    failed: bool = False,
    status: int = 200,
) -> HttpResponse:
    form = draft.form
    context = shared_context(request, writing(request, bid), draft, failed=failed) | {
        "bid": bid,
        "city": acting_for(request.user, bid),
        "host_call": bid.host_call,
        "meeting": bid.host_call.meeting,
        "summary": {
            "name": "summary",
            "label": _("Summary"),
            "help": _("The bid in short: for the ballot and, after it, for the public."),
            "sides": [(language, form[f"summary_{language}"]) for language in ("en", "fr")],
        },
        "sections": [(title, [form[name] for name in names]) for title, names in SECTIONS],
        "is_closed": not draft.revision.is_editable,
        "why_closed": draft.revision.why_closed,
        "conflict": conflict,
        "key": local_key(request, bid),
    }
    return render(request, "my/bid_form.html", context, status=status)


# Handing in


@needs("meetings.submit_bid", of=own_bid)
def my_bid_submit(request: HttpRequest, bid: HostBid) -> HttpResponse:
    """What will be sent, and what is missing; a POST submits."""
    # Before anything is waited for: who asks in time is in time.
    received_at = timezone.now()
    refusal, status = "", 200
    if request.method == "POST":
        try:
            service.submit_bid(bid=bid, by=request.user, received_at=received_at)
        except Incomplete:
            refusal, status = _("Nothing was submitted: what stands below is missing."), 409
            bid = own_bid(request.user, bid.pk)
        except TransitionNotAllowed as refused:
            messages.info(request, str(refused))
            return redirect(bid)
        except NetworkError as refused:
            refusal, status = str(refused), 409
        else:
            messages.success(request, _("The bid is submitted. Its cities are told by mail."))
            return redirect(bid)
    if bid.status != HostBid.Status.DRAFT:
        return redirect(bid)
    context = {
        "bid": bid,
        "city": acting_for(request.user, bid),
        "host_call": bid.host_call,
        "meeting": bid.host_call.meeting,
        "lacks": service.lacks(bid),
        "parts": [part for part in bid.parts() if part.text],
        "is_open": bid.host_call.takes_bids(received_at),
        "why_closed": bid.why_closed,
        "refusal": refusal,
        "key": local_key(request, bid),
    }
    return render(request, "my/bid_submit.html", context, status=status)


@needs("meetings.submit_bid", of=own_bid)
@require_POST
def my_bid_take_back(request: HttpRequest, bid: HostBid) -> HttpResponse:
    """Make a draft again of a submitted bid; a second click finds it done."""
    if bid.status != HostBid.Status.DRAFT:
        try:
            service.take_back_bid(bid=bid, by=request.user)
        except NetworkError as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, _("Taken back: it is a draft again."))
    return redirect(bid)


@needs("meetings.submit_bid", of=own_bid)
def my_bid_withdraw(request: HttpRequest, bid: HostBid) -> HttpResponse:
    """Ask whether a bid is to be withdrawn, and withdraw it; while members vote on it, their ballot ends with it."""
    is_voted_on = service.is_voted_on(bid)
    form = WithdrawBidForm(request.POST if request.method == "POST" else None, is_voted_on=is_voted_on)
    status = 200
    if request.method == "POST" and form.is_valid():
        withdraw = withdraw_on_ballot if bid.status == HostBid.Status.ON_BALLOT else service.withdraw_bid
        try:
            withdraw(bid=bid, by=request.user, reason=form.cleaned_data["reason"])
        except NetworkError as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, _("The bid is withdrawn. What you wrote stays readable."))
            return redirect(bid)
    if bid.status == HostBid.Status.WITHDRAWN:
        return redirect(bid)
    context = {
        "bid": bid,
        "city": acting_for(request.user, bid),
        "meeting": bid.host_call.meeting,
        "form": form,
        "is_voted_on": is_voted_on,
        "may_withdraw": service.may_be_withdrawn(bid),
    }
    return render(request, "my/bid_withdraw.html", context, status=status)


# The cities of a joint bid


@needs("meetings.submit_bid", of=own_bid)
@require_POST
def my_bid_city_ask(request: HttpRequest, bid: HostBid) -> HttpResponse:
    """Ask a member city to join."""
    form = AskCityForm(request.POST, bid=bid)
    if not form.is_valid():
        return overview(request, bid, ask_form=form, status=422)
    city = form.cleaned_data["city"]
    try:
        if is_over_limit("ask-bid", f"{bid.lead_id} {city.pk}", limit=ASKED_A_DAY, seconds=24 * 3600):
            raise NetworkError(_("This city was asked several times today. Ask again tomorrow."))
        service.ask_city(bid=bid, city=city, by=request.user)
    except TransitionNotAllowed as refusal:
        messages.warning(request, str(refusal))
    except NetworkError as refusal:
        form.add_error("city", str(refusal))
        return overview(request, bid, ask_form=form, status=409)
    else:
        said = (
            _("%(city)s has been asked by mail. It takes part once it confirms.")
            if speakers(city).exists()
            else _("%(city)s is noted; it has no coordinator here yet who could confirm.")
        )
        messages.success(request, said % {"city": city.name})
    return redirect(bid)


@needs("meetings.submit_bid", of=bid_with_city)
@require_POST
def my_bid_city_remove(request: HttpRequest, bid: Any) -> HttpResponse:
    """Withdraw the question to a city, or go on without it."""
    try:
        removed = service.remove_city(bid_city=bid.opened, by=request.user)
    except NetworkError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("%(city)s is no longer part of the bid.") % {"city": removed.city.name})
    return redirect(bid)


@needs("meetings.answer_bid", of=asked_city)
def my_bid_answer(request: HttpRequest, one: BidCity) -> HttpResponse:
    """What another city asks, with its bid to read; opening it answers nothing. A POST confirms, declines or leaves."""
    form = WordForm(request.POST if request.method == "POST" else None)
    refusal, status = "", 200
    if request.method == "POST" and form.is_valid():
        confirms = request.POST.get("answer") == "confirm"
        was_confirmed = one.is_confirmed
        try:
            if confirms:
                service.confirm(bid_city=one, by=request.user)
            else:
                form.act(bid_city=one, by=request.user)
        except TransitionNotAllowed as refused:
            messages.warning(request, str(refused))
            return redirect("meetings:my_bid_answer", one.pk)
        except NetworkError as refused:
            refusal, status = str(refused), 409
        else:
            if confirms:
                messages.success(request, _("Confirmed. Your city bids together with %(lead)s.") % lead_of(one))
                return redirect(one.bid)
            if was_confirmed:
                messages.success(request, _("Your city has left the bid. %(lead)s is told by mail.") % lead_of(one))
            else:
                messages.success(request, _("Declined. The city that asked is told by mail."))
            return redirect("cities:my_city", one.city.slug)
    bid = one.bid
    is_standing = one.left_at is None
    context = {
        "one": one,
        "bid": bid,
        "city": one.city,
        "host_call": bid.host_call,
        "meeting": bid.host_call.meeting,
        "is_standing": is_standing,
        "may_confirm": is_standing and not one.is_confirmed and bid.is_editable,
        "may_decline": is_standing and not one.is_confirmed and bid.status == HostBid.Status.DRAFT,
        "may_leave": is_standing and one.is_confirmed and bid.status == HostBid.Status.DRAFT,
        "parts": [part for part in bid.parts() if part.text] if is_standing else [],
        "form": form,
        "refusal": refusal,
    }
    return render(request, "my/bid_answer.html", context, status=status)


def lead_of(one: BidCity) -> dict[str, str]:
    return {"lead": one.bid.lead.name}


# Letters


@needs("meetings.write_bid", of=bid_with_city)
@require_POST
def my_bid_letter(request: HttpRequest, bid: Any) -> HttpResponse:
    """Keep the letter of a city's mayor."""
    one: BidCity = bid.opened
    form = BidLetterForm(request.POST, request.FILES, auto_id=f"id_letter_{one.pk}_%s")
    if form.is_valid():
        try:
            if is_over_limit("bid-letter", str(request.user.pk), limit=LETTERS_AN_HOUR, seconds=3600):
                raise NetworkError(_("You sent many documents within an hour. Send the next one later."))
            form.act(bid_city=one, by=request.user)
        except UploadRefused as refusal:
            form.add_error("letter", str(refusal))
        except TransitionNotAllowed as refusal:
            messages.warning(request, str(refusal))
            return redirect(bid)
        except NetworkError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The letter is here."))
            return redirect(bid)
    return overview(request, bid, letter_form=form, letter_of=one, status=422)


@needs("meetings.write_bid", of=bid_with_city)
@require_POST
def my_bid_letter_remove(request: HttpRequest, bid: Any) -> HttpResponse:
    try:
        service.remove_letter(bid_city=bid.opened, by=request.user)
    except NetworkError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The letter is taken out."))
    return redirect(bid)
