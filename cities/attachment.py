"""Files in answers: to be saved, never to be shown, whatever a browser would make of them."""

from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header

JSON = "application/json; charset=utf-8"


def attachment(content: Any, content_type: str, name: str) -> HttpResponse:
    """An answer that is saved under a name."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    return response
