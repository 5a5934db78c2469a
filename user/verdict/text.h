/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts as text: escaping, times, addresses, errors. Shared by the outputs.
 *
 * Functions that return `to` fill it with a terminated string, so that they can stand among the
 * arguments of printf. Times are cut, not rounded: no offset is ever past its duration.
 */
#ifndef CONNWHY_TEXT_H
#define CONNWHY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "event.h"
#include "run.h"

#define TEXT_COMM_SIZE (4 * COMM_SIZE + 1)
#define TEXT_ADDRESS_SIZE 48
#define TEXT_ENDPOINT_SIZE 64
#define TEXT_TIME_SIZE 48
#define TEXT_ERROR_SIZE 32

/*
 * The length of the UTF-8 sequence at `bytes` (1 to 4) and its code point; 0 where the first byte
 * begins none of at most `size` bytes (RFC 3629: no overlong form, no surrogate).
 */
size_t text_utf8(const char *bytes, size_t size, uint32_t *code_point);

/* A code point that moves the cursor or the text around it instead of being seen. */
bool text_is_control(uint32_t code_point);

/*
 * How many bytes in front are printable ASCII, and neither a quote nor a backslash: what no output
 * has to escape.
 */
size_t text_plain(const char *bytes, size_t length);

enum text_kind {
	TEXT_TOKEN,    /* no blank and no '=': awk takes it as one field, and not for a key */
	TEXT_SENTENCE, /* blanks stay */
};

/*
 * At most `max` bytes of `from`, up to its NUL: what is not plain text, and the backslash, becomes
 * \xNN. Stops before the character that does not fit into `size`.
 */
const char *text_escape(char *to, size_t size, const char *from, size_t max, enum text_kind kind);

/* The same of `length` bytes, into a buffer and whole. */
void text_escaped(struct buffer *out, const char *bytes, size_t length);

/* "10.0.0.5", "2001:db8::1" (RFC 5952), "*" where unknown. */
const char *text_address(char to[TEXT_ADDRESS_SIZE], const struct endpoint *endpoint);

/* "10.0.0.5:443", "[2001:db8::1]:443"; as ss does, "*" for what is unknown. */
const char *text_endpoint(char to[TEXT_ENDPOINT_SIZE], const struct endpoint *endpoint);

/* The same of what somebody connects to: there 0 is a port. */
const char *text_peer(char to[TEXT_ENDPOINT_SIZE], const struct endpoint *peer);

/* "curl[4312]"; "-" where the process is unknown. */
#define TEXT_PROCESS_SIZE (TEXT_COMM_SIZE + 16)
const char *text_process(char to[TEXT_PROCESS_SIZE], const char comm[COMM_SIZE], uint32_t pid);

/* A time of CLOCK_MONOTONIC on the wall clock, ns since 1970. */
uint64_t text_wall_ns(const struct run *run, uint64_t monotonic_ns);

/* RFC 3339 in UTC, with 3 or 9 digits of the second. */
const char *text_time_iso(char to[TEXT_TIME_SIZE], uint64_t wall_ns, int digits);

/* A time of CLOCK_MONOTONIC in the run's own style. */
const char *text_time(char to[TEXT_TIME_SIZE], const struct run *run, uint64_t monotonic_ns);

/* Seconds with six digits: "0.000041". */
const char *text_seconds(char to[TEXT_TIME_SIZE], uint64_t ns);

/* Seconds: hundredths from one second on, microseconds without trailing zeros below: "1.02". */
const char *text_offset(char to[TEXT_TIME_SIZE], uint64_t ns);

/* Seconds: milliseconds from one second on, microseconds below: "131.072s", "0.000312s". */
const char *text_duration(char to[TEXT_TIME_SIZE], uint64_t ns);

/* For people: "312 us", "45.300 ms", "131.072 s". */
const char *text_duration_words(char to[TEXT_TIME_SIZE], uint64_t ns);

/* The name of a positive errno, its number where it has none. */
const char *text_errno(char to[TEXT_ERROR_SIZE], int error);

/* What a call gave, as the application sees it: "0", or a name; -ERESTARTSYS is EINTR there. */
const char *text_return(char to[TEXT_ERROR_SIZE], int ret);

/* Why a segment was not sent: an errno's name or "NET_XMIT_DROP"; NULL for 0. */
const char *text_send_error(char to[TEXT_ERROR_SIZE], int error);

/* The signal that ended the closer; NULL where none did. */
const char *text_closer_signal(char to[TEXT_ERROR_SIZE], const struct closer *closer);

/* `text` in lines of at most `width` columns, each after `indent` blanks. */
void text_wrap(struct buffer *out, const char *text, size_t length, unsigned int indent,
               unsigned int width);

#endif
