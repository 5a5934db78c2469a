/* SPDX-License-Identifier: GPL-2.0-only */
#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "units.h"
#include "words.h"

#define KERNEL_ERESTARTSYS 512
#define KERNEL_NET_XMIT_DROP 1
#define KERNEL_NET_XMIT_CN 2

size_t text_utf8(const char *bytes, size_t size, uint32_t *code_point)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *byte = (const unsigned char *)bytes;
	uint32_t value;
	size_t length;

	if (size == 0)
		return 0;
	if (byte[0] < 0x80) {
		*code_point = byte[0];
		return 1;
	}
	if (byte[0] >= 0xc2 && byte[0] < 0xe0)
		length = 2;
	else if (byte[0] >= 0xe0 && byte[0] < 0xf0)
		length = 3;
	else if (byte[0] >= 0xf0 && byte[0] < 0xf5)
		length = 4;
	else
		return 0;
	if (length > size)
		return 0;

	value = byte[0] & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (byte[i] & 0x3f);
	}
	if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0;
	*code_point = value;
	return length;
}

/* C0, DEL, C1, line separators, and the bidirectional controls that can reorder a whole line. */
bool text_is_control(uint32_t code_point)
{
	return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) ||
	       code_point == 0x061c || code_point == 0x200e || code_point == 0x200f ||
	       (code_point >= 0x2028 && code_point <= 0x202e) ||
	       (code_point >= 0x2066 && code_point <= 0x2069);
}

static bool is_plain(uint32_t code_point, enum text_kind kind)
{
	if (text_is_control(code_point) || code_point == '\\')
		return false;
	return kind == TEXT_SENTENCE || (code_point != ' ' && code_point != '=');
}

const char *text_escape(char *to, size_t size, const char *from, size_t max, enum text_kind kind)
{
	size_t length = strnlen(from, max), used = 0;

	for (size_t i = 0, n; i < length; i += n) {
		uint32_t code_point;
		bool plain;
		size_t needed;

		n = text_utf8(from + i, length - i, &code_point);
		plain = n && is_plain(code_point, kind);
		if (n == 0)
			n = 1;
		needed = plain ? n : 4 * n;
		if (used + needed >= size)
			break;
		if (plain)
			memcpy(to + used, from + i, n);
		else
			for (size_t k = 0; k < n; k++)
				snprintf(to + used + 4 * k, 5, "\\x%02x",
				         (unsigned char)from[i + k]);
		used += needed;
	}
	to[used] = '\0';
	return to;
}

const char *text_address(char to[TEXT_ADDRESS_SIZE], const struct endpoint *endpoint)
{
	int family = endpoint->family == FAMILY_IPV4 ? AF_INET : AF_INET6;

	if (endpoint->family == 0 || !inet_ntop(family, endpoint->address, to, TEXT_ADDRESS_SIZE))
		strcpy(to, "*");
	return to;
}

const char *text_endpoint(char to[TEXT_ENDPOINT_SIZE], const struct endpoint *endpoint)
{
	char address[TEXT_ADDRESS_SIZE], port[8] = "*";
	bool bracket = endpoint->family == FAMILY_IPV6;

	if (endpoint->port)
		snprintf(port, sizeof(port), "%u", endpoint->port);
	snprintf(to, TEXT_ENDPOINT_SIZE, bracket ? "[%s]:%s" : "%s:%s",
	         text_address(address, endpoint), port);
	return to;
}

const char *text_process(char to[TEXT_PROCESS_SIZE], const char comm[COMM_SIZE], uint32_t pid)
{
	char escaped[TEXT_COMM_SIZE];

	if (pid == 0)
		return strcpy(to, "-");
	text_escape(escaped, sizeof(escaped), comm, COMM_SIZE, TEXT_TOKEN);
	snprintf(to, TEXT_PROCESS_SIZE, "%s[%" PRIu32 "]", escaped, pid);
	return to;
}

/* Unsigned on purpose: a damaged file can hold any time, and a wrapped one still has a date. */
uint64_t text_wall_ns(const struct run *run, uint64_t monotonic_ns)
{
	return (uint64_t)run->realtime_offset_ns + monotonic_ns;
}

const char *text_time_iso(char to[TEXT_TIME_SIZE], uint64_t wall_ns, int digits)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	uint64_t fraction = wall_ns % NS_PER_S;
	struct tm tm = {0};
	size_t used;

	if (digits == 3)
		fraction /= NS_PER_MS;
	gmtime_r(&seconds, &tm);
	used = strftime(to, TEXT_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(to + used, TEXT_TIME_SIZE - used, ".%0*" PRIu64 "Z", digits, fraction);
	return to;
}

static const char *time_clock(char to[TEXT_TIME_SIZE], uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm tm = {0};
	size_t used;

	localtime_r(&seconds, &tm);
	used = strftime(to, TEXT_TIME_SIZE, "%H:%M:%S", &tm);
	snprintf(to + used, TEXT_TIME_SIZE - used, ".%03" PRIu64, wall_ns % NS_PER_S / NS_PER_MS);
	return to;
}

