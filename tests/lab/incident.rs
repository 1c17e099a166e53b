//! Seed 001: a service that is always just starting again, and looks well whenever one asks.

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;

const UNIT: &str = "mcp-coordination";

#[test]
fn the_incident_is_a_crash_loop_also_while_systemd_says_running() {
    let host = Host::boot("coord");
    host.scenario("seed001", &["--restart-sec", "3"]);
    let desk = Desk::with(&config(&[host.name()], &[UNIT, "nginx", "cron"]));
    poll::until("it loops", secs(30), || {
        let service = desk.status().service(UNIT).clone();
        if service["state"] == "crash-looping" { Ok(()) } else { Err(format!("{service:#}")) }
    });

    // Held in the moment in which `systemctl status` says that all is well.
    host.sh(&format!(
        "until pid=$(systemctl show --value -p MainPID {UNIT}); [ \"$pid\" != 0 ] && \
         kill -STOP $pid; do :; done"
    ));
    assert_eq!(host.sh(&format!("systemctl is-active {UNIT}")), "active");
    let reading = desk.status();
    let service = reading.service(UNIT);
    assert_eq!(service["sub_state"], "running", "{service:#}");
    assert_eq!(service["state"], "crash-looping", "{service:#}");
    assert_eq!(service["severity"], "critical");
    assert_eq!(service["enabled"], true);
    assert_eq!(service["last_exit"]["label"], "1");
    assert_eq!(service["last_exit"]["status"], 1);
    assert_eq!(reading.code, 2);
    assert_eq!(reading.service("nginx")["state"], "running");
    let told: u64 = host
        .sh(&format!(
            "journalctl -q -o cat -u {UNIT} MESSAGE_ID=5eb03494b6584870a536b337290809b3 | wc -l"
        ))
        .parse()
        .unwrap();
    let restarts = &service["restarts"];
    assert_eq!(restarts["total"], told, "{restarts:#}");
    assert_eq!(restarts["last_1h"], told, "{restarts:#}");
    assert_eq!(restarts["at_least"], false);

    for (width, height) in [(120, 40), (80, 24)] {
        let screen = Screen::console(&desk, width, height);
        screen.wait_row(&["crash-looping", UNIT], secs(10));
        screen.wait_row(&["critical", "lab", "1 looping"], secs(5));
        // The pane of crash loops, with its sparkline; cut where the screen is narrow.
        let text = screen.wait_row(&["mcp-coordination@", "/"], secs(5));
        assert!(text.contains("Crash loops 1"), "{text}");
        screen.keys(&["q"]);
        screen.wait_shell();
    }

    host.sh(&format!("kill -CONT $(systemctl show --value -p MainPID {UNIT})"));
    poll::until("it goes on looping", secs(20), || {
        let service = desk.status().service(UNIT).clone();
        let total = service["restarts"]["total"].as_u64().unwrap();
        if total > told { Ok(()) } else { Err(format!("{service:#}")) }
    });
    // Mended as it was: the directory that it writes to.
    host.sh("mkdir -p /etc/systemd/system/mcp-coordination.service.d; \
         printf '[Service]\\nReadWritePaths=/mnt/coordinaton_mcp_data/production\\n' \
         >/etc/systemd/system/mcp-coordination.service.d/fix.conf; \
         ss -Hltnp 'sport = :3444' | grep -o 'pid=[0-9]*' | cut -d= -f2 | xargs -r kill; \
         systemctl daemon-reload; systemctl restart mcp-coordination");
    poll::until("it runs and is not restarted", secs(20), || {
        let service = desk.status().service(UNIT).clone();
        if service["sub_state"] == "running" { Ok(()) } else { Err(format!("{service:#}")) }
    });
}
