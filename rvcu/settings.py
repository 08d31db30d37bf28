"""One file for the demo, the tests and production; the environment decides (README, "Settings").

RVCU_MODE is production unless said otherwise, and production refuses to start without its secrets.
"""

import importlib
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

# What the application writes: the demo's database and secret, collected static files, uploads.
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))

MODE = env.str("RVCU_MODE", "production")
if MODE not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"RVCU_MODE is {MODE!r}: give production, demo or test.")
PRODUCTION = MODE == "production"

DEBUG = False


def required(name: str, meaning: str) -> str:
    """A variable that production cannot do without; a sentence instead of a traceback's last line."""
    value = env.str(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"Set {name} ({meaning}). For a trial on this machine, run `make demo`, or set RVCU_MODE=demo."
        )
    return value


# ADDRESS AND SECRETS

if PRODUCTION:
    SECRET_KEY = required("SECRET_KEY", "a long random text, kept out of the repository")
    _hosts = required("ALLOWED_HOSTS", "the host names served, separated by commas")
    ALLOWED_HOSTS = [host.strip() for host in _hosts.split(",") if host.strip()]
else:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
    SECRET_KEY = env.str("SECRET_KEY", "")
    demo_key = VAR_DIR / "secret-key"  # made by `make demo`
    if MODE == "test":
        SECRET_KEY = "not secret, and for tests only, where nothing is worth a secret"  # noqa: S105  says so
    elif not SECRET_KEY and demo_key.exists():
        SECRET_KEY = demo_key.read_text().strip()
    elif not SECRET_KEY:
        raise ImproperlyConfigured(f"The demo has no secret yet: run `make demo`, which makes {demo_key.name}.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# How many proxies stand before the application; only then are their headers believed.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The demo goes without https on loopback, and without these alone.
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
CSRF_COOKIE_HTTPONLY = True
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "rvcu.views.gone_stale"

# APPLICATIONS

INSTALLED_APPS = [
    "rvcu",
    "cities",
    "meetings",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "corsheaders",
    "drf_spectacular",
    "import_export",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_tasks_db",
    "rules.apps.AutodiscoverRulesConfig",
    "rvcu.apps.RvcuAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "rvcu.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "rvcu.urls"
WSGI_APPLICATION = "rvcu.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rvcu.context_processors.site",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False
IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = True
SIMPLE_HISTORY_REVERT_DISABLED = True

# DATA

DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{VAR_DIR / 'rvcu.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(parents=True, exist_ok=True)  # SQLite makes the file, never its folder
    DATABASES["default"]["OPTIONS"] = {
        # Takes the write lock at BEGIN: a transaction that reads and then writes waits instead of failing.
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
        "timeout": 20,
    }
    # Opening the file and reading its schema anew costs a request more than most queries. A test counts its own.
    DATABASES["default"]["CONN_MAX_AGE"] = 0 if MODE == "test" else None
    # A file, not memory: the browser's requests then have connections of their own, as in production.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": env.int("DB_POOL_SIZE", 8)}

# Pages live in the process, keyed by the edition of the data that they show; what must be counted
# across processes lives in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "rvcu_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "TIMEOUT": 24 * 3600,
        "OPTIONS": {"MAX_ENTRIES": env.int("PAGE_CACHE_ENTRIES", 500)},
    },
}
PAGE_CACHE = env.bool("PAGE_CACHE", True)

# PEOPLE

AUTH_USER_MODEL = "rvcu.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "rules.permissions.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "my"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "rvcu.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "rvcu.forms.SignInForm",
    "reset_password": "rvcu.forms.ResetPasswordForm",
    "reset_password_from_key": "rvcu.forms.NewPasswordForm",
    "change_password": "rvcu.forms.ChangePasswordForm",
    "set_password": "rvcu.forms.SetPasswordForm",
    "add_email": "rvcu.forms.AddressForm",
    "reauthenticate": "rvcu.forms.ConfirmPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PRODUCTION else "http"
# Counted in the default cache, the database's, so all processes count together. Codes of the second factor count as
# failed sign-ins of the person.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,100/h/ip,5/5m/key",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/3m/key",
    "signup": "20/m/ip",
}
MFA_ADAPTER = "rvcu.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "rvcu.forms.CodeForm",
    "reauthenticate": "rvcu.forms.ConfirmCodeForm",
    "activate_totp": "rvcu.forms.AppForm",
    "add_webauthn": "rvcu.forms.KeyForm",
    "edit_webauthn": "rvcu.forms.KeyNameForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": "10/m/ip"}
MFA_TOTP_ISSUER = "RVCU"
# An account's own address is always verified; one that is not yet is the next one, and no reason to refuse a factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
# Following every step of a session would write at every request.
USERSESSIONS_TRACK_ACTIVITY = False
# Without a second factor staff do not reach the admin; the demo alone may go without.
ADMIN_NEEDS_SECOND_FACTOR = env.bool("ADMIN_NEEDS_SECOND_FACTOR", MODE != "demo")
INVITATION_DAYS = env.int("INVITATION_DAYS", 14)

# MAIL AND BACKGROUND WORK

MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": env.str("EMAIL_HOST", "localhost"),
            "port": env.int("EMAIL_PORT", 25),
            "username": env.str("EMAIL_HOST_USER", ""),
            "password": env.str("EMAIL_HOST_PASSWORD", ""),
            "use_tls": env.bool("EMAIL_USE_TLS", False),
            "timeout": 20,
        },
    }
    if PRODUCTION
    else {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
}
# A mail is tried so often, the waits between growing from one minute to twelve hours: more than a day in all.
OUTBOX_ATTEMPTS = env.int("OUTBOX_ATTEMPTS", 8)
# Then address and text of mails that were sent, and of invitations that are closed, are emptied.
OUTBOX_KEPT_DAYS = env.int("OUTBOX_KEPT_DAYS", 90)
INVITATIONS_KEPT_DAYS = env.int("INVITATIONS_KEPT_DAYS", 90)
TASK_RESULTS_KEPT_DAYS = env.int("TASK_RESULTS_KEPT_DAYS", 14)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "RVCU <noreply@example.org>")
# Where this site is, for the links in mails, which no request tells.
SITE_ADDRESS = (
    required("SITE_ADDRESS", "where this site is, such as https://www.example.org, for links in mails")
    if PRODUCTION
    else env.str("SITE_ADDRESS", "http://localhost:8000")
).rstrip("/")
# The demo sends nothing: its outbox shows whole mails, links included, to staff.
OUTBOX_SHOWS_WHOLE_MAILS = MODE == "demo"
TASKS = {
    "default": {
        "BACKEND": (
            "django_tasks_db.DatabaseBackend" if PRODUCTION else "django.tasks.backends.immediate.ImmediateBackend"
        )
    }
}

# DOCUMENTS

# What looks into every document that somebody sends, by its path: called with its bytes and its name, it raises
# UploadRefused with a sentence. Where a scanner for viruses is installed, name the function that asks it.
DOCUMENT_SCANNER = env.str("DOCUMENT_SCANNER", "cities.services.private_file.no_scan")

# MODERATION

# Parts of a profile that are published at once when nothing else changed: any of links, events, venues, website.
PROFILE_PUBLISHED_AT_ONCE = env.list("PROFILE_PUBLISHED_AT_ONCE", default=["links", "events"])
CONFIRMATION_DAYS = env.int("CONFIRMATION_DAYS", 365)
PARTNER_REMINDER_DAYS = env.int("PARTNER_REMINDER_DAYS", 14)
PHOTO_GRANT_REMINDER_DAYS = env.int("PHOTO_GRANT_REMINDER_DAYS", 30)

# APPLICATIONS

# So many days before the end, owners of an application that was not submitted are reminded of it.
APPLICATION_REMINDER_DAYS = [int(days) for days in env.list("APPLICATION_REMINDER_DAYS", default=["30", "7", "1"])]
# So many days before they are due, evaluators are reminded of their evaluations.
EVALUATION_REMINDER_DAYS = [int(days) for days in env.list("EVALUATION_REMINDER_DAYS", default=["14", "3"])]

# WHO ANSWERS FOR THE SITE

PUBLISHER = env.str("PUBLISHER", "RVCU")
CONTACT_EMAIL = env.str("CONTACT_EMAIL", "contact@example.org")

# LANGUAGES AND TIME

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "rvcu" / "locale"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
FORMAT_MODULE_PATH = ["rvcu.formats"]

# OPEN DATA

# Answers of the API that one client gets: a number, and in what time (s, min, h or d).
API_RATE = env.str("API_RATE", "300/min")
# No app here: its own pages, files and texts are not used.
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rvcu.api.renderers.DataRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_THROTTLE_CLASSES": ["rvcu.api.throttling.PerClient"],
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "rvcu.api.errors.as_problem",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "DEFAULT_GENERATOR_CLASS": "rvcu.api.schema.Document",
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # the document's examples need the database; a test holds it instead
}
# Scripts of other sites may read what is for everyone and the same for everyone; who reads is never told.
CORS_ALLOW_ALL_ORIGINS = True
CORS_URLS_REGEX = (
    r"^/(api/|data/snapshots/"
    r"|(en|fr)/(cities|initiatives|cooperation|calls|designations|fields|countries|meetings)"
    r"\.(csv|xlsx|json|geojson|kml|jsonld|ics|atom)$|(en|fr)/data/changes\.(csv|xlsx|json)$|(en|fr)/meetings/feed/$)"
)
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_ALLOW_HEADERS = ["accept", "accept-language", "if-modified-since", "if-none-match"]
CORS_EXPOSE_HEADERS = [
    *("ETag", "Last-Modified", "Link", "Retry-After", "Content-Disposition", "Deprecation", "Sunset"),
]

# STATIC FILES

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
_bootstrap = Path(importlib.import_module("bootstrap").__path__[0])
STATICFILES_DIRS = [("bootstrap", _bootstrap / "css")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR_DIR / "files"}},
    # Uploads: no address leads there, only views that ask who is asking.
    "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR_DIR / "files"}},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if MODE == "test"
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# UPLOADS

FILE_UPLOAD_HANDLERS = [
    "cities.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# LOGGING

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"mask_secrets": {"()": "rvcu.logs.MaskSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["mask_secrets"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A line at the begin and the end of each task would drown all others.
    "loggers": {"django.tasks": {"level": "WARNING"}},
}
