/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program of a few dozen instructions that notes that it ran in this process. Two kinds of
 * programs may be preempted on some kernels, which is found out by making it happen: the program
 * wakes a thread of the highest priority on its own CPU, and waits a little for that to have run.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "own.h"
#include "tracefs.h"
#include "tries.h"

#define NAME "connwhy_try"
#define LICENSE "GPL"
#define FUNCTION "tcp_v4_connect"
#define WAIT_ROUNDS 2000 /* some tens of microseconds */

/* What the programs and this process share, in a map that is mapped. */
struct shared {
	uint32_t tgid;
	uint32_t woken; /* how often the thread ran */
	struct {
		uint32_t ran;
		uint32_t preempted;
	} of[TRY_MAX];
};

struct trial {
	int map, ring, stop;
	struct shared *shared;
	struct stat pidns;
	int program[TRY_MAX], link[TRY_MAX];
	pthread_t thread;
	bool has_thread;
	cpu_set_t cpus;
};

#define INSN(code_, dst, src, off_, imm_)                                                          \
	{                                                                                          \
		.code = (code_), .dst_reg = (dst), .src_reg = (src), .off = (off_), .imm = (imm_)  \
	}
#define MOVE(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define SET(dst, imm_) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm_)
#define ADD(dst, imm_) INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm_)
#define SET64(dst, kind, value)                                                                    \
	INSN(BPF_LD | BPF_DW | BPF_IMM, dst, kind, 0, (int32_t)(value)),                           \
	        INSN(0, 0, 0, 0, (int32_t)((uint64_t)(value) >> 32))
#define LOAD(dst, src, off_) INSN(BPF_LDX | BPF_W | BPF_MEM, dst, src, off_, 0)
#define STORE(dst, off_, imm_) INSN(BPF_ST | BPF_W | BPF_MEM, dst, 0, off_, imm_)
#define CALL(function) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_##function)
#define JUMP(off_) INSN(BPF_JMP | BPF_JA, 0, 0, off_, 0)
#define JUMP_NE(dst, src, off_) INSN(BPF_JMP | BPF_JNE | BPF_X, dst, src, off_, 0)
#define JUMP_NE0(dst, off_) INSN(BPF_JMP | BPF_JNE | BPF_K, dst, 0, off_, 0)
#define JUMP_BELOW(dst, imm_, off_) INSN(BPF_JMP | BPF_JLT | BPF_K, dst, 0, off_, imm_)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static int load(const struct trial *trial, enum try_kind kind, const struct btf *btf)
{
	static const enum bpf_prog_type types[] = {
	        [TRY_RAW] = BPF_PROG_TYPE_RAW_TRACEPOINT, [TRY_CLASSIC] = BPF_PROG_TYPE_TRACEPOINT,
	        [TRY_FENTRY] = BPF_PROG_TYPE_TRACING,     [TRY_KPROBE] = BPF_PROG_TYPE_KPROBE,
	        [TRY_SYSCALL] = BPF_PROG_TYPE_TRACEPOINT,
	};
	const int ran = offsetof(struct shared, of[kind].ran);
	const int preempted = offsetof(struct shared, of[kind].preempted);
	const int woken = offsetof(struct shared, woken);
	const struct bpf_insn instructions[] = {
	        SET64(BPF_REG_6, BPF_PSEUDO_MAP_VALUE, (uint32_t)trial->map),
	        /* Reading kernel memory, which lockdown=confidentiality withholds. */
	        MOVE(BPF_REG_1, BPF_REG_10),
	        ADD(BPF_REG_1, -8),
	        SET(BPF_REG_2, 8),
	        SET(BPF_REG_3, 0),
	        CALL(probe_read_kernel),
	        /* Is it this process? */
	        SET64(BPF_REG_1, 0, trial->pidns.st_dev),
	        SET64(BPF_REG_2, 0, trial->pidns.st_ino),
	        MOVE(BPF_REG_3, BPF_REG_10),
	        ADD(BPF_REG_3, -8),
	        SET(BPF_REG_4, sizeof(struct bpf_pidns_info)),
	        CALL(get_ns_current_pid_tgid),
	        JUMP_NE0(BPF_REG_0, 20),
	        LOAD(BPF_REG_1, BPF_REG_10, -8 + (int)offsetof(struct bpf_pidns_info, tgid)),
	        LOAD(BPF_REG_2, BPF_REG_6, offsetof(struct shared, tgid)),
	        JUMP_NE(BPF_REG_1, BPF_REG_2, 17),
	        STORE(BPF_REG_6, ran, 1),
	        /* Wakes the thread, and waits for it. */
	        LOAD(BPF_REG_7, BPF_REG_6, woken),
	        SET64(BPF_REG_1, BPF_PSEUDO_MAP_FD, (uint32_t)trial->ring),
	        MOVE(BPF_REG_2, BPF_REG_10),
	        ADD(BPF_REG_2, -8),
	        SET(BPF_REG_3, 8),
	        SET(BPF_REG_4, BPF_RB_FORCE_WAKEUP),
	        CALL(ringbuf_output),
	        SET(BPF_REG_8, 0),
	        CALL(ktime_get_ns),
	        LOAD(BPF_REG_1, BPF_REG_6, woken),
	        JUMP_NE(BPF_REG_1, BPF_REG_7, 3),
	        ADD(BPF_REG_8, 1),
	        JUMP_BELOW(BPF_REG_8, WAIT_ROUNDS, -5),
	        JUMP(1),
	        STORE(BPF_REG_6, preempted, 1),
	        SET(BPF_REG_0, 0),
	        EXIT,
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options);

	if (kind == TRY_FENTRY) {
		int function =
		        btf ? btf__find_by_name_kind(btf, FUNCTION, BTF_KIND_FUNC) : -ENODATA;

		if (function < 0)
			return function;
		options.expected_attach_type = BPF_TRACE_FENTRY;
		options.attach_btf_id = function;
	}
	return bpf_prog_load(types[kind], NAME, LICENSE, instructions, ARRAY_SIZE(instructions),
	                     &options);
}

