/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "own.h"

#define NONE                                                                                       \
	{                                                                                          \
		-1, -1, -1, -1                                                                     \
	}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs `inside` in a process of its own, confined: it gives 0, or the number of what is wrong. */
static void expect_inside(const struct confine *needs, int (*inside)(const struct confine *))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(confine(needs) ? 99 : inside(needs));
	status = status_of(pid);
	if (status)
		fail_msg("check %d", status);
}

static bool is_refused(long result)
{
	return result < 0 && errno == EPERM;
}

static int what_is_refused(const struct confine *needs)
{
	char name[] = "true", *const arguments[] = {name, NULL};
	char here[64] = "";

	(void)needs;
	if (!is_refused(open("/dev/null", O_WRONLY)))
		return 1;
	if (!is_refused(open("/tmp/connwhy-test-never", O_CREAT | O_RDONLY, 0600)))
		return 2;
	if (!is_refused(open("/tmp", O_TMPFILE | O_RDWR, 0600)))
		return 3;
	if (!is_refused(execv("/bin/true", arguments)))
		return 4;
	if (!is_refused(fork()))
		return 5;
	if (!is_refused(socket(AF_INET, SOCK_STREAM, 0)))
		return 6;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	            MAP_FAILED ||
	    errno != EPERM)
		return 7;
	if (!is_refused(unlink("/tmp/connwhy-test-never")))
		return 8;
	if (!is_refused(waitpid(-1, NULL, WNOHANG)))
		return 9;
	if (!getcwd(here, sizeof(here)) && !is_refused(-1))
		return 10;
	return 0;
}

static int what_is_allowed(const struct confine *needs)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC), netlink;
	char text[4096];
	ssize_t length = read(fd, text, sizeof(text) - 1);
	void *memory = malloc(1 << 20);

	(void)needs;
	if (fd < 0 || length <= 0)
		return 1;
	text[length] = '\0';
	if (!strstr(text, "NoNewPrivs:\t1") || !strstr(text, "Seccomp:\t2"))
		return 2;
	if (!memory)
		return 3;
	memset(memory, 1, 1 << 20);
	free(memory);
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (netlink < 0)
		return 4;
	close(netlink);
	close(fd);
	return 0;
}

static void a_run_without_files(void **state)
{
	const struct confine needs = {.directories = NONE, .own_socket = -1};

	(void)state;
	expect_inside(&needs, what_is_refused);
	expect_inside(&needs, what_is_allowed);
}

static struct own own;

static int with_its_own_socket(const struct confine *needs)
{
	(void)needs;
	/* Twice: it looks again and again. */
	if (own_connect(&own) || own_connect(&own))
		return 1;
	return is_refused(connect(own.holder, (struct sockaddr *)&own.peer, sizeof(own.peer))) ? 0
	                                                                                       : 2;
}

static void only_its_own_socket_connects(void **state)
{
	struct confine needs = {.directories = NONE};

	(void)state;
	assert_int_equal(own_open(&own), 0);
	needs.own_socket = own.fd;
	expect_inside(&needs, with_its_own_socket);
	own_close(&own);
}

static int in_its_directory(const struct confine *needs)
{
	int directory = needs->directories[1], other = open("/tmp", O_PATH | O_CLOEXEC), fd;

	fd = openat(directory, "a", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || close(fd))
		return 1;
	if (renameat(directory, "a", directory, "b"))
		return 2;
	if (unlinkat(directory, "b", 0))
		return 3;
	if (!is_refused(openat(other, "connwhy-test-never", O_WRONLY | O_CREAT, 0600)))
		return 4;
	if (!is_refused(renameat(directory, "a", other, "connwhy-test-never")))
		return 5;
	if (!is_refused(open("/dev/null", O_RDWR)))
		return 6;
	return 0;
}

static void a_run_with_a_directory(void **state)
{
	char path[] = "/tmp/connwhy-test-XXXXXX";
	struct confine needs = {.directories = NONE, .own_socket = -1};

	(void)state;
	assert_non_null(mkdtemp(path));
	needs.directories[1] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(needs.directories[1] >= 0);
	expect_inside(&needs, in_its_directory);
	close(needs.directories[1]);
	assert_int_equal(rmdir(path), 0);
}

static int with_command(const struct confine *needs)
{
	(void)needs;
	errno = 0;
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : 1;
}

static void a_run_with_command(void **state)
{
	const struct confine needs = {.has_command = true, .directories = NONE};

	(void)state;
	expect_inside(&needs, with_command);
}

/* @gate: read end of a pipe. NULL where this thread is confined. */
static void *try_later(void *gate)
{
	char byte;

	/* By then the other thread has confined all of them. */
	if (read(*(int *)gate, &byte, 1) != 1)
		return gate;
	return is_refused(open("/dev/null", O_WRONLY)) ? NULL : gate;
}

static int thread_is_confined(void)
{
	const struct confine needs = {.directories = NONE, .own_socket = -1};
	int gate[2];
	pthread_t thread;
	void *wrong = gate;

	if (pipe(gate) || pthread_create(&thread, NULL, try_later, &gate[0]))
		return 1;
	if (confine(&needs) || write(gate[1], "x", 1) != 1 || pthread_join(thread, &wrong))
		return 2;
	return wrong ? 3 : 0;
}

static void other_threads_are_confined(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(thread_is_confined());
	assert_int_equal(status_of(pid), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_its_own_socket_connects),
	        cmocka_unit_test(a_run_without_files),
	        cmocka_unit_test(a_run_with_a_directory),
	        cmocka_unit_test(a_run_with_command),
	        cmocka_unit_test(other_threads_are_confined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
