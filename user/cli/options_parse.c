/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "expression.h"
#include "log.h"
#include "options_check.h"
#include "options_parse.h"
#include "options_set.h"
#include "options_table.h"
#include "output.h"
#include "suggest.h"

#define GO_ON (-1)
#define ROWS_MAX 64
#define LONG_ONLY 256 /* what getopt_long gives for a row is this plus its index */

static const char *const verb_names[] = {
        [VERB_TRACE] = "trace",     [VERB_DEMO] = "demo", [VERB_DOCTOR] = "doctor",
        [VERB_EXPLAIN] = "explain", [VERB_TOP] = "top",
};

/* An option as it was given. */
struct choice {
	const struct option_row *row;
	const char *value;
	char label[OPTION_LABEL_SIZE];
};

/*
 * argv, taken apart but not yet understood.
 *
 * @words: the arguments before `--` that belong to no option
 * @seen:  bit set by index of the table
 */
struct scan {
	struct choice *choices;
	size_t n_choices;
	char **words;
	size_t n_words;
	char **command;
	uint64_t seen;
};

static int unknown_option(const char *typed)
{
	struct suggestion suggestion = {.text = typed + 2};
	size_t length = strcspn(typed + 2, "="), n = 0;

	for (size_t i = 0; i < n_option_rows; i++) {
		if (!option_rows[i].name)
			continue;
		suggest(&suggestion, option_rows[i].name);
		n += strncmp(option_rows[i].name, typed + 2, length) == 0;
	}
	if (n > 1)
		log_error("'%s' could be one of %zu options: write it out", typed, n);
	else if (suggestion.best)
		log_error("no option '%s': did you mean '--%s'?", typed, suggestion.best);
	else
		log_error("no option '%s': 'connwhy --help' lists them", typed);
	return EXIT_USAGE;
}

/* What getopt_long complains of; `code` is ':' or '?'. */
static int bad_option(int code, char **argv)
{
	const struct option_row *row;
	char label[OPTION_LABEL_SIZE];

	if (optopt >= LONG_ONLY) {
		row = &option_rows[optopt - LONG_ONLY];
		if (code == ':')
			log_error("--%s wants an argument: %s", row->name, row->argument);
		else
			log_error("--%s takes no argument, as '%s' gives it", row->name,
			          argv[optind - 1]);
		return EXIT_USAGE;
	}
	if (optopt == 0)
		return unknown_option(argv[optind - 1]);
	snprintf(label, sizeof(label), "-%c", optopt);
	if (code == ':')
		log_error("%s wants an argument: %s", label,
		          option_rows[option_find(label)].argument);
	else
		log_error("no option '%s': 'connwhy --help' lists them", label);
	return EXIT_USAGE;
}

static void add_choice(struct scan *scan, int code, const char *value)
{
	struct choice *choice = &scan->choices[scan->n_choices++];
	size_t index;

	if (code >= LONG_ONLY) {
		index = code - LONG_ONLY;
		snprintf(choice->label, sizeof(choice->label), "--%s", option_rows[index].name);
	} else {
		snprintf(choice->label, sizeof(choice->label), "-%c", code);
		index = option_find(choice->label);
	}
	choice->row = &option_rows[index];
	choice->value = value;
	scan->seen |= 1ULL << index;
}

