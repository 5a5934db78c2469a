// SPDX-License-Identifier: GPL-2.0-only
/* A command line: the arguments end in a line break each. */
#include "options_describe.h"
#include "options_parse.h"

#include <stdlib.h>
#include <string.h>

#include "no_network.h"

#define ARGUMENTS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *rest = text, *argument, program[] = "connwhy";
	char *argv[ARGUMENTS_MAX + 2] = {program};
	struct options options;
	char filter[512];
	int argc = 1, status;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	while (argc <= ARGUMENTS_MAX && (argument = strsep(&rest, "\n")) && (rest || *argument))
		argv[argc++] = argument;
	argv[argc] = NULL;

	status = options_parse(&options, argc, argv);
	if (status == -1) {
		if (!options.output)
			abort();
		options_describe_filter(&options, filter, sizeof(filter));
		if (!memchr(filter, '\0', sizeof(filter)))
			abort();
	} else if (status != 0 && status != EXIT_FAILURE && status != EXIT_USAGE) {
		abort();
	}
	options_free(&options);
	free(text);
	return 0;
}
