/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How an attempt ended and with which errno.
 *
 * Four places can hold it: the return of the call that fails at once, sk_err at CLOSE, sk_err_soft
 * (read by SO_ERROR while still trying, and taken by the time-out), and what user code did to the
 * socket. ending_read() tells which one it was.
 */
#ifndef CONNWHY_ENDING_H
#define CONNWHY_ENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

enum ending_kind {
	ENDING_UNKNOWN,     /* lost, or the tracer stopped first */
	ENDING_ESTABLISHED, /* the handshake was completed */
	ENDING_CALL,        /* the call itself failed at once */
	ENDING_ERROR,       /* an error ended it while it waited for an answer */
	ENDING_ABORTED,     /* SOCK_DESTROY */
	ENDING_LEFT,        /* closed, shut down or disconnected by this host, with no error */
};

/*
 * @error:       positive errno, 0 for none
 * @duration_ns: from the start to what ended it
 * @soft:        the errno is the soft error of the socket, not a hard one
 * @closed:      the application closed the socket when it could read that errno
 */
struct ending {
	enum ending_kind kind;
	int error;
	uint64_t duration_ns;
	bool soft, closed;
};

void ending_read(struct ending *ending, const struct record *record);

/*
 * The thread that connected made it CLOSE before any SYN was sent, and how was not seen: a call
 * whose return nobody saw failed, as for want of a port, or it took the attempt back itself.
 */
bool ending_unseen_call(const struct attempt *attempt);

#endif
