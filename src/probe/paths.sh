# Directories and files that services rest on. Arguments: how to look (plain, sudo), then paths.
qd_paths() {
  qd_have stat || return 127
  if [ "$1" = sudo ]; then
    shift
    qd_limit 5 sudo -n stat -L -c 'stat %d %i %Y %f %n' -- "$@"
    return 0
  fi
  shift
  qd_limit 5 stat -L -c 'stat %d %i %Y %f %n' -- "$@"
  # What may not be looked at is not therefore missing: somewhere above it is a directory that may
  # not be searched.
  for qd_a in "$@"; do
    [ -e "$qd_a" ] && continue
    qd_b=$qd_a
    while [ -n "$qd_b" ] && [ ! -e "$qd_b" ]; do qd_b=${qd_b%/*}; done
    if [ -d "${qd_b:-/}" ] && [ ! -x "${qd_b:-/}" ]; then echo "denied $qd_a"; fi
  done
  return 0
}
# What tells that a file or a directory is another than before, for those that are there and may be
# seen; without what is left behind when one of them hangs (see qd_aside), unless all of them are on
# disks of the host. Arguments: `own` for that or `any`, paths.
qd_stamps() {
  qd_have stat || return 127
  qd_a=$1
  shift
  if [ "$qd_a" = own ] || [ -z "$qd_timeout" ]; then
    qd_limit 4 stat -L -c '%d:%i %s %Y %Z %n' -- "$@"
    return 0
  fi
  { exec stat -L -c '%d:%i %s %Y %Z %n' -- "$@" & } | timeout -s KILL 4 cat
}
# Newest change, bytes and files below directories. Arguments: how to look (plain, sudo), what for
# (all, code), files at most, then directories.
qd_trees() {
  qd_how=$1 qd_kind=$2 qd_most=$3
  shift 3
  qd_have find && qd_have awk || return 127
  for qd_d in "$@"; do
    echo "tree $qd_d"
    # Without its end the walk was cut: by the clock, by rights, or for there being too much.
    { qd_walk "$qd_d"; echo "end $?"; } | head -n "$qd_most" | awk '
      $1 == "end" && NF == 2 { whole = $2 == 0; next }
      {
        files++
        bytes += $2
        if ($1 + 0 > newest) { newest = $1 + 0; name = $0; sub(/^[^ ]* [^ ]* /, "", name) }
      }
      END { printf "sum %.0f %.0f %.0f %d\nnewest %s\n", int(newest), bytes, files, whole, name }'
  done
}
qd_walk() {
  if [ "$qd_kind" = code ]; then
    set -- "$1" -xdev '(' -type d '(' -name .git -o -name node_modules -o -name __pycache__ \
      -o -name venv -o -name .venv -o -name data -o -name logs -o -name log -o -name tmp \
      -o -name cache -o -name .cache ')' -prune ')' -o -type f '(' -name '*.py' -o -name '*.js' \
      -o -name '*.mjs' -o -name '*.cjs' -o -name '*.ts' -o -name '*.rb' -o -name '*.php' \
      -o -name '*.pl' -o -name '*.lua' -o -name '*.ex' -o -name '*.exs' -o -name '*.jar' \
      -o -name '*.war' ')'
  else set -- "$1" -xdev -type f; fi
  # busybox has no -printf.
  if [ -n "$qd_printf" ]; then set -- "$@" -printf '%T@ %s %p\n'
  else set -- "$@" -exec stat -c '%Y %s %n' '{}' +; fi
  set -- find -H "$@"
  if qd_have ionice; then set -- ionice -c 3 "$@"; fi
  if qd_have nice; then set -- nice -n 19 "$@"; fi
  # As root it is ended by root: `timeout` of ours may not.
  if [ -n "$qd_timeout" ]; then set -- timeout 8 "$@"; fi
  if [ "$qd_how" = sudo ]; then set -- sudo -n "$@"; fi
  "$@"
}
if find / -maxdepth 0 -printf x >/dev/null 2>&1; then qd_printf=1; else qd_printf=; fi
