//! Ports: who declares them, who really holds them, and how soon a change is told.

use serde_json::Value;

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;

fn config(host: &str, service: &str) -> String {
    format!(
        "[[env]]\nname = \"lab\"\ntier = \"production\"\n\
         [[env.host]]\nname = \"{host}\"\nssh = \"{host}\"\n\
         [[env.service]]\nname = \"app\"\n{service}\n"
    )
}

/// A server on a port of its own, kept by systemd.
fn serve(host: &Host, unit: &str, port: u16, address: &str) {
    host.sh(&format!(
        "printf '[Service]\\nExecStart=/usr/bin/python3 -m http.server --bind {address} {port}\\n' \
         >/etc/systemd/system/{unit}; systemctl daemon-reload; systemctl restart {unit}"
    ));
}

fn port(reading: &Value, number: u16) -> Value {
    let ports = reading["environments"][0]["ports"].as_array().unwrap();
    ports.iter().find(|port| port["port"] == number).cloned().unwrap_or(Value::Null)
}

fn wait_verdict(desk: &Desk, number: u16, verdict: &str) -> Value {
    let mut found = Value::Null;
    poll::until(&format!("{number} is {verdict}"), secs(20), || {
        let reading = desk.status();
        found = port(&reading.json, number);
        if found["verdict"] == verdict { Ok(()) } else { Err(format!("{found:#}")) }
    });
    found
}

#[test]
fn every_verdict_is_told_on_a_real_host() {
    let host = Host::boot("ports");
    serve(&host, "app.service", 8080, "127.0.0.1");
    serve(&host, "wide.service", 9090, "0.0.0.0");
    let declared = "unit = \"app.service\"\nports = [{ port = 8080, bind = \"loopback\" }]";
    let desk = Desk::with(&config(host.name(), declared));
    let ok = wait_verdict(&desk, 8080, "ok");
    assert_eq!(ok["owner"]["unit"], "app.service", "{ok:#}");
    assert_eq!(ok["bind"][0], "127.0.0.1");
    assert!(ok["owner"]["pid"].as_u64().is_some(), "{ok:#}");
    let wide = wait_verdict(&desk, 9090, "undeclared");
    assert_eq!(wide["severity"], "warning");
    // Declared for its own host, and open to all.
    serve(&host, "app.service", 8080, "0.0.0.0");
    wait_verdict(&desk, 8080, "exposed");
    // Somebody takes the port while the service is down.
    host.sh("systemctl stop app.service");
    wait_verdict(&desk, 8080, "not-listening");
    host.sh("systemd-run --quiet --scope --slice=user.slice --unit=session-77 \
         setsid -f python3 -m http.server --bind 127.0.0.1 8080 >/dev/null 2>&1 </dev/null");
    let foreign = wait_verdict(&desk, 8080, "foreign-owner");
    assert_eq!(foreign["severity"], "critical");
    assert!(foreign["owner"]["unit"].is_null(), "{foreign:#}");
    let findings = &desk.status().json["environments"][0]["findings"];
    let found = findings.as_array().unwrap().iter().find(|f| f["id"] == "foreign-port-owner");
    let found = found.unwrap_or_else(|| panic!("{findings:#}"));
    assert!(found["summary"].as_str().unwrap().contains("started by hand"), "{found:#}");
    assert!(found["fix"][2].as_str().unwrap().starts_with("kill -TERM "), "{found:#}");
    // What the environment does not allow.
    let ranged = config(host.name(), declared).replace("tier", "ports = [22, 8080]\ntier");
    let desk = Desk::with(&ranged);
    wait_verdict(&desk, 9090, "out-of-range");
}

#[test]
fn a_service_with_a_network_of_its_own_is_not_said_to_be_silent() {
    let host = Host::boot("netns");
    let units = [
        ("inner", 8081, "PrivateNetwork=yes"),
        ("named", 8082, "NetworkNamespacePath=/run/netns/apart"),
        ("plain", 8083, "PrivateNetwork=no"),
    ];
    let mut config = config(host.name(), "command = [\"true\"]");
    for (name, port, setting) in units {
        // The last one listens elsewhere than it says.
        let real = if name == "plain" { 8099 } else { port };
        host.sh(&format!(
            "printf '[Service]\\n{setting}\\nExecStart=/usr/bin/python3 -m http.server {real}\\n' \
             >/etc/systemd/system/{name}.service"
        ));
        let unit = format!("name = \"{name}\"\nunit = \"{name}.service\"\nports = [{port}]\n");
        config.extend(["[[env.service]]\n", &unit]);
    }
    host.sh("ip netns add apart; systemctl daemon-reload; systemctl restart inner named plain; \
         systemctl is-active inner named plain");
    let desk = Desk::with(&config);
    for (name, port, setting) in units.into_iter().take(2) {
        let unseen = wait_verdict(&desk, port, "unknown");
        assert_eq!(unseen["severity"], "unknown", "{unseen:#}");
        let why = unseen["detail"].as_str().unwrap();
        assert!(why.starts_with(&format!("{name} has a network of its own ({setting})")), "{why}");
    }
    let plain = wait_verdict(&desk, 8083, "not-listening");
    assert!(plain["detail"].is_null(), "{plain:#}");
    let findings = desk.status().json["environments"][0]["findings"].clone();
    let blind = findings.as_array().unwrap().iter().find(|found| found["id"] == "blind");
    let blind = blind.unwrap_or_else(|| panic!("{findings:#}"));
    assert_eq!(blind["severity"], "unknown");
    // The command that the finding names shows it.
    let fix = blind["fix"].as_array().unwrap();
    let shown = fix.iter().find(|step| step.as_str().unwrap().contains("inner.service"));
    let command = shown.unwrap().as_str().unwrap().split("  # ").next().unwrap().to_owned();
    assert!(host.sh(&command).contains(":8081"), "{command}");
}

