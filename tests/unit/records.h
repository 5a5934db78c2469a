/* SPDX-License-Identifier: GPL-2.0-only */
/* Records and a run to write them with, as the tests of the outputs share them. */
#ifndef CONNWHY_TESTS_RECORDS_H
#define CONNWHY_TESTS_RECORDS_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

#define ATTEMPT_START_NS 1000000000ULL
#define MS 1000000ULL
#define SECOND 1000000000ULL

static const char *const missing_hooks[] = {"tcp_reset", "ip_icmp_error", NULL};

/* The attempt starts at 2026-11-23T10:18:19.051456789Z. */
static const struct run test_run = {
        .realtime_offset_ns = 1795429098051456789LL,
        .start_ns = ATTEMPT_START_NS - 250 * MS,
        .host = "n1",
        .version = "0.1.0",
        .kernel = "6.12.0",
        .tier = "kprobe",
        .hooks_missing = missing_hooks,
        .filter = "port 443",
};

static inline struct endpoint endpoint_of(const char *address, uint16_t port)
{
	struct endpoint endpoint = {.port = port, .family = FAMILY_IPV4};

	if (inet_pton(AF_INET, address, endpoint.address) == 1)
		return endpoint;
	endpoint.family = FAMILY_IPV6;
	if (inet_pton(AF_INET6, address, endpoint.address) != 1)
		abort();
	return endpoint;
}

static inline struct step *add_step(struct record *record, enum step_kind kind, uint64_t at_ns)
{
	struct step *step = &record->steps[record->n_steps++];

	*step = (struct step){.at_ns = at_ns, .kind = kind};
	return step;
}

/* Nothing is known but that there was an attempt. */
static inline struct record bare_record(void)
{
	return (struct record){
	        .attempt.header.id = ATTEMPT_START_NS,
	        .attempt.header.at_ns = ATTEMPT_START_NS + 500 * MS,
	        .number = 1,
	        .complete = true,
	        .outcome = OUTCOME_UNKNOWN,
	        .cause = CAUSE_UNKNOWN,
	        .duration_ns = 500 * MS,
	        .syn_sent = -1,
	};
}

static inline struct record ipv6_success(void)
{
	struct record record = bare_record();
	struct attempt *attempt = &record.attempt;

	attempt->flags = ATTEMPT_RETURNED | ATTEMPT_SYN_SENT | ATTEMPT_FINAL;
	attempt->syn_ns = ATTEMPT_START_NS + 41000;
	attempt->final_ns = ATTEMPT_START_NS + 312456;
	attempt->final_state = TCP_STATE_ESTABLISHED;
	attempt->ret = -EINPROGRESS;
	attempt->return_ns = ATTEMPT_START_NS + 60000;
	attempt->api = API_CONNECT;
	attempt->pid = attempt->tid = 99;
	strcpy(attempt->comm, "nc");
	attempt->local = endpoint_of("2001:db8::5", 40000);
	attempt->remote = endpoint_of("2001:db8:0:0:1::7", 443);
	record.outcome = OUTCOME_SUCCESS;
	record.cause = CAUSE_ESTABLISHED;
	record.duration_ns = 312456;
	record.syn_sent = 1;
	add_step(&record, STEP_SYN_SENT, 41000);
	return record;
}

static inline struct record timed_out(void)
{
	struct record record = bare_record();
	struct attempt *attempt = &record.attempt;

	attempt->flags = ATTEMPT_RETURNED | ATTEMPT_BLOCKING | ATTEMPT_SYN_SENT | ATTEMPT_FINAL;
	attempt->syn_ns = ATTEMPT_START_NS + 41000;
	attempt->final_ns = ATTEMPT_START_NS + 131072 * MS;
	attempt->final_state = TCP_STATE_CLOSE;
	attempt->error = -ETIMEDOUT;
	attempt->ret = -ETIMEDOUT;
	attempt->return_ns = ATTEMPT_START_NS + 131072 * MS;
	attempt->api = API_CONNECT;
	attempt->pid = attempt->tid = 4312;
	attempt->uid = 1000;
	attempt->netns = 4026531840;
	strcpy(attempt->comm, "curl");
	attempt->local = endpoint_of("10.0.0.5", 43210);
	attempt->remote = endpoint_of("192.0.2.7", 443);
	attempt->asked = attempt->remote;
	record.number = 17;
	record.outcome = OUTCOME_FAILURE;
	record.cause = CAUSE_NO_REPLY;
	record.error = ETIMEDOUT;
	record.duration_ns = 131072 * MS;
	record.syn_sent = 4;
	add_step(&record, STEP_SYN_SENT, 41000);
	add_step(&record, STEP_SYN_RETRY, 1020 * MS);
	add_step(&record, STEP_SYN_RETRY, 2040 * MS);
	add_step(&record, STEP_SYN_RETRY, 3070 * MS);
	return record;
}

