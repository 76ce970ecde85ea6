# Everything by make; `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help run test check lint types layers drift train bench bench-tables docs lock clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/run.ok: locks/run.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies (run) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.ok: locks/dev.txt $(VENV)/run.ok
	@echo "installing the locked dependencies (dev) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
	@touch $@

run: $(VENV)/run.ok ## simulate a county, import its ledger, sweep it and serve it on $PORT
	@$(BIN)/xindeng demo
	@exec $(BIN)/xindeng serve --port $(PORT)

test: $(VENV)/dev.ok ## all tests, on SQLite and on a real PostgreSQL
	@$(BIN)/python -m pytest

check: lint types layers drift test ## what CI runs

lint: $(VENV)/dev.ok ## ruff: rules and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/dev.ok ## mypy, strict
	@$(BIN)/mypy

layers: $(VENV)/dev.ok ## imports point down
	@$(BIN)/lint-imports

drift: $(VENV)/dev.ok ## tables and migrations agree, on both databases
	@$(BIN)/python -m pytest tests/db/test_migrations.py

train: $(VENV)/dev.ok ## train the demonstration models on simulated counties
	@$(BIN)/xindeng train --demo --out models

bench: $(VENV)/dev.ok ## measure, side by side in one run
	@$(BIN)/python -m bench

bench-tables: $(VENV)/dev.ok ## cross-validate the trainer on every table below DIR, REPEATS times; PEERS=1 refits peers beside it
	@$(BIN)/python -m bench.any_table "$(DIR)" --repeats $(or $(REPEATS),5) $(if $(PEERS),--peers)

docs: $(VENV)/dev.ok ## write the examples of READMEs and API description anew
	@$(BIN)/python -m tests.readme && $(BIN)/python -m tests.api.write_examples

lock: ## write the locks anew (needs uv)
	@for set in "run" "dev --extra train --group dev -c locks/run.txt"; do set -- $$set; name=$$1; shift; \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate --group build pyproject.toml "$$@" -o locks/$$name.txt; done

clean: ## remove the demonstration database and caches
	@rm -rf var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
