// SPDX-License-Identifier: GPL-2.0
/* Pinning: runs against the true layout, the rules on memory kinds, limits, copy-on-write. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/magic.h>
#include <linux/prandom.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/uaccess.h>

#include "memory_fixture.h"

#define PAGES	64

static const bool go_on;

static int pin_it(struct nyx_mapping *mapping, u64 address, u64 length, u32 prot,
		  bool persistent, struct nyx_why *why)
{
	const struct nyx_pin pin = {
		.address = address,
		.length = length,
		.prot = prot,
		.persistent = persistent,
		.stop = &go_on,
	};

	memset(mapping, 0, sizeof(*mapping));
	mapping->prot = prot;
	return nyx_pin(mapping, &pin, why);
}

/* Lay the pages of one folio out at will in shared memory of the caller. */
static void lay_out(struct kunit *test, u64 at, struct page *folio, const u8 *order)
{
	struct vm_area_struct *vma;
	u32 i;

	mmap_write_lock(current->mm);
	vma = find_vma(current->mm, at);
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_EQ(test, vm_insert_page(vma, at + i * PAGE_SIZE, folio + order[i]), 0);
	mmap_write_unlock(current->mm);
}

/* Any order of a folio's pages becomes exactly the runs that a page-by-page look finds. */
static void pin_runs(struct kunit *test)
{
	struct rnd_state rnd;
	struct nyx_mapping mapping;
	u8 order[PAGES];
	struct page *folio;
	u32 round, i, runs;
	long locked;
	u64 at;

	prandom_seed_state(&rnd, 99);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < PAGES; i++)
			order[i] = i;
		/* Few swaps leave long runs, many leave none; round 0 is one run. */
		for (i = 0; i < round * 4; i++)
			swap(order[prandom_u32_state(&rnd) % PAGES],
			     order[prandom_u32_state(&rnd) % PAGES]);
		at = fixture_memory(test, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED);
		locked = fixture_locked();
		folio = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO, ilog2(PAGES));
		KUNIT_ASSERT_NOT_NULL(test, folio);
		lay_out(test, at, folio, order);

		KUNIT_ASSERT_EQ(test, pin_it(&mapping, at, PAGES * PAGE_SIZE,
					     NYX_PROT_READ | NYX_PROT_WRITE, false, NULL), 0);
		for (i = 0, runs = 0; i < PAGES; i++) {
			runs += !i || order[i] != order[i - 1] + 1;
			KUNIT_EXPECT_PTR_EQ(test, fixture_page(&mapping, i), folio + order[i]);
		}
		KUNIT_EXPECT_NULL(test, fixture_page(&mapping, PAGES));
		KUNIT_EXPECT_EQ(test, mapping.nr_runs, runs);
		KUNIT_EXPECT_EQ(test, atomic_read(&page_folio(folio)->_pincount), PAGES);
		KUNIT_EXPECT_EQ(test, fixture_locked(), locked + PAGES);
		/* The pin itself made it dirty; what counts is what the device writes later. */
		folio_clear_dirty(page_folio(folio));
		nyx_unpin(&mapping);
		KUNIT_EXPECT_EQ(test, atomic_read(&page_folio(folio)->_pincount), 0);
		KUNIT_EXPECT_EQ(test, fixture_locked(), locked);
		KUNIT_EXPECT_TRUE(test, folio_test_dirty(page_folio(folio)));
		put_page(folio);
	}
}

