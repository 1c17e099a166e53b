//! What breaks while something is done: links, consoles, runners, disks.

use super::scene::{Scene, WEB};
use crate::poll::{self, secs};

/// What every fault has to leave: it was done, to its end, once.
fn done_to_its_end(scene: &Scene) {
    poll::until("it went to its end", secs(30), || {
        let newest = scene.newest();
        if newest["outcome"] == "succeeded" { Ok(()) } else { Err(format!("{newest:#}")) }
    });
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nended");
    assert_eq!(scene.state(WEB), "active");
    poll::until("nothing is left", secs(10), || scene.is_clean());
}

#[test]
fn the_ssh_of_the_console_is_killed_and_the_step_goes_on_and_is_followed_again() {
    let scene = Scene::new("ac-ssh");
    let child = scene.desk.begin(&["action", "slow", WEB]);
    scene.wait_running();
    scene.host.wait_for_log("begin");
    for pid in ssh_pids(&scene) {
        kill_nine(pid);
    }
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    done_to_its_end(&scene);
}

pub(super) fn kill_nine(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    // It may have ended with another of them.
    let _gone = rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_err();
}

pub(super) fn ssh_pids(scene: &Scene) -> Vec<i32> {
    let mark = scene.desk.path("ssh_config").to_string_lossy().into_owned();
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|process| {
            let words = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(&mark)
        })
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .collect()
}

#[test]
fn the_console_is_killed_and_the_host_goes_on_alone() {
    let scene = Scene::new("ac-console");
    let mut child = scene.desk.begin(&["action", "slow", WEB]);
    let op = scene.wait_running();
    scene.host.wait_for_log("begin");
    child.kill().unwrap();
    drop(child.wait());
    // A colleague follows it, from its first byte on.
    let said = scene.desk.run(&["ops", "attach", &op]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with("begin\nmiddle\nend\n"), "{said:?}");
    assert!(said.out.contains("it stays healthy"), "{said:?}");
    done_to_its_end(&scene);
}

#[test]
fn a_link_that_is_cut_is_waited_for() {
    let scene = Scene::new("ac-cut");
    let child = scene.desk.begin(&["action", "slow", WEB]);
    scene.wait_running();
    scene.host.lab("cut", &[]);
    std::thread::sleep(secs(30));
    scene.host.lab("heal", &[]);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    done_to_its_end(&scene);
}

#[test]
fn sshd_restarted_under_it_changes_nothing() {
    let scene = Scene::new("ac-sshd");
    let child = scene.desk.begin(&["action", "slow", WEB]);
    scene.wait_running();
    scene.host.sh("systemctl restart ssh; pkill -f '[s]shd: ops' || :");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    done_to_its_end(&scene);
}

#[test]
fn a_command_that_ends_with_255_failed_and_was_not_cut_off() {
    let scene = Scene::new("ac-255");
    let said = scene.desk.act(&["action", "fails", WEB]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{said:?}");
    assert_eq!(said.json["hosts"][0]["detail"], "undone 20 255");
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nundone");
    scene.nothing_is_left();
}

#[test]
fn what_a_step_leaves_running_does_not_hold_the_lock() {
    let scene = Scene::new("ac-daemon");
    scene.desk.act(&["action", "daemon", WEB]).ok();
    // Whether it lives or not, the next one is free to act.
    scene.desk.act(&["restart", WEB, "--soak", "1s"]).ok();
    scene.nothing_is_left();
}

#[test]
fn a_hundred_megabytes_are_printed_byte_by_byte_and_do_no_harm() {
    let scene = Scene::new("ac-flood");
    let json = scene.desk.act(&["action", "flood", WEB]).ok();
    let output = json["hosts"][0]["output"].to_string();
    assert!(!output.contains('\u{1b}') && output.contains("end"), "no control byte is passed on");
    let op = scene.newest()["operation"].as_str().unwrap().to_owned();
    let attached = scene.desk.command(&["ops", "attach", &op]).output().unwrap();
    let sum = scene
        .host
        .sh("sha256sum <\"$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)/log\" | cut -d ' ' -f 1");
    assert!(attached.stdout.len() > 100_000_000);
    assert_eq!(quarterdeck::model::digest::sha256(&attached.stdout), sum, "byte by byte");
}

#[test]
fn what_is_over_is_let_go_when_it_takes_too_much_room() {
    let scene = Scene::new("ac-room");
    scene.host.sh("for n in 1 2 3 4 5 6 7; do d=/var/lib/quarterdeck/ops/00$n; mkdir -p $d; \
         fallocate -l 120M $d/log; echo 'succeeded - 0' >$d/result; done; \
         rm /var/lib/quarterdeck/ops/001/result");
    scene.desk.act(&["restart", WEB]).ok();
    // The first is not over, whatever room it takes; of the others the oldest two are gone, and the
    // newest five stay: this one and four of them.
    let left = scene.host.sh("cd /var/lib/quarterdeck/ops && ls -d 00?");
    assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["001", "004", "005", "006", "007"]);
}

#[test]
fn a_disk_that_fills_under_it_does_not_keep_it_from_being_taken_back() {
    let scene = Scene::new("ac-disk");
    // A disk of its own, so that it can be full.
    scene.host.sh("mount -t tmpfs -o size=24m,mode=755 tmpfs /var/lib/quarterdeck 2>/dev/null || \
                   { mkdir -p /var/lib/quarterdeck && mount -t tmpfs -o size=24m,mode=755 tmpfs /var/lib/quarterdeck; }");
    scene.desk.configure(
        &Scene::config(scene.host.name()).replace("/var/lib/full", "/var/lib/quarterdeck/full"),
    );
    let said = scene.desk.act(&["action", "fills", WEB]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{said:?}");
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nundone");
    // Where there is no room to begin with, nothing is begun.
    scene.host.sh("dd if=/dev/zero of=/var/lib/quarterdeck/full bs=1M 2>/dev/null || :");
    let said = scene.desk.run(&["restart", WEB, "--plan"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("left"), "{said:?}");
}

#[test]
fn a_host_without_systemd_runs_it_in_a_session_of_its_own() {
    let host = crate::lab::Host::boot_as("ac-plain", &["--kind", "no-systemd"]);
    let config = format!(
        "[[env]]\nname = \"lab\"\ntier = \"staging\"\n\
         [[env.host]]\nname = \"{0}\"\nssh = \"{0}\"\n\
         [[env.service]]\nname = \"sshd\"\nprocess = \"sshd\"\n{1}",
        host.name(),
        "[[action]]\nname = \"slow\"\nscript = \"echo began >/root/trace; sleep 3; echo ended >>/root/trace\"\n\
         undo = \"echo undone >>/root/trace\"\n"
    );
    let desk = crate::desk::Desk::with(&config);
    let said = desk.act(&["action", "slow", "sshd"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(host.sh("cat /root/trace"), "began\nended");
}
