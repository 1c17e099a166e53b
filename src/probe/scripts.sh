# Commands that units start. Arguments: units.
qd_starters() {
  if [ $# -gt 0 ] && [ -d /run/systemd/system ]; then
    qd_limit 4 systemctl show -p Id -p ExecStart -p ExecStartPre -- "$@" | qd_cap 524288 | sed 's/^/unit /'
  fi
}
# Scripts of a shell. Arguments: how (plain, sudo), then paths.
qd_scripts() {
  qd_how=$1
  shift
  for qd_p; do
    qd_s=
    if ! [ -r "$qd_p" ]; then
      if [ "$qd_how" = sudo ]; then qd_s="sudo -n"; else echo "unread $qd_p"; continue; fi
    fi
    # A pipe or a device might never end.
    qd_limit 3 $qd_s test -f "$qd_p" || continue
    case $(qd_limit 3 $qd_s head -c 64 -- "$qd_p" | head -n 1) in
    '#!'*sh | '#!'*'sh '*) ;;
    *) continue ;;
    esac
    echo "script $qd_p"
    echo "changed $(qd_limit 3 $qd_s stat -L -c %Y -- "$qd_p")"
    qd_limit 3 $qd_s head -c 65536 -- "$qd_p" | sed 's/^/|/'
    # A last line may lack its end.
    echo
  done | qd_cap 2200000
}
