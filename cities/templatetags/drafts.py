from typing import Any

from django import template
from django.utils.html import format_html, linebreaks
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..models.bilingual import in_language
from ..text import count_words

register = template.Library()


@register.filter
def words_in(text: Any) -> int:
    """How many words a text has, by the rule that its limit is counted by."""
    return count_words(text or "")


@register.simple_tag
def paragraphs(obj: object, name: str) -> str:
    """A bilingual text of paragraphs; one that is only there in the other language says so above it."""
    text, language = in_language(obj, name)
    if not text:
        return ""
    body = mark_safe(linebreaks(text, autoescape=True))
    if language == get_language():
        return body
    mark = _("This text is in English only.") if language == "en" else _("This text is in French only.")
    return format_html('<p class="fallback">{}</p><div lang="{}">{}</div>', mark, language, body)
