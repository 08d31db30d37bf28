from dataclasses import dataclass
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..text import count_words
from .drafted import Drafted


@dataclass(frozen=True)
class Part:
    """A piece of a text that stands on its own, for readable differences; a list of things has a line for each."""

    name: str
    label: Any
    text: str
    language: str = ""
    """"en", "fr", or "" where it is the same for both."""


def lines(rows: list[dict[str, str]], *names: str) -> str:
    """Repeated things as text, a line each."""
    return "\n".join(" · ".join(row[name] for name in names if row.get(name)) for row in rows)


class ModeratedQuerySet(models.QuerySet):
    def open(self) -> Self:
        """What a city still works on, or staff has to look at."""
        return self.filter(status__in=Moderated.OPEN)

    def waiting(self) -> Self:
        """What waits for staff."""
        return self.filter(status=Moderated.Status.SUBMITTED)

    def published(self) -> Self:
        return self.filter(status=Moderated.Status.PUBLISHED)


class Moderated(Drafted):
    """A proposed state of something public, whole: coordinators write it, staff publish it. All are kept."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("waiting for staff")
        CHANGES_REQUESTED = "changes-requested", _("changes requested")
        PUBLISHED = "published", _("published")
        REJECTED = "rejected", _("rejected")

    TRANSITIONS = {
        Status.DRAFT: {Status.SUBMITTED, Status.PUBLISHED},
        Status.SUBMITTED: {Status.PUBLISHED, Status.CHANGES_REQUESTED, Status.REJECTED, Status.DRAFT},
        Status.CHANGES_REQUESTED: {Status.SUBMITTED},
    }
    """A draft is published at once only where all that it changes is of low risk, or staff go back to an old state."""
    OPEN = (Status.DRAFT, Status.SUBMITTED, Status.CHANGES_REQUESTED)
    EDITABLE = (Status.DRAFT, Status.CHANGES_REQUESTED)
    WORDS: dict[str, int] = {}
    """The texts that have a limit, and how many words each may have in either language."""

    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("decided by"),
    )
    reason = models.TextField(_("reason"), blank=True, editable=False)
    objects = ModeratedQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "submitted", "changes-requested", "published", "rejected"]),
                name="%(class)s_status_is_known",
            ),
        ]

    @property
    def subject(self) -> Any:
        """What this is a state of: the city, the initiative."""
        raise NotImplementedError

    @property
    def called(self) -> str:
        """What a mail or a message calls it."""
        return str(self.subject)

    @property
    def home(self) -> Any:
        """The city whose coordinators write this."""
        raise NotImplementedError

    @property
    def edit_url(self) -> str:
        """Where its coordinators write it, in the language that is active."""
        raise NotImplementedError

    def siblings(self) -> Any:
        """All states of the same subject."""
        raise NotImplementedError

    def predecessor(self) -> Any:
        """What was public when this was begun, or is to be replaced by it; None when nothing was."""
        return self.siblings().published().filter(number__lt=self.number).order_by("-number").first()  # type: ignore[attr-defined]  # each model’s own

    def parts(self) -> list[Part]:
        """What a reader compares, in reading order; photos aside."""
        raise NotImplementedError

    def missing(self) -> list[Any]:
        """What publication needs and this lacks, a sentence each."""
        missing: list[Any] = []
        if self.as_typed:
            missing.append(_("Some of what was typed could not be taken over: correct what is marked."))
        missing += [*self.missing_parts(), *self.too_long().values()]
        uses = list(self.photo_uses.select_related("photo"))  # type: ignore[attr-defined]  # of each model its own
        if any(not use.is_complete for use in uses):
            missing.append(_("Each photo needs words for what it shows, in both languages, and a credit."))
        if any(not use.photo.is_usable for use in uses):
            missing.append(_("A photo is published only once the right to show it is granted."))
        return missing

    def missing_parts(self) -> list[Any]:
        """The same of what only this kind of text has."""
        raise NotImplementedError

    def too_long(self) -> dict[str, str]:
        """The sides of texts with more words than allowed, each with a sentence that says so."""
        found = {}
        for text, limit in self.WORDS.items():
            for language in ("en", "fr"):
                count = count_words(getattr(self, f"{text}_{language}"))
                if count > limit:
                    found[f"{text}_{language}"] = gettext(
                        "This text is too long: %(limit)d words are allowed, it has %(count)d."
                    ) % {"limit": limit, "count": count}
        return found

    def stale_sides(self) -> list[str]:
        """The languages ("en", "fr") in which a text, or a part of it, is empty or older than in the other one."""
        raise NotImplementedError

    def become_public(self) -> None:
        """What else changes when this is published."""
        raise NotImplementedError

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.SUBMITTED
