import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.urls import reverse
from PIL import Image

from cities.exceptions import UploadRefused
from cities.models import City, PrivateFile
from cities.services.private_file import MOST_BYTES, safe_name, store

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((80, 60), 60).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def bomb() -> bytes:
    """A PNG of 50,000 by 50,000 pixels that says so and holds nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def keep(content: bytes, name: str, by) -> PrivateFile:
    upload = SimpleUploadedFile(name, content)
    return store(kind=PrivateFile.Kind.MAYORS_LETTER, city=City.objects.get(slug="lyon"), upload=upload, by=by)


@pytest.mark.parametrize(
    ("content", "name", "kept_as", "content_type"),
    [
        (PDF, "letter.pdf", "letter.pdf", "application/pdf"),
        (picture("JPEG"), "Lettre signée.JPG", "Lettre signée.JPG", "image/jpeg"),
        (picture("PNG"), "scan.html", "scan.html.png", "image/png"),
        (PDF, "../../etc/passwd", "passwd.pdf", "application/pdf"),
    ],
)
def test_documents_are_kept_as_they_came(coordinator, content, name, kept_as, content_type):
    stored = keep(content, name, coordinator)
    assert (stored.name, stored.content_type, stored.size) == (kept_as, content_type, len(content))
    assert stored.file.read() == content
    assert stored.file.name == f"files/{stored.pk.hex[:2]}/{stored.pk.hex}"
    stored.file.close()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"x" * (MOST_BYTES + 1), "larger than 10 MB"),
        (b"<html><script>alert(1)</script>", "no PDF, JPEG or PNG inside"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "no PDF, JPEG or PNG inside"),
        (b"GIF89a;%PDF-1.7 %%EOF", "no PDF, JPEG or PNG inside"),
        (b"<script>alert(1)</script>" + PDF, "no PDF, JPEG or PNG inside"),
        (PDF[:-8], "The PDF breaks off before its end"),
        (picture("JPEG")[:-900], "damaged or breaks off"),
        (picture("PNG")[:-900], "damaged or breaks off"),
        (bomb(), "too many pixels"),
    ],
)
def test_what_is_no_document_is_refused(coordinator, content, sentence):
    with pytest.raises(UploadRefused, match=sentence):
        keep(content, "letter.pdf", coordinator)
    assert PrivateFile.objects.count() == 0


def test_what_was_too_large_to_be_read_is_called_so(coordinator):
    """Such a file comes empty, with the size it had (`cities.uploads`)."""
    upload = UploadedFile(io.BytesIO(), "letter.pdf", "application/pdf", 20 * 2**20)
    with pytest.raises(UploadRefused, match="larger than 10 MB"):
        store(kind=PrivateFile.Kind.MAYORS_LETTER, city=None, upload=upload, by=coordinator)


@pytest.mark.parametrize(
    ("name", "kept_as"),
    [
        ("C:\\Users\\me\\letter.pdf", "letter.pdf"),
        ("letter\r\nSet-Cookie: a=b.pdf", "letterSet-Cookie a=b.pdf"),
        ("evil\u202efdp.exe", "evilfdp.exe.pdf"),
        ('"><script>.pdf', "script.pdf"),
        ("", "letter.pdf"),
        ("...", "letter.pdf"),
        (".pdf", "pdf.pdf"),
        ("é" * 300 + ".pdf", "é" * 116 + ".pdf"),
    ],
)
def test_names_are_made_safe(name, kept_as):
    assert safe_name(name, "PDF") == kept_as


# The address


@pytest.fixture
def stored(coordinator):
    return keep(PDF, "Lettre signée.pdf", coordinator)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("coordinator", 200),
        ("officer", 200),
        ("administrator", 200),
        ("auditor", 200),
        ("alternate", 404),
        ("editor", 404),
        ("other_coordinator", 404),
        ("former_coordinator", 404),
        ("commission_officer", 404),
        ("evaluator", 404),
    ],
)
def test_who_may_read_a_letter(stored, request, signed_in, who, status):
    response = signed_in(request.getfixturevalue(who)).get(stored.get_absolute_url())
    assert response.status_code == status
    assert not response.streaming or b"".join(response.streaming_content) == PDF


def test_a_visitor_is_asked_to_sign_in(stored, client):
    response = client.get(stored.get_absolute_url())
    assert (response.status_code, response.url) == (302, f"/en/account/login/?next={stored.get_absolute_url()}")


def test_an_unknown_file_is_not_found(coordinator, signed_in):
    unknown = reverse("cities:file", args=["00000000-0000-4000-8000-000000000000"])
    assert signed_in(coordinator).get(unknown).status_code == 404


def test_a_letter_is_downloaded_and_never_shown(stored, coordinator, signed_in):
    response = signed_in(coordinator).get(stored.get_absolute_url())
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''Lettre%20sign%C3%A9e.pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))


def test_who_sent_it_keeps_sight_of_it_when_the_mandate_ended(stored, coordinator, signed_in):
    coordinator.coordinator_mandates.update(ends_at=stored.uploaded_at)
    response = signed_in(coordinator).get(stored.get_absolute_url())
    assert b"".join(response.streaming_content) == PDF


def test_an_emptied_letter_is_gone(stored, officer, signed_in):
    PrivateFile.objects.update(file="", name="")
    assert signed_in(officer).get(stored.get_absolute_url()).status_code == 404
