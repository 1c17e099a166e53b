//! What changes around an operation: the laptop sleeps, keys and clocks change, memory runs out, other
//! users and other systems.

use super::faults::ssh_pids;
use super::scene::{Scene, WEB};
use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

fn signal(pid: i32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    // It may have ended meanwhile.
    let _gone = rustix::process::kill_process(pid, signal).is_err();
}

#[test]
fn a_laptop_that_sleeps_meanwhile_is_told_all_when_it_wakes() {
    let scene = Scene::new("ac-sleep");
    let child = scene.desk.begin(&["action", "slow", WEB]);
    scene.wait_running();
    scene.host.wait_for_log("begin");
    let mut asleep = ssh_pids(&scene);
    asleep.push(i32::try_from(child.id()).unwrap());
    for pid in &asleep {
        signal(*pid, rustix::process::Signal::STOP);
    }
    // Longer than the host needs, and than ssh is believed to live.
    poll::until("the host goes on alone", secs(30), || {
        let log = scene.host.sh("cat /var/lib/quarterdeck/ops/*/result 2>/dev/null || :");
        if log.starts_with("succeeded") { Ok(()) } else { Err(log) }
    });
    std::thread::sleep(secs(10));
    for pid in &asleep {
        signal(*pid, rustix::process::Signal::CONT);
    }
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{said}");
    let json: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(json["outcome"], "succeeded", "{json:#}");
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nended", "it was done once");
    scene.nothing_is_left();
}

#[test]
fn a_host_that_comes_back_with_another_key_is_not_believed() {
    let scene = Scene::new("ac-rekey");
    let hash = scene.desk.hash(&["action", "slow", WEB]);
    let confirm = ["action", "slow", WEB, "--json", "--timeout", "15", "--confirm", &hash];
    let child = scene.desk.command(&confirm).spawn().unwrap();
    let op = scene.wait_running();
    scene.host.lab("rekey", &[]);
    scene.host.sh("systemctl restart ssh");
    for pid in ssh_pids(&scene) {
        signal(pid, rustix::process::Signal::KILL);
    }
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    // It is not known, and why; nothing was asked of who may be somebody else.
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("the host's key is not the one that we know"), "{said}");
    scene.host.lab("trust", &[]);
    let said = scene.desk.run(&["ops", "attach", &op]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nended");
    scene.nothing_is_left();
}

