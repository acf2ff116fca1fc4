/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access to a unit's registers, and the seam where a unit test puts a register
 * model in their place. In nyx_iommu.ko these are plain readl/writel.
 */
#ifndef NYX_MMIO_H
#define NYX_MMIO_H

#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/types.h>

#ifdef NYX_KUNIT
/* A model of a unit: sees every access, in order. */
struct nyx_mmio_model {
	u64 (*read)(struct nyx_mmio_model *model, u32 offset, unsigned int size);
	void (*write)(struct nyx_mmio_model *model, u32 offset, unsigned int size, u64 value);
};
#endif

struct nyx_mmio {
	void __iomem *base;
	u64 size;			/* bytes mapped */
#ifdef NYX_KUNIT
	struct nyx_mmio_model *model;	/* when set, base is not used */
#endif
};

static inline u32 nyx_read32(const struct nyx_mmio *io, u32 offset)
{
#ifdef NYX_KUNIT
	if (io->model)
		return io->model->read(io->model, offset, 4);
#endif
	return readl(io->base + offset);
}

static inline u64 nyx_read64(const struct nyx_mmio *io, u32 offset)
{
#ifdef NYX_KUNIT
	if (io->model)
		return io->model->read(io->model, offset, 8);
#endif
	return readq(io->base + offset);
}

static inline void nyx_write32(const struct nyx_mmio *io, u32 offset, u32 value)
{
#ifdef NYX_KUNIT
	if (io->model) {
		io->model->write(io->model, offset, 4, value);
		return;
	}
#endif
	writel(value, io->base + offset);
}

static inline void nyx_write64(const struct nyx_mmio *io, u32 offset, u64 value)
{
#ifdef NYX_KUNIT
	if (io->model) {
		io->model->write(io->model, offset, 8, value);
		return;
	}
#endif
	writeq(value, io->base + offset);
}

#endif
