/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the page-table tests share: a unit's page walk written from the numbers in
 * the specifications (no header of kernel/pt/ but the interface), memory as a unit
 * that does not snoop sees it, and hooks that count, watch and refuse allocations.
 */
#ifndef NYX_TESTS_PT_MODEL_H
#define NYX_TESTS_PT_MODEL_H

#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "../pt/pt.h"

struct pt_param {
	enum nyx_pt_format format;
	u8 levels;
	u64 page_sizes;
	bool coherent;
};

struct pt_model {
	struct nyx_pt_test hooks;
	struct nyx_pt pt;
	struct nyx_pt_gather gather;
	struct xarray memory;		/* by page frame: the table as written back */
	spinlock_t lock;		/* the copies in it */
	atomic_long_t allocated, freed;
	atomic_long_t until_fail;	/* allocations that still succeed; negative: all */
	bool may_free;			/* tables may be freed now: else a bug */
	bool early_free;		/* one was */
	bool no_memory;			/* the model itself ran out */
};

static inline bool pt_model_fail(struct nyx_pt_test *hooks)
{
	struct pt_model *m = container_of(hooks, struct pt_model, hooks);

	if (atomic_long_read(&m->until_fail) >= 0 && atomic_long_dec_return(&m->until_fail) < 0) {
		atomic_long_set(&m->until_fail, 0);	/* and all that follow */
		return true;
	}
	atomic_long_inc(&m->allocated);
	return false;
}

/* A write-back moves whole cache lines; what was never written back is all ones. */
static inline void pt_model_flushed(struct nyx_pt_test *hooks, void *start, size_t bytes)
{
	struct pt_model *m = container_of(hooks, struct pt_model, hooks);
	unsigned long from = (unsigned long)start & ~63UL;
	unsigned long to = ((unsigned long)start + bytes + 63) & ~63UL;
	unsigned long frame = virt_to_phys(start) >> 12;
	u64 *copy = xa_load(&m->memory, frame);
	unsigned int i;

	if (!copy) {
		copy = kmalloc(4096, GFP_KERNEL);
		if (!copy || xa_err(xa_store(&m->memory, frame, copy, GFP_KERNEL))) {
			kfree(copy);
			m->no_memory = true;
			return;
		}
		memset(copy, 0xff, 4096);
	}
	spin_lock(&m->lock);
	for (i = (from & 4095) / 8; from < to; i++, from += 8)
		WRITE_ONCE(copy[i], READ_ONCE(*(u64 *)from));
	spin_unlock(&m->lock);
}

static inline void pt_model_freed(struct nyx_pt_test *hooks, u64 *table)
{
	struct pt_model *m = container_of(hooks, struct pt_model, hooks);

	if (!m->may_free)
		m->early_free = true;
	atomic_long_inc(&m->freed);
	kfree(xa_erase(&m->memory, virt_to_phys(table) >> 12));
}

/* One entry as the unit reads it. */
static inline u64 pt_model_read(struct pt_model *m, u64 table, unsigned int index)
{
	u64 *copy;

	if (m->pt.config.coherent)
		return READ_ONCE(((u64 *)phys_to_virt(table))[index]);
	copy = xa_load(&m->memory, table >> 12);
	return copy ? READ_ONCE(copy[index]) : ~0ULL;
}

struct pt_seen {
	u64 paddr;
	u64 size;
	u32 prot;
};

/*
 * The unit's walk. 0, -ENOENT (not present: a fault) or -EIO (something a unit
 * would call reserved or that cannot be meant).
 */
