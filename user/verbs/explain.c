/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "log.h"
#include "suggest.h"
#include "text.h"
#include "words.h"

#define ERRNO_MAX 4095
#define WIDTH 78
#define INDENT 2

static void print_one(FILE *out, const struct explanation *explanation)
{
	fprintf(out, "%s\n", explanation->name);
	text_wrap(out, explanation->means, INDENT, WIDTH);
	if (explanation->check) {
		fprintf(out, "\nWhat to look at next:\n");
		text_wrap(out, explanation->check, INDENT, WIDTH);
	}
}

static void print_all(FILE *out)
{
	const struct explanation *explanation;

	fputs("Causes:\n", out);
	for (int cause = 0; cause < CAUSE_MAX; cause++)
		fprintf(out, "  %s\n", words_cause(cause));
	fputs("\nErrors:\n", out);
	for (int error = 1; error <= ERRNO_MAX; error++) {
		explanation = words_explain_errno(error);
		if (explanation)
			fprintf(out, "  %-15s %s\n", explanation->name, strerror(error));
	}
	fputs("\n'connwhy explain NAME' says what one means and what to look at next.\n", out);
}

static const char *nearest(const char *name)
{
	struct suggestion suggestion = {.text = name};

	for (int cause = 0; cause < CAUSE_MAX; cause++)
		suggest(&suggestion, words_cause(cause));
	for (int error = 1; error <= ERRNO_MAX; error++)
		if (words_explain_errno(error))
			suggest(&suggestion, words_errno(error));
	return suggestion.best;
}

static int written(FILE *out)
{
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	log_error("cannot write: %s", strerror(errno));
	return EXIT_FAILURE;
}

int explain_print(FILE *out, const char *name)
{
	const struct explanation *explanation = NULL;
	const char *near;
	int cause, error;

	if (!name) {
		print_all(out);
		return written(out);
	}
	cause = words_cause_from_name(name);
	error = words_errno_from_name(name);
	if (cause >= 0)
		explanation = words_explain_cause(cause);
	else if (error > 0)
		explanation = words_explain_errno(error);
	if (explanation) {
		print_one(out, explanation);
		return written(out);
	}
	near = nearest(name);
	if (error > 0)
		log_error("no connect() ends with '%s': 'connwhy explain' lists what they end with",
		          name);
	else if (near)
		log_error("'%s' is neither an errno nor a cause: did you mean '%s'?", name, near);
	else
		log_error("'%s' is neither an errno nor a cause: 'connwhy explain' lists them",
		          name);
	return EXIT_USAGE;
}

int explain(const struct options *options)
{
	return explain_print(stdout, options->explain);
}
