/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options_describe.h"
#include "options_parse.h"
#include "output.h"
#include "words.h"

#define GO_ON (-1)
#define ARGUMENTS_MAX 24
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A command line as it stands on the shell, parted by blanks; '~' is a blank within an argument. */
struct arguments {
	char text[1024];
	char *argv[ARGUMENTS_MAX + 2];
	int argc;
};

static void split(struct arguments *arguments, const char *line)
{
	char *rest = arguments->text, *word;

	snprintf(arguments->text, sizeof(arguments->text), "connwhy%s%s", *line ? " " : "", line);
	arguments->argc = 0;
	while ((word = strsep(&rest, " "))) {
		assert_true(arguments->argc <= ARGUMENTS_MAX);
		arguments->argv[arguments->argc++] = word;
		for (char *at = word; *at; at++)
			if (*at == '~')
				*at = ' ';
	}
	arguments->argv[arguments->argc] = NULL;
}

/* Runs options_parse() with fd (1 or 2) going to `text`. */
static int parse_capturing(struct options *options, struct arguments *arguments, int fd, char *text,
                           size_t size)
{
	int memory = memfd_create("captured", 0), saved = dup(fd), status;
	ssize_t length;

	fflush(NULL);
	dup2(memory, fd);
	status = options_parse(options, arguments->argc, arguments->argv);
	fflush(NULL);
	dup2(saved, fd);
	close(saved);
	length = pread(memory, text, size - 1, 0);
	text[length > 0 ? length : 0] = '\0';
	close(memory);
	return status;
}

/* The status, and one sentence on stderr that has `names` in it. */
static void expect_refused(const char *line, int expected, const char *names)
{
	struct arguments arguments;
	struct options options;
	char text[1024];
	int status;

	split(&arguments, line);
	status = parse_capturing(&options, &arguments, STDERR_FILENO, text, sizeof(text));
	if (status != expected)
		fail_msg("'%s' gave %d, not %d: %s", line, status, expected, text);
	if (strncmp(text, "connwhy: ", 9) != 0 || strchr(text, '\n') != strrchr(text, '\n') ||
	    !strchr(text, '\n'))
		fail_msg("'%s' did not give one line: %s", line, text);
	if (!strstr(text, names))
		fail_msg("'%s' did not name %s: %s", line, names, text);
}

