//! Rolling operations behind a real nginx: nobody who asks it notices, and whatever goes wrong, it sends
//! requests to all that serve again.

mod deploys;
mod reloads;

use std::fmt::Write as _;

use serde_json::Value;

use crate::act::Act;
use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

/// Where the pool stands.
const FILE: &str = "/etc/nginx/conf.d/api.conf";

/// Answers with the name of its host, which takes it a second to learn; a request takes it a moment.
const SERVER: &str = r#"
import http.server, socket, time
time.sleep(1)
NAME = open("/etc/hostname").read().strip()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/slow"):
            time.sleep(4)
        time.sleep(0.02)
        body = NAME.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *rest):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
Server(("0.0.0.0", 3000), Handler).serve_forever()
"#;

/// Asks nginx over and over, from several at once; writes how many were answered by whom and what
/// failed.
const LOAD: &str = r#"
import collections, http.client, json, os, threading, time
said, failed, lock = collections.Counter(), [], threading.Lock()
def ask():
    while not os.path.exists("/root/load.stop"):
        who = "failed"
        try:
            link = http.client.HTTPConnection("127.0.0.1", 8088, timeout=10)
            link.request("GET", "/")
            answer = link.getresponse()
            body = answer.read().decode()
            who = body if answer.status == 200 else "status %d" % answer.status
        except Exception as why:
            who = repr(why)
        with lock:
            said[who] += 1
threads = [threading.Thread(target=ask) for _ in range(4)]
for one in threads: one.start()
for one in threads: one.join()
with open("/root/load.new", "w") as out: json.dump(said, out)
os.rename("/root/load.new", "/root/load.json")
"#;

/// A balancer and what is behind it.
struct Scene {
    balancer: Host,
    backends: Vec<Host>,
    desk: Desk,
}

impl Scene {
    /// `more` stands in the service's table, `drain` in its `drain`.
    fn new(name: &str, number: usize, more: &str, drain: &str) -> Self {
        let balancer = Host::boot(&format!("dr-{name}-lb"));
        let backends: Vec<Host> =
            (1..=number).map(|place| Host::boot(&format!("dr-{name}-w{place}"))).collect();
        for host in &backends {
            host.sh(&format!("cat >/srv/api.py <<'END'\n{SERVER}\nEND"));
            host.unit(
                "api.service",
                "[Service]\nExecStart=/usr/bin/python3 /srv/api.py\nKillSignal=SIGKILL",
            );
        }
        let mut lines = String::new();
        for host in &backends {
            let (address, name) = (host.address(), host.name());
            let _ok = writeln!(lines, "    server {address}:3000 max_fails=0; # {name}");
        }
        balancer.sh(&format!(
            "rm -f /etc/nginx/sites-enabled/*; cat >{FILE} <<'END'\nupstream api {{\n{lines}}}\n\
             server {{\n    listen 8088;\n    location / {{\n        proxy_pass http://api;\n        \
             proxy_next_upstream off;\n    }}\n}}\nEND\nchmod 640 {FILE}; systemctl restart nginx"
        ));
        let hosts: Vec<&str> = backends.iter().chain([&balancer]).map(Host::name).collect();
        let names: Vec<String> =
            backends.iter().map(|host| format!("\"{}\"", host.name())).collect();
        let config = format!(
            "{}[[env.service]]\nname = \"api\"\nunit = \"api.service\"\nhosts = [{}]\nports = [3000]\n\
             health = [{{ http = \"http://127.0.0.1:3000/\" }}]\nsoak = \"1s\"\n{more}\n\
             drain = {{ host = \"{}\", file = \"{FILE}\", {drain} }}\n",
            crate::desk::config(&hosts, &[]),
            names.join(", "),
            balancer.name(),
        );
        let scene = Self { balancer, backends, desk: Desk::with(&config) };
        scene.serves_all();
        scene
    }

    fn pool(&self) -> String {
        self.balancer.sh(&format!("cat {FILE}"))
    }

    /// nginx sends requests to every backend.
    fn serves_all(&self) {
        let ask =
            "for i in $(seq 24); do curl -s -m 5 http://127.0.0.1:8088/; echo; done | sort -u";
        poll::until("all serve", secs(20), || {
            let said = self.balancer.sh(ask);
            let all = self.backends.iter().all(|host| said.lines().any(|line| line == host.name()));
            if all { Ok(()) } else { Err(said) }
        });
    }

