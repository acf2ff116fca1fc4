// SPDX-License-Identifier: GPL-2.0
/*
 * Records for the kernel's audit subsystem. Their type is the one that include/uapi/linux/
 * audit.h leaves to modules; fields are key=value, and of the task what the kernel's own
 * records have.
 *
 * The buffer is taken without waiting: what does not fit into the backlog the subsystem
 * counts as lost, and audit=2 panics, as configured there. Waiting for auditd would hold up
 * whoever waits for our locks, or for netlink families.
 */
#include <linux/audit.h>

#include "trail.h"

static struct audit_buffer *begin(const char *op, struct audit_context *context)
{
	struct audit_buffer *buffer;

	if (audit_enabled == AUDIT_OFF)
		return NULL;
	buffer = audit_log_start(context, GFP_ATOMIC | __GFP_NOWARN, AUDIT_KERNEL_OTHER);
	if (buffer)
		audit_log_format(buffer, "module=" NYX_NAME " op=%s", op);
	return buffer;
}

static void end(struct audit_buffer *buffer, int err)
{
	audit_log_task_info(buffer);
	audit_log_format(buffer, " res=%d", !err);
	audit_log_end(buffer);
}

void nyx_trail_device(const char *op, const struct nyx_device *device,
		      const struct nyx_domain *domain, int err)
{
	struct audit_buffer *buffer;

	/* The caller tries again. */
	if (err == -EAGAIN)
		return;
	buffer = begin(op, audit_context());
	if (!buffer)
		return;
	audit_log_format(buffer, " device=%s", nyx_device_name(device));
	if (domain)
		audit_log_format(buffer, " domain=%u", domain->id);
	if (domain && domain->mode == NYX_DOMAIN_UNMANAGED)
		audit_log_format(buffer, " unmanaged=1");
	if (domain && device->ats)
		audit_log_format(buffer, " ats=1");
	end(buffer, err);
}

void nyx_trail_quarantine(const struct nyx_device *device)
{
	struct audit_buffer *buffer = begin("quarantine", NULL);

	if (!buffer)
		return;
	audit_log_format(buffer, " device=%s domain=%u faults=%llu threshold=%u res=1",
			 nyx_device_name(device), device->domain_id,
			 READ_ONCE(device->faults.count.count),
			 READ_ONCE(device->policy.threshold));
	audit_log_end(buffer);
}

void nyx_trail_unmanaged(const struct nyx_domain *domain, int err)
{
	struct audit_buffer *buffer = begin("unmanaged-domain", audit_context());

	if (!buffer)
		return;
	if (domain)
		audit_log_format(buffer, " domain=%u name=%s", domain->id, domain->name);
	end(buffer, err);
}

void nyx_trail_phys(const struct nyx_domain *domain, const struct nyx_map_range *range, int err)
{
	struct audit_buffer *buffer = begin("map-phys", audit_context());

	if (!buffer)
		return;
	audit_log_format(buffer, " domain=%u iova=%#llx phys=%#llx size=%llu prot=%s%s",
			 domain->id, range->iova, range->address, range->length,
			 range->prot & NYX_PROT_READ ? "r" : "",
			 range->prot & NYX_PROT_WRITE ? "w" : "");
	end(buffer, err);
}
