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
  *) qd_told 580 $qd_su env ${qd_pw:+"$qd_pw"} nice -n 19 restic --no-lock --no-cache -q -r "$1" check ;;
  esac
}
# borg keeps what it knows of a repository in a directory of its user; so that nothing of that
# changes, it gets one for the moment, in memory, which goes away with it. Arguments: how,
# repository, file with its password or `-`, what: list, check; for list: the source or `-`.
qd_backup_borg() {
  echo "now $(date +%s)"
  qd_have borg || { echo "tool borg"; return 0; }
  qd_repo_by "$@"
  # As root all of it is done by root.
  if [ -n "$qd_su" ]; then
    # shellcheck disable=SC2016
    sudo -n env PATH="$PATH" sh -c 'set -f; '"$qd_borg_program"'
qd_borg "$@"' sh "$2" "$3" "$4" "$5" | qd_cap 3600000
  else
    sh -c 'set -f; '"$qd_borg_program"'
qd_borg "$@"' sh "$2" "$3" "$4" "$5" | qd_cap 3600000
  fi
}
# shellcheck disable=SC2016
qd_borg_program='
qd_borg() {
  export TZ=UTC BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
  qd_pw=/dev/null
  if [ "$2" != - ]; then
    qd_pw=$2
    # Read from there by borg itself: it stands in no argument and in no variable.
    export BORG_PASSPHRASE_FD=9
  fi
  qd_d=$(mktemp -d /dev/shm/qd-borg.XXXXXX || mktemp -d) || return 1
  trap "rm -rf -- \"$qd_d\"" EXIT
  trap "exit 1" HUP INT TERM PIPE
  export BORG_BASE_DIR="$qd_d"
  if [ "$3" = check ]; then
    qd_e=$(timeout 580 nice -n 19 borg --bypass-lock check --repository-only "$1" 2>&1 </dev/null 9<"$qd_pw")
    echo "rc $?"
    printf "%s\n" "$qd_e" | tail -n 3 | sed "s/^/!/"
    return 0
  fi
  qd_o=$(timeout 60 borg --bypass-lock list --json --last 200 "$1" 2>"$qd_d/err" </dev/null 9<"$qd_pw")
  qd_r=$?
  printf "%s\n" "$qd_o" | sed "s/^/|/"
  tail -n 3 "$qd_d/err" | sed "s/^/!/"
  echo "rc $qd_r"
  [ "$qd_r" = 0 ] && [ "$4" != - ] || return 0
  qd_a=$(timeout 30 borg --bypass-lock list --last 1 --format "{archive}{NL}" "$1" 2>/dev/null </dev/null 9<"$qd_pw")
  [ -n "$qd_a" ] || return 0
  qd_p=$(timeout 30 borg --bypass-lock list --format "{path}{NL}" "$1::$qd_a" 2>/dev/null </dev/null 9<"$qd_pw" | head -n 1)
  echo "first $qd_p"
  case "/$qd_p/" in
  "$4"/*) echo "covers" ;;
  *) [ -z "$(timeout 60 borg --bypass-lock list --format "{path}{NL}" "$1::$qd_a" "${4#/}" 2>/dev/null </dev/null 9<"$qd_pw" | head -n 1)" ] || echo covers ;;
  esac
}'
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
