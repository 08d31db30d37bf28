import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import cities.constraints


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("cities", "0002_first_edition"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalMeeting",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("edition", models.PositiveSmallIntegerField(db_index=True, verbose_name="edition")),
                ("planned_year", models.PositiveSmallIntegerField(verbose_name="year first planned")),
                ("year", models.PositiveSmallIntegerField(verbose_name="year")),
                ("start_date", models.DateField(blank=True, null=True, verbose_name="first day")),
                ("end_date", models.DateField(blank=True, null=True, verbose_name="last day")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planned", "planned"),
                            ("held", "held"),
                            ("postponed", "postponed"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="note for staff")),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="source")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "country",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cities.country",
                        verbose_name="country",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical annual meeting",
                "verbose_name_plural": "historical annual meetings",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Meeting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("imported", models.JSONField(default=dict, editable=False)),
                ("edition", models.PositiveSmallIntegerField(unique=True, verbose_name="edition")),
                ("planned_year", models.PositiveSmallIntegerField(verbose_name="year first planned")),
                ("year", models.PositiveSmallIntegerField(verbose_name="year")),
                ("start_date", models.DateField(blank=True, null=True, verbose_name="first day")),
                ("end_date", models.DateField(blank=True, null=True, verbose_name="last day")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planned", "planned"),
                            ("held", "held"),
                            ("postponed", "postponed"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="note for staff")),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="source")),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="meetings",
                        to="cities.country",
                        verbose_name="country",
                    ),
                ),
            ],
            options={
                "verbose_name": "annual meeting",
                "verbose_name_plural": "annual meetings",
                "ordering": ["-edition"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalMeetingHost",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name_en", models.CharField(max_length=100, verbose_name="name in English")),
                ("name_fr", models.CharField(max_length=100, verbose_name="name in French")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "city",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cities.city",
                        verbose_name="member city",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="meetings.meeting",
                        verbose_name="meeting",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical host",
                "verbose_name_plural": "historical hosts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="MeetingHost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name_en", models.CharField(max_length=100, verbose_name="name in English")),
                ("name_fr", models.CharField(max_length=100, verbose_name="name in French")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "city",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hosted",
                        to="cities.city",
                        verbose_name="member city",
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hosts",
                        to="meetings.meeting",
                        verbose_name="meeting",
                    ),
                ),
            ],
            options={
                "verbose_name": "host",
                "verbose_name_plural": "hosts",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_date", None), ("start_date", None)),
                    models.Q(
                        ("end_date__gte", models.F("start_date")),
                        ("end_date__isnull", False),
                        ("start_date__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="meeting_ends_after_it_begins",
                violation_error_message="Give both days, the last not before the first, or none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["planned", "held", "postponed", "cancelled"])),
                name="meeting_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.CheckConstraint(
                condition=models.Q(("start_date", None), ("start_date__year", models.F("year")), _connector="OR"),
                name="meeting_begins_in_its_year",
                violation_error_message="The meeting begins in another year.",
            ),
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=cities.constraints.CountsChanges(name="meeting_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="meetinghost",
            constraint=models.UniqueConstraint(fields=("meeting", "city"), name="meeting_host_once"),
        ),
        migrations.AddConstraint(
            model_name="meetinghost",
            constraint=cities.constraints.CountsChanges(name="meeting_host_changes_count"),
        ),
    ]
