# Every command of the project. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
PY := .venv/bin/python
DEFINITION ?=
ONLY ?=
EXAMPLES ?= 50
WALKS ?=
MINUTES ?= 10
JOBS_PER_MINUTE ?= 20
NODES ?= 4
# Every process that is started (servers, workers, parts of the sandbox) would else compile the whole platform anew.
export PYTHONDONTWRITEBYTECODE :=

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## make everything ready (idempotent)
	@$(PYTHON) -m sandbox.setup

run: setup  ## the sandbox and the platform on http://127.0.0.1:8000, with Acme and its first job
	@$(PY) -m sandbox.run

demo: setup  ## the whole story once, on free ports in a throw-away folder (DEFINITION=path.json)
	@$(PY) -m sandbox.demo $(if $(DEFINITION),--definition "$(DEFINITION)")

test: setup  ## all tests (WALKS=no leaves out the longest walks over every page and address)
	@$(PY) -m pytest -n 3 --dist worksteal $(if $(filter no,$(WALKS)),-m "not walk")

lint: setup  ## style, types, templates, migrations, OpenAPI
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy apps nosana_web sandbox sdk/src
	@$(PY) manage.py check
	@$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(PY) -m tests.architecture.migrations
	@$(PY) -m tests.architecture.templates
	@$(PY) -m tests.architecture.languages
	@$(PY) manage.py openapi --check

messages: setup  ## bring the catalogues of translations to what the sources say (docs/languages.md)
	@$(PY) -m apps.core.catalogues extract
	@$(PY) -m apps.core.catalogues compile

openapi:  ## write docs/openapi.json anew, from the code
	@$(PY) manage.py openapi --write

check: lint test demo  ## everything CI does, and the walks

schemathesis: setup  ## try to break the API with requests made from its reference (EXAMPLES=50 for each address)
	@SCHEMATHESIS_EXAMPLES=$(EXAMPLES) $(PY) -m pytest tests/core/test_invented.py -n 2 -q

restore-drill: setup  ## dump, wipe and restore a sandbox's database; books, trail and chain must agree afterwards
	@$(PY) -m sandbox.drill

soak: setup  ## demand > supply > demand with faults on, and a report (MINUTES=10 JOBS_PER_MINUTE=20 NODES=4)
	@$(PY) -m sandbox.soak --minutes $(MINUTES) --jobs-per-minute $(JOBS_PER_MINUTE) --nodes $(NODES)

audit: setup  ## known holes in the packages that production runs (says so when nobody can be asked)
	@$(PY) -m sandbox.audit

bench: setup  ## benchmarks, each beside its baseline (ONLY=part of a name)
	@$(PY) -m benchmarks $(if $(ONLY),--only "$(ONLY)")

screenshots: setup  ## every page at 1280 and 390 pixels, light and dark, into var/screenshots/ (SCREENSHOTS_LANGUAGE=de)
	@$(PY) -m tests.journeys.screenshots

clean:  ## remove what the commands made (not the packages)
	@rm -rf var .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help setup run demo test lint messages openapi schemathesis check restore-drill soak audit bench screenshots clean
