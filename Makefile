# One command each: `make run` tries Duewell, `make test` tests it. Both set up what they need in .venv.

.DEFAULT_GOAL := help
.PHONY: help tools setup run test check prove bench pictures lock

# The first that runs and is new enough: a name on the path need not run, as with pyenv.
PYTHON := $(or $(PYTHON),$(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done))
BIN := .venv/bin
# One more than there are processors: some tests wait for processes that are killed, for browsers and for mail.
WORKERS = $(shell $(BIN)/python -c 'import os; print(min(5, 1 + (os.cpu_count() or 1)))')
LOCKS := requirements.txt requirements-dev.txt
CONTRACT := requirements-contract.txt
INSTALLED := .venv/installed.lock
TRANSLATED := .venv/translated
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/*.po)

help:
	@echo "make run       starts Duewell with a demo company and says where to click"
	@echo "make test      runs the tests"
	@echo "make check     style, types, order of the modules"
	@echo "make prove     the proofs at full size; takes hours"
	@echo "make bench     measures against raw limits; SIZE=full for a million invoices"
	@echo "make pictures  makes the pictures of docs/ again"
	@echo "make lock      pins requirements*.in again"

# Names everything that a bare machine lacks in one line.
tools:
	@lacking=; \
	command -v git >/dev/null || lacking="$$lacking git"; \
	if [ -z "$(PYTHON)" ]; then lacking="$$lacking python3 python3-venv"; \
	elif ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then lacking="$$lacking python3-venv"; fi; \
	[ -z "$$lacking" ] || { echo "Duewell needs git and Python 3.11 or newer with venv." \
		"On Debian or Ubuntu: apt-get install -y$$lacking" >&2; exit 1; }

# The copy of the lock files inside .venv tells what is installed there; a .venv whose Python is gone is made anew.
setup: tools
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@cat $(LOCKS) $(CONTRACT) | cmp -s - $(INSTALLED) || { \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
			$(foreach lock,$(LOCKS),-r $(lock)) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
			-r $(CONTRACT) && cat $(LOCKS) $(CONTRACT) > $(INSTALLED); }
	@$(MAKE) --no-print-directory $(TRANSLATED)

$(TRANSLATED): $(CATALOGUES)
	@$(BIN)/flask translations compile >&2
	@touch $@

run: setup
	@$(BIN)/python -m runtime --tied

test: setup
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=10

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict models
	@$(BIN)/lint-imports

prove: setup
	@DUEWELL_PROVE=1 $(BIN)/python -m pytest -m prove --timeout=0 --durations=0

bench: setup
	@SIZE=$(SIZE) $(BIN)/python -m bench

pictures: setup
	@$(BIN)/python -m docs.pictures

lock: setup
	@for name in requirements requirements-dev; do \
		$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header \
			--no-emit-index-url --no-emit-find-links $$name.in -o $$name.txt || exit 1; done
