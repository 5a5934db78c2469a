/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages, by level, all onto stderr: stdout is for data. */
#ifndef CONNWHY_LOG_H
#define CONNWHY_LOG_H

#include <stdarg.h>

enum log_level { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };

/* What is less urgent than `level` is not shown; at first that is LEVEL_INFO. */
void log_set_level(enum log_level level);

/*
 * One line, with the name of the program before it. Control bytes and invalid UTF-8 are escaped,
 * since messages quote what users and the kernel give. errno is left as it was.
 */
void log_message(enum log_level level, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* The same for the text of a library, which may be several lines: one message each. */
void log_vlines(enum log_level level, const char *format, va_list arguments)
        __attribute__((format(printf, 2, 0)));

#define log_error(...) log_message(LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_message(LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_message(LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LEVEL_DEBUG, __VA_ARGS__)

#endif
