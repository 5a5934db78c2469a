/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

#define WAIT_MS 20000

static int prepare_as(struct command *command, const char *const *argv, bool as_root)
{
	return command_prepare(command, (char **)argv, as_root);
}

static void prepare(struct command *command, const char *const *argv)
{
	assert_int_equal(prepare_as(command, argv, true), 0);
	assert_true(command->pid > 0 && command->fd >= 0);
}

/* Waits on the descriptor, as the tracer does; the status of a shell. */
static int ended(struct command *command)
{
	struct pollfd ready = {.fd = command->fd, .events = POLLIN};
	int status = 0;

	assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
	assert_int_equal(command_reap(command, &status), 1);
	assert_int_equal(command_reap(command, &status), -ECHILD);
	assert_int_equal(command_terminate(command, SIGTERM), -ESRCH);
	command_close(command);
	return command_status(status);
}

static int shell(const char *script)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct command command;

	prepare(&command, argv);
	assert_int_equal(command_release(&command), 0);
	return ended(&command);
}

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(shell("exit 0"), 0);
	assert_int_equal(shell("exit 42"), 42);
	assert_int_equal(shell("kill -KILL $$"), 128 + SIGKILL);
}

static void test_cannot_start(void **state)
{
	const char *nowhere[] = {"/no/such/program", NULL}, *data[] = {"/proc/self/status", NULL};
	struct command command;

	(void)state;
	prepare(&command, nowhere);
	assert_int_equal(command_release(&command), -ENOENT);
	assert_int_equal(ended(&command), 127);

	prepare(&command, data);
	assert_int_equal(command_release(&command), -EACCES);
	assert_int_equal(ended(&command), 126);
}

static void test_waits_for_release(void **state)
{
	const char *argv[] = {"true", NULL};
	struct command command;
	struct pollfd ready;
	int status;

	(void)state;
	prepare(&command, argv);
	ready = (struct pollfd){.fd = command.fd, .events = POLLIN};
	assert_int_equal(poll(&ready, 1, 100), 0);
	assert_int_equal(command_reap(&command, &status), 0);
	assert_int_equal(command_release(&command), 0);
	assert_int_equal(ended(&command), 0);
}

static void test_never_released(void **state)
{
	char path[] = "/tmp/connwhy-command-XXXXXX";
	const char *argv[] = {"rm", path, NULL};
	struct command command;
	struct stat stat_;

	(void)state;
	close(mkstemp(path));
	prepare(&command, argv);
	command_close(&command);
	assert_int_equal(command.pid, 0);
	assert_int_equal(stat(path, &stat_), 0);
	unlink(path);
}

static void test_terminate(void **state)
{
	const char *argv[] = {"sleep", "60", NULL};
	struct command command;

	(void)state;
	prepare(&command, argv);
	assert_int_equal(command_release(&command), 0);
	assert_int_equal(command_terminate(&command, SIGTERM), 0);
	assert_int_equal(ended(&command), 128 + SIGTERM);

	/* Also before it was released: no SIGPIPE then. */
	prepare(&command, argv);
	assert_int_equal(command_terminate(&command, SIGTERM), 0);
	assert_int_equal(waitid(P_PID, command.pid, NULL, WEXITED | WNOWAIT), 0);
	assert_int_equal(command_release(&command), -EPIPE);
	assert_int_equal(ended(&command), 128 + SIGTERM);
}

/* Field of /proc/self/status of a command as a number in hex. */
static uint64_t status_of_child(const char *field)
{
	char path[] = "/tmp/connwhy-command-XXXXXX", script[256], line[128];
	unsigned long long value = 0;
	FILE *file;

	close(mkstemp(path));
	snprintf(script, sizeof(script), "grep %s: /proc/self/status >%s", field, path);
	assert_int_equal(shell(script), 0);
	file = fopen(path, "r");
	assert_non_null(fgets(line, sizeof(line), file));
	assert_int_equal(sscanf(strchr(line, ':'), ": %llx", &value), 1);
	fclose(file);
	unlink(path);
	return value;
}

static void test_signals(void **state)
{
	sigset_t blocked, before;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(status_of_child("SigBlk"), 0);
	/* 32 and 33 belong to the C library, which lets nobody touch them. */
	assert_int_equal(status_of_child("SigIgn") & ~(3ULL << 31), 1ULL << (SIGHUP - 1));
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void test_user_of_sudo(void **state)
{
	const char *argv[] = {"sh", "-c",
	                      "test $(id -u):$(id -g) = 65534:65534 && test $USER = nobody", NULL};
	struct command command;

	(void)state;
	if (geteuid() != 0)
		skip();
	setenv("SUDO_UID", "65534", 1);
	setenv("SUDO_GID", "65534", 1);
	assert_int_equal(prepare_as(&command, argv, false), 0);
	assert_int_equal(command_release(&command), 0);
	assert_int_equal(ended(&command), 0);

	/* --as-root */
	prepare(&command, argv);
	assert_int_equal(command_release(&command), 0);
	assert_int_equal(ended(&command), 1);

	/* Never as root by mistake. */
	setenv("SUDO_UID", "someone", 1);
	assert_int_equal(prepare_as(&command, argv, false), -EINVAL);
	setenv("SUDO_UID", "65534", 1);
	unsetenv("SUDO_GID");
	assert_int_equal(prepare_as(&command, argv, false), -EINVAL);
	unsetenv("SUDO_UID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_status),
	        cmocka_unit_test(test_cannot_start),
	        cmocka_unit_test(test_waits_for_release),
	        cmocka_unit_test(test_never_released),
	        cmocka_unit_test(test_terminate),
	        cmocka_unit_test(test_signals),
	        cmocka_unit_test(test_user_of_sudo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
