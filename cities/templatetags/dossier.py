from typing import Any

from django import template

from ..services.dossier import head_for_display, sections_for_display

register = template.Library()


@register.simple_tag
def dossier(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The sections of an application's content, each answer as blocks that the templates know."""
    return sections_for_display(content)


@register.simple_tag
def dossier_head(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Reference, country and field of an application's content."""
    return head_for_display(content)
