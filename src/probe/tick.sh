qd_nl='
'
# The heartbeat: what changes all the time, without a fork. Arguments: control groups.
if [ -r /sys/fs/cgroup/cgroup.controllers ]; then qd_v2=/sys/fs/cgroup
elif [ -r /sys/fs/cgroup/unified/cgroup.controllers ]; then qd_v2=/sys/fs/cgroup/unified
else qd_v2=; fi
qd_now_tick() {
  read -r qd_a qd_b </proc/uptime && qd_out="up $qd_a$qd_nl"
  read -r qd_a qd_b qd_c qd_d </proc/loadavg && qd_out="${qd_out}load $qd_a $qd_b $qd_c$qd_nl"
  while read -r qd_a qd_b qd_c; do
    case $qd_a in
    MemTotal:) qd_out="${qd_out}total $qd_b$qd_nl" ;;
    MemAvailable:) qd_out="${qd_out}available $qd_b$qd_nl"; break ;;
    esac
  done </proc/meminfo
  for qd_a in cpu memory io; do
    read -r qd_b </proc/pressure/$qd_a && qd_out="${qd_out}psi $qd_a $qd_b$qd_nl"
  done
  qd_i=0
  for qd_a; do
    qd_m= qd_u=
    if ! read -r qd_m <"$qd_v2$qd_a/memory.current"; then
      read -r qd_m <"/sys/fs/cgroup/memory$qd_a/memory.usage_in_bytes"
    fi
    while read -r qd_b qd_c; do
      if [ "$qd_b" = usage_usec ]; then qd_u=$qd_c; break; fi
    done <"$qd_v2$qd_a/cpu.stat"
    if [ -z "$qd_u" ]; then
      read -r qd_b <"/sys/fs/cgroup/cpuacct$qd_a/cpuacct.usage" && qd_u=${qd_b%???}
    fi
    qd_out="${qd_out}cg $qd_i ${qd_m:--} ${qd_u:--}$qd_nl"
    qd_i=$((qd_i + 1))
  done
  :
}
