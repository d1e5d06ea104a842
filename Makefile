# Thin: each target is one command that can be typed as well.
.PHONY: run test format translations lock vendor

run:
	python3 run.py

test:
	python3 run.py test

format:
	.venv/bin/python -m ruff check --fix .
	.venv/bin/python -m ruff format .

translations:
	.venv/bin/python -m tools.translations update

# After a change of a requirements*.in file.
LOCK = uv pip compile --universal --python-version 3.11 --generate-hashes --no-header
lock:
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-test.in -o requirements-test.txt
	$(LOCK) requirements-sdk.in -o requirements-sdk.txt

# htmx, styles and icons into static/vendor, with their versions and hashes.
vendor:
	.venv/bin/python tools/vendor.py
