/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loads of this directory share: a network namespace, a CPU, a clock of their own. */
#ifndef BENCH_H
#define BENCH_H

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* This host, where it has a network beside lo: the first of a /16, all of which are behind it. */
#define OWN_ADDRESS 0xc6120001 /* 198.18.0.1 */

static inline uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static inline void stay_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		err(1, "sched_setaffinity");
}

static inline void set_up(int fd, const char *device)
{
	struct ifreq request = {.ifr_flags = IFF_UP};

	strncpy(request.ifr_name, device, sizeof(request.ifr_name) - 1);
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		err(1, "%s", device);
}

static inline int ioctl_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(1, "socket");
	return fd;
}

/* A network namespace with lo. */
static inline void own_network(void)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		err(1, "unshare");
	fd = ioctl_socket();
	set_up(fd, "lo");
	close(fd);
}

/* A network that is this process: it reads what is sent there, and writes what comes from there. */
static inline int tun_open(void)
{
	struct ifreq tun = {.ifr_name = "bench", .ifr_flags = IFF_TUN | IFF_NO_PI};
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC), control = ioctl_socket();

	if (fd < 0 || ioctl(fd, TUNSETIFF, &tun))
		err(1, "tun");
	tun.ifr_qlen = 16384; /* the most that 6.12 takes; what does not fit would be a drop, which
	                         a tracer looks at */
	if (ioctl(control, SIOCSIFTXQLEN, &tun))
		err(1, "queue of tun");
	address.sin_addr.s_addr = htonl(OWN_ADDRESS);
	memcpy(&tun.ifr_addr, &address, sizeof(address));
	if (ioctl(control, SIOCSIFADDR, &tun))
		err(1, "address of tun");
	address.sin_addr.s_addr = htonl(0xffff0000);
	memcpy(&tun.ifr_netmask, &address, sizeof(address));
	if (ioctl(control, SIOCSIFNETMASK, &tun))
		err(1, "netmask of tun");
	set_up(control, "bench");
	close(control);
	return fd;
}

static inline int by_size(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static inline uint64_t median(uint64_t *values, long count)
{
	qsort(values, count, sizeof(*values), by_size);
	return values[count / 2];
}

/* In memory already: no page fault later. */
static inline uint64_t *room_for(long count)
{
	uint64_t *values = malloc(count * sizeof(*values));

	if (!values)
		err(1, "malloc");
	memset(values, 0xff, count * sizeof(*values));
	return values;
}

/* The number that an argument is, from 1 up; 0 where it is none. */
static inline long number(const char *text, long most)
{
	char *end;
	long value = strtol(text, &end, 10);

	return *text && !*end && value >= 1 && value <= most ? value : 0;
}

#endif
