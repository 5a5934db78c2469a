# shellcheck shell=bash disable=SC2034
# What the scripts of this directory share. Source it first; it sets the shell's options.
# (SC2034: most variables are read by those scripts.)
set -euo pipefail

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vm_root=$(cd "$vm_dir/../.." && pwd)
vm_cache=${CONNWHY_VM_CACHE:-/var/cache/connwhy-vm}

vm_exit_usage=64 # EX_USAGE
vm_exit_crash=70 # EX_SOFTWARE
vm_exit_skip=75   # EX_TEMPFAIL: this host cannot run it now; the caller counts a skip

# What the guest tests where no other command is given: sets vm_program and vm_live.
find_program() { # KERNEL
    local machine build=$vm_root/build
    machine=$(kernel_column "$1" machine)
    [[ $machine == amd64 || -n ${CONNWHY:-} ]] || build=$("$vm_dir/cross" "$machine")
    vm_program=$(realpath --no-symlinks "${CONNWHY:-$build/connwhy}")
    vm_live=$(realpath --no-symlinks "${CONNWHY_LIVE:-$build/tests/live}")
}

# A crash restarts the guest, which ends qemu. loglevel=5 shows warnings, which WARN() is.
# One CPU: with two, emulation is not exact while the kernel patches its own code, and guests crashed (int3) where a
# tracepoint was switched on under load. Two guests side by side use two cores as well.
vm_size=(-m "${CONNWHY_VM_MEMORY:-1024}" -nic none -no-reboot)
vm_arguments='loglevel=5 panic=-1 oops=panic'

# The emulator of a kernel's machine: sets vm_qemu, the command with all that does not depend on the run. The ports of
# the command's output and its result have the names that the guest's init looks for.
find_machine() { # KERNEL [icount]
    case $(kernel_column "$1" machine) in
        amd64)
            vm_qemu=(qemu-system-x86_64 "${vm_size[@]}" -smp "${CONNWHY_VM_CPUS:-1},maxcpus=16")
            vm_console=ttyS0
            vm_arguments+=' mitigations=off tsc=reliable'
            vm_ports=(-serial chardev:output -serial chardev:result)
            # A CPU model that stays the same whatever qemu's version can emulate, all of which it can.
            # -cx16: emulated, that instruction has crashed guests under load.
            if [[ ${2:-} ]]; then
                vm_qemu+=(-accel tcg -icount "shift=0,sleep=off" -cpu "Nehalem,-cx16,+rdrand")
                # 5.10 spins for minutes where it starts the second CPU early with time standing still; init starts
                # it instead.
                vm_arguments+=' maxcpus=1'
            else
                vm_qemu+=(-accel "${CONNWHY_VM_ACCEL:-tcg,thread=multi}" -cpu "max,-cx16")
            fi
            ;;
        arm64)
            vm_qemu=(qemu-system-aarch64 "${vm_size[@]}" -smp 8 -M virt -cpu "max,pauth-impdef=on")
            vm_console=ttyAMA0
            # One CPU that runs. Before 5.14 a return probe has an instance a CPU that there could be.
            vm_arguments+=' maxcpus=1'
            vm_ports=(-device virtio-serial-pci -device "virtconsole,chardev=output" -device "virtconsole,chardev=result")
            [[ -z ${2:-} ]] || vm_qemu+=(-accel tcg -icount "shift=0,sleep=off")
            ;;
    esac
    vm_arguments="console=$vm_console $vm_arguments"
}

say() { printf '%s\n' "${0##*/}: $*" >&2; }

# Prints the comment at the head of the script, and leaves.
usage() {
    sed -n '2,/^$/{s/^# \{0,1\}//p}' "$0"
    exit
}

die() { # STATUS MESSAGE
    say "$2"
    exit "$1"
}

need() { # COMMAND…: leaves with the skip status when one is missing
    local command
    for command; do
        command -v "$command" >/dev/null || die $vm_exit_skip "$command is not installed"
    done
}

# Prints the labels of the kernels in the table; with "A,B" only those, each of which must exist.
kernel_labels() { # [LIST]
    local all label list
    all=$(awk '!/^#/ && NF { print $1 }' "$vm_dir/kernels")
    if [[ -z ${1:-} ]]; then
        printf '%s\n' "$all"
        return
    fi
    IFS=, read -ra list <<<"$1"
    for label in "${list[@]}"; do
        grep -qxF -- "$label" <<<"$all" ||
            die $vm_exit_usage "there is no kernel '$label'; choose from: ${all//$'\n'/ }"
        printf '%s\n' "$label"
    done
}

# Prints one column (machine, suites, package, tiers, always) of a kernel's line in the table.
kernel_column() { # LABEL COLUMN
    local number
    case $2 in
        machine) number=2 ;;
        suites) number=3 ;;
        package) number=4 ;;
        tiers) number=5 ;;
        always) number=6 ;;
    esac
    awk -v label="$1" -v number="$number" '$1 == label { print $number }' "$vm_dir/kernels"
}

need_value() { # OPTION [VALUE…]
    (($# > 1)) || die $vm_exit_usage "$1 needs a value"
}

# Fetches a kernel and joins its base image with the files that a run brings along: the archive for qemu's -initrd.
# The files lie in a folder that is the guest's /vm, and at their own paths.
join_image() { # KERNEL WORK_DIRECTORY FILE…
    local kernel=$1 work=$2 base
    shift 2
    "$vm_dir/fetch" "$kernel" && base=$("$vm_dir/image" base "$kernel") &&
        "$vm_dir/image" files "$kernel" "$work/files.cpio" "$@" &&
        (cd "$work" && find vm | cpio --quiet --create --format=newc --owner=+0:+0) >"$work/vm.cpio" &&
        cat "$base" "$work/files.cpio" "$work/vm.cpio" >"$work/initrd" &&
        rm "$work/files.cpio" "$work/vm.cpio"
}
