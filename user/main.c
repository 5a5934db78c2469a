// SPDX-License-Identifier: GPL-2.0-only
/* connwhy: why did that connect() end the way it did? */
#include <stdio.h>

#include "demo.h"
#include "doctor.h"
#include "explain.h"
#include "log.h"
#include "options.h"
#include "replay.h"
#include "trace.h"
#include "tracer.h"

static int ignore_event(void *context, void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

/* `connwhy doctor`: what hooks are missing is seen by really attaching. */
static int examine(const struct options *options)
{
	struct tracer *tracer = NULL;
	struct doctor_facts facts;
	int status;

	doctor_collect(&facts);
	if (doctor_tier(&facts) >= 0)
		tracer_open(&tracer, options, ignore_event, NULL);
	status = doctor_print(stdout, &facts, tracer ? tracer_missing(tracer) : NULL);
	tracer_close(tracer);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	int status = options_parse(&options, argc, argv);

	if (status < 0) {
		log_set_level(options.quiet     ? LEVEL_ERROR
		              : options.verbose ? LEVEL_DEBUG
		                                : LEVEL_INFO);
		switch (options.verb) {
		case VERB_TRACE:
			status = options.read_file ? replay(&options) : trace(&options);
			break;
		case VERB_DEMO: status = demo(&options); break;
		case VERB_DOCTOR: status = examine(&options); break;
		case VERB_EXPLAIN: status = explain_print(stdout, options.explain); break;
		}
	}
	options_free(&options);
	return status;
}
