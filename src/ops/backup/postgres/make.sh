. ./common
part=$place/.quarterdeck-$op
if [ "$(identity)" != "$state" ]; then echo "$db is another database now"; exit 1; fi
need=$(echo "SELECT pg_database_size(:'db') / 1024;" | sql postgres) || exit 1
room=$(free "$place")
if [ "$room" -le "$need" ]; then echo "$room KiB are free in $place, and the database has $need"; exit 1; fi
name_it "$before" "$after" || exit 1
tables "$db" >ours || exit 1
umask 077
mkdir -m 700 -- "$part" || exit 1
rm -f bad.dump bad.unpack
(
  stand "$part" && exec >copy || exit 1
  case $packed in
  custom) pg pg_dump -w -Fc -d "$db" ;;
  plain) pg pg_dump -w -d "$db" ;;
  gzip) { pg pg_dump -w -d "$db" || : >"$work/bad.dump"; } | gzip ;;
  esac
) && ! [ -e bad.dump ] || { echo 'pg_dump failed'; exit 1; }
# Read to its end, as if it were to be restored.
case $packed in
custom)
  (stand "$part" && exec <copy && pg pg_restore --list) >toc || { echo 'it cannot be listed'; exit 1; }
  (stand "$part" && exec <copy && pg pg_restore -f /dev/null) || { echo 'it cannot be read to its end'; exit 1; }
  members=$(awk '$4 == "TABLE" && $5 != "DATA" && $5 != "ATTACH"' toc | wc -l)
  ;;
*)
  (stand "$part" && { unpack copy || : >"$work/bad.unpack"; } | grep -aE '^(-- PostgreSQL database dump|CREATE (UNLOGGED )?TABLE )') >marks
  if [ -e bad.unpack ] || [ "$(tail -n 1 marks)" != '-- PostgreSQL database dump complete' ]; then
    echo 'it cannot be read to its last line'
    exit 1
  fi
  members=$(grep -c '^CREATE' marks)
  ;;
esac
live=$(wc -l <ours)
echo "$members tables are in it; $db had $live"
if [ $((members * 20)) -lt $((live * 19)) ]; then echo "it is not of all of $db"; exit 1; fi
file_away "$pattern" || exit 1
echo "$final has $(wc -c <"$final") bytes, $members tables, and a checksum beside it"
