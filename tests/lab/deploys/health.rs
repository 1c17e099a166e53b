//! What a gate must not believe, and what it finds: a service that is now well and now not, one that
//! something else answers for, one that dies between two looks, one that was down before.

use super::scene::{SERVER, Yard};
use crate::act::Act;
use crate::poll::{self, secs};

/// Serves, and says every second time that it is not well.
const FLAPPING: &str = "import http.server, itertools, os
turns = itertools.cycle([200, 500])
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(s):
        s.send_response(next(turns))
        s.end_headers()
        s.wfile.write(b'two')
    def log_message(s, *a):
        pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()
";

/// Waits for its port as long as somebody else has it, and says nothing of that.
const PATIENT: &str = "import socket, time, os
while True:
    try:
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('127.0.0.1', int(os.environ['PORT'])))
        s.close()
        break
    except OSError:
        time.sleep(0.2)
";

/// Serves from a process of its own, which nobody ends with the first one.
const PARENT: &str = "import os, time
if os.fork():
    time.sleep(10**6)
";

/// Calls itself what looks like the number of the unit's process in the list of who listens.
const CLAIMS: &str = "import subprocess, threading, time
def claim():
    while True:
        show = ['systemctl', 'show', '--value', '-p', 'MainPID', 'rel']
        with open('/proc/self/comm', 'w') as comm:
            comm.write('\",pid=%s' % subprocess.check_output(show, text=True).strip())
        time.sleep(0.05)
threading.Thread(target=claim, daemon=True).start()
";

/// Put before a server: it ends after a while, again and again.
const BRIEF: &str = "import os, threading
threading.Timer(1.5, lambda: os._exit(3)).start()
";

impl Yard {
    fn serves(&self, subject: &str, version: &str, parts: &[&str]) {
        let server = parts.concat();
        self.push(
            subject,
            &format!("echo {version} >version; cat >server.py <<'PY'\n{server}\nPY"),
        );
    }

    fn drop_in(&self, setting: &str) {
        self.host.sh(&format!(
            "mkdir -p /etc/systemd/system/rel.service.d; \
             printf '[Service]\\n{setting}\\n' >/etc/systemd/system/rel.service.d/test.conf; \
             systemctl daemon-reload"
        ));
    }

    fn state(&self) -> String {
        self.host.sh("systemctl is-active rel || :")
    }
}

/// What it printed on its host.
fn output(said: &Act) -> String {
    said.json["hosts"][0]["output"].to_string()
}

