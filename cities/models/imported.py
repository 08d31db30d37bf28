from django.db import models


class Imported(models.Model):
    """A row that data files feed and that staff may correct.

    `imported` keeps the values of the last import, so that the next one can tell what staff changed since.
    """

    imported = models.JSONField(default=dict, editable=False)

    class Meta:
        abstract = True
