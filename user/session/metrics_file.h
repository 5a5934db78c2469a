/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of --metrics-file, for the textfile collector of Prometheus' node exporter: written
 * aside and renamed, so that whoever reads it finds a whole one.
 */
#ifndef CONNWHY_METRICS_FILE_H
#define CONNWHY_METRICS_FILE_H

#include <limits.h>

#include "buffer.h"

/* @directory: where it is, for openat(2); @name: below it; @aside: what becomes it */
struct metrics_file {
	int directory;
	char name[NAME_MAX + 1];
	char aside[NAME_MAX + 1];
};

/* Finds the directory. 0 or -errno. */
int metrics_file_open(struct metrics_file *file, const char *path);

/*
 * Puts that text into its place, where everybody may read it. 0 or -errno: then what was there
 * before still is.
 */
int metrics_file_write(const struct metrics_file *file, const struct buffer *text);

void metrics_file_close(struct metrics_file *file);

#endif
