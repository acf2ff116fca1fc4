// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl map: what a domain's devices can reach.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map.h"
#include "nyxctl.h"
#include "sysfs.h"
#include "words.h"

/* ---- add, del ---- */

struct add {
	uint64_t iova, offset, size, tag, phys;
	uint32_t prot;
	const char *path, *bar;
	bool is_phys;
};

static bool parse_add(struct context *context, struct args *args, struct add *add)
{
	static const struct keyword keywords[] = {
		{ "file", true }, { "offset", true }, { "size", true }, { "prot", true },
		{ "tag", true }, { "phys", true }, { "bar", true }, { 0 }
	};
	char *word;
	int which;

	while ((which = next_keyword(context, args, keywords, &word)) != ARGS_END) {
		bool good = true;

		switch (which) {
		case 0:
			add->path = word;
			break;
		case 1:
			good = parse_size(word, &add->offset);
			break;
		case 2:
			good = parse_size(word, &add->size) && add->size;
			break;
		case 3:
			good = parse_prot(word, &add->prot);
			break;
		case 4:
			good = parse_number(word, &add->tag);
			break;
		case 5:
			good = parse_number(word, &add->phys);
			add->is_phys = true;
			break;
		case 6:
			add->bar = word;
			break;
		default:
			return false;
		}
		if (!good) {
			usage_error(context, args, "\"%s\" is not a good %s", word,
				    keywords[which].name);
			return false;
		}
	}
	if (!!add->path + !!add->bar + add->is_phys != 1) {
		usage_error(context, args, "say what to map: one of file, phys and bar");
		return false;
	}
	if (add->is_phys && add->offset) {
		usage_error(context, args, "an offset goes with a file or a bar");
		return false;
	}
	if (!add->size && !add->bar) {
		usage_error(context, args, "the size is missing");
		return false;
	}
	return true;
}

/* DEVICE:N into where that BAR is; all of it from the offset on where no size was given. */
static bool find_bar(struct context *context, struct add *add)
{
	const char *colon = strrchr(add->bar, ':');
	char device[32], name[DEVICE_NAME];
	uint64_t start, length, number;
	nyx_device_id id;

	if (!colon || colon - add->bar >= (long)sizeof(device) ||
	    !parse_number(colon + 1, &number) || number > 5) {
		refuse(context, -EINVAL, "\"%s\" is no BAR: write DEVICE:0 to DEVICE:5", add->bar);
		return false;
	}
	memcpy(device, add->bar, colon - add->bar);
	device[colon - add->bar] = '\0';
	if (!parse_device(device, &id)) {
		refuse(context, -EINVAL, "\"%s\" is no device: write 0000:03:00.0:%u", device,
		       (unsigned int)number);
		return false;
	}
	if (!pci_bar(id, number, &start, &length)) {
		refuse(context, -ENODEV, "%s has no memory in BAR %u", format_device(id, name),
		       (unsigned int)number);
		return false;
	}
	if (add->offset >= length) {
		refuse(context, -EINVAL, "BAR %u of %s has only %llu bytes", (unsigned int)number,
		       format_device(id, name), (unsigned long long)length);
		return false;
	}
	add->phys = start + add->offset;
	if (!add->size)
		add->size = length - add->offset;
	add->is_phys = true;
	return true;
}

