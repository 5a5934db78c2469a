/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands as sentences have them, between backticks: whether each can work as it stands. Those
 * that only look are kept, to be run.
 */
#ifndef CONNWHY_TESTS_COMMANDS_H
#define CONNWHY_TESTS_COMMANDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "array.h"

#define COMMAND_SIZE 512
#define COMMANDS_MAX 1024

/* What a command does when it is run here: READS changes nothing and ends by itself. */
enum effect { READS, FILTERS, ACTS };

static const struct {
	const char *start;
	enum effect effect;
} programs[] = {
        {"ip route", READS},
        {"ip -6 route show", READS},
        {"ip rule", READS},
        {"lsns -t net", READS},
        {"ipvsadm -ln", READS},
        {"ip neigh show", READS},
        {"ip -br ", READS},
        {"ip -d link", READS},
        {"ip -s ", READS},
        {"ip xfrm policy", READS},
        {"ip xfrm state", READS},
        {"ss -K", ACTS},
        {"ss -", READS},
        {"sysctl ", READS},
        {"nstat -", READS},
        {"tc -s ", READS},
        {"tc filter show ", READS},
        {"bridge ", READS},
        {"nft list ruleset", READS},
        {"nft monitor trace", ACTS},
        {"iptables-save", READS},
        {"conntrack -S", READS},
        {"free -m", READS},
        {"cat /proc/", READS},
        {"ls -l /proc/", READS},
        {"dmesg", READS},
        {"journalctl -k", READS},
        {"bpftool net", READS},
        {"bpftool cgroup tree", READS},
        {"grep ", READS},
        {"awk ", READS},
        {"sort", READS},
        {"uniq ", READS},
        {"wc ", READS},
        {"ausearch -", READS},
        {"connwhy explain", READS},
        {"connwhy doctor", READS},
        {"tcpdump -ni any ", FILTERS},
        {"strace -", ACTS},
        {"traceroute ", ACTS},
        {"tracepath ", ACTS},
        {"arping ", ACTS},
};

/* Between backticks, too: what to look for. */
static const char *const no_commands[] = {
        "reject",
        "prohibit",
        "blackhole",
        "unreachable",
        "throw",
        "timeout",
        "interrupted",
        "source route failed",
        "source host isolated",
        "protocol unreachable",
        "port unreachable",
        "destination host unknown",
        "Invalid argument",
        "net.ipv4.route.min_pmtu",
        "parameter problem",
};

/* In front of the command of the program in question. */
static const char *const prefixes[] = {"strace -f -e trace=%network"};

/* What `explain` leaves open, and something that can stand there. */
static const struct {
	const char *name, *example;
} placeholders[] = {
        {"PEER", "192.0.2.7"}, {"PORT", "443"},          {"PID", "self"},
        {"DEV", "lo"},         {"ADDRESS", "192.0.2.7"},
};

/* What the tools write when they do not understand, whatever this host has or allows. */
static const char *const complaints[] = {
        "sage:",         "syntax error",  "nknown",      "is expected", "nrecognized", "garbage",
        "nvalid option", "nvalid number", "not a valid", "Error: ",     "Bad ",
};

/* @to_run: each command that only looks, once */
static char to_run[COMMANDS_MAX][COMMAND_SIZE];
static size_t n_to_run;

static inline bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static inline bool is_listed(const char *text, const char *const list[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], text))
			return true;
	return false;
}

static inline void check_filter(const char *where, const char *command)
{
	const char *filter = strstr(command, "any ") + strlen("any ");
	/* The command asks for all devices, which have this header in front. */
	pcap_t *any = pcap_open_dead(DLT_LINUX_SLL, 65535);
	struct bpf_program program;

	if (pcap_compile(any, &program, filter, 1, PCAP_NETMASK_UNKNOWN))
		fail_msg("%s: `%s` is no filter: %s", where, command, pcap_geterr(any));
	pcap_freecode(&program);
	pcap_close(any);
}

