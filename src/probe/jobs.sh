# Tables of cron. Argument: how (plain, sudo). Lines without words and comments are left out:
#   table PATH:LINE:TEXT, own USER:LINE:TEXT where only the own table may be read,
#   denied PATH, part MODE PATH (a file of a directory for run-parts), and of the daemon:
#   missing TOOL, without which they cannot be read;
#   cron 1 where one runs, cronie 1 where it is that, anacron 1, zone NAME, tz HEX (/etc/localtime).
qd_tables() {
  qd_needs find grep sed head || return 127
  qd_s= qd_u=$(id -u)
  if [ "$1" = sudo ]; then qd_s="sudo -n"; fi
  if [ "$1" = sudo ] || [ "$qd_u" = 0 ]; then
    # One command, since each is a line in the host's log.
    qd_limit 8 $qd_s find /etc/crontab /etc/cron.d /etc/crontabs /var/spool/cron -maxdepth 2 -type f \
      -name '[!.]*' -exec grep -HnvE '^[[:space:]]*(#|$)' {} + |
      qd_cap 524288 | sed 's/^/table /'
    # A cut ends in the middle of a line.
    echo
    # What `sudo` refuses is not seen.
    if ! qd_limit 5 $qd_s find /etc/crontab /var/spool/cron -maxdepth 0 >/dev/null 2>&1 &&
      [ -d /var/spool/cron ] && [ -e /etc/crontab ]; then echo 'denied /var/spool/cron'; fi
  else
    qd_limit 5 find /etc/crontab /etc/cron.d -maxdepth 1 -type f -name '[!.]*' \
      -exec grep -HnvE '^[[:space:]]*(#|$)' {} + | qd_cap 524288 | sed 's/^/table /'
    echo
    qd_limit 5 find /etc/crontab /etc/cron.d -maxdepth 1 -type f -name '[!.]*' \
      -exec sh -c 'for f; do [ -r "$f" ] || echo "denied $f"; done' sh {} +
    qd_limit 5 crontab -l | grep -nvE '^[[:space:]]*(#|$)' | qd_cap 262144 |
      sed "s/^/own $(id -un):/"
    echo
    if [ -d /var/spool/cron ]; then echo 'denied /var/spool/cron'; fi
  fi
  qd_limit 5 find /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly \
    /etc/cron.yearly /etc/periodic -maxdepth 2 -type f -name '[!.]*' \
    -exec sh -c 'for f; do if [ -x "$f" ]; then echo "part x $f"; else echo "part - $f"; fi; done' sh {} + |
    qd_cap 65536
  if [ -n "$(qd_limit 5 find /proc -maxdepth 2 -name comm -exec grep -lxE 'crond?' {} + |
    qd_cap 100)" ]; then echo 'cron 1'; fi
  case $(qd_limit 3 crond -V 2>&1 | qd_cap 200) in *cronie*) echo 'cronie 1' ;; esac
  if [ -x /usr/sbin/anacron ]; then echo 'anacron 1'; fi
  qd_zones /etc/localtime
}
# Time zones, as the host knows them (tzfile(5)). Arguments: paths.
qd_zones() {
  for qd_p; do
    if [ -f "$qd_p" ]; then
      echo "tz $qd_p $(qd_limit 3 od -An -v -tx1 "$qd_p" | qd_cap 65536 | tr -d ' \n')"
    fi
  done
}
# The last run of each job of cron, by its words. Arguments: how to read the journal (plain, sudo),
# since when (seconds since the epoch, - for as far as is reasonable).
#   first TIME: the journal's oldest entry; oldest TIME COUNT: of the entries looked at;
#   run TIME PID MESSAGE; fail TIME PID STATUS
qd_cron_runs() {
  qd_how=$1
  if [ "$2" = - ]; then
    qd_a=$(qd_journalctl -o short-unix | head -n 1)
    echo "first ${qd_a%% *}"
    set -- -n 20000
  else
    set -- --since="@$2"
  fi
  # Only the words of root, as whom cron says them: anybody may write in its name (logger(1)), and
  # nobody in its user's (systemd.journal-fields(7)).
  qd_journalctl "$@" -o short-unix _UID=0 SYSLOG_IDENTIFIER=CRON SYSLOG_IDENTIFIER=CROND \
    SYSLOG_IDENTIFIER=crond SYSLOG_IDENTIFIER=cron | awk '
      {
        if (!n++) oldest = $1
        i = index($0, "]: ")
        if (!i) next
        head = substr($0, 1, i - 1); text = substr($0, i + 3)
        sub(/^.*\[/, "", head)
        if (text ~ /^\([^)]*\) CMD \(/) {
          if (!(text in last)) { if (keys++ >= 4000) next }
          last[text] = $1 " " head
        } else if (match(text, /grandchild #[0-9]+ failed with exit status [0-9]+/)) {
          split(substr(text, RSTART, RLENGTH), w, " ")
          fails[substr(w[2], 2)] = $1 " " substr(w[2], 2) " " w[7]
        }
      }
      END {
        if (n) print "oldest " oldest " " n
        for (text in last) print "run " last[text] " " text
        for (pid in fails) print "fail " fails[pid]
      }' | qd_cap 1048576
}
# Timers and what they start. Arguments: timers that are asked for, also where they are not loaded.
qd_timers() {
  [ -d /run/systemd/system ] || { echo none; return; }
  qd_a=$(qd_limit 4 systemctl show -p Id -p Unit -p LoadState -p ActiveState -p SubState \
    -p UnitFileState -p Persistent -p LastTriggerUSec -p LastTriggerUSecMonotonic \
    -p NextElapseUSecRealtime -p NextElapseUSecMonotonic -p ActiveEnterTimestampMonotonic \
    -p TimersCalendar -p TimersMonotonic -p RandomizedDelayUSec -p AccuracyUSec -- '*.timer' "$@" | qd_cap 524288)
  printf '%s\n\nservices\n' "$qd_a"
  # Names of units have no spaces.
  set -- $(printf '%s\n' "$qd_a" | sed -n 's/^Unit=\([^-].*\)$/\1/p' | head -n 256)
  [ $# -gt 0 ] || return 0
  qd_limit 4 systemctl show -p Id -p Type -p ActiveState -p SubState -p Result -p ExecMainCode \
    -p ExecMainStatus -p ExecMainStartTimestampMonotonic -p ExecMainExitTimestampMonotonic \
    -p ActiveEnterTimestampMonotonic -p InactiveEnterTimestampMonotonic -p ExecStart -p User -- "$@" |
    qd_cap 1048576
}
