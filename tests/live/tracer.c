/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer.h"
#include "world.h"

#define READY_SECONDS 60
#define STOP_SECONDS 60
#define SETTLE_MS 600 /* the grace behind the handshake, and a batched wake-up */

static void redirect(const char *path, int to)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || dup2(fd, to) < 0) {
		perror(path);
		_exit(126);
	}
}

static void launch(struct tracer *tracer, const char *name, int ns, const char *const argv[])
{
	const char *out = settings.out ? settings.out : settings.directory;

	snprintf(tracer->json, sizeof(tracer->json), "%s/%s.jsonl", out, name);
	snprintf(tracer->log, sizeof(tracer->log), "%s/%s.log", out, name);
	snprintf(tracer->ready, sizeof(tracer->ready), "%s/%s.ready", settings.directory, name);
	unlink(tracer->ready);
	tracer->why[0] = 0;
	tracer->pid = fork_child();
	if (tracer->pid)
		return;
	if (ns >= 0)
		namespace_enter(ns);
	signal(SIGPIPE, SIG_DFL);
	redirect(tracer->json, STDOUT_FILENO);
	redirect(tracer->log, STDERR_FILENO);
	execv(argv[0], (char *const *)argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

bool tracer_start(struct tracer *tracer, const char *name, int ns, const char *const options[])
{
	const char *argv[TRACER_OPTIONS_MAX] = {settings.connwhy, "-o",          "json",
	                                        "--tier",         settings.tier, "--ready-file",
	                                        tracer->ready};
	size_t n = 7;

	while (options && *options && n < TRACER_OPTIONS_MAX - 1)
		argv[n++] = *options++;
	launch(tracer, name, ns, argv);
	return true;
}

/* What it said last, after a few words of our own. */
static void explain(struct tracer *tracer, const char *what, int status)
{
	char text[4096] = "", *line, *last = text;
	FILE *file = fopen(tracer->log, "re");
	size_t length = 0;

	if (file) {
		if (fseek(file, -(long)sizeof(text) + 1, SEEK_END))
			rewind(file);
		length = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[length] = 0;
	for (char *rest = text; (line = strsep(&rest, "\n"));)
		if (*line)
			last = line;
	snprintf(tracer->why, sizeof(tracer->why), "connwhy %s (status %d): %.200s", what, status,
	         last);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool tracer_ready(struct tracer *tracer)
{
	uint64_t until = now_ns() + READY_SECONDS * 1000000000ULL;
	int status;

	while (access(tracer->ready, F_OK)) {
		if (waitpid(tracer->pid, &status, WNOHANG) == tracer->pid) {
			tracer->pid = 0;
			explain(tracer, "did not start", status_of(status));
			return false;
		}
		if (now_ns() > until) {
			kill(tracer->pid, SIGKILL);
			tracer_end(tracer, 0, 5);
			explain(tracer, "was not ready in time", -1);
			return false;
		}
		sleep_ms(5);
	}
	return true;
}

bool tracer_run(struct tracer *tracer, const char *name, int ns, const char *const options[])
{
	return tracer_start(tracer, name, ns, options) && tracer_ready(tracer);
}

int tracer_end(struct tracer *tracer, int signal, unsigned int seconds)
{
	uint64_t until = now_ns() + seconds * 1000000000ULL;
	int status;

	if (!tracer->pid)
		return -1;
	if (signal)
		kill(tracer->pid, signal);
	while (waitpid(tracer->pid, &status, WNOHANG) != tracer->pid) {
		if (now_ns() > until) {
			kill(tracer->pid, SIGKILL);
			waitpid(tracer->pid, &status, 0);
			tracer->pid = 0;
			return -1;
		}
		sleep_ms(5);
	}
	tracer->pid = 0;
	return status_of(status);
}

bool tracer_replay(struct tracer *tracer, const char *name, const char *file)
{
	const char *const argv[] = {settings.connwhy, "-o", "json", "-r", file, NULL};
	int status;

	launch(tracer, name, -1, argv);
	status = tracer_end(tracer, 0, STOP_SECONDS);
	if (status)
		explain(tracer, status < 0 ? "-r did not end" : "-r ended badly", status);
	return status == 0;
}

void tracer_settle(void)
{
	sleep_ms(SETTLE_MS);
}

bool tracer_stop(struct tracer *tracer)
{
	int status = tracer_end(tracer, SIGTERM, STOP_SECONDS);

	if (status)
		explain(tracer, status < 0 ? "did not end at SIGTERM" : "ended badly", status);
	return status == 0;
}

const json_t *json_find(const json_t *object, const char *key)
{
	const json_t *found = json_object_get(object, key);
	const char *name;
	json_t *value;

	if (found)
		return found;
	json_object_foreach((json_t *)object, name, value)
	{
		if (json_is_object(value) && (found = json_find(value, key)))
			return found;
	}
	return NULL;
}

bool tracer_read(struct tracer *tracer, tracer_line *line, void *context)
{
	FILE *file = fopen(tracer->json, "re");
	size_t size = 0, number = 0;
	char *text = NULL;
	bool good = file != NULL;

	while (good && getline(&text, &size, file) >= 0) {
		json_error_t error;
		json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);

		number++;
		good = object && !strcmp(json_text(object, "schema"), "connwhy/1") &&
		       *json_text(object, "event.name") && *json_text(object, "timestamp");
		if (good)
			line(context, object);
		else
			snprintf(tracer->why, sizeof(tracer->why), "%s, line %zu: %s", tracer->json,
			         number, object ? "no record" : error.text);
		json_decref(object);
	}
	if (!file)
		snprintf(tracer->why, sizeof(tracer->why), "%s: %s", tracer->json, strerror(errno));
	free(text);
	if (file)
		fclose(file);
	return good;
}

void tracer_thin(struct tracer *tracer)
{
	char path[sizeof(tracer->json) + 8], *text = NULL;
	FILE *from = fopen(tracer->json, "re"), *to;
	size_t size = 0, number = 0;

	snprintf(path, sizeof(path), "%s.thin", tracer->json);
	to = fopen(path, "we");
	while (from && to && getline(&text, &size, from) >= 0)
		if (number++ % 50 == 0 || !strstr(text, "\"tcp.connect\""))
			fputs(text, to);
	free(text);
	if (from)
		fclose(from);
	if (to && !fclose(to))
		rename(path, tracer->json);
}

static void collect(void *context, const json_t *line)
{
	if (!strcmp(json_text(line, "event.name"), "tcp.connect"))
		json_array_append(context, (json_t *)line);
	else if (!strcmp(json_text(line, "event.name"), "connwhy.start"))
		facts_set_tier(json_string_value(json_find(line, "tier")) ?: "");
}

json_t *tracer_records(struct tracer *tracer)
{
	json_t *records = json_array();

	if (tracer_read(tracer, collect, records) && *facts_tier())
		return records;
	if (!tracer->why[0])
		snprintf(tracer->why, sizeof(tracer->why), "connwhy.start tells no tier");
	json_decref(records);
	return NULL;
}

struct totals {
	bool ended;
	json_int_t begun, preexisting, reported, filtered_kernel, filtered_user, in_flight, queued,
	        lost;
};

static json_int_t total(const json_t *line, const char *key)
{
	return json_integer_value(json_find(line, key));
}

static void read_totals(void *context, const json_t *line)
{
	struct totals *t = context;

	if (strcmp(json_text(line, "event.name"), "connwhy.end"))
		return;
	*t = (struct totals){
	        .ended = json_is_integer(json_find(line, "begun")),
	        .begun = total(line, "begun"),
	        .preexisting = total(line, "preexisting"),
	        .reported = total(line, "reported"),
	        .filtered_kernel = total(line, "filtered_kernel"),
	        .filtered_user = total(line, "filtered_user"),
	        .in_flight = total(line, "in_flight"),
	        .queued = total(line, "queued"),
	        .lost = total(line, "lost"),
	};
}

bool tracer_check_totals(struct tracer *tracer)
{
	struct totals t = {0};

	if (!tracer_read(tracer, read_totals, &t))
		return false;
	if (!t.ended)
		snprintf(tracer->why, sizeof(tracer->why), "no connwhy.end with totals");
	else if (t.begun + t.preexisting !=
	         t.reported + t.filtered_kernel + t.filtered_user + t.in_flight + t.queued + t.lost)
		snprintf(tracer->why, sizeof(tracer->why),
		         "begun %lld + preexisting %lld is not reported %lld + filtered %lld in "
		         "the kernel "
		         "and %lld in user space + in flight %lld + queued %lld + lost %lld",
		         t.begun, t.preexisting, t.reported, t.filtered_kernel, t.filtered_user,
		         t.in_flight, t.queued, t.lost);
	else if (t.lost)
		snprintf(tracer->why, sizeof(tracer->why), "%lld attempts were lost", t.lost);
	else
		return true;
	return false;
}