/* Attaches a program to a perf event, which owns it from then on. Returns the event, or -errno. */
static int attach_perf_event(struct perf_event_attr *attr, int program)
{
	int event, err;

	attr->size = sizeof(*attr);
	event = syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return -errno;
	if (!ioctl(event, PERF_EVENT_IOC_SET_BPF, program) &&
	    !ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return event;
	err = -errno;
	close(event);
	return err;
}

static int attach_tracepoint(const char *group, const char *name, int program)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .sample_period = 1};
	int id = tracefs_id(group, name);

	attr.config = id;
	return id < 0 ? id : attach_perf_event(&attr, program);
}

static int attach_kprobe(int program)
{
	struct perf_event_attr attr = {.kprobe_func = (uintptr_t)FUNCTION};
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	unsigned int type = 0;

	if (!file)
		return -ENOENT;
	if (fscanf(file, "%u", &type) == 1)
		attr.type = type;
	fclose(file);
	return type ? attach_perf_event(&attr, program) : -ENOENT;
}

static int attach(enum try_kind kind, int program)
{
	switch (kind) {
	case TRY_RAW: return bpf_raw_tracepoint_open("inet_sock_set_state", program);
	case TRY_CLASSIC: return attach_tracepoint("sock", "inet_sock_set_state", program);
	case TRY_FENTRY: return bpf_raw_tracepoint_open(NULL, program);
	case TRY_KPROBE: return attach_kprobe(program);
	case TRY_SYSCALL: return attach_tracepoint("syscalls", "sys_exit_connect", program);
	case TRY_MAX: break;
	}
	return -EINVAL;
}

/* The thread that is woken: counts, and sleeps again, until `stop` is readable. */
static void *count_wakes(void *context)
{
	struct trial *trial = context;
	struct epoll_event wake = {.events = EPOLLIN | EPOLLET, .data.fd = trial->ring};
	struct epoll_event stop = {.events = EPOLLIN, .data.fd = trial->stop};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (!epoll_ctl(epoll, EPOLL_CTL_ADD, trial->ring, &wake) &&
	    !epoll_ctl(epoll, EPOLL_CTL_ADD, trial->stop, &stop))
		while (epoll_wait(epoll, &wake, 1, -1) == 1 && wake.data.fd == trial->ring)
			__atomic_fetch_add(&trial->shared->woken, 1, __ATOMIC_RELAXED);
	if (epoll >= 0)
		close(epoll);
	return NULL;
}

