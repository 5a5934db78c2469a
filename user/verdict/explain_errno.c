/* SPDX-License-Identifier: GPL-2.0-only */
/* What `connwhy explain` says of an errno, as far as it concerns connect() on TCP. */
#include <errno.h>

#include "array.h"
#include "words.h"

#define ERESTARTSYS 512 /* the kernel's own, in no header of user space */

static const struct {
	int error;
	struct explanation text;
} errnos[] = {
        {ETIMEDOUT,
         {
                 "ETIMEDOUT",
                 "The kernel repeated the SYN until its schedule ended (about two minutes by "
                 "default), or TCP_USER_TIMEOUT ran out, and no answer was accepted.",
                 "The cause tells silence (no_reply) from drops on this host (dropped_locally_out, "
                 "dropped_locally_in, listener_overflow). `sysctl net.ipv4.tcp_syn_retries "
                 "net.ipv4.tcp_syn_linear_timeouts` set how long it takes.",
         }},
        {ECONNREFUSED,
         {
                 "ECONNREFUSED",
                 "A RST answered the SYN, or an ICMP error said `port unreachable`. A security "
                 "module's packet hook can give it too.",
                 "On the peer: `ss -ltn sport = :PORT`. The cause tells a RST (refused) from ICMP "
                 "(unreachable_icmp) and from this host's own firewall (rejected_locally).",
         }},
        {EHOSTUNREACH,
         {
                 "EHOSTUNREACH",
                 "The next hop did not answer ARP or neighbour discovery, an ICMP error said that "
                 "the "
                 "host is unreachable or forbidden, or the route is of type `unreachable`.",
                 "`ip route get PEER`, `ip neigh show`; the sender of the ICMP error in the steps.",
         }},
        {ENETUNREACH,
         {
                 "ENETUNREACH",
                 "No route leads to the peer, or a router said so by ICMP. For IPv6 often: this "
                 "host "
                 "has no global address and no default route.",
                 "`ip route get PEER`, `ip -6 route show default`, `ip -br addr`.",
         }},
        {EADDRNOTAVAIL,
         {
                 "EADDRNOTAVAIL",
                 "No local port or address was left for this connection: the ephemeral ports are "
                 "in "
                 "use, the wanted 4-tuple exists already, or no source address fits.",
                 "`ss -tan dst PEER | wc -l`, `sysctl net.ipv4.ip_local_port_range`, `ip -br "
                 "addr`.",
         }},
        {EADDRINUSE,
         {
                 "EADDRINUSE",
                 "bind() or listen() found the port taken. connect() on TCP says EADDRNOTAVAIL for "
                 "the same thing.",
                 "`ss -tlnp` and `ss -tan sport = :PORT`.",
         }},
        {EACCES,
         {
                 "EACCES",
                 "A security module refused the call, the route is of type `prohibit`, or an "
                 "ICMPv6 "
                 "error said that policy forbids it.",
                 "`ip route get PEER`; `ausearch -m avc -ts recent`; the ICMP step, if there is "
                 "one.",
         }},
        {EPERM,
         {
                 "EPERM",
                 "A BPF program on the cgroup (or a security module) refused the call. A "
                 "firewall's "
                 "drop does not give EPERM on TCP: it looks like a time-out.",
                 "`bpftool cgroup tree`, the network policy of the container or of systemd "
                 "(IPAddressDeny= acts on packets, RestrictAddressFamilies= on socket()).",
         }},
        {ECONNRESET,
         {
                 "ECONNRESET",
                 "The connection was reset: right after the handshake, or in a simultaneous open. "
                 "shutdown() or connect(AF_UNSPEC) on a socket that is connecting leave it behind "
                 "too, "
                 "with no reset on the network.",
                 "The cause tells which: reset_after_established, refused, shut_down or "
                 "disconnected.",
         }},
        {ECONNABORTED,
         {
                 "ECONNABORTED",
                 "Somebody on this host destroyed the socket (`ss -K`), or the error of the "
                 "attempt "
                 "had been read through SO_ERROR before and connect() was called once more.",
                 "The record of the attempt itself has the real end; aborted_by_admin names who "
                 "destroyed it.",
         }},
        {EINPROGRESS,
         {
                 "EINPROGRESS",
                 "Not an error: the socket is non-blocking and the attempt goes on. On a blocking "
                 "socket: SO_SNDTIMEO ran out before the answer came.",
                 "Wait for POLLOUT, then read SO_ERROR. A blocking one: the SO_SNDTIMEO that the "
                 "application sets.",
         }},
        {EALREADY,
         {
                 "EALREADY",
                 "connect() was called again while the same attempt was still in flight.",
                 "Wait for POLLOUT instead of calling connect() in a loop.",
         }},
        {EISCONN,
         {
                 "EISCONN",
                 "The socket is connected already, or it listens.",
                 "After a non-blocking connect() this means success; else `strace -e "
                 "trace=%network`.",
         }},
        {EINTR,
         {
                 "EINTR",
                 "A signal interrupted the blocking connect(). The attempt goes on in the kernel; "
                 "calling connect() again gives EALREADY or waits for the same attempt.",
                 "Wait with poll() for POLLOUT and read SO_ERROR; install the handler with "
                 "SA_RESTART.",
         }},
        {ERESTARTSYS,
         {
                 "ERESTARTSYS",
                 "Inside the kernel: a signal interrupted the call, which is restarted or gives "
                 "EINTR. "
                 "Applications never see this number.",
                 "The step `interrupted` and what follows it.",
         }},
        {EINVAL,
         {
                 "EINVAL",
                 "The address has the wrong length or is a link-local one without its interface. "
                 "The "
                 "kernel also says EINVAL for a route of type `blackhole`.",
                 "`ip route get PEER` (blackhole answers `Invalid argument`); `strace -e "
                 "trace=%network`.",
         }},
        {EAFNOSUPPORT,
         {
                 "EAFNOSUPPORT",
                 "The family of the address is not the socket's: an IPv6 address on an IPv4 "
                 "socket, "
                 "for example.",
                 "`strace -e trace=%network -p PID`.",
         }},
        {EHOSTDOWN,
         {
                 "EHOSTDOWN",
                 "An ICMP error said `destination host unknown` (3/7), which few routers send.",
                 "The sender of the ICMP error in the steps, and its routes.",
         }},
        {ENONET,
         {
                 "ENONET",
                 "An ICMP error said `source host isolated` (3/8), which few routers send.",
                 "The sender of the ICMP error in the steps.",
         }},
        {ENOPROTOOPT,
         {
                 "ENOPROTOOPT",
                 "An ICMP error said `protocol unreachable` (3/2): the peer takes no TCP, or a "
                 "firewall rejects this way.",
                 "The sender of the ICMP error in the steps, and its firewall.",
         }},
        {EOPNOTSUPP,
         {
                 "EOPNOTSUPP",
                 "An ICMP error said `source route failed` (3/5), or the call is not for this "
                 "socket "
                 "(Fast Open on a socket that cannot).",
                 "The steps; `sysctl net.ipv4.tcp_fastopen`.",
         }},
        {EPROTO,
         {
                 "EPROTO",
                 "An ICMP error said that a router or the peer could not read the header "
                 "(`parameter "
                 "problem`).",
                 "The sender in the steps; a device that changes IP or TCP options on the way.",
         }},
        {EMSGSIZE,
         {
                 "EMSGSIZE",
                 "A router asked for packets smaller than this host makes them "
                 "(`net.ipv4.route.min_pmtu`) while the SYN was in flight, and no answer came "
                 "until the time-out, which then took this errno.",
                 "`ip route get PEER` (mtu), `tracepath PEER`.",
         }},
        {EPIPE,
         {
                 "EPIPE",
                 "Another thread shut the socket down while connect() was waiting, or the peer "
                 "closed "
                 "before the data of a Fast Open was taken.",
                 "The cause; `strace -f -e trace=%network`.",
         }},
        {ENOBUFS,
         {
                 "ENOBUFS",
                 "The kernel found no memory for the SYN.",
                 "`free -m`, `cat /proc/net/sockstat`, the memory limit of the cgroup.",
         }},
        {ENOMEM,
         {
                 "ENOMEM",
                 "The kernel found no memory for the connection.",
                 "`free -m`, `cat /proc/net/sockstat`, the memory limit of the cgroup.",
         }},
        {EFAULT,
         {
                 "EFAULT",
                 "The address that was given to connect() is not in the memory of the process.",
                 "`strace -e trace=%network`.",
         }},
        {ENOTSOCK,
         {
                 "ENOTSOCK",
                 "The descriptor is not a socket.",
                 "`ls -l /proc/PID/fd`: as a rule a descriptor that was closed and used again.",
         }},
        {EBADF,
         {
                 "EBADF",
                 "The descriptor is not open.",
                 "As a rule it was closed by another thread: `strace -f -e trace=%desc`.",
         }},
        {EKEYREJECTED,
         {
                 "EKEYREJECTED",
                 "The socket has both TCP-AO and MD5 keys, or none that fits the peer.",
                 "The TCP_AO and TCP_MD5SIG settings of the application.",
         }},
};

const struct explanation *words_explain_errno(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		if (errnos[i].error == error)
			return &errnos[i].text;
	}
	return NULL;
}
