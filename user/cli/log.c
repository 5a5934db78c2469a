/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "text.h"

static enum log_level shown = LEVEL_INFO;

void log_set_level(enum log_level level)
{
	shown = level;
}

/* In one write, so that lines of several processes do not mix. */
static void write_line(const char *text)
{
	static const char prefix[] = "connwhy: ";
	size_t used = sizeof(prefix) - 1;
	size_t size = 4 * strlen(text) + 1; /* \xNN is the longest that a byte becomes */
	char *line = malloc(used + size + 1);

	if (!line)
		return;
	memcpy(line, prefix, used);
	text_escape(line + used, size, text, strlen(text), TEXT_SENTENCE);
	used += strlen(line + used);
	line[used++] = '\n';
	fwrite(line, 1, used, stderr);
	free(line);
}

void log_message(enum log_level level, const char *format, ...)
{
	int saved = errno;
	va_list arguments;
	char *text;

	if (level > shown)
		return;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) >= 0) {
		write_line(text);
		free(text);
	}
	va_end(arguments);
	errno = saved;
}

void log_vlines(enum log_level level, const char *format, va_list arguments)
{
	int saved = errno;
	char *text, *rest, *line;

	if (level > shown || vasprintf(&text, format, arguments) < 0)
		return;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			write_line(line);
	free(text);
	errno = saved;
}
