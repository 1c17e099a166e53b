//! Copies that are made now, and data that comes back from one, on real hosts.

mod hostile;
mod scene;

use serde_json::Value;

use self::scene::{DATA, Vault};
use crate::poll::{self, secs};

fn output(json: &Value) -> String {
    json["hosts"][0]["output"].to_string()
}

#[test]
fn a_copy_is_made_proved_and_what_is_too_many_is_let_go() {
    let mut vault = Vault::new("rt-make");
    vault.declare("keep = 2");
    for (name, age) in [
        ("data-1.tar.gz", "9 hours ago"),
        ("data-2.tar.gz", "7 hours ago"),
        ("data-3.tar.gz", "8 hours ago"),
    ] {
        vault.archive(name, age);
    }
    vault
        .host
        .sh("touch -d '30 days ago' /srv/backups/other-1.tar.gz /srv/backups/data-1.tar.gz.note");
    let plan = vault.desk.page(&["backup", "app data"]);
    assert!(plan.contains("lets go 2 older ones: data-1.tar.gz to data-3.tar.gz"), "{plan}");
    let said = vault.desk.act(&["backup", "app data"]);
    assert_eq!(said.code, 0, "{said:?}");
    let there = vault.host.sh("cd /srv/backups && ls");
    let names: Vec<&str> = there.lines().collect();
    assert_eq!(names.len(), 5, "{there}");
    assert!(names.contains(&"data-2.tar.gz") && names.contains(&"other-1.tar.gz"), "{there}");
    let new = names.iter().find_map(|name| name.strip_suffix(".sha256"));
    let new = new.unwrap_or_else(|| panic!("{there}"));
    vault.host.sh(&format!(
        "cd /srv/backups && sha256sum -c {new}.sha256 && tar -tzf {new} ./rooms/40.json"
    ));
    vault.is_clean();

    // What has no room is not begun, and leaves nothing.
    vault.host.sh("mkdir /srv/old && mv /srv/backups/* /srv/old/ && mount -t tmpfs -o size=1m none /srv/backups");
    let hash = vault.desk.hash(&["backup", "app data"]);
    vault.host.sh("cat /dev/zero >/srv/backups/filler 2>/dev/null || :");
    let refused = vault.refused(&["backup", "app data"]);
    assert!(refused.contains("are free in /srv/backups"), "{refused}");
    let said = vault.desk.run(&["backup", "app data", "--confirm", &hash]);
    assert_ne!(said.code, 0, "{said:?}");
    assert_eq!(vault.host.sh("ls -A /srv/backups"), "filler");
    // It grows while it is read: tar finds the disk full.
    vault.host.sh("rm /srv/backups/filler; head -c 500k /dev/urandom >/srv/app/data/noise");
    let hash = vault.desk.hash(&["backup", "app data"]);
    vault.host.sh(&format!("rm {DATA}/noise; cd {DATA} && truncate -s 0 sparse && (head -c 1500k /dev/urandom | tee sparse >/dev/null); chown app sparse"));
    let said = vault.desk.run(&["backup", "app data", "--confirm", &hash]);
    assert_ne!(said.code, 0, "{said:?}");
    assert_eq!(vault.host.sh("ls -A /srv/backups"), "");
    vault.is_clean();
}

#[test]
fn a_script_of_ones_own_has_made_one_only_when_there_is_a_new_one_of_the_source() {
    let mut vault = Vault::new("rt-own");
    vault.archive("data-1.tar.gz", "9 hours ago");
    for (make, why) in [
        ("true", "no copy there is newer than the start"),
        (": >$DIRECTORY/data-2.tar.gz", "is empty"),
        ("tar -C /etc -czf $DIRECTORY/data-3.tar.gz ssh", "is not of /srv/app/data"),
        (
            "tar -C $SOURCE -czf - . | head -c 300 >$DIRECTORY/data-4.tar.gz",
            "cannot be read to its end",
        ),
        ("exit 3", "it failed: status 3"),
    ] {
        vault.declare(&format!("make = '''{make}'''"));
        let said = vault.desk.act(&["backup", "app data"]);
        // What it has made stays: it cannot be taken back.
        assert_eq!(said.code, 2, "{make}: {said:?}");
        assert!(output(&said.json).contains(why), "{make}: {said:?}");
    }
    vault.declare("make = ['tar', '-C', '/srv/app', '-czf', '/srv/backups/data-9.tar.gz', 'data']");
    let said = vault.desk.act(&["backup", "app data"]);
    assert_eq!(said.code, 0, "{said:?}");
    vault.is_clean();
}

