/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the text that script.h describes; what is wrong in it fails the test. */
#ifndef CONNWHY_TESTS_SCRIPT_READ_H
#define CONNWHY_TESTS_SCRIPT_READ_H

#include "script.h"

static inline uint64_t script_number(const struct script *script, const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 0);

	if (end == text || *end)
		fail_msg("%s: '%s' is no number", script->file, text);
	return number;
}

/* "131.072": to the nanosecond */
static inline uint64_t script_time(const struct script *script, const char *text)
{
	unsigned long long seconds;
	char fraction[10] = "";
	int used = 0;

	if (sscanf(text, "%llu.%9[0-9]%n", &seconds, fraction, &used) != 2 || text[used])
		fail_msg("%s: '%s' are no seconds, as in 1.02", script->file, text);
	while (strlen(fraction) < 9)
		strcat(fraction, "0");
	return ATTEMPT_START_NS + seconds * SECOND + strtoul(fraction, NULL, 10);
}

static inline int script_error(const struct script *script, const char *text)
{
	int sign = *text == '-' ? -1 : 1, error;

	text += *text == '-';
	if (strcmp(text, "0") == 0)
		return 0;
	error = words_errno_from_name(text);
	if (error < 0)
		fail_msg("%s: no errno '%s'", script->file, text);
	return sign * error;
}

static inline struct endpoint script_endpoint(const struct script *script, const char *text)
{
	char address[SCRIPT_VALUE_SIZE];
	unsigned int port = 0;
	int used = 0;

	if (sscanf(text, "[%[^]]]%n", address, &used) != 1)
		sscanf(text, "%[^:]%n", address, &used);
	if (!used || (text[used] && sscanf(text + used, ":%u", &port) != 1) || port > UINT16_MAX)
		fail_msg("%s: '%s' is no endpoint", script->file, text);
	return endpoint_of(address, port);
}

static inline void script_comm(char comm[COMM_SIZE], const char *text)
{
	for (size_t i = 0; *text && i < COMM_SIZE; i++) {
		unsigned int byte = (unsigned char)*text;
		int used = 1;

		sscanf(text, "\\x%2x%n", &byte, &used);
		comm[i] = byte;
		text += used;
	}
}

static inline unsigned int script_word(const struct script *script, const struct script_key *key,
                                       const char *text, size_t length)
{
	for (unsigned int i = 0; key->words[i]; i++)
		if (strlen(key->words[i]) == length && !strncmp(key->words[i], text, length))
			return i;
	fail_msg("%s: '%.*s' is no %s", script->file, (int)length, text, key->name);
	return 0;
}

static inline uint32_t script_bits(const struct script *script, const struct script_key *key,
                                   const char *text)
{
	uint32_t bits = 0;

	for (size_t length; *text; text += length + (text[length] == ',')) {
		length = strcspn(text, ",");
		bits |= 1u << script_word(script, key, text, length);
	}
	return bits;
}

static inline char *script_keep(struct script *script, const char *text, size_t *number)
{
	if (script->n_names == SCRIPT_NAMES_MAX)
		fail_msg("%s: too many names", script->file);
	script->names[script->n_names] = strdup(text);
	*number = ++script->n_names;
	return script->names[*number - 1];
}

static inline void script_set(struct script *script, const struct script_key *key, void *base,
                              const char *text)
{
	void *at = (char *)base + key->offset;
	size_t number = 0;

	switch (key->value) {
	case VALUE_U8: *(uint8_t *)at = script_number(script, text); break;
	case VALUE_U16: *(uint16_t *)at = script_number(script, text); break;
	case VALUE_U32: *(uint32_t *)at = script_number(script, text); break;
	case VALUE_U64: *(uint64_t *)at = script_number(script, text); break;
	case VALUE_INT: *(int *)at = script_number(script, text); break;
	case VALUE_TIME: *(uint64_t *)at = script_time(script, text); break;
	case VALUE_ERROR: *(int *)at = script_error(script, text); break;
	case VALUE_ENDPOINT: *(struct endpoint *)at = script_endpoint(script, text); break;
	case VALUE_COMM: script_comm(at, text); break;
	case VALUE_STRING: *(char **)at = script_keep(script, text, &number); break;
	case VALUE_WORD: *(uint8_t *)at = script_word(script, key, text, strlen(text)); break;
	case VALUE_BITS8: *(uint8_t *)at = script_bits(script, key, text); break;
	case VALUE_BITS32: *(uint32_t *)at = script_bits(script, key, text); break;
	case VALUE_REASON:
		script_keep(script, text, &number);
		*(uint32_t *)at = number;
		break;
	case VALUE_FUNCTION:
		script_keep(script, text, &number);
		*(uint64_t *)at = number;
		break;
	}
}

