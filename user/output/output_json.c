/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON Lines, one object a line; tests/schema/connwhy-1.schema.json describes them. A fact that is
 * not known is absent. Names are OpenTelemetry's where it has one.
 */
#include "output.h"

#include "diagnose.h"
#include "json.h"
#include "json_peer.h"
#include "json_step.h"
#include "memo.h"
#include "text.h"
#include "words.h"

#define SCHEMA "connwhy/1"

static void begin_line(struct json *json, const struct run *run, uint64_t at_ns)
{
	char time[TEXT_TIME_SIZE];

	json_begin(json, NULL);
	json_word(json, "schema", SCHEMA);
	json_word(json, "timestamp", memo_time(run->memo, time, text_wall_ns(run, at_ns)));
}

static void write_name(struct json *json, const char *name)
{
	json_begin(json, "event");
	json_word(json, "name", name);
	json_end(json);
}

static void end_line(struct json *json)
{
	json_end(json);
	buffer_char(json->out, '\n');
}

static void write_host(struct json *json, const struct run *run)
{
	json_begin_known(json, "host");
	json_string(json, "name", run->host);
	json_end(json);
}

static void write_endpoint(struct json *json, const char *key, const struct endpoint *endpoint)
{
	json_begin_known(json, key);
	json_address(json, "address", endpoint);
	json_known_number(json, "port", endpoint->port);
	json_end(json);
}

/* Of a peer all is known, or nothing: port 0 is a port. */
static void write_peer(struct json *json, const char *key, const struct endpoint *endpoint)
{
	if (!endpoint->family)
		return;
	json_begin(json, key);
	json_address(json, "address", endpoint);
	json_number(json, "port", endpoint->port);
	json_end(json);
}

static void write_event(struct json *json, const struct run *run, const struct record *record)
{
	char time[TEXT_TIME_SIZE];
	uint64_t start_ns = text_wall_ns(run, record->attempt.header.id);

	json_begin(json, "event");
	json_word(json, "name", "tcp.connect");
	json_word(json, "start", memo_time(run->memo, time, start_ns));
	json_number(json, "duration", record->duration_ns);
	json_word(json, "outcome", words_outcome(record->outcome));
	json_end(json);
}

static void write_network(struct json *json, const struct record *record)
{
	const struct endpoint *peer = output_peer(&record->attempt);
	const struct endpoint local = output_local(&record->attempt);
	uint8_t family = peer->family ? peer->family : local.family;

	json_begin(json, "network");
	json_word(json, "transport", "tcp");
	if (family)
		json_word(json, "type", family == FAMILY_IPV4 ? "ipv4" : "ipv6");
	write_endpoint(json, "local", &local);
	write_peer(json, "peer", peer);
	json_begin_known(json, "translation");
	write_endpoint(json, "local", &record->translation.via.local);
	write_endpoint(json, "peer", &record->translation.via.peer);
	json_end(json);
	json_begin_known(json, "interface");
	json_string(json, "name", record->place.route_interface);
	json_end(json);
	json_end(json);
}

static void write_error(struct json *json, const struct record *record)
{
	char name[TEXT_ERROR_SIZE];
	int error = output_error(record);

	json_begin_known(json, "error");
	if (error)
		json_word(json, "type", text_errno(name, error));
	json_end(json);
}

static void write_task(struct json *json, uint32_t pid, uint32_t tid, const char comm[COMM_SIZE],
                       const char *path)
{
	json_number(json, "pid", pid);
	json_begin_known(json, "thread");
	json_known_number(json, "id", tid);
	json_end(json);
	json_begin_known(json, "executable");
	if (comm[0])
		json_bytes(json, "name", comm, COMM_SIZE);
	if (!json_keeps(comm, COMM_SIZE))
		json_base64(json, "name_bytes", comm, COMM_SIZE);
	json_string(json, "path", path);
	json_end(json);
}

