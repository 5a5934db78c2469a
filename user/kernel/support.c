/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds out by doing: a program of a few instructions, attached and detached again. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "privilege.h"
#include "support.h"
#include "tracefs.h"

#define FUNCTION "tcp_v4_connect"
#define LICENSE "GPL"

/* return 0 */
static const struct bpf_insn nothing[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
};

/* bpf_probe_read_kernel(&stack, 8, NULL), which lockdown=confidentiality withholds; return 0 */
static const struct bpf_insn reading[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
};

/* Closes what was opened; 0, or the -errno that stands in its place. */
static int close_or_error(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* The first line of a file, without its end. */
static int read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	int error = 0;

	if (!file)
		return -errno;
	if (!fgets(line, size, file))
		error = -ENODATA;
	else
		line[strcspn(line, "\n")] = '\0';
	fclose(file);
	return error;
}

static int read_int(const char *path, int otherwise)
{
	char line[32];

	return read_line(path, line, sizeof(line)) ? otherwise : atoi(line);
}

/* "none [integrity] confidentiality" */
static enum lockdown read_lockdown(void)
{
	char line[64];

	if (read_line("/sys/kernel/security/lockdown", line, sizeof(line)))
		return LOCKDOWN_UNKNOWN;
	if (strstr(line, "[confidentiality]"))
		return LOCKDOWN_CONFIDENTIALITY;
	return strstr(line, "[integrity]") ? LOCKDOWN_INTEGRITY : LOCKDOWN_NONE;
}

static bool raise_memlock(void)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	return setrlimit(RLIMIT_MEMLOCK, &all) == 0;
}

static int try_ring_buffer(void)
{
	return close_or_error(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "connwhy_doctor", 0, 0,
	                                     sysconf(_SC_PAGESIZE), NULL));
}

static int try_raw_tracepoint(void)
{
	int program, error;

	program = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "connwhy_doctor", LICENSE, reading,
	                        ARRAY_SIZE(reading), NULL);
	if (program < 0)
		return program;
	error = close_or_error(bpf_raw_tracepoint_open("inet_sock_set_state", program));
	close(program);
	return error;
}

static int try_fexit(const struct btf *btf, bool attach)
{
	LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = BPF_TRACE_FEXIT);
	int function = btf__find_by_name_kind(btf, FUNCTION, BTF_KIND_FUNC);
	int program, error = 0;

	if (function < 0)
		return function;
	load.attach_btf_id = function;
	program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "connwhy_doctor", LICENSE, nothing,
	                        ARRAY_SIZE(nothing), &load);
	if (program < 0)
		return program;
	if (attach)
		error = close_or_error(bpf_raw_tracepoint_open(NULL, program));
	close(program);
	return error;
}

/* Attaches a program to a perf event, which owns it from then on. */
static int try_perf_event(struct perf_event_attr *attr, enum bpf_prog_type type)
{
	int event, program, error = 0;

	attr->size = sizeof(*attr);
	event = syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return -errno;
	program =
	        bpf_prog_load(type, "connwhy_doctor", LICENSE, nothing, ARRAY_SIZE(nothing), NULL);
	if (program < 0)
		error = program;
	else if (ioctl(event, PERF_EVENT_IOC_SET_BPF, program))
		error = -errno;
	close_or_error(program);
	close(event);
	return error;
}

static int try_kprobe(void)
{
	struct perf_event_attr attr = {
	        .type = read_int("/sys/bus/event_source/devices/kprobe/type", 0),
	        .kprobe_func = (uintptr_t)FUNCTION,
	};

	return attr.type ? try_perf_event(&attr, BPF_PROG_TYPE_KPROBE) : -ENOENT;
}

static int try_syscall_tracepoint(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .sample_period = 1};
	int id = tracefs_syscall_id("sys_exit_connect");

	if (id < 0)
		return id;
	attr.config = id;
	return try_perf_event(&attr, BPF_PROG_TYPE_TRACEPOINT);
}

void support_collect(struct support *facts)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL); /* refusals are what is asked for */
	struct btf *btf;

	*facts = (struct support){
	        .euid = geteuid(),
	        .capabilities = privilege_capabilities(),
	        .initial_userns = privilege_initial_userns(),
	        .lockdown = read_lockdown(),
	        .perf_paranoid = read_int("/proc/sys/kernel/perf_event_paranoid", -2),
	        .jit = read_int("/proc/sys/net/core/bpf_jit_enable", -1),
	        .memlock_raisable = raise_memlock(),
	};
	uname(&facts->kernel);
	btf = btf__load_vmlinux_btf();
	facts->btf = btf ? 0 : -errno;
	facts->ring_buffer = try_ring_buffer();
	facts->raw_tracepoint = try_raw_tracepoint();
	facts->fexit = -ENODATA;
	if (btf) {
		facts->trampoline_image =
		        btf__find_by_name_kind(btf, "bpf_tramp_image", BTF_KIND_STRUCT) > 0;
		facts->fexit = try_fexit(btf, facts->trampoline_image);
	}
	facts->kprobe = try_kprobe();
	facts->syscall_tracepoint = try_syscall_tracepoint();
	btf__free(btf);
	libbpf_set_print(print);
}

int support_tier(const struct support *facts)
{
	if (facts->btf || facts->ring_buffer || facts->raw_tracepoint)
		return -ENOTSUP;
	if (!facts->fexit && facts->trampoline_image)
		return TIER_FENTRY;
	return facts->kprobe ? TIER_TRACEPOINT : TIER_KPROBE;
}
