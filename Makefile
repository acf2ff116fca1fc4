# SPDX-License-Identifier: GPL-2.0
#
# nyx_iommu: the module, its tool and their tests. `make help` lists the targets.

KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
IOMMU ?= both

.PHONY: all module tools install uninstall clean help demo check check-long bench shell

all: module tools

module:
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(W),W=$(W)) $(if $(C),C=$(C)) modules

tools:
	$(MAKE) -C tools

install: all
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	depmod -a
	$(MAKE) -C tools install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

uninstall:
	rm -f $(INSTALL_MOD_PATH)/lib/modules/$(shell uname -r)/extra/nyx_iommu.ko* \
	      $(INSTALL_MOD_PATH)/lib/modules/$(shell uname -r)/updates/nyx_iommu.ko*
	depmod -a
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

shell:
	selftests/qemu/vm --iommu $(if $(filter both,$(IOMMU)),vtd,$(IOMMU)) --shell

help:
	@echo 'make             build module and tools (KDIR=DIR: kernel headers to build against)'
	@echo 'make demo        the main job in QEMU, told step by step (IOMMU=vtd|amdvi: only one)'
	@echo 'make check       all tests, at most 25 minutes once the cache is warm'
	@echo 'make check-long  the long runs: soaks, loops'
	@echo 'make shell       a shell in a guest with the module loaded (IOMMU=vtd|amdvi)'
	@echo 'make install     module, nyxctl and its library (PREFIX=, DESTDIR=)'
	@echo 'make uninstall   take them away again'
	@echo 'make clean       remove what make built (not the cache)'
	@echo
	@echo 'demo and check install what they lack and say so; NYX_NO_INSTALL=1 only lists it.'
	@echo 'Downloads and built kernels are kept in $${XDG_CACHE_HOME:-~/.cache}/nyx_iommu.'
