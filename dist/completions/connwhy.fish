# SPDX-License-Identifier: GPL-2.0-only
# fish completion for connwhy: the options are those that `connwhy --help` lists.

complete -c connwhy -n __fish_is_first_token -f -a 'top demo doctor explain'
complete -c connwhy -n '__fish_seen_subcommand_from explain' -f \
    -a '(connwhy explain 2>/dev/null | string match -rg "^  (\S+)")'

for line in (connwhy --help 2>/dev/null)
    string match -rq '^  (?:-(?<letter>\w))?(?:, | +)?(?:--(?<name>[a-z-]+))? ?(?<argument>[A-Z]\S*)?\s{2,}(?<help>\S.*)$' -- $line
    or continue
    test -n "$letter$name"; or continue
    set -l option -d $help
    test -n "$letter"; and set -a option -s $letter
    test -n "$name"; and set -a option -l $name
    test -n "$argument"; and set -a option -r
    switch "$name"
        case output
            set -a option -f -a 'timeline line json otlp journal'
        case tier
            set -a option -f -a 'auto fentry kprobe tracepoint'
        case metrics-by
            set -a option -f -a 'port cgroup net='
        case color
            set -a option -f -a 'auto always never'
        case cause errno
            set -a option -f -a '(connwhy explain 2>/dev/null | string match -rg "^  (\S+)")'
        case uid
            set -a option -f -a '(__fish_complete_users)'
        case pid
            set -a option -f -a '(__fish_complete_pids)'
        case cgroup
            set -a option -a '(__fish_complete_directories)'
    end
    complete -c connwhy $option
end
