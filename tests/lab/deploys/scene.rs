//! A host with a repository, and two services that come out of it: a release directory and a work tree.

use std::process::Child;

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

/// See the module.
pub(super) struct Yard {
    pub(super) host: Host,
    pub(super) desk: Desk,
}

pub(super) const SERVER: &str = "import http.server, os
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(s):
        b = open('version').read().encode()
        s.send_response(200)
        s.end_headers()
        s.wfile.write(b)
    def log_message(s, *a):
        pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()
";

/// Put before a server: it ends as soon as there is `/run/die`, and not by a clock, so that it dies
/// while it is watched however long anything takes.
pub(super) const DYING: &str = "import threading, os, time
def end():
    while not os.path.exists('/run/die'):
        time.sleep(0.05)
    os._exit(3)
threading.Thread(target=end, daemon=True).start()
";

/// A console that is killed while the new one is watched, which dies then; `is_there` looks meanwhile.
/// Gives what the host printed once it has taken all of it back.
pub(super) fn orphan(host: &Host, mut console: Child, is_there: impl FnOnce()) -> String {
    // Empty where there is no such file yet.
    let newest = |file: &str| {
        let folder = "$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)";
        host.sh(&format!("cat \"{folder}/{file}\" 2>/dev/null || :"))
    };
    poll::until("the new one is watched", secs(60), || {
        let events = newest("events");
        let log = newest("log");
        let is_healthy = log.lines().any(|line| line.starts_with("healthy: "));
        let watched = events.contains(" 50 start") && !events.contains(" end ") && is_healthy;
        if watched { Ok(()) } else { Err(format!("{events}\n{log}")) }
    });
    console.kill().unwrap();
    console.wait().unwrap();
    is_there();
    host.sh("touch /run/die");
    poll::until("the host has taken it back", secs(90), || {
        let result = newest("result");
        if result.starts_with("undone") { Ok(()) } else { Err(result + &newest("log")) }
    });
    host.sh("rm /run/die");
    newest("log")
}

impl Yard {
    pub(super) fn new(name: &str) -> Self {
        let host = Host::boot(name);
        host.sh("useradd -m app && install -d -o app /srv/rel /srv/tree /srv/git.d");
        host.sh(&format!("cat >/home/server.py <<'END'\n{SERVER}END"));
        host.sh("cat >/home/make <<'END'\n\
             set -e\n\
             cd\n\
             git config --global user.name ana\n\
             git config --global user.email ana@example.org\n\
             git init -q --bare /srv/git.d/web.git\n\
             git clone -q /srv/git.d/web.git src 2>/dev/null\n\
             cd src\n\
             git checkout -q -b main\n\
             cp /home/server.py .\n\
             echo one >version\n\
             git add -A\n\
             git commit -q -m first\n\
             git push -q origin main\n\
             git clone -q -b main /srv/git.d/web.git /srv/tree\n\
             END\n\
             runuser -l app -c 'sh /home/make'");
        for (unit, port, folder) in [("rel", 8081, "rel/current"), ("tree", 8082, "tree")] {
            host.unit(
                &format!("{unit}.service"),
                &format!(
                    "[Service]\nUser=app\nEnvironment=PORT={port}\nWorkingDirectory=/srv/{folder}\n\
                     ExecStart=/usr/bin/python3 server.py\n[Install]\nWantedBy=multi-user.target"
                ),
            );
        }
        let desk = Desk::with(&Self::config(host.name()));
        Self { host, desk }
    }

    fn config(host: &str) -> String {
        let service = |name: &str, port: u16, deploy: &str| {
            format!(
                "[[env.service]]\nname = \"{name}\"\nunit = \"{name}.service\"\n\
                 directory = \"/srv/{name}\"\nsoak = \"2s\"\n\
                 health = [{{ http = \"http://127.0.0.1:{port}/\", expect = 200 }}]\n\
                 deploy = {{ {deploy}, ref = \"main\", free = 1, build = \"\"\"\n\
                 test ! -e broken && test ! -e /srv/nobuild || exit 7\n\
                 mkdir -p out && echo $REVISION >out/built && echo $REVISION >built.txt\"\"\" }}\n"
            )
        };
        let rel = "strategy = \"release\", repository = \"/srv/git.d/web.git\"";
        let tree = "strategy = \"git\", built = [\"out\"]";
        format!(
            "[[env]]\nname = \"lab\"\ntier = \"staging\"\n\
             [[env.host]]\nname = \"{host}\"\nssh = \"{host}\"\n{}{}",
            service("rel", 8081, rel),
            service("tree", 8082, tree)
        )
    }

