# Reads logs. Lines of standard input are commands, quoted for a shell. What a log says goes to
# standard output as it is; between it, at any byte, stands what is said of it:
#   the byte 0x1e, @@NONCE, words, a line feed.
# The nonce is random for each connection and stands in no command line, so that no log can say
# such a thing. Ends with its standard input, or when nothing has come there for so long that the
# link must be dead.
qd_tell() { printf '\036@@%s %s\n' "$qd_nonce" "$*"; }
# Arguments: the nonce, how it was started (plain, sudo), a beginning of paths that means nothing.
qd_talk() {
  qd_nonce=$1 qd_salt=$3 qd_p='' qd_lease='' qd_kind='' qd_group='' qd_dd=''
  # All that sshd has started for us is one process group, which is ended as a whole; where it is
  # another's, only what we know of.
  if read -r qd_a 2>/dev/null </proc/$$/stat; then
    # shellcheck disable=SC2086
    set -- "$2" ${qd_a##*) }
    if [ "$4" = $$ ] || [ "$1:$4" = "sudo:$3" ]; then qd_group=1; fi
  fi
  trap qd_end PIPE TERM HUP INT
  qd_renew
  qd_tell ready "$(date +%s)" "$(unset TZ; date +%z)"
  while IFS= read -r qd_line; do
    eval "set -- $qd_line"
    case $1 in
    t) qd_tick ;;
    l) qd_renew ;;
    *) "$@" ;;
    esac
  done
  qd_end
}
qd_end() {
  trap '' PIPE TERM HUP INT
  # shellcheck disable=SC2086
  kill $qd_p $qd_lease 2>/dev/null
  if [ -n "$qd_group" ]; then kill -TERM 0 2>/dev/null; fi
  # A signal that comes between a fork and what the child does first is lost.
  sleep 1
  # shellcheck disable=SC2086
  kill $qd_p $qd_lease 2>/dev/null
  if [ -n "$qd_group" ]; then kill -TERM 0 2>/dev/null; fi
  exit 0
}
# In a frozen network the standard input never ends. Where a channel is shared, who shares it out
# looks after that.
qd_renew() {
  [ -z "$QD_MUX" ] || return 0
  if [ -n "$qd_lease" ]; then
    kill "$qd_lease" 2>/dev/null
    wait "$qd_lease" 2>/dev/null
  fi
  (
    trap 'kill $! 2>/dev/null; exit' TERM
    sleep 90 &
    wait $!
    trap '' TERM
    # shellcheck disable=SC2086
    if [ -n "$qd_group" ]; then kill -TERM 0; sleep 1; kill -KILL 0; else kill $qd_p $$; fi
  ) </dev/null >/dev/null 2>&1 &
  qd_lease=$!
}
# Starts what goes on printing, and says when it has ended by itself.
qd_start() {
  (
    trap 'kill $! 2>/dev/null; wait $!; exit' TERM
    "$@" </dev/null &
    wait $!
    qd_tell ended $?
  ) &
  qd_p=$!
}
qd_stop() {
  [ -n "$qd_p" ] || return 0
  kill "$qd_p" 2>/dev/null
  wait "$qd_p" 2>/dev/null
  qd_p=
}
qd_tick() {
  case $qd_kind in
  file) qd_watch ;;
  container) qd_look ;;
  esac
}
qd_logs_of_journal() {
  if ! qd_have journalctl; then qd_tell missing journalctl; return 1; fi
  # systemd 236 and later. Where it stands with the lines and when is always there.
  qd_o=
  case $(journalctl --help 2>/dev/null) in *output-fields*)
    qd_o=--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_COMM,_PID,SYSLOG_PID,UNIT,OBJECT_SYSTEMD_UNIT,COREDUMP_UNIT,_SYSTEMD_UNIT,INVOCATION_ID,_SYSTEMD_INVOCATION_ID
    ;;
  esac
}
# Follows the journal. Arguments: options of journalctl.
qd_journal() {
  qd_logs_of_journal || return
  # shellcheck disable=SC2086
  qd_start journalctl -q --no-pager -o export $qd_o -f "$@"
}
# Reads the journal once, a bounded piece of it. Arguments: options of journalctl.
qd_entries() {
  qd_logs_of_journal || return
  qd_export "$@" | qd_cap 33554432
  qd_tell end
}
# What it prints, and its status, without which not all of it came.
qd_export() {
  # shellcheck disable=SC2086
  qd_limit 20 journalctl -q --no-pager -o export $qd_o "$@" </dev/null
  qd_blame status $? "$@"
}
# Of what it complains, such as of a damaged journal. Arguments: a word, its status, its options.
qd_blame() {
  qd_k=$1 qd_v=$2
  shift 2
  case $qd_v in
  0) qd_tell "$qd_k" 0 ;;
  *)
    qd_tell "$qd_k" "$qd_v" "$(qd_limit 5 journalctl -q --no-pager -o export "$@" 2>&1 >/dev/null </dev/null |
      head -n 1 | head -c 300)"
    ;;
  esac
}
# The same for what is before an entry: the newest of it, oldest first, and how many there are.
# Arguments: entries, its cursor, options of journalctl.
qd_before() {
  qd_logs_of_journal || return
  qd_m=$(($1 + 1)) qd_c=$2
  shift 2
  # Without the message, in which a line could look like a cursor.
  qd_a=$({
    qd_limit 20 journalctl -q --no-pager -o export ${qd_o:+--output-fields=PRIORITY} \
      -n "$qd_m" -r --cursor="$qd_c" "$@" </dev/null 2>/dev/null
    printf '__CURSOR=@%s\n' $?
  } | sed -n 's/^__CURSOR=//p')
  qd_k=${qd_a##*@}
  qd_a=${qd_a%"@$qd_k"}
  qd_a=${qd_a%"
"}
  qd_n=$(printf '%s\n' "$qd_a" | grep -c .)
  qd_tell before "$qd_n"
  qd_blame back "$qd_k" -n "$qd_m" -r --cursor="$qd_c" "$@"
  if [ "$qd_n" -gt 0 ]; then
    qd_export --cursor="${qd_a##*
}" "$@" | qd_cap 33554432
  else
    qd_tell status 0
  fi
  qd_tell end
}
