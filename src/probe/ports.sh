# What listens. Arguments: how to see owners (plain, sudo).
qd_ports() {
  if qd_have ss; then
    # Without rights it names control groups (iproute2 5.9, cgroup v2), and no process.
    if [ "$1" = sudo ]; then set -- sudo -n ss; else set -- ss; fi
    if qd_a=$(qd_limit 4 "$@" -Hltune) && [ -n "$qd_a" ]; then
      printf 'ss\n%s\n' "$qd_a" | qd_cap 2097152
      return 0
    fi
    # iproute2 4.3 has no -H.
    if qd_a=$(qd_limit 4 "$@" -ltune); then
      printf 'ss\n%s\n' "$qd_a" | qd_cap 2097152
      return 0
    fi
  fi
  # Listening sockets come first (state 0A); datagram sockets that wait are in state 07.
  for qd_a in tcp tcp6 udp udp6; do
    [ -r /proc/net/$qd_a ] || continue
    echo "proc $qd_a"
    case $qd_a in
    tcp*) awk 'NR > 1 { if ($4 != "0A") exit; print $2, $5, $8, $10 }' /proc/net/$qd_a ;;
    *) awk 'NR > 1 && $4 == "07" { print $2, $5, $8, $10 }' /proc/net/$qd_a ;;
    esac
  done
}
# Which sockets are on these ports, as cheaply as can be: one fork, and the kernel filters. Reading
# /proc/net/tcp costs the kernel more, since it walks all connections for its first line. Arguments:
# `t`, `u` or `tu` for the protocols, with `e` where a socket's number has to tell it from another
# (which costs as much again, since ss then looks up all control groups), and a filter of ss(8).
qd_marks() {
  qd_have ss && ss -Hln"$1" "$2"
}
# All sockets that listen, without their owners: half of what the owners cost. And `gone PID` for
# each of these processes that is no more. Arguments: pids.
qd_listed() {
  qd_have ss && ss -Hltun || return
  qd_now_alive "$@"
  printf '%s' "$qd_out"
}
# Which of these processes are gone. Arguments: pids.
qd_now_alive() {
  qd_out=
  for qd_a; do
    [ -d "/proc/$qd_a" ] || qd_out="${qd_out}gone $qd_a
"
  done
}
# Which of these processes are gone, and how many sockets there are that are no connections: of TCP,
# all that are in use less those that are connected; of UDP all. Without a fork, where a list of them
# is the dearest of what is asked often. Arguments: pids.
qd_now_count() {
  qd_now_alive "$@"
  qd_n=0 qd_m=0 qd_b=
  for qd_f in sockstat sockstat6; do
    while read -r qd_a qd_x qd_c qd_x; do
      case $qd_a in
      TCP: | TCP6:) qd_n=$((qd_n + qd_c)) ;;
      UDP: | UDP6:) qd_m=$((qd_m + qd_c)) ;;
      esac
      # The rest of the file is not about them.
      case $qd_a in UDP: | UDP6:) break ;; esac
    done </proc/net/$qd_f
  done
  # The line of names comes first. CurrEstab (RFC 4022) is the ninth.
  while read -r qd_a qd_x; do
    if [ "$qd_a" = Tcp: ]; then
      set -- $qd_x
      case $1 in
      *[!0-9]* | '') ;;
      *)
        shift 8
        qd_b=$1
        break
        ;;
      esac
    fi
  done </proc/net/snmp
  if [ -n "$qd_b" ]; then qd_out="${qd_out}count $((qd_n - qd_b)) $qd_m$qd_nl"; fi
}
# Who holds sockets. Arguments: how (plain, sudo), then for each socket its inode and its control
# group or `-`.
qd_owners() {
  qd_how=$1
  shift
  qd_pids=
  if qd_have ss; then
    if [ "$qd_how" = sudo ]; then qd_a=$(qd_limit 4 sudo -n ss -Hltunpe); else qd_a=$(qd_limit 4 ss -Hltunpe); fi
    printf '%s\n' "$qd_a" | qd_cap 2097152 | while IFS= read -r qd_b; do
      case $qd_b in *users:*) echo "holder $qd_b" ;; esac
    done
    qd_pids=$(printf '%s\n' "$qd_a" | grep -o 'pid=[0-9]*' | sort -u | head -n 300)
  fi
  while [ $# -gt 1 ]; do
    if [ "$2" != - ] && [ -n "$qd_v2" ]; then
      qd_n=0
      while read -r qd_a && [ "$qd_n" -lt 8 ]; do
        echo "member $1 $qd_a"
        qd_pids="$qd_pids pid=$qd_a"
        qd_n=$((qd_n + 1))
      done <"$qd_v2$2/cgroup.procs"
    fi
    shift 2
  done
  # Those of a service with many sockets came once for each.
  qd_pids=$(printf '%s\n' $qd_pids | sort -u)
  for qd_a in $qd_pids; do qd_process "${qd_a#pid=}"; done
  # All by one command, since each is a line in the host's log. A line feed cannot end a name there.
  # shellcheck disable=SC2016
  if [ "$qd_how" = sudo ] && [ -n "$qd_pids" ]; then
    qd_limit 4 sudo -n sh -c 'for a; do
        a=${a#pid=}
        c=$(readlink "/proc/$a/cwd") || continue
        case $c in *"
"*) ;; *) echo "process $a cwd $c" ;; esac
      done' sh $qd_pids | qd_cap 1048576
  fi
}
# One process, in lines that begin with its number.
qd_process() {
  read -r qd_a </proc/"$1"/stat || return 0
  qd_b=${qd_a%)*}
  qd_name=${qd_b#*(}
  qd_a=${qd_a##*) }
  qd_p=$1
  set -- $qd_a
  shift 19
  echo "process $qd_p began $1 $qd_tck"
  echo "process $qd_p name $qd_name"
  echo "process $qd_p command $(tr '\000\n' '  ' </proc/"$qd_p"/cmdline | qd_cap 1024)"
  while IFS= read -r qd_a; do
    case $qd_a in
    0::*) echo "process $qd_p cgroup ${qd_a#0::}" ;;
    *:name=systemd:*) echo "process $qd_p cgroup ${qd_a#*:name=systemd:}" ;;
    esac
  done </proc/"$qd_p"/cgroup
  while read -r qd_a qd_b qd_c; do
    case $qd_a in Uid:) echo "process $qd_p uid $qd_b"; break ;; esac
  done </proc/"$qd_p"/status
  if [ "$qd_how" != sudo ] && qd_a=$(readlink /proc/"$qd_p"/cwd); then echo "process $qd_p cwd $qd_a"; fi
}
qd_tck=$(getconf CLK_TCK 2>/dev/null || echo 100)
