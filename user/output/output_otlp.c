// SPDX-License-Identifier: GPL-2.0-only
/*
 * OTLP/JSON, one ExportLogsServiceRequest a line (opentelemetry-proto, logs/v1): what the JSON
 * output says, its paths as the names of attributes. 64-bit integers are strings there, enums are
 * numbers.
 */
#include "output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose.h"
#include "flatten.h"
#include "json.h"
#include "text.h"

#define INT64_DIGITS 19

/* SeverityNumber, and the words of syslog. */
static const struct {
	unsigned int number;
	const char *text;
} severities[] = {
        [SEVERITY_INFO] = {9, "info"},
        [SEVERITY_NOTICE] = {10, "notice"},
        [SEVERITY_WARNING] = {13, "warning"},
};

struct attributes {
	struct buffer *out;
	bool comma;
};

static const char *write_value(struct buffer *out, const char *value);

static const char *write_values(struct buffer *out, const char *at)
{
	at++;
	while (*at != ']') {
		if (*at == ',') {
			buffer_char(out, ',');
			at++;
		}
		at = write_value(out, at);
	}
	return at + 1;
}

static const char *write_members(struct buffer *out, const char *at)
{
	at++;
	while (*at != '}') {
		const char *end;

		if (*at == ',') {
			buffer_char(out, ',');
			at++;
		}
		end = flatten_skip(at);
		buffer_string(out, "{\"key\":");
		buffer_bytes(out, at, end - at);
		buffer_string(out, ",\"value\":");
		at = write_value(out, end + 1);
		buffer_char(out, '}');
	}
	return at + 1;
}

/* int64 ends before uint64 does: what is past it is told as a string. */
static bool fits_int64(const char *digits, size_t length)
{
	return length < INT64_DIGITS ||
	       (length == INT64_DIGITS && memcmp(digits, "9223372036854775807", length) <= 0);
}

static void write_scalar(struct buffer *out, const char *value, size_t length)
{
	const char *type = "stringValue";
	bool quote = *value != '"' && *value != 't' && *value != 'f';

	if (*value == 't' || *value == 'f')
		type = "boolValue";
	else if (quote && fits_int64(value, length))
		type = "intValue";
	buffer_print(out, "{\"%s\":%s%.*s%s}", type, quote ? "\"" : "", (int)length, value,
	             quote ? "\"" : "");
}

/* An AnyValue. Returns where the value of the JSON output ends. */
static const char *write_value(struct buffer *out, const char *value)
{
	const char *end;

	switch (*value) {
	case '[':
		buffer_string(out, "{\"arrayValue\":{\"values\":[");
		end = write_values(out, value);
		buffer_string(out, "]}}");
		return end;
	case '{':
		buffer_string(out, "{\"kvlistValue\":{\"values\":[");
		end = write_members(out, value);
		buffer_string(out, "]}}");
		return end;
	default:
		end = flatten_skip(value);
		write_scalar(out, value, end - value);
		return end;
	}
}

static void write_attribute(void *context, const char *path, const char *value, size_t length)
{
	/* These stand elsewhere in the request. */
	static const char *const elsewhere[] = {"schema",    "timestamp",           "event.name",
	                                        "host.name", "connect.explanation", NULL};
	struct attributes *attributes = context;

	(void)length;
	for (const char *const *other = elsewhere; *other; other++)
		if (strcmp(path, *other) == 0)
			return;
	buffer_print(attributes->out, "%s{\"key\":\"%s\",\"value\":", attributes->comma ? "," : "",
	             path);
	write_value(attributes->out, value);
	buffer_char(attributes->out, '}');
	attributes->comma = true;
}

static void write_string_attribute(struct json *json, const char *key, const char *text)
{
	if (!text)
		return;
	json_begin(json, NULL);
	json_string(json, "key", key);
	json_begin(json, "value");
	json_string(json, "stringValue", text);
	json_end(json);
	json_end(json);
}

static void write_resource(struct json *json, const struct run *run)
{
	json_begin(json, "resource");
	json_begin_list(json, "attributes");
	write_string_attribute(json, "service.name", "connwhy");
	write_string_attribute(json, "service.version", run->version);
	write_string_attribute(json, "host.name", run->host);
	write_string_attribute(json, "os.type", "linux");
	json_end_list(json);
	json_end(json);
}

