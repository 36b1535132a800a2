# All that one does with this repository. Needs python3 (3.11 or later) and make; everything else is
# installed below this folder, pinned: uv into .tools, the project's packages into .venv, and sam,
# cfn-lint and MiniStack each into an environment of its own in uv's cache.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.PHONY: help setup demo sandbox test pictures simulate check bench lock build events export import sentences reference promises docs format clean
.PHONY: check-code check-template check-lock check-audit test-first test-second test-browser test-stack
.DELETE_ON_ERROR:

include tests/sandbox/tools.env

PYTHON ?= python3
UPGRADE ?=
STACK ?= pdjira
FILE ?=
FROM ?=
DRY_RUN ?=
EMPTY ?=
SEED ?=
STEPS ?= 500
LOSSES ?= 0
export UV_PYTHON_DOWNLOADS := never

UV := $(CURDIR)/.tools/bin/uv
UVX := $(CURDIR)/.tools/bin/uvx --quiet --python .venv/bin/python
BIN := .venv/bin
PY := $(BIN)/python

UV_READY := .tools/uv-$(UV_VERSION)
VENV_READY := .venv/.synced
TOOLS_READY := .tools/sandbox-tools

# Suites that need no deployed stack, in two halves that take about as long, one for each core.
HALVES := first second
first := unit functional template sandbox gateway
second := contract simulation
# Of the branches outside adapters and bootstrap.
COVERAGE := 100
# On AWS these come with the runtime's boto3.
IN_THE_RUNTIME := boto3 botocore s3transfer python-dateutil six

help:  ## Show this list
	@echo "make ..."
	@sed -nE 's/^([a-z]+):.*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

setup: $(VENV_READY) $(TOOLS_READY)  ## Install all tools and packages, once

demo: setup  ## Play a story on the deployed stack: an incident becomes exactly one issue
	@$(PY) -m tests.sandbox.demo

sandbox: setup  ## Keep the same running, to look at in a browser; EMPTY=1: with nothing set up; Ctrl-C ends it
	@$(PY) -m tests.sandbox.demo $(if $(EMPTY),--empty,--stay)

test: setup  ## Run every suite, the deployed stack last
	@rm -f .coverage .coverage.*
	@$(MAKE) --jobs=2 --output-sync=target $(HALVES:%=test-%)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=$(COVERAGE)
	@$(MAKE) --jobs=2 --output-sync=target test-stack test-browser

test-stack:
	@echo "== tests on the deployed stack"
	@$(BIN)/pytest tests/e2e

test-browser:
	@echo "== tests in the browser"
	@nice $(BIN)/pytest tests/browser

$(HALVES:%=test-%):
	@echo "== tests without a stack: $($(@:test-%=%))"
	@$(BIN)/coverage run --parallel-mode -m pytest $($(@:test-%=%):%=tests/%)

pictures: setup  ## Draw the pictures of the documents anew, and store the text that they show
	@PICTURES=1 $(BIN)/pytest tests/browser

simulate: $(VENV_READY)  ## Walk at random on both sides, then hold the laws (SEED= STEPS=500 LOSSES=0 TROUBLES=)
	@$(PY) -m tests.simulation $(SEED:%=--seed %) --steps $(STEPS) --losses $(LOSSES) $(TROUBLES:%=--troubles %)

check: check-code check-template check-lock check-audit  ## Format, lint, types, imports, template, lock, audit
	@if grep -qs '^NOT AUDITED' .sandbox/audit.txt; \
	  then echo "== all checks passed, except the audit, which could not run"; \
	  else echo "== all checks passed"; fi

check-code: $(VENV_READY)
	@echo "== format and lint (ruff)"
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@echo "== types (mypy)"
	@$(BIN)/mypy layers/pdjira/python/pdjira functions tests
	@echo "== import contracts (import-linter)"
	@$(BIN)/lint-imports --no-logo

check-template: setup
	@echo "== template (cfn-lint, sam validate)"
	@$(UVX) --from cfn-lint==$(CFN_LINT_VERSION) cfn-lint template.yaml
	@SAM_CLI_TELEMETRY=0 $(UVX) --from aws-sam-cli==$(SAM_VERSION) sam validate --lint --region us-east-1

check-lock: $(VENV_READY)
	@echo "== lock files follow pyproject.toml"
	@rm -rf .sandbox/lock && mkdir -p .sandbox/lock/layers/dependencies
	@cp pyproject.toml requirements.lock .sandbox/lock
	@$(call write_locks,.sandbox/lock,)
	@for file in requirements.lock layers/dependencies/requirements.txt; do \
	  diff -u $$file .sandbox/lock/$$file || { echo "$$file is behind: run make lock"; exit 1; }; done