    /// From now on it takes longer to start there, so that something may happen in the midst of it.
    fn slow(&self, place: usize, seconds: u32) {
        self.backends[place].sh(&format!(
            "mkdir -p /run/systemd/system/api.service.d; \
             printf '[Service]\\nExecStartPre=/bin/sleep {seconds}\\n' \
             >/run/systemd/system/api.service.d/slow.conf; systemctl daemon-reload"
        ));
    }

    /// Waits until the first batch is drained and held, and its host has begun: the console has heard
    /// of it then.
    fn wait_held(&self) {
        poll::until("it holds", secs(30), || {
            let events = self.balancer.sh("cat /var/lib/quarterdeck/ops/*/events 2>/dev/null || :");
            if events.contains(" 12 start") { Ok(()) } else { Err(events) }
        });
        poll::until("the first host has begun", secs(30), || {
            let newest = "$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)";
            let events = self.backends[0].sh(&format!("cat \"{newest}/events\" 2>/dev/null || :"));
            let runs = events.contains(" 20 start") && !events.contains(" end ");
            if runs { Ok(()) } else { Err(events) }
        });
    }

    fn run_of(&self, place: usize) -> String {
        self.backends[place].sh("systemctl show --value -p InvocationID api")
    }

    fn begin_load(&self) {
        self.balancer.sh(&format!(
            "rm -f /root/load.*; cat >/root/load.py <<'END'\n{LOAD}\nEND\n\
             setsid python3 /root/load.py </dev/null >/dev/null 2>/root/load.err &"
        ));
    }

    /// Who answered how often, and everything that was no good answer.
    fn end_load(&self) -> (Vec<(String, u64)>, Vec<String>) {
        self.balancer.sh("touch /root/load.stop");
        let text = poll::until("the load is over", secs(20), || {
            let text = self.balancer.sh("cat /root/load.json 2>/dev/null || cat /root/load.err");
            if text.starts_with('{') { Ok(text) } else { Err(text) }
        });
        let json: Value = serde_json::from_str(&text).unwrap();
        let mut good = Vec::new();
        let mut bad = Vec::new();
        for (who, number) in json.as_object().unwrap() {
            let number = number.as_u64().unwrap();
            if self.backends.iter().any(|host| host.name() == who) {
                good.push((who.clone(), number));
            } else {
                bad.push(format!("{number} times {who}"));
            }
        }
        (good, bad)
    }

    /// No claim and no runner anywhere.
    fn nothing_is_left(&self) {
        for host in self.backends.iter().chain([&self.balancer]) {
            let claims =
                host.sh("ls -d /var/lib/quarterdeck/subjects/*/claim 2>/dev/null || echo none");
            assert_eq!(claims, "none", "{}", host.name());
            assert_eq!(host.sh("pgrep -af '[r]un.sh' || echo none"), "none", "{}", host.name());
        }
        let files = self.balancer.sh("ls -A /etc/nginx/conf.d");
        assert_eq!(files, "api.conf", "nothing but the file itself");
    }
}

/// The word of each host of an operation, the balancer's last.
fn outcomes(json: &Value) -> Vec<&str> {
    let hosts = json["hosts"].as_array().unwrap_or_else(|| panic!("{json:#}"));
    hosts.iter().map(|host| host["outcome"].as_str().unwrap()).collect()
}

/// What a host's steps printed.
fn output(json: &Value, place: usize) -> String {
    json["hosts"][place]["output"].to_string()
}

