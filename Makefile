# Two commands: `make demo` to try it out, `make test` to check it. The first run of either sets up .venv,
# with uv where it is installed and with venv and pip where not; later runs begin at once.
# Another Python: make demo PYTHON=python3.13. Another port: make demo PORT=8001.

VENV := .venv
IN_VENV := $(VENV)/bin/python
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)
PORT ?= 8000
# The editable install brings the fonts from npm, so what decides about them belongs here too.
PROJECT := pyproject.toml hatch_build.py package.json package-lock.json .npmrc

.PHONY: help demo demo-fresh test faults bench bench-queues translations pins clean

help:
	@echo "make demo        try it out in the browser (keeps what you did the last time)"
	@echo "make demo-fresh  the same from the start"
	@echo "make test        every check: ruff, mypy, and pytest on SQLite and PostgreSQL"
	@echo "make faults      break everything that may break, and measure what it costs (see docs/faults.md)"
	@echo "make bench       measure (see benchmarks/)"
	@echo "make bench-queues  our dispatcher beside other mail queues (about half an hour; needs smtp-sink, redis-server)"
	@echo "make translations  bring the catalogs of other languages up to date, and list what is to be translated"
	@echo "make pins        choose new versions of the dependencies"
	@echo "make clean       remove .venv"

demo: $(VENV)/ready-to-run
	@$(IN_VENV) -m webinar_hub demo --port $(PORT)

demo-fresh: $(VENV)/ready-to-run
	@$(IN_VENV) -m webinar_hub demo --port $(PORT) --fresh

test: $(VENV)/ready-to-test
	@echo "== ruff: mistakes, style, layout"
	@$(IN_VENV) -m ruff check --quiet .
	@$(IN_VENV) -m ruff format --check --quiet .
	@echo "== mypy: types"
	@$(IN_VENV) -m mypy --no-error-summary
	@echo "== pytest: behaviour, on SQLite and PostgreSQL"
	@$(IN_VENV) -m pytest -n auto

# One at a time: seconds are measured. Needs Linux; as root also with a full disk and a cut network.
faults: $(VENV)/ready-to-test
	@$(IN_VENV) -m pytest tests/faults tests/fleet -m "" --figures

bench: $(VENV)/ready-to-test
	@$(IN_VENV) -m benchmarks

# Installs the other queues into a virtual environment of their own the first time.
bench-queues: $(VENV)/ready-to-test
	@$(IN_VENV) -m benchmarks.queues

translations: $(VENV)/ready-to-run
	@$(IN_VENV) -m tests.translating

# Needs uv. The hashes are of files, not of places: any index or mirror that has the same files will do.
COMPILE := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make pins" pyproject.toml --extra postgres
pins:
	@command -v uv >/dev/null || { echo "make pins needs uv."; exit 1; }
	$(COMPILE) -o requirements.txt
	$(COMPILE) --group dev -c requirements.txt -o requirements-dev.txt

clean:
	rm -rf $(VENV)

$(VENV)/ready-to-run: requirements.txt $(PROJECT)
	$(call install,requirements.txt)

$(VENV)/ready-to-test: requirements-dev.txt $(PROJECT)
	$(call install,requirements-dev.txt)
	@touch $(VENV)/ready-to-run

# $(1): the file with the pinned dependencies. The project itself cannot be pinned, so it is installed after them.
define install
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "Webinar Hub needs Python 3.11 or newer, and $(or $(PYTHON),none of the usual names) is not that."; \
		echo "Install one, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; }
	@echo "== setting up $(VENV) from $(1) (once; later runs begin at once)"
	@if command -v uv >/dev/null; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" $(VENV) && \
		uv pip install --quiet --python $(IN_VENV) --require-hashes -r $(1) && \
		uv pip install --quiet --python $(IN_VENV) --no-deps --editable .; \
	else \
		"$(PYTHON)" -m venv $(VENV) && \
		$(IN_VENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && \
		$(IN_VENV) -m pip install --quiet --disable-pip-version-check --no-deps --editable .; \
	fi
	@touch $@
endef
