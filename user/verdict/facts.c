// SPDX-License-Identifier: GPL-2.0-only
#include "facts.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "endpoint.h"
#include "units.h"

#define RESET_GRACE_NS (200 * NS_PER_MS)

bool facts_is_own(const struct record *record, const struct endpoint *endpoint)
{
	static const uint8_t unspecified[16];
	const struct endpoint *local = &record->attempt.local;
	size_t size = endpoint->family == FAMILY_IPV4 ? 4 : 16;

	if (endpoint->family != FAMILY_IPV4 && endpoint->family != FAMILY_IPV6)
		return false;
	return endpoint_is_loopback(endpoint) ||
	       (endpoint->family == local->family && memcmp(local->address, unspecified, size) &&
	        !memcmp(endpoint->address, local->address, size));
}

const struct endpoint *facts_wire_peer(const struct record *record)
{
	const struct endpoint *translated = &record->translation.via.peer;

	return translated->family ? translated : &record->attempt.remote;
}

bool facts_is_icmp_errno(int error)
{
	switch (error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENOPROTOOPT:
	case ECONNREFUSED:
	case EOPNOTSUPP:
	case EHOSTDOWN:
	case ENONET:
	case EPROTO:
	case EACCES:
	case EMSGSIZE: return true;
	default: return false;
	}
}

uint64_t facts_waited(const struct record *record, uint64_t since_ns)
{
	const struct attempt *attempt = &record->attempt;

	if (!(attempt->flags & ATTEMPT_PUT_OFF) || !attempt->syn_ns)
		return since_ns;
	return facts_since(facts_since(attempt->header.id, attempt->syn_ns), since_ns);
}

bool facts_reset(const struct record *record, uint64_t *after_ns)
{
	uint64_t established_ns = record->reset.established_ns;

	if (!record->has_reset)
		return false;
	if (!established_ns)
		established_ns = record->attempt.final_ns;
	*after_ns = facts_since(established_ns, record->reset_ns);
	return true;
}

bool facts_early_reset(const struct record *record, uint64_t *after_ns)
{
	return facts_reset(record, after_ns) && !record->reset.received &&
	       *after_ns <= RESET_GRACE_NS;
}

const struct step *facts_icmp(const struct record *record, int error, bool hard)
{
	for (unsigned int i = record->n_steps; i-- > 0;) {
		const struct step *step = &record->steps[i];

		if (step->kind != STEP_ICMP_RECEIVED || !!step->icmp.hard != hard ||
		    !step->icmp.error)
			continue;
		if (!error || facts_positive(step->icmp.error) == error)
			return step;
	}
	return NULL;
}
