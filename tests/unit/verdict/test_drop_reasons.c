// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of drop reasons, beside the enumerations of the running kernel, and of others.
 *
 * CONNWHY_BTF  BTF of other kernels (raw, or an ELF file such as vmlinux), apart by blanks
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "drop_reasons.h"

#define RUNNING "/sys/kernel/btf/vmlinux"
#define PREFIX "SKB_DROP_REASON_"

static const char *const enumerations[] = {"skb_drop_reason", "qdisc_drop_reason"};

/* Not reasons: the ends and bases of the enumerations, and what is not dropped. */
static bool is_reason(const char *name)
{
	return strncmp(name, "SKB_NOT_", 8) && strcmp(name, "SKB_CONSUMED") &&
	       strncmp(name, "__", 2) && !strstr(name, "SUBSYS_") && !strstr(name, "_UNSPEC") &&
	       strcmp(name, PREFIX "MAX") && strcmp(name, "QDISC_DROP_MAX");
}

/* Returns how many reasons there are. */
static unsigned int compare_enumeration(const struct btf *btf, const char *path, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);
	unsigned int n = 0;

	for (int i = 0; type && i < btf_vlen(type); i++) {
		const char *reason = btf__name_by_offset(btf, btf_enum(type)[i].name_off);

		if (!is_reason(reason))
			continue;
		n++;
		if (!strncmp(reason, PREFIX, strlen(PREFIX)))
			reason += strlen(PREFIX);
		if (!drop_reason_find(reason))
			fail_msg("%s: no entry for %s", path, reason);
	}
	return n;
}

static void compare_with(const char *path)
{
	struct btf *btf = btf__parse(path, NULL);
	unsigned int n = 0;

	if (!btf)
		fail_msg("%s: no BTF in it", path);
	for (size_t i = 0; i < sizeof(enumerations) / sizeof(enumerations[0]); i++)
		n += compare_enumeration(btf, path, enumerations[i]);
	/* Kernels before 5.17 have none. */
	print_message("%s: %u reasons\n", path, n);
	btf__free(btf);
}

static void every_reason_of_the_running_kernel_is_known(void **state)
{
	(void)state;
	if (access(RUNNING, R_OK)) {
		print_message("skip: this kernel has no " RUNNING "\n");
		skip();
	}
	compare_with(RUNNING);
}

static void every_reason_of_the_kernels_that_are_named_is_known(void **state)
{
	char *list = strdup(getenv("CONNWHY_BTF")), *rest = list, *path;

	(void)state;
	assert_non_null(list);
	while ((path = strsep(&rest, " \n")))
		if (*path)
			compare_with(path);
	free(list);
}

static void the_table_is_sorted_and_says_where_to_look(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_drop_reasons; i++) {
		const struct drop_reason *reason = &drop_reasons[i];

		if (i && strcmp(drop_reasons[i - 1].name, reason->name) >= 0)
			fail_msg("%s is not behind %s", reason->name, drop_reasons[i - 1].name);
		assert_ptr_equal(drop_reason_find(reason->name), reason);
		if (!reason->look && !reason->also)
			fail_msg("%s: nowhere to look", reason->name);
	}
	assert_null(drop_reason_find("NO_SUCH_REASON"));
	assert_null(drop_reason_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_table_is_sorted_and_says_where_to_look),
	        cmocka_unit_test(every_reason_of_the_running_kernel_is_known),
	        cmocka_unit_test(every_reason_of_the_kernels_that_are_named_is_known),
	};

	return _cmocka_run_group_tests("drop_reasons", tests, getenv("CONNWHY_BTF") ? 3 : 2, NULL,
	                               NULL);
}
