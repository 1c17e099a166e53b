# Units as systemd sees them, where its bus cannot be reached. Arguments: properties, then units.
qd_units() {
  qd_names=$1
  shift
  qd_have systemctl || return 127
  qd_say 2097152 8 systemctl show --no-pager -p "$qd_names" -- "$@"
}
# Names of loaded services that are not simply down.
qd_services() {
  qd_have systemctl || return 127
  qd_say 524288 8 systemctl list-units --type=service --no-legend --no-pager --plain \
    --state=active,reloading,activating,deactivating,failed
}
