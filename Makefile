# `make book` makes the book, and `make test` tests what is in it and under it. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := book,dev
FITS = $(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 10) <= v <= (3, 13) or sys.exit( \
	"Python 3.10 to 3.13 is needed, found %d.%d; try make PYTHON=python3.12" % v)'
INSTALLED := $(VENV)/.installed
OPEN := _build/html/index.html

# One process runs on each core, so each uses one thread.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export MKL_NUM_THREADS = 1
export NUMBA_NUM_THREADS = 1
export TF_NUM_INTRAOP_THREADS = 1
export TF_NUM_INTEROP_THREADS = 1
export TF_CPP_MIN_LOG_LEVEL = 3
# Tests and chapters start many processes. Without bytecode each would compile the packages again.
unexport PYTHONDONTWRITEBYTECODE
CORES = $(shell $(BIN)/python -c "from lstm_md._support.processes import usable_cores; print(usable_cores())")
# In a terminal Sphinx shows its progress; a log gets one line and the warnings.
RENDER = $(BIN)/python -m tools.jupyter_book build --config _config.yml --path-output . \
	--warningiserror --keep-going $(if $(MAKE_TERMOUT),,-q)
# What executes and compares the chapters: nbval or nbclient (tools/chapter_tests.py).
CHAPTERS := nbval
PYTEST = $(BIN)/python -m pytest
IN_PARALLEL = -n $(CORES) --dist loadfile --no-loadscope-reorder -q
SLOWEST = --durations=40 --durations-min=5
# The tests that are marked on_jax also run on JAX; they are in these files. Here and below, the
# files that take longest come first, so that no worker ends long after the others.
ON_JAX = tests/engine/test_steps.py tests/test_model.py tests/test_initial_states.py tests/test_generation.py
TESTS = $(wildcard tests/test_*.py) tests lstm_md reproduction --ignore=tests/pages --ignore=tests/chapters

.DEFAULT_GOAL := help
.PHONY: help book html pdf epub site sphinx paper linkcheck outputs test lint jax pages chapters seeds fresh faults colab colab-stack lowest newest pyemma \
	install doctor bench assignments repository release pins clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

book: $(INSTALLED) ## execute every chapter from scratch and render the book (CACHE=_build/cache: only what changed)
	@$(BIN)/python -m tools.execute _build/book $(if $(CACHE),--cache "$(CACHE)")
	@echo "writing the pages that summarise the chapters: some seconds"
	@$(BIN)/python -m tools.results _build/book
	@echo "rendering the pages: less than a minute"
	@$(RENDER) _build/book
	@echo "open file://$(CURDIR)/$(OPEN)"

html: $(INSTALLED) ## render the chapters as they are in book/, without executing them
	@echo "rendering the pages: less than a minute"
	@touch book/index.md # Sphinx copies style sheets and scripts only if a page has changed
	@$(RENDER) book
	@echo "open file://$(CURDIR)/$(OPEN)"

pdf: $(INSTALLED) ## print the book, as it is in book/, as one PDF (needs Chromium)
	@$(BIN)/python -m tools.pdf

epub: $(INSTALLED) ## make an EPUB for e-readers from the book, as it is in book/ (needs Chromium)
	@$(BIN)/python -m tools.epub

site: $(INSTALLED) ## put together what is published: pages, PDF, EPUB and released versions (SITE="--without 0.1.0")
	@$(BIN)/python -m tools.publish $(SITE)

paper: $(INSTALLED) ## print the draft of an article for ReScience C, with the current answers (needs Chromium)
	@$(BIN)/python -m tools.article

sphinx: $(INSTALLED) ## render the book with Sphinx, without Jupyter Book (SPHINX=--newest)
	@$(BIN)/python -m tools.plain_sphinx $(SPHINX)

linkcheck: $(INSTALLED) ## check every link to another host (needs the network)
	@echo "reading the pages, then asking the other hosts: some minutes"
	@$(RENDER) book --builder linkcheck

outputs: $(INSTALLED) ## copy the outputs of the last `make book` into book/, to commit them
	@$(BIN)/python -m tools.execute _build/book --keep
	@$(BIN)/python -m tools.results book README.md

