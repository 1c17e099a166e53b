# Processes that have files below a directory open for writing: PID NAME CONTROL-GROUP. The link of a
# descriptor has the rights with which it was opened (proc(5)). Argument: directory.
qd_writers() {
  set +f
  # shellcheck disable=SC2012
  ls -l /proc/[0-9]*/fd 2>/dev/null | qd_dir="$1/" awk '
    /^\/proc\/[0-9]+\/fd:$/ { split($0, part, "/"); pid = part[3]; next }
    /^l.w/ && (at = index($0, " -> ")) && index(substr($0, at + 4) "/", ENVIRON["qd_dir"]) == 1 && !seen[pid]++ { print pid }' |
    qd_who
}
# Processes that have one of these files open, for whatever: the same. In containers files have other names;
# which inode it is the kernel says since 5.14 (proc(5), fdinfo), the link where that file is. Arguments: files.
qd_holders() {
  set +f
  for qd_f; do
    [ -e "$qd_f" ] || continue
    qd_i=$(stat -L -c '%d:%i' -- "$qd_f")
    # shellcheck disable=SC2012
    ls -l /proc/[0-9]*/fd 2>/dev/null | qd_file="$qd_f" awk '
      /^\/proc\/[0-9]+\/fd:$/ { split($0, part, "/"); pid = part[3]; next }
      (at = index($0, " -> ")) && substr($0, at + 4) == ENVIRON["qd_file"] { print pid }'
    find /proc/[0-9]*/fdinfo -type f -exec grep -lsE "^ino:[[:space:]]*${qd_i#*:}\$" {} + 2>/dev/null |
      while IFS=/ read -r _ _ qd_p _ qd_n; do
        if [ "$(stat -L -c '%d:%i' "/proc/$qd_p/fd/$qd_n" 2>/dev/null)" = "$qd_i" ]; then echo "$qd_p"; fi
      done
  done | sort -un | qd_who
}
# Those of these numbers that live: PID NAME CONTROL-GROUP.
qd_who() {
  while read -r qd_p; do
    qd_n=$(tr -d '\n ' <"/proc/$qd_p/comm")
    qd_g=$(sed -n 's/^0:://p;s/^[0-9]*:name=systemd://p' "/proc/$qd_p/cgroup" | tail -n 1)
    # One that has ended meanwhile does nothing more.
    if [ -n "$qd_n" ] && [ -n "$qd_g" ]; then printf '%s %s %s\n' "$qd_p" "$qd_n" "$qd_g"; fi
  done 2>/dev/null
}
