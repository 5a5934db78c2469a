/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_PEER_QUESTIONS_H
#define CONNWHY_PEER_QUESTIONS_H

#include "session.h"

#define PEER_ASKS_NS_PER_SECOND (50 * NS_PER_MS)

/* What the kernel side and the kernel know of the peer of an attempt without success. */
void ask_about_peer(struct session *session, const struct attempt *attempt);

/* Where attempts were lost, nothing is concluded from the successes that were not seen. */
void note_lost_attempts(struct session *session, uint64_t now_ns);

#endif
