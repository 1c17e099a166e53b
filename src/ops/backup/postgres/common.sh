# The server is asked with the rights of the user it is run as. Names and values come into a statement only
# as psql quotes them. Given: db, stem, pguser, pgport, state (which database it was when this was planned).
was=${state%@*}
low=$(printf %s "$op" | tr 'A-Z' 'a-z')
new=quarterdeck_$low old=${stem}_before_$low tried=${stem}_tried_$low
home=$(getent passwd "$pguser" | cut -d : -f 6)
if [ -n "$pgport" ]; then export PGPORT="$pgport"; fi
# What somebody has set for a database or a user holds for applications: neither is a dump to be ended by it,
# nor is a function to be found that he has put before the server's.
export PGCONNECT_TIMEOUT=10 PGAPPNAME="quarterdeck $low"
export PGOPTIONS='-c search_path=pg_catalog -c statement_timeout=0 -c lock_timeout=0 -c default_transaction_read_only=off'
pg() { (cd / && exec runuser -u "$pguser" -- env HOME="${home:-/}" USER="$pguser" LOGNAME="$pguser" "$@"); }
# Statements from standard input. Arguments: database, further options of psql.
sql() {
  base=$1
  shift
  pg psql -XAtq -w -v ON_ERROR_STOP=1 -v db="$db" -v was="$was" -v new="$new" -v old="$old" -v tried="$tried" "$@" -d "$base"
}
identity() {
  echo "SELECT oid || '@' || (SELECT system_identifier FROM pg_control_system()) FROM pg_database WHERE datname = :'db';" | sql postgres
}
# The number of a database, which it keeps under every name. Argument: its name.
number() { echo "SELECT oid FROM pg_database WHERE datname = :'name';" | sql postgres -v name="$1"; }
# The name of one. Argument: its number.
named() { echo "SELECT datname FROM pg_database WHERE oid::text = :'number';" | sql postgres -v number="$1"; }
# Who is connected to one. Argument: its name.
others() {
  sql postgres -v name="$1" <<'SQL'
SELECT translate(format('%s, %s, %s, from %s', pid, coalesce(usename, backend_type),
  coalesce(nullif(application_name, ''), 'no name'), coalesce(client_addr::text, 'this host')), E'\n\r', '  ')
  FROM pg_stat_activity WHERE datname = :'name' AND backend_type <> 'autovacuum worker' ORDER BY pid LIMIT 20;
SQL
}
# Sends them away. Argument: the database's name.
send_away() {
  echo "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'name';" | sql postgres -v name="$1" >/dev/null
}
# Tables of one, without those that belong to extensions: a dump has none of these. Argument: its name.
tables() {
  sql "$1" <<'SQL'
SELECT translate(n.nspname || '.' || c.relname, E'\n\r', '  ') COLLATE "C" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY 1;
SQL
}
# KiB that are free where the server writes: its data (data), and its log, which may lie elsewhere.
left() {
  for one in "$data/" "$data/pg_wal/"; do if [ -d "$one" ]; then free "$one"; fi; done | sort -n | head -n 1
}
# After a power cut it may be on its way still; and what a runner that died has left there is ended.
await() {
  n=0
  until echo 'SELECT 1;' | sql postgres >/dev/null 2>said; do
    n=$((n + 1))
    if [ "$n" -gt 240 ]; then head -n 5 said; return 1; fi
    if [ $((n % 60)) = 1 ]; then echo 'the server does not answer; it is waited for'; fi
    sleep 1
  done
  echo "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :'name' AND pid <> pg_backend_pid();" |
    sql postgres -v name="$PGAPPNAME" >/dev/null
}
synced() { sync -f "$1" 2>/dev/null || sync; }
