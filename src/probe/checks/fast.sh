# Pages without TLS and connections, asked by one process of bash 5, where curl costs the host ten
# milliseconds for each. What it is not sure of it leaves out, and then curl is asked. Arguments: for
# each its number, kind (page, tcp), milliseconds, host, port, authority and path. Frames as of qd_check.
# What answered soon the last time, on its own host, is of kind near-page or near-tcp: those are asked one
# after the other by one child, since a process for each is most of what they cost. Whoever does
# not answer it at once is asked by a process of his own, as the others are, and holds up nobody.
qd_fast() {
  qd_have bash || return 0
  bash -c "$qd_fast_program" bash "$@"
}
# Written to the standard output of a child: `page MICROSECONDS ` and the answer, `open MICROSECONDS`,
# or bash's own complaint; of that for all near ones: the numbers of those whose frames it has printed.
# An answer's end is where it says; bytes of zero are lost.
# shellcheck disable=SC2016
qd_fast_program='
LC_ALL=C
IFS=" "
now() { moment=${EPOCHREALTIME/[.,]/}; }
get() {
  local head= size= chunked= line= part= n=0
  body=
  printf "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: quarterdeck\r\nAccept: */*\r\nConnection: close\r\n\r\n" \
    "$2" "$1" >&5 || return
  while :; do
    IFS= read -r line <&5 || return
    head+=$line$lf line=${line%$cr}
    [ ${#head} -lt 65536 ] || return
    case ${line,,} in
    "") break ;;
    content-length:*) size=${line#*:} size=${size//[ $tab]/} ;;
    transfer-encoding:*) chunked=${line#*:} chunked=${chunked//[ $tab]/} ;;
    esac
  done
  [[ $head =~ ^HTTP/1\.[01]\ ([2-9][0-9][0-9])[^0-9] ]] || return
  status=${BASH_REMATCH[1]}
  if [[ $status = 204 || $status = 304 ]]; then :
  elif [[ ${chunked,,} = chunked ]]; then
    while :; do
      IFS= read -r line <&5 || return
      line=${line%$cr} line=${line%%;*}
      [[ $line =~ ^[0-9a-fA-F]{1,8}$ ]] || return
      n=$((16#$line))
      [ $n -gt 0 ] && [ ${#body} -lt 65536 ] || break
      [ $n -le 65536 ] || n=65536
      IFS= read -r -N $n part <&5
      [ ${#part} -eq $n ] || return
      body+=$part
      IFS= read -r line <&5 || return
    done
  elif [[ -n $chunked ]]; then return 1
  elif [[ -z $size ]]; then IFS= read -r -N 65536 body <&5
  else
    [[ $size =~ ^[0-9]{1,15}$ ]] || return
    n=$((10#$size))
    [ $n -le 65536 ] || n=65536
    [ $n -eq 0 ] || IFS= read -r -N $n body <&5
    [ ${#body} -eq $n ] || return
  fi
  body=$head$body
}
page() {
  now
  local began=$moment body= status=
  exec 5<>"/dev/tcp/$1/$2" || exit
  get "$3" "$4" || exit
  now
  printf "page %s %s %s" $((moment - began)) $status "$body"
}
open() {
  now
  local began=$moment
  exec 5<>"/dev/tcp/$1/$2" || exit
  now
  echo "open $((moment - began)) 0 "
}
# Number, status, microseconds, tool, answer, what else is known.
frame() {
  local about frame
  printf -v about "w %s %d.%06d \n%src %s 0" $2 $(($3 / 1000000)) $(($3 % 1000000)) "$6" $4
  frame=$5@$about@${#about}
  printf "check %s %s\n%s\n" $1 ${#frame} "$frame"
}
# Short answers only: what one write takes into the pipe is whole, also when this is ended.
near() {
  local body status began tool
  while [ $# -gt 6 ]; do
    body= status=0 tool=bash
    now
    began=$moment
    if exec 5<>"/dev/tcp/$4/$5"; then
      if [ $2 = near-tcp ] || { tool=page && get "$6" "$7" && [ ${#body} -lt 2048 ]; }; then
        now
        frame $1 $status $((moment - began)) $tool "$body" "near 1$lf" >&6
        printf "%s " $1
      fi
      exec 5>&-
    fi
    shift 7
  done
  printf .
}
[ -n "$EPOCHREALTIME" ] || exit 0
printf -v cr "\r"
printf -v tab "\t"
lf="
"
ids=() kinds=() limits=() fds=() pids=() close=()
ask() {
  if [ "$2" = page ]; then exec {fd}< <(page "$4" "$5" "$6" "$7" 2>&1)
  else exec {fd}< <(open "$4" "$5" 2>&1); fi
  now
  ids+=($1) kinds+=($2) limits+=($(($3 * 1000 + moment - began))) fds+=($fd) pids+=($!)
}
now
began=$moment
while [ $# -gt 6 ]; do
  if [[ $2 = near-* ]]; then close+=("${@:1:7}"); else ask "${@:1:7}"; fi
  shift 7
done
if [ ${#close[@]} -gt 0 ]; then
  exec 6>&1 {fd}< <(near "${close[@]}" 2>/dev/null)
  helper=$! had=
  IFS= read -r -d. -t 1 -u $fd had || kill $helper
  exec 6>&-
  set -- "${close[@]}"
  while [ $# -gt 6 ]; do
    case " $had" in
    *" $1 "*) ;;
    *) ask $1 ${2#near-} "${@:3:5}" ;;
    esac
    shift 7
  done
fi
for i in "${!ids[@]}"; do
  id=${ids[i]} kind=${kinds[i]} text=
  now
  left=$((limits[i] - moment + began))
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
      if [ $kind = page ]; then frame $id $status $took page "$text"
      else frame $id 0 $took bash ""; fi
      continue
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
