# Two commands for a newcomer: `make demo` runs the main job, `make test` passes the tests.
# Each sets up what it needs, and works alone on a machine that has only Python, pip and make.

PYTHON ?= python3
DEMO := .venv-demo
DEV := .venv
PIP := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

AUDIT := .venv-audit

.PHONY: demo test lint train audit wheel clean

demo: $(DEMO)/ready
	@mkdir -p output
	@$(DEMO)/bin/nabra predict seeds/articles --output output/predictions.jsonl --overwrite
	@$(DEMO)/bin/nabra show output/predictions.jsonl
	@$(DEMO)/bin/nabra report output/predictions.jsonl --output output/report.html --overwrite --title 'Nabra: the sample articles' --quiet
	@echo "JSON Lines: output/predictions.jsonl"
	@echo "a report, for a browser: output/report.html"

test: lint
	$(DEV)/bin/pytest

lint: $(DEV)/ready
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/mypy

# Trains the shipped kind of model on seeds/ and scores it; see the model card.
train: $(DEV)/ready
	$(DEV)/bin/nabra train --config compact --overwrite
	$(DEV)/bin/nabra export output/compact
	$(DEV)/bin/nabra evaluate --model output/compact --data seeds/test.jsonl

$(DEMO)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python $(PIP) --editable .
	@touch $@

$(DEV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python $(PIP) --editable '.[train,html,onnx,pandas,parquet,ray,dev]'
	@touch $@

# Looks the pinned versions up among the known holes; says so where the advisories cannot be reached.
audit: $(AUDIT)/ready $(DEV)/ready
	$(AUDIT)/bin/python scripts/audit.py $(DEV)

# Builds the wheel twice, and fails unless both are the same to the byte.
wheel: $(AUDIT)/ready
	rm -rf dist build/again
	SOURCE_DATE_EPOCH=315532800 $(AUDIT)/bin/python -m hatchling build --target wheel --directory dist
	SOURCE_DATE_EPOCH=315532800 $(AUDIT)/bin/python -m hatchling build --target wheel --directory build/again
	cmp dist/*.whl build/again/*.whl

$(AUDIT)/ready: Makefile
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit hatchling
	@touch $@

clean:
	rm -rf $(DEMO) $(DEV) $(AUDIT) output
