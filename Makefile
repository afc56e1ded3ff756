# SPDX-License-Identifier: ISC
# Makefile - builds qlab; plain enough for GNU make 3.81
#
#   make                     everything, into build/
#   make check               unit and command-line tests (scripts/check does all)
#   make SAN=1               the same with ASan and UBSan, in a place of its own
#   make OS=stub             without the system's own parts
#   make install PREFIX=/usr DESTDIR=/tmp/x
#   make cross               for macOS, to see that it compiles and links
#   make lint fmt clean uninstall

-include config.mk

VERSION := 0.1

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/qlab
MANDIR ?= $(PREFIX)/share/man
# Where Wireshark looks for sources of packets; a distribution's own: other.
EXTCAPDIR ?= $(PREFIX)/lib/wireshark/extcap
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
DESTDIR ?=

OS ?= $(shell uname -s | tr A-Z a-z)
ifeq ($(wildcard lib/$(OS)),)
$(error no lib/$(OS): this system is not supported, try OS=stub)
endif

CC ?= cc
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
	-Wshadow -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wno-format-nonliteral
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -iquote lib -iquote $(B) $(WARN) \
	-DLIBEXECDIR='"$(LIBEXECDIR)"' -MMD -MP $(SANFLAGS) $(OS_CFLAGS) \
	$(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(SANFLAGS) $(LDFLAGS)

B := build/$(OS)
SANFLAGS :=
ifeq ($(SAN),1)
B := build/$(OS)-san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
endif

# What every tool links; qlab-cap alone adds libpcap.  macOS has libuuid in libc.
PKGS := yaml-0.1 jansson
ifneq ($(OS),darwin)
PKGS += uuid
endif
ifeq ($(OS),linux)
PKGS += libmnl libseccomp
endif
# What macOS' library lacks of those of others is declared for every file.
ifeq ($(OS),darwin)
OS_CFLAGS := -include lib/darwin/compat.h
$(B)/lib/darwin/%.o: OS_CFLAGS += -Wconversion -Wunguarded-availability
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
LDLIBS_LIB := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null || \
	echo -lyaml -ljansson) -lz -lm
LDLIBS_PCAP := $(shell $(PKG_CONFIG) --libs libpcap 2>/dev/null || echo -lpcap)

