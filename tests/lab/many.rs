//! A host with thousands of units.

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::secs;
use crate::screen::Screen;

#[test]
fn a_host_of_5000_units_is_read_without_ado() {
    let host = Host::boot("many");
    host.scenario("many", &[]);
    let desk = Desk::with(&config(&[host.name()], &[]));
    let reading = desk.status();
    assert_eq!(reading.host(host.name())["state"], "connected");
    assert_eq!(reading.service("ssh")["state"], "running");
    assert!(reading.states().len() < 100, "what is simply down is not shown");
    assert!(reading.took < secs(10), "{:?}", reading.took);

    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["running", "ssh"], secs(10));
    host.sh("printf '[Service]\\nExecStart=/bin/sleep infinity\\n' \
             >/etc/systemd/system/fresh.service; systemctl start fresh");
    screen.wait_row(&["running", "fresh"], secs(5));
    // Two hundred of them at once: each starts, runs and ends.
    host.sh("systemctl start 'many-00*' 2>/dev/null; \
             systemctl start $(seq -f 'many-%04g.service' 200) >/dev/null");
    host.sh("systemctl stop fresh");
    screen.wait_row(&["stopped", "fresh"], secs(10));
    let status = format!("/proc/{}/status", screen.console_pid().as_raw_nonzero());
    let status = std::fs::read_to_string(status).unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kilobytes: u64 = memory.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 150_000, "{kilobytes} kB");
}
