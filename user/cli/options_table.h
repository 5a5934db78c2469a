/* SPDX-License-Identifier: GPL-2.0-only */
/* The one table of options: getopt_long's arrays, --help and every check come from it. */
#ifndef CONNWHY_OPTIONS_TABLE_H
#define CONNWHY_OPTIONS_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "options.h"

#define OPTION_LABEL_SIZE 32

enum option_flags {
	OPTION_DEMO = 1 << 0, /* taken by `demo` too; else only by `trace` */
	OPTION_ANY = 1 << 1,  /* taken by every verb */
	OPTION_LIVE = 1 << 2, /* about the running kernel: nothing for -r */
	OPTION_TOP = 1 << 4,  /* taken by `top` too */
	OPTION_ONCE = 1 << 3, /* a second one would replace the first, and look as if it added */
};

/*
 * Of .set, .flag and .text, one says what the option does; none for --help and --version.
 *
 * @letter:   0 where there is only a long name
 * @name:     NULL where there is only a letter
 * @argument: what --help calls it, NULL where it takes none
 * @help:     lines, parted by \n
 * @group:    the heading before it, NULL to stay below the last one
 * @set:      takes the argument (NULL for none); -1 to go on, else the status to exit with, after
 * one sentence that calls the option `label`
 * @flag:     offset of the bool to set
 * @text:     offset of the const char * to set
 */
struct option_row {
	char letter;
	const char *name;
	const char *argument;
	const char *help;
	const char *group;
	int (*set)(struct options *options, const char *label, const char *value);
	size_t flag;
	size_t text;
	unsigned int flags;
};

extern const struct option_row option_rows[];
extern const size_t n_option_rows;

/* The row of a label ("-p", "--net"), which must exist. */
size_t option_find(const char *label);

/* "-p", or "--net" where it has no letter. */
const char *option_label(char label[OPTION_LABEL_SIZE], const struct option_row *row);

/* Does what the row says. Returns as .set does. */
int option_apply(struct options *options, const struct option_row *row, const char *label,
                 const char *value);

void options_print_help(FILE *out);

#endif
