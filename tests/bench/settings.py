"""The settings of the demo, with one address more: the directory's template filled from ready data."""

from rvcu.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
