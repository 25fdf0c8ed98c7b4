#!/bin/bash
# Brings everything that building, testing and the demo need; instant when all is there.
#
#   tools/deps.sh           what `make deps` runs: Debian packages, Python environment, ONNX Runtime
#   tools/deps.sh --models  also what training the shipped models needs
#
# OFFRAMP_SKIP_PACKAGES=1 leaves system packages alone (for systems without apt: bring your own).
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'deps: %s\n' "$*"; }
fail() { printf 'deps: %s\n' "$@" >&2; exit 1; }

# Two runs at once (two terminals, two checkouts sharing the cache) take turns.
mkdir -p third_party
exec 9>third_party/.deps.lock
if ! flock -n 9; then
  say "waiting for another run of make deps"
  flock 9
fi

package_files=(tools/debian-packages.txt)
[[ "${1:-}" == --models ]] && package_files+=(tools/debian-packages-models.txt)

install_packages() {
  local missing=("$@") as_root=()
  local command="apt-get install -y --no-install-recommends ${missing[*]}"
  if ! command -v apt-get >/dev/null; then
    fail "this system has no apt-get. Needed are the equivalents of these Debian packages:" \
         "  ${missing[*]}" \
         "With those installed, run: OFFRAMP_SKIP_PACKAGES=1 make deps"
  fi
  if [[ $(id -u) != 0 ]]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
      as_root=(sudo)
    else
      fail "${#missing[@]} system packages are missing and this user may not install them." \
           "Ask an administrator to run:" \
           "  apt-get update && $command"
    fi
  fi
  local log=third_party/apt.log
  say "installing ${#missing[@]} Debian packages (log: $log): ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get
             -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
  if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; } \
      >"$log" 2>&1 9>&-; then
    tail -n 15 "$log" >&2
    fail "apt-get failed; the lines above say why (no network?). By hand:" \
         "  apt-get update && $command"
  fi
}

# What ONNX Runtime's headers come in: npm is needed once, and not where a copy is cached already.
needs_npm() {
  ! tools/onnxruntime.sh --have-headers && ! command -v npm >/dev/null
}

if [[ "${OFFRAMP_SKIP_PACKAGES:-}" != 1 ]]; then
  mapfile -t wanted < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "${package_files[@]}")
  if needs_npm; then wanted+=(npm); fi
  installed=""
  if command -v dpkg-query >/dev/null; then
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
                sed -n 's/^installed //p' || true)
  fi
  missing=()
  for package in "${wanted[@]}"; do
    grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
  done
  if ((${#missing[@]})); then install_packages "${missing[@]}"; fi
fi

tools/python_env.sh 9>&-
tools/onnxruntime.sh 9>&-
say "everything is there"
