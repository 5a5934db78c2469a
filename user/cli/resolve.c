/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <mntent.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "parse.h"
#include "resolve.h"

int resolve_process(pid_t pid, pid_t *leader)
{
	char path[64], line[128];
	int found = 0;
	FILE *status;

	if (kill(pid, 0) && errno == ESRCH)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	if (!status)
		return 0; /* hidepid= */
	while (!found && fgets(line, sizeof(line), status))
		found = sscanf(line, "Tgid: %d", leader);
	fclose(status);
	return found == 1 && *leader != pid ? -EINVAL : 0;
}

int resolve_user(const char *text, uid_t *uid)
{
	struct passwd *user;
	uint64_t number;
	int error = parse_number(text, 0, UINT32_MAX - 1, &number);

	if (!error) {
		*uid = number;
		return 0;
	}
	if (error == -ERANGE)
		return -EINVAL;
	user = getpwnam(text);
	if (user) {
		*uid = user->pw_uid;
		return 0;
	}
	return strchr("-+0123456789", text[0]) ? -EINVAL : -ENOENT;
}

int resolve_netns(const char *text, uint32_t *netns)
{
	bool is_pid = text[strspn(text, "0123456789")] == '\0';
	struct stat stat;
	char *path = NULL;
	int fd, error = 0;

	if (is_pid && asprintf(&path, "/proc/%s/ns/net", text) < 0)
		return -ENOMEM;
	fd = open(path ? path : text, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && !is_pid && !strchr(text, '/')) {
		if (asprintf(&path, "/run/netns/%s", text) < 0)
			return -ENOMEM;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	free(path);
	if (fd < 0)
		return is_pid && errno == ENOENT ? -ESRCH : -errno;
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		error = -EINVAL;
	else if (fstat(fd, &stat))
		error = -errno;
	else
		*netns = stat.st_ino;
	close(fd);
	return error;
}

/* The id of the cgroup is the inode number of its directory (kernfs, 5.5 and later). */
static int cgroup_id(const char *path, uint64_t *id)
{
	struct statfs filesystem;
	struct stat stat_;

	if (stat(path, &stat_) || statfs(path, &filesystem))
		return -errno;
	if (!S_ISDIR(stat_.st_mode) || filesystem.f_type != CGROUP2_SUPER_MAGIC)
		return -EINVAL;
	*id = stat_.st_ino;
	return 0;
}

/* Where cgroup v2 is mounted, allocated; NULL where it is not. */
static char *cgroup_mount(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;
	char *path = NULL;

	if (!mounts)
		return NULL;
	while (!path && (mount = getmntent(mounts)))
		if (strcmp(mount->mnt_type, "cgroup2") == 0)
			path = strdup(mount->mnt_dir);
	endmntent(mounts);
	return path;
}

int resolve_cgroup(const char *text, char **path, uint64_t *id)
{
	int error = cgroup_id(text, id);
	char *mount, *below = NULL;

	if (!error) {
		*path = strdup(text);
		return *path ? 0 : -ENOMEM;
	}
	mount = cgroup_mount();
	if (mount && asprintf(&below, "%s/%s", mount, text + strspn(text, "/")) < 0)
		below = NULL;
	free(mount);
	if (below && cgroup_id(below, id) == 0) {
		*path = below;
		return 0;
	}
	free(below);
	return error;
}
