// SPDX-License-Identifier: GPL-2.0-only
#include "tracer.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "connwhy.skel.h"
#include "entries.h"
#include "inflight.h"
#include "log.h"
#include "own.h"
#include "probes.h"
#include "ring.h"
#include "tier.h"

struct tracer {
	struct connwhy_bpf *skeleton;
	struct ring *ring;
	struct btf *btf;
	struct probes probes;
	struct inflight inflight;
	struct own own;
	int policy; /* of this thread's scheduling, -1: no need to change it */
};

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	log_vlines(LEVEL_DEBUG, format, arguments);
	return 0;
}

/*
 * While this process looks into a map, the kernel runs no kprobe or classic tracepoint on its CPU.
 * One that preempts tasks must not do so then: what the others do meanwhile would go unseen.
 */
static void keep_cpu(const struct tracer *tracer, bool keep)
{
	struct sched_param param = {.sched_priority = keep ? 1 : 0};

	if (tracer->policy >= 0)
		sched_setscheduler(0, keep ? SCHED_FIFO : tracer->policy, &param);
}

static int set_cgroup(const struct tracer *tracer, const char *path)
{
	uint32_t zero = 0;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || bpf_map_update_elem(bpf_map__fd(tracer->skeleton->maps.traced_cgroup), &zero,
	                                  &fd, BPF_ANY)) {
		err = -errno;
		log_error("--cgroup %s: %s; it must be a directory of the cgroup v2 hierarchy",
		          path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int open_inflight(struct tracer *tracer)
{
	const struct connwhy_bpf *skeleton = tracer->skeleton;
	int err;

	err = inflight_open(&tracer->inflight, bpf_map__fd(skeleton->maps.busy),
	                    bpf_map__fd(skeleton->maps.slots), bpf_map__fd(skeleton->maps.inflight),
	                    bpf_map__max_entries(skeleton->maps.busy), &skeleton->bss->n_in_hash);
	if (err)
		log_error("the attempts in flight cannot be mapped: %s", strerror(-err));
	return err;
}

int tracer_open(struct tracer **out, const struct options *options, tracer_event_fn *on_event,
                void *context)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	if (!tracer)
		return -ENOMEM;
	libbpf_set_print(print_libbpf);
	tracer->btf = options->btf ? btf__parse(options->btf, NULL) : btf__load_vmlinux_btf();
	if (!tracer->btf) {
		err = -errno;
		if (options->btf)
			log_error("--btf %s: %s; it must be the BTF of the running kernel",
			          options->btf, strerror(-err));
		else
			log_error("this kernel has no BTF (/sys/kernel/btf/vmlinux): boot one with "
			          "CONFIG_DEBUG_INFO_BTF=y, or give its BTF with --btf FILE");
		goto fail;
	}
	own_open(&tracer->own);
	err = tier_choose(&tracer->skeleton, &tracer->probes, tracer->btf, options, &tracer->own);
	if (err)
		goto fail;
	tracer->policy = tracer->skeleton->rodata->config.classic ? sched_getscheduler(0) : -1;
	if (tracer->policy == SCHED_FIFO || tracer->policy == SCHED_RR)
		tracer->policy = -1;
	err = open_inflight(tracer);
	if (!err && options->cgroup)
		err = set_cgroup(tracer, options->cgroup);
	if (err)
		goto fail;
	tracer->ring =
	        ring_open(bpf_map__fd(tracer->skeleton->maps.events),
	                  bpf_map__max_entries(tracer->skeleton->maps.events), on_event, context);
	if (!tracer->ring) {
		err = -errno;
		log_error("the ring buffer cannot be mapped: %s", strerror(-err));
		goto fail;
	}
	*out = tracer;
	return 0;
fail:
	tracer_close(tracer);
	return err;
}

enum tier tracer_tier(const struct tracer *tracer)
{
	return tracer->probes.tier;
}

const char *const *tracer_missing(const struct tracer *tracer)
{
	return tracer->probes.missing;
}

const struct btf *tracer_btf(const struct tracer *tracer)
{
	return tracer->btf;
}

void tracer_forget_btf(struct tracer *tracer)
{
	btf__free(tracer->btf);
	tracer->btf = NULL;
	/* What loading took lies free between what is still in use. */
	malloc_trim(0);
}

int tracer_fd(const struct tracer *tracer)
{
	return bpf_map__fd(tracer->skeleton->maps.events);
}

int tracer_consume(struct tracer *tracer)
{
	return ring_consume(tracer->ring);
}

bool tracer_is_blind(const struct tracer *tracer, char *why, size_t why_size)
{
	struct sight sight;

	if (!tier_look(&sight, tracer->skeleton, &tracer->own) || sight.begins)
		return false;
	tier_explain_blindness(tracer->probes.tier, why, why_size);
	return true;
}

int tracer_own_socket(const struct tracer *tracer)
{
	return tracer->own.fd;
}

void tracer_counters(const struct tracer *tracer, uint64_t counters[COUNT_MAX])
{
	const struct connwhy_bpf__bss *bss = tracer->skeleton->bss;
	const size_t n_cpus = libbpf_num_possible_cpus(), most = ARRAY_SIZE(bss->counters);

	memset(counters, 0, COUNT_MAX * sizeof(*counters));
	for (size_t row = 0; row < n_cpus && row < most; row++)
		for (size_t i = 0; i < COUNT_MAX; i++)
			counters[i] += __atomic_load_n(&bss->counters[row][i], __ATOMIC_RELAXED);
}

int tracer_missed_runs(const struct tracer *tracer, struct missed_runs *missed)
{
	struct bpf_program *program;
	uint64_t others;

	*missed = (struct missed_runs){0};
	bpf_object__for_each_program (program, tracer->skeleton->obj) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		if (bpf_program__fd(program) < 0)
			continue;
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) ||
		    size < offsetof(struct bpf_prog_info, recursion_misses) +
		                    sizeof(info.recursion_misses))
			return -ENOTSUP;
		missed->all += info.recursion_misses;
		if (probes_begins(&tracer->probes, bpf_program__name(program)))
			missed->begins += info.recursion_misses;
	}
	/* Where functions begin attempts, the change of state that follows would have, too. */
	others = missed->all - missed->begins;
	if (tracer->probes.tier != TIER_TRACEPOINT && missed->begins > others)
		missed->begins = others;
	return 0;
}

