//! A reverse proxy and scripts, on real hosts: what nginx's configuration leads to, and what cron
//! starts.

use serde_json::Value;

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};

/// The findings of a rule, by `doctor --json`.
fn findings(desk: &Desk, rule: &str) -> Vec<Value> {
    let said = desk.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&said.out)
        .unwrap_or_else(|error| panic!("no JSON ({error}): {said:?}"));
    let all = report["findings"].as_array().expect("a list of findings");
    all.iter().filter(|finding| finding["id"] == rule).cloned().collect()
}

fn one(desk: &Desk, rule: &str) -> Result<Value, String> {
    match findings(desk, rule).as_slice() {
        [finding] => Ok(finding.clone()),
        other => Err(format!("{rule}: {other:#?}")),
    }
}

fn none(desk: &Desk, rule: &str) -> Result<(), String> {
    let found = findings(desk, rule);
    if found.is_empty() { Ok(()) } else { Err(format!("{found:#?}")) }
}

fn texts(list: &Value) -> String {
    let all = list.as_array().expect("a list");
    all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

/// A service of one port, as a unit.
fn server(name: &str, port: u16) -> String {
    format!("[[env.service]]\nname = \"{name}\"\nunit = \"{name}.service\"\nports = [{port}]\n")
}

fn server_unit(address: &str, port: u16) -> String {
    format!(
        "[Service]\nExecStart=/usr/bin/python3 -m http.server --bind {address} {port}\nWorkingDirectory=/srv"
    )
}

/// Takes a site into force.
fn site(host: &Host, text: &str) {
    host.sh(&format!(
        "rm -f /etc/nginx/sites-enabled/*; cat >/etc/nginx/sites-enabled/site <<'SITE'\n{text}\nSITE\n\
         systemctl start nginx && nginx -t -q && systemctl reload nginx"
    ));
}

#[test]
fn a_dead_upstream_is_found_and_gone_when_its_backend_listens() {
    let proxy = Host::boot("proxy-lb");
    let app = Host::boot("proxy-app");
    let away = app.address();
    site(
        &proxy,
        &format!(
            "server {{\n  listen 80 default_server;\n  server_name shop.example;\n  \
             location /near {{ proxy_pass http://localhost:3444; }}\n  \
             location /far {{ proxy_pass http://{away}:8100; }}\n}}"
        ),
    );
    let desk = Desk::with(&format!(
        "{}{}",
        config(&[proxy.name(), app.name()], &["nginx"]),
        "[[env.service]]\nname = \"backend\"\nunit = \"backend.service\"\nhosts = [\"proxy-app\"]\nports = [8100]\n"
    ));
    let found = findings(&desk, "dead-upstream");
    let subjects: Vec<&str> = found.iter().filter_map(|f| f["subject"].as_str()).collect();
    let far = format!("proxy-lb/{away}:8100");
    assert!(
        found.len() == 2
            && subjects.contains(&"proxy-lb/localhost:3444")
            && subjects.contains(&far.as_str()),
        "{found:#?}"
    );
    for finding in &found {
        assert_eq!(finding["severity"], "critical", "{finding:#}");
        let evidence = texts(&finding["evidence"]);
        assert!(evidence.contains("/etc/nginx/sites-enabled/site:"), "{evidence}");
        assert!(evidence.contains("proxy_pass http://"), "{evidence}");
        let refused = evidence.contains("refused");
        assert_eq!(refused, finding["subject"] == far.as_str(), "{evidence}");
        let summary = finding["summary"].as_str().unwrap();
        let location = if refused { "shop.example /far" } else { "shop.example /near" };
        assert!(summary.contains(location), "{summary}");
        assert_eq!(refused, summary.contains("backend on proxy-app"), "{summary}");
    }
    // A backend that is cut off does not refuse; it is silent.
    app.lab("cut", &[]);
    let silent = findings(&desk, "dead-upstream");
    let silent = silent.iter().find(|finding| finding["subject"] == far.as_str());
    let evidence = silent.map(|finding| texts(&finding["evidence"])).unwrap_or_default();
    app.lab("heal", &[]);
    assert!(evidence.contains("no answer"), "{evidence}");

    proxy.unit("near.service", &server_unit("127.0.0.1", 3444));
    app.unit("backend.service", &server_unit("0.0.0.0", 8100));
    poll::until("both answer", secs(20), || none(&desk, "dead-upstream"));
}

#[test]
fn a_dead_socket_is_found_as_a_dead_port_is() {
    let host = Host::boot("proxy-unix");
    let serve = |network: &str| {
        let program = "import socket, os\n\
            try: os.unlink('/srv/app.sock')\n\
            except OSError: pass\n\
            s = socket.socket(socket.AF_UNIX); s.bind('/srv/app.sock'); s.listen()\n\
            while True: s.accept()[0].close()\n";
        host.sh(&format!("cat >/srv/app.py <<'END'\n{program}END\n"));
        host.unit(
            "app.service",
            &format!("[Service]\nExecStart=/usr/bin/python3 /srv/app.py\n{network}"),
        );
    };
    site(
        &host,
        "server {\n  listen 80;\n  location / { proxy_pass http://unix:/srv/app.sock; }\n}",
    );
    let desk = Desk::with(&config(&[host.name()], &["nginx"]));
    let missing = one(&desk, "dead-upstream").unwrap();
    assert_eq!(missing["subject"], "proxy-unix/unix:/srv/app.sock");
    assert!(missing["summary"].as_str().unwrap().ends_with("the socket is not there"));
    serve("");
    poll::until("it listens", secs(20), || none(&desk, "dead-upstream"));
    // It leaves its socket behind. Others may not write to it: root is asked.
    host.sh("systemctl kill -s KILL app; sleep 0.3; test -S /srv/app.sock; ! test -w /root/x; chmod 600 /srv/app.sock");
    let dead = poll::until("nobody listens", secs(20), || one(&desk, "dead-upstream"));
    assert!(dead["summary"].as_str().unwrap().ends_with("nobody listens there"), "{dead:#}");
    // In a network of its own it stands in no list, and answers all the same.
    serve("PrivateNetwork=yes");
    host.sh("until test -S /srv/app.sock; do sleep 0.1; done; sleep 0.3; ! ss -Hlx | grep -F /srv/app.sock; \
         chmod 600 /srv/app.sock");
    poll::until("it answers", secs(20), || none(&desk, "dead-upstream"));
}

/// The load balancer of seed 002, with two of its services.
#[test]
fn a_pool_of_different_services_is_found() {
    let host = Host::boot("proxy-mixed");
    let address = host.address();
    for (name, port) in [("vector-search", 8000), ("real-time-chat", 8001)] {
        host.unit(&format!("{name}.service"), &server_unit("0.0.0.0", port));
    }
    site(
        &host,
        &format!(
            "upstream ai_core_services {{\n    server {address}:8000;  # vector_search_mcp\n    \
             server {address}:8001;  # real_time_chat_mcp\n}}\n\
             server {{\n  listen 80;\n  location /ai-core/ {{ proxy_pass http://ai_core_services/; }}\n}}"
        ),
    );
    let desk = Desk::with(&format!(
        "{}{}{}",
        config(&[host.name()], &["nginx"]),
        server("vector-search", 8000),
        server("real-time-chat", 8001)
    ));
    let found = one(&desk, "mixed-upstream").unwrap();
    assert_eq!(found["subject"], "proxy-mixed/ai_core_services");
    let evidence = texts(&found["evidence"]);
    assert!(evidence.contains(&format!("server {address}:8001;")), "{evidence}");
    assert!(evidence.contains("real-time-chat"), "{evidence}");
    site(
        &host,
        &format!(
            "upstream search {{ server {address}:8000; }}\nupstream chat {{ server {address}:8001; }}\n\
             server {{\n  listen 80;\n  location /search/ {{ proxy_pass http://search/; }}\n  \
             location /chat/ {{ proxy_pass http://chat/; }}\n}}"
        ),
    );
    poll::until("each has its own pool", secs(10), || none(&desk, "mixed-upstream"));
}

#[test]
fn an_edit_that_is_not_reloaded_or_not_valid_is_found() {
    let host = Host::boot("proxy-edit");
    site(&host, "server {\n  listen 80;\n  location / { return 204; }\n}");
    // Workers of the time of the reload, and none from before.
    let desk = Desk::with(&config(&[host.name()], &["nginx"]));
    poll::until("it is as it should be", secs(10), || none(&desk, "proxy-not-reloaded"));
    assert_eq!(findings(&desk, "proxy-config-invalid"), Vec::<Value>::new());

    host.sh("sleep 3; echo '# a change' >>/etc/nginx/sites-enabled/site");
    let found = poll::until("the edit is seen", secs(60), || one(&desk, "proxy-not-reloaded"));
    assert_eq!(found["subject"], "proxy-edit/etc/nginx/sites-enabled/site");
    host.sh("systemctl reload nginx");
    poll::until("it was reloaded", secs(20), || none(&desk, "proxy-not-reloaded"));

    host.sh("echo 'foo bar;' >>/etc/nginx/sites-enabled/site");
    let found = one(&desk, "proxy-config-invalid").unwrap();
    let evidence = texts(&found["evidence"]);
    assert!(evidence.contains("unknown directive \"foo\""), "{evidence}");
    // Without the right to ask nginx nothing is claimed.
    let plain = config(&[host.name()], &["nginx"]);
    desk.configure(&plain.replace("ssh = ", "sudo = \"never\"\nssh = "));
    assert_eq!(findings(&desk, "proxy-config-invalid"), Vec::<Value>::new());
}

#[test]
fn the_incidents_backup_script_loses_hidden_files_and_leaves_no_trace_of_us() {
    let host = Host::boot("proxy-seed001");
    host.scenario("seed001", &[]);
    let desk = Desk::with(&config(&[host.name()], &["mcp-coordination", "nginx", "cron"]));
    let before = host.sh("find /tmp /var/tmp /run -maxdepth 1 -newer /etc/crontab | sort; ls -la --time-style=full-iso /run/nginx.pid /var/log/nginx");
    let found = one(&desk, "backup-lossy-copy").unwrap();
    let script = "/mnt/coordinaton_mcp_data/production/scripts/backup-production-data.sh";
    assert_eq!(found["subject"], format!("proxy-seed001{script}").as_str());
    assert_eq!(found["severity"], "warning");
    let evidence = texts(&found["evidence"]);
    assert!(evidence.contains("cp -r \"$SOURCE_DIR\"/* \"$BACKUP_DIR/\""), "{evidence}");
    assert!(evidence.contains("/var/spool/cron/crontabs/root:2"), "{evidence}");
    let fix = serde_json::to_string(&found["fix_details"]).unwrap();
    assert!(fix.contains("cp -a"), "{fix}");
    // nginx's upstream is served, by the process that somebody started by hand.
    none(&desk, "dead-upstream").unwrap();
    let after = host.sh("find /tmp /var/tmp /run -maxdepth 1 -newer /etc/crontab | sort; ls -la --time-style=full-iso /run/nginx.pid /var/log/nginx");
    assert_eq!(before, after);
    // Mended as the finding says.
    host.sh(&format!("sed -i 's|^cp -r .*|cp -a \"$SOURCE_DIR\"/. \"$BACKUP_DIR/\"|' {script}"));
    none(&desk, "backup-lossy-copy").unwrap();
}
