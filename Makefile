# Every verb works as the very first command on a fresh machine with Python 3.11; a second run reuses .venv.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
OUT ?= arllie-out
SOURCES := $(shell find arllie_deploy export bench models -type f -not -name '*.pyc' 2>/dev/null) CMakeLists.txt README.md LICENSE

# Where LOL's pairs lie, in the folders train, train_crops, train_eval_scenes and eval15.
LOL ?= ../shared/data/lol
# Folders of well-lit pictures for the second table of results-quality.
PICTURES ?= ../shared/data/sr_x4/set5/hr ../shared/data/sr_x4/set14/hr
DENOISE ?= $(LOL)/../denoise
SR ?= $(LOL)/../sr_x4

.PHONY: help setup check check-native test demo export-matrix bench-budgets results-search results-quality results-downstream results-speed results-sad-unet results-lw-isp results-light-modules templates clean
help:
	@echo "make demo    export, verify, benchmark and enhance with the shipped model"
	@echo "make test    the whole test suite"
	@echo "make check   format, lint, types, import rules"
	@echo "make check-native   the C library under the sanitizers and a fuzzer (FUZZ_SECONDS=60)"
	@echo "make export-matrix   every target in every precision at 1920x1080, verified; some minutes"
	@echo "make bench-budgets   the project's own limits of speed and memory, measured"
	@echo "make results-search   searched structure against known blocks (LOL=folder); half an hour"
	@echo "make results-quality  every committed model on LOL's test pairs and on other pictures (LOL=, PICTURES=)"
	@echo "make results-downstream   codes and faces in the dark, before and after each enhancer"
	@echo "make results-speed   ours and networks of published shapes in one run, on an idle machine; four minutes"
	@echo "make results-sad-unet   the SAD U-Net's ideas switched off one by one, and its widths (LOL=); half an hour"
	@echo "make results-lw-isp   LW-ISP beside classical pipelines, filters and one-layer models (LOL=, DENOISE=); half an hour"
	@echo "make results-light-modules   light networks beside their baselines, four upsamplers (LOL=, DENOISE=, SR=, MODELS=folder of baselines)"
	@echo "make clean   remove .venv and what was built"

setup: $(VENV)/.installed

$(VENV)/.dependencies: pyproject.toml constraints.txt apt.txt scripts/install-system scripts/install-dependencies
	scripts/install-system
	scripts/install-dependencies $(VENV)
	@touch $@

# A regular install, not an editable one: types and tests see exactly what a user gets.
$(VENV)/.installed: $(VENV)/.dependencies $(SOURCES)
	scripts/install-package $(VENV)
	@touch $@

check: setup
	scripts/check $(BIN)

# How long the fuzzer runs.
FUZZ_SECONDS ?= 60
check-native: setup
	scripts/check-native $(BIN) $(FUZZ_SECONDS)

test: setup
	scripts/test $(BIN)

demo: setup
	scripts/demo $(BIN) $(OUT)

export-matrix: setup
	$(BIN)/arllie-export --target all --precision all --out $(OUT)/matrix

bench-budgets: setup
	$(BIN)/python -P -m arllie_deploy.bench.budgets

results-search: setup
	$(BIN)/python -P -m arllie_deploy.results.search --data $(LOL)/train --out docs/results

results-quality: setup
	$(BIN)/python -P -m arllie_deploy.results.quality --pairs $(LOL)/eval15 --pictures $(PICTURES) --out docs/results

results-sad-unet: setup
	$(BIN)/python -P -m arllie_deploy.results.sad_unet --data $(LOL)/train --out docs/results

results-lw-isp: setup
	$(BIN)/python -P -m arllie_deploy.results.lw_isp --data $(LOL) --denoise $(DENOISE) --out docs/results

results-light-modules: setup
	$(BIN)/python -P -m arllie_deploy.results.light_modules --data $(LOL) --denoise $(DENOISE) --sr $(SR) $(if $(MODELS),--models $(MODELS)) --out docs/results

results-downstream: setup
	$(BIN)/python -P -m arllie_deploy.results.downstream --out docs/results

results-speed: setup
	$(BIN)/python -P -m arllie_deploy.results.speed --out docs/results

templates: setup
	$(BIN)/python -P -c "from pathlib import Path; from arllie_deploy.export.templates import write_templates; \
	    write_templates(Path('arllie_deploy/runtimes/templates'))"

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
