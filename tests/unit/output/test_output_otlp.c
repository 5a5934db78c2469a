/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>

#include "explained.h"
#include "samples.h"

/* The only LogRecord of a request; `request` is to be released. */
static const json_t *log_record(const char *text, json_t **request)
{
	json_error_t error;
	const json_t *found;

	*request = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!*request)
		fail_msg("%s: %s", error.text, text);
	found = json_array_get(json_object_get(*request, "resourceLogs"), 0);
	found = json_array_get(json_object_get(found, "scopeLogs"), 0);
	return json_array_get(json_object_get(found, "logRecords"), 0);
}

/* The value of an attribute, of whatever type; NULL where there is none. */
static const json_t *attribute(const json_t *list, const char *key)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!strcmp(json_string_value(json_object_get(item, "key")), key))
			return json_object_iter_value(
			        json_object_iter(json_object_get(item, "value")));
	}
	return NULL;
}

static void expect_text(const json_t *value, const char *expected)
{
	assert_true(json_is_string(value));
	assert_string_equal(json_string_value(value), expected);
}

static void a_log_record(void **state)
{
	struct record record = timed_out();
	char *text = WRITTEN(output_otlp.record(out, &test_run, &record));
	char *explanation = explained(&record);
	json_t *request;
	const json_t *log = log_record(text, &request), *list = json_object_get(log, "attributes");

	(void)state;
	assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
	expect_text(json_object_get(log, "timeUnixNano"), "1795429230123456789");
	expect_text(json_object_get(log, "eventName"), "tcp.connect");
	expect_text(json_object_get(log, "severityText"), "warning");
	assert_int_equal(json_integer_value(json_object_get(log, "severityNumber")), 13);
	expect_text(json_object_get(json_object_get(log, "body"), "stringValue"), explanation);
	free(explanation);
	expect_text(attribute(list, "network.peer.address"), "192.0.2.7");
	expect_text(attribute(list, "network.peer.port"), "443");
	expect_text(attribute(list, "error.type"), "ETIMEDOUT");
	expect_text(attribute(list, "event.duration"), "131072000000");
	expect_text(attribute(list, "connect.cause"), "no_reply");
	assert_true(json_is_true(attribute(list, "connect.blocking")));
	/* These stand elsewhere. */
	assert_null(attribute(list, "event.name"));
	assert_null(attribute(list, "timestamp"));
	assert_null(attribute(list, "connect.explanation"));
	assert_null(attribute(list, "host.name"));
	json_decref(request);
	free(text);
}

static void steps_are_a_list(void **state)
{
	struct record record = everything();
	char *text = WRITTEN(output_otlp.record(out, &test_run, &record));
	json_t *request;
	const json_t *log = log_record(text, &request), *steps, *step;

	(void)state;
	steps = json_object_get(attribute(json_object_get(log, "attributes"), "connect.steps"),
	                        "values");
	assert_int_equal(json_array_size(steps), record.n_steps);
	step = json_object_get(json_object_get(json_array_get(steps, 0), "kvlistValue"), "values");
	expect_text(attribute(step, "at_ns"), "0");
	expect_text(attribute(step, "step"), "dropped");
	expect_text(attribute(json_object_get(attribute(step, "drop"), "values"), "reason"),
	            "NETFILTER_DROP");
	json_decref(request);
	free(text);
}

/* int64 has no room for it. */
static void numbers_past_int64_are_strings(void **state)
{
	struct record record = timed_out();
	json_t *request;
	char *text;

	(void)state;
	record.attempt.cgroup_id = INT64_MAX;
	text = WRITTEN(output_otlp.record(out, &test_run, &record));
	assert_non_null(strstr(text, "\"cgroup.id\",\"value\":{\"intValue\":"
	                             "\"9223372036854775807\"}"));
	free(text);
	record.attempt.cgroup_id = INT64_MAX + UINT64_C(1);
	text = WRITTEN(output_otlp.record(out, &test_run, &record));
	assert_non_null(strstr(text, "\"cgroup.id\",\"value\":{\"stringValue\":"
	                             "\"9223372036854775808\"}"));
	log_record(text, &request);
	json_decref(request);
	free(text);
}

static void where_it_comes_from(void **state)
{
	char *text = WRITTEN(output_otlp.start(out, &test_run));
	json_t *request;
	const json_t *log = log_record(text, &request), *resource;

	(void)state;
	resource = json_array_get(json_object_get(request, "resourceLogs"), 0);
	resource = json_object_get(json_object_get(resource, "resource"), "attributes");
	expect_text(attribute(resource, "service.name"), "connwhy");
	expect_text(attribute(resource, "service.version"), "0.1.0");
	expect_text(attribute(resource, "host.name"), "n1");
	expect_text(json_object_get(log, "eventName"), "connwhy.start");
	expect_text(attribute(json_object_get(log, "attributes"), "connwhy.tier"), "kprobe");
	json_decref(request);
	free(text);
}

static void every_line_fits_the_schema(void **state)
{
	(void)state;
	expect_samples_fit(&output_otlp, "--otlp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_log_record),
	        cmocka_unit_test(steps_are_a_list),
	        cmocka_unit_test(numbers_past_int64_are_strings),
	        cmocka_unit_test(where_it_comes_from),
	        cmocka_unit_test(every_line_fits_the_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
