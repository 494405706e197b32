#!/usr/bin/env bash
# Writes both requirement locks anew from the ranges in pyproject.toml, in one resolution. Needs uv; nothing else does.
set -euo pipefail
cd "$(dirname "$0")/.."
compile=(uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate)
"${compile[@]}" "$@" --extra dev pyproject.toml --output-file requirements-dev.lock
"${compile[@]}" --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock
