// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupt remapping of an AMD-Vi unit: whether it remaps and in which format, the tables,
 * and which requester ids have which.
 *
 * The device table entry of an id leads to one table (entry.c), so a device can name entries
 * of its own only: nothing that it writes raises anything else. Nothing is switched on for it
 * but the format, and entries that do not ask for it let interrupts pass as they are.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/apic.h>
#include <asm/cacheflush.h>
#include <asm/cpufeature.h>

#include "amdvi.h"

/* Bits of the Feature Reporting field of type 10h, which has no image of EFR (5.2.2.1). */
#define IVHD10_XT_SUP	BIT(0)
#define IVHD10_GA_SUP	BIT(6)

/* ---- whether, and in which format ---- */

static bool names_ioapic(const struct nyx_acpi_desc *desc)
{
	u32 i;

	for (i = 0; i < desc->nr_scopes; i++) {
		if (desc->scopes[i].kind == NYX_SCOPE_IOAPIC)
			return true;
	}
	return false;
}

/* The southbridge's IO-APIC, with the system's timer, on every machine that has this IOMMU. */
#define SOUTHBRIDGE_RID		0x00a0	/* 00:14.0 */

static const struct nyx_acpi_scope *find_ioapic(const struct nyx_acpi_desc *desc, u8 id)
{
	u32 i;

	for (i = 0; i < desc->nr_scopes; i++) {
		if (desc->scopes[i].kind == NYX_SCOPE_IOAPIC && desc->scopes[i].enum_id == id)
			return &desc->scopes[i];
	}
	return NULL;
}

/*
 * IO-APICs and HPETs are no PCI functions, and send interrupts under ids that only the IVRS
 * tells. Where it does not tell all of them, ids that no function has must stay open, or the
 * host loses interrupts. "": it does.
 *
 * A list that leaves out the southbridge's usual id has its ids wrong; an HPET that is not
 * named shares that one.
 */
static void find_nameless_ioapic(const struct nyx_acpi_desc *desc, char *why, size_t size)
{
	const struct nyx_acpi_scope *ioapic;
	bool southbridge = false;
	u32 id;

	why[0] = '\0';
	if (!desc->ioapics.nr)
		strscpy(why, "no MADT tells which IO-APICs there are", size);
	for (id = 0; id < ARRAY_SIZE(desc->ioapics.listed) && !why[0]; id++) {
		if (!desc->ioapics.listed[id])
			continue;
		ioapic = find_ioapic(desc, id);
		if (ioapic)
			southbridge |= ioapic->rid_first == SOUTHBRIDGE_RID;
		else
			scnprintf(why, size, "the IVRS does not name IO-APIC %u of the MADT", id);
	}
	if (!southbridge && !why[0])
		strscpy(why, "the IVRS names no IO-APIC as 00:14.0", size);
}

/* As far as firmware agrees; amdvi->features are the intersection with its image, if any. */
static void choose_format(struct amdvi_unit *amdvi)
{
	const struct nyx_acpi_unit *firmware = amdvi->unit.firmware;
	bool ga = amdvi->features & AMDVI_EFR_GA_SUP, xt = amdvi->features & AMDVI_EFR_XT_SUP;

	if (firmware->ivhd_type == 0x10) {
		ga &= !!(firmware->ivhd_features & IVHD10_GA_SUP);
		xt &= !!(firmware->ivhd_features & IVHD10_XT_SUP);
	}
	/* An entry of two words is only taken where both can be stored at once. */
	amdvi->ga = ga && boot_cpu_has(X86_FEATURE_CX16);
	/* XTEn makes the unit send x2APIC messages: what processors in that mode expect. */
	amdvi->xt = amdvi->ga && xt && x2apic_enabled();
}

u64 amdvi_irq_control(const struct amdvi_unit *amdvi)
{
	return FIELD_PREP(AMDVI_CONTROL_GA_EN, amdvi->ga) |
	       FIELD_PREP(AMDVI_CONTROL_XT_EN, amdvi->xt);
}

void amdvi_irq_adopt(struct amdvi_unit *amdvi)
{
	/*
	 * The format is not changed while the unit translates: it may be reading entries of
	 * its former owner's, until the last of them is invalidated.
	 */
	amdvi->ga = amdvi->found.control & AMDVI_CONTROL_GA_EN;
	amdvi->xt = amdvi->found.control & AMDVI_CONTROL_XT_EN;
	amdvi->irq_obstacle = NULL;
	if (amdvi->ga && !boot_cpu_has(X86_FEATURE_CX16))
		amdvi->irq_obstacle = "the processors cannot store the entries that it was found to take";
	else if (amdvi->xt && !x2apic_enabled())
		amdvi->irq_obstacle = "it was found to send x2APIC messages, and the processors are not in that mode";
}

static void add_note(struct nyx_remapping *remapping, const char *note, const char *rest)
{
	size_t used = strlen(remapping->why);

	scnprintf(remapping->why + used, sizeof(remapping->why) - used, "%s%s%s",
		  used ? "; " : "", note, rest);
}

void amdvi_irq_start(struct amdvi_unit *amdvi)
{
	struct nyx_remapping *remapping = &amdvi->unit.remapping;

	if (remapping->state == NYX_REMAPPING_NONE)
		return;
	if (amdvi->irq_obstacle) {
		strscpy(remapping->why, amdvi->irq_obstacle, sizeof(remapping->why));
		return;
	}
	remapping->why[0] = '\0';
	if (!amdvi->xt)
		add_note(remapping, "reaches processors with APIC ids up to 255", "");
	if (!amdvi->unit.caps.counts_blocked_interrupts)
		add_note(remapping, "emulated: forged interrupts are blocked, but neither recorded nor counted",
			 "");
	if (!remapping->blocks_unused_ids)
		add_note(remapping, "interrupts under ids that no function has pass: ",
			 amdvi->open_because);
	WRITE_ONCE(remapping->state, NYX_REMAPPING_ON);
}

void amdvi_irq_stop(struct amdvi_unit *amdvi)
{
	struct nyx_remapping *remapping = &amdvi->unit.remapping;

	if (remapping->state != NYX_REMAPPING_ON)
		return;
	WRITE_ONCE(remapping->state, NYX_REMAPPING_OFF);
	strscpy(remapping->why, "the unit does not translate", sizeof(remapping->why));
}

/* ---- tables ---- */

static unsigned int table_order(const struct amdvi_unit *amdvi)
{
	BUILD_BUG_ON(PAGE_SIZE % AMDVI_INT_TABLE_ALIGN);
	return get_order(AMDVI_INT_TABLE_ENTRIES * amdvi_irte_bytes(amdvi));
}

static void *alloc_entries(const struct amdvi_unit *amdvi, unsigned int order, gfp_t gfp)
{
	struct page *page = alloc_pages_node(amdvi->unit.node_id, gfp | __GFP_ZERO, order);

	if (!page)
		return NULL;
	if (amdvi->write_back)
		clflush_cache_range(page_address(page), PAGE_SIZE << order);
	return page_address(page);
}

/* ---- who has which table ---- */

static int add_id(struct amdvi_irq_table *table, u16 rid)
{
	unsigned int i, slot = AMDVI_IRQ_IDS;
	unsigned long flags;
	int err = 0;

	raw_spin_lock_irqsave(&table->lock, flags);
	for (i = 0; i < table->nr_ids; i++) {
		if (table->ids[i].users && table->ids[i].rid == rid)
			break;
		if (!table->ids[i].users && slot == AMDVI_IRQ_IDS)
			slot = i;
	}
	if (i < table->nr_ids) {
		table->ids[i].users++;
	} else if (slot < AMDVI_IRQ_IDS || i < AMDVI_IRQ_IDS) {
		slot = min(slot, i);
		table->ids[slot].rid = rid;
		table->ids[slot].users = 1;
		table->nr_ids = max(table->nr_ids, slot + 1);
	} else {
		err = -EBUSY;
	}
	raw_spin_unlock_irqrestore(&table->lock, flags);
	return err;
}

/* True: nobody uses it any more. */
static bool del_id(struct amdvi_irq_table *table, u16 rid)
{
	unsigned long flags;
	bool last = false;
	unsigned int i;

	raw_spin_lock_irqsave(&table->lock, flags);
	for (i = 0; i < table->nr_ids; i++) {
		if (table->ids[i].users && table->ids[i].rid == rid) {
			last = !--table->ids[i].users;
			break;
		}
	}
	raw_spin_unlock_irqrestore(&table->lock, flags);
	return last;
}

