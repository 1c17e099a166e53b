//! A host with a web service, an operator's desk, and actions that take a while.

use serde_json::Value;

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;

/// A service that answers over HTTP.
pub(super) const WEB: &str = "web";

/// See the module.
pub(super) struct Scene {
    pub(super) host: Host,
    pub(super) desk: Desk,
}

const ACTIONS: &str = r#"
[[action]]
name = "slow"
script = """
echo began >/root/trace; echo begin; sleep 2; echo middle; sleep 3; echo ended >>/root/trace; echo end
"""
undo = "echo undone >>/root/trace"

[[action]]
name = "fails"
script = "echo began >/root/trace; exit 255"
undo = "echo undone >>/root/trace"

[[action]]
name = "daemon"
script = "setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $! >/root/daemon; exit 0"
gate = false

[[action]]
name = "flood"
script = "head -c 100000000 /dev/zero | tr '\\0' 'x' | fold -w 99; printf 'bin\\000\\377\\033[2Jend\\n'"
gate = false

[[action]]
name = "fills"
script = "echo began >/root/trace; dd if=/dev/zero of=/var/lib/full bs=1M 2>/dev/null; echo full; exit 7"
undo = "echo undone >/dev/kmsg; rm -f /var/lib/full; echo undone >>/root/trace"
gate = false
"#;

impl Scene {
    pub(super) fn new(name: &str) -> Self {
        Self::on(Host::boot(name))
    }

    pub(super) fn on(host: Host) -> Self {
        host.sh("mkdir -p /srv/web && echo hello >/srv/web/index.html");
        host.unit(
            "web.service",
            "[Service]\nExecStart=/usr/bin/python3 -m http.server 8080 --directory /srv/web\n\
             [Install]\nWantedBy=multi-user.target",
        );
        host.sh("systemctl enable web 2>/dev/null");
        let desk = Desk::with(&Self::config(host.name()));
        poll::until("it answers", secs(20), || {
            match host.sh("curl -s http://127.0.0.1:8080/ || :").as_str() {
                "hello" => Ok(()),
                said => Err(said.to_owned()),
            }
        });
        Self { host, desk }
    }

    pub(super) fn config(host: &str) -> String {
        format!(
            "[[env]]\nname = \"lab\"\ntier = \"staging\"\n\
             [[env.host]]\nname = \"{host}\"\nssh = \"{host}\"\n\
             [[env.service]]\nname = \"web\"\nunit = \"web.service\"\nports = [8080]\n\
             health = [{{ http = \"http://127.0.0.1:8080/\", expect = 200, contains = \"hello\" }}]\n\
             [[env.service]]\nname = \"mute\"\nunit = \"mute.service\"\nhealth = [{{ tcp = 9 }}]\n\
             [[env.service]]\nname = \"crash\"\nunit = \"crash.service\"\n\
             [[env.service]]\nname = \"brief\"\nunit = \"brief.service\"\n{ACTIONS}"
        )
    }

    /// A unit that is there and does not run.
    pub(super) fn unit(&self, name: &str, service: &str) {
        self.host.sh(&format!(
            "printf '[Service]\\n%s\\n' \"{service}\" >/etc/systemd/system/{name}.service; \
             systemctl daemon-reload"
        ));
    }

    pub(super) fn state(&self, unit: &str) -> String {
        self.host.sh(&format!("systemctl is-active {unit} || :"))
    }

    pub(super) fn run_of(&self, unit: &str) -> String {
        self.host.sh(&format!("systemctl show --value -p InvocationID {unit}"))
    }

    /// What `ops list` tells of the newest operation.
    pub(super) fn newest(&self) -> Value {
        let said = self.desk.run(&["ops", "list", "--json"]);
        let json: Value =
            serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
        json["operations"][0].clone()
    }

    /// Waits until an operation runs; its name.
    pub(super) fn wait_running(&self) -> String {
        poll::until("an operation runs", secs(20), || {
            let newest = self.newest();
            let running = newest["verdict"] == "running";
            if running {
                Ok(newest["operation"].as_str().unwrap().to_owned())
            } else {
                Err(format!("{newest:#}"))
            }
        })
    }

    /// The host's own account: every line carries the sum of the one before.
    pub(super) fn audit_is_whole(&self) {
        let text = self.host.sh("cat /var/lib/quarterdeck/audit.jsonl");
        let mut before = "none".to_owned();
        let mut launched = 0_i32;
        for line in text.lines() {
            let json: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert_eq!(json["prev"], before.as_str(), "{line}");
            let sum = quarterdeck::model::digest::sha256(format!("{line}\n").as_bytes());
            before = format!("sha256:{sum}");
            launched += if json["ev"] == "launched" { 1 } else { -1 };
        }
        assert_eq!(launched, 0, "each intent has its outcome: {text}");
    }

    /// No claim, no runner, no session of ours.
    pub(super) fn is_clean(&self) -> Result<(), String> {
        let claims =
            self.host.sh("ls -d /var/lib/quarterdeck/subjects/*/claim 2>/dev/null || echo none");
        let runners = self.host.sh("pgrep -af '[r]un.sh' || echo none");
        let ours = self.host.ours();
        if claims == "none" && runners == "none" && ours.is_empty() {
            return Ok(());
        }
        Err(format!("{claims}\n{runners}\n{ours:?}"))
    }

    pub(super) fn nothing_is_left(&self) {
        poll::until("nothing is left", secs(5), || self.is_clean());
        assert_eq!(self.desk.ssh_processes(), Vec::<String>::new());
    }
}

impl Host {
    /// Waits until the newest operation has printed that.
    pub(super) fn wait_for_log(&self, text: &str) {
        poll::until("it printed that", secs(20), || {
            let log = self
                .sh("cat \"$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)/log\" | tail -c 2000");
            if log.contains(text) { Ok(()) } else { Err(log) }
        });
    }

    /// The newest operation's runner.
    pub(super) fn runner(&self) -> String {
        self.sh("cut -d ' ' -f 1 \"$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)/owner\"")
    }
}

/// Says yes to the plan that is shown. A key that was on its way before the plan was drawn is not
/// taken for an answer to it, so it is pressed a moment later, as by somebody who has read it.
pub(super) fn yes(screen: &Screen) {
    std::thread::sleep(secs(1));
    screen.keys(&["y"]);
}
