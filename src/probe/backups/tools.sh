# Runs a command and answers what it prints (|), its last complaints (!) and its status (rc).
# Arguments: seconds, command.
qd_told() {
  {
    {
      { qd_limit "$@" </dev/null; echo "rc $?" >&4; } 2>&1 >&5 5>&- | tail -n 4 | qd_cap 2000 | sed 's/^/!/' >&4
    } 5>&1 | qd_cap 3500000 | sed 's/^/|/'
  } 4>&1
  echo
}
# Who can read a repository: its user, or root. Arguments: how, repository, file with its password.
qd_repo_by() {
  qd_su=
  [ "$1" = sudo ] || return 0
  [ "$3" = - ] || [ -r "$3" ] || qd_su='sudo -n'
  case $2 in /*) [ -r "$2/config" ] || qd_su='sudo -n' ;; esac
}
# Nothing is locked, cached or written. Arguments: how, repository, file with its password or `-`,
# what: list, check.
qd_backup_restic() {
  echo "now $(date +%s)"
  qd_have restic || { echo "tool restic"; return 0; }
  qd_repo_by "$@"
  set -- "$2" "$3" "$4"
  qd_pw=
  [ "$2" = - ] || qd_pw=RESTIC_PASSWORD_FILE=$2
  case $3 in
  list) qd_told 60 $qd_su env ${qd_pw:+"$qd_pw"} restic --no-lock --no-cache -r "$1" snapshots --json ;;
  *)
    qd_gentle
    qd_told 580 $qd_nice $qd_su env ${qd_pw:+"$qd_pw"} restic --no-lock --no-cache -q -r "$1" check
    ;;
  esac
}
# borg writes down which repositories it knows, below a directory of its user, and has no option to
# leave that. So it gets a directory in memory that only it can see: a mount of its own namespace,
# which is gone with it, however it ends. Root may always make one; others where the kernel lets them
# be root within, which ssh would take seriously, so only for a local repository. Where neither can
# be it uses its user's own, as `borg list` typed by hand would: borg may then make its directories there
# and note that it has seen an encrypted repository; a plain one that it does not know it refuses.
# shellcheck disable=SC2016
qd_borg_start='
if [ "$1" = own ]; then
  qd_k=${BORG_KEYS_DIR:-${XDG_CONFIG_HOME:-$HOME/.config}/borg/keys}
  [ ! -d "$qd_k" ] || export BORG_KEYS_DIR="$qd_k"
  mount -t tmpfs -o size=64m,mode=700 none /dev/shm || exit 125
  export BORG_BASE_DIR=/dev/shm
  export BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
fi
qd_pw=$2
shift 2
[ "$qd_pw" != - ] || exec "$@" </dev/null
export BORG_PASSPHRASE_FD=9
exec "$@" </dev/null 9<"$qd_pw"'
# How borg is run (qd_borg). Arguments: repository, file with its password or `-`.
qd_borg_by() {
  qd_borg="env TZ=UTC PATH=$PATH $qd_nice"
  qd_a='unshare -m'
  if [ -z "$qd_su" ] && [ "$(id -u)" != 0 ]; then
    case $1 in /*) qd_a='unshare -rm' ;; *) qd_a=false ;; esac
  fi
  qd_mode=user
  # An unusual PATH would not be one word.
  case $PATH in *[!A-Za-z0-9/:._+-]*) qd_borg="env TZ=UTC $qd_nice" ;; esac
  if qd_limit 5 $qd_su $qd_borg $qd_a sh -c "$qd_borg_start" sh own - true; then
    qd_borg="$qd_borg $qd_a" qd_mode=own
  fi
}
# Nothing is locked, and nothing is left of it. Arguments: how, repository, file with its password or
# `-`, what: list, check; for list: the source or `-`.
qd_backup_borg() {
  echo "now $(date +%s)"
  qd_have borg || { echo "tool borg"; return 0; }
  qd_repo_by "$@"
  qd_gentle
  # A list is little, and waited for.
  [ "$4" = check ] || qd_nice=
  qd_borg_by "$2"
  qd_repo=$2 qd_src=$5
  set -- "$4" $qd_su $qd_borg sh -c "$qd_borg_start" sh "$qd_mode" "$3" borg --bypass-lock
  qd_what=$1
  shift
  if [ "$qd_what" = check ]; then
    qd_told 580 "$@" check --repository-only "$qd_repo"
    return 0
  fi
  qd_told 60 "$@" list --json --last 200 "$qd_repo"
  [ "$qd_src" != - ] || return 0
  qd_a=$(qd_limit 30 "$@" list --last 1 --format '{archive}{NL}' "$qd_repo" | qd_cap 4096)
  [ -n "$qd_a" ] || return 0
  qd_p=$(qd_limit 30 "$@" list --format '{path}{NL}' "$qd_repo::$qd_a" | head -n 1)
  echo "first $qd_p"
  case "/$qd_p/" in
  "$qd_src"/*) echo covers ;;
  *) [ -z "$(qd_limit 60 "$@" list --format '{path}{NL}' "$qd_repo::$qd_a" "${qd_src#/}" | head -n 1)" ] || echo covers ;;
  esac
}
# What of a work tree is not elsewhere. Arguments: how, directory.
qd_backup_git() {
  echo "now $(date +%s)"
  qd_have git || { echo "tool git"; return 0; }
  qd_see "$1" "$2"
  qd_r=$?
  qd_seen "$qd_r"
  [ "$qd_r" = 0 ] || return 0
  # Its index is not even refreshed; whose tree it is does not matter for looking.
  qd_g="$qd_su env GIT_OPTIONAL_LOCKS=0 GIT_TERMINAL_PROMPT=0 git -c safe.directory=* -c core.fsmonitor= -C"
  qd_limit 5 $qd_g "$2" rev-parse --git-dir >/dev/null || { echo "no tree"; return 0; }
  echo "head $(qd_limit 5 $qd_g "$2" log -1 --format='%ct %h')"
  qd_limit 5 $qd_g "$2" remote | sed 's/^/remote /' | head -n 8
  # Commits that no remote has, of any branch.
  qd_a=$(qd_limit 20 $qd_g "$2" rev-list --branches HEAD --not --remotes --format='%ct' | grep -v '^commit' | sort -n | awk 'NR == 1 { print } END { print NR }' | tr '\n' ' ')
  echo "ahead $qd_a"
  # Work that is in no commit: the oldest of the changed files says since when.
  qd_limit 20 $qd_g "$2" -c core.quotePath=true status --porcelain --untracked-files=normal | awk '
    { n++; if (n <= 200) { path = substr($0, 4); sub(/^.* -> /, "", path); if (path !~ /^"/) print "change " path } }
    END { print "dirty " n + 0 }' | while read -r qd_k qd_p; do
    case $qd_k in
    dirty) echo "dirty $qd_p" ;;
    *) $qd_su stat -c 'changed %Y' -- "$2/$qd_p" ;;
    esac
  done | awk '$1 == "changed" { if (!m || $2 < m) m = $2; next } { print } END { if (m) print "since", m }'
}
# What a command of the config says: when the last good backup was. Arguments: command.
qd_backup_command() {
  echo "now $(date +%s)"
  qd_told 30 "$@"
}