/* A device that only reads must see what the caller writes later (no stale zero page). */
static void pin_read_breaks_cow(struct kunit *test)
{
	u64 at = fixture_memory(test, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct nyx_mapping mapping;
	char c;

	/* A read brings the zero page. */
	KUNIT_ASSERT_EQ(test, copy_from_user(&c, (void __user *)at, 1), 0);
	KUNIT_ASSERT_EQ(test, pin_it(&mapping, at, PAGE_SIZE, NYX_PROT_READ, false, NULL), 0);
	KUNIT_ASSERT_EQ(test, copy_to_user((void __user *)at, "x", 1), 0);
	KUNIT_EXPECT_EQ(test, *(char *)page_address(mapping.runs[0].first), 'x');
	nyx_unpin(&mapping);
}

static void pin_bad_address(struct kunit *test)
{
	u64 at = fixture_memory(test, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	u64 none = fixture_memory(test, PAGE_SIZE, PROT_NONE, MAP_PRIVATE);
	u64 ro = fixture_memory(test, PAGE_SIZE, PROT_READ, MAP_PRIVATE);
	long locked = fixture_locked();
	struct nyx_mapping mapping;
	struct nyx_why why = {};
	char hex[24];

	/* Two good pages, then a hole. */
	KUNIT_ASSERT_EQ(test, vm_munmap(at + 2 * PAGE_SIZE, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, pin_it(&mapping, at, 4 * PAGE_SIZE, NYX_PROT_READ, false, &why),
			-EFAULT);
	snprintf(hex, sizeof(hex), "%#llx", at + 2 * PAGE_SIZE);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, hex), "%s lacks %s", why.text, hex);
	KUNIT_EXPECT_EQ(test, (int)why.arg, (int)NYX_ARG_ADDRESS);
	KUNIT_EXPECT_EQ(test, pin_it(&mapping, none, PAGE_SIZE, NYX_PROT_READ, false, &why),
			-EFAULT);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "not readable"));
	KUNIT_EXPECT_EQ(test, pin_it(&mapping, ro, PAGE_SIZE, NYX_PROT_WRITE, false, &why),
			-EFAULT);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "not writable"));
	KUNIT_EXPECT_EQ(test, pin_it(&mapping, ro, PAGE_SIZE, NYX_PROT_READ, false, &why), 0);
	nyx_unpin(&mapping);
	KUNIT_EXPECT_EQ(test, fixture_locked(), locked);
}

static void pin_persistent(struct kunit *test)
{
	u64 private = fixture_memory(test, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct file *file = shmem_file_setup("nyx-test", SZ_64K, VM_NORESERVE);
	struct nyx_mapping mapping;
	struct nyx_why why = {};
	u64 shared, copied;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	shared = kunit_vm_mmap(test, file, 0, SZ_64K, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	copied = kunit_vm_mmap(test, file, 0, SZ_64K, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	fput(file);
	KUNIT_EXPECT_EQ(test, pin_it(&mapping, private, PAGE_SIZE, 3, true, &why), -EOPNOTSUPP);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why.text, "persistent"));
	KUNIT_EXPECT_EQ(test, pin_it(&mapping, copied, SZ_64K, 3, true, &why), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ_MSG(test, pin_it(&mapping, shared, SZ_64K, 3, true, &why), 0, "%s",
			    why.text);
	nyx_unpin(&mapping);
}

struct kind {
	const char *name;
	unsigned long flags, magic;
	umode_t mode;		/* 0: no file */
	u32 prot;
	bool persistent;
	int err;
	bool gup_write;
};

#define RW	(VM_READ | VM_WRITE)
#define SHARED	(VM_SHARED | VM_MAYSHARE)
#define EXT4	0xEF53

static const struct kind kinds[] = {
	{ "anonymous", RW, 0, 0, 3, false, 0, true },
	{ "anonymous, device reads", RW, 0, 0, 1, false, 0, true },
	{ "read-only anonymous", VM_READ, 0, 0, 1, false, 0, false },
	{ "anonymous, persistent", RW, 0, 0, 3, true, -EOPNOTSUPP },
	{ "tmpfs", RW | SHARED, TMPFS_MAGIC, S_IFREG, 3, true, 0, true },
	{ "tmpfs, device reads", RW | SHARED, TMPFS_MAGIC, S_IFREG, 1, true, 0, false },
	{ "tmpfs, read-only fd", VM_READ | VM_MAYSHARE, TMPFS_MAGIC, S_IFREG, 1, true, 0, false },
	{ "tmpfs, private", RW, TMPFS_MAGIC, S_IFREG, 3, true, -EOPNOTSUPP },
	{ "hugetlbfs", RW | SHARED, HUGETLBFS_MAGIC, S_IFREG, 3, true, 0, true },
	{ "device node", RW | SHARED, TMPFS_MAGIC, S_IFCHR, 3, true, -EOPNOTSUPP },
	{ "file", RW | SHARED, EXT4, S_IFREG, 3, false, -EOPNOTSUPP },
	{ "block device", RW | SHARED, EXT4, S_IFBLK, 3, false, -EOPNOTSUPP },
	{ "file, device reads", RW | SHARED, EXT4, S_IFREG, 1, false, 0, false },
	{ "file, persistent", RW | SHARED, EXT4, S_IFREG, 1, true, -EOPNOTSUPP },
	{ "file, private", RW, EXT4, S_IFREG, 3, false, 0, true },
	{ "BAR", RW | SHARED | VM_IO | VM_PFNMAP, EXT4, S_IFREG, 3, false, -EOPNOTSUPP },
	{ "frames", RW | SHARED | VM_PFNMAP, 0, 0, 1, false, -EOPNOTSUPP },
	{ "not writable", VM_READ, 0, 0, 3, false, -EFAULT },
	{ "not readable", VM_WRITE, 0, 0, 1, false, -EFAULT },
	{ "write only", VM_WRITE, 0, 0, 2, false, 0, true },
};

static void pin_kinds(struct kunit *test)
{
	struct super_block *sb = kunit_kzalloc(test, sizeof(*sb), GFP_KERNEL);
	struct inode *inode = kunit_kzalloc(test, sizeof(*inode), GFP_KERNEL);
	struct file *file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);
	struct vm_area_struct *vma = kunit_kzalloc(test, sizeof(*vma), GFP_KERNEL);
	const struct kind *k;

	KUNIT_ASSERT_TRUE(test, sb && inode && file && vma);
	inode->i_sb = sb;
	file->f_inode = inode;
	for (k = kinds; k < kinds + ARRAY_SIZE(kinds); k++) {
		const struct nyx_pin pin = { .prot = k->prot, .persistent = k->persistent };
		struct nyx_why why = {};
		unsigned int gup = 0;
		int err;

		vm_flags_init(vma, k->flags);
		vma->vm_file = k->mode ? file : NULL;
		sb->s_magic = k->magic;
		inode->i_mode = k->mode | 0600;
		err = nyx_pin_judge(vma, 0x7000, &pin, &gup, &why);
		KUNIT_EXPECT_EQ_MSG(test, err, k->err, "%s: %s", k->name, why.text);
		if (err)
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "0x7000"), "%s: %s",
						  k->name, why.text);
		else
			KUNIT_EXPECT_EQ_MSG(test, gup, FOLL_LONGTERM |
					    (k->gup_write ? FOLL_WRITE : 0), "%s", k->name);
	}
}

