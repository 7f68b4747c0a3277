# make course   run every notebook on the embedded clips and print the results
# make lab      open the notebooks in JupyterLab
# make check    lint, types, import contract and unit tests: the inner loop, in minutes
# make test     the same with all tests, the course from end to end among them
# make baseline run the course, and make its figures those that runs and words are held against
# make bench    measure decoding, curation, flow and training
# make lint     style, types and the import contract alone
# make format   put the style right
#
# Each sets up .venv first, from Python 3.11 or newer: make PYTHON=python3.12 course

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := course
.PHONY: course lab check test baseline bench lint format

course: $(READY)
	$(BIN)/python -m twostream_lib run --profile quick

lab: $(READY)
	$(BIN)/jupyter lab notebooks

PYTEST := $(BIN)/python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder

check: lint
	$(PYTEST) -m "not course and not slow"

test: lint
	$(PYTEST)

baseline: $(READY)  # from nothing: what lies in runs/quick may be of other code
	rm -rf runs/baseline
	$(BIN)/python -m twostream_lib run --profile quick --name baseline
	$(BIN)/python -m twostream_lib compare runs/baseline tests/baseline-quick.json --accept
	$(BIN)/python -m tests.notebooks.record runs/baseline

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
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 …' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --editable '.[dev]'
	@touch $@
