# The usual tasks. `.ci/run` decides whether a change lands; it needs no make.
PYTHON := .venv/bin/python
export NO_MKDOCS_2_WARNING := 1

.PHONY: help setup test test-fast lint docs docs-serve generate bench

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

setup:  ## make .venv with everything a developer needs
	python3 -m venv .venv
	.venv/bin/pip install -e '.[dev,bitmex]'

test:  ## run all tests (about fifteen minutes on two cores)
	$(PYTHON) -m pytest -n auto

test-fast:  ## run the tests that start no freqtrade (two or three minutes)
	$(PYTHON) -m pytest -m 'not slow' -n auto

lint:  ## check style, types and import contracts
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

docs:  ## build the documentation into build/site
	.venv/bin/mkdocs build --strict -f docs/mkdocs.yml

docs-serve:  ## serve the documentation while you write
	.venv/bin/mkdocs serve -f docs/mkdocs.yml

generate:  ## write the pages that repeat the code, and the config schema
	$(PYTHON) example_config/make_schema.py
	$(PYTHON) -m tests.docs.generate

bench:  ## measure what the plugin costs (needs hyperfine)
	$(PYTHON) benchmarks/measure.py > docs/pages/evidence/benchmarks.md
