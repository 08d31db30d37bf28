"""Files for word processors: an application, to be taken away and worked on anywhere; letters, to be signed."""

import io
import re
from typing import Any

from django.utils.translation import gettext as _
from docx import Document
from docx.shared import Pt

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

# What XML cannot hold, and what a person cannot see anyway.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def as_docx(title: str, head: list[tuple[str, str]], sections: list[dict[str, Any]]) -> bytes:
    """A document with headings for sections and questions, of what `dossier.sections_for_display` gives."""
    document = Document()
    document.styles["Normal"].font.size = Pt(11)
    document.core_properties.title = _clean(title)
    document.core_properties.author = ""
    document.add_heading(_clean(title), 0)
    _pairs(document, head)
    for section in sections:
        document.add_heading(_clean(section["title"]), 1)
        for question in section["questions"]:
            words = " ".join(filter(None, (question["number"], question["text"])))
            document.add_heading(_clean(words), 2)
            for block in question["blocks"]:
                _block(document, block)
            if not question["blocks"]:
                document.add_paragraph(_("No relevant information.") if question["nothing"] else _("No answer."))
            if question["typed_blocks"]:
                document.add_paragraph(_("As typed; it could not be taken over:"))
                for block in question["typed_blocks"]:
                    _block(document, block)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def as_letters(texts: list[str]) -> bytes:
    """Letters in one document, a page each: the first paragraph of a text heads it, an empty line ends a paragraph."""
    document = Document()
    document.styles["Normal"].font.size = Pt(11)
    document.core_properties.author = ""
    for number, text in enumerate(texts):
        title, *paragraphs = re.split(r"\n\s*\n", _clean(text).strip())
        if number:
            document.add_page_break()
        else:
            document.core_properties.title = title
        document.add_heading(title, 1)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _block(document: Any, block: dict[str, Any]) -> None:
    match block["is"]:
        case "text":
            for paragraph in re.split(r"\n{2,}", block["text"]):
                document.add_paragraph(_clean(paragraph))
        case "facts":
            if block["title"]:
                document.add_heading(_clean(block["title"]), 3)
            _pairs(document, block["rows"])
        case "table":
            table = document.add_table(rows=1, cols=len(block["head"]), style="Table Grid")
            _fill(table.rows[0], block["head"])
            for row in block["rows"]:
                _fill(table.add_row(), row)
        case "list":
            for text, address in block["items"]:
                words = f"{text}: {address}" if address and address != text else text
                document.add_paragraph(_clean(words), style="List Bullet")
        case "photos":
            for photo in block["photos"]:
                document.add_paragraph(_clean(photo["alt"]), style="List Bullet")
                _pairs(document, photo["rows"])


def _fill(row: Any, texts: list[str]) -> None:
    for cell, text in zip(row.cells, texts, strict=True):
        cell.text = _clean(text)


def _pairs(document: Any, rows: list[tuple[str, str]]) -> None:
    for label, text in rows:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{_clean(label)}: ").bold = True
        paragraph.add_run(_clean(text))
