//! PostgreSQL: what is restored beside the live database, and which of two takes the name.

use super::{Store, output};
use crate::lab::Host;
use crate::poll::{self, secs};

/// The live database: owned by `app`, with rights and settings of its own.
const MAKE: &str = "set -e; cd /\n\
    useradd -m app; mkdir -p /srv/backups; chmod 755 /srv/backups\n\
    runuser -u postgres -- psql -Xqv ON_ERROR_STOP=1 <<'SQL'\n\
    create role app login; create role reader;\n\
    create database appdb owner app template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8' locale_provider icu icu_locale 'de' connection limit 50;\n\
    revoke all on database appdb from public; grant connect on database appdb to reader with grant option;\n\
    alter database appdb set search_path to \"$user\", public, pg_catalog;\n\
    alter database appdb set default_transaction_read_only = off;\n\
    alter role reader in database appdb set statement_timeout = '7s';\n\
    comment on database appdb is 'it''s app''s';\n\
    create database other owner app; \n\
    \\c other\n\
    create table strange(x int);\n\
    \\c appdb\n\
    set role app;\n\
    create table rooms(id serial primary key, name text); create table \"odd name\"(x int); create table beats(at timestamptz);\n\
    insert into rooms(name) select md5(n::text) from generate_series(1, 2000) n;\n\
    SQL\n";

impl Store {
    fn postgres(name: &str, files: &str, more: &str) -> Self {
        let host = Host::boot(name);
        host.scenario("postgres", &[]);
        host.sh(MAKE);
        // One connection, which it keeps.
        host.unit(
            "app.service",
            "[Unit]\nAfter=postgresql.service\nStartLimitIntervalSec=0\n[Service]\nUser=app\nRestart=always\nRestartSec=1\n\
             ExecStart=/bin/sh -c 'while sleep 0.1; do echo \"insert into beats values (now());\" || exit; done | psql -Xq -v ON_ERROR_STOP=1 -d appdb'\n\
             [Install]\nWantedBy=multi-user.target",
        );
        let health = "\"runuser\", \"-u\", \"app\", \"--\", \"psql\", \"-XAtqd\", \"appdb\", \"-c\", \"select 1 from rooms limit 1\"";
        let desk = Self::desk(host.name(), "postgres = \"appdb\"", files, health, more);
        let store = Self { host, desk };
        poll::until("it writes", secs(20), || store.beats("appdb"));
        store
    }

    fn psql(&self, database: &str, statement: &str) -> String {
        self.host.sh(&format!(
            "cd /; runuser -u postgres -- psql -XAtqv ON_ERROR_STOP=1 -d '{database}' -c \"{statement}\""
        ))
    }

    fn beats(&self, database: &str) -> Result<(), String> {
        let count = format!(
            "cd /; runuser -u postgres -- psql -XAtqd {database} -c 'select count(*) from beats' 2>&1 || :"
        );
        let before = self.host.sh(&count);
        let after = self.host.sh(&format!("sleep 0.5; {count}"));
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        if number(&after) > number(&before) { Ok(()) } else { Err(format!("{before} {after}")) }
    }

    /// What does not change by itself.
    fn rooms_of(&self, database: &str) -> String {
        self.psql(
            database,
            "select count(*), md5(string_agg(name, ',' order by id)), max(id) from rooms",
        )
    }

    /// What belongs to the database itself.
    fn properties(&self, database: &str) -> String {
        self.psql("postgres", &format!(
            "select pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider, daticulocale, datconnlimit, \
             (select string_agg(x::text, ' ' order by x::text) from aclexplode(datacl) x), shobj_description(oid, 'pg_database'), \
             (select string_agg(setrole::regrole || ':' || setconfig::text, ' ' order by setrole) from pg_db_role_setting where setdatabase = d.oid) \
             from pg_database d where datname = '{database}'"
        ))
    }

    fn databases(&self) -> String {
        self.psql("postgres", "select string_agg(datname, ' ' order by datname) from pg_database where not datistemplate and datname <> 'postgres'")
    }

    fn number(&self, database: &str) -> String {
        self.psql("postgres", &format!("select oid from pg_database where datname = '{database}'"))
    }

    /// A dump as it is, so old.
    fn dumped(&self, name: &str, how: &str, age: &str) {
        self.host.sh(&format!(
            "cd /srv/backups && runuser -u postgres -- pg_dump {how} >{name} && touch -d '{age}' {name}"
        ));
    }

