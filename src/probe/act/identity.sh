# Whether the data of this host may be replaced by that of another environment: says what speaks against it,
# and nothing where nothing does. It goes by /etc/quarterdeck/identity, which is root's, and has lines such as
#   environment = "development"
#   replaceable = "/srv/app/data"
# Arguments: the environment, the one that the data comes from, that one's machine, the directory that is
# replaced, and of the source its path, device:inode and place.
qd_identity() {
  qd_i=/etc/quarterdeck/identity
  qd_w="environment = \"$1\""
  if ! [ -e "$qd_i" ] && ! [ -L "$qd_i" ]; then
    qd_say "this host does not say what it is: if it is of $1 and its data may be replaced, run there as root: $(qd_mend "$qd_w")"
    return 1
  fi
  for qd_x in "${qd_i%/*}" "$qd_i"; do
    case $(stat -c '%F %u %a' -- "$qd_x") in
    'regular file 0 '*[2367][0-7] | 'regular file 0 '*[2367] | 'directory 0 '*[2367][0-7] | 'directory 0 '*[2367]) ;;
    'regular file 0 '* | 'directory 0 '*) continue ;;
    esac
    qd_say "$qd_x is not root's alone to write, or empty: look who has changed it"
    return 1
  done
  if ! [ -f "$qd_i" ]; then
    qd_say "$qd_i is no file"
    return 1
  fi
  qd_t=$(head -c 4096 -- "$qd_i" | sed 's/^[[:space:]]*//;s/[[:space:]]*$//;/^#/d;/^$/d')
  qd_k=$(printf '%s\n' "$qd_t" | sed '/^environment *= *"[^"]*"$/d;/^replaceable *= *"[^"]*"$/d;/^$/d' | head -n 1)
  if [ -n "$qd_k" ]; then
    qd_say "$qd_i has a line that is not understood: $qd_k"
    return 1
  fi
  qd_e=$(printf '%s\n' "$qd_t" | sed -n 's/^environment *= *"\(.*\)"$/\1/p' | sort -u)
  qd_p=$(printf '%s\n' "$qd_t" | sed -n 's/^replaceable *= *"\(.*\)"$/\1/p')
  if ! printf '%s\n' "$qd_e" | grep -qxF -e "$1"; then
    qd_say "this host is of $(printf '%s\n' "$qd_e" | tr '\n' ' ')by its $qd_i, and not of $1: nothing is replaced there"
    return 1
  fi
  IFS= read -r qd_m </etc/machine-id
  qd_o=$(printf '%s\n' "$qd_e" | grep -vxF -e "$1" | head -n 2)
  if [ -n "$3" ] && [ "$qd_m" != "$3" ]; then
    if [ -n "$qd_o" ]; then
      qd_say "this host is of $(printf '%s\n' "$qd_o" | tr '\n' ' ')as well by its $qd_i, and the data comes from another machine: which of the two is $1 cannot be told"
      return 1
    fi
    if [ -n "$qd_p" ] && ! printf '%s\n' "$qd_p" | grep -qxF -e "$4"; then
      qd_say "$qd_i names what may be replaced, and $4 is not among it"
      return 1
    fi
  elif [ "$qd_o" != "$2" ] || ! printf '%s\n' "$qd_p" | grep -qxF -e "$4"; then
    qd_say "$2 is on this very machine, or on one with its /etc/machine-id: it has to say that it is of both, and which directory may be replaced; if $4 may, run there as root: $(qd_mend "$qd_w" "environment = \"$2\"" "replaceable = \"$4\"")"
    return 1
  fi
  qd_k=$(cd -P -- "$4" && pwd -P)
  if [ "$qd_k" != "$4" ]; then
    qd_say "$4 is ${qd_k:-not there} in truth: name that in the config"
    return 1
  fi
  case $(stat -f -c %T -- "$4") in
  nfs* | smb* | cifs* | ceph* | fuse* | v9fs* | gfs* | ocfs* | lustre*)
    qd_say "$4 is on a file system that other hosts may share, production among them"
    return 1
    ;;
  esac
  qd_k=$(qd_place "$4")
  if [ -z "$qd_k" ] || [ -n "$(qd_mounted "$4")" ]; then
    qd_say "$4 is where something is mounted: it cannot be put aside"
    return 1
  fi
  [ "$qd_m" = "$3" ] || return 0
  # Two names of one directory, and one within the other, by name, by inode, and by what is mounted where.
  case "$4/" in "$5"/*) qd_k= ;; esac
  case "$5/" in "$4"/*) qd_k= ;; esac
  case "$qd_k/" in "$7"/*) qd_k= ;; esac
  case "$7/" in "$qd_k"/*) qd_k= ;; esac
  if [ -z "$qd_k" ] || qd_within "$4" "$6" || qd_within "$5" "$(stat -c '%d:%i' -- "$4")"; then
    qd_say "$4 is $5 itself, in it, or around it: production's own data would be replaced"
    return 1
  fi
}
# A line, whatever is in it: echo(1) takes backslashes for more in some shells. Arguments: words.
qd_say() { printf '%s\n' "$*"; }
# The command that says what a host is. Arguments: lines.
qd_mend() {
  printf 'mkdir -p /etc/quarterdeck && printf '\''%%s\\n'\'
  for qd_x; do printf " '%s'" "$(printf %s "$qd_x" | sed "s/'/'\\\\''/g")"; done
  printf ' >/etc/quarterdeck/identity\n'
}
# Whether a directory, or one that it is in, is that one. Arguments: path, device:inode.
qd_within() {
  qd_x=$1
  while [ -n "$qd_x" ]; do
    if [ "$(stat -c '%d:%i' -- "$qd_x")" = "$2" ]; then return 0; fi
    qd_x=${qd_x%/*}
  done
  return 1
}
# What is mounted at a path. Argument: path.
qd_mounted() {
  qd_x=$1 awk 'function plain(text,   out) {
      while (match(text, /\\[0-7][0-7][0-7]/)) {
        out = out substr(text, 1, RSTART - 1) sprintf("%c", substr(text, RSTART + 1, 1) * 64 + substr(text, RSTART + 2, 1) * 8 + substr(text, RSTART + 3, 1))
        text = substr(text, RSTART + 4)
      }
      return out text
    }
    plain($5) == ENVIRON["qd_x"] { print $3; exit }' /proc/self/mountinfo
}
# Where on its file system a directory is (proc(5), mountinfo): the same wherever that is mounted, so that a
# bind mount is told. Argument: path without links on the way.
qd_place() {
  qd_x=$1 awk 'function plain(text,   out) {
      while (match(text, /\\[0-7][0-7][0-7]/)) {
        out = out substr(text, 1, RSTART - 1) sprintf("%c", substr(text, RSTART + 1, 1) * 64 + substr(text, RSTART + 2, 1) * 8 + substr(text, RSTART + 3, 1))
        text = substr(text, RSTART + 4)
      }
      return out text
    }
    {
      at = plain($5)
      if (at == "/") at = ""
      if (index(ENVIRON["qd_x"] "/", at "/") != 1 || length(at) < most) next
      most = length(at)
      root = plain($4)
      if (root == "/") root = ""
      place = $3 " " root substr(ENVIRON["qd_x"], most + 1)
    }
    END { print place }' /proc/self/mountinfo
}
