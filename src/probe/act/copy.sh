# Where what is copied would lie, and what is kept there. Changes nothing. Arguments: subject, directory. The
# user it belongs to is known; what is in the directory is asked by rsync(1) from the console.
qd_act_copy() {
  qd_s=$1 qd_d=$2
  for qd_x in rsync sha256sum find xargs; do
    if ! qd_have "$qd_x"; then
      echo "deploy.fault the host has no $qd_x: install the package that has it"
      return 0
    fi
  done
  qd_b=$(qd_act_store "$qd_s" "$qd_d")
  case $qd_b in
  *'
'*)
    qd_act_line deploy.fault "$qd_b has a line feed in its name"
    return 0
    ;;
  esac
  printf 'deploy.store %s\n' "$qd_b"
  # So that what is not kept is known not to be; of what is, the sums of the lists.
  echo 'deploy.kept -'
  # shellcheck disable=SC2016
  qd_act_as sh -c 'cd -- "$0/trees" && find . -mindepth 1 -maxdepth 1 -type d && grep -Es "^[0-9a-f]{64}$" /dev/null ./*.sum' "$qd_b" 2>/dev/null |
    sed -n -e 's|^\./\([0-9A-Za-z]*\)$|deploy.kept \1|p' \
      -e 's|^\./\([0-9A-Za-z]*\)\.sum:\([0-9a-f]*\)$|deploy.sum \1 \2|p' | head -n 200
}
# Where what is beside a directory is kept: on the same file system, so that nothing has to be copied.
# Arguments: subject, directory.
qd_act_store() {
  qd_x=$(cd -- "$2" && pwd -P)
  qd_y=${qd_x%/*}
  if [ "$(stat -c %d -- "${qd_y:-/}")" = "$(stat -c %d -- "$qd_x")" ] && [ "$qd_x" != / ]; then
    echo "$qd_y/.quarterdeck-$1"
  else
    echo "$qd_x/.quarterdeck-$1"
  fi
}
# Makes room for what is sent. Whoever asks holds the claim, so that what is there was given up.
# Arguments: operation, store, owner.
qd_act_room() {
  qd_b=$2 qd_u=$3
  qd_h=$(getent passwd "$qd_u" | cut -d : -f 6)
  if ! [ -e "$qd_b" ] && ! [ -L "$qd_b" ]; then
    # By its owner where that may; else by root, who gives away what was made and nothing else that has come
    # to that name since.
    qd_act_as mkdir -m 700 -- "$qd_b" || (
      mkdir -m 700 -- "$qd_b" && cd -P -- "$qd_b" && [ "$(pwd -P)" = "$qd_b" ] &&
        [ "$(stat -c '%u %a' .)" = '0 700' ] && chown -- "$qd_u" .
    )
  fi
  if [ "$(stat -c '%F %U' -- "$qd_b")" != "directory $qd_u" ]; then
    echo "fault $qd_b is not a directory of $qd_u"
    return 73
  fi
  qd_act_open "$qd_b/incoming"
  qd_act_as rm -rf -- "$qd_b/incoming"
  qd_act_as mkdir -p -- "$qd_b/incoming/$1" || { echo "fault $qd_b/incoming cannot be made"; return 73; }
}
# Arguments: operation, store, owner.
qd_act_unroom() {
  qd_b=$2 qd_u=$3
  case $1 in '' | *[!0-9A-Za-z]*) return 0 ;; esac
  qd_act_open "$qd_b/incoming/$1"
  qd_act_as rm -rf -- "$qd_b/incoming/$1"
}
# Lets its owner remove what is in directories that are not to be written in. Files may be links to what runs,
# and keep their modes. Argument: directory.
qd_act_open() {
  if [ -d "$1" ]; then qd_act_as find "$1" -type d ! -perm -700 -exec chmod u+rwx {} \;; fi
}
