#!/bin/bash
# Runs every fuzzer of a libFuzzer build for some seconds each: tools/fuzz.sh BUILD_FOLDER SECONDS
# What it learns stays in BUILD_FOLDER/found/<fuzzer>, so that the next run goes on from there; an
# input that fails is kept there too and named. Exit code 1 if any failed.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$1
seconds=$2
failed=()
passed=0
for program in "$build"/fuzz/fuzz_*; do
  [[ -f $program && -x $program ]] || continue
  name=$(basename "$program")
  name=${name#fuzz_}
  found=$build/found/$name
  mkdir -p "$found"
  folders=("$found")
  [[ -d fuzz/corpus/$name ]] && folders+=("fuzz/corpus/$name")
  printf 'fuzz: %s for %s s\n' "$name" "$seconds"
  if ASAN_OPTIONS=detect_container_overflow=0 \
      LSAN_OPTIONS=suppressions=tools/sanitizers/lsan.supp:print_suppressions=0 \
      "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$found/" "${folders[@]}" >"$found.log" 2>&1; then
    passed=$((passed + 1))
    grep -E 'number_of_executed_units|peak_rss' "$found.log" | sed 's/^/  /' || true
  else
    failed+=("$name")
    tail -n 40 "$found.log"
  fi
done
if ((${#failed[@]})); then
  printf 'fuzz: failed: %s; inputs are in %s/found\n' "${failed[*]}" "$build" >&2
  exit 1
fi
printf 'fuzz: %d fuzzers found nothing\n' "$passed"
