// SPDX-License-Identifier: GPL-2.0
/*
 * The register model of an AMD-Vi unit, see amdvi_model.h. Sections are those
 * of the AMD IOMMU specification.
 */
#include <linux/io.h>
#include <linux/string.h>

#include "amdvi_model.h"

#define RUNNING(m)	((m)->control & AMDVI_CONTROL_IOMMU_EN)

static bool is_cached(struct amdvi_model_tlb *e, u16 domain, u64 iova, bool pde)
{
	return e->valid && e->domain == domain && e->iova == iova && e->pde == pde;
}

static void cache(struct amdvi_model *m, u16 domain, u64 iova, bool pde)
{
	unsigned int i;

	for (i = 0; i < MODEL_TLB; i++) {
		if (is_cached(&m->tlb[i], domain, iova, pde))
			return;
	}
	for (i = 0; i < MODEL_TLB; i++) {
		if (m->tlb[i].valid)
			continue;
		m->tlb[i] = (struct amdvi_model_tlb){ true, pde, domain, iova };
		return;
	}
	m->misuse++;
}

/* An entry as hardware would fetch it: 256 bits whenever it likes (2.2.2.2). */
static void access_memory(struct amdvi_model *m)
{
	const struct amdvi_dte *table;
	unsigned int i;

	if (!m->device_on || !RUNNING(m))
		return;
	if (!m->dte_cached) {
		table = phys_to_virt(m->devtab & AMDVI_DEVTAB_ADDR);
		m->dte = table[m->device];
		m->dte_cached = true;
		for (i = 0; i < m->nr_seen; i++) {
			if (!memcmp(&m->seen[i], &m->dte, sizeof(m->dte)))
				break;
		}
		if (i == m->nr_seen && i < MODEL_SEEN)
			m->seen[m->nr_seen++] = m->dte;
	}
	if (!(m->dte.word[0] & (AMDVI_DTE0_IR | AMDVI_DTE0_IW))) {
		m->refused++;
		return;
	}
	for (i = 0; i < MODEL_TLB; i++)
		if (is_cached(&m->tlb[i], m->dte.word[1] & 0xffff, m->device_iova, false))
			break;
	/* Bit 96, I: asked, and told what the unit remembers, or else what the tables say. */
	if (m->dte.word[1] & BIT_ULL(32) && (i < MODEL_TLB || !m->unmapped))
		m->held = true;
	if (!m->unmapped) {
		cache(m, m->dte.word[1] & 0xffff, m->device_iova, false);
		cache(m, m->dte.word[1] & 0xffff, m->device_iova, true);
	}
}

static void dma(struct amdvi_model *m)
{
	access_memory(m);
	amdvi_model_irq_step(m);
}

static bool inside(const struct amdvi_command *c, u64 iova)
{
	u64 address = c->word[1] & AMDVI_INV1_ADDR, size = SZ_4K;
	unsigned int bit;

	if (c->word[1] & AMDVI_INV1_S) {
		for (bit = 12; bit < 64 && address & BIT_ULL(bit); bit++)
			;
		if (bit >= 51)
			return true;
		size = BIT_ULL(bit + 1);
	}
	return (iova & ~(size - 1)) == (address & ~(size - 1));
}

static bool log_event(struct amdvi_model *m, u64 word0, u64 word1, bool late)
{
	u32 size = 16U << FIELD_GET(AMDVI_EVENT_LEN, m->event_base);
	u32 next = (m->event_tail + 16) % size;
	u64 *slot;

	if (!m->log_run || m->status & AMDVI_STATUS_EVENT_OVERFLOW) {
		m->dropped++;
		return false;
	}
	if (next == m->event_head) {
		m->status |= AMDVI_STATUS_EVENT_OVERFLOW;
		m->log_run = false;
		m->dropped++;
		return false;
	}
	slot = phys_to_virt((m->event_base & AMDVI_EVENT_ADDR) + m->event_tail);
	slot[1] = word1;
	WRITE_ONCE(slot[0], late ? word0 & ~AMDVI_EVENT_CODE : word0);
	m->event_tail = next;
	m->status |= AMDVI_STATUS_EVENT_LOG_INT;
	return true;
}

