# What is to be known before a copy is made, or data is brought back from one. Changes nothing.
# Arguments: the copies' directory, the source (`-`: none), `1` where data is brought back, then what
# would be locked besides.
qd_act_backup() {
  printf 'place.at %s\n' "$(stat -L -c '%d:%i' -- "$1")"
  printf 'place.free %s\n' "$(qd_act_free "$1")"
  if tar --version 2>/dev/null | grep -q GNU; then echo 'tar.gnu 1'; fi
  qd_d=$2 qd_r=$3
  shift 3
  for qd_x; do
    qd_o=$(qd_act_holder "$qd_x")
    if [ -n "$qd_o" ]; then
      printf 'taken %s is held by %s: %s\n' "$qd_x" \
        "$(sed -n 's/^operator=//p' "$qd_v/subjects/$qd_x/claim/claim")" \
        "$(sed -n 's/^what=//p' "$qd_v/subjects/$qd_x/claim/claim")"
    fi
    if [ -e "$qd_v/subjects/$qd_x/freeze" ]; then
      printf 'taken %s is frozen: %s\n' "$qd_x" "$(sed -n 's/^reason=//p' "$qd_v/subjects/$qd_x/freeze")"
    fi
  done
  [ "$qd_d" != - ] || return 0
  if [ -L "$qd_d" ]; then echo 'source.kind link'
  elif [ -d "$qd_d" ]; then echo 'source.kind directory'
  elif [ -f "$qd_d" ]; then echo 'source.kind file'
  elif [ -e "$qd_d" ]; then echo 'source.kind other'
  fi
  printf 'source.real %s\n' "$(readlink -f -- "$qd_d")"
  qd_p=${qd_d%/*}
  printf 'source.free %s\n' "$(qd_act_free "${qd_p:-/}")"
  [ -e "$qd_d" ] || return 0
  printf 'source.at %s\n' "$(stat -c '%d:%i' -- "$qd_d")"
  if [ -f "$qd_d" ]; then
    # On overlays a file has another device than its directory.
    if qd_x=$(printf %s "$qd_d" | sed 's/ /\\040/g') awk '$5 == ENVIRON["qd_x"] { n++ } END { exit !n }' /proc/self/mountinfo; then
      echo 'source.mounted 1'
    fi
  elif [ "$(stat -c %d -- "$qd_d")" != "$(stat -L -c %d -- "${qd_p:-/}")" ]; then
    echo 'source.mounted 1'
  fi
  printf 'source.size %s\n' "$(qd_act_size "$qd_d")"
  printf 'source.files %s\n' "$(qd_limit 20 find "$qd_d" -xdev -type f | head -n 2000000 | wc -l)"
  if [ "$qd_r" = 1 ]; then
    # Who has a file open, for whatever, holds what it is now.
    if [ -f "$qd_d" ]; then qd_holders "$qd_d"; else qd_writers "$qd_d"; fi | head -n 20 | sed 's/^/writer /'
  fi
}
# KiB in a tree, as tar counts: small files may take no block, and holes are written out. Argument: its top.
qd_act_size() {
  { qd_limit 20 du -skx --apparent-size -- "$1" || qd_limit 20 du -skx -- "$1"; } | tail -n 1 | cut -f 1
}
# KiB that are free where that is. Argument: a directory.
qd_act_free() { df -Pk -- "$1" | awk 'NR == 2 { print $4 }'; }
# A copy, and its checksum beside it. Argument: its path.
qd_act_backup_copy() {
  if [ -d "$1" ]; then echo 'copy.folder 1'; fi
  printf 'copy.state %s\n' "$(stat -L -c '%d:%i %s %Y' -- "$1")"
  if [ -f "$1.sha256" ] && qd_have sha256sum; then
    qd_w=$(head -c 64 <"$1.sha256")
    qd_x=$(qd_limit 60 sha256sum <"$1" | head -c 64)
    # One that was not read to its end in time says nothing.
    if [ "${#qd_x}" = 64 ]; then
      if [ "$qd_x" = "$qd_w" ]; then echo 'copy.sum good'; else echo 'copy.sum bad'; fi
    fi
  fi
}
