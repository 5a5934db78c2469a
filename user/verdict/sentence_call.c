/* SPDX-License-Identifier: GPL-2.0-only */
/* The call failed before the network was asked, or the route was lost while trying. */
#include <errno.h>

#include "sentence.h"
#include "text.h"

void say_denied_by_policy(struct buffer *sentence, const struct evidence *evidence)
{
	char number[TEXT_ERROR_SIZE];
	const char *error = text_errno(number, evidence->end.error);

	if (evidence->record->attempt.flags & ATTEMPT_LSM)
		say(sentence,
		    "A security module (SELinux, AppArmor, Landlock, BPF LSM) refused the call "
		    "with "
		    "%s before the socket was asked. Look at `ausearch -m avc -ts recent` and "
		    "`journalctl -k | grep -i denied`.",
		    error);
	else if (evidence->end.error == ECONNREFUSED)
		say(sentence,
		    "connect() failed with ECONNREFUSED at once and no RST came: a hook in this "
		    "host's output path refused the SYN, as SELinux's or Smack's packet check "
		    "does. "
		    "Look at `ausearch -m avc -ts recent`.");
	else if (evidence->end.error == EPERM && evidence->record->route.ipsec == IPSEC_BLOCK)
		say(sentence, "An IPsec policy of action block covers packets to that peer, so the "
		              "call was refused with EPERM before a SYN was made. Look at `ip xfrm "
		              "policy`.");
	else if (evidence->end.error == EPERM)
		say(sentence,
		    "The call was refused with EPERM before a SYN was made, as a BPF program on "
		    "the "
		    "cgroup does. Look at `bpftool cgroup tree` and the network policy of the "
		    "container; a security module can do it too.");
	else
		say(sentence,
		    "The call was refused with %s before a SYN was made, and no prohibit route "
		    "explains it: a security module, or a BPF program on the cgroup. Look at "
		    "`ausearch -m avc -ts recent`, `journalctl -k | grep -i denied` and `bpftool "
		    "cgroup tree`.",
		    error);
	say_rewritten(sentence, evidence);
}

void say_no_local_port(struct buffer *sentence, const struct evidence *evidence)
{
	const struct record *record = evidence->record;
	const struct attempt *attempt = &record->attempt;
	const struct step_ports *ports = &record->ports;
	char peer[TEXT_ENDPOINT_SIZE];

	text_peer(peer, &attempt->remote);
	if (record->has_ports && ports->high >= ports->low) {
		bool full = ports->used > ports->high - ports->low;

		say(sentence,
		    "No local port %s for %s: %u of the %llu ports %u to %u were in use "
		    "towards it.",
		    full ? "was left" : "could be had", peer, ports->used,
		    (unsigned long long)ports->high - ports->low + 1, ports->low, ports->high);
	} else if (!(attempt->flags & ATTEMPT_SYN_SENT)) {
		say(sentence,
		    "No local address or port could be had for %s: the call failed before a port "
		    "was sought, as it does where no source address fits.",
		    peer);
	} else {
		say(sentence, "No local port could be had for %s.", peer);
	}
	if (attempt->local.port && (attempt->flags & ATTEMPT_SYN_SENT) &&
	    !(record->has_ports && ports->used > ports->high - ports->low))
		say(sentence,
		    " If the socket was bound to port %u: that port has a connection to "
		    "this peer already.",
		    attempt->local.port);
	say(sentence, " Look at ");
	say_sockets(sentence, evidence);
	say(sentence,
	    " (TIME-WAIT counts), `sysctl net.ipv4.ip_local_port_range` and `ip -br addr`.");
}

void say_no_memory(struct buffer *sentence, const struct evidence *evidence)
{
	char peer[TEXT_ENDPOINT_SIZE], error[TEXT_ERROR_SIZE];

	say(sentence,
	    "The kernel found no memory to connect to %s (%s), and no SYN left. Look at `free -m`, "
	    "`dmesg | grep -i 'allocation failure'`, `cat /proc/net/sockstat` and the memory limit "
	    "of the cgroup.",
	    text_peer(peer, &evidence->record->attempt.remote),
	    text_errno(error, evidence->end.error));
	say_rewritten(sentence, evidence);
}

static const char *kind_of_route(const struct evidence *evidence)
{
	switch (evidence->end.error) {
	case EACCES: return "is of type prohibit";
	case EINVAL: return "is of type blackhole";
	default: break;
	}
	switch (evidence->route) {
	case ROUTE_UNREACHABLE: return "is of type unreachable";
	case ROUTE_THROW: return "is of type throw, and no other table has one";
	case ROUTE_NONE: return "does not exist";
	case ROUTE_UNKNOWN:
	case ROUTE_UNICAST:
	case ROUTE_BROADCAST:
	case ROUTE_BLACKHOLE:
	case ROUTE_PROHIBIT: break;
	}
	return evidence->end.error == EHOSTUNREACH ? "is missing or of type unreachable"
	                                           : "is missing";
}

