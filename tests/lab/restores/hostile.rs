//! The user whose data it is, or whose copies, wants more rights than it has: root works in directories
//! that are that user's.

use super::output;
use super::scene::{DATA, Vault};

impl Vault {
    /// What the user does at the worst moment: just before tar, with what that is to do in its arguments.
    fn at_tar(&self, when: &str, script: &str) {
        self.host.sh(&format!(
            "cat >/home/app/attack <<'END'\n{script}\nEND\n\
             cat >/usr/local/bin/tar <<'END'\n#!/bin/sh\ncase \" $* \" in *' {when} '*) runuser -u app -- sh /home/app/attack \"$PWD\" >/tmp/attack 2>&1 ;; esac\nexec /usr/bin/tar \"$@\"\nEND\n\
             chmod 755 /usr/local/bin/tar"
        ));
    }
}

#[test]
fn a_copy_is_written_to_no_file_that_the_owner_of_the_copies_points_to() {
    let vault = Vault::new("ak-part");
    vault.archive("data-1.tar.gz", "9 hours ago");
    vault.host.sh("chown -R app /srv/backups; echo secret >/srv/victim; chmod 600 /srv/victim");
    // Its name is known as soon as the operation is.
    vault.host.sh("cat >/home/app/attack.py <<'END'\n\
         import os\n\
         seen = set(os.listdir('/var/lib/quarterdeck/ops')) if os.path.isdir('/var/lib/quarterdeck/ops') else set()\n\
         while True:\n\
         \x20   try: new = set(os.listdir('/var/lib/quarterdeck/ops')) - seen\n\
         \x20   except OSError: continue\n\
         \x20   for op in new:\n\
         \x20       for end in ('.part', '.part.sum'):\n\
         \x20           try: os.symlink('/srv/victim', f'/srv/backups/.quarterdeck-{op}{end}')\n\
         \x20           except OSError: pass\n\
         END\n\
         systemd-run --quiet --unit=attack --uid=app python3 /home/app/attack.py");
    let said = vault.desk.act(&["backup", "app data"]);
    vault.host.sh("systemctl stop attack || :");
    let victim = vault.host.sh("stat -c '%U %a %s' /srv/victim");
    assert_eq!(victim, "root 600 7", "{said:?}");
}

#[test]
fn only_the_source_goes_into_a_copy_whatever_stands_there_meanwhile() {
    let vault = Vault::new("ak-leak");
    vault.archive("data-1.tar.gz", "9 hours ago");
    vault.host.sh(
        "chown -R app /srv/backups; install -d -m 700 /srv/secret; echo secret >/srv/secret/key",
    );
    vault.at_tar("-cf", "cd /srv/app && mv data data.mine && ln -s /srv/secret data");
    vault.at_tar("-C", "cd /srv/app && mv data data.mine && ln -s /srv/secret data");
    let said = vault.desk.act(&["backup", "app data"]);
    let leaked = vault
        .host
        .sh("for one in /srv/backups/*.gz; do /usr/bin/tar -tzf $one; done | grep -c key || :");
    assert_eq!(leaked, "0", "{said:?}");
}

#[test]
fn a_copy_is_unpacked_nowhere_but_beside_the_source() {
    let vault = Vault::new("ak-beside");
    vault.archive("data-1.tar.gz", "2 hours ago");
    vault.host.sh("mkdir /srv/victim");
    vault.at_tar(
        "-x",
        "cd /srv/app || exit\n\
         for one in .data.quarterdeck-*; do mv $one mine; mkdir hers; ln -s /srv/victim hers/tree; ln -s hers $one; done",
    );
    let said = vault.desk.act(&["restore", "app data"]);
    assert!(vault.host.sh("cat /tmp/attack; ls -d /srv/app/mine /srv/app/hers").contains("hers"));
    assert_eq!(vault.host.sh("ls -A /srv/victim"), "", "{said:?}");
}

#[test]
fn what_gives_rights_or_is_a_device_does_not_come_out_of_a_copy() {
    let vault = Vault::new("ak-setuid");
    // Whoever owns the copies made it: a shell of root, and a disk.
    vault.host.sh(&format!(
        "cp -a {DATA} /tmp/data && cp /bin/sh /tmp/data/shell && chown root /tmp/data/shell && chmod 4755 /tmp/data/shell && \
         tar -C /tmp/data -czf /srv/backups/data-1.tar.gz . && touch -d '2 hours ago' /srv/backups/data-1.tar.gz && \
         chown -R app /srv/backups"
    ));
    let said = vault.desk.run(&["restore", "app data", "--plan"]);
    assert!(said.code == 0, "{said:?}");
    let said = vault.desk.act(&["restore", "app data"]);
    assert_ne!(said.code, 0, "{said:?}");
    assert!(output(&said.json).contains("shell"), "{said:?}");
    let there = vault.host.sh("find /srv/app -perm /6000 -type f");
    assert_eq!(there, "", "{said:?}");
    // It is another file by the time that it is unpacked.
    vault.host.sh(&format!(
        "mknod /tmp/data/disk b 7 0 && chown app /tmp/data/disk && rm /tmp/data/shell && \
         tar -C /tmp/data -czf /home/app/bad.tar.gz . && chown app /home/app/bad.tar.gz && \
         tar -C {DATA} -czf /srv/backups/data-1.tar.gz . && chown app /srv/backups/data-1.tar.gz && \
         touch -d '2 hours ago' /srv/backups/data-1.tar.gz"
    ));
    vault.at_tar("-tvf", "case $1 in */ops/*) ;; *) exit ;; esac\nsleep 1; cp /home/app/bad.tar.gz /srv/backups/data-1.tar.gz");
    let said = vault.desk.act(&["restore", "app data"]);
    assert_eq!(vault.host.sh("find /srv/app -type b"), "", "{said:?}");
    assert_ne!(said.code, 0, "{said:?}");
}
