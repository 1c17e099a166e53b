# What is to be known of a database before a copy of it is made, or it is brought back from one. Changes
# nothing. Arguments: `sqlite` and its file, or `postgres`, its name, the user that its server is asked as,
# and the port (`-`: none).
qd_act_database() {
  case $1 in
  sqlite)
    qd_have sqlite3 || { echo 'database.lacks sqlite3'; return 0; }
    printf 'database.version %s\n' "$(qd_limit 5 sqlite3 -version | cut -d ' ' -f 1)"
    # What was written last may not be in the file itself yet.
    for qd_x in "$2" "$2-wal" "$2-journal"; do
      if [ -f "$qd_x" ]; then stat -c '%Y %s' -- "$qd_x"; fi
    done | awk '$1 > at { at = $1 } { bytes += $2 } END { if (NR) printf "database.written %d\ndatabase.size %d\n", at, (bytes + 1023) / 1024 }'
    ;;
  postgres)
    for qd_x in runuser psql pg_dump pg_restore; do
      qd_have "$qd_x" || { printf 'database.lacks %s\n' "$qd_x"; return 0; }
    done
    qd_act_postgres "$2" "$3" "$4"
    ;;
  esac
}
# A statement for the server, read from standard input, of a database. Arguments: database, user, port.
qd_act_sql() {
  (
    cd / || exit 1
    if [ "$3" != - ]; then export PGPORT="$3"; fi
    export PGCONNECT_TIMEOUT=10 PGOPTIONS='-c search_path=pg_catalog -c statement_timeout=15s -c default_transaction_read_only=on'
    qd_limit 20 runuser -u "$2" -- psql -XAtq -w -v ON_ERROR_STOP=1 -v db="$1" -d postgres 2>&1
  )
}
# Text of a server may have line feeds: they end a line here.
qd_act_postgres() {
  qd_x=$(qd_act_sql "$@" <<'SQL'
SELECT 'database.version ' || current_setting('server_version');
SELECT 'database.superuser 1' FROM pg_roles WHERE rolname = current_user AND rolsuper;
SELECT 'database.standby 1' WHERE pg_is_in_recovery();
SELECT 'database.directory ' || current_setting('data_directory');
SELECT 'database.written ' || extract(epoch FROM (pg_last_committed_xact()).timestamp)::bigint
  WHERE current_setting('track_commit_timestamp') = 'on';
SELECT 'database.state ' || d.oid || '@' || (SELECT system_identifier FROM pg_control_system())
  || E'\ndatabase.owner ' || translate(pg_get_userbyid(d.datdba), E'\n\r', '  ')
  || E'\ndatabase.coding ' || pg_encoding_to_char(d.encoding) || ', ' || d.datcollate
  || E'\ndatabase.size ' || (pg_database_size(d.oid) + 1023) / 1024
  || E'\ndatabase.bound ' || (SELECT count(*) FROM pg_replication_slots s WHERE s.database = d.datname)
    + (SELECT count(*) FROM pg_subscription s WHERE s.subdbid = d.oid)
  FROM pg_database d WHERE d.datname = :'db';
SELECT 'database.session ' || translate(format('%s, %s, %s, from %s', pid, coalesce(usename, backend_type),
  coalesce(nullif(application_name, ''), 'no name'), coalesce(client_addr::text, 'this host')), E'\n\r', '  ')
  FROM pg_stat_activity WHERE datname = :'db' AND backend_type <> 'autovacuum worker' ORDER BY pid LIMIT 20;
SQL
  ) || {
    printf 'database.fault %s\n' "$(printf '%s\n' "$qd_x" | qd_cap 1000 | tr '\n' ' ')"
    return 0
  }
  printf '%s\n' "$qd_x" | qd_cap 65536
  qd_d=$(printf '%s\n' "$qd_x" | sed -n 's/^database\.directory //p')
  # What is written goes through its log, which may lie elsewhere.
  for qd_x in "$qd_d" "$qd_d/pg_wal"; do
    if [ -d "$qd_x" ]; then qd_act_free "$qd_x/"; fi
  done | sort -n | sed -n '1s/^/database.free /p'
}
# A database that was put aside, as a copy: as `qd_act_backup_copy` says it. Arguments: name, user, port.
qd_act_database_copy() {
  qd_act_sql "$@" <<'SQL' | qd_cap 4096
SELECT E'copy.folder 1\ncopy.state 0:' || oid || ' 0 0' FROM pg_database WHERE datname = :'db';
SQL
}
