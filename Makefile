# A fresh machine needs a Python 3.10-3.13 with venv, and then one of:
#   make demo            a virtual patient through everything; CT=scan.nrrd does it for a real scan
#   make test            every check and every test
#   make view            the reading room in a browser; PATH_TO=scan or folder opens it there
# and for daily work: make check (ruff, pyright, import-linter), make bench, make models, make clean.
#
# OUT=folder           where demo and bench write
# TORCH_INDEX=address  a package index with PyTorch builds for this machine; on a Linux machine without a GPU, PyTorch's
#                      own CPU index saves gigabytes of download (README.md, "Install")
# PYTHON=python3.12    the Python that .venv is made from

VENV := .venv
BIN := $(VENV)/bin
SUITS := import sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.10; do \
	if $$name -c '$(SUITS)' 2>/dev/null; then echo $$name; break; fi; done)
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt \
	$(if $(TORCH_INDEX),--extra-index-url "$(TORCH_INDEX)")
SOURCES := $(wildcard SyntheticCECT training Testing)

.DEFAULT_GOAL := demo
.PHONY: demo view test check format models bench clean distclean

# Each stamp says: installed as these two files ask for.
$(VENV)/.has-package: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.10-3.13 with venv found: install one (Debian, Ubuntu: apt install python3-venv) or name it, make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable ".[headless,study]"
	@touch $@

$(VENV)/.has-room: $(VENV)/.has-package
	$(INSTALL) --editable ".[headless,study,web]"
	@touch $@

$(VENV)/.has-tools: $(VENV)/.has-package
	$(INSTALL) --editable ".[headless,study,postgresql,web,training,dev]"
	@touch $@

$(VENV)/.has-rivals: $(VENV)/.has-tools
	$(INSTALL) --editable ".[headless,study,postgresql,web,training,dev,bench]"
	@touch $@

# The reading room in a browser: PATH_TO=scan, result folder, folder of results or study; default: its first page.
view: $(VENV)/.has-room
	$(BIN)/synthetic-cect view $(if $(PATH_TO),"$(PATH_TO)")

demo: $(VENV)/.has-package
	$(BIN)/synthetic-cect demo --output "$(or $(OUT),demo-output)" $(if $(CT),"$(CT)")

# The reading room's pages are tested where there is a Chromium, and otherwise skip and say so.
test: check
	$(BIN)/python -m pytest

check: $(VENV)/.has-tools
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

format: $(VENV)/.has-tools
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

# The bundled models once more: hours; stopped and started again, it goes on.
models: $(VENV)/.has-tools
	$(BIN)/python -m training train training/configs/heart_finder.yaml
	$(BIN)/python -m training train training/configs/santini2018.yaml
	$(BIN)/python -m training train training/configs/leftheart_base.yaml --models training-output/models
	$(BIN)/python -m training train training/configs/leftheart_sharp.yaml --models training-output/models
	$(BIN)/python -m training train training/configs/leftheart_even.yaml --models training-output/models
	$(BIN)/python -m training train training/configs/leftheart.yaml
	$(BIN)/python -m training calibrate

bench: $(VENV)/.has-rivals
	$(BIN)/python Testing/bench/run.py --output "$(or $(OUT),bench-output)"

clean:
	rm -rf build dist demo-output bench-output .pytest_cache .ruff_cache .import_linter_cache SyntheticCECT/*.egg-info
	find SyntheticCECT training Testing -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean
	rm -rf $(VENV)
