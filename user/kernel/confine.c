// SPDX-License-Identifier: GPL-2.0-only
#include "confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "privilege.h"

/* Whether files can be made there without CAP_DAC_OVERRIDE: faccessat(2) asks as who we are now. */
static bool can_write(int directory)
{
	bool can;

	capng_get_caps_process();
	capng_update(CAPNG_DROP, CAPNG_EFFECTIVE, CAP_DAC_OVERRIDE);
	capng_apply(CAPNG_SELECT_CAPS);
	can = faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) == 0;
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_PERMITTED, CAP_DAC_OVERRIDE))
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, CAP_DAC_OVERRIDE);
	capng_apply(CAPNG_SELECT_CAPS);
	return can;
}

static int drop_capabilities(const struct confine *confine)
{
	bool had[CAP_LAST_CAP + 1], override = false;

	for (size_t i = 0; i < CONFINE_DIRECTORIES_MAX; i++)
		if (confine->directories[i] >= 0)
			override |= !can_write(confine->directories[i]);
	if (capng_get_caps_process())
		return -errno;
	for (unsigned int capability = 0; capability <= CAP_LAST_CAP; capability++)
		had[capability] = capng_have_capability(CAPNG_PERMITTED, capability);
	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < n_privileges_kept; i++)
		if (had[privileges_kept[i].capability])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			             privileges_kept[i].capability);
	/* It may run as another user than connwhy. */
	if (confine->has_command && had[CAP_KILL])
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_KILL);
	if (override && had[CAP_DAC_OVERRIDE])
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_DAC_OVERRIDE);
	/*
	 * The bounding set is of no use without execve(2); it takes CAP_SETPCAP, which a user with
	 * ambient capabilities need not have.
	 */
	if (had[CAP_SETPCAP])
		capng_apply(CAPNG_SELECT_BOUNDS);
	capng_apply(CAPNG_SELECT_AMBIENT);
	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}

void confine_thread(void)
{
	capng_clear(CAPNG_SELECT_CAPS);
	capng_apply(CAPNG_SELECT_CAPS);
}

int confine(const struct confine *confine)
{
	const struct rlimit none = {0, 0};
	int err = drop_capabilities(confine);

	if (err) {
		log_error("privileges cannot be given up: %s", strerror(-err));
		return err;
	}
	/* A core would hold addresses, and what programs connect to. */
	if (prctl(PR_SET_DUMPABLE, 0) || setrlimit(RLIMIT_CORE, &none))
		log_warn("core dumps cannot be switched off: %s", strerror(errno));
	if (chdir("/"))
		log_warn("/: %s", strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		log_warn("no_new_privs: %s", strerror(errno));
	err = confine_calls(confine);
	if (err)
		log_warn("system calls are not restricted: %s", strerror(-err));
	return 0;
}
