// SPDX-License-Identifier: GPL-2.0-only
#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "options_describe.h"
#include "save.h"
#include "session.h"
#include "tracer.h"

static int open_file(const char *path, FILE **file)
{
	*file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	return *file ? 0 : -errno;
}

/* As the tracer did: what it knew at a mark is told there, so that a stream is told as it comes. */
static int read_events(FILE *file, struct session *session)
{
	union save_frame frame;
	uint64_t now_ns = 0;
	int got = 0;

	while (!session_is_over(session) && (got = save_read(file, &frame)) == 1) {
		const struct event_header *header = &frame.header;

		switch (header->type) {
		case SAVE_NAME:
			host_learn(session->host, (enum name_kind)header->socket, header->id,
			           header->at_ns, frame.name.name);
			break;
		case SAVE_MARK:
			now_ns = header->at_ns;
			attempts_drained(session->attempts);
			session_report(session, now_ns, false);
			break;
		default:
			if (header->type == EVENT_END)
				session->totals.begun++;
			session_event(session, &frame, header->size);
		}
	}
	attempts_drained(session->attempts);
	session_report(session, now_ns, true);
	return got;
}

int replay(const struct options *options)
{
	static const char *const none[] = {NULL};
	struct session session = {.options = options, .run.hooks_missing = none};
	struct save_header header;
	int err, status = 1;
	char filter[512];
	FILE *file;

	err = open_file(options->read_file, &file);
	if (err) {
		log_error("-r %s: %s", options->read_file, strerror(-err));
		return 1;
	}
	if (save_read_header(file, &header)) {
		log_error("-r %s: this is no file that this version's -w wrote",
		          options->read_file);
		goto out;
	}
	session_describe_run(&session);
	options_describe_filter(options, filter, sizeof(filter));
	session.run.filter = *filter ? filter : NULL;
	session.run.realtime_offset_ns = header.realtime_offset_ns;
	session.run.start_ns = header.start_ns;
	session.run.host = header.host;
	session.run.kernel = header.kernel;
	session.run.tier = header.tier;
	session.host = host_new_elsewhere();
	session.attempts = attempts_new(GRACE_NS);
	if (!session.host || !session.attempts || session_filter(&session) ||
	    session_prepare_report(&session) || session_open_output(&session))
		goto out;
	session.rate_left = options->rate;
	if (options->output->start)
		options->output->start(&session.out, &session.run);
	err = read_events(file, &session);
	if (err < 0)
		log_error("-r %s: the file is damaged or cut off; what stands before is told",
		          options->read_file);
	session_end_output(&session, header.start_ns);
	status = session_status(&session);
	if (err < 0)
		status = 1;
out:
	session_close(&session);
	fclose(file);
	return status;
}
