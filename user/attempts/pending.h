/* SPDX-License-Identifier: GPL-2.0-only */
/* One attempt of which more is to come: its steps and, at last, its end. Pure. */
#ifndef CONNWHY_PENDING_H
#define CONNWHY_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

/*
 * @number:   of the attempt, in the order of first events
 * @drain:    that brought the end
 * @end_number: in the order of the ends
 * @last_ns:  the latest event
 * @received: steps that came as events; the kernel counts them, too
 * @incomplete: something of it had to be left out
 * @asked_translation: .translation is the kernel's answer
 * @translated: the last packet that showed NAT at work; @no_listener: and no listener there
 */
struct pending {
	struct pending *next_in_bucket;
	struct pending *next_in_queue;
	uint64_t socket, id;
	uint64_t number;
	uint64_t drain;
	uint64_t end_number;
	uint64_t last_ns;
	struct attempt attempt;
	bool ended, incomplete;
	bool has_reset, has_route, has_listener, has_ports;
	struct step_reset reset;
	uint64_t reset_ns;
	struct step_route route;
	struct step_listener listener;
	struct step_ports ports;
	struct schedule schedule;
	bool has_kept, has_peer, has_next_hop;
	struct step_kept kept;
	struct step_peer peer;
	struct step_next_hop next_hop;
	bool asked_translation;
	struct step_translation translation;
	bool no_listener;
	struct step_drop translated;
	struct step *steps;
	unsigned int n_steps, room, received;
};

/* Begins an attempt in `p`, which is all zero or was used for another: its memory is used again. */
void pending_begin(struct pending *p, const struct event_header *first, uint64_t number);

/* Takes in a step of this attempt. */
void pending_step(struct pending *p, const struct step_event *event);

/* All its steps have come: adds those that the end itself tells of. */
void pending_close(struct pending *p);

/* Takes in a drop that carried no socket: for drops_of(). @pending: struct pending */
void pending_drop(void *pending, const struct step_event *drop);

/* The facts of the record; what other attempts tell of this one is left 0. */
void pending_fill(struct pending *p, struct record *record);

void pending_free(struct pending *p);

#endif
