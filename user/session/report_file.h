/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of --report. It is made aside when tracing begins, so that what cannot be written is
 * said then, and takes the place of an older one only once it is whole.
 */
#ifndef CONNWHY_REPORT_FILE_H
#define CONNWHY_REPORT_FILE_H

#include <stddef.h>

#include "record.h"
#include "run.h"

struct report_file;

/* 0, or -errno that has been said. */
int report_file_open(struct report_file **file, const char *path);

void report_file_add(struct report_file *file, const struct run *run, const struct record *record);

/* Writes the page and puts it in its place. 0 or -errno; then nothing has changed. */
int report_file_write(struct report_file *file, const struct run *run, const struct totals *totals,
                      const struct loss *losses, size_t n_losses);

/* Where it is renamed at the end, -1 for nowhere. NULL is none. */
int report_file_directory(const struct report_file *file);

/* Takes away what was made aside and is not in its place. NULL is none. */
void report_file_close(struct report_file *file);

#endif
