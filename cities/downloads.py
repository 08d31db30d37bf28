"""Views that answer the query of a list as a file: streamed, with validators, and errors that a script can read."""

from collections.abc import Callable, Collection

from django.http import Http404, HttpRequest, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .access import View
from .caching import Moving, public_data
from .datasets import BadQuery, Dataset, Extract
from .problems import with_problems
from .writers import FORMATS, Format

ExtractOf = Callable[..., Extract]
"""Called with a query, the language of names, and the address it was asked for at; raises BadQuery."""


def given(query: QueryDict) -> QueryDict:
    """The query without empty values, which a form sends for what was left open."""
    kept = query.copy()
    for name, values in query.lists():
        kept.setlist(name, [value for value in values if value])
    return kept


def asked(query: QueryDict, known: Collection[str]) -> QueryDict:
    """What is given of a query that knows these parameters. Raises BadQuery where another one is there.

    To pass over it would answer as if it had selected what it names.
    """
    if unknown := [name for name in query if name not in known]:
        message = _("There is no such parameter here. Known: %(names)s.") if known else _("No parameter is known here.")
        raise BadQuery({name: [message % {"names": ", ".join(known)}] for name in unknown})
    return given(query)


def file_name(extract: Extract, extension: str) -> str:
    day = f"-{extract.as_of.isoformat()}" if extract.as_of else ""
    return f"{extract.dataset.name}{day}.{extension}"


def as_file(request: HttpRequest, extract: Extract, form: Format) -> StreamingHttpResponse:
    """The extract in a format, to be saved; rows are read as they are sent."""
    content = () if request.method == "HEAD" else form.write(extract)
    response = StreamingHttpResponse(content, content_type=form.content_type)
    response["Content-Disposition"] = content_disposition_header(True, file_name(extract, form.extension))
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Language"] = extract.language
    return response


def file_view(dataset: Dataset, extract_of: ExtractOf, moving: Moving | None = None) -> View:
    """A view of `<list>.<extension>` for every format that can hold the dataset."""

    @require_safe
    @with_problems
    def file(request: HttpRequest, extension: str) -> HttpResponseBase:
        form = FORMATS.get(extension)
        if form is None or not form.takes(dataset):
            raise Http404
        query = asked(request.GET, dataset.parameters)
        extract = extract_of(query, language=get_language() or "en", address=request.get_full_path())
        return as_file(request, extract, form)

    return public_data(file, moving)