    /// What changes the names says this in place of something, by sed(1).
    fn hold_at(&self, script: &str) {
        self.host.sh(&format!(
            "cat >/usr/local/sbin/psql <<'END'\n#!/bin/sh\ncase $* in *restored=*) sed '{script}' | exec /usr/bin/psql \"$@\" ;; *) exec /usr/bin/psql \"$@\" ;; esac\nEND\n\
             chmod 755 /usr/local/sbin/psql"
        ));
    }

    fn wait_until_held(&self) {
        poll::until("it is held", secs(60), || {
            let held = "select count(*) from pg_stat_activity where query like '%pg_sleep(900)%' and pid <> pg_backend_pid()";
            let there = self.psql("postgres", held);
            if there == "1" { Ok(()) } else { Err(there) }
        });
    }

    fn kill_the_runner(&self, child: &mut std::process::Child) {
        let runner = self.host.sh(&format!("cut -d ' ' -f 1 {}/owner", self.operation()));
        child.kill().unwrap();
        child.wait().unwrap();
        self.host.sh(&format!("kill -9 {runner}"));
    }

    fn is_as_before(&self, number: &str, rooms: &str) {
        assert_eq!(self.number("appdb"), number);
        assert_eq!(self.rooms_of("appdb"), rooms);
        poll::until("it writes", secs(20), || self.beats("appdb"));
        self.holds_nothing();
    }
}

