// SPDX-License-Identifier: GPL-2.0
/*
 * The register model of an AMD-Vi unit: interrupt remapping (sections 2.2.5, 2.4.5). It holds
 * what it has read until it is told to forget it, entries that are not present included.
 */
#include <linux/io.h>

#include "amdvi_model.h"

static u64 word2_of(struct amdvi_model *m, u16 rid)
{
	const struct amdvi_dte *table = phys_to_virt(m->devtab & GENMASK_ULL(51, 12));
	unsigned int i, empty = MODEL_IRQ_DTES;

	for (i = 0; i < MODEL_IRQ_DTES; i++) {
		if (m->irq_dtes[i].valid && m->irq_dtes[i].rid == rid)
			return m->irq_dtes[i].word2;
		if (!m->irq_dtes[i].valid)
			empty = i;
	}
	if (empty == MODEL_IRQ_DTES) {
		m->misuse++;
		return 0;
	}
	m->irq_dtes[empty].valid = true;
	m->irq_dtes[empty].rid = rid;
	m->irq_dtes[empty].word2 = READ_ONCE(table[rid].word[2]);
	return m->irq_dtes[empty].word2;
}

/* Reserved bits of a present entry, by the numbers of the format's table. */
static bool reserved_bits(const struct amdvi_model *m, const u64 words[2])
{
	if (!(words[0] & 1))
		return false;
	if ((words[0] >> 2 & 7) > 1 || words[0] & BIT(7))
		return true;
	if (!(m->control & BIT_ULL(17)))
		return words[0] & ~GENMASK_ULL(23, 0);
	return words[0] & GENMASK_ULL(63, 32) || words[1] & GENMASK_ULL(55, 8) ||
	       (!(m->control & BIT_ULL(50)) && (words[0] & GENMASK_ULL(31, 16) ||
						words[1] & GENMASK_ULL(63, 56)));
}

static void read_irte(struct amdvi_model *m, u16 rid, u64 root, u32 index, u64 words[2])
{
	unsigned int i, empty = MODEL_IRTES;
	const void *table = phys_to_virt(root);

	for (i = 0; i < MODEL_IRTES; i++) {
		if (m->irtes[i].valid && m->irtes[i].rid == rid && m->irtes[i].index == index) {
			memcpy(words, m->irtes[i].words, sizeof(m->irtes[i].words));
			return;
		}
		if (!m->irtes[i].valid)
			empty = i;
	}
	words[0] = m->control & BIT_ULL(17) ? ((const u64 *)table)[2 * index] :
					      ((const u32 *)table)[index];
	words[1] = m->control & BIT_ULL(17) ? ((const u64 *)table)[2 * index + 1] : 0;
	if (empty == MODEL_IRTES) {
		m->misuse++;
		return;
	}
	m->irtes[empty].valid = true;
	m->irtes[empty].rid = rid;
	m->irtes[empty].index = index;
	memcpy(m->irtes[empty].words, words, sizeof(m->irtes[empty].words));
}

static enum amdvi_model_irq interrupt(struct amdvi_model *m, u16 rid, u32 index, u64 words[2])
{
	u64 word2 = word2_of(m, rid), root = word2 & GENMASK_ULL(51, 6);
	unsigned int length = word2 >> 1 & 0xf;

	if (!(word2 & 1) || (word2 >> 60 & 3) == 1)
		return MODEL_IRQ_PASSED;
	if ((word2 >> 60 & 3) == 0)
		return MODEL_IRQ_REFUSED;
	/* Reserved IntCtl or IntTabLen, or a root that is not aligned. */
	if ((word2 >> 60 & 3) == 3 || length > 11 || root & 127 || !root) {
		m->misuse++;
		return MODEL_IRQ_REFUSED;
	}
	if (index >= 1U << length)
		return MODEL_IRQ_REFUSED;
	read_irte(m, rid, root, index, words);
	m->misuse += reserved_bits(m, words);
	return words[0] & 1 ? MODEL_IRQ_RAISED : MODEL_IRQ_REFUSED;
}

/* The device's own, after its DMA. */
void amdvi_model_irq_step(struct amdvi_model *m)
{
	u64 word0 = m->dte.word[0], words[2];

	if (m->irq_on && m->device_on && m->control & 1) {
		switch (interrupt(m, m->device, m->irq_index, words)) {
		case MODEL_IRQ_PASSED:
			/* Mode not 0, IR or IW: through a table of its domain's. */
			m->unchecked += word0 >> 9 & 7 && word0 >> 61 & 3;
			break;
		case MODEL_IRQ_REFUSED:
			m->irq_refused++;
			break;
		case MODEL_IRQ_RAISED:
			m->irq_raised++;
			break;
		}
	}
	if (m->dma_forgets)
		m->dte_cached = false;
	if (m->irq_forgets) {
		memset(m->irq_dtes, 0, sizeof(m->irq_dtes));
		memset(m->irtes, 0, sizeof(m->irtes));
	}
}

void amdvi_model_irq_execute(struct amdvi_model *m, const struct amdvi_command *c)
{
	unsigned int opcode = c->word[0] >> 60, i;
	u16 rid = c->word[0] & 0xffff;

	for (i = 0; i < MODEL_IRQ_DTES; i++) {
		if (opcode == 8 || (opcode == 2 && m->irq_dtes[i].rid == rid))
			m->irq_dtes[i].valid = false;
	}
	for (i = 0; i < MODEL_IRTES; i++) {
		if (opcode == 8 || (opcode == 5 && m->irtes[i].rid == rid))
			m->irtes[i].valid = false;
	}
}

enum amdvi_model_irq amdvi_model_interrupt(struct amdvi_model *m, u16 rid, u32 index, u64 words[2])
{
	enum amdvi_model_irq what;
	unsigned long flags;

	words[0] = 0;
	words[1] = 0;
	spin_lock_irqsave(&m->lock, flags);
	what = interrupt(m, rid, index, words);
	spin_unlock_irqrestore(&m->lock, flags);
	return what;
}

bool amdvi_model_holds_irte(struct amdvi_model *m, u16 rid)
{
	unsigned int i;

	for (i = 0; i < MODEL_IRTES; i++) {
		if (m->irtes[i].valid && m->irtes[i].rid == rid)
			return true;
	}
	return false;
}
