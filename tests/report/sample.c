// SPDX-License-Identifier: GPL-2.0-only
/*
 * sample FILE N [CASES]: a file for -r with N attempts and more, the same each time.
 *
 * They are the cases of tests/cases, each once, and then copies of some of them with other times,
 * processes and destinations: an afternoon of a host whose database goes silent for a while. For
 * looking at a page with as many attempts as a busy host makes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>

#include "save.h"
#include "script_read.h"

#define SPAN_NS (3600 * SECOND)
#define SILENT_FROM 0.42 /* of the span */
#define SILENT_TO 0.55
#define EXPECTATION "\n-- "

/* Who connects to what, how often, and how it ends otherwise than well. */
static const struct story {
	const char *comm, *address;
	uint16_t port;
	unsigned int share; /* of 1000 */
	const char *ends[4];
	unsigned int bad; /* of 1000 */
} stories[] = {
        {"nginx", "10.4.0.21", 8080, 380, {"refused", "reset_after_established"}, 4},
        {"nginx", "10.4.0.22", 8080, 180, {"refused"}, 6},
        {"api-server", "10.4.0.12", 5432, 170, {"closed_by_app"}, 3},
        {"worker", "10.4.0.13", 6379, 110, {"refused"}, 2},
        {"prometheus", "10.4.7.31", 9100, 60, {"no_reply", "refused"}, 30},
        {"curl", "198.51.100.17", 443, 30, {"prohibited_icmp", "deadline_of_app"}, 180},
        {"chrome", "2001:db8:7::443", 443, 24, {"established"}, 0},
        {"systemd-resolve", "192.0.2.53", 853, 16, {"unreachable_icmp", "no_route"}, 200},
        {"java", "10.4.0.40", 9092, 15, {"dropped_locally_out", "listener_overflow"}, 250},
        {"ssh", "203.0.113.9", 22, 10, {"killed", "no_reply", "send_timeout"}, 400},
        {"backup", "10.9.1.2", 873, 5, {"neighbour_unresolved", "rejected_locally"}, 700},
};

static uint64_t random_state = 88172645463325252ULL;

/* xorshift64 (Marsaglia) */
static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static unsigned int random_below(unsigned int limit)
{
	return (random_number() >> 20) % limit;
}

static union script_event *events;
static size_t n_events, room;
static uint64_t n_copies;

static void read_script(struct script *script, const char *directory, const char *name)
{
	char path[512], *text = NULL, *expectation;
	size_t size = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s.case", directory, name);
	in = fopen(path, "re");
	if (!in || getdelim(&text, &size, '\0', in) < 0) {
		perror(path);
		exit(1);
	}
	fclose(in);
	expectation = strstr(text, EXPECTATION);
	if (expectation)
		*expectation = '\0';
	*script = (struct script){.file = strdup(path)};
	script_read(script, text);
	free(text);
}

static void move_time(__u64 *at_ns, uint64_t by_ns)
{
	if (*at_ns)
		*at_ns += by_ns;
}

struct change {
	struct endpoint from, to;
};

static void move_endpoint(struct endpoint *endpoint, const struct change *change)
{
	uint16_t port = endpoint->port == change->from.port ? change->to.port : endpoint->port;

	if (endpoint->family != change->from.family ||
	    memcmp(endpoint->address, change->from.address, sizeof(endpoint->address)))
		return;
	*endpoint = change->to;
	endpoint->port = port;
}

static void move_event(union script_event *event, uint64_t by_ns, const struct change *peer)
{
	event->header.socket += n_copies << 8;
	event->header.id += by_ns;
	event->header.at_ns += by_ns;
	switch (event->header.type) {
	case EVENT_END:
		move_time(&event->attempt.final_ns, by_ns);
		move_time(&event->attempt.return_ns, by_ns);
		move_time(&event->attempt.syn_ns, by_ns);
		move_time(&event->attempt.rst.at_ns, by_ns);
		move_endpoint(&event->attempt.remote, peer);
		move_endpoint(&event->attempt.asked, peer);
		move_endpoint(&event->attempt.rst.from, peer);
		break;
	case EVENT_DROP:
		move_endpoint(&event->step.drop.from, peer);
		move_endpoint(&event->step.drop.to, peer);
		break;
	case EVENT_RST_SENT:
	case EVENT_RST_IGNORED:
		move_time(&event->step.segment.at_ns, by_ns);
		move_endpoint(&event->step.segment.from, peer);
		break;
	case EVENT_RST_ESTABLISHED: move_time(&event->step.reset.established_ns, by_ns); break;
	default: break;
	}
}