    /// A second environment on the same host, which comes after the first.
    pub(super) fn add_production(&self) {
        self.host.sh("install -d -o app /srv/prod /srv/data && echo 1 >/srv/data/1");
        self.host.unit(
            "prod.service",
            "[Service]\nUser=app\nEnvironment=PORT=8083\nWorkingDirectory=/srv/prod/current\n\
             ExecStart=/usr/bin/python3 server.py\n[Install]\nWantedBy=multi-user.target",
        );
        self.desk.append(&format!(
            "[[env]]\nname = \"production\"\ntier = \"production\"\n\
             [[env.host]]\nname = \"{0}\"\nssh = \"{0}\"\n\
             [[env.service]]\nname = \"rel\"\nunit = \"prod.service\"\ndirectory = \"/srv/prod\"\n\
             soak = \"2s\"\ndeploy = {{ strategy = \"release\", repository = \"/srv/git.d/web.git\", \
             free = 1, after = \"lab\", backup = \"data\" }}\n\
             [[env.backup]]\nname = \"data\"\nsource = \"/srv/data\"\nfiles = \"/srv/data-*.tar.gz\"\n\
             every = \"6h\"\n",
            self.host.name()
        ));
    }

    /// Nothing is deployed there.
    pub(super) fn freeze_production(&self) {
        self.desk.append(
            "[[env.freeze]]\nfrom = \"2020-01-01T00:00:00Z\"\nto = \"2120-01-01T00:00:00Z\"\n\
             reason = \"a fair\"\n",
        );
    }

    /// A change by which the server dies, see [`DYING`].
    pub(super) fn dies() -> String {
        format!(
            "echo two >version; cat - server.py >dying.py <<'PY'\n{DYING}PY\nmv dying.py server.py"
        )
    }

    /// Commits and pushes what a script changes.
    pub(super) fn push(&self, subject: &str, script: &str) {
        self.host.sh(&format!(
            "cat >/home/push <<'END'\nset -e\ncd ~/src\n{script}\ngit add -A\n\
             git commit -q -m '{subject}'\ngit push -q origin main\nEND\n\
             runuser -l app -c 'sh /home/push'"
        ));
    }

    /// The newest commit.
    pub(super) fn commit(&self) -> String {
        self.host.sh("runuser -u app -- git -C /home/app/src rev-parse HEAD")
    }

    /// What a service serves.
    pub(super) fn answer(&self, service: &str) -> String {
        let port = if service == "rel" { 8081 } else { 8082 };
        poll::until("it answers", secs(10), || {
            match self.host.sh(&format!("curl -s http://127.0.0.1:{port}/ || :")).as_str() {
                "" => Err(String::new()),
                said => Ok(said.to_owned()),
            }
        })
    }

    pub(super) fn run_of(&self, unit: &str) -> String {
        self.host.sh(&format!("systemctl show --value -p InvocationID {unit}"))
    }

    /// No claim, and nothing of planning or staging is left behind.
    pub(super) fn is_clean(&self) {
        let left = self.host.sh(
            "ls -d /var/lib/quarterdeck/subjects/*/claim /tmp/quarterdeck.* /srv/rel/.current.* \
             /srv/rel/releases/*.index /srv/tree/.git/quarterdeck/0* 2>/dev/null || :",
        );
        assert_eq!(left, "");
        assert_eq!(self.host.sh("cd /srv/tree && runuser -u app -- git fsck --no-dangling 2>&1 | grep -v '^notice' || :"), "");
    }
}
