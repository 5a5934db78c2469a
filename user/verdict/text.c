/* SPDX-License-Identifier: GPL-2.0-only */
#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "digits.h"
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

/* A vector of GCC's, which every machine has in some form. */
typedef int8_t sixteen __attribute__((vector_size(16)));

static bool is_all_plain(const char *bytes)
{
	uint64_t halves[2];
	sixteen b, odd;

	/* What is no ASCII is negative. */
	memcpy(&b, bytes, sizeof(b));
	odd = (b < ' ') | (b == 0x7f) | (b == '"') | (b == '\\');
	memcpy(halves, &odd, sizeof(halves));
	return !(halves[0] | halves[1]);
}

size_t text_plain(const char *bytes, size_t length)
{
	size_t n = 0;

	while (n + sizeof(sixteen) <= length && is_all_plain(bytes + n))
		n += sizeof(sixteen);
	while (n < length && bytes[n] >= ' ' && bytes[n] < 0x7f && bytes[n] != '"' &&
	       bytes[n] != '\\')
		n++;
	return n;
}

static size_t plain_token(const char *bytes, size_t length)
{
	size_t n = 0;

	while (n < length && bytes[n] > ' ' && bytes[n] < 0x7f && bytes[n] != '=' &&
	       bytes[n] != '\\')
		n++;
	return n;
}

static bool is_plain(uint32_t code_point, enum text_kind kind)
{
	if (text_is_control(code_point) || code_point == '\\')
		return false;
	return kind == TEXT_SENTENCE || (code_point != ' ' && code_point != '=');
}

static void write_escaped(char *to, const char *bytes, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		unsigned char byte = bytes[i];

		memcpy(to + 4 * i, (char[]){'\\', 'x', hex[byte >> 4], hex[byte & 15]}, 4);
	}
}

const char *text_escape(char *to, size_t size, const char *from, size_t max, enum text_kind kind)
{
	size_t length = strnlen(from, max), used = 0, n, needed;

	for (size_t i = 0; i < length; i += n) {
		uint32_t code_point;
		bool plain = true;

		n = kind == TEXT_TOKEN ? plain_token(from + i, length - i)
		                       : text_plain(from + i, length - i);
		if (n > size - 1 - used)
			n = size - 1 - used;
		if (!n) {
			n = text_utf8(from + i, length - i, &code_point);
			plain = n && is_plain(code_point, kind);
			n = n ? n : 1;
		}
		needed = plain ? n : 4 * n;
		if (used + needed >= size)
			break;
		if (plain)
			memcpy(to + used, from + i, n);
		else
			write_escaped(to + used, from + i, n);
		used += needed;
	}
	to[used] = '\0';
	return to;
}

void text_escaped(struct buffer *out, const char *bytes, size_t length)
{
	const size_t most = 4 * length + 1;
	char *to = buffer_end(out, most);

	if (to)
		out->length += strlen(text_escape(to, most, bytes, length, TEXT_SENTENCE));
}

/* inet_ntop() takes ten times as long for the common kind. */
static char *write_ipv4(char *to, const uint8_t address[4])
{
	for (int i = 0; i < 4; i++) {
		to = digits(to, address[i]);
		*to++ = '.';
	}
	return to - 1;
}

/* Returns the end. */
static char *write_address(char *to, const struct endpoint *endpoint)
{
	if (endpoint->family == FAMILY_IPV4)
		to = write_ipv4(to, endpoint->address);
	else if (endpoint->family && inet_ntop(AF_INET6, endpoint->address, to, TEXT_ADDRESS_SIZE))
		to += strlen(to);
	else
		*to++ = '*';
	*to = '\0';
	return to;
}

const char *text_address(char to[TEXT_ADDRESS_SIZE], const struct endpoint *endpoint)
{
	write_address(to, endpoint);
	return to;
}

static const char *write_endpoint(char to[TEXT_ENDPOINT_SIZE], const struct endpoint *endpoint,
                                  bool has_port)
{
	bool bracket = endpoint->family == FAMILY_IPV6;
	char *end = to;

	if (bracket)
		*end++ = '[';
	end = write_address(end, endpoint);
	if (bracket)
		*end++ = ']';
	*end++ = ':';
	if (has_port)
		end = digits(end, endpoint->port);
	else
		*end++ = '*';
	*end = '\0';
	return to;
}

const char *text_endpoint(char to[TEXT_ENDPOINT_SIZE], const struct endpoint *endpoint)
{
	return write_endpoint(to, endpoint, endpoint->port);
}

const char *text_peer(char to[TEXT_ENDPOINT_SIZE], const struct endpoint *peer)
{
	return write_endpoint(to, peer, peer->family || peer->port);
}

const char *text_process(char to[TEXT_PROCESS_SIZE], const char comm[COMM_SIZE], uint32_t pid)
{
	char *end;

	if (pid == 0)
		return strcpy(to, "-");
	text_escape(to, TEXT_COMM_SIZE, comm, COMM_SIZE, TEXT_TOKEN);
	end = to + strlen(to);
	*end++ = '[';
	end = digits(end, pid);
	strcpy(end, "]");
	return to;
}

const char *text_errno(char to[TEXT_ERROR_SIZE], int error)
{
	const char *name = words_errno(error);

	if (!name)
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

/* Takes away each blank that stands behind another. */
static void squeeze(char *text)
{
	char *to = strstr(text, "  ");

	for (const char *from = to; from && *from; from++)
		if (*from != ' ' || from[1] != ' ')
			*to++ = *from;
	if (to)
		*to = '\0';
}

/* Behind at most so many columns. */
static const char *advance(const char *text, unsigned int columns)
{
	/* The bytes of a character but its first one take no column. */
	while (*text && (columns || (*text & 0xc0) == 0x80))
		columns -= (*text++ & 0xc0) != 0x80;
	return text;
}

/* Where a line ends that begins at `text`: behind its last word that fits, or its only one. */
static const char *end_of_line(const char *text, unsigned int columns)
{
	const char *limit = advance(text, columns), *blank;

	if (!*limit || *limit == ' ')
		return limit;
	blank = memrchr(text, ' ', limit - text);
	return blank ?: strchrnul(limit, ' ');
}

/* `text` holds no line end, and no byte that is not to be seen. */
static void wrap_escaped(struct buffer *out, char *text, unsigned int indent, unsigned int width)
{
	const char *end;

	squeeze(text);
	for (text += *text == ' '; *text; text += end - text + (*end == ' ')) {
		end = end_of_line(text, width > indent ? width - indent : 1);
		buffer_blanks(out, indent);
		buffer_bytes(out, text, end - text - (end[-1] == ' '));
		buffer_char(out, '\n');
	}
}

void text_wrap(struct buffer *out, const char *text, size_t length, unsigned int indent,
               unsigned int width)
{
	struct buffer escaped = {0};

	text_escaped(&escaped, text, length);
	buffer_char(&escaped, '\0');
	if (!escaped.failed)
		wrap_escaped(out, escaped.bytes, indent, width);
	out->failed |= escaped.failed;
	buffer_free(&escaped);
}
