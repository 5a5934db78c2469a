/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "explained.h"
#include "samples.h"

static void expect(const struct record *record, const char *expected)
{
	char *text = WRITTEN(output_json.record(out, &test_run, record));

	assert_string_equal(text, expected);
	free(text);
}

/* @expected: with %s where the explanation stands */
static void expect_explained(const struct record *record, const char *expected)
{
	const char *at = strstr(expected, "%s");
	char *explanation = explained(record), *text;

	assert_non_null(at);
	text = WRITTEN({
		buffer_bytes(out, expected, at - expected);
		buffer_string(out, explanation);
		buffer_string(out, at + 2);
	});
	expect(record, text);
	free(explanation);
	free(text);
}

static json_t *parsed(const struct record *record)
{
	char *text = WRITTEN(output_json.record(out, &test_run, record));
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s in %s", error.text, text);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	return json;
}

static const char *string_at(json_t *json, const char *object, const char *key)
{
	return json_string_value(json_object_get(json_object_get(json, object), key));
}

static void json_of_a_timeout(void **state)
{
	struct record record = timed_out();

	(void)state;
	expect(&record,
	       "{\"schema\":\"connwhy/1\",\"timestamp\":\"2026-11-23T10:20:30.123456789Z\","
	       "\"event\":{\"name\":\"tcp.connect\",\"start\":\"2026-11-23T10:18:19.051456789Z\","
	       "\"duration\":131072000000,\"outcome\":\"failure\"},"
	       "\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\","
	       "\"local\":{\"address\":\"10.0.0.5\",\"port\":43210},"
	       "\"peer\":{\"address\":\"192.0.2.7\",\"port\":443}},"
	       "\"error\":{\"type\":\"ETIMEDOUT\"},"
	       "\"process\":{\"pid\":4312,\"thread\":{\"id\":4312},"
	       "\"executable\":{\"name\":\"curl\"},\"user\":{\"id\":1000}},"
	       "\"netns\":4026531840,\"host\":{\"name\":\"n1\"},"
	       "\"connect\":{\"attempt\":17,\"errno\":110,\"return\":\"ETIMEDOUT\","
	       "\"blocking\":true,\"api\":\"connect\",\"cause\":\"no_reply\","
	       "\"explanation\":\"No reply to 4 SYNs in 131.1 s; nothing that the kernel accepts "
	       "came "
	       "back from 192.0.2.7:443, not even an ICMP error. Look for a firewall that drops "
	       "silently, and with `tcpdump -ni any host 192.0.2.7 and port 443` on both "
	       "sides.\","
	       "\"syn_sent\":4,\"complete\":true,\"steps\":["
	       "{\"at_ns\":41000,\"step\":\"syn_sent\"},"
	       "{\"at_ns\":1020000000,\"step\":\"syn_retry\"},"
	       "{\"at_ns\":2040000000,\"step\":\"syn_retry\"},"
	       "{\"at_ns\":3070000000,\"step\":\"syn_retry\"}]}}\n");
}

