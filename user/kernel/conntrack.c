// SPDX-License-Identifier: GPL-2.0-only
#include "conntrack.h"

#include <arpa/inet.h>
#include <bpf/btf.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"
#include "endpoint.h"

static int64_t member_offset(const struct btf *btf, const char *type_name, const char *name)
{
	int id = btf__find_by_name_kind(btf, type_name, BTF_KIND_STRUCT);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);
	const struct btf_member *member = type ? btf_members(type) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, member[i].name_off), name))
			return btf_member_bit_offset(type, i) / 8;
	return -ENOENT;
}

uint32_t conntrack_tuples_offset(const struct btf *vmlinux)
{
	int64_t offset = member_offset(vmlinux, "nf_conn", "tuplehash");
	struct btf *module;

	if (offset < 0) {
		module = btf__load_module_btf("nf_conntrack", (struct btf *)vmlinux);
		if (module)
			offset = member_offset(module, "nf_conn", "tuplehash");
		btf__free(module);
	}
	return offset < 0 ? CONNTRACK_TUPLES_OFFSET : offset;
}

bool conntrack_is_there(void)
{
	return !access("/proc/sys/net/netfilter/nf_conntrack_count", F_OK);
}

static void put_tuple(struct nlmsghdr *header, const struct endpoint *from,
                      const struct endpoint *to)
{
	bool v6 = from->family == FAMILY_IPV6;
	size_t size = v6 ? 16 : 4;
	struct nlattr *tuple = mnl_attr_nest_start(header, CTA_TUPLE_ORIG), *nest;

	nest = mnl_attr_nest_start(header, CTA_TUPLE_IP);
	mnl_attr_put(header, v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, size, from->address);
	mnl_attr_put(header, v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, size, to->address);
	mnl_attr_nest_end(header, nest);
	nest = mnl_attr_nest_start(header, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(header, CTA_PROTO_NUM, IPPROTO_TCP);
	mnl_attr_put_u16(header, CTA_PROTO_SRC_PORT, htons(from->port));
	mnl_attr_put_u16(header, CTA_PROTO_DST_PORT, htons(to->port));
	mnl_attr_nest_end(header, nest);
	mnl_attr_nest_end(header, tuple);
}

static void read_address(struct endpoint *e, const struct nlattr *attribute, uint8_t family)
{
	size_t size = family == FAMILY_IPV6 ? 16 : 4;

	if (mnl_attr_get_payload_len(attribute) < size)
		return;
	e->family = family;
	memcpy(e->address, mnl_attr_get_payload(attribute), size);
}

static void read_port(struct endpoint *e, const struct nlattr *attribute)
{
	if (mnl_attr_get_payload_len(attribute) >= sizeof(uint16_t))
		e->port = ntohs(mnl_attr_get_u16(attribute));
}

/* The tuple of the replies: from the peer, to the local end, as they are on the wire. */
static void read_tuple(struct translation *wire, const struct nlattr *tuple)
{
	const struct nlattr *nest, *attribute;

	mnl_attr_for_each_nested(nest, tuple)
	{
		bool ip = mnl_attr_get_type(nest) == CTA_TUPLE_IP;

		mnl_attr_for_each_nested(attribute, nest)
		{
			uint16_t type = mnl_attr_get_type(attribute);

			if (ip && (type == CTA_IP_V4_SRC || type == CTA_IP_V6_SRC))
				read_address(&wire->peer, attribute,
				             type == CTA_IP_V4_SRC ? FAMILY_IPV4 : FAMILY_IPV6);
			else if (ip && (type == CTA_IP_V4_DST || type == CTA_IP_V6_DST))
				read_address(&wire->local, attribute,
				             type == CTA_IP_V4_DST ? FAMILY_IPV4 : FAMILY_IPV6);
			else if (!ip && type == CTA_PROTO_SRC_PORT)
				read_port(&wire->peer, attribute);
			else if (!ip && type == CTA_PROTO_DST_PORT)
				read_port(&wire->local, attribute);
		}
	}
}

static int on_entry(const struct nlmsghdr *header, void *data)
{
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, header, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attribute) == CTA_TUPLE_REPLY)
			read_tuple(data, attribute);
	}
	return MNL_CB_OK;
}

/* IPCTNL_MSG_CT_GET by the tuple as the socket sends it. */
static int get_entry(const struct endpoint *local, const struct endpoint *remote,
                     struct translation *wire)
{
	char buffer[8192];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	struct nfgenmsg *request;
	ssize_t length;
	int err = 0;

	if (!netlink)
		return -errno;
	header->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	header->nlmsg_flags = NLM_F_REQUEST;
	header->nlmsg_seq = 1;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->nfgen_family = local->family;
	request->version = NFNETLINK_V0;
	put_tuple(header, local, remote);
	if (mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0 ||
	    (length = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer))) < 0 ||
	    mnl_cb_run(buffer, length, 1, mnl_socket_get_portid(netlink), on_entry, wire) < 0)
		err = -errno;
	mnl_socket_close(netlink);
	return err;
}

int conntrack_translation(const struct endpoint *local, const struct endpoint *remote,
                          struct translation *via)
{
	int err;

	memset(via, 0, sizeof(*via));
	if (!local->port || local->family != remote->family || !conntrack_is_there())
		return -ENOENT;
	err = get_entry(local, remote, via);
	if (err || endpoint_same(&via->peer, remote))
		memset(&via->peer, 0, sizeof(via->peer));
	if (err || endpoint_same(&via->local, local))
		memset(&via->local, 0, sizeof(via->local));
	return err;
}
