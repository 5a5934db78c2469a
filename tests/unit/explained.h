/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_TESTS_EXPLAINED_H
#define CONNWHY_TESTS_EXPLAINED_H

#include "diagnose.h"

/* The explanation of a diagnosed record, to be freed. */
static inline char *explained(const struct record *record)
{
	struct buffer text = {0};

	diagnose_explain(&text, record);
	buffer_char(&text, '\0');
	assert_false(text.failed);
	return text.bytes;
}

#endif
