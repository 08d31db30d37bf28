from contextlib import suppress

from allauth.account.decorators import reauthentication_required
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from ..access import for_everyone, for_persons
from ..days import today
from ..forms.privacy import ErasureForm
from ..services.privacy import AlreadyErased, erase, export, holdings, mandates_in_force, summary


@for_persons
def my_data(request: HttpRequest) -> HttpResponse:
    """What the portal holds on the person who asks, in numbers; the whole of it is a file."""
    return render(request, "my/privacy.html", {"kinds": summary(holdings(request.user))})


@for_persons
@require_POST
def my_data_file(request: HttpRequest) -> HttpResponse:
    """All that is held, to be kept; the history notes that it was asked for."""
    response = HttpResponse(export(request.user), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rvcu-{today().isoformat()}.json"'
    return response


@for_persons
@reauthentication_required
def my_erasure(request: HttpRequest) -> HttpResponse:
    """Erase the person who asks, after they proved anew who they are."""
    form = ErasureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        # A second click finds it done.
        with suppress(AlreadyErased):
            erase(request.user, by=request.user)
        logout(request)
        return redirect("cities:erased")
    return render(request, "my/privacy_erasure.html", {"form": form, "mandates": mandates_in_force(request.user)})


@for_everyone
def erased(request: HttpRequest) -> HttpResponse:
    return render(request, "my/privacy_erased.html")
