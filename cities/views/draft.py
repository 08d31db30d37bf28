"""What the pages that edit a draft share: nothing typed is lost, whoever saved in between."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from ..access import View
from ..forms.draft import OPENED, SEEN, Draft, is_seen
from ..people import Person
from ..services.difference import Difference, differences
from ..services.moderation import save_draft

UNSENT = "unsent"
UNSENT_CHARACTERS = 200_000


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
            if sum(map(len, data.values())) <= UNSENT_CHARACTERS:
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


def save_typed[Revision: Any](
    draft: Draft, begin: Callable[[], Revision], *, by: Person, sides: Collection[str] = ()
) -> Revision:
    """Save what a window sent; `begin` makes the row where there is none yet. Nothing is made for nothing typed.

    `sides` are the columns whose age counts. Raises DraftConflict and TransitionNotAllowed.
    """
    revision, values = draft.revision, draft.values()
    if revision.pk is None:
        if is_unchanged(draft):
            return revision
        revision = begin()
    seen = revision.version if is_seen(draft.data.get(SEEN, ""), revision) else -1
    together = draft.touched(OPENED) & set(sides)
    return save_draft(revision, values=values, seen=seen, by=by, together=together)


def is_unchanged(draft: Draft) -> bool:
    """Whether a window sent what is stored."""
    return all(getattr(draft.revision, name) == value for name, value in draft.values().items())


def clashing(draft: Draft, stored: Any) -> list[Difference]:
    """Adopt what only others changed; gives the parts that were changed on both sides, theirs as `before`."""
    clashes = draft.adopt(stored)
    mine = type(stored)(**{name: value for name, value in draft.values().items() if name != "as_typed"})
    return [
        difference
        for difference in differences(stored, mine)
        if "_".join(filter(None, (difference.part.name, difference.part.language))) in clashes
    ]


def saved(draft: Draft, stored: Any) -> JsonResponse:
    """The answer to a form that saved itself."""
    at = time_format(timezone.localtime(), "TIME_FORMAT")
    if stored.as_typed:
        message = _("Saved at %(time)s. What cannot be taken over yet is kept as you typed it.") % {"time": at}
    else:
        message = _("Saved at %(time)s.") % {"time": at}
    return JsonResponse({"state": "saved", "message": message, "fields": draft.renewed(stored)})


def not_saved(state: str, message: str) -> JsonResponse:
    return JsonResponse({"state": state, "message": message}, status=409)
