/* SPDX-License-Identifier: GPL-2.0-only */
#include "memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "switches.h"

#define MIB (1024 * 1024)

/* This process's own place in the cgroup v2 hierarchy ("0::/path"). Returns 0, or -1 for none. */
static int own_cgroup(char *path, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX];
	int err = -1;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "0::/", 4)) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(path, size, "%s", line + 3);
			err = 0;
		}
	if (file)
		fclose(file);
	return err;
}

/* The tightest limit on the way up, in bytes, and the cgroup that has it in `path`; 0 for none. */
static uint64_t find_limit(char path[PATH_MAX])
{
	char current[PATH_MAX], file[PATH_MAX + 64], text[32], *end;
	uint64_t least = 0, limit;

	if (own_cgroup(current, sizeof(current)))
		return 0;
	do {
		snprintf(file, sizeof(file), "/sys/fs/cgroup%s/memory.max", current);
		limit = switches_read_line(file, text, sizeof(text)) ? 0 : strtoull(text, NULL, 10);
		if (limit && (!least || limit < least)) {
			least = limit;
			memcpy(path, current, PATH_MAX);
		}
		end = strrchr(current, '/');
		if (end)
			*end = '\0';
	} while (end && end != current);
	return least;
}

void memory_explain(const struct options *options, char *why, size_t why_size)
{
	char cgroup[PATH_MAX], limited[192] = "";
	uint64_t limit = find_limit(cgroup);

	if (limit)
		snprintf(limited, sizeof(limited), ": the cgroup %.128s may use %" PRIu64 " MiB",
		         cgroup, limit / MIB);
	snprintf(why, why_size,
	         "no memory for its maps%s; --max-inflight (now %u) and --buffer (now %u KiB) make "
	         "them smaller",
	         limited, (unsigned int)options->max_inflight,
	         (unsigned int)(options->buffer_size / 1024));
}
