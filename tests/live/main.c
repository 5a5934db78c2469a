/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"
#include "cgroup.h"
#include "world.h"

#define EXIT_USAGE 64

struct settings settings = {.connwhy = "build/connwhy", .tier = "auto", .tries = 2};

static char **selection;
static unsigned int counts[SKIPPED + 1];
static volatile sig_atomic_t worker, ended_by;

/* What is not one client under the common connwhy. */
static const struct {
	const char *name;
	void (*run)(const char *name);
} scenarios[] = {
        {"filter", scenario_filters},    {"command", scenario_command},
        {"lifetime", scenario_lifetime}, {"storm", scenario_storm},
        {"peers", scenario_peers},       {"flood", scenario_flood},
        {"confine", scenario_confine},
};

/* NAME itself and everything under NAME/. */
static bool covers(const char *outer, const char *inner)
{
	size_t length = strlen(outer);

	return !strncmp(outer, inner, length) && (!inner[length] || inner[length] == '/');
}

bool is_selected(const char *name)
{
	if (!*selection)
		return true;
	for (char **chosen = selection; *chosen; chosen++)
		if (covers(*chosen, name))
			return true;
	return false;
}

/* A scenario runs as a whole, also where only one of its cases is asked for. */
static bool is_scenario_selected(const char *name)
{
	for (char **chosen = selection; *chosen; chosen++)
		if (covers(name, *chosen))
			return true;
	return is_selected(name);
}

void report(enum result result, const char *name, const char *why)
{
	static const char *const words[] = {"not ok", "ok", "not ok", "skip"};

	if (result == OK && !is_selected(name))
		return;
	counts[result == UNDECIDED ? NOT_OK : result]++;
	printf("%s %s%s%s\n", words[result], name, *why ? ": " : "", why);
	fflush(stdout);
}

static void list(void)
{
	variants_list();
	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++)
		if (is_scenario_selected(scenarios[i].name))
			puts(scenarios[i].name);
}

static int work(void)
{
	world_init();
	facts_probe();
	variants_run();
	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++)
		if (is_scenario_selected(scenarios[i].name))
			scenarios[i].run(scenarios[i].name);
	printf("%u passed, %u failed, %u skipped\n", counts[OK], counts[NOT_OK], counts[SKIPPED]);
	fflush(stdout);
	return counts[NOT_OK] != 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Every process below dies with its parent, and with the last of them the namespaces. */
static void end_worker(int number)
{
	ended_by = number;
	if (worker)
		kill(worker, SIGKILL);
}

static int supervise(void)
{
	int status = 0;
	pid_t pid;

	signal(SIGINT, end_worker);
	signal(SIGTERM, end_worker);
	signal(SIGHUP, end_worker);
	pid = fork_child();
	if (pid == 0)
		_exit(work());
	worker = pid;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	cgroup_remove_all();
	nftw(settings.directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (ended_by)
		return 128 + ended_by;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void usage(FILE *to)
{
	fputs("usage: live [--connwhy PATH] [--tier auto|fentry|kprobe|tracepoint] [--out DIR]\n"
	      "            [--tries N] [--stagger MS] [--storm N] [--list | --endings] [CASE…]\n"
	      "--endings lists the causes and errnos that the cases make happen.\n"
	      "Runs the live tests as root; CASE is a name of --list or the beginning of one up to "
	      "a '/'.\n"
	      "What fails is tried again, N times in all (2), where it is only a little.\n"
	      "A storm is one of N connects at most (40000).\n"
	      "Clients start MS apart; without it the time that one takes here is measured.\n"
	      "What connwhy wrote stays in DIR: NAME.jsonl, and its stderr in NAME.log.\n",
	      to);
}

static const struct option options[] = {
        {"connwhy", required_argument, NULL, 'c'}, {"tier", required_argument, NULL, 't'},
        {"out", required_argument, NULL, 'o'},     {"list", no_argument, NULL, 'l'},
        {"tries", required_argument, NULL, 'n'},   {"stagger", required_argument, NULL, 's'},
        {"storm", required_argument, NULL, 'm'},   {"endings", no_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},          {0},
};

int main(int argc, char **argv)
{
	static char self[PATH_MAX], connwhy[PATH_MAX];
	struct rlimit files = {65536, 65536};
	bool only_list = false, only_endings = false;
	int option;

	if (argc > 1 && !strcmp(argv[1], "--act"))
		return act(argv + 2);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c': settings.connwhy = optarg; break;
		case 't': settings.tier = optarg; break;
		case 'o': settings.out = optarg; break;
		case 'n': settings.tries = atoi(optarg); break;
		case 's': settings.stagger_ms = atoi(optarg); break;
		case 'm': settings.storm = (unsigned int)atoi(optarg); break;
		case 'l': only_list = true; break;
		case 'e': only_endings = true; break;
		case 'h': usage(stdout); return 0;
		default: usage(stderr); return EXIT_USAGE;
		}
	}
	selection = argv + optind;
	if (only_list) {
		list();
		return 0;
	}
	if (only_endings) {
		variants_endings();
		return 0;
	}
	if (!realpath("/proc/self/exe", self) || !realpath(settings.connwhy, connwhy)) {
		fprintf(stderr, "live: %s: %s\n", settings.connwhy, strerror(errno));
		return 1;
	}
	settings.self = self;
	settings.connwhy = connwhy;
	if (settings.out && mkdir(settings.out, 0755) && errno != EEXIST) {
		fprintf(stderr, "live: %s: %s\n", settings.out, strerror(errno));
		return 1;
	}
	setrlimit(RLIMIT_NOFILE, &files);
	snprintf(settings.directory, sizeof(settings.directory), "/tmp/connwhy-live.XXXXXX");
	if (!mkdtemp(settings.directory)) {
		perror("live: /tmp");
		return 1;
	}
	chmod(settings.directory, 0755);
	cgroup_init();
	return supervise();
}