static void leave(struct amdvi_unit *amdvi, struct amdvi_irq_table *table, const u16 *rids,
		  unsigned int nr)
{
	unsigned int i;

	lockdep_assert_held(&amdvi->irq_mutex);
	for (i = 0; i < nr; i++) {
		if (del_id(table, rids[i]))
			xa_erase(&amdvi->irq_tables, rids[i]);
	}
}

static int join(struct amdvi_unit *amdvi, struct amdvi_irq_table *table, const u16 *rids,
		unsigned int nr)
{
	unsigned int i;
	int err;

	lockdep_assert_held(&amdvi->irq_mutex);
	for (i = 0; i < nr; i++) {
		err = add_id(table, rids[i]);
		if (err) {
			leave(amdvi, table, rids, i);
			return err;
		}
		err = xa_err(xa_store(&amdvi->irq_tables, rids[i], table, GFP_KERNEL));
		if (err) {
			leave(amdvi, table, rids, i + 1);
			return err;
		}
	}
	return 0;
}

static struct amdvi_irq_table *new_table(struct amdvi_unit *amdvi)
{
	struct amdvi_irq_table *table = kzalloc(sizeof(*table), GFP_KERNEL_ACCOUNT);

	if (!table)
		return NULL;
	raw_spin_lock_init(&table->lock);
	table->order = table_order(amdvi);
	table->entries = alloc_entries(amdvi, table->order, GFP_KERNEL_ACCOUNT);
	if (!table->entries) {
		kfree(table);
		return NULL;
	}
	return table;
}

static void free_table(struct amdvi_irq_table *table)
{
	free_pages((unsigned long)table->entries, table->order);
	kfree(table);
}

/* The one table that some of the ids have, NULL for none; -EBUSY: different ones. */
static int find_table(struct amdvi_unit *amdvi, const struct nyx_irq_source *source,
		      struct amdvi_irq_table **out)
{
	struct amdvi_irq_table *table;
	unsigned int i;

	lockdep_assert_held(&amdvi->irq_mutex);
	*out = NULL;
	for (i = 0; i < source->nr_rids; i++) {
		table = xa_load(&amdvi->irq_tables, source->rids[i]);
		if (!table)
			continue;
		if (*out && *out != table)
			return -EBUSY;
		*out = table;
	}
	return 0;
}

int amdvi_irq_open(struct nyx_unit *unit, struct nyx_irq_source *source)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	struct amdvi_irq_table *table;
	int err;

	mutex_lock(&amdvi->irq_mutex);
	err = find_table(amdvi, source, &table);
	if (!err && !table) {
		table = new_table(amdvi);
		err = table ? 0 : -ENOMEM;
	}
	if (err)
		goto unlock;
	err = join(amdvi, table, source->rids, source->nr_rids);
	if (!err) {
		table->users++;
		source->table = table;
	} else if (!table->users) {
		free_table(table);
	}
unlock:
	mutex_unlock(&amdvi->irq_mutex);
	return err;
}

/* True where the entry of one of these ids leads to the table. */
static bool in_use(const struct amdvi_unit *amdvi, const struct amdvi_irq_table *table)
{
	unsigned int i;

	for (i = 0; i < table->nr_ids; i++) {
		u64 word = READ_ONCE(amdvi->devtab[table->ids[i].rid].word[2]);

		if (word & AMDVI_DTE2_IV &&
		    (word & AMDVI_DTE2_INT_TAB_ROOT) == virt_to_phys(table->entries))
			return true;
	}
	return false;
}

void amdvi_irq_close(struct nyx_unit *unit, struct nyx_irq_source *source)
{
	struct amdvi_unit *amdvi = to_amdvi(unit);
	struct amdvi_irq_table *table = source->table;

	source->table = NULL;
	if (!table)
		return;
	mutex_lock(&amdvi->irq_mutex);
	leave(amdvi, table, source->rids, source->nr_rids);
	/*
	 * set_entry() has led its ids elsewhere and had the unit forget the table. One that
	 * no longer answers may go on reading it: then its entries stay in memory for ever.
	 */
	if (!--table->users) {
		if (nyx_unit_dead(unit))
			kfree(table);
		else if (!WARN_ON_ONCE(in_use(amdvi, table)))
			free_table(table);
	}
	mutex_unlock(&amdvi->irq_mutex);
}