/* The keys of that word; `*base` becomes what they set. */
static inline const struct script_key *script_begin(struct script *script, const char *word,
                                                    void **base)
{
	for (size_t i = 0; i < sizeof(script_words) / sizeof(script_words[0]); i++) {
		enum event_type type = script_words[i].type;
		struct event_header *header;

		if (strcmp(script_words[i].name, word))
			continue;
		*base = script;
		if (type == HOST)
			return script_words[i].keys;
		if (script->n_events == SCRIPT_EVENTS_MAX)
			fail_msg("%s: too many events", script->file);
		*base = header = &script->events[script->n_events++].header;
		header->type = type;
		header->size =
		        type == EVENT_END ? sizeof(struct attempt) : sizeof(struct step_event);
		header->socket = 1;
		header->id = ATTEMPT_START_NS;
		return script_words[i].keys;
	}
	fail_msg("%s: no event '%s'", script->file, word);
	return NULL;
}

/* An attempt ends when the last that it tells of happened, where it does not say otherwise. */
static inline void script_date_ends(struct script *script)
{
	for (size_t i = 0; i < script->n_events; i++) {
		struct attempt *a = &script->events[i].attempt;

		if (a->header.type != EVENT_END || a->header.at_ns)
			continue;
		a->header.at_ns = a->final_ns > a->return_ns ? a->final_ns : a->return_ns;
	}
}

static inline enum tally script_tally(const struct step_event *e)
{
	switch ((enum event_type)e->header.type) {
	case EVENT_RETRY: return e->retry.error ? TALLY_RETRY_FAILED : TALLY_RETRY;
	case EVENT_ICMP: return TALLY_ICMP;
	case EVENT_DROP: return e->drop.direction == DROP_OUT ? TALLY_DROP : TALLY_MAX;
	case EVENT_RST_SENT: return TALLY_RST_SENT;
	case EVENT_RST_IGNORED: return TALLY_RST_IGNORED;
	case EVENT_INTERRUPTED: return TALLY_INTERRUPTED;
	case EVENT_RST_ESTABLISHED: return TALLY_RESET;
	default: return TALLY_MAX;
	}
}

/* The kernel side counts the steps of an attempt: at least those that the script has. */
static inline void script_count_steps(struct script *script)
{
	for (size_t i = 0; i < script->n_events; i++) {
		struct attempt *a = &script->events[i].attempt;
		uint16_t tallies[TALLY_MAX] = {0};

		if (a->header.type != EVENT_END)
			continue;
		for (size_t j = 0; j < script->n_events; j++) {
			const struct step_event *e = &script->events[j].step;
			enum tally tally = script_tally(e);

			if (tally < TALLY_MAX && e->header.socket == a->header.socket &&
			    e->header.id == a->header.id)
				tallies[tally]++;
		}
		for (size_t tally = 0; tally < TALLY_MAX; tally++)
			if (a->tallies[tally] < tallies[tally])
				a->tallies[tally] = tallies[tally];
	}
}

/* Reads `text`, which is changed. `script` is zeroed but for its file. */
static inline void script_read(struct script *script, char *text)
{
	const struct script_key *keys = NULL, *key;
	char *line, *word, *value;
	void *base = NULL;

	while ((line = strsep(&text, "\n"))) {
		line[strcspn(line, "#")] = '\0';
		while ((word = strsep(&line, " \t"))) {
			if (!*word)
				continue;
			value = strchr(word, '=');
			if (!value) {
				keys = script_begin(script, word, &base);
				continue;
			}
			*value++ = '\0';
			for (key = keys; key && key->name; key++)
				if (!strcmp(key->name, word))
					break;
			if (!key || !key->name)
				fail_msg("%s: no key '%s' there", script->file, word);
			else
				script_set(script, key, base, value);
		}
	}
	script_date_ends(script);
	script_count_steps(script);
}

static inline void script_free(struct script *script)
{
	while (script->n_names)
		free(script->names[--script->n_names]);
}

#endif
