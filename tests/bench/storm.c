// SPDX-License-Identifier: GPL-2.0-only
/*
 * A storm of connects over loopback, in a network namespace of its own.
 *
 *   storm [-s] [-c CPU] success|refused COUNT
 *
 * One thread connects, accepts and closes, so that every instruction of either end counts and no
 * scheduler stands between. Prints, on one line: nanoseconds that passed, nanoseconds of CPU time,
 * and the median of what one connect() took, also in nanoseconds.
 *
 *   -s  the kernel counts the run time of BPF programs meanwhile
 *   -c  runs on that CPU only
 *
 * Exit: 0 every connect ended as it should, 1 one did not, 64 usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PORT 7
#define COUNT_MAX 1000000
#define CONNECTS_PER_ADDRESS                                                                       \
	16384 /* fewer than there are ports, each of which stays in TIME_WAIT */

static void fail(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void own_network(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (unshare(CLONE_NEWNET))
		fail("unshare");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo))
		fail("lo");
	close(fd);
}

static void stay_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		fail("sched_setaffinity");
}

/* Until this process ends. */
static void count_run_time(void)
{
	union bpf_attr attr = {.enable_stats.type = BPF_STATS_RUN_TIME};

	if (syscall(SYS_bpf, BPF_ENABLE_STATS, &attr, sizeof(attr)) < 0)
		fail("BPF_ENABLE_STATS");
}

static int listen_at(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const void *)address, sizeof(*address)) || listen(fd, 16))
		fail("listen");
	return fd;
}

/* Returns how long connect() took. `listener`: -1 where it is to be refused */
static uint64_t one_connect(const struct sockaddr_in *address, int listener)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), accepted, ret;
	uint64_t before, after;

	if (fd < 0)
		fail("socket");
	before = now_ns(CLOCK_MONOTONIC);
	ret = connect(fd, (const void *)address, sizeof(*address));
	after = now_ns(CLOCK_MONOTONIC);
	if (listener >= 0) {
		if (ret)
			fail("connect");
		accepted = accept(listener, NULL, NULL);
		if (accepted < 0)
			fail("accept");
		close(fd);
		close(accepted);
	} else {
		if (!ret || errno != ECONNREFUSED)
			fail("connect was not refused");
		close(fd);
	}
	return after - before;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static void storm(bool success, long count)
{
	struct sockaddr_in address = {
	        .sin_family = AF_INET,
	        .sin_port = htons(PORT),
	        .sin_addr.s_addr = htonl(INADDR_ANY),
	};
	int listener = success ? listen_at(&address) : -1;
	uint64_t *took = calloc(count, sizeof(*took));
	uint64_t wall, cpu;

	if (!took)
		fail("calloc");
	memset(took, 0xff, count * sizeof(*took)); /* no page fault later */
	cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	wall = now_ns(CLOCK_MONOTONIC);
	for (long i = 0; i < count; i++) {
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i / CONNECTS_PER_ADDRESS);
		took[i] = one_connect(&address, listener);
	}
	wall = now_ns(CLOCK_MONOTONIC) - wall;
	cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	qsort(took, count, sizeof(*took), by_size);
	printf("%llu %llu %llu\n", (unsigned long long)wall, (unsigned long long)cpu,
	       (unsigned long long)took[count / 2]);
	free(took);
	if (success)
		close(listener);
}

static int usage(void)
{
	fprintf(stderr, "usage: storm [-s] [-c CPU] success|refused COUNT\n");
	return 64;
}

int main(int argc, char **argv)
{
	bool stats = false, success;
	int option, cpu = -1;
	char *end;
	long count;

	while ((option = getopt(argc, argv, "sc:")) != -1) {
		switch (option) {
		case 's': stats = true; break;
		case 'c': cpu = atoi(optarg); break;
		default: return usage();
		}
	}
	if (argc - optind != 2)
		return usage();
	success = !strcmp(argv[optind], "success");
	count = strtol(argv[optind + 1], &end, 10);
	if ((!success && strcmp(argv[optind], "refused")) || *end || count < 1 || count > COUNT_MAX)
		return usage();
	if (cpu >= 0)
		stay_on(cpu);
	own_network();
	if (stats)
		count_run_time();
	storm(success, count);
	return 0;
}
