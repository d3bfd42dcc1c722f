# Every target sets up what it needs, .venv included.
PYTHON ?= python3
# On a machine without a GPU, `make TORCH=...` can name a CPU build.
TORCH ?= torch==2.13.0
BIN := .venv/bin
# Waiting threads sleep: with another busy process beside them, spinning ones are several times slower.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: demo test test-all lint bench setup clean

setup: .venv/ready

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -qq --upgrade pip
	$(BIN)/pip install -qq "$(TORCH)"
	$(BIN)/pip install -qq --editable ".[train,dev]"
	touch $@

demo: setup  ## the main job on the embedded student: evaluate, teach, tune, evaluate again
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh

test: setup  ## what CI runs
	$(BIN)/python -m pytest -m "not slow and not gpu"

test-all: setup  ## the slow suites too; GPU tests run where there is a GPU
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: setup  ## each prints a table and one JSON line
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/decode.py

clean:
	rm -rf .venv build *.egg-info
