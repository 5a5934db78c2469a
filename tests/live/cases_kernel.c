/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connects that the kernel makes: mounting NFS, where a worker of its own connects and does not
 * wait, and adding an NVMe disk, where the thread that asks for it waits. Neither server speaks its
 * protocol further than it takes to end the call.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define FABRICS "/dev/nvme-fabrics"
#define RPC_LAST_FRAGMENT 0x80000000
#define RPC_REPLY 1
#define RPC_PROGRAM_UNAVAILABLE 1

static const char *loopback(const struct variant *v)
{
	return v->family == V6 ? "::1" : "127.0.0.1";
}

/* "No such program here", which ends a mount at once. */
static void answer_rpc(int fd)
{
	uint32_t call[16], reply[7] = {htonl(RPC_LAST_FRAGMENT | 24), 0, htonl(RPC_REPLY)};

	if (read(fd, call, sizeof(call)) < 8)
		return;
	reply[1] = call[1];
	reply[6] = htonl(RPC_PROGRAM_UNAVAILABLE);
	if (write(fd, reply, sizeof(reply)) < 0)
		return;
	sleep_ms(500);
}

static void answer_nothing(int fd)
{
	char request[256];

	if (read(fd, request, sizeof(request)) > 0)
		sleep_ms(300);
}

/* A server of the variant's own on loopback, where it is to be answered: a free port else. */
static void choose_server(struct variant *v, void (*answer)(int fd))
{
	int listener = open_socket(v), fd;

	set_peer(v, loopback(v), bind_local(v, listener, loopback(v), 0));
	if (!answer) {
		close(listener);
		return;
	}
	fcntl(listener, F_SETFL, 0);
	if (listen(listener, 8))
		variant_fail(v, "listen: %s", strerror(errno));
	if (fork_child() == 0) {
		while ((fd = accept(listener, NULL, NULL)) >= 0) {
			answer(fd);
			close(fd);
		}
		_exit(0);
	}
	close(listener);
}

static bool is_answered(const struct variant *v)
{
	return !v->test->expect[0].error;
}

static void client_mounts_nfs(struct variant *v)
{
	const char *address = loopback(v), *protocol = v->family == V6 ? "tcp6" : "tcp";
	char source[80], options[512];

	choose_server(v, is_answered(v) ? answer_rpc : NULL);
	snprintf(source, sizeof(source), v->family == V6 ? "[%s]:/x" : "%s:/x", address);
	snprintf(options, sizeof(options),
	         "vers=3,addr=%1$s,proto=%2$s,port=%3$u,mountaddr=%1$s,mountproto=%2$s,"
	         "mountport=%3$u,mountvers=3,nolock,noresvport,soft,timeo=10,retrans=1",
	         address, protocol, address_port(&v->peer));
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		variant_skip(v, "no mount namespace: %s", strerror(errno));
	begin(v);
	if (!mount(source, settings.directory, "nfs", 0, options))
		variant_fail(v, "there is such a server");
	if (errno == ENODEV)
		variant_skip(v, "no NFS here");
	/* What the mount says: the connect is only its beginning. */
	if (!is_answered(v) && errno != ECONNREFUSED)
		variant_fail(v, "mount: %s", strerror(errno));
}

static void client_adds_nvme(struct variant *v)
{
	int fabrics = open(FABRICS, O_RDWR | O_CLOEXEC), error;
	char options[256];
	struct seen *seen;

	if (fabrics < 0)
		variant_skip(v, "no NVMe over TCP here: " FABRICS ": %s", strerror(errno));
	choose_server(v, is_answered(v) ? answer_nothing : NULL);
	snprintf(options, sizeof(options), "transport=tcp,traddr=%s,trsvcid=%u,nqn=connwhy-live-%u",
	         loopback(v), address_port(&v->peer), v->number);
	seen = begin(v);
	error = write(fabrics, options, strlen(options)) < 0 ? errno : 0;
	if (error == EINVAL)
		variant_skip(v, "this NVMe cannot use TCP");
	seen->returned = is_answered(v) ? 0 : error;
	if (!is_answered(v)) {
		seen->error = error;
		seen->elapsed_ns = now_ns() - seen->from_ns;
	}
}

#define SUCCESS .outcome = "success", .cause = "established", .syn = 1, .api = "kernel"
#define REFUSED                                                                                    \
	.outcome = "failure", .error = ECONNREFUSED, .cause = "refused", .syn = 1, .api = "kernel"

const struct test tests_kernel[] = {
        {
                .name = "nfs_success",
                .families = V4 | V6,
                .modes = NONBLOCKING,
                .by_kernel = true,
                .client = client_mounts_nfs,
                .expect = {{SUCCESS}},
        },
        {
                .name = "nfs_refused",
                .families = V4 | V6,
                .modes = NONBLOCKING,
                .by_kernel = true,
                .client = client_mounts_nfs,
                .expect = {{REFUSED}},
        },
        {
                .name = "nvme_success",
                .families = V4 | V6,
                .modes = BLOCKING,
                .client = client_adds_nvme,
                .expect = {{SUCCESS, .return_fact = FACT_RETURN_OTHER}},
        },
        {
                .name = "nvme_refused",
                .families = V4 | V6,
                .modes = BLOCKING,
                .client = client_adds_nvme,
                .expect = {{REFUSED, .return_fact = FACT_RETURN_OTHER}},
        },
        {0},
};
