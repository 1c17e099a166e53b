# Sets how a path is seen (qd_su) and answers whether it can be: 0 it is a directory, 1 nothing is
# there, 2 we may not look, 3 it is something else, 4 it hangs. Arguments: how (plain, sudo), path.
qd_see() {
  qd_su=
  # In its own process: a shell that waits for a dead mount answers nothing any more.
  qd_kill 5 ls -dL "$2/." >/dev/null
  case $? in
  124 | 137) return 4 ;;
  0) if qd_kill 5 test -r "$2" && qd_kill 5 test -x "$2"; then return 0; fi ;;
  *)
    if qd_kill 5 test -e "$2"; then
      # A directory that may not be entered is there all the same.
      qd_kill 5 test -d "$2" || return 3
    else
      # What is below a directory that we may not enter is not missing.
      qd_p=${2%/}
      while qd_p=${qd_p%/*}; do
        [ -n "$qd_p" ] || return 1
        if qd_kill 5 test -e "$qd_p"; then
          if qd_kill 5 test -x "$qd_p"; then return 1; fi
          break
        fi
      done
    fi
    ;;
  esac
  [ "$1" = sudo ] || return 2
  qd_su='sudo -n'
  qd_kill 5 sudo -n ls -dL "$2/." >/dev/null && return 0
  qd_kill 5 sudo -n ls -dL "$2" >/dev/null && return 3
  return 1
}
# The same in a word, for the answer.
qd_seen() {
  case $1 in
  0) echo "place read" ;;
  1) echo "place missing" ;;
  2) echo "place denied" ;;
  3) echo "place other" ;;
  *) echo "place hung" ;;
  esac
}
# Copies in a directory, newest first: the last 500, and before those one of each day. Names with a
# line feed are counted and left out. Arguments: how, directory, pattern, type (f, d).
qd_backup_list() {
  echo "now $(date +%s)"
  qd_see "$1" "$2"
  qd_r=$?
  qd_seen "$qd_r"
  [ "$qd_r" = 0 ] || return 0
  echo "device $(qd_kill 5 $qd_su stat -L -c '%d' "$2/.")"
  qd_aside 20 $qd_su find -H "$2/" -maxdepth 1 ! -path "$2/" -name "$3" ! -name '*
*' -type "$4" -exec stat -c '%Y %s %d:%i %n' {} + | sort -rn | awk -v dir="$2/" '
    /^@/ { rc = substr($0, 2); next }
    {
      n++
      day = int($1 / 86400)
      if ((n <= 500 || day != last) && m < 2000) {
        m++
        name = $0
        sub(/^[^ ]* [^ ]* [^ ]* /, "", name)
        if (index(name, dir) == 1) name = substr(name, length(dir) + 1)
        print "copy " $1, $2, $3, name
      }
      last = day
    }
    END { print "count " n + 0; print "end " (rc == "" ? 137 : rc) }'
  qd_a=$(qd_kill 10 $qd_su find -H "$2/" -maxdepth 1 -name "$3" -name '*
*' -exec echo x \; | grep -c x)
  echo "strange $qd_a"
}
# What a source is, and its device and inode. Arguments: how, path.
qd_backup_source() {
  qd_see "$1" "$2"
  qd_r=$?
  qd_seen "$qd_r"
  case $qd_r in
  0) echo "self $(qd_kill 5 $qd_su stat -L -c '%d:%i %Y %s' "$2/.")" ;;
  3) echo "self $(qd_kill 5 $qd_su stat -L -c '%d:%i %Y %s' "$2")" ;;
  esac
}
