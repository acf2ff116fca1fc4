// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nyxctl: options, then one command or a batch of them.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "nyxctl.h"

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "pretty", no_argument, NULL, 'p' },
		{ "statistics", no_argument, NULL, 's' },
		{ "batch", required_argument, NULL, 'b' },
		{ "force", no_argument, NULL, 'f' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	struct context context = { 0 };
	const char *batch = NULL;
	bool force = false;
	int c, status;

	setlocale(LC_ALL, "");
	/* + : options stand before the object. */
	while ((c = getopt_long(argc, argv, "+jpsb:fVh", options, NULL)) >= 0) {
		switch (c) {
		case 'j':
			context.json = true;
			break;
		case 'p':
			context.json = true;
			context.pretty = true;
			break;
		case 's':
			context.stats = true;
			break;
		case 'b':
			batch = optarg;
			break;
		case 'f':
			force = true;
			break;
		case 'V':
			printf("nyxctl %s\n", NYXCTL_VERSION);
			return EXIT_DONE;
		case 'h':
			print_help();
			return EXIT_DONE;
		default:
			fprintf(stderr, "See: nyxctl help\n");
			return EXIT_USAGE;
		}
	}
	if (batch && optind < argc)
		status = usage_error(&context, NULL, "a batch file and a command: give one of them");
	else if (force && !batch)
		status = usage_error(&context, NULL, "--force is for batch files: give one with -b");
	else if (batch)
		status = run_batch(&context, batch, force);
	else
		status = run_line(&context, argc - optind, argv + optind);
	nyx_close(context.nyx);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "nyxctl: the output cannot be written: %s\n", strerror(errno));
		return EXIT_REFUSED;
	}
	return status;
}
