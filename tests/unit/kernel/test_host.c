// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "host.h"
#include "names.h"
#include "process.h"

#define NETNS 4026531840U
#define DIGITS_16 "0123456789abcdef"
#define DIGITS_64 DIGITS_16 DIGITS_16 DIGITS_16 DIGITS_16

/* One drop, in a cgroup, bound to a device. */
static struct record dropped(uint32_t reason, uint64_t location)
{
	struct record record = {
	        .attempt = {.netns = NETNS, .cgroup_id = 7, .bound_ifindex = 3, .route_ifindex = 2},
	        .n_steps = 1,
	};

	record.steps[0].kind = STEP_DROPPED;
	record.steps[0].drop.reason = reason;
	record.steps[0].drop.location = location;
	return record;
}

static void assert_name(const char *name, const char *expected)
{
	if (expected)
		assert_string_equal(name ?: "(none)", expected);
	else
		assert_null(name);
}

static void what_is_not_known_has_no_name(void **state)
{
	struct host *host = host_new_elsewhere();
	struct record record = dropped(12, 0xffffffff81000000);

	(void)state;
	for (int i = 0; i < 2; i++) {
		host_describe(host, &record);
		assert_null(record.place.cgroup_path);
		assert_null(record.place.container_id);
		assert_null(record.place.bound_interface);
		assert_null(record.place.route_interface);
		assert_null(record.steps[0].drop_reason);
		assert_null(record.steps[0].drop_function);
	}
	host_free(host);
	host_free(NULL);
}

static void names_are_learnt_by_kind_and_number(void **state)
{
	struct host *host = host_new_elsewhere();
	struct record record = dropped(12, 0x1000);

	(void)state;
	host_learn(host, NAME_DROP_REASON, 12, 0, "NETFILTER_DROP");
	host_learn(host, NAME_DROP_REASON, 12, 0, "the first counts");
	host_learn(host, NAME_FUNCTION, 0x1000, 0, "nf_hook_slow");
	host_learn(host, NAME_CGROUP, 7, 0, "/system.slice/x.service");
	host_learn(host, NAME_INTERFACE, 3, NETNS, "wg0");
	host_learn(host, NAME_INTERFACE, 2, NETNS + 1, "eth0 of another namespace");
	host_learn(host, NAME_KINDS, 1, 0, "of no kind");
	host_learn(host, (enum name_kind) - 1, 1, 0, "of no kind");
	host_describe(host, &record);
	assert_string_equal(record.steps[0].drop_reason, "NETFILTER_DROP");
	assert_string_equal(record.steps[0].drop_function, "nf_hook_slow");
	assert_string_equal(record.place.cgroup_path, "/system.slice/x.service");
	assert_null(record.place.container_id);
	assert_string_equal(record.place.bound_interface, "wg0");
	assert_null(record.place.route_interface);
	host_free(host);
}

static void only_drops_have_names(void **state)
{
	struct host *host = host_new_elsewhere();

	(void)state;
	host_learn(host, NAME_DROP_REASON, 12, 0, "NETFILTER_DROP");
	for (int kind = 0; kind < STEP_MAX; kind++) {
		struct record record = dropped(12, 0);

		record.steps[0].kind = kind;
		host_describe(host, &record);
		assert_name(record.steps[0].drop_reason,
		            kind == STEP_DROPPED ? "NETFILTER_DROP" : NULL);
	}
	host_free(host);
}

/* The kernel frees the segment that it looked a route up with. */
static void a_question_for_a_route_is_no_drop(void **state)
{
	struct host *host = host_new_elsewhere();
	struct record record = dropped(12, 0x1000);

	(void)state;
	host_learn(host, NAME_FUNCTION, 0x1000, 0, "nf_hook_slow");
	host_learn(host, NAME_FUNCTION, 0x2000, 0, "inet_rtm_getroute");
	record.n_steps = 3;
	record.steps[1] = record.steps[2] = record.steps[0];
	record.steps[1].drop.location = 0x2000;
	host_describe(host, &record);
	assert_int_equal(record.n_steps, 2);
	assert_string_equal(record.steps[1].drop_function, "nf_hook_slow");
	host_free(host);
}

#define POD "01234567-89ab-cdef-0123-456789abcdef"
#define POD_IN_SLICE "01234567_89ab_cdef_0123_456789abcdef"

