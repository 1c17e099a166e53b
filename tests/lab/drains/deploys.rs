//! Deploys behind nginx, while somebody asks it two hundred times a second: nobody notices the new version,
//! nor that it goes back everywhere since it cannot live on the last host.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::{SERVER, Scene};
use crate::act::Act;
use crate::poll::{self, secs};

/// Asks two hundred times a second, whether the one before was answered or not; writes what was answered how
/// often, and how many were asked.
const LOAD: &str = r#"
import collections, http.client, itertools, json, os, threading, time
RATE = 200
said, lock, turns = collections.Counter(), threading.Lock(), itertools.count()
began, asked = time.monotonic(), 0
def ask():
    global asked
    while True:
        with lock:
            turn = next(turns)
        pause = began + turn / RATE - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        if os.path.exists("/root/load.stop"):
            return
        with lock:
            asked += 1
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
threads = [threading.Thread(target=ask) for _ in range(32)]
for one in threads: one.start()
for one in threads: one.join()
with open("/root/load.new", "w") as out:
    json.dump({"said": said, "asked": asked}, out)
os.rename("/root/load.new", "/root/load.json")
"#;

/// What was asked meanwhile.
struct Load {
    asked: u64,
    /// How often each version was the answer.
    versions: BTreeMap<String, u64>,
    /// What was no answer.
    failed: Vec<String>,
}

impl Scene {
    fn begin_asking(&self) {
        self.balancer.sh(&format!(
            "rm -f /root/load.*; cat >/root/load.py <<'END'\n{LOAD}\nEND\n\
             setsid python3 /root/load.py </dev/null >/dev/null 2>/root/load.err &"
        ));
    }

    fn end_asking(&self) -> Load {
        self.balancer.sh("touch /root/load.stop");
        let text = poll::until("the load is over", secs(30), || {
            let text = self.balancer.sh("cat /root/load.json 2>/dev/null || cat /root/load.err");
            if text.starts_with('{') { Ok(text) } else { Err(text) }
        });
        let json: Value = serde_json::from_str(&text).unwrap();
        let mut load = Load {
            asked: json["asked"].as_u64().unwrap(),
            versions: BTreeMap::new(),
            failed: Vec::new(),
        };
        for (said, number) in json["said"].as_object().unwrap() {
            let number = number.as_u64().unwrap();
            match said.split_once(' ') {
                Some((who, version)) if self.backends.iter().any(|host| host.name() == who) => {
                    *load.versions.entry(version.to_owned()).or_default() += number;
                }
                _ => load.failed.push(format!("{number} times {said}")),
            }
        }
        load
    }

    fn version(&self, version: &str) {
        fs::write(self.desk.path("config/dist/version"), version).unwrap();
    }

    /// The version that each host says it is.
    fn versions(&self) -> Vec<String> {
        let ask = "curl -s -m 5 http://127.0.0.1:3000/ | cut -d ' ' -f 2";
        self.backends.iter().map(|host| host.sh(ask)).collect()
    }
}

#[test]
fn nobody_who_asks_notices_a_rolling_deploy_nor_that_it_goes_back_everywhere() {
    let deploy = "directory = \"/srv/api\"\n\
                  rollout = { batch = 1, on_fail = \"revert-fleet\" }\n\
                  deploy = { strategy = \"rsync\", from = \"dist\", free = 1 }";
    let scene = Scene::new("fleet", 3, deploy, "timeout = \"20s\"");
    fs::create_dir(scene.desk.path("config/dist")).unwrap();
    let server = SERVER.replace(
        ".read().strip()",
        ".read().strip() + ' ' + open('version').read()\n\
         if os.path.exists('/srv/cannot') and NAME.endswith(' three'): os._exit(3)",
    );
    let server = server.replace("import http.server,", "import http.server, os,");
    fs::write(scene.desk.path("config/dist/server.py"), server).unwrap();
    for host in &scene.backends {
        host.sh("install -d /srv/api; cd /etc/systemd/system; \
             sed -i 's|^ExecStart=.*|WorkingDirectory=/srv/api\\nExecStart=/usr/bin/python3 -B server.py|' \
             api.service; systemctl daemon-reload");
    }
    scene.version("one");
    scene.desk.act(&["deploy", "api", "--no-drain"]).ok();
    assert_eq!(scene.versions(), ["one"; 3]);
    let pool = scene.pool();

    scene.version("two");
    let plan = scene.desk.plan(&["deploy", "api"]);
    assert_eq!(plan["batches"].as_array().unwrap().len(), 3, "{plan:#}");
    scene.begin_asking();
    let Act { code, json } = scene.desk.act(&["deploy", "api"]);
    let load = scene.end_asking();
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(load.failed, Vec::<String>::new());
    assert_eq!(load.versions.values().sum::<u64>(), load.asked, "each was answered");
    assert!(load.asked > 1000, "{}", load.asked);
    assert_eq!(load.versions.keys().collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(scene.versions(), ["two"; 3]);
    assert_eq!(scene.pool(), pool);

    // On the last host the third version cannot live: all go back to the second.
    scene.version("three");
    scene.backends[2].sh("touch /srv/cannot");
    scene.begin_asking();
    let Act { code, json } = scene.desk.act(&["deploy", "api"]);
    let load = scene.end_asking();
    assert_eq!(code, 1, "{json:#}");
    let back = &json["returned"];
    assert_eq!((&back["action"], &back["outcome"]), (&"rollback".into(), &"succeeded".into()));
    assert_eq!(load.failed, Vec::<String>::new());
    assert_eq!(load.versions.values().sum::<u64>(), load.asked, "each was answered");
    assert!(load.asked > 1000, "{}", load.asked);
    // The third one was there, and answered.
    assert_eq!(load.versions.keys().collect::<Vec<_>>(), ["three", "two"]);
    assert_eq!(scene.versions(), ["two"; 3]);
    assert_eq!(scene.pool(), pool, "to the byte");
    for drained in [&json["drained"], &back["drained"]] {
        assert_eq!(*drained, Value::Array(Vec::new()));
    }
    scene.serves(&["two"]);
    scene.nothing_is_left();

    // What the same costs in full view: the test can fail.
    scene.begin_asking();
    let Act { code, .. } = scene.desk.act(&["deploy", "api", "--no-drain", "--batch", "1"]);
    let load = scene.end_asking();
    assert_eq!(code, 1);
    assert!(!load.failed.is_empty(), "who restarts in full view is noticed");
}

impl Scene {
    /// nginx sends requests to every backend, which have that version.
    fn serves(&self, versions: &[&str]) {
        let ask =
            "for i in $(seq 24); do curl -s -m 5 http://127.0.0.1:8088/; echo; done | sort -u";
        poll::until("all serve", secs(20), || {
            let said = self.balancer.sh(ask);
            let lines: Vec<&str> = said.lines().collect();
            let all = self.backends.iter().all(|host| {
                versions
                    .iter()
                    .all(|version| lines.contains(&format!("{} {version}", host.name()).as_str()))
            });
            if all { Ok(()) } else { Err(said) }
        });
    }
}
