/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of -w: named, made and rotated as tcpdump does (-C, -G, -W), or standard output. What
 * stands in them is attempts/save.
 */
#ifndef CONNWHY_SAVEFILE_H
#define CONNWHY_SAVEFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "options.h"

/*
 * @options:   of -w, -C, -G and -W
 * @file:      NULL before the first
 * @directory: where the files are made, for openat(2); -1 for standard output
 * @name:      below that directory; with -G a format of strftime(3)
 * @by_size:   files that -C ended since the last one that -G ended
 * @by_time:   files that -G ended
 * @since:     begin of the interval of -G: whole seconds of the wall clock, since it gives the
 * names
 * @has_event: since the file was opened
 * @changed:   since the last mark
 * @error:     -errno once writing has failed
 */
struct savefile {
	const struct options *options;
	FILE *file;
	int directory;
	const char *name;
	unsigned int by_size;
	uint64_t by_time;
	time_t since;
	bool has_event, changed;
	int error;
};

/* Finds the directory. 0 or -errno. @now: as of time(2) */
int savefile_init(struct savefile *save, const struct options *options, time_t now);

/* Opens the current file, or opens it anew: empty, for its owner only (0600). 0 or -errno. */
int savefile_open(struct savefile *save);

/* Whether the next event belongs into a further file, by its size. */
bool savefile_is_full(const struct savefile *save);

/* Whether the interval of -G is over. */
bool savefile_is_over(const struct savefile *save, time_t now);

/* Whether -W allows no further interval. */
bool savefile_is_last(const struct savefile *save);

/* Makes the next file the current one, for savefile_open(). */
void savefile_next_size(struct savefile *save);
void savefile_next_interval(struct savefile *save, time_t now);

/* Writes out what is buffered. */
void savefile_flush(struct savefile *save);

void savefile_close(struct savefile *save);

/*
 * The name of a file, allocated: `name`, through strftime(3) where -G is given, and the number of a
 * file that -C began, with as many digits as -W needs. NULL where it is too long.
 */
char *savefile_name(const struct options *options, const char *name, time_t at,
                    unsigned int number);

#endif
