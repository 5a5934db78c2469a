/* SPDX-License-Identifier: GPL-2.0-only */
#include "inject.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES 100

#ifdef __x86_64__

#define SYSCALL_BYTES 2
#define SYSCALL_INSTRUCTION 0x050f

bool inject_known(void)
{
	return true;
}

static bool is_behind_call(pid_t tid)
{
	struct user_regs_struct registers;
	long code;

	if (ptrace(PTRACE_GETREGS, tid, 0, &registers))
		return false;
	errno = 0;
	code = ptrace(PTRACE_PEEKTEXT, tid, registers.rip - SYSCALL_BYTES, 0);
	return !errno && (code & 0xffff) == SYSCALL_INSTRUCTION;
}

long inject_call(pid_t tid, long number, const long arguments[6])
{
	struct user_regs_struct before, registers;
	long result = -ENOTRECOVERABLE;

	if (ptrace(PTRACE_GETREGS, tid, 0, &before))
		return result;
	registers = before;
	registers.rip -= SYSCALL_BYTES;
	registers.rax = number;
	registers.orig_rax = -1; /* no call to begin anew */
	registers.rdi = arguments[0];
	registers.rsi = arguments[1];
	registers.rdx = arguments[2];
	registers.r10 = arguments[3];
	registers.r8 = arguments[4];
	registers.r9 = arguments[5];
	if (!ptrace(PTRACE_SETREGS, tid, 0, &registers) && !ptrace(PTRACE_SINGLESTEP, tid, 0, 0) &&
	    waitpid(tid, NULL, __WALL) == tid && !ptrace(PTRACE_GETREGS, tid, 0, &registers))
		result = (long)registers.rax;
	ptrace(PTRACE_SETREGS, tid, 0, &before);
	return result;
}

#else

bool inject_known(void)
{
	return false;
}

static bool is_behind_call(pid_t tid)
{
	(void)tid;
	return false;
}

long inject_call(pid_t tid, long number, const long arguments[6])
{
	(void)tid, (void)number, (void)arguments;
	return -ENOTRECOVERABLE;
}

#endif

bool inject_begin(pid_t tid)
{
	if (ptrace(PTRACE_SEIZE, tid, 0, 0))
		return false;
	for (int i = 0; i < TRIES; i++) {
		if (ptrace(PTRACE_INTERRUPT, tid, 0, 0) || waitpid(tid, NULL, __WALL) != tid)
			break;
		if (is_behind_call(tid))
			return true;
		ptrace(PTRACE_CONT, tid, 0, 0);
		usleep(1000);
	}
	ptrace(PTRACE_DETACH, tid, 0, 0);
	errno = EAGAIN;
	return false;
}

void inject_end(pid_t tid)
{
	ptrace(PTRACE_DETACH, tid, 0, 0);
}
