/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the netlink family shows, to be compared byte by byte: nothing has changed.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdbool.h>

#include "netlink.h"

struct picture {
	uint8_t bytes[65536];
	size_t len;
};

/*
 * What may change although nothing has: times, totals, how many events there were, and
 * tables left empty by a failure.
 */
static inline bool counts_only(const struct nlattr *attr)
{
	switch (attr->nla_type & NLA_TYPE_MASK) {
	case NYX_IOMMU_A_SINCE:
	case NYX_IOMMU_A_CAUSE:
	case NYX_IOMMU_A_RESETS:
	case NYX_IOMMU_A_RESET_ERROR:
	case NYX_IOMMU_A_MAPS:
	case NYX_IOMMU_A_UNMAPS:
	case NYX_IOMMU_A_TABLES:
	case NYX_IOMMU_A_FAULT_EVENTS:
	case NYX_IOMMU_A_STATE_EVENTS:
		return true;
	}
	return false;
}

static inline void add_attr(const struct nlattr *attr, void *arg)
{
	struct picture *picture = arg;

	if (counts_only(attr))
		return;
	if (picture->len + attr->nla_len > sizeof(picture->bytes))
		die("the family shows more than this program can hold");
	memcpy(picture->bytes + picture->len, attr, attr->nla_len);
	picture->len += attr->nla_len;
}

/* A domain's faults are a total, too: nothing takes one back. A device's are, by fault-clear. */
static inline void add_domain_attr(const struct nlattr *attr, void *arg)
{
	if ((attr->nla_type & NLA_TYPE_MASK) != NYX_IOMMU_A_FAULTS)
		add_attr(attr, arg);
}

static inline void dump(struct picture *picture, uint8_t command, uint32_t of_domain)
{
	begin(family, command, NLM_F_DUMP);
	if (of_domain)
		put_u32(NYX_IOMMU_A_DOMAIN_ID, of_domain);
	must("dump", talk(command == NYX_IOMMU_CMD_DOMAIN_GET ? add_domain_attr : add_attr, picture));
}

static inline void take_picture(struct picture *picture, uint32_t domain, uint32_t irq_device)
{
	picture->len = 0;
	dump(picture, NYX_IOMMU_CMD_DEVICE_GET, 0);
	dump(picture, NYX_IOMMU_CMD_DOMAIN_GET, 0);
	dump(picture, NYX_IOMMU_CMD_MAPPING_GET, domain);
	dump(picture, NYX_IOMMU_CMD_ARRIVAL_GET, 0);
	begin(family, NYX_IOMMU_CMD_IRQ_GET, NLM_F_ACK);
	put_u32(NYX_IOMMU_A_DEVICE, irq_device);
	must("irq-get", talk(add_attr, picture));
	begin(family, NYX_IOMMU_CMD_STATUS_GET, NLM_F_ACK);
	must("status-get", talk(add_attr, picture));
}

static inline uint64_t audit(void)
{
	uint64_t differences = 0;

	begin(family, NYX_IOMMU_CMD_AUDIT, NLM_F_DUMP);
	must("audit", talk(sum_differences, &differences));
	return differences;
}

#endif
