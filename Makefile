# kinebench: every target works on a fresh clone with nothing but Python 3.11-3.13 and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
INTEROP := $(VENV)/.interop
# The editable install puts lib/ on the path; nothing else may.
unexport PYTHONPATH
# Every run starts a kernel: where its modules have to be compiled each time, that takes seconds more.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test faults lint lab bench accuracy pictures samples lock clean

help:  ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1	\2/' | expand -t 18

$(STAMP): requirements.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else f"kinebench needs Python 3.11 to 3.13, but {sys.executable} is {v[0]}.{v[1]}. Name another one: make PYTHON=python3.12")'
	@test -x $(BIN)/python || { echo "making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing the locked set (about 2 GB, TensorFlow included)"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.lock
	@VIRTUAL_ENV="$(abspath $(VENV))" $(BIN)/uv pip install --require-hashes -r requirements.lock
	@VIRTUAL_ENV="$(abspath $(VENV))" $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/kinebench jupyterlab >/dev/null
	@touch $@

setup: $(STAMP)  ## make .venv with the locked set, fetch the default model's weights
	@$(BIN)/kinebench models fetch blazepose-full --quiet

demo: setup  ## run a sample clip of each task through its notebook; prints where the reports lie
	@$(BIN)/kinebench demo

# Only the tests open files with other tools' own readers: nobody else waits for those.
$(INTEROP): requirements-interop.lock $(STAMP)
	@VIRTUAL_ENV="$(abspath $(VENV))" $(BIN)/uv pip install --quiet --require-hashes -r requirements-interop.lock
	@touch $@

test: setup $(INTEROP)  ## the whole test suite, linter and type checker included
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(STAMP)  ## linter, formatter, type checker
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

faults: setup  ## twenty kills at random moments and a batch of a thousand rows (an hour or more)
	@KINEBENCH_FAULT_SEEDS=20 KINEBENCH_FAULT_ROWS=1000 $(BIN)/python -m pytest -s tests/test_batch_faults.py

lab: setup  ## JupyterLab on the notebooks; ARGS=--port=9000 and the like go to it
	@$(BIN)/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/notebooks $(ARGS)

bench: setup  ## speed and memory against their bars, as a table and as reports/bench.json
	@$(BIN)/python -m tests.benchmarks

accuracy: setup  ## the README's table: the sample clips against their truth
	@$(BIN)/python -m tests.accuracy

pictures: setup  ## the README's pictures of the workbench, taken anew in a real JupyterLab
	@$(BIN)/python -m tests.browser.pictures

samples: $(STAMP)  ## render the sample clips and their truth again (some minutes)
	@$(BIN)/python -m kinebench.synthetic samples

lock: $(STAMP)  ## resolve the dependencies again into requirements.lock
	@cd . && $(BIN)/uv pip compile --quiet --universal --generate-hashes --extra synthetic --extra dev --fork-strategy fewest --python-version 3.11 --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	@grep -E '^[a-zA-Z0-9]' requirements.lock | sed 's/ \\$$//' > $(VENV)/constraints.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --all-extras --fork-strategy fewest --python-version 3.11 --custom-compile-command "make lock" -c $(VENV)/constraints.txt --no-annotate pyproject.toml -o requirements-interop.lock
	@echo uv | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --custom-compile-command "make lock" - -o requirements-uv.lock
	@$(BIN)/python .ci/environment.py

clean:  ## remove the environment and every run
	rm -rf $(VENV)
	git clean -fdXq reports data/keypoints
