# The first lines, which say what is wrong, and the last ones, which say how it ended.
qd_ends() {
  awk 'NF { if (++n <= 5) { print substr($0, 1, 400); next } for (i = 1; i < 3; i++) last[i] = last[i + 1]; last[3] = substr($0, 1, 400) }
    END { for (i = 1; i <= 3; i++) if (last[i] != "") print last[i] }'
}
# Runs a command and answers what it prints (|), its complaints (!) and its status (rc).
# Arguments: seconds, command.
qd_told() {
  {
    {
      { qd_limit "$@" </dev/null; echo "rc $?" >&4; } 2>&1 >&5 5>&- | qd_ends | qd_cap 4000 | sed 's/^/!/' >&4
    } 5>&1 | qd_cap 3500000 | sed 's/^/|/'
  } 4>&1
  echo
}
# Whether a repository may be there; says so where it is not. Arguments: how, repository.
qd_repo_there() {
  case $2 in /*) ;; *) return 0 ;; esac
  qd_see "$1" "$2"
  case $? in 1) echo "place missing" ;; 4) echo "place hung" ;; *) return 0 ;; esac
  return 1
}
# Who can read a repository: its user, or root. Arguments: how, repository, file with its password.
qd_repo_by() {
  qd_su=
  [ "$1" = sudo ] || return 0
  [ "$3" = - ] || [ -r "$3" ] || qd_su='sudo -n'
  case $2 in /*) [ -r "$2/config" ] || qd_su='sudo -n' ;; esac
}
# What tells whether a repository was written to: names and times of what changes with each backup.
# Nothing of one that is elsewhere. Arguments: repository.
qd_repo_state() {
  case $1 in /*) qd_limit 10 $qd_su ls -l "$1" "$1/index" "$1/snapshots" "$1/locks" | cksum ;; esac
}
# Whether somebody works on it now: restic renews its lock every five minutes, borg does not.
qd_repo_busy() {
  case $1 in /*) ;; *) return 1 ;; esac
  [ -n "$(qd_limit 10 $qd_su find "$1/locks" -type f -mmin -30 | head -n 1)" ] ||
    [ -n "$(qd_limit 10 $qd_su find "$1/lock.exclusive" -maxdepth 0 -mmin -1440)" ]
}
# What is found wrong in what somebody writes to is no proof. Arguments: repository, its state before.
qd_repo_moved() { if [ "$(qd_repo_state "$1")" != "$2" ] || qd_repo_busy "$1"; then echo moved; fi; }
# Nothing is locked, cached or written. Arguments: how, repository, file with its password or `-`,
# what: list, check.
qd_backup_restic() {
  echo "now $(date +%s)"
  qd_have restic || { echo "tool restic"; return 0; }
  qd_repo_there "$@" || return 0
  qd_repo_by "$@"
  set -- "$2" "$3" "$4"
  qd_pw=
  [ "$2" = - ] || qd_pw=RESTIC_PASSWORD_FILE=$2
  if [ "$3" = list ]; then
    echo "host $(uname -n)"
    qd_told 60 $qd_su env ${qd_pw:+"$qd_pw"} restic --no-lock --no-cache -r "$1" snapshots --json
    return 0
  fi
  qd_gentle
  qd_was=$(qd_repo_state "$1")
  qd_b=$(qd_told 280 $qd_nice $qd_su env ${qd_pw:+"$qd_pw"} restic --no-lock --no-cache -q -r "$1" check)
  printf '%s\n' "$qd_b"
  # That has read no data. Of much, each day another part is; what is elsewhere costs, and is not.
  qd_kb=
  case $1 in /*) qd_kb=$(qd_limit 20 $qd_su du -sk "$1/data" | cut -f 1) ;; esac
  case $qd_kb in
  '' | *[!0-9]*) echo "data none" ;;
  *)
    qd_n=$((qd_kb / 4194304 + 1))
    [ "$qd_n" -le 256 ] || qd_n=256
    qd_n=$(($(date +%s) / 86400 % qd_n + 1))/$qd_n
    echo "data $qd_n"
    if printf '%s\n' "$qd_b" | grep -q '^rc 0$'; then
      qd_told 280 $qd_nice $qd_su env ${qd_pw:+"$qd_pw"} restic --no-lock --no-cache -q -r "$1" check --read-data-subset="$qd_n"
    fi
    ;;
  esac
  qd_repo_moved "$1" "$qd_was"
}
# borg writes down which repositories it knows, below a directory of its user, and has no option to
# leave that. So it gets a directory in memory that only it can see: a mount of its own namespace,
# which is gone with it, however it ends. Root may always make one; others where the kernel lets them
# be root within, which ssh would take seriously, so only for a local repository. Into that one it
# would write as well: `check` its config anew, and any command an index after a backup that broke off;
# such things go to memory by an overlay. Where that cannot be it is only listed, and where neither
# can be it uses its user's own directory, as `borg list` typed by hand would: borg may then make its
# directories there and note that it has seen an encrypted repository; a plain one that it does not
# know it refuses. Arguments: own, bare or user, file with its password or `-`, repository, command.
# shellcheck disable=SC2016
qd_borg_start='
if [ "$1" != user ]; then
  qd_k=${BORG_KEYS_DIR:-${XDG_CONFIG_HOME:-$HOME/.config}/borg/keys}
  [ ! -d "$qd_k" ] || export BORG_KEYS_DIR="$qd_k"
  mount -t tmpfs -o size=256m,mode=700 none /dev/shm || exit 125
  export BORG_BASE_DIR=/dev/shm
  export BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
fi
if [ "$1" = own ]; then
  # An overlay shows nothing that is mounted below.
  [ "$(stat -L -c %d "$3")" = "$(stat -L -c %d "$3/data")" ] || exit 125
  mkdir /dev/shm/new /dev/shm/work || exit 125
  mount -t overlay -o "lowerdir=$3,upperdir=/dev/shm/new,workdir=/dev/shm/work" none "$3" || exit 125
fi
qd_pw=$2
shift 3
[ "$qd_pw" != - ] || exec "$@" </dev/null
export BORG_PASSPHRASE_FD=9
exec "$@" </dev/null 9<"$qd_pw"'
# How borg is run (qd_borg, qd_mode). Arguments: repository.
qd_borg_by() {
  qd_borg="env TZ=UTC PATH=$PATH $qd_nice"
  qd_a='unshare -m'
  if [ -z "$qd_su" ] && [ "$(id -u)" != 0 ]; then
    case $1 in /*) qd_a='unshare -rm' ;; *) qd_a=false ;; esac
  fi
  # An unusual PATH would not be one word.
  case $PATH in *[!A-Za-z0-9/:._+-]*) qd_borg="env TZ=UTC $qd_nice" ;; esac
  qd_b='own bare'
  # Such a path would not be one option of a mount.
  case $1 in *[:,\\]* | [!/]*) qd_b=bare ;; esac
  for qd_mode in $qd_b; do
    if qd_limit 5 $qd_su $qd_borg $qd_a sh -c "$qd_borg_start" sh "$qd_mode" - "$1" true; then
      qd_borg="$qd_borg $qd_a"
      return 0
    fi
  done
  qd_mode=user
}
# Nothing is locked, and nothing is left of it. Arguments: how, repository, file with its password or
# `-`, what: list, check; for list: the source or `-`.
qd_backup_borg() {
  echo "now $(date +%s)"
  qd_have borg || { echo "tool borg"; return 0; }
  qd_repo_there "$@" || return 0
  qd_repo_by "$@"
  qd_gentle
  # A list is little, and waited for.
  [ "$4" = check ] || qd_nice=
  qd_borg_by "$2"
  qd_repo=$2 qd_src=$5
  set -- "$4" $qd_su $qd_borg sh -c "$qd_borg_start" sh "$qd_mode" "$3" "$2" borg --bypass-lock
  qd_what=$1
  shift
  if [ "$qd_what" = check ]; then
    [ "$qd_mode" = own ] || { echo writes; return 0; }
    qd_was=$(qd_repo_state "$qd_repo")
    # Reads all of its data.
    qd_told 580 "$@" check --repository-only "$qd_repo"
    qd_repo_moved "$qd_repo" "$qd_was"
    return 0
  fi
  qd_told 60 "$@" list --json --last 200 "$qd_repo"
  [ "$qd_src" != - ] || return 0
  qd_a=$(qd_limit 30 "$@" list --last 1 --format '{archive}{NL}{command_line}{NL}' "$qd_repo" | qd_cap 4096)
  [ -n "$qd_a" ] || return 0
  printf '%s\n' "$qd_a" | sed -n '2s/^/made /p'
  qd_a=$(printf '%s\n' "$qd_a" | head -n 1)
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
  # By -z names are as they are; of a rename the old one comes behind the new one.
  qd_limit 20 $qd_g "$2" status --porcelain -z --untracked-files=normal | tr '\n\000' '?\n' | awk '
    old { old = 0; next }
    { n++; old = /^.?[RC]/; if (n <= 200) print "change " substr($0, 4) }
    END { print "dirty " n + 0 }' | while IFS= read -r qd_l; do
    case $qd_l in
    dirty*) echo "$qd_l" ;;
    # What was deleted has no time of its own; its directory was changed by that, or later.
    *)
      qd_p=$2/${qd_l#change }
      until qd_limit 5 $qd_su stat -c 'changed %Y' -- "$qd_p" || [ "${#qd_p}" -le "${#2}" ]; do qd_p=${qd_p%/*}; done
      ;;
    esac
  done | awk '$1 == "changed" { if (!m || $2 < m) m = $2; next } { print } END { if (m) print "since", m }'
}
# What a command of the config says: when the last good backup was. Arguments: command.
qd_backup_command() {
  echo "now $(date +%s)"
  qd_told 30 "$@"
}
