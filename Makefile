# The first two commands of the README: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin
MEASUREMENTS := bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g

.PHONY: demo test check unit clean help

help:
	@echo "make demo   fit the penguins and say where the three results are"
	@echo "make test   every check: ruff, mypy, pytest"
	@echo "make clean  remove the virtual environment and what was built in it"

demo: .venv/.installed
	$(BIN)/mixtura fit examples/penguins.csv --columns $(MEASUREMENTS) --out results/penguins

test: check unit

check: .venv/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: .venv/.tested
	$(BIN)/pytest -n 2 --dist worksteal

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "mixtura needs Python 3.11 or newer; say make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/.tested: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@ .venv/.installed

clean:
	rm -rf .venv build results src/*.egg-info
