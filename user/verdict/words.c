/* SPDX-License-Identifier: GPL-2.0-only */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "words.h"

static const char *const outcomes[] = {
        [OUTCOME_SUCCESS] = "success",
        [OUTCOME_FAILURE] = "failure",
        [OUTCOME_ABANDONED] = "abandoned",
        [OUTCOME_UNKNOWN] = "unknown",
};
static_assert(ARRAY_SIZE(outcomes) == OUTCOME_MAX, "a word for each outcome");

static const char *const steps[] = {
        [STEP_SYN_SENT] = "syn_sent",
        [STEP_SYN_RETRY] = "syn_retry",
        [STEP_SYN_RETRY_FAILED] = "syn_retry_failed",
        [STEP_RST_RECEIVED] = "rst_received",
        [STEP_RST_IGNORED] = "rst_ignored",
        [STEP_RST_SENT] = "rst_sent",
        [STEP_STALE_PEER_STATE] = "stale_peer_state",
        [STEP_ICMP_RECEIVED] = "icmp_received",
        [STEP_DROPPED] = "dropped",
        [STEP_INTERRUPTED] = "interrupted",
        [STEP_LISTENER_FULL] = "listener_full",
};
static_assert(ARRAY_SIZE(steps) == STEP_MAX, "a word for each step");

static const char *const apis[] = {
        [API_UNKNOWN] = NULL,        [API_CONNECT] = "connect", [API_FASTOPEN] = "fastopen",
        [API_IO_URING] = "io_uring", [API_KERNEL] = "kernel",   [API_MPTCP] = "mptcp",
};
static_assert(ARRAY_SIZE(apis) == API_MAX, "a word for each API");

static const char *const answers[] = {
        [ANSWER_NONE] = NULL,
        [ANSWER_ATTEMPT] = "attempt",
        [ANSWER_SOCKET] = "socket",
        [ANSWER_METRICS] = "metrics",
};
static_assert(ARRAY_SIZE(answers) == ANSWER_MAX, "a word for each way of knowing");

