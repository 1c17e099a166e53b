await || exit 1
now=$(number "$db") || exit 1
at=''
if [ -n "$was" ]; then
  at=$(named "$was") || exit 1
  if [ -z "$at" ]; then echo "the database of before, which is number $was, is not there any more: look"; exit 1; fi
  if [ "$at" = "$db" ]; then echo "$db is the database of before"; exit 0; fi
elif [ -z "$now" ]; then
  echo "there is no $db, as before"
  exit 0
fi
# What was there meanwhile is kept: somebody may have written to it. Who is connected to it is sent away.
n=0
until sql postgres -v at="$at" -v now="$now" >/dev/null <<'SQL'
SET synchronous_commit = on;
SET lock_timeout = '10s';
BEGIN;
SELECT format('ALTER DATABASE %I RENAME TO %I', :'db', :'tried') WHERE :'now' <> '' \gexec
SELECT format('ALTER DATABASE %I RENAME TO %I', :'at', :'db') WHERE :'at' <> '' \gexec
COMMIT;
SQL
do
  n=$((n + 1))
  if [ "$n" -gt 10 ]; then echo "$db cannot get its name back"; exit 1; fi
  for one in ${now:+"$db"} ${at:+"$at"}; do
    others "$one" | sed 's/^/it is sent away: /'
    send_away "$one"
  done
  sleep 0.5 || sleep 1
done
if [ -n "$now" ]; then echo "what was there meanwhile is $tried"; fi
echo "$db is as it was before"