static void pin_limit(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_64K, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct rlimit *rlimit = &current->signal->rlim[RLIMIT_MEMLOCK];
	const unsigned long was = rlimit->rlim_cur;
	const struct cred *old;
	struct nyx_mapping mapping;
	struct nyx_why why = {};
	struct cred *cred = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cap_lower(cred->cap_effective, CAP_IPC_LOCK);
	rlimit->rlim_cur = ((u64)fixture_locked() << PAGE_SHIFT) + SZ_32K;
	/* With the capability there is no limit, yet all is charged. */
	KUNIT_EXPECT_EQ(test, pin_it(&mapping, at, SZ_64K, 3, false, &why), 0);
	KUNIT_EXPECT_EQ(test, mapping.charged_pages, 16);
	nyx_unpin(&mapping);

	old = override_creds(cred);
	KUNIT_EXPECT_EQ(test, pin_it(&mapping, at, SZ_64K, 3, false, &why), -EDQUOT);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "ulimit -l"), "%s", why.text);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why.text, "64 KiB more"), "%s", why.text);
	KUNIT_EXPECT_EQ(test, pin_it(&mapping, at, SZ_32K, 3, false, &why), 0);
	nyx_unpin(&mapping);
	revert_creds(old);
	put_cred(cred);
	rlimit->rlim_cur = was;
}

static void pin_gives_up(struct kunit *test)
{
	u64 at = fixture_memory(test, SZ_64K, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	const bool stop = true;
	const struct nyx_pin pin = { .address = at, .length = SZ_64K, .prot = 3, .stop = &stop };
	struct nyx_mapping mapping = { .prot = 3 };
	long locked = fixture_locked();

	KUNIT_EXPECT_EQ(test, nyx_pin(&mapping, &pin, NULL), -ENOENT);
	sigaddset(&current->pending.signal, SIGKILL);
	set_thread_flag(TIF_SIGPENDING);
	KUNIT_EXPECT_EQ(test, pin_it(&mapping, at, SZ_64K, 3, false, NULL), -EINTR);
	sigdelset(&current->pending.signal, SIGKILL);
	clear_thread_flag(TIF_SIGPENDING);
	KUNIT_EXPECT_EQ(test, fixture_locked(), locked);
	KUNIT_EXPECT_EQ(test, mapping.nr_runs, 0);
}

static struct kunit_case pin_cases[] = {
	KUNIT_CASE(pin_runs),
	KUNIT_CASE(pin_read_breaks_cow),
	KUNIT_CASE(pin_bad_address),
	KUNIT_CASE(pin_persistent),
	KUNIT_CASE(pin_kinds),
	KUNIT_CASE(pin_limit),
	KUNIT_CASE(pin_gives_up),
	{}
};

static struct kunit_suite pin_suite = {
	.name = "nyx_pin",
	.test_cases = pin_cases,
};

kunit_test_suite(pin_suite);
