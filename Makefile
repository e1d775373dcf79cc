# make        sets up .venv and runs the embedded default; with CUDA=12 or CUDA=13 for NVIDIA cards
# make test   runs every test; says so and stops where nothing changed since they passed
# make mutants  runs the unit tests on wrong programs, and prints those that no test notices (hours; with SAMPLE=250, 250 of them)
# make docs   builds the documentation into site/, and checks its links
# make image  builds temperance.sif, an image of Apptainer; with CUDA=12 or CUDA=13 for NVIDIA cards
# make bench  measures speed and memory, beside a peer that it installs: benchmarks/README.md (hours)
PYTHON ?= python3
BIN := .venv/bin
ifneq ($(filter-out 12 13,$(CUDA)),)
$(error CUDA is $(CUDA), but has to be 12 or 13, the largest that the driver of the card supports (see nvidia-smi))
endif
LOCK := requirements$(if $(CUDA),-cuda$(CUDA)).lock
INSTALLED := .venv/installed-$(LOCK)
TESTED := .venv/tested
SOURCES := $(shell find Snakefile Makefile pyproject.toml README.md workflow scripts src tests config profiles envs \
             -type f -not -path '*/__pycache__/*' -not -path '*/.snakemake/*' 2>/dev/null)

PEER ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/temperance/adabmDCA-1.0.0
FAMILIES ?=
MEASURE = PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)/src" PEER="$(PEER)" python benchmarks

.PHONY: all test retest mutants bench image docs lint lock licences audit clean
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
$(INSTALLED): $(LOCK)
	@echo "== installing the locked packages into .venv (once; a few minutes)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, PYTHON=... names it")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --quiet --require-hashes -r $<
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The tool lies beside the locked packages, in a folder of its own, with what it needs and they do not have.
MUTMUT := .venv/mutmut
MUTMUT_PACKAGES := mutmut==3.8.1 libcst==1.9.0 setproctitle==1.3.8 textual==8.2.8 coverage==7.17.5
MUTATE = PYTHONPATH="$(CURDIR)/$(MUTMUT)" $(BIN)/python
mutants: $(INSTALLED)
	@test -d $(MUTMUT) || $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --target $(MUTMUT) $(MUTMUT_PACKAGES)
ifdef SAMPLE
	$(MUTATE) tests/helpers/mutant_sample.py $(SAMPLE)
else
	$(MUTATE) -m mutmut run $(MUTANTS)
	$(MUTATE) -m mutmut results
endif

bench: $(INSTALLED) $(PEER)/bin/adabmDCA
	$(MEASURE)/sampler.py
	$(MEASURE)/identity.py
	$(MEASURE)/pipeline.py
	$(if $(FAMILIES),$(MEASURE)/training.py $(FAMILIES))
	$(if $(FAMILIES),$(MEASURE)/engines.py $(FAMILIES))
	$(MEASURE)/long_family.py
	$(MEASURE)/asked.py
	$(MEASURE)/plan.py
	$(if $(FAMILIES),$(MEASURE)/family.py $(FAMILIES)/PF00014.fasta)
	$(MEASURE)/simulate.py
	$(MEASURE)/tables.py

# A peer to measure against, apart from everything here; PyTorch first, since the one that it would take is for accelerators.
$(PEER)/bin/adabmDCA:
	@$(PYTHON) -m venv $(PEER)
	@$(PEER)/bin/python -m pip install --quiet torch==2.13.0
	@$(PEER)/bin/python -m pip install --quiet adabmDCA==1.0.0

image:
	apptainer build --build-arg lock=$(LOCK) temperance.sif temperance.def

docs: $(INSTALLED)
	@rm -rf docs/api
	@$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -c docs . site && echo "== open site/docs/index.html"

lint: $(INSTALLED)
	@PATH="$(CURDIR)/$(BIN):$$PATH"; ruff check . && ruff format --check . && mypy && PYTHONPATH=src lint-imports && numpydoc lint $$(git ls-files 'src/*.py') && snakefmt --check Snakefile workflow && snakemake --lint

LOCKED = uv pip compile pyproject.toml --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
  --no-emit-index-url --no-header
# Needs uv. Every platform and Python from 3.11 on; hashes, no index address.
lock:
	$(LOCKED) --extra dev --output-file requirements.lock
	$(LOCKED) --extra dev --extra cuda12 --constraint requirements.lock --output-file requirements-cuda12.lock
	$(LOCKED) --extra dev --extra cuda13 --constraint requirements.lock --output-file requirements-cuda13.lock
	$(BIN)/python envs/pin.py

licences: $(INSTALLED)
	$(BIN)/python tests/helpers/licences.py

# Needs the network: asks for advisories about every version of the lock.
audit:
	@$(PYTHON) -m venv .venv/audit
	@.venv/audit/bin/python -m pip install --quiet pip-audit
	.venv/audit/bin/pip-audit --requirement $(LOCK) --require-hashes --disable-pip

clean:
	rm -rf results .snakemake
