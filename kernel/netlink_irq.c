// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: interrupts of assigned devices, shown, bound to eventfds, masked, routed, raised.
 */
#include <linux/eventfd.h>
#include <linux/slab.h>

#include "netlink.h"

static_assert((int)NYX_IOMMU_IRQ_TYPE_NONE == (int)NYX_IRQ_NONE);
static_assert((int)NYX_IOMMU_IRQ_TYPE_MSI == (int)NYX_IRQ_MSI);
static_assert((int)NYX_IOMMU_IRQ_TYPE_MSIX == (int)NYX_IRQ_MSIX);
static_assert(NYX_IOMMU_VECTORS_MAX == NYX_IRQ_VECTORS_MAX);

/* ---- shown ---- */

int nyx_iommu_nl_irq_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nyx_irq_info irqs;
	struct nyx_device *device;
	struct sk_buff *reply;
	void *hdr;
	int err;

	err = nyx_nl_begin(skb, info, CAP_NET_ADMIN, NYX_NL_TAKES(DEVICE)) ?:
	      nyx_nl_device(info, &device);
	if (err)
		return err;
	mutex_lock(&nyx_registry_lock);
	nyx_irq_info(device, &irqs);
	mutex_unlock(&nyx_registry_lock);
	reply = nyx_nl_reply(info, NYX_IOMMU_CMD_IRQ_GET, &hdr);
	err = -ENOMEM;
	if (reply) {
		err = nla_put_u32(reply, NYX_IOMMU_A_DEVICE, nyx_nl_device_id(device)) ?:
		      nla_put_u32(reply, NYX_IOMMU_A_IRQ_TYPE, irqs.type) ?:
		      nla_put_u32(reply, NYX_IOMMU_A_IRQ_VECTORS, irqs.nr_vectors) ?:
		      nla_put_u32(reply, NYX_IOMMU_A_IRQ_BOUND, irqs.nr_bound);
		if (!err && irqs.why)
			err = nla_put_string(reply, NYX_IOMMU_A_CAUSE, irqs.why);
		err = nyx_nl_send(info, reply, hdr, err);
	}
	nyx_device_put(device);
	return err;
}

static int put_entry(struct sk_buff *skb, const struct nyx_irq_view *view, bool physical)
{
	const struct nyx_irte_view *entry = &view->entry;
	const struct nyx_irte *irte = &entry->irte;
	int i;

	if (nla_put_u32(skb, NYX_IOMMU_A_IRQ_ENTRY_INDEX, view->entry_index) ||
	    (irte->present && nla_put_flag(skb, NYX_IOMMU_A_IRQ_PRESENT)) ||
	    nla_put_u32(skb, NYX_IOMMU_A_IRQ_CPU_VECTOR, irte->vector) ||
	    nla_put_u32(skb, NYX_IOMMU_A_IRQ_DESTINATION, irte->destination) ||
	    (irte->logical && nla_put_flag(skb, NYX_IOMMU_A_IRQ_LOGICAL)) ||
	    nla_put_u32(skb, NYX_IOMMU_A_IRQ_DELIVERY, irte->delivery) ||
	    (irte->level && nla_put_flag(skb, NYX_IOMMU_A_IRQ_LEVEL)) ||
	    nla_put_string(skb, NYX_IOMMU_A_IRQ_SOURCE, entry->source))
		return -EMSGSIZE;
	for (i = 0; physical && i < entry->nr_words; i++)
		if (nla_put_u64_64bit(skb, NYX_IOMMU_A_IRQ_ENTRY_WORD, entry->words[i],
				      NYX_IOMMU_A_IRQ_PAD))
			return -EMSGSIZE;
	return 0;
}

