#!/usr/bin/env bash
# Makes .venv with everything in requirements-dev.lock. Does nothing where that is current.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"

say() { printf '%s\n' "$*" >&2; }

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "Delphi Panel needs Python 3.11 or newer as $python; install it, or name another with PYTHON=."
    exit 1
fi

# The folder is part of the stamp because scripts in a virtual environment hold their own address.
wanted="$("$python" -c 'import hashlib, pathlib, sys
print(hashlib.sha256(pathlib.Path("requirements-dev.lock").read_bytes()).hexdigest(), sys.version.split()[0], pathlib.Path.cwd())')"
stamp=.venv/.delphi-stamp
current() { [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; }
current && exit 0

# Two targets started together set up one after the other.
# The folder also takes the database and the secrets of an installation that is told no other place.
mkdir -p -m 700 var
exec 9>var/setup.lock
if command -v flock >/dev/null; then flock 9; fi
current && exit 0

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version="$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')"
    if ! tools/apt.sh "$version-venv" && ! tools/apt.sh python3-venv; then
        say "Delphi Panel needs Python's venv module: install the package python3-venv and run this again."
        exit 1
    fi
fi

say "Setting up .venv (about a minute, once) ..."
# A new lock is installed over the old one; another Python, another folder or a broken start needs a fresh environment.
had="$(cat "$stamp" 2>/dev/null || true)"
rm -f "$stamp"
if [ -z "$had" ] || [ "${had#* }" != "${wanted#* }" ]; then
    "$python" -m venv --clear .venv
fi
.venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
printf '%s\n' "$wanted" >"$stamp"