/* Of all attempts of the script, or of its first alone. Returns where its events begin. */
static size_t add_copy(const struct script *script, uint64_t by_ns, const struct change *peer,
                       bool first_alone)
{
	size_t start = n_events;

	if (n_events + script->n_events > room) {
		room = 2 * (room + SCRIPT_EVENTS_MAX);
		events = realloc(events, room * sizeof(*events));
		if (!events)
			abort();
	}
	n_copies++;
	for (size_t i = 0; i < script->n_events; i++) {
		/* A day later is another afternoon. */
		if (script->events[i].header.id > ATTEMPT_START_NS + SPAN_NS)
			continue;
		if (first_alone &&
		    script->events[i].header.socket != script->events[0].header.socket)
			continue;
		events[n_events] = script->events[i];
		move_event(&events[n_events++], by_ns, peer);
	}
	return start;
}

static const struct story *random_story(void)
{
	unsigned int at = random_below(1000);
	const struct story *story = stories;

	while (at >= story->share)
		at -= story++->share;
	return story;
}

static const char *random_end(const struct story *story, double when)
{
	unsigned int n = 0;

	if (story->port == 5432 && when > SILENT_FROM && when < SILENT_TO)
		return random_below(3) ? "deadline_of_app" : "no_reply";
	while (n < 4 && story->ends[n])
		n++;
	return random_below(1000) < story->bad ? story->ends[random_below(n)] : "established";
}

/* Most take well under a millisecond in the same rack, and far ones up to a tenth of a second. */
static uint64_t random_latency_ns(const struct story *story)
{
	uint64_t ns = 90000 + random_below(160000);

	for (unsigned int i = random_below(6); i > 0; i--)
		ns = ns * (10 + random_below(8)) / 10;
	return story->share < 50 ? ns * 60 : ns;
}

static void add_story(const struct script *scripts, const char *const *names, size_t n_scripts,
                      uint64_t number, uint64_t all)
{
	const struct story *story = random_story();
	double when = ((double)number + random_below(1000) / 1000.0) / (double)all;
	const char *end = random_end(story, when);
	struct change peer = {endpoint_of("192.0.2.7", 443),
	                      endpoint_of(story->address, story->port)};
	size_t at = 0, i;

	while (at < n_scripts && strcmp(names[at], end) != 0)
		at++;
	if (at == n_scripts)
		abort();
	for (i = add_copy(&scripts[at], (uint64_t)(when * SPAN_NS), &peer, true); i < n_events;
	     i++) {
		struct attempt *attempt = &events[i].attempt;

		if (attempt->header.type != EVENT_END)
			continue;
		memset(attempt->comm, 0, sizeof(attempt->comm));
		memcpy(attempt->comm, story->comm, strlen(story->comm));
		attempt->pid = attempt->tid = 1000 + (uint32_t)(story - stories) * 7;
		if (attempt->final_state == TCP_STATE_ESTABLISHED && !strcmp(end, "established"))
			attempt->final_ns = attempt->header.at_ns =
			        attempt->header.id + random_latency_ns(story);
	}
}

static int by_time(const void *left, const void *right)
{
	const union script_event *a = left, *b = right;

	return a->header.at_ns < b->header.at_ns ? -1 : a->header.at_ns > b->header.at_ns;
}

static int is_case(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && !strcmp(end, ".case");
}

static void write_names(FILE *out, const struct script *script)
{
	for (size_t i = 0; i < script->n_names; i++) {
		save_name(out, NAME_DROP_REASON, i + 1, 0, script->names[i]);
		save_name(out, NAME_FUNCTION, i + 1, 0, script->names[i]);
	}
	for (size_t i = 0; i < script->n_events; i++)
		if (script->events[i].header.type == EVENT_END && script->place.cgroup_path)
			save_name(out, NAME_CGROUP, script->events[i].attempt.cgroup_id, 0,
			          script->place.cgroup_path);
}

int main(int argc, char **argv)
{
	const char *directory = argc > 3 ? argv[3] : "tests/cases";
	uint64_t all = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	struct script *scripts;
	struct dirent **entries;
	int n = scandir(directory, &entries, is_case, alphasort);
	FILE *out = argc > 2 ? fopen(argv[1], "we") : NULL;
	const char **names = calloc(n > 0 ? n : 1, sizeof(*names));

	if (!out || n <= 0 || save_header(out, &test_run)) {
		fprintf(stderr, "usage: sample FILE N [CASES]\n");
		return 64;
	}
	scripts = calloc(n, sizeof(*scripts));
	if (!scripts || !names)
		return 1;
	for (int i = 0; i < n; i++) {
		*strrchr(entries[i]->d_name, '.') = '\0';
		names[i] = entries[i]->d_name;
		read_script(&scripts[i], directory, names[i]);
		write_names(out, &scripts[i]);
		if (all)
			add_copy(&scripts[i], SPAN_NS / (unsigned int)n * i, &(struct change){0},
			         false);
	}
	for (uint64_t i = 0; i < all; i++)
		add_story(scripts, names, n, i, all);
	qsort(events, n_events, sizeof(*events), by_time);
	for (size_t i = 0; i < n_events; i++)
		if (save_event(out, &events[i].header))
			return 1;
	return fclose(out) ? 1 : 0;
}