static inline int pt_model_translate(struct pt_model *m, u64 iova, struct pt_seen *seen)
{
	bool vtd = m->pt.config.format == NYX_PT_VTDSS;
	u64 table = nyx_pt_root(&m->pt), entry, mask;
	unsigned int level, shift;
	bool leaf;

	seen->prot = 3;
	for (level = m->pt.config.levels; level; level--) {
		shift = level * 9 + 3;
		mask = (1ULL << shift) - 1;
		entry = pt_model_read(m, table, (iova >> shift) & 0x1ff);
		if (vtd) {
			/* VT-d 9.8: R 0, W 1, PS 7, SNP 11, 51:12, TM 62, rest of 63:52 ignored */
			if (!(entry & 0x3))
				return -ENOENT;
			leaf = level == 1 || (entry & 0x80);
			if (entry & 0x4000000000000000ULL)
				return -EIO;
			if (leaf ? level == 4 : !!(entry & 0x880))
				return -EIO;
			if (leaf && level == 1 && (entry & 0x80))
				return -EIO;
			seen->prot &= entry & 0x3;
		} else {
			/* AMD 2.2.3: PR 0, next level 11:9, 51:12, FC 60, IR 61, IW 62 */
			unsigned int next = (entry >> 9) & 7;

			if (!(entry & 0x1))
				return -ENOENT;
			leaf = next == 0;
			if (entry & 0x8ff0000000000000ULL)	/* 63 and 59:52 */
				return -EIO;
			if (leaf ? level == 4 : next != level - 1 || (entry & (1ULL << 60)))
				return -EIO;
			seen->prot &= (entry >> 61) & 0x3;
		}
		table = entry & 0x000ffffffffff000ULL;
		if (leaf) {
			if (table & mask)
				return -EIO;
			seen->paddr = table | (iova & mask);
			seen->size = mask + 1;
			return 0;
		}
	}
	return -EIO;
}

static inline int pt_model_init(struct pt_model *m, const struct pt_param *param)
{
	const struct nyx_pt_config config = {
		.format = param->format, .levels = param->levels,
		.page_sizes = param->page_sizes, .coherent = param->coherent,
		.node = NUMA_NO_NODE,
	};
	int err;

	memset(m, 0, sizeof(*m));
	m->hooks.fail = pt_model_fail;
	m->hooks.flushed = pt_model_flushed;
	m->hooks.freed = pt_model_freed;
	atomic_long_set(&m->until_fail, -1);
	xa_init(&m->memory);
	spin_lock_init(&m->lock);
	nyx_pt_test = &m->hooks;
	err = nyx_pt_init(&m->pt, &config);
	if (err)
		nyx_pt_test = NULL;
	nyx_pt_gather_init(&m->gather, &m->pt);
	return err;
}

/* The unit has invalidated. */
static inline void pt_model_sync(struct pt_model *m)
{
	bool may_free = m->may_free;

	m->may_free = true;
	nyx_pt_gather_free(&m->gather);
	m->may_free = may_free;
}

static inline long pt_model_tables(struct pt_model *m)
{
	return atomic_long_read(&m->allocated) - atomic_long_read(&m->freed);
}

/* Destroy and look at what must hold at the end of every test. */
static inline void pt_model_exit(struct kunit *test, struct pt_model *m)
{
	u64 *copy;
	unsigned long i;

	KUNIT_EXPECT_EQ(test, pt_model_tables(m), atomic_long_read(&m->pt.nr_tables));
	KUNIT_EXPECT_FALSE_MSG(test, m->early_free, "a table was freed before the invalidation");
	KUNIT_EXPECT_FALSE(test, m->no_memory);
	pt_model_sync(m);
	m->may_free = true;
	nyx_pt_destroy(&m->pt);
	KUNIT_EXPECT_EQ_MSG(test, pt_model_tables(m), 0, "tables leaked");
	KUNIT_EXPECT_EQ(test, atomic_long_read(&m->pt.nr_tables), 0);
	nyx_pt_test = NULL;
	xa_for_each(&m->memory, i, copy)
		kfree(copy);
	xa_destroy(&m->memory);
}

/* Does lookup say what the unit's walk returned? */
static inline bool pt_model_same(struct pt_model *m, u64 iova, int err, struct pt_seen *seen)
{
	struct nyx_pt_translation t;

	if (nyx_pt_lookup(&m->pt, iova, &t) != err)
		return false;
	return err || (t.paddr == seen->paddr && t.page_size == seen->size &&
		       t.prot == seen->prot && (1ULL << (12 + 9 * (t.level - 1))) == seen->size);
}

static inline bool pt_model_agrees(struct pt_model *m, u64 iova)
{
	struct pt_seen seen;

	return pt_model_same(m, iova, pt_model_translate(m, iova, &seen), &seen);
}

#endif
