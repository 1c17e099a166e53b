# The last lines of units' last runs. Arguments: how to read the journal (plain, sudo), lines, then
# for each unit its name and the run's id, or `-`: then the last lines of all its runs.
qd_words() {
  qd_how=$1 qd_n=$2
  shift 2
  while [ $# -gt 1 ]; do
    echo "unit $1 $2"
    # What its processes said, and what systemd said of this run. journald does not know the run of
    # a process that was gone before it looked, only the unit: those lines are sorted out later.
    if [ "$2" = - ]; then qd_journalctl -o json -n "$qd_n" -u "$1"
    else
      qd_journalctl -o json -n "$qd_n" _SYSTEMD_INVOCATION_ID="$2" + INVOCATION_ID="$2" + _SYSTEMD_UNIT="$1"
    fi | tail -c 131072
    echo
    shift 2
  done
}
