/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "live.h"

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void sleep_ms(unsigned int ms)
{
	struct timespec rest = {ms / 1000, (long)(ms % 1000) * 1000000};

	while (nanosleep(&rest, &rest) && errno == EINTR)
		;
}

bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t length = (ssize_t)strlen(text);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, text, (size_t)length) == length;
	close(fd);
	return written;
}

/* An IPv4-mapped address as IPv4, as connwhy writes it. */
void address_text(const struct sockaddr_storage *address, char *text, size_t size)
{
	const struct sockaddr_in6 *in6 = (const void *)address;

	if (address->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text,
		          (socklen_t)size);
	else if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], text, (socklen_t)size);
	else
		inet_ntop(AF_INET6, &in6->sin6_addr, text, (socklen_t)size);
}

uint16_t address_port(const struct sockaddr_storage *address)
{
	/* sin_port and sin6_port lie at the same place. */
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

socklen_t make_address(struct sockaddr_storage *address, int family, const char *text,
                       uint16_t port)
{
	struct sockaddr_in *in = (void *)address;
	struct sockaddr_in6 *in6 = (void *)address;
	char mapped[INET6_ADDRSTRLEN];

	memset(address, 0, sizeof(*address));
	address->ss_family = (sa_family_t)family;
	in->sin_port = htons(port);
	if (family == AF_INET) {
		if (inet_pton(AF_INET, text, &in->sin_addr) != 1)
			abort();
		return sizeof(*in);
	}
	snprintf(mapped, sizeof(mapped), "%s%s", strchr(text, ':') ? "" : "::ffff:", text);
	if (inet_pton(AF_INET6, mapped, &in6->sin6_addr) != 1)
		abort();
	return sizeof(*in6);
}

bool find_program(const char *name, char *path, size_t size)
{
	const char *directories = getenv("PATH");
	char copy[4096], *rest = copy, *directory;

	snprintf(copy, sizeof(copy), "%s",
	         directories ? directories : "/usr/sbin:/usr/bin:/sbin:/bin");
	while ((directory = strsep(&rest, ":"))) {
		snprintf(path, size, "%s/%s", directory, name);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

const char *errno_name(int error)
{
	return error ? strerrorname_np(error) : "0";
}

const json_t *json_at(const json_t *object, const char *path)
{
	char copy[128], *rest = copy, *key;

	snprintf(copy, sizeof(copy), "%s", path);
	while (object && (key = strsep(&rest, ".")))
		object = json_object_get(object, key);
	return object;
}

const char *json_text(const json_t *object, const char *path)
{
	const char *text = json_string_value(json_at(object, path));

	return text ? text : "";
}

json_int_t json_number(const json_t *object, const char *path, json_int_t otherwise)
{
	const json_t *value = json_at(object, path);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}
