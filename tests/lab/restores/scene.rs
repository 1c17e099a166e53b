//! A host with a service that writes to its data all the time, and archives of that data.

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

/// See the module.
pub(super) struct Vault {
    pub(super) host: Host,
    pub(super) desk: Desk,
}

/// Where its data is.
pub(super) const DATA: &str = "/srv/app/data";

impl Vault {
    pub(super) fn new(name: &str) -> Self {
        let host = Host::boot(name);
        host.sh(&format!(
            "useradd -m app && mkdir -p {DATA}/rooms /srv/backups && cd {DATA} && \
             for n in $(seq 40); do echo \"room $n\" >rooms/$n.json; done && \
             echo schema-1 >version && ln -s version current && touch -d '3 days ago' version rooms/* && \
             chown -R app:app /srv/app && chmod 750 {DATA} && chmod 600 version"
        ));
        // It keeps its journal open: data that is moved away under it would be written to still.
        host.unit(
            "app.service",
            &format!(
                "[Service]\nUser=app\nExecStart=/bin/sh -c 'exec 7>>{DATA}/journal; while :; do date +%%s.%%N >&7; \
                 date +%%s >{DATA}/now; sleep 0.2; done'\n[Install]\nWantedBy=multi-user.target"
            ),
        );
        let desk = Desk::with(&Self::config(host.name(), ""));
        let vault = Self { host, desk };
        poll::until("it writes", secs(10), || vault.writes());
        vault
    }

    /// The config, with further keys of the backup.
    pub(super) fn config(host: &str, more: &str) -> String {
        format!(
            "[[env]]\nname = \"lab\"\ntier = \"staging\"\n\
             [[env.host]]\nname = \"coord\"\nssh = \"{host}\"\n\
             [[env.service]]\nname = \"app\"\nunit = \"app.service\"\nsoak = \"2s\"\n\
             data = [\"{DATA}\"]\nhealth = [{{ command = [\"test\", \"-e\", \"{DATA}/now\"] }}]\n\
             [[env.service]]\nname = \"cron\"\nunit = \"cron.service\"\n\
             [[env.backup]]\nname = \"app data\"\nsource = \"{DATA}\"\nevery = \"6h\"\n\
             files = \"/srv/backups/data-*.tar.gz\"\n{more}\n"
        )
    }

    /// Another config in place of the first.
    pub(super) fn declare(&mut self, more: &str) {
        self.desk = Desk::with(&Self::config(self.host.name(), more));
    }

    /// An archive of the data as it is, so old.
    pub(super) fn archive(&self, name: &str, age: &str) {
        self.host.sh(&format!(
            "tar -C {DATA} -czf /srv/backups/{name} . ; touch -d '{age}' /srv/backups/{name}"
        ));
    }

    pub(super) fn writes(&self) -> Result<(), String> {
        let now = self.host.sh(&format!("sleep 0.5; cat {DATA}/now 2>/dev/null || :; date +%s"));
        let mut lines = now.lines();
        let (said, now): (i64, i64) = (
            lines.next().and_then(|line| line.parse().ok()).unwrap_or(0),
            lines.next().and_then(|line| line.parse().ok()).unwrap_or(i64::MAX),
        );
        if now - said <= 2 { Ok(()) } else { Err(format!("{said} {now}")) }
    }

    /// Sums of all that does not change by itself, below a directory.
    pub(super) fn sums(&self, directory: &str) -> String {
        self.host.sh(&format!(
            "cd {directory} && find . -type f ! -name now ! -name journal -exec sha256sum {{}} + | sort && \
             find . ! -name now ! -name journal -exec stat -c '%n %F %a %u:%g %Y' {{}} + | grep -v '^\\. ' | sort | sha256sum"
        ))
    }

    /// Why there is no plan.
    pub(super) fn refused(&self, arguments: &[&str]) -> String {
        let said = self.desk.run(&[arguments, &["--plan"]].concat());
        assert!(matches!(said.code, 1 | 75), "{said:?}");
        said.err
    }

    pub(super) fn run_of(&self) -> String {
        self.host.sh("systemctl show --value -p InvocationID app.service")
    }

    /// The newest operation's directory.
    pub(super) fn operation(&self) -> String {
        self.host.sh("ls -d /var/lib/quarterdeck/ops/* | tail -n 1")
    }

    /// No claim, and nothing that was unpacked is left.
    pub(super) fn is_clean(&self) {
        let left = self.host.sh(
            "ls -d /var/lib/quarterdeck/subjects/*/claim /srv/app/.*.quarterdeck-* /srv/backups/.* 2>/dev/null \
             | grep -v '/\\.\\.*$' || :",
        );
        assert_eq!(left, "");
    }
}
