//! Seed 001's repair, done wholly from the console's command line: the sandbox's setting as a drop-in,
//! then the process that was started by hand gives way to the unit.

use super::scene::yes as answer_yes;
use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;

const UNIT: &str = "mcp-coordination";
/// What it must be able to write, and its sandbox does not let it.
const DATA: &str = "/mnt/coordinaton_mcp_data/production/data";

/// The host of the incident, and a desk whose config names the service.
fn incident(name: &str) -> (Host, Desk) {
    let host = Host::boot(name);
    host.scenario("seed001", &["--restart-sec", "3"]);
    let service = format!(
        "[[env.service]]\nname = \"{UNIT}\"\nunit = \"{UNIT}.service\"\nports = [3444]\n\
         data = [\"{DATA}\"]\n"
    );
    let desk = Desk::with(&(config(&[host.name()], &[]) + &service));
    (host, desk)
}

#[test]
fn the_incident_is_repaired_by_a_drop_in_and_by_adopting_what_holds_the_port() {
    let (host, desk) = incident("ac-seed");
    let old = poll::until("the doctor names the port's holder", secs(30), || {
        let said = desk.run(&["doctor", "--json"]).out;
        if said.contains("foreign-port-owner") { Ok(host.sh(&holder())) } else { Err(said) }
    });
    // The unit cannot start as it is: nothing is stopped, and the process goes on to serve.
    let said = desk.act(&["adopt", UNIT, "--soak", "1s"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(host.sh(&holder()), old, "it serves as before");

    let setting = format!("ReadWritePaths={DATA}");
    let said = desk.act(&["drop-in", UNIT, "--set", &setting]);
    assert_eq!(said.code, 0, "{said:?}");
    let said = desk.act(&["adopt", UNIT, "--soak", "3s"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(host.sh(&format!("systemctl is-active {UNIT}")), "active");
    let group = host.sh(&format!("cat /proc/$({})/cgroup", holder()));
    assert!(group.contains(UNIT), "the port's owner is the unit: {group}");
    poll::until("its findings close", secs(30), || {
        let said = desk.run(&["doctor", "--json"]).out;
        let open = ["foreign-port-owner", "crash-loop", "read-only-data"];
        if open.iter().any(|rule| said.contains(rule)) { Err(said) } else { Ok(()) }
    });
}

#[test]
fn the_incident_is_repaired_by_keys_alone() {
    let (host, desk) = incident("ac-keys");
    let screen = Screen::console(&desk, 120, 40);
    screen.wait("its cause and its port's holder are known", secs(40), |text| {
        text.contains("may not write") && text.contains("started by hand")
    });
    let yes = |what: &str| {
        screen.wait(what, secs(20), |text| text.contains("run it? y runs it"));
        answer_yes(&screen);
        screen.wait(what, secs(60), |text| text.contains("✓ succeeded: everything was done"));
        screen.keys(&["Escape"]);
    };
    screen.keys(&["x"]);
    screen.wait_row(&[">mend", "ReadWritePaths=/mnt/coordinaton_mcp_data/prod"], secs(5));
    screen.keys(&["Enter"]);
    yes("the drop-in");
    screen.keys(&["x"]);
    poll::until("adopt is chosen", secs(10), || {
        let text = screen.text();
        if text.contains(">adopt") {
            return Ok(());
        }
        screen.keys(&["Down"]);
        std::thread::sleep(std::time::Duration::from_millis(200));
        Err(text)
    });
    screen.keys(&["Enter"]);
    yes("adopting");
    assert_eq!(host.sh(&format!("systemctl is-active {UNIT}")), "active");
    let group = host.sh(&format!("cat /proc/$({})/cgroup", holder()));
    assert!(group.contains(UNIT), "the port's owner is the unit: {group}");
    for closed in ["read-only-data", "foreign-port-owner"] {
        screen.wait_row(&["finding-closed", closed], secs(30));
    }
    screen.wait_row(&["ok", "3444/tcp", UNIT], secs(10));
    screen.keys(&["q"]);
    screen.wait_shell();
}

/// Who listens on the service's port.
fn holder() -> String {
    "ss -Hltnp 'sport = :3444' | sed -n 's/.*pid=\\([0-9]*\\).*/\\1/p' | head -n 1".to_owned()
}