#[test]
fn a_port_that_is_taken_over_is_on_the_screen_within_a_second() {
    let host = Host::boot("takeover");
    serve(&host, "app.service", 8080, "127.0.0.1");
    let desk = Desk::with(&config(host.name(), "unit = \"app.service\"\nports = [8080]"));
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["ok", "8080/tcp"], secs(10));
    host.sh("systemctl kill -s KILL app.service; until ! ss -Hltn 'sport = :8080' | grep -q .; do :; done; \
         systemd-run --quiet --scope --slice=user.slice --unit=session-78 \
         setsid -f python3 -m http.server --bind 127.0.0.1 8080 >/dev/null 2>&1 </dev/null; \
         until ss -Hltn 'sport = :8080' | grep -q .; do :; done");
    // One look a second, and the lab's machine is shared: by construction 1 s.
    screen.wait_row(&["foreign-owner", "8080/tcp"], secs(4));
    screen.wait_row(&["holds port 8080", "app"], secs(4));
    screen.keys(&["q"]);
    screen.wait_shell();
}

#[test]
fn who_listens_anew_is_seen_within_an_interval_while_connections_come_and_go() {
    let host = Host::boot("newport");
    serve(&host, "app.service", 8080, "127.0.0.1");
    let desk = Desk::with(&config(host.name(), "unit = \"app.service\"\nports = [8080]"));
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["ok", "8080/tcp"], secs(10));
    // Some that are made and closed at once, some that stay, some that are closed here alone.
    host.sh("systemd-run --quiet --unit=noise python3 -c '\n\
import socket, time\n\
kept = []\n\
while True:\n\
    kept.append(socket.create_connection((\"127.0.0.1\", 8080)))\n\
    socket.create_connection((\"127.0.0.1\", 22)).close()\n\
    if len(kept) > 5: kept.pop(0).close()\n\
    time.sleep(0.1)'");
    for port in [9090, 9091, 9092] {
        std::thread::sleep(secs(7));
        serve(&host, &format!("wide-{port}.service"), port, "0.0.0.0");
        // An interval of five seconds, and the server's own start.
        screen.wait_row(&["undeclared", &format!("{port}/tcp")], secs(8));
    }
    // One goes and another comes in between two looks.
    host.sh("systemctl stop wide-9090");
    serve(&host, "wide-9093.service", 9093, "0.0.0.0");
    screen.wait_row(&["undeclared", "9093/tcp"], secs(8));
    screen.keys(&["q"]);
    screen.wait_shell();
}

#[test]
fn without_rights_control_groups_name_the_holder() {
    let host = Host::boot_as("ports-plain", &["--kind", "no-rights"]);
    serve(&host, "app.service", 8080, "127.0.0.1");
    let desk = Desk::with(&config(host.name(), "unit = \"app.service\"\nports = [8080]"));
    let ok = wait_verdict(&desk, 8080, "ok");
    assert_eq!(ok["owner"]["unit"], "app.service", "{ok:#}");
    // ss of an old version, or none: the port is held, and nobody says by whom.
    host.sh("mv $(command -v ss) /root/; systemctl stop app.service; \
         systemd-run --quiet --scope --slice=user.slice --unit=session-79 \
         setsid -f python3 -m http.server --bind 127.0.0.1 8080 >/dev/null 2>&1 </dev/null");
    let unknown = wait_verdict(&desk, 8080, "owner-unknown");
    assert_eq!(unknown["severity"], "unknown", "{unknown:#}");
}

#[test]
fn a_host_with_busybox_alone_has_its_ports_read() {
    let host = Host::boot_as("ports-bare", &["--kind", "busybox"]);
    let desk = Desk::with(&config(host.name(), "unit = \"app.service\"\nports = [22]"));
    let ssh = poll::until("port 22", secs(20), || {
        let found = port(&desk.status().json, 22);
        if found["bind"].as_array().is_some_and(|binds| !binds.is_empty()) {
            Ok(found)
        } else {
            Err(format!("{found:#}"))
        }
    });
    assert_eq!(ssh["verdict"], "owner-unknown", "{ssh:#}");
}
