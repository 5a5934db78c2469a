/* SPDX-License-Identifier: GPL-2.0-only */
/* argv to a struct options. Parsing and --help come from one table. */
#ifndef CONNWHY_OPTIONS_PARSE_H
#define CONNWHY_OPTIONS_PARSE_H

#include "options.h"

/*
 * Parses argv. Help and version are printed to stdout by this function.
 *
 * Returns -1 to go on, else the status to exit with: 0 after --help and --version, EXIT_USAGE after
 * one sentence on stderr that names the value and what would be right, 1 where what was named does
 * not exist or cannot be opened (cgroup, netns).
 */
int options_parse(struct options *options, int argc, char **argv);

#endif
