// SPDX-License-Identifier: GPL-2.0-only
#include "metrics_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int metrics_file_open(struct metrics_file *file, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *directory = slash ? strndup(path, name - path) : strdup(".");
	int length = snprintf(file->aside, sizeof(file->aside), "%s.%d.tmp", name, getpid());

	file->directory = -1;
	if (!directory)
		return -ENOMEM;
	if (length < (int)sizeof(file->aside))
		file->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	else
		errno = ENAMETOOLONG;
	free(directory);
	if (file->directory < 0)
		return -errno;
	snprintf(file->name, sizeof(file->name), "%s", name);
	return 0;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		length -= written;
	}
	return 0;
}

int metrics_file_write(const struct metrics_file *file, const struct buffer *text)
{
	int fd = openat(file->directory, file->aside,
	                O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	int err;

	if (fd < 0)
		return -errno;
	/* The collector runs as another user, and no address is in it: the umask does not matter.
	 */
	err = fchmod(fd, 0644) ? -errno : write_all(fd, text->bytes, text->length);
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(file->directory, file->aside, file->directory, file->name))
		err = -errno;
	if (err)
		unlinkat(file->directory, file->aside, 0);
	return err;
}

void metrics_file_close(struct metrics_file *file)
{
	if (file->directory >= 0)
		close(file->directory);
	file->directory = -1;
}
