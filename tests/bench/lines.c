// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the source lines of the loaded BPF programs begin in memory.
 *
 *   lines        a line each, separated by tabs: address in hexadecimal, program, file:line, text
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_lines(const struct bpf_prog_info *program, const struct bpf_line_info *lines,
                        const __u64 *starts, __u32 n)
{
	struct btf *btf = btf__load_from_kernel_by_id(program->btf_id);

	for (__u32 i = 0; btf && i < n; i++) {
		const char *file = btf__name_by_offset(btf, lines[i].file_name_off);
		const char *text = btf__name_by_offset(btf, lines[i].line_off);
		const char *slash = strrchr(file, '/');

		printf("%llx\t%s\t%s:%u\t%s\n", starts[i], program->name, slash ? slash + 1 : file,
		       lines[i].line_col >> 10, text + strspn(text, " \t"));
	}
	btf__free(btf);
}

static void print_program(int fd)
{
	struct bpf_prog_info program = {}, again = {};
	__u32 size = sizeof(program), n;
	struct bpf_line_info *lines;
	__u64 *starts;

	if (bpf_obj_get_info_by_fd(fd, &program, &size))
		return;
	n = program.nr_line_info < program.nr_jited_line_info ? program.nr_line_info
	                                                      : program.nr_jited_line_info;
	lines = calloc(n, sizeof(*lines));
	starts = calloc(n, sizeof(*starts));
	again.nr_line_info = again.nr_jited_line_info = n;
	again.line_info_rec_size = sizeof(*lines);
	again.jited_line_info_rec_size = sizeof(*starts);
	again.line_info = (__u64)(uintptr_t)lines;
	again.jited_line_info = (__u64)(uintptr_t)starts;
	size = sizeof(again);
	if (lines && starts && !bpf_obj_get_info_by_fd(fd, &again, &size))
		print_lines(&program, lines, starts, n);
	free(lines);
	free(starts);
}

int main(void)
{
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		print_program(fd);
		close(fd);
	}
	return 0;
}
