"""Every view says who may open it, in words that a test can read: `for_everyone`, `for_persons` or `needs`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

View = Callable[..., Any]

EVERYONE = "everyone"
PERSONS = "persons"


def marked(view: View, access: str) -> View:
    """The view, with who may open it where a test can read it."""
    view.access = access  # type: ignore[attr-defined]  # a function carries what one gives it
    return view


def for_everyone(view: View) -> View:
    """A view that shows no more to one than to another, or decides by what it is asked with."""
    return marked(view, EVERYONE)


def for_persons(view: View) -> View:
    """A view for whoever is signed in, about themselves."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    return marked(guarded, PERSONS)


def needs(permission: str, of: Callable[..., Any]) -> Callable[[View], View]:
    """Decorate a view of one object that a permission opens.

    `of(user, **what the address names)` fetches the object among those that the user may know of and raises Http404:
    a stranger does not learn whether it exists. Who may know of it but lacks the permission gets 403. The view is
    called with the request and the object.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            subject = of(request.user, **kwargs)
            if not request.user.has_perm(permission, subject):
                raise PermissionDenied
            response = view(request, subject)
            add_never_cache_headers(response)
            return response

        return marked(guarded, permission)

    return decorate
