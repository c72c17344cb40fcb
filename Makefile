# The front door. Every target makes .venv and installs what it needs when that is missing.

PYTHON ?= python3
# Data sets live here; what is missing is downloaded.
export DATA_DIR ?= data
# On Linux, plain torch brings CUDA. For the much smaller CPU build:
#   make test TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
TORCH_INDEX_URL ?=
# More options for a command, as in: make train ARGS="--steps 2000"
ARGS ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help serve test train evaluate sensitivity export sheet bench bench-serving kills docker-test fuzz refusals worker-kills read-kills screenshots check format clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

serve: .venv/serving ## the service on http://localhost:8000, on the released weights
	$(BIN)/python -m app serve $(ARGS)

test: .venv/development ## every test, several at a time; one at a time with ARGS="-n 0"
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(ARGS)

train: .venv/development ## train a reader; the defaults are the recipe of the released weights
	$(BIN)/python -m training train $(ARGS)

evaluate: .venv/development ## the scorecard of the released weights, through the service
	$(BIN)/python -m training evaluate $(ARGS)

sensitivity: .venv/development ## plots: accuracy against pen, size, offset, rotation and blur
	$(BIN)/python -m training sensitivity $(ARGS)

export: .venv/development ## release a trained checkpoint: model/weights/ and docs/scorecard.md
	$(BIN)/python -m training export --release $(ARGS)

sheet: .venv/development ## a contact sheet of training grids
	$(BIN)/python -m training sheet $(ARGS)

bench: .venv/development bench-serving ## measurements, as tables; leave the machine alone meanwhile
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.engines

bench-serving: .venv/benchmark ## this service beside others, on one core; needs wrk
	$(BIN)/python -m benchmarks.serving $(ARGS)

docker-test: ## build both images and try them for real; needs docker
	tests/docker/run.sh

kills: .venv/development ## kill a training run 50 times and compare it with one left alone
	$(BIN)/python -m tests.training.kill_and_resume $(ARGS)

refusals: .venv/development ## large bodies that are refused early, with many clients; needs curl
	$(BIN)/python -m tests.app.refusals $(ARGS)

worker-kills: .venv/development ## kill both workers of a service again and again
	$(BIN)/python -m tests.app.worker_kills $(ARGS)

read-kills: .venv/development ## kill a run that reads a folder 20 times, for each kind of table
	$(BIN)/python -m tests.app.read_kills $(ARGS)

fuzz: .venv/development ## thousands of made-up requests against the documented API
	$(BIN)/python -m tests.app.fuzz $(ARGS)

screenshots: .venv/development ## docs/page-*.png, of the page as it is now; needs a browser
	$(BIN)/python -m tests.e2e.screenshots

check: .venv/development ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/development ## format, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove the environment and caches; data and runs stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) was found; try: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Making a Python environment in .venv ..."
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/serving: .venv/python pyproject.toml constraints.txt
	@echo "Installing what serving needs into .venv: 130 MB to download, about a minute ..."
	@$(PIP) --editable .
	@echo "Installed."
	@touch $@

.venv/development: .venv/python pyproject.toml constraints.txt
	@echo "Installing what training and tests need into .venv: 400 MB to download, several minutes ..."
	@echo "(On Linux torch brings CUDA, some gigabytes more, unless TORCH_INDEX_URL names its CPU build.)"
ifneq ($(TORCH_INDEX_URL),)
	@$(PIP) --index-url $(TORCH_INDEX_URL) torch
endif
	@$(PIP) --editable '.[development]'
	@echo "Installed."
	@touch $@ .venv/serving

.venv/benchmark: .venv/development
	@echo "Installing what the serving benchmark compares with into .venv ..."
	@$(PIP) --editable '.[benchmark]'
	@echo "Installed."
	@touch $@
