/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file or stream of raw events: -w writes it, -r reads it.
 *
 * It begins with struct save_header. Then come frames, each with a struct event_header and its
 * size: events as the kernel side and kernel/ask.c made them; names (struct save_name) that only
 * the traced host could give; and a mark behind each turn of the tracer, so that the reader may
 * tell what the tracer knew then, without waiting for the end.
 */
#ifndef CONNWHY_SAVE_H
#define CONNWHY_SAVE_H

#include <stdio.h>

#include "event.h"
#include "run.h"

#define SAVE_MAGIC "connwhy\2"

/* Types of frames that are no enum event_type. */
#define SAVE_NAME 0x656d616eU
#define SAVE_MARK 0x6b72616dU /* a header alone; .at_ns: when */

struct save_header {
	char magic[8];
	__u32 attempt_size; /* the layouts of the program that wrote it */
	__u32 step_size;
	__s64 realtime_offset_ns;
	__u64 start_ns;
	char host[65];
	char kernel[65];
	char tier[16];
	char pad[6];
};

/* What only the traced host can name. */
enum name_kind {
	NAME_DROP_REASON,
	NAME_FUNCTION,
	NAME_CGROUP,
	NAME_INTERFACE,
	NAME_NETNS,      /* in /run/netns */
	NAME_EXECUTABLE, /* path, of a process and a second */
	NAME_COMMAND,    /* first word, as above */
	NAME_KINDS,
};

/* @header: .socket is the enum name_kind, .id and .at_ns the numbers that the name stands for */
struct save_name {
	struct event_header header;
	char name[256];
};

union save_frame {
	struct event_header header;
	struct attempt attempt;
	struct step_event step;
	struct save_name name;
};

static_assert(sizeof(struct save_header) == 184, "save_header");
static_assert(sizeof(struct save_name) == 288, "save_name");

/* Begins a file: writes its header. 0 or -errno. */
int save_header(FILE *file, const struct run *run);

/* 0 or -errno. */
int save_event(FILE *file, const struct event_header *event);
int save_name(FILE *file, enum name_kind kind, uint64_t a, uint64_t b, const char *name);
int save_mark(FILE *file, uint64_t at_ns);

/* Reads and checks the header. 0, or -EINVAL where it is no such file or of another layout. */
int save_read_header(FILE *file, struct save_header *header);

/*
 * Reads the next frame into `frame`. Returns 1, 0 at the end, -EINVAL where the file is damaged or
 * cut off.
 */
int save_read(FILE *file, union save_frame *frame);

#endif
