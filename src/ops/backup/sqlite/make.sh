. ./common
part=$place/.quarterdeck-$op
if [ "$(here "$src")" != "$was" ]; then echo "$src is another file now"; exit 1; fi
alone || exit 1
need=$({ stat -c %s -- "$src"; stat -c %s -- "$src-wal" 2>/dev/null; } | awk '{ n += $1 } END { print int(n / 1024) + 1 }')
for one in "$place" "${up:-/}"; do
  room=$(free "$one")
  if [ "$room" -le "$need" ]; then echo "$room KiB are free in $one, and the database has $need"; exit 1; fi
done
name_it "$before" "$after" || exit 1
umask 077
mkdir -m 700 -- "$part" "$beside" || exit 1
tables -readonly "$src" >ours || exit 1
(stand "$beside" && chown "$uid:$gid" .) || exit 1
# One moment of it, while others write (since 3.27); else page by page, from the beginning when one writes.
(
  cd -P -- "$beside" || exit 1
  if [ "$(sqlite3 -version | awk '{ split($1, v, "."); print v[1] * 1000 + v[2] }')" -ge 3027 ]; then
    lite -cmd '.timeout 60000' "$src" "VACUUM INTO 'copy';"
  else
    lite -cmd '.timeout 60000' "$src" '.backup copy'
  fi && whole ./copy && tables ./copy >"$work/theirs"
) || { echo "no copy could be made of $src"; exit 1; }
members=$(wc -l <theirs)
echo "$members tables are in it; $src had $(wc -l <ours)"
if [ "$(cat ours)" != "$(cat theirs)" ] || [ "$members" = 0 ]; then echo "it is not of all of $src"; exit 1; fi
# Read with the rights of whose it is: it may be a link by now.
(
  stand "$part" && exec >copy && cd -P -- "$beside" || exit 1
  case $packed in
  gzip) as_whose cat ./copy | gzip ;;
  plain) as_whose cat ./copy ;;
  esac
) || exit 1
if [ "$(unpack "$part/copy" | wc -c)" != "$(stat -c %s -- "$beside/copy")" ]; then echo 'it was not written to its end'; exit 1; fi
rm -rf -- "$beside"
file_away "$pattern" || exit 1
echo "$final has $(wc -c <"$final") bytes, $members tables, and a checksum beside it"
