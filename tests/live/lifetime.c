/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracer ends before the attempt does. */
#include <signal.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer.h"
#include "world.h"

/* Nobody answers at an address of which the loopback of that namespace knows nothing. */
static pid_t start_waiting(const struct world *world, int started)
{
	struct sockaddr_storage peer;
	socklen_t length = make_address(&peer, AF_INET, "192.0.2.9", PORT_SILENT);
	pid_t pid = fork_child();
	int fd;

	if (pid)
		return pid;
	namespace_enter(world->client);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	connect(fd, (struct sockaddr *)&peer, length);
	if (write(started, "", 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

static void test_in_flight(const char *name, const struct world *world)
{
	struct tracer tracer = {0};
	const json_t *record, *found = NULL;
	json_t *records = NULL;
	int started[2];
	pid_t pid;
	char byte;
	size_t i;

	if (pipe2(started, O_CLOEXEC) || !tracer_run(&tracer, "lifetime-in-flight", -1, NULL)) {
		report(NOT_OK, name, tracer.why);
		return;
	}
	pid = start_waiting(world, started[1]);
	close(started[1]);
	if (read(started[0], &byte, 1) != 1)
		snprintf(tracer.why, sizeof(tracer.why), "nothing was started");
	tracer_settle();
	if (tracer_stop(&tracer))
		records = tracer_records(&tracer);
	close(started[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	json_array_foreach(records, i, record)
	{
		if (json_number(record, "process.pid", 0) == pid)
			found = record;
	}
	if (records && !found)
		snprintf(tracer.why, sizeof(tracer.why), "no record of the attempt in flight");
	else if (found && (strcmp(json_text(found, "event.outcome"), "unknown") ||
	                   strcmp(json_text(found, "connect.cause"), "unknown") ||
	                   json_at(found, "error") || json_at(found, "connect.errno")))
		snprintf(tracer.why, sizeof(tracer.why), "outcome %s, cause %s, errno %s",
		         json_text(found, "event.outcome"), json_text(found, "connect.cause"),
		         json_text(found, "error.type"));
	else if (found)
		tracer_check_totals(&tracer);
	json_decref(records);
	report(tracer.why[0] ? NOT_OK : OK, name, tracer.why);
}

void scenario_lifetime(const char *name)
{
	static struct world world;
	char full_name[64];

	snprintf(full_name, sizeof(full_name), "%s/in_flight", name);
	if (!world_make(&world, name))
		report(NOT_OK, name, world.why);
	else
		test_in_flight(full_name, &world);
}