/* An attempt that began before the tracer has a start before zero. */
static const char *time_since(char to[TEXT_TIME_SIZE], uint64_t start_ns, uint64_t ns)
{
	bool before = ns < start_ns;
	uint64_t distance_ns = before ? start_ns - ns : ns - start_ns;

	snprintf(to, TEXT_TIME_SIZE, "%s%" PRIu64 ".%06" PRIu64, before ? "-" : "",
	         distance_ns / NS_PER_S, distance_ns % NS_PER_S / 1000);
	return to;
}

const char *text_time(char to[TEXT_TIME_SIZE], const struct run *run, uint64_t monotonic_ns)
{
	switch (run->time_style) {
	case TIME_ISO: return text_time_iso(to, text_wall_ns(run, monotonic_ns), 3);
	case TIME_CLOCK: return time_clock(to, text_wall_ns(run, monotonic_ns));
	case TIME_SINCE_START: return time_since(to, run->start_ns, monotonic_ns);
	}
	return strcpy(to, "-");
}

const char *text_offset(char to[TEXT_TIME_SIZE], uint64_t ns)
{
	uint64_t seconds = ns / NS_PER_S;
	int used;

	if (seconds) {
		snprintf(to, TEXT_TIME_SIZE, "%" PRIu64 ".%02" PRIu64, seconds,
		         ns % NS_PER_S / 10000000);
		return to;
	}
	used = snprintf(to, TEXT_TIME_SIZE, "0.%06" PRIu64, ns / 1000);
	while (to[used - 1] == '0')
		used--;
	if (to[used - 1] == '.')
		used--;
	to[used] = '\0';
	return to;
}

const char *text_duration(char to[TEXT_TIME_SIZE], uint64_t ns)
{
	if (ns >= NS_PER_S)
		snprintf(to, TEXT_TIME_SIZE, "%" PRIu64 ".%03" PRIu64 "s", ns / NS_PER_S,
		         ns % NS_PER_S / NS_PER_MS);
	else
		snprintf(to, TEXT_TIME_SIZE, "0.%06" PRIu64 "s", ns / 1000);
	return to;
}

const char *text_duration_words(char to[TEXT_TIME_SIZE], uint64_t ns)
{
	if (ns >= NS_PER_S)
		snprintf(to, TEXT_TIME_SIZE, "%" PRIu64 ".%03" PRIu64 " s", ns / NS_PER_S,
		         ns % NS_PER_S / NS_PER_MS);
	else if (ns >= NS_PER_MS)
		snprintf(to, TEXT_TIME_SIZE, "%" PRIu64 ".%03" PRIu64 " ms", ns / NS_PER_MS,
		         ns % NS_PER_MS / NS_PER_US);
	else
		snprintf(to, TEXT_TIME_SIZE, "%" PRIu64 " us", ns / NS_PER_US);
	return to;
}

const char *text_errno(char to[TEXT_ERROR_SIZE], int error)
{
	const char *name = words_errno(error);

	snprintf(to, TEXT_ERROR_SIZE, "%d", error);
	return name ? name : to;
}

static int positive(int error)
{
	return error == INT_MIN ? INT_MAX : -error;
}

const char *text_return(char to[TEXT_ERROR_SIZE], int ret)
{
	if (ret >= 0)
		return strcpy(to, "0");
	return text_errno(to, ret == -KERNEL_ERESTARTSYS ? EINTR : positive(ret));
}

const char *text_send_error(char to[TEXT_ERROR_SIZE], int error)
{
	if (error == 0)
		return NULL;
	if (error < 0)
		return text_errno(to, positive(error));
	if (error == KERNEL_NET_XMIT_DROP)
		return "NET_XMIT_DROP";
	if (error == KERNEL_NET_XMIT_CN)
		return "NET_XMIT_CN";
	snprintf(to, TEXT_ERROR_SIZE, "NET_XMIT_%d", error);
	return to;
}

const char *text_closer_signal(char to[TEXT_ERROR_SIZE], const struct closer *closer)
{
	int number = closer->exiting ? closer->exit_code & 0x7f : 0;
	const char *name;

	if (number == 0)
		return NULL;
	name = words_signal(number);
	snprintf(to, TEXT_ERROR_SIZE, "%d", number);
	return name ? name : to;
}

static unsigned int columns(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

void text_wrap(struct buffer *out, const char *text, unsigned int indent, unsigned int width)
{
	unsigned int column = 0;

	while (*text) {
		char word[4 * EXPLANATION_SIZE + 1];
		size_t length = strcspn(text, " ");

		text_escape(word, sizeof(word), text, length, TEXT_SENTENCE);
		text += length;
		text += strspn(text, " ");
		if (length == 0)
			continue;
		if (column && column + 1 + columns(word) > width) {
			buffer_char(out, '\n');
			column = 0;
		}
		buffer_blanks(out, column ? 1 : indent);
		buffer_string(out, word);
		column += (column ? 1 : indent) + columns(word);
	}
	if (column)
		buffer_char(out, '\n');
}
