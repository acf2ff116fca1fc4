// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libnyx: status, units, devices and what they did wrong.
 */
#include <errno.h>
#include <time.h>

#include "internal.h"

#define BUSY_TRIES	50	/* of 20 ms each: the driver core is at work on the device */

EXPORT int nyx_status(struct nyx *nyx, struct nyx_status *status)
{
	*status = (struct nyx_status) { 0 };
	return nyx_send(nyx, nyx_request(nyx, NYX_IOMMU_CMD_STATUS_GET, 0),
			nyx_parse_status, status);
}

EXPORT int nyx_holder_list(struct nyx *nyx, struct nyx_holder **holders, size_t *nr)
{
	return nyx_dump(nyx, NYX_IOMMU_CMD_HOLDER_GET, NULL, NULL, nyx_parse_holder,
			sizeof(**holders), (void **)holders, nr);
}

EXPORT int nyx_unit_get(struct nyx *nyx, uint32_t id, struct nyx_unit *unit)
{
	struct nl_msg *msg = nyx_request(nyx, NYX_IOMMU_CMD_UNIT_GET, 0);

	if (!msg || nla_put_u32(msg, NYX_IOMMU_A_UNIT_ID, id))
		return nyx_no_memory(nyx, msg);
	*unit = (struct nyx_unit) { 0 };
	return nyx_send(nyx, msg, nyx_parse_unit, unit);
}

EXPORT int nyx_unit_list(struct nyx *nyx, struct nyx_unit **units, size_t *nr)
{
	return nyx_dump(nyx, NYX_IOMMU_CMD_UNIT_GET, NULL, NULL, nyx_parse_unit,
			sizeof(**units), (void **)units, nr);
}

/* ---- devices ---- */

static struct nl_msg *device_request(struct nyx *nyx, int command, nyx_device_id id)
{
	struct nl_msg *msg = nyx_request(nyx, command, 0);

	if (msg && nla_put_u32(msg, NYX_IOMMU_A_DEVICE, id)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int device_call(struct nyx *nyx, int command, nyx_device_id id)
{
	return nyx_send(nyx, device_request(nyx, command, id), NULL, NULL);
}

EXPORT int nyx_device_get(struct nyx *nyx, nyx_device_id id, struct nyx_device *device)
{
	*device = (struct nyx_device) { 0 };
	return nyx_send(nyx, device_request(nyx, NYX_IOMMU_CMD_DEVICE_GET, id),
			nyx_parse_device, device);
}

EXPORT int nyx_device_why(struct nyx *nyx, nyx_device_id id, struct nyx_why *why)
{
	*why = (struct nyx_why) { 0 };
	return nyx_send(nyx, device_request(nyx, NYX_IOMMU_CMD_DEVICE_WHY, id), nyx_parse_why, why);
}

static int fill_domain(struct nl_msg *msg, const void *arg)
{
	const uint32_t *domain = arg;

	return *domain ? nla_put_u32(msg, NYX_IOMMU_A_DOMAIN_ID, *domain) : 0;
}

EXPORT int nyx_device_list(struct nyx *nyx, uint32_t domain, struct nyx_device **devices,
			   size_t *nr)
{
	return nyx_dump(nyx, NYX_IOMMU_CMD_DEVICE_GET, fill_domain, &domain, nyx_parse_device,
			sizeof(**devices), (void **)devices, nr);
}

/* flags: attributes, up to a 0. A driver core that is busy with the device is waited for. */
static int into_domain(struct nyx *nyx, int command, nyx_device_id id, uint32_t domain,
		       const int *flags)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	const int *flag;
	int tries, err;

	for (tries = 0; tries < BUSY_TRIES; tries++) {
		struct nl_msg *msg = device_request(nyx, command, id);

		if (!msg || nla_put_u32(msg, NYX_IOMMU_A_DOMAIN_ID, domain))
			return nyx_no_memory(nyx, msg);
		for (flag = flags; *flag; flag++)
			if (nla_put_flag(msg, *flag))
				return nyx_no_memory(nyx, msg);
		err = nyx_send(nyx, msg, NULL, NULL);
		if (err != -EAGAIN)
			return err;
		nanosleep(&pause, NULL);
	}
	return err;
}

EXPORT int nyx_device_assign(struct nyx *nyx, nyx_device_id id, uint32_t domain,
			     uint32_t options)
{
	int flags[3] = { 0 }, nr = 0;

	if (options & NYX_ASSIGN_ALLOW_RESERVED)
		flags[nr++] = NYX_IOMMU_A_ALLOW_RESERVED;
	if (options & NYX_ASSIGN_ATS)
		flags[nr++] = NYX_IOMMU_A_ATS;
	return into_domain(nyx, NYX_IOMMU_CMD_DEVICE_ASSIGN, id, domain, flags);
}

EXPORT int nyx_device_move(struct nyx *nyx, nyx_device_id id, uint32_t domain, bool reset)
{
	const int flags[2] = { reset ? 0 : NYX_IOMMU_A_NO_RESET };

	return into_domain(nyx, NYX_IOMMU_CMD_DEVICE_MOVE, id, domain, flags);
}

EXPORT int nyx_device_remove(struct nyx *nyx, nyx_device_id id)
{
	return device_call(nyx, NYX_IOMMU_CMD_DEVICE_REMOVE, id);
}

/* While a member of the group is being bound or unbound the kernel wants to be asked again. */
static int group_call(struct nyx *nyx, int command, nyx_device_id id)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int tries, err = -EAGAIN;

