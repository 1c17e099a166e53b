# shellcheck shell=bash
# lab scenario many NAME [N]
#
# N (5000) loaded units. They cost nothing: none runs. A target that runs is ordered after
# them all, which keeps the manager from forgetting them.

many_loaded() {
  [ "$(guest "$1" systemctl list-units --all --plain --no-legend 'many-*.service' | wc -l)" -eq "$2" ]
}

scenario() {
  need_host "${1:-}"
  need_systemd "$1"
  local name=$1 count=${2:-5000} units n
  units=$(host_root "$name")/etc/systemd/system
  [[ $count =~ ^[1-9][0-9]*$ ]] || die "many: how many is $count?"
  rm -f "$units"/many-*.service
  for n in $(seq -w "$count"); do
    printf '[Unit]\nDescription=One of many, number %s\n[Service]\nType=oneshot\nExecStart=/bin/true\n' \
      "$n" >"$units/many-$n.service"
  done
  {
    printf '[Unit]\nDescription=Keeps many units loaded\n'
    seq -w "$count" | sed 's/.*/After=many-&.service/'
  } >"$units/many.target"
  guest "$name" systemctl daemon-reload
  guest "$name" systemctl start many.target
  host_wait "$name" many_loaded "$name" "$count"
}
