. ./common
# Nobody may be connected: who is goes on writing to what is put aside.
n=0
while busy=$(others "$db") && [ -n "$busy" ]; do
  n=$((n + 1))
  if [ "$n" -gt 10 ]; then
    echo "still connected to $db:"
    printf '%s\n' "$busy"
    exit 1
  fi
  sleep 0.5 || sleep 1
done
now=$(number "$db") || exit 1
if [ "$now" != "$was" ]; then echo "$db is another database now"; exit 1; fi
# Both names in one transaction, so that nobody finds neither; only if both are those that were proved.
sql postgres -v restored="$(cat restored)" >/dev/null <<'SQL' || exit 1
SET synchronous_commit = on;
SET lock_timeout = '10s';
BEGIN;
SELECT format('ALTER DATABASE %I RENAME TO %I', :'db', :'old') WHERE :'was' <> '' \gexec
ALTER DATABASE :"new" RENAME TO :"db";
SELECT 1 / count(*) FROM pg_database WHERE datname = :'db' AND oid::text = :'restored';
SELECT 1 / count(*) FROM pg_database WHERE :'was' = '' OR datname = :'old' AND oid::text = :'was';
COMMIT;
SQL
echo "the data of the copy is $db"
if [ -n "$was" ]; then echo "the data of before is $old"; fi
