# SPDX-License-Identifier: GPL-2.0-only
#
# What can be made, as an index: the work is done by the scripts under qemu/ and tools/. `make help` lists the targets.
# The module itself is described in Kbuild and rvs/Kbuild.

SHELL := /bin/bash
.DELETE_ON_ERROR:

# Which kernel: stock (Debian's own), release, debug, kcsan; or KDIR=, a prepared kernel tree of yours.
FLAVOUR ?= stock
KDIR ?=
PREFIX ?= /usr/local
DESTDIR ?=
COMPAT ?=

CARGO ?= $(or $(shell command -v cargo),$(HOME)/.cargo/bin/cargo)
export CARGO

build := build/$(if $(KDIR),kdir,$(FLAVOUR))
kernel-tree = $(or $(KDIR),$$(qemu/kernel/path $(FLAVOUR))/build)

.PHONY: all
all: module user ## the module for the stock kernel, and rvsadm

.PHONY: help
help: ## this list
	@echo "usage: make [TARGET] [FLAVOUR=stock|release|debug|kcsan] [KDIR=prepared kernel tree]"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

# --- getting what is needed

.PHONY: deps
deps: ## host packages, build root, guest userland (cached)
	@qemu/deps

.PHONY: kdir
kdir: deps ## Debian's stock kernel and a tree prepared for its modules (UPDATE=1: look for a newer one)
	@kernel=$$(qemu/kernel/stock $(if $(UPDATE),--update)) && echo "KDIR=$$kernel/build"

.PHONY: kernel
kernel: deps ## the kernel of FLAVOUR, built when it is not cached
	@kernel=$$(qemu/kernel/$(if $(filter stock,$(FLAVOUR)),stock,custom $(FLAVOUR))) && echo "$(FLAVOUR) kernel: $$kernel"

# --- building

.PHONY: module
module: $(if $(KDIR),deps,kernel) ## build/FLAVOUR/rvs.ko
	@qemu/module $(kernel-tree) $(build)

.PHONY: user
user: ## build/rvsadm
	@tools/progress "rvsadm" -- $(CARGO) build --release --locked -p rvsadm
	@mkdir -p build && install target/release/rvsadm build/rvsadm

# What real servers run. Its programs of BPF become a part of it. What it has in common with rvsadm is compiled once.
.PHONY: rvs-toa
rvs-toa: deps ## build/rvs-toa, by which real servers see clients
	@for program in toa enat; do tools/bpf rvs-toa/bpf/$$program.c build/bpf/$$program.o || exit; done
	@tools/progress "rvs-toa" -- $(CARGO) build --release --locked --manifest-path rvs-toa/Cargo.toml --target-dir target
	@install target/release/rvs-toa build/rvs-toa

# What a guest gets. A tree given by KDIR has no kernel that could be booted, so guests are for FLAVOURs only.
.PHONY: stage
stage: module user rvs-toa hold differential-program
	$(if $(KDIR),$(error KDIR= is for building and installing; guests boot a FLAVOUR))
	@tools/stage $(build)

# --- seeing it work

.PHONY: demo
demo: stage ## balance real HTTP in a guest and show it
	@qemu/boot --flavour $(FLAVOUR) --overlay $(build)/stage --timeout 180 -- /rvs/demo/run

.PHONY: shell
shell: stage ## the demo's topology, interactive
	@qemu/boot --flavour $(FLAVOUR) --overlay $(build)/stage --interactive -- /rvs/demo/shell

# --- tests

.PHONY: test
test: stage ## every test, on the stock kernel
	@tools/test logic build kselftest:$(FLAVOUR) $(if $(TESTS),,features:$(FLAVOUR))

.PHONY: test-debug
test-debug: ## the kselftests on the debug kernel
	@$(MAKE) --no-print-directory test-kselftest FLAVOUR=debug

.PHONY: test-debug-selection
test-debug-selection: ## those of the kselftests in which something goes while packets use it, on the debug kernel
	@$(MAKE) --no-print-directory stage FLAVOUR=debug
	@tools/test lifetimes:debug

.PHONY: test-kcsan
test-kcsan: ## those of the kselftests that change things under traffic, on the kernel that finds data races
	@$(MAKE) --no-print-directory test-kselftest FLAVOUR=kcsan

.PHONY: test-kselftest
test-kselftest: stage ## the kselftests alone (TESTS='NAME.sh ...': these)
	@tools/test kselftest:$(FLAVOUR)

.PHONY: test-ipvsadm
test-ipvsadm: stage ## the kselftests of the data path with RVS configured by stock ipvsadm (TESTS='NAME.sh ...': these)
	@tools/test ipvsadm:$(FLAVOUR)

