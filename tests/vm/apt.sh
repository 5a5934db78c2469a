# shellcheck shell=bash disable=SC2154
# Debian's packages of other suites and machines, without touching the machine's own apt: each index (SUITE:MACHINE) gets
# an apt configuration of its own below the cache. Source it behind lib.sh.
# (SC2154: its variables are used here.)

machine_keyring=/usr/share/keyrings/debian-archive-keyring
apt_dir=$vm_cache/apt
keyring=$apt_dir/keyring.gpg

# The repositories in the machine's own sources, as "URI SUITE" lines. --print-uris asks no network, and needs no lists.
machine_repositories() {
    apt-get update --print-uris 2>/dev/null | sed -nE "s#^'([^']*)/dists/([^/']+)/InRelease'.*#\1 \2#p"
}

mirror_of() { # SUITE
    case $1 in
        *-security)
            if [[ -n ${CONNWHY_VM_SECURITY_MIRROR:-} ]]; then
                echo "$CONNWHY_VM_SECURITY_MIRROR"
            else
                machine_repositories | awk '$2 ~ /-security$/ && $1 ~ /debian-security$/ { print $1; exit }'
            fi
            ;;
        *)
            if [[ -n ${CONNWHY_VM_MIRROR:-} ]]; then
                echo "$CONNWHY_VM_MIRROR"
            else
                machine_repositories | awk '$1 ~ /\/debian$/ { print $1; exit }'
            fi
            ;;
    esac
}

index_dir() { # INDEX
    echo "$apt_dir/${1/:/-}"
}

# Runs an apt tool under the private configuration of an index.
apt_in() { # INDEX TOOL ARG…
    local dir
    dir=$(index_dir "$1")
    shift
    APT_CONFIG=$dir/apt.conf "$@"
}

# Writes the private configuration of an index. Of the machine's configuration it takes only Acquire: its hooks would
# run on the machine's own cache.
configure_index() { # INDEX
    local suite=${1%:*} dir uri
    dir=$(index_dir "$1")
    uri=$(mirror_of "$suite")
    [[ -n $uri ]] || {
        say "the machine's apt sources name no Debian mirror for $suite"
        return 1
    }
    mkdir -p "$dir"/{lists/partial,cache/archives/partial}
    : >"$dir/status"
    echo "deb [signed-by=$keyring] $uri $suite main" >"$dir/sources.list"
    {
        apt-config dump | grep '^Acquire::'
        cat <<-CONF
			APT::Architecture "${1#*:}";
			APT::Architectures "${1#*:}";
			Dir::State "$dir";
			Dir::State::Lists "$dir/lists";
			Dir::State::Status "$dir/status";
			Dir::Cache "$dir/cache";
			Dir::Etc::Main "/dev/null";
			Dir::Etc::Parts "/dev/null";
			Dir::Etc::SourceList "$dir/sources.list";
			Dir::Etc::SourceParts "/dev/null";
			Dir::Etc::Preferences "/dev/null";
			Dir::Etc::PreferencesParts "/dev/null";
		CONF
    } >"$dir/apt.conf"
    # The trust in a keyring begins with the one that the machine already has.
    if [[ ! -s $keyring ]]; then
        cat "$machine_keyring".gpg >"$keyring" 2>/dev/null || cat "$machine_keyring".pgp >"$keyring" 2>/dev/null || {
            say "no $machine_keyring.gpg to verify Debian's signatures with: install debian-archive-keyring"
            return 1
        }
    fi
}

all_indexes() {
    local label
    for label in $(kernel_labels); do
        kernel_column "$label" suites | tr , '\n' | sed "s/$/:$(kernel_column "$label" machine)/"
    done
}

# A suite younger than the machine's keyring: take the keyring package of a suite that can be verified already.
learn_keys_from() { # INDEX
    local dir
    dir=$(mktemp -d "$apt_dir/keyring.XXXXXX")
    if configure_index "$1" && apt_in "$1" apt-get -qq update && fetch_packages "$1" "$dir" debian-archive-keyring; then
        dpkg-deb --extract "$dir"/*.deb "$dir/x"
        # Binary OpenPGP keyrings may be concatenated.
        cat "$keyring" "$dir/x$machine_keyring".[gp]p[gp] >"$keyring.new" && mv "$keyring.new" "$keyring"
    fi
    rm -rf "$dir"
}

# Brings a signed index up to date.
update_index() { # INDEX
    local index=$1 log other
    log=$(index_dir "$1")/update.log
    configure_index "$index" || return 1
    apt_in "$index" apt-get -q --error-on=any update >"$log" 2>&1 && return
    if grep -q NO_PUBKEY "$log"; then
        while read -r other; do
            [[ $other == "$index" ]] || learn_keys_from "$other" >>"$log" 2>&1
        done < <(all_indexes)
        apt_in "$index" apt-get -q --error-on=any update >"$log" 2>&1 && return
    fi
    say "the index of $index cannot be had: $(grep -m1 '^[EW]:' "$log" || tail -n1 "$log")"
    return 1
}

# Downloads packages into a directory, and appends the checksums of the signed index to its SHA256SUMS.
fetch_packages() { # INDEX DIRECTORY PACKAGE…
    local index=$1 dir=$2 package file sum
    shift 2
    # apt downloads as its own user where it can.
    [[ $EUID != 0 ]] || chown _apt "$dir" 2>/dev/null || true
    # It verifies the files against the signed index.
    (cd "$dir" && apt_in "$index" apt-get -qq download "$@") || return 1
    while read -r package sum; do
        file=$(find "$dir" -maxdepth 1 -name "${package}_*.deb" -printf '%f\n')
        echo "$sum  ${dir##*/}/$file" >>"$dir/SHA256SUMS"
    done < <(apt_in "$index" apt-cache show --no-all-versions "$@" |
        awk '$1 == "Package:" { package = $2 } $1 == "SHA256:" { print package, $2 }')
    (cd "$dir/.." && sha256sum --check --quiet --strict "$dir/SHA256SUMS")
}
