"""What the pages that edit a draft share: nothing typed is lost, whoever saved in between."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..access import View
from ..exceptions import NetworkError, TransitionNotAllowed
from ..forms.draft import OPENED, SEEN, Draft, is_seen, seen_of
from ..people import Person
from ..services.difference import compare
from ..services.limits import is_over_limit, sender
from ..services.moderation import DraftConflict, Incomplete, save_draft, take_back

UNSENT = "unsent"
UNSENT_CHARACTERS = 200_000
UNSENT_AN_HOUR = 20
SAVED = gettext_lazy("The draft is saved. The public sees it once you submit it and staff publish it.")


def is_autosave(request: HttpRequest) -> bool:
    return "X-Autosave" in request.headers


def keeps_typed(page: str) -> Callable[[View], View]:
    """Decorate, outside of `needs`, a view that a draft's form is sent to; `page` names the form's own view.

    Who was signed out meanwhile signs in and finds there what they sent (`unsent`): it waits in the session, which
    signing in keeps.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def kept(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if request.method != "POST" or request.user.is_authenticated:
                return view(request, **kwargs)
            if is_autosave(request):
                message = _("You were signed out. What you typed is kept on this device: sign in, and come back here.")
                return JsonResponse({"state": "signed-out", "message": message}, status=401)
            address = reverse(page, kwargs=kwargs)
            data = request.POST.dict()
            data.pop("csrfmiddlewaretoken", None)
            is_small = sum(map(len, data.values())) <= UNSENT_CHARACTERS
            # Anybody can send this, and each sending is kept for two weeks.
            if is_small and not is_over_limit("unsent", sender(request), limit=UNSENT_AN_HOUR, seconds=3600):
                request.session[UNSENT] = {"address": address, "data": data}
            return redirect_to_login(address)

        return kept

    return decorate


def unsent(request: HttpRequest) -> dict[str, str] | None:
    """What was sent to this page by whoever was signed out then."""
    waiting = request.session.get(UNSENT)
    return waiting["data"] if waiting and waiting["address"] == request.path else None


def forget_unsent(request: HttpRequest) -> None:
    request.session.pop(UNSENT, None)


@dataclass(frozen=True)
class Writing:
    """A text that a city writes: what the pages of profiles and of initiatives do each in their own way."""

    name: str
    """Of the address of its form; with "_submit" and the like behind it, of the others."""
    args: tuple[Any, ...]
    form: type[Draft]
    state: Callable[[], Any]
    """Gives the text as it stands; where there is none, the next one, not saved."""
    begin: Callable[[], Any]
    """Gives the text to be changed, begun where there is none."""
    show: Callable[..., HttpResponse]
    """Answers with the page of a `Draft`."""
    submit: Callable[[Any], Any] | None = None
    """Hands it to staff at once; None where the page "submit" asks first."""
    sides: Collection[str] = ()
    """The columns whose age counts."""
    page: str = ""
    """The act of the form's own address, where the name alone is that of another page."""
    saved: Any = SAVED
    """What is said once it is saved."""

    def address(self, act: str = "") -> str:
        act = act or self.page
        return reverse(f"{self.name}_{act}" if act else self.name, args=self.args)


def form_page(request: HttpRequest, writing: Writing) -> HttpResponse:
    """The form of a text; what is sent to it becomes a draft."""
    if request.method != "POST":
        return writing.show(writing.form(writing.state(), unsent(request), more=request.GET.get("more", "")))
    if "discard" in request.POST:
        forget_unsent(request)
        return redirect(writing.address())
    return receive(request, writing, submitting="submit" in request.POST)


def submit_page(request: HttpRequest, writing: Writing) -> HttpResponse:
    """Hand the draft to staff: with what the form says, or as it is stored where no form is sent along."""
    if SEEN in request.POST:
        return receive(request, writing, submitting=True)
    return hand_in(request, writing, writing.state())


def receive(request: HttpRequest, writing: Writing, *, submitting: bool) -> HttpResponse:
    """Save what a window sent, then submit it if asked to; nothing typed is lost, whatever happens."""
    draft = writing.form(writing.state(), request.POST)
    automatic = is_autosave(request)
    if not draft.revision.is_editable and draft.is_unchanged:
        return after(writing)  # a double click
    try:
        stored = save_typed(draft, writing, by=request.user)
    except DraftConflict as conflict:
        forget_unsent(request)
        return conflicting(request, writing, draft, conflict.stored)
    except TransitionNotAllowed as refusal:
        if automatic:
            return not_saved("closed", str(refusal))
        draft.own_errors.append(str(refusal))
        return writing.show(draft, failed=True, status=409)
    if automatic:
        return saved(draft, stored)
    forget_unsent(request)
    if submitting:
        # The second click after a publication at once finds nothing left to do, and says nothing.
        is_late = stored.pk is None and request.POST.get(SEEN) != seen_of(stored)
        return hand_in(request, writing, stored, quiet=is_late)
    if more := request.POST.get("more", ""):
        return after(writing, more=more if more in draft.lists else "")
    if stored.as_typed:
        messages.warning(
            request, _("The draft is saved. What is marked is kept as you typed it: correct it before you submit.")
        )
    else:
        messages.success(request, str(writing.saved))
    return after(writing)


def save_typed(draft: Draft, writing: Writing, *, by: Person) -> Any:
    """Save what a window sent. Nothing is begun for nothing typed. Raises DraftConflict and TransitionNotAllowed."""
    revision, values = draft.revision, draft.values()
    if revision.pk is None:
        if draft.is_unchanged:
            return revision
        revision = writing.begin()
    seen = revision.version if is_seen(draft.data.get(SEEN, ""), revision) else -1
    together = draft.touched(OPENED) & set(writing.sides)
    return save_draft(revision, values=values, seen=seen, by=by, together=together)


def after(writing: Writing, *, more: str = "") -> HttpResponse:
    """To the form, which drops the copy that the browser kept; `more` names a list that gets more rows."""
    address = f"{writing.address()}?saved=1"
    return redirect(f"{address}&more={more}#{more}" if more else address)


def hand_in(request: HttpRequest, writing: Writing, stored: Any, *, quiet: bool = False) -> HttpResponse:
    if writing.submit is None:
        return redirect(f"{writing.address('submit')}?saved=1")
    try:
        done = writing.submit(stored)
    except Incomplete as refusal:
        draft, too_long = writing.form(stored), stored.too_long()
        draft.add_errors(too_long)
        draft.own_errors += [sentence for sentence in refusal.missing if sentence not in too_long.values()]
        return writing.show(draft, failed=True)
    except NetworkError as refusal:
        if not quiet:
            messages.info(request, str(refusal))
        return after(writing)
    if done.is_waiting:
        messages.success(
            request, _("Submitted. Staff look at it and write to you; until then the public sees the text from before.")
        )
    else:
        messages.success(request, _("Published: a change of links, events and the like needs no look by staff."))
    return after(writing)


def take_back_page(request: HttpRequest, writing: Writing) -> HttpResponse:
    """Make a draft again of what waits for staff; a second click finds it done."""
    revision = writing.state()
    if revision.is_waiting:
        try:
            take_back(revision, by=request.user)
        except NetworkError as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, _("Taken back: it is a draft again."))
    elif revision.pk is None or not revision.is_open:
        messages.warning(request, _("There is nothing to take back: staff have decided."))
    return redirect(writing.address())


