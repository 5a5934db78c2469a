// SPDX-License-Identifier: GPL-2.0-only
#include "cgroup_owner.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "array.h"

#define ID_DIGITS (CONTAINER_ID_SIZE - 1)
#define UID_LENGTH (POD_UID_SIZE - 1)

/* What stands before the id in the name of its scope, or is the folder of the cgroups. */
static const struct {
	const char *before;
	const char *runtime;
} runtimes[] = {
        {"docker-", "docker"},
        {"/docker/", "docker"},
        {"cri-containerd-", "containerd"},
        {"nerdctl-", "containerd"},
        {"crio-", "cri-o"},
        {"libpod-", "podman"},
        {"/libpod_parent/libpod-", "podman"},
};

static const char *runtime_before(const char *path, const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++) {
		size_t length = strlen(runtimes[i].before);

		if ((size_t)(id - path) >= length &&
		    !strncmp(id - length, runtimes[i].before, length))
			return runtimes[i].runtime;
	}
	return NULL;
}

/* 64 hex digits in a row, and no more. */
static void read_container(struct cgroup_owner *owner, const char *path)
{
	size_t digits = 0;

	for (const char *at = path; *at; at++) {
		digits = isxdigit((unsigned char)*at) ? digits + 1 : 0;
		if (digits != ID_DIGITS || isxdigit((unsigned char)at[1]))
			continue;
		at -= ID_DIGITS - 1;
		snprintf(owner->container_id, sizeof(owner->container_id), "%.*s", ID_DIGITS, at);
		owner->runtime = runtime_before(path, at);
		return;
	}
}

/* RFC 9562: 8-4-4-4-12 hex digits; systemd has no '-' in the name of a slice, so '_' stands there.
 */
static bool is_uid(const char *text)
{
	for (size_t i = 0; i < UID_LENGTH; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' && text[i] != '_' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return !isxdigit((unsigned char)text[UID_LENGTH]);
}

static void read_pod(struct cgroup_owner *owner, const char *path)
{
	if (!strstr(path, "kubepods"))
		return;
	for (const char *at = path; (at = strstr(at, "pod")); at++) {
		if (!is_uid(at + strlen("pod")))
			continue;
		snprintf(owner->pod_uid, sizeof(owner->pod_uid), "%s", at + strlen("pod"));
		for (char *c = owner->pod_uid; *c; c++)
			*c = *c == '_' ? '-' : *c;
		return;
	}
}

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t end_length = strlen(end);

	return length > end_length && !strncmp(text + length - end_length, end, end_length);
}

/* systemd.unit(5): processes are in services and in scopes. */
static void read_unit(struct cgroup_owner *owner, const char *path)
{
	for (size_t length; *path; path += length) {
		path += *path == '/';
		length = strcspn(path, "/");
		if (length < UNIT_SIZE &&
		    (ends_with(path, length, ".service") || ends_with(path, length, ".scope")))
			snprintf(owner->unit, sizeof(owner->unit), "%.*s", (int)length, path);
	}
}

void cgroup_owner_read(struct cgroup_owner *owner, const char *path)
{
	memset(owner, 0, sizeof(*owner));
	read_container(owner, path);
	read_pod(owner, path);
	read_unit(owner, path);
}
