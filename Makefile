# SPDX-License-Identifier: GPL-2.0-only
#
#   sudo make run     install what is missing, build, trace until Ctrl-C   (ARGS='…' reaches connwhy)
#   sudo make test    install what the tests need, run them all
#   make help         every target

CLANG        ?= clang
LLVM_STRIP   ?= llvm-strip
BPFTOOL      ?= $(shell command -v bpftool 2>/dev/null || echo /usr/sbin/bpftool)
PKG_CONFIG   ?= pkg-config
PREFIX       ?= /usr/local
BUILD        := build
ARGS         ?=

# What a build and a run need, and what the tests need beside it. Debian's names, then Fedora's.
APT_BUILD    := gcc make clang llvm libbpf-dev bpftool libelf-dev zlib1g-dev libpcap-dev libmnl-dev libmicrohttpd-dev libcap-ng-dev libseccomp-dev libsystemd-dev libncurses-dev pkg-config linux-libc-dev
APT_TEST     := libcmocka-dev libjansson-dev clang-format clang-19 llvm-19 shellcheck python3 python3-jsonschema \
                iproute2 nftables ipvsadm procps curl jq dpkg-dev debhelper lintian debootstrap mandoc fish netcat-openbsd nodejs chromium tmux sudo util-linux clickhouse-server \
                libasan8 libubsan1 libclang-rt-14-dev \
                prometheus prometheus-alertmanager systemd \
                qemu-system-x86 qemu-system-arm gcc-aarch64-linux-gnu binutils busybox-static kmod cpio zstd xz-utils libbpf-tools
DNF_BUILD    := gcc make clang llvm libbpf-devel bpftool elfutils-libelf-devel zlib-devel libpcap-devel libmnl-devel libmicrohttpd-devel systemd-devel ncurses-devel pkgconf-pkg-config libcap-ng-devel libseccomp-devel
DNF_TEST     := libcmocka-devel jansson-devel clang-tools-extra ShellCheck python3-jsonschema jq iproute nftables ipvsadm procps-ng \
                curl nmap-ncat nodejs chromium tmux sudo util-linux libasan libubsan qemu-system-x86-core busybox kmod cpio zstd xz

VERSION      := 0.1.0
# What libbpf's bpf_tracing.h calls the machine. To cross-compile, name it with a compiler, and a PKG_CONFIG that finds
# that machine's libraries: make ARCH=arm64 CC='aarch64-linux-gnu-gcc --sysroot=…' (tests/vm/cross does).
MACHINE      := $(shell uname -m)
ARCH         ?= $(or $(ARCH_$(MACHINE)),$(MACHINE))
ARCH_x86_64  := x86
ARCH_aarch64 := arm64
ifeq ($(filter x86 arm64,$(ARCH)),)
$(error connwhy runs on x86-64 and arm64, not on $(ARCH))
endif

Q            := $(if $(V),,@)
say           = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2))

LIBRARIES    := libbpf libpcap libmnl libmicrohttpd libcap-ng libseccomp ncursesw
WARNINGS     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
                -Wpointer-arith -Wwrite-strings
CFLAGS       ?= -O2 -g
override CFLAGS += -std=gnu11 $(WARNINGS) -D_GNU_SOURCE -ffile-prefix-map=$(CURDIR)=. -DVERSION='"$(VERSION)"' -I$(BUILD) -Ibpf \
                $(shell $(PKG_CONFIG) --cflags $(LIBRARIES) 2>/dev/null)
LDLIBS       := $(shell $(PKG_CONFIG) --libs $(LIBRARIES) 2>/dev/null) -lelf -lz -ldl -pthread
BPF_CFLAGS   := -O2 -g -target bpf -ffile-prefix-map=$(CURDIR)=. -D__TARGET_ARCH_$(ARCH) -D__BPF__ -Ivmlinux -Ibpf -Wall -Wextra -Werror \
                -Wno-unused-parameter $(shell $(PKG_CONFIG) --cflags libbpf 2>/dev/null)

