// SPDX-License-Identifier: GPL-2.0
/* The unit tests' module: all of nyx_iommu but its way up, and its tests. */
#include <linux/module.h>

MODULE_DESCRIPTION("Unit tests of nyx_iommu");
MODULE_LICENSE("GPL");
