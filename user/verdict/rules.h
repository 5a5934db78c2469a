/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_RULES_H
#define CONNWHY_RULES_H

#include "evidence.h"
#include "record.h"
#include "sentence.h"

/* What evidence a cause needs, and what is said of it then. */
struct rule {
	bool (*fits)(const struct evidence *evidence);
	sentence_fn *say;
};

/* In the order of the causes: the first that fits wins. */
extern const struct rule rules[CAUSE_MAX];

#endif
