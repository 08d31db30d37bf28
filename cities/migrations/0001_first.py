import datetime

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import cities.constraints


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalCountry",
            fields=[
                (
                    "iso2",
                    models.CharField(
                        db_index=True,
                        max_length=2,
                        validators=[django.core.validators.RegexValidator("^[A-Z]{2}\\Z")],
                        verbose_name="ISO code (2 letters)",
                    ),
                ),
                (
                    "iso3",
                    models.CharField(
                        db_index=True,
                        max_length=3,
                        validators=[django.core.validators.RegexValidator("^[A-Z]{3}\\Z")],
                        verbose_name="ISO code (3 letters)",
                    ),
                ),
                ("name_en", models.CharField(db_index=True, max_length=100, verbose_name="name in English")),
                ("name_fr", models.CharField(db_index=True, max_length=100, verbose_name="name in French")),
                (
                    "region",
                    models.CharField(
                        choices=[
                            ("africa", "Africa"),
                            ("arab-states", "Arab States"),
                            ("asia-pacific", "Asia and the Pacific"),
                            ("europe-north-america", "Europe and North America"),
                            ("latin-america-caribbean", "Latin America and the Caribbean"),
                        ],
                        max_length=30,
                        verbose_name="UNESCO region",
                    ),
                ),
                (
                    "unesco_status",
                    models.CharField(
                        choices=[
                            ("member", "Member State"),
                            ("associate", "Associate Member"),
                            ("none", "not a member of UNESCO"),
                        ],
                        max_length=10,
                        verbose_name="status at UNESCO",
                    ),
                ),
                ("names_source", models.CharField(blank=True, max_length=200, verbose_name="source of the names")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
                "verbose_name": "historical country",
                "verbose_name_plural": "historical countries",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Country",
            fields=[
                ("imported", models.JSONField(default=dict, editable=False)),
                (
                    "iso2",
                    models.CharField(
                        max_length=2,
                        primary_key=True,
                        serialize=False,
                        validators=[django.core.validators.RegexValidator("^[A-Z]{2}\\Z")],
                        verbose_name="ISO code (2 letters)",
                    ),
                ),
                (
                    "iso3",
                    models.CharField(
                        max_length=3,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("^[A-Z]{3}\\Z")],
                        verbose_name="ISO code (3 letters)",
                    ),
                ),
                ("name_en", models.CharField(max_length=100, unique=True, verbose_name="name in English")),
                ("name_fr", models.CharField(max_length=100, unique=True, verbose_name="name in French")),
                (
                    "region",
                    models.CharField(
                        choices=[
                            ("africa", "Africa"),
                            ("arab-states", "Arab States"),
                            ("asia-pacific", "Asia and the Pacific"),
                            ("europe-north-america", "Europe and North America"),
                            ("latin-america-caribbean", "Latin America and the Caribbean"),
                        ],
                        max_length=30,
                        verbose_name="UNESCO region",
                    ),
                ),
                (
                    "unesco_status",
                    models.CharField(
                        choices=[
                            ("member", "Member State"),
                            ("associate", "Associate Member"),
                            ("none", "not a member of UNESCO"),
                        ],
                        max_length=10,
                        verbose_name="status at UNESCO",
                    ),
                ),
                ("names_source", models.CharField(blank=True, max_length=200, verbose_name="source of the names")),
                ("sort_key_en", models.CharField(db_index=True, editable=False, max_length=100)),
                ("sort_key_fr", models.CharField(db_index=True, editable=False, max_length=100)),
            ],
            options={
                "verbose_name": "country",
                "verbose_name_plural": "countries",
                "ordering": ["sort_key_en"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "region__in",
                                [
                                    "africa",
                                    "arab-states",
                                    "asia-pacific",
                                    "europe-north-america",
                                    "latin-america-caribbean",
                                ],
                            )
                        ),
                        name="country_region_is_unescos",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unesco_status__in", ["member", "associate", "none"])),
                        name="country_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("iso2__regex", "^[A-Z]{2}$"), ("iso3__regex", "^[A-Z]{3}$")),
                        name="country_codes_are_capital_letters",
                    ),
                    cities.constraints.CountsChanges(name="country_changes_count"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalCreativeField",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40, verbose_name="address")),
                ("name_en", models.CharField(db_index=True, max_length=60, verbose_name="name in English")),
                ("name_fr", models.CharField(db_index=True, max_length=60, verbose_name="name in French")),
                ("summary_en", models.CharField(blank=True, max_length=300, verbose_name="summary in English")),
                ("summary_fr", models.CharField(blank=True, max_length=300, verbose_name="summary in French")),
                (
                    "colour_light",
                    models.CharField(
                        help_text="contrast of 4.5 or more on #ffffff",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^#[0-9a-f]{6}\\Z", "Give the colour as #rrggbb, in lower case."
                            )
                        ],
                        verbose_name="colour on white",
                    ),
                ),
                (
                    "colour_dark",
                    models.CharField(
                        help_text="contrast of 5 or more on #141820",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^#[0-9a-f]{6}\\Z", "Give the colour as #rrggbb, in lower case."
                            )
                        ],
                        verbose_name="colour on dark",
                    ),
                ),
                (
                    "pictogram",
                    models.TextField(
                        help_text="path data on a grid of 24 by 24, drawn as a stroke",
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[MmLlHhVvCcSsQqTtAaZz0-9eE.,+\\-\\s]+\\Z", "Give the path data of an SVG drawing."
                            )
                        ],
                        verbose_name="pictogram",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position in lists")),
                ("valid_from", models.DateField(verbose_name="field of the network from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="until")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
                "verbose_name": "historical creative field",
                "verbose_name_plural": "historical creative fields",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="CreativeField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("imported", models.JSONField(default=dict, editable=False)),
                ("slug", models.SlugField(max_length=40, unique=True, verbose_name="address")),
                ("name_en", models.CharField(max_length=60, unique=True, verbose_name="name in English")),
                ("name_fr", models.CharField(max_length=60, unique=True, verbose_name="name in French")),
                ("summary_en", models.CharField(blank=True, max_length=300, verbose_name="summary in English")),
                ("summary_fr", models.CharField(blank=True, max_length=300, verbose_name="summary in French")),
                (
                    "colour_light",
                    models.CharField(
                        help_text="contrast of 4.5 or more on #ffffff",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^#[0-9a-f]{6}\\Z", "Give the colour as #rrggbb, in lower case."
                            )
                        ],
                        verbose_name="colour on white",
                    ),
                ),
                (
                    "colour_dark",
                    models.CharField(
                        help_text="contrast of 5 or more on #141820",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^#[0-9a-f]{6}\\Z", "Give the colour as #rrggbb, in lower case."
                            )
                        ],
                        verbose_name="colour on dark",
                    ),
                ),
                (
                    "pictogram",
                    models.TextField(
                        help_text="path data on a grid of 24 by 24, drawn as a stroke",
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[MmLlHhVvCcSsQqTtAaZz0-9eE.,+\\-\\s]+\\Z", "Give the path data of an SVG drawing."
                            )
                        ],
                        verbose_name="pictogram",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position in lists")),
                ("valid_from", models.DateField(verbose_name="field of the network from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="until")),
            ],
            options={
                "verbose_name": "creative field",
                "verbose_name_plural": "creative fields",
                "ordering": ["position", "slug"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="field_ends_after_it_begins",
                        violation_error_message="The field ends before it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("colour_dark__regex", "^#[0-9a-f]{6}$"),
                            ("colour_light__regex", "^#[0-9a-f]{6}$"),
                            ("pictogram__regex", "^[MmLlHhVvCcSsQqTtAaZz0-9eE.,+\\-\\s]+$"),
                            ("slug__regex", "^[a-z0-9]+(-[a-z0-9]+)*$"),
                        ),
                        name="field_can_be_drawn",
                        violation_error_message="The address, a colour or the pictogram is not of its form.",
                    ),
                    cities.constraints.CountsChanges(name="field_changes_count"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalCity",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, verbose_name="address")),
                ("name_en", models.CharField(max_length=100, verbose_name="name in English")),
                ("name_fr", models.CharField(blank=True, max_length=100, verbose_name="name in French")),
                (
                    "local_name",
                    models.CharField(
                        blank=True, help_text="as the city writes it", max_length=100, verbose_name="local name"
                    ),
                ),
                (
                    "aliases",
                    models.TextField(
                        blank=True,
                        help_text="for search only, never shown: some are historical or imposed; separated by semicolons",
                        verbose_name="other names",
                    ),
                ),
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
                (
                    "population_source",
                    models.CharField(blank=True, max_length=200, verbose_name="source of the population"),
                ),
                ("website", models.URLField(blank=True, verbose_name="website")),
                ("geonames_id", models.PositiveIntegerField(blank=True, null=True, verbose_name="GeoNames number")),
                ("note", models.TextField(blank=True, verbose_name="note for staff")),
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
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
                "verbose_name": "historical city",
                "verbose_name_plural": "historical cities",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="City",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("imported", models.JSONField(default=dict, editable=False)),
                ("slug", models.SlugField(max_length=80, unique=True, verbose_name="address")),
                ("name_en", models.CharField(max_length=100, verbose_name="name in English")),
                ("name_fr", models.CharField(blank=True, max_length=100, verbose_name="name in French")),
                (
                    "local_name",
                    models.CharField(
                        blank=True, help_text="as the city writes it", max_length=100, verbose_name="local name"
                    ),
                ),
                (
                    "aliases",
                    models.TextField(
                        blank=True,
                        help_text="for search only, never shown: some are historical or imposed; separated by semicolons",
                        verbose_name="other names",
                    ),
                ),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cities",
                        to="cities.country",
                        verbose_name="country",
                    ),
                ),
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
                (
                    "population_source",
                    models.CharField(blank=True, max_length=200, verbose_name="source of the population"),
                ),
                ("website", models.URLField(blank=True, verbose_name="website")),
                ("geonames_id", models.PositiveIntegerField(blank=True, null=True, verbose_name="GeoNames number")),
                ("note", models.TextField(blank=True, verbose_name="note for staff")),
                ("sort_key_en", models.CharField(db_index=True, editable=False, max_length=100)),
                ("sort_key_fr", models.CharField(db_index=True, editable=False, max_length=100)),
                ("search_text", models.TextField(editable=False)),
            ],
            options={
                "verbose_name": "city",
                "verbose_name_plural": "cities",
                "ordering": ["sort_key_en", "slug"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("name_en"),
                        models.F("country"),
                        name="city_english_name_once_a_country",
                        violation_error_message="Another city of this country has this English name.",
                    ),
                    models.UniqueConstraint(
                        models.F("name_fr"),
                        models.F("country"),
                        condition=models.Q(("name_fr", ""), _negated=True),
                        name="city_french_name_once_a_country",
                        violation_error_message="Another city of this country has this French name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("latitude", None), ("longitude", None)),
                            models.Q(
                                ("latitude__isnull", False),
                                ("latitude__range", (-90, 90)),
                                ("longitude__isnull", False),
                                ("longitude__range", (-180, 180)),
                            ),
                            _connector="OR",
                        ),
                        name="city_coordinates_on_earth",
                        violation_error_message="Give both coordinates in degrees, or none.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("slug__regex", "^[a-z0-9]+(-[a-z0-9]+)*$"),
                            models.Q(("slug__in", ["map", "table"]), _negated=True),
                        ),
                        name="city_slug_is_an_address",
                        violation_error_message="This address is no address of a city.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name_en", ""), _negated=True), name="city_has_an_english_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("population", None),
                            models.Q(("population__gte", 1), ("population__isnull", False)),
                            _connector="OR",
                        ),
                        name="city_population_is_positive",
                    ),
                    cities.constraints.CountsChanges(name="city_changes_count"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerSlug",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, unique=True, verbose_name="former address")),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_slugs",
                        to="cities.city",
                        verbose_name="city",
                    ),
                ),
            ],
            options={
                "verbose_name": "former address",
                "verbose_name_plural": "former addresses",
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="Designation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="designations",
                        to="cities.city",
                        verbose_name="city",
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="designations",
                        to="cities.creativefield",
                        verbose_name="creative field",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="first day")),
                (
                    "starts_precision",
                    models.CharField(
                        choices=[("day", "to the day"), ("month", "to the month"), ("year", "to the year")],
                        default="day",
                        max_length=5,
                        verbose_name="known",
                    ),
                ),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="last day")),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("field-change", "moved to another field"),
                            ("withdrawn", "left the network"),
                            ("removed", "removed by decision"),
                        ],
                        max_length=20,
                        verbose_name="why it ended",
                    ),
                ),
                (
                    "end_reason_is_public",
                    models.BooleanField(default=False, verbose_name="show the reason to the public"),
                ),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                ("member_since", models.DateField(editable=False, verbose_name="member since")),
                (
                    "member_since_precision",
                    models.CharField(
                        choices=[("day", "to the day"), ("month", "to the month"), ("year", "to the year")],
                        editable=False,
                        max_length=5,
                    ),
                ),
                ("imported", models.JSONField(default=dict, editable=False)),
            ],
            options={
                "verbose_name": "designation",
                "verbose_name_plural": "designations",
                "ordering": ["starts_on", "city"],
                "indexes": [
                    models.Index(
                        fields=["city", "starts_on", "ends_on", "field", "member_since"], name="designation_of_city"
                    ),
                    models.Index(
                        condition=models.Q(("starts_on", models.F("member_since"))),
                        fields=["member_since", "member_since_precision"],
                        name="designation_begins_membership",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                        name="designation_ends_after_it_begins",
                        violation_error_message="The last day is before the first.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end_reason", ""), ("ends_on", None)),
                            models.Q(("ends_on__isnull", False), models.Q(("end_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="designation_end_has_a_reason",
                        violation_error_message="A last day needs a reason, and a reason a last day.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("end_reason__in", ["", "field-change", "withdrawn", "removed"])),
                        name="designation_end_reason_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starts_precision", "day"),
                            models.Q(("starts_on__day", 1), ("starts_precision", "month")),
                            models.Q(("starts_on__day", 1), ("starts_on__month", 1), ("starts_precision", "year")),
                            _connector="OR",
                        ),
                        name="designation_first_day_fits_its_precision",
                        violation_error_message="Of a month or a year, give the first day.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts_on__gte", datetime.date(2004, 10, 1))),
                        name="designation_not_before_the_network",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("member_since__lte", models.F("starts_on"))),
                        name="designation_member_before_it_begins",
                    ),
                    cities.constraints.NoOverlap(
                        end="ends_on",
                        key="city",
                        name="designation_one_at_a_time",
                        start="starts_on",
                        violation_error_message="The city has another designation in these days.",
                    ),
                    cities.constraints.CountsChanges(name="designation_changes_count"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveBigIntegerField(default=0)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "edition of the public data",
                "verbose_name_plural": "editions of the public data",
            },
        ),
        migrations.CreateModel(
            name="EntryReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reports",
                        to="cities.city",
                        verbose_name="city",
                    ),
                ),
                ("message", models.TextField(max_length=2000, verbose_name="what is wrong")),
                ("source", models.CharField(blank=True, max_length=500, verbose_name="where it can be checked")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")], max_length=2, verbose_name="language"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="received")),
                ("handled_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="handled")),
                (
                    "handled_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="handled by",
                    ),
                ),
                ("answer", models.TextField(blank=True, verbose_name="what was done")),
            ],
            options={
                "verbose_name": "report of an error",
                "verbose_name_plural": "reports of errors",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="HistoryEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveBigIntegerField(unique=True, verbose_name="number")),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
                (
                    "verb",
                    models.CharField(
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
                        ],
                        max_length=40,
                        verbose_name="act",
                    ),
                ),
                ("object_type", models.CharField(max_length=60, verbose_name="kind of object")),
                ("object_id", models.CharField(max_length=40, verbose_name="object")),
                ("changes", models.JSONField(default=dict, verbose_name="fields")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                ("previous_hash", models.CharField(max_length=64, unique=True)),
                ("hash", models.CharField(max_length=64, unique=True, verbose_name="hash")),
            ],
            options={
                "verbose_name": "history entry",
                "verbose_name_plural": "history entries",
                "ordering": ["-number"],
                "indexes": [models.Index(fields=["object_type", "object_id"], name="history_of_object")],
                "constraints": [
                    cities.constraints.AppendOnly(name="history_only_grows", unique=("number", "previous_hash", "hash"))
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalOfficialTotal",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("cities", models.PositiveIntegerField(verbose_name="cities")),
                ("countries", models.PositiveIntegerField(blank=True, null=True, verbose_name="countries")),
                ("fields", models.PositiveIntegerField(blank=True, null=True, verbose_name="creative fields")),
                (
                    "missing",
                    models.PositiveIntegerField(
                        default=0, help_text="members that no source at hand names", verbose_name="cities unknown here"
                    ),
                ),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                (
                    "field",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cities.creativefield",
                        verbose_name="creative field",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
                "verbose_name": "historical official total",
                "verbose_name_plural": "historical official totals",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="OfficialTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("imported", models.JSONField(default=dict, editable=False)),
                ("day", models.DateField(verbose_name="day")),
                (
                    "field",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="cities.creativefield",
                        verbose_name="creative field",
                    ),
                ),
                ("cities", models.PositiveIntegerField(verbose_name="cities")),
                ("countries", models.PositiveIntegerField(blank=True, null=True, verbose_name="countries")),
                ("fields", models.PositiveIntegerField(blank=True, null=True, verbose_name="creative fields")),
                (
                    "missing",
                    models.PositiveIntegerField(
                        default=0, help_text="members that no source at hand names", verbose_name="cities unknown here"
                    ),
                ),
                ("source", models.CharField(max_length=300, verbose_name="source")),
            ],
            options={
                "verbose_name": "official total",
                "verbose_name_plural": "official totals",
                "ordering": ["-day", "field"],
                "constraints": [
                    models.UniqueConstraint(fields=("day", "field"), name="official_total_once_a_field"),
                    models.UniqueConstraint(
                        condition=models.Q(("field", None)),
                        fields=("day",),
                        name="official_total_once_a_day",
                        violation_error_message="There is a total of the whole network for this day already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("missing__lte", models.F("cities"))),
                        name="official_total_misses_no_more_than_it_counts",
                        violation_error_message="More cities cannot be unknown than there are.",
                    ),
                    cities.constraints.CountsChanges(name="official_total_changes_count"),
                ],
            },
        ),
    ]
