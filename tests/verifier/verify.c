// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints how many instructions this kernel's verifier processed for each program.
 *
 *   verify OBJECT[:FUNCTION]…
 *
 * Each object is loaded in each tier with the programs that user/kernel/probes.c chooses, once with
 * no filter and once with every filter in force, since the verifier skips what a constant rules
 * out. An object that calls a kernel function is passed over where the kernel has none of that
 * name. Nothing is attached. A line each, separated by tabs: object, tier, filters ("none", "all"),
 * program, instructions, what went wrong. The program is "*", and the instructions "-", where a
 * tier as a whole cannot be tried here.
 *
 * Exit: 0 everything that this kernel can have loads, 1 something did not.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "probes.h"

#define LOG_SIZE 4096
#define LOG_STATS 4 /* BPF_LOG_STATS: the totals, and an error, but not each instruction */
#define PROGRAMS_MAX 64

enum filters { FILTERS_NONE, FILTERS_ALL, N_FILTERS };
static const char *const filter_names[N_FILTERS] = {"none", "all"};

/*
 * @path: of the object
 * @logs: the verifier's, one for each program that is loaded, in the object's order
 */
struct load {
	const char *path;
	const struct btf *btf;
	enum tier tier;
	enum filters filters;
	char logs[PROGRAMS_MAX][LOG_SIZE];
};

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static void print_line(const struct load *load, const char *program, long instructions,
                       const char *why)
{
	printf("%s\t%s\t%s\t%s\t", load->path, tier_names[load->tier], filter_names[load->filters],
	       program);
	if (instructions < 0)
		printf("-\t%s\n", why);
	else
		printf("%ld\t%s\n", instructions, why);
}

static void set_config(struct config *config, enum tier tier, enum filters filters)
{
	config->grace_ns = 1;
	config->begin_by_state = tier == TIER_TRACEPOINT;
	if (filters == FILTERS_NONE)
		return;
	config->pidns_dev = config->pidns_ino = 1;
	config->slower_ns = 1;
	config->n_networks = NETWORKS;
	config->n_ports = PORT_RANGES;
	config->tgid = config->uid = config->netns = 1;
	config->has_uid = config->follow = config->cgroup = config->failed = 1;
	config->family = FAMILY_IPV4;
}

/* The read-only data of an object that is open; its only variable is the configuration. */
static struct config *find_config(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const char *suffix = strrchr(bpf_map__name(map), '.');
		size_t size = 0;
		void *value;

		if (!suffix || strcmp(suffix, ".rodata"))
			continue;
		value = (void *)bpf_map__initial_value(map, &size); /* const in some versions */
		return size >= sizeof(struct config) ? value : NULL;
	}
	return NULL;
}

/* Small maps: the verifier does not care, and a preallocated one takes an emulated machine long. */
static void shrink_maps(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) if (bpf_map__type(map) == BPF_MAP_TYPE_HASH)
	        bpf_map__set_max_entries(map, 16);
}

/* Opens an object with the programs of a tier chosen; with `only`, just that one of them. */
static struct bpf_object *open_object(struct load *load, const char *only, char *why,
                                      size_t why_size)
{
	struct bpf_object *object = bpf_object__open_file(load->path, NULL);
	struct bpf_program *program;
	struct probes probes;
	struct config *config;
	unsigned int i = 0;

	if (!object) {
		snprintf(why, why_size, "cannot be opened: %s", strerror(errno));
		return NULL;
	}
	config = find_config(object);
	if (!config) {
		snprintf(why, why_size, "has no configuration in .rodata");
		goto fail;
	}
	set_config(config, load->tier, load->filters);
	shrink_maps(object);
	if (probes_choose(&probes, object, load->btf, load->tier, PROBES_FOLLOW | PROBES_CLASSIC,
	                  why, why_size))
		goto fail;
	bpf_object__for_each_program (program, object) {
		if (only && strcmp(bpf_program__name(program), only))
			bpf_program__set_autoload(program, false);
		if (!bpf_program__autoload(program))
			continue;
		if (i == PROGRAMS_MAX) {
			snprintf(why, why_size, "more than %d programs", PROGRAMS_MAX);
			goto fail;
		}
		load->logs[i][0] = '\0';
		bpf_program__set_log_level(program, LOG_STATS);
		bpf_program__set_log_buf(program, load->logs[i++], LOG_SIZE);
	}
	return object;
fail:
	bpf_object__close(object);
	return NULL;
}

