# `make help` lists the targets. Each target installs what it needs.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCALE ?=
PLOTS ?= show
CORES ?= all
AXE := tests/reporting/browser/node_modules/.package-lock.json
CONFIG := $(if $(SCALE),--configfile pipeline/scales/$(SCALE).yaml)

export PATH := $(CURDIR)/$(BIN):$(PATH)
.DEFAULT_GOAL := help
.PHONY: help venv results plots browser test test-slow test-cluster bench docs lint clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

venv: $(BIN)/.installed ## Make .venv with the versions in constraints.txt

$(BIN)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

results: venv ## Train, score and report (SCALE=name for a file of pipeline/scales, CORES=n)
	snakemake --cores $(CORES) $(CONFIG)

browser: $(AXE) ## Install axe-core for the browser tests; without it or Chromium they are skipped

$(AXE): tests/reporting/browser/package-lock.json
	@command -v npm >/dev/null && npm ci --prefix $(<D) --ignore-scripts --no-audit --no-fund \
		|| echo 'axe-core could not be installed: the accessibility tests will be skipped'

test: venv browser ## The test suite, 8 to 10 minutes on 2 cores
	pytest -n 2 --dist loadfile

test-slow: venv ## Run the tests that take minutes
	pytest -m slow

test-cluster: venv ## Run the tests that start a real SLURM and sshd, and test both engines; some 35 minutes
	@if [ "$$(id -u)" = 0 ] && ! { command -v slurmctld && command -v sshd; } >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq slurm-wlm munge openssh-server || echo "no SLURM or sshd packages here"; fi
	pytest -m cluster -rs -n 2 --dist loadfile --durations 20

bench: venv .bench/.installed ## Measure the speed of training (beside torch-mimicry), preparation and scores
	python bench/bench.py --mimicry .bench/venv/bin/python
	python bench/preparation.py
	python bench/evaluation.py

.bench/.installed: constraints.txt
	$(PYTHON) -m venv .bench/venv
	.bench/venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch numpy scipy matplotlib
	.bench/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps torch-mimicry==0.1.16
	touch $@

plots: venv ## Draw DVC's plots into dvc_plots/index.html, which opens offline (PLOTS='diff HEAD~1')
	@mkdir -p .dvc/tmp
	@{ for name in vega vega-lite vega-embed; do \
	  echo '<script>'; cat $(VENV)/lib/python*/site-packages/snakemake/assets/data/$$name/$$name.js; echo '</script>'; \
	done; echo '{plot_divs}'; } > .dvc/tmp/page.html
	dvc plots $(PLOTS) --html-template .dvc/tmp/page.html

docs: venv .docs/.installed ## Rebuild the schema, the tables of docs/ and the list of reports, then the site in site/
	ganmatrix digest
	ganmatrix schema --output docs/params.schema.json
	for page in catalogue architectures measures; do python bench/$$page.py || exit 1; done
	NO_MKDOCS_2_WARNING=1 .docs/venv/bin/mkdocs build --strict

.docs/.installed: Makefile
	$(PYTHON) -m venv .docs/venv
	.docs/venv/bin/python -m pip install --quiet --disable-pip-version-check mkdocs-material==9.8.2
	touch $@

lint: venv ## Check format, style, types, layers, notebooks
	ruff format --check .
	ruff check .
	snakefmt --check Snakefile pipeline/rules
	mypy
	lint-imports
	nbstripout --verify reports/templates/*.ipynb

clean: ## Remove what runs have made (DVC's cache, scratch/ and preview/ stay)
	rm -rf cells digests transfers results results.json references scales logs reports/*.html reports/*.json
	find data -mindepth 1 -maxdepth 1 ! -name raw -exec rm -rf {} +
