"""Events that happen once, however often and however parallel they are looked for."""

from django.db import IntegrityError, transaction

from ..models import Reminder


def once(key: str) -> bool:
    """Take an event, to be done in the caller's transaction; False when it was taken before, or is at this moment."""
    try:
        with transaction.atomic():
            Reminder.objects.create(key=key)
    except IntegrityError:
        return False
    return True