static void execute(struct amdvi_model *m, const struct amdvi_command *c)
{
	unsigned int i;

	amdvi_model_irq_execute(m, c);
	switch (FIELD_GET(AMDVI_CMD_OPCODE, c->word[0])) {
	case 2:
		if ((c->word[0] & 0xffff) == m->device)
			m->dte_cached = false;
		break;
	case 3:
		for (i = 0; i < MODEL_TLB; i++) {
			struct amdvi_model_tlb *e = &m->tlb[i];

			if (e->valid && e->domain == ((c->word[0] >> 32) & 0xffff) &&
			    inside(c, e->iova) && (!e->pde || c->word[1] & BIT_ULL(1)))
				e->valid = false;
		}
		break;
	case 4:
		if ((c->word[0] & 0xffff) != m->device)
			break;
		if (m->deaf)
			log_event(m, 7ULL << 60 | m->device, c->word[1], false);
		else if (inside(c, m->device_iova))
			m->held = false;
		break;
	case 8:
		m->dte_cached = false;
		memset(m->tlb, 0, sizeof(m->tlb));
		break;
	}
}

/* Reserved bits that must be zero (2.4.1 to 2.4.8). */
static bool legal(struct amdvi_model *m, const struct amdvi_command *c)
{
	unsigned int opcode = FIELD_GET(AMDVI_CMD_OPCODE, c->word[0]);

	if (opcode == m->reject)
		return false;
	switch (opcode) {
	case 1:
		return !(c->word[0] & GENMASK_ULL(59, 52));
	case 2:
	case 5:
		return !(c->word[0] & GENMASK_ULL(59, 16)) && !c->word[1];
	case 3:
		return !(c->word[0] & (GENMASK_ULL(59, 48) | GENMASK_ULL(31, 20))) &&
		       !(c->word[1] & GENMASK_ULL(11, 3));
	case 4:
		return !(c->word[0] & (GENMASK_ULL(59, 48) | GENMASK_ULL(23, 16))) &&
		       !(c->word[1] & GENMASK_ULL(11, 1));
	case 8:
		return !(c->word[0] & GENMASK_ULL(59, 0)) && !c->word[1];
	}
	return false;
}

static void drain_pending(struct amdvi_model *m)
{
	dma(m);
	while (m->nr_pending) {
		execute(m, &m->pending[--m->nr_pending]);
		dma(m);
	}
}

static void run_commands(struct amdvi_model *m)
{
	u32 size = 16U << FIELD_GET(AMDVI_CMD_LEN, m->cmd_base);
	struct amdvi_command c;

	while (m->cmd_run && m->cmd_head != m->cmd_tail) {
		c = *(struct amdvi_command *)phys_to_virt((m->cmd_base & AMDVI_CMD_ADDR) +
							  m->cmd_head);
		if (!legal(m, &c)) {
			/* The head stays at the command, the ring stops (2.5.6). */
			m->cmd_run = false;
			log_event(m, 5ULL << 60, (m->cmd_base & AMDVI_CMD_ADDR) + m->cmd_head,
				  false);
			return;
		}
		m->cmd_head = (m->cmd_head + 16) % size;
		m->per_opcode[c.word[0] >> 60]++;
		if (c.word[0] >> 60 != 1) {
			m->commands[m->nr_commands++ % MODEL_COMMANDS] = c;
			if (m->nr_pending < MODEL_PENDING)
				m->pending[m->nr_pending++] = c;
			else
				m->misuse++;
			continue;
		}
		drain_pending(m);
		if (c.word[0] & BIT_ULL(0) && !m->never_answers)
			WRITE_ONCE(*(u64 *)phys_to_virt(c.word[0] & GENMASK_ULL(51, 3)),
				   c.word[1]);
	}
}

