/* SPDX-License-Identifier: GPL-2.0-only */
#include "switches.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracefs.h"

int switches_read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	int error = 0;

	if (!file)
		return -errno;
	if (!fgets(line, size, file))
		error = -ENODATA;
	else
		line[strcspn(line, "\n")] = '\0';
	fclose(file);
	return error;
}

int switches_read_int(const char *path, int otherwise)
{
	char line[32];

	return switches_read_line(path, line, sizeof(line)) ? otherwise : atoi(line);
}

bool switches_ftrace_is_off(void)
{
	return switches_read_int("/proc/sys/kernel/ftrace_enabled", 1) == 0;
}

bool switches_kprobes_are_off(void)
{
	int directory = tracefs_mount("debugfs"), file;
	char enabled = '1';

	if (directory < 0)
		return false;
	file = openat(directory, "kprobes/enabled", O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		if (read(file, &enabled, 1) != 1)
			enabled = '1';
		close(file);
	}
	close(directory);
	return enabled == '0';
}

const char *switches_error(int error)
{
	return error == SWITCHES_ENOTSUPP ? "not supported by this kernel (ENOTSUPP)"
	                                  : strerror(error);
}
