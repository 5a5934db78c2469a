/* SPDX-License-Identifier: GPL-2.0-only */
/* Walking a BPF map of attempts whose keys are 64 bits wide. */
#ifndef CONNWHY_ENTRIES_H
#define CONNWHY_ENTRIES_H

#include <stdbool.h>

#include "event.h"

/*
 * Calls back for every entry. @remove: also take it out of the map; then the callback gets only
 * those that were there to be removed. Returns 0 or -errno.
 */
int entries_each(int fd, bool (*remove)(const struct attempt *, void *),
                 void (*each)(const struct attempt *, void *), void *context);

#endif
