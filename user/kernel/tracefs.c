/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tracefs.h"

int tracefs_mount(const char *name)
{
	int fs = fsopen(name, FSOPEN_CLOEXEC), mount;

	if (fs < 0)
		return -errno;
	mount = fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (mount == 0)
		mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mount < 0)
		mount = -errno;
	close(fs);
	return mount;
}

static int read_id(int directory, const char *group, const char *name)
{
	char path[128], text[16] = "";
	int file, id;

	snprintf(path, sizeof(path), "events/%s/%s/id", group, name);
	file = openat(directory, path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	id = read(file, text, sizeof(text) - 1) > 0 ? atoi(text) : -ENODATA;
	close(file);
	return id;
}

int tracefs_id(const char *group, const char *name)
{
	/* Where it is mounted, reading takes no CAP_SYS_ADMIN. */
	int directory = open("/sys/kernel/tracing", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int id = -ENOENT;

	if (directory >= 0) {
		id = read_id(directory, group, name);
		close(directory);
	}
	if (id >= 0)
		return id;
	directory = tracefs_mount("tracefs");
	if (directory < 0)
		return directory;
	id = read_id(directory, group, name);
	close(directory);
	return id;
}
