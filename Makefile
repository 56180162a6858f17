# make                the module for the running kernel, and the programs
# make module         brkwatch.ko only; KDIR=DIR for other kernel headers
# make cli            the programs and the library only, in userspace/
# make install        all of it; prefix=DIR (/usr/local), DESTDIR=DIR; uninstall
# make install-lib    only what programs that use libbrkwatch need
# make install-boot   load the module at boot
# make dkms-install   have DKMS build the module for each kernel; dkms-uninstall
# make deb            packages for Debian, in build/deb; make rpm: in build/rpm
# make sign           sign the module for a machine with Secure Boot
# make demo           a tour of one minute in a virtual machine
# make test           tests in virtual machines; KERNEL=7, TEST=FILE.bats for one
# make check-long     the same tests with larger figures; takes hours
# make check-debug    the tests on kernels that check themselves; takes hours
# make test-arch      ARCH=arm64, i386 or s390x: tests on an emulated machine
# make check-packages packages, DKMS and Secure Boot in a Debian of their own
# make build-all      the module for Debian's 5.10 to 7, also for other machines
# make lint           checks without a virtual machine, and a minute of fuzzing
# make bench          measure what brkwatch and other tools cost for each call
# make release        the tarball of a version
# make clean          remove everything built
#
# deb, demo, test*, check-*, build-all, lint, bench and release need Debian: they
# install packages with apt-get, and keep kernels in ~/.cache/brkwatch.

KDIR ?= /lib/modules/$(shell uname -r)/build
KERNEL ?=
TEST ?=

all: module cli

module:
	@test -e "$(KDIR)/Makefile" || { echo "No kernel headers in $(KDIR):" \
		"install linux-headers-$$(uname -r) (Debian, Ubuntu) or kernel-devel (Fedora), or give KDIR=DIR" >&2; exit 1; }
# kbuild takes no path with a blank or a colon.
	$(if $(word 2,$(subst :, ,$(CURDIR))),scripts/build -o . "$(KDIR)",$(MAKE) -C "$(KDIR)" M="$(CURDIR)" modules)

cli:
	$(MAKE) -C userspace

# Where things go. Debian's packages want it in /usr.
prefix ?= $(or $(PREFIX),/usr/local)
mandir ?= $(prefix)/share/man
libdir ?= $(prefix)/lib
# Debian's zsh has a place of its own for what is in /usr.
zshdir ?= $(prefix)/share/zsh/$(if $(filter /usr,$(prefix)),vendor-completions,site-functions)
# One for each shell, which finds it by the name of the program.
completion = $(DESTDIR)$(strip \
	$(if $(filter bash,$1),$(prefix)/share/bash-completion/completions/$2, \
	$(if $(filter fish,$1),$(prefix)/share/fish/vendor_completions.d/$2.fish, \
	$(zshdir)/_$2)))
man_page = $(DESTDIR)$(mandir)/man$(subst .,,$(suffix $1))/$(notdir $1)
module_dir = $(DESTDIR)/lib/modules/$(shell sed -n 's/^#define UTS_RELEASE "\(.*\)"$$/\1/p' \
	"$(KDIR)/include/generated/utsrelease.h")/updates
INSTALL_DATA := install -D -m 644

tools := $(addprefix brkwatch-,top stacks plot metrics heap malloc)
install_program = install -D -m 755 userspace/$1 "$(DESTDIR)$(prefix)/bin/$1" && \
	$(INSTALL_DATA) userspace/man/$1.1 "$(call man_page,$1.1)" && \
	$(INSTALL_DATA) userspace/completions/brkwatch.bash "$(call completion,bash,$1)" && \
	$(INSTALL_DATA) userspace/completions/brkwatch.fish "$(call completion,fish,$1)" && \
	$(INSTALL_DATA) userspace/completions/_brkwatch "$(call completion,zsh,$1)"

install: install-cli install-tools install-lib install-man4 install-module

install-cli: cli
	$(call install_program,brkwatch-cli)
	$(INSTALL_DATA) userspace/man/brkwatch.7 "$(call man_page,brkwatch.7)"

install-tools: cli
	$(foreach tool,$(tools),$(call install_program,$(tool)) &&) true

