/* SPDX-License-Identifier: GPL-2.0-only */
/* Other ways to connect: Fast Open, io_uring, MPTCP, the 32-bit system call, TCP_REPAIR. */
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/io_uring.h>

#include "world.h"

#define LEAVE_MS 150
#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES
#define SUCCESS(api_)                                                                              \
	.outcome = "success", .cause = "established", .syn = 1, .api = api_,                       \
	.return_fact = FACT_RETURN_OTHER
#define REFUSED(api_)                                                                              \
	.outcome = "failure", .error = ECONNREFUSED, .cause = "refused", .syn = 1, .api = api_,    \
	.return_fact = FACT_RETURN_OTHER
#define REPAIRED                                                                                   \
	.outcome = "success", .cause = "established", .syn = 0, .api = "connect",                  \
	.explained = "TCP_REPAIR"
#define NO_ROUTE(api_)                                                                             \
	.outcome = "failure", .error = ENETUNREACH, .cause = "no_route", .api = api_,              \
	.return_fact = FACT_RETURN_OTHER

static socklen_t peer_length(const struct variant *v)
{
	return v->family == V4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static void client_mptcp(struct variant *v)
{
	int type = SOCK_STREAM | SOCK_CLOEXEC | (v->mode == NONBLOCKING ? SOCK_NONBLOCK : 0);
	int fd = socket(v->family == V4 ? AF_INET : AF_INET6, type, IPPROTO_MPTCP);

	if (fd < 0)
		variant_skip(v, "no MPTCP here: %s", strerror(errno));
	attempt(v, fd)->local_port = 0;
	close(fd);
}

/* Both end the subflow; what the application holds has nothing of it. */
static void leave_mptcp(struct variant *v, bool (*leave)(int fd))
{
	int fd = socket(v->family == V4 ? AF_INET : AF_INET6,
	                SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_MPTCP);
	socklen_t length = sizeof(int);
	struct seen *seen;

	if (fd < 0)
		variant_skip(v, "no MPTCP here: %s", strerror(errno));
	seen = start(v, fd);
	seen->local_port = 0;
	sleep_ms(LEAVE_MS);
	if (!leave(fd) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &seen->error, &length))
		variant_fail(v, "it cannot be left: %s", strerror(errno));
	note_end(seen);
	sleep_ms(LEAVE_MS);
	close(fd);
}

static bool leave_by_shutdown(int fd)
{
	return !shutdown(fd, SHUT_RDWR);
}

static bool leave_by_unspec(int fd)
{
	struct sockaddr unspecified = {.sa_family = AF_UNSPEC};

	return !connect(fd, &unspecified, sizeof(unspecified));
}

static void client_mptcp_shuts_down(struct variant *v)
{
	leave_mptcp(v, leave_by_shutdown);
}

static void client_mptcp_disconnects(struct variant *v)
{
	leave_mptcp(v, leave_by_unspec);
}

struct ring {
	int fd;
	struct io_uring_params params;
	char *submit, *complete;
	struct io_uring_sqe *entries;
};

static void *map_ring(struct variant *v, const struct ring *ring, size_t size, off_t offset)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
	                    offset);

	if (memory == MAP_FAILED)
		variant_fail(v, "io_uring: %s", strerror(errno));
	return memory;
}

static void open_ring(struct variant *v, struct ring *ring)
{
	struct io_uring_params *p = &ring->params;

	*ring = (struct ring){0};
	ring->fd = (int)syscall(SYS_io_uring_setup, 4, p);
	if (ring->fd < 0)
		variant_skip(v, "no io_uring here: %s", strerror(errno));
	ring->submit = map_ring(v, ring, p->sq_off.array + p->sq_entries * sizeof(uint32_t),
	                        IORING_OFF_SQ_RING);
	ring->complete =
	        map_ring(v, ring, p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe),
	                 IORING_OFF_CQ_RING);
	ring->entries =
	        map_ring(v, ring, p->sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
}

/* Returns what the ring completed the connect with: 0 or a positive errno. */
static int connect_by_ring(struct variant *v, int fd, struct seen **seen)
{
	struct ring ring;
	struct io_uring_cqe *done;

	open_ring(v, &ring);
	ring.entries[0] = (struct io_uring_sqe){.opcode = IORING_OP_CONNECT,
	                                        .fd = fd,
	                                        .addr = (uintptr_t)&v->peer,
	                                        .off = peer_length(v)};
	*(uint32_t *)(ring.submit + ring.params.sq_off.array) = 0;
	__atomic_store_n((uint32_t *)(ring.submit + ring.params.sq_off.tail), 1, __ATOMIC_RELEASE);
	*seen = begin(v);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		variant_skip(v, "io_uring cannot connect here: %s", strerror(errno));
	done = (struct io_uring_cqe *)(ring.complete + ring.params.cq_off.cqes);
	return -done->res;
}

static void client_io_uring(struct variant *v)
{
	int fd = open_socket(v);
	struct seen *seen;
	int error = connect_by_ring(v, fd, &seen);

	seen->error = error;
	seen->elapsed_ns = now_ns() - seen->from_ns;
	close_quietly(fd);
}

