// SPDX-License-Identifier: GPL-2.0-only
#include "journal.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "log.h"

#define LIBRARY "libsystemd.so.0"
#define SOCKET "/run/systemd/journal/socket"
#define FIELDS_MAX 256

struct journal {
	void *library;
	typeof(sd_journal_sendv) *sendv;
};

int journal_open(struct journal **journal)
{
	struct journal *new;

	/* The library itself takes a journal that is not there for success. */
	if (access(SOCKET, W_OK)) {
		int err = -errno;

		log_error("-o journal: there is no journald at " SOCKET ": %s", strerror(-err));
		return err;
	}
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (new->library)
		new->sendv = (typeof(new->sendv))dlsym(new->library, "sd_journal_sendv");
	if (!new->sendv) {
		log_error("-o journal: %s", dlerror());
		journal_close(new);
		return -ENOENT;
	}
	*journal = new;
	return 0;
}

int journal_send(const struct journal *journal, struct buffer *entries)
{
	int err = entries->failed ? -ENOMEM : 0;
	struct iovec fields[FIELDS_MAX];
	char *at = entries->bytes, *end = at + entries->length;
	int n = 0;

	while (!err && at < end) {
		char *line_end = memchr(at, '\n', end - at);

		if (line_end > at && n < FIELDS_MAX)
			fields[n++] = (struct iovec){at, line_end - at};
		if (line_end == at) {
			err = journal->sendv(fields, n);
			n = 0;
		}
		at = line_end + 1;
	}
	entries->length = 0;
	entries->failed = false;
	return err;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	if (journal->library)
		dlclose(journal->library);
	free(journal);
}
