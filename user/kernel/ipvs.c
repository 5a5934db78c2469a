// SPDX-License-Identifier: GPL-2.0-only
#include "ipvs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"

#define LINE_SIZE 256
#define ADDRESS_SIZE 48
#define CONNECTIONS_MAX 65536 /* lines that are read for one question */

/* "0A600007", or an IPv6 address with all its digits, there without and elsewhere with brackets */
static bool read_address(struct endpoint *e, const char *text)
{
	char bare[ADDRESS_SIZE];
	unsigned int word;
	uint32_t word_be;
	int end = 0;

	memset(e, 0, sizeof(*e));
	if (strchr(text, ':')) {
		snprintf(bare, sizeof(bare), "%s", text + (*text == '['));
		bare[strcspn(bare, "]")] = '\0';
		e->family = FAMILY_IPV6;
		return inet_pton(AF_INET6, bare, e->address) == 1;
	}
	if (sscanf(text, "%8x%n", &word, &end) != 1 || text[end])
		return false;
	e->family = FAMILY_IPV4;
	word_be = htonl(word);
	memcpy(e->address, &word_be, sizeof(word_be));
	return true;
}

/* "0A600007:0050", "[2001:0db8:…]:0050" */
static bool read_endpoint(struct endpoint *e, const char *text)
{
	const char *colon = strrchr(text, ':');
	char address[ADDRESS_SIZE];
	unsigned int port;

	if (!colon || (size_t)(colon - text) >= sizeof(address) ||
	    sscanf(colon, ":%4x", &port) != 1)
		return false;
	memcpy(address, text, colon - text);
	address[colon - text] = '\0';
	if (!read_address(e, address))
		return false;
	e->port = port;
	return true;
}

bool ipvs_find_server(FILE *connections, const struct endpoint *local,
                      const struct endpoint *remote, struct endpoint *server)
{
	char line[LINE_SIZE];

	for (unsigned int n = 0; n < CONNECTIONS_MAX && fgets(line, sizeof(line), connections);
	     n++) {
		char from[ADDRESS_SIZE], to[ADDRESS_SIZE], at[ADDRESS_SIZE];
		unsigned int from_port, to_port, at_port;
		struct endpoint client, service;

		if (sscanf(line, "TCP %47s %4x %47s %4x %47s %4x", from, &from_port, to, &to_port,
		           at, &at_port) != 6 ||
		    !read_address(&client, from) || !read_address(&service, to))
			continue;
		client.port = from_port;
		service.port = to_port;
		if (!endpoint_same(&client, local) || !endpoint_same(&service, remote))
			continue;
		if (!read_address(server, at))
			return false;
		server->port = at_port;
		return true;
	}
	return false;
}

bool ipvs_find_service(FILE *services, const struct endpoint *service, unsigned int *servers)
{
	bool found = false, ours = false;
	char line[LINE_SIZE];

	*servers = 0;
	while (fgets(line, sizeof(line), services)) {
		char name[LINE_SIZE];
		struct endpoint at;
		int weight;

		if (sscanf(line, "TCP %255s", name) == 1) {
			ours = read_endpoint(&at, name) && endpoint_same(&at, service);
			found |= ours;
		} else if (sscanf(line, " -> %*s %*s %d", &weight) == 1) {
			*servers += ours && weight > 0;
		} else {
			ours = false;
		}
	}
	return found;
}

/* Of the namespace that this thread is in. */
static FILE *open_table(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/thread-self/net/%s", name);
	return fopen(path, "re");
}

bool ipvs_is_there(void)
{
	return !access("/proc/net/ip_vs", F_OK);
}

int ipvs_translation(const struct endpoint *local, const struct endpoint *remote,
                     struct step_translation *translation)
{
	FILE *services = open_table("ip_vs"), *connections;
	unsigned int servers = 0;
	bool found = services && ipvs_find_service(services, remote, &servers);

	if (services)
		fclose(services);
	if (!found)
		return -ENOENT;
	translation->by = TRANSLATED_BY_IPVS;
	translation->serverless = !servers;
	connections = open_table("ip_vs_conn");
	if (connections) {
		ipvs_find_server(connections, local, remote, &translation->via.peer);
		fclose(connections);
	}
	return 0;
}
