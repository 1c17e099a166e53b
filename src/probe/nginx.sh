# A reverse proxy. Arguments: whether addresses are asked for and a proxy that was not there is looked
# for everywhere (1, 0), its master as last seen or `-`, then files and directories of its
# configuration, as far as they are known.
qd_nginx() {
  qd_whole=$1 qd_known=$2
  shift 2
  if [ "$qd_whole" = 1 ]; then qd_addresses; fi
  # What costs no process first: its own word for it, its unit's first process, and who it was before.
  qd_master=
  for qd_a in /run/nginx.pid /var/run/nginx.pid "$qd_v2/system.slice/nginx.service/cgroup.procs" \
    /sys/fs/cgroup/systemd/system.slice/nginx.service/cgroup.procs; do
    qd_p=
    read -r qd_p <"$qd_a" && qd_is_nginx && break
  done
  if [ -z "$qd_master" ] && [ "$qd_known" != - ]; then qd_p=$qd_known; qd_is_nginx; fi
  if [ -z "$qd_master" ] && [ "$qd_whole" = 1 ]; then
    if [ -d /run/systemd/system ]; then
      qd_master=$(qd_limit 3 systemctl show -p MainPID --value nginx.service)
    fi
    # By another name or with another file; those of containers are no children of PID 1.
    case $qd_master in
    '' | 0 | *[!0-9]*) if qd_have pgrep; then qd_master=$(pgrep -o -x -P 1 nginx); fi ;;
    esac
  fi
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
# Whether this process is one, and its parent is none: then it is the master.
qd_is_nginx() {
  qd_b=
  read -r qd_b <"/proc/$qd_p/stat" || return
  case $qd_b in "$qd_p (nginx) "*) ;; *) return 1 ;; esac
  qd_b=${qd_b##*) }
  qd_b=${qd_b#* }
  qd_c=
  read -r qd_c <"/proc/${qd_b%% *}/comm"
  [ "$qd_c" != nginx ] || qd_p=${qd_b%% *}
  qd_master=$qd_p
}
qd_addresses() {
  if qd_have ip; then
    qd_limit 3 ip -o addr show | while read -r qd_a qd_b qd_c qd_d qd_e; do
      case $qd_c in inet*) echo "address ${qd_d%%/*}" ;; esac
    done | qd_cap 65536
  else
    for qd_a in $(qd_limit 3 hostname -I); do echo "address $qd_a"; done | qd_cap 65536
  fi
}
# Children of the master: those that end still serve what they had, and count no more.
qd_workers() {
  qd_pids=
  # Not every kernel has it (CONFIG_PROC_CHILDREN), and its line has no end.
  if [ -r "/proc/$1/task/$1/children" ]; then
    read -r qd_pids <"/proc/$1/task/$1/children"
  elif qd_have pgrep; then
    qd_pids=$(pgrep -P "$1" | head -n 128)
  fi
  qd_n=0
  for qd_p in $qd_pids; do
    qd_n=$((qd_n + 1))
    [ "$qd_n" -le 128 ] || break
    read -r qd_a </proc/"$qd_p"/stat || continue
    # One word, that it has given itself. A title that has no end is read all the same.
    qd_b=
    read -r qd_b </proc/"$qd_p"/cmdline
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
# Whether somebody takes a connection. Arguments: for each local or remote, address, port; or unix or
# root, for how it is tried, a socket's path, and anything.
qd_reach() {
  qd_l= qd_u=
  case " $* " in *' local '*) if qd_have ss; then qd_l=$(ss -Hltn | qd_cap 262144); fi ;; esac
  # Sockets that listen (SO_ACCEPTCON), of this network namespace.
  case " $* " in *' unix '* | *' root '*)
    qd_u=$(awk '$4 == "00010000" { for (i = 0; i < 7; i++) sub(/^ *[^ ]+ +/, ""); print }' /proc/net/unix |
      qd_cap 262144)
    ;;
  esac
  while [ $# -gt 2 ]; do
    case $1 in unix | root)
      printf 'socket %s %s\n' "$(qd_socket "$1" "$2")" "$2"
      shift 3
      continue
      ;;
    esac
    # What listens here is read elsewhere, and more often. What does not and still answers is
    # forwarded by the kernel, to a container.
    if [ "$1" = remote ] || { qd_have ss && qd_quiet "$3"; }; then
      qd_knock "$2" "$3" &
    fi
    shift 3
  done
  wait
}
# What becomes of a connection to a socket's path: answered, refused, missing, or unseen. Who is in a
# network namespace of his own, as containers are, listens on it as well and is in no list: only a
# connection tells, for which one must be allowed to write to it. Nothing is said over it.
qd_socket() {
  qd_p=$(readlink -f "$2")
  for qd_a in "$2" "$qd_p"; do
    case "$qd_nl$qd_u$qd_nl" in *"$qd_nl$qd_a$qd_nl"*) echo answered; return ;; esac
  done
  if ! [ -e "$2" ]; then
    qd_a=${2%/*}
    # What may not be looked into may hold it.
    while [ -n "$qd_a" ] && ! [ -e "$qd_a" ]; do qd_a=${qd_a%/*}; done
    if [ -x "${qd_a:-/}" ]; then echo missing; else echo unseen; fi
    return
  fi
  [ -S "$2" ] || { echo refused; return; }
  qd_a=
  [ "$1" != root ] || qd_a="sudo -n"
  if ! qd_have curl || { [ "$1" = unix ] && ! [ -w "$2" ]; }; then echo unseen; return; fi
  qd_limit 3 $qd_a curl -q -s -m 2 --unix-socket "$2" -o /dev/null telnet://localhost/
  case $? in
  # Nobody takes it (curl's CURLE_COULDNT_CONNECT); 28: somebody does, and waits for our word.
  0 | 28 | 52 | 56) echo answered ;;
  7) echo refused ;;
  *) echo unseen ;;
  esac
}
# Nobody listens on this port.
qd_quiet() {
  case "$qd_l
" in *":$1 "*) return 1 ;; esac
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