/* Every kind of step and every field at once, as no real attempt has them. */
static inline struct record everything(void)
{
	struct record record = timed_out();
	struct attempt *attempt = &record.attempt;
	struct step *step;

	attempt->flags = ATTEMPT_RETURNED | ATTEMPT_CLOSER | ATTEMPT_PREEXISTING | ATTEMPT_FINAL;
	attempt->error = 0;
	attempt->shutdown = 1;
	attempt->ret = -512; /* ERESTARTSYS */
	attempt->return_ns = ATTEMPT_START_NS + 1500 * MS;
	attempt->asked = endpoint_of("10.96.0.1", 80);
	attempt->cgroup_id = 4711;
	attempt->mark = 7;
	attempt->closer = (struct closer){.pid = 50, .tid = 51, .exit_code = 9, .exiting = 1};
	strcpy(attempt->closer.comm, "kill er");
	record.place = (struct place){.cgroup_path = "/system.slice/x.service",
	                              .container_id = "0123abcd",
	                              .bound_interface = "wg0",
	                              .route_interface = "eth0",
	                              .process_runs = true};
	record.series_id = 5;
	record.series_index = 2;
	record.complete = false;
	record.outcome = OUTCOME_ABANDONED;
	record.cause = CAUSE_SHUT_DOWN;
	record.has_why = true;
	record.why_no_answer = CAUSE_DROPPED_LOCALLY_OUT;
	record.error = ECONNRESET;
	record.n_steps = 0;

	step = add_step(&record, STEP_DROPPED, 0);
	step->drop.direction = DROP_OUT;
	step->drop_reason = "NETFILTER_DROP";
	step->drop_function = "nf_hook_slow";
	add_step(&record, STEP_SYN_RETRY_FAILED, 1020 * MS)->retry.error = -EPERM;
	add_step(&record, STEP_SYN_RETRY_FAILED, 1030 * MS)->retry.error = 1;
	step = add_step(&record, STEP_INTERRUPTED, 1500 * MS);
	step->interrupted.ret = -512;
	step->count = 304;
	step = add_step(&record, STEP_RST_IGNORED, 2000 * MS);
	step->segment = (struct segment){.flags = TCP_FLAG_BYTE_RST, .ttl = 57};
	add_step(&record, STEP_STALE_PEER_STATE, 2100 * MS);
	step = add_step(&record, STEP_RST_SENT, 2100 * MS);
	step->segment = (struct segment){.flags = TCP_FLAG_BYTE_ACK, .ttl = 57};
	step->segment.from = attempt->remote;
	step = add_step(&record, STEP_ICMP_RECEIVED, 3050 * MS);
	step->icmp = (struct step_icmp){.version = 4, .type = 3, .code = 1, .hard = 1, .ttl = 63};
	step->icmp.from = endpoint_of("10.0.0.1", 0);
	step = add_step(&record, STEP_ICMP_RECEIVED, 3060 * MS);
	step->icmp = (struct step_icmp){.version = 6, .type = 1, .code = 4};
	step = add_step(&record, STEP_LISTENER_FULL, 3070 * MS);
	step->listener = (struct step_listener){.queued = 129, .limit = 128};
	step = add_step(&record, STEP_DROPPED, 3080 * MS);
	step->drop.direction = DROP_IN;
	step = add_step(&record, STEP_RST_RECEIVED, 3090 * MS);
	step->segment = (struct segment){.flags = TCP_FLAG_BYTE_RST | TCP_FLAG_BYTE_ACK, .ttl = 57};
	step->segment.from = attempt->remote;
	return record;
}

/* What a hostile process, file or path can put in. */
static inline struct record hostile(void)
{
	static const char comm[COMM_SIZE] = "\x1b[2J \"\\\xff\xc3\xa9\n=\xc2\x9b\xe2\x80";
	struct record record = timed_out();

	memcpy(record.attempt.comm, comm, COMM_SIZE); /* not terminated */
	record.place.cgroup_path = "/a\nb\x01\xed\xa0\x80\"\xf0\x9f\x98\x80";
	record.place.container_id = "\xe2\x80\xae"
	                            "c";
	return record;
}

/* What one member of a format writes, to be freed. */
#define WRITTEN(call)                                                                              \
	({                                                                                         \
		struct buffer buffer_ = {0}, *out = &buffer_;                                      \
		call;                                                                              \
		buffer_char(out, '\0');                                                            \
		assert_false(out->failed);                                                         \
		out->bytes;                                                                        \
	})

#endif
