/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kind of drop a step of kind STEP_DROPPED tells of, by its reason. Before 5.17 a drop has
 * none: the function that freed the packet is all there is.
 */
#ifndef CONNWHY_DROP_KIND_H
#define CONNWHY_DROP_KIND_H

#include <stdbool.h>

#include "record.h"

bool drop_is_of_filter(const struct step *step);

/* The next hop did not answer. */
bool drop_is_of_neighbour(const struct step *step);

/* Neither why nor where is known. Of a SYN that was dropped and yet reset, a firewall did both. */
bool drop_is_untold(const struct step *step);

/*
 * A copy: that of a sniffer whose buffer is full, or one that a bridge floods, or the packet behind
 * it, at a host whose link address it has not.
 */
bool drop_is_of_bystander(const struct step *step);

/* Without a reason much is freed that was no loss: only of some functions it is known. */
bool drop_is_certain(const struct step *step);

#endif