static int put_irq(struct sk_buff *skb, const struct nyx_irq_view *view, bool physical)
{
	struct nlattr *nest = nla_nest_start(skb, NYX_IOMMU_A_IRQ);
	char cpus[64];

	if (!nest)
		return -EMSGSIZE;
	scnprintf(cpus, sizeof(cpus), "%*pbl", cpumask_pr_args(&view->cpus));
	if (nla_put_u32(skb, NYX_IOMMU_A_IRQ_INDEX, view->index) ||
	    nla_put_u32(skb, NYX_IOMMU_A_IRQ_NUMBER, view->irq) ||
	    nla_put_u64_64bit(skb, NYX_IOMMU_A_IRQ_COUNT, view->count, NYX_IOMMU_A_IRQ_PAD) ||
	    (view->masked && nla_put_flag(skb, NYX_IOMMU_A_IRQ_MASKED)) ||
	    nla_put_string(skb, NYX_IOMMU_A_IRQ_OWNER_NAME, view->owner_comm) ||
	    (view->owner && nla_put_u32(skb, NYX_IOMMU_A_IRQ_OWNER_PORT, view->owner)) ||
	    nla_put_string(skb, NYX_IOMMU_A_IRQ_CPUS, cpus) ||
	    put_entry(skb, view, physical))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Send device's bound vectors from *first on. -EMSGSIZE: the rest comes next time. */
static int dump_irqs(struct sk_buff *skb, struct netlink_callback *cb,
		     struct nyx_device *device, void *buffer, long *first)
{
	struct nyx_irq_view *view = buffer;
	void *hdr;

	while (nyx_irq_view(device, *first, view)) {
		hdr = nyx_nl_dump_start(skb, cb, NYX_IOMMU_CMD_IRQ_GET);
		if (!hdr || nla_put_u32(skb, NYX_IOMMU_A_DEVICE, nyx_nl_device_id(device)) ||
		    put_irq(skb, view, nyx_nl_sees_physical(cb->skb))) {
			genlmsg_cancel(skb, hdr);
			return -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
		*first = view->index + 1;
	}
	return 0;
}

int nyx_iommu_nl_irq_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return nyx_nl_begin_dump(cb, CAP_NET_ADMIN, NYX_NL_TAKES(DEVICE)) ?:
	       nyx_nl_dump_devices(skb, cb, dump_irqs, sizeof(struct nyx_irq_view));
}

/* ---- vectors in a request ---- */

struct request {
	struct nyx_device *device;
	u32 nr;
	u32 *indexes;		/* nr of them */
	u32 *fds;		/* likewise, for irq-bind only */
};

static void end(struct request *request)
{
	kvfree(request->indexes);
	kvfree(request->fds);
	nyx_device_put(request->device);
}

static int begin(struct sk_buff *skb, struct genl_info *info, u64 takes, bool bind,
		 struct request *request)
{
	int err, nr;

	memset(request, 0, sizeof(*request));
	err = nyx_nl_begin(skb, info, CAP_SYS_ADMIN,
			   NYX_NL_TAKES(DEVICE) | NYX_NL_TAKES(VECTOR) | takes);
	if (err)
		return err;
	nr = nyx_nl_count_vectors(info, bind);
	if (nr < 0)
		return nr;
	err = nyx_nl_device(info, &request->device);
	if (err)
		return err;
	request->nr = nr;
	request->indexes = kvcalloc(nr + 1, sizeof(u32), GFP_KERNEL);
	request->fds = kvcalloc(nr + 1, sizeof(u32), GFP_KERNEL);
	err = -ENOMEM;
	if (request->indexes && request->fds)
		err = nyx_nl_parse_vectors(info, bind, request->indexes, request->fds);
	if (err)
		end(request);
	return err;
}

/*
 * The caller's files: a request is handled in the context of the task that sent it. On
 * error none is held.
 */
static int get_triggers(struct genl_info *info, const struct request *request,
			struct nyx_irq_bind *binds)
{
	u32 i, fd;

	for (i = 0; i < request->nr; i++) {
		struct eventfd_ctx *trigger;

		fd = request->fds[i];
		trigger = eventfd_ctx_fdget(fd);
		if (IS_ERR(trigger)) {
			while (i--)
				eventfd_ctx_put(binds[i].trigger);
			return nyx_nl_refuse(info->extack, PTR_ERR(trigger),
					     info->attrs[NYX_IOMMU_A_VECTOR],
					     PTR_ERR(trigger) == -EBADF ?
					     "no file is open under descriptor %u" :
					     "descriptor %u is no eventfd", fd);
		}
		binds[i] = (struct nyx_irq_bind) {
			.index = request->indexes[i],
			.trigger = trigger,
		};
	}
	return 0;
}

int nyx_iommu_nl_irq_bind_doit(struct sk_buff *skb, struct genl_info *info)
{
	u32 i, owner = info->attrs[NYX_IOMMU_A_OWNED] ? info->snd_portid : 0;
	struct nyx_why why = { .range = -1 };
	struct nyx_irq_bind *binds;
	struct request request;
	int err;

	err = begin(skb, info, NYX_NL_TAKES(OWNED), true, &request);
	if (err)
		return err;
	binds = kvcalloc(request.nr, sizeof(*binds), GFP_KERNEL);
	err = binds ? get_triggers(info, &request, binds) : -ENOMEM;
	if (!err) {
		err = nyx_irq_bind(request.device, binds, request.nr, owner, &why);
		for (i = 0; err && i < request.nr; i++)
			eventfd_ctx_put(binds[i].trigger);
		err = nyx_nl_why(info, err, &why);
	}
	kvfree(binds);
	end(&request);
	return err;
}

/* A request that is only about bound vectors. */
static int vectors_call(struct sk_buff *skb, struct genl_info *info,
			int (*call)(struct nyx_device *device, const u32 *indexes, u32 nr,
				    struct nyx_why *why))
{
	struct nyx_why why = { .range = -1 };
	struct request request;
	int err;

	err = begin(skb, info, 0, false, &request);
	if (err)
		return err;
	err = call(request.device, request.indexes, request.nr, &why);
	end(&request);
	return nyx_nl_why(info, err, &why);
}

int nyx_iommu_nl_irq_unbind_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vectors_call(skb, info, nyx_irq_unbind);
}

