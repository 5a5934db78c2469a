/* SPDX-License-Identifier: GPL-2.0-only */
/* The members of a line of output_json, one by one: for formats that name each fact by its path. */
#ifndef CONNWHY_FLATTEN_H
#define CONNWHY_FLATTEN_H

#include <stddef.h>

#define FLATTEN_PATH_SIZE 128

/*
 * @path:  "network.peer.port"
 * @value: its JSON text, not terminated: a string with its quotes, a number, true, false or a list
 */
typedef void flatten_fn(void *context, const char *path, const char *value, size_t length);

/* Calls @each for each member of an object that output_json wrote, in its order. */
void flatten(const char *json, flatten_fn *each, void *context);

/* Behind the value, or the name of a member, that begins at `at`. */
const char *flatten_skip(const char *at);

#endif
