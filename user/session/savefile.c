// SPDX-License-Identifier: GPL-2.0-only
#include "savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int savefile_init(struct savefile *save, const struct options *options, time_t now)
{
	const char *path = options->write_file, *end;
	size_t fixed = options->rotate_s ? strcspn(path, "%") : strlen(path);
	char *directory;

	*save = (struct savefile){.options = options, .directory = -1, .name = path, .since = now};
	if (strcmp(path, "-") == 0)
		return 0;
	end = memrchr(path, '/', fixed);
	if (end)
		save->name = end + 1;
	directory = end ? strndup(path, save->name - path) : strdup(".");
	if (!directory)
		return -ENOMEM;
	save->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	return save->directory < 0 ? -errno : 0;
}

/* What the last number has: 10 files are 0 to 9. */
static int digits(unsigned int files)
{
	int n = 0;

	for (unsigned int last = files ? files - 1 : 0; last; last /= 10)
		n++;
	return n;
}

char *savefile_name(const struct options *options, const char *name, time_t at, unsigned int number)
{
	int width = options->rotate_bytes ? digits(options->file_count) : 0;
	char text[PATH_MAX], *numbered;
	struct tm tm;

	if (options->rotate_s) {
		if (!localtime_r(&at, &tm) || !strftime(text, sizeof(text), name, &tm))
			return NULL;
		name = text;
	}
	if (!number && !width)
		return strdup(name);
	return asprintf(&numbered, "%s%0*u", name, width, number) < 0 ? NULL : numbered;
}

static int close_file(struct savefile *save)
{
	FILE *file = save->file;

	save->file = NULL;
	return file && fclose(file) ? -errno : 0;
}

int savefile_open(struct savefile *save)
{
	int err = close_file(save), fd;
	char *name;

	if (err)
		return err;
	if (save->directory < 0) {
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	} else {
		name = savefile_name(save->options, save->name, save->since, save->by_size);
		if (!name)
			return -ENAMETOOLONG;
		fd = openat(save->directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		free(name);
	}
	if (fd < 0)
		return -errno;
	save->file = fdopen(fd, "w");
	if (!save->file) {
		err = -errno;
		close(fd);
	}
	save->has_event = false;
	return err;
}

bool savefile_is_full(const struct savefile *save)
{
	off_t limit = save->options->rotate_bytes;

	return limit && save->has_event && ftello(save->file) > limit;
}

bool savefile_is_over(const struct savefile *save, time_t now)
{
	time_t interval = save->options->rotate_s;

	return interval && now - save->since >= interval;
}

bool savefile_is_last(const struct savefile *save)
{
	const struct options *options = save->options;

	return options->rotate_s && options->file_count && !options->rotate_bytes &&
	       save->by_time + 1 >= options->file_count;
}

void savefile_next_size(struct savefile *save)
{
	save->by_size++;
	if (save->options->file_count && save->by_size >= save->options->file_count)
		save->by_size = 0;
}

void savefile_next_interval(struct savefile *save, time_t now)
{
	time_t interval = save->options->rotate_s;

	/* Whole intervals, so that they do not drift. */
	save->since += (now - save->since) / interval * interval;
	save->by_time++;
	save->by_size = 0;
}

void savefile_flush(struct savefile *save)
{
	if (!save->error && fflush(save->file))
		save->error = -errno;
}

void savefile_close(struct savefile *save)
{
	int err = close_file(save);

	if (!save->error)
		save->error = err;
	if (save->options && save->directory >= 0)
		close(save->directory);
}