/* One program of a pipeline. */
static inline enum effect check_program(const char *where, const char *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (!starts_with(command, programs[i].start))
			continue;
		if (programs[i].effect == FILTERS)
			check_filter(where, command);
		return programs[i].effect;
	}
	fail_msg("%s: `%s` is no command that the test knows", where, command);
	return ACTS;
}

/* What cannot be an address, a port or a process, and what the shell would take for its own. */
static inline void check_word(const char *where, const char *command, const char *before,
                              const char *word)
{
	bool number = strspn(word, "0123456789") == strlen(word);

	if (!strcmp(word, "*") || !strcmp(word, "-") || !strcmp(word, ":0") ||
	    !strcmp(word, ":PORT0") || strstr(word, ":*"))
		fail_msg("%s: `%s` names nothing with '%s'", where, command, word);
	if (number && !atoi(word) && (!strcmp(before, "port") || !strcmp(before, "-p")))
		fail_msg("%s: `%s` has no %s", where, command, before);
}

/*
 * Splits a command at `|`, and each part into words; what stands in quotes is the program's own.
 * Returns the effect of the whole.
 */
static inline enum effect check_command(const char *where, const char *command)
{
	char part[COMMAND_SIZE] = "", word[COMMAND_SIZE] = "", before[COMMAND_SIZE] = "";
	enum effect effect = READS, of_part;
	size_t n_part = 0, n_word = 0;
	bool quoted = false, was_quoted = false;

	for (const char *c = command;; c++) {
		if (*c == '\'') {
			quoted = !quoted;
			was_quoted = true;
		} else if (!quoted && *c && strchr(";<>&$()\"\\*?", *c) && !was_quoted) {
			fail_msg("%s: the shell takes '%c' of `%s` for its own", where, *c,
			         command);
		}
		if (*c && (quoted || !strchr(" |", *c))) {
			word[n_word++] = *c;
			word[n_word] = '\0';
		} else if (n_word) {
			if (!was_quoted)
				check_word(where, command, before, word);
			strcpy(before, word);
			n_word = 0;
			was_quoted = false;
		}
		if (*c && (quoted || *c != '|') && (n_part || *c != ' ')) {
			part[n_part++] = *c;
			part[n_part] = '\0';
		} else if (!*c || *c == '|') {
			of_part = check_program(where, part);
			effect = of_part > effect ? of_part : effect;
			n_part = 0;
		}
		if (!*c)
			break;
	}
	if (quoted)
		fail_msg("%s: a quote too few in `%s`", where, command);
	return effect;
}

static inline void keep(const char *command)
{
	for (size_t i = 0; i < n_to_run; i++)
		if (!strcmp(to_run[i], command))
			return;
	assert_true(n_to_run < COMMANDS_MAX);
	strcpy(to_run[n_to_run++], command);
}

/* Every command of a text. */
static inline void check_text(const char *where, const char *text)
{
	char command[COMMAND_SIZE];

	while ((text = strchr(text, '`'))) {
		const char *end = strchr(++text, '`');

		if (!end || end - text >= COMMAND_SIZE)
			fail_msg("%s: a command without an end: %s", where, text);
		memcpy(command, text, end - text);
		command[end - text] = '\0';
		text = end + 1;
		if (is_listed(command, no_commands, ARRAY_SIZE(no_commands)) ||
		    is_listed(command, prefixes, ARRAY_SIZE(prefixes)))
			continue;
		if (check_command(where, command) == READS)
			keep(command);
	}
}

/* Returns false where a program of it is not installed. */
static inline bool run(const char *command)
{
	char output[4096];
	size_t length;
	FILE *out;

	setenv("COMMAND", command, 1);
	out = popen("timeout 20 sh -c \"$COMMAND\" 2>&1 >/dev/null </dev/null", "re");
	assert_non_null(out);
	length = fread(output, 1, sizeof(output) - 1, out);
	output[length] = '\0';
	pclose(out);
	if (strstr(output, "not found"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++)
		if (strstr(output, complaints[i]))
			fail_msg("`%s`: %s", command, output);
	return true;
}

#endif