/*
 * A table of one entry, and that one not present; there is memory for all that a message can
 * name, since emulators do not look at IntTabLen. Init, EInt, NMI and LINT pass = 0.
 */
u64 amdvi_irq_none_word2(const struct amdvi_unit *amdvi, bool suppress_faults)
{
	return AMDVI_DTE2_IV | FIELD_PREP(AMDVI_DTE2_IG, suppress_faults) |
	       FIELD_PREP(AMDVI_DTE2_INT_CTL, AMDVI_INT_CTL_REMAP) |
	       virt_to_phys(amdvi->no_irtes);
}

u64 amdvi_irq_word2(struct amdvi_unit *amdvi, u16 rid, bool suppress_faults)
{
	struct amdvi_irq_table *table;
	u64 word = AMDVI_DTE2_IV | FIELD_PREP(AMDVI_DTE2_IG, suppress_faults);

	/* Init, EInt, NMI and LINT pass = 0: none of them comes from a device of ours. */
	mutex_lock(&amdvi->irq_mutex);
	table = xa_load(&amdvi->irq_tables, rid);
	if (table)
		word |= FIELD_PREP(AMDVI_DTE2_INT_CTL, AMDVI_INT_CTL_REMAP) |
			FIELD_PREP(AMDVI_DTE2_INT_TAB_LEN, ilog2(AMDVI_IRQ_ENTRIES)) |
			virt_to_phys(table->entries);
	else if (suppress_faults)
		/*
		 * IG is about what a table refuses. Without one the unit logs
		 * INVALID_DEVICE_REQUEST (2.5.9) each time, which nothing holds back.
		 */
		word = amdvi_irq_none_word2(amdvi, true);
	else
		word |= FIELD_PREP(AMDVI_DTE2_INT_CTL, AMDVI_INT_CTL_ABORT);
	mutex_unlock(&amdvi->irq_mutex);
	return word;
}

/* ---- probe and remove ---- */

/* Enough for either format. */
#define NO_IRTES_ORDER	get_order(AMDVI_INT_TABLE_ENTRIES * 2 * sizeof(u64))

int amdvi_irq_init(struct amdvi_unit *amdvi, const struct nyx_acpi_desc *desc)
{
	struct nyx_remapping *remapping = &amdvi->unit.remapping;

	mutex_init(&amdvi->irq_mutex);
	xa_init(&amdvi->irq_tables);
	*remapping = (struct nyx_remapping) {
		.state = NYX_REMAPPING_OFF,
		.per_device = true,
		.entries = AMDVI_IRQ_ENTRIES,
		.why = "the unit does not translate",
	};
	/*
	 * Every unit of the specification remaps. An emulated one that does not drops what is
	 * sent to a table, and tells by leaving the IO-APICs out of the IVRS.
	 */
	if (boot_cpu_has(X86_FEATURE_HYPERVISOR) && !names_ioapic(desc)) {
		remapping->state = NYX_REMAPPING_NONE;
		strscpy(remapping->why, "the IVRS of this virtual machine names no IO-APIC, as where interrupts are not remapped",
			sizeof(remapping->why));
	} else {
		choose_format(amdvi);
		find_nameless_ioapic(desc, amdvi->open_because, sizeof(amdvi->open_because));
		remapping->blocks_unused_ids = !amdvi->open_because[0];
		if (amdvi->open_because[0])
			pr_warn("%s: a device can raise any interrupt under an id that no function has: %s; a firmware update may help\n",
				amdvi->unit.name, amdvi->open_because);
	}
	/* Real units log what they refuse (2.5.3); no emulator is known to. */
	amdvi->unit.caps.counts_blocked_interrupts =
		remapping->state != NYX_REMAPPING_NONE && !boot_cpu_has(X86_FEATURE_HYPERVISOR);

	amdvi->no_irtes = alloc_entries(amdvi, NO_IRTES_ORDER, GFP_KERNEL);
	return amdvi->no_irtes ? 0 : -ENOMEM;
}

void amdvi_irq_free(struct amdvi_unit *amdvi)
{
	free_pages((unsigned long)amdvi->no_irtes, NO_IRTES_ORDER);
	amdvi->no_irtes = NULL;
	xa_destroy(&amdvi->irq_tables);
}
