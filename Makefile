# Mekiki: `make run` serves the page, `make test` checks everything. README.md has the rest.
#
#   GPU=cuda|vulkan|metal|rocm|cpu   the llama.cpp build (default: detected)
#   PREBUILT=1                       a ready-made llama-cpp-python instead of compiling
#   TORCH_INDEX=URL                  where to take torch from, e.g. https://download.pytorch.org/whl/cpu
#   PORT=8000                        the page's port (7860)

PYTHON ?= python3
BIN := .venv/bin
export GPU PREBUILT TORCH_INDEX

.PHONY: run install dev test lint bench wheel clean

run: install
	@$(BIN)/mekiki serve $(if $(PORT),--port $(PORT))

install:
	@$(PYTHON) assistant/install.py

dev:
	@$(PYTHON) assistant/install.py --dev

lint: dev
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -q -m "not slow"
	$(BIN)/python -m pytest -q -m slow

bench: dev
	@$(BIN)/python -m tests.benchmarks

wheel: dev
	rm -rf build
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

clean:
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
