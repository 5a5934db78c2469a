/* SPDX-License-Identifier: GPL-2.0-only */
/* "Did you mean": the nearest of a list of names. */
#ifndef CONNWHY_SUGGEST_H
#define CONNWHY_SUGGEST_H

/*
 * @text: what was typed
 * @best: the nearest name so far, NULL where none is near enough; a string that outlives this
 */
struct suggestion {
	const char *text;
	const char *best;
	unsigned int distance;
};

/* Considers one more name; case does not matter. */
void suggest(struct suggestion *suggestion, const char *name);

#endif
