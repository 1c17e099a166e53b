# Answers requests, one a line: ID FUNCTION ARGUMENT..., quoted for a shell. `ID + FUNCTION ARGUMENT...`
# is to be remembered as well, and `ID = FUNCTION` asks again for what was: a shell reads a byte a call
# of the kernel, and long lists of paths are the same each time. Each answer is a frame:
#   @@NONCE ID STATUS LENGTH, a line feed, LENGTH bytes, a line feed.
# The nonce is random for each connection and the length is counted here, so that nothing a command
# prints can be taken for a frame. Ends with its standard input. POSIX sh: dash, bash, busybox.
LC_ALL=C LANG=C LANGUAGE= TZ=UTC PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
SYSTEMD_COLORS=0 SYSTEMD_PAGER= SYSTEMD_URLIFY=0 PAGER=cat
export LC_ALL LANG LANGUAGE TZ PATH SYSTEMD_COLORS SYSTEMD_PAGER SYSTEMD_URLIFY PAGER
unset ENV BASH_ENV IFS CDPATH GREP_OPTIONS 2>/dev/null
set -f
umask 077
qd_have() { command -v "$1" >/dev/null 2>&1; }
# timeout(1) of busybox before 1.30 takes its seconds otherwise; better none than a wrong one.
if timeout 5 true >/dev/null 2>&1; then qd_timeout=1; else qd_timeout=; fi
# Whether all of these tools are there; else says which is not, and nothing is to be read without it.
qd_needs() {
  for qd_need; do qd_have "$qd_need" || { echo "missing $qd_need"; return 127; }; done
}
qd_limit() { if [ -n "$qd_timeout" ]; then timeout "$@"; else shift; "$@"; fi; }
qd_cap() { if qd_have head; then head -c "$1"; else cat; fi; }
# What a program prints that may hang on a dead network mount, and `@STATUS` behind it. What waits in
# the kernel may not even end by KILL, and who waits for it then hangs as well: it is left behind with
# nothing of ours open, and only so long is waited for what it says. Arguments: seconds, command.
qd_aside() {
  if [ -z "$qd_timeout" ]; then
    shift
    "$@"
    printf '@%s\n' "$?"
    return
  fi
  # shellcheck disable=SC2016
  { exec sh -c '"$@"; printf "@%s\n" "$?"' sh timeout -s KILL "$@" 3>&- 4>&- 5>&- & } |
    timeout -s KILL "$(($1 + 2))" cat
}
# The same for one that prints little, with its own status; 137 where it hangs.
qd_kill() {
  qd_k=$(qd_aside "$@")
  case ${qd_k##*@} in '' | *[!0-9]*) return 137 ;; esac
  printf '%s' "${qd_k%@*}"
  return "${qd_k##*@}"
}
# What a command says, complaints too, up to so many bytes, and its exit status, which a pipe alone
# would hide. Arguments: bytes, seconds, command.
qd_say() {
  qd_a=$1
  shift
  exec 4>&1
  qd_b=$({ { qd_limit "$@" 2>&1 3>&- 4>&-; echo $? >&3; } | qd_cap "$qd_a" 3>&- >&4; } 3>&1)
  exec 4>&-
  return "${qd_b:-1}"
}
qd_main() {
  printf '\n@@%s ready\n' "$1"
  while IFS= read -r qd_line; do
    eval "set -- $1 $qd_line"
    qd_nonce=$1 qd_id=$2
    shift 2
    case $1 in
    +) shift; eval "qd_kept_$1=\${qd_line#* + }" ;;
    =) eval "eval \"set -- \$qd_kept_$2\"" ;;
    esac
    case $1 in
    # What is asked each second costs not even a fork: its answer is in qd_out.
    qd_now_*)
      qd_out=
      "$@" </dev/null 2>/dev/null
      qd_status=$?
      ;;
    *)
      qd_out=$("$@" </dev/null 2>/dev/null; printf '@%s' "$?")
      qd_end=$?
      qd_status=${qd_out##*@}
      case $qd_end:$qd_status in
      # It ended its own shell and could not say how.
      [!0]* | 0: | *:*[!0-9]*) qd_status=$qd_end ;;
      *) qd_out=${qd_out%@*} ;;
      esac
      ;;
    esac
    printf '@@%s %s %s %s\n%s\n' "$qd_nonce" "$qd_id" "$qd_status" "${#qd_out}" "$qd_out"
    set -- "$qd_nonce"
  done
  exit 0
}
qd_ping() { :; }
