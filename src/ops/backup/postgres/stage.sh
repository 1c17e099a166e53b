. ./common
now=$(number "$db") || exit 1
if [ "$now" != "$was" ]; then echo "$db is another database now"; exit 1; fi
data=$(echo 'SHOW data_directory;' | sql postgres) || exit 1
room=$(left)
half=$((room / 2))
template=template0
if [ -n "$kept" ]; then
  template=$kept
  if [ -z "$(number "$kept")" ]; then echo "there is no database $kept"; exit 1; fi
  need=$(echo "SELECT pg_database_size(:'name') / 1024;" | sql postgres -v name="$kept") || exit 1
  if [ "$need" -gt "$half" ]; then echo "$room KiB are free where the server writes, and twice $need have to be"; exit 1; fi
  expected=$(tables "$kept" | wc -l)
else
  # A dump is a program that is run with the rights of the server's user.
  uid=$(id -u "$pguser") || exit 1
  for one in "$from" "${from%/*}/"; do
    case $(stat -L -c '%u %a' -- "$one") in
    "0 "*[2367][0-7] | "0 "*[2367] | "$uid "*[2367][0-7] | "$uid "*[2367]) ;;
    "0 "* | "$uid "*) continue ;;
    esac
    echo "$one may be written by others than root and $pguser: a dump is a program, and would have the rights of $pguser"
    exit 1
  done
  if [ -f "$from.sha256" ]; then
    if [ "$(sha256sum <"$from" | head -c 64)" != "$(head -c 64 "$from.sha256")" ]; then
      echo "$from is not what its checksum says"; exit 1
    fi
    echo 'its checksum is right'
  fi
  case $(unpack "$from" 2>/dev/null | head -c 512 | tr -d '\000') in
  PGDMP*)
    kind=custom
    unpack "$from" 2>/dev/null | pg pg_restore --list >toc 2>said || { head -n 5 said; echo "$from cannot be listed"; exit 1; }
    # NUMBER; CLASS OBJECT TABLE SCHEMA NAME OWNER
    expected=$(awk '$4 == "TABLE" && $5 != "DATA" && $5 != "ATTACH"' toc | wc -l)
    sed -n 's/^; *\(dbname\|Dumped from database version\): */its \1: /p' toc
    ;;
  *'PostgreSQL database dump'*)
    kind=plain expected=1
    # In lines of data a backslash at the beginning is never followed by a c (COPY, text format).
    { unpack "$from" || : >bad.unpack; } | grep -aE '^(\\c|-- PostgreSQL database )' | awk '
      /^\\c/ { connects = 1 } { last = $0 } END { print connects + 0, last }' >marks
    if [ -e bad.unpack ]; then echo "$from cannot be read to its end"; exit 1; fi
    read -r connects last <marks
    if [ "$connects" != 0 ]; then
      echo "$from connects to a database by itself (it was made with --create, or is of a whole server): it would be written to the one that is live"
      exit 1
    fi
    if [ "$last" != '-- PostgreSQL database dump complete' ]; then echo "$from has no last line: it was cut"; exit 1; fi
    ;;
  *) echo "$from is no dump of pg_dump, neither in its own format (-Fc) nor as SQL"; exit 1 ;;
  esac
fi

# Encoding and collation are those of the one that is there; with none they are the server's.
: >said
sql postgres -v template="$template" 2>>said <<'SQL' || { head -n 5 said; exit 1; }
SELECT format('CREATE DATABASE %I TEMPLATE %I', :'new', :'template') WHERE :'was' = '' \gexec
SELECT format('CREATE DATABASE %I TEMPLATE %I OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L TABLESPACE %I CONNECTION LIMIT %s',
  :'new', :'template', pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, t.spcname, d.datconnlimit)
  || CASE to_jsonb(d)->>'datlocprovider'
    WHEN 'i' THEN ' LOCALE_PROVIDER icu ICU_LOCALE ' || quote_literal(coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'))
      || coalesce(' ICU_RULES ' || quote_literal(to_jsonb(d)->>'daticurules'), '')
    WHEN 'b' THEN ' LOCALE_PROVIDER builtin BUILTIN_LOCALE ' || quote_literal(to_jsonb(d)->>'datlocale')
    ELSE '' END
  FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.oid::text = :'was' \gexec
SQL

number "$new" >restored && [ -s restored ] || exit 1
if [ -z "$kept" ]; then
  load() {
    { unpack "$from" || : >bad.unpack; } | case $kind in
    custom) pg pg_restore -w --exit-on-error --single-transaction -d "$new" ;;
    plain) pg psql -Xq -w -1 -v ON_ERROR_STOP=1 -o /dev/null -d "$new" -f - ;;
    esac
    echo "$?" >loaded.new
    mv loaded.new loaded
  }
  rm -f bad.unpack full loaded
  load &
  # A disk that is full stops the server with all its databases.
  until [ -e loaded ]; do
    sleep 0.2 || sleep 1
    if ! [ -e full ] && [ "$(left)" -lt "$half" ]; then
      : >full
      send_away "$new"
    fi
  done
  if [ -e full ]; then echo "it takes more than half of the $room KiB that were free where the server writes"; exit 1; fi
  if [ "$(cat loaded)" != 0 ]; then echo "$from cannot be restored into a database of its own"; exit 1; fi
  if [ -e bad.unpack ] && [ "$kind" = plain ]; then echo "$from cannot be read to its end"; exit 1; fi
