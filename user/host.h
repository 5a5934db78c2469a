/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that only the traced host can give: of drop reasons, functions, cgroups, interfaces. */
#ifndef CONNWHY_HOST_H
#define CONNWHY_HOST_H

#include <stdint.h>

#include "record.h"

struct btf;
struct host;

/* @btf: of the running kernel, kept by the caller for as long */
struct host *host_new(const struct btf *btf);
void host_free(struct host *host);

/* Name of an enum skb_drop_reason of this kernel ("NETFILTER_DROP"); NULL where it has none. */
const char *host_drop_reason(const struct host *host, uint32_t reason);

/* Kernel function at an address, from /proc/kallsyms; NULL where it is not to be read. */
const char *host_function(struct host *host, uint64_t address);

/* Fills what can be told of the place of a record, and the names in its steps. */
void host_describe(struct host *host, struct record *record);

#endif
