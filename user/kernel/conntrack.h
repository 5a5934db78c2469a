/* SPDX-License-Identifier: GPL-2.0-only */
/* The connection tracking of the current network namespace: what its NAT does to a connection. */
#ifndef CONNWHY_CONNTRACK_H
#define CONNWHY_CONNTRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct btf;

/* This kernel tracks connections: its module is loaded or built in. */
bool conntrack_is_there(void);

/* Offset of struct nf_conn.tuplehash, from the BTF of the kernel or of its module, else a guess
 * that the kernel side checks. @vmlinux: BTF of the running kernel */
uint32_t conntrack_tuples_offset(const struct btf *vmlinux);

/*
 * What becomes of the ends of a connection that its socket has as `local` and `remote`.
 *
 * Returns 0, -ENOENT where it is not tracked, or -errno. Where nothing tracks connections it does
 * not begin with it for this question.
 */
int conntrack_translation(const struct endpoint *local, const struct endpoint *remote,
                          struct translation *via);

#endif
