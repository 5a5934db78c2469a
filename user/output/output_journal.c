// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries for journald: fields as in the journal's export format, KEY=value a line and an empty
 * line behind each entry. They are what the JSON output says, named by its paths, and those that
 * journald itself knows; dist/connwhy.catalog explains each MESSAGE_ID.
 */
#include "output.h"

#include <ctype.h>
#include <string.h>

#include "array.h"
#include "diagnose.h"
#include "flatten.h"
#include "words.h"

#define FIELD_SIZE 64 /* what journald takes for the name of a field */

enum kind { KIND_START, KIND_LOSSES, KIND_END, KINDS };

/* Made at random, once and for all: systemd-id128 new. */
static const char *const outcome_ids[OUTCOME_MAX] = {
        [OUTCOME_SUCCESS] = "fba154ff33fa43e28f0b6a294febdd65",
        [OUTCOME_FAILURE] = "c5d24bcc9fc647eeae20c82676427c50",
        [OUTCOME_ABANDONED] = "bf8b81ea485b4f4cb1fb61af0f91b775",
        [OUTCOME_UNKNOWN] = "ad83d8c1026649fbb130ac80acbf926f",
};
static const char *const kind_ids[KINDS] = {
        [KIND_START] = "7f224f50652341e89df3095f97b76972",
        [KIND_LOSSES] = "06b267b0d9764d1a93c60ab143973c56",
        [KIND_END] = "5df791523214481fa57ee28e0a02ce3e",
};

/* As syslog counts. */
static const unsigned int priorities[] = {
        [SEVERITY_INFO] = 6, [SEVERITY_NOTICE] = 5, [SEVERITY_WARNING] = 4};

/* "network.peer.port" is CONNECT_PEER_PORT; what begins with "connwhy." is CONNWHY_…. */
static void write_key(struct buffer *out, const char *path)
{
	static const char *const implied[] = {"connect.", "network.", "event.", "process."};
	char name[FLATTEN_PATH_SIZE + sizeof("CONNECT_")];

	for (size_t i = 0; i < ARRAY_SIZE(implied); i++) {
		if (strncmp(path, implied[i], strlen(implied[i])) == 0) {
			path += strlen(implied[i]);
			break;
		}
	}
	snprintf(name, sizeof(name), "%s%s", strncmp(path, "connwhy.", 8) ? "CONNECT_" : "", path);
	for (size_t i = 0; name[i] && i < FIELD_SIZE; i++)
		buffer_char(out, name[i] == '.' ? '_' : (char)toupper((unsigned char)name[i]));
}

/* Of a string, without its quotes; escapes of control bytes stay what they are in JSON. */
static void write_string(struct buffer *out, const char *value, size_t length)
{
	for (size_t i = 1; i + 1 < length; i++) {
		if (value[i] == '\\' && (value[i + 1] == '"' || value[i + 1] == '\\'))
			i++;
		buffer_char(out, value[i]);
	}
}

static void write_field(void *context, const char *path, const char *value, size_t length)
{
	/* The journal has a field of its own for these. */
	static const char *const known[] = {"schema", "timestamp", "event.name", "host.name"};
	struct buffer *out = context;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(path, known[i]) == 0)
			return;
	write_key(out, path);
	buffer_char(out, '=');
	if (*value == '"')
		write_string(out, value, length);
	else
		buffer_bytes(out, value, length);
	buffer_char(out, '\n');
}

/* Takes the line of the JSON output over; ends the entry. */
static void write_fields(struct buffer *out, struct buffer *line)
{
	buffer_char(line, '\0');
	if (line->failed)
		out->failed = true;
	else
		flatten(line->bytes, write_field, out);
	buffer_char(out, '\n');
	buffer_free(line);
}

static void write_head(struct buffer *out, const char *id, enum severity severity)
{
	buffer_print(out, "MESSAGE_ID=%s\nPRIORITY=%u\nMESSAGE=", id, priorities[severity]);
}

static void write_message(struct buffer *out, const struct record *record)
{
	char process[TEXT_PROCESS_SIZE], peer[TEXT_ENDPOINT_SIZE], result[TEXT_ERROR_SIZE],
	        took[TEXT_TIME_SIZE];
	struct buffer explanation = {0};

	buffer_print(out, "%s > %s: %s after %s, %s. ",
	             text_process(process, record->attempt.comm, record->attempt.pid),
	             text_endpoint(peer, output_peer(&record->attempt)),
	             output_result(result, record), text_duration_words(took, record->duration_ns),
	             words_cause(record->cause));
	diagnose_explain(&explanation, record);
	text_escaped(out, explanation.bytes ?: "", explanation.length);
	buffer_char(out, '\n');
	out->failed |= explanation.failed;
	buffer_free(&explanation);
}

static void write_record(struct buffer *out, const struct run *run, const struct record *record)
{
	struct buffer line = {0};

	write_head(out, outcome_ids[record->outcome], output_severity(record));
	write_message(out, record);
	/* journald adds what it knows of that process, and `journalctl -u` finds it by its unit. */
	if (record->attempt.pid)
		buffer_print(out, "OBJECT_PID=%u\n", record->attempt.pid);
	if (output_error(record))
		buffer_print(out, "ERRNO=%d\n", output_error(record));
	output_json.record(&line, run, record);
	write_fields(out, &line);
}

static void write_start(struct buffer *out, const struct run *run)
{
	struct buffer line = {0};

	write_head(out, kind_ids[KIND_START], SEVERITY_INFO);
	buffer_print(out, "connwhy %s traces in tier %s\n", run->version, run->tier);
	output_json.start(&line, run);
	write_fields(out, &line);
}

static void write_losses(struct buffer *out, const struct run *run, const struct loss *losses,
                         size_t n_losses, uint64_t now_ns)
{
	struct buffer line = {0};

	write_head(out, kind_ids[KIND_LOSSES], SEVERITY_WARNING);
	output_text_losses(out, run, losses, n_losses, now_ns);
	if (!out->failed && out->bytes[out->length - 1] != '\n')
		buffer_char(out, '\n'); /* none */
	output_json.losses(&line, run, losses, n_losses, now_ns);
	write_fields(out, &line);
}

static void write_end(struct buffer *out, const struct run *run, const struct totals *totals,
                      uint64_t now_ns)
{
	struct buffer line = {0};

	write_head(out, kind_ids[KIND_END], SEVERITY_INFO);
	output_text_end(out, run, totals, now_ns);
	output_json.end(&line, run, totals, now_ns);
	write_fields(out, &line);
}

const struct output_ops output_journal = {
        .name = "journal",
        .for_programs = true,
        .to_journal = true,
        .start = write_start,
        .record = write_record,
        .losses = write_losses,
        .end = write_end,
};
