# make        sets up .venv and runs the embedded default
# make test   runs every test; says so and stops where nothing changed since they passed
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
TESTED := .venv/tested
SOURCES := $(shell find Snakefile Makefile pyproject.toml README.md workflow scripts src tests config profiles envs \
             -type f -not -path '*/__pycache__/*' -not -path '*/.snakemake/*' 2>/dev/null)

.PHONY: all test retest lint lock clean
all: $(INSTALLED)
	@echo "== snakemake --cores all: the configuration in config/config.yaml"
	@PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --cores all
	@echo "== open results/report.html"

test: $(TESTED)
	@echo "== every test passed on $$(date -r $(TESTED) '+%Y-%m-%d %H:%M'); make retest runs them again"

retest: $(INSTALLED)
	@rm -f $(TESTED)
	@$(MAKE) --no-print-directory test

$(TESTED): $(INSTALLED) $(SOURCES)
	@echo "== pytest: library and workflow tests"
	@PATH="$(CURDIR)/$(BIN):$$PATH" pytest
	@touch $@

# The stamp is written last, so an interrupted installation is done again.
$(INSTALLED): requirements.lock
	@echo "== installing the locked packages into .venv (once; a few minutes)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, PYTHON=... names it")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --quiet --require-hashes -r requirements.lock
	@touch $@

lint: $(INSTALLED)
	@PATH="$(CURDIR)/$(BIN):$$PATH"; ruff check . && ruff format --check . && mypy && snakefmt --check Snakefile workflow && snakemake --lint

# Needs uv. Every platform and Python from 3.11 on; hashes, no index address.
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --fork-strategy fewest --generate-hashes --no-emit-index-url --no-header --output-file requirements.lock

clean:
	rm -rf results .snakemake
