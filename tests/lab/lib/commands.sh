# shellcheck shell=bash
# The commands around a host's life. Faults and scenarios have their own files.

command_base() {
  local generation failed=0 jobs=()
  [ $# -gt 0 ] || set -- bookworm
  for generation in "$@"; do
    base "$generation" &
    jobs+=($!)
  done
  for generation in "${jobs[@]}"; do wait "$generation" || failed=1; done
  return $failed
}

prepare_run() {
  need_root
  need_tools
  # It holds a private key.
  (umask 077 && mkdir -p "$run" "$run/hosts" "$run/locks")
  [ -O "$run" ] || die "$run belongs to someone else"
  (
    flock 9
    [ -f "$run/id" ] || ssh-keygen -q -t ed25519 -N '' -C quarterdeck-lab -f "$run/id"
  ) 9>"$run/locks/.id"
  net_up
}

command_up() {
  local generation=bookworm kind=systemd names=() jobs=() job failed=0
  while [ $# -gt 0 ]; do
    case $1 in
      --gen) generation=${2:?--gen needs a generation} && shift ;;
      --kind) kind=${2:?--kind needs a kind} && shift ;;
      -*) die "up: unknown option $1" ;;
      *) names+=("$1") ;;
    esac
    shift
  done
  [ ${#names[@]} -gt 0 ] || die "up: which name?"
  case $kind in
    systemd | no-rights) ;;
    busybox) generation=busybox ;;
    no-systemd) [ "$generation" = bookworm ] || die "kind no-systemd exists in generation bookworm only: its init is busybox, which only that carries" ;;
    *) die "no kind $kind (there are: systemd no-systemd busybox no-rights)" ;;
  esac
  [ "$generation" != busybox ] || [ "$kind" = busybox ] || die "generation busybox is of kind busybox only"
  prepare_run
  base "$generation"
  for job in "${names[@]}"; do
    (host_up "$job" "$generation" "$kind") &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || failed=1; done
  return $failed
}

host_down() {
  exec {host_lock}>"$run/locks/$1"
  flock "$host_lock"
  host_exists "$1" || return 0
  host_remove "$1"
  collect
}

command_reset() {
  need_root
  host_reset "${1:?which host?}"
}

command_down() {
  local name jobs=() failed=0
  [ $# -gt 0 ] || die "down: which host?"
  need_root
  # A lab in which no host ever was has no locks either.
  [ -d "$run/locks" ] || return 0
  for name in "$@"; do
    (host_down "$name") &
    jobs+=($!)
  done
  for name in "${jobs[@]}"; do wait "$name" || failed=1; done
  return $failed
}

command_clean() {
  local names
  need_root
  [ -d "$run" ] || { net_down; return 0; }
  mapfile -t names < <(host_names)
  [ ${#names[@]} -eq 0 ] || command_down "${names[@]}"
  net_down
  rm -rf --one-file-system "$run"
}

command_list() {
  local name state
  for name in $(host_names); do
    state=running
    host_running "$name" || state=dead
    printf '%-20s %-9s %-11s %-13s %-5s %s\n' "$name" "$(host_get "$name" generation)" \
      "$(host_get "$name" kind)" "$(host_get "$name" ip)" "$(host_get "$name" user)" "$state"
  done
}

command_sh() {
  need_host "${1:-}"
  local name=$1
  shift
  [ $# -gt 0 ] || set -- /bin/sh -l
  guest "$name" "$@"
}

command_ssh_config() { ssh_config; }

# Notes a host's present key as known, after `rekey`.
command_trust() {
  need_host "${1:-}"
  host_trust "$1"
}