/* Why this socket has no route where others have one. */
static void say_what_differs(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	char local[TEXT_ADDRESS_SIZE];

	if (evidence->by_source)
		say(sentence,
		    " Packets from another address than %s, to which the socket is bound, have a "
		    "route.",
		    text_address(local, &attempt->local));
	if (evidence->route == ROUTE_UNICAST && !(attempt->flags & ATTEMPT_DONTROUTE))
		say(sentence,
		    " Asked afterwards, the kernel showed a usable route: a rule by mark, "
		    "user or interface may tell them apart.");
}

void say_route(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	char peer[TEXT_ADDRESS_SIZE], number[TEXT_ERROR_SIZE];
	const char *error = text_errno(number, evidence->end.error);
	char time[SENTENCE_WORD_SIZE], syns[SENTENCE_WORD_SIZE];

	text_address(peer, &attempt->remote);
	if (evidence->end.kind == ENDING_CALL) {
		say(sentence, "The route to %s %s, so connect() gave %s at once and no SYN left.",
		    peer, kind_of_route(evidence), error);
	} else {
		say(sentence, "The route to %s was lost while trying (it %s): %s had left, ", peer,
		    kind_of_route(evidence), say_syns(syns, evidence->syn_sent));
		if (evidence->n_failed_retries)
			say(sentence, "%u more failed on this host, ", evidence->n_failed_retries);
		say(sentence, "and after %s %s became the errno.",
		    say_time(time, evidence->end.duration_ns), error);
	}
	say_what_differs(sentence, evidence);
	say(sentence, " Look at ");
	say_route_get(sentence, evidence);
	say(sentence, ", `ip rule` and `ip -br link` in the process's network namespace.");
	say_rewritten(sentence, evidence);
}

static void say_misfit(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	char peer[TEXT_ADDRESS_SIZE], local[TEXT_ADDRESS_SIZE];

	text_address(peer, &attempt->remote);
	switch (evidence->misfit) {
	case MISFIT_NONE: break;
	case MISFIT_MULTICAST:
		say(sentence,
		    "%s is a multicast or broadcast address, which TCP cannot connect to.", peer);
		break;
	case MISFIT_BROADCAST:
		say(sentence,
		    "%s is the broadcast address of a network of this host, which TCP cannot "
		    "connect to: `ip -br addr` shows its prefix length.",
		    peer);
		break;
	case MISFIT_V6ONLY:
		say(sentence,
		    "%s is an IPv4 address in IPv6 form (IPv4-mapped), and the socket has "
		    "IPV6_V6ONLY, as a runtime or `sysctl net.ipv6.bindv6only` sets it.",
		    peer);
		break;
	case MISFIT_LOOPBACK_SOURCE:
		say(sentence,
		    "The socket is bound to %s, and %s is not on this host: from a loopback "
		    "address only this host can be reached (EINVAL).",
		    text_address(local, &attempt->local), peer);
		break;
	}
}

static void say_einval(struct buffer *sentence, const struct evidence *evidence)
{
	say(sentence, "The kernel refused the arguments with EINVAL: the address is too short, or "
	              "a link-local one without its interface.");
	if (evidence->route)
		return;
	say(sentence, " A route of type blackhole gives the same: ");
	say_route_get(sentence, evidence);
	say(sentence, ".");
}

static void say_argument(struct buffer *sentence, const struct evidence *evidence)
{
	char error[TEXT_ERROR_SIZE];

	switch (evidence->end.error) {
	case EINVAL: say_einval(sentence, evidence); break;
	case EAFNOSUPPORT:
		say(sentence,
		    "The family of the address is not that of the socket (EAFNOSUPPORT).");
		break;
	case EISCONN:
		say(sentence, "The socket is connected already, or it listens (EISCONN).");
		break;
	case EALREADY: say(sentence, "The socket is connecting already (EALREADY)."); break;
	case EFAULT:
		say(sentence, "The address lies outside the memory of the process (EFAULT).");
		break;
	case ENOTSOCK: say(sentence, "The descriptor is not a socket (ENOTSOCK)."); break;
	case EBADF: say(sentence, "The descriptor is not open (EBADF)."); break;
	case EKEYREJECTED:
		say(sentence, "The TCP-AO or MD5 keys of the socket contradict each other "
		              "(EKEYREJECTED).");
		break;
	default:
		say(sentence, "The call does not fit this socket (%s).",
		    text_errno(error, evidence->end.error));
		break;
	}
}

void say_invalid_call(struct buffer *sentence, const struct evidence *evidence)
{
	if (evidence->misfit)
		say_misfit(sentence, evidence);
	else
		say_argument(sentence, evidence);
	if (evidence->record->place.process_runs)
		say(sentence,
		    " Nothing was sent; `strace -f -e trace=%%network -p %u` shows the arguments "
		    "of its next calls.",
		    evidence->record->attempt.pid);
	else
		say(sentence, " Nothing was sent; `strace -f -e trace=%%network` in front of its "
		              "command shows the arguments.");
}
