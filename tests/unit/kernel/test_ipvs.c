// SPDX-License-Identifier: GPL-2.0-only
/* The tables of IPVS as the kernel writes them (net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_conn.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ipvs.h"
#include "records.h"

static char services[] =
        "IP Virtual Server version 1.2.1 (size=4096)\n"
        "Prot LocalAddress:Port Scheduler Flags\n"
        "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
        "TCP  0A600007:0050 rr  \n"
        "  -> 0A090202:1F97      Masq    1      0          2         \n"
        "  -> 0A090203:1F97      Masq    0      0          0         \n"
        "UDP  0A600007:0051 rr  \n"
        "  -> 0A090202:1F97      Masq    1      0          0         \n"
        "TCP  0A600008:0050 rr  \n"
        "TCP  [2001:0db8:0000:0000:0000:0000:0000:0007]:01BB rr  \n"
        "  -> [2001:0db8:0009:0000:0000:0000:0000:0002]:1F97      Masq    1      0          0\n";

static char connections[] =
        "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"
        "UDP 0A090102 D6A2 0A600007 0050 0A090209 1F97 UDP              58\n"
        "TCP 0A090102 D6A3 0A600007 0050 0A090203 1F97 SYN_RECV         58\n"
        "TCP 0A090102 D6A2 0A600007 0050 0A090202 1F97 SYN_RECV         58\n"
        "TCP 2001:0db8:0000:0000:0000:0000:0000:0001 D6A2 2001:0db8:0000:0000:0000:0000:0000:0007 "
        "01BB 2001:0db8:0009:0000:0000:0000:0000:0002 1F97 SYN_RECV         58\n";

static struct endpoint ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
	return (struct endpoint){.address = {a, b, c, d}, .port = port, .family = FAMILY_IPV4};
}

static struct endpoint ipv6(uint8_t net, uint8_t host, uint16_t port)
{
	return (struct endpoint){.address = {0x20, 0x01, 0x0d, 0xb8, 0, net, [15] = host},
	                         .port = port,
	                         .family = FAMILY_IPV6};
}

static bool is_service(struct endpoint at, unsigned int *servers)
{
	FILE *in = fmemopen(services, sizeof(services) - 1, "r");
	bool found = ipvs_find_service(in, &at, servers);

	fclose(in);
	return found;
}

static void a_service_has_servers(void **state)
{
	unsigned int servers;

	(void)state;
	assert_true(is_service(ipv4(10, 96, 0, 7, 80), &servers));
	assert_int_equal(servers, 1);
	assert_true(is_service(ipv4(10, 96, 0, 8, 80), &servers));
	assert_int_equal(servers, 0);
	assert_true(is_service(ipv6(0, 7, 443), &servers));
	assert_int_equal(servers, 1);
	assert_false(is_service(ipv4(10, 96, 0, 7, 81), &servers));
	assert_false(is_service(ipv4(10, 96, 0, 9, 80), &servers));
}

static bool has_server(struct endpoint local, struct endpoint remote, struct endpoint expected)
{
	FILE *in = fmemopen(connections, sizeof(connections) - 1, "r");
	struct endpoint server;
	bool found = ipvs_find_server(in, &local, &remote, &server);

	fclose(in);
	if (found)
		assert_memory_equal(&server, &expected, sizeof(server));
	return found;
}

static void a_connection_has_its_server(void **state)
{
	(void)state;
	assert_true(has_server(ipv4(10, 9, 1, 2, 54946), ipv4(10, 96, 0, 7, 80),
	                       ipv4(10, 9, 2, 2, 8087)));
	assert_true(has_server(ipv4(10, 9, 1, 2, 54947), ipv4(10, 96, 0, 7, 80),
	                       ipv4(10, 9, 2, 3, 8087)));
	assert_true(has_server(ipv6(0, 1, 54946), ipv6(0, 7, 443), ipv6(9, 2, 8087)));
	assert_false(has_server(ipv4(10, 9, 1, 2, 54946), ipv4(10, 96, 0, 8, 80),
	                        ipv4(10, 9, 2, 2, 8087)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_service_has_servers),
	        cmocka_unit_test(a_connection_has_its_server),
	};

	return cmocka_run_group_tests_name("ipvs", tests, NULL, NULL);
}
