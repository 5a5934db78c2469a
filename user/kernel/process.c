// SPDX-License-Identifier: GPL-2.0-only
#include "process.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "units.h"

#define START_FIELD 22 /* starttime of /proc/PID/stat */
#define COMM_FIELD 2   /* in parentheses, which may hold any byte */

/* Of CLOCK_BOOTTIME, which runs on while the host sleeps: what is behind it was not before. */
static bool began_before(pid_t pid, uint64_t since_ns)
{
	char path[64], line[1024], *at = NULL;
	unsigned long long ticks = 0;
	struct timespec boot, monotonic;
	uint64_t asleep_ns;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(line, sizeof(line), file))
		at = strrchr(line, ')');
	fclose(file);
	for (int field = COMM_FIELD; at && field < START_FIELD; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, "%llu", &ticks) != 1)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	asleep_ns = (boot.tv_sec - monotonic.tv_sec) * NS_PER_S + boot.tv_nsec - monotonic.tv_nsec;
	return ticks * (NS_PER_S / sysconf(_SC_CLK_TCK)) <= since_ns + asleep_ns;
}

static char *first_word(pid_t pid)
{
	char path[64], word[256];
	size_t length = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	length = fread(word, 1, sizeof(word) - 1, file);
	fclose(file);
	word[length] = '\0';
	return *word ? strdup(word) : NULL;
}

void process_read(pid_t pid, uint64_t since_ns, char **executable, char **command)
{
	char path[64], target[PATH_MAX];
	ssize_t length;

	*executable = *command = NULL;
	if (!began_before(pid, since_ns))
		return;
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	length = readlink(path, target, sizeof(target) - 1);
	if (length > 0)
		*executable = strndup(target, length);
	*command = first_word(pid);
}

char *process_cgroup_v1(pid_t pid)
{
	char path[64], line[PATH_MAX + 64], *found = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':');
		char *cgroup = controllers ? strchr(controllers + 1, ':') : NULL;
		bool systemd = controllers && !strncmp(controllers, ":name=systemd:", 14);
		bool memory = controllers && !strncmp(controllers, ":memory:", 8);

		if (!cgroup || (!systemd && (!memory || found)))
			continue;
		cgroup[strcspn(cgroup, "\n")] = '\0';
		free(found);
		found = strdup(cgroup + 1);
	}
	if (file)
		fclose(file);
	return found;
}
