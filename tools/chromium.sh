#!/usr/bin/env bash
# Makes sure that the browser tests find a Chromium: the system's, else Playwright's own.
set -euo pipefail
cd "$(dirname "$0")/.."

found() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return 0
    done
    return 1
}

playwrights_own() {
    .venv/bin/python - <<'PYTHON'
import os, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    sys.exit(not os.path.exists(playwright.chromium.executable_path))
PYTHON
}

found && exit 0
playwrights_own && exit 0
printf 'Installing Chromium for the browser tests ...\n' >&2
tools/apt.sh chromium && found && exit 0
# On Ubuntu the package is only a pointer to a snap; Playwright's own browser then needs some libraries of the system.
if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then
    .venv/bin/python -m playwright install --with-deps chromium >/dev/null 2>&1 && playwrights_own && exit 0
fi
.venv/bin/python -m playwright install chromium >/dev/null 2>&1 && playwrights_own && exit 0
printf 'The browser tests need Chromium: install the package chromium (or google-chrome) and run this again.\n' >&2
exit 1
