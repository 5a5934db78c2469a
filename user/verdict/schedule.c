/* SPDX-License-Identifier: GPL-2.0-only */
#include "schedule.h"

#include <stdio.h>

#include "units.h"

#define RTO_INITIAL_MS (1 * MS_PER_S)
#define RTO_MAX_MS (120 * MS_PER_S) /* where TCP_RTO_MAX_MS does not say another */
#define RETRIES_MAX 255
#define DEFAULT_SYN_RETRIES 6
#define DEFAULT_LINEAR_TIMEOUTS 4

/*
 * Two limits end the attempt, whichever comes first: the count of retries, which since 6.5 includes
 * the linear ones, and a time, which does not. TCP_USER_TIMEOUT takes the place of the time; the
 * first wait is not shortened by it.
 *
 * @now_ms: when the timer fires next
 * @sent:   retries so far
 */
struct syn_timer {
	int retries, linear;
	uint64_t user_ms, limit_ms, longest_ms;
	int sent;
	uint64_t now_ms, wait_ms;
};

static uint64_t doubled(const struct syn_timer *timer, uint64_t wait_ms)
{
	return wait_ms * 2 < timer->longest_ms ? wait_ms * 2 : timer->longest_ms;
}

static int limited(int retries)
{
	return retries > RETRIES_MAX ? RETRIES_MAX : retries;
}

static void timer_start(struct syn_timer *timer, const struct attempt *attempt,
                        const struct schedule *sysctls)
{
	uint64_t step_ms = RTO_INITIAL_MS;

	*timer = (struct syn_timer){
	        .retries =
	                limited(attempt->syn_retries ? attempt->syn_retries : sysctls->syn_retries),
	        .linear = sysctls->syn_linear_timeouts,
	        .user_ms = attempt->user_timeout_ms,
	        .longest_ms = sysctls->rto_max_ms ?: RTO_MAX_MS,
	        .wait_ms = RTO_INITIAL_MS,
	};
	if (timer->linear < 0 || timer->linear > RETRIES_MAX)
		timer->linear = 0;
	for (int i = 0; i <= timer->retries; i++) {
		timer->limit_ms += step_ms;
		step_ms = doubled(timer, step_ms);
	}
	if (timer->user_ms)
		timer->limit_ms = timer->user_ms;
}

/* Waits until it fires. True: another SYN is sent then; false: the kernel gives up. */
static bool timer_fire(struct syn_timer *timer)
{
	if (timer->user_ms && timer->sent && timer->now_ms + timer->wait_ms > timer->user_ms)
		timer->wait_ms =
		        timer->user_ms > timer->now_ms ? timer->user_ms - timer->now_ms : 0;
	timer->now_ms += timer->wait_ms;
	if (timer->sent >= timer->retries + timer->linear ||
	    (timer->sent && timer->now_ms >= timer->limit_ms))
		return false;
	if (timer->sent >= timer->linear)
		timer->wait_ms = doubled(timer, timer->wait_ms);
	timer->sent++;
	return true;
}

bool schedule_outlook(const struct record *record, uint64_t elapsed_ns, struct outlook *outlook)
{
	const struct attempt *attempt = &record->attempt;
	struct syn_timer timer;

	if (!record->schedule.known || (!attempt->syn_retries && record->schedule.syn_retries < 0))
		return false;
	timer_start(&timer, attempt, &record->schedule);
	outlook->next_ns = 0;
	while (timer_fire(&timer))
		if (!outlook->next_ns && timer.now_ms > elapsed_ns / NS_PER_MS)
			outlook->next_ns = timer.now_ms * NS_PER_MS;
	outlook->end_ns = timer.now_ms * NS_PER_MS;
	return true;
}

void schedule_plan(const struct attempt *attempt, const struct schedule *sysctls,
                   struct schedule_plan *plan)
{
	struct syn_timer timer;

	timer_start(&timer, attempt, sysctls);
	plan->n_retries = 0;
	while (timer_fire(&timer))
		if (plan->n_retries < SCHEDULE_RETRIES_MAX)
			plan->retries_ms[plan->n_retries++] = timer.now_ms;
	plan->end_ms = timer.now_ms;
}

/* tcp_syn_linear_timeouts came with 6.5: commit ccce324dabfe. */
struct schedule schedule_default(const char *release)
{
	struct schedule sysctls = {.syn_retries = DEFAULT_SYN_RETRIES, .syn_linear_timeouts = -1};
	int major, minor;

	if (sscanf(release, "%d.%d", &major, &minor) == 2 &&
	    (major > 6 || (major == 6 && minor >= 5)))
		sysctls.syn_linear_timeouts = DEFAULT_LINEAR_TIMEOUTS;
	return sysctls;
}
