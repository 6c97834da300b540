# Everything runs in .venv of this checkout, which `make setup` makes with uv if it is there, else with pip.
PYTHON ?= python3
VENV := .venv
CLUSTER_VENV := .venv-cluster
UI_VENV := .venv-ui
BIN := $(VENV)/bin
HOME_FOLDER := $(CURDIR)/.airflow
INPUT ?=
COLUMN ?= text
ROOT ?=
OUTPUT ?= $(if $(ROOT),,$(HOME_FOLDER)/datasets/text_statistics)
PORT ?= 8080

export AIRFLOW_HOME ?= $(HOME_FOLDER)
export AIRFLOW__CORE__DAGS_FOLDER ?= $(CURDIR)/dags
export AIRFLOW__CORE__LOAD_EXAMPLES ?= False

.PHONY: setup demo demo-hub ui build-ui test lint types imports coverage test-scheduler test-storage test-cluster test-ui \
	bench clean

setup: $(VENV)/.installed  ## Make .venv with the package and what its tests need

$(VENV)/.installed: EXTRAS = dev
$(CLUSTER_VENV)/.installed: EXTRAS = dev,cluster
$(UI_VENV)/.installed: EXTRAS = dev,ui
$(VENV)/.installed $(CLUSTER_VENV)/.installed $(UI_VENV)/.installed: pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
		test -x $(@D)/bin/python || uv venv --quiet --python "$(PYTHON)" $(@D); \
		uv pip install --quiet --python $(@D)/bin/python --editable '.[$(EXTRAS)]'; \
	else \
		test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D); \
		$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'; \
	fi
	@touch $@

DEMO = --column '$(COLUMN)' $(if $(INPUT),--input '$(INPUT)') $(if $(ROOT),--root '$(ROOT)') \
	$(if $(OUTPUT),--output '$(OUTPUT)')

demo: setup  ## Run dags/example_text_statistics.py; INPUT=file COLUMN=name OUTPUT=folder ROOT=url for one's own
	@$(BIN)/python .ci/demo.py $(DEMO)

demo-hub: setup  ## The same, and push to a fake Hugging Face Hub on this machine; what it has is read back
	@$(BIN)/python .ci/demo_hub.py $(DEMO)

ui: setup  ## Start Airflow with the example DAGs at http://localhost:8080 (PORT=...)
	AIRFLOW__API__HOST=127.0.0.1 AIRFLOW__API__PORT=$(PORT) AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS=True \
		AIRFLOW__CORE__EXECUTION_API_SERVER_URL=http://localhost:$(PORT)/execution/ \
		PATH="$(CURDIR)/$(BIN):$$PATH" airflow standalone

test: setup lint types imports coverage  ## Everything that has to pass before a change lands

lint:
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types:
	$(BIN)/mypy

imports:
	PATH="$(CURDIR)/$(BIN):$$PATH" lint-imports

coverage:
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --cov --cov-report=term

test-scheduler: setup  ## The example DAG under a real scheduler with LocalExecutor
	$(BIN)/python -m pytest tests/scheduler --run-scheduler

test-storage: setup  ## Stores against real servers, which it fetches, and pushes killed at every request, thoroughly
	$(BIN)/python -m pytest tests/storage tests/distiset/test_pushing_killed.py tests/distiset/test_pushing_faults.py \
		--numprocesses=auto --dist=loadfile --run-storage
	$(BIN)/python -m pytest tests/plugin -m thorough --run-storage

test-cluster: $(CLUSTER_VENV)/.installed  ## The services of docker-compose.yml as processes, with two Celery workers
	sh .ci/cluster-setup.sh
	$(CLUSTER_VENV)/bin/python -m pytest tests/cluster --run-cluster -s --durations=5

test-ui: $(UI_VENV)/.installed build-ui  ## A real Airflow and Chromium: tabs, browser, previews, downloads, rights
	sh .ci/ui-setup.sh
	@test -z "$$(git status --porcelain -- airflow_artifacts/plugin/www)" || { echo "commit what build-ui made in airflow_artifacts/plugin/www"; exit 1; }
	$(UI_VENV)/bin/python -m pytest tests/plugin/content/test_in_browser.py
	$(UI_VENV)/bin/python -m pytest tests/ui --run-ui --durations=10

build-ui:  ## Build the front end into airflow_artifacts/plugin/www, which is committed; needs Node
	cd ui && npm ci --no-audit --no-fund && npm run check && npm test && npm run build

bench: setup  ## Print what rows, artifacts, transfers and pushes cost, beside other ways
	$(BIN)/python benchmarks/rows.py
	$(BIN)/python benchmarks/steps.py
	$(BIN)/python benchmarks/versions.py --s3
	$(BIN)/python benchmarks/catalogue.py
	$(BIN)/python benchmarks/artifacts.py
	$(BIN)/python benchmarks/storage.py
	$(BIN)/python benchmarks/hub.py
	$(BIN)/python benchmarks/hub_large.py

clean:  ## Remove what the targets above made
	rm -rf $(VENV) $(CLUSTER_VENV) $(UI_VENV) $(HOME_FOLDER) ui/node_modules .ui-screenshots .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
