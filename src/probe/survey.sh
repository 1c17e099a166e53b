# A close look for `init`. Each function is asked once; nothing is changed.
# As root where that is allowed. Arguments: seconds, command.
qd_survey_root() {
  if [ "$qd_how" = sudo ]; then
    qd_s=$1
    shift
    qd_limit "$qd_s" sudo -n "$@"
  else qd_limit "$@"; fi
}
# Names of units, loaded ones and those that have a file.
qd_survey_units() {
  qd_have systemctl || return 127
  qd_limit 8 systemctl list-units --type=service,timer --all --no-legend --no-pager --plain |
    qd_cap 524288 | sed 's/^/loaded /'
  qd_limit 8 systemctl list-unit-files --type=service,timer --no-legend --no-pager |
    qd_cap 524288 | sed 's/^/file /'
}
# Which of these files belong to a package.
qd_survey_owned() {
  if qd_have dpkg-query; then
    echo 'by dpkg'
    qd_limit 20 dpkg-query -S -- "$@" | sed 's/^/owned /'
  elif qd_have rpm; then
    echo 'by rpm'
    qd_limit 20 rpm -qf -- "$@" | sed 's/^/owned /'
  elif qd_have pacman; then
    echo 'by pacman'
    qd_limit 20 pacman -Qo -- "$@" | sed 's/^/owned /'
  fi
}
# What paths are. Arguments: how (plain, sudo), paths.
qd_survey_paths() {
  qd_how=$1
  shift
  qd_survey_root 8 sh -c 'n=0
    for a in "$@"; do
      if [ -d "$a" ]; then echo "$n directory"; elif [ -f "$a" ]; then echo "$n file"
      elif [ -e "$a" ]; then echo "$n other"; else echo "$n missing"; fi
      n=$((n + 1))
    done' sh "$@"
}
# Scripts, each line behind a space. Arguments: how (plain, sudo), paths.
qd_survey_read() {
  qd_how=$1
  shift
  qd_survey_root 8 sh -c 'n=0
    for f in "$@"; do
      if [ -f "$f" ] && [ "$(head -c 2 "$f")" = "#!" ]; then
        echo "file $n"
        head -c 65536 "$f" | sed "s/^/ /"
        echo
      fi
      n=$((n + 1))
    done' sh "$@" | qd_cap 2097152
}
# Which of the usual paths answers first with 200. Arguments: address:port.
qd_survey_http() {
  unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
  for qd_a in "$@"; do
    for qd_b in /health /healthz /api/health /-/healthy /actuator/health /status /; do
      qd_c=$(qd_survey_get "http://$qd_a$qd_b")
      qd_d=${qd_c##*
}
      case $qd_d in
      # Not HTTP, or too slow: the other paths will not be better.
      'end 000 '* | 'end '*' 28') break ;;
      'end 200 0')
        echo "answer $qd_a $qd_b"
        printf '%s\n' "$qd_c" | sed 's/^/ /'
        break
        ;;
      esac
    done
  done
}
# The end of a body, and in a line of its own the code and the tool's exit status.
qd_survey_get() {
  if qd_have curl; then
    {
      curl -s -m 2 --noproxy '*' -w '\nend %{http_code}' "$1"
      echo " $?"
    } | tail -c 4096
  elif qd_have wget; then
    {
      qd_limit 3 wget -q -T 2 -O - "$1"
      # GNU wget says 8 where the server said no; that of busybox says 1 to everything.
      case $? in
      0) printf '\nend 200 0\n' ;;
      1 | 8) printf '\nend 404 0\n' ;;
      *) printf '\nend 000 1\n' ;;
      esac
    } | tail -c 4096
  else printf 'end 000 127\n'; fi
}
# Containers that run. Arguments: how (plain, sudo).
qd_survey_docker() {
  qd_have docker || return 0
  qd_e='{{.Names}}|{{.Image}}|{{.Label "com.docker.compose.project"}}|{{.Label "com.docker.compose.service"}}|{{.Ports}}'
  if qd_a=$(qd_limit 5 docker ps --format "$qd_e"); then :
  elif [ "$1" = sudo ] && qd_a=$(qd_limit 5 sudo -n docker ps --format "$qd_e"); then :
  else
    # Docker 20 to 28: `permission denied while trying to connect`, `Cannot connect to the Docker
    # daemon … Is the docker daemon running?`; podman says it otherwise.
    qd_limit 5 docker ps 2>&1 | tail -n 1 | qd_cap 400 | sed 's/^/refused /'
    return 0
  fi
  printf '%s\n' "$qd_a" | qd_cap 262144 | sed 's/^/container /'
}
