//! SQLite, of which a file is the least part.

use super::{Store, output};
use crate::lab::Host;
use crate::poll::{self, secs};

pub(super) const FILE: &str = "/srv/app/app.db";

/// Writes to it all the time, keeps it open, and never empties its log: what was written last is in that only.
const APP: &str = "import sqlite3, time\n\
    db = sqlite3.connect('/srv/app/app.db', isolation_level=None)\n\
    db.execute('pragma journal_mode = wal')\n\
    db.execute('pragma wal_autocheckpoint = 0')\n\
    db.execute('create table if not exists beats(at)')\n\
    while True:\n\
    \x20   db.execute('insert into beats values (?)', (time.time(),))\n\
    \x20   time.sleep(0.1)\n";

impl Store {
    pub(super) fn sqlite(name: &str, files: &str, more: &str) -> Self {
        let host = Host::boot(name);
        host.sh(&format!(
            "useradd -m app && mkdir -p /srv/app /srv/backups && cat >/srv/app.py <<'END'\n{APP}END\n\
             chown app:app /srv/app && cd /srv/app && \
             runuser -u app -- sqlite3 {FILE} 'create table rooms(id integer primary key, name text); \
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 500) insert into rooms select i, hex(randomblob(40)) from n' && \
             chmod 640 {FILE}"
        ));
        // It is ended as by a power cut: it has no chance to take its log in.
        host.unit(
            "app.service",
            "[Service]\nUser=app\nKillSignal=SIGKILL\nExecStart=/usr/bin/python3 /srv/app.py\n\
             [Install]\nWantedBy=multi-user.target",
        );
        let database = format!("sqlite = \"{FILE}\"");
        let health = format!("\"test\", \"-s\", \"{FILE}\"");
        let desk = Self::desk(host.name(), &database, files, &health, more);
        let store = Self { host, desk };
        poll::until("it writes", secs(10), || store.writes());
        store
    }

    fn sql(&self, file: &str, statement: &str) -> String {
        self.host.sh(&format!("runuser -u app -- sqlite3 -readonly {file} \"{statement}\""))
    }

    /// What does not change by itself.
    fn rooms(&self, file: &str) -> String {
        self.sql(file, "select count(*), sum(length(name)), max(name) from rooms")
    }

    fn writes(&self) -> Result<(), String> {
        let count = "select count(*) from beats";
        let before = self.host.sh(&format!("sqlite3 -readonly {FILE} '{count}' 2>&1 || :"));
        let after =
            self.host.sh(&format!("sleep 0.5; sqlite3 -readonly {FILE} '{count}' 2>&1 || :"));
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        if number(&after) > number(&before) { Ok(()) } else { Err(format!("{before} {after}")) }
    }

    /// Sums of the file and all that stands beside it, which somebody has stopped writing to.
    fn sums(&self, file: &str) -> String {
        self.host.sh(&format!(
            "for end in '' -wal -shm -journal; do [ -e {file}$end ] && echo \"$end $(sha256sum <{file}$end) $(stat -c '%U:%G %a %Y' {file}$end)\"; done || :"
        ))
    }

    /// A copy as it is, so old.
    pub(super) fn copied(&self, name: &str, age: &str) {
        self.host.sh(&format!(
            "cd /srv/backups && rm -f {name} && sqlite3 {FILE} \"vacuum into '/srv/backups/{name}'\" && touch -d '{age}' {name}"
        ));
    }

    /// Nothing that was made for a while is left.
    fn is_clean(&self) {
        self.holds_nothing();
        let left = self
            .host
            .sh("ls -dA /srv/app/.*quarterdeck* /srv/backups/.*quarterdeck* 2>/dev/null || :");
        assert_eq!(left, "");
    }
}

