// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl arrival: a line of a file of rules, into a rule.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arrival_file.h"
#include "parse.h"

#define WORDS	16

__attribute__((format(printf, 3, 4)))
static int wrong(char *why, size_t len, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, len, format, args);
	va_end(args);
	return -1;
}

/* 8086:10d3, both in hex as lspci -n prints them. */
static bool parse_pci_id(const char *text, struct nyx_arrival_rule *rule)
{
	unsigned int vendor, product;
	int end = 0;

	if (strspn(text, "0123456789abcdefABCDEF:") != strlen(text) ||
	    sscanf(text, "%4x:%4x%n", &vendor, &product, &end) != 2 || text[end])
		return false;
	rule->vendor = vendor;
	rule->product = product;
	rule->has_pci_id = true;
	return true;
}

/* What a function must be: *word is the first that is not about that. */
static int parse_match(char ***word, struct nyx_arrival_rule *rule, char *why, size_t len)
{
	char **w = *word;
	bool any = false;

	for (; *w; w += 2) {
		if (!strcmp(*w, "any")) {
			any = true;
			w--;
			continue;
		}
		if (strcmp(*w, "device") && strcmp(*w, "id") && strcmp(*w, "below"))
			break;
		if (!w[1])
			return wrong(why, len, "nothing behind \"%s\"", *w);
		if (!strcmp(*w, "id")) {
			if (rule->has_pci_id)
				return wrong(why, len, "\"id\" is there twice");
			if (!parse_pci_id(w[1], rule))
				return wrong(why, len, "\"%.32s\" is no id such as 8086:10d3", w[1]);
		} else if (!strcmp(*w, "device")) {
			if (rule->has_device)
				return wrong(why, len, "\"device\" is there twice");
			rule->has_device = parse_device(w[1], &rule->device);
			if (!rule->has_device)
				return wrong(why, len, "\"%.32s\" is no device such as 0000:03:00.0",
					     w[1]);
		} else {
			if (rule->has_below)
				return wrong(why, len, "\"below\" is there twice");
			rule->has_below = parse_device(w[1], &rule->below);
			if (!rule->has_below)
				return wrong(why, len, "\"%.32s\" is no bridge such as 0000:00:1c.0",
					     w[1]);
		}
	}
	*word = w;
	if (any == (rule->has_device || rule->has_pci_id || rule->has_below))
		return wrong(why, len, any ? "\"any\" fits all: leave the rest out" :
			     "what it is for is missing: device, id or below, or any");
	return 0;
}

int parse_rule(char *line, struct nyx_arrival_rule *rule, char *why, size_t len)
{
	char *words[WORDS + 1], **word = words;
	int nr = split_words(line, words, WORDS);

	*rule = (struct nyx_arrival_rule) { 0 };
	if (nr == SPLIT_QUOTE)
		return wrong(why, len, "a quote without end");
	if (nr == SPLIT_MANY)
		return wrong(why, len, "more than %d words", WORDS);
	if (!nr)
		return RULE_EMPTY;
	words[nr] = NULL;
	if (parse_match(&word, rule, why, len))
		return -1;
	if (!*word)
		return wrong(why, len, "what it gets is missing: host, hold or domain NAME");
	if (!strcmp(*word, "host")) {
		rule->action = NYX_IOMMU_ARRIVAL_ACTION_HOST;
	} else if (!strcmp(*word, "hold")) {
		rule->action = NYX_IOMMU_ARRIVAL_ACTION_HOLD;
	} else if (!strcmp(*word, "domain")) {
		rule->action = NYX_IOMMU_ARRIVAL_ACTION_DOMAIN;
		if (!*++word)
			return wrong(why, len, "domain: its name is missing");
		if (!**word || strlen(*word) >= sizeof(rule->domain))
			return wrong(why, len, "a domain's name has 1 to %zu characters",
				     sizeof(rule->domain) - 1);
		strcpy(rule->domain, *word);
	} else {
		return wrong(why, len,
			     "\"%.32s\" is none of device, id, below, any, host, hold, domain",
			     *word);
	}
	if (word[1])
		return wrong(why, len, "too much: \"%.32s\"", word[1]);
	return 0;
}
