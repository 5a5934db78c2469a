/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "live.h"

static char top[256];

/* The v2 hierarchy may lie at a sub-mount of a mixed one. */
void cgroup_init(void)
{
	FILE *file = fopen("/proc/self/mounts", "re");
	char line[1024], where[160], type[32];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %159s %31s", where, type) == 2 && !strcmp(type, "cgroup2"))
			snprintf(top, sizeof(top), "%s/connwhy-live.%d", where, getpid());
	if (file)
		fclose(file);
}

bool cgroup_enter(const char *path)
{
	char procs[512], pid[16];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	snprintf(pid, sizeof(pid), "%d", getpid());
	return write_file(procs, pid);
}

bool cgroup_make(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", top, name);
	return *top && (!mkdir(top, 0755) || errno == EEXIST) &&
	       (!mkdir(path, 0755) || errno == EEXIST);
}

static int remove_directory(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)ftw;
	if (type == FTW_DP)
		rmdir(path);
	return 0;
}

void cgroup_remove_all(void)
{
	/* The processes in them may still be dying. */
	for (int tries = 0; *top && !access(top, F_OK) && tries < 100; tries++) {
		nftw(top, remove_directory, 8, FTW_DEPTH | FTW_PHYS);
		sleep_ms(20);
	}
}
