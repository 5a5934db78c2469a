/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libpcap asks the resolver and the databases of /etc for names in an expression. These stand in
 * their place, so that a run depends on nothing but its input.
 */
#ifndef CONNWHY_FUZZ_NO_NETWORK_H
#define CONNWHY_FUZZ_NO_NETWORK_H

#include <netdb.h>
#include <netinet/ether.h>
#include <stddef.h>

int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
	(void)node, (void)service, (void)hints, (void)result;
	return EAI_NONAME;
}

struct netent *getnetbyname(const char *name)
{
	(void)name;
	return NULL;
}

int getnetbyname_r(const char *restrict name, struct netent *restrict entry, char *restrict buffer,
                   size_t size, struct netent **restrict result, int *restrict error)
{
	(void)name, (void)entry, (void)buffer, (void)size, (void)error;
	*result = NULL;
	return 0;
}

struct protoent *getprotobyname(const char *name)
{
	(void)name;
	return NULL;
}

int getprotobyname_r(const char *restrict name, struct protoent *restrict entry,
                     char *restrict buffer, size_t size, struct protoent **restrict result)
{
	(void)name, (void)entry, (void)buffer, (void)size;
	*result = NULL;
	return 0;
}

int ether_hostton(const char *name, struct ether_addr *address)
{
	(void)name, (void)address;
	return -1;
}

#endif
