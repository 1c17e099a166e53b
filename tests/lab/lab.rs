//! Hosts: booted when a test first wants them, taken down when it is done with them.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The lab's program, as `tests/run` says.
fn program() -> PathBuf {
    variable("QUARTERDECK_LAB")
}

/// Where the lab keeps its hosts.
pub(crate) fn run_directory() -> PathBuf {
    variable("QUARTERDECK_LAB_RUN")
}

fn variable(name: &str) -> PathBuf {
    match std::env::var_os(name) {
        Some(value) if !value.is_empty() => value.into(),
        _ => panic!(
            "${name} is not set: these tests need real hosts. `tests/run --lab-only` makes some; \
             by hand, QUARTERDECK_LAB is the path of tests/lab/lab and QUARTERDECK_LAB_RUN an \
             empty directory of your own (`tests/lab/lab clean` afterwards)"
        ),
    }
}

fn call(arguments: &[&str]) -> Output {
    Command::new(program())
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", program().display()))
}

/// Runs a command of the lab, which must succeed; gives what it printed.
pub(crate) fn lab(arguments: &[&str]) -> String {
    let output = call(arguments);
    assert!(
        output.status.success(),
        "lab {}: {}\n{}{}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// A real host of the test's own. Dropping it pulls its plug.
pub(crate) struct Host {
    name: String,
}

impl Host {
    /// Boots one with systemd 252.
    pub(crate) fn boot(name: &str) -> Self {
        Self::boot_as(name, &[])
    }

    /// Boots one; `how` is as for `lab up`.
    pub(crate) fn boot_as(name: &str, how: &[&str]) -> Self {
        // One that an earlier run has left, with whatever faults.
        lab(&["down", name]);
        let host = Self { name: name.to_owned() };
        lab(&[&["up", name], how].concat());
        host
    }

    /// Its name, which ssh knows as well.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Runs a shell script there as root, without ssh; it must succeed.
    pub(crate) fn sh(&self, script: &str) -> String {
        lab(&["sh", &self.name, "sh", "-c", script])
    }

    /// A command of the lab about this host, such as `cut`.
    pub(crate) fn lab(&self, command: &str, arguments: &[&str]) -> String {
        lab(&[&[command, &self.name], arguments].concat())
    }

    /// Tells a story there.
    pub(crate) fn scenario(&self, story: &str, arguments: &[&str]) {
        lab(&[&["scenario", story, &self.name], arguments].concat());
    }

    /// Its address.
    pub(crate) fn address(&self) -> String {
        let path = run_directory().join("hosts").join(&self.name).join("ip");
        std::fs::read_to_string(path).expect("a host has an address").trim().to_owned()
    }

    /// Copies a program of this machine to there.
    pub(crate) fn install(&self, from: &str, to: &str) {
        let root = run_directory().join("hosts").join(&self.name).join("root");
        std::fs::copy(from, root.join(to.trim_start_matches('/'))).unwrap();
    }

    /// Installs a unit and starts it, unless it cannot start.
    pub(crate) fn unit(&self, name: &str, text: &str) {
        self.sh(&format!(
            "cat >/etc/systemd/system/{name} <<'UNIT'\n{text}\nUNIT\n\
             systemctl daemon-reload && systemctl start --no-block {name}"
        ));
    }

    /// What of ours runs there: sessions of the operator, shells, bridges, readers.
    pub(crate) fn ours(&self) -> Vec<String> {
        self.sh("ps -eo args --no-headers")
            .lines()
            .map(str::trim)
            .filter(|line| {
                line.starts_with("sshd: ops")
                    || line.starts_with("/bin/sh -s")
                    || line.starts_with("systemd-stdio-bridge")
                    || line.contains("journalctl")
            })
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // The lab's own cleaning comes after; a second panic would hide the first.
        drop(call(&["down", &self.name]));
    }
}

/// The three generations of systemd that every claim about units is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Generation {
    /// Debian bullseye, systemd 247.
    V247,
    /// Debian bookworm, systemd 252.
    V252,
    /// Debian trixie, systemd 257.
    V257,
}

/// A host with one unit for each way to be. Shared: whoever uses it only looks.
pub(crate) fn zoo(generation: Generation) -> &'static Host {
    static ZOOS: [OnceLock<Host>; 3] = [const { OnceLock::new() }; 3];
    let (place, name, suite) = match generation {
        Generation::V247 => (0, "zoo-247", "bullseye"),
        Generation::V252 => (1, "zoo-252", "bookworm"),
        Generation::V257 => (2, "zoo-257", "trixie"),
    };
    ZOOS[place].get_or_init(|| {
        let host = Host::boot_as(name, &["--gen", suite]);
        host.scenario("zoo", &[]);
        host
    })
}
