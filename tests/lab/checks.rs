//! Health checks against real servers on real hosts.

use std::fmt::Write as _;

use serde_json::Value;

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;

const SERVER: &str = include_str!("payload/checks-server.py");

fn serve(host: &Host) {
    host.sh(&format!("cat >/usr/local/lib/pages.py <<'PY'\n{SERVER}\nPY"));
    host.sh("openssl req -x509 -newkey rsa:2048 -nodes -days 5 -subj /CN=localhost \
         -addext subjectAltName=IP:127.0.0.1 -keyout /run/key.pem -out /run/cert.pem 2>/dev/null; \
         cat /run/key.pem /run/cert.pem >/run/both.pem");
    for (name, arguments) in [("pages", "8080"), ("secure", "8443 /run/both.pem")] {
        host.unit(
            &format!("{name}.service"),
            &format!("[Service]\nExecStart=/usr/bin/python3 /usr/local/lib/pages.py {arguments}"),
        );
    }
    poll::until("it serves", secs(20), || {
        let open = host.sh("ss -Hltn | grep -c -e :8080 -e :8443 || true");
        if open == "2" { Ok(()) } else { Err(open) }
    });
}

/// A config whose services have these checks.
fn checking(host: &str, services: &[(&str, &str)]) -> String {
    let mut text = config(&[host], &[]);
    for (service, checks) in services {
        let _ok = write!(
            text,
            "[[env.service]]\nname = '{service}'\nunit = '{service}.service'\nhealth = [{checks}]\n"
        );
    }
    text
}

fn check<'a>(service: &'a Value, name: &str) -> &'a Value {
    let all = service["health"].as_array().unwrap();
    all.iter().find(|one| one["check"] == name).unwrap_or_else(|| panic!("{name}: {service:#}"))
}

#[test]
fn every_way_to_answer_is_told() {
    let host = Host::boot("c-checks");
    serve(&host);
    let pages = [
        r#"{ http = "http://127.0.0.1:8080/health", json = { status = "healthy", database = "connected" } }"#,
        r#"{ http = "http://127.0.0.1:8080/slow", timeout = "1s" }"#,
        r#"{ http = "http://127.0.0.1:8080/round" }"#,
        r#"{ http = "http://127.0.0.1:8080/huge", timeout = "2s" }"#,
        r#"{ http = "http://127.0.0.1:9/none" }"#,
        r#"{ sse = "http://127.0.0.1:8080/events", timeout = "2s" }"#,
        "{ tcp = 8080 }",
        "{ tcp = 9 }",
        r#"{ command = ["true"] }"#,
        r#"{ command = ["sh", "-c", "echo no database; exit 2"] }"#,
        r#"{ command = ["no-such-program"] }"#,
    ];
    let secure = format!(
        r#"{{ http = "https://127.0.0.1:8443/health" }}, {{ http = "https://{}:8443/health", from = "console", timeout = "2s" }}, {{ tcp = "{}:8443", from = "console" }}"#,
        host.address(),
        host.address()
    );
    let desk =
        Desk::with(&checking(host.name(), &[("pages", &pages.join(", ")), ("secure", &secure)]));
    let reading = desk.status();
    let service = reading.service("pages");
    assert_eq!(service["state"], "running", "{service:#}");
    assert_eq!(service["severity"], "critical");
    assert_eq!(reading.code, 2);
    for (name, state, detail) in [
        ("http://127.0.0.1:8080/health", "passing", "200"),
        ("http://127.0.0.1:8080/slow", "failing", "no answer in time"),
        ("http://127.0.0.1:8080/round", "failing", "302 instead of 2xx, it sends to /round"),
        ("http://127.0.0.1:8080/huge", "passing", "200"),
        ("http://127.0.0.1:9/none", "failing", "connection refused"),
        ("sse http://127.0.0.1:8080/events", "passing", "200, an event"),
        ("tcp 127.0.0.1:8080", "passing", "connected"),
        ("tcp 127.0.0.1:9", "failing", "connection refused"),
        ("true", "passing", "exit status 0"),
        ("sh -c echo no database; exit 2", "failing", "exit status 2"),
        ("no-such-program", "unknown", "there is no command no-such-program"),
    ] {
        let found = check(service, name);
        assert_eq!(found["state"], state, "{found:#}");
        assert_eq!(found["detail"], detail, "{found:#}");
    }
    let huge = check(service, "http://127.0.0.1:8080/huge")["latency_ms"].as_f64().unwrap();
    assert!(huge < 1900.0, "of a gigabyte only the beginning is taken: {huge} ms");
    // Nobody vouches for a certificate that signs itself; when it ends is told all the same.
    let service = reading.service("secure");
    let own = check(service, "https://127.0.0.1:8443/health");
    assert_eq!(own["state"], "failing", "{own:#}");
    assert!(own["certificate_until"].is_string(), "{own:#}");
    let away = check(service, &format!("https://{}:8443/health", host.address()));
    assert_eq!((&away["from"], &away["state"]), (&"console".into(), &"failing".into()));
    assert_eq!(check(service, &format!("tcp {}:8443", host.address()))["state"], "passing");
    let rules: Vec<(&str, &str)> = reading.json["environments"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["severity"].as_str().unwrap()))
        .collect();
    assert!(rules.contains(&("health-failing", "critical")), "{rules:?}");
    assert!(rules.contains(&("certificate-expires", "critical")), "{rules:?}");
    assert_eq!(host.ours(), Vec::<String>::new());
    assert_eq!(host.sh("ps -eo comm | grep -c -e curl -e nc -e openssl || true"), "0");
}

#[test]
fn an_ill_service_is_seen_on_the_screen_and_its_recovery_too() {
    let host = Host::boot("c-ill");
    serve(&host);
    let health =
        r#"{ http = "http://127.0.0.1:8080/health", every = "1s", json = { status = "healthy" } }"#;
    let desk = Desk::with(&checking(host.name(), &[("pages", health)]));
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["running", "pages"], secs(15));
    host.sh("printf 'database: gone' >/run/ill");
    screen.wait_row(&["unhealthy", "pages"], secs(10));
    let said = desk.run(&["doctor"]);
    assert!(said.out.contains("503 instead of 2xx"), "{said:?}");
    assert!(said.out.contains("database: gone"), "{said:?}");
    host.sh("rm /run/ill");
    screen.wait_row(&["running", "pages"], secs(10));
    screen.keys(&["q"]);
    screen.wait_shell();
}

#[test]
fn a_host_without_curl_is_asked_by_its_wget() {
    let host = Host::boot_as("c-bare", &["--kind", "busybox"]);
    host.sh("mkdir -p /srv/www; echo fine >/srv/www/health; busybox httpd -p 127.0.0.1:8081 -h /srv/www");
    let checks = "{ http = \"http://127.0.0.1:8081/health\", contains = \"fine\" }, \
         { http = \"http://127.0.0.1:8081/none\" }, { tcp = 8081 }, { tcp = 9 }, \
         { sse = \"http://127.0.0.1:8081/health\" }";
    let desk = Desk::with(&checking(host.name(), &[("pages", checks)]));
    let reading = desk.status();
    let service = reading.service("pages");
    for (name, state) in [
        ("http://127.0.0.1:8081/health", "passing"),
        ("http://127.0.0.1:8081/none", "failing"),
        ("tcp 127.0.0.1:8081", "passing"),
        ("tcp 127.0.0.1:9", "failing"),
        ("sse http://127.0.0.1:8081/health", "unknown"),
    ] {
        let found = check(service, name);
        assert_eq!(found["state"], state, "{found:#}");
    }
}
