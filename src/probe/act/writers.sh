# Processes that have files below a directory open for writing: PID NAME CONTROL-GROUP. The link of a
# descriptor has the rights with which it was opened (proc(5)). Argument: directory.
qd_writers() {
  set +f
  # shellcheck disable=SC2012
  for qd_p in $(ls -l /proc/[0-9]*/fd 2>/dev/null | qd_dir="$1/" awk '
    /^\/proc\/[0-9]+\/fd:$/ { split($0, part, "/"); pid = part[3]; next }
    /^l.w/ && (at = index($0, " -> ")) && index(substr($0, at + 4) "/", ENVIRON["qd_dir"]) == 1 && !seen[pid]++ { print pid }'); do
    qd_n=$(tr -d '\n ' <"/proc/$qd_p/comm")
    qd_g=$(sed -n 's/^0:://p;s/^[0-9]*:name=systemd://p' "/proc/$qd_p/cgroup" | tail -n 1)
    # One that has ended meanwhile writes no more.
    if [ -n "$qd_n" ] && [ -n "$qd_g" ]; then printf '%s %s %s\n' "$qd_p" "$qd_n" "$qd_g"; fi
  done 2>/dev/null
}