static void write_control(struct amdvi_model *m, u64 value)
{
	const u64 cmd = AMDVI_CONTROL_IOMMU_EN | AMDVI_CONTROL_CMD_BUF_EN;
	const u64 log = AMDVI_CONTROL_IOMMU_EN | AMDVI_CONTROL_EVENT_LOG_EN;

	if (m->never_stops)
		value |= m->control & AMDVI_CONTROL_IOMMU_EN;
	m->went_off |= RUNNING(m) && !(value & AMDVI_CONTROL_IOMMU_EN);
	if (!RUNNING(m) && value & AMDVI_CONTROL_IOMMU_EN) {
		/* A fresh start: nothing may point nowhere. */
		if (!(m->devtab & AMDVI_DEVTAB_ADDR) || (m->devtab & 0x1ff) != 0x1ff ||
		    !m->cmd_base || !m->event_base || m->excl_base & 1)
			m->misuse++;
	}
	m->control = value;
	m->cmd_run = ((value & cmd) == cmd && (m->cmd_run || !m->never_runs)) ||
		     (m->rings_stick && m->cmd_run);
	if (m->rings_stick && m->log_run) {
		;
	} else if ((value & log) != log) {
		m->log_run = false;
		m->log_was_off = true;
	} else if (m->log_was_off && !(m->status & AMDVI_STATUS_EVENT_OVERFLOW)) {
		m->log_run = true;
		m->log_was_off = false;
	}
	run_commands(m);
}

static void model_write(struct nyx_mmio_model *io, u32 offset, unsigned int size, u64 value)
{
	struct amdvi_model *m = to_model(io);
	unsigned long flags;

	spin_lock_irqsave(&m->lock, flags);
	if (m->nr_writes < MODEL_WRITES) {
		m->writes[m->nr_writes].offset = offset;
		m->writes[m->nr_writes++].value = value;
	}
	if (size != 8)
		m->misuse++;
	switch (offset) {
	case 0x00:
		/* Under DMA: only whole, and where invalidations can follow. */
		m->misuse += RUNNING(m) && (!(m->control & AMDVI_CONTROL_CMD_BUF_EN) ||
					    !(value & AMDVI_DEVTAB_ADDR));
		m->devtab = value;
		break;
	case 0x08:
		m->misuse += m->cmd_run;
		m->cmd_base = value;
		m->cmd_head = 0;
		m->cmd_tail = 0;
		break;
	case 0x10:
		m->misuse += m->log_run;
		m->event_base = value;
		m->event_head = 0;
		m->event_tail = 0;
		break;
	case 0x18:
		write_control(m, value);
		break;
	case 0x20:
		/* A cached entry with EX needs it (3.4.6). */
		m->misuse += RUNNING(m) && m->excl_base & ~value & 1 && m->dte_cached &&
			     m->dte.word[1] & BIT_ULL(39);
		m->excl_base = value;
		break;
	case 0x28:
		m->excl_limit = value;
		break;
	case 0x2000:
		m->misuse += m->cmd_run;
		m->cmd_head = value & 0x7fff0;
		break;
	case 0x2008:
		m->cmd_tail = value & 0x7fff0;
		run_commands(m);
		break;
	case 0x2010:
		m->event_head = value & 0x7fff0;
		break;
	case 0x2018:
		m->misuse += m->log_run;
		m->event_tail = value & 0x7fff0;
		break;
	case 0x2020:
		m->status &= ~(value & 0x7);
		break;
	default:
		m->misuse++;
	}
	dma(m);
	spin_unlock_irqrestore(&m->lock, flags);
}

