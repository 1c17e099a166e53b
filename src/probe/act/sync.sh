# A directory from which data is to come to another environment. Changes nothing. Argument: its path.
qd_act_source() {
  IFS= read -r qd_x </etc/machine-id && echo "sync.machine $qd_x"
  if ! [ -d "$1" ]; then
    qd_act_line sync.fault "$1 is no directory there"
    return 0
  fi
  qd_x=$(cd -P -- "$1" && pwd -P)
  qd_act_line sync.real "$qd_x"
  printf 'sync.at %s\n' "$(stat -c '%d:%i' -- "$qd_x")"
  qd_act_line sync.place "$(qd_place "$qd_x")"
  # By blocks of files: what a directory's own device is says nothing of its files on an overlay.
  if find / -maxdepth 0 -printf '' 2>/dev/null; then
    { qd_limit 30 find "$qd_x" -xdev -type f -printf '%s\n'; [ "$?" != 124 ] || echo cut; } |
      awk '/cut/ { exit cut = 1 } { n++; s += int(($1 + 4095) / 4096) * 4 }
        END { if (!cut) printf "sync.files %d\nsync.size %.0f\n", n, s }'
  else
    printf 'sync.size %s\n' "$(qd_limit 30 du -sk -- "$qd_x" | tail -n 1 | cut -f 1)"
    printf 'sync.files %s\n' "$(qd_limit 30 find "$qd_x" -xdev -type f | wc -l)"
  fi
  for qd_x in tar stat; do
    if ! qd_have "$qd_x"; then echo "sync.fault the host has no $qd_x"; fi
  done
}
# A directory that is to be replaced by another environment's. Changes nothing. Arguments: those of
# qd_identity, then what would be locked besides.
qd_act_sync() {
  if qd_k=$(qd_identity "$1" "$2" "$3" "$4" "$5" "$6" "$7") && [ -z "$qd_k" ]; then
    echo 'sync.admits 1'
  else
    qd_act_line sync.refused "$qd_k"
  fi
  printf 'sync.owner %s\n' "$(stat -c %U -- "$4")"
  if ! qd_act_firm "${4%/*}/"; then
    qd_act_line sync.open "$qd_p"
  fi
  qd_d=$4
  shift 7
  qd_act_backup "${qd_d%/*}/" "$qd_d" 1 "$@"
}
# Before what comes is sent: this very host is still one that it may be sent to. Arguments: those of
# qd_identity.
qd_act_admits() {
  if qd_k=$(qd_identity "$@") && [ -z "$qd_k" ]; then return 0; fi
  printf 'fault %s\n' "$qd_k"
  return 77
}
