# Pages without TLS and connections, asked by one process of bash 5, where curl costs the host ten
# milliseconds for each. What it is not sure of it leaves out, and then curl is asked. Arguments: for
# each its number, kind (page, tcp), milliseconds, host, port, authority and path. Frames as of qd_check.
qd_fast() {
  qd_have bash || return 0
  bash -c "$qd_fast_program" bash "$@"
}
# Written to the standard output of a child: `page MICROSECONDS ` and the answer, `open MICROSECONDS`,
# or bash's own complaint. An answer's end is where it says; bytes of zero are lost.
# shellcheck disable=SC2016
qd_fast_program='
LC_ALL=C
IFS=" "
now() { moment=${EPOCHREALTIME/[.,]/}; }
page() {
  now
  local head= size= chunked= line= status= body= part= n=0 began=$moment
  exec 5<>"/dev/tcp/$1/$2" || exit
  printf "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: quarterdeck\r\nAccept: */*\r\nConnection: close\r\n\r\n" \
    "$4" "$3" >&5 || exit
  while :; do
    IFS= read -r line <&5 || exit
    head+=$line$lf line=${line%$cr}
    [ ${#head} -lt 65536 ] || exit
    case ${line,,} in
    "") break ;;
    content-length:*) size=${line#*:} size=${size//[ $tab]/} ;;
    transfer-encoding:*) chunked=${line#*:} chunked=${chunked//[ $tab]/} ;;
    esac
  done
  [[ $head =~ ^HTTP/1\.[01]\ ([2-9][0-9][0-9])[^0-9] ]] || exit
  status=${BASH_REMATCH[1]}
  if [[ $status = 204 || $status = 304 ]]; then :
  elif [[ ${chunked,,} = chunked ]]; then
    while :; do
      IFS= read -r line <&5 || exit
      line=${line%$cr} line=${line%%;*}
      [[ $line =~ ^[0-9a-fA-F]{1,8}$ ]] || exit
      n=$((16#$line))
      [ $n -gt 0 ] && [ ${#body} -lt 65536 ] || break
      [ $n -le 65536 ] || n=65536
      IFS= read -r -N $n part <&5
      [ ${#part} -eq $n ] || exit
      body+=$part
      IFS= read -r line <&5 || exit
    done
  elif [[ -n $chunked ]]; then exit
  elif [[ -z $size ]]; then IFS= read -r -N 65536 body <&5
  else
    [[ $size =~ ^[0-9]{1,15}$ ]] || exit
    n=$((10#$size))
    [ $n -le 65536 ] || n=65536
    [ $n -eq 0 ] || IFS= read -r -N $n body <&5
    [ ${#body} -eq $n ] || exit
  fi
  now
  printf "page %s %s %s%s" $((moment - began)) $status "$head" "$body"
}
open() {
  now
  local began=$moment
  exec 5<>"/dev/tcp/$1/$2" || exit
  now
  echo "open $((moment - began)) 0 "
}
[ -n "$EPOCHREALTIME" ] || exit 0
cr=$(printf "\r") tab=$(printf "\t") lf="
"
ids=() kinds=() limits=() fds=() pids=()
now
began=$moment
while [ $# -gt 6 ]; do
  if [ "$2" = page ]; then exec {fd}< <(page "$4" "$5" "$6" "$7" 2>&1)
  else exec {fd}< <(open "$4" "$5" 2>&1); fi
  ids+=($1) kinds+=($2) limits+=($3) fds+=($fd) pids+=($!)
  shift 7
done
for i in "${!ids[@]}"; do
  id=${ids[i]} kind=${kinds[i]} text=
  now
  left=$((limits[i] * 1000 - moment + began))
  # What came in time waits in the pipe.
  [ $left -gt 200000 ] || left=200000
  printf -v left "%d.%06d" $((left / 1000000)) $((left % 1000000))
  IFS= read -r -N 262144 -t $left -u ${fds[i]} text
  if [ $? -gt 128 ]; then
    kill ${pids[i]}
    text=
    if [ $kind = page ]; then end="page 28"; else end="bash 124"; fi
    about=
  else
    case $kind:$text in
    "page:page "* | "tcp:open "*)
      text=${text#* }
      took=${text%% *} text=${text#* }
      status=${text%% *} text=${text#* }
      printf -v about "w %s %d.%06d " $status $((took / 1000000)) $((took % 1000000))
      if [ $kind = page ]; then end="page 0"; else end="bash 0" text=; fi
      ;;
    *:*": connect: Connection refused"*)
      about="bash: connect: Connection refused" text=
      if [ $kind = page ]; then end="page 7"; else end="bash 1"; fi
      ;;
    *) continue ;;
    esac
  fi
  about+=$lf"rc $end"
  frame=$text@$about@${#about}
  printf "check %s %s\n%s\n" $id ${#frame} "$frame"
done'