/* On the CPU that this thread is kept on until stop_thread(), and before everything else there. */
static void start_thread(struct trial *trial)
{
	struct sched_param highest = {.sched_priority = sched_get_priority_max(SCHED_FIFO)};
	pthread_attr_t attr;
	cpu_set_t cpu;

	trial->stop = eventfd(0, EFD_CLOEXEC);
	if (trial->stop < 0)
		return;
	CPU_ZERO(&cpu);
	CPU_SET(sched_getcpu(), &cpu);
	if (sched_getaffinity(0, sizeof(trial->cpus), &trial->cpus) ||
	    sched_setaffinity(0, sizeof(cpu), &cpu))
		return;
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &highest);
	pthread_attr_setaffinity_np(&attr, sizeof(cpu), &cpu);
	trial->has_thread = !pthread_create(&trial->thread, &attr, count_wakes, trial);
	pthread_attr_destroy(&attr);
	if (!trial->has_thread)
		sched_setaffinity(0, sizeof(trial->cpus), &trial->cpus);
}

static void stop_thread(struct trial *trial)
{
	if (!trial->has_thread)
		return;
	eventfd_write(trial->stop, 1);
	pthread_join(trial->thread, NULL);
	sched_setaffinity(0, sizeof(trial->cpus), &trial->cpus);
}

static int open_maps(struct trial *trial)
{
	LIBBPF_OPTS(bpf_map_create_opts, mapped, .map_flags = BPF_F_MMAPABLE);
	const size_t page = sysconf(_SC_PAGESIZE);

	trial->map = bpf_map_create(BPF_MAP_TYPE_ARRAY, NAME, sizeof(uint32_t),
	                            sizeof(struct shared), 1, &mapped);
	trial->ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NAME, 0, 0, page, NULL);
	if (trial->map < 0 || trial->ring < 0)
		return trial->map < 0 ? trial->map : trial->ring;
	trial->shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, trial->map, 0);
	if (trial->shared == MAP_FAILED || stat("/proc/self/ns/pid", &trial->pidns))
		return -errno;
	trial->shared->tgid = getpid();
	return 0;
}

static void close_all(struct trial *trial)
{
	for (int kind = 0; kind < TRY_MAX; kind++) {
		if (trial->link[kind] >= 0)
			close(trial->link[kind]);
		if (trial->program[kind] >= 0)
			close(trial->program[kind]);
	}
	if (trial->shared != MAP_FAILED)
		munmap(trial->shared, sysconf(_SC_PAGESIZE));
	if (trial->map >= 0)
		close(trial->map);
	if (trial->ring >= 0)
		close(trial->ring);
	if (trial->stop >= 0)
		close(trial->stop);
}

static void open_trial(struct trial *trial)
{
	*trial = (struct trial){.map = -1, .ring = -1, .stop = -1, .shared = MAP_FAILED};
	for (int kind = 0; kind < TRY_MAX; kind++)
		trial->program[kind] = trial->link[kind] = -1;
}

void tries_run(struct try_result results[TRY_MAX], const struct btf *btf, const struct own *own,
               unsigned int kinds)
{
	struct trial trial;
	int err;

	open_trial(&trial);
	err = open_maps(&trial);
	for (int kind = 0; kind < TRY_MAX; kind++) {
		if (!(kinds & 1u << kind))
			continue;
		results[kind] = (struct try_result){.error = err};
		if (!err)
			trial.program[kind] = load(&trial, kind, btf);
		if (!err && trial.program[kind] >= 0)
			trial.link[kind] = attach(kind, trial.program[kind]);
		if (!err && trial.link[kind] < 0)
			results[kind].error =
			        trial.program[kind] < 0 ? trial.program[kind] : trial.link[kind];
	}
	if (!err && own) {
		start_thread(&trial);
		err = own_connect(own);
		stop_thread(&trial);
		for (int kind = 0; kind < TRY_MAX && !err; kind++) {
			if (trial.link[kind] < 0)
				continue;
			results[kind].blind = !trial.shared->of[kind].ran;
			results[kind].preempted = trial.shared->of[kind].preempted;
		}
	}
	close_all(&trial);
}
