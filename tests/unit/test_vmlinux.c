// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmlinux/vmlinux.h against the BTF of real kernels: each struct that a program relocates, with all
 * of its fields, their kinds and sizes. A field that a kernel does not have would be found only
 * when the program that reads it is loaded there.
 *
 * CONNWHY_BPF  the object, where it is not build/connwhy.bpf.o
 * CONNWHY_BTF  BTF of other kernels (raw, or an ELF file such as vmlinux), apart by blanks
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/btf.h>
#include <linux/bpf.h>

#define RUNNING "/sys/kernel/btf/vmlinux"
#define FLAVOUR "___" /* what follows it is no part of the kernel's name: libbpf's convention */
#define PATH_SIZE 256
#define NAME_SIZE 128

/* Exported by every libbpf; before 1.5 the header has another name, which is not. */
const void *btf_ext__get_raw_data(const struct btf_ext *extension, __u32 *size);

/* Documentation/bpf/btf.rst, "The .BTF.ext section"; libbpf keeps these to itself. */
struct extension_header {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 hdr_len;
	__u32 func_info_off, func_info_len;
	__u32 line_info_off, line_info_len;
	__u32 core_relo_off, core_relo_len;
};

struct extension_section {
	__u32 sec_name_off;
	__u32 num_info;
	__u8 data[];
};

/*
 * @used: by type of `local`: a relocation begins there
 * @complaint: the first difference, empty where there is none
 */
struct comparison {
	struct btf *local, *kernel;
	bool *used;
	char complaint[2 * PATH_SIZE];
};

/* Registers are the CPU's; the programs read packet headers as bytes, where the BTF may lack them.
 */
static const char *const not_compared[] = {"pt_regs", "user_pt_regs", "iphdr", "ipv6hdr", "tcphdr"};

static bool is_compared(const char *name)
{
	for (size_t i = 0; i < sizeof(not_compared) / sizeof(not_compared[0]); i++)
		if (!strcmp(name, not_compared[i]))
			return false;
	/* A flavour is there for what only some kernels have. */
	return *name && !strstr(name, FLAVOUR);
}

__attribute__((format(printf, 2, 3))) static bool differs(struct comparison *c, const char *format,
                                                          ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (!*c->complaint)
		vsnprintf(c->complaint, sizeof(c->complaint), format, arguments);
	va_end(arguments);
	return false;
}

static const struct btf_type *bare(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* A member of that name, also inside anonymous structs and unions; `*bits`: it is a bit field. */
static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type,
                                            const char *name, bool *bits)
{
	const struct btf_member *member = btf_members(type), *inner;

	for (__u32 i = 0; i < btf_vlen(type); i++) {
		const char *member_name = btf__name_by_offset(btf, member[i].name_off);
		const struct btf_type *of_member = bare(btf, member[i].type);

		if (*member_name && !strcmp(member_name, name)) {
			*bits = btf_member_bitfield_size(type, i);
			return &member[i];
		}
		if (*member_name || !of_member || !btf_is_composite(of_member))
			continue;
		inner = find_member(btf, of_member, name, bits);
		if (inner)
			return inner;
	}
	return NULL;
}

static bool same_members(struct comparison *c, const struct btf_type *ours,
                         const struct btf_type *theirs, const char *path);

static bool same_type(struct comparison *c, __u32 our_id, __u32 their_id, const char *path)
{
	const struct btf_type *ours = bare(c->local, our_id), *theirs = bare(c->kernel, their_id);

	if (!ours || !theirs)
		return ours == theirs || differs(c, "%s: one of them is void", path);
	if (btf_is_composite(ours))
		return btf_is_composite(theirs) ? same_members(c, ours, theirs, path)
		                                : differs(c, "%s: no struct there", path);
	if (btf_is_fwd(ours))
		return btf_is_composite(theirs) || btf_is_fwd(theirs) ||
		       differs(c, "%s: no struct there", path);
	if (btf_is_ptr(ours))
		return btf_is_ptr(theirs) || differs(c, "%s: no pointer there", path);
	if (btf_is_array(ours)) {
		if (!btf_is_array(theirs))
			return differs(c, "%s: no array there", path);
		if (btf_array(ours)->nelems > btf_array(theirs)->nelems)
			return differs(c, "%s: %u elements, %u there", path,
			               btf_array(ours)->nelems, btf_array(theirs)->nelems);
		return same_type(c, btf_array(ours)->type, btf_array(theirs)->type, path);
	}
	if (!(btf_is_int(theirs) || btf_is_any_enum(theirs)))
		return differs(c, "%s: no number there", path);
	return ours->size == theirs->size ||
	       differs(c, "%s: %u bytes, %u there", path, ours->size, theirs->size);
}

