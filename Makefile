# Everything runs in .venv. The first target that needs it creates it; a target with nothing to install starts at once.
# PYTHON=... names the interpreter for .venv, PYTEST_ARGS=... adds arguments for pytest, TERRAFORM=... names the program
# to run as Terraform.

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 python
PYTEST_ARGS ?=
TERRAFORM ?= terraform
# Emulators slow down as they age: these folders, and then all others, have emulators of their own.
PARTS_ON_BIGQUERY := tests/collect tests/identity tests/registry tests/warehouse
export TERRAFORM
# The tests start hundreds of programs; without byte code on disk, each would compile its imports again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-sql test-bigquery test-terraform test-deploy test-bundles test-packages test-new-job \
  test-sequences bundle lock lint docs bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

demo: .venv/installed ## run all functions on two years of real events, and check every count
	@$(BIN)/mp demo

serve: .venv/installed ## stand-ins for Mixpanel and Slack, traffic, and all functions on their schedules, until Ctrl-C
	@$(BIN)/mp serve

test: .venv/installed-dev ## the tests that need nothing but this machine
	@$(BIN)/python -m pytest -m 'not bigquery and not terraform and not deploy and not bundles and not packages and not new_job and not sequences' -n auto --dist worksteal --ignore=tests/sql $(PYTEST_ARGS)

test-sql: .venv/installed-dev ## every SQL statement in Google's own analyzer and executor, and in DuckDB
	@$(BIN)/python -m pytest tests/sql -n auto --dist worksteal $(PYTEST_ARGS)

test-bigquery: .venv/installed-dev ## the tests on a BigQuery emulator, which needs Python 3.13 or 3.14
	@for part in $(PARTS_ON_BIGQUERY) 'tests $(PARTS_ON_BIGQUERY:%=--ignore=%)'; do \
	  PYTHONPATH=tests $(BIN)/python -m emulator.with_emulator -n 2 -- \
	    $(BIN)/python -m pytest -m bigquery -n 2 --dist worksteal $$part $(PYTEST_ARGS) || exit 1; \
	done

test-terraform: .venv/installed-dev .venv-checkov/installed ## infra/: format, tests, access, alerts; reaches no cloud
	@$(TERRAFORM) -chdir=infra fmt -check -diff -recursive
	@$(TERRAFORM) -chdir=infra init -backend=false -input=false >/dev/null
	@$(TERRAFORM) -chdir=infra validate
	@$(TERRAFORM) -chdir=infra test
	@$(BIN)/python -m pytest -m terraform tests/infra tests/functions tests/test_adding_a_job.py -n auto --dist worksteal $(PYTEST_ARGS)
	@.venv-checkov/bin/checkov --directory infra --framework terraform --compact --quiet --skip-download

test-deploy: .venv/installed-dev ## deploy.sh interrupted at every step, and with the gcloud on the PATH
	@$(BIN)/python -m pytest -m deploy tests/deploy -n auto --dist loadfile $(PYTEST_ARGS)

test-bundles: .venv/installed-dev ## each function from its bundle, with only its requirements installed
	@$(BIN)/python -m pytest -m bundles tests/deploy -n auto --dist worksteal $(PYTEST_ARGS)

test-packages: .venv/installed-dev ## the wheel and the sdist, installed in an empty environment of each Python
	@$(BIN)/python -m pytest -m packages tests/distributions -n auto --dist loadgroup $(PYTEST_ARGS)

test-new-job: .venv/installed-dev ## a job made from docs/adding-a-job.md, in a copy of the project
	@$(BIN)/python -m pytest -m 'new_job and not terraform' tests/test_adding_a_job.py -n auto --dist worksteal $(PYTEST_ARGS)

test-sequences: .venv/installed-dev ## long sequences of runs: random ones, killed at each of many steps, the demo, the docs
	@$(BIN)/python -m pytest -m sequences -n auto --dist worksteal $(PYTEST_ARGS)

