# A file of SQLite is opened with the rights of whose it is, and in its directory, which is theirs too: it
# leads nowhere where they may not go. What is root's in a directory of somebody else is opened as they do.
# Given: was (the file's inode when this was planned; empty: there was none).
beside=$up/.${src##*/}.quarterdeck-$op old=$src.before-$op tried=$src.tried-$op
ends='wal shm journal'
here() { stat -c %i -- "$1" 2>/dev/null; }
synced() { sync -f "$1" 2>/dev/null || sync; }
whose=$src
if ! [ -f "$src" ]; then whose=$up/; fi
uid=$(stat -c %u -- "$whose") gid=$(stat -c %g -- "$whose")
if [ "$uid" = 0 ] && foreign "$up/"; then uid=$(stat -L -c %u -- "$up/") gid=$(stat -L -c %g -- "$up/"); fi
# What is root's alone is opened as root, in no directory that others write to.
alone() {
  if [ "$uid" != 0 ] || ! foreign "$up/"; then return 0; fi
  echo "$src is root's, and others than root may write to $up: let it belong to whoever writes there"
  return 1
}
as_whose() {
  if [ "$uid" = 0 ]; then "$@"; else setpriv --reuid "$uid" --regid "$gid" --clear-groups -- "$@"; fi
}
# Options may come first.
lite() { as_whose env HOME=/ sqlite3 -batch -bail -init /dev/null "$@" </dev/null; }
# So that what is in a file runs no program and opens no other file (since 3.37).
safe=
if sqlite3 -safe -init /dev/null :memory: 'SELECT 1' </dev/null >/dev/null 2>&1; then safe=-safe; fi
# Ours again: whose it was may have put something else there.
ours_again() {
  chown -h 0:0 -- "$1"
  (stand "$1" && [ -f "$2" ] && ! [ -L "$2" ] && [ "$(stat -c '%u %h' -- "$2")" = "$uid 1" ]) && return 0
  echo "$1 is not what was made there: somebody else changes it"
  return 1
}
# How it writes: 2 is with a log of its own beside it, which it keeps (file format, 1.3). Argument: the file.
manner() { as_whose head -c 19 -- "$1" 2>/dev/null | tail -c 1 | od -An -tu1 | tr -d ' '; }
# Names of its tables. Argument: the file, and options before it.
tables() { lite $safe "$@" "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY 1;"; }
# Whether a file is whole. Argument: the file.
whole() {
  said=$(lite $safe "$1" 'PRAGMA integrity_check;' 2>&1 | head -c 2000)
  if [ "$said" = ok ]; then return 0; fi
  echo "it is damaged, as SQLite's integrity_check says:"
  printf '%s\n' "$said" | head -n 5
  return 1
}
