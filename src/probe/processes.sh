# Processes by the words of their command line. Arguments: how (plain, sudo), then texts, of which a
# process has to have one. The answer, for each process:
#   proc PID, a line feed, its arguments with 0x1f between, a line feed, its proc_pid_stat(5).
# and once: hertz N, and hidden 1 where others' processes may not be seen.
qd_processes() {
  qd_needs grep head tr || return 127
  qd_s=
  if ! [ -r /proc/1/cmdline ]; then
    if [ "$1" = sudo ]; then qd_s="sudo -n"; else echo 'hidden 1'; fi
  fi
  shift
  echo "hertz $(getconf CLK_TCK || echo 100)"
  # grep of busybox looks no further than the first zero byte: there, and without find(1), the shell itself reads, from
  # which it leaves them out.
  if qd_have find && printf 'a\000b' | grep -qF b; then
    qd_n=$#
    while [ "$qd_n" -gt 0 ]; do
      set -- "$@" -e "$1"
      shift
      qd_n=$((qd_n - 1))
    done
    qd_a=$(qd_limit 8 $qd_s find /proc -maxdepth 2 -path '/proc/[0-9]*/cmdline' \
      -exec grep -lF "$@" {} + | qd_cap 65536)
  else
    if [ -n "$qd_s" ]; then qd_s=; echo 'hidden 1'; fi
    qd_a=$(qd_named "$@" | qd_cap 65536)
  fi
  for qd_p in $qd_a; do
    qd_p=${qd_p#/proc/}
    qd_p=${qd_p%/cmdline}
    qd_b=$($qd_s head -c 4096 "/proc/$qd_p/cmdline" | tr '\000\n\r' '\037  ')
    qd_c=$($qd_s head -c 1024 "/proc/$qd_p/stat" | tr '\n' ' ')
    if [ -n "$qd_b" ] && [ -n "$qd_c" ]; then printf 'proc %s\n%s\n%s\n' "$qd_p" "$qd_b" "$qd_c"; fi
  done
}
qd_named() {
  set +f
  for qd_f in /proc/[0-9]*/cmdline; do
    [ -r "$qd_f" ] || continue
    qd_l= qd_m=
    while IFS= read -r qd_l || [ -n "$qd_l" ]; do
      for qd_w; do case $qd_l in *"$qd_w"*) qd_m=1 ;; esac; done
      qd_l=
    done <"$qd_f"
    if [ -n "$qd_m" ]; then echo "$qd_f"; fi
  done
}