/* What the verifier said last that is no statistics: why it refused. */
static void last_words(char *log, char *why, size_t size)
{
	char *line;

	snprintf(why, size, "no reason given");
	while ((line = strsep(&log, "\n")))
		if (*line && strncmp(line, "processed ", 10) &&
		    strncmp(line, "verification time", 17) && strncmp(line, "stack depth", 11))
			snprintf(why, size, "%s", line);
	for (line = why; *line; line++)
		if (*line == '\t')
			*line = ' ';
}

static long processed(const char *log)
{
	const char *at = strstr(log, "processed ");

	return at ? strtol(at + strlen("processed "), NULL, 10) : -1;
}

/* libbpf loads all or nothing, so where it was nothing each program is tried alone. */
static bool load_one(struct load *load, const char *name)
{
	char why[256] = "";
	struct bpf_object *object = open_object(load, name, why, sizeof(why));
	int err;

	if (!object) {
		print_line(load, name, -1, why);
		return false;
	}
	err = bpf_object__load(object);
	if (err) {
		long instructions = processed(load->logs[0]);

		last_words(load->logs[0], why, sizeof(why));
		if (!load->logs[0][0])
			snprintf(why, sizeof(why), "%s", strerror(-err));
		print_line(load, name, instructions, why);
	} else {
		print_line(load, name, processed(load->logs[0]), "");
	}
	bpf_object__close(object);
	return !err;
}

static bool load_each(struct load *load)
{
	char why[256] = "";
	struct bpf_object *object = open_object(load, NULL, why, sizeof(why));
	struct bpf_program *program;
	bool well = true;

	bpf_object__for_each_program (program, object)
		if (bpf_program__autoload(program))
			well &= load_one(load, bpf_program__name(program));
	bpf_object__close(object);
	return well;
}

static bool load_all(struct load *load)
{
	char why[256] = "";
	struct bpf_object *object = open_object(load, NULL, why, sizeof(why));
	struct bpf_program *program;
	unsigned int i = 0;

	if (!object) {
		print_line(load, "*", 0, why);
		return false;
	}
	if (bpf_object__load(object)) {
		bpf_object__close(object);
		return load_each(load);
	}
	bpf_object__for_each_program (program, object)
		if (bpf_program__autoload(program))
			print_line(load, bpf_program__name(program), processed(load->logs[i++]),
			           "");
	bpf_object__close(object);
	return true;
}

/* Some hosts refuse whole types of programs. */
static bool tier_can_be(enum tier tier)
{
	switch (tier) {
	case TIER_FENTRY: return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACING, NULL) == 1;
	case TIER_KPROBE: return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_KPROBE, NULL) == 1;
	case TIER_TRACEPOINT: return true;
	case TIER_AUTO:
	case TIER_MAX: return false;
	}
	return false;
}

/* Takes OBJECT[:FUNCTION] apart. Returns whether the kernel has the function. */
static bool object_can_be(char *argument, const struct btf *btf)
{
	char *function = strrchr(argument, ':');

	if (!function)
		return true;
	*function++ = '\0';
	return btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) >= 0;
}

int main(int argc, char **argv)
{
	static const enum tier tiers[] = {TIER_FENTRY, TIER_KPROBE, TIER_TRACEPOINT};
	static struct load load;
	bool well = true;

	libbpf_set_print(silent);
	load.btf = btf__load_vmlinux_btf();
	if (!load.btf) {
		fprintf(stderr, "verify: this kernel has no BTF: %s\n", strerror(errno));
		return 1;
	}
	for (int object = 1; object < argc; object++)
		if (!object_can_be(argv[object], load.btf))
			argv[object] = NULL;
	for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++) {
		load.tier = tiers[i];
		for (int object = 1; object < argc; object++) {
			if (!argv[object])
				continue;
			load.path = argv[object];
			load.filters = FILTERS_NONE;
			if (!tier_can_be(load.tier)) {
				print_line(&load, "*", -1,
				           "this kernel refuses programs of its kind");
				continue;
			}
			for (; load.filters < N_FILTERS; load.filters++)
				well &= load_all(&load);
		}
	}
	btf__free((struct btf *)load.btf);
	return !well;
}