static void write_process(struct json *json, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;

	if (attempt->pid == 0)
		return;
	json_begin(json, "process");
	write_task(json, attempt->pid, attempt->tid, attempt->comm, record->place.executable_path);
	json_string(json, "command", record->place.command);
	json_begin(json, "user");
	json_number(json, "id", attempt->uid);
	json_end(json);
	json_end(json);
}

static void write_place(struct json *json, const struct record *record)
{
	json_begin_known(json, "cgroup");
	json_known_number(json, "id", record->attempt.cgroup_id);
	json_string(json, "path", record->place.cgroup_path);
	json_string(json, "unit", record->place.unit);
	json_end(json);
	json_begin_known(json, "container");
	json_string(json, "id", record->place.container_id);
	json_begin_known(json, "runtime");
	json_string(json, "name", record->place.container_runtime);
	json_end(json);
	json_end(json);
	json_begin_known(json, "k8s");
	json_begin_known(json, "pod");
	json_string(json, "uid", record->place.pod_uid);
	json_end(json);
	json_end(json);
	json_known_number(json, "netns", record->attempt.netns);
	json_string(json, "netns_name", record->place.netns_name);
}

static void write_where(struct json *json, const struct run *run, const struct record *record)
{
	struct buffer *before = memo_of(run->memo, record);
	size_t start = json->out->length;

	if (before && before->length) {
		buffer_bytes(json->out, before->bytes, before->length);
		return;
	}
	write_place(json, record);
	write_host(json, run);
	if (before && !json->out->failed)
		buffer_bytes(before, json->out->bytes + start, json->out->length - start);
}

/* ATTEMPT_BLOCKING says something when it is set, or when a call was seen that did not set it. */
static void write_call(struct json *json, const struct attempt *attempt)
{
	char error[TEXT_ERROR_SIZE];

	if (attempt->flags & ATTEMPT_RETURNED)
		json_word(json, "return", text_return(error, attempt->ret));
	if (attempt->flags & (ATTEMPT_BLOCKING | ATTEMPT_CALL_RUNNING | ATTEMPT_RETURNED))
		json_bool(json, "blocking", attempt->flags & ATTEMPT_BLOCKING);
	json_word(json, "api", words_api(attempt->api));
}

static void write_closer(struct json *json, const struct attempt *attempt)
{
	const struct closer *closer = &attempt->closer;
	char signal[TEXT_ERROR_SIZE];

	if (!(attempt->flags & ATTEMPT_CLOSER) || closer->pid == 0)
		return;
	json_begin(json, "closer");
	write_task(json, closer->pid, closer->tid, closer->comm, NULL);
	json_word(json, "signal", text_closer_signal(signal, closer));
	if (closer->execing)
		json_bool(json, "exec", true);
	json_end(json);
}

static void write_series(struct json *json, const struct record *record)
{
	if (record->series_id == 0)
		return;
	json_begin(json, "series");
	json_number(json, "id", record->series_id);
	json_number(json, "index", record->series_index);
	json_end(json);
}

static void write_explanation(struct json *json, const struct record *record)
{
	struct buffer sentence = {0};

	diagnose_explain(&sentence, record);
	if (sentence.length)
		json_bytes(json, "explanation", sentence.bytes, sentence.length);
	json->out->failed |= sentence.failed;
	buffer_free(&sentence);
}

static void write_connect(struct json *json, const struct run *run, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;

	json_begin(json, "connect");
	json_number(json, "attempt", record->number);
	json_known_number(json, "errno", output_error(record));
	write_call(json, attempt);
	json_word(json, "cause", words_cause(record->cause));
	if (record->has_why)
		json_word(json, "why_no_answer", words_cause(record->why_no_answer));
	write_explanation(json, record);
	if (record->syn_sent >= 0)
		json_number(json, "syn_sent", record->syn_sent);
	json_bool(json, "complete", record->complete);
	if (attempt->flags & ATTEMPT_PREEXISTING)
		json_bool(json, "preexisting", true);
	if (attempt->flags & ATTEMPT_SUBFLOW)
		json_bool(json, "subflow", true);
	write_series(json, record);
	json_peer(json, run, &record->peer);
	json_known_number(json, "mark", attempt->mark);
	json_string(json, "bound_interface", record->place.bound_interface);
	if (output_was_rewritten(attempt))
		write_peer(json, "asked", &attempt->asked);
	write_closer(json, attempt);
	json_begin_list(json, "steps");
	for (unsigned int i = 0; i < record->n_steps; i++)
		json_step(json, &record->steps[i]);
	json_end_list(json);
	json_end(json);
}