static void owners_are_found_in_paths(void **state)
{
	static const struct {
		const char *path, *container, *runtime, *pod, *unit;
	} paths[] = {
	        {"/", NULL, NULL, NULL, NULL},
	        {"", NULL, NULL, NULL, NULL},
	        {"/system.slice/docker-" DIGITS_64 ".scope", DIGITS_64, "docker", NULL,
	         "docker-" DIGITS_64 ".scope"},
	        {"/docker/" DIGITS_64, DIGITS_64, "docker", NULL, NULL},
	        {"/kubepods/burstable/pod" POD "/" DIGITS_64, DIGITS_64, NULL, POD, NULL},
	        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_IN_SLICE
	         ".slice/cri-containerd-" DIGITS_64 ".scope",
	         DIGITS_64, "containerd", POD, "cri-containerd-" DIGITS_64 ".scope"},
	        {"/kubepods.slice/kubepods-pod" POD_IN_SLICE ".slice/crio-" DIGITS_64 ".scope",
	         DIGITS_64, "cri-o", POD, "crio-" DIGITS_64 ".scope"},
	        {"/machine.slice/libpod-" DIGITS_64 ".scope/container", DIGITS_64, "podman", NULL,
	         "libpod-" DIGITS_64 ".scope"},
	        {"/system.slice/nginx.service", NULL, NULL, NULL, "nginx.service"},
	        {"/user.slice/user-1000.slice/user@1000.service/app.slice/a.service/sub", NULL,
	         NULL, NULL, "a.service"},
	        {"/system.slice/.service", NULL, NULL, NULL, NULL},
	        {"/pod" POD, NULL, NULL, NULL, NULL}, /* anybody may name a cgroup so */
	        {"/kubepods/pod" POD "0", NULL, NULL, NULL, NULL},
	        {"/" DIGITS_64 "0", NULL, NULL, NULL, NULL},
	        {"/0" DIGITS_64, NULL, NULL, NULL, NULL},
	        {"/" DIGITS_16 DIGITS_16 DIGITS_16, NULL, NULL, NULL, NULL},
	        {"/" DIGITS_64 "/" DIGITS_64 "x", DIGITS_64, NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct host *host = host_new_elsewhere();
		struct record record = dropped(0, 0);

		host_learn(host, NAME_CGROUP, 7, 0, paths[i].path);
		host_describe(host, &record);
		assert_string_equal(record.place.cgroup_path, paths[i].path);
		assert_name(record.place.container_id, paths[i].container);
		assert_name(record.place.container_runtime, paths[i].runtime);
		assert_name(record.place.pod_uid, paths[i].pod);
		assert_name(record.place.unit, paths[i].unit);
		host_free(host);
	}
}

/* This very process stands for the one that connected. */
static void a_process_is_asked_while_it_is_there(void **state)
{
	char *executable, *command;

	(void)state;
	process_read(getpid(), UINT64_MAX / 2, &executable, &command);
	assert_non_null(executable);
	assert_non_null(strstr(executable, "test_host"));
	assert_non_null(strstr(command, "test_host"));
	free(executable);
	free(command);
	/* One that began later has only its number in common. */
	process_read(getpid(), 1, &executable, &command);
	assert_null(executable);
	assert_null(command);
}

struct told {
	unsigned int n;
	uint64_t a, b;
};

static void tell(void *context, enum name_kind kind, uint64_t a, uint64_t b, const char *name)
{
	struct told *told = context;

	assert_int_equal(kind, NAME_INTERFACE);
	assert_string_equal(name, "wg0");
	told->n++;
	told->a = a;
	told->b = b;
}

static void each_name_is_told_once(void **state)
{
	struct host *host = host_new_elsewhere();
	struct told told = {0}, all = {0};

	(void)state;
	host_on_name(host, tell, &told);
	for (int i = 0; i < 3; i++) {
		struct record record = dropped(0, 0);

		host_learn(host, NAME_INTERFACE, 3, NETNS, "wg0");
		host_describe(host, &record);
	}
	assert_int_equal(told.n, 1);
	assert_int_equal(told.a, 3);
	assert_int_equal(told.b, NETNS);
	host_each_name(host, tell, &all);
	assert_int_equal(all.n, 1);
	assert_int_equal(all.b, NETNS);
	host_free(host);
}

/* The oldest name goes where a new one needs its place, but not one of the same record. */
static void names_outlive_their_record(void **state)
{
	struct host *host = host_new_elsewhere();
	struct record record = dropped(0, 1);
	char name[16];

	(void)state;
	for (unsigned int i = 1; i <= NAMES_KEPT; i++) {
		snprintf(name, sizeof(name), "function_%u", i);
		host_learn(host, NAME_FUNCTION, i, 0, name);
	}
	record.n_steps = RECORD_STEPS_MAX;
	for (unsigned int i = 1; i < RECORD_STEPS_MAX; i++) {
		record.steps[i] = record.steps[0];
		record.steps[i].drop.location = NAMES_KEPT + i;
	}
	host_describe(host, &record);
	assert_string_equal(record.steps[0].drop_function, "function_1");
	assert_null(record.steps[1].drop_function);
	host_free(host);
}

