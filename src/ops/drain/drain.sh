# shellcheck shell=sh disable=SC2154,SC2094
# Takes servers out of nginx's pools and puts them back. Read by the steps of a balancer, in the
# operation's own directory, where they keep
#   steer     the console's word: BEAT DRAIN GO STOP KEPT...: a number that is another one each time,
#             the last batch whose servers are to be taken out, the last one that is over, whether no
#             further one comes, and servers that are not to be put back
#   drained.N what was marked `down` for batch N: UPSTREAM ADDRESS FILE
#   loaded.N  nginx was told of it
#   saved.N.M the file as it was
#   kept      servers that stay as they are
now() {
  IFS=' ' read -r up _ </proc/uptime
  echo "${up%.*}"
}
# Waits for the console's word: drain or go. Who hears nothing for so many seconds does not wait on.
await() {
  last='' heard=$(now)
  while :; do
    beat='' drain=0 go=0 stop=0 kept=
    if [ -e steer ]; then IFS=' ' read -r beat drain go stop kept <steer; fi
    if [ "$beat" != "$last" ]; then last=$beat heard=$(now); fi
    if [ "$1" = drain ]; then word=$drain; else word=$go; fi
    if [ "$word" -ge "$batch" ] || [ "$stop" = 1 ]; then
      printf '%s\n' "$kept" >kept
      # The runner ends at the next step's border, and takes back what was begun.
      if [ "$stop" = 1 ]; then : >cancel; fi
      return 0
    fi
    if [ "$1" = drain ] && [ -e cancel ]; then return 0; fi
    if [ $(($(now) - heard)) -ge "$dead" ]; then
      echo "no word from the console for $dead s"
      return 1
    fi
    sleep 0.1 || sleep 1
  done
}
# nginx's first process, as it says itself.
master() {
  file=$(nginx -T 2>/dev/null | sed -n 's/^[[:space:]]*pid[[:space:]]\{1,\}\([^;[:space:]]*\).*/\1/p' | head -n 1)
  [ -n "$file" ] || file=$(nginx -V 2>&1 | sed -n 's/.*--pid-path=\([^ ]*\).*/\1/p')
  pid=
  if [ -r "$file" ]; then IFS=' ' read -r pid <"$file"; fi
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  [ -d "/proc/$pid" ] && echo "$pid"
}
# Workers of that first process that take requests; those that end only finish what they had.
workers() {
  for stat in /proc/[0-9]*/stat; do
    IFS= read -r line <"$stat" || continue
    case $line in *' (nginx) '*) ;; *) continue ;; esac
    line=${line##*') '}
    line=${line#* }
    [ "${line%% *}" = "$1" ] || continue
    title=
    IFS= read -r title <"${stat%stat}cmdline" || :
    case $title in
    *'shutting down'*) ;;
    'nginx: worker process'*) stat=${stat#/proc/} && echo "${stat%/stat}" ;;
    esac
  done 2>/dev/null
}
# Lets nginx read its files again, and waits until no worker goes by the old ones.
reload() {
  first=$(master) || { echo 'nginx does not run'; return 1; }
  old=" $(workers "$first" | tr '\n' ' ')"
  if ! nginx -s reload 2>tested; then cat tested; return 1; fi
  tries=0
  while [ "$tries" -lt 100 ]; do
    fresh=0 stale=0
    for one in $(workers "$first"); do
      case $old in *" $one "*) stale=1 ;; *) fresh=1 ;; esac
    done
    if [ "$fresh" = 1 ] && [ "$stale" = 0 ]; then return 0; fi
    tries=$((tries + 1))
    sleep 0.1 || sleep 1
  done
  echo 'nginx began no new workers within 10 s: its error log has why'
  return 1
}
# Prints what a file becomes: MODE FILE UPSTREAM ADDRESSES. What differs is told in `changed`.
become() {
  rm -f changed && : >changed
  # An unfinished last line stays so.
  ends=$(tail -c 1 "$2" | tr '\n' x)
  if [ "$ends" != x ]; then ends=; fi
  qd_ends=$ends qd_mode=$1 qd_upstream=$3 qd_servers=$4 awk "$servers" "$2"
}
list() { qd_mode=list qd_upstream=$2 qd_servers='' awk "$servers" "$1"; }
# Puts `new` in a file's place, whole or not at all, with its owner and mode. A name with a dot first
# is included by no pattern of nginx.
replace() {
  temp=${1%/*}/.${1##*/}.quarterdeck
  rm -f -- "$temp"
  if [ -s new ] && cp -a -- "$1" "$temp" && cat new >"$temp" && { sync "$temp" 2>/dev/null || sync; } &&
    mv -f -- "$temp" "$1"; then
    return 0
  fi
  rm -f -- "$temp"
  printf '%s\n' "$1 cannot be written"
  return 1
}
# Marks servers of a pool `down`: FILE UPSTREAM ADDRESSES ALL LEAST. So many of all have to be left
# in each, and one of anybody's.
take() {
  file=$(readlink -f -- "$1")
  if ! [ -f "$file" ]; then printf '%s\n' "there is no file $1"; return 1; fi
  saved=$((saved + 1))
  cp -a -- "$file" "saved.$batch.$saved" && become drain "$file" "$2" "$3" >new || return 1
  list new "$2" >after
  while IFS=' ' read -r pool address; do
    left=0 own=0
    while IFS=' ' read -r its other state; do
      if [ "$its" != "$pool" ] || [ "$state" = down ]; then continue; fi
      left=$((left + 1))
      case " $4 " in *" $other "*) own=$((own + 1)) ;; esac
    done <after
    if [ "$left" = 0 ]; then echo "without $address nobody would be left in $pool"; return 1; fi
    if [ "$own" -lt "$5" ]; then
      echo "without $3 only $own would be left in $pool, and min_available asks for $5"
      return 1
    fi
    echo "$pool: $address is marked down; $left are left"
    printf '%s %s %s\n' "$pool" "$address" "$file" >>"drained.$batch"
  done <changed
  if ! [ -s changed ]; then printf '%s\n' "$3 is down already in $1: it stays so"; return 0; fi
  replace "$file"
}
# Takes out the servers for which `take` was called, and waits until nginx has no connection to them:
# SECONDS ADDRESSES.
drain() {
  if ! nginx -t 2>tested; then
    cat tested
    echo 'nginx does not take it: the files are put back'
    return 1
  fi
  : >"loaded.$batch"
  ours >"workers.$batch"
  reload || return 1
  echo "nginx sends nothing new to $2"
  end=$(($(now) + $1))
  while :; do
    open=0
    for one in $2; do
      # Without ss(8) nobody knows, and the time is waited.
      if have ss; then some=$(ss -Htnp state established dst "$one" | grep -c '"nginx"'); else some=1; fi
      open=$((open + some))
    done
    if [ "$open" = 0 ]; then echo 'no connection to it is open any more'; return 0; fi
    if [ "$(now)" -ge "$end" ]; then
      echo "connections are still open after $1 s ($open): they are not waited for"
      return 0
    fi
    sleep 0.2 || sleep 1
  done
}
have() { command -v "$1" >/dev/null 2>&1; }
# A file that is as it was before has its old time as well: nobody is to think that it was changed.
again() {
  for one in "saved.$batch".*; do
    if [ "$(cksum <"$one")" = "$(cksum <"$1")" ]; then touch -r "$one" -- "$1"; fi
  done
}
# Puts back what was marked `down` for this batch, unless it is to stay so. Done twice it does no harm.
put_back() {
  [ -s "drained.$batch" ] || { undone; return; }
  : >left && : >rest
  if ! [ -e kept ]; then : >kept; fi
  IFS= read -r kept <kept || :
  bad=0
  while IFS=' ' read -r pool address file; do
    case " $kept " in
    *" $address "*)
      printf '%s\n' "$pool: $address STAYS DOWN in $file: it is not known to be healthy"
      printf '%s %s %s\n' "$pool" "$address" "$file" >>left
      continue
      ;;
    esac
    become back "$file" "$pool" "$address" >new
    if [ -s changed ] && ! replace "$file"; then
      bad=1
      printf '%s %s %s\n' "$pool" "$address" "$file" >>rest
      continue
    fi
    again "$file"
    echo "$pool: $address is put back"
  done <"drained.$batch"
  # What stays down is not touched again; what could not be written is tried again.
  cat left >>"left.$batch"
  mv -f rest "drained.$batch"
  undone || return 1
  return "$bad"
}
# Lets nginx know, where it was told of the drain.
undone() {
  [ -e "loaded.$batch" ] || return 0
  if ! master >/dev/null; then
    echo 'nginx does not run: it reads its files when it starts'
  elif ! nginx -t 2>tested; then
    cat tested
    as_before || { echo 'nginx does not take its files: what is put back there is not yet in force'; return 1; }
  else
    reload || as_before || return 1
  fi
  rm -f "loaded.$batch"
}
# The workers there are, in one line.
ours() { first=$(master) && workers "$first" | sort | tr '\n' ' '; }
# Whether no worker has begun since before the drain: nginx never took anybody out.
as_before() {
  [ -s "workers.$batch" ] && [ "$(ours)" = "$(cat "workers.$batch")" ] || return 1
  echo 'nginx goes by what it read before: it never took anybody out'
}
# Waits until servers of this batch take connections, SECONDS at most: nobody is there to say whether
# they are healthy.
answering() {
  end=$(($(now) + $1))
  if ! [ -s "drained.$batch" ] || ! have bash; then return 0; fi
  while IFS=' ' read -r _ address _; do
    case $address in unix:*) continue ;; esac
    case " $(cat kept) " in *" $address "*) continue ;; esac
    host=${address%:*}
    host=${host#[}
    # shellcheck disable=SC2016
    until timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "${host%]}" "${address##*:}" 2>/dev/null; do
      if [ "$(now)" -ge "$end" ]; then
        echo "$address takes no connections; nginx itself passes over it"
        break
      fi
      sleep 0.5 || sleep 1
    done
  done <"drained.$batch"
}
saved=0
