#!/usr/bin/env bash
# Installs Debian or Ubuntu packages where that is possible; otherwise fails without a word, for the caller to explain.
set -euo pipefail
command -v apt-get >/dev/null || exit 1
if [ "$(id -u)" = 0 ]; then
    root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    root=(sudo -n)
else
    exit 1
fi
install=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends)
# The package lists of a new machine are missing or old; refresh them only when they turn out to be.
"${install[@]}" "$@" >/dev/null 2>&1 && exit 0
"${root[@]}" apt-get -qq update >/dev/null 2>&1 || true
"${install[@]}" "$@" >/dev/null 2>&1