/* Each member of ours is in theirs, wherever it lies there. */
static bool same_members(struct comparison *c, const struct btf_type *ours,
                         const struct btf_type *theirs, const char *path)
{
	const struct btf_member *member = btf_members(ours), *found;

	for (__u32 i = 0; i < btf_vlen(ours); i++) {
		const char *name = btf__name_by_offset(c->local, member[i].name_off);
		char inner[PATH_SIZE];
		bool bits = false;

		if (!*name) {
			if (!same_members(c, bare(c->local, member[i].type), theirs, path))
				return false;
			continue;
		}
		snprintf(inner, sizeof(inner), "%s.%s", path, name);
		found = find_member(c->kernel, theirs, name, &bits);
		if (!found)
			return differs(c, "%s: no such field there", inner);
		if (bits != !!btf_member_bitfield_size(ours, i))
			return differs(c, "%s: %s bit field there", inner, bits ? "a" : "no");
		if (!same_type(c, member[i].type, found->type, inner))
			return false;
	}
	return true;
}

/* A kernel can have several types of one name; libbpf tries each. */
static bool same_root(struct comparison *c, const struct btf_type *ours)
{
	const char *name = btf__name_by_offset(c->local, ours->name_off);
	const __u32 n = btf__type_cnt(c->kernel);

	*c->complaint = '\0';
	for (__u32 id = 1; id < n; id++) {
		const struct btf_type *theirs = btf__type_by_id(c->kernel, id);

		if (btf_kind(theirs) != btf_kind(ours) ||
		    strcmp(btf__name_by_offset(c->kernel, theirs->name_off), name))
			continue;
		if (same_members(c, ours, theirs, name))
			return true;
	}
	return differs(c, "%s: no such type there", name);
}

/* Marks the types in which relocations begin, following .BTF.ext. Returns how many relocations. */
static unsigned int mark_used(struct comparison *c, const struct btf_ext *extension)
{
	__u32 size;
	const unsigned char *raw = btf_ext__get_raw_data(extension, &size);
	const struct extension_header *header = (const void *)raw;
	const unsigned char *at, *end;
	unsigned int n = 0;
	__u32 record_size;

	assert_true(size >= sizeof(*header));
	at = raw + header->hdr_len + header->core_relo_off;
	end = at + header->core_relo_len;
	assert_true(end <= raw + size);
	record_size = *(const __u32 *)at;
	assert_true(record_size >= sizeof(struct bpf_core_relo));
	for (at += sizeof(record_size); at < end;) {
		const struct extension_section *section = (const void *)at;

		for (__u32 i = 0; i < section->num_info; i++, n++) {
			const struct bpf_core_relo *relocation =
			        (const void *)(section->data + i * record_size);

			assert_true(relocation->type_id < btf__type_cnt(c->local));
			c->used[relocation->type_id] = true;
		}
		at = section->data + section->num_info * record_size;
	}
	return n;
}

static void compare_with(const struct comparison *object, const char *path)
{
	struct comparison c = *object;
	unsigned int compared = 0, different = 0;

	c.kernel = btf__parse(path, NULL);
	if (!c.kernel)
		fail_msg("%s: no BTF in it", path);
	for (__u32 id = 1; id < btf__type_cnt(c.local); id++) {
		const struct btf_type *ours = c.used[id] ? bare(c.local, id) : NULL;

		if (!ours || !btf_is_composite(ours) ||
		    !is_compared(btf__name_by_offset(c.local, ours->name_off)))
			continue;
		compared++;
		if (same_root(&c, ours))
			continue;
		different++;
		print_error("%s: %s\n", path, c.complaint);
	}
	btf__free(c.kernel);
	assert_int_equal(different, 0);
	assert_true(compared > 10);
}

static int open_object(void **state)
{
	const char *path = getenv("CONNWHY_BPF") ?: "build/connwhy.bpf.o";
	struct comparison *object = calloc(1, sizeof(*object));
	struct btf_ext *extension = NULL;

	assert_non_null(object);
	object->local = btf__parse(path, &extension);
	if (!object->local || !extension)
		fail_msg("%s: no BTF in it; run this from the top of the tree", path);
	object->used = calloc(btf__type_cnt(object->local), sizeof(*object->used));
	assert_non_null(object->used);
	assert_true(mark_used(object, extension) > 0);
	btf_ext__free(extension);
	*state = object;
	return 0;
}

static int close_object(void **state)
{
	struct comparison *object = *state;

	btf__free(object->local);
	free(object->used);
	free(object);
	return 0;
}

static void every_field_is_in_the_running_kernel(void **state)
{
	if (access(RUNNING, R_OK)) {
		print_message("skip: this kernel has no " RUNNING "\n");
		skip();
	}
	compare_with(*state, RUNNING);
}

static void every_field_is_in_the_kernels_that_are_named(void **state)
{
	char *list = strdup(getenv("CONNWHY_BTF")), *rest = list, *path;

	assert_non_null(list);
	while ((path = strsep(&rest, " \n")))
		if (*path)
			compare_with(*state, path);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_field_is_in_the_running_kernel),
	        cmocka_unit_test(every_field_is_in_the_kernels_that_are_named),
	};

	return _cmocka_run_group_tests("vmlinux", tests, getenv("CONNWHY_BTF") ? 2 : 1, open_object,
	                               close_object);
}