fi

# Without it the first queries go by nothing.
echo 'ANALYZE;' | sql "$new" || exit 1
tables "$new" >theirs && there=$(wc -l <theirs) || exit 1
if [ "$there" -lt "$expected" ]; then echo "$there tables came out of it, and it has $expected"; exit 1; fi
echo "$new has $there tables"
if [ -n "$was" ]; then
  tables "$db" >ours && ours=$(wc -l <ours) || exit 1
  both=$(comm -12 ours theirs | wc -l)
  echo "$both of the $ours tables that are there now are among them"
  comm -23 ours theirs | head -n 5 | sed 's/^/not among them: /'
  if [ "$both" = 0 ] && [ "$ours" != 0 ] && [ -z "$chosen" ]; then
    echo "it is of another database: name the copy with --from if it is meant"
    exit 1
  fi
  # What belongs to the database itself is in no dump of it: rights, settings, a comment.
  sql postgres -v ON_ERROR_STOP=0 >/dev/null <<'SQL'
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'new') FROM pg_database WHERE oid::text = :'was' AND datacl IS NOT NULL \gexec
SELECT format('GRANT %s ON DATABASE %I TO %s', a.privilege_type, :'new',
  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
  || CASE WHEN a.is_grantable AND a.grantee <> d.datdba THEN ' WITH GRANT OPTION' ELSE '' END
  FROM pg_database d, aclexplode(d.datacl) a WHERE d.oid::text = :'was' \gexec
SELECT format('COMMENT ON DATABASE %I IS %L', :'new', shobj_description(oid, 'pg_database'))
  FROM pg_database WHERE oid::text = :'was' AND shobj_description(oid, 'pg_database') IS NOT NULL \gexec
-- A list, such as a search path, is one word of a statement only when it is taken from the session.
SELECT CASE WHEN listed THEN format('SELECT pg_catalog.set_config(%L, %L, false) IS NULL', name, value) ELSE 'SELECT false' END,
  CASE setrole WHEN 0 THEN format('ALTER DATABASE %I SET ', :'new')
    ELSE format('ALTER ROLE %I IN DATABASE %I SET ', pg_get_userbyid(setrole), :'new') END
  || (SELECT string_agg(quote_ident(part), '.') FROM unnest(string_to_array(name, '.')) part)
  || CASE WHEN listed THEN ' FROM CURRENT' ELSE ' TO ' || quote_literal(value) END
  FROM (SELECT setrole, split_part(one, '=', 1) AS name, substr(one, strpos(one, '=') + 1) AS value,
    split_part(one, '=', 1) IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries') AS listed
    FROM pg_db_role_setting, unnest(setconfig) one WHERE setdatabase::text = :'was') settings \gexec
SQL
  sql postgres >lost <<'SQL' || exit 1
SELECT 'the setting ' || split_part(one, '=', 1) FROM pg_db_role_setting s, unnest(s.setconfig) one WHERE s.setdatabase::text = :'was'
  AND NOT EXISTS (SELECT FROM pg_db_role_setting t, unnest(t.setconfig) other
    WHERE t.setdatabase = (SELECT oid FROM pg_database WHERE datname = :'new') AND t.setrole = s.setrole AND other = one);
SELECT 'the rights on the database itself, in part' FROM pg_database a, pg_database b WHERE a.oid::text = :'was' AND b.datname = :'new'
  AND (SELECT count(*) FROM aclexplode(a.datacl)) <> (SELECT count(*) FROM aclexplode(b.datacl));
SELECT 'a label of security' FROM pg_shseclabel WHERE objoid::text = :'was' AND classoid = 'pg_database'::regclass;
SQL
  sed 's/^/not carried over: /' lost
fi
synced restored
echo "$db is the database $was now; $new, which is $(cat restored), would take its place"
