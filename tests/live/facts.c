/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts.h"
#include "live.h"

enum tier { TIER_FENTRY = 1, TIER_KPROBE = 2, TIER_TRACEPOINT = 4 };
#define FUNCTIONS (TIER_FENTRY | TIER_KPROBE)
#define EVERY (FUNCTIONS | TIER_TRACEPOINT)

enum capability {
	CAN_ALWAYS = 1,
	CAN_ERROR_REPORT = 2,     /* inet_sk_error_report, Linux 5.14 */
	CAN_RETRANSMIT_ERROR = 4, /* tcp_retransmit_skb tells its error, Linux 6.17 */
	CAN_DROP_REASON = 8,      /* kfree_skb tells why, Linux 5.17 */
	CAN_DROP_FUNCTION = 16,   /* kfree_skb tells its caller; on arm64 5.10 it tells itself */
};

/* @tiers: those that bring it anywhere; @more: those that bring it where the kernel has @needs. */
static const struct {
	const char *name;
	unsigned int tiers, more, needs;
} facts[FACT_MAX] = {
        [FACT_ALWAYS] = {"any", EVERY, 0, 0},
        [FACT_RETURN] = {"the return of connect(2)", EVERY, 0, 0},
        [FACT_RETURN_OTHER] = {"the return of other calls", FUNCTIONS, 0, 0},
        [FACT_EVERY_RETURN] = {"every return", TIER_FENTRY | TIER_TRACEPOINT, 0, 0},
        [FACT_SYNC] = {"synchronous failures of connect(2)", EVERY, 0, 0},
        [FACT_SYNC_OTHER] = {"synchronous failures of other calls", FUNCTIONS, 0, 0},
        [FACT_BAD_ADDRESS] = {"addresses outside the memory", TIER_FENTRY | TIER_TRACEPOINT, 0, 0},
        [FACT_SYNC_PEER] = {"the rewritten address of synchronous failures", FUNCTIONS, 0, 0},
        [FACT_ICMP4] = {"ICMP errors", FUNCTIONS, TIER_TRACEPOINT, CAN_ERROR_REPORT},
        [FACT_ICMP6] = {"ICMPv6 errors", FUNCTIONS, 0, 0},
        [FACT_MTU] = {"smaller MTUs", FUNCTIONS, 0, 0},
        [FACT_NEIGHBOUR] = {"failed neighbours", FUNCTIONS, TIER_TRACEPOINT, CAN_DROP_REASON},
        [FACT_NEIGHBOUR_NAT] = {"failed neighbours behind NAT", 0, EVERY, CAN_DROP_FUNCTION},
        [FACT_RST_SEGMENT] = {"reset segments", FUNCTIONS, 0, 0},
        [FACT_RST_IGNORED] = {"ignored resets", FUNCTIONS, 0, 0},
        [FACT_STALE] = {"bare ACKs", EVERY, 0, 0},
        [FACT_RETRY_FAILED] = {"failed retries", FUNCTIONS, TIER_TRACEPOINT, CAN_RETRANSMIT_ERROR},
        [FACT_DROP_IN] = {"incoming drops", EVERY, 0, 0},
        [FACT_DROP_IN_SYN] = {"incoming drops of SYNs", 0, 0, 0},
        [FACT_DROP_OUT] = {"outgoing drops", EVERY, 0, 0},
        [FACT_DROP_REASON] = {"drop reasons", 0, EVERY, CAN_DROP_REASON},
        [FACT_DROP_FUNCTION] = {"dropping functions", 0, EVERY, CAN_DROP_FUNCTION},
        [FACT_NAT_LOOP] = {"redirected SYNs", FUNCTIONS, TIER_TRACEPOINT, CAN_RETRANSMIT_ERROR},
        [FACT_NAT_RESET] = {"the translation of a reset", FUNCTIONS, 0, 0},
        [FACT_API] = {"the call", FUNCTIONS, 0, 0},
        [FACT_LISTENER] = {"full listeners", EVERY, 0, 0},
};

static unsigned int capabilities = CAN_ALWAYS;
static unsigned int tier_bit;
static const char *tier_name = "";

static bool event_has(const char *directory, const char *event, const char *word)
{
	char path[160], text[4096];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/events/%s/format", directory, event);
	file = fopen(path, "re");
	if (!file)
		return false;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = 0;
	return strstr(text, word) != NULL;
}

/* In a mount namespace of its own: tracefs may be mounted nowhere, and stays so. */
static unsigned int read_formats(const char *directory)
{
	unsigned int found = CAN_ALWAYS;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tracefs", directory, "tracefs", 0, NULL))
		return 0;
	if (event_has(directory, "sock/inet_sk_error_report", "format:"))
		found |= CAN_ERROR_REPORT;
	if (event_has(directory, "tcp/tcp_retransmit_skb", " err;"))
		found |= CAN_RETRANSMIT_ERROR;
	if (event_has(directory, "skb/kfree_skb", " reason;"))
		found |= CAN_DROP_REASON | CAN_DROP_FUNCTION;
#ifndef __aarch64__
	found |= CAN_DROP_FUNCTION;
#endif
	return found;
}

void facts_probe(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)read_formats(settings.directory));
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status))
		capabilities = (unsigned int)WEXITSTATUS(status);
	else
		fprintf(stderr, "live: tracefs cannot be read: taking the kernel for an old one\n");
}

bool facts_set_tier(const char *tier)
{
	static const char *const names[] = {"fentry", "kprobe", "tracepoint"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(tier, names[i]))
			continue;
		tier_name = names[i];
		tier_bit = 1U << i;
		return true;
	}
	return false;
}

const char *facts_tier(void)
{
	return tier_name;
}

bool facts_expected(enum fact fact)
{
	if (facts[fact].tiers & tier_bit)
		return true;
	return (facts[fact].more & tier_bit) && (capabilities & facts[fact].needs);
}

const char *facts_name(enum fact fact)
{
	return facts[fact].name;
}
