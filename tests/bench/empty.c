// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel takes for the hooks alone: attaches programs that do nothing, until a signal.
 *
 *   empty OBJECT        wants tracefs at /sys/kernel/tracing
 */
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_program *program;

	if (!object || bpf_object__load(object)) {
		fprintf(stderr, "empty: no programs can be loaded\n");
		return 1;
	}
	bpf_object__for_each_program (program, object) {
		if (!bpf_program__attach(program)) {
			fprintf(stderr, "empty: %s is not attached\n", bpf_program__name(program));
			return 1;
		}
	}
	/* A shell lets what it starts in the background ignore it. */
	signal(SIGINT, SIG_DFL);
	/* By this the benchmark sees that a tracer is ready. */
	if (epoll_create1(EPOLL_CLOEXEC) < 0)
		return 1;
	pause();
	return 0;
}
