# What is asked of a host on which something is done: to look before, to claim, to launch, to follow,
# to cancel, to release. Runs as root. All of it is below /var/lib/quarterdeck, the same for everybody:
#   subjects/NAME/claim/claim   whose operation has it, lines of NAME=VALUE
#   subjects/NAME/freeze        nothing is to be done, and why
#   subjects/NAME/drilled       how its last drill went
#   subjects/NAME/lock          held by the runner as long as it lives
#   ops/ID/                     an operation, see run.sh
#   audit.jsonl                 what was done
qd_v=/var/lib/quarterdeck
# What is to be known before a plan. Arguments: subject, then units.
qd_act_look() {
  read -r qd_x </etc/machine-id && echo "machine $qd_x"
  read -r qd_x </proc/sys/kernel/random/boot_id && echo "boot $qd_x"
  echo "uid $(id -u)"
  for qd_x in setsid curl systemd-run bash ss xargs runuser; do
    qd_have "$qd_x" && echo "tool $qd_x"
  done
  if [ -d /run/systemd/system ]; then echo "systemd $(qd_act_systemd)"; fi
  qd_x=/var/lib
  if [ -d "$qd_v" ]; then qd_x=$qd_v; fi
  stat -f -c 'disk %a %S %d %T' "$qd_x"
  qd_act_claims "$1"
  shift
  if qd_have ip; then
    qd_limit 3 ip -o addr show | while read -r qd_x qd_x qd_k qd_s qd_x; do
      case $qd_k in inet*) echo "address ${qd_s%%/*}" ;; esac
    done
  else
    for qd_x in $(qd_limit 3 hostname -I); do echo "address $qd_x"; done
  fi | qd_cap 65536
  for qd_x; do
    printf 'unit %s\n' "$qd_x"
    qd_limit 10 systemctl show --no-pager \
      -p Id,LoadState,LoadError,ActiveState,SubState,Type,NRestarts,InvocationID,UnitFileState \
      -p CanReload,RefuseManualStart,RefuseManualStop,RemainAfterExit,NeedDaemonReload,ControlGroup \
      -p Unit,Triggers,TriggeredBy,TimeoutStartUSec,TimeoutStopUSec -- "$qd_x"
    # What it is made of: when that changes, a plan is no longer the one that was looked at.
    printf 'files %s\n' "$(qd_limit 10 systemctl cat --no-pager -- "$qd_x" 2>/dev/null | cksum)"
  done
}
# Pools of nginx whose servers can be drained. Arguments: a file, and one of its pools or nothing.
qd_act_pools() {
  printf 'pools %s\npools.upstream %s\n' "$1" "$2"
  if ! [ -f "$1" ]; then echo 'pools.fault there is no such file'; return 0; fi
  printf 'pools.sum %s\n' "$(cksum <"$1")"
  # shellcheck disable=SC2154
  qd_mode=list qd_upstream=$2 qd_servers='' qd_limit 10 awk "$qd_awk" "$1" | sed 's/^/pools.server /' | qd_cap 262144
  if ! qd_have nginx; then echo 'pools.fault there is no nginx'; return 0; fi
  qd_x=$(qd_limit 20 nginx -t 2>&1) ||
    printf 'pools.fault nginx -t fails there: %s\n' "$(printf '%s\n' "$qd_x" | sed -n '/emerg/{p;q;}' | qd_cap 1000)"
  qd_act_pending
}
# A file of nginx that was changed after its workers began: a reload brings that into force. Its output
# of `nginx -T`; the clock may have been set since, so it is a hint.
qd_act_pending() {
  qd_p=
  read -r qd_p </run/nginx.pid && [ -r "/proc/$qd_p/task/$qd_p/children" ] || return 0
  read -r qd_k qd_x <"/proc/$qd_p/task/$qd_p/children"
  qd_x=$(qd_limit 5 ps -o etimes= -p "$qd_k") || return 0
  qd_x=$(($(date +%s) - qd_x))
  qd_limit 20 nginx -T 2>/dev/null | sed -n 's/^# configuration file \(.*\):$/\1/p' | head -n 500 |
    while IFS= read -r qd_f; do
      qd_k=$(stat -L -c %Y -- "$qd_f") || continue
      if [ "$qd_k" -gt "$((qd_x + 1))" ]; then printf 'pools.pending %s\n' "$qd_f"; fi
    done
}
# The version of the systemd that runs the host.
qd_act_systemd() { systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p'; }
# Whose claim a subject has. Argument: subject.
qd_act_holder() { sed -n 's/^op=//p' "$qd_v/subjects/$1/claim/claim" 2>/dev/null; }
# Who has a subject, and why it is frozen.
qd_act_claims() {
  if [ -s "$qd_v/subjects/$1/claim/claim" ]; then
    echo "claim $1"
    sed -n 's/^[a-z_]*=/claim.&/p' "$qd_v/subjects/$1/claim/claim" 2>/dev/null
    qd_act_state "$(qd_act_holder "$1")"
  fi
  if [ -e "$qd_v/subjects/$1/freeze" ]; then
    echo "freeze $1"
    sed -n 's/^[a-z_]*=/freeze.&/p' "$qd_v/subjects/$1/freeze"
  fi
}
# The evidence of how an operation is doing: never its age.
qd_act_state() {
  case $1 in '' | *[!0-9A-Za-z]*) return 0 ;; esac
  read -r qd_x </proc/sys/kernel/random/boot_id && echo "state.boot $qd_x"
  qd_o=$qd_v/ops/$1
  [ -d "$qd_o" ] || return 0
  # While a runner that died makes room for the one that takes back what it began, it is known still.
  qd_f=$qd_o/owner
  if ! [ -e "$qd_f" ]; then qd_f=$qd_o/owner.dead; fi
  if [ -e "$qd_f" ]; then
    read -r qd_p qd_s qd_b qd_m <"$qd_f"
    echo "state.owner $qd_p $qd_s $qd_b $qd_m"
    if qd_act_alive "$qd_p" "$qd_s" "$qd_b"; then
      echo 'state.alive 1'
    elif [ -s "$qd_o/session" ]; then
      echo "state.members $(qd_act_members "$1")"
    fi
  fi
  if [ -e "$qd_o/cancel" ]; then echo 'state.cancel 1'; fi
  if [ -s "$qd_o/result" ]; then read -r qd_x <"$qd_o/result" && echo "state.result $qd_x"; fi
}
# Whether the runner of an operation lives.
qd_act_lives() {
  case $(qd_act_state "$1") in *'state.alive 1'*) ;; *) return 1 ;; esac
}
# Whether that very process lives: pid, start (proc(5), field 22), boot.
qd_act_alive() {
  case $1 in '' | *[!0-9]*) return 1 ;; esac
  read -r qd_x </proc/sys/kernel/random/boot_id
  if [ "$qd_x" != "$3" ]; then return 1; fi
  qd_act_is "$1" "$2"
}
# The same, within a boot: pid, start.
qd_act_is() {
  [ -r "/proc/$1/stat" ] || return 1
  qd_w=$2
  IFS= read -r qd_x <"/proc/$1/stat" || return 1
  # shellcheck disable=SC2086
  set -- ${qd_x##*) }
  # A zombie has ended.
  [ "$1" != Z ] && shift 19 && [ "$1" = "$qd_w" ]
}
# How many processes of an operation's last step are left: of its session (proc(5), field 6), in this
# boot, unless its leader's number is another process's by now.
qd_act_members() {
  qd_n=0
  read -r qd_p qd_k qd_b <"$qd_v/ops/$1/session" || { echo 0; return; }
  read -r qd_x </proc/sys/kernel/random/boot_id
  case $qd_p in '' | *[!0-9]*) qd_b= ;; esac
  if [ "$qd_x" != "$qd_b" ]; then echo 0; return; fi
  if [ -e "/proc/$qd_p" ] && ! qd_act_is "$qd_p" "$qd_k"; then echo 0; return; fi
  set +f
  for qd_f in /proc/[0-9]*/stat; do
    IFS= read -r qd_x <"$qd_f" || continue
    qd_x=${qd_x##*) }
    qd_x=${qd_x#* * * }
    case ${qd_x%% *} in "$qd_p") qd_n=$((qd_n + 1)) ;; esac
  done 2>/dev/null
  set -f
  echo "$qd_n"
}
# What is run as root has to be root's alone. Argument: subject.
qd_act_safe() {
  for qd_f in "$qd_v" "$qd_v/subjects" "$qd_v/ops" "$qd_v/subjects/$1"; do
    [ -e "$qd_f" ] || [ -L "$qd_f" ] || continue
    qd_x=$(stat -c '%u %a %F' -- "$qd_f")
    case $qd_x in
    '0 '*[2367][0-7]' directory' | '0 '*[2367]' directory') ;;
    '0 '*' directory') continue ;;
    esac
    echo "fault $qd_f is not a directory that only root may write: $qd_x"
    return 73
  done
}
# Claims a subject. Arguments: subject, operation, lines of the claim. 75: somebody has it, or it is
# frozen, and who is said; 73: it cannot be written.
qd_act_claim() {
  qd_d=$qd_v/subjects/$1
  umask 022
  if ! [ -d "$qd_d" ] || ! [ -d "$qd_v/ops" ]; then
    mkdir -p -- "$qd_d" "$qd_v/ops" || { echo "fault $qd_v cannot be written"; return 73; }
  fi
  qd_act_safe "$1" || return 73
  if [ -e "$qd_d/freeze" ]; then qd_act_claims "$1"; return 75; fi
  # A claim whose words were never written, as by a power cut, is nobody's.
  if [ -d "$qd_d/claim" ] && ! [ -s "$qd_d/claim/claim" ]; then
    sleep 1
    if ! [ -s "$qd_d/claim/claim" ]; then
      rm -f -- "$qd_d/claim/claim"
      rmdir -- "$qd_d/claim"
    fi
  fi
  # mkdir(2) is what excludes; all else is for people.
  if ! mkdir -- "$qd_d/claim"; then
    if [ -d "$qd_d/claim" ]; then qd_act_claims "$1"; return 75; fi
    echo "fault $qd_d cannot be written"
    return 73
  fi
  qd_x=$2
  shift 2
  { printf 'op=%s\n' "$qd_x" && printf '%s\n' "$@"; } >"$qd_d/claim/claim" && return 0
  rm -rf -- "$qd_d/claim"
  echo "fault the claim cannot be written to $qd_d"
  return 73
}
# Arguments: subject, operation. Only one's own claim is given back, and none whose runner lives.
qd_act_release() {
  qd_d=$qd_v/subjects/$1
  [ "$(qd_act_holder "$1")" = "$2" ] || return 0
  # One that has said its last word is about to end.
  qd_n=0
  while qd_act_lives "$2"; do
    if ! [ -s "$qd_v/ops/$2/result" ] || [ "$qd_n" -gt 100 ]; then
      echo 'fault its runner lives'
      return 75
    fi
    qd_n=$((qd_n + 1))
    sleep 0.03 || sleep 1
  done
  rm -rf -- "$qd_d/claim"
}
# Writes an operation's files and starts its runner. Arguments: operation, subject, how (setsid, or
# systemd's version), seconds that all may take, sum of the files' contents, then names and contents, whose
# backslashes and line feeds are escaped.
qd_act_launch() {
  qd_o=$qd_v/ops/$1 qd_s=$2 qd_m=$3 qd_t=$4 qd_k=$5
  shift 5
  umask 077
  # It was launched before the link was lost: whoever asks again follows it.
  if [ -d "$qd_o" ]; then return 0; fi
  if ! { mkdir -- "$qd_o" && cd -- "$qd_o"; }; then echo "fault $qd_o cannot be made"; return 73; fi
  qd_f=
  while [ $# -ge 2 ]; do
    printf '%b' "$2" >"$1" || { echo "fault $qd_o/$1 cannot be written"; return 73; }
    qd_f="$qd_f $1"
    shift 2
  done
  # shellcheck disable=SC2086
  if qd_have sha256sum && [ "$(cat $qd_f | sha256sum)" != "$qd_k  -" ]; then
    echo "fault what was written to $qd_o is not what was sent"
    return 73
  fi
  # Of those that are over, the newest sixty stay, and no more than 512 MiB of all but the newest five.
  set +f
  set -- ../*
  set -f
  qd_n=$(du -sk .. 2>/dev/null | cut -f 1)
  while [ $# -gt 60 ] || { [ "${qd_n:-0}" -gt 524288 ] && [ $# -gt 5 ]; }; do
    if [ -s "$1/result" ]; then
      qd_x=$(du -sk -- "$1" 2>/dev/null | cut -f 1)
      qd_n=$((${qd_n:-0} - ${qd_x:-0}))
      rm -rf -- "$1"
    fi
    shift
  done
  head -c 262144 /dev/zero >reserve || { echo "fault the disk of $qd_v is full"; return 73; }
  if ! { : >>log && : >>events; }; then echo "fault $qd_o cannot be written"; return 73; fi
  sh ./audit.sh "$(sed 's/@/launched/' audit)"
  qd_act_start "$qd_s" "$qd_m" "$qd_t"
}
# Starts the runner. Arguments: subject, how (setsid, or systemd's version), seconds, and `revert` where
# that is all that it has to do.
qd_act_start() {
  qd_s=$1 qd_m=$2 qd_t=$3 qd_w=${4:-all}
  case $qd_m in
  [0-9]*)
    qd_y=simple qd_z=
    # systemd's NEWS: --collect since 236, Type=exec since 240.
    if [ "$qd_m" -ge 236 ]; then qd_z=--collect; fi
    if [ "$qd_m" -ge 240 ]; then qd_y='exec'; fi
    # shellcheck disable=SC2086
    systemd-run --quiet $qd_z --unit="quarterdeck-${qd_o##*/}.service" \
      --description="quarterdeck: $qd_s" -p TimeoutStopSec=5 -p Type="$qd_y" -p KillMode=control-group \
      -p SendSIGHUP=no -p RuntimeMaxSec="$qd_t" /bin/sh "$qd_o/run.sh" "$qd_o" systemd "$qd_w" 2>&1 ||
      { echo 'fault systemd-run did not start the runner'; return 70; }
    ;;
  setsid)
    setsid /bin/sh "$qd_o/run.sh" "$qd_o" setsid "$qd_w" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- &
    ;;
  esac
}
# Takes back what a runner that died had begun. Arguments: operation, subject, the audit's line.
qd_act_revert() {
  qd_o=$qd_v/ops/$1
  if ! [ -s "$qd_o/order" ]; then echo "fault there is no operation $1"; return 66; fi
  if [ -s "$qd_o/result" ]; then echo 'fault it has ended: nothing is taken back a second time'; return 75; fi
  qd_act_safe "$2" || return 73
  # Of several one does it, and none while a runner lives.
  exec 9>>"$qd_v/subjects/$2/lock"
  if qd_have flock && ! flock -n 9; then echo 'fault its runner lives, or somebody else recovers it'; return 75; fi
  if [ "$(qd_act_holder "$2")" != "$1" ]; then
    echo 'fault its claim was given back: nothing is taken back behind whoever has it next'
    return 75
  fi
  if qd_act_lives "$1"; then echo 'fault its runner lives'; return 75; fi
  qd_act_end "$1" || { echo 'fault what it left running does not end'; return 75; }
  qd_act_audit "$3" 9>&-
  qd_x=setsid
  if [ -d /run/systemd/system ] && qd_have systemd-run; then
    qd_x=$(qd_act_systemd)
  fi
  # The runner that died is not to be taken for the one that comes, and is not forgotten either.
  if [ -e "$qd_o/owner" ]; then mv -f -- "$qd_o/owner" "$qd_o/owner.dead"; fi
  exec 9>&-
  if ! qd_act_start "$2" "$qd_x" 7200 revert; then
    mv -f -- "$qd_o/owner.dead" "$qd_o/owner"
    return 70
  fi
  qd_n=0
  until [ -s "$qd_o/owner" ] || [ -s "$qd_o/result" ]; do
    qd_n=$((qd_n + 1))
    if [ "$qd_n" -gt 100 ]; then
      mv -f -- "$qd_o/owner.dead" "$qd_o/owner"
      echo 'fault its runner does not begin'
      return 70
    fi
    sleep 0.1
  done
}
# What is new of an operation. Arguments: operation, bytes of its events and of its log that are known,
# how many bytes of the log are wanted, tenths of a second to wait for something new.
qd_act_read() {
  qd_o=$qd_v/ops/$1 qd_n=$(($5 * 4)) qd_k=0.025 qd_l=$3
  cd -- "$qd_o" || { echo "fault there is no operation $1"; return 66; }
  while :; do
    # Without a process each time: what is done there is not to be slowed by who looks at it.
    qd_e=0
    while IFS= read -r qd_x; do qd_e=$((qd_e + ${#qd_x} + 1)); done <events
    if [ $((qd_n % 4)) -eq 0 ]; then qd_l=$(wc -c <log); fi
    if [ "$qd_e" -gt "$2" ] || [ "$qd_l" -gt "$3" ] || [ -s result ] || [ "$qd_n" -le 0 ]; then break; fi
    # A runner that died says nothing more.
    if [ -e owner ]; then
      read -r qd_p qd_s qd_b qd_x <owner
      qd_act_alive "$qd_p" "$qd_s" "$qd_b" || break
    fi
    qd_n=$((qd_n - 1))
    sleep "$qd_k" || { sleep 1; qd_n=0; }
  done
  qd_act_state "$1"
  # Its last line may have no end.
  if [ "$2" -eq 0 ]; then head -c 65536 policy | sed -n '/^step /p' && echo; fi
  qd_e=$(wc -c <events) qd_l=$(wc -c <log)
  printf 'log %s %s\n' "$3" "$((qd_l))"
  # Byte by byte, whatever it is.
  if [ "$qd_l" -gt "$3" ]; then tail -c "+$(($3 + 1))" log | head -c "$4" | od -An -v -tx1 | tr -d ' \n'; fi
  printf '\nevents %s %s\n' "$2" "$((qd_e))"
  if [ "$qd_e" -gt "$2" ]; then tail -c "+$(($2 + 1))" events | head -c 65536; fi
}
# The console's word to a balancer's steps. Arguments: operation, the word.
qd_act_steer() {
  cd -- "$qd_v/ops/$1" || { echo "fault there is no operation $1"; return 66; }
  printf '%s\n' "$2" >steer.new && mv -f steer.new steer
}
# Arguments: operation. Taken notice of at the next step's border.
qd_act_cancel() { : >"$qd_v/ops/$1/cancel"; }
# Ends what a dead runner left running. Arguments: operation.
qd_act_end() {
  if qd_act_lives "$1"; then echo 'fault its runner lives'; return 75; fi
  qd_e=0
  while [ "$(qd_act_members "$1")" != 0 ] && [ "$qd_e" -lt 50 ]; do
    read -r qd_p qd_x <"$qd_v/ops/$1/session"
    if [ "$qd_e" -lt 25 ]; then kill -s TERM -- "-$qd_p"; else kill -s KILL -- "-$qd_p"; fi
    qd_e=$((qd_e + 1))
    sleep 0.2
  done
  [ "$(qd_act_members "$1")" = 0 ]
}
# Takes a claim away from an operation that nobody runs any more. Arguments: subject, operation, who,
# the audit's line. Done while the runner's lock is held, so that of two only one does it.
qd_act_break() {
  qd_d=$qd_v/subjects/$1
  (
    umask 022
    exec 9>>"$qd_d/lock"
    if qd_have flock && ! flock -n 9; then echo 'fault its runner lives'; exit 75; fi
    if [ "$(qd_act_holder "$1")" != "$2" ]; then
      echo 'fault another operation has it now'
      exit 75
    fi
    if qd_act_lives "$2"; then echo 'fault its runner lives'; exit 75; fi
    # Its last word, so that nobody takes it for one that is to be recovered.
    if [ -d "$qd_v/ops/$2" ] && ! [ -s "$qd_v/ops/$2/result" ]; then
      echo 'released - 0' >"$qd_v/ops/$2/result"
    fi
    # What it claimed besides goes with it.
    if [ -e "$qd_v/ops/$2/also" ]; then
      while IFS= read -r qd_f; do
        if [ "$(qd_act_holder "$qd_f")" = "$2" ]; then rm -rf -- "$qd_v/subjects/$qd_f/claim"; fi
      done <"$qd_v/ops/$2/also"
    fi
    mv -- "$qd_d/claim" "$qd_d/claim.broken.$2.$$" && qd_act_audit "$3" 9>&-
  )
}
# Arguments: a JSON object without its closing brace.
# shellcheck disable=SC2154
qd_act_audit() { sh -c "$qd_audit" sh "$1"; }
# Arguments: subject, the audit's line, lines of the freeze.
qd_act_freeze() {
  qd_d=$qd_v/subjects/$1 qd_k=$2
  shift 2
  umask 022
  mkdir -p -- "$qd_d" && qd_act_safe "${qd_d##*/}" && printf '%s\n' "$@" >"$qd_d/freeze.new" &&
    mv -f -- "$qd_d/freeze.new" "$qd_d/freeze" && qd_act_audit "$qd_k"
}
qd_act_thaw() { rm -f -- "$qd_v/subjects/$1/freeze" && qd_act_audit "$2"; }
# Writes down how a drill went, for everybody. Arguments: subject, the audit's line, what is said of it.
qd_act_drilled() {
  qd_d=$qd_v/subjects/$1 qd_k=$2
  umask 022
  mkdir -p -- "$qd_d" && qd_act_safe "$1" && printf '%s %s\n' "$(date +%s)" "$3" >"$qd_d/drilled.new" &&
    mv -f -- "$qd_d/drilled.new" "$qd_d/drilled" && qd_act_audit "$qd_k"
}
# All claims and freezes, and the newest operations. Argument: how many.
qd_act_list() {
  [ -d "$qd_v" ] || return 0
  set +f
  for qd_f in "$qd_v"/subjects/*; do
    set -f
    [ -d "$qd_f" ] && qd_act_claims "${qd_f##*/}"
  done
  set -f
  # Their names begin with the time.
  # shellcheck disable=SC2012
  for qd_f in $(ls -r "$qd_v/ops" | head -n "$1"); do
    printf 'op %s\n' "$qd_f"
    head -c 65536 "$qd_v/ops/$qd_f/policy" | sed -n '/^step /!s/^/policy./p' && echo
    qd_act_state "$qd_f"
  done
}
# The process that holds a port, in place of whoever should. Arguments: its number.
qd_act_stranger() {
  IFS= read -r qd_x <"/proc/$1/stat" || { echo "fault there is no process $1"; return 66; }
  # shellcheck disable=SC2086
  (
    set -- ${qd_x##*) }
    shift 19
    echo "stranger.start $1"
  )
  echo "stranger.pid $1"
  printf 'stranger.command %s\n' "$(tr '\0\n' '  ' <"/proc/$1/cmdline" | head -c 4096)"
  printf 'stranger.directory %s\n' "$(readlink "/proc/$1/cwd" | tr '\n' ' ')"
  sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/stranger.uid \1/p' "/proc/$1/status"
  sed -n 's/^0:::*\(.*\)/stranger.group \1/p;s/^[0-9]*:name=systemd:\(.*\)/stranger.group \1/p' "/proc/$1/cgroup"
}