/* An ICMP error wakes what waits for the socket, and stays a soft one: the ring reads no error. */
static void client_is_told_success(struct variant *v)
{
	int fd = open_socket(v), error = 0;
	socklen_t length = sizeof(error);
	struct seen *seen;
	int told = connect_by_ring(v, fd, &seen);

	if (told)
		variant_skip(v, "this kernel's io_uring gives %s", errno_name(told));
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length))
		variant_fail(v, "SO_ERROR: %s", strerror(errno));
	seen->error = error;
	close(fd);
	note_end(seen);
}

#ifdef __x86_64__
#define I386_CONNECT 362

static struct variant *interrupted_variant;

static void no_emulation(int number)
{
	variant_skip(interrupted_variant, "no 32-bit system calls here (signal %d)", number);
}

/* As a 32-bit program enters the kernel, which takes only addresses of 32 bits. */
static int connect_32(struct variant *v, int fd)
{
	struct sockaddr_storage *peer = mmap(NULL, sizeof(*peer), PROT_READ | PROT_WRITE,
	                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result = I386_CONNECT;

	if (peer == MAP_FAILED)
		variant_fail(v, "mmap: %s", strerror(errno));
	*peer = v->peer;
	interrupted_variant = v;
	signal(SIGSEGV, no_emulation);
	__asm__ volatile("int $0x80"
	                 : "+a"(result)
	                 : "b"(fd), "c"(peer), "d"(peer_length(v))
	                 : "memory", "r8", "r9", "r10", "r11");
	return -(int)result;
}
#else
static int connect_32(struct variant *v, int fd)
{
	(void)fd;
	variant_skip(v, "32-bit system calls are made on x86-64 alone");
}
#endif

static void client_32_bit(struct variant *v)
{
	int fd = open_socket(v);

	attempt_by(v, fd, connect_32);
	close_quietly(fd);
}

/* A connection is put in place as a checkpoint has it: no segment leaves. */
static void client_repairs(struct variant *v)
{
	int fd = open_socket(v), one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &one, sizeof(one)))
		variant_skip(v, "no TCP_REPAIR here: %s", strerror(errno));
	attempt(v, fd);
	close(fd);
}

/* ... on a socket that has sent a SYN before. */
static void client_repairs_used_socket(struct variant *v)
{
	int fd = open_socket(v), one = 1;

	attempt(v, fd);
	connect(fd, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr));
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &one, sizeof(one)))
		variant_skip(v, "no TCP_REPAIR here: %s", strerror(errno));
	attempt(v, fd);
	close(fd);
}

/* The same three endings by each way. @sync_: what a tier must see for the last */
#define ENDINGS(name_, client_, api_, sync_)                                                       \
	{.name = name_ "_success",                                                                 \
	 EVERYWHERE,                                                                               \
	 .port = PORT_OPEN,                                                                        \
	 .client = client_,                                                                        \
	 .expect = {{SUCCESS(api_)}}},                                                             \
	        {.name = name_ "_refused",                                                         \
	         EVERYWHERE,                                                                       \
	         .port = PORT_CLOSED,                                                              \
	         .client = client_,                                                                \
	         .expect = {{REFUSED(api_)}}},                                                     \
	{                                                                                          \
		.name = name_ "_no_route", EVERYWHERE, .needs = sync_, .to4 = "100.64.0.1",        \
		.to6 = "2001:db8:64::100", .port = PORT_OPEN, .client = client_, .expect = {       \
			{NO_ROUTE(api_)}                                                           \
		}                                                                                  \
	}

const struct test tests_front[] = {
        ENDINGS("fastopen", client_fast_open, "fastopen", FACT_SYNC_OTHER),
        ENDINGS("io_uring", client_io_uring, "io_uring", FACT_SYNC_OTHER),
        {
                .name = "io_uring_told_success",
                .families = V4 | MAPPED,
                .modes = NONBLOCKING,
                .port = 1230,
                .client_nft = "output tcp dport 1230 reject with icmpx type admin-prohibited",
                .client = client_is_told_success,
                .expect = {{.outcome = "failure",
                            .error = EHOSTUNREACH,
                            .cause = "rejected_locally",
                            .syn = 0,
                            .return_fact = FACT_RETURN_OTHER,
                            .explained = "told success",
                            .explained_fact = FACT_API}},
        },
        ENDINGS("mptcp", client_mptcp, "mptcp", FACT_SYNC),
        ENDINGS("compat", client_32_bit, "connect", FACT_SYNC_OTHER),
        {
                .name = "mptcp_shut_down",
                .families = V4 | V6,
                .modes = NONBLOCKING,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .client = client_mptcp_shuts_down,
                .expect = {{.outcome = "abandoned",
                            .cause = "shut_down",
                            .syn = SYN_BY_TIME,
                            .api = "mptcp"}},
        },
        {
                .name = "mptcp_disconnected",
                .families = V4 | V6,
                .modes = NONBLOCKING,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .client = client_mptcp_disconnects,
                .expect = {{.outcome = "abandoned",
                            .cause = "disconnected",
                            .syn = SYN_BY_TIME,
                            .api = "mptcp"}},
        },
        {
                .name = "repaired",
                EVERYWHERE,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .client = client_repairs,
                .expect = {{REPAIRED}},
        },
        {
                .name = "repaired_again",
                EVERYWHERE,
                .port = PORT_CLOSED,
                .client = client_repairs_used_socket,
                .expect = {{REFUSED("connect")}, {REPAIRED}},
        },
        {0},
};
