# shellcheck shell=bash
# Stories told on hosts. Each is a file in scenarios/ with a function `scenario`; what it
# installs lies in payload/.

# Installs payload file $3 on host $1 as $4, with mode $2. The rest, KEY=VALUE, replaces
# {{KEY}} in it.
put() {
  local name=$1 mode=$2 from=$lab_dir/payload/$3 to pair script=""
  to=$(host_root "$name")$4
  shift 4
  for pair in "$@"; do
    script+="s|{{${pair%%=*}}}|${pair#*=}|g;"
  done
  mkdir -p "${to%/*}"
  # By way of a new file: a running program must not change under its own feet.
  sed "$script" "$from" >"$to.new"
  chmod "$mode" "$to.new"
  mv "$to.new" "$to"
}

need_systemd() {
  case $(host_get "$1" kind) in
    systemd | no-rights) ;;
    *) die "host $1 has no systemd" ;;
  esac
}

unit_state() { guest "$1" systemctl show --property ActiveState,SubState --value "$2" | paste -sd/; }
unit_is() { [ "$(unit_state "$1" "$2")" = "$3" ]; }

command_scenario() {
  local story=${1:-}
  [ -f "$lab_dir/scenarios/$story.sh" ] ||
    die "which scenario? There are: $(cd "$lab_dir/scenarios" && printf '%s ' *.sh | sed 's/\.sh//g')"
  shift
  # shellcheck source=/dev/null
  . "$lab_dir/scenarios/$story.sh"
  scenario "$@"
}
