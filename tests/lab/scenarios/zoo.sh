# shellcheck shell=bash
# lab scenario zoo NAME
#
# One unit for each way to be: healthy, failed at every step of starting, restarting too
# fast or without end, timed, and with a name or description that bites.

zoo_is() { unit_is "$1" "$2.service" "$3"; }

scenario() {
  need_host "${1:-}"
  need_systemd "$1"
  local name=$1 unit units=()
  for unit in "$lab_dir"/payload/zoo/*.{service,timer}; do
    unit=${unit##*/}
    put "$name" 644 "zoo/$unit" "/etc/systemd/system/$unit"
    case $unit in *@* | tick.service) ;; *) units+=("$unit") ;; esac
  done
  # An escape sequence that colors, one that sets the window's title, and a mark that
  # turns the writing direction around. Written here, where one can see them.
  printf '[Unit]\nDescription=red \e[31m title \e]0;gotcha\a bidi \u202egnp.exe\n[Service]\nExecStart=/bin/sh -c %s\n' \
    "'printf \"\\\\033[2J\\\\033]0;gotcha\\\\007 log line\\\\n\"; exec sleep infinity'" \
    >"$(host_root "$name")/etc/systemd/system/escape.service"
  units+=(escape.service template@one.service 'template@a\x20b\x2fc.service')

  guest "$name" systemctl daemon-reload
  guest "$name" systemctl start --no-block "${units[@]}"
  host_wait "$name" zoo_is "$name" good active/running
  for unit in execbad nsbad userbad chdirbad startlimit killed; do
    host_wait "$name" zoo_is "$name" "$unit" failed/failed
  done
}
