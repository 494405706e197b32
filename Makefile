.PHONY: help setup demo test attack bench bench-quick lint types floors ci
.DEFAULT_GOAL := help
PORT ?= 8000
DEMO_DATA ?= $(CURDIR)/var/demo
TESTS ?=
TRIALS ?= 60
BENCH ?=
# What the demonstration must not take from the environment: it has its own database, secrets and mail.
OWN := -u DATABASE_URL -u REDIS_URL -u EMAIL_URL -u SECRET_KEY -u DELPHI_MASTER_KEY -u DELPHI_KEYSTORE \
	-u DELPHI_BASE_URL -u DEBUG -u DELPHI_STATIC_MANIFEST

help:
	@echo "make demo    load the demonstration and serve it (PORT=$(PORT))"
	@echo "make test    all tests; on SQLite, or on DATABASE_URL and REDIS_URL (TESTS= for some of them)"
	@echo "make attack  the attacks on anonymity at length, TRIALS=$(TRIALS) studies each, and the report that they make"
	@echo "make bench   how fast everything is, against yardsticks measured beside it; bench-quick does it in two minutes"
	@echo "make setup   make .venv with everything; does nothing when that is current"
	@echo "make lint types floors   the checks, one by one"
	@echo "make ci      everything that must pass before a change is merged"

setup:
	@tools/setup.sh

demo: setup
	@exec env $(OWN) DELPHI_DEMO=1 DELPHI_DATA="$(DEMO_DATA)" PORT="$(PORT)" .venv/bin/python manage.py demo

test: setup
	@tools/chromium.sh
	@exec .venv/bin/python -m pytest -n 2 --dist loadfile $(TESTS)

attack: setup
	@ATTACK_TRIALS=$(TRIALS) .venv/bin/python -m pytest -n 2 --dist loadfile tests/attacks
	@exec .venv/bin/python manage.py anonymity_check --trials $(TRIALS)

bench: setup
	@exec .venv/bin/python -m tests.bench $(BENCH)

bench-quick: setup
	@exec .venv/bin/python -m tests.bench --quick $(BENCH)

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: setup
	@.venv/bin/mypy

floors: setup
	@.venv/bin/lint-imports

ci:
	@.ci/run
