// SPDX-License-Identifier: GPL-2.0
/*
 * Domains that VFIO, IOMMUFD or a driver map into through the kernel's IOMMU API. The user
 * pins what it maps and unpins it once iotlb_sync() has returned, which cannot fail: where
 * an invalidation does not complete, the pages get a reference of ours first, for ever.
 *
 * An unmap therefore notes what memory it takes out of the table, until that is invalidated.
 * Unmaps and syncs of one domain take turns; maps run beside them.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "compat.h"
#include "entries.h"
#include "iommu_api.h"
#include "nyx_trace.h"
#include "ranges.h"

#define RUNS		512	/* noted before an invalidation is due */
#define DOMAINS_MAX	4096	/* a program may make as many as it likes: ids are left for others */

static atomic_t nr_domains;

/* Physically contiguous, out of the table, and not yet invalidated. */
struct run {
	u64 paddr, bytes;
};

struct api_domain {
	struct iommu_domain iommu;
	struct nyx_domain *domain;
	struct mutex lock;		/* the rest */
	struct nyx_pt_gather gather;
	u32 nr_runs;
	struct run runs[RUNS];
};

static struct api_domain *to_api(struct iommu_domain *iommu)
{
	return container_of(iommu, struct api_domain, iommu);
}

struct iommu_domain *nyx_api_domain_alloc(struct device *dev)
{
	const struct nyx_domain_params params = {
		.mode = NYX_DOMAIN_SHARED,
		.external = true,
	};
	const struct nyx_pt_config *config;
	struct api_domain *api;
	int err;

	if (atomic_inc_return(&nr_domains) > DOMAINS_MAX) {
		err = -ENOSPC;
		goto discount;
	}
	api = kvzalloc(sizeof(*api), GFP_KERNEL_ACCOUNT);
	if (!api) {
		err = -ENOMEM;
		goto discount;
	}
	err = nyx_domain_new(&params, &api->domain, NULL);
	if (err)
		goto free;
	/* Freed by a call into here, whenever the user likes. */
	__module_get(THIS_MODULE);
	config = &api->domain->pt.config;
	mutex_init(&api->lock);
	nyx_pt_gather_init(&api->gather, &api->domain->pt);
	api->iommu.ops = &nyx_api_domain_ops;
	api->iommu.pgsize_bitmap = config->page_sizes;
	api->iommu.geometry.aperture_end = nyx_pt_last_iova(config);
	if (config->width)
		api->iommu.geometry.aperture_end &= GENMASK_ULL(config->width - 1, 0);
	api->iommu.geometry.force_aperture = true;
	return &api->iommu;

free:
	kvfree(api);
discount:
	atomic_dec(&nr_domains);
	return ERR_PTR(err);
}

/* ---- into the table ---- */

static int check_place(struct nyx_domain *domain, u64 iova, u64 bytes)
{
	const struct nyx_map_range range = { .iova = iova, .length = bytes };

	return nyx_ranges_check_place(domain, &range, NULL);
}

/* A unit may still reach it: never to be anybody else's. Device memory stays where it is. */
static u64 keep(const struct run *run)
{
	u64 pfn = PHYS_PFN(run->paddr), end = pfn + PHYS_PFN(run->bytes), kept = 0;

	for (; pfn < end; pfn++) {
		struct page *page;

		if (!pfn_valid(pfn))
			continue;
		page = pfn_to_page(pfn);
		if (PageReserved(page))
			continue;
		get_page(page);
		kept++;
	}
	return kept;
}

/* What a failed map, or a prune, has taken out. False: a unit may still know of it. */
static bool settle(struct nyx_domain *domain, struct nyx_pt_gather *gather)
{
	bool proven = nyx_entries_invalidate(domain, gather);

	mutex_lock(&domain->lock);
	nyx_entries_release_tables(domain, gather, proven);
	mutex_unlock(&domain->lock);
	return proven;
}

