// SPDX-License-Identifier: GPL-2.0-only
#include "trace.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "array.h"
#include "command.h"
#include "confine.h"
#include "log.h"
#include "notify.h"
#include "options_describe.h"
#include "preexisting.h"
#include "privilege.h"
#include "publish.h"
#include "session.h"
#include "units.h"

#define POLL_MS 50
#define TICK_NS NS_PER_S

/*
 * @deadline_ns: when --duration is over, or the grace behind the end of COMMAND; 0 for never
 */
struct loop {
	const struct options *options;
	struct session *session;
	struct publish publish;
	struct notify notify;
	struct command command;
	bool has_command, command_ended, stopping;
	int command_status;
	int signals;
	uint64_t deadline_ns, next_tick_ns;
	bool status_shown;
};

static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	/* A reader that goes away is seen at the write. */
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int write_ready_file(const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file || fprintf(file, "%d\n", getpid()) < 0 || fclose(file)) {
		log_error("--ready-file %s: %s", path, strerror(errno));
		return -errno;
	}
	return 0;
}

static void say_tracing(const struct session *session, const char *filter)
{
	char missing[256] = "none";
	size_t used = 0;

	for (const char *const *hook = session->run.hooks_missing; *hook && used < sizeof(missing);
	     hook++)
		used += snprintf(missing + used, sizeof(missing) - used, "%s%s", used ? ", " : "",
		                 *hook);
	fprintf(stderr, "tracing: tier %s, hooks missing: %s, filter: %s\n", session->run.tier,
	        missing, *filter ? filter : "none");
}

/* On a terminal: what is still waiting, in one line that the next output takes away. */
static void show_status(struct loop *loop, uint64_t now_ns)
{
	if (loop->options->output != &output_timeline || loop->options->quiet ||
	    !isatty(STDERR_FILENO) || !isatty(STDOUT_FILENO))
		return;
	loop->status_shown = session_show_status(loop->session, now_ns);
}

static void clear_status(struct loop *loop)
{
	if (loop->status_shown)
		fputs("\r\033[K", stderr);
	loop->status_shown = false;
}

/* The files that were named are told, or begun, anew; false where there are none. */
static bool reopen(struct loop *loop)
{
	bool has_file = loop->options->metrics_file;

	if (has_file)
		publish_file(&loop->publish);
	return session_reopen(loop->session) || has_file;
}

static void on_signal(struct loop *loop, uint64_t now_ns)
{
	struct signalfd_siginfo info;

	while (read(loop->signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGUSR1:
			session_count(loop->session);
			session_say_totals(loop->session, now_ns);
			session_show_inflight(loop->session, now_ns);
			break;
		case SIGHUP:
			if (reopen(loop))
				break;
			/* fall through */
		case SIGTERM:
			if (loop->has_command && !loop->command_ended)
				command_terminate(&loop->command, SIGTERM);
			loop->stopping = true;
			break;
		case SIGINT:
			/* The terminal has sent it to COMMAND, too, which decides what it does. */
			loop->stopping |= !loop->has_command || loop->deadline_ns;
			loop->deadline_ns = now_ns + TICK_NS;
			break;
		}
	}
}

static void on_command(struct loop *loop, uint64_t now_ns)
{
	if (command_reap(&loop->command, &loop->command_status) <= 0)
		return;
	loop->command_ended = true;
	/* What it connected last may still be reset. */
	loop->deadline_ns = now_ns + GRACE_NS;
}

static void run_loop(struct loop *loop)
{
	struct session *session = loop->session;
	struct pollfd fds[] = {
	        {.fd = tracer_fd(session->tracer), .events = POLLIN},
	        {.fd = loop->signals, .events = POLLIN},
	        {.fd = loop->has_command ? loop->command.fd : -1, .events = POLLIN},
	};

	while (!loop->stopping && !session_is_over(session)) {
		uint64_t now_ns;

		if (poll(fds, ARRAY_SIZE(fds), POLL_MS) < 0 && errno != EINTR)
			break;
		now_ns = monotonic_ns();
		/*
		 * A failure may wake the reader at once. While events come, the ring would do so
		 * for each of them: it is left alone then, and read each POLL_MS.
		 */
		fds[0].fd = session_drain(session) > 0 ? -1 : tracer_fd(session->tracer);
		clear_status(loop);
		session_report(session, now_ns, false);
		if (now_ns >= loop->next_tick_ns) {
			session_tick(session, now_ns);
			publish_tick(&loop->publish, now_ns);
			loop->next_tick_ns = now_ns + TICK_NS;
		}
		if (fds[1].revents)
			on_signal(loop, now_ns);
		if (fds[2].revents && !loop->command_ended) {
			on_command(loop, now_ns);
			fds[2].fd = -1;
		}
		notify_alive(&loop->notify, now_ns);
		show_status(loop, now_ns);
		if (loop->deadline_ns && now_ns >= loop->deadline_ns)
			break;
	}
	clear_status(loop);
}

