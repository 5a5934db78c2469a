// SPDX-License-Identifier: GPL-2.0-only
#include "entries.h"

#include <bpf/bpf.h>
#include <errno.h>

int entries_each(int fd, bool (*remove)(const struct attempt *, void *),
                 void (*each)(const struct attempt *, void *), void *context)
{
	uint64_t key, next, *previous = NULL;
	uint32_t size = sizeof(struct bpf_map_info), rounds;
	struct bpf_map_info info = {0};

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	/*
	 * What is inserted or removed meanwhile may be missed: the next round sees it. A key that
	 * went away starts the walk anew, hence the limit.
	 */
	for (rounds = 0; rounds < 2 * info.max_entries; rounds++) {
		if (bpf_map_get_next_key(fd, previous, &next))
			return errno == ENOENT ? 0 : -errno;
		struct attempt attempt;
		bool removing;

		if (!bpf_map_lookup_elem(fd, &next, &attempt)) {
			removing = remove && remove(&attempt, context);
			/* Who deletes the entry owns the end of the attempt. */
			if (remove ? removing && !bpf_map_delete_elem(fd, &next) : true)
				each(&attempt, context);
			if (removing)
				continue;
		}
		key = next;
		previous = &key;
	}
	return 0;
}
