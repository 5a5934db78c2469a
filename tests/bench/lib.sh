# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the scripts of this directory share, on the host and in a guest: starting and stopping a tracer.

tracer_pid=''

# The time, in ns, that the tracer has been on a CPU.
tracer_cpu_ns() {
	cat "/proc/$tracer_pid"/task/*/schedstat 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# Starts a tracer and waits until it traces. The peers want tracefs mounted, which a mount namespace of their own gives.
# What they say goes to ERRORS, their data to OUTPUT. Returns 1 where it ended instead.
start_tracer() { # NAME CPUS OUTPUT ERRORS COMMAND…
	local name=$1 cpus=$2 output=$3 errors=$4 ready waited
	shift 4
	if [ "$name" = connwhy ]; then
		ready=$errors.ready
		rm -f "$ready"
		taskset -c "$cpus" "$@" --ready-file "$ready" >"$output" 2>"$errors" &
	else
		ready=''
		# shellcheck disable=SC2016 # expanded in there
		taskset -c "$cpus" unshare --mount bash -c 'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"' \
			tracer "$@" >"$output" 2>"$errors" &
	fi
	tracer_pid=$!
	for ((waited = 0; waited < 300; waited++)); do
		if ! kill -0 "$tracer_pid" 2>/dev/null; then
			wait "$tracer_pid" 2>/dev/null || true
			tracer_pid=''
			return 1
		fi
		# The peers open their buffer once everything is attached.
		if [ "$ready" ]; then
			[ ! -e "$ready" ] || return 0
		elif find "/proc/$tracer_pid/fd" -lname '*eventpoll*' 2>/dev/null | grep -q .; then
			return 0
		fi
		sleep 0.1
	done
	stop_tracer
	return 1
}

stop_tracer() {
	[ "$tracer_pid" ] || return 0
	kill -INT "$tracer_pid" 2>/dev/null || true
	wait "$tracer_pid" 2>/dev/null || true
	tracer_pid=''
}
