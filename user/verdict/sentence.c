/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "digits.h"
#include "sentence.h"
#include "text.h"
#include "units.h"
#include "words.h"

void say(struct buffer *sentence, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_vprint(sentence, format, arguments);
	va_end(arguments);
}

const char *say_time(char to[SENTENCE_WORD_SIZE], uint64_t ns)
{
	unsigned long long unit = ns >= NS_PER_S ? NS_PER_S : NS_PER_MS;
	char *end;
	unsigned long long tenths = ns / (unit / 10) + (ns % (unit / 10) >= unit / 20);

	if (ns < NS_PER_MS) {
		strcpy(digits(to, ns / NS_PER_US), " us");
		return to;
	}
	end = digits(to, tenths / 10);
	*end++ = '.';
	end = digits(end, tenths % 10);
	strcpy(end, unit == NS_PER_S ? " s" : " ms");
	return to;
}

const char *say_syns(char to[SENTENCE_WORD_SIZE], int n)
{
	if (n < 0)
		snprintf(to, SENTENCE_WORD_SIZE, "the SYNs");
	else
		snprintf(to, SENTENCE_WORD_SIZE, n == 1 ? "%d SYN" : "%d SYNs", n);
	return to;
}

void say_rewritten(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	static const uint8_t unspecified[16];
	char to[TEXT_ENDPOINT_SIZE];

	/* 0.0.0.0 and :: mean this host: the kernel itself replaces them. */
	if (!attempt->asked.family || !attempt->remote.family ||
	    !memcmp(attempt->asked.address, unspecified, sizeof(unspecified)))
		return;
	if (memcmp(attempt->asked.address, attempt->remote.address, sizeof(unspecified)) ||
	    attempt->asked.port != attempt->remote.port)
		say(sentence,
		    " The application had asked for %s: something on this host put "
		    "another address in its place.",
		    text_peer(to, &attempt->asked));
}

void say_which_icmp(struct buffer *sentence, const struct step_icmp *icmp)
{
	char from[TEXT_ADDRESS_SIZE];

	say(sentence, "%s %s (%u/%u)", icmp->version == 6 ? "ICMPv6" : "ICMP",
	    words_icmp(icmp->version, icmp->type, icmp->code), icmp->type, icmp->code);
	if (icmp->from.family)
		say(sentence, " from %s", text_address(from, &icmp->from));
}
