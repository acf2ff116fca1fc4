/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the firmware says about IOMMUs, in one vendor-neutral form.
 *
 * Both parsers (dmar.c, ivrs.c) read a byte buffer and fill a struct
 * nyx_acpi_desc; a third (madt.c) tells which IO-APICs there are. They touch no MMIO and look up no PCI device, so they build in
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

/* The UID that tells devices of one ACPI name apart (AMD IOMMU spec 5.2.2.1, entry F0h). */
enum nyx_uid_form {
	NYX_UID_NONE,
	NYX_UID_INTEGER,
	NYX_UID_STRING,
};

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
	u8 properties;		/* of a NYX_LIST_PROPERTIES scope: NYX_PROPERTY_* */
	/* IVRS: requester ids, inclusive. */
	u16 rid_first;
	u16 rid_last;
	bool has_alias;		/* these RIDs appear to the unit as alias_rid */
	u16 alias_rid;
	u8 dte_flags;		/* NYX_IVHD_* */
	u32 ext_dte_flags;	/* extended select/range: ATS disabled is bit 31 */
	/* NYX_SCOPE_ACPI_NAME of IVRS: letters and digits, NUL-terminated. */
	char hid[9];
	char cid[9];		/* compatible name, "" for none */
	enum nyx_uid_form uid_form;
	u64 uid;		/* NYX_UID_INTEGER */
	u8 uid_len;		/* bytes; a string is in the table, at offset + 22, no NUL */
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
	bool has_proximity;	/* DMAR RHSA: which ACPI proximity domain the unit is in */
	u32 proximity;
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
 * Whole 4 KiB pages: what the firmware left unaligned is rounded outwards. Whether
 * a device that it names may be assigned all the same (USB, graphics) depends on what
 * sits there: nyx_topology_reserved() tells.
 */
struct nyx_acpi_reserved {
	u32 offset;
	u16 segment;
	u64 base;		/* host-physical, first byte */
	u64 last;		/* last byte, inclusive */
	u32 flags;		/* NYX_RESERVED_* */
	struct nyx_acpi_scopes scopes;
};

/* What a DMAR table says of groups of devices beside who translates them. */
enum nyx_acpi_list_kind {
	NYX_LIST_ATS_PORTS,	/* ATSR, 8.5: root ports below which device-TLBs work */
	NYX_LIST_INTEGRATED,	/* SATC, 8.8: devices of the SoC with a device-TLB */
	NYX_LIST_PROPERTIES,	/* SIDP, 8.9: devices of the SoC, scopes say what of them */
};

#define NYX_LIST_ALL_PORTS	0x1	/* ATSR: every root port of the segment; no scopes */
#define NYX_LIST_ATC_REQUIRED	0x2	/* SATC: these work only with ATS on */

/* SIDP device scope flags. */
#define NYX_PROPERTY_NO_NESTED		0x01	/* no nested translation without PASID */
#define NYX_PROPERTY_NO_WALK_SNOOP	0x02	/* no snoop control of walks without PASID */
#define NYX_PROPERTY_NO_PAGE_SNOOP	0x04	/* no snoop control of pages without PASID */
#define NYX_PROPERTY_ATC_HARDENED	0x08	/* its device-TLB can be trusted */
#define NYX_PROPERTY_ATC_REQUIRED	0x10	/* it works only with ATS on */

struct nyx_acpi_list {
	enum nyx_acpi_list_kind kind;
	u32 offset;
	u16 segment;
	u32 flags;		/* NYX_LIST_* */
	struct nyx_acpi_scopes scopes;
};

/* ANDD, 8.7: the ACPI name of the device with this number in NYX_SCOPE_ACPI_NAME scopes. */
struct nyx_acpi_name {
	u32 offset;
	u8 number;
	u16 len;		/* bytes, at least 1; the name is in the table, at offset + 8 */
};

/* A mistake of the firmware that was repaired or passed over. text is a literal. */
struct nyx_acpi_note {
	u32 offset;		/* from the start of the table, bytes */
	const char *text;
};

/* Which IO-APICs the MADT lists. The parsers below do not touch it. */
struct nyx_acpi_ioapics {
	u32 nr;			/* 0: it is not known */
	bool listed[256];	/* by IO-APIC id */
};

struct nyx_acpi_desc {
	enum nyx_acpi_table table;
	u8 revision;
	u8 address_width;	/* DMAR host address width; IVRS IVinfo PASize, 0 not said; bits */
	u8 virtual_width;	/* IVRS IVinfo VASize, 0 on DMAR */
	u32 flags;		/* raw DMAR flags byte or IVinfo */
	u32 nr_units, nr_reserved, nr_lists, nr_names, nr_scopes, nr_notes;
	/*
	 * Sized by a first call with units NULL, which only counts (and validates
	 * everything); filled by a second, which takes the nr_ fields as the
	 * arrays' sizes and never writes beyond them. lists, names and notes may
	 * stay NULL: what they would hold is then only counted.
	 */
	struct nyx_acpi_unit *units;
	struct nyx_acpi_reserved *reserved;
	struct nyx_acpi_list *lists;
	struct nyx_acpi_name *names;
	struct nyx_acpi_scope *scopes;
	struct nyx_acpi_note *notes;
	struct nyx_acpi_ioapics ioapics;
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
/* Likewise for the MADT; on -EINVAL *ioapics says that nothing is known. */
int nyx_madt_parse(const void *buf, size_t len, struct nyx_acpi_ioapics *ioapics,
		   struct nyx_acpi_error *err);

#endif
