"""Production refuses to start half-configured, and the demo refuses to be production."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PRODUCTION = {
    "SECRET_KEY": "a secret of the tests " * 4,
    "ALLOWED_HOSTS": "www.example.org",
    "SITE_ADDRESS": "https://www.example.org",
}


def manage(*command: str, **environment: str) -> subprocess.CompletedProcess:
    unset = {"RVCU_MODE", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", *PRODUCTION}
    unset |= {"DJANGO_ALLOW_ASYNC_UNSAFE"}
    kept = {key: value for key, value in os.environ.items() if key not in unset}
    return subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=kept | environment, capture_output=True, text=True
    )


@pytest.mark.parametrize("missing", [*PRODUCTION])
def test_a_missing_setting_stops_the_start_with_a_sentence(missing):
    result = manage("check", **{key: value for key, value in PRODUCTION.items() if key != missing})
    assert result.returncode != 0
    assert f"Set {missing} (" in result.stderr.splitlines()[-1]


def test_production_passes_its_checks():
    result = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert result.returncode == 0, result.stderr


def test_an_unknown_mode_is_refused():
    assert "RVCU_MODE is 'prod'" in manage("check", RVCU_MODE="prod").stderr


def test_the_demo_is_refused_in_production(tmp_path):
    result = manage("demo", VAR_DIR=str(tmp_path), **PRODUCTION)
    assert result.returncode != 0
    assert "refused with production settings" in result.stderr
    assert not (tmp_path / "demo-accounts").exists()


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "192.0.2.1:80", "example.org:80", "127.0.0.1", "127.0.0.1:http"])
def test_the_demo_listens_on_loopback_only(tmp_path, bind):
    result = manage("demo", "--bind", bind, RVCU_MODE="demo", SECRET_KEY="x", VAR_DIR=str(tmp_path))
    assert result.returncode != 0
    assert "is not on loopback" in result.stderr


def test_a_missing_trigger_is_an_error_and_does_not_bar_the_migration_that_brings_it(tmp_path):
    demo = {"RVCU_MODE": "demo", "VAR_DIR": str(tmp_path), "SECRET_KEY": "of the tests"}
    assert manage("migrate", "-v0", **demo).returncode == 0
    with sqlite3.connect(tmp_path / "rvcu.sqlite3") as database:
        database.execute("DROP TRIGGER history_only_grows_delete")
    check = manage("check", "--database", "default", **demo)
    assert check.returncode != 0
    assert "history_only_grows_delete is missing" in check.stderr
    with sqlite3.connect(tmp_path / "rvcu.sqlite3") as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'meetings'")
    assert "history_only_grows_delete" not in manage("migrate", "--plan", **demo).stderr
