import uuid
from typing import Any

from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404

from ..access import needs
from ..models import PrivateFile
from ..people import Person
from ..services.private_file import files_visible_to


def visible_file(user: Person, pk: uuid.UUID) -> PrivateFile:
    return get_object_or_404(files_visible_to(user), pk=pk)


@needs("cities.view_privatefile", of=visible_file)
def private_file(request: HttpRequest, document: PrivateFile) -> Any:
    """A document to be kept, never to be shown: the browser runs nothing of what a stranger sent."""
    response = FileResponse(
        document.file.open("rb"), as_attachment=True, filename=document.name, content_type=document.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