#[test]
fn a_dump_takes_the_place_of_a_database_which_stays_and_one_can_go_back() {
    let store = Store::postgres("pg-back", "/srv/backups/appdb-*", "");
    store.dumped("appdb-1.dump", "-Fc appdb", "2 hours ago");
    store.host.sh("cd /srv/backups && sha256sum appdb-1.dump >appdb-1.dump.sha256 && touch -d '3 days ago' *.sha256");
    let (then, properties) = (store.rooms_of("appdb"), store.properties("appdb"));
    store.psql("appdb", "delete from rooms where id > 1000; create table later(x int)");
    let (now, number) = (store.rooms_of("appdb"), store.number("appdb"));
    assert_ne!(then, now);
    let plan = store.desk.page(&["restore", "db", "--from", "appdb-1.dump"]);
    for part in [
        "from /srv/backups/appdb-1.dump: 2 h 0 min old",
        "its checksum is right",
        "discards what was written in the last 2 h 0 min",
        "to the PostgreSQL database appdb (UTF8, C.UTF-8, of app)",
        "dropdb appdb_before_OPERATION",
        "stops app",
        "connected now: ",
    ] {
        assert!(plan.contains(part), "{part}\n{plan}");
    }
    let run = store.run_of();
    let said = store.desk.act(&["restore", "db", "--from", "appdb-1.dump"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(store.rooms_of("appdb"), then);
    assert_eq!(store.properties("appdb"), properties, "{said:?}");
    assert_eq!(store.psql("appdb", "select nextval('rooms_id_seq')"), "2001");
    assert!(!output(&said.json).contains("not carried over"), "{said:?}");
    assert!(output(&said.json).contains("not among them: public.later"), "{said:?}");
    assert_ne!(store.run_of(), run, "it was stopped and started");
    poll::until("it writes", secs(20), || store.beats("appdb"));
    let all = store.databases();
    let old = all.split(' ').find(|name| name.starts_with("appdb_before_")).unwrap().to_owned();
    assert_eq!(all, format!("appdb {old} other"));
    assert_eq!((store.number(&old), store.rooms_of(&old)), (number, now.clone()));
    assert!(output(&said.json).contains(&format!("dropdb {old}")), "{said:?}");
    store.holds_nothing();

    // Back to what was there before, which stays as well.
    let said = store.desk.act(&["restore", "db", "--from", &old]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(store.rooms_of("appdb"), now);
    assert_eq!(store.properties("appdb"), properties);
    assert_eq!(store.rooms_of(&old), now);
    poll::until("it writes", secs(20), || store.beats("appdb"));
    assert_eq!(store.databases().split(' ').count(), 4, "{}", store.databases());

    // As SQL, packed; and where it is gone.
    store.host.sh("rm /srv/backups/*");
    store.dumped("appdb-2.sql", "appdb", "1 hour ago");
    store.host.sh("gzip /srv/backups/appdb-2.sql && systemctl stop app");
    store.psql("postgres", "drop database appdb");
    let plan = store.desk.page(&["restore", "db"]);
    assert!(plan.contains("there is no database appdb now"), "{plan}");
    let said = store.desk.act(&["restore", "db"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(store.rooms_of("appdb"), now);
    store.holds_nothing();
}

#[test]
fn a_dump_that_is_no_good_is_refused_before_anything_is_stopped() {
    let store = Store::postgres("pg-bad", "/srv/backups/appdb-*", "");
    let (number, rooms) = (store.number("appdb"), store.rooms_of("appdb"));
    store.dumped("appdb-0.dump", "-Fc appdb", "2 hours ago");
    store.dumped("appdb-0.sql", "appdb", "2 hours ago");
    store.dumped("appdb-3.sql", "--create appdb", "2 hours ago");
    store.dumped("appdb-4.dump", "-Fc other", "2 hours ago");
    // It is cut: in its list, in its data, before its last line. A role is not there; a statement fails at its end.
    store.host.sh(
        "cd /srv/backups && head -c $(($(stat -c %s appdb-0.dump) - 3000)) appdb-0.dump >appdb-1.dump && \
         head -c 400 appdb-0.dump >appdb-2.dump && \
         head -n 60 appdb-0.sql >appdb-5.sql && sed 's/OWNER TO app;/OWNER TO nobody_here;/' appdb-0.sql >appdb-6.sql && \
         sed 's/^-- PostgreSQL database dump complete/SELECT 1 FROM nowhere;\\n&/' appdb-0.sql >appdb-7.sql && \
         cp appdb-0.dump appdb-8.dump && cp appdb-0.sql appdb-9.sql && chmod 666 appdb-8.dump && touch -d '2 hours ago' *",
    );
    for (copy, words) in [
        (
            "appdb-1.dump",
            "appdb-1.dump cannot be read: pg_restore: error: could not read from input file: end of file",
        ),
        ("appdb-2.dump", "appdb-2.dump cannot be read: pg_restore: error: "),
        ("appdb-5.sql", "the dump has no last line: it was cut"),
    ] {
        let why = store.refused(&["restore", "db", "--from", copy]);
        assert!(why.contains(words), "{words}: {why}");
    }
    for (copy, words) in [
        ("appdb-3.sql", "connects to a database by itself"),
        ("appdb-6.sql", "nobody_here"),
        ("appdb-7.sql", "nowhere"),
        ("appdb-8.dump", "may be written by others than root and postgres"),
    ] {
        store.fails_before_anything_is_stopped(&["restore", "db", "--from", copy], words);
        assert_eq!(store.databases(), "appdb other");
    }
    // It is cut between the plan, which has seen it whole, and the run.
    let hash = store.desk.hash(&["restore", "db", "--from", "appdb-0.dump"]);
    store.host.sh("cd /srv/backups && cat appdb-1.dump >appdb-0.dump");
    let said =
        store.desk.run(&["restore", "db", "--from", "appdb-0.dump", "--json", "--confirm", &hash]);
    assert!(matches!(said.code, 1 | 75), "{said:?}");
    // The newest is of another application, and nobody has chosen it.
    store.host.sh("cd /srv/backups && mkdir ../away && mv appdb-[0-35-9]* ../away/");
    store.fails_before_anything_is_stopped(&["restore", "db"], "it is of another database");
    assert_eq!(store.databases(), "appdb other");
    store.is_as_before(&number, &rooms);
    // Without its tools nothing is proved.
    store.host.sh("mv /usr/bin/pg_restore /usr/bin/pg_restore.off");
    let why = store.refused(&["restore", "db"]);
    assert!(why.contains("the host has no pg_restore"), "{why}");
}

#[test]
fn a_dump_that_swells_does_not_fill_the_disk_of_its_server() {
    let store = Store::postgres("pg-swell", "/srv/backups/appdb-*.dump", "");
    // 200 MB, which are little in a dump.
    store.psql(
        "appdb",
        "create table big(t text); alter table big alter t set storage external; \
        insert into big select repeat(md5(n::text), 300) from generate_series(1, 20000) n",
    );
    store.dumped("appdb-1.dump", "-Fc appdb", "2 hours ago");
    store.psql("appdb", "drop table big");
    // A disk with 150 MB left.
    store.host.sh(
        "systemctl stop postgresql@15-main; cd /var/lib/postgresql; mkdir /srv/disk; \
         mount -t tmpfs -o size=$(($(du -sk . | cut -f 1) + 153600))k,mode=755 none /srv/disk && \
         cp -a . /srv/disk/ && mount --bind /srv/disk /var/lib/postgresql && systemctl start postgresql@15-main",
    );
    let (number, rooms) = (store.number("appdb"), store.rooms_of("appdb"));
    poll::until("it writes", secs(20), || store.beats("appdb"));
    store.fails_before_anything_is_stopped(&["restore", "db"], "it takes more than half of the");
    assert_eq!(store.databases(), "appdb other");
    store.is_as_before(&number, &rooms);
    assert!(store.host.sh("journalctl -q -o cat --no-pager -t postgres; grep -h PANIC /var/log/postgresql/* || :").is_empty());
}

#[test]
fn who_stays_connected_stops_it_before_the_swap_and_is_named() {
    let store = Store::postgres("pg-stay", "/srv/backups/appdb-*.dump", "");
    store.dumped("appdb-1.dump", "-Fc appdb", "2 hours ago");
    let (number, rooms) = (store.number("appdb"), store.rooms_of("appdb"));
    store.host.sh(
        "cd /; PGAPPNAME=$(printf 're\\033[2Jport\\nx') setsid runuser -u postgres -- psql -Xqd appdb -c 'select pg_sleep(900)' </dev/null >/dev/null 2>&1 &",
    );
    poll::until("it is seen", secs(10), || {
        let plan = store.desk.page(&["restore", "db"]);
        if plan.contains("postgres, re") { Ok(()) } else { Err(plan) }
    });
    let plan = store.desk.page(&["restore", "db"]);
    assert!(!plan.contains('\u{1b}'), "{plan}");
    let said = store.desk.act(&["restore", "db"]);
    assert_eq!(said.code, 1, "{said:?}");
    let words = output(&said.json);
    assert!(
        words.contains("still connected to appdb:") && words.contains("postgres, re"),
        "{words}"
    );
    assert!(!words.contains("app, psql"), "the service was stopped: {words}");
    assert_eq!(store.databases(), "appdb other");
    let stays = "select count(*) from pg_stat_activity where datname = 'appdb' and query like 'select pg_sleep%'";
    assert_eq!(store.psql("postgres", stays), "1", "nobody was sent away");
    store.is_as_before(&number, &rooms);
}

#[test]
fn a_copy_with_which_the_service_does_not_run_is_taken_back_by_the_host_itself() {
    let store = Store::postgres("pg-gate", "/srv/backups/appdb-*.dump", "");
    store.dumped("appdb-1.dump", "-Fc other", "2 hours ago");
    let (number, rooms) = (store.number("appdb"), store.rooms_of("appdb"));
    // Somebody has chosen it, so that it is of another application is theirs to judge.
    let said = store.desk.act(&["restore", "db", "--from", "appdb-1.dump"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(output(&said.json).contains("0 of the 3 tables that are there now"), "{said:?}");
    store.is_as_before(&number, &rooms);
    let all = store.databases();
    let tried = all.split(' ').find(|name| name.starts_with("appdb_tried_")).unwrap();
    assert_eq!(store.psql(tried, "select count(*) from strange"), "0");
    assert!(!all.contains("_before_") && !all.contains("quarterdeck_"), "{all}");
}

#[test]
fn wherever_the_power_goes_the_database_of_before_comes_back() {
    let store = Store::postgres("pg-power", "/srv/backups/appdb-*.dump", "");
    store.host.sh("systemctl enable app 2>/dev/null");
    store.dumped("appdb-1.dump", "-Fc appdb", "2 hours ago");
    store.psql("appdb", "delete from rooms where id > 1000");
    let (number, rooms) = (store.number("appdb"), store.rooms_of("appdb"));
    // The last moment before the change of names is written down; the moment between two names, as if they
    // were no transaction; the first moment after it.
    let mut seen = Vec::new();
    for at in [
        "s/^COMMIT;/SELECT pg_sleep(900);/",
        "s/^BEGIN;//;s/^ALTER DATABASE.*/SELECT pg_sleep(900);/",
        "s/^COMMIT;/COMMIT; SELECT pg_sleep(900);/",
    ] {
        store.hold_at(at);
        let mut child = store.desk.begin(&["restore", "db"]);
        store.wait_until_held();
        let away = store.databases();
        child.kill().unwrap();
        child.wait().unwrap();
        store.host.sh("rm /usr/local/sbin/psql; sync");
        store.host.lab("reset", &[]);
        store.recover();
        assert_eq!(store.number("appdb"), number, "{away}");
        seen.push(away);
        store.is_as_before(&number, &rooms);
        // What was there meanwhile is kept, where it had the name.
        let all = store.databases();
        assert!(!all.contains("quarterdeck_") && !all.contains("_before_"), "{all}");
    }
    let [before, between, after] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(before.starts_with("appdb other quarterdeck_"), "{before}");
    assert!(between.starts_with("appdb_before_") && between.contains("quarterdeck_"), "{between}");
    assert!(after.starts_with("appdb appdb_before_") && !after.contains("quarterdeck_"), "{after}");
    let tried = store.databases().matches("_tried_").count();
    assert_eq!(tried, 1, "{}", store.databases());
}

#[test]
fn a_runner_that_is_killed_after_the_swap_leaves_a_database_that_is_brought_back() {
    let store = Store::postgres("pg-kill", "/srv/backups/appdb-*.dump", "");
    store.dumped("appdb-1.dump", "-Fc appdb", "2 hours ago");
    store.psql("appdb", "delete from rooms where id > 1000");
    let (number, rooms) = (store.number("appdb"), store.rooms_of("appdb"));
    let mut child = store.desk.begin(&["restore", "db", "--soak", "60s"]);
    store.wait_for_event(" 61 start");
    assert_ne!(store.number("appdb"), number);
    store.kill_the_runner(&mut child);
    // Somebody looks at it: that does not keep it from being taken back.
    store.host.sh("cd /; setsid runuser -u postgres -- psql -Xqd appdb -c 'select pg_sleep(900)' </dev/null >/dev/null 2>&1 & sleep 1");
    store.recover();
    store.is_as_before(&number, &rooms);
    let all = store.databases();
    assert!(all.contains("appdb_tried_") && !all.contains("_before_"), "{all}");

    // While both names are about to change, and the server does not notice that nobody waits for it.
    store.psql("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(900)%' and pid <> pg_backend_pid()");
    store.hold_at("s/^COMMIT;/SELECT pg_sleep(900);/");
    let mut child = store.desk.begin(&["restore", "db"]);
    store.wait_until_held();
    store.kill_the_runner(&mut child);
    store.host.sh("rm /usr/local/sbin/psql");
    store.recover();
    store.is_as_before(&number, &rooms);
    assert_eq!(store.databases(), all);
}

#[test]
fn a_dump_that_is_made_now_is_whole_and_comes_back() {
    let mut store = Store::postgres("pg-make", "/srv/backups/appdb-*.dump", "keep = 2");
    for (name, age) in [("appdb-1.dump", "9 hours ago"), ("appdb-2.dump", "8 hours ago")] {
        store.dumped(name, "-Fc appdb", age);
    }
    let rooms = store.rooms_of("appdb");
    let said = store.desk.act(&["backup", "db"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(output(&said.json).contains("3 tables are in it; appdb had 3"), "{said:?}");
    let new = store.host.sh("cd /srv/backups && ls *.sha256");
    let new = new.strip_suffix(".sha256").unwrap().to_owned();
    store.host.sh(&format!("cd /srv/backups && sha256sum -c {new}.sha256 && pg_restore -l {new} | grep -q 'TABLE DATA public rooms'"));
    assert_eq!(store.host.sh("ls -A /srv/backups | wc -l"), "3");
    store.holds_nothing();
    poll::until("it is looked into", secs(60), || {
        let row = store.desk.status().json["environments"][0]["backups"][0].clone();
        if row["integrity"] == "good" && row["severity"] == "ok" && row["count"] == 2 {
            Ok(())
        } else {
            Err(format!("{row:#}"))
        }
    });
    store.psql("appdb", "delete from rooms");
    let said = store.desk.act(&["restore", "db"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(store.rooms_of("appdb"), rooms);

    // As SQL, packed.
    let health = "\"true\"";
    store.desk = Store::desk(
        store.host.name(),
        "postgres = \"appdb\"",
        "/srv/backups/sql-*.sql.gz",
        health,
        "",
    );
    store.desk.act(&["backup", "db"]).ok();
    store.host.sh("cd /srv/backups && sha256sum -c *.sql.gz.sha256 && zcat sql-*.sql.gz | tail -n 5 | grep -q 'dump complete'");
    store.desk.act(&["restore", "db"]).ok();
    assert_eq!(store.rooms_of("appdb"), rooms);
    // A server that does not answer makes none, and leaves nothing.
    store.host.sh("systemctl stop postgresql@15-main");
    let why = store.refused(&["backup", "db"]);
    assert!(why.contains("the database does not answer: psql: error: "), "{why}");
    assert_eq!(store.host.sh("ls -A /srv/backups | grep -c quarterdeck || :"), "0");
}
