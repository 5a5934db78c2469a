// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include <stdlib.h>

const char *const tier_names[TIER_MAX] = {
        [TIER_AUTO] = "auto",
        [TIER_FENTRY] = "fentry",
        [TIER_KPROBE] = "kprobe",
        [TIER_TRACEPOINT] = "tracepoint",
};

void options_free(struct options *options)
{
	free(options->cgroup);
	free(options->expression);
	options->cgroup = NULL;
	options->expression = NULL;
}
