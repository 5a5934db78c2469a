/* SPDX-License-Identifier: GPL-2.0-only */
/* What an output format is. */
#ifndef CONNWHY_OUTPUT_H
#define CONNWHY_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "record.h"
#include "run.h"
#include "text.h"

/*
 * @for_programs: the totals are a line among the others, not one for people on stderr
 * @to_journal:   what is written are entries for journald, not lines for standard output
 *
 * Functions other than .record may be NULL: that format has no such line. `now_ns` is
 * CLOCK_MONOTONIC.
 */
struct output_ops {
	const char *name;
	bool for_programs, to_journal;
	void (*start)(struct buffer *out, const struct run *run);
	void (*record)(struct buffer *out, const struct run *run, const struct record *record);
	void (*losses)(struct buffer *out, const struct run *run, const struct loss *losses,
	               size_t n_losses, uint64_t now_ns);
	void (*end)(struct buffer *out, const struct run *run, const struct totals *totals,
	            uint64_t now_ns);
};

extern const struct output_ops output_timeline;
extern const struct output_ops output_line;
extern const struct output_ops output_json;
extern const struct output_ops output_otlp;
extern const struct output_ops output_journal;

/* Prints no record: somebody else shows them. No format that can be asked for. */
extern const struct output_ops output_none;

/* The format of that name; NULL where there is none. */
const struct output_ops *output_find(const char *name);

/* The socket's own end; 0.0.0.0 and :: stand there before it has chosen, and count as unknown. */
struct endpoint output_local(const struct attempt *attempt);

/* Where the attempt went; what the application asked for where it never got that far. */
const struct endpoint *output_peer(const struct attempt *attempt);

/* The errno to show; 0 on success, however it went on later. */
int output_error(const struct record *record);

/* The name of the errno where there is one, else OK, ABANDONED or UNKNOWN. */
const char *output_result(char to[TEXT_ERROR_SIZE], const struct record *record);

enum severity { SEVERITY_INFO, SEVERITY_NOTICE, SEVERITY_WARNING };

enum severity output_severity(const struct record *record);

/* Something between the application and the socket changed the destination (cgroup BPF). */
bool output_was_rewritten(const struct attempt *attempt);

/* What a person wants to know of a step beside its name ("from 192.0.2.7, ttl 57"); nothing where
 * the name says it all. */
void output_step_detail(struct buffer *out, const struct step *step);

/* The .losses and .end of the formats for people: a line each. */
void output_text_losses(struct buffer *out, const struct run *run, const struct loss *losses,
                        size_t n_losses, uint64_t now_ns);
void output_text_end(struct buffer *out, const struct run *run, const struct totals *totals,
                     uint64_t now_ns);

#endif
