/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"

static char top[256];

/* The v2 hierarchy may lie at a sub-mount of a mixed one. */
void cgroup_init(void)
{
	FILE *file = fopen("/proc/self/mounts", "re");
	char line[1024], where[160], type[32];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %159s %31s", where, type) == 2 && !strcmp(type, "cgroup2"))
			snprintf(top, sizeof(top), "%s/connwhy-live.%d", where, getpid());
	if (file)
		fclose(file);
}

bool cgroup_enter(const char *path)
{
	char procs[512], pid[16];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	snprintf(pid, sizeof(pid), "%d", getpid());
	return write_file(procs, pid);
}

bool cgroup_make(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", top, name);
	return *top && (!mkdir(top, 0755) || errno == EEXIST) &&
	       (!mkdir(path, 0755) || errno == EEXIST);
}

const struct bpf_insn cgroup_refuse[2] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
};

static bool attach(const char *path, enum bpf_prog_type type, enum bpf_attach_type where,
                   const struct bpf_insn *program, size_t length)
{
	union bpf_attr load = {.prog_type = type,
	                       .insns = (uintptr_t)program,
	                       .insn_cnt = (uint32_t)length,
	                       .license = (uintptr_t) "GPL",
	                       .expected_attach_type = where};
	union bpf_attr to = {.attach_type = where};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	int group = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	to.target_fd = (uint32_t)group;
	to.attach_bpf_fd = (uint32_t)fd;
	return fd >= 0 && group >= 0 && !syscall(SYS_bpf, BPF_PROG_ATTACH, &to, sizeof(to));
}

void cgroup_enter_with(struct variant *v, enum bpf_prog_type type, enum bpf_attach_type where,
                       const struct bpf_insn *program, size_t length)
{
	char path[256], name[16];

	snprintf(name, sizeof(name), "bpf-%u", v->number);
	if (!cgroup_make(name, path, sizeof(path)) || !cgroup_enter(path))
		variant_skip(v, "no control group (v2) can be made: %s", strerror(errno));
	if (!attach(path, type, where, program, length))
		variant_skip(v, "no BPF program for control groups: %s", strerror(errno));
}

static int remove_directory(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)ftw;
	if (type == FTW_DP)
		rmdir(path);
	return 0;
}

void cgroup_remove_all(void)
{
	/* The processes in them may still be dying. */
	for (int tries = 0; *top && !access(top, F_OK) && tries < 100; tries++) {
		nftw(top, remove_directory, 8, FTW_DEPTH | FTW_PHYS);
		sleep_ms(20);
	}
}