static int finish(struct loop *loop)
{
	struct session *session = loop->session;
	int status;

	session_finish(session);
	session_end_output(session, monotonic_ns());
	status = session_status(session);
	if (!loop->has_command || status)
		return status;
	/* Not waited for: it was told to end, and decides itself when. */
	if (!loop->command_ended)
		return command_reap(&loop->command, &loop->command_status) > 0
		               ? command_status(loop->command_status)
		               : 0;
	return command_status(loop->command_status);
}

static int start(struct loop *loop, struct session *session)
{
	const struct options *options = loop->options;
	struct preexisting *before;
	int err;

	err = session_filter(session);
	if (!err)
		err = privilege_check();
	if (!err)
		err = publish_open(&loop->publish, session);
	if (!err)
		err = session_prepare_report(session);
	if (err)
		return err;
	loop->signals = block_signals();
	if (loop->signals < 0)
		return loop->signals;
	if (options->command) {
		err = command_prepare(&loop->command, options->command, options->as_root);
		if (err)
			return err;
		loop->has_command = true;
	}
	before = options->command ? NULL : preexisting_list(options, session->run.start_ns);
	err = session_open(session);
	if (err)
		return err;
	session->totals.preexisting = preexisting_add(before, session->tracer);
	if (options->write_file && (err = session_save(session)))
		return err;
	if (loop->has_command)
		return tracer_follow(session->tracer, loop->command.pid);
	return 0;
}

static int announce(struct loop *loop, const char *filter)
{
	struct session *session = loop->session;
	int err;

	if (!loop->options->quiet)
		say_tracing(session, filter);
	if (loop->options->output->start && !loop->options->write_file) {
		loop->options->output->start(&session->out, &session->run);
		session_flush(session);
	}
	err = publish_start(&loop->publish, monotonic_ns());
	if (err)
		return err;
	if (loop->options->ready_file && write_ready_file(loop->options->ready_file))
		return -EIO;
	return 0;
}

/* All is attached and open: what is needed no more is given up. */
static int give_up(const struct loop *loop)
{
	const struct session *session = loop->session;
	const struct confine needs = {
	        .has_command = loop->has_command,
	        .directories = {loop->options->write_file ? session->save.directory : -1,
	                        loop->publish.file.directory,
	                        report_file_directory(session->report), -1},
	        .own_socket = tracer_own_socket(session->tracer),
	};

	return confine(&needs);
}

int trace(const struct options *options)
{
	struct session session = {.options = options};
	struct loop loop = {.options = options, .session = &session, .signals = -1};
	char filter[512];
	int status = 1;

	notify_open(&loop.notify);
	session_describe_run(&session);
	options_describe_filter(options, filter, sizeof(filter));
	session.run.filter = *filter ? filter : NULL;
	if (!start(&loop, &session) && !announce(&loop, filter) && !give_up(&loop)) {
		uint64_t now_ns = monotonic_ns();

		if (options->duration_ns)
			loop.deadline_ns = now_ns + options->duration_ns;
		notify_say(&loop.notify, "READY=1");
		session_tick(&session, now_ns);
		loop.next_tick_ns = now_ns + TICK_NS;
		if (loop.has_command && command_release(&loop.command) < 0) {
			/* It could not be started: what a shell would return has been said. */
			on_command(&loop, now_ns);
			status = loop.command_ended ? command_status(loop.command_status) : 127;
		} else {
			run_loop(&loop);
			notify_say(&loop.notify, "STOPPING=1");
			status = finish(&loop);
		}
	}
	if (loop.has_command)
		command_close(&loop.command);
	publish_close(&loop.publish);
	notify_close(&loop.notify);
	session_close(&session);
	if (loop.signals >= 0)
		close(loop.signals);
	return status;
}
