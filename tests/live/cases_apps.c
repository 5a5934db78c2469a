/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that people use. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

#define SILENT .port = PORT_SILENT, .router_nft = "forward tcp dport 1000 drop"
#define TWO_FAMILIES .families = V4 | V6, .modes = NONBLOCKING
#define SILENT6 "2001:db8:2::99"

/* This process becomes the program; what it will get is noted before. */
static void become(struct variant *v, const char *const argv[])
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	client_needs(v, argv[0]);
	begin(v)->returned = v->mode == BLOCKING ? 0 : EINPROGRESS;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(argv[0], (char *const *)argv);
	variant_fail(v, "%s: %s", argv[0], strerror(errno));
}

static void peer_host(const struct variant *v, char *host, size_t size)
{
	address_text(&v->peer, host, size);
}

static void client_curl(struct variant *v)
{
	char host[INET6_ADDRSTRLEN], url[96];
	const char *const argv[] = {"curl", "-s", "--connect-timeout", "1.5", url, NULL};

	peer_host(v, host, sizeof(host));
	snprintf(url, sizeof(url), v->family == V6 ? "http://[%s]:%u/" : "http://%s:%u/", host,
	         address_port(&v->peer));
	become(v, argv);
}

/* Happy Eyeballs: the silent IPv6 address first, IPv4 200 ms later; the loser is closed. */
static void client_curl_two_addresses(struct variant *v)
{
	static const char *const argv[] = {"curl",
	                                   "-s",
	                                   "-m",
	                                   "2",
	                                   "--resolve",
	                                   "two.test:80:[" SILENT6 "]," SERVER4,
	                                   "http://two.test/",
	                                   NULL};

	client_needs(v, "curl");
	set_peer(v, SERVER4, PORT_OPEN);
	v->seen[1] = (struct seen){.pid = getpid(),
	                           .tid = gettid(),
	                           .returned = EINPROGRESS,
	                           .error = NOT_SEEN,
	                           .peer = v->peer};
	make_address(&v->peer, AF_INET6, SILENT6, PORT_OPEN);
	v->n_seen = 0;
	begin(v)->returned = EINPROGRESS;
	v->n_seen = 2;
	execvp(argv[0], (char *const *)argv);
}

static void client_python(struct variant *v)
{
	char host[INET6_ADDRSTRLEN], script[192];
	const char *const argv[] = {"python3", "-c", script, NULL};

	peer_host(v, host, sizeof(host));
	snprintf(script, sizeof(script), "import socket; socket.create_connection(('%s', %u)%s)",
	         host, address_port(&v->peer), v->mode == BLOCKING ? "" : ", 0.4");
	become(v, argv);
}

static void client_node(struct variant *v)
{
	char host[INET6_ADDRSTRLEN], script[256];
	const char *const argv[] = {"node", "-e", script, NULL};

	peer_host(v, host, sizeof(host));
	snprintf(script, sizeof(script),
	         "const s = require('net').connect({host: '%s', port: %u}); "
	         "s.on('error', () => {}); setTimeout(() => s.destroy(), 400)",
	         host, address_port(&v->peer));
	become(v, argv);
}

static void client_nc(struct variant *v)
{
	char host[INET6_ADDRSTRLEN], port[8], path[PATH_MAX], real[PATH_MAX];
	const char *const argv[] = {"nc", "-w", "2", host, port, NULL};

	if (find_program("nc", path, sizeof(path)) && realpath(path, real) &&
	    strstr(real, "busybox"))
		variant_skip(v, "nc is busybox's");
	peer_host(v, host, sizeof(host));
	snprintf(port, sizeof(port), "%u", address_port(&v->peer));
	become(v, argv);
}

#define ABANDONED(cause_, min_, max_)                                                              \
	.outcome = "abandoned", .cause = cause_, .syn = SYN_BY_TIME, .min_ms = min_, .max_ms = max_

const struct test tests_apps[] = {
        {
                .name = "curl_timeout",
                TWO_FAMILIES,
                SILENT,
                .client = client_curl,
                .expect = {{ABANDONED("deadline_of_app", 1400, 1800)}},
        },
        {
                .name = "curl_happy_eyeballs",
                .families = V6,
                .modes = NONBLOCKING,
                .port = PORT_OPEN,
                .router_nft = "forward ip6 daddr " SILENT6 " drop",
                .client = client_curl_two_addresses,
                .expect = {{ABANDONED(CLOSED, 150, 400)},
                           {.outcome = "success", .cause = "established", .syn = 1}},
        },
        {
                .name = "python_timeout",
                TWO_FAMILIES,
                SILENT,
                .client = client_python,
                .expect = {{ABANDONED(CLOSED, 350, 600)}},
        },
        {
                .name = "python_success",
                .families = V4 | V6,
                .modes = BLOCKING,
                .port = PORT_OPEN,
                .client = client_python,
                .expect = {{.outcome = "success", .cause = "established", .syn = 1}},
        },
        {
                .name = "node_destroyed",
                TWO_FAMILIES,
                SILENT,
                .client = client_node,
                .expect = {{ABANDONED(CLOSED, 100, 700)}},
        },
        {
                .name = "nc_timeout",
                TWO_FAMILIES,
                SILENT,
                .client = client_nc,
                .expect = {{ABANDONED("deadline_of_app", 1900, 2400)}},
        },
        {0},
};
