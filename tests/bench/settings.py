"""The settings of the demo, with one address more: the directory's template filled from ready data."""

from rvcu.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    DATABASES["default"]["CONN_MAX_AGE"] = None  # noqa: F405
