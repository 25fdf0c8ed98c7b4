#!/bin/bash
# Makes .venv, the Python environment of the tests, from tests/requirements.txt. A stamp with the
# file's hash makes a second run instant; a changed file makes the environment anew.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'deps: %s\n' "$*"; }
fail() { printf 'deps: %s\n' "$@" >&2; exit 1; }

requirements=tests/requirements.txt
stamp=.venv/.requirements.sha256
# Debian's own interpreter first: it is the one whose venv package `make deps` installs.
python=/usr/bin/python3
[[ -x $python ]] || python=$(command -v python3) || fail "python3 is missing"

wanted="$(sha256sum <"$requirements") $("$python" -V)"
if [[ -f $stamp && $(<"$stamp") == "$wanted" && -x .venv/bin/python ]]; then exit 0; fi

say "making the Python environment of the tests (.venv)"
log=third_party/pip.log
mkdir -p third_party
rm -rf .venv
if ! "$python" -m venv .venv >"$log" 2>&1; then
  cat "$log" >&2
  fail "$python cannot make virtual environments: install python3-venv"
fi
if ! .venv/bin/python -m pip install --disable-pip-version-check --no-input --retries 3 \
    -r "$requirements" >>"$log" 2>&1; then
  tail -n 10 "$log" >&2
  fail "pip could not install $requirements; the lines above say why (no network?)"
fi
printf '%s\n' "$wanted" >"$stamp"
