/* SPDX-License-Identifier: GPL-2.0-only */
#include "options_check.h"

#include <arpa/inet.h>
#include <string.h>

#include "log.h"

#define GO_ON (-1)

/* One sentence; the status of a usage error. */
#define USAGE(...) (log_error(__VA_ARGS__), EXIT_USAGE)

static int check_networks(const struct options *options)
{
	char address[INET6_ADDRSTRLEN];

	for (unsigned int i = 0; i < options->n_networks; i++) {
		const struct network *network = &options->networks[i];

		if (!options->family || network->family == options->family)
			continue;
		inet_ntop(network->family, network->address, address, sizeof(address));
		log_error("--net %s/%u and -%c exclude each other", address, network->prefix,
		          options->family == FAMILY_IPV4 ? '4' : '6');
		return EXIT_USAGE;
	}
	return GO_ON;
}

/* -C, -G and -W are about the files of -w. */
static int check_rotation(const struct options *options)
{
	bool rotates = options->rotate_bytes || options->rotate_s;

	if (options->file_count && !rotates)
		return USAGE("-W is for files that -C or -G ends: give one of them");
	if (rotates && !options->write_file)
		return USAGE("%s is for the file of -w, which is not given",
		             options->rotate_bytes ? "-C" : "-G");
	if (rotates && !strcmp(options->write_file, "-"))
		return USAGE("%s and -w - exclude each other: standard output is no file to end",
		             options->rotate_bytes ? "-C" : "-G");
	return GO_ON;
}

static int check_metrics(const struct options *options)
{
	if (options->metrics_by.by != SPLIT_BY_NOTHING && !options->metrics.family &&
	    !options->metrics_file)
		return USAGE("--metrics-by is for --metrics or --metrics-file: give one of them");
	return GO_ON;
}

int options_check(const struct options *options)
{
	int status = check_networks(options);

	if (status == GO_ON)
		status = check_rotation(options);
	if (status == GO_ON)
		status = check_metrics(options);
	if (status != GO_ON)
		return status;
	if (options->btf && options->tier == TIER_FENTRY)
		return USAGE("--btf %s and --tier fentry exclude each other: fentry needs the "
		             "types that the kernel itself carries",
		             options->btf);
	if (options->failed && options->causes == 1ULL << CAUSE_ESTABLISHED)
		return USAGE("-x and --cause established exclude each other");
	return GO_ON;
}
