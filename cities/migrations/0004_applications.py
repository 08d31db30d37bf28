import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import cities.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("cities", "0003_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(
                        help_text="the year; year-name when a year has two",
                        max_length=40,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "year",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(2004),
                            django.core.validators.MaxValueValidator(2100),
                        ],
                        verbose_name="year",
                    ),
                ),
                ("title_en", models.CharField(max_length=150, verbose_name="title in English")),
                ("title_fr", models.CharField(blank=True, max_length=150, verbose_name="title in French")),
                ("introduction_en", models.TextField(blank=True, verbose_name="introduction in English")),
                ("introduction_fr", models.TextField(blank=True, verbose_name="introduction in French")),
                (
                    "is_demonstration",
                    models.BooleanField(
                        default=False,
                        help_text="shown to everyone as a demonstration, not a real call",
                        verbose_name="demonstration",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "in preparation"),
                            ("published", "published"),
                            ("announced", "announced"),
                            ("archived", "archived"),
                            ("cancelled", "cancelled"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("published_at", models.DateTimeField(editable=False, null=True, verbose_name="published")),
                ("announced_at", models.DateTimeField(editable=False, null=True, verbose_name="announced")),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("opens_at", models.DateTimeField(verbose_name="opens")),
                ("national_deadline_at", models.DateTimeField(verbose_name="endorsements until")),
                ("closes_at", models.DateTimeField(verbose_name="closes")),
                ("screening_until", models.DateTimeField(verbose_name="technical examination until")),
                ("evaluation_until", models.DateTimeField(verbose_name="evaluation until")),
                (
                    "decision_at",
                    models.DateTimeField(
                        help_text="until then an application can be withdrawn, and nothing can be decided",
                        verbose_name="decision from",
                    ),
                ),
                ("announce_at", models.DateTimeField(verbose_name="announcement")),
                ("takes_english", models.BooleanField(default=True, verbose_name="applications in English")),
                ("takes_french", models.BooleanField(default=True, verbose_name="applications in French")),
                (
                    "max_endorsed",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        default=2,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="endorsements a country",
                    ),
                ),
                (
                    "max_designated",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        default=2,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="designations a country",
                    ),
                ),
                (
                    "endorsed_fields_differ",
                    models.BooleanField(default=True, verbose_name="a country’s endorsements are in different fields"),
                ),
                (
                    "designated_fields_differ",
                    models.BooleanField(default=True, verbose_name="a country’s designations are in different fields"),
                ),
                ("min_local", models.PositiveSmallIntegerField(default=1, verbose_name="local initiatives, at least")),
                ("max_local", models.PositiveSmallIntegerField(default=3, verbose_name="local initiatives, at most")),
                (
                    "min_international",
                    models.PositiveSmallIntegerField(default=1, verbose_name="international initiatives, at least"),
                ),
                (
                    "max_international",
                    models.PositiveSmallIntegerField(default=3, verbose_name="international initiatives, at most"),
                ),
                ("support_letters", models.PositiveSmallIntegerField(default=2, verbose_name="letters of support")),
                ("photos", models.PositiveSmallIntegerField(default=3, verbose_name="photos")),
                ("max_links", models.PositiveSmallIntegerField(default=4, verbose_name="links, at most")),
                ("expert_reviews", models.PositiveSmallIntegerField(default=2, verbose_name="reviews by experts")),
                ("city_reviews", models.PositiveSmallIntegerField(default=1, verbose_name="reviews by member cities")),
                (
                    "spread_limit",
                    models.PositiveSmallIntegerField(
                        default=25,
                        help_text="points of 100 between the highest and the lowest review of a file",
                        validators=[django.core.validators.MaxValueValidator(100)],
                        verbose_name="reviews diverge from",
                    ),
                ),
                (
                    "return_days",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="0: nothing is returned for completion", verbose_name="days for completion"
                    ),
                ),
                (
                    "cooloff_failures",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="0: no pause", verbose_name="unsuccessful applications before a pause"
                    ),
                ),
                ("cooloff_calls", models.PositiveSmallIntegerField(default=1, verbose_name="calls to pause")),
                (
                    "blindness",
                    models.CharField(
                        choices=[
                            ("open", "they see each other’s reviews"),
                            ("until-submitted", "hidden from each other until both have submitted"),
                            ("always", "always hidden from each other"),
                        ],
                        default="until-submitted",
                        max_length=20,
                        verbose_name="evaluators",
                    ),
                ),
                (
                    "tells_ineligible",
                    models.CharField(
                        choices=[
                            ("at-once", "as soon as it is decided"),
                            ("with-announcement", "with the announcement"),
                        ],
                        default="at-once",
                        max_length=20,
                        verbose_name="an ineligible city is told",
                    ),
                ),
                ("priority_regions", models.JSONField(blank=True, default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="begun")),
            ],
            options={
                "verbose_name": "call for applications",
                "verbose_name_plural": "calls for applications",
                "ordering": ["-opens_at", "slug"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("slug__regex", "^[a-z0-9]+(-[a-z0-9]+)*$")), name="call_slug_is_an_address"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["draft", "published", "announced", "archived", "cancelled"])
                        ),
                        name="call_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("announce_at__gte", models.F("decision_at")),
                            ("closes_at__gte", models.F("national_deadline_at")),
                            ("decision_at__gte", models.F("evaluation_until")),
                            ("evaluation_until__gte", models.F("screening_until")),
                            ("national_deadline_at__gt", models.F("opens_at")),
                            ("screening_until__gte", models.F("closes_at")),
                        ),
                        name="call_instants_are_in_order",
                        violation_error_message="The dates are out of order: opening, endorsements, closing, examination, evaluation, decision, announcement.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_local__gte", models.F("min_local")),
                            ("max_international__gte", models.F("min_international")),
                        ),
                        name="call_initiatives_at_most_not_below_at_least",
                        violation_error_message="Of the initiatives, at most is less than at least.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("takes_english", True), ("takes_french", True), _connector="OR"),
                        name="call_takes_a_language",
                        violation_error_message="Applications are taken in at least one language.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("announced_at", None), ("status__in", ["announced", "archived"]), _connector="XOR"
                        ),
                        name="call_announced_with_its_instant",
                    ),
                    cities.constraints.FrozenRules(
                        columns=(
                            "slug",
                            "opens_at",
                            "national_deadline_at",
                            "closes_at",
                            "takes_english",
                            "takes_french",
                            "max_endorsed",
                            "max_designated",
                            "endorsed_fields_differ",
                            "designated_fields_differ",
                            "min_local",
                            "max_local",
                            "min_international",
                            "max_international",
                            "support_letters",
                            "photos",
                            "max_links",
                            "expert_reviews",
                            "city_reviews",
                            "spread_limit",
                            "return_days",
                            "cooloff_failures",
                            "cooloff_calls",
                            "blindness",
                            "tells_ineligible",
                        ),
                        name="call_rules_are_frozen",
                        unique=("slug",),
                    ),
                    cities.constraints.CountsChanges(name="call_changes_count"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OfferedField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="offered_fields", to="cities.call"
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cities.creativefield",
                        verbose_name="creative field",
                    ),
                ),
            ],
            options={
                "verbose_name": "field of a call",
                "verbose_name_plural": "fields of a call",
                "constraints": [
                    models.UniqueConstraint(fields=("call", "field"), name="offered_field_once"),
                    cities.constraints.CountsChanges(name="offered_field_changes_count"),
                    cities.constraints.FrozenWith(name="offered_field_is_frozen", path=("call",)),
                ],
            },
        ),
        migrations.CreateModel(
            name="Section",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sections",
                        to="cities.call",
                        verbose_name="call for applications",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("key", models.SlugField(max_length=40, verbose_name="key")),
                ("title_en", models.CharField(max_length=150, verbose_name="title in English")),
                ("title_fr", models.CharField(blank=True, max_length=150, verbose_name="title in French")),
                ("help_en", models.TextField(blank=True, verbose_name="help in English")),
                ("help_fr", models.TextField(blank=True, verbose_name="help in French")),
            ],
            options={
                "verbose_name": "section of a form",
                "verbose_name_plural": "sections of forms",
                "ordering": ["call", "position", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("call", "key"), name="section_key_once_a_call"),
                    cities.constraints.CountsChanges(name="section_changes_count"),
                    cities.constraints.FrozenWith(name="section_is_frozen", path=("call",)),
                ],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "section",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="questions",
                        to="cities.section",
                        verbose_name="section",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("key", models.SlugField(max_length=40, verbose_name="key")),
                ("number", models.CharField(blank=True, max_length=10, verbose_name="number in the form")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "text"),
                            ("city", "names and place of the city"),
                            ("field", "creative field"),
                            ("contacts", "contacts"),
                            ("facts", "facts and indicators"),
                            ("rows", "list of events, places or institutions"),
                            ("sdgs", "Sustainable Development Goals"),
                            ("local-initiatives", "local initiatives"),
                            ("international-initiatives", "international initiatives"),
                            ("budget", "budget"),
                            ("photos", "photos"),
                            ("documents", "documents"),
                            ("links", "links"),
                            ("commitment", "commitment"),
                        ],
                        default="text",
                        max_length=30,
                        verbose_name="kind",
                    ),
                ),
                ("text_en", models.CharField(max_length=400, verbose_name="question in English")),
                ("text_fr", models.CharField(blank=True, max_length=400, verbose_name="question in French")),
                ("help_en", models.TextField(blank=True, verbose_name="help in English")),
                ("help_fr", models.TextField(blank=True, verbose_name="help in French")),
                ("words", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="words, at most")),
                ("is_required", models.BooleanField(default=True, verbose_name="required")),
            ],
            options={
                "verbose_name": "question",
                "verbose_name_plural": "questions",
                "ordering": ["section__position", "position", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("section", "key"), name="question_key_once_a_section"),
                    cities.constraints.CountsChanges(name="question_changes_count"),
                    cities.constraints.FrozenWith(name="question_is_frozen", path=("section", "call")),
                ],
            },
        ),
        migrations.CreateModel(
            name="Criterion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="criteria",
                        to="cities.call",
                        verbose_name="call for applications",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("key", models.SlugField(max_length=40, verbose_name="key")),
                ("name_en", models.CharField(max_length=150, verbose_name="name in English")),
                ("name_fr", models.CharField(blank=True, max_length=150, verbose_name="name in French")),
                ("help_en", models.TextField(blank=True, verbose_name="help in English")),
                ("help_fr", models.TextField(blank=True, verbose_name="help in French")),
                (
                    "weight",
                    models.PositiveSmallIntegerField(
                        default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name="weight"
                    ),
                ),
                (
                    "scale",
                    models.PositiveSmallIntegerField(
                        default=5, validators=[django.core.validators.MinValueValidator(1)], verbose_name="scale to"
                    ),
                ),
            ],
            options={
                "verbose_name": "criterion",
                "verbose_name_plural": "criteria",
                "ordering": ["call", "position", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("call", "key"), name="criterion_key_once_a_call"),
                    models.CheckConstraint(
                        condition=models.Q(("scale__gte", 1), ("weight__gte", 1)),
                        name="criterion_weighs_something",
                        violation_error_message="Weight and scale are 1 or more.",
                    ),
                    cities.constraints.CountsChanges(name="criterion_changes_count"),
                    cities.constraints.FrozenWith(name="criterion_is_frozen", path=("call",)),
                ],
            },
        ),
        migrations.CreateModel(
            name="CallDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="documents",
                        to="cities.call",
                        verbose_name="call for applications",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("title_en", models.CharField(max_length=150, verbose_name="title in English")),
                ("title_fr", models.CharField(blank=True, max_length=150, verbose_name="title in French")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")], max_length=2, verbose_name="language"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="call_documents",
                        to="cities.privatefile",
                        verbose_name="file",
                    ),
                ),
            ],
            options={
                "verbose_name": "document of a call",
                "verbose_name_plural": "documents of calls",
                "ordering": ["call", "position", "pk"],
                "constraints": [cities.constraints.CountsChanges(name="call_document_changes_count")],
            },
        ),
        migrations.CreateModel(
            name="Application",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="cities.call",
                        verbose_name="call",
                    ),
                ),
                ("number", models.PositiveIntegerField(editable=False, verbose_name="number")),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="cities.country",
                        verbose_name="country",
                    ),
                ),
                ("name_en", models.CharField(max_length=100, verbose_name="name of the city in English")),
                ("name_fr", models.CharField(blank=True, max_length=100, verbose_name="name of the city in French")),
                (
                    "local_name",
                    models.CharField(
                        blank=True, help_text="as the city writes it", max_length=100, verbose_name="local name"
                    ),
                ),
                ("sort_key", models.CharField(db_index=True, editable=False, max_length=100)),
                ("search_text", models.TextField(default="", editable=False)),
                (
                    "latitude",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="latitude",
                    ),
                ),
                (
                    "longitude",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                        verbose_name="longitude",
                    ),
                ),
                (
                    "population",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="population",
                    ),
                ),
                (
                    "population_year",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="year of the population"),
                ),
                ("website", models.URLField(blank=True, verbose_name="website")),
                (
                    "former_city",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="cities.city",
                        verbose_name="former member",
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="cities.creativefield",
                        verbose_name="creative field",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")],
                        max_length=2,
                        verbose_name="language of the application",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("returned", "returned for completion"),
                            ("eligible", "eligible"),
                            ("ineligible", "ineligible"),
                            ("withdrawn", "withdrawn"),
                            ("designated", "designated"),
                            ("not-designated", "not designated"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="begun")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="last saved")),
                (
                    "shared_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="shared with the National Commission"),
                ),
                ("submitted_at", models.DateTimeField(editable=False, null=True, verbose_name="submitted")),
                ("return_until", models.DateTimeField(editable=False, null=True, verbose_name="to be completed until")),
                ("return_note", models.TextField(blank=True, editable=False, verbose_name="what to complete")),
                ("withdrawn_at", models.DateTimeField(editable=False, null=True, verbose_name="withdrawn")),
                (
                    "designation",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="application",
                        to="cities.designation",
                        verbose_name="designation",
                    ),
                ),
                ("is_demonstration", models.BooleanField(default=False, editable=False, verbose_name="demonstration")),
            ],
            options={
                "verbose_name": "application",
                "verbose_name_plural": "applications",
                "ordering": ["call", "sort_key", "pk"],
                "indexes": [
                    models.Index(fields=["call", "status", "country"], name="application_of_call"),
                    models.Index(fields=["submitted_at"], name="application_submitted"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("call", "number"), name="application_number_once_a_call"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "draft",
                                    "submitted",
                                    "returned",
                                    "eligible",
                                    "ineligible",
                                    "withdrawn",
                                    "designated",
                                    "not-designated",
                                ],
                            )
                        ),
                        name="application_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["draft", "withdrawn"]),
                            models.Q(("field__isnull", False), ("submitted_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="application_submitted_with_its_field",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("designation", None), ("status", "designated"), _connector="XOR"),
                        name="application_designated_has_its_designation",
                    ),
                    models.UniqueConstraint(
                        models.F("call"),
                        models.F("country"),
                        models.F("sort_key"),
                        condition=models.Q(("status__in", ["submitted", "returned", "eligible"])),
                        name="application_once_a_city_in_a_call",
                        violation_error_message="This city has another application in this call.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Extension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extensions",
                        to="cities.call",
                        verbose_name="call for applications",
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
                    "application",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extensions",
                        to="cities.application",
                        verbose_name="application",
                    ),
                ),
                ("closes_at", models.DateTimeField(blank=True, null=True, verbose_name="closes")),
                (
                    "national_deadline_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="endorsements until"),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
            ],
            options={
                "verbose_name": "extension",
                "verbose_name_plural": "extensions",
                "ordering": ["-at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("country", None), ("application", None), _connector="OR"),
                        name="extension_has_one_scope",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closes_at__isnull", False), ("national_deadline_at__isnull", False), _connector="OR"
                        ),
                        name="extension_extends_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="extension_has_a_reason"
                    ),
                    cities.constraints.CountsChanges(name="extension_changes_count"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Applicant",
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
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applicants",
                        to="cities.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "owner"), ("editor", "editor"), ("reader", "reader")],
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
            ],
            options={
                "verbose_name": "member of an application’s team",
                "verbose_name_plural": "members of applications’ teams",
                "ordering": ["-begins_at", "-pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at", None), ("ends_at__gte", models.F("begins_at")), _connector="OR"),
                        name="applicant_ends_after_it_begins",
                        violation_error_message="The mandate ends before it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["owner", "editor", "reader"])), name="applicant_role_is_known"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ends_at", None)),
                        fields=("user", "application"),
                        name="applicant_once_an_application",
                        violation_error_message="This person works on the application already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="answers", to="cities.application"
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cities.question",
                        verbose_name="question",
                    ),
                ),
                ("value", models.JSONField(blank=True, null=True)),
                ("has_nothing", models.BooleanField(default=False, verbose_name="no relevant information")),
                ("as_typed", models.JSONField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=0)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="last saved")),
                (
                    "updated_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="last saved by",
                    ),
                ),
            ],
            options={
                "verbose_name": "answer",
                "verbose_name_plural": "answers",
                "constraints": [
                    models.UniqueConstraint(fields=("application", "question"), name="answer_once_a_question")
                ],
            },
        ),
        migrations.CreateModel(
            name="ApplicationDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="documents", to="cities.application"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed-form", "form signed by the mayor"),
                            ("mayors-letter", "letter of the mayor"),
                            ("support-letter", "letter of support"),
                            ("photo-rights", "cession of rights for the photos"),
                            ("translation", "translation for evaluators"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="application_documents",
                        to="cities.privatefile",
                        verbose_name="file",
                    ),
                ),
                ("signatory_name", models.CharField(blank=True, max_length=150, verbose_name="signed by")),
                (
                    "signatory_email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address of the signatory"),
                ),
                (
                    "signatory_function",
                    models.CharField(blank=True, max_length=150, verbose_name="function of the signatory"),
                ),
                ("signatory_key", models.CharField(blank=True, editable=False, max_length=100)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
                ("added_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
                ("replaced_at", models.DateTimeField(editable=False, null=True, verbose_name="replaced or removed")),
            ],
            options={
                "verbose_name": "document of an application",
                "verbose_name_plural": "documents of applications",
                "ordering": ["kind", "added_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ApplicationPhoto",
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
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="photo_uses", to="cities.application"
                    ),
                ),
            ],
            options={
                "verbose_name": "photo of an application",
                "verbose_name_plural": "photos of applications",
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("application", "photo"), name="application_photo_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="snapshots",
                        to="cities.application",
                        verbose_name="application",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("at", models.DateTimeField(verbose_name="submitted")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                ("content", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("receipt", models.CharField(max_length=40, unique=True, verbose_name="receipt")),
            ],
            options={
                "verbose_name": "submitted application",
                "verbose_name_plural": "submitted applications",
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("application", "number"), name="snapshot_number_once"),
                    cities.constraints.AppendOnly(
                        name="snapshot_only_grows", unique=("receipt", ("application", "number"))
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlannedInitiative",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="planned_initiatives",
                        to="cities.application",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("local", "local"), ("international", "international")],
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                ("cost", models.DecimalField(decimal_places=2, max_digits=15, null=True, verbose_name="cost")),
                ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
            ],
            options={
                "verbose_name": "planned initiative",
                "verbose_name_plural": "planned initiatives",
                "ordering": ["kind", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Ranking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rankings",
                        to="cities.call",
                        verbose_name="call",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("inputs", models.JSONField()),
                ("inputs_sha256", models.CharField(max_length=64)),
                ("rows", models.JSONField()),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="computed")),
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
                "verbose_name": "ranking",
                "verbose_name_plural": "rankings",
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("call", "number"), name="ranking_number_once_a_call"),
                    cities.constraints.AppendOnly(name="ranking_only_grows", unique=(("call", "number"),)),
                ],
            },
        ),
        migrations.CreateModel(
            name="Shortlisting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shortlistings",
                        to="cities.call",
                        verbose_name="call",
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shortlistings",
                        to="cities.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("shortlisted", "shortlisted"),
                            ("reserve", "reserve"),
                            ("not-shortlisted", "not shortlisted"),
                        ],
                        max_length=20,
                        verbose_name="standing",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
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
                "verbose_name": "place on the shortlist",
                "verbose_name_plural": "shortlist",
                "ordering": ["-pk"],
                "constraints": [cities.constraints.AppendOnly(name="shortlisting_only_grows", unique=())],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="cities.call",
                        verbose_name="call",
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="cities.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("designated", "designated"), ("not-designated", "not designated")],
                        max_length=15,
                        verbose_name="outcome",
                    ),
                ),
                ("reference", models.CharField(max_length=100, verbose_name="reference of the act")),
                ("decided_on", models.DateField(verbose_name="date of the act")),
                ("decider", models.CharField(max_length=150, verbose_name="decided by")),
                (
                    "file",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="cities.privatefile",
                        verbose_name="signed act",
                    ),
                ),
                (
                    "starts_on",
                    models.DateField(
                        blank=True,
                        help_text="only where the act names one before the announcement",
                        null=True,
                        verbose_name="first day as a member",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="cities.decision",
                        verbose_name="supersedes",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="recorded")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                ("number", models.PositiveIntegerField(editable=False, unique=True)),
                ("previous_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("hash", models.CharField(editable=False, max_length=64, unique=True, verbose_name="hash")),
            ],
            options={
                "verbose_name": "decision",
                "verbose_name_plural": "decisions",
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("supersedes", None)),
                        fields=("application",),
                        name="decision_first_once_an_application",
                        violation_error_message="There is a decision on this application already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["designated", "not-designated"])),
                        name="decision_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("supersedes", None), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="decision_correction_has_a_reason",
                    ),
                    cities.constraints.AppendOnly(
                        name="decision_only_grows",
                        unique=("number", "supersedes", "previous_hash", "hash", ("application", "supersedes")),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Endorsement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endorsement",
                        to="cities.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endorsements",
                        to="cities.call",
                        verbose_name="call",
                    ),
                ),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endorsements",
                        to="cities.country",
                        verbose_name="country",
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cities.creativefield",
                        verbose_name="creative field",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "asked for"),
                            ("endorsed", "endorsed"),
                            ("declined", "declined"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="requested",
                        editable=False,
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(editable=False, null=True, verbose_name="place")),
                ("cap", models.PositiveSmallIntegerField(editable=False, null=True)),
                ("fields_differ", models.BooleanField(default=False, editable=False)),
                ("rank", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="wish")),
                (
                    "letter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endorsements",
                        to="cities.privatefile",
                        verbose_name="letter",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="note of the Commission")),
                ("reason", models.TextField(blank=True, verbose_name="reason told to the city")),
                ("on_paper", models.BooleanField(default=False, verbose_name="received on paper")),
                ("received_on", models.DateField(editable=False, null=True, verbose_name="received on")),
                ("requested_at", models.DateTimeField(auto_now_add=True, verbose_name="asked for")),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
            ],
            options={
                "verbose_name": "endorsement",
                "verbose_name_plural": "endorsements",
                "ordering": ["call", "country", "rank", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["requested", "endorsed", "declined", "withdrawn"])),
                        name="endorsement_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("field__isnull", False),
                                ("place__gte", 1),
                                ("place__isnull", False),
                                ("status", "endorsed"),
                            ),
                            models.Q(models.Q(("status", "endorsed"), _negated=True), ("place", None)),
                            _connector="OR",
                        ),
                        name="endorsement_takes_a_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("place", None), ("cap", None), ("place__lte", models.F("cap")), _connector="OR"
                        ),
                        name="endorsement_within_the_cap",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("place__isnull", False)),
                        fields=("call", "country", "place"),
                        name="endorsement_place_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("fields_differ", True), ("status", "endorsed")),
                        fields=("call", "country", "field"),
                        name="endorsement_fields_differ",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="cities.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "evaluator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="cities.evaluator",
                        verbose_name="evaluator",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "planned"),
                            ("invited", "asked"),
                            ("accepted", "accepted"),
                            ("in-progress", "begun"),
                            ("submitted", "submitted"),
                            ("locked", "locked"),
                            ("declined", "declined"),
                            ("recused", "conflict declared"),
                            ("abstained", "abstained"),
                            ("replaced", "taken back"),
                            ("expired", "expired"),
                        ],
                        default="proposed",
                        editable=False,
                        max_length=15,
                        verbose_name="status",
                    ),
                ),
                ("due_at", models.DateTimeField(verbose_name="due")),
                (
                    "assigned_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assigned by",
                    ),
                ),
                ("assigned_at", models.DateTimeField(auto_now_add=True, verbose_name="assigned")),
                ("invited_at", models.DateTimeField(editable=False, null=True, verbose_name="asked on")),
                (
                    "declared_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="declared free of conflicts"),
                ),
                ("submitted_at", models.DateTimeField(editable=False, null=True, verbose_name="submitted")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
            ],
            options={
                "verbose_name": "assignment",
                "verbose_name_plural": "assignments",
                "ordering": ["due_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "proposed",
                                    "invited",
                                    "accepted",
                                    "in-progress",
                                    "submitted",
                                    "locked",
                                    "declined",
                                    "recused",
                                    "abstained",
                                    "replaced",
                                    "expired",
                                ],
                            )
                        ),
                        name="assignment_status_is_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("status__in", ["proposed", "invited", "accepted", "in-progress", "submitted", "locked"])
                        ),
                        fields=("application", "user"),
                        name="assignment_once_a_person",
                        violation_error_message="This person has the application already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["proposed", "invited", "declined", "recused", "replaced", "expired"]),
                            ("declared_at__isnull", False),
                            _connector="OR",
                        ),
                        name="assignment_opened_after_the_declaration",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConflictDeclaration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflict_declarations",
                        to="cities.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="what the conflict is")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="declared")),
            ],
            options={
                "verbose_name": "declared conflict of interest",
                "verbose_name_plural": "declared conflicts of interest",
                "constraints": [models.UniqueConstraint(fields=("application", "user"), name="conflict_declared_once")],
            },
        ),
        migrations.CreateModel(
            name="ConflictOverride",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflict_overrides",
                        to="cities.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "conflict",
                    models.CharField(
                        choices=[
                            ("same-city", "serves the same city"),
                            ("same-country", "from the same country"),
                            ("same-quota", "works for a city that competes for the same country’s places"),
                            ("partner-city", "serves a city that the plan names as a partner"),
                            ("signatory", "signed a letter of the application"),
                            ("commission", "acts for the National Commission of the country"),
                            ("team", "works on the application"),
                            ("declared", "declared a conflict"),
                        ],
                        max_length=20,
                        verbose_name="conflict",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposed by",
                    ),
                ),
                ("proposed_at", models.DateTimeField(auto_now_add=True, verbose_name="proposed")),
                (
                    "agreed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="agreed by",
                    ),
                ),
                ("agreed_at", models.DateTimeField(null=True, verbose_name="agreed")),
            ],
            options={
                "verbose_name": "override of a conflict of interest",
                "verbose_name_plural": "overrides of conflicts of interest",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "user", "conflict"), name="conflict_overridden_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="conflict_override_has_a_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed_at", None), ("agreed_by", None)),
                            models.Q(
                                ("agreed_at__isnull", False),
                                ("agreed_by__isnull", False),
                                models.Q(("agreed_by", models.F("proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="conflict_override_needs_two_officers",
                        violation_error_message="Another officer has to agree.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Evaluation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "assignment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evaluation",
                        to="cities.assignment",
                        verbose_name="assignment",
                    ),
                ),
                (
                    "recommendation",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("recommend", "recommended"),
                            ("reserve", "with reservations"),
                            ("do-not", "not recommended"),
                        ],
                        max_length=10,
                        verbose_name="recommendation",
                    ),
                ),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
                ("as_typed", models.JSONField(blank=True, default=dict, editable=False)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="last saved")),
            ],
            options={
                "verbose_name": "evaluation",
                "verbose_name_plural": "evaluations",
            },
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "evaluation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scores", to="cities.evaluation"
                    ),
                ),
                (
                    "criterion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cities.criterion",
                        verbose_name="criterion",
                    ),
                ),
                ("value", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="score")),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
            ],
            options={
                "verbose_name": "score",
                "verbose_name_plural": "scores",
                "constraints": [
                    models.UniqueConstraint(fields=("evaluation", "criterion"), name="score_once_a_criterion")
                ],
            },
        ),
        migrations.CreateModel(
            name="Screening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="screening",
                        to="cities.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "under way"),
                            ("proposed", "a second officer is to agree that it is ineligible"),
                            ("concluded", "concluded"),
                        ],
                        default="open",
                        editable=False,
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("reasons", models.JSONField(blank=True, default=list, verbose_name="reasons")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposed by",
                    ),
                ),
                ("proposed_at", models.DateTimeField(null=True, verbose_name="proposed")),
                (
                    "concluded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="concluded by",
                    ),
                ),
                ("concluded_at", models.DateTimeField(null=True, verbose_name="concluded")),
                ("returned_at", models.DateTimeField(null=True, verbose_name="returned for completion")),
            ],
            options={
                "verbose_name": "technical examination",
                "verbose_name_plural": "technical examinations",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "proposed", "concluded"])),
                        name="screening_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "concluded"), _negated=True),
                            ("proposed_by", None),
                            models.Q(("proposed_by", models.F("concluded_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="screening_needs_two_officers",
                        violation_error_message="Another officer has to agree.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScreeningItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "screening",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="cities.screening"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("in-time", "received before the deadline"),
                            ("member-state", "city of a Member State or Associate Member of UNESCO"),
                            ("not-a-member", "not a member of the network already"),
                            ("field-offered", "creative field offered in the call"),
                            ("language", "in a language of the call"),
                            ("complete", "all questions answered"),
                            ("within-limits", "word limits respected"),
                            ("mayors-letter", "letter of the mayor, signed, for this city"),
                            ("endorsed", "endorsed by the National Commission, for this city and field"),
                            ("country-cap", "within the places of the country"),
                            ("support-letters", "letters of support"),
                            ("photos", "photos with captions, credits and rights"),
                            ("budget", "budget adds up"),
                            ("initiatives", "number of initiatives"),
                            ("links", "number of links"),
                            ("cooloff", "no pause after unsuccessful applications"),
                            ("only-one", "the city’s only application"),
                            ("commitments", "commitments made"),
                        ],
                        max_length=20,
                        verbose_name="item",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[("pass", "in order"), ("fail", "not in order"), ("na", "does not apply")],
                        max_length=5,
                        verbose_name="finding",
                    ),
                ),
                (
                    "computed",
                    models.CharField(
                        blank=True,
                        choices=[("pass", "in order"), ("fail", "not in order"), ("na", "does not apply")],
                        max_length=5,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                ("at", models.DateTimeField(auto_now=True, verbose_name="when")),
            ],
            options={
                "verbose_name": "item of a technical examination",
                "verbose_name_plural": "items of technical examinations",
                "constraints": [models.UniqueConstraint(fields=("screening", "code"), name="screening_item_once")],
            },
        ),
        migrations.RemoveConstraint(
            model_name="invitation",
            name="invitation_says_to_what",
        ),
        migrations.AddField(
            model_name="evaluator",
            name="countries",
            field=models.ManyToManyField(
                blank=True,
                related_name="+",
                to="cities.country",
                verbose_name="countries of the person, by citizenship or work",
            ),
        ),
        migrations.AddField(
            model_name="evaluator",
            name="max_load",
            field=models.PositiveSmallIntegerField(default=6, verbose_name="applications at once, at most"),
        ),
        migrations.AddField(
            model_name="evaluator",
            name="reads_english",
            field=models.BooleanField(default=True, verbose_name="reads English"),
        ),
        migrations.AddField(
            model_name="evaluator",
            name="reads_french",
            field=models.BooleanField(default=True, verbose_name="reads French"),
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
                    ("mandate.described", "languages, load or countries of an evaluator changed"),
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
                    ("call.copied", "call copied from another"),
                    ("call.document_added", "document of the call added"),
                    ("call.document_removed", "document of the call removed"),
                    ("call.published", "call published"),
                    ("call.taken_back", "call made a draft again"),
                    ("call.extended", "call extended"),
                    ("call.rescheduled", "call rescheduled"),
                    ("call.cancelled", "call cancelled"),
                    ("call.announced", "designations announced"),
                    ("call.archived", "call archived"),
                    ("application.begun", "application begun"),
                    ("application.shared", "application shared with the National Commission"),
                    ("application.submitted", "application submitted"),
                    ("application.withdrawn", "application withdrawn"),
                    ("application.document_added", "document added"),
                    ("application.document_removed", "document removed"),
                    ("endorsement.endorsed", "application endorsed"),
                    ("endorsement.declined", "endorsement declined"),
                    ("endorsement.withdrawn", "endorsement withdrawn"),
                    ("endorsement.reopened", "endorsement open again"),
                    ("screening.examined", "items examined"),
                    ("screening.eligible", "found eligible"),
                    ("screening.ineligibility_proposed", "ineligibility proposed"),
                    ("screening.ineligibility_refused", "ineligibility not agreed"),
                    ("screening.ineligible", "found ineligible"),
                    ("screening.returned", "returned for completion"),
                    ("assignment.planned", "evaluator planned"),
                    ("assignment.invited", "evaluator asked"),
                    ("assignment.accepted", "evaluator accepted"),
                    ("assignment.declined", "evaluator declined"),
                    ("assignment.recused", "evaluator declared a conflict"),
                    ("assignment.abstained", "evaluator abstained"),
                    ("assignment.replaced", "assignment taken back"),
                    ("assignment.expired", "assignment expired"),
                    ("assignment.submitted", "evaluation submitted"),
                    ("assignment.reopened", "evaluation reopened"),
                    ("assignment.locked", "evaluation locked"),
                    ("conflict.override_proposed", "override of a conflict proposed"),
                    ("conflict.overridden", "conflict overridden"),
                    ("decision.recorded", "decision recorded"),
                    ("person.exported", "personal data downloaded"),
                    ("person.erased", "personal data erased"),
                    ("person.rights_changed", "rights changed"),
                    ("person.second_factor_taken", "second factor taken away"),
                ],
                max_length=40,
                verbose_name="act",
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="invited_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="invited by",
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="kind",
            field=models.CharField(
                choices=[
                    ("coordinator", "coordinator of a city"),
                    ("commission", "officer of a National Commission"),
                    ("evaluator", "evaluator"),
                    ("staff", "secretariat staff"),
                    ("applicant", "team of an application"),
                ],
                max_length=15,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("focal-point", "focal point"),
                    ("alternate", "alternate"),
                    ("editor", "editor"),
                    ("owner", "owner"),
                    ("reader", "reader"),
                ],
                max_length=15,
                verbose_name="role",
            ),
        ),
        migrations.AlterField(
            model_name="photo",
            name="city",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="photos",
                to="cities.city",
                verbose_name="city",
            ),
        ),
        migrations.AlterField(
            model_name="privatefile",
            name="kind",
            field=models.CharField(
                choices=[
                    ("mayors-letter", "letter of the mayor"),
                    ("application", "document of an application"),
                    ("endorsement", "letter of a National Commission"),
                    ("call", "document of a call"),
                    ("decision", "act of a decision"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            model_name="city",
            index=models.Index(fields=["country", "id"], name="city_of_country"),
        ),
        migrations.AddField(
            model_name="application",
            name="partner_cities",
            field=models.ManyToManyField(
                blank=True,
                editable=False,
                related_name="named_by_applications",
                to="cities.city",
                verbose_name="partner cities",
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="application",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invitations",
                to="cities.application",
                verbose_name="application",
            ),
        ),
        migrations.AddField(
            model_name="photo",
            name="application",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="photos",
                to="cities.application",
                verbose_name="application",
            ),
        ),
        migrations.AddConstraint(
            model_name="photo",
            constraint=models.CheckConstraint(
                condition=models.Q(("city__isnull", False), ("application__isnull", False), _connector="OR"),
                name="photo_belongs_to_somebody",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="priority_fields",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="cities.creativefield", verbose_name="under-represented fields"
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="call",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cities.call",
                verbose_name="call for applications",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("city__isnull", False), ("kind", "coordinator"), models.Q(("role", ""), _negated=True)),
                    models.Q(("country__isnull", False), ("kind", "commission")),
                    models.Q(("field__isnull", False), ("kind", "evaluator"), models.Q(("panel", ""), _negated=True)),
                    models.Q(("group__isnull", False), ("kind", "staff")),
                    models.Q(
                        ("application__isnull", False), ("kind", "applicant"), models.Q(("role", ""), _negated=True)
                    ),
                    models.Q(("application", None), ("call__isnull", False), ("kind", "applicant")),
                    _connector="OR",
                ),
                name="invitation_says_to_what",
                violation_error_message="Say what the person is invited to.",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="fields",
            field=models.ManyToManyField(
                related_name="calls",
                through="cities.OfferedField",
                to="cities.creativefield",
                verbose_name="creative fields",
            ),
        ),
        migrations.AddField(
            model_name="plannedinitiative",
            name="partner_cities",
            field=models.ManyToManyField(blank=True, related_name="+", to="cities.city", verbose_name="partner cities"),
        ),
    ]
