// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: what devices did wrong.
 */
#include <linux/slab.h>

#include "netlink.h"

static_assert((int)NYX_IOMMU_FAULT_KIND_READ == (int)NYX_FAULT_READ);
static_assert((int)NYX_IOMMU_FAULT_KIND_WRITE == (int)NYX_FAULT_WRITE);
static_assert((int)NYX_IOMMU_FAULT_KIND_EXEC == (int)NYX_FAULT_EXEC);
static_assert((int)NYX_IOMMU_FAULT_KIND_INTERRUPT == (int)NYX_FAULT_INTERRUPT);
static_assert((int)NYX_IOMMU_FAULT_KIND_UNKNOWN == (int)NYX_FAULT_UNKNOWN);

int nyx_nl_put_fault(struct sk_buff *skb, const struct nyx_fault_record *record)
{
	struct nlattr *nest = nla_nest_start(skb, NYX_IOMMU_A_FAULT);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, NYX_IOMMU_A_FAULT_SEQUENCE, record->sequence,
			      NYX_IOMMU_A_FAULT_PAD) ||
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_FAULT_TIME, record->time_ns,
			      NYX_IOMMU_A_FAULT_PAD) ||
	    nla_put_u32(skb, NYX_IOMMU_A_FAULT_UNIT_ID, record->unit_id) ||
	    nla_put_u32(skb, NYX_IOMMU_A_FAULT_KIND, record->kind) ||
	    nla_put_u32(skb, NYX_IOMMU_A_FAULT_REASON, record->reason))
		return -EMSGSIZE;
	if (record->domain_id &&
	    nla_put_u32(skb, NYX_IOMMU_A_FAULT_DOMAIN_ID, record->domain_id))
		return -EMSGSIZE;
	if (record->has_address &&
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_FAULT_ADDRESS, record->address,
			      NYX_IOMMU_A_FAULT_PAD))
		return -EMSGSIZE;
	if (record->has_index && nla_put_u32(skb, NYX_IOMMU_A_FAULT_INDEX, record->index))
		return -EMSGSIZE;
	if (record->text && nla_put_string(skb, NYX_IOMMU_A_FAULT_TEXT, record->text))
		return -EMSGSIZE;
	if (nla_put_u32(skb, NYX_IOMMU_A_FAULT_EPOCH, record->epoch) ||
	    (record->reported && nla_put_flag(skb, NYX_IOMMU_A_FAULT_REPORTED)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_count(struct sk_buff *skb, const struct nyx_fault_count *count)
{
	struct nlattr *nest = nla_nest_start(skb, NYX_IOMMU_A_FAULT_COUNT);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, NYX_IOMMU_A_FAULT_COUNT_REASON, count->reason) ||
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_FAULT_COUNT_COUNT, count->count,
			      NYX_IOMMU_A_FAULT_COUNT_PAD))
		return -EMSGSIZE;
	if (count->text && nla_put_string(skb, NYX_IOMMU_A_FAULT_COUNT_TEXT, count->text))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_counts(struct sk_buff *skb, const struct nyx_device *device,
		      const struct nyx_fault_log *log)
{
	int i;

	if (nla_put_u32(skb, NYX_IOMMU_A_DEVICE, nyx_nl_device_id(device)) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FAULTS, log->recorded) ||
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FAULTS_REPORTED, log->reported) ||
	    nyx_nl_put_policy(skb, device, log->since_reset, &log->count))
		return -EMSGSIZE;
	for (i = 0; i < NYX_FAULT_REASONS; i++)
		if (log->reasons[i].count && put_count(skb, &log->reasons[i]))
			return -EMSGSIZE;
	if (log->other_reasons &&
	    nyx_nl_put_u64(skb, NYX_IOMMU_A_FAULTS_OTHER, log->other_reasons))
		return -EMSGSIZE;
	if (log->recorded &&
	    (nyx_nl_put_u64(skb, NYX_IOMMU_A_FIRST_FAULT, log->first_ns) ||
	     nyx_nl_put_u64(skb, NYX_IOMMU_A_LAST_FAULT, log->last_ns)))
		return -EMSGSIZE;
	return 0;
}

void nyx_nl_drain(struct nyx_unit *unit)
{
	if (unit && unit->ops->drain_faults && !nyx_unit_dead(unit))
		unit->ops->drain_faults(unit);
}

