//! `quarterdeck init` against real hosts: what it writes is right without an edit.

use crate::desk::Desk;
use crate::lab::Host;

/// Writes a config with `init` where none is, and gives it.
fn written(desk: &Desk, arguments: &[&str]) -> String {
    let said = desk.run(&[&["init"], arguments].concat());
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with("wrote "), "{said:?}");
    std::fs::read_to_string(desk.config()).unwrap()
}

/// The fleet of seed 002: under what is written, every service is right, and so is every port.
pub(crate) fn fleet_is_right(hosts: &[&str], services: &[(&str, &[&str])]) {
    let desk = Desk::new();
    let text = written(&desk, hosts);
    for (host, names) in services {
        for name in *names {
            let table = format!(
                "name = \"sophia-{name}\"\nhosts = [\"{host}\"]\nunit = \"sophia-{name}.service\"\n"
            );
            assert!(text.contains(&table), "{table}\n{text}");
        }
    }
    assert_eq!(text.matches("\n[[env.service]]").count(), 11, "{text}");
    assert_eq!(
        text.matches("/health\", expect = 200, json = { status = \"healthy\" } }]").count(),
        10,
        "{text}"
    );
    let reading = desk.status();
    let states = reading.states();
    assert_eq!(states.len(), 11, "{states:?}");
    assert!(states.iter().all(|(_, state, _)| state == "running"), "{states:?}");
    let services = reading.json["environments"][0]["services"].as_array().unwrap();
    assert!(services.iter().all(|service| service["severity"] == "ok"), "{services:#?}");
    let ports = reading.json["environments"][0]["ports"].as_array().unwrap();
    let declared: Vec<_> =
        ports.iter().filter(|port| port["declared_by"] != serde_json::json!([])).collect();
    assert_eq!(declared.len(), 11, "{ports:#?}");
    assert!(ports.iter().all(|port| port["verdict"] == "ok"), "{ports:#?}");
    // By the ports that it found, the doctor sees what is wrong there: pools of the load balancer
    // that hold different services. There is nothing else.
    let findings = reading.json["environments"][0]["findings"].as_array().unwrap();
    let ids: Vec<_> = findings.iter().map(|finding| finding["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["mixed-upstream", "mixed-upstream"], "{findings:#?}");
}

#[test]
fn of_the_incident_it_finds_port_data_and_the_backup_that_misses_them() {
    let host = Host::boot("init-coord");
    host.scenario("seed001", &["--restart-sec", "3"]);
    // The distribution's own, one that is off, and jobs that are no backups.
    host.sh("printf '[Service]\\nExecStart=/bin/true\\n' >/etc/systemd/system/off.service; \
         printf '5 4 * * * root tar -xzf /srv/x.tgz\\n' >/etc/cron.d/restore; \
         systemctl daemon-reload");
    let before = host.sh("find /etc /var/spool /root /srv -newer /proc/1/stat -type f | sort");
    let desk = Desk::new();
    let text = written(&desk, &[host.name(), "--env", "coordination", "--tier", "staging"]);
    let home = "/mnt/coordinaton_mcp_data";
    for line in [
        "name = \"coordination\"\ntier = \"staging\"\n".to_owned(),
        "unit = \"mcp-coordination.service\"\n".to_owned(),
        "ports = [{ port = 3444, bind = \"loopback\" }]\n".to_owned(),
        "\nhealth = [{ http = \"http://127.0.0.1:3444/health\", expect = 200, \
         json = { status = \"healthy\" } }]"
            .to_owned(),
        format!("directory = \"{home}/production\"\n"),
        format!("data = [\"{home}/production/data\"]"),
        "unit = \"nginx.service\"\nports = [80]\n".to_owned(),
        format!("source = \"{home}/production/data\"\n"),
        format!("files = \"{home}/production-data-backups/data-*.tar.gz\"\n"),
        "every = \"6h\"".to_owned(),
        "keep = 30".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}\n{text}");
    }
    // What nobody saw in the incident, in the comments already.
    let flat = text.replace("\n#", "");
    assert!(flat.contains(&format!("! It archives {home}/production-data, but mcp-c")), "{text}");
    assert!(
        flat.contains(
            "! Port 3444 is held by another process in the unit's directory, not by the unit: pid "
        ),
        "{text}"
    );
    assert_eq!(text.matches("[[env.service]]").count(), 2, "{text}");
    assert_eq!(text.matches("[[env.backup]]").count(), 1, "{text}");

    let reading = desk.status();
    assert_eq!(reading.service("nginx")["state"], "running");
    let ports = reading.json["environments"][0]["ports"].as_array().unwrap();
    let port = ports.iter().find(|port| port["port"] == 3444).unwrap();
    assert_eq!(port["verdict"], "foreign-owner", "{port:#}");

    // It overwrites nothing, and leaves nothing on the host.
    let again = desk.run(&["init", host.name()]);
    assert_eq!(again.code, 78, "{again:?}");
    assert_eq!(std::fs::read_to_string(desk.config()).unwrap(), text);
    let after = host.sh("find /etc /var/spool /root /srv -newer /proc/1/stat -type f | sort");
    assert_eq!(before, after);
    assert_eq!(desk.ssh_processes(), [] as [&str; 0]);
}

/// A unit's file with a name, and a directory, that are hard to write.
const ODD: &str = r#"[Unit]
Description=odd ]] " ''' [[env]] # \ \\x41
[Service]
WorkingDirectory=/srv/it's "odd" # é
ExecStart=/usr/bin/python3 server.py
ProtectSystem=strict
ReadWritePaths=/var/odd
[Install]
WantedBy=multi-user.target
"#;

