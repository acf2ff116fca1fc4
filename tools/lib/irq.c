// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libnyx: the interrupts of assigned devices.
 */
#include <errno.h>

#include "internal.h"

static int put_vector(struct nl_msg *msg, uint32_t index, const int *fd)
{
	struct nlattr *nest = nla_nest_start(msg, NYX_IOMMU_A_VECTOR | NLA_F_NESTED);

	if (!nest || nla_put_u32(msg, NYX_IOMMU_A_VECTOR_INDEX, index) ||
	    (fd && nla_put_u32(msg, NYX_IOMMU_A_VECTOR_FD, *fd)))
		return -ENOMEM;
	nla_nest_end(msg, nest);
	return 0;
}

/* A request about vectors of a device; fails the call where they are too many. */
static int vectors_request(struct nyx *nyx, int command, nyx_device_id device,
			   const uint32_t *indexes, size_t nr, struct nl_msg **out)
{
	struct nl_msg *msg;
	size_t i;

	if (nr > NYX_IOMMU_VECTORS_MAX)
		return nyx_fail(nyx, -E2BIG, "more than %d vectors: no device has so many",
				NYX_IOMMU_VECTORS_MAX);
	msg = nyx_request(nyx, command, 0);
	if (!msg || nla_put_u32(msg, NYX_IOMMU_A_DEVICE, device))
		return nyx_no_memory(nyx, msg);
	for (i = 0; indexes && i < nr; i++)
		if (put_vector(msg, indexes[i], NULL))
			return nyx_no_memory(nyx, msg);
	*out = msg;
	return 0;
}

EXPORT int nyx_irq_info(struct nyx *nyx, nyx_device_id device, struct nyx_irq_info *info)
{
	struct nl_msg *msg;
	int err = vectors_request(nyx, NYX_IOMMU_CMD_IRQ_GET, device, NULL, 0, &msg);

	*info = (struct nyx_irq_info) { 0 };
	return err ? err : nyx_send(nyx, msg, nyx_parse_irq_info, info);
}

EXPORT int nyx_irq_list(struct nyx *nyx, const nyx_device_id *device, struct nyx_irq **irqs,
			size_t *nr)
{
	return nyx_dump(nyx, NYX_IOMMU_CMD_IRQ_GET, nyx_fill_device, device, nyx_parse_irq,
			sizeof(**irqs), (void **)irqs, nr);
}

EXPORT int nyx_irq_bind(struct nyx *nyx, nyx_device_id device,
			const struct nyx_irq_vector *vectors, size_t nr, bool owned)
{
	struct nl_msg *msg;
	size_t i;
	int err;

	err = vectors_request(nyx, NYX_IOMMU_CMD_IRQ_BIND, device, NULL, nr, &msg);
	if (err)
		return err;
	if (owned && nla_put_flag(msg, NYX_IOMMU_A_OWNED))
		return nyx_no_memory(nyx, msg);
	for (i = 0; i < nr; i++)
		if (put_vector(msg, vectors[i].index, &vectors[i].fd))
			return nyx_no_memory(nyx, msg);
	return nyx_send(nyx, msg, NULL, NULL);
}

EXPORT int nyx_irq_unbind(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes,
			  size_t nr)
{
	struct nl_msg *msg;
	int err = vectors_request(nyx, NYX_IOMMU_CMD_IRQ_UNBIND, device, indexes, nr, &msg);

	return err ? err : nyx_send(nyx, msg, NULL, NULL);
}

EXPORT int nyx_irq_mask(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes, size_t nr,
			bool masked)
{
	struct nl_msg *msg;
	int err = vectors_request(nyx, NYX_IOMMU_CMD_IRQ_SET, device, indexes, nr, &msg);

	if (err)
		return err;
	if (nla_put_u32(msg, NYX_IOMMU_A_MASKED, masked))
		return nyx_no_memory(nyx, msg);
	return nyx_send(nyx, msg, NULL, NULL);
}

EXPORT int nyx_irq_route(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes, size_t nr,
			 const char *cpus)
{
	struct nl_msg *msg;
	int err = vectors_request(nyx, NYX_IOMMU_CMD_IRQ_SET, device, indexes, nr, &msg);

	if (err)
		return err;
	if (nla_put_string(msg, NYX_IOMMU_A_CPUS, cpus))
		return nyx_no_memory(nyx, msg);
	return nyx_send(nyx, msg, NULL, NULL);
}

EXPORT int nyx_irq_trigger(struct nyx *nyx, nyx_device_id device, const uint32_t *indexes,
			   size_t nr)
{
	struct nl_msg *msg;
	int err = vectors_request(nyx, NYX_IOMMU_CMD_IRQ_TRIGGER, device, indexes, nr, &msg);

	return err ? err : nyx_send(nyx, msg, NULL, NULL);
}
