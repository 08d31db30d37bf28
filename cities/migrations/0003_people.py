import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import cities.constraints
import cities.models.photo
import cities.models.private_file


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("cities", "0002_first_edition"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PrivateFile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("mayors-letter", "letter of the mayor")], max_length=20, verbose_name="kind"
                    ),
                ),
                (
                    "city",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="private_files",
                        to="cities.city",
                        verbose_name="city",
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        storage=cities.models.private_file.private_storage,
                        upload_to=cities.models.private_file.private_name,
                        verbose_name="file",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name of the file")),
                ("content_type", models.CharField(editable=False, max_length=40, verbose_name="type")),
                ("size", models.PositiveIntegerField(editable=False, verbose_name="size in bytes")),
                ("sha256", models.CharField(editable=False, max_length=64)),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
                ("uploaded_at", models.DateTimeField(auto_now_add=True, verbose_name="uploaded")),
            ],
            options={
                "verbose_name": "private file",
                "verbose_name_plural": "private files",
                "ordering": ["-uploaded_at"],
            },
        ),
        migrations.CreateModel(
            name="Coordinator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_mandates",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                ("begins_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="to")),
                (
                    "appointed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="appointed by",
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cities.privatefile",
                        verbose_name="letter",
                    ),
                ),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coordinators",
                        to="cities.city",
                        verbose_name="city",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("focal-point", "focal point"), ("alternate", "alternate"), ("editor", "editor")],
                        max_length=15,
                        verbose_name="role",
                    ),
                ),
            ],
            options={
                "verbose_name": "coordinator",
                "verbose_name_plural": "coordinators",
                "ordering": ["-begins_at", "-pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at", None), ("ends_at__gte", models.F("begins_at")), _connector="OR"),
                        name="coordinator_ends_after_it_begins",
                        violation_error_message="The mandate ends before it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["focal-point", "alternate", "editor"])),
                        name="coordinator_role_is_known",
                    ),
                    cities.constraints.NoOverlap(
                        end="ends_at",
                        key="city",
                        name="coordinator_one_focal_point",
                        only=("role", "focal-point"),
                        start="begins_at",
                        violation_error_message="The city has another focal point at that time.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ends_at", None)),
                        fields=("user", "city"),
                        name="coordinator_once_a_city",
                        violation_error_message="This person is a coordinator of the city already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CommissionOfficer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_mandates",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                ("begins_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="to")),
                (
                    "appointed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="appointed by",
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cities.privatefile",
                        verbose_name="letter",
                    ),
                ),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commission_officers",
                        to="cities.country",
                        verbose_name="country",
                    ),
                ),
            ],
            options={
                "verbose_name": "officer of a National Commission",
                "verbose_name_plural": "officers of National Commissions",
                "ordering": ["-begins_at", "-pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at", None), ("ends_at__gte", models.F("begins_at")), _connector="OR"),
                        name="commissionofficer_ends_after_it_begins",
                        violation_error_message="The mandate ends before it begins.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ends_at", None)),
                        fields=("user", "country"),
                        name="commission_officer_once_a_country",
                        violation_error_message="This person is an officer of the Commission already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Evaluator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_mandates",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                ("begins_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="to")),
                (
                    "appointed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="appointed by",
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cities.privatefile",
                        verbose_name="letter",
                    ),
                ),
                (
                    "panel",
                    models.CharField(
                        choices=[("experts", "experts"), ("cities", "member cities")],
                        max_length=10,
                        verbose_name="panel",
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evaluators",
                        to="cities.creativefield",
                        verbose_name="creative field",
                    ),
                ),
                (
                    "city",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evaluators",
                        to="cities.city",
                        verbose_name="named by the city",
                    ),
                ),
            ],
            options={
                "verbose_name": "evaluator",
                "verbose_name_plural": "evaluators",
                "ordering": ["-begins_at", "-pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at", None), ("ends_at__gte", models.F("begins_at")), _connector="OR"),
                        name="evaluator_ends_after_it_begins",
                        violation_error_message="The mandate ends before it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("city", None), ("panel", "experts")),
                            models.Q(("city__isnull", False), ("panel", "cities")),
                            _connector="OR",
                        ),
                        name="evaluator_of_cities_has_a_city",
                        violation_error_message="A person of the member cities’ panel is named by a city; an expert is not.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ends_at", None)),
                        fields=("user", "field"),
                        name="evaluator_once_a_field",
                        violation_error_message="This person evaluates in the field already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FocalPointChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="focal_point_changes",
                        to="cities.city",
                        verbose_name="city",
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address of the new focal point")),
                ("name", models.CharField(max_length=150, verbose_name="name of the new focal point")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")], max_length=2, verbose_name="language"
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cities.privatefile",
                        verbose_name="letter of the mayor",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("submitted", "waiting for staff"),
                            ("approved", "approved"),
                            ("refused", "refused"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="submitted",
                        editable=False,
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
                    ),
                ),
                ("requested_at", models.DateTimeField(auto_now_add=True, verbose_name="requested")),
                (
                    "decided_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                ("decided_at", models.DateTimeField(editable=False, null=True, verbose_name="decided")),
                ("reason", models.TextField(blank=True, editable=False, verbose_name="reason")),
            ],
            options={
                "verbose_name": "change of focal point",
                "verbose_name_plural": "changes of focal points",
                "ordering": ["-requested_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "submitted")),
                        fields=("city",),
                        name="focal_point_change_one_open",
                        violation_error_message="A change of the focal point is waiting for staff already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Photo",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photos",
                        to="cities.city",
                        verbose_name="city",
                    ),
                ),
                (
                    "large",
                    models.FileField(
                        storage=cities.models.private_file.private_storage,
                        upload_to=cities.models.photo.photo_name,
                        verbose_name="picture",
                    ),
                ),
                (
                    "small",
                    models.FileField(
                        storage=cities.models.private_file.private_storage,
                        upload_to=cities.models.photo.photo_name,
                        verbose_name="small picture",
                    ),
                ),
                ("width", models.PositiveIntegerField(editable=False)),
                ("height", models.PositiveIntegerField(editable=False)),
                ("sha256", models.CharField(editable=False, max_length=64)),
                ("rights_holder", models.CharField(blank=True, max_length=200, verbose_name="holder of the rights")),
                ("granted_on", models.DateField(blank=True, null=True, verbose_name="rights granted on")),
                ("granted_until", models.DateField(blank=True, null=True, verbose_name="rights granted until")),
                (
                    "withdrawn_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="grant withdrawn"),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
                ("uploaded_at", models.DateTimeField(auto_now_add=True, verbose_name="uploaded")),
            ],
            options={
                "verbose_name": "photo",
                "verbose_name_plural": "photos",
                "ordering": ["-uploaded_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("granted_until", None), ("granted_until__gte", models.F("granted_on")), _connector="OR"
                        ),
                        name="photo_grant_ends_after_it_begins",
                        violation_error_message="The grant ends before it begins.",
                    ),
                    cities.constraints.CountsChanges(name="photo_changes_count"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Theme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("imported", models.JSONField(default=dict, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("area", "area of action"),
                            ("objective", "objective"),
                            ("sdg", "Sustainable Development Goal"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True, verbose_name="address")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("name_en", models.CharField(max_length=200, verbose_name="name in English")),
                ("name_fr", models.CharField(max_length=200, verbose_name="name in French")),
            ],
            options={
                "verbose_name": "theme",
                "verbose_name_plural": "themes",
                "ordering": ["kind", "position"],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "position"), name="theme_position_once"),
                    cities.constraints.CountsChanges(name="theme_changes_count"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Initiative",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, unique=True, verbose_name="address")),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="led_initiatives",
                        to="cities.city",
                        verbose_name="lead city",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="begun")),
                ("is_demonstration", models.BooleanField(default=False, editable=False, verbose_name="demonstration")),
                ("sort_key_en", models.CharField(default="", editable=False, max_length=100)),
                ("sort_key_fr", models.CharField(default="", editable=False, max_length=100)),
                ("search_text", models.TextField(default="", editable=False)),
            ],
            options={
                "verbose_name": "initiative",
                "verbose_name_plural": "initiatives",
                "ordering": ["-created_at", "-pk"],
                "constraints": [cities.constraints.CountsChanges(name="initiative_changes_count")],
            },
        ),
        migrations.CreateModel(
            name="InitiativeRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "waiting for staff"),
                            ("changes-requested", "changes requested"),
                            ("published", "published"),
                            ("rejected", "rejected"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="begun")),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="begun by",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="last saved")),
                (
                    "updated_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="last saved by",
                    ),
                ),
                ("submitted_at", models.DateTimeField(editable=False, null=True, verbose_name="submitted")),
                (
                    "submitted_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="submitted by",
                    ),
                ),
                ("decided_at", models.DateTimeField(editable=False, null=True, verbose_name="decided")),
                (
                    "decided_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                ("reason", models.TextField(blank=True, editable=False, verbose_name="reason")),
                ("as_typed", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="revisions",
                        to="cities.initiative",
                        verbose_name="initiative",
                    ),
                ),
                ("number", models.PositiveIntegerField(editable=False, verbose_name="number")),
                ("title_en", models.CharField(blank=True, max_length=200, verbose_name="title in English")),
                ("title_fr", models.CharField(blank=True, max_length=200, verbose_name="title in French")),
                ("text_en", models.TextField(blank=True, verbose_name="text in English")),
                ("text_fr", models.TextField(blank=True, verbose_name="text in French")),
                ("first_year", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="first year")),
                (
                    "last_year",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="empty while it goes on", null=True, verbose_name="last year"
                    ),
                ),
                ("others", models.JSONField(blank=True, default=list, verbose_name="other partners")),
                ("links", models.JSONField(blank=True, default=list, verbose_name="links")),
            ],
            options={
                "verbose_name": "text of an initiative",
                "verbose_name_plural": "texts of initiatives",
                "ordering": ["-pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["draft", "submitted", "changes-requested", "published", "rejected"])
                        ),
                        name="initiativerevision_status_is_known",
                    ),
                    models.UniqueConstraint(fields=("initiative", "number"), name="initiative_revision_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["draft", "submitted", "changes-requested"])),
                        fields=("initiative",),
                        name="initiative_revision_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("last_year", None),
                            models.Q(
                                ("first_year__isnull", False),
                                ("last_year__gte", models.F("first_year")),
                                ("last_year__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="initiative_ends_after_it_begins",
                        violation_error_message="The last year is before the first.",
                    ),
                    cities.constraints.CountsChanges(
                        name="initiative_revision_changes_count", only=("status", "published")
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InitiativePhoto",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "photo",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_uses",
                        to="cities.photo",
                        verbose_name="photo",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("alt_en", models.CharField(blank=True, max_length=250, verbose_name="what it shows, in English")),
                ("alt_fr", models.CharField(blank=True, max_length=250, verbose_name="what it shows, in French")),
                ("credit", models.CharField(blank=True, max_length=150, verbose_name="credit")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="photo_uses",
                        to="cities.initiativerevision",
                    ),
                ),
            ],
            options={
                "verbose_name": "photo of an initiative",
                "verbose_name_plural": "photos of initiatives",
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [models.UniqueConstraint(fields=("revision", "photo"), name="initiative_photo_once")],
            },
        ),
        migrations.CreateModel(
            name="Partnership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="partnerships",
                        to="cities.initiative",
                        verbose_name="initiative",
                    ),
                ),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="partnerships",
                        to="cities.city",
                        verbose_name="partner city",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("asked", "waiting for the partner’s answer"),
                            ("confirmed", "confirmed"),
                            ("declined", "declined"),
                            ("ended", "ended"),
                        ],
                        default="asked",
                        editable=False,
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="asked"),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                ("reminded_at", models.DateTimeField(editable=False, null=True, verbose_name="reminded")),
                ("answered_at", models.DateTimeField(editable=False, null=True, verbose_name="answered")),
                (
                    "answered_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                ("word", models.TextField(blank=True, verbose_name="a word with the answer")),
            ],
            options={
                "verbose_name": "partnership",
                "verbose_name_plural": "partnerships",
                "ordering": ["initiative", "city"],
                "constraints": [
                    models.UniqueConstraint(fields=("initiative", "city"), name="partnership_once"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["asked", "confirmed", "declined", "ended"])),
                        name="partnership_status_is_known",
                    ),
                    cities.constraints.CountsChanges(name="partnership_changes_count"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("coordinator", "coordinator of a city"),
                            ("commission", "officer of a National Commission"),
                            ("evaluator", "evaluator"),
                            ("staff", "secretariat staff"),
                        ],
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("name", models.CharField(blank=True, max_length=150, verbose_name="name")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")], max_length=2, verbose_name="language"
                    ),
                ),
                (
                    "city",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="cities.city",
                        verbose_name="city",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[("focal-point", "focal point"), ("alternate", "alternate"), ("editor", "editor")],
                        max_length=15,
                        verbose_name="role",
                    ),
                ),
                (
                    "country",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cities.country",
                        verbose_name="country",
                    ),
                ),
                (
                    "panel",
                    models.CharField(
                        blank=True,
                        choices=[("experts", "experts"), ("cities", "member cities")],
                        max_length=10,
                        verbose_name="panel",
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cities.creativefield",
                        verbose_name="creative field",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="auth.group",
                        verbose_name="group of the secretariat",
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="cities.focalpointchange",
                        verbose_name="change of focal point",
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invited by",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="invited")),
                ("expires_at", models.DateTimeField(editable=False, verbose_name="expires")),
                ("token_hash", models.CharField(blank=True, db_index=True, editable=False, max_length=64)),
                ("accepted_at", models.DateTimeField(editable=False, null=True, verbose_name="accepted")),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="accepted by",
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(editable=False, null=True, verbose_name="withdrawn")),
            ],
            options={
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("city__isnull", False), ("kind", "coordinator"), models.Q(("role", ""), _negated=True)
                            ),
                            models.Q(("country__isnull", False), ("kind", "commission")),
                            models.Q(
                                ("field__isnull", False), ("kind", "evaluator"), models.Q(("panel", ""), _negated=True)
                            ),
                            models.Q(("group__isnull", False), ("kind", "staff")),
                            _connector="OR",
                        ),
                        name="invitation_says_to_what",
                        violation_error_message="Say what the person is invited to.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("template", models.CharField(max_length=60, verbose_name="kind of mail")),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mails",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                ("to", models.EmailField(blank=True, max_length=254, verbose_name="to")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")], max_length=2, verbose_name="language"
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=250, verbose_name="subject")),
                ("body", models.TextField(blank=True, verbose_name="text")),
                (
                    "secret",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "none"),
                            ("invitation", "invitation"),
                            ("password-reset", "new password"),
                            ("address", "confirmation of an address"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="secret",
                    ),
                ),
                ("secret_of", models.CharField(blank=True, default="", max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("held", "held for approval"),
                            ("approved", "to be sent"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("failed", "failed, will be tried again"),
                            ("given-up", "given up"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="approved",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("next_try_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="next try")),
                ("error", models.TextField(blank=True, verbose_name="last error")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="written")),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="approved by",
                    ),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
            ],
            options={
                "verbose_name": "mail",
                "verbose_name_plural": "mails",
                "ordering": ["-created_at", "-pk"],
                "indexes": [models.Index(fields=["status", "next_try_at"], name="outbox_due")],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120, unique=True)),
                ("sent_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "reminder sent",
                "verbose_name_plural": "reminders sent",
            },
        ),
        migrations.CreateModel(
            name="ProfileRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "waiting for staff"),
                            ("changes-requested", "changes requested"),
                            ("published", "published"),
                            ("rejected", "rejected"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="begun")),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="begun by",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="last saved")),
                (
                    "updated_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="last saved by",
                    ),
                ),
                ("submitted_at", models.DateTimeField(editable=False, null=True, verbose_name="submitted")),
                (
                    "submitted_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="submitted by",
                    ),
                ),
                ("decided_at", models.DateTimeField(editable=False, null=True, verbose_name="decided")),
                (
                    "decided_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                ("reason", models.TextField(blank=True, editable=False, verbose_name="reason")),
                ("as_typed", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="profile_revisions",
                        to="cities.city",
                        verbose_name="city",
                    ),
                ),
                ("number", models.PositiveIntegerField(editable=False, verbose_name="number")),
                ("presentation_en", models.TextField(blank=True, verbose_name="presentation in English")),
                ("presentation_fr", models.TextField(blank=True, verbose_name="presentation in French")),
                ("added_value_en", models.TextField(blank=True, verbose_name="added value in English")),
                ("added_value_fr", models.TextField(blank=True, verbose_name="added value in French")),
                ("presentation_en_at", models.DateTimeField(editable=False, null=True)),
                ("presentation_fr_at", models.DateTimeField(editable=False, null=True)),
                ("added_value_en_at", models.DateTimeField(editable=False, null=True)),
                ("added_value_fr_at", models.DateTimeField(editable=False, null=True)),
                ("website", models.URLField(blank=True, verbose_name="website")),
                ("links", models.JSONField(blank=True, default=list, verbose_name="social links")),
                ("venues", models.JSONField(blank=True, default=list, verbose_name="key venues")),
                ("events", models.JSONField(blank=True, default=list, verbose_name="key events")),
                ("contact_email", models.EmailField(blank=True, max_length=254, verbose_name="public mailbox")),
                (
                    "contact_function_en",
                    models.CharField(blank=True, max_length=150, verbose_name="function in English"),
                ),
                (
                    "contact_function_fr",
                    models.CharField(blank=True, max_length=150, verbose_name="function in French"),
                ),
                ("contact_name", models.CharField(blank=True, max_length=150, verbose_name="name of the contact")),
                (
                    "contact_consent",
                    models.BooleanField(default=False, verbose_name="the person agrees to be named in public"),
                ),
                ("is_demonstration", models.BooleanField(default=False, editable=False, verbose_name="demonstration")),
            ],
            options={
                "verbose_name": "profile of a city",
                "verbose_name_plural": "profiles of cities",
                "ordering": ["-pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["draft", "submitted", "changes-requested", "published", "rejected"])
                        ),
                        name="profilerevision_status_is_known",
                    ),
                    models.UniqueConstraint(fields=("city", "number"), name="profile_revision_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["draft", "submitted", "changes-requested"])),
                        fields=("city",),
                        name="profile_revision_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("contact_name", ""), ("contact_consent", True), _connector="OR"),
                        name="profile_contact_named_with_consent",
                        violation_error_message="A person is named only with consent.",
                    ),
                    cities.constraints.CountsChanges(
                        name="profile_revision_changes_count", only=("status", "published")
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfilePhoto",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "photo",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s_uses",
                        to="cities.photo",
                        verbose_name="photo",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("alt_en", models.CharField(blank=True, max_length=250, verbose_name="what it shows, in English")),
                ("alt_fr", models.CharField(blank=True, max_length=250, verbose_name="what it shows, in French")),
                ("credit", models.CharField(blank=True, max_length=150, verbose_name="credit")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="photo_uses",
                        to="cities.profilerevision",
                    ),
                ),
            ],
            options={
                "verbose_name": "photo of a profile",
                "verbose_name_plural": "photos of profiles",
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [models.UniqueConstraint(fields=("revision", "photo"), name="profile_photo_once")],
            },
        ),
        migrations.CreateModel(
            name="ProfileConfirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmations",
                        to="cities.city",
                        verbose_name="city",
                    ),
                ),
                ("day", models.DateField(verbose_name="confirmed on")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "confirmation of a profile",
                "verbose_name_plural": "confirmations of profiles",
                "ordering": ["-day", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("city", "day"), name="profile_confirmed_once_a_day"),
                    cities.constraints.CountsChanges(name="profile_confirmation_changes_count"),
                ],
            },
        ),
        migrations.AlterField(
            model_name="historyentry",
            name="verb",
            field=models.CharField(
                choices=[
                    ("network.imported", "network imported"),
                    ("field.added", "creative field added"),
                    ("city.admitted", "city admitted"),
                    ("designation.begun", "designated"),
                    ("designation.ended", "designation ended"),
                    ("designation.corrected", "first day corrected"),
                    ("designation.field_changed", "moved to another field"),
                    ("city.readdressed", "address changed"),
                    ("report.handled", "report handled"),
                    ("person.invited", "invited"),
                    ("invitation.accepted", "invitation accepted"),
                    ("invitation.withdrawn", "invitation withdrawn"),
                    ("mandate.begun", "mandate begun"),
                    ("mandate.ended", "mandate ended"),
                    ("focal_point.requested", "change of focal point requested"),
                    ("focal_point.approved", "change of focal point approved"),
                    ("focal_point.refused", "change of focal point refused"),
                    ("focal_point.withdrawn", "change of focal point withdrawn"),
                    ("revision.submitted", "submitted"),
                    ("revision.taken_back", "taken back"),
                    ("revision.changes_requested", "changes requested"),
                    ("revision.rejected", "rejected"),
                    ("revision.published", "published"),
                    ("revision.restored", "earlier text restored"),
                    ("profile.confirmed", "profile confirmed"),
                    ("photo.grant_noted", "right to a photo noted"),
                    ("photo.grant_withdrawn", "right to a photo withdrawn"),
                    ("partnership.asked", "partner asked"),
                    ("partnership.confirmed", "partnership confirmed"),
                    ("partnership.declined", "partnership declined"),
                    ("partnership.ended", "partnership ended"),
                    ("mail.approved", "mail approved"),
                    ("mail.withdrawn", "mail withdrawn"),
                    ("mail.retried", "mail sent again"),
                    ("person.exported", "personal data downloaded"),
                    ("person.erased", "personal data erased"),
                    ("person.rights_changed", "rights changed"),
                    ("person.second_factor_taken", "second factor taken away"),
                ],
                max_length=40,
                verbose_name="act",
            ),
        ),
        migrations.AddField(
            model_name="initiative",
            name="published",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cities.initiativerevision",
                verbose_name="published",
            ),
        ),
        migrations.AddField(
            model_name="initiativerevision",
            name="themes",
            field=models.ManyToManyField(
                blank=True, related_name="revisions", to="cities.theme", verbose_name="themes"
            ),
        ),
    ]
