/* SPDX-License-Identifier: GPL-2.0-only */
#include "top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "array.h"
#include "options_describe.h"
#include "output.h"
#include "preexisting.h"
#include "privilege.h"
#include "session.h"
#include "top_screen.h"
#include "top_view.h"
#include "units.h"

#define POLL_MS 100
#define DRAW_NS (250 * NS_PER_MS)
#define TICK_NS NS_PER_S

/*
 * @options: as they were given, but that a session prints nothing by itself
 * @stopping: a key, a signal or the time asks for the end
 */
struct live {
	struct options options;
	struct session session;
	struct top_model model;
	struct top_view view;
	struct top_screen *screen;
	int signals;
	bool stopping;
	uint64_t deadline_ns, next_draw_ns, next_tick_ns;
};

static void observe(void *context, const struct record *record)
{
	struct live *live = context;

	top_model_record(&live->model, record);
}

static int block_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaddset(&set, numbers[i]);
	/* A terminal that goes away is seen at the read. */
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* All but the screen, so that what is missing is said on the terminal as it is. */
static int start(struct live *live)
{
	struct session *session = &live->session;
	struct preexisting *before;
	int err = top_screen_check();

	if (!err)
		err = session_filter(session);
	if (!err)
		err = privilege_check();
	if (err)
		return err;
	live->signals = block_signals();
	if (live->signals < 0)
		return live->signals;
	before = preexisting_list(&live->options, session->run.start_ns);
	err = session_open(session);
	if (err)
		return err;
	session->totals.preexisting = preexisting_add(before, session->tracer);
	return top_screen_open(&live->screen, live->options.color);
}

static void on_signals(struct live *live)
{
	struct signalfd_siginfo info;

	while (read(live->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			top_screen_resize(live->screen);
		else
			live->stopping = true;
		live->next_draw_ns = 0;
	}
}

static void on_keys(struct live *live)
{
	int key;

	while (!live->stopping && (key = top_screen_key(live->screen)) != TOP_KEY_NONE) {
		live->stopping = !top_view_key(&live->view, &live->model, key);
		live->next_draw_ns = 0;
	}
}

static void add_waiting(const struct attempt *attempt, void *context)
{
	top_model_waiting(context, attempt);
}

static void draw(struct live *live, uint64_t now_ns)
{
	top_model_begin_waiting(&live->model);
	session_each_waiting(&live->session, add_waiting, &live->model);
	top_model_end_waiting(&live->model);
	live->view.lost = live->session.totals.lost;
	top_screen_draw(live->screen, &live->view, &live->model, now_ns);
	live->next_draw_ns = now_ns + DRAW_NS;
}

static void run_loop(struct live *live)
{
	struct session *session = &live->session;
	struct pollfd fds[] = {
	        {.fd = tracer_fd(session->tracer), .events = POLLIN},
	        {.fd = live->signals, .events = POLLIN},
	        {.fd = STDIN_FILENO, .events = POLLIN},
	};

	while (!live->stopping) {
		uint64_t now_ns;

		if (poll(fds, ARRAY_SIZE(fds), POLL_MS) < 0 && errno != EINTR)
			break;
		now_ns = monotonic_ns();
		session_drain(session);
		session_report(session, now_ns, false);
		if (now_ns >= live->next_tick_ns) {
			session_tick(session, now_ns);
			live->next_tick_ns = now_ns + TICK_NS;
		}
		on_signals(live);
		on_keys(live);
		if (fds[2].revents & (POLLHUP | POLLERR | POLLNVAL) ||
		    (live->deadline_ns && now_ns >= live->deadline_ns))
			live->stopping = true;
		if (now_ns >= live->next_draw_ns && !live->stopping)
			draw(live, now_ns);
	}
}

int top(const struct options *options)
{
	struct live *live = calloc(1, sizeof(*live));
	char filter[512];
	int status = 1;

	if (!live)
		return status;
	live->options = *options;
	live->options.output = &output_none;
	live->options.quiet = true;
	live->session.options = &live->options;
	live->session.observe = observe;
	live->session.observer = live;
	live->signals = -1;
	session_describe_run(&live->session);
	options_describe_filter(options, filter, sizeof(filter));
	live->session.run.filter = *filter ? filter : NULL;
	live->model.run = &live->session.run;
	if (!start(live)) {
		if (options->duration_ns)
			live->deadline_ns = monotonic_ns() + options->duration_ns;
		run_loop(live);
		top_screen_close(live->screen);
		live->screen = NULL;
		session_finish(&live->session);
		live->options.quiet = options->quiet;
		session_end_output(&live->session, monotonic_ns());
		status = session_status(&live->session);
	}
	top_screen_close(live->screen);
	session_close(&live->session);
	top_model_free(&live->model);
	if (live->signals >= 0)
		close(live->signals);
	free(live);
	return status;
}