static void reasons_come_from_btf(void **state)
{
	static const struct {
		uint32_t reason;
		const char *name;
	} reasons[] = {
	        {2, "NOT_SPECIFIED"}, {12, "NETFILTER_DROP"},
	        {13, "OTHER"},        {0, NULL},
	        {14, NULL},           {0x10002, "MAC80211_DROP"},
	        {UINT32_MAX, NULL},   {0x30002, "QDISC_DROP_OVERLIMIT"},
	};
	struct btf *btf = btf__new_empty();
	struct host *host;

	(void)state;
	assert_true(btf__add_enum(btf, "skb_drop_reason", 4) > 0);
	btf__add_enum_value(btf, "SKB_NOT_DROPPED_YET", 0);
	btf__add_enum_value(btf, "SKB_DROP_REASON_NOT_SPECIFIED", 2);
	btf__add_enum_value(btf, "SKB_DROP_REASON_NETFILTER_DROP", 12);
	btf__add_enum_value(btf, "OTHER", 13);
	btf__add_enum_value(btf, "SKB_DROP_REASON_MAC80211_DROP", 0x10002);
	assert_true(btf__add_enum(btf, "qdisc_drop_reason", 4) > 0);
	btf__add_enum_value(btf, "QDISC_DROP_OVERLIMIT", 0x30002);
	host = host_new(btf);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct record record = dropped(reasons[i].reason, 0);

		record.attempt = (struct attempt){0};
		host_describe(host, &record);
		assert_name(record.steps[0].drop_reason, reasons[i].name);
	}
	host_free(host);
	btf__free(btf);
}

/* Before 5.17 there is no such enum. */
static void a_kernel_without_reasons_has_no_names_of_them(void **state)
{
	struct btf *btf = btf__new_empty();
	struct host *host = host_new(btf);
	struct record record = dropped(12, 0);

	(void)state;
	record.attempt = (struct attempt){0};
	host_describe(host, &record);
	assert_null(record.steps[0].drop_reason);
	host_free(host);
	btf__free(btf);
}

/* The address of a function of the running kernel, 0 where it is not to be seen. */
static uint64_t address_of(const char *function)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long address, found = 0;
	char line[512], name[256], kind;

	while (file && !found && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %c %255s", &address, &kind, name) == 3 &&
		    !strcmp(name, function))
			found = address;
	if (file)
		fclose(file);
	return found;
}

/* Nobody can trace the calls of a process that has gone. */
static void a_process_runs_until_it_has_ended(void **state)
{
	struct btf *btf = btf__new_empty();
	struct host *here = host_new(btf), *elsewhere = host_new_elsewhere();
	struct record record = {.attempt.pid = getpid()};
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	host_describe(here, &record);
	assert_true(record.place.process_runs);
	host_describe(elsewhere, &record);
	assert_false(record.place.process_runs);

	assert_int_equal(waitpid(child, NULL, 0), child);
	record.attempt.pid = child;
	host_describe(here, &record);
	assert_false(record.place.process_runs);
	record.attempt.pid = 0;
	host_describe(here, &record);
	assert_false(record.place.process_runs);
	host_free(here);
	host_free(elsewhere);
	btf__free(btf);
}

static void functions_are_those_of_the_kernel(void **state)
{
	uint64_t address = address_of("tcp_v4_connect");
	struct record record = dropped(0, address + 5);
	struct host *host;

	(void)state;
	if (!address) {
		print_message("skip: /proc/kallsyms shows no addresses\n");
		skip();
	}
	host = host_new(NULL);
	record.attempt = (struct attempt){0};
	host_describe(host, &record);
	assert_name(record.steps[0].drop_function, "tcp_v4_connect");
	host_free(host);
}

static void interfaces_are_those_of_the_namespace(void **state)
{
	struct record record = {.attempt = {.pid = getpid(), .bound_ifindex = 1}};
	struct host *host = host_new(NULL);
	struct stat own;

	(void)state;
	assert_int_equal(stat("/proc/self/ns/net", &own), 0);
	record.attempt.netns = own.st_ino;
	host_describe(host, &record);
	if (!record.place.bound_interface && geteuid())
		print_message("skip: only root can enter a network namespace\n");
	else
		assert_name(record.place.bound_interface, "lo");
	host_free(host);
}

static void the_unknown_takes_no_place_of_what_was_learnt(void **state)
{
	struct host *host = host_new_elsewhere();
	struct record record;

	(void)state;
	host_learn(host, NAME_FUNCTION, 0x1000, 0, "nf_hook_slow");
	for (uint64_t address = 0x2000; address < 0x4000; address++) {
		record = dropped(12, address);
		host_describe(host, &record);
	}
	record = dropped(12, 0x1000);
	host_describe(host, &record);
	assert_string_equal(record.steps[0].drop_function, "nf_hook_slow");
	host_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_unknown_takes_no_place_of_what_was_learnt),
	        cmocka_unit_test(what_is_not_known_has_no_name),
	        cmocka_unit_test(names_are_learnt_by_kind_and_number),
	        cmocka_unit_test(only_drops_have_names),
	        cmocka_unit_test(a_question_for_a_route_is_no_drop),
	        cmocka_unit_test(owners_are_found_in_paths),
	        cmocka_unit_test(a_process_is_asked_while_it_is_there),
	        cmocka_unit_test(each_name_is_told_once),
	        cmocka_unit_test(names_outlive_their_record),
	        cmocka_unit_test(reasons_come_from_btf),
	        cmocka_unit_test(a_kernel_without_reasons_has_no_names_of_them),
	        cmocka_unit_test(a_process_runs_until_it_has_ended),
	        cmocka_unit_test(functions_are_those_of_the_kernel),
	        cmocka_unit_test(interfaces_are_those_of_the_namespace),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