.PHONY: test-transfers
test-transfers: stage ## transfers of 50 MB by each method and family, with each way of merging and segmenting packets
	@tools/test transfers:$(FLAVOUR)

.PHONY: test-ipv6
test-ipv6: stage ## all kselftests that know both families, in IPv6, of which make test has some (TESTS='NAME.sh:v6 ...': these)
	@tools/test ipv6:$(FLAVOUR) $(if $(TESTS),,features-ipv6:$(FLAVOUR))

.PHONY: test-logic
test-logic: ## the tests that need no kernel
	@tools/test logic

.PHONY: differential
differential: stage ## 22000 packets into C ip_vs and RVS, compared (SEED=, PACKETS=)
	@qemu/boot --flavour $(FLAVOUR) --overlay $(build)/stage --timeout 900 -- \
		env PACKETS=$(or $(PACKETS),22000) SEED=$(or $(SEED),$$(date +%s)) /rvs/kselftest/run_all differential.sh

.PHONY: fuzz
fuzz: ## each parser and rewriter reads what a fuzzer makes (FUZZ_SECONDS=300 each; TARGETS=: these; needs nightly)
	@tools/fuzz $(TARGETS)

# --- measuring

# The kernels measured: the one that FLAVOUR= names; else the stock one, and the release one when it has been made.
bench-flavours = $(if $(filter-out file,$(origin FLAVOUR)),$(FLAVOUR),stock $(shell qemu/kernel/path release >/dev/null 2>&1 && echo release))
CASE ?= dr

.PHONY: bench
bench: kdir user ## RVS and C ip_vs side by side: instructions a packet (QUICK=1: 1 and 1000 flows; FLAVOUR=)
	@for flavour in $(bench-flavours); do $(MAKE) --no-print-directory module injector FLAVOUR=$$flavour || exit; done
	@bench/run $(bench-flavours:%=--flavour %) $(if $(QUICK),--quick)
	@$(if $(QUICK),,for flavour in $(bench-flavours); do bench/cache-model --flavour $$flavour --update bench/results/latest.json dr nat tun || exit; done)

.PHONY: bench-capacity
bench-capacity: module injector user ## 4 million connections: no packet waits while they come and are listed (FLAVOUR=)
	@bench/capacity --flavour $(FLAVOUR)

.PHONY: bench-profile
bench-profile: module injector user ## one case by function and by source line of RVS (CASE=dr, FLAVOUR=)
	@bench/profile --flavour $(FLAVOUR) '$(CASE)'

.PHONY: bench-cache
bench-cache: module injector user ## one case in a model of the caches (CASE=dr: 100 000 flows of it; FLAVOUR=)
	@bench/cache-model --flavour $(FLAVOUR) '$(CASE)'

.PHONY: bench-document
bench-document: deps ## tables and chart of docs/performance.md from bench/results/latest.json
	@bench/document

.PHONY: bench-native
bench-native: deps ## what the module decides, without a kernel: instructions by callgrind, times by criterion
	@bench/native/count
	@$(CARGO) bench --locked -p rvs-bench-native

.PHONY: injector
injector: kernel ## the bench's generator of TCP, and its probes
	@qemu/module --source bench/injector rvs_injector $(kernel-tree) $(build)/injector

.PHONY: differential-program
differential-program: ## what sends packets to both load balancers for differential.sh
	@tools/progress "rvs-differential" -- $(CARGO) build --release --locked -p rvs-differential
	@mkdir -p build && install target/release/rvs-differential build/rvs-differential

.PHONY: hold
hold: kernel ## what holds a CPU up in a function for lifetimes.sh, on kernels that can do that
	@! grep -qx CONFIG_KPROBES=y $(kernel-tree)/include/config/auto.conf || \
		qemu/module --source tests/kselftest/modules rvs_hold $(kernel-tree) $(build)/hold

.PHONY: lint
lint: kdir ## formatting, clippy of both toolchains, layers, shell scripts, generated files
	@tools/lint

# --- installing and cleaning

.PHONY: install
install: ## module and rvsadm into this system (DESTDIR, PREFIX; COMPAT=1: in place of ip_vs)
	@tools/install $(build) '$(DESTDIR)' '$(PREFIX)' '$(COMPAT)'

.PHONY: install-toa
install-toa: ## rvs-toa and its unit of systemd into this system, a real server (DESTDIR, PREFIX)
	@tools/install-toa '$(DESTDIR)' '$(PREFIX)'

.PHONY: clean
clean: ## remove what was built here; the cache stays
	rm -rf build target

.PHONY: clean-cache
clean-cache: ## remove build root, guest and kernels
	@tools/clean-cache