def conflicting(request: HttpRequest, writing: Writing, draft: Draft, stored: Any) -> HttpResponse:
    """Somebody saved in between: both texts, the own one still in the form; saving again after seeing them wins."""
    if is_autosave(request):
        return saved_meanwhile(stored, by=request.user)
    clashes = draft.adopt(stored)
    both = [
        difference
        for difference in compare(stored.parts(), draft.typed_parts())
        if "_".join(filter(None, (difference.part.name, difference.part.language))) in clashes
    ]
    return writing.show(draft, conflict={"stored": stored, "clashes": both}, status=409)


def shared_context(request: HttpRequest, writing: Writing, draft: Draft, *, failed: bool) -> dict[str, Any]:
    """What every page with a draft's form shows."""
    return {
        "revision": draft.revision,
        "draft": draft,
        "form": draft.form,
        "errors": draft.errors(),
        "failed": failed,
        "unsent": unsent(request) is not None and not failed,
        "form_address": writing.address(),
        "submit_address": writing.address("submit"),
        "take_back_address": writing.address("take_back"),
    }


def saved(draft: Any, stored: Any) -> JsonResponse:
    """The answer to a form that saved itself; `draft` is what renews the hidden fields of its window."""
    message = saved_in_words(as_typed=bool(stored.as_typed))
    return JsonResponse({"state": "saved", "message": message, "fields": draft.renewed(stored)})


def saved_in_words(*, as_typed: bool) -> str:
    """When it was saved, and whether some of it only `as_typed`."""
    # Not TIME_FORMAT: English writes "2:58 a.m.", whose point would end the sentence twice.
    at = {"time": time_format(timezone.localtime(), "H:i")}
    if as_typed:
        return _("Saved at %(time)s. What cannot be taken over yet is kept as you typed it.") % at
    return _("Saved at %(time)s.") % at


def saved_meanwhile(stored: Any, *, by: Any) -> JsonResponse:
    """The answer to a form that saved itself after somebody, or the same person elsewhere, had saved the draft."""
    if stored.updated_by_id == by.pk:
        words = _(
            "You saved this draft in another window after you opened it here. Press “Save the draft” to see both texts."
        )
    else:
        who = stored.updated_by or _("Somebody")
        words = _("%(who)s saved this draft after you opened it. Press “Save the draft” to see both texts.")
        words %= {"who": who}
    return not_saved("conflict", words)


def not_saved(state: str, message: str) -> JsonResponse:
    return JsonResponse({"state": state, "message": message}, status=409)