#[test]
fn nobody_who_asks_notices_a_rolling_restart() {
    let deploy = "directory = \"/srv\"\ndeploy = { strategy = \"script\", script = \"echo new >/srv/deployed\", \
                  undo = \"rm /srv/deployed\", then = \"restart\" }";
    let scene = Scene::new("roll", 3, deploy, "timeout = \"20s\"");
    let before = scene.pool();
    let runs: Vec<String> = (0..3).map(|place| scene.run_of(place)).collect();
    let plan = scene.desk.plan(&["restart", "api"]);
    assert_eq!(plan["batches"].as_array().unwrap().len(), 3, "one by one: {plan:#}");
    assert_eq!(plan["drains"][0]["host"], "dr-roll-lb", "{plan:#}");
    let balancer = plan["hosts"].as_array().unwrap().last().unwrap();
    assert_eq!(balancer["locks"], "nginx.service", "{plan:#}");
    assert_eq!(balancer["warnings"].as_array().unwrap().len(), 0, "{plan:#}");
    assert!(balancer["steps"][1]["undo"].as_str().unwrap().contains("put_back"), "{plan:#}");

    // Long requests are waited for.
    scene.balancer.sh(
        "for i in 1 2 3 4 5 6; do curl -s -m 15 http://127.0.0.1:8088/slow >/root/slow.$i & done; wait $! & sleep 0.5",
    );
    scene.begin_load();
    let Act { code, json } = scene.desk.act(&["restart", "api"]);
    let (good, bad) = scene.end_load();
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(bad, Vec::<String>::new(), "of {good:?}");
    let slow = scene.balancer.sh("cat /root/slow.* | grep -o dr-roll-w | wc -l");
    assert_eq!(slow, "6", "each long request was answered");
    let all: u64 = good.iter().map(|(_, number)| number).sum();
    assert!(good.len() == 3 && all > 500, "{good:?}");
    for (place, run) in runs.iter().enumerate() {
        assert_ne!(scene.run_of(place), *run, "it was restarted");
    }
    assert_eq!(scene.pool(), before, "to the byte");
    assert_eq!(scene.balancer.sh(&format!("stat -c %a {FILE}")), "640");
    scene.nothing_is_left();
    // So it is with a deploy, whose script here only writes down that it was there.
    scene.begin_load();
    let Act { code, json } = scene.desk.act(&["deploy", "api"]);
    let (good, bad) = scene.end_load();
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(bad, Vec::<String>::new(), "of {good:?}");
    for host in &scene.backends {
        assert_eq!(host.sh("cat /srv/deployed"), "new");
    }
    assert_eq!(scene.pool(), before);
    // What the same costs without: the test can fail.
    scene.begin_load();
    let Act { code, json } = scene.desk.act(&["restart", "api", "--batch", "1", "--no-drain"]);
    let (_, bad) = scene.end_load();
    assert_eq!(code, 0, "{json:#}");
    assert!(!bad.is_empty(), "a restart in full view is noticed");
}

#[test]
fn when_the_console_dies_everything_is_put_back_by_itself() {
    let scene = Scene::new("dead", 2, "", "dead_man = \"10s\"");
    let before = scene.pool();
    scene.slow(0, 3);
    let mut child = scene.desk.begin(&["restart", "api"]);
    let first = format!("{}:3000 max_fails=0 down;", scene.backends[0].address());
    poll::until("the first is drained", secs(30), || {
        let pool = scene.pool();
        if pool.contains(&first) { Ok(()) } else { Err(pool) }
    });
    poll::until("the batch runs", secs(30), || {
        let state = scene.backends[0].sh("systemctl is-active api || :");
        if state == "active" { Err(state) } else { Ok(()) }
    });
    child.kill().unwrap();
    child.wait().unwrap();
    poll::until("it is put back", secs(40), || {
        let pool = scene.pool();
        if pool == before { Ok(()) } else { Err(pool) }
    });
    scene.serves_all();
    let second = scene.run_of(1);
    poll::until("its runner has ended", secs(10), || {
        let said = scene.balancer.sh("cat /var/lib/quarterdeck/ops/*/result 2>/dev/null || :");
        if said.starts_with("undone 12") { Ok(()) } else { Err(said) }
    });
    let log = scene.balancer.sh("cat /var/lib/quarterdeck/ops/*/log");
    assert!(log.contains("no word from the console for 10 s"), "{log}");
    // Nobody else begins before somebody has looked; nothing went on by itself.
    let taken = scene.desk.run(&["restart", "api", "--plan"]);
    assert_eq!(taken.code, 75, "{taken:?}");
    assert_eq!(scene.run_of(1), second);
    recover(&scene, "--release");
    let Act { code, json } = scene.desk.act(&["restart", "api"]);
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(scene.pool(), before);
    scene.nothing_is_left();
}

/// Takes the newest operation's remains away.
fn recover(scene: &Scene, how: &str) {
    let said = scene.desk.run(&["ops", "list", "--json"]);
    let list: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    let op = list["operations"][0]["operation"].as_str().unwrap();
    let suffix = op.get(20..26).unwrap();
    let said = scene.desk.run(&["ops", "recover", op, how, "--confirm", suffix]);
    assert!(matches!(said.code, 0 | 1), "{said:?}");
}

