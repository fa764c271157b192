# `make run` and `make test` need Python 3.11 or later, and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet
ARGS ?=

.PHONY: help run test bench lint format dist lock typescript clean

help:
	@echo "make run     install what is needed and start the demo on http://127.0.0.1:8000"
	@echo "make test    install what is needed and run every check and test"
	@echo "make bench   measure it beside a bare Flask view, and write benchmarks/latest.json"
	@echo "make lint    the static checks alone"
	@echo "make format  put all code into the agreed form"
	@echo "make dist    build dist/provision, the whole product in one file"
	@echo "make lock    choose the newest versions of all dependencies again (needs uv)"
	@echo "make typescript  install the packages of the TypeScript test (needs Node and npm)"
	@echo "make clean   remove what the above made, but not ./data"

run: $(VENV)/.installed-demo
	@exec $(BIN)/provision demo $(ARGS)

test: lint
	$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

bench: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.reference --json benchmarks/latest.json $(ARGS)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

dist: $(VENV)/.installed-test
	$(BIN)/python deploy/build_dist.py dist/provision

# One environment for both: the test lock holds the demo lock's versions.
$(VENV)/.installed-%: requirements-%.lock pyproject.toml $(VENV)/.made
	@echo "Installing ($<) ..."
	@$(PIP_INSTALL) --require-hashes -r $<
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no $(PYTHON) here. Install Python 3.11 or later," \
	    "or name it: make PYTHON=/path/to/python3"; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Provision needs Python 3.11 or later; this is $$($(PYTHON) --version)." \
	    "Name another one: make PYTHON=/path/to/python3"; exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments." \
	    "On Debian and Ubuntu: apt install python3-venv"; exit 1; } >&2
	@$(PYTHON) -m venv $(VENV)
	@touch $@

COMPILE := uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links pyproject.toml --group build

lock:
	@command -v uv >/dev/null || { \
	  echo "make lock needs uv (https://docs.astral.sh/uv/)"; exit 1; } >&2
	$(COMPILE) --upgrade --group test -o requirements-test.lock
	$(COMPILE) -c requirements-test.lock --extra demo -o requirements-demo.lock
	$(COMPILE) -c requirements-test.lock -o requirements.lock

# Read by tests/web/api/openapi/test_typescript_client.py, which is skipped without.
typescript:
	@command -v npm >/dev/null || { echo "make typescript needs Node and npm"; exit 1; } >&2
	npm ci --prefix tests/web/api/openapi/typescript

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
