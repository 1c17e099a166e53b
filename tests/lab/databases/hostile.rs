//! The user whose database it is wants more rights than it has: root works in a directory that is that user's.

use super::Store;
use super::sqlite::FILE;

impl Store {
    /// What the user does at the worst moment: when SQLite is called with these words.
    fn at_sqlite(&self, words: &str, script: &str) {
        self.host.sh(&format!(
            "cat >/srv/attack <<'END'\n{script}\nEND\n\
             cat >/usr/local/bin/sqlite3 <<'END'\n#!/bin/sh\ncase \" $* \" in *'{words}'*) if [ \"$(id -u)\" = 0 ]; then echo root >>/tmp/rights; fi; setpriv --reuid app --clear-groups sh /srv/attack >>/tmp/attack 2>&1 || sh /srv/attack >>/tmp/attack 2>&1 ;; esac\nexec /usr/bin/sqlite3 \"$@\"\nEND\n\
             chmod 755 /usr/local/bin/sqlite3; : >/tmp/attack; chmod 666 /tmp/attack"
        ));
    }

    /// It was done, and what is root's is as it was.
    fn attack_was_in_vain(&self) {
        assert!(!self.host.sh("cat /tmp/attack").is_empty(), "it was tried");
        assert_eq!(
            self.host.sh("cat /tmp/rights 2>/dev/null || :"),
            "",
            "SQLite never ran as root"
        );
        assert_eq!(
            self.host.sh("stat -c '%U %a' /srv/secret /srv/secret/key.db"),
            "root 700\nroot 600"
        );
        assert_eq!(
            self.host.sh("ls -A /srv/secret; sqlite3 /srv/secret/key.db 'select * from key'"),
            "key.db\ntop secret"
        );
        let copies =
            self.host.sh("find /srv/backups /srv/app -type f -exec grep -l 'top secret' {} + || :");
        assert_eq!(copies, "");
    }

    fn with_secret(name: &str) -> Self {
        let store = Self::sqlite(name, "/srv/backups/app-*.db", "");
        store.host.sh(
            "chmod 755 /srv/app /srv/backups; install -d -m 700 /srv/secret; sqlite3 /srv/secret/key.db \"create table key(x); insert into key values ('top secret')\"; chmod 600 /srv/secret/key.db",
        );
        store.copied("app-1.db", "2 hours ago");
        store
    }
}

#[test]
fn only_the_database_goes_into_a_copy_whatever_stands_there_meanwhile() {
    let store = Store::with_secret("ah-make");
    store.at_sqlite(
        "VACUUM INTO",
        "echo now; cd /srv/app && mv app.db mine.db && ln -s /srv/secret/key.db app.db",
    );
    let _either = store.desk.act(&["backup", "db"]);
    store.attack_was_in_vain();
    store.host.sh("cd /srv/app && rm app.db && mv mine.db app.db");
    // What was made is a link when it is read.
    store.at_sqlite("sqlite_master", "cd /srv/app/.app.db.quarterdeck-* && echo now && rm -f copy && ln -s /srv/secret/key.db copy");
    let _either = store.desk.act(&["backup", "db"]);
    store.attack_was_in_vain();
}

#[test]
fn a_copy_that_points_elsewhere_brings_nothing_of_it() {
    let store = Store::with_secret("ah-from");
    store.host.sh("chown app /srv/backups");
    // Its log is a link to what only root may read.
    store.host.sh("runuser -u app -- ln -s /srv/secret/key.db /srv/backups/app-1.db-wal");
    let said = store.desk.act(&["restore", "db"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(super::output(&said.json).contains("lies where others write"), "{said:?}");
    // It is another file when it is unpacked.
    store.host.sh("rm /srv/backups/app-1.db-wal");
    store.host.sh("cat >/usr/local/bin/df <<'END'\n#!/bin/sh\ncase $PWD in */ops/*) rm -f /srv/backups/app-1.db; ln -s /srv/secret/key.db /srv/backups/app-1.db; echo now >/tmp/attack ;; esac\nexec /usr/bin/df \"$@\"\nEND\nchmod 755 /usr/local/bin/df");
    let said = store.desk.act(&["restore", "db"]);
    store.host.sh("rm /usr/local/bin/df");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(super::output(&said.json).contains("is another file now"), "{said:?}");
    store.attack_was_in_vain();
}

#[test]
fn what_is_proved_beside_a_file_leads_nowhere_else() {
    let store = Store::with_secret("ah-stage");
    let rooms = store.host.sh(&format!("stat -c %i {FILE}"));
    for script in [
        // A link in the place of what is proved, before and after; another directory in the place of ours.
        "cd /srv/app/.app.db.quarterdeck-* && echo now && rm -f new && ln -s /srv/secret/key.db new",
        "cd /srv/app && for one in .app.db.quarterdeck-*; do echo now; mv $one mine-$$; ln -s /srv/secret $one; done",
    ] {
        for words in ["integrity_check", "sqlite_master"] {
            store.at_sqlite(words, script);
            let said = store.desk.act(&["restore", "db"]);
            store.attack_was_in_vain();
            assert_eq!(said.code, 1, "{said:?}");
            assert_eq!(store.host.sh(&format!("stat -c %i {FILE}")), rooms, "{said:?}");
            store.host.sh("cd /srv/app && rm -rf mine-* .app.db.quarterdeck-*");
        }
    }
}
