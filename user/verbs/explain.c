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

static void print_paragraph(struct buffer *out, const char *text)
{
	text_wrap(out, text, strlen(text), INDENT, WIDTH);
}

static void print_one(struct buffer *out, const struct explanation *explanation)
{
	buffer_print(out, "%s\n", explanation->name);
	print_paragraph(out, explanation->means);
	if (explanation->check) {
		buffer_string(out, "\nWhat to look at next:\n");
		print_paragraph(out, explanation->check);
	}
}

static void print_all(struct buffer *out)
{
	const struct explanation *explanation;

	buffer_string(out, "Causes:\n");
	for (int cause = 0; cause < CAUSE_MAX; cause++)
		buffer_print(out, "  %s\n", words_cause(cause));
	buffer_string(out, "\nErrors:\n");
	for (int error = 1; error <= ERRNO_MAX; error++) {
		explanation = words_explain_errno(error);
		if (explanation)
			buffer_print(out, "  %-15s %s\n", explanation->name, strerror(error));
	}
	buffer_string(out,
	              "\n'connwhy explain NAME' says what one means and what to look at next.\n");
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

static const struct explanation *find(const char *name)
{
	int cause = words_cause_from_name(name);

	return cause >= 0 ? words_explain_cause(cause)
	                  : words_explain_errno(words_errno_from_name(name));
}

/* One sentence on stderr. */
static int say_unknown(const char *name)
{
	const char *near = nearest(name);

	if (words_errno_from_name(name) > 0)
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
	const struct explanation *explanation = NULL;
	struct buffer out = {0};
	int err;

	if (!options->explain) {
		print_all(&out);
	} else {
		explanation = find(options->explain);
		if (!explanation)
			return say_unknown(options->explain);
		print_one(&out, explanation);
	}
	err = buffer_write(&out, stdout);
	buffer_free(&out);
	if (err)
		log_error("cannot write: %s", strerror(-err));
	return err ? EXIT_FAILURE : 0;
}