const ODD_SERVER: &str = r#"
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
        self.wfile.write(b'{"status": "degraded ]] \\""}')
HTTPServer(("127.0.0.1", 7801), Answer).serve_forever()
"#;

#[test]
fn hard_names_timers_and_containers_are_written_so_that_they_load() {
    let host = Host::boot("init-odd");
    let write = |path: &str, text: &str| {
        let root = crate::lab::run_directory().join("hosts").join(host.name()).join("root");
        let path = root.join(path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let odd = r"od\x20d\x22\x5b\x5d.service";
    write("/srv/it's \"odd\" # é/server.py", ODD_SERVER);
    write(&format!("/etc/systemd/system/{odd}"), ODD);
    write(
        "/etc/systemd/system/nightly.service",
        "[Service]\nType=oneshot\nExecStart=/usr/local/bin/nightly --all\n",
    );
    write(
        "/etc/systemd/system/nightly.timer",
        "[Timer]\nOnCalendar=*-*-* 02:30:00\n[Install]\nWantedBy=timers.target\n",
    );
    write(
        "/usr/local/bin/nightly",
        "#!/bin/sh\nset -e\nto=/var/backups/odd\nmkdir -p \"$to\"\n\
         tar -czf \"$to/odd-$(date +%F).tgz\" -C /var/odd .\n\
         find \"$to\" -name 'odd-*.tgz' -mtime +7 -delete\n",
    );
    // As docker 27 answers.
    write(
        "/usr/local/bin/docker",
        "#!/bin/sh\necho 'shop-db-1|postgres:16|shop|db|127.0.0.1:5432->5432/tcp'\n",
    );
    host.sh(&format!(
        "mkdir -p /var/odd; echo 1 >/var/odd/kept; chmod 755 /usr/local/bin/*; systemctl daemon-reload; \
         systemctl enable -q --now nightly.timer '{odd}'; systemctl start nightly.service; \
         for i in $(seq 100); do ss -Hltn 'sport = :7801' | grep -q . && exit; sleep 0.1; done; \
         exit 1"
    ));
    let desk = Desk::new();
    let text = written(&desk, &[host.name()]);
    let table: toml::Table = text.parse().unwrap();
    let services = table["env"][0]["service"].as_array().unwrap();
    let service = services
        .iter()
        .find(|service| service.get("unit").is_some_and(|unit| unit.as_str() == Some(odd)));
    let service = service.unwrap_or_else(|| panic!("{text}"));
    assert_eq!(service["directory"].as_str(), Some("/srv/it's \"odd\" # é"), "{text}");
    assert_eq!(service["data"][0].as_str(), Some("/var/odd"), "{text}");
    assert_eq!(service["health"][0]["http"].as_str(), Some("http://127.0.0.1:7801/healthz"));
    assert_eq!(service["health"][0].get("json"), None, "{text}");
    assert_eq!(table["env"].as_array().unwrap().len(), 1, "{text}");
    let flat = text.replace("\n#", "");
    for part in [
        "! It answers with 200 and status 'degraded ]] \"':",
        "/etc/systemd/system/nightly.timer, which starts nightly.service",
        "A container of postgres:16, db of the compose project shop, 127.0.0.1:5432->5432/tcp",
        "container = \"shop-db-1\"",
        "source = \"/var/odd\"",
        "files = \"/var/backups/odd/odd-*.tgz\"",
        "every = \"24h\"  # by its schedule",
        "timer = \"nightly.timer\"",
    ] {
        assert!(flat.contains(part), "{part}\n{text}");
    }
    let reading = desk.status();
    let states = reading.states();
    assert_eq!(states.len(), 2, "{states:?}");
    assert_eq!(reading.service("nightly")["state"], "waiting");
    assert_eq!(reading.service(odd.strip_suffix(".service").unwrap())["state"], "running");
    // Its backup does lie beside its data.
    assert!(reading.code <= 1, "{:#}", reading.json);
}

#[test]
fn a_host_that_cannot_be_read_is_a_comment_and_the_others_are_written() {
    let host = Host::boot_as("init-zoo", &["--gen", "trixie"]);
    host.scenario("zoo", &[]);
    let desk = Desk::new();
    let said = desk.run(&["init", host.name(), "init-nowhere.invalid"]);
    assert_eq!(said.code, 3, "{said:?}");
    let text = std::fs::read_to_string(desk.config()).unwrap();
    assert!(text.contains("# init-nowhere.invalid could not be read:"), "{text}");
    assert!(text.contains("# ssh = \"init-nowhere.invalid\"\n"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    // Instances of a template are units of their own.
    assert!(text.contains("unit = \"template@one.service\"\n"), "{text}");
    let reading = desk.status();
    let state = |name: &str| reading.service(name)["state"].clone();
    assert_eq!((state("good"), state("template@one")), ("running".into(), "running".into()));
    assert_eq!(state("startlimit"), "failed");
}

#[test]
fn this_machine_is_read_without_ssh() {
    let desk = Desk::new();
    let text = written(&desk, &["local"]);
    assert!(text.contains("name = \"local\"\ntier = \"local\""), "{text}");
    assert!(text.contains("name = \"localhost\"\nssh = \"local\"\n"), "{text}");
    let said = desk.run(&["check"]);
    assert!(said.out.contains("local/localhost: connected"), "{said:?}");
    assert_eq!(desk.ssh_processes(), [] as [&str; 0]);
}

#[test]
fn what_of_a_config_comes_to_nothing_is_told_by_check() {
    let local = "[[env]]\nname = \"local\"\ntier = \"local\"\n[[env.host]]\nname = \"here\"\nssh = \"local\"\n\
        [[env.service]]\nname = \"app\"\ncommand = [\"true\"]\n";
    let silence = |subject: &str| {
        format!(
            "[[env.silence]]\nrule = \"crash-loop\"\nsubject = \"{subject}\"\nreason = \"known\"\n"
        )
    };
    let said = Desk::with(&format!("{local}{}", silence("here/app"))).run(&["check"]);
    assert!(!said.out.contains("silence:") && said.code == 0, "{said:?}");
    let hook = "[console]\nhook = [\"/no/such/program\"]\n";
    let said = Desk::with(&format!("{hook}{local}{}", silence("here/ap"))).run(&["check"]);
    assert!(
        said.out.contains("silence: that of crash-loop for here/ap matches nothing"),
        "{said:?}"
    );
    assert!(said.out.contains("hook: /no/such/program does not exist"), "{said:?}");
    assert_eq!(said.code, 1, "{said:?}");
}

#[test]
fn without_a_host_those_of_the_users_own_config_are_listed_and_none_is_asked() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("home/.ssh")).unwrap();
    std::fs::write(desk.path("home/.ssh/config"), "Host web1 *.example\nHost db1\n").unwrap();
    let said = desk.run(&["init"]);
    assert_eq!((said.out.as_str(), said.code), ("web1\ndb1\n", 64), "{said:?}");
    assert!(said.err.contains("--all"), "{said:?}");
    assert!(!desk.config().exists());
}
