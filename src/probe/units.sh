# Units as systemd sees them, where its bus cannot be reached. Arguments: properties, then units.
qd_units() {
  qd_a=$1
  shift
  qd_capped 2097152 qd_limit 8 systemctl show --no-pager -p "$qd_a" -- "$@"
}
# Names of loaded services that are not simply down.
qd_services() {
  qd_capped 524288 qd_limit 8 systemctl list-units --type=service --no-legend --no-pager --plain \
    --state=active,reloading,activating,deactivating,failed
}
