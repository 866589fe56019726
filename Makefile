# Each target does its own set-up: a virtual environment, the install, the compiled core. Needs Python 3.11 or later, gcc and make.
#
#   make demo             train on handwritten digits, draw the curve, show the way of a backward step through the source
#   make test             all tests                           make uncompiled-test   the core's tests, the core run as Python
#   make parity           beside PyTorch: operators, random numbers, training       make lint   ruff
#   make bench            speed beside PyTorch; writes bench/results-*.md           make clean  all that was made
#
# PYTHON=python3.12 make test chooses an interpreter. ARGS is handed on: make parity ARGS="--only tanh -v", make test ARGS="tests/core -x"

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(firstword $(foreach name,python3 python3.11 python3.12 python3.13,$(shell $(name) -c 'import sys; print("$(name)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)))
ARGS ?=
TORCH := torch==2.13.0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PELLUCID_CACHE ?= $(CURDIR)/.cache/kernels

VENV := .venv
ORACLE := .venv-parity
CORE := setup.py pyproject.toml $(wildcard pellucid/core/*.py pellucid/core/*.pxd)

.PHONY: help demo test uncompiled-test lint parity bench docs clean

help:
	@sed -n '3,9s/^# \{0,2\}//p' Makefile

demo: $(VENV)/ready
	$(VENV)/bin/python examples/demo.py $(ARGS)

test: $(VENV)/ready
	$(VENV)/bin/python -m pytest $(ARGS)

uncompiled-test: $(VENV)/ready
	PELLUCID_UNCOMPILED=1 $(VENV)/bin/python -m pytest tests/core tests/autograd tests/test_tensor.py tests/ops/arrange/test_view.py tests/ops/made/test_interchange.py $(ARGS)

lint: $(VENV)/ready
	$(VENV)/bin/ruff check pellucid tests bench examples docs setup.py

# The operator table, random programs, then random numbers and training. Fails when an entry of tests/parity/agreed.txt is lost (ARGS=--update adds
# to it) or more random programs differ than --open allows: that number only falls.
parity: $(ORACLE)/ready
	$(ORACLE)/bin/python -m tests.parity.run $(ARGS)
ifeq ($(filter --only --match,$(ARGS)),)
	$(ORACLE)/bin/python -m tests.parity.generate --count 3000 --open 1800
	$(ORACLE)/bin/python -m pytest tests/parity
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
