# make demo   installs the table part and runs the main job on real data
# make test   installs everything and runs every check of the project
# make site   builds the documentation with its gallery into build/site
PYTHON ?= python3
BIN := .venv/bin
# Threads of their own would only wait for one another's.  Some tests wait for servers, browsers and workers, so one more
# process than there are cores.
WORKERS := $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint types tests docs site check-slow benchmarks clean

demo: .venv/demo.stamp
	$(BIN)/assay demo loanapp

test: lint types tests docs

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.stamp
	$(BIN)/mypy

tests: .venv/dev.stamp
	$(PYTEST) -n $(WORKERS) --dist worksteal -m "not slow" --ignore tests/docs tests

# Doctests of the package, the guides, the examples and the README's own commands.
docs: .venv/dev.stamp
	$(PYTEST) -n $(WORKERS) --dist worksteal -m "not slow" --doctest-modules tests/docs src/assay

site: .venv/dev.stamp
	mkdir -p build && cd build && ../$(BIN)/python ../examples/gallery.py gallery
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

check-slow: .venv/dev.stamp
	$(PYTEST) -m slow tests

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/demo.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) -e '.[demo,serve]'
	touch $@

.venv/dev.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) -e '.[dev]'
# Oracles of networks, without what they ask for: no torchvision fits the CPU build of torch.  Their tests skip without them.
	-$(PIP) --no-deps torchvision==0.28.0 timm==1.0.31
	touch $@

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
