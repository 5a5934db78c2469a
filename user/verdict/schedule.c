/* SPDX-License-Identifier: GPL-2.0-only */
#include "schedule.h"

#include "units.h"

#define RTO_INITIAL_MS (1 * MS_PER_S)
#define RTO_MAX_MS (120 * MS_PER_S) /* where TCP_RTO_MAX_MS does not say another */
#define RETRIES_MAX 255

/*
 * Two limits end the attempt, whichever comes first: the count of retries, which since 6.5 includes
 * the linear ones, and a time, which does not. TCP_USER_TIMEOUT takes the place of the time; the
 * first wait is not shortened by it.
 */
bool schedule_outlook(const struct record *record, uint64_t elapsed_ns, struct outlook *outlook)
{
	const struct attempt *attempt = &record->attempt;
	const uint64_t user_ms = attempt->user_timeout_ms;
	const uint64_t longest_ms = record->schedule.rto_max_ms ?: RTO_MAX_MS;
	uint64_t elapsed_ms = elapsed_ns / NS_PER_MS, now_ms = 0, wait_ms = RTO_INITIAL_MS;
	int retries = attempt->syn_retries ? attempt->syn_retries : record->schedule.syn_retries;
	int linear = record->schedule.syn_linear_timeouts;
	uint64_t limit_ms = 0, step_ms = RTO_INITIAL_MS;

	if (!record->schedule.known || retries < 0)
		return false;
	if (retries > RETRIES_MAX)
		retries = RETRIES_MAX;
	if (linear < 0 || linear > RETRIES_MAX)
		linear = 0;

	for (int i = 0; i <= retries; i++) {
		limit_ms += step_ms;
		step_ms = step_ms * 2 < longest_ms ? step_ms * 2 : longest_ms;
	}
	if (user_ms)
		limit_ms = user_ms;

	outlook->next_ns = 0;
	for (int sent = 0;; sent++) {
		if (user_ms && sent && now_ms + wait_ms > user_ms)
			wait_ms = user_ms > now_ms ? user_ms - now_ms : 0;
		now_ms += wait_ms;
		if (sent >= retries + linear || (sent && now_ms >= limit_ms))
			break;
		if (!outlook->next_ns && now_ms > elapsed_ms)
			outlook->next_ns = now_ms * NS_PER_MS;
		if (sent >= linear)
			wait_ms = wait_ms * 2 < longest_ms ? wait_ms * 2 : longest_ms;
	}
	outlook->end_ns = now_ms * NS_PER_MS;
	return true;
}
