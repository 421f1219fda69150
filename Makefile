# The commands of this project. `make` alone lists them.
#
# Needed beforehand: make, and Python 3.11 or newer with its standard venv module. Everything else
# comes from the lock files into .venv, which `make clean` removes.

# The clinic's folder; `make report CLINIC=/some/folder` uses another.
CLINIC ?= clinic
# The interpreter; found by itself unless it is named: `make report PYTHON=/some/python3.12`.
PYTHON ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq --no-input
# A clone that was moved has an environment whose programs point to the old place.
MOVED := $(if $(wildcard $(VENV)/.place),$(if $(filter $(CURDIR),$(shell cat $(VENV)/.place)),,moved))

export GX_ANALYTICS_ENABLED := False
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report test lint types bench fuzz dagster lock clean moved

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

report: $(VENV)/.installed ## make the demo clinic's report and say where it is
	@$(BIN)/outcomes demo --home "$(CLINIC)"

test: lint types ## lint, check types, run the tests
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed-dev ## check format and style of Python and SQL
	@$(BIN)/ruff format --check --quiet . \
	    || { echo "The files above are not formatted: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar --nocolor sql

types: $(VENV)/.installed-dev
	@$(BIN)/pyright --pythonpath $(BIN)/python

bench: $(VENV)/.installed-dev ## measure time and memory against DuckDB alone (BENCH="--help")
	@$(BIN)/python -m tests.bench $(BENCH)

fuzz: $(VENV)/.installed-dev ## change bad files at random for minutes, until a reader breaks (FUZZ="--seconds 600")
	@$(BIN)/python -m tests.fuzz $(FUZZ)

dagster: $(VENV)/.installed ## open Dagster's page on the clinic's own history
	@test -d "$(CLINIC)/dagster" \
	    || { echo "There is no clinic in $(CLINIC)/ yet: make report" >&2; exit 1; }
	@OUTCOMES_HOME="$$(realpath "$(CLINIC)")" DAGSTER_HOME="$$(realpath "$(CLINIC)")/dagster" \
	    $(BIN)/dagster dev --workspace workspace.yaml

# With uv (`pip install uv`). One resolution serves every Python and system; addresses stay out.
COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
    --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet --extra build
lock: ## pin again what pyproject.toml asks for
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove the environment and caches; a clinic's folder is never touched
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis *.egg-info
	find pipelines tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The first interpreter that will do, in one line what is wrong when none does.
$(VENV)/.place: $(MOVED)
	@seen=; for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14 python); do \
	    version=$$($$candidate -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	    seen="$$seen $$candidate $$version,"; \
	    $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' || continue; \
	    $$candidate -c 'import ensurepip, venv' 2>/dev/null \
	        || { echo "Python $$version has no venv module: install it (Debian: apt-get install python3-venv)." >&2; exit 1; }; \
	    echo "Making the environment in $(VENV) with Python $$version ..."; \
	    $$candidate -m venv --clear $(VENV) && pwd > $@ && exit 0; exit 1; \
	done; \
	echo "Python 3.11 or newer is needed; found:$${seen:- none}$${seen:+ too old}. Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1

# Wheels only: building a package from source would fetch a builder that no lock pins. No resolving:
# a lock is complete, and older pips reject an extra (`gql[requests]`) that a lock pins without it.
LOCKED := --require-hashes --only-binary :all: --no-deps
$(VENV)/.installed: $(VENV)/.place requirements.lock pyproject.toml
	@echo "Installing packages (a few minutes the first time) ..."
	@$(PIP) install $(LOCKED) -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@echo "Installing packages for the tests ..."
	@$(PIP) install $(LOCKED) -r requirements-dev.lock
	@touch $@

moved:
