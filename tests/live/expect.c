/* SPDX-License-Identifier: GPL-2.0-only */
/* Records beside what a test expects and what its application saw. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define RECORDS_MAX 16
#define EARLY_MS 20     /* the kernel's clock tick, and the way from connect() to the timer */
#define LATE_PERCENT 15 /* the slack of the kernel's timer wheel */
#define DEFAULT_SYNCNT 6
#define AFTER_END_MS 250 /* steps of the grace behind the handshake */

static void wrong(struct variant *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void wrong(struct variant *v, const char *format, ...)
{
	size_t used = strlen(v->why);
	va_list arguments;

	if (used && used < sizeof(v->why) - 3)
		used += (size_t)snprintf(v->why + used, sizeof(v->why) - used, "; ");
	va_start(arguments, format);
	vsnprintf(v->why + used, sizeof(v->why) - used, format, arguments);
	va_end(arguments);
	v->result = NOT_OK;
}

static void want_text(struct variant *v, const json_t *record, const char *path, const char *text)
{
	const char *is = json_text(record, path);

	if (strcmp(is, text))
		wrong(v, "%s is %s, not %s", path, *is ? is : "absent", text);
}

static void want_number(struct variant *v, const json_t *record, const char *path,
                        json_int_t number)
{
	json_int_t is = json_number(record, path, -1);

	if (is != number)
		wrong(v, "%s is %lld, not %lld", path, (long long)is, (long long)number);
}

static const char *place_address(const struct variant *v, enum place place)
{
	bool is_v6 = v->family == V6;

	switch (place) {
	case SELF: return is_v6 ? CLIENT6 : CLIENT4;
	case ROUTER: return is_v6 ? ROUTER6 : ROUTER4;
	case SERVER: return is_v6 ? SERVER6 : SERVER4;
	case ITSELF: return is_v6 ? "::1" : "127.0.0.1";
	case NOBODY: return is_v6 ? NOBODY6 : NOBODY4;
	case ANYWHERE: break;
	}
	return NULL;
}

/*
 * When the kernel retries and gives up: the time model counts doublings alone, the limit counts the
 * linear timeouts too (tcp_write_timeout(), tcp_retransmit_timer()).
 */
static size_t schedule(int syncnt, int linear, unsigned int times_ms[], unsigned int *end_ms)
{
	unsigned int at_ms = 0, interval_ms = 1000;
	int retries = 0;

	for (;;) {
		at_ms += interval_ms;
		if (retries >= syncnt + linear || at_ms >= ((2U << syncnt) - 1) * 1000)
			break;
		times_ms[retries++] = at_ms;
		if (retries > linear)
			interval_ms *= 2;
	}
	*end_ms = at_ms;
	return (size_t)retries;
}

static void check_time(struct variant *v, const char *what, json_int_t ns, unsigned int ms)
{
	json_int_t is_ms = ns / 1000000, late_ms = settings.late_ms;

	if (is_ms < (json_int_t)ms - EARLY_MS || is_ms > ms + ms * LATE_PERCENT / 100 + late_ms)
		wrong(v, "%s at %lld ms, not at %u ms", what, (long long)is_ms, ms);
}

static void check_schedule(struct variant *v, const struct expect *e, const json_t *record)
{
	unsigned int times_ms[32], end_ms;
	size_t n, i, found = 0;
	json_t *step;

	n = schedule(v->test->syncnt, v->world->linear_timeouts, times_ms, &end_ms);
	check_time(v, "end", json_number(record, "event.duration", -1), end_ms);
	if (e->syn == SYN_ANY)
		want_number(v, record, "connect.syn_sent", (json_int_t)n + 1);
	if (!facts_expected(e->scheduled_fact))
		return;
	json_array_foreach(json_at(record, "connect.steps"), i, step)
	{
		if (strcmp(json_text(step, "step"), e->scheduled))
			continue;
		if (found < n)
			check_time(v, e->scheduled, json_number(step, "at_ns", -1),
			           times_ms[found]);
		found++;
	}
	if (found != n)
		wrong(v, "%zu steps %s, not %zu", found, e->scheduled, n);
}

static void check_syn_sent(struct variant *v, const struct expect *e, const json_t *record)
{
	json_int_t sent = json_number(record, "connect.syn_sent", -1);
	json_int_t ms = json_number(record, "event.duration", 0) / 1000000;
	unsigned int times_ms[32], end_ms;
	json_int_t least = 1, most = 1;
	size_t n = schedule(v->test->syncnt ? v->test->syncnt : DEFAULT_SYNCNT,
	                    v->world->linear_timeouts, times_ms, &end_ms);

	if (e->syn >= 0)
		want_number(v, record, "connect.syn_sent", e->syn);
	if (e->syn != SYN_BY_TIME)
		return;
	for (size_t i = 0; i < n; i++) {
		least += ms > times_ms[i] + times_ms[i] * LATE_PERCENT / 100 + settings.late_ms;
		most += ms > (json_int_t)times_ms[i] - EARLY_MS;
	}
	if (sent < least || sent > most)
		wrong(v, "connect.syn_sent is %lld, not %lld to %lld", (long long)sent,
		      (long long)least, (long long)most);
}

static bool step_is(const struct variant *v, const struct expect_step *e, const json_t *step)
{
	const char *from = place_address(v, e->from);

	if (strcmp(json_text(step, "step"), e->kind))
		return false;
	if (e->has_icmp && (json_number(step, "icmp.type", -1) != e->type ||
	                    json_number(step, "icmp.code", -1) != e->code ||
	                    json_number(step, "icmp.version", -1) != (v->family == V6 ? 6 : 4)))
		return false;
	if (e->has_icmp && e->name && strcmp(json_text(step, "icmp.name"), e->name))
		return false;
	if (e->hard && json_is_true(json_at(step, "icmp.hard")) != (e->hard == HARD))
		return false;
	if (from && strcmp(json_text(step, e->has_icmp ? "icmp.from" : "rst.from"), from))
		return false;
	if (e->ttl && json_number(step, e->has_icmp ? "icmp.ttl" : "rst.ttl", -1) != e->ttl)
		return false;
	if (e->segment && strcmp(json_text(step, "drop.segment"), e->segment))
		return false;
	if (e->direction && strcmp(json_text(step, "drop.direction"), e->direction))
		return false;
	if (e->elsewhere != !!json_at(step, "drop.netns"))
		return false;
	if (e->reason && facts_expected(FACT_DROP_REASON) &&
	    strcmp(json_text(step, "drop.reason"), e->reason))
		return false;
	return true;
}

static void check_step(struct variant *v, const struct expect_step *e, const json_t *record)
{
	unsigned int least = e->at_least ? e->at_least : 1, n = 0;
	const json_t *step;
	size_t i;

	if (!facts_expected(e->fact))
		return;
	json_array_foreach(json_at(record, "connect.steps"), i, step)
	{
		n += step_is(v, e, step);
	}
	if (e->none && n)
		wrong(v, "%u steps %s, not one expected", n, e->kind);
	if (!e->none && (n < least || (e->at_most && n > e->at_most)))
		wrong(v, "%u steps %s%s%s as expected, at least %u", n, e->kind,
		      e->direction ? " " : "", e->direction ? e->direction : "", least);
}

static void check_steps(struct variant *v, const struct expect *e, const json_t *record)
{
	json_int_t before = 0, duration = json_number(record, "event.duration", -1);
	const json_t *steps = json_at(record, "connect.steps"), *step;
	size_t i;

	if (!json_is_array(steps))
		wrong(v, "no connect.steps");
	json_array_foreach(steps, i, step)
	{
		json_int_t at = json_number(step, "at_ns", -1);

		if (at < before || at > duration + AFTER_END_MS * 1000000LL)
			wrong(v, "step %zu (%s) at %lld ns is out of order", i,
			      json_text(step, "step"), (long long)at);
		before = at;
	}
	for (i = 0; i < STEPS_EXPECTED && e->steps[i].kind; i++)
		check_step(v, &e->steps[i], record);
	if (e->scheduled)
		check_schedule(v, e, record);
}

static void check_asked(struct variant *v, const struct seen *seen, const json_t *record)
{
	char asked[INET6_ADDRSTRLEN];

	if (!seen->asked.ss_family) {
		if (json_at(record, "connect.asked"))
			wrong(v, "connect.asked is %s, but nothing changed the address",
			      json_text(record, "connect.asked.address"));
		return;
	}
	address_text(&seen->asked, asked, sizeof(asked));
	want_text(v, record, "connect.asked.address", asked);
	want_number(v, record, "connect.asked.port", address_port(&seen->asked));
}

static void check_network(struct variant *v, const struct seen *seen, const json_t *record)
{
	char peer[INET6_ADDRSTRLEN];

	address_text(&seen->peer, peer, sizeof(peer));
	want_text(v, record, "network.transport", "tcp");
	want_text(v, record, "network.type", strchr(peer, ':') ? "ipv6" : "ipv4");
	want_text(v, record, "network.peer.address", peer);
	want_number(v, record, "network.peer.port", address_port(&seen->peer));
	want_number(v, record, "netns", (json_int_t)v->world->netns);
	if (seen->local_port && seen->error != NOT_SEEN &&
	    json_number(record, "connect.syn_sent", 0))
		want_number(v, record, "network.local.port", seen->local_port);
}

static void check_translation(struct variant *v, const struct expect *e, const json_t *record)
{
	const char *peer = place_address(v, e->via);

	if (!facts_expected(e->via_fact))
		return;
	want_text(v, record, "network.translation.peer.address", peer ? peer : "");
	if (e->via_port != VIA_ANY_PORT)
		want_number(v, record, "network.translation.peer.port",
		            e->via_port ? e->via_port : -1);
	want_text(v, record, "network.translation.local.address", e->via_local ? e->via_local : "");
}

static void check_process(struct variant *v, const struct seen *seen, const json_t *record)
{
	if (v->test->early) {
		if (!json_is_true(json_at(record, "connect.preexisting")) &&
		    !json_is_true(json_at(record, "preexisting")))
			wrong(v, "preexisting is not true");
		return;
	}
	if (!v->test->by_kernel) {
		want_number(v, record, "process.pid", seen->pid);
		want_number(v, record, "process.thread.id", seen->tid);
	}
	if (!*json_text(record, "process.executable.name"))
		wrong(v, "no process.executable.name");
}

static void check_call(struct variant *v, const struct expect *e, const struct seen *seen,
                       const json_t *record)
{
	bool is_blocking = v->mode == BLOCKING;

	/* A socket of the kernel has no file: every tier sees that. */
	if (e->api && (facts_expected(FACT_API) || !strcmp(e->api, "kernel")))
		want_text(v, record, "connect.api", e->api);
	if (v->test->early || seen->returned == NOT_SEEN ||
	    !facts_expected(e->return_fact ? e->return_fact : FACT_RETURN))
		return;
	/* The return probe of a function that sleeps is missed where many sleep in it. */
	if (strcmp(facts_tier(), "kprobe") || json_at(record, "connect.return"))
		want_text(v, record, "connect.return", errno_name(seen->returned));
	if (!json_is_boolean(json_at(record, "connect.blocking")) ||
	    json_is_true(json_at(record, "connect.blocking")) != is_blocking)
		wrong(v, "connect.blocking is not %s", is_blocking ? "true" : "false");
}

static void check_error(struct variant *v, const struct expect *e, const struct seen *seen,
                        const json_t *record)
{
	if (!e->unlike_seen && seen->error != NOT_SEEN && seen->error != e->error)
		wrong(v, "the application saw %s, not %s: another ending than the test wants",
		      errno_name(seen->error), errno_name(e->error));
	if (e->any_error)
		return;
	if (e->error) {
		want_text(v, record, "error.type", errno_name(e->error));
		want_number(v, record, "connect.errno", e->error);
	} else if (json_at(record, "error") || json_at(record, "connect.errno")) {
		wrong(v, "an errno (%s) where there is none", json_text(record, "error.type"));
	}
}

static void check_duration(struct variant *v, const struct expect *e, const struct seen *seen,
                           const json_t *record)
{
	json_int_t ms = json_number(record, "event.duration", -1000000) / 1000000;
	json_int_t seen_ms = (json_int_t)(seen->elapsed_ns / 1000000);

	if (ms < 0 || ms < e->min_ms || (e->max_ms && ms > e->max_ms + settings.late_ms))
		wrong(v, "duration is %lld ms, not %u to %u", (long long)ms, e->min_ms, e->max_ms);
	if ((seen->ended || (seen->error != NOT_SEEN && !e->unlike_seen)) &&
	    (ms > seen_ms + EARLY_MS || ms < seen_ms - (json_int_t)settings.late_ms))
		wrong(v, "duration is %lld ms, the application waited %lld", (long long)ms,
		      (long long)seen_ms);
}

static const char *expected_cause(const struct expect *e, const json_t *record)
{
	if (!strcmp(e->cause, LOST))
		return strcmp(json_text(record, "connect.cause"), "no_reply") ? "dropped_by_node"
		                                                              : "no_reply";
	if (strcmp(e->cause, CLOSED))
		return e->cause;
	return json_number(record, "event.duration", 0) < 1000000000 ? "closed_by_app"
	                                                             : "deadline_of_app";
}

static void check_why(struct variant *v, const struct expect *e, const json_t *record)
{
	const char *why = json_text(record, "connect.why_no_answer");

	if (!e->why && *why)
		wrong(v, "connect.why_no_answer is %s, but nothing tells", why);
	if (e->why && facts_expected(e->why_fact))
		want_text(v, record, "connect.why_no_answer", e->why);
}

static void check_record(struct variant *v, const struct expect *e, const struct seen *seen,
                         const json_t *record)
{
	want_text(v, record, "event.outcome", e->outcome);
	if (e->cause && facts_expected(e->cause_fact))
		want_text(v, record, "connect.cause", expected_cause(e, record));
	else if (!*json_text(record, "connect.cause"))
		wrong(v, "no connect.cause");
	check_why(v, e, record);
	if (facts_expected(e->syn_fact))
		check_syn_sent(v, e, record);
	if (e->explained && facts_expected(e->explained_fact) &&
	    !strstr(json_text(record, "connect.explanation"), e->explained))
		wrong(v, "the explanation does not say \"%s\": %s", e->explained,
		      json_text(record, "connect.explanation"));
	if (json_is_true(json_at(record, "connect.complete")) == e->incomplete)
		wrong(v, "connect.complete is not %s", e->incomplete ? "false" : "true");
	check_error(v, e, seen, record);
	check_duration(v, e, seen, record);
	if (!e->has_no_peer) {
		check_network(v, seen, record);
		check_asked(v, seen, record);
		check_translation(v, e, record);
	}
	check_process(v, seen, record);
	check_call(v, e, seen, record);
	check_steps(v, e, record);
}

static bool is_of(const struct variant *v, const json_t *record)
{
	json_int_t pid = json_number(record, "process.pid", 0);

	if (v->test->early || v->test->by_kernel)
		return json_number(record, "network.peer.port", 0) == address_port(&v->peer) &&
		       json_number(record, "netns", 0) == (json_int_t)v->world->netns;
	if (pid == v->pid)
		return true;
	for (unsigned int i = 0; i < v->n_seen; i++)
		if (pid == v->seen[i].pid)
			return true;
	return false;
}

static int by_start(const void *a, const void *b)
{
	return strcmp(json_text(*(const json_t *const *)a, "event.start"),
	              json_text(*(const json_t *const *)b, "event.start"));
}

void expect_records(struct variant *v, const json_t *records)
{
	const json_t *found[RECORDS_MAX], *record;
	size_t n = 0, expected = 0, i;

	json_array_foreach(records, i, record)
	{
		if (is_of(v, record) && n < RECORDS_MAX)
			found[n++] = record;
	}
	qsort(found, n, sizeof(*found), by_start);
	while (expected < EXPECT_MAX && v->test->expect[expected].outcome)
		expected++;
	if (n != expected) {
		wrong(v, "%zu records, not %zu%s%s", n, expected, n ? "; the first: " : "",
		      n ? json_text(found[0], "connect.cause") : "");
		return;
	}
	if (v->n_seen < n) {
		wrong(v, "%zu records of %u attempts", n, v->n_seen);
		return;
	}
	for (i = 0; i < n; i++)
		check_record(v, &v->test->expect[i], &v->seen[i], found[i]);
	if (v->result == UNDECIDED)
		v->result = OK;
}
