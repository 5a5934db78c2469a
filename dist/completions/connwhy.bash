# SPDX-License-Identifier: GPL-2.0-only
# bash completion for connwhy
# shellcheck shell=bash

_connwhy() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i
	local options='-p --pid -u --uid -P --port -4 -6 --net --cgroup --netns -x --failed --errno
		--cause --slower -o --output -w --write -C -G -W -r --read --metrics --metrics-file --metrics-by --report --summary -c --count --duration --rate
		--tier --btf --max-inflight --buffer --ready-file --as-root --color -t -T -q --quiet
		-v --verbose -V --version -h --help'

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			if declare -F _command_offset >/dev/null; then
				_command_offset $((i + 1))
			elif ((COMP_CWORD == i + 1)); then
				mapfile -t COMPREPLY < <(compgen -c -- "$current")
			else
				mapfile -t COMPREPLY < <(compgen -f -- "$current")
			fi
			return
		fi
	done

	# `--option=value` comes as three words.
	if [[ $previous == = ]] && ((COMP_CWORD > 2)); then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $current == = ]]; then
		current=
	fi
	case $previous in
	-p | --pid)
		mapfile -t COMPREPLY < <(cd /proc && compgen -G "${current}*" | grep -E '^[0-9]+$')
		;;
	-u | --uid)
		mapfile -t COMPREPLY < <(compgen -u -- "$current")
		;;
	--cgroup)
		mapfile -t COMPREPLY < <(compgen -d -- "${current:-/sys/fs/cgroup/}")
		compopt -o filenames
		;;
	--netns)
		mapfile -t COMPREPLY < <(compgen -f -- "$current"
			cd /run/netns 2>/dev/null && compgen -f -- "$current")
		;;
	--errno | --cause)
		local before='' words
		if [[ $current == *,* ]]; then
			before=${current%,*},
		fi
		words=$(connwhy explain 2>/dev/null | sed -n 's/^  \([A-Za-z0-9_]*\).*/\1/p')
		if [[ $previous == --errno ]]; then
			words=$(grep '^E' <<<"$words")
		else
			words=$(grep '^[a-z]' <<<"$words")
		fi
		mapfile -t COMPREPLY < <(compgen -P "$before" -W "$words" -- "${current##*,}")
		compopt -o nospace
		;;
	-o | --output)
		mapfile -t COMPREPLY < <(compgen -W 'timeline line json otlp journal' -- "$current")
		;;
	-w | --write | -r | --read | --btf | --ready-file | --metrics-file | --report)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		compopt -o filenames
		;;
	--metrics-by)
		mapfile -t COMPREPLY < <(compgen -W 'port cgroup net=' -- "$current")
		;;
	--tier)
		mapfile -t COMPREPLY < <(compgen -W 'auto fentry kprobe tracepoint' -- "$current")
		;;
	--color)
		mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$current")
		;;
	-P | --port | --net | --slower | --count | --duration | --rate | --metrics | -C | -G | -W | -c | --max-inflight | --buffer) ;;
	explain)
		mapfile -t COMPREPLY < <(compgen -W "$(connwhy explain 2>/dev/null |
			sed -n 's/^  \([A-Za-z0-9_]*\).*/\1/p')" -- "$current")
		;;
	*)
		if [[ $current == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
		elif ((COMP_CWORD == 1)); then
			mapfile -t COMPREPLY < <(compgen -W 'trace top demo doctor explain' -- "$current")
		else
			mapfile -t COMPREPLY < <(compgen -W 'tcp ip ip6 host net port portrange src dst
				and or not' -- "$current")
		fi
		;;
	esac
}

complete -F _connwhy connwhy