/* include/uapi/asm-generic/errno*.h, and what include/linux/errno.h keeps for the kernel itself. */
#define NAMED(error) [error] = #error
static const char *const errnos[] = {
        NAMED(EPERM),
        NAMED(ENOENT),
        NAMED(ESRCH),
        NAMED(EINTR),
        NAMED(EIO),
        NAMED(ENXIO),
        NAMED(E2BIG),
        NAMED(ENOEXEC),
        NAMED(EBADF),
        NAMED(ECHILD),
        NAMED(EAGAIN),
        NAMED(ENOMEM),
        NAMED(EACCES),
        NAMED(EFAULT),
        NAMED(ENOTBLK),
        NAMED(EBUSY),
        NAMED(EEXIST),
        NAMED(EXDEV),
        NAMED(ENODEV),
        NAMED(ENOTDIR),
        NAMED(EISDIR),
        NAMED(EINVAL),
        NAMED(ENFILE),
        NAMED(EMFILE),
        NAMED(ENOTTY),
        NAMED(ETXTBSY),
        NAMED(EFBIG),
        NAMED(ENOSPC),
        NAMED(ESPIPE),
        NAMED(EROFS),
        NAMED(EMLINK),
        NAMED(EPIPE),
        NAMED(EDOM),
        NAMED(ERANGE),
        NAMED(EDEADLK),
        NAMED(ENAMETOOLONG),
        NAMED(ENOLCK),
        NAMED(ENOSYS),
        NAMED(ENOTEMPTY),
        NAMED(ELOOP),
        NAMED(ENOMSG),
        NAMED(EIDRM),
        NAMED(ECHRNG),
        NAMED(EL2NSYNC),
        NAMED(EL3HLT),
        NAMED(EL3RST),
        NAMED(ELNRNG),
        NAMED(EUNATCH),
        NAMED(ENOCSI),
        NAMED(EL2HLT),
        NAMED(EBADE),
        NAMED(EBADR),
        NAMED(EXFULL),
        NAMED(ENOANO),
        NAMED(EBADRQC),
        NAMED(EBADSLT),
        NAMED(EBFONT),
        NAMED(ENOSTR),
        NAMED(ENODATA),
        NAMED(ETIME),
        NAMED(ENOSR),
        NAMED(ENONET),
        NAMED(ENOPKG),
        NAMED(EREMOTE),
        NAMED(ENOLINK),
        NAMED(EADV),
        NAMED(ESRMNT),
        NAMED(ECOMM),
        NAMED(EPROTO),
        NAMED(EMULTIHOP),
        NAMED(EDOTDOT),
        NAMED(EBADMSG),
        NAMED(EOVERFLOW),
        NAMED(ENOTUNIQ),
        NAMED(EBADFD),
        NAMED(EREMCHG),
        NAMED(ELIBACC),
        NAMED(ELIBBAD),
        NAMED(ELIBSCN),
        NAMED(ELIBMAX),
        NAMED(ELIBEXEC),
        NAMED(EILSEQ),
        NAMED(ERESTART),
        NAMED(ESTRPIPE),
        NAMED(EUSERS),
        NAMED(ENOTSOCK),
        NAMED(EDESTADDRREQ),
        NAMED(EMSGSIZE),
        NAMED(EPROTOTYPE),
        NAMED(ENOPROTOOPT),
        NAMED(EPROTONOSUPPORT),
        NAMED(ESOCKTNOSUPPORT),
        NAMED(EOPNOTSUPP),
        NAMED(EPFNOSUPPORT),
        NAMED(EAFNOSUPPORT),
        NAMED(EADDRINUSE),
        NAMED(EADDRNOTAVAIL),
        NAMED(ENETDOWN),
        NAMED(ENETUNREACH),
        NAMED(ENETRESET),
        NAMED(ECONNABORTED),
        NAMED(ECONNRESET),
        NAMED(ENOBUFS),
        NAMED(EISCONN),
        NAMED(ENOTCONN),
        NAMED(ESHUTDOWN),
        NAMED(ETOOMANYREFS),
        NAMED(ETIMEDOUT),
        NAMED(ECONNREFUSED),
        NAMED(EHOSTDOWN),
        NAMED(EHOSTUNREACH),
        NAMED(EALREADY),
        NAMED(EINPROGRESS),
        NAMED(ESTALE),
        NAMED(EUCLEAN),
        NAMED(ENOTNAM),
        NAMED(ENAVAIL),
        NAMED(EISNAM),
        NAMED(EREMOTEIO),
        NAMED(EDQUOT),
        NAMED(ENOMEDIUM),
        NAMED(EMEDIUMTYPE),
        NAMED(ECANCELED),
        NAMED(ENOKEY),
        NAMED(EKEYEXPIRED),
        NAMED(EKEYREVOKED),
        NAMED(EKEYREJECTED),
        NAMED(EOWNERDEAD),
        NAMED(ENOTRECOVERABLE),
        NAMED(ERFKILL),
        NAMED(EHWPOISON),
        [512] = "ERESTARTSYS",
        [513] = "ERESTARTNOINTR",
        [514] = "ERESTARTNOHAND",
        [515] = "ENOIOCTLCMD",
        [516] = "ERESTART_RESTARTBLOCK",
        [517] = "EPROBE_DEFER",
        [518] = "EOPENSTALE",
        [519] = "ENOPARAM",
        [521] = "EBADHANDLE",
        [522] = "ENOTSYNC",
        [523] = "EBADCOOKIE",
        [524] = "ENOTSUPP",
        [525] = "ETOOSMALL",
        [526] = "ESERVERFAULT",
        [527] = "EBADTYPE",
        [528] = "EJUKEBOX",
        [529] = "EIOCBQUEUED",
        [530] = "ERECALLCONFLICT",
        [531] = "ENOGRACE",
};

static const char *const signals[] = {
        NAMED(SIGHUP),    NAMED(SIGINT),  NAMED(SIGQUIT),  NAMED(SIGILL),  NAMED(SIGTRAP),
        NAMED(SIGABRT),   NAMED(SIGBUS),  NAMED(SIGFPE),   NAMED(SIGKILL), NAMED(SIGUSR1),
        NAMED(SIGSEGV),   NAMED(SIGUSR2), NAMED(SIGPIPE),  NAMED(SIGALRM), NAMED(SIGTERM),
        NAMED(SIGSTKFLT), NAMED(SIGCHLD), NAMED(SIGCONT),  NAMED(SIGSTOP), NAMED(SIGTSTP),
        NAMED(SIGTTIN),   NAMED(SIGTTOU), NAMED(SIGURG),   NAMED(SIGXCPU), NAMED(SIGXFSZ),
        NAMED(SIGVTALRM), NAMED(SIGPROF), NAMED(SIGWINCH), NAMED(SIGIO),   NAMED(SIGPWR),
        NAMED(SIGSYS),
};