#[test]
fn whoever_one_logs_in_as_there_is_one_lock() {
    let scene = Scene::new("ac-users");
    scene.host.sh(
        "echo 'ops2 ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops2 && chmod 440 /etc/sudoers.d/ops2",
    );
    let colleague = Desk::with(&Scene::config(scene.host.name()));
    colleague.ssh_config(&format!("Host {}\n  User ops2", scene.host.name()));
    let hash = colleague.hash(&["restart", WEB]);
    let run = scene.run_of(WEB);
    let child = scene.desk.begin(&["action", "slow", WEB]);
    let op = scene.wait_running();
    let said = colleague.run(&["restart", WEB, "--confirm", &hash]);
    assert_eq!(said.code, 75, "{said:?}");
    assert!(said.err.contains("has it (slow web)"), "{said:?}");
    assert_eq!(scene.run_of(WEB), run);
    // And follows it to its end.
    let said = colleague.run(&["ops", "attach", &op]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(colleague.act(&["restart", WEB, "--soak", "1s"]).code, 0);
    scene.nothing_is_left();
}

#[test]
fn a_step_that_the_kernel_kills_for_its_memory_is_taken_back() {
    let scene = Scene::new("ac-memory");
    scene.desk.append(
        "[[action]]\nname = \"eats\"\ngate = false\nundo = \"echo undone >>/root/trace\"\n\
         script = \"\"\"\necho began >/root/trace\n\
         systemd-run --quiet --scope -p MemoryMax=30M -p MemorySwapMax=0 tail /dev/zero\n\
         status=$?; echo \"it ended with $status\"; exit $status\n\"\"\"\n",
    );
    let act = scene.desk.act(&["action", "eats", WEB]);
    assert_eq!(act.code, 1, "{:#}", act.json);
    assert_eq!(act.json["outcome"], "undone", "{:#}", act.json);
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nundone");
    // SIGKILL of the kernel, and nothing else, has ended it.
    scene.host.wait_for_log("it ended with 137");
    assert_eq!(scene.state(WEB), "active");
    scene.nothing_is_left();
}

#[test]
fn a_clock_that_is_wrong_and_is_set_meanwhile_changes_nothing() {
    let scene = Scene::new("ac-clock");
    for offset in ["+3d", "-3d"] {
        scene.host.lab("clock", &[offset]);
        let run = scene.run_of(WEB);
        let act = scene.desk.act(&["restart", WEB, "--soak", "1s"]);
        assert_eq!(act.code, 0, "{offset}: {:#}", act.json);
        assert_ne!(scene.run_of(WEB), run);
    }
    let child = scene.desk.begin(&["action", "slow", WEB]);
    scene.wait_running();
    scene.host.wait_for_log("begin");
    scene.host.lab("clock", &["+5d"]);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nended");
    scene.host.lab("clock", &["0"]);
    // The newest is the newest by its name, which is by the console's clock.
    assert_eq!(scene.newest()["outcome"], "succeeded");
    scene.nothing_is_left();
}

#[test]
fn a_host_with_busybox_alone_runs_it_or_says_what_it_lacks() {
    let host = Host::boot_as("ac-busybox", &["--kind", "busybox"]);
    let desk = Desk::with(&format!(
        "[[env]]\nname = \"lab\"\ntier = \"staging\"\n\
         [[env.host]]\nname = \"{0}\"\nssh = \"{0}\"\n\
         [[env.service]]\nname = \"sshd\"\nprocess = \"sshd\"\n\
         [[action]]\nname = \"slow\"\nscript = \"echo began >/root/trace; sleep 2; echo ended >>/root/trace\"\n\
         undo = \"echo undone >>/root/trace\"\n\
         [[action]]\nname = \"fails\"\nscript = \"echo began >/root/trace; exit 3\"\n\
         undo = \"echo undone >>/root/trace\"\n",
        host.name()
    ));
    // It has no sudo: who is not root is told so.
    let said = desk.run(&["action", "slow", "sshd", "--plan"]);
    assert!(said.err.contains("sudo: not found (connect as root"), "{said:?}");
    desk.ssh_config(&format!("Host {}\n  User root", host.name()));
    let act = desk.act(&["action", "slow", "sshd"]);
    assert_eq!(act.code, 0, "{:#}", act.json);
    assert_eq!(host.sh("cat /root/trace"), "began\nended");
    let act = desk.act(&["action", "fails", "sshd"]);
    assert_eq!(act.code, 1, "{:#}", act.json);
    assert_eq!(host.sh("cat /root/trace"), "began\nundone");
    let said = desk.run(&["ops"]);
    assert!(said.out.contains("undone"), "{said:?}");
}

#[test]
fn whoever_is_interrupted_ended_or_hung_up_leaves_the_host_to_go_on() {
    use rustix::process::Signal;
    let scene = Scene::new("ac-signals");
    for (name, with) in [("INT", Signal::INT), ("TERM", Signal::TERM), ("HUP", Signal::HUP)] {
        scene.host.sh("rm -rf /root/trace /var/lib/quarterdeck/ops/*");
        let child = scene.desk.begin(&["action", "slow", WEB]);
        scene.host.wait_for_log("begin");
        signal(i32::try_from(child.id()).unwrap(), with);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success(), "{name}: {said}");
        if with == Signal::INT {
            // It says what it leaves, and that it is not known how that ends.
            assert_eq!(ended.status.code(), Some(3), "{said}");
            assert!(said.contains("detached; it goes on"), "{said}");
        }
        let newest = scene.newest();
        let op = newest["operation"].as_str().unwrap_or_else(|| panic!("{newest:#}"));
        let said = scene.desk.run(&["ops", "attach", op]);
        assert_eq!(said.code, 0, "{name}: {said:?}");
        assert_eq!(scene.host.sh("cat /root/trace"), "began\nended", "{name}");
        scene.nothing_is_left();
    }
}

#[test]
fn where_no_lock_can_be_written_nothing_is_done() {
    let scene = Scene::new("ac-readonly");
    scene.desk.act(&["restart", WEB, "--soak", "1s"]).ok();
    let run = scene.run_of(WEB);
    let hash = scene.desk.hash(&["restart", WEB]);
    let place = "/var/lib/quarterdeck";
    scene.host.sh(&format!("mount --bind {place} {place} && mount -o remount,bind,ro {place}"));
    let said = scene.desk.run(&["restart", WEB, "--confirm", &hash]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("cannot be written"), "{said:?}");
    assert_eq!(scene.run_of(WEB), run);
    scene.host.sh(&format!("umount {place}"));
    scene.nothing_is_left();
}

#[test]
fn of_a_host_that_is_not_reached_nobody_says_that_it_succeeded_or_was_cancelled() {
    let first = Scene::new("ac-part1");
    let second = Scene::new("ac-part2");
    let one = Scene::config(first.host.name());
    let host = format!("[[env.host]]\nname = \"{0}\"\nssh = \"{0}\"\n", second.host.name());
    first.desk.configure(&one.replacen("[[env.service]]", &format!("{host}[[env.service]]"), 1));
    let child = first.desk.begin(&["action", "slow", WEB]);
    let op = first.wait_running();
    second.host.wait_for_log("begin");
    second.host.lab("cut", &[]);
    let said = first.desk.run(&["ops", "cancel", &op]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.err.contains("ac-part2: it was not reached: it was NOT asked to end"), "{said:?}");
    let said = first.desk.run(&["ops", "attach", &op]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.err.contains("ac-part2: it was not reached: how it ends there"), "{said:?}");
    second.host.lab("heal", &[]);
    drop(child.wait_with_output().unwrap());
    // A host that takes no part is none of its business.
    let act = first.desk.act(&["action", "slow", WEB, "--host", first.host.name()]);
    assert_eq!(act.code, 0, "{:#}", act.json);
    let op = act.json["operation"].as_str().unwrap().to_owned();
    second.host.lab("cut", &[]);
    let said = first.desk.run(&["ops", "attach", &op]);
    assert_eq!(said.code, 0, "{said:?}");
}
