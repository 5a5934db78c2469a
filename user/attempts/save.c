// SPDX-License-Identifier: GPL-2.0-only
#include "save.h"

#include <errno.h>
#include <string.h>

static int write_all(FILE *file, const void *data, size_t size)
{
	if (fwrite(data, size, 1, file) == 1)
		return 0;
	return errno ? -errno : -EIO;
}

int save_header(FILE *file, const struct run *run)
{
	struct save_header header = {
	        .magic = SAVE_MAGIC,
	        .attempt_size = sizeof(struct attempt),
	        .step_size = sizeof(struct step_event),
	        .realtime_offset_ns = run->realtime_offset_ns,
	        .start_ns = run->start_ns,
	};
	int err;

	snprintf(header.host, sizeof(header.host), "%s", run->host);
	snprintf(header.kernel, sizeof(header.kernel), "%s", run->kernel);
	snprintf(header.tier, sizeof(header.tier), "%s", run->tier);
	err = write_all(file, &header, sizeof(header));
	return err || !fflush(file) ? err : -errno;
}

int save_event(FILE *file, const struct event_header *event)
{
	return write_all(file, event, event->size);
}

int save_name(FILE *file, enum name_kind kind, uint64_t a, uint64_t b, const char *name)
{
	struct save_name frame = {.header = {.type = SAVE_NAME,
	                                     .size = sizeof(frame),
	                                     .socket = kind,
	                                     .id = a,
	                                     .at_ns = b}};

	snprintf(frame.name, sizeof(frame.name), "%s", name);
	return write_all(file, &frame, sizeof(frame));
}

int save_mark(FILE *file, uint64_t at_ns)
{
	struct event_header mark = {.type = SAVE_MARK, .size = sizeof(mark), .at_ns = at_ns};

	return write_all(file, &mark, sizeof(mark));
}

int save_read_header(FILE *file, struct save_header *header)
{
	if (fread(header, sizeof(*header), 1, file) != 1 ||
	    memcmp(header->magic, SAVE_MAGIC, sizeof(header->magic)) ||
	    header->attempt_size != sizeof(struct attempt) ||
	    header->step_size != sizeof(struct step_event))
		return -EINVAL;
	header->host[sizeof(header->host) - 1] = '\0';
	header->kernel[sizeof(header->kernel) - 1] = '\0';
	header->tier[sizeof(header->tier) - 1] = '\0';
	return 0;
}

int save_read(FILE *file, union save_frame *frame)
{
	size_t rest, got = fread(&frame->header, 1, sizeof(frame->header), file);

	if (!got && feof(file))
		return 0;
	if (got != sizeof(frame->header) || frame->header.size < sizeof(frame->header) ||
	    frame->header.size > sizeof(*frame))
		return -EINVAL;
	rest = frame->header.size - sizeof(frame->header);
	if (rest && fread(&frame->header + 1, rest, 1, file) != 1)
		return -EINVAL;
	if (frame->header.type == SAVE_NAME) {
		if (frame->header.size != sizeof(frame->name))
			return -EINVAL;
		frame->name.name[sizeof(frame->name.name) - 1] = '\0';
	}
	return 1;
}