test: $(INSTALLED) ## lint, check types, run the tests
	@$(MAKE) --no-print-directory -j 2 lint jax
	$(PYTEST) $(TESTS) --doctest-modules $(IN_PARALLEL) $(SLOWEST)

lint: $(INSTALLED) ## lint and check types, which `make test` does first
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@echo "mypy checks the types: half a minute, and seconds if little has changed"
	$(BIN)/mypy

jax: $(INSTALLED) ## run the tests of the network on JAX, as `make test` does beside the types
	KERAS_BACKEND=jax $(PYTEST) $(ON_JAX) -m on_jax -q

pages: $(INSTALLED) ## render the book and test its pages in browsers (needs Chromium and Firefox)
	$(PYTEST) tests/pages/test_pages.py tests/pages $(IN_PARALLEL) $(SLOWEST)

chapters: $(INSTALLED) ## execute every chapter, compare its outputs and memory, and verify every record
	$(PYTEST) tests/chapters book --chapters=$(CHAPTERS) $(if $(filter nbval,$(CHAPTERS)),-p nbval) $(IN_PARALLEL) $(SLOWEST)

install: $(INSTALLED) ## install the packages into .venv, as every other command does when they are missing

doctor: ## print versions, cores, linear algebra, memory, disk and tools, and what is wrong with them
	@if $(BIN)/python -c "" 2>/dev/null; then $(BIN)/python -m tools.doctor; \
		else $(FITS) && $(PYTHON) -m tools.doctor; fi

seeds: $(INSTALLED) ## run every chapter with five seeds: no verdict may change (long, resumes)
	$(BIN)/python -m tools.seeds

fresh: $(INSTALLED) ## repeat every recorded run with a new seed (hours; FRESH="--seed 2 --trainings 5")
	$(BIN)/python -m tools.fresh $(FRESH)

faults: $(INSTALLED) ## put faults into a copy, one at a time: the tests must find each (hours, resumes; FAULTS=--chapters)
	$(BIN)/python -m tests.faults.run $(FAULTS)

colab: $(INSTALLED) ## run every chapter alone, as on Colab, up to its first figure (COLAB="--only NAME")
	$(BIN)/python -m tools.colab_path --bare $(COLAB)

lowest: $(INSTALLED) ## run the fast tests with the lowest versions that are allowed (needs the network; OTHER=--keep)
	$(BIN)/python -m tools.versions lowest $(OTHER)

newest: $(INSTALLED) ## the same with the newest versions that there are
	$(BIN)/python -m tools.versions newest $(OTHER)

colab-stack: $(INSTALLED) ## run every chapter to its end with Colab's versions (OTHER="--keep --only NAME")
	$(BIN)/python -m tools.versions colab $(OTHER)

pyemma: $(INSTALLED) ## build PyEMMA and compare it with deeptime (needs Python 3.11, a C++ compiler and the network)
	$(BIN)/python -m tools.versions pyemma $(OTHER)

# PyTorch for CPUs is much smaller than the default build: choose it with TORCH=..., or install it first.
bench: $(INSTALLED) ## compare the speed with PyTorch and Keras (15 minutes; BENCH=--quick or "--only training")
	@$(BIN)/python -c "import torch" 2>/dev/null || \
		$(BIN)/python -m tools.install -c constraints.txt -e ".[bench]" $(TORCH)
	@$(BIN)/python -m benchmarks $(BENCH)

assignments: $(INSTALLED) ## make students' and teachers' notebooks from the masters in assignments/
	@$(BIN)/python -m tools.assignments

repository: ## set the address from which Colab fetches the book (URL=https://github.com/OWNER/NAME)
	@$(PYTHON) -m tools.repository "$(URL)"

release: ## write a new version and today's date into all files (VERSION=x.y.z); commits nothing
	@$(PYTHON) -m tools.release "$(VERSION)"

pins: $(INSTALLED) ## update constraints.txt to the newest versions in the registry
	$(BIN)/python -m tools.pins

clean: ## remove everything that the other commands have made
	rm -rf $(VENV) _build .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	@$(BIN)/python -m tools.install -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@

$(BIN)/python:
	@$(FITS)
	$(PYTHON) -m venv $(VENV)
