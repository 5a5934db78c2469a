// SPDX-License-Identifier: GPL-2.0-only
/* connwhy: why did that connect() end the way it did? */
#include "demo.h"
#include "doctor.h"
#include "explain.h"
#include "log.h"
#include "options_parse.h"
#include "replay.h"
#include "top.h"
#include "trace.h"

static int (*const verbs[VERB_MAX])(const struct options *options) = {
        [VERB_TRACE] = trace,     [VERB_DEMO] = demo, [VERB_DOCTOR] = doctor,
        [VERB_EXPLAIN] = explain, [VERB_TOP] = top,   [VERB_REPLAY] = replay,
};

int main(int argc, char **argv)
{
	struct options options;
	int status = options_parse(&options, argc, argv);

	if (status < 0) {
		log_set_level(options.quiet     ? LEVEL_ERROR
		              : options.verbose ? LEVEL_DEBUG
		                                : LEVEL_INFO);
		status = verbs[options.verb](&options);
	}
	options_free(&options);
	return status;
}