static void json_of_every_field(void **state)
{
	struct record record = everything();

	(void)state;
	record.peer.failing_since_ns = ATTEMPT_START_NS;
	record.peer.failures = 2;
	record.peer.last_success_ns = ATTEMPT_START_NS - 900 * MS;
	record.peer.alive = (struct answer){ATTEMPT_START_NS + SECOND, ANSWER_SOCKET, 22};
	expect_explained(
	        &record,
	        "{\"schema\":\"connwhy/1\",\"timestamp\":\"2026-11-23T10:20:30.123456789Z\","
	        "\"event\":{\"name\":\"tcp.connect\",\"start\":\"2026-11-23T10:18:19.051456789Z\","
	        "\"duration\":131072000000,\"outcome\":\"abandoned\"},"
	        "\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\","
	        "\"local\":{\"address\":\"10.0.0.5\",\"port\":43210},"
	        "\"peer\":{\"address\":\"192.0.2.7\",\"port\":443},"
	        "\"interface\":{\"name\":\"eth0\"}},\"error\":{\"type\":\"ECONNRESET\"},"
	        "\"process\":{\"pid\":4312,\"thread\":{\"id\":4312},"
	        "\"executable\":{\"name\":\"curl\"},\"user\":{\"id\":1000}},"
	        "\"cgroup\":{\"id\":4711,\"path\":\"/system.slice/x.service\"},"
	        "\"container\":{\"id\":\"0123abcd\"},\"netns\":4026531840,"
	        "\"host\":{\"name\":\"n1\"},\"connect\":{\"attempt\":17,\"errno\":104,"
	        "\"return\":\"EINTR\",\"blocking\":false,\"api\":\"connect\","
	        "\"cause\":\"shut_down\",\"why_no_answer\":\"dropped_locally_out\",\"explanation\":"
	        "\"%s\",\"syn_sent\":4,"
	        "\"complete\":false,\"preexisting\":true,\"series\":{\"id\":5,\"index\":2},"
	        "\"peer\":{\"failing_since\":\"2026-11-23T10:18:19.051456789Z\",\"failures\":2,"
	        "\"last_success\":\"2026-11-23T10:18:18.151456789Z\","
	        "\"host_alive\":{\"at\":\"2026-11-23T10:18:20.051456789Z\","
	        "\"how\":\"socket\",\"port\":22}},"
	        "\"mark\":7,\"bound_interface\":\"wg0\","
	        "\"asked\":{\"address\":\"10.96.0.1\",\"port\":80},"
	        "\"closer\":{\"pid\":50,\"thread\":{\"id\":51},"
	        "\"executable\":{\"name\":\"kill er\"},\"signal\":\"SIGKILL\"},"
	        "\"steps\":["
	        "{\"at_ns\":0,\"step\":\"dropped\",\"drop\":{\"direction\":\"out\","
	        "\"reason\":\"NETFILTER_DROP\",\"function\":\"nf_hook_slow\"}},"
	        "{\"at_ns\":1020000000,\"step\":\"syn_retry_failed\",\"retry\":{\"error\":"
	        "\"EPERM\"}},"
	        "{\"at_ns\":1030000000,\"step\":\"syn_retry_failed\",\"retry\":{\"error\":"
	        "\"NET_XMIT_DROP\"}},"
	        "{\"at_ns\":1500000000,\"step\":\"interrupted\",\"count\":304,\"interrupted\":{"
	        "\"error\":"
	        "\"EINTR\"}},"
	        "{\"at_ns\":2000000000,\"step\":\"rst_ignored\",\"rst\":{\"ttl\":57,\"ack\":"
	        "false}},"
	        "{\"at_ns\":2100000000,\"step\":\"stale_peer_state\"},"
	        "{\"at_ns\":2100000000,\"step\":\"rst_sent\",\"rst\":{\"from\":\"192.0.2.7\","
	        "\"ttl\":57,\"ack\":true}},"
	        "{\"at_ns\":3050000000,\"step\":\"icmp_received\",\"icmp\":{\"version\":4,"
	        "\"type\":3,\"code\":1,\"name\":\"host unreachable\",\"from\":\"10.0.0.1\","
	        "\"ttl\":63,\"hard\":true}},"
	        "{\"at_ns\":3060000000,\"step\":\"icmp_received\",\"icmp\":{\"version\":6,"
	        "\"type\":1,\"code\":4,\"name\":\"port unreachable\",\"hard\":false}},"
	        "{\"at_ns\":3070000000,\"step\":\"listener_full\",\"listener\":{\"queued\":129,"
	        "\"limit\":128}},"
	        "{\"at_ns\":3080000000,\"step\":\"dropped\",\"drop\":{\"direction\":\"in\"}},"
	        "{\"at_ns\":3090000000,\"step\":\"rst_received\",\"rst\":{\"from\":"
	        "\"192.0.2.7\",\"ttl\":57,\"ack\":true}}]}}\n");
}

