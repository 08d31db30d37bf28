import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import cities.constraints
import meetings.models.meeting
import meetings.models.registration


class Migration(migrations.Migration):
    dependencies = [
        ("cities", "0005_meetings"),
        ("meetings", "0001_first"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Ballot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("round", models.PositiveSmallIntegerField(default=1, verbose_name="round")),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "open"), ("closed", "closed"), ("annulled", "annulled")],
                        default="open",
                        editable=False,
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("opened_at", models.DateTimeField(verbose_name="opened")),
                ("closes_at", models.DateTimeField(verbose_name="closes")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                ("seats", models.PositiveSmallIntegerField(verbose_name="cities that may vote")),
                ("quorum", models.PositiveSmallIntegerField(verbose_name="votes needed")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("selected", "host selected"),
                            ("tie", "tie"),
                            ("no-quorum", "quorum not reached"),
                            ("no-votes", "no vote for any bid"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("cast", models.PositiveSmallIntegerField(null=True, verbose_name="votes cast")),
                ("blank", models.PositiveSmallIntegerField(null=True, verbose_name="blank votes")),
                ("counting", models.JSONField(editable=False, null=True)),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
            ],
            options={
                "verbose_name": "ballot",
                "verbose_name_plural": "ballots",
                "ordering": ["host_call", "number"],
            },
        ),
        migrations.CreateModel(
            name="BallotOption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number on the paper")),
                ("votes", models.PositiveSmallIntegerField(null=True, verbose_name="votes")),
            ],
            options={
                "verbose_name": "bid on a ballot",
                "verbose_name_plural": "bids on a ballot",
                "ordering": ["ballot", "number"],
            },
        ),
        migrations.CreateModel(
            name="BidCity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_lead", models.BooleanField(default=False, verbose_name="lead city")),
                ("asked_at", models.DateTimeField(auto_now_add=True, verbose_name="asked")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed")),
                ("left_at", models.DateTimeField(null=True, verbose_name="left")),
            ],
            options={
                "verbose_name": "city of a host bid",
                "verbose_name_plural": "cities of host bids",
                "ordering": ["bid", "-is_lead", "pk"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalObjective",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("text_en", models.TextField(verbose_name="objective in English")),
                ("text_fr", models.TextField(blank=True, verbose_name="objective in French")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical strategic objective",
                "verbose_name_plural": "historical strategic objectives",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRoom",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("name_en", models.CharField(max_length=100, verbose_name="name in English")),
                ("name_fr", models.CharField(blank=True, max_length=100, verbose_name="name in French")),
                (
                    "places",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="empty: no limit",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="places",
                    ),
                ),
                ("is_accessible", models.BooleanField(default=True, verbose_name="accessible without steps")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical room",
                "verbose_name_plural": "historical rooms",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSession",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("plenary", "plenary"),
                            ("mayors", "mayors’ forum"),
                            ("sub-network", "sub-network"),
                            ("workshop", "workshop"),
                            ("public", "open to the public"),
                        ],
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                ("title_en", models.CharField(max_length=200, verbose_name="title in English")),
                ("title_fr", models.CharField(max_length=200, verbose_name="title in French")),
                ("summary_en", models.TextField(blank=True, verbose_name="summary in English")),
                ("summary_fr", models.TextField(blank=True, verbose_name="summary in French")),
                ("starts_at", models.DateTimeField(verbose_name="begins")),
                ("ends_at", models.DateTimeField(verbose_name="ends")),
                (
                    "places",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="empty: nobody has to book",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="places to be booked",
                    ),
                ),
                ("sequence", models.PositiveIntegerField(default=0, editable=False)),
                ("updated_at", models.DateTimeField(blank=True, editable=False)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical session",
                "verbose_name_plural": "historical sessions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSpeaker",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                ("function_en", models.CharField(blank=True, max_length=200, verbose_name="function in English")),
                ("function_fr", models.CharField(blank=True, max_length=200, verbose_name="function in French")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical speaker",
                "verbose_name_plural": "historical speakers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HostBid",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="begun")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="last saved")),
                ("submitted_at", models.DateTimeField(editable=False, null=True, verbose_name="submitted")),
                ("as_typed", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("eligible", "eligible"),
                            ("ineligible", "ineligible"),
                            ("on-ballot", "on the ballot"),
                            ("selected", "selected"),
                            ("not-selected", "not selected"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=15,
                        verbose_name="status",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        choices=[("en", "English"), ("fr", "French")],
                        default="en",
                        max_length=2,
                        verbose_name="language of the bid",
                    ),
                ),
                (
                    "summary_en",
                    models.TextField(
                        blank=True,
                        help_text="For the ballot and, after it, for the public.",
                        verbose_name="summary in English",
                    ),
                ),
                ("summary_fr", models.TextField(blank=True, verbose_name="summary in French")),
                ("start_date", models.DateField(blank=True, null=True, verbose_name="first day")),
                ("end_date", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("dates_note", models.CharField(blank=True, max_length=200, verbose_name="other possible dates")),
                ("venue", models.CharField(blank=True, max_length=200, verbose_name="main venue")),
                (
                    "venue_places",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="persons the main venue holds",
                    ),
                ),
                ("venues", models.TextField(blank=True, verbose_name="venues and rooms")),
                ("accommodation", models.TextField(blank=True, verbose_name="accommodation")),
                ("programme", models.TextField(blank=True, verbose_name="idea of the programme")),
                ("interpretation", models.TextField(blank=True, verbose_name="interpretation")),
                ("accessibility", models.TextField(blank=True, verbose_name="accessibility")),
                ("sustainability", models.TextField(blank=True, verbose_name="sustainability")),
                ("visas", models.TextField(blank=True, verbose_name="help with visas")),
                ("budget", models.TextField(blank=True, verbose_name="budget and who pays")),
                (
                    "budget_total",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="budget, in all",
                    ),
                ),
                (
                    "budget_currency",
                    models.CharField(
                        blank=True, help_text="three letters, as EUR, MAD, USD", max_length=3, verbose_name="currency"
                    ),
                ),
                (
                    "reason_en",
                    models.TextField(blank=True, editable=False, verbose_name="why it is not eligible, in English"),
                ),
                (
                    "reason_fr",
                    models.TextField(blank=True, editable=False, verbose_name="why it is not eligible, in French"),
                ),
                ("examined_at", models.DateTimeField(editable=False, null=True, verbose_name="examined")),
            ],
            options={
                "verbose_name": "host bid",
                "verbose_name_plural": "host bids",
                "ordering": ["host_call", "pk"],
            },
        ),
        migrations.CreateModel(
            name="HostCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "in preparation"),
                            ("published", "published"),
                            ("ballot", "ballot"),
                            ("decided", "decided"),
                            ("cancelled", "cancelled"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("introduction_en", models.TextField(blank=True, verbose_name="introduction in English")),
                ("introduction_fr", models.TextField(blank=True, verbose_name="introduction in French")),
                ("opens_at", models.DateTimeField(verbose_name="opens")),
                ("closes_at", models.DateTimeField(verbose_name="closes")),
                ("ballot_opens_at", models.DateTimeField(verbose_name="ballot opens")),
                ("ballot_closes_at", models.DateTimeField(verbose_name="ballot closes")),
                ("bidders_vote", models.BooleanField(default=True, verbose_name="bidding cities vote too")),
                (
                    "quorum_percent",
                    models.PositiveSmallIntegerField(
                        default=0,
                        validators=[django.core.validators.MaxValueValidator(100)],
                        verbose_name="quorum, in % of the member cities that may vote",
                    ),
                ),
                (
                    "runoff_hours",
                    models.PositiveSmallIntegerField(
                        default=72,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="hours that a run-off lasts",
                    ),
                ),
                (
                    "most_rounds",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="When the last of them ends in a tie too, the call ends without a host.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="rounds, at most",
                    ),
                ),
                (
                    "most_cities",
                    models.PositiveSmallIntegerField(
                        default=3,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="cities that may bid together, at most",
                    ),
                ),
                (
                    "agreement_signed_on",
                    models.DateField(blank=True, editable=False, null=True, verbose_name="agreement signed on"),
                ),
                ("is_demonstration", models.BooleanField(default=False, editable=False, verbose_name="demonstration")),
                ("note", models.TextField(blank=True, verbose_name="note for staff")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="begun")),
            ],
            options={
                "verbose_name": "call for hosts",
                "verbose_name_plural": "calls for hosts",
                "ordering": ["-opens_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="HostCriterion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("text_en", models.CharField(max_length=400, verbose_name="criterion in English")),
                ("text_fr", models.CharField(blank=True, max_length=400, verbose_name="criterion in French")),
            ],
            options={
                "verbose_name": "criterion for hosts",
                "verbose_name_plural": "criteria for hosts",
                "ordering": ["host_call", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="MeetingChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("imported", models.JSONField(default=dict, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("postponed", "postponed"), ("relocated", "relocated"), ("cancelled", "cancelled")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("decided_on", models.DateField(blank=True, null=True, verbose_name="decided on")),
                ("year_from", models.PositiveSmallIntegerField(null=True)),
                ("year_to", models.PositiveSmallIntegerField(null=True)),
                ("start_from", models.DateField(null=True)),
                ("end_from", models.DateField(null=True)),
                ("start_to", models.DateField(null=True)),
                ("end_to", models.DateField(null=True)),
                ("hosts_from_en", models.CharField(blank=True, max_length=300)),
                ("hosts_from_fr", models.CharField(blank=True, max_length=300)),
                ("hosts_to_en", models.CharField(blank=True, max_length=300)),
                ("hosts_to_fr", models.CharField(blank=True, max_length=300)),
                ("reason_en", models.TextField(blank=True, verbose_name="reason in English")),
                ("reason_fr", models.TextField(blank=True, verbose_name="reason in French")),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="source")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="recorded")),
            ],
            options={
                "verbose_name": "change of a meeting",
                "verbose_name_plural": "changes of meetings",
                "ordering": ["meeting", "pk"],
            },
        ),
        migrations.CreateModel(
            name="MeetingDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("agenda", "agenda"),
                            ("conclusions", "conclusions"),
                            ("report", "report"),
                            ("presentation", "presentation"),
                            ("other", "other"),
                        ],
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                ("title_en", models.CharField(max_length=200, verbose_name="title in English")),
                ("title_fr", models.CharField(blank=True, max_length=200, verbose_name="title in French")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")], max_length=2, verbose_name="language"
                    ),
                ),
                (
                    "visibility",
                    models.CharField(
                        choices=[("public", "public"), ("members", "for member cities")],
                        default="members",
                        max_length=10,
                        verbose_name="visible",
                    ),
                ),
                ("added_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
            ],
            options={
                "verbose_name": "document of a meeting",
                "verbose_name_plural": "documents of meetings",
                "ordering": ["meeting", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="MeetingQuestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "kind",
                    models.CharField(
                        choices=[("text", "text"), ("yes-no", "yes or no")],
                        default="text",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "none"),
                            ("diet", "meals"),
                            ("access", "accessibility"),
                            ("visa", "letter for a visa"),
                            ("passport-name", "name as in the passport"),
                            ("nationality", "nationality"),
                        ],
                        default="",
                        max_length=15,
                        verbose_name="used for",
                    ),
                ),
                ("text_en", models.CharField(max_length=250, verbose_name="question in English")),
                ("text_fr", models.CharField(max_length=250, verbose_name="question in French")),
                ("help_en", models.CharField(blank=True, max_length=250, verbose_name="help in English")),
                ("help_fr", models.CharField(blank=True, max_length=250, verbose_name="help in French")),
                ("capacities", models.JSONField(blank=True, default=list)),
                ("is_required", models.BooleanField(default=False, verbose_name="required")),
            ],
            options={
                "verbose_name": "question to participants",
                "verbose_name_plural": "questions to participants",
                "ordering": ["meeting", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Objective",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("text_en", models.TextField(verbose_name="objective in English")),
                ("text_fr", models.TextField(blank=True, verbose_name="objective in French")),
            ],
            options={
                "verbose_name": "strategic objective",
                "verbose_name_plural": "strategic objectives",
                "ordering": ["meeting", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="OpenSeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("has_voted", models.BooleanField(default=False, verbose_name="has voted")),
            ],
            options={
                "verbose_name": "city on the roll of the open ballot",
                "verbose_name_plural": "roll of the open ballot",
                "ordering": ["city__sort_key_en", "pk"],
            },
        ),
        migrations.CreateModel(
            name="OpenVote",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("choice", models.PositiveSmallIntegerField(null=True)),
                ("receipt_sha256", models.CharField(max_length=64, unique=True)),
            ],
            options={
                "verbose_name": "vote in the open ballot",
                "verbose_name_plural": "votes in the open ballot",
            },
        ),
        migrations.CreateModel(
            name="Registration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "capacity",
                    models.CharField(
                        choices=[
                            ("mayor", "mayor"),
                            ("focal-point", "focal point"),
                            ("delegate", "delegate"),
                            ("expert", "expert"),
                            ("observer", "observer"),
                            ("press", "press"),
                        ],
                        max_length=15,
                        verbose_name="capacity",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=150, verbose_name="name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                ("function", models.CharField(blank=True, max_length=150, verbose_name="function")),
                ("organization", models.CharField(blank=True, max_length=150, verbose_name="organization")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")],
                        default="en",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("registered", "registered"),
                            ("waiting", "on the waiting list"),
                            ("cancelled", "cancelled"),
                        ],
                        editable=False,
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(editable=False, null=True, verbose_name="place")),
                (
                    "places",
                    models.PositiveSmallIntegerField(editable=False, null=True, verbose_name="places of the meeting"),
                ),
                (
                    "city_place",
                    models.PositiveSmallIntegerField(
                        editable=False, null=True, verbose_name="place among those of the city"
                    ),
                ),
                (
                    "per_city",
                    models.PositiveSmallIntegerField(editable=False, null=True, verbose_name="places of the city"),
                ),
                (
                    "queued",
                    models.PositiveIntegerField(editable=False, null=True, verbose_name="number on the waiting list"),
                ),
                ("answers", models.JSONField(blank=True, default=dict, editable=False, verbose_name="answers")),
                ("on_list", models.BooleanField(default=False, verbose_name="name on the list of participants")),
                (
                    "code",
                    models.CharField(
                        default=meetings.models.registration.new_code,
                        editable=False,
                        max_length=8,
                        unique=True,
                        verbose_name="code",
                    ),
                ),
                ("secret_sha256", models.CharField(blank=True, default="", editable=False, max_length=64)),
                (
                    "visa_letter_on",
                    models.DateField(
                        blank=True, editable=False, null=True, verbose_name="letter for the visa issued on"
                    ),
                ),
                ("checked_in_at", models.DateTimeField(editable=False, null=True, verbose_name="checked in")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
                ("cancelled_at", models.DateTimeField(editable=False, null=True, verbose_name="cancelled")),
            ],
            options={
                "verbose_name": "registration",
                "verbose_name_plural": "registrations",
                "ordering": ["meeting", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RegistrationRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")],
                        default="en",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                ("secret_sha256", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("requested_at", models.DateTimeField(auto_now_add=True, verbose_name="asked")),
                ("used_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "request to register",
                "verbose_name_plural": "requests to register",
                "ordering": ["-requested_at"],
            },
        ),
        migrations.CreateModel(
            name="Rescheduling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("reason_en", models.TextField(verbose_name="reason in English")),
                ("reason_fr", models.TextField(verbose_name="reason in French")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
            ],
            options={
                "verbose_name": "new dates of a call for hosts",
                "verbose_name_plural": "new dates of calls for hosts",
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="Room",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("name_en", models.CharField(max_length=100, verbose_name="name in English")),
                ("name_fr", models.CharField(blank=True, max_length=100, verbose_name="name in French")),
                (
                    "places",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="empty: no limit",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="places",
                    ),
                ),
                ("is_accessible", models.BooleanField(default=True, verbose_name="accessible without steps")),
            ],
            options={
                "verbose_name": "room",
                "verbose_name_plural": "rooms",
                "ordering": ["meeting", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Seat",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("has_voted", models.BooleanField(verbose_name="has voted")),
            ],
            options={
                "verbose_name": "city on the roll of a ballot",
                "verbose_name_plural": "roll of a ballot",
                "ordering": ["ballot", "city__sort_key_en", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("plenary", "plenary"),
                            ("mayors", "mayors’ forum"),
                            ("sub-network", "sub-network"),
                            ("workshop", "workshop"),
                            ("public", "open to the public"),
                        ],
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                ("title_en", models.CharField(max_length=200, verbose_name="title in English")),
                ("title_fr", models.CharField(max_length=200, verbose_name="title in French")),
                ("summary_en", models.TextField(blank=True, verbose_name="summary in English")),
                ("summary_fr", models.TextField(blank=True, verbose_name="summary in French")),
                ("starts_at", models.DateTimeField(verbose_name="begins")),
                ("ends_at", models.DateTimeField(verbose_name="ends")),
                (
                    "places",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="empty: nobody has to book",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="places to be booked",
                    ),
                ),
                ("sequence", models.PositiveIntegerField(default=0, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "ordering": ["meeting", "starts_at", "room__position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="SessionPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveSmallIntegerField(verbose_name="place")),
                ("places", models.PositiveSmallIntegerField()),
                ("booked_at", models.DateTimeField(auto_now_add=True, verbose_name="booked")),
            ],
            options={
                "verbose_name": "place in a session",
                "verbose_name_plural": "places in sessions",
                "ordering": ["session", "place"],
            },
        ),
        migrations.CreateModel(
            name="SessionSpeaker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("is_moderator", models.BooleanField(default=False, verbose_name="moderates")),
                ("starts_at", models.DateTimeField(editable=False)),
                ("ends_at", models.DateTimeField(editable=False)),
            ],
            options={
                "verbose_name": "speaker of a session",
                "verbose_name_plural": "speakers of a session",
                "ordering": ["session", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Speaker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                ("function_en", models.CharField(blank=True, max_length=200, verbose_name="function in English")),
                ("function_fr", models.CharField(blank=True, max_length=200, verbose_name="function in French")),
            ],
            options={
                "verbose_name": "speaker",
                "verbose_name_plural": "speakers",
                "ordering": ["meeting", "name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Vote",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("choice", models.PositiveSmallIntegerField(null=True)),
                ("receipt_sha256", models.CharField(max_length=64, unique=True)),
            ],
            options={
                "verbose_name": "vote",
                "verbose_name_plural": "votes",
                "ordering": ["receipt_sha256"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="meeting",
            name="meeting_status_is_known",
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="address",
            field=models.TextField(blank=True, verbose_name="address of the venue"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="capacities",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="cities_represented",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="cities represented"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="figures_source",
            field=models.CharField(blank=True, max_length=300, verbose_name="source of the figures"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="format",
            field=models.CharField(
                choices=[("on-site", "on site"), ("hybrid", "on site and online"), ("online", "online")],
                default="on-site",
                max_length=10,
                verbose_name="format",
            ),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="introduction_en",
            field=models.TextField(blank=True, verbose_name="introduction in English"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="introduction_fr",
            field=models.TextField(blank=True, verbose_name="introduction in French"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="is_demonstration",
            field=models.BooleanField(default=False, editable=False, verbose_name="demonstration"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="mayors",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="mayors"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="participants",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="as reported; empty: counted from the check-in",
                null=True,
                verbose_name="participants",
            ),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="per_city",
            field=models.PositiveSmallIntegerField(
                default=3,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="persons of one city, at most",
            ),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="personal_data_removed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="personal_data_until",
            field=models.DateField(
                blank=True,
                help_text="On this day names, addresses and answers of those who registered are removed.",
                null=True,
                verbose_name="personal data kept until",
            ),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="places",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="empty: no limit",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="places",
            ),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="practical_en",
            field=models.TextField(
                blank=True,
                help_text="arrival, visas, hotels, accessibility",
                verbose_name="practical information in English",
            ),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="practical_fr",
            field=models.TextField(blank=True, verbose_name="practical information in French"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="registration_closes_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="registration closes"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="theme_en",
            field=models.CharField(blank=True, max_length=250, verbose_name="theme in English"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="theme_fr",
            field=models.CharField(blank=True, max_length=250, verbose_name="theme in French"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="time_zone",
            field=models.CharField(
                default="Europe/Paris",
                help_text="of the place, as “Africa/Casablanca”",
                max_length=40,
                validators=[meetings.models.meeting.known_time_zone],
                verbose_name="time zone",
            ),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="venue",
            field=models.CharField(blank=True, max_length=200, verbose_name="venue"),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="website",
            field=models.URLField(blank=True, verbose_name="website of the host"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="address",
            field=models.TextField(blank=True, verbose_name="address of the venue"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="capacities",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="meeting",
            name="cities_represented",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="cities represented"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="figures_source",
            field=models.CharField(blank=True, max_length=300, verbose_name="source of the figures"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="format",
            field=models.CharField(
                choices=[("on-site", "on site"), ("hybrid", "on site and online"), ("online", "online")],
                default="on-site",
                max_length=10,
                verbose_name="format",
            ),
        ),
        migrations.AddField(
            model_name="meeting",
            name="introduction_en",
            field=models.TextField(blank=True, verbose_name="introduction in English"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="introduction_fr",
            field=models.TextField(blank=True, verbose_name="introduction in French"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="is_demonstration",
            field=models.BooleanField(default=False, editable=False, verbose_name="demonstration"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="mayors",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="mayors"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="participants",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="as reported; empty: counted from the check-in",
                null=True,
                verbose_name="participants",
            ),
        ),
        migrations.AddField(
            model_name="meeting",
            name="per_city",
            field=models.PositiveSmallIntegerField(
                default=3,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="persons of one city, at most",
            ),
        ),
        migrations.AddField(
            model_name="meeting",
            name="personal_data_removed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="meeting",
            name="personal_data_until",
            field=models.DateField(
                blank=True,
                help_text="On this day names, addresses and answers of those who registered are removed.",
                null=True,
                verbose_name="personal data kept until",
            ),
        ),
        migrations.AddField(
            model_name="meeting",
            name="places",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="empty: no limit",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="places",
            ),
        ),
        migrations.AddField(
            model_name="meeting",
            name="practical_en",
            field=models.TextField(
                blank=True,
                help_text="arrival, visas, hotels, accessibility",
                verbose_name="practical information in English",
            ),
        ),
        migrations.AddField(
            model_name="meeting",
            name="practical_fr",
            field=models.TextField(blank=True, verbose_name="practical information in French"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="registration_closes_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="registration closes"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="theme_en",
            field=models.CharField(blank=True, max_length=250, verbose_name="theme in English"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="theme_fr",
            field=models.CharField(blank=True, max_length=250, verbose_name="theme in French"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="time_zone",
            field=models.CharField(
                default="Europe/Paris",
                help_text="of the place, as “Africa/Casablanca”",
                max_length=40,
                validators=[meetings.models.meeting.known_time_zone],
                verbose_name="time zone",
            ),
        ),
        migrations.AddField(
            model_name="meeting",
            name="venue",
            field=models.CharField(blank=True, max_length=200, verbose_name="venue"),
        ),
        migrations.AddField(
            model_name="meeting",
            name="website",
            field=models.URLField(blank=True, verbose_name="website of the host"),
        ),
        migrations.AlterField(
            model_name="historicalmeeting",
            name="country",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="empty until it is known who hosts",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="cities.country",
                verbose_name="country",
            ),
        ),
        migrations.AlterField(
            model_name="historicalmeeting",
            name="status",
            field=models.CharField(
                choices=[
                    ("planned", "planned"),
                    ("host-selected", "host selected"),
                    ("registration-open", "registration open"),
                    ("registration-closed", "registration closed"),
                    ("held", "held"),
                    ("outcome-published", "outcome published"),
                    ("cancelled", "cancelled"),
                ],
                default="planned",
                editable=False,
                max_length=20,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="meeting",
            name="country",
            field=models.ForeignKey(
                blank=True,
                help_text="empty until it is known who hosts",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="meetings",
                to="cities.country",
                verbose_name="country",
            ),
        ),
        migrations.AlterField(
            model_name="meeting",
            name="status",
            field=models.CharField(
                choices=[
                    ("planned", "planned"),
                    ("host-selected", "host selected"),
                    ("registration-open", "registration open"),
                    ("registration-closed", "registration closed"),
                    ("held", "held"),
                    ("outcome-published", "outcome published"),
                    ("cancelled", "cancelled"),
                ],
                default="planned",
                editable=False,
                max_length=20,
                verbose_name="status",
            ),
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "planned",
                            "host-selected",
                            "registration-open",
                            "registration-closed",
                            "held",
                            "outcome-published",
                            "cancelled",
                        ],
                    )
                ),
                name="meeting_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "registration-open"), _negated=True),
                    ("registration_closes_at__isnull", False),
                    _connector="OR",
                ),
                name="meeting_registration_has_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("personal_data_until", None),
                    ("end_date", None),
                    ("personal_data_until__gt", models.F("end_date")),
                    _connector="OR",
                ),
                name="meeting_keeps_persons_until_it_is_over",
                violation_error_message="Personal data are needed until the meeting is over.",
            ),
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["planned", "cancelled"]), ("country__isnull", False), _connector="OR"
                ),
                name="meeting_with_a_host_has_a_country",
            ),
        ),
        migrations.AddField(
            model_name="ballot",
            name="follows",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="followed_by",
                to="meetings.ballot",
                verbose_name="follows",
            ),
        ),
        migrations.AddField(
            model_name="ballot",
            name="opened_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="opened by",
            ),
        ),
        migrations.AddField(
            model_name="ballotoption",
            name="ballot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="options",
                to="meetings.ballot",
                verbose_name="ballot",
            ),
        ),
        migrations.AddField(
            model_name="bidcity",
            name="city",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="host_bids",
                to="cities.city",
                verbose_name="city",
            ),
        ),
        migrations.AddField(
            model_name="bidcity",
            name="confirmed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="confirmed by",
            ),
        ),
        migrations.AddField(
            model_name="bidcity",
            name="letter",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bid_letters",
                to="cities.privatefile",
                verbose_name="letter of the mayor",
            ),
        ),
        migrations.AddField(
            model_name="historicalobjective",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalobjective",
            name="meeting",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="historicalroom",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalroom",
            name="meeting",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="historicalsession",
            name="field",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="of a session of a sub-network",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="cities.creativefield",
                verbose_name="creative field",
            ),
        ),
        migrations.AddField(
            model_name="historicalsession",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalsession",
            name="meeting",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="historicalspeaker",
            name="city",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="cities.city",
                verbose_name="member city",
            ),
        ),
        migrations.AddField(
            model_name="historicalspeaker",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalspeaker",
            name="meeting",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="hostbid",
            name="created_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="begun by",
            ),
        ),
        migrations.AddField(
            model_name="hostbid",
            name="examined_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="examined by",
            ),
        ),
        migrations.AddField(
            model_name="hostbid",
            name="lead",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cities.city",
                verbose_name="lead city",
            ),
        ),
        migrations.AddField(
            model_name="hostbid",
            name="submitted_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="submitted by",
            ),
        ),
        migrations.AddField(
            model_name="hostbid",
            name="updated_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="last saved by",
            ),
        ),
        migrations.AddField(
            model_name="bidcity",
            name="bid",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cities",
                to="meetings.hostbid",
                verbose_name="host bid",
            ),
        ),
        migrations.AddField(
            model_name="ballotoption",
            name="bid",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ballot_options",
                to="meetings.hostbid",
                verbose_name="host bid",
            ),
        ),
        migrations.AddField(
            model_name="hostcall",
            name="agreement",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="host_agreements",
                to="cities.privatefile",
            ),
        ),
        migrations.AddField(
            model_name="hostcall",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="host_calls",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="hostbid",
            name="host_call",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bids",
                to="meetings.hostcall",
                verbose_name="call for hosts",
            ),
        ),
        migrations.AddField(
            model_name="ballot",
            name="host_call",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ballots",
                to="meetings.hostcall",
                verbose_name="call for hosts",
            ),
        ),
        migrations.AddField(
            model_name="hostcriterion",
            name="host_call",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="criteria",
                to="meetings.hostcall",
                verbose_name="call for hosts",
            ),
        ),
        migrations.AddField(
            model_name="meetingchange",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="meetingchange",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="meetingdocument",
            name="file",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="meeting_documents",
                to="cities.privatefile",
                verbose_name="file",
            ),
        ),
        migrations.AddField(
            model_name="meetingdocument",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="meetingquestion",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="questions",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="objective",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="objectives",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="openseat",
            name="city",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cities.city", verbose_name="city"
            ),
        ),
        migrations.AddConstraint(
            model_name="openvote",
            constraint=cities.constraints.Unsampled(
                columns=("id", "choice", "receipt_sha256"), name="open_vote_is_not_sampled"
            ),
        ),
        migrations.AddField(
            model_name="registration",
            name="checked_in_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="registration",
            name="city",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="registrations",
                to="cities.city",
                verbose_name="city",
            ),
        ),
        migrations.AddField(
            model_name="registration",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="registrations",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="registration",
            name="registered_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="registered by",
            ),
        ),
        migrations.AddField(
            model_name="registration",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="registrations",
                to=settings.AUTH_USER_MODEL,
                verbose_name="account",
            ),
        ),
        migrations.AddField(
            model_name="registrationrequest",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="requests",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="rescheduling",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="rescheduling",
            name="host_call",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reschedulings",
                to="meetings.hostcall",
                verbose_name="call for hosts",
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rooms",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="historicalsession",
            name="room",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="meetings.room",
                verbose_name="room",
            ),
        ),
        migrations.AddField(
            model_name="seat",
            name="ballot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="roll",
                to="meetings.ballot",
                verbose_name="ballot",
            ),
        ),
        migrations.AddField(
            model_name="seat",
            name="city",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="seats", to="cities.city", verbose_name="city"
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="field",
            field=models.ForeignKey(
                blank=True,
                help_text="of a session of a sub-network",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cities.creativefield",
                verbose_name="creative field",
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="room",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="meetings.room",
                verbose_name="room",
            ),
        ),
        migrations.AddField(
            model_name="sessionplace",
            name="registration",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="bookings",
                to="meetings.registration",
                verbose_name="registration",
            ),
        ),
        migrations.AddField(
            model_name="sessionplace",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bookings",
                to="meetings.session",
                verbose_name="session",
            ),
        ),
        migrations.AddField(
            model_name="sessionspeaker",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="speakers",
                to="meetings.session",
                verbose_name="session",
            ),
        ),
        migrations.AddField(
            model_name="speaker",
            name="city",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cities.city",
                verbose_name="member city",
            ),
        ),
        migrations.AddField(
            model_name="speaker",
            name="meeting",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="speakers",
                to="meetings.meeting",
                verbose_name="annual meeting",
            ),
        ),
        migrations.AddField(
            model_name="sessionspeaker",
            name="speaker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="meetings.speaker",
                verbose_name="speaker",
            ),
        ),
        migrations.AddField(
            model_name="vote",
            name="ballot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="votes",
                to="meetings.ballot",
                verbose_name="ballot",
            ),
        ),
        migrations.AddConstraint(
            model_name="bidcity",
            constraint=models.UniqueConstraint(
                condition=models.Q(("left_at", None)), fields=("bid", "city"), name="bid_city_once_a_bid"
            ),
        ),
        migrations.AddConstraint(
            model_name="bidcity",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_lead", True), ("left_at", None)), fields=("bid",), name="bid_city_one_lead"
            ),
        ),
        migrations.AddConstraint(
            model_name="ballotoption",
            constraint=models.UniqueConstraint(fields=("ballot", "number"), name="ballot_option_number_once"),
        ),
        migrations.AddConstraint(
            model_name="ballotoption",
            constraint=models.UniqueConstraint(fields=("ballot", "bid"), name="ballot_option_bid_once"),
        ),
        migrations.AddConstraint(
            model_name="ballotoption",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="ballot_option_number_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="ballotoption",
            constraint=cities.constraints.CountsChanges(name="ballot_option_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="hostcall",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["draft", "published", "ballot", "decided", "cancelled"])),
                name="host_call_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="hostcall",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ballot_closes_at__gt", models.F("ballot_opens_at")),
                    ("ballot_opens_at__gte", models.F("closes_at")),
                    ("closes_at__gt", models.F("opens_at")),
                ),
                name="host_call_instants_are_in_order",
                violation_error_message="The dates are out of order: opening, closing, opening of the ballot, its closing.",
            ),
        ),
        migrations.AddConstraint(
            model_name="hostcall",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("most_cities__gte", 1),
                    ("most_rounds__gte", 1),
                    ("quorum_percent__lte", 100),
                    ("runoff_hours__gte", 1),
                ),
                name="host_call_rules_make_sense",
                violation_error_message="A quorum is at most 100 %; hours, rounds and cities are 1 or more.",
            ),
        ),
        migrations.AddConstraint(
            model_name="hostcall",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["draft", "published", "ballot"])),
                fields=("meeting",),
                name="host_call_one_runs",
                violation_error_message="Another call for hosts of this meeting is in preparation or runs.",
            ),
        ),
        migrations.AddConstraint(
            model_name="hostcall",
            constraint=cities.constraints.FrozenRules(
                columns=("meeting", "bidders_vote", "quorum_percent", "runoff_hours", "most_rounds", "most_cities"),
                name="host_call_rules_are_frozen",
            ),
        ),
        migrations.AddConstraint(
            model_name="hostcall",
            constraint=cities.constraints.CountsChanges(name="host_call_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="hostbid",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "draft",
                            "submitted",
                            "eligible",
                            "ineligible",
                            "on-ballot",
                            "selected",
                            "not-selected",
                            "withdrawn",
                        ],
                    )
                ),
                name="host_bid_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="hostbid",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "selected")), fields=("host_call",), name="host_bid_one_selected"
            ),
        ),
        migrations.AddConstraint(
            model_name="hostbid",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "withdrawn"), _negated=True),
                fields=("host_call", "lead"),
                name="host_bid_once_a_lead",
                violation_error_message="Your city leads a bid in this call already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="hostbid",
            constraint=cities.constraints.CountsChanges(name="host_bid_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.UniqueConstraint(fields=("host_call", "number"), name="ballot_number_once_a_call"),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")),
                fields=("status",),
                name="ballot_one_open",
                violation_error_message="Another ballot is open: only one can be at a time.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("blank", None),
                        ("cast", None),
                        ("closed_at", None),
                        ("counting__isnull", True),
                        ("outcome", ""),
                        ("status", "open"),
                    ),
                    models.Q(
                        ("blank", None),
                        ("cast", None),
                        ("closed_at__isnull", False),
                        ("counting__isnull", True),
                        ("outcome", ""),
                        ("status", "annulled"),
                    ),
                    models.Q(
                        models.Q(("outcome", ""), _negated=True),
                        ("blank__isnull", False),
                        ("cast__isnull", False),
                        ("closed_at__isnull", False),
                        ("counting__isnull", False),
                        ("status", "closed"),
                    ),
                    _connector="OR",
                ),
                name="ballot_result_with_its_closing",
            ),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes_at__gt", models.F("opened_at"))), name="ballot_closes_after_it_opens"
            ),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=cities.constraints.FrozenRules(
                columns=(
                    "host_call",
                    "number",
                    "round",
                    "follows",
                    "status",
                    "opened_at",
                    "closes_at",
                    "closed_at",
                    "seats",
                    "quorum",
                    "outcome",
                    "cast",
                    "blank",
                    "counting",
                    "reason",
                    "opened_by",
                ),
                free="open",
                name="ballot_is_final",
            ),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=cities.constraints.CountsChanges(name="ballot_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="hostcriterion",
            constraint=cities.constraints.CountsChanges(name="host_criterion_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="meetingchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["postponed", "relocated", "cancelled"])),
                name="meeting_change_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="meetingchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("by", None),
                    models.Q(models.Q(("reason_en", ""), _negated=True), models.Q(("reason_fr", ""), _negated=True)),
                    _connector="OR",
                ),
                name="meeting_change_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="meetingchange",
            constraint=cities.constraints.CountsChanges(name="meeting_change_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="meetingdocument",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__in", ["public", "members"])),
                name="meeting_document_visibility_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="meetingdocument",
            constraint=cities.constraints.CountsChanges(name="meeting_document_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="meetingquestion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("purpose", ""), _negated=True),
                fields=("meeting", "purpose"),
                name="meeting_question_purpose_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="objective",
            constraint=cities.constraints.CountsChanges(name="objective_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="openseat",
            constraint=cities.constraints.Unsampled(
                columns=("id", "city", "has_voted"), name="open_seat_is_not_sampled"
            ),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(fields=["meeting", "status"], name="registration_by_status"),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(fields=["secret_sha256"], name="registration_by_link"),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("place__gte", 1), ("place__isnull", False), ("queued", None), ("status", "registered")),
                    models.Q(("place", None), ("queued__isnull", False), ("status", "waiting")),
                    models.Q(("city_place", None), ("place", None), ("queued", None), ("status", "cancelled")),
                    _connector="OR",
                ),
                name="registration_has_a_place_or_waits",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("place", None), ("places", None), ("place__lte", models.F("places")), _connector="OR"
                ),
                name="registration_within_the_places",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                condition=models.Q(("place__isnull", False)),
                fields=("meeting", "place"),
                name="registration_place_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(("city", None), ("status", "cancelled"), ("city_place__gte", 1), _connector="OR"),
                name="registration_counts_for_its_city",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("city_place", None), ("per_city", None), ("city_place__lte", models.F("per_city")), _connector="OR"
                ),
                name="registration_within_the_city",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                condition=models.Q(("city_place__isnull", False)),
                fields=("meeting", "city", "city_place"),
                name="registration_city_place_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                condition=models.Q(("queued__isnull", False)),
                fields=("meeting", "queued"),
                name="registration_queued_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("status", "cancelled"), _negated=True), models.Q(("email", ""), _negated=True)
                ),
                fields=("meeting", "email"),
                name="registration_once_a_person",
                violation_error_message="This address is registered already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("capacity__in", ["mayor", "focal-point", "delegate"]), ("city__isnull", False)),
                    models.Q(("capacity__in", ["expert", "observer", "press"]), ("city", None)),
                    _connector="OR",
                ),
                name="registration_capacity_fits_the_city",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                condition=models.Q(("capacity", "mayor"), models.Q(("status", "cancelled"), _negated=True)),
                fields=("meeting", "city"),
                name="registration_one_mayor_a_city",
                violation_error_message="The mayor of this city is registered already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(("checked_in_at", None), ("status", "registered"), _connector="OR"),
                name="registration_checked_in_with_a_place",
            ),
        ),
        migrations.AddIndex(
            model_name="registrationrequest",
            index=models.Index(fields=["secret_sha256"], name="registration_request_by_link"),
        ),
        migrations.AddConstraint(
            model_name="rescheduling",
            constraint=cities.constraints.CountsChanges(name="rescheduling_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=cities.constraints.CountsChanges(name="room_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.UniqueConstraint(fields=("ballot", "city"), name="seat_once_a_ballot"),
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=cities.constraints.AppendOnly(name="seat_only_grows", unique=(("ballot", "city"),)),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["plenary", "mayors", "sub-network", "workshop", "public"])),
                name="session_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="session_ends_after_it_begins",
                violation_error_message="The session ends before it begins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("field__isnull", False), ("kind", "sub-network")),
                    models.Q(models.Q(("kind", "sub-network"), _negated=True), ("field", None)),
                    _connector="OR",
                ),
                name="session_of_a_sub_network_has_a_field",
                violation_error_message="A session of a sub-network has a creative field; others have none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=cities.constraints.NoOverlap(
                end="ends_at",
                key="room",
                name="session_room_is_free",
                start="starts_at",
                violation_error_message="Another session is in this room at that time.",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=cities.constraints.CountsChanges(name="session_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="sessionplace",
            constraint=models.UniqueConstraint(fields=("session", "registration"), name="session_place_once_a_person"),
        ),
        migrations.AddConstraint(
            model_name="sessionplace",
            constraint=models.UniqueConstraint(fields=("session", "place"), name="session_place_once"),
        ),
        migrations.AddConstraint(
            model_name="sessionplace",
            constraint=models.CheckConstraint(
                condition=models.Q(("place__gte", 1), ("place__lte", models.F("places"))),
                name="session_place_within_the_places",
            ),
        ),
        migrations.AddConstraint(
            model_name="speaker",
            constraint=cities.constraints.CountsChanges(name="speaker_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="sessionspeaker",
            constraint=models.UniqueConstraint(fields=("session", "speaker"), name="session_speaker_once"),
        ),
        migrations.AddConstraint(
            model_name="sessionspeaker",
            constraint=cities.constraints.NoOverlap(
                end="ends_at",
                key="speaker",
                name="session_speaker_is_free",
                start="starts_at",
                violation_error_message="This person speaks in another session at that time.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionspeaker",
            constraint=cities.constraints.CountsChanges(name="session_speaker_changes_count"),
        ),
        migrations.AddConstraint(
            model_name="vote",
            constraint=cities.constraints.AppendOnly(name="vote_only_grows", unique=("receipt_sha256",)),
        ),
        migrations.AddConstraint(
            model_name="ballotoption",
            constraint=cities.constraints.FrozenWith(free="open", name="ballot_option_is_final", path=("ballot",)),
        ),
        migrations.AddConstraint(
            model_name="hostcriterion",
            constraint=cities.constraints.FrozenWith(name="host_criterion_is_frozen", path=("host_call",)),
        ),
    ]