#[test]
fn data_comes_back_and_what_was_there_stays_beside_it() {
    let vault = Vault::new("rt-back");
    vault.archive("data-1.tar.gz", "2 hours ago");
    vault.host.sh("cd /srv/backups && sha256sum data-1.tar.gz >data-1.tar.gz.sha256");
    let then = vault.sums(DATA);
    vault.host.sh(&format!(
        "cd {DATA} && echo worse >rooms/1.json && rm rooms/2.json && echo new >rooms/new.json"
    ));
    let now = vault.sums(DATA);
    assert_ne!(then, now);
    let run = vault.run_of();
    let plan = vault.desk.page(&["restore", "app data"]);
    for part in [
        "from /srv/backups/data-1.tar.gz: 2 h 0 min old",
        "its checksum is right",
        "discards 2 h 0 min of writes: the newest file there now was written",
        "stops app",
    ] {
        assert!(plan.contains(part), "{part}\n{plan}");
    }
    let said = vault.desk.act(&["restore", "app data"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(vault.sums(DATA), then);
    assert_eq!(vault.host.sh(&format!("stat -c '%U %a' {DATA}")), "app 750");
    let old = vault.host.sh("ls -d /srv/app/data.before-*");
    assert_eq!(vault.sums(&old), now, "all that was there is there still");
    assert!(output(&said.json).contains(&old), "{said:?}");
    assert_ne!(vault.run_of(), run, "it was stopped and started");
    vault.writes().unwrap();
    let writers = vault.host.sh(&format!("ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c {old} || :"));
    assert_eq!(writers, "0", "nobody writes to what was put aside");
    vault.is_clean();

    // Back to what was there before, which stays as well.
    let said = vault.desk.act(&["restore", "app data", "--from", &old]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(vault.sums(DATA), now);
    assert_eq!(vault.sums(&old), now);
    vault.is_clean();
}

#[test]
fn what_is_no_good_copy_is_refused_before_anything_is_stopped() {
    let vault = Vault::new("rt-bad");
    let run = vault.run_of();
    assert!(vault.refused(&["restore", "app data"]).contains("there is no copy at"));
    vault.archive("data-1.tar.gz", "40 hours ago");
    assert!(vault.refused(&["restore", "app data"]).contains("is 40 h old: it is not fresh"));
    // Its checksum is of another one.
    vault.archive("data-2.tar.gz", "3 hours ago");
    vault.host.sh("cd /srv/backups && sha256sum /etc/hostname >data-2.tar.gz.sha256");
    // It was cut; it is of something else.
    vault.host.sh("cd /srv/backups && tar -C /srv/app/data -cf - . | gzip -n | head -c 900 >data-3.tar.gz && touch -d '2 hours ago' data-3.tar.gz");
    vault.host.sh("cd /srv/backups && tar -C /etc -czf data-4.tar.gz . && touch -d '1 hour ago' data-4.tar.gz");
    let why = vault.refused(&["restore", "app data"]);
    for part in [
        "data-2.tar.gz is not what its checksum says",
        "data-3.tar.gz cannot be read",
        "data-4.tar.gz may be of something else",
    ] {
        assert!(why.contains(part), "{part}\n{why}");
    }
    let why = vault.refused(&["restore", "app data", "--from", "data-3.tar.gz"]);
    assert!(why.contains("cannot be read"), "{why}");
    assert!(
        vault.refused(&["restore", "app data", "--from", "data-8.tar.gz"]).contains("is not there")
    );

    // Names that lead out of the archive, absolute ones, links, a bomb: nothing leaves its directory.
    vault.host.sh("mkdir -p /srv/evil/in && cd /srv/evil/in && cp -a /srv/app/data/. . && echo evil >../out && \
        tar -czPf /srv/backups/data-5.tar.gz . ../out");
    let said = vault.desk.act(&["restore", "app data", "--from", "data-5.tar.gz"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(output(&said.json).contains("leads out of it"), "{said:?}");
    vault.host.sh(
        "cd /srv/evil && rm -rf t && mkdir t && cp -a in/. t/ && ln -s /srv/evil/target t/link && \
        tar -C t -cf data.tar . && rm t/link && mkdir t/link target && echo evil >t/link/file && \
        tar -C t -rf data.tar ./link/file && gzip -c data.tar >/srv/backups/data-6.tar.gz",
    );
    let _either = vault.desk.act(&["restore", "app data", "--from", "data-6.tar.gz"]);
    assert_eq!(vault.host.sh("ls -A /srv/evil/target"), "", "a link leads nowhere");
    vault.is_clean();
    assert_eq!(vault.host.sh("systemctl is-active app"), "active");
    let ran = vault.run_of();
    if vault.host.sh("ls -d /srv/app/data.before-* 2>/dev/null || :").is_empty() {
        assert_eq!(ran, run, "it was not stopped");
    }
}

#[test]
fn a_process_that_nobody_declared_and_writes_there_is_named() {
    let vault = Vault::new("rt-stray");
    vault.archive("data-1.tar.gz", "1 hour ago");
    let hash = vault.desk.hash(&["restore", "app data"]);
    let run = vault.run_of();
    vault.host.sh(&format!(
        "setsid sh -c 'exec 8>>{DATA}/stray; exec sleep 600' </dev/null >/dev/null 2>&1 &"
    ));
    let why = vault.refused(&["restore", "app data"]);
    assert!(why.contains("(sleep, of "), "{why}");
    // It came after the plan: the services are started again, and nothing has changed its place.
    let said = vault.desk.run(&["restore", "app data", "--json", "--confirm", &hash]);
    assert_ne!(said.code, 0, "{said:?}");
    assert_eq!(vault.host.sh("ls /srv/app"), "data");
    assert_eq!(vault.run_of(), run);
    vault.is_clean();
}

/// Until the newest operation has come to that line of its events.
fn wait_for_event(vault: &Vault, line: &str) {
    poll::until(line, secs(30), || {
        let events = vault.host.sh("cat \"$(ls -d /var/lib/quarterdeck/ops/* 2>/dev/null | tail -n 1)/events\" 2>/dev/null || :");
        if events.contains(line) { Ok(()) } else { Err(events) }
    });
}

#[test]
fn a_runner_that_is_killed_in_the_middle_leaves_data_that_is_brought_back() {
    let vault = Vault::new("rt-kill");
    vault.archive("data-1.tar.gz", "1 hour ago");
    vault.host.sh(&format!("cd {DATA} && echo kept >rooms/7.json"));
    let now = vault.sums(DATA);
    let mut child = vault.desk.begin(&["restore", "app data", "--soak", "60s"]);
    wait_for_event(&vault, " 61 start");
    assert_ne!(vault.sums(DATA), now);
    let runner = vault.host.sh(&format!("cut -d ' ' -f 1 {}/owner", vault.operation()));
    child.kill().unwrap();
    child.wait().unwrap();
    vault.host.sh(&format!("kill -9 {runner}"));
    // Nobody acts on its services meanwhile.
    let why = vault.refused(&["restart", "app"]);
    assert!(why.contains("ops recover"), "{why}");
    recovered(&vault, &now);
}

#[test]
fn a_host_that_loses_power_in_the_middle_gets_the_data_of_before_back() {
    let vault = Vault::new("rt-power");
    vault.host.sh("systemctl enable app 2>/dev/null");
    vault.archive("data-1.tar.gz", "1 hour ago");
    vault.host.sh(&format!("cd {DATA} && echo kept >rooms/7.json"));
    let now = vault.sums(DATA);
    // The moment between the two names: the second rename waits for ever.
    vault.host.sh("printf '%s\\n' '#!/bin/sh' 'case $* in *before-*) /bin/mv \"$@\" && sleep 600 ;; *) exec /bin/mv \"$@\" ;; esac' >/usr/local/sbin/mv && chmod 755 /usr/local/sbin/mv");
    let mut child = vault.desk.begin(&["restore", "app data"]);
    poll::until("it is away", secs(30), || {
        let there = vault.host.sh("ls /srv/app");
        if there.starts_with("data.before-") { Ok(()) } else { Err(there) }
    });
    child.kill().unwrap();
    child.wait().unwrap();
    vault.host.sh("rm /usr/local/sbin/mv; sync");
    vault.host.lab("reset", &[]);
    recovered(&vault, &now);
}

/// Takes back what was begun: the data is what it was, and the service writes to it.
fn recovered(vault: &Vault, now: &str) {
    let operation = vault.operation();
    let operation = operation.rsplit('/').next().unwrap();
    let shown = vault.desk.run(&["ops", "recover", operation]);
    let suffix = shown.out.split("--confirm ").nth(1).and_then(|rest| rest.split('`').next());
    let suffix = suffix.unwrap_or_else(|| panic!("{shown:?}")).to_owned();
    let said = vault.desk.run(&["ops", "recover", operation, "--undo", "--confirm", &suffix]);
    poll::until("it is taken back", secs(60), || {
        let result = vault.host.sh(&format!("cat {}/result 2>/dev/null || :", vault.operation()));
        if result.starts_with("undone") { Ok(()) } else { Err(format!("{result} {said:?}")) }
    });
    assert_eq!(vault.sums(DATA), *now, "byte by byte");
    poll::until("it writes", secs(10), || vault.writes());
    vault.is_clean();
}

#[test]
fn an_archive_that_swells_fills_no_disk_and_data_that_is_gone_comes_back() {
    let vault = Vault::new("rt-swell");
    vault.host.sh(
        "mount -t tmpfs -o size=8m none /mnt && mkdir /mnt/data /srv/zero && \
         head -c 200000000 /dev/zero >/srv/zero/zero && tar -C /srv/zero -czf /srv/backups/data-7.tar.gz zero && \
         echo x >/mnt/data/x && touch -d '2 days ago' /mnt/data/x && rm -r /srv/zero",
    );
    vault.desk.configure(&Vault::config(vault.host.name(), "").replace(DATA, "/mnt/data"));
    let said = vault.desk.act(&["restore", "app data", "--from", "data-7.tar.gz"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(output(&said.json).contains("unpacks to more than"), "{said:?}");
    assert_eq!(vault.host.sh("ls -A /mnt && cat /mnt/data/x"), "data\nx");

    vault.desk.configure(&Vault::config(vault.host.name(), ""));
    vault.host.sh("rm /srv/backups/data-7.tar.gz");
    vault.archive("data-8.tar.gz", "1 hour ago");
    let then = vault.sums(DATA);
    vault.host.sh(&format!("systemctl stop app && rm -r {DATA} && systemctl start app || :"));
    let plan = vault.desk.page(&["restore", "app data"]);
    assert!(plan.contains("where nothing is"), "{plan}");
    assert!(plan.contains("could be compared with the source"), "{plan}");
    let said = vault.desk.act(&["restore", "app data"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(vault.sums(DATA), then);
    assert_eq!(vault.host.sh("ls -A /srv/app"), "data");
    poll::until("it writes", secs(10), || vault.writes());
    vault.is_clean();
}
