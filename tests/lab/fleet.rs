//! Seed 002: ten services on three hosts from one template, behind a load balancer.

use std::fmt::Write as _;

use crate::desk::Desk;
use crate::lab::{Host, lab};
use crate::poll::{self, secs};
use crate::screen::Screen;

const SERVICES: [(&str, &[&str]); 3] = [
    ("ai-core", &["vector_search_mcp", "real_time_chat_mcp"]),
    ("business-tools", &["gong_mcp", "hubspot_mcp", "linear_mcp", "asana_mcp"]),
    ("data-pipeline", &["github_mcp", "notion_mcp", "slack_mcp", "postgres_mcp"]),
];

fn config() -> String {
    let mut text = "[[env]]\nname = \"production\"\ntier = \"production\"\n".to_owned();
    for (host, services) in SERVICES {
        let _ok = write!(text, "[[env.host]]\nname = \"{host}\"\nssh = \"{host}\"\n");
        for service in services {
            let _ok = write!(
                text,
                "[[env.service]]\nname = \"{service}\"\nhosts = [\"{host}\"]\n\
                 unit = \"sophia-{service}.service\"\n"
            );
        }
    }
    let nginx =
        "[[env.service]]\nname = \"nginx\"\nhosts = [\"ai-core\"]\nunit = \"nginx.service\"\n";
    text + nginx
}

#[test]
fn what_fails_on_one_of_three_hosts_is_told_and_the_others_stay_well() {
    let hosts: Vec<Host> = SERVICES.iter().map(|(host, _)| Host::boot(host)).collect();
    lab(&["scenario", "seed002"]);
    let names: Vec<&str> = hosts.iter().map(Host::name).collect();
    crate::init::fleet_is_right(&names, &SERVICES);
    let desk = Desk::with(&config());
    let reading = desk.status();
    let states = reading.states();
    assert_eq!(states.len(), 11, "{states:?}");
    assert!(states.iter().all(|(_, state, _)| state == "running"), "{states:?}");
    assert_eq!(reading.code, 0, "{states:?}");

    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["ok", "production", "11/11 services ok", "3/3 hosts up"], secs(20));
    // Its unit waits ten seconds before it starts it again.
    hosts[1].sh("systemctl kill -s KILL sophia-gong_mcp.service");
    screen.wait_row(&["starting", "gong_mcp", "business-tools", "9/KILL"], secs(10));
    hosts[1].sh("systemctl stop sophia-hubspot_mcp.service");
    screen.wait_row(&["stopped", "hubspot_mcp"], secs(10));
    screen.wait_row(&["running", "linear_mcp"], secs(5));
    hosts[2].lab("cut", &[]);
    screen.wait_row(&["unreachable", "data-pipeline"], secs(20));
    screen.wait_row(&["was running", "postgres_mcp"], secs(5));
    screen.wait_row(&["running", "vector_search_mcp", "ai-core"], secs(5));
    hosts[2].lab("heal", &[]);
    hosts[1].sh("systemctl start sophia-hubspot_mcp.service");
    screen.wait_row(&["11/11 services ok", "3/3 hosts up"], secs(60));
    screen.keys(&["q"]);
    screen.wait_shell();

    poll::until("all is well again", secs(30), || {
        let reading = desk.status();
        let well = reading.states().iter().all(|(_, state, _)| state == "running");
        if well && reading.code == 0 { Ok(()) } else { Err(format!("{:?}", reading.states())) }
    });
}
