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

/* As long as the live loop waits between two looks into the ring. */
#define DRAIN_NS 50000000ULL

/* Names may stand behind the events that need them: hence a round of their own. */
static int learn_names(FILE *file, struct host *host)
{
	union save_frame frame;
	long start = ftell(file);
	int got;

	while ((got = save_read(file, &frame)) == 1)
		if (frame.header.type == SAVE_NAME)
			host_learn(host, (enum name_kind)frame.header.socket, frame.header.id,
			           frame.header.at_ns, frame.name.name);
	if (fseek(file, start, SEEK_SET))
		return -errno;
	return got;
}

static int read_events(FILE *file, struct session *session)
{
	const struct options *options = session->options;
	union save_frame frame;
	uint64_t now_ns = 0, drained_ns = 0;
	int got = 0;

	while (!session->error && (!options->count || session->totals.reported < options->count) &&
	       (got = save_read(file, &frame)) == 1) {
		if (frame.header.type == SAVE_NAME)
			continue;
		if (frame.header.type == EVENT_END)
			session->totals.begun++;
		session_event(session, &frame, frame.header.size);
		if (frame.header.at_ns > now_ns)
			now_ns = frame.header.at_ns;
		if (now_ns < drained_ns + DRAIN_NS)
			continue;
		attempts_drained(session->attempts);
		session_report(session, now_ns, false);
		drained_ns = now_ns;
	}
	session_report(session, now_ns, true);
	return got;
}

int replay(const struct options *options)
{
	static const char *const none[] = {NULL};
	struct session session = {.options = options, .run.hooks_missing = none};
	struct save_header header;
	int err = 1, status = 1;
	char filter[512];
	FILE *file = fopen(options->read_file, "re");

	if (!file) {
		log_error("-r %s: %s", options->read_file, strerror(errno));
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
	if (!session.host || !session.attempts || session_filter(&session))
		goto out;
	session.rate_left = options->rate;
	if (options->output->start)
		options->output->start(&session.out, &session.run);
	err = learn_names(file, session.host);
	if (err >= 0)
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