int tracer_find(const struct tracer *tracer, uint64_t socket, uint64_t id, struct attempt *attempt)
{
	int err;

	keep_cpu(tracer, true);
	err = inflight_find(&tracer->inflight, socket, id, attempt);
	keep_cpu(tracer, false);
	return err;
}

int tracer_kept(const struct tracer *tracer, const struct attempt *attempt,
                struct kept_bucket *bucket)
{
	uint32_t index = kept_index(kept_host_key(&attempt->remote, attempt->netns));
	int fd = bpf_map__fd(tracer->skeleton->maps.kept), err = 0;

	keep_cpu(tracer, true);
	if (bpf_map_lookup_elem(fd, &index, bucket))
		err = -errno;
	keep_cpu(tracer, false);
	return err;
}

static int walk(const struct tracer *tracer, const struct bpf_map *map,
                bool (*remove)(const struct attempt *, void *),
                void (*each)(const struct attempt *, void *), void *context)
{
	int err;

	keep_cpu(tracer, true);
	err = entries_each(bpf_map__fd(map), remove, each, context);
	keep_cpu(tracer, false);
	return err;
}

int tracer_each_inflight(struct tracer *tracer, bool (*remove)(const struct attempt *, void *),
                         void (*each)(const struct attempt *, void *), void *context)
{
	int err;

	keep_cpu(tracer, true);
	err = inflight_each(&tracer->inflight, remove, each, context);
	keep_cpu(tracer, false);
	return err;
}

int tracer_each_preexisting(const struct tracer *tracer,
                            void (*each)(const struct attempt *, void *), void *context)
{
	return walk(tracer, tracer->skeleton->maps.preexisting, NULL, each, context);
}

static bool all(const struct attempt *attempt, void *context)
{
	(void)attempt;
	(void)context;
	return true;
}

int tracer_take_preexisting(struct tracer *tracer, void (*each)(const struct attempt *, void *),
                            void *context)
{
	return walk(tracer, tracer->skeleton->maps.preexisting, all, each, context);
}

int tracer_follow(struct tracer *tracer, pid_t pid)
{
	uint32_t key = pid;
	uint8_t one = 1;

	if (tracer->skeleton->rodata->config.pidns_ino) {
		tracer->skeleton->bss->followed_ns_tgid = pid;
		return 0;
	}
	return bpf_map_update_elem(bpf_map__fd(tracer->skeleton->maps.followed), &key, &one,
	                           BPF_ANY)
	               ? -errno
	               : 0;
}

void tracer_translated(struct tracer *tracer, const struct attempt *attempt,
                       const struct translation *via)
{
	struct endpoint key[] = {via->local.family ? via->local : attempt->local,
	                         via->peer.family ? via->peer : attempt->remote};
	struct {
		uint64_t socket, id;
		uint32_t netns, pad;
	} value = {attempt->header.socket, attempt->header.id, attempt->netns, 0};

	/* Without it, what others drop of it is not told: nothing to complain of. */
	if (!bpf_map_update_elem(bpf_map__fd(tracer->skeleton->maps.translated), key, &value,
	                         BPF_ANY))
		tracer->skeleton->bss->n_translated = 1;
}

int tracer_add_preexisting(struct tracer *tracer, uint64_t cookie, const struct attempt *attempt)
{
	if (bpf_map_update_elem(bpf_map__fd(tracer->skeleton->maps.preexisting), &cookie, attempt,
	                        BPF_NOEXIST))
		return -errno;
	tracer->skeleton->bss->n_preexisting++;
	return 0;
}

void tracer_detach(struct tracer *tracer)
{
	probes_detach(&tracer->probes);
}

void tracer_close(struct tracer *tracer)
{
	if (!tracer)
		return;
	probes_detach(&tracer->probes);
	ring_close(tracer->ring);
	inflight_close(&tracer->inflight);
	connwhy_bpf__destroy(tracer->skeleton);
	own_close(&tracer->own);
	btf__free(tracer->btf);
	free(tracer);
}
