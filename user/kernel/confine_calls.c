// SPDX-License-Identifier: GPL-2.0-only
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "array.h"

#define INT 0xffffffffULL /* an int argument: what is above it in the register is not looked at */

enum when { ALWAYS, WITH_COMMAND };

/* What an argument must be. */
struct argument {
	unsigned int number;
	uint64_t mask, value;
};

/* A call, with up to two conditions on its arguments (mask 0: none), and why it is there. */
struct call {
	int number;
	enum when when;
	struct argument arguments[2];
};

#define CALL(name)                                                                                 \
	{                                                                                          \
		.number = SCMP_SYS(name)                                                           \
	}
#define CALL_IF(name, argument, mask, value)                                                       \
	{                                                                                          \
		.number = SCMP_SYS(name), .arguments = { {argument, mask, value} }                 \
	}
#define CALL_IF_2(name, a, a_mask, a_value, b, b_mask, b_value)                                    \
	{                                                                                          \
		.number = SCMP_SYS(name), .arguments = {                                           \
			{a, a_mask, a_value},                                                      \
			{b, b_mask, b_value}                                                       \
		}                                                                                  \
	}

/* What openat(2) must not have, that only reads. */
#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY))

/* clang-format off */
static const struct call calls[] = {
	/* the loop: the ring buffer, signals, the end of COMMAND; records to where they go */
	CALL(poll), CALL(ppoll), CALL(epoll_wait), CALL(epoll_pwait),
	CALL(read), CALL(write), CALL(writev), CALL(pwrite64),
	CALL(lseek),            /* stdio; the size of a file of -w */
	CALL(close),            /* also how hooks are detached */
	CALL(restart_syscall),  /* poll(2) behind a stop */
	CALL(clock_gettime), CALL(clock_getres), CALL(clock_nanosleep), CALL(nanosleep),
	CALL(gettimeofday), CALL(time), /* where there is no vDSO */

	/* the maps and what the kernel counts of its programs; nothing is loaded or made any more */
	CALL_IF(bpf, 0, INT, BPF_MAP_LOOKUP_ELEM),
	CALL_IF(bpf, 0, INT, BPF_MAP_UPDATE_ELEM),
	CALL_IF(bpf, 0, INT, BPF_MAP_DELETE_ELEM),
	CALL_IF(bpf, 0, INT, BPF_MAP_GET_NEXT_KEY),
	CALL_IF(bpf, 0, INT, BPF_MAP_LOOKUP_BATCH),
	CALL_IF(bpf, 0, INT, BPF_MAP_LOOKUP_AND_DELETE_BATCH),
	CALL_IF(bpf, 0, INT, BPF_OBJ_GET_INFO_BY_FD),
	CALL_IF(ioctl, 1, INT, PERF_EVENT_IOC_DISABLE), /* how kprobes are detached */

	/* questions: namespaces, sysctls, names of processes and cgroups, the time zone */
	CALL_IF(openat, 2, WRITING, O_RDONLY),
	CALL_IF(open, 1, WRITING, O_RDONLY),
	CALL(open_by_handle_at), /* a cgroup by its id; CAP_DAC_READ_SEARCH */
	CALL(readlink), CALL(readlinkat), CALL(getdents64),
	CALL(stat), CALL(fstat), CALL(lstat), CALL(newfstatat), CALL(statx), CALL(statfs), CALL(fstatfs),
	CALL(access), CALL(faccessat), CALL(faccessat2),
	CALL_IF(setns, 1, INT, CLONE_NEWNET), /* and home again */
	CALL_IF(kill, 1, INT, 0),             /* whether a process is still there */

	/* netlink in that namespace: routes, sockets, neighbours, connections; names of interfaces */
	CALL_IF(socket, 0, INT, AF_NETLINK),
	CALL_IF(socket, 0, INT, AF_UNIX),  /* for SIOCGIFNAME; to journald and systemd */
	CALL_IF(ioctl, 1, INT, SIOCGIFNAME),
	CALL(bind), CALL(getsockname), CALL(getsockopt), CALL(setsockopt),
	CALL(sendto), CALL(sendmsg), CALL(recvfrom), CALL(recvmsg),

	/* scrapers, in a thread of their own, at the socket that listened before */
	CALL(accept), CALL(accept4), CALL(epoll_ctl), CALL(shutdown), CALL(fcntl), CALL(sendfile),

	/* what a terminal is like */
	CALL_IF(ioctl, 1, INT, TCGETS), CALL_IF(ioctl, 1, INT, TIOCGWINSZ),

	/* memory, never to be executed; threads; the end */
	CALL(brk), CALL(munmap), CALL(mremap), CALL(madvise), CALL(getrandom),
	CALL_IF(mmap, 2, PROT_EXEC, 0), CALL_IF(mprotect, 2, PROT_EXEC, 0),
	CALL(futex), CALL(sched_yield), CALL(set_robust_list), CALL(rseq), CALL(membarrier),
	CALL(rt_sigprocmask), CALL(rt_sigaction), CALL(rt_sigreturn), CALL(sigaltstack),
	CALL(gettid), CALL(getpid), CALL(getuid), CALL(geteuid), CALL(sched_getaffinity),
	CALL(tgkill), /* abort(3) */
	CALL(exit), CALL(exit_group),

	/* COMMAND: its end, and a signal that is passed on */
	{.number = SCMP_SYS(waitid), .when = WITH_COMMAND},
	{.number = SCMP_SYS(wait4), .when = WITH_COMMAND},
	{.number = SCMP_SYS(kill), .when = WITH_COMMAND, .arguments = {{1, INT, SIGTERM}}},
};

