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
        SECRET_KEY = "not secret, and for tests only, where nothing is worth a secret"  # noqa: S105
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
    "import_export",
    "simple_history",
    "rules.apps.AutodiscoverRulesConfig",
    "rvcu.apps.RvcuAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
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
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
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
    "django.contrib.auth.backends.ModelBackend",
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
LOGIN_URL = "admin:login"
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {"host": env.str("EMAIL_HOST", "localhost"), "port": env.int("EMAIL_PORT", 25)},
    }
    if PRODUCTION
    else {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
}
PUBLISHER = env.str("PUBLISHER", "RVCU")
CONTACT_EMAIL = env.str("CONTACT_EMAIL", "contact@example.org")

# LANGUAGES AND TIME

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "rvcu" / "locale"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
FORMAT_MODULE_PATH = ["rvcu.formats"]

# STATIC FILES

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
_bootstrap = Path(importlib.import_module("bootstrap").__path__[0])
STATICFILES_DIRS = [("bootstrap", _bootstrap / "css")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if MODE == "test"
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# LOGGING

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