static int scan_arguments(struct scan *scan, int argc, char **argv)
{
	struct option longs[ROWS_MAX + 1] = {{0}};
	char letters[2 * ROWS_MAX + 3] = "-:", *letter = letters + 2;
	int code, before;

	assert(n_option_rows <= ROWS_MAX);
	for (size_t i = 0, n = 0; i < n_option_rows; i++) {
		const struct option_row *row = &option_rows[i];

		if (row->letter)
			*letter++ = row->letter;
		if (row->letter && row->argument)
			*letter++ = ':';
		if (row->name)
			longs[n++] = (struct option){
			        row->name, row->argument ? required_argument : no_argument, NULL,
			        LONG_ONLY + i};
	}

	opterr = 0;
	for (optind = 0;;) {
		before = optind;
		code = getopt_long(argc, argv, letters, longs, NULL);
		if (code == -1)
			break;
		if (code == '?' || code == ':')
			return bad_option(code, argv);
		if (code == 1)
			scan->words[scan->n_words++] = optarg;
		else
			add_choice(scan, code, optarg);
	}
	if (optind < argc) {
		scan->command = argv + optind;
	} else if (before < argc && optind > before && argc > 1 && !strcmp(argv[argc - 1], "--")) {
		log_error("a COMMAND must follow '--'");
		return EXIT_USAGE;
	}
	return GO_ON;
}

static bool seen(const struct scan *scan, const char *label)
{
	return scan->seen >> option_find(label) & 1;
}

/* The first choice whose row has that flag, NULL for none. */
static const struct choice *with_flag(const struct scan *scan, unsigned int flag)
{
	for (size_t i = 0; i < scan->n_choices; i++)
		if (scan->choices[i].row->flags & flag)
			return &scan->choices[i];
	return NULL;
}

/* What cannot stand together, whatever the values. */
static int check_together(const struct scan *scan)
{
	static const struct {
		const char *a, *b, *why;
	} pairs[] = {
	        {"-4", "-6", "leave both out to trace either family"},
	        {"-t", "-T", "times have one form"},
	        {"-q", "-v", "one says less and the other more"},
	        {"-r", "-w", "what is read back was saved before"},
	};
	const struct choice *live = with_flag(scan, OPTION_LIVE);

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (seen(scan, pairs[i].a) && seen(scan, pairs[i].b)) {
			log_error("%s and %s exclude each other: %s", pairs[i].a, pairs[i].b,
			          pairs[i].why);
			return EXIT_USAGE;
		}
	}
	for (size_t i = 0; i < scan->n_choices; i++) {
		for (size_t j = 0; j < i; j++) {
			if (scan->choices[i].row != scan->choices[j].row ||
			    !(scan->choices[i].row->flags & OPTION_ONCE))
				continue;
			log_error("%s can be given once, not with '%s' and '%s'",
			          scan->choices[i].label, scan->choices[j].value,
			          scan->choices[i].value);
			return EXIT_USAGE;
		}
	}
	if (seen(scan, "-r") && live) {
		log_error("%s is for tracing and cannot go with -r: narrow what is read by a "
		          "FILTER, as in 'tcp port 443'",
		          live->label);
		return EXIT_USAGE;
	}
	if (scan->command && (seen(scan, "-r") || seen(scan, "-p"))) {
		log_error("%s and a COMMAND ('%s') exclude each other",
		          seen(scan, "-r") ? "-r" : "-p", scan->command[0]);
		return EXIT_USAGE;
	}
	if (seen(scan, "--as-root") && !scan->command) {
		log_error("--as-root is for a COMMAND, which must follow '--'");
		return EXIT_USAGE;
	}
	return GO_ON;
}

/* Takes the verb out of the words; all but `trace` know few options. */
static int find_verb(struct options *options, struct scan *scan)
{
	const char *name;
	unsigned int taken = OPTION_ANY;

	for (size_t i = 0; scan->n_words && i < ARRAY_SIZE(verb_names); i++) {
		if (strcmp(scan->words[0], verb_names[i]) != 0)
			continue;
		options->verb = i;
		scan->words++;
		scan->n_words--;
		break;
	}
	if (options->verb == VERB_TRACE)
		return GO_ON;

	name = verb_names[options->verb];
	if (options->verb == VERB_DEMO) {
		taken |= OPTION_DEMO;
		/* Timelines only where they are asked for. */
		options->output = &output_line;
	}
	if (options->verb == VERB_TOP)
		taken |= OPTION_TOP;
	for (size_t i = 0; i < scan->n_choices; i++) {
		if (!(scan->choices[i].row->flags & taken)) {
			log_error("%s is for tracing: '%s' does not take it",
			          scan->choices[i].label, name);
			return EXIT_USAGE;
		}
	}
	if (options->verb == VERB_EXPLAIN && scan->n_words) {
		options->explain = *scan->words++;
		scan->n_words--;
	}
	/* The words behind `top` are a FILTER. */
	if ((scan->n_words && options->verb != VERB_TOP) || scan->command) {
		log_error("'%s' takes %s, not '%s'", name,
		          options->verb == VERB_EXPLAIN ? "one NAME"
		          : options->verb == VERB_TOP   ? "no COMMAND"
		                                        : "no argument",
		          scan->command ? scan->command[0] : scan->words[0]);
		return EXIT_USAGE;
	}
	return GO_ON;
}

