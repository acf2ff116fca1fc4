# SPDX-License-Identifier: GPL-2.0
#
# nyx_iommu: the module, its tool and their tests. `make help` lists the targets.

KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
IOMMU ?= both
INSTALL_MOD_PATH ?= $(DESTDIR)

.PHONY: all module tools install uninstall clean help demo check check-long coverage shell

all: module tools

module:
	@[ -e $(KDIR)/Makefile ] || { echo 'There are no kernel headers in $(KDIR): install' \
		'linux-headers-$(shell uname -r), or name others with KDIR=DIR.' >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(W),W=$(W)) $(if $(C),C=$(C)) modules

tools:
	$(MAKE) -C tools

# The kernel that KDIR belongs to; without headers, the one that runs.
release = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null),$(shell uname -r))
mod_dir = $(INSTALL_MOD_PATH)/lib/modules/$(release)
# A staged tree is indexed where it is unpacked.
depmod = $(if $(DESTDIR),@echo 'staged: run depmod $(release) where it is unpacked', \
	depmod -b "$(INSTALL_MOD_PATH)/" $(release))
# Debian's headers demand a signature by a key that they do not contain.
sig_key = $(shell sed -n 's/^CONFIG_MODULE_SIG_KEY=//p' $(KDIR)/include/config/auto.conf | tr -d '"')
unsigned = $(if $(filter pkcs11:%,$(sig_key))$(wildcard $(sig_key) $(KDIR)/$(sig_key)),,CONFIG_MODULE_SIG_ALL=)

install: all
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(INSTALL_MOD_PATH) $(unsigned) modules_install
	$(depmod)
	$(MAKE) -C tools install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

uninstall:
	rm -f $(mod_dir)/extra/nyx_iommu.ko* $(mod_dir)/updates/nyx_iommu.ko*
	$(depmod)
	$(MAKE) -C tools uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

# No kernel headers are needed to clean up.
clean:
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name '*.o.d' \) -type f -exec rm -f {} +
	rm -f Module.symvers modules.order .module-common.o
	$(MAKE) -C tools clean
	$(MAKE) -C selftests/fuzz clean

demo:
	selftests/qemu/demo $(IOMMU)

check:
	selftests/check

check-long:
	selftests/check --long

coverage:
	selftests/qemu/coverage

shell:
	selftests/qemu/vm --iommu $(if $(filter both,$(IOMMU)),vtd,$(IOMMU)) --shell

help:
	@echo 'make             build module and tools (KDIR=DIR: kernel headers to build against);'
	@echo '                 make module and make tools build one of them'
	@echo 'make demo        the main job in QEMU, told step by step (IOMMU=vtd|amdvi: only one)'
	@echo 'make check       all tests, at most 25 minutes once the cache is warm'
	@echo 'make check-long  the long runs: soaks, loops'
	@echo 'make coverage    which lines of the module the tests run, by area and line'
	@echo 'make shell       a shell in a guest with the module loaded (IOMMU=vtd|amdvi)'
	@echo 'make install     module, nyxctl and its library (PREFIX=, KDIR=; DESTDIR=DIR: all of it'
	@echo '                 below DIR, nothing else touched)'
	@echo 'make uninstall   take them away again (with the same PREFIX=, KDIR=, DESTDIR=)'
	@echo 'make clean       remove what make built (not the cache)'
	@echo
	@echo 'demo and check install what they lack and say so; NYX_NO_INSTALL=1 only lists it.'
	@echo 'Downloads and built kernels are kept in $${XDG_CACHE_HOME:-~/.cache}/nyx_iommu.'
