# What is set for another Python in the shell that runs make must not leak into this one.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH VIRTUAL_ENV
export PYTHONNOUSERSITE := 1

PYTHON := .venv/bin/python

.PHONY: up down test drill bench lock environment

up: environment
	@$(PYTHON) -m sandbox up

down:
	@if [ -e .venv ] || [ -e "$${SANDBOX_HOME:-.sandbox}" ]; \
	then $(MAKE) --no-print-directory environment && $(PYTHON) -m sandbox down; \
	else echo "nothing to take down"; fi

# Quick steps first; the first that fails ends it.
test: environment
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m basedpyright
	$(PYTHON) -m pytest -m "not engine and not slow" --ignore tests/engine -n 2 --dist loadfile
	$(PYTHON) -m pytest -m slow --ignore tests/engine -n 2 --dist loadfile
	$(PYTHON) -m sandbox engine
	$(PYTHON) -m pytest -m engine -n 2 --dist loadgroup

# kill -9 at 52 moments of updates, and the longer histories of rollbacks (about 25 minutes); `make test` has the first four.
drill: environment
	$(PYTHON) -m sandbox engine
	DRILL=13 $(PYTHON) -m pytest tests/engine/test_kills.py tests/engine/test_rollback_drill.py -n 2

# Time and memory of this program beside a bare one with the same resources (about 20 minutes).
bench: environment
	$(PYTHON) -m sandbox engine
	$(PYTHON) -m benchmarks

# After an edit of requirements*.in. Without an address in it, a lock serves any mirror.
lock: environment
	for name in requirements requirements-dev; do $(PYTHON) -m uv pip compile --universal --python-version 3.11 \
		--generate-hashes --custom-compile-command "make lock" --quiet $$name.in --output-file $$name.txt || exit 1; done

# The first Python that is new enough; it makes .venv, or sees that .venv is as the locks say.
environment:
	@for python in python3.11 python3 python3.12 python3.13 python3.14; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then exec $$python -I sandbox/bootstrap.py; fi; \
	done; \
	echo "No Python on PATH is new enough: install Python 3.11 or later, with its venv module." >&2; exit 1
