/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "array.h"
#include "log.h"
#include "options_set.h"
#include "options_table.h"

#define HELP_COLUMN 29

#define FLAG(member) .flag = offsetof(struct options, member)
#define TEXT(member) .text = offsetof(struct options, member)

/* clang-format off */
const struct option_row option_rows[] = {
	{'p', "pid", "PID", "this process", "What to trace (decided in the kernel):",
	 set_pid, .flags = OPTION_TOP | OPTION_LIVE | OPTION_ONCE},
	{'u', "uid", "UID", "processes of this user, by number or name",
	 .set = set_uid, .flags = OPTION_TOP | OPTION_LIVE | OPTION_ONCE},
	{'P', "port", "PORT[,...]", "to these ports: 443,8000-8010",
	 .set = set_ports, .flags = OPTION_TOP | OPTION_LIVE},
	{'4', NULL, NULL, "IPv4 only", .set = set_ipv4, .flags = OPTION_TOP | OPTION_LIVE},
	{'6', NULL, NULL, "IPv6 only", .set = set_ipv6, .flags = OPTION_TOP | OPTION_LIVE},
	{0, "net", "CIDR", "to this network: 192.0.2.0/24; may be repeated",
	 .set = set_network, .flags = OPTION_TOP | OPTION_LIVE},
	{0, "cgroup", "PATH", "of this cgroup (v2) and those below it",
	 .set = set_cgroup, .flags = OPTION_TOP | OPTION_LIVE | OPTION_ONCE},
	{0, "netns", "PATH|PID", "in this network namespace: a path, a name that\n"
	 "`ip netns` knows, or that of a process",
	 .set = set_netns, .flags = OPTION_TOP | OPTION_LIVE | OPTION_ONCE},

	{'x', "failed", NULL, "all but successes; resets right behind a handshake too",
	 "Which ended attempts to report (all that apply must hold):", FLAG(failed),
	 .flags = OPTION_TOP},
	{0, "errno", "NAME[,...]", "that ended with one of these: ETIMEDOUT,ECONNREFUSED",
	 .set = set_errnos, .flags = OPTION_TOP},
	{0, "cause", "NAME[,...]", "of one of these causes: `connwhy explain` lists them",
	 .set = set_causes, .flags = OPTION_TOP},
	{0, "slower", "MS", "that took longer than MS milliseconds",
	 .set = set_slower, .flags = OPTION_TOP},

	{'o', "output", "FORMAT", "timeline, line, json, otlp or journal\n"
	 "(default: timeline on a terminal, else line)", "What comes out:", .set = set_output,
	 .flags = OPTION_DEMO},
	{'w', "write", "FILE", "save the raw events; - for standard output",
	 TEXT(write_file), .flags = OPTION_LIVE},
	{'C', NULL, "SIZE", "a further FILE when one is larger than SIZE millions of\n"
	 "bytes; K, M and G count in powers of 1024", .set = set_rotate_size, .flags = OPTION_LIVE},
	{'G', NULL, "S", "a further FILE each S seconds, named by strftime(3)",
	 .set = set_rotate_interval, .flags = OPTION_LIVE},
	{'W', NULL, "N", "with -C, N files in turn; with -G, end after N files",
	 .set = set_file_count, .flags = OPTION_LIVE},
	{'r', "read", "FILE", "read them back, without root and without tracing; - for\n"
	 "standard input", TEXT(read_file)},
	{0, "metrics", "ADDR:PORT", "serve metrics for Prometheus; PORT is on 127.0.0.1",
	 .set = set_metrics, .flags = OPTION_LIVE | OPTION_ONCE},
	{0, "metrics-file", "FILE", "write them there, for a textfile collector",
	 TEXT(metrics_file), .flags = OPTION_LIVE | OPTION_ONCE},
	{0, "metrics-by", "WHAT", "with a label: port, cgroup, or net=CIDR (repeated)",
	 .set = set_metrics_by, .flags = OPTION_LIVE},
	{0, "report", "FILE.html", "at the end, all attempts as a page to look at", TEXT(report)},
	{0, "summary", NULL, "at the end, totals and a histogram of latencies", FLAG(summary)},
	{'c', "count", "N", "stop after N records", .set = set_count},
	{0, "duration", "S", "stop after S seconds",
	 .set = set_duration, .flags = OPTION_TOP | OPTION_LIVE},
	{0, "rate", "N", "at most N records a second; the rest is counted", .set = set_rate},

	{0, "tier", "TIER", "auto, fentry, kprobe or tracepoint (auto)", "How to trace:",
	 set_tier, .flags = OPTION_TOP | OPTION_LIVE | OPTION_DEMO},
	{0, "btf", "FILE", "types of this kernel, where it does not carry its own",
	 .set = set_btf, .flags = OPTION_TOP | OPTION_LIVE | OPTION_DEMO},
	{0, "max-inflight", "N", "room for N attempts at the same time (16384)",
	 .set = set_max_inflight, .flags = OPTION_TOP | OPTION_LIVE},
	{0, "buffer", "SIZE", "of the ring buffer, a power of two; K and M (16M)",
	 .set = set_buffer, .flags = OPTION_TOP | OPTION_LIVE},
	{0, "ready-file", "FILE", "create FILE once tracing has begun",
	 TEXT(ready_file), .flags = OPTION_LIVE},
	{0, "as-root", NULL, "run COMMAND as root, not as the user who called sudo",
	 FLAG(as_root), .flags = OPTION_LIVE},

	{0, "color", "WHEN", "auto, always or never (auto)", "How it looks:",
	 set_color, .flags = OPTION_ANY},
	{'t', NULL, NULL, "times as wall-clock time", .set = set_time_clock},
	{'T', NULL, NULL, "times as seconds since the start", .set = set_time_since_start},
	{'q', "quiet", NULL, "errors only on stderr", FLAG(quiet), .flags = OPTION_ANY},
	{'v', "verbose", NULL, "say more on stderr", .set = set_verbose, .flags = OPTION_ANY},
	{'V', "version", NULL, "the version", .flags = OPTION_ANY},
	{'h', "help", NULL, "this text", .flags = OPTION_ANY},
};
/* clang-format on */

