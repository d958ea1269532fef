# Everything happens through these targets; `make help` lists them.
# Needed on the machine: Python 3.11 with venv, Java 17, Maven. Nothing else is asked for.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
NAME ?= main
PORT_BASE ?=
WHO ?= mara
SERVICE ?=
REPLICAS ?= 1
MINUTES ?= 30
SEED ?=
RATE ?= 2
FULL ?=

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export STACK_NAME := $(NAME)
export STACK_REPLICAS := $(REPLICAS)
ifneq ($(PORT_BASE),)
export STACK_PORT_BASE := $(PORT_BASE)
endif

PACKAGES := $(patsubst %/,%,$(dir $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)))
SOURCES := $(wildcard libs services tests tools benchmarks)
FAULTS := tests/failures tests/journeys/test_split_roles.py

##@ Run it

.PHONY: up
up: .venv/.ready ## start the whole system here (NAME=second PORT_BASE=20000 for one more; REPLICAS=2)
	@stack up

.PHONY: demo
demo: .venv/.ready ## tell the first road in the running system, line by line, and verify its trail
	@stack demo

.PHONY: logs
logs: .venv/.ready ## follow what all processes log, or one: make logs SERVICE=router
	@stack logs --follow $(SERVICE)

.PHONY: token
token: .venv/.ready ## print a bearer token: make token WHO=mara
	@stack token $(WHO)

.PHONY: down
down: .venv/.ready ## stop everything; the data stays
	@stack down

.PHONY: reset
reset: .venv/.ready ## stop everything and forget all data
	@stack reset

##@ Change it

.PHONY: ready
ready: .venv/.ready ## install the commands (playbook, audit-verify) into .venv, and start nothing

.PHONY: check check-types check-rest
check: .venv/.ready ## format, lint, types, import walls, shape, generated files, docs
	@$(MAKE) --jobs=2 --output-sync check-types check-rest

check-types: .venv/.ready
	mypy

check-rest: .venv/.ready
	ruff format --check
	ruff check
	lint-imports
	python tools/shape.py $(SOURCES)
	python tools/write_contracts.py --check
	python tools/check_docs.py

# Three at once on two cores, for many tests wait. Tests that share a stack are run by one of them,
# one by one (tests/sharing.py); what measures is run with nothing beside it. The first run that
# fails ends the target; either way the last lines are pytest's summary.
.PHONY: test
test: check ## check, then all tests, faults too; needs about 20 minutes on two cores
	pytest -m alone $$(grep -rl --include=test_*.py 'mark\.alone' tests)
	pytest -n 3 --dist loadgroup --maxfail=20 -m "not alone" tests

.PHONY: faults
faults: .venv/.ready ## break things, the short set (FULL=1: the long one), then the table of fault tests
	$(if $(FULL),SELLERWORKS_TESTS=full )pytest -n 2 --dist loadfile $(FAULTS)
	@python tools/faults.py

.PHONY: soak
soak: .venv/.ready ## load and random faults: make soak MINUTES=30 SEED=7 RATE=2 REPLICAS=2; reports in .soak
	@python tools/soak.py --minutes $(MINUTES) --rate $(RATE) --replicas $(if $(filter 1,$(REPLICAS)),2,$(REPLICAS)) \
	  $(if $(SEED),--seed $(SEED))

.PHONY: mutants
mutants: .venv/.ready ## break the product's rules one by one; print under which name the checker finds each
	pytest -q tests/failures/mutants

.PHONY: requirements
requirements: .venv/.ready ## print which requirement is shown by which test
	@python tools/requirements.py

.PHONY: fault-table
fault-table: .venv/.ready ## print which numbered fault test is run by which test
	@python tools/faults.py

.PHONY: bench
bench: .venv/.ready ## measure, side by side with a ceiling in the same run
	@python benchmarks/run.py

.PHONY: help
help: ## this list
	@echo "SellerWorks: the coordination layer for marketplace seller support."
	@echo "Start with: make up, then: make demo"
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The libraries exactly as locked, by uv of the same lock, which takes a tenth of pip's time; by pip
# where only pip knows the way to a package index. Then our own packages as they stand in this checkout.
PIP := .venv/bin/python -m pip install --disable-pip-version-check --require-hashes
UV := .venv/bin/uv pip install --python .venv/bin/python
.venv/.ready: requirements.lock $(addsuffix /pyproject.toml,$(PACKAGES))
	@command -v $(PYTHON) > /dev/null || { \
	  echo "Python is missing: install Python 3.11 or newer (Debian: apt install python3 python3-venv)."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is too old: install Python 3.11 or newer, or name one: make PYTHON=python3.11 …"; exit 1; }
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv > .venv.log 2>&1 || { \
	  rm -rf .venv .venv.log; \
	  echo "Python cannot make a virtual environment: install venv (Debian: apt install python3-venv)."; exit 1; }
	@rm -f .venv.log
	@echo "installing the locked libraries into .venv (once, one to five minutes) …"
	@quiet=--quiet; if test -t 1; then quiet=; fi; \
	awk '/^uv==/ {of=1} of {print} of && !/\\$$/ {exit}' requirements.lock > .venv/uv.lock.txt; \
	{ $(PIP) --quiet -r .venv/uv.lock.txt && $(UV) $$quiet --require-hashes -r requirements.lock; } || { \
	  echo "uv cannot reach its package index here, pip does it with its own settings …"; \
	  $(PIP) $$quiet -r requirements.lock; } || { \
	  echo "pip could not install the locked libraries: check the network and pip's settings, then try again."; exit 1; }
	@echo "installing the workspace …"
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	  $(addprefix --editable ,$(PACKAGES))
	@touch $@
