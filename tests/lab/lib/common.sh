# shellcheck shell=bash
# Where things are, how to complain, and how to look at processes.

# Bases cost a minute each and survive; hosts are cheap and do not.
cache=${QUARTERDECK_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/quarterdeck-lab}
run=${QUARTERDECK_LAB_RUN:-/tmp/quarterdeck-lab}
# Names what must be unique on the machine (bridge, links, namespaces), so that
# two labs with different run directories do not meet.
lab_id=$(printf '%s' "$run" | md5sum | cut -c1-5)

say() { printf 'lab: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "needs root: it mounts, makes network namespaces and boots containers"; }

# Milliseconds on the wall, without a process.
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
}

# Installs what is missing, by the command that tells. Pairs: command package.
need_commands() {
  local missing=()
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null || missing+=("$2")
    shift 2
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || die "missing: ${missing[*]} (and no apt-get to install them)"
  say "installing ${missing[*]}"
  # One at a time on the machine: parallel calls would fail on dpkg's lock.
  (
    flock 9
    apt_install "${missing[@]}" || { apt-get update -qq && apt_install "${missing[@]}"; }
  ) 9>/run/lock/quarterdeck-lab-apt >/dev/null 2>&1 || die "apt-get install ${missing[*]} failed"
}

need_tools() {
  need_commands systemd-nspawn systemd-container debootstrap debootstrap ssh openssh-client \
    ssh-keygen openssh-client ip iproute2 nsenter util-linux flock util-linux
}

# A process is its id and its start: an id alone may by now be someone else's.
process_start() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name may hold spaces and brackets: fields count from the last bracket.
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  echo "${20}"
}

process_state() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  echo "${stat%% *}"
}

# Every process whose parent, however far up, is one of the given.
descendants() {
  ps -eo ppid=,pid= | awk -v roots="$*" '
    { children[$1] = children[$1] " " $2 }
    END {
      last = split(roots, queue, " ")
      for (at = 1; at <= last; at++) {
        n = split(children[queue[at]], found, " ")
        for (i = 1; i <= n; i++) { print found[i]; queue[++last] = found[i] }
      }
    }'
}
