/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom a cgroup belongs to, by its path: what container runtimes and systemd put into it. Pure. */
#ifndef CONNWHY_CGROUP_OWNER_H
#define CONNWHY_CGROUP_OWNER_H

#define CONTAINER_ID_SIZE 65
#define POD_UID_SIZE 37
#define UNIT_SIZE 256 /* a file name */

/*
 * @container_id: 64 hex digits
 * @runtime:      "docker", "containerd", "cri-o", "podman"; NULL where the path does not tell
 * @pod_uid:      of Kubernetes, with dashes
 * @unit:         of systemd, the innermost one: "nginx.service"
 *
 * Empty where the path has none.
 */
struct cgroup_owner {
	char container_id[CONTAINER_ID_SIZE];
	char pod_uid[POD_UID_SIZE];
	char unit[UNIT_SIZE];
	const char *runtime;
};

void cgroup_owner_read(struct cgroup_owner *owner, const char *path);

#endif
