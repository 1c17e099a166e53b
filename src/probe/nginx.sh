# A reverse proxy. Arguments: files and directories of its configuration, as far as they are known.
qd_nginx() {
  if qd_have ip; then
    qd_limit 3 ip -o addr show | while read -r qd_a qd_b qd_c qd_d qd_e; do
      case $qd_c in inet*) echo "address ${qd_d%%/*}" ;; esac
    done | qd_cap 65536
  else
    for qd_a in $(qd_limit 3 hostname -I); do echo "address $qd_a"; done | qd_cap 65536
  fi
  qd_master=
  if [ -d /run/systemd/system ]; then
    qd_master=$(qd_limit 3 systemctl show -p MainPID --value nginx.service)
  fi
  case $qd_master in
  '' | 0 | *[!0-9]*) read -r qd_master </run/nginx.pid || read -r qd_master </var/run/nginx.pid || qd_master= ;;
  esac
  # By another name or with another file; those of containers are no children of PID 1.
  if [ -z "$qd_master" ] && qd_have pgrep; then qd_master=$(pgrep -o -x -P 1 nginx); fi
  case $qd_master in
  '' | 0 | *[!0-9]*) ;;
  *)
    if [ -r "/proc/$qd_master/stat" ]; then
      echo "master $qd_master"
      qd_workers "$qd_master"
    fi
    ;;
  esac
  if [ -d /etc/nginx ] || [ -n "$qd_master" ]; then echo "present"; fi
  # Where a link is followed, the time is that of the file.
  [ $# -eq 0 ] || qd_limit 5 stat -L -c 'file %Y %n' -- "$@" | qd_cap 262144
}
# Children of the master: those that end still serve what they had, and count no more.
qd_workers() {
  if qd_have pgrep; then
    qd_pids=$(pgrep -P "$1" | head -n 128)
  else
    qd_pids=
    while read -r qd_a; do qd_pids=$qd_a; done <"/proc/$1/task/$1/children"
  fi
  for qd_p in $qd_pids; do
    read -r qd_a </proc/"$qd_p"/stat || continue
    qd_b=$(tr '\000\n' '  ' </proc/"$qd_p"/cmdline | qd_cap 256)
    case $qd_b in
    *'shutting down'*) continue ;;
    *worker*) ;;
    *) continue ;;
    esac
    qd_a=${qd_a##*) }
    set -- $qd_a
    shift 19
    echo "worker $1 $qd_tck"
  done
}
# The configuration on the disk. Arguments: how (plain, sudo), whether it runs (1, 0).
# Testing a configuration opens its logs and its pid file for writing, and makes them where they
# are missing: so it is asked only of one that runs, which has them all.
qd_nginx_conf() {
  if [ "$1" = sudo ] && [ "$2" = 1 ]; then
    if qd_a=$(qd_limit 10 sudo -n nginx -T -q 2>/dev/null) && [ -n "$qd_a" ]; then
      echo 'test 0'
      printf '%s\n' "$qd_a" | sed 's/^/|/' | qd_cap 2097152
      return 0
    fi
    qd_a=$(qd_limit 10 sudo -n nginx -t -q 2>&1)
    qd_b=$?
    case $qd_a in *nginx:*)
      echo "test $qd_b"
      printf '%s\n' "$qd_a" | sed 's/^/said /' | qd_cap 8192
      ;;
    esac
  fi
  qd_a=
  if [ "$1" = sudo ] && ! [ -r /etc/nginx/nginx.conf ]; then qd_a="sudo -n"; fi
  {
    echo /etc/nginx/nginx.conf
    # Links are followed, as nginx does; names that begin with a dot are not taken by its pattern.
    qd_limit 5 $qd_a find -L /etc/nginx/conf.d /etc/nginx/stream.d -maxdepth 1 -type f -name '[!.]*.conf'
    qd_limit 5 $qd_a find -L /etc/nginx/sites-enabled -maxdepth 1 -type f -name '[!.]*'
  } | head -n 200 | while IFS= read -r qd_b; do
    printf '|# configuration file %s:\n' "$qd_b"
    if [ -r "$qd_b" ] || [ "$1" != sudo ]; then cat -- "$qd_b" || echo "unread $qd_b" >&2; else sudo -n cat -- "$qd_b"; fi |
      qd_cap 262144 | sed 's/^/|/'
  done | qd_cap 2097152
}
# Whether somebody takes a connection. Arguments: for each local or remote, address, port.
qd_reach() {
  while [ $# -gt 2 ]; do
    # What listens here is read elsewhere, and more often. What does not and still answers is
    # forwarded by the kernel, to a container.
    if [ "$1" = remote ] || { qd_have ss && [ -z "$(qd_limit 2 ss -Hltn "sport = :$3")" ]; }; then
      qd_knock "$2" "$3" &
    fi
    shift 3
  done
  wait
}
qd_knock() {
  # A lost first packet is sent again after a second.
  qd_a=$(qd_connect 1 "$1" "$2" 2>&1)
  qd_b=$?
  case $qd_b in
  124 | 143)
    qd_a=$(qd_connect 2 "$1" "$2" 2>&1)
    qd_b=$?
    ;;
  esac
  case $qd_b:$qd_a in
  0:*) qd_a=answered ;;
  124:* | 143:* | *'timed out'* | *'o route to host'* | *unreachable*) qd_a=silent ;;
  *refused*) qd_a=refused ;;
  *) qd_a="unknown $(printf '%s' "$qd_a" | tr '\n' ' ' | qd_cap 200)" ;;
  esac
  printf 'reach %s %s %s\n' "$1" "$2" "$qd_a"
}
qd_connect() {
  if qd_have bash && [ -n "$qd_timeout" ]; then
    qd_limit "$1" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3"
  elif qd_have nc; then
    qd_limit "$1" nc -w "$1" "$2" "$3" </dev/null
  elif qd_have curl; then
    qd_limit "$1" curl -sS -o /dev/null --connect-timeout "$1" "telnet://$2:$3" </dev/null
  else
    echo 'neither bash, nc nor curl'
    return 1
  fi
}
