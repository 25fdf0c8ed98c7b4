#!/bin/bash
# Lays ONNX Runtime into third_party/onnxruntime (include/, lib/), unless the system has one.
# Debian 12 has no package of it, so it comes from two registry packages, both pinned by SHA-256:
#   headers  from the npm package com.github.asus4.onnxruntime (the official C and C++ headers)
#   library  from the PyPI wheel onnxruntime, which must not be older than the headers
# What was downloaded is kept, checked, in a cache per user: a second checkout downloads nothing.
#
#   tools/onnxruntime.sh                 fetch and lay out what is missing
#   tools/onnxruntime.sh --have-headers  exit 0 if no download of the headers (so no npm) is needed
set -euo pipefail
cd "$(dirname "$0")/.."

readonly kHeaders=com.github.asus4.onnxruntime
readonly kHeadersVersion=0.4.9
readonly kHeadersPackageSha=e59788788818fdde1b2e522e766a21ba0f7d8391de55737abf81e32cc801785d
readonly kHeadersTreeSha=296c04b13ec399b3b122fc699c3249376e9bf3f9e643954f63de5212fb671df5
readonly kHeadersFolder='package/Plugins/iOS~/onnxruntime.xcframework/ios-arm64/onnxruntime.framework/Headers'
readonly kVersion=1.32.0
readonly kDestination=third_party/onnxruntime

say() { printf 'deps: %s\n' "$*"; }
fail() { printf 'deps: %s\n' "$@" >&2; exit 1; }

case "$(uname -m)" in
  x86_64)
    platform=manylinux_2_28_x86_64
    wheel_sha=99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8 ;;
  aarch64)
    platform=manylinux_2_28_aarch64
    wheel_sha=e36c187006e7a7c8b8d6d57f1a209dd63f52430dca6c282b177718ad6b841054 ;;
  *)
    fail "no pinned ONNX Runtime for $(uname -m): install one (headers and library) in /usr/local" ;;
esac
wheel=onnxruntime-$kVersion-cp312-cp312-$platform.whl

cache=${XDG_CACHE_HOME:-${HOME:-}/.cache}/offramp
# Service accounts have no home folder to write to.
mkdir -p "$cache" 2>/dev/null && [[ -w $cache ]] || cache=$PWD/third_party/cache
headers=$cache/onnxruntime-headers-$kHeadersVersion
stamp="headers $kHeadersTreeSha library $wheel_sha"

# The same places as cmake/FindOnnxRuntime.cmake.
have_system() {
  local prefix include library
  for prefix in ${ONNXRUNTIME_ROOT:-} /usr/local /usr; do
    for include in "$prefix"/include{,/onnxruntime,/onnxruntime/core/session}; do
      [[ -f $include/onnxruntime_cxx_api.h ]] || continue
      for library in "$prefix"/lib{,64,/"$(uname -m)"-linux-gnu}/libonnxruntime.so; do
        [[ -e $library ]] && return 0
      done
    done
  done
  return 1
}

is_laid_out() {
  [[ -f $kDestination/STAMP && $(<$kDestination/STAMP) == "$stamp" ]]
}

tree_sha() {
  (cd "$1" && LC_ALL=C sha256sum -- *.h | sha256sum | cut -d' ' -f1) 2>/dev/null || true
}

file_sha() {
  sha256sum "$1" 2>/dev/null | cut -d' ' -f1
}

headers_cached() {
  [[ -d $headers && $(tree_sha "$headers") == "$kHeadersTreeSha" ]]
}

if [[ "${1:-}" == --have-headers ]]; then
  is_laid_out || have_system || headers_cached
  exit
fi

is_laid_out && exit 0
have_system && exit 0

mkdir -p "$cache" third_party
work=$(mktemp -d "$cache/download.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=third_party/onnxruntime.log

if ! headers_cached; then
  say "downloading the ONNX Runtime headers (150 MB, once)"
  command -v npm >/dev/null || fail "npm is missing: apt-get install npm"
  if ! npm pack "$kHeaders@$kHeadersVersion" --pack-destination "$work" --cache "$work/npm" \
      >"$log" 2>&1; then
    tail -n 10 "$log" >&2
    fail "npm could not fetch $kHeaders $kHeadersVersion (no network?)"
  fi
  package=$work/$kHeaders-$kHeadersVersion.tgz
  [[ $(file_sha "$package") == "$kHeadersPackageSha" ]] ||
    fail "$kHeaders $kHeadersVersion is not the file this project pinned: SHA-256" \
         "  expected $kHeadersPackageSha" "  got      $(file_sha "$package")"
  mkdir "$work/headers"
  tar -xzf "$package" -C "$work/headers" --strip-components=7 --wildcards "$kHeadersFolder/*.h"
  [[ $(tree_sha "$work/headers") == "$kHeadersTreeSha" ]] ||
    fail "the headers in $kHeaders $kHeadersVersion are not the ones this project pinned"
  rm -rf "$headers"
  mv "$work/headers" "$headers"
fi

if [[ $(file_sha "$cache/$wheel") != "$wheel_sha" ]]; then
  say "downloading ONNX Runtime $kVersion (28 MB, once)"
  python=.venv/bin/python
  [[ -x $python ]] || python=python3
  if ! "$python" -m pip download --disable-pip-version-check --no-input --no-deps --retries 3 \
      --only-binary=:all: --python-version 3.12 --platform "$platform" \
      "onnxruntime==$kVersion" -d "$work" >"$log" 2>&1; then
    tail -n 10 "$log" >&2
    fail "pip could not fetch onnxruntime $kVersion (no network?)"
  fi
  [[ $(file_sha "$work/$wheel") == "$wheel_sha" ]] ||
    fail "onnxruntime $kVersion is not the file this project pinned: SHA-256" \
         "  expected $wheel_sha" "  got      $(file_sha "$work/$wheel")"
  mv "$work/$wheel" "$cache/$wheel"
fi

say "laying out $kDestination"
mkdir "$work/out" "$work/out/include" "$work/out/lib"
cp "$headers"/*.h "$work/out/include/"
python3 - "$cache/$wheel" "$work/out" "$kVersion" <<'PYTHON'
import pathlib
import sys
import zipfile

wheel, out, version = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
members = {
    f"onnxruntime/capi/libonnxruntime.so.{version}": f"lib/libonnxruntime.so.{version}",
    "onnxruntime/capi/libonnxruntime_providers_shared.so": "lib/libonnxruntime_providers_shared.so",
    "onnxruntime/LICENSE": "LICENSE",
    "onnxruntime/ThirdPartyNotices.txt": "ThirdPartyNotices.txt",
}
for member, target in members.items():
    (out / target).write_bytes(wheel.read(member))
PYTHON
# Programs ask for the soname, the linker for the bare name.
ln -s "libonnxruntime.so.$kVersion" "$work/out/lib/libonnxruntime.so.1"
ln -s libonnxruntime.so.1 "$work/out/lib/libonnxruntime.so"
printf '%s\n' "$stamp" >"$work/out/STAMP"
rm -rf "$kDestination"
mv "$work/out" "$kDestination"
