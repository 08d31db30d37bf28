from typing import Any

from rest_framework.renderers import BaseRenderer

from cities.writers.plain import dumped


class DataRenderer(BaseRenderer):
    """JSON as in the files: one encoder writes both."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else dumped(data).encode()
