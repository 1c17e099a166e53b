# What a host is. Arguments: sudo policy (auto, never, always).
qd_facts() {
  qd_policy=$1
  qd_clock
  read -r qd_a qd_b </proc/uptime && echo "up $qd_a"
  read -r qd_a </proc/sys/kernel/random/boot_id && echo "boot $qd_a"
  # When PID 1 began, in clock ticks since the kernel's boot (proc_pid_stat(5), field 22): in a
  # container that is later. Its name, in parentheses, may hold spaces.
  read -r qd_a </proc/1/stat && {
    qd_a=${qd_a##*) }
    set -- $qd_a
    shift 19
    echo "init $1 $(getconf CLK_TCK || echo 100)"
  }
  read -r qd_a </proc/sys/kernel/osrelease && echo "kernel $qd_a"
  while IFS= read -r qd_a; do
    case $qd_a in PRETTY_NAME=*) echo "os ${qd_a#*=}"; break ;; esac
  done </etc/os-release
  echo "user $(id -un)"
  echo "cpus $(getconf _NPROCESSORS_ONLN || nproc || grep -c '^processor' /proc/cpuinfo)"
  if [ -d /run/systemd/system ]; then
    qd_a=$(qd_limit 5 systemctl --version)
    echo "systemd ${qd_a%%
*}"
  fi
  read -r qd_a </etc/machine-id
  for qd_b in /var/log/journal /run/log/journal; do
    if [ -r "$qd_b/$qd_a/system.journal" ]; then echo "journal 1"; fi
  done
  # Asked once a connection: each try is a line in the host's log of authentications.
  if [ "$qd_policy" != never ] && qd_have sudo && qd_limit 5 sudo -n true >/dev/null 2>&1; then
    echo "sudo 1"
  fi
  qd_disks
}
# The wall clock, which somebody may set at any time.
qd_clock() {
  if qd_have date; then date +'wall %s.%N'; fi
}
qd_disks() {
  # A dead mount must not keep the rest of it from being read.
  qd_b=df
  qd_kill 3 sh -c 'df -P -k; echo //; df -P -i' | while IFS= read -r qd_a; do
    if [ "$qd_a" = // ]; then qd_b=di; else echo "$qd_b $qd_a"; fi
  done
  # What was to be remounted read-only upon errors, and is read-only (mount(8), proc_pid_mounts(5)).
  while read -r qd_a qd_b qd_c qd_d; do
    case $qd_d in ro,*errors=remount-ro*) echo "fallen $qd_b" ;; esac
  done </proc/mounts
}
