// SPDX-License-Identifier: GPL-2.0-only
/* Questions to the running kernel about sockets of this test: no privilege is needed. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "diag.h"
#include "tcp_metrics.h"

#define ANSWERED (1u << 1 | 1u << 8)
#define MUCH_MS 60000

struct pair {
	int listener, client, server;
	uint16_t port;
};

static void connect_pair(struct pair *pair, int family, const char *from)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6};
	socklen_t length = sizeof(address);

	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	pair->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(pair->listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(pair->listener, 1), 0);
	assert_int_equal(getsockname(pair->listener, (struct sockaddr *)&address, &length), 0);
	pair->port = ntohs(address.sin_port);
	pair->client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET6, from, &mapped.sin6_addr);
	mapped.sin6_port = address.sin_port;
	if (family == AF_INET6)
		assert_int_equal(connect(pair->client, (struct sockaddr *)&mapped, sizeof(mapped)),
		                 0);
	else
		assert_int_equal(connect(pair->client, (struct sockaddr *)&address, length), 0);
	pair->server = accept4(pair->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(pair->server >= 0);
}

static void close_pair(struct pair *pair)
{
	close(pair->client);
	close(pair->server);
	close(pair->listener);
}

struct count {
	uint16_t port;
	unsigned int found, heard, others;
};

static void count_socket(const struct inet_diag_msg *socket, void *context)
{
	struct count *count = context;
	struct endpoint peer;
	uint32_t ms = MUCH_MS;

	diag_endpoint(&peer, socket->idiag_family, socket->id.idiag_dst, socket->id.idiag_dport);
	if (peer.family != FAMILY_IPV4 || memcmp(peer.address, "\x7f\x00\x00\x01", 4))
		count->others++;
	if (peer.port != count->port)
		return;
	count->found++;
	count->heard += diag_heard_ms(socket, &ms) && ms < MUCH_MS;
}

static void sockets_of_a_peer_are_found(void **state)
{
	const struct endpoint peer = {.address = {127, 0, 0, 1}, .family = FAMILY_IPV4};
	const struct endpoint nobody = {.address = {127, 9, 9, 9}, .family = FAMILY_IPV4};
	static const int families[] = {AF_INET, AF_INET6};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct count count = {0};
		struct pair pair;
		int err;

		connect_pair(&pair, families[i], "::ffff:127.0.0.1");
		count.port = pair.port;
		err = diag_each_of_peer(&peer, ANSWERED, count_socket, &count);
		if (err == -ENOENT || err == -EPROTONOSUPPORT)
			skip(); /* no tcp_diag here */
		assert_int_equal(err, 0);
		assert_int_equal(count.found, 1);
		assert_int_equal(count.heard, 1);
		assert_int_equal(count.others, 0);
		count.found = 0;
		assert_int_equal(diag_each_of_peer(&nobody, ANSWERED, count_socket, &count), 0);
		assert_int_equal(count.found, 0);
		assert_int_equal(count.others, 0);
		close_pair(&pair);
	}
}

static void nothing_is_kept_of_an_address_without_connections(void **state)
{
	const struct endpoint nobody4 = {.address = {192, 0, 2, 99}, .family = FAMILY_IPV4};
	const struct endpoint nobody6 = {.address = {0x20, 1, 0xd, 0xb8}, .family = FAMILY_IPV6};
	uint64_t age_ms;
	uint32_t rtt_us;

	(void)state;
	for (int again = 0; again < 2; again++) {
		int err4 = tcp_metrics_ask(&nobody4, &age_ms, &rtt_us);
		int err6 = tcp_metrics_ask(&nobody6, &age_ms, &rtt_us);

		assert_true(err4 == -ESRCH || err4 == -ENOENT);
		assert_int_equal(err6, err4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sockets_of_a_peer_are_found),
	        cmocka_unit_test(nothing_is_kept_of_an_address_without_connections),
	};

	return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
