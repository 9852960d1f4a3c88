# Every command of the project. `make` alone lists them. Targets do their own set-up and say in one line what is missing.

PYTHON ?= python3
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
WEB := apps/chat-web
MANIFEST := $(WEB)/dist/.vite/manifest.json
WEB_SOURCES = $(shell find $(WEB)/src $(WEB)/public -type f 2>/dev/null) $(wildcard $(WEB)/*.json $(WEB)/*.ts)

NO_ENGINE := A container engine is missing: install Docker (https://docs.docker.com/engine/install/) and start it

.PHONY: help run drills web conformance test test-python test-browser test-web test-engines test-engines-ports test-engines-flows test-images test-chart chart-readme lint types bench bench-engines screenshots recording chromium protocol images cluster e2e cluster-down lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .stamps/run $(MANIFEST) ## start everything in one process and print its address
	@exec $(PY) -m parley all

web: $(MANIFEST) ## build the browser client

test: test-python test-browser test-web ## every test that needs no container engine

test-python: .stamps/dev $(MANIFEST)
	@$(PY) -m pytest -q -m "not engine and not image and not cluster and not chart" --ignore=tests/browser

test-browser: .stamps/dev $(MANIFEST) chromium
	@$(PY) -m pytest -q -m "not engine" tests/browser

test-engines: test-engines-ports test-engines-flows ## the port suites, flows and faults over the real servers, in containers

test-engines-ports: .stamps/dev
	@docker info >/dev/null 2>&1 || { echo "$(NO_ENGINE)"; exit 1; }
	@$(PY) -m pytest -q -m engine tests/ports

test-engines-flows: .stamps/dev $(MANIFEST) chromium
	@docker info >/dev/null 2>&1 || { echo "$(NO_ENGINE)"; exit 1; }
	@$(PY) -m pytest -q -m engine --ignore=tests/ports

test-chart: .stamps/dev .stamps/chart-tools ## the chart as helm renders it: validity, security, secrets, routes; no cluster
	@command -v helm >/dev/null || { echo "helm is missing: install Helm 4 (https://helm.sh/docs/intro/install/)"; exit 1; }
	@$(PY) -m pytest -q -m chart

chart-readme: .stamps/dev ## write the table of values in the chart's README anew, from its schema
	@PYTHONPATH=tests $(PY) -m chart.readme

test-images: .stamps/dev ## the services' images: built, small, the same each time, and at work
	@docker info >/dev/null 2>&1 || { echo "$(NO_ENGINE)"; exit 1; }
	@$(PY) -m pytest -q -m image

conformance: .stamps/dev $(MANIFEST) ## docs/protocol against a server, URL=https://… (see there); without one, against ours
	@CONFORMANCE_URL="$(URL)" $(PY) -m pytest -q tests/conformance

test-web: $(MANIFEST)
	@cd $(WEB) && npm run --silent test && npm run --silent size

lint: .stamps/dev $(WEB)/node_modules/.stamp ## style, import contracts
	@$(VENV)/bin/ruff check apps operator tests && $(VENV)/bin/ruff format --check apps operator tests
	@PYTHONPATH=apps:operator $(VENV)/bin/lint-imports
	@cd $(WEB) && npm run --silent lint

types: .stamps/dev $(WEB)/node_modules/.stamp ## mypy and tsc, both strict
	@$(VENV)/bin/mypy && cd $(WEB) && npm run --silent types

bench: .stamps/dev $(MANIFEST) chromium ## fan-out, memory and start-up figures, as ratios in one run, and how long a call takes
	@PYTHONPATH=tests $(PY) -m bench
	@PYTHONPATH=tests $(PY) -m bench.calls

bench-engines: .stamps/dev $(MANIFEST) ## sign-in, acknowledgements and deliveries over the real servers, two replicas each
	@docker info >/dev/null 2>&1 || { echo "$(NO_ENGINE)"; exit 1; }
	@PYTHONPATH=tests $(PY) -m bench.engines

screenshots: .stamps/dev $(MANIFEST) chromium ## pictures of the running product, into build/screenshots
	@PYTHONPATH=tests $(PY) -m browser.screenshots

recording: .stamps/dev $(MANIFEST) chromium ## a short recording of a call, into docs/pictures
	@PYTHONPATH=tests $(PY) -m browser.recording

chromium: .stamps/dev
	@PYTHONPATH=tests $(PY) -m support.chromium

protocol: .stamps/dev $(MANIFEST) ## write the OpenAPI documents and record the transcripts in docs/protocol anew
	@PYTHONPATH=tests $(PY) -m contracts.descriptions
	@PYTHONPATH=tests $(PY) -m contracts.transcripts

images: ## build the image of every service, as parley/<service>:dev
	@k8s/cluster images

cluster: ## a local Kubernetes cluster (kind, or CLUSTER=k3d) with everything in it: https://chat.parley.localhost
	@k8s/cluster up

e2e: .stamps/dev chromium ## a real call in the local cluster, and what else it must keep
	@k8s/cluster test
	@$(PY) -m pytest -q -m "cluster and not drill" tests/cluster

drills: .stamps/dev $(MANIFEST) ## half an hour in the local cluster: an upgrade, everything killed and taken away, rotations, a restore
	@$(PY) -m pytest -q -m drill tests/cluster

cluster-down: ## remove the local cluster
	@k8s/cluster down

lock: .stamps/dev ## resolve the dependencies anew, into requirements/
	@command -v uv >/dev/null || { echo "uv is missing: pip install uv"; exit 1; }
	@uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate pyproject.toml -o requirements/run.txt
	@uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --extra engines -c requirements/run.txt pyproject.toml -o requirements/engines.txt
	@uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --extra engines --extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --extra check -c requirements/dev.txt pyproject.toml -o requirements/check.txt
	@uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate requirements/chart.in -o requirements/chart.txt
	@uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate -c requirements/dev.txt operator/pyproject.toml -o requirements/operator.txt

clean: ## remove what was built or installed here
	@rm -rf $(VENV) .stamps build $(WEB)/node_modules $(WEB)/dist

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is missing: install it, or name it with make PYTHON=…"; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null \
	  || { rm -rf $(VENV); echo "Python's venv module is missing: install the package python3-venv"; exit 1; }
	@$(PY) -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'parley.pth').write_text('$(CURDIR)/apps')"

.stamps/run: requirements/run.txt | $(PY)
	@echo "Installing Python packages …"
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	@mkdir -p .stamps && touch $@

.stamps/dev: requirements/dev.txt requirements/operator.txt .stamps/run
	@echo "Installing Python packages for development …"
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt -r requirements/operator.txt
	@$(PY) -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'parley_operator.pth').write_text('$(CURDIR)/operator')"
	@mkdir -p .stamps && touch $@

.stamps/chart-tools: requirements/chart.txt | $(PY)
	@echo "Installing what the chart's tests ask …"
	@$(PY) -m venv --clear build/chart-tools
	@build/chart-tools/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/chart.txt
	@mkdir -p .stamps && touch $@

$(WEB)/node_modules/.stamp: $(WEB)/package-lock.json
	@node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null \
	  || { echo "Node.js 20 or newer is missing: install it from nodejs.org or your distribution"; exit 1; }
	@echo "Installing the client's packages …"
	@cd $(WEB) && npm ci --silent --no-audit --no-fund
	@touch $@

$(MANIFEST): $(WEB)/node_modules/.stamp $(WEB_SOURCES)
	@echo "Building the browser client …"
	@cd $(WEB) && npm run --silent build >/dev/null
	@touch $@
