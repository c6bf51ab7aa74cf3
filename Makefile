# Mekiki: `make run` serves the page, `make test` checks everything. README.md has the rest.
#
#   GPU=cuda|vulkan|metal|rocm|cpu   the llama.cpp build (default: detected)
#   PREBUILT=1                       a ready-made llama-cpp-python instead of compiling
#   TORCH_INDEX=URL                  where to take torch from, e.g. https://download.pytorch.org/whl/cpu
#   PORT=8000                        the page's port (7860)
#   TABLES=FOLDER                    `make catalog`: fact tables to write the entries from anew

PYTHON ?= python3
BIN := .venv/bin
export GPU PREBUILT TORCH_INDEX

.PHONY: run install dev test lint bench catalog wheel clean

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

# After a change to models or benchmarks; commit assistant/choosing/scales.json with it.
catalog: dev
	$(if $(TABLES),$(BIN)/python -m knowledge.importer $(TABLES))
	$(BIN)/mekiki catalog check
	$(BIN)/python -m assistant.choosing.fit_scores

wheel: dev
	rm -rf build
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

clean:
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
