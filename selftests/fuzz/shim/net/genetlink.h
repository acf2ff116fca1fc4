/* SPDX-License-Identifier: GPL-2.0 */
/* See net/netlink.h here. */
#include <net/netlink.h>
