//! A deploy over several hosts of which one fails: what becomes of the others.

use std::fmt::Write as _;
use std::fs;

use super::scene::SERVER;
use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

/// Three hosts with a service each; on the last the second version cannot live.
pub(super) struct Fleet {
    pub(super) hosts: Vec<Host>,
    pub(super) desk: Desk,
}

impl Fleet {
    pub(super) fn new(name: &str, rollout: &str) -> Self {
        let hosts: Vec<Host> =
            ["a", "b", "c"].map(|one| Host::boot(&format!("{name}-{one}"))).into_iter().collect();
        let mut config = "[[env]]\nname = \"lab\"\ntier = \"staging\"\n".to_owned();
        for host in &hosts {
            host.sh("useradd -m app && install -d -o app /srv/api");
            host.sh("cat >/etc/systemd/system/api.service <<'END'\n\
                 [Service]\nUser=app\nEnvironment=PORT=8083 PYTHONDONTWRITEBYTECODE=1\n\
                 WorkingDirectory=/srv/api\nExecStart=/usr/bin/python3 server.py\n\
                 [Install]\nWantedBy=multi-user.target\nEND\nsystemctl daemon-reload");
            let _ok = write!(config, "[[env.host]]\nname = \"{0}\"\nssh = \"{0}\"\n", host.name());
        }
        let _ok = write!(
            config,
            "[[env.service]]\nname = \"api\"\nunit = \"api.service\"\ndirectory = \"/srv/api\"\n\
             soak = \"1s\"\nhealth = [{{ http = \"http://127.0.0.1:8083/\", expect = 200 }}]\n\
             rollout = {{ {rollout} }}\n\
             deploy = {{ strategy = \"rsync\", from = \"dist\", free = 1 }}\n"
        );
        let fleet = Self { hosts, desk: Desk::with(&config) };
        fs::create_dir(fleet.desk.path("config/dist")).unwrap();
        fleet.bad_from("two");
        fleet.version("one");
        assert_eq!(fleet.desk.act(&["deploy", "api"]).code, 0);
        assert_eq!(fleet.answers(), ["one"; 3]);
        fleet.hosts[2].sh("touch /srv/cannot-two");
        fleet.version("two");
        fleet
    }

    /// From now on what comes cannot live in that version, where there is `/srv/cannot-VERSION`.
    pub(super) fn bad_from(&self, version: &str) {
        let bad = format!(
            "import os\nif os.path.exists('/srv/cannot-{version}') and open('version').read() == '{version}': os._exit(3)\n"
        );
        fs::write(self.desk.path("config/dist/server.py"), bad + SERVER).unwrap();
    }

    pub(super) fn version(&self, version: &str) {
        fs::write(self.desk.path("config/dist/version"), version).unwrap();
    }

    pub(super) fn answers(&self) -> Vec<String> {
        let answer = |host: &Host| {
            poll::until("it answers", secs(10), || {
                match host.sh("curl -s http://127.0.0.1:8083/ || :").as_str() {
                    "" => Err(String::new()),
                    said => Ok(said.to_owned()),
                }
            })
        };
        self.hosts.iter().map(answer).collect()
    }

    pub(super) fn nothing_is_left(&self) {
        for host in &self.hosts {
            let left = host.sh("ls -d /var/lib/quarterdeck/subjects/*/claim 2>/dev/null || :");
            assert_eq!(left, "");
        }
        assert_eq!(self.desk.ssh_processes(), Vec::<String>::new());
    }
}

#[test]
fn all_hosts_go_back_when_the_last_one_fails_where_the_policy_says_so() {
    let fleet = Fleet::new("po-fleet", "batch = 1, on_fail = \"revert-fleet\"");
    let plan = fleet.desk.page(&["deploy", "api"]);
    assert!(
        plan.contains("on failure: a host that fails takes back what it did, and all"),
        "{plan}"
    );
    let act = fleet.desk.act(&["deploy", "api"]);
    // All have the old one again: that is what the exit code says.
    assert_eq!(act.code, 1, "{:#}", act.json);
    assert_eq!(act.json["outcome"], "failed", "{:#}", act.json);
    let back = &act.json["returned"];
    assert_eq!((&back["action"], &back["outcome"]), (&"rollback".into(), &"succeeded".into()));
    let hosts: Vec<_> = back["hosts"].as_array().unwrap().iter().map(|one| &one["host"]).collect();
    assert_eq!(hosts, ["po-fleet-a", "po-fleet-b"]);
    assert_eq!(fleet.answers(), ["one"; 3]);
    let account = fleet.hosts[0].sh("cat /var/lib/quarterdeck/audit.jsonl");
    assert!(account.contains("\"confirmed\":\"policy\""), "{account}");
    // The host that failed keeps everybody from trying again before somebody has looked.
    fleet.nothing_is_left();
}

#[test]
fn only_its_batch_goes_back_where_the_policy_says_so_and_none_where_it_does_not() {
    let fleet = Fleet::new("po-batch", "canary = 1, batch = 2, on_fail = \"revert-batch\"");
    let act = fleet.desk.act(&["deploy", "api"]);
    assert_eq!(act.code, 2, "{:#}", act.json);
    assert_eq!(act.json["returned"]["outcome"], "succeeded", "{:#}", act.json);
    // The canary has the new one still: the fleet is mixed, and that is said.
    assert_eq!(fleet.answers(), ["two", "one", "one"]);
    let act = fleet.desk.act(&["deploy", "api", "--on-fail", "revert-host"]);
    assert_eq!(act.code, 2, "{:#}", act.json);
    assert!(act.json["returned"].is_null(), "{:#}", act.json);
    assert_eq!(fleet.answers(), ["two", "two", "one"]);
    fleet.nothing_is_left();
}

#[test]
fn a_host_that_fails_stays_so_where_the_policy_halts() {
    let fleet = Fleet::new("po-halt", "batch = 1, on_fail = \"halt\"");
    let act = fleet.desk.act(&["deploy", "api"]);
    assert_eq!(act.code, 2, "{:#}", act.json);
    assert_eq!(fleet.hosts[2].sh("cat /srv/api/version"), "two");
    assert_eq!(fleet.hosts[2].sh("systemctl is-active api || :"), "failed");
    assert_eq!(fleet.hosts[0].sh("cat /srv/api/version"), "two");
    fleet.nothing_is_left();
}