static void write_time(struct json *json, const char *key, uint64_t wall_ns)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, wall_ns);
	json_string(json, key, digits);
}

/* What a LogRecord says beside its attributes. @body: NULL for none */
struct log {
	const char *event;
	uint64_t at_ns;
	enum severity severity;
	const struct buffer *body;
};

/* @line: what the JSON output wrote */
static void write_log_record(struct json *json, const struct run *run, const struct log *log,
                             const char *line)
{
	struct attributes attributes = {.out = json->out};
	uint64_t wall_ns = text_wall_ns(run, log->at_ns);

	json_begin(json, NULL);
	write_time(json, "timeUnixNano", wall_ns);
	write_time(json, "observedTimeUnixNano", wall_ns);
	json_number(json, "severityNumber", severities[log->severity].number);
	json_string(json, "severityText", severities[log->severity].text);
	json_string(json, "eventName", log->event);
	if (log->body) {
		json_begin(json, "body");
		json_bytes(json, "stringValue", log->body->bytes ?: "", log->body->length);
		json_end(json);
	}
	json_begin_list(json, "attributes");
	flatten(line, write_attribute, &attributes);
	json_end_list(json);
	json_end(json);
}

static void write_scope(struct json *json, const struct run *run, const struct log *log,
                        const char *line)
{
	json_begin(json, NULL);
	json_begin(json, "scope");
	json_string(json, "name", "connwhy");
	json_string(json, "version", run->version);
	json_end(json);
	json_begin_list(json, "logRecords");
	write_log_record(json, run, log, line);
	json_end_list(json);
	json_end(json);
}

/* Takes the line of the JSON output over. */
static void write_request(struct buffer *out, const struct run *run, const struct log *log,
                          struct buffer *line)
{
	struct json json = {.out = out};

	buffer_char(line, '\0');
	if (line->failed) {
		out->failed = true;
	} else {
		json_begin(&json, NULL);
		json_begin_list(&json, "resourceLogs");
		json_begin(&json, NULL);
		write_resource(&json, run);
		json_begin_list(&json, "scopeLogs");
		write_scope(&json, run, log, line->bytes);
		json_end_list(&json);
		json_end(&json);
		json_end_list(&json);
		json_end(&json);
		buffer_char(out, '\n');
	}
	buffer_free(line);
}

static void write_record(struct buffer *out, const struct run *run, const struct record *record)
{
	struct buffer line = {0}, explanation = {0};
	const struct log log = {
	        .event = "tcp.connect",
	        .at_ns = record->attempt.header.id + record->duration_ns,
	        .severity = output_severity(record),
	        .body = &explanation,
	};

	diagnose_explain(&explanation, record);
	output_json.record(&line, run, record);
	write_request(out, run, &log, &line);
	out->failed |= explanation.failed;
	buffer_free(&explanation);
}

static void write_start(struct buffer *out, const struct run *run)
{
	const struct log log = {"connwhy.start", run->start_ns, SEVERITY_INFO, NULL};
	struct buffer line = {0};

	output_json.start(&line, run);
	write_request(out, run, &log, &line);
}

static void write_losses(struct buffer *out, const struct run *run, const struct loss *losses,
                         size_t n_losses, uint64_t now_ns)
{
	const struct log log = {"connwhy.losses", now_ns, SEVERITY_WARNING, NULL};
	struct buffer line = {0};

	output_json.losses(&line, run, losses, n_losses, now_ns);
	write_request(out, run, &log, &line);
}

static void write_end(struct buffer *out, const struct run *run, const struct totals *totals,
                      uint64_t now_ns)
{
	const struct log log = {"connwhy.end", now_ns, SEVERITY_INFO, NULL};
	struct buffer line = {0};

	output_json.end(&line, run, totals, now_ns);
	write_request(out, run, &log, &line);
}

const struct output_ops output_otlp = {
        .name = "otlp",
        .for_programs = true,
        .start = write_start,
        .record = write_record,
        .losses = write_losses,
        .end = write_end,
};
