from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Drafted(models.Model):
    """What is written over days, by several people, and then handed in.

    `version` counts the saves of a draft, so that a second window or colleague is noticed.
    """

    EDITABLE: Collection[str] = ()
    """The states in which it can be written."""

    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("begun by"),
    )
    updated_at = models.DateTimeField(_("last saved"), auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("last saved by"),
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("submitted by"),
    )
    as_typed = models.JSONField(default=dict, blank=True, editable=False)
    """What was typed and could not be taken over, by the name of its part: kept until it is mended."""

    class Meta:
        abstract = True

    def stamp(self, changed: set[str]) -> list[str]:
        """Note when what was last changed, where a model keeps that; gives the names of the columns set."""
        return []

    def predecessor(self) -> Any:
        """What it is to replace, or has replaced; None where it stands alone."""
        return None

    @property
    def is_editable(self) -> bool:
        return self.status in self.EDITABLE  # type: ignore[attr-defined]  # each model’s own

    @property
    def why_closed(self) -> str:
        """Why it cannot be written now, in a sentence."""
        return gettext("This text is with staff now: take it back to change it.")
