import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import cities.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("rvcu", "0003_addresses"),
        ("cities", "0005_meetings"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("edition", models.PositiveSmallIntegerField(verbose_name="edition")),
                ("published_at", models.DateTimeField(verbose_name="published")),
                ("reason", models.TextField(blank=True, verbose_name="what was corrected")),
                ("cities", models.PositiveIntegerField(verbose_name="member cities")),
                ("last_change", models.DateField(null=True, verbose_name="last change of the data")),
                ("history_head", models.CharField(max_length=100, verbose_name="head of the history")),
                ("files", models.JSONField(verbose_name="files")),
                ("changes", models.JSONField(default=dict, verbose_name="changes since the edition before")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="published by",
                    ),
                ),
            ],
            options={
                "verbose_name": "snapshot of the open data",
                "verbose_name_plural": "snapshots of the open data",
                "ordering": ["-day", "-edition"],
                "constraints": [
                    models.UniqueConstraint(fields=("day", "edition"), name="snapshot_edition_once_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(("edition__gte", 1)), name="snapshot_editions_count_from_one"
                    ),
                    cities.constraints.AppendOnly(name="snapshots_only_grow", unique=(("day", "edition"),)),
                    cities.constraints.CountsChanges(name="snapshot_changes_count"),
                ],
            },
        ),
    ]
