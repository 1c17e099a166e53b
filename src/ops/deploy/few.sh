# Names as rsync writes them become names, each with what is given before it and a NUL behind it.
unfold() {
  LC_ALL=C sed -e 's/\\/\\\\/g' -e 's/\\\\#\([0-7][0-7][0-7]\)/\\0\1/g' |
    while IFS= read -r one; do printf "$1%b\\0" "$one"; done
}
# Names of what moves so, such as `+d`.
pick() { LC_ALL=C sed -n "s/^$1 //p" moves | unfold ./; }
# Names, times and modes of these names, and nothing else.
these='-lptOJ --dirs --from0 --files-from=-'
# shellcheck disable=SC2086
these() { copy $these "$@"; }
# Makes the place where what changes is kept as it was, and prints its modes.
set_aside() {
  as env LC_ALL=C TZ=UTC0 sh -c 'to=$1 from=$2 && shift 2 && mkdir -p -- "${to%/*}" && rm -rf -- "$to" && mkdir -- "$to" &&
    rsync "$@" --link-dest="$from" "$from/" "$to/" && cd -- "$to" && '"$show_modes" sh "$before" "$dir" $these
}
# Removes what has this sign; what is in a directory first, and none that has something in it still.
drop() {
  grep -q "^$1" moves || return 0
  pick "$1f" | as sh -c 'cd -- "$0" && xargs -0 -r rm -f --' "$2" &&
    pick "$1d" | LC_ALL=C sort -rz | as sh -c 'cd -- "$0" && xargs -0 -r sh -c '\''
      for one; do [ ! -d "$one" ] || rmdir --ignore-fail-on-non-empty -- "$one" || exit 1; done'\'' sh' "$2"
}
# Whether what was sent is what differs. Directories that lead there are there besides.
came() {
  as env LC_ALL=C TZ=UTC0 find "$stage" -mindepth 1 \( -type d -printf '%M %P\0' \) -o \
    \( -type l -printf 'l %P -> %l\0' \) -o -printf '%M %s %TY/%Tm/%Td %TH:%TM:%TS %P\0' |
    LC_ALL=C sed -z 's/^\(-[^ ]* [0-9]* [^ ]* [^ .]*\)\.[0-9]*/\1/' | LC_ALL=C sort -z >staged
  unfold '' <lines | LC_ALL=C sort -z >wanted
  LC_ALL=C comm -z -23 wanted staged >lack
  LC_ALL=C comm -z -13 wanted staged | grep -zv '^d' >more
  if [ -s lack ] || [ -s more ]; then echo 'something else'; else echo @sum@; fi
}