#[test]
fn when_the_balancers_runner_is_killed_recovery_puts_back() {
    let scene = Scene::new("kill", 2, "", "");
    let before = scene.pool();
    scene.slow(0, 3);
    let child = scene.desk.begin(&["restart", "api"]);
    scene.wait_held();
    scene.balancer.sh("cut -d ' ' -f 1 /var/lib/quarterdeck/ops/*/owner | xargs kill -9");
    let ended = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&ended.stdout).unwrap();
    // What was begun went on; nothing more was begun, and it is not known how the balancer is.
    assert_eq!(ended.status.code(), Some(3), "{json:#}");
    assert_eq!(outcomes(&json), ["succeeded", "not-begun", "unknown"], "{json:#}");
    assert!(scene.pool().contains(" down;"), "nobody was there to put it back");
    recover(&scene, "--undo");
    assert_eq!(scene.pool(), before);
    scene.serves_all();
    // The claims of several hosts are for somebody to give back.
    recover(&scene, "--release");
    scene.nothing_is_left();
}

#[test]
fn what_nginx_does_not_take_is_put_back_and_nothing_is_begun() {
    let scene = Scene::new("bad", 2, "", "");
    let before = scene.pool();
    let runs = [scene.run_of(0), scene.run_of(1)];
    let time = scene.balancer.sh(&format!("stat -c %y {FILE}"));
    let untouched = |code: i32, json: &Value| {
        assert_eq!(code, 1, "{json:#}");
        assert_eq!(json["outcome"], "undone", "{json:#}");
        assert_eq!(outcomes(json), ["not-begun", "not-begun", "undone"], "{json:#}");
        assert!(json["halted"].as_str().unwrap().contains("was not begun: nginx on"), "{json:#}");
        assert_eq!(scene.pool(), before);
        assert_eq!(scene.balancer.sh(&format!("stat -c %y {FILE}")), time);
        assert_eq!([scene.run_of(0), scene.run_of(1)], runs, "nothing was restarted");
        scene.nothing_is_left();
    };
    // It takes every configuration but one in which a server is down.
    scene.balancer.sh(&format!(
        "cat >/usr/local/sbin/nginx <<'END'\n#!/bin/sh\n\
         if [ \"$1\" = -t ] && grep -q ' down;' {FILE}; then echo 'nginx: [emerg] no servers' >&2; exit 1; fi\n\
         exec /usr/sbin/nginx \"$@\"\nEND\nchmod +x /usr/local/sbin/nginx"
    ));
    let Act { code, json } = scene.desk.act(&["restart", "api"]);
    untouched(code, &json);
    assert!(output(&json, 2).contains("[emerg] no servers"), "{json:#}");
    scene.balancer.sh("rm /usr/local/sbin/nginx");

    // What is wrong already is said with the plan.
    scene.balancer.sh("echo 'nonsense;' >/etc/nginx/sites-enabled/broken");
    let said = scene.desk.run(&["restart", "api", "--plan"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("nginx -t fails there") && said.err.contains("nonsense"), "{said:?}");
    scene.balancer.sh("rm /etc/nginx/sites-enabled/broken");

    // What somebody has changed and not brought into force yet is warned of.
    scene.balancer.sh("sleep 2; touch /etc/nginx/mime.types");
    let plan = scene.desk.plan(&["restart", "api"]);
    assert!(
        plan["hosts"][2]["warnings"].to_string().contains("files: /etc/nginx/mime.types;"),
        "{plan:#}"
    );

    // So is a balancer that is not reached, and a server that is not in the file.
    scene.balancer.lab("cut", &[]);
    let said = scene.desk.run(&["restart", "api", "--plan", "--timeout", "30"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("dr-bad-lb"), "{said:?}");
    scene.balancer.lab("heal", &[]);
    scene
        .balancer
        .sh(&format!("sed -i 's/{}:3000/10.9.9.9:3000/' {FILE}", scene.backends[1].address()));
    let said = scene.desk.run(&["restart", "api", "--plan"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("10.9.9.9:3000") && said.err.contains("servers ="), "{said:?}");
}

#[test]
fn a_server_that_was_down_stays_so_and_the_last_one_is_never_taken() {
    let scene = Scene::new("down", 3, "rollout = { min_available = 1 }", "");
    let first = scene.backends[0].address();
    let down = format!(
        "sed -i 's/server {first}:3000 max_fails=0;/server {first}:3000 down max_fails=0;/' {FILE}; \
         nginx -s reload"
    );
    scene.balancer.sh(&down);
    let before = scene.pool();
    assert!(before.contains(":3000 down max_fails=0;"), "{before}");
    let plan = scene.desk.plan(&["restart", "api"]);
    assert!(plan.to_string().contains("is `down` in"), "{plan:#}");
    scene.begin_load();
    let Act { code, json } = scene.desk.act(&["restart", "api"]);
    let (good, bad) = scene.end_load();
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(bad, Vec::<String>::new());
    assert_eq!(good.len(), 2, "nothing was sent to the one that is down: {good:?}");
    assert_eq!(scene.pool(), before);
    // Two that serve: both at once would leave nobody, and two have to be left.
    for (arguments, says) in [
        (&["restart", "api", "--batch", "3"][..], "nobody would be left"),
        (&["restart", "api", "--min-available", "2"][..], "min_available asks for 2"),
    ] {
        let said = scene.desk.run(&[arguments, &["--plan"]].concat());
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(says), "{said:?}");
    }
    scene.nothing_is_left();
}

#[test]
fn a_batch_that_fails_its_gate_stays_drained_and_nobody_notices() {
    let scene = Scene::new("gate", 3, "rollout = { batch = 1 }", "");
    let second = scene.backends[1].address();
    // From now on it does not start there.
    scene.backends[1]
        .sh("sed -i s/python3/python4/ /etc/systemd/system/api.service; systemctl daemon-reload");
    let third = scene.run_of(2);
    scene.begin_load();
    let Act { code, json } = scene.desk.act(&["restart", "api"]);
    let (good, bad) = scene.end_load();
    assert_eq!(code, 2, "{json:#}");
    assert_eq!(bad, Vec::<String>::new(), "of {good:?}");
    assert_eq!(outcomes(&json)[..3], ["succeeded", "failed", "not-begun"], "{json:#}");
    assert_eq!(scene.run_of(2), third);
    let drained = json["drained"][0].as_str().unwrap();
    assert!(drained.contains("api on dr-gate-w2 stays drained, since it failed"), "{drained}");
    let pool = scene.pool();
    assert_eq!(pool.matches(" down").count(), 1, "{pool}");
    assert!(pool.contains(&format!("{second}:3000 max_fails=0 down;")), "{pool}");
    scene.nothing_is_left();
}

#[test]
fn a_link_to_the_balancer_that_is_cut_puts_back_and_ends_the_rollout() {
    let scene = Scene::new("cut", 2, "rollout = { batch = 1 }", "dead_man = \"10s\"");
    let before = scene.pool();
    let second = scene.run_of(1);
    scene.slow(0, 20);
    let child = scene.desk.begin(&["restart", "api", "--timeout", "120"]);
    scene.wait_held();
    scene.balancer.lab("cut", &[]);
    poll::until("it is put back", secs(60), || {
        let pool = scene.pool();
        if pool == before { Ok(()) } else { Err(pool) }
    });
    scene.balancer.lab("heal", &[]);
    let ended = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{json:#}");
    assert_eq!(outcomes(&json), ["succeeded", "not-begun", "undone"], "{json:#}");
    let halted = json["halted"].as_str().unwrap();
    assert!(halted.contains("no word from the console for 10 s"), "{halted}");
    assert_eq!(json["drained"], Value::Array(Vec::new()), "{json:#}");
    assert_eq!(scene.run_of(1), second);
    scene.serves_all();
    scene.nothing_is_left();
}

#[test]
fn who_cancels_or_loses_the_power_gets_everything_back() {
    let scene = Scene::new("stop", 2, "", "");
    let before = scene.pool();
    scene.slow(0, 3);
    let child = scene.desk.begin(&["restart", "api"]);
    scene.wait_held();
    let said = scene.desk.run(&["ops", "list", "--json"]);
    let list: Value = serde_json::from_str(&said.out).unwrap();
    let op = list["operations"][0]["operation"].as_str().unwrap().to_owned();
    let said = scene.desk.run(&["ops", "cancel", &op]);
    assert_eq!(said.code, 0, "{said:?}");
    let ended = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&ended.stdout).unwrap();
    // A restart cannot be taken back, and its gate was not asked: nobody knows that it serves.
    assert_eq!(outcomes(&json), ["failed", "not-begun", "undone"], "{json:#}");
    assert!(json["drained"][0].as_str().unwrap().contains("stays drained"), "{json:#}");
    scene.balancer.sh(&format!("sed -i 's/ down;/;/' {FILE}; nginx -s reload"));
    assert_eq!(scene.pool(), before);
    scene.serves_all();

    scene.balancer.sh("rm -rf /var/lib/quarterdeck/ops; systemctl enable nginx 2>/dev/null");
    let child = scene.desk.begin(&["restart", "api"]);
    scene.wait_held();
    scene.balancer.lab("reset", &[]);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    assert!(scene.pool().contains(" down;"));
    recover(&scene, "--undo");
    assert_eq!(scene.pool(), before);
    scene.serves_all();
    recover(&scene, "--release");
    scene.nothing_is_left();
}
