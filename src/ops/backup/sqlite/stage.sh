. ./common
if [ "$(here "$src")" != "$was" ]; then echo "$src is another file now"; exit 1; fi
alone || exit 1
room=$(free "${up:-/}")
# What is read is what was planned, whatever has its name by now: it may lie where others write.
exec 3<"$from" || exit 1
copy=/proc/self/fd/3
if [ "$(stat -L -c '%d:%i %s %Y' "$copy")" != "$stated" ]; then echo "$from is another file now"; exit 1; fi
if [ -f "$from.sha256" ]; then
  if [ "$(sha256sum <"$copy" | head -c 64)" != "$(head -c 64 "$from.sha256")" ]; then
    echo "$from is not what its checksum says"; exit 1
  fi
  echo 'its checksum is right'
fi
head=$(unpack "$copy" 2>/dev/null | head -c 200 | tr -d '\000')
case $head in
'SQLite format 3'*) kind=file ;;
*'BEGIN TRANSACTION;'*)
  kind=sql
  if [ -z "$safe" ]; then echo "the host's sqlite3 is older than 3.37 and would run programs that $from names"; exit 1; fi
  ;;
*) echo "$from is neither a file of SQLite nor a dump of one"; exit 1 ;;
esac
mkdir -m 700 -- "$beside" || exit 1
rm -f bad.unpack
(
  stand "$beside" || exit 1
  umask 077
  { unpack "$copy" || : >"$work/bad.unpack"; } | head -c "$((room * 512))" >raw || exit 1
  if [ -e "$work/bad.unpack" ] || [ "$(wc -c <raw)" -ge $((room * 512)) ]; then
    echo "$from cannot be read to its end, or unpacks to more than half of the $room KiB that are free there"
    exit 1
  fi
  if [ "$kind" = sql ]; then
    if [ "$(tail -c 100 raw | tail -n 1)" != 'COMMIT;' ]; then echo "$from has no last line: it was cut"; exit 1; fi
    : >new
  else
    mv raw new
    # What a restore has left beside may have its newest data there.
    for end in wal journal; do
      if ! [ -f "$from-$end" ]; then continue; fi
      (
        exec <"$from-$end" || exit 1
        # Only what is theirs anyway, or lies where nobody else writes.
        if [ "$(stat -L -c %u /proc/self/fd/0)" != "$uid" ] && foreign "${from%/*}/"; then
          echo "$from-$end is not whose the database is, and lies where others write" >&2
          exit 1
        fi
        exec cat
      ) >"new-$end" || exit 1
    done
  fi
  for one in . raw new new-wal new-journal; do
    if [ -e "$one" ]; then chown "$uid:$gid" -- "$one" || exit 1; fi
  done
) || exit 1
(
  cd -P -- "$beside" || exit 1
  if [ "$kind" = sql ]; then
    as_whose cat ./raw | as_whose env HOME=/ sqlite3 -batch -bail -safe -init /dev/null ./new || { echo "$from cannot be restored into a file of its own"; exit 1; }
  fi
  if [ -e new-wal ]; then lite $safe ./new 'PRAGMA wal_checkpoint(TRUNCATE);' >/dev/null; fi
  # Neither a copy by VACUUM nor a dump keeps that.
  if [ -n "$was" ] && [ "$(manner "$src")" = 2 ] && [ "$(manner ./new)" = 1 ]; then
    lite $safe ./new 'PRAGMA journal_mode = WAL;' >/dev/null || exit 1
  fi
  whole ./new || exit 1
  if [ -n "$was" ]; then
    for one in user_version application_id; do
      copied=$(lite $safe ./new "PRAGMA $one;") now=$(lite $safe -readonly "$src" "PRAGMA $one;" 2>/dev/null)
      if [ "$copied" != "$now" ]; then echo "its $one is $copied, that of the one that is there ${now:-not known}"; fi
    done
  fi
  tables ./new >"$work/theirs" || exit 1
) || exit 1
ours_again "$beside" new || exit 1
there=$(wc -l <theirs)
if [ "$there" = 0 ]; then echo "$from holds no table"; exit 1; fi
if [ -s "$beside/new-wal" ] || [ -s "$beside/new-journal" ]; then echo "$from has changes that SQLite does not take in"; exit 1; fi
if [ -n "$was" ] && tables -readonly "$src" >ours 2>said; then
  both=$(LC_ALL=C sort theirs ours | uniq -d | wc -l)
  echo "$both of the $(wc -l <ours) tables that are there now are among its $there"
  if [ "$both" = 0 ] && [ -s ours ] && [ -z "$chosen" ]; then
    echo "it is of another database: name the copy with --from if it is meant"
    exit 1
  fi
elif [ -n "$was" ]; then
  echo "what is there now cannot be compared with it: $(head -n 1 said)"
fi
# It belongs to whom the one that is there belongs to.
if [ -n "$was" ]; then
  (
    stand "$beside" && chown --reference="$src" -- new && chmod --reference="$src" -- new || exit 1
    if [ -e /sys/fs/selinux/enforce ]; then chcon --reference="$src" -- new; fi
    if command -v setfacl >/dev/null; then getfacl -p -- "$src" | setfacl --set-file=- -- new; fi
  ) || exit 1
fi
synced "$beside"
echo "$there tables are beside the file, owned by $(stat -c '%U:%G %a' -- "$beside/new")"