	for (tries = 0; err == -EAGAIN && tries < BUSY_TRIES; tries++) {
		if (tries)
			nanosleep(&pause, NULL);
		err = device_call(nyx, command, id);
	}
	return err;
}

EXPORT int nyx_device_export(struct nyx *nyx, nyx_device_id id)
{
	return group_call(nyx, NYX_IOMMU_CMD_DEVICE_EXPORT, id);
}

EXPORT int nyx_device_unexport(struct nyx *nyx, nyx_device_id id)
{
	return group_call(nyx, NYX_IOMMU_CMD_DEVICE_UNEXPORT, id);
}

EXPORT int nyx_device_reset(struct nyx *nyx, nyx_device_id id)
{
	return device_call(nyx, NYX_IOMMU_CMD_DEVICE_RESET, id);
}

EXPORT int nyx_device_set(struct nyx *nyx, nyx_device_id id,
			  const struct nyx_device_changes *changes)
{
	struct nl_msg *msg = device_request(nyx, NYX_IOMMU_CMD_DEVICE_SET, id);

	if (!msg ||
	    (changes->has_threshold &&
	     nla_put_u32(msg, NYX_IOMMU_A_FAULT_THRESHOLD, changes->threshold)) ||
	    (changes->has_window &&
	     nla_put_u32(msg, NYX_IOMMU_A_FAULT_WINDOW, changes->window)) ||
	    (changes->has_auto_reset &&
	     nla_put_u32(msg, NYX_IOMMU_A_AUTO_RESET, changes->auto_reset)))
		return nyx_no_memory(nyx, msg);
	return nyx_send(nyx, msg, NULL, NULL);
}

EXPORT int nyx_audit(struct nyx *nyx, struct nyx_audit *audit)
{
	*audit = (struct nyx_audit) { 0 };
	return nyx_send(nyx, nyx_request(nyx, NYX_IOMMU_CMD_AUDIT, NLM_F_DUMP),
			nyx_parse_audit, audit);
}

/* ---- faults ---- */

EXPORT int nyx_fault_counts(struct nyx *nyx, nyx_device_id device,
			    struct nyx_fault_counts *counts)
{
	*counts = (struct nyx_fault_counts) { 0 };
	return nyx_send(nyx, device_request(nyx, NYX_IOMMU_CMD_FAULT_GET, device),
			nyx_parse_fault_counts, counts);
}

EXPORT int nyx_fault_list(struct nyx *nyx, const nyx_device_id *device,
			  struct nyx_fault **faults, size_t *nr)
{
	return nyx_dump(nyx, NYX_IOMMU_CMD_FAULT_GET, nyx_fill_device, device, nyx_parse_fault,
			sizeof(**faults), (void **)faults, nr);
}

EXPORT int nyx_fault_clear(struct nyx *nyx, nyx_device_id device)
{
	return device_call(nyx, NYX_IOMMU_CMD_FAULT_CLEAR, device);
}

EXPORT int nyx_fault_report(struct nyx *nyx, nyx_device_id device,
			    const struct nyx_fault_report *report)
{
	struct nl_msg *msg = device_request(nyx, NYX_IOMMU_CMD_FAULT_REPORT, device);

	if (!msg || nla_put_u32(msg, NYX_IOMMU_A_REPORT_KIND, report->kind) ||
	    (report->has_address &&
	     nla_put_u64(msg, NYX_IOMMU_A_REPORT_ADDRESS, report->address)) ||
	    (report->reason && nla_put_u32(msg, NYX_IOMMU_A_REPORT_REASON, report->reason)) ||
	    (report->text && nla_put_string(msg, NYX_IOMMU_A_REPORT_TEXT, report->text)))
		return nyx_no_memory(nyx, msg);
	return nyx_send(nyx, msg, NULL, NULL);
}
