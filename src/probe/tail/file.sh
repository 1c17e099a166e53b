# Files that grow and are rotated. Inode, kind and size of a file, as qd_i, qd_m, qd_s.
qd_id() {
  # shellcheck disable=SC2046
  set -- $(ls -dlniL -- "$1" 2>/dev/null)
  qd_i=${1:-0} qd_m=${2:-none} qd_s=${6:-0}
}
# When a file was written to, in seconds since 1970; nothing where that cannot be asked.
qd_written() { date -r "$1" +%s 2>/dev/null; }
# Whether two names are one file's.
qd_same() {
  if [ / -ef / ] 2>/dev/null; then [ "$1" -ef "$2" ]; return; fi
  qd_id "$1"
  qd_a=$qd_i
  qd_id "$2"
  [ "$qd_a" = "$qd_i" ] && [ "$qd_i" != 0 ]
}
# Bytes of a file. Arguments: file, bytes before, bytes. One process where dd can count bytes (GNU 8.16,
# busybox 1.34).
qd_cut() {
  if [ -z "$qd_dd" ]; then
    qd_dd=blocks
    if dd if=/dev/null iflag=skip_bytes,count_bytes skip=0 count=0 2>/dev/null; then qd_dd=bytes; fi
  fi
  if [ "$qd_dd" = bytes ]; then
    dd if="$1" bs=262144 iflag=skip_bytes,count_bytes skip="$2" count="$3" 2>/dev/null
    return
  fi
  qd_b=$(($2 / 65536))
  qd_r=$(($2 % 65536))
  dd if="$1" bs=65536 skip="$qd_b" count=$(((qd_r + $3 + 65535) / 65536)) 2>/dev/null |
    if [ "$qd_r" = 0 ]; then cat; else tail -c "+$((qd_r + 1))"; fi | head -c "$3"
}
# Follows a file. Arguments: path, then
#   last LINES                      from the last lines on
#   at OFFSET                       from there on, whichever file it is
#   from INODE OFFSET BYTES SUM     where an earlier reading ended; the checksum is of so many bytes
#                                   before (none where they are 0)
qd_file() {
  qd_path=$1 qd_kind=file qd_state='' qd_gone=0
  qd_dir=${1%/*}/ qd_base=${1##*/}
  shift
  qd_want=$1 qd_wi=${2:-0} qd_wo=${3:-0} qd_wn=${4:-0} qd_wc=${5:-0}
  # How tail is called stands before all that it complains of: a name that nobody can guess, made
  # of what means nothing in a path.
  qd_gnu='' qd_pin=/proc/$$/fd/3
  [ -r /proc/$$/fdinfo/0 ] || qd_pin=
  case $qd_pin:$(tail --version 2>/dev/null | head -n 1) in /*GNU*)
    qd_gnu=$qd_salt$(command -v tail)
    ;;
  esac
  case $qd_want in
  from) qd_resume ;;
  *) qd_open "$qd_want" "$qd_wi" first ;;
  esac
}
# Opens the path and goes on there. Arguments: last LINES, or at OFFSET; why.
qd_open() {
  qd_next="$1 $2 $3"
  if qd_a=$(ls -dL -- "$qd_path" 2>&1 >/dev/null); then
    qd_id "$qd_path"
    case $qd_m in
    -*) ;;
    *) qd_say refused "$qd_m"; return ;;
    esac
    if ! [ -r "$qd_path" ]; then qd_say denied; return; fi
    exec 3<"$qd_path"
    qd_f=${qd_pin:-$qd_path}
    qd_id "$qd_f"
    # It was rotated between two looks.
    if [ "$3" = same ] && [ "$qd_i" != "$qd_wi" ]; then
      exec 3<&-
      qd_resume
      return
    fi
    qd_state=open qd_gone=0
    case $1 in
    last) qd_last_lines "$2" ;;
    *) qd_at=$2 ;;
    esac
    if [ "$qd_at" -gt "$qd_s" ]; then qd_at=$qd_s; fi
    qd_follow "$3"
  else
    case $qd_a in
    *[Pp]ermission*) qd_say denied ;;
    *) qd_say missing ;;
    esac
  fi
}
# Says once how it is; it is tried again with each tick.
qd_say() {
  [ "$qd_state" = "$1" ] || qd_tell "$@"
  qd_state=$1
}
# Where the last lines begin. What grows meanwhile is counted: the place in the open file says how
# far they were read.
qd_last_lines() {
  qd_at=$qd_s
  [ "$1" -gt 0 ] || return 0
  qd_n=$(tail -n "$1" <&3 | wc -c)
  while read -r qd_k qd_v; do
    if [ "$qd_k" = pos: ]; then qd_at=$qd_v; fi
  done 2>/dev/null </proc/$$/fdinfo/3
  # Lines without an end are not waited for.
  [ "$qd_n" -le 8388608 ] || qd_n=8388608
  qd_k=$qd_at qd_at=$((qd_at - qd_n))
  # From a line's beginning on: one may be longer than that, or than busybox's tail can hold (1.35).
  if [ "$qd_at" -gt 0 ] && [ "$(qd_cut "$qd_f" $((qd_at - 1)) 1 | wc -l)" -eq 0 ]; then
    qd_n=$(tail -c "+$((qd_at + 1))" "$qd_f" | head -n 1 | wc -c)
    qd_at=$((qd_at + qd_n))
    [ "$qd_at" -le "$qd_k" ] || qd_at=$qd_k
  fi
}
# Goes on at qd_at of the open file.
qd_follow() {
  qd_tell file "$qd_i" "$qd_at" "$1" "$qd_s" "$(qd_written "$qd_f")"
  if [ -n "$qd_gnu" ]; then
    qd_start qd_gnu_tail
  else
    qd_more
  fi
}
# It looks every 35 ms, which is 0.08 % of a core; complaints, such as that the file was truncated, come in their place.
qd_gnu_tail() { exec "$qd_gnu" -s 0.035 -c "+$((qd_at + 1))" -f "$qd_pin" 2>&1; }
# What has come since qd_at, where there is no tail that can be relied on.
qd_more() {
  qd_id "$qd_f"
  if [ "$qd_s" -lt "$qd_at" ]; then
    qd_tell truncated
    qd_state=cut
  elif [ "$qd_s" -gt "$qd_at" ]; then
    qd_cut "$qd_f" "$qd_at" $((qd_s - qd_at))
    qd_at=$qd_s
  fi
}
# Looks once a second whether the name still is the open file's. Another file's: then the old one
# is followed a little longer, and how far it came is asked of who has counted.
qd_watch() {
  case $qd_state in
  missing | denied)
    # shellcheck disable=SC2086
    qd_open $qd_next
    return
    ;;
  open) ;;
  *) return ;;
  esac
  [ -n "$qd_gnu" ] || qd_more
  if qd_same "$qd_path" "$qd_f"; then
    qd_gone=0
  elif [ -e "$qd_path" ]; then
    qd_gone=$((qd_gone + 1))
    if [ $qd_gone -ge 2 ]; then
      qd_stop
      qd_state=moved
      qd_tell moved
    fi
  fi
}
# What is left of the open file, which has another name now or none, then what came after it.
# Argument: bytes of it that were read.
qd_rest() {
  qd_at=$1
  qd_drain "$qd_f"
  qd_between "$qd_f"
  exec 3<&-
  qd_open at 0 rotated
}
qd_drain() {
  qd_id "$1"
  while [ "$qd_s" -gt "$qd_at" ]; do
    qd_cut "$1" "$qd_at" $((qd_s - qd_at))
    qd_at=$qd_s
    qd_id "$1"
  done
}
# Whether a name is one that rotation gives.
qd_is_rotated() {
  case $1 in
  "$qd_base".old) return 0 ;;
  "$qd_base"[.-]*) ;;
  *) return 1 ;;
  esac
  case ${1#"$qd_base"} in *[!0-9T.:_-]*) return 1 ;; esac
}
# Files of other rotations since the one of that file, oldest first.
qd_between() {
  qd_n=0
  ls -1tr -- "$qd_dir" 2>/dev/null | tail -n 256 | {
    while IFS= read -r qd_k; do
      qd_v=$qd_dir$qd_k
      if qd_is_rotated "$qd_k" && [ -f "$qd_v" ] && [ -r "$qd_v" ] && [ "$qd_v" -nt "$1" ] &&
        ! qd_same "$qd_v" "$1" && ! qd_same "$qd_v" "$qd_path"; then
        qd_id "$qd_v"
        qd_at=0
        qd_tell file "$qd_i" 0 between
        qd_drain "$qd_v"
      fi
    done
  }
}
# Whether a file is the one whose reading ended at qd_wo, by what is before that.
qd_fits() {
  qd_id "$1"
  [ "$qd_s" -ge "$qd_wo" ] || return 1
  if [ "$qd_wn" = 0 ]; then [ "$qd_i" = "$qd_wi" ]; return; fi
  qd_a=$(qd_cut "$1" $((qd_wo - qd_wn)) "$qd_wn" | cksum)
  [ "${qd_a%% *}" = "$qd_wc" ]
}
# Goes on where an earlier reading ended: in the same file; else in what was its, which has another
# name or was copied, and then in what came after it.
qd_resume() {
  qd_why=replaced
  if [ -r "$qd_path" ] && [ -f "$qd_path" ]; then
    if qd_fits "$qd_path" && [ "$qd_i" = "$qd_wi" ]; then
      qd_open at "$qd_wo" same
      return
    fi
    if [ "$qd_i" = "$qd_wi" ]; then qd_why=truncated; fi
  fi
  qd_v=$(qd_find)
  if [ -n "$qd_v" ]; then
    qd_id "$qd_v"
    qd_at=$qd_wo
    qd_tell file "$qd_i" "$qd_wo" old
    qd_drain "$qd_v"
    # Whoever has it open may still write there.
    if [ "$qd_i" = "$qd_wi" ]; then
      sleep 1
      qd_drain "$qd_v"
    fi
    qd_between "$qd_v"
    qd_open at 0 "$qd_why-kept"
  else
    qd_open at 0 "$qd_why"
  fi
}
qd_find() {
  # shellcheck disable=SC2012
  ls -1it -- "$qd_dir" 2>/dev/null | head -n 256 | while read -r qd_k qd_v; do
    if [ "$qd_k" = "$qd_wi" ] || { [ "$qd_wn" -gt 0 ] && qd_is_rotated "$qd_v"; }; then
      qd_v=$qd_dir$qd_v
      if [ -f "$qd_v" ] && [ -r "$qd_v" ] && ! qd_same "$qd_v" "$qd_path" && qd_fits "$qd_v"; then
        printf '%s' "$qd_v"
        break
      fi
    fi
  done
}
# What a pattern matches. Arguments: pattern, how many at most.
qd_glob() {
  qd_n=$2
  IFS=
  set +f
  # shellcheck disable=SC2086
  set -- $1
  set -f
  unset IFS
  # Of more than are wanted those that were written last. A name with a line feed falls apart into
  # some that are none.
  if [ $# -gt "$qd_n" ] && qd_v=$(ls -td -- "$@" 2>/dev/null); then
    IFS='
'
    # shellcheck disable=SC2086
    set -- $qd_v
    unset IFS
  fi
  qd_a=0
  for qd_v; do
    [ -f "$qd_v" ] || continue
    case $qd_v in
    *[[:cntrl:]]*) qd_a=$((qd_a + 1)) ;;
    *)
      if [ "$qd_n" -gt 0 ]; then
        qd_n=$((qd_n - 1))
        qd_tell match "$qd_v"
      else
        qd_a=$((qd_a + 1))
      fi
      ;;
    esac
  done
  if [ "$qd_a" -gt 0 ]; then qd_tell "more $qd_a"; fi
  qd_tell end
}
# What is there of a file and its rotated ones. Argument: path.
qd_stat() {
  qd_dir=${1%/*}/ qd_base=${1##*/}
  if ! qd_a=$(ls -dL -- "$1" 2>&1 >/dev/null); then
    case $qd_a in
    *[Pp]ermission*) qd_tell denied ;;
    *) qd_tell missing ;;
    esac
  else
    qd_id "$1"
    case $qd_m in
    -*)
      if [ -r "$1" ]; then
        qd_tell stat "$qd_i" "$qd_s" "$1"
        qd_tell written "$(qd_written "$1")"
      else
        qd_tell denied
      fi
      ;;
    *) qd_tell refused "$qd_m" ;;
    esac
  fi
  # shellcheck disable=SC2012
  ls -1t -- "$qd_dir" 2>/dev/null | head -n 256 | while IFS= read -r qd_k; do
    qd_v=$qd_dir$qd_k
    if qd_is_rotated "${qd_k%.gz}" && [ -f "$qd_v" ] && ! qd_same "$qd_v" "$1"; then
      if ! [ -r "$qd_v" ]; then
        qd_tell hidden
        continue
      fi
      qd_id "$qd_v"
      qd_tell older "$qd_i" "$qd_s" "$qd_v"
    fi
  done
  qd_tell end
}
# A piece of a file. Arguments: path, inode, bytes before, bytes.
qd_piece() {
  qd_id "$1"
  if [ "$qd_i" = "$2" ]; then qd_cut "$1" "$3" "$4"; else qd_tell gone; fi
  qd_tell end
}
# The same, while commands are still taken.
qd_flow() {
  qd_id "$1"
  if [ "$qd_i" = "$2" ]; then qd_start qd_cut "$1" "$3" "$4"; else qd_tell gone; fi
}
# The same of what a compressed file unpacks to.
qd_unpacked() {
  qd_id "$1"
  if [ "$qd_i" = "$2" ]; then
    qd_limit 120 gzip -dc <"$1" 2>/dev/null | tail -c "+$(($3 + 1))" | head -c "$4"
  else
    qd_tell gone
  fi
  qd_tell end
}
# How many bytes that are. Arguments: path, inode.
qd_weigh() {
  qd_id "$1"
  if [ "$qd_i" = "$2" ]; then
    qd_a=$(qd_limit 120 gzip -dc <"$1" 2>/dev/null | wc -c)
    qd_tell weight $((qd_a))
  else
    qd_tell gone
  fi
  qd_tell end
}
# How long a line goes on, its line feed counted. Arguments: path, inode, bytes before.
qd_line_rest() {
  qd_id "$1"
  if [ "$qd_i" != "$2" ]; then
    qd_tell gone
  else
    case $1 in
    *.gz) qd_a=$(qd_limit 120 gzip -dc <"$1" 2>/dev/null | tail -c "+$(($3 + 1))" | head -n 1 | wc -c) ;;
    *) qd_a=$(qd_limit 120 tail -c "+$(($3 + 1))" <"$1" | head -n 1 | wc -c) ;;
    esac
    qd_tell rest $((qd_a))
  fi
  qd_tell end
}
# Where the line begins that has the byte before a place, or ends there. It is looked for backwards in
# pieces of 1 MiB. Arguments: path, inode, bytes before the place.
qd_line_begin() {
  qd_id "$1"
  if [ "$qd_i" != "$2" ]; then
    qd_tell gone
  else
    # The line feed that ends it is none that is looked for.
    qd_p=$(($3 - 1)) qd_n=0
    case $1 in *.gz)
      # What is unpacked is read once and held: 64 MiB of it at most.
      qd_a=$({ qd_limit 120 gzip -dc <"$1" 2>/dev/null | head -c "$qd_p" | tail -c 67108864; printf x; } | tail -n 1 | wc -c)
      qd_p=$((qd_p - qd_a + 1)) qd_n=4096
      ;;
    esac
    while [ "$qd_p" -gt 0 ] && [ "$qd_n" -lt 4096 ]; do
      qd_a=$((qd_p > 1048576 ? qd_p - 1048576 : 0)) qd_n=$((qd_n + 1))
      if [ "$(qd_cut "$1" "$qd_a" $((qd_p - qd_a)) | tr -dc '\n' | wc -c)" -gt 0 ]; then
        # A piece may end with a line feed.
        qd_a=$({ qd_cut "$1" "$qd_a" $((qd_p - qd_a)); printf x; } | tail -n 1 | wc -c)
        qd_p=$((qd_p - qd_a + 1))
        break
      fi
      qd_p=$qd_a
    done
    qd_tell begin "$qd_p"
  fi
  qd_tell end
}
