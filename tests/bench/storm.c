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
#include "bench.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PORT 7
#define COUNT_MAX 1000000
#define CONNECTS_PER_ADDRESS                                                                       \
	16384 /* fewer than there are ports, each of which stays in TIME_WAIT */

/* Until this process ends. */
static void count_run_time(void)
{
	union bpf_attr attr = {.enable_stats.type = BPF_STATS_RUN_TIME};

	if (syscall(SYS_bpf, BPF_ENABLE_STATS, &attr, sizeof(attr)) < 0)
		err(1, "BPF_ENABLE_STATS");
}

static int listen_at(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const void *)address, sizeof(*address)) || listen(fd, 16))
		err(1, "listen");
	return fd;
}

/* Returns how long connect() took. `listener`: -1 where it is to be refused */
static uint64_t one_connect(const struct sockaddr_in *address, int listener)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), accepted, ret;
	uint64_t before, after;

	if (fd < 0)
		err(1, "socket");
	before = now_ns(CLOCK_MONOTONIC);
	ret = connect(fd, (const void *)address, sizeof(*address));
	after = now_ns(CLOCK_MONOTONIC);
	if (listener >= 0) {
		if (ret)
			err(1, "connect");
		accepted = accept(listener, NULL, NULL);
		if (accepted < 0)
			err(1, "accept");
		close(fd);
		close(accepted);
	} else {
		if (!ret || errno != ECONNREFUSED)
			errx(1, "connect was not refused");
		close(fd);
	}
	return after - before;
}

static void storm(bool success, long count)
{
	struct sockaddr_in address = {
	        .sin_family = AF_INET,
	        .sin_port = htons(PORT),
	        .sin_addr.s_addr = htonl(INADDR_ANY),
	};
	int listener = success ? listen_at(&address) : -1;
	uint64_t *took = room_for(count);
	uint64_t wall, cpu;

	cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	wall = now_ns(CLOCK_MONOTONIC);
	for (long i = 0; i < count; i++) {
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i / CONNECTS_PER_ADDRESS);
		took[i] = one_connect(&address, listener);
	}
	wall = now_ns(CLOCK_MONOTONIC) - wall;
	cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	printf("%llu %llu %llu\n", (unsigned long long)wall, (unsigned long long)cpu,
	       (unsigned long long)median(took, count));
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
	count = number(argv[optind + 1], COUNT_MAX);
	if ((!success && strcmp(argv[optind], "refused")) || !count)
		return usage();
	if (cpu >= 0)
		stay_on(cpu);
	own_network();
	if (stats)
		count_run_time();
	storm(success, count);
	return 0;
}
