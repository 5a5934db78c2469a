/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that only the traced host can give: of drop reasons, functions, cgroups, interfaces. */
#ifndef CONNWHY_HOST_H
#define CONNWHY_HOST_H

#include <stdint.h>

#include "record.h"
#include "save.h"

struct btf;
struct host;

/* @btf: of the running kernel, which is not needed any more then; NULL where there is none */
struct host *host_new(const struct btf *btf);
void host_free(struct host *host);

/* Is told each name once, when it is first found: (a, b) are the numbers that it stands for. */
typedef void host_name_fn(void *context, enum name_kind kind, uint64_t a, uint64_t b,
                          const char *name);
void host_on_name(struct host *host, host_name_fn *on_name, void *context);

/* Calls back with all names that were found so far. */
void host_each_name(const struct host *host, host_name_fn *each, void *context);

/* A name that another host gave. */
void host_learn(struct host *host, enum name_kind kind, uint64_t a, uint64_t b, const char *name);

/* A host that knows only what it learns. */
struct host *host_new_elsewhere(void);

/* Fills what can be told of the place of a record, and the names in its steps. */
void host_describe(struct host *host, struct record *record);

#endif
