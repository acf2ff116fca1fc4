// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl map show: the mappings of a domain, one by one or merged.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "map.h"
#include "merge.h"
#include "nyxctl.h"
#include "words.h"

GET_HEX(nyx_mapping, iova)
GET_NUMBER(nyx_mapping, length)
GET_WORD(nyx_mapping, type, mapping_type_words)
GET_NUMBER(nyx_mapping, runs)
GET_HEX(nyx_mapping, address)
GET_HEX_IF(nyx_mapping, physical, has_physical)
GET_DEVICE_IF(nyx_mapping, device, is_bar)
GET_HEX_IF(nyx_mapping, tag, tag)

static json_t *get_last(const void *row)
{
	const struct nyx_mapping *mapping = row;

	return hex(mapping->iova + mapping->length - 1);
}

static json_t *get_prot(const void *row)
{
	return json_string(prot_words(((const struct nyx_mapping *)row)->prot));
}

static const struct column columns[] = {
	{ "iova", "IOVA", FORMAT_TEXT, 0, get_iova },
	{ "last", "LAST", FORMAT_TEXT, 0, get_last },
	{ "length", "SIZE", FORMAT_SIZE, 0, get_length },
	{ "prot", "RIGHTS", FORMAT_TEXT, 0, get_prot },
	{ "type", "MEMORY", FORMAT_TEXT, 0, get_type },
	{ "physical", "PHYSICAL", FORMAT_TEXT, 0, get_physical },
	{ "runs", "PIECES", FORMAT_NUMBER, 0, get_runs },
	{ "bar_of", "BAR OF", FORMAT_TEXT, SHOW_STATS, get_device },
	{ "address", "MAPPED FROM", FORMAT_TEXT, SHOW_STATS, get_address },
	{ "tag", "TAG", FORMAT_TEXT, SHOW_STATS, get_tag },
	{ 0 }
};

/* ---- merged ---- */

static json_t *get_m_iova(const void *row)
{
	return hex(((const struct merged *)row)->iova);
}

static json_t *get_m_last(const void *row)
{
	const struct merged *merged = row;

	return hex(merged->iova + merged->length - 1);
}

static json_t *get_m_length(const void *row)
{
	return json_integer(((const struct merged *)row)->length);
}

static json_t *get_m_prot(const void *row)
{
	return json_string(prot_words(((const struct merged *)row)->prot));
}

static json_t *get_m_type(const void *row)
{
	return json_string(word(mapping_type_words, ((const struct merged *)row)->type));
}

GET_NUMBER(merged, mappings)

static const struct column merged_columns[] = {
	{ "iova", "IOVA", FORMAT_TEXT, 0, get_m_iova },
	{ "last", "LAST", FORMAT_TEXT, 0, get_m_last },
	{ "length", "SIZE", FORMAT_SIZE, 0, get_m_length },
	{ "prot", "RIGHTS", FORMAT_TEXT, 0, get_m_prot },
	{ "type", "MEMORY", FORMAT_TEXT, 0, get_m_type },
	{ "mappings", "MAPPINGS", FORMAT_NUMBER, 0, get_mappings },
	{ 0 }
};

static void print_total(struct context *context, const struct total *total)
{
	char size[32], readable[32], writable[32];

	if (!total->mappings)
		return;
	say(context, "%" PRIu64 " mapping(s), %s in all, %s to read, %s to write, 0x%" PRIx64 "-0x%" PRIx64,
	    total->mappings, format_size(total->bytes, size, sizeof(size)),
	    format_size(total->readable, readable, sizeof(readable)),
	    format_size(total->writable, writable, sizeof(writable)), total->lowest,
	    total->highest);
}

static int show_merged(struct context *context, const struct nyx_mapping *mappings, size_t nr)
{
	struct merged *merged = calloc(nr + 1, sizeof(*merged));
	struct total total;
	json_t *list;
	size_t made;

	if (!merged)
		return refuse(context, 0, "out of memory");
	made = merge_mappings(mappings, nr, merged);
	sum_mappings(mappings, nr, &total);
	if (context->json) {
		list = row_list(merged_columns, merged, sizeof(*merged), made);
		print_json(context, json_pack("{s:o, s:{s:I, s:I, s:I, s:I, s:o, s:o}, s:b}",
					      "mappings", list, "total",
					      "mappings", (json_int_t)total.mappings,
					      "bytes", (json_int_t)total.bytes,
					      "readable", (json_int_t)total.readable,
					      "writable", (json_int_t)total.writable,
					      "lowest", hex(total.lowest),
					      "highest", hex(total.highest),
					      "interrupted", nyx_interrupted(context->nyx)));
	} else {
		show_list(context, "mappings", merged_columns, merged, sizeof(*merged), made);
		print_total(context, &total);
	}
	free(merged);
	return EXIT_DONE;
}

int run_map_show(struct context *context, struct args *args)
{
	static const struct keyword keywords[] = { { "merged", false }, { 0 } };
	struct nyx_mapping *mappings;
	struct nyx_domain domain;
	struct total total;
	char *which, *value;
	bool merge = false;
	int keyword, err;
	size_t nr;

	if (!need_word(context, args, "the domain", &which))
		return EXIT_USAGE;
	while ((keyword = next_keyword(context, args, keywords, &value)) != ARGS_END) {
		if (keyword == ARGS_BAD)
			return EXIT_USAGE;
		merge = true;
	}
	if (!find_domain(context, which, &domain))
		return EXIT_REFUSED;
	err = nyx_mapping_list(context->nyx, domain.id, &mappings, &nr);
	if (err)
		return refuse_nyx(context, err);
	if (merge) {
		err = show_merged(context, mappings, nr);
	} else {
		show_list(context, "mappings", columns, mappings, sizeof(*mappings), nr);
		sum_mappings(mappings, nr, &total);
		print_total(context, &total);
		err = EXIT_DONE;
	}
	free(mappings);
	return err;
}
