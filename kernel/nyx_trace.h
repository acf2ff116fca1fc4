/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events. Fields that the kernel's own "iommu" events have are named as there; switched
 * off, each costs a jump that is not taken. trace.c makes them.
 */
#undef TRACE_SYSTEM
#ifdef NYX_KUNIT
#define TRACE_SYSTEM nyx_iommu_test
#else
#define TRACE_SYSTEM nyx_iommu
#endif

#if !defined(NYX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define NYX_TRACE_H

#include <linux/iommu.h>
#include <linux/tracepoint.h>

#include "nyx.h"

/* Bytes of text. Numbers, for a field's type is told to readers as it is written here. */
#define NYX_TRACE_NAME	16
#define NYX_TRACE_CAUSE		128

static_assert(NYX_TRACE_NAME == sizeof_field(struct nyx_unit, name));
static_assert(NYX_TRACE_CAUSE == sizeof_field(struct nyx_device, state_cause));

/* Physically contiguous memory, in the table from now on. */
TRACE_EVENT(map,
	TP_PROTO(const struct nyx_domain *in, u64 iova, u64 paddr, u64 size, u32 prot),
	TP_ARGS(in, iova, paddr, size, prot),
	TP_STRUCT__entry(
		__field(u64, iova)
		__field(u64, paddr)
		__field(u64, size)
		__field(u32, prot)
		__field(u32, domain)
	),
	TP_fast_assign(
		__entry->iova = iova;
		__entry->paddr = paddr;
		__entry->size = size;
		__entry->prot = prot;
		__entry->domain = in->id;
	),
	TP_printk("domain=%u iova=0x%016llx - 0x%016llx paddr=0x%016llx size=%llu prot=%s%s",
		  __entry->domain, __entry->iova, __entry->iova + __entry->size,
		  __entry->paddr, __entry->size, __entry->prot & NYX_PROT_READ ? "r" : "",
		  __entry->prot & NYX_PROT_WRITE ? "w" : "")
);

/* Out of the table; the invalidation follows. */
TRACE_EVENT(unmap,
	TP_PROTO(const struct nyx_domain *in, u64 iova, u64 size, u64 unmapped_size),
	TP_ARGS(in, iova, size, unmapped_size),
	TP_STRUCT__entry(
		__field(u64, iova)
		__field(u64, size)
		__field(u64, unmapped_size)
		__field(u32, domain)
	),
	TP_fast_assign(
		__entry->iova = iova;
		__entry->size = size;
		__entry->unmapped_size = unmapped_size;
		__entry->domain = in->id;
	),
	TP_printk("domain=%u iova=0x%016llx - 0x%016llx size=%llu unmapped_size=%llu",
		  __entry->domain, __entry->iova, __entry->iova + __entry->size,
		  __entry->size, __entry->unmapped_size)
);

/* A domain's translations on one unit, waited for. */
TRACE_EVENT(invalidate,
	TP_PROTO(const struct nyx_domain *in, const struct nyx_unit *on, u64 iova, u64 last,
		 bool leaf_only, int error),
	TP_ARGS(in, on, iova, last, leaf_only, error),
	TP_STRUCT__entry(
		__array(char, unit, NYX_TRACE_NAME)
		__field(u32, domain)
		__field(u64, iova)
		__field(u64, last)
		__field(bool, leaf_only)
		__field(int, error)
	),
	TP_fast_assign(
		strscpy(__entry->unit, on->name, sizeof(__entry->unit));
		__entry->domain = in->id;
		__entry->iova = iova;
		__entry->last = last;
		__entry->leaf_only = leaf_only;
		__entry->error = error;
	),
	TP_printk("unit=%s domain=%u iova=0x%016llx last=0x%016llx leaf_only=%d error=%d",
		  __entry->unit, __entry->domain, __entry->iova, __entry->last,
		  __entry->leaf_only, __entry->error)
);

DECLARE_EVENT_CLASS(nyx_device_domain,
	TP_PROTO(const struct nyx_device *dev, const struct nyx_domain *in),
	TP_ARGS(dev, in),
	TP_STRUCT__entry(
		__array(char, device, NYX_TRACE_NAME)
		__array(char, unit, NYX_TRACE_NAME)
		__field(u32, domain)
	),
	TP_fast_assign(
		strscpy(__entry->device, nyx_device_name(dev), sizeof(__entry->device));
		strscpy(__entry->unit, dev->unit->name, sizeof(__entry->unit));
		__entry->domain = in->id;
	),
	TP_printk("device=%s domain=%u unit=%s", __entry->device, __entry->domain, __entry->unit)
);