static u64 model_read(struct nyx_mmio_model *io, u32 offset, unsigned int size)
{
	struct amdvi_model *m = to_model(io);
	unsigned long flags;
	u64 value = 0;

	spin_lock_irqsave(&m->lock, flags);
	switch (offset) {
	case 0x00:
		value = m->devtab;
		break;
	case 0x08:
		value = m->cmd_base;
		break;
	case 0x10:
		value = m->event_base;
		break;
	case 0x18:
		value = m->control;
		break;
	case 0x20:
		value = m->excl_base;
		break;
	case 0x28:
		value = m->excl_limit;
		break;
	case 0x30:
		value = m->efr;
		break;
	case 0x1a0:
		value = m->efr2;
		break;
	case 0x2000:
		value = m->cmd_head;
		break;
	case 0x2008:
		value = m->cmd_tail;
		break;
	case 0x2010:
		value = m->event_head;
		break;
	case 0x2018:
		value = m->event_tail;
		break;
	case 0x2020:
		value = m->status | (m->log_run ? BIT(3) : 0) | (m->cmd_run ? BIT(4) : 0);
		break;
	default:
		m->misuse++;
	}
	if (m->dead_window)
		value = U64_MAX;
	spin_unlock_irqrestore(&m->lock, flags);
	return value;
}

void amdvi_model_init(struct amdvi_model *m, u64 efr)
{
	memset(m, 0, sizeof(*m));
	spin_lock_init(&m->lock);
	m->io.read = model_read;
	m->io.write = model_write;
	m->efr = efr;
	m->log_was_off = true;
}

void amdvi_model_dma(struct amdvi_model *m)
{
	unsigned long flags;

	spin_lock_irqsave(&m->lock, flags);
	dma(m);
	spin_unlock_irqrestore(&m->lock, flags);
}

void amdvi_model_device(struct amdvi_model *m, u16 rid, u64 iova)
{
	unsigned long flags;

	spin_lock_irqsave(&m->lock, flags);
	m->device_on = true;
	m->device = rid;
	m->device_iova = iova;
	m->dte_cached = false;
	m->nr_seen = 0;
	memset(m->tlb, 0, sizeof(m->tlb));
	dma(m);
	spin_unlock_irqrestore(&m->lock, flags);
}

void amdvi_model_cache(struct amdvi_model *m, u16 domain, u64 iova, bool pde)
{
	unsigned long flags;

	spin_lock_irqsave(&m->lock, flags);
	cache(m, domain, iova, pde);
	spin_unlock_irqrestore(&m->lock, flags);
}

bool amdvi_model_cached(struct amdvi_model *m, u16 domain, u64 iova, bool pde)
{
	unsigned int i;

	for (i = 0; i < MODEL_TLB; i++) {
		if (is_cached(&m->tlb[i], domain, iova, pde))
			return true;
	}
	return false;
}

bool amdvi_model_any(struct amdvi_model *m, u16 domain)
{
	unsigned int i;

	for (i = 0; i < MODEL_TLB; i++) {
		if (m->tlb[i].valid && m->tlb[i].domain == domain)
			return true;
	}
	return false;
}

bool amdvi_model_event(struct amdvi_model *m, u64 word0, u64 word1, bool late)
{
	unsigned long flags;
	bool logged;

	spin_lock_irqsave(&m->lock, flags);
	logged = log_event(m, word0, word1, late);
	spin_unlock_irqrestore(&m->lock, flags);
	return logged;
}

void amdvi_model_complete(struct amdvi_model *m, u64 word0)
{
	u32 size = 16U << FIELD_GET(AMDVI_EVENT_LEN, m->event_base);
	u32 last = (m->event_tail + size - 16) % size;

	WRITE_ONCE(*(u64 *)phys_to_virt((m->event_base & AMDVI_EVENT_ADDR) + last), word0);
}

const struct amdvi_command *amdvi_model_command(struct amdvi_model *m, unsigned int ago)
{
	return &m->commands[(m->nr_commands - 1 - ago) % MODEL_COMMANDS];
}
