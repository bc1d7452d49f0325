# Everything runs in .venv, which the first target that needs it makes; a target that has nothing to install starts at once.
# PYTHON=... names the interpreter to make it with, PYTEST_ARGS=... what pytest is to be told besides.

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 python
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-bigquery lint bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

demo: .venv/installed ## two years of real events into demo.duckdb, exactly once, and an alert in a stand-in Slack
	@$(BIN)/python -m mixpanel_data.local.demo

serve: .venv/installed ## the stand-in Mixpanel on port 8086 and the functions from port 8081 on, until Ctrl-C
	@$(BIN)/python -m mixpanel_data.local.serve

test: .venv/installed-dev ## the tests that need nothing but this machine
	@$(BIN)/python -m pytest -m 'not bigquery' -n auto --dist worksteal $(PYTEST_ARGS)

test-bigquery: .venv/installed-dev ## the tests on a BigQuery emulator, which needs Python 3.13 or 3.14 besides
	@$(BIN)/python tests/emulator/with_emulator.py -- $(BIN)/python -m pytest -m bigquery $(PYTEST_ARGS)

lint: .venv/installed-dev ## formatting, linter, types
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m mypy

bench: .venv/installed-dev ## speed and memory, as ratios, and how well the detector judges
	@PYTHONPATH=tests $(BIN)/python -m bench.bench
	@PYTHONPATH=tests $(BIN)/python -m bench.detector_cost
	@PYTHONPATH=tests $(BIN)/python -m bench.detector

clean: ## remove the environments and the demo's files
	rm -rf .venv .venv-bigquery demo.duckdb demo.duckdb.* demo-alert.html

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