static void test_refused(void **state)
{
	static const struct {
		const char *line;
		const char *names;
	} lines[] = {
	        /* options that are none */
	        {"--fialed", "'--failed'"},
	        {"--nonsense", "'--nonsense'"},
	        {"--c 5", "'--c'"},
	        {"-Z", "'-Z'"},
	        {"-xZ", "'-Z'"},
	        {"-p", "-p wants"},
	        {"--net", "--net wants"},
	        {"--port", "--port wants"},
	        {"--failed=yes", "'--failed=yes'"},
	        {"--", "COMMAND"},
	        {"-x --", "COMMAND"},
	        {"-w ", "-w wants"},
	        /* -p */
	        {"-p abc", "'abc'"},
	        {"-p 12x", "'12x'"},
	        {"-p 0", "'0'"},
	        {"-p -1", "'-1'"},
	        {"-p +1", "'+1'"},
	        {"-p 0x10", "'0x10'"},
	        {"-p ~1", "' 1'"},
	        {"-p 4194305", "'4194305'"},
	        {"-p 99999999999999999999999", "'99999999999999999999999'"},
	        {"-p 1 -p 2", "'2'"},
	        /* -u */
	        {"-u -1", "'-1'"},
	        {"-u 4294967295", "'4294967295'"},
	        {"-u 12abc", "'12abc'"},
	        {"-u 0 -u 1", "'1'"},
	        /* -P */
	        {"-P 0", "'0'"},
	        {"-P 65536", "'65536'"},
	        {"-P http", "'http'"},
	        {"-P 80,", "''"},
	        {"-P ,80", "''"},
	        {"-P 80-", "'80-'"},
	        {"-P -80", "'-80'"},
	        {"-P 90-80", "'90-80'"},
	        {"-P 1-2-3", "'1-2-3'"},
	        {"-P 443,x", "'x'"},
	        {"-P 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "'17'"},
	        /* --net */
	        {"--net 300.0.0.0/8", "'300.0.0.0/8'"},
	        {"--net 10.0.0.0/33", "'10.0.0.0/33'"},
	        {"--net 10.0.0.0/", "'10.0.0.0/'"},
	        {"--net 10.0.0.0/8x", "'10.0.0.0/8x'"},
	        {"--net 10.0.0.1/8", "10.0.0.0/8"},
	        {"--net 2001:db8::1/32", "2001:db8::/32"},
	        {"--net ::/129", "'::/129'"},
	        {"--net example.org", "'example.org'"},
	        {"--net ::1 --net ::2 --net ::3 --net ::4 --net ::5 --net ::6 --net ::7 --net ::8 "
	         "--net ::9",
	         "'::9'"},
	        {"-4 --net 2001:db8::/32", "2001:db8::/32"},
	        {"-6 --net 10.0.0.0/8", "10.0.0.0/8"},
	        /* --cgroup, --netns: there, but something else */
	        {"--cgroup /proc", "'/proc'"},
	        {"--netns /dev/null", "'/dev/null'"},
	        {"--cgroup /a --cgroup /b", "'/b'"},
	        /* what to report */
	        {"--errno ENOTHING", "'ENOTHING'"},
	        {"--errno ETIMEDOUT,", "''"},
	        {"--errno 110", "'110'"},
	        {"--cause no_repli", "'no_reply'"},
	        {"--cause nonsense", "'nonsense'"},
	        {"--cause no_reply,,refused", "''"},
	        {"--slower x", "'x'"},
	        {"--slower 0", "'0'"},
	        {"--slower 1e3", "'1e3'"},
	        {"--slower -5", "'-5'"},
	        {"-x --cause established", "established"},
	        /* what comes out */
	        {"-o xml", "'xml'"},
	        {"-o JSON", "'JSON'"},
	        {"-C 0 -w f", "'0'"},
	        {"-C 10X -w f", "'10X'"},
	        {"-C 1KB -w f", "'1KB'"},
	        {"-C M -w f", "'M'"},
	        {"-C 4611686018428 -w f", "'4611686018428'"},
	        {"-G 0 -w f", "'0'"},
	        {"-G 0.5 -w f", "'0.5'"},
	        {"-W 0 -C 1 -w f", "'0'"},
	        {"-W x -C 1 -w f", "'x'"},
	        {"-W 3 -w f", "-W"},
	        {"-C 1", "-w"},
	        {"-G 60", "-w"},
	        {"-G 60 -w -", "-w -"},
	        {"-C 1 -w -", "-w -"},
	        {"-r f -C 1", "-C"},
	        {"--metrics 0", "'0'"},
	        {"--metrics 65536", "'65536'"},
	        {"--metrics localhost:9470", "'localhost:9470'"},
	        {"--metrics ::1:9470", "'::1:9470'"},
	        {"--metrics [::1]", "'[::1]'"},
	        {"--metrics [127.0.0.1]:9470", "'[127.0.0.1]:9470'"},
	        {"--metrics 127.0.0.1:", "'127.0.0.1:'"},
	        {"--metrics 1 --metrics 2", "'2'"},
	        {"--metrics 1 --metrics-by pid", "'pid'"},
	        {"--metrics 1 --metrics-by net=10.0.0.1/8", "10.0.0.0/8"},
	        {"--metrics 1 --metrics-by net=10.0.0.0/33", "'10.0.0.0/33'"},
	        {"--metrics 1 --metrics-by port --metrics-by port", "'port'"},
	        {"--metrics 1 --metrics-by port --metrics-by net=::1", "'net=::1'"},
	        {"--metrics 1 --metrics-by net=::1 --metrics-by cgroup", "'cgroup'"},
	        {"--metrics-by port", "--metrics-file"},
	        {"-r f --metrics 1", "--metrics"},
	        {"-r f --metrics-file m", "--metrics-file"},
	        {"-c 0", "'0'"},
	        {"--count 0", "'0'"},
	        {"--count 1.5", "'1.5'"},
	        {"--count 18446744073709551616", "'18446744073709551616'"},
	        {"--duration 0", "'0'"},
	        {"--duration 0.0", "'0.0'"},
	        {"--duration .5", "'.5'"},
	        {"--duration 5.", "'5.'"},
	        {"--duration 5s", "'5s'"},
	        {"--duration 1000000001", "'1000000001'"},
	        {"--duration 99999999999999999999", "'99999999999999999999'"},
	        {"--duration nan", "'nan'"},
	        {"--rate 0", "'0'"},
	        {"--rate many", "'many'"},
	        /* how */
	        {"--tier fexit", "'fexit'"},
	        {"--max-inflight 0", "'0'"},
	        {"--max-inflight 4194305", "'4194305'"},
	        {"--buffer 0", "'0'"},
	        {"--buffer 3M", "'3M'"},
	        {"--buffer 2K", "'2K'"},
	        {"--buffer 4096M", "'4096M'"},
	        {"--buffer 4G", "'4G'"},
	        {"--buffer 4MB", "'4MB'"},
	        {"--buffer M", "'M'"},
	        {"--buffer 17592186044416M", "'17592186044416M'"},
	        {"--color red", "'red'"},
	        {"--btf /proc/self/status --tier fentry", "/proc/self/status"},
	        /* what cannot stand together */
	        {"-4 -6", "-4 and -6"},
	        {"-t -T", "-t and -T"},
	        {"-q -v", "-q and -v"},
	        {"-r f -w g", "-r and -w"},
	        {"-r f -p 1", "-p"},
	        {"-r f -u 0", "-u"},
	        {"-r f --port 443", "--port"},
	        {"-r f -4", "-4"},
	        {"-r f --net ::1", "--net"},
	        {"-r f --cgroup /x", "--cgroup"},
	        {"-r f --netns 1", "--netns"},
	        {"-r f --tier kprobe", "--tier"},
	        {"-r f --buffer 4M", "--buffer"},
	        {"-r f --duration 3", "--duration"},
	        {"-r f -- ls", "'ls'"},
	        {"-p 1 -- ls", "'ls'"},
	        {"--as-root", "--as-root"},
	        /* the filter */
	        {"tcp prot 443", "'tcp prot 443'"},
	        {"host", "'host'"},
	        {"curl~example", "'curl example'"},
	        {"ether host 00:00:00:00:00:01", "'ether host 00:00:00:00:00:01'"},
	        {"tcp trace", "'tcp trace'"},
	        /* verbs */
	        {"demo x", "'x'"},
	        {"doctor x", "'x'"},
	        {"explain a b", "'b'"},
	        {"demo -- ls", "'ls'"},
	        {"doctor -- ls", "'ls'"},
	        {"explain -- ls", "'ls'"},
	        {"demo -x", "-x"},
	        {"-P 443 demo", "-P"},
	        {"doctor --summary", "--summary"},
	        {"doctor --tier kprobe", "--tier"},
	        {"explain --count 3", "--count"},
	        {"explain no_reply -o json", "-o"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		expect_refused(lines[i].line, EXIT_USAGE, lines[i].names);
}

static void test_not_there(void **state)
{
	static const struct {
		const char *line;
		const char *names;
	} lines[] = {
	        {"-p 4194304", "no process 4194304"},
	        {"-u nobody-has-this-name", "'nobody-has-this-name'"},
	        {"--cgroup /no/such/cgroup", "'/no/such/cgroup'"},
	        {"--netns /no/such/netns", "'/no/such/netns'"},
	        {"--netns no-such-netns", "'no-such-netns'"},
	        {"--netns 4194304", "no process 4194304"},
	        {"--btf /no/such/btf", "'/no/such/btf'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		expect_refused(lines[i].line, EXIT_FAILURE, lines[i].names);
}

static void test_bytes_of_others(void **state)
{
	(void)state;
	expect_refused("-o \033[31m", EXIT_USAGE, "'\\x1b[31m'");
	expect_refused("-o a\nb", EXIT_USAGE, "'a\\x0ab'");
	expect_refused("-o \xff", EXIT_USAGE, "'\\xff'");
	expect_refused("-\xc3\xa9", EXIT_USAGE, "'-\\xc3'");
}

static void parse(struct options *options, struct arguments *arguments, const char *line)
{
	split(arguments, line);
	if (options_parse(options, arguments->argc, arguments->argv) != GO_ON)
		fail_msg("'%s' was refused", line);
}

static void test_described(void **state)
{
	static const struct {
		const char *line;
		const char *filter;
	} lines[] = {
	        {"", ""},
	        {"trace", ""},
	        {"-4", "IPv4"},
	        {"-6 -6", "IPv6"},
	        {"-u 0", "uid 0"},
	        {"-u root", "uid 0"},
	        {"-u 4294967294", "uid 4294967294"},
	        {"-P 443", "port 443"},
	        {"--port=443,8000-8010 -P 1 -P65535", "port 443,8000-8010,1,65535"},
	        {"--net 192.0.2.0/24", "net 192.0.2.0/24"},
	        {"--net 192.0.2.7 --net 2001:db8::/32 --net ::1",
	         "net 192.0.2.7/32,2001:db8::/32,::1/128"},
	        {"--net 0.0.0.0/0 --net ::/0", "net 0.0.0.0/0,::/0"},
	        {"--net ::ffff:10.0.0.0/104", "net 10.0.0.0/8"},
	        {"--net 10.1.128.0/17", "net 10.1.128.0/17"},
	        {"-x", "failed"},
	        {"--fail", "failed"},
	        {"--errno etimedout,ECONNREFUSED --errno EPERM",
	         "errno EPERM,ETIMEDOUT,ECONNREFUSED"},
	        {"--cause refused,no_reply", "cause refused,no_reply"},
	        {"--slower 250", "slower than 250 ms"},
	        {"--slower 0.5", "slower than 0.5 ms"},
	        {"tcp port 443", "'tcp port 443'"},
	        {"tcp~port~443", "'tcp port 443'"},
	        {"tcp -x port 443", "failed, 'tcp port 443'"},
	        {"trace ip6", "'ip6'"},
	        {"~", ""},
	        {"-x -- ls -l --nonsense", "command ls, failed"},
	        {"ip -- demo", "command demo, 'ip'"},
	        {"-P 443 -x --slower 1 -4 ip", "port 443, IPv4, failed, slower than 1 ms, 'ip'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct arguments arguments;
		struct options options;
		char text[512];

		parse(&options, &arguments, lines[i].line);
		assert_int_equal(options.verb, VERB_TRACE);
		options_describe_filter(&options, text, sizeof(text));
		assert_string_equal(text, lines[i].filter);
		options_free(&options);
	}
}

static void test_values(void **state)
{
	struct arguments arguments;
	struct options options;

	(void)state;
	parse(&options, &arguments, "");
	assert_ptr_equal(options.output, isatty(1) ? &output_timeline : &output_line);
	assert_int_equal(options.max_inflight, 16384);
	assert_int_equal(options.buffer_size, 16 << 20);
	assert_int_equal(options.tier, TIER_AUTO);
	assert_int_equal(options.time_style, TIME_ISO);
	assert_null(options.command);
	assert_null(options.expression);
	assert_false(options.quiet || options.summary || options.failed || options.has_uid);

	parse(&options, &arguments,
	      "-o json -w w.bin --summary --count 7 --duration 0.25 --rate 100 --tier kprobe "
	      "--max-inflight 10 --buffer 64K --ready-file r -T -vv --color always");
	assert_ptr_equal(options.output, &output_json);
	assert_string_equal(options.write_file, "w.bin");
	assert_true(options.summary);
	assert_int_equal(options.count, 7);
	assert_int_equal(options.duration_ns, 250000000);
	assert_int_equal(options.rate, 100);
	assert_int_equal(options.tier, TIER_KPROBE);
	assert_int_equal(options.max_inflight, 10);
	assert_int_equal(options.buffer_size, 65536);
	assert_string_equal(options.ready_file, "r");
	assert_int_equal(options.time_style, TIME_SINCE_START);
	assert_int_equal(options.verbose, 2);
	assert_true(options.color);

	parse(&options, &arguments, "-r f -x -t -q --color never -o line ip6");
	assert_string_equal(options.read_file, "f");
	assert_int_equal(options.time_style, TIME_CLOCK);
	assert_true(options.quiet && options.failed && !options.color);
	options_free(&options);

	parse(&options, &arguments, "-w -- -- ls -l");
	assert_string_equal(options.write_file, "--");
	assert_string_equal(options.command[0], "ls");
	assert_string_equal(options.command[1], "-l");
	assert_null(options.command[2]);

	parse(&options, &arguments, "-w - -c 5");
	assert_string_equal(options.write_file, "-");
	assert_int_equal(options.count, 5);
	assert_int_equal(options.rotate_bytes, 0);

	parse(&options, &arguments, "-w f -C 2 -G 3600 -W 24");
	assert_int_equal(options.rotate_bytes, 2000000);
	assert_int_equal(options.rotate_s, 3600);
	assert_int_equal(options.file_count, 24);
	parse(&options, &arguments, "-w f -C 2k");
	assert_int_equal(options.rotate_bytes, 2048);
	parse(&options, &arguments, "-w f -C 3M");
	assert_int_equal(options.rotate_bytes, 3 << 20);
	parse(&options, &arguments, "-w f -C 5G");
	assert_int_equal(options.rotate_bytes, 5ULL << 30);

	parse(&options, &arguments, "--metrics 9470 --metrics-file m.prom --metrics-by port");
	assert_int_equal(options.metrics.family, FAMILY_IPV4);
	assert_int_equal(options.metrics.port, 9470);
	assert_memory_equal(options.metrics.address, "\x7f\0\0\1", 4);
	assert_string_equal(options.metrics_file, "m.prom");
	assert_int_equal(options.metrics_by.by, SPLIT_BY_PORT);
	parse(&options, &arguments, "--metrics :80");
	assert_memory_equal(options.metrics.address, "\x7f\0\0\1", 4);
	parse(&options, &arguments, "--metrics 0.0.0.0:80");
	assert_memory_equal(options.metrics.address, "\0\0\0\0", 4);
	parse(&options, &arguments,
	      "--metrics [::1]:65535 --metrics-by net=10.0.0.0/8 --metrics-by net=::1");
	assert_int_equal(options.metrics.family, FAMILY_IPV6);
	assert_int_equal(options.metrics.address[15], 1);
	assert_int_equal(options.metrics.port, 65535);
	assert_int_equal(options.metrics_by.by, SPLIT_BY_NET);
	assert_int_equal(options.metrics_by.n_networks, 2);
	assert_int_equal(options.metrics_by.networks[0].prefix, 8);

	parse(&options, &arguments, "--slower 2.0000019");
	assert_int_equal(options.slower_ns, 2000001);

	parse(&options, &arguments, "--as-root -- ls");
	assert_true(options.as_root);

	parse(&options, &arguments, "--errno ETIMEDOUT --cause no_reply,unknown");
	assert_true(options.has_errnos);
	assert_true(options.errnos[ETIMEDOUT / 8] & 1 << ETIMEDOUT % 8);
	assert_false(options.errnos[EPERM / 8] & 1 << EPERM % 8);
	assert_int_equal(options.causes, 1ULL << CAUSE_NO_REPLY | 1ULL << CAUSE_UNKNOWN);
}

static void test_verbs(void **state)
{
	struct arguments arguments;
	struct options options;

	(void)state;
	parse(&options, &arguments, "demo --tier tracepoint -v");
	assert_int_equal(options.verb, VERB_DEMO);
	assert_int_equal(options.tier, TIER_TRACEPOINT);
	parse(&options, &arguments, "-q doctor");
	assert_int_equal(options.verb, VERB_DOCTOR);
	parse(&options, &arguments, "explain");
	assert_int_equal(options.verb, VERB_EXPLAIN);
	assert_null(options.explain);
	parse(&options, &arguments, "explain ETIMEDOUT");
	assert_string_equal(options.explain, "ETIMEDOUT");
	parse(&options, &arguments, "top -x --duration 5 tcp port 443");
	assert_int_equal(options.verb, VERB_TOP);
	assert_true(options.failed);
	assert_string_equal(options.expression, "tcp port 443");
	options_free(&options);
}

static void test_of_this_process(void **state)
{
	struct arguments arguments;
	struct options options;
	struct stat namespace;
	char line[64];

	(void)state;
	snprintf(line, sizeof(line), "-p %d", getpid());
	parse(&options, &arguments, line);
	assert_int_equal(options.pid, getpid());

	assert_int_equal(stat("/proc/self/ns/net", &namespace), 0);
	parse(&options, &arguments, "--netns /proc/self/ns/net");
	assert_int_equal(options.netns, namespace.st_ino);
	snprintf(line, sizeof(line), "--netns %d", getpid());
	parse(&options, &arguments, line);
	assert_int_equal(options.netns, namespace.st_ino);
}

static void test_color(void **state)
{
	struct arguments arguments;
	struct options options;

	(void)state;
	setenv("NO_COLOR", "1", 1);
	parse(&options, &arguments, "");
	assert_false(options.color);
	parse(&options, &arguments, "--color always");
	assert_true(options.color);
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	parse(&options, &arguments, "--color auto");
	assert_false(options.color);
}

static void test_help(void **state)
{
	struct arguments arguments;
	struct options options;
	char text[8192];

	(void)state;
	split(&arguments, "--help");
	assert_int_equal(parse_capturing(&options, &arguments, STDOUT_FILENO, text, sizeof(text)),
	                 0);
	assert_non_null(strstr(text, "usage: connwhy"));
	assert_non_null(strstr(text, "--max-inflight N"));
	assert_non_null(strstr(text, "--report FILE.html"));

	split(&arguments, "-xV -o xml");
	assert_int_equal(parse_capturing(&options, &arguments, STDOUT_FILENO, text, sizeof(text)),
	                 0);
	assert_string_equal(text, "connwhy " VERSION "\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_refused),         cmocka_unit_test(test_not_there),
	        cmocka_unit_test(test_described),       cmocka_unit_test(test_values),
	        cmocka_unit_test(test_verbs),           cmocka_unit_test(test_of_this_process),
	        cmocka_unit_test(test_color),           cmocka_unit_test(test_help),
	        cmocka_unit_test(test_bytes_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
