"""What a stranger may make this machine keep while a form is read, whatever the form."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

LARGEST = 16 * 2**20
"""No file that anybody sends is larger than this many bytes."""


class BoundedUploadHandler(FileUploadHandler):
    """Lets no more than LARGEST bytes of a file reach memory or disk.

    A larger one is read to its end and thrown away: the form meets an empty file that knows the size it had, and
    says what it says of any file that is too large.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.is_too_large = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > LARGEST:
            self.is_too_large = True
        return None if self.is_too_large else raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if not self.is_too_large:
            return None
        return UploadedFile(BytesIO(), self.file_name, self.content_type, file_size, self.charset)
