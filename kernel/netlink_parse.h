/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of reading a request that needs nothing but its bytes. It builds in userspace
 * too, where it is fuzzed (selftests/fuzz).
 */
#ifndef NYX_NETLINK_PARSE_H
#define NYX_NETLINK_PARSE_H

#include <net/genetlink.h>
#include <linux/nyx_iommu.h>

#include "netlink_gen.h"

/* A range as the message gives it, what was left out filled in. */
struct nyx_nl_range {
	u64 iova;
	u64 length;
	u32 prot;			/* NYX_IOMMU_PROT_* */
	u32 type;			/* enum nyx_iommu_mapping_type */
	u64 address;
	u64 tag;
};

/* Refuse with a text, pointing at attr unless NULL. Returns err. */
__printf(4, 5)
int nyx_nl_refuse(struct netlink_ext_ack *extack, int err, const struct nlattr *attr,
		  const char *fmt, ...);

/* Refuse a message with an attribute that is not in the takes mask. attrs may be NULL. */
int nyx_nl_only(struct nlattr **attrs, struct netlink_ext_ack *extack, u64 takes);

/* How many ranges the message has, 1 to NYX_IOMMU_RANGES_MAX; or a refusal. */
int nyx_nl_count_ranges(struct genl_info *info);
/* Range number nr (from 0) of the message. NULL: it has not that many. */
const struct nlattr *nyx_nl_range_nest(struct genl_info *info, int nr);
/* Read one range; one to unmap takes iova and length only. */
int nyx_nl_parse_range(struct genl_info *info, const struct nlattr *nest, bool map,
		       struct nyx_nl_range *range);
/* The attribute of this type in range number nr, or the range where it was left out. */
const struct nlattr *nyx_nl_range_attr(struct genl_info *info, int nr, int type);

/*
 * How many vectors the message has, to NYX_IOMMU_VECTORS_MAX; none is refused where they
 * are to bind. Or a refusal.
 */
int nyx_nl_count_vectors(struct genl_info *info, bool bind);
/* Read them all: as many indexes, and fds where they are to bind. */
int nyx_nl_parse_vectors(struct genl_info *info, bool bind, u32 *indexes, u32 *fds);

#endif
