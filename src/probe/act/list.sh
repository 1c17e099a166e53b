# The sum of a list that `rsync --list-only --no-h -rl` prints in the locale C: a line an item, kind and
# mode, of files bytes and second, and the name. The root itself is not in it.
qd_sum() {
  sed -e 's/^d\([^ ]*\)  *[0-9,]* [0-9/]* [0-9:]* /d\1 /' -e 's/^l[^ ]*  *[0-9,]* [0-9/]* [0-9:]* /l /' \
    -e 's/^\(-[^ ]*\)  */\1 /' -e '/^d[^ ]* \.$/d' | LC_ALL=C sort | sha256sum | cut -c 1-64
}
