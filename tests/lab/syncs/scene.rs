//! Production with data, and development with data of its own; a service writes to each all the time.

use std::process::Child;

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

/// Where the data is, on both.
pub(super) const DATA: &str = "/srv/app/data";
/// What every sync of these tests does to the copy.
pub(super) const SCRUB: &str =
    "cd $QUARTERDECK_DATA && for one in rooms/*; do echo scrubbed >$one; done && rm mail";

/// See the module.
pub(super) struct Stairs {
    pub(super) upper: Host,
    pub(super) lower: Host,
    pub(super) desk: Desk,
}

/// A host with a service that writes to its data, which holds those words.
pub(super) fn house(name: &str, user: &str, word: &str) -> Host {
    let host = Host::boot(name);
    furnish(&host, "app", user, "/srv/app", word);
    host
}

/// Data of a service of that user, below a directory.
pub(super) fn furnish(host: &Host, unit: &str, user: &str, home: &str, word: &str) {
    host.sh(&format!(
        "useradd -m {user} && mkdir -p {home}/data/rooms && cd {home}/data && \
         for n in $(seq 20); do echo \"{word} $n\" >rooms/$n.json; done && echo {word}@example.org >mail && \
         ln -s mail current && chmod 600 mail && mkdir fixed && echo x >fixed/x && chmod 555 fixed && touch -d '3 days ago' mail rooms/* && \
         chown -R {user}:{user} {home} && chmod 750 {home}/data"
    ));
    host.unit(
        &format!("{unit}.service"),
        &format!(
            "[Service]\nUser={user}\nExecStart=/bin/sh -c 'exec 7>>{home}/data/journal; while :; do \
             date +%%s.%%N >&7; date +%%s >{home}/data/now; sleep 0.2; done'\n[Install]\nWantedBy=multi-user.target"
        ),
    );
    poll::until("it writes", secs(10), || writes(host, &format!("{home}/data")));
}

/// Somebody writes there now.
pub(super) fn writes(host: &Host, data: &str) -> Result<(), String> {
    let said = host.sh(&format!("sleep 0.5; cat {data}/now 2>/dev/null || :; date +%s"));
    let numbers: Vec<i64> = said.lines().filter_map(|line| line.parse().ok()).collect();
    match numbers[..] {
        [then, now] if now - then <= 2 => Ok(()),
        _ => Err(said),
    }
}

/// Sums of all that does not change by itself.
pub(super) fn sums(host: &Host, data: &str) -> String {
    host.sh(&format!(
        "cd {data} && find . -type f ! -name now ! -name journal -exec sha256sum {{}} + | sort && \
         find . ! -name now ! -name journal ! -name . -exec stat -c '%n %F %a %U:%G %Y %N' {{}} + | sort"
    ))
}

impl Stairs {
    pub(super) fn new(name: &str) -> Self {
        let upper = house(&format!("{name}-up"), "app", "customer");
        let lower = house(&format!("{name}-dn"), "dev", "example");
        let desk = Desk::with(&Self::config(&upper, &lower, ""));
        let stairs = Self { upper, lower, desk };
        stairs.identify("environment = \"development\"");
        stairs
    }

    /// An environment with a service that has its data there.
    pub(super) fn env(name: &str, tier: &str, host: &str, home: &str, unit: &str) -> String {
        format!(
            "[[env]]\nname = \"{name}\"\ntier = \"{tier}\"\n\
             [[env.host]]\nname = \"{name}1\"\nssh = \"{host}\"\n\
             [[env.service]]\nname = \"app\"\nunit = \"{unit}.service\"\nsoak = \"2s\"\n\
             data = [\"{home}/data\"]\nhealth = [{{ command = [\"test\", \"-e\", \"{home}/data/now\"] }}]\n"
        )
    }

    /// Both, with a sync; further keys of the latter, or others in place of `scrub`.
    pub(super) fn config(upper: &Host, lower: &Host, more: &str) -> String {
        let scrub = format!("scrub = \"{SCRUB}\"");
        format!(
            "{}{}[[env.sync]]\nname = \"data\"\nfrom = {{ env = \"production\" }}\nto = \"{DATA}\"\n{}\n",
            Self::env("production", "production", upper.name(), "/srv/app", "app"),
            Self::env("development", "development", lower.name(), "/srv/app", "app"),
            if more.is_empty() { &scrub } else { more },
        )
    }

    /// Another config in place of the first.
    pub(super) fn declare(&self, more: &str) {
        self.desk.configure(&Self::config(&self.upper, &self.lower, more));
    }

    /// The identity of the lower one.
    pub(super) fn identify(&self, lines: &str) {
        self.lower.sh(&format!(
            "mkdir -p /etc/quarterdeck && printf '%s\\n' '{lines}' >/etc/quarterdeck/identity"
        ));
    }

    /// Why there is no plan.
    pub(super) fn refused(&self) -> String {
        let said = self.desk.run(&[&SYNC[..], &["--plan"]].concat());
        assert!(matches!(said.code, 1 | 75), "{}: {} {}", said.code, said.err, said.out.len());
        said.err
    }

    /// A big file comes with it, and so many kilobytes of all are there.
    pub(super) fn sending(&self, kilobytes: u64) -> Child {
        // Slowly, however fast the machine is; and by a program that another test does not meet.
        self.upper.sh(&format!(
            "truncate -s 400m {DATA}/big && cat >/usr/local/sbin/tar <<'END'\n\
             #!/bin/sh\ncase $* in *--version*) exec /bin/tar --version ;; esac\n\
             /bin/tar \"$@\" | python3 -c 'import sys, time\nwhile True:\n    \
             b = sys.stdin.buffer.read(1 << 18)\n    if not b: break\n    \
             sys.stdout.buffer.write(b)\n    time.sleep(0.02)'\nEND\n\
             chmod 755 /usr/local/sbin/tar"
        ));
        let hash = self.desk.hash(&SYNC);
        let child =
            self.desk.command(&[&SYNC[..], &["--confirm", &hash]].concat()).spawn().unwrap();
        poll::until("it is on its way", secs(60), || {
            let there = self.lower.sh("du -sk /srv/app/.quarterdeck-*/incoming 2>/dev/null || :");
            let came = there.split_whitespace().next().and_then(|number| number.parse().ok());
            if came.unwrap_or(0) > kilobytes { Ok(()) } else { Err(there) }
        });
        child
    }

    /// It comes fast again, and without the big file.
    pub(super) fn hasten(&self) {
        self.upper.sh(&format!("rm {DATA}/big /usr/local/sbin/tar"));
    }

    /// The newest operation's directory on the lower one.
    pub(super) fn operation(&self) -> String {
        self.lower.sh("ls -d /var/lib/quarterdeck/ops/* | tail -n 1")
    }

    pub(super) fn run_of(&self) -> String {
        self.lower.sh("systemctl show --value -p InvocationID app.service")
    }

    /// Nothing is claimed, nothing of what was sent lies about, and nothing of ours is where it was read.
    pub(super) fn is_clean(&self) {
        let left = self.lower.sh(
            "ls -d /var/lib/quarterdeck/subjects/*/claim /srv/app/.*.quarterdeck-* /srv/app/.quarterdeck-*/incoming/* \
             2>/dev/null || :",
        );
        assert_eq!(left, "");
        assert_eq!(
            self.upper.sh("ls -A /srv/app; ls -A /var/lib/quarterdeck 2>/dev/null || :"),
            "data"
        );
    }
}

/// The command.
pub(super) const SYNC: [&str; 6] = ["sync", "data", "--from", "production", "--to", "development"];
