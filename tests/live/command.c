/* SPDX-License-Identifier: GPL-2.0-only */
/* `connwhy -- COMMAND`: its exit status, and that it and its descendants alone are seen. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer.h"
#include "world.h"

#define COMMAND_SECONDS 40
#define STRANGER_PORT 89

/* @command: instead of this program with --act; @signal: sent to connwhy once it is ready */
static const struct command {
	const char *name, *command, *act[3];
	int status, signal;
	const char *ports; /* of the records, in order of their start */
} commands[] = {
        {"status", NULL, {"connect", "80", "7"}, 7, 0, "80"},
        {"success", NULL, {"connect", "81", "0"}, 0, 0, "81"},
        {"killed", NULL, {"signal", "9"}, 128 + SIGKILL, 0, ""},
        {"missing", "/nonexistent", {0}, 127, 0, ""},
        {"not_executable", "/etc/passwd", {0}, 126, 0, ""},
        {"descendants", NULL, {"family", "80"}, 0, 0, "80 81 82"},
        {"terminated", NULL, {"wait"}, 128 + SIGTERM, SIGTERM, ""},
};

struct list {
	char ports[128];
	json_int_t uid;
};

static void add_port(void *context, const json_t *line)
{
	struct list *list = context;
	size_t used = strlen(list->ports);

	if (strcmp(json_text(line, "event.name"), "tcp.connect"))
		return;
	snprintf(list->ports + used, sizeof(list->ports) - used, "%s%lld", used ? " " : "",
	         (long long)json_number(line, "network.peer.port", 0));
	list->uid = json_number(line, "process.user.id", -1);
}

/* Somebody else, who connects all the time. */
static pid_t start_stranger(int ns)
{
	struct sockaddr_storage peer;
	socklen_t length = make_address(&peer, AF_INET, "127.0.0.1", STRANGER_PORT);
	pid_t pid = fork_child();

	if (pid)
		return pid;
	namespace_enter(ns);
	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&peer, length))
			_exit(1);
		close_quietly(fd);
		sleep_ms(5);
	}
}

static int run_command(struct tracer *tracer, const struct command *c, int ns)
{
	const char *options[8] = {"--", c->command};
	char name[64];
	size_t n = 2;

	if (!c->command) {
		options[1] = settings.self;
		options[n++] = "--act";
		for (size_t i = 0; i < ARRAY_SIZE(c->act) && c->act[i]; i++)
			options[n++] = c->act[i];
	}
	snprintf(name, sizeof(name), "command-%s", c->name);
	if (!tracer_start(tracer, name, ns, options))
		return -1;
	if (c->signal) {
		if (!tracer_ready(tracer))
			return -1;
		sleep_ms(300); /* for COMMAND to begin to wait */
	}
	return tracer_end(tracer, c->signal, COMMAND_SECONDS);
}

static void test_command(const char *scenario, const struct command *c, int ns)
{
	struct tracer tracer = {0};
	struct list list = {0};
	char name[64];
	int status;

	snprintf(name, sizeof(name), "%s/%s", scenario, c->name);
	if (!is_selected(name))
		return;
	status = run_command(&tracer, c, ns);
	if (status != c->status)
		snprintf(tracer.why, sizeof(tracer.why), "exit status %d, not %d", status,
		         c->status);
	else if (!c->command && tracer_read(&tracer, add_port, &list) &&
	         strcmp(list.ports, c->ports))
		snprintf(tracer.why, sizeof(tracer.why), "records of ports \"%s\", not \"%s\"",
		         list.ports, c->ports);
	report(tracer.why[0] ? NOT_OK : OK, name, tracer.why);
}

static bool is_executable_for_others(void)
{
	int status = 1;
	pid_t pid = fork_child();

	if (pid == 0)
		_exit(setgid(65534) || setuid(65534) || access(settings.self, X_OK));
	waitpid(pid, &status, 0);
	return status == 0;
}

/* sudo says who called it; COMMAND must not get root's rights. */
static void test_sudo(const char *scenario, int ns)
{
	static const struct command c = {"sudo", NULL, {"connect", "80", "5"}, 5, 0, "80"};
	struct tracer tracer = {0};
	struct list list = {0};
	char name[64];

	snprintf(name, sizeof(name), "%s/sudo", scenario);
	if (!is_selected(name))
		return;
	if (!is_executable_for_others()) {
		report(SKIPPED, name, "nobody may not run this program");
		return;
	}
	setenv("SUDO_UID", "65534", 1);
	setenv("SUDO_GID", "65534", 1);
	setenv("SUDO_USER", "nobody", 1);
	if (run_command(&tracer, &c, ns) != c.status)
		snprintf(tracer.why, sizeof(tracer.why), "not the exit status of COMMAND");
	else if (tracer_read(&tracer, add_port, &list) &&
	         (strcmp(list.ports, c.ports) || list.uid != 65534))
		snprintf(tracer.why, sizeof(tracer.why), "records of ports \"%s\", user %lld",
		         list.ports, (long long)list.uid);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	unsetenv("SUDO_USER");
	report(tracer.why[0] ? NOT_OK : OK, name, tracer.why);
}

void scenario_command(const char *name)
{
	struct world world;
	pid_t stranger;

	world_make_bare(&world, name);
	if (!server_start(&world, 1)) {
		report(NOT_OK, name, "the server did not start");
		return;
	}
	stranger = start_stranger(world.client);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		test_command(name, &commands[i], world.client);
	test_sudo(name, world.client);
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
}