check-audit: $(VENV_READY)
	@echo "== known vulnerabilities (pip-audit)"
	@mkdir -p .sandbox && rm -f .sandbox/audit.json .sandbox/audit.txt
	@$(BIN)/pip-audit --requirement requirements.lock --require-hashes --disable-pip --desc off \
	  --progress-spinner off --format json --output .sandbox/audit.json 2> .sandbox/audit.log || true
	@$(PY) .ci/audit.py .sandbox/audit.json | tee .sandbox/audit.txt

sentences: setup  ## Write docs/troubleshooting.md anew, out of what the source says to people
	@$(PY) -m tests.template.sentences

reference: setup  ## Write the tables of docs/reference/ anew, out of the template and the code
	@$(PY) -m tests.template.reference

promises: setup  ## Write docs/promises.md anew, out of the tests and the last figures of make bench
	@$(PY) -m tests.template.promises

docs: setup  ## Build the documents as a site, in .sandbox/site/html
	@rm -rf .sandbox/site && mkdir -p .sandbox/site/source
	@cp -R --parents *.md LICENSE template.yaml docs tests/sandbox/*/FACTS.md .sandbox/site/source
	@cp docs/site/contents.md .sandbox/site/source
	@$(UVX) --from sphinx==$(SPHINX_VERSION) --with furo==$(FURO_VERSION) --with myst-parser==$(MYST_PARSER_VERSION) \
	  sphinx-build --quiet --fail-on-warning --keep-going -c docs/site .sandbox/site/source .sandbox/site/html
	@echo "Open .sandbox/site/html/contents.html in a browser."

bench: setup  ## Measure the budgets, each beside its limit
	@$(PY) -m tests.benchmarks

lock: $(UV_READY)  ## Write requirements.lock and the layer's requirements anew
	@echo "Resolving (make lock UPGRADE=--upgrade moves every version on) ..."
	@$(call write_locks,.,$(UPGRADE))

build: setup  ## Build the functions and layers for this machine with sam
	@$(PY) -m tests.sandbox.stack build

events: $(VENV_READY)  ## Put the test events where the Test button of the console finds them (STACK=pdjira)
	@for file in docs/test-events/*.json; do \
	  SAM_CLI_TELEMETRY=0 $(UVX) --from aws-sam-cli==$(SAM_VERSION) sam remote test-event put \
	    AdminFunction --stack-name $(STACK) --name $$(basename $$file .json) --file $$file --force; done

export: $(VENV_READY)  ## Print all mappings of a deployed stack as one JSON file (STACK=pdjira)
	@$(PY) .ci/administer.py --stack $(STACK) export

import: $(VENV_READY)  ## Write the mappings of a file into a deployed stack (FILE= or FROM=pagerduty, STACK=pdjira DRY_RUN=1)
	@$(PY) .ci/administer.py --stack $(STACK) import $(if $(filter 1 true yes,$(DRY_RUN)),--dry-run) \
	  $(if $(filter pagerduty,$(FROM)),--from-pagerduty) $(FILE)

format: $(VENV_READY)  ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

clean:  ## Delete what builds, tests and the sandbox left behind; .venv and .tools stay
	@if test -x $(PY); then $(PY) -m tests.sandbox.stack clean; fi
	@rm -rf .aws-sam .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache \
	  .import_linter_cache .pytest_cache
	@find functions layers tests -name __pycache__ -type d -prune -exec rm -rf {} +

# $(1): the folder with pyproject.toml, $(2): further options.
define write_locks
cd $(1) && $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev \
  --custom-compile-command "make lock" $(2) pyproject.toml --output-file requirements.lock && \
{ echo "# generated by make lock; do not edit"; \
  $(UV) pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
  $(IN_THE_RUNTIME:%=--no-emit-package %) --constraints requirements.lock pyproject.toml; } \
  > layers/dependencies/requirements.txt
endef

$(UV_READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is too old: Python 3.11 or later is needed (make PYTHON=python3.x ...)."; exit 1; }
	@echo "Installing uv $(UV_VERSION) into .tools ..." >&2
	@$(PYTHON) -m venv --clear .tools || \
	  { echo "$(PYTHON) cannot make environments: install its venv module (Debian: python3-venv)."; exit 1; }
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(VENV_READY): $(UV_READY) requirements.lock pyproject.toml
	@echo "Installing the project's packages into .venv ..." >&2
	@test -x $(PY) || $(UV) venv --quiet --python .tools/bin/python .venv
	@$(UV) pip sync --quiet --python $(PY) --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(PY) --no-deps --editable .
	@touch $@

$(TOOLS_READY): $(VENV_READY) tests/sandbox/tools.env
	@$(PY) -m tests.sandbox.stack tools
	@touch $@
