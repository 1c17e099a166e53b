# Runs checks beside each other. Arguments: one a check, as words quoted for a shell: a number, the
# kind, how long it may take (for curl, and in whole seconds), and what it is about. Before the number
# of one that qd_fast is to try stands `fast`.
qd_checks() {
  qd_quick= qd_n=$#
  while [ "$qd_n" -gt 0 ]; do
    case $1 in
    "'fast' "*) qd_quick="$qd_quick ${1#* }" ;;
    *) set -- "$@" "$1" ;;
    esac
    shift
    qd_n=$((qd_n - 1))
  done
  if [ -z "$qd_quick" ]; then qd_slow "$@"
  elif [ $# -eq 0 ]; then eval "qd_fast $qd_quick"
  else eval "qd_fast $qd_quick" | { qd_slow "$@" </dev/null; cat; }; fi
}
qd_slow() {
  [ $# -gt 0 ] || return 0
  qd_job=$1
  shift
  if [ $# -eq 0 ]; then
    eval "qd_check $qd_job"
    return
  fi
  # A pipe holds what this one says while the others run.
  eval "qd_check $qd_job" | { qd_slow "$@" </dev/null; cat; }
}
# One check. What it was answered goes to descriptor 5, what is known about it to the standard
# output; both are counted here, so that no answer can be taken for anything else:
#   check NUMBER LENGTH, a line feed, LENGTH bytes: the answer, `@`, what is known, `@`, its length.
qd_check() {
  qd_id=$1 qd_a=qd_check_$2
  shift 2
  qd_o=$({ qd_m=$("$qd_a" "$@"); printf '@%s@%s' "$qd_m" "${#qd_m}" >&5; } 5>&1)
  printf 'check %s %s\n%s\n' "$qd_id" "${#qd_o}" "$qd_o"
}
# Seconds since the kernel's boot: a clock that every host has and that takes no process.
qd_uptime() { read -r qd_t qd_x </proc/uptime && echo "$1 $qd_t"; }
qd_check_http() {
  qd_uptime began
  {
    if qd_have curl; then
      # Neither a start file nor a proxy, no globs, and nothing followed: what is asked is what is
      # answered. A descriptor of its own for the answer, since curl before 7.63 writes its
      # figures only to the same one.
      {
        qd_limit $(($2 + 1)) curl -q -g -s -S -i -m "$1" --proto =http,https --noproxy '*' \
          -o /proc/self/fd/3 -w 'w %{http_code} %{time_total} %{redirect_url}\n' --url "$3" \
          3>&1 >&4 2>&4 4>&- 5>&-
        echo "rc curl $?" >&4
      } | qd_cap 65536 >&5
    elif qd_have wget; then
      case $(wget --help 2>&1) in
      *BusyBox*) set -- "$2" "$3" -q -S -Y off ;;
      *) set -- "$2" "$3" --no-config -nv -S -T "$2" --tries=1 --max-redirect=0 --no-proxy \
        --content-on-error ;;
      esac
      qd_s=$1 qd_u=$2
      shift 2
      {
        qd_limit "$qd_s" wget "$@" -O - "$qd_u" 2>&4 4>&- 5>&-
        echo "rc wget $?" >&4
      } | qd_cap 65536 >&5
    else
      echo 'rc none 127'
    fi
  } 4>&1
  qd_uptime ended
}
qd_check_sse() {
  qd_uptime began
  qd_have curl || { echo 'rc none 127'; return; }
  {
    {
      # Its number first, so that it can be ended after the first event.
      sh -c 'echo $$; exec curl "$@"' sh -q -g -s -S -N -i -m "$1" --limit-rate 65536 \
        --proto =http,https --noproxy '*' -H 'Accept: text/event-stream' --url "$3" 2>&4 4>&- 5>&-
      echo "rc curl $?" >&4
    } | {
      read -r qd_p
      qd_n=0 qd_h=
      while [ "$qd_n" -lt 300 ] && IFS= read -r qd_l; do
        qd_n=$((qd_n + 1))
        printf '%s\n' "$qd_l" >&5
        case $qd_h$qd_l in
        .data:* | .event:*)
          qd_uptime event >&4
          read -r qd_l </proc/"$qd_p"/comm
          if [ "$qd_l" = curl ]; then kill "$qd_p"; fi
          break
          ;;
        '' | "$qd_cr") qd_h=. ;;
        esac
      done
    }
  } 4>&1
}
qd_check_tcp() {
  qd_uptime began
  if qd_have bash; then
    qd_limit "$2" bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$3" "$4" 2>&1
    echo "rc bash $?"
  elif qd_have nc; then
    case $(nc --help 2>&1) in
    # It has no -z; a program that ends at once does the same.
    *BusyBox*) qd_limit "$2" nc -w "$2" "$3" "$4" -e true 2>&1 ;;
    *) qd_limit "$2" nc -z -w "$2" "$3" "$4" 2>&1 ;;
    esac
    echo "rc nc $?"
  else
    echo 'rc none 127'
  fi
  qd_uptime ended
}
qd_check_command() {
  qd_uptime began
  qd_s=$2
  shift 2
  {
    {
      qd_limit "$qd_s" "$@" 2>&1 4>&- 5>&-
      echo "rc command $?" >&4
    } | qd_cap 65536 >&5
  } 4>&1
  qd_uptime ended
}
# Until when the certificate is valid that a server shows. Host, port, name or `-` for none.
qd_check_certificate() {
  qd_s=$2 qd_u=$3:$4
  if qd_have openssl; then
    if [ "$5" = - ]; then set --; else set -- -servername "$5"; fi
    qd_limit "$qd_s" openssl s_client -connect "$qd_u" "$@" 2>/dev/null </dev/null |
      qd_cap 65536 | qd_limit 5 openssl x509 -noout -enddate -subject -issuer >&5
    echo 'rc openssl 0'
  elif qd_have curl; then
    qd_limit $((qd_s + 1)) curl -q -g -s -v -m "$qd_s" --noproxy '*' -o /dev/null \
      --url "https://$qd_u/" 2>&1 | grep -E '^\* +(expire date|subject|issuer):' | qd_cap 4096 >&5
    echo 'rc curl 0'
  else
    echo 'rc none 127'
  fi
}
qd_cr=$(printf '\r')
