// SPDX-License-Identifier: GPL-2.0-only
/* connwhy: why did that connect() end the way it did? */
#include <stdio.h>

#include "doctor.h"
#include "explain.h"
#include "log.h"
#include "options.h"
#include "trace.h"

int main(int argc, char **argv)
{
	struct options options;
	int status = options_parse(&options, argc, argv);

	if (status < 0) {
		log_set_level(options.quiet ? LEVEL_ERROR : options.verbose ? LEVEL_DEBUG : LEVEL_INFO);
		switch (options.verb) {
		case VERB_TRACE:   status = trace(&options); break;
		case VERB_DEMO:    status = 1; break;
		case VERB_DOCTOR:  status = 1; break;
		case VERB_EXPLAIN: status = explain_print(stdout, options.explain); break;
		}
	}
	options_free(&options);
	return status;
}