/* In a directory that was opened for that: further files of -w, those of --metrics-file and --report. */
static const struct call directory_calls[] = {
	CALL_IF(openat, 0, INT, 0),
	CALL_IF(unlinkat, 0, INT, 0),
	CALL_IF_2(renameat, 0, INT, 0, 2, INT, 0),
	CALL_IF_2(renameat2, 0, INT, 0, 2, INT, 0), /* arm64 has no other */
	CALL(fchmod),
};

/* The look whether the hooks still see a connect. */
static const struct call own_connect_call = CALL_IF(connect, 0, INT, 0);
/* clang-format on */

/* @descriptor: what takes the place of the values of the conditions, -1 for nothing */
static int allow(scmp_filter_ctx filter, const struct call *call, int descriptor)
{
	struct scmp_arg_cmp conditions[ARRAY_SIZE(call->arguments)];
	unsigned int n = 0;
	int err;

	for (; n < ARRAY_SIZE(call->arguments) && call->arguments[n].mask; n++) {
		const struct argument *argument = &call->arguments[n];

		conditions[n] = SCMP_CMP(argument->number, SCMP_CMP_MASKED_EQ, argument->mask,
		                         descriptor < 0 ? argument->value : (uint64_t)descriptor);
	}
	err = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call->number, n, conditions);
	/* Machines differ in which calls they have. */
	return err == -EDOM ? 0 : err;
}

static int allow_all(scmp_filter_ctx filter, const struct confine *confine)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls) && !err; i++)
		if (calls[i].when == ALWAYS || confine->has_command)
			err = allow(filter, &calls[i], -1);
	for (size_t d = 0; d < CONFINE_DIRECTORIES_MAX; d++)
		for (size_t i = 0; i < ARRAY_SIZE(directory_calls) && !err; i++)
			if (confine->directories[d] >= 0)
				err = allow(filter, &directory_calls[i], confine->directories[d]);
	if (confine->own_socket >= 0 && !err)
		err = allow(filter, &own_connect_call, confine->own_socket);
	return err;
}

int confine_calls(const struct confine *confine)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!filter)
		return -ENOMEM;
	/* Also of the thread that answers scrapers. */
	err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!err)
		err = allow_all(filter, confine);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}