/* RFC 792, RFC 1122 (3/6 to 3/12), RFC 1812 (3/13 to 3/15); RFC 4443, RFC 6550, RFC 7112. */
static const struct {
	uint8_t version, type, code;
	const char *words;
} icmps[] = {
        {4, 3, 0, "network unreachable"},
        {4, 3, 1, "host unreachable"},
        {4, 3, 2, "protocol unreachable"},
        {4, 3, 3, "port unreachable"},
        {4, 3, 4, "fragmentation needed"},
        {4, 3, 5, "source route failed"},
        {4, 3, 6, "destination network unknown"},
        {4, 3, 7, "destination host unknown"},
        {4, 3, 8, "source host isolated"},
        {4, 3, 9, "network administratively prohibited"},
        {4, 3, 10, "host administratively prohibited"},
        {4, 3, 11, "network unreachable for type of service"},
        {4, 3, 12, "host unreachable for type of service"},
        {4, 3, 13, "communication administratively prohibited"},
        {4, 3, 14, "host precedence violation"},
        {4, 3, 15, "precedence cutoff in effect"},
        {4, 4, 0, "source quench"},
        {4, 5, 0, "redirect for the network"},
        {4, 5, 1, "redirect for the host"},
        {4, 5, 2, "redirect for the type of service and network"},
        {4, 5, 3, "redirect for the type of service and host"},
        {4, 11, 0, "time to live exceeded in transit"},
        {4, 11, 1, "fragment reassembly time exceeded"},
        {4, 12, 0, "parameter problem"},
        {4, 12, 1, "required option missing"},
        {4, 12, 2, "bad length"},
        {6, 1, 0, "no route to destination"},
        {6, 1, 1, "communication administratively prohibited"},
        {6, 1, 2, "beyond scope of source address"},
        {6, 1, 3, "address unreachable"},
        {6, 1, 4, "port unreachable"},
        {6, 1, 5, "source address failed ingress/egress policy"},
        {6, 1, 6, "reject route to destination"},
        {6, 1, 7, "error in source routing header"},
        {6, 2, 0, "packet too big"},
        {6, 3, 0, "hop limit exceeded in transit"},
        {6, 3, 1, "fragment reassembly time exceeded"},
        {6, 4, 0, "erroneous header field"},
        {6, 4, 1, "unrecognized next header type"},
        {6, 4, 2, "unrecognized IPv6 option"},
        {6, 4, 3, "incomplete IPv6 header chain"},
};

const char *words_outcome(enum outcome outcome)
{
	return (unsigned int)outcome < OUTCOME_MAX ? outcomes[outcome] : "unknown";
}

const char *words_cause(enum cause cause)
{
	return words_explain_cause(cause)->name;
}

const char *words_step(enum step_kind kind)
{
	return (unsigned int)kind < STEP_MAX ? steps[kind] : "unknown";
}

const char *words_api(enum api api)
{
	return (unsigned int)api < API_MAX ? apis[api] : NULL;
}

const char *words_answer(enum answer_how how)
{
	return (unsigned int)how < ANSWER_MAX ? answers[how] : NULL;
}

int words_cause_from_name(const char *name)
{
	for (int cause = 0; cause < CAUSE_MAX; cause++) {
		if (!strcmp(name, words_cause(cause)))
			return cause;
	}
	return -1;
}

const char *words_errno(int error)
{
	return error > 0 && (size_t)error < ARRAY_SIZE(errnos) ? errnos[error] : NULL;
}

int words_errno_from_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		if (errnos[i] && !strcasecmp(name, errnos[i]))
			return i;
	}
	return -1;
}

const char *words_icmp(uint8_t version, uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(icmps); i++) {
		if (icmps[i].version == version && icmps[i].type == type && icmps[i].code == code)
			return icmps[i].words;
	}
	return "unknown type or code";
}

const char *words_segment(uint8_t flags)
{
	if (flags & TCP_FLAG_BYTE_RST)
		return "RST";
	if (flags & TCP_FLAG_BYTE_SYN)
		return flags & TCP_FLAG_BYTE_ACK ? "SYN-ACK" : "SYN";
	return flags & TCP_FLAG_BYTE_ACK ? "ACK" : NULL;
}

const char *words_signal(int number)
{
	return number > 0 && (size_t)number < ARRAY_SIZE(signals) ? signals[number] : NULL;
}