static int api_map(struct iommu_domain *iommu, unsigned long iova, phys_addr_t paddr,
		   size_t page_size, size_t count, int rights, gfp_t gfp, size_t *mapped)
{
	struct nyx_domain *domain = to_api(iommu)->domain;
	u32 prot = (rights & IOMMU_READ ? NYX_PROT_READ : 0) |
		   (rights & IOMMU_WRITE ? NYX_PROT_WRITE : 0);
	u64 bytes = (u64)page_size * count;
	struct nyx_pt_gather gather;
	int err;

	/* What is unmapped is kept for ever then, and nothing would bound how much that is. */
	if (READ_ONCE(domain->unproven))
		return -EIO;
	err = check_place(domain, iova, bytes);
	if (err)
		return err;
	nyx_pt_gather_init(&gather, &domain->pt);
	/* Empty tables that unmaps of small pages left would keep large ones out. */
	if (page_size >= SZ_2M) {
		nyx_pt_prune(&domain->pt, iova, bytes, &gather);
		if (!nyx_pt_gather_empty(&gather) && !settle(domain, &gather))
			return -EIO;
	}
	err = nyx_pt_map(&domain->pt, iova, paddr, bytes, prot, &gather);
	if (err) {
		/* Leaves were there for a moment, and the caller unpins what he could not map. */
		if (!nyx_pt_gather_empty(&gather) && !settle(domain, &gather))
			atomic_long_add(keep(&(struct run) { paddr, bytes }),
					&domain->leaked_pages);
		return err;
	}
	trace_map(domain, iova, paddr, bytes, prot);
	atomic64_add(bytes, &domain->external_bytes);
	atomic64_inc(&domain->external_maps);
	*mapped = bytes;
	return 0;
}

/* Units that may remember that nothing was there. */
static int api_sync_map(struct iommu_domain *iommu, unsigned long iova, size_t bytes)
{
	struct nyx_domain *domain = to_api(iommu)->domain;

	if (!bytes || !nyx_domain_flush_on_map(domain))
		return 0;
	/* Tables may have been linked, so entries above the leaves count as well. */
	return nyx_domain_flush(domain, iova, iova + bytes - 1, false);
}

static void api_sync_map_void(struct iommu_domain *iommu, unsigned long iova, size_t bytes)
{
	api_sync_map(iommu, iova, bytes);
}

/* ---- out of it ---- */

/* Invalidated, or kept: from here on the user may unpin. */
static void sync_locked(struct api_domain *api)
{
	struct nyx_domain *domain = api->domain;
	u64 kept = 0;
	bool proven;
	u32 i;

	lockdep_assert_held(&api->lock);
	if (nyx_pt_gather_empty(&api->gather)) {
		api->nr_runs = 0;
		return;
	}
	proven = nyx_entries_invalidate(domain, &api->gather);
	for (i = 0; i < api->nr_runs && !proven; i++)
		kept += keep(&api->runs[i]);
	atomic_long_add(kept, &domain->leaked_pages);
	api->nr_runs = 0;
	mutex_lock(&domain->lock);
	nyx_entries_release_tables(domain, &api->gather, proven);
	mutex_unlock(&domain->lock);
}

static bool note(struct api_domain *api, u64 paddr, u64 bytes)
{
	struct run *last = api->nr_runs ? &api->runs[api->nr_runs - 1] : NULL;

	if (last && last->paddr + last->bytes == paddr) {
		last->bytes += bytes;
		return true;
	}
	if (api->nr_runs == RUNS)
		return false;
	api->runs[api->nr_runs++] = (struct run) { paddr, bytes };
	return true;
}

/*
 * Note what is mapped from iova on, up to end; *reached: to where there was room for it.
 * The table is not changed there meanwhile: the range is the caller's.
 */
