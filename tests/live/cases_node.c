/* SPDX-License-Identifier: GPL-2.0-only */
/* What another network namespace of this kernel drops: the node of a container. */
#include <errno.h>

#include "world.h"

/* The router is the node here. As nft is given it again and again, it makes the same table. */
#define RULES                                                                                      \
	"table inet node\n"                                                                        \
	"delete table inet node\n"                                                                 \
	"table inet node {\n"                                                                      \
	"chain prerouting { type filter hook prerouting priority -200\n"                           \
	"tcp dport 1401 drop\n"                                                                    \
	"}\n"                                                                                      \
	"chain forward { type filter hook forward priority 0\n"                                    \
	"tcp dport 1402 drop\n"                                                                    \
	"tcp sport 82 drop\n"                                                                      \
	"tcp sport 79 drop\n"                                                                      \
	"ct state new tcp dport 65000 drop\n"                                                      \
	"}\n"                                                                                      \
	"}\n"                                                                                      \
	"table inet nodenat\n"                                                                     \
	"delete table inet nodenat\n"                                                              \
	"table inet nodenat {\n"                                                                   \
	"chain prerouting { type nat hook prerouting priority -100\n"                              \
	"ip daddr 203.0.113.7 tcp dport 1403 dnat ip to " SERVER4 ":1402\n"                        \
	"ip6 daddr 2001:db8:3::7 tcp dport 1403 dnat ip6 to [" SERVER6 "]:1402\n"                  \
	"ip daddr 203.0.113.7 tcp dport 1404 dnat ip to " SERVER4 ":82\n"                          \
	"ip6 daddr 2001:db8:3::7 tcp dport 1404 dnat ip6 to [" SERVER6 "]:82\n"                    \
	"}\n"                                                                                      \
	"}\n"

#define NODE                                                                                       \
	.families = ALL_FAMILIES, .modes = BOTH_MODES, .world = "node", .router_ruleset = RULES,   \
	.syncnt = 1, .client = client_connect
#define SERVICE .to4 = "203.0.113.7", .to6 = "2001:db8:3::7"
#define DROPPED(direction_, least)                                                                 \
	.outcome = "failure", .error = ETIMEDOUT, .cause = "dropped_by_node", .syn = SYN_ANY,      \
	.cause_fact = FACT_DROP_FUNCTION, .scheduled = "syn_retry",                                \
	.explained = "which is not the socket's own", .explained_fact = FACT_DROP_FUNCTION,        \
	.steps = {{"dropped", .at_least = least, .direction = direction_, .elsewhere = true,       \
	           .reason = "NETFILTER_DROP"}}

const struct test tests_node[] = {
        {
                .name = "node_prerouting",
                NODE,
                .port = 1401,
                .expect = {{DROPPED("out", 2)}},
        },
        {
                .name = "node_forward",
                NODE,
                .port = 1402,
                .expect = {{DROPPED("out", 2)}},
        },
        {
                .name = "node_reply",
                NODE,
                .port = 82,
                .expect = {{DROPPED("in", 2)}},
        },
        {
                .name = "node_reset",
                NODE,
                .port = 79,
                .expect = {{DROPPED("in", 2)}},
        },
        {
                .name = "node_service",
                NODE,
                SERVICE,
                .port = 1403,
                .expect = {{DROPPED("out", 2)}},
        },
        {
                .name = "node_service_reply",
                NODE,
                SERVICE,
                .port = 1404,
                .expect = {{DROPPED("in", 2)}},
        },
        {0},
};
