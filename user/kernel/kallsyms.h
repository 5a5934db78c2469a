/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_KALLSYMS_H
#define CONNWHY_KALLSYMS_H

#include <stdint.h>
#include <stdio.h>

struct kallsyms;

/* The functions in /proc/kallsyms, which it closes; with no addresses where they are not to be
 * seen. */
struct kallsyms *kallsyms_read(FILE *file);

/* The function that an address is in, owned by `kallsyms`; NULL where it is not known. */
const char *kallsyms_find(const struct kallsyms *kallsyms, uint64_t address);

void kallsyms_free(struct kallsyms *kallsyms);

#endif
