#!/bin/sh
# Runs the steps of one operation on this host, whoever is watching or not. Nothing of it stays.
# Arguments: the operation's directory, how it was started (systemd, setsid), and `revert` where a
# runner died and what it began is to be taken back. In the directory are
#   order     a line a step: NUMBER EFFECT SECONDS IDLE   (EFFECT: read, add, undo, final)
#   NN.do     what the step does, NN.undo what takes it back, where something does
#   settings  variables: subject, scope (host, rollout), fail (revert, halt), freezes (yes, no)
# It writes
#   owner     the runner: PID START BOOT MODE
#   events    a line each: SECONDS-SINCE-BOOT STEP WORD [STATUS]
#   log       all that steps print, byte by byte
#   result    at the end, at once: WORD STEP STATUS
set -u
umask 022
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mode=${2:-setsid} what=${3:-all}
cd -- "$1" || exit 70
exec </dev/null >>log 2>&1
op=${PWD##*/}
trap : USR1
have() { command -v "$1" >/dev/null 2>&1; }
. ./settings
subject=../../subjects/$subject
# What is written must not be stopped by a full disk: the reserve is given back for it.
say() {
  IFS=' ' read -r up _ </proc/uptime
  printf '%s %s\n' "$up" "$*" >>events && return
  rm -f reserve
  printf '\n%s %s\n' "$up" "$*" >>events
}
# Writes lines to a file, whole or not at all, as long as that takes on a full disk.
keep() {
  file=$1 && shift
  until printf '%s\n' "$@" >"$file.new" && [ -s "$file.new" ]; do rm -f reserve && sleep 1; done
  { sync "$file.new" 2>/dev/null || sync; } && mv -f "$file.new" "$file"
}
# When a process began, in ticks since boot (proc(5), field 22): with its number it is that very one.
began() {
  IFS= read -r line <"/proc/$1/stat" || return 0
  # shellcheck disable=SC2086
  set -- ${line##*) }
  echo "${20}"
} 2>/dev/null
mine() { IFS= read -r line <"$subject/claim/claim" && [ "$line" = "op=$op" ]; } 2>/dev/null
freeze() {
  : >"$subject/freeze"
  keep "$subject/freeze" "reason=$1" by=quarterdeck "op=$op" "at=$(date +%s)"
}
# One word for how it ended, so that nobody has to guess: it is there whole or not at all, and last.
end() {
  rm -f reserve
  say - end "$*"
  sh ./audit.sh "$(sed "s/@/$1/" audit)" 9>&-
  keep last "$*"
  if [ "$scope" = host ] && mine; then
    [ ! -e also ] || while IFS= read -r one; do rm -rf "../../subjects/$one/claim"; done <also
    rm -rf "$subject/claim"
  fi
  mv -f last result
  exit 0
}
# A step's processes are a session of their own, so that all of them can be ended.
signal() { kill -s "$1" -- "-$2" 2>/dev/null; }
# Ends a step that takes longer than its SECONDS or prints nothing for IDLE.
watch() {
  waited=0 quiet=0 size=''
  while sleep 1; do
    waited=$((waited + 1)) quiet=$((quiet + 1))
    now=$(wc -c <log)
    [ "$now" = "$size" ] || quiet=0
    size=$now
    if [ "$waited" -ge "$2" ]; then why="it took more than $2 s"
    elif [ "$quiet" -ge "$3" ]; then why="it printed nothing for $3 s"
    else continue; fi
    : >late
    echo "quarterdeck: the step is ended: $why"
    signal TERM "$1"; sleep 5
    signal KILL "$1"
    return
  done
}
# Files what a step prints. What prints more than 128 MiB is ended before it fills the disk; the kernel
# holds that limit (setrlimit(2), RLIMIT_FSIZE). On a full disk words are lost, and the step goes on.
file() {
  most=$(($(wc -c <log) / 512 + 262144))
  until (ulimit -f "$most"; trap '' XFSZ; exec cat 2>/dev/null); do
    if [ "$(wc -c <log)" -lt $((most * 512)) ]; then sleep 1 && continue; fi
    : >late
    echo 'quarterdeck: the step is ended: it printed more than 128 MiB'
    signal KILL "$1"
    return
  done
}
# Runs a script: SCRIPT SECONDS IDLE. Its status; 124 where it was ended. The lock's descriptor is not
# handed on: what a step leaves running would hold it; nor is the log, which it could cut.
run() {
  rm -f late pipe
  mkfifo pipe || return 70
  # shellcheck disable=SC2086
  setsid $with sh "./$1" >pipe 2>&1 8<&- 9>&- &
  child=$!
  echo "$child $(began "$child") $boot" >session
  file "$child" <pipe 8<&- 9>&- &
  filer=$!
  watch "$child" "$2" "$3" 8<&- 9>&- &
  watcher=$!
  wait "$child"; rc=$?
  kill "$watcher" 2>/dev/null
  # What it left behind in its session goes with it. What it said is awaited, but for no longer than
  # a moment: who left the session may hold the pipe for good.
  signal TERM "$child"
  (sleep 2 && kill -s USR1 $$) 8<&- 9>&- &
  timer=$!
  wait "$filer"
  kill "$timer" 2>/dev/null
  wait "$timer" 2>/dev/null
  if [ -e late ]; then return 124; fi
  return "$rc"
}
# Takes back what was begun, the last first, each as far as it goes.
revert() {
  rm -f reserve
  left=0 lost=0
  for nn in $begun; do
    if [ ! -e "$nn.undo" ]; then left=1 && continue; fi
    say "$nn" undo
    run "$nn.undo" 600 300; rc=$?
    say "$nn" undone "$rc"
    if [ "$rc" != 0 ]; then lost=1; fi
  done
  if [ "$lost" = 1 ]; then
    freeze "taking back failed: look at the host, then lift the freeze"
    end undo-failed "$failed" "$status"
  fi
  if [ "$left" = 1 ]; then end failed "$failed" "$status"; fi
  if [ "$1" = undone ] && [ "$freezes" = yes ]; then
    freeze "step $failed failed and was taken back: find out why, then lift the freeze"
  fi
  end "$1" "$failed" "$status"
}
with=
if [ "$mode" = setsid ] && setpriv --pdeathsig KILL true 2>/dev/null; then with='setpriv --pdeathsig KILL'; fi
IFS=' ' read -r boot </proc/sys/kernel/random/boot_id
begun='' failed=- status=0
exec 9>>"$subject/lock"
if { have flock && ! flock -n 9; } || ! mine || [ -e result ]; then
  [ "$what" = revert ] || end busy - 0
  exit 0
fi
keep owner "$$ $(began $$) $boot $mode"
say - begin
if [ "$what" = revert ]; then
  while IFS=' ' read -r nn effect _; do
    if [ "$effect" != read ] && grep -q " $nn start\$" events; then begun="$nn $begun"; fi
  done <order
  failed=crash
  revert undone
fi
while IFS=' ' read -r nn effect seconds idle <&8; do
  if [ -e cancel ]; then
    failed=$nn; say "$nn" cancelled; revert cancelled
  fi
  say "$nn" start
  # What only reads has nothing to be taken back; all else may be half done when it fails.
  if [ "$effect" != read ]; then begun="$nn $begun"; fi
  run "$nn.do" "$seconds" "$idle"; rc=$?
  say "$nn" "done" "$rc"
  if [ "$rc" != 0 ]; then
    failed=$nn status=$rc
    if [ -z "$begun" ]; then
      if [ "$rc" = 75 ] && [ "$nn" = 10 ]; then end stale "$nn" "$rc"; fi
      end undone "$nn" "$rc"
    fi
    [ "$fail" != halt ] || end failed "$nn" "$rc"
    revert undone
  fi
done 8<order
end succeeded - 0