/* The part of the file in our address space, or MAP_FAILED after saying why. */
static void *map_file(struct context *context, const struct add *add)
{
	int rights = (add->prot & NYX_IOMMU_PROT_READ ? PROT_READ : 0) |
		     (add->prot & NYX_IOMMU_PROT_WRITE ? PROT_READ | PROT_WRITE : 0);
	int fd = open(add->path, (add->prot & NYX_IOMMU_PROT_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	void *memory = MAP_FAILED;
	struct stat file;

	if (fd < 0 || fstat(fd, &file)) {
		refuse(context, -errno, "%s: %s", add->path, strerror(errno));
		goto out;
	}
	if (!S_ISREG(file.st_mode)) {
		refuse(context, -EINVAL, "%s is not a file: use one on tmpfs or hugetlbfs, such as /dev/shm/x",
		       add->path);
		goto out;
	}
	/* Beyond its end a mapping of the file holds no memory to pin. */
	if (add->size > (uint64_t)file.st_size || add->offset > file.st_size - add->size) {
		refuse(context, -EINVAL, "%s has only %llu bytes: make it larger (truncate -s) or map less",
		       add->path, (unsigned long long)file.st_size);
		goto out;
	}
	memory = mmap(NULL, add->size, rights, MAP_SHARED, fd, add->offset);
	if (memory == MAP_FAILED)
		refuse(context, -errno, "%s cannot be mapped at offset 0x%" PRIx64 ": %s%s", add->path,
		       add->offset, strerror(errno), errno == EINVAL ?
		       " (the offset must be a multiple of the page size)" : "");
out:
	if (fd >= 0)
		close(fd);
	return memory;
}

static int run_add(struct context *context, struct args *args)
{
	struct add add = { .prot = NYX_IOMMU_PROT_READ | NYX_IOMMU_PROT_WRITE };
	struct nyx_domain domain;
	struct nyx_range range;
	char *which, size[32];
	void *memory = NULL;
	int err;

	if (!need_word(context, args, "the domain", &which) ||
	    !need_number(context, args, "the address", &add.iova) ||
	    !parse_add(context, args, &add))
		return EXIT_USAGE;
	if (!find_domain(context, which, &domain))
		return EXIT_REFUSED;
	if (add.bar && !find_bar(context, &add))
		return EXIT_REFUSED;
	if (add.path)
		memory = map_file(context, &add);
	if (memory == MAP_FAILED)
		return EXIT_REFUSED;
	range = (struct nyx_range) {
		.iova = add.iova, .length = add.size, .prot = add.prot, .address = memory,
		.tag = add.tag, .is_phys = add.is_phys, .phys = add.phys,
	};
	err = nyx_map(context->nyx, domain.id, &range, 1);
	if (memory)
		munmap(memory, add.size);	/* the module holds the pages by now */
	if (err)
		return refuse_nyx(context, err);
	if (context->json)
		print_json(context, json_pack("{s:i, s:o, s:I}", "domain", (int)domain.id,
					      "iova", hex(add.iova), "mapped_bytes",
					      (json_int_t)add.size));
	say(context, "%s mapped at 0x%" PRIx64 " of domain %u, %s",
	    format_size(add.size, size, sizeof(size)), add.iova, domain.id, prot_words(add.prot));
	return EXIT_DONE;
}

static int run_del(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = { { "size", true }, { 0 } };
	uint64_t iova, size = 0, unmapped;
	struct nyx_domain domain;
	char *which, *word, text[32];
	int keyword, err;

	if (!need_word(context, args, "the domain", &which) ||
	    !need_number(context, args, "the address", &iova))
		return EXIT_USAGE;
	while ((keyword = next_keyword(context, args, keywords, &word)) != ARGS_END) {
		if (keyword == ARGS_BAD)
			return EXIT_USAGE;
		if (!parse_size(word, &size) || !size)
			return usage_error(context, args, "\"%s\" is not a good size", word);
	}
	if (!size)
		return usage_error(context, args, "the size is missing");
	if (!find_domain(context, which, &domain))
		return EXIT_REFUSED;
	err = nyx_unmap(context->nyx, domain.id, iova, size, &unmapped);
	if (err)
		return refuse_nyx(context, err);
	if (context->json)
		print_json(context, json_pack("{s:i, s:o, s:I}", "domain", (int)domain.id,
					      "iova", hex(iova), "unmapped_bytes",
					      (json_int_t)unmapped));
	say(context, "%s unmapped at 0x%" PRIx64 " of domain %u",
	    format_size(unmapped, text, sizeof(text)), iova, domain.id);
	return EXIT_DONE;
}

/* ---- translate, walk ---- */

GET_HEX(nyx_translation, physical)
GET_HEX(nyx_translation, iova)
GET_NUMBER(nyx_translation, page_size)

static json_t *get_prot(const void *row)
{
	return json_string(prot_words(((const struct nyx_translation *)row)->prot));
}

static const struct column translation_columns[] = {
	{ "iova", "IOVA", FORMAT_TEXT, 0, get_iova },
	{ "physical", "PHYSICAL", FORMAT_TEXT, 0, get_physical },
	{ "page_size", "PAGE", FORMAT_SIZE, 0, get_page_size },
	{ "prot", "RIGHTS", FORMAT_TEXT, 0, get_prot },
	{ 0 }
};

static bool parse_lookup(struct context *context, struct args *args, char **which, uint64_t *iova)
{
	return need_word(context, args, "the domain", which) &&
	       need_number(context, args, "the address", iova) && no_more_words(context, args);
}

static int run_translate(struct context *context, struct args *args)
{
	struct nyx_translation found;
	struct nyx_domain domain;
	uint64_t iova;
	char *which;
	int err;

	if (!parse_lookup(context, args, &which, &iova))
		return EXIT_USAGE;
	if (!find_domain(context, which, &domain))
		return EXIT_REFUSED;
	err = nyx_translate(context->nyx, domain.id, iova, &found);
	if (err)
		return refuse_nyx(context, err);
	show_one(context, "translations", translation_columns, &found);
	return EXIT_DONE;
}

struct step_row {
	struct nyx_step step;
	enum nyx_iommu_pt_format format;
};

static json_t *get_level(const void *row)
{
	return json_integer(((const struct step_row *)row)->step.level);
}

static json_t *get_index(const void *row)
{
	return json_integer(((const struct step_row *)row)->step.index);
}

static json_t *get_table(const void *row)
{
	return hex(((const struct step_row *)row)->step.table);
}

static json_t *get_entry(const void *row)
{
	return hex(((const struct step_row *)row)->step.entry);
}

static json_t *get_meaning(const void *row)
{
	const struct step_row *r = row;
	char text[128];

	return json_string(entry_words(r->format, r->step.level, r->step.entry, text,
				       sizeof(text)));
}

static const struct column step_columns[] = {
	{ "level", "LEVEL", FORMAT_NUMBER, 0, get_level },
	{ "table", "TABLE", FORMAT_TEXT, 0, get_table },
	{ "index", "INDEX", FORMAT_NUMBER, 0, get_index },
	{ "entry", "ENTRY", FORMAT_TEXT, 0, get_entry },
	{ "meaning", "MEANING", FORMAT_TEXT, 0, get_meaning },
	{ 0 }
};

static int run_walk(struct context *context, struct args *args)
{
	struct step_row rows[NYX_STEPS_MAX];
	struct nyx_domain domain;
	struct nyx_walk walk;
	uint64_t iova;
	uint32_t i;
	char *which;
	int err;

	if (!parse_lookup(context, args, &which, &iova))
		return EXIT_USAGE;
	if (!find_domain(context, which, &domain))
		return EXIT_REFUSED;
	err = nyx_walk(context->nyx, domain.id, iova, &walk);
	if (err)
		return refuse_nyx(context, err);
	for (i = 0; i < walk.nr; i++)
		rows[i] = (struct step_row) { walk.steps[i], walk.format };
	show_list(context, "steps", step_columns, rows, sizeof(rows[0]), walk.nr);
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ "show", "D [merged]",
	  "All mappings of domain D, by address, and what they amount to. merged makes one\n"
	  "line of neighbours with the same rights and memory. -s adds columns.\n",
	  run_map_show },
	{ "add", "D IOVA [file PATH] [bar DEV:N] [phys ADDRESS] [offset N] [size S] [prot r|w|rw] [tag N]",
	  "Map one of three: S bytes of a file on tmpfs or hugetlbfs (/dev/shm, a memfd's\n"
	  "/proc/PID/fd/N) at address IOVA of domain D; or of a BAR of a device that is in\n"
	  "D (its MSI-X pages apart), until it leaves; or of host-physical memory that is\n"
	  "neither RAM nor claimed by anybody. tag is a number of your own that is kept and\n"
	  "shown with the mapping, to know it again.\n", run_add },
	{ "del", "D IOVA size S",
	  "Unmap what lies in the range. A mapping is unmapped whole or not at all.\n", run_del },
	{ "translate", "D IOVA", "The host-physical address that IOVA leads to.\n",
	  run_translate },
	{ "walk", "D IOVA", "Each page-table entry that the unit reads for IOVA, raw and in words.\n",
	  run_walk },
	{ 0 }
};

const struct object map_object = { "map", "the memory that a domain's devices reach", commands };