static int set_expression(struct options *options, const struct scan *scan)
{
	struct expression *expression;
	char error[256]; /* PCAP_ERRBUF_SIZE */
	size_t size = 1;

	for (size_t i = 0; i < scan->n_words; i++)
		size += strlen(scan->words[i]) + 1;
	options->expression = calloc(1, size);
	if (!options->expression)
		return EXIT_FAILURE;
	for (size_t i = 0; i < scan->n_words; i++) {
		if (i)
			strcat(options->expression, " ");
		strcat(options->expression, scan->words[i]);
	}
	/* tcpdump takes an empty one for none, too. */
	if (!options->expression[strspn(options->expression, " \t")]) {
		free(options->expression);
		options->expression = NULL;
		return GO_ON;
	}
	if (expression_compile(&expression, options->expression, error, sizeof(error))) {
		log_error("'%s' is no pcap filter (%s); a COMMAND would follow '--'",
		          options->expression, error);
		return EXIT_USAGE;
	}
	expression_free(expression);
	return GO_ON;
}

static int print_and_exit(char letter)
{
	if (letter == 'h')
		options_print_help(stdout);
	else
		printf("connwhy %s\n", VERSION);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_SUCCESS;
	log_error("cannot write: %s", strerror(errno));
	return EXIT_FAILURE;
}

static int apply(struct options *options, struct scan *scan)
{
	int status;

	for (size_t i = 0; i < scan->n_choices; i++)
		if (scan->choices[i].row->letter == 'h' || scan->choices[i].row->letter == 'V')
			return print_and_exit(scan->choices[i].row->letter);
	status = find_verb(options, scan);
	if (status == GO_ON)
		status = check_together(scan);
	for (size_t i = 0; i < scan->n_choices && status == GO_ON; i++)
		status = option_apply(options, scan->choices[i].row, scan->choices[i].label,
		                      scan->choices[i].value);
	if (status == GO_ON)
		status = options_check(options);
	if (status == GO_ON)
		status = set_expression(options, scan);
	options->command = scan->command;
	if (options->read_file)
		options->verb = VERB_REPLAY;
	return status;
}

int options_parse(struct options *options, int argc, char **argv)
{
	char **words = calloc(argc + 1, sizeof(*words));
	/* One argument can hold several letters. */
	size_t letters = 0;
	struct scan scan = {.words = words};
	int status = EXIT_FAILURE;

	*options = (struct options){
	        .output = isatty(STDOUT_FILENO) ? &output_timeline : &output_line,
	        .max_inflight = 16384,
	        .buffer_size = 16 << 20,
	};
	set_color(options, "--color", "auto");
	for (int i = 0; i < argc; i++)
		letters += strlen(argv[i]);
	scan.choices = calloc(letters + 1, sizeof(*scan.choices));
	if (words && scan.choices) {
		status = scan_arguments(&scan, argc, argv);
		if (status == GO_ON)
			status = apply(options, &scan);
	}
	free(words);
	free(scan.choices);
	if (status != GO_ON)
		options_free(options);
	return status;
}