OS_SRC := $(sort $(wildcard lib/$(OS)/*.c))
# What macOS has not either.
ifeq ($(OS),darwin)
OS_SRC += lib/stub/orphan.c lib/stub/pipelend.c lib/stub/vnetnone.c
endif
LIB_SRC := $(sort $(wildcard lib/*.c)) $(OS_SRC)
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
LIB := $(B)/libqlab.a

TOOLS := $(patsubst tools/%.c,%,$(sort $(wildcard tools/qlab-*.c)))
BINS := $(TOOLS:%=$(B)/%)
# Not for users' fingers: lives in LIBEXECDIR.
HELPERS := qlab-holder
USER_TOOLS := $(filter-out $(HELPERS),$(TOOLS))
MAN1 := $(sort $(wildcard man/*.1))
MAN5 := $(sort $(wildcard man/*.5))
MAN7 := $(sort $(wildcard man/*.7))

UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(sort $(wildcard tests/unit/*.c)))
FUZZ := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(sort $(wildcard tests/fuzz/*.c)))

.PHONY: all check unit fuzz cross install uninstall lint fmt clean
.SECONDARY:

all: $(BINS)

$(B)/version.h: Makefile
	@mkdir -p $(@D)
	@printf '#define QLAB_VERSION "%s"\n' '$(VERSION)' > $@.new
	@cmp -s $@.new $@ 2>/dev/null && rm $@.new || mv $@.new $@

$(B)/%.o: %.c | $(B)/version.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Made anew, so that the object of a removed source does not stay in it.
$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $(LIB_OBJ)

$(BINS): $(B)/%: $(B)/tools/%.o $(B)/tools/tool.o $(LIB)
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS_TOOL) \
		$(LDLIBS_LIB)

$(B)/qlab-cap: LDLIBS_TOOL = $(LDLIBS_PCAP)
$(B)/qlab-cap: $(B)/tools/cap-command.o $(B)/tools/cap-extcap.o \
	$(B)/tools/cap-first.o $(B)/tools/cap-open.o \
	$(B)/tools/cap-mover.o $(B)/tools/cap-count.o \
	$(B)/tools/cap-dest.o $(B)/tools/cap-read.o \
	$(B)/tools/cap-reader.o $(B)/tools/cap-rights.o \
	$(B)/tools/cap-signals.o
$(B)/qlab-run: $(B)/tools/run-check.o $(B)/tools/run-explain.o \
	$(B)/tools/run-lab.o $(B)/tools/run-reset.o $(B)/tools/run-vmnet.o
$(B)/qlab-net: $(B)/tools/net-gc.o $(B)/tools/net-ls.o $(B)/tools/run-check.o
$(B)/qlab-ctl: $(B)/tools/ctl-qmp.o
$(B)/qlab-ifmap: $(B)/tools/ifmap-table.o $(B)/tools/ifmap-out.o \
	$(B)/tools/ifmap-watch.o $(B)/tools/ifmap-saved.o
$(B)/qlab-logq: $(B)/tools/logq-source.o $(B)/tools/logq-collect.o

$(B)/unit/%: $(B)/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIB) -lcmocka $(LDLIBS_PCAP) $(LDLIBS_LIB)

unit: $(UNIT)

check: all unit
	@QLAB_BUILD=$(abspath $(B)) scripts/run-tests unit cli

# libFuzzer needs clang; the library is built again with its coverage.
FUZZ_LIB := build/fuzz/libqlab.a
FUZZ_OBJ := $(LIB_SRC:%.c=build/fuzz/%.o)
FUZZ_CC = clang $(filter-out $(SANFLAGS) -O2,$(ALL_CFLAGS)) -O1 \
	-fsanitize=address,undefined -fno-sanitize-recover=all

build/fuzz/lib/%.o: lib/%.c | $(B)/version.h
	@mkdir -p $(@D)
	$(FUZZ_CC) -fsanitize=fuzzer-no-link -c -o $@ $<

$(FUZZ_LIB): $(FUZZ_OBJ)
	@rm -f $@
	$(AR) rcs $@ $(FUZZ_OBJ)

build/fuzz/%: tests/fuzz/%.c $(FUZZ_LIB)
	$(FUZZ_CC) -fsanitize=fuzzer -o $@ $< $(FUZZ_LIB) $(LDLIBS_PCAP) \
		$(LDLIBS_LIB)

fuzz: $(FUZZ)

cross:
	@scripts/cross/build

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) \
		$(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 \
		$(DESTDIR)$(MANDIR)/man7
	install -m 755 $(USER_TOOLS:%=$(B)/%) tools/qlab $(DESTDIR)$(BINDIR)
	install -m 755 $(HELPERS:%=$(B)/%) $(DESTDIR)$(LIBEXECDIR)
	install -d $(DESTDIR)$(EXTCAPDIR)
	ln -sf $(BINDIR)/qlab-cap $(DESTDIR)$(EXTCAPDIR)/qlab-cap
	install -d $(DESTDIR)$(BASHCOMPDIR)
	install -m 644 scripts/completions/qlab.bash \
		$(DESTDIR)$(BASHCOMPDIR)/qlab
	for t in $(USER_TOOLS); do \
		ln -sf qlab $(DESTDIR)$(BASHCOMPDIR)/$$t; done
	install -m 644 $(MAN1) $(DESTDIR)$(MANDIR)/man1
	install -m 644 $(MAN5) $(DESTDIR)$(MANDIR)/man5
	install -m 644 $(MAN7) $(DESTDIR)$(MANDIR)/man7

uninstall:
	cd $(DESTDIR)$(BINDIR) && rm -f $(USER_TOOLS) qlab
	rm -f $(HELPERS:%=$(DESTDIR)$(LIBEXECDIR)/%)
	rm -f $(DESTDIR)$(EXTCAPDIR)/qlab-cap
	cd $(DESTDIR)$(BASHCOMPDIR) && rm -f $(USER_TOOLS) qlab
	rmdir $(DESTDIR)$(LIBEXECDIR) 2>/dev/null || true
	rm -f $(MAN1:man/%=$(DESTDIR)$(MANDIR)/man1/%)
	rm -f $(MAN5:man/%=$(DESTDIR)$(MANDIR)/man5/%)
	rm -f $(MAN7:man/%=$(DESTDIR)$(MANDIR)/man7/%)

lint:
	@OS=$(OS) scripts/lint

# The lines that are not committed yet: columns of comments stand by hand.
fmt:
	git clang-format --extensions c,h

clean:
	rm -rf build

# Another make may be writing those of build/fuzz.
-include $(shell find $(B) $(if $(filter fuzz build/fuzz/%,$(MAKECMDGOALS)), \
	build/fuzz) -name '*.d' 2>/dev/null)