static u64 note_range(struct api_domain *api, u64 iova, u64 end, u64 *reached)
{
	struct nyx_pt_translation leaf;
	u64 bytes, noted = 0;

	while (iova < end) {
		bytes = SZ_4K;
		if (!nyx_pt_lookup(&api->domain->pt, iova, &leaf)) {
			bytes = min(leaf.page_size - (iova & (leaf.page_size - 1)), end - iova);
			if (!note(api, leaf.paddr, bytes))
				break;
			noted += bytes;
		}
		iova += bytes;
	}
	*reached = iova;
	return noted;
}

static size_t api_unmap(struct iommu_domain *iommu, unsigned long first, size_t page_size,
			size_t count, struct iommu_iotlb_gather *unused)
{
	struct api_domain *api = to_api(iommu);
	u64 iova = first, end = first + (u64)page_size * count, reached, noted, unmapped = 0;

	mutex_lock(&api->lock);
	while (iova < end) {
		u32 nr_runs = api->nr_runs;
		struct run newest = nr_runs ? api->runs[nr_runs - 1] : (struct run) {};

		noted = note_range(api, iova, end, &reached);
		if (reached == iova) {
			sync_locked(api);
			continue;
		}
		/* Part of a large page: nothing is taken out, and the caller told so. */
		if (nyx_pt_unmap(&api->domain->pt, iova, reached - iova, &api->gather, NULL)) {
			api->nr_runs = nr_runs;
			if (nr_runs)
				api->runs[nr_runs - 1] = newest;
			break;
		}
		unmapped += noted;
		iova = reached;
		cond_resched();
	}
	mutex_unlock(&api->lock);
	trace_unmap(api->domain, first, end - first, unmapped);
	atomic64_sub(unmapped, &api->domain->external_bytes);
	atomic64_inc(&api->domain->external_unmaps);
	return iova - first;
}

static void api_sync(struct iommu_domain *iommu, struct iommu_iotlb_gather *unused)
{
	struct api_domain *api = to_api(iommu);

	mutex_lock(&api->lock);
	sync_locked(api);
	mutex_unlock(&api->lock);
}

static void api_flush_all(struct iommu_domain *iommu)
{
	struct nyx_domain *domain = to_api(iommu)->domain;

	api_sync(iommu, NULL);
	if (nyx_domain_flush(domain, 0, U64_MAX, false))
		WRITE_ONCE(domain->unproven, true);
}

/* The caller maps and unmaps: nobody frees tables at an address that is its own. */
static phys_addr_t api_iova_to_phys(struct iommu_domain *iommu, dma_addr_t iova)
{
	struct nyx_pt_translation leaf;

	return nyx_pt_lookup(&to_api(iommu)->domain->pt, iova, &leaf) ? 0 : leaf.paddr;
}

static bool api_enforce_cache_coherency(struct iommu_domain *iommu)
{
	return to_api(iommu)->domain->pt.config.force_snoop;
}

static void api_free(struct iommu_domain *iommu)
{
	struct api_domain *api = to_api(iommu);

	api_sync(iommu, NULL);
	nyx_domain_del_external(api->domain);
	nyx_domain_put(api->domain);
	mutex_destroy(&api->lock);
	kvfree(api);
	atomic_dec(&nr_domains);
	module_put(THIS_MODULE);
}

static NYX_ATTACH_DEV(api_attach, iommu, dev)
{
	struct nyx_why why = {};
	int err = nyx_export_attach(to_pci_dev(dev), to_api(iommu)->domain, &why);

	if (err && why.text[0])
		dev_warn_ratelimited(dev, NYX_NAME ": not attached: %s\n", why.text);
	return err;
}

const struct iommu_domain_ops nyx_api_domain_ops = {
	.attach_dev = api_attach,
	.map_pages = api_map,
	.unmap_pages = api_unmap,
	.iotlb_sync_map = NYX_SYNC_MAP(api_sync_map, api_sync_map_void),
	.iotlb_sync = api_sync,
	.flush_iotlb_all = api_flush_all,
	.iova_to_phys = api_iova_to_phys,
	.enforce_cache_coherency = api_enforce_cache_coherency,
	.free = api_free,
};