const size_t n_option_rows = ARRAY_SIZE(option_rows);

static const char usage[] =
        "usage: connwhy [OPTION...] [FILTER] [-- COMMAND [ARG...]]\n"
        "       connwhy top [OPTION...] [FILTER]\n"
        "       connwhy demo\n"
        "       connwhy doctor\n"
        "       connwhy explain [NAME]\n"
        "\n"
        "Tells why each outgoing TCP connect ended as it did: of this host, or, with COMMAND,\n"
        "of it and its descendants until it exits. FILTER is a pcap-filter(7) expression on the\n"
        "SYN that an attempt would send. top shows what fails and waits now, by peer, demo shows\n"
        "scripted connects, doctor says what this kernel allows, explain puts an errno or a cause\n"
        "into words.\n";

static const char closing[] =
        "\nExit status: 0 ended as asked, 1 could not run or write, 64 usage; with COMMAND its "
        "own\n"
        "(128+N when a signal ended it, 126 or 127 when it could not start).\n";

size_t option_find(const char *label)
{
	size_t i = 0;

	if (label[1] == '-')
		while (!option_rows[i].name || strcmp(option_rows[i].name, label + 2) != 0)
			i++;
	else
		while (option_rows[i].letter != label[1])
			i++;
	return i;
}

const char *option_label(char label[OPTION_LABEL_SIZE], const struct option_row *row)
{
	if (row->letter)
		snprintf(label, OPTION_LABEL_SIZE, "-%c", row->letter);
	else
		snprintf(label, OPTION_LABEL_SIZE, "--%s", row->name);
	return label;
}

int option_apply(struct options *options, const struct option_row *row, const char *label,
                 const char *value)
{
	if (value && !*value) {
		log_error("%s wants %s, not nothing", label, row->argument);
		return EXIT_USAGE;
	}
	if (row->set)
		return row->set(options, label, value);
	if (row->flag)
		*(bool *)((char *)options + row->flag) = true;
	if (row->text)
		*(const char **)((char *)options + row->text) = value;
	return -1;
}

static void print_row(FILE *out, const struct option_row *row)
{
	const char *line = row->help, *end;
	int width = 2;

	if (row->group)
		fprintf(out, "\n%s\n", row->group);
	fputs("  ", out);
	if (row->letter)
		width += fprintf(out, "-%c", row->letter);
	else
		width += fprintf(out, "    ");
	if (row->name)
		width += fprintf(out, "%s--%s", row->letter ? ", " : "", row->name);
	if (row->argument)
		width += fprintf(out, " %s", row->argument);
	while (*line) {
		end = strchrnul(line, '\n');
		fprintf(out, "%*s%.*s\n", HELP_COLUMN - width, "", (int)(end - line), line);
		width = 0;
		line = *end ? end + 1 : end;
	}
}

void options_print_help(FILE *out)
{
	fputs(usage, out);
	for (size_t i = 0; i < n_option_rows; i++)
		print_row(out, &option_rows[i]);
	fputs(closing, out);
}