fn is_undone(said: &Act) {
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{:#}", said.json);
}

#[test]
fn what_is_now_well_and_now_not_is_taken_back() {
    let yard = Yard::new("he-flap");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    yard.serves("flaps", "two", &[FLAPPING]);
    let said = yard.desk.act(&["deploy", "rel"]);
    is_undone(&said);
    assert!(output(&said).contains("status 500, for 60 s"), "{}", output(&said));
    assert_eq!(yard.answer("rel"), "one");
    assert_eq!(yard.host.sh("cat /srv/rel/current/version"), "one");
    yard.is_clean();
}

#[test]
fn what_dies_between_two_looks_is_taken_back_though_it_answers_and_though_systemd_starts_it_no_more()
 {
    let yard = Yard::new("he-crash");
    yard.drop_in("Restart=always\\nRestartSec=100ms");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    yard.serves("crashes", "two", &[BRIEF, SERVER]);
    let said = yard.desk.act(&["deploy", "rel"]);
    is_undone(&said);
    // It may be looked at before it is started again, or afterwards.
    let words = ["it ended, and systemd started it again", "it crashed: exit-code"];
    assert!(words.iter().any(|one| output(&said).contains(one)), "{}", output(&said));
    assert_eq!(yard.answer("rel"), "one");

    // It dies at once and so often that systemd starts it no more: the old one is started all the same.
    yard.drop_in("Restart=always\\nRestartSec=100ms\\n[Unit]\\nStartLimitBurst=2\\nStartLimitIntervalSec=600");
    yard.host.sh("systemctl restart rel; systemctl restart rel");
    assert_eq!(
        yard.host.sh("systemctl restart rel 2>&1 || echo refused").lines().last(),
        Some("refused")
    );
    yard.host.sh("systemctl reset-failed rel; systemctl start rel");
    yard.serves("dies", "three", &["import os\nos._exit(3)\n"]);
    let said = yard.desk.act(&["deploy", "rel"]);
    is_undone(&said);
    assert_eq!(yard.answer("rel"), "one");
    assert_eq!(yard.state(), "active");
    yard.is_clean();
}

#[test]
fn what_something_else_answers_for_is_not_believed() {
    let yard = Yard::new("he-other");
    // One that was forked by the run before is left behind by its unit, and answers.
    yard.drop_in("KillMode=process");
    yard.serves("forks", "one", &[PARENT, SERVER]);
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    let holder = "ss -Hltnp 'sport = :8081' | sed -n 's/.*pid=\\([0-9]*\\).*/\\1/p'";
    let old = yard.host.sh(holder);
    yard.serves("waits", "two", &[PATIENT, SERVER]);
    let said = yard.desk.act(&["deploy", "rel"]);
    is_undone(&said);
    let why = format!("port 8081 is held by process {old}, which is of a run before");
    assert!(output(&said).contains(&why), "{}", output(&said));
    assert_eq!(yard.answer("rel"), "one");
    yard.is_clean();

    // One that somebody has started by hand stands in its place, and would be taken for it.
    yard.host.sh(&format!("cat >/home/claims.py <<'PY'\n{CLAIMS}{SERVER}PY"));
    yard.host.sh(&format!("systemctl stop rel; kill $({holder}) 2>/dev/null; rm -r /etc/systemd/system/rel.service.d; systemctl daemon-reload"));
    yard.host.sh(
        "cd /srv/rel/current && PORT=8081 runuser -u app -- setsid -f python3 /home/claims.py \
         >/dev/null 2>&1 </dev/null",
    );
    assert_eq!(yard.answer("rel"), "one");
    let stranger = yard.host.sh(holder);
    let plan = yard.desk.page(&["deploy", "rel"]);
    assert!(
        plan.contains("the service is inactive now: if this fails, it is left stopped"),
        "{plan}"
    );
    let said = yard.desk.act(&["deploy", "rel"]);
    is_undone(&said);
    let why = format!("port 8081 is held by process {stranger}, which is not the unit's");
    assert!(output(&said).contains(&why), "{}", output(&said));
    assert_eq!(yard.state(), "inactive");
    assert_eq!(yard.host.sh(holder), stranger, "it serves as before");
    // Once that is gone the same is deployed.
    yard.host.sh(&format!("kill {stranger}"));
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    assert_eq!(yard.answer("rel"), "two");
    yard.is_clean();
}

#[test]
fn what_was_down_before_is_left_as_it_was_or_brought_up() {
    let yard = Yard::new("he-down");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    // It has failed, and what comes fails as well: it is left stopped, as the plan has said.
    yard.host.sh("systemctl kill -s KILL rel");
    poll::until("it has failed", secs(10), || match yard.state().as_str() {
        "failed" => Ok(()),
        state => Err(state.to_owned()),
    });
    yard.serves("dies", "two", &["import os\nos._exit(3)\n"]);
    let plan = yard.desk.page(&["deploy", "rel"]);
    assert!(
        plan.contains("the service is failed now: if this fails, it is left stopped"),
        "{plan}"
    );
    is_undone(&yard.desk.act(&["deploy", "rel"]));
    assert_ne!(yard.state(), "active");
    assert_eq!(yard.host.sh("cat /srv/rel/current/version"), "one");
    // It runs and is not well, and what comes is not either: it is as it was, and that is said.
    yard.host.sh("systemctl start rel");
    assert_eq!(yard.answer("rel"), "one");
    yard.host.sh("mv /srv/rel/current/version /srv/rel/current/away");
    let run = yard.run_of("rel");
    let said = yard.desk.act(&["deploy", "rel"]);
    is_undone(&said);
    for words in ["it was not healthy before this either", "http://127.0.0.1:8081/"] {
        assert!(output(&said).contains(words), "{words}: {}", output(&said));
    }
    assert_eq!(yard.state(), "active");
    assert_ne!(yard.run_of("rel"), run, "the old one was started again");
    assert!(yard.desk.page(&["restart", "rel"]).contains("restart rel"), "nothing is frozen");
    // What is good mends it.
    yard.serves("mended", "three", &[SERVER]);
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    assert_eq!(yard.answer("rel"), "three");
    yard.is_clean();
}
