"""Rows held until the transaction ends, so that two acts on the same thing queue.

Who holds several takes the city first, then what hangs on it, then the person; in another order two acts could wait for
each other for ever.
"""

from django.db import models


def locked[Row: models.Model](row: Row) -> Row:
    """The row as it is now, held until the transaction ends."""
    # Not type(row): of `request.user` that is a wrapper.
    manager: models.Manager = row._meta.model._base_manager
    return manager.select_for_update(no_key=True).get(pk=row.pk)
