# make course   run every notebook on the embedded clips and print the results
# make lab      open the notebooks in JupyterLab
# make test     lint, types, the whole test suite with an end-to-end run
# make bench    measure decoding, curation, flow and training
# make lint     style and types alone
#
# Each sets up .venv first, from Python 3.11 or newer: make PYTHON=python3.12 course

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := course
.PHONY: course lab test bench lint format

course: $(READY)
	$(BIN)/python -m twostream_lib run --profile quick

lab: $(READY)
	$(BIN)/jupyter lab notebooks

test: lint
	$(BIN)/python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder

bench: $(READY)
	$(BIN)/python -m twostream_lib bench decode
	$(BIN)/python -m twostream_lib bench mode1
	$(BIN)/python -m twostream_lib bench mode2
	$(BIN)/python -m twostream_lib bench flow
	$(BIN)/python -m twostream_lib bench train
	$(BIN)/python -m twostream_lib bench damage

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 …' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --editable '.[dev]'
	@touch $@
