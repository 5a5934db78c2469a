/* SPDX-License-Identifier: GPL-2.0-only */
/* What `connwhy explain` says of a cause. The names here are the names of the causes everywhere. */
#include <assert.h>

#include "array.h"
#include "words.h"

static const struct explanation causes[] = {
        [CAUSE_ABORTED_BY_ADMIN] =
                {
                        "aborted_by_admin",
                        "Another task of this host destroyed the socket from outside "
                        "(SOCK_DESTROY, as `ss -K` "
                        "does, or a BPF program). The application gets ECONNABORTED; the peer is "
                        "told nothing.",
                        "The record names the task that did it where it could be seen. Look for "
                        "cron jobs, VPN "
                        "clients, network managers and cluster agents that kill sockets when "
                        "addresses or "
                        "backends change.",
                },
        [CAUSE_DENIED_BY_POLICY] =
                {
                        "denied_by_policy",
                        "A security module (SELinux, AppArmor, Landlock, a BPF LSM) or a BPF "
                        "program on the "
                        "cgroup refused the connect. No SYN left this host.",
                        "`ausearch -m avc -ts recent` or `journalctl -k | grep -i denied` for "
                        "security modules; "
                        "`bpftool cgroup tree` for programs of type connect4 and connect6; in a "
                        "container, its "
                        "network policy.",
                },
        [CAUSE_NO_LOCAL_PORT] =
                {
                        "no_local_port",
                        "No local port could be had: all ephemeral ports towards this peer are in "
                        "use, or the "
                        "port that the socket is bound to already has a connection to it (one in "
                        "TIME-WAIT "
                        "counts).",
                        "`ss -tan dst PEER | awk '{print $1}' | sort | uniq -c`; "
                        "`sysctl net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports "
                        "net.ipv4.tcp_tw_reuse`. Reuse connections, widen the range, or add "
                        "addresses; use "
                        "IP_BIND_ADDRESS_NO_PORT where the application binds an address first.",
                },
        [CAUSE_NO_MEMORY] =
                {
                        "no_memory",
                        "The kernel found no memory for the connection or its SYN (ENOMEM, "
                        "ENOBUFS). Nothing was sent.",
                        "`free -m`, `dmesg | grep -i 'allocation failure'`, `cat "
                        "/proc/net/sockstat` beside `sysctl net.ipv4.tcp_mem`, and the memory "
                        "limit of the cgroup (memory.events).",
                },
        [CAUSE_ROUTE_PROHIBITED] =
                {
                        "route_prohibited",
                        "The route to the peer is of type `prohibit`, or a policy rule says so: "
                        "the kernel "
                        "answers EACCES itself.",
                        "`ip route get PEER`, `ip rule` and `ip route show table all type "
                        "prohibit`, in the "
                        "network namespace of the process.",
                },
        [CAUSE_ROUTE_BLACKHOLE] =
                {
                        "route_blackhole",
                        "The route to the peer is of type `blackhole`, or a policy rule says so. "
                        "For a local "
                        "connect() the kernel reports that as EINVAL, which reads like a bad "
                        "argument and is "
                        "none.",
                        "`ip route get PEER`, `ip rule` and `ip route show table all type "
                        "blackhole`, in the "
                        "network namespace of the process.",
                },
        [CAUSE_NO_ROUTE] =
                {
                        "no_route",
                        "This host has no way to the peer: no route matches (often a missing "
                        "default route or "
                        "an interface that is down), or the one that does is of type `unreachable` "
                        "or `throw`.",
                        "`ip route get PEER`, `ip rule`, `ip -br link` and `ip -br addr`, in the "
                        "network "
                        "namespace of the process. Where only IPv6 fails, the host may have no "
                        "global IPv6 "
                        "address.",
                },
        [CAUSE_INVALID_CALL] =
                {
                        "invalid_call",
                        "The call itself was wrong, so the kernel refused it without sending "
                        "anything: the "
                        "address family or length, a link-local address without its interface, a "
                        "multicast "
                        "or broadcast address, an IPv4 address on a socket that has IPV6_V6ONLY, a "
                        "socket that is bound to loopback and a peer elsewhere, a socket that "
                        "listens or is connected already.",
                        "`strace -f -e trace=%network -p PID` shows the arguments.",
                },
        [CAUSE_REJECTED_LOCALLY] =
                {
                        "rejected_locally",
                        "The RST or ICMP error that ended the attempt was made by this host's own "
                        "firewall; "
                        "the peer was never asked.",
                        "`nft list ruleset` or `iptables-save | grep -i reject` in the network "
                        "namespace of the "
                        "process: look for `reject` in output and input chains. `nft monitor "
                        "trace` names the "
                        "rule.",
                },
        [CAUSE_NEIGHBOUR_UNRESOLVED] =
                {
                        "neighbour_unresolved",
                        "Nobody on the link answered when this host asked for the hardware address "
                        "of the next "
                        "hop (ARP, or neighbour discovery for IPv6). The peer or the gateway is "
                        "down, the "
                        "address is wrong, or the two are not on the same link.",
                        "`ip route get PEER` names the next hop, `ip neigh show` its state "
                        "(FAILED, "
                        "INCOMPLETE). Check VLAN, netmask and cabling; `arping -I DEV ADDRESS`. On "
                        "a tunnel: "
                        "whether it has a peer for that address.",
                },
        [CAUSE_PROHIBITED_ICMP] =
                {
                        "prohibited_icmp",
                        "A router or firewall on the way, or the peer, said by ICMP that policy "
                        "forbids this "
                        "connection.",
                        "The sender of the ICMP error is the machine that has the rule: ask its "
                        "owner, or look "
                        "at its firewall. `traceroute -T -p PORT PEER` shows where it stands on "
                        "the way.",
                },
        [CAUSE_UNREACHABLE_ICMP] =
                {
                        "unreachable_icmp",
                        "An ICMP error said that the peer, its network or its port cannot be "
                        "reached. Port "
                        "unreachable reads as ECONNREFUSED, though no TCP stack answered: as a "
                        "rule it is a "
                        "firewall's reject.",
                        "The sender names the machine that gave up: a router has no route or got "
                        "no ARP answer "
                        "behind it, the peer itself rejects. `traceroute -T -p PORT PEER`; then "
                        "the routes and "
                        "the firewall of the sender.",
                },
        [CAUSE_REFUSED] =
                {
                        "refused",
                        "A RST answered our SYN: as a rule nothing listens on that port of that "
                        "address, or "
                        "something on the way answers in the peer's name.",
                        "On the peer: `ss -ltn sport = :PORT` (is it listening, and on this "
                        "address or only on "
                        "127.0.0.1?) and its firewall. A TTL that differs from the peer's usual "
                        "one points to a "
                        "device in between.",
                },
        [CAUSE_LISTENER_OVERFLOW] =
                {
                        "listener_overflow",
                        "The listener is on this host and its accept queue was full, so the kernel "
                        "dropped the "
                        "SYNs without a word: the server accepts too slowly, or its backlog is too "
                        "small.",
                        "`ss -ltn` (Recv-Q above Send-Q), `nstat -az TcpExtListenOverflows "
                        "TcpExtListenDrops`, "
                        "`sysctl net.core.somaxconn`; then what keeps the server from accept().",
                },
        [CAUSE_DROPPED_LOCALLY_OUT] =
                {
                        "dropped_locally_out",
                        "This host dropped its own SYN on the way out (firewall, traffic control, "
                        "a BPF "
                        "program, a full queue). connect() is not told; it runs into the time-out.",
                        "`nft list ruleset`, `iptables-save -c`, `tc -s qdisc`, `tc filter show "
                        "dev DEV egress`, "
                        "`bpftool net`, `conntrack -S`.",
                },
        [CAUSE_DROPPED_LOCALLY_IN] =
                {
                        "dropped_locally_in",
                        "The peer answered, but this host dropped the answer before TCP saw it "
                        "(firewall, "
                        "reverse path filter, traffic control, a BPF program).",
                        "`nft list ruleset`, `iptables-save -c`, `conntrack -S`, `nstat -az "
                        "TcpExtIPReversePathFilter`, `sysctl net.ipv4.conf.all.rp_filter`, `tc "
                        "filter show dev "
                        "DEV ingress`.",
                },
        [CAUSE_DROPPED_BY_NODE] =
                {
                        "dropped_by_node",
                        "Another network namespace of the same machine dropped the SYN or the "
                        "answer: the node of a container, a router, a bridge or another container "
                        "on it, not the socket's own host. The step says which namespace.",
                        "`lsns -t net` for whose namespace it is, and there `nft list ruleset`, "
                        "`iptables-save -c`, `conntrack -S` and `sysctl "
                        "net.bridge.bridge-nf-call-iptables`: a network policy, a firewall "
                        "between containers, forwarding that is not allowed.",
                },
        [CAUSE_HELD_LOCALLY] =
                {
                        "held_locally",
                        "The SYN has not left this host: each retry found it still waiting, in the "
                        "queue of a device (no carrier, a shaper), for the link address of its "
                        "next "
                        "hop, or because its source address cannot be used.",
                        "`ip -br link` for the state of the device, `tc -s qdisc` for its queue, "
                        "`ip neigh show` for the next hop, `ip -br addr` for the source address.",
                },
        [CAUSE_NO_REPLY] =
                {
                        "no_reply",
                        "SYNs left this host and no answer came back that TCP could accept. A "
                        "firewall that "
                        "drops silently, a host that is down behind a router that does not say so, "
                        "a lost way "
                        "back, or a listener elsewhere whose queue is full.",
                        "`tcpdump -ni any host PEER and port PORT` here and on the peer: does the "
                        "SYN arrive, "
                        "does the SYN-ACK leave? Cloud security groups and routers on the way drop "
                        "silently; "
                        "`traceroute -T -p PORT PEER` shows how far it gets.",
                },
        [CAUSE_KILLED] =
                {
                        "killed",
                        "A signal killed the process while it was still connecting, and its "
                        "sockets were "
                        "closed with it.",
                        "Who sent the signal: a time-out of the service manager, `timeout`, a "
                        "health check, "
                        "the OOM killer (`journalctl -k | grep -i oom`). Why it waited so long: "
                        "the steps.",
                },
        [CAUSE_PROCESS_EXITED] =
                {
                        "process_exited",
                        "The process exited while it was still connecting, and its sockets were "
                        "closed with it.",
                        "Whether the application meant to: its own log and exit status.",
                },
        [CAUSE_SEND_TIMEOUT] =
                {
                        "send_timeout",
                        "The socket has a SO_SNDTIMEO, which also limits connect(): when it ran "
                        "out, the call "
                        "gave EINPROGRESS, and the application then gave the socket up.",
                        "The value of SO_SNDTIMEO in the application. The kernel itself would have "
                        "gone on; the "
                        "steps tell why no answer came.",
                },
        [CAUSE_SHUT_DOWN] =
                {
                        "shut_down",
                        "The application called shutdown() while the attempt was in flight, which "
                        "ends it and "
                        "leaves ECONNRESET on the socket. No reset came from the network.",
                        "Where the application cancels connections: another thread, a pool, a "
                        "deadline.",
                },
        [CAUSE_DISCONNECTED] =
                {
                        "disconnected",
                        "The application called connect() with AF_UNSPEC, which cancels the "
                        "attempt and leaves "
                        "ECONNRESET on the socket. No reset came from the network.",
                        "Where the application cancels connections, often a library that reuses "
                        "the socket for "
                        "the next address.",
                },
        [CAUSE_DEADLINE_OF_APP] =
                {
                        "deadline_of_app",
                        "The application closed the socket while the kernel was still trying, "
                        "after a "
                        "retry, after a second or more, or at an age at which it had closed others "
                        "before: as a rule its own connect time-out. The kernel's time-out is "
                        "about two minutes by default.",
                        "The time-out in the application's settings; then, as with no_reply, why "
                        "the SYNs had "
                        "no answer: `tcpdump -ni any host PEER and port PORT`.",
                },
        [CAUSE_CLOSED_BY_APP] =
                {
                        "closed_by_app",
                        "The application closed the socket soon after it began to connect, before "
                        "any SYN had "
                        "to be repeated. Usual where several addresses are tried at once and one "
                        "wins (happy "
                        "eyeballs), or a request is cancelled.",
                        "Other attempts of the same process at the same time: one of them may have "
                        "succeeded.",
                },
        [CAUSE_RESET_AFTER_ESTABLISHED] =
                {
                        "reset_after_established",
                        "The handshake succeeded and a RST followed at once, before any data came. "
                        "Typical of a "
                        "proxy or load balancer without a backend, of a server that closes at once "
                        "or whose "
                        "accept queue overflowed, and of a firewall that lets the handshake pass.",
                        "The log of the server or proxy at that time; on it, `nstat -az "
                        "TcpExtListenOverflows` "
                        "and `sysctl net.ipv4.tcp_abort_on_overflow`.",
                },
        [CAUSE_ESTABLISHED] =
                {
                        "established",
                        "The connection was established. Where SYNs had to be repeated, the steps "
                        "show it: the "
                        "first wait alone costs one second.",
                        "For slow ones: packet loss, a listener whose queue was full for a while "
                        "(`nstat -az TcpExtListenOverflows` on the server), or an old connection "
                        "with the same "
                        "ports that the peer still knew (stale_peer_state).",
                },
        [CAUSE_UNKNOWN] =
                {
                        "unknown",
                        "The evidence supports no cause: the tracer stopped first, a part was "
                        "lost, or this "
                        "tier cannot see it.",
                        "`connwhy doctor` says what this kernel lets connwhy see; the line "
                        "connwhy.losses says "
                        "what was lost. Then try again with a narrower filter or a larger "
                        "--buffer.",
                },
};
static_assert(ARRAY_SIZE(causes) == CAUSE_MAX, "an explanation for each cause");

const struct explanation *words_explain_cause(enum cause cause)
{
	return &causes[(unsigned int)cause < CAUSE_MAX ? cause : CAUSE_UNKNOWN];
}