bundle: .venv/installed ## build in build/ what deploy.sh ships of each function
	@$(BIN)/python -B deploy/bundle.py

lock: .venv/installed .venv-lock/installed ## the newest versions that the requirements allow, in each requirements.lock
	@PYTHONPATH=shared $(BIN)/python -B -m deploy.generate
	@PYTHONPATH=shared .venv-lock/bin/python -B -m deploy.renew_locks

lint: .venv/installed-dev ## formatting, linters, types
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m mypy
	@for main in functions/*/main.py; do $(BIN)/python -m mypy "$$main" || exit 1; done
	@$(BIN)/shellcheck deploy.sh .ci/run

docs: .venv/installed-dev .venv-docs/installed ## the documentation: renews its generated parts, builds the site in build/site
	@PYTHONPATH=shared $(BIN)/python -B -m deploy.generate
	@PYTHONPATH=tests $(BIN)/python -m docs.renew
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs build --strict

bench: .venv/installed-bench ## speed and memory as ratios, and how often verdicts are right
	@PYTHONPATH=tests $(BIN)/python -m bench.collector
	@PYTHONPATH=tests $(BIN)/python -m bench.desk
	@PYTHONPATH=tests $(BIN)/python -m bench.reports
	@PYTHONPATH=tests $(BIN)/python -m bench.detector_cost
	@PYTHONPATH=tests $(BIN)/python -m bench.detector_names
	@PYTHONPATH=tests $(BIN)/python -m bench.detector
	@PYTHONPATH=tests $(BIN)/python -m bench.values
	@PYTHONPATH=tests $(BIN)/python -m bench.users
	@PYTHONPATH=tests $(BIN)/python -m bench.identity
	@PYTHONPATH=tests $(BIN)/python -m bench.registry
	@PYTHONPATH=tests $(BIN)/python -m bench.bundles

clean: ## remove the environments and the files of the demo and of serve
	rm -rf build .venv .venv-bigquery .venv-checkov .venv-docs .venv-lock demo.duckdb demo.duckdb.* demo-alert.html \
	  serve.duckdb serve.duckdb.*

# The stamps are written last, so that an interrupted installation is repeated.
.venv/installed: pyproject.toml setup.py
	@for python in $(PYTHON); do \
	  if "$$python" -I -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Creating .venv with $$python"; exec "$$python" -m venv --clear .venv; \
	  fi; \
	done; \
	echo "None of $(PYTHON) is Python 3.11 or later with the module venv." >&2; \
	echo "Install one (Debian and Ubuntu: python3 and python3-venv), or name one: make PYTHON=/path/to/python3.12 demo" >&2; \
	exit 1
	@echo "Installing the project and its dependencies; this takes about a minute"
	@$(PIP) -e '.[bigquery]'
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@echo "Installing the tools for tests"
	@$(PIP) -r requirements-dev.txt
	@touch $@

.venv/installed-bench: tests/bench/requirements.txt .venv/installed-dev
	@echo "Installing the tools for the comparisons by hand"
	@$(PIP) -r tests/bench/requirements.txt
	@touch $@

# In an environment of its own: checkov pins many dependencies, and their versions conflict with ours.
.venv-checkov/installed: .venv/installed
	@echo "Installing checkov"
	@$(BIN)/python -m venv --clear .venv-checkov
	@.venv-checkov/bin/python -m pip install --quiet --no-compile --disable-pip-version-check 'checkov>=3.2,<4'
	@touch $@

.venv-lock/installed: .venv/installed
	@echo "Installing uv"
	@$(BIN)/python -m venv --clear .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --no-compile --disable-pip-version-check 'uv>=0.9,<1'
	@touch $@

.venv-docs/installed: docs/requirements.txt .venv/installed
	@echo "Installing the tools for the documentation"
	@$(BIN)/python -m venv --clear .venv-docs
	@.venv-docs/bin/python -m pip install --quiet --no-compile --disable-pip-version-check -r docs/requirements.txt
	@touch $@
