# Units as systemd sees them, where its bus cannot be reached. Arguments: properties, then units.
# Not through a pipe: the status is systemctl's, 124 when it hangs.
qd_units() {
  qd_a=$1
  shift
  qd_limit 8 systemctl show --no-pager -p "$qd_a" -- "$@" 2>&1
}
# Names of loaded services that are not simply down.
qd_services() {
  qd_limit 8 systemctl list-units --type=service --state=active,reloading,activating,deactivating,failed \
    --no-legend --no-pager --plain 2>&1
}
