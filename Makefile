# make demo    a trial on this machine, on real data: http://localhost:8000
# make test    everything, on SQLite and on PostgreSQL
# make check   style, types, migrations, translations, production settings
# make fuzz-api  5,000 requests made up from the API's document, on SQLite and on PostgreSQL
# make bench   how the directory behaves at 400, 4,000 and 40,000 cities

ADDR ?= 127.0.0.1:8000
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install -q --require-hashes --only-binary :all:
PYTEST := $(PY) -m pytest -q -n auto --maxprocesses 8 --dist worksteal
LOCK := -q --universal --python-version 3.12 --generate-hashes --no-header --no-annotate
PO := $(wildcard rvcu/locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
STATIC := $(shell find rvcu/static -type f 2>/dev/null)

.PHONY: demo test test-sqlite test-postgres check fuzz-api bench messages lock clean
.DELETE_ON_ERROR:

demo: export RVCU_MODE = demo
demo: $(VENV)/.run $(MO) var/secret-key var/static/staticfiles.json
	@$(PY) manage.py demo --bind $(ADDR)

test: test-sqlite test-postgres

test-sqlite: $(VENV)/.dev $(MO)
	@echo "On SQLite:"
	$(PYTEST) $(ARGS)

test-postgres: $(VENV)/.dev $(MO)
	@echo "On PostgreSQL:"
	TEST_DB=postgres $(PYTEST) $(ARGS)

check: $(VENV)/.dev $(MO)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	RVCU_MODE=test $(VENV)/bin/mypy
	RVCU_MODE=test $(PY) manage.py makemigrations --check --dry-run
	RVCU_MODE=test $(PY) manage.py check_translations
	SECRET_KEY=$$($(PY) -c "import secrets; print(secrets.token_urlsafe(64))") ALLOWED_HOSTS=www.example.org \
		SITE_ADDRESS=https://www.example.org \
		$(PY) manage.py check --deploy --fail-level WARNING

fuzz-api: export FUZZ_CASES ?= 5000
fuzz-api: $(VENV)/.dev $(MO)
	@echo "On SQLite:"
	$(PY) -m pytest -q -rP tests/rvcu/test_fuzz_api.py $(ARGS)
	@echo "On PostgreSQL:"
	TEST_DB=postgres $(PY) -m pytest -q -rP tests/rvcu/test_fuzz_api.py $(ARGS)

bench: $(VENV)/.dev $(MO)
	$(PY) -m tests.bench $(ARGS)

# Collect the texts to translate; needs gettext's xgettext.
messages: $(VENV)/.dev
	RVCU_MODE=test $(PY) manage.py makemessages -l fr --no-location

lock: $(VENV)/.dev
	$(PY) -m pip --disable-pip-version-check install -q uv
	$(VENV)/bin/uv pip compile $(LOCK) pyproject.toml -o requirements.txt
	$(VENV)/bin/uv pip compile $(LOCK) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

clean:
	rm -rf var $(VENV) $(MO)

var/secret-key: | $(VENV)/bin/python
	@mkdir -p var
	@umask 077; $(PY) -c "import secrets; print(secrets.token_urlsafe(64))" > $@

var/static/staticfiles.json: $(STATIC) requirements.txt | $(VENV)/.run
	RVCU_MODE=demo $(PY) manage.py collectstatic --no-input --clear -v0

%.mo: %.po | $(VENV)/bin/python
	@$(if $(wildcard $(VENV)/.run $(VENV)/.dev),,$(MAKE) $(VENV)/.run)
	RVCU_MODE=test $(PY) manage.py compilemessages

$(VENV)/bin/python:
	py=$$(PYTHON="$(PYTHON)" sh bin/find-python) && "$$py" -m venv --clear $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(PIP) -r $< && touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/bin/python
	$(PIP) -r $< && touch $@
