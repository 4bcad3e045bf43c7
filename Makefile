# Two commands matter: `make presence` plays and judges the flow, `make test` is the gate for a change.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
ARGS   ?=

.PHONY: presence test lint types selftest bench bench-load setup clean

presence: setup
	$(BIN)/pytest -m presence $(ARGS)

test: lint types selftest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

selftest: setup
	$(BIN)/pytest tests $(ARGS)

# Speed and memory beside tshark's, then bodies a second, see docs/performance.md.
# ARGS="--ues 500" for a shorter run.
bench: setup
	$(BIN)/python -m bench $(ARGS)
	$(BIN)/python -m bench.bodies

# Flows under load beside Kamailio's, played by SIPp, see docs/performance.md.
# ARGS="--ues 500 --seconds 2" for a shorter run.
bench-load: setup
	$(BIN)/python -m bench.load $(ARGS)

setup: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed, found: $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache reports/latest
