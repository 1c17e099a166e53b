//! Backups in real repositories: restic 0.14 and 0.18, borg 1.2 and 1.4, git.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

/// Makes, below /b, restic's repositories: a good one, and what can befall it. Each is 3 MB.
const RESTIC: &str = r#"set -e
mkdir -p /src /old /b; cd /src; for n in 1 2 3 4 5; do echo $n >f$n; done; echo x >/old/x
head -c 3000000 /dev/urandom >big; touch -d '3 days ago' /src/* /old/*
echo secret >/root/pw; echo another >/root/wrong; chmod 600 /root/pw /root/wrong
export RESTIC_PASSWORD_FILE=/root/pw
r() { repo=$1; shift; restic -q -r /b/$repo "$@"; }
ago() { date -d "$1 hours ago" '+%F %T'; }
r good init; r good backup --time "$(ago 3)" /src; r good backup --time "$(ago 1)" /src
r old init; r old backup --time "$(ago 9)" /src
r other init; r other backup /old
# One for two directories, and of another host: its newest are not of ours.
r shared init; r shared backup --time "$(ago 3)" /src; r shared backup /old
r shared backup --host elsewhere /src
r empty init
largest() { find /b/$1/data -type f -size +1000k; }
for name in rotten cut lost snapshot locked; do cp -a /b/good /b/$name; done
chmod u+w "$(largest rotten)" "$(largest cut)"
printf rotten | dd of="$(largest rotten)" bs=1 seek=1000 conv=notrunc
truncate -s 1000 "$(largest cut)"
rm -f "$(largest lost)"
newest=$(ls -t /b/snapshot/snapshots/* | head -n 1); chmod u+w "$newest"; printf rotten >"$newest"
# Who holds a lock was ended without a chance.
restic -q -r /b/locked backup --stdin </dev/zero >/dev/null 2>&1 & sleep 3; kill -9 $!
ls /b/locked/locks | grep -q .
"#;

/// The same of borg.
const BORG: &str = r#"set -e
cd /; export BORG_PASSPHRASE=secret BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
ago() { date -u -d "$1 hours ago" +%FT%T; }
borg init -e repokey /b/bgood; borg create --timestamp "$(ago 3)" /b/bgood::one /src
borg create --timestamp "$(ago 1)" /b/bgood::two /src
borg init -e repokey /b/bold; borg create --timestamp "$(ago 9)" /b/bold::one /src
borg init -e repokey /b/bother; borg create /b/bother::one /old
for name in brotten bcut bheld; do cp -a /b/bgood /b/$name; done
largest() { find /b/$1/data -type f -size +1000k; }
printf rotten | dd of="$(largest brotten)" bs=1 seek=100000 conv=notrunc
truncate -s 1000 "$(largest bcut)"
# Who holds a lock was ended without a chance.
borg with-lock /b/bheld sleep 60 >/dev/null 2>&1 & sleep 3; kill -9 $!
[ -e /b/bheld/lock.exclusive ]
rm -rf /root/.config/borg /root/.cache/borg
"#;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// An environment of that host with these backups, each with its source and way.
fn desk(host: &Host, backups: &[(&str, String)]) -> Desk {
    let mut config = format!(
        "[[env]]\nname = \"production\"\ntier = \"production\"\n\
         [[env.host]]\nname = \"store\"\nssh = \"{}\"\n\
         [[env.service]]\nname = \"cron\"\nunit = \"cron.service\"\n",
        host.name()
    );
    for (name, way) in backups {
        let _ok = write!(config, "[[env.backup]]\nname = \"{name}\"\nevery = \"6h\"\n{way}\n");
    }
    Desk::with(&config)
}

fn repository(tool: &str, name: &str, password: &str) -> String {
    format!(
        "source = \"/src\"\n\
         {tool} = {{ repository = \"/b/{name}\", password_file = \"/root/{password}\" }}"
    )
}

/// Rows by name. A single reading waits a while only for what is in a copy: each that can be checked
/// is asked for alone.
fn rows(host: &Host, backups: &[(&str, String)], unchecked: &[&str]) -> BTreeMap<String, Value> {
    let (unread, read): (Vec<_>, Vec<_>) =
        backups.iter().cloned().partition(|(name, _)| unchecked.contains(name));
    let mut rows = BTreeMap::new();
    for (some, is_read) in read.chunks(1).map(|one| (one, true)).chain([(&*unread, false)]) {
        let desk = desk(host, some);
        let all = poll::until("it is checked", secs(60), || {
            let reading = desk.status().json;
            let all = reading["environments"][0]["backups"].as_array().unwrap().clone();
            let waits = |row: &&Value| is_read && row["integrity"].is_null();
            all.iter().find(waits).map_or(Ok(()), |row| Err(format!("{row:#}")))?;
            Ok(all)
        });
        rows.extend(all.into_iter().map(|row| (text(&row["name"]).to_owned(), row)));
    }
    rows
}

/// The verdict, how bad, and what the check found.
fn is<'a>(rows: &'a BTreeMap<String, Value>, name: &str) -> (&'a str, &'a str, &'a str) {
    let row = &rows[name];
    (text(&row["verdict"]), text(&row["severity"]), text(&row["integrity"]))
}

fn age(row: &Value) -> u64 {
    row["age_s"].as_u64().unwrap_or(u64::MAX)
}

/// A finding of that rule about that backup.
fn finding<'a>(findings: &'a Value, rule: &str, backup: &str) -> Option<&'a Value> {
    let all = findings["findings"].as_array().unwrap();
    all.iter().find(|one| one["id"] == rule && text(&one["summary"]).contains(backup))
}

const HOUR: u64 = 3600;

/// What stands in all repositories and homes, and when it was last changed in any way.
fn stamps(host: &Host) -> String {
    host.sh("find /b /src /root /home -printf '%p %s %T@ %C@\\n' | sort")
}

fn restic_is_told(host: &Host) {
    host.sh(RESTIC);
    let mut backups: Vec<(&str, String)> = ["good", "old", "other", "shared", "empty", "rotten"]
        .into_iter()
        .chain(["cut", "lost", "snapshot", "locked", "none"])
        .map(|name| (name, repository("restic", name, "pw")))
        .collect();
    backups.push(("wrong", repository("restic", "good", "wrong")));
    backups.push(("nofile", repository("restic", "good", "nothing")));
    let before = stamps(host);
    let rows = rows(host, &backups, &["empty", "none", "wrong", "nofile"]);
    assert_eq!(stamps(host), before, "looking changes nothing");

    assert_eq!(is(&rows, "good"), ("fresh", "ok", "good"), "{:#}", rows["good"]);
    assert_eq!(rows["good"]["count"], 2);
    assert!((HOUR..2 * HOUR).contains(&age(&rows["good"])), "{:#}", rows["good"]);
    assert_eq!(is(&rows, "old"), ("late", "critical", "good"), "{:#}", rows["old"]);
    assert!((9 * HOUR..10 * HOUR).contains(&age(&rows["old"])), "{:#}", rows["old"]);
    assert_eq!(is(&rows, "other"), ("wrong-source", "critical", "good"), "{:#}", rows["other"]);
    assert!(text(&rows["other"]["detail"]).contains("it is of /old, not of /src"));
    // Neither what is of another directory nor what is of another host makes it younger.
    assert_eq!(is(&rows, "shared"), ("fresh", "ok", "good"), "{:#}", rows["shared"]);
    assert_eq!(rows["shared"]["count"], 1, "{:#}", rows["shared"]);
    assert!((3 * HOUR..4 * HOUR).contains(&age(&rows["shared"])), "{:#}", rows["shared"]);
    for (name, words) in [
        ("rotten", "pack "),
        ("cut", "unexpected file size: got 1000"),
        ("lost", "does not exist"),
        ("snapshot", "invalid data returned"),
    ] {
        let row = &rows[name];
        assert_eq!(is(&rows, name), ("corrupt", "critical", "corrupt"), "{row:#}");
        assert!(text(&row["detail"]).to_lowercase().contains(words), "{words}: {row:#}");
        assert!(row["age_s"].is_null(), "nobody knows which can be restored: {row:#}");
    }
    // The newest, which nobody can read any more, is told; it is not just left out.
    assert_eq!(rows["snapshot"]["count"], 1, "{:#}", rows["snapshot"]);
    assert_eq!(rows["snapshot"]["warnings"].as_array().unwrap().len(), 1);
    for name in ["empty", "none"] {
        assert_eq!(is(&rows, name), ("missing", "critical", ""), "{:#}", rows[name]);
    }
    for (name, why) in [("wrong", "wrong password or no key found"), ("nofile", "/root/nothing")] {
        let row = &rows[name];
        assert_eq!(is(&rows, name), ("unverified", "unknown", ""), "{row:#}");
        assert!(text(&row["detail"]).contains(why), "{row:#}");
        assert!(!text(&row["detail"]).contains("message_type"), "{row:#}");
    }
    // A lock is no reason not to look.
    assert_eq!(is(&rows, "locked"), ("fresh", "ok", "good"), "{:#}", rows["locked"]);

    host.sh("mv /usr/bin/restic /usr/bin/restic.off");
    let without = desk(host, &backups).status().json["environments"][0]["backups"][0].clone();
    host.sh("mv /usr/bin/restic.off /usr/bin/restic");
    assert_eq!(without["severity"], "unknown", "{without:#}");
    assert!(text(&without["detail"]).contains("there is no restic on the host"), "{without:#}");
}

fn borg_is_told(host: &Host) {
    host.sh(BORG);
    let names = ["bgood", "bold", "bother", "brotten", "bcut", "bheld", "bnone"];
    let mut backups: Vec<(&str, String)> =
        names.iter().map(|name| (*name, repository("borg", name, "pw"))).collect();
    backups.push(("bwrong", repository("borg", "bgood", "wrong")));
    backups.push(("bnofile", "source = \"/src\"\nborg = { repository = \"/b/bgood\" }".to_owned()));
    let before = stamps(host);
    let rows = rows(host, &backups, &["bnone", "bwrong", "bnofile"]);
    assert_eq!(stamps(host), before, "looking changes nothing");

    assert_eq!(is(&rows, "bgood"), ("fresh", "ok", "good"), "{:#}", rows["bgood"]);
    assert_eq!(rows["bgood"]["count"], 2);
    assert!((HOUR..2 * HOUR).contains(&age(&rows["bgood"])), "{:#}", rows["bgood"]);
    assert_eq!(is(&rows, "bold"), ("late", "critical", "good"), "{:#}", rows["bold"]);
    assert!((9 * HOUR..10 * HOUR).contains(&age(&rows["bold"])), "{:#}", rows["bold"]);
    assert_eq!(is(&rows, "bother"), ("wrong-source", "critical", "good"), "{:#}", rows["bother"]);
    for (name, words) in
        [("brotten", "Segment entry checksum mismatch"), ("bcut", "Segment entry data short read")]
    {
        let row = &rows[name];
        assert_eq!(is(&rows, name), ("corrupt", "critical", "corrupt"), "{row:#}");
        assert!(text(&row["detail"]).contains(words), "{words}: {row:#}");
        assert!(row["age_s"].is_null(), "nobody knows which can be restored: {row:#}");
    }
    assert_eq!(is(&rows, "bheld"), ("fresh", "ok", "good"), "{:#}", rows["bheld"]);
    assert_eq!(is(&rows, "bnone"), ("missing", "critical", ""), "{:#}", rows["bnone"]);
    for name in ["bwrong", "bnofile"] {
        let row = &rows[name];
        assert_eq!(is(&rows, name), ("unverified", "unknown", ""), "{row:#}");
        assert!(text(&row["detail"]).contains("passphrase"), "{row:#}");
    }
    backups.retain(|(name, _)| ["bgood", "bold", "bother", "bwrong"].contains(name));
    let said = desk(host, &backups).run(&["doctor", "--json"]);
    let findings: Value = serde_json::from_str(&said.out).expect("JSON");
    let wrong = finding(&findings, "backup-unverified", "bwrong").unwrap();
    assert_eq!(wrong["severity"], "unknown", "{wrong:#}");
    assert!(wrong["evidence"].to_string().contains("passphrase"), "{wrong:#}");
    let other = finding(&findings, "backup-wrong-source", "bother").unwrap();
    assert!(text(&other["summary"]).contains("of /old and not of /src"), "{other:#}");
    assert!(finding(&findings, "backup-late", "bold").is_some(), "{findings:#}");
    // Its place stands in what is said of those that have another password.
    assert!(finding(&findings, "backup-corrupt", "bgood").is_none(), "{findings:#}");
    assert!(finding(&findings, "backup-late", "bgood").is_none(), "{findings:#}");
}

#[test]
fn restic_and_borg_are_as_they_are_and_are_left_so() {
    let host = Host::boot("rr-252");
    restic_is_told(&host);
    borg_is_told(&host);
}

#[test]
fn so_are_their_later_versions() {
    let host = Host::boot_as("rr-257", &["--gen", "trixie"]);
    restic_is_told(&host);
    borg_is_told(&host);
}

/// While somebody makes a backup, what is not whole yet is no damage.
#[test]
fn what_is_being_written_is_not_called_damaged() {
    let host = Host::boot("rr-busy");
    host.sh(RESTIC);
    // A writer that lives, in what else would be damaged.
    host.sh("export RESTIC_PASSWORD_FILE=/root/pw; (while sleep 1; do echo x; done) 2>/dev/null </dev/null | \
         setsid restic -q -r /b/lost backup --stdin >/dev/null 2>&1 & \
         for n in 1 2 3 4 5 6 7 8 9; do ls /b/lost/locks | grep -q . && exit 0; sleep 1; done; exit 1");
    let lost = [("lost", repository("restic", "lost", "pw"))];
    let row = rows(&host, &lost, &[]).remove("lost").unwrap();
    assert_eq!(row["verdict"], "unverified", "{row:#}");
    assert_eq!(row["integrity"], "unknown", "{row:#}");
    assert!(text(&row["detail"]).contains("somebody was writing to it"), "{row:#}");
}

/// A work tree for each way to be, all clones of /srv/origin.git.
const TREES: &str = r#"set -e
export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@x
git init -q --bare /srv/origin.git; git clone -q /srv/origin.git /t/pushed 2>/dev/null
cd /t/pushed; mkdir sub; echo 1 >file; cp file sub; git add .; git commit -qm one; git push -q origin HEAD
for name in ahead branch dirty new gone moved; do git clone -q /srv/origin.git /t/$name; done
at=$(date -d '9 hours ago' +%s)
cd /t/ahead; echo 2 >file; GIT_COMMITTER_DATE=$at git commit -qam two; git commit -q --allow-empty -m three
cd /t/branch; git switch -q -c side; git rm -q file; GIT_COMMITTER_DATE=$at git commit -qm two; git switch -q master
cd /t/dirty; echo 3 >file; touch -d '9 hours ago' file
cd /t/new; echo 4 >"ä b"; touch -d "2 hours ago" "ä b"
cd /t/gone; rm -r sub; touch -d "7 hours ago" .
cd /t/moved; git mv file "a b"; touch -d "9 hours ago" "a b"
git init -q /t/alone; cd /t/alone; echo 1 >file; git add file; git commit -qm one
mkdir /t/plain; git init -q /t/unborn; git -C /t/unborn remote add origin /srv/origin.git
chown -R ops: /t/ahead
"#;

#[test]
fn work_that_is_only_here_is_late_and_none_of_it_is_touched() {
    let host = Host::boot("rr-git");
    host.sh(TREES);
    let names = [
        "pushed", "ahead", "branch", "dirty", "new", "gone", "moved", "alone", "plain", "unborn",
        "none",
    ];
    let backups: Vec<(&str, String)> = names
        .iter()
        .map(|name| {
            let tree = format!("/t/{name}");
            (*name, format!("source = \"{tree}\"\ngit = {{ directory = \"{tree}\" }}"))
        })
        .collect();
    let before = host.sh("find /t /srv -printf '%p %s %T@ %C@\\n' | sort");
    let rows = rows(&host, &backups, &names);
    assert_eq!(host.sh("find /t /srv -printf '%p %s %T@ %C@\\n' | sort"), before);
    let says = |name: &str| (text(&rows[name]["verdict"]), text(&rows[name]["detail"]));
    assert_eq!(says("pushed"), ("fresh", ""), "{:#}", rows["pushed"]);
    assert!(age(&rows["pushed"]) < 60, "{:#}", rows["pushed"]);
    for (name, why) in [
        ("ahead", "2 commits are on no remote"),
        ("branch", "1 commits are on no remote"),
        ("dirty", "1 changes are in no commit"),
        ("moved", "1 changes are in no commit"),
    ] {
        assert_eq!(says(name).0, "late", "{:#}", rows[name]);
        assert!(says(name).1.starts_with(why), "{:#}", rows[name]);
        assert!((9 * HOUR..10 * HOUR).contains(&age(&rows[name])), "{:#}", rows[name]);
    }
    // What was deleted has no time of its own.
    assert_eq!(says("gone").0, "late", "{:#}", rows["gone"]);
    assert!((7 * HOUR..8 * HOUR).contains(&age(&rows["gone"])), "{:#}", rows["gone"]);
    assert_eq!(says("new").0, "fresh", "{:#}", rows["new"]);
    assert!((2 * HOUR..3 * HOUR).contains(&age(&rows["new"])), "{:#}", rows["new"]);
    for (name, why) in [
        ("alone", "it has no remote"),
        ("plain", "it is no work tree of git"),
        ("unborn", "nothing was ever committed"),
        ("none", "no such directory"),
    ] {
        assert_eq!(says(name).0, "missing", "{:#}", rows[name]);
        assert!(says(name).1.contains(why), "{:#}", rows[name]);
    }
    host.sh("mv /usr/bin/git /usr/bin/git.off");
    let without = desk(&host, &backups).status().json["environments"][0]["backups"][0].clone();
    assert_eq!(without["severity"], "unknown", "{without:#}");
    assert!(without.to_string().contains("there is no git on the host"), "{without:#}");
}
