/* SPDX-License-Identifier: GPL-2.0-only */
/* Every name and sentence, one table each. Nothing here keeps state. */
#ifndef CONNWHY_WORDS_H
#define CONNWHY_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

const char *words_outcome(enum outcome outcome); /* "success" */
const char *words_cause(enum cause cause);       /* "no_reply" */
const char *words_step(enum step_kind kind);     /* "syn_sent" */
const char *words_api(enum api api);             /* "connect"; NULL for API_UNKNOWN */
const char *words_answer(enum answer_how how);   /* "socket"; NULL for ANSWER_NONE */

/* Name to value; -1 where there is no such cause. */
int words_cause_from_name(const char *name);

/* The name of a positive errno ("ETIMEDOUT"), also of the kernel's own ERESTARTSYS (512); NULL
 * where it has none. */
const char *words_errno(int error);

/* The positive errno of a name, in either case ("etimedout"); -1 where there is none. */
int words_errno_from_name(const char *name);

/* RFC 792 / RFC 4443 words of an ICMP type and code ("host unreachable"); never NULL. */
const char *words_icmp(uint8_t version, uint8_t type, uint8_t code);

/* A TCP segment by byte 13 of its header: "SYN", "SYN-ACK", "RST", "ACK"; NULL where unknown. */
const char *words_segment(uint8_t flags);

/* SIGKILL and the like; NULL where unknown. */
const char *words_signal(int number);

/* What `connwhy explain NAME` says: the meaning of a cause and what to look at next. */
struct explanation {
	const char *name;
	const char *means;
	const char *check;
};

const struct explanation *words_explain_cause(enum cause cause);

/* The same for an errno; NULL where there is nothing to say. */
const struct explanation *words_explain_errno(int error);

#endif