int nyx_iommu_nl_irq_trigger_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vectors_call(skb, info, nyx_irq_trigger);
}

static int route(struct genl_info *info, const struct request *request, const struct nlattr *list,
		 struct nyx_why *why)
{
	cpumask_var_t cpus;
	int err;

	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	err = cpulist_parse(nla_data(list), cpus);
	if (err)
		err = nyx_nl_refuse(info->extack, -EINVAL, list, err == -ERANGE ?
				    "\"%.64s\" names a CPU that this host does not have (the last is %u)" :
				    "\"%.64s\" is no list of CPUs such as 0-3,8",
				    (const char *)nla_data(list), nr_cpu_ids - 1);
	else
		err = nyx_irq_route(request->device, request->indexes, request->nr, cpus, why);
	free_cpumask_var(cpus);
	return err;
}

int nyx_iommu_nl_irq_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *masked = info->attrs[NYX_IOMMU_A_MASKED];
	const struct nlattr *cpus = info->attrs[NYX_IOMMU_A_CPUS];
	struct nyx_why why = { .range = -1 };
	struct request request;
	int err;

	err = begin(skb, info, NYX_NL_TAKES(MASKED) | NYX_NL_TAKES(CPUS), false, &request);
	if (err)
		return err;
	if (!masked == !cpus)
		err = nyx_nl_refuse(info->extack, -EINVAL, NULL,
				    "nothing to set, or too much: give masked or cpus, not both");
	else if (masked)
		err = nyx_irq_mask(request.device, request.indexes, request.nr,
				   nla_get_u32(masked), &why);
	else
		err = route(info, &request, cpus, &why);
	end(&request);
	return nyx_nl_why(info, err, &why);
}