# The rooms of user/ and what each may see beside bpf/event.h: an include that looks up does not
# compile.
ROOMS        := attempts verdict output cli kernel session verbs
SEES_attempts :=
SEES_verdict := attempts
SEES_output  := attempts verdict
SEES_cli     := attempts verdict output
SEES_kernel  := attempts cli
SEES_session := attempts verdict output cli kernel
SEES_verbs   := attempts verdict output cli kernel session
sees          = $(foreach room,$(1),-iquote user/$(room))
ALL_ROOMS    := $(call sees,$(ROOMS))
# Of an object: the room that it comes from, and those that this one sees.
includes      = $(call sees,$(patsubst user/%/,%,$(dir $<)) $(if $(filter user/,$(dir $<)),$(ROOMS),$(SEES_$(patsubst user/%/,%,$(dir $<)))))

USER_SOURCES := user/main.c $(sort $(foreach room,$(ROOMS),$(wildcard user/$(room)/*.c)))
USER_OBJECTS := $(USER_SOURCES:user/%.c=$(BUILD)/user/%.o)
LIB_OBJECTS  := $(filter-out $(BUILD)/user/main.o,$(USER_OBJECTS))
BPF_HEADERS  := $(wildcard bpf/*.h) vmlinux/vmlinux.h

SKELETONS := $(BUILD)/connwhy.skel.h $(BUILD)/typed.skel.h
.SECONDARY: $(SKELETONS)

# Headers that are made: an object that includes one waits for it.
REPORT_PAGE := $(BUILD)/report_page.h
MADE_HEADERS := $(SKELETONS) $(REPORT_PAGE)

include tests/tests.mk

.PHONY: all run test install-build-packages print-build-packages clean install deb help format
.DEFAULT_GOAL := all

all: $(BUILD)/connwhy ## build the program as an ordinary user: build/connwhy

run: install-build-packages ## install what is missing, build, trace until Ctrl-C; ARGS='…'
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(BUILD)/connwhy $(ARGS)

install-build-packages:
	$(Q)./tests/install-packages '$(APT_BUILD)' '$(DNF_BUILD)'

# Twice: bpf/read.bpf.h says why.
$(BUILD)/typed.bpf.o: BPF_CFLAGS += -DTYPED_READS -mcpu=v3
$(BUILD)/connwhy.bpf.o $(BUILD)/typed.bpf.o: bpf/connwhy.bpf.c $(BPF_HEADERS)
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@.tmp
	$(Q)$(LLVM_STRIP) -g $@.tmp && mv $@.tmp $@

$(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

# The page of --report, from its parts.
$(REPORT_PAGE): $(wildcard user/output/report/*)
	$(call say,PAGE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)user/output/report/assemble > $@.tmp && mv $@.tmp $@

$(BUILD)/user/%.o: user/%.c | $(MADE_HEADERS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(includes) -MMD -MP -c $< -o $@

$(BUILD)/connwhy: $(USER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

install: all ## install to DESTDIR/PREFIX
	install -D -m 755 $(BUILD)/connwhy $(DESTDIR)$(PREFIX)/sbin/connwhy
	install -D -m 644 dist/connwhy.8 $(DESTDIR)$(PREFIX)/share/man/man8/connwhy.8
	install -D -m 644 dist/completions/connwhy.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/connwhy
	install -D -m 644 dist/completions/_connwhy $(DESTDIR)$(or $(ZSHDIR),$(PREFIX)/share/zsh/site-functions)/_connwhy
	install -D -m 644 dist/completions/connwhy.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/connwhy.fish
	install -D -m 644 dist/prometheus/connwhy.rules.yml $(DESTDIR)$(PREFIX)/share/connwhy/connwhy.rules.yml
	install -D -m 644 dist/grafana/connwhy.json $(DESTDIR)$(PREFIX)/share/connwhy/grafana.json
	$(if $(UNITDIR),install -D -m 644 dist/connwhy.service $(DESTDIR)$(UNITDIR)/connwhy.service)
	$(if $(UNITDIR),install -D -m 644 dist/connwhy.catalog $(DESTDIR)$(PREFIX)/lib/systemd/catalog/connwhy.catalog)

deb: ## build the Debian package: build/connwhy_VERSION_MACHINE.deb
	$(Q)./dist/build-deb

print-build-packages:
	@echo $(APT_BUILD)

format: ## put every C file into the project's format
	$(Q)clang-format -i $(C_FILES)

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(USER_OBJECTS:.o=.d)
