"""Rows held until the transaction ends, so that two acts on the same thing queue.

Who holds several takes the call first, then its applications, then what hangs on an application; the city before what
hangs on it, and after the applications; the person last. In another order two acts could wait for each other for ever.
"""

from django.db import models


def locked[Row: models.Model](row: Row) -> Row:
    """The row as it is now, held until the transaction ends."""
    # Not type(row): of `request.user` that is a wrapper.
    manager: models.Manager = row._meta.model._base_manager
    return manager.select_for_update(no_key=True).get(pk=row.pk)
