/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the firmware says about IOMMUs, in one vendor-neutral form.
 *
 * Both parsers (dmar.c, ivrs.c) read a byte buffer and fill a struct
 * nyx_acpi_desc. They touch no MMIO and look up no PCI device, so they build in
 * userspace too, where they are fuzzed. Turning scopes into PCI devices is
 * kernel/topology.c's job, because a DMAR path can only be followed through the
 * bus numbers that the bridges hold.
 */
#ifndef NYX_ACPI_DESC_H
#define NYX_ACPI_DESC_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "user_types.h"
#endif

/* Deepest bridge path accepted in a DMAR device scope. */
#define NYX_ACPI_PATH_MAX	16

enum nyx_acpi_table {
	NYX_ACPI_DMAR,
	NYX_ACPI_IVRS,
};

/* How a scope names devices. */
enum nyx_scope_kind {
	NYX_SCOPE_ENDPOINT,	/* DMAR type 1: the one function at the path's end */
	NYX_SCOPE_BRIDGE,	/* DMAR type 2: the bridge at the path's end and all below it */
	NYX_SCOPE_IOAPIC,	/* enum_id: IO-APIC id; path (DMAR) or rid (IVRS) */
	NYX_SCOPE_HPET,		/* enum_id: HPET number; path or rid */
	NYX_SCOPE_ACPI_NAME,	/* DMAR type 5 (enum_id: ACPI device number), IVRS ACPI HID */
	NYX_SCOPE_ALL,		/* IVHD "all": every RID not named by another entry; IVMD: all */
	NYX_SCOPE_RIDS,		/* IVRS select or range: rid_first to rid_last */
};

/* DTE settings that an IVHD device entry asks for (AMD IOMMU spec 5.2.2.1). */
#define NYX_IVHD_INIT_PASS	0x01
#define NYX_IVHD_EINT_PASS	0x02
#define NYX_IVHD_NMI_PASS	0x04
#define NYX_IVHD_SYSMGT_MASK	0x30
#define NYX_IVHD_LINT0_PASS	0x40
#define NYX_IVHD_LINT1_PASS	0x80

struct nyx_acpi_hop {
	u8 device;
	u8 function;
};

struct nyx_acpi_scope {
	enum nyx_scope_kind kind;
	u32 offset;		/* of its entry in the table, for messages */
	/* DMAR: where to start and which hops to follow. */
	u8 start_bus;
	u8 path_len;
	struct nyx_acpi_hop path[NYX_ACPI_PATH_MAX];
	u8 enum_id;
	/* IVRS: requester ids, inclusive. */
	u16 rid_first;
	u16 rid_last;
	bool has_alias;		/* these RIDs appear to the unit as alias_rid */
	u16 alias_rid;
	u8 dte_flags;		/* NYX_IVHD_* */
	u32 ext_dte_flags;	/* extended select/range: ATS disabled is bit 31 */
	/* NYX_SCOPE_ACPI_NAME of IVRS: letters and digits, NUL-terminated. */
	char hid[9];
	u8 uid_format;		/* 0 none, 1 integer, 2 string */
	u8 uid_len;		/* bytes; the UID itself is in the table, at offset + 22 */
};

/* A slice of nyx_acpi_desc.scopes. */
struct nyx_acpi_scopes {
	u32 first;
	u32 count;
};

#define NYX_UNIT_INCLUDE_ALL	0x1	/* DRHD INCLUDE_PCI_ALL */

struct nyx_acpi_unit {
	u32 offset;		/* of its structure in the table, for messages */
	u16 segment;
	u64 reg_base;		/* host-physical address of the register window */
	u64 reg_size;		/* DMAR: from the Size field; IVRS: 0, the unit knows (EFR/PC) */
	u32 flags;		/* NYX_UNIT_* */
	/* IVRS only. */
	u8 ivhd_type;		/* 0x10, 0x11, 0x40 */
	u8 ivhd_flags;		/* HtTunEn, PassPW, ResPassPW, Isoc, IotlbSup, Coherent, ... */
	u16 rid;		/* the unit's own PCI function */
	u16 cap_offset;		/* of the IOMMU capability in its config space, 0: look for it */
	u16 ivhd_info;		/* IOMMU info: MSI number, unit id */
	u32 ivhd_features;	/* feature reporting field of IVHD 10h, attributes of 11h/40h */
	u64 efr;		/* EFR image of 11h/40h, 0 otherwise */
	u64 efr2;		/* EFR2 image of 11h/40h, 0 otherwise */
	struct nyx_acpi_scopes scopes;
};

#define NYX_RESERVED_READ	0x1
#define NYX_RESERVED_WRITE	0x2
#define NYX_RESERVED_EXCLUSION	0x4	/* IVMD exclusion range: treated as unity map */

/*
 * RMRR or IVMD: memory these devices must go on reaching at these addresses.
 * Whole 4 KiB pages: what the firmware left unaligned is rounded outwards.
 */
struct nyx_acpi_reserved {
	u32 offset;
	u16 segment;
	u64 base;		/* host-physical, first byte */
	u64 last;		/* last byte, inclusive */
	u32 flags;		/* NYX_RESERVED_* */
	struct nyx_acpi_scopes scopes;
};

/* A mistake of the firmware that was repaired or passed over. text is a literal. */
struct nyx_acpi_note {
	u32 offset;		/* from the start of the table, bytes */
	const char *text;
};

struct nyx_acpi_desc {
	enum nyx_acpi_table table;
	u8 revision;
	u8 address_width;	/* DMAR host address width; IVRS IVinfo PASize, 0 not said; bits */
	u8 virtual_width;	/* IVRS IVinfo VASize, 0 on DMAR */
	u32 flags;		/* raw DMAR flags byte or IVinfo */
	u32 nr_units, nr_reserved, nr_scopes, nr_notes;
	/*
	 * Sized by a first call with units NULL, which only counts (and validates
	 * everything); filled by a second, which takes the nr_ fields as the
	 * arrays' sizes and never writes beyond them. notes may stay NULL.
	 */
	struct nyx_acpi_unit *units;
	struct nyx_acpi_reserved *reserved;
	struct nyx_acpi_scope *scopes;
	struct nyx_acpi_note *notes;
};

/* Why a table was refused. text is a literal. */
struct nyx_acpi_error {
	u32 offset;		/* from the start of the table, bytes */
	const char *text;
};

#define NYX_DMAR_FLAG_INTR_REMAP	0x1
#define NYX_DMAR_FLAG_X2APIC_OPT_OUT	0x2
#define NYX_DMAR_FLAG_DMA_CTRL_OPT_IN	0x4

/*
 * Parse the table of len bytes at buf (unaligned, not trusted). Returns 0, or
 * -EINVAL with *err filled and *desc meaningless. With desc->units == NULL only
 * the nr_ fields are filled; otherwise the arrays must hold that many elements.
 * Any context; no locks, no allocation.
 */
int nyx_dmar_parse(const void *buf, size_t len, struct nyx_acpi_desc *desc,
		   struct nyx_acpi_error *err);
int nyx_ivrs_parse(const void *buf, size_t len, struct nyx_acpi_desc *desc,
		   struct nyx_acpi_error *err);

#endif
