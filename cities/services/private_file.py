"""Documents that only some may read: looked at before they are kept, whatever their name says."""

import hashlib
import io
import re
import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from ..exceptions import UploadRefused
from ..models import City, PrivateFile
from ..people import Person

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 60_000_000
"""A sheet of A4 at 600 dpi has 35 million."""
TYPES = {"PDF": "application/pdf", "JPEG": "image/jpeg", "PNG": "image/png"}
SUFFIXES = {"PDF": (".pdf",), "JPEG": (".jpg", ".jpeg"), "PNG": (".png",)}
NAME_LENGTH = 120
_PDF_END = 2048


def files_visible_to(user: Any) -> Any:
    """The files that a person may download now. One whose person asked for erasure is empty, and no file any more."""
    return PrivateFile.objects.visible_to(user).exclude(file="")


def no_scan(content: bytes, name: str) -> None:
    """What looks at a document where no scanner for viruses is installed (`DOCUMENT_SCANNER`): nothing is refused.

    One that finds something raises UploadRefused with a sentence.
    """


def store(
    *, kind: str, city: City | None = None, upload: UploadedFile, by: Person, taken: Collection[str] = tuple(TYPES)
) -> PrivateFile:
    """Keep a document as it came. Raises UploadRefused for what is empty, too large, or of no type `taken` inside.

    The file is written at once and not undone with the transaction: call this after everything else that refuses.
    """
    content, found = read_document(upload, taken=taken)
    import_string(settings.DOCUMENT_SCANNER)(content, upload.name or "")
    return PrivateFile.objects.create(
        kind=kind,
        city=city,
        file=ContentFile(content, "document"),
        name=safe_name(upload.name or "", found),
        content_type=TYPES[found],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_by=by,
    )


def read_document(upload: UploadedFile, *, taken: Collection[str] = tuple(TYPES)) -> tuple[bytes, str]:
    """The bytes of an upload and which of `TYPES` they are, by their content alone; raises UploadRefused."""
    upload.seek(0)
    content = upload.read(MOST_BYTES + 1)
    # What was too large to be kept while the form was read comes without content, but with its size.
    if len(content) > MOST_BYTES or (upload.size or 0) > MOST_BYTES:
        raise UploadRefused(_("The file is larger than 10 MB. Save it smaller, or scan it with fewer details."))
    if not content:
        if set(taken) == {"PDF"}:
            raise UploadRefused(_("The file is empty. Choose the document as a PDF."))
        raise UploadRefused(_("The file is empty. Choose the letter as a PDF, or as a photo of it (JPEG, PNG)."))
    found = "PDF" if content.startswith(b"%PDF-") else ""
    if set(taken) == {"PDF"} and not found:
        raise UploadRefused(_("The file is no PDF inside, whatever its name says. Save or scan it as a PDF."))
    found = found or _picture(content)
    if not found:
        raise UploadRefused(_("The file is no PDF, JPEG or PNG inside, whatever its name says."))
    if found == "PDF" and b"%%EOF" not in content[-_PDF_END:]:
        raise UploadRefused(_("The PDF breaks off before its end. Send the file once more."))
    return content, found


def _picture(content: bytes) -> str:
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise UploadRefused(_("The picture has too many pixels. Save it smaller."))
            picture.load()
            return picture.format or ""
    except UnidentifiedImageError:
        return ""
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UploadRefused(_("The picture has too many pixels. Save it smaller.")) from None
    except (OSError, SyntaxError, ValueError):
        raise UploadRefused(
            _("The picture is damaged or breaks off before its end. Send the file once more.")
        ) from None


def safe_name(name: str, found: str) -> str:
    """The name that a file came with, without path and invisible characters, its ending true to the content."""
    last = PurePosixPath(name.replace("\\", "/")).name
    visible = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    plain = re.sub(r'[<>:"|?*/]', "", visible).strip(" .")
    stem, suffix = PurePosixPath(plain or "letter").stem, PurePosixPath(plain).suffix
    if suffix.lower() not in SUFFIXES[found]:
        stem, suffix = f"{stem}{suffix}", SUFFIXES[found][0]
    return stem[: NAME_LENGTH - len(suffix)] + suffix