static void write_record(struct buffer *out, const struct run *run, const struct record *record)
{
	struct json json = {.out = out};

	begin_line(&json, run, record->attempt.header.id + record->duration_ns);
	write_event(&json, run, record);
	write_network(&json, record);
	write_error(&json, record);
	write_process(&json, record);
	write_where(&json, run, record);
	write_connect(&json, run, record);
	end_line(&json);
}

static void write_start(struct buffer *out, const struct run *run)
{
	struct json json = {.out = out};

	begin_line(&json, run, run->start_ns);
	write_name(&json, "connwhy.start");
	write_host(&json, run);
	json_begin(&json, "connwhy");
	json_string(&json, "version", run->version);
	json_string(&json, "kernel", run->kernel);
	json_string(&json, "tier", run->tier);
	json_begin_list(&json, "hooks_missing");
	for (const char *const *hook = run->hooks_missing; hook && *hook; hook++)
		json_string(&json, NULL, *hook);
	json_end_list(&json);
	if (run->filter && *run->filter)
		json_string(&json, "filter", run->filter);
	json_end(&json);
	end_line(&json);
}

static void write_losses(struct buffer *out, const struct run *run, const struct loss *losses,
                         size_t n_losses, uint64_t now_ns)
{
	struct json json = {.out = out};

	begin_line(&json, run, now_ns);
	write_name(&json, "connwhy.losses");
	write_host(&json, run);
	json_begin(&json, "losses");
	for (size_t i = 0; i < n_losses; i++)
		json_known_number(&json, losses[i].reason, losses[i].count);
	json_end(&json);
	end_line(&json);
}

static void write_totals(struct json *json, const struct totals *totals)
{
	json_begin(json, "totals");
	json_number(json, "begun", totals->begun);
	json_number(json, "preexisting", totals->preexisting);
	json_number(json, "reported", totals->reported);
	json_number(json, "filtered_kernel", totals->filtered_kernel);
	json_number(json, "filtered_user", totals->filtered_user);
	json_number(json, "suppressed", totals->suppressed);
	json_number(json, "in_flight", totals->in_flight);
	json_number(json, "queued", totals->queued);
	json_number(json, "lost", totals->lost);
	json_number(json, "late_steps", totals->late_steps);
	json_number(json, "unseen_at_most", totals->unseen_at_most);
	json_begin(json, "outcome");
	for (int i = 0; i < OUTCOME_MAX; i++)
		json_number(json, words_outcome(i), totals->by_outcome[i]);
	json_end(json);
	json_begin(json, "cause");
	for (int i = 0; i < CAUSE_MAX; i++)
		json_known_number(json, words_cause(i), totals->by_cause[i]);
	json_end(json);
	json_end(json);
}

static void write_end(struct buffer *out, const struct run *run, const struct totals *totals,
                      uint64_t now_ns)
{
	struct json json = {.out = out};

	begin_line(&json, run, now_ns);
	write_name(&json, "connwhy.end");
	write_host(&json, run);
	json_begin(&json, "connwhy");
	write_totals(&json, totals);
	json_end(&json);
	end_line(&json);
}

const struct output_ops output_json = {
        .name = "json",
        .for_programs = true,
        .start = write_start,
        .record = write_record,
        .losses = write_losses,
        .end = write_end,
};
