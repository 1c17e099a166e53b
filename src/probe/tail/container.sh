# Logs of containers. Which engine has one of this name, as qd_e; its id and whether it runs, as
# qd_i and qd_v. Why there is none, as qd_n.
qd_engine() {
  qd_e='' qd_n=no-engine
  for qd_k in docker podman; do
    qd_have "$qd_k" || continue
    [ "$qd_n" = denied ] || qd_n=missing
    if qd_a=$(qd_limit 10 "$qd_k" inspect --type container -f '{{.Id}} {{.State.Running}}' -- "$1" 2>&1 </dev/null); then
      qd_e=$qd_k qd_i=${qd_a%% *} qd_v=${qd_a##* }
      return 0
    fi
    case $qd_a in *[Pp]ermission*) qd_n=denied ;; esac
  done
  return 1
}
# Follows one. Arguments: its name, the id that it had (none where it was not read yet), an option:
# --tail=LINES, --since=MOMENT. Another one of that name is read from its beginning.
qd_container() {
  qd_kind=container qd_path=$1 qd_wi=$2 qd_want=$3 qd_state='' qd_ticks=0
  if ! qd_engine "$qd_path"; then
    qd_say "$qd_n"
    return
  fi
  if [ -n "$qd_wi" ] && [ "$qd_i" != "$qd_wi" ]; then qd_want=--since=1; fi
  qd_wi=$qd_i qd_state=open
  qd_tell container "$qd_i" "$qd_e"
  qd_start qd_engine_logs
}
qd_engine_logs() { exec "$qd_e" logs --follow --timestamps "$qd_want" "$qd_wi" 2>&1; }
# It does not run any more, as was seen by its log's end.
qd_over() { qd_state=over; }
# Looks now and then whether it runs again, or another one has its name.
qd_look() {
  [ "$qd_state" != open ] || return 0
  qd_ticks=$((qd_ticks + 1))
  [ $((qd_ticks % 2)) = 0 ] || return 0
  if ! qd_engine "$qd_path"; then
    qd_say "$qd_n"
  elif [ "$qd_state" != over ] || [ "$qd_i" != "$qd_wi" ] || [ "$qd_v" = true ]; then
    qd_tell again
  fi
}
# Reads a piece of it once. Arguments: its name, an option, which end of that (head, tail), lines.
# Behind all of its lines its status is told, which is one more.
qd_contained() {
  if qd_engine "$1"; then
    qd_tell container "$qd_i"
    # podman (4.3) puts lines that it took in pieces into one another when it looks for the last.
    case $qd_e:$2 in podman:--tail=*) set -- "$1" --since=1 "$3" "$4" ;; esac
    {
      qd_limit 30 "$qd_e" logs --timestamps "$2" "$qd_i" 2>&1 </dev/null
      qd_tell status $?
    } | "$3" -n $(($4 + 1)) | qd_cap 33554432
  else
    qd_tell "$qd_n"
  fi
  qd_tell end
}