static void json_of_a_success_over_ipv6(void **state)
{
	struct record record = ipv6_success();

	(void)state;
	record.error = ECONNRESET; /* what came later is no error of the attempt */
	expect(&record,
	       "{\"schema\":\"connwhy/1\",\"timestamp\":\"2026-11-23T10:18:19.051769245Z\","
	       "\"event\":{\"name\":\"tcp.connect\",\"start\":\"2026-11-23T10:18:19.051456789Z\","
	       "\"duration\":312456,\"outcome\":\"success\"},"
	       "\"network\":{\"transport\":\"tcp\",\"type\":\"ipv6\","
	       "\"local\":{\"address\":\"2001:db8::5\",\"port\":40000},"
	       "\"peer\":{\"address\":\"2001:db8::1:0:0:7\",\"port\":443}},"
	       "\"process\":{\"pid\":99,\"thread\":{\"id\":99},"
	       "\"executable\":{\"name\":\"nc\"},\"user\":{\"id\":0}},"
	       "\"host\":{\"name\":\"n1\"},\"connect\":{\"attempt\":1,"
	       "\"return\":\"EINPROGRESS\",\"blocking\":false,\"api\":\"connect\","
	       "\"cause\":\"established\",\"explanation\":\"Established in 312 us.\","
	       "\"syn_sent\":1,\"complete\":true,"
	       "\"steps\":[{\"at_ns\":41000,\"step\":\"syn_sent\"}]}}\n");
}

static void what_is_unknown_is_absent(void **state)
{
	struct record record = bare_record();

	(void)state;
	expect(&record,
	       "{\"schema\":\"connwhy/1\",\"timestamp\":\"2026-11-23T10:18:19.551456789Z\","
	       "\"event\":{\"name\":\"tcp.connect\",\"start\":\"2026-11-23T10:18:19.051456789Z\","
	       "\"duration\":500000000,\"outcome\":\"unknown\"},"
	       "\"network\":{\"transport\":\"tcp\"},\"host\":{\"name\":\"n1\"},"
	       "\"connect\":{\"attempt\":1,\"cause\":\"unknown\","
	       "\"explanation\":\"Still trying after 500.0 ms, when the tracer "
	       "stopped.\",\"complete\":true,"
	       "\"steps\":[]}}\n");
}

static void where_it_was_asked_to_go(void **state)
{
	struct record record = bare_record();
	json_t *json, *peer;

	(void)state;
	/* Refused before the socket had an address: what was asked for is all there is. */
	record.attempt.local.family = FAMILY_IPV4;
	record.attempt.asked = endpoint_of("192.0.2.7", 443);
	json = parsed(&record);
	peer = json_object_get(json_object_get(json, "network"), "peer");
	assert_string_equal(json_string_value(json_object_get(peer, "address")), "192.0.2.7");
	assert_null(json_object_get(json_object_get(json, "network"), "local"));
	assert_null(json_object_get(json_object_get(json, "connect"), "asked"));
	json_decref(json);

	record.attempt.remote = endpoint_of("192.0.2.7", 8443);
	json = parsed(&record);
	assert_non_null(json_object_get(json_object_get(json, "connect"), "asked"));
	json_decref(json);
}

static void hostile_bytes_stay_in_their_string(void **state)
{
	struct record record = hostile();
	json_t *json, *process;

	(void)state;
	record.cause = CAUSE_CLOSED_BY_APP;
	record.attempt.flags |= ATTEMPT_CLOSER;
	memcpy(record.attempt.closer.comm, "\x1b[31m\n\"no\"\\\xfe", 13);
	json = parsed(&record);
	process = json_object_get(json, "process");
	assert_memory_equal(string_at(json, "connect", "explanation"),
	                    "\x1b[31m\n\"no\"\\\xef\xbf\xbd (pid 0) closed ", 30);
	assert_string_equal(string_at(process, "executable", "name"),
	                    "\x1b[2J \"\\\xef\xbf\xbd\xc3\xa9\n=\xc2\x9b\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(string_at(json, "cgroup", "path"),
	                    "/a\nb\x01\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\xf0\x9f\x98\x80");
	assert_string_equal(string_at(json, "container", "id"), "\xe2\x80\xae"
	                                                        "c");
	json_decref(json);
}