#[test]
fn a_file_comes_back_and_what_was_there_stays_with_its_log() {
    let store = Store::sqlite("sq-back", "/srv/backups/app-*.db", "");
    store.copied("app-1.db", "2 hours ago");
    let then = store.rooms(FILE);
    store.host.sh(&format!(
        "runuser -u app -- sqlite3 -cmd '.timeout 5000' {FILE} 'delete from rooms where id > 400'"
    ));
    let now = store.rooms(FILE);
    assert_ne!(then, now);
    let plan = store.desk.page(&["restore", "db"]);
    for part in
        ["from /srv/backups/app-1.db: 2 h 0 min old", "discards 2 h 0 min of writes", "stops app"]
    {
        assert!(plan.contains(part), "{part}\n{plan}");
    }
    // It does not ask for its log again: how the file is written belongs to the file.
    store.host.sh("sed -i /journal_mode/d /srv/app.py");
    let (run, beats) = (store.run_of(), store.sql(FILE, "select count(*) from beats"));
    let said = store.desk.act(&["restore", "db"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(store.rooms(FILE), then);
    assert_eq!(store.host.sh(&format!("stat -c '%U:%G %a' {FILE}")), "app:app 640");
    assert_ne!(store.run_of(), run, "it was stopped and started");
    assert_eq!(store.sql(FILE, "pragma journal_mode"), "wal");
    poll::until("it writes", secs(10), || store.writes());
    // What was written last was in the log only, and is there still.
    let old = store.host.sh(&format!("ls {FILE}.before-* | grep -v -e '-wal$' -e '-shm$'"));
    assert!(output(&said.json).contains(&old), "{said:?}");
    store.host.sh(&format!("test -s {old}-wal"));
    assert_eq!(store.rooms(&old), now);
    let kept: u64 = store.sql(&old, "select count(*) from beats").parse().unwrap();
    assert!(kept >= beats.parse().unwrap(), "{kept} {beats}");
    store.is_clean();

    // And back, with all that was in the log.
    let said = store.desk.act(&["restore", "db", "--from", &old]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(store.rooms(FILE), now);
    let back: u64 = store.sql(FILE, "select count(*) from beats").parse().unwrap();
    assert!(back >= kept, "{back} {kept}");
    poll::until("it writes", secs(10), || store.writes());
    store.is_clean();
}

#[test]
fn a_file_that_is_no_good_is_refused_before_anything_is_stopped() {
    let store = Store::sqlite("sq-bad", "/srv/backups/app-*", "");
    store.copied("app-0.db", "5 hours ago");
    let rooms = store.rooms(FILE);
    // Cut; a page in the middle is of something else; of another application; no database at all.
    store.host.sh(
        "cd /srv/backups && head -c 20000 app-0.db >app-1.db && cp app-0.db app-2.db && \
         head -c 20000 /dev/urandom | dd of=app-2.db bs=1 seek=8192 conv=notrunc 2>/dev/null && \
         sqlite3 app-3.db 'create table other(x)' && sqlite3 app-4.db 'create table x(y); drop table x' && \
         echo no >app-5.db && gzip -c app-0.db | head -c 9000 >app-6.db.gz && \
         printf '%s\\n' 'PRAGMA foreign_keys=OFF;' 'BEGIN TRANSACTION;' 'create table rooms(id);' '.shell touch /srv/owned' 'COMMIT;' >app-7.sql && \
         sqlite3 app-0.db .dump | head -n 100 >app-8.sql && touch -d '2 hours ago' *",
    );
    let why = store.refused(&["restore", "db", "--from", "app-1.db"]);
    assert!(why.contains("app-1.db cannot be read: it was cut"), "{why}");
    let why = store.refused(&["restore", "db", "--from", "app-6.db.gz"]);
    assert!(why.contains("cannot be read"), "{why}");
    for (copy, words) in [
        ("app-2.db", "it is damaged, as SQLite's integrity_check says"),
        ("app-4.db", "holds no table"),
        ("app-5.db", "is neither a file of SQLite nor a dump of one"),
        ("app-7.sql", "cannot be restored into a file of its own"),
        ("app-8.sql", "has no last line: it was cut"),
    ] {
        store.fails_before_anything_is_stopped(&["restore", "db", "--from", copy], words);
        store.is_clean();
    }
    assert_eq!(store.host.sh("ls -d /srv/owned 2>/dev/null || :"), "");
    // The newest is of another application, and nobody has chosen it.
    store.host.sh("cd /srv/backups && mkdir ../away && mv app-[0124-8]* ../away/ && touch app-3.db -d '1 hour ago'");
    store.fails_before_anything_is_stopped(&["restore", "db"], "it is of another database");
    store.is_clean();
    assert_eq!(store.rooms(FILE), rooms);
    // A dump that is whole is as good as a file.
    store.host.sh("sqlite3 /srv/away/app-0.db .dump | gzip >/srv/backups/app-9.sql.gz");
    store.desk.act(&["restore", "db", "--from", "app-9.sql.gz"]).ok();
    assert_eq!(store.rooms(FILE), rooms);
    assert_eq!(store.sql(FILE, "pragma journal_mode"), "wal");
    poll::until("it writes", secs(10), || store.writes());
    store.is_clean();
    // Without the tool nothing is proved.
    store.host.sh("mv /usr/bin/sqlite3 /usr/bin/sqlite3.off");
    let why = store.refused(&["restore", "db", "--from", "app-9.sql.gz"]);
    store.host.sh("mv /usr/bin/sqlite3.off /usr/bin/sqlite3");
    assert!(why.contains("the host has no sqlite3"), "{why}");
}

#[test]
fn who_has_the_file_open_stops_it_before_the_swap() {
    let store = Store::sqlite("sq-open", "/srv/backups/app-*.db", "");
    store.copied("app-1.db", "2 hours ago");
    let hash = store.desk.hash(&["restore", "db"]);
    let rooms = store.rooms(FILE);
    // It only reads, and knows the file by another name.
    store.host.sh(
        "mkdir /mnt/else && mount --bind /srv/app /mnt/else && setsid sh -c 'exec 8</mnt/else/app.db; exec sleep 600' </dev/null >/dev/null 2>&1 &",
    );
    poll::until("it is seen", secs(10), || {
        let why = store.refused(&["restore", "db"]);
        if why.contains("(sleep, of ") { Ok(()) } else { Err(why) }
    });
    let said = store.desk.run(&["restore", "db", "--json", "--confirm", &hash]);
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(store.host.sh("ls /srv/app | grep -e before -e tried || :"), "");
    assert_eq!(store.rooms(FILE), rooms);
    poll::until("it writes", secs(10), || store.writes());
    store.is_clean();
}

#[test]
fn a_file_that_was_swapped_when_the_power_went_comes_back_with_its_log() {
    let store = Store::sqlite("sq-power", "/srv/backups/app-*.db", "");
    store.copied("app-1.db", "2 hours ago");
    store.host.sh("systemctl enable app 2>/dev/null");
    store.host.sh(&format!(
        "runuser -u app -- sqlite3 -cmd '.timeout 5000' {FILE} 'delete from rooms where id > 400'"
    ));
    let rooms = store.rooms(FILE);
    // The moment when the file is away, its log still there, and the new one not.
    store.host.sh("printf '%s\\n' '#!/bin/sh' 'case \"$*\" in *app.db\\ */app.db.before-*) /bin/mv \"$@\" && sleep 600 ;; *) exec /bin/mv \"$@\" ;; esac' >/usr/local/sbin/mv && chmod 755 /usr/local/sbin/mv");
    let mut child = store.desk.begin(&["restore", "db"]);
    poll::until("it is away", secs(30), || {
        let there = store.host.sh("ls /srv/app");
        if there.lines().any(|line| line == "app.db") { Err(there) } else { Ok(()) }
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let old = store.host.sh(&format!("ls {FILE}.before-* | grep -v -e '-wal$' -e '-shm$'"));
    let sums = store.sums(&old);
    assert!(sums.contains("-wal "), "{sums}");
    // The service starts by itself and finds no file: it makes one, and empties the log that it finds.
    store.host.sh("rm /usr/local/sbin/mv; sync");
    store.host.lab("reset", &[]);
    poll::until("it writes", secs(20), || store.writes());
    store.host.sh("systemctl mask --runtime --now app 2>/dev/null");
    store.host.sh("systemctl unmask --runtime app 2>/dev/null; systemctl disable app 2>/dev/null");
    let said = store.host.sh("cat /srv/app.py >/dev/null; ls -a /srv/app");
    assert!(said.contains("app.db-wal"), "{said}");
    // Nothing starts it when it is taken back, so that what comes back can be compared byte by byte.
    store.host.sh(
        "mv /srv/app.py /srv/app.py.off; printf 'import time\\ntime.sleep(999)\\n' >/srv/app.py",
    );
    store.recover();
    assert_eq!(store.sums(FILE), sums, "byte by byte");
    assert_eq!(store.rooms(FILE), rooms);
    assert_eq!(store.host.sh("ls /srv/app | grep before || :"), "");
    store.host.sh("ls /srv/app/app.db.tried-*");
    store.is_clean();
}

#[test]
fn a_copy_of_what_is_written_to_is_whole_and_comes_back() {
    let mut store = Store::sqlite("sq-make", "/srv/backups/app-*.db.gz", "keep = 2");
    for (name, age) in [("app-1.db.gz", "9 hours ago"), ("app-2.db.gz", "8 hours ago")] {
        store.host.sh(&format!(
            "gzip -c {FILE} >/srv/backups/{name} && touch -d '{age}' /srv/backups/{name}"
        ));
    }
    let plan = store.desk.page(&["backup", "db"]);
    assert!(plan.contains("lets go 1 older ones: app-1.db.gz to app-1.db.gz"), "{plan}");
    let rooms = store.rooms(FILE);
    let said = store.desk.act(&["backup", "db"]);
    assert_eq!(said.code, 0, "{said:?}");
    let new = store.host.sh("cd /srv/backups && ls *.sha256");
    let new = new.strip_suffix(".sha256").unwrap().to_owned();
    store.host.sh(&format!("cd /srv/backups && sha256sum -c {new}.sha256 && zcat {new} >/tmp/one.db && chmod 644 /tmp/one.db"));
    assert_eq!(store.rooms("/tmp/one.db"), rooms);
    assert_eq!(store.host.sh("ls /srv/backups | wc -l"), "3");
    store.is_clean();
    let reading = store.desk.status();
    let row = &reading.json["environments"][0]["backups"][0];
    assert_eq!((&row["count"], &row["severity"]), (&2.into(), &"ok".into()), "{row:#}");

    store
        .host
        .sh(&format!("runuser -u app -- sqlite3 -cmd '.timeout 5000' {FILE} 'delete from rooms'"));
    let said = store.desk.act(&["restore", "db"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(store.rooms(FILE), rooms);
    store.is_clean();

    // With an old sqlite3, which knows neither VACUUM INTO nor -safe.
    store.host.sh(
        "cat >/usr/local/bin/sqlite3 <<'END'\n#!/bin/sh\ncase \" $* \" in *' -safe '* | *'VACUUM INTO'*) exit 1 ;; *' -version '*) echo '3.26.0 2018' ;; *) exec /usr/bin/sqlite3 \"$@\" ;; esac\nEND\n\
         chmod 755 /usr/local/bin/sqlite3; rm /srv/backups/*",
    );
    store.desk.act(&["backup", "db"]).ok();
    store.desk.act(&["restore", "db"]).ok();
    assert_eq!(store.rooms(FILE), rooms);
    let dump = "sqlite3 /srv/app/app.db .dump >/srv/app.sql";
    store.host.sh(dump);
    let said = store.desk.act(&["restore", "db", "--from", "/srv/app.sql"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(output(&said.json).contains("older than 3.37"), "{said:?}");
    store.is_clean();
    store.host.sh("rm /usr/local/bin/sqlite3");

    // One that is damaged makes no copy.
    store.host.sh(&format!("systemctl stop app; dd if=/dev/urandom of={FILE} bs=1 seek=8192 count=30000 conv=notrunc 2>/dev/null"));
    let said = store.desk.act(&["backup", "db"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(store.host.sh("ls /srv/backups | wc -l"), "2");
    store.is_clean();
    // Where it is gone, it comes back.
    store.host.sh(&format!("rm {FILE}"));
    let plan = store.desk.page(&["restore", "db"]);
    assert!(plan.contains("where nothing is"), "{plan}");
    store.desk.act(&["restore", "db"]).ok();
    assert_eq!(
        store
            .host
            .sh(&format!("stat -c '%U:%G' {FILE}; sqlite3 {FILE} 'select count(*) from rooms'")),
        "app:app\n500"
    );
    store.desk = Store::desk(
        store.host.name(),
        &format!("sqlite = \"{FILE}\""),
        "/srv/backups/app-*.tar.gz",
        "\"true\"",
        "",
    );
    let why = store.refused(&["backup", "db"]);
    assert!(why.contains("does not end as a copy of it would"), "{why}");
}
