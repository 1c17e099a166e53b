//! The strategy `rsync` where little differs from the release that is there: only that is sent and taken
//! over, and all that holds of whole copies holds.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::rsync::Quay;
use super::scene::{DYING, SERVER, orphan};

/// A release that is there and kept, of which other ones differ little.
fn settled(name: &str) -> Quay {
    let quay = Quay::new(name);
    for name in ["same", "mode", "file", "gone", "-rf", "#x"] {
        quay.write(name, name);
    }
    for name in ["stays", "leaves", "leaves/deep", "turns"] {
        fs::create_dir(quay.dist(name)).unwrap();
        quay.write(&format!("{name}/in"), name);
    }
    symlink("file", quay.dist("link")).unwrap();
    assert_eq!(quay.desk.act(&["deploy", "api"]).code, 0);
    quay.host.sh("echo noise >/srv/api/leaves/x.log && chown app /srv/api/leaves/x.log");
    quay
}

/// Something of every kind.
fn change(quay: &Quay) {
    quay.write("version", "two\n");
    quay.write("-rf", "dashes");
    quay.write("#x", "no comment");
    fs::set_permissions(quay.dist("mode"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(quay.dist("stays"), fs::Permissions::from_mode(0o711)).unwrap();
    for name in ["gone", "file", "link"] {
        fs::remove_file(quay.dist(name)).unwrap();
    }
    for name in ["leaves", "turns"] {
        fs::remove_dir_all(quay.dist(name)).unwrap();
    }
    symlink("version", quay.dist("link")).unwrap();
    fs::create_dir_all(quay.dist("file/now")).unwrap();
    quay.write("turns", "a file");
    for name in [&b"line\nfeed"[..], b"a\\#101b", b"a\\b", b"\xff\xe4", b"a'b\"c$(touch pwned)"] {
        fs::write(quay.dist("file/now").join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
    }
    let config = fs::read_to_string(quay.desk.path("config/config.toml")).unwrap();
    quay.desk.configure(&config.replace("deletions = 5", "deletions = 20"));
}

/// Kind, mode, name and contents of all that is deployed, as one text.
const LIST: &str = "find . -mindepth 1 ! -path './data*' ! -name '*.log' \\( -type d -printf '%y %m %P\\0' -o \
    -type l -printf '%y %P %l\\0' -o -printf '%y %m %s %P\\0' \\) | LC_ALL=C sort -z | sha256sum; \
    find . -type f ! -path './data/*' ! -name '*.log' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum -z | sha256sum";

fn there(quay: &Quay, directory: &str) -> String {
    quay.host.sh(&format!("cd {directory} && {{ {LIST}; }}"))
}

fn here(quay: &Quay) -> String {
    let mut command = std::process::Command::new("sh");
    let out = command.args(["-ec", LIST]).current_dir(quay.dist("")).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// A sum of all there is but the times of links, which no strategy keeps.
fn exactly(quay: &Quay) -> String {
    quay.host.sh(
        "cd /srv/api && { find . -type d -printf '%p %m %u\\0'; find . -type l -printf '%p %u %l\\0'; \
         find . -type f -printf '%p %m %u %T@\\0'; } | LC_ALL=C sort -z | sha256sum && \
         find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum -z | sha256sum",
    )
}

/// The newest release that is kept.
fn newest(quay: &Quay) -> String {
    quay.host.sh("ls -d /srv/.quarterdeck-api.service/trees/*[0-9A-Z] | tail -n 1")
}

#[test]
fn only_what_differs_is_sent_and_one_goes_back_to_what_was() {
    let quay = settled("rs-few");
    let (one, first) = (here(&quay), newest(&quay));
    assert_eq!(there(&quay, "/srv/api"), one);
    change(&quay);
    let two = here(&quay);
    assert_ne!(one, two);
    let plan = quay.desk.run(&["deploy", "api", "--plan"]);
    assert!(plan.out.contains("only what differs is sent"), "{}", plan.out);
    let said = quay.desk.act(&["deploy", "api"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(quay.answer(), "two");
    // What is not meant keeps its directory.
    assert_eq!(
        quay.host.sh("cd /srv/api/leaves && ls && cat x.log && rm -r ../leaves"),
        "x.log\nnoise"
    );
    assert_eq!(there(&quay, "/srv/api"), two);
    assert_eq!(there(&quay, &newest(&quay)), two, "it is kept whole");
    assert_eq!(there(&quay, &first), one, "and the one before is as it was");
    quay.is_clean();

    // Who writes into what is used writes into nothing that is kept.
    quay.host.sh("cd /srv/api && echo more >>same && chmod 600 version");
    assert_eq!(there(&quay, &newest(&quay)), two);
    assert_eq!(there(&quay, &first), one);
    let plan = quay.desk.run(&["deploy", "api", "--plan"]);
    assert!(!plan.out.contains("only what differs is sent"), "{}", plan.out);
    // What was changed by hand is no release: one goes back to the newest, then to the one before.
    for kept in [&two, &one] {
        let said = quay.desk.act(&["rollback", "api"]);
        assert_eq!(said.code, 0, "{said:?}");
        assert_eq!(there(&quay, "/srv/api"), *kept);
    }
    assert_eq!(quay.answer(), "one");
    // And from there again.
    quay.write("version", "three\n");
    let three = here(&quay);
    assert_eq!(quay.desk.act(&["deploy", "api"]).code, 0);
    assert_eq!(there(&quay, "/srv/api"), three);
    assert_eq!(there(&quay, &newest(&quay)), three);
    quay.is_clean();
}

#[test]
fn what_came_alone_is_taken_back_byte_by_byte_with_what_the_new_one_wrote() {
    for is_kept in [true, false] {
        let quay = settled(if is_kept { "rs-few-bad" } else { "rs-few-lost" });
        change(&quay);
        quay.write("server.py", &format!("{DYING}{SERVER}"));
        // Of the same second and length: only its bytes tell.
        quay.host
            .sh("cd /srv/api && touch -r gone /stamp && printf GONE >gone && touch -r /stamp gone");
        let before = exactly(&quay);
        let console = quay.desk.begin(&["deploy", "api", "--soak", "120s"]);
        let base = newest(&quay);
        let log = orphan(&quay.host, console, || {
            assert_eq!(
                quay.host.sh("cat /srv/api/turns"),
                "a file",
                "the bad one is there for now"
            );
            if is_kept {
                quay.host
                    .sh("cd /srv/api && echo stray >stray && echo x >>same && mkdir -p new/dir && chown -R app stray new");
            } else {
                quay.host.sh(&format!("rm -r {base}"));
            }
        });
        assert!(log.contains("all files are as they were"), "{log}");
        assert_eq!(exactly(&quay), before);
        assert_eq!(quay.answer(), "one");
        assert!(quay.release().contains(" reverted "), "{}", quay.release());
        quay.host.sh("rm /srv/api/leaves/x.log");
        quay.is_clean();
        let left = quay.host.sh("ls -d /srv/.quarterdeck-api.service/trees/*.new 2>/dev/null || :");
        assert_eq!(left, "");
    }
}

#[test]
fn what_was_sent_and_is_not_what_was_planned_is_not_taken_over() {
    let quay = settled("rs-few-other");
    change(&quay);
    let before = exactly(&quay);
    let planned = quay.desk.hash(&["deploy", "api"]);
    // Somebody with the owner's rights puts something beside what is sent.
    quay.host.sh(
        "cat >/root/watch <<'END'\nwhile :; do for one in /srv/.quarterdeck-api.service/incoming/*/turns; do \
         [ ! -e \"$one\" ] || { echo other >\"$one.more\"; exit 0; }; done; sleep 0.01; done\nEND\n\
         systemd-run --quiet --unit=watch sh /root/watch",
    );
    let said = quay.desk.run(&["deploy", "api", "--confirm", &planned]);
    assert_eq!(said.code, 75, "{said:?}");
    assert_eq!(exactly(&quay), before);
    assert_eq!(quay.answer(), "one");
}