static void any_bytes_give_json(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 2000; round++) {
		struct record record = timed_out();
		char path[64];

		for (int i = 0; i < COMM_SIZE; i++)
			record.attempt.comm[i] = (char)rand();
		for (size_t i = 0; i < sizeof(path); i++)
			path[i] = (char)(rand() % 255 + 1);
		path[sizeof(path) - 1] = '\0';
		record.place.cgroup_path = path;
		json_decref(parsed(&record));
	}
}

static void write_losses(struct buffer *out, size_t n)
{
	output_json.losses(out, &test_run, some_losses, n, ATTEMPT_START_NS);
}

static void the_other_lines(void **state)
{
	const struct run bare_run = {.version = "0", .kernel = "5.10", .tier = "fentry"};
	const struct totals totals = some_totals();
	char *text = WRITTEN(output_json.start(out, &test_run));

	(void)state;
	assert_string_equal(
	        text, "{\"schema\":\"connwhy/1\",\"timestamp\":\"2026-11-23T10:18:18.801456789Z\","
	              "\"event\":{\"name\":\"connwhy.start\"},\"host\":{\"name\":\"n1\"},"
	              "\"connwhy\":{\"version\":\"0.1.0\",\"kernel\":\"6.12.0\","
	              "\"tier\":\"kprobe\",\"hooks_missing\":[\"tcp_reset\",\"ip_icmp_error\"],"
	              "\"filter\":\"port 443\"}}\n");
	free(text);
	text = WRITTEN(output_json.start(out, &bare_run));
	assert_string_equal(
	        text, "{\"schema\":\"connwhy/1\",\"timestamp\":\"1970-01-01T00:00:00.000000000Z\","
	              "\"event\":{\"name\":\"connwhy.start\"},"
	              "\"connwhy\":{\"version\":\"0\",\"kernel\":\"5.10\",\"tier\":\"fentry\","
	              "\"hooks_missing\":[]}}\n");
	free(text);
	text = WRITTEN(write_losses(out, 2));
	assert_string_equal(
	        text, "{\"schema\":\"connwhy/1\",\"timestamp\":\"2026-11-23T10:18:19.051456789Z\","
	              "\"event\":{\"name\":\"connwhy.losses\"},\"host\":{\"name\":\"n1\"},"
	              "\"losses\":{\"ring_full\":3}}\n");
	free(text);
	text = WRITTEN(output_json.end(out, &test_run, &totals, ATTEMPT_START_NS));
	assert_string_equal(
	        text,
	        "{\"schema\":\"connwhy/1\",\"timestamp\":\"2026-11-23T10:18:19.051456789Z\","
	        "\"event\":{\"name\":\"connwhy.end\"},\"host\":{\"name\":\"n1\"},"
	        "\"connwhy\":{\"totals\":{\"begun\":1,\"preexisting\":2,\"reported\":3,"
	        "\"filtered_kernel\":4,\"filtered_user\":5,\"suppressed\":6,"
	        "\"in_flight\":7,\"queued\":8,\"lost\":9,\"late_steps\":10,\"unseen_at_most\":11,"
	        "\"outcome\":{\"success\":3,\"failure\":0,\"abandoned\":0,\"unknown\":0},"
	        "\"cause\":{\"established\":3}}}}\n");
	free(text);
}

/* Every word, so that one that the schema does not know is found. */
static void every_line_fits_the_schema(void **state)
{
	(void)state;
	expect_samples_fit(&output_json, "--json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(json_of_a_timeout),
	        cmocka_unit_test(json_of_every_field),
	        cmocka_unit_test(json_of_a_success_over_ipv6),
	        cmocka_unit_test(what_is_unknown_is_absent),
	        cmocka_unit_test(where_it_was_asked_to_go),
	        cmocka_unit_test(hostile_bytes_stay_in_their_string),
	        cmocka_unit_test(any_bytes_give_json),
	        cmocka_unit_test(the_other_lines),
	        cmocka_unit_test(every_line_fits_the_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
