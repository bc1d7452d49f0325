# Everything runs in .venv, which the first target that needs it makes; a target that has nothing to install starts at once.
# PYTHON=... names the interpreter to make it with, PYTEST_ARGS=... what pytest is to be told besides, TERRAFORM=... the
# program that is Terraform.

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 python
PYTEST_ARGS ?=
TERRAFORM ?= terraform
export TERRAFORM

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-sql test-bigquery test-terraform test-deploy test-bundles bundle lint docs bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

demo: .venv/installed ## two years of real events into demo.duckdb, exactly once, and an alert in a stand-in Slack
	@$(BIN)/python -m mixpanel_data_standins.demo

serve: .venv/installed ## the stand-in Mixpanel on port 8086 and the functions from port 8081 on, until Ctrl-C
	@$(BIN)/python -m mixpanel_data_standins.serve

test: .venv/installed-dev ## the tests that need nothing but this machine
	@$(BIN)/python -m pytest -m 'not bigquery and not terraform and not deploy and not bundles' -n auto --dist worksteal --ignore=tests/sql $(PYTEST_ARGS)

test-sql: .venv/installed-dev ## every SQL statement by Google's own analyzer and executor, beside DuckDB
	@$(BIN)/python -m pytest tests/sql -n auto --dist worksteal $(PYTEST_ARGS)

test-bigquery: .venv/installed-dev ## the tests on a BigQuery emulator, which needs Python 3.13 or 3.14 besides
	@$(BIN)/python tests/emulator/with_emulator.py -- $(BIN)/python -m pytest -m bigquery $(PYTEST_ARGS)

test-terraform: .venv/installed-dev .venv-checkov/installed ## infra/: format, tests, rights, alerts; nothing reaches a cloud
	@$(TERRAFORM) -chdir=infra fmt -check -diff -recursive
	@$(TERRAFORM) -chdir=infra init -backend=false -input=false >/dev/null
	@$(TERRAFORM) -chdir=infra validate
	@$(TERRAFORM) -chdir=infra test
	@$(BIN)/python -m pytest -m terraform tests/infra tests/functions $(PYTEST_ARGS)
	@.venv-checkov/bin/checkov --directory infra --framework terraform --compact --quiet --skip-download

test-deploy: .venv/installed-dev ## deploy.sh at length: cut off anywhere, and with the gcloud that is on the PATH
	@$(BIN)/python -m pytest -m deploy $(PYTEST_ARGS)

test-bundles: .venv/installed-dev ## each function from its bundle, with nothing installed but its requirements
	@$(BIN)/python -m pytest -m bundles $(PYTEST_ARGS)

bundle: .venv/installed ## what deploy.sh ships of each function, in build/
	@$(BIN)/python -B deploy/bundle.py

lint: .venv/installed-dev ## formatting, linters, types
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m mypy
	@$(BIN)/shellcheck deploy.sh .ci/run

docs: .venv/installed-dev .venv-docs/installed ## the documentation: renews its generated parts, builds the site in build/site
	@PYTHONPATH=tests $(BIN)/python -m docs.renew
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs build --strict

bench: .venv/installed-dev ## speed and memory, as ratios, and how well the detector judges
	@PYTHONPATH=tests $(BIN)/python -m bench.bench
	@PYTHONPATH=tests $(BIN)/python -m bench.detector_cost
	@PYTHONPATH=tests $(BIN)/python -m bench.detector
	@PYTHONPATH=tests $(BIN)/python -m bench.users
	@PYTHONPATH=tests $(BIN)/python -m bench.bundles

clean: ## remove the environments and the demo's files
	rm -rf build .venv .venv-bigquery .venv-checkov .venv-docs demo.duckdb demo.duckdb.* demo-alert.html

# The stamps are written last, so that an installation that was cut off is made again.
.venv/installed: pyproject.toml
	@for python in $(PYTHON); do \
	  if "$$python" -I -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making .venv with $$python"; exec "$$python" -m venv --clear .venv; \
	  fi; \
	done; \
	echo "None of $(PYTHON) is Python 3.11 or later with the module venv." >&2; \
	echo "Install one (Debian and Ubuntu: python3 and python3-venv), or name one: make PYTHON=/path/to/python3.12 demo" >&2; \
	exit 1
	@echo "Installing the project and what it needs; this takes a minute or so"
	@$(PIP) -e '.[bigquery,local]'
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@echo "Installing the tools for tests"
	@$(PIP) -r requirements-dev.txt
	@touch $@

# Apart, because what it needs is many and pinned.
.venv-checkov/installed: .venv/installed
	@echo "Installing checkov"
	@$(BIN)/python -m venv --clear .venv-checkov
	@.venv-checkov/bin/python -m pip install --quiet --no-compile --disable-pip-version-check 'checkov>=3.2,<4'
	@touch $@

.venv-docs/installed: docs/requirements.txt .venv/installed
	@echo "Installing the tools for the documentation"
	@$(BIN)/python -m venv --clear .venv-docs
	@.venv-docs/bin/python -m pip install --quiet --no-compile --disable-pip-version-check -r docs/requirements.txt
	@touch $@
