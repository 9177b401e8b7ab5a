# Each target makes the virtual environment it needs under .venv/ on first use, and says so.
PYTHON ?= python3
RUN := .venv/run
DEV := .venv/dev

.PHONY: help run test soak lint format bench bench-long clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

run: $(RUN)/.installed ## Start the emulator on its embedded default store (ARGS="--port 9000" adds flags)
	@$(RUN)/bin/tq-emulator serve $(ARGS)

test: $(DEV)/.installed ## Run every test but the long ones (ARGS="-k lease" selects)
	@$(DEV)/bin/python -m pytest -n auto -m "not soak" $(ARGS)

soak: $(DEV)/.installed ## Run the long tests: kills under load, large random histories
	@$(DEV)/bin/python -m pytest -m soak -s $(ARGS)

lint: $(DEV)/.installed ## Check style, types and generated files
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/mypy
	$(DEV)/bin/pyright
	PATH="$(CURDIR)/$(DEV)/bin:$$PATH" pyright --verifytypes tqsdk --ignoreexternal
	$(DEV)/bin/python -m discovery.derive --check

format: $(DEV)/.installed ## Rewrite the code in house style
	$(DEV)/bin/ruff check --fix .
	$(DEV)/bin/ruff format .

bench: $(DEV)/.installed ## Measure, as ratios, side by side with peers: a quarter of an hour
	@$(DEV)/bin/python -m tests.benchmarks $(ARGS)

bench-long: $(DEV)/.installed ## The same with 10 million tasks, longer rounds and more points
	@$(DEV)/bin/python -m tests.benchmarks --long $(ARGS)

clean: ## Remove the virtual environments and caches
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

$(RUN)/.installed: pyproject.toml
	@echo "Setting up $(RUN): the emulator, tqsdk and Google's client (first use only) ..."
	@$(PYTHON) -m venv $(RUN)
	@$(RUN)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[emulator,cli,google]'
	@touch $@

$(DEV)/.installed: pyproject.toml
	@echo "Setting up $(DEV): everything that tests, lint and benchmarks need (first use only) ..."
	@$(PYTHON) -m venv $(DEV)
	@$(DEV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