install-lib: cli
	$(INSTALL_DATA) -t "$(DESTDIR)$(libdir)" userspace/libbrkwatch.so.1 userspace/libbrkwatch.a
	ln -sf libbrkwatch.so.1 "$(DESTDIR)$(libdir)/libbrkwatch.so"
	$(INSTALL_DATA) -t "$(DESTDIR)$(prefix)/include" userspace/libbrkwatch/brkwatch.h
	mkdir -p "$(DESTDIR)$(libdir)/pkgconfig"
	sed 's|@prefix@|$(prefix)|; s|@libdir@|$(libdir)|; s|@VERSION@|'"$$(scripts/version)|" packaging/brkwatch.pc.in \
		>"$(DESTDIR)$(libdir)/pkgconfig/brkwatch.pc"
	$(INSTALL_DATA) userspace/man/brkwatch.3 "$(call man_page,brkwatch.3)"
	$(if $(DESTDIR),,ldconfig)

install-man4:
	$(INSTALL_DATA) userspace/man/brkwatch.4 "$(call man_page,brkwatch.4)"

install-module: module
	$(INSTALL_DATA) brkwatch.ko "$(module_dir)/brkwatch.ko"
	$(if $(DESTDIR),,depmod $(notdir $(patsubst %/updates,%,$(module_dir))))

install-boot:
	$(INSTALL_DATA) packaging/modules-load.conf "$(DESTDIR)$(prefix)/lib/modules-load.d/brkwatch.conf"

uninstall:
	rm -f $(foreach program,brkwatch-cli $(tools),"$(DESTDIR)$(prefix)/bin/$(program)")
	rm -f "$(DESTDIR)$(prefix)/lib/modules-load.d/brkwatch.conf"
	rm -f $(foreach file,libbrkwatch.so.1 libbrkwatch.so libbrkwatch.a pkgconfig/brkwatch.pc,"$(DESTDIR)$(libdir)/$(file)")
	rm -f "$(DESTDIR)$(prefix)/include/brkwatch.h"
	rm -f $(foreach file,$(wildcard userspace/man/*),"$(call man_page,$(file))")
	rm -f $(foreach program,brkwatch-cli $(tools),$(foreach shell,bash fish zsh,"$(call completion,$(shell),$(program))"))
	rm -f "$(module_dir)/brkwatch.ko"
	$(if $(DESTDIR),,depmod $(notdir $(patsubst %/updates,%,$(module_dir))))

dkms-install:
	scripts/dkms-install

dkms-uninstall:
	scripts/dkms-install -r

deb:
	scripts/deb

rpm:
	scripts/rpm

sign: module
	scripts/sign brkwatch.ko "$(KDIR)"

check-packages:
	@scripts/check-packages

release:
	scripts/release

demo:
	scripts/demo

test:
	@scripts/test $(addprefix -k ,$(KERNEL)) $(TEST)

check-long:
	@BRKWATCH_SIZE=long scripts/test $(addprefix -k ,$(KERNEL)) $(TEST)

check-debug:
	@scripts/check-debug $(TEST)

arch_lines = $(if $(filter arm64,$(ARCH)),6.1-arm64 6.12-arm64 7-arm64,6.1-$(ARCH))
# Of those on recorded files: what reads the memory of programs there.
arch_tests = $(if $(filter arm64,$(ARCH)),tests/*.bats,tests/20-calls.bats) tests/recorded/99-heap*.bats

test-arch:
	@scripts/test $(addprefix -k ,$(arch_lines)) $(or $(TEST),$(arch_tests))

build-all:
	@scripts/setup && scripts/build-all $(KERNEL)

lint:
	@scripts/setup -l && scripts/lint

bench:
	@scripts/bench $(addprefix -k ,$(KERNEL))

shellcheck:
	shellcheck -x -P SCRIPTDIR scripts/* tests/run tests/leaks tests/bad/run tests/units/* .ci/run userspace/completions/brkwatch.bash
# What bats's load brings in it does not see, what it sees is used there, and each test is a subshell.
	shellcheck -e SC2016,SC2030,SC2031,SC2034,SC2119,SC2120,SC2154 tests/*.bats tests/*.bash tests/host/*.bats tests/recorded/*.ba*

# Without kbuild, which may be gone by now.
clean:
	$(MAKE) -C userspace clean
	$(MAKE) -C tests clean
	rm -rf build .tmp_* .module-common.o Module.symvers modules.order
	rm -f $(foreach dir,. module,$(addprefix $(dir)/,*.o *.ko *.mod *.mod.c .*.cmd))

help:
	@sed '/^#/!Q; s/^# \{0,1\}//' Makefile

.PHONY: all module cli install install-cli install-tools install-lib install-man4 install-module install-boot uninstall \
	dkms-install dkms-uninstall deb rpm sign check-packages release demo test check-long check-debug test-arch build-all lint bench shellcheck clean help
