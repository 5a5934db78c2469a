/* SPDX-License-Identifier: GPL-2.0-only */
/* What a service manager is told: sd_notify(3), by the protocol that its manual page describes. */
#ifndef CONNWHY_NOTIFY_H
#define CONNWHY_NOTIFY_H

#include <stdint.h>

/*
 * @fd:      the manager's socket, -1 where none listens
 * @next_ns: when the watchdog wants the next sign, CLOCK_MONOTONIC; 0 where there is none
 */
struct notify {
	int fd;
	uint64_t every_ns, next_ns;
};

/* Before privileges are given up: opens what NOTIFY_SOCKET and WATCHDOG_USEC name. */
void notify_open(struct notify *notify);

/* "READY=1" and the like. What cannot be sent is not missed. */
void notify_say(const struct notify *notify, const char *state);

/* The loop turns: tells the watchdog, where it is time. */
void notify_alive(struct notify *notify, uint64_t now_ns);

void notify_close(struct notify *notify);

#endif
