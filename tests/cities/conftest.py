from django.db import connection

# Parallel writers need a server and real connections: PostgreSQL's run has them.
collect_ignore_glob = ["test_parallel*.py"] if connection.vendor == "sqlite" else []
