/* SPDX-License-Identifier: GPL-2.0-only */
/* What the demo shows: each case, its client, and the server of all. */
#ifndef CONNWHY_DEMO_CASES_H
#define CONNWHY_DEMO_CASES_H

#include <stddef.h>
#include <stdint.h>

#include "demo_world.h"
#include "record.h"

enum demo_server { SERVER_CLOSED, SERVER_LISTENS, SERVER_RESETS };

/* Which host has a rule that drops: what arrives at the server, at the client, what leaves it. */
enum demo_firewall { FIREWALL_NONE, FIREWALL_SERVER, FIREWALL_IN, FIREWALL_OUT };

/*
 * @title:       of its row
 * @comm:        name of its client
 * @syn_retries: TCP_SYNCNT, 0 for the system's own
 * @deadline_ms: the client does not block, and waits that long for data; 0: it blocks
 * @kill_ms:     when the client gets SIGKILL, 0 for never
 * @uses_up_ports: the client has taken all local ports towards that peer before
 * @outcome, @error, @cause: what is to be expected
 */
struct demo_case {
	const char *title, *comm;
	const char *address;
	uint16_t port;
	enum demo_server server;
	enum demo_firewall firewall;
	int syn_retries;
	int deadline_ms;
	int kill_ms;
	bool uses_up_ports;
	enum outcome outcome;
	int error;
	enum cause cause;
};

#define DEMO_CASES 12

extern const struct demo_case demo_cases[DEMO_CASES];

/* A child says GATE_READY (or GATE_FAILED) into @ready, then waits for a byte from @go. */
struct gate {
	int ready, go;
};

#define GATE_READY 'r'
#define GATE_FAILED 'f'

/* The processes of the demo. A failure is said on stderr. */
_Noreturn void demo_client(const struct demo_case *demo_case, const struct gate *gate);
_Noreturn void demo_server(int ns, const struct gate *gate);

#endif
