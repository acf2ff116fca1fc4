// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU's edu device, driven through VFIO: what it reaches, and what not.
 */
#include "vfio-edu.h"

#define WAIT_SECONDS	10

struct vfio vfio = { .iommu = "/dev/vfio/vfio" };
uint8_t *scratch;

uint8_t *memory_of(uint64_t size, int huge)
{
	uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | huge, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

uint8_t *must_have(uint64_t size)
{
	uint8_t *memory = memory_of(size, 0);

	if (!memory)
		die("%" PRIu64 " bytes of memory: %s", size, strerror(errno));
	return memory;
}

static void wait_idle(void)
{
	double end = seconds() + WAIT_SECONDS;

	while (read64(vfio.registers, EDU_DMA_COMMAND) & EDU_DMA_START) {
		if (seconds() > end)
			die("the device is still busy after %d s", WAIT_SECONDS);
		usleep(1000);
	}
}

/* It takes no new orders before the last transfer is over: that of an owner who was killed, maybe. */
void dma(uint64_t iova, bool to_memory)
{
	wait_idle();
	write64(vfio.registers, EDU_DMA_SOURCE, to_memory ? EDU_BUFFER : iova);
	write64(vfio.registers, EDU_DMA_DESTINATION, to_memory ? iova : EDU_BUFFER);
	write64(vfio.registers, EDU_DMA_COUNT, CHUNK);
	write64(vfio.registers, EDU_DMA_COMMAND,
		EDU_DMA_START | (to_memory ? EDU_DMA_TO_MEMORY : 0));
	wait_idle();
}

/* Each call's data differs from all before, so that none of that passes for it. */
static struct pattern fill(uint8_t *memory)
{
	static unsigned int calls;
	struct pattern pattern;
	char word[16];
	unsigned int i;

	snprintf(word, sizeof(word), "%u", ++calls);
	pattern = pattern_of(word);
	for (i = 0; i < CHUNK; i++)
		memory[i] = pattern_byte(pattern, i);
	return pattern;
}

static bool holds(const uint8_t *memory, struct pattern pattern)
{
	unsigned int i;

	for (i = 0; i < CHUNK; i++)
		if (((const volatile uint8_t *)memory)[i] != pattern_byte(pattern, i))
			return false;
	return true;
}

/* The device gets what is in memory; scratch shows what it got. */
bool reads(uint64_t iova, uint8_t *memory)
{
	struct pattern pattern = fill(memory);

	fill(scratch);
	dma(iova, false);
	dma(SCRATCH, true);
	return holds(scratch, pattern);
}

enum outcome writes(uint64_t iova, uint8_t *memory)
{
	struct pattern before = fill(memory), pattern = fill(scratch);

	dma(SCRATCH, false);
	dma(iova, true);
	if (holds(memory, pattern))
		return LANDED;
	return holds(memory, before) ? UNTOUCHED : MIXED;
}

bool reaches(uint64_t iova, uint8_t *memory)
{
	return reads(iova, memory) && writes(iova, memory) == LANDED;
}

bool reaches_not(uint64_t iova, uint8_t *memory)
{
	return !reads(iova, memory) && writes(iova, memory) == UNTOUCHED;
}

void begin(void)
{
	vfio_open(&vfio);
	if ((read32(vfio.registers, EDU_ID) & 0xffff) != 0xed)
		die("%s is no edu device", vfio.name);
	write32(vfio.registers, EDU_ACKNOWLEDGE, UINT32_MAX);
	if (vfio_map(&vfio, SCRATCH, scratch, PAGE))
		die("the first mapping: %s", strerror(errno));
}

void end(void)
{
	vfio_close(&vfio);
}