/* In the domain's books; its entry goes live next. */
DEFINE_EVENT(nyx_device_domain, attach,
	TP_PROTO(const struct nyx_device *dev, const struct nyx_domain *in),
	TP_ARGS(dev, in)
);

/* Its entry no longer leads there. */
DEFINE_EVENT(nyx_device_domain, detach,
	TP_PROTO(const struct nyx_device *dev, const struct nyx_domain *in),
	TP_ARGS(dev, in)
);

TRACE_DEFINE_ENUM(NYX_FAULT_READ);
TRACE_DEFINE_ENUM(NYX_FAULT_WRITE);
TRACE_DEFINE_ENUM(NYX_FAULT_EXEC);
TRACE_DEFINE_ENUM(NYX_FAULT_INTERRUPT);
TRACE_DEFINE_ENUM(NYX_FAULT_UNKNOWN);

/* A record of a device of ours. Units that do not tell the address leave iova 0. */
TRACE_EVENT(fault,
	TP_PROTO(const struct nyx_device *dev, const struct nyx_unit *on,
		 const struct nyx_fault_record *record),
	TP_ARGS(dev, on, record),
	TP_STRUCT__entry(
		__array(char, device, NYX_TRACE_NAME)
		__array(char, driver, 24)
		__array(char, unit, NYX_TRACE_NAME)
		__field(u64, iova)
		__field(int, flags)
		__field(u32, domain)
		__field(u32, reason)
		__field(int, kind)
		__field(u64, sequence)
	),
	TP_fast_assign(
		strscpy(__entry->device, nyx_device_name(dev), sizeof(__entry->device));
		strscpy(__entry->driver, dev_driver_string(&dev->pdev->dev),
			sizeof(__entry->driver));
		strscpy(__entry->unit, on->name, sizeof(__entry->unit));
		__entry->iova = record->has_address ? record->address : 0;
		__entry->flags = record->kind == NYX_FAULT_WRITE ? IOMMU_FAULT_WRITE :
								   IOMMU_FAULT_READ;
		__entry->domain = record->domain_id;
		__entry->reason = record->reason;
		__entry->kind = record->kind;
		__entry->sequence = record->sequence;
	),
	TP_printk("%s %s iova=0x%016llx flags=0x%04x unit=%s domain=%u kind=%s reason=%#x sequence=%llu",
		  __entry->driver, __entry->device, __entry->iova, __entry->flags,
		  __entry->unit, __entry->domain,
		  __print_symbolic(__entry->kind, { NYX_FAULT_READ, "read" },
				   { NYX_FAULT_WRITE, "write" }, { NYX_FAULT_EXEC, "exec" },
				   { NYX_FAULT_INTERRUPT, "interrupt" },
				   { NYX_FAULT_UNKNOWN, "unknown" }),
		  __entry->reason, __entry->sequence)
);

/* Fenced: its entry is blocked and invalidated, its bus mastering off. */
TRACE_EVENT(quarantine,
	TP_PROTO(const struct nyx_device *dev),
	TP_ARGS(dev),
	TP_STRUCT__entry(
		__array(char, device, NYX_TRACE_NAME)
		__array(char, unit, NYX_TRACE_NAME)
		__array(char, cause, NYX_TRACE_CAUSE)
		__field(u32, domain)
	),
	TP_fast_assign(
		strscpy(__entry->device, nyx_device_name(dev), sizeof(__entry->device));
		strscpy(__entry->unit, dev->unit->name, sizeof(__entry->unit));
		strscpy(__entry->cause, dev->state_cause, sizeof(__entry->cause));
		__entry->domain = dev->domain_id;
	),
	TP_printk("device=%s domain=%u unit=%s cause=%s", __entry->device, __entry->domain,
		  __entry->unit, __entry->cause)
);

/* Over, well or not; epoch counts those that went well. */
TRACE_EVENT(reset,
	TP_PROTO(const struct nyx_device *dev, int error),
	TP_ARGS(dev, error),
	TP_STRUCT__entry(
		__array(char, device, NYX_TRACE_NAME)
		__field(u32, domain)
		__field(u32, epoch)
		__field(int, error)
	),
	TP_fast_assign(
		strscpy(__entry->device, nyx_device_name(dev), sizeof(__entry->device));
		__entry->domain = dev->domain_id;
		__entry->epoch = dev->epoch;
		__entry->error = error;
	),
	TP_printk("device=%s domain=%u epoch=%u error=%d", __entry->device, __entry->domain,
		  __entry->epoch, __entry->error)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE nyx_trace
#include <trace/define_trace.h>