int nyx_iommu_nl_fault_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_device *device;
	struct nyx_fault_log *log;
	struct sk_buff *reply;
	void *hdr;
	int err;

	err = nyx_nl_begin(skb, info, CAP_NET_ADMIN, NYX_NL_TAKES(DEVICE)) ?:
	      nyx_nl_device(info, &device);
	if (err)
		return err;
	log = kmalloc(sizeof(*log), GFP_KERNEL);
	if (!log) {
		err = -ENOMEM;
		goto out_device;
	}
	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_FAULT_GET, &hdr);
	if (!reply) {
		err = -ENOMEM;
		goto out_log;
	}
	nyx_nl_drain(device->unit);
	nyx_fault_snapshot(device, log);
	err = nyx_nl_send(info, reply, hdr, put_counts(reply, device, log));
out_log:
	kfree(log);
out_device:
	nyx_device_put(device);
	return err;
}

static int compare_sequence(const struct nyx_fault_record *record, u64 first, u64 best)
{
	return record->sequence >= first && (!best || record->sequence < best);
}

/* The oldest kept record whose sequence is at least first, or NULL. */
static const struct nyx_fault_record *next_record(const struct nyx_fault_log *log, u64 first)
{
	const struct nyx_fault_record *found = NULL;
	int i;

	for (i = 0; i < NYX_FAULT_RECORDS; i++) {
		const struct nyx_fault_record *record = &log->records[i];

		if (record->sequence && compare_sequence(record, first,
							 found ? found->sequence : 0))
			found = record;
	}
	return found;
}

/* Send what device's log holds from *first on. -EMSGSIZE: the rest comes next time. */
static int dump_records(struct sk_buff *skb, struct netlink_callback *cb,
			struct nyx_device *device, void *buffer, long *first)
{
	const struct nyx_fault_record *found;
	struct nyx_fault_log *log = buffer;
	struct nyx_fault_record record;
	void *hdr;

	nyx_fault_snapshot(device, log);
	while ((found = next_record(log, *first))) {
		record = *found;
		record.text = nyx_fault_text(log, found);
		hdr = nyx_nl_dump_start(skb, cb, NYX_IOMMU_CMD_FAULT_GET);
		if (!hdr || nla_put_u32(skb, NYX_IOMMU_A_DEVICE, nyx_nl_device_id(device)) ||
		    nyx_nl_put_fault(skb, &record)) {
			genlmsg_cancel(skb, hdr);
			return -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
		*first = record.sequence + 1;
	}
	return 0;
}

int nyx_iommu_nl_fault_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nyx_unit *unit;
	int err;

	err = nyx_nl_begin_dump(cb, CAP_NET_ADMIN, NYX_NL_TAKES(DEVICE));
	if (err)
		return err;
	/* As the dump begins. */
	if (!cb->args[2])
		list_for_each_entry(unit, &nyx_units, node)
			nyx_nl_drain(unit);
	return nyx_nl_dump_devices(skb, cb, dump_records, sizeof(struct nyx_fault_log));
}

int nyx_iommu_nl_fault_clear_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_device *device;
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN, NYX_NL_TAKES(DEVICE)) ?:
	      nyx_nl_device(info, &device);
	if (err)
		return err;
	nyx_nl_drain(device->unit);
	nyx_fault_clear(device);
	nyx_device_put(device);
	return 0;
}

int nyx_iommu_nl_fault_report_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *kind = info->attrs[NYX_IOMMU_A_REPORT_KIND];
	const struct nlattr *address = info->attrs[NYX_IOMMU_A_REPORT_ADDRESS];
	const struct nlattr *reason = info->attrs[NYX_IOMMU_A_REPORT_REASON];
	const struct nlattr *text = info->attrs[NYX_IOMMU_A_REPORT_TEXT];
	char words[NYX_FAULT_SAID_MAX];
	const struct nyx_fault_report report = {
		.kind = kind ? nla_get_u32(kind) : NYX_FAULT_UNKNOWN,
		.has_address = address,
		.address = address ? nla_get_u64(address) : 0,
		.reason = reason ? nla_get_u32(reason) : 0,
		.text = text ? words : NULL,
	};
	struct nyx_why why = { .range = -1 };
	struct nyx_device *device;
	int err;

	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN,
			   NYX_NL_TAKES(DEVICE) | NYX_NL_TAKES(REPORT_KIND) |
			   NYX_NL_TAKES(REPORT_ADDRESS) | NYX_NL_TAKES(REPORT_REASON) |
			   NYX_NL_TAKES(REPORT_TEXT)) ?:
	      nyx_nl_device(info, &device);
	if (err)
		return err;
	if (text)
		nla_strscpy(words, text, sizeof(words));
	err = nyx_fault_report(device, &report, &why);
	nyx_device_put(device);
	return nyx_nl_why(info, err, &why);
}
