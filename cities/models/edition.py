from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Edition(models.Model):
    """How many times the public data changed and when last: one row, kept by the database (`CountsChanges`).

    Not to be altered by a migration without remaking those triggers.
    """

    number = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("edition of the public data")
        verbose_name_plural = _("editions of the public data")

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def current(cls) -> int:
        """The number that pages made from now on may carry. Read it before the data, never after."""
        return cls.objects.values_list("number", flat=True).get()
