# What the journal knows of the time before this connection. Arguments: how to read the journal
# (plain, sudo), then units.
qd_journalctl() {
  if [ "$qd_how" = sudo ]; then qd_limit 8 sudo -n journalctl -q --no-pager "$@"
  else qd_limit 8 journalctl -q --no-pager "$@"; fi
}
qd_history() {
  qd_how=$1
  shift
  qd_a=$(qd_journalctl -o short-unix | head -n 1)
  echo "first ${qd_a%% *}"
  qd_n=$#
  while [ "$qd_n" -gt 0 ]; do
    set -- "$@" "UNIT=$1"
    shift
    qd_n=$((qd_n - 1))
  done
  # "Scheduled restart job", systemd 235 and later.
  qd_a=5eb03494b6584870a536b337290809b3
  qd_journalctl -o short-unix --since=-3600s MESSAGE_ID=$qd_a "$@" | tail -c 3000000 |
    while IFS= read -r qd_b; do echo "restart $qd_b"; done
  # Before, it is known by its words only.
  if ! qd_journalctl --output-fields=UNIT -n 0 >/dev/null 2>&1; then
    qd_journalctl -o short-unix --since=-3600s _PID=1 "$@" | grep -F 'scheduling restart' |
      tail -c 3000000 | while IFS= read -r qd_b; do echo "restart $qd_b"; done
  fi
  # "Unit process exited", systemd 245 and later.
  qd_a=98e322203f7a4ed290d09fe03c09fe15
  echo exits
  qd_journalctl -o export --output-fields=UNIT,EXIT_CODE,EXIT_STATUS,COMMAND -n 200 MESSAGE_ID=$qd_a "$@"
}
