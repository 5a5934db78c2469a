/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "options_describe.h"
#include "units.h"
#include "words.h"

static void describe_ports(FILE *out, const struct options *options)
{
	for (unsigned int i = 0; i < options->n_ports; i++) {
		const struct port_range *range = &options->ports[i];

		fprintf(out, "%s%u", i ? "," : ", port ", range->low);
		if (range->high != range->low)
			fprintf(out, "-%u", range->high);
	}
}

static void describe_networks(FILE *out, const struct options *options)
{
	char address[INET6_ADDRSTRLEN];

	for (unsigned int i = 0; i < options->n_networks; i++) {
		const struct network *network = &options->networks[i];

		inet_ntop(network->family, network->address, address, sizeof(address));
		fprintf(out, "%s%s/%u", i ? "," : ", net ", address, network->prefix);
	}
}

static void describe_names(FILE *out, const struct options *options)
{
	const char *before = ", errno ";

	for (int error = 1; (size_t)error < 8 * sizeof(options->errnos); error++) {
		if (options->errnos[error / 8] >> error % 8 & 1) {
			fprintf(out, "%s%s", before, words_errno(error));
			before = ",";
		}
	}
	before = ", cause ";
	for (int cause = 0; cause < CAUSE_MAX; cause++) {
		if (options->causes >> cause & 1) {
			fprintf(out, "%s%s", before, words_cause(cause));
			before = ",";
		}
	}
}

void options_describe_filter(const struct options *options, char *text, size_t size)
{
	char *list = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&list, &length);

	*text = '\0';
	if (!out)
		return;
	if (options->command)
		fprintf(out, ", command %s", options->command[0]);
	if (options->pid)
		fprintf(out, ", pid %d", options->pid);
	if (options->has_uid)
		fprintf(out, ", uid %u", options->uid);
	describe_ports(out, options);
	if (options->family)
		fprintf(out, ", IPv%d", options->family == FAMILY_IPV4 ? 4 : 6);
	describe_networks(out, options);
	if (options->cgroup)
		fprintf(out, ", cgroup %s", options->cgroup);
	if (options->netns)
		fprintf(out, ", netns %u", options->netns);
	if (options->failed)
		fputs(", failed", out);
	describe_names(out, options);
	if (options->slower_ns)
		fprintf(out, ", slower than %g ms", (double)options->slower_ns / NS_PER_MS);
	if (options->expression)
		fprintf(out, ", '%s'", options->expression);
	/* Each has a comma before it. */
	if (fclose(out) == 0 && length)
		snprintf(text, size, "%s", list + 2);
	free(list);
}
