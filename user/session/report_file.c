/* SPDX-License-Identifier: GPL-2.0-only */
#include "report_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "report.h"

/*
 * @directory: where the file is to stand, so that it is found again whatever the working directory
 *             has become; -1 where it is written directly: a device or a pipe
 * @name:      of the file in it
 * @aside:     its name until it is whole, empty once it is in its place
 */
struct report_file {
	struct report *report;
	FILE *out;
	int directory;
	char name[NAME_MAX + 1];
	char aside[NAME_MAX + 1];
};

static bool is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static int open_directly(struct report_file *file, const char *path)
{
	file->out = fopen(path, "we");
	return file->out ? 0 : -errno;
}

/* Splits the path, following a symbolic link, so that the file takes the place of what it names. */
static int find_place(struct report_file *file, const char *path)
{
	char *resolved = realpath(path, NULL), *copy = strdup(resolved ? resolved : path);
	const char *name = copy ? strrchr(copy, '/') : NULL;
	int err = 0;

	free(resolved);
	if (!copy)
		return -ENOMEM;
	name = name ? name + 1 : copy;
	if (!*name || strlen(name) > NAME_MAX)
		err = *name ? -ENAMETOOLONG : -EISDIR;
	else
		snprintf(file->name, sizeof(file->name), "%s", name);
	if (!err) {
		file->directory = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
		err = file->directory < 0 ? -errno : 0;
	}
	free(copy);
	return err;
}

static int open_aside(struct report_file *file, const char *path)
{
	struct stat status;
	int err = find_place(file, path), fd;

	if (err)
		return err;
	if (fstatat(file->directory, file->name, &status, 0) == 0 && S_ISDIR(status.st_mode))
		return -EISDIR;
	snprintf(file->aside, sizeof(file->aside), ".connwhy-report.%d", getpid());
	fd = openat(file->directory, file->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		file->aside[0] = '\0';
		return -errno;
	}
	file->out = fdopen(fd, "w");
	return file->out ? 0 : -errno;
}

int report_file_open(struct report_file **to, const char *path)
{
	struct report_file *file = calloc(1, sizeof(*file));
	int err = -ENOMEM;

	*to = file;
	if (file) {
		file->directory = -1;
		file->report = report_new(REPORT_ATTEMPTS_MAX);
		if (file->report)
			err = is_special(path) ? open_directly(file, path) : open_aside(file, path);
	}
	if (err)
		log_error("--report %s: %s", path, strerror(-err));
	return err;
}

void report_file_add(struct report_file *file, const struct run *run, const struct record *record)
{
	report_add(file->report, run, record);
}

int report_file_write(struct report_file *file, const struct run *run, const struct totals *totals,
                      const struct loss *losses, size_t n_losses)
{
	struct buffer page = {0};
	int err;

	report_write(file->report, &page, run, totals, losses, n_losses);
	err = buffer_write(&page, file->out);
	buffer_free(&page);
	if (fclose(file->out) && !err)
		err = -errno;
	file->out = NULL;
	if (err || !file->aside[0])
		return err;
	if (renameat(file->directory, file->aside, file->directory, file->name))
		return -errno;
	file->aside[0] = '\0';
	return 0;
}

int report_file_directory(const struct report_file *file)
{
	return file ? file->directory : -1;
}

void report_file_close(struct report_file *file)
{
	if (!file)
		return;
	if (file->out)
		fclose(file->out);
	if (file->aside[0])
		unlinkat(file->directory, file->aside, 0);
	if (file->directory >= 0)
		close(file->directory);
	report_free(file->report);
	free(file);
}
