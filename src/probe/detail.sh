# One unit closely. Arguments: properties, unit; or unit; or how to read the journal, unit.
qd_properties() { qd_say 262144 8 systemctl show --no-pager -p "$1" -- "$2"; }
qd_cat() { qd_say 524288 8 systemctl cat --no-pager -- "$1"; }
qd_last() { qd_how=$1; qd_journalctl -o json -n 80 -u "$2" | qd_cap 1048576; }
