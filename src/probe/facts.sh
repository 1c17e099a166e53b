# What a host is. Arguments: sudo policy (auto, never, always).
qd_facts() {
  if qd_have date; then date +'wall %s.%N'; fi
  read -r qd_a qd_b </proc/uptime && echo "up $qd_a"
  read -r qd_a </proc/sys/kernel/random/boot_id && echo "boot $qd_a"
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
  # sudo is asked once a connection: each try is a line in the host's log of authentications.
  if [ "$1" != never ] && [ -z "$qd_sudo" ]; then
    if qd_have sudo && qd_limit 5 sudo -n true >/dev/null 2>&1; then qd_sudo=1; else qd_sudo=0; fi
  fi
  echo "sudo ${qd_sudo:-0}"
  qd_disks
}
qd_disks() {
  qd_limit 3 df -P -k | while IFS= read -r qd_a; do echo "df $qd_a"; done
  qd_limit 3 df -P -i | while IFS= read -r qd_a; do echo "di $qd_a"; done
}
qd_sudo=
