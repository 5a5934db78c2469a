# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the scripts of this directory share, on the host and in a guest: rows of the table of bars, programs that make
# load, starting and stopping a tracer.

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bench_rows=build/bench/rows.tsv

# Prints the comment at the head of the script, and leaves.
usage() { # STATUS
	sed -n '3,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
	exit "$1"
}

# Measured: prints it beside its bar of tests/bench/bars, and puts it into build/bench/rows.tsv in place of what was
# there: name, value, unit, bar, direction, separated by tabs.
row() { # NAME VALUE
	mkdir -p build/bench
	awk -v name="$1" -v value="$2" '
		BEGIN { OFS = "\t" }
		$1 == name {
			found = 1
			print name, value, $4, $3, $2 == "<=" ? "at most" : "at least"
		}
		END { exit !found }' "$bench/bars" >"$bench_rows.row.$$" || {
		echo "${0##*/}: there is no bar for $1" >&2
		return 1
	}
	(
		flock 9
		touch "$bench_rows"
		awk -F '\t' -v name="$1" '$1 != name' "$bench_rows" | sort - "$bench_rows.row.$$" >"$bench_rows.new"
		mv "$bench_rows.new" "$bench_rows"
		rm "$bench_rows.row.$$"
	) 9>"$bench_rows.lock"
	"$bench/check" "$1" || true
}

# Builds the loads of that name into build/tests.
build_loads() { # NAME…
	local name
	mkdir -p build/tests
	for name; do
		cc -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -o "build/tests/$name" "$bench/$name.c"
	done
}

# Programs that do nothing at the hooks of the tracepoint tier: build/tests/empty, and its .bpf.o.
build_empty() {
	mkdir -p build/tests
	cc -O2 -Wall -Wextra -Werror -o build/tests/empty "$bench/empty.c" -lbpf
	"${CLANG:-clang}" -g -O2 -Wall -Wextra -Werror -target bpf -idirafter "/usr/include/$(cc -dumpmachine)" \
		-c "$bench/empty.bpf.c" -o build/tests/empty.bpf.o
}

# Runs this script in a guest that counts instructions: SCRIPT --in-guest ARG…. The files are what it needs there.
in_guest() { # KERNEL CPUS SECONDS FILES ARG…
	local tool files=$4
	for tool in nproc taskset unshare mount find awk sort; do
		files+=" $(command -v "$tool")"
	done
	CONNWHY_VM_CPUS=$2 tests/vm/run --kernel "$1" --icount --timeout "$3" \
		--files "$bench/${0##*/} $bench/lib.sh $files" -- "$bench/${0##*/}" --in-guest "${@:5}" | tr -d '\r'
}

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
