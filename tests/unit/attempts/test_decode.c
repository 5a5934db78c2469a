// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"

union event {
	struct event_header header;
	struct attempt attempt;
	struct step_event step;
};

/* An event of that type with nothing but what makes it one. */
static union event plain(__u32 type)
{
	union event event = {.header.type = type};

	event.header.size = type == EVENT_END ? sizeof(struct attempt) : sizeof(struct step_event);
	if (type == EVENT_ICMP)
		event.step.icmp.version = 4;
	return event;
}

/* On the heap and no byte longer, so that a read past the end is seen. */
static bool is_decoded(const union event *event, size_t size)
{
	void *data = malloc(size ? size : 1);
	const struct event_header *header;

	assert_non_null(data);
	memcpy(data, event, size);
	header = decode(data, size);
	if (header)
		assert_ptr_equal(header, data);
	free(data);
	return header;
}

static void every_type_is_decoded(void **state)
{
	(void)state;
	for (__u32 type = EVENT_END; type < EVENT_MAX; type++) {
		union event event = plain(type);

		assert_true(is_decoded(&event, event.header.size));
	}
}

static void unknown_types_are_refused(void **state)
{
	static const __u32 types[] = {0, EVENT_MAX, EVENT_MAX + 1, 0x80000000, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		union event event = plain(types[i]);

		assert_false(is_decoded(&event, sizeof(struct step_event)));
		event.header.size = sizeof(struct attempt);
		assert_false(is_decoded(&event, sizeof(struct attempt)));
	}
}

static void sizes_must_fit(void **state)
{
	static const __u32 types[] = {EVENT_END, EVENT_RETRY, EVENT_DROP};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		union event event = plain(types[i]);
		const __u32 size = event.header.size;

		for (size_t given = 0; given < size; given++)
			assert_false(is_decoded(&event, given));
		/* What is said counts, not what else lies behind it. */
		for (size_t given = size; given <= sizeof(event); given++)
			assert_true(is_decoded(&event, given));
		for (__u32 said = 0; said <= sizeof(event) + 1; said++) {
			event.header.size = said;
			assert_int_equal(is_decoded(&event, sizeof(event)), said == size);
		}
		event.header.size = 0xffffffff;
		assert_false(is_decoded(&event, sizeof(event)));
	}
}

static void a_step_has_not_the_size_of_an_end(void **state)
{
	union event event = plain(EVENT_RETRY);

	(void)state;
	event.header.size = sizeof(struct attempt);
	assert_false(is_decoded(&event, sizeof(struct attempt)));
	event = plain(EVENT_END);
	event.header.size = sizeof(struct step_event);
	assert_false(is_decoded(&event, sizeof(struct attempt)));
}

#define AT(field) offsetof(union event, field)

/* Every byte that later indexes a table or ends a string: the values that it may have. */
static const struct {
	const char *name;
	__u32 type;
	size_t offset;
	const char *allowed; /* each char is a value; NULL: any */
	size_t n_allowed;
} bytes[] = {
        {"api", EVENT_END, AT(attempt.api), "\0\1\2\3\4\5", API_MAX},
        {"ended_by", EVENT_END, AT(attempt.ended_by), "\0\1\2\3\4\5", ENDED_BY_MAX},
        {"local", EVENT_END, AT(attempt.local.family), "\0\2\12", 3},
        {"remote", EVENT_END, AT(attempt.remote.family), "\0\2\12", 3},
        {"asked", EVENT_END, AT(attempt.asked.family), "\0\2\12", 3},
        {"rst.from", EVENT_END, AT(attempt.rst.from.family), "\0\2\12", 3},
        {"comm", EVENT_END, AT(attempt.comm) + COMM_SIZE - 1, "\0", 1},
        {"closer.comm", EVENT_END, AT(attempt.closer.comm) + COMM_SIZE - 1, "\0", 1},
        {"comm[0]", EVENT_END, AT(attempt.comm), NULL, 0},
        {"final_state", EVENT_END, AT(attempt.final_state), NULL, 0},
        {"icmp.version", EVENT_ICMP, AT(step.icmp.version), "\4\6", 2},
        {"icmp.from", EVENT_ICMP, AT(step.icmp.from.family), "\0\2\12", 3},
        {"icmp.type", EVENT_ICMP, AT(step.icmp.type), NULL, 0},
        {"drop.direction", EVENT_DROP, AT(step.drop.direction), "\0\1", 2},
        {"drop.from", EVENT_DROP, AT(step.drop.from.family), "\0\2\12", 3},
        {"drop.to", EVENT_DROP, AT(step.drop.to.family), "\0\2\12", 3},
        {"rst_sent.from", EVENT_RST_SENT, AT(step.segment.from.family), "\0\2\12", 3},
        {"rst_ignored.from", EVENT_RST_IGNORED, AT(step.segment.from.family), "\0\2\12", 3},
        {"next_hop.gateway", EVENT_NEXT_HOP, AT(step.next_hop.gateway.family), "\0\2\12", 3},
        {"kept.successes", EVENT_KEPT, AT(step.kept.successes), NULL, 0},
        {"peer.socket_port", EVENT_PEER, AT(step.peer.socket_port), NULL, 0},
        {"retry.error", EVENT_RETRY, AT(step.retry.error), NULL, 0},
};

static void enums_families_and_strings_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		for (int value = 0; value < 256; value++) {
			union event event = plain(bytes[i].type);
			bool allowed = !bytes[i].allowed ||
			               memchr(bytes[i].allowed, value, bytes[i].n_allowed);

			((unsigned char *)&event)[bytes[i].offset] = value;
			if (is_decoded(&event, event.header.size) != allowed)
				fail_msg("%s: %d", bytes[i].name, value);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_type_is_decoded),
	        cmocka_unit_test(unknown_types_are_refused),
	        cmocka_unit_test(sizes_must_fit),
	        cmocka_unit_test(a_step_has_not_the_size_of_an_end),
	        cmocka_unit_test(enums_families_and_strings_are_checked),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
